// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest shrinks as long as it does not hurt, and grows when it does.
 *
 * In the manner of Senpai (Meta, 2019), which takes a cgroup's memory away in small steps and
 * backs off when its pressure stall information says that tasks wait for memory.  The pressure of a
 * guest, as seen from its host: time that its vCPUs stood still, or that tasks of a vCPU slept
 * (asynchronous page faults), because the host had swapped their memory out, and time that the
 * guest's own swapping takes, which is not known and put at a fixed time per page that it swaps in.
 * Below the threshold the guest loses a hundredth of its memory each period, as Senpai's largest
 * probe; above it the guest gets back a tenth of it per multiple of the threshold.
 *
 * PSI proper is the guest's, and no statistic of a balloon has it.
 */
#include "control.h"

#include <stdlib.h>

#define PROBE_PERCENT 1
#define BACK_OFF_PERCENT 10
/* What a page swapped in by the guest costs it, put in: a read of an SSD. */
#define SWAP_IN_NS UINT64_C(100000)
#define GUEST_PAGE 4096

struct seen {
	uint64_t stalled_ns, swap_in;
};

uint64_t control_stall(const struct control_input *in, void **state)
{
	uint64_t swap_in = in->stat_swap_in == CONTROL_UNKNOWN ? 0 : in->stat_swap_in;
	uint64_t limit = in->params->period_ns / 1000 * in->params->stall_permille;
	struct seen *seen = *state, before;
	uint64_t waited, times;

	if (!seen) {
		seen = *state = calloc(1, sizeof(*seen));
		if (!seen)
			return 0;
		*seen = (struct seen){ in->stalled_ns, swap_in };
		return 0;
	}
	before = *seen;
	*seen = (struct seen){ in->stalled_ns, swap_in };
	waited = (in->stalled_ns - before.stalled_ns) / in->vcpus;
	waited += (swap_in - before.swap_in) / GUEST_PAGE * SWAP_IN_NS;
	if (waited <= limit)
		return control_towards(in, in->actual_bytes -
					   in->actual_bytes / 100 * PROBE_PERCENT);
	times = waited / (limit ? limit : 1);
	times = times > 100 / BACK_OFF_PERCENT ? 100 / BACK_OFF_PERCENT : times;
	/* Whoever waits for memory gets it at once, whatever a step is. */
	return in->actual_bytes + in->guest_bytes / 100 * BACK_OFF_PERCENT * times;
}
