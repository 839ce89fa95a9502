// SPDX-License-Identifier: GPL-2.0-only
/*
 * Balloons whose pages move, on a booted Debian kernel: memory that goes offline, and fragmented
 * memory that is compacted around a balloon; our driver and Linux's own.
 */
#include <sys/mman.h>

#include "boot.h"
#include "rows.h"

#define GUEST_MIB 1024
#define MOVABLE_MIB 512
/* 512 to 640 MiB: the first memory block of ZONE_MOVABLE. */
#define BLOCK "4"
/* Slower than stock by no more than this; times are of one boot each, with TCG. */
#define TIMES 3
#define PERCENT 90

static const struct contestant {
	const char *name, *module;
} contestants[] = {
	{ "ours", "virtio_ballast" },
	{ "stock", "virtio_balloon" },
};

#define NR_CONTESTANTS ARRAY_LEN(contestants)

struct result {
	uint64_t offline_ms, migrated;
	uint64_t blocks, huge_pages;	/* MiB in blocks of 2 MiB and more; pages of 2 MiB taken */
	bool offline, packed;
};

/* Shared with the processes that tests run in. */
static struct result *results;

static void begin(struct boot *boot, const struct contestant *c, const char *append,
		  struct program_run *run)
{
	const char *args[] = { "-device", "virtio-ballast-pci,id=balloon0", NULL };

	boot_up(boot, &(struct boot_options){ .name = c->name, .append = append, .args = args,
					      .memory_mib = GUEST_MIB, .vcpus = 2,
					      .event = program_event, .opaque = run });
	guest_does(boot->vm, NULL, 0, "insmod /lib/%s.ko", c->module);
}

static void end(struct boot *boot)
{
	boot_power_off(boot);
	boot_end(boot);
}

/* Most of what is movable is in the balloon, and a block of it shall go offline. */
START_TEST(memory_of_a_balloon_goes_offline)
{
	const struct contestant *c = &contestants[_i];
	struct result *r = &results[_i];
	struct program_run run = { 0 };
	uint64_t total, began;
	struct boot boot;
	char append[64];

	snprintf(append, sizeof(append), "movablecore=%dM", MOVABLE_MIB);
	begin(&boot, c, append, &run);
	balloon_to(boot.vm, 400 * MIB);
	total = guest_memory(boot.vm, "total");
	began = clock_now_ns();
	program_begin(&run, boot.vm, "offline block=" BLOCK " hold-ms=0");
	program_wait(&run, LONG_MS);
	r->offline_ms = (clock_now_ns() - began) / 1000000;
	ck_assert_int_eq(run.status, 0);
	r->migrated = guest_vmstat(boot.vm, "balloon_migrate");
	ck_assert_uint_gt(r->migrated, 0);
	ck_assert_uint_eq(guest_memory(boot.vm, "total"), total);
	/* The balloon is as large as before, and lets go of all of it. */
	balloon_to(boot.vm, GUEST_MIB * MIB);
	r->offline = true;
	end(&boot);
}
END_TEST

/* Of /proc/buddyinfo: MiB in blocks of order 9 and 10. */
static uint64_t large_blocks(struct real_vm *vm)
{
	uint64_t mib = 0;
	char text[1024], *line, *at;

	guest_does(vm, text, sizeof(text), "read /proc/buddyinfo");
	for (line = strtok_r(text, "\n", &at); line; line = strtok_r(NULL, "\n", &at)) {
		unsigned long n[11] = { 0 };
		char zone[32];

		if (sscanf(line, "Node %*d, zone %31s %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu",
			   zone, &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6], &n[7], &n[8],
			   &n[9], &n[10]) == 12)
			mib += n[9] * 2 + n[10] * 4;
	}
	return mib;
}

/* A program holds most of memory in single pages when the balloon comes, and ends then. */
START_TEST(memory_is_compacted_around_a_balloon)
{
	const struct contestant *c = &contestants[_i];
	struct result *r = &results[_i];
	struct program_run run = { 0 };
	struct boot boot;
	char text[64];

	begin(&boot, c, "transparent_hugepage=never", &run);
	program_begin(&run, boot.vm, "churn size-mib=500 min-kib=4 max-kib=8 lifetime-ms=4000 "
		      "madvise=nohugepage duration-ms=12000");
	guest_wait(boot.vm, 9000);
	ck_assert(!run.ended);
	balloon_to(boot.vm, (GUEST_MIB - 256) * MIB);
	program_wait(&run, LONG_MS);
	ck_assert_int_eq(run.status, 0);
	program_begin(&run, boot.vm, "compact loops=1 pause-ms=0");
	program_wait(&run, LONG_MS);
	ck_assert_int_eq(run.status, 0);
	r->blocks = large_blocks(boot.vm);
	guest_does(boot.vm, NULL, 0, "write /proc/sys/vm/nr_hugepages 300");
	guest_does(boot.vm, text, sizeof(text), "read /proc/sys/vm/nr_hugepages");
	r->huge_pages = strtoull(text, NULL, 10);
	guest_does(boot.vm, NULL, 0, "write /proc/sys/vm/nr_hugepages 0");
	balloon_to(boot.vm, GUEST_MIB * MIB);
	r->packed = true;
	end(&boot);
}
END_TEST

static void print_row(const char *what, uint64_t ours, uint64_t stock, const char *limit)
{
	printf("| %-42s %8llu %8llu   %s\n", what, (unsigned long long)ours,
	       (unsigned long long)stock, limit);
}

static void add_row(const char *what, uint64_t ours, uint64_t stock, const char *limit, bool met)
{
	struct row row = { .nr = 1, .what = what, .met = met };

	snprintf(row.ours, sizeof(row.ours), "%llu", (unsigned long long)ours);
	snprintf(row.stock, sizeof(row.stock), "%llu", (unsigned long long)stock);
	snprintf(row.limit, sizeof(row.limit), "%s", limit);
	row_add(&row);
}

static bool nearly(uint64_t ours, uint64_t stock)
{
	return ours * 100 >= stock * PERCENT;
}

/*
 * How much comes together differs from boot to boot, with either driver: 390 to 666 MiB, by where
 * pages of the kernel happen to lie.  A driver that moves no pages gets 110 (in the model).
 */
static bool half_as_many(uint64_t ours, uint64_t stock)
{
	return ours * 2 >= stock;
}

START_TEST(ours_is_as_good_as_stock)
{
	const struct result *ours = &results[0], *stock = &results[1];

	ck_assert(ours->offline && stock->offline && ours->packed && stock->packed);
	printf("| %-42s %8s %8s   %s\n", "", contestants[0].name, contestants[1].name, "limit");
	print_row("block goes offline, ms", ours->offline_ms, stock->offline_ms,
		  "3 times stock's, in the long form");
	print_row("balloon pages moved for that", ours->migrated, stock->migrated, "");
	print_row("MiB in blocks of 2 MiB after compaction", ours->blocks, stock->blocks,
		  "half of stock's");
	print_row("huge pages to be had of 300", ours->huge_pages, stock->huge_pages,
		  "90 % of stock's");
	add_row("memory block with a balloon goes offline in, ms", ours->offline_ms,
		stock->offline_ms, "3 times stock's",
		ours->offline_ms <= TIMES * stock->offline_ms);
	add_row("MiB in blocks of 2 MiB after compaction", ours->blocks, stock->blocks,
		"half of stock's", half_as_many(ours->blocks, stock->blocks));
	add_row("huge pages to be had of 300", ours->huge_pages, stock->huge_pages,
		"90 % of stock's", nearly(ours->huge_pages, stock->huge_pages));
	/* How long things take on a machine that does something else besides says nothing. */
	if (boot_long())
		ck_assert_uint_le(ours->offline_ms, TIMES * stock->offline_ms);
	ck_assert(half_as_many(ours->blocks, stock->blocks));
	ck_assert(nearly(ours->huge_pages, stock->huge_pages));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("moving");
	TCase *tc = tcase_create("moving");

	results = mmap(NULL, NR_CONTESTANTS * sizeof(*results), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (results == MAP_FAILED) {
		perror("mmap");
		return EXIT_FAILURE;
	}
	tcase_set_timeout(tc, 900);
	tcase_add_loop_test(tc, memory_of_a_balloon_goes_offline, 0, NR_CONTESTANTS);
	tcase_add_loop_test(tc, memory_is_compacted_around_a_balloon, 0, NR_CONTESTANTS);
	tcase_add_test(tc, ours_is_as_good_as_stock);
	suite_add_tcase(suite, tc);
	return boot_run(suite);
}
