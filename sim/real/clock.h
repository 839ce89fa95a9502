/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deadlines in real time (CLOCK_MONOTONIC): a machine that is really booted may hang.
 */
#ifndef BALLAST_REAL_CLOCK_H
#define BALLAST_REAL_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

static inline uint64_t clock_deadline(unsigned int timeout_ms)
{
	return clock_now_ns() + timeout_ms * UINT64_C(1000000);
}

/* What is left, in ms for poll(): at least 1 until it has passed, then 0. */
static inline int clock_left_ms(uint64_t deadline)
{
	uint64_t now = clock_now_ns();

	return now >= deadline ? 0 : (int)((deadline - now) / 1000000) + 1;
}

static inline void clock_sleep_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

#endif
