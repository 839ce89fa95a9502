// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page allocator of a real kernel is recorded while programs work, and the recording replayed
 * through the model's (make check-recording LINUX=6.12): every page, every list.
 *
 * The recorder writes into memory that the guest's kernel leaves alone (mem=) and that the host
 * can read.  BALLAST_RECORDINGS names a directory where recordings are kept.
 */
#include "boot.h"

#include <stdarg.h>
#include <sys/mman.h>

#define GUEST_MIB 640	/* huge pages are off below 512 MiB that are free */
#define RECORDS_MIB 224		/* above what the guest uses */

static struct program_run program;

static const struct work {
	const char *name, *append;
	const char *programs[8];
} works[] = {
	/* Small pages, files, and sizes of all kinds. */
	{ "small", "transparent_hugepage=never",
	  { "memhog size-mib=128 loops=2 hold-ms=0 pause-ms=0 madvise=none",
	    "page-fault2 size-mib=16 loops=4 tasks=2 madvise=none",
	    "churn size-mib=96 min-kib=4 max-kib=1024 lifetime-ms=300 duration-ms=3000 "
	    "madvise=none",
	    "memhog size-mib=256 loops=1 hold-ms=0 pause-ms=0 madvise=none" } },
	/* Huge pages, in nearly all memory, and memory that is compacted for them. */
	{ "huge", "transparent_hugepage=always",
	  { "page-fault1 size-mib=1 loops=1 tasks=60 madvise=none",
	    "memhog size-mib=565 loops=2 hold-ms=0 pause-ms=0 madvise=none",
	    "churn size-mib=100 min-kib=4 max-kib=4096 lifetime-ms=300 duration-ms=600 "
	    "madvise=none",
	    "compact loops=2 pause-ms=100",
	    "memhog size-mib=565 loops=1 hold-ms=0 pause-ms=0 madvise=none" } },
	/* Many tasks fill nearly all memory, so that pageblocks change hands. */
	{ "full", "transparent_hugepage=never",
	  { "page-fault1 size-mib=1 loops=1 tasks=580 madvise=none",
	    "memhog size-mib=603 loops=1 hold-ms=0 pause-ms=0 madvise=none",
	    "page-fault1 size-mib=1 loops=2 tasks=575 madvise=none" } },
};

static void run_ballast(const char *fmt, ...)
{
	char command[4096], shell[4400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	snprintf(shell, sizeof(shell), "%s/ballast %s", getenv("BALLAST_BUILD"), command);
	ck_assert_msg(system(shell) == 0, "%s: status is not 0", shell);
}

/* What the recorder has written becomes a file. */
static void save_records(struct real_vm *vm, const char *path)
{
	const size_t size = (size_t)RECORDS_MIB * MIB;
	void *data = mmap(NULL, size, PROT_READ, MAP_SHARED, vm->memory, GUEST_MIB * MIB);
	FILE *f = fopen(path, "wb");

	ck_assert(data != MAP_FAILED && f);
	ck_assert_uint_eq(fwrite(data, 1, size, f), size);
	ck_assert_int_eq(fclose(f), 0);
	munmap(data, size);
}

START_TEST(what_a_real_allocator_does_the_model_does)
{
	const char *keep = getenv("BALLAST_RECORDINGS");
	const struct work *w = &works[_i];
	char append[400], data[PATH_MAX + 8], dir[PATH_MAX + 100];
	struct boot boot;
	size_t i;

	snprintf(append, sizeof(append),
		 "initcall_blacklist=virtio_balloon_driver_init mem=%dM nokaslr norandmaps "
		 "kmem_recorder.base=0x%llx kmem_recorder.records_mib=%d %s",
		 GUEST_MIB, (unsigned long long)(GUEST_MIB * MIB), RECORDS_MIB, w->append);
	boot_up(&boot, &(struct boot_options){ .name = w->name, .kernel = "bzImage",
					       .append = append, .vcpus = 1,
					       .memory_mib = GUEST_MIB + RECORDS_MIB,
					       .shared_memory = true, .event = program_event,
					       .opaque = &program });
	guest_does(boot.vm, NULL, 0, "write /sys/kernel/debug/kmem_recorder/control begin");
	for (i = 0; i < ARRAY_LEN(w->programs) && w->programs[i]; i++) {
		program_begin(&program, boot.vm, w->programs[i]);
		program_wait(&program, LONG_MS);
		ck_assert_int_eq(program.status, 0);
	}
	guest_wait(boot.vm, 3000);
	guest_does(boot.vm, NULL, 0, "write /sys/kernel/debug/kmem_recorder/control end");
	snprintf(data, sizeof(data), "%s/data", boot.dir);
	save_records(boot.vm, data);
	boot_power_off(&boot);

	snprintf(dir, sizeof(dir), "%s/%s", keep ? keep : boot.dir, w->name);
	run_ballast("import-kmem %s %s", data, dir);
	run_ballast("replay-kmem %s", dir);
	boot_end(&boot);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("recording");
	TCase *tc = tcase_create("recording");

	tcase_set_timeout(tc, 1800);
	tcase_add_loop_test(tc, what_a_real_allocator_does_the_model_does, 0, ARRAY_LEN(works));
	suite_add_tcase(suite, tc);
	return boot_run(suite);
}
