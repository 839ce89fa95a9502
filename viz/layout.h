/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where everything is in the picture: from the view and the traces to boxes.  Drawing and input ask
 * the same layout, so a click always hits what is seen.
 */
#ifndef BALLAST_VIZ_LAYOUT_H
#define BALLAST_VIZ_LAYOUT_H

#include "legend.h"
#include "pixel.h"
#include "source.h"
#include "text.h"
#include "view.h"

enum lane_kind { LANE_GUEST, LANE_ROW, LANE_HOST_MEMORY, LANE_HOST_SWAP, LANE_TRAFFIC, LANE_QUEUE,
		 LANE_DISK, LANE_CPU, NR_LANE_KINDS };

struct lane {
	enum lane_kind kind;
	unsigned int source;
	uint32_t guest;
	int64_t guest_a;	/* of trace A, with the same name; -1: there is none */
	const char *name;	/* as --hide and others have it */
	bool missing;		/* the trace has no such records */
	bool pinned;
	int height, weight;
	struct box gutter, plot;	/* empty: out of view */
};

struct layout {
	struct font small, normal, bold, title;
	int unit;		/* scale in percent */
	struct box head, legend, overview, ruler, scroll, pinned, foot, panel;
	int plot_x, plot_w, axis_w;
	struct legend words;
	struct lane *lane;
	unsigned int nr_lanes;
	unsigned int guests, guests_shown;	/* of all traces; after the filter */
	int content, scroll_max;	/* height of what scrolls; pixels */
	uint64_t from, to;
};

void layout_make(struct layout *l, const struct view *v, const struct source *source,
		 unsigned int nr_sources);
void layout_free(struct layout *l);
/* Of the foot: what changed in a span is a line for each trace. */
int layout_foot_lines(const struct view *v, unsigned int nr_sources);
bool layout_is_host_lane(const char *name);

static inline int layout_px(const struct layout *l, int px)
{
	return px * l->unit / 100;
}

/* Where a time is; it may be outside of the plot. */
int layout_x(const struct layout *l, uint64_t time);
uint64_t layout_time(const struct layout *l, int x);
/* NULL: no lane is there. */
const struct lane *layout_lane_at(const struct layout *l, int x, int y);
#endif
