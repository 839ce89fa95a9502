// SPDX-License-Identifier: GPL-2.0-only
/*
 * The legend: groups of swatches with words, in as many lines as they need.
 */
#include "legend.h"

#include "text.h"

static const struct {
	char letter;
	const char *words;
} mark_table[NR_INDEX_MARKS] = {
	[INDEX_MARK_GUEST_START] = { 'B', "guest boots" },
	[INDEX_MARK_GUEST_END] = { 'E', "guest ends" },
	[INDEX_MARK_PROGRAM_KILLED] = { 'K', "program killed" },
	[INDEX_MARK_COMMAND_START] = { 'C', "command begins" },
	[INDEX_MARK_COMMAND_END] = { 'D', "command is done" },
	[INDEX_MARK_TARGET] = { 'T', "new balloon target" },
	[INDEX_MARK_MESSAGE] = { 'M', "message" },
	[INDEX_MARK_GUEST_OOM] = { 'O', "guest out of memory" },
	[INDEX_MARK_HOST_OOM] = { 'X', "killed by the host" },
	[INDEX_MARK_DATA_LOSS] = { 'L', "data loss" },
	[INDEX_MARK_RUN_END] = { 'Z', "end of the run" },
};

char mark_letter(enum index_mark_kind kind)
{
	return mark_table[kind].letter;
}

const char *mark_words(enum index_mark_kind kind)
{
	return mark_table[kind].words ? mark_table[kind].words : "program";
}

static bool any_guest_has(const struct source *s, enum index_series_id id)
{
	for (uint32_t g = 0; g < index_nr_guests(s->index); g++)
		if (source_peak(s, g, id))
			return true;	/* nothing but zeroes needs no words */
	return false;
}

void legend_find(struct legend *legend, const struct source *source, unsigned int nr_sources)
{
	*legend = (struct legend){ 0 };
	for (unsigned int i = 0; i < nr_sources; i++) {
		const struct source *s = &source[i];

		if (!s->index)
			continue;
		legend->balloon |= any_guest_has(s, INDEX_guest_ballooned);
		legend->target |= any_guest_has(s, INDEX_guest_target);
		legend->small |= any_guest_has(s, INDEX_part_free_small);
		legend->reports |= any_guest_has(s, INDEX_guest_reported) ||
				   any_guest_has(s, INDEX_guest_requests);
		legend->swap |= source_has(s, INDEX_HOST, INDEX_host_swap_used);
		legend->cache |= source_peak(s, INDEX_HOST, INDEX_host_cached) > 0;
		legend->wmark |= s->index->head.wmark_low > 0;
		for (unsigned int kind = 0; kind < NR_INDEX_MARKS; kind++)
			legend->mark[kind] |= s->mark_kinds >> kind & 1;
	}
}

const char *legend_part(const struct legend *legend, enum part part)
{
	return part == PART_FREE && legend->small ? "free, reportable" : part_names[part];
}

enum swatch { SWATCH_BLOCK, SWATCH_STRIPES, SWATCH_LINE, SWATCH_DASHES, SWATCH_FLAG, SWATCH_TICKS,
	      SWATCH_RAMP };

struct flow {
	struct canvas *c;
	const struct palette *p;
	struct font font;
	struct box b;
	int unit, x, y, line;
	const char *group;	/* that has begun, or NULL */
};

static int px(const struct flow *f, int n)
{
	return n * f->unit / 100;
}

static void swatch(const struct flow *f, enum swatch kind, uint32_t color, struct box b,
		   char letter)
{
	struct canvas *c = f->c;
	char text[2] = { letter };
	int middle = b.y + b.h / 2;

	switch (kind) {
	case SWATCH_BLOCK:
		px_fill(c, b, color);
		break;
	case SWATCH_STRIPES:
		px_fill(c, b, f->p->part[PART_FREE]);
		for (int x = b.x; x < b.x + b.w; x++)
			px_column_striped(c, x, b.y, b.y + b.h, color, px(f, 3), px(f, 5));
		break;
	case SWATCH_LINE:
		px_fill(c, (struct box){ b.x, middle - px(f, 2), b.w, px(f, 4) }, f->p->halo);
		px_fill(c, (struct box){ b.x, middle - px(f, 1), b.w, px(f, 2) }, color);
		break;
	case SWATCH_DASHES:
		for (int x = 0; x < b.w; x += px(f, 6))
			px_fill(c, (struct box){ b.x + x, middle - px(f, 1), px(f, 4), px(f, 2) },
				color);
		break;
	case SWATCH_FLAG:
		px_frame(c, b, px(f, 1), color);
		text_in(c, &f->font, b, TEXT_CENTRE, color, text);
		break;
	case SWATCH_TICKS:
		for (int x = 0; x < b.w; x += px(f, 3))
			px_fill(c,
				(struct box){ b.x + x, b.y + px(f, 2), px(f, 1), b.h - px(f, 4) },
				color);
		break;
	case SWATCH_RAMP:
		for (int x = 0; x < b.w; x++)
			px_column(c, b.x + x, b.y, b.y + b.h,
				  px_mix(f->p->heat_low, f->p->heat_high, 255 * x / b.w));
		break;
	}
}

/* Begins a group; it is drawn with its first item, so that it does not end a line. */
static void group(struct flow *f, const char *words)
{
	f->group = words;
}

static void draw_group(struct flow *f)
{
	if (f->c)
		text_draw(f->c, &f->font, f->x, f->y + (f->line - f->font.height) / 2, f->p->text,
			  f->group);
	f->x += text_width(&f->font, f->group) + px(f, 8);
	f->group = NULL;
}

static void item(struct flow *f, enum swatch kind, uint32_t color, char letter, const char *words)
{
	const struct font *font = &f->font;
	int box = px(f, kind == SWATCH_RAMP ? 40 : 14), text = text_width(font, words);
	int width = box + px(f, 5) + text;
	int with = f->group ? text_width(font, f->group) + px(f, 8) : 0;

	if (f->x > f->b.x && f->x + with + width > f->b.x + f->b.w) {
		f->x = f->b.x;
		f->y += f->line;
	}
	if (f->group)
		draw_group(f);
	if (f->c) {
		struct box b = { f->x, f->y + (f->line - px(f, 12)) / 2, box, px(f, 12) };

		if (kind == SWATCH_FLAG)
			b = (struct box){ f->x, f->y + (f->line - f->font.height) / 2, box,
					  f->font.height };
		swatch(f, kind, color, b, letter);
		text_draw(f->c, font, f->x + width - text,
			  f->y + (f->line - font->height) / 2, f->p->text, words);
	}
	f->x += width + px(f, 14);
}

static void guest_items(struct flow *f, const struct legend *l)
{
	const struct palette *p = f->p;

	group(f, "Guest memory:");
	for (unsigned int i = 0; i < NR_PARTS; i++) {
		if ((i == PART_FREE_SMALL && !l->small) || (i == PART_REPORTED && !l->reports) ||
		    (i == PART_BALLOONED && !l->balloon))
			continue;
		item(f, SWATCH_BLOCK, p->part[i], 0, legend_part(l, i));
	}
	group(f, "Held by the host:");
	item(f, SWATCH_LINE, p->resident, 0, LEGEND_RESIDENT);
	item(f, SWATCH_STRIPES, p->swapped, 0, LEGEND_SWAPPED);
	if (l->target)
		item(f, SWATCH_DASHES, p->target, 0, "balloon target");
	group(f, "Ticks:");
	if (l->reports)
		item(f, SWATCH_TICKS, p->part[PART_REPORTED], 0, "requests");
	item(f, SWATCH_TICKS, p->swap_out, 0, "swap-out");
	item(f, SWATCH_TICKS, p->swap_in, 0, "swap-in");
}

int legend_draw(const struct legend *l, struct canvas *c, const struct palette *p, int unit,
		struct box b)
{
	struct flow f = { .c = c, .p = p, .b = b, .unit = unit, .x = b.x, .y = b.y };
	bool head = false;

	f.font = text_font(unit, FONT_SMALL);
	f.line = f.font.height + px(&f, 4);
	if (l->bands)
		guest_items(&f, l);
	if (l->rows) {
		group(&f, "Rows:");
		item(&f, SWATCH_RAMP, 0, 0, "resident, 0 to 100 % of the memory");
		item(&f, SWATCH_BLOCK, p->swapped, 0, LEGEND_SWAPPED);
	}
	group(&f, "Host memory:");
	if (l->cache)
		item(&f, SWATCH_BLOCK, p->part[PART_CACHE], 0, "page cache");
	if (l->wmark)
		item(&f, SWATCH_DASHES, p->swapped, 0, "reclaim begins (low watermark)");
	if (l->cpu) {
		group(&f, "CPU time:");
		for (unsigned int i = 0; i < NR_CAUSES; i++)
			item(&f, SWATCH_BLOCK, p->cause[i], 0, cause_names[i]);
	}
	for (unsigned int i = 0; i < NR_INDEX_MARKS; i++) {
		if (!l->mark[i] || !mark_letter(i))
			continue;
		if (!head)
			group(&f, "Marks:");
		head = true;
		item(&f, SWATCH_FLAG, p->mark, mark_letter(i), mark_words(i));
	}
	return f.y + f.line - b.y;
}
