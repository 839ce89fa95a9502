// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks between CPUs: spans of time in which they are held; see struct cpu_lock_times in cpu.h.
 */
#include "cpu.h"

#include <string.h>

/* Forget spans that no clock can be within any more. */
static void drop_past_spans(struct cpu_lock_times *times, uint64_t now)
{
	uint32_t past = 0;

	while (past < times->nr && times->span[past].to <= now)
		past++;
	times->nr -= past;
	memmove(times->span, times->span + past, times->nr * sizeof(*times->span));
}

/* Spans [first, last) become one. */
static void replace_spans(struct cpu_lock_times *times, uint32_t first, uint32_t last,
			  uint64_t from, uint64_t to)
{
	if (first == last && times->nr == LOCK_SPANS) {
		memmove(times->span, times->span + 1, --times->nr * sizeof(*times->span));
		first -= first > 0;
		last = first;
	}
	memmove(times->span + first + 1, times->span + last,
		(times->nr - last) * sizeof(*times->span));
	times->nr = times->nr - (last - first) + 1;
	times->span[first].from = from;
	times->span[first].to = to;
}

void cpu_lock_end(struct cpu_lock_times *times, uint64_t since)
{
	struct cpu_thread *t = coro_current->ctx.thread;
	uint64_t from = since, at = since, end, left, to;
	uint32_t first = 0, last;

	if (!t)
		return;
	end = t->cpus->engine->now + t->pending;
	if (end <= from)
		return;
	left = end - from;
	drop_past_spans(times, t->cpus->engine->now);
	while (first < times->nr && times->span[first].to < from)
		first++;
	if (first < times->nr && times->span[first].from < from)
		from = times->span[first].from;
	/* What was to be done is done in the gaps between the spans of others. */
	for (last = first; last < times->nr && times->span[last].from < at + left; last++) {
		if (times->span[last].from > at)
			left -= times->span[last].from - at;
		at = times->span[last].to;
	}
	to = at + left;
	if (to > end)
		charge_ns(LEDGER_LOCK_SPIN, to - end);
	if (last < times->nr && times->span[last].from == to)
		to = times->span[last++].to;
	replace_spans(times, first, last, from, to);
}

void cpu_lock_pass(const struct cpu_lock_times *times)
{
	uint64_t at = cpu_lock_begin(), end = at;
	uint32_t i;

	for (i = 0; i < times->nr; i++)
		if (times->span[i].from <= end && times->span[i].to > end)
			end = times->span[i].to;
	if (end > at)
		charge_ns(LEDGER_LOCK_SPIN, end - at);
}
