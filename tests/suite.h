/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each file of tests gives the one main() of all, which is in main.c.
 */
#ifndef BALLAST_SUITE_H
#define BALLAST_SUITE_H

#include <check.h>

/*
 * The file's suite, and what has to be there before its first test.  NULL: it cannot be, which
 * the function has said on stderr.
 */
Suite *test_suite(int argc, char **argv);

/* Set by test_suite() when there is something to be done after the last test. */
extern void (*test_suite_end)(void);

#endif
