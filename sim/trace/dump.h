/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace as text: one line per record.
 */
#ifndef BALLAST_TRACE_DUMP_H
#define BALLAST_TRACE_DUMP_H

#include <stdio.h>

#include "trace.h"

/* "   1.234567890 faults guest=0 kind=ept latency={n=3 p50=... p99=... max=...}" */
void trace_dump_record(FILE *out, const struct trace_record *record);

/* Writes while it is fed; errors show in ferror(out). */
struct trace_dump {
	struct trace_consumer consumer;
	FILE *out;
};

void trace_dump_init(struct trace_dump *dump, FILE *out);

#endif
