/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is asked of driver and device, as rows of one table over all suites: each suite adds what it
 * has just measured to the file that BALLAST_ROWS names, and tests/run.sh prints them at the end.
 * Without that variable (a suite that is run by hand) nothing is written.
 */
#ifndef TEST_REAL_ROWS_H
#define TEST_REAL_ROWS_H

#include <stdbool.h>

struct row {
	unsigned int nr;		/* of the demand, by which the table is sorted */
	const char *what;
	char ours[32], stock[32];	/* "" is "-": not measured */
	char limit[32];			/* for ours */
	bool met;
};

void row_add(const struct row *row);

#endif
