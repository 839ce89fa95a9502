// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parts of a trace, in their order, become an index: counters go on from part to part, the node
 * that a part left open ends where the next has a sample, and all nodes together are folded to
 * what they may take.
 */
#include <stdlib.h>
#include <string.h>

#include "hostmem.h"
#include "index_internal.h"

#define PROGRAMS_MAX 4096	/* of a guest, whose names are remembered */

struct assembly {
	const struct index_start *start;
	struct index_chunk *const *chunk;
	unsigned int nr_chunks;
	bool take;			/* the parts' nodes are given up */
	uint64_t end;
	struct index_texts texts;
	struct index_grow *grow;	/* [guest or host][series] */
	uint64_t nr_grow;
	struct trace_index *index;
};

static void raise_node(struct index_node *n, uint64_t offset)
{
	n->min += offset;
	n->max += offset;
}

static void append_nodes(struct index_grow *out, struct index_grow *g, bool take)
{
	if (take && !out->nr) {
		host_free(out->node);
		out->node = g->node;
		out->nr = g->nr;
		out->size = g->size;
		g->node = NULL;
	} else {
		if (out->nr + g->nr > out->size) {
			out->size = out->nr + g->nr;
			out->node = host_realloc(out->node, out->size * sizeof(*out->node));
		}
		if (g->nr)
			memcpy(out->node + out->nr, g->node, g->nr * sizeof(*g->node));
		out->nr += g->nr;
	}
	if (take) {
		host_free(g->node);
		g->node = NULL;
		g->nr = g->size = 0;
	}
}

/* What @g has goes behind @out; its open node stays open. */
static void append_series(struct index_grow *out, struct index_grow *g, bool amount, bool take)
{
	uint64_t offset = amount && (out->nr || out->samples) ? out->last : 0;
	uint32_t nr = g->nr;

	if (!nr && !g->samples)
		return;
	index_grow_close(out, nr ? g->node[0].time : g->start);
	append_nodes(out, g, take);
	for (uint32_t i = out->nr - nr; offset && i < out->nr; i++)
		raise_node(&out->node[i], offset);
	if (g->fold > out->fold)
		out->fold = g->fold;
	out->samples = g->samples;
	out->start = g->start;
	out->time = g->time;
	out->min = g->min + offset;
	out->max = g->max + offset;
	out->last = g->last + offset;
	out->area = g->area + (unsigned __int128)offset * (g->time - g->start);
}

static void join_series(struct assembly *a)
{
	uint64_t guests = a->start->nr_guests + 1;

	a->nr_grow = guests * NR_INDEX_SERIES;
	a->grow = host_alloc(a->nr_grow * sizeof(*a->grow));
	for (unsigned int c = 0; c < a->nr_chunks; c++) {
		for (uint64_t g = 0; g < guests; g++) {
			struct index_grow *from = a->chunk[c]->series[g];

			for (unsigned int i = 0; from && i < NR_INDEX_SERIES; i++)
				append_series(&a->grow[g * NR_INDEX_SERIES + i], &from[i],
					      index_is_added(index_defs[i].kind), a->take);
		}
	}
	for (uint64_t i = 0; i < a->nr_grow; i++)
		index_grow_close(&a->grow[i], a->end);
}

/* The same limit for all series, so that short ones stay whole. */
static void fold_series(struct assembly *a, uint64_t nodes_max)
{
	uint32_t cap = UINT32_C(1) << 30;
	uint64_t nodes;

	do {
		nodes = 0;
		cap /= 2;
		for (uint64_t i = 0; i < a->nr_grow; i++)
			nodes += a->grow[i].nr < cap ? a->grow[i].nr : cap;
	} while (cap > 4 && nodes + nodes / (INDEX_FAN - 1) > nodes_max);
	for (uint64_t i = 0; i < a->nr_grow; i++) {
		index_grow_fold(&a->grow[i], cap, a->end);
		index_grow_fit(&a->grow[i]);
	}
}

static uint64_t node_end(const struct index_node *node, uint64_t nr, uint64_t i, uint64_t end)
{
	return i + 1 < nr ? node[i + 1].time : end;
}

/* The next level of a series; returns how many nodes it has. */
static uint64_t next_level(const struct index_node *from, uint64_t nr, uint64_t end,
			   struct index_node *to)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < nr; i += INDEX_FAN) {
		struct index_node join = from[i];
		uint64_t ns = node_end(from, nr, i, end) - from[i].time;

		for (uint64_t k = i + 1; k < i + INDEX_FAN && k < nr; k++) {
			uint64_t more = node_end(from, nr, k, end) - from[k].time;

			join = index_node_join(&join, ns, &from[k], more);
			ns += more;
		}
		to[n++] = join;
	}
	return n;
}

uint64_t index_count_nodes(uint64_t nr)
{
	uint64_t sum = nr;

	for (unsigned int l = 1; l < INDEX_LEVELS && nr > INDEX_FAN; l++) {
		nr = (nr + INDEX_FAN - 1) / INDEX_FAN;
		sum += nr;
	}
	return sum;
}

static void lay_out_series(struct index_row *row, const struct index_grow *g, uint64_t end,
			   struct index_node *nodes, uint64_t *used)
{
	uint64_t nr = g->nr, first = *used;

	row->end = end;
	row->first = first;
	row->nr = nr;
	memcpy(nodes + first, g->node, nr * sizeof(*nodes));
	for (unsigned int l = 1; l < INDEX_LEVELS && nr > INDEX_FAN; l++) {
		uint64_t next = next_level(nodes + first, nr, end, nodes + first + nr);

		first += nr;
		nr = next;
	}
	*used = first + nr;
}

static void put_section(struct trace_index *index, enum index_section_id id, uint64_t nr,
			uint64_t size)
{
	index->head.section[id] = (struct index_section){ .nr = nr, .size = size };
}

static void lay_out(struct assembly *a)
{
	struct index_row *rows;
	struct index_node *nodes;
	uint64_t nr_series = 0, nr_nodes = 0, used = 0, at = 0;

	for (uint64_t i = 0; i < a->nr_grow; i++) {
		nr_series += a->grow[i].nr > 0;
		nr_nodes += index_count_nodes(a->grow[i].nr);
	}
	rows = host_alloc(nr_series * sizeof(*rows));
	nodes = host_alloc(nr_nodes * sizeof(*nodes));
	for (uint64_t i = 0; i < a->nr_grow; i++) {
		const struct index_def *def = &index_defs[i % NR_INDEX_SERIES];
		uint64_t guest = i / NR_INDEX_SERIES;

		if (!a->grow[i].nr)
			continue;
		rows[at] = (struct index_row){
			.id = i % NR_INDEX_SERIES,
			.guest = guest < a->start->nr_guests ? guest : INDEX_HOST,
			.name = index_intern(&a->texts, def->name),
			.unit = def->unit,
			.counter = def->kind == INDEX_SINCE ? INDEX_TOTAL :
				   index_is_counter(def->kind) ? def->kind : 0,
			.folded = a->grow[i].fold > 1,
		};
		lay_out_series(&rows[at++], &a->grow[i], a->end, nodes, &used);
		host_free(a->grow[i].node);
		a->grow[i].node = NULL;
	}
	a->index->rows = rows;
	a->index->nodes = nodes;
	put_section(a->index, INDEX_ROWS, nr_series, sizeof(*rows));
	put_section(a->index, INDEX_NODES, used, sizeof(*nodes));
}

/* Marks say the names of what they are about, wherever in the trace they are. */
static void name_mark(struct assembly *a, struct index_mark *mark, uint32_t **programs)
{
	uint32_t **of = mark->guest == INDEX_HOST ? NULL : &programs[mark->guest];

	if (mark->kind == INDEX_MARK_COMMAND_START || mark->kind == INDEX_MARK_COMMAND_END) {
		if (mark->number < a->start->nr_commands)
			mark->name = a->start->commands[mark->number];
		return;
	}
	if (!of || mark->number >= PROGRAMS_MAX)
		return;
	if (!*of)
		*of = host_alloc(PROGRAMS_MAX * sizeof(**of));
	if (mark->kind == INDEX_MARK_PROGRAM_START)
		(*of)[mark->number] = mark->text;
	if (mark->kind >= INDEX_MARK_PROGRAM_START && mark->kind <= INDEX_MARK_PROGRAM_KILLED)
		mark->name = (*of)[mark->number];
}

static void join_marks(struct assembly *a)
{
	uint32_t **programs = host_alloc((a->start->nr_guests + 1) * sizeof(*programs));
	struct index_mark *marks;
	uint64_t nr = 0, at = 0;

	for (unsigned int c = 0; c < a->nr_chunks; c++)
		nr += a->chunk[c]->nr_marks;
	marks = host_alloc(nr * sizeof(*marks));
	for (unsigned int c = 0; c < a->nr_chunks; c++) {
		const struct index_chunk *chunk = a->chunk[c];

		for (unsigned int i = 0; i < chunk->nr_marks; i++) {
			struct index_mark *mark = &marks[at++];

			*mark = chunk->marks[i];
			mark->text = chunk->texts.nr ?
				     index_intern(&a->texts, chunk->texts.bytes + mark->text) : 0;
			name_mark(a, mark, programs);
		}
		a->index->head.marks_left_out += chunk->marks_left_out;
	}
	for (unsigned int g = 0; g < a->start->nr_guests; g++)
		host_free(programs[g]);
	host_free(programs);
	a->index->marks = marks;
	put_section(a->index, INDEX_MARKS, nr, sizeof(*marks));
}

static void join_frames(struct assembly *a)
{
	struct index_frame *frames;
	uint64_t nr = 0, len = 0;
	uint8_t *bytes;

	for (unsigned int c = 0; c < a->nr_chunks; c++) {
		nr += a->chunk[c]->nr_frames;
		len += a->chunk[c]->frame_len;
	}
	frames = host_alloc(nr * sizeof(*frames));
	bytes = host_alloc(len);
	nr = len = 0;
	for (unsigned int c = 0; c < a->nr_chunks; c++) {
		for (unsigned int i = 0; i < a->chunk[c]->nr_frames; i++) {
			frames[nr] = a->chunk[c]->frames[i];
			frames[nr++].offset += len;
		}
		if (a->chunk[c]->frame_len)
			memcpy(bytes + len, a->chunk[c]->frame_bytes, a->chunk[c]->frame_len);
		len += a->chunk[c]->frame_len;
	}
	a->index->frames = frames;
	a->index->frame_bytes = bytes;
	put_section(a->index, INDEX_FRAMES, nr, sizeof(*frames));
	put_section(a->index, INDEX_FRAME_BYTES, len, 1);
}

static void *copy(const void *from, uint64_t nr, size_t size)
{
	void *to = host_alloc(nr * size);

	if (nr)
		memcpy(to, from, nr * size);
	return to;
}

static void finish(struct assembly *a, const struct index_block *blocks, uint64_t nr_blocks)
{
	struct trace_index *index = a->index;
	const struct index_chunk *last = a->chunk[a->nr_chunks - 1];

	for (unsigned int c = 0; c < a->nr_chunks; c++) {
		const struct index_chunk *chunk = a->chunk[c];

		if (chunk->ended) {
			index->head.ended = 1;
			index->head.result = chunk->result;
			index->head.end_text = index_intern(
				&a->texts,
				chunk->texts.nr ? chunk->texts.bytes + chunk->end_text : "");
		}
	}
	index->head.records = last->records;
	index->head.time = a->end;
	index->head.damage = index_intern(&a->texts, last->damage ? last->damage : "");
	index->blocks = copy(blocks, nr_blocks, sizeof(*blocks));
	put_section(index, INDEX_BLOCKS, nr_blocks, sizeof(*blocks));
	index->guests = copy(a->start->guests, a->start->nr_guests, sizeof(*a->start->guests));
	put_section(index, INDEX_GUESTS, a->start->nr_guests, sizeof(*a->start->guests));
	index_intern(&a->texts, "");
	index->texts = a->texts.bytes;
	put_section(index, INDEX_TEXTS, a->texts.nr, 1);
	host_free(a->texts.slot);
}

/* Texts keep their numbers. */
static void copy_texts(struct index_texts *to, const struct index_texts *from)
{
	*to = (struct index_texts){ 0 };
	for (uint32_t at = 1; at < from->nr; at += strlen(from->bytes + at) + 1)
		index_intern(to, from->bytes + at);
}

struct trace_index *index_assemble(const struct index_start *start,
				   struct index_chunk *const *chunk, unsigned int nr_chunks,
				   const struct index_block *blocks, uint64_t nr_blocks,
				   uint64_t nodes_max, bool take)
{
	struct assembly a = {
		.start = start,
		.chunk = chunk,
		.nr_chunks = nr_chunks,
		.take = take,
		.end = chunk[nr_chunks - 1]->time,
		.index = host_alloc(sizeof(*a.index)),
	};

	a.index->head = start->head;
	copy_texts(&a.texts, &start->texts);
	join_series(&a);
	fold_series(&a, nodes_max);
	lay_out(&a);
	join_marks(&a);
	join_frames(&a);
	finish(&a, blocks, nr_blocks);
	host_free(a.grow);
	index_tie(a.index);
	return a.index;
}
