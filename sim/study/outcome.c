// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a trace to the figures of a comparison.
 *
 * Most is in the report that the tables of a run are made from.  What is added up here besides:
 * memory over time, CPU time by who pays, and which guests were done before something happened.  A
 * trace of level summary has it all.
 */
#include "outcome.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "hostmem.h"
#include "minmax.h"
#include "read.h"
#include "report.h"

#define TIME_NEVER UINT64_MAX

struct over_time {
	uint64_t since;				/* ns, of the last sample */
	uint64_t resident, huge;		/* pages, then */
	unsigned __int128 resident_ns, huge_ns;
};

struct collector {
	struct trace_consumer consumer;
	struct report report;
	struct over_time *guests;
	unsigned int nr_guests;
	uint64_t first_swap, first_oom;		/* ns */
	struct trace_histogram age;		/* of frames that were given back */
};

/*
 * What the driver, exits, VMM and host kernel do only to tell the host of pages: see
 * host-model/cost.h.  Splits and flushes are for discards when the VMM asked for them.
 */
const char *const outcome_hint_costs[] = {
	"free-hook", "report-block", "virtqueue-add", "virtqueue-pop", "balloon-inflate",
	"balloon-deflate", "kick-ioeventfd", "exit-vmm", "irq-inject", "madvise", "ept-zap",
	"ept-huge-zap", NULL
};

static bool is_discards(const char *cost)
{
	return !strcmp(cost, "ept-split") || !strcmp(cost, "tlb-flush");
}

bool outcome_is_hint(uint64_t domain, const char *cost)
{
	if (domain == TRACE_DOMAIN_VMM)
		return false;
	for (unsigned int i = 0; outcome_hint_costs[i]; i++)
		if (!strcmp(cost, outcome_hint_costs[i]))
			return true;
	return domain == TRACE_DOMAIN_VMM_KERNEL && is_discards(cost);
}

/* What a sample says holds until the next one. */
static void see_guest_sample(struct collector *c, uint64_t time,
			     const struct trace_rec_guest_sample *sample)
{
	struct over_time *g;

	if (sample->guest >= REPORT_GUESTS_MAX)
		return;
	while (sample->guest >= c->nr_guests)
		collect_append(&c->guests, &c->nr_guests, sizeof(*c->guests));
	g = &c->guests[sample->guest];
	g->resident_ns += (unsigned __int128)g->resident * (time - g->since);
	g->huge_ns += (unsigned __int128)g->huge * (time - g->since);
	g->since = time;
	g->resident = sample->resident;
	g->huge = sample->huge;
}

static void collect(struct trace_consumer *consumer, const struct trace_record *record)
{
	struct collector *c = (struct collector *)consumer;
	const struct trace_rec_host_sample *host = record->rec;

	switch (record->id) {
	case TRACE_ID_guest_sample:
		see_guest_sample(c, record->time, record->rec);
		break;
	case TRACE_ID_host_sample:
		if (host->swap_out && c->first_swap == TIME_NEVER)
			c->first_swap = record->time;
		break;
	case TRACE_ID_give_back:
		trace_histogram_merge(&c->age,
				      ((const struct trace_rec_give_back *)record->rec)->age);
		break;
	case TRACE_ID_host_oom:
		if (c->first_oom == TIME_NEVER)
			c->first_oom = record->time;
		break;
	default:
		break;
	}
	c->report.consumer.record(&c->report.consumer, record);
}

static void set(struct measures *m, enum metric metric, uint64_t value)
{
	m->value[metric] = value;
	m->known[metric] = true;
}

static void copy_programs(struct outcome *o, const struct report *r)
{
	for (unsigned int i = 0; i < r->nr_programs; i++) {
		struct outcome_program *p = collect_append(&o->programs, &o->nr_programs,
							   sizeof(*p));

		p->guest = r->programs[i].guest;
		p->program = r->programs[i].program;
		p->name = collect_copy(r->programs[i].name);
		p->ns = r->programs[i].end - r->programs[i].start;
		p->work = r->programs[i].work;
		p->ended = r->programs[i].state == PROGRAM_ENDED;
	}
	for (unsigned int i = 0; i < r->nr_casualties; i++)
		collect_add_text(&o->casualties, &o->nr_casualties, r->casualties[i]);
}

static void set_run_time(struct measures *m, const struct report *r)
{
	uint64_t first = TIME_NEVER, last = 0;
	bool all = r->nr_programs;

	for (unsigned int i = 0; i < r->nr_programs; i++) {
		const struct report_program *p = &r->programs[i];

		first = p->start < first ? p->start : first;
		last = p->end > last ? p->end : last;
		all = all && p->state == PROGRAM_ENDED;
	}
	if (all)
		set(m, METRIC_RUN_TIME, last - first);
}

/* Guests that have programs, all of which had ended before @time. */
static uint64_t guests_done(const struct report *r, uint64_t time)
{
	bool *has = host_alloc(r->nr_guests * sizeof(*has) + 1);
	bool *waits = host_alloc(r->nr_guests * sizeof(*waits) + 1);
	uint64_t nr = 0;

	for (unsigned int i = 0; i < r->nr_programs; i++) {
		const struct report_program *p = &r->programs[i];

		if (p->guest >= r->nr_guests)
			continue;
		has[p->guest] = true;
		/* A sample is taken when a program ends, so what it shows was there before. */
		if (p->state != PROGRAM_ENDED || p->end >= time)
			waits[p->guest] = true;
	}
	for (uint64_t i = 0; i < r->nr_guests; i++)
		nr += has[i] && !waits[i];
	host_free(has);
	host_free(waits);
	return nr;
}

static void set_faults(struct measures *m, const struct report_guest *all)
{
	static const enum trace_fault served[] = { TRACE_FAULT_EPT, TRACE_FAULT_EPT_HUGE,
						   TRACE_FAULT_SWAP_IN };
	struct trace_histogram h = { 0 };

	for (unsigned int i = 0; i < sizeof(served) / sizeof(served[0]); i++)
		trace_histogram_merge(&h, &all->faults[served[i]]);
	if (h.count) {
		set(m, METRIC_FAULT_P50, trace_histogram_quantile(&h, 50, 100));
		set(m, METRIC_FAULT_P99, trace_histogram_quantile(&h, 99, 100));
		set(m, METRIC_FAULT_MAX, h.max);
	}
	trace_histogram_free(&h);
}

/* Latencies of all programs together; of the rest, the program that is worst off. */
static void set_victims(struct measures *m, const struct report *r)
{
	uint64_t lowest = UINT64_MAX, bandwidth = 0, quanta = 0;
	struct trace_histogram h = { 0 };
	bool seen[NR_TRACE_MEASURES] = { false };

	for (unsigned int i = 0; i < r->nr_programs; i++) {
		const struct report_measured *p = &r->programs[i].measured;

		if (!p->all.count)
			continue;
		seen[p->what] = true;
		if (p->what == TRACE_MEASURE_LATENCY) {
			trace_histogram_merge(&h, &p->all);
		} else if (p->what == TRACE_MEASURE_BANDWIDTH) {
			lowest = min_u64(lowest, report_measured_lowest(p));
			bandwidth = max_u64(bandwidth, report_measured_lost(p));
		} else {
			quanta = max_u64(quanta, report_measured_lost(p));
		}
	}
	if (h.count) {
		set(m, METRIC_LATENCY_P50, trace_histogram_quantile(&h, 50, 100));
		set(m, METRIC_LATENCY_P99, trace_histogram_quantile(&h, 99, 100));
		set(m, METRIC_LATENCY_P999, trace_histogram_quantile(&h, 999, 1000));
		set(m, METRIC_LATENCY_MAX, h.max);
	}
	if (seen[TRACE_MEASURE_BANDWIDTH]) {
		set(m, METRIC_BANDWIDTH_LOWEST, lowest);
		set(m, METRIC_BANDWIDTH_LOST, bandwidth);
	}
	if (seen[TRACE_MEASURE_QUANTUM])
		set(m, METRIC_QUANTA_LOST, quanta);
	trace_histogram_free(&h);
}

static void set_memory(struct measures *m, const struct collector *c, const struct report_sum *sum)
{
	const struct report *r = &c->report;
	unsigned __int128 resident = 0, huge = 0;

	set(m, METRIC_BEFORE_SWAP, guests_done(r, c->first_swap));
	set(m, METRIC_BEFORE_OOM, guests_done(r, c->first_oom));
	set(m, METRIC_KILLED, r->nr_casualties);
	set(m, METRIC_SWAP_OUT, sum->swap_out * TRACE_PAGE_SIZE);
	set(m, METRIC_SWAP_IN, sum->swap_in * TRACE_PAGE_SIZE);
	set(m, METRIC_HOST_PEAK, r->used_peak * TRACE_PAGE_SIZE);
	set(m, METRIC_FOOTPRINT, r->host.footprint / 256 / 1000);
	for (unsigned int i = 0; i < c->nr_guests; i++) {
		resident += c->guests[i].resident_ns;
		huge += c->guests[i].huge_ns;
	}
	if (resident)
		set(m, METRIC_THP, (huge * 1000 + resident / 2) / resident);
}

static void set_pressure(struct measures *m, const struct report_pressure *p)
{
	if (!p->known)
		return;
	set(m, METRIC_PSI_MEMORY, p->ns[STALL_MEMORY_SOME]);
	set(m, METRIC_PSI_MEMORY_FULL, p->ns[STALL_MEMORY_FULL]);
	set(m, METRIC_PSI_MEMORY_PEAK, (p->peak[STALL_MEMORY_SOME] + 5) / 10);
	set(m, METRIC_PSI_IO, p->ns[STALL_IO_SOME]);
	set(m, METRIC_PSI_CPU, p->ns[STALL_CPU_SOME]);
}

static void set_telling(struct measures *m, const struct report_sum *sum)
{
	const struct trace_rec_guest_total *t = &sum->all.total;
	const uint64_t *exits = sum->all.exits;
	uint64_t bytes = t->report_bytes + t->hint_bytes + t->inflate_pages * TRACE_PAGE_SIZE;
	uint64_t by = exits[TRACE_EXIT_IOEVENTFD] + exits[TRACE_EXIT_MMIO] +
		      exits[TRACE_EXIT_HYPERCALL];

	set(m, METRIC_EXITS, sum->exits);
	set(m, METRIC_REQUESTS, t->report_requests + t->hint_requests + t->inflate_requests +
				t->deflate_requests);
	if (bytes && by)
		set(m, METRIC_BYTES_PER_EXIT, bytes / by);
	set(m, METRIC_GIVEN_BACK, sum->all.last.given_back * TRACE_PAGE_SIZE);
	set(m, METRIC_FILLED, sum->all.khugepaged.filled * TRACE_PAGE_SIZE);
}

static void set_cpu(struct measures *m, const struct report *r)
{
	uint64_t cpu[NR_TRACE_DOMAINS] = { 0 }, hints = 0, all = 0;

	for (unsigned int i = 0; i < r->nr_costs; i++) {
		const struct report_cost *cost = &r->costs[i];

		if (outcome_is_hint(cost->domain, cost->name))
			hints += cost->ns;
		else
			cpu[cost->domain] += cost->ns;
		all += cost->ns;
	}
	set(m, METRIC_CPU_GUEST, cpu[TRACE_DOMAIN_GUEST]);
	set(m, METRIC_CPU_EXIT, cpu[TRACE_DOMAIN_EXIT]);
	set(m, METRIC_CPU_VMM, cpu[TRACE_DOMAIN_VMM]);
	set(m, METRIC_CPU_KERNEL, cpu[TRACE_DOMAIN_VMM_KERNEL] + cpu[TRACE_DOMAIN_HOST]);
	set(m, METRIC_CPU_HINTS, hints);
	set(m, METRIC_CPU_ALL, all);
}

static void set_all(struct outcome *o, const struct collector *c)
{
	struct measures *m = &o->measures;
	struct report_sum sum;

	report_sum_init(&sum, &c->report);
	set_run_time(m, &c->report);
	set(m, METRIC_STALLED, sum.all.last.stalled);
	set_faults(m, &sum.all);
	set_victims(m, &c->report);
	set_memory(m, c, &sum);
	set_pressure(m, &c->report.pressure);
	set_cpu(m, &c->report);
	set_telling(m, &sum);
	if (c->age.count) {
		set(m, METRIC_AGE_P50, trace_histogram_quantile(&c->age, 50, 100));
		set(m, METRIC_AGE_P99, trace_histogram_quantile(&c->age, 99, 100));
	}
	report_sum_free(&sum);
}

static void collector_free(struct collector *c)
{
	report_free(&c->report);
	trace_histogram_free(&c->age);
	host_free(c->guests);
}

int outcome_read(struct outcome *o, const char *trace, char *error, size_t error_size)
{
	struct collector c = { .consumer = { .record = collect, .level = TRACE_SUMMARY },
			       .first_swap = TIME_NEVER, .first_oom = TIME_NEVER };
	struct trace_reader *reader = trace_reader_open(trace, error, error_size);

	*o = (struct outcome){ 0 };
	if (!reader)
		return -1;
	report_init(&c.report);
	trace_reader_feed(reader, &c.consumer);
	if (trace_reader_damage(reader)) {
		snprintf(error, error_size, "%s", trace_reader_damage(reader));
		trace_reader_close(reader);
		collector_free(&c);
		return -1;
	}
	trace_reader_close(reader);
	o->result = collect_copy(report_result(&c.report));
	o->text = collect_copy(c.report.end_text);
	copy_programs(o, &c.report);
	set_all(o, &c);
	collector_free(&c);
	return 0;
}

void outcome_free(struct outcome *o)
{
	for (unsigned int i = 0; i < o->nr_programs; i++)
		free(o->programs[i].name);
	host_free(o->programs);
	collect_free_texts(o->casualties, o->nr_casualties);
	free(o->result);
	free(o->text);
	*o = (struct outcome){ 0 };
}

bool outcome_well(const struct outcome *o)
{
	return o->result && (!strcmp(o->result, "ok") || !strcmp(o->result, "time-limit"));
}

bool outcome_whole(const struct outcome *o)
{
	return outcome_well(o) && !o->measures.value[METRIC_KILLED];
}

static const struct outcome_program *program_of(const struct outcome *o,
						const struct outcome_program *like)
{
	for (unsigned int i = 0; i < o->nr_programs; i++)
		if (o->programs[i].guest == like->guest && o->programs[i].program == like->program)
			return &o->programs[i];
	return NULL;
}

/*
 * Time for one unit of work, over that without disturbance.  For a program that does a fixed amount
 * of work that is the ratio of times, for one that runs for a fixed time that of work done.  False:
 * it does no work, or not enough is known.
 */
static bool slowdown_of(const struct outcome_program *p, const struct outcome_program *base,
			double *slowdown)
{
	if (!base->work || !base->ns || !p->work || !p->ns)
		return false;
	*slowdown = (double)p->ns / base->ns * ((double)base->work / p->work);
	return true;
}

void outcome_slowdown(struct outcome *o, const struct outcome *undisturbed)
{
	double logs = 0, worst = 0, slowdown;
	unsigned int nr = 0;

	o->measures.known[METRIC_SLOWDOWN] = o->measures.known[METRIC_SLOWDOWN_WORST] = false;
	for (unsigned int i = 0; i < undisturbed->nr_programs; i++) {
		const struct outcome_program *base = &undisturbed->programs[i];
		const struct outcome_program *p = program_of(o, base);

		if (!base->ended)
			continue;
		if (!p || !p->ended || (base->work && !p->work))
			return;
		if (!slowdown_of(p, base, &slowdown))
			continue;
		logs += log(slowdown);
		worst = slowdown > worst ? slowdown : worst;
		nr++;
	}
	if (!nr)
		return;
	set(&o->measures, METRIC_SLOWDOWN, llround(exp(logs / nr) * 1000));
	set(&o->measures, METRIC_SLOWDOWN_WORST, llround(worst * 1000));
}
