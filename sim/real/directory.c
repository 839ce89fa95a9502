// SPDX-License-Identifier: GPL-2.0-only
/*
 * See directory.h.
 */
#define _GNU_SOURCE
#include "directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

#define NAME "ballast-real-"
#define SWAP "/swap"
#define PAGE 4096

/* The directory */

int real_directory_create_in(const char *parent, const char *option, char *path, size_t size,
			     char *error, size_t error_size)
{
	snprintf(path, size, "%s/" NAME "XXXXXX", parent);
	if (mkdtemp(path))
		return 0;
	snprintf(error, error_size, "%s: cannot be made: %s; %s says where", path, strerror(errno),
		 option);
	path[0] = '\0';
	return -1;
}

int real_directory_create(char *path, size_t size, char *error, size_t error_size)
{
	const char *tmp = getenv("TMPDIR");

	return real_directory_create_in(tmp && tmp[0] ? tmp : "/tmp", "TMPDIR", path, size, error,
					error_size);
}

static void empty(int fd, int depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		int below;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!unlinkat(dirfd(dir), entry->d_name, 0) || !depth)
			continue;
		below = openat(dirfd(dir), entry->d_name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0)
			empty(below, depth - 1);
		unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	}
	closedir(dir);
}

void real_directory_remove(const char *path)
{
	int fd = path[0] ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	empty(fd, 1);
	rmdir(path);
}

/* The swap file */

/* The header that mkswap writes (union swap_header of linux/swap.h), in pages of 4 KiB. */
static bool write_header(int fd, uint64_t bytes)
{
	unsigned char page[PAGE] = { 0 };
	const uint32_t info[] = { 1, bytes / PAGE - 1, 0 };	/* version, last page, bad pages */

	memcpy(page + 1024, info, sizeof(info));
	memcpy(page + PAGE - 10, "SWAPSPACE2", 10);
	return pwrite(fd, page, sizeof(page), 0) == sizeof(page) && !fsync(fd);
}

static int swap_failed(struct real_swap_file *s, int err, const char *option, char *error,
		       size_t error_size)
{
	bool root = err == EPERM || err == EACCES, kind = err == EINVAL || err == EOPNOTSUPP;

	snprintf(error, error_size, "%s: %s: %s%s%s", s->path, strerror(err),
		 kind ? "this file system has no swap files: " : "", root ? "" : option,
		 root ? "it takes root to use a swap file: run it as root" :
		 kind ? " names a directory on one that has" : " names a directory that has the "
		 "room");
	real_swap_file_destroy(s, NULL, 0);
	return -1;
}

int real_swap_file_create(struct real_swap_file *s, const char *dir, const char *option,
			  uint64_t bytes, char *error, size_t error_size)
{
	int err;

	*s = (struct real_swap_file){ .fd = -1 };
	if (snprintf(s->path, sizeof(s->path), "%s" SWAP, dir) >= (int)sizeof(s->path))
		return swap_failed(s, ENAMETOOLONG, option, error, error_size);
	s->fd = open(s->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (s->fd < 0 || flock(s->fd, LOCK_EX))
		return swap_failed(s, errno, option, error, error_size);
	/* Holes would be refused. */
	err = posix_fallocate(s->fd, 0, bytes);
	if (err || !write_header(s->fd, bytes))
		return swap_failed(s, err ? err : errno, option, error, error_size);
	/* Before other swap that the machine may have. */
	if (swapon(s->path, SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK))
		return swap_failed(s, errno, option, error, error_size);
	s->on = true;
	return 0;
}

static int turn_off(const char *path)
{
	int ret;

	do
		ret = swapoff(path);
	while (ret && errno == EINTR);
	return ret;
}

int real_swap_file_destroy(struct real_swap_file *s, char *error, size_t error_size)
{
	int ret = 0;

	if (s->on && turn_off(s->path)) {
		snprintf(error, error_size, "%s: cannot be taken out of use: %s; swapoff %s",
			 s->path, strerror(errno), s->path);
		ret = -1;
	} else if (s->fd >= 0) {
		unlink(s->path);
	}
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct real_swap_file){ .fd = -1 };
	return ret;
}

/* "PATH TYPE ...", in which a blank of the path is \040. */
bool real_swap_file_of_line(const char *line, char *path, size_t size)
{
	size_t used = 0, len = strcspn(line, " \t"), i;
	const char *dir;

	for (i = 0; i < len && used < size - 1; i++) {
		unsigned int code;

		if (line[i] == '\\' && sscanf(line + i + 1, "%3o", &code) == 1) {
			path[used++] = code;
			i += 3;
		} else {
			path[used++] = line[i];
		}
	}
	path[used] = '\0';
	if (i < len || used < strlen(SWAP) || strcmp(path + used - strlen(SWAP), SWAP))
		return false;
	dir = memrchr(path, '/', used - strlen(SWAP));
	return dir && !strncmp(dir + 1, NAME, strlen(NAME));
}

static void remove_orphan(char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB) && !turn_off(path)) {
		path[strlen(path) - strlen(SWAP)] = '\0';
		real_directory_remove(path);
	}
	if (fd >= 0)
		close(fd);
}

void real_swap_file_remove_orphans(const char *parent)
{
	FILE *f = fopen("/proc/swaps", "r");
	char line[2 * PATH_MAX], path[PATH_MAX], *within = parent ? realpath(parent, NULL) : NULL;
	size_t len = within ? strlen(within) : 0;

	while (f && fgets(line, sizeof(line), f))
		if (real_swap_file_of_line(line, path, sizeof(path)) &&
		    (!parent || (within && !strncmp(path, within, len) && path[len] == '/')))
			remove_orphan(path);
	free(within);
	if (f)
		fclose(f);
}
