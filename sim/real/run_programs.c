// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs in real guests.
 *
 * A program stands still at the start of each phase until it is told to go on; in between a sample
 * is taken, so that what is said of a phase's ends is exact. What else the guest's kernel does
 * meanwhile (reporting after its delay), and what other guests do, goes on.
 */
#include "run_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "program-args.h"

/* As in the simulator, the statistics are polled from the first program on. */
static int poll_statistics(struct real_guest *g)
{
	char path[64];

	if (!g->stats_due)
		return 0;
	g->stats_due = false;
	real_device_path(g->balloon - g->config->devices, path, sizeof(path));
	if (!qmp_runf(&g->vm->qmp, REAL_QMP_MS, NULL, "qom-set",
		      "{'path':'%s','property':'guest-stats-polling-interval','value':%u}", path,
		      g->balloon->stats_polling_s))
		return 0;
	return real_guest_qmp_failed(g, true, g->balloon->path);
}

int real_program_begin(struct real_item *item)
{
	struct real_guest *g = item->guest;
	const struct scenario_program *p = &g->config->programs[item->index];
	char words[REAL_LINE_MAX / 2], series[32] = "";
	uint64_t at;

	if (p->file)
		snprintf(series, sizeof(series), " series=/series-%u", item->index);
	if (scenario_program_words(p, words, sizeof(words)))
		return real_run_fail(g->run, TRACE_END_FAILED, true, "%s: too many arguments",
				     p->path);
	if (poll_statistics(g) || real_samples_take(g, &at))
		return -1;
	if (g->gone)
		return 0;
	TRACE(g->run->trace, at, program_start, .guest = g->id, .program = item->index,
	      .name = p->name);
	g->running++;
	if (!real_vm_command(g->vm, REAL_COMMAND_MS, NULL, 0,
			     "start %u %" PRIu64 " %s guest=%s%s%s", item->index,
			     g->run->scenario->seed, scenario_program_name(p->kind),
			     g->config->name, series, words))
		return 0;
	return real_guest_failed(g);
}

static int go(struct real_guest *g, unsigned int index)
{
	/* It may have been killed meanwhile; that is told in another way. */
	if (real_vm_command(g->vm, REAL_COMMAND_MS, NULL, 0, "go %u", index) && g->vm->failed)
		return real_guest_failed(g);
	return 0;
}

static int see_phase(struct real_guest *g, unsigned int index, const char *rest)
{
	char name[160];
	uint64_t iteration, at;

	if (sscanf(rest, "%" SCNu64 " %159s", &iteration, name) != 2)
		return real_run_fail(g->run, TRACE_END_FAILED, false, "the agent says: phase %s",
				     rest);
	if (real_samples_take(g, &at))
		return -1;
	if (g->gone)
		return 0;
	TRACE(g->run->trace, at, program_phase, .guest = g->id, .program = index, .phase = name,
	      .iteration = iteration);
	return go(g, index);
}

/* The memory of the program is gone when the agent says so. */
static int see_end(struct real_guest *g, unsigned int index, const char *rest)
{
	uint64_t work, cpu, elapsed, min_flt, maj_flt, at;
	int status, killed;

	if (sscanf(rest, "%d %d %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &status,
		   &killed, &work, &cpu, &elapsed, &min_flt, &maj_flt) != 7)
		return real_run_fail(g->run, TRACE_END_FAILED, false, "the agent says: end %s",
				     rest);
	if (real_samples_take(g, &at))
		return -1;
	if (g->gone)
		return 0;
	if (killed)
		TRACE(g->run->trace, at, program_killed, .guest = g->id, .program = index,
		      .resident = g->oom_pages);
	else
		TRACE(g->run->trace, at, program_end, .guest = g->id, .program = index,
		      .status = status, .work = work, .cpu = cpu);
	g->min_flt += min_flt;
	g->maj_flt += maj_flt;
	g->running--;
	real_item_end(&g->programs[index]);
	return 0;
}

/* " VALUE:COUNT..." */
static void add_values(struct trace_histogram *values, const char *text)
{
	uint64_t value, count;
	int head;

	for (; sscanf(text, " %" SCNu64 ":%" SCNu64 "%n", &value, &count, &head) == 2; text += head)
		trace_histogram_add(values, value, count);
}

bool real_program_measured(struct real_guest *g, const char *text)
{
	struct trace_histogram values = { 0 };
	unsigned int index, what;
	int head = 0;

	if (sscanf(text, "%*u measured %u %u%n", &index, &what, &head) != 2 || !head)
		return false;
	add_values(&values, text + head);
	if (values.count && what < NR_TRACE_MEASURES && index < g->config->nr_programs && !g->gone)
		TRACE(g->run->trace, real_run_trace_now(g->run), measured, .guest = g->id,
		      .program = index, .what = what, .values = &values);
	trace_histogram_free(&values);
	return true;
}

/* "NS KIND INDEX [REST]" */
static int see_event(struct real_guest *g, const char *text)
{
	unsigned int index;
	char kind[16];
	int head = 0;

	if (sscanf(text, "%*u %15s %u%n", kind, &index, &head) != 2 || !head ||
	    index >= g->config->nr_programs || g->programs[index].state != REAL_RUNNING)
		return real_run_fail(g->run, TRACE_END_FAILED, false, "the guest's agent says: %s",
				     text);
	if (!strcmp(kind, "phase"))
		return see_phase(g, index, text + head);
	if (!strcmp(kind, "exit"))
		return go(g, index);
	return strcmp(kind, "end") ? 0 : see_end(g, index, text + head);
}

/* More may come while one is dealt with. */
static int see_events(struct real_guest *g)
{
	struct real_event event;

	while (g->nr_events) {
		event = g->event[0];
		memmove(&g->event[0], &g->event[1], --g->nr_events * sizeof(event));
		if (see_event(g, event.text))
			return -1;
	}
	return 0;
}

int real_programs_see_events(struct real_run *run)
{
	uint32_t i;

	/* What a guest had said before it was stopped is for later: it cannot be asked. */
	for (i = 0; i < run->scenario->nr_guests; i++)
		if (!run->guests[i].stopped && see_events(&run->guests[i]))
			return -1;
	return 0;
}
