/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What faulty code of an image does to the process, caught: wild accesses, endless recursion,
 * abort(), loops that never give the CPU back.
 *
 * How to use it: fault_guard() runs a function; while it does, a fault on the main stack or in a
 * coroutine calls the handler, on a stack of its own, in the name of the code that failed
 * (coro_current).  The handler says who died of it.  Then a coroutine is abandoned and the event
 * loop goes on; the guarded function is left when it was the main stack's.
 *
 * Whatever the code was in the middle of stays as it is: what it belongs to must not run again.  A
 * fault in the handler ends the process with status 1.
 */
#ifndef BALLAST_FAULT_H
#define BALLAST_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "symbol.h"

struct fault {
	char what[96];		/* "NULL pointer access at offset 0x8" */
	struct symbol at;	/* where it happened; of libc: what called that */
	struct symbol image;	/* innermost code of an image that led there; image "": none */
	struct symbol entry;	/* outermost such code */
	bool in_image;		/* that is the image's own code */
	bool hang;		/* it did not fail, but does not end */
	char whose[128];	/* last resort only: what policy->whose() said */
};

typedef void (*fault_fn)(void *opaque, const struct fault *fault);

struct fault_policy {
	fault_fn handler;
	void *opaque;
	/* A sanitizer has reported an access to @address, and the process ends: say who did it. */
	void (*whose)(void *opaque, const void *address, char *text, unsigned int size);
	/* Called last, in the coroutine that failed: ends its host thread, and need not return. */
	void (*exit)(void);
	/* Changes as long as the guarded function gets on. */
	const uint64_t *progress;
	/* CPU time of this process without progress that counts as a hang, ms; 0: never. */
	unsigned int patience_ms;
};

/* Default of patience_ms: much longer than anything that a model does in one go. */
#ifdef __SANITIZE_ADDRESS__
#define FAULT_PATIENCE_MS 60000
#else
#define FAULT_PATIENCE_MS 10000
#endif

/* The innermost code of an image that led here; false: there is none, the simulator is alone. */
bool fault_caller(struct symbol *caller);
/* All of it, innermost first; returns how many there are, @max at most. */
unsigned int fault_callers(struct symbol *callers, unsigned int max);

/*
 * From now on, faults outside of fault_guard() and reports of sanitizers call the handler, and the
 * process ends with status 1: the simulator itself is at fault, or was damaged.
 */
void fault_last_resort(fault_fn handler);

/* Returns false when @fn was left because of a fault on the main stack.  Does not nest. */
bool fault_guard(void (*fn)(void *arg), void *arg, const struct fault_policy *policy);

#endif
