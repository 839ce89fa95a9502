// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the page allocator does when no zone is above its watermark, or none has a block: wake
 * kswapd, dip into reserves, compact, reclaim, and at last kill somebody.
 *
 * Models mm/page_alloc.c of Linux 6.1: __alloc_pages_slowpath with direct compaction and reclaim,
 * should_reclaim_retry, should_compact_retry, __alloc_pages_may_oom.
 *
 * Left out: cpusets, NUMA, the block that compaction captures (compaction.c).
 */
#include <linux/oom.h>
#include <linux/sched.h>
#include <linux/swap.h>
#include "compaction.h"
#include "oom_internal.h"
#include "user.h"

#define MAX_COMPACT_RETRIES 16

/* A request that could not be served at once. */
struct slowpath {
	gfp_t gfp;
	unsigned int order, alloc_flags;
	const struct alloc_context *ac;
	enum compact_priority compact_prio;
	enum compact_result compact_result;
	int compact_retries, no_progress_loops;
	bool give_up;
};

static unsigned int gfp_to_alloc_flags(gfp_t gfp, unsigned int order)
{
	unsigned int alloc_flags = ALLOC_WMARK_MIN | ALLOC_CPUSET;

	_Static_assert(__GFP_HIGH == ALLOC_MIN_RESERVE && __GFP_KSWAPD_RECLAIM == ALLOC_KSWAPD,
		       "taken over as they are");
	alloc_flags |= gfp & (__GFP_HIGH | __GFP_KSWAPD_RECLAIM);
	if (gfp & __GFP_DIRECT_RECLAIM)
		return alloc_flags;
	if (!(gfp & __GFP_NOMEMALLOC)) {
		alloc_flags |= ALLOC_NON_BLOCK;
		if (order > 0 && alloc_flags & ALLOC_MIN_RESERVE)
			alloc_flags |= ALLOC_HIGHATOMIC;
	}
	if (alloc_flags & ALLOC_MIN_RESERVE)
		alloc_flags &= ~ALLOC_CPUSET;
	return alloc_flags;
}

static inline unsigned int current_flags(void)
{
	return current ? current->flags : 0;
}

/* Rights to reserves of a task that frees memory or is about to die. */
static unsigned int pfmemalloc_flags(gfp_t gfp)
{
	if (gfp & __GFP_NOMEMALLOC)
		return 0;
	if (gfp & __GFP_MEMALLOC || current_flags() & PF_MEMALLOC)
		return ALLOC_NO_WATERMARKS;
	return current && tsk_is_oom_victim(current) ? ALLOC_OOM : 0;
}

static void wake_all_kswapds(unsigned int order, gfp_t gfp, const struct alloc_context *ac)
{
	if (*ac->preferred)
		wakeup_kswapd(*ac->preferred, gfp, order, ac->highest_zoneidx);
}

/* Free some memory ourselves, then try again. */
static struct page *alloc_direct_reclaim(gfp_t gfp, unsigned int order, unsigned int alloc_flags,
					 const struct alloc_context *ac, unsigned long *progress)
{
	struct page *page;

	*progress = try_to_free_pages(&this_kernel->pgdat->node_zonelist, order, gfp);
	if (!*progress)
		return NULL;
	page = get_page_from_freelist(gfp, order, alloc_flags, ac);
	if (page)
		return page;
	/* What was freed may sit on per-CPU lists or in the atomic reserve. */
	unreserve_highatomic_pageblock(ac, false);
	drain_all_pages(NULL);
	return get_page_from_freelist(gfp, order, alloc_flags, ac);
}

/* Is there anything left whose reclaim could satisfy the request? */
static bool should_reclaim_retry(unsigned int order, const struct alloc_context *ac,
				 unsigned int alloc_flags, bool progress, int *no_progress_loops)
{
	struct zone **z, *zone;

	if (progress && order <= PAGE_ALLOC_COSTLY_ORDER)
		*no_progress_loops = 0;
	else
		(*no_progress_loops)++;
	if (*no_progress_loops > MAX_RECLAIM_RETRIES)
		return unreserve_highatomic_pageblock(ac, true);

	for_each_zone_of(z, zone, ac) {
		unsigned long available = zone_reclaimable_pages(zone) +
					  zone_page_state(zone, NR_FREE_PAGES);

		if (__zone_watermark_ok(zone, order, min_wmark_pages(zone), ac->highest_zoneidx,
					alloc_flags, available))
			return true;
	}
	return unreserve_highatomic_pageblock(ac, true);
}

/* Move pages so that a block comes about, then try to get it. */
static struct page *alloc_direct_compact(gfp_t gfp, unsigned int order, unsigned int alloc_flags,
					 const struct alloc_context *ac,
					 enum compact_priority prio, enum compact_result *result)
{
	unsigned int memalloc = current_flags() & PF_MEMALLOC;
	struct page *page;

	*result = COMPACT_SKIPPED;
	if (!order || !this_user)
		return NULL;
	if (current)
		current->flags |= PF_MEMALLOC;
	*result = try_to_compact_pages(gfp, order, alloc_flags, ac, prio);
	if (current && !memalloc)
		current->flags &= ~PF_MEMALLOC;
	if (*result == COMPACT_SKIPPED)
		return NULL;
	vm_event(this_mm, COMPACTSTALL, 1);
	page = get_page_from_freelist(gfp, order, alloc_flags, ac);
	if (page) {
		struct zone *zone = page_zone(page);

		zone->compact_blockskip_flush = false;
		compaction_defer_reset(zone, order, true);
		vm_event(this_mm, COMPACTSUCCESS, 1);
		return page;
	}
	vm_event(this_mm, COMPACTFAIL, 1);
	user_resched();
	return NULL;
}

/* Is another round of reclaim and compaction promising? */
static bool should_compact_retry(const struct slowpath *s, unsigned int order,
				 const struct alloc_context *ac, unsigned int alloc_flags,
				 enum compact_priority *prio, int *retries)
{
	bool costly = order > PAGE_ALLOC_COSTLY_ORDER;
	int max_retries = costly ? MAX_COMPACT_RETRIES / 4 : MAX_COMPACT_RETRIES;

	if (!order || fault_signal_pending())
		return false;
	switch (s->compact_result) {
	case COMPACT_SKIPPED:
		return compaction_zonelist_suitable(ac, order, alloc_flags);
	case COMPACT_COMPLETE:
	case COMPACT_DEFERRED:
	case COMPACT_CONTENDED:
	case COMPACT_PARTIAL_SKIPPED:
		break;
	default:
		*retries += s->compact_result == COMPACT_SUCCESS;
		if (*retries <= max_retries)
			return true;
	}
	if (*prio <= (costly ? MIN_COMPACT_COSTLY_PRIORITY : MIN_COMPACT_PRIORITY))
		return false;
	(*prio)--;
	*retries = 0;
	return true;
}

/* Nothing helped: kill somebody, unless the request is one that should fail instead. */
static struct page *alloc_may_oom(gfp_t gfp, unsigned int order, const struct alloc_context *ac,
				  unsigned long *progress)
{
	struct oom_control oc = {
		.zonelist = &this_kernel->pgdat->node_zonelist,
		.gfp_mask = gfp,
		.order = order,
	};
	struct page *page;

	*progress = 0;
	if (!oom_trylock()) {
		/* Somebody else is at it. */
		*progress = 1;
		oom_wait();
		return NULL;
	}
	page = get_page_from_freelist(gfp & ~__GFP_DIRECT_RECLAIM, order,
				      ALLOC_WMARK_HIGH | ALLOC_CPUSET, ac);
	if (page || order > PAGE_ALLOC_COSTLY_ORDER ||
	    gfp & (__GFP_RETRY_MAYFAIL | __GFP_THISNODE) || ac->highest_zoneidx < ZONE_NORMAL)
		goto out;
	if (out_of_memory(&oc) || gfp & __GFP_NOFAIL) {
		*progress = 1;
		if (gfp & __GFP_NOFAIL)
			page = get_page_from_freelist(gfp, order, ALLOC_NO_WATERMARKS, ac);
	}
out:
	oom_unlock();
	return page;
}

static void warn_alloc(gfp_t gfp, unsigned int order)
{
	if (!(gfp & __GFP_NOWARN))
		printk("page allocation failure: order:%u, mode:%#x\n", order, gfp);
}

/* Compaction comes first where it is likely that only blocks are missing; NULL: go on, or fail. */
static struct page *compact_first(struct slowpath *s)
{
	bool costly = s->order > PAGE_ALLOC_COSTLY_ORDER;
	struct page *page;

	if (!(s->gfp & __GFP_DIRECT_RECLAIM) || !s->order || pfmemalloc_flags(s->gfp) ||
	    (!costly && s->ac->migratetype == MIGRATE_MOVABLE))
		return NULL;
	page = alloc_direct_compact(s->gfp, s->order, s->alloc_flags, s->ac,
				    INIT_COMPACT_PRIORITY, &s->compact_result);
	if (page || !costly || !(s->gfp & __GFP_NORETRY))
		return page;
	/* Too little is free, it failed lately, or another node may have one: not worth reclaim. */
	if (s->compact_result == COMPACT_SKIPPED || s->compact_result == COMPACT_DEFERRED ||
	    s->gfp & __GFP_THISNODE)
		s->give_up = true;
	s->compact_prio = INIT_COMPACT_PRIORITY;
	return NULL;
}

/* Reclaim, compaction, and last the OOM killer, once; NULL: again, unless s->give_up. */
static struct page *reclaim_and_compact(struct slowpath *s)
{
	bool costly = s->order > PAGE_ALLOC_COSTLY_ORDER;
	unsigned long progress;
	struct page *page;

	page = alloc_direct_reclaim(s->gfp, s->order, s->alloc_flags, s->ac, &progress);
	if (page)
		return page;
	page = alloc_direct_compact(s->gfp, s->order, s->alloc_flags, s->ac, s->compact_prio,
				    &s->compact_result);
	if (page)
		return page;
	if (!(s->gfp & __GFP_NOFAIL) &&
	    (s->gfp & __GFP_NORETRY || (costly && !(s->gfp & __GFP_RETRY_MAYFAIL)))) {
		s->give_up = true;
		return NULL;
	}
	if (should_reclaim_retry(s->order, s->ac, s->alloc_flags, progress, &s->no_progress_loops))
		return NULL;
	if (progress && should_compact_retry(s, s->order, s->ac, s->alloc_flags, &s->compact_prio,
					     &s->compact_retries))
		return NULL;
	page = alloc_may_oom(s->gfp, s->order, s->ac, &progress);
	if (page)
		return page;
	if (current && tsk_is_oom_victim(current) &&
	    (s->alloc_flags & ALLOC_OOM || s->gfp & __GFP_NOMEMALLOC))
		s->give_up = true;
	if (!progress && !(s->gfp & __GFP_NOFAIL))
		s->give_up = true;
	s->no_progress_loops = 0;
	return NULL;
}

struct page *alloc_pages_slowpath(gfp_t gfp, unsigned int order, struct alloc_context *ac)
{
	struct slowpath s = {
		.gfp = gfp,
		.order = order,
		.ac = ac,
		.alloc_flags = gfp_to_alloc_flags(gfp, order),
		.compact_prio = DEF_COMPACT_PRIORITY,
		.compact_result = COMPACT_SKIPPED,
	};
	struct page *page;

	if (!*ac->preferred)
		goto fail;
	if (s.alloc_flags & ALLOC_KSWAPD)
		wake_all_kswapds(order, gfp, ac);
	page = get_page_from_freelist(gfp, order, s.alloc_flags, ac);
	if (!page)
		page = compact_first(&s);
	while (!page && !s.give_up) {
		unsigned int reserve;

		if (s.alloc_flags & ALLOC_KSWAPD)
			wake_all_kswapds(order, gfp, ac);
		reserve = pfmemalloc_flags(gfp);
		if (reserve)
			s.alloc_flags = reserve | (s.alloc_flags & ALLOC_KSWAPD);
		page = get_page_from_freelist(gfp, order, s.alloc_flags, ac);
		if (page || !(gfp & __GFP_DIRECT_RECLAIM) || current_flags() & PF_MEMALLOC)
			break;
		page = reclaim_and_compact(&s);
	}
	if (page)
		return page;
fail:
	warn_alloc(gfp, order);
	return NULL;
}
