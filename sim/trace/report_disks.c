// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks of the host that several things share: what each did, and for whom.
 */
#include <stdlib.h>

#include "collect.h"
#include "hostmem.h"
#include "json.h"
#include "report_internal.h"
#include "table.h"

static void see_extent(struct report *r, const struct trace_rec_disk_extent *is)
{
	struct report_extent *e;

	if (is->extent != r->nr_extents + 1)
		return;
	e = collect_append(&r->extents, &r->nr_extents, sizeof(*e));
	e->is = *is;
	e->is.name = e->name = collect_copy(is->name);
}

static void see_disk(struct report *r, const struct trace_rec_disk *is)
{
	struct report_disk *d;

	if (is->disk != r->nr_disks + 1)
		return;
	d = collect_append(&r->disks, &r->nr_disks, sizeof(*d));
	d->is = *is;
	d->is.name = d->name = collect_copy(is->name);
	d->is.model = d->model = collect_copy(is->model);
}

void report_see_disk(struct report *r, const struct trace_record *record)
{
	const struct trace_rec_disk_extent_sample *of_extent = record->rec;
	const struct trace_rec_disk_sample *of_disk = record->rec;

	if (record->id == TRACE_ID_disk)
		see_disk(r, record->rec);
	else if (record->id == TRACE_ID_disk_extent)
		see_extent(r, record->rec);
	else if (record->id == TRACE_ID_disk_sample && of_disk->disk - 1 < r->nr_disks)
		r->disks[of_disk->disk - 1].last = *of_disk;
	else if (record->id == TRACE_ID_disk_extent_sample &&
		 of_extent->extent - 1 < r->nr_extents)
		r->extents[of_extent->extent - 1].last = *of_extent;
}

void report_free_disks(struct report *r)
{
	for (unsigned int i = 0; i < r->nr_disks; i++) {
		free(r->disks[i].name);
		free(r->disks[i].model);
	}
	for (unsigned int i = 0; i < r->nr_extents; i++)
		free(r->extents[i].name);
	host_free(r->disks);
	host_free(r->extents);
}

/* Both records have these fields. */
#define TEXT(t, last)                                                                              \
	do {                                                                                       \
		table_count(t, (last)->reads);                                                     \
		table_bytes(t, (last)->bytes_read);                                                \
		table_count(t, (last)->writes);                                                    \
		table_bytes(t, (last)->bytes_written);                                             \
		table_ns(t, (last)->busy);                                                         \
		table_count(t, (last)->queue_max);                                                 \
	} while (0)

#define JSON(j, last)                                                                              \
	do {                                                                                       \
		json_u64(j, "reads", (last)->reads);                                               \
		json_u64(j, "read_bytes", (last)->bytes_read);                                     \
		json_u64(j, "writes", (last)->writes);                                             \
		json_u64(j, "written_bytes", (last)->bytes_written);                               \
		json_u64(j, "busy_ns", (last)->busy);                                              \
		json_u64(j, "queue_max", (last)->queue_max);                                       \
	} while (0)

void report_text_disks(const struct report *r, FILE *out)
{
	struct table t;

	table_init(&t, NULL, 2, "disk|for|size|reads|read|writes|written|busy|queue max");
	for (unsigned int i = 0; i < r->nr_disks; i++) {
		table_cell(&t, "%s", r->disks[i].name);
		table_cell(&t, "all, %s", r->disks[i].model);
		table_pages(&t, r->disks[i].is.size);
		TEXT(&t, &r->disks[i].last);
		for (unsigned int k = 0; k < r->nr_extents; k++) {
			if (r->extents[k].is.disk != i + 1)
				continue;
			table_cell(&t, "%s", r->disks[i].name);
			table_cell(&t, "%s", r->extents[k].name);
			table_pages(&t, r->extents[k].is.size);
			TEXT(&t, &r->extents[k].last);
		}
	}
	table_print(&t, out);
}

static void json_extents(const struct report *r, uint64_t disk, struct json *j)
{
	json_open(j, "extents", '[');
	for (unsigned int k = 0; k < r->nr_extents; k++) {
		const struct report_extent *e = &r->extents[k];

		if (e->is.disk != disk)
			continue;
		json_open(j, NULL, '{');
		json_string(j, "name", e->name);
		json_pages(j, "first_bytes", e->is.first);
		json_pages(j, "size_bytes", e->is.size);
		JSON(j, &e->last);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void report_json_disks(const struct report *r, struct json *j)
{
	json_open(j, "disks", '[');
	for (unsigned int i = 0; i < r->nr_disks; i++) {
		json_open(j, NULL, '{');
		json_string(j, "name", r->disks[i].name);
		json_string(j, "model", r->disks[i].model);
		json_pages(j, "size_bytes", r->disks[i].is.size);
		JSON(j, &r->disks[i].last);
		json_extents(r, i + 1, j);
		json_close(j, '}');
	}
	json_close(j, ']');
}
