// SPDX-License-Identifier: GPL-2.0-only
/*
 * Letting the guests, programs and commands of a scenario begin on real machines, in the order and
 * under the conditions of sim/scenario/machine.c.
 */
#include "run_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"

#define POWER_OFF_MS 180000
#define POLL_MS 5
#define ROUND_NS (100 * REAL_NS_PER_MS)		/* at most, without looking at anything */
#define STUCK_NS (120000 * REAL_NS_PER_MS)	/* a balloon that does not move */

static const uint64_t never = UINT64_MAX;

int real_run_fail(struct real_run *run, enum trace_end result, bool bad_input, const char *fmt, ...)
{
	va_list args;

	if (run->result != TRACE_END_OK)
		return -1;
	run->result = result;
	run->bad_input = bad_input;
	va_start(args, fmt);
	vsnprintf(run->error, sizeof(run->error), fmt, args);
	va_end(args);
	return -1;
}

bool real_run_stopped(struct real_run *run)
{
	if (run->options.stop && *run->options.stop)
		real_run_fail(run, TRACE_END_LIMIT, false, "%s: interrupted", run->scenario->file);
	return run->result != TRACE_END_OK;
}

uint64_t real_run_now(const struct real_run *run)
{
	return clock_now_ns() - run->start_ns;
}

uint64_t real_run_trace_now(const struct real_run *run)
{
	uint64_t now = real_run_now(run);

	return now > run->trace->now ? now : run->trace->now;
}

/* Start conditions */

static bool ref_ended(const struct real_run *run, const struct scenario_ref *ref)
{
	const struct real_guest *g;
	uint32_t i;

	if (ref->kind == SCENARIO_REF_COMMAND)
		return run->commands[ref->index].state == REAL_ENDED;
	g = &run->guests[ref->guest];
	if (ref->kind == SCENARIO_REF_PROGRAM)
		return g->programs[ref->index].state == REAL_ENDED;
	for (i = 0; i < g->config->nr_programs; i++)
		if (g->programs[i].state != REAL_ENDED)
			return false;
	return g->up || g->gone;
}

/* Times count as if the guest had booted as fast as its profile says; a boot's, as if all had. */
static void consider(struct real_item *item)
{
	struct real_run *run = item->guest->run;
	bool boot = item == &item->guest->boot;
	int64_t shift = boot ? run->shift_ns : item->guest->shift_ns;
	int64_t earliest = (int64_t)(item->start->start_ms * REAL_NS_PER_MS) + shift;
	uint64_t at = real_run_now(run) + item->start->delay_ms * REAL_NS_PER_MS;
	uint32_t i;

	if (item->state != REAL_WAITING || (!boot && !item->guest->up))
		return;
	for (i = 0; i < item->start->nr_after; i++)
		if (!ref_ended(run, &item->start->after[i]))
			return;
	item->state = REAL_DELAYED;
	item->due = earliest > 0 && (uint64_t)earliest > at ? (uint64_t)earliest : at;
}

void real_item_end(struct real_item *item)
{
	if (item->state == REAL_ENDED)
		return;
	item->state = REAL_ENDED;
	item->guest->run->items_left--;
}

/* Boots, programs and commands, in the order of the scenario; NULL: there is no more. */
static struct real_item *item_at(struct real_run *run, uint32_t nr)
{
	uint32_t i;

	for (i = 0; i < run->scenario->nr_guests; i++) {
		struct real_guest *g = &run->guests[i];

		if (!nr--)
			return &g->boot;
		if (nr < g->config->nr_programs)
			return &g->programs[nr];
		nr -= g->config->nr_programs;
	}
	return nr < run->scenario->nr_commands ? &run->commands[nr] : NULL;
}

/* The order of things */

static int begin_due(struct real_run *run)
{
	struct real_item *item;
	uint32_t i;

	for (i = 0; (item = item_at(run, i)); i++) {
		if (item->state != REAL_DELAYED || item->due > real_run_now(run))
			continue;
		item->state = REAL_RUNNING;
		item->began = real_run_now(run);
		if (item->begin(item))
			return -1;
	}
	return 0;
}

/* When something is to be done at the latest. */
static uint64_t next_time(struct real_run *run, uint64_t sample, uint64_t finish, uint64_t limit)
{
	uint64_t next = real_run_now(run) + ROUND_NS;
	struct real_item *item;
	uint32_t i;

	for (i = 0; (item = item_at(run, i)); i++)
		if (item->state == REAL_DELAYED && item->due < next)
			next = item->due;
	next = sample < next ? sample : next;
	next = finish < next ? finish : next;
	return limit < next ? limit : next;
}

/* Whether a guest has something to say that somebody has to deal with. */
static bool news(const struct real_run *run)
{
	uint32_t i;

	for (i = 0; i < run->scenario->nr_guests; i++) {
		const struct real_guest *g = &run->guests[i];

		if (g->nr_events || (g->vm && g->vm->ready && !g->up))
			return true;
	}
	return false;
}

static int wait_until(struct real_run *run, uint64_t next)
{
	while (!news(run) && real_run_now(run) < next) {
		if (real_run_stopped(run) || real_guests_serve(run, POLL_MS))
			return -1;
	}
	return real_run_stopped(run) ? -1 : 0;
}

static bool is_command(const struct real_run *run, const struct real_item *item)
{
	return item >= run->commands && item < run->commands + run->scenario->nr_commands;
}

/* Nothing runs that could end, or a balloon stands still that something waits for. */
static int check_deadlock(struct real_run *run)
{
	uint64_t now = real_run_now(run);
	bool command = false, moves = false;
	struct real_item *item;
	uint32_t i;

	for (i = 0; (item = item_at(run, i)); i++) {
		bool of_host = is_command(run, item), running = item->state == REAL_RUNNING;

		if (item->state == REAL_DELAYED || (running && !of_host))
			return 0;
		command |= running;
		moves |= running && now - item->guest->balloon_moved_ns < STUCK_NS;
	}
	if (!run->items_left || moves)
		return 0;
	return real_run_fail(run, TRACE_END_DEADLOCK, false, "deadlock: %s",
			     command ? "the guest's balloon does not reach its target" :
				       "a start condition is never met");
}

static int look_around(struct real_run *run, uint64_t *sample)
{
	uint64_t now = real_run_now(run), every = run->scenario->trace.sample_ms * REAL_NS_PER_MS;

	if (now >= *sample) {
		if (real_samples_look(run))
			return -1;
		/* A slow machine gets fewer samples, not ever more of them. */
		*sample = real_run_now(run) + every;
	}
	if (run->options.progress)
		run->options.progress(run->options.opaque, now);
	return real_trace_drain_all(run);
}

static int run_items(struct real_run *run)
{
	uint64_t every = run->scenario->trace.sample_ms * REAL_NS_PER_MS;
	uint64_t until = run->scenario->until_ms * REAL_NS_PER_MS;
	uint64_t sample = every ? every : never, finish = never;
	struct real_item *item;
	uint32_t i;

	while (real_run_now(run) < finish) {
		/* Each guest that boots may put it off. */
		uint64_t limit = until ? (uint64_t)((int64_t)until + run->shift_ns) : never;

		for (i = 0; (item = item_at(run, i)); i++)
			consider(item);
		if (check_deadlock(run))
			return -1;
		if (!run->items_left && finish == never)
			finish = real_run_now(run) + run->scenario->settle_ms * REAL_NS_PER_MS;
		if (wait_until(run, next_time(run, sample, finish, limit)) ||
		    real_guests_see(run) || real_programs_see_events(run) || begin_due(run) ||
		    real_commands_see(run) || look_around(run, &sample))
			return -1;
		if (real_run_now(run) >= limit) {
			run->timed_out = true;
			return 0;
		}
	}
	return 0;
}

/* The whole */

static void init_item(struct real_item *item, struct real_guest *guest, uint32_t index,
		      const struct scenario_start *start, int (*begin)(struct real_item *item))
{
	*item = (struct real_item){ .guest = guest, .index = index, .start = start,
				    .begin = begin };
	guest->run->items_left++;
}

static int init_guest(struct real_guest *g, struct real_run *run, uint32_t id)
{
	uint32_t i;

	g->run = run;
	g->id = id;
	g->config = &run->scenario->guests[id];
	g->balloon = scenario_balloon(g->config);
	g->recorded = g->balloon && real_device_is_ours(g->balloon);
	g->stats_due = g->balloon && g->balloon->stats_polling_s;
	g->balloon_bytes = g->config->memory_mib << 20;
	lines_init(&g->log);
	lines_init(&g->console);
	lines_init(&g->said);
	init_item(&g->boot, g, 0, &g->config->start, real_guest_boot);
	g->programs = calloc(g->config->nr_programs + 1, sizeof(*g->programs));
	for (i = 0; g->programs && i < g->config->nr_programs; i++)
		init_item(&g->programs[i], g, i, &g->config->programs[i].start,
			  real_program_begin);
	return g->programs ? 0 : -1;
}

static int init_items(struct real_run *run)
{
	const struct scenario *s = run->scenario;
	uint32_t i;

	run->guests = calloc(s->nr_guests + 1, sizeof(*run->guests));
	run->commands = calloc(s->nr_commands + 1, sizeof(*run->commands));
	for (i = 0; run->guests && i < s->nr_guests; i++)
		if (init_guest(&run->guests[i], run, i))
			return -1;
	for (i = 0; run->guests && run->commands && i < s->nr_commands; i++) {
		/* The host's are refused: real_setup_check(). */
		if (s->commands[i].guest == SCENARIO_NO_GUEST)
			continue;
		init_item(&run->commands[i], &run->guests[s->commands[i].guest], i,
			  &s->commands[i].start, real_command_begin);
	}
	return run->guests && run->commands ? 0 : -1;
}

/* A guest that waits for nothing is launched now, so that what is missing is said at once. */
static int make_machines(struct real_run *run)
{
	uint32_t i;

	for (i = 0; i < run->scenario->nr_guests; i++) {
		const struct scenario_start *start = &run->guests[i].config->start;

		if (real_setup_machine(&run->guests[i]))
			return -1;
		if (!start->nr_after && !start->start_ms && !start->delay_ms &&
		    real_guest_launch(&run->guests[i]))
			return -1;
	}
	return 0;
}

struct real_run *real_run_create(const struct scenario *scenario,
				 const struct real_run_options *options, char *error,
				 size_t error_size)
{
	struct real_run *run = calloc(1, sizeof(*run));

	snprintf(error, error_size, "%s: not enough memory", scenario->file);
	if (!run)
		return NULL;
	run->scenario = scenario;
	run->options = *options;
	if (run->options.kernel && !strcmp(run->options.kernel, "stock"))
		run->options.kernel = NULL;
	run->trace = options->trace;
	run->result = TRACE_END_OK;
	if (!init_items(run) && !real_setup_check(run) && !real_host_create(run) &&
	    !make_machines(run))
		return run;
	if (run->error[0])
		snprintf(error, error_size, "%s", run->error);
	real_run_destroy(run);
	return NULL;
}

/*
 * Last samples, totals, and the guests go.  Guests that share memory are not asked: what they need
 * to answer may be in swap, and others' would go there for it.
 */
static int finish(struct real_run *run)
{
	uint64_t at;
	uint32_t i;

	if (run->limited && real_samples_look(run))
		return -1;
	for (i = 0; i < run->scenario->nr_guests; i++) {
		struct real_guest *g = &run->guests[i];

		if (!run->limited && g->up && !g->gone && real_samples_take(g, &at))
			return -1;
	}
	for (i = 0; i < run->scenario->nr_guests; i++) {
		struct real_guest *g = &run->guests[i];

		if (g->up && !g->gone && real_trace_totals(g))
			return -1;
	}
	for (i = 0; i < run->scenario->nr_guests; i++) {
		struct real_guest *g = &run->guests[i];

		if (g->up && !g->gone && real_vm_power_off(g->vm, POWER_OFF_MS) &&
		    real_guest_failed(g))
			return -1;
	}
	return 0;
}

enum trace_end real_run_go(struct real_run *run)
{
	char first_line[512];
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	run->start_ns = clock_now_ns();
	run->start_wall_ns = wall.tv_sec * UINT64_C(1000000000) + wall.tv_nsec;
	real_trace_begin(run);
	if (!run_items(run))
		finish(run);
	if (run->result == TRACE_END_OK && run->timed_out)
		run->result = TRACE_END_LIMIT;
	/* A guest that crashed has said why. */
	real_trace_drain_all(run);
	/* The rest is the console's end, which the trace has as messages. */
	snprintf(first_line, sizeof(first_line), "%.*s", (int)strcspn(run->error, "\n"),
		 run->error);
	real_commands_finish(run, NULL);
	TRACE(run->trace, real_run_trace_now(run), run_end, .result = run->result,
	      .text = first_line);
	return run->result;
}

const char *real_run_error(const struct real_run *run)
{
	return run->error;
}

bool real_run_bad_input(const struct real_run *run)
{
	return run->bad_input;
}

void real_run_destroy(struct real_run *run)
{
	uint32_t i;

	if (!run)
		return;
	for (i = 0; run->guests && i < run->scenario->nr_guests; i++) {
		real_setup_clean_up(&run->guests[i]);
		free(run->guests[i].programs);
	}
	real_host_destroy(run);
	free(run->guests);
	free(run->commands);
	free(run);
}
