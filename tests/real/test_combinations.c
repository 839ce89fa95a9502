// SPDX-License-Identifier: GPL-2.0-only
/*
 * smoke
 */
#include "boot.h"

START_TEST(boots)
{
	static const char *const args[] = { "-device",
		"virtio-ballast-pci,id=balloon0,free-page-reporting=on", NULL };
	struct boot boot;
	struct program_run run;
	struct boot_options o = { .name = "smoke", .args = args, .event = program_event,
				  .opaque = &run };
	char answer[512];

	boot_up(&boot, &o);
	printf("up, rss %lu\n", guest_resident(boot.vm) >> 20);
	guest_does(boot.vm, NULL, 0, "insmod /lib/virtio_ballast.ko");
	guest_does(boot.vm, answer, sizeof(answer), "read /sys/bus/virtio/devices/virtio0/features");
	printf("features %s\n", answer);
	printf("total %lu free %lu\n", guest_memory(boot.vm, "total"), guest_memory(boot.vm, "free"));
	balloon_to(boot.vm, 256 * MIB);
	printf("total %lu free %lu rss %lu\n", guest_memory(boot.vm, "total"), guest_memory(boot.vm, "free"), guest_resident(boot.vm) >> 20);
	balloon_to(boot.vm, 512 * MIB);
	program_begin(&run, boot.vm, "memhog size-mib=256 loops=1 hold-ms=0 pause-ms=0 madvise=none");
	program_wait(&run, LONG_MS);
	printf("status %d work %llu rss %lu\n", run.status, run.work, guest_resident(boot.vm) >> 20);
	printf("settled %lu\n", guest_resident_settled(boot.vm, 4000) >> 20);
	boot_power_off(&boot);
	boot_end(&boot);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("combinations");
	TCase *tc = tcase_create("boot");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, boots);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
