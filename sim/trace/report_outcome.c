// SPDX-License-Identifier: GPL-2.0-only
/*
 * What became of programs and commands, and who was killed.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "collect.h"
#include "hostmem.h"
#include "report_internal.h"
#include "table.h"

#define MIB_SHIFT 20

__attribute__((format(printf, 2, 3)))
static void casualty(struct report *r, const char *format, ...)
{
	char **text = collect_append(&r->casualties, &r->nr_casualties, sizeof(*text));
	va_list args;

	va_start(args, format);
	if (vasprintf(text, format, args) < 0)
		abort();
	va_end(args);
}

static struct report_program *program_of(struct report *r, uint64_t guest, uint64_t program)
{
	for (unsigned int i = r->nr_programs; i--;) {
		if (r->programs[i].guest == guest && r->programs[i].program == program)
			return &r->programs[i];
	}
	return NULL;
}

static void program_killed(struct report *r, struct report_program *p,
			   const struct trace_rec_program_killed *killed)
{
	const char *guest = report_guest_name(r, killed->guest);

	p->state = PROGRAM_KILLED;
	p->work = killed->work;
	p->cpu = killed->cpu;
	p->stalled = killed->stalled;
	casualty(r, "%s of %s killed by its guest at %s", p->name, guest, human_time(p->end).text);
	report_problem(r, "%s: %s killed by the guest's OOM killer at %s (%" PRIu64
		       " MiB resident)", guest, p->name, human_time(p->end).text,
		       killed->resident / 256);
}

void report_see_program(struct report *r, const struct trace_record *record)
{
	const struct trace_rec_program_start *start = record->rec;
	const struct trace_rec_program_end *end = record->rec;
	const struct trace_rec_program_cut *cut = record->rec;
	const struct trace_rec_measured *measured = record->rec;
	struct report_program *p;

	if (record->id == TRACE_ID_program_start) {
		p = collect_append(&r->programs, &r->nr_programs, sizeof(*p));
		p->guest = start->guest;
		p->program = start->program;
		p->name = collect_copy(start->name);
		p->start = record->time;
		return;
	}
	p = program_of(r, start->guest, start->program);
	if (!p)
		return;
	if (record->id == TRACE_ID_measured) {
		report_measured_add(&p->measured, measured->what, measured->values);
		return;
	}
	p->end = record->time;
	if (record->id == TRACE_ID_program_end) {
		p->state = PROGRAM_ENDED;
		p->status = end->status;
		p->work = end->work;
		p->cpu = end->cpu;
		p->stalled = end->stalled;
	} else if (record->id == TRACE_ID_program_killed) {
		program_killed(r, p, record->rec);
	} else {
		p->state = cut->why == TRACE_CUT_VMM_KILLED ? PROGRAM_VMM_KILLED :
			   cut->why == TRACE_CUT_SHUT_DOWN ? PROGRAM_SHUT_DOWN :
							     PROGRAM_NOT_ENDED;
		p->work = cut->work;
		p->cpu = cut->cpu;
		p->stalled = cut->stalled;
	}
}

void report_see_vmm_killed(struct report *r, const struct trace_record *record)
{
	const struct trace_rec_host_oom *oom = record->rec;
	const char *guest = report_guest_name(r, oom->guest);
	const char *at = *oom->cgroup ? ", at the limit of memory group " : "";

	casualty(r, "VMM of %s killed by the host at %s%s%s", guest,
		 human_time(record->time).text, at, oom->cgroup);
	report_problem(r, "%s: VMM killed by the host's OOM killer at %s%s%s (%" PRIu64
		       " MiB resident, %" PRIu64 " MiB swapped)", guest,
		       human_time(record->time).text, at, oom->cgroup, oom->resident / 256,
		       oom->swapped / 256);
}

/* NULL: not declared. */
static struct report_command *command_of(struct report *r, uint64_t number)
{
	return number < r->nr_commands ? &r->commands[number] : NULL;
}

static void command_ended(struct report *r, struct report_command *c,
			  const struct trace_rec_command_end *end)
{
	const char *guest = report_guest_name(r, c->guest);

	c->end = *end;
	c->ended = true;
	c->end.text = NULL;
	if (*end->text)
		c->text = collect_copy(end->text);
	if (end->result == TRACE_COMMAND_FAILED)
		report_problem(r, "%s: command %s has failed: %s", report_guest_label(r, c->guest),
			       c->name, c->text ? c->text : "");
	if (!c->target)
		return;
	if (end->result == TRACE_COMMAND_NOT_REACHED)
		report_problem(r, "%s: command %s has not reached its target of %" PRIu64
			       " MiB: the guest has %" PRIu64 " MiB after %s", guest, c->name,
			       c->target >> MIB_SHIFT, end->actual >> MIB_SHIFT,
			       human_ns(end->took).text);
	if (end->fights)
		report_problem(r, "%s: command %s inflates against the guest's programs: its "
			       "target of %" PRIu64 " MiB is below the %" PRIu64 " MiB that the "
			       "guest had; it took %" PRIu64 " MiB back and found no page %" PRIu64
			       " times", guest, c->name, c->target >> MIB_SHIFT,
			       c->actual_before >> MIB_SHIFT, end->taken_back / 256, end->retries);
}

void report_see_command(struct report *r, const struct trace_record *record)
{
	const struct trace_rec_command *declared = record->rec;
	const struct trace_rec_command_start *start = record->rec;
	struct report_command *c;

	if (record->id == TRACE_ID_command) {
		/* They come in the order of their numbers. */
		if (declared->command != r->nr_commands)
			return;
		c = collect_append(&r->commands, &r->nr_commands, sizeof(*c));
		c->guest = declared->guest;
		c->name = collect_copy(declared->name);
		c->target = declared->target;
		c->kind = declared->kind;
		return;
	}
	c = command_of(r, start->command);
	if (!c)
		return;
	if (record->id == TRACE_ID_command_start) {
		c->started = true;
		c->start = record->time;
		c->actual_before = start->actual;
	} else {
		command_ended(r, c, record->rec);
	}
}

static void command_free(struct report_command *c)
{
	free(c->name);
	free(c->text);
}

void report_free_outcome(struct report *r)
{
	for (unsigned int i = 0; i < r->nr_programs; i++) {
		free(r->programs[i].name);
		trace_histogram_free(&r->programs[i].measured.all);
	}
	for (unsigned int i = 0; i < r->nr_commands; i++)
		command_free(&r->commands[i]);
	host_free(r->programs);
	host_free(r->commands);
	collect_free_texts(r->casualties, r->nr_casualties);
}
