// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records what the page allocator of this kernel does: all lists of each zone before and after, and
 * between them every page that is handed out, comes back, or moves between lists.  What comes of it
 * is replayed through a model's allocator (`ballast import-kmem`, `ballast replay-kmem`).
 *
 * For one CPU: what several do at once has no order that a replay could follow.
 *
 * Events of kmem tell of pages that are handed out, freed, refilled, stolen and drained.  The rest
 * is told by probes: when a page joins and leaves its per-CPU list, which need not be when its
 * event is written, since interrupts come between; requests for many pages at once, which have no
 * events; blocks that compaction takes out; pageblocks that change their type; frees that find the
 * lists' lock taken; the decay of the lists' limits.  Flags of zones are looked at with each
 * record.
 *
 * For Linux 6.12 and 6.13, whose probes have struct pt_regs; where a function of these names is
 * missing, or is inlined, it does not begin.  Built into the kernel, whose functions it looks at.
 *
 * Parameters: records_mib is the size of the buffer; base is the physical address of memory that
 * the kernel does not use (mem=) to take instead, so that who runs the machine can read it.
 * debugfs: kmem_recorder/control takes "begin" and "end", kmem_recorder/data is the buffer.
 */
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/fprobe.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/moduleparam.h>
#include <linux/pageblock-flags.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>

#include "kmem_record.h"

static unsigned int records_mib = 32;
module_param(records_mib, uint, 0444);
MODULE_PARM_DESC(records_mib, "size of the buffer in MiB");

static unsigned long base;
module_param(base, ulong, 0444);
MODULE_PARM_DESC(base, "physical address of memory to record into; 0: the kernel's own");

#define ZONE_FLAGS_WATCHED                                                                        \
	(BIT(ZONE_BOOSTED_WATERMARK) | BIT(ZONE_RECLAIM_ACTIVE) | BIT(ZONE_BELOW_HIGH))

static struct kmem_record_header *header;
static struct kmem_record *records;
static unsigned long max_records;
static atomic_long_t nr_records;
static bool recording;
static unsigned long zone_flags[MAX_NR_ZONES];
static struct dentry *directory;
static DEFINE_MUTEX(control_lock);

/* Records */

static void put_record(struct kmem_record record)
{
	unsigned long i = atomic_long_inc_return(&nr_records) - 1;

	if (i >= max_records)
		return;
	record.context = in_hardirq() ? 'i' : in_serving_softirq() ? 's' : 't';
	record.pid = current->pid;
	records[i] = record;
}

static void put_op(int op, s64 pfn, s64 order, s64 arg)
{
	struct kmem_record record = { .type = 'O', .order = op, .pfn = pfn };

	record.arg[0] = order;
	record.arg[1] = arg;
	put_record(record);
}

/* Zones by name, whichever this kernel has: they are numbered as on x86_64 with all of them. */
static const char *const zone_names[] = { "DMA", "DMA32", "Normal", "Movable", "Device" };

static int zone_number(const struct zone *zone)
{
	int i = match_string(zone_names, ARRAY_SIZE(zone_names), zone->name);

	return max(i, 0);
}

/* What has become of the zones' flags comes before whatever depends on them. */
static void put_flags(void)
{
	struct zone *zones = NODE_DATA(0)->node_zones;
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++) {
		unsigned long flags = READ_ONCE(zones[i].flags) & ZONE_FLAGS_WATCHED;

		if (flags == zone_flags[i])
			continue;
		zone_flags[i] = flags;
		put_op(KMEM_OP_FLAGS, 0, zone_number(&zones[i]), flags);
	}
}

static bool begin_record(void)
{
	if (!READ_ONCE(recording))
		return false;
	put_flags();
	return true;
}

static s64 pfn_of(const struct page *page)
{
	return page ? (s64)page_to_pfn(page) : -1;
}

/* Of a page, after what has changed before it. */
static void put_page_record(char type, const struct page *page, unsigned int order, int mt,
			    s64 arg0, s64 arg1)
{
	struct kmem_record record = { .type = type, .order = order, .migratetype = mt };

	if (!begin_record())
		return;
	record.pfn = pfn_of(page);
	record.arg[0] = arg0;
	record.arg[1] = arg1;
	put_record(record);
}

/* Events */

static void on_alloc(void *data, struct page *page, unsigned int order, gfp_t gfp, int mt)
{
	put_page_record('A', page, order, mt, (__force u32)gfp, 0);
}

static void on_free(void *data, struct page *page, unsigned int order)
{
	put_page_record('F', page, order, 0, 0, 0);
}

static void on_zone_locked(void *data, struct page *page, unsigned int order, int mt, int refill)
{
	put_page_record('Z', page, order, mt, refill, 0);
}

static void on_drain(void *data, struct page *page, unsigned int order, int mt)
{
	put_page_record('D', page, order, mt, 0, 0);
}

static int type_of_block(struct page *page)
{
	return get_pfnblock_flags_mask(page, page_to_pfn(page), MIGRATETYPE_MASK);
}

static void on_extfrag(void *data, struct page *page, int alloc_order, int fallback_order,
		       int alloc_mt, int fallback_mt)
{
	bool owned = type_of_block(page) == alloc_mt;

	put_page_record('X', page, alloc_order, alloc_mt, fallback_order,
			fallback_mt | owned << 8);
}

static struct event {
	const char *name;
	void *probe;
	struct tracepoint *tracepoint;
} events[] = {
	{ "mm_page_alloc", on_alloc },
	{ "mm_page_free", on_free },
	{ "mm_page_alloc_zone_locked", on_zone_locked },
	{ "mm_page_pcpu_drain", on_drain },
	{ "mm_page_alloc_extfrag", on_extfrag },
};

static void find_event(struct tracepoint *tracepoint, void *data)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		if (!strcmp(tracepoint->name, events[i].name))
			events[i].tracepoint = tracepoint;
	}
}

/* Probes */

#define ARGUMENT(regs, n) regs_get_kernel_argument(regs, n)

/* What is known when a function is called is kept in @data until it returns. */
struct call {
	unsigned long pfn, order;
	int migratetype;
};

/* Returns 0: the end of the call is looked at, too, if there is a handler for it. */
#define DEFINE_ENTRY(name)                                                                        \
	static int name(struct fprobe *fp, unsigned long ip, unsigned long caller,                \
			struct pt_regs *regs, void *data)
#define DEFINE_EXIT(name)                                                                         \
	static void name(struct fprobe *fp, unsigned long ip, unsigned long caller,               \
			 struct pt_regs *regs, void *data)

/* free_unref_page_commit(zone, pcp, page, migratetype, order) */
DEFINE_ENTRY(on_commit)
{
	put_page_record('C', (struct page *)ARGUMENT(regs, 2), ARGUMENT(regs, 4),
			ARGUMENT(regs, 3), 0, 0);
	return 0;
}

/* free_one_page(zone, page, pfn, order, ...) */
DEFINE_ENTRY(on_free_one)
{
	if (begin_record())
		put_op(KMEM_OP_FREE_DIRECT, ARGUMENT(regs, 2), (u32)ARGUMENT(regs, 3), 0);
	return 0;
}

/* set_pfnblock_flags_mask(page, flags, pfn, mask) */
DEFINE_ENTRY(on_retype)
{
	if (ARGUMENT(regs, 3) == MIGRATETYPE_MASK && begin_record())
		put_op(KMEM_OP_RETYPE, ARGUMENT(regs, 2), 0, ARGUMENT(regs, 1));
	return 0;
}

/* decay_pcp_high(zone, pcp) */
DEFINE_ENTRY(on_decay)
{
	if (begin_record())
		put_op(KMEM_OP_DECAY, 0, zone_number((struct zone *)ARGUMENT(regs, 0)), 0);
	return 0;
}

/* __isolate_free_page(page, order) */
DEFINE_ENTRY(on_isolate_entry)
{
	struct call *call = data;

	call->pfn = page_to_pfn((struct page *)ARGUMENT(regs, 0));
	call->order = (u32)ARGUMENT(regs, 1);
	return 0;
}

DEFINE_EXIT(on_isolate)
{
	struct call *call = data;

	if ((int)regs_return_value(regs) && begin_record())
		put_op(KMEM_OP_ISOLATE, call->pfn, call->order, 0);
}

/* alloc_pages_bulk_noprof(gfp, nid, nodemask, nr_pages, ...) */
DEFINE_ENTRY(on_bulk_entry)
{
	if (begin_record())
		put_op(KMEM_OP_BULK, 0, (int)ARGUMENT(regs, 3), (u32)ARGUMENT(regs, 0));
	return 0;
}

DEFINE_EXIT(on_bulk)
{
	if (begin_record())
		put_op(KMEM_OP_BULK_END, 0, 0, 0);
}

#define PROBE(symbol, entry, exit)                                                                \
	{                                                                                         \
		.name = symbol,                                                                   \
		.fprobe = { .entry_handler = entry, .exit_handler = exit,                         \
			    .entry_data_size = sizeof(struct call), .nr_maxactive = 1024 },       \
	}

static struct probe {
	const char *name;
	struct fprobe fprobe;
} probes[] = {
	PROBE("free_unref_page_commit", on_commit, NULL),
	PROBE("free_one_page", on_free_one, NULL),
	PROBE("set_pfnblock_flags_mask", on_retype, NULL),
	PROBE("decay_pcp_high", on_decay, NULL),
	PROBE("__isolate_free_page", on_isolate_entry, on_isolate),
	PROBE("alloc_pages_bulk_noprof", on_bulk_entry, on_bulk),
};

/*
 * __rmqueue_pcplist(zone, order, migratetype, ...): the page leaves its list.  An inline function
 * that is not inlined cannot be traced, so this is a kretprobe.  What an interrupt does while its
 * handler runs is missed, and counted.
 */
static int on_pop_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct call *call = (void *)instance->data;

	call->order = (u32)regs_get_kernel_argument(regs, 1);
	call->migratetype = regs_get_kernel_argument(regs, 2);
	return 0;
}

static int on_pop(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct page *page = (void *)regs_return_value(regs);
	struct call *call = (void *)instance->data;

	if (page)
		put_page_record('P', page, call->order, call->migratetype, 0, 0);
	return 0;
}

static struct kretprobe pop = {
	.kp.symbol_name = "__rmqueue_pcplist",
	.entry_handler = on_pop_entry,
	.handler = on_pop,
	.data_size = sizeof(struct call),
	.maxactive = 64,
};

/*
 * Where there is a probe with a post_handler, no jump takes the breakpoint's place
 * (CONFIG_OPTPROBES): while it is handled no interrupt comes.
 */
static void stay_breakpoint(struct kprobe *p, struct pt_regs *regs, unsigned long flags)
{
}

static struct kprobe pop_breakpoint = {
	.symbol_name = "__rmqueue_pcplist",
	.post_handler = stay_breakpoint,
};

/* Snapshots */

struct text {
	char *at, *end;
};

static __printf(2, 3) void put_text(struct text *text, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	text->at += vscnprintf(text->at, text->end - text->at, fmt, args);
	va_end(args);
}

static void put_free_lists(struct text *text, struct zone *zone)
{
	struct page *page;
	int order, mt;

	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		struct free_area *area = &zone->free_area[order];

		put_text(text, " order %d nr_free %lu\n", order, area->nr_free);
		for (mt = 0; mt < MIGRATE_TYPES; mt++) {
			if (list_empty(&area->free_list[mt]))
				continue;
			put_text(text, " free %d %d :", order, mt);
			list_for_each_entry(page, &area->free_list[mt], buddy_list)
				put_text(text, " %lu", page_to_pfn(page));
			put_text(text, "\n");
		}
	}
}

static void put_pcp_lists(struct text *text, struct zone *zone)
{
	struct per_cpu_pages *pcp = this_cpu_ptr(zone->per_cpu_pageset);
	struct page *page;
	int i;

	put_text(text, " pcp cpu 0 count %d high %d high_min %d high_max %d batch %d", pcp->count,
		 pcp->high, pcp->high_min, pcp->high_max, pcp->batch);
	put_text(text, " free_count %d alloc_factor %d flags %d\n", pcp->free_count,
		 pcp->alloc_factor, pcp->flags);
	for (i = 0; i < NR_PCP_LISTS; i++) {
		if (list_empty(&pcp->lists[i]))
			continue;
		put_text(text, " pcplist %d :", i);
		list_for_each_entry(page, &pcp->lists[i], pcp_list)
			put_text(text, " %lu/%d", page_to_pfn(page), type_of_block(page));
		put_text(text, "\n");
	}
}

/* Type of a pageblock, -1 where there is no memory. */
static int block_at(struct zone *zone, unsigned long pfn)
{
	return pfn_valid(pfn) ? type_of_block(pfn_to_page(pfn)) : -1;
}

static void put_blocks(struct text *text, struct zone *zone)
{
	unsigned long first = pageblock_start_pfn(zone->zone_start_pfn), pfn = first, n;

	put_text(text, " blocks order %u first %lu :", pageblock_order, first);
	while (pfn < zone_end_pfn(zone)) {
		int type = block_at(zone, pfn);

		for (n = 0; pfn < zone_end_pfn(zone) && block_at(zone, pfn) == type; n++)
			pfn += pageblock_nr_pages;
		if (type < 0)
			put_text(text, " -x%lu", n);
		else
			put_text(text, " %dx%lu", type, n);
	}
	put_text(text, "\n");
}

static void put_lowmem_reserve(struct text *text, const struct zone *zone)
{
	const struct zone *zones = zone->zone_pgdat->node_zones;
	long reserve[ARRAY_SIZE(zone_names)] = { 0 };
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++)
		reserve[zone_number(&zones[i])] = zone->lowmem_reserve[i];
	put_text(text, " lowmem_reserve");
	for (i = 0; i < ARRAY_SIZE(reserve); i++)
		put_text(text, " %ld", reserve[i]);
	put_text(text, "\n");
}

static void put_zone(struct text *text, struct zone *zone)
{
	unsigned long isolated = 0;

#ifdef CONFIG_MEMORY_ISOLATION
	isolated = zone->nr_isolate_pageblock;
#endif
	put_text(text, "zone %d %s node 0 start %lu spanned %lu present %lu managed %lu\n",
		 zone_number(zone), zone->name, zone->zone_start_pfn, zone->spanned_pages,
		 zone->present_pages, zone_managed_pages(zone));
	put_text(text, " watermark min %lu low %lu high %lu promo %lu boost %lu\n",
		 zone->_watermark[WMARK_MIN], zone->_watermark[WMARK_LOW],
		 zone->_watermark[WMARK_HIGH], zone->_watermark[WMARK_PROMO],
		 zone->watermark_boost);
	put_text(text, " nr_reserved_highatomic %lu flags 0x%lx percpu_drift_mark %lu",
		 zone->nr_reserved_highatomic, zone->flags & ZONE_FLAGS_WATCHED,
		 zone->percpu_drift_mark);
	put_text(text, " vm_stat_free %ld nr_isolate_pageblock %lu nr_free_highatomic %lu\n",
		 atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]), isolated,
		 zone->nr_free_highatomic);
	put_lowmem_reserve(text, zone);
	put_free_lists(text, zone);
	put_pcp_lists(text, zone);
	put_blocks(text, zone);
}

/* All zones in one moment: interrupts are off, and there is no other CPU. */
static void take_snapshot(int slot)
{
	struct zone *zones = NODE_DATA(0)->node_zones;
	struct text text;
	char *begin;
	int i;

	begin = (char *)header + KMEM_RECORD_HEADER + slot * KMEM_RECORD_SNAPSHOT;
	text = (struct text){ begin, begin + KMEM_RECORD_SNAPSHOT };
	put_text(&text, "kernel %s\n", init_uts_ns.name.release);
	for (i = 0; i < MAX_NR_ZONES; i++) {
		zone_flags[i] = zones[i].flags & ZONE_FLAGS_WATCHED;
		if (populated_zone(&zones[i]))
			put_zone(&text, &zones[i]);
	}
	header->snapshot[slot] = text.at - begin;
}

static unsigned long nr_missed(void)
{
	unsigned long missed = pop.nmissed + pop.kp.nmissed;
	int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		missed += probes[i].fprobe.nmissed;
	return missed;
}

static void put_mark(int slot, int phase)
{
	struct kmem_record record = { .type = 'M', .migratetype = slot, .pfn = phase };

	put_record(record);
}

static void mark(int slot)
{
	static unsigned long missed;
	unsigned long flags, nr;

	local_irq_save(flags);
	if (!slot) {
		missed = nr_missed();
		atomic_long_set(&nr_records, 0);
	}
	put_mark(slot, 0);
	take_snapshot(slot);
	put_mark(slot, 1);
	recording = !slot;
	local_irq_restore(flags);
	nr = atomic_long_read(&nr_records);
	header->nr_records = min(nr, max_records);
	header->nr_lost = nr - header->nr_records + nr_missed() - missed;
}

static ssize_t control_write(struct file *file, const char __user *user, size_t size, loff_t *pos)
{
	ssize_t result = size;
	char word[16] = "";

	if (size >= sizeof(word) || copy_from_user(word, user, size))
		return -EINVAL;
	mutex_lock(&control_lock);
	if (!strcmp(strim(word), "begin") && !recording)
		mark(0);
	else if (!strcmp(strim(word), "end") && recording)
		mark(1);
	else
		result = -EINVAL;
	mutex_unlock(&control_lock);
	return result;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.write = control_write,
	.open = simple_open,
};

static struct debugfs_blob_wrapper blob;

/* Beginning and end */

static int prepare_buffer(void)
{
	unsigned long size = (unsigned long)records_mib << 20;
	unsigned long fixed = KMEM_RECORD_HEADER + 2 * KMEM_RECORD_SNAPSHOT;

	if (size <= fixed) {
		pr_err("kmem_recorder: records_mib must be more than %lu\n", fixed >> 20);
		return -EINVAL;
	}
	header = base ? memremap(base, size, MEMREMAP_WB) : vzalloc(size);
	if (!header)
		return -ENOMEM;
	memset(header, 0, sizeof(*header));
	header->magic = KMEM_RECORD_MAGIC;
	header->size = size;
	strscpy(header->release, init_uts_ns.name.release, sizeof(header->release));
	strscpy(header->command_line, saved_command_line, sizeof(header->command_line));
	records = (void *)header + fixed;
	max_records = (size - fixed) / sizeof(*records);
	return 0;
}

static void drop_buffer(void)
{
	if (base)
		memunmap(header);
	else
		vfree(header);
}

static void remove_events(int nr)
{
	while (nr-- > 0)
		tracepoint_probe_unregister(events[nr].tracepoint, events[nr].probe, NULL);
	tracepoint_synchronize_unregister();
}

static int add_events(void)
{
	int i, err;

	for_each_kernel_tracepoint(find_event, NULL);
	for (i = 0; i < ARRAY_SIZE(events); i++) {
		err = events[i].tracepoint ? tracepoint_probe_register(events[i].tracepoint,
								       events[i].probe, NULL) :
					     -ENOENT;
		if (err) {
			pr_err("kmem_recorder: there is no event %s\n", events[i].name);
			remove_events(i);
			return err;
		}
	}
	return 0;
}

static void remove_probes(int nr)
{
	unregister_kretprobe(&pop);
	unregister_kprobe(&pop_breakpoint);
	while (nr-- > 0)
		unregister_fprobe(&probes[nr].fprobe);
}

static int add_probes(void)
{
	int i, err;

	err = register_kprobe(&pop_breakpoint);
	if (err) {
		pr_err("kmem_recorder: %s() cannot be probed\n", pop_breakpoint.symbol_name);
		return err;
	}
	err = register_kretprobe(&pop);
	if (err) {
		unregister_kprobe(&pop_breakpoint);
		return err;
	}
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		err = register_fprobe_syms(&probes[i].fprobe, &probes[i].name, 1);
		if (err) {
			pr_err("kmem_recorder: %s() cannot be probed\n", probes[i].name);
			remove_probes(i);
			return err;
		}
	}
	return 0;
}

static int __init kmem_recorder_init(void)
{
	int err;

	if (num_online_cpus() > 1) {
		pr_err("kmem_recorder: there is more than one CPU; boot with nr_cpus=1\n");
		return -EINVAL;
	}
	err = prepare_buffer();
	if (err)
		return err;
	err = add_events();
	if (err)
		goto drop;
	err = add_probes();
	if (err)
		goto remove;
	directory = debugfs_create_dir("kmem_recorder", NULL);
	debugfs_create_file("control", 0200, directory, NULL, &control_fops);
	blob.data = header;
	blob.size = header->size;
	debugfs_create_blob("data", 0400, directory, &blob);
	return 0;

remove:
	remove_events(ARRAY_SIZE(events));
drop:
	drop_buffer();
	return err;
}

device_initcall(kmem_recorder_init);
