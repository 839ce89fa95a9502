/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Figures of a run that published ones are compared with, taken from its trace.
 */
#ifndef BALLAST_CLI_FIGURES_H
#define BALLAST_CLI_FIGURES_H

#include "scenario.h"
#include "trace.h"

#define FIGURES_COMMANDS_MAX 64

struct figures_guest {
	uint64_t first_start, last_end;	/* ns, of its programs */
	uint32_t programs;		/* that it is to run */
	uint32_t started, ended;	/* of them */
	uint64_t swap_pages;		/* of the host, when its last program ended */
};

struct figures {
	struct trace_consumer consumer;
	struct figures_guest *guest;	/* by id */
	uint32_t nr_guests;
	/* guests all of whose programs had ended at the first host OOM, and swap-out */
	uint32_t oom_after;
	uint32_t swap_after;
	bool oom, swapped;
	uint32_t nr_ended;
	uint64_t swap_pages;
	int pending_end;		/* guest whose end waits for the next host sample */
	struct {
		uint64_t number;
		uint64_t ns;
	} command[FIGURES_COMMANDS_MAX];
	uint32_t nr_commands;
};

void figures_init(struct figures *figures, const struct scenario *scenario);
void figures_free(struct figures *figures);
/* In the unit of the figure's metric; false: the run did not get there. */
bool figures_value(const struct figures *figures, const struct scenario *scenario,
		   const struct scenario_figure *figure, uint64_t *value);
/*
 * The value is a lower bound: what the metric counts guests up to did not happen, all of the
 * scenario's guests came through.
 */
bool figures_unbounded(const struct figures *figures, const struct scenario_figure *figure);
/* What counts as agreeing with what was published. */
void figures_band(const struct scenario_figure *figure, uint64_t *low, uint64_t *high);
/* Whether @value is within the figure's band of what was published. */
bool figures_within(const struct scenario_figure *figure, uint64_t value);

#endif
