// SPDX-License-Identifier: GPL-2.0-only
/*
 * Searching marks; see find.h.  Upper and lower case are the same.
 */
#define _GNU_SOURCE
#include "find.h"

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

static void go_to(struct view *v, const struct trace_index *index, uint64_t found)
{
	uint64_t nr = index->head.section[INDEX_MARKS].nr, all = 0, number = 0;
	const struct index_mark *mark = &index->marks[found];
	char text[600];

	for (uint64_t i = 0; i < nr; i++) {
		if (!matches(index, i, v->search))
			continue;
		all++;
		if (i == found)
			number = all;
	}
	v->has_at = true;
	v->at = mark->time;
	v->found = found + 1;
	if (v->at < v->from || v->at > v->to)
		view_centre(v, v->at);
	find_words(text, sizeof(text), index, mark);
	snprintf(v->message, sizeof(v->message), "%llu of %llu at %s: %.100s",
		 (unsigned long long)number, (unsigned long long)all,
		 number_time(mark->time, 1000000).text, text);
}

void find_step(struct view *v, const struct source *source, unsigned int nr_sources, bool forward)
{
	const struct trace_index *index = source[0].index;
	uint64_t nr = index ? index->head.section[INDEX_MARKS].nr : 0, from = v->found;

	if (!*v->search) {
		snprintf(v->message, sizeof(v->message), "There is nothing to search for yet: /");
		return;
	}
	for (uint64_t k = 0; k < nr; k++) {
		/* found is one more than the place of the last one */
		uint64_t i = forward ? (from + k) % nr : (from + 2 * nr - 2 - k) % nr;

		if (matches(index, i, v->search)) {
			go_to(v, index, i);
			return;
		}
	}
	snprintf(v->message, sizeof(v->message), "Nothing that happened holds \"%.60s\"",
		 v->search);
}

void find_first(struct view *v, const struct source *source, unsigned int nr_sources)
{
	v->found =
		source[0].index ? index_mark_from(source[0].index, v->has_at ? v->at : v->from) : 0;
	find_step(v, source, nr_sources, true);
}
