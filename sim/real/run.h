/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scenario on real kernels in real QEMUs, recorded as the simulator records it.
 *
 * How to use it: real_run_create() builds the machine (its CPUs do not run yet), real_run_go()
 * once, real_run_destroy().  Nothing of it outlives real_run_destroy(): no process, no file, no
 * memory group, no swap.  If this process is killed its machines die with it; the group and the
 * swap file go when the next run makes its own.
 *
 * Time in the trace is the host's, from real_run_go().  Times that the scenario states (start-ms,
 * until-ms) count as if booting had taken as long as the guest's boot profile says, so that what a
 * program meets does not depend on how fast this machine boots: those of programs and commands by
 * their guest's boot, boots and until-ms by the slowest so far.
 */
#ifndef BALLAST_REAL_RUN_H
#define BALLAST_REAL_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "scenario.h"
#include "trace.h"

struct real_run;

/*
 * Whether guests share a memory group with what the scenario's host has, and its swap: that takes
 * root.  By default several do, and one does not.
 */
enum real_limit { REAL_LIMIT_DEFAULT, REAL_LIMIT_YES, REAL_LIMIT_NO };

struct real_run_options {
	const char *dir;		/* what `make real` fills */
	const char *kernel;		/* NULL: Debian's; else an image with the driver built in */
	const char *stock_module;	/* virtio_balloon.ko; NULL: Debian's */
	const char *accel;		/* "tcg" or "kvm"; NULL: tcg */
	enum real_limit limit;
	struct trace_writer *trace;
	/* Called now and then with the time (ns); NULL: never. */
	void (*progress)(void *opaque, uint64_t now);
	/* A line for the user while it runs; NULL: not wanted. */
	void (*message)(void *opaque, const char *text);
	void *opaque;
	/* The run fails soon after this becomes other than 0; may be NULL. */
	const volatile sig_atomic_t *stop;
};

/*
 * All must stay until real_run_destroy().  Returns NULL and @error (the first line says it all):
 * the scenario asks for what a real machine does not have here, or QEMU cannot be had.
 */
struct real_run *real_run_create(const struct scenario *scenario,
				 const struct real_run_options *options, char *error,
				 size_t error_size);
/* Returns how it ended; the reason is in real_run_error() unless it ended well. */
enum trace_end real_run_go(struct real_run *run);
const char *real_run_error(const struct real_run *run);
/* The scenario asked for what could not be had. */
bool real_run_bad_input(const struct real_run *run);
void real_run_destroy(struct real_run *run);

#endif
