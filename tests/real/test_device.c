// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device in a real QEMU without a guest, by qtest: a hot plug that fails leaves a VM that runs
 * on, and that looks at nothing that was freed (valgrind); and how long the big lock is held by
 * what a hostile guest can ask for in one turn.
 *
 * Values are printed; the long form also measures QEMU's own device.
 */
#define _GNU_SOURCE	/* memfd_create() */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "qtest.h"
#include "qtest_virtio.h"
#include "rows.h"
#include "skip.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MIB (UINT64_C(1) << 20)
#define PAGE UINT64_C(4096)
#define RAM (1536 * MIB)
#define VIRTIO_ID_BALLOON 5
#define FEATURES ((UINT64_C(1) << 32) | (UINT64_C(1) << 28) | (1 << 5))
#define STATUS_NEEDS_RESET 0x40
#define D_WRITE 2
#define D_INDIRECT 4

/* The reporting queue, its ring and tables for its requests; the rest of RAM is free. */
#define QUEUE 3
#define RING MIB
#define AVAIL (RING + 0x1000)
#define USED (RING + 0x2000)
#define TABLE(i) (2 * MIB + (i) * 0x4000)
#define FREE (32 * MIB)
#define RING_SIZE 32
#define TABLE_SIZE 1024

/* What holds up everybody else in the VM, and what fails the test: machines are loaded. */
#define WANTED_MS 50
#define LIMIT_MS 250
/* No single command has to wait for longer, and none is measured beyond. */
#define POLL_MS 100000
#define UNANSWERED_US (QTEST_TIMEOUT_MS * UINT64_C(1000))

struct device {
	const char *name, *pci, *mmio;
};

static const struct device devices[] = {
	{ "ours", "virtio-ballast-pci", "virtio-ballast-device" },
	{ "stock", "virtio-balloon-pci", "virtio-balloon-device" },
};

/* One takes no plug at all, the other looks at what is plugged. */
#define NR_BUSES 2
static const char *const buses[NR_BUSES] = { "pcie.0", "root" };

enum turn { TURN_OVERLAP, TURN_ALL, TURN_PAGES, NR_TURNS };

static const char *const turn_name[NR_TURNS] = {
	[TURN_OVERLAP] = "16,384 buffers of nearly all RAM",
	[TURN_ALL] = "32 requests of nearly all RAM, in use",
	[TURN_PAGES] = "32,768 pages, each for itself",
};

static const char *const row_name[NR_TURNS] = {
	[TURN_OVERLAP] = "longest turn: 16,384 buffers of nearly all RAM",
	[TURN_ALL] = "longest turn: 32 requests of nearly all RAM",
	[TURN_PAGES] = "longest turn: 32,768 single pages",
};

static struct qtest q;
static struct qtest_virtio virtio;
static uint8_t *ram;
static bool survives[ARRAY_LEN(devices) * NR_BUSES];
static long memory_errors[ARRAY_LEN(devices)] = { -1, -1 };	/* -1: not known */
static uint64_t held_us[NR_TURNS][ARRAY_LEN(devices)];
static bool refused[NR_TURNS];

#define MUST(call) ck_assert_msg(!(call), "%s", q.error)
#define MUST_QMP(call) ck_assert_msg(!(call), "QMP: %s", q.qmp.error)

static const char *real_path(const char *name)
{
	static char path[2][512];
	static unsigned int turn;
	const char *dir = getenv("BALLAST_REAL");
	char *p = path[++turn % 2];

	snprintf(p, sizeof(path[0]), "%s/%s", dir ? dir : "build/gcc/real", name);
	return p;
}

static bool is_long(void)
{
	const char *value = getenv("BALLAST_LONG");

	return value && *value;
}

/* A hot plug that fails */

/* The property comes before the device has found out that it cannot be. */
static bool plug_wrongly(const struct device *d, const char *bus)
{
	int ret = qmp_runf(&q.qmp, QTEST_TIMEOUT_MS, NULL, "device_add",
			   "{'driver':'%s','id':'more','bus':'%s','free-page-hint':true,"
			   "'guest-stats-polling-interval':1}", d->pci, bus);

	ck_assert_int_ne(ret, 0);
	return strstr(q.qmp.error, bus[0] == 'p' ? "hotplug" : "requires 'iothread'") ||
	       strstr(q.qmp.error, "hung up");
}

/* Time goes on, and QMP asks for what the device would have known. */
static bool runs_on(void)
{
	unsigned int i;

	for (i = 0; i < 5; i++) {
		if (qtest_clock_step(&q, 1000000000) ||
		    qmp_run(&q.qmp, QTEST_TIMEOUT_MS, "query-status", NULL, NULL))
			return false;
	}
	/* No balloon is an answer, too. */
	qmp_run(&q.qmp, QTEST_TIMEOUT_MS, "query-balloon", NULL, NULL);
	return !qmp_run(&q.qmp, QTEST_TIMEOUT_MS, "query-status", NULL, NULL) && qtest_alive(&q);
}

START_TEST(vm_runs_on_after_a_hot_plug_that_fails)
{
	const char *const argv[] = { "-L", real_path("firmware"), "-m", "64M", "-M", "q35",
				     "-device", "pcie-root-port,id=root", NULL };
	const struct device *d = &devices[_i / NR_BUSES];
	const char *name = buses[_i % NR_BUSES];

	/* What is freed does not look as if it were still there. */
	setenv("MALLOC_PERTURB_", "165", 1);
	MUST(qtest_start(&q, real_path("qemu-system-x86_64"), argv));
	unsetenv("MALLOC_PERTURB_");
	ck_assert_msg(plug_wrongly(d, name), "QMP: %s", q.qmp.error);
	survives[_i] = runs_on();
	qtest_stop(&q);
	if (_i < NR_BUSES)
		ck_assert_msg(survives[_i], "%s: QEMU has gone: %s", d->name, q.error);
}
END_TEST

#define VALGRIND "/usr/bin/valgrind"

/* QEMU ends by itself, and valgrind says how many errors it has seen. */
static long count_errors(void)
{
	static char log[256 * 1024];
	uint64_t deadline = clock_deadline(QTEST_TIMEOUT_MS);
	char *at = log, *last = NULL;

	qmp_run(&q.qmp, QTEST_TIMEOUT_MS, "quit", NULL, NULL);
	while (qtest_alive(&q)) {
		ck_assert_msg(clock_left_ms(deadline), "QEMU does not end under valgrind");
		poll(NULL, 0, 20);
	}
	q.log_at = 0;
	qtest_read_log(&q, log, sizeof(log));
	while ((at = strstr(at, "ERROR SUMMARY: ")))
		last = at++;
	ck_assert_msg(last != NULL, "valgrind did not come to its end: %.300s", log);
	return strtol(last + strlen("ERROR SUMMARY: "), NULL, 10);
}

/* What is read of freed memory may look as if it were still there: valgrind knows. */
START_TEST(hot_plug_that_fails_leaves_nothing_that_is_freed)
{
	const char *const argv[] = { "-L", real_path("firmware"), "-m", "64M", "-M", "q35",
				     "-device", "pcie-root-port,id=root", NULL };
	/* Values that were never set are QEMU's affair, addresses are looked at. */
	const char *const under[] = { VALGRIND, "--undef-value-errors=no", NULL };
	unsigned int i;

	MUST(qtest_start_under(&q, under, real_path("qemu-system-x86_64"), argv));
	for (i = 0; i < NR_BUSES; i++) {
		ck_assert_msg(plug_wrongly(&devices[_i], buses[i]), "QMP: %s", q.qmp.error);
		runs_on();
	}
	memory_errors[_i] = count_errors();
	qtest_stop(&q);
	if (!_i)
		ck_assert_int_eq(memory_errors[_i], 0);
}
END_TEST

/* What one turn costs */

static void start_machine(const struct device *d)
{
	char backend[160], device[160];
	const char *const argv[] = {
		"-L", real_path("firmware"), "-m", "1536M", "-object", backend,
		"-M", "microvm,memory-backend=ram", "-global", "virtio-mmio.force-legacy=false",
		"-global", "virtio-mmio.ioeventfd=off", "-device", device, NULL,
	};
	int memory = memfd_create("guest-ram", MFD_CLOEXEC);

	ck_assert_int_ge(memory, 0);
	ck_assert_int_eq(ftruncate(memory, RAM), 0);
	ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	ck_assert_ptr_ne(ram, MAP_FAILED);
	snprintf(backend, sizeof(backend), "memory-backend-file,id=ram,size=%llu,share=on,"
		 "mem-path=/proc/%d/fd/%d", (unsigned long long)RAM, (int)getpid(), memory);
	snprintf(device, sizeof(device), "%s,free-page-reporting=on", d->mmio);
	MUST(qtest_start(&q, real_path("qemu-system-x86_64"), argv));
	close(memory);
	MUST(qtest_virtio_find_mmio(&virtio, &q, VIRTIO_ID_BALLOON));
	MUST(qtest_virtio_set_status(&virtio, 0));
	MUST(qtest_virtio_set_status(&virtio, 3));
	MUST(qtest_virtio_set_features(&virtio, FEATURES));
	MUST(qtest_virtio_set_status(&virtio, 3 | 8));
	MUST(qtest_virtio_queue_enable(&virtio, QUEUE, RING_SIZE, RING, AVAIL, USED));
	MUST(qtest_virtio_set_status(&virtio, 3 | 8 | 4));
}

static void stop_machine(void)
{
	qtest_stop(&q);
	munmap(ram, RAM);
}

static void put_desc(uint64_t table, unsigned int i, uint64_t addr, uint32_t len, uint16_t flags,
		     uint16_t next)
{
	uint8_t *p = ram + table + 16 * i;

	memcpy(p, &addr, 8);
	memcpy(p + 8, &len, 4);
	memcpy(p + 12, &flags, 2);
	memcpy(p + 14, &next, 2);
}

/* Request @i: a table of @nr buffers. */
static void put_request(unsigned int i, unsigned int nr, uint64_t addr, uint64_t stride,
			uint32_t len)
{
	unsigned int j;

	for (j = 0; j < nr; j++)
		put_desc(TABLE(i), j, addr + j * stride, len, D_WRITE | (j + 1 < nr), j + 1);
	put_desc(RING, i, TABLE(i), 16 * nr, D_INDIRECT, 0);
	memcpy(ram + AVAIL + 4 + 2 * i, &(uint16_t){ i }, 2);
}

static unsigned int fill_ring(enum turn turn)
{
	unsigned int i, nr = turn == TURN_OVERLAP ? 16 : RING_SIZE;

	for (i = 0; i < nr; i++) {
		if (turn == TURN_OVERLAP)
			put_request(i, TABLE_SIZE, FREE, 0, RAM - FREE);
		else if (turn == TURN_ALL)
			put_request(i, 1, FREE, 0, RAM - FREE);
		else
			put_request(i, TABLE_SIZE, FREE + 2 * i * TABLE_SIZE * PAGE, 2 * PAGE,
				    PAGE);
	}
	memset(ram + FREE, 0x5a, RAM - FREE);
	memcpy(ram + AVAIL + 2, &(uint16_t){ nr }, 2);
	return nr;
}

static bool is_over(unsigned int nr, bool *broken)
{
	uint8_t status;
	uint16_t used;

	memcpy(&used, ram + USED + 2, 2);
	MUST(qtest_virtio_get_status(&virtio, &status));
	*broken = status & STATUS_NEEDS_RESET;
	return used == nr || *broken;
}

/*
 * The kick is served where it arrives, in the main loop, and what is left over there as well: as
 * long as the lock is held nobody else is served.  So the longest answer is the longest turn.
 */
static uint64_t longest_us(enum turn turn, bool stock, bool *broken)
{
	uint64_t start, us, longest = 0, deadline = clock_deadline(POLL_MS);
	unsigned int nr = fill_ring(turn);
	bool over = false;

	start = clock_now_ns();
	if (qtest_virtio_kick(&virtio, QUEUE)) {
		/* QEMU's own is not waited for any longer; that is no failure of ours. */
		ck_assert_msg(stock && qtest_alive(&q), "%s", q.error);
		return UNANSWERED_US;
	}
	while (!over) {
		us = (clock_now_ns() - start) / 1000;
		longest = us > longest ? us : longest;
		ck_assert_msg(clock_left_ms(deadline), "requests are not served");
		start = clock_now_ns();
		over = is_over(nr, broken);
	}
	return longest;
}

/* Others use the machine, too: the best of three runs is the device's. */
START_TEST(hostile_turn_is_over_soon)
{
	const struct device *d = &devices[_i / NR_TURNS];
	uint64_t us, *best = &held_us[_i % NR_TURNS][_i / NR_TURNS];
	enum turn turn = _i % NR_TURNS;
	unsigned int run;
	bool broken = false;

	for (run = 0; run < (_i / NR_TURNS ? 1 : 3); run++) {
		start_machine(d);
		us = longest_us(turn, d != &devices[0], &broken);
		*best = !run || us < *best ? us : *best;
		stop_machine();
	}
	if (_i / NR_TURNS)
		return;
	refused[turn] = broken;
	ck_assert_int_eq(broken, turn == TURN_OVERLAP);
	ck_assert_msg(*best < LIMIT_MS * 1000, "%s: a turn takes %llu us", turn_name[turn],
		      (unsigned long long)*best);
}
END_TEST

static void print_memory_errors(void)
{
	struct row row = { .nr = 2, .what = "hot plug that fails: errors that valgrind finds",
			   .limit = "0" };
	unsigned int i;

	if (memory_errors[0] < 0)
		return;
	for (i = 0; i < ARRAY_LEN(devices); i++)
		if (memory_errors[i] >= 0)
			snprintf(i ? row.stock : row.ours, sizeof(row.ours), "%ld",
				 memory_errors[i]);
	row.met = !memory_errors[0];
	printf("|   %-42s %12s %12s %12s\n", "errors that valgrind finds", row.ours,
	       row.stock[0] ? row.stock : "-", "0");
	row_add(&row);
}

static void add_plug_row(unsigned int bus, const char *stock)
{
	struct row row = { .nr = 2, .limit = "runs on", .met = survives[bus],
			   .what = bus ? "hot plug that fails (realize): QEMU" :
					 "hot plug that fails (bus): QEMU" };

	snprintf(row.ours, sizeof(row.ours), "%s", survives[bus] ? "runs on" : "dies");
	snprintf(row.stock, sizeof(row.stock), "%s", stock);
	row_add(&row);
}

static void print_turn(uint64_t us, char *text, size_t size)
{
	if (!us)
		snprintf(text, size, "-");
	else
		snprintf(text, size, "%s%.1f ms", us >= UNANSWERED_US ? "> " : "", us / 1000.0);
}

static void add_turn_row(enum turn turn, const char *ours, const char *stock)
{
	struct row row = { .nr = 11, .what = row_name[turn],
			   .met = held_us[turn][0] && held_us[turn][0] <= WANTED_MS * 1000 };

	snprintf(row.ours, sizeof(row.ours), "%s", ours);
	snprintf(row.stock, sizeof(row.stock), "%s", stock);
	snprintf(row.limit, sizeof(row.limit), "%u ms", WANTED_MS);
	row_add(&row);
}

static void print_table(void)
{
	char ours[32], stock[32] = "-";
	unsigned int i;

	printf("| %-44s %12s %12s %12s\n", "hot plug that fails", "ours", "stock", "wanted");
	for (i = 0; i < NR_BUSES; i++) {
		if (is_long())
			snprintf(stock, sizeof(stock), "%s",
				 survives[NR_BUSES + i] ? "runs on" : "QEMU dies");
		printf("|   %-42s %12s %12s %12s\n", i ? "realize fails" : "bus without hot plug",
		       survives[i] ? "runs on" : "QEMU dies", stock, "runs on");
		add_plug_row(i, stock);
	}
	print_memory_errors();
	printf("| %-44s %12s %12s %12s\n", "longest turn with the big lock held", "ours", "stock",
	       "wanted");
	for (i = 0; i < NR_TURNS; i++) {
		if (is_long())
			print_turn(held_us[i][1], stock, sizeof(stock));
		print_turn(held_us[i][0], ours, sizeof(ours));
		printf("|   %-42s %12s %12s %9u ms%s\n", turn_name[i], ours, stock, WANTED_MS,
		       refused[i] ? " (refused)" : "");
		add_turn_row(i, ours, stock);
	}
}

int main(void)
{
	Suite *suite = suite_create("device");
	TCase *tc = tcase_create("device");
	int kinds = is_long() ? ARRAY_LEN(devices) : 1, failed;
	SRunner *runner;

	if (access(real_path("qemu-system-x86_64"), X_OK)) {
		fprintf(stderr, "test_device: there is no %s; run 'make qemu' or set "
			"BALLAST_REAL\n", real_path("qemu-system-x86_64"));
		return 2;
	}
	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, vm_runs_on_after_a_hot_plug_that_fails, 0,
			    kinds * NR_BUSES);
	if (access(VALGRIND, X_OK))
		skip_tests(kinds, "valgrind is not installed; run 'make deps-real'");
	else
		tcase_add_loop_test(tc, hot_plug_that_fails_leaves_nothing_that_is_freed, 0, kinds);
	tcase_add_loop_test(tc, hostile_turn_is_over_soon, 0, kinds * NR_TURNS);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	/* Values stay for the table; every wait has an end of its own. */
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	print_table();
	return failed ? 1 : 0;
}
