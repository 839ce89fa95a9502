// SPDX-License-Identifier: GPL-2.0-only
/*
 * Phrases by which Linux 6.1 reports that something is wrong with it.
 *
 * They stand where the kernel prints them, so that a harmless line that has the same word (a
 * program's name, a boot option that is echoed) is not taken for one: panic_on_warn among the
 * options, say.
 */
#define _GNU_SOURCE
#include "log.h"

#include <string.h>

/* The first that a line has decides. */
static const struct {
	const char *phrase;
	enum log_trouble trouble;
} phrases[] = {
	/* What is wrong is the host's CPU, which a guest with KVM sees. */
	{ "RETBleed: WARNING: ", LOG_FINE },
	{ "Spectre V2 : WARNING: ", LOG_FINE },
	{ "Kernel panic - not syncing", LOG_PANIC },
	{ "BUG: unable to handle", LOG_PANIC },
	{ "BUG: kernel NULL pointer", LOG_PANIC },
	{ "Oops: ", LOG_PANIC },
	{ "divide error: ", LOG_PANIC },
	{ "general protection fault", LOG_PANIC },
	{ "double fault", LOG_PANIC },
	{ "invalid opcode: ", LOG_PANIC },
	{ "stack segment: ", LOG_PANIC },
	{ "BUG: sleeping function called", LOG_LOCKING },
	{ "BUG: scheduling while atomic", LOG_LOCKING },
	{ "BUG: spinlock ", LOG_LOCKING },
	{ "BUG: Invalid wait context", LOG_LOCKING },
	{ "BUG: using ", LOG_LOCKING },		/* per-CPU data while preemptible */
	{ "BUG: MAX_LOCK", LOG_LOCKING },	/* lockdep has given up looking */
	{ "BUG: workqueue lockup", LOG_HANG },
	{ "BUG: soft lockup", LOG_HANG },
	{ "watchdog: BUG:", LOG_HANG },
	{ "BUG: KASAN:", LOG_BUG },
	{ "BUG: ", LOG_BUG },
	{ "kernel BUG at ", LOG_BUG },
	{ "UBSAN: ", LOG_BUG },
	{ "list_add corruption", LOG_BUG },
	{ "list_del corruption", LOG_BUG },
	{ "pagealloc: memory corruption", LOG_BUG },
	{ "pagealloc: single bit error", LOG_BUG },
	{ "ODEBUG: ", LOG_BUG },
	{ "WARNING: possible circular locking", LOG_LOCKING },
	{ "WARNING: possible recursive locking", LOG_LOCKING },
	{ "WARNING: possible irq lock inversion", LOG_LOCKING },
	{ "WARNING: inconsistent lock state", LOG_LOCKING },
	{ "WARNING: suspicious RCU usage", LOG_LOCKING },
	{ "WARNING: bad unlock balance", LOG_LOCKING },
	{ "unsafe lock order detected", LOG_LOCKING },
	{ "still has locks held", LOG_LOCKING },
	{ "WARNING: held lock freed", LOG_LOCKING },
	{ "WARNING: lock held when returning", LOG_LOCKING },
	{ "WARNING: ", LOG_WARNING },
	{ "blocked for more than", LOG_HANG },
	{ "hard LOCKUP on cpu", LOG_HANG },
	{ "self-detected stall on CPU", LOG_HANG },
	{ "detected stalls on CPUs", LOG_HANG },
	{ "detected expedited stalls on CPUs", LOG_HANG },
	{ "ut of memory: Killed process", LOG_OOM },	/* "Out", or "Memory cgroup out" */
	{ "Out of memory and no killable processes", LOG_PANIC },
	{ "device failed and needs a reset", LOG_DEVICE },
	{ "is not a head!", LOG_DEVICE },
};

static const char *const names[NR_LOG_TROUBLES] = {
	[LOG_FINE] = "nothing",
	[LOG_PANIC] = "panic",
	[LOG_BUG] = "bug",
	[LOG_WARNING] = "warning",
	[LOG_LOCKING] = "locking",
	[LOG_HANG] = "hang",
	[LOG_OOM] = "out of memory",
	[LOG_DEVICE] = "device",
};

const char *log_trouble_name(enum log_trouble trouble)
{
	return names[trouble];
}

enum log_trouble log_line_trouble(const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (memmem(line, len, phrases[i].phrase, strlen(phrases[i].phrase)))
			return phrases[i].trouble;
	return LOG_FINE;
}

const char *log_find_trouble(const char *text, size_t size, unsigned int allowed, size_t *len,
			     enum log_trouble *trouble)
{
	const char *end = text + size, *next;

	for (; text < end; text = next) {
		next = memchr(text, '\n', end - text);
		*len = (next ? next : end) - text;
		next = next ? next + 1 : end;
		*trouble = log_line_trouble(text, *len);
		if (*trouble != LOG_FINE && !(allowed & 1u << *trouble))
			return text;
	}
	*trouble = LOG_FINE;
	return NULL;
}
