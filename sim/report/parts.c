// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parts that several kinds of report have; see parts.h.
 */
#include "parts.h"

#include <string.h>

void part_tile(const struct html *h, const char *name, const char *path)
{
	fputs("<div><b>", h->out);
	html_number(h, "%s", path);
	fputs("</b><small>", h->out);
	html_text(h->out, name);
	fputs("</small></div>\n", h->out);
}

void part_command(const struct html *h, const char *text)
{
	fputs("<pre>", h->out);
	html_text(h->out, text);
	fputs("</pre>\n", h->out);
}

void part_texts(const struct html *h, const char *member, const char *classes, unsigned int max)
{
	unsigned int nr = html_length(h, "%s", member), shown = nr < max ? nr : max;

	if (!nr)
		return;
	fputs("<ul>\n", h->out);
	for (unsigned int i = 0; i < shown; i++) {
		fprintf(h->out, "<li class=\"%s\">", classes);
		html_text(h->out, html_string(h, "%s[%u]", member, i));
		fputs("</li>\n", h->out);
	}
	fputs("</ul>\n", h->out);
	html_left_out(h->out, nr - shown);
}

static void references(const struct html *h, const char *at)
{
	unsigned int nr = html_length(h, "%scost_table.references", at);

	if (!nr)
		return;
	fputs("<p class=\"note\">In brackets:</p>\n<ul class=\"note\">\n", h->out);
	for (unsigned int i = 0; i < nr; i++) {
		fputs("<li>", h->out);
		html_text(h->out, html_string(h, "%scost_table.references[%u]", at, i));
		fputs("</li>\n", h->out);
	}
	fputs("</ul>\n", h->out);
}

void part_costs(const struct html *h, const char *member)
{
	unsigned int nr;
	char at[HTML_PATH_SIZE];

	snprintf(at, sizeof(at), "%s%s", member, *member ? "." : "");
	nr = html_length(h, "%scost_table.costs", at);
	if (!nr)
		return;
	fputs("<h2>What operations cost</h2>\n<p>CPU time of one occurrence, as the scenario's "
	      "table has it (", h->out);
	html_text(h->out, html_string(h, "%scost_table.name", at));
	fputs("), and what each value rests on. Nothing is measured while a scenario runs.</p>\n",
	      h->out);
	html_table(h->out, "cost|what its value rests on|each", 2);
	for (unsigned int i = 0; i < nr; i++) {
		html_row(h->out);
		html_cell_line(h->out, html_string(h, "%scost_table.costs[%u].name", at, i));
		html_cell(h->out, html_string(h, "%scost_table.costs[%u].source", at, i));
		html_cell_number(h, "%scost_table.costs[%u].each_ns", at, i);
	}
	html_table_end(h->out);
	references(h, at);
}
