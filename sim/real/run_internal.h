/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of a real run share: run.c lets things happen in their order; run_guests.c has
 * guests begin, and end before their time; run_programs.c and run_commands.c what is done in and to
 * them; run_setup.c makes a machine what the scenario says; run_host.c has the memory group;
 * run_trace.c and run_samples.c record.
 */
#ifndef BALLAST_REAL_RUN_INTERNAL_H
#define BALLAST_REAL_RUN_INTERNAL_H

#include <limits.h>

#include "devices.h"
#include "directory.h"
#include "group.h"
#include "lines.h"
#include "pressure.h"
#include "protocol.h"
#include "run.h"
#include "vm.h"

#define REAL_NS_PER_MS UINT64_C(1000000)
#define REAL_COMMAND_MS 180000		/* for the agent to answer: slow is not dead */
#define REAL_QMP_MS 30000
#define REAL_EVENTS_MAX 64		/* at once; a guest runs fewer programs */
#define REAL_APPEND_SIZE 2048

enum real_item_state { REAL_WAITING, REAL_DELAYED, REAL_RUNNING, REAL_ENDED };

struct real_guest;

/* The boot of a guest, a program, or a command of the host. */
struct real_item {
	struct real_guest *guest;
	const struct scenario_start *start;
	uint32_t index;			/* of the program or command */
	int (*begin)(struct real_item *item);
	enum real_item_state state;
	uint64_t due, began;		/* ns of the trace */
};

/* An event of the agent that has not been dealt with. */
struct real_event {
	char text[256];
};

/* What the agent says of the guest's memory, pages. */
struct real_memory {
#define FIELD(name) uint64_t name;
	REAL_MEMORY_FIELDS(FIELD)
#undef FIELD
};

struct real_guest {
	struct real_run *run;
	uint32_t id;
	const struct scenario_guest *config;

	/* The machine. */
	char dir[PATH_MAX];
	char initrd[PATH_MAX + 16];
	char append[REAL_APPEND_SIZE];	/* kernel options of the scenario */
	struct real_arguments args;
	struct real_vm *vm;		/* NULL: not launched yet, or gone */
	const struct scenario_device *balloon;	/* NULL: none */
	bool recorded;			/* QEMU says what the device does */
	bool up, gone;
	bool stopped;			/* by a command */

	/* Time. */
	int64_t shift_ns;		/* time of the trace - time of the scenario */
	uint64_t ready_until;		/* limit of booting */
	uint64_t heard_ns;		/* of the agent, last */

	/* What happens. */
	struct real_item boot, *programs;
	uint32_t running;		/* programs */
	bool stats_due;
	struct real_event event[REAL_EVENTS_MAX];
	unsigned int nr_events;
	uint64_t balloon_bytes, balloon_moved_ns;	/* last heard, and when it last changed */

	/* What was recorded. */
	struct lines log, console, said;	/* of QEMU's trace, the guest, QEMU */
	struct real_memory memory;	/* last heard */
	struct real_vm_memory host;	/* last seen */
	uint64_t ballooned;		/* pages */
	uint64_t resident_peak;		/* pages */
	uint64_t oom_pages;		/* of the last program that the guest killed */
	uint64_t requests, blocks, bytes;	/* of reporting */
	uint64_t min_flt, maj_flt;
};

struct real_run {
	const struct scenario *scenario;
	struct real_run_options options;
	struct trace_writer *trace;

	/* The host. */
	char dir[PATH_MAX];		/* of its own; "" before it is made */
	char qemu[PATH_MAX], firmware[PATH_MAX], kernel[PATH_MAX];	/* what guests boot from */
	bool limited;			/* guests are in the group */
	struct real_group group;
	struct real_swap_file swap;
	struct real_group_counters counters;	/* last seen */
	uint64_t oom_kills;		/* that have been told */
	uint64_t limit;			/* bytes */
	uint64_t used_peak;
	uint64_t swap_out, swap_in;	/* pages of the machine, before the run */
	struct real_pressure pressure_before, pressure;	/* before the run, last seen */

	/* Time. */
	uint64_t start_ns, start_wall_ns;	/* host's, when the run began */
	int64_t shift_ns;		/* the largest of a guest */

	/* What happens. */
	bool timed_out;			/* the time limit ended it */
	struct real_guest *guests;	/* one for each of the scenario */
	struct real_item *commands;
	uint32_t items_left;

	enum trace_end result;
	bool bad_input;
	char error[REAL_ERROR_SIZE];
};

/* The first failure is the one that counts.  Returns -1. */
int real_run_fail(struct real_run *run, enum trace_end result, bool bad_input, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Whether somebody wants it to end, or it has failed. */
bool real_run_stopped(struct real_run *run);
/* ns of the trace, now; the second is not before the last record. */
uint64_t real_run_now(const struct real_run *run);
uint64_t real_run_trace_now(const struct real_run *run);
void real_item_end(struct real_item *item);

/*
 * run_guests.c.  What a machine does not do: 0 when the host's OOM killer has killed it, which
 * is an outcome (guest->gone), else -1: the run has failed.
 */
int real_guest_failed(struct real_guest *guest);
/* The same of QMP, for what @path names. */
int real_guest_qmp_failed(struct real_guest *guest, bool bad_input, const char *path);
int real_guest_launch(struct real_guest *guest);
int real_guest_boot(struct real_item *item);
/* Guests that have come up since. */
int real_guests_see(struct real_run *run);
/* Serve all of them, and wait at most @ms for something to happen. */
int real_guests_serve(struct real_run *run, int ms);

/* run_programs.c */
int real_program_begin(struct real_item *item);
int real_programs_see_events(struct real_run *run);
/* An event of the agent is recorded at once if it is of this kind: there may be many. */
bool real_program_measured(struct real_guest *g, const char *text);

/* run_commands.c */
int real_command_begin(struct real_item *item);
int real_commands_see(struct real_run *run);
/* Of a guest that is gone; of all when the run has ended (NULL). */
void real_commands_finish(struct real_run *run, struct real_guest *gone);

/* run_check.c, run_setup.c; all return 0 or -1 after real_run_fail(). */
int real_setup_check(struct real_run *run);
/* What the guest boots from. */
int real_setup_machine(struct real_guest *guest);
/* How it is started; strings of @config are the run's. */
void real_setup_config(struct real_guest *guest, struct real_vm_config *config);
int real_setup_open_logs(struct real_guest *guest);
/* The guest is there: its settings, then its modules. */
int real_setup_guest(struct real_guest *guest);
void real_setup_clean_up(struct real_guest *guest);

/* run_host.c: memory of all guests */
int real_host_create(struct real_run *run);
void real_host_destroy(struct real_run *run);
/* Look at the group; 0, or -1 after real_run_fail(). */
int real_host_look(struct real_run *run);
/* Since the run began, pages of the whole machine. */
void real_host_swapped(struct real_run *run, uint64_t *out, uint64_t *in);

/* run_trace.c */
void real_trace_begin(struct real_run *run);
/* Whatever QEMU and the guest's console have said; of all guests. */
int real_trace_drain(struct real_guest *guest);
int real_trace_drain_all(struct real_run *run);
/* Totals.  Also finds out whether events of the device were lost. */
int real_trace_totals(struct real_guest *guest);

/* run_samples.c */
void real_samples_answer(struct real_guest *guest, char *answer);
/* The guest is up: say what booting has done to its memory. */
int real_samples_booted(struct real_guest *guest);
/*
 * Ask the guest, take a sample and record it; *@at is its time, for the records that belong to it.
 * Everything that happened before has been recorded then.  0 with guest->gone when it has none.
 */
int real_samples_take(struct real_guest *guest, uint64_t *at);
/* All guests and the host, waiting for nobody: what a guest has said last has to do. */
int real_samples_look(struct real_run *run);

#endif
