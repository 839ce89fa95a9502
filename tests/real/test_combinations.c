// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our guest driver and our device against the stock ones: four combinations, each booted, each put
 * through the same scenes, and then compared by what can be seen from outside.
 *
 * Stock are virtio_balloon.ko of Debian's kernel and virtio-balloon of the same QEMU.  The
 * devices get the same features (ours would offer MUST_TELL_HOST as well).
 */
#include "boot.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <sys/mman.h>

#define GUEST_MIB 512
#define CYCLES 20
/* How far stock and ours may be apart in resident memory: percent of the guest's memory. */
#define RESIDENT_PERCENT 2
/*
 * In use it is less exact: how much of what a program gets had been left resident by the boot
 * differs from one boot to the next, by up to 10 MiB in the same combination.
 */
#define IN_USE_PERCENT 3
#define BALLOON_PATH "/machine/peripheral/balloon0"
/* Pages that a kernel may use more or fewer after a scene: slab caches, per-CPU lists. */
#define FREE_TOLERANCE 2048

static const struct combination {
	const char *name, *module, *other_module, *device;
	bool ours;			/* the device */
} combinations[] = {
	{ "ours-ours", "virtio_ballast", "virtio_balloon", "virtio-ballast-pci", true },
	{ "ours-stock", "virtio_ballast", "virtio_balloon", "virtio-balloon-pci", false },
	{ "stock-ours", "virtio_balloon", "virtio_ballast", "virtio-ballast-pci", true },
	{ "stock-stock", "virtio_balloon", "virtio_ballast", "virtio-balloon-pci", false },
};

#define NR_COMBINATIONS ARRAY_LEN(combinations)

/* What is compared; filled in by the scenes, in processes of their own. */
struct seen {
	char features[80];
	uint64_t total, total_inflated;		/* pages that the guest's kernel manages */
	uint64_t vmstat_inflate, vmstat_deflate; /* pages, of /proc/vmstat */
	uint64_t resident_inflated;		/* bytes */
	uint64_t resident_booted, resident_used, resident_reported;
	uint64_t stat_total;
	uint64_t oom_deflated;
	uint64_t poison_reported;
	uint64_t blocks_used, blocks_reported;	/* of a memory file, bytes */
	unsigned int scenes;			/* bit per scene that ended well */
};

enum scene { SCENE_BALLOON, SCENE_REPORTING, SCENE_FILE, SCENE_OOM, SCENE_POISON, SCENE_RESET,
	     SCENE_CYCLES, NR_SCENES };

static struct seen *all_seen;

struct scene_run {
	const struct combination *c;
	struct seen *seen;
	struct boot boot;
	struct real_vm *vm;
	struct program_run program;
	char device[256];
	const char *args[3];
};

static void begin(struct scene_run *s, int index, const char *properties,
		  const struct boot_options *options)
{
	struct boot_options o = *options;

	*s = (struct scene_run){ .c = &combinations[index], .seen = &all_seen[index] };
	snprintf(s->device, sizeof(s->device), "%s,id=balloon0%s%s", s->c->device, properties,
		 s->c->ours ? ",must-tell-host=off" : "");
	s->args[0] = "-device";
	s->args[1] = s->device;
	o.name = s->c->name;
	o.args = s->args;
	o.memory_mib = GUEST_MIB;
	o.event = program_event;
	o.opaque = &s->program;
	boot_up(&s->boot, &o);
	s->vm = s->boot.vm;
}

static void load(struct scene_run *s)
{
	guest_does(s->vm, NULL, 0, "insmod /lib/%s.ko", s->c->module);
}

static void unload(struct scene_run *s)
{
	guest_does(s->vm, NULL, 0, "rmmod %s", s->c->module);
}

static void end(struct scene_run *s, enum scene scene)
{
	boot_power_off(&s->boot);
	boot_end(&s->boot);
	s->seen->scenes |= 1u << scene;
}

#define USE(mib) "memhog size-mib=" mib " loops=1 hold-ms=0 pause-ms=0 madvise=none"
#define CHURN(ms)                                                                                  \
	"churn size-mib=200 min-kib=4 max-kib=8192 lifetime-ms=500 madvise=none duration-ms=" ms

static void end_program(struct scene_run *s)
{
	if (s->program.held)
		program_go(&s->program);
	program_wait(&s->program, LONG_MS);
	ck_assert_int_eq(s->program.status, 0);
}

static void run_program(struct scene_run *s, const char *what)
{
	program_begin(&s->program, s->vm, what);
	end_program(s);
}

static void expect_free(struct scene_run *s, uint64_t before)
{
	uint64_t now = guest_memory(s->vm, "free");

	ck_assert_msg(now + FREE_TOLERANCE >= before,
		      "%s: %" PRIu64 " pages were free, now %" PRIu64, s->c->name, before, now);
}

/* Statistics */

static uint64_t statistic(struct real_vm *vm, const char *name)
{
	struct json_object *stats, *list, *value;
	uint64_t result;

	ck_assert_msg(!qmp_runf(&vm->qmp, SHORT_MS, &stats, "qom-get",
				"{'path':'" BALLOON_PATH "','property':'guest-stats'}"),
		      "%s", vm->qmp.error);
	ck_assert(json_object_object_get_ex(stats, "stats", &list));
	ck_assert(json_object_object_get_ex(strcmp(name, "last-update") ? list : stats, name,
					    &value));
	result = json_object_get_uint64(value);
	json_object_put(stats);
	return result;
}

static bool statistics_came(struct real_vm *vm, void *opaque)
{
	return statistic(vm, "last-update") != 0;
}

static void look_at_statistics(struct scene_run *s)
{
	uint64_t free_pages, stat_free, apart;

	qmp_does(s->vm, "qom-set", "{'path':'" BALLOON_PATH "',"
		 "'property':'guest-stats-polling-interval','value':1}");
	ck_vm(s->vm, real_vm_wait_until(s->vm, SHORT_MS, "a report of statistics",
					statistics_came, NULL));
	s->seen->stat_total = statistic(s->vm, "stat-total-memory");
	ck_assert_uint_eq(s->seen->stat_total, guest_memory(s->vm, "total") * PAGE);
	free_pages = guest_memory(s->vm, "free");
	stat_free = statistic(s->vm, "stat-free-memory") / PAGE;
	apart = free_pages > stat_free ? free_pages - stat_free : stat_free - free_pages;
	ck_assert_msg(apart < FREE_TOLERANCE,
		      "stat-free-memory is %" PRIu64 " pages, the guest has %" PRIu64, stat_free,
		      free_pages);
	ck_assert_uint_gt(statistic(s->vm, "stat-minor-faults"), 0);
	qmp_does(s->vm, "qom-set", "{'path':'" BALLOON_PATH "',"
		 "'property':'guest-stats-polling-interval','value':0}");
}

/* Counters that only our device has. */
static void look_at_counters(struct scene_run *s, uint64_t pages)
{
	if (!s->c->ours)
		return;
	ck_assert_uint_eq(qmp_number(s->vm, BALLOON_PATH, "inflate-pages"), pages);
	ck_assert_uint_eq(qmp_number(s->vm, BALLOON_PATH, "inflate-discarded-bytes"), pages * PAGE);
	ck_assert_uint_eq(qmp_number(s->vm, BALLOON_PATH, "actual-size"), pages * PAGE);
	ck_assert_uint_eq(qmp_number(s->vm, BALLOON_PATH, "malformed-requests"), 0);
}

START_TEST(balloon_takes_memory_and_gives_it_back)
{
	const uint64_t left = 256 * MIB, pages = (GUEST_MIB * MIB - left) / PAGE;
	struct scene_run s;
	uint64_t free_pages, resident;

	begin(&s, _i, "", &(struct boot_options){ .vcpus = 2 });
	load(&s);
	guest_does(s.vm, s.seen->features, sizeof(s.seen->features),
		   "read /sys/bus/virtio/devices/virtio0/features");
	s.seen->total = guest_memory(s.vm, "total");
	free_pages = guest_memory(s.vm, "free");
	look_at_statistics(&s);

	/* Nearly all memory is resident before, so that what leaves is what was taken. */
	run_program(&s, USE("424"));
	resident = guest_resident(s.vm);
	balloon_to(s.vm, left);
	s.seen->total_inflated = guest_memory(s.vm, "total");
	s.seen->resident_inflated = guest_resident(s.vm);
	ck_assert_uint_eq(s.seen->total - s.seen->total_inflated, pages);
	ck_assert_uint_gt(resident - s.seen->resident_inflated, pages * PAGE / 100 * 90);
	look_at_counters(&s, pages);

	balloon_to(s.vm, GUEST_MIB * MIB);
	ck_assert_uint_eq(guest_memory(s.vm, "total"), s.seen->total);
	expect_free(&s, free_pages);
	if (s.c->ours)
		ck_assert_uint_eq(qmp_number(s.vm, BALLOON_PATH, "deflate-pages"), pages);

	s.seen->vmstat_inflate = guest_vmstat(s.vm, "balloon_inflate");
	s.seen->vmstat_deflate = guest_vmstat(s.vm, "balloon_deflate");
	ck_assert_uint_eq(s.seen->vmstat_inflate, pages);
	ck_assert_uint_eq(s.seen->vmstat_deflate, pages);

	/* Unloading with pages in the balloon, and loading again. */
	balloon_to(s.vm, left);
	unload(&s);
	ck_assert_uint_eq(guest_memory(s.vm, "total"), s.seen->total);
	expect_free(&s, free_pages);
	load(&s);
	balloon_to(s.vm, left);		/* the device still has the target */
	balloon_to(s.vm, GUEST_MIB * MIB);
	ck_assert_uint_eq(guest_memory(s.vm, "total"), s.seen->total);
	end(&s, SCENE_BALLOON);
}
END_TEST

START_TEST(free_memory_is_reported_and_leaves_the_host)
{
	struct scene_run s;

	begin(&s, _i, ",free-page-reporting=on", &(struct boot_options){ .vcpus = 1 });
	load(&s);
	s.seen->resident_booted = guest_resident_settled(s.vm, 5000);
	program_begin(&s.program, s.vm, USE("256"));
	program_wait_phase(&s.program, "release", LONG_MS);
	s.seen->resident_used = guest_resident(s.vm);
	ck_assert_uint_gt(s.seen->resident_used, 256 * MIB);
	end_program(&s);
	s.seen->resident_reported = guest_resident_settled(s.vm, 5000);
	/* Blocks below a pageblock are not reported. */
	ck_assert_uint_gt(s.seen->resident_used - s.seen->resident_reported, 240 * MIB);
	if (s.c->ours) {
		ck_assert_uint_gt(qmp_number(s.vm, BALLOON_PATH, "report-requests"), 0);
		ck_assert_uint_eq(qmp_number(s.vm, BALLOON_PATH, "report-bytes"),
				  qmp_number(s.vm, BALLOON_PATH, "report-discarded-bytes"));
	}
	/* What was reported is used again, and holds what is written. */
	run_program(&s, CHURN("6000"));
	end(&s, SCENE_REPORTING);
}
END_TEST

/* Guest memory that is a shared file: discarding makes holes, and the file system frees blocks. */
START_TEST(memory_file_loses_the_blocks_of_what_is_reported)
{
	struct scene_run s;

	begin(&s, _i, ",free-page-reporting=on",
	      &(struct boot_options){ .vcpus = 1, .shared_memory = true });
	load(&s);
	guest_resident_settled(s.vm, 5000);
	program_begin(&s.program, s.vm, USE("256"));
	program_wait_phase(&s.program, "release", LONG_MS);
	ck_vm(s.vm, real_vm_blocks(s.vm, &s.seen->blocks_used));
	end_program(&s);
	guest_resident_settled(s.vm, 5000);
	ck_vm(s.vm, real_vm_blocks(s.vm, &s.seen->blocks_reported));
	ck_assert_uint_gt(s.seen->blocks_used - s.seen->blocks_reported, 240 * MIB);
	balloon_to(s.vm, 128 * MIB);
	ck_vm(s.vm, real_vm_blocks(s.vm, &s.seen->blocks_reported));
	ck_assert_uint_lt(s.seen->blocks_reported, 128 * MIB);
	end(&s, SCENE_FILE);
}
END_TEST

START_TEST(balloon_gives_memory_back_before_anything_is_killed)
{
	const uint64_t left = 200 * MIB;
	struct scene_run s;

	begin(&s, _i, ",deflate-on-oom=on", &(struct boot_options){ .vcpus = 1 });
	load(&s);
	balloon_to(s.vm, left);
	run_program(&s, "allocate size-mib=200 hold-ms=0 madvise=none");
	s.seen->oom_deflated = qmp_balloon(s.vm) - left;
	ck_assert_uint_gt(s.seen->oom_deflated, 16 * MIB);
	end(&s, SCENE_OOM);
}
END_TEST

/*
 * A kernel that counts on what is in free pages tells the device, and a device must then leave
 * reported pages alone: it cannot put anything but zeroes there.  Our kernel has page
 * poisoning, and both drivers built in.
 */
START_TEST(poisoned_free_pages_keep_their_poison)
{
	struct scene_run s;
	char append[128];
	uint64_t used;

	snprintf(append, sizeof(append), "page_poison=1 initcall_blacklist=%s_driver_init",
		 combinations[_i].other_module);
	begin(&s, _i, ",free-page-reporting=on,page-poison=on",
	      &(struct boot_options){ .vcpus = 1, .kernel = "bzImage", .append = append });
	/* PAGE_POISON and REPORTING: there is a driver, and it has told the device. */
	ck_assert(guest_has_feature(s.vm, 4) && guest_has_feature(s.vm, 5));
	run_program(&s, USE("256"));
	used = guest_resident(s.vm);
	guest_wait(s.vm, 6000);
	s.seen->poison_reported = used - guest_resident(s.vm);
	ck_assert_uint_lt(s.seen->poison_reported, 8 * MIB);
	if (s.c->ours) {
		ck_assert_uint_gt(qmp_number(s.vm, BALLOON_PATH, "report-blocks"), 0);
		ck_assert_uint_eq(qmp_number(s.vm, BALLOON_PATH, "report-discarded-bytes"), 0);
		ck_assert_uint_gt(qmp_number(s.vm, BALLOON_PATH, "skipped-bytes"), 200 * MIB);
	}
	/* The kernel looks at the poison of each page that it allocates. */
	run_program(&s, CHURN("4000"));
	end(&s, SCENE_POISON);
}
END_TEST

/*
 * A kernel that has booted anew has all its memory: no balloon takes any.  To the page it may have
 * other memory than the one before (one page more was seen, once in some twenty runs).
 */
static uint64_t total_of_new_kernel(struct scene_run *s, uint64_t before)
{
	uint64_t total = guest_memory(s->vm, "total");

	ck_assert_msg(total + MIB / PAGE > before && total < before + MIB / PAGE,
		      "%llu pages, and %llu before", (unsigned long long)total,
		      (unsigned long long)before);
	return total;
}

static bool half_inflated(struct real_vm *vm, void *opaque)
{
	return qmp_balloon(vm) < 400 * MIB;
}

START_TEST(reset_in_the_middle_of_inflating_is_survived)
{
	struct scene_run s;
	uint64_t total;

	begin(&s, _i, ",free-page-reporting=on",
	      &(struct boot_options){ .vcpus = 1, .reboots = true });
	load(&s);
	total = guest_memory(s.vm, "total");
	qmp_does(s.vm, "balloon", "{'value':%" PRIu64 "}", 200 * MIB);
	ck_vm(s.vm, real_vm_wait_until(s.vm, LONG_MS, "half of the inflation", half_inflated,
				       NULL));
	ck_vm(s.vm, real_vm_reset(s.vm, LONG_MS));
	/* The target is still there for the next driver. */
	total = total_of_new_kernel(&s, total);
	load(&s);
	balloon_to(s.vm, 200 * MIB);
	guest_does(s.vm, NULL, 0, "write /proc/sys/vm/drop_caches 3");

	/* Now the guest itself, with a full balloon. */
	ck_vm(s.vm, real_vm_reboot(s.vm, LONG_MS));
	total = total_of_new_kernel(&s, total);
	load(&s);
	balloon_to(s.vm, 200 * MIB);
	balloon_to(s.vm, GUEST_MIB * MIB);
	ck_assert_uint_eq(guest_memory(s.vm, "total"), total);
	run_program(&s, USE("320"));
	end(&s, SCENE_RESET);
}
END_TEST

/* With packed rings, which then begin and end many times, and wrap. */
START_TEST(nothing_is_lost_in_many_cycles)
{
	struct scene_run s;
	uint64_t free_pages = 0, total;
	int i;

	begin(&s, _i, ",free-page-reporting=on,packed=on", &(struct boot_options){ .vcpus = 2 });
	load(&s);
	ck_assert_msg(guest_has_feature(s.vm, 34), "no VIRTIO_F_RING_PACKED");
	total = guest_memory(s.vm, "total");
	for (i = 0; i <= CYCLES; i++) {
		balloon_to(s.vm, boot_long() ? 300 * MIB : 448 * MIB);
		balloon_to(s.vm, GUEST_MIB * MIB);
		/* the first one fills caches */
		if (!i)
			free_pages = guest_memory(s.vm, "free");
	}
	ck_assert_uint_eq(guest_memory(s.vm, "total"), total);
	expect_free(&s, free_pages);
	for (i = 0; i < CYCLES; i++) {
		qmp_does(s.vm, "balloon", "{'value':%" PRIu64 "}", (i & 1 ? 300 : 448) * MIB);
		unload(&s);
		load(&s);
	}
	/* The last target was for the driver that was loaded last. */
	balloon_to(s.vm, 300 * MIB);
	balloon_to(s.vm, GUEST_MIB * MIB);
	ck_assert_uint_eq(guest_memory(s.vm, "total"), total);
	expect_free(&s, free_pages);
	end(&s, SCENE_CYCLES);
}
END_TEST

/* The comparison */

static bool resident_agrees(uint64_t a, uint64_t b, unsigned int percent)
{
	return (a > b ? a - b : b - a) * 100 <= GUEST_MIB * MIB * percent;
}

static void print_row(const char *what, size_t offset, uint64_t unit, const char *unit_name)
{
	size_t i;

	printf("| %-34s", what);
	for (i = 0; i < NR_COMBINATIONS; i++)
		printf(" %12" PRIu64,
		       *(const uint64_t *)((const char *)&all_seen[i] + offset) / unit);
	printf(" %s\n", unit_name);
}

static void print_table(void)
{
	size_t i;

	printf("| %-34s", "driver-device");
	for (i = 0; i < NR_COMBINATIONS; i++)
		printf(" %12s", combinations[i].name);
	printf("\n");
#define ROW(what, member, unit, name)                                                              \
	print_row(what, offsetof(struct seen, member), unit, name)
	ROW("memory that the kernel manages", total, 1, "pages");
	ROW("... with a balloon of 256 MiB", total_inflated, 1, "pages");
	ROW("... that it counted as inflated", vmstat_inflate, 1, "pages");
	ROW("... and as deflated", vmstat_deflate, 1, "pages");
	ROW("resident with that balloon", resident_inflated, MIB, "MiB");
	ROW("resident after boot and reporting", resident_booted, MIB, "MiB");
	ROW("... while 256 MiB are used", resident_used, MIB, "MiB");
	ROW("... and after these were reported", resident_reported, MIB, "MiB");
	ROW("blocks of a memory file in use", blocks_used, MIB, "MiB");
	ROW("... and with a balloon of 384 MiB", blocks_reported, MIB, "MiB");
	ROW("statistics: total memory", stat_total, MIB, "MiB");
	ROW("deflated when out of memory", oom_deflated, MIB, "MiB");
	ROW("poisoned memory that left the host", poison_reported, MIB, "MiB");
#undef ROW
	fflush(stdout);
}

/* Reads what the scenes of the other tests have left. */
START_TEST(stock_and_ours_cannot_be_told_apart)
{
	const struct seen *stock = &all_seen[NR_COMBINATIONS - 1];
	size_t i;

	print_table();
	for (i = 0; i < NR_COMBINATIONS; i++) {
		const struct seen *seen = &all_seen[i];
		const char *name = combinations[i].name;

		ck_assert_msg(seen->scenes == (1u << NR_SCENES) - 1,
			      "%s: not all scenes ended well (%#x)", name, seen->scenes);
		ck_assert_msg(!strcmp(seen->features, stock->features), "%s: features %s, stock %s",
			      name, seen->features, stock->features);
		ck_assert_msg(seen->stat_total == seen->total * PAGE, "%s: statistics", name);
		ck_assert_msg(seen->total == stock->total, "%s: total", name);
		ck_assert_msg(seen->vmstat_inflate == stock->vmstat_inflate &&
			      seen->vmstat_deflate == stock->vmstat_deflate, "%s: counters", name);
		ck_assert_msg(resident_agrees(seen->resident_inflated, stock->resident_inflated,
					      RESIDENT_PERCENT),
			      "%s: resident with a balloon", name);
		ck_assert_msg(resident_agrees(seen->resident_booted, stock->resident_booted,
					      RESIDENT_PERCENT),
			      "%s: resident after boot", name);
		ck_assert_msg(resident_agrees(seen->resident_used, stock->resident_used,
					      IN_USE_PERCENT),
			      "%s: resident in use", name);
		ck_assert_msg(resident_agrees(seen->resident_reported, stock->resident_reported,
					      RESIDENT_PERCENT),
			      "%s: resident after reporting", name);
		ck_assert_msg(resident_agrees(seen->blocks_reported, stock->blocks_reported,
					      IN_USE_PERCENT),
			      "%s: blocks of a memory file", name);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("combinations");
	TCase *scenes = tcase_create("scenes"), *table = tcase_create("table");

	all_seen = mmap(NULL, NR_COMBINATIONS * sizeof(*all_seen), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	tcase_set_timeout(scenes, 900);
	tcase_add_loop_test(scenes, balloon_takes_memory_and_gives_it_back, 0, NR_COMBINATIONS);
	tcase_add_loop_test(scenes, free_memory_is_reported_and_leaves_the_host, 0,
			    NR_COMBINATIONS);
	tcase_add_loop_test(scenes, memory_file_loses_the_blocks_of_what_is_reported, 0,
			    NR_COMBINATIONS);
	tcase_add_loop_test(scenes, balloon_gives_memory_back_before_anything_is_killed, 0,
			    NR_COMBINATIONS);
	tcase_add_loop_test(scenes, poisoned_free_pages_keep_their_poison, 0, NR_COMBINATIONS);
	tcase_add_loop_test(scenes, reset_in_the_middle_of_inflating_is_survived, 0,
			    NR_COMBINATIONS);
	tcase_add_loop_test(scenes, nothing_is_lost_in_many_cycles, 0, NR_COMBINATIONS);
	tcase_add_test(table, stock_and_ours_cannot_be_told_apart);
	suite_add_tcase(suite, scenes);
	suite_add_tcase(suite, table);
	return boot_run(suite);
}
