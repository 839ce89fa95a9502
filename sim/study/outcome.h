/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What became of one run, from its trace.
 */
#ifndef BALLAST_STUDY_OUTCOME_H
#define BALLAST_STUDY_OUTCOME_H

#include <stddef.h>

#include "metric.h"

struct outcome_program {
	uint64_t guest, program;	/* its number in the guest */
	char *name;
	uint64_t ns, work;
	bool ended;			/* by itself */
};

/* All zero is a valid one of which nothing is known. */
struct outcome {
	char *result;			/* as in run_end: "ok", "data-loss", ... */
	char *text;			/* why, in a line; "" when it went well */
	struct measures measures;
	struct outcome_program *programs;
	unsigned int nr_programs;
	char **casualties;		/* who was killed, by whom, when */
	unsigned int nr_casualties;
};

/* Returns 0, or -1 and @error.  Figures that compare with another run are not known yet. */
int outcome_read(struct outcome *outcome, const char *trace, char *error, size_t error_size);
void outcome_free(struct outcome *outcome);
/* It came to its end, or to the scenario's time limit. */
bool outcome_well(const struct outcome *outcome);
/* Well, and nobody was killed: its figures may be compared with others'. */
bool outcome_whole(const struct outcome *outcome);
/*
 * Set what is relative to @undisturbed, a run of the same programs: of each, how much longer it
 * takes for its work.  Not known when one of them did not end by itself.
 */
void outcome_slowdown(struct outcome *outcome, const struct outcome *undisturbed);

/* Whether time under a cost (by its name in the ledger) is spent on telling the host. */
bool outcome_is_hint(uint64_t domain, const char *cost);
/* Those names; ends with NULL. */
extern const char *const outcome_hint_costs[];

#endif
