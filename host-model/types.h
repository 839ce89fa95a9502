/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frame and slot numbers as types of their own, so that mixing them up does not compile.
 */
#ifndef BALLAST_HOST_TYPES_H
#define BALLAST_HOST_TYPES_H

#include <assert.h>
#include <stdint.h>

#define HOST_PAGE_SHIFT 12
#define HOST_PAGE_SIZE (UINT64_C(1) << HOST_PAGE_SHIFT)
#define HOST_PMD_ORDER 9
#define HOST_PMD_PAGES (UINT64_C(1) << HOST_PMD_ORDER)	/* 4 KiB pages of a 2 MiB leaf */

/* Guest frame number: guest-physical address >> 12. */
typedef struct {
	uint64_t nr;
} gfn_t;

/* Host virtual address inside the mapping that backs a guest's RAM. */
typedef struct {
	uint64_t addr;
} hva_t;

/* Slot of a swap device, in pages. */
typedef struct {
	uint32_t nr;
} swap_slot_t;

static_assert(sizeof(gfn_t) == 8 && sizeof(hva_t) == 8 && sizeof(swap_slot_t) == 4,
	      "wrapped numbers must cost nothing");

static inline gfn_t gfn(uint64_t nr)
{
	return (gfn_t){ nr };
}

static inline gfn_t gpa_to_gfn(uint64_t gpa)
{
	return (gfn_t){ gpa >> HOST_PAGE_SHIFT };
}

static inline uint64_t gfn_to_gpa(gfn_t g)
{
	return g.nr << HOST_PAGE_SHIFT;
}

#endif
