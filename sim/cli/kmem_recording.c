// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reader of recordings of a real kernel's page allocator: two snapshots of all lists and the events
 * between them, xz or plain text.  tests/data/kmem/README.md describes the format.
 *
 * The files are input like any other: whatever does not fit is refused with one line.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <lzma.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay_kmem.h"

#define PFN_MAX ((int64_t)1 << 28)	/* 1 TiB */
/* What a file may unpack to: recordings of ours shrink to a tenth or a thirtieth. */
#define UNPACKED_MIN ((size_t)16 << 20)
#define UNPACKED_TIMES 256
/* Events are recorded of pages of the zone: no machine had a pfn or a count beyond. */
#define BULK_LINE_MIN 16	/* bytes: "1 K 1 0 0 1 t1" and a line end */
#define NUMBER_MAX ((int64_t)1 << 40)
#define GFP_BOTH_TYPES 0x18		/* __GFP_RECLAIMABLE | __GFP_MOVABLE */

struct reader {
	char path[512];
	char *text, *pos, *end;
	size_t size;
	uint64_t line;
	char *error;
	size_t error_size;
};

static bool fail(struct reader *rd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct reader *rd, const char *fmt, ...)
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

/* --- files --- */

static bool read_all(struct reader *rd, FILE *f, uint8_t **data, size_t *size)
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
		return fail(rd, "cannot be read: %s", strerror(errno));
	return true;
}

static bool unxz(struct reader *rd, const uint8_t *data, size_t size)
{
	lzma_stream xz = LZMA_STREAM_INIT;
	size_t room = size * 16 + 65536;
	size_t most = size * UNPACKED_TIMES > UNPACKED_MIN ? size * UNPACKED_TIMES : UNPACKED_MIN;
	lzma_ret ret = LZMA_OK;

	if (lzma_stream_decoder(&xz, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK)
		return fail(rd, "out of memory for decompression");
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
		return fail(rd, "unpacks to more than %zu MiB, which no recording does",
			    most >> 20);
	return fail(rd, ret == LZMA_BUF_ERROR || ret == LZMA_OK ?
			"compressed file is cut short; copy it again" :
			"is not a valid xz file; copy it again");
}

static bool reader_open(struct reader *rd, const char *dir, const char *name)
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
		return fail(rd, "%s; a recording is a directory with snapA, events and snapB "
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

/* Next line, terminated; NULL at the end. */
static char *next_line(struct reader *rd)
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

/* --- words and numbers --- */

static char *skip_space(char *s)
{
	while (*s == ' ')
		s++;
	return s;
}

static bool get_number(char **s, int base, int64_t *value)
{
	char *p = skip_space(*s), *end;

	if (!isxdigit((unsigned char)*p) && *p != '-')
		return false;
	errno = 0;
	*value = strtoll(p, &end, base);
	if (end == p || errno || (*end && *end != ' '))
		return false;
	*s = end;
	return true;
}

static bool get_word(char **s, const char *word)
{
	char *p = skip_space(*s);
	size_t n = strlen(word);

	if (strncmp(p, word, n) || (p[n] && p[n] != ' '))
		return false;
	*s = p + n;
	return true;
}

/* "word number", any base that C knows. */
static bool get_field(char **s, const char *word, int64_t *value)
{
	return get_word(s, word) && get_number(s, 0, value);
}

/* --- snapshots --- */

static bool parse_pfn(struct reader *rd, const struct kmem_zone *z, const char *text, char **end,
		      int64_t *pfn)
{
	errno = 0;
	*pfn = strtoll(text, end, 10);
	if (*end == text || errno)
		return fail(rd, "'%.16s' is not a page frame number", text);
	if (*pfn < (int64_t)z->start || *pfn >= (int64_t)(z->start + z->spanned))
		return fail(rd, "pfn %" PRId64 " is outside zone %s (%" PRIu64 " to %" PRIu64 ")",
			    *pfn, z->name, z->start, z->start + z->spanned - 1);
	return true;
}

/* A list of pfns, with types where @typed; blocks of @order pages. */
static bool parse_list(struct reader *rd, const struct kmem_zone *z, char *s,
		       struct kmem_list *list, unsigned int order, bool typed)
{
	uint32_t room = 0;

	if (list->nr)
		return fail(rd, "the list appears twice");
	for (s = skip_space(s); *s; s = skip_space(s)) {
		int64_t pfn, type = 0;

		if (!parse_pfn(rd, z, s, &s, &pfn))
			return false;
		if (pfn & ((1 << order) - 1))
			return fail(rd, "pfn %" PRId64 " is not aligned to order %u", pfn, order);
		if (typed) {
			if (*s != '/')
				return fail(rd, "entries of pcplist must be PFN/TYPE");
			type = strtol(s + 1, &s, 10);
			if (type < 0 || type >= KMEM_TYPES)
				return fail(rd, "type %" PRId64 " does not exist; 0 to %d", type,
					    KMEM_TYPES - 1);
		}
		if (*s && *s != ' ')
			return fail(rd, "'%.16s' does not belong into a list", s);
		if (list->nr == room) {
			room = room ? room * 2 : 64;
			list->pfn = realloc(list->pfn, room * sizeof(*list->pfn));
			if (typed)
				list->type = realloc(list->type, room);
		}
		list->pfn[list->nr] = pfn;
		if (typed)
			list->type[list->nr] = type;
		list->nr++;
	}
	return true;
}

static bool parse_zone(struct reader *rd, char *s, struct kmem_snapshot *snap,
		       struct kmem_zone **zone)
{
	int64_t idx, start, spanned, present, managed;
	struct kmem_zone *z;
	char name[16] = "";
	int n = 0;

	if (!get_number(&s, 10, &idx) || idx < 0 || idx >= KMEM_ZONES)
		return fail(rd, "zone needs a number from 0 to %d", KMEM_ZONES - 1);
	s = skip_space(s);
	if (sscanf(s, "%15s%n", name, &n) != 1)
		return fail(rd, "zone %" PRId64 " has no name", idx);
	s += n;
	if (!get_word(&s, "node") || !get_number(&s, 10, &start) || start)
		return fail(rd, "only node 0 is known");
	if (!get_field(&s, "start", &start) || !get_field(&s, "spanned", &spanned) ||
	    !get_field(&s, "present", &present) || !get_field(&s, "managed", &managed))
		return fail(rd, "zone line must have start, spanned, present and managed");
	if (start < 0 || spanned < 1 || present < 0 || managed < 0 || start > PFN_MAX ||
	    spanned > PFN_MAX - start || present > spanned || managed > present)
		return fail(rd, "zone %s has impossible sizes", name);
	z = &snap->zone[idx];
	if (z->present)
		return fail(rd, "zone %" PRId64 " appears twice", idx);
	z->present = true;
	memcpy(z->name, name, sizeof(name));
	z->start = start;
	z->spanned = spanned;
	z->present_pages = present;
	z->managed = managed;
	if (snap->max_pfn < z->start + z->spanned)
		snap->max_pfn = z->start + z->spanned;
	*zone = z;
	return true;
}

static bool parse_blocks(struct reader *rd, char *s, struct kmem_zone *z)
{
	uint64_t most = (z->spanned >> 9) + 2;	/* neither end has to be aligned */
	int64_t order, first;
	uint32_t room = 0;

	if (z->nr_blocks)
		return fail(rd, "pageblocks of zone %s appear twice", z->name);
	if (!get_word(&s, "order") || !get_number(&s, 10, &order) || order != 9 ||
	    !get_field(&s, "first", &first) || !get_word(&s, ":"))
		return fail(rd, "expected 'blocks order 9 first PFN : TYPExCOUNT ...'");
	z->block_first = first;
	for (s = skip_space(s); *s; s = skip_space(s)) {
		uint8_t type = KMEM_NO_BLOCK;
		long count;

		if (*s != '-')
			type = *s - '0';
		if ((type != KMEM_NO_BLOCK && type >= KMEM_TYPES) || s[1] != 'x')
			return fail(rd, "'%.16s' is not TYPExCOUNT", s);
		count = strtol(s + 2, &s, 10);
		if (count <= 0 || (*s && *s != ' '))
			return fail(rd, "count of pageblocks is wrong");
		if ((uint64_t)count > most - z->nr_blocks)
			return fail(rd, "zone %s has not that many pageblocks", z->name);
		if (z->nr_blocks + count > room) {
			room = (z->nr_blocks + count) * 2;
			z->block = realloc(z->block, room);
		}
		memset(z->block + z->nr_blocks, type, count);
		z->nr_blocks += count;
	}
	if (first < 0 || first > PFN_MAX || first % 512 ||
	    first + ((int64_t)z->nr_blocks << 9) > (int64_t)(z->start + z->spanned + 511))
		return fail(rd, "pageblocks reach beyond zone %s", z->name);
	return true;
}

static bool parse_pcp(struct reader *rd, char *s, struct kmem_zone *z)
{
	int64_t cpu, count, high, batch, factor;

	if (!get_field(&s, "cpu", &cpu) || !get_field(&s, "count", &count) ||
	    !get_field(&s, "high", &high) || !get_field(&s, "batch", &batch) ||
	    !get_field(&s, "free_factor", &factor))
		return fail(rd, "pcp line must have cpu, count, high, batch and free_factor");
	if (cpu)
		return fail(rd, "recording has more than one CPU; only runs of one CPU can "
			    "be replayed");
	if (count < 0 || count > (int64_t)z->managed || high < 0 || high > NUMBER_MAX)
		return fail(rd, "pcp count or high is impossible");
	if (batch < 1 || batch > 100000 || factor < 0 || factor > 16)
		return fail(rd, "pcp batch or free_factor is impossible");
	z->pcp_count = count;
	z->pcp_high = high;
	z->pcp_batch = batch;
	z->pcp_free_factor = factor;
	return true;
}

/* Can the zone have that many pages? */
static bool in_zone(const struct kmem_zone *z, int64_t nr)
{
	return nr >= 0 && nr <= (int64_t)z->spanned;
}

/* One line about a zone; lines that say nothing to the replay are skipped. */
static bool parse_zone_line(struct reader *rd, char *s, struct kmem_zone *z)
{
	int64_t v[6];
	int i;

	if (get_word(&s, "watermark")) {
		static const char *const mark[] = { "min", "low", "high", "promo", "boost" };

		for (i = 0; i < 5; i++) {
			if (!get_field(&s, mark[i], &v[i]))
				return fail(rd, "watermark line lacks '%s'", mark[i]);
			if (v[i] < 0 || v[i] > (int64_t)z->spanned)
				return fail(rd, "watermark %s is more than the zone has", mark[i]);
		}
		for (i = 0; i < 4; i++)
			z->wmark[i] = v[i];
		z->boost = v[4];
	} else if (get_field(&s, "nr_reserved_highatomic", &v[0])) {
		if (!get_field(&s, "flags", &v[1]) || !get_field(&s, "percpu_drift_mark", &v[2]) ||
		    !get_field(&s, "vm_stat_free", &v[3]) ||
		    !get_field(&s, "nr_isolate_pageblock", &v[4]))
			return fail(rd, "line lacks flags, vm_stat_free or nr_isolate_pageblock");
		if (!in_zone(z, v[0]) || !in_zone(z, v[3]) || !in_zone(z, v[4]))
			return fail(rd, "a count is negative, or more than the zone has");
		z->nr_highatomic = v[0];
		z->flags = v[1];
		z->vm_stat_free = v[3];
		z->nr_isolate = v[4];
	} else if (get_word(&s, "lowmem_reserve")) {
		for (i = 0; i < KMEM_ZONES; i++) {
			if (!get_number(&s, 10, &z->lowmem_reserve[i]) ||
			    z->lowmem_reserve[i] < 0 || z->lowmem_reserve[i] > PFN_MAX)
				return fail(rd, "lowmem_reserve needs %d numbers of pages",
					    KMEM_ZONES);
		}
	} else if (get_word(&s, "order")) {
		if (!get_number(&s, 10, &v[0]) || !get_field(&s, "nr_free", &v[1]) || v[0] < 0 ||
		    v[0] >= KMEM_ORDERS)
			return fail(rd, "expected 'order N nr_free N', orders 0 to %d",
				    KMEM_ORDERS - 1);
		if (!in_zone(z, v[1]))
			return fail(rd, "nr_free is negative, or more than the zone has");
		z->nr_free[v[0]] = v[1];
	} else if (get_word(&s, "free")) {
		if (!get_number(&s, 10, &v[0]) || !get_number(&s, 10, &v[1]) ||
		    !get_word(&s, ":") || v[0] < 0 || v[0] >= KMEM_ORDERS || v[1] < 0 ||
		    v[1] >= KMEM_TYPES)
			return fail(rd, "expected 'free ORDER TYPE : PFN ...'");
		return parse_list(rd, z, s, &z->free[v[0]][v[1]], v[0], false);
	} else if (get_word(&s, "pcplist")) {
		if (!get_number(&s, 10, &v[0]) || !get_word(&s, ":") || v[0] < 0 ||
		    v[0] >= KMEM_PCP_LISTS)
			return fail(rd, "expected 'pcplist PINDEX : PFN/TYPE ...', 0 to %d",
				    KMEM_PCP_LISTS - 1);
		return parse_list(rd, z, s, &z->pcp[v[0]], v[0] >= 12 ? 9 : v[0] / 3, true);
	} else if (get_word(&s, "pcp")) {
		return parse_pcp(rd, s, z);
	} else if (get_word(&s, "blocks")) {
		return parse_blocks(rd, s, z);
	} else {
		return fail(rd, "line '%.24s' is not known", skip_space(s));
	}
	return true;
}

static bool claim_pages(struct reader *rd, uint8_t *map, const struct kmem_list *list,
			unsigned int order, uint64_t max_pfn)
{
	uint32_t i;

	for (i = 0; i < list->nr; i++) {
		uint64_t pfn;

		for (pfn = list->pfn[i]; pfn < list->pfn[i] + (UINT64_C(1) << order); pfn++) {
			if (pfn < max_pfn && !map[pfn]++)
				continue;
			return fail(rd, "pfn %" PRIu64 " is free twice; the snapshot is damaged, "
				    "record it again",
				    pfn);
		}
	}
	return true;
}

/* Zones lie one behind the other, in the order of their numbers. */
static bool check_zones(struct reader *rd, const struct kmem_snapshot *snap)
{
	uint64_t end = 0;
	int idx;

	rd->line = 0;
	for (idx = 0; idx < KMEM_ZONES; idx++) {
		const struct kmem_zone *z = &snap->zone[idx];

		if (!z->present)
			continue;
		if (z->start < end)
			return fail(rd, "zone %s begins within the one before it", z->name);
		end = z->start + z->spanned;
	}
	return true;
}

static bool same_zones(const struct kmem_snapshot *a, const struct kmem_snapshot *b)
{
	int idx;

	for (idx = 0; idx < KMEM_ZONES; idx++) {
		const struct kmem_zone *za = &a->zone[idx], *zb = &b->zone[idx];

		if (za->present != zb->present || za->start != zb->start ||
		    za->spanned != zb->spanned || za->nr_blocks != zb->nr_blocks ||
		    za->block_first != zb->block_first)
			return false;
	}
	return true;
}

/* Counts must agree with lists, and no page may be free twice. */
static bool check_snapshot(struct reader *rd, struct kmem_snapshot *snap)
{
	uint8_t *map = calloc(1, snap->max_pfn + 1);
	bool ok = true;
	int idx, order, type, pindex;

	rd->line = 0;
	for (idx = 0; idx < KMEM_ZONES && ok; idx++) {
		struct kmem_zone *z = &snap->zone[idx];
		uint64_t on_pcp = 0;

		for (order = 0; order < KMEM_ORDERS && ok; order++) {
			uint64_t blocks = 0;

			for (type = 0; type < KMEM_TYPES && ok; type++) {
				blocks += z->free[order][type].nr;
				ok = claim_pages(rd, map, &z->free[order][type], order,
						 snap->max_pfn);
			}
			if (ok && blocks != z->nr_free[order])
				ok = fail(rd,
					  "zone %s, order %d: nr_free is %" PRIu64
					  " but the lists have %" PRIu64
					  "; the snapshot is damaged, record it again",
					  z->name, order, z->nr_free[order], blocks);
		}
		for (pindex = 0; pindex < KMEM_PCP_LISTS && ok; pindex++) {
			order = pindex >= 12 ? 9 : pindex / 3;
			on_pcp += (uint64_t)z->pcp[pindex].nr << order;
			ok = claim_pages(rd, map, &z->pcp[pindex], order, snap->max_pfn);
		}
		if (ok && on_pcp != (uint64_t)z->pcp_count)
			ok = fail(rd,
				  "zone %s: pcp count is %d but the lists have %" PRIu64
				  " pages; the snapshot is damaged, record it again",
				  z->name, z->pcp_count, on_pcp);
	}
	free(map);
	return ok;
}

static bool read_snapshot(struct reader *rd, const char *dir, const char *name,
			  struct kmem_snapshot *snap)
{
	struct kmem_zone *zone = NULL;
	bool ok = true;
	char *s;

	if (!reader_open(rd, dir, name))
		return false;
	while (ok && (s = next_line(rd))) {
		if (!*skip_space(s))
			continue;
		if (get_word(&s, "zone"))
			ok = parse_zone(rd, s, snap, &zone);
		else if (*s == ' ' && zone)
			ok = parse_zone_line(rd, s, zone);
		else if (!get_word(&s, "layout") && !get_word(&s, "node") &&
			 !get_word(&s, "zonelist"))
			ok = fail(rd, "line '%.24s' is not known", s);
	}
	if (ok && !zone) {
		rd->line = 0;
		ok = fail(rd, "has no zones; is it a snapshot?");
	}
	ok = ok && check_zones(rd, snap) && check_snapshot(rd, snap);
	free(rd->text);
	return ok;
}

static void free_snapshot(struct kmem_snapshot *snap)
{
	int idx, a, b;

	for (idx = 0; idx < KMEM_ZONES; idx++) {
		struct kmem_zone *z = &snap->zone[idx];

		for (a = 0; a < KMEM_ORDERS; a++)
			for (b = 0; b < KMEM_TYPES; b++)
				free(z->free[a][b].pfn);
		for (a = 0; a < KMEM_PCP_LISTS; a++) {
			free(z->pcp[a].pfn);
			free(z->pcp[a].type);
		}
		free(z->block);
	}
}

/* --- events --- */

/* Fields after the pfn, bit n: field n is hexadecimal. */
struct event_form {
	char type;
	uint8_t nr_fields, hex;
	int8_t order_field;	/* -1: none */
	uint8_t types;		/* bit n: field n is a migrate type */
	bool flag;		/* = or + may follow */
	const char *fields;
};

static const struct event_form forms[] = {
	{ 'A', 3, 2, 0, 4, true, "pfn order gfp type [=+]" },
	{ 'F', 1, 0, 0, 0, true, "pfn order [=+]" },
	{ 'B', 0, 0, -1, 0, true, "pfn [=+]" },
	{ 'Z', 3, 0, 0, 2, false, "pfn order type percpu_refill" },
	{ 'D', 2, 0, 0, 2, false, "pfn order type" },
	{ 'X', 5, 0, 0, 12, false, "pfn order fallback_order type fallback_type change_ownership" },
	{ 'K', 3, 1, -1, 0, false, "pfn gfp index nr" },
	{ 'O', 3, 0, 1, 0, false, "pfn op order arg" },
	{ 'C', 2, 0, 0, 2, false, "pfn order type" },
	{ 'P', 3, 2, 0, 4, false, "pfn order gfp type" },
	{ 'M', 1, 0, -1, 0, false, "slot phase" },
};

static const struct event_form *find_form(char type)
{
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (forms[i].type == type)
			return &forms[i];
	}
	return NULL;
}

/* Contexts are few: t and i of each task number. */
struct contexts {
	char (*name)[16];
	uint32_t nr;
	uint32_t *by_hash;
	uint32_t hash_size;
};

static uint32_t context_number(struct contexts *c, const char *name)
{
	uint32_t h = 2166136261u, slot, mask;
	const char *p;

	if (c->nr * 2 >= c->hash_size) {
		uint32_t i, size = c->hash_size ? c->hash_size * 2 : 256, old = c->nr;

		free(c->by_hash);
		c->by_hash = calloc(size, sizeof(*c->by_hash));
		c->hash_size = size;
		c->name = realloc(c->name, size * sizeof(*c->name));
		c->nr = 0;
		for (i = 0; i < old; i++) {
			char copy[16];

			memcpy(copy, c->name[i], sizeof(copy));
			context_number(c, copy);
		}
	}
	mask = c->hash_size - 1;
	for (p = name; *p; p++)
		h = (h ^ (unsigned char)*p) * 16777619u;
	for (slot = h & mask; c->by_hash[slot]; slot = (slot + 1) & mask) {
		if (!strcmp(c->name[c->by_hash[slot] - 1], name))
			return c->by_hash[slot] - 1;
	}
	snprintf(c->name[c->nr], sizeof(c->name[0]), "%s", name);
	c->by_hash[slot] = ++c->nr;
	return c->nr - 1;
}

/* Largest number of an O record's arguments is not ours to judge; pages are. */
static bool check_event(struct reader *rd, const struct kmem_event *ev,
			const struct event_form *form, uint64_t max_pfn)
{
	int64_t order = form->order_field >= 0 ? ev->a[form->order_field] : 0;
	int64_t gfp;
	unsigned int i;
	bool free_form = ev->type == 'O' && ev->a[0] != 1 && ev->a[0] != 8;

	if (free_form)
		return true;
	for (i = 0; i < form->nr_fields; i++)
		if (form->types >> i & 1 && (ev->a[i] < 0 || ev->a[i] >= KMEM_TYPES))
			return fail(rd, "type %" PRId64 " does not exist; 0 to %d", ev->a[i],
				    KMEM_TYPES - 1);
	if (ev->type == 'X' && (ev->a[1] < 0 || ev->a[1] >= KMEM_ORDERS))
		return fail(rd, "order %" PRId64 " does not exist; 0 to %d", ev->a[1],
			    KMEM_ORDERS - 1);
	/* Each page of a bulk has a line of its own. */
	if (ev->type == 'K' && (ev->a[1] < 0 || ev->a[1] >= ev->a[2] || ev->a[2] > 65536 ||
				(uint64_t)ev->a[2] > rd->size / BULK_LINE_MIN))
		return fail(rd, "index %" PRId64 " of %" PRId64 " bulk pages is impossible",
			    ev->a[1], ev->a[2]);
	if (ev->type == 'C' && order > 3 && order != 9)
		return fail(rd, "there is no per-CPU list for order %" PRId64 ", type %" PRId64,
			    order, ev->a[1]);
	gfp = ev->type == 'K' ? ev->a[0] : ev->type == 'A' || ev->type == 'P' ? ev->a[1] : 0;
	if ((gfp & GFP_BOTH_TYPES) == GFP_BOTH_TYPES)
		return fail(rd, "gfp %" PRIx64 " is movable and reclaimable at once", gfp);
	if (order < 0 || order >= KMEM_ORDERS)
		return fail(rd, "order %" PRId64 " does not exist; 0 to %d", order,
			    KMEM_ORDERS - 1);
	if (ev->pfn == -1 && (ev->type == 'A'))
		return true;
	if (ev->pfn < 0 || ev->pfn > (int64_t)max_pfn - (INT64_C(1) << order))
		return fail(rd, "pfn %" PRId64 " of order %" PRId64
			    " is outside the recorded memory (0 to %" PRIu64 ")",
			    ev->pfn, order, max_pfn - 1);
	if (ev->pfn & ((INT64_C(1) << order) - 1))
		return fail(rd, "pfn %" PRId64 " is not aligned to order %" PRId64, ev->pfn, order);
	return true;
}

static bool parse_event(struct reader *rd, char *s, struct kmem_event *ev, struct contexts *ctx,
			int64_t *seq, uint64_t max_pfn)
{
	const struct event_form *form;
	int64_t number;
	char name[16] = "";
	int i;

	memset(ev, 0, sizeof(*ev));
	ev->line = rd->line;
	if (!get_number(&s, 10, &number))
		return fail(rd, "line does not begin with a sequence number");
	if (number != *seq + 1)
		return fail(rd, "sequence number is %" PRId64 " where %" PRId64
			    " was due; events are missing, record again",
			    number, *seq + 1);
	*seq = number;
	s = skip_space(s);
	form = find_form(*s);
	if (!form || s[1] != ' ')
		return fail(rd, "event type '%.8s' is not known; one of AFBZDXMKOCP", s);
	ev->type = *s++;
	if (!get_number(&s, 10, &ev->pfn))
		return fail(rd, "%c needs: %s", ev->type, form->fields);
	for (i = 0; i < form->nr_fields; i++) {
		if (!get_number(&s, form->hex >> i & 1 ? 16 : 10, &ev->a[i]))
			return fail(rd, "%c needs: %s", ev->type, form->fields);
	}
	s = skip_space(s);
	if (form->flag && (*s == '=' || *s == '+'))
		ev->flag = *s++;
	if (sscanf(s, " %15s", name) != 1 || (name[0] != 't' && name[0] != 'i') ||
	    !isdigit((unsigned char)name[1]))
		return fail(rd, "context is missing; tPID or iPID must come last");
	ev->context = context_number(ctx, name);
	ev->task = context_number(ctx, name + 1);
	return ev->type == 'M' || check_event(rd, ev, form, max_pfn);
}

/* A page that left its list early belongs to the allocation that shows it later. */
static void link_pops(struct kmem_recording *rec)
{
	size_t i, j;

	for (i = 0; i < rec->nr_events; i++) {
		if (rec->events[i].type != 'P')
			continue;
		for (j = i + 1; j < rec->nr_events; j++) {
			if (rec->events[j].type == 'A' && rec->events[j].flag == '+' &&
			    rec->events[j].pfn == rec->events[i].pfn)
				break;
		}
		if (j < rec->nr_events)
			rec->events[i].context = rec->events[j].context;
	}
}

static bool is_mark(const struct kmem_event *ev, int slot, int phase)
{
	return ev->type == 'M' && ev->pfn == slot && ev->a[0] == phase;
}

static bool read_events(struct reader *rd, const char *dir, struct kmem_recording *rec)
{
	struct contexts ctx = { 0 };
	bool ok = true, inside = false, closed = false;
	int64_t seq = -1;
	size_t room = 0;
	char *s;

	if (!reader_open(rd, dir, "events"))
		return false;
	rec->text = rd->text;
	rec->text_size = rd->size;
	while (ok && (s = next_line(rd))) {
		struct kmem_event ev;

		if (*s == '#' || !*skip_space(s))
			continue;
		ok = parse_event(rd, s, &ev, &ctx, &seq, rec->before.max_pfn);
		if (!ok)
			break;
		if (is_mark(&ev, 1, 0))
			closed = inside;
		if (inside && !closed && ev.type != 'M') {
			if (rec->nr_events == room) {
				room = room ? room * 2 : 1 << 16;
				rec->events = realloc(rec->events, room * sizeof(ev));
			}
			rec->events[rec->nr_events++] = ev;
		}
		if (is_mark(&ev, 0, 1))
			inside = true;
	}
	if (ok && !closed) {
		rd->line = 0;
		ok = fail(rd, inside ? "mark 'M 1 0' that ends the window is missing; "
				       "the file is cut short" :
				       "mark 'M 0 1' that begins the window is missing");
	}
	free(ctx.name);
	free(ctx.by_hash);
	if (ok)
		link_pops(rec);
	return ok;
}

bool kmem_recording_read(struct kmem_recording *rec, const char *dir, char *error,
			 size_t error_size)
{
	struct reader rd = { .error = error, .error_size = error_size };
	bool ok;

	memset(rec, 0, sizeof(*rec));
	ok = read_snapshot(&rd, dir, "snapA", &rec->before) &&
	     read_snapshot(&rd, dir, "snapB", &rec->after);
	if (ok && !same_zones(&rec->before, &rec->after))
		ok = fail(&rd, "its zones are not of the machine of the first snapshot");
	ok = ok && read_events(&rd, dir, rec);
	if (!ok)
		kmem_recording_free(rec);
	return ok;
}

void kmem_recording_free(struct kmem_recording *rec)
{
	free_snapshot(&rec->before);
	free_snapshot(&rec->after);
	free(rec->events);
	free(rec->text);
	memset(rec, 0, sizeof(*rec));
}
