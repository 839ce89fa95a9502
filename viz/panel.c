// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cause and effect; see panel.h.
 */
#include "panel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "number.h"

#define LIST_LINES 9
#define CHAIN_MAX 8
#define EFFECTS_MAX 6

/* A pen that goes down the panel. */
struct pen {
	const struct scene *s;
	struct source *source;
	struct events *events;
	int y;
};

static uint64_t current(const struct view *v, struct source *source, uint32_t guest)
{
	return v->event ? v->event - 1 :
	       events_nearest(source, guest, v->has_at ? v->at : v->from);
}

static struct box next_line(struct pen *p)
{
	const struct layout *l = p->s->l;
	struct box b = { l->panel.x, p->y, l->panel.w, l->small.height };

	p->y += l->small.height + scene_px(p->s, 3);
	return b;
}

static bool room(const struct pen *p, int lines)
{
	const struct layout *l = p->s->l;

	return p->y + lines * (l->small.height + scene_px(p->s, 3)) <= l->panel.y + l->panel.h;
}

static void head(struct pen *p, const char *text)
{
	p->y += scene_px(p->s, 5);
	if (room(p, 3))
		p->y = text_paragraph(p->s->c, &p->s->l->small, next_line(p), scene_px(p->s, 3),
				      p->s->p->select, text);
}

/*
 * A record as a line, which a click hits; @arrow: how it is connected to the one above; @times: so
 * many of the kind, of which this is the first.
 */
static void event_line(struct pen *p, const struct event *e, const char *arrow, bool looked_at,
		       unsigned int times)
{
	char text[64];
	const struct scene *s = p->s;
	const struct font *f = &s->l->small;
	struct box b = next_line(p), all = b;
	int width;

	if (looked_at)
		px_fill(s->c, (struct box){ b.x - scene_px(s, 3), b.y, b.w + scene_px(s, 3), b.h },
			s->p->button);
	if (p->events->nr_lines < EVENTS_LINES) {
		p->events->line[p->events->nr_lines].box = all;
		p->events->line[p->events->nr_lines++].record = e->record;
	}
	width = text_in(s->c, f, b, TEXT_RIGHT, s->p->dim, number_time(e->time, 1000).text);
	b.w -= width + scene_px(s, 6);
	if (*arrow) {
		width = text_in(s->c, f, b, TEXT_LEFT, s->p->target, arrow);
		b.x += width + scene_px(s, 5);
		b.w -= width + scene_px(s, 5);
	}
	snprintf(text, sizeof(text), times > 1 ? "%s, %u times" : "%s", trace_types[e->type].name,
		 times);
	text_in(s->c, f, b, TEXT_LEFT, s->p->text, text);
}

/*
 * A place in the source in @b, the line that was begun last: "FILE:LINE FUNCTION"; the function on
 * a line of its own where both together would be cut.
 */
static void draw_site(struct pen *p, struct box b, enum text_align align, uint32_t color,
		      const char *site)
{
	const struct font *f = &p->s->l->small;
	const char *function = strchr(site, ' ');
	char file[256];

	if (!function || text_width(f, site) <= b.w || !room(p, 1)) {
		text_in(p->s->c, f, b, align, color, site);
		return;
	}
	snprintf(file, sizeof(file), "%.*s", (int)(function - site), site);
	text_in(p->s->c, f, b, align, color, file);
	b.y = next_line(p).y;
	text_in(p->s->c, f, b, align, color, function + 1);
}

static void site_line(struct pen *p, const struct event *e)
{
	const char *site = events_site(p->events, e->site);
	struct box b;

	if (!*site || !room(p, 1))
		return;
	b = next_line(p);
	b.x += scene_px(p->s, 16);
	b.w -= scene_px(p->s, 16);
	draw_site(p, b, TEXT_LEFT, p->s->p->dim, site);
}

static void draw_list(struct pen *p, const struct event *at, uint32_t guest)
{
	const struct events *e = p->events;
	unsigned int before = 0, nr = 0;
	const struct event *from = at;

	for (const struct event *i = at; i > e->event && before < LIST_LINES / 2; i--)
		if (i[-1].guest == guest && events_listed(i[-1].type)) {
			from = i - 1;
			before++;
		}
	for (; from < e->event + e->nr && nr < LIST_LINES && room(p, 1); from++)
		if ((from->guest == guest && events_listed(from->type)) || from == at) {
			event_line(p, from, "", from == at, 1);
			nr++;
		}
}

static void draw_fields(struct pen *p, const struct event *at)
{
	char *text = events_fields(p->source, at->record), *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line && room(p, 1);
	     line = strtok_r(NULL, "\n", &save)) {
		char *value = strchr(line, '=');
		struct box b = next_line(p);
		int width;

		*value++ = '\0';
		width = text_in(p->s->c, &p->s->l->small, b, TEXT_LEFT, p->s->p->dim, line);
		b.x += width + scene_px(p->s, 8);
		b.w -= width + scene_px(p->s, 8);
		if (!strcmp(line, "site") && *events_site(p->events, at->site))
			draw_site(p, b, TEXT_RIGHT, p->s->p->text,
				  events_site(p->events, at->site));
		else
			text_in(p->s->c, &p->s->l->small, b, TEXT_RIGHT, p->s->p->text, value);
	}
	free(text);
}

static void draw_causes(struct pen *p, const struct event *at)
{
	unsigned int nr = 0;

	head(p, at->cause ? "It follows from" : "Nobody asked for it, or no record says who");
	for (const struct event *e = events_cause(p->events, at->cause); e && nr < CHAIN_MAX;
	     e = events_cause(p->events, e->cause), nr++) {
		if (!room(p, 1))
			return;
		event_line(p, e, "\xe2\x86\x91", false, 1);
		site_line(p, e);
		if (e->cause == e->id)
			break;
	}
	if (at->cause && !nr && room(p, 1))
		text_in(p->s->c, &p->s->l->small, next_line(p), TEXT_LEFT, p->s->p->dim,
			"what began too long before, or is not recorded");
}

/* @from and those that follow it and are of its kind, from the same place; @e becomes the next. */
static unsigned int alike(const struct events *events, const struct event *from,
			  const struct event **e, uint64_t id)
{
	unsigned int nr = 0;

	do {
		nr++;
		*e = events_effect(events, id, *e);
	} while (*e && (*e)->type == from->type && (*e)->site == from->site);
	return nr;
}

static void draw_effects(struct pen *p, const struct event *at)
{
	unsigned int nr = 0, left = 0;
	const struct event *e;
	char text[64];

	if (!at->id)
		return;
	head(p, "From it follows");
	for (e = events_effect(p->events, at->id, NULL); e;) {
		const struct event *first = e;
		unsigned int times = alike(p->events, first, &e, at->id);

		if (nr == EFFECTS_MAX || !room(p, 3)) {
			left += times;
			continue;
		}
		nr++;
		event_line(p, first, "\xe2\x86\x93", false, times);
		site_line(p, first);
	}
	if ((nr && !left) || !room(p, 1))
		return;
	snprintf(text, sizeof(text), left ? "and %u more" : "nothing that is recorded near", left);
	text_in(p->s->c, &p->s->l->small, next_line(p), TEXT_LEFT, p->s->p->dim, text);
}

void panel_draw(const struct scene *s)
{
	struct pen p = { .s = s, .source = &s->source[view_panel_of(s->v, s->nr_sources)],
			 .y = s->l->panel.y };
	int64_t guest = source_guest(p.source, s->v->events);
	const struct event *at;
	char text[160];
	uint64_t record;

	snprintf(text, sizeof(text), "What happened to %.60s", s->v->events);
	if (s->nr_sources > 1)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " in %c (%.60s)",
			 p.source == s->source ? 'A' : 'B', p.source->name);
	text_in(s->c, &s->l->bold, (struct box){ s->l->panel.x, p.y, s->l->panel.w,
						 s->l->bold.height }, TEXT_LEFT, s->p->text, text);
	p.y += s->l->bold.height + scene_px(s, 3);
	if (guest < 0) {
		text_in(s->c, &s->l->small, next_line(&p), TEXT_LEFT, s->p->dim,
			"The trace has no such guest");
		return;
	}
	record = current(s->v, p.source, guest);
	p.events = events_around(p.source, record);
	p.events->nr_lines = 0;
	at = events_find(p.events, record);
	if (!at) {
		text_in(s->c, &s->l->small, next_line(&p), TEXT_LEFT, s->p->dim,
			"Nothing that is listed near the cursor");
		return;
	}
	draw_list(&p, at, guest);
	snprintf(text, sizeof(text), "%s: %.110s", trace_types[at->type].name,
		 trace_types[at->type].doc);
	head(&p, text);
	draw_fields(&p, at);
	draw_causes(&p, at);
	draw_effects(&p, at);
}

bool panel_record_at(const struct source *source, int x, int y, uint64_t *record)
{
	const struct events *e = source->events;

	for (unsigned int i = 0; e && i < e->nr_lines; i++)
		if (box_holds(e->line[i].box, x, y)) {
			*record = e->line[i].record;
			return true;
		}
	return false;
}

void panel_look(struct view *v, struct source *source, uint64_t record)
{
	const struct event *e = events_find(events_around(source, record), record);

	if (!e)
		return;
	v->event = record + 1;
	v->has_at = true;
	v->at = e->time;
	if (v->at < v->from || v->at > v->to)
		view_centre(v, v->at);
}

void panel_step(struct view *v, struct source *source, char key)
{
	int64_t guest = source_guest(source, v->events);
	const struct event *at, *to = NULL;
	struct events *e;
	uint64_t record;

	if (guest < 0)
		return;
	record = current(v, source, guest);
	e = events_around(source, record);
	at = events_find(e, record);
	if (!at)
		return;
	if (key == ',' || key == '.') {
		panel_look(v, source, events_same(source, record, key == '.'));
		return;
	}
	to = key == '[' ? events_cause(e, at->cause) : events_effect(e, at->id, NULL);
	if (to)
		panel_look(v, source, to->record);
	else
		snprintf(v->message, sizeof(v->message),
			 key == '[' ? "No record near says what it follows from"
				    : "Nothing near follows from it");
}
