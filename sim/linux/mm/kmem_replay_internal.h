/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the replay share: kmem_replay.c runs the events, kmem_replay_ops.c those that
 * are of no request and no free, kmem_replay_state.c keeps what is known of pages and the first
 * difference, kmem_replay_lists.c makes the first snapshot the allocator's state and compares with
 * the second, kmem_replay_resync.c puts the recorded page in the place of another.
 */
#ifndef __MM_KMEM_REPLAY_INTERNAL_H
#define __MM_KMEM_REPLAY_INTERNAL_H

#include "internal.h"
#include "kmem_replay.h"

struct inner_event {
	char type;
	unsigned int pfn;
	int a[5];
};

struct replay_context {
	struct inner_event *fifo;
	unsigned int head, tail, size;
	bool pending;			/* an allocation has run, its A is still to come */
	struct page *page;		/* what it got */
	struct page **bulk;		/* what a bulk allocation got */
	unsigned int nr_bulk;
};

/* Where a page is in the model.  It goes round in this order; whatever does not fit is not done. */
enum page_state {
	PAGE_IN_USE,
	PAGE_PREPARED,		/* freed, but not listed yet */
	PAGE_LISTED,		/* on a free or per-CPU list, or just taken off one */
};

struct replay {
	struct kernel kernel;
	struct mm_trace_ops ops;
	const struct kmem_event *events;
	size_t nr, now;
	struct kmem_result *res;
	struct replay_context *contexts;
	struct replay_context *cur;	/* in whose name the model runs */
	uint32_t cur_context;
	uint32_t nr_contexts;
	uint32_t *next_request;		/* per event: the A, P or K of its context that follows */
	unsigned char *state;		/* per page, enum page_state */
	struct zone *want_zone;		/* of the recorded page of the allocation that runs */
	size_t nr_bulk;			/* pages that bulk allocations of all contexts hold */
	bool pcp_locked;
	bool resync;
	int kswapd_op;			/* code of the record that kswapd's state came from */
	bool kswapd_on;
	unsigned long zone_flags[MAX_NR_ZONES];	/* of 6.12: as recorded last */
};

/* kmem_replay_state.c */
/* The model did something else than the recording says; the first such difference is kept. */
void replay_diverge(struct replay *r, const char *fmt, ...) __printf(2, 3);
bool replay_is_state(struct replay *r, unsigned long pfn, unsigned int order,
		     enum page_state state);
void replay_set_state(struct replay *r, unsigned long pfn, unsigned int order,
		      enum page_state state);

/* Nothing of an earlier request of this context may be left over. */
void replay_finish_inner(struct replay *r);

/* kmem_replay_ops.c */
void replay_op(struct replay *r, const struct kmem_event *ev);

/* kmem_replay_lists.c */
void replay_load(struct replay *r, const struct kmem_snapshot *snap);
void replay_compare_zone(struct replay *r, int idx, const struct kmem_zone *kz);

/* kmem_replay_resync.c */
/* What is to be freed or listed must be in the state @from; then it is in state @to. */
bool replay_can_free(struct replay *r, const struct kmem_event *ev, unsigned int order,
		     enum page_state from, enum page_state to);
/* The per-CPU list that has @page as a block of @order, or -1. */
int replay_pcp_list_of(struct page *page, unsigned int order);
/* Take the block of @order at @pfn from whatever list it is on; NULL: it is not free there. */
struct page *replay_extract(unsigned long pfn, unsigned int order);
/* The model handed out @got where @want was recorded: exchange them. */
void replay_exchange(struct replay *r, struct page *got, long want, unsigned int order);
/* A refill took @got where @want was recorded: the recorded one takes its place in the list. */
void replay_exchange_refill(struct replay *r, struct page *got, unsigned long want,
			    unsigned int order);

#endif
