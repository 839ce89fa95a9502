// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free page hinting with real migrations: a guest moves from one QEMU to the next, over a socket.
 *
 * Each guest moves twice.  Before a move it fills 280 MiB of its 512 and gives them back, so that
 * much of its memory is free but not zero, and holds 64 MiB of which every byte is known.  The
 * first move is the control: the guest has no driver yet and hints nothing, so its garbage is sent.
 * Before the second the driver is loaded, and its hints must save most of that.  After both the
 * guest compares what it holds, and has all of its free memory.
 *
 * Left out: postcopy and snapshots, where hints are off.
 */
#include <json-c/json.h>
#include <sys/mman.h>

#include "boot.h"
#include "rows.h"
#include "skip.h"

#define GUEST_MIB 512
#define GARBAGE_MIB 280
/* What hints must save at least: the rest may be in use, or in pieces too small for a hint. */
#define SAVED_MIB 150
#define BANDWIDTH (64 * MIB)
/* No move ends at this pace, and there is time to do things meanwhile. */
#define BANDWIDTH_SLOW (1 * MIB)
#define DEVICE "/machine/peripheral/balloon0"
#define HOLD "churn size-mib=64 min-kib=4 max-kib=4096 lifetime-ms=500 madvise=none duration-ms=500"

struct combination {
	const char *name, *module, *device;
	bool our_device;
};

static const struct combination combinations[] = {
	{ "ours-ours", "virtio_ballast", "virtio-ballast-pci", true },
	{ "stock-ours", "virtio_balloon", "virtio-ballast-pci", true },
	{ "ours-stock", "virtio_ballast", "virtio-balloon-pci", false },
};

/* A guest and where it is. */
struct journey {
	const struct combination *what;
	struct boot here, next;
	struct boot_options options;
	unsigned int moves;
	unsigned int memory_mib;	/* 0: as usual */
	bool clears;			/* the kernel clears pages when it allocates them */
	char device[128], name[64];
	const char *args[8];
	struct program_run run;
};

/* Of query-migrate's "ram". */
struct traffic {
	uint64_t normal, duplicate, bytes, syncs;
};

/* Every QEMU on the way has the same devices; all but the first wait for the guest. */
static void start_next(struct journey *j, struct boot *boot)
{
	unsigned int n = 0;

	snprintf(j->name, sizeof(j->name), "%s-%u", j->what->name, j->moves);
	snprintf(j->device, sizeof(j->device),
		 "%s,id=balloon0,free-page-hint=on,iothread=hints", j->what->device);
	j->args[n++] = "-object";
	j->args[n++] = "iothread,id=hints";
	j->args[n++] = "-device";
	j->args[n++] = j->device;
	if (j->moves) {
		j->args[n++] = "-incoming";
		j->args[n++] = "defer";
	}
	j->args[n] = NULL;
	j->options = (struct boot_options){
		.name = j->name, .args = j->args, .migrates = true,
		.memory_mib = j->memory_mib ? j->memory_mib : GUEST_MIB,
		.append = j->clears ? "init_on_alloc=1" : "init_on_alloc=0",
		.event = program_event, .opaque = &j->run,
	};
	boot_start(boot, &j->options);
}

static void journey_begin(struct journey *j, const struct combination *what)
{
	*j = (struct journey){ .what = what, .memory_mib = j->memory_mib, .clears = j->clears };
	boot_prepare(&j->here);
	start_next(j, &j->here);
	ck_vm(j->here.vm, real_vm_boot(j->here.vm));
}

static uint64_t field(struct json_object *object, const char *name)
{
	struct json_object *value;

	ck_assert_msg(json_object_object_get_ex(object, name, &value), "query-migrate has no %s",
		      name);
	return json_object_get_uint64(value);
}

/* Returns whether the status of the migration is @wanted; fails if it is "failed". */
static bool migration_is(struct real_vm *vm, const char *wanted, struct traffic *traffic)
{
	struct json_object *info, *value;
	char status[32] = "none";

	ck_assert_msg(!qmp_run(&vm->qmp, SHORT_MS, "query-migrate", NULL, &info), "%s: %s",
		      vm->config.name, vm->qmp.error);
	if (json_object_object_get_ex(info, "status", &value))
		snprintf(status, sizeof(status), "%s", json_object_get_string(value));
	ck_assert_msg(strcmp(status, "failed"), "%s: the migration failed: %s", vm->config.name,
		      json_object_to_json_string(info));
	if (traffic && json_object_object_get_ex(info, "ram", &value)) {
		traffic->normal = field(value, "normal");
		traffic->duplicate = field(value, "duplicate");
		traffic->bytes = field(value, "transferred");
		traffic->syncs = field(value, "dirty-sync-count");
	}
	json_object_put(info);
	return !strcmp(status, wanted);
}

struct wanted {
	const char *status;
	struct traffic *traffic;
};

static bool status_reached(struct real_vm *vm, void *opaque)
{
	const struct wanted *w = opaque;

	return migration_is(vm, w->status, w->traffic);
}

static void wait_status(struct real_vm *vm, const char *status, struct traffic *traffic)
{
	struct wanted w = { status, traffic };
	char what[64];

	snprintf(what, sizeof(what), "migration status '%s'", status);
	ck_vm(vm, real_vm_wait_until(vm, LONG_MS, what, status_reached, &w));
}

static void set_pace(struct real_vm *vm, uint64_t bandwidth)
{
	qmp_does(vm, "migrate-set-parameters", "{'max-bandwidth':%llu,'downtime-limit':1000}",
		 (unsigned long long)bandwidth);
}

static void move_begin(struct journey *j, uint64_t bandwidth)
{
	snprintf(j->next.dir, sizeof(j->next.dir), "%s", j->here.dir);
	j->moves++;
	start_next(j, &j->next);
	qmp_does(j->next.vm, "migrate-incoming", "{'uri':'unix:%s/migration'}", j->next.dir);
	set_pace(j->here.vm, bandwidth);
	qmp_does(j->here.vm, "migrate", "{'uri':'unix:%s/migration'}", j->here.dir);
}

static void move_end(struct journey *j, struct traffic *traffic)
{
	struct real_vm *from = j->here.vm;

	wait_status(from, "completed", traffic);
	wait_status(j->next.vm, "completed", NULL);
	j->run.vm = j->next.vm;
	ck_vm(j->next.vm, real_vm_continue(j->next.vm, from));
	/* Each ends as well as a machine that was never left. */
	ck_assert_msg(!qmp_run(&from->qmp, SHORT_MS, "quit", NULL, NULL), "%s", from->qmp.error);
	ck_vm(from, real_vm_wait_exit(from, SHORT_MS));
	real_vm_destroy(from);
	j->here.vm = j->next.vm;
	j->next.vm = NULL;
}

static void show(const struct journey *j, const char *what, const struct traffic *t)
{
	printf("%-11s %-8s pages %6llu normal %6llu zero, %4llu MiB sent, %llu rounds\n",
	       j->what->name, what, (unsigned long long)t->normal,
	       (unsigned long long)t->duplicate, (unsigned long long)(t->bytes / MIB),
	       (unsigned long long)t->syncs);
}

static void make_garbage(struct journey *j)
{
	char what[128];

	snprintf(what, sizeof(what),
		 "memhog size-mib=%d loops=1 hold-ms=0 pause-ms=0 madvise=none", GARBAGE_MIB);
	program_begin(&j->run, j->here.vm, what);
	program_wait(&j->run, LONG_MS);
	ck_assert_int_eq(j->run.status, 0);
}

/* Start a program that fills memory, and stop it before it begins to compare. */
static void hold(struct journey *j)
{
	program_begin(&j->run, j->here.vm, HOLD);
	program_wait_phase(&j->run, "churn", LONG_MS);
}

/* See it to its end; it has compared everything then. */
static void check_contents(struct journey *j)
{
	program_wait(&j->run, LONG_MS);
	ck_assert_msg(j->run.status == 0 && !j->run.killed,
		      "the program found other contents than it wrote: status %d, killed %u",
		      j->run.status, j->run.killed);
}

static void let_go(struct journey *j)
{
	program_go(&j->run);
	check_contents(j);
}

/* Free memory is as before, but for what a kernel keeps for itself now and then. */
static void check_free(struct journey *j, uint64_t before)
{
	uint64_t now = 0, deadline = clock_deadline(SHORT_MS);

	do {
		guest_wait(j->here.vm, 200);
		now = guest_memory(j->here.vm, "free");
	} while (now + 16 * MIB / PAGE < before && clock_left_ms(deadline));
	ck_assert_msg(now + 16 * MIB / PAGE >= before, "free before %llu MiB, after %llu MiB",
		      (unsigned long long)(before * PAGE / MIB),
		      (unsigned long long)(now * PAGE / MIB));
}

static bool hints_came(struct real_vm *vm, void *opaque)
{
	return qmp_number(vm, DEVICE, "hint-applied-bytes") >= SAVED_MIB * MIB;
}

static void wait_hints(struct journey *j)
{
	ck_vm(j->here.vm, real_vm_wait_until(j->here.vm, LONG_MS, "hints for the free memory",
					     hints_came, NULL));
}

/* The pace is slow: wait until the guest's driver holds what was free, and takes no more. */
static void wait_held_back(struct journey *j, uint64_t free_before)
{
	uint64_t deadline = clock_deadline(LONG_MS), last, now = free_before;

	do {
		ck_assert_msg(clock_left_ms(deadline), "the guest does not hint: %llu MiB are free",
			      (unsigned long long)(now * PAGE / MIB));
		last = now;
		guest_wait(j->here.vm, 500);
		now = guest_memory(j->here.vm, "free");
	} while (now + SAVED_MIB * MIB / PAGE > free_before || now + MIB / PAGE < last);
}

static void balloon_works(struct journey *j)
{
	struct real_vm *vm = j->here.vm;
	uint64_t total = guest_memory(vm, "total"), full = qmp_balloon(vm);


	ck_assert_uint_ge(full, GUEST_MIB * MIB);
	balloon_to(vm, full - 256 * MIB);
	ck_assert_uint_eq(guest_memory(vm, "total"), total - 256 * MIB / PAGE);
	ck_assert_uint_le(guest_resident(vm), full - 248 * MIB);
	balloon_to(vm, full);
	ck_assert_uint_eq(guest_memory(vm, "total"), total);
}

/* The first move: no driver, no hints. */
static void move_without_driver(struct journey *j, struct traffic *t)
{
	make_garbage(j);
	hold(j);
	move_begin(j, BANDWIDTH);
	move_end(j, t);
	show(j, "control", t);
	let_go(j);
	ck_assert_uint_ge(t->normal, GARBAGE_MIB * MIB / PAGE);
}

START_TEST(hints_save_pages)
{
	struct traffic without, with;
	struct journey j = { 0 };
	uint64_t free_before, applied;

	journey_begin(&j, &combinations[_i]);
	move_without_driver(&j, &without);
	guest_does(j.here.vm, NULL, 0, "insmod /lib/%s.ko", j.what->module);
	make_garbage(&j);
	hold(&j);
	free_before = guest_memory(j.here.vm, "free");
	move_begin(&j, BANDWIDTH_SLOW);
	wait_held_back(&j, free_before);
	set_pace(j.here.vm, BANDWIDTH);
	wait_status(j.here.vm, "completed", &with);
	if (j.what->our_device) {
		applied = qmp_number(j.here.vm, DEVICE, "hint-applied-bytes");
		ck_assert_uint_ge(qmp_number(j.here.vm, DEVICE, "hint-rounds"), 1);
		ck_assert_uint_ge(qmp_number(j.here.vm, DEVICE, "hint-blocks"),
				  SAVED_MIB * MIB / (4 * MIB));
		ck_assert_uint_ge(applied, SAVED_MIB * MIB);
		ck_assert_uint_le(applied, qmp_number(j.here.vm, DEVICE, "hint-bytes"));
		ck_assert_uint_eq(qmp_number(j.here.vm, DEVICE, "malformed-requests"), 0);
	}
	move_end(&j, &with);
	show(&j, "hints", &with);
	ck_assert_uint_le(with.normal + SAVED_MIB * MIB / PAGE, without.normal);
	ck_assert_uint_le(with.bytes + SAVED_MIB * MIB, without.bytes);
	/* What was hinted is the guest's again where it is now. */
	check_free(&j, free_before);
	let_go(&j);
	balloon_works(&j);
	boot_power_off(&j.here);
	boot_end(&j.here);
}
END_TEST

/*
 * Hinted memory is taken into use while the rounds go on, for the kernel has little else: the
 * driver must give it back, and what is written to it must arrive.
 */
START_TEST(hinted_memory_is_used)
{
	struct traffic traffic;
	struct journey j = { 0 };

	journey_begin(&j, &combinations[_i]);
	guest_does(j.here.vm, NULL, 0, "insmod /lib/%s.ko", j.what->module);
	make_garbage(&j);
	move_begin(&j, BANDWIDTH_SLOW);
	wait_hints(&j);
	ck_assert_uint_le(guest_memory(j.here.vm, "free"),
			  (GUEST_MIB - SAVED_MIB) * MIB / PAGE);
	program_begin(&j.run, j.here.vm, "churn size-mib=300 min-kib=4 max-kib=4096 "
		      "lifetime-ms=1000 madvise=none duration-ms=15000");
	guest_wait(j.here.vm, 3000);
	ck_assert(!j.run.ended);
	set_pace(j.here.vm, 1024 * MIB);
	move_end(&j, &traffic);
	show(&j, "in use", &traffic);
	check_contents(&j);
	balloon_works(&j);
	boot_power_off(&j.here);
	boot_end(&j.here);
}
END_TEST

/* A migration that is given up leaves the guest with all its memory, ready for another one. */
START_TEST(cancelled)
{
	struct traffic traffic;
	struct journey j = { 0 };
	uint64_t free_before, rounds;

	journey_begin(&j, &combinations[_i]);
	guest_does(j.here.vm, NULL, 0, "insmod /lib/%s.ko", j.what->module);
	make_garbage(&j);
	free_before = guest_memory(j.here.vm, "free");
	move_begin(&j, BANDWIDTH_SLOW);
	wait_hints(&j);
	qmp_does(j.here.vm, "migrate_cancel", "{}");
	wait_status(j.here.vm, "cancelled", NULL);
	real_vm_destroy(j.next.vm);
	check_free(&j, free_before);
	rounds = qmp_number(j.here.vm, DEVICE, "hint-rounds");

	hold(&j);
	move_begin(&j, BANDWIDTH);
	wait_status(j.here.vm, "completed", NULL);
	ck_assert_uint_gt(qmp_number(j.here.vm, DEVICE, "hint-rounds"), rounds);
	move_end(&j, &traffic);
	show(&j, "again", &traffic);
	let_go(&j);
	balloon_works(&j);
	boot_power_off(&j.here);
	boot_end(&j.here);
}
END_TEST

/* The size of a balloon and its target move along; what is in it stays away. */
START_TEST(balloon_moves)
{
	struct traffic traffic;
	struct journey j = { 0 };
	uint64_t total, full;

	journey_begin(&j, &combinations[_i]);
	guest_does(j.here.vm, NULL, 0, "insmod /lib/%s.ko", j.what->module);
	full = qmp_balloon(j.here.vm);
	balloon_to(j.here.vm, 256 * MIB);
	total = guest_memory(j.here.vm, "total");
	move_begin(&j, BANDWIDTH);
	move_end(&j, &traffic);
	show(&j, "balloon", &traffic);
	ck_assert_uint_eq(qmp_balloon(j.here.vm), 256 * MIB);
	ck_assert_uint_eq(guest_memory(j.here.vm, "total"), total);
	/* The destination looks whether pages are zero already; that may make them resident. */
	if (boot_host()->zero_page && boot_host()->huge_zero_page)
		ck_assert_uint_le(guest_resident(j.here.vm), (256 + 8) * MIB);
	else
		skip_tests(1, "what a moved balloon leaves resident: this host makes memory "
			   "resident that is only read");
	balloon_to(j.here.vm, full);
	balloon_works(&j);
	boot_power_off(&j.here);
	boot_end(&j.here);
}
END_TEST

/*
 * A kernel that clears pages when it allocates them, as Debian's does, must not populate its free
 * memory for hints: a host that is short of memory wants to get rid of the guest.  Linux's own
 * driver does, and shows what is saved.
 */
#define LARGE_MIB 1024
#define POPULATED_MIB 50
#define HINTED_MIB 512

/* MiB, of ours and of Linux's own driver; tests run in processes of their own, hence shared. */
static struct populated {
	bool known;
	uint64_t mib;
} *populated;

static bool much_is_hinted(struct real_vm *vm, void *opaque)
{
	uint64_t *peak = opaque, resident = guest_resident(vm);

	if (resident > *peak)
		*peak = resident;
	return qmp_number(vm, DEVICE, "hint-applied-bytes") >= HINTED_MIB * MIB;
}

START_TEST(hints_do_not_populate_free_memory)
{
	struct journey j = { .memory_mib = LARGE_MIB, .clears = true };
	uint64_t before, peak = 0;

	journey_begin(&j, &combinations[_i]);
	guest_does(j.here.vm, NULL, 0, "insmod /lib/%s.ko", j.what->module);
	guest_wait(j.here.vm, 1000);
	before = guest_resident(j.here.vm);
	move_begin(&j, BANDWIDTH_SLOW);
	ck_vm(j.here.vm, real_vm_wait_until(j.here.vm, LONG_MS, "hints for most of the free memory",
					    much_is_hinted, &peak));
	qmp_does(j.here.vm, "migrate_cancel", "{}");
	wait_status(j.here.vm, "cancelled", NULL);
	real_vm_destroy(j.next.vm);
	printf("| %-11s hints of %d MiB of %d: resident %4llu MiB, at most %4llu (limit %d more)\n",
	       j.what->name, HINTED_MIB, LARGE_MIB, (unsigned long long)(before / MIB),
	       (unsigned long long)(peak / MIB), POPULATED_MIB);
	populated[_i] = (struct populated){ true, peak > before ? (peak - before) / MIB : 0 };
	if (!_i)
		ck_assert_uint_le(peak, before + POPULATED_MIB * MIB);
	else
		ck_assert_uint_gt(peak, before + POPULATED_MIB * MIB);
	balloon_works(&j);
	boot_power_off(&j.here);
	boot_end(&j.here);
}
END_TEST

static void add_populated_row(void)
{
	struct row row = { .nr = 4, .what = "hints populate of free memory, MiB" };

	if (!populated[0].known)
		return;
	snprintf(row.ours, sizeof(row.ours), "%llu", (unsigned long long)populated[0].mib);
	if (populated[1].known)
		snprintf(row.stock, sizeof(row.stock), "%llu",
			 (unsigned long long)populated[1].mib);
	snprintf(row.limit, sizeof(row.limit), "%d", POPULATED_MIB);
	row.met = populated[0].mib <= POPULATED_MIB;
	row_add(&row);
}

int main(void)
{
	Suite *suite = suite_create("migration");
	TCase *tc = tcase_create("migration");
	int ours = boot_long() ? 2 : 1, ret;

	populated = mmap(NULL, 2 * sizeof(*populated), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (populated == MAP_FAILED) {
		perror("mmap");
		return EXIT_FAILURE;
	}

	tcase_set_timeout(tc, 900);
	tcase_add_loop_test(tc, hints_save_pages, 0, ARRAY_LEN(combinations));
	tcase_add_loop_test(tc, hinted_memory_is_used, 0, ours);
	tcase_add_loop_test(tc, cancelled, 0, ours);
	tcase_add_loop_test(tc, balloon_moves, 0, 1);
	tcase_add_loop_test(tc, hints_do_not_populate_free_memory, 0, 2);
	suite_add_tcase(suite, tc);
	ret = boot_run(suite);
	add_populated_row();
	return ret;
}
