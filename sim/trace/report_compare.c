// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several runs side by side: a row per figure, a column per variant.
 *
 * A row that is nothing in every variant is left out, except those that are the point of
 * comparing.  Columns that do not fit the width go into further panels.
 */
#include <inttypes.h>
#include <string.h>

#include "hostmem.h"
#include "report_internal.h"
#include "table.h"

struct variant {
	const struct report *report;
	const char *name;
	struct report_sum sum;
};

struct comparison {
	const struct variant *variant;
	unsigned int nr;
	struct table table;
};

typedef uint64_t (*figure_fn)(const struct variant *v);

static void add_row(struct comparison *c, const char *label, enum table_unit unit,
		    const uint64_t *value, const bool *missing)
{
	table_cell(&c->table, "%s", label);
	for (unsigned int i = 0; i < c->nr; i++) {
		if (missing && missing[i])
			table_cell(&c->table, "-");
		else
			table_value(&c->table, unit, value[i]);
	}
}

static uint64_t used_peak(const struct variant *v)
{
	return v->report->used_peak;
}

static uint64_t swap_out(const struct variant *v)
{
	return v->sum.swap_out;
}

static uint64_t swap_in(const struct variant *v)
{
	return v->sum.swap_in;
}

static uint64_t swap_end(const struct variant *v)
{
	return v->report->host.swap_used;
}

static uint64_t stalled(const struct variant *v)
{
	return v->sum.all.last.stalled;
}

static uint64_t reported(const struct variant *v)
{
	return v->sum.all.total.report_bytes;
}

static uint64_t requests(const struct variant *v)
{
	return v->sum.all.total.report_requests;
}

static uint64_t bytes_per_request(const struct variant *v)
{
	return requests(v) ? reported(v) / requests(v) : 0;
}

static uint64_t ballooned(const struct variant *v)
{
	return v->sum.all.last.ballooned;
}

static uint64_t discarded(const struct variant *v)
{
	return v->sum.all.total.discard_pages;
}

static uint64_t given_back(const struct variant *v)
{
	return v->sum.all.last.given_back;
}

static uint64_t exits(const struct variant *v)
{
	return v->sum.exits;
}

static uint64_t kicks(const struct variant *v)
{
	return v->sum.kicks;
}

static uint64_t interrupts(const struct variant *v)
{
	return v->sum.interrupts;
}

static uint64_t cpu_guest(const struct variant *v)
{
	return v->sum.all.cpu[TRACE_DOMAIN_GUEST];
}

static uint64_t cpu_vmm(const struct variant *v)
{
	return v->sum.all.cpu[TRACE_DOMAIN_VMM];
}

static uint64_t cpu_kernel(const struct variant *v)
{
	return v->sum.cpu_kernel;
}

static uint64_t virtual_time(const struct variant *v)
{
	return v->report->time;
}

static const struct figure {
	const char *label;
	enum table_unit unit;
	bool always;
	figure_fn fn;
} figures[] = {
	{ "end of the run", TABLE_NS, true, virtual_time },
	{ "stalled, all guests", TABLE_NS, true, stalled },
	{ "host memory, peak", TABLE_PAGES, true, used_peak },
	{ "swapped out", TABLE_PAGES, true, swap_out },
	{ "swapped in", TABLE_PAGES, true, swap_in },
	{ "in swap at the end", TABLE_PAGES, true, swap_end },
	{ "reported", TABLE_BYTES, true, reported },
	{ "report requests", TABLE_COUNT, false, requests },
	{ "bytes per request", TABLE_BYTES, false, bytes_per_request },
	{ "ballooned at the end", TABLE_PAGES, false, ballooned },
	{ "discarded", TABLE_PAGES, false, discarded },
	{ "given back", TABLE_PAGES, false, given_back },
	{ "VM exits", TABLE_COUNT, false, exits },
	{ "kicks", TABLE_COUNT, false, kicks },
	{ "interrupts", TABLE_COUNT, false, interrupts },
	{ "CPU in guests", TABLE_NS, true, cpu_guest },
	{ "CPU in VMMs", TABLE_NS, true, cpu_vmm },
	{ "CPU in the host kernel", TABLE_NS, true, cpu_kernel },
};

#define VARIANTS_PER_PANEL 5

static const struct report_program *find_program(const struct report *r, uint64_t guest,
						 uint64_t program)
{
	for (unsigned int i = 0; i < r->nr_programs; i++) {
		if (r->programs[i].guest == guest && r->programs[i].program == program)
			return &r->programs[i];
	}
	return NULL;
}

#define PROGRAM_ROWS_MAX 32

/* Run time of each program of the first variant, matched by guest and number. */
static void compare_programs(struct comparison *c)
{
	const struct report *first = c->variant[0].report;
	char label[64];

	for (unsigned int i = 0; i < first->nr_programs && i < PROGRAM_ROWS_MAX; i++) {
		const struct report_program *p = &first->programs[i];
		uint64_t value[VARIANTS_PER_PANEL];
		bool missing[VARIANTS_PER_PANEL];

		for (unsigned int v = 0; v < c->nr; v++) {
			const struct report_program *q = find_program(c->variant[v].report,
								      p->guest, p->program);

			missing[v] = !q || q->state != PROGRAM_ENDED;
			value[v] = q ? q->end - q->start : 0;
		}
		snprintf(label, sizeof(label), "%s: %s", report_guest_label(first, p->guest),
			 p->name);
		add_row(c, label, TABLE_NS, value, missing);
	}
}

static void compare_faults(struct comparison *c)
{
	const char *const *names = trace_types[TRACE_ID_faults].fields[1].values;
	static const struct {
		const char *what;
		unsigned int percent;
	} rows[] = { { "count", 0 }, { "p50", 50 }, { "p99", 99 }, { "max", 100 } };
	uint64_t value[VARIANTS_PER_PANEL], any;
	char label[64];

	for (unsigned int k = 0; k < NR_TRACE_FAULTS; k++) {
		any = 0;
		for (unsigned int v = 0; v < c->nr; v++)
			any += c->variant[v].sum.all.faults[k].count;
		for (unsigned int i = 0; any && i < sizeof(rows) / sizeof(rows[0]); i++) {
			for (unsigned int v = 0; v < c->nr; v++) {
				const struct trace_histogram *h =
					&c->variant[v].sum.all.faults[k];

				value[v] = !rows[i].percent ? h->count :
					   rows[i].percent == 100 ? h->max :
					   trace_histogram_quantile(h, rows[i].percent, 100);
			}
			snprintf(label, sizeof(label), "%s faults, %s", names[k], rows[i].what);
			add_row(c, label, i ? TABLE_NS : TABLE_COUNT, value, NULL);
		}
	}
}

static void compare_ends(struct comparison *c)
{
	const char *const *names = trace_types[TRACE_ID_run_end].fields[0].values;

	table_cell(&c->table, "result");
	for (unsigned int v = 0; v < c->nr; v++) {
		const struct report *r = c->variant[v].report;

		table_cell(&c->table, "%s", !r->ended ? "not finished" :
			   r->result > TRACE_END_FAILED ? "unknown" : names[r->result]);
	}
}

static void compare_panel(struct comparison *c, FILE *out)
{
	table_init(&c->table, NULL, 1, "");
	for (unsigned int v = 0; v < c->nr; v++) {
		c->table.nr_columns++;
		table_cell(&c->table, "%s", c->variant[v].name);
	}
	compare_ends(c);
	compare_programs(c);
	for (unsigned int i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		uint64_t value[VARIANTS_PER_PANEL], any = figures[i].always;

		for (unsigned int v = 0; v < c->nr; v++) {
			value[v] = figures[i].fn(&c->variant[v]);
			any |= value[v];
		}
		if (any)
			add_row(c, figures[i].label, figures[i].unit, value, NULL);
	}
	compare_faults(c);
	table_print(&c->table, out);
}

void report_compare(const struct report *const *reports, const char *const *names,
		    unsigned int nr, FILE *out)
{
	struct variant *variant = host_alloc(nr * sizeof(*variant));

	for (unsigned int i = 0; i < nr; i++) {
		variant[i].report = reports[i];
		variant[i].name = names[i];
		report_sum_init(&variant[i].sum, reports[i]);
	}
	for (unsigned int i = 0; i < nr; i += VARIANTS_PER_PANEL) {
		struct comparison c = {
			.variant = variant + i,
			.nr = nr - i < VARIANTS_PER_PANEL ? nr - i : VARIANTS_PER_PANEL,
		};

		if (i)
			fputc('\n', out);
		compare_panel(&c, out);
	}
	for (unsigned int i = 0; i < nr; i++)
		report_sum_free(&variant[i].sum);
	host_free(variant);
}
