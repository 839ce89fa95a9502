/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of the simulator itself, for code that is compiled without libc headers.
 *
 * host_alloc() aborts with a message when memory is exhausted: there is no sensible way to go on.
 * host_reserve() maps address space that is populated, zeroed, at first touch.
 */
#ifndef BALLAST_HOSTMEM_H
#define BALLAST_HOSTMEM_H

#include <stdbool.h>
#include <stddef.h>

void *host_alloc(size_t size);			/* zeroed */
void *host_realloc(void *p, size_t size);	/* new bytes are not zeroed */
void host_free(void *p);
/* What has been freed goes back to the system: after work that took much. */
void host_trim(void);
/* Returns NULL when no address space is left; @size is rounded up to pages. */
void *host_reserve(size_t size);
void host_release(void *p, size_t size);
/* Whether all of it is mapped; for pointers that nobody vouches for. */
bool host_mapped(const void *p, size_t size);
/* Back to zeroes, and the memory back to the system; page aligned. */
void host_discard(void *p, size_t size);

#endif
