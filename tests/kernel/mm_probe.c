// SPDX-License-Identifier: GPL-2.0-only
/* A kernel of which only mm/ runs; see mm_probe.h. */
#include <linux/oom.h>
#include <linux/page_reporting.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include "hostmem.h"
#include "mm/compaction.h"
#include "mm/usermem.h"
#include "mm_probe.h"

#define REPORTS_MAX 65536
#define HOOKED_MAX 64

struct mm_probe {
	struct kernel kernel;
	struct page_reporting_dev_info dev;
	struct mm_probe_report *reports;
	struct mm_probe_hooked hooked[HOOKED_MAX];
	unsigned int nr_hooked;
	unsigned int nr_reports, nr_calls;
	int report_error;
	uint64_t report_zeroed;
	struct list_head held;
	unsigned int nr_held;
	struct notifier_block nb;
	struct shrinker shrinker;
	bool has_notifier, has_shrinker;
	void *ram;
};

static struct kernel *enter(struct mm_probe *p)
{
	struct kernel *outer = this_kernel;

	coro_current->ctx.kernel = &p->kernel;
	return outer;
}

static void leave(struct kernel *outer)
{
	coro_current->ctx.kernel = outer;
}

struct mm_probe *mm_probe_new(const struct mm_config *config, struct engine *engine,
			      struct kvm_vm *vm)
{
	struct mm_probe *p = host_alloc(sizeof(*p));
	struct kernel *outer = enter(p);

	p->kernel.name = "probe";
	p->kernel.engine = engine;
	INIT_LIST_HEAD(&p->held);
	if (vm) {
		p->kernel.ram_base = guest_ram_ptr(vm->ram);
	} else {
		p->ram = host_reserve(config->ram_pages << PAGE_SHIFT);
		p->kernel.ram_base = p->ram;
	}
	/* Without tasks and vCPUs: the VM comes after the scheduler has looked for it. */
	BUG_ON(sched_init(&p->kernel));
	p->kernel.vm = vm;
	mm_init(&p->kernel, config);
	leave(outer);
	return p;
}

void mm_probe_version(struct mm_probe *p, uint32_t version)
{
	p->kernel.version = version;
	p->kernel.mm->since_6_12 = version >= KERNEL_VERSION(6, 12, 0);
}

void mm_probe_free(struct mm_probe *p)
{
	struct kernel *outer = enter(p);
	void *ram = p->ram;
	uint64_t size = p->kernel.mm->config.ram_pages << PAGE_SHIFT;

	mm_exit(&p->kernel);
	p->kernel.vm = NULL;
	sched_destroy(&p->kernel);
	leave(outer);
	if (ram)
		host_release(ram, size);
	host_free(p->reports);
	host_free(p);
}

struct kernel *mm_probe_kernel(struct mm_probe *p)
{
	return &p->kernel;
}

static int64_t to_pfn(struct page *page)
{
	return page ? (int64_t)page_to_pfn(page) : -1;
}

int64_t mm_probe_alloc(struct mm_probe *p, uint32_t gfp, unsigned int order)
{
	struct kernel *outer = enter(p);
	int64_t pfn = to_pfn(alloc_pages(gfp, order));

	leave(outer);
	return pfn;
}

void mm_probe_free_page(struct mm_probe *p, int64_t pfn, unsigned int order)
{
	struct kernel *outer = enter(p);

	__free_pages(pfn_to_page(pfn), order);
	leave(outer);
}

uint64_t mm_probe_active_file(struct mm_probe *p)
{
	struct kernel *outer = enter(p);
	uint64_t nr = global_node_page_state(NR_ACTIVE_FILE);

	leave(outer);
	return nr;
}

void mm_probe_active(struct mm_probe *p, int64_t pfn, unsigned int nr, unsigned int active,
		     const uint32_t *gaps, unsigned int nr_gaps)
{
	struct kernel *outer = enter(p);
	unsigned int i;

	kernel_active_reserve(active, nr, gaps, nr_gaps);
	for (i = 0; i < nr; i++)
		kernel_active_consider(pfn_to_page(pfn + i));
	leave(outer);
}

void mm_probe_free_list(struct mm_probe *p, const int64_t *pfns, unsigned int nr)
{
	struct kernel *outer = enter(p);
	LIST_HEAD(list);
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct page *page = pfn_to_page(pfns[i]);

		BUG_ON(!put_page_testzero(page));
		list_add_tail(&page->lru, &list);
	}
	free_unref_page_list(&list);
	leave(outer);
}

unsigned int mm_probe_bulk(struct mm_probe *p, uint32_t gfp, unsigned int nr, int64_t *pfns)
{
	struct page **pages = host_alloc(nr * sizeof(*pages));
	struct kernel *outer = enter(p);
	unsigned int got = alloc_pages_bulk_array(gfp, nr, pages), i;

	for (i = 0; i < nr; i++)
		pfns[i] = to_pfn(pages[i]);
	leave(outer);
	host_free(pages);
	return got;
}

void mm_probe_zone(struct mm_probe *p, int zone, struct mm_probe_zone *z)
{
	struct zone *from = &p->kernel.pgdat->node_zones[zone];
	struct per_cpu_pages *pcp = &from->per_cpu_pageset[0];
	int i;

	z->start = from->zone_start_pfn;
	z->spanned = from->spanned_pages;
	z->managed = zone_managed_pages(from);
	z->free = zone_page_state(from, NR_FREE_PAGES);
	z->min = from->_watermark[WMARK_MIN];
	z->low = from->_watermark[WMARK_LOW];
	z->high = from->_watermark[WMARK_HIGH];
	for (i = 0; i < 5; i++)
		z->lowmem_reserve[i] = from->lowmem_reserve[i];
	z->batch = pcp->batch;
	z->pcp_high = pcp->high;
	z->pcp_count = pcp->count;
	z->free_factor = pcp->free_factor;
	z->nr_highatomic = from->nr_reserved_highatomic;
	z->nr_free_highatomic = from->nr_free_highatomic;
	z->high_max = pcp->high_max;
	z->alloc_factor = pcp->alloc_factor;
	z->below_high = test_bit(ZONE_BELOW_HIGH, &from->flags);
}

bool mm_probe_decay(struct mm_probe *p, int zone)
{
	struct kernel *outer = enter(p);
	struct zone *z = &p->kernel.pgdat->node_zones[zone];
	bool more = decay_pcp_high(z, &z->per_cpu_pageset[0]);

	leave(outer);
	return more;
}

static unsigned int copy_list(struct mm_probe *p, struct list_head *list, int64_t *pfns,
			      unsigned int max)
{
	struct kernel *outer = enter(p);
	unsigned int n = 0;
	struct page *page;

	list_all_zones();
	list_for_each_entry(page, list, lru) {
		if (n < max)
			pfns[n] = page_to_pfn(page);
		n++;
	}
	leave(outer);
	return n;
}

unsigned int mm_probe_free_area(struct mm_probe *p, int zone, unsigned int order, int type,
				int64_t *pfns, unsigned int max)
{
	return copy_list(p, &p->kernel.pgdat->node_zones[zone].free_area[order].free_list[type],
			 pfns, max);
}

unsigned int mm_probe_pcp_list(struct mm_probe *p, int zone, unsigned int pindex, int64_t *pfns,
			       unsigned int max)
{
	return copy_list(p, &p->kernel.pgdat->node_zones[zone].per_cpu_pageset[0].lists[pindex],
			 pfns, max);
}

void mm_probe_set_block_type(struct mm_probe *p, int64_t pfn, int type)
{
	struct kernel *outer = enter(p);

	set_pageblock_migratetype(pfn_to_page(pfn), type);
	leave(outer);
}

int mm_probe_block_type(struct mm_probe *p, int64_t pfn)
{
	return pageblock_type(p->kernel.mm, pfn);
}

void mm_probe_set_lru(struct mm_probe *p, int64_t pfn, bool lru)
{
	struct page *page = p->kernel.mem_map + pfn;

	if (lru)
		SetPageLRU(page);
	else
		ClearPageLRU(page);
}

int mm_probe_isolate(struct mm_probe *p, int64_t pfn, unsigned int order)
{
	struct kernel *outer = enter(p);
	int ret;

	list_all_zones();
	ret = __isolate_free_page(pfn_to_page(pfn), order);

	leave(outer);
	return ret;
}

/* Of blocks that nobody has looked at yet: only counts change. */
void mm_probe_use_below(struct mm_probe *p, int64_t pfn)
{
	struct kernel *outer = enter(p);
	struct zone *zone = pfn_zone(pfn);
	struct free_area *area = &zone->free_area[MAX_ORDER - 1];
	unsigned long nr = ALIGN_DOWN((unsigned long)pfn, MAX_ORDER_NR_PAGES) - area->unlisted;

	area->unlisted += nr;
	area->nr_free -= nr >> (MAX_ORDER - 1);
	mod_zone_freepage_state(zone, -(long)nr);
	leave(outer);
}

void mm_probe_putback(struct mm_probe *p, int64_t pfn, unsigned int order)
{
	struct kernel *outer = enter(p);
	struct page *page = pfn_to_page(pfn);

	__putback_isolated_page(page, order, get_pageblock_migratetype(page));
	leave(outer);
}

int mm_probe_contig(struct mm_probe *p, int64_t start, int64_t end)
{
	struct kernel *outer = enter(p);
	int ret = alloc_contig_range(start, end, MIGRATE_MOVABLE, GFP_KERNEL);

	leave(outer);
	return ret;
}

void mm_probe_contig_free(struct mm_probe *p, int64_t start, int64_t end)
{
	struct kernel *outer = enter(p);

	free_contig_range(start, end - start);
	leave(outer);
}

void mm_probe_compact(struct mm_probe *p)
{
	struct kernel *outer = enter(p);

	user_compact();
	leave(outer);
}

int mm_probe_memory_block(struct mm_probe *p, uint64_t block, bool online)
{
	struct kernel *outer = enter(p);
	int ret = user_memory_block(block, online);

	leave(outer);
	return ret;
}

void mm_probe_drain(struct mm_probe *p)
{
	struct kernel *outer = enter(p);

	drain_all_pages(NULL);
	leave(outer);
}

/* --- page reporting --- */

static int note_report(struct page_reporting_dev_info *dev, struct scatterlist *sg,
		       unsigned int nents)
{
	struct mm_probe *p = container_of(dev, struct mm_probe, dev);
	unsigned int i;

	for (i = 0; i < nents && p->nr_reports < REPORTS_MAX; i++) {
		struct mm_probe_report *r = &p->reports[p->nr_reports++];

		BUG_ON(PageBuddy(sg_page(&sg[i])));
		r->pfn = page_to_pfn(sg_page(&sg[i]));
		r->order = get_order(sg[i].length);
		r->call = p->nr_calls;
	}
	p->nr_calls++;
	dev->host_zeroes_pages = p->report_zeroed;
	for (i = 0; i < nents && i < PAGE_REPORTING_CAPACITY; i++)
		if (p->report_zeroed >> i & 1)
			__set_bit(i, dev->zeroed_bitmap);
	return p->report_error;
}

int mm_probe_report_register(struct mm_probe *p, unsigned int order)
{
	struct kernel *outer = enter(p);
	int ret;

	if (!p->reports)
		p->reports = host_alloc(REPORTS_MAX * sizeof(*p->reports));
	p->dev.report = note_report;
	p->dev.order = order;
	ret = page_reporting_register(&p->dev);
	leave(outer);
	return ret;
}

void mm_probe_report_capacity(struct mm_probe *p, unsigned int capacity)
{
	p->dev.capacity = capacity;
}

void mm_probe_report_unregister(struct mm_probe *p)
{
	struct kernel *outer = enter(p);

	page_reporting_unregister(&p->dev);
	leave(outer);
}

unsigned int mm_probe_report_pass(struct mm_probe *p, int error, struct mm_probe_report *reports,
				  unsigned int max)
{
	struct kernel *outer = enter(p);

	p->nr_reports = p->nr_calls = 0;
	p->report_error = error;
	/* As the workqueue does it when the delay is over. */
	cancel_delayed_work(&p->dev.work);
	p->dev.work.work.func(&p->dev.work.work);
	memcpy(reports, p->reports, min(p->nr_reports, max) * sizeof(*reports));
	leave(outer);
	return p->nr_reports;
}

void mm_probe_report_zeroed(struct mm_probe *p, uint64_t blocks)
{
	p->report_zeroed = blocks;
}

void mm_probe_free_zeroed(struct mm_probe *p, int64_t pfn, bool shared)
{
	struct kernel *outer = enter(p);
	struct page *page = p->kernel.mem_map + pfn;

	if (shared)
		get_page(page);
	put_page_zeroed(page);
	if (shared)
		put_page(page);
	leave(outer);
}

bool mm_probe_zeroed(struct mm_probe *p, int64_t pfn)
{
	return PageZeroed(p->kernel.mem_map + pfn);
}

bool mm_probe_report_requested(struct mm_probe *p)
{
	return delayed_work_pending(&p->dev.work);
}

bool mm_probe_reported(struct mm_probe *p, int64_t pfn)
{
	return PageReported(p->kernel.mem_map + pfn);
}

uint64_t mm_probe_free_offline(struct mm_probe *p)
{
	struct kernel *outer = enter(p);
	struct page *page = alloc_page(GFP_KERNEL);
	uint64_t before = p->kernel.sched->nr_warnings, warnings;

	__SetPageOffline(page);
	__free_page(page);
	warnings = p->kernel.sched->nr_warnings - before;
	leave(outer);
	return warnings;
}

void mm_probe_scanned(struct mm_probe *p, unsigned long nr, unsigned long *event,
		      unsigned long *node)
{
	unsigned long events[NR_VM_EVENT_ITEMS];
	struct kernel *outer = enter(p);

	count_vm_events(PGSCAN_DIRECT, nr);
	all_vm_events(events);
	*event = events[PGSCAN_DIRECT];
	*node = global_node_page_state(NODE_STAT_EVENTS + PGSCAN_DIRECT);
	leave(outer);
}

/* --- hooks --- */

static struct mm_probe *hooked;	/* whose kernel a hook is called in; one test at a time */

static void never(bool wrong)
{
	if (wrong)
		kernel_bug(__FILE__, __LINE__, "a hook is called in the wrong place");
}

static void note_hook(enum mm_probe_hook hook, struct page *page, unsigned int order)
{
	struct mm_probe_hooked *h = &hooked->hooked[hooked->nr_hooked++ % HOOKED_MAX];

	h->hook = hook;
	h->pfn = page ? page_to_pfn(page) : -1;
	h->order = order;
}

static void note_freed(struct zone *zone, struct page *page, unsigned int order)
{
	never(spin_is_locked(&zone->lock));
	note_hook(PROBE_FREED, page, order);
}

static void note_merging(struct zone *zone, struct page *page, unsigned int order)
{
	never(PageBuddy(page));
	note_hook(PROBE_MERGING, page, order);
	/* As a hypercall there does. */
	spin_unlock(&zone->lock);
	spin_lock(&zone->lock);
}

static void note_merged(struct zone *zone, struct page *page, unsigned int order)
{
	unsigned int found;

	never(free_page_hook_block(page + (1UL << order) - 1, &found) != page ||
		 found != order);
	note_hook(PROBE_MERGED, page, order);
}

static void note_unlocked(struct zone *zone)
{
	never(spin_is_locked(&zone->lock));
	note_hook(PROBE_UNLOCKED, NULL, 0);
}

static void note_allocated(struct zone *zone, struct page *page, unsigned int order)
{
	note_hook(PROBE_ALLOCATED, page, order);
}

static const struct free_page_hook probe_hook = {
	.freed = note_freed, .merging = note_merging, .merged = note_merged,
	.unlocked = note_unlocked, .allocated = note_allocated,
};

int mm_probe_hook(struct mm_probe *p, bool on)
{
	struct kernel *outer = enter(p);
	int ret = 0;

	hooked = p;
	if (on)
		ret = free_page_hook_register(&probe_hook);
	else
		free_page_hook_unregister(&probe_hook);
	leave(outer);
	return ret;
}

unsigned int mm_probe_hooked(struct mm_probe *p, struct mm_probe_hooked *list, unsigned int max)
{
	unsigned int nr = min(p->nr_hooked, max);

	memcpy(list, p->hooked, nr * sizeof(*list));
	p->nr_hooked = 0;
	return nr;
}

/* --- slab, counters --- */

void *mm_probe_kmalloc(struct mm_probe *p, size_t size, bool zero)
{
	struct kernel *outer = enter(p);
	void *object = kmalloc(size, GFP_KERNEL | __GFP_NORETRY | (zero ? __GFP_ZERO : 0));

	leave(outer);
	return object;
}

void mm_probe_kfree(struct mm_probe *p, void *object)
{
	struct kernel *outer = enter(p);

	kfree(object);
	leave(outer);
}

unsigned long mm_probe_warnings(struct mm_probe *p)
{
	return p->kernel.sched->nr_warnings;
}

uint64_t mm_probe_event(struct mm_probe *p, const char *name)
{
	static const char *const names[] = {
#define VM_EVENT(item, text) text,
		VM_EVENT_TABLE(VM_EVENT, VM_EVENT)
#undef VM_EVENT
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(names[i], name))
			return p->kernel.mm->vm_events[i];
	}
	kernel_bug(__FILE__, __LINE__, "no such event");
}

uint64_t mm_probe_available(struct mm_probe *p)
{
	struct kernel *outer = enter(p);
	uint64_t available = si_mem_available();

	leave(outer);
	return available;
}

/* --- what gives memory back --- */

static unsigned long give_back(struct mm_probe *p, unsigned long nr)
{
	unsigned long given = 0;

	while (given < nr && p->nr_held) {
		struct page *page = list_first_entry(&p->held, struct page, lru);

		list_del(&page->lru);
		__free_page(page);
		p->nr_held--;
		given++;
	}
	return given;
}

static int on_oom(struct notifier_block *nb, unsigned long action, void *data)
{
	struct mm_probe *p = container_of(nb, struct mm_probe, nb);

	*(unsigned long *)data += give_back(p, 256);
	return NOTIFY_OK;
}

static unsigned long count_held(struct shrinker *s, struct shrink_control *sc)
{
	return container_of(s, struct mm_probe, shrinker)->nr_held;
}

static unsigned long scan_held(struct shrinker *s, struct shrink_control *sc)
{
	return give_back(container_of(s, struct mm_probe, shrinker), sc->nr_to_scan);
}

void mm_probe_hold(struct mm_probe *p, unsigned int pages, bool notifier)
{
	struct kernel *outer = enter(p);

	while (p->nr_held < pages) {
		struct page *page = alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_NORETRY);

		BUG_ON(!page);
		list_add(&page->lru, &p->held);
		p->nr_held++;
	}
	p->nb.notifier_call = on_oom;
	p->shrinker.count_objects = count_held;
	p->shrinker.scan_objects = scan_held;
	p->shrinker.seeks = DEFAULT_SEEKS;
	if (notifier)
		register_oom_notifier(&p->nb);
	else
		register_shrinker(&p->shrinker, "probe");
	leave(outer);
}

unsigned long mm_probe_shrink(struct mm_probe *p, int priority)
{
	struct kernel *outer = enter(p);
	unsigned long freed = shrink_slab(GFP_KERNEL, priority);

	leave(outer);
	return freed;
}

bool mm_probe_oom(struct mm_probe *p)
{
	struct kernel *outer = enter(p);
	struct oom_control oc = { .gfp_mask = GFP_KERNEL };
	bool ret = out_of_memory(&oc);

	leave(outer);
	return ret;
}
