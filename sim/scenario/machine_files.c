// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes of the host that read files, which is what its page cache is full of.
 *
 * Each node of files has one reader, a thread of the host.  Before the run the files have been read
 * as the scenario says; during the run the reader goes through the hot ones once per period.  Left
 * out: the CPU time that copying takes, and everything else that such processes do.
 */
#include "machine-internal.h"

#include <stdlib.h>

#include "disk.h"
#include "page_cache.h"

/* Of a SATA disk of their own; a reader has two requests under way at most. */
#define FILES_QUEUE 32

struct machine_files {
	struct machine *machine;
	const struct scenario_files *config;
	struct cache_file *file;
	struct cpu_thread thread;
	struct coro *co;
	struct event timer;		/* the next turn begins */
};

static void timer_fn(struct event *ev)
{
	struct machine_files *f = event_owner(ev, struct machine_files, timer);

	cpu_wake(&f->thread);
}

static void reader_main(void *arg)
{
	struct machine_files *f = arg;

	for (;;) {
		f->thread.wait_forever = true;
		cpu_block("the next time that files are read");
		f->thread.wait_forever = false;
		cache_file_read(f->file, 0, MIB_PAGES(f->config->hot_mib));
		machine_observe_again(f->machine, &f->timer,
				      f->config->period_ms * NSEC_PER_MSEC_U64);
	}
}

static int start_reader(struct machine_files *f)
{
	const struct scenario *s = f->machine->scenario;
	uint64_t period = f->config->period_ms * NSEC_PER_MSEC_U64, first = period;
	struct host *host = &f->machine->host;
	char name[64];

	f->co = coro_create(f->config->name, reader_main, f, CORO_STACK_DEFAULT);
	if (!f->co)
		return -1;
	snprintf(name, sizeof(name), "files/%s", f->config->name);
	cpu_thread_init(&f->thread, &host->cpus, name, f->co, &host->kswapd_account);
	cpu_wake(&f->thread);
	/* Processes of the host have not all been started with the run. */
	if (s->jitter) {
		struct random_stream rs;

		random_init(&rs, s->seed, name);
		first = random_below(&rs, period);
	}
	event_add_observer(&f->machine->engine, &f->timer, first);
	return 0;
}

static int create(struct machine_files *f)
{
	const struct scenario_files *c = f->config;
	struct disk_config disk = {
		.kind = DISK_SSD, .name = "files", .queue_depth = FILES_QUEUE,
		.seek_ns = c->seek_us * NSEC_PER_USEC_U64,
		.seek_max_ns = c->seek_max_us * NSEC_PER_USEC_U64,
		.read_ns = c->read_us * NSEC_PER_USEC_U64,
		.transfer_ns_page = NSEC_PER_SEC_U64 / (c->transfer_mib_per_s * UINT64_C(256)),
	};
	struct disk_extent *extent = machine_disk_extent(f->machine, c->disk, c->name, "",
							 c->size_mib);
	uint64_t hot = c->hot_mib < c->cached_mib ? c->hot_mib : c->cached_mib;

	event_init(&f->timer, timer_fn);
	f->file = cache_file_create(&f->machine->host, c->name, MIB_PAGES(c->size_mib), &disk,
				    extent);
	if (!f->file)
		return -1;
	f->file->memcg = machine_cgroup(f->machine, c->cgroup);
	cache_file_fill(f->file, 0, MIB_PAGES(c->cached_mib), 1);
	cache_file_fill(f->file, 0, MIB_PAGES(hot), 1);
	return hot || c->hot_mib ? start_reader(f) : 0;
}

int machine_files_create(struct machine *m)
{
	const struct scenario_host *host = &m->scenario->host;
	uint32_t i;

	m->files = calloc(host->nr_files ? host->nr_files : 1, sizeof(*m->files));
	if (!m->files)
		return -1;
	for (i = 0; i < host->nr_files; i++) {
		m->files[i].machine = m;
		m->files[i].config = &host->files[i];
		if (create(&m->files[i]))
			return -1;
	}
	return 0;
}

void machine_files_destroy(struct machine *m)
{
	uint32_t i;

	for (i = 0; m->files && i < m->scenario->host.nr_files; i++)
		if (m->files[i].co)
			coro_destroy(m->files[i].co);
	free(m->files);
}
