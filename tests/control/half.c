// SPDX-License-Identifier: GPL-2.0-only
/* A policy of somebody's own: from its second call on, the guest gets half of its memory. */
#include "control.h"

#include <stdlib.h>

uint64_t ballast_control(const struct control_input *in, void **state);

uint64_t ballast_control(const struct control_input *in, void **state)
{
	if (!*state) {
		*state = malloc(1);
		return 0;
	}
	return in->guest_bytes / 2;
}
