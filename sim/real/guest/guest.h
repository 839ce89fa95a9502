/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The agent in a real guest: what its files share.
 *
 *   agent.c	command line, main loop
 *   init.c	being PID 1
 *   port.c	opening the port, reading and writing its lines
 *   command.c	the host's commands
 *   process.c	programs: starting, events, ends
 *   measure.c	what programs measure
 *   series.c	time series
 *
 * One thread, one loop; the agent itself never waits for a program.
 */
#ifndef BALLAST_GUEST_H
#define BALLAST_GUEST_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "posix.h"
#include "protocol.h"

#define GUEST_PROGRAMS_MAX 64		/* at once */
#define GUEST_EVENT_MAX 256		/* bytes of what a program tells the agent, with '\n' */

enum agent_end { AGENT_RUNS, AGENT_POWEROFF, AGENT_REBOOT };

/* A program that was started; processes of it may be left. */
struct guest_program {
	struct guest_program *next;
	unsigned int index;
	pid_t pid;			/* of its first process, and their process group */
	int events;			/* lines from its processes; not blocking */
	int go;				/* a byte for each process that may go on */
	unsigned int waiting;		/* processes that wait for one */
	uint64_t waiting_since_ns;
	uint64_t started_ns;
	struct posix_shared *shared;
	bool main_ended;
	bool kill_asked;		/* by the host */
	int status;			/* of its first process, as the shell has it */
	uint64_t cpu_ns, min_flt, maj_flt;
	char event[GUEST_EVENT_MAX];
	size_t event_len;
};

/* What a process has measured and not told yet: values, and how often each. */
#define MEASURES_MAX 8		/* which fit into a line: 14 digits and 6 */

struct measures {
	unsigned int what, nr;
	uint64_t since_ns;
	uint64_t value[MEASURES_MAX], count[MEASURES_MAX];
};

struct agent {
	int in, out;			/* the port; @in is -1 when there is none */
	bool is_init;
	bool auto_go;			/* nobody says "go" */
	enum agent_end end;
	bool port_lost;			/* the host is gone */
	int last_status;		/* of the program that ended last */
	char directory[PATH_MAX];	/* for files of programs */
	struct guest_program *programs;
	char line[REAL_LINE_MAX];	/* of the host, as far as it came */
	size_t line_len;
	bool line_overlong;
};

/*
 * Lines to the host; the '\n' is added, what is too long is cut.  A host that is gone sets
 * agent->port_lost.
 */
void __attribute__((format(printf, 2, 3))) agent_say(struct agent *agent, const char *format, ...);
/* Returns 0, or -1 with the reason in @error. */
int port_open(struct agent *agent, const char *path, char *error, size_t size);
/* Read what there is and call @line for each line. */
void port_read(struct agent *agent, void (*line)(struct agent *agent, char *text));

void command_line(struct agent *agent, char *text);
/* Returns 0 or a reason. */
const char *module_load(const char *file, const char *params);

/*
 * Start a program; @text: "NAME [KEY=VALUE...]", is cut into pieces.  Returns NULL with the reason
 * in @error.
 */
struct guest_program *process_start(struct agent *agent, unsigned int index, uint64_t seed,
				    char *text, char *error, size_t size);
struct guest_program *process_find(struct agent *agent, unsigned int index);
void process_go(struct guest_program *p);
void process_kill(struct guest_program *p);
/* Forward the events that have come. */
void process_events(struct agent *agent, struct guest_program *p);
/* Collect dead processes; programs whose last one it was are reported and forgotten. */
void process_reap(struct agent *agent);
/* Kill all programs and wait for their ends, without a word. */
void process_end_all(struct agent *agent);

/* Returns whether it is time to tell. */
bool measures_add(struct measures *m, unsigned int what, uint64_t value, uint64_t now_ns);
/* As words for a line, and forgotten. */
void measures_take(struct measures *m, char *text, size_t size);

/* Returns 0, or -1 with the reason in @error; *samples is the caller's to free(). */
int series_load(const char *file, struct program_sample **samples, size_t *nr, char *error,
		size_t size);
/* Decimal digits and nothing else; returns false when that is not so or does not fit. */
bool parse_u64(const char *text, uint64_t *value);

/* Be PID 1: make the file systems, the console and the modules be there.  Returns 0 or -1. */
int init_begin(void);
void __attribute__((noreturn)) init_end(enum agent_end end);

#endif
