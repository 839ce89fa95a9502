/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine of a scenario: built from its plain data, run to its end, recorded in a trace.
 *
 * How to use it: machine_create(), machine_run() once, machine_destroy().  Everything that a table
 * may need is in the trace; what the functions return is only how it ended.
 */
#ifndef BALLAST_MACHINE_H
#define BALLAST_MACHINE_H

#include "scenario.h"
#include "trace.h"

struct kvm_vm;
struct machine;

struct machine_options {
	const char *image_dir;		/* where driver and device images are */
	bool images_given;		/* by the user: their paths are told in full */
	struct trace_writer *trace;
	const char *scenario_name;	/* as recorded in the trace */
	/* Called now and then with virtual time (ns) and events so far; NULL: never. */
	void (*progress)(void *opaque, uint64_t now, uint64_t events);
	/*
	 * For tests: called when the run begins and whenever it has asked for (ns), after all
	 * records of the time before; returns when to look again, 0: not any more.
	 */
	uint64_t (*look)(void *opaque, struct machine *machine, uint64_t now);
	/* A line for the user while it runs (data loss, guests' errors); NULL: not wanted. */
	void (*message)(void *opaque, const char *text);
	/* CPU time (ms) without an event that counts as a loop without end; 0: as fault.h says. */
	unsigned int patience_ms;
	/* Remove the guests' modules when all is done, and look for pages that they kept. */
	bool unload_modules;
	void *opaque;
	bool *crashed;			/* set by machine_create(); may be NULL */
};

/*
 * Whether this process may have what so many guests take; else -1 and @error, one line.
 * machine_create() asks itself.
 */
int machine_check_limits(const struct scenario *scenario, char *error, size_t size);

/*
 * Returns NULL and @error, one line: an image is missing, a parameter unknown, no memory; or, with
 * options->crashed set, an image failed in a way that would have ended the process.
 */
struct machine *machine_create(const struct scenario *scenario,
			       const struct machine_options *options, char *error,
			       size_t error_size);
/*
 * Returns how the run ended, the reason in machine_error() unless it ended well.
 * TRACE_END_FAILED with machine_bad_input(): what the scenario asks for cannot be had.
 */
enum trace_end machine_run(struct machine *machine);
/* Write to the trace what the machine is, without running it. */
void machine_describe(struct machine *machine);
/* Of the files of all images that it runs, before or after the run. */
uint64_t machine_images_digest(struct machine *machine);
/* What can be built and will hardly do what was meant: a line each, as errors. */
void machine_warnings(const struct machine *machine, void (*fn)(void *opaque, const char *text),
		      void *opaque);
/* For tests: a guest as the host has it (host-model/kvm.h). */
const struct kvm_vm *machine_guest_vm(const struct machine *machine, uint32_t guest);
/* End the run soon, as a time limit does; from anywhere, a signal handler too. */
void machine_interrupt(struct machine *machine);
const char *machine_error(const struct machine *machine);
bool machine_bad_input(const struct machine *machine);
void machine_destroy(struct machine *machine);

#endif
