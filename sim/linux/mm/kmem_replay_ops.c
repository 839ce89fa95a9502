// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a recording tells besides pages that are handed out and freed: pageblocks that change their
 * type, blocks that compaction takes out, flags of zones, per-CPU lists that shrink.
 */
#include "kmem_replay_internal.h"

/* Was this retype part of a steal, which the model does itself? */
static bool part_of_steal(struct replay *r, const struct kmem_event *ev)
{
	size_t i;

	for (i = r->now + 1; i < r->nr && i < r->now + 16; i++) {
		const struct kmem_event *x = &r->events[i];

		if (x->type == 'X' && x->task == ev->task)
			return pageblock_start_pfn((unsigned long)x->pfn) ==
				       pageblock_start_pfn((unsigned long)ev->pfn) ||
			       (ev->pfn > x->pfn && ev->pfn < x->pfn + (1L << x->a[1]));
		if (x->type != 'O' && (x->type != 'Z' || !this_mm->since_6_12))
			return false;
	}
	return false;
}

static void replay_retype(struct replay *r, const struct kmem_event *ev, int mt)
{
	struct page *page = pfn_to_page(ev->pfn);
	int old = get_pageblock_migratetype(page);
	struct zone *zone = page_zone(page);
	long moved;

	r->res->retypes++;
	if (part_of_steal(r, ev) || old == mt || mt < 0 || mt >= MIGRATE_TYPES)
		return;
	if (migratetype_is_mergeable(old) && migratetype_is_mergeable(mt)) {
		/* In 6.12 free pages are on the lists of their pageblock's type. */
		if (this_mm->since_6_12)
			move_freepages_block(zone, page, mt, NULL);
		set_pageblock_migratetype(page, mt);
		return;
	}
	moved = move_freepages_block(zone, page, mt, NULL);
	set_pageblock_migratetype(page, mt);
	if (mt == MIGRATE_ISOLATE) {
		zone->nr_isolate_pageblock++;
		mod_zone_freepage_state(zone, -moved);
	} else if (old == MIGRATE_ISOLATE) {
		zone->nr_isolate_pageblock--;
		mod_zone_freepage_state(zone, moved);
	} else if (mt == MIGRATE_HIGHATOMIC) {
		zone->nr_reserved_highatomic += pageblock_nr_pages;
	} else {
		zone->nr_reserved_highatomic -= min(pageblock_nr_pages,
						    zone->nr_reserved_highatomic);
	}
}

enum {
	OP_RETYPE = 1, OP_BULK = 7, OP_FREE_DIRECT = 8,
	/* of the recorder of 6.12 */
	OP_ISOLATE = 2, OP_DECAY = 11, OP_FLAGS = 12,
};

/* Compaction took a free block; what it does with the pages later shows as their frees. */
static void replay_isolate(struct replay *r, struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page);
	struct zone *zone = pfn_zone(pfn);

	r->res->isolated++;
	if (!is_migrate_isolate(pageblock_type(this_mm, pfn)))
		mod_zone_freepage_state(zone, -(1L << order));
	replay_set_state(r, pfn, order, PAGE_IN_USE);
	remove_free_block(page, zone);
	make_pageblocks_movable(zone, page, order);
}

static void set_kswapd(struct replay *r, bool on)
{
	struct zone *zone;

	r->kswapd_on = on;
	for_each_populated_zone(zone) {
		if (on)
			set_bit(ZONE_RECLAIM_ACTIVE, &zone->flags);
		else
			clear_bit(ZONE_RECLAIM_ACTIVE, &zone->flags);
	}
}

/*
 * Records of further kinds have numbers that are written down nowhere; what they are shows in what
 * they name.  A free block of just that order: it is isolated.  No page: kswapd goes on or off.
 * If two numbers are used for that, each means what it meant first, that is a change; if one, its
 * last field tells.
 */
static void replay_other_op(struct replay *r, const struct kmem_event *ev)
{
	struct page *page = ev->pfn > 0 && pfn_valid(ev->pfn) ? pfn_to_page(ev->pfn) : NULL;

	if (page && PageBuddy(page) && (long)buddy_order(page) == ev->a[1]) {
		replay_isolate(r, page, ev->a[1]);
		return;
	}
	if (ev->pfn > 0) {
		r->res->ops_unknown++;
		return;
	}
	if (!r->kswapd_op || r->kswapd_op != ev->a[0])
		set_kswapd(r, !r->kswapd_on);
	else
		set_kswapd(r, ev->a[2] || ev->a[1]);
	r->kswapd_op = ev->a[0];
}

static bool is_free_block(long pfn, unsigned int order)
{
	struct page *page = pfn > 0 && pfn_valid(pfn) ? pfn_to_page(pfn) : NULL;

	return page && PageBuddy(page) && buddy_order(page) == order;
}

/* What the recorder of 6.12 tells has a number each: kmem_record.h. */
static void replay_op_of_6_12(struct replay *r, const struct kmem_event *ev)
{
	int zone = ev->a[1];

	if (ev->a[0] == OP_ISOLATE) {
		if (is_free_block(ev->pfn, ev->a[1]))
			replay_isolate(r, pfn_to_page(ev->pfn), ev->a[1]);
		else
			replay_diverge(r, "recorded that the free block of order %ld at pfn %ld is "
				       "taken out, the model has no such block", (long)ev->a[1],
				       (long)ev->pfn);
		return;
	}
	if (zone < 0 || zone >= MAX_NR_ZONES || (ev->a[0] != OP_DECAY && ev->a[0] != OP_FLAGS)) {
		r->res->ops_unknown++;
	} else if (ev->a[0] == OP_FLAGS) {
		r->zone_flags[zone] = ev->a[2];
	} else {
		struct zone *z = &r->kernel.pgdat->node_zones[zone];

		replay_finish_inner(r);
		decay_pcp_high(z, &z->per_cpu_pageset[0]);
	}
}

void replay_op(struct replay *r, const struct kmem_event *ev)
{
	struct page *page;

	switch (ev->a[0]) {
	case OP_RETYPE:
		replay_retype(r, ev, ev->a[2]);
		break;
	case OP_BULK:		/* its pages follow as K */
		break;
	case OP_FREE_DIRECT:
		page = pfn_to_page(ev->pfn);
		r->res->direct_frees++;
		if (replay_can_free(r, ev, ev->a[1], PAGE_PREPARED, PAGE_LISTED))
			free_one_page(page_zone(page), page, ev->pfn, ev->a[1],
				      clamp_t(long, ev->a[2], 0, MIGRATE_TYPES - 1), FPI_NONE);
		break;
	default:
		if (this_mm->since_6_12)
			replay_op_of_6_12(r, ev);
		else
			replay_other_op(r, ev);
	}
}
