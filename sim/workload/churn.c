// SPDX-License-Identifier: GPL-2.0-only
/*
 * churn: many allocations of random sizes and lifetimes, so that free memory ends up in pieces.
 *
 * Sizes are uniform in their logarithm, lifetimes exponential; both as server allocators see them
 * roughly: many small and short, few large and long.  The amount held stays close to its target:
 * an allocation is made as soon as half of it fits under the target (or nothing is held).  Each
 * one is a mapping of its own, is written at once, and is read back and compared before it is
 * unmapped.
 */
#include "programs.h"
#include "support.h"

#define KIB UINT64_C(1024)

struct allocation {
	uint64_t addr, bytes, expires_ns;
};

struct churn {
	struct allocation *heap;	/* binary heap, the first to expire at 0 */
	uint64_t nr, nr_max;
	uint64_t held, target;		/* bytes */
	uint64_t next_bytes;		/* size of the allocation that is due */
	uint64_t min_kib, max_kib, lifetime_ns;
	enum program_advice advice;
};

static void heap_push(struct churn *c, const struct allocation *a)
{
	uint64_t at = c->nr++;

	while (at && c->heap[(at - 1) / 2].expires_ns > a->expires_ns) {
		c->heap[at] = c->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	c->heap[at] = *a;
}

static struct allocation heap_pop(struct churn *c)
{
	struct allocation first = c->heap[0], last = c->heap[--c->nr];
	uint64_t at = 0, child;

	while ((child = 2 * at + 1) < c->nr) {
		if (child + 1 < c->nr &&
		    c->heap[child + 1].expires_ns < c->heap[child].expires_ns)
			child++;
		if (c->heap[child].expires_ns >= last.expires_ns)
			break;
		c->heap[at] = c->heap[child];
		at = child;
	}
	c->heap[at] = last;
	return first;
}

/* How many allocations there can be: four times as many as of a mean that is guessed low. */
static uint64_t most_allocations(const struct churn *c)
{
	uint64_t octaves = 0, mean = c->min_kib;

	while (octaves < 64 && c->max_kib >> octaves > c->min_kib)
		octaves++;
	/* mean of a log-uniform variable: (max - min) / ln(max / min) */
	if (octaves && (c->max_kib - c->min_kib) * 1000 / (octaves * 694) > mean)
		mean = (c->max_kib - c->min_kib) * 1000 / (octaves * 694);
	return c->target / KIB / mean * 4 + 64;
}

static void draw_size(struct churn *c)
{
	uint64_t bytes = random_log_uniform(c->min_kib, c->max_kib) * KIB;

	c->next_bytes = (bytes + SUPPORT_PAGE - 1) / SUPPORT_PAGE * SUPPORT_PAGE;
}

static int allocate(struct churn *c)
{
	struct allocation a = { .bytes = c->next_bytes };

	a.addr = program_map(a.bytes, c->advice);
	if (a.addr == PROGRAM_MAP_FAILED)
		return -1;
	program_touch(a.addr, a.bytes, PROGRAM_WRITE);
	program_work(a.bytes / SUPPORT_PAGE);
	a.expires_ns = program_now_ns() + random_exponential(c->lifetime_ns);
	c->held += a.bytes;
	heap_push(c, &a);
	draw_size(c);
	return 0;
}

static int fill(struct churn *c)
{
	while (!c->nr || (c->nr < c->nr_max && c->held + c->next_bytes / 2 <= c->target))
		if (allocate(c))
			return -1;
	return 0;
}

static int free_first(struct churn *c)
{
	struct allocation a = heap_pop(c);

	c->held -= a.bytes;
	return program_verify(a.addr, a.bytes) || program_unmap(a.addr, a.bytes) ? -1 : 0;
}

int churn_main(void)
{
	struct churn c = {
		.target = arg_mib("size-mib"),
		.min_kib = program_arg_u64("min-kib"),
		.max_kib = program_arg_u64("max-kib"),
		.lifetime_ns = arg_ms("lifetime-ms"),
		.advice = arg_advice(),
	};
	uint64_t end = program_now_ns() + arg_ms("duration-ms");

	c.nr_max = most_allocations(&c);
	c.heap = program_state(c.nr_max * sizeof(*c.heap));
	if (!c.heap)
		return 1;
	draw_size(&c);
	program_phase("fill", 0);
	if (fill(&c))
		return 1;
	program_phase("churn", 0);
	while (c.heap[0].expires_ns < end && program_now_ns() < end) {
		sleep_until(c.heap[0].expires_ns);
		if (free_first(&c) || fill(&c))
			return 1;
	}
	sleep_until(end);
	program_phase("drain", 0);
	while (c.nr)
		if (free_first(&c))
			return 1;
	return 0;
}
