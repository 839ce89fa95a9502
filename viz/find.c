// SPDX-License-Identifier: GPL-2.0-only
/*
 * Searching marks; see find.h.  Upper and lower case are the same.
 */
#define _GNU_SOURCE
#include "find.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "legend.h"
#include "number.h"

void find_words(char *text, size_t size, const struct trace_index *index,
		const struct index_mark *mark)
{
	const char *guest = mark->guest == INDEX_HOST ? "host" :
			    index_text(index, index->guests[mark->guest].name);
	const char *name = index_text(index, mark->name), *what = index_text(index, mark->text);

	if (mark->kind == INDEX_MARK_PROGRAM_START)
		snprintf(text, size, "%s: program %s starts", guest, name);
	else if (mark->kind == INDEX_MARK_PHASE)
		snprintf(text, size, "%s: %s: %s", guest, name, what);
	else if (mark->kind == INDEX_MARK_PROGRAM_END)
		snprintf(text, size, "%s: %s: %s", guest, name, what);
	else if (mark->kind == INDEX_MARK_TARGET)
		snprintf(text, size, "%s: %s %s", guest, mark_words(mark->kind),
			 number_pages(mark->value).text);
	else
		snprintf(text, size, "%s: %s%s%s%s%s", guest, mark_words(mark->kind),
			 *name ? " " : "", name, *what ? ": " : "", what);
}

static bool matches(const struct trace_index *index, uint64_t i, const char *search)
{
	char text[600];

	find_words(text, sizeof(text), index, &index->marks[i]);
	return strcasestr(text, search);
}

/* A mark in the order in which they are gone through: by time, A's first. */
struct place {
	uint64_t time;
	unsigned int source;
	uint64_t mark;
};

static int compare(const struct place *a, const struct place *b)
{
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	return a->mark < b->mark ? -1 : a->mark > b->mark;
}

/* Calls @each for all that holds what is searched for. */
static void each_match(const struct view *v, const struct source *source, unsigned int nr_sources,
		       void (*each)(void *data, const struct place *at), void *data)
{
	for (unsigned int i = 0; i < nr_sources; i++) {
		const struct trace_index *index = source[i].index;
		uint64_t nr = index ? index->head.section[INDEX_MARKS].nr : 0;

		for (uint64_t mark = 0; mark < nr; mark++) {
			struct place at = { index->marks[mark].time, i, mark };

			if (matches(index, mark, v->search))
				each(data, &at);
		}
	}
}

struct search {
	struct place from, next, end;	/* end: the first of all, or the last one */
	bool forward, has_from, has_next, has_end;
};

static void consider(void *data, const struct place *at)
{
	struct search *s = data;
	int way = s->forward ? 1 : -1;

	if (s->has_from && way * compare(at, &s->from) > 0 &&
	    (!s->has_next || way * compare(at, &s->next) < 0)) {
		s->next = *at;
		s->has_next = true;
	}
	if (!s->has_end || way * compare(at, &s->end) < 0) {
		s->end = *at;
		s->has_end = true;
	}
}

struct count {
	struct place upto;
	unsigned int number, all;
};

static void add_one(void *data, const struct place *at)
{
	struct count *c = data;

	c->all++;
	c->number += compare(at, &c->upto) <= 0;
}

static void go_to(struct view *v, const struct source *source, unsigned int nr_sources,
		  const struct place *to)
{
	const struct trace_index *index = source[to->source].index;
	struct count c = { .upto = *to };
	char text[600];

	each_match(v, source, nr_sources, add_one, &c);
	v->has_at = true;
	v->at = to->time;
	v->found = to->mark + 1;
	v->found_in = to->source;
	if (v->at < v->from || v->at > v->to)
		view_centre(v, v->at);
	find_words(text, sizeof(text), index, &index->marks[to->mark]);
	snprintf(v->message, sizeof(v->message), "%u of %u at %s%s%s: %.100s", c.number, c.all,
		 number_time(to->time, 1000000).text, nr_sources > 1 ? " in " : "",
		 nr_sources > 1 ? view_trace_names[to->source] : "", text);
}

/* The next one behind @s->from; behind the last one is the first one again. */
static void search(struct view *v, const struct source *source, unsigned int nr_sources,
		   struct search *s)
{
	if (!*v->search) {
		snprintf(v->message, sizeof(v->message), "There is nothing to search for yet: /");
		return;
	}
	each_match(v, source, nr_sources, consider, s);
	if (s->has_end)
		go_to(v, source, nr_sources, s->has_next ? &s->next : &s->end);
	else
		snprintf(v->message, sizeof(v->message), "Nothing that happened holds \"%.60s\"",
			 v->search);
}

void find_step(struct view *v, const struct source *source, unsigned int nr_sources, bool forward)
{
	const struct trace_index *index = v->found_in < nr_sources ? source[v->found_in].index :
					  NULL;
	struct search s = { .forward = forward };

	/* found is one more than the number of the last one */
	s.has_from = v->found && index && v->found <= index->head.section[INDEX_MARKS].nr;
	if (s.has_from)
		s.from = (struct place){ index->marks[v->found - 1].time, v->found_in,
					 v->found - 1 };
	search(v, source, nr_sources, &s);
}

void find_first(struct view *v, const struct source *source, unsigned int nr_sources)
{
	uint64_t time = v->has_at ? v->at : v->from;
	struct search s = { .forward = true, .has_from = time > 0 };

	/* behind all that was before this time */
	if (s.has_from)
		s.from = (struct place){ time - 1, UINT_MAX, UINT64_MAX };
	v->found = 0;
	search(v, source, nr_sources, &s);
}
