// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recordings of real guests replay to the page; altered ones show where; damaged ones are refused
 * with the line and a remedy.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <unistd.h>

#include "replay_kmem.h"
#include "suite.h"

static struct kmem_recording rec;
static struct kmem_result res;
static char error[400];

/* A file of the repository. */
static const char *data(const char *name)
{
	const char *top = getenv("BALLAST_TOP");
	static char path[512];

	snprintf(path, sizeof(path), "%s/tests/data/kmem/%s", top ? top : ".", name);
	return path;
}

static void read_run(const char *dir)
{
	ck_assert_msg(kmem_recording_read(&rec, dir, error, sizeof(error)), "%s", error);
}

static void replay(void)
{
	kmem_replay(&rec.before, &rec.after, rec.events, rec.nr_events, &res);
}

/* Zones @first and @second are those that the machine has. */
static void assert_complete(int first, int second)
{
	int i;

	replay();
	ck_assert_msg(res.equal, "%s", res.divergence);
	for (i = 0; i < KMEM_ORDERS; i++)
		ck_assert_uint_eq(res.alloc[i].right, res.alloc[i].total);
	ck_assert_uint_eq(res.refill.right, res.refill.total);
	ck_assert_uint_eq(res.steal.right, res.steal.total);
	ck_assert_uint_eq(res.drain.right, res.drain.total);
	ck_assert_uint_eq(res.bulk.right, res.bulk.total);
	ck_assert_uint_eq(res.drains_missing, 0);
	ck_assert_uint_eq(res.ops_unknown, 0);
	for (i = first; i <= second; i++) {
		ck_assert_uint_eq(res.free_lists[i].right, 55);
		ck_assert_uint_eq(res.pcp_lists[i].right, 14);
		ck_assert(res.counts_equal[i] && res.blocks_equal[i]);
	}
}

START_TEST(run1_without_huge_pages_replays_to_the_page)
{
	read_run(data("run1"));
	assert_complete(0, 1);
	ck_assert_uint_eq(res.alloc[0].total, 59035);
	ck_assert_uint_eq(res.alloc[1].total, 724);
	ck_assert_uint_eq(res.bulk.total, 160);
	ck_assert_uint_eq(res.refill.total, 41463);
	ck_assert_uint_eq(res.drain.total, 42590);
	ck_assert_uint_eq(res.direct_frees, 9);
	kmem_recording_free(&rec);
}
END_TEST

START_TEST(run2_with_huge_pages_replays_to_the_page)
{
	read_run(data("run2"));
	assert_complete(0, 1);
	ck_assert_uint_eq(res.alloc[9].total, 47);
	kmem_recording_free(&rec);
}
END_TEST

/* A kernel without ZONE_DMA. */
START_TEST(recording_of_6_12_replays_to_the_page)
{
	read_run(data("6.12"));
	assert_complete(1, 1);
	ck_assert_uint_gt(res.alloc[0].total, 60000);
	ck_assert_uint_gt(res.alloc[9].total, 500);
	ck_assert_uint_gt(res.steal.total, 2);
	ck_assert_uint_gt(res.drain.total, 30000);
	ck_assert_uint_gt(res.isolated, 7);
	ck_assert_uint_gt(res.direct_frees, 10);
	kmem_recording_free(&rec);
}
END_TEST

/* What it does with rules of 6.1. */
START_TEST(recording_of_6_12_does_not_replay_as_6_1)
{
	read_run(data("6.12"));
	rec.before.version = rec.after.version = 0;
	replay();
	ck_assert(!res.equal);
	kmem_recording_free(&rec);
}
END_TEST

/* Limits of per-CPU lists are part of what is compared. */
START_TEST(altered_limits_are_noticed)
{
	static int *const fields[] = { &rec.after.zone[1].pcp_high,
				       &rec.after.zone[1].pcp_free_count,
				       &rec.after.zone[1].pcp_alloc_factor,
				       &rec.after.zone[1].pcp_flags };

	read_run(data("6.12"));
	++*fields[_i];
	replay();
	ck_assert(!res.equal);
	ck_assert_ptr_nonnull(strstr(res.divergence, "of the per-CPU lists"));
	kmem_recording_free(&rec);
}
END_TEST

/* Index of the @n-th event of a type. */
static size_t find_event(char type, unsigned int n)
{
	size_t i;

	for (i = 0; i < rec.nr_events; i++) {
		if (rec.events[i].type == type && !n--)
			return i;
	}
	ck_abort_msg("no such event");
}

START_TEST(altered_allocation_is_the_first_divergence)
{
	size_t at;

	read_run(data("run2"));
	at = find_event('A', 5000);
	rec.events[at].pfn ^= 64;
	replay();
	ck_assert(!res.equal);
	ck_assert_uint_eq(res.diverged_at, at);
	ck_assert_ptr_nonnull(strstr(res.divergence, "the model gave"));
	kmem_recording_free(&rec);
}
END_TEST

START_TEST(altered_drain_is_the_first_divergence)
{
	size_t at;

	read_run(data("run1"));
	at = find_event('D', 20000);
	rec.events[at].a[1] ^= 1;
	replay();
	ck_assert_uint_eq(res.diverged_at, at);
	kmem_recording_free(&rec);
}
END_TEST

START_TEST(two_exchanged_frees_are_noticed)
{
	struct kmem_event ev;
	size_t at;

	read_run(data("run1"));
	/* Two commits in a row: the order of the per-CPU list changes. */
	at = find_event('B', 0);
	ck_assert_int_eq(rec.events[at + 1].type, 'B');
	ev = rec.events[at];
	rec.events[at].pfn = rec.events[at + 1].pfn;
	rec.events[at + 1].pfn = ev.pfn;
	replay();
	ck_assert(!res.equal);
	ck_assert_uint_gt(res.diverged_at, at);
	kmem_recording_free(&rec);
}
END_TEST

START_TEST(altered_end_is_noticed_at_the_end)
{
	struct kmem_list *list;
	uint32_t pfn;

	read_run(data("run1"));
	list = &rec.after.zone[1].free[0][1];
	ck_assert_uint_ge(list->nr, 2);
	pfn = list->pfn[0];
	list->pfn[0] = list->pfn[1];
	list->pfn[1] = pfn;
	replay();
	ck_assert(!res.equal);
	ck_assert_uint_eq(res.diverged_at, rec.nr_events);
	ck_assert_uint_eq(res.free_lists[1].right, 54);
	kmem_recording_free(&rec);
}
END_TEST

START_TEST(one_altered_page_does_not_spoil_all_that_follows)
{
	size_t at;

	read_run(data("run2"));
	at = find_event('A', 5000);
	rec.events[at].pfn ^= 64;
	replay();
	ck_assert_uint_gt(res.alloc[0].right * 100, res.alloc[0].total * 50);
	kmem_recording_free(&rec);
}
END_TEST

/* --- small recordings of our own --- */

static char dir[64];

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/kmem-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.txt", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void teardown(void)
{
	static const char *const names[] = { "snapA.txt", "snapB.txt", "events.txt",
					     "events.txt.xz" };
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

#define ZONE                                                                                       \
	"layout migratetypes 5 max_order 11 pcp_lists 14\n"                                        \
	"zone 1 DMA32 node 0 start 4096 spanned 4096 present 4096 managed 4096\n"                  \
	" watermark min 10 low 12 high 14 promo 16 boost 0\n"                                      \
	" nr_reserved_highatomic 0 flags 0x0 percpu_drift_mark 0 vm_stat_free 1024"                \
	" nr_isolate_pageblock 0\n"                                                                \
	" lowmem_reserve 0 0 0 0 0\n"
#define BLOCKS " blocks order 9 first 4096 : 1x8\n"

static const char snap_a[] = ZONE " order 10 nr_free 1\n free 10 1 : 4096\n"
				  " pcp cpu 0 count 0 high 12 batch 1 free_factor 0\n" BLOCKS;
/* One page of the block gone, the upper halves free. */
static const char snap_b[] =
	ZONE " order 0 nr_free 1\n free 0 1 : 4097\n order 1 nr_free 1\n free 1 1 : 4098\n"
	     " order 2 nr_free 1\n free 2 1 : 4100\n order 3 nr_free 1\n free 3 1 : 4104\n"
	     " order 4 nr_free 1\n free 4 1 : 4112\n order 5 nr_free 1\n free 5 1 : 4128\n"
	     " order 6 nr_free 1\n free 6 1 : 4160\n order 7 nr_free 1\n free 7 1 : 4224\n"
	     " order 8 nr_free 1\n free 8 1 : 4352\n order 9 nr_free 1\n free 9 1 : 4608\n"
	     " pcp cpu 0 count 0 high 12 batch 1 free_factor 0\n" BLOCKS;
static const char events[] = "0 M 0 0 t1\n1 M 0 1 t1\n2 Z 4096 0 1 1 t1\n"
			     "3 A 4096 0 140dca 1 = t1\n4 M 1 0 t1\n";

START_TEST(recording_by_hand_replays)
{
	put("snapA", snap_a);
	put("snapB", snap_b);
	put("events", events);
	read_run(dir);
	ck_assert_uint_eq(rec.nr_events, 2);
	replay();
	ck_assert_msg(res.equal, "%s", res.divergence);
	kmem_recording_free(&rec);
}
END_TEST

static void assert_refused(const char *file, const char *what)
{
	char start[128];

	ck_assert(!kmem_recording_read(&rec, dir, error, sizeof(error)));
	snprintf(start, sizeof(start), "%s/%s", dir, file);
	ck_assert_msg(!strncmp(error, start, strlen(start)), "'%s' names another place", error);
	ck_assert_msg(strstr(error, what), "'%s' does not say '%s'", error, what);
	ck_assert_ptr_null(strchr(error, '\n'));
}

START_TEST(missing_file_is_named)
{
	put("snapA", snap_a);
	assert_refused("snapB.txt", "a recording is a directory with");
}
END_TEST

START_TEST(unknown_event_is_refused_with_its_line)
{
	put("snapA", snap_a);
	put("snapB", snap_b);
	put("events", "0 M 0 1 t1\n1 Q 5 t1\n");
	assert_refused("events.txt:2: ", "event type 'Q 5 t1' is not known; one of AFBZDXMKOCP");
}
END_TEST

START_TEST(missing_event_is_noticed_by_its_number)
{
	put("snapA", snap_a);
	put("snapB", snap_b);
	put("events", "0 M 0 1 t1\n2 A 4096 0 140dca 1 = t1\n");
	assert_refused("events.txt:2: ", "events are missing, record again");
}
END_TEST

START_TEST(page_outside_memory_is_refused)
{
	put("snapA", snap_a);
	put("snapB", snap_b);
	put("events", "0 M 0 1 t1\n1 F 999999 0 = t1\n");
	assert_refused("events.txt:2: ", "outside the recorded memory (0 to 8191)");
}
END_TEST

START_TEST(open_window_is_refused)
{
	put("snapA", snap_a);
	put("snapB", snap_b);
	put("events", "0 M 0 1 t1\n1 A 4096 0 140dca 1 = t1\n");
	assert_refused("events.txt: ", "the file is cut short");
}
END_TEST

START_TEST(page_free_twice_is_refused)
{
	put("snapA", ZONE " order 0 nr_free 2\n free 0 0 : 4097\n free 0 1 : 4097\n"
			  " pcp cpu 0 count 0 high 12 batch 1 free_factor 0\n" BLOCKS);
	assert_refused("snapA.txt: ", "pfn 4097 is free twice");
}
END_TEST

START_TEST(count_that_does_not_match_its_lists_is_refused)
{
	put("snapA", ZONE " order 0 nr_free 2\n free 0 0 : 4097\n"
			  " pcp cpu 0 count 0 high 12 batch 1 free_factor 0\n" BLOCKS);
	assert_refused("snapA.txt: ", "nr_free is 2 but the lists have 1");
}
END_TEST

START_TEST(misaligned_block_is_refused_with_its_line)
{
	put("snapA", ZONE " order 3 nr_free 1\n free 3 0 : 4097\n");
	assert_refused("snapA.txt:7: ", "pfn 4097 is not aligned to order 3");
}
END_TEST

/* One number of the snapshot or of the event, and what it is called. */
static const struct {
	const char *from, *to, *file, *what;
} impossible[] = {
	{ "start 4096 spanned 4096", "start 9223372036854775807 spanned 4096", "snapA.txt:2: ",
	  "zone DMA32 has impossible sizes" },
	{ "start 4096 spanned 4096", "start 4611686018427387904 spanned 4611686018427387904",
	  "snapA.txt:2: ", "zone DMA32 has impossible sizes" },
	{ "spanned 4096", "spanned 268435456", "snapA.txt:2: ", "impossible sizes" },
	{ "present 4096", "present -1", "snapA.txt:2: ", "impossible sizes" },
	{ "managed 4096", "managed -4096", "snapA.txt:2: ", "impossible sizes" },
	{ "min 10", "min -10", "snapA.txt:3: ", "watermark min is more than the zone has" },
	{ "highatomic 0", "highatomic -1", "snapA.txt:4: ", "a count is negative" },
	{ "vm_stat_free 1024", "vm_stat_free 99999", "snapA.txt:4: ", "more than the zone has" },
	{ "reserve 0 0", "reserve 0 -5", "snapA.txt:5: ", "needs 5 numbers of pages" },
	{ "nr_free 1", "nr_free -1", "snapA.txt:6: ", "nr_free is negative" },
	{ "count 0", "count -1", "snapA.txt:8: ", "pcp count or high is impossible" },
	{ "high 12", "high -12", "snapA.txt:8: ", "pcp count or high is impossible" },
	{ ": 1x8", ": 1x524288", "snapA.txt:9: ", "has not that many pageblocks" },
	{ ": 1x8", ": 1x8\n blocks order 9 first 4096 : 1x8", "snapA.txt:10: ", "appear twice" },
	{ "first 4096", "first 9223372036854775296", "snapA.txt:9: ", "reach beyond zone" },
	{ "A 4096 0", "A 9223372036854775807 0", "events.txt:4: ", "outside the recorded memory" },
	{ "140dca 1", "140dca 5", "events.txt:4: ", "type 5 does not exist; 0 to 4" },
	{ "140dca 1", "140dca -1", "events.txt:4: ", "type -1 does not exist; 0 to 4" },
	{ "Z 4096 0 1 1", "Z 4096 0 99 1", "events.txt:3: ", "type 99 does not exist" },
	{ "Z 4096 0 1 1", "X 4096 0 64 1 1 1", "events.txt:3: ", "order 64 does not exist" },
	{ "Z 4096 0 1 1", "K 4096 0 0 60000", "events.txt:3: ", "bulk pages is impossible" },
};

static void put_changed(const char *name, const char *text, const char *from, const char *to)
{
	static char changed[4096];
	const char *at = strstr(text, from);

	if (at)
		snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, to,
			 at + strlen(from));
	put(name, at ? changed : text);
}

START_TEST(number_that_no_machine_has_is_refused_with_its_line)
{
	put_changed("snapA", snap_a, impossible[_i].from, impossible[_i].to);
	put("snapB", snap_b);
	put_changed("events", events, impossible[_i].from, impossible[_i].to);
	assert_refused(impossible[_i].file, impossible[_i].what);
}
END_TEST

START_TEST(snapshots_of_different_machines_are_refused)
{
	put("snapA", snap_a);
	put_changed("snapB", snap_b, "start 4096", "start 4095");
	put("events", events);
	assert_refused("snapB.txt: ", "not of the machine of the first snapshot");
}
END_TEST

START_TEST(memory_is_in_proportion_to_the_file)
{
	static const char huge[] = "zone 1 DMA32 node 0 start 4096 spanned 268431360 present 3 "
				   "managed 3\n";
	struct rusage before, after;
	char text[4096] = "0 M 0 1 t1\n";
	size_t used = strlen(text);
	int i;

	/* Bulk allocations in contexts of their own that all end in their middle. */
	for (i = 0; i < 10; i++)
		used += snprintf(text + used, sizeof(text) - used, "%d K 4096 0 0 12 t%d\n", i + 1,
				 i);
	snprintf(text + used, sizeof(text) - used, "%d M 1 0 t1\n", i + 1);
	put("snapA", huge);
	put("snapB", huge);
	put("events", text);
	getrusage(RUSAGE_SELF, &before);
	read_run(dir);
	replay();
	getrusage(RUSAGE_SELF, &after);
	/* 1 TiB of memory has a map of 16 GiB. */
	ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 64 << 10);
	kmem_recording_free(&rec);
}
END_TEST

START_TEST(truncated_xz_is_refused)
{
	char to[128], buf[1000];
	FILE *in, *out;
	size_t n;

	put("snapA", snap_a);
	put("snapB", snap_b);
	snprintf(to, sizeof(to), "%s/events.txt.xz", dir);
	in = fopen(data("run1/events.txt.xz"), "rb");
	out = fopen(to, "wb");
	ck_assert(in && out);
	n = fread(buf, 1, sizeof(buf), in);
	ck_assert_uint_eq(fwrite(buf, 1, n, out), n);
	fclose(in);
	fclose(out);
	assert_refused("events.txt.xz: ", "cut short");
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("mm_replay");
	TCase *tc = tcase_create("recordings"), *bad = tcase_create("input");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, run1_without_huge_pages_replays_to_the_page);
	tcase_add_test(tc, run2_with_huge_pages_replays_to_the_page);
	tcase_add_test(tc, recording_of_6_12_replays_to_the_page);
	tcase_add_test(tc, recording_of_6_12_does_not_replay_as_6_1);
	tcase_add_loop_test(tc, altered_limits_are_noticed, 0, 4);
	tcase_add_test(tc, altered_allocation_is_the_first_divergence);
	tcase_add_test(tc, altered_drain_is_the_first_divergence);
	tcase_add_test(tc, two_exchanged_frees_are_noticed);
	tcase_add_test(tc, altered_end_is_noticed_at_the_end);
	tcase_add_test(tc, one_altered_page_does_not_spoil_all_that_follows);
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(bad, setup, teardown);
	tcase_add_test(bad, recording_by_hand_replays);
	tcase_add_test(bad, missing_file_is_named);
	tcase_add_test(bad, unknown_event_is_refused_with_its_line);
	tcase_add_test(bad, missing_event_is_noticed_by_its_number);
	tcase_add_test(bad, page_outside_memory_is_refused);
	tcase_add_test(bad, open_window_is_refused);
	tcase_add_test(bad, page_free_twice_is_refused);
	tcase_add_test(bad, count_that_does_not_match_its_lists_is_refused);
	tcase_add_test(bad, misaligned_block_is_refused_with_its_line);
	tcase_add_test(bad, truncated_xz_is_refused);
	tcase_add_loop_test(tc, number_that_no_machine_has_is_refused_with_its_line, 0,
			    sizeof(impossible) / sizeof(impossible[0]));
	tcase_add_test(tc, snapshots_of_different_machines_are_refused);
	tcase_add_test(tc, memory_is_in_proportion_to_the_file);
	suite_add_tcase(s, bad);
	return s;
}
