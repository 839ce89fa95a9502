// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of a run, and of several runs side by side, for people.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hostmem.h"
#include "report_internal.h"
#include "table.h"

#define COSTS_LISTED 14
#define PROGRAMS_LISTED 64
#define COMMANDS_LISTED 32

static const char *fault_name(unsigned int kind)
{
	return trace_types[TRACE_ID_faults].fields[1].values[kind];
}

static const char *exit_name(unsigned int reason)
{
	return trace_types[TRACE_ID_exits].fields[1].values[reason];
}

static const char *domain_name(unsigned int domain)
{
	return trace_types[TRACE_ID_ledger].fields[1].values[domain];
}

static const char *command_end_name(uint64_t result)
{
	return result < NR_TRACE_COMMAND_ENDS ?
	       trace_types[TRACE_ID_command_end].fields[2].values[result] : "unknown";
}

static const char *result_name(const struct report *r)
{
	if (r->ended && r->result == TRACE_END_OK && r->nr_casualties)
		return "ended";
	return report_result(r);
}

static const char *or_dash(const char *s)
{
	return s && *s ? s : "-";
}

static void text_run(const struct report *r, FILE *out)
{
	fprintf(out, "%s  seed %" PRIu64 "\n", or_dash(r->scenario), r->seed);
	for (unsigned int i = 0; i < r->nr_overrides; i++)
		fprintf(out, "  with %s\n", r->overrides[i]);
	if (r->machine.cpus) {
		fprintf(out, "  host: %" PRIu64 " CPUs, %s", r->machine.cpus,
			human_bytes(r->machine.frames * TRACE_PAGE_SIZE).text);
		if (r->machine.swap)
			fprintf(out, ", %s of swap (%s)",
				human_bytes(r->machine.swap * TRACE_PAGE_SIZE).text,
				or_dash(r->swap_model));
		fputc('\n', out);
	}
	fprintf(out, "  %s after %s %s", result_name(r), human_ns(r->time).text,
		r->world == TRACE_WORLD_REAL ? "on a real kernel" : "of virtual time");
	if (r->events)
		fprintf(out, ", %s events", human_count(r->events).text);
	if (r->nr_casualties)
		fprintf(out, "; %s", r->casualties[0]);
	if (r->nr_casualties > 1)
		fprintf(out, " and %u more casualties", r->nr_casualties - 1);
	if (r->end_text && *r->end_text)
		fprintf(out, ": %s", r->end_text);
	fputc('\n', out);
	for (unsigned int i = 0; i < r->nr_problems; i++)
		fprintf(out, "  ! %s\n", r->problems[i]);
	if (r->problems_left_out)
		fprintf(out, "  ! and %" PRIu64 " more\n", r->problems_left_out);
}

static uint64_t nr_declared(const struct report *r)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < r->nr_guests; i++)
		n += r->guests[i].declared;
	return n;
}

/* Is guest @i among the first @max? */
static bool listed(const struct report *r, uint64_t i, unsigned int max)
{
	return r->guests[i].declared && (!max || i < max);
}

/* Frames that the host has really got; nobody sees that on a real machine. */
static void given_back(struct table *t, const struct report *r, const struct report_guest *g)
{
	if (r->world == TRACE_WORLD_REAL)
		table_cell(t, "-");
	else
		table_pages(t, g->last.given_back);
}

static void guest_row(struct table *t, const struct report *r, const char *name,
		      const struct report_guest *g)
{
	table_cell(t, "%s", or_dash(name));
	table_pages(t, g->memory);
	table_pages(t, g->resident_peak);
	table_pages(t, g->last.resident);
	table_pages(t, g->last.swapped);
	table_pages(t, g->last.guest_swap);
	table_bytes(t, g->total.report_bytes);
	given_back(t, r, g);
	table_pages(t, g->last.ballooned);
	table_ns(t, g->last.stalled);
}

static void text_guests(const struct report *r, const struct report_sum *sum, FILE *out,
			unsigned int max)
{
	struct table t;

	table_init(&t, "Guests", 1, "guest|memory|RSS peak|RSS end|swapped|own swap|"
		   "reported|given back|balloon|stalled");
	for (uint64_t i = 0; i < r->nr_guests; i++) {
		if (listed(r, i, max))
			guest_row(&t, r, r->guests[i].name, &r->guests[i]);
	}
	if (nr_declared(r) > 1) {
		table_cell(&t, "all %" PRIu64, nr_declared(r));
		table_pages(&t, sum->all.memory);
		table_cell(&t, "-");	/* a sum of peaks means nothing */
		table_pages(&t, sum->all.last.resident);
		table_pages(&t, sum->all.last.swapped);
		table_pages(&t, sum->all.last.guest_swap);
		table_bytes(&t, sum->all.total.report_bytes);
		given_back(&t, r, &sum->all);
		table_pages(&t, sum->all.last.ballooned);
		table_ns(&t, sum->all.last.stalled);
	}
	table_print(&t, out);
}

static uint64_t program_time(const struct report *r, const struct report_program *p)
{
	return (p->state == PROGRAM_RUNS ? r->time : p->end) - p->start;
}

static void program_state(struct table *t, const struct report_program *p)
{
	switch (p->state) {
	case PROGRAM_RUNS:
		table_cell(t, "runs");
		break;
	case PROGRAM_KILLED:
		table_cell(t, "killed at %s", human_time(p->end).text);
		break;
	case PROGRAM_VMM_KILLED:
		table_cell(t, "VMM killed at %s", human_time(p->end).text);
		break;
	case PROGRAM_NOT_ENDED:
		table_cell(t, "not ended");
		break;
	case PROGRAM_SHUT_DOWN:
		table_cell(t, "shut down at %s", human_time(p->end).text);
		break;
	case PROGRAM_ENDED:
		if (p->status)
			table_cell(t, "exit %" PRId64, p->status);
		else
			table_cell(t, "ok");
		break;
	}
}

static void text_programs(const struct report *r, FILE *out, unsigned int max)
{
	unsigned int rows = 0, left_out = 0;
	struct table t;

	table_init(&t, "Programs", 2, "guest|program|start|run time|CPU|stalled|work|end");
	for (unsigned int i = 0; i < r->nr_programs; i++) {
		const struct report_program *p = &r->programs[i];

		if (max && (p->guest >= max || rows >= PROGRAMS_LISTED)) {
			left_out++;
			continue;
		}
		rows++;
		table_cell(&t, "%s", report_guest_label(r, p->guest));
		table_cell(&t, "%s", or_dash(p->name));
		table_ns(&t, p->start);
		table_ns(&t, program_time(r, p));
		table_ns(&t, p->cpu);
		table_ns(&t, p->stalled);
		table_count(&t, p->work);
		program_state(&t, p);
	}
	table_print(&t, out);
	if (left_out)
		fprintf(out, "  and %u more\n", left_out);
}

static void command_state(struct table *t, const struct report *r, const struct report_command *c)
{
	uint64_t by = c->end.overtaken_by;

	if (!c->ended)
		table_cell(t, c->started ? "under way" : "not started");
	else if (c->end.result == TRACE_COMMAND_OVERTAKEN && by < r->nr_commands)
		table_cell(t, "overtaken by %s", r->commands[by].name);
	else if (c->text && c->end.result == TRACE_COMMAND_DONE)
		table_cell(t, "%s", c->text);
	else
		table_cell(t, "%s%s%s", command_end_name(c->end.result), c->text ? ": " : "",
			   c->text ? c->text : "");
}

static void bytes_or_dash(struct table *t, bool known, uint64_t bytes)
{
	if (known)
		table_bytes(t, bytes);
	else
		table_cell(t, "-");
}

static void text_commands(const struct report *r, FILE *out, unsigned int max)
{
	unsigned int rows = 0, left_out = 0;
	struct table t;

	table_init(&t, "Commands", 2, "command|guest|target|start|had|has|took|retries|end");
	for (unsigned int i = 0; i < r->nr_commands; i++) {
		const struct report_command *c = &r->commands[i];

		if (max && rows >= COMMANDS_LISTED) {
			left_out++;
			continue;
		}
		rows++;
		table_cell(&t, "%s", c->name);
		table_cell(&t, "%s", report_guest_label(r, c->guest));
		bytes_or_dash(&t, c->target, c->target);
		if (c->started) {
			table_ns(&t, c->start);
			bytes_or_dash(&t, c->target, c->actual_before);
			bytes_or_dash(&t, c->target, c->end.actual);
			table_ns(&t, c->end.took);
			table_count(&t, c->end.retries);
		} else {
			for (unsigned int empty = 0; empty < 5; empty++)
				table_cell(&t, "-");
		}
		command_state(&t, r, c);
	}
	table_print(&t, out);
	if (left_out)
		fprintf(out, "  and %u more\n", left_out);
}

static void fault_row(struct table *t, const char *guest, unsigned int kind,
		      const struct trace_histogram *h)
{
	if (!h->count)
		return;
	table_cell(t, "%s", or_dash(guest));
	table_cell(t, "%s", fault_name(kind));
	table_count(t, h->count);
	table_ns(t, trace_histogram_quantile(h, 50, 100));
	table_ns(t, trace_histogram_quantile(h, 99, 100));
	table_ns(t, h->max);
	table_ns(t, h->sum);
}

static void text_faults(const struct report *r, const struct report_sum *sum, FILE *out,
			unsigned int max)
{
	struct table t;

	table_init(&t, "Faults", 2, "guest|kind|count|p50|p99|max|total");
	for (uint64_t i = 0; i < r->nr_guests; i++) {
		for (unsigned int k = 0; k < NR_TRACE_FAULTS; k++) {
			if (listed(r, i, max))
				fault_row(&t, r->guests[i].name, k, &r->guests[i].faults[k]);
		}
	}
	for (unsigned int k = 0; k < NR_TRACE_FAULTS && nr_declared(r) > 1; k++)
		fault_row(&t, "all", k, &sum->all.faults[k]);
	table_print(&t, out);
}

static int by_ns(const void *a, const void *b)
{
	const struct report_cost *const *x = a, *const *y = b;

	if ((*x)->ns != (*y)->ns)
		return (*x)->ns < (*y)->ns ? 1 : -1;
	if ((*x)->domain != (*y)->domain)
		return (*x)->domain < (*y)->domain ? -1 : 1;
	return strcmp((*x)->name, (*y)->name);
}

static void text_causes(const struct report *r, FILE *out)
{
	const struct report_cost **sorted = host_alloc((r->nr_costs + 1) * sizeof(*sorted));
	uint64_t total = 0, rest = 0;
	struct table t;

	for (unsigned int i = 0; i < r->nr_costs; i++) {
		sorted[i] = &r->costs[i];
		total += r->costs[i].ns;
	}
	qsort(sorted, r->nr_costs, sizeof(*sorted), by_ns);
	table_init(&t, "Host CPU time by cause", 2, "who|cause|time|share|count|each");
	for (unsigned int i = 0; i < r->nr_costs; i++) {
		const struct report_cost *c = sorted[i];

		if (i >= COSTS_LISTED) {
			rest += c->ns;
			continue;
		}
		table_cell(&t, "%s", domain_name(c->domain));
		table_cell(&t, "%s", c->name);
		table_ns(&t, c->ns);
		table_cell(&t, "%" PRIu64 " %%", total >= 100 ? c->ns / (total / 100) : 0);
		table_count(&t, c->count);
		table_ns(&t, c->count ? c->ns / c->count : 0);
	}
	if (rest) {
		table_cell(&t, "all");
		table_cell(&t, "%u others", r->nr_costs - COSTS_LISTED);
		table_ns(&t, rest);
		table_cell(&t, "%" PRIu64 " %%", total >= 100 ? rest / (total / 100) : 0);
		table_cell(&t, "-");
		table_cell(&t, "-");
	}
	table_print(&t, out);
	host_free(sorted);
}

static void text_khugepaged(const struct report *r, FILE *out)
{
	struct table t;

	table_init(&t, NULL, 1, "khugepaged|huge pages made|filled, that was free");
	for (uint64_t i = 0; i < r->nr_guests; i++) {
		if (!r->guests[i].khugepaged.huge_pages)
			continue;
		table_cell(&t, "%s", or_dash(r->guests[i].name));
		table_count(&t, r->guests[i].khugepaged.huge_pages);
		table_pages(&t, r->guests[i].khugepaged.filled);
	}
	table_print(&t, out);
}

static void text_host(const struct report *r, const struct report_sum *sum, FILE *out)
{
	struct table t;

	table_init(&t, "Host", 0, "peak used|used end|swap peak|swap end|swapped out|swapped in");
	table_pages(&t, r->used_peak);
	table_pages(&t, r->host.used);
	table_pages(&t, r->swap_peak);
	table_pages(&t, r->host.swap_used);
	table_pages(&t, sum->swap_out);
	table_pages(&t, sum->swap_in);
	table_print(&t, out);

	table_init(&t, NULL, 1, "swap device|reads|read|writes|written|busy|queue max|used max");
	for (unsigned int i = 0; i < r->nr_swaps; i++) {
		const struct trace_rec_swap_device *s = &r->swaps[i].last;

		table_cell(&t, "%s", or_dash(r->swaps[i].name));
		table_count(&t, s->reads);
		table_bytes(&t, s->bytes_read);
		table_count(&t, s->writes);
		table_bytes(&t, s->bytes_written);
		table_ns(&t, s->busy);
		table_count(&t, s->queue_max);
		table_pages(&t, s->used_max);
	}
	table_print(&t, out);

	report_text_disks(r, out);
	report_text_images_cached(r, out);
	report_text_cgroups(r, out);
	text_khugepaged(r, out);
	report_text_pressure(r, out);

	table_init(&t, NULL, 1, "host thread|CPU|waited for a CPU");
	for (unsigned int i = 0; i < r->nr_threads; i++) {
		if (r->threads[i].guest != TRACE_HOST)
			continue;
		table_cell(&t, "%s", or_dash(r->threads[i].name));
		table_ns(&t, r->threads[i].ran);
		table_ns(&t, r->threads[i].waited);
	}
	table_print(&t, out);
}

static void mechanism_row(struct table *t, const struct report *r, const char *name,
			  const struct report_guest *g, uint64_t kicks, uint64_t interrupts)
{
	uint64_t requests = g->total.report_requests + g->total.inflate_requests +
			    g->total.deflate_requests + g->total.hint_requests;
	uint64_t bytes = g->total.report_bytes + g->total.hint_bytes +
			 (g->total.inflate_pages + g->total.deflate_pages) * TRACE_PAGE_SIZE;
	uint64_t exits = 0;

	for (unsigned int e = 0; e < NR_TRACE_EXITS; e++)
		exits += g->exits[e];
	table_cell(t, "%s", or_dash(name));
	table_count(t, exits);
	table_count(t, kicks);
	table_count(t, interrupts);
	table_count(t, requests);
	table_bytes(t, requests ? bytes / requests : 0);
	table_pages(t, g->total.discard_pages);
	given_back(t, r, g);
	table_ns(t, g->cpu[TRACE_DOMAIN_GUEST]);
	table_ns(t, g->cpu[TRACE_DOMAIN_VMM]);
	table_ns(t, g->cpu[TRACE_DOMAIN_EXIT] + g->cpu[TRACE_DOMAIN_VMM_KERNEL]);
}

static void text_mechanism(const struct report *r, const struct report_sum *sum, FILE *out,
			   unsigned int max)
{
	struct table t;

	table_init(&t, "Mechanism", 1, "guest|exits|kicks|irqs|requests|each|discarded|given back|"
		   "CPU: guest|VMM|kernel");
	for (uint64_t i = 0; i < r->nr_guests; i++) {
		const struct report_guest *g = &r->guests[i];
		uint64_t kicks = 0, interrupts = 0;

		if (!listed(r, i, max))
			continue;
		for (unsigned int d = 0; d < g->nr_devices; d++) {
			kicks += g->devices[d].kicks;
			interrupts += g->devices[d].interrupts;
		}
		mechanism_row(&t, r, g->name, g, kicks, interrupts);
	}
	if (nr_declared(r) > 1)
		mechanism_row(&t, r, "all", &sum->all, sum->kicks, sum->interrupts);
	table_print(&t, out);

	table_init(&t, NULL, 1, "exits by reason|count");
	for (unsigned int e = 0; e < NR_TRACE_EXITS; e++) {
		if (!sum->all.exits[e])
			continue;
		table_cell(&t, "%s", exit_name(e));
		table_count(&t, sum->all.exits[e]);
	}
	table_print(&t, out);
}

void report_text(const struct report *r, FILE *out, unsigned int guests_max)
{
	struct report_sum sum;

	report_sum_init(&sum, r);
	text_run(r, out);
	text_programs(r, out, guests_max);
	report_text_measured(r, out, guests_max);
	text_commands(r, out, guests_max);
	text_guests(r, &sum, out, guests_max);
	report_text_where(r, out, guests_max);
	report_text_stats(r, out, guests_max);
	report_text_folios(r, out, guests_max);
	text_faults(r, &sum, out, guests_max);
	text_host(r, &sum, out);
	text_causes(r, out);
	text_mechanism(r, &sum, out, guests_max);
	report_text_images(r, out);
	if (guests_max && nr_declared(r) > guests_max)
		fprintf(out, "\nOnly the first %u of %" PRIu64 " guests are listed one by one.\n",
			guests_max, nr_declared(r));
	report_sum_free(&sum);
}
