// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collecting what the tables need from trace records.
 *
 * Memory grows with guests, programs and kinds of costs, not with the length of the run.  A trace
 * without its end still makes tables: cumulative values are the last ones seen, and sums of extents
 * are counted here until a guest_total says what they were.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "hostmem.h"
#include "report_internal.h"

#define SPARE_GUESTS 64		/* beyond the records: a trace that begins in the middle */

/*
 * Guests are numbered in the order in which they are declared, so an id cannot be larger than the
 * number of records so far: memory stays in proportion to the file, whatever is in it.
 */
struct report_guest *report_guest_of(struct report *r, uint64_t id)
{
	if (id == TRACE_HOST)
		return NULL;
	if (id >= REPORT_GUESTS_MAX || id > r->records + SPARE_GUESTS) {
		if (!r->strange_guest)
			report_problem(r, "records of guest %llu, which this machine cannot have, "
				       "are left out", (unsigned long long)id);
		r->strange_guest = true;
		return NULL;
	}
	if (id >= r->nr_guests) {
		uint64_t nr = id + 1 > 2 * r->nr_guests ? id + 1 : 2 * r->nr_guests;

		r->guests = host_realloc(r->guests, nr * sizeof(*r->guests));
		memset(r->guests + r->nr_guests, 0, (nr - r->nr_guests) * sizeof(*r->guests));
		r->nr_guests = nr;
	}
	r->guests[id].declared = true;
	return &r->guests[id];
}

void report_problem(struct report *r, const char *format, ...)
{
	va_list args;
	char **text;

	if (r->nr_problems == REPORT_PROBLEMS_MAX) {
		r->problems_left_out++;
		return;
	}
	text = collect_append(&r->problems, &r->nr_problems, sizeof(*text));
	va_start(args, format);
	if (vasprintf(text, format, args) < 0)
		abort();
	va_end(args);
}

const char *report_guest_name(struct report *r, uint64_t id)
{
	struct report_guest *g = report_guest_of(r, id);

	return g && g->name ? g->name : id == TRACE_HOST ? "host" : "guest";
}

const char *report_guest_label(const struct report *r, uint64_t id)
{
	const char *name = id < r->nr_guests ? r->guests[id].name : NULL;

	if (id == TRACE_HOST)
		return "host";
	return name && *name ? name : "-";
}

static void see_run(struct report *r, const struct trace_record *record)
{
	const struct trace_rec_run *run = record->rec;
	const struct trace_rec_override *over = record->rec;
	const struct trace_rec_machine *machine = record->rec;
	const struct trace_rec_run_end *end = record->rec;

	switch (record->id) {
	case TRACE_ID_run:
		collect_text(&r->scenario, run->scenario);
		collect_text(&r->description, run->description);
		collect_text(&r->version, run->version);
		r->seed = run->seed;
		r->world = run->world;
		break;
	case TRACE_ID_override:
		collect_add_text(&r->overrides, &r->nr_overrides, over->text);
		*(enum trace_override *)collect_append(&r->override_kinds, &r->nr_override_kinds,
						       sizeof(*r->override_kinds)) = over->kind;
		break;
	case TRACE_ID_machine:
		r->machine = *machine;
		collect_text(&r->swap_model, machine->swap_model);
		r->machine.swap_model = r->swap_model;
		collect_text(&r->costs_name, machine->costs);
		r->machine.costs = r->costs_name;
		collect_text(&r->references, machine->references);
		r->machine.references = r->references;
		break;
	default:
		r->ended = true;
		r->result = end->result;
		r->events = end->events;
		collect_text(&r->end_text, end->text);
		break;
	}
}

static void see_cost(struct report *r, const struct trace_rec_cost *cost)
{
	struct report_price *price = collect_append(&r->prices, &r->nr_prices, sizeof(*price));

	price->name = collect_copy(cost->name);
	price->source = collect_copy(cost->source);
	price->each = cost->each;
}

static void peak(uint64_t *max, uint64_t value)
{
	if (value > *max)
		*max = value;
}

static void see_guest(struct report *r, const struct trace_record *record)
{
	const struct trace_rec_guest *guest = record->rec;
	const struct trace_rec_guest_end *end = record->rec;
	const struct trace_rec_guest_sample *sample = record->rec;
	struct report_guest *g = report_guest_of(r, guest->guest);

	if (!g)
		return;
	if (record->id == TRACE_ID_guest) {
		collect_text(&g->name, guest->name);
		collect_text(&g->mechanism, guest->mechanism);
		g->memory = guest->memory;
		g->vcpus = guest->vcpus;
	} else if (record->id == TRACE_ID_guest_start) {
		g->off = false;
	} else if (record->id == TRACE_ID_guest_end) {
		g->off = true;
		g->off_reason = end->reason;
	} else {
		g->last = *sample;
		peak(&g->resident_peak, sample->resident);
		peak(&g->resident_peak, sample->resident_peak);
		peak(&g->ballooned_peak, sample->ballooned);
		peak(&g->swapped_peak, sample->swapped);
	}
}

static void see_host_sample(struct report *r, const struct trace_rec_host_sample *sample)
{
	r->host = *sample;
	peak(&r->used_peak, sample->used);
	peak(&r->used_peak, sample->used_peak);
	peak(&r->swap_peak, sample->swap_used);
}

static void see_notifications(struct report *r, const struct trace_rec_notifications *n)
{
	struct report_guest *g = report_guest_of(r, n->guest);
	struct report_device *device = NULL;

	if (!g)
		return;
	for (unsigned int i = 0; i < g->nr_devices; i++) {
		if (!strcmp(g->devices[i].name, n->device))
			device = &g->devices[i];
	}
	if (!device) {
		device = collect_append(&g->devices, &g->nr_devices, sizeof(*device));
		device->name = collect_copy(n->device);
	}
	device->kicks = n->kicks;
	device->interrupts = n->interrupts;
}

static void see_counts(struct report *r, const struct trace_record *record)
{
	const struct trace_rec_faults *faults = record->rec;
	const struct trace_rec_exits *exits = record->rec;
	struct report_guest *g = report_guest_of(r, faults->guest);

	if (!g)
		return;
	if (record->id == TRACE_ID_faults && faults->kind < NR_TRACE_FAULTS)
		trace_histogram_merge(&g->faults[faults->kind], faults->latency);
	else if (record->id == TRACE_ID_exits && exits->reason < NR_TRACE_EXITS)
		g->exits[exits->reason] = exits->count;
}

static void see_extent(struct report *r, const struct trace_record *record)
{
	const struct trace_rec_report_request *request = record->rec;
	const struct trace_rec_discard *extent = record->rec;
	const struct trace_rec_inflate *balloon = record->rec;
	struct report_guest *g = report_guest_of(r, extent->guest);

	if (!g)
		return;
	switch (record->id) {
	case TRACE_ID_report_request:
		g->total.report_requests++;
		g->total.report_blocks += request->blocks;
		g->total.report_bytes += request->bytes;
		break;
	case TRACE_ID_hint:
		g->total.hint_requests++;
		g->total.hint_bytes += request->bytes;
		break;
	case TRACE_ID_discard:
		g->total.discards++;
		g->total.discard_pages += extent->nr;
		break;
	case TRACE_ID_inflate:
		g->total.inflate_requests++;
		g->total.inflate_pages += balloon->pages;
		break;
	case TRACE_ID_deflate:
		g->total.deflate_requests++;
		g->total.deflate_pages += balloon->pages;
		break;
	case TRACE_ID_swap_out:
		g->total.swap_out_pages += extent->nr;
		break;
	case TRACE_ID_swap_in:
		g->total.swap_in_pages += extent->nr;
		break;
	default:		/* guest_total */
		g->total = *(const struct trace_rec_guest_total *)record->rec;
		break;
	}
}

static void see_ledger(struct report *r, const struct trace_rec_ledger *ledger)
{
	struct report_guest *g = report_guest_of(r, ledger->guest);
	struct report_cost *cost = NULL;

	if (ledger->domain >= NR_TRACE_DOMAINS)
		return;
	if (g)
		g->cpu[ledger->domain] += ledger->time;
	else
		r->host_cpu += ledger->time;
	for (unsigned int i = 0; i < r->nr_costs && !cost; i++) {
		if (r->costs[i].domain == ledger->domain &&
		    !strcmp(r->costs[i].name, ledger->cost))
			cost = &r->costs[i];
	}
	if (!cost) {
		cost = collect_append(&r->costs, &r->nr_costs, sizeof(*cost));
		cost->domain = ledger->domain;
		cost->name = collect_copy(ledger->cost);
	}
	cost->ns += ledger->time;
	cost->count += ledger->count;
}

static void see_swap_device(struct report *r, const struct trace_rec_swap_device *swap)
{
	struct report_swap *s = NULL;

	for (unsigned int i = 0; i < r->nr_swaps; i++) {
		if (!strcmp(r->swaps[i].name, swap->name))
			s = &r->swaps[i];
	}
	if (!s) {
		s = collect_append(&r->swaps, &r->nr_swaps, sizeof(*s));
		s->name = collect_copy(swap->name);
	}
	s->last = *swap;
	s->last.name = s->name;
	/* Samples do not see what comes and goes between them. */
	peak(&r->swap_peak, swap->used_max);
}

static void see_khugepaged(struct report *r, const struct trace_rec_khugepaged *k)
{
	struct report_guest *g = report_guest_of(r, k->guest);

	if (g)
		g->khugepaged = *k;
}

static void see_thread(struct report *r, const struct trace_rec_thread_cpu *cpu)
{
	struct report_thread *t = collect_append(&r->threads, &r->nr_threads, sizeof(*t));

	t->guest = cpu->guest;
	t->name = collect_copy(cpu->thread);
	t->ran = cpu->ran;
	t->waited = cpu->waited;
}

static void see_problem(struct report *r, const struct trace_record *record)
{
	const struct trace_rec_guest_oom *oom = record->rec;
	const struct trace_rec_data_loss *loss = record->rec;
	const struct trace_rec_waiter *waiter = record->rec;
	const struct trace_rec_message *message = record->rec;
	const char *name = report_guest_name(r, oom->guest);

	switch (record->id) {
	case TRACE_ID_guest_oom:
		if (!*oom->victim)
			report_problem(r, "%s: out of memory and nobody to kill", name);
		break;		/* otherwise the killed program tells */
	case TRACE_ID_host_oom:
		report_see_vmm_killed(r, record);
		break;
	case TRACE_ID_data_loss:
		report_problem(r, "%s: data loss at gfn 0x%llx (%s): %s", name,
			(unsigned long long)loss->gfn, loss->owner, loss->text);
		break;
	case TRACE_ID_waiter:
		report_problem(r, "%s: %s waits for ever: %s", name, waiter->thread, waiter->why);
		break;
	default:
		if (message->severity == TRACE_ERROR ||
		    (message->severity == TRACE_WARNING && !strcmp(message->source, "ballast")))
			report_problem(r, "%s: %s: %s", name, message->source, message->text);
		break;
	}
}

static void report_consume(struct trace_consumer *consumer, const struct trace_record *record)
{
	struct report *r = (struct report *)consumer;

	if (!r->closed)
		r->time = record->time;
	r->records++;
	switch (record->id) {
	case TRACE_ID_run: case TRACE_ID_override: case TRACE_ID_machine: case TRACE_ID_run_end:
		see_run(r, record);
		break;
	case TRACE_ID_cost:
		see_cost(r, record->rec);
		break;
	case TRACE_ID_guest: case TRACE_ID_guest_start: case TRACE_ID_guest_end:
	case TRACE_ID_guest_sample:
		see_guest(r, record);
		break;
	case TRACE_ID_program_start: case TRACE_ID_program_end: case TRACE_ID_program_killed:
	case TRACE_ID_program_cut: case TRACE_ID_measured:
		report_see_program(r, record);
		break;
	case TRACE_ID_command: case TRACE_ID_command_start: case TRACE_ID_command_end:
		report_see_command(r, record);
		break;
	case TRACE_ID_guest_memory: case TRACE_ID_free_list:
		report_see_memory(r, record);
		break;
	case TRACE_ID_vmm_stat:
		report_see_stat(r, record->rec);
		break;
	case TRACE_ID_counter:
		report_see_counter(r, record->rec);
		break;
	case TRACE_ID_image:
		report_see_image(r, record->rec);
		break;
	case TRACE_ID_epilogue:
		r->closed = true;
		break;
	case TRACE_ID_host_sample:
		see_host_sample(r, record->rec);
		break;
	case TRACE_ID_faults: case TRACE_ID_exits:
		see_counts(r, record);
		break;
	case TRACE_ID_notifications:
		see_notifications(r, record->rec);
		break;
	case TRACE_ID_report_request: case TRACE_ID_hint: case TRACE_ID_discard:
	case TRACE_ID_inflate: case TRACE_ID_deflate: case TRACE_ID_swap_out:
	case TRACE_ID_swap_in: case TRACE_ID_guest_total:
		see_extent(r, record);
		break;
	case TRACE_ID_ledger:
		see_ledger(r, record->rec);
		break;
	case TRACE_ID_swap_device:
		see_swap_device(r, record->rec);
		break;
	case TRACE_ID_khugepaged:
		see_khugepaged(r, record->rec);
		break;
	case TRACE_ID_image_sample: case TRACE_ID_dirty_sample:
	case TRACE_ID_disk: case TRACE_ID_disk_extent:
	case TRACE_ID_disk_sample: case TRACE_ID_disk_extent_sample:
		report_see_disk(r, record);
		break;
	case TRACE_ID_cgroup: case TRACE_ID_cgroup_sample:
	case TRACE_ID_cgroup_cpu: case TRACE_ID_cgroup_cpu_sample:
		report_see_cgroup(r, record);
		break;
	case TRACE_ID_psi_sample: case TRACE_ID_cgroup_psi_sample:
		report_see_pressure(r, record);
		break;
	case TRACE_ID_thread_cpu:
		see_thread(r, record->rec);
		break;
	case TRACE_ID_guest_oom: case TRACE_ID_host_oom: case TRACE_ID_data_loss:
	case TRACE_ID_waiter: case TRACE_ID_message:
		see_problem(r, record);
		break;
	default:
		break;
	}
}

void report_init(struct report *r)
{
	*r = (struct report){
		.consumer = { .record = report_consume, .level = TRACE_NORMAL },
	};
}

static void free_guest(struct report_guest *g)
{
	for (unsigned int i = 0; i < NR_TRACE_FAULTS; i++)
		trace_histogram_free(&g->faults[i]);
	for (unsigned int i = 0; i < g->nr_devices; i++)
		free(g->devices[i].name);
	host_free(g->devices);
	free(g->name);
	free(g->mechanism);
}

void report_free(struct report *r)
{
	for (uint64_t i = 0; i < r->nr_guests; i++)
		free_guest(&r->guests[i]);
	report_free_outcome(r);
	report_free_memory(r);
	report_free_folios(r);
	for (unsigned int i = 0; i < r->nr_costs; i++)
		free(r->costs[i].name);
	for (unsigned int i = 0; i < r->nr_swaps; i++)
		free(r->swaps[i].name);
	for (unsigned int i = 0; i < r->nr_threads; i++)
		free(r->threads[i].name);
	for (unsigned int i = 0; i < r->nr_prices; i++) {
		free(r->prices[i].name);
		free(r->prices[i].source);
	}
	host_free(r->guests);
	host_free(r->prices);
	host_free(r->override_kinds);
	host_free(r->costs);
	host_free(r->swaps);
	report_free_disks(r);
	report_free_cgroups(r);
	host_free(r->threads);
	collect_free_texts(r->overrides, r->nr_overrides);
	collect_free_texts(r->problems, r->nr_problems);
	free(r->scenario);
	free(r->description);
	free(r->costs_name);
	free(r->references);
	free(r->version);
	free(r->swap_model);
	free(r->end_text);
	memset(r, 0, sizeof(*r));
}

const char *report_result(const struct report *r)
{
	if (!r->ended)
		return "not finished";
	return r->result >= NR_TRACE_ENDS ? "unknown" :
	       trace_types[TRACE_ID_run_end].fields[0].values[r->result];
}

/* guest_total is all 64-bit sums after its first field. */
static void add_totals(struct trace_rec_guest_total *to, const struct trace_rec_guest_total *from)
{
	uint64_t *a = (uint64_t *)to;
	const uint64_t *b = (const uint64_t *)from;

	for (size_t i = 1; i < sizeof(*to) / sizeof(*a); i++)
		a[i] += b[i];
}

void report_sum_init(struct report_sum *sum, const struct report *r)
{
	struct report_guest *all = &sum->all;

	memset(sum, 0, sizeof(*sum));
	for (uint64_t i = 0; i < r->nr_guests; i++) {
		const struct report_guest *g = &r->guests[i];

		all->memory += g->memory;
		all->vcpus += g->vcpus;
		all->last.reported += g->last.reported;
		all->last.ballooned += g->last.ballooned;
		all->last.resident += g->last.resident;
		all->last.swapped += g->last.swapped;
		all->last.guest_swap += g->last.guest_swap;
		all->last.stalled += g->last.stalled;
		all->last.given_back += g->last.given_back;
		all->khugepaged.huge_pages += g->khugepaged.huge_pages;
		all->khugepaged.filled += g->khugepaged.filled;
		all->resident_peak += g->resident_peak;
		add_totals(&all->total, &g->total);
		for (unsigned int k = 0; k < NR_TRACE_FAULTS; k++)
			trace_histogram_merge(&all->faults[k], &g->faults[k]);
		for (unsigned int e = 0; e < NR_TRACE_EXITS; e++) {
			all->exits[e] += g->exits[e];
			sum->exits += g->exits[e];
		}
		for (unsigned int d = 0; d < NR_TRACE_DOMAINS; d++)
			all->cpu[d] += g->cpu[d];
		for (unsigned int d = 0; d < g->nr_devices; d++) {
			sum->kicks += g->devices[d].kicks;
			sum->interrupts += g->devices[d].interrupts;
		}
	}
	sum->cpu_kernel = all->cpu[TRACE_DOMAIN_EXIT] + all->cpu[TRACE_DOMAIN_VMM_KERNEL] +
			  all->cpu[TRACE_DOMAIN_HOST] + r->host_cpu;
	/* the host's own counters, unless nobody sampled them */
	sum->swap_out = r->host.swap_out ? r->host.swap_out : all->total.swap_out_pages;
	sum->swap_in = r->host.swap_in ? r->host.swap_in : all->total.swap_in_pages;
}

void report_sum_free(struct report_sum *sum)
{
	free_guest(&sum->all);
}
