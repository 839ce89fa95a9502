// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replay of a recorded run of the page allocator of a real Linux 6.1 or 6.12 through ours.
 *
 * Only the requests go in: who asked for how much with which flags, who freed what, and the few
 * facts that requests do not determine (recorded as C, P, O; whether a steal took the whole
 * pageblock, from X).  What comes out -- pages handed out, refills, drains, steals -- is compared
 * event by event, and all lists at the end.
 *
 * Order: an allocation runs at its first visible step (a refill, a steal, or when it is done), and
 * its inner events are queued per context until the recording shows them.  A free runs in two
 * parts, as the kernel's does.  When a page differs, the recorded page is put in its place, so
 * that one divergence does not make everything after it wrong; only the first is reported in full.
 */
#include "hostmem.h"
#include "kmem_replay_internal.h"

#define BULK_MAX 65536		/* pages of one bulk allocation */

static long page_pfn(const struct page *page)
{
	return page ? (long)page_to_pfn(page) : -1;
}

/* The model did something that the recording should show, too. */
static void push(struct replay *r, const struct inner_event *ev)
{
	struct replay_context *c = r->cur;

	if (r->resync || !c)
		return;
	if (c->head == c->tail)
		c->head = c->tail = 0;
	if (c->tail == c->size) {
		c->size = c->size ? c->size * 2 : 64;
		c->fifo = host_realloc(c->fifo, c->size * sizeof(*c->fifo));
	}
	c->fifo[c->tail++] = *ev;
}

static void on_zone_locked(void *ctx, struct page *page, unsigned int order, int mt)
{
	push(ctx, &(struct inner_event){ 'Z', page_to_pfn(page), { order, mt } });
}

static void on_drain(void *ctx, struct page *page, unsigned int order, int mt)
{
	push(ctx, &(struct inner_event){ 'D', page_to_pfn(page), { order, mt } });
}

static void on_extfrag(void *ctx, struct page *page, int alloc_order, int fallback_order,
		       int alloc_mt, int fallback_mt)
{
	push(ctx, &(struct inner_event){ 'X', page_to_pfn(page),
					 { alloc_order, fallback_order, alloc_mt, fallback_mt,
					   get_pageblock_migratetype(page) == alloc_mt } });
}

/*
 * Of 6.12: the steal that was recorded where the model is now, behind those that it has had.
 * A pageblock that it did not take could not be taken.
 */
static int claim_of_6_12(const struct replay *r, unsigned long pfn)
{
	const struct replay_context *c = r->cur;
	unsigned int before = 0, i;
	size_t at;

	for (i = c->head; i < c->tail; i++)
		before += c->fifo[i].type == 'X';
	for (at = r->now; at < r->nr; at++) {
		const struct kmem_event *ev = &r->events[at];

		if (ev->context != r->cur_context)
			continue;
		if (ev->type == 'A')
			break;
		if (ev->type == 'X' && !before--)
			return ev->a[4] && pageblock_start_pfn((unsigned long)ev->pfn) ==
						   pageblock_start_pfn(pfn);
	}
	return 0;
}

/* Whether a steal took the block depends on pages that the recording does not have: look ahead. */
static int on_claim(void *ctx, struct page *page)
{
	struct replay *r = ctx;
	unsigned long pfn = page_to_pfn(page);
	size_t i;

	if (this_mm->since_6_12)
		return claim_of_6_12(r, pfn);
	for (i = r->now; i < r->nr; i++) {
		const struct kmem_event *ev = &r->events[i];

		if (ev->context != r->cur_context)
			continue;
		if (ev->type == 'X' && ev->pfn == (int64_t)pfn)
			return ev->a[4];
		if (ev->type == 'A' || ev->type == 'K')
			break;
	}
	return -1;
}

/*
 * The zone of a request follows from counters that lag behind in the real kernel, and from boosts
 * that kswapd takes back: it is a fact of the recording.
 */
static bool on_use_zone(void *ctx, struct zone *zone)
{
	struct replay *r = ctx;

	return !r->want_zone || zone == r->want_zone;
}

static bool on_pcp_locked(void *ctx)
{
	return ((struct replay *)ctx)->pcp_locked;
}

static const struct mm_trace_ops replay_ops = {
	.zone_locked = on_zone_locked,
	.pcpu_drain = on_drain,
	.extfrag = on_extfrag,
	.claim_block = on_claim,
	.use_zone = on_use_zone,
	.pcp_locked = on_pcp_locked,
};

/* One event */

/* An inner event was recorded: it must be the next that the model had. */
static bool match_inner(struct replay *r, const struct kmem_event *ev, unsigned int nr_fields)
{
	struct replay_context *c = r->cur;
	struct inner_event in;
	unsigned int i;
	bool same;

	if (c->head == c->tail) {
		replay_diverge(r, "recorded %c of pfn %ld, the model did nothing", ev->type,
			       (long)ev->pfn);
		return false;
	}
	in = c->fifo[c->head];
	same = in.type == ev->type && in.pfn == ev->pfn;
	for (i = 0; i < nr_fields; i++)
		same &= in.a[i] == ev->a[i];
	if (in.type == ev->type)
		c->head++;
	if (same)
		return true;
	replay_diverge(r, "recorded %c of pfn %ld (%ld %ld), the model had %c of pfn %u (%d %d)",
		       ev->type, (long)ev->pfn, (long)ev->a[0], (long)ev->a[1], in.type, in.pfn,
		       in.a[0], in.a[1]);
	if (ev->type == 'Z' && in.type == 'Z' && in.pfn != ev->pfn && in.a[0] == ev->a[0])
		replay_exchange_refill(r, pfn_to_page(in.pfn), ev->pfn, ev->a[0]);
	return false;
}

static struct page *run_alloc(gfp_t gfp, unsigned int order, bool must_succeed)
{
	struct page *page;

	/* What direct reclaim frees is in the recording; here it must not even be tried. */
	gfp = (gfp & ~__GFP_NOFAIL) | __GFP_NOWARN | __GFP_NORETRY;
	if (order > PAGE_ALLOC_COSTLY_ORDER)
		gfp &= ~__GFP_DIRECT_RECLAIM;
	page = alloc_pages(gfp, order);
	/* The task may have had rights that its flags do not show (PF_MEMALLOC, OOM victim). */
	if (!page && must_succeed)
		page = alloc_pages((gfp & ~__GFP_NOMEMALLOC) | __GFP_MEMALLOC, order);
	return page;
}

/*
 * Refills happen when a list is empty, and take more than one page: a lone page from the buddy, or
 * one while there are pages on the list, means that the lists' lock was taken.
 */
static bool lists_were_locked(struct replay *r, const struct kmem_event *request)
{
	const struct kmem_event *ev = &r->events[r->now];
	unsigned int order = request->a[0], pindex, nr = 0;
	struct per_cpu_pages *pcp;
	size_t i;

	if (request->pfn < 0 || !pcp_allowed_order(order))
		return false;
	/* The recorder of 6.12 sees pages leave the lists. */
	if (this_mm->since_6_12)
		return request->type == 'A' && !request->flag;
	if (ev->type != 'Z' && ev->type != 'X')
		return false;
	pcp = &pfn_zone(request->pfn)->per_cpu_pageset[0];
	pindex = order_to_pindex(gfp_migratetype(request->a[1]), order);
	if (!list_empty(&pcp->lists[pindex]))
		return true;
	if (pcp->batch == 1)
		return false;
	for (i = r->now; i < r->nr && &r->events[i] != request && nr < 2; i++)
		nr += r->events[i].type == 'Z' && r->events[i].context == ev->context;
	return nr == 1;
}

/* Run the allocation whose A, P or K is event @at. */
static void start_alloc(struct replay *r, size_t at)
{
	const struct kmem_event *ev = &r->events[at];
	struct replay_context *c = r->cur;

	replay_finish_inner(r);
	c->pending = true;
	c->page = NULL;
	if (ev->type == 'K') {
		unsigned int nr = clamp_t(long, ev->a[2], 1, BULK_MAX);

		/* Each page has an event: what is more than these is of no allocation. */
		host_free(c->bulk);
		r->nr_bulk -= c->nr_bulk;
		nr = min_t(size_t, nr, r->nr + BULK_MAX - r->nr_bulk);
		r->nr_bulk += nr;
		c->bulk = host_alloc(nr * sizeof(*c->bulk));
		c->nr_bulk = nr;
		r->want_zone = pfn_zone(ev->pfn);
		alloc_pages_bulk_array((ev->a[0] & ~__GFP_NOFAIL) | __GFP_NOWARN | __GFP_NORETRY,
				       nr, c->bulk);
		r->want_zone = NULL;
		return;
	}
	r->want_zone = ev->pfn >= 0 ? pfn_zone(ev->pfn) : NULL;
	r->pcp_locked = lists_were_locked(r, ev);
	r->res->direct_allocs += r->pcp_locked;
	c->page = run_alloc(ev->a[1], ev->a[0], ev->pfn >= 0);
	r->pcp_locked = false;
	r->want_zone = NULL;
}

static void inner_of_alloc(struct replay *r, const struct kmem_event *ev, unsigned int nr_fields,
			   struct kmem_count *count)
{
	if (!r->cur->pending && r->next_request[r->now] < r->nr)
		start_alloc(r, r->next_request[r->now]);
	count->total++;
	count->right += match_inner(r, ev, nr_fields);
}

/* The page is handed out: is it the recorded one? */
static void replay_alloc(struct replay *r, const struct kmem_event *ev)
{
	struct kmem_count *count = ev->pfn >= 0 ? &r->res->alloc[ev->a[0]] : &r->res->failed;
	struct replay_context *c = r->cur;

	if (!c->pending)
		start_alloc(r, r->now);
	c->pending = false;
	count->total++;
	if (page_pfn(c->page) == ev->pfn) {
		if (c->page)
			replay_set_state(r, ev->pfn, ev->a[0], PAGE_IN_USE);
		count->right++;
		return;
	}
	replay_diverge(r, "recorded allocation of pfn %ld, order %ld, gfp %lx, type %ld; "
		       "the model gave %ld", (long)ev->pfn, (long)ev->a[0], (long)ev->a[1],
		       (long)ev->a[2], page_pfn(c->page));
	replay_exchange(r, c->page, ev->pfn, ev->a[0]);
}

static void replay_bulk(struct replay *r, const struct kmem_event *ev)
{
	struct replay_context *c = r->cur;
	struct page *page;

	if (!c->pending)
		start_alloc(r, r->now);
	r->res->bulk.total++;
	page = ev->a[1] >= 0 && ev->a[1] < c->nr_bulk ? c->bulk[ev->a[1]] : NULL;
	if (page_pfn(page) == ev->pfn) {
		replay_set_state(r, ev->pfn, 0, PAGE_IN_USE);
		r->res->bulk.right++;
	} else {
		replay_diverge(r, "recorded bulk allocation of pfn %ld, the model gave %ld",
			       (long)ev->pfn, page_pfn(page));
		replay_exchange(r, page, ev->pfn, 0);
	}
	if (ev->a[1] + 1 >= ev->a[2])
		c->pending = false;
}

static void replay_free(struct replay *r, const struct kmem_event *ev)
{
	struct page *page = pfn_to_page(ev->pfn);

	if (ev->flag == '=')
		replay_finish_inner(r);
	r->res->frees++;
	if (!replay_can_free(r, ev, ev->a[0], PAGE_IN_USE,
			     ev->flag == '=' ? PAGE_LISTED : PAGE_PREPARED))
		return;
	set_page_count(page, 0);
	if (ev->flag == '=')
		free_the_page(page, ev->a[0]);
	else
		free_unref_page_prepare(page, ev->pfn, ev->a[0], false);
}

static void replay_commit(struct replay *r, const struct kmem_event *ev, int mt,
			  unsigned int order)
{
	struct zone *zone = pfn_zone(ev->pfn);

	replay_finish_inner(r);
	if (mt >= MIGRATE_PCPTYPES)
		mt = MIGRATE_MOVABLE;
	if (replay_can_free(r, ev, order, PAGE_PREPARED, PAGE_LISTED))
		free_unref_page_commit(zone, &zone->per_cpu_pageset[0], pfn_to_page(ev->pfn), mt,
				       order);
}

/* A drain that no free here has caused is somebody's order: drain_all_pages(), compaction. */
static void replay_drain(struct replay *r, const struct kmem_event *ev)
{
	struct zone *zone = pfn_zone(ev->pfn);
	struct per_cpu_pages *pcp = &zone->per_cpu_pageset[0];
	struct page *page = pfn_to_page(ev->pfn);

	if (r->cur->head == r->cur->tail && pcp_allowed_order(ev->a[0]) &&
	    replay_is_state(r, ev->pfn, 0, PAGE_LISTED) && !is_free_buddy_page(page)) {
		int mt = get_pcppage_migratetype(page);
		int pindex = order_to_pindex(mt < MIGRATE_PCPTYPES ? mt : MIGRATE_MOVABLE,
					     ev->a[0]);

		/* In 6.12 the type may be another one now. */
		if (this_mm->since_6_12)
			pindex = replay_pcp_list_of(page, ev->a[0]);
		if (pindex >= 0 && !list_empty(&pcp->lists[pindex])) {
			free_pcppages_bulk(zone, 1 << ev->a[0], pcp, pindex);
			r->res->drains_ordered++;
		}
	}
	r->res->drain.total++;
	r->res->drain.right += match_inner(r, ev, 2);
}

static void set_zone_flags(struct replay *r)
{
	int idx;

	for (idx = 0; idx < MAX_NR_ZONES; idx++)
		r->kernel.pgdat->node_zones[idx].flags = r->zone_flags[idx];
}

static void replay_event(struct replay *r)
{
	const struct kmem_event *ev = &r->events[r->now];

	r->cur_context = ev->context;
	r->cur = &r->contexts[ev->context];
	if (this_mm->since_6_12)
		set_zone_flags(r);
	switch (ev->type) {
	case 'Z':
		inner_of_alloc(r, ev, 2, &r->res->refill);
		break;
	case 'X':
		inner_of_alloc(r, ev, 5, &r->res->steal);
		break;
	case 'A':
		replay_alloc(r, ev);
		break;
	case 'P':
		r->res->early_pops++;
		if (!r->cur->pending)
			start_alloc(r, r->now);
		break;
	case 'K':
		replay_bulk(r, ev);
		break;
	case 'F':
		replay_free(r, ev);
		break;
	case 'B':
		replay_commit(r, ev, get_pcppage_migratetype(pfn_to_page(ev->pfn)), 0);
		break;
	case 'C':
		replay_commit(r, ev, ev->a[1], ev->a[0]);
		break;
	case 'D':
		replay_drain(r, ev);
		break;
	case 'O':
		replay_op(r, ev);
		break;
	}
}

/* For every event the request of its context that comes next; P belongs to the A with its page. */
static void link_requests(struct replay *r)
{
	uint32_t *next = host_alloc(r->nr_contexts * sizeof(*next)), c;
	size_t i;

	for (c = 0; c < r->nr_contexts; c++)
		next[c] = r->nr;
	r->next_request = host_alloc((r->nr + 1) * sizeof(*r->next_request));
	for (i = r->nr; i-- > 0;) {
		const struct kmem_event *ev = &r->events[i];

		r->next_request[i] = next[ev->context];
		if (ev->type == 'A' || ev->type == 'P' || ev->type == 'K')
			next[ev->context] = i;
	}
	host_free(next);
}

static void replay_end(struct replay *r, const struct kmem_snapshot *after)
{
	struct kmem_result *res = r->res;
	uint32_t c;
	int idx;

	for (c = 0; c < r->nr_contexts; c++) {
		r->cur = &r->contexts[c];
		replay_finish_inner(r);
	}
	for (idx = 0; idx < MAX_NR_ZONES; idx++) {
		if (after->zone[idx].present)
			replay_compare_zone(r, idx, &after->zone[idx]);
	}
	res->equal = !res->diverged;
}

void kmem_replay(const struct kmem_snapshot *before, const struct kmem_snapshot *after,
		 const struct kmem_event *events, size_t nr, struct kmem_result *result)
{
	struct kernel *outer = this_kernel;
	struct replay *r = host_alloc(sizeof(*r));
	uint32_t c;
	size_t i;
	int idx;

	memset(result, 0, sizeof(*result));
	r->events = events;
	r->nr = nr;
	r->res = result;
	for (i = 0; i < nr; i++)
		r->nr_contexts = max(r->nr_contexts, events[i].context + 1);
	r->contexts = host_alloc((r->nr_contexts + 1) * sizeof(*r->contexts));
	coro_current->ctx.kernel = &r->kernel;
	replay_load(r, before);
	r->ops = replay_ops;
	r->ops.zone_flags_given = r->kernel.mm->since_6_12;
	r->kernel.mm->trace = &r->ops;
	r->kernel.mm->trace_ctx = r;
	link_requests(r);
	for (idx = 0; idx < MAX_NR_ZONES; idx++) {
		r->kswapd_on |= before->zone[idx].flags >> ZONE_RECLAIM_ACTIVE & 1;
		r->zone_flags[idx] = before->zone[idx].flags;
	}
	for (r->now = 0; r->now < nr; r->now++)
		replay_event(r);
	replay_end(r, after);

	mm_exit(&r->kernel);
	coro_current->ctx.kernel = outer;
	for (c = 0; c < r->nr_contexts; c++) {
		host_free(r->contexts[c].fifo);
		host_free(r->contexts[c].bulk);
	}
	host_free(r->contexts);
	host_free(r->state);
	host_free(r->next_request);
	host_free(r);
}
