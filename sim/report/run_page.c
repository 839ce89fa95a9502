// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report of one run: what was asked, of which machine, what happened over time, what it cost,
 * and how to get it again.
 */
#include "run_page.h"

#include <stdlib.h>
#include <string.h>

#include "parts.h"
#include "shell.h"

#define TEXTS_LISTED 10

static void print_tables(const void *report, FILE *out)
{
	report_json(report, out);
}

static void result(const struct html *h, const char *damage)
{
	const char *how = html_string(h, "result");
	bool well = !strcmp(how, "ok") || !strcmp(how, "time-limit");

	fprintf(h->out, "<p class=\"lead\"><span class=\"%s\">", well ? "good" : "bad");
	html_text(h->out, how);
	fputs("</span> after ", h->out);
	html_number(h, "virtual_time_ns");
	fputs(!strcmp(html_string(h, "world"), "real") ? " on a real kernel" : " of virtual time",
	      h->out);
	if (*html_string(h, "text")) {
		fputs(": ", h->out);
		html_text(h->out, html_string(h, "text"));
	}
	fputs("</p>\n", h->out);
	if (damage) {
		fputs("<p class=\"bad\">The trace is not whole, and neither is this report: ",
		      h->out);
		html_text(h->out, damage);
		fputs("</p>\n", h->out);
	}
	part_texts(h, "casualties", "bad", TEXTS_LISTED);
	part_texts(h, "problems", "bad", TEXTS_LISTED);
}

static void head(const struct html *h, const char *damage)
{
	const char *scenario = html_string(h, "scenario");
	const char *description = html_string(h, "description");

	html_begin(h->out, *description ? description : scenario);
	fputs("<p class=\"kind\">Ballast, report of a run: ", h->out);
	html_text(h->out, scenario);
	fputs(", seed ", h->out);
	html_number(h, "seed");
	fputs("</p>\n<h1>", h->out);
	html_text(h->out, *description ? description : scenario);
	fputs("</h1>\n", h->out);
	part_texts(h, "overrides", "note", TEXTS_LISTED);
	result(h, damage);
	fputs("<div class=\"tiles\">\n", h->out);
	part_tile(h, "host memory in use, peak", "host.used_peak_bytes");
	part_tile(h, "written to host swap", "host.swap_out_bytes");
	part_tile(h, "read from host swap", "host.swap_in_bytes");
	part_tile(h, "CPU time of the host's kernel", "host.cpu_kernel_ns");
	fputs("</div>\n", h->out);
}

/* The command with the run's arguments and, behind them, @more. */
static void command(const struct html *h, const char *program, const char *more)
{
	unsigned int nr = html_length(h, "arguments");
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	shell_word(out, program);
	for (unsigned int i = 0; i < nr; i++) {
		fputc(' ', out);
		shell_word(out, html_string(h, "arguments[%u]", i));
	}
	fputs(more, out);
	fclose(out);
	part_command(h, text);
	free(text);
}

static void again(const struct html *h, const char *program)
{
	fputs("<h2>Again</h2>\n<p>Ballast ", h->out);
	html_text(h->out, html_string(h, "version"));
	fputs(", seed ", h->out);
	html_number(h, "seed");
	if (!strcmp(html_string(h, "world"), "real"))
		fputs(". A run on a real kernel does not repeat exactly.</p>\n", h->out);
	else
		fputs(": the same scenario, seed, version and images give the same trace, byte for "
		      "byte.</p>\n", h->out);
	command(h, program, " --trace run.trace");
	fputs("<p>This report, and its numbers for programs:</p>\n", h->out);
	part_command(h, "ballast report run.trace -o report.html\n"
		     "ballast trace report run.trace --json");
	run_table_images(h);
}

static void sections(const struct run_page *page)
{
	const struct html *h = &page->html;

	fputs("<h2>The machine</h2>\n", h->out);
	part_machine(h, "");
	fputs("<h2>Programs</h2>\n", h->out);
	run_plot_programs(page);
	run_table_programs(h);
	run_table_measured(h);
	run_table_commands(h);
	fputs("<h2>Memory</h2>\n", h->out);
	run_plot_memory(page);
	run_plot_parts(page);
	run_table_guests(h);
	fputs("<h2>Swap</h2>\n", h->out);
	run_plot_swap(page);
	run_table_swap(h);
	run_table_disks(h);
	run_table_images_cached(h);
	run_table_cgroups(h);
	run_table_pressure(h);
	fputs("<h2>CPU time</h2>\n", h->out);
	run_plot_cpu(page);
	run_table_cgroups_cpu(h);
	run_table_causes(h);
	fputs("<h2>Faults</h2>\n", h->out);
	run_plot_faults(page);
	run_table_faults(h);
	fputs("<h2>Telling the host</h2>\n", h->out);
	run_table_mechanism(h);
}

void run_page(FILE *out, const struct report *report, struct run_series *series,
	      const char *program, const char *damage)
{
	struct run_page page = { .html = { out, html_data(print_tables, report) }, .report = report,
				 .series = series };

	report_sum_init(&page.sum, report);
	head(&page.html, damage);
	sections(&page);
	part_costs(&page.html, "");
	again(&page.html, program);
	html_end(out);
	report_sum_free(&page.sum);
	json_object_put(page.html.data);
}
