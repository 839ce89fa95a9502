// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much memory a scenario's host has for its VMMs.
 */
#include <stdlib.h>

#include "machine-internal.h"
#include "memory.h"

uint64_t scenario_host_room(const struct scenario_host *h)
{
	struct host *host = calloc(1, sizeof(*host));
	uint64_t total = (h->memory_mib - h->kernel_reserve_mib) << 20, low;

	if (!host)
		return 0;
	machine_host_config(h, &host->config);
	host_setup_watermarks(host);
	low = host->wmark_low * TRACE_PAGE_SIZE;
	free(host);
	return total > low ? total - low : 0;
}
