/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pressure stall information of the machine that real guests run on, as Linux says it in
 * /proc/pressure, and of a group of version 2 in its *.pressure (Documentation/accounting/psi.rst).
 * Version 1 has no such files: then it is the whole machine's, and whatever else it does is in it.
 *
 * Times are ns, since real_pressure_begin(); averages 1/100 %.
 */
#ifndef BALLAST_REAL_PRESSURE_H
#define BALLAST_REAL_PRESSURE_H

#include <stdbool.h>
#include <stdint.h>

#include "group.h"

enum real_stall { REAL_SOME, REAL_FULL, NR_REAL_STALLS };
enum real_average { REAL_AVG10, REAL_AVG60, REAL_AVG300, NR_REAL_AVERAGES };

/* A file. */
struct real_stalls {
	uint64_t total_ns[NR_REAL_STALLS];
	uint64_t avg[NR_REAL_STALLS][NR_REAL_AVERAGES];
};

struct real_pressure {
	bool known;		/* the kernel has it (CONFIG_PSI, and psi=1 where it is off) */
	bool of_group;
	struct real_stalls memory, io, cpu;
};

/* What is there already; @group: of either version, or none (0). */
void real_pressure_begin(struct real_pressure *since, const struct real_group *group);
/* Since then; false: nothing is known, or nothing has changed since @now was read last. */
bool real_pressure_read(const struct real_pressure *since, const struct real_group *group,
			struct real_pressure *now);

/* Text of such a file; false: it is something else.  Before 5.13 that of the CPU has no "full". */
bool real_pressure_parse(const char *text, struct real_stalls *stalls);

#endif
