// SPDX-License-Identifier: GPL-2.0-only
/*
 * Export for Perfetto (ui.perfetto.dev): what becomes of which record.
 *
 *   slices     programs and their phases, commands, EPT faults and pages read from swap (by their
 *              latency), requests: waiting on their queue, then in the thread that answers
 *   counters   each number of a sample, when it has changed; the target of a balloon
 *   instants   everything else, with all fields
 *   flows      target or isolated blocks -> request -> kick -> answer and discards; discard ->
 *              next fault of these frames; fault -> reclaim -> swap_out -> swap_in
 *
 * A record's time is that of the event loop.  What a thread did in the time that it owes lies a
 * little later and in sequence, so faults of one time are drawn one after the other.  A request's
 * slices begin with the first record of its answer, and are exactly as long as it says.
 *
 * Names of fields and types are those of the trace and are written once, as interned data.
 */
#include <stdio.h>

#include "export_perfetto.h"
#include "hostmem.h"

#define BODY_MAX (128 * 1024)
#define REQUESTS 8192		/* power of two; that may be open at a time */
#define QUEUE_LANES 16
#define READ_LANES 32
#define FAULT_LANES_MAX 32
#define DEVICE_SIZE 40

_Static_assert(BODY_MAX > TRACE_FIELDS_MAX * (TRACE_STRING_MAX + 32) + 4096, "an event");

/* A request that is not answered yet. */
struct open_request {
	uint64_t id, answer;	/* answer: time of its first record */
	uint64_t guest, queue;
	char device[DEVICE_SIZE];
};

/* Numbers of the names of a type and its fields. */
struct pf_type {
	uint64_t name, field[TRACE_FIELDS_MAX];
	int site;		/* which field is the place in the source; -1: none */
};

struct pf {
	struct export_out out;
	struct tracks *tracks;
	struct flows *flows;
	struct open_request *requests;
	uint64_t names;		/* numbers given */
	uint8_t *body;
};

static void pf_start(struct export *e)
{
	struct pf *pf = e->own = host_alloc(sizeof(*pf));

	out_init(&pf->out, e, e->fd, OUT_ROOM_MAX);
	packet_start(&pf->out);
	pf->tracks = tracks_new(&pf->out);
	pf->flows = flows_new(&pf->out);
	pf->requests = host_alloc(REQUESTS * sizeof(*pf->requests));
	pf->body = host_alloc(BODY_MAX);
}

/* Names */

static uint8_t *put_interned(uint8_t *p, unsigned int tag, uint64_t number, const char *name)
{
	uint8_t entry[128], *q = pb_number(entry, PB_IID, number);

	q = pb_text(q, PB_IID_NAME, name);
	return pb_bytes(p, tag, entry, q - entry);
}

static struct pf_type *type_names(struct pf *pf, struct export_type *t)
{
	struct pf_type *names = t->own;
	uint8_t *p = pf->body;

	if (names)
		return names;
	names = t->own = host_alloc(sizeof(*names));
	names->name = ++pf->names;
	names->site = -1;
	p = put_interned(p, PB_EVENT_NAMES, names->name, t->type->name);
	for (unsigned int i = 0; i < t->type->nr_fields; i++) {
		names->field[i] = ++pf->names;
		if (!strcmp(t->type->fields[i].name, "site"))
			names->site = i;
		p = put_interned(p, PB_ANNOTATION_NAMES, names->field[i], t->type->fields[i].name);
	}
	packet_interned(&pf->out, pf->body, p - pf->body);
	return names;
}

static void site(struct pf *pf, const struct trace_rec_site *rec)
{
	uint8_t *p = pf->body + BODY_MAX / 2, *q = p;	/* before it, what is put around it */

	if (!rec->id)
		return;
	q = pb_number(q, PB_IID, rec->id);
	q = pb_text(q, PB_IID_NAME, rec->file);
	q = pb_text(q, PB_SOURCE_FUNCTION, rec->function);
	q = pb_number(q, PB_SOURCE_LINE, rec->line & UINT32_MAX);
	packet_interned(&pf->out, pf->body, pb_bytes(pf->body, PB_SOURCE_LOCATIONS, p, q - p) -
			pf->body);
}

/* Events */

static struct pf_event event_begin(struct pf *pf, uint64_t time, enum event_kind kind,
				   const struct track *track)
{
	struct pf_event event = { .time = time, .body = pf->body, .end = pf->body };

	event.end = pb_number(event.end, PB_TYPE, kind);
	event.end = pb_number(event.end, PB_TRACK, track->uuid);
	return event;
}

static void event_flow(struct pf_event *event, enum flow_role role, uint64_t id)
{
	event->flow[event->nr_flows++] = (struct event_flow){ .id = id, .role = role };
}

static uint8_t *put_text_annotation(uint8_t *p, uint64_t name, const char *text)
{
	uint8_t head[32], *h = pb_number(head, PB_ANN_NAME_IID, name);
	size_t len = strnlen(text, TRACE_STRING_MAX);

	h = pb_number(h, PB_ANN_STRING, len);
	p = pb_number(p, PB_ANNOTATION, h - head + len);
	return put_bytes(put_bytes(p, head, h - head), text, len);
}

/* Two numbers are shorter than 128 bytes, so their length is one byte, and is known afterwards. */
static uint8_t *put_number_annotation(uint8_t *p, uint64_t name, unsigned int tag, uint64_t value)
{
	uint8_t *begin = put_varint(p, PB_ANNOTATION) + 1;

	p = pb_number(pb_number(begin, PB_ANN_NAME_IID, name), tag, value);
	begin[-1] = p - begin;
	return p;
}

static uint8_t *put_annotation(uint8_t *p, uint64_t name, const struct trace_field *field,
			       union trace_value value)
{
	const char *text = field->kind == TRACE_STRING ? value.text :
		field->kind == TRACE_ENUM ? trace_enum_text(field, value.u) : NULL;

	if (text)
		return put_text_annotation(p, name, text);
	return put_number_annotation(p, name, field->kind == TRACE_SINT ? PB_ANN_INT : PB_ANN_UINT,
				     value.u);
}

/* The fields of a record; its guest is where the event is, its site the place in the source. */
static void event_fields(struct pf_event *event, const struct export_type *t,
			 const struct pf_type *names, const struct trace_record *record)
{
	for (unsigned int i = 0; i < t->type->nr_fields; i++) {
		const struct trace_field *field = &t->type->fields[i];
		union trace_value value = record->value[i];

		if ((int)i == t->guest_field || field->kind == TRACE_HISTOGRAM)
			continue;
		if ((int)i == names->site) {
			if (value.u)
				event->end = pb_number(event->end, PB_SOURCE_IID, value.u);
			continue;
		}
		if (field->kind == TRACE_STRING && (!value.text || !*value.text))
			continue;
		event->end = put_annotation(event->end, names->field[i], field, value);
	}
}

static void plain(struct pf *pf, uint64_t time, enum event_kind kind, const struct track *track,
		  const char *name)
{
	struct pf_event event = event_begin(pf, time, kind, track);

	if (name)
		event.end = pb_text(event.end, PB_NAME, name);
	packet_event(&pf->out, time, event.body, event.end - event.body, NULL, 0);
}

static struct pf_event event_of(struct pf *pf, struct export_type *t,
				const struct trace_record *record, uint64_t time,
				enum event_kind kind, const struct track *track)
{
	const struct pf_type *names = type_names(pf, t);
	struct pf_event event = event_begin(pf, time, kind, track);

	event.end = pb_number(event.end, PB_NAME_IID, names->name);
	event_fields(&event, t, names, record);
	return event;
}

static uint64_t guest_of(const struct export_type *t, const struct trace_record *record)
{
	return t->guest_field < 0 ? TRACE_HOST : record->value[t->guest_field].u;
}

static struct pf_event instant(struct pf *pf, struct export_type *t,
			       const struct trace_record *record, enum track_kind kind,
			       const char *name)
{
	return event_of(pf, t, record, record->time, EVENT_INSTANT,
			track_get(pf->tracks, guest_of(t, record), kind, 0, name));
}

/* Counters */

static void count(struct pf *pf, uint64_t time, uint64_t guest, uint64_t which, const char *name,
		  enum counter_unit unit, uint64_t value)
{
	struct track *track = track_counter(pf->tracks, guest, which, name, unit);
	struct pf_event event;

	if (track->counted && track->value == value)
		return;
	track->counted = true;
	track->value = value;
	event = event_begin(pf, time, EVENT_COUNTER, track);
	event.end = pb_number(event.end, PB_COUNTER_VALUE, value);
	packet_event(&pf->out, time, event.body, event.end - event.body, NULL, 0);
}

/* Each number of a sample. */
static void sample(struct pf *pf, struct export_type *t, const struct trace_record *record,
		   const char *prefix)
{
	char name[128];

	for (unsigned int i = 0; i < t->type->nr_fields; i++) {
		const struct trace_field *field = &t->type->fields[i];
		uint64_t value = record->value[i].u;
		enum counter_unit unit = UNIT_COUNT;

		if (field->kind == TRACE_PAGES || field->kind == TRACE_BYTES)
			unit = UNIT_BYTES;
		else if (field->kind == TRACE_NS)
			unit = UNIT_NS;
		else if (field->kind != TRACE_UINT)
			continue;
		if (field->kind == TRACE_PAGES)
			value *= TRACE_PAGE_SIZE;
		snprintf(name, sizeof(name), "%s%s", prefix, field->name);
		count(pf, record->time, guest_of(t, record), t->number * 64 + i, name, unit, value);
	}
}

/* Slices */

static void slice(struct pf *pf, struct pf_event *begin, struct track *track, uint64_t length)
{
	flows_event(pf->flows, begin);
	track->end = begin->time + length;
	plain(pf, track->end, EVENT_END, track, NULL);
}

static void open_slice(struct pf *pf, uint64_t time, struct track *track, const char *name)
{
	plain(pf, time, EVENT_BEGIN, track, name);
	track->open++;
}

static void close_slices(struct pf *pf, uint64_t time, struct track *track, unsigned int leave)
{
	while (track->open > leave) {
		plain(pf, time, EVENT_END, track, NULL);
		track->open--;
	}
}

static struct track *program_track(struct pf *pf, uint64_t guest, uint64_t program)
{
	char name[40];

	snprintf(name, sizeof(name), "program %llu", (unsigned long long)program);
	return track_get(pf->tracks, guest, TRACK_PROGRAM, program, name);
}

/* guest and program are the first two fields of all of them */
static void program(struct pf *pf, struct export_type *t, const struct trace_record *record)
{
	const struct trace_rec_program_start *start = record->rec;
	const struct trace_rec_program_phase *phase = record->rec;
	struct track *track = program_track(pf, start->guest, start->program);
	struct pf_event event;
	char name[200];

	switch (record->id) {
	case TRACE_ID_program_start:
		close_slices(pf, record->time, track, 0);
		open_slice(pf, record->time, track, start->name);
		break;
	case TRACE_ID_program_phase:
		close_slices(pf, record->time, track, 1);
		snprintf(name, sizeof(name), "%.150s %llu", phase->phase,
			 (unsigned long long)phase->iteration);
		if (!track->open)	/* it began before what is exported */
			open_slice(pf, record->time, track, "program");
		open_slice(pf, record->time, track, name);
		break;
	default:
		event = event_of(pf, t, record, record->time, EVENT_INSTANT, track);
		flows_event(pf->flows, &event);
		close_slices(pf, record->time, track, 0);
		break;
	}
}

static void command(struct pf *pf, struct export_type *t, const struct trace_record *record)
{
	const struct trace_rec_command *declared = record->rec;
	struct track *track;
	struct pf_event event;
	char name[200];

	/* guest and command are the first two fields of all of them */
	snprintf(name, sizeof(name), "command %llu%s%.150s",
		 (unsigned long long)declared->command,
		 record->id == TRACE_ID_command ? ": " : "",
		 record->id == TRACE_ID_command ? declared->name : "");
	track = track_get(pf->tracks, declared->guest, TRACK_COMMAND, declared->command, name);
	if (record->id == TRACE_ID_command_start) {
		close_slices(pf, record->time, track, 0);
		open_slice(pf, record->time, track, "command");
	}
	event = event_of(pf, t, record, record->time, EVENT_INSTANT, track);
	flows_event(pf->flows, &event);
	if (record->id == TRACE_ID_command_end)
		close_slices(pf, record->time, track, 0);
}

static unsigned int fault_lanes(struct pf *pf, uint64_t guest)
{
	uint64_t vcpus = track_process(pf->tracks, guest, NULL)->value;

	return vcpus < 1 ? 1 : vcpus > FAULT_LANES_MAX ? FAULT_LANES_MAX : vcpus;
}

static void fault(struct pf *pf, struct export_type *t, const struct trace_record *record)
{
	const struct trace_rec_ept_fault *rec = record->rec;
	uint64_t begin = record->time - (rec->latency < record->time ? rec->latency : record->time);
	/* As many tasks as there are may wait at the same time. */
	unsigned int lanes = rec->wait == TRACE_WAIT_TASK ? FAULT_LANES_MAX :
							    fault_lanes(pf, rec->guest);
	struct track *track = track_lane(pf->tracks, rec->guest, TRACK_FAULTS, 0, "EPT faults",
					 lanes, begin);
	struct pf_event event;

	if (!track) {
		track = track_next_lane(pf->tracks, rec->guest, TRACK_FAULTS, 0, "EPT faults",
					lanes);
		begin = track->end;
	}
	event = event_of(pf, t, record, begin, EVENT_BEGIN, track);
	event_flow(&event, FLOW_JOIN, rec->id);
	event_flow(&event, FLOW_JOIN, flows_frames_back(pf->flows, rec->guest, rec->gfn, rec->nr));
	slice(pf, &event, track, rec->latency);
}

/* Pages of one read-ahead come at the same time, as many lanes as there are of them. */
static void swap_in_page(struct pf *pf, struct export_type *t, const struct trace_record *record)
{
	const struct trace_rec_swap_in_page *rec = record->rec;
	uint64_t begin = record->time - rec->latency;
	struct track *track = NULL;
	struct pf_event event;

	if (rec->latency && rec->latency <= record->time)
		track = track_lane(pf->tracks, rec->guest, TRACK_SWAP_READS, 0, "pages from swap",
				   READ_LANES, begin);
	if (track) {
		event = event_of(pf, t, record, begin, EVENT_BEGIN, track);
		slice(pf, &event, track, rec->latency);
	} else {
		event = instant(pf, t, record, TRACK_SWAP_PAGES, "pages to swap and back");
		flows_event(pf->flows, &event);
	}
}

/* Requests */

static struct open_request *find_request(struct pf *pf, uint64_t id)
{
	struct open_request *r = &pf->requests[id & (REQUESTS - 1)];

	return id && r->id == id ? r : NULL;
}

static void request(struct pf *pf, struct export_type *t, const struct trace_record *record)
{
	const struct trace_rec_request *rec = record->rec;
	struct pf_event event = instant(pf, t, record, TRACK_DRIVER, "driver");
	struct open_request *r = &pf->requests[rec->id & (REQUESTS - 1)];

	event_flow(&event, FLOW_JOIN, rec->cause);
	event_flow(&event, FLOW_LINK, rec->id);
	flows_event(pf->flows, &event);
	*r = (struct open_request){ .id = rec->id, .guest = rec->guest, .queue = rec->queue };
	snprintf(r->device, sizeof(r->device), "%s", rec->device);
}

/* Something was done for a request: its answer has begun. */
static void answer_begins(struct pf *pf, uint64_t id, uint64_t time)
{
	struct open_request *r = find_request(pf, id);

	if (r && !r->answer)
		r->answer = time;
}

/* What all types that are answers have. */
struct answer {
	uint64_t guest, id, waited, took;
	const char *thread;
};

#define ANSWER(r) ((struct answer){ (r)->guest, (r)->id, (r)->waited, (r)->took, (r)->thread })

static struct answer answer_of(const struct trace_record *record)
{
	switch (record->id) {
	case TRACE_ID_report_request:
		return ANSWER((const struct trace_rec_report_request *)record->rec);
	case TRACE_ID_hint:
		return ANSWER((const struct trace_rec_hint *)record->rec);
	case TRACE_ID_inflate:
		return ANSWER((const struct trace_rec_inflate *)record->rec);
	default:
		return ANSWER((const struct trace_rec_deflate *)record->rec);
	}
}

static void waited(struct pf *pf, const struct open_request *r, uint64_t begin, uint64_t length)
{
	struct track *track;
	char name[80];

	if (!length || length > begin)
		return;
	snprintf(name, sizeof(name), "waiting: %s queue %llu", r->device,
		 (unsigned long long)r->queue);
	track = track_lane(pf->tracks, r->guest, TRACK_QUEUE, track_text(name), name, QUEUE_LANES,
			   begin - length);
	if (!track)
		return;
	plain(pf, begin - length, EVENT_BEGIN, track, "waited");
	track->end = begin;
	plain(pf, begin, EVENT_END, track, NULL);
}

static void answer(struct pf *pf, struct export_type *t, const struct trace_record *record)
{
	struct answer a = answer_of(record);
	struct open_request *r = find_request(pf, a.id);
	uint64_t begin = r && r->answer ? r->answer : record->time;
	const char *thread = a.thread && a.thread[0] ? a.thread : "VMM";
	struct track *track = track_get(pf->tracks, a.guest, TRACK_THREAD, track_text(thread),
					thread);
	struct pf_event event;

	if (begin < track->end)
		begin = track->end;
	if (r) {
		waited(pf, r, begin, a.waited);
		r->id = 0;
	}
	event = event_of(pf, t, record, begin, EVENT_BEGIN, track);
	event_flow(&event, FLOW_JOIN, a.id);
	slice(pf, &event, track, a.took);
}

/* Other causes and effects */

static void chain(struct pf *pf, struct export_type *t, const struct trace_record *record)
{
	const struct trace_rec_isolate *isolate = record->rec;
	const struct trace_rec_kick *kick = record->rec;
	const struct trace_rec_reclaim *reclaim = record->rec;
	const struct trace_rec_balloon_target *target = record->rec;
	struct pf_event event;

	if (record->id == TRACE_ID_isolate) {
		event = instant(pf, t, record, TRACK_DRIVER, "driver");
		event_flow(&event, FLOW_FIRST, isolate->id);
	} else if (record->id == TRACE_ID_kick) {
		event = instant(pf, t, record, TRACK_DRIVER, "driver");
		event_flow(&event, FLOW_JOIN, kick->cause);
	} else if (record->id == TRACE_ID_reclaim) {
		event = instant(pf, t, record, TRACK_RECLAIM, "reclaim");
		event_flow(&event, FLOW_LINK, reclaim->cause);
		event_flow(&event, FLOW_LINK, reclaim->id);
	} else {
		event = instant(pf, t, record, TRACK_DRIVER, "driver");
		event_flow(&event, FLOW_FIRST, target->id);
	}
	flows_event(pf->flows, &event);
}

static void discard(struct pf *pf, struct export_type *t, const struct trace_record *record)
{
	const struct trace_rec_discard *rec = record->rec;
	struct pf_event event = instant(pf, t, record, TRACK_DISCARDS, "discards");
	uint64_t flow = flows_number(pf->flows);

	answer_begins(pf, rec->cause, record->time);
	event_flow(&event, FLOW_JOIN, rec->cause);
	event_flow(&event, FLOW_LINK, flow);
	flows_event(pf->flows, &event);
	flows_take_frames(pf->flows, rec->guest, rec->gfn, rec->nr, flow);
}

/* swap_out and swap_in have the same fields. */
static void swap(struct pf *pf, struct export_type *t, const struct trace_record *record)
{
	const struct trace_rec_swap_out *rec = record->rec;
	struct pf_event event = instant(pf, t, record, TRACK_SWAP, "host swap");
	bool out = record->id == TRACE_ID_swap_out;
	uint64_t flow = out ? flows_number(pf->flows) :
		flows_frames_back(pf->flows, rec->guest, rec->gfn, rec->nr);

	event_flow(&event, FLOW_LINK, rec->cause);
	event_flow(&event, out ? FLOW_LINK : FLOW_JOIN, flow);
	flows_event(pf->flows, &event);
	if (out)
		flows_take_frames(pf->flows, rec->guest, rec->gfn, rec->nr, flow);
}

static void declare_guest(struct pf *pf, const struct trace_rec_guest *rec)
{
	struct track *track = track_process(pf->tracks, rec->guest, rec->name);

	track->value = rec->vcpus;
}

/* Records that become instants on a track of their own kind. */
static void other(struct pf *pf, struct export_type *t, const struct trace_record *record)
{
	struct pf_event event;

	switch (record->id) {
	case TRACE_ID_alloc_block:
	case TRACE_ID_free_block:
	case TRACE_ID_merge_block:
	case TRACE_ID_putback:
		event = instant(pf, t, record, TRACK_ALLOCATOR, "page allocator");
		break;
	case TRACE_ID_ept:
		event = instant(pf, t, record, TRACK_EPT, "other changes of the EPT");
		break;
	case TRACE_ID_swap_out_page:
		event = instant(pf, t, record, TRACK_SWAP_PAGES, "pages to swap and back");
		break;
	case TRACE_ID_named:
		answer_begins(pf, ((const struct trace_rec_named *)record->rec)->cause,
			      record->time);
		event = instant(pf, t, record, TRACK_DISCARDS, "discards");
		break;
	default:
		event = instant(pf, t, record, TRACK_EVENTS, "events");
		break;
	}
	packet_event(&pf->out, event.time, event.body, event.end - event.body, NULL, 0);
}

static void pf_record(struct export *e, struct export_type *t, const struct trace_record *record)
{
	const struct trace_rec_balloon_target *target = record->rec;
	struct pf *pf = e->own;

	switch (record->id) {
	case TRACE_ID_guest:
		declare_guest(pf, record->rec);
		other(pf, t, record);
		break;
	case TRACE_ID_site:
		site(pf, record->rec);
		break;
	case TRACE_ID_program_start:
	case TRACE_ID_program_phase:
	case TRACE_ID_program_end:
	case TRACE_ID_program_killed:
	case TRACE_ID_program_cut:
		program(pf, t, record);
		break;
	case TRACE_ID_command:
	case TRACE_ID_command_start:
	case TRACE_ID_command_end:
		command(pf, t, record);
		break;
	case TRACE_ID_guest_sample:
	case TRACE_ID_host_sample:
		sample(pf, t, record, "");
		break;
	case TRACE_ID_memory_sample:
		sample(pf, t, record, "memory: ");
		break;
	case TRACE_ID_cpu_sample:
		sample(pf, t, record, "CPU: ");
		break;
	case TRACE_ID_swap_sample:
		sample(pf, t, record, "swap: ");
		break;
	case TRACE_ID_disk_queue:
		sample(pf, t, record, "disks: ");
		break;
	case TRACE_ID_psi_sample:
		sample(pf, t, record, "pressure: ");
		break;
	case TRACE_ID_ept_fault:
		fault(pf, t, record);
		break;
	case TRACE_ID_swap_in_page:
		swap_in_page(pf, t, record);
		break;
	case TRACE_ID_request:
		request(pf, t, record);
		break;
	case TRACE_ID_report_request:
	case TRACE_ID_hint:
	case TRACE_ID_inflate:
	case TRACE_ID_deflate:
		answer(pf, t, record);
		break;
	case TRACE_ID_balloon_target:
		count(pf, record->time, guest_of(t, record), t->number * 64, "balloon target",
		      UNIT_BYTES, target->pages * TRACE_PAGE_SIZE);
		chain(pf, t, record);
		break;
	case TRACE_ID_kick:
	case TRACE_ID_isolate:
	case TRACE_ID_reclaim:
		chain(pf, t, record);
		break;
	case TRACE_ID_discard:
		discard(pf, t, record);
		break;
	case TRACE_ID_swap_out:
	case TRACE_ID_swap_in:
		swap(pf, t, record);
		break;
	default:
		other(pf, t, record);
		break;
	}
}

static void pf_finish(struct export *e)
{
	struct pf *pf = e->own;

	flows_free(pf->flows);
	tracks_free(pf->tracks);
	out_free(&pf->out);
	for (unsigned int i = 0; i < e->nr_types; i++)
		host_free(e->types[i].own);
	host_free(pf->requests);
	host_free(pf->body);
	host_free(pf);
}

const struct export_ops export_perfetto = {
	.start = pf_start, .record = pf_record, .finish = pf_finish,
};
