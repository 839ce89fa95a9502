/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files that collect a report share: report.c takes the records, report_outcome.c keeps
 * what became of programs and commands.
 */
#ifndef BALLAST_TRACE_REPORT_INTERNAL_H
#define BALLAST_TRACE_REPORT_INTERNAL_H

#include "report.h"

/* NULL for the host, and for ids that cannot be meant. */
struct report_guest *report_guest_of(struct report *r, uint64_t id);
const char *report_guest_name(struct report *r, uint64_t id);
void report_problem(struct report *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* report_outcome.c */
void report_see_program(struct report *r, const struct trace_record *record);
void report_see_command(struct report *r, const struct trace_record *record);
void report_see_vmm_killed(struct report *r, const struct trace_record *record);
void report_free_outcome(struct report *r);

#endif
