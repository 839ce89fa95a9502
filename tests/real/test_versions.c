// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our driver and our device in another Linux and another QEMU than those that everything else is
 * tested with (make check-real-version LINUX=7.3 QEMU=10.2), and each with the stock one of that
 * version: a small kernel that has both drivers built in, of which the command line leaves one out.
 */
#include "boot.h"

#include <inttypes.h>

#define GUEST_MIB 512
#define BALLOON_PATH "/machine/peripheral/balloon0"

static const struct pair {
	const char *name, *other_driver, *device;
	bool ours;			/* the device */
} pairs[] = {
	{ "ours-ours", "virtio_balloon", "virtio-ballast-pci", true },
	{ "ours-stock", "virtio_balloon", "virtio-balloon-pci", false },
	{ "stock-ours", "virtio_ballast", "virtio-ballast-pci", true },
	{ "stock-stock", "virtio_ballast", "virtio-balloon-pci", false },
};

#define NR_PAIRS ARRAY_LEN(pairs)

static struct program_run program;

static struct real_vm *begin(struct boot *boot, int index, const char *properties)
{
	const struct pair *p = &pairs[index];
	char device[200], append[100];
	const char *args[] = { "-device", device, NULL };

	snprintf(device, sizeof(device), "%s,id=balloon0%s%s", p->device, properties,
		 p->ours ? ",must-tell-host=off" : "");
	snprintf(append, sizeof(append), "initcall_blacklist=%s_driver_init", p->other_driver);
	boot_up(boot, &(struct boot_options){ .name = p->name, .kernel = "bzImage",
					      .append = append, .args = args,
					      .memory_mib = GUEST_MIB, .vcpus = 1,
					      .event = program_event, .opaque = &program });
	return boot->vm;
}

static void end(struct boot *boot, int index)
{
	if (pairs[index].ours)
		ck_assert_uint_eq(qmp_number(boot->vm, BALLOON_PATH, "malformed-requests"), 0);
	boot_power_off(boot);
	boot_end(boot);
}

static void use(struct real_vm *vm, const char *mib)
{
	char what[100];

	snprintf(what, sizeof(what), "memhog size-mib=%s loops=1 hold-ms=0 pause-ms=0 madvise=none",
		 mib);
	program_begin(&program, vm, what);
	program_wait(&program, LONG_MS);
	ck_assert_int_eq(program.status, 0);
}

/* With packed rings. */
START_TEST(balloon_takes_memory_and_gives_it_back)
{
	const uint64_t left = 256 * MIB, pages = (GUEST_MIB * MIB - left) / PAGE;
	uint64_t total, resident, migrated;
	struct boot boot;
	struct real_vm *vm = begin(&boot, _i, ",packed=on");
	bool ended;

	ck_assert_msg(guest_has_feature(vm, 34), "no VIRTIO_F_RING_PACKED");
	total = guest_memory(vm, "total");
	use(vm, "400");
	resident = guest_resident(vm);
	balloon_to(vm, left);
	ck_assert_uint_eq(total - guest_memory(vm, "total"), pages);
	ck_assert_uint_gt(resident - guest_resident(vm), pages * PAGE / 100 * 90);

	/*
	 * Pages of the balloon move when memory is compacted, and are in it afterwards.  A program
	 * that takes and frees single pages meanwhile leaves holes above some of them.
	 */
	balloon_to(vm, left + 128 * MIB);
	program_begin(&program, vm, "churn size-mib=120 min-kib=4 max-kib=8 lifetime-ms=1000 "
		      "madvise=nohugepage duration-ms=4000");
	balloon_to(vm, left);
	do {
		ended = program.ended;
		guest_does(vm, NULL, 0, "write /proc/sys/vm/compact_memory 1");
		migrated = guest_vmstat(vm, "balloon_migrate");
	} while (!migrated && !ended);
	program_wait(&program, LONG_MS);
	ck_assert_int_eq(program.status, 0);
	ck_assert_uint_gt(migrated, 0);
	ck_assert_uint_eq(total - guest_memory(vm, "total"), pages);

	balloon_to(vm, GUEST_MIB * MIB);
	ck_assert_uint_eq(guest_memory(vm, "total"), total);
	ck_assert_uint_eq(guest_vmstat(vm, "balloon_inflate"), pages + 128 * MIB / PAGE);
	ck_assert_uint_eq(guest_vmstat(vm, "balloon_deflate"), pages + 128 * MIB / PAGE);
	use(vm, "400");
	end(&boot, _i);
}
END_TEST

START_TEST(free_memory_is_reported_and_leaves_the_host)
{
	uint64_t used, reported;
	struct boot boot;
	struct real_vm *vm = begin(&boot, _i, ",free-page-reporting=on");

	ck_assert_msg(!guest_has_feature(vm, 34), "VIRTIO_F_RING_PACKED, unasked");
	guest_resident_settled(vm, 5000);
	program_begin(&program, vm,
		      "memhog size-mib=256 loops=1 hold-ms=0 pause-ms=0 madvise=none");
	program_wait_phase(&program, "release", LONG_MS);
	used = guest_resident(vm);
	ck_assert_uint_gt(used, 256 * MIB);
	program_go(&program);
	program_wait(&program, LONG_MS);
	reported = guest_resident_settled(vm, 5000);
	/* Blocks below a pageblock are not reported. */
	ck_assert_msg(used - reported > 240 * MIB, "%" PRIu64 " MiB, then %" PRIu64, used / MIB,
		      reported / MIB);
	use(vm, "256");
	end(&boot, _i);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("versions");
	TCase *tc = tcase_create("versions");

	tcase_set_timeout(tc, 900);
	tcase_add_loop_test(tc, balloon_takes_memory_and_gives_it_back, 0, NR_PAIRS);
	tcase_add_loop_test(tc, free_memory_is_reported_and_leaves_the_host, 0, NR_PAIRS);
	suite_add_tcase(suite, tc);
	return boot_run(suite);
}
