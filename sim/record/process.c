// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process (a VMM, say) holds, by its smaps_rollup (Documentation/filesystems/proc.rst,
 * fs/proc/task_mmu.c of Linux; with Pss_Anon from 5.4 on).
 *
 * Proportional sizes: what several processes map is shared out among them.  Guest memory in a
 * shared file or memfd is Pss_Shmem; what a process reads without mapping it is not its own, and
 * not here.  Huge pages of hugetlbfs are in no Pss, and count as anonymous.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "proc_files.h"
#include "recorder.h"
#include "scenario.h"

static enum record_result read_process(struct record_source *s, struct record_held *held)
{
	uint64_t huge, huge_shared;
	char text[PROC_TEXT_SIZE];

	if (!proc_text(s->fd, "smaps_rollup", text, sizeof(text))) {
		if (errno == ESRCH || errno == ENOENT || !errno)
			return RECORD_ENDED;
		snprintf(s->error, sizeof(s->error), "--pid %s: its memory cannot be read: %s",
			 s->name, strerror(errno));
		return RECORD_FAILED;
	}
	if (!proc_text_kib(text, "Pss_Anon", &held->anon) ||
	    !proc_text_kib(text, "Pss_Shmem", &held->shmem) ||
	    !proc_text_kib(text, "Pss_File", &held->file) ||
	    !proc_text_kib(text, "SwapPss", &held->swap)) {
		snprintf(s->error, sizeof(s->error), "--pid %s: its smaps_rollup has no Pss_Anon; "
			 "allowed: Linux 5.4 or later", s->name);
		return RECORD_FAILED;
	}
	proc_text_kib(text, "Private_Hugetlb", &huge);
	proc_text_kib(text, "Shared_Hugetlb", &huge_shared);
	held->anon += huge + huge_shared;
	held->used = held->anon + held->shmem + held->swap;
	return RECORD_WELL;
}

int record_open_process(struct record_source *s, const char *pid)
{
	struct record_held held;
	enum record_result result;
	char path[64];
	uint64_t n;

	s->read = read_process;
	s->has_parts = true;
	s->name = pid;
	if (!scenario_parse_number(pid, &n) || !n || n > INT32_MAX) {
		snprintf(s->error, sizeof(s->error), "--pid %s: allowed: the number of a process",
			 pid);
		return -1;
	}
	snprintf(path, sizeof(path), "/proc/%u", (unsigned int)n);
	/* The directory stays that process's, whoever gets its number. */
	s->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd < 0) {
		snprintf(s->error, sizeof(s->error), "--pid %s: there is no such process", pid);
		return -1;
	}
	result = s->read(s, &held);
	if (result == RECORD_WELL)
		return 0;
	if (result == RECORD_ENDED)
		snprintf(s->error, sizeof(s->error), "--pid %s: has no memory of its own: it has "
			 "ended, or is a thread of the kernel", pid);
	record_close(s);
	return -1;
}
