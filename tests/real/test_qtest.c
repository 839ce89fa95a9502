// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile guests (tests/hostile/cases.h) against our devices in our QEMU, by qtest: behind
 * virtio-mmio in a microvm, and behind PCI, with an ioeventfd, in a q35, which has a ROM as
 * well.
 *
 * One QEMU serves all cases of a machine, as a guest may try many things; a new one is started
 * only when the last case failed.  Guest RAM is a memory file that the test has mapped, too.
 *
 * BALLAST_REAL is the directory that tests/real/qemu.sh made.
 */
#define _GNU_SOURCE	/* memfd_create() */
#include <check.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "qtest.h"
#include "qtest_virtio.h"
#include "world.h"

#define PCI_SLOT 5
#define DEVICE "/machine/peripheral/device0"

#define IOAPIC 0xfec00000u	/* registers that both machines have; 4 KiB */
#define BIOS 0xffff0000u	/* of a q35; a microvm's can be written to */

#define CONFIG_COMMAND_ID 8
#define COMMAND_ID_MIN 0x80000000u

enum machine { MACHINE_MICROVM, MACHINE_Q35 };

struct qemu_world {
	struct hostile_world world;
	enum machine machine;
	struct qtest q;
	struct qtest_virtio virtio;
	int memory;			/* guest RAM's file */
	bool running, unfinished;	/* unfinished: a case is under way, or has failed */
	char errors[8192];
};

static struct qemu_world qemu;

#define MUST(call) ck_assert_msg(!(call), "%s", qemu.q.error)
#define MUST_QMP(call) ck_assert_msg(!(call), "QMP: %s", qemu.q.qmp.error)

/* The world */

static uint8_t op_get_status(struct hostile_world *w)
{
	uint8_t status = 0;

	MUST(qtest_virtio_get_status(&qemu.virtio, &status));
	return status;
}

static void op_set_status(struct hostile_world *w, uint8_t status)
{
	MUST(qtest_virtio_set_status(&qemu.virtio, status));
}

static void op_set_features(struct hostile_world *w, uint64_t features)
{
	MUST(qtest_virtio_set_features(&qemu.virtio, features));
}

static unsigned int op_queue_size_max(struct hostile_world *w, unsigned int queue)
{
	uint32_t size = 0;

	MUST(qtest_virtio_queue_size_max(&qemu.virtio, queue, &size));
	return size;
}

static void op_queue_enable(struct hostile_world *w, unsigned int queue,
			    const struct hostile_ring *ring)
{
	MUST(qtest_virtio_queue_enable(&qemu.virtio, queue, ring->size, ring->desc, ring->avail,
				       ring->used));
}

static void op_kick(struct hostile_world *w, unsigned int queue)
{
	MUST(qtest_virtio_kick(&qemu.virtio, queue));
}

static uint32_t op_config_read(struct hostile_world *w, unsigned int offset, unsigned int size)
{
	uint64_t value = 0;

	MUST(qtest_read(&qemu.q, qemu.virtio.config + offset, size, &value));
	return value;
}

static void op_config_write(struct hostile_world *w, unsigned int offset, unsigned int size,
			    uint32_t value)
{
	MUST(qtest_write(&qemu.q, qemu.virtio.config + offset, size, value));
}

/* A command goes through the main loop, and so do handlers and bottom halves that are due. */
static void op_pause(struct hostile_world *w)
{
	MUST_QMP(qmp_run(&qemu.q.qmp, QTEST_TIMEOUT_MS, "query-status", NULL, NULL));
}

static uint64_t op_counter(struct hostile_world *w, const char *name)
{
	uint64_t value = 0;

	MUST_QMP(qmp_get_u64(&qemu.q.qmp, DEVICE, name, &value));
	return value;
}

static const char *op_errors(struct hostile_world *w)
{
	qtest_read_log(&qemu.q, qemu.errors, sizeof(qemu.errors));
	return qemu.errors;
}

static bool migration_over(void)
{
	struct json_object *result = NULL, *status;
	const char *text = "none";
	bool over;

	MUST_QMP(qmp_run(&qemu.q.qmp, QTEST_TIMEOUT_MS, "query-migrate", NULL, &result));
	if (json_object_object_get_ex(result, "status", &status))
		text = json_object_get_string(status);
	over = !strcmp(text, "cancelled") || !strcmp(text, "failed") || !strcmp(text, "completed");
	json_object_put(result);
	return over;
}

/*
 * A migration to nowhere, so slow that its first pass over memory does not end.  The device asks
 * for hints before the first pass.
 */
static void op_round(struct hostile_world *w, bool begin)
{
	uint64_t deadline = clock_deadline(QTEST_TIMEOUT_MS);
	struct qmp *qmp = &qemu.q.qmp;

	if (begin) {
		MUST_QMP(qmp_runf(qmp, QTEST_TIMEOUT_MS, NULL, "migrate-set-parameters",
				  "{'max-bandwidth': 1000}"));
		MUST_QMP(qmp_runf(qmp, QTEST_TIMEOUT_MS, NULL, "migrate",
				  "{'uri': 'exec:cat >/dev/null'}"));
	} else {
		MUST_QMP(qmp_run(qmp, QTEST_TIMEOUT_MS, "migrate_cancel", NULL, NULL));
	}
	while (begin ? op_config_read(w, CONFIG_COMMAND_ID, 4) < COMMAND_ID_MIN : !migration_over())
		ck_assert_msg(clock_left_ms(deadline), "the migration does not %s",
			      begin ? "ask for hints" : "end");
}

static void op_read_rom(struct hostile_world *w, void *bytes)
{
	MUST(qtest_read_bytes(&qemu.q, w->rom, bytes, w->rom_bytes));
}

static const struct hostile_world_ops qemu_ops = {
	.get_status = op_get_status,
	.set_status = op_set_status,
	.set_features = op_set_features,
	.queue_size_max = op_queue_size_max,
	.queue_enable = op_queue_enable,
	.kick = op_kick,
	.config_read = op_config_read,
	.config_write = op_config_write,
	.pause = op_pause,
	.counter = op_counter,
	.errors = op_errors,
	.round = op_round,
	.read_rom = op_read_rom,
};

/* The machine */

static const char *real_path(const char *name)
{
	static char path[2][512];
	static unsigned int turn;
	const char *dir = getenv("BALLAST_REAL");
	char *p = path[++turn % 2];

	snprintf(p, sizeof(path[0]), "%s/%s", dir ? dir : "build/gcc/real", name);
	return p;
}

static void stop_qemu(void)
{
	if (!qemu.running)
		return;
	qtest_stop(&qemu.q);
	munmap(qemu.world.ram, HOSTILE_RAM);
	close(qemu.memory);
	qemu.running = false;
}

static void make_ram(char *backend, size_t size)
{
	qemu.memory = memfd_create("guest-ram", MFD_CLOEXEC);
	ck_assert_int_ge(qemu.memory, 0);
	ck_assert_int_eq(ftruncate(qemu.memory, HOSTILE_RAM), 0);
	qemu.world.ram = mmap(NULL, HOSTILE_RAM, PROT_READ | PROT_WRITE, MAP_SHARED, qemu.memory,
			      0);
	ck_assert_ptr_ne(qemu.world.ram, MAP_FAILED);
	snprintf(backend, size, "memory-backend-file,id=ram,size=%llu,share=on,"
		 "mem-path=/proc/%d/fd/%d", (unsigned long long)HOSTILE_RAM, (int)getpid(),
		 qemu.memory);
}

static void start_qemu(enum machine machine, const struct hostile_device *what)
{
	bool pci = machine == MACHINE_Q35;
	char backend[160], device[160];
	const char *const argv[] = {
		"-L", real_path("firmware"), "-m", "64M", "-object", backend,
		"-M", pci ? "q35,memory-backend=ram" : "microvm,memory-backend=ram",
		"-global", "virtio-mmio.force-legacy=false", "-global", "virtio-mmio.ioeventfd=off",
		"-object", "iothread,id=io0", "-device", device, NULL,
	};

	memset(&qemu, 0, sizeof(qemu));
	qemu.unfinished = true;		/* also when its device is not found */
	make_ram(backend, sizeof(backend));
	snprintf(device, sizeof(device), "%s-%s,id=device0%s", what->type,
		 pci ? "pci,addr=05.0" : "device", what == &hostile_ballast ?
		 ",free-page-reporting=on,free-page-hint=on,iothread=io0" : "");
	MUST(qtest_start(&qemu.q, real_path("qemu-system-x86_64"), argv));
	qemu.running = true;
	qemu.machine = machine;
	qemu.world.ops = &qemu_ops;
	qemu.world.device = what;
	qemu.world.mmio = IOAPIC;
	qemu.world.rom = pci ? BIOS : 0;
	qemu.world.rom_bytes = pci ? 4096 : 0;
	qemu.world.patience_ms = QTEST_TIMEOUT_MS;
	if (pci)
		MUST(qtest_virtio_find_pci(&qemu.virtio, &qemu.q, PCI_SLOT, what->id));
	else
		MUST(qtest_virtio_find_mmio(&qemu.virtio, &qemu.q, what->id));
}

static void setup(enum machine machine, const struct hostile_device *device)
{
	if (qemu.running && (qemu.unfinished || qemu.machine != machine ||
			     qemu.world.device != device))
		stop_qemu();
	if (!qemu.running)
		start_qemu(machine, device);
	else
		qemu.unfinished = true;
}

static void setup_microvm(void)
{
	setup(MACHINE_MICROVM, &hostile_ballast);
}

static void setup_q35(void)
{
	setup(MACHINE_Q35, &hostile_ballast);
}

static void setup_page_hint_microvm(void)
{
	setup(MACHINE_MICROVM, &hostile_page_hint);
}

static void setup_page_hint_q35(void)
{
	setup(MACHINE_Q35, &hostile_page_hint);
}

START_TEST(hostile_guest_harms_itself_only)
{
	const struct hostile_case *c = &qemu.world.device->cases[_i];

	if (qemu.world.rom_bytes || !hostile_wants_rom(c))
		hostile_run(&qemu.world, c);
	ck_assert_msg(qtest_alive(&qemu.q), "%s: QEMU has gone", c->what);
	qemu.unfinished = false;
}
END_TEST

/* Reading a hole of the file fills it: the fewest blocks are those before memory is checked. */
static blkcnt_t blocks_min, blocks_max;

static void op_pause_and_sample(struct hostile_world *w)
{
	struct stat st;

	op_pause(w);
	ck_assert_int_eq(fstat(qemu.memory, &st), 0);
	blocks_min = st.st_blocks < blocks_min ? st.st_blocks : blocks_min;
	blocks_max = st.st_blocks > blocks_max ? st.st_blocks : blocks_max;
}

/* The host has the memory back: the file has holes there. */
START_TEST(discarded_memory_is_not_the_files_any_more)
{
	struct hostile_world_ops ops = qemu_ops;
	const struct hostile_case *c = hostile_ballast.cases;

	while (c < hostile_ballast.cases + hostile_ballast.nr_cases &&
	       strcmp(c->what, "1024 buffers are taken"))
		c++;
	ck_assert(c < hostile_ballast.cases + hostile_ballast.nr_cases);
	blocks_min = HOSTILE_RAM / 512;
	blocks_max = 0;
	ops.pause = op_pause_and_sample;
	qemu.world.ops = &ops;
	hostile_run(&qemu.world, c);
	qemu.world.ops = &qemu_ops;
	ck_assert_int_eq(blocks_max * 512, HOSTILE_RAM);
	ck_assert_int_eq((blocks_max - blocks_min) * 512, 1024 * HOSTILE_PAGE);
	qemu.unfinished = false;
}
END_TEST

/*
 * A migration whose receiver does not read: the migration thread waits in the middle of a pass,
 * with a lock that whoever applies hints wants, too.
 */
static int stalled_listener = -1, stalled = -1;

static void listen_at(struct sockaddr_un *addr, char *dir)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(addr->sun_path, sizeof(addr->sun_path), "%s/s", dir);
	stalled_listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(stalled_listener, 0);
	ck_assert_int_eq(bind(stalled_listener, (struct sockaddr *)addr, sizeof(*addr)), 0);
	ck_assert_int_eq(listen(stalled_listener, 1), 0);
}

/* Until as much has come as fits, and nothing more comes. */
static void wait_for_stall(struct hostile_world *w)
{
	uint64_t deadline = clock_deadline(QTEST_TIMEOUT_MS);
	int last = 0, now = 0;
	unsigned int same = 0;

	while (same < 20) {
		clock_sleep_ms(10);
		op_pause(w);
		ck_assert_int_eq(ioctl(stalled, FIONREAD, &now), 0);
		same = now >= 65536 && now == last ? same + 1 : 0;
		last = now;
		ck_assert_msg(clock_left_ms(deadline), "the migration does not stall");
	}
}

static void op_stalled_round(struct hostile_world *w, bool begin)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/ballast-qtest-XXXXXX";

	if (!begin) {
		op_round(w, false);
		/* The migration thread may say that it was torn from its socket. */
		op_errors(w);
		ck_assert_msg(!qemu.errors[0] || strstr(qemu.errors, "Unable to write to socket"),
			      "%s", qemu.errors);
		close(stalled);
		close(stalled_listener);
		return;
	}
	listen_at(&addr, dir);
	MUST_QMP(qmp_runf(&qemu.q.qmp, QTEST_TIMEOUT_MS, NULL, "migrate-set-parameters",
			  "{'max-bandwidth': 1000000000}"));
	MUST_QMP(qmp_runf(&qemu.q.qmp, QTEST_TIMEOUT_MS, NULL, "migrate", "{'uri': 'unix:%s'}",
			  addr.sun_path));
	stalled = accept(stalled_listener, NULL, NULL);
	unlink(addr.sun_path);
	rmdir(dir);
	ck_assert_int_ge(stalled, 0);
	wait_for_stall(w);
}

/* A hint that cannot be applied yet must not keep the main loop, and with it QMP, from working. */
START_TEST(main_loop_works_while_a_migration_stalls)
{
	static const struct hostile_step steps[] = {
		{ .what = DO_ROUND },
		{ .what = DO_ID, .at = HOSTILE_BUFFERS },
		{ .what = DO_DESC, .at = HOSTILE_DESC(Q_HINT), .addr = HOSTILE_BUFFERS, .len = 4 },
		{ .what = DO_OFFER, .queue = Q_HINT, .count = 1 },
		{ .what = DO_KICK, .queue = Q_HINT },
		{ .what = DO_DESC, .at = HOSTILE_DESC(Q_HINT), .index = 1, .addr = 16 * HOSTILE_MIB,
		  .len = HOSTILE_PAGE, .flags = D_WRITE },
		{ .what = DO_OFFER, .queue = Q_HINT, .index = 1, .count = 1 },
		{ .what = DO_KICK, .queue = Q_HINT },
		{ .what = DO_NOTHING },
	};
	static const struct hostile_word target = { 0, 0 };
	const struct hostile_case c = {
		.what = "hint while the receiver of a migration stalls", .steps = steps,
		.end = ENDS_IGNORED, .queue = Q_HINT, .used = 1, .config = &target,
	};
	struct hostile_world_ops ops = qemu_ops;

	ops.round = op_stalled_round;
	qemu.world.ops = &ops;
	hostile_run(&qemu.world, &c);
	qemu.world.ops = &qemu_ops;
	qemu.unfinished = false;
}
END_TEST

static TCase *add_machine(Suite *suite, const char *name, const struct hostile_device *device,
			  void (*fixture)(void))
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, fixture, NULL);
	tcase_add_loop_test(tc, hostile_guest_harms_itself_only, 0, device->nr_cases);
	suite_add_tcase(suite, tc);
	return tc;
}

static void add_ballast(Suite *suite, const char *name, void (*fixture)(void))
{
	TCase *tc = add_machine(suite, name, &hostile_ballast, fixture);

	tcase_add_test(tc, discarded_memory_is_not_the_files_any_more);
	tcase_add_test(tc, main_loop_works_while_a_migration_stalls);
}

int main(void)
{
	Suite *suite = suite_create("qtest");
	SRunner *runner;
	int failed;

	if (access(real_path("qemu-system-x86_64"), X_OK)) {
		fprintf(stderr, "test_qtest: there is no %s; run 'make qemu' or set "
			"BALLAST_REAL\n", real_path("qemu-system-x86_64"));
		return 2;
	}
	add_ballast(suite, "microvm", setup_microvm);
	add_ballast(suite, "q35", setup_q35);
	add_machine(suite, "page-hint, microvm", &hostile_page_hint, setup_page_hint_microvm);
	add_machine(suite, "page-hint, q35", &hostile_page_hint, setup_page_hint_q35);
	runner = srunner_create(suite);
	/* QEMU stays from case to case; every wait has an end of its own. */
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	stop_qemu();
	return failed ? 1 : 0;
}
