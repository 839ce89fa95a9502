// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests' disks through the host's page cache: who reads ahead, dirty pages, their limits and who
 * writes them, reclaim that finds them, threads of the VMM; and what that is in small machines.
 */
#include "cached_disk.h"
#include "host_vms.h"
#include "memory.h"
#include "page_cache.h"
#include "scenario_run.h"
#include "suite.h"

#define PAGES(mib) ((mib) * MIB / 4096)
#define MS NSEC_PER_MSEC_U64
#define S NSEC_PER_SEC_U64
#define PAGE_NS UINT64_C(100000)	/* of the disk: 10,000 pages a second */

static struct cache_file *file;

/* A host with vm.dirty_* of 6.1, and a file on a disk that takes so long for each page. */
static void make_cache(uint64_t host_mib, uint64_t file_mib, unsigned int queue_depth)
{
	const struct disk_config disk = { .kind = DISK_SSD, .name = "disk",
					  .queue_depth = queue_depth, .read_ns = 1000,
					  .transfer_ns_page = PAGE_NS };
	struct disk *shared;

	make_host(host_mib, 2, HOST_THP_NEVER);
	host.config.dirty_background_ratio = 10;
	host.config.dirty_ratio = 20;
	host.config.dirty_writeback_ns = 5 * S;
	host.config.dirty_expire_ns = 30 * S;
	host.config.cgroup_version = 2;
	shared = disk_create(&disk, PAGES(file_mib), &engine, 1, "");
	ck_assert_ptr_nonnull(shared);
	host_add_disk(&host, shared);
	file = cache_file_create(&host, "image", PAGES(file_mib), NULL,
				 disk_add_extent(shared, "image", PAGES(file_mib)));
	ck_assert_ptr_nonnull(file);
}

struct range {
	uint64_t first, nr, chunk;	/* so many at a time */
};

static uint64_t ended;			/* ns, when the last of one was done */

static void write_range(struct kvm_vm *vm, void *arg)
{
	struct range *r = arg;

	for (uint64_t at = 0; at < r->nr; at += r->chunk)
		cache_file_write(file, r->first + at, r->chunk);
	ended = engine.now;
}

static void read_range(struct kvm_vm *vm, void *arg)
{
	struct range *r = arg;

	for (uint64_t at = 0; at < r->nr; at += r->chunk)
		cache_file_pread(file, r->first + at, r->chunk);
	ended = engine.now;
}

/* For a second at most. */
static void run(void (*fn)(struct kvm_vm *vm, void *arg), struct range *r)
{
	struct body b = { .fn = fn, .arg = r, .vm = make_vm("g", 8) };

	start(&b, 0);
	engine_run(&engine, engine.now + S);
	ck_assert(b.done);
	finish(&b);
}

/* global_dirtyable_memory(), domain_dirty_limits(): 10 and 20 % of what is free or of files. */
START_TEST(limits_follow_what_could_be_dirty)
{
	struct range r = { 0, PAGES(8), 256 };
	uint64_t could;

	make_cache(256, 64, 1);
	could = host.total_pages - host.wmark_high + 1;
	ck_assert_uint_eq(cache_dirty(&host).background, could * 10 / 100);
	ck_assert_uint_eq(cache_dirty(&host).limit, could * 20 / 100);
	/* Pages of files count as well, so that these change nothing. */
	run(write_range, &r);
	ck_assert_uint_eq(host.dirty_pages, PAGES(8));
	ck_assert_uint_eq(cache_dirty(&host).limit, could * 20 / 100);
	/* Other memory does. */
	guest_ram_write(make_vm("h", 64)->ram, gfn(0), PAGES(64), 1);
	ck_assert_uint_eq(cache_dirty(&host).limit, (could - PAGES(64)) * 20 / 100);
	unmake_host();
}
END_TEST

/* wb_check_old_data_flush(): somebody looks every 5 s, and writes what is 30 s old. */
START_TEST(what_is_old_is_written)
{
	struct range r = { 100, 300, 100 };
	uint64_t dirtied;

	make_cache(256, 64, 1);
	dirtied = engine.now;
	run(write_range, &r);
	ck_assert_uint_eq(host.dirty_pages, 300);
	engine_run(&engine, dirtied + 29 * S);
	ck_assert(host.dirty_pages == 300 && !host.stats.file_written);
	engine_run(&engine, dirtied + 36 * S);
	ck_assert(!host.dirty_pages && !host.file_writeback);
	ck_assert_uint_eq(host.stats.file_written, 300);
	ck_assert_uint_eq(file->extent->stats.pages_written, 300);
	/* They are clean now, and still there. */
	ck_assert_uint_eq(file->resident, 300);
	unmake_host();
}
END_TEST

/* wb_over_bg_thresh(): beyond a tenth they are written at once, until there are less. */
START_TEST(too_many_are_written_at_once)
{
	uint64_t background;
	struct range r = { 0, 0, 32 };

	make_cache(256, 64, 1);
	background = cache_dirty(&host).background;
	r.nr = background / 32 * 32;
	run(write_range, &r);
	engine_run(&engine, engine.now + 4 * S);
	ck_assert_uint_eq(host.stats.file_written, 0);
	r = (struct range){ r.nr, 64, 32 };
	run(write_range, &r);
	engine_run(&engine, engine.now + S);
	ck_assert_uint_gt(host.stats.file_written, 0);
	ck_assert_uint_le(host.dirty_pages, background);
	/* A chunk at least, not all (writeback_chunk_size()). */
	ck_assert_uint_gt(host.dirty_pages, 0);
	unmake_host();
}
END_TEST

/* 60 MiB are written; returns the most that was dirty or being written. */
static uint64_t write_much(void)
{
	struct range r = { 0, PAGES(60), 32 };
	struct body b = { .fn = write_range, .arg = &r, .vm = make_vm("g", 8) };
	uint64_t most = 0;

	start(&b, 0);
	while (!b.done && engine.now < 100 * S) {
		engine_run(&engine, engine.now + MS);
		if (host.dirty_pages + host.file_writeback > most)
			most = host.dirty_pages + host.file_writeback;
	}
	ck_assert(b.done);
	finish(&b);
	return most;
}

/*
 * balance_dirty_pages(): who writes more than the limit is as fast as the disk, and there never is
 * more than the limit, and what was written before somebody looked.
 */
START_TEST(who_writes_too_much_waits)
{
	uint64_t most, limit;

	make_cache(64, 64, 1);
	limit = cache_dirty(&host).limit;
	most = write_much();
	ck_assert_uint_gt(most, limit / 2);
	ck_assert_uint_le(most, limit + 64);
	/* All but what may be dirty has been written. */
	ck_assert_uint_ge(ended, (PAGES(60) - limit) * PAGE_NS);
	ck_assert_uint_le(ended, PAGES(60) * PAGE_NS * 12 / 10);
	ck_assert_uint_gt(host.stats.dirty_throttled_ns, 0);
	ck_assert_uint_eq(killed, 0);
	unmake_host();
}
END_TEST

/*
 * pos_ratio_polynom(): the writer gets the disk's rate when half of what is between freerun (the
 * mean of both limits) and the limit is dirty; twice that at the one, nothing at the other.  The
 * disk is as fast as is taken for granted at first (INIT_BW), so that it is so from the beginning.
 */
START_TEST(a_writer_comes_to_rest_at_the_setpoint)
{
	uint64_t most, freerun, setpoint;
	struct cache_dirty d;

	make_cache(64, 64, 1);
	file->extent->disk->config.transfer_ns_page = S / 25600;
	d = cache_dirty(&host);
	freerun = (d.background + d.limit) / 2;
	setpoint = (freerun + d.limit) / 2;
	most = write_much();
	ck_assert_uint_ge(most, setpoint);
	ck_assert_uint_le(most, setpoint + (d.limit - setpoint) / 2);
	unmake_host();
}
END_TEST

/*
 * mem_cgroup_wb_stats(): the same for a group of 16 MiB, on a host that has room for all of it.
 * What the group could have dirty is 16 MiB of files, clean ones and room together.
 */
START_TEST(a_group_has_limits_of_its_own)
{
	struct host_memcg *group;
	uint64_t most;

	make_cache(1024, 64, 1);
	ck_assert_uint_gt(cache_dirty(&host).background, PAGES(60));
	group = host_add_memcg(&host, "group", NULL);
	group->max = PAGES(16);
	file->memcg = group;
	most = write_much();
	ck_assert_uint_gt(most, PAGES(16) / 10);
	ck_assert_uint_le(most, PAGES(16) / 5 + 64);
	ck_assert_uint_ge(ended, (PAGES(60) - PAGES(16) / 5) * PAGE_NS);
	ck_assert_uint_eq(group->events.oom_kill, 0);
	unmake_host();
}
END_TEST

/* get_limit(): what the flusher writes is REQ_BACKGROUND, a quarter of 16 at a time. */
START_TEST(the_flusher_has_few_requests_under_way)
{
	struct range r = { 0, PAGES(8), 256 };

	make_cache(256, 64, 1);
	file->extent->disk->config.request_pages = 0;
	run(write_range, &r);
	cache_wake_flusher(&host, true);
	engine_run(&engine, engine.now + 30 * MS);
	ck_assert_uint_eq(file->extent->stats.peak_queue, 4);
	ck_assert_uint_eq(file->extent->disk->nr_waiting, 1);
	engine_run(&engine, engine.now + 10 * S);
	ck_assert_uint_eq(host.stats.file_written, PAGES(8));
	ck_assert_uint_eq(file->extent->disk->nr_waiting, 0);
	unmake_host();
}
END_TEST

static void touch(struct kvm_vm *vm, void *arg)
{
	guest_ram_write(vm->ram, gfn(0), *(uint64_t *)arg, 1);
	guest_ram_check(vm->ram, gfn(0), *(uint64_t *)arg, 1, "test");
}

/*
 * shrink_folio_list(): dirty pages do not go, but the flusher is woken; what is clean then goes.
 * Nobody is killed, though there is no swap space and most of memory was dirty.
 */
START_TEST(reclaim_has_dirty_pages_written_first)
{
	uint64_t nr = PAGES(28);
	struct body b = { .fn = touch, .arg = &nr };
	struct range r = { 0, PAGES(20), 256 };

	make_cache(40, 64, 1);
	host.config.dirty_background_ratio = 90;
	host.config.dirty_ratio = 95;
	run(write_range, &r);
	ck_assert_uint_eq(host.dirty_pages, PAGES(20));
	ck_assert_uint_eq(host.stats.file_written, 0);
	b.vm = make_vm("h", 32);
	start(&b, 0);
	/* Long before the flusher would look by itself. */
	engine_run(&engine, engine.now + 2 * S);
	ck_assert(b.done && !killed && !losses);
	ck_assert_ptr_nonnull(host.flusher.co);
	ck_assert_uint_ge(host.stats.file_dropped, PAGES(8));
	/* Each that has gone had been written (cache_drop_page() would have ended the run). */
	ck_assert_uint_ge(host.stats.file_written, host.stats.file_dropped);
	ck_assert_uint_eq(host.stats.file_dirtied, host.stats.file_written + host.dirty_pages +
			  host.file_writeback);
	finish(&b);
	unmake_host();
}
END_TEST

/* invalidate_mapping_pages() */
START_TEST(dropping_caches_leaves_what_is_dirty)
{
	struct range dirty = { 0, 1000, 250 }, clean = { 4096, 512, 32 };

	make_cache(256, 64, 1);
	run(write_range, &dirty);
	run(read_range, &clean);
	ck_assert_uint_ge(file->resident, 1512);
	ck_assert_uint_eq(cache_drop_all(&host), host.stats.file_reads);
	ck_assert(file->resident == 1000 && host.dirty_pages == 1000);
	cache_wake_flusher(&host, true);
	engine_run(&engine, engine.now + 10 * MS);
	ck_assert_uint_gt(host.file_writeback, 0);
	ck_assert_uint_eq(cache_drop_all(&host), host.stats.file_written);
	engine_run(&engine, engine.now + S);
	ck_assert_uint_eq(host.stats.file_written, 1000);
	cache_drop_all(&host);
	ck_assert_uint_eq(file->resident, 0);
	unmake_host();
}
END_TEST

/* ondemand_readahead(): requests of 128 KiB as they come; small ones at random, and no more. */
START_TEST(requests_are_read_ahead)
{
	struct range r = { 0, PAGES(4), 32 };

	make_cache(256, 64, 4);
	run(read_range, &r);
	ck_assert_uint_eq(file->extent->stats.reads, PAGES(4) / 32 + 1);
	ck_assert_uint_le(file->extent->stats.pages_read, PAGES(4) + 32);
	/* The first waits for the disk, and what follows each has been asked for before. */
	ck_assert_uint_eq(file->missed, 32);
	for (unsigned int i = 0; i < 10; i++) {
		uint64_t before = file->extent->stats.pages_read;

		r = (struct range){ 4000 + 700 * i, 2, 2 };
		run(read_range, &r);
		ck_assert_uint_eq(file->extent->stats.pages_read, before + 2);
	}
	/* One by one, upwards: windows that grow to 128 KiB. */
	r = (struct range){ 12000, 512, 1 };
	run(read_range, &r);
	ck_assert_uint_le(file->missed, 32 + 20 + 8);
	unmake_host();
}
END_TEST

/* The VMM's threads */

static struct cached_disk *cached;
static unsigned int nr_done;
static uint64_t done_at[70];
static struct disk_request requests[70];

static void on_done(struct disk_request *rq)
{
	ck_assert_ptr_nonnull(coro_current->ctx.thread);
	done_at[nr_done++] = engine.now;
}

struct batch {
	unsigned int nr;
	uint64_t gap;			/* pages from one to the next */
};

static void submit_batch(struct kvm_vm *vm, void *arg)
{
	const struct batch *b = arg;

	for (unsigned int i = 0; i < b->nr; i++) {
		requests[i] = (struct disk_request){ .page = 64 + i * b->gap, .nr = 1,
						     .complete = on_done };
		cached_disk_submit(cached, &requests[i]);
	}
}

static struct kvm_vm *submit(struct batch batch)
{
	struct body b = { .fn = submit_batch, .arg = &batch, .vm = make_vm("guest", 8) };

	nr_done = 0;
	cached_disk_attach(cached, b.vm);
	start(&b, 0);
	engine_run(&engine, engine.now + 50);
	finish(&b);
	return b.vm;
}

/*
 * thread_pool_submit(): each request that waits for the disk has a thread, up to 64; a ring that is
 * not empty needs no kick.
 */
START_TEST(workers_serve_requests_side_by_side)
{
	struct cost_table old = costs;
	struct kvm_vm *vm;

	make_cache(256, 64, 32);
	host.costs.ns[COST_KICK_IOEVENTFD] = 10;
	host.costs.ns[COST_IRQ_INJECT] = 7;
	host.costs.ns[COST_VMM_DISPATCH] = host.costs.ns[COST_VIRTQUEUE_POP] = 0;
	host.costs.ns[COST_GUEST_FILE] = 3;
	cached = cached_disk_create(file, "image");
	vm = submit((struct batch){ 3, 100 });
	engine_run(&engine, engine.now + S);
	ck_assert_uint_eq(nr_done, 3);
	ck_assert_uint_eq(cached->nr_workers, 3);
	ck_assert_uint_eq(vm->exits[KVM_EXIT_IOEVENTFD], 1);
	ck_assert_uint_eq(vm->account[ACCOUNT_EXIT].ns[LEDGER_DISK], 10);
	ck_assert_uint_eq(vm->account[ACCOUNT_VMM_KERNEL].ns[LEDGER_DISK], 3 * 7);
	ck_assert_uint_eq(vm->account[ACCOUNT_VMM_KERNEL].ns[COST_GUEST_FILE], 3 * 3);
	/* The fixed part of all passes together; then their data, one after the other. */
	ck_assert_uint_ge(done_at[2], 1000 + 3 * PAGE_NS);
	ck_assert_uint_le(done_at[2], 1000 + 3 * PAGE_NS + 20000);
	vm = submit((struct batch){ 70, 200 });
	engine_run(&engine, engine.now + S);
	ck_assert_uint_eq(nr_done, 70);
	ck_assert_uint_eq(cached->nr_workers, CACHED_DISK_WORKERS);
	cached_disk_destroy(cached);
	unmake_host();
	costs = old;
}
END_TEST

/* The VMM ends: its threads complete nothing any more; what comes after it begins anew. */
START_TEST(what_a_killed_vmm_had_is_forgotten)
{
	struct kvm_vm *vm;

	make_cache(256, 64, 1);
	cached = cached_disk_create(file, "image");
	vm = submit((struct batch){ 70, 100 });
	engine_run(&engine, engine.now + PAGE_NS / 2);
	ck_assert(!nr_done && cached->ring.head);
	host_stop_vm(vm);
	engine_run(&engine, engine.now + S);
	ck_assert_uint_eq(nr_done, 0);
	/* The disk has read nevertheless, into the page cache, what threads have asked for. */
	ck_assert_uint_eq(file->resident, CACHED_DISK_WORKERS);
	vm = submit((struct batch){ 5, 100 });
	ck_assert_uint_eq(vm->exits[KVM_EXIT_IOEVENTFD], 1);
	engine_run(&engine, engine.now + S);
	ck_assert_uint_eq(nr_done, 5);
	ck_assert_uint_eq(file->extent->stats.pages_read, CACHED_DISK_WORKERS);
	cached_disk_destroy(cached);
	unmake_host();
}
END_TEST

/* Machines */

static char scenario[8192];

#define DISK                                                                                       \
	"d: d { compatible = \"ballast,disk\"; kind = \"ssd\"; size-mib = <8192>;"                 \
	" queue-depth = <4>; read-us = <100>; write-us = <50>; transfer-mib-per-s = <400>; };"
#define SWAP "swap { compatible = \"ballast,swap-file\"; size-mib = <1024>; disk = <&d>; };"
#define OWN_SWAP "swap { compatible = \"ballast,swap-file\"; size-mib = <256>; disk = <&d>; };"
#define SCAN(label, more)                                                                          \
	label ": " label " { compatible = \"ballast,program-filescan\"; file-mib = <64>; "         \
	more " };"

/* @guest: after a '-' without an image on the disk. */
static const char *make(unsigned int host_mib, const char *host_has, const char *guest,
			const char *commands)
{
	snprintf(scenario, sizeof(scenario),
		 "/dts-v1/;\n/include/ \"costs/skylake.dtsi\"\n"
		 "/ { compatible = \"ballast,scenario\"; description = \"test\"; jitter = \"off\";"
		 " until-ms = <600000>;\n"
		 "host { compatible = \"ballast,host\"; memory-mib = <%u>; cpus = <4>;\n"
		 "%s " DISK " };\n"
		 "g: guest-a { compatible = \"ballast,guest\"; memory-mib = <256>;\n"
		 "%s %s };\n"
		 "commands { %s };\n};\n", host_mib, host_has, guest[0] == '-' ? "" :
		 "disk = <&d>; image-mib = <2048>;", guest[0] == '-' ? guest + 1 : guest,
		 commands);
	return scenario;
}

/* Reads a file again and again, which takes some seconds; after one the guest drops it. */
#define AGAIN(cache) "cache = \"" cache "\"; programs { " SCAN("one", "loops = <400>;") " };"
#define DROP                                                                                       \
	"drop: drop { compatible = \"ballast,drop-caches\"; guest = <&g>; start-ms = <1000>; };"

static uint64_t read_from_disk(const struct outcome *o)
{
	ck_assert_msg(!o->refused && o->end == TRACE_END_OK, "%s", o->text);
	return o->report.extents[0].last.bytes_read;
}

static uint64_t ran(const struct outcome *o)
{
	return o->report.programs[0].end - o->report.programs[0].start;
}

/* What the guest has dropped the host still has: with both, it is there twice. */
START_TEST(an_image_is_cached_twice)
{
	uint64_t direct;
	struct outcome o;

	outcome_run(&o, make(1024, "", AGAIN("none"), DROP), false);
	ck_assert_uint_eq(read_from_disk(&o), 2 * 64 * MIB);
	ck_assert(!o.report.guests[0].has_image);
	ck_assert_uint_eq(o.report.host.cached, 0);
	direct = ran(&o);
	outcome_free(&o);
	outcome_run(&o, make(1024, "", AGAIN("writeback"), DROP), false);
	ck_assert_uint_ge(read_from_disk(&o), 64 * MIB);
	ck_assert_uint_le(read_from_disk(&o), 65 * MIB);
	ck_assert_uint_eq(o.report.guests[0].image.bytes_read, 2 * 64 * MIB);
	ck_assert_uint_ge(o.report.guests[0].image.cached, PAGES(64));
	ck_assert_uint_ge(o.report.guests[0].last.cached, PAGES(64));
	ck_assert_uint_ge(o.report.host.cached, PAGES(64));
	ck_assert_uint_gt(o.report.guests[0].exits[TRACE_EXIT_IOEVENTFD], 64);
	/* It is read at 400 MiB/s once, not twice. */
	ck_assert_uint_lt(ran(&o) + 64 * S / 400 / 2, direct);
	outcome_free(&o);
}
END_TEST

/* Each has threads and pages of its own; taken apart one after the other (sanitizers watch). */
START_TEST(guests_share_the_page_cache)
{
	struct outcome o;

	outcome_run(&o, make(2048, "", "count = <3>; cache = \"writeback\"; programs { "
			     SCAN("one", "loops = <2>;") " };", ""), false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_uint_ge(o.report.guests[i].image.cached, PAGES(64));
	ck_assert_uint_ge(o.report.host.cached, 3 * PAGES(64));
	outcome_free(&o);
}
END_TEST

START_TEST(what_host_and_guest_have_dropped_is_read_again)
{
	struct outcome o;

	outcome_run(&o, make(1024, "", AGAIN("writeback"), DROP
			     "all { compatible = \"ballast,drop-caches\"; start-ms = <999>; };"),
		    false);
	ck_assert_uint_ge(read_from_disk(&o), 2 * 64 * MIB);
	outcome_free(&o);
}
END_TEST

/* Host and guest both short of memory, all on one disk; the oracle looks at each page. */
#define SHORT                                                                                      \
	"cache = \"writeback\"; " OWN_SWAP " programs {" SCAN("one", "loops = <2>; background;")   \
	"hog { compatible = \"ballast,program-memhog\"; size-mib = <300>; loops = <3>; }; };"

START_TEST(contents_survive_through_the_page_cache)
{
	struct trace_rec_image_sample first;
	struct outcome o;

	for (unsigned int run_nr = 0; run_nr < 2; run_nr++) {
		outcome_run(&o, make(224, SWAP, SHORT, ""), false);
		ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
		ck_assert_uint_gt(o.report.guests[0].image.bytes_written, 50 * MIB);
		ck_assert_uint_gt(o.report.dirty.written, PAGES(20));
		ck_assert_uint_le(o.report.dirty.written, o.report.dirty.dirtied);
		ck_assert_uint_gt(o.report.host.swap_out, 0);
		if (run_nr)
			ck_assert_mem_eq(&first, &o.report.guests[0].image, sizeof(first));
		first = o.report.guests[0].image;
		outcome_free(&o);
	}
}
END_TEST

/* The page cache outlives the VMM: after it is started again, the image is read from memory. */
START_TEST(the_cache_outlives_the_guest)
{
	struct outcome o;

	outcome_run(&o, make(1024, "", "cache = \"writeback\"; programs { " SCAN("one", "")
			     " };",
			     "off: off { compatible = \"ballast,shutdown\"; guest = <&g>;"
			     " start-ms = <3000>; };"
			     "on { compatible = \"ballast,start\"; guest = <&g>;"
			     " after = <&off>; };"),
		    false);
	ck_assert_uint_le(read_from_disk(&o), 65 * MIB);
	ck_assert_uint_ge(o.report.guests[0].image.bytes_read, 2 * 64 * MIB);
	outcome_free(&o);
}
END_TEST

/* Killed in the middle of it: by the host's OOM killer, which has no swap space. */
START_TEST(a_guest_is_killed_with_requests_under_way)
{
	struct outcome o;

	outcome_run(&o, make(192, "", "cache = \"writeback\"; " OWN_SWAP " programs {"
			     SCAN("one", "loops = <50>; background;")
			     "hog { compatible = \"ballast,program-memhog\"; size-mib = <300>;"
			     " loops = <3>; }; };", ""), false);
	ck_assert_msg(!o.refused, "%s", o.text);
	ck_assert_msg(o.report.guests[0].off && o.report.guests[0].off_reason == TRACE_OFF_KILLED,
		      "%s", o.text);
	outcome_free(&o);
}
END_TEST

static const struct {
	const char *host, *guest, *says;
} bad[] = {
	{ "", "cache = \"writethrough\";",
	  "/guest-a: cache: \"writethrough\"" },
	{ "", "-cache = \"writeback\";",
	  "/guest-a: cache: nothing of it lies on a disk of the host; allowed: with disk = "
	  "<&label> or a ballast,swap-file" },
	{ "dirty-ratio = <10>;", "",
	  "/host: dirty-background-ratio: not below dirty-ratio; allowed: 1..9 %" },
	{ "dirty-expire-centisecs = <0>;", "",
	  "/host: dirty-expire-centisecs: 0 is out of range; allowed: 1..360000" },
};

START_TEST(what_cannot_be_is_said_in_one_line)
{
	struct outcome o;

	outcome_run(&o, make(1024, bad[_i].host, bad[_i].guest, ""), false);
	ck_assert(o.refused);
	ck_assert_msg(strstr(o.text, bad[_i].says) != NULL, "%s", o.text);
	ck_assert_msg(strchr(o.text, '\n') == o.text + strlen(o.text) - 1, "%s", o.text);
	outcome_free(&o);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("guest_disk");
	TCase *tc = tcase_create("guest_disk");

	tcase_add_test(tc, limits_follow_what_could_be_dirty);
	tcase_add_test(tc, what_is_old_is_written);
	tcase_add_test(tc, too_many_are_written_at_once);
	tcase_add_test(tc, who_writes_too_much_waits);
	tcase_add_test(tc, a_writer_comes_to_rest_at_the_setpoint);
	tcase_add_test(tc, a_group_has_limits_of_its_own);
	tcase_add_test(tc, the_flusher_has_few_requests_under_way);
	tcase_add_test(tc, reclaim_has_dirty_pages_written_first);
	tcase_add_test(tc, dropping_caches_leaves_what_is_dirty);
	tcase_add_test(tc, requests_are_read_ahead);
	tcase_add_test(tc, workers_serve_requests_side_by_side);
	tcase_add_test(tc, what_a_killed_vmm_had_is_forgotten);
	tcase_add_test(tc, an_image_is_cached_twice);
	tcase_add_test(tc, guests_share_the_page_cache);
	tcase_add_test(tc, what_host_and_guest_have_dropped_is_read_again);
	tcase_add_test(tc, contents_survive_through_the_page_cache);
	tcase_add_test(tc, the_cache_outlives_the_guest);
	tcase_add_test(tc, a_guest_is_killed_with_requests_under_way);
	tcase_add_loop_test(tc, what_cannot_be_is_said_in_one_line, 0,
			    sizeof(bad) / sizeof(bad[0]));
	suite_add_tcase(s, tc);
	return s;
}
