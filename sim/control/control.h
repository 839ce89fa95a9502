/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who decides how large a balloon is: a policy that runs beside a VMM, as a management daemon's
 * does.
 *
 * A policy is a function that is called every so often for one guest and answers with the memory
 * that the guest is to be left with.  It knows what such a daemon knows: what the guest has said of
 * itself (statistics of the balloon device, which may be old or missing), what the VMM is on the
 * host, how the host is.  There are four here, and an image may bring another one: a shared object
 * with
 *
 *	#include "control.h"
 *	uint64_t ballast_control(const struct control_input *in, void **state);
 *
 * compiled with  cc -shared -fPIC -I sim/control, named by the property image of
 * ballast,controller.  Each guest has a copy of its own.
 */
#ifndef BALLAST_CONTROL_H
#define BALLAST_CONTROL_H

#include <stdint.h>

#define CONTROL_UNKNOWN UINT64_MAX

/* Parameters of ballast,controller; see docs/scenario.md for their meaning in each policy. */
struct control_params {
	uint64_t period_ns;
	uint64_t step_bytes;		/* largest change of one period */
	uint64_t min_bytes;		/* never less for the guest */
	uint32_t guest_free_percent;
	uint32_t host_free_percent;
	uint32_t low_percent, high_percent;
	uint32_t stall_permille;
	uint32_t pressure_high_permille, pressure_low_permille;
};

/* A file of pressure stall information (/proc/pressure, memory.pressure, ...); 1/100 %, and µs. */
struct control_psi {
	uint32_t some_avg10, some_avg60, some_avg300;
	uint32_t full_avg10, full_avg60, full_avg300;
	uint64_t some_us, full_us;
};

struct control_pressure {
	struct control_psi memory, io, cpu;
};

/* All sizes in bytes; counters since boot; what is not known is CONTROL_UNKNOWN. */
struct control_input {
	const struct control_params *params;
	uint64_t now_ns;
	uint64_t guest_bytes;		/* memory that it was booted with */
	uint64_t actual_bytes;		/* that its balloon leaves it now */
	uint64_t target_bytes;		/* that it was last told to be left with */
	uint64_t resident_bytes;	/* of its memory, on the host */
	uint64_t swapped_bytes;		/* of its memory, in the host's swap */
	uint64_t stalled_ns;		/* vCPUs, or tasks on them, waited for swap, since boot */
	unsigned int vcpus;
	/* Statistics of the balloon device (Virtio 1.2, 5.5.6.3). */
	uint64_t stat_free, stat_total, stat_available, stat_caches;
	uint64_t stat_swap_in, stat_swap_out, stat_major_faults;
	uint64_t stat_age_ns;		/* since they were sent */
	uint64_t host_bytes;		/* memory of the host without its kernel's reserve */
	uint64_t host_free_bytes;
	uint64_t host_swap_used_bytes;
	/* As the kernel has it now; of the guest's own group, if it is in one, else the host's. */
	struct control_pressure host_pressure, group_pressure;
};

/*
 * @state: the guest's own, NULL at first, kept for the policy, which may put memory of malloc()
 * there (it is given to free() at the end).  Returns the memory that the guest is to be left with,
 * or 0: nothing is to be changed.  What is more than the guest's memory is all of it.
 */
typedef uint64_t control_fn(const struct control_input *in, void **state);

control_fn control_free_memory, control_available, control_stall, control_pressure;

/* @actual plus or minus at most a step, and within the guest's limits. */
uint64_t control_towards(const struct control_input *in, uint64_t wanted);

#endif
