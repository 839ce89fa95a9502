// SPDX-License-Identifier: GPL-2.0-only
/*
 * The index of a trace: its values against those that were written, its file, and what becomes of
 * damage.
 */
#include "suite.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_run.h"
#include "index.h"
#include "trace_story.h"

static char error[512];

static struct trace_index *make(const char *path, unsigned int cpus)
{
	struct trace_index *index = index_make(path, cpus, error, sizeof(error));

	ck_assert_msg(index != NULL, "%s", error);
	return index;
}

static const struct story long_story = { .guests = 3, .samples = 6000, .spike_ms = 300050,
					 .faults = 8, .mechanism = "reporting" };

START_TEST(a_millisecond_in_ten_minutes_is_in_exactly_one_column)
{
	struct index_column column[1680];
	struct trace_index *index, *part;
	unsigned int with = 0;

	story_write("t", &long_story);
	index = make("t", 2);
	part = index_part(index, "t", 0, index->head.section[INDEX_BLOCKS].nr - 1);
	index_columns(part, index_find(part, 0, INDEX_guest_resident), 0, index->head.time, column,
		      1680);
	for (unsigned int i = 0; i < 1680; i++) {
		if (column[i].max != STORY_MEMORY)
			continue;
		with++;
		ck_assert_uint_eq(i, 300050 * STORY_MS * 1680 / index->head.time);
		ck_assert_uint_lt(column[i].mean, STORY_MEMORY);
	}
	ck_assert_uint_eq(with, 1);
	/* what is folded is wider, but as high, and no time of it is lost */
	index_columns(index, index_find(index, 0, INDEX_guest_resident), 0, index->head.time,
		      column, 1680);
	ck_assert_uint_eq(column[300050 * STORY_MS * 1680 / index->head.time].max, STORY_MEMORY);
	index_free(part);
	index_free(index);
}
END_TEST

START_TEST(a_mean_is_over_time_and_not_over_samples)
{
	struct trace_writer *tw = trace_open("t", TRACE_FULL, error, sizeof(error));
	struct story story = { .guests = 1, .samples = 1 };
	struct index_column column;
	struct trace_index *index;

	story_declare(tw, &story);
	trace_start(tw);
	TRACE(tw, 0, guest_sample, .guest = 0, .resident = 1000);
	for (uint64_t i = 0; i < 100; i++)	/* the last second */
		TRACE(tw, (9000 + i * 10) * STORY_MS, guest_sample, .guest = 0, .resident = 2000);
	TRACE(tw, 10000 * STORY_MS, run_end, .result = 0);
	trace_close(tw);
	index = make("t", 1);
	index_columns(index, index_find(index, 0, INDEX_guest_resident), 0, 10000 * STORY_MS,
		      &column, 1);
	ck_assert_uint_eq(column.mean, 1100);
	ck_assert_uint_eq(column.min, 1000);
	ck_assert_uint_eq(column.max, 2000);
	ck_assert_uint_eq(column.last, 2000);
	index_free(index);
}
END_TEST

START_TEST(every_value_is_found_again_where_nothing_is_folded)
{
	const struct story story = { .guests = 1, .samples = 100, .mechanism = "none" };
	struct trace_index *index;

	story_write("t", &story);
	index = make("t", 2);
	for (unsigned int g = 0; g < story.guests; g++) {
		const struct index_series *s = index_find(index, g, INDEX_guest_resident);

		ck_assert_uint_eq(s->folded, 0);
		for (unsigned int i = 0; i < story.samples; i++) {
			uint64_t at = (100 * (i + 1) + 50) * STORY_MS;

			ck_assert_uint_eq(index_at(index, s, at).last,
					  story_resident(&story, g, i));
		}
	}
	ck_assert_ptr_null(index_find(index, 0, INDEX_guest_target));
	index_free(index);
}
END_TEST

START_TEST(what_is_added_is_added_once_in_whatever_columns)
{
	static const unsigned int nr[] = { 1, 7, 100, 1680 };
	struct index_column column[1680];
	struct trace_index *index;

	story_write("t", &long_story);
	index = make("t", 2);
	for (unsigned int n = 0; n < 4; n++) {
		uint64_t discarded = 0, requests = 0;

		index_columns(index, index_find(index, 1, INDEX_guest_discarded), 0,
			      index->head.time, column, nr[n]);
		for (unsigned int i = 0; i < nr[n]; i++)
			discarded += column[i].delta;
		index_columns(index, index_find(index, 1, INDEX_guest_requests), 0,
			      index->head.time, column, nr[n]);
		for (unsigned int i = 0; i < nr[n]; i++)
			requests += column[i].delta;
		ck_assert_uint_eq(discarded, 512 * 6000 / 5);
		ck_assert_uint_eq(requests, 6000 / 5);
	}
	index_free(index);
}
END_TEST

#define TICK (10 * STORY_MS)

/* Samples each ten ticks, of 5 ms of CPU time a tick, and of pages written. */
static void write_rates(void)
{
	struct trace_writer *tw = trace_open("r", TRACE_FULL, error, sizeof(error));

	story_declare(tw, &(struct story){ .guests = 1, .samples = 1 });
	trace_start(tw);
	for (uint64_t i = 1; i <= 30000; i++) {
		TRACE(tw, 10 * i * TICK, cpu_sample, .guest = 0, .program = 50 * STORY_MS);
		TRACE(tw, 10 * i * TICK, host_sample, .used = i, .swap_out = 100 * i);
	}
	trace_close(tw);
}

static void check_rates(const struct trace_index *index, uint64_t from, uint64_t to)
{
	struct index_column column[200];

	index_columns(index, index_find(index, INDEX_HOST, INDEX_cpu_program), from, to, column,
		      (to - from) / TICK);
	for (unsigned int i = 0; i < (to - from) / TICK; i++)
		ck_assert_msg(column[i].delta >= 4990000 && column[i].delta <= 5010000,
			      "tick %u: %" PRIu64 " ns", i, column[i].delta);
	index_columns(index, index_find(index, INDEX_HOST, INDEX_host_swap_out), from, to, column,
		      (to - from) / TICK);
	for (unsigned int i = 0; i < (to - from) / TICK; i++)
		ck_assert_msg(column[i].delta >= 9 && column[i].delta <= 11,
			      "tick %u: %" PRIu64 " pages", i, column[i].delta);
}

/* What a sample says was before it, also where it is the first one, of the trace or of a part. */
START_TEST(a_rate_has_no_peak_where_samples_begin)
{
	struct trace_index *index, *part;
	uint64_t from;

	write_rates();
	index = make("r", 2);
	ck_assert_uint_gt(index->head.section[INDEX_BLOCKS].nr, 2);
	check_rates(index, 0, 100 * TICK);
	from = index->blocks[1].time;
	part = index_part(index, "r", 1, 1);
	ck_assert_ptr_nonnull(part);
	check_rates(part, from, from + 50 * TICK);
	index_free(part);
	index_free(index);
}
END_TEST

START_TEST(marks_have_times_and_the_names_of_programs_and_commands)
{
	unsigned int phases = 0, commands = 0;
	struct trace_index *index;

	story_write("t", &long_story);
	index = make("t", 2);
	for (uint64_t i = 0; i < index->head.section[INDEX_MARKS].nr; i++) {
		const struct index_mark *m = &index->marks[i];

		if (i)
			ck_assert_uint_ge(m->time, m[-1].time);
		if (m->kind == INDEX_MARK_PHASE && m->time > 160000 * STORY_MS) {
			ck_assert_str_eq(index_text(index, m->name), "memhog");
			ck_assert_str_eq(index_text(index, m->text), "write");
			phases++;
		}
		if (m->kind == INDEX_MARK_COMMAND_START) {
			ck_assert_str_eq(index_text(index, m->name), "shrink");
			commands++;
		}
	}
	ck_assert_uint_eq(phases, 2 * 3);
	ck_assert_uint_eq(commands, 1);
	ck_assert_uint_eq(index->marks[index_mark_from(index, 300000 * STORY_MS)].kind,
			  INDEX_MARK_PHASE);
	index_free(index);
}
END_TEST

START_TEST(an_index_is_the_same_whatever_the_number_of_cpus)
{
	size_t one_size, two_size;
	struct trace_index *index;
	char *one, *two;

	story_write("t", &long_story);
	index = make("t", 1);
	ck_assert_int_eq(index_write(index, "t", error, sizeof(error)), 0);
	index_free(index);
	one = read_file("t.index", &one_size);
	index = make("t", 3);
	ck_assert_int_eq(index_write(index, "t", error, sizeof(error)), 0);
	index_free(index);
	two = read_file("t.index", &two_size);
	ck_assert_uint_eq(one_size, two_size);
	ck_assert_int_eq(memcmp(one, two, one_size), 0);
	free(one);
	free(two);
}
END_TEST

START_TEST(an_index_takes_a_tenth_of_its_trace)
{
	const struct story story = { .guests = 8, .samples = 20000, .faults = 12,
				     .mechanism = "none" };
	struct stat trace, file;
	struct trace_index *index;

	story_write("t", &story);
	index = make("t", 0);
	ck_assert_int_eq(index_write(index, "t", error, sizeof(error)), 0);
	index_free(index);
	ck_assert_int_eq(stat("t", &trace), 0);
	ck_assert_int_eq(stat("t.index", &file), 0);
	ck_assert_msg(file.st_size * 10 <= trace.st_size, "%ld of %ld", (long)file.st_size,
		      (long)trace.st_size);
}
END_TEST

START_TEST(a_part_that_is_read_again_has_every_sample)
{
	struct trace_index *index, *part;
	const struct index_series *s;
	uint64_t first, last, at = 300000 * STORY_MS;

	story_write("t", &long_story);
	index = make("t", 2);
	first = index_block_at(index, at);
	last = index_block_at(index, at + 20000 * STORY_MS);
	part = index_part(index, "t", first, last);
	ck_assert_ptr_nonnull(part);
	s = index_find(part, 2, INDEX_guest_resident);
	for (unsigned int i = 3000; i < 3200; i++)
		ck_assert_uint_eq(index_at(part, s, (100 * (i + 1) + 1) * STORY_MS).last,
				  story_resident(&long_story, 2, i));
	index_free(part);
	index_free(index);
}
END_TEST

static void write_index(void)
{
	const struct story story = { .guests = 2, .samples = 400, .mechanism = "none" };
	struct trace_index *index;

	story_write("t", &story);
	index = make("t", 0);
	ck_assert_int_eq(index_write(index, "t", error, sizeof(error)), 0);
	index_free(index);
}

START_TEST(an_index_that_is_stale_is_not_used)
{
	const struct story other = { .guests = 2, .samples = 401, .mechanism = "none" };
	struct trace_index *index;

	write_index();
	index = index_open("t", error, sizeof(error));
	ck_assert_ptr_nonnull(index);
	index_free(index);
	story_write("t", &other);
	ck_assert_ptr_null(index_open("t", error, sizeof(error)));
	ck_assert_msg(strstr(error, "of another trace") != NULL, "%s", error);
}
END_TEST

START_TEST(an_index_with_any_byte_changed_is_not_used)
{
	size_t size;
	char *bytes;

	write_index();
	bytes = read_file("t.index", &size);
	for (size_t at = 0; at < size; at += 1 + at / 60) {
		struct trace_index *index;

		bytes[at] ^= 0x10;
		write_file("t.index", bytes, size);
		index = index_open("t", error, sizeof(error));
		ck_assert_msg(index == NULL, "byte %zu", at);
		bytes[at] ^= 0x10;
	}
	for (size_t len = 0; len < size; len += 1 + size / 40) {
		write_file("t.index", bytes, len);
		ck_assert_ptr_null(index_open("t", error, sizeof(error)));
	}
	free(bytes);
}
END_TEST

START_TEST(where_nothing_can_be_written_the_cache_has_it)
{
	const struct story story = { .guests = 1, .samples = 50, .mechanism = "none" };
	struct trace_index *index;
	char *cache;

	story_write("t", &story);
	ck_assert_int_eq(mkdir("t.index", 0777), 0);	/* no file can take this name */
	index = make("t", 0);
	ck_assert_int_eq(index_write(index, "t", error, sizeof(error)), 0);
	index_free(index);
	cache = index_path_cache("t");
	ck_assert_int_eq(access(cache, R_OK), 0);
	ck_assert_int_eq(strncmp(cache, scratch, strlen(scratch)), 0);
	free(cache);
	index = index_open("t", error, sizeof(error));
	ck_assert_ptr_nonnull(index);
	ck_assert_uint_eq(index->head.frames, STORY_MEMORY / 2);
	index_free(index);
	setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
	index = make("t", 0);
	ck_assert_int_eq(index_write(index, "t", error, sizeof(error)), -1);
	ck_assert_msg(strstr(error, "t.index") != NULL, "%s", error);
	index_free(index);
}
END_TEST

START_TEST(a_cut_trace_is_indexed_up_to_the_cut)
{
	struct trace_index *whole, *index;
	size_t size;
	char *bytes;

	story_write("t", &long_story);
	whole = make("t", 2);
	bytes = read_file("t", &size);
	for (unsigned int part = 1; part < 8; part++) {
		write_file("cut", bytes, size * part / 8);
		index = make("cut", 2);
		ck_assert_msg(strstr(index_text(index, index->head.damage), "cut off") ||
			      strstr(index_text(index, index->head.damage), "no end mark"), "%s",
			      index_text(index, index->head.damage));
		ck_assert_uint_gt(index->head.records, 0);
		ck_assert_uint_lt(index->head.records, whole->head.records);
		ck_assert_uint_eq(index->head.ended, 0);
		index_free(index);
	}
	ck_assert_str_eq(index_text(whole, whole->head.damage), "");
	index_free(whole);
	free(bytes);
	write_file("no", "nothing of ours", 15);
	ck_assert_ptr_null(index_make("no", 0, error, sizeof(error)));
	ck_assert_msg(strstr(error, "not a ballast trace") != NULL, "%s", error);
}
END_TEST

START_TEST(a_damaged_trace_is_indexed_up_to_the_damage)
{
	struct trace_index *whole, *index;
	uint64_t before = 0;
	size_t size;
	char *bytes;

	story_write("t", &long_story);
	whole = make("t", 2);
	/* two parts at least are made at a time (of 16 blocks) */
	ck_assert_uint_ge(whole->head.section[INDEX_BLOCKS].nr, 32);
	bytes = read_file("t", &size);
	for (unsigned int part = 1; part < 16; part++) {
		bytes[size * part / 16] ^= 0x55;
		write_file("bad", bytes, size);
		bytes[size * part / 16] ^= 0x55;
		index = make("bad", 2);
		ck_assert_msg(strstr(index_text(index, index->head.damage), "bad: at byte "), "%s",
			      index_text(index, index->head.damage));
		ck_assert_uint_ge(index->head.records, before);
		ck_assert_uint_lt(index->head.records, whole->head.records);
		ck_assert_uint_lt(index->head.time, whole->head.time);
		ck_assert_uint_eq(index->head.ended, 0);
		before = index->head.records;
		index_free(index);
	}
	index_free(whole);
	free(bytes);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("index");
	TCase *values = tcase_create("values"), *file = tcase_create("file");

	tcase_add_checked_fixture(values, story_enter, leave_scratch);
	tcase_add_test(values, a_millisecond_in_ten_minutes_is_in_exactly_one_column);
	tcase_add_test(values, a_mean_is_over_time_and_not_over_samples);
	tcase_add_test(values, every_value_is_found_again_where_nothing_is_folded);
	tcase_add_test(values, what_is_added_is_added_once_in_whatever_columns);
	tcase_add_test(values, a_rate_has_no_peak_where_samples_begin);
	tcase_add_test(values, marks_have_times_and_the_names_of_programs_and_commands);
	tcase_add_test(values, a_part_that_is_read_again_has_every_sample);
	suite_add_tcase(s, values);
	tcase_add_checked_fixture(file, story_enter, leave_scratch);
	tcase_add_test(file, an_index_is_the_same_whatever_the_number_of_cpus);
	tcase_add_test(file, an_index_takes_a_tenth_of_its_trace);
	tcase_add_test(file, an_index_that_is_stale_is_not_used);
	tcase_add_test(file, an_index_with_any_byte_changed_is_not_used);
	tcase_add_test(file, where_nothing_can_be_written_the_cache_has_it);
	tcase_add_test(file, a_cut_trace_is_indexed_up_to_the_cut);
	tcase_add_test(file, a_damaged_trace_is_indexed_up_to_the_damage);
	suite_add_tcase(s, file);
	return s;
}
