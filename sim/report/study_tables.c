// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of a comparison's report: every figure as on the console, what the columns are, and
 * every run with its command.
 */
#include <string.h>

#include "parts.h"
#include "study_json.h"
#include "study_parts.h"

#define COLUMNS 7		/* that fit on paper beside the names */
#define COLUMNS_INTERVALS 5	/* the same, with intervals below the numbers */
#define RUNS_LISTED 400

static const char *class_of(const char *mark)
{
	return *mark == '*' ? " good" : *mark == '!' ? " bad" : "";
}

static void interval(const struct html *h, unsigned int i, const char *column)
{
	char at[HTML_PATH_SIZE];

	snprintf(at, sizeof(at), "variations[%u].figures.%s", i, column);
	fputs("<small>", h->out);
	html_range(h, at, "low", "high");
	fputs("</small>", h->out);
}

static void cell(const struct html *h, unsigned int i, enum metric m)
{
	const char *column = metric_info[m].column, *mark = study_mark(h, i, m);

	fprintf(h->out, "<td class=\"n%s\">%s", class_of(mark), mark);
	html_number(h, "variations[%u].figures.%s.median", i, column);
	if (html_u64(h, "repeat") > 1 && study_knows(h, i, m))
		interval(h, i, column);
	fputs("</td>", h->out);
}

/* How many columns a panel of a group has: panels of about one width, none wider than the paper. */
static unsigned int panel_columns(const struct html *h, const char *group)
{
	unsigned int most = html_u64(h, "repeat") > 1 ? COLUMNS_INTERVALS : COLUMNS, nr = 0, panels;

	for (unsigned int m = 0; m < NR_METRICS; m++)
		nr += !strcmp(metric_info[m].group, group) && !study_is_empty(h, m);
	panels = (nr + most - 1) / most;
	return panels ? (nr + panels - 1) / panels : most;
}

/* Columns of one group from @from on, as many as fit; returns where the next panel begins. */
static unsigned int panel(const struct html *h, unsigned int from)
{
	const char *group = metric_info[from].group;
	unsigned int most = panel_columns(h, group);
	unsigned int nr = study_nr_shown(h), n = 0, m;
	enum metric columns[COLUMNS];
	char heads[COLUMNS * 32] = "variation";
	size_t len = strlen(heads);

	for (m = from; m < NR_METRICS && !strcmp(metric_info[m].group, group); m++) {
		if (study_is_empty(h, m))
			continue;
		if (n == most)
			break;
		columns[n++] = m;
		len += snprintf(heads + len, sizeof(heads) - len, "|%s", metric_info[m].head);
	}
	if (!n)
		return m;
	fputs("<h3>", h->out);
	html_text(h->out, group);
	fputs("</h3>\n", h->out);
	html_table(h->out, heads, 1);
	for (unsigned int i = 0; i < nr; i++) {
		if (study_left_out(h, i))
			continue;
		html_row(h->out);
		html_cell(h->out, study_name(h, i));
		for (unsigned int k = 0; k < n; k++)
			cell(h, i, columns[k]);
	}
	html_table_end(h->out);
	return m;
}

void study_table_figures(const struct html *h)
{
	for (unsigned int m = 0; m < NR_METRICS;)
		m = panel(h, m);
	fprintf(h->out, "<p class=\"note\">* best, ! worst of its column%s. Not ranked: "
		"undisturbed, and what failed or lost somebody.</p>\n",
		html_u64(h, "repeat") > 1 ? ", = no difference to the best; medians, below them "
					    "95 % intervals" : "");
}

void study_table_columns(const struct html *h)
{
	fputs("<h3>What the columns are</h3>\n", h->out);
	html_table(h->out, "group|column|what it is|better", 4);
	for (unsigned int m = 0; m < NR_METRICS; m++) {
		if (study_is_empty(h, m))
			continue;
		html_row(h->out);
		html_cell_line(h->out, metric_info[m].group);
		html_cell_line(h->out, metric_info[m].head);
		html_cell(h->out, metric_info[m].doc);
		html_cell(h->out, metric_info[m].better == METRIC_MORE ? "more" : "less");
	}
	html_table_end(h->out);
}

static void digest(const struct html *h, unsigned int i, unsigned int k, const char *what)
{
	fprintf(h->out, " %s ", what);
	html_text(h->out, html_string(h, "variations[%u].runs[%u].%s_digest", i, k, what));
}

static void run(const struct html *h, unsigned int i, unsigned int k)
{
	const char *result = html_string(h, "variations[%u].runs[%u].result", i, k);

	html_row(h->out);
	html_cell(h->out, study_name(h, i));
	html_cell_number(h, "variations[%u].runs[%u].seed", i, k);
	fputs(strcmp(result, "ok") ? "<td class=\"end bad\">" : "<td class=\"end\">",
	      h->out);
	html_text(h->out, *result ? result : "no figures");
	fputs("</td><td><code>", h->out);
	html_text(h->out, html_string(h, "variations[%u].runs[%u].command", i, k));
	fputs("</code><small>digests:", h->out);
	digest(h, i, k, "scenario");
	digest(h, i, k, "images");
	digest(h, i, k, "simulator");
	fputs("</small></td>", h->out);
}

void study_table_runs(const struct html *h)
{
	unsigned int nr = study_nr(h), n = 0;

	fputs("<h3>Every run</h3>\n", h->out);
	html_table(h->out, "variation|seed|end|command", 4);
	for (unsigned int i = 0; i < nr; i++)
		for (unsigned int k = 0; k < html_length(h, "variations[%u].runs", i); k++)
			if (n++ < RUNS_LISTED)
				run(h, i, k);
	html_table_end(h->out);
	html_left_out(h->out, n > RUNS_LISTED ? n - RUNS_LISTED : 0);
}
