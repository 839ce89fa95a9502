// SPDX-License-Identifier: GPL-2.0-only
/*
 * Letting the programs and commands of a scenario happen on a real machine, in the order and
 * under the conditions of sim/scenario/machine.c.
 *
 * Programs stand still at the start of each phase until they are told to go on; in between a
 * sample is taken, so that what is said of a phase's ends is exact. What else the guest's kernel
 * does meanwhile (reporting after its delay) goes on.
 */
#include "run_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "program-args.h"
#include "protocol.h"

#define GUEST 0
#define BOOT_MS 300000
#define POWER_OFF_MS 60000
#define QMP_MS 30000
#define POLL_MS 5
#define ROUND_NS (100 * REAL_NS_PER_MS)		/* at most, without looking at anything */
#define SILENCE_NS (10000 * REAL_NS_PER_MS)	/* then the agent is asked whether it lives */
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

static bool stopped(struct real_run *run)
{
	if (run->options.stop && *run->options.stop)
		real_run_fail(run, TRACE_END_LIMIT, false, "%s: interrupted", run->scenario->file);
	return run->result != TRACE_END_OK;
}

int real_run_vm_failed(struct real_run *run)
{
	/* What interrupts us from a terminal ends QEMU as well. */
	if (stopped(run))
		return -1;
	return real_run_fail(run, TRACE_END_FAILED, false, "%s", real_vm_error(run->vm));
}

uint64_t real_run_now(const struct real_run *run)
{
	return clock_now_ns() - run->start_ns;
}

/* Start conditions */

static bool ref_ended(const struct real_run *run, const struct scenario_ref *ref)
{
	uint32_t i;

	if (ref->kind == SCENARIO_REF_COMMAND)
		return run->commands[ref->index].state == REAL_ENDED;
	if (ref->kind == SCENARIO_REF_PROGRAM)
		return run->programs[ref->index].state == REAL_ENDED;
	for (i = 0; i < run->guest->nr_programs; i++)
		if (run->programs[i].state != REAL_ENDED)
			return false;
	return true;
}

static void consider(struct real_run *run, struct real_item *item)
{
	uint64_t at = real_run_now(run) + item->start->delay_ms * REAL_NS_PER_MS;
	int64_t earliest = (int64_t)(item->start->start_ms * REAL_NS_PER_MS) + run->shift_ns;
	uint32_t i;

	if (item->state != REAL_WAITING)
		return;
	for (i = 0; i < item->start->nr_after; i++)
		if (!ref_ended(run, &item->start->after[i]))
			return;
	item->state = REAL_DELAYED;
	item->due = earliest > 0 && (uint64_t)earliest > at ? (uint64_t)earliest : at;
}

static struct real_item *item_at(struct real_run *run, uint32_t index)
{
	uint32_t programs = run->guest->nr_programs;

	return index < programs ? &run->programs[index] : &run->commands[index - programs];
}

static uint32_t nr_items(const struct real_run *run)
{
	return run->guest->nr_programs + run->scenario->nr_commands;
}

static void end_item(struct real_run *run, struct real_item *item)
{
	item->state = REAL_ENDED;
	run->items_left--;
}

/* Programs */

/* As in the simulator, the statistics are polled from the first program on. */
static int poll_statistics(struct real_run *run)
{
	char path[64];

	if (!run->stats_due)
		return 0;
	run->stats_due = false;
	real_device_path(run->balloon - run->guest->devices, path, sizeof(path));
	if (!qmp_runf(&run->vm->qmp, QMP_MS, NULL, "qom-set",
		      "{'path':'%s','property':'guest-stats-polling-interval','value':%u}", path,
		      run->balloon->stats_polling_s))
		return 0;
	return real_run_fail(run, TRACE_END_FAILED, true, "%s: stats-polling-s: %s",
			     run->balloon->path, run->vm->qmp.error);
}

static int begin_program(struct real_run *run, uint32_t index)
{
	const struct scenario_program *p = &run->guest->programs[index];
	char words[REAL_LINE_MAX / 2], series[32] = "";
	uint64_t at;

	if (p->file)
		snprintf(series, sizeof(series), " series=/series-%u", index);
	if (scenario_program_words(p, words, sizeof(words)))
		return real_run_fail(run, TRACE_END_FAILED, true, "%s: too many arguments",
				     p->path);
	if (poll_statistics(run) || real_trace_sample(run, &at))
		return -1;
	TRACE(run->trace, at, program_start, .guest = GUEST, .program = index, .name = p->name);
	if (!real_vm_command(run->vm, REAL_COMMAND_MS, NULL, 0,
			     "start %u %" PRIu64 " %s guest=%s%s%s", index,
			     run->scenario->seed, scenario_program_name(p->kind),
			     run->guest->name, series, words))
		return 0;
	return real_run_vm_failed(run);
}

static int go(struct real_run *run, unsigned int index)
{
	/* It may have been killed meanwhile; that is told in another way. */
	if (real_vm_command(run->vm, REAL_COMMAND_MS, NULL, 0, "go %u", index) && run->vm->failed)
		return real_run_vm_failed(run);
	return 0;
}

static int see_phase(struct real_run *run, unsigned int index, const char *rest)
{
	char name[160];
	uint64_t iteration, at;

	if (sscanf(rest, "%" SCNu64 " %159s", &iteration, name) != 2)
		return real_run_fail(run, TRACE_END_FAILED, false, "the agent says: phase %s",
				     rest);
	if (real_trace_sample(run, &at))
		return -1;
	TRACE(run->trace, at, program_phase, .guest = GUEST, .program = index, .phase = name,
	      .iteration = iteration);
	return go(run, index);
}

/* The memory of the program is gone when the agent says so. */
static int see_end(struct real_run *run, unsigned int index, const char *rest)
{
	uint64_t work, cpu, elapsed, min_flt, maj_flt, at;
	int status, killed;

	if (sscanf(rest, "%d %d %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &status,
		   &killed, &work, &cpu, &elapsed, &min_flt, &maj_flt) != 7)
		return real_run_fail(run, TRACE_END_FAILED, false, "the agent says: end %s", rest);
	if (real_trace_sample(run, &at))
		return -1;
	if (killed)
		TRACE(run->trace, at, program_killed, .guest = GUEST, .program = index,
		      .resident = run->oom_pages);
	else
		TRACE(run->trace, at, program_end, .guest = GUEST, .program = index,
		      .status = status, .work = work, .cpu = cpu);
	run->min_flt += min_flt;
	run->maj_flt += maj_flt;
	end_item(run, &run->programs[index]);
	return 0;
}

/* "NS KIND INDEX [REST]" */
static int see_event(struct real_run *run, const char *text)
{
	unsigned int index;
	char kind[16];
	int head = 0;

	if (sscanf(text, "%*u %15s %u%n", kind, &index, &head) != 2 || !head ||
	    index >= run->guest->nr_programs || run->programs[index].state != REAL_RUNNING)
		return real_run_fail(run, TRACE_END_FAILED, false, "the guest's agent says: %s",
				     text);
	if (!strcmp(kind, "phase"))
		return see_phase(run, index, text + head);
	if (!strcmp(kind, "exit"))
		return go(run, index);
	return strcmp(kind, "end") ? 0 : see_end(run, index, text + head);
}

/* More may come while one is dealt with. */
static int see_events(struct real_run *run)
{
	struct real_event event;

	while (run->nr_events) {
		event = run->event[0];
		memmove(&run->event[0], &run->event[1], --run->nr_events * sizeof(event));
		if (see_event(run, event.text))
			return -1;
	}
	return 0;
}

/* Commands of the host */

static uint64_t trace_time(const struct real_run *run, uint64_t at)
{
	return at > run->trace->now ? at : run->trace->now;
}

/* @by: the command that overtakes it. */
static void command_ended(struct real_run *run, uint32_t index, enum trace_command_end result,
			  uint32_t by)
{
	const struct real_item *item = &run->commands[index];
	bool began = item->state == REAL_RUNNING;
	uint64_t now = real_run_now(run);

	TRACE(run->trace, trace_time(run, now), command_end, .guest = GUEST, .command = index,
	      .result = result, .actual = run->balloon_bytes, .nearest = run->balloon_bytes,
	      .took = began ? now - item->began : 0, .overtaken_by = by);
}

/* Nobody works towards an older target once there is another. */
static void overtake(struct real_run *run, uint32_t by)
{
	uint32_t i;

	for (i = 0; i < run->scenario->nr_commands; i++) {
		if (i == by || run->commands[i].state != REAL_RUNNING)
			continue;
		command_ended(run, i, TRACE_COMMAND_OVERTAKEN, by);
		end_item(run, &run->commands[i]);
	}
}

/* What has not ended when the run has. */
static void commands_finish(struct real_run *run)
{
	uint32_t i;

	for (i = 0; i < run->scenario->nr_commands; i++)
		if (run->commands[i].state != REAL_ENDED)
			command_ended(run, i, run->commands[i].state == REAL_RUNNING ?
				      TRACE_COMMAND_NOT_REACHED : TRACE_COMMAND_NOT_STARTED, 0);
}

static int begin_command(struct real_run *run, uint32_t index)
{
	const struct scenario_command *c = &run->scenario->commands[index];
	uint64_t at = real_run_now(run);

	if (real_trace_drain(run))
		return -1;
	overtake(run, index);
	TRACE(run->trace, trace_time(run, at), command_start, .guest = GUEST, .command = index,
	      .actual = run->balloon_bytes);
	TRACE(run->trace, trace_time(run, at), balloon_target,
	      .guest = GUEST, .pages = ((run->guest->memory_mib - c->target_mib) << 20) /
				      TRACE_PAGE_SIZE);
	run->balloon_moved_ns = at;
	if (!qmp_runf(&run->vm->qmp, QMP_MS, NULL, "balloon", "{'value':%" PRIu64 "}",
		      c->target_mib << 20))
		return 0;
	return real_run_fail(run, TRACE_END_FAILED, true, "%s: %s", c->path, run->vm->qmp.error);
}

static int see_balloon(struct real_run *run)
{
	uint64_t now = real_run_now(run), bytes;
	bool asked = false;
	uint32_t i;

	for (i = 0; i < run->scenario->nr_commands; i++) {
		struct real_item *item = &run->commands[i];

		if (item->state != REAL_RUNNING)
			continue;
		if (!asked && qmp_query_balloon(&run->vm->qmp, &bytes))
			return real_run_fail(run, TRACE_END_FAILED, false, "%s: %s",
					     run->scenario->commands[i].path, run->vm->qmp.error);
		asked = true;
		if (bytes != run->balloon_bytes)
			run->balloon_moved_ns = now;
		run->balloon_bytes = bytes;
		if (bytes != run->scenario->commands[i].target_mib << 20)
			continue;
		if (real_trace_drain(run))
			return -1;
		command_ended(run, i, TRACE_COMMAND_REACHED, 0);
		end_item(run, item);
		TRACE(run->trace, trace_time(run, now), counter,
		      .guest = GUEST, .name = run->scenario->commands[i].name,
		      .value = now - item->began);
	}
	return 0;
}

/* The order of things */

static int begin_due(struct real_run *run)
{
	uint32_t i, programs = run->guest->nr_programs;

	for (i = 0; i < nr_items(run); i++) {
		struct real_item *item = item_at(run, i);

		if (item->state != REAL_DELAYED || item->due > real_run_now(run))
			continue;
		item->state = REAL_RUNNING;
		item->began = real_run_now(run);
		if (i < programs ? begin_program(run, i) : begin_command(run, i - programs))
			return -1;
	}
	return 0;
}

/* When something is to be done at the latest. */
static uint64_t next_time(struct real_run *run, uint64_t sample, uint64_t finish, uint64_t limit)
{
	uint64_t next = real_run_now(run) + ROUND_NS;
	uint32_t i;

	for (i = 0; i < nr_items(run); i++) {
		struct real_item *item = item_at(run, i);

		if (item->state == REAL_DELAYED && item->due < next)
			next = item->due;
	}
	next = sample < next ? sample : next;
	next = finish < next ? finish : next;
	return limit < next ? limit : next;
}

static int wait_until(struct real_run *run, uint64_t next)
{
	while (!run->nr_events && real_run_now(run) < next) {
		if (stopped(run))
			return -1;
		if (real_vm_wait(run->vm, POLL_MS))
			return real_run_vm_failed(run);
	}
	return stopped(run) ? -1 : 0;
}

/* Nothing runs that could end, or a balloon stands still that something waits for. */
static int check_deadlock(struct real_run *run)
{
	bool command = false;
	uint32_t i;

	for (i = 0; i < nr_items(run); i++) {
		enum real_item_state state = item_at(run, i)->state;

		if (state == REAL_DELAYED || (state == REAL_RUNNING && i < run->guest->nr_programs))
			return 0;
		command |= state == REAL_RUNNING;
	}
	if (!run->items_left || (command && real_run_now(run) - run->balloon_moved_ns < STUCK_NS))
		return 0;
	return real_run_fail(run, TRACE_END_DEADLOCK, false, "deadlock: %s",
			     command ? "the guest's balloon does not reach its target" :
				       "a start condition is never met");
}

static int look_around(struct real_run *run, uint64_t *sample)
{
	uint64_t now = real_run_now(run), every = run->scenario->trace.sample_ms * REAL_NS_PER_MS;
	uint64_t at;

	if (now >= *sample || now - run->heard_ns >= SILENCE_NS) {
		if (real_trace_sample(run, &at))
			return -1;
		/* A slow machine gets fewer samples, not ever more of them. */
		*sample = every ? at + every : never;
	}
	if (run->options.progress)
		run->options.progress(run->options.opaque, now);
	return real_trace_drain(run);
}

static int run_items(struct real_run *run)
{
	uint64_t every = run->scenario->trace.sample_ms * REAL_NS_PER_MS;
	uint64_t until = run->scenario->until_ms * REAL_NS_PER_MS;
	uint64_t sample = every ? real_run_now(run) + every : never;
	uint64_t limit, finish = never;
	uint32_t i;

	limit = until ? (uint64_t)((int64_t)until + run->shift_ns) : never;
	while (real_run_now(run) < finish) {
		for (i = 0; i < nr_items(run); i++)
			consider(run, item_at(run, i));
		if (check_deadlock(run))
			return -1;
		if (!run->items_left && finish == never)
			finish = real_run_now(run) + run->scenario->settle_ms * REAL_NS_PER_MS;
		if (wait_until(run, next_time(run, sample, finish, limit)) || see_events(run) ||
		    begin_due(run) || see_balloon(run) || look_around(run, &sample))
			return -1;
		if (real_run_now(run) >= limit) {
			run->limited = true;
			return 0;
		}
	}
	return 0;
}

/* The whole */

static bool ready(struct real_vm *vm, void *opaque)
{
	return vm->ready || stopped(opaque);
}

static int boot(struct real_run *run)
{
	const struct scenario_start *start = &run->guest->start;
	uint64_t begins = start->start_ms > start->delay_ms ? start->start_ms : start->delay_ms;
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	run->start_ns = clock_now_ns();
	run->start_wall_ns = wall.tv_sec * UINT64_C(1000000000) + wall.tv_nsec;
	real_trace_begin(run);
	if (qmp_run(&run->vm->qmp, QMP_MS, "cont", NULL, NULL))
		return real_run_fail(run, TRACE_END_FAILED, false, "%s: %s", run->guest->path,
				     run->vm->qmp.error);
	if (real_vm_wait_until(run->vm, BOOT_MS, "the start of the guest's agent", ready, run))
		return real_run_vm_failed(run);
	if (stopped(run) || real_setup_guest(run) || real_trace_booted(run))
		return -1;
	run->heard_ns = real_run_now(run);
	run->shift_ns = (int64_t)run->heard_ns -
			(int64_t)((begins + run->guest->boot.duration_ms) * REAL_NS_PER_MS);
	return 0;
}

static void make_items(struct real_run *run)
{
	uint32_t i;

	run->items_left = nr_items(run);
	run->programs = calloc(run->guest->nr_programs + 1, sizeof(*run->programs));
	run->commands = calloc(run->scenario->nr_commands + 1, sizeof(*run->commands));
	for (i = 0; run->programs && i < run->guest->nr_programs; i++)
		run->programs[i].start = &run->guest->programs[i].start;
	for (i = 0; run->commands && i < run->scenario->nr_commands; i++)
		run->commands[i].start = &run->scenario->commands[i].start;
	run->stats_due = run->balloon && run->balloon->stats_polling_s;
	run->balloon_bytes = run->guest->memory_mib << 20;
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
	lines_init(&run->log);
	lines_init(&run->console);
	lines_init(&run->said);
	if (!real_setup_check(run)) {
		make_items(run);
		if (run->programs && run->commands && !real_setup_machine(run))
			return run;
	}
	if (run->error[0])
		snprintf(error, error_size, "%s", run->error);
	real_run_destroy(run);
	return NULL;
}

enum trace_end real_run_go(struct real_run *run)
{
	char first_line[512];
	uint64_t at;

	if (!boot(run) && !run_items(run) && !real_trace_sample(run, &at) &&
	    !real_trace_totals(run) && real_vm_power_off(run->vm, POWER_OFF_MS))
		real_run_vm_failed(run);
	if (run->result == TRACE_END_OK && run->limited)
		run->result = TRACE_END_LIMIT;
	/* A guest that crashed has said why. */
	real_trace_drain(run);
	/* The rest is the console's end, which the trace has as messages. */
	snprintf(first_line, sizeof(first_line), "%.*s", (int)strcspn(run->error, "\n"),
		 run->error);
	commands_finish(run);
	at = real_run_now(run);
	TRACE(run->trace, trace_time(run, at), run_end,
	      .result = run->result, .text = first_line);
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
	if (!run)
		return;
	real_setup_clean_up(run);
	free(run->programs);
	free(run->commands);
	free(run);
}
