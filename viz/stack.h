/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Areas on top of each other, and lines over them, from the columns of series.
 */
#ifndef BALLAST_VIZ_STACK_H
#define BALLAST_VIZ_STACK_H

#include "scene.h"

#define STACK_MAX 32

/* Areas that are stacked from the bottom of the plot up; @full is the plot's height. */
struct stack {
	struct canvas *c;
	struct box plot;
	uint64_t full;
	unsigned int nr;
	uint32_t color[STACK_MAX], back;	/* back: above all of them */
	/* per column: the mean, and the most that it was */
	const uint64_t *mean[STACK_MAX], *max[STACK_MAX];
};

/* Height of a value in pixels, rounded, at most the plot's. */
static inline int stack_height(uint64_t value, uint64_t full, int height)
{
	if (!full || value >= full)
		return full ? height : 0;
	/* 64 bits do unless a value is beyond all memory that there is */
	if (full < UINT64_C(1) << 48)
		return (value * height + full / 2) / full;
	return ((unsigned __int128)value * height + full / 2) / full;
}

/*
 * Means as areas.  Where a part was more than its mean for a while, that is drawn over what is
 * above it in a mixed colour: nothing that was there is lost, however short.
 */
void stack_draw(const struct stack *s);
/* From the least to the most of each column, joined; @halo is around it. */
void stack_line(struct canvas *c, struct box plot, const struct index_column *column, uint64_t full,
		int thick, uint32_t color, uint32_t halo);
/* A line of dashes through the means, from the top down if @down. */
void stack_dashes(struct canvas *c, struct box plot, const struct index_column *column,
		  uint64_t full, bool down, int thick, int dash, uint32_t color);

#endif
