// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of a run's report; all of it is in its JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "run_page.h"

#define GUESTS_LISTED 20
#define PROGRAMS_LISTED 64
#define CAUSES_LISTED 16
#define IMAGES_LISTED 24

static unsigned int shown(unsigned int nr, unsigned int max)
{
	return nr < max ? nr : max;
}

/* Guests are in the order of their ids, but one that nothing was said of is left out. */
static const char *guest_name(const struct html *h, uint64_t id)
{
	unsigned int nr = html_length(h, "guests");

	if (id < nr && html_u64(h, "guests[%u].id", (unsigned int)id) == id)
		return html_string(h, "guests[%u].name", (unsigned int)id);
	for (unsigned int i = 0; i < nr; i++)
		if (html_u64(h, "guests[%u].id", i) == id)
			return html_string(h, "guests[%u].name", i);
	return id == UINT64_MAX ? "host" : "-";
}

void run_table_programs(const struct html *h)
{
	unsigned int nr = html_length(h, "programs"), n = shown(nr, PROGRAMS_LISTED);

	if (!nr)
		return;
	html_table(h->out, "guest|program|start|run time|CPU|stalled|work|end", 2);
	for (unsigned int i = 0; i < n; i++) {
		html_row(h->out);
		html_cell(h->out, guest_name(h, html_u64(h, "programs[%u].guest", i)));
		html_cell(h->out, html_string(h, "programs[%u].name", i));
		html_cell_number(h, "programs[%u].start_ns", i);
		html_cell_number(h, "programs[%u].run_time_ns", i);
		html_cell_number(h, "programs[%u].cpu_ns", i);
		html_cell_number(h, "programs[%u].stalled_ns", i);
		html_cell_number(h, "programs[%u].work", i);
		html_cell_right(h->out, html_string(h, "programs[%u].state", i));
	}
	html_table_end(h->out);
	html_left_out(h->out, nr - n);
}

static const struct {
	const char *what, *title, *unit;
} measures[] = {
	{ "latency-ns", "Latency of requests", "ns" },
	{ "bandwidth-mb-per-s", "Bandwidth of tasks, MB/s", "mb_per_s" },
	{ "work-of-quantum", "Work in a quantum of time", "work" },
};

/* Programs that have measured the same; the last two are shares of the best. */
void run_table_measured(const struct html *h)
{
	unsigned int nr = html_length(h, "programs"), rows;

	for (size_t m = 0; m < sizeof(measures) / sizeof(measures[0]); m++) {
		const char *unit = measures[m].unit;

		rows = 0;
		for (unsigned int i = 0; i < nr && rows < PROGRAMS_LISTED; i++) {
			const char *what = html_string(h, "programs[%u].measured.what", i);

			if (!what || strcmp(what, measures[m].what))
				continue;
			if (!rows++) {
				fprintf(h->out, "<h3>%s</h3>\n", measures[m].title);
				html_table(h->out, "guest|program|count|mean|p50|p99|p99.9|min|max|"
					   "lowest|lost", 2);
			}
			html_row(h->out);
			html_cell(h->out, guest_name(h, html_u64(h, "programs[%u].guest", i)));
			html_cell(h->out, html_string(h, "programs[%u].name", i));
			html_cell_number(h, "programs[%u].measured.count", i);
			html_cell_number(h, "programs[%u].measured.mean_%s", i, unit);
			html_cell_number(h, "programs[%u].measured.p50_%s", i, unit);
			html_cell_number(h, "programs[%u].measured.p99_%s", i, unit);
			html_cell_number(h, "programs[%u].measured.p999_%s", i, unit);
			html_cell_number(h, "programs[%u].measured.min_%s", i, unit);
			html_cell_number(h, "programs[%u].measured.max_%s", i, unit);
			html_cell_number(h, "programs[%u].measured.lowest_permille", i);
			html_cell_number(h, "programs[%u].measured.lost_permille", i);
		}
		if (rows)
			html_table_end(h->out);
	}
}

void run_table_commands(const struct html *h)
{
	unsigned int nr = html_length(h, "commands"), n = shown(nr, PROGRAMS_LISTED);

	if (!nr)
		return;
	fputs("<h3>Commands of the host</h3>\n", h->out);
	html_table(h->out, "command|guest|target|start|had|has|took|end|what came of it", 2);
	for (unsigned int i = 0; i < n; i++) {
		html_row(h->out);
		html_cell(h->out, html_string(h, "commands[%u].name", i));
		html_cell(h->out, guest_name(h, html_u64(h, "commands[%u].guest", i)));
		html_cell_number(h, "commands[%u].target_bytes", i);
		html_cell_number(h, "commands[%u].start_ns", i);
		html_cell_number(h, "commands[%u].had_bytes", i);
		html_cell_number(h, "commands[%u].has_bytes", i);
		html_cell_number(h, "commands[%u].took_ns", i);
		html_cell_right(h->out, html_string(h, "commands[%u].result", i));
		html_cell(h->out, html_string(h, "commands[%u].text", i));
	}
	html_table_end(h->out);
	html_left_out(h->out, nr - n);
}

void run_table_guests(const struct html *h)
{
	unsigned int nr = html_length(h, "guests"), n = shown(nr, GUESTS_LISTED);

	html_table(h->out, "guest|memory|RSS peak|RSS end|swapped|own swap|in balloon|stalled", 1);
	for (unsigned int i = 0; i < n; i++) {
		html_row(h->out);
		html_cell(h->out, html_string(h, "guests[%u].name", i));
		html_cell_number(h, "guests[%u].memory_bytes", i);
		html_cell_number(h, "guests[%u].resident_peak_bytes", i);
		html_cell_number(h, "guests[%u].resident_bytes", i);
		html_cell_number(h, "guests[%u].swapped_bytes", i);
		html_cell_number(h, "guests[%u].guest_swap_bytes", i);
		html_cell_number(h, "guests[%u].ballooned_bytes", i);
		html_cell_number(h, "guests[%u].stalled_ns", i);
	}
	html_table_end(h->out);
	html_left_out(h->out, nr - n);
	fputs("<p class=\"note\">RSS: the guest's memory that is in frames of the host. The host "
	      "used ", h->out);
	html_number(h, "host.used_peak_bytes");
	fputs(" at its peak and ", h->out);
	html_number(h, "host.used_bytes");
	fputs(" at the end.</p>\n", h->out);
}

void run_table_mechanism(const struct html *h)
{
	unsigned int nr = html_length(h, "guests"), n = shown(nr, GUESTS_LISTED);

	html_table(h->out, "guest|mechanism|reports|reported|hints|hinted|inflated|deflated|"
		   "discarded|given back|filled by khugepaged", 2);
	for (unsigned int i = 0; i < n; i++) {
		html_row(h->out);
		html_cell(h->out, html_string(h, "guests[%u].name", i));
		html_cell(h->out, html_string(h, "guests[%u].mechanism", i));
		html_cell_number(h, "guests[%u].report_requests", i);
		html_cell_number(h, "guests[%u].reported_bytes", i);
		html_cell_number(h, "guests[%u].hint_requests", i);
		html_cell_number(h, "guests[%u].hinted_bytes", i);
		html_cell_number(h, "guests[%u].inflated_bytes", i);
		html_cell_number(h, "guests[%u].deflated_bytes", i);
		html_cell_number(h, "guests[%u].discarded_bytes", i);
		html_cell_number(h, "guests[%u].given_back_bytes", i);
		html_cell_number(h, "guests[%u].khugepaged_filled_bytes", i);
	}
	html_table_end(h->out);
	html_left_out(h->out, nr - n);
	fputs("<p class=\"note\">Discarded: what devices asked for. Given back: frames that the "
	      "host got by it.</p>\n<h3>VM exits</h3>\n", h->out);
	html_table(h->out, "guest|EPT violation|ioeventfd|MMIO|HLT|hypercall|interrupt|MSR", 1);
	for (unsigned int i = 0; i < n; i++) {
		html_row(h->out);
		html_cell(h->out, html_string(h, "guests[%u].name", i));
		html_cell_number(h, "guests[%u].exits.ept-violation", i);
		html_cell_number(h, "guests[%u].exits.ioeventfd", i);
		html_cell_number(h, "guests[%u].exits.mmio", i);
		html_cell_number(h, "guests[%u].exits.hlt", i);
		html_cell_number(h, "guests[%u].exits.hypercall", i);
		html_cell_number(h, "guests[%u].exits.interrupt", i);
		html_cell_number(h, "guests[%u].exits.msr", i);
	}
	html_table_end(h->out);
}

void run_table_swap(const struct html *h)
{
	unsigned int nr = html_length(h, "host.swap_devices");

	if (!nr)
		return;
	html_table(h->out, "swap device|reads|read|writes|written|busy|queue max|used max", 1);
	for (unsigned int i = 0; i < nr; i++) {
		html_row(h->out);
		html_cell(h->out, html_string(h, "host.swap_devices[%u].name", i));
		html_cell_number(h, "host.swap_devices[%u].reads", i);
		html_cell_number(h, "host.swap_devices[%u].read_bytes", i);
		html_cell_number(h, "host.swap_devices[%u].writes", i);
		html_cell_number(h, "host.swap_devices[%u].written_bytes", i);
		html_cell_number(h, "host.swap_devices[%u].busy_ns", i);
		html_cell_number(h, "host.swap_devices[%u].queue_max", i);
		html_cell_number(h, "host.swap_devices[%u].used_max_bytes", i);
	}
	html_table_end(h->out);
}

static const char *const disk_numbers[] = {
	"size_bytes", "reads", "read_bytes", "writes", "written_bytes", "busy_ns", "queue_max",
};
#define NR_DISK_NUMBERS (sizeof(disk_numbers) / sizeof(disk_numbers[0]))

static void disk_extent(const struct html *h, unsigned int disk, unsigned int extent)
{
	html_row(h->out);
	html_cell(h->out, html_string(h, "host.disks[%u].name", disk));
	html_cell(h->out, html_string(h, "host.disks[%u].extents[%u].name", disk, extent));
	for (unsigned int k = 0; k < NR_DISK_NUMBERS; k++)
		html_cell_number(h, "host.disks[%u].extents[%u].%s", disk, extent,
				 disk_numbers[k]);
}

/* Those that several things share, and these. */
void run_table_disks(const struct html *h)
{
	unsigned int nr = html_length(h, "host.disks"), extents;

	if (!nr)
		return;
	html_table(h->out, "disk|for|size|reads|read|writes|written|busy|queue max", 2);
	for (unsigned int i = 0; i < nr; i++) {
		html_row(h->out);
		html_cell(h->out, html_string(h, "host.disks[%u].name", i));
		html_cell(h->out, html_string(h, "host.disks[%u].model", i));
		for (unsigned int k = 0; k < NR_DISK_NUMBERS; k++)
			html_cell_number(h, "host.disks[%u].%s", i, disk_numbers[k]);
		extents = html_length(h, "host.disks[%u].extents", i);
		for (unsigned int k = 0; k < extents; k++)
			disk_extent(h, i, k);
	}
	html_table_end(h->out);
}

/* Those that go through the host's page cache, and what is dirty there. */
void run_table_images_cached(const struct html *h)
{
	static const char *const of_image[] = {
		"cached_peak_bytes", "cached_bytes", "own_cached_bytes", "dirty_peak_bytes",
		"reads", "read_bytes", "missed_bytes", "writes", "written_bytes",
	};
	static const char *const of_dirty[] = {
		"dirty_peak_bytes", "writeback_peak_bytes", "limit_bytes", "dirtied_bytes",
		"written_bytes", "throttled_ns",
	};
	unsigned int nr = html_length(h, "guests"), rows = 0;

	for (unsigned int i = 0; i < nr && rows < PROGRAMS_LISTED; i++) {
		if (!html_at(h, "guests[%u].image", i))
			continue;
		if (!rows++)
			html_table(h->out, "image of|in page cache, peak|end|guest's own end|"
				   "dirty peak|reads|asked|not there|writes|written", 1);
		html_row(h->out);
		html_cell(h->out, html_string(h, "guests[%u].name", i));
		for (unsigned int k = 0; k < sizeof(of_image) / sizeof(of_image[0]); k++)
			html_cell_number(h, "guests[%u].image.%s", i, of_image[k]);
	}
	if (rows)
		html_table_end(h->out);
	if (!html_at(h, "host.dirty"))
		return;
	html_table(h->out, "dirty pages of files, peak|being written, peak|limit end|made dirty|"
		   "written|writers slept", 0);
	html_row(h->out);
	for (unsigned int k = 0; k < sizeof(of_dirty) / sizeof(of_dirty[0]); k++)
		html_cell_number(h, "host.dirty.%s", of_dirty[k]);
	html_table_end(h->out);
}

void run_table_cgroups(const struct html *h)
{
	unsigned int nr = html_length(h, "host.cgroups");

	if (!nr)
		return;
	html_table(h->out, "memory group|in|limit|used end|used peak|swap end|swap peak|limit hits|"
		   "over high|slowed down|killed", 2);
	for (unsigned int i = 0; i < nr; i++) {
		html_row(h->out);
		html_cell(h->out, html_string(h, "host.cgroups[%u].name", i));
		html_cell(h->out, html_string(h, "host.cgroups[%u].parent", i));
		html_cell_number(h, "host.cgroups[%u].max_bytes", i);
		html_cell_number(h, "host.cgroups[%u].used_bytes", i);
		html_cell_number(h, "host.cgroups[%u].used_peak_bytes", i);
		html_cell_number(h, "host.cgroups[%u].swap_bytes", i);
		html_cell_number(h, "host.cgroups[%u].swap_peak_bytes", i);
		html_cell_number(h, "host.cgroups[%u].max_events", i);
		html_cell_number(h, "host.cgroups[%u].high_events", i);
		html_cell_number(h, "host.cgroups[%u].throttled_ns", i);
		html_cell_number(h, "host.cgroups[%u].oom_kills", i);
	}
	html_table_end(h->out);
}

/* CPU time of groups, if one has a weight or a quota. */
void run_table_cgroups_cpu(const struct html *h)
{
	static const char *const numbers[] = {
		"cpu_ns", "cpu_weight", "cpu_quota_ns", "cpu_period_ns", "cpu_periods",
		"cpu_throttled_periods", "cpu_throttled_ns",
	};
	unsigned int nr = html_length(h, "host.cgroups");

	if (!nr || !html_u64(h, "host.cgroups[%u].cpu_weight", 0))
		return;
	html_table(h->out, "group|CPU|weight|quota|of|periods|throttled in|throttled for", 1);
	for (unsigned int i = 0; i < nr; i++) {
		html_row(h->out);
		html_cell(h->out, html_string(h, "host.cgroups[%u].name", i));
		for (unsigned int k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++)
			html_cell_number(h, "host.cgroups[%u].%s", i, numbers[k]);
	}
	html_table_end(h->out);
}

void run_table_pressure(const struct html *h)
{
	static const char *const numbers[] = {
		"memory_some_ns", "memory_full_ns", "memory_some_avg10_peak_permille",
		"io_some_ns", "io_full_ns", "io_some_avg10_peak_permille", "cpu_some_ns",
		"cpu_full_ns", "cpu_some_avg10_peak_permille",
	};
	unsigned int nr = html_length(h, "host.pressure");

	if (!nr)
		return;
	html_table(h->out, "pressure|memory some|full|peak avg10|I/O some|full|peak avg10|"
		   "CPU some|full|peak avg10", 1);
	for (unsigned int i = 0; i < nr; i++) {
		html_row(h->out);
		html_cell(h->out, html_string(h, "host.pressure[%u].group", i));
		for (unsigned int k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++)
			html_cell_number(h, "host.pressure[%u].%s", i, numbers[k]);
	}
	html_table_end(h->out);
}

struct cause {
	unsigned int index;	/* in the JSON */
	uint64_t ns;
};

static int by_ns(const void *a, const void *b)
{
	const struct cause *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? 1 : -1;
	return x->index < y->index ? -1 : x->index > y->index;
}

void run_table_causes(const struct html *h)
{
	unsigned int nr = html_length(h, "host.cpu_by_cause"), n = shown(nr, CAUSES_LISTED);
	struct cause *causes = calloc(nr + 1, sizeof(*causes));

	if (!causes)
		abort();
	for (unsigned int i = 0; i < nr; i++)
		causes[i] = (struct cause){ i, html_u64(h, "host.cpu_by_cause[%u].ns", i) };
	qsort(causes, nr, sizeof(*causes), by_ns);
	fputs("<p class=\"note\">Who: <b>guest</b>, virtual CPUs in guest mode; <b>exit</b>, the "
	      "host's kernel for them; <b>vmm</b>, VMMs in user space; <b>vmm-kernel</b>, the "
	      "host's kernel for VMMs; <b>host</b>, its own threads.</p>\n", h->out);
	html_table(h->out, "who|cause|time|count", 2);
	for (unsigned int i = 0; i < n; i++) {
		unsigned int at = causes[i].index;

		html_row(h->out);
		html_cell(h->out, html_string(h, "host.cpu_by_cause[%u].who", at));
		html_cell(h->out, html_string(h, "host.cpu_by_cause[%u].cause", at));
		html_cell_number(h, "host.cpu_by_cause[%u].ns", at);
		html_cell_number(h, "host.cpu_by_cause[%u].count", at);
	}
	html_table_end(h->out);
	html_left_out(h->out, nr - n);
	free(causes);
}

static const char *const kinds[] = { "minor", "huge", "ept", "ept-huge", "swap-in",
				     "guest-swap-in" };

void run_table_faults(const struct html *h)
{
	unsigned int nr = html_length(h, "guests"), n = shown(nr, GUESTS_LISTED);

	html_table(h->out, "guest|kind|count|median|99 of 100|longest|total", 2);
	for (unsigned int i = 0; i < n; i++) {
		for (unsigned int k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			char at[64];

			snprintf(at, sizeof(at), "guests[%u].faults.%s", i, kinds[k]);
			if (!html_u64(h, "%s.count", at))
				continue;
			html_row(h->out);
			html_cell(h->out, html_string(h, "guests[%u].name", i));
			html_cell(h->out, kinds[k]);
			html_cell_number(h, "%s.count", at);
			html_cell_number(h, "%s.p50_ns", at);
			html_cell_number(h, "%s.p99_ns", at);
			html_cell_number(h, "%s.max_ns", at);
			html_cell_number(h, "%s.total_ns", at);
		}
	}
	html_table_end(h->out);
	html_left_out(h->out, nr - n);
}

void run_table_images(const struct html *h)
{
	unsigned int nr = html_length(h, "images"), n = shown(nr, IMAGES_LISTED);

	if (!nr)
		return;
	fputs("<h3>Driver and device images</h3>\n", h->out);
	html_table(h->out, "image|made for|version|digest of its sources", 4);
	for (unsigned int i = 0; i < n; i++) {
		html_row(h->out);
		html_cell(h->out, html_string(h, "images[%u].path", i));
		html_cell(h->out, html_string(h, "images[%u].made_for", i));
		html_cell(h->out, html_string(h, "images[%u].version", i));
		html_cell(h->out, html_string(h, "images[%u].digest", i));
	}
	html_table_end(h->out);
	html_left_out(h->out, nr - n);
}
