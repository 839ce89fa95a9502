// SPDX-License-Identifier: GPL-2.0-only
/*
 * `ballast import-kmem FILE DIR`: what driver-src/linux/tools/kmem_recorder.c has left in memory
 * becomes a recording, as tests/data/kmem/README.md describes them.
 *
 * The recorder tells of each page twice: what the kernel's event says, and when the page joined or
 * left its list.  Mostly one follows on the other, and one line says both ('='); where an interrupt
 * came between, both stay.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "kmem_file.h"
#include "kmem_record.h"
#include "output.h"
#include "replay_kmem.h"

#define ERROR_SIZE 4800
#define PATH_SIZE 4096

struct import {
	const char *path;
	const unsigned char *data;
	size_t size;
	const struct kmem_record_header *header;
	const struct kmem_record *rec;
	size_t nr;
	char *flag;			/* of each record; DROPPED: it is not written */
	struct bulk_place *bulk;	/* of each P; nr 0: not of a bulk request */
	uint64_t *gfp;			/* of each P */
	uint32_t *alloc;		/* of each P: the next A of that page; nr: there is none */
};

struct bulk_place {
	uint32_t index, nr;
	uint64_t gfp;
};

#define DROPPED 'x'

static int map_file(struct import *im)
{
	int fd = open(im->path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st)) {
		int err = errno;

		if (fd >= 0)
			close(fd);
		return cli_error("%s: cannot be read: %s", im->path, strerror(err));
	}
	im->size = S_ISREG(st.st_mode) ? st.st_size : 0;
	data = im->size ? mmap(NULL, im->size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	close(fd);
	if (data == MAP_FAILED)
		return cli_error("%s: is empty, or no file; copy kmem_recorder/data to one",
				 im->path);
	im->data = data;
	return 0;
}

/* Printable, and ended. */
static bool is_text(const char *s, size_t size)
{
	const char *end = memchr(s, '\0', size);

	for (; end && s < end; s++)
		if (!isprint((unsigned char)*s))
			return false;
	return end;
}

static int check_records(const struct import *im)
{
	size_t i;

	for (i = 0; i < im->nr; i++) {
		const struct kmem_record *r = &im->rec[i];

		if (!r->type || !strchr("AFZDXCOMP", r->type))
			return cli_error("%s: is damaged: record %zu is of type 0x%02x", im->path,
					 i, (unsigned char)r->type);
		if (!r->context || !strchr("tsi", r->context) || r->pid < 0)
			return cli_error("%s: is damaged: record %zu is of context 0x%02x, pid %d",
					 im->path, i, (unsigned char)r->context, r->pid);
	}
	return 0;
}

static int check_header(struct import *im)
{
	const uint64_t fixed = KMEM_RECORD_HEADER + 2 * (uint64_t)KMEM_RECORD_SNAPSHOT;
	const struct kmem_record_header *h = (const void *)im->data;

	if (im->size < fixed || h->magic != KMEM_RECORD_MAGIC)
		return cli_error("%s: is not what kmem_recorder writes", im->path);
	if (h->size > im->size || h->nr_records > (im->size - fixed) / sizeof(*im->rec))
		return cli_error("%s: is cut short: %zu bytes of %" PRIu64, im->path, im->size,
				 (uint64_t)h->size);
	if (!h->snapshot[0] || !h->snapshot[1])
		return cli_error("%s: has not both snapshots; write 'begin' and 'end' to "
				 "kmem_recorder/control", im->path);
	if (h->snapshot[0] >= KMEM_RECORD_SNAPSHOT - 1 ||
	    h->snapshot[1] >= KMEM_RECORD_SNAPSHOT - 1)
		return cli_error("%s: a snapshot did not fit; record a smaller machine", im->path);
	if (h->nr_lost)
		return cli_error("%s: %" PRIu64 " records are lost; boot with a larger "
				 "kmem_recorder.records_mib, or record for less long",
				 im->path, (uint64_t)h->nr_lost);
	if (!is_text(h->release, sizeof(h->release)) ||
	    !is_text(h->command_line, sizeof(h->command_line)))
		return cli_error("%s: is damaged: release or command line are no text", im->path);
	im->header = h;
	im->rec = (const void *)(im->data + fixed);
	im->nr = h->nr_records;
	return check_records(im);
}

static bool same_context(const struct kmem_record *a, const struct kmem_record *b)
{
	return a->context == b->context && a->pid == b->pid;
}

static bool is_op(const struct kmem_record *r, int op)
{
	return r->type == 'O' && r->order == op;
}

/* From the end: what is the next A of each page? */
static int link_allocs(struct import *im)
{
	int64_t most = 0;
	uint32_t *next;
	size_t i;

	for (i = 0; i < im->nr; i++)
		if (im->rec[i].pfn > most)
			most = im->rec[i].pfn;
	if (most >= KMEM_PFN_MAX || im->nr >= UINT32_MAX)
		return cli_error("%s: is damaged: page %" PRId64 " of %zu records", im->path, most,
				 im->nr);
	next = malloc((most + 1) * sizeof(*next));
	if (!next)
		return cli_error("%s: there is not enough memory for its pages", im->path);
	for (i = 0; i <= (size_t)most; i++)
		next[i] = im->nr;
	for (i = im->nr; i-- > 0;) {
		const struct kmem_record *r = &im->rec[i];

		if (r->type == 'P' && r->pfn >= 0)
			im->alloc[i] = next[r->pfn];
		else if (r->type == 'A' && r->pfn >= 0)
			next[r->pfn] = i;
	}
	free(next);
	return 0;
}

/* The page that left its list at @i: is it handed out by an event of its own, and at which? */
static size_t find_alloc(const struct import *im, size_t i, size_t end)
{
	size_t j = im->alloc[i];

	return j < end && same_context(&im->rec[j], &im->rec[i]) ? j : im->nr;
}

/* Pages of the bulk request that begins at @begin. */
static void fold_bulk(struct import *im, size_t begin)
{
	const struct kmem_record *first = &im->rec[begin];
	uint32_t nr = 0, index = 0;
	size_t end, i;

	/* One that has no end goes on to the next at the most: a context makes one at a time. */
	for (end = begin + 1; end < im->nr; end++)
		if (same_context(&im->rec[end], first) &&
		    (is_op(&im->rec[end], KMEM_OP_BULK_END) ||
		     is_op(&im->rec[end], KMEM_OP_BULK)))
			break;
	for (i = begin + 1; i < end; i++)
		if (im->rec[i].type == 'P' && same_context(&im->rec[i], first) &&
		    find_alloc(im, i, end) == im->nr)
			im->bulk[i].nr = ++nr;
	for (i = begin + 1; i < end; i++) {
		if (!im->bulk[i].nr || !same_context(&im->rec[i], first))
			continue;
		im->bulk[i] = (struct bulk_place){ index++, nr, first->arg[1] };
	}
	if (!nr)
		im->flag[begin] = DROPPED;
}

static void fold_pop(struct import *im, size_t i)
{
	size_t j;

	if (im->bulk[i].nr)
		return;
	j = find_alloc(im, i, im->nr);
	if (j == im->nr)	/* the recording ends in between */
		return;
	im->gfp[i] = im->rec[j].arg[0];
	if (j == i + 1)
		im->flag[i] = DROPPED;
	im->flag[j] = j == i + 1 ? '=' : '+';
}

/* Does the page freed at @i join a list at once? */
static void fold_free(struct import *im, size_t i)
{
	const struct kmem_record *r = &im->rec[i], *s = r + 1;
	bool direct;

	im->flag[i] = '+';
	if (i + 1 == im->nr || s->pfn != r->pfn)
		return;
	direct = is_op(s, KMEM_OP_FREE_DIRECT) && !kmem_has_pcp_list(r->order);
	if (s->type != 'C' && !direct)
		return;
	im->flag[i] = '=';
	im->flag[i + 1] = DROPPED;
}

static void fold(struct import *im)
{
	size_t i;

	for (i = 0; i < im->nr; i++)
		if (is_op(&im->rec[i], KMEM_OP_BULK))
			fold_bulk(im, i);
	for (i = 0; i < im->nr; i++) {
		if (im->rec[i].type == 'P')
			fold_pop(im, i);
		else if (im->rec[i].type == 'F' && im->flag[i] != DROPPED)
			fold_free(im, i);
		else if (is_op(&im->rec[i], KMEM_OP_BULK_END))
			im->flag[i] = DROPPED;
	}
}

/* All of a record but its number and its context. */
static void put_fields(FILE *out, const struct import *im, size_t i)
{
	const struct kmem_record *r = &im->rec[i];
	const struct bulk_place *b = &im->bulk[i];
	int64_t pfn = r->pfn;

	if (r->type == 'P' && b->nr) {
		fprintf(out, "K %" PRId64 " %" PRIx64 " %u %u", pfn, b->gfp, b->index, b->nr);
		return;
	}
	fprintf(out, "%c %" PRId64, r->type, r->type == 'M' ? (int64_t)r->migratetype : pfn);
	if (r->type == 'A')
		fprintf(out, " %u %" PRIx64 " %d", r->order, (uint64_t)r->arg[0], r->migratetype);
	else if (r->type == 'P')
		fprintf(out, " %u %" PRIx64 " %d", r->order, im->gfp[i], r->migratetype);
	else if (r->type == 'F')
		fprintf(out, " %u", r->order);
	else if (r->type == 'Z')
		fprintf(out, " %u %d %d", r->order, r->migratetype, (int)r->arg[0]);
	else if (r->type == 'D' || r->type == 'C')
		fprintf(out, " %u %d", r->order, r->migratetype);
	else if (r->type == 'X')
		fprintf(out, " %u %d %d %d %d", r->order, (int)r->arg[0], r->migratetype,
			(int)r->arg[1] & 0xff, (int)r->arg[1] >> 8);
	else if (r->type == 'O')
		fprintf(out, " %u %" PRId64 " %" PRId64, r->order, (int64_t)r->arg[0],
			(int64_t)r->arg[1]);
	else if (r->type == 'M')
		fprintf(out, " %" PRId64, pfn);
}

static void put_events(FILE *out, const struct import *im)
{
	size_t seq = 0;

	fprintf(out, "# tests/data/kmem/README.md says what the lines are\n");
	for (size_t i = 0; i < im->nr; i++) {
		const struct kmem_record *r = &im->rec[i];

		if (im->flag[i] == DROPPED)
			continue;
		fprintf(out, "%zu ", seq++);
		put_fields(out, im, i);
		if (im->flag[i])
			fprintf(out, " %c", im->flag[i]);
		fprintf(out, " %c%d\n", r->context, r->pid);
	}
}

static void put_meta(FILE *out, const struct import *im)
{
	fprintf(out, "kernel %.64s\ncommand line %.512s\nrecords %zu\n", im->header->release,
		im->header->command_line, im->nr);
}

/* DIR/NAME.txt.xz */
static int write_xz(const char *dir, const char *name, const void *text, size_t size)
{
	size_t room = lzma_stream_buffer_bound(size), packed = 0;
	char path[PATH_SIZE], error[ERROR_SIZE];
	uint8_t *out = malloc(room);
	struct output o;
	int ret = 0;

	snprintf(path, sizeof(path), "%s/%s.txt.xz", dir, name);
	if (!out || lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, NULL, text, size, out, &packed,
					    room) != LZMA_OK)
		ret = cli_error("%s: there is not enough memory", path);
	else if (output_open(&o, path, error, sizeof(error)))
		ret = cli_error("%s", error);
	if (!ret) {
		fwrite(out, 1, packed, o.file);
		if (output_close(&o, error, sizeof(error)))
			ret = cli_error("%s", error);
	}
	free(out);
	return ret;
}

static int write_text(const char *dir, const char *name, const struct import *im,
		      void (*put)(FILE *out, const struct import *im))
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	int ret;

	if (!f)
		return cli_error("%s: there is not enough memory", name);
	put(f, im);
	ret = fclose(f) ? cli_error("%s: there is not enough memory", name) :
			  write_xz(dir, name, text, size);
	free(text);
	return ret;
}

static const char *const parts[] = { "snapA", "snapB", "events", "meta" };

static void remove_parts(const char *dir)
{
	char path[PATH_SIZE];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s.txt.xz", dir, parts[i]);
		unlink(path);
	}
	rmdir(dir);
}

static int write_recording(const struct import *im, const char *dir)
{
	const unsigned char *snapshot = im->data + KMEM_RECORD_HEADER;
	int ret;

	if (mkdir(dir, 0777))
		return cli_error("%s: cannot be made: %s; name a directory that is not there", dir,
				 strerror(errno));
	/* From here on a signal leaves nothing behind. */
	cli_catch_signals(NULL, NULL);
	ret = write_xz(dir, parts[0], snapshot, im->header->snapshot[0]);
	if (!ret && !cli_interrupted())
		ret = write_xz(dir, parts[1], snapshot + KMEM_RECORD_SNAPSHOT,
			       im->header->snapshot[1]);
	if (!ret && !cli_interrupted())
		ret = write_text(dir, parts[2], im, put_events);
	if (!ret && !cli_interrupted())
		ret = write_text(dir, parts[3], im, put_meta);
	if (!ret && cli_interrupted())
		ret = EXIT_SIGNAL + cli_interrupted();
	if (ret)
		remove_parts(dir);
	return ret;
}

/* What it is a record of, snapshots and marks, is looked at where recordings are read. */
static int read_back(const struct import *im, const char *dir)
{
	struct kmem_recording rec;
	char error[ERROR_SIZE];

	if (kmem_recording_read(&rec, dir, error, sizeof(error))) {
		kmem_recording_free(&rec);
		return 0;
	}
	remove_parts(dir);
	return cli_error("%s: is damaged, or 'begin' and 'end' were not written in this order: %s",
			 im->path, error);
}

static int import(struct import *im, const char *dir)
{
	int ret = check_header(im);

	if (ret)
		return ret;
	im->flag = calloc(im->nr + 1, 1);
	im->bulk = calloc(im->nr + 1, sizeof(*im->bulk));
	im->gfp = calloc(im->nr + 1, sizeof(*im->gfp));
	im->alloc = calloc(im->nr + 1, sizeof(*im->alloc));
	if (!im->flag || !im->bulk || !im->gfp || !im->alloc)
		ret = cli_error("%s: there is not enough memory for %zu records", im->path, im->nr);
	else
		ret = link_allocs(im);
	if (!ret) {
		fold(im);
		ret = write_recording(im, dir);
	}
	if (!ret)
		ret = read_back(im, dir);
	free(im->flag);
	free(im->bulk);
	free(im->gfp);
	free(im->alloc);
	if (!ret)
		printf("%s: %zu records of Linux %.64s\n", dir, im->nr, im->header->release);
	return ret;
}

int cmd_import_kmem(int argc, char **argv)
{
	static const char usage[] = "usage: ballast import-kmem FILE DIR\n";
	struct import im = { 0 };
	int ret;

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return EXIT_WELL;
	}
	for (int i = 1; i < argc; i++)
		if (argv[i][0] == '-')
			return cli_error("import-kmem: option '%s' is not known", argv[i]);
	if (argc != 3) {
		fputs(usage, stderr);
		return EXIT_BAD_INPUT;
	}
	im.path = argv[1];
	ret = map_file(&im);
	if (ret)
		return ret;
	ret = import(&im, argv[2]);
	munmap((void *)im.data, im.size);
	return ret;
}
