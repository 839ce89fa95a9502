// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks of the machine's host that several things share, as the scenario has them, and what is
 * recorded of them.
 *
 * Extents lie behind one another in the order in which they are asked for: the host's swap space,
 * its files, then guest by guest its swap space and its image.
 */
#include "machine-internal.h"

#include <stdlib.h>
#include <string.h>

#include "cached_disk.h"
#include "page_cache.h"

#define PAGE_BYTES TRACE_PAGE_SIZE

struct machine_extent {
	const struct disk_extent *extent;
	char *name;
	uint64_t number;		/* in traces */
	struct trace_rec_disk_extent_sample last;
	struct machine_extent *next;
};

struct machine_disk {
	struct disk *disk;
	struct machine_extent *extents, **tail;
	struct trace_rec_disk_sample last;
};

static const enum disk_kind kinds[] = {
	[SCENARIO_DISK_HDD] = DISK_HDD,
	[SCENARIO_DISK_SSD] = DISK_SSD,
	[SCENARIO_DISK_NVME] = DISK_NVME,
};

static uint64_t ns_per_page(uint32_t mib_per_s)
{
	return NSEC_PER_SEC_U64 / (mib_per_s * UINT64_C(256));
}

void machine_swap_config(const struct scenario_swap *swap, struct swap_config *config)
{
	static const enum disk_kind of_swap[] = {
		[SCENARIO_SWAP_HDD] = DISK_HDD,
		[SCENARIO_SWAP_SSD] = DISK_SSD,
		[SCENARIO_SWAP_NVME] = DISK_NVME,
	};

	*config = (struct swap_config){
		.name = scenario_swap_name(swap->kind),
		.size_bytes = swap->size_mib << 20,
		.zram = swap->kind == SCENARIO_SWAP_ZRAM,
		.readahead_pages = swap->readahead_pages,
		.compressed_percent = swap->compressed_percent,
	};
	if (config->zram || swap->kind == SCENARIO_SWAP_FILE)
		return;
	config->disk = (struct disk_config){
		.kind = of_swap[swap->kind],
		.name = config->name,
		.queue_depth = swap->queue_depth,
		.nr_requests = swap->nr_requests,
		.request_pages = swap->request_kib / 4,
		.seek_ns = swap->seek_us * NSEC_PER_USEC_U64,
		.seek_max_ns = swap->seek_max_us * NSEC_PER_USEC_U64,
		.read_ns = swap->read_us * NSEC_PER_USEC_U64,
		.write_ns = swap->write_us * NSEC_PER_USEC_U64,
		.transfer_ns_page = ns_per_page(swap->transfer_mib_per_s),
	};
}

static struct disk *create(struct machine *m, const struct scenario_disk *d)
{
	struct disk_config config = {
		.kind = kinds[d->kind],
		.name = d->name,
		.queue_depth = d->queue_depth,
		.nr_requests = d->nr_requests,
		.request_pages = d->request_kib / 4,
		.seek_ns = d->seek_us * NSEC_PER_USEC_U64,
		.seek_max_ns = d->seek_max_us * NSEC_PER_USEC_U64,
		.read_ns = d->read_us * NSEC_PER_USEC_U64,
		.write_ns = d->write_us * NSEC_PER_USEC_U64,
		.transfer_ns_page = ns_per_page(d->transfer_mib_per_s),
	};

	return disk_create(&config, MIB_PAGES(d->size_mib), &m->engine, m->scenario->seed, "");
}

bool machine_disks_create(struct machine *m)
{
	const struct scenario_host *host = &m->scenario->host;
	uint32_t i;

	m->disks = calloc(host->nr_disks + 1, sizeof(*m->disks));
	for (i = 0; m->disks && i < host->nr_disks; i++) {
		struct machine_disk *d = &m->disks[i];

		d->tail = &d->extents;
		d->disk = create(m, &host->disks[i]);
		if (!d->disk)
			return false;
		host_add_disk(&m->host, d->disk);
	}
	if (m->disks)
		m->swap_extent = machine_disk_extent(m, host->swap.disk, "host", "swap",
						     host->swap.size_mib);
	return m->disks;
}

void machine_disks_destroy(struct machine *m)
{
	struct machine_extent *e;
	uint32_t i;

	for (i = 0; m->disks && i < m->scenario->host.nr_disks; i++) {
		while ((e = m->disks[i].extents)) {
			m->disks[i].extents = e->next;
			free(e->name);
			free(e);
		}
	}
	free(m->disks);
}

struct disk_extent *machine_disk_extent(struct machine *m, uint32_t disk, const char *owner,
					const char *what, uint64_t size_mib)
{
	struct machine_extent *e = disk ? calloc(1, sizeof(*e)) : NULL;
	struct disk_extent *extent;
	struct machine_disk *d;
	size_t size;

	if (!e)
		return NULL;
	d = &m->disks[disk - 1];
	size = strlen(owner) + strlen(what) + 2;
	e->name = malloc(size);
	if (e->name)
		snprintf(e->name, size, "%s%s%s", owner, *what ? " " : "", what);
	extent = e->name ? disk_add_extent(d->disk, e->name, MIB_PAGES(size_mib)) : NULL;
	e->extent = extent;
	e->number = ++m->nr_extents;
	*d->tail = e;
	d->tail = &e->next;
	return extent;
}

/* If the guest is to, @extent is read and written through the host's page cache. */
static int cache_extent(struct machine_guest *guest, struct disk_extent *extent,
			const char *threads, struct cached_disk **cached)
{
	struct machine *m = guest->machine;
	struct cache_file *file;

	if (!extent || guest->config->cache != SCENARIO_CACHE_WRITEBACK)
		return 0;
	file = cache_file_create(&m->host, extent->name, extent->nr_pages, NULL, extent);
	if (!file)
		return -1;
	file->memcg = machine_cgroup(m, guest->config->cgroup);
	*cached = cached_disk_create(file, threads);
	return 0;
}

/* They are there when the guest is started again. */
int machine_guest_disks(struct machine_guest *guest)
{
	const struct scenario_guest *g = guest->config;
	struct machine *m = guest->machine;

	guest->swap_extent = machine_disk_extent(m, g->swap.disk, g->name, "swap",
						 g->swap.size_mib);
	guest->image = machine_disk_extent(m, g->disk, g->name, "image", g->image_mib);
	return cache_extent(guest, guest->swap_extent, "swap", &guest->swap_cache) ||
	       cache_extent(guest, guest->image, "image", &guest->image_cache) ? -1 : 0;
}

void machine_guest_disks_destroy(struct machine_guest *guest)
{
	cached_disk_destroy(guest->swap_cache);
	cached_disk_destroy(guest->image_cache);
}

void machine_trace_disks(struct machine *m)
{
	const struct scenario_host *host = &m->scenario->host;
	const struct machine_extent *e;
	uint32_t i;

	for (i = 0; i < host->nr_disks; i++) {
		MACHINE_TRACE(m, disk, .disk = i + 1, .name = host->disks[i].name,
			      .model = scenario_disk_name(host->disks[i].kind),
			      .size = m->disks[i].disk->nr_pages);
		for (e = m->disks[i].extents; e; e = e->next)
			MACHINE_TRACE(m, disk_extent, .extent = e->number, .disk = i + 1,
				      .name = e->name, .first = e->extent->first,
				      .size = e->extent->nr_pages);
	}
}

/* What has changed only; both records have these fields. */
#define FILL(rec, at)                                                                              \
	do {                                                                                       \
		(rec).waiting = (at)->nr_queued - (at)->nr_active;                                 \
		(rec).active = (at)->nr_active;                                                    \
		(rec).reads = (at)->stats.reads;                                                   \
		(rec).writes = (at)->stats.writes;                                                 \
		(rec).bytes_read = (at)->stats.pages_read * PAGE_BYTES;                            \
		(rec).bytes_written = (at)->stats.pages_written * PAGE_BYTES;                      \
		(rec).busy = (at)->stats.busy_ns;                                                  \
		(rec).queue_max = (at)->stats.peak_queue;                                          \
	} while (0)

static void sample_extent(struct machine *m, struct machine_extent *e)
{
	struct trace_rec_disk_extent_sample rec = { .extent = e->number };

	FILL(rec, e->extent);
	machine_emit_changed(m, TRACE_ID_disk_extent_sample, &rec, &e->last, sizeof(rec));
}

static void add_image(struct trace_rec_image_sample *rec, const struct cached_disk *cached)
{
	if (!cached)
		return;
	rec->cached += cached->file->resident;
	rec->dirty += cached->file->nr_dirty;
	rec->reads += cached->nr_reads;
	rec->writes += cached->nr_writes;
	rec->bytes_read += cached->pages_read * PAGE_BYTES;
	rec->bytes_missed += cached->file->missed * PAGE_BYTES;
	rec->bytes_written += cached->pages_written * PAGE_BYTES;
}

static void sample_images(struct machine *m)
{
	uint32_t i;

	for (i = 0; i < m->built; i++) {
		struct machine_guest *guest = &m->guests[i];
		struct trace_rec_image_sample rec = { .guest = i };

		if (!guest->image_cache && !guest->swap_cache)
			continue;
		add_image(&rec, guest->image_cache);
		add_image(&rec, guest->swap_cache);
		machine_emit_changed(m, TRACE_ID_image_sample, &rec, &guest->image_sample,
				     sizeof(rec));
	}
}

static void sample_dirty(struct machine *m)
{
	const struct host_stats *stats = &m->host.stats;
	struct trace_rec_dirty_sample rec;
	struct cache_dirty d;

	if (!stats->file_dirtied)
		return;
	d = cache_dirty(&m->host);
	rec = (struct trace_rec_dirty_sample){
		.dirty = d.dirty, .writeback = d.writeback, .background = d.background,
		.limit = d.limit, .dirtied = stats->file_dirtied, .written = stats->file_written,
		.throttled = stats->dirty_throttled_ns,
	};
	machine_emit_changed(m, TRACE_ID_dirty_sample, &rec, &m->dirty_sample, sizeof(rec));
}

void machine_sample_disks(struct machine *m)
{
	struct trace_rec_disk_queue all = { 0 };
	struct machine_extent *e;
	uint32_t i;

	for (i = 0; i < m->scenario->host.nr_disks; i++) {
		struct machine_disk *d = &m->disks[i];
		struct trace_rec_disk_sample rec = { .disk = i + 1 };

		FILL(rec, d->disk);
		machine_emit_changed(m, TRACE_ID_disk_sample, &rec, &d->last, sizeof(rec));
		for (e = d->extents; e; e = e->next)
			sample_extent(m, e);
		all.waiting += rec.waiting;
		all.active += rec.active;
		all.busy += rec.busy;
	}
	machine_emit_changed(m, TRACE_ID_disk_queue, &all, &m->disk_queue, sizeof(all));
	sample_images(m);
	sample_dirty(m);
}
