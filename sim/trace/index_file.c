// SPDX-License-Identifier: GPL-2.0-only
/*
 * The index as a file: where it is, whether it fits its trace, and writing it.
 *
 * An index is only a way to save time: whatever is wrong with it, it is made anew.  But its bytes
 * come from a file, so they are looked at before they are used: the digest, and every number that
 * leads somewhere.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format.h"
#include "hostmem.h"
#include "index_internal.h"
#include "output.h"

#define MAGIC "ballast index\r\n\x1a"	/* 16 bytes */
#define ENDS_BYTES 65536	/* of a trace, at each end, that tell it from others */

static const uint64_t element_size[NR_INDEX_SECTIONS] = {
	[INDEX_TEXTS] = 1,
	[INDEX_GUESTS] = sizeof(struct index_guest),
	[INDEX_ROWS] = sizeof(struct index_row),
	[INDEX_NODES] = sizeof(struct index_node),
	[INDEX_BLOCKS] = sizeof(struct index_block),
	[INDEX_MARKS] = sizeof(struct index_mark),
	[INDEX_FRAMES] = sizeof(struct index_frame),
	[INDEX_FRAME_BYTES] = 1,
};

/* The last block's header has a digest of all that is before it, so the ends of a file will do. */
int index_identify(const char *trace, uint64_t *size, uint64_t *digest)
{
	int fd = open(trace, O_RDONLY | O_CLOEXEC);
	uint8_t *bytes;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st)) {
		close(fd);
		return -1;
	}
	bytes = host_alloc(ENDS_BYTES);
	*size = st.st_size;
	*digest = TRACE_DIGEST_START;
	n = pread(fd, bytes, ENDS_BYTES, 0);
	if (n > 0)
		*digest = trace_digest(*digest, bytes, n);
	n = pread(fd, bytes, ENDS_BYTES, st.st_size > ENDS_BYTES ? st.st_size - ENDS_BYTES : 0);
	if (n > 0)
		*digest = trace_digest(*digest, bytes, n);
	host_free(bytes);
	close(fd);
	return n < 0 ? -1 : 0;
}

char *index_path_beside(const char *trace)
{
	char *path;

	if (asprintf(&path, "%s.index", trace) < 0)
		abort();
	return path;
}

char *index_path_cache(const char *trace)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME"), *name;
	char full[PATH_MAX], *path;
	uint64_t digest;

	if (!realpath(trace, full))
		return NULL;
	name = strrchr(full, '/') + 1;
	digest = trace_digest(TRACE_DIGEST_START, (const uint8_t *)full, strlen(full));
	if (cache && *cache == '/') {
		if (asprintf(&path, "%s/ballast/%.100s.%016llx.index", cache, name,
			     (unsigned long long)digest) < 0)
			abort();
	} else if (home && *home == '/') {
		if (asprintf(&path, "%s/.cache/ballast/%.100s.%016llx.index", home, name,
			     (unsigned long long)digest) < 0)
			abort();
	} else {
		return NULL;
	}
	return path;
}

static uint64_t head_digest(const struct index_head *head)
{
	return trace_digest(TRACE_DIGEST_START, (const uint8_t *)head,
			    offsetof(struct index_head, head_digest));
}

static const char *check_sections(const struct index_head *head, uint64_t file_size)
{
	for (unsigned int i = 0; i < NR_INDEX_SECTIONS; i++) {
		const struct index_section *s = &head->section[i];

		if (s->size != element_size[i] || s->offset % 8 || s->offset > file_size ||
		    s->nr > (file_size - s->offset) / s->size)
			return "a section is not inside of the file";
	}
	return NULL;
}

static const char *check_numbers(const struct trace_index *index)
{
	const struct index_section *section = index->head.section;
	uint64_t guests = section[INDEX_GUESTS].nr;

	if (!section[INDEX_TEXTS].nr || index->texts[section[INDEX_TEXTS].nr - 1])
		return "texts do not end";
	if (guests > INT32_MAX || section[INDEX_ROWS].nr > INT32_MAX)
		return "too many series";
	for (uint64_t i = 0; i < section[INDEX_ROWS].nr; i++) {
		const struct index_row *row = &index->rows[i];

		if (row->id >= NR_INDEX_SERIES || !row->nr ||
		    (row->guest != INDEX_HOST && row->guest >= guests))
			return "a series of nobody";
		if (row->nr > section[INDEX_NODES].nr || row->first > section[INDEX_NODES].nr ||
		    index_count_nodes(row->nr) > section[INDEX_NODES].nr - row->first)
			return "nodes are not where they should be";
	}
	for (uint64_t i = 0; i < section[INDEX_MARKS].nr; i++)
		if (index->marks[i].kind >= NR_INDEX_MARKS ||
		    (index->marks[i].guest != INDEX_HOST && index->marks[i].guest >= guests))
			return "a mark of nobody";
	for (uint64_t i = 0; i < section[INDEX_FRAMES].nr; i++)
		if (index->frames[i].offset > section[INDEX_FRAME_BYTES].nr ||
		    index->frames[i].len > section[INDEX_FRAME_BYTES].nr - index->frames[i].offset)
			return "a frame is not inside of the file";
	return NULL;
}

static const char *check_head(const struct index_head *head, uint64_t file_size)
{
	if (memcmp(head->magic, MAGIC, sizeof(head->magic)))
		return "not an index";
	if (head->version != INDEX_VERSION || head->layout != index_layout())
		return "of another version";
	if (head->head_digest != head_digest(head) || head->file_size != file_size)
		return "damaged";
	return check_sections(head, file_size);
}

static const char *map_index(struct trace_index *index, int fd)
{
	const char *bytes, *wrong;
	struct stat st;

	if (fstat(fd, &st) || st.st_size < (off_t)sizeof(index->head))
		return "too short";
	index->map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (index->map == MAP_FAILED) {
		index->map = NULL;
		return "cannot be mapped";
	}
	index->map_size = st.st_size;
	bytes = index->map;
	memcpy(&index->head, bytes, sizeof(index->head));
	wrong = check_head(&index->head, st.st_size);
	if (wrong)
		return wrong;
	if (trace_digest(TRACE_DIGEST_START, (const uint8_t *)bytes + sizeof(index->head),
			 st.st_size - sizeof(index->head)) != index->head.digest)
		return "damaged";
	index->texts = bytes + index->head.section[INDEX_TEXTS].offset;
	index->guests = (const void *)(bytes + index->head.section[INDEX_GUESTS].offset);
	index->rows = (const void *)(bytes + index->head.section[INDEX_ROWS].offset);
	index->nodes = (const void *)(bytes + index->head.section[INDEX_NODES].offset);
	index->blocks = (const void *)(bytes + index->head.section[INDEX_BLOCKS].offset);
	index->marks = (const void *)(bytes + index->head.section[INDEX_MARKS].offset);
	index->frames = (const void *)(bytes + index->head.section[INDEX_FRAMES].offset);
	index->frame_bytes = (const void *)(bytes + index->head.section[INDEX_FRAME_BYTES].offset);
	return check_numbers(index);
}

static struct trace_index *open_one(const char *path, uint64_t size, uint64_t digest, char *why,
				    size_t why_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct trace_index *index;
	const char *wrong;

	if (fd < 0)
		return NULL;
	index = host_alloc(sizeof(*index));
	wrong = map_index(index, fd);
	close(fd);
	if (!wrong && (index->head.trace_size != size || index->head.trace_digest != digest))
		wrong = "of another trace";
	if (wrong) {
		snprintf(why, why_size, "%s: %s", path, wrong);
		index_free(index);
		return NULL;
	}
	index_tie(index);
	return index;
}

struct trace_index *index_open(const char *trace, char *why, size_t why_size)
{
	char *path[2] = { index_path_beside(trace), index_path_cache(trace) };
	struct trace_index *index = NULL;
	uint64_t size, digest;

	*why = '\0';
	if (!index_identify(trace, &size, &digest))
		for (unsigned int i = 0; i < 2 && !index; i++)
			if (path[i])
				index = open_one(path[i], size, digest, why, why_size);
	free(path[0]);
	free(path[1]);
	return index;
}

/* Writing */

static const void *section_bytes(const struct trace_index *index, unsigned int i)
{
	const void *const bytes[NR_INDEX_SECTIONS] = {
		[INDEX_TEXTS] = index->texts,
		[INDEX_GUESTS] = index->guests,
		[INDEX_ROWS] = index->rows,
		[INDEX_NODES] = index->nodes,
		[INDEX_BLOCKS] = index->blocks,
		[INDEX_MARKS] = index->marks,
		[INDEX_FRAMES] = index->frames,
		[INDEX_FRAME_BYTES] = index->frame_bytes,
	};

	return bytes[i];
}

static uint64_t section_length(const struct index_head *head, unsigned int i)
{
	return (head->section[i].nr * head->section[i].size + 7) & ~UINT64_C(7);
}

/* Sections are written twice over: once into the digest, once into the file. */
static bool put_sections(const struct trace_index *index, FILE *out, uint64_t *digest)
{
	static const uint8_t zero[8];

	for (unsigned int i = 0; i < NR_INDEX_SECTIONS; i++) {
		uint64_t len = index->head.section[i].nr * index->head.section[i].size;
		uint64_t whole = len & ~UINT64_C(7), rest = len - whole;
		const uint8_t *bytes = section_bytes(index, i);
		uint8_t tail[8] = { 0 };

		if (rest)
			memcpy(tail, bytes + whole, rest);
		if (!out) {
			*digest = trace_digest(*digest, bytes, whole);
			*digest = trace_digest(*digest, tail, rest ? 8 : 0);
		} else if (fwrite(bytes, 1, len, out) != len ||
			   (rest && fwrite(zero, 1, 8 - rest, out) != 8 - rest)) {
			return false;
		}
	}
	return true;
}

static bool write_bytes(const struct trace_index *index, FILE *out)
{
	struct index_head head = index->head;
	uint64_t at = sizeof(head);

	memcpy(head.magic, MAGIC, sizeof(head.magic));
	head.version = INDEX_VERSION;
	head.layout = index_layout();
	for (unsigned int i = 0; i < NR_INDEX_SECTIONS; i++) {
		head.section[i].offset = at;
		at += section_length(&head, i);
	}
	head.file_size = at;
	head.digest = TRACE_DIGEST_START;
	put_sections(index, NULL, &head.digest);
	head.head_digest = head_digest(&head);
	return fwrite(&head, sizeof(head), 1, out) == 1 && put_sections(index, out, NULL);
}

/* 0, or -1 and why in errno. */
static int write_one(const struct trace_index *index, const char *path)
{
	char why[PATH_MAX + 256];
	struct output out;

	if (output_open(&out, path, why, sizeof(why)))
		return -1;
	out.failed = !write_bytes(index, out.file);
	return output_close(&out, why, sizeof(why));
}

static void make_directory_of(const char *path)
{
	char *copy = strdup(path);

	if (!copy)
		abort();
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(copy, 0777);	/* what fails, fails at the file */
		*slash = '/';
	}
	free(copy);
}

int index_write(const struct trace_index *index, const char *trace, char *why, size_t why_size)
{
	char *beside = index_path_beside(trace), *cache = index_path_cache(trace);
	int result = write_one(index, beside);

	if (result) {
		snprintf(why, why_size, "%s: %s", beside, strerror(errno));
		if (cache) {
			make_directory_of(cache);
			result = write_one(index, cache);
		}
	}
	free(beside);
	free(cache);
	return result;
}

void index_free(struct trace_index *index)
{
	if (!index)
		return;
	if (index->map) {
		munmap(index->map, index->map_size);
	} else {
		for (unsigned int i = 0; i < NR_INDEX_SECTIONS; i++)
			host_free((void *)section_bytes(index, i));
	}
	host_free(index->series);
	host_free(index->by_id);
	host_free(index);
}
