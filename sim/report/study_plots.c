// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is compared side by side, as bars.
 */
#include <string.h>

#include "bars.h"
#include "study_json.h"
#include "study_parts.h"

/* Colours. */
#define OF_UNDISTURBED 7
#define OF_WINNER 2
#define OF_OTHERS 0

static enum axis_unit unit_of(enum metric m)
{
	switch (metric_info[m].unit) {
	case METRIC_NS:
		return AXIS_NS;
	case METRIC_BYTES:
		return AXIS_BYTES;
	case METRIC_TIMES:
		return AXIS_TIMES;
	case METRIC_PERCENT:
		return AXIS_SHARE;
	case METRIC_MIB_S:
		return AXIS_MIB_S;
	case METRIC_COUNT:
		break;
	}
	return AXIS_COUNT;
}

static uint64_t value(const struct html *h, unsigned int i, enum metric m, const char *which)
{
	return html_u64(h, "variations[%u].figures.%s.%s", i, metric_info[m].column, which);
}

/* Rows of all that could be had, whether its runs gave figures or not. */
static void set_rows(struct bars *b)
{
	unsigned int nr = study_nr_shown(b->h);

	for (unsigned int i = 0; i < nr; i++) {
		size_t len = strlen(study_name(b->h, i));

		if (study_left_out(b->h, i))
			continue;
		b->nr++;
		b->longest = len > b->longest ? len : b->longest;
	}
}

static void begin(struct bars *b, enum metric m)
{
	unsigned int nr = study_nr_shown(b->h);

	b->unit = unit_of(m);
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t high = value(b->h, i, m, "high");

		b->max = high > b->max ? high : b->max;
	}
	set_rows(b);
	bars_begin(b);
}

static void number(struct bars *b, unsigned int i, enum metric m)
{
	bars_number(b, study_mark(b->h, i, m), "variations[%u].figures.%s.median", i,
		    metric_info[m].column);
}

static void plot_metric(const struct html *h, enum metric m, const char *title, const char *note)
{
	struct bars b = { .h = h, .title = title, .note = note };
	unsigned int nr = study_nr_shown(h);
	int winner = study_winner_of(h);

	if (study_is_empty(h, m))
		return;
	begin(&b, m);
	for (unsigned int i = 0; i < nr; i++) {
		if (study_left_out(h, i))
			continue;
		bars_row(&b, study_name(h, i));
		if (!study_knows(h, i, m)) {
			bars_word(&b, "no figure");
			continue;
		}
		bars_bar(&b, 0, value(h, i, m, "median"), !i ? OF_UNDISTURBED :
			 (int)i == winner ? OF_WINNER : OF_OTHERS);
		if (value(h, i, m, "low") != value(h, i, m, "high"))
			bars_interval(&b, value(h, i, m, "low"), value(h, i, m, "high"));
		number(&b, i, m);
	}
	bars_end(&b, NULL, 0);
}

/* CPU time, by who pays for it: stacked, with the sum behind it. */
static void plot_payers(const struct html *h)
{
	static const struct {
		enum metric metric;
		struct plot_key key;
	} payers[] = {
		{ METRIC_CPU_GUEST, { 0, "f", "guest" } },
		{ METRIC_CPU_EXIT, { 1, "f", "host kernel for virtual CPUs (exits)" } },
		{ METRIC_CPU_VMM, { 2, "f", "VMMs in user space" } },
		{ METRIC_CPU_KERNEL, { 5, "f", "host kernel by itself and for VMMs" } },
		{ METRIC_CPU_HINTS, { 4, "f", "telling the host, by whomever" } },
	};
	struct bars b = { .h = h, .title = "CPU time, by who pays for it",
			  .note = "Of the host's CPUs, the whole run; the number is the sum." };
	unsigned int nr = study_nr_shown(h), n = sizeof(payers) / sizeof(payers[0]);
	struct plot_key keys[sizeof(payers) / sizeof(payers[0])];

	if (study_is_empty(h, METRIC_CPU_ALL))
		return;
	begin(&b, METRIC_CPU_ALL);
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t from = 0;

		if (study_left_out(h, i))
			continue;
		bars_row(&b, study_name(h, i));
		if (!study_knows(h, i, METRIC_CPU_ALL)) {
			bars_word(&b, "no figure");
			continue;
		}
		for (unsigned int k = 0; k < n; k++) {
			uint64_t to = from + value(h, i, payers[k].metric, "median");

			bars_bar(&b, from, to, payers[k].key.colour);
			from = to;
		}
		number(&b, i, METRIC_CPU_ALL);
	}
	for (unsigned int k = 0; k < n; k++)
		keys[k] = payers[k].key;
	bars_end(&b, keys, n);
}

void study_plot_figures(const struct html *h)
{
	bool repeated = html_u64(h, "repeat") > 1;

	fprintf(h->out, "<p class=\"note\">* best, ! worst%s; green is who wins, grey the "
		"undisturbed machine, which has memory for all and is not ranked.%s</p>\n",
		repeated ? ", = no difference to the best" : "",
		repeated ? " Bars are medians, lines 95 % intervals of them (percentile "
			   "bootstrap)." : "");
	plot_metric(h, METRIC_FOOTPRINT, "Footprint: host memory over time",
		    "Integral over time of the host memory in use. Less is better.");
	plot_metric(h, METRIC_SLOWDOWN, "Slowdown",
		    "Time that programs take for their work, over that of the undisturbed run: "
		    "geometric mean of all programs. Less is better.");
	plot_metric(h, METRIC_RUN_TIME, "Run time",
		    "From the start of the first program to the end of the last one.");
	plot_metric(h, METRIC_SWAP_OUT, "Written to the host's swap", NULL);
	plot_metric(h, METRIC_SWAP_IN, "Read from the host's swap", NULL);
	plot_payers(h);
}
