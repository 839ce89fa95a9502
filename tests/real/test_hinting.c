// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page hinting on booted kernels: the designs on one whose page allocator has our hooks, and those
 * that make do with tracepoints on Debian's, where they tell the host of what a program has freed.
 */
#include "boot.h"

#define GUEST_MIB 1024
#define USED_MIB 500
#define HINT_PATH "/machine/peripheral/hint0"

static const struct design {
	const char *name;
	bool hooks;			/* built into the kernel, which is ours */
	const char *params;		/* of the module */
	unsigned int percent;		/* of what was used is given back, at least; 0: v8 */
} designs[] = {
	{ "v12-hooks", true, "page_hinting.design=v12", 80 },
	/* Its arrays are per CPU, and what does not fill them to the threshold waits. */
	{ "v9-hooks", true, "page_hinting.design=v9 page_hinting.threshold=8", 50 },
	{ "v8-hooks", true, "page_hinting.design=v8 page_hinting.order=0 page_hinting.batch=32",
	  0 },
	{ "v12-trace", false, "design=v12", 80 },
	{ "v8-trace", false, "design=v8 order=0 batch=32", 0 },
};

static void begin(struct boot *boot, const struct design *d, struct program_run *run)
{
	const char *args[] = { "-device", "virtio-page-hint-pci,id=hint0", NULL };

	boot_up(boot, &(struct boot_options){ .name = d->name, .args = args,
					      .kernel = d->hooks ? "bzImage" : NULL,
					      .append = d->hooks ? d->params : "",
					      .memory_mib = GUEST_MIB, .vcpus = 2,
					      .event = program_event, .opaque = run });
	if (d->hooks)
		return;
	guest_does(boot->vm, NULL, 0, "insmod /lib/free_page_hook_trace.ko");
	guest_does(boot->vm, NULL, 0, "insmod /lib/page_hinting.ko %s", d->params);
}

static unsigned long long counter(struct real_vm *vm, const char *name)
{
	char text[64];

	guest_does(vm, text, sizeof(text), "read /sys/module/page_hinting/parameters/%s", name);
	return strtoull(text, NULL, 10);
}

/*
 * v8 loses what is freed while its array is full, and on an emulated CPU its thread seldom runs
 * meanwhile: how much it gives back is chance (1 to 180 MiB of 500 were seen).
 */
static void check_given(struct real_vm *vm, const struct design *d, uint64_t given)
{
	if (d->percent) {
		ck_assert_uint_ge(given, USED_MIB * MIB * d->percent / 100);
		return;
	}
	ck_assert_uint_gt(qmp_number(vm, HINT_PATH, "hint-blocks"), 0);
	ck_assert_uint_gt(counter(vm, "lost"), 0);
}

START_TEST(what_a_program_has_freed_leaves_the_host)
{
	const struct design *d = &designs[_i];
	struct program_run run = { 0 };
	uint64_t resident, given;
	struct boot boot;
	char text[96];

	begin(&boot, d, &run);
	snprintf(text, sizeof(text), "memhog size-mib=%d loops=1 hold-ms=0 pause-ms=0 madvise=none",
		 USED_MIB);
	program_begin(&run, boot.vm, text);
	program_wait(&run, LONG_MS);
	ck_assert_int_eq(run.status, 0);
	resident = guest_resident_settled(boot.vm, 2000);
	given = qmp_number(boot.vm, HINT_PATH, "hint-discarded-bytes");
	printf("| %s | %llu captured | %llu lost | %llu stale | %llu errors | %llu requests"
	       " | %llu blocks | %llu MiB given back | %llu MiB resident |\n", d->name,
	       counter(boot.vm, "captured"), counter(boot.vm, "lost"), counter(boot.vm, "stale"),
	       counter(boot.vm, "errors"),
	       (unsigned long long)qmp_number(boot.vm, HINT_PATH, "hint-requests"),
	       (unsigned long long)qmp_number(boot.vm, HINT_PATH, "hint-blocks"),
	       (unsigned long long)(given / MIB), (unsigned long long)(resident / MIB));
	fflush(stdout);
	check_given(boot.vm, d, given);
	ck_assert_uint_eq(qmp_number(boot.vm, HINT_PATH, "malformed-requests"), 0);
	/* And its memory is still good for something. */
	program_begin(&run, boot.vm, text);
	program_wait(&run, LONG_MS);
	ck_assert_int_eq(run.status, 0);
	boot_power_off(&boot);
	boot_end(&boot);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hinting");
	TCase *tc = tcase_create("hinting");
	unsigned int i;

	/* Long boots on a loaded machine. */
	tcase_set_timeout(tc, 600);
	for (i = 0; i < ARRAY_LEN(designs); i++)
		/* In short: the newest design in both worlds, and every free by tracepoints. */
		if (boot_long() || !i || !designs[i].hooks)
			tcase_add_loop_test(tc, what_a_program_has_freed_leaves_the_host, i, i + 1);
	suite_add_tcase(s, tc);
	return boot_run(s);
}
