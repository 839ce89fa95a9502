// SPDX-License-Identifier: GPL-2.0-only
/*
 * What several programs need and can be said in the calls of program.h.
 *
 * Distributions use integers only, so that a program does the same in every world.
 */
#include "support.h"

#define STEP_BYTES (10 * PROGRAM_MIB)	/* UNIT of numactl's memhog.c */
#define READ_BYTES PROGRAM_MIB
#define FRACTION_BITS 32

bool string_equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

uint64_t arg_mib(const char *name)
{
	return program_arg_u64(name) * PROGRAM_MIB;
}

uint64_t arg_ms(const char *name)
{
	return program_arg_u64(name) * PROGRAM_NSEC_PER_MSEC;
}

uint64_t arg_us(const char *name)
{
	return program_arg_u64(name) * PROGRAM_NSEC_PER_USEC;
}

enum program_advice arg_advice(void)
{
	const char *advice = program_arg_string("madvise");

	if (string_equal(advice, "hugepage"))
		return PROGRAM_ADVICE_HUGEPAGE;
	if (string_equal(advice, "nohugepage"))
		return PROGRAM_ADVICE_NOHUGEPAGE;
	return PROGRAM_ADVICE_NONE;
}

void write_in_steps(uint64_t addr, uint64_t len)
{
	uint64_t offset, step;

	for (offset = 0; offset < len; offset += step) {
		step = len - offset < STEP_BYTES ? len - offset : STEP_BYTES;
		program_touch(addr + offset, step, PROGRAM_WRITE);
		program_work((step + SUPPORT_PAGE - 1) / SUPPORT_PAGE);
	}
}

int read_in_steps(const char *name, uint64_t offset, uint64_t len)
{
	uint64_t end = offset + len, step;

	for (; offset < end; offset += step) {
		step = end - offset < READ_BYTES ? end - offset : READ_BYTES;
		if (program_read_file(name, offset, step))
			return -1;
		program_work((step + SUPPORT_PAGE - 1) / SUPPORT_PAGE);
	}
	return 0;
}

void sleep_until(uint64_t time_ns)
{
	uint64_t now = program_now_ns();

	if (now < time_ns)
		program_sleep_ns(time_ns - now);
}

/*
 * J. von Neumann's comparison method (NBS Applied Mathematics Series 12, 1951): a falling run of
 * uniform numbers of odd length accepts its first one as the fraction; each refusal adds one
 * mean.
 */
uint64_t random_exponential(uint64_t mean)
{
	const uint64_t one = UINT64_C(1) << FRACTION_BITS;
	uint64_t whole = 0, first, last, next;
	bool odd;

	for (;; whole++) {
		first = last = program_random(one);
		odd = true;
		while ((next = program_random(one)) < last) {
			last = next;
			odd = !odd;
		}
		if (odd)
			break;
	}
	/* mean * first / 2^32 in two halves: the product need not fit */
	return whole * mean + (mean >> FRACTION_BITS) * first +
	       ((mean & (one - 1)) * first >> FRACTION_BITS);
}

/*
 * A factor of two picked at random, then rejection to a density of 1/x inside it; what is beyond
 * high starts over, so that the last, incomplete factor counts as much as there is of it.
 */
uint64_t random_log_uniform(uint64_t low, uint64_t high)
{
	unsigned int octaves = 1;
	uint64_t start, x;

	while (octaves < 64 && high >> octaves >= low)
		octaves++;
	for (;;) {
		start = low << program_random(octaves);
		x = start + program_random(start);
		if (x <= high && program_random(x) < start)
			return x;
	}
}
