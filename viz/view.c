// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a view; see view.h.
 */
#include "view.h"

#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "hostmem.h"

typedef unsigned __int128 u128;

const char *const view_trace_names[2] = { "A", "B" };
const char *const sort_names[NR_SORTS] = { "number", "name", "resident", "swapped", "stalled" };

void view_init(struct view *v)
{
	*v = (struct view){ .width = 1920, .height = 1080, .scale = 100, .to = UINT64_MAX,
			    .map_order = -1 };
}

void view_free(struct view *v)
{
	view_clear_filters(v);
	names_clear(&v->expanded);
	names_clear(&v->pinned);
}

bool names_have(const struct names *n, const char *name)
{
	for (unsigned int i = 0; i < n->nr; i++)
		if (!strcmp(n->name[i], name))
			return true;
	return false;
}

void names_add(struct names *n, const char *name)
{
	if (!names_have(n, name))
		*(char **)collect_append(&n->name, &n->nr, sizeof(*n->name)) = collect_copy(name);
}

void names_remove(struct names *n, const char *name)
{
	struct names left = { 0 };

	for (unsigned int i = 0; i < n->nr; i++)
		if (strcmp(n->name[i], name))
			names_add(&left, n->name[i]);
	names_clear(n);
	*n = left;
}

void names_clear(struct names *n)
{
	for (unsigned int i = 0; i < n->nr; i++)
		free(n->name[i]);
	host_free(n->name);
	*n = (struct names){ 0 };
}

void view_end(struct view *v, uint64_t end)
{
	bool all = !v->from && (v->to == UINT64_MAX || (v->end && v->to >= v->end));

	if (end < VIEW_SPAN_MIN)
		end = VIEW_SPAN_MIN;
	if (end > VIEW_END_MAX)
		end = VIEW_END_MAX;
	v->end = end;
	if (all || v->to > end)
		v->to = end;
	if (v->to - v->from < VIEW_SPAN_MIN || v->from >= v->to)
		view_show(v, v->from, v->to);
}

void view_fit(struct view *v)
{
	v->from = 0;
	v->to = v->end;
}

void view_show(struct view *v, uint64_t from, uint64_t to)
{
	uint64_t span = to > from ? to - from : 0;

	if (span < VIEW_SPAN_MIN)
		span = VIEW_SPAN_MIN;
	if (span > v->end)
		span = v->end;
	if (from > v->end - span)
		from = v->end - span;
	v->from = from;
	v->to = from + span;
}

void view_centre(struct view *v, uint64_t at)
{
	uint64_t span = v->to - v->from, from = at > span / 2 ? at - span / 2 : 0;

	view_show(v, from, from + span);
}

void view_zoom(struct view *v, uint64_t keep, unsigned int num, unsigned int den)
{
	uint64_t span = v->to - v->from, want = (u128)span * num / den, before;

	if (want < VIEW_SPAN_MIN)
		want = VIEW_SPAN_MIN;
	if (want > v->end)
		want = v->end;
	if (keep < v->from)
		keep = v->from;
	before = (u128)(keep - v->from) * want / span;
	view_show(v, keep > before ? keep - before : 0, (keep > before ? keep - before : 0) + want);
}

void view_pan(struct view *v, int thousandths)
{
	uint64_t span = v->to - v->from, by = (u128)span * abs(thousandths) / 1000, from = v->from;

	if (thousandths < 0)
		from = from > by ? from - by : 0;
	else
		from += by;
	view_show(v, from, from + span);
}

bool view_filtered(const struct view *v)
{
	return *v->filter || v->hidden.nr || v->collapsed.nr;
}

void view_clear_filters(struct view *v)
{
	*v->filter = '\0';
	names_clear(&v->hidden);
	names_clear(&v->collapsed);
}
