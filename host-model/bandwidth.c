// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory bandwidth; see bandwidth.h.
 */
#include "bandwidth.h"

#include <stdlib.h>

#include "cpu.h"

int memory_bandwidth_init(struct memory_bandwidth *memory, const struct cost_table *costs,
			  unsigned int nr_cpus)
{
	unsigned int i;

	*memory = (struct memory_bandwidth){ .mb_per_s = costs->memory_mb_per_s };
	if (!memory->mb_per_s)
		return 0;
	for (i = 0; i < NR_COSTS; i++)
		if (costs->ns[i])
			memory->rate[i] = UINT64_C(1000) * memory_bytes(i) / costs->ns[i];
	memory->use = calloc(nr_cpus, sizeof(*memory->use));
	memory->now = calloc(nr_cpus, sizeof(*memory->now));
	return memory->use && memory->now ? 0 : -1;
}

void memory_bandwidth_destroy(struct memory_bandwidth *memory)
{
	free(memory->use);
	free(memory->now);
	memory->use = NULL;
	memory->now = NULL;
}

/*
 * What all others would have alone at @time, MB/s: those too of which it is not known yet what they
 * do then.  Forgets those that are over.
 */
static uint64_t rate_of_others(struct memory_bandwidth *memory, const struct memory_use *own,
			       uint64_t now, uint64_t time)
{
	uint64_t sum = 0;
	unsigned int i = 0;

	while (i < memory->nr_now) {
		struct memory_use *use = memory->now[i];

		if (use->until <= now) {
			use->listed = false;
			memory->now[i] = memory->now[--memory->nr_now];
			continue;
		}
		if (use != own && use->from <= time)
			sum += use->bytes * 1000 / use->alone;
		i++;
	}
	return sum;
}

/* A new span of a CPU; after a pause shorter than the last one, that counts for a half. */
static void begin(struct memory_bandwidth *memory, struct memory_use *use, uint64_t start)
{
	if (use->until && start - use->until < use->until - use->from) {
		use->bytes /= 2;
		use->alone = use->alone / 2 + (start - use->until);
	} else {
		use->bytes = use->alone = 0;
	}
	use->from = use->until = start;
	use->listed = true;
	memory->now[memory->nr_now++] = use;
}

void memory_bandwidth_share(struct memory_bandwidth *memory, struct cpu_thread *t,
			    enum cost_id id, uint64_t n, uint64_t ns)
{
	uint64_t now = t->cpus->engine->now, start = now + t->pending - ns, rate, longer = 0;
	struct memory_use *use;

	if (!ns || !t->on)
		return;
	use = &memory->use[t->on - t->cpus->cpu];
	rate = rate_of_others(memory, use, now, start) + memory->rate[id];
	if (rate > memory->mb_per_s)
		longer = (unsigned __int128)ns * (rate - memory->mb_per_s) / memory->mb_per_s;
	if (!use->listed)
		begin(memory, use, start);
	/* It begins before the end of the last one if that was of a thread that was preempted. */
	use->alone += ns + (start > use->until ? start - use->until : 0);
	if (start + ns + longer > use->until)
		use->until = start + ns + longer;
	use->bytes += n * memory_bytes(id);
	memory->waited += longer;
	t->pending += longer;
	t->account->ns[id] += longer;
}
