/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests that have nothing to run here.  They are not added to their suite: a test that returns
 * early counts as passed.  tests/run.sh adds up these lines.
 */
#ifndef BALLAST_TEST_SKIP_H
#define BALLAST_TEST_SKIP_H

#include <stdio.h>

static inline void skip_tests(unsigned int nr, const char *reason)
{
	printf("skipped %u: %s\n", nr, reason);
	fflush(stdout);
}

#endif
