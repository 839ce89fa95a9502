// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that is there whole or not at all; see output.h.
 */
#define _GNU_SOURCE
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool output_is(const char *path, const char *input)
{
	struct stat a, b;

	return !stat(path, &a) && !stat(input, &b) && S_ISREG(a.st_mode) &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int output_create(const char *path, char **name)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (asprintf(name, "%s.XXXXXX", path) < 0)
		abort();
	fd = mkostemp(*name, O_CLOEXEC);
	if (fd < 0) {
		free(*name);
		*name = NULL;
		return -1;
	}
	(void)!fchmod(fd, 0666 & ~mask);
	return fd;
}

static int cannot(const char *path, char *error, size_t error_size)
{
	snprintf(error, error_size, "%s: cannot be written: %s; name another file, or another "
		 "directory", path, strerror(errno));
	return -1;
}

static void discard(struct output *o)
{
	if (o->temporary)
		unlink(o->temporary);
	free(o->temporary);
	*o = (struct output){ 0 };
}

static FILE *open_temporary(struct output *o)
{
	int fd = output_create(o->path, &o->temporary);

	return fd < 0 ? NULL : fdopen(fd, "w");
}

/* What is no regular file is opened by who writes: looking would end a pipe. */
static int try_in_place(const char *path, const struct stat *st)
{
	if (!S_ISDIR(st->st_mode))
		return access(path, W_OK);
	errno = EISDIR;
	return -1;
}

int output_possible(const char *path, char *error, size_t error_size)
{
	struct output o = { .path = path };
	struct stat st;
	int fd;

	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		if (try_in_place(path, &st))
			return cannot(path, error, error_size);
		return 0;
	}
	fd = output_create(path, &o.temporary);
	if (fd < 0)
		return cannot(path, error, error_size);
	close(fd);
	discard(&o);
	return 0;
}

int output_open(struct output *o, const char *path, char *error, size_t error_size)
{
	struct stat st;

	*o = (struct output){ .path = path };
	if (stat(path, &st) || S_ISREG(st.st_mode))
		o->file = open_temporary(o);
	else
		o->file = fopen(path, "w");
	if (o->file)
		return 0;
	cannot(path, error, error_size);
	discard(o);
	return -1;
}

int output_close(struct output *o, char *error, size_t error_size)
{
	bool failed = o->failed || fflush(o->file) || ferror(o->file);

	if (fclose(o->file))
		failed = true;
	if (!failed && o->temporary)
		failed = rename(o->temporary, o->path);
	if (failed) {
		cannot(o->path, error, error_size);
		discard(o);
		return -1;
	}
	free(o->temporary);
	*o = (struct output){ 0 };
	return 0;
}
