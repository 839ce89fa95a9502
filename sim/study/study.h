/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A study: one machine and its programs under several variations, run as processes side by side.
 *
 * How to use it: fill a study_config, study_prepare() (which refuses what cannot be run),
 * study_execute(), then study_text(), study_json() or study_csv(), and study_verdict();
 * study_free() in any case.  Every figure is made from a trace.
 *
 * The first variation is the study's own: the machine as it is, but with so much memory that
 * nothing is ever short.  What the others are slowed down by is relative to it.
 */
#ifndef BALLAST_STUDY_H
#define BALLAST_STUDY_H

#include <signal.h>
#include <stdio.h>

#include "outcome.h"
#include "statistics.h"
#include "store.h"
#include "variation.h"

#define STUDY_REPEAT_MAX 1000
#define STUDY_JOBS_MAX 1024
#define STUDY_UNDISTURBED 0	/* of the list of variations */

struct study_config {
	const char *program, *path;	/* as it was called, for commands; the file to execute */
	const char *command;		/* for a shell: compares once more; NULL: not known */
	const char *file;
	/* Of all variations, before their own. */
	const char *const *overlays, *const *settings;
	unsigned int nr_overlays, nr_settings;
	const char *scenario_dir;	/* of what scenarios include */
	const char *scenarios, *images;	/* as the user gave them; NULL: not at all */
	const char *image_dir;
	unsigned int patience_s;	/* of the watchdog; 0: the default */
	unsigned int repeat, jobs;
	const char *db;			/* NULL: none */
	bool terminal, quiet;		/* of standard error; no progress */
	const volatile sig_atomic_t *interrupted;
	void (*say)(const char *text);	/* a line for the user */
};

struct study_run {
	unsigned int variation;
	struct store_key key;
	char *command;			/* for a shell: runs it again */
	struct outcome outcome;		/* nothing: not yet, or never */
	char *error;			/* why it gave no figures; NULL: it has not ended, or did */
	int status;			/* of the process */
};

/* A figure of one variation, over its seeds. */
struct study_summary {
	bool known;			/* of all seeds */
	double median;
	struct interval interval;
	bool best, worst, no_difference; /* to the best */
};

struct study {
	struct study_config config;
	struct variations variations;
	struct study_run *runs;		/* variations times seeds */
	unsigned int nr_runs;
	char *description;		/* of the scenario */
	char *machine;			/* what it is, as JSON; "" when it cannot be told */
	uint64_t base_scenario, base_images, first_seed, simulator;
	struct store *store;
	struct study_summary (*summary)[NR_METRICS];	/* of each variation */
	bool *ranked;			/* all its runs came through: it may be best */
	unsigned int nr_ran, nr_stored;
	bool ran;			/* executed: there is something to show */
};

/* @variations: what is compared, taken over.  Returns 0, or -1 and @error of one line or more. */
int study_prepare(struct study *s, const struct study_config *config,
		  struct variations *variations, char *error, size_t error_size);
/* Returns an exit status: 0, 1 a run failed, 2 bad input or output, 128 + N interrupted. */
int study_execute(struct study *s);
void study_free(struct study *s);

struct study_run *study_run_of(const struct study *s, unsigned int variation, unsigned int seed);
/* It can be had, and each of its runs has figures. */
bool study_has(const struct study *s, unsigned int variation);
/* It asks for the very scenario; for the same as an earlier variation (its name, or NULL). */
bool study_changes_nothing(const struct study *s, unsigned int variation);
const char *study_same_as(const struct study *s, unsigned int variation);

/* summary.c */
void study_summarize(struct study *s);

/* text.c, export.c, verdict.c */
void study_text(const struct study *s, FILE *out);
void study_json(const struct study *s, FILE *out);
void study_csv(const struct study *s, FILE *out);
/* Who wins, by what, and what it costs: in words, from the same figures. */
void study_verdict(const struct study *s, FILE *out);
/* The same, a line for each sentence or two; to be given to free(). */
char *study_verdict_text(const struct study *s);

/*
 * The best in the figure that decides, and who wins of those that are level with it; or -1: none
 * came through, or it is a tie.
 */
int study_best(const struct study *s, enum metric *by);
int study_winner(const struct study *s, enum metric *by);
bool study_is_tie(const struct study *s);
/* Whether a variation is as good as @best in a figure, as far as can be told. */
bool study_is_level(const struct study *s, unsigned int variation, unsigned int best,
		    enum metric metric);

#endif
