// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks by themselves: their queue, how many writes may be under way, and what lies on them.
 */
#include <check.h>

#include "disk.h"
#include "scenario_run.h"
#include "suite.h"

#define PAGES 65536

static struct engine engine;

static void nothing(struct disk_request *rq)
{
}

/* What a device moves in a second does not depend on how many requests it serves at once. */
START_TEST(data_of_all_requests_goes_over_one_link)
{
	static struct disk_request writes[64];
	const unsigned int depth[] = { 1, 4, 32 };
	struct disk_config config = { .kind = DISK_SSD, .name = "test",
				      .write_ns = 100000, .transfer_ns_page = 10000 };
	uint64_t took[3];

	for (int d = 0; d < 3; d++) {
		struct disk_extent *extent;

		engine_init(&engine);
		config.queue_depth = depth[d];
		extent = disk_create_private(&config, PAGES, &engine, 1, "test");
		for (int i = 0; i < 64; i++) {
			writes[i] = (struct disk_request){ .extent = extent, .page = 32 * i,
							   .nr = 32, .write = true,
							   .complete = nothing };
			disk_submit(&writes[i]);
		}
		engine_run(&engine, TIME_NEVER);
		took[d] = engine.now;
		disk_put_extent(extent);
		engine_destroy(&engine);
	}
	/* one after the other; then only the first fixed part is not beside other data */
	ck_assert_uint_eq(took[0], 64 * (100000 + 32 * 10000));
	ck_assert_uint_eq(took[1], 100000 + 64 * 32 * 10000);
	ck_assert_uint_eq(took[2], took[1]);
}
END_TEST

static struct disk_request *submitted(struct disk_extent *extent, unsigned int i, uint64_t page,
				      bool write)
{
	static struct disk_request requests[64];

	requests[i] = (struct disk_request){ .extent = extent, .page = page, .nr = 1,
					     .write = write, .complete = nothing };
	disk_submit(&requests[i]);
	return &requests[i];
}

/* dd_dispatch_request(): batches of 16, by sector, and a batch of writes after two of reads. */
START_TEST(a_disk_is_served_in_batches_by_block)
{
	struct disk_config config = { .kind = DISK_HDD, .name = "test",
				      .queue_depth = 1, .read_ns = 1000, .write_ns = 1000 };
	struct disk_request *write, *low, *high;
	struct disk_extent *extent;

	engine_init(&engine);
	extent = disk_create_private(&config, PAGES, &engine, 1, "test");
	submitted(extent, 0, 100, false);		/* at once */
	write = submitted(extent, 1, 50, true);
	low = submitted(extent, 2, 20, false);
	high = submitted(extent, 3, 140, false);
	engine_run(&engine, 1500);		/* the one further up goes first */
	ck_assert(high->issued == 1000 && !low->issued && !write->issued);
	engine_run(&engine, 2500);		/* then another batch of reads, from below */
	ck_assert(low->issued == 2000 && !write->issued);
	for (unsigned int i = 4; i < 40; i++)	/* 15 more are in that, 16 in the next */
		submitted(extent, i, 20 + 3 * i, false);
	engine_run(&engine, TIME_NEVER);
	ck_assert_uint_ge(write->issued, 2000 + 16 * 1000);
	ck_assert_uint_le(write->issued, 2000 + 33 * 1000);
	disk_put_extent(extent);
	engine_destroy(&engine);
}
END_TEST

/*
 * wb_timer_fn(), get_limit(): who writes alone may have more under way, and less beside slow reads.
 */
START_TEST(writes_are_throttled_for_reads)
{
	struct disk_config config = { .kind = DISK_SSD, .name = "test",
				      .queue_depth = 64, .read_ns = 10000000,
				      .write_ns = 1000000 };
	struct disk_extent *extent;

	engine_init(&engine);
	extent = disk_create_private(&config, PAGES, &engine, 1, "test");
	for (unsigned int i = 0; i < 8; i++) {
		ck_assert(!disk_must_wait(extent->disk, false));
		submitted(extent, i, 2 * i, true);
	}
	ck_assert(disk_must_wait(extent->disk, false) && !disk_must_wait(extent->disk, true));
	engine_run(&engine, 150 * NSEC_PER_MSEC_U64);
	for (unsigned int i = 0; i < 12; i++) {		/* 24 for kswapd, half of it for others */
		ck_assert(!disk_must_wait(extent->disk, false));
		submitted(extent, i, 2 * i, true);
	}
	ck_assert(disk_must_wait(extent->disk, false));
	submitted(extent, 12, 101, false);		/* takes 10 ms, 2 are wanted */
	engine_run(&engine, 250 * NSEC_PER_MSEC_U64);
	ck_assert_uint_le(extent->disk->wbt.max_depth, 16);
	disk_put_extent(extent);
	engine_destroy(&engine);
}
END_TEST

/* Requests that follow each other are one for the device while they wait, up to its limit. */
START_TEST(requests_that_wait_are_merged)
{
	static struct disk_request writes[8];
	struct disk_config config = { .kind = DISK_SSD, .name = "test",
				      .queue_depth = 1, .request_pages = 64, .write_ns = 1000 };
	struct disk_extent *extent;

	engine_init(&engine);
	extent = disk_create_private(&config, PAGES, &engine, 1, "test");
	for (int i = 0; i < 8; i++) {
		writes[i] = (struct disk_request){ .extent = extent, .page = 20 * i, .nr = 20,
						   .write = true, .complete = nothing };
		disk_submit(&writes[i]);
	}
	/* the first at once; then three, three, and the last */
	ck_assert_uint_eq(extent->disk->stats.writes, 4);
	ck_assert_uint_eq(extent->disk->stats.pages_written, 160);
	engine_run(&engine, TIME_NEVER);
	ck_assert_uint_eq(engine.now, 4 * 1000);
	ck_assert_uint_eq(extent->disk->nr_queued, 0);
	disk_put_extent(extent);
	engine_destroy(&engine);
}
END_TEST

/* What lies on a disk */

static struct disk *make_disk(const struct disk_config *config)
{
	struct disk *disk;

	engine_init(&engine);
	disk = disk_create(config, PAGES, &engine, 1, "");
	ck_assert_ptr_nonnull(disk);
	return disk;
}

static void unmake_disk(struct disk *disk)
{
	disk_destroy(disk);
	engine_destroy(&engine);
}

static const struct disk_config plain = {
	.kind = DISK_SSD, .name = "test", .queue_depth = 1, .read_ns = 1000, .write_ns = 1000,
};

START_TEST(extents_lie_behind_one_another)
{
	struct disk *disk = make_disk(&plain);
	struct disk_extent *a = disk_add_extent(disk, "a", 1000);
	struct disk_extent *b = disk_add_extent(disk, "b", PAGES - 1001), *c;

	ck_assert(a->first == 0 && a->nr_pages == 1000);
	ck_assert(b->first == 1000 && b->nr_pages == PAGES - 1001);
	ck_assert_ptr_null(disk_add_extent(disk, "c", 2));	/* one page is left */
	ck_assert_ptr_null(disk_add_extent(disk, "c", 0));
	c = disk_add_extent(disk, "c", 1);
	ck_assert(c->first == PAGES - 1);
	ck_assert_ptr_null(disk_add_extent(disk, "d", 1));
	unmake_disk(disk);
}
END_TEST

static uint64_t ended;

static void note_end(struct disk_request *rq)
{
	ended = engine.now;
}

/* The last of ten reads of @a, and of ten of @b if there is one. */
static uint64_t read_ten(struct disk_extent *a, struct disk_extent *b)
{
	static struct disk_request requests[20];

	for (unsigned int i = 0; i < 10; i++) {
		requests[2 * i] = (struct disk_request){ .extent = a, .page = 2 * i, .nr = 1,
							 .complete = note_end };
		requests[2 * i + 1] = (struct disk_request){ .extent = b, .page = 2 * i, .nr = 1,
							     .complete = nothing };
		disk_submit(&requests[2 * i]);
		if (b)
			disk_submit(&requests[2 * i + 1]);
	}
	engine_run(&engine, TIME_NEVER);
	return ended;
}

/*
 * NVMe has no elevator: requests of two are served as they come, and each of them waits for the
 * other's.  By hand: ten times 100 us and 10 us of data; then 19 of them until the tenth of the
 * first is done.
 */
START_TEST(two_users_of_a_disk_slow_each_other)
{
	const struct disk_config config = { .kind = DISK_NVME, .name = "test", .queue_depth = 1,
					    .read_ns = 100000, .transfer_ns_page = 10000 };
	struct disk_extent *a, *b;
	struct disk *disk;

	disk = make_disk(&config);
	a = disk_add_extent(disk, "a", 100);
	ck_assert_uint_eq(read_ten(a, NULL), 10 * 110000);
	unmake_disk(disk);
	disk = make_disk(&config);
	a = disk_add_extent(disk, "a", 100);
	b = disk_add_extent(disk, "b", 100);
	ck_assert_uint_eq(read_ten(a, b), 19 * 110000);
	ck_assert(a->stats.reads == 10 && b->stats.reads == 10 && disk->stats.reads == 20);
	ck_assert_uint_eq(a->stats.busy_ns, 10 * 110000);
	ck_assert_uint_eq(disk->stats.busy_ns, 20 * 110000);
	ck_assert_uint_eq(disk->stats.peak_queue, 20);
	ck_assert_uint_eq(a->stats.peak_queue, 10);
	unmake_disk(disk);
}
END_TEST

/* With an elevator the head goes up: what lies behind comes later, whoever has come first. */
START_TEST(the_elevator_goes_across_extents)
{
	struct disk *disk = make_disk(&plain);
	struct disk_extent *a = disk_add_extent(disk, "a", 1000);
	struct disk_extent *b = disk_add_extent(disk, "b", 1000);
	struct disk_request *first, *behind, *before;

	first = submitted(a, 0, 10, false);	/* at once */
	behind = submitted(b, 1, 20, false);	/* block 1020 */
	before = submitted(a, 2, 900, false);
	engine_run(&engine, TIME_NEVER);
	ck_assert_uint_eq(first->issued, 0);
	ck_assert_uint_eq(before->issued, 1000);
	ck_assert_uint_eq(behind->issued, 2000);
	unmake_disk(disk);
}
END_TEST

/* A mean of 1000 s that is cut off at 5 ms is 5 ms for each, but one in 200,000. */
START_TEST(the_head_moves_between_extents)
{
	struct disk_config config = plain;
	struct disk_request *rq;
	struct disk_extent *a, *b;
	struct disk *disk;

	config.seek_ns = 1000 * NSEC_PER_SEC_U64;
	config.seek_max_ns = 5000000;
	disk = make_disk(&config);
	a = disk_add_extent(disk, "a", 1000);
	b = disk_add_extent(disk, "b", 1000);
	submitted(a, 0, 0, false);		/* where the head is */
	engine_run(&engine, TIME_NEVER);
	ck_assert_uint_eq(engine.now, 1000);
	submitted(a, 1, 1, false);		/* follows */
	engine_run(&engine, TIME_NEVER);
	ck_assert_uint_eq(engine.now, 2000);
	submitted(b, 2, 2, false);		/* the page of this number, but another's */
	engine_run(&engine, TIME_NEVER);
	ck_assert_uint_eq(engine.now, 5003000);
	submitted(a, 3, 2, false);
	engine_run(&engine, TIME_NEVER);
	ck_assert_uint_eq(engine.now, 10004000);
	submitted(a, 4, 998, false);
	engine_run(&engine, TIME_NEVER);
	submitted(a, 5, 999, false);		/* the last of this, then the first of the next */
	rq = submitted(b, 6, 0, false);
	engine_run(&engine, TIME_NEVER);
	ck_assert_uint_eq(engine.now - rq->issued, 1000);
	unmake_disk(disk);
}
END_TEST

/* Neighbours of two extents are two requests; those of one are one. */
START_TEST(what_lies_on_two_extents_is_not_merged)
{
	struct disk_config config = plain;
	struct disk_extent *a, *b;
	struct disk *disk;

	config.request_pages = 64;
	disk = make_disk(&config);
	a = disk_add_extent(disk, "a", 100);
	b = disk_add_extent(disk, "b", 100);
	submitted(a, 0, 10, true);		/* at once */
	submitted(a, 1, 98, true);
	submitted(a, 2, 99, true);
	submitted(b, 3, 0, true);
	ck_assert_uint_eq(disk->stats.writes, 3);
	ck_assert(disk_would_merge(b, 1) && !disk_would_merge(b, 0));
	engine_run(&engine, TIME_NEVER);
	unmake_disk(disk);
}
END_TEST

/*
 * wbt_wait(): whoever writes counts, and waits for all.  wbt_should_throttle(): not O_DIRECT, of
 * which a window has samples all the same.
 */
START_TEST(writes_of_all_users_are_throttled_together)
{
	static struct disk_request direct[8];
	struct disk *disk = make_disk(&plain);
	struct disk_extent *a = disk_add_extent(disk, "a", 1000);
	struct disk_extent *b = disk_add_extent(disk, "b", 1000);

	for (unsigned int i = 0; i < 8; i++) {
		direct[i] = (struct disk_request){ .extent = b, .page = 2 * i, .nr = 1,
						   .write = true, .direct = true,
						   .complete = nothing };
		disk_submit(&direct[i]);
	}
	ck_assert(!disk_must_wait(disk, false));
	for (unsigned int i = 0; i < 8; i++) {
		ck_assert(!disk_must_wait(disk, false));
		submitted(i % 2 ? a : b, i, 100 + 2 * i, true);
	}
	ck_assert(disk_must_wait(disk, false) && !disk_must_wait(disk, true));
	engine_run(&engine, 16 * 1000);
	ck_assert(!disk_must_wait(disk, false));
	ck_assert_uint_eq(disk->wbt.nr_writes, 16);
	unmake_disk(disk);
}
END_TEST

/* blk_mq_get_tag() knows no disk that is all of one user. */
START_TEST(reads_of_the_only_user_have_to_have_tags)
{
	struct disk_config config = plain;
	struct disk_extent *a;

	config.nr_requests = 4;
	engine_init(&engine);
	a = disk_create_private(&config, PAGES, &engine, 1, "");
	for (unsigned int i = 0; i < 6; i++)
		submitted(a, i, 100 * i, false);
	ck_assert(a->disk->nr_queued == 6 && a->disk->nr_held == 2);
	ck_assert_uint_eq(a->stats.peak_queue, 4);
	engine_run(&engine, TIME_NEVER);
	ck_assert(!a->nr_queued && !a->nr_held && a->stats.reads == 6);
	disk_put_extent(a);
	engine_destroy(&engine);
}
END_TEST

/*
 * Who writes back sleeps in blk_mq_get_tag() for each of its requests, and begins no others; also
 * where tags are left to those who wait already.
 */
START_TEST(nobody_writes_back_more_while_writes_have_no_tag)
{
	struct disk_config config = plain;
	struct disk_extent *a;
	struct disk *disk;

	config.nr_requests = 64;
	disk = make_disk(&config);
	a = disk_add_extent(disk, "a", 1000);
	disk->nr_waiting = 62;
	for (unsigned int i = 0; i < 2; i++)
		submitted(a, i, 100 * i, true);
	ck_assert(!disk_must_wait(disk, false));
	submitted(a, 2, 200, true);
	ck_assert(disk->nr_queued == 3 && disk->nr_held == 1);
	ck_assert(disk_must_wait(disk, false));
	engine_run(&engine, 1500);
	ck_assert(disk->nr_queued == 2 && disk->nr_held == 0);
	ck_assert(!disk_must_wait(disk, false));
	/* Reads that are held keep nobody: these tags are for who waits. */
	submitted(a, 3, 300, false);
	ck_assert(disk->nr_queued == 3 && disk->nr_held == 1);
	ck_assert(!disk_must_wait(disk, false));
	engine_run(&engine, TIME_NEVER);
	ck_assert(!disk->nr_queued && !disk->nr_held);
	unmake_disk(disk);
}
END_TEST

/* blk_mq_get_tag(): what is beyond nr_requests is out of the elevator's sight until one is done. */
START_TEST(requests_without_a_tag_are_held_back)
{
	struct disk_config config = plain;
	struct disk_request *far, *near;
	struct disk_extent *a;
	struct disk *disk;

	config.nr_requests = 4;
	disk = make_disk(&config);
	a = disk_add_extent(disk, "a", 1000);
	submitted(a, 0, 0, false);
	for (unsigned int i = 1; i < 4; i++)
		submitted(a, i, 500 + 2 * i, false);
	far = submitted(a, 4, 900, false);
	near = submitted(a, 5, 10, false);
	ck_assert(disk_must_wait(disk, false));
	ck_assert(disk->nr_queued == 6 && disk->nr_held == 2 && disk->stats.peak_queue == 4);
	ck_assert(a->nr_held == 2 && a->stats.peak_queue == 4);
	engine_run(&engine, 1500);		/* one is done: @far has a tag */
	ck_assert(disk->nr_held == 1 && near->queued == 0);
	engine_run(&engine, 2500);
	ck_assert(disk->nr_held == 0 && near->queued == 2000);
	/* A thread that waits is left one of the four. */
	disk->nr_waiting = 1;
	for (unsigned int i = 6; i < 9; i++)
		submitted(a, i, 600 + 2 * i, false);
	ck_assert_uint_eq(disk->nr_queued - disk->nr_held, 4);
	engine_run(&engine, 3500);
	ck_assert_uint_eq(disk->nr_queued - disk->nr_held, 3);
	ck_assert(!disk_must_wait(disk, false));
	engine_run(&engine, TIME_NEVER);
	ck_assert(far->issued && near->issued && !disk->nr_queued && !a->nr_queued);
	unmake_disk(disk);
}
END_TEST

static unsigned int released;

static void release(struct disk_request *rq)
{
	released++;
}

/* Who has gone does not hear of it, and the disk does it nevertheless. */
START_TEST(a_disk_outlives_its_users)
{
	struct disk *disk = make_disk(&plain);
	struct disk_extent *a = disk_add_extent(disk, "a", 1000);

	released = 0;
	ended = 0;
	for (unsigned int i = 0; i < 5; i++)
		submitted(a, i, 2 * i, false)->complete = note_end;
	engine_run(&engine, 1500);
	ck_assert_uint_eq(ended, 1000);
	for (unsigned int i = 1; i < 5; i++)
		disk_abandon(submitted(a, 10 + i, 100 + 2 * i, true), release);
	engine_run(&engine, 7500);
	ck_assert_uint_eq(released, 2);		/* after the reads; two are left */
	unmake_disk(disk);
	ck_assert_uint_eq(released, 4);
}
END_TEST

/* Machines */

static char scenario[8192];

#define DISK(label, more)                                                                          \
	label ": " label " { compatible = \"ballast,disk\"; kind = \"ssd\"; size-mib = <4096>;"    \
	" queue-depth = <1>; read-us = <1000>; write-us = <1000>; transfer-mib-per-s = <100000>;"  \
	" request-kib = <0>;" more " };"
#define SCAN "programs { scan { compatible = \"ballast,program-filescan\"; file-mib = <64>; }; };"

static const char *make(const char *host_has, const char *a, const char *b)
{
	snprintf(scenario, sizeof(scenario),
		 "/dts-v1/;\n/include/ \"costs/skylake.dtsi\"\n"
		 "/ { compatible = \"ballast,scenario\"; description = \"test\"; jitter = \"off\";"
		 " until-ms = <600000>;\n"
		 "h: host { compatible = \"ballast,host\"; memory-mib = <512>; cpus = <4>;\n"
		 "%s };\n"
		 "guest-a { compatible = \"ballast,guest\"; memory-mib = <256>; %s };\n"
		 "guest-b { compatible = \"ballast,guest\"; memory-mib = <256>; %s };\n};\n",
		 host_has, a, b);
	return scenario;
}

static uint64_t ran(const struct outcome *o, unsigned int guest)
{
	const struct report_program *p = &o->report.programs[guest];

	ck_assert_msg(!o->refused && o->end == TRACE_END_OK, "%s", o->text);
	return p->end - p->start;
}

/*
 * Each of two guests reads 64 MiB, in requests of 128 KiB at most, of which the disk serves one at
 * a time.  On a disk of its own a guest takes a millisecond for each request; on one
 * that both have, the last of them takes all of both's.
 */
START_TEST(guests_on_one_disk_slow_each_other)
{
	struct outcome o;
	uint64_t alone, last, requests;

	outcome_run(&o, make(DISK("d", "") DISK("e", ""),
			     "disk = <&d>; image-mib = <2048>; " SCAN,
			     "disk = <&e>; image-mib = <2048>; " SCAN), false);
	alone = ran(&o, 0);
	ck_assert_uint_eq(o.report.nr_disks, 2);
	requests = o.report.disks[0].last.reads;
	ck_assert_uint_ge(requests, 64 * 8);
	ck_assert_uint_ge(alone, requests * 1000000);
	ck_assert_uint_le(alone, requests * 1050000);
	outcome_free(&o);
	outcome_run(&o, make(DISK("d", ""), "disk = <&d>; image-mib = <2048>; " SCAN,
			     "disk = <&d>; image-mib = <2048>; " SCAN), false);
	last = ran(&o, 0) > ran(&o, 1) ? ran(&o, 0) : ran(&o, 1);
	ck_assert_uint_eq(o.report.nr_disks, 1);
	ck_assert_uint_eq(o.report.nr_extents, 2);
	ck_assert_uint_eq(o.report.disks[0].last.reads, 2 * requests);
	ck_assert_uint_eq(o.report.extents[1].last.reads, requests);
	ck_assert_str_eq(o.report.extents[1].name, "guest-b image");
	ck_assert_uint_eq(o.report.extents[1].is.first, 2048 * 256);
	ck_assert_uint_ge(last, 2 * requests * 1000000);
	ck_assert_uint_le(last, 2 * requests * 1050000);
	outcome_free(&o);
}
END_TEST

/* The host's swap, files of the host, guests' images and their own swap; all of them busy. */
#define ALL_ON_ONE                                                                                 \
	DISK("d", "")                                                                              \
	"swap { compatible = \"ballast,swap-file\"; size-mib = <1024>; disk = <&d>; };"            \
	"logs { compatible = \"ballast,host-files\"; size-mib = <128>; hot-mib = <64>;"            \
	" period-ms = <500>; disk = <&d>; };"
#define BUSY                                                                                       \
	"disk = <&d>; image-mib = <256>;"                                                          \
	"swap { compatible = \"ballast,swap-file\"; size-mib = <256>; disk = <&d>; };"             \
	"programs { scan { compatible = \"ballast,program-filescan\"; file-mib = <64>;"            \
	" background; }; hog { compatible = \"ballast,program-memhog\"; size-mib = <280>;"         \
	" loops = <2>; }; };"

/* The oracle looks at each page; and the second run is like the first. */
START_TEST(contents_survive_on_a_shared_disk)
{
	struct trace_rec_disk_extent_sample first[6];
	struct outcome o;

	for (unsigned int run = 0; run < 2; run++) {
		outcome_run(&o, make(ALL_ON_ONE, BUSY, BUSY), false);
		ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
		ck_assert_uint_eq(o.report.nr_extents, 6);
		for (unsigned int i = 0; i < 6; i++) {
			const struct report_extent *e = &o.report.extents[i];

			ck_assert_msg(e->last.reads || e->last.writes, "%s is not used", e->name);
			if (run)
				ck_assert_mem_eq(&first[i], &e->last, sizeof(first[i]));
			first[i] = e->last;
		}
		outcome_free(&o);
	}
}
END_TEST

static const struct {
	const char *host, *guest, *says;
} bad[] = {
	{ "swap { compatible = \"ballast,swap-file\"; size-mib = <64>; };", "",
	  "/host/swap: disk: missing; allowed: <&label> of" },
	{ "swap { compatible = \"ballast,swap-file\"; size-mib = <64>; disk = <1234>; };", "",
	  "/host/swap: disk: refers to no node" },
	{ "swap { compatible = \"ballast,swap-file\"; size-mib = <64>; disk = <&h>; };", "",
	  "/host/swap: disk: /host is of another kind" },
	{ "swap { compatible = \"ballast,swap-zram\"; size-mib = <64>; disk = <&d>;"
	  " compressed-percent = <50>; };" DISK("d", ""), "",
	  "/host/swap: disk: unknown property; allowed: size-mib, readahead-pages" },
	{ DISK("d", "") DISK("e", " disk = <&d>;"), "",
	  "/host/e: disk: unknown property; allowed: kind, size-mib" },
	{ DISK("d", ""), "disk = <&d>;",
	  "/host/d: size-mib: no room for the 65536 MiB that are to lie on it; allowed: 65536" },
	{ DISK("d", ""), "count = <3>; disk = <&d>; image-mib = <1500>;",
	  "/host/d: size-mib: no room for the 4500 MiB" },
	{ DISK("d", "") "logs { compatible = \"ballast,host-files\"; size-mib = <64>;"
	  " disk = <&d>; read-us = <5>; seek-us = <7>; };", "",
	  "/host/logs: seek-us: the files lie on a disk that says it; allowed: without disk" },
	{ DISK("d", ""), "image-mib = <64>;",
	  "/guest-a: image-mib: there is no disk for it; allowed: with disk = <&label>" },
	{ DISK("d", " seek-us = <100>; seek-max-us = <50>;"), "",
	  "/host/d: seek-max-us: less than the mean; allowed: 0, or 100..10000000 us" },
	{ "d { compatible = \"ballast,disk\"; size-mib = <4096>; queue-depth = <1>;"
	  " read-us = <1>; write-us = <1>; transfer-mib-per-s = <1>; };", "",
	  "/host/d: kind: missing; allowed: hdd|ssd|nvme" },
};

START_TEST(what_cannot_be_is_said_in_one_line)
{
	struct outcome o;

	outcome_run(&o, make(bad[_i].host, bad[_i].guest, ""), false);
	ck_assert(o.refused);
	ck_assert_msg(strstr(o.text, bad[_i].says) != NULL, "%s", o.text);
	ck_assert_msg(strchr(o.text, '\n') == o.text + strlen(o.text) - 1, "%s", o.text);
	outcome_free(&o);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("disk");
	TCase *tc = tcase_create("disk");

	tcase_add_test(tc, data_of_all_requests_goes_over_one_link);
	tcase_add_test(tc, requests_that_wait_are_merged);
	tcase_add_test(tc, a_disk_is_served_in_batches_by_block);
	tcase_add_test(tc, writes_are_throttled_for_reads);
	tcase_add_test(tc, extents_lie_behind_one_another);
	tcase_add_test(tc, two_users_of_a_disk_slow_each_other);
	tcase_add_test(tc, the_elevator_goes_across_extents);
	tcase_add_test(tc, the_head_moves_between_extents);
	tcase_add_test(tc, what_lies_on_two_extents_is_not_merged);
	tcase_add_test(tc, writes_of_all_users_are_throttled_together);
	tcase_add_test(tc, requests_without_a_tag_are_held_back);
	tcase_add_test(tc, reads_of_the_only_user_have_to_have_tags);
	tcase_add_test(tc, nobody_writes_back_more_while_writes_have_no_tag);
	tcase_add_test(tc, a_disk_outlives_its_users);
	tcase_add_test(tc, guests_on_one_disk_slow_each_other);
	tcase_add_test(tc, contents_survive_on_a_shared_disk);
	tcase_add_loop_test(tc, what_cannot_be_is_said_in_one_line, 0,
			    sizeof(bad) / sizeof(bad[0]));
	suite_add_tcase(s, tc);
	return s;
}
