// SPDX-License-Identifier: GPL-2.0-only
/*
 * service: a server with a working set, whose clients see how long an answer takes.
 *
 * Requests arrive at random (exponential intervals) whether or not the one before has been
 * answered, as from many clients; one task serves them in the order of arrival.  A request reads or
 * writes some pages of the working set and computes.  Its latency counts from its arrival, so what
 * queues up while the guest stands still is late, all of it.
 *
 * Which pages: any of them alike, or by Zipf's law with exponent 1, the hot ones spread over the
 * working set as a hash table has them.
 */
#include "programs.h"
#include "support.h"

#define SPREAD UINT64_C(2654435761)	/* a prime larger than most sets: a page each */

struct service {
	uint64_t addr, nr_pages;
	uint64_t touches, write_percent, compute_ns, interval_ns;
	bool zipf;
};

static uint64_t pick_page(const struct service *s)
{
	if (!s->zipf)
		return program_random(s->nr_pages);
	return (random_log_uniform(1, s->nr_pages) - 1) * SPREAD % s->nr_pages;
}

static void serve(const struct service *s)
{
	uint64_t i;

	for (i = 0; i < s->touches; i++) {
		bool write = program_random(100) < s->write_percent;

		program_touch(s->addr + pick_page(s) * SUPPORT_PAGE, SUPPORT_PAGE,
			      write ? PROGRAM_WRITE : PROGRAM_READ);
	}
	if (s->compute_ns)
		program_compute_ns(s->compute_ns);
}

int service_main(void)
{
	uint64_t bytes = arg_mib("size-mib"), arrival, end;
	struct service s = {
		.addr = program_map(bytes, arg_advice()),
		.nr_pages = bytes / SUPPORT_PAGE,
		.touches = program_arg_u64("touches"),
		.write_percent = program_arg_u64("write-percent"),
		.compute_ns = arg_us("compute-us"),
		.interval_ns = PROGRAM_NSEC_PER_SEC / program_arg_u64("rate-per-s"),
		.zipf = string_equal(program_arg_string("pattern"), "zipf"),
	};

	if (s.addr == PROGRAM_MAP_FAILED)
		return 1;
	program_phase("load", 0);
	write_in_steps(s.addr, bytes);
	program_phase("serve", 0);
	arrival = program_now_ns();
	for (end = arrival + arg_ms("duration-ms");;) {
		arrival += random_exponential(s.interval_ns);
		if (arrival >= end)
			break;
		sleep_until(arrival);
		serve(&s);
		program_measured(PROGRAM_LATENCY, program_now_ns() - arrival);
		program_work(s.touches);
	}
	return program_verify(s.addr, bytes) || program_unmap(s.addr, bytes);
}
