// SPDX-License-Identifier: GPL-2.0-only
/*
 * xoshiro256** streams; see random.h.
 */
#include "random.h"

uint64_t random_mix(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint64_t splitmix64(uint64_t *state)
{
	return random_mix(*state += UINT64_C(0x9e3779b97f4a7c15));
}

void random_init(struct random_stream *rs, uint64_t seed, const char *name)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);	/* FNV-1a */
	uint64_t state;
	int i;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	/* Mixed before the name comes in: neighbouring seeds have nothing in common then. */
	state = splitmix64(&seed) ^ hash;
	for (i = 0; i < 4; i++)
		rs->s[i] = splitmix64(&state);
}

static inline uint64_t rotl(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

uint64_t random_u64(struct random_stream *rs)
{
	uint64_t *s = rs->s;
	uint64_t result = rotl(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

uint64_t random_below(struct random_stream *rs, uint64_t bound)
{
	/* Lemire 2019: multiply, and reject the few that would be unfair. */
	__uint128_t m = (__uint128_t)random_u64(rs) * bound;

	if ((uint64_t)m < bound) {
		uint64_t threshold = -bound % bound;

		while ((uint64_t)m < threshold)
			m = (__uint128_t)random_u64(rs) * bound;
	}
	return m >> 64;
}

uint64_t random_range(struct random_stream *rs, uint64_t low, uint64_t high)
{
	uint64_t span = high - low + 1;

	return span ? low + random_below(rs, span) : random_u64(rs);
}

/* -ln(u / 2^64) in 32.32 fixed point, by repeated squaring of the mantissa (Knuth 1.2.2). */
static uint64_t neg_ln_fixed(uint64_t u)
{
	const uint64_t ln2 = UINT64_C(0xb17217f8);	/* ln 2 * 2^32 */
	int lead = __builtin_clzll(u);
	uint64_t x = u << lead;				/* in [1, 2), 1.63 fixed point */
	uint64_t frac = 0;				/* log2(x), 0.32 fixed point */
	int i;

	for (i = 31; i >= 0; i--) {
		__uint128_t sq = (__uint128_t)x * x;

		if (sq >> 127) {
			frac |= UINT64_C(1) << i;
			x = sq >> 64;
		} else {
			x = sq >> 63;
		}
	}
	/* -log2(u / 2^64) = lead + 1 - frac */
	return (uint64_t)(((__uint128_t)(((uint64_t)(lead + 1) << 32) - frac) * ln2) >> 32);
}

uint64_t random_exp(struct random_stream *rs, uint64_t mean)
{
	return (uint64_t)((__uint128_t)neg_ln_fixed(random_u64(rs) | 1) * mean >> 32);
}
