// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happened in a run over time, and how long faults took, as plots.
 */
#include <stdlib.h>
#include <string.h>

#include "histogram.h"
#include "plot.h"
#include "run_page.h"

#define ROW 330			/* of a program, tenths of a pixel */
#define PROGRAMS_DRAWN 16
#define OTHERS 7		/* colour of what has none of its own */
#define HOST_CACHE 8		/* and of the host's page cache */

static const unsigned int colours[] = { 0, 1, 2, 3, 4, 5, 6, OTHERS, HOST_CACHE };

static uint64_t end_of(const struct run_page *page)
{
	return page->series->end;
}

static struct plot over_time(const struct run_page *page, const char *title, const char *note)
{
	return (struct plot){ .out = page->html.out, .title = title, .note = note,
			      .x_name = page->report->world == TRACE_WORLD_REAL ? "time" :
					"virtual time",
			      .x_unit = AXIS_NS, .x_max = end_of(page), .y_unit = AXIS_BYTES };
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Programs */

static unsigned int colour_of_guest(uint64_t guest)
{
	return guest < SERIES_GUESTS ? guest : OTHERS;
}

static void draw_program(const struct plot *p, const struct report *r,
			 const struct report_program *program, unsigned int row)
{
	uint64_t end = program->state == PROGRAM_RUNS ? r->time : program->end;
	int x = plot_x(p, program->start), to = plot_x(p, end), y = row * ROW + 40;
	bool right = x > PLOT_LEFT + PLOT_INNER * 6 / 10;
	const char *name = program->guest < r->nr_guests ? r->guests[program->guest].name : NULL;

	fprintf(p->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">", right ? to : x, y + 110,
		right ? "end" : "start");
	html_text(p->out, name && *name ? name : "-");
	fputs(": ", p->out);
	html_text(p->out, program->name);
	fprintf(p->out, "</text><rect class=\"f%u\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"100\"/>"
		"\n", colour_of_guest(program->guest), x, y + 155, to - x > 10 ? to - x : 10);
}

void run_plot_programs(const struct run_page *page)
{
	const struct report *r = page->report;
	unsigned int nr = r->nr_programs < PROGRAMS_DRAWN ? r->nr_programs : PROGRAMS_DRAWN;
	struct plot p = over_time(page, "", NULL);

	if (!nr)
		return;
	fprintf(p.out, "<figure><figcaption><b>When programs ran</b></figcaption>\n"
		"<svg viewBox=\"0 0 %d %u\" role=\"img\" aria-label=\"when programs ran\">\n",
		PLOT_WIDTH, nr * ROW + 60);
	for (unsigned int i = 0; i < nr; i++)
		draw_program(&p, r, &r->programs[i], i);
	fputs("</svg>\n<p class=\"note\">On the time axis of the plots below, each guest in the "
	      "colour that it has there.</p></figure>\n", p.out);
	html_left_out(p.out, r->nr_programs - nr);
}

/* Memory */

void run_plot_memory(const struct run_page *page)
{
	const struct report *r = page->report;
	struct run_series *s = page->series;
	struct plot p = over_time(page, "Host memory over time",
				  "Guests' memory that is in frames of the host, stacked, and the "
				  "host's page cache above it if there is any; the line is all "
				  "that is in use, the host's own included.");
	struct plot_key keys[SERIES_GUESTS + 4];
	struct timeline_point *guests, *host;
	uint64_t limit = r->machine.frames * TRACE_PAGE_SIZE;
	unsigned int nr, nr_host, n = 0;

	guests = timeline_points(&s->guests, &nr);
	host = timeline_points(&s->host, &nr_host);
	p.y_max = larger(larger(s->guests.max_sum, s->host.max_sum), limit);
	if (nr && p.y_max) {
		plot_begin(&p);
		plot_bands(&p, guests, nr, SERIES_CACHE + 1, colours);
		if (limit)
			plot_level(&p, limit, "limit");
		plot_line(&p, host, nr_host, "edge");
		for (unsigned int i = 0; i < r->nr_guests && i < SERIES_GUESTS; i++)
			if (r->guests[i].declared)
				keys[n++] = (struct plot_key){ i, "f", r->guests[i].name };
		if (r->nr_guests > SERIES_GUESTS && s->nr_guests > SERIES_GUESTS)
			keys[n++] = (struct plot_key){ OTHERS, "f", "other guests" };
		if (s->any_cache)
			keys[n++] = (struct plot_key){ HOST_CACHE, "f", "page cache" };
		if (nr_host)
			keys[n++] = (struct plot_key){ 0, "l edge", "in use on the host" };
		if (limit)
			keys[n++] = (struct plot_key){ 0, "l limit", "host memory" };
		plot_end(&p, keys, n);
	}
	free(guests);
	free(host);
}

void run_plot_parts(const struct run_page *page)
{
	static const unsigned int part_colours[NR_PARTS] = { 0, 3, OTHERS, 4, 2, 1 };
	static const struct plot_key keys[NR_PARTS] = {
		{ 0, "f", "programs" }, { 3, "f", "page cache" }, { OTHERS, "f", "kernel" },
		{ 4, "f", "in the balloon" }, { 2, "f", "free, the host was told" },
		{ 1, "f", "free, the host does not know" },
	};
	struct plot p = over_time(page, "What the guests' memory holds",
				  "All guests together, as their kernels have it.");
	struct run_series *s = page->series;
	struct timeline_point *points;
	unsigned int nr;

	if (!s->any_parts)
		return;
	points = timeline_points(&s->parts, &nr);
	p.y_max = s->parts.max_sum;
	if (nr && p.y_max) {
		plot_begin(&p);
		plot_bands(&p, points, nr, NR_PARTS, part_colours);
		plot_end(&p, keys, NR_PARTS);
	}
	free(points);
}

void run_plot_swap(const struct run_page *page)
{
	static const char *const classes[] = { "line s0", "line s5", "line s2" };
	static const struct plot_key keys[] = { { 0, "l s", "in use" },
						{ 5, "l s", "written so far" },
						{ 2, "l s", "read so far" } };
	struct plot p = over_time(page, "Host swap over time", NULL);
	struct run_series *s = page->series;

	for (unsigned int i = 0; i < NR_SWAP_LINES; i++)
		p.y_max = larger(p.y_max, s->swap[i].max_sum);
	if (!p.y_max) {
		fputs("<p>The host has swapped nothing.</p>\n", p.out);
		return;
	}
	plot_begin(&p);
	for (unsigned int i = 0; i < NR_SWAP_LINES; i++) {
		unsigned int nr;
		struct timeline_point *points = timeline_points(&s->swap[i], &nr);

		plot_line(&p, points, nr, classes[i]);
		free(points);
	}
	plot_end(&p, keys, NR_SWAP_LINES);
}

/* CPU time */

/* CPUs in use by cause, in thousandths: two points a bin, so that it is drawn as steps. */
static struct timeline_point *cpu_points(const struct run_series *s, uint64_t end,
					 unsigned int *nr, uint64_t *max)
{
	struct timeline_point *points = calloc(2 * CPU_BINS, sizeof(*points));

	if (!points)
		abort();
	*nr = *max = 0;
	for (uint64_t i = 0; i < CPU_BINS && i * s->cpu_width < end; i++) {
		uint64_t from = i * s->cpu_width, to = from + s->cpu_width, sum = 0;
		struct timeline_point *p = &points[*nr];

		to = to < end ? to : end;
		for (unsigned int k = 0; k < NR_CPU_CAUSES; k++) {
			p->value[k] = (unsigned __int128)s->cpu[i][k] * 1000 / (to - from);
			sum += p->value[k];
		}
		p->time = from;
		p[1] = p[0];
		p[1].time = to;
		*nr += 2;
		*max = larger(*max, sum);
	}
	return points;
}

void run_plot_cpu(const struct run_page *page)
{
	static const unsigned int cause_colours[NR_CPU_CAUSES] = { 0, 3, 1, 5, 2, 4, OTHERS };
	static const struct plot_key keys[NR_CPU_CAUSES] = {
		{ 0, "f", "programs" }, { 3, "f", "guests' kernels" },
		{ 1, "f", "EPT faults and zeroing" }, { 5, "f", "host reclaim and swap" },
		{ 2, "f", "telling the host: driver, VMM, discards" }, { 4, "f", "exits" },
		{ OTHERS, "f", "switches and spinning" },
	};
	struct plot p = over_time(page, "CPU time by cause over time",
				  "CPUs of the host that are busy, stacked.");
	const struct run_series *s = page->series;
	struct timeline_point *points;
	unsigned int nr;

	if (!s->any_cpu)
		return;
	p.y_unit = AXIS_CPUS;
	points = cpu_points(s, p.x_max, &nr, &p.y_max);
	if (nr && p.y_max) {
		plot_begin(&p);
		plot_bands(&p, points, nr, NR_CPU_CAUSES, cause_colours);
		plot_end(&p, keys, NR_CPU_CAUSES);
	}
	free(points);
}

/* Faults */

/* Share of faults that took no longer, in hundredths of a percent. */
static struct timeline_point *cumulate(const struct trace_histogram *h, unsigned int *nr)
{
	struct timeline_point *points = calloc(HISTOGRAM_INDICES + 2, sizeof(*points));
	uint64_t seen = 0;

	if (!points)
		abort();
	points[0].time = h->min;
	*nr = 1;
	for (unsigned int i = 0; i < HISTOGRAM_INDICES; i++) {
		uint64_t count = histogram_bucket(h, i), at = histogram_middle(i);

		if (!count)
			continue;
		at = at < h->min ? h->min : at > h->max ? h->max : at;
		seen += count;
		points[*nr] = points[*nr - 1];
		points[*nr].time = at;
		points[*nr + 1].time = at;
		points[*nr + 1].value[0] = (unsigned __int128)seen * 10000 / h->count;
		*nr += 1 + (points[*nr].value[0] != points[*nr + 1].value[0]);
		if (*nr + 2 > HISTOGRAM_INDICES)
			break;
	}
	return points;
}

void run_plot_faults(const struct run_page *page)
{
	const char *const *names = trace_types[TRACE_ID_faults].fields[1].values;
	const struct trace_histogram *faults = page->sum.all.faults;
	struct plot_key keys[NR_TRACE_FAULTS];
	struct plot p = over_time(page, "How long faults took",
				  "Share of the faults of each kind that took no longer. minor and "
				  "huge are the guests' own; the host serves ept, ept-huge and "
				  "swap-in.");
	unsigned int n = 0;

	p.x_name = "latency, logarithmic";
	p.x_log = true;
	p.x_min = UINT64_MAX;
	p.x_max = 0;
	p.y_unit = AXIS_PERCENT;
	p.y_max = 10000;
	for (unsigned int k = 0; k < NR_TRACE_FAULTS; k++) {
		if (!faults[k].count)
			continue;
		p.x_min = faults[k].min < p.x_min ? faults[k].min : p.x_min;
		p.x_max = larger(p.x_max, faults[k].max);
	}
	if (!p.x_max)
		return;
	p.x_min = larger(p.x_min, 1);
	plot_begin(&p);
	for (unsigned int k = 0; k < NR_TRACE_FAULTS; k++) {
		struct timeline_point *points;
		char classes[16];
		unsigned int nr;

		if (!faults[k].count)
			continue;
		points = cumulate(&faults[k], &nr);
		snprintf(classes, sizeof(classes), "line s%u", k);
		plot_line(&p, points, nr, classes);
		free(points);
		keys[n++] = (struct plot_key){ k, "l s", names[k] };
	}
	plot_end(&p, keys, n);
}
