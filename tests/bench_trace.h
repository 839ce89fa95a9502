/* SPDX-License-Identifier: GPL-2.0-only */
/* Benchmarks of traces: writing, reading and exporting one. */
#ifndef BALLAST_BENCH_TRACE_H
#define BALLAST_BENCH_TRACE_H

#include <stdbool.h>

#include "export.h"

struct bench_trace {
	double full;			/* CPU time of a run recorded at full : one not recorded */
	double read;			/* million records a second */
	double export[NR_EXPORT_FORMATS];	/* the same, with all that is written */
};

/* Seconds of CPU time, or of wall time, that a command takes; negative when it fails. */
double bench_command(char *const argv[], bool cpu);
/* Directory of a build. */
const char *bench_build_dir(void);
/* Returns false, and says why, when it cannot be measured. */
bool bench_trace(struct bench_trace *result);

#endif
