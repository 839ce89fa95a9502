/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of a report share: report.c takes the records, report_outcome.c keeps what became
 * of programs and commands, report_measured.c what programs have measured, report_memory.c where
 * memory is and which images there are, report_folios.c folios of a guest, report_cgroups.c memory
 * groups of the host, report_disks.c its disks.
 */
#ifndef BALLAST_TRACE_REPORT_INTERNAL_H
#define BALLAST_TRACE_REPORT_INTERNAL_H

#include "report.h"

struct json;

/* NULL for the host, and for ids that cannot be meant. */
struct report_guest *report_guest_of(struct report *r, uint64_t id);
const char *report_guest_name(struct report *r, uint64_t id);
/* For a table: the same, and "-" for one that is not known. */
const char *report_guest_label(const struct report *r, uint64_t id);
void report_problem(struct report *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* report_outcome.c */
void report_see_program(struct report *r, const struct trace_record *record);
void report_see_command(struct report *r, const struct trace_record *record);
void report_see_vmm_killed(struct report *r, const struct trace_record *record);
void report_free_outcome(struct report *r);

/* report_measured.c; @max: guests that are listed, 0: all */
void report_measured_add(struct report_measured *m, enum trace_measure what,
			 const struct trace_histogram *values);
void report_text_measured(const struct report *r, FILE *out, unsigned int max);
/* A member "measured" of the object of a program, if there is something. */
void report_json_measured(const struct report_measured *m, struct json *j);

/* report_memory.c; @max: guests that are listed, 0: all */
void report_see_memory(struct report *r, const struct trace_record *record);
void report_see_stat(struct report *r, const struct trace_rec_vmm_stat *stat);
void report_see_image(struct report *r, const struct trace_rec_image *image);
void report_free_memory(struct report *r);
void report_text_where(const struct report *r, FILE *out, unsigned int max);
void report_text_stats(const struct report *r, FILE *out, unsigned int max);
void report_text_images(const struct report *r, FILE *out);
void report_json_where(const struct report_guest *g, struct json *j);
void report_json_stats(const struct report *r, uint64_t guest, struct json *j);
void report_json_images(const struct report *r, struct json *j);

/* report_folios.c; @max: guests that are listed, 0: all */
void report_see_counter(struct report *r, const struct trace_rec_counter *counter);
void report_free_folios(struct report *r);
void report_text_folios(const struct report *r, FILE *out, unsigned int max);
/* A member "hugepages" of a guest, if it has more than one size. */
void report_json_folios(const struct report *r, uint64_t guest, struct json *j);

/* report_disks.c */
void report_see_disk(struct report *r, const struct trace_record *record);
void report_free_disks(struct report *r);
void report_text_disks(const struct report *r, FILE *out);
void report_json_disks(const struct report *r, struct json *j);
void report_text_images_cached(const struct report *r, FILE *out);
/* Members "image" of a guest and "dirty" of the host, if there is something. */
void report_json_image(const struct report_guest *g, struct json *j);
void report_json_dirty(const struct report *r, struct json *j);

/* report_cgroups.c */
void report_see_cgroup(struct report *r, const struct trace_record *record);
void report_free_cgroups(struct report *r);
void report_text_cgroups(const struct report *r, FILE *out);
void report_json_cgroups(const struct report *r, struct json *j);

/* report_pressure.c */
void report_see_pressure(struct report *r, const struct trace_record *record);
void report_text_pressure(const struct report *r, FILE *out);
void report_json_pressure(const struct report *r, struct json *j);

#endif
