// SPDX-License-Identifier: GPL-2.0-only
/*
 * Folios of guests' programs by size (multi-size THP): counters that are named as files below
 * /sys/kernel/mm/transparent_hugepage, collected and printed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "collect.h"
#include "hostmem.h"
#include "json.h"
#include "report_internal.h"
#include "table.h"

static const char *const stat_names[REPORT_FOLIO_STATS] = {
	"anon_fault_alloc", "anon_fault_fallback", "swpout_fallback", "split", "split_deferred",
	"nr_anon", "nr_anon_partially_mapped",
};

/* Of a guest, of one size; its first counter makes it. */
static struct report_folios *folios_of(struct report *r, uint64_t guest, uint64_t kib)
{
	struct report_folios *f;

	for (unsigned int i = 0; i < r->nr_folios; i++)
		if (r->folios[i].guest == guest && r->folios[i].kib == kib)
			return &r->folios[i];
	f = collect_append(&r->folios, &r->nr_folios, sizeof(*f));
	f->guest = guest;
	f->kib = kib;
	return f;
}

void report_see_counter(struct report *r, const struct trace_rec_counter *counter)
{
	uint64_t kib;
	int end = 0;

	if (!report_guest_of(r, counter->guest) ||
	    sscanf(counter->name, "hugepages-%" SCNu64 "kB/stats/%n", &kib, &end) != 1 || !end)
		return;
	for (unsigned int i = 0; i < REPORT_FOLIO_STATS; i++)
		if (!strcmp(counter->name + end, stat_names[i]))
			folios_of(r, counter->guest, kib)->value[i] = counter->value;
}

void report_free_folios(struct report *r)
{
	host_free(r->folios);
}

void report_text_folios(const struct report *r, FILE *out, unsigned int max)
{
	struct table t;

	table_init(&t,
		   "Folios of programs by size (hugepages-*/stats; the last two as it ended)", 2,
		   "guest|kB|fault alloc|fallback|swpout fallback|split|split deferred|"
		   "nr_anon|partially mapped");
	for (unsigned int i = 0; i < r->nr_folios; i++) {
		const struct report_folios *f = &r->folios[i];

		if (max && f->guest >= max)
			continue;
		table_cell(&t, "%s", report_guest_label(r, f->guest));
		table_count(&t, f->kib);
		for (unsigned int s = 0; s < REPORT_FOLIO_STATS; s++)
			table_count(&t, f->value[s]);
	}
	table_print(&t, out);
}

void report_json_folios(const struct report *r, uint64_t guest, struct json *j)
{
	char name[32];
	bool any = false;

	for (unsigned int i = 0; i < r->nr_folios; i++) {
		const struct report_folios *f = &r->folios[i];

		if (f->guest != guest)
			continue;
		if (!any)
			json_open(j, "hugepages", '{');
		any = true;
		snprintf(name, sizeof(name), "%" PRIu64 "kB", f->kib);
		json_open(j, name, '{');
		for (unsigned int s = 0; s < REPORT_FOLIO_STATS; s++)
			json_u64(j, stat_names[s], f->value[s]);
		json_close(j, '}');
	}
	if (any)
		json_close(j, '}');
}
