/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A memory cgroup in which all machines of a run are, so that together they have no more memory
 * than the scenario's host.
 *
 * Version 1 and 2 of the hierarchy; the group lies at the root of what is mounted.  It is this
 * process's as long as this process lives: a lock on the directory says so.  Groups whose maker is
 * dead go when the next one is made.
 *
 * Sizes are bytes.
 */
#ifndef BALLAST_REAL_GROUP_H
#define BALLAST_REAL_GROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct real_group {
	unsigned int version;		/* of the hierarchy; 0: there is no group */
	char path[PATH_MAX];
	int dir;			/* locked */
	int procs;			/* open file that takes processes, for real_vm_config */
};

struct real_group_counters {
	uint64_t usage, swap;		/* charged; swap of the group's pages */
	uint64_t anon, file, kernel;	/* parts of usage */
	uint64_t faults, major_faults;	/* of its processes, the dead ones included */
	uint64_t limit_hits, oom_kills;
};

/* One line in @error and nothing is left, or 0. */
int real_group_create(struct real_group *g, uint64_t limit, uint64_t swap, char *error,
		      size_t error_size);
int real_group_read(const struct real_group *g, struct real_group_counters *c, char *error,
		    size_t error_size);
/*
 * Reclaim what can be of what is above @bytes, once; @limit stays what it was.  0, or -1 with errno
 * set.
 */
int real_group_squeeze(const struct real_group *g, uint64_t bytes, uint64_t limit);
/* Its processes have ended. */
void real_group_destroy(struct real_group *g);

/* Where the hierarchy of @version with the memory controller is mounted, by a table of mounts. */
bool real_group_mount(FILE *mounts, unsigned int version, char *dir, size_t size);
/* The value of "NAME VALUE" among the lines of @text; false: there is none. */
bool real_group_value(const char *text, const char *name, uint64_t *value);
/* From memory.stat. */
bool real_group_parse_stat(unsigned int version, const char *text, struct real_group_counters *c);

#endif
