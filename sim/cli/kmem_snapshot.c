// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots of a real kernel's page allocator: zones, their free lists, per-CPU lists and
 * pageblocks.  Counts must agree with lists, and no page may be free twice.
 */
#include "kmem_file.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No machine had a count beyond. */
#define NUMBER_MAX ((int64_t)1 << 40)

static bool parse_pfn(struct kmem_reader *rd, const struct kmem_zone *z, const char *text,
		      char **end, int64_t *pfn)
{
	errno = 0;
	*pfn = strtoll(text, end, 10);
	if (*end == text || errno)
		return kmem_fail(rd, "'%.16s' is not a page frame number", text);
	if (*pfn < (int64_t)z->start || *pfn >= (int64_t)(z->start + z->spanned))
		return kmem_fail(rd, "pfn %" PRId64 " is outside zone %s (%" PRIu64 " to %" PRIu64
				 ")", *pfn, z->name, z->start, z->start + z->spanned - 1);
	return true;
}

/* A list of pfns, with types where @typed; blocks of @order pages. */
static bool parse_list(struct kmem_reader *rd, const struct kmem_zone *z, char *s,
		       struct kmem_list *list, unsigned int order, bool typed)
{
	uint32_t room = 0;

	if (list->nr)
		return kmem_fail(rd, "the list appears twice");
	for (s = kmem_skip_space(s); *s; s = kmem_skip_space(s)) {
		int64_t pfn, type = 0;

		if (!parse_pfn(rd, z, s, &s, &pfn))
			return false;
		if (pfn & ((1 << order) - 1))
			return kmem_fail(rd, "pfn %" PRId64 " is not aligned to order %u", pfn,
					 order);
		if (typed) {
			if (*s != '/')
				return kmem_fail(rd, "entries of pcplist must be PFN/TYPE");
			type = isdigit((unsigned char)s[1]) ? strtol(s + 1, &s, 10) : -1;
			if (type < 0 || type >= KMEM_TYPES)
				return kmem_fail(rd, "type %" PRId64 " does not exist; 0 to %d",
						 type, KMEM_TYPES - 1);
		}
		if (*s && *s != ' ')
			return kmem_fail(rd, "'%.16s' does not belong into a list", s);
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

static bool parse_zone(struct kmem_reader *rd, char *s, struct kmem_snapshot *snap,
		       struct kmem_zone **zone)
{
	int64_t idx, start, spanned, present, managed;
	struct kmem_zone *z;
	char name[16] = "";
	int n = 0;

	if (!kmem_get_number(&s, 10, &idx) || idx < 0 || idx >= KMEM_ZONES)
		return kmem_fail(rd, "zone needs a number from 0 to %d", KMEM_ZONES - 1);
	s = kmem_skip_space(s);
	if (sscanf(s, "%15s%n", name, &n) != 1)
		return kmem_fail(rd, "zone %" PRId64 " has no name", idx);
	s += n;
	if (!kmem_get_word(&s, "node") || !kmem_get_number(&s, 10, &start) || start)
		return kmem_fail(rd, "only node 0 is known");
	if (!kmem_get_field(&s, "start", &start) || !kmem_get_field(&s, "spanned", &spanned) ||
	    !kmem_get_field(&s, "present", &present) || !kmem_get_field(&s, "managed", &managed))
		return kmem_fail(rd, "zone line must have start, spanned, present and managed");
	if (start < 0 || spanned < 1 || present < 0 || managed < 0 || start > KMEM_PFN_MAX ||
	    spanned > KMEM_PFN_MAX - start || present > spanned || managed > present)
		return kmem_fail(rd, "zone %s has impossible sizes", name);
	z = &snap->zone[idx];
	if (z->present)
		return kmem_fail(rd, "zone %" PRId64 " appears twice", idx);
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

static bool parse_blocks(struct kmem_reader *rd, char *s, struct kmem_zone *z)
{
	uint64_t most = (z->spanned >> 9) + 2;	/* neither end has to be aligned */
	int64_t order, first;
	uint32_t room = 0;

	if (z->nr_blocks)
		return kmem_fail(rd, "pageblocks of zone %s appear twice", z->name);
	if (!kmem_get_word(&s, "order") || !kmem_get_number(&s, 10, &order) || order != 9 ||
	    !kmem_get_field(&s, "first", &first) || !kmem_get_word(&s, ":"))
		return kmem_fail(rd, "expected 'blocks order 9 first PFN : TYPExCOUNT ...'");
	z->block_first = first;
	for (s = kmem_skip_space(s); *s; s = kmem_skip_space(s)) {
		uint8_t type = KMEM_NO_BLOCK;
		long count;

		if (*s != '-')
			type = *s - '0';
		if ((type != KMEM_NO_BLOCK && type >= KMEM_TYPES) || s[1] != 'x')
			return kmem_fail(rd, "'%.16s' is not TYPExCOUNT", s);
		count = strtol(s + 2, &s, 10);
		if (count <= 0 || (*s && *s != ' '))
			return kmem_fail(rd, "count of pageblocks is wrong");
		if ((uint64_t)count > most - z->nr_blocks)
			return kmem_fail(rd, "zone %s has not that many pageblocks", z->name);
		if (z->nr_blocks + count > room) {
			room = (z->nr_blocks + count) * 2;
			z->block = realloc(z->block, room);
		}
		memset(z->block + z->nr_blocks, type, count);
		z->nr_blocks += count;
	}
	if (first < 0 || first > KMEM_PFN_MAX || first % 512 ||
	    first + ((int64_t)z->nr_blocks << 9) > (int64_t)(z->start + z->spanned + 511))
		return kmem_fail(rd, "pageblocks reach beyond zone %s", z->name);
	return true;
}

static bool parse_pcp(struct kmem_reader *rd, char *s, struct kmem_zone *z)
{
	int64_t cpu, count, high, batch, factor = 0, min = 0, max = 0, free_count = 0, flags = 0;
	bool bounds;

	if (!kmem_get_field(&s, "cpu", &cpu) || !kmem_get_field(&s, "count", &count) ||
	    !kmem_get_field(&s, "high", &high))
		return kmem_fail(rd, "pcp line must have cpu, count, high and batch");
	bounds = kmem_get_field(&s, "high_min", &min);
	if (bounds && !kmem_get_field(&s, "high_max", &max))
		return kmem_fail(rd, "pcp line has high_min, but no high_max");
	if (!kmem_get_field(&s, "batch", &batch))
		return kmem_fail(rd, "pcp line must have cpu, count, high and batch");
	if (!bounds && !kmem_get_field(&s, "free_factor", &factor))
		return kmem_fail(rd, "pcp line must have free_factor, or high_min and so on");
	if (bounds && (!kmem_get_field(&s, "free_count", &free_count) ||
		       !kmem_get_field(&s, "alloc_factor", &factor) ||
		       !kmem_get_field(&s, "flags", &flags)))
		return kmem_fail(rd, "pcp line lacks free_count, alloc_factor or flags");
	if (cpu)
		return kmem_fail(rd, "recording has more than one CPU; only runs of one CPU can "
				 "be replayed");
	if (count < 0 || count > (int64_t)z->managed || high < 0 || high > NUMBER_MAX)
		return kmem_fail(rd, "pcp count or high is impossible");
	if (batch < 1 || batch > 100000 || factor < 0 || factor > 16)
		return kmem_fail(rd, "pcp batch, free_factor or alloc_factor is impossible");
	if (min < 0 || max < min || max > NUMBER_MAX || free_count < 0 || free_count > INT16_MAX ||
	    flags < 0 || flags > UINT8_MAX)
		return kmem_fail(rd, "pcp high_min, high_max, free_count or flags is impossible");
	z->pcp_count = count;
	z->pcp_high = high;
	z->pcp_batch = batch;
	z->pcp_free_factor = bounds ? 0 : factor;
	z->pcp_high_min = min;
	z->pcp_high_max = max;
	z->pcp_free_count = free_count;
	z->pcp_alloc_factor = bounds ? factor : 0;
	z->pcp_flags = flags;
	return true;
}

/* Can the zone have that many pages? */
static bool in_zone(const struct kmem_zone *z, int64_t nr)
{
	return nr >= 0 && nr <= (int64_t)z->spanned;
}

/* One line about a zone; lines that say nothing to the replay are skipped. */
static bool parse_zone_line(struct kmem_reader *rd, char *s, struct kmem_zone *z)
{
	int64_t v[6];
	int i;

	if (kmem_get_word(&s, "watermark")) {
		static const char *const mark[] = { "min", "low", "high", "promo", "boost" };

		for (i = 0; i < 5; i++) {
			if (!kmem_get_field(&s, mark[i], &v[i]))
				return kmem_fail(rd, "watermark line lacks '%s'", mark[i]);
			if (v[i] < 0 || v[i] > (int64_t)z->spanned)
				return kmem_fail(rd, "watermark %s is more than the zone has",
						 mark[i]);
		}
		for (i = 0; i < 4; i++)
			z->wmark[i] = v[i];
		z->boost = v[4];
	} else if (kmem_get_field(&s, "nr_reserved_highatomic", &v[0])) {
		if (!kmem_get_field(&s, "flags", &v[1]) ||
		    !kmem_get_field(&s, "percpu_drift_mark", &v[2]) ||
		    !kmem_get_field(&s, "vm_stat_free", &v[3]) ||
		    !kmem_get_field(&s, "nr_isolate_pageblock", &v[4]))
			return kmem_fail(rd, "line lacks flags, vm_stat_free or "
					 "nr_isolate_pageblock");
		if (!kmem_get_field(&s, "nr_free_highatomic", &v[5]))
			v[5] = 0;
		if (!in_zone(z, v[0]) || !in_zone(z, v[3]) || !in_zone(z, v[4]) ||
		    !in_zone(z, v[5]))
			return kmem_fail(rd, "a count is negative, or more than the zone has");
		z->nr_highatomic = v[0];
		z->flags = v[1];
		z->vm_stat_free = v[3];
		z->nr_isolate = v[4];
		z->nr_free_highatomic = v[5];
	} else if (kmem_get_word(&s, "lowmem_reserve")) {
		for (i = 0; i < KMEM_ZONES; i++) {
			if (!kmem_get_number(&s, 10, &z->lowmem_reserve[i]) ||
			    z->lowmem_reserve[i] < 0 || z->lowmem_reserve[i] > KMEM_PFN_MAX)
				return kmem_fail(rd, "lowmem_reserve needs %d numbers of pages",
						 KMEM_ZONES);
		}
	} else if (kmem_get_word(&s, "order")) {
		if (!kmem_get_number(&s, 10, &v[0]) || !kmem_get_field(&s, "nr_free", &v[1]) ||
		    v[0] < 0 || v[0] >= KMEM_ORDERS)
			return kmem_fail(rd, "expected 'order N nr_free N', orders 0 to %d",
					 KMEM_ORDERS - 1);
		if (!in_zone(z, v[1]))
			return kmem_fail(rd, "nr_free is negative, or more than the zone has");
		z->nr_free[v[0]] = v[1];
	} else if (kmem_get_word(&s, "free")) {
		if (!kmem_get_number(&s, 10, &v[0]) || !kmem_get_number(&s, 10, &v[1]) ||
		    !kmem_get_word(&s, ":") || v[0] < 0 || v[0] >= KMEM_ORDERS || v[1] < 0 ||
		    v[1] >= KMEM_TYPES)
			return kmem_fail(rd, "expected 'free ORDER TYPE : PFN ...'");
		return parse_list(rd, z, s, &z->free[v[0]][v[1]], v[0], false);
	} else if (kmem_get_word(&s, "pcplist")) {
		if (!kmem_get_number(&s, 10, &v[0]) || !kmem_get_word(&s, ":") || v[0] < 0 ||
		    v[0] >= KMEM_PCP_LISTS)
			return kmem_fail(rd, "expected 'pcplist PINDEX : PFN/TYPE ...', 0 to %d",
					 KMEM_PCP_LISTS - 1);
		return parse_list(rd, z, s, &z->pcp[v[0]], v[0] >= 12 ? 9 : v[0] / 3, true);
	} else if (kmem_get_word(&s, "pcp")) {
		return parse_pcp(rd, s, z);
	} else if (kmem_get_word(&s, "blocks")) {
		return parse_blocks(rd, s, z);
	} else {
		return kmem_fail(rd, "line '%.24s' is not known", kmem_skip_space(s));
	}
	return true;
}

static bool claim_pages(struct kmem_reader *rd, uint8_t *map, const struct kmem_list *list,
			unsigned int order, uint64_t max_pfn)
{
	uint32_t i;

	for (i = 0; i < list->nr; i++) {
		uint64_t pfn;

		for (pfn = list->pfn[i]; pfn < list->pfn[i] + (UINT64_C(1) << order); pfn++) {
			if (pfn < max_pfn && !map[pfn]++)
				continue;
			return kmem_fail(rd, "pfn %" PRIu64 " is free twice; the snapshot is "
					 "damaged, record it again", pfn);
		}
	}
	return true;
}

/* Zones lie one behind the other, in the order of their numbers. */
static bool check_zones(struct kmem_reader *rd, const struct kmem_snapshot *snap)
{
	uint64_t end = 0;
	int idx;

	rd->line = 0;
	for (idx = 0; idx < KMEM_ZONES; idx++) {
		const struct kmem_zone *z = &snap->zone[idx];

		if (!z->present)
			continue;
		if (z->start < end)
			return kmem_fail(rd, "zone %s begins within the one before it", z->name);
		end = z->start + z->spanned;
	}
	return true;
}

bool kmem_same_zones(const struct kmem_snapshot *a, const struct kmem_snapshot *b)
{
	int idx;

	if (a->version != b->version)
		return false;
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
static bool check_snapshot(struct kmem_reader *rd, struct kmem_snapshot *snap)
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
				ok = kmem_fail(rd,
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
			ok = kmem_fail(rd,
				       "zone %s: pcp count is %d but the lists have %" PRIu64
				       " pages; the snapshot is damaged, record it again",
				       z->name, z->pcp_count, on_pcp);
	}
	free(map);
	return ok;
}

/* kernel RELEASE */
static bool parse_kernel(struct kmem_reader *rd, const char *s, struct kmem_snapshot *snap)
{
	unsigned int major, minor;

	if (sscanf(s, " %3u.%3u", &major, &minor) != 2 || major > 255 || minor > 255)
		return kmem_fail(rd, "'%.24s' is no version of Linux", kmem_skip_space((char *)s));
	snap->version = major << 16 | minor << 8;
	return true;
}

bool kmem_snapshot_read(struct kmem_reader *rd, const char *dir, const char *name,
			struct kmem_snapshot *snap)
{
	struct kmem_zone *zone = NULL;
	bool ok = true;
	char *s;

	if (!kmem_open(rd, dir, name))
		return false;
	while (ok && (s = kmem_next_line(rd))) {
		if (!*kmem_skip_space(s))
			continue;
		if (kmem_get_word(&s, "kernel"))
			ok = parse_kernel(rd, s, snap);
		else if (kmem_get_word(&s, "zone"))
			ok = parse_zone(rd, s, snap, &zone);
		else if (*s == ' ' && zone)
			ok = parse_zone_line(rd, s, zone);
		else if (!kmem_get_word(&s, "layout") && !kmem_get_word(&s, "node") &&
			 !kmem_get_word(&s, "zonelist"))
			ok = kmem_fail(rd, "line '%.24s' is not known", s);
	}
	if (ok && !zone) {
		rd->line = 0;
		ok = kmem_fail(rd, "has no zones; is it a snapshot?");
	}
	ok = ok && check_zones(rd, snap) && check_snapshot(rd, snap);
	free(rd->text);
	return ok;
}

void kmem_snapshot_free(struct kmem_snapshot *snap)
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
