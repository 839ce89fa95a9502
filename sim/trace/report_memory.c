// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where guests' memory is, what VMMs know of it, and which images a run is made of: collecting the
 * records and printing them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "hostmem.h"
#include "json.h"
#include "report_internal.h"
#include "table.h"

#define NR_ORDERS (sizeof(((struct report_where *)0)->order) / sizeof(uint64_t))

static const char *moment_name(unsigned int moment)
{
	return trace_types[TRACE_ID_guest_memory].fields[1].values[moment];
}

void report_see_memory(struct report *r, const struct trace_record *record)
{
	const struct trace_rec_guest_memory *memory = record->rec;
	const struct trace_rec_free_list *list = record->rec;
	struct report_guest *g = report_guest_of(r, memory->guest);

	/* guest and moment are the first fields of both */
	if (!g || memory->moment >= NR_TRACE_MOMENTS)
		return;
	if (record->id == TRACE_ID_guest_memory) {
		g->where[memory->moment].known = true;
		g->where[memory->moment].parts = *memory;
	} else if (list->order < NR_ORDERS) {
		g->where[memory->moment].order[list->order] = list->free;
	}
}

void report_see_stat(struct report *r, const struct trace_rec_vmm_stat *stat)
{
	struct report_stat *s = collect_append(&r->stats, &r->nr_stats, sizeof(*s));

	s->guest = stat->guest;
	s->name = collect_copy(stat->name);
	s->value = stat->value;
	s->age = stat->age;
}

void report_see_image(struct report *r, const struct trace_rec_image *image)
{
	struct report_image *i = collect_append(&r->images, &r->nr_images, sizeof(*i));

	i->guest = image->guest;
	i->node = collect_copy(image->node);
	i->path = collect_copy(image->path);
	i->version = collect_copy(image->version);
	i->digest = collect_copy(image->digest);
	i->made_for = collect_copy(image->made_for);
}

void report_free_memory(struct report *r)
{
	for (unsigned int i = 0; i < r->nr_stats; i++)
		free(r->stats[i].name);
	for (unsigned int i = 0; i < r->nr_images; i++) {
		free(r->images[i].node);
		free(r->images[i].path);
		free(r->images[i].version);
		free(r->images[i].digest);
		free(r->images[i].made_for);
	}
	host_free(r->stats);
	host_free(r->images);
}

/* Text */

/* "Where memory is" has all of it, free in one sum; its parts are the second table's. */
static uint64_t free_pages(const struct trace_rec_guest_memory *p)
{
	return p->reported + p->reportable + p->free_small + p->percpu + p->below_watermark;
}

static void when_cells(struct table *t, const char *guest, const struct report_where *w)
{
	table_cell(t, "%s", guest);
	if (w->parts.moment == TRACE_MOMENT_PEAK)
		table_cell(t, "%s", human_time(w->parts.at).text);
	else
		table_cell(t, "end");
}

static void where_row(struct table *t, const char *guest, const struct report_where *w)
{
	const struct trace_rec_guest_memory *p = &w->parts;

	when_cells(t, guest, w);
	table_pages(t, p->used);
	table_pages(t, p->cache);
	table_pages(t, free_pages(p));
	table_pages(t, p->ballooned);
	table_pages(t, p->isolated);
	table_pages(t, p->kernel);
	table_pages(t, p->resident);
	table_pages(t, p->swapped);
}

static void free_row(struct table *t, const char *guest, const struct report_where *w)
{
	const struct trace_rec_guest_memory *p = &w->parts;
	uint64_t small = 0, middle = 0;

	for (unsigned int o = 0; o < 9; o++)
		*(o < 5 ? &small : &middle) += w->order[o];
	when_cells(t, guest, w);
	table_pages(t, p->reported);
	table_pages(t, p->reportable);
	table_pages(t, p->free_small);
	table_pages(t, p->percpu);
	table_pages(t, p->below_watermark);
	table_pages(t, small);
	table_pages(t, middle);
	table_pages(t, w->order[9]);
	table_pages(t, w->order[10]);
}

static void each_where(const struct report *r, unsigned int max, struct table *t,
		       void (*row)(struct table *t, const char *guest,
				   const struct report_where *w))
{
	for (uint64_t i = 0; i < r->nr_guests && (!max || i < max); i++)
		for (unsigned int m = 0; m < NR_TRACE_MOMENTS; m++)
			if (r->guests[i].where[m].known)
				row(t, report_guest_label(r, i), &r->guests[i].where[m]);
}

void report_text_where(const struct report *r, FILE *out, unsigned int max)
{
	struct table t;

	table_init(&t, "Where memory is, in the sample with most RSS and at the end", 2,
		   "guest|when|used|cache|free|balloon|out|kernel|RSS|swapped");
	each_where(r, max, &t, where_row);
	table_print(&t, out);
	table_init(&t, NULL, 2, "free|when|told|to tell|small|per-CPU|low|order 0-4|5-8|9|10");
	each_where(r, max, &t, free_row);
	table_print(&t, out);
}

static bool counts_pages(const char *name)
{
	return strstr(name, "faults") || strstr(name, "htlb");
}

void report_text_stats(const struct report *r, FILE *out, unsigned int max)
{
	struct table t;

	table_init(&t, "Statistics as the VMM got them last", 2, "guest|statistic|value|age");
	for (unsigned int i = 0; i < r->nr_stats; i++) {
		const struct report_stat *s = &r->stats[i];

		if (max && s->guest >= max)
			continue;
		table_cell(&t, "%s", report_guest_label(r, s->guest));
		table_cell(&t, "%s", s->name);
		table_value(&t, counts_pages(s->name) ? TABLE_COUNT : TABLE_BYTES, s->value);
		table_ns(&t, s->age);
	}
	table_print(&t, out);
}

void report_text_images(const struct report *r, FILE *out)
{
	struct table t;

	table_init(&t, "Images", 6, "guest|node|image|made for|version|digest of its sources");
	for (unsigned int i = 0; i < r->nr_images; i++) {
		const struct report_image *image = &r->images[i];

		table_cell(&t, "%s", report_guest_label(r, image->guest));
		table_cell(&t, "%s", image->node);
		table_cell(&t, "%s", image->path);
		table_cell(&t, "%s", image->made_for[0] ? image->made_for : "-");
		table_cell(&t, "%s", image->version[0] ? image->version : "-");
		table_cell(&t, "%s", image->digest[0] ? image->digest : "-");
	}
	table_print(&t, out);
}

/* JSON */

static void json_where(struct json *j, const char *key, const struct report_where *w)
{
	const struct trace_rec_guest_memory *p = &w->parts;

	json_open(j, key, '{');
	json_u64(j, "at_ns", p->at);
	json_pages(j, "used_bytes", p->used);
	json_pages(j, "cache_bytes", p->cache);
	json_pages(j, "free_reported_bytes", p->reported);
	json_pages(j, "free_reportable_bytes", p->reportable);
	json_pages(j, "free_small_bytes", p->free_small);
	json_pages(j, "free_percpu_bytes", p->percpu);
	json_pages(j, "free_below_watermark_bytes", p->below_watermark);
	json_pages(j, "ballooned_bytes", p->ballooned);
	json_pages(j, "isolated_bytes", p->isolated);
	json_pages(j, "kernel_bytes", p->kernel);
	json_pages(j, "resident_bytes", p->resident);
	json_pages(j, "swapped_bytes", p->swapped);
	if (p->order < NR_ORDERS)
		json_u64(j, "reporting_order", p->order);
	json_open(j, "free_by_order_bytes", '[');
	for (unsigned int o = 0; o < NR_ORDERS; o++)
		json_pages(j, NULL, w->order[o]);
	json_close(j, ']');
	json_close(j, '}');
}

void report_json_where(const struct report_guest *g, struct json *j)
{
	json_open(j, "memory", '{');
	for (unsigned int m = 0; m < NR_TRACE_MOMENTS; m++)
		if (g->where[m].known)
			json_where(j, moment_name(m), &g->where[m]);
	json_close(j, '}');
}

void report_json_stats(const struct report *r, uint64_t guest, struct json *j)
{
	json_open(j, "vmm_statistics", '{');
	for (unsigned int i = 0; i < r->nr_stats; i++) {
		if (r->stats[i].guest != guest)
			continue;
		json_open(j, r->stats[i].name, '{');
		json_u64(j, "value", r->stats[i].value);
		json_u64(j, "age_ns", r->stats[i].age);
		json_close(j, '}');
	}
	json_close(j, '}');
}

void report_json_images(const struct report *r, struct json *j)
{
	json_open(j, "images", '[');
	for (unsigned int i = 0; i < r->nr_images; i++) {
		const struct report_image *image = &r->images[i];

		json_open(j, NULL, '{');
		json_u64(j, "guest", image->guest);
		json_string(j, "node", image->node);
		json_string(j, "path", image->path);
		json_string(j, "version", image->version);
		json_string(j, "digest", image->digest);
		json_string(j, "made_for", image->made_for);
		json_close(j, '}');
	}
	json_close(j, ']');
}
