// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of a recording as lines, words and numbers, xz or plain text; see kmem_file.h.
 */
#include "kmem_file.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <lzma.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a file may unpack to: recordings of ours shrink to a tenth or a thirtieth. */
#define UNPACKED_MIN ((size_t)16 << 20)
#define UNPACKED_TIMES 256

bool kmem_fail(struct kmem_reader *rd, const char *fmt, ...)
{
	va_list args;
	int n = 0;

	if (rd->line)
		n = snprintf(rd->error, rd->error_size, "%s:%" PRIu64 ": ", rd->path, rd->line);
	else
		n = snprintf(rd->error, rd->error_size, "%s: ", rd->path);
	if (n < 0 || (size_t)n >= rd->error_size)
		return false;
	va_start(args, fmt);
	vsnprintf(rd->error + n, rd->error_size - n, fmt, args);
	va_end(args);
	return false;
}

/* Files */

static bool read_all(struct kmem_reader *rd, FILE *f, uint8_t **data, size_t *size)
{
	size_t room = 1 << 16, n;

	*data = malloc(room);
	*size = 0;
	while (*data && (n = fread(*data + *size, 1, room - *size, f)) > 0) {
		*size += n;
		if (*size == room) {
			uint8_t *more = realloc(*data, room *= 2);

			if (!more)
				break;
			*data = more;
		}
	}
	if (ferror(f))
		return kmem_fail(rd, "cannot be read: %s", strerror(errno));
	return true;
}

static bool unxz(struct kmem_reader *rd, const uint8_t *data, size_t size)
{
	lzma_stream xz = LZMA_STREAM_INIT;
	size_t room = size * 16 + 65536;
	size_t most = size * UNPACKED_TIMES > UNPACKED_MIN ? size * UNPACKED_TIMES : UNPACKED_MIN;
	lzma_ret ret = LZMA_OK;

	if (lzma_stream_decoder(&xz, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK)
		return kmem_fail(rd, "out of memory for decompression");
	rd->text = malloc(room + 1);
	xz.next_in = data;
	xz.avail_in = size;
	do {
		if (rd->size == room && room >= most)
			break;
		if (rd->size == room) {
			char *more = realloc(rd->text, (room *= 2) + 1);

			if (!more)
				break;
			rd->text = more;
		}
		xz.next_out = (uint8_t *)rd->text + rd->size;
		xz.avail_out = room - rd->size;
		ret = lzma_code(&xz, LZMA_FINISH);
		rd->size = room - xz.avail_out;
	} while (ret == LZMA_OK && (xz.avail_out == 0 || xz.avail_in));
	lzma_end(&xz);
	if (ret == LZMA_STREAM_END)
		return true;
	if (rd->size >= most)
		return kmem_fail(rd, "unpacks to more than %zu MiB, which no recording does",
				 most >> 20);
	return kmem_fail(rd, ret == LZMA_BUF_ERROR || ret == LZMA_OK ?
			     "compressed file is cut short; copy it again" :
			     "is not a valid xz file; copy it again");
}

bool kmem_open(struct kmem_reader *rd, const char *dir, const char *name)
{
	uint8_t *data = NULL;
	size_t size = 0;
	bool ok, xz = true;
	FILE *f;

	rd->text = NULL;
	rd->size = 0;
	rd->line = 0;
	snprintf(rd->path, sizeof(rd->path), "%s/%s.txt.xz", dir, name);
	f = fopen(rd->path, "rb");
	if (!f) {
		snprintf(rd->path, sizeof(rd->path), "%s/%s.txt", dir, name);
		f = fopen(rd->path, "rb");
		xz = false;
	}
	if (!f)
		return kmem_fail(rd, "%s; a recording is a directory with snapA, events and snapB "
				 "(.txt or .txt.xz)",
				 strerror(errno));
	ok = read_all(rd, f, &data, &size);
	fclose(f);
	if (ok && xz)
		ok = unxz(rd, data, size);
	if (!xz) {
		rd->text = realloc(data, size + 1);
		rd->size = size;
		data = NULL;
	}
	free(data);
	if (!ok) {
		free(rd->text);
		rd->text = NULL;
		return false;
	}
	rd->text[rd->size] = '\0';
	rd->pos = rd->text;
	rd->end = rd->text + rd->size;
	return true;
}

char *kmem_next_line(struct kmem_reader *rd)
{
	char *line = rd->pos, *nl;

	if (line >= rd->end)
		return NULL;
	nl = memchr(line, '\n', rd->end - line);
	if (!nl)
		nl = rd->end;
	*nl = '\0';
	rd->pos = nl + 1;
	rd->line++;
	return line;
}

/* Words and numbers */

char *kmem_skip_space(char *s)
{
	while (*s == ' ')
		s++;
	return s;
}

bool kmem_get_number(char **s, int base, int64_t *value)
{
	char *p = kmem_skip_space(*s), *end;

	if (!isxdigit((unsigned char)*p) && *p != '-')
		return false;
	errno = 0;
	*value = strtoll(p, &end, base);
	if (end == p || errno || (*end && *end != ' '))
		return false;
	*s = end;
	return true;
}

bool kmem_get_word(char **s, const char *word)
{
	char *p = kmem_skip_space(*s);
	size_t n = strlen(word);

	if (strncmp(p, word, n) || (p[n] && p[n] != ' '))
		return false;
	*s = p + n;
	return true;
}

bool kmem_get_field(char **s, const char *word, int64_t *value)
{
	return kmem_get_word(s, word) && kmem_get_number(s, 0, value);
}
