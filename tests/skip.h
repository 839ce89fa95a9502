/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests that have nothing to run here.  They are not added to their suite: a test that returns
 * early counts as passed.  tests/run.sh adds up these lines.
 */
#ifndef BALLAST_TEST_SKIP_H
#define BALLAST_TEST_SKIP_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static inline void skip_tests(unsigned int nr, const char *reason)
{
	printf("skipped %u: %s\n", nr, reason);
	fflush(stdout);
}

/* A chroot or a container may have no /dev/pts. */
#define NO_TERMINALS "terminals cannot be had here: mount devpts at /dev/pts"

static inline bool terminals_can_be_had(void)
{
	int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

#endif
