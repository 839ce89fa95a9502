/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace as text: one line per record, CSV of one record type, JSON for Perfetto.
 */
#ifndef BALLAST_TRACE_DUMP_H
#define BALLAST_TRACE_DUMP_H

#include <stdio.h>

#include "trace.h"

/* "   1.234567890 faults guest=0 kind=ept latency={n=3 p50=... p99=... max=...}" */
void trace_dump_record(FILE *out, const struct trace_record *record);

/* The consumers below write while they are fed; errors show in ferror(out). */
struct trace_dump {
	struct trace_consumer consumer;
	FILE *out;
};

void trace_dump_init(struct trace_dump *dump, FILE *out);

/* All records of the type of that name, with a head line; histograms as n, sum, p50, p99, max. */
struct trace_csv {
	struct trace_consumer consumer;
	FILE *out;
	const char *type;
	bool head;		/* written */
};

void trace_csv_init(struct trace_csv *csv, FILE *out, const char *type);

/* Trace Event Format: programs and their phases as slices, samples as counters. */
struct trace_perfetto {
	struct trace_consumer consumer;
	FILE *out;
	bool any;
};

void trace_perfetto_init(struct trace_perfetto *perfetto, FILE *out);
void trace_perfetto_end(struct trace_perfetto *perfetto);

#endif
