/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of a real run share: run.c lets things happen in their order, run_setup.c makes
 * the machine what the scenario says, run_trace.c records.
 */
#ifndef BALLAST_REAL_RUN_INTERNAL_H
#define BALLAST_REAL_RUN_INTERNAL_H

#include <limits.h>

#include "devices.h"
#include "lines.h"
#include "run.h"
#include "vm.h"

#define REAL_NS_PER_MS UINT64_C(1000000)
#define REAL_COMMAND_MS 60000		/* for the agent to answer: slow is not dead */
#define REAL_EVENTS_MAX 64		/* at once; a guest runs fewer programs */
#define REAL_APPEND_SIZE 2048

enum real_item_state { REAL_WAITING, REAL_DELAYED, REAL_RUNNING, REAL_ENDED };

/* A program or a command of the host. */
struct real_item {
	const struct scenario_start *start;
	enum real_item_state state;
	uint64_t due, began;		/* ns of the trace */
};

/* An event of the agent that has not been dealt with. */
struct real_event {
	char text[256];
};

struct real_run {
	const struct scenario *scenario;
	const struct scenario_guest *guest;
	struct real_run_options options;
	struct trace_writer *trace;

	/* The machine. */
	char dir[PATH_MAX];		/* of its own; "" before it is made */
	char append[REAL_APPEND_SIZE];	/* kernel options of the scenario */
	struct real_arguments args;
	struct real_vm *vm;
	const struct scenario_device *balloon;	/* NULL: none */
	bool recorded;			/* QEMU says what the device does */

	/* Time. */
	uint64_t start_ns, start_wall_ns;	/* host's, when the CPUs began to run */
	int64_t shift_ns;		/* time of the trace - time of the scenario */
	uint64_t heard_ns;		/* of the agent, last */

	/* What happens. */
	bool limited;			/* the time limit ended it */
	struct real_item *programs, *commands;
	uint32_t items_left;
	bool stats_due;
	struct real_event event[REAL_EVENTS_MAX];
	unsigned int nr_events;
	uint64_t balloon_bytes, balloon_moved_ns;	/* last heard, and when it last changed */

	/* What was recorded. */
	struct lines log, console, said;	/* of QEMU's trace, the guest, QEMU */
	uint64_t ballooned;		/* pages */
	uint64_t resident_peak;		/* pages */
	uint64_t oom_pages;		/* of the last program that the guest killed */
	uint64_t requests, blocks, bytes;	/* of reporting */
	uint64_t min_flt, maj_flt;

	enum trace_end result;
	bool bad_input;
	char error[REAL_ERROR_SIZE];
};

/* The first failure is the one that counts.  Returns -1. */
int real_run_fail(struct real_run *run, enum trace_end result, bool bad_input, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The same with what the machine says. */
int real_run_vm_failed(struct real_run *run);
/* ns of the trace, now. */
uint64_t real_run_now(const struct real_run *run);

/* run_setup.c; all return 0 or -1 after real_run_fail(). */
int real_setup_check(struct real_run *run);
int real_setup_machine(struct real_run *run);
/* The guest is there: its settings, then its modules. */
int real_setup_guest(struct real_run *run);
void real_setup_clean_up(struct real_run *run);

/* run_trace.c */
void real_trace_begin(struct real_run *run);
/* Whatever QEMU and the guest's console have said. */
int real_trace_drain(struct real_run *run);
/* The guest is up: say what booting has done to its memory. */
int real_trace_booted(struct real_run *run);
/*
 * Take a sample and record it; *@at is its time, for the records that belong to it. Everything
 * that happened before has been recorded then.
 */
int real_trace_sample(struct real_run *run, uint64_t *at);
/* Totals.  Also finds out whether events of the device were lost. */
int real_trace_totals(struct real_run *run);

#endif
