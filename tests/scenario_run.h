/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small machine for tests: a scenario as text, run, and what came of it.
 */
#ifndef BALLAST_TEST_SCENARIO_RUN_H
#define BALLAST_TEST_SCENARIO_RUN_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "level.h"
#include "machine.h"
#include "report.h"
#include "scenario.h"

/* CPU time without an event until code counts as hanging. */
#ifdef __SANITIZE_ADDRESS__
#define TEST_PATIENCE_MS 8000
#else
#define TEST_PATIENCE_MS 2000
#endif

struct outcome {
	bool refused;		/* not loaded or not built */
	enum trace_end end;
	char text[1500];	/* errors and messages; Check takes no longer ones */
	struct report report;
	struct scenario scenario;
	char file[64], trace[80];
	/* Kept by a consumer of the trace. */
	struct trace_consumer consumer;
	uint64_t commands_done;
	uint64_t over, ended;	/* of the run; with what comes after it, see machine_unload.c */
};

/* Of struct machine_options, for outcome_run(); NULL: nobody looks. */
static uint64_t (*outcome_look)(void *opaque, struct machine *machine, uint64_t now);

static inline void outcome_record(struct trace_consumer *c, const struct trace_record *record)
{
	struct outcome *o = (struct outcome *)((char *)c - offsetof(struct outcome, consumer));

	if (record->id == TRACE_ID_counter &&
	    ((const struct trace_rec_counter *)record->rec)->guest != TRACE_HOST)
		o->commands_done++;
	if (record->id == TRACE_ID_epilogue)
		o->over = record->time;
	if (record->id == TRACE_ID_run_end)
		o->ended = record->time;
}

static inline void outcome_message(void *opaque, const char *text)
{
	struct outcome *o = opaque;
	size_t used = strlen(o->text);

	snprintf(o->text + used, sizeof(o->text) - used, "%s\n", text);
}

static inline const char *test_top(void)
{
	const char *top = getenv("BALLAST_TOP");

	return top ? top : ".";
}

static inline const char *test_images(void)
{
	const char *dir = getenv("BALLAST_IMAGES");

	return dir ? dir : "build/gcc/images";
}

/* Also one of before headers of the model changed, which has to be built again, is none. */
static inline bool test_image_exists(const char *name)
{
	char path[4096], why[8192];

	snprintf(path, sizeof(path), "%s/%s.so", test_images(), name);
	return level_of_image(&linux_levels, path, why, sizeof(why)) ||
	       level_of_image(&qemu_levels, path, why, sizeof(why));
}

#define TEST_HEAD                                                                                  \
	"/dts-v1/;\n/include/ \"costs/skylake.dtsi\"\n/include/ \"boot/linux.dtsi\"\n"             \
	"/ { compatible = \"ballast,scenario\"; description = \"test\"; until-ms = <120000>;\n"
#define TEST_HOST                                                                                  \
	"host { compatible = \"ballast,host\"; memory-mib = <2048>; cpus = <2>; };\n"

/* Properties of a host and of a guest. */
#define NVME_NODE                                                                                  \
	"swap { compatible = \"ballast,swap-nvme\"; size-mib = <1024>; queue-depth = <64>;"        \
	" read-us = <80>; write-us = <20>; transfer-mib-per-s = <3000>; };"
#define OUR_BALLOON                                                                                \
	"devices { b { compatible = \"ballast,virtio-ballast\"; }; };"                             \
	"modules { d { compatible = \"ballast,module\"; image = \"virtio_ballast\"; }; };"

static inline void outcome_write(struct outcome *o, const char *text)
{
	FILE *f;
	int fd;

	strcpy(o->file, "/tmp/ballast-test-XXXXXX.dts");
	fd = mkstemps(o->file, 4);
	ck_assert_int_ge(fd, 0);
	f = fdopen(fd, "w");
	fputs(text, f);
	fclose(f);
	snprintf(o->trace, sizeof(o->trace), "%s.trace", o->file);
}

/* Run a scenario; @trace: keep the file o->trace until outcome_free(). */
static inline void outcome_run(struct outcome *o, const char *text, bool trace)
{
	struct machine_options options = { .image_dir = test_images(), .message = outcome_message,
					   .patience_ms = TEST_PATIENCE_MS,
					   .unload_modules = true, .look = outcome_look,
					   .opaque = o };
	char dir[4096], error[1024] = "";
	struct scenario_args args = { .file = o->file, .include_dir = dir };
	struct machine *m = NULL;

	memset(o, 0, sizeof(*o));
	snprintf(dir, sizeof(dir), "%s/scenarios", test_top());
	outcome_write(o, text);
	report_init(&o->report);
	o->consumer = (struct trace_consumer){ .record = outcome_record, .level = TRACE_NORMAL };
	if (scenario_load(&o->scenario, &args)) {
		o->refused = true;
		outcome_message(o, scenario_error_text(&o->scenario));
		return;
	}
	options.trace = trace_open(trace ? o->trace : NULL, TRACE_NORMAL, error, sizeof(error));
	ck_assert_msg(options.trace != NULL, "%s", error);
	trace_add_consumer(options.trace, &o->report.consumer);
	trace_add_consumer(options.trace, &o->consumer);
	m = machine_create(&o->scenario, &options, error, sizeof(error));
	if (m) {
		trace_start(options.trace);
		o->end = machine_run(m);
		outcome_message(o, machine_error(m));
		trace_close(options.trace);
	} else {
		o->refused = true;
		outcome_message(o, error);
		trace_abandon(options.trace);
	}
	machine_destroy(m);
}

static inline void outcome_free(struct outcome *o)
{
	report_free(&o->report);
	scenario_free(&o->scenario);
	unlink(o->file);
	unlink(o->trace);
}

#endif
