/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Published experiments and what came of them, as JSON: what `published --json` prints, and what
 * its report is made from.
 */
#ifndef BALLAST_CLI_PUBLISHED_H
#define BALLAST_CLI_PUBLISHED_H

#include <json-c/json.h>

#include "cli.h"
#include "figures.h"

/* One run of an experiment. */
struct published_run {
	const struct scenario *scenario;
	const struct run_args *args;
	const char *file;
	const struct report *report;
	const struct figures *figures;
	int status;
};

struct json_object *published_new(const char *command);
/* An experiment, of which nothing is known but its file; kept in @all. */
struct json_object *published_add(struct json_object *all, const char *file);
void published_add_run(struct json_object *experiment, const struct published_run *run);
/* Whether a figure is one of the scenario's variant. */
bool published_has(const struct scenario *s, const struct scenario_figure *figure);

enum published_format { PUBLISHED_TEXT, PUBLISHED_MARKDOWN, PUBLISHED_JSON };

/* Of one figure, a value of each seed. */
struct published_value {
	double *of;
	unsigned int nr;
	bool unbounded, failed;		/* in one of the runs */
};

/* published_rows.c: of one variant at a time. */
struct published_rows {
	enum published_format format;
	bool head_printed;
	unsigned int seeds;
	struct published_value *value;	/* by figure */
	uint32_t nr;
};

void published_rows_init(struct published_rows *rows, enum published_format format);
void published_rows_begin(struct published_rows *rows, const struct scenario *s,
			  unsigned int seeds);
void published_rows_add(struct published_rows *rows, const struct published_run *run);
/* Print them; @s NULL: nothing has become of it. */
void published_rows_end(struct published_rows *rows, const struct scenario *s);

#endif
