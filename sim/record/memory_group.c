// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a memory cgroup and those below it hold, by its memory.stat (Documentation/admin-guide:
 * cgroup-v2.rst, cgroup-v1/memory.rst of Linux).
 *
 * Version 1 has the sums with groups below in lines that begin with total_, and counts a page as
 * swapped when it has left memory; version 2 when it has got its slot, so that what is in the swap
 * cache would count twice.  Shared memory and tmpfs are part of cache and file.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "group.h"
#include "proc_files.h"
#include "recorder.h"

static bool parse_first(const char *stat, struct record_held *held)
{
	/* Only kernels that count swap have it. */
	real_group_value(stat, "total_swap", &held->swap);
	return real_group_value(stat, "total_rss", &held->anon) &&
	       real_group_value(stat, "total_shmem", &held->shmem) &&
	       real_group_value(stat, "total_cache", &held->file);
}

static bool parse_second(int dir, const char *stat, struct record_held *held)
{
	uint64_t cached = 0;
	char swap[64];

	/* Not there in the root, or without swap. */
	if (proc_text(dir, "memory.swap.current", swap, sizeof(swap)))
		sscanf(swap, "%" SCNu64, &held->swap);
	real_group_value(stat, "swapcached", &cached);
	held->swap -= cached < held->swap ? cached : held->swap;
	return real_group_value(stat, "anon", &held->anon) &&
	       real_group_value(stat, "shmem", &held->shmem) &&
	       real_group_value(stat, "file", &held->file);
}

static enum record_result read_group(struct record_source *s, struct record_held *held)
{
	char stat[PROC_TEXT_SIZE];

	if (!proc_text(s->fd, "memory.stat", stat, sizeof(stat))) {
		if (errno == ENODEV || errno == ENOENT)
			return RECORD_ENDED;
		snprintf(s->error, sizeof(s->error), "%s/memory.stat: cannot be read: %s", s->name,
			 strerror(errno));
		return RECORD_FAILED;
	}
	if (!parse_first(stat, held) && !parse_second(s->fd, stat, held)) {
		snprintf(s->error, sizeof(s->error), "%s/memory.stat: is not that of a memory "
			 "group: it has neither total_rss nor anon, with shmem", s->name);
		return RECORD_FAILED;
	}
	held->used = held->anon + held->shmem + held->swap;
	held->file -= held->shmem < held->file ? held->shmem : held->file;
	return RECORD_WELL;
}

int record_open_group(struct record_source *s, const char *dir)
{
	char stat[PROC_TEXT_SIZE];

	s->read = read_group;
	s->has_parts = true;
	s->name = dir;
	s->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd >= 0 && proc_text(s->fd, "memory.stat", stat, sizeof(stat)))
		return 0;
	snprintf(s->error, sizeof(s->error), "--cgroup %s: is no memory group: %s%s; allowed: a "
		 "directory with memory.stat, below /sys/fs/cgroup", dir,
		 s->fd < 0 ? "" : "memory.stat: ", strerror(errno));
	record_close(s);
	return -1;
}
