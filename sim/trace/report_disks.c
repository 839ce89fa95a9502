// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks of the host that several things share: what each did, and for whom; images of guests in the
 * host's page cache, and its dirty pages.
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

static void peak(uint64_t *most, uint64_t value)
{
	if (value > *most)
		*most = value;
}

static void see_image(struct report *r, const struct trace_rec_image_sample *image)
{
	struct report_guest *g = report_guest_of(r, image->guest);

	if (!g)
		return;
	g->has_image = true;
	g->image = *image;
	peak(&g->image_peak, image->cached);
	peak(&g->image_dirty_peak, image->dirty);
}

static void see_dirty(struct report *r, const struct trace_rec_dirty_sample *dirty)
{
	r->dirty = *dirty;
	peak(&r->dirty_peak, dirty->dirty);
	peak(&r->writeback_peak, dirty->writeback);
}

void report_see_disk(struct report *r, const struct trace_record *record)
{
	const struct trace_rec_disk_extent_sample *of_extent = record->rec;
	const struct trace_rec_disk_sample *of_disk = record->rec;

	if (record->id == TRACE_ID_image_sample)
		see_image(r, record->rec);
	else if (record->id == TRACE_ID_dirty_sample)
		see_dirty(r, record->rec);
	else if (record->id == TRACE_ID_disk)
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

void report_text_images_cached(const struct report *r, FILE *out)
{
	struct table t;

	table_init(&t, NULL, 1, "image of|in page cache, peak|end|guest's own end|dirty peak|"
		   "reads|asked|not there|writes|written");
	for (unsigned int i = 0; i < r->nr_guests; i++) {
		const struct report_guest *g = &r->guests[i];

		if (!g->has_image)
			continue;
		table_cell(&t, "%s", g->name ? g->name : "-");
		table_pages(&t, g->image_peak);
		table_pages(&t, g->image.cached);
		table_pages(&t, g->last.cached);
		table_pages(&t, g->image_dirty_peak);
		table_count(&t, g->image.reads);
		table_bytes(&t, g->image.bytes_read);
		table_bytes(&t, g->image.bytes_missed);
		table_count(&t, g->image.writes);
		table_bytes(&t, g->image.bytes_written);
	}
	table_print(&t, out);
	if (!r->dirty.dirtied)
		return;
	table_init(&t, NULL, 0, "dirty pages of files, peak|being written, peak|limit end|"
		   "made dirty|written|writers slept");
	table_pages(&t, r->dirty_peak);
	table_pages(&t, r->writeback_peak);
	table_pages(&t, r->dirty.limit);
	table_pages(&t, r->dirty.dirtied);
	table_pages(&t, r->dirty.written);
	table_ns(&t, r->dirty.throttled);
	table_print(&t, out);
}

void report_json_image(const struct report_guest *g, struct json *j)
{
	if (!g->has_image)
		return;
	json_open(j, "image", '{');
	json_pages(j, "cached_peak_bytes", g->image_peak);
	json_pages(j, "cached_bytes", g->image.cached);
	json_pages(j, "own_cached_bytes", g->last.cached);
	json_pages(j, "dirty_peak_bytes", g->image_dirty_peak);
	json_u64(j, "reads", g->image.reads);
	json_u64(j, "read_bytes", g->image.bytes_read);
	json_u64(j, "missed_bytes", g->image.bytes_missed);
	json_u64(j, "writes", g->image.writes);
	json_u64(j, "written_bytes", g->image.bytes_written);
	json_close(j, '}');
}

void report_json_dirty(const struct report *r, struct json *j)
{
	if (!r->dirty.dirtied)
		return;
	json_open(j, "dirty", '{');
	json_pages(j, "dirty_peak_bytes", r->dirty_peak);
	json_pages(j, "writeback_peak_bytes", r->writeback_peak);
	json_pages(j, "limit_bytes", r->dirty.limit);
	json_pages(j, "dirtied_bytes", r->dirty.dirtied);
	json_pages(j, "written_bytes", r->dirty.written);
	json_u64(j, "throttled_ns", r->dirty.throttled);
	json_close(j, '}');
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
