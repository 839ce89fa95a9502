// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest is to have a share of its memory free, and less of it when the host is short.
 *
 * The policy of MOM, the memory overcommitment manager of oVirt, in its file balloon.rules: the
 * host is under pressure when less than 20 % of its memory is free, and critically below 5 %.  A
 * guest may have 20 % of its current memory free; under pressure less, in proportion to what the
 * host has free; when it is critical less than nothing, so that it has to swap.  A guest shrinks
 * under pressure only and grows otherwise, by 5 % of its memory at a time; what is less than 0.25
 * % is not worth a request.
 *
 * Left out: averages over several samples.
 */
#include "control.h"

#include <stdbool.h>

#define CRITICAL_PERCENT 5
/* 10000ths of the guest's current memory. */
#define CHANGE_MIN 25
#define CHANGE_MAX 500

/* What the guest should have free, 10000ths of its current memory; below 0: it is to swap. */
static int64_t free_share(const struct control_input *in, uint64_t host_free)
{
	int64_t share = in->params->guest_free_percent * 100;

	if (host_free <= CRITICAL_PERCENT * 100)
		return (int64_t)host_free - CRITICAL_PERCENT * 100;
	return share * (int64_t)host_free / (in->params->host_free_percent * 100);
}

static uint64_t wanted_bytes(const struct control_input *in, int64_t share)
{
	int64_t used = (int64_t)in->actual_bytes - (int64_t)in->stat_free;
	int64_t wanted = used + share * (int64_t)(in->actual_bytes / 10000);

	return wanted > 0 ? wanted : 1;
}

uint64_t control_free_memory(const struct control_input *in, void **state)
{
	uint64_t host_free = in->host_free_bytes / (in->host_bytes / 10000 + 1);
	bool pressure = host_free < in->params->host_free_percent * 100;
	uint64_t most = in->actual_bytes / 10000 * CHANGE_MAX, size, wanted;

	if (in->stat_free == CONTROL_UNKNOWN || in->stat_free > in->actual_bytes)
		return 0;
	if (pressure) {
		wanted = wanted_bytes(in, free_share(in, host_free));
		size = in->actual_bytes - most;
		size = size < wanted ? wanted : size;
		if (size >= in->actual_bytes)
			return 0;
	} else {
		wanted = wanted_bytes(in, in->params->guest_free_percent * 100);
		size = in->actual_bytes + most;
		size = size < wanted ? wanted : size;
		size = size > in->guest_bytes ? in->guest_bytes : size;
		if (size <= in->actual_bytes)
			return 0;
	}
	size = control_towards(in, size);
	if (size < in->actual_bytes ? in->actual_bytes - size < most / CHANGE_MAX * CHANGE_MIN :
				      size - in->actual_bytes < most / CHANGE_MAX * CHANGE_MIN)
		return 0;
	return size;
}
