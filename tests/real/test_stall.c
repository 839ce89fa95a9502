// SPDX-License-Identifier: GPL-2.0-only
/*
 * A migration whose receiver accepts the connection and reads nothing, of a guest that gives hints
 * of its free memory: what else is asked of QEMU meanwhile is answered, and the guest's driver can
 * be removed.  Afterwards the guest is as sound as before.
 *
 * Each time is printed; the limit that fails is generous, since machines are loaded.  The long form
 * measures the same with QEMU's own device, each in a machine of its own, as none may answer again.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "boot.h"
#include "rows.h"

#define GUEST_MIB 512
#define DEVICE "/machine/peripheral/balloon0"
/* What a person at a monitor takes for an answer, and what fails the test. */
#define WANTED_MS 1000
#define LIMIT_MS 10000
/* A driver that is removed resets the device and waits for no hint; one that does takes 10 s. */
#define RMMOD_LIMIT_MS 1000
#define RMMOD_WAIT_MS 20000
/* QEMU's own device is not waited for any longer. */
#define STOCK_MS 5000
/* As much as a socket takes when nobody reads, at least. */
#define SOCKET_BYTES 65536
/* How long the guest has for its hints. */
#define HINTS_MS 3000

enum ask { ASK_STOP, ASK_RMMOD, ASK_RESET, ASK_CANCEL, NR_ASKS };

static const char *const ask_name[NR_ASKS] = {
	[ASK_STOP] = "stop", [ASK_RMMOD] = "rmmod", [ASK_RESET] = "system_reset",
	[ASK_CANCEL] = "migrate_cancel",
};

static const char *const row_name[NR_ASKS] = {
	[ASK_STOP] = "migration stalls: stop is answered in",
	[ASK_RMMOD] = "migration stalls: rmmod takes",
	[ASK_RESET] = "migration stalls: system_reset takes",
	[ASK_CANCEL] = "migration stalls: migrate_cancel takes",
};

/* ms; measured in processes of their own, hence shared.  0: not asked. */
static struct took {
	uint64_t ours[NR_ASKS], stock[NR_ASKS];
} *took;

struct stall {
	struct boot boot;
	struct real_vm *vm;
	char device[128];
	const char *args[5];
	struct deaf_receiver receiver;
};

static void stall_boot(struct stall *s, const char *device)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->device, sizeof(s->device), "%s,id=balloon0,free-page-hint=on,iothread=hints",
		 device);
	s->args[0] = "-object";
	s->args[1] = "iothread,id=hints";
	s->args[2] = "-device";
	s->args[3] = s->device;
	boot_up(&s->boot, &(struct boot_options){ .name = device, .args = s->args, .vcpus = 2,
						  .memory_mib = GUEST_MIB, .reboots = true });
	s->vm = s->boot.vm;
	guest_does(s->vm, NULL, 0, "insmod /lib/virtio_ballast.ko");
}

/* Begin the migration, and wait until as much has come as fits and the guest gives hints. */
static void stall_begin(struct stall *s)
{
	uint64_t deadline = clock_deadline(SHORT_MS);
	int now = 0;

	deaf_receiver_begin(&s->receiver, &s->boot);
	while (now < SOCKET_BYTES) {
		guest_wait(s->vm, 20);
		ck_assert_int_eq(ioctl(s->receiver.connection, FIONREAD, &now), 0);
		ck_assert_msg(clock_left_ms(deadline), "the migration does not stall");
	}
	guest_wait(s->vm, HINTS_MS);
}

static int do_ask(struct stall *s, enum ask ask, unsigned int ms)
{
	struct qmp *qmp = &s->vm->qmp;

	switch (ask) {
	case ASK_STOP:
		return qmp_run(qmp, ms, "stop", NULL, NULL);
	case ASK_RMMOD:
		return real_vm_command(s->vm, ms, NULL, 0, "rmmod virtio_ballast");
	case ASK_RESET:
		qmp_clear_events(qmp);
		return qmp_run(qmp, ms, "system_reset", NULL, NULL) ||
		       qmp_wait_event(qmp, ms, "RESET", NULL) ||
		       qmp_run(qmp, ms, "query-status", NULL, NULL);
	default:
		return qmp_run(qmp, ms, "migrate_cancel", NULL, NULL);
	}
}

/* How long it took; @ms when there was no answer in that time. */
static uint64_t measure(struct stall *s, enum ask ask, unsigned int ms)
{
	uint64_t start = clock_now_ns(), end;
	int ret = do_ask(s, ask, ms);

	end = clock_now_ns();
	return ret ? ms : (end - start) / 1000000 + 1;
}

static void ask_ours(struct stall *s, enum ask ask)
{
	unsigned int limit = ask == ASK_RMMOD ? RMMOD_LIMIT_MS : LIMIT_MS;

	took->ours[ask] = measure(s, ask, ask == ASK_RMMOD ? RMMOD_WAIT_MS : limit);
	ck_assert_msg(took->ours[ask] < limit, "%s takes %llu ms: %s", ask_name[ask],
		      (unsigned long long)took->ours[ask],
		      ask == ASK_RMMOD ? real_vm_error(s->vm) : s->vm->qmp.error);
}

START_TEST(qemu_answers_while_a_migration_stalls)
{
	struct stall s;

	stall_boot(&s, "virtio-ballast-pci");
	stall_begin(&s);
	/* The iothread has hints, and waits. */
	ck_assert_uint_gt(qmp_number(s.vm, DEVICE, "hint-bytes"),
			  qmp_number(s.vm, DEVICE, "hint-applied-bytes"));
	ask_ours(&s, ASK_STOP);
	qmp_does(s.vm, "cont", "{}");
	ask_ours(&s, ASK_RMMOD);
	guest_does(s.vm, NULL, 0, "insmod /lib/virtio_ballast.ko");
	ask_ours(&s, ASK_RESET);
	ask_ours(&s, ASK_CANCEL);
	deaf_receiver_end(&s.receiver);
	/* Once more from the beginning, now to see that nothing is left of it. */
	ck_vm(s.vm, real_vm_reset(s.vm, LONG_MS));
	guest_does(s.vm, NULL, 0, "insmod /lib/virtio_ballast.ko");
	balloon_to(s.vm, 256 * MIB);
	balloon_to(s.vm, GUEST_MIB * MIB);
	ck_assert_uint_eq(qmp_number(s.vm, DEVICE, "malformed-requests"), 0);
	boot_power_off(&s.boot);
	boot_end(&s.boot);
}
END_TEST

START_TEST(what_the_stock_device_does)
{
	struct stall s;

	stall_boot(&s, "virtio-balloon-pci");
	stall_begin(&s);
	took->stock[_i] = measure(&s, _i, STOCK_MS);
	deaf_receiver_end(&s.receiver);
	boot_end(&s.boot);
}
END_TEST

static void print_time(uint64_t ms, uint64_t limit, char *text, size_t size)
{
	if (!ms)
		snprintf(text, size, "-");
	else
		snprintf(text, size, "%s%llu ms", ms >= limit ? "> " : "",
			 (unsigned long long)ms);
}

static void print_table(void)
{
	char ours[32], stock[32];
	enum ask ask;

	printf("| %-44s %12s %12s %12s\n", "migration stalls: answer to", "ours", "stock",
	       "wanted");
	for (ask = 0; ask < NR_ASKS; ask++) {
		struct row row = { .nr = 3, .what = row_name[ask] };

		print_time(took->ours[ask], ask == ASK_RMMOD ? RMMOD_WAIT_MS : LIMIT_MS, ours,
			   sizeof(ours));
		print_time(took->stock[ask], STOCK_MS, stock, sizeof(stock));
		printf("|   %-42s %12s %12s %9u ms\n", ask_name[ask], ours, stock, WANTED_MS);
		snprintf(row.ours, sizeof(row.ours), "%s", ours);
		snprintf(row.stock, sizeof(row.stock), "%s", stock);
		snprintf(row.limit, sizeof(row.limit), "%u ms", WANTED_MS);
		row.met = took->ours[ask] && took->ours[ask] < WANTED_MS;
		row_add(&row);
	}
}

int main(void)
{
	Suite *suite = suite_create("stall");
	TCase *tc = tcase_create("stall");
	int ret;

	took = mmap(NULL, sizeof(*took), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	tcase_set_timeout(tc, 900);
	tcase_add_test(tc, qemu_answers_while_a_migration_stalls);
	if (boot_long())
		tcase_add_loop_test(tc, what_the_stock_device_does, 0, NR_ASKS);
	suite_add_tcase(suite, tc);
	ret = boot_run(suite);
	print_table();
	return ret;
}
