/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all that is drawn shares: the canvas, the view, the traces, where things are, and room for
 * the columns of series.
 */
#ifndef BALLAST_VIZ_SCENE_H
#define BALLAST_VIZ_SCENE_H

#include "layout.h"

#define SCENE_SERIES 12		/* series whose columns are held at a time */

struct scene {
	struct canvas *c;
	const struct view *v;
	struct source *source;
	unsigned int nr_sources;
	const struct palette *p;
	const struct layout *l;
	struct index_column *column[SCENE_SERIES];	/* plot_w each */
};

static inline int scene_px(const struct scene *s, int px)
{
	return layout_px(s->l, px);
}

/* The time whose values are shown beside the lanes. */
static inline uint64_t scene_at(const struct scene *s)
{
	return s->v->has_at ? s->v->at : s->v->to;
}

/* Columns of a series of the lane's guest (or the host) over the whole plot. */
static inline struct index_column *scene_columns(const struct scene *s, unsigned int slot,
						 unsigned int source, uint32_t guest,
						 enum index_series_id id)
{
	source_columns(&s->source[source], guest, id, s->v->from, s->v->to, s->column[slot],
		       s->l->plot_w);
	return s->column[slot];
}

/*
 * Counters are sampled, and what was added since is spread over the time between: columns that are
 * shorter than @ns would show how it is rounded.  The number of columns over the whole plot.
 */
static inline int scene_counts(const struct scene *s, uint64_t ns)
{
	uint64_t nr = (s->v->to - s->v->from) / ns;

	return nr < 1 ? 1 : nr < (uint64_t)s->l->plot_w ? (int)nr : s->l->plot_w;
}

/* So many columns of a counter of the host. */
static inline struct index_column *scene_counted(const struct scene *s, unsigned int slot,
						 unsigned int source, enum index_series_id id,
						 int nr)
{
	source_columns(&s->source[source], INDEX_HOST, id, s->v->from, s->v->to, s->column[slot],
		       nr);
	return s->column[slot];
}

#endif
