// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of the simulator itself; see hostmem.h.
 */
#define _GNU_SOURCE
#include "hostmem.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void *check(void *p, size_t size)
{
	if (!p) {
		fprintf(stderr, "ballast: out of memory (%zu bytes)\n", size);
		exit(2);
	}
	return p;
}

void *host_alloc(size_t size)
{
	return check(calloc(1, size ? size : 1), size);
}

void *host_realloc(void *p, size_t size)
{
	return check(realloc(p, size ? size : 1), size);
}

void host_free(void *p)
{
	free(p);
}

void host_trim(void)
{
	malloc_trim(0);
}

void *host_reserve(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	/* Tables are sparse: huge pages under them would multiply what they take. */
	madvise(p, size, MADV_NOHUGEPAGE);
	return p;
}

void host_release(void *p, size_t size)
{
	if (p)
		munmap(p, size);
}

bool host_mapped(const void *p, size_t size)
{
	uintptr_t page = sysconf(_SC_PAGESIZE), at = (uintptr_t)p & ~(page - 1);
	unsigned char in_core;

	for (; at < (uintptr_t)p + size; at += page)
		if (mincore((void *)at, page, &in_core))
			return false;
	return true;
}

void host_discard(void *p, size_t size)
{
	madvise(p, size, MADV_DONTNEED);
}
