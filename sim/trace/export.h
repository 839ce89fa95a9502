/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exports of a trace for programs that others have written.
 *
 *   csv       a file per record type, or one type alone
 *   ctf       Common Trace Format 1.8 (babeltrace2, Trace Compass): a directory
 *   perfetto  the protobuf format of Perfetto (ui.perfetto.dev)
 *   sqlite    a database with a table per record type
 *
 * csv, ctf and sqlite have every record with all of its fields, types that this program does not
 * know included; perfetto draws a picture of them.  The same trace and request give the same bytes.
 * Memory does not grow with the length of the trace.
 */
#ifndef BALLAST_TRACE_EXPORT_H
#define BALLAST_TRACE_EXPORT_H

#include <signal.h>

#include "trace.h"

enum export_format { EXPORT_CSV, EXPORT_CTF, EXPORT_PERFETTO, EXPORT_SQLITE, NR_EXPORT_FORMATS };

struct export_request {
	enum export_format format;
	const char *out;		/* NULL: standard output */
	const char *record;		/* csv: this type alone, into a file; NULL: all */
	const volatile sig_atomic_t *interrupted;	/* ends it when it is set; NULL: nothing */
	enum trace_level level;		/* no records of a level above */
	/*
	 * ns, both included; what others refer to (run, machine, guests, commands, sites) is
	 * always there.
	 */
	uint64_t from, until;
	const char *guest;		/* name or number: no records of other guests; NULL: all */
};

extern const char *const export_format_names[NR_EXPORT_FORMATS];
/* Whether @out has to be named, since it is a directory or needs to be a file. */
bool export_needs_out(const struct export_request *request);

/*
 * Returns 0; 1 when the trace is damaged and what is intact has been exported; -1 when nothing has
 * been: in the last two cases @error says what is wrong.  An output gets its name when it is
 * complete; a pipe or device is written in place.
 */
int trace_export(const char *trace, const struct export_request *request,
		 char *error, size_t error_size);

#endif
