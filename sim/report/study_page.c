// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report of a comparison: what was asked, of which machine, who wins and by what, every figure,
 * what costs rest on, and the command of each run.
 */
#include "study_page.h"

#include <stdlib.h>
#include <string.h>

#include "parts.h"
#include "study.h"
#include "study_json.h"
#include "study_parts.h"

#define REMARKS_LISTED 100

/* Head */

static void seeds(const struct html *h)
{
	fputs(html_u64(h, "repeat") > 1 ? ", seeds from " : ", seed ", h->out);
	html_number(h, "first_seed");
	if (html_u64(h, "repeat") > 1) {
		fputs(" on, ", h->out);
		html_number(h, "repeat");
		fputs(" of each variation", h->out);
	}
}

static void tile(const struct html *h, unsigned int winner, enum metric m, const char *what)
{
	char path[HTML_PATH_SIZE], name[HTML_PATH_SIZE];

	if (!study_knows(h, winner, m))
		return;
	snprintf(path, sizeof(path), "variations[%u].figures.%s.median", winner,
		 metric_info[m].column);
	snprintf(name, sizeof(name), "%.99s: %s", study_name(h, winner), what);
	part_tile(h, name, path);
}

static void tiles(const struct html *h)
{
	int winner = study_winner_of(h);

	if (winner < 0)
		return;
	fputs("<div class=\"tiles\">\n", h->out);
	tile(h, winner, METRIC_SLOWDOWN, "time of programs, over undisturbed");
	tile(h, winner, METRIC_FOOTPRINT, "GiB x min of host memory");
	tile(h, winner, METRIC_SWAP_OUT, "written to host swap");
	tile(h, winner, METRIC_CPU_HINTS, "CPU time for telling the host");
	fputs("</div>\n", h->out);
}

/* A paragraph for each line. */
static void verdict(const struct html *h)
{
	const char *text = html_string(h, "verdict");

	while (*text) {
		char *line = strndup(text, strcspn(text, "\n"));

		fputs("<p class=\"lead\">", h->out);
		html_text(h->out, line);
		fputs("</p>\n", h->out);
		text += strlen(line);
		text += *text == '\n';
		free(line);
	}
}

static void head(const struct html *h)
{
	const char *scenario = html_string(h, "scenario");
	const char *description = html_string(h, "description");

	html_begin(h->out, *description ? description : scenario);
	fputs("<p class=\"kind\">Ballast, report of a comparison: ", h->out);
	html_text(h->out, scenario);
	seeds(h);
	fputs("</p>\n<h1>", h->out);
	html_text(h->out, *description ? description : scenario);
	fputs("</h1>\n", h->out);
	verdict(h);
	tiles(h);
}

/* What is compared */

static void variation(const struct html *h, unsigned int i)
{
	const char *same = html_string(h, "variations[%u].same_as", i);

	html_row(h->out);
	html_cell_line(h->out, study_name(h, i));
	fputs("<td>", h->out);
	html_text(h->out, html_string(h, "variations[%u].argument", i));
	if (html_bool(h, "variations[%u].changes_nothing", i))
		fputs(" (changes nothing: the scenario as it is)", h->out);
	if (*same) {
		fputs(" (the same as ", h->out);
		html_text(h->out, same);
		fputs(")", h->out);
	}
	if (study_left_out(h, i)) {
		fputs(" <span class=\"bad\">left out:</span> ", h->out);
		html_text(h->out, html_string(h, "variations[%u].left_out", i));
	}
	fputs("</td>", h->out);
}

static void variations(const struct html *h)
{
	unsigned int nr = study_nr_shown(h);

	fputs("<h2>What is compared</h2>\n", h->out);
	html_table(h->out, "variation|what it is", 2);
	for (unsigned int i = 0; i < nr; i++)
		variation(h, i);
	html_table_end(h->out);
	html_left_out(h->out, study_nr(h) - nr);
}

/* What became of runs that did not go well */

struct remarks {
	const struct html *h;
	unsigned int nr;
};

static void remark(struct remarks *r, unsigned int i, unsigned int k, const char *what,
		   const char *text)
{
	FILE *out = r->h->out;

	if (++r->nr > REMARKS_LISTED)
		return;
	fputs(r->nr == 1 ? "<h3>What did not go well</h3>\n<ul>\n<li class=\"bad\">" :
			   "<li class=\"bad\">", out);
	html_text(out, study_name(r->h, i));
	fputs(", seed ", out);
	html_number(r->h, "variations[%u].runs[%u].seed", i, k);
	fputs(": ", out);
	html_text(out, what);
	html_text(out, text);
	fputs("</li>\n", out);
}

static void remarks_of_run(struct remarks *r, unsigned int i, unsigned int k)
{
	const struct html *h = r->h;
	const char *result = html_string(h, "variations[%u].runs[%u].result", i, k);
	unsigned int killed = html_length(h, "variations[%u].runs[%u].killed", i, k);
	char what[64];

	if (!*result)
		remark(r, i, k, "no figures: ",
		       html_string(h, "variations[%u].runs[%u].error", i, k));
	else if (strcmp(result, "ok")) {
		snprintf(what, sizeof(what), "%s: ", result);
		remark(r, i, k, what, html_string(h, "variations[%u].runs[%u].text", i, k));
	}
	for (unsigned int n = 0; n < killed; n++)
		remark(r, i, k, "", html_string(h, "variations[%u].runs[%u].killed[%u]", i, k, n));
}

static void remarks(const struct html *h)
{
	struct remarks r = { .h = h };
	unsigned int nr = study_nr(h);

	for (unsigned int i = 0; i < nr; i++)
		for (unsigned int k = 0; k < html_length(h, "variations[%u].runs", i); k++)
			remarks_of_run(&r, i, k);
	if (!r.nr)
		return;
	fputs("</ul>\n", h->out);
	html_left_out(h->out, r.nr > REMARKS_LISTED ? r.nr - REMARKS_LISTED : 0);
}

static void again(const struct html *h)
{
	fputs("<h2>Again</h2>\n<p>Ballast ", h->out);
	html_text(h->out, html_string(h, "version"));
	seeds(h);
	fputs("; digest of the scenario <code>", h->out);
	html_text(h->out, html_string(h, "scenario_digest"));
	fputs("</code>. The same scenario, seeds, version and images give the same figures, and "
	      "this file, byte for byte. The numbers for programs: the same command with "
	      "<code>--json</code>.</p>\n", h->out);
	if (*html_string(h, "command"))
		part_command(h, html_string(h, "command"));
	study_table_runs(h);
}

static void print_json(const void *study, FILE *out)
{
	study_json(study, out);
}

void study_page(FILE *out, const struct study *study)
{
	struct html html = { out, html_data(print_json, study) };
	const struct html *h = &html;

	head(h);
	remarks(h);
	fputs("<h2>The machine</h2>\n", h->out);
	part_machine(h, "machine");
	variations(h);
	fputs("<h2>Side by side</h2>\n", h->out);
	study_plot_figures(h);
	fputs("<h2>Every figure</h2>\n", h->out);
	study_table_figures(h);
	study_table_columns(h);
	part_costs(h, "machine");
	again(h);
	html_end(out);
	json_object_put(html.data);
}
