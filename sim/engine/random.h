/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Named deterministic random streams.
 *
 * A stream is seeded from the seed of the run and its own name, so that a new consumer does not
 * shift the numbers that the others see.  Generator: xoshiro256** (Blackman and Vigna, 2018),
 * seeded with splitmix64 over an FNV-1a hash of the name.  No floating point anywhere: the
 * results are the same on every machine.
 */
#ifndef BALLAST_RANDOM_H
#define BALLAST_RANDOM_H

#include <stdint.h>

struct random_stream {
	uint64_t s[4];
};

/* No stream: @z with its bits mixed, one to one (splitmix64's finalizer; Steele et al., 2014). */
uint64_t random_mix(uint64_t z);
void random_init(struct random_stream *rs, uint64_t seed, const char *name);
uint64_t random_u64(struct random_stream *rs);
/* Uniform in [0, bound), without bias; @bound > 0. */
uint64_t random_below(struct random_stream *rs, uint64_t bound);
/* Uniform in [low, high]. */
uint64_t random_range(struct random_stream *rs, uint64_t low, uint64_t high);
/* Exponential with the given mean, in integer arithmetic (error < 0.1 %). */
uint64_t random_exp(struct random_stream *rs, uint64_t mean);

#endif
