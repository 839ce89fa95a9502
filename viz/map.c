// SPDX-License-Identifier: GPL-2.0-only
/*
 * The map of a guest's memory; see map.h.
 *
 * A cell stands for 2^n pages and has the colour of the state that most of them are in; a dot says
 * that some are swapped where most are not.  Which of a guest's pages are page cache no record
 * says: they are used.
 */
#include "map.h"

#include <stdio.h>
#include <string.h>

#include "number.h"

#define CELL_ORDER_MAX 12

enum side { SIDE_GUEST, SIDE_HOST, NR_SIDES };

/* What states are shown as. */
static const struct {
	enum side side;
	const char *words;
	uint8_t first, last;
} kinds[] = {
	{ SIDE_GUEST, "used", PAGE_USED, PAGE_USED },
	{ SIDE_GUEST, "free, order 0-4", PAGE_FREE, PAGE_FREE + 4 },
	{ SIDE_GUEST, "free, order 5-8", PAGE_FREE + 5, PAGE_FREE + 8 },
	{ SIDE_GUEST, "free, order 9-10", PAGE_FREE + 9, PAGE_FREE_LAST },
	{ SIDE_GUEST, "isolated", PAGE_ISOLATED, PAGE_ISOLATED },
	{ SIDE_GUEST, "told to the host", PAGE_REPORTED, PAGE_REPORTED },
	{ SIDE_GUEST, "ballooned", PAGE_BALLOONED, PAGE_BALLOONED },
	{ SIDE_GUEST, "not heard of yet", PAGE_UNHEARD, PAGE_UNHEARD },
	{ SIDE_HOST, "absent", PAGE_ABSENT, PAGE_ABSENT },
	{ SIDE_HOST, "mapped, 4 KiB", PAGE_4K, PAGE_4K },
	{ SIDE_HOST, "mapped, 2 MiB", PAGE_2M, PAGE_2M },
	{ SIDE_HOST, "swapped", PAGE_SWAPPED, PAGE_SWAPPED },
	{ SIDE_HOST, "held, not mapped", PAGE_HELD, PAGE_HELD },
	{ SIDE_HOST, "not touched yet", PAGE_UNTOUCHED, PAGE_UNTOUCHED },
};

#define NR_KINDS (sizeof(kinds) / sizeof(*kinds))

/* In @kinds: each side's last. */
static const unsigned int unknown[NR_SIDES] = { [SIDE_GUEST] = 7, [SIDE_HOST] = NR_KINDS - 1 };

static bool is_unknown(unsigned int kind)
{
	return kind == unknown[SIDE_GUEST] || kind == unknown[SIDE_HOST];
}

static uint32_t color_of(const struct palette *p, unsigned int kind)
{
	const uint32_t colors[NR_KINDS] = {
		p->part[PART_USED], p->part[PART_FREE_SMALL],
		px_mix(p->part[PART_FREE_SMALL], p->part[PART_FREE], 128), p->part[PART_FREE],
		p->target, p->part[PART_REPORTED], p->part[PART_BALLOONED], p->back, p->grid,
		p->shade[1], p->shade[2], p->swapped, p->cache, p->back,
	};

	return colors[kind];
}

/* Where the cells are. */
struct grid {
	struct box box[NR_SIDES];
	int cell, columns, rows;
	unsigned int order;
	uint64_t first, pages;
};

static int words_height(const struct layout *l, int lines)
{
	return lines * (l->small.height + layout_px(l, 3));
}

static struct grid grid_of(const struct layout *l, const struct view *v, uint64_t pages)
{
	struct box b = l->panel;
	int top = l->bold.height + words_height(l, 2) + layout_px(l, 8);
	int half = (b.h - top) / 2, legend = l->small.height + words_height(l, 4) + layout_px(l, 8);
	struct grid g = { .cell = layout_px(l, 6), .pages = pages };
	uint64_t cells;

	g.columns = b.w / g.cell;
	g.rows = (half - legend) / g.cell;
	if (g.rows < 1)
		g.rows = 1;
	cells = (uint64_t)g.columns * g.rows;
	for (unsigned int i = 0; i < NR_SIDES; i++)
		g.box[i] = (struct box){ b.x, b.y + top + (int)i * half + legend,
					 g.columns * g.cell, g.rows * g.cell };
	while (g.order < CELL_ORDER_MAX && cells << g.order < pages)
		g.order++;
	if (v->map_order >= 0 && v->map_order < (int)g.order) {
		g.order = v->map_order;
		g.first = v->map_first;
	}
	if (g.first + (cells << g.order) > pages)
		g.first = pages > cells << g.order ? pages - (cells << g.order) : 0;
	g.first = g.first >> g.order << g.order;
	return g;
}

static unsigned int kind_of(uint8_t state, enum side side)
{
	unsigned int value = side == SIDE_GUEST ? page_guest(state) : page_host(state);

	for (unsigned int k = 0; k < NR_KINDS; k++)
		if (kinds[k].side == side && value >= kinds[k].first && value <= kinds[k].last)
			return k;
	return unknown[side];	/* of which it is not known what they were before they were freed */
}

/* A frame, if nothing is known: the background shows. */
static void draw_swatch(const struct scene *s, struct box b, unsigned int kind)
{
	px_fill(s->c, b, color_of(s->p, kind));
	if (is_unknown(kind))
		px_frame(s->c, b, 1, s->p->dim);
}

/* How many pages of a span are in each state. */
static void count_states(const struct index_pages *pages, uint64_t first, uint64_t nr,
			 unsigned int *count)
{
	memset(count, 0, 256 * sizeof(*count));
	if (first >= pages->nr)
		return;
	if (nr > pages->nr - first)
		nr = pages->nr - first;
	while (nr) {
		uint64_t in = first % PAGES_BLOCK,
			 here = PAGES_BLOCK - in < nr ? PAGES_BLOCK - in : nr;
		const uint8_t *block = pages->block[first / PAGES_BLOCK];

		if (!block)
			count[0] += here;
		for (uint64_t i = in; block && i < in + here;) {
			uint64_t word, same = block[i] * UINT64_C(0x0101010101010101);

			/* mostly, neighbours are in one state */
			if (i + 8 <= in + here && (memcpy(&word, block + i, 8), word == same)) {
				count[block[i]] += 8;
				i += 8;
			} else {
				count[block[i++]]++;
			}
		}
		first += here;
		nr -= here;
	}
}

/* The same by what is shown. */
static void sum_kinds(const unsigned int *count, enum side side, uint64_t *sum)
{
	for (unsigned int i = 0; i < 256; i++)
		if (count[i])
			sum[kind_of(i, side)] += count[i];
}

static void draw_cell(const struct scene *s, const struct grid *g, const unsigned int *count,
		      enum side side, int x, int y)
{
	uint64_t sum[NR_KINDS] = { 0 };
	unsigned int best = unknown[side];
	struct box b = { g->box[side].x + x * g->cell, g->box[side].y + y * g->cell, 0, 0 };

	sum_kinds(count, side, sum);
	for (unsigned int k = 0; k < NR_KINDS; k++)
		if (sum[k] > sum[best])
			best = k;
	b.w = b.h = g->cell - scene_px(s, 1);
	px_fill(s->c, b, color_of(s->p, best));
	if (is_unknown(best))
		px_frame(s->c, b, 1, s->p->lane);
	for (unsigned int k = 0; k < NR_KINDS; k++)
		if (k != best && sum[k] && kinds[k].first == PAGE_SWAPPED && side == SIDE_HOST)
			px_fill(s->c, (struct box){ b.x, b.y, (b.w + 1) / 2, (b.h + 1) / 2 },
				s->p->swapped);
}

static void draw_cells(const struct scene *s, const struct grid *g, const struct index_pages *pages)
{
	unsigned int count[256];

	for (int y = 0; y < g->rows; y++)
		for (int x = 0; x < g->columns; x++) {
			uint64_t first = g->first +
					 (((uint64_t)y * g->columns + x) << g->order);

			if (first >= g->pages)
				return;
			count_states(pages, first, UINT64_C(1) << g->order, count);
			for (unsigned int side = 0; side < NR_SIDES; side++)
				draw_cell(s, g, count, side, x, y);
		}
}

/* The words of one side, two in a line, with how much there is of each. */
static void draw_words(const struct scene *s, const struct grid *g, enum side side,
		       const uint64_t *total)
{
	const struct layout *l = s->l;
	int line = words_height(l, 1), y = g->box[side].y - words_height(l, 4) - scene_px(s, 4),
	    at = 0;
	struct box head = { l->panel.x, y - line, l->panel.w, l->small.height };

	text_in(s->c, &l->small, head, TEXT_LEFT, s->p->text, side == SIDE_GUEST ?
		"As the guest sees it" : "As the host holds it");
	for (unsigned int k = 0; k < NR_KINDS; k++) {
		struct box b = { l->panel.x + at % 2 * (l->panel.w / 2), y + at / 2 * line,
				 l->panel.w / 2 - scene_px(s, 6), l->small.height };
		int swatch = scene_px(s, 9), width;

		if (kinds[k].side != side)
			continue;
		at++;
		draw_swatch(s, (struct box){ b.x, b.y + (b.h - swatch) / 2, swatch, swatch }, k);
		b.x += swatch + scene_px(s, 5);
		b.w -= swatch + scene_px(s, 5);
		width = text_in(s->c, &l->small, b, TEXT_RIGHT, s->p->text,
				number_pages(total[k]).text);
		b.w -= width + scene_px(s, 4);
		text_in(s->c, &l->small, b, TEXT_LEFT, s->p->dim, kinds[k].words);
	}
}

/* The states at the cursor; NULL: the trace has none. */
static struct index_memory *memory_at(struct source *s, const struct view *v, uint32_t guest)
{
	if (s->memory && (s->memory->guest != guest || s->memory->index != s->index)) {
		index_memory_close(s->memory);
		s->memory = NULL;
	}
	if (!s->memory)
		s->memory = index_memory_open(s->index, s->path, guest);
	if (s->memory)
		index_memory_go(s->memory, v->has_at ? v->at : v->to);
	return s->memory;
}

void map_draw(const struct scene *s)
{
	struct source *of = &s->source[view_panel_of(s->v, s->nr_sources)];
	int64_t guest = source_guest(of, s->v->map);
	const struct layout *l = s->l;
	struct box b = { l->panel.x, l->panel.y, l->panel.w, l->bold.height };
	uint64_t total[NR_KINDS] = { 0 };
	unsigned int count[256];
	struct index_memory *m;
	struct grid g;
	char text[160];

	snprintf(text, sizeof(text), "Memory of %.60s", s->v->map);
	if (s->nr_sources > 1)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " in %c (%.60s)",
			 of == s->source ? 'A' : 'B', of->name);
	text_in(s->c, &l->bold, b, TEXT_LEFT, s->p->text, text);
	b = (struct box){ b.x, b.y + b.h + scene_px(s, 2), b.w, l->small.height };
	m = guest < 0 ? NULL : memory_at(of, s->v, guest);
	if (!m) {
		text_in(s->c, &l->small, b, TEXT_LEFT, s->p->dim,
			guest < 0 ? "The trace has no such guest"
				  : "Single pages are in traces of detail \"full\"");
		return;
	}
	g = grid_of(l, s->v, m->pages.nr);
	snprintf(text, sizeof(text), "at %s; a cell is %s",
		 number_time(scene_at(s), 1000000).text, number_pages(UINT64_C(1) << g.order).text);
	text_in(s->c, &l->small, b, TEXT_LEFT, s->p->dim, text);
	b.y += words_height(l, 1);
	snprintf(text, sizeof(text), "from %s on; wheel: cells, space: play",
		 g.first ? number_pages(g.first).text : "its beginning");
	text_in(s->c, &l->small, b, TEXT_LEFT, s->p->dim, text);
	count_states(&m->pages, 0, m->pages.nr, count);
	for (unsigned int side = 0; side < NR_SIDES; side++) {
		sum_kinds(count, side, total);
		draw_words(s, &g, side, total);
	}
	draw_cells(s, &g, &m->pages);
}

bool map_page_at(const struct layout *l, const struct view *v, const struct source *source, int x,
		 int y, uint64_t *page)
{
	int64_t guest = source_guest(source, v->map);
	struct grid g;

	if (!*v->map || guest < 0)
		return false;
	g = grid_of(l, v, source->index->guests[guest].memory);
	for (unsigned int side = 0; side < NR_SIDES; side++) {
		uint64_t cell;

		if (!box_holds(g.box[side], x, y))
			continue;
		cell = (uint64_t)((y - g.box[side].y) / g.cell) * g.columns +
		       (x - g.box[side].x) / g.cell;
		*page = g.first + (cell << g.order);
		return *page < g.pages;
	}
	return false;
}

void map_words(char *text, size_t size, struct source *source, const struct view *v, uint64_t page)
{
	int64_t guest = source_guest(source, v->map);
	struct index_memory *m = guest < 0 ? NULL : memory_at(source, v, guest);
	unsigned int seen, held;
	uint8_t state;

	if (!m || page >= m->pages.nr)
		return;
	state = index_pages_at(&m->pages, page);
	seen = kind_of(state, SIDE_GUEST);
	held = kind_of(state, SIDE_HOST);
	snprintf(text, size, "Page %#llx (%s): %s; for the host %s", (unsigned long long)page,
		 number_pages(page).text, kinds[seen].words, kinds[held].words);
}

void map_zoom(struct view *v, const struct layout *l, const struct source *source, uint64_t page,
	      int by)
{
	int64_t guest = source_guest(source, v->map);
	struct grid g;
	uint64_t cells;
	int order;

	if (guest < 0)
		return;
	g = grid_of(l, v, source->index->guests[guest].memory);
	order = (int)g.order + by;
	cells = (uint64_t)g.columns * g.rows;
	v->map_order = order < 0 ? 0 : order;
	cells = (cells << v->map_order) / 2;
	v->map_first = page > cells ? page - cells : 0;
}
