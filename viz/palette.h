/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Colours, one set for each theme.  They start from those of Okabe and Ito ("Color Universal
 * Design", 2008), moved until all that lie side by side can be told apart with each of the three
 * colour blindnesses; tests/test_viz_colours.c computes that.
 */
#ifndef BALLAST_VIZ_PALETTE_H
#define BALLAST_VIZ_PALETTE_H

#include <stdint.h>

enum theme { THEME_DARK, THEME_LIGHT, NR_THEMES };

/* Parts of a guest's memory, in the order in which they are stacked. */
enum part { PART_USED, PART_CACHE, PART_FREE_SMALL, PART_FREE, PART_REPORTED, PART_BALLOONED,
	    NR_PARTS };

/* Who used CPU time, in the order in which they are stacked. */
enum cause { CAUSE_PROGRAM, CAUSE_GUEST_KERNEL, CAUSE_DRIVER, CAUSE_EXITS, CAUSE_VMM,
	     CAUSE_DISCARD, CAUSE_HOST_FAULT, CAUSE_HOST_SWAP, CAUSE_WAITING, NR_CAUSES };

/* Shades of the guests in the host's memory: neighbours differ. */
#define NR_SHADES 6

struct palette {
	uint32_t back, lane, text, dim, grid, cursor, select, mark, button, alarm;
	uint32_t part[NR_PARTS];
	uint32_t swapped, resident, halo, target;
	uint32_t cause[NR_CAUSES];
	uint32_t shade[NR_SHADES], host_other, cache;
	uint32_t swap_out, swap_in, queue;
	uint32_t heat_low, heat_high;
};

extern const struct palette palettes[NR_THEMES];
extern const char *const theme_names[NR_THEMES];
/* Words of the legend. */
extern const char *const part_names[NR_PARTS], *const cause_names[NR_CAUSES];

#endif
