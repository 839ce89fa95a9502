// SPDX-License-Identifier: GPL-2.0-only
/*
 * Head, foot, and the page for what cannot be shown; see head.h.
 */
#include "head.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "number.h"

#define LINE_MAX_TEXT 512

/* Text that grows; what does not fit is left out. */
struct line {
	char text[LINE_MAX_TEXT];
	size_t len;
};

__attribute__((format(printf, 2, 3)))
static void add(struct line *l, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(l->text + l->len, sizeof(l->text) - l->len, format, args);
	va_end(args);
	if (n > 0)
		l->len += (size_t)n < sizeof(l->text) - l->len ? (size_t)n :
			  sizeof(l->text) - l->len - 1;
}

/* The guests' mechanisms, each once. */
static void add_mechanisms(struct line *l, const struct trace_index *index)
{
	unsigned int nr = 0;

	add(l, "mechanism ");
	for (uint32_t g = 0; g < index_nr_guests(index); g++) {
		const char *name = index_text(index, index->guests[g].mechanism);
		bool known = false;

		for (uint32_t before = 0; before < g && before < 64 && !known; before++)
			known = !strcmp(index_text(index, index->guests[before].mechanism), name);
		if (known || g > 64)
			continue;
		if (++nr > 4) {
			add(l, ", ...");
			break;
		}
		add(l, "%s%s", nr > 1 ? ", " : "", *name ? name : "none");
	}
	if (!nr)
		add(l, "none");
}

static const char *result_text(const struct trace_index *index)
{
	const char *text = trace_enum_text(&trace_types[TRACE_ID_run_end].fields[0],
					   index->head.result);

	return text ? text : "ended";
}

static void describe(struct line *l, const struct source *source)
{
	const struct trace_index *index = source->index;
	uint32_t guests = index_nr_guests(index);

	add(l, "%s: ", source->name);
	add_mechanisms(l, index);
	add(l, ", seed %" PRIu64 ", %" PRIu32 " guest%s, host %s with %" PRIu64 " CPUs",
	    index->head.seed, guests, guests == 1 ? "" : "s",
	    number_pages(index->head.frames).text, index->head.cpus);
	if (index->head.swap)
		add(l, ", swap %s (%s)", number_pages(index->head.swap).text,
		    index_text(index, index->head.swap_model));
	if (*index_text(index, index->head.overrides))
		add(l, ", with %s", index_text(index, index->head.overrides));
	if (index->head.ended)
		add(l, ", %s after %s", result_text(index), human_ns(index->head.time).text);
	else
		add(l, ", up to %s: the trace does not say how it ended",
		    human_ns(index->head.time).text);
}

/* What the user must not overlook, at the right of the title. */
static const char *warning(const struct scene *s, char *text, size_t size)
{
	for (unsigned int i = 0; i < s->nr_sources; i++) {
		const struct source *source = &s->source[i];

		if (source->build) {
			snprintf(text, size, "reading %s: %u %%", source->name, source->done / 10);
			return text;
		}
		if (source->error && !source->index) {
			snprintf(text, size, "%.300s", source->error);
			return text;
		}
		if (*source_damage(source)) {
			const char *what = strstr(source_damage(source), ": ");

			snprintf(text, size, "%s is not whole: %.300s", source->name,
				 what ? what + 2 : source_damage(source));
			return text;
		}
	}
	return NULL;
}

static void draw_progress(const struct scene *s, struct box b)
{
	for (unsigned int i = 0; i < s->nr_sources; i++) {
		if (!s->source[i].build)
			continue;
		px_fill(s->c, b, s->p->button);
		b.w = b.w * (int)s->source[i].done / 1000;
		px_fill(s->c, b, s->p->select);
		return;
	}
}

/* The scenario; of two traces of different ones, both. */
static void title(const struct scene *s, char *text, size_t size)
{
	const struct trace_index *a = s->source[0].index,
				 *b = s->nr_sources > 1 ? s->source[1].index : NULL;
	const char *one = index_text(a, a->head.scenario), *other = b ?
			  index_text(b, b->head.scenario) : one;

	if (strcmp(one, other))
		snprintf(text, size, "A %.200s, B %.200s", one, other);
	else
		snprintf(text, size, "%.400s", one);
}

void head_draw(const struct scene *s)
{
	const struct layout *l = s->l;
	struct box b = { l->head.x, l->head.y, l->head.w, l->title.height };
	char text[LINE_MAX_TEXT], scenarios[LINE_MAX_TEXT];
	const char *alarm = warning(s, text, sizeof(text));
	int width;

	title(s, scenarios, sizeof(scenarios));
	width = text_in(s->c, &l->title, (struct box){ b.x, b.y, b.w * 2 / 3, b.h }, TEXT_LEFT,
			s->p->text, scenarios);
	b.x += width + scene_px(s, 20);
	b.w -= width + scene_px(s, 20);
	if (alarm) {
		width = text_in(s->c, &l->bold, b, TEXT_RIGHT, s->p->alarm, alarm);
		draw_progress(s, (struct box){ b.x, b.y + b.h / 2 - scene_px(s, 4),
					       b.w - width - scene_px(s, 12), scene_px(s, 8) });
	}
	b = (struct box){ l->head.x, l->head.y + l->title.height + scene_px(s, 1), l->head.w,
			  l->small.height };
	for (unsigned int i = 0; i < s->nr_sources; i++) {
		struct line line = { .len = 0 };

		if (s->nr_sources > 1)
			add(&line, "%s ", i ? "B" : "A");
		if (s->source[i].index)
			describe(&line, &s->source[i]);
		else
			add(&line, "%s: nothing to show", s->source[i].name);
		text_in(s->c, &l->small, b, TEXT_LEFT, s->p->dim, line.text);
		b.y += l->small.height + scene_px(s, 4);
	}
}

/* Foot */

static uint64_t sum_between(const struct source *source, uint32_t guest, enum index_series_id id,
			    uint64_t from, uint64_t to)
{
	struct index_column c;

	source_columns(source, guest, id, from, to, &c, 1);
	return c.delta;
}

static void add_change(struct line *l, const struct source *source, const char *name,
		       enum index_series_id id, uint64_t from, uint64_t to)
{
	add(l, ", %s %s", name,
	    number_difference(source_value(source, INDEX_HOST, id, from),
			      source_value(source, INDEX_HOST, id, to)).text);
}

static void describe_span(struct line *l, const struct source *source, uint64_t from, uint64_t to)
{
	uint64_t discarded = 0, requests = 0;

	add_change(l, source, "host memory", INDEX_host_used, from, to);
	add_change(l, source, "swap", INDEX_host_swap_used, from, to);
	add(l, ", swapped out %s, in %s",
	    number_pages(sum_between(source, INDEX_HOST, INDEX_host_swap_out, from, to)).text,
	    number_pages(sum_between(source, INDEX_HOST, INDEX_host_swap_in, from, to)).text);
	for (uint32_t g = 0; g < index_nr_guests(source->index); g++) {
		discarded += sum_between(source, g, INDEX_guest_discarded, from, to);
		requests += sum_between(source, g, INDEX_guest_requests, from, to);
	}
	add(l, ", discarded %s in %s requests", number_pages(discarded).text,
	    human_count(requests).text);
}

/* What changed in a span: a line for each trace. */
static void draw_span(const struct scene *s, struct box b, const char *what, uint64_t from,
		      uint64_t to)
{
	for (unsigned int i = 0; i < s->nr_sources; i++) {
		struct line line = { .len = 0 };

		add(&line, "%s %s", what, human_ns(to - from).text);
		if (s->nr_sources > 1)
			add(&line, " of %s", view_trace_names[i]);
		if (s->source[i].index)
			describe_span(&line, &s->source[i], from, to);
		text_in(s->c, &s->l->small, b, TEXT_LEFT, s->p->text, line.text);
		b.y += b.h;
	}
}

static void describe_filters(struct line *l, const struct scene *s)
{
	const struct view *v = s->v;

	add(l, "Filters:");
	if (*v->filter)
		add(l, " guests with \"%s\" (%u of %u),", v->filter, s->l->guests_shown,
		    s->l->guests);
	for (unsigned int i = 0; i < v->hidden.nr; i++)
		add(l, " without %s,", v->hidden.name[i]);
	for (unsigned int i = 0; i < v->collapsed.nr; i++)
		add(l, " %s collapsed,", v->collapsed.name[i]);
	add(l, " c clears all");
}

static void describe_view(struct line *l, const struct scene *s)
{
	const struct view *v = s->v;

	if (v->field == FIELD_SEARCH)
		add(l, "Search: %s_   Enter: first, then n and N; Esc: back", v->search);
	else if (v->field == FIELD_FILTER)
		add(l, "Guests whose name holds: %s_   Enter or Esc: back", v->filter);
	else if (*v->message)
		add(l, "%s", v->message);
	else
		add(l, "In view %s", human_ns(v->to - v->from).text);
	if (v->field || *v->message)
		return;
	if (s->l->guests_shown > 6)
		add(l, ", guests sorted by %s", sort_names[v->sort]);
	for (unsigned int i = 0; i < s->nr_sources; i++)
		if (s->source[i].note)
			add(l, "; %s", s->source[i].note);
}

void foot_draw(const struct scene *s)
{
	const struct view *v = s->v;
	const struct layout *l = s->l;
	struct line line = { .len = 0 }, right = { .len = 0 };
	struct box b = l->foot;
	int width;

	b.h /= layout_foot_lines(v, s->nr_sources);
	if (view_filtered(v))
		describe_filters(&right, s);
	else
		add(&right, "? help");
	width = text_in(s->c, &l->small, (struct box){ b.x + b.w / 2, b.y, b.w / 2, b.h },
			TEXT_RIGHT, view_filtered(v) ? s->p->target : s->p->dim, right.text);
	b.w -= width + scene_px(s, 12);
	if (v->field || *v->message || !view_spans(v)) {
		describe_view(&line, s);
		text_in(s->c, &l->small, b, TEXT_LEFT, s->p->text, line.text);
	} else if (v->has_select) {
		draw_span(s, b, "Selected", v->select_from, v->select_to);
	} else {
		draw_span(s, b, "a to b:", v->a < v->b ? v->a : v->b, v->a < v->b ? v->b : v->a);
	}
}

static int paragraph(const struct scene *s, const struct font *f, struct box b, uint32_t color,
		     const char *text)
{
	return text_paragraph(s->c, f, b, scene_px(s, 4), color, text);
}

void head_explain(const struct scene *s)
{
	const struct layout *l = s->l;
	int side = s->v->width > scene_px(s, 900) ? (s->v->width - scene_px(s, 820)) / 2 :
		   scene_px(s, 40);
	struct box b = { side, s->v->height / 3, s->v->width - 2 * side, 0 };
	const struct source *source = &s->source[0];

	if (source->build) {
		b.y = paragraph(s, &l->title, b, s->p->text, "Reading the trace") + scene_px(s, 8);
		b.y = paragraph(s, &l->normal, b, s->p->dim, source->path) + scene_px(s, 8);
		draw_progress(s, (struct box){ b.x, b.y, b.w, scene_px(s, 8) });
		return;
	}
	b.y = paragraph(s, &l->title, b, s->p->text, "There is nothing to show") + scene_px(s, 8);
	b.y = paragraph(s, &l->normal, b, s->p->text, source->error ? source->error : "") +
	      scene_px(s, 12);
	paragraph(s, &l->normal, b, s->p->dim,
		  "A trace is made by \"ballast run SCENARIO --trace FILE\" and shown by "
		  "\"ballast-view "
		  "FILE\". \"ballast trace dump FILE\" prints what can be read of a damaged one.");
}
