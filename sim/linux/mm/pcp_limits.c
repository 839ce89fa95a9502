// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many pages the per-CPU lists hold, are filled with and give back at a time.
 *
 * Models mm/page_alloc.c of Linux 6.1 (nr_pcp_free, nr_pcp_high, the batch of __rmqueue_pcplist):
 * high stays where it was set, and drains double as long as nobody allocates; and of 6.12
 * (nr_pcp_alloc, nr_pcp_high, nr_pcp_free, decay_pcp_high): high moves between high_min and
 * high_max with demand, down again once a second (refresh_cpu_vm_stats), and refills double as
 * long as nobody frees.
 *
 * Left out: each CPU's own timer of the latter, which is deferrable and rounded: one work looks at
 * all lists, as drain_all_pages() does here, and only while some list may be longer than high_min.
 */
#include <linux/workqueue.h>
#include "hostmem.h"
#include "internal.h"

/* pcp->flags of 6.12 */
#define PCPF_PREV_FREE_HIGH_ORDER 1	/* what was freed last was of an order above 0 */
#define PCPF_FREE_HIGH_BATCH 2		/* caches are large: keep a batch of such pages */

#define FREE_MOST(batch) ((batch) << PCP_BATCH_SCALE_MAX)

struct pcp_decay {
	struct delayed_work work;
	bool armed;
};

static void keep_within_limits(struct per_cpu_pages *pcp)
{
	pcp->high = clamp(pcp->high, pcp->high_min, pcp->high_max);
}

static void arm_decay(const struct per_cpu_pages *pcp)
{
	struct pcp_decay *decay = this_mm->pcp_decay;

	if (pcp->high <= pcp->high_min || !decay || decay->armed)
		return;
	decay->armed = true;
	schedule_delayed_work(&decay->work, HZ);
}

/* Blocks for an empty list, so that a batch of pages comes; if that is several, two at least. */
static int blocks_of(int pages, unsigned int order)
{
	return pages > 1 ? max(pages >> order, 2) : pages;
}

static int refill_of_6_12(struct per_cpu_pages *pcp, struct zone *zone, unsigned int order)
{
	int pages = pcp->batch, most;

	keep_within_limits(pcp);
	if (unlikely(pcp->high < pcp->batch))
		return 1;
	if (!order)
		pages <<= pcp->alloc_factor;
	if (pcp->high_min != pcp->high_max && !test_bit(ZONE_BELOW_HIGH, &zone->flags)) {
		pcp->high = min(pcp->high + pages, pcp->high_max);
		arm_decay(pcp);
	}
	if (!order) {
		most = max(pcp->high - pcp->count - pcp->batch, pcp->batch);
		if (pages <= most && pcp->alloc_factor < PCP_BATCH_SCALE_MAX)
			pcp->alloc_factor++;
		pages = min(pages, most);
	}
	return blocks_of(pages, order);
}

int pcp_refill_blocks(struct per_cpu_pages *pcp, struct zone *zone, unsigned int order)
{
	if (this_mm->since_6_12)
		return refill_of_6_12(pcp, zone, order);
	return blocks_of(pcp->batch, order);
}

void pcp_count_alloc(struct per_cpu_pages *pcp)
{
	if (this_mm->since_6_12)
		pcp->free_count >>= 1;
	else
		pcp->free_factor >>= 1;
}

/* Of 6.1 */

static int drain_of_6_1(struct per_cpu_pages *pcp, int high, bool free_high)
{
	int batch = pcp->batch << pcp->free_factor, most = high - pcp->batch;

	if (unlikely(free_high))
		return pcp->count;
	if (unlikely(high < pcp->batch))
		return 1;
	if (batch < most && pcp->free_factor < PCP_BATCH_SCALE_MAX)
		pcp->free_factor++;
	return clamp(batch, pcp->batch, most);
}

static int count_free_of_6_1(struct per_cpu_pages *pcp, struct zone *zone, unsigned int order)
{
	bool free_high = pcp->free_factor && order && order <= PAGE_ALLOC_COSTLY_ORDER;
	int high = pcp->high;

	if (unlikely(!high || free_high))
		high = 0;
	else if (test_bit(ZONE_RECLAIM_ACTIVE, &zone->flags))
		high = min(pcp->batch << 2, high);
	return pcp->count >= high ? drain_of_6_1(pcp, high, free_high) : 0;
}

/* Of 6.12 */

/* Whether many pages of higher orders are being freed, which are not to lie around. */
static bool frees_many_blocks(struct per_cpu_pages *pcp, unsigned int order)
{
	bool before = pcp->flags & PCPF_PREV_FREE_HIGH_ORDER;

	if (!order || order > PAGE_ALLOC_COSTLY_ORDER) {
		pcp->flags &= ~PCPF_PREV_FREE_HIGH_ORDER;
		return false;
	}
	pcp->flags |= PCPF_PREV_FREE_HIGH_ORDER;
	return before && pcp->free_count >= pcp->batch &&
	       (!(pcp->flags & PCPF_FREE_HIGH_BATCH) || pcp->count >= pcp->batch);
}

/* With how many pages a drain begins; high moves. */
static int move_high(struct per_cpu_pages *pcp, const struct zone *zone, bool free_high)
{
	int freed = max_t(int, pcp->free_count, pcp->batch), high;

	keep_within_limits(pcp);
	high = pcp->high;
	if (unlikely(!high))
		return 0;
	if (unlikely(free_high)) {
		pcp->high = max(high - FREE_MOST(pcp->batch), pcp->high_min);
		return 0;
	}
	if (test_bit(ZONE_RECLAIM_ACTIVE, &zone->flags)) {
		pcp->high = max(high - freed, pcp->high_min);
		return min(pcp->batch << 2, pcp->high);
	}
	if (pcp->high_min == pcp->high_max)
		return high;
	if (test_bit(ZONE_BELOW_HIGH, &zone->flags)) {
		pcp->high = max(high - freed, pcp->high_min);
		return max(pcp->count, pcp->high_min);
	}
	if (pcp->count >= high && high < pcp->free_count + pcp->batch) {
		pcp->high = clamp(pcp->free_count + pcp->batch, pcp->high_min, pcp->high_max);
		arm_decay(pcp);
	}
	return high;
}

static int count_free_of_6_12(struct per_cpu_pages *pcp, const struct zone *zone,
			      unsigned int order)
{
	bool free_high = frees_many_blocks(pcp, order);
	int high;

	pcp->alloc_factor >>= 1;
	if (pcp->free_count < FREE_MOST(pcp->batch))
		pcp->free_count += 1 << order;
	high = move_high(pcp, zone, free_high);
	if (pcp->count < high)
		return 0;
	if (unlikely(free_high))
		return min(pcp->count, FREE_MOST(pcp->batch));
	if (unlikely(high < pcp->batch))
		return 1;
	return clamp((int)pcp->free_count, pcp->batch, high - pcp->batch);
}

int pcp_count_free(struct per_cpu_pages *pcp, struct zone *zone, unsigned int order)
{
	if (this_mm->since_6_12)
		return count_free_of_6_12(pcp, zone, order);
	return count_free_of_6_1(pcp, zone, order);
}

void pcp_drained(struct zone *zone)
{
	if (test_bit(ZONE_BELOW_HIGH, &zone->flags) && !zone_flags_given() &&
	    zone_watermark_ok(zone, 0, high_wmark_pages(zone), ZONE_MOVABLE, 0))
		clear_bit(ZONE_BELOW_HIGH, &zone->flags);
}

void pcp_set_limits(struct zone *zone, int high_min, int high_max, int batch)
{
	unsigned int cpu;

	for (cpu = 0; cpu < this_kernel->nr_cpus; cpu++) {
		struct per_cpu_pages *pcp = &zone->per_cpu_pageset[cpu];

		pcp->batch = batch;
		pcp->high_min = high_min;
		pcp->high_max = high_max;
		/* 6.12 keeps high within these when it looks at it next. */
		if (!this_mm->since_6_12)
			pcp->high = high_min;
		pcp->flags |= PCPF_FREE_HIGH_BATCH;
	}
}

/* Decay */

bool decay_pcp_high(struct zone *zone, struct per_cpu_pages *pcp)
{
	int excess;
	bool more = false;

	if (pcp->high > pcp->high_min) {
		pcp->high = max3(pcp->count - FREE_MOST(pcp->batch), pcp->high - (pcp->high >> 3),
				 pcp->high_min);
		more = pcp->high > pcp->high_min;
	}
	for (excess = pcp->count - pcp->high; excess > 0; excess -= pcp->batch) {
		pcp_drain_some(zone, pcp, min(excess, pcp->batch));
		more = true;
	}
	return more;
}

static void decay_all(struct work_struct *work)
{
	struct pcp_decay *decay = container_of(work, struct pcp_decay, work.work);
	bool more = false;
	struct zone *zone;
	unsigned int cpu;

	for_each_populated_zone(zone) {
		for (cpu = 0; cpu < this_kernel->nr_cpus; cpu++)
			more |= decay_pcp_high(zone, &zone->per_cpu_pageset[cpu]);
	}
	decay->armed = more;
	if (more)
		schedule_delayed_work(&decay->work, HZ);
}

void pcp_decay_init(void)
{
	struct pcp_decay *decay;

	if (!this_mm->since_6_12 || !this_kernel->vm)
		return;
	decay = host_alloc(sizeof(*decay));
	INIT_DELAYED_WORK(&decay->work, decay_all);
	this_mm->pcp_decay = decay;
}

void pcp_decay_exit(void)
{
	host_free(this_mm->pcp_decay);
}
