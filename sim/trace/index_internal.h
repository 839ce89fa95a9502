/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the index: index_grow.c (one series that grows), index_chunk.c (a part of a
 * trace), index_assemble.c (parts to an index), index_build.c (parts on all CPUs), index_file.c
 * and index_query.c.
 */
#ifndef BALLAST_TRACE_INDEX_INTERNAL_H
#define BALLAST_TRACE_INDEX_INTERNAL_H

#include "index.h"
#include "index_pages.h"

#define INDEX_PAGES_MAX (UINT64_C(1) << 28)	/* pages of a guest whose states are followed */

struct index_def {
	const char *name;
	enum trace_id record;
	int slot;		/* of the field; -1: each record counts as one */
	enum index_kind kind;
	enum index_unit unit;
};

extern const struct index_def index_defs[NR_INDEX_SERIES];
static inline bool index_is_counter(enum index_kind kind)
{
	return kind == INDEX_TOTAL || kind == INDEX_AMOUNT || kind == INDEX_SINCE;
}

static inline bool index_is_added(enum index_kind kind)
{
	return kind == INDEX_AMOUNT || kind == INDEX_SINCE;
}

/* Texts, each once; number 0 is "". */
struct index_texts {
	char *bytes;
	uint32_t nr, size;	/* bytes */
	uint32_t *slot;		/* hash: number of a text, 0 is empty */
	uint32_t nr_slots, used;
};

uint32_t index_intern(struct index_texts *texts, const char *s);
void index_texts_free(struct index_texts *texts);

/* A series that grows; all zero is a valid empty one. */
struct index_grow {
	struct index_node *node;
	uint32_t nr, size, fold;	/* fold: samples a node */
	bool counter;			/* what it adds, it adds where a node begins */
	/* the node that is not closed yet */
	uint32_t samples;
	uint64_t start, time, min, max, last;
	unsigned __int128 area;		/* up to time */
};

/* Returns whether a node was closed. */
bool index_grow_add(struct index_grow *g, uint64_t time, uint64_t value);
/* Close the open node at @time and forget that there was one. */
void index_grow_close(struct index_grow *g, uint64_t time);
/* Join pairs of nodes until there are at most @cap; @end is the last one's. */
void index_grow_fold(struct index_grow *g, uint32_t cap, uint64_t end);
/* Back to the memory that is in use: it grew by doubling, and is too large where it was folded. */
void index_grow_fit(struct index_grow *g);
uint64_t index_node_mean(const struct index_node *n);
uint64_t index_node_last(const struct index_node *n);
struct index_node index_node_join(const struct index_node *a, uint64_t a_ns,
				  const struct index_node *b, uint64_t b_ns);

/* What the first records say, all of them of time 0. */
struct index_start {
	struct index_head head;
	struct index_texts texts;
	struct index_guest *guests;
	unsigned int nr_guests;
	uint32_t *commands;		/* names */
	unsigned int nr_commands;
};

void index_start_read(struct index_start *start, struct trace_reader *r);
void index_start_free(struct index_start *start);

/* The series that a record adds to. */
#define INDEX_ROUTE_MAX 24
struct index_route {
	uint8_t nr, id[INDEX_ROUTE_MAX];
	bool guest;		/* else the host */
};

/* A part of a trace. */
struct index_chunk {
	const struct index_start *start;
	struct index_grow **series;	/* [guest, the host at the end]: NR_INDEX_SERIES, or NULL */
	uint64_t nodes, nodes_max;
	uint32_t cap;			/* nodes of one series */
	struct index_route route[NR_TRACE_IDS];
	struct index_pages **pages;	/* of each guest, or NULL */
	struct index_frame *frames;
	unsigned int nr_frames;
	uint8_t *frame_bytes;
	uint64_t frame_len, last_len;	/* last_len: of the frames that were packed last */
	struct index_texts texts;
	struct index_mark *marks;
	unsigned int nr_marks;
	struct index_mark nowhere;	/* what is left out goes there */
	uint64_t marks_left_out;
	uint64_t time, records;		/* of its last record; of the trace up to its end */
	uint64_t result;		/* of run_end */
	uint32_t end_text;
	bool ended;
	char *damage;
};

/* @blocks: those of the part, with one more whose place ends it, or 0 records: to the end of the
 * file. */
void index_chunk_read(struct index_chunk *chunk, struct trace_reader *r,
		      struct index_block *blocks, uint64_t nr_blocks, uint64_t next_block,
		      void (*progress)(void *data), void *data);
void index_chunk_init(struct index_chunk *chunk, const struct index_start *start,
		      uint64_t nodes_max);
void index_chunk_free(struct index_chunk *chunk);

/*
 * An index of the given parts; nr_blocks of the blocks belong to them.  @take: the parts are only
 * freed afterwards, and what can be moved out of them is not copied.
 */
struct trace_index *index_assemble(const struct index_start *start,
				   struct index_chunk *const *chunk, unsigned int nr_chunks,
				   const struct index_block *blocks, uint64_t nr_blocks,
				   uint64_t nodes_max, bool take);
/* Make the table that index_find() uses. */
void index_tie(struct trace_index *index);
/* Digest of the list of series and of the sizes of structures. */
uint32_t index_layout(void);
/* Size of a trace, and a digest of its beginning and its end.  -1: it cannot be read. */
int index_identify(const char *trace, uint64_t *size, uint64_t *digest);
/* Nodes of all levels when the lowest has @nr. */
uint64_t index_count_nodes(uint64_t nr);
/* How many nodes an index of a trace of this size may have. */
uint64_t index_nodes_max(uint64_t trace_size);

#endif
