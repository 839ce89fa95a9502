// SPDX-License-Identifier: GPL-2.0-only
/*
 * The viewer with indexes that somebody has changed on purpose, and traces (mutate_trace.h):
 * digests are right again afterwards, so that the changed numbers reach what uses them.  Whatever
 * they are, the viewer shows something or says what is wrong, soon, and in bounded memory.
 *
 * What case number N changes depends on N alone.  BALLAST_MUTATIONS is how many cases there are,
 * and BALLAST_MUTATIONS_FIRST the first one: `make fuzz-index` has 100,000.
 */
#include "suite.h"

#include "skip.h"

#ifndef BALLAST_PICTURES
Suite *test_suite(int argc, char **argv)
{
	skip_tests(1, "the viewer needs libpng, FreeType and DejaVu Sans when it is built (make "
		      "deps-viz)");
	return suite_create("viz_mutated");
}
#else

#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "find.h"
#include "format.h"
#include "hostmem.h"
#include "map.h"
#include "mutate_trace.h"
#include "panel.h"
#include "viz_shot.h"

#define CASES 400		/* when nobody says how many */
#define BATCH 500		/* cases of one process */
#define CASE_CPU_S 30		/* a case that takes longer hangs */
#define RSS_MAX_KB (1 << 20)
#define RECORDS 2000

struct bytes {
	uint8_t *at;
	size_t size;
};

static struct mutable_trace *base;
static struct bytes trace, index_file;
static bool trace_changed = true;	/* the one in the directory */
static uint64_t state;

static uint64_t next(void)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (state ^ state >> 29) >> 7;
}

static uint64_t below(uint64_t end)
{
	return end ? next() % end : 0;
}

/* A trace with something of all that the viewer looks at, in some blocks. */
static void write_base(void)
{
	struct trace_writer *tw = trace_open("base", TRACE_FULL, NULL, 0);
	uint64_t now = 0;
	char filler[400];	/* for more than one block */

	story_declare(tw, &(struct story){ .guests = 2, .mechanism = "balloon" });
	trace_start(tw);
	TRACE(tw, 0, site, .id = 1, .function = "report", .file = "driver-src/driver.c",
	      .line = 321);
	TRACE(tw, 0, program_start, .guest = 0, .program = 0, .name = "memhog");
	for (unsigned int i = 0; i < RECORDS; i++) {
		unsigned int g = i & 1;

		now += 4000000;
		snprintf(filler, sizeof(filler), "%0399u", i);
		if (i % 10 == 3)
			TRACE(tw, now, message, .guest = g, .severity = TRACE_INFO,
			      .text = filler);
		if (i % 100 == 0)
			TRACE(tw, now, guest_sample, .guest = g, .free = 1000 + i, .cached = 77,
			      .resident = 5 * i, .swapped = i, .reported = 12, .ballooned = 5);
		if (i % 100 == 50)
			TRACE(tw, now, memory_sample, .guest = g, .used = 10000, .cache = 3 * i);
		if (i % 200 == 7)
			TRACE(tw, now, cpu_sample, .guest = g, .program = 5000, .driver = i);
		if (i % 200 == 8)
			TRACE(tw, now, host_sample, .used = 6 * i, .swap_used = i, .swap_out = i);
		if (i % 300 == 11)
			TRACE(tw, now, swap_sample, .waiting = i % 7, .active = 3);
		if (i % 900 == 13)
			TRACE(tw, now, balloon_target, .guest = g, .pages = 5 * i);
		if (i % 900 == 14)
			TRACE(tw, now, program_phase, .guest = 0, .program = 0, .phase = "write",
			      .iteration = i);
		if (i % 500 == 20)
			TRACE(tw, now, request, .guest = g, .id = i, .role = i % 3,
			      .device = "balloon", .site = 1);
		if (i % 500 == 21)
			TRACE(tw, now, named, .guest = g, .cause = i - 1, .gfn = i, .nr = 64);
		if (i % 500 == 22)
			TRACE(tw, now, discard, .guest = g, .gfn = i, .nr = 64, .cause = i - 2);
		if (i % 3 == 0)
			TRACE(tw, now, alloc_block, .guest = g, .pfn = i * 37 % 4096, .order = 3);
		else if (i % 3 == 1)
			TRACE(tw, now, free_block, .guest = g, .pfn = i * 37 % 4096, .order = 3);
		else
			TRACE(tw, now, ept_fault, .guest = g, .gfn = i * 53 % 4096, .nr = 1);
	}
	TRACE(tw, now, run_end, .result = TRACE_END_OK);
	trace_close(tw);
}

static struct bytes read_bytes(const char *path)
{
	struct bytes b;

	b.at = (uint8_t *)read_file(path, &b.size);
	return b;
}

static uint64_t odd_number(void)
{
	static const uint64_t of[] = {
		0, 1, 2, 7, 8, 255, 4096, 65535, INT32_MAX, UINT32_MAX, UINT64_C(1) << 32,
		UINT64_C(1) << 40, UINT64_C(1) << 52, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX,
		UINT64_MAX - 1, UINT64_MAX / 8, 1000000000, UINT64_C(9000000000),
	};

	return next() & 1 ? of[below(sizeof(of) / sizeof(*of))] : next() >> below(56);
}

/* One change of what lies from @from to @to. */
static void change(struct bytes *b, size_t from, size_t to)
{
	unsigned int how = below(6);
	size_t len = to - from, at = from + below(len), more;
	uint64_t value = odd_number();

	switch (how) {
	case 0:
		b->at[at] ^= 1 << below(8);
		break;
	case 1:
		b->at[at] = value;
		break;
	case 2:		/* fields have 4 or 8 bytes */
	case 3:
		more = how == 2 ? 8 : 4;
		at = at / more * more;
		if (at >= from && at + more <= to)
			memcpy(b->at + at, &value, more);
		break;
	case 4:		/* one place over another */
		more = below(len < 256 ? len : 256);
		memmove(b->at + from + below(len - more), b->at + from + below(len - more), more);
		break;
	default:	/* a little more or less than it was */
		b->at[at] += next() & 1 ? 1 : -1;
		break;
	}
}

static struct bytes copy_of(const struct bytes *b)
{
	struct bytes c = { host_alloc(b->size + 8), b->size };

	memcpy(c.at, b->at, b->size);
	return c;
}

static void seal_index(struct bytes *b)
{
	struct index_head head;

	memcpy(&head, b->at, sizeof(head));
	head.file_size = b->size;
	head.digest = trace_digest(TRACE_DIGEST_START, b->at + sizeof(head),
				   b->size - sizeof(head));
	head.head_digest = trace_digest(TRACE_DIGEST_START, (uint8_t *)&head,
					offsetof(struct index_head, head_digest));
	memcpy(b->at, &head, sizeof(head));
}

/* Mostly in the small sections, from which all else is found. */
static void change_index(void)
{
	struct bytes b = copy_of(&index_file);
	const struct index_head *head = (const struct index_head *)index_file.at;

	for (uint64_t n = 1 + below(4); n; n--) {
		const struct index_section *s = &head->section[below(NR_INDEX_SECTIONS)];
		size_t len = s->nr * s->size;

		if (below(4) == 0)
			change(&b, offsetof(struct index_head, file_size), sizeof(*head));
		else if (len)
			change(&b, s->offset, s->offset + len);
	}
	if (below(16) == 0)
		b.size = sizeof(*head) + below(b.size - sizeof(*head));
	if (below(8))
		seal_index(&b);
	write_file("t.index", (char *)b.at, b.size);
	host_free(b.at);
}

/* What a user may do with it. */
static void look_at(struct shot *s)
{
	struct source *source = &s->source[0];
	char text[160] = "";

	frame_draw(&s->canvas, &s->view, source, 1);
	if (!source->index)
		return;
	view_zoom(&s->view, s->view.at, 1, 1 + below(5000));
	frame_draw(&s->canvas, &s->view, source, 1);
	snprintf(s->view.search, sizeof(s->view.search), "e");
	find_first(&s->view, source, 1);
	map_words(text, sizeof(text), source, &s->view, below(5000));
	strcpy(s->view.events, s->view.map);
	frame_draw(&s->canvas, &s->view, source, 1);
	if (below(4) == 0)
		panel_step(&s->view, source, ",.[]"[below(4)]);
}

static void run_case(uint64_t number)
{
	struct shot s = { .nr = 1 };

	state = number * UINT64_C(0x9e3779b97f4a7c15) + 1;
	if (trace_changed)
		write_file("t", (char *)trace.at, trace.size);
	trace_changed = number % 4 == 0;
	if (trace_changed) {
		ck_assert(mutable_trace_write(base, number, "t"));
		unlink("t.index");
	} else {
		change_index();
	}
	view_init(&s.view);
	s.view.width = 640;
	s.view.height = 360;
	strcpy(s.view.map, number & 8 ? "guest-0" : "guest-1");
	s.view.has_at = true;
	s.view.at = below(UINT64_C(10000000000));
	source_open(&s.source[0], "t", true);
	view_end(&s.view, sources_end(s.source, 1));
	canvas_init(&s.canvas, 640, 360);
	look_at(&s);
	shot_free(&s);
}

/* In a process of its own, which says in @now which case it is at. */
static void run_batch(uint64_t first, uint64_t end, volatile uint64_t *now)
{
	const struct itimerval limit = { .it_value.tv_sec = CASE_CPU_S };

	for (*now = first; *now < end; ++*now) {
		setitimer(ITIMER_PROF, &limit, NULL);
		run_case(*now);
	}
}

static uint64_t number_of(const char *variable, uint64_t otherwise)
{
	const char *value = getenv(variable);

	return value && *value ? strtoull(value, NULL, 10) : otherwise;
}

START_TEST(whatever_was_changed_the_viewer_goes_on)
{
	uint64_t first = number_of("BALLAST_MUTATIONS_FIRST", 0);
	uint64_t end = first + number_of("BALLAST_MUTATIONS", CASES);
	volatile uint64_t *now = mmap(NULL, sizeof(*now), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct shot s;
	long most = 0;

	write_base();
	shoot(&s, "base", NULL, "--size 640x360");
	ck_assert_uint_gt(s.source[0].index->head.section[INDEX_BLOCKS].nr, 1);
	ck_assert_uint_gt(s.source[0].index->head.section[INDEX_FRAMES].nr, 0);
	shot_free(&s);
	base = mutable_trace_load("base");
	ck_assert_ptr_nonnull(base);
	trace = read_bytes("base");
	index_file = read_bytes("base.index");
	for (uint64_t at = first; at < end; at += BATCH) {
		struct rusage usage;
		int status;
		pid_t pid = fork();

		if (!pid) {
			run_batch(at, at + BATCH < end ? at + BATCH : end, now);
			_exit(0);
		}
		ck_assert_int_eq(wait4(pid, &status, 0, &usage), pid);
		ck_assert_msg(!status, "case %" PRIu64 ": status %#x (it alone: "
			      "BALLAST_MUTATIONS_FIRST=%" PRIu64 " BALLAST_MUTATIONS=1)", *now,
			      status, *now);
		most = usage.ru_maxrss > most ? usage.ru_maxrss : most;
		ck_assert_msg(usage.ru_maxrss <= RSS_MAX_KB, "cases from %" PRIu64 ": %ld MB", at,
			      usage.ru_maxrss / 1024);
	}
	if (end - first > CASES)
		printf("| %" PRIu64 " changed indexes and traces, at most %ld MB\n", end - first,
		       most / 1024);
	mutable_trace_free(base);
	free(trace.at);
	free(index_file.at);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("viz_mutated");
	TCase *t = tcase_create("viz_mutated");

	tcase_add_checked_fixture(t, story_enter, leave_scratch);
	tcase_set_timeout(t, 100000);	/* cases have limits of their own */
	tcase_add_test(t, whatever_was_changed_the_viewer_goes_on);
	suite_add_tcase(s, t);
	return s;
}

#endif
