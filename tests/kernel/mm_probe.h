/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel of which only mm/ runs, for tests: no tasks, no vCPU, nothing blocks.  Pages are frame
 * numbers, -1 is none; types and orders as in Linux 6.1.  The implementation is kernel code, its
 * users are ordinary C.
 */
#ifndef TEST_KERNEL_MM_PROBE_H
#define TEST_KERNEL_MM_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/mm_boot.h"

struct mm_probe;
struct engine;
struct kvm_vm;

/* Flags of requests, 6.1's numbers. */
#define PROBE_KERNEL 0xcc0u
#define PROBE_ATOMIC 0xa20u
#define PROBE_MOVABLE 0x100ccau		/* GFP_HIGHUSER_MOVABLE */
#define PROBE_RECLAIMABLE 0xcd0u
#define PROBE_ZERO 0x100u
#define PROBE_FAIL 0x12000u		/* __GFP_NORETRY | __GFP_NOWARN */

enum { PROBE_UNMOVABLE, PROBE_MOVABLE_TYPE, PROBE_RECLAIMABLE_TYPE, PROBE_HIGHATOMIC,
       PROBE_ISOLATE };
enum { PROBE_DMA, PROBE_DMA32, PROBE_NORMAL, PROBE_MOVABLE_ZONE };

struct mm_probe_zone {
	uint64_t start, spanned, managed, free;
	uint64_t min, low, high;
	int64_t lowmem_reserve[5];
	int batch, pcp_high, pcp_count, free_factor;
	uint64_t nr_highatomic;
	/* of 6.12 */
	uint64_t nr_free_highatomic;
	int high_max, alloc_factor;
	bool below_high;
};

/* @vm: NULL, or one whose RAM the kernel's pages are. */
struct mm_probe *mm_probe_new(const struct mm_config *config, struct engine *engine,
			      struct kvm_vm *vm);
/* Which Linux it is (engine/level.h); 6.1 unless it is said. */
void mm_probe_version(struct mm_probe *p, uint32_t version);
void mm_probe_free(struct mm_probe *p);
struct kernel *mm_probe_kernel(struct mm_probe *p);

int64_t mm_probe_alloc(struct mm_probe *p, uint32_t gfp, unsigned int order);
void mm_probe_free_page(struct mm_probe *p, int64_t pfn, unsigned int order);
void mm_probe_free_list(struct mm_probe *p, const int64_t *pfns, unsigned int nr);
unsigned int mm_probe_bulk(struct mm_probe *p, uint32_t gfp, unsigned int nr, int64_t *pfns);

void mm_probe_zone(struct mm_probe *p, int zone, struct mm_probe_zone *z);
/* Lists, head first; returns the length, fills in at most @max. */
unsigned int mm_probe_free_area(struct mm_probe *p, int zone, unsigned int order, int type,
				int64_t *pfns, unsigned int max);
unsigned int mm_probe_pcp_list(struct mm_probe *p, int zone, unsigned int pindex, int64_t *pfns,
			       unsigned int max);
int mm_probe_block_type(struct mm_probe *p, int64_t pfn);
/* Of a pageblock that has no free pages. */
void mm_probe_set_block_type(struct mm_probe *p, int64_t pfn, int type);
/* Make a page look like one of a program's, which a steal counts as movable. */
void mm_probe_set_lru(struct mm_probe *p, int64_t pfn, bool lru);

/* All largest blocks below @pfn, of its zone, are in use. */
void mm_probe_use_below(struct mm_probe *p, int64_t pfn);
int mm_probe_isolate(struct mm_probe *p, int64_t pfn, unsigned int order);
void mm_probe_putback(struct mm_probe *p, int64_t pfn, unsigned int order);
int mm_probe_contig(struct mm_probe *p, int64_t start, int64_t end);
void mm_probe_contig_free(struct mm_probe *p, int64_t start, int64_t end);
/* /proc/sys/vm/compact_memory, and memoryN/state in sysfs. */
void mm_probe_compact(struct mm_probe *p);
int mm_probe_memory_block(struct mm_probe *p, uint64_t block, bool online);
void mm_probe_drain(struct mm_probe *p);
/* Of 6.12: a second has passed for the per-CPU lists; returns whether there is more to do. */
bool mm_probe_decay(struct mm_probe *p, int zone);

/* Page reporting with a device that notes what it is told, and answers @error. */
struct mm_probe_report {
	int64_t pfn;
	unsigned int order;
	unsigned int call;		/* number of the report that it came in */
};
int mm_probe_report_register(struct mm_probe *p, unsigned int order);
/* Of the next device, which says how many blocks it takes at once; 0: it does not. */
void mm_probe_report_capacity(struct mm_probe *p, unsigned int capacity);
void mm_probe_report_unregister(struct mm_probe *p);
/* Run a pass; returns the number of blocks reported. */
unsigned int mm_probe_report_pass(struct mm_probe *p, int error, struct mm_probe_report *reports,
				  unsigned int max);
/* Of further reports: the blocks of which the device says that they are zero, a bit for each. */
void mm_probe_report_zeroed(struct mm_probe *p, uint64_t blocks);
/* A page that its host has zeroed leaves a balloon; @shared: somebody else has it, too. */
void mm_probe_free_zeroed(struct mm_probe *p, int64_t pfn, bool shared);
/* Of the first page of a block: the block is known to be zero. */
bool mm_probe_zeroed(struct mm_probe *p, int64_t pfn);
bool mm_probe_report_requested(struct mm_probe *p);
bool mm_probe_reported(struct mm_probe *p, int64_t pfn);
/* A page that says until it is freed that it was in a balloon; how many warnings came of that. */
uint64_t mm_probe_free_offline(struct mm_probe *p);
/* PGSCAN_DIRECT, counted @nr times: as an event of all, and as what a node counts. */
void mm_probe_scanned(struct mm_probe *p, unsigned long nr, unsigned long *event,
		      unsigned long *node);

/* A hook in the allocator that notes each call; of unlocked, pfn is -1. */
enum mm_probe_hook { PROBE_FREED, PROBE_MERGING, PROBE_MERGED, PROBE_UNLOCKED, PROBE_ALLOCATED };
struct mm_probe_hooked {
	enum mm_probe_hook hook;
	int64_t pfn;
	unsigned int order;
};
int mm_probe_hook(struct mm_probe *p, bool on);
/* Calls since the last time; returns how many, at most @max. */
unsigned int mm_probe_hooked(struct mm_probe *p, struct mm_probe_hooked *list, unsigned int max);

/* Pages of files on the active list. */
uint64_t mm_probe_active_file(struct mm_probe *p);
/* The kernel goes on using this page of its own (kernel_touch.c). */
void mm_probe_active(struct mm_probe *p, int64_t pfn, unsigned int nr, unsigned int active,
		     const uint32_t *gaps, unsigned int nr_gaps);

void *mm_probe_kmalloc(struct mm_probe *p, size_t size, bool zero);
void mm_probe_kfree(struct mm_probe *p, void *object);
unsigned long mm_probe_warnings(struct mm_probe *p);
uint64_t mm_probe_event(struct mm_probe *p, const char *name);
uint64_t mm_probe_available(struct mm_probe *p);

/* A notifier and a shrinker that can give back @pages held by them. */
void mm_probe_hold(struct mm_probe *p, unsigned int pages, bool notifier);
unsigned long mm_probe_shrink(struct mm_probe *p, int priority);
bool mm_probe_oom(struct mm_probe *p);

#endif
