// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs of a machine hold, and what it keeps of files, by /proc/meminfo
 * (Documentation/filesystems/proc.rst, fs/proc/meminfo.c of Linux).
 *
 * AnonPages and Shmem are in memory; of swap in use, what is in the swap cache is in memory, too,
 * and counts once.  Cached has shared memory and tmpfs in it, which are not to be had back from a
 * disk.  The kernel's own memory and huge pages of hugetlbfs are left out: a simulated guest has a
 * kernel of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "proc_files.h"
#include "recorder.h"

static uint64_t less(uint64_t value, uint64_t part)
{
	return value > part ? value - part : 0;
}

static enum record_result read_machine(struct record_source *s, struct record_held *held)
{
	uint64_t cached, buffers, total, free, swap_cached;
	char text[PROC_TEXT_SIZE];

	if (!proc_text(s->fd, "meminfo", text, sizeof(text)) ||
	    !proc_text_kib(text, "AnonPages", &held->anon) ||
	    !proc_text_kib(text, "Shmem", &held->shmem) ||
	    !proc_text_kib(text, "Cached", &cached)) {
		snprintf(s->error, sizeof(s->error), "%s/meminfo: there is no AnonPages, Shmem and "
			 "Cached in it", s->name);
		return RECORD_FAILED;
	}
	proc_text_kib(text, "Buffers", &buffers);
	/* Kernels may be built without swap. */
	proc_text_kib(text, "SwapTotal", &total);
	proc_text_kib(text, "SwapFree", &free);
	proc_text_kib(text, "SwapCached", &swap_cached);
	held->swap = less(total, free + swap_cached);
	held->used = held->anon + held->shmem + held->swap;
	held->file = less(cached + buffers, held->shmem);
	return RECORD_WELL;
}

int record_open_machine(struct record_source *s, const char *dir)
{
	s->read = read_machine;
	s->has_parts = true;
	s->name = dir;
	s->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd >= 0)
		return 0;
	snprintf(s->error, sizeof(s->error), "%s: %s", dir, strerror(errno));
	return -1;
}
