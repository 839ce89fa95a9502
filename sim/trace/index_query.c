// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asking an index.
 *
 * A span of time is made of as few nodes as possible: a walk over the lowest level that takes a
 * node of a higher one wherever that fits.  At the ends of a span a node counts for the part of it
 * that lies inside; what a folded node does not say, there, is taken to be even.
 */
#include <string.h>

#include "hostmem.h"
#include "index_internal.h"

typedef unsigned __int128 u128;

const char *index_text(const struct trace_index *index, uint32_t text)
{
	return text < index->head.section[INDEX_TEXTS].nr ? index->texts + text : "";
}

/* Where the levels of a series are. */
static void expand(struct index_series *s, const struct index_row *row)
{
	*s = (struct index_series){ .id = row->id, .guest = row->guest, .unit = row->unit,
				    .counter = row->counter, .folded = row->folded,
				    .end = row->end };
	s->first[0] = row->first;
	s->nr[0] = row->nr;
	for (unsigned int l = 1; l < INDEX_LEVELS && s->nr[l - 1] > INDEX_FAN; l++) {
		s->first[l] = s->first[l - 1] + s->nr[l - 1];
		s->nr[l] = (s->nr[l - 1] + INDEX_FAN - 1) / INDEX_FAN;
	}
}

void index_tie(struct trace_index *index)
{
	uint64_t guests = index_nr_guests(index) + 1, nr = index->head.section[INDEX_ROWS].nr;

	index->by_id = host_alloc(guests * NR_INDEX_SERIES * sizeof(*index->by_id));
	for (uint64_t i = 0; i < guests * NR_INDEX_SERIES; i++)
		index->by_id[i] = -1;
	index->series = host_alloc(nr * sizeof(*index->series));
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t g = index->rows[i].guest == INDEX_HOST ? guests - 1 : index->rows[i].guest;

		expand(&index->series[i], &index->rows[i]);
		if (g < guests && index->rows[i].id < NR_INDEX_SERIES)
			index->by_id[g * NR_INDEX_SERIES + index->rows[i].id] = i;
	}
}

const struct index_series *index_find(const struct trace_index *index, uint32_t guest,
				      enum index_series_id id)
{
	uint64_t g = guest == INDEX_HOST ? index_nr_guests(index) : guest;
	int32_t at;

	if (g > index_nr_guests(index))
		return NULL;
	at = index->by_id[g * NR_INDEX_SERIES + id];
	return at < 0 ? NULL : &index->series[at];
}

struct walk {
	const struct trace_index *index;
	const struct index_series *s;
	const struct index_node *node;	/* lowest level */
	uint64_t nr, at;		/* the node that holds where the walk is */
	uint64_t before;		/* a counter: what it has come to there */
};

static uint64_t end_of(const struct walk *w, unsigned int level, uint64_t i)
{
	const struct index_node *node = w->index->nodes + w->s->first[level];

	return i + 1 < w->s->nr[level] ? node[i + 1].time : w->s->end;
}

/* The last node of the lowest level that begins at or before @time; 0 if none does. */
static uint64_t find_node(const struct walk *w, uint64_t time)
{
	uint64_t low = 0, high = w->nr;

	while (low + 1 < high) {
		uint64_t mid = low + (high - low) / 2;

		if (w->node[mid].time <= time)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static uint64_t evenly(uint64_t from, uint64_t to, uint64_t part, uint64_t all)
{
	return from + (uint64_t)((u128)(to - from) * part / all);
}

/* The same before the first node, for one that is looked at now and then. */
static uint64_t total_before(const struct index_series *s, const struct index_node *first,
			     uint64_t time)
{
	if (time <= s->start || first->time <= s->start || first->min <= s->base)
		return time < first->time ? s->base : first->min;
	return evenly(s->base, first->min, time - s->start, first->time - s->start);
}

/*
 * What a counter has come to just before @time.  It goes up where a node begins, and inside of a
 * folded one evenly; one that is only looked at now and then (TOTAL) also between nodes.
 */
static uint64_t counter_before(const struct walk *w, uint64_t time)
{
	const struct index_node *n = &w->node[w->at];
	uint64_t end, max;

	if (time <= n->time && w->s->counter == INDEX_TOTAL)
		return w->at ? n->min : total_before(w->s, n, time);
	if (time <= n->time)
		return w->at ? w->node[w->at - 1].max : 0;
	end = end_of(w, 0, w->at);
	max = w->s->counter == INDEX_TOTAL && w->at + 1 < w->nr && n[1].min > n->max ? n[1].min :
	      n->max;
	if (n->min == max || time >= end)
		return max;
	return evenly(n->min, max, time - n->time, end - n->time);
}

static void take_node(struct index_column *c, const struct index_node *n, uint64_t ns,
		      u128 *area, uint64_t *total)
{
	if (!c->any || n->min < c->min)
		c->min = n->min;
	if (!c->any || n->max > c->max)
		c->max = n->max;
	c->any = true;
	if (!ns)
		return;
	*area += (u128)(n->mean ? index_node_mean(n) : n->min) * ns;
	*total += ns;
}

/* The largest node that begins where the walk is and ends by @to. */
static unsigned int widest(const struct walk *w, uint64_t to)
{
	unsigned int level = 0;
	uint64_t i = w->at;

	while (level + 1 < INDEX_LEVELS && w->s->nr[level + 1] && i % INDEX_FAN == 0 &&
	       end_of(w, level + 1, i / INDEX_FAN) <= to) {
		level++;
		i /= INDEX_FAN;
	}
	return level;
}

/* A node as a column. */
static struct index_column column_of(const struct index_node *n)
{
	return (struct index_column){ .min = n->min, .max = n->max, .mean = index_node_mean(n),
				      .last = index_node_last(n), .any = true };
}

static void sum_nodes(struct walk *w, uint64_t from, uint64_t to, struct index_column *c)
{
	const struct index_node *last = NULL;
	uint64_t total = 0;
	u128 area = 0;

	*c = (struct index_column){ 0 };
	while (w->at < w->nr && w->node[w->at].time < to) {
		uint64_t begin = w->node[w->at].time, end, width = 1;
		unsigned int level = begin >= from ? widest(w, to) : 0;

		for (unsigned int l = 0; l < level; l++)
			width *= INDEX_FAN;
		end = end_of(w, level, w->at / width);
		last = &w->index->nodes[w->s->first[level] + w->at / width];
		take_node(c, last,
			  (end < to ? end : to) - (begin > from ? begin : from), &area, &total);
		if (w->at + width >= w->nr || end >= to) {
			/* its last node holds the end */
			w->at = (w->at + width < w->nr ? w->at + width : w->nr) - 1;
			break;
		}
		w->at += width;
	}
	if (last)
		c->last = index_node_last(last);
	if (!total)
		c->mean = c->last;
	else if (area < UINT64_MAX / 2)
		c->mean = ((uint64_t)area + total / 2) / total;
	else
		c->mean = (area + total / 2) / total;
}

/*
 * Spans are asked for one after the other.  Returns up to when the next ones are like this one: the
 * end of the node that it is inside of, or 0.
 */
static uint64_t take_span(struct walk *w, uint64_t from, uint64_t to, struct index_column *c)
{
	uint64_t start = w->before, inside = 0;
	const struct index_node *n;

	while (w->at + 1 < w->nr && w->node[w->at + 1].time <= from)
		w->at++;
	if (from >= w->s->end && from > w->node[w->at].time) {
		*c = (struct index_column){ 0 };	/* nothing is known of what would be then */
		return 0;
	}
	n = &w->node[w->at];
	if (n->time <= from && end_of(w, 0, w->at) >= to && from < to) {
		*c = column_of(n);
		inside = end_of(w, 0, w->at);
	} else {
		sum_nodes(w, from, to, c);
	}
	if (w->s->counter) {
		w->before = counter_before(w, to);
		c->delta = w->before - start;
	}
	return inside;
}

/* Where a column begins, and the one before it ends. */
static uint64_t edge_of(uint64_t from, uint64_t span, unsigned int i, unsigned int nr)
{
	if (span < UINT64_MAX >> 16)
		return from + span * i / nr;
	return from + (uint64_t)((u128)span * i / nr);
}

static struct walk walk_on(const struct trace_index *index, const struct index_series *s)
{
	return (struct walk){
		.index = index,
		.s = s,
		.node = index->nodes + s->first[0],
		.nr = s->nr[0],
	};
}

void index_columns(const struct trace_index *index, const struct index_series *series,
		   uint64_t from, uint64_t to, struct index_column *column, unsigned int nr)
{
	struct walk w = walk_on(index, series);
	uint64_t begin = from, end, inside = 0;

	w.at = find_node(&w, from);
	if (series->counter)
		w.before = counter_before(&w, from);
	for (unsigned int i = 0; i < nr; i++, begin = end) {
		end = edge_of(from, to - from, i + 1, nr);
		/* a node can be wider than many columns */
		if (i && inside && !series->counter && end <= inside) {
			column[i] = column[i - 1];
			continue;
		}
		inside = take_span(&w, begin, end, &column[i]);
	}
}

struct index_column index_at(const struct trace_index *index, const struct index_series *series,
			     uint64_t time)
{
	struct walk w = walk_on(index, series);
	const struct index_node *n;
	struct index_column c = { 0 };

	w.at = find_node(&w, time);
	n = &w.node[w.at];
	if (n->time > time || time > series->end)
		return c;
	c = column_of(n);
	if (series->counter)
		c.last = c.mean = time == n->time ? n->min : counter_before(&w, time);
	return c;
}

uint64_t index_mark_from(const struct trace_index *index, uint64_t time)
{
	uint64_t low = 0, high = index->head.section[INDEX_MARKS].nr;

	while (low < high) {
		uint64_t mid = low + (high - low) / 2;

		if (index->marks[mid].time < time)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint64_t index_block_at(const struct trace_index *index, uint64_t time)
{
	uint64_t low = 0, high = index->head.section[INDEX_BLOCKS].nr;

	while (low + 1 < high) {
		uint64_t mid = low + (high - low) / 2;

		if (index->blocks[mid].time <= time)
			low = mid;
		else
			high = mid;
	}
	return low;
}

bool index_has_type(const struct trace_index *index, enum trace_id id)
{
	for (uint64_t i = 0; i < index->head.section[INDEX_BLOCKS].nr; i++)
		if (index->blocks[i].types & index_type_bit(id))
			return true;
	return false;
}
