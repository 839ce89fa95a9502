/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the colours and signs mean, in words; always in the picture.
 */
#ifndef BALLAST_VIZ_LEGEND_H
#define BALLAST_VIZ_LEGEND_H

#include "palette.h"
#include "pixel.h"
#include "source.h"

/* The letter in the flag of a mark, 0: it has none; and what it stands for. */
char mark_letter(enum index_mark_kind kind);
const char *mark_words(enum index_mark_kind kind);

#define LEGEND_RESIDENT "resident (RSS)"
#define LEGEND_SWAPPED "swapped by the host"

struct legend {
	bool bands, rows;		/* guests are shown so */
	bool small, balloon, target, reports, swap, cpu, wmark, cache;
	bool mark[NR_INDEX_MARKS];
};

/* What the traces have that has to be explained. */
void legend_find(struct legend *legend, const struct source *source, unsigned int nr_sources);
/* A part of a guest's memory, as the legend has it. */
const char *legend_part(const struct legend *legend, enum part part);
/* Draws it and returns how high it is; without a canvas only that.  @unit: scale in percent. */
int legend_draw(const struct legend *legend, struct canvas *c, const struct palette *p, int unit,
		struct box b);

#endif
