// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ticks; see axis.h.
 */
#include "axis.h"

#include <inttypes.h>
#include <stdbool.h>

#define TICKS 5
#define GIB_MIN 61440		/* MiB x s */

/* The smallest step that is round in its unit; of memory over time the unit is one of people. */
static uint64_t first_step(enum axis_unit unit, uint64_t max)
{
	if (unit != AXIS_MIB_S || max < GIB_MIN / 200)
		return 1;
	if (max < GIB_MIN / 20)
		return GIB_MIN / 1000;
	return max < GIB_MIN / 2 ? GIB_MIN / 100 : GIB_MIN / 4;
}

/* Powers of two for bytes and what is made of them; 1, 2 and 5 for the rest. */
uint64_t axis_step(enum axis_unit unit, uint64_t max)
{
	uint64_t first = first_step(unit, max), step = first;
	bool doubled = unit == AXIS_BYTES || first == GIB_MIN / 4;
	unsigned int digit = 0;

	if (unit == AXIS_PERCENT)
		return 2500;
	if (unit == AXIS_SHARE)
		return 250;
	while (max / step > TICKS && step < UINT64_MAX / 4) {
		if (doubled)
			step *= 2;
		else
			step = digit++ % 3 == 1 ? step / 2 * 5 : step * 2;
	}
	return step;
}

/* The largest unit of which a step has at least one. */
struct axis_scale axis_scale_of(enum axis_unit unit, uint64_t step)
{
	static const struct axis_scale bytes[] = { { UINT64_C(1) << 40, "TiB" }, { 1 << 30, "GiB" },
						   { 1 << 20, "MiB" }, { 1 << 10, "KiB" } };
	static const struct axis_scale times[] = { { 1000000000, "s" }, { 1000000, "ms" },
						   { 1000, "us" } };

	switch (unit) {
	case AXIS_CPUS:
		return (struct axis_scale){ 1000, "CPUs" };
	case AXIS_PERCENT:
		return (struct axis_scale){ 100, "%" };
	case AXIS_SHARE:
		return (struct axis_scale){ 10, "%" };
	case AXIS_TIMES:
		return (struct axis_scale){ 1000, "x" };
	case AXIS_MIB_S:
		return step >= GIB_MIN / 1000 ? (struct axis_scale){ GIB_MIN, "GiB x min" } :
					     (struct axis_scale){ 1, "MiB x s" };
	case AXIS_COUNT:
		return (struct axis_scale){ 1, "" };
	case AXIS_BYTES:
		for (unsigned int i = 0; i < 4; i++)
			if (step >= bytes[i].one)
				return bytes[i];
		return (struct axis_scale){ 1, "bytes" };
	case AXIS_NS:
		for (unsigned int i = 0; i < 3; i++)
			if (step >= times[i].one)
				return times[i];
	}
	return (struct axis_scale){ 1, "ns" };
}

uint64_t axis_end(uint64_t max, uint64_t step)
{
	uint64_t end = max / step * step;

	if (end < max || !end)
		end = end <= UINT64_MAX - step ? end + step : max;
	return end;
}

/* Rounded to three digits behind the point, without zeros at the end. */
void axis_print(FILE *out, const struct axis_scale *scale, uint64_t value)
{
	unsigned __int128 all = ((unsigned __int128)value * 1000 + scale->one / 2) / scale->one;
	unsigned int thousandths = all % 1000;

	fprintf(out, "%" PRIu64, (uint64_t)(all / 1000));
	if (!thousandths)
		return;
	fputc('.', out);
	for (unsigned int digit = 100; thousandths; digit /= 10) {
		fprintf(out, "%u", thousandths / digit);
		thousandths %= digit;
	}
}

int axis_share(uint64_t part, uint64_t whole, unsigned int length)
{
	if (!whole || part > whole)
		part = whole = 1;
	return (unsigned __int128)part * length / whole;
}
