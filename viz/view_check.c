// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names and numbers of a command line against the traces; see view_check.h.
 */
#include "view_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "layout.h"

#define NAMES_SHOWN 8

struct check {
	const struct view *v;
	const struct source *source;
	unsigned int nr_sources;
	char *error;
	size_t size;
};

/* "guest-0, guest-1 and 298 more" */
static void list_guests(char *text, size_t size, const struct source *s)
{
	uint32_t nr = index_nr_guests(s->index), shown = nr < NAMES_SHOWN ? nr : NAMES_SHOWN;
	size_t len = 0;

	snprintf(text, size, "none");
	for (uint32_t g = 0; g < shown && len < size - 1; g++)
		len += snprintf(text + len, size - len, "%s%.40s", g ? ", " : "",
				index_text(s->index, s->index->guests[g].name));
	if (shown < nr && len < size - 1)
		snprintf(text + len, size - len, " and %u more", nr - shown);
}

static bool check_guest(struct check *c, const char *option, const char *name)
{
	unsigned int of = view_panel_of(c->v, c->nr_sources);
	const struct source *s = &c->source[of];
	char names[NAMES_SHOWN * 44 + 32];

	if (!*name || source_guest(s, name) >= 0)
		return true;
	list_guests(names, sizeof(names), s);
	snprintf(c->error, c->size, "%s %s: %s has no such guest%s; its guests: %s", option, name,
		 s->path, c->nr_sources > 1 && source_guest(&c->source[!of], name) >= 0 ?
		 of ? " (the other trace has: --of A)" : " (the other trace has: --of B)" : "",
		 names);
	return false;
}

static bool check_lanes(struct check *c, const char *option, const struct names *list)
{
	char names[NAMES_SHOWN * 44 + 32];

	for (unsigned int i = 0; i < list->nr; i++) {
		bool known = layout_is_host_lane(list->name[i]);

		for (unsigned int k = 0; k < c->nr_sources; k++)
			known |= source_guest(&c->source[k], list->name[i]) >= 0;
		if (known)
			continue;
		list_guests(names, sizeof(names), &c->source[0]);
		snprintf(c->error, c->size, "%s %.60s: there is no such lane; lanes: host:memory, "
			 "host:swap, host:traffic, host:queue, host:disk, host:cpu, and guests: "
			 "%s", option, list->name[i], names);
		return false;
	}
	return true;
}

static bool check_time(struct check *c, const char *option, bool set, uint64_t time)
{
	uint64_t end = sources_end(c->source, c->nr_sources);
	char asked[48], last[48];

	if (!set || time <= end)
		return true;
	view_time(asked, sizeof(asked), time);
	view_time(last, sizeof(last), end);
	snprintf(c->error, c->size, "%s %s: there is nothing after %s, where the trace ends",
		 option, asked, last);
	return false;
}

static bool check_record(struct check *c)
{
	const struct trace_index *index =
		c->source[view_panel_of(c->v, c->nr_sources)].index;

	if (c->v->event && !*c->v->events) {
		snprintf(c->error, c->size, "--event %" PRIu64 ": nothing shows it; allowed: with "
			 "--events GUEST", c->v->event - 1);
		return false;
	}
	if (c->v->event <= index->head.records)
		return true;
	snprintf(c->error, c->size, "--event %" PRIu64 ": the trace has records 0 to %" PRIu64,
		 c->v->event - 1, index->head.records ? index->head.records - 1 : 0);
	return false;
}

static bool check_filter(struct check *c)
{
	char names[512];

	if (!*c->v->filter)
		return true;
	for (unsigned int k = 0; k < c->nr_sources; k++) {
		const struct trace_index *index = c->source[k].index;

		for (uint32_t g = 0; g < index_nr_guests(index); g++)
			if (strstr(index_text(index, index->guests[g].name), c->v->filter))
				return true;
	}
	list_guests(names, sizeof(names), &c->source[0]);
	snprintf(c->error, c->size, "--filter %s: is in no guest's name; guests: %s", c->v->filter,
		 names);
	return false;
}

bool view_check(const struct view *v, const struct source *source, unsigned int nr_sources,
		char *error, size_t error_size)
{
	struct check c = { v, source, nr_sources, error, error_size };

	for (unsigned int i = 0; i < nr_sources; i++)
		if (!source[i].index)
			return true;	/* that is said already */
	if (v->panel_of >= nr_sources) {
		snprintf(error, error_size, "--of %s: there is only one trace",
			 view_trace_names[v->panel_of]);
		return false;
	}
	return check_guest(&c, "--map", v->map) && check_guest(&c, "--events", v->events) &&
	       check_lanes(&c, "--hide", &v->hidden) &&
	       check_lanes(&c, "--expand", &v->expanded) &&
	       check_lanes(&c, "--collapse", &v->collapsed) &&
	       check_lanes(&c, "--pin", &v->pinned) && check_time(&c, "--at", v->has_at, v->at) &&
	       check_time(&c, "--zoom", true, v->from) &&
	       check_time(&c, "--select", v->has_select, v->select_to) &&
	       check_time(&c, "--mark-a", v->has_a, v->a) &&
	       check_time(&c, "--mark-b", v->has_b, v->b) && check_filter(&c) &&
	       check_record(&c);
}
