// SPDX-License-Identifier: GPL-2.0-only
/*
 * Temporary names; see temporary.h.
 */
#define _GNU_SOURCE
#include "temporary.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int temporary_open(const char *path, char **name)
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
