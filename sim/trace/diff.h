/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two traces of one scenario, phase by phase: the model's and that of real machines.
 *
 * Guests belong together by name (the first of a name to the first, and so on), or by number when
 * no name is in both traces, as between one guest and a count of guests.  Phases do by program
 * (number and name), name, iteration, and occurrence.  The deviation of a value is sim - real; in
 * percent, of real.  The host is compared if both traces say something of it.
 */
#ifndef BALLAST_TRACE_DIFF_H
#define BALLAST_TRACE_DIFF_H

#include "phases.h"

enum { DIFF_SIM, DIFF_REAL, NR_DIFF_SIDES };

/* A phase in both traces, or in one only (the other is NULL). */
struct diff_pair {
	const struct phase *side[NR_DIFF_SIDES];
	const char *guest;		/* name */
	unsigned int guest_nr;		/* counted over both traces */
};

#define DIFF_NO_THRESHOLD UINT64_MAX

struct diff_options {
	uint32_t only;			/* bit of each enum phase_quantity to show; 0: all */
	uint64_t threshold;		/* in thousandths of real, or DIFF_NO_THRESHOLD */
};

struct diff {
	const struct phases *side[NR_DIFF_SIDES];
	struct diff_options options;
	struct diff_pair *pair;		/* by guest, as in the first trace; then by time */
	unsigned int nr;
	unsigned int nr_guests;
	bool by_number;			/* guests: no name is in both */
	unsigned int nr_common;
	unsigned int nr_single;		/* phases of programs that one trace has only */
	unsigned int nr_beyond;		/* values beyond the threshold */
};

/* What a threshold is for, unless options.only says otherwise. */
#define DIFF_THRESHOLD_DEFAULT                                                                     \
	(1u << PHASE_FREE | 1u << PHASE_RSS | 1u << PHASE_REPORTED | 1u << PHASE_DISCARDED)

/*
 * Both traces must stay until diff_free().  Returns 0, or -1 when they have nothing in common:
 * @error then says so, and there is nothing to free.
 */
int diff_init(struct diff *d, const struct phases *sim, const struct phases *real,
	      const struct diff_options *options, char *error, size_t error_size);
void diff_free(struct diff *d);

/* Whether a threshold was given and not kept: a value beyond it, or a phase of one trace only. */
bool diff_failed(const struct diff *d);

/* @names: what the two traces are called, their files. */
void diff_text(const struct diff *d, const char *const names[NR_DIFF_SIDES], FILE *out);
void diff_json(const struct diff *d, const char *const names[NR_DIFF_SIDES], FILE *out);

#endif
