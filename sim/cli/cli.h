/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands of `ballast`, and what they share.
 *
 * A command gets the arguments from its own name on and returns the exit status: 0 well, 1 the run
 * failed (deadlock, data loss, leak, broken protocol, a crash) or traces deviate,
 * 2 bad input, or output that could not be written, 128 + N a run was ended by signal N.
 */
#ifndef BALLAST_CLI_H
#define BALLAST_CLI_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "human.h"
#include "report.h"
#include "scenario.h"

#define EXIT_WELL 0
#define EXIT_RUN_FAILED 1
#define EXIT_BAD_INPUT 2
#define EXIT_SIGNAL 128

int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_published(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_real(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_calibrate(int argc, char **argv);
int cmd_new(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_build_image(int argc, char **argv);
int cmd_import_kmem(int argc, char **argv);
int cmd_completion(int argc, char **argv);
void version_print(void);

#define RUN_LIST_MAX 64

/* What options belong to: the simulator, a real machine, or many runs of the simulator. */
enum run_kind { RUN_MODEL = 1, RUN_REAL = 2, RUN_STUDY = 4 };

struct run_args;

/* What runs a scenario.  Errors as in machine.h, whose functions these are for the model. */
struct cli_world {
	/* @crashed: an image of the scenario failed while it was built; status 1, not 2. */
	void *(*create)(const struct run_args *args, const struct scenario *scenario,
			struct trace_writer *trace, char *error, size_t error_size,
			bool *crashed);
	enum trace_end (*run)(void *machine);
	const char *(*error)(const void *machine);
	bool (*bad_input)(const void *machine);
	void (*destroy)(void *machine);
	enum trace_world world;
	/* End the run as a time limit does; called by a signal handler. */
	void (*interrupt)(void *machine);
	bool repeats;			/* the same arguments give the same run */
};

/* What `run` and its relatives take from the command line. */
struct run_args {
	const char *files[RUN_LIST_MAX], *overlays[RUN_LIST_MAX], *settings[RUN_LIST_MAX];
	unsigned int nr_files, nr_overlays, nr_settings;
	const char *trace;
	const char *images;		/* NULL: beside the executable */
	bool detail_given;		/* else as the scenario says */
	enum trace_level detail;	/* of the trace */
	const char *real;		/* what `make real` fills; NULL: beside the executable */
	const char *accel, *kernel, *stock_module; /* of a real machine; NULL: the default */
	bool limit, no_limit;		/* of a real machine: overrides what it does by default */
	const struct cli_world *world;	/* NULL: the model */
	unsigned int patience_s;	/* of the watchdog, CPU time; 0: the default */
	bool json, quiet;
	bool strict;			/* a program or VMM that was killed fails the run */
	bool progress;
};

/* Returns EXIT_WELL or, after an error message, EXIT_BAD_INPUT. */
int cli_run_args(struct run_args *args, enum run_kind kind, int argc, char **argv);
/* The value of --detail; as above. */
int cli_parse_level(const char *value, enum trace_level *level);
enum trace_level cli_trace_level(const struct run_args *args, const struct scenario *s);

/* A path, until the next call. */
const char *cli_beside_executable(const char *what);
/* By --images or BALLAST_IMAGES; NULL: not at all. */
const char *cli_images_given(const struct run_args *args);
/* Directory of the driver and device images; of scenarios that others include. */
const char *cli_image_dir(const struct run_args *args);
const char *cli_scenario_dir(void);
/* What images are compiled against, laid out as the source tree; NULL: it is not there. */
const char *cli_build_dir(void);
/*
 * The file that the command line means by @name, a scenario or an overlay: that, or, when there is
 * no such file, the one of that name in cli_scenario_dir().
 */
const char *cli_find_scenario(const char *name);

/*
 * Whether what @option names is nothing that is read; and whether it can be written, too: 0, or
 * EXIT_BAD_INPUT after an error message.
 */
int cli_check_not_read(const char *option, const char *path, const struct run_args *args);
int cli_check_output(const char *option, const char *path, const struct run_args *args);
/* Write a file, by @fill.  Returns the exit status, with an error said. */
int cli_write(const char *path, void (*fill)(FILE *out, void *opaque), void *opaque);
/* Say that a report is there. */
void cli_written(FILE *out, const char *path);

/* There is no record type @name, that was given as @what; names those that there are. */
int cli_no_record_type(const char *what, const char *name);

/* Print "ballast: TEXT" for each line to stderr; returns EXIT_BAD_INPUT. */
int cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The signal (SIGINT, SIGTERM, SIGHUP) that asked for the end of what runs; 0: none. */
int cli_interrupted(void);
const volatile sig_atomic_t *cli_interrupt_flag(void);
/* These signals end this run, once; without one they are only noted. */
void cli_catch_signals(const struct cli_world *world, void *machine);
/* Crashes of the simulator are one line, status 1, and @text: how to see it again. */
void cli_catch_crashes(void);
void cli_crash_context(const char *text);

int cli_load(struct scenario *scenario, const struct run_args *args, const char *file);
/* A line for the user; @opaque: the struct run_args. */
void cli_message(void *opaque, const char *text);
/*
 * The beginning of a command as text for a shell: variables that it depends on, and the program.
 * @images: an option that takes the place of its variable, NULL: not given.  As open_memstream().
 */
FILE *cli_begin_command(char **text, size_t *size, const char *images);
/* The command that runs a scenario, with all that the run depends on. */
void cli_print_command(FILE *out, const struct run_args *args, const char *file);
/* "ballast: replay with: ..." */
void cli_print_replay(FILE *out, const struct run_args *args, const char *file);
/* Run all files and print their tables.  Returns the worst exit status. */
int cli_run_all(const struct run_args *args);
/* Run one scenario; its tables are in @report.  Returns the exit status. */
int cli_run_one(const struct run_args *args, const char *file, struct report *report,
		struct trace_consumer *more);

#endif
