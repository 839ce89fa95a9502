// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest gives what it does not use while somebody on the host waits for memory.
 *
 * The signal is the host's pressure stall information, as for systemd-oomd and Senpai, which act on
 * groups of processes: `some avg10` of memory, of the host or of the guest's memory group if that
 * has more (its limit is in its way, not the host's memory).  From the upper mark on the guest
 * loses a step, as long as something is available in it; up to the lower one it gets a step back;
 * in between nothing happens.  So what a guest has free stays its own until it is missed, and comes
 * back afterwards.  The average is late: from nothing it takes 2 s of stalls for 18 % of them to
 * show, 10 s for 63 %.
 *
 * The marks are nobody's: systemd-oomd kills at 60 %, for 30 s.
 */
#include "control.h"

uint64_t control_pressure(const struct control_input *in, void **state)
{
	uint32_t host = in->host_pressure.memory.some_avg10;
	uint32_t group = in->group_pressure.memory.some_avg10;
	uint32_t most = host > group ? host : group;
	uint64_t keep = in->guest_bytes / 100 * in->params->low_percent;
	uint64_t available = in->stat_available;

	if (most >= in->params->pressure_high_permille * 10) {
		if (available == CONTROL_UNKNOWN || available <= keep)
			return 0;
		available -= keep;
		return control_towards(in, available < in->actual_bytes ?
					   in->actual_bytes - available : 0);
	}
	if (most <= in->params->pressure_low_permille * 10 && in->actual_bytes < in->guest_bytes)
		return control_towards(in, in->guest_bytes);
	return 0;
}
