// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exports: what others' programs read is what the trace has, arrows have two ends, a part of a
 * trace is that part, and nothing half-written stays behind.
 */
#include <check.h>
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <zstd.h>

#include "cli_run.h"
#include "export.h"
#include "format.h"
#include "read.h"
#include "skip.h"
#include "suite.h"
#include "trace.h"

#define MS UINT64_C(1000000)
#define BATCHES 300		/* requests, with all that follows */
#define BATCH_MS 10
#define ERROR_SIZE 1024
#define LINE_SIZE 8192

static char error[ERROR_SIZE];

/* The trace */

/* Blocks are taken, a request names them, the host discards, and a fault brings one back. */
static void emit_request(struct trace_writer *tw, uint64_t now, uint64_t id, uint64_t gfn)
{
	TRACE(tw, now, isolate, .guest = 0, .id = id, .pfn = gfn, .order = 10, .site = 1);
	TRACE(tw, now, isolate, .guest = 0, .id = id, .pfn = gfn + 1024, .order = 10, .site = 1);
	TRACE(tw, now, request, .guest = 0, .id = id + 1, .cause = id, .role = TRACE_ROLE_REPORT,
	      .device = "balloon", .queue = 3, .site = 2);
	TRACE(tw, now, kick, .guest = 0, .id = id + 2, .cause = id + 1, .device = "balloon",
	      .queue = 3, .site = 2);
	TRACE(tw, now + 100, named, .guest = 0, .cause = id + 1, .gfn = gfn, .nr = 2048);
	TRACE(tw, now + 100, discard, .guest = 0, .gfn = gfn, .nr = 1024, .given_back = 1024,
	      .cause = id + 1, .site = 2);
	TRACE(tw, now + 100, discard, .guest = 0, .gfn = gfn + 1024, .nr = 1024,
	      .cause = id + 1, .site = 2);
	TRACE(tw, now + 100, report_request, .guest = 0, .blocks = 2, .bytes = 8 << 20,
	      .id = id + 1, .kick = id + 2, .waited = 90, .took = 5000, .thread = "vm/main");
	TRACE(tw, now + 2 * MS, ept_fault, .guest = 0, .gfn = gfn + 512, .nr = 512, .write = 1,
	      .latency = 9000, .id = id + 3);
	TRACE(tw, now + 2 * MS, ept_fault, .guest = 0, .gfn = gfn + 600, .nr = 1, .latency = 700,
	      .id = id + 4);
}

/* A fault lacks frames, pages of the other guest go to swap, and come back by a fault of it. */
static void emit_swapping(struct trace_writer *tw, uint64_t now, uint64_t id, uint64_t gfn)
{
	TRACE(tw, now, reclaim, .guest = 0, .id = id + 1, .cause = id);
	TRACE(tw, now, reclaim, .guest = TRACE_HOST, .id = id + 9);	/* finds nothing */
	TRACE(tw, now, swap_out, .guest = 1, .gfn = gfn, .nr = 32, .cause = id + 1);
	TRACE(tw, now, swap_out_page, .guest = 1, .gfn = gfn, .slot = 5, .cause = id + 1);
	TRACE(tw, now, ept_fault, .guest = 0, .gfn = 9, .nr = 1, .latency = 4000, .id = id);
	TRACE(tw, now + MS, swap_in, .guest = 1, .gfn = gfn + 16, .nr = 8, .cause = id + 2);
	for (unsigned int i = 0; i < 8; i++)
		TRACE(tw, now + MS, swap_in_page, .guest = 1, .gfn = gfn + 16 + i, .slot = 5 + i,
		      .latency = 80000, .cause = id + 2);
	TRACE(tw, now + MS, ept_fault, .guest = 1, .gfn = gfn + 16, .nr = 1, .latency = 90000,
	      .id = id + 2);
}

static void declare(struct trace_writer *tw)
{
	TRACE(tw, 0, run, .scenario = "a \"scenario\", this", .seed = 7, .version = "1");
	TRACE(tw, 0, machine, .cpus = 2, .frames = 1 << 20, .swap = 1 << 18, .swap_model = "ssd");
	TRACE(tw, 0, guest, .guest = 0, .name = "alpha", .memory = 1 << 22, .vcpus = 2);
	TRACE(tw, 0, guest, .guest = 1, .name = "beta", .memory = 1 << 22, .vcpus = 1);
	TRACE(tw, 0, site, .id = 1, .function = "cycle", .file = "driver-src/a.c", .line = 42);
	TRACE(tw, 0, site, .id = 2, .function = "tell", .file = "driver-src/b.c", .line = 7);
	TRACE(tw, 0, command, .guest = 0, .command = 0, .name = "shrink", .target = 1 << 28);
	TRACE(tw, MS, program_start, .guest = 0, .program = 0, .name = "memhog");
	TRACE(tw, MS, program_phase, .guest = 0, .program = 0, .phase = "write", .iteration = 1);
	TRACE(tw, MS, command_start, .guest = 0, .command = 0);
	TRACE(tw, MS, balloon_target, .guest = 0, .pages = 1000, .id = 1);
	TRACE(tw, MS, request, .guest = 0, .id = 2, .cause = 1, .role = TRACE_ROLE_INFLATE,
	      .device = "balloon", .site = 2);
	TRACE(tw, MS, inflate, .guest = 0, .pages = 1000, .id = 2, .waited = 10, .took = 20,
	      .thread = "vm/main");
}

static void emit_all(struct trace_writer *tw)
{
	struct trace_histogram h = { 0 };
	uint64_t now = 0;

	declare(tw);
	trace_histogram_add(&h, 5000, 3);
	for (unsigned int i = 0; i < BATCHES; i++) {
		now = (i + 1) * BATCH_MS * MS;
		emit_request(tw, now, 100 + i * 40, i % 100 * 4096);
		TRACE(tw, now + 3 * MS, guest_sample, .guest = i & 1, .free = 100 + i,
		      .resident = 500);
		TRACE(tw, now + 3 * MS, faults, .guest = 0, .kind = i % NR_TRACE_FAULTS,
		      .latency = &h);
		TRACE(tw, now + 3 * MS, cpu_sample, .guest = TRACE_HOST, .host_zero = i);
		TRACE(tw, now + 3 * MS, alloc_block, .guest = 1, .pfn = i, .order = 3,
		      .task = "say \"hello\", you\n");
		emit_swapping(tw, now + 4 * MS, 100 + i * 40 + 20, i % 50 * 64);
	}
	TRACE(tw, now + 6 * MS, program_end, .guest = 0, .program = 0, .status = -9, .work = 3);
	TRACE(tw, now + 6 * MS, command_end, .guest = 0, .command = 0);
	TRACE(tw, now + 6 * MS, run_end, .result = TRACE_END_OK, .events = 42);
	trace_histogram_free(&h);
}

static void write_trace(const char *name)
{
	struct trace_writer *tw = trace_open(name, TRACE_FULL, error, sizeof(error));

	ck_assert_msg(tw != NULL, "%s", error);
	emit_all(tw);
	ck_assert_int_eq(trace_close(tw), 0);
}

static void setup(void)
{
	enter_scratch();
	write_trace("a.trace");
}

static void teardown(void)
{
	char line[128];

	ck_assert_int_eq(chdir("/"), 0);
	snprintf(line, sizeof(line), "rm -rf %s", scratch);
	ck_assert_int_eq(system(line), 0);
}

/* What a trace has of each type, by the reader; of those that @wanted says. */
struct tally {
	const char *name[NR_TRACE_IDS];
	uint64_t nr[NR_TRACE_IDS], all;
};

static bool all_records(const struct trace_record *record)
{
	return true;
}

static struct tally tally_of(const char *trace, bool (*wanted)(const struct trace_record *))
{
	struct trace_reader *r = trace_reader_open(trace, error, sizeof(error));
	struct trace_record record;
	struct tally t = { 0 };

	ck_assert_msg(r != NULL, "%s", error);
	while (trace_reader_next(r, &record)) {
		if (!wanted(&record))
			continue;
		t.name[record.id] = trace_types[record.id].name;
		t.nr[record.id]++;
		t.all++;
	}
	trace_reader_close(r);
	return t;
}

/* The command as a process: what it printed on stderr; its output goes to @out. */
static struct output ballast(const char *args, const char *out)
{
	char line[PATH_MAX + 600];
	size_t size;
	int status;

	snprintf(line, sizeof(line), "%s %s >%s 2>err.txt", command, args, out);
	status = system(line);
	return output_of(WIFEXITED(status) ? WEXITSTATUS(status) : -1, strdup(""),
			 read_file("err.txt", &size));
}

static void exports(const char *args)
{
	struct output o = ballast(args, "/dev/null");

	ck_assert_msg(o.status == 0, "%s: status %d: %s", args, o.status, o.err);
	ck_assert_str_eq(o.err, "");
	output_free(&o);
}

static uint64_t lines_of(const char *name)
{
	FILE *f = fopen(name, "r");
	uint64_t n = 0;
	int c;

	ck_assert_msg(f != NULL, "%s", name);
	while ((c = getc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return n;
}

/* CSV */

START_TEST(csv_has_a_row_for_each_record)
{
	struct tally t = tally_of("a.trace", all_records);
	char name[80], *text;
	size_t size;

	exports("export csv a.trace -o all");
	for (unsigned int i = 0; i < NR_TRACE_IDS; i++) {
		uint64_t rows = t.nr[i];

		if (!rows || i == TRACE_ID_alloc_block)	/* its text has a new line */
			continue;
		snprintf(name, sizeof(name), "all/%s.csv", t.name[i]);
		ck_assert_msg(lines_of(name) == rows + 1, "%s", name);
	}
	ck_assert_uint_eq(lines_of("all/alloc_block.csv"), 2 * BATCHES + 1);
	text = read_file("all/program_end.csv", &size);
	ck_assert_str_eq(text, "time_ns,guest,program,status,work,cpu,stalled\n"
			 "3006000000,0,0,-9,3,0,0\n");
	free(text);
	text = read_file("all/run.csv", &size);
	ck_assert_ptr_nonnull(strstr(text, "0,\"a \"\"scenario\"\", this\",7,\"1\",summary,"));
	free(text);
	text = read_file("all/cpu_sample.csv", &size);
	ck_assert_ptr_nonnull(strstr(text, "13000000,host,"));
	free(text);
	text = read_file("all/faults.csv", &size);
	ck_assert_ptr_nonnull(strstr(text, "latency_n,latency_sum,latency_p50,latency_p99,"
				     "latency_max\n13000000,0,minor,3,15000,"));
	free(text);
}
END_TEST

START_TEST(csv_of_one_type_is_the_same_by_both_commands)
{
	struct output o = ballast("trace csv guest_sample a.trace", "by_trace");

	ck_assert_int_eq(o.status, 0);
	output_free(&o);
	exports("export csv a.trace --record guest_sample -o by_export");
	exports("export csv a.trace -o all");
	ck_assert_int_eq(system("cmp by_trace by_export && cmp by_trace all/guest_sample.csv"), 0);
	ck_assert_uint_eq(lines_of("by_trace"), BATCHES + 1);
}
END_TEST

/* SQLite */

static int64_t ask(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt;
	int64_t value;

	ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, "%s: %s", sql,
		      sqlite3_errmsg(db));
	ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

START_TEST(sqlite_has_a_table_for_each_type)
{
	struct tally t = tally_of("a.trace", all_records);
	char sql[120];
	sqlite3 *db;

	exports("export sqlite a.trace -o a.db");
	ck_assert_int_eq(sqlite3_open("a.db", &db), SQLITE_OK);
	for (unsigned int i = 0; i < NR_TRACE_IDS; i++) {
		if (!t.nr[i])
			continue;
		snprintf(sql, sizeof(sql), "SELECT count(*) FROM \"%s\"", t.name[i]);
		ck_assert_msg(ask(db, sql) == t.nr[i], "%s", t.name[i]);
	}
	ck_assert_int_eq(ask(db, "SELECT status FROM program_end WHERE time_ns = 3006000000"), -9);
	ck_assert_int_eq(ask(db, "SELECT count(*) FROM faults WHERE kind = 'ept-huge' AND "
			     "typeof(kind) = 'text' AND latency_max = 5000"), BATCHES / 6);
	ck_assert_int_eq(ask(db, "SELECT count(*) FROM cpu_sample WHERE guest = -1"), BATCHES);
	ck_assert_int_eq(ask(db, "SELECT count(*) FROM site JOIN request ON request.site = site.id "
			     "WHERE line = 7"), BATCHES + 1);
	ck_assert_int_eq(ask(db, "SELECT count(*) FROM discard JOIN report_request ON "
			     "report_request.id = discard.cause"), 2 * BATCHES);
	sqlite3_close(db);
}
END_TEST

/* CTF */

/* Events of each type as babeltrace2 prints them. */
static void count_events(const char *dir, struct tally *t)
{
	char line[LINE_SIZE], name[80];
	FILE *p;

	snprintf(line, sizeof(line), "babeltrace2 --no-delta %s 2>bt.txt", dir);
	p = popen(line, "r");
	while (fgets(line, sizeof(line), p)) {
		const char *at = strstr(line, "] ");

		if (line[0] != '[' || !at || sscanf(at + 2, "%79[a-z_]:", name) != 1)
			continue;
		for (unsigned int i = 0; i < NR_TRACE_IDS; i++) {
			if (trace_types[i].id && !strcmp(trace_types[i].name, name)) {
				t->nr[i]++;
				t->all++;
			}
		}
	}
	ck_assert_int_eq(pclose(p), 0);
	ck_assert_uint_eq(lines_of("bt.txt"), 0);
}

START_TEST(babeltrace_reads_each_event)
{
	struct tally want = tally_of("a.trace", all_records), have = { 0 };

	exports("export ctf a.trace -o ctf");
	count_events("ctf", &have);
	for (unsigned int i = 0; i < NR_TRACE_IDS; i++)
		ck_assert_msg(have.nr[i] == want.nr[i], "%s: %" PRIu64 " of %" PRIu64,
			      want.name[i] ? want.name[i] : "?", have.nr[i], want.nr[i]);
	ck_assert_uint_eq(have.all, want.all);
	/* Fields as well; the last event but one is in the last packet of several. */
	ck_assert_int_eq(system("babeltrace2 ctf | grep -q 'program_end: .*status = -9, work = 3'"),
			 0);
	ck_assert_int_eq(system("babeltrace2 ctf | grep -q 'kind = ( \"guest-swap-in\"'"), 0);
	ck_assert_int_eq(system("test $(stat -c %s ctf/stream) -gt 300000"), 0);
}
END_TEST

/* Perfetto, as protoc prints it */

#define IDS_MAX 8192

struct drawn {
	uint64_t events, begins, ends, counters, places, unknown, no_name;
	uint64_t flow[IDS_MAX];
	unsigned int flow_events[IDS_MAX], nr_flows;
	bool described[IDS_MAX];
	unsigned int not_described, out_of_order;
	/* By track: its slices in the order of time, as they are written. */
	int depth[IDS_MAX];
};

static void count_flow(struct drawn *d, uint64_t id)
{
	unsigned int i = 0;

	while (i < d->nr_flows && d->flow[i] != id)
		i++;
	ck_assert_uint_lt(i, IDS_MAX);
	d->flow[i] = id;
	d->flow_events[i]++;
	if (i == d->nr_flows)
		d->nr_flows++;
}

static void count_line(struct drawn *d, const char *line, uint64_t *track)
{
	char word[64], value[64];

	if (sscanf(line, " %63[a-z_0-9]: %63s", word, value) != 2)
		return;
	if (word[0] >= '0' && word[0] <= '9')
		d->unknown++;
	else if (!strcmp(word, "flow"))
		count_flow(d, strtoull(value, NULL, 10));
	else if (!strcmp(word, "place"))
		d->places++;
	else if (!strcmp(word, "uuid") && strtoull(value, NULL, 10) < IDS_MAX)
		d->described[strtoull(value, NULL, 10)] = true;
	else if (!strcmp(word, "type")) {
		d->events++;
		d->begins += !strcmp(value, "BEGIN");
		d->ends += !strcmp(value, "END");
		d->counters += !strcmp(value, "COUNTER");
	} else if (!strcmp(word, "on_track")) {
		*track = strtoull(value, NULL, 10);
		d->not_described += *track >= IDS_MAX || !d->described[*track];
	}
}

static struct drawn *decode(const char *file)
{
	struct drawn *d = calloc(1, sizeof(*d));
	char line[LINE_SIZE];
	uint64_t track;
	FILE *p;

	snprintf(line, sizeof(line), "protoc --decode=Export -I %.4000s/tests/data perfetto.proto "
		 "<%s 2>&1", top, file);
	p = popen(line, "r");
	while (fgets(line, sizeof(line), p))
		count_line(d, line, &track);
	ck_assert_int_eq(pclose(p), 0);
	return d;
}

START_TEST(protoc_reads_each_packet_and_arrows_have_two_ends)
{
	struct drawn *d;
	unsigned int i;

	exports("export perfetto a.trace -o a.pf");
	d = decode("a.pf");
	ck_assert_uint_eq(d->unknown, 0);
	ck_assert_uint_eq(d->not_described, 0);
	ck_assert_uint_eq(d->begins, d->ends);
	/* Per batch: 4 faults, 8 pages, an answer and its waiting; then all the rest. */
	ck_assert_uint_eq(d->begins, 14 * BATCHES + 5);
	ck_assert_uint_gt(d->counters, 2 * BATCHES);
	ck_assert_uint_ge(d->places, 6 * BATCHES);
	for (i = 0; i < d->nr_flows; i++)
		ck_assert_msg(d->flow_events[i] >= 2, "flow %" PRIu64 " once", d->flow[i]);
	/* Per batch: blocks, request, discard, two faults, reclaim, swap; target, request. */
	ck_assert_uint_eq(d->nr_flows, 7 * BATCHES + 2);
	free(d);
}
END_TEST

/* Lines of the export, decoded, of a trace of one chain. */
START_TEST(a_fault_is_joined_to_the_discard_before_it)
{
	struct trace_writer *tw = trace_open("one.trace", TRACE_FULL, error, sizeof(error));
	char line[PATH_MAX + 300];

	TRACE(tw, 0, guest, .guest = 0, .name = "alpha", .vcpus = 1);
	emit_request(tw, 5 * MS, 10, 4096);
	TRACE(tw, 9 * MS, run_end, .result = TRACE_END_OK);
	ck_assert_int_eq(trace_close(tw), 0);
	exports("export perfetto one.trace -o one.pf");
	/* blocks: 10; request: 11; the first discard, of which a frame comes back */
	snprintf(line, sizeof(line), "protoc --decode=Export -I %.4000s/tests/data perfetto.proto "
		 "<one.pf | sed -n 's/^ *flow: //p' | sort -n | uniq -c | tr -s ' ' '\\n' | "
		 "tr '\\n' ' ' >flows.txt", top);
	ck_assert_int_eq(system(line), 0);
	ck_assert_int_eq(system("grep -q '^ *2 10 5 11 2 9223372036854775809 *$' flows.txt || "
				"{ cat flows.txt; false; }"), 0);
}
END_TEST

START_TEST(many_causes_without_effects_are_written_all_the_same)
{
	enum { MANY = 70000 };	/* more than are kept */
	struct trace_writer *tw = trace_open("many.trace", TRACE_FULL, error, sizeof(error));
	struct drawn *d;

	TRACE(tw, 0, guest, .guest = 0, .name = "alpha", .vcpus = 1);
	for (unsigned int i = 0; i < MANY; i++)
		TRACE(tw, i, discard, .guest = 0, .gfn = i * 16ull, .nr = 16);
	TRACE(tw, MANY, ept_fault, .guest = 0, .gfn = 16, .nr = 1, .latency = 1);
	TRACE(tw, MANY, ept_fault, .guest = 0, .gfn = (MANY - 1) * 16ull, .nr = 1, .latency = 1);
	ck_assert_int_eq(trace_close(tw), 0);
	exports("export perfetto many.trace -o many.pf");
	d = decode("many.pf");
	/* guest; two faults, with their ends; what the writer adds at the end */
	ck_assert_uint_ge(d->events, MANY + 1 + 4);
	ck_assert_uint_eq(d->nr_flows, 1);
	ck_assert_uint_eq(d->flow_events[0], 2);
	free(d);
}
END_TEST

/* A part of a trace */

static bool in_part(const struct trace_record *record)
{
	const struct trace_type *type = record->type;
	bool always = record->id == TRACE_ID_run || record->id == TRACE_ID_machine ||
		record->id == TRACE_ID_guest || record->id == TRACE_ID_command ||
		record->id == TRACE_ID_site;

	if (type->level > TRACE_NORMAL)
		return false;
	if (!always && (record->time < 1500 * MS || record->time > 2000 * MS))
		return false;
	for (unsigned int i = 0; i < type->nr_fields; i++) {
		if (type->fields[i].kind == TRACE_GUEST)
			return record->value[i].u == 1 || record->value[i].u == TRACE_HOST;
	}
	return true;
}

START_TEST(a_part_of_a_trace_is_that_part)
{
	struct tally t = tally_of("a.trace", in_part);
	char sql[120];
	sqlite3 *db;

	exports("export sqlite a.trace -o a.db --from 1.5 --until 2000ms --guest beta "
		"--detail normal");
	exports("export sqlite a.trace -o b.db --from 1500000us --until 2s --guest 1 "
		"--detail normal");
	ck_assert_int_eq(system("cmp a.db b.db"), 0);
	ck_assert_int_eq(sqlite3_open("a.db", &db), SQLITE_OK);
	for (unsigned int i = 0; i < NR_TRACE_IDS; i++) {
		if (!t.nr[i])
			continue;
		snprintf(sql, sizeof(sql), "SELECT count(*) FROM \"%s\"", t.name[i]);
		ck_assert_msg(ask(db, sql) == t.nr[i], "%s", t.name[i]);
		t.all -= t.nr[i];
	}
	ck_assert_uint_eq(t.all, 0);
	ck_assert_int_eq(ask(db, "SELECT count(*) FROM ept_fault"), 0);
	ck_assert_int_gt(ask(db, "SELECT count(*) FROM swap_in"), 40);
	sqlite3_close(db);
}
END_TEST

START_TEST(a_part_has_no_arrow_from_outside)
{
	struct drawn *d;

	/* Between requests and the faults of what they discarded; after programs have begun. */
	exports("export perfetto a.trace -o a.pf --from 1011ms --until 1501ms");
	d = decode("a.pf");
	ck_assert_uint_eq(d->unknown + d->not_described, 0);
	ck_assert_uint_gt(d->nr_flows, 100);
	for (unsigned int i = 0; i < d->nr_flows; i++)
		ck_assert_uint_ge(d->flow_events[i], 2);
	free(d);
}
END_TEST

START_TEST(the_same_trace_gives_the_same_bytes)
{
	struct output o;

	exports("export perfetto a.trace -o a.pf");
	exports("export perfetto a.trace -o b.pf");
	exports("export ctf a.trace -o a.ctf");
	exports("export ctf a.trace -o b.ctf");
	exports("export sqlite a.trace -o a.db");
	exports("export sqlite a.trace -o b.db");
	ck_assert_int_eq(system("cmp a.pf b.pf && cmp a.db b.db && diff -r a.ctf b.ctf"), 0);
	/* Through a pipe, too. */
	o = ballast("export perfetto a.trace", "c.pf");
	ck_assert_int_eq(o.status, 0);
	output_free(&o);
	ck_assert_int_eq(system("cmp a.pf c.pf"), 0);
}
END_TEST

/* Bad input */

static const struct bad {
	const char *args, *says;
} bad[] = {
	{ "export", "export: needs a format and a trace; formats: csv, ctf, perfetto, sqlite" },
	{ "export json a.trace", "export json: there is no such format; allowed: csv, ctf, "
	  "perfetto, sqlite" },
	{ "export ctf", "export ctf: needs a trace" },
	{ "export ctf a.trace", "export ctf: needs -o and a directory to make" },
	{ "export csv a.trace", "export csv: needs -o and a directory to make" },
	{ "export sqlite a.trace", "export sqlite: needs -o and a file" },
	{ "export ctf a.trace b.trace -o x", "export ctf b.trace: takes one trace" },
	{ "export ctf a.trace -o", "-o: needs a value" },
	{ "export ctf a.trace -o ''", "-o: needs a name" },
	{ "export ctf a.trace --all -o x", "--all: there is no such option; see ballast --help" },
	{ "export ctf none.trace -o x", "none.trace: No such file or directory" },
	{ "export ctf first.dts -o x", "first.dts: not a ballast trace" },
	{ "export ctf a.trace -o first.dts", "first.dts: exists; the export needs a directory of "
	  "its own" },
	{ "export ctf a.trace -o no/x", "no/x: cannot be written: No such file or directory" },
	{ "export perfetto a.trace -o .", ".: cannot be written: Is a directory" },
	{ "export perfetto a.trace -o /dev/full", "/dev/full: cannot be written: No space left on "
	  "device" },
	{ "export sqlite a.trace -o /dev/full", "/dev/full: is not a file, which a database "
	  "needs" },
	{ "export perfetto a.trace -o a.trace", "-o a.trace: is the trace that is exported; -o "
	  "must name another file" },
	{ "export sqlite a.trace -o ./a.trace", "-o ./a.trace: is the trace that is exported; -o "
	  "must name another file" },
	{ "export sqlite a.trace -o no/x", "no/x: cannot be written: No such file or directory" },
	{ "export sqlite a.trace -o x --record run", "export sqlite: --record: takes csv; other "
	  "formats have all records" },
	{ "export sqlite a.trace -o x --from soon", "--from soon: not a time; allowed: a number, "
	  "such as 20 or 1.5, and ns, us, ms, s, min or h" },
	{ "export sqlite a.trace -o x --until 99999999999999999999h", "--until "
	  "99999999999999999999h: not a time; allowed: a number, such as 20 or 1.5, and ns, us, "
	  "ms, s, min or h" },
	{ "export sqlite a.trace -o x --from 3 --until 2", "--from is later than --until" },
	{ "export sqlite a.trace -o x --from 100s", "a.trace: has no records in that time; it ends "
	  "at 3.006 s" },
	{ "export perfetto a.trace --from 100s", "a.trace: has no records in that time; it ends "
	  "at 3.006 s" },
	{ "export sqlite a.trace -o x --guest gamma", "a.trace: has no guest gamma; it has: alpha, "
	  "beta" },
	{ "export sqlite a.trace -o x --detail some", "--detail some: allowed: summary, normal, "
	  "full" },
	{ "trace perfetto a.trace", "trace perfetto: is now: ballast export perfetto TRACE -o "
	  "FILE" },
};

START_TEST(bad_input_is_one_line_and_leaves_nothing)
{
	const struct bad *b = &bad[_i];
	unsigned int files;
	struct output o;
	char want[400];

	write_file("err.txt", "", 0);
	files = count_files();
	o = ballast(b->args, "/dev/null");
	snprintf(want, sizeof(want), "ballast: %s\n", b->says);
	ck_assert_str_eq(o.err, want);
	ck_assert_int_eq(o.status, 2);
	ck_assert_uint_eq(count_files(), files);
	output_free(&o);
}
END_TEST

static const char *const outputs[] = {
	"export csv a.trace -o x", "export csv a.trace --record alloc_block -o x",
	"export ctf a.trace -o x", "export perfetto a.trace -o x", "export sqlite a.trace -o x",
};

/* Files may have 16 blocks of 512 bytes. */
START_TEST(a_full_disk_leaves_nothing)
{
	unsigned int files;
	char line[PATH_MAX + 300], *err;
	size_t size;

	write_file("err.txt", "", 0);
	files = count_files();
	snprintf(line, sizeof(line), "trap '' XFSZ; ulimit -f 16; %s %s 2>err.txt", command,
		 outputs[_i]);
	ck_assert_int_eq(WEXITSTATUS(system(line)), 2);
	err = read_file("err.txt", &size);
	ck_assert_msg(!strncmp(err, "ballast: x: cannot be written: ", 31), "%s", err);
	ck_assert_ptr_eq(strchr(err, '\n'), err + size - 1);
	ck_assert_uint_eq(count_files(), files);
	free(err);
}
END_TEST

START_TEST(an_interrupted_export_leaves_nothing)
{
	volatile sig_atomic_t interrupted = 0;
	struct export_request request = { .format = _i, .out = "x", .level = TRACE_FULL,
					  .until = UINT64_MAX, .interrupted = &interrupted };
	unsigned int files = count_files();

	interrupted = SIGINT;
	ck_assert_int_eq(trace_export("a.trace", &request, error, sizeof(error)), -1);
	ck_assert_str_eq(error, "x: interrupted; nothing is left of it");
	ck_assert_uint_eq(count_files(), files);
	interrupted = 0;
	ck_assert_int_eq(trace_export("a.trace", &request, error, sizeof(error)), 0);
	ck_assert_uint_eq(count_files(), files + 1);
}
END_TEST

START_TEST(of_a_cut_trace_what_is_intact_is_exported)
{
	char line[200];
	struct output o;
	size_t size;
	char *data = read_file("a.trace", &size);

	write_file("a.trace", data, size * 2 / 3);
	free(data);
	snprintf(line, sizeof(line), "%s", outputs[_i]);
	o = ballast(line, "/dev/null");
	ck_assert_int_eq(o.status, 2);
	ck_assert_uint_eq(o.err_lines, 1);
	ck_assert_ptr_nonnull(strstr(o.err, "records before it are intact"));
	ck_assert_int_eq(access("x", F_OK), 0);
	output_free(&o);
}
END_TEST

/* Traces that nobody has written: blocks are unpacked, changed, and have right digests again. */

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void change(uint8_t *raw, size_t len, uint32_t *random)
{
	for (unsigned int i = 0, n = next_random(random) % 4; i < n && len; i++) {
		uint32_t r = next_random(random);

		raw[next_random(random) % len] = r & 1 ? r >> 1 : 0xff;
	}
}

static void write_changed(const uint8_t *data, size_t size, const char *name, uint32_t *random)
{
	static uint8_t raw[TRACE_BLOCK_MAX], packed[2 * TRACE_BLOCK_MAX];
	uint64_t digest = TRACE_DIGEST_START;
	const uint8_t *p = data + TRACE_FILE_HEADER;
	FILE *f = fopen(name, "w");
	struct trace_block b;

	fwrite(data, 1, TRACE_FILE_HEADER, f);
	while (p < data + size && get_block_header(p, &b)) {
		uint8_t header[TRACE_BLOCK_HEADER];

		if (b.raw_len) {
			ZSTD_decompress(raw, sizeof(raw), p + TRACE_BLOCK_HEADER, b.frame_len);
			change(raw, b.raw_len, random);
			digest = trace_digest(digest, raw, b.raw_len);
		}
		p += TRACE_BLOCK_HEADER + b.frame_len;
		if (b.raw_len)
			b.frame_len = ZSTD_compress(packed, sizeof(packed), raw, b.raw_len, 1);
		b.digest = digest;
		put_block_header(header, &b);
		fwrite(header, 1, sizeof(header), f);
		fwrite(packed, 1, b.frame_len, f);
	}
	fclose(f);
}

START_TEST(changed_traces_do_no_harm)
{
	enum { CHANGES = 60 };
	struct export_request r = { .format = _i, .out = "x", .level = TRACE_FULL,
				    .until = UINT64_MAX };
	uint32_t random = 1;
	unsigned int exported = 0;
	size_t size;
	char *data = read_file("a.trace", &size);

	for (unsigned int i = 0; i < CHANGES; i++) {
		int ret;

		write_changed((uint8_t *)data, size, "changed.trace", &random);
		ret = trace_export("changed.trace", &r, error, sizeof(error));
		ck_assert(ret >= -1 && ret <= 1);
		ck_assert_int_eq(access("x", F_OK), ret < 0 ? -1 : 0);
		exported += ret >= 0;
		ck_assert_int_eq(system("rm -rf x; test -z \"$(ls | grep '^x')\""), 0);
	}
	ck_assert_uint_gt(exported, CHANGES / 4);
	free(data);
}
END_TEST

static bool have(const char *program)
{
	char line[100];

	snprintf(line, sizeof(line), "command -v %s >/dev/null", program);
	return !system(line);
}

Suite *test_suite(int argc, char **argv)
{
	Suite *suite = suite_create("export");
	TCase *tc = tcase_create("export");
	int nr_outputs = sizeof(outputs) / sizeof(outputs[0]);

	if (!cli_environment())
		return NULL;
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, csv_has_a_row_for_each_record);
	tcase_add_test(tc, csv_of_one_type_is_the_same_by_both_commands);
	tcase_add_test(tc, sqlite_has_a_table_for_each_type);
	if (have("babeltrace2"))
		tcase_add_test(tc, babeltrace_reads_each_event);
	else
		skip_tests(1, "no babeltrace2 (package babeltrace2)");
	if (have("protoc")) {
		tcase_add_test(tc, protoc_reads_each_packet_and_arrows_have_two_ends);
		tcase_add_test(tc, a_fault_is_joined_to_the_discard_before_it);
		tcase_add_test(tc, many_causes_without_effects_are_written_all_the_same);
		tcase_add_test(tc, a_part_has_no_arrow_from_outside);
	} else {
		skip_tests(4, "no protoc (package protobuf-compiler)");
	}
	tcase_add_test(tc, a_part_of_a_trace_is_that_part);
	tcase_add_test(tc, the_same_trace_gives_the_same_bytes);
	tcase_add_loop_test(tc, bad_input_is_one_line_and_leaves_nothing, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(tc, a_full_disk_leaves_nothing, 0, nr_outputs);
	tcase_add_loop_test(tc, an_interrupted_export_leaves_nothing, 0, NR_EXPORT_FORMATS);
	tcase_add_loop_test(tc, of_a_cut_trace_what_is_intact_is_exported, 0, nr_outputs);
	tcase_add_loop_test(tc, changed_traces_do_no_harm, 0, NR_EXPORT_FORMATS);
	suite_add_tcase(suite, tc);
	return suite;
}
