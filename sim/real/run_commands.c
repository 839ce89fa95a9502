// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of the host on real guests: targets of balloons.
 */
#include "run_internal.h"

#include <inttypes.h>

static const struct scenario_command *config_of(const struct real_item *item)
{
	return &item->guest->run->scenario->commands[item->index];
}

/* @by: the command that overtakes it. */
static void command_ended(struct real_item *item, enum trace_command_end result, uint32_t by)
{
	struct real_guest *g = item->guest;
	struct real_run *run = g->run;
	uint64_t now = real_run_trace_now(run);

	TRACE(run->trace, now, command_end, .guest = g->id, .command = item->index,
	      .result = result, .actual = g->balloon_bytes, .nearest = g->balloon_bytes,
	      .took = item->state == REAL_RUNNING && now > item->began ? now - item->began : 0,
	      .overtaken_by = by);
	real_item_end(item);
}

/* Nobody works towards an older target once there is another. */
static void overtake(struct real_item *by)
{
	struct real_run *run = by->guest->run;
	uint32_t i;

	for (i = 0; i < run->scenario->nr_commands; i++) {
		struct real_item *item = &run->commands[i];

		if (item != by && item->guest == by->guest && item->state == REAL_RUNNING)
			command_ended(item, TRACE_COMMAND_OVERTAKEN, by->index);
	}
}

void real_commands_finish(struct real_run *run, struct real_guest *gone)
{
	uint32_t i;

	for (i = 0; i < run->scenario->nr_commands; i++) {
		struct real_item *item = &run->commands[i];

		if (item->state == REAL_ENDED || (gone && item->guest != gone))
			continue;
		command_ended(item, gone ? TRACE_COMMAND_GUEST_GONE :
			      item->state == REAL_RUNNING ? TRACE_COMMAND_NOT_REACHED :
							    TRACE_COMMAND_NOT_STARTED, 0);
	}
}

int real_command_begin(struct real_item *item)
{
	const struct scenario_command *c = config_of(item);
	struct real_guest *g = item->guest;
	struct real_run *run = g->run;

	if (real_trace_drain(g))
		return -1;
	overtake(item);
	TRACE(run->trace, real_run_trace_now(run), command_start, .guest = g->id,
	      .command = item->index, .actual = g->balloon_bytes);
	TRACE(run->trace, real_run_trace_now(run), balloon_target, .guest = g->id,
	      .pages = ((g->config->memory_mib << 20) - scenario_command_target(c)) /
	      TRACE_PAGE_SIZE);
	g->balloon_moved_ns = real_run_now(run);
	if (!qmp_runf(&g->vm->qmp, REAL_QMP_MS, NULL, "balloon", "{'value':%" PRIu64 "}",
		      scenario_command_target(c)))
		return 0;
	return real_guest_qmp_failed(g, true, c->path);
}

static int see_balloon(struct real_item *item)
{
	const struct scenario_command *c = config_of(item);
	struct real_guest *g = item->guest;
	struct real_run *run = g->run;
	uint64_t bytes, now = real_run_now(run), at;

	if (qmp_query_balloon(&g->vm->qmp, &bytes))
		return real_guest_qmp_failed(g, false, c->path);
	if (bytes != g->balloon_bytes)
		g->balloon_moved_ns = now;
	g->balloon_bytes = bytes;
	if (bytes != scenario_command_target(c))
		return 0;
	if (real_trace_drain(g))
		return -1;
	command_ended(item, TRACE_COMMAND_REACHED, 0);
	TRACE(run->trace, real_run_trace_now(run), counter, .guest = g->id, .name = c->name,
	      .value = now - item->began);
	return real_samples_take(g, &at);
}

/* Of a guest, one at most is under way. */
int real_commands_see(struct real_run *run)
{
	uint32_t i;

	for (i = 0; i < run->scenario->nr_commands; i++)
		if (run->commands[i].state == REAL_RUNNING && see_balloon(&run->commands[i]))
			return -1;
	return 0;
}
