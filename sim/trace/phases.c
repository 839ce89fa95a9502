// SPDX-License-Identifier: GPL-2.0-only
/*
 * The phases of a trace; see phases.h.
 *
 * What is counted in a phase is the difference of the report's sums at its two ends, in the order
 * of the records.  Memory is that of the guest's last sample not after the end of the phase, and
 * faults are counted from samples, too, with which they are recorded; so these go by
 * time, and it does not matter whether a sample stands before or after the record of its boundary.
 *
 * What a trace does not say is not recorded, which is not 0: extents below level normal, types
 * that a not_recorded record names, faults of a guest that has no such record.
 *
 * Memory grows with the number of samples.  What is the host's alone belongs to no phase of one
 * guest: the host has phases of its own.  Left out: CPU time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "hostmem.h"
#include "phases.h"
#include "read.h"

const struct phase_quantity_info phase_quantities[NR_PHASE_QUANTITIES] = {
	[PHASE_DURATION] = { "duration", "duration_ns", "duration", TABLE_NS },
	[PHASE_FREE] = { "free", "free_bytes", "free memory", TABLE_BYTES },
	[PHASE_RSS] = { "rss", "rss_bytes", "RSS", TABLE_BYTES },
	[PHASE_SWAPPED] = { "swapped", "swapped_bytes", "swapped", TABLE_BYTES },
	[PHASE_BALLOON] = { "balloon", "balloon_bytes", "balloon", TABLE_BYTES },
	[PHASE_VMM] = { "vmm", "vmm_bytes", "VMM besides", TABLE_BYTES },
	[PHASE_REQUESTS] = { "requests", "report_requests", "report requests", TABLE_COUNT },
	[PHASE_BLOCKS] = { "blocks", "report_blocks", "blocks reported", TABLE_COUNT },
	[PHASE_REPORTED] = { "reported", "reported_bytes", "bytes reported", TABLE_BYTES },
	[PHASE_DISCARDS] = { "discards", "discards", "discards", TABLE_COUNT },
	[PHASE_DISCARDED] = { "discarded", "discarded_bytes", "bytes discarded", TABLE_BYTES },
	[PHASE_INFLATED] = { "inflated", "inflated_bytes", "inflated", TABLE_BYTES },
	[PHASE_DEFLATED] = { "deflated", "deflated_bytes", "deflated", TABLE_BYTES },
	[PHASE_MINOR_FAULTS] = { "minor-faults", "minor_faults", "minor faults", TABLE_COUNT },
	[PHASE_MAJOR_FAULTS] = { "major-faults", "major_faults", "major faults", TABLE_COUNT },
	[PHASE_HOST_USED] = { "host-used", "host_used_bytes", "used", TABLE_BYTES },
	[PHASE_HOST_SWAP] = { "host-swap", "host_swap_bytes", "swap in use", TABLE_BYTES },
	[PHASE_SWAP_OUT] = { "swap-out", "swap_out_bytes", "swapped out", TABLE_BYTES },
	[PHASE_SWAP_IN] = { "swap-in", "swap_in_bytes", "swapped in", TABLE_BYTES },
};

#define MOMENT_VALUES 5

/* A moment of a guest: its memory in bytes, or its faults from the start; or of the host. */
struct phases_moment {
	uint64_t time;
	uint64_t value[MOMENT_VALUES];
};

struct phases_guest {
	bool started, ended;
	uint64_t start, end;		/* ns */
	unsigned int running;		/* programs */
	struct phases_moments samples;	/* from PHASE_FREE on */
	struct phases_moments faults;	/* from PHASE_MINOR_FAULTS on */
	bool missing[NR_PHASE_QUANTITIES];
};

/* NULL for the host, and for guests that the report does not take, either. */
static struct phases_guest *guest_of(struct phases *p, uint64_t id)
{
	if (id >= p->report.nr_guests || !p->report.guests[id].declared)
		return NULL;
	if (id >= p->nr_guests) {
		p->guest = host_realloc(p->guest, p->report.nr_guests * sizeof(*p->guest));
		memset(p->guest + p->nr_guests, 0,
		       (p->report.nr_guests - p->nr_guests) * sizeof(*p->guest));
		p->nr_guests = p->report.nr_guests;
	}
	return &p->guest[id];
}

static void open_phase(struct phases *p, const struct phase *like, const char *program,
		       const char *name)
{
	struct phase *phase = collect_append(&p->phase, &p->nr, sizeof(*phase));

	*phase = *like;
	phase->program_name = collect_copy(program);
	phase->name = collect_copy(name);
	phase->start = p->report.time;
	phase->open = true;
	phase->before = p->report.guests[like->guest].total;
}

static void close_phase(struct phases *p, struct phase *phase)
{
	const struct trace_rec_guest_total *now = &p->report.guests[phase->guest].total;
	const struct trace_rec_guest_total *was = &phase->before;

	phase->open = false;
	phase->end = p->report.time;
	phase->value[PHASE_REQUESTS] = now->report_requests - was->report_requests;
	phase->value[PHASE_BLOCKS] = now->report_blocks - was->report_blocks;
	phase->value[PHASE_REPORTED] = now->report_bytes - was->report_bytes;
	phase->value[PHASE_DISCARDS] = now->discards - was->discards;
	phase->value[PHASE_DISCARDED] = (now->discard_pages - was->discard_pages) *
					TRACE_PAGE_SIZE;
	phase->value[PHASE_INFLATED] = (now->inflate_pages - was->inflate_pages) *
				       TRACE_PAGE_SIZE;
	phase->value[PHASE_DEFLATED] = (now->deflate_pages - was->deflate_pages) *
				       TRACE_PAGE_SIZE;
}

/* The open phase of a program; of the guest itself when @of_program is false. */
static struct phase *find_open(struct phases *p, uint64_t guest, bool of_program,
			       uint64_t program)
{
	for (unsigned int i = p->nr; i--;) {
		struct phase *phase = &p->phase[i];

		if (phase->open && phase->guest == guest &&
		    (phase->kind == PHASE_OF_PROGRAM) == of_program &&
		    (!of_program || phase->program == program))
			return phase;
	}
	return NULL;
}

/* What came after a program turns out to have come before another one. */
static void end_of_idling(struct phases *p, const struct trace_rec_program_start *next)
{
	struct phase *phase = find_open(p, next->guest, false, 0);

	if (!phase)
		return;
	close_phase(p, phase);
	if (phase->kind != PHASE_SETTLE)
		return;
	phase->kind = PHASE_BEFORE;
	phase->program = next->program;
	collect_text(&phase->program_name, next->name);
	collect_text(&phase->name, "before");
}

static void see_start(struct phases *p, const struct trace_rec_program_start *start)
{
	const struct phase like = { .kind = PHASE_OF_PROGRAM, .guest = start->guest,
				    .program = start->program };
	struct phases_guest *g = guest_of(p, start->guest);

	/* a second start without an end would be a mistake of who wrote the trace */
	if (!g || g->ended || find_open(p, start->guest, true, start->program))
		return;
	if (!g->running++)
		end_of_idling(p, start);
	open_phase(p, &like, start->name, "start");
}

static void see_phase(struct phases *p, const struct trace_rec_program_phase *rec)
{
	const struct phase like = { .kind = PHASE_OF_PROGRAM, .guest = rec->guest,
				    .program = rec->program, .iteration = rec->iteration };
	struct phase *last = guest_of(p, rec->guest) ?
			     find_open(p, rec->guest, true, rec->program) : NULL;
	char *program;

	if (!last)
		return;
	close_phase(p, last);
	program = collect_copy(last->program_name);	/* the array moves */
	open_phase(p, &like, program, rec->phase);
	free(program);
}

static void see_end(struct phases *p, uint64_t guest, uint64_t program, bool killed)
{
	const struct phase like = { .kind = PHASE_SETTLE, .guest = guest };
	struct phases_guest *g = guest_of(p, guest);
	struct phase *last = g ? find_open(p, guest, true, program) : NULL;

	if (!last)
		return;
	last->cut = killed;
	close_phase(p, last);
	if (!--g->running)
		open_phase(p, &like, "", "settle");
}

static void see_guest_start(struct phases *p, uint64_t guest)
{
	const struct phase like = { .kind = PHASE_BOOT, .guest = guest };
	struct phases_guest *g = guest_of(p, guest);

	if (!g || g->started)
		return;
	g->started = true;
	g->start = p->report.time;
	open_phase(p, &like, "", "boot");
}

static void end_guest(struct phases *p, uint64_t guest)
{
	struct phases_guest *g = guest_of(p, guest);

	if (!g || g->ended)
		return;
	g->ended = true;
	g->end = p->report.time;
	for (unsigned int i = 0; i < p->nr; i++) {
		struct phase *phase = &p->phase[i];

		if (!phase->open || phase->guest != guest)
			continue;
		phase->cut = phase->kind == PHASE_OF_PROGRAM;
		close_phase(p, phase);
	}
}

static struct phases_moment *add_moment(struct phases_moments *moments, uint64_t time)
{
	struct phases_moment *m = collect_append(&moments->moment, &moments->nr, sizeof(*m));

	m->time = time;
	return m;
}

static void see_sample(struct phases *p, uint64_t time, const struct trace_rec_guest_sample *sample)
{
	struct phases_guest *g = guest_of(p, sample->guest);
	struct phases_moment *m;

	if (!g)
		return;
	m = add_moment(&g->samples, time);
	m->value[PHASE_FREE - PHASE_FREE] = sample->free * TRACE_PAGE_SIZE;
	m->value[PHASE_RSS - PHASE_FREE] = sample->resident * TRACE_PAGE_SIZE;
	m->value[PHASE_SWAPPED - PHASE_FREE] = sample->swapped * TRACE_PAGE_SIZE;
	m->value[PHASE_BALLOON - PHASE_FREE] = sample->ballooned * TRACE_PAGE_SIZE;
	m->value[PHASE_VMM - PHASE_FREE] = (sample->vmm + sample->vmm_swapped) * TRACE_PAGE_SIZE;
}

static void see_faults(struct phases *p, uint64_t time, uint64_t guest)
{
	struct phases_guest *g = guest_of(p, guest);
	const struct trace_histogram *h = g ? p->report.guests[guest].faults : NULL;
	struct phases_moment *m;

	if (!g)
		return;
	m = add_moment(&g->faults, time);
	/* Linux counts those for huge pages with the minor ones. */
	m->value[0] = h[TRACE_FAULT_MINOR].count + h[TRACE_FAULT_HUGE].count;
	m->value[1] = h[TRACE_FAULT_GUEST_SWAP_IN].count;
}

static void see_host(struct phases *p, uint64_t time, const struct trace_rec_host_sample *sample)
{
	struct phases_moment *m = add_moment(&p->host, time);

	m->value[PHASE_HOST_USED - PHASE_HOST_USED] = sample->used * TRACE_PAGE_SIZE;
	m->value[PHASE_HOST_SWAP - PHASE_HOST_USED] = sample->swap_used * TRACE_PAGE_SIZE;
	m->value[PHASE_SWAP_OUT - PHASE_HOST_USED] = sample->swap_out * TRACE_PAGE_SIZE;
	m->value[PHASE_SWAP_IN - PHASE_HOST_USED] = sample->swap_in * TRACE_PAGE_SIZE;
}

static void see_not_recorded(struct phases *p, const struct trace_rec_not_recorded *rec)
{
	static const struct {
		enum trace_id id;
		enum phase_quantity first, last;
	} of[] = {
		{ TRACE_ID_guest_sample, PHASE_FREE, PHASE_VMM },
		{ TRACE_ID_report_request, PHASE_REQUESTS, PHASE_REPORTED },
		{ TRACE_ID_discard, PHASE_DISCARDS, PHASE_DISCARDED },
		{ TRACE_ID_inflate, PHASE_INFLATED, PHASE_INFLATED },
		{ TRACE_ID_deflate, PHASE_DEFLATED, PHASE_DEFLATED },
		{ TRACE_ID_faults, PHASE_MINOR_FAULTS, PHASE_MAJOR_FAULTS },
	};
	struct phases_guest *g = guest_of(p, rec->guest);

	for (unsigned int i = 0; g && i < sizeof(of) / sizeof(of[0]); i++) {
		if (strcmp(rec->record, trace_types[of[i].id].name))
			continue;
		for (unsigned int q = of[i].first; q <= of[i].last; q++)
			g->missing[q] = true;
	}
}

static void phases_consume(struct trace_consumer *consumer, const struct trace_record *record)
{
	struct phases *p = (struct phases *)consumer;
	const struct trace_rec_program_end *program = record->rec;

	p->report.consumer.record(&p->report.consumer, record);
	switch (record->id) {
	case TRACE_ID_run:
		p->run = true;
		p->level = ((const struct trace_rec_run *)record->rec)->level;
		break;
	case TRACE_ID_guest_start:
		see_guest_start(p, ((const struct trace_rec_guest_start *)record->rec)->guest);
		break;
	case TRACE_ID_guest_end:
		end_guest(p, ((const struct trace_rec_guest_end *)record->rec)->guest);
		break;
	case TRACE_ID_program_start:
		see_start(p, record->rec);
		break;
	case TRACE_ID_program_phase:
		see_phase(p, record->rec);
		break;
	case TRACE_ID_program_end: case TRACE_ID_program_killed:
		see_end(p, program->guest, program->program,
			record->id == TRACE_ID_program_killed);
		break;
	case TRACE_ID_guest_sample:
		see_sample(p, record->time, record->rec);
		break;
	case TRACE_ID_faults:
		see_faults(p, record->time,
			   ((const struct trace_rec_faults *)record->rec)->guest);
		break;
	case TRACE_ID_host_sample:
		see_host(p, record->time, record->rec);
		break;
	case TRACE_ID_not_recorded:
		see_not_recorded(p, record->rec);
		break;
	default:
		break;
	}
}

void phases_init(struct phases *p)
{
	memset(p, 0, sizeof(*p));
	p->consumer = (struct trace_consumer){ .record = phases_consume, .level = TRACE_NORMAL };
	report_init(&p->report);
}

/* The last moment that is not after @time; NULL: there is none. */
static const struct phases_moment *moment_at(const struct phases_moments *moments, uint64_t time)
{
	unsigned int low = 0, high = moments->nr;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (moments->moment[middle].time <= time)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &moments->moment[low - 1] : NULL;
}

/* Values that go by time, and which of them the trace says. */
static void fill_in(struct phases *p, struct phase *phase)
{
	const struct phases_guest *g = &p->guest[phase->guest];
	const struct phases_moment *sample = moment_at(&g->samples, phase->end);
	bool extents = p->level >= TRACE_NORMAL ||
		       (phase->kind == PHASE_WHOLE_RUN && p->report.ended);

	phase->value[PHASE_DURATION] = phase->end - phase->start;
	phase->recorded[PHASE_DURATION] = true;
	if (sample)
		phase->sample_age = phase->end - sample->time;
	for (unsigned int q = PHASE_FREE; q <= PHASE_VMM; q++) {
		phase->value[q] = sample ? sample->value[q - PHASE_FREE] : 0;
		phase->recorded[q] = sample;
	}
	for (unsigned int q = PHASE_REQUESTS; q <= PHASE_DEFLATED; q++)
		phase->recorded[q] = extents;
	for (unsigned int i = 0; i < 2; i++) {
		const struct phases_moment *from = moment_at(&g->faults, phase->start);
		const struct phases_moment *to = moment_at(&g->faults, phase->end);

		/* what is recorded with the first sample was before it */
		if (phase->kind == PHASE_WHOLE_RUN || phase->kind == PHASE_BOOT)
			from = NULL;
		phase->value[PHASE_MINOR_FAULTS + i] = (to ? to->value[i] : 0) -
						       (from ? from->value[i] : 0);
		phase->recorded[PHASE_MINOR_FAULTS + i] = g->faults.nr > 0;
	}
	for (unsigned int q = 0; q < NR_PHASE_QUANTITIES; q++) {
		if (g->missing[q] || !phase->recorded[q]) {
			phase->recorded[q] = false;
			phase->value[q] = 0;
		}
	}
}

static void fill_in_host(struct phases *p, struct phase *phase)
{
	const struct phases_moment *sample = moment_at(&p->host, phase->end);

	phase->value[PHASE_DURATION] = phase->end;
	phase->recorded[PHASE_DURATION] = true;
	if (sample)
		phase->sample_age = phase->end - sample->time;
	for (unsigned int q = PHASE_HOST_USED; q <= PHASE_SWAP_IN; q++) {
		phase->value[q] = sample ? sample->value[q - PHASE_HOST_USED] : 0;
		phase->recorded[q] = sample;
	}
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int phase_compare(const struct phase *a, const struct phase *b)
{
	int order = compare_numbers(a->kind, b->kind);

	if (!order)
		order = compare_numbers(a->program, b->program);
	if (!order)
		order = compare_numbers(a->iteration, b->iteration);
	if (!order)
		order = strcmp(a->name, b->name);
	if (!order)
		order = strcmp(a->program_name, b->program_name);
	return order ? order : compare_numbers(a->occurrence, b->occurrence);
}

/* By guest, then alike ones together, in the order in which they began. */
static int compare_pointers(const void *a, const void *b)
{
	const struct phase *left = *(const struct phase *const *)a;
	const struct phase *right = *(const struct phase *const *)b;
	int order = compare_numbers(left->guest, right->guest);

	if (!order)
		order = phase_compare(left, right);
	return order ? order : compare_numbers((uintptr_t)left, (uintptr_t)right);
}

static void count_occurrences(struct phases *p)
{
	struct phase **sorted = host_alloc((p->nr + 1) * sizeof(*sorted));

	for (unsigned int i = 0; i < p->nr; i++)
		sorted[i] = &p->phase[i];
	qsort(sorted, p->nr, sizeof(*sorted), compare_pointers);
	for (unsigned int i = 1; i < p->nr; i++) {
		struct phase *phase = sorted[i], *last = sorted[i - 1];
		unsigned int occurrence = last->occurrence;

		last->occurrence = 0;	/* as @phase has still */
		if (phase->guest == last->guest && !phase_compare(phase, last))
			phase->occurrence = occurrence + 1;
		last->occurrence = occurrence;
	}
	host_free(sorted);
}

static void add_whole_run(struct phases *p, uint64_t guest)
{
	const struct phase like = { .kind = PHASE_WHOLE_RUN, .guest = guest };
	struct phase *phase;

	open_phase(p, &like, "", "whole run");
	phase = &p->phase[p->nr - 1];
	phase->before = (struct trace_rec_guest_total){ 0 };
	close_phase(p, phase);
	phase->start = p->guest[guest].start;
	phase->end = p->guest[guest].end;
}

static void add_of_host(struct phases *p, uint64_t guest, const char *name, uint64_t end)
{
	struct phase *phase = collect_append(&p->phase, &p->nr, sizeof(*phase));

	*phase = (struct phase){ .kind = PHASE_OF_HOST, .guest = TRACE_HOST, .program = guest,
				 .end = end };
	phase->program_name = collect_copy("");
	phase->name = collect_copy(name);
}

/* A guest whose programs go on until the run ends is in the last one. */
static void add_host(struct phases *p)
{
	unsigned int nr = p->nr;
	char name[160];

	if (!p->host.nr)
		return;
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t guest = p->phase[i].guest;

		if (p->phase[i].kind != PHASE_SETTLE)
			continue;
		snprintf(name, sizeof(name), "%s done",
			 p->report.guests[guest].name ? p->report.guests[guest].name : "?");
		add_of_host(p, guest, name, p->phase[i].start);
	}
	add_of_host(p, TRACE_HOST, "whole run", p->report.time);
}

void phases_end(struct phases *p)
{
	for (uint64_t i = 0; i < p->report.nr_guests; i++) {
		end_guest(p, i);
		if (guest_of(p, i))
			add_whole_run(p, i);
	}
	add_host(p);
	count_occurrences(p);
	for (unsigned int i = 0; i < p->nr; i++)
		(p->phase[i].kind == PHASE_OF_HOST ? fill_in_host : fill_in)(p, &p->phase[i]);
}

void phases_free(struct phases *p)
{
	for (unsigned int i = 0; i < p->nr; i++) {
		free(p->phase[i].program_name);
		free(p->phase[i].name);
	}
	for (uint64_t i = 0; i < p->nr_guests; i++) {
		host_free(p->guest[i].samples.moment);
		host_free(p->guest[i].faults.moment);
	}
	host_free(p->host.moment);
	host_free(p->phase);
	host_free(p->guest);
	report_free(&p->report);
	memset(p, 0, sizeof(*p));
}

int phases_read(struct phases *p, const char *path, char *error, size_t error_size)
{
	static const char *const remedy = "record it with: ballast run SCENARIO --trace FILE";
	char why[512];
	struct trace_reader *reader = trace_reader_open(path, why, sizeof(why));

	if (!reader) {
		snprintf(error, error_size, "%s; %s", why, remedy);
		return -1;
	}
	phases_init(p);
	trace_reader_feed(reader, &p->consumer);
	phases_end(p);
	error[0] = '\0';
	if (trace_reader_damage(reader))
		snprintf(error, error_size, "%s; record it again: part of a run cannot be compared",
			 trace_reader_damage(reader));
	else if (!p->run || !p->nr_guests)
		snprintf(error, error_size, "%s: a trace that declares no %s; %s", path,
			 p->run ? "guest" : "run", remedy);
	trace_reader_close(reader);
	if (!error[0])
		return 0;
	phases_free(p);
	return -1;
}
