/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Figures of a run that published ones are compared with, taken from its trace.
 */
#ifndef BALLAST_CLI_FIGURES_H
#define BALLAST_CLI_FIGURES_H

#include "scenario.h"
#include "trace.h"

#define FIGURES_GUESTS_MAX 64
#define FIGURES_COMMANDS_MAX 64

struct figures_guest {
	uint64_t first_start, last_end;	/* ns, of its programs */
	uint32_t started, ended;	/* programs */
	uint64_t swap_pages;		/* of the host, when its last program ended */
};

struct figures {
	struct trace_consumer consumer;
	struct figures_guest guest[FIGURES_GUESTS_MAX];
	uint32_t oom_after;		/* guests that had ended at the first host OOM */
	uint32_t swap_after;		/* guests that had ended at the first swap-out */
	bool oom, swapped;
	uint32_t nr_ended;
	uint64_t swap_pages;
	int pending_end;		/* guest whose end waits for the next host sample */
	struct {
		char name[64];
		uint64_t ns;
	} command[FIGURES_COMMANDS_MAX];
	uint32_t nr_commands;
};

void figures_init(struct figures *figures, const struct scenario *scenario);
/* In the unit of the figure's metric; false: the run did not get there. */
bool figures_value(const struct figures *figures, const struct scenario *scenario,
		   const struct scenario_figure *figure, uint64_t *value);
/* Whether @value is within the figure's band of what was published. */
bool figures_within(const struct scenario_figure *figure, uint64_t value);

#endif
