// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures of a run, from its trace; see figures.h and docs/scenario.md for what each metric is.
 */
#include "figures.h"

#include <stdio.h>
#include <string.h>

#include "hostmem.h"

#define NSEC_PER_MSEC 1000000

static struct figures_guest *guest_of(struct figures *f, uint64_t id)
{
	return id < f->nr_guests ? &f->guest[id] : NULL;
}

static void program_started(struct figures *f, uint64_t time, uint64_t id)
{
	struct figures_guest *g = guest_of(f, id);

	if (g && !g->started++)
		g->first_start = time;
}

static void program_ended(struct figures *f, uint64_t time, uint64_t id)
{
	struct figures_guest *g = guest_of(f, id);

	if (!g)
		return;
	g->last_end = time;
	g->ended++;
	f->pending_end = id;
}

static void host_sampled(struct figures *f, const struct trace_rec_host_sample *rec)
{
	f->swap_pages = rec->swap_used;
	if (f->pending_end >= 0)
		f->guest[f->pending_end].swap_pages = rec->swap_used;
	f->pending_end = -1;
}

/* A guest that has done all that it was to do. */
static bool all_ended(const struct figures_guest *g)
{
	return g->programs && g->ended >= g->programs;
}

static uint32_t count_ended(const struct figures *f)
{
	uint32_t i, nr = 0;

	for (i = 0; i < f->nr_guests; i++)
		nr += all_ended(&f->guest[i]);
	return nr;
}

static void vmm_killed(struct figures *f)
{
	if (!f->oom)
		f->oom_after = count_ended(f);
	f->oom = true;
}

static void command_ended(struct figures *f, const struct trace_rec_command_end *end)
{
	if (f->nr_commands == FIGURES_COMMANDS_MAX ||
	    (end->result != TRACE_COMMAND_REACHED && end->result != TRACE_COMMAND_DONE))
		return;
	f->command[f->nr_commands].number = end->command;
	f->command[f->nr_commands++].ns = end->took;
}

static void figures_record(struct trace_consumer *consumer, const struct trace_record *record)
{
	struct figures *f = (struct figures *)consumer;

	switch (record->id) {
	case TRACE_ID_program_start:
		program_started(f, record->time,
				((const struct trace_rec_program_start *)record->rec)->guest);
		break;
	case TRACE_ID_program_end:
		program_ended(f, record->time,
			      ((const struct trace_rec_program_end *)record->rec)->guest);
		break;
	case TRACE_ID_host_sample:
		host_sampled(f, record->rec);
		break;
	case TRACE_ID_swap_out:
		if (!f->swapped)
			f->swap_after = count_ended(f);
		f->swapped = true;
		break;
	case TRACE_ID_host_oom:
		vmm_killed(f);
		break;
	case TRACE_ID_command_end:
		command_ended(f, record->rec);
		break;
	default:
		break;
	}
}

void figures_init(struct figures *figures, const struct scenario *scenario)
{
	uint32_t i;

	*figures = (struct figures){ .consumer = { .record = figures_record,
						   .level = TRACE_NORMAL },
				     .pending_end = -1,
				     .guest = host_alloc(scenario->nr_guests *
							 sizeof(*figures->guest)),
				     .nr_guests = scenario->nr_guests };
	for (i = 0; i < scenario->nr_guests; i++)
		figures->guest[i].programs = scenario->guests[i].nr_programs;
}

void figures_free(struct figures *figures)
{
	host_free(figures->guest);
}

static bool guest_time(const struct figures *f, uint32_t id, uint64_t *ns)
{
	const struct figures_guest *g;

	if (id >= f->nr_guests || !all_ended(&f->guest[id]))
		return false;
	g = &f->guest[id];
	*ns = g->last_end - g->first_start;
	return true;
}

static bool command_time(const struct figures *f, uint64_t number, uint64_t *ns)
{
	uint32_t i;

	for (i = 0; i < f->nr_commands; i++) {
		if (f->command[i].number == number) {
			*ns = f->command[i].ns;
			return true;
		}
	}
	return false;
}

bool figures_value(const struct figures *f, const struct scenario *scenario,
		   const struct scenario_figure *figure, uint64_t *value)
{
	uint64_t ns, base;

	switch (figure->metric) {
	case SCENARIO_METRIC_GUESTS_BEFORE_OOM:
		*value = f->oom ? f->oom_after : count_ended(f);
		return true;
	case SCENARIO_METRIC_GUESTS_BEFORE_SWAP:
		*value = f->swapped ? f->swap_after : count_ended(f);
		return true;
	case SCENARIO_METRIC_SWAP_MIB:
		if (figure->guest_index >= f->nr_guests ||
		    !all_ended(&f->guest[figure->guest_index]))
			return false;
		*value = f->guest[figure->guest_index].swap_pages >> 8;
		return true;
	case SCENARIO_METRIC_PROGRAM_TIME_MS:
		if (!guest_time(f, figure->guest_index, &ns))
			return false;
		*value = ns / NSEC_PER_MSEC;
		return true;
	case SCENARIO_METRIC_PROGRAM_TIME_RATIO_PERCENT:
		if (!guest_time(f, figure->guest_index, &ns) ||
		    !guest_time(f, figure->base_guest_index, &base) || !base)
			return false;
		*value = (ns * 100 + base / 2) / base;
		return true;
	case SCENARIO_METRIC_COMMAND_TIME_MS:
		if (figure->command < 0 ||
		    !command_time(f, figure->command, &ns))
			return false;
		*value = ns / NSEC_PER_MSEC;
		return true;
	}
	return false;
}

bool figures_unbounded(const struct figures *f, const struct scenario_figure *figure)
{
	return (figure->metric == SCENARIO_METRIC_GUESTS_BEFORE_OOM && !f->oom) ||
	       (figure->metric == SCENARIO_METRIC_GUESTS_BEFORE_SWAP && !f->swapped);
}

void figures_band(const struct scenario_figure *figure, uint64_t *low, uint64_t *high)
{
	unsigned __int128 below = (unsigned __int128)figure->value * figure->band_percent / 100;
	unsigned __int128 above = (unsigned __int128)figure->value_max * figure->band_percent / 100;

	*low = below < figure->value ? figure->value - below : 0;
	*high = above < UINT64_MAX - figure->value_max ? figure->value_max + above : UINT64_MAX;
}

bool figures_within(const struct scenario_figure *figure, uint64_t value)
{
	uint64_t low, high;

	figures_band(figure, &low, &high);
	return value >= low && value <= high;
}
