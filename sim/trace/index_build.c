// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making an index on all CPUs: the blocks of a trace are divided into parts, threads take one
 * after the other.  How many parts there are depends on the trace alone, so that the bytes of an
 * index do not depend on the machine.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format.h"
#include "hostmem.h"
#include "index_internal.h"

#define CHUNK_BLOCKS_MIN 16
#define CHUNKS_MAX 64
#define THREADS_MAX 16
#define PART_NODES_MAX (UINT64_C(1) << 20)

struct index_build {
	char *trace;
	uint64_t size, digest;
	struct index_start start;
	struct index_block *blocks;	/* and one that ends the last */
	uint64_t nr_blocks;
	struct index_chunk chunk[CHUNKS_MAX];
	bool done[CHUNKS_MAX];
	unsigned int nr_chunks, next, nr_threads;
	uint64_t blocks_done;
	bool cancel;
	pthread_mutex_t lock;
	pthread_t thread[THREADS_MAX];
};

uint64_t index_nodes_max(uint64_t trace_size)
{
	/* a tenth, less what blocks, texts and marks take */
	uint64_t nodes = trace_size / 12 / sizeof(struct index_node);

	return nodes < 2048 ? 2048 : nodes;
}

/* Where blocks begin, from their headers; the damage behind the last is found when that is read. */
static int find_blocks(struct index_build *b)
{
	int fd = open(b->trace, O_RDONLY | O_CLOEXEC);
	uint64_t offset = TRACE_FILE_HEADER, records = 0, size = 0;
	struct trace_block block = { .digest = TRACE_DIGEST_START };
	uint8_t header[TRACE_BLOCK_HEADER];
	uint32_t sequence = 0;

	if (fd < 0)
		return -1;
	for (;;) {
		uint64_t digest = block.digest;

		if (b->nr_blocks + 2 > size) {
			size = size ? 2 * size : 1024;
			b->blocks = host_realloc(b->blocks, size * sizeof(*b->blocks));
		}
		b->blocks[b->nr_blocks] = (struct index_block){
			.place = { offset, records, digest, sequence },
		};
		if (pread(fd, header, sizeof(header), offset) != sizeof(header) ||
		    !get_block_header(header, &block) || block.sequence != sequence ||
		    block.kind == TRACE_BLOCK_END)
			break;
		sequence++;
		offset += sizeof(header) + block.frame_len;
		if (block.kind != TRACE_BLOCK_DATA)
			continue;
		b->blocks[b->nr_blocks++].time = block.time;
		records += block.records;
	}
	close(fd);
	return 0;
}

static uint64_t chunk_first(const struct index_build *b, unsigned int chunk)
{
	return b->nr_blocks * chunk / b->nr_chunks;
}

static void count_block(void *data)
{
	struct index_build *b = data;

	__atomic_add_fetch(&b->blocks_done, 1, __ATOMIC_RELAXED);
}

/* The last part is read to the end of the file: what is wrong there is found. */
static void read_chunk(struct index_build *b, struct trace_reader *r, unsigned int c)
{
	uint64_t first = chunk_first(b, c), end = chunk_first(b, c + 1);
	struct index_block *blocks = host_alloc((end - first + 1) * sizeof(*blocks));

	memcpy(blocks, b->blocks + first, (end - first + 1) * sizeof(*blocks));
	if (c + 1 == b->nr_chunks)
		blocks[end - first].place.records = 0;
	index_chunk_read(&b->chunk[c], r, blocks, end - first, end, count_block, b);
	for (uint64_t i = first; i < end; i++)
		b->blocks[i].types = blocks[i - first].types;
	host_free(blocks);
}

static void *work(void *data)
{
	struct index_build *b = data;
	char error[256];
	struct trace_reader *r = trace_reader_open(b->trace, error, sizeof(error));

	while (r) {
		unsigned int c;

		pthread_mutex_lock(&b->lock);
		c = b->cancel ? b->nr_chunks : b->next;
		b->next += c < b->nr_chunks;
		pthread_mutex_unlock(&b->lock);
		if (c == b->nr_chunks)
			break;
		read_chunk(b, r, c);
		pthread_mutex_lock(&b->lock);
		b->done[c] = true;
		pthread_mutex_unlock(&b->lock);
	}
	if (r)
		trace_reader_close(r);
	return NULL;
}

static void divide(struct index_build *b)
{
	uint64_t nr = b->nr_blocks / CHUNK_BLOCKS_MIN, nodes_max = index_nodes_max(b->size);

	b->nr_chunks = nr < 1 ? 1 : nr > CHUNKS_MAX ? CHUNKS_MAX : nr;
	for (unsigned int c = 0; c < b->nr_chunks; c++)
		index_chunk_init(&b->chunk[c], &b->start, 4096 + 2 * nodes_max / b->nr_chunks);
}

struct index_build *index_build_start(const char *trace, unsigned int cpus, char *error,
				      size_t error_size)
{
	struct trace_reader *r = trace_reader_open(trace, error, error_size);
	struct index_build *b;

	if (!r)
		return NULL;
	b = host_alloc(sizeof(*b));
	pthread_mutex_init(&b->lock, NULL);
	b->trace = strdup(trace);
	if (!b->trace)
		abort();
	index_start_read(&b->start, r);
	trace_reader_close(r);
	if (index_identify(trace, &b->size, &b->digest) || find_blocks(b)) {
		snprintf(error, error_size, "%s: %s", trace, strerror(errno));
		index_build_free(b);
		return NULL;
	}
	divide(b);
	if (!cpus)
		cpus = sysconf(_SC_NPROCESSORS_ONLN);
	if (cpus > b->nr_chunks)
		cpus = b->nr_chunks;
	for (; b->nr_threads < cpus && b->nr_threads < THREADS_MAX; b->nr_threads++)
		if (pthread_create(&b->thread[b->nr_threads], NULL, work, b))
			break;
	if (!b->nr_threads)
		work(b);
	return b;
}

unsigned int index_build_done(struct index_build *b)
{
	uint64_t done = __atomic_load_n(&b->blocks_done, __ATOMIC_RELAXED);
	bool all = true;

	pthread_mutex_lock(&b->lock);
	for (unsigned int c = 0; c < b->nr_chunks; c++)
		all &= b->done[c];
	pthread_mutex_unlock(&b->lock);
	if (all)
		return 1000;
	done = b->nr_blocks ? done * 1000 / b->nr_blocks : 0;
	return done > 999 ? 999 : done;
}

static void join_threads(struct index_build *b)
{
	while (b->nr_threads)
		pthread_join(b->thread[--b->nr_threads], NULL);
}

struct trace_index *index_build_take(struct index_build *b, bool wait)
{
	struct index_chunk *chunk[CHUNKS_MAX];
	struct trace_index *index;
	unsigned int nr = 0;

	if (wait)
		join_threads(b);
	pthread_mutex_lock(&b->lock);
	/* Behind damage nothing is known: what began before may have ended in there. */
	while (nr < b->nr_chunks && b->done[nr] && (!nr || !chunk[nr - 1]->damage)) {
		chunk[nr] = &b->chunk[nr];
		nr++;
	}
	pthread_mutex_unlock(&b->lock);
	if (!nr)
		return NULL;
	index = index_assemble(&b->start, chunk, nr, b->blocks, chunk_first(b, nr),
			       index_nodes_max(b->size), wait);
	index->head.trace_size = b->size;
	index->head.trace_digest = b->digest;
	return index;
}

void index_build_free(struct index_build *b)
{
	if (!b)
		return;
	pthread_mutex_lock(&b->lock);
	b->cancel = true;
	pthread_mutex_unlock(&b->lock);
	join_threads(b);
	for (unsigned int c = 0; c < b->nr_chunks; c++)
		index_chunk_free(&b->chunk[c]);
	index_start_free(&b->start);
	host_free(b->blocks);
	pthread_mutex_destroy(&b->lock);
	free(b->trace);
	host_free(b);
}

struct trace_index *index_make(const char *trace, unsigned int cpus, char *error,
			       size_t error_size)
{
	struct index_build *b = index_build_start(trace, cpus, error, error_size);
	struct trace_index *index = b ? index_build_take(b, true) : NULL;

	if (b && !index)
		snprintf(error, error_size, "%s: cannot be read again", trace);
	index_build_free(b);
	return index;
}

/* What the counters of a part had come to where it begins, in its own terms. */
static void start_counters(const struct trace_index *index, struct trace_index *part,
			   uint64_t from)
{
	for (uint64_t i = 0; i < part->head.section[INDEX_ROWS].nr; i++) {
		struct index_series *s = &part->series[i];
		const struct index_node *first = &part->nodes[s->first[0]];
		const struct index_series *all = index_find(index, s->guest, s->id);
		struct index_column before = { 0 };

		if (s->counter != INDEX_TOTAL)
			continue;
		if (all && first->time > from)
			index_columns(index, all, from, first->time, &before, 1);
		s->start = from;
		s->base = before.delta < first->min ? first->min - before.delta : 0;
	}
}

struct trace_index *index_part(const struct trace_index *index, const char *trace,
			       uint64_t first_block, uint64_t last_block)
{
	uint64_t all = index->head.section[INDEX_BLOCKS].nr, nr = last_block - first_block + 1;
	char error[256];
	struct trace_reader *r = trace_reader_open(trace, error, sizeof(error));
	struct index_start start = { .head = index->head }; /* pages are for index_memory_go() */
	struct index_chunk chunk, *one = &chunk;
	struct index_block *blocks;
	struct trace_index *part;

	if (!r)
		return NULL;
	blocks = host_alloc((nr + 1) * sizeof(*blocks));
	memcpy(blocks, index->blocks + first_block, nr * sizeof(*blocks));
	if (last_block + 1 < all)
		blocks[nr] = index->blocks[last_block + 1];
	start.head.level = TRACE_NORMAL;
	start.guests = (struct index_guest *)index->guests;
	start.nr_guests = index_nr_guests(index);
	index_chunk_init(&chunk, &start, PART_NODES_MAX);
	index_chunk_read(&chunk, r, blocks, nr, last_block + 1, NULL, NULL);
	/* what holds at the end of the last block holds until the next */
	if (last_block + 1 < all && index->blocks[last_block + 1].time > chunk.time)
		chunk.time = index->blocks[last_block + 1].time;
	part = index_assemble(&start, &one, 1, blocks, nr, PART_NODES_MAX, true);
	start_counters(index, part, first_block ? blocks[0].time : 0);
	index_chunk_free(&chunk);
	host_free(blocks);
	trace_reader_close(r);
	return part;
}
