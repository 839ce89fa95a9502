// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks in the page allocator of a stock kernel, as far as its tracepoints go.
 *
 * A kernel that was patched (patches/free_page_hook.cocci) calls hooks where they belong.  Here,
 *
 *   freed      is tracepoint mm_page_free
 *   merged     is mm_page_pcpu_drain, which comes after the merge, with zone->lock held; blocks
 *              that are too large for per-CPU lists are freed without it, and not seen
 *   allocated  is mm_page_alloc, which comes after the page was cleared
 *
 * and nothing tells of merges while they go on, or of zone->lock being let go: a hook that wants
 * to know of those is refused.  The functions that take blocks out of the buddy are not exported;
 * their addresses are those of probes that are registered for a moment.
 */
#include <linux/free_page_hook.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/tracepoint.h>

static const struct free_page_hook *hooked;
static DEFINE_MUTEX(hook_mutex);

static int (*isolate_free_page)(struct page *page, unsigned int order);
static void (*putback_isolated_page)(struct page *page, unsigned int order, int mt);
static void (*drain_pages)(struct zone *zone);
static unsigned long (*pageblock_flags)(const struct page *page, unsigned long pfn,
					unsigned long mask);

struct page *free_page_hook_block(struct page *page, unsigned int *order)
{
	unsigned long pfn = page_to_pfn(page);
	struct page *head;

	for (*order = 0; *order < MAX_ORDER; (*order)++) {
		head = page - (pfn & ((1UL << *order) - 1));
		if (!PageBuddy(head))
			continue;
		if (page_private(head) < *order)
			break;
		*order = page_private(head);
		return head;
	}
	return NULL;
}
EXPORT_SYMBOL_GPL(free_page_hook_block);

int free_page_hook_isolate(struct page *page, unsigned int order)
{
	return isolate_free_page(page, order);
}
EXPORT_SYMBOL_GPL(free_page_hook_isolate);

void free_page_hook_putback(struct page *page, unsigned int order)
{
	putback_isolated_page(page, order,
			      pageblock_flags(page, page_to_pfn(page), MIGRATETYPE_MASK));
}
EXPORT_SYMBOL_GPL(free_page_hook_putback);

void free_page_hook_drain(void)
{
	drain_pages(NULL);
}
EXPORT_SYMBOL_GPL(free_page_hook_drain);

/* Probes of tracepoints; preemption is off. */

static void trace_freed(void *unused, struct page *page, unsigned int order)
{
	hooked->freed(page_zone(page), page, order);
}

static void trace_merged(void *unused, struct page *page, unsigned int order, int migratetype)
{
	struct page *head = free_page_hook_block(page, &order);

	if (head)
		hooked->merged(page_zone(head), head, order);
}

static void trace_allocated(void *unused, struct page *page, unsigned int order, gfp_t gfp,
			    int migratetype)
{
	if (page)
		hooked->allocated(page_zone(page), page, order);
}

static struct hook_point {
	const char *name;
	void *probe;
	struct tracepoint *tracepoint;
	bool registered;
} points[] = {
	{ "mm_page_free", trace_freed },
	{ "mm_page_pcpu_drain", trace_merged },
	{ "mm_page_alloc", trace_allocated },
};

static void unregister_points(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(points); i++) {
		if (points[i].registered)
			tracepoint_probe_unregister(points[i].tracepoint, points[i].probe, NULL);
		points[i].registered = false;
	}
	tracepoint_synchronize_unregister();
}

static int register_points(const struct free_page_hook *hook)
{
	const bool wanted[] = { hook->freed, hook->merged, hook->allocated };
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(points); i++) {
		if (!wanted[i])
			continue;
		err = tracepoint_probe_register(points[i].tracepoint, points[i].probe, NULL);
		if (err) {
			unregister_points();
			return err;
		}
		points[i].registered = true;
	}
	return 0;
}

int free_page_hook_register(const struct free_page_hook *hook)
{
	int err = -EBUSY;

	if (hook->merging || hook->unlocked) {
		pr_err("this kernel has no hook for %s: it would have to be patched\n",
		       hook->merging ? "blocks that merge" : "the end of a free");
		return -EOPNOTSUPP;
	}
	if (hook->merged)
		pr_info("frees that are too large for per-CPU lists are not seen\n");
	mutex_lock(&hook_mutex);
	if (!hooked) {
		hooked = hook;
		err = register_points(hook);
		if (err)
			hooked = NULL;
	}
	mutex_unlock(&hook_mutex);
	return err;
}
EXPORT_SYMBOL_GPL(free_page_hook_register);

void free_page_hook_unregister(const struct free_page_hook *hook)
{
	mutex_lock(&hook_mutex);
	if (hooked == hook) {
		unregister_points();
		hooked = NULL;
	}
	mutex_unlock(&hook_mutex);
}
EXPORT_SYMBOL_GPL(free_page_hook_unregister);

static void *address_of(const char *name)
{
	struct kprobe probe = { .symbol_name = name };
	void *address;

	if (register_kprobe(&probe) < 0) {
		pr_err("this kernel has no function %s\n", name);
		return NULL;
	}
	address = probe.addr;
	unregister_kprobe(&probe);
	return address;
}

static void see_tracepoint(struct tracepoint *tp, void *unused)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (!strcmp(tp->name, points[i].name))
			points[i].tracepoint = tp;
}

static int __init free_page_hook_trace_init(void)
{
	unsigned int i;

	for_each_kernel_tracepoint(see_tracepoint, NULL);
	for (i = 0; i < ARRAY_SIZE(points); i++) {
		if (!points[i].tracepoint) {
			pr_err("this kernel has no tracepoint %s\n", points[i].name);
			return -ENOENT;
		}
	}
	isolate_free_page = address_of("__isolate_free_page");
	putback_isolated_page = address_of("__putback_isolated_page");
	drain_pages = address_of("drain_local_pages");
	pageblock_flags = address_of("get_pfnblock_flags_mask");
	if (!isolate_free_page || !putback_isolated_page || !drain_pages || !pageblock_flags)
		return -ENOENT;
	return 0;
}
module_init(free_page_hook_trace_init);

static void __exit free_page_hook_trace_exit(void)
{
}
module_exit(free_page_hook_trace_exit);

MODULE_DESCRIPTION("Hooks in the page allocator by tracepoints");
MODULE_LICENSE("GPL");
