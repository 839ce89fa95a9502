/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The data-loss oracle's findings.
 */
#ifndef BALLAST_HOST_ORACLE_H
#define BALLAST_HOST_ORACLE_H

#include <stdint.h>

#include "types.h"

struct data_loss {
	const char *vm;
	const char *owner;
	gfn_t gfn;
	uint32_t expected, found;
	uint64_t time;		/* ns */
	const char *verdict;	/* who wrote it last and who discarded it, "; ..." or "" */
	const char *history;	/* lines of text, oldest first */
};

#endif
