/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a guest's console: which lines say that its kernel is not well.
 */
#ifndef BALLAST_REAL_LOG_H
#define BALLAST_REAL_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_trouble {
	LOG_FINE,
	LOG_PANIC,		/* panic, oops, fault */
	LOG_BUG,		/* BUG, KASAN, UBSAN, list or page state corrupted */
	LOG_WARNING,		/* WARN() */
	LOG_LOCKING,		/* lockdep, sleeping in atomic context, RCU misuse */
	LOG_HANG,		/* hung task, lockup, RCU stall */
	LOG_OOM,		/* the OOM killer killed something */
	LOG_DEVICE,		/* our driver or device gave up on the other half */
	NR_LOG_TROUBLES
};

/* What @line (not necessarily ended by 0) says. */
enum log_trouble log_line_trouble(const char *line, size_t len);
const char *log_trouble_name(enum log_trouble trouble);

/*
 * First line of @text that means trouble which is not in @allowed (bits 1 << LOG_...); NULL: none.
 * The line ends at *@len.
 */
const char *log_find_trouble(const char *text, size_t size, unsigned int allowed, size_t *len,
			     enum log_trouble *trouble);

#endif
