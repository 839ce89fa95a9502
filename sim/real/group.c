// SPDX-License-Identifier: GPL-2.0-only
/*
 * See group.h.
 */
#define _GNU_SOURCE
#include "group.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mntent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "proc_files.h"

#define NAME "ballast-real-"
#define EMPTY_MS 5000		/* for the kernel to notice that processes have ended */

/* Files of the hierarchies' versions. */
static const struct files {
	const char *limit, *swap_limit, *usage, *swap, *kernel, *events, *hits;
	bool swap_limit_is_sum;		/* of memory and swap */
} files_of[] = {
	[1] = { "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.usage_in_bytes",
		NULL, "memory.kmem.usage_in_bytes", "memory.oom_control", "memory.failcnt", true },
	[2] = { "memory.max", "memory.swap.max", "memory.current", "memory.swap.current", NULL,
		"memory.events", NULL, false },
};

/* Reading */

bool real_group_mount(FILE *mounts, unsigned int version, char *dir, size_t size)
{
	struct mntent *m;

	while ((m = getmntent(mounts))) {
		if (version == 1 ? strcmp(m->mnt_type, "cgroup") || !hasmntopt(m, "memory") :
				   strcmp(m->mnt_type, "cgroup2"))
			continue;
		snprintf(dir, size, "%s", m->mnt_dir);
		return true;
	}
	return false;
}

bool real_group_value(const char *text, const char *name, uint64_t *value)
{
	size_t len = strlen(name);
	const char *line;

	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && line[len] == ' ')
			return sscanf(line + len, "%" SCNu64, value) == 1;
	}
	return false;
}

/*
 * In version 1 lines that begin with total_ have those of groups below as well: there are none.
 * And it counts a page as swapped when it has left memory, version 2 when it has got its slot.
 */
bool real_group_parse_stat(unsigned int version, const char *text, struct real_group_counters *c)
{
	bool first = version == 1;
	uint64_t leaving = 0;

	if (first && real_group_value(text, "swap", &c->swap) &&
	    real_group_value(text, "swapcached", &leaving))
		c->swap += leaving;
	return real_group_value(text, first ? "rss" : "anon", &c->anon) &&
	       real_group_value(text, first ? "cache" : "file", &c->file) &&
	       (first || real_group_value(text, "kernel", &c->kernel)) &&
	       real_group_value(text, "pgfault", &c->faults) &&
	       real_group_value(text, "pgmajfault", &c->major_faults);
}

static bool read_number(int dir, const char *name, uint64_t *value)
{
	char text[64];

	return proc_text(dir, name, text, sizeof(text)) && sscanf(text, "%" SCNu64, value) == 1;
}

int real_group_read(const struct real_group *g, struct real_group_counters *c, char *error,
		    size_t error_size)
{
	const struct files *f = &files_of[g->version];
	char stat[PROC_TEXT_SIZE], events[512];

	*c = (struct real_group_counters){ 0 };
	/* Kernels may be built without these. */
	if (f->swap)
		read_number(g->dir, f->swap, &c->swap);
	if (f->kernel)
		read_number(g->dir, f->kernel, &c->kernel);
	if (read_number(g->dir, f->usage, &c->usage) &&
	    (!f->hits || read_number(g->dir, f->hits, &c->limit_hits)) &&
	    proc_text(g->dir, "memory.stat", stat, sizeof(stat)) &&
	    real_group_parse_stat(g->version, stat, c) &&
	    proc_text(g->dir, f->events, events, sizeof(events)) &&
	    real_group_value(events, "oom_kill", &c->oom_kills) &&
	    (f->hits || real_group_value(events, "max", &c->limit_hits)))
		return 0;
	snprintf(error, error_size, "%s: the counters of the memory group cannot be read", g->path);
	return -1;
}

/* Making */

static int write_text(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);
	bool well = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	int err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return well ? 0 : -1;
}

static int write_bytes(int dir, const char *name, uint64_t bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, bytes);
	return write_text(dir, name, text);
}

/* Version 2 has the controller where it is enabled for what lies below; that stays so. */
static bool offers_memory(const char *dir)
{
	char text[512] = "";
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool offers = fd >= 0 && proc_text(fd, "cgroup.controllers", text, sizeof(text)) &&
		      strstr(text, "memory");

	if (offers && (!proc_text(fd, "cgroup.subtree_control", text, sizeof(text)) ||
		       !strstr(text, "memory")))
		offers = !write_text(fd, "cgroup.subtree_control", "+memory");
	if (fd >= 0)
		close(fd);
	return offers;
}

static bool find(struct real_group *g, char *dir, size_t size)
{
	static const unsigned int versions[] = { 2, 1 };
	size_t i;

	for (i = 0; i < 2 && !g->version; i++) {
		FILE *mounts = setmntent("/proc/self/mounts", "r");

		if (mounts && real_group_mount(mounts, versions[i], dir, size) &&
		    (versions[i] == 1 || offers_memory(dir)))
			g->version = versions[i];
		if (mounts)
			endmntent(mounts);
	}
	return g->version;
}

/* Who can lock a group has found one whose maker is dead. */
static void remove_orphans(const char *parent)
{
	DIR *dir = opendir(parent);
	struct dirent *entry;
	int fd;

	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, NAME, strlen(NAME)))
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
		if (fd >= 0)
			close(fd);
	}
	if (dir)
		closedir(dir);
}

/* Until it is locked, another run may take it for an orphan. */
static int make_directory(struct real_group *g)
{
	struct stat have, there;

	do {
		if (g->dir >= 0)
			close(g->dir);
		if (mkdir(g->path, 0755) && errno != EEXIST)
			return -1;
		g->dir = open(g->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (g->dir < 0 && errno != ENOENT)
			return -1;
	} while (g->dir < 0 || flock(g->dir, LOCK_EX) || fstat(g->dir, &have) ||
		 stat(g->path, &there) || have.st_ino != there.st_ino);
	return 0;
}

static int set_limits(struct real_group *g, uint64_t limit, uint64_t swap)
{
	const struct files *f = &files_of[g->version];
	uint64_t second = f->swap_limit_is_sum ? limit + swap : swap;

	if (write_bytes(g->dir, f->limit, limit))
		return -1;
	/* A kernel may count no swap by group: then the swap file is the limit. */
	return write_bytes(g->dir, f->swap_limit, second) && errno != ENOENT ? -1 : 0;
}

int real_group_create(struct real_group *g, uint64_t limit, uint64_t swap, char *error,
		      size_t error_size)
{
	char parent[PATH_MAX - 64];

	*g = (struct real_group){ .dir = -1, .procs = -1 };
	if (!find(g, parent, sizeof(parent))) {
		snprintf(error, error_size, "there is no memory controller: mount a cgroup "
			 "hierarchy with one");
		return -1;
	}
	remove_orphans(parent);
	snprintf(g->path, sizeof(g->path), "%s/" NAME "%d", parent, (int)getpid());
	if (!make_directory(g) && !set_limits(g, limit, swap)) {
		g->procs = openat(g->dir, "cgroup.procs", O_WRONLY | O_CLOEXEC);
		if (g->procs >= 0)
			return 0;
	}
	snprintf(error, error_size, "%s: %s: a memory group takes root to make: run it as root",
		 g->path, strerror(errno));
	real_group_destroy(g);
	return -1;
}

/*
 * Version 2 kills whoever cannot be brought below memory.max, but only reclaims for memory.high;
 * version 1 has but its limit, which it refuses after it has reclaimed what it could.
 */
int real_group_squeeze(const struct real_group *g, uint64_t bytes, uint64_t limit)
{
	if (g->version == 2)
		return write_bytes(g->dir, "memory.high", bytes) |
		       write_text(g->dir, "memory.high", "max");
	write_bytes(g->dir, files_of[1].limit, bytes);
	return write_bytes(g->dir, files_of[1].limit, limit);
}

void real_group_destroy(struct real_group *g)
{
	uint64_t deadline = clock_deadline(EMPTY_MS);

	if (!g->version)
		return;
	if (g->procs >= 0)
		close(g->procs);
	while (g->dir >= 0 && rmdir(g->path) && errno == EBUSY && clock_left_ms(deadline))
		clock_sleep_ms(10);
	if (g->dir >= 0)
		close(g->dir);
	*g = (struct real_group){ .dir = -1, .procs = -1 };
}
