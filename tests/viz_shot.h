/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pictures for tests of the viewer: what a command line shows of traces, with all texts in it.
 */
#ifndef BALLAST_TEST_VIZ_SHOT_H
#define BALLAST_TEST_VIZ_SHOT_H

#include <string.h>

#include "events.h"
#include "frame.h"
#include "number.h"
#include "trace_story.h"

/* A picture of the traces with the options of a command line. */
struct shot {
	struct view view;
	struct source source[SOURCES_MAX];
	unsigned int nr;
	struct canvas canvas;
	struct text_log log;
};

static inline void take_options(struct view *v, const char *options)
{
	char text[512], error[256], *word[64], *save = NULL;
	unsigned int nr = 0;

	snprintf(text, sizeof(text), "%s", options);
	for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
		word[nr++] = w;
	word[nr] = NULL;
	for (unsigned int i = 0; i < nr; i += 2)
		ck_assert_msg(view_option(v, word + i, error, sizeof(error)) == 2, "%s: %s",
			      word[i], error);
}

static inline void shoot(struct shot *s, const char *a, const char *b, const char *options)
{
	*s = (struct shot){ .nr = b ? 2 : 1 };
	view_init(&s->view);
	take_options(&s->view, options);
	source_open(&s->source[0], a, true);
	if (b)
		source_open(&s->source[1], b, true);
	view_end(&s->view, sources_end(s->source, s->nr));
	canvas_init(&s->canvas, s->view.width, s->view.height);
	s->canvas.log = &s->log;
	frame_draw(&s->canvas, &s->view, s->source, s->nr);
}

static inline void shot_free(struct shot *s)
{
	for (unsigned int i = 0; i < s->nr; i++) {
		events_close(&s->source[i]);
		source_close(&s->source[i]);
	}
	canvas_free(&s->canvas);
	text_log_free(&s->log);
	view_free(&s->view);
}

static inline bool says(const struct shot *s, const char *what)
{
	for (unsigned int i = 0; i < s->log.nr; i++)
		if (strstr(s->log.place[i].text, what))
			return true;
	return false;
}

/* The whole of a text. */
static inline bool says_just(const struct shot *s, const char *what)
{
	for (unsigned int i = 0; i < s->log.nr; i++)
		if (!strcmp(s->log.place[i].text, what))
			return true;
	return false;
}

static inline uint64_t digest_of(const struct canvas *c)
{
	uint64_t d = 1;

	for (size_t i = 0; i < (size_t)c->width * c->height; i++)
		d = (d ^ c->px[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return d;
}

static const struct story small = { .guests = 3, .samples = 600, .spike_ms = 30050, .faults = 4,
				    .mechanism = "free page reporting" };
static const struct story many = { .guests = 300, .samples = 40, .mechanism = "balloon" };

/* Text */

static inline bool overlap(const struct box *a, const struct box *b)
{
	return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

static inline void check_texts(const struct shot *s, const char *what)
{
	for (unsigned int i = 0; i < s->log.nr; i++) {
		const struct text_place *t = &s->log.place[i];

		ck_assert_msg(t->box.x >= 0 && t->box.y >= 0 &&
				      t->box.x + t->box.w <= s->canvas.width &&
				      t->box.y + t->box.h <= s->canvas.height,
			      "%s: \"%s\" leaves the picture", what, t->text);
		ck_assert_msg(t->box.x >= t->clip.x && t->box.y >= t->clip.y &&
				      t->box.x + t->box.w <= t->clip.x + t->clip.w &&
				      t->box.y + t->box.h <= t->clip.y + t->clip.h,
			      "%s: \"%s\" is cut", what, t->text);
		for (unsigned int k = 0; k < i; k++)
			ck_assert_msg(!overlap(&t->box, &s->log.place[k].box),
				      "%s: \"%s\" (%d, %d) and \"%s\" (%d, %d) overlap", what,
				      t->text, t->box.x, t->box.y, s->log.place[k].text,
				      s->log.place[k].box.x, s->log.place[k].box.y);
	}
}

#endif
