// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where everything is; see layout.h.
 *
 * From the top: head, legend, overview, ruler, lanes that scroll (the guests'), lanes that are
 * pinned (the host's, as far as there is room, and those that the user pinned), foot.  Lanes share
 * the height by weight, but none is lower than what it shows needs; what does not fit scrolls.
 */
#include "layout.h"

#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "hostmem.h"

#define BANDS_MAX 6	/* with more guests, they begin as rows */
#define PLOT_W_MIN 16

typedef unsigned __int128 u128;

static const struct {
	const char *name;
	int min, weight, max;	/* heights at 100 % */
} lane_table[NR_LANE_KINDS] = {
	[LANE_GUEST] = { "", 92, 30, 400 },
	[LANE_ROW] = { "", 0, 0, 0 },
	[LANE_HOST_MEMORY] = { "host:memory", 78, 18, 220 },
	[LANE_HOST_SWAP] = { "host:swap", 44, 9, 110 },
	[LANE_TRAFFIC] = { "host:traffic", 50, 9, 110 },
	[LANE_QUEUE] = { "host:queue", 50, 7, 90 },
	[LANE_DISK] = { "host:disk", 50, 7, 90 },
	[LANE_CPU] = { "host:cpu", 64, 14, 180 },
};

struct order {
	unsigned int source;	/* the first that has it */
	uint32_t guest;
	uint64_t key;
	const char *name;
	enum view_sort sort;
};

static int compare(const void *va, const void *vb)
{
	const struct order *a = va, *b = vb;
	int by_name = strcmp(a->name, b->name);

	if (a->sort == SORT_NAME && by_name)
		return by_name;
	if (a->sort >= SORT_RESIDENT && a->key != b->key)
		return a->key < b->key ? 1 : -1;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	return a->guest < b->guest ? -1 : a->guest > b->guest;
}

static struct lane *add_lane(struct layout *l, const struct view *v, enum lane_kind kind,
			     unsigned int source, uint32_t guest, const char *name)
{
	struct lane *lane;

	if (names_have(&v->hidden, name))
		return NULL;
	lane = collect_append(&l->lane, &l->nr_lanes, sizeof(*lane));
	*lane = (struct lane){ .kind = kind, .source = source, .guest = guest, .name = name };
	return lane;
}

static void add_guest(struct layout *l, const struct view *v, const struct source *source,
		      unsigned int nr_sources, const struct order *o, bool bands)
{
	bool row = names_have(&v->collapsed, o->name) ||
		   (!bands && !names_have(&v->expanded, o->name));
	int64_t guest_a = o->source ? -1 : o->guest;

	l->guests_shown++;
	for (unsigned int i = o->source; i < nr_sources; i++) {
		int64_t guest = source_guest_like(&source[i], o->name, o->guest);
		struct lane *lane = guest < 0 ? NULL :
				    add_lane(l, v, row ? LANE_ROW : LANE_GUEST, i, guest, o->name);

		if (!lane)
			continue;
		lane->guest_a = guest_a;
		lane->pinned = names_have(&v->pinned, o->name);
	}
}

static uint64_t sort_key(const struct source *s, uint32_t guest, enum view_sort sort)
{
	switch (sort) {
	case SORT_RESIDENT:
		return source_peak(s, guest, INDEX_guest_resident);
	case SORT_SWAPPED:
		return source_peak(s, guest, INDEX_guest_swapped);
	case SORT_STALLED:
		return source_peak(s, guest, INDEX_guest_stalled);
	default:
		return 0;
	}
}

/* Those of the first trace, and those that only the second has. */
static unsigned int find_guests(struct order **order, const struct source *source,
				unsigned int nr_sources, enum view_sort sort)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < nr_sources; i++) {
		const struct trace_index *index = source[i].index;

		for (uint32_t g = 0; index && g < index_nr_guests(index); g++) {
			const char *name = index_text(index, index->guests[g].name);

			if (i && source_guest_like(&source[0], name, g) >= 0)
				continue;
			*(struct order *)collect_append(order, &nr, sizeof(**order)) =
				(struct order){ i, g, sort_key(&source[i], g, sort), name, sort };
		}
	}
	return nr;
}

static void add_guests(struct layout *l, const struct view *v, const struct source *source,
		       unsigned int nr_sources)
{
	struct order *order = NULL;

	l->guests = find_guests(&order, source, nr_sources, v->sort);
	if (l->guests)
		qsort(order, l->guests, sizeof(*order), compare);
	for (uint32_t i = 0; i < l->guests; i++)
		if (!*v->filter || strstr(order[i].name, v->filter))
			add_guest(l, v, source, nr_sources, &order[i],
				  l->guests * nr_sources <= BANDS_MAX);
	host_free(order);
}

static bool missing(const struct source *s, enum lane_kind kind)
{
	switch (kind) {
	case LANE_HOST_MEMORY:
		return !source_has(s, INDEX_HOST, INDEX_host_used);
	case LANE_HOST_SWAP:
		return !source_has(s, INDEX_HOST, INDEX_host_swap_used);
	case LANE_TRAFFIC:
		return !source_has(s, INDEX_HOST, INDEX_host_swap_out);
	case LANE_QUEUE:
		return !source_has(s, INDEX_HOST, INDEX_swap_waiting);
	case LANE_DISK:
		return !source_has(s, INDEX_HOST, INDEX_disk_waiting);
	case LANE_CPU:
		return !source_has(s, INDEX_HOST, INDEX_cpu_program);
	default:
		return false;
	}
}

/* Few machines have shared disks, so that it need not be said that there is none. */
static bool is_spared(const struct source *source, unsigned int nr_sources, unsigned int i,
		      enum lane_kind kind)
{
	const struct source *other = &source[i ? 0 : nr_sources - 1];

	if (!i && kind != LANE_DISK)
		return false;
	return missing(&source[i], kind) && (!other->index || missing(other, kind));
}

static void add_host(struct layout *l, const struct view *v, const struct source *source,
		     unsigned int nr_sources)
{
	static const enum lane_kind kinds[] = { LANE_HOST_MEMORY, LANE_HOST_SWAP, LANE_TRAFFIC,
						LANE_QUEUE, LANE_DISK, LANE_CPU };

	for (unsigned int k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
		for (unsigned int i = 0; i < nr_sources; i++) {
			struct lane *lane;

			if (!source[i].index || is_spared(source, nr_sources, i, kinds[k]))
				continue;
			lane = add_lane(l, v, kinds[k], i, INDEX_HOST, lane_table[kinds[k]].name);
			if (!lane)
				continue;
			lane->missing = missing(&source[i], kinds[k]);
			lane->pinned = true;
		}
}

static int row_height(const struct layout *l)
{
	return l->small.height + layout_px(l, 3);
}

/* What is left after the lowest heights is shared by weight. */
static void share(struct layout *l, int height)
{
	int left = height, weights = 0, gap = layout_px(l, 4);

	for (unsigned int i = 0; i < l->nr_lanes; i++) {
		struct lane *lane = &l->lane[i];

		lane->height = lane->missing || lane->kind == LANE_ROW ? row_height(l) :
			       layout_px(l, lane_table[lane->kind].min);
		lane->weight = lane->missing ? 0 : lane_table[lane->kind].weight;
		left -= lane->height + (lane->kind == LANE_ROW ? 0 : gap);
		weights += lane->weight;
	}
	for (unsigned int i = 0; i < l->nr_lanes && left > 0; i++) {
		struct lane *lane = &l->lane[i];
		int max = layout_px(l, lane_table[lane->kind].max);

		if (!lane->weight)
			continue;
		lane->height += left * lane->weight / weights;
		if (lane->height > max)
			lane->height = max;
	}
}

static void place(const struct layout *l, struct lane *lane, int y, struct box region)
{
	if (y + lane->height <= region.y || y >= region.y + region.h)
		return;
	lane->gutter = (struct box){ region.x, y, l->plot_x - region.x, lane->height };
	lane->plot = (struct box){ l->plot_x, y, l->plot_w, lane->height };
}

static void measure(const struct layout *l, int *pinned, int *scrolls)
{
	*pinned = *scrolls = 0;
	for (unsigned int i = 0; i < l->nr_lanes; i++)
		*(l->lane[i].pinned ? pinned : scrolls) += l->lane[i].height +
			(l->lane[i].kind == LANE_ROW ? 0 : layout_px(l, 4));
}

/*
 * Lanes of the host that would be cut below scroll with the guests', the last kind first; those of
 * two traces stay together, and what the user pinned stays.
 */
static void unpin(struct layout *l, const struct view *v, int height)
{
	int pinned, scrolls;

	measure(l, &pinned, &scrolls);
	for (int kind = NR_LANE_KINDS - 1; kind > LANE_HOST_MEMORY; kind--) {
		if (pinned <= height * 3 / 5 || pinned + scrolls <= height)
			return;
		for (unsigned int i = 0; i < l->nr_lanes; i++)
			if (l->lane[i].kind == (enum lane_kind)kind &&
			    !names_have(&v->pinned, l->lane[i].name))
				l->lane[i].pinned = false;
		measure(l, &pinned, &scrolls);
	}
}

static void place_lanes(struct layout *l, const struct view *v, struct box all)
{
	int pinned, scrolls, y, gap = layout_px(l, 4);

	unpin(l, v, all.h);
	measure(l, &pinned, &scrolls);
	if (pinned > all.h * 3 / 5 && pinned + scrolls > all.h)
		pinned = all.h * 3 / 5;
	if (pinned + scrolls < all.h)
		pinned = all.h - scrolls;	/* what is not needed is left at the bottom */
	l->scroll = (struct box){ all.x, all.y, all.w, all.h - pinned };
	if (pinned + scrolls > all.h)
		l->scroll.h -= layout_px(l, 4);
	l->pinned = (struct box){ all.x, all.y + all.h - pinned, all.w, pinned };
	l->content = scrolls;
	l->scroll_max = scrolls > l->scroll.h ? scrolls - l->scroll.h : 0;
	for (int pass = 0; pass < 2; pass++) {
		struct box region = pass ? l->pinned : l->scroll;
		int by = layout_px(l, v->scroll);

		y = region.y - (pass ? 0 : by < l->scroll_max ? by : l->scroll_max);
		for (unsigned int i = 0; i < l->nr_lanes; i++) {
			if (l->lane[i].pinned != (pass == 1))
				continue;
			place(l, &l->lane[i], y, region);
			y += l->lane[i].height + (l->lane[i].kind == LANE_ROW ? 0 : gap);
		}
	}
}

int layout_foot_lines(const struct view *v, unsigned int nr_sources)
{
	return view_spans(v) && nr_sources > 1 ? nr_sources : 1;
}

void layout_make(struct layout *l, const struct view *v, const struct source *source,
		 unsigned int nr_sources)
{
	int edge, y = 0, line;

	*l = (struct layout){ .unit = v->scale, .from = v->from, .to = v->to };
	l->small = text_font(v->scale, FONT_SMALL);
	l->normal = text_font(v->scale, FONT_NORMAL);
	l->bold = text_font(v->scale, FONT_BOLD);
	l->title = text_font(v->scale, FONT_TITLE);
	edge = layout_px(l, 10);
	line = l->small.height + layout_px(l, 4);
	l->axis_w = layout_px(l, 68);
	/* With two traces a difference stands beside each value. */
	l->plot_x = layout_px(l, nr_sources > 1 ? 285 : 210);
	if (*v->map || *v->events)
		l->panel.w = layout_px(l, 330) < v->width / 3 ? layout_px(l, 330) : v->width / 3;
	l->plot_w = v->width - l->plot_x - l->axis_w - l->panel.w;
	if (l->panel.w)
		l->plot_w -= layout_px(l, 14);
	/* A window can be too small for its scale: then what is right of the lanes is cut. */
	if (l->plot_w < PLOT_W_MIN)
		l->plot_w = PLOT_W_MIN;
	if (source[0].index) {
		add_guests(l, v, source, nr_sources);
		add_host(l, v, source, nr_sources);
	}
	l->head = (struct box){ edge, layout_px(l, 6), v->width - 2 * edge,
				l->title.height + line * (int)nr_sources };
	y = l->head.y + l->head.h + layout_px(l, 2);
	legend_find(&l->words, source, nr_sources);
	for (unsigned int i = 0; i < l->nr_lanes; i++) {
		l->words.bands |= l->lane[i].kind == LANE_GUEST;
		l->words.rows |= l->lane[i].kind == LANE_ROW;
		l->words.cpu |= l->lane[i].kind == LANE_CPU && !l->lane[i].missing;
	}
	l->legend = (struct box){ edge, y, v->width - 2 * edge, 0 };
	l->legend.h = legend_draw(&l->words, NULL, &palettes[v->theme], v->scale, l->legend);
	y += l->legend.h + layout_px(l, 4);
	l->overview = (struct box){ l->plot_x, y, l->plot_w, nr_sources > 1 ?
				    (int)nr_sources * (l->small.height + layout_px(l, 2)) :
				    layout_px(l, 18) };
	y += l->overview.h + layout_px(l, 4);
	l->ruler = (struct box){ l->plot_x, y, l->plot_w, l->normal.height + layout_px(l, 8) };
	y += l->ruler.h;
	l->foot.h = line * layout_foot_lines(v, nr_sources);
	l->foot = (struct box){ edge, v->height - l->foot.h - layout_px(l, 4), v->width - 2 * edge,
				l->foot.h };
	share(l, l->foot.y - layout_px(l, 2) - y);
	l->panel = (struct box){ v->width - l->panel.w - layout_px(l, 8), l->overview.y, l->panel.w,
				 l->foot.y - layout_px(l, 6) - l->overview.y };
	place_lanes(l, v,
		    (struct box){ edge, y, (l->panel.w ? l->panel.x - layout_px(l, 4) : v->width) -
				  edge, l->foot.y - layout_px(l, 2) - y });
}

bool layout_is_host_lane(const char *name)
{
	for (unsigned int i = 0; i < NR_LANE_KINDS; i++)
		if (*lane_table[i].name && !strcmp(name, lane_table[i].name))
			return true;
	return false;
}

void layout_free(struct layout *l)
{
	host_free(l->lane);
	l->lane = NULL;
}

int layout_x(const struct layout *l, uint64_t time)
{
	uint64_t span = l->to - l->from;

	if (time < l->from)
		return l->plot_x - 1;
	if (time > l->to)
		return l->plot_x + l->plot_w;
	return l->plot_x + (int)((u128)(time - l->from) * l->plot_w / (span ? span : 1));
}

uint64_t layout_time(const struct layout *l, int x)
{
	if (x <= l->plot_x)
		return l->from;
	if (x >= l->plot_x + l->plot_w)
		return l->to;
	return l->from + (uint64_t)((u128)(l->to - l->from) * (x - l->plot_x) / l->plot_w);
}

const struct lane *layout_lane_at(const struct layout *l, int x, int y)
{
	for (unsigned int i = 0; i < l->nr_lanes; i++) {
		const struct lane *lane = &l->lane[i];
		struct box region = lane->pinned ? l->pinned : l->scroll;

		if (lane->plot.w && y >= lane->plot.y && y < lane->plot.y + lane->plot.h &&
		    box_holds(region, x, y))
			return lane;
	}
	return NULL;
}
