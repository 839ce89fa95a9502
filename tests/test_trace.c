// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trace: what is written is what is read, damage is found, tables come from records alone.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>
#include <zstd.h>

#include "dump.h"
#include "format.h"
#include "host.h"
#include "kvm.h"
#include "read.h"
#include "report.h"
#include "table.h"
#include "suite.h"
#include "trace.h"

static char dir[64], path[96], error[256];

static void setup(void)
{
	strcpy(dir, "/tmp/test_trace.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a.trace", dir);
}

static unsigned int nr_files(void)
{
	char command[128];
	unsigned int n;
	FILE *p;

	snprintf(command, sizeof(command), "ls -A %s | wc -l", dir);
	p = popen(command, "r");
	ck_assert_int_eq(fscanf(p, "%u", &n), 1);
	pclose(p);
	return n;
}

static void teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static struct trace_writer *open_writer(const char *to, enum trace_level level)
{
	struct trace_writer *tw = trace_open(to, level, error, sizeof(error));

	ck_assert_msg(tw != NULL, "%s", error);
	return tw;
}

/* @nr extents and a few of everything else. */
static void emit_run(struct trace_writer *tw, unsigned int nr)
{
	struct trace_histogram h = { 0 };
	char text[32];

	TRACE(tw, 0, run, .scenario = "demo.dts", .seed = 7, .version = "1");
	TRACE(tw, 0, override, .kind = TRACE_OVERRIDE_SET, .text = "/host/cpus=2");
	TRACE(tw, 0, machine, .cpus = 2, .frames = 1 << 20, .swap = 1 << 18, .swap_model = "hdd");
	TRACE(tw, 0, guest, .guest = 0, .name = "vm0", .memory = 1 << 19, .vcpus = 2);
	TRACE(tw, 0, guest, .guest = 1, .name = "vm1", .memory = 1 << 19, .vcpus = 2);
	TRACE(tw, 1000, program_start, .guest = 0, .program = 0, .name = "memhog");
	for (unsigned int i = 0; i < nr; i++) {
		TRACE(tw, 2000 + i * 997, report_request, .guest = i & 1, .blocks = i % 32 + 1,
		      .bytes = (i % 32 + 1) * UINT64_C(4194304));
		snprintf(text, sizeof(text), "line %u", i / 3);
		TRACE(tw, 2000 + i * 997, message, .guest = TRACE_HOST, .source = "test",
		      .text = text);
		TRACE(tw, 2000 + i * 997, ept_fault, .guest = 1, .gfn = i * 512, .nr = 512);
	}
	trace_histogram_add(&h, 100, 98);
	trace_histogram_add(&h, 5000, 1);
	trace_histogram_add(&h, 1000000, 1);
	TRACE(tw, 9000000000, faults, .guest = 0, .kind = TRACE_FAULT_EPT, .latency = &h);
	TRACE(tw, 9000000000, program_end, .guest = 0, .program = 0, .status = -9, .work = 3);
	TRACE(tw, 9000000000, guest_sample, .guest = 0, .resident = 1000, .resident_peak = 2000);
	TRACE(tw, 9000000000, host_sample, .used = 5, .used_peak = 77, .swap_out = 9);
	TRACE(tw, 9000000000, host_sample, .swap_used = 6);
	TRACE(tw, 9000000000, swap_device, .name = "ssd", .used = 6, .used_max = 1234);
	TRACE(tw, 9000000000, exits, .guest = 0, .reason = TRACE_EXIT_HLT, .count = 12);
	TRACE(tw, 9000000000, notifications, .guest = 0, .device = "balloon", .kicks = 4,
	      .interrupts = 3);
	TRACE(tw, 9000000000, ledger, .guest = 0, .domain = TRACE_DOMAIN_VMM, .cost = "madvise",
	      .time = 5000, .count = 2);
	TRACE(tw, 9000000000, run_end, .result = TRACE_END_OK, .events = 42);
	trace_histogram_free(&h);
}

static void write_run(const char *to, enum trace_level level, unsigned int nr)
{
	struct trace_writer *tw = open_writer(to, level);

	emit_run(tw, nr);
	ck_assert_int_eq(trace_close(tw), 0);
}

static size_t load(const char *from, char **data)
{
	FILE *f = fopen(from, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	*data = malloc(64 << 20);
	n = fread(*data, 1, 64 << 20, f);
	fclose(f);
	return n;
}

static void store(const char *to, const char *data, size_t n)
{
	FILE *f = fopen(to, "w");

	ck_assert_uint_eq(fwrite(data, 1, n, f), n);
	fclose(f);
}

static char *dump_of(const char *from, char **damage, uint64_t *records)
{
	struct trace_reader *r = trace_reader_open(from, error, sizeof(error));
	struct trace_dump dump;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_msg(r != NULL, "%s", error);
	trace_dump_init(&dump, out);
	trace_reader_feed(r, &dump.consumer);
	fclose(out);
	*damage = trace_reader_damage(r) ? strdup(trace_reader_damage(r)) : NULL;
	*records = trace_reader_records(r);
	trace_reader_close(r);
	return text;
}

START_TEST(what_is_read_is_what_was_emitted)
{
	struct trace_writer *tw = open_writer(path, TRACE_FULL);
	struct trace_dump dump;
	char *live, *read, *damage;
	uint64_t records;
	size_t len;
	FILE *out = open_memstream(&live, &len);

	trace_dump_init(&dump, out);
	trace_add_consumer(tw, &dump.consumer);
	emit_run(tw, 20000);
	ck_assert_int_eq(trace_close(tw), 0);
	fclose(out);
	read = dump_of(path, &damage, &records);
	ck_assert_ptr_null(damage);
	ck_assert_msg(!strcmp(live, read), "live and file differ");
	ck_assert_ptr_nonnull(strstr(read, "guest=host severity=debug source=\"test\""));
	ck_assert_ptr_nonnull(strstr(read, "status=-9"));
	ck_assert_uint_gt(records, 60000);
	free(live);
	free(read);
}
END_TEST

START_TEST(same_records_give_the_same_bytes)
{
	char other[100], *a, *b;
	size_t n, m;

	snprintf(other, sizeof(other), "%s/b.trace", dir);
	write_run(path, TRACE_FULL, 5000);
	write_run(other, TRACE_FULL, 5000);
	n = load(path, &a);
	m = load(other, &b);
	ck_assert_uint_eq(n, m);
	ck_assert_mem_eq(a, b, n);
	free(a);
	free(b);
}
END_TEST

START_TEST(levels_keep_what_they_say)
{
	char *text, *damage;
	uint64_t records;

	write_run(path, TRACE_SUMMARY, 100);
	text = dump_of(path, &damage, &records);
	ck_assert_ptr_null(strstr(text, "report_request guest"));
	ck_assert_ptr_null(strstr(text, "ept_fault"));
	ck_assert_ptr_nonnull(strstr(text, "guest_total guest=1 report_requests=50"));
	free(text);
	write_run(path, TRACE_NORMAL, 100);
	text = dump_of(path, &damage, &records);
	ck_assert_ptr_nonnull(strstr(text, "report_request guest"));
	ck_assert_ptr_null(strstr(text, "ept_fault"));
	free(text);
}
END_TEST

START_TEST(nothing_is_evaluated_when_nobody_listens)
{
	struct trace_writer *tw = open_writer(NULL, TRACE_FULL);
	unsigned int evaluated = 0;

	TRACE(tw, 0, discard, .gfn = evaluated++);
	TRACE((struct trace_writer *)NULL, 0, discard, .gfn = evaluated++);
	ck_assert_uint_eq(evaluated, 0);
	trace_close(tw);
}
END_TEST

/* Cut at every block boundary and in the middle of blocks. */
START_TEST(a_truncated_trace_is_read_up_to_the_damage)
{
	char *data, *full, *part, *damage;
	uint64_t all, records, last = 0;
	size_t n;

	write_run(path, TRACE_FULL, 20000);
	n = load(path, &data);
	full = dump_of(path, &damage, &all);
	for (unsigned int i = 3; i < 10; i++) {
		store(path, data, n * i / 10);
		part = dump_of(path, &damage, &records);
		ck_assert_ptr_nonnull(damage);
		ck_assert_ptr_nonnull(strstr(damage, "at byte"));
		ck_assert_msg(!strncmp(full, part, strlen(part)), "not a prefix");
		ck_assert_uint_lt(records, all);
		ck_assert_uint_ge(records, last);
		last = records;
		free(part);
		free(damage);
	}
	ck_assert_uint_gt(last, all / 2);
	/* all blocks whole, only the end mark missing */
	store(path, data, n - TRACE_BLOCK_HEADER);
	part = dump_of(path, &damage, &records);
	ck_assert_ptr_nonnull(strstr(damage, "no end mark"));
	ck_assert_str_eq(full, part);
	free(part);
	free(damage);
	free(full);
	free(data);
}
END_TEST

/* Every byte of a small trace, one bit each: no crash, never a wrong record. */
START_TEST(any_flipped_bit_is_found)
{
	char *data, *full, *part, *damage;
	uint64_t records;
	size_t n;

	write_run(path, TRACE_FULL, 40);
	n = load(path, &data);
	full = dump_of(path, &damage, &records);
	for (size_t i = 0; i < n; i++) {
		struct trace_reader *r;

		/* the minor version and reserved bytes say nothing about records */
		if (i >= 24 && i < TRACE_FILE_HEADER)
			continue;
		data[i] ^= 1 << i % 8;
		store(path, data, n);
		data[i] ^= 1 << i % 8;
		r = trace_reader_open(path, error, sizeof(error));
		if (!r)
			continue;
		trace_reader_close(r);
		part = dump_of(path, &damage, &records);
		ck_assert_msg(!strncmp(full, part, strlen(part)), "wrong record, byte %zu", i);
		/* four reserved bytes end each block header */
		ck_assert_msg(damage || !strcmp(full, part), "not found: byte %zu", i);
		free(part);
		free(damage);
	}
	free(full);
	free(data);
}
END_TEST

START_TEST(a_newer_major_version_is_refused)
{
	char *data, want[32];
	size_t n;

	write_run(path, TRACE_NORMAL, 1);
	n = load(path, &data);
	data[24] = 2;
	snprintf(want, sizeof(want), "format 2.%d", TRACE_MINOR);
	store(path, data, n);
	ck_assert_ptr_null(trace_reader_open(path, error, sizeof(error)));
	ck_assert_ptr_nonnull(strstr(error, want));
	store(path, "hello", 5);
	ck_assert_ptr_null(trace_reader_open(path, error, sizeof(error)));
	ck_assert_ptr_nonnull(strstr(error, "not a ballast trace"));
	free(data);
}
END_TEST

/* A file of a program that has a type of an unknown kind, and a known type without a field. */
static size_t foreign_block(uint8_t *out, uint32_t kind, uint32_t sequence, const uint8_t *raw,
			    size_t len, uint64_t *digest, uint64_t records)
{
	struct trace_block b = { .kind = kind, .sequence = sequence, .raw_len = len };
	size_t n = 0;

	if (kind != TRACE_BLOCK_END)
		n = ZSTD_compress(out + TRACE_BLOCK_HEADER, 4096, raw, len, 1);
	*digest = trace_digest(*digest, raw, len);
	b.frame_len = n;
	b.digest = *digest;
	b.records = records;
	put_block_header(out, &b);
	return TRACE_BLOCK_HEADER + n;
}

START_TEST(unknown_types_are_skipped_and_counted)
{
	static const uint8_t schema[] =
		"\x03" "\x09\x06" "future\0" "\0" "\0\0" "\x01" "\x01x\0" "\x63\0"
		"\x0a\x08" "strange2\0" "\0" "\0\0" "\x01" "\x01y\0" "\0\0"
		"\x0b\x07" "deflate\0" "\0" "\0\0" "\x01" "\x05pages\0" "\x03\0";
	static const uint8_t data[] =
		"\x09\x04\0\xff\xff\xff" "\x0a\x02\x05\x07" "\x0b\x02\x01\x21" "\x77\x01\x02";
	uint8_t file[8192] = { 0 };
	uint64_t digest = TRACE_DIGEST_START;
	struct trace_record record;
	struct trace_reader *r;
	size_t n = TRACE_FILE_HEADER;

	put_le(file, TRACE_FRAME_MAGIC, 4);
	put_le(file + 4, TRACE_FILE_HEADER - 8, 4);
	memcpy(file + 8, TRACE_FILE_MAGIC, 16);
	put_le(file + 24, TRACE_MAJOR, 2);
	n += foreign_block(file + n, TRACE_BLOCK_SCHEMA, 0, schema, sizeof(schema) - 1, &digest,
			   0);
	n += foreign_block(file + n, TRACE_BLOCK_DATA, 1, data, sizeof(data) - 1, &digest, 4);
	n += foreign_block(file + n, TRACE_BLOCK_END, 2, NULL, 0, &digest, 4);
	store(path, (char *)file, n);
	r = trace_reader_open(path, error, sizeof(error));
	ck_assert_msg(r != NULL, "%s", error);
	ck_assert(trace_reader_next(r, &record));
	ck_assert_int_eq(record.id, 0);		/* decodable though not known */
	ck_assert_str_eq(record.type->name, "strange2");
	ck_assert_uint_eq(record.value[0].u, 7);
	ck_assert(trace_reader_next(r, &record));
	ck_assert_int_eq(record.id, TRACE_ID_deflate);
	ck_assert_uint_eq(((const struct trace_rec_deflate *)record.rec)->pages, 0x21);
	ck_assert_uint_eq(((const struct trace_rec_deflate *)record.rec)->guest, 0);
	ck_assert_uint_eq(record.time, 6);
	ck_assert(!trace_reader_next(r, &record));
	ck_assert_msg(!trace_reader_damage(r), "%s", trace_reader_damage(r));
	ck_assert_uint_eq(trace_reader_unknown(r), 3);
	trace_reader_close(r);
}
END_TEST

START_TEST(a_run_that_does_not_start_leaves_nothing)
{
	struct trace_writer *tw = open_writer(path, TRACE_NORMAL);

	emit_run(tw, 10000);
	trace_abandon(tw);
	ck_assert_uint_eq(nr_files(), 0);
	ck_assert_ptr_null(trace_open("/nonexistent/x", TRACE_NORMAL, error, sizeof(error)));
	ck_assert_ptr_nonnull(strstr(error, "/nonexistent/x: cannot create"));
}
END_TEST

START_TEST(a_crashed_run_can_be_read)
{
	struct trace_writer *tw = open_writer(path, TRACE_FULL);
	char *text, *damage;
	uint64_t records;

	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(trace_start(tw), 0);
	emit_run(tw, 20000);
	/* as after kill -9: nothing more is written */
	text = dump_of(path, &damage, &records);
	ck_assert_uint_gt(records, 30000);
	ck_assert_ptr_nonnull(strstr(damage, "no end mark"));
	free(text);
	free(damage);
	ck_assert_int_eq(trace_close(tw), 0);
	ck_assert_uint_eq(nr_files(), 1);
}
END_TEST

START_TEST(a_full_disk_is_an_error_of_the_run)
{
	struct rlimit limit = { .rlim_cur = 20000, .rlim_max = RLIM_INFINITY };
	struct trace_writer *tw;
	char *text, *damage;
	uint64_t records;

	signal(SIGXFSZ, SIG_IGN);
	tw = open_writer(path, TRACE_FULL);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	emit_run(tw, 20000);
	ck_assert_ptr_nonnull(trace_error(tw));
	ck_assert_ptr_nonnull(strstr(trace_error(tw), "File too large"));
	ck_assert_int_eq(trace_close(tw), -1);
	text = dump_of(path, &damage, &records);	/* what fits can be read */
	ck_assert_ptr_nonnull(damage);
	ck_assert_uint_eq(nr_files(), 1);
	free(text);
	free(damage);
}
END_TEST

START_TEST(quantiles_are_off_by_less_than_two_percent)
{
	struct trace_histogram h = { 0 };

	for (uint64_t v = 1; v <= 100000; v++)
		trace_histogram_add(&h, v * v, 1);
	for (uint64_t q = 1; q <= 100; q++) {
		uint64_t exact = (q * 1000) * (q * 1000);
		uint64_t got = trace_histogram_quantile(&h, q, 100);
		uint64_t off = got > exact ? got - exact : exact - got;

		ck_assert_msg(off * 50 < exact, "p%d: %d", (int)q, (int)got);
	}
	ck_assert_uint_eq(h.max, UINT64_C(10000000000));
	ck_assert_uint_eq(h.count, 100000);
	trace_histogram_reset(&h);
	trace_histogram_add(&h, UINT64_MAX, 1);
	trace_histogram_add(&h, 0, 1);
	ck_assert_uint_eq(trace_histogram_quantile(&h, 100, 100), UINT64_MAX);
	ck_assert_uint_eq(trace_histogram_quantile(&h, 50, 100), 0);
	trace_histogram_free(&h);
}
END_TEST

static char *tables(const struct report *r, unsigned int guests_max)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	report_text(r, out, guests_max);
	fclose(out);
	return text;
}

START_TEST(tables_of_a_run_and_of_its_trace_are_the_same)
{
	for (int level = TRACE_SUMMARY; level <= TRACE_FULL; level++) {
		struct trace_writer *tw = open_writer(path, level);
		struct report live, read;
		struct trace_reader *r;
		char *a, *b;

		report_init(&live);
		report_init(&read);
		trace_add_consumer(tw, &live.consumer);
		emit_run(tw, 1000);
		ck_assert_int_eq(trace_close(tw), 0);
		r = trace_reader_open(path, error, sizeof(error));
		trace_reader_feed(r, &read.consumer);
		trace_reader_close(r);
		a = tables(&live, 0);
		b = tables(&read, 0);
		ck_assert_str_eq(a, b);
		free(a);
		free(b);
		report_free(&live);
		report_free(&read);
	}
}
END_TEST

START_TEST(guests_that_no_machine_has_take_no_memory)
{
	static const uint64_t ids[] = { 1048574, 9999, 70, 1 };
	struct trace_writer *tw = open_writer(path, TRACE_NORMAL);
	struct trace_reader *r;
	struct report report;
	unsigned int i;

	TRACE(tw, 0, run, .scenario = "demo.dts", .seed = 7, .version = "1");
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		TRACE(tw, i, guest, .guest = ids[i], .name = "vm", .memory = 1 << 19, .vcpus = 2);
	TRACE(tw, 9, guest_sample, .guest = 1048575, .resident = 1000);
	TRACE(tw, 9, run_end, .result = TRACE_END_OK);
	ck_assert_int_eq(trace_close(tw), 0);
	report_init(&report);
	r = trace_reader_open(path, error, sizeof(error));
	ck_assert_msg(r != NULL, "%s", error);
	trace_reader_feed(r, &report.consumer);
	trace_reader_close(r);
	/* 70 is beyond what five records can declare, and what may be missing before them. */
	ck_assert_uint_le(report.nr_guests, 2);
	ck_assert(report.guests[1].declared);
	ck_assert_uint_eq(report.nr_problems, 1);
	ck_assert_msg(strstr(report.problems[0], "guest 1048574, which this machine cannot have"),
		      "%s", report.problems[0]);
	report_free(&report);
}
END_TEST

START_TEST(tables_hold_what_was_emitted_and_fit_the_terminal)
{
	struct trace_writer *tw = open_writer(NULL, TRACE_SUMMARY);
	struct report r;
	char *text;

	report_init(&r);
	trace_add_consumer(tw, &r.consumer);
	emit_run(tw, 64);
	trace_close(tw);
	ck_assert_uint_eq(r.guests[0].total.report_requests, 32);
	ck_assert_uint_eq(r.guests[0].faults[TRACE_FAULT_EPT].max, 1000000);
	ck_assert_uint_eq(r.guests[0].resident_peak, 2000);
	ck_assert_uint_eq(r.guests[0].cpu[TRACE_DOMAIN_VMM], 5000);
	ck_assert_uint_eq(r.used_peak, 77);
	/* what no sample has seen */
	ck_assert_uint_eq(r.swap_peak, 1234);
	ck_assert_uint_eq(r.programs[0].end - r.programs[0].start, UINT64_C(8999999000));
	text = tables(&r, 0);
	ck_assert_ptr_nonnull(strstr(text, "exit -9"));
	ck_assert_ptr_nonnull(strstr(text, "madvise"));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_msg(strlen(line) <= TABLE_WIDTH, "%s", line);
	free(text);
	report_free(&r);
}
END_TEST

START_TEST(numbers_for_people)
{
	ck_assert_str_eq(human_bytes(0).text, "0");
	ck_assert_str_eq(human_bytes(1023).text, "1023 B");
	ck_assert_str_eq(human_bytes(1536).text, "1.50 KiB");
	ck_assert_str_eq(human_bytes(UINT64_C(15) << 30).text, "15.0 GiB");
	ck_assert_str_eq(human_ns(999).text, "999 ns");
	ck_assert_str_eq(human_ns(9999).text, "10.0 us");
	ck_assert_str_eq(human_ns(157 * UINT64_C(1000000000)).text, "157 s");
	ck_assert_str_eq(human_count(1234567).text, "1,234,567");
	ck_assert_str_eq(human_bytes(UINT64_MAX).text, "16777216 TiB");
}
END_TEST

START_TEST(enumerations_follow_the_host_model)
{
	ck_assert_int_eq(NR_TRACE_EXITS, NR_KVM_EXITS);
	ck_assert_int_eq(TRACE_EXIT_INTERRUPT, KVM_EXIT_INTERRUPT);
	ck_assert_int_eq(TRACE_EXIT_MSR, KVM_EXIT_MSR);
	ck_assert_int_eq(TRACE_WAIT_HALTED, FAULT_HALTED);
	ck_assert_int_eq(TRACE_WAIT_TASK, FAULT_ASYNC);
	ck_assert_int_eq(TRACE_EXIT_MMIO, KVM_EXIT_MMIO);
	ck_assert_int_eq(TRACE_DOMAIN_HOST, NR_ACCOUNT_DOMAINS);
	ck_assert_int_eq(TRACE_DOMAIN_VMM_KERNEL, ACCOUNT_VMM_KERNEL);
	ck_assert_int_eq(TRACE_DOMAIN_EXIT, ACCOUNT_EXIT);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *suite = suite_create("trace");
	TCase *tc = tcase_create("trace");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_read_is_what_was_emitted);
	tcase_add_test(tc, same_records_give_the_same_bytes);
	tcase_add_test(tc, levels_keep_what_they_say);
	tcase_add_test(tc, nothing_is_evaluated_when_nobody_listens);
	tcase_add_test(tc, a_truncated_trace_is_read_up_to_the_damage);
	tcase_add_test(tc, any_flipped_bit_is_found);
	tcase_add_test(tc, a_newer_major_version_is_refused);
	tcase_add_test(tc, unknown_types_are_skipped_and_counted);
	tcase_add_test(tc, a_run_that_does_not_start_leaves_nothing);
	tcase_add_test(tc, a_crashed_run_can_be_read);
	tcase_add_test(tc, a_full_disk_is_an_error_of_the_run);
	tcase_add_test(tc, quantiles_are_off_by_less_than_two_percent);
	tcase_add_test(tc, tables_of_a_run_and_of_its_trace_are_the_same);
	tcase_add_test(tc, guests_that_no_machine_has_take_no_memory);
	tcase_add_test(tc, tables_hold_what_was_emitted_and_fit_the_terminal);
	tcase_add_test(tc, numbers_for_people);
	tcase_add_test(tc, enumerations_follow_the_host_model);
	suite_add_tcase(suite, tc);
	return suite;
}
