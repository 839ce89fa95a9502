/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is shown: the span of time, the cursor, which lanes and how, and the command line that
 * shows the same again.  Knows neither how it is drawn nor where it came from.
 */
#ifndef BALLAST_VIZ_VIEW_H
#define BALLAST_VIZ_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "palette.h"

#define VIEW_WORDS 64

enum view_sort { SORT_NUMBER, SORT_NAME, SORT_RESIDENT, SORT_SWAPPED, SORT_STALLED, NR_SORTS };

/* What is being typed. */
enum view_field { FIELD_NONE, FIELD_SEARCH, FIELD_FILTER };

/* Names of lanes. */
struct names {
	char **name;
	unsigned int nr;
};

struct view {
	int width, height, scale;	/* scale in percent */
	enum theme theme;
	uint64_t end;			/* of the longest trace */
	uint64_t from, to;		/* in view */
	bool has_at, has_select, has_a, has_b;
	uint64_t at, select_from, select_to, a, b;
	char filter[VIEW_WORDS];	/* guests whose name holds it */
	enum view_sort sort;
	int scroll;			/* of the lanes, in pixels at 100 % */
	struct names hidden, expanded, collapsed, pinned;
	unsigned int panel_of;		/* the trace that map and records are of */
	char map[VIEW_WORDS];		/* the guest whose memory is shown, or "" */
	int map_order;			/* of a cell; -1: as large as all of the memory needs */
	uint64_t map_first;		/* page in its first cell */
	char events[VIEW_WORDS];	/* the guest whose records are listed, or "" */
	uint64_t event;			/* one more than the record looked at; 0: at the cursor */
	bool playing;			/* the cursor moves by itself */
	bool help;
	enum view_field field;		/* is open */
	char search[VIEW_WORDS];
	uint64_t found; /* one more than the number of the mark that was found last */
	unsigned int found_in;	/* and its trace */
	char message[160];		/* what the last key came to */
};

extern const char *const sort_names[NR_SORTS], *const view_trace_names[2];

void view_init(struct view *v);
void view_free(struct view *v);
bool names_have(const struct names *n, const char *name);
void names_add(struct names *n, const char *name);
void names_remove(struct names *n, const char *name);
void names_clear(struct names *n);

#define VIEW_SPAN_MIN UINT64_C(1000)	/* ns that are in view at least */

#define VIEW_END_MAX (UINT64_C(1) << 61)	/* sums of times do not run over */

/* The trace that map and records are of; there may be only one. */
static inline unsigned int view_panel_of(const struct view *v, unsigned int nr_sources)
{
	return v->panel_of < nr_sources ? v->panel_of : 0;
}

/* A trace of this length is (or has become) the longest. */
void view_end(struct view *v, uint64_t end);
void view_fit(struct view *v);
void view_show(struct view *v, uint64_t from, uint64_t to);
/* As much as now, with @at in the middle. */
void view_centre(struct view *v, uint64_t at);
/* Show num / den as much; @keep stays where it is. */
void view_zoom(struct view *v, uint64_t keep, unsigned int num, unsigned int den);
/* By thousandths of what is in view. */
void view_pan(struct view *v, int thousandths);
/* Whether a span is marked, with what changed in it in the last line. */
static inline bool view_spans(const struct view *v)
{
	return v->has_select || (v->has_a && v->has_b);
}

/* Whether something is left out of the lanes. */
bool view_filtered(const struct view *v);
void view_clear_filters(struct view *v);

/*
 * An option of the command line and its value.  Returns how many arguments it took, 0 if it is none
 * of a view, -1 if its value is wrong, which @error says.
 */
int view_option(struct view *v, char **argv, char *error, size_t error_size);
/* The command that shows this; free() it. */
char *view_command(const struct view *v, char *const *trace, unsigned int nr_traces);
/* A time as an option has it. */
void view_time(char *text, size_t size, uint64_t ns);

#endif
