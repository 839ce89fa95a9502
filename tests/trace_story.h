/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traces made by hand for tests of the index and of the viewer: guests that use memory in turn, a
 * host that swaps, with values that are known at every time; and a directory for them.
 */
#ifndef BALLAST_TEST_TRACE_STORY_H
#define BALLAST_TEST_TRACE_STORY_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli_run.h"
#include "trace.h"

#define STORY_MS UINT64_C(1000000)
#define STORY_MEMORY UINT64_C(262144)	/* pages of a guest */

/* Into a new directory, where indexes are also cached; leave_scratch() ends it. */
static inline void story_enter(void)
{
	enter_empty_scratch();
	setenv("XDG_CACHE_HOME", scratch, 1);
}

struct story {
	unsigned int guests, samples;	/* one sample each 100 ms */
	uint64_t spike_ms;		/* when guest 0 is resident whole for 1 ms; 0: never */
	unsigned int faults;		/* of each guest between samples */
	const char *mechanism;
};

static inline uint64_t story_resident(const struct story *s, unsigned int guest,
				      unsigned int sample)
{
	return 20000 + (sample * 977 + guest * 4001) % 200000;
}

static inline void story_declare(struct trace_writer *tw, const struct story *s)
{
	TRACE(tw, 0, run, .scenario = "story.dts", .seed = 7, .version = "test",
	      .level = TRACE_FULL);
	TRACE(tw, 0, machine, .cpus = 4, .frames = s->guests * STORY_MEMORY / 2, .swap = 100000,
	      .swap_model = "ssd");
	for (unsigned int g = 0; g < s->guests; g++) {
		char name[32];

		snprintf(name, sizeof(name), "guest-%u", g);
		TRACE(tw, 0, guest, .guest = g, .name = name, .memory = STORY_MEMORY, .vcpus = 2,
		      .mechanism = s->mechanism);
	}
	TRACE(tw, 0, command, .guest = 0, .command = 0, .name = "shrink", .target = 1 << 28);
	for (unsigned int g = 0; g < s->guests; g++)
		TRACE(tw, 0, guest_start, .guest = g);
}

static inline void story_guest(struct trace_writer *tw, const struct story *s, unsigned int g,
			       unsigned int i, uint64_t now)
{
	uint64_t resident = story_resident(s, g, i);

	for (unsigned int f = 0; f < s->faults; f++)
		TRACE(tw, now, ept_fault, .guest = g, .gfn = (i * 131 + f) % STORY_MEMORY, .nr = 1,
		      .latency = 700);
	TRACE(tw, now, guest_sample, .guest = g, .free = STORY_MEMORY - resident,
	      .reported = (STORY_MEMORY - resident) / 2, .cached = 10000, .resident = resident,
	      .swapped = i > s->samples / 2 ? 5000 : 0, .stalled = i * 1000);
	if (i % 5 == 0)
		TRACE(tw, now, report_request, .guest = g, .blocks = 16, .bytes = 16 << 21);
	if (i % 5 == 0)
		TRACE(tw, now, discard, .guest = g, .gfn = 0, .nr = 512, .given_back = 100);
	if (i == s->samples / 2)
		TRACE(tw, now, swap_out, .guest = g, .gfn = 64, .nr = 5000);
	if (i == s->samples / 4)
		TRACE(tw, now, program_start, .guest = g, .program = 0, .name = "memhog");
	if (i && i % (s->samples / 4 + 1) == 0)
		TRACE(tw, now, program_phase, .guest = g, .program = 0, .phase = "write",
		      .iteration = i);
}

static inline void story_write(const char *path, const struct story *s)
{
	char error[256];
	struct trace_writer *tw = trace_open(path, TRACE_FULL, error, sizeof(error));

	ck_assert_msg(tw != NULL, "%s", error);
	story_declare(tw, s);
	ck_assert_int_eq(trace_start(tw), 0);
	for (unsigned int i = 0; i < s->samples; i++) {
		uint64_t now = 100 * STORY_MS * (i + 1);

		for (unsigned int g = 0; g < s->guests; g++)
			story_guest(tw, s, g, i, now);
		TRACE(tw, now, host_sample, .free = 1000, .used = s->guests * STORY_MEMORY / 3,
		      .swap_used = i > s->samples / 2 ? s->guests * 5000 : 0,
		      .swap_out = i > s->samples / 2 ? s->guests * 5000 : 0);
		if (i == s->samples / 3)
			TRACE(tw, now, guest_oom, .guest = 0, .victim = "memhog", .resident = 1000);
		if (i == s->samples / 3)
			TRACE(tw, now, command_start, .guest = 0, .command = 0);
		if (s->spike_ms && s->spike_ms / 100 == i + 1) {
			uint64_t at = s->spike_ms * STORY_MS;

			TRACE(tw, at, guest_sample, .guest = 0, .resident = STORY_MEMORY);
			TRACE(tw, at + STORY_MS, guest_sample, .guest = 0,
			      .resident = story_resident(s, 0, i));
		}
	}
	TRACE(tw, 100 * STORY_MS * (s->samples + 1), run_end, .result = TRACE_END_OK, .events = 9);
	ck_assert_int_eq(trace_close(tw), 0);
}

#endif
