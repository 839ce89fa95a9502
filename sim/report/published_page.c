// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report of published experiments: how far each figure is from what was published, then each
 * experiment with its machine, its figures and its commands.
 */
#include "published_page.h"

#include <string.h>

#include "bars.h"
#include "parts.h"

#define PATH_ROOM 128		/* of the path of a figure */
#define NAME_ROOM 160
#define KILLED_LISTED 4
#define EXPERIMENTS_SHOWN 60

enum verdict { AGREES, OUT_OF_BAND, NO_DATA, RUN_FAILED, NR_VERDICTS };

static const char *const verdicts[NR_VERDICTS] = { "ok", "out of band", "no data", "run failed" };

static enum verdict verdict_of(const struct html *h, const char *at)
{
	const char *text = html_string(h, "%s.verdict", at);

	for (unsigned int i = 0; i < NR_VERDICTS; i++)
		if (!strcmp(text, verdicts[i]))
			return i;
	return NO_DATA;
}

/* One figure after the other. */
struct place {
	unsigned int nr;		/* of experiments */
	unsigned int experiment, run, figure;
	char at[PATH_ROOM];		/* path of the figure */
	bool begun;
};

static bool next_figure(const struct html *h, struct place *p)
{
	p->figure += p->begun;
	p->begun = true;
	for (; p->experiment < p->nr; p->experiment++, p->run = 0) {
		while (p->run < html_length(h, "experiments[%u].runs", p->experiment)) {
			if (p->figure < html_length(h, "experiments[%u].runs[%u].figures",
						    p->experiment, p->run)) {
				snprintf(p->at, sizeof(p->at),
					 "experiments[%u].runs[%u].figures[%u]", p->experiment,
					 p->run, p->figure);
				return true;
			}
			p->run++;
			p->figure = 0;
		}
	}
	return false;
}

static unsigned int nr_shown(const struct html *h)
{
	unsigned int nr = html_length(h, "experiments");

	return nr < EXPERIMENTS_SHOWN ? nr : EXPERIMENTS_SHOWN;
}

static void count(const struct html *h, unsigned int *nr)
{
	struct place p = { .nr = html_length(h, "experiments") };

	while (next_figure(h, &p))
		nr[verdict_of(h, p.at)]++;
}

static void head(const struct html *h)
{
	unsigned int nr[NR_VERDICTS] = { 0 };

	count(h, nr);
	html_begin(h->out, "Published experiments, simulated");
	fputs("<p class=\"kind\">Ballast, report of published experiments</p>\n"
	      "<h1>Published experiments, simulated</h1>\n<p class=\"lead\">", h->out);
	fprintf(h->out, "Of %u published figures, <span class=\"good\">%u</span> come out within "
		"their bands and <span class=\"bad\">%u</span> do not",
		nr[AGREES] + nr[OUT_OF_BAND] + nr[NO_DATA] + nr[RUN_FAILED], nr[AGREES],
		nr[OUT_OF_BAND]);
	if (nr[NO_DATA])
		fprintf(h->out, "; of <span class=\"bad\">%u</span> the run did not get there",
			nr[NO_DATA]);
	if (nr[RUN_FAILED])
		fprintf(h->out, "; of <span class=\"bad\">%u</span> the run failed",
			nr[RUN_FAILED]);
	fputs(".</p>\n<p>Costs are not fitted to these figures; what is out of its band is shown "
	      "as it is.</p>\n", h->out);
}

/* How far from what was published */

static void row_name(const struct html *h, const struct place *p, char *name, size_t size)
{
	snprintf(name, size, "%.16s %.24s, %.100s", html_string(h, "experiments[%u].id",
								p->experiment),
		 html_string(h, "experiments[%u].runs[%u].variant", p->experiment, p->run),
		 html_string(h, "%s.label", p->at));
}

/* @value of what was published, in thousandths. */
static uint64_t relative(const struct html *h, const struct place *p, const char *member)
{
	uint64_t published = html_u64(h, "%s.published", p->at);

	return (unsigned __int128)html_u64(h, "%s.%s", p->at, member) * 1000 / published;
}

static void begin(struct bars *b)
{
	struct place p = { .nr = nr_shown(b->h) };
	char name[NAME_ROOM];

	while (next_figure(b->h, &p)) {
		uint64_t ratio = html_u64(b->h, "%s.ratio_permille", p.at);
		size_t len;

		row_name(b->h, &p, name, sizeof(name));
		len = strlen(name);
		b->nr++;
		b->longest = len > b->longest ? len : b->longest;
		if (!html_u64(b->h, "%s.published", p.at))
			continue;
		ratio = ratio > relative(b->h, &p, "band_high") ? ratio :
								relative(b->h, &p, "band_high");
		b->max = ratio > b->max ? ratio : b->max;
	}
	b->max = b->max ? b->max : 1000;
	bars_begin(b);
}

static void row(struct bars *b, const struct place *p)
{
	enum verdict verdict = verdict_of(b->h, p->at);

	if (html_u64(b->h, "%s.published", p->at)) {
		bars_bar(b, relative(b->h, p, "band_low"), relative(b->h, p, "band_high"), 3);
		bars_interval(b, 1000, relative(b->h, p, "published_max"));
	}
	if (html_at(b->h, "%s.ratio_permille", p->at)) {
		bars_mark(b, html_u64(b->h, "%s.ratio_permille", p->at));
		bars_number(b, verdict == AGREES ? "" : "! ", "%s.ratio_permille", p->at);
	} else {
		bars_word(b, verdict == AGREES || verdict == OUT_OF_BAND ? "published: 0" :
			  verdicts[verdict]);
	}
}

static void plot(const struct html *h)
{
	static const struct plot_key keys[] = {
		{ 3, "f", "band" }, { 0, "l edge", "published" }, { 5, "f", "simulated" },
	};
	struct bars b = { .h = h, .unit = AXIS_TIMES,
			  .title = "Simulated over published",
			  .note = "1 is what was published. ! is out of its band." };
	struct place p = { .nr = nr_shown(h) };
	char name[NAME_ROOM];

	begin(&b);
	while (next_figure(h, &p)) {
		row_name(h, &p, name, sizeof(name));
		bars_row(&b, name);
		row(&b, &p);
	}
	bars_end(&b, keys, sizeof(keys) / sizeof(keys[0]));
}

/* Each experiment */

static void range(const struct html *h, const char *at, const char *low, const char *high)
{
	fputs("<td class=\"n\">", h->out);
	html_range(h, at, low, high);
	fputs("</td>", h->out);
}

static void figure(const struct html *h, const char *run, const char *at)
{
	enum verdict verdict = verdict_of(h, at);

	html_row(h->out);
	html_cell(h->out, html_string(h, "%s.variant", run));
	html_cell(h->out, html_string(h, "%s.label", at));
	html_cell(h->out, html_string(h, "%s.metric", at));
	range(h, at, "published", "published_max");
	range(h, at, "band_low", "band_high");
	fprintf(h->out, "<td class=\"n\">%s",
		html_bool(h, "%s.at_least", at) ? "\xe2\x89\xa5 " : "");
	html_number(h, "%s.simulated", at);
	fputs("</td>", h->out);
	html_cell_number(h, "%s.ratio_permille", at);
	fprintf(h->out, "<td class=\"n %s\">%s</td>", verdict == AGREES ? "good" : "bad",
		verdicts[verdict]);
}

static void figures(const struct html *h, unsigned int i)
{
	html_table(h->out, "variant|figure|metric, unit|published|band|simulated|ratio|", 3);
	for (unsigned int k = 0; k < html_length(h, "experiments[%u].runs", i); k++) {
		char run[PATH_ROOM], at[PATH_ROOM + 32];

		snprintf(run, sizeof(run), "experiments[%u].runs[%u]", i, k);
		for (unsigned int f = 0; f < html_length(h, "%s.figures", run); f++) {
			snprintf(at, sizeof(at), "%s.figures[%u]", run, f);
			figure(h, run, at);
		}
	}
	html_table_end(h->out);
}

/* How runs ended, if not well; who was killed; and their commands. */
static void runs(const struct html *h, unsigned int i)
{
	for (unsigned int k = 0; k < html_length(h, "experiments[%u].runs", i); k++) {
		const char *result = html_string(h, "experiments[%u].runs[%u].result", i, k);
		char killed[PATH_ROOM];

		fputs("<p class=\"note\">", h->out);
		html_text(h->out, html_string(h, "experiments[%u].runs[%u].variant", i, k));
		fputs(", seed ", h->out);
		html_number(h, "experiments[%u].runs[%u].seed", i, k);
		if (strcmp(result, "ok")) {
			fputs(": <span class=\"bad\">", h->out);
			html_text(h->out, result);
			fputs("</span> ", h->out);
			html_text(h->out, html_string(h, "experiments[%u].runs[%u].text", i, k));
		}
		fputs("</p>\n", h->out);
		snprintf(killed, sizeof(killed), "experiments[%u].runs[%u].killed", i, k);
		part_texts(h, killed, "note", KILLED_LISTED);
		part_command(h, html_string(h, "experiments[%u].runs[%u].command", i, k));
	}
}

static void experiment(const struct html *h, unsigned int i)
{
	char machine[PATH_ROOM];

	fputs("<h2>", h->out);
	html_text(h->out, html_string(h, "experiments[%u].id", i));
	fputs(" ", h->out);
	html_text(h->out, html_string(h, "experiments[%u].description", i));
	fputs("</h2>\n<p class=\"note\">", h->out);
	html_text(h->out, html_string(h, "experiments[%u].scenario", i));
	if (!html_length(h, "experiments[%u].runs", i)) {
		fputs(": <span class=\"bad\">could not be read</span></p>\n", h->out);
		return;
	}
	fputs(", after: ", h->out);
	html_text(h->out, html_string(h, "experiments[%u].source", i));
	fputs("</p>\n", h->out);
	snprintf(machine, sizeof(machine), "experiments[%u].machine", i);
	part_machine(h, machine);
	figures(h, i);
	runs(h, i);
}

static const char *cost_table(const struct html *h, unsigned int i)
{
	return json_object_to_json_string(html_at(h, "experiments[%u].machine.cost_table", i));
}

/* Experiments that share a cost table have it once. */
static void costs(const struct html *h, unsigned int i)
{
	const char *own = cost_table(h, i);
	char machine[PATH_ROOM];

	for (unsigned int k = 0; k < i; k++)
		if (!strcmp(own, cost_table(h, k)))
			return;
	snprintf(machine, sizeof(machine), "experiments[%u].machine", i);
	part_costs(h, machine);
}

void published_page(FILE *out, struct json_object *published)
{
	struct html html = { out, published };
	const struct html *h = &html;
	unsigned int nr = nr_shown(h);

	head(h);
	plot(h);
	for (unsigned int i = 0; i < nr; i++)
		experiment(h, i);
	html_left_out(out, html_length(h, "experiments") - nr);
	for (unsigned int i = 0; i < nr; i++)
		costs(h, i);
	fputs("<h2>Again</h2>\n<p>Ballast ", out);
	html_text(out, html_string(h, "version"));
	fputs(". The same scenarios, version and images give the same figures. The numbers for "
	      "programs: the same command with <code>--json</code>.</p>\n", out);
	part_command(h, html_string(h, "command"));
	html_end(out);
}
