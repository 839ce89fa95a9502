/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CSV of program demand as samples, from text that somebody else has read; any world.
 */
#ifndef BALLAST_SERIES_H
#define BALLAST_SERIES_H

#include "program.h"

struct series_error {
	uint64_t line;		/* from 1 */
	const char *what;	/* what is wrong; what is allowed */
};

/*
 * @text: a header line "time_s,used_bytes", then a sample a line: seconds with up to 9 decimals,
 * never going back, and bytes.  Samples beyond @nr_max are counted and not stored (@samples may
 * be NULL then).  The first sample's time becomes 0.  Returns the number of samples, or -1.
 */
int64_t series_parse(const char *text, size_t len, struct program_sample *samples, size_t nr_max,
		     struct series_error *error);

#endif
