// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is available to a guest's programs stays between two marks.
 *
 * Above the upper one the guest gives memory back, below the lower one it gets some, a step at a
 * time; in between nothing happens, so that it does not swing.  Available memory is what Linux says
 * can be had without swapping (si_mem_available(), statistic 6 of the balloon), free memory and
 * most of the page cache.  The host's state does not matter: this is the policy of those who do not
 * wait until it is short, as Proxmox's autoballooning does not wait beyond 80 % of use.  No source
 * is followed.
 */
#include "control.h"

uint64_t control_towards(const struct control_input *in, uint64_t wanted)
{
	uint64_t least = in->params->min_bytes, step = in->params->step_bytes;

	if (wanted < in->actual_bytes && in->actual_bytes - wanted > step)
		wanted = in->actual_bytes - step;
	else if (wanted > in->actual_bytes && wanted - in->actual_bytes > step)
		wanted = in->actual_bytes + step;
	if (wanted < least)
		wanted = least;
	return wanted > in->guest_bytes ? in->guest_bytes : wanted;
}

uint64_t control_available(const struct control_input *in, void **state)
{
	uint64_t available = in->stat_available, middle, low, high;

	if (available == CONTROL_UNKNOWN)
		return 0;
	low = in->guest_bytes / 100 * in->params->low_percent;
	high = in->guest_bytes / 100 * in->params->high_percent;
	middle = (low + high) / 2;
	if (available < low)
		return control_towards(in, in->actual_bytes + (middle - available));
	if (available > high)
		return control_towards(in, available - middle < in->actual_bytes ?
					   in->actual_bytes - (available - middle) : 0);
	return 0;
}
