// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of guest programs.
 */
#include "programs.h"

#include "support.h"

const struct program_info programs[] = {
	{ "memhog", memhog_main, "maps memory, writes all of it, holds and unmaps it, repeats",
	  "pages written" },
	{ "allocate", allocate_main, "allocates memory, writes all of it once, holds it and exits",
	  "pages written" },
	{ "page-fault1", page_fault1_main,
	  "maps anonymous memory, writes a byte of each page, unmaps, repeats", "pages written" },
	{ "page-fault2", page_fault2_main,
	  "the same with a private mapping of a file: 4 KiB pages, each copied", "pages written" },
	{ "churn", churn_main,
	  "allocations of random sizes and lifetimes, verified before they are freed",
	  "pages written" },
	{ "filescan", filescan_main, "reads a file through the page cache", "pages read" },
	{ "idle", idle_main, "sleeps", NULL },
	{ "demand", demand_main, "holds as much memory as a recorded curve says",
	  "pages written" },
	{ "compact", compact_main, "has the kernel compact all memory", NULL },
	{ "offline", offline_main, "takes a block of memory offline and back online", NULL },
	{ "service", service_main, "answers requests that arrive at random, from a working set",
	  "pages touched" },
	{ "stream", stream_main, "copies arrays, again and again", "pages copied" },
	{ "ftq", ftq_main, "counts the work that is done in each of equal spans of time",
	  "us of work" },
	{ NULL, NULL, NULL, NULL },
};

const struct program_info *program_find(const char *name)
{
	const struct program_info *info;

	for (info = programs; info->name; info++)
		if (string_equal(info->name, name))
			return info;
	return NULL;
}
