/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking for the memory group and the swap file of a real run, from outside.
 */
#ifndef BALLAST_TEST_REAL_LIMIT_H
#define BALLAST_TEST_REAL_LIMIT_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "directory.h"
#include "group.h"

#define LIMIT_MIB (UINT64_C(1) << 20)

/* Whether they can be had here; says why not. */
static inline bool can_limit(void)
{
	char dir[PATH_MAX], error[1024];
	struct real_swap_file s;
	struct real_group g;
	bool can = !real_directory_create(dir, sizeof(dir), error, sizeof(error)) &&
		   !real_swap_file_create(&s, dir, "TMPDIR", LIMIT_MIB, error, sizeof(error)) &&
		   !real_swap_file_destroy(&s, error, sizeof(error)) &&
		   !real_group_create(&g, 64 * LIMIT_MIB, LIMIT_MIB, error, sizeof(error));

	if (can)
		real_group_destroy(&g);
	else
		printf("%s\n", error);
	real_directory_remove(dir);
	return can;
}

/* A swap file below @directory (absolute) is in use. */
static inline bool swap_is_used(const char *directory)
{
	char line[2 * PATH_MAX];
	FILE *f = fopen("/proc/swaps", "r");
	bool found = false;

	while (f && fgets(line, sizeof(line), f))
		found |= !strncmp(line, directory, strlen(directory));
	if (f)
		fclose(f);
	return found;
}

static inline bool group_is_there(pid_t run)
{
	char line[128];

	snprintf(line, sizeof(line), "find /sys/fs/cgroup -name ballast-real-%d | grep -q .",
		 (int)run);
	return !system(line);
}

/* A process in the run's group; 0: there is none. */
static inline pid_t process_in_group(pid_t run)
{
	char line[160];
	int pid = 0;
	FILE *f;

	snprintf(line, sizeof(line), "cat $(find /sys/fs/cgroup -path '*/ballast-real-%d/"
		 "cgroup.procs') /dev/null 2>/dev/null", (int)run);
	f = popen(line, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%d", &pid) != 1)
		pid = 0;
	pclose(f);
	return pid;
}

#endif
