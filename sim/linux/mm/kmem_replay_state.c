// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the replay knows of pages and requests, and the first difference, which is kept.
 */
#include "kmem_replay_internal.h"

void replay_diverge(struct replay *r, const char *fmt, ...)
{
	va_list args;

	if (r->res->diverged)
		return;
	r->res->diverged = true;
	r->res->diverged_at = r->now;
	va_start(args, fmt);
	vsnprintf(r->res->divergence, sizeof(r->res->divergence), fmt, args);
	va_end(args);
}

bool replay_is_state(struct replay *r, unsigned long pfn, unsigned int order,
		     enum page_state state)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++) {
		if (r->state[pfn + i] != state)
			return false;
	}
	return true;
}

void replay_set_state(struct replay *r, unsigned long pfn, unsigned int order,
		      enum page_state state)
{
	memset(r->state + pfn, state, 1UL << order);
}

/* Nothing of an earlier request of this context may be left over. */
void replay_finish_inner(struct replay *r)
{
	struct replay_context *c = r->cur;

	while (c->head != c->tail) {
		const struct inner_event *in = &c->fifo[c->head++];

		r->res->drains_missing += in->type == 'D';
		replay_diverge(r, "the model had %c of pfn %u, nothing was recorded", in->type,
			       in->pfn);
	}
}
