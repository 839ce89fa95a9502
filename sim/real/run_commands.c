// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands on real guests: targets of balloons, stop and cont of the monitor, and what an
 * administrator writes to /proc/sys/vm in a guest.
 *
 * What is written takes as long as the guest's kernel does; nobody waits for it but the command,
 * whose end is seen when the agent has answered.  A guest that is stopped says nothing, and is
 * asked nothing.
 */
#include "run_internal.h"

#include <inttypes.h>

static const struct scenario_command *config_of(const struct real_item *item)
{
	return &item->guest->run->scenario->commands[item->index];
}

static bool is_for_balloon(const struct real_item *item)
{
	return config_of(item)->kind == SCENARIO_COMMAND_SET_BALLOON;
}

/* @by: the command that overtakes it. */
static void command_ended(struct real_item *item, enum trace_command_end result, uint32_t by,
			  const char *text)
{
	struct real_guest *g = item->guest;
	struct real_run *run = g->run;
	uint64_t now = real_run_trace_now(run);

	TRACE(run->trace, now, command_end, .guest = g->id, .command = item->index,
	      .result = result, .actual = g->balloon_bytes, .nearest = g->balloon_bytes,
	      .took = item->state == REAL_RUNNING && now > item->began ? now - item->began : 0,
	      .overtaken_by = by, .text = text);
	real_item_end(item);
}

/* Nobody works towards an older target once there is another. */
static void overtake(struct real_item *by)
{
	struct real_run *run = by->guest->run;
	uint32_t i;

	for (i = 0; i < run->scenario->nr_commands; i++) {
		struct real_item *item = &run->commands[i];

		if (item != by && item->guest == by->guest && item->state == REAL_RUNNING &&
		    is_for_balloon(item))
			command_ended(item, TRACE_COMMAND_OVERTAKEN, by->index, "");
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
							    TRACE_COMMAND_NOT_STARTED, 0, "");
	}
}

static int begin_balloon(struct real_item *item)
{
	const struct scenario_command *c = config_of(item);
	struct real_guest *g = item->guest;
	struct real_run *run = g->run;

	overtake(item);
	TRACE(run->trace, real_run_trace_now(run), balloon_target, .guest = g->id,
	      .pages = ((g->config->memory_mib << 20) - scenario_command_target(c)) /
	      TRACE_PAGE_SIZE);
	g->balloon_moved_ns = real_run_now(run);
	if (!qmp_runf(&g->vm->qmp, REAL_QMP_MS, NULL, "balloon", "{'value':%" PRIu64 "}",
		      scenario_command_target(c)))
		return 0;
	return real_guest_qmp_failed(g, true, c->path);
}

/* The guest's clock stands still, or goes on; as in the model, neither is done twice. */
static int stop_or_go(struct real_item *item, bool stop)
{
	const struct scenario_command *c = config_of(item);
	struct real_guest *g = item->guest;

	if (g->stopped == stop)
		return real_run_fail(g->run, TRACE_END_FAILED, true, "%s: guest %s is %s", c->path,
				     g->config->name, stop ? "paused already" : "not paused");
	if (qmp_runf(&g->vm->qmp, REAL_QMP_MS, NULL, stop ? "stop" : "cont", "{}"))
		return real_guest_qmp_failed(g, true, c->path);
	g->stopped = stop;
	g->heard_ns = real_run_now(g->run);
	command_ended(item, TRACE_COMMAND_DONE, 0, stop ? "paused" : "resumed");
	return 0;
}

static int write_in_guest(struct real_item *item, const char *file)
{
	struct real_guest *g = item->guest;

	if (real_vm_tell(g->vm, "write /proc/sys/vm/%s 1", file))
		return real_guest_failed(g);
	return 0;
}

int real_command_begin(struct real_item *item)
{
	const struct scenario_command *c = config_of(item);
	struct real_guest *g = item->guest;

	if (real_trace_drain(g))
		return -1;
	TRACE(g->run->trace, real_run_trace_now(g->run), command_start, .guest = g->id,
	      .command = item->index, .actual = g->balloon_bytes);
	switch (c->kind) {
	case SCENARIO_COMMAND_PAUSE:
		return stop_or_go(item, true);
	case SCENARIO_COMMAND_RESUME:
		return stop_or_go(item, false);
	case SCENARIO_COMMAND_DROP_CACHES:
		return write_in_guest(item, "drop_caches");
	case SCENARIO_COMMAND_COMPACT_MEMORY:
		return write_in_guest(item, "compact_memory");
	default:
		return begin_balloon(item);
	}
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
	command_ended(item, TRACE_COMMAND_REACHED, 0, "");
	TRACE(run->trace, real_run_trace_now(run), counter, .guest = g->id, .name = c->name,
	      .value = now - item->began);
	return real_samples_take(g, &at);
}

/* The agent has answered all that it was told. */
static int see_written(struct real_item *item)
{
	struct real_guest *g = item->guest;
	uint64_t at;

	if (g->vm->untold)
		return 0;
	command_ended(item, TRACE_COMMAND_DONE, 0, "written");
	return real_samples_take(g, &at);
}

int real_commands_see(struct real_run *run)
{
	uint32_t i;

	for (i = 0; i < run->scenario->nr_commands; i++) {
		struct real_item *item = &run->commands[i];

		if (item->state != REAL_RUNNING || item->guest->stopped)
			continue;
		if (is_for_balloon(item) ? see_balloon(item) : see_written(item))
			return -1;
	}
	return 0;
}
