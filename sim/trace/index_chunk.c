// SPDX-License-Identifier: GPL-2.0-only
/*
 * A part of a trace becomes series and marks.  Nothing of the parts before it is needed, so parts
 * are read side by side: counters start at 0 in each, and marks have numbers where an earlier part
 * has the name; index_assemble.c puts that right.  What the first records declare (guests,
 * commands) is read beforehand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "hostmem.h"
#include "index_internal.h"

#define MARKS_MAX 65536		/* of a part */
#define MARK_TEXT_MAX 400	/* bytes */
#define FRAME_RECORDS 50000 	/* from one key frame of pages to the next, at least */
#define FRAME_SHARE 50		/* bytes of a trace are as many times as its frames' */
#define CAP_MAX 65536		/* nodes of a series */
#define START_RECORDS_MAX 200000
#define GUESTS_MAX 10000	/* as many as a scenario may have */

#define SLOT_LEVEL(record, field) (int)(offsetof(struct trace_rec_##record, field) / 8)
#define SLOT_TOTAL SLOT_LEVEL
#define SLOT_AMOUNT SLOT_LEVEL
#define SLOT_SINCE SLOT_LEVEL
#define SLOT_DERIVED(record, field) -1

const struct index_def index_defs[NR_INDEX_SERIES] = {
#define SERIES(rec, n, field, k, u)                                                                \
	[INDEX_##n] = { #n, TRACE_ID_##rec, SLOT_##k(rec, field), INDEX_##k, INDEX_##u },
#define COUNTS(rec, n) [INDEX_##n] = { #n, TRACE_ID_##rec, -1, INDEX_AMOUNT, INDEX_COUNT },
#include "index_series.def"
};

/* The first field of what is a guest's names it. */
static bool has_guest(enum trace_id record)
{
	const struct trace_type *type = &trace_types[record];

	return type->nr_fields && type->fields[0].kind == TRACE_GUEST;
}

void index_chunk_init(struct index_chunk *chunk, const struct index_start *start,
		      uint64_t nodes_max)
{
	*chunk = (struct index_chunk){ .start = start, .nodes_max = nodes_max, .cap = CAP_MAX };
	chunk->series = host_alloc((start->nr_guests + 1) * sizeof(*chunk->series));
	if (start->head.level == TRACE_FULL)
		chunk->pages = host_alloc((start->nr_guests + 1) * sizeof(*chunk->pages));
	for (unsigned int i = 0; i < NR_INDEX_SERIES; i++) {
		struct index_route *route = &chunk->route[index_defs[i].record];

		if (route->nr < INDEX_ROUTE_MAX)
			route->id[route->nr++] = i;
		route->guest = has_guest(index_defs[i].record);
	}
}

static void free_pages(struct index_chunk *chunk, unsigned int guest)
{
	if (chunk->pages[guest])
		index_pages_free(chunk->pages[guest]);
	host_free(chunk->pages[guest]);
	chunk->pages[guest] = NULL;
}

void index_chunk_free(struct index_chunk *chunk)
{
	for (unsigned int g = 0; chunk->series && g <= chunk->start->nr_guests; g++) {
		for (unsigned int i = 0; chunk->series[g] && i < NR_INDEX_SERIES; i++)
			host_free(chunk->series[g][i].node);
		host_free(chunk->series[g]);
	}
	for (unsigned int g = 0; chunk->pages && g < chunk->start->nr_guests; g++)
		free_pages(chunk, g);
	host_free(chunk->pages);
	host_free(chunk->frames);
	host_free(chunk->frame_bytes);
	host_free(chunk->series);
	host_free(chunk->marks);
	index_texts_free(&chunk->texts);
	free(chunk->damage);
	*chunk = (struct index_chunk){ 0 };
}

/* Too many nodes: the longest series are folded. */
static void make_room(struct index_chunk *chunk)
{
	while (chunk->nodes > chunk->nodes_max && chunk->cap > 4) {
		chunk->cap /= 2;
		chunk->nodes = 0;
		for (unsigned int g = 0; g <= chunk->start->nr_guests; g++) {
			struct index_grow *grow = chunk->series[g];

			for (unsigned int i = 0; grow && i < NR_INDEX_SERIES; i++) {
				index_grow_fold(&grow[i], chunk->cap, grow[i].start);
				chunk->nodes += grow[i].nr;
			}
		}
	}
}

static void add_sample(struct index_chunk *chunk, struct index_grow *g, uint64_t time,
		       uint64_t value)
{
	if (!index_grow_add(g, time, value))
		return;
	chunk->nodes++;
	if (g->nr > chunk->cap) {
		chunk->nodes -= g->nr;
		index_grow_fold(g, chunk->cap / 2, g->start);
		chunk->nodes += g->nr;
	}
	if (chunk->nodes > chunk->nodes_max)
		make_room(chunk);
}

static uint64_t guest_used(const struct index_chunk *chunk, uint64_t guest,
			   const struct trace_rec_guest_sample *s)
{
	uint64_t memory = chunk->start->guests[guest].memory;
	uint64_t other = s->free + s->cached + s->ballooned;

	return memory > other ? memory - other : 0;
}

static void add_to(struct index_chunk *chunk, const struct trace_record *record, uint64_t guest)
{
	const struct index_route *route = &chunk->route[record->id];
	const uint64_t *slot = record->rec;
	struct index_grow *grow;

	grow = chunk->series[guest];
	if (!grow) {
		grow = host_alloc(NR_INDEX_SERIES * sizeof(*grow));
		for (unsigned int i = 0; i < NR_INDEX_SERIES; i++)
			grow[i].counter = index_is_counter(index_defs[i].kind);
		chunk->series[guest] = grow;
	}
	for (unsigned int i = 0; i < route->nr; i++) {
		const struct index_def *def = &index_defs[route->id[i]];
		struct index_grow *g = &grow[route->id[i]];
		uint64_t value = def->slot < 0 ? 1 : slot[def->slot];

		if (index_is_added(def->kind))
			value += g->samples || g->nr ? g->last : 0;
		else if (def->kind == INDEX_DERIVED)
			value = guest_used(chunk, guest, record->rec);
		add_sample(chunk, g, record->time, value);
	}
}

/* CPU time is also added up: the host has that of all guests and its own. */
static void add_series(struct index_chunk *chunk, const struct trace_record *record)
{
	uint64_t guest = *(const uint64_t *)record->rec, host = chunk->start->nr_guests;

	if (!chunk->route[record->id].guest || record->id == TRACE_ID_cpu_sample)
		add_to(chunk, record, host);
	if (chunk->route[record->id].guest && guest < host)
		add_to(chunk, record, guest);
}

/* Pages, if the trace has single ones */

static void add_pages(struct index_chunk *chunk, const struct trace_record *record)
{
	uint64_t guest = *(const uint64_t *)record->rec, memory;

	if (guest >= chunk->start->nr_guests)
		return;
	memory = chunk->start->guests[guest].memory;
	if (!memory || memory > INDEX_PAGES_MAX)
		return;
	if (!chunk->pages[guest]) {
		chunk->pages[guest] = host_alloc(sizeof(*chunk->pages[guest]));
		index_pages_init(chunk->pages[guest], memory);
	}
	index_pages_record(chunk->pages[guest], record, chunk->start->head.fine);
}

/* What has become of the pages is a key frame. */
static void pack_pages(struct index_chunk *chunk, uint64_t next_block)
{
	for (unsigned int g = 0; chunk->pages && g < chunk->start->nr_guests; g++) {
		struct index_frame *frame;
		uint8_t *bytes;
		uint64_t len;

		if (!chunk->pages[g])
			continue;
		bytes = index_pages_pack(chunk->pages[g], &len);
		frame = collect_append(&chunk->frames, &chunk->nr_frames, sizeof(*frame));
		*frame = (struct index_frame){ .time = chunk->time, .next_block = next_block,
					       .offset = chunk->frame_len, .len = len, .guest = g };
		chunk->frame_bytes = host_realloc(chunk->frame_bytes, chunk->frame_len + len);
		memcpy(chunk->frame_bytes + chunk->frame_len, bytes, len);
		chunk->frame_len += len;
		host_free(bytes);
		index_pages_clear(chunk->pages[g]);
	}
}

/* Marks */

static struct index_mark *add_mark(struct index_chunk *chunk, const struct trace_record *record,
				   enum index_mark_kind kind, uint64_t guest, const char *text)
{
	struct index_mark *mark;
	char cut[MARK_TEXT_MAX + 1];

	if (chunk->nr_marks >= MARKS_MAX) {
		chunk->marks_left_out++;
		return &chunk->nowhere;
	}
	snprintf(cut, sizeof(cut), "%s", text);
	mark = collect_append(&chunk->marks, &chunk->nr_marks, sizeof(*mark));
	*mark = (struct index_mark){
		.time = record->time,
		.guest = guest < chunk->start->nr_guests ? guest : INDEX_HOST,
		.kind = kind,
		.text = index_intern(&chunk->texts, cut),
		.record = chunk->records,
	};
	return mark;
}

static const char *value_text(const struct trace_record *record, const char *field)
{
	for (unsigned int i = 0; i < record->type->nr_fields; i++) {
		const struct trace_field *f = &record->type->fields[i];
		const char *text;

		if (f->kind != TRACE_ENUM || strcmp(f->name, field))
			continue;
		text = trace_enum_text(f, record->value[i].u);
		return text ? text : "";
	}
	return "";
}

static void mark_program(struct index_chunk *chunk, const struct trace_record *record)
{
	const struct trace_rec_program_start *start = record->rec;
	const struct trace_rec_program_phase *phase = record->rec;
	struct index_mark *mark;

	switch (record->id) {
	case TRACE_ID_program_start:
		mark = add_mark(chunk, record, INDEX_MARK_PROGRAM_START, start->guest, start->name);
		break;
	case TRACE_ID_program_phase:
		mark = add_mark(chunk, record, INDEX_MARK_PHASE, phase->guest, phase->phase);
		mark->value = phase->iteration;
		break;
	case TRACE_ID_program_killed:
		mark = add_mark(chunk, record, INDEX_MARK_PROGRAM_KILLED, start->guest,
				"killed by the guest's OOM killer");
		break;
	case TRACE_ID_program_cut:
		mark = add_mark(chunk, record, INDEX_MARK_PROGRAM_END, start->guest,
				value_text(record, "why"));
		break;
	default:
		mark = add_mark(chunk, record, INDEX_MARK_PROGRAM_END, start->guest, "ended");
		break;
	}
	mark->number = start->program;
}

static void mark_command(struct index_chunk *chunk, const struct trace_record *record)
{
	const struct trace_rec_command_start *start = record->rec;
	const struct trace_rec_command_end *end = record->rec;
	struct index_mark *mark;

	if (record->id == TRACE_ID_command_start) {
		mark = add_mark(chunk, record, INDEX_MARK_COMMAND_START, start->guest, "begins");
	} else {
		mark = add_mark(chunk, record, INDEX_MARK_COMMAND_END, start->guest,
				value_text(record, "result"));
		mark->value = end->took;
	}
	mark->number = start->command;
}

static void mark_guest(struct index_chunk *chunk, const struct trace_record *record)
{
	const struct trace_rec_balloon_target *target = record->rec;
	const struct trace_rec_guest_oom *oom = record->rec;
	const struct trace_rec_data_loss *loss = record->rec;
	uint64_t guest = *(const uint64_t *)record->rec;
	char text[64 + MARK_TEXT_MAX];

	switch (record->id) {
	case TRACE_ID_guest_start:
		add_mark(chunk, record, INDEX_MARK_GUEST_START, guest, "boots");
		break;
	case TRACE_ID_guest_end:
		add_mark(chunk, record, INDEX_MARK_GUEST_END, guest, value_text(record, "reason"));
		break;
	case TRACE_ID_balloon_target:
		add_mark(chunk, record, INDEX_MARK_TARGET, guest, "")->value = target->pages;
		break;
	case TRACE_ID_guest_oom:
		snprintf(text, sizeof(text), "victim: %.*s", MARK_TEXT_MAX,
			 *oom->victim ? oom->victim : "none");
		add_mark(chunk, record, INDEX_MARK_GUEST_OOM, guest, text)->value = oom->resident;
		break;
	case TRACE_ID_host_oom:
		add_mark(chunk, record, INDEX_MARK_HOST_OOM, guest, "the host killed its VMM");
		break;
	default:
		add_mark(chunk, record, INDEX_MARK_DATA_LOSS, guest, loss->text)->value = loss->gfn;
		break;
	}
}

static void add_marks(struct index_chunk *chunk, const struct trace_record *record)
{
	const struct trace_rec_message *message = record->rec;
	const struct trace_rec_run_end *end = record->rec;

	switch (record->id) {
	case TRACE_ID_program_start:
	case TRACE_ID_program_phase:
	case TRACE_ID_program_end:
	case TRACE_ID_program_killed:
	case TRACE_ID_program_cut:
		mark_program(chunk, record);
		break;
	case TRACE_ID_command_start:
	case TRACE_ID_command_end:
		mark_command(chunk, record);
		break;
	case TRACE_ID_guest_start:
	case TRACE_ID_guest_end:
	case TRACE_ID_balloon_target:
	case TRACE_ID_guest_oom:
	case TRACE_ID_host_oom:
	case TRACE_ID_data_loss:
		mark_guest(chunk, record);
		break;
	case TRACE_ID_message:
		if (message->severity >= TRACE_WARNING)
			add_mark(chunk, record, INDEX_MARK_MESSAGE, message->guest, message->text);
		break;
	case TRACE_ID_run_end:
		chunk->ended = true;
		chunk->result = end->result;
		chunk->end_text = index_intern(&chunk->texts, end->text);
		add_mark(chunk, record, INDEX_MARK_RUN_END, TRACE_HOST,
			 value_text(record, "result"))->value = end->events;
		break;
	default:
		break;
	}
}

static bool route_pages(enum trace_id id)
{
	const uint64_t of =
		UINT64_C(1) << TRACE_ID_alloc_block | UINT64_C(1) << TRACE_ID_free_block |
		UINT64_C(1) << TRACE_ID_merge_block | UINT64_C(1) << TRACE_ID_isolate |
		UINT64_C(1) << TRACE_ID_putback | UINT64_C(1) << TRACE_ID_request |
		UINT64_C(1) << TRACE_ID_named | UINT64_C(1) << TRACE_ID_ept |
		UINT64_C(1) << TRACE_ID_ept_fault | UINT64_C(1) << TRACE_ID_discard |
		UINT64_C(1) << TRACE_ID_swap_out_page | UINT64_C(1) << TRACE_ID_swap_in_page |
		UINT64_C(1) << TRACE_ID_swap_out | UINT64_C(1) << TRACE_ID_swap_in;

	return id < 64 && of >> id & 1;
}

/*
 * Another key frame where blocks meet, so that reading on from one is short; but frames take a
 * small part of what the trace does.
 */
static void pack_between(struct index_chunk *chunk, const struct index_block *block,
			 struct trace_place *last, uint64_t number)
{
	uint64_t len = chunk->frame_len;

	if (!chunk->pages || block->place.records - last->records < FRAME_RECORDS ||
	    block->place.offset - last->offset < FRAME_SHARE * chunk->last_len)
		return;
	pack_pages(chunk, number);
	chunk->last_len = chunk->frame_len - len;
	*last = block->place;
}

static void fit_series(struct index_chunk *chunk)
{
	for (unsigned int g = 0; g <= chunk->start->nr_guests; g++)
		for (unsigned int i = 0; chunk->series[g] && i < NR_INDEX_SERIES; i++)
			index_grow_fit(&chunk->series[g][i]);
}

void index_chunk_read(struct index_chunk *chunk, struct trace_reader *r,
		      struct index_block *blocks, uint64_t nr_blocks, uint64_t next_block,
		      void (*progress)(void *data), void *data)
{
	uint64_t at = 0, end = blocks[nr_blocks].place.records;
	struct trace_place last_frame = blocks[0].place;
	struct trace_record record;
	const char *damage;

	trace_reader_go(r, &blocks[0].place);
	chunk->time = blocks[0].time;
	while ((!end || trace_reader_records(r) < end) && trace_reader_next(r, &record)) {
		uint64_t number = trace_reader_records(r) - 1;

		if (end && number >= end)
			break;	/* what it went over could not be decoded */
		while (at + 1 < nr_blocks && number >= blocks[at + 1].place.records) {
			at++;
			pack_between(chunk, &blocks[at], &last_frame, next_block - nr_blocks + at);
			if (progress)
				progress(data);
		}
		chunk->records = number;
		chunk->time = record.time;
		if (!record.id)
			continue;
		blocks[at].types |= index_type_bit(record.id);
		if (chunk->route[record.id].nr)
			add_series(chunk, &record);
		add_marks(chunk, &record);
		if (chunk->pages && route_pages(record.id))
			add_pages(chunk, &record);
	}
	pack_pages(chunk, next_block);
	for (unsigned int g = 0; chunk->pages && g < chunk->start->nr_guests; g++)
		free_pages(chunk, g);
	fit_series(chunk);
	damage = trace_reader_damage(r);
	chunk->records = end && !damage ? end : trace_reader_records(r);
	if (damage)
		chunk->damage = collect_copy(damage);
}

/* The list of series, and how structures are laid out, as a number. */
uint32_t index_layout(void)
{
	uint64_t digest = sizeof(struct index_head) ^ sizeof(struct index_row) << 16;

	for (unsigned int i = 0; i < NR_INDEX_SERIES; i++) {
		for (const char *s = index_defs[i].name; *s; s++)
			digest = (digest ^ (uint8_t)*s) * UINT64_C(1099511628211);
		digest ^= index_defs[i].kind << 4 | index_defs[i].unit;
		digest *= UINT64_C(1099511628211);
	}
	return digest ^ digest >> 32;
}

/* The first records */

static void start_guest(struct index_start *start, const struct trace_rec_guest *g)
{
	if (g->guest >= GUESTS_MAX)
		return;
	while (start->nr_guests <= g->guest)
		collect_append(&start->guests, &start->nr_guests, sizeof(*start->guests));
	start->guests[g->guest] = (struct index_guest){
		.name = index_intern(&start->texts, g->name),
		.mechanism = index_intern(&start->texts, g->mechanism),
		.memory = g->memory,
		.vcpus = g->vcpus,
	};
}

static void start_record(struct index_start *start, const struct trace_record *record)
{
	const struct trace_rec_run *run = record->rec;
	const struct trace_rec_machine *machine = record->rec;
	const struct trace_rec_command *command = record->rec;
	struct index_head *head = &start->head;

	switch (record->id) {
	case TRACE_ID_run:
		head->scenario = index_intern(&start->texts, run->scenario);
		head->program_version = index_intern(&start->texts, run->version);
		head->seed = run->seed;
		head->level = run->level;
		head->world = run->world;
		break;
	case TRACE_ID_machine:
		head->cpus = machine->cpus;
		head->frames = machine->frames;
		head->swap = machine->swap;
		head->wmark_low = machine->wmark_low;
		head->swap_model = index_intern(&start->texts, machine->swap_model);
		break;
	case TRACE_ID_guest:
		start_guest(start, record->rec);
		break;
	case TRACE_ID_command:
		while (start->nr_commands <= command->command && command->command < GUESTS_MAX)
			collect_append(&start->commands, &start->nr_commands,
				       sizeof(*start->commands));
		if (command->command < GUESTS_MAX)
			start->commands[command->command] =
				index_intern(&start->texts, command->name);
		break;
	default:
		break;
	}
}

void index_start_read(struct index_start *start, struct trace_reader *r)
{
	char overrides[2000] = "";
	struct trace_record record;
	size_t at = 0;

	while (trace_reader_records(r) < START_RECORDS_MAX && trace_reader_next(r, &record)) {
		const struct trace_rec_override *override = record.rec;

		if (record.time || record.id == TRACE_ID_guest_sample)
			break;
		if (record.id == TRACE_ID_override && at < sizeof(overrides))
			at += snprintf(overrides + at, sizeof(overrides) - at, "%s%s",
				       at ? ", " : "", override->text);
		else if (record.id)
			start_record(start, &record);
	}
	start->head.fine = trace_reader_has(r, TRACE_ID_ept);
	start->head.overrides = index_intern(&start->texts, overrides);
}

void index_start_free(struct index_start *start)
{
	index_texts_free(&start->texts);
	host_free(start->guests);
	host_free(start->commands);
	*start = (struct index_start){ 0 };
}
