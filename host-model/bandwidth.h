/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory bandwidth of the host, which all share that clear, copy, read or write memory.
 *
 * Each cost that moves memory has a number of bytes (memory_bytes()), and so a rate at which it
 * does that alone.  While the rates of those who do so at the same time are together more than the
 * memory has, each takes longer by as much: users that are alike get equal shares, others shares in
 * proportion to what they would have alone.  Time is charged under the cost itself.
 *
 * Code runs in no time and ahead of the clock by what it owes, so "at the same time" is: on another
 * CPU that moves memory in the time that it owes, from where it begins, at the mean rate of all of
 * it, until that has passed.  What is owed already is not made longer by who comes later.  A CPU
 * that goes on after a short pause is known by what it did before, too: who reads and writes in
 * turn is taken for the mean of both.
 *
 * What this cannot show: caches (a page that is written and read again counts twice, one that is
 * evicted not at all), the write-allocate read of each line that is written, NUMA nodes and what is
 * between them, channels and banks, latency that grows before the memory is full, devices.
 */
#ifndef BALLAST_HOST_BANDWIDTH_H
#define BALLAST_HOST_BANDWIDTH_H

#include "cost.h"

struct cpu_thread;
struct host_cpus;

/* What a CPU moves in the time that its thread owes, and has moved shortly before. */
struct memory_use {
	uint64_t from, until;	/* ns */
	uint64_t bytes, alone;	/* and the ns that they would take without others, with pauses */
	bool listed;		/* it has not passed, as far as anybody has looked */
};

struct memory_bandwidth {
	uint64_t mb_per_s;		/* bytes per us; 0: there is no limit */
	uint64_t rate[NR_COSTS];	/* MB/s of who is alone */
	struct memory_use *use;		/* of each CPU */
	struct memory_use **now;	/* those listed, in any order */
	unsigned int nr_now;
	uint64_t waited;		/* ns, of all */
};

/*
 * What one occurrence of a cost moves.  What is copied is read and written; what compression leaves
 * of a page is not counted.
 */
static inline uint32_t memory_bytes(enum cost_id id)
{
	switch (id) {
	case COST_PAGE_ZERO:
	case COST_PAGE_WRITE:
	case COST_PAGE_READ:
	case COST_HOST_ZERO:
	case COST_SWAP_COMPRESS:
	case COST_SWAP_DECOMPRESS:
		return 4096;
	case COST_GUEST_FILE:
	case COST_MIGRATE:
		return 2 * 4096;
	case COST_HOST_HUGE_ZERO:
		return UINT32_C(2) << 20;
	default:
		return 0;
	}
}

/* Returns 0 or -1. */
int memory_bandwidth_init(struct memory_bandwidth *memory, const struct cost_table *costs,
			  unsigned int nr_cpus);
void memory_bandwidth_destroy(struct memory_bandwidth *memory);
/* @n occurrences of a cost, @ns in all, which @t owes already: adds what they take longer. */
void memory_bandwidth_share(struct memory_bandwidth *memory, struct cpu_thread *t,
			    enum cost_id id, uint64_t n, uint64_t ns);

#endif
