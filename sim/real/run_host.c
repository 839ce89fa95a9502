// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that all guests of a run share: a group with the scenario's limit, and its swap.
 *
 * The model's host begins to reclaim when its free frames fall below the low watermark, a group
 * when it is charged for its limit: that is what the limit is derived from.  What a VMM has beside
 * its guest's memory is charged, too, and the scenario's vmm-memory-mib says how much that is.
 */
#include "run_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* pswpout, pswpin: no group has counters of its own before Linux 6.14. */
static void read_vmstat(uint64_t *out, uint64_t *in)
{
	FILE *f = fopen("/proc/vmstat", "r");
	char line[128];

	*out = *in = 0;
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "pswpout %" SCNu64, out) != 1)
			sscanf(line, "pswpin %" SCNu64, in);
	if (f)
		fclose(f);
}

void real_host_swapped(struct real_run *run, uint64_t *out, uint64_t *in)
{
	read_vmstat(out, in);
	*out -= run->swap_out;
	*in -= run->swap_in;
}

static int make_limit(struct real_run *run, char *error, size_t size)
{
	const struct scenario_host *h = &run->scenario->host;
	uint64_t swap = h->swap.size_mib << 20;

	run->limit = scenario_host_room(h);
	real_swap_file_remove_orphans(NULL);
	read_vmstat(&run->swap_out, &run->swap_in);
	if ((!swap || !real_swap_file_create(&run->swap, run->dir, "TMPDIR", swap, error, size)) &&
	    !real_group_create(&run->group, run->limit, swap, error, size))
		return 0;
	snprintf(error + strlen(error), size - strlen(error), ", or use --no-limit");
	return -1;
}

int real_host_create(struct real_run *run)
{
	char error[REAL_ERROR_SIZE];

	run->swap.fd = -1;
	if (!real_directory_create(run->dir, sizeof(run->dir), error, sizeof(error)) &&
	    (!run->limited || !make_limit(run, error, sizeof(error))))
		return 0;
	return real_run_fail(run, TRACE_END_FAILED, true, "%s", error);
}

void real_host_destroy(struct real_run *run)
{
	char error[REAL_ERROR_SIZE];

	real_group_destroy(&run->group);
	if (real_swap_file_destroy(&run->swap, error, sizeof(error)) && run->options.message)
		run->options.message(run->options.opaque, error);
	real_directory_remove(run->dir);
}

int real_host_look(struct real_run *run)
{
	char error[REAL_ERROR_SIZE];

	if (!run->limited)
		return 0;
	if (real_group_read(&run->group, &run->counters, error, sizeof(error)))
		return real_run_fail(run, TRACE_END_FAILED, false, "%s", error);
	if (run->counters.usage > run->used_peak)
		run->used_peak = run->counters.usage;
	return 0;
}
