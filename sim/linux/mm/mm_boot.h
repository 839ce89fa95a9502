/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a kernel's memory management is set up and taken down; for whoever creates guests.
 *
 * Frame numbers here are offsets into guest RAM: the hole that a PC has below 4 GiB is squeezed
 * out, as in QEMU's RAM block.  Zones still end where they do on the real machine: ZONE_DMA32 is
 * the part of RAM that the machine puts below 4 GiB.
 */
#ifndef __MM_BOOT_H
#define __MM_BOOT_H

#include <stdbool.h>
#include <stdint.h>

struct kernel;

enum thp_policy { THP_NEVER, THP_MADVISE, THP_ALWAYS };
/* transparent_hugepage/defrag */
enum thp_defrag { THP_DEFRAG_MADVISE, THP_DEFRAG_ALWAYS, THP_DEFRAG_DEFER,
		  THP_DEFRAG_DEFER_MADVISE, THP_DEFRAG_NEVER };

struct mm_config {
	uint64_t ram_pages;		/* 4 KiB pages */
	uint64_t low_pages;		/* of these below 4 GiB; 0: as QEMU's q35 lays RAM out */
	uint64_t reserved_low;		/* pages that the kernel image and the firmware keep */
	uint64_t init_pages;		/* of the kernel, given back after watermarks are set */
	uint64_t movable_pages;		/* of ZONE_MOVABLE at the end of memory (movablecore=) */
	uint64_t min_free_kbytes;	/* 0: computed as 6.1 does */
	unsigned int nr_cpus;
	enum thp_policy thp;		/* transparent_hugepage/enabled */
	enum thp_defrag thp_defrag;
	/* Orders whose hugepages-<size>kB/enabled says always, madvise, inherit; since 6.12. */
	unsigned int orders_always, orders_madvise, orders_inherit;
	bool init_on_free, init_on_alloc, page_poison;
	bool page_zeroed;		/* free pages may be known to be zero: PG_zeroed */
	unsigned int swappiness;	/* vm.swappiness, 60 */
};

/* What a Debian cloud kernel 6.1 without parameters has. */
void mm_config_default(struct mm_config *config, uint64_t ram_pages, unsigned int nr_cpus);

/*
 * Set up @kernel's zones with all memory free but what is reserved.  The kernel's engine, name, vm,
 * ram_base and nr_cpus must be set; coro_current->ctx.kernel must be @kernel.
 */
void mm_init(struct kernel *kernel, const struct mm_config *config);
void mm_exit(struct kernel *kernel);

/*
 * Knobs of free page reporting: smallest order, as if written to the parameter
 * page_reporting.page_reporting_order when a driver has registered (-1: left as it is then, the
 * driver's or a pageblock's), and what is fixed in 6.1, delay (2 s) and blocks in one report (32).
 */
void page_reporting_tune(int order, unsigned int delay_ms, unsigned int capacity);

/*
 * Have the vCPU write what firmware, boot loader and kernel wrote before there was an
 * allocator: the first 16 MiB, the kernel's image, the memmap and the late reservations.
 */
void mm_touch_reserved(const struct mm_config *config);

/* Free list counts that must add up (page conservation); returns pages missing or doubled. */
int64_t mm_check(struct kernel *kernel);

#endif
