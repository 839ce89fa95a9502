// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much memory a scenario's host has for its VMMs: the limit of their group, or, if they are in
 * none, all but what it keeps free.
 */
#include <stdlib.h>

#include "machine-internal.h"
#include "memory.h"

uint64_t scenario_host_room(const struct scenario_host *h)
{
	uint64_t total = (h->memory_mib - h->kernel_reserve_mib) << 20, low;
	struct host *host;

	if (h->nr_cgroups)
		return h->cgroups[0].max_mib << 20;
	host = calloc(1, sizeof(*host));
	if (!host)
		return 0;
	machine_host_config(h, &host->config);
	host_setup_watermarks(host);
	low = host->wmark_low * TRACE_PAGE_SIZE;
	free(host);
	return total > low ? total - low : 0;
}
