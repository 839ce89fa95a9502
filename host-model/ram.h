/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's RAM as the host sees it: one mapping of the VMM, backed by frames or swap slots through
 * the second-level page table (EPT), with the contents of each page.
 *
 * Units: gfn and nr are 4 KiB pages.  Every access may block the calling host thread (swap-in,
 * direct reclaim, mmap lock).  Callers without a host thread (boot loader, tests) never block:
 * they get the effect and no cost.
 *
 * Contents are 32-bit tokens: 0 is the all-zero page, other values are given by whoever writes.
 * A run of n pages written at once holds token, token + 1, ... so that a mixed-up page shows.
 * Pages in which model code keeps real bytes (rings, slab objects) are ordinary memory at
 * guest_ram_ptr() as well; discarding such a page clears its bytes.
 */
#ifndef BALLAST_HOST_RAM_H
#define BALLAST_HOST_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "types.h"

struct host;
struct kvm_vm;
struct guest_ram;

enum ram_access {
	RAM_READ = 0,
	RAM_WRITE = 1,
};

uint64_t guest_ram_pages(const struct guest_ram *ram);
/*
 * Size of the host's pages under it, as a power of two of 4 KiB, before anything is touched: 0, as
 * it is; 4, a host with pages of 64 KiB, which has no huge ones of 2 MiB (swap still goes by
 * 4 KiB); 9, hugetlbfs with 2 MiB, which are not reclaimed.
 */
void guest_ram_set_page_order(struct guest_ram *ram, unsigned int order);
/*
 * What backs it, before anything is touched: a file of shmem that the VMM maps shared (memfd,
 * memory-backend-file in /dev/shm); frames that a device of the host works on (VFIO), all of which
 * are taken when the VMM starts, and none of which goes before its end.
 */
void guest_ram_set_shared_file(struct guest_ram *ram);
void guest_ram_set_pinned(struct guest_ram *ram);
/*
 * Of [g, g + nr) the guest's kernel uses every @every-th page whatever else happens: timers, and
 * what these run.  Reclaim finds such pages accessed each time as long as the VM lives.
 */
void guest_ram_set_ticking(struct guest_ram *ram, gfn_t g, uint64_t nr, unsigned int every);
/* Start of the real bytes; address of a gpa is this + gpa. */
void *guest_ram_ptr(const struct guest_ram *ram);

/* Model code keeps real bytes in these pages: discarding them must clear the bytes. */
void guest_ram_mark_bytes(struct guest_ram *ram, gfn_t g, uint64_t nr);

/* A vCPU accesses [g, g + nr): EPT violations, zeroing, swap-in happen as needed. */
void guest_ram_access(struct guest_ram *ram, gfn_t g, uint64_t nr, enum ram_access access);
/* The VMM or the host kernel accesses the mapping: the same without VM exits. */
void guest_ram_access_host(struct guest_ram *ram, gfn_t g, uint64_t nr, enum ram_access access);

/* Access for write, then contents become @token, @token + 1, ...; @token 0: all zero. */
void guest_ram_write(struct guest_ram *ram, gfn_t g, uint64_t nr, uint32_t token);
/* Access for write, every page of the run gets the same contents (poison, zero). */
void guest_ram_fill(struct guest_ram *ram, gfn_t g, uint64_t nr, uint32_t token);
/* Access for read, then the contents of one page. */
uint32_t guest_ram_read(struct guest_ram *ram, gfn_t g);
/*
 * Access for read; a page that does not hold @token + i is a data loss: it is reported with its
 * history in the name of @owner, and the run fails.  Returns the number of lost pages.
 */
uint64_t guest_ram_check(struct guest_ram *ram, gfn_t g, uint64_t nr, uint32_t token,
			 const char *owner);
/* Token of a page without touching it (swap-out, migration, tests). */
uint32_t guest_ram_peek(const struct guest_ram *ram, gfn_t g);

/* What backs a page now; for tests, statistics and the trace. */
enum ram_state { RAM_NONE, RAM_PRESENT, RAM_PRESENT_HUGE, RAM_SWAPPED };
enum ram_state guest_ram_state(const struct guest_ram *ram, gfn_t g);
/* How the EPT maps it: NONE also of a frame in the swap cache or on its way to swap. */
enum ram_state guest_ram_mapping(const struct guest_ram *ram, gfn_t g);
uint64_t guest_ram_resident(const struct guest_ram *ram);	/* pages */
uint64_t guest_ram_resident_peak(const struct guest_ram *ram);	/* pages */
uint64_t guest_ram_swapped(const struct guest_ram *ram);	/* pages */
uint64_t guest_ram_huge(const struct guest_ram *ram);	/* of resident, in 2 MiB leaves; pages */
/* Frames that the host got back by the VMM's discards, of all that was discarded; pages. */
uint64_t guest_ram_given_back(const struct guest_ram *ram);
/* 2 MiB blocks that khugepaged made huge pages; pages of these that had been nothing. */
uint64_t guest_ram_collapsed(const struct guest_ram *ram, uint64_t *filled);

struct call_site;

/*
 * For whom memory is discarded: the request (the nth of its queue), and the code that named the
 * pages and that discards them; NULL: not known.
 */
struct discard_origin {
	bool host_kernel;		/* by a module of the host's kernel, not by the VMM */
	const char *device;		/* NULL: no request */
	unsigned int queue;
	uint64_t request;		/* from 1 on */
	uint64_t submitted;		/* ns */
	const struct call_site *driver_code, *device_code;
};

enum host_madvise { HOST_MADV_DONTNEED, HOST_MADV_FREE, HOST_MADV_WILLNEED };
/*
 * madvise() of the VMM on its mapping of guest RAM; [offset, offset + len) in bytes, page
 * aligned.  Takes the VMM's mmap lock for read (mm/madvise.c).  Returns 0 or -EINVAL/-ENOMEM.
 */
int guest_ram_madvise(struct guest_ram *ram, uint64_t offset, uint64_t len,
		      enum host_madvise advice);
/* fallocate(FALLOC_FL_PUNCH_HOLE) of the shared file: its pages are free then. */
int guest_ram_punch_hole(struct guest_ram *ram, uint64_t offset, uint64_t len);
/*
 * zap_page_range() of the host's kernel on that mapping: as DONTNEED, for whoever's account it is,
 * without a system call.  The caller holds the mmap lock.
 */
void guest_ram_zap(struct guest_ram *ram, uint64_t offset, uint64_t len);

#endif
