/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where an axis has ticks, and what is written at them.
 */
#ifndef BALLAST_REPORT_AXIS_H
#define BALLAST_REPORT_AXIS_H

#include <stdint.h>
#include <stdio.h>

/*
 * CPUs and times (of something else) are in thousandths, percent in hundredths, a share in
 * thousandths; memory over time is in MiB x s.
 */
enum axis_unit { AXIS_NS, AXIS_BYTES, AXIS_CPUS, AXIS_PERCENT, AXIS_COUNT, AXIS_TIMES, AXIS_SHARE,
		 AXIS_MIB_S };

struct axis_scale {
	uint64_t one;			/* of the unit that is written */
	const char *name;		/* "" for none */
};

/* From tick to tick, so that a handful of them reach @max: round numbers of a unit. */
uint64_t axis_step(enum axis_unit unit, uint64_t max);
/* The unit in which ticks are written. */
struct axis_scale axis_scale_of(enum axis_unit unit, uint64_t step);
/* @max rounded up to where the axis can end. */
uint64_t axis_end(uint64_t max, uint64_t step);
void axis_print(FILE *out, const struct axis_scale *scale, uint64_t value);
/* @part of @whole, of a length; no more than all of it. */
int axis_share(uint64_t part, uint64_t whole, unsigned int length);

#endif
