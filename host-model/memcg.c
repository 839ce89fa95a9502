// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory groups of the host: charging, limits, protection; see memcg.h.
 *
 * Models try_charge_memcg(), mem_cgroup_handle_over_high(), mem_cgroup_calculate_protection() and
 * mem_cgroup_try_charge_swap() of mm/memcontrol.c (Linux 6.1), mounted with memory_recursiveprot as
 * systemd does.
 */
#include "memcg.h"

#include <stdlib.h>

#include "cpu_group.h"
#include "hostmem.h"
#include "lru_gen.h"
#include "memory.h"
#include "minmax.h"
#include "swap.h"

#define CHARGE_BATCH UINT64_C(64)	/* MEMCG_CHARGE_BATCH */
#define DELAY_PRECISION_SHIFT 20	/* MEMCG_DELAY_* */
#define DELAY_SCALING_SHIFT 14
#define MAX_HIGH_DELAY (2 * HOST_HZ)

struct host_memcg *host_add_memcg(struct host *host, const char *name, struct host_memcg *parent)
{
	struct host_memcg **memcgs = realloc(host->memcg, (host->nr_memcgs + 1) * sizeof(*memcgs));
	struct host_memcg *memcg;

	if (!memcgs)
		return NULL;
	host->memcg = memcgs;
	memcg = host_alloc(sizeof(*memcg));
	memcg->host = host;
	memcg->parent = parent ? parent : &host->root;
	memcg->name = name;
	memcg->id = host->nr_memcgs + 1;
	memcg->max = memcg->high = memcg->swap_max = MEMCG_NO_LIMIT;
	memcg->gen = host->config.lru_gen ? lru_gen_create(host) : NULL;
	memcg->psi = host_alloc(sizeof(*memcg->psi));
	psi_group_init(memcg->psi, &host->cpus.psi, memcg->parent->psi, host->engine->now);
	memcg->cpu = host_alloc(sizeof(*memcg->cpu));
	cpu_group_init(memcg->cpu, &host->cpus, memcg->parent->cpu);
	host->memcg[host->nr_memcgs++] = memcg;
	return memcg;
}

void memcg_destroy(struct host_memcg *memcg)
{
	psi_group_destroy(memcg->psi);
	host_free(memcg->psi);
	cpu_group_destroy(memcg->cpu);
	host_free(memcg->cpu);
	lru_gen_destroy(memcg->gen);
	host_free(memcg);
}

struct host_memcg *host_memcg(struct host *host, unsigned int id)
{
	return id ? host->memcg[id - 1] : &host->root;
}

bool memcg_is_below(const struct host_memcg *memcg, const struct host_memcg *above)
{
	while (memcg && memcg != above)
		memcg = memcg->parent;
	return memcg;
}

void memcg_note_cost(struct host_memcg *memcg, bool file, uint64_t nr)
{
	for (; memcg; memcg = memcg->parent)
		scan_note_cost(&memcg->lru_cost, file, nr, memcg->lru_size);
}

void memcg_uncharge(struct host_memcg *memcg, uint64_t nr)
{
	for (; memcg->parent; memcg = memcg->parent)
		memcg->usage -= nr;
}

/* page_counter_try_charge(); returns the group whose limit is in the way. */
static struct host_memcg *try_charge(struct host_memcg *memcg, uint64_t nr)
{
	struct host_memcg *at;

	for (at = memcg; at->parent; at = at->parent)
		if (at->usage + nr > at->max)
			return at;
	for (at = memcg; at->parent; at = at->parent) {
		at->usage += nr;
		if (at->usage > at->peak)
			at->peak = at->usage;
	}
	return NULL;
}

/* How far beyond memory.high it is, in 2^20ths of that; of those above it whatever is most. */
static uint64_t max_overage(const struct host_memcg *memcg)
{
	uint64_t most = 0;

	for (; memcg->parent; memcg = memcg->parent) {
		uint64_t high = memcg->high ? memcg->high : 1, overage;

		if (memcg->usage <= memcg->high)
			continue;
		overage = ((memcg->usage - high) << DELAY_PRECISION_SHIFT) / high;
		most = overage > most ? overage : most;
	}
	return most;
}

static uint64_t high_delay(const struct host_memcg *memcg, uint64_t nr)
{
	uint64_t overage = max_overage(memcg), jiffies;

	jiffies = (uint64_t)((unsigned __int128)overage * overage * HOST_HZ >>
			     (DELAY_PRECISION_SHIFT + DELAY_SCALING_SHIFT));
	jiffies = jiffies * nr / CHARGE_BATCH;
	return jiffies < MAX_HIGH_DELAY ? jiffies : MAX_HIGH_DELAY;
}

static uint64_t reclaim_high(struct host_memcg *memcg, uint64_t nr)
{
	uint64_t reclaimed = 0;

	for (; memcg->parent; memcg = memcg->parent) {
		if (memcg->usage <= memcg->high)
			continue;
		memcg_event(memcg, high);
		reclaimed += reclaim_try_to_free(memcg, nr);
	}
	return reclaimed;
}

/* What was charged beyond memory.high is reclaimed, or slept for. */
static void handle_over_high(struct host_memcg *memcg)
{
	uint64_t nr = memcg->over_high, reclaimed, delay;
	unsigned int retries = RECLAIM_RETRIES;

	memcg->over_high = 0;
	reclaimed = reclaim_high(memcg, nr);
	while ((delay = high_delay(memcg, nr)) > HOST_HZ / 100 && (reclaimed || retries--))
		reclaimed = reclaim_high(memcg, SWAP_BATCH);
	if (delay <= HOST_HZ / 100)
		return;
	for (struct host_memcg *at = memcg; at; at = at->parent)
		at->events.throttled_ns += delay * HOST_JIFFY_NS;
	throttle_high(memcg->host, delay * HOST_JIFFY_NS);
}

static void note_high(struct host_memcg *memcg, uint64_t nr)
{
	struct host_memcg *at;

	for (at = memcg; at->parent; at = at->parent) {
		if (at->usage <= at->high)
			continue;
		memcg->over_high += nr;
		return;
	}
}

void memcg_throttle(struct host_memcg *memcg)
{
	if (memcg->over_high >= CHARGE_BATCH)
		handle_over_high(memcg);
}

bool memcg_charge(struct host_memcg *memcg, uint64_t nr, enum frames_for what)
{
	unsigned int retries = RECLAIM_RETRIES;
	struct host_memcg *over;
	uint64_t reclaimed;

	while ((over = try_charge(memcg, nr))) {
		if (!coro_current->ctx.thread || what == FRAMES_AHEAD)
			return false;
		memcg_event(over, max);
		reclaimed = reclaim_try_to_free(over, nr);
		cpu_sync();
		if (over->usage + nr <= over->max)
			continue;
		if (what == FRAMES_NEEDED && (reclaimed || throttle_until_written(memcg->host)))
			continue;
		if (retries--)
			continue;
		if (what == FRAMES_HUGE)
			return false;
		memcg_event(over, oom);
		if (!host_out_of_memory(over))
			return false;
		retries = RECLAIM_RETRIES;
	}
	note_high(memcg, nr);
	return true;
}

void memcg_make_room(struct host_memcg *memcg, uint64_t nr)
{
	for (; memcg->parent; memcg = memcg->parent)
		if (memcg->usage + nr > memcg->max)
			reclaim_try_to_free(memcg, memcg->usage + nr - memcg->max);
}

bool memcg_charge_swap(struct host_memcg *memcg, uint64_t nr)
{
	struct host_memcg *at;

	for (at = memcg; at->parent; at = at->parent) {
		if (at->swap + nr > at->swap_max) {
			memcg_event(at, swap_max);
			return false;
		}
	}
	for (at = memcg; at->parent; at = at->parent) {
		at->swap += nr;
		if (at->swap > at->swap_peak)
			at->swap_peak = at->swap;
	}
	return true;
}

void memcg_uncharge_swap(struct host_memcg *memcg)
{
	for (; memcg->parent; memcg = memcg->parent)
		memcg->swap--;
}

uint64_t memcg_free_swap(const struct host_memcg *memcg)
{
	uint64_t nr = swap_free_slots(memcg->host->swap);

	for (; memcg->parent; memcg = memcg->parent) {
		uint64_t left = memcg->swap < memcg->swap_max ? memcg->swap_max - memcg->swap : 0;

		nr = left < nr ? left : nr;
	}
	return nr;
}

bool memcg_swap_is_full(const struct host_memcg *memcg)
{
	const struct swap_device *swap = memcg->host->swap;

	for (; memcg->parent; memcg = memcg->parent)
		if (memcg->swap_max != MEMCG_NO_LIMIT && memcg->swap * 2 >= memcg->swap_max)
			return true;
	return swap->nr_free * UINT64_C(2) < swap->nr_slots;
}

/*
 * What a group has of its parent's protection: its own, or its share of that if siblings want more;
 * what nobody claims goes to those who use more than theirs.
 */
static uint64_t effective_protection(const struct host_memcg *memcg, uint64_t setting,
				     uint64_t parent_effective, uint64_t siblings)
{
	uint64_t protected = min_u64(memcg->usage, setting), parent_usage = memcg->parent->usage;

	if (siblings > parent_effective)
		return (unsigned __int128)protected * parent_effective / siblings;
	if (parent_effective > siblings && parent_usage > siblings && memcg->usage > protected)
		protected += (unsigned __int128)(parent_effective - siblings) *
			     (memcg->usage - protected) / (parent_usage - siblings);
	return protected;
}

struct memcg_protection memcg_protection(const struct host_memcg *memcg,
					 const struct host_memcg *target)
{
	const struct host_memcg *parent = memcg->parent;
	struct memcg_protection above, children = { 0 };
	unsigned int i;

	if (memcg == target || !memcg->usage)
		return children;
	if (parent == target)
		return (struct memcg_protection){ .min = memcg->min, .low = memcg->low };
	for (i = 0; i < memcg->host->nr_memcgs; i++) {
		const struct host_memcg *child = memcg->host->memcg[i];

		if (child->parent != parent)
			continue;
		children.min += min_u64(child->usage, child->min);
		children.low += min_u64(child->usage, child->low);
	}
	above = memcg_protection(parent, target);
	return (struct memcg_protection){
		.min = effective_protection(memcg, memcg->min, above.min, children.min),
		.low = effective_protection(memcg, memcg->low, above.low, children.low),
	};
}
