// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traces that are shown; see source.h.
 */
#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "collect.h"
#include "hostmem.h"
#include "number.h"

#define PART_BLOCKS_MAX 512	/* some tenths of a second to read, once */

static void drop_part(struct source *s)
{
	index_free(s->part);
	s->part = NULL;
}

/* Sort marks by guest; their order in time stays. */
static void sort_marks(struct source *s)
{
	uint32_t guests = index_nr_guests(s->index), nr = s->index->head.section[INDEX_MARKS].nr;

	host_free(s->mark);
	host_free(s->mark_first);
	s->mark = host_alloc(nr * sizeof(*s->mark));
	s->mark_first = host_alloc((guests + 3) * sizeof(*s->mark_first));
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t g = s->index->marks[i].guest;

		s->mark_first[(g == INDEX_HOST ? guests : g) + 2]++;
		s->mark_kinds |= UINT32_C(1) << s->index->marks[i].kind;
	}
	for (uint32_t g = 0; g <= guests; g++)
		s->mark_first[g + 2] += s->mark_first[g + 1];
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t g = s->index->marks[i].guest;

		s->mark[s->mark_first[(g == INDEX_HOST ? guests : g) + 1]++] = i;
	}
}

static void set_index(struct source *s, struct trace_index *index)
{
	drop_part(s);
	index_memory_close(s->memory);
	s->memory = NULL;
	index_free(s->index);
	s->index = index;
	sort_marks(s);
}

static void finish_build(struct source *s)
{
	char why[512];
	struct trace_index *index = index_build_take(s->build, true);

	if (index)
		set_index(s, index);
	else
		s->error = collect_copy("the trace cannot be read any more");
	index_build_free(s->build);
	s->build = NULL;
	s->done = 1000;
	if (index && index_write(index, s->path, why, sizeof(why))) {
		char note[600];

		snprintf(note, sizeof(note), "the index is not kept: %s", why);
		collect_text(&s->note, note);
	}
	host_trim();
}

bool source_open(struct source *s, const char *path, bool wait)
{
	char why[512], error[512];
	struct trace_index *index;
	struct stat st;

	*s = (struct source){ .path = collect_copy(path) };
	s->name = strrchr(s->path, '/') ? strrchr(s->path, '/') + 1 : s->path;
	index = index_open(path, why, sizeof(why));
	if (index) {
		s->done = 1000;
		set_index(s, index);
		return true;
	}
	s->build = index_build_start(path, 0, error, sizeof(error));
	if (!s->build && !stat(path, &st) && S_ISREG(st.st_mode) && !st.st_size)
		snprintf(error, sizeof(error), "%s: the file is empty", path);
	if (!s->build) {
		s->error = collect_copy(error);
		return false;
	}
	if (wait)
		finish_build(s);
	return !s->error;
}

bool source_poll(struct source *s)
{
	unsigned int done;

	if (!s->build)
		return false;
	done = index_build_done(s->build);
	if (done == 1000) {
		finish_build(s);
		return true;
	}
	if (done == s->done)
		return false;
	/* a look at what there is takes time, too: every tenth */
	if (done / 100 != s->done / 100 || !s->index) {
		struct trace_index *index = index_build_take(s->build, false);

		if (index)
			set_index(s, index);
	}
	s->done = done;
	return true;
}

void source_close(struct source *s)
{
	index_build_free(s->build);
	drop_part(s);
	index_memory_close(s->memory);
	index_free(s->index);
	host_free(s->mark);
	host_free(s->mark_first);
	free(s->path);
	free(s->error);
	free(s->note);
	*s = (struct source){ 0 };
}

uint64_t sources_end(const struct source *source, unsigned int nr)
{
	uint64_t end = 0;

	for (unsigned int i = 0; i < nr; i++)
		if (source[i].index && source[i].index->head.time > end)
			end = source[i].index->head.time;
	return end;
}

int64_t source_guest(const struct source *s, const char *name)
{
	for (uint32_t g = 0; s->index && g < index_nr_guests(s->index); g++)
		if (!strcmp(index_text(s->index, s->index->guests[g].name), name))
			return g;
	return -1;
}

int64_t source_guest_like(const struct source *s, const char *name, uint32_t like)
{
	if (s->index && like < index_nr_guests(s->index) &&
	    !strcmp(index_text(s->index, s->index->guests[like].name), name))
		return like;
	return source_guest(s, name);
}

const char *source_damage(const struct source *s)
{
	return s->index ? index_text(s->index, s->index->head.damage) : "";
}

static bool any_folded(const struct trace_index *index)
{
	for (uint64_t i = 0; i < index->head.section[INDEX_ROWS].nr; i++)
		if (index->series[i].folded)
			return true;
	return false;
}

void source_focus(struct source *s, uint64_t from, uint64_t to)
{
	uint64_t nr, first, last, spare;

	if (!s->index || s->build || (s->part && from >= s->part_from && to <= s->part_to))
		return;
	nr = s->index->head.section[INDEX_BLOCKS].nr;
	first = index_block_at(s->index, from);
	last = index_block_at(s->index, to);
	if (!nr || last - first + 1 > PART_BLOCKS_MAX || !any_folded(s->index))
		return;
	spare = (PART_BLOCKS_MAX - (last - first + 1)) / 2;
	first = first > spare ? first - spare : 0;
	last = last + spare < nr ? last + spare : nr - 1;
	drop_part(s);
	s->part = index_part(s->index, s->path, first, last);
	s->part_from = first ? s->index->blocks[first].time : 0;
	s->part_to = last + 1 < nr ? s->index->blocks[last + 1].time : UINT64_MAX;
	host_trim();
}

bool source_has(const struct source *s, uint32_t guest, enum index_series_id id)
{
	return s->index && index_find(s->index, guest, id);
}

bool source_columns(const struct source *s, uint32_t guest, enum index_series_id id, uint64_t from,
		    uint64_t to, struct index_column *column, unsigned int nr)
{
	const struct index_series *series = s->index ? index_find(s->index, guest, id) : NULL,
				  *fine;
	struct index_column before;
	uint64_t start;

	if (!series) {
		memset(column, 0, nr * sizeof(*column));
		return false;
	}
	if (!series->folded || !s->part || from < s->part_from || to > s->part_to) {
		index_columns(s->index, series, from, to, column, nr);
		return true;
	}
	fine = index_find(s->part, guest, id);
	if (fine) {
		index_columns(s->part, fine, from, to, column, nr);
		start = s->part->nodes[fine->first[0]].time;
	} else {
		memset(column, 0, nr * sizeof(*column));
		start = UINT64_MAX;
	}
	/* what held when the part begins was set before it */
	before = index_at(s->index, series, s->part_from);
	for (unsigned int i = 0; i < nr && !series->counter && before.any; i++) {
		if (column[i].any || from + (to - from) / nr * i > start)
			continue;
		column[i] = (struct index_column){ before.last, before.last, before.last,
						   before.last, 0, true };
	}
	return true;
}

uint64_t source_value(const struct source *s, uint32_t guest, enum index_series_id id,
		      uint64_t time)
{
	const struct index_series *series = s->index ? index_find(s->index, guest, id) : NULL,
				  *fine;

	struct index_column c = { 0 };

	if (!series)
		return NUMBER_NONE;
	if (series->folded && !series->counter && s->part && time >= s->part_from &&
	    time < s->part_to) {
		fine = index_find(s->part, guest, id);
		if (fine)
			c = index_at(s->part, fine, time);
		if (c.any)
			return c.last;
	}
	c = index_at(s->index, series, time);
	return c.any ? c.last : NUMBER_NONE;
}

uint64_t source_peak(const struct source *s, uint32_t guest, enum index_series_id id)
{
	const struct index_series *series = s->index ? index_find(s->index, guest, id) : NULL;
	unsigned int level = 0;
	uint64_t max = 0;

	if (!series)
		return 0;
	while (level + 1 < INDEX_LEVELS && series->nr[level + 1])
		level++;
	for (uint64_t i = 0; i < series->nr[level]; i++)
		if (s->index->nodes[series->first[level] + i].max > max)
			max = s->index->nodes[series->first[level] + i].max;
	return max;
}

uint32_t source_marks(const struct source *s, uint32_t guest, const uint32_t **mark)
{
	uint32_t g = guest == INDEX_HOST ? index_nr_guests(s->index) : guest;

	*mark = s->mark + s->mark_first[g];
	return s->mark_first[g + 1] - s->mark_first[g];
}
