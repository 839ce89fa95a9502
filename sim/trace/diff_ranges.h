/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Several traces of one scenario on each side, phase by phase: runs of the model with several
 * seeds, and real runs, none of which is like another.  Values are ranges then, and what counts is
 * how far the ranges are apart: nothing when they overlap.
 *
 * Phases belong together as in diff.h; those of the first trace of the model are what is compared.
 */
#ifndef BALLAST_TRACE_DIFF_RANGES_H
#define BALLAST_TRACE_DIFF_RANGES_H

#include "diff.h"

struct diff_range {
	uint64_t min, median, max;
	unsigned int nr;		/* runs that say it */
};

struct diff_ranges_row {
	const struct phase *phase;	/* of the first trace of the model */
	const char *guest;
	unsigned int guest_nr;
	struct diff_range range[NR_PHASE_QUANTITIES][NR_DIFF_SIDES];
};

struct diff_ranges {
	struct diff_options options;
	const char *const *names[NR_DIFF_SIDES];	/* files */
	const struct phases *run[NR_DIFF_SIDES];
	unsigned int nr_runs[NR_DIFF_SIDES];
	struct diff_ranges_row *row;
	unsigned int nr;
	unsigned int nr_missing;	/* phases of programs that a run does not have */
	unsigned int nr_beyond;		/* ranges further apart than the threshold */
};

/*
 * @run: the traces of each side, one at least, which stay until diff_ranges_free(); so do names.
 * Returns 0, or -1 and @error, when there is nothing to free.
 */
int diff_ranges_init(struct diff_ranges *r, const struct phases *const run[NR_DIFF_SIDES],
		     const char *const *const names[NR_DIFF_SIDES],
		     const unsigned int nr[NR_DIFF_SIDES], const struct diff_options *options,
		     char *error, size_t error_size);
void diff_ranges_free(struct diff_ranges *r);

/* From the end of one range to the start of the other; false: they overlap. */
bool diff_ranges_apart(const struct diff_range range[NR_DIFF_SIDES], uint64_t *by, bool *sim_less);
/* Whether a threshold was given and not kept, or a phase is not in all runs. */
bool diff_ranges_failed(const struct diff_ranges *r);

void diff_ranges_text(const struct diff_ranges *r, FILE *out);
void diff_ranges_json(const struct diff_ranges *r, FILE *out);

#endif
