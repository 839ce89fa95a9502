// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our driver and our device on a kernel that looks for mistakes: KASAN, lockdep, DEBUG_VM, objects
 * and lists, and panic_on_warn.  In a booted guest that has our driver and the stock one built in:
 *
 *  - contents: programs fill memory with what only they know, free it while it is reported and
 *    ballooned away, and compare, with little memory for all of that;
 *  - faults: allocations fail, in kernel threads at random and in the task that binds and unbinds
 *    the driver one after the other.  Afterwards all pages are there;
 *  - moving: memory is compacted around a balloon that grows and shrinks, while allocations fail;
 *  - stalls: the driver is unbound while the device holds hints that nobody looks at.
 *
 * Which driver takes the device: the one whose init function initcall_blacklist= does not name.
 * With neither named the stock one is first, and sysfs hands the device over.
 *
 * The short form takes minutes, with TCG; the long one a quarter of an hour.
 */
#include <json-c/json.h>

#include "boot.h"

#define GUEST_MIB 384
#define DEVICE "/machine/peripheral/balloon0"
#define OURS "virtio_ballast"
#define STOCK "virtio_balloon"
#define DRIVERS "/sys/bus/virtio/drivers/"
#define INJECT "/sys/kernel/debug/"

/*
 * Pages that may be elsewhere after a test: in per-CPU lists, page tables, stacks.  KASAN keeps
 * freed objects of slab caches, up to 1/32 of memory, so slab pages have a limit of their own.
 */
#define LOOSE_PAGES (4 * MIB / PAGE)
#define LOOSE_SLAB_PAGES (GUEST_MIB * MIB / PAGE / 32)

#define NR_PROGRAMS 2

struct debug {
	struct boot boot;
	struct real_vm *vm;
	struct program_run run[NR_PROGRAMS];
	uint64_t full;			/* bytes of the guest with an empty balloon */
};

/* Each program has a record of its own. */
static void debug_event(void *opaque, const char *line)
{
	struct debug *d = opaque;
	unsigned int index;

	if (sscanf(line, "%*u %*s %u", &index) == 1 && index < NR_PROGRAMS)
		program_event(&d->run[index], line);
}

static void begin(struct debug *d, unsigned int index, const char *what)
{
	d->run[index] = (struct program_run){ .vm = d->vm, .status = -1 };
	guest_does(d->vm, NULL, 0, "start %u %u %s", index, index + 1, what);
}

#define BALLOON "virtio-ballast-pci,id=balloon0,deflate-on-oom=on,free-page-hint=on,iothread=hints"

static void boot_with(struct debug *d, const char *append, const char *device)
{
	const char *const args[] = { "-object", "iothread,id=hints", "-device", device, NULL };
	struct boot_options options = {
		.name = "debug", .kernel = "debug/bzImage", .append = append, .args = args,
		.memory_mib = GUEST_MIB, .event = debug_event, .opaque = d,
	};

	memset(d, 0, sizeof(*d));
	boot_up(&d->boot, &options);
	d->vm = d->boot.vm;
	d->full = qmp_balloon(d->vm);
}

static void boot_debug(struct debug *d, const char *append)
{
	boot_with(d, append, BALLOON ",free-page-reporting=on");
}

static void end_debug(struct debug *d)
{
	ck_assert_uint_eq(qmp_number(d->vm, DEVICE, "malformed-requests"), 0);
	boot_power_off(&d->boot);
	boot_end(&d->boot);
}

/* What the guest's kernel has, when nothing runs in it. */
struct pages {
	uint64_t total, free, slab, rest;	/* "rest": page cache and anonymous */
	uint64_t inflated, deflated;		/* since it was booted */
};

static struct pages count_pages(struct debug *d)
{
	struct pages p;

	guest_does(d->vm, NULL, 0, "write /proc/sys/vm/drop_caches 3");
	/* Lists of the CPUs are drained once a second or two. */
	guest_wait(d->vm, 3000);
	p.total = guest_memory(d->vm, "total");
	p.free = guest_memory(d->vm, "free");
	p.slab = guest_memory(d->vm, "slab");
	p.rest = guest_memory(d->vm, "cached") + guest_memory(d->vm, "anon");
	p.inflated = guest_vmstat(d->vm, "balloon_inflate");
	p.deflated = guest_vmstat(d->vm, "balloon_deflate");
	return p;
}

/* With an empty balloon before and after: no page is lost, and none is there twice. */
static void check_pages(struct debug *d, const struct pages *before, const char *what)
{
	struct pages now = count_pages(d);
	uint64_t was = before->free + before->slab + before->rest;
	uint64_t is = now.free + now.slab + now.rest;

	printf("%s: free %llu -> %llu, slab %llu -> %llu pages, %llu ballooned\n", what,
	       (unsigned long long)before->free, (unsigned long long)now.free,
	       (unsigned long long)before->slab, (unsigned long long)now.slab,
	       (unsigned long long)(now.inflated - before->inflated));
	ck_assert_uint_eq(now.total, before->total);
	ck_assert_uint_eq(now.inflated - before->inflated, now.deflated - before->deflated);
	ck_assert_msg(is + LOOSE_PAGES >= was, "%s: %llu pages are lost", what,
		      (unsigned long long)(was - is));
	ck_assert_msg(is <= was + LOOSE_PAGES, "%s: %llu pages too many", what,
		      (unsigned long long)(is - was));
	ck_assert_msg(now.slab <= before->slab + LOOSE_SLAB_PAGES,
		      "%s: slab caches grew by %llu pages", what,
		      (unsigned long long)(now.slab - before->slab));
}

/* Contents */

#define WITH_OURS "initcall_blacklist=virtio_balloon_driver_init"
#define WITH_STOCK "initcall_blacklist=virtio_ballast_driver_init"
/*
 * Blocks of 64 KiB are reported: the usual 2 MiB are not when little is free, which is when it
 * matters.  The stock driver has no parameter for that; the kernel's own holds once a driver is
 * there.
 */
#define OURS_SMALL WITH_OURS " virtio_ballast.reporting_order=4"
#define KERNEL_ORDER "/sys/module/page_reporting/parameters/page_reporting_order"

static const struct {
	const char *append;
	bool discards;			/* reports; not when free pages hold poison */
	unsigned int s, long_s;		/* of guest time */
} contents[] = {
	{ OURS_SMALL, true, 20, 240 },
	{ OURS_SMALL " page_poison=1", false, 0, 60 },
	{ OURS_SMALL " init_on_free=1", true, 0, 60 },
	/* The stock driver on the same kernel and device, as a control. */
	{ WITH_STOCK, true, 0, 60 },
};

/* One program after the other that takes what is left, so that the first one runs short. */
static void press(struct debug *d)
{
	if (d->run[1].vm && !d->run[1].ended)
		return;
	if (d->run[1].vm)
		ck_assert_int_eq(d->run[1].status, 0);
	begin(d, 1, "memhog size-mib=100 loops=2 hold-ms=300 pause-ms=300 madvise=none");
}

/* Deflation on OOM keeps the guest from killing: the balloon may ask for more than there is. */
static void move_balloon(struct debug *d, unsigned int step)
{
	static const unsigned int left_mib[] = { 384, 250, 330, 200, 300, 384, 220 };

	qmp_does(d->vm, "balloon", "{'value':%llu}",
		 (unsigned long long)(left_mib[step % ARRAY_LEN(left_mib)] * MIB));
}

START_TEST(contents_hold)
{
	unsigned int seconds = boot_long() ? contents[_i].long_s : contents[_i].s, step;
	uint64_t deadline = clock_deadline(1800000), reported;
	char what[160];
	struct pages before;
	struct debug d;

	boot_debug(&d, contents[_i].append);
	guest_does(d.vm, NULL, 0, "write " KERNEL_ORDER " 4");
	/* What is free after booting is reported, too; that is not counted. */
	before = count_pages(&d);
	reported = qmp_number(d.vm, DEVICE, "report-bytes");
	snprintf(what, sizeof(what), "churn size-mib=90 min-kib=4 max-kib=8192 lifetime-ms=1500 "
		 "madvise=none duration-ms=%u", seconds * 1000);
	begin(&d, 0, what);
	for (step = 0; !d.run[0].ended; step++) {
		ck_assert_msg(clock_left_ms(deadline), "the program does not end");
		press(&d);
		if (step % 2)
			move_balloon(&d, step / 2);
		guest_wait(d.vm, 1000);
	}
	program_wait(&d.run[1], LONG_MS);
	ck_assert_msg(!d.run[0].status && !d.run[0].killed, "status %d, killed %u: other "
		      "contents than were written", d.run[0].status, d.run[0].killed);
	ck_assert_int_eq(d.run[1].status, 0);
	balloon_to(d.vm, d.full);
	printf("%llu pages written and compared; %llu MiB reported, %llu MiB discarded, "
	       "%llu pages ballooned\n", d.run[0].work,
	       (unsigned long long)((qmp_number(d.vm, DEVICE, "report-bytes") - reported) / MIB),
	       (unsigned long long)(qmp_number(d.vm, DEVICE, "report-discarded-bytes") / MIB),
	       (unsigned long long)qmp_number(d.vm, DEVICE, "inflate-pages"));
	ck_assert_uint_gt(qmp_number(d.vm, DEVICE, "inflate-pages"), 1000);
	ck_assert_uint_gt(qmp_number(d.vm, DEVICE, "report-bytes"), reported + seconds * MIB);
	ck_assert_int_eq(qmp_number(d.vm, DEVICE, "report-discarded-bytes") > 0,
			 contents[_i].discards);
	check_pages(&d, &before, "contents");
	end_debug(&d);
}
END_TEST

/* Faults */

static void set(struct debug *d, const char *kind, const char *name, long long value)
{
	guest_does(d->vm, NULL, 0, "write " INJECT "%s/%s %lld", kind, name, value);
}

static void set_flag(struct debug *d, const char *kind, const char *name, bool on)
{
	guest_does(d->vm, NULL, 0, "write " INJECT "%s/%s %c", kind, name, on ? 'Y' : 'N');
}

/* Any allocation may fail; which, is up to probability (below) and fail-nth (bind_with_fault()). */
static void prepare_faults(struct debug *d)
{
	static const char *const kinds[] = { "failslab", "fail_page_alloc" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		set(d, kinds[i], "probability", 0);
		set(d, kinds[i], "interval", 1);
		set(d, kinds[i], "verbose", 0);
		set_flag(d, kinds[i], "task-filter", true);
		set_flag(d, kinds[i], "ignore-gfp-wait", false);
	}
	set_flag(d, "fail_page_alloc", "ignore-gfp-highmem", false);
	set(d, "fail_page_alloc", "min-order", 0);
}

/*
 * Only kernel threads are to fail, for all that our driver does for itself it does in them.  New
 * ones are children of kthreadd, from which they have it.  The other numbers are nobody's.
 */
static void fail_kernel_threads(struct debug *d)
{
	char text[64] = "";
	unsigned int pid, last;

	guest_does(d->vm, text, sizeof(text), "read /proc/loadavg");
	ck_assert_msg(sscanf(text, "%*s %*s %*s %*s %u", &last) == 1, "/proc/loadavg: %s", text);
	guest_does(d->vm, NULL, 0, "write /proc/2/make-it-fail 1");
	for (pid = 3; pid <= last; pid++)
		ck_assert_msg(!real_vm_command(d->vm, SHORT_MS, NULL, 0,
					       "write /proc/%u/make-it-fail 1", pid) ||
			      !d->vm->failed, "%s", real_vm_error(d->vm));
}

/* At most @times allocations fail, each with a probability of @percent. */
static void faults_on(struct debug *d, const char *kind, unsigned int percent, unsigned int times)
{
	set(d, kind, "times", times);
	set(d, kind, "probability", percent);
}

/* Returns how many allocations have failed. */
static unsigned int faults_off(struct debug *d, const char *kind, unsigned int times)
{
	char text[32] = "";

	set(d, kind, "probability", 0);
	guest_does(d->vm, text, sizeof(text), "read " INJECT "%s/times", kind);
	return times - strtoul(text, NULL, 10);
}

static const char *const kinds[] = { "failslab", "fail_page_alloc" };

START_TEST(faults_while_inflating)
{
	unsigned int cycle, cycles = boot_long() ? 8 : 2, times = 40, failed = 0;
	struct pages before;
	struct debug d;

	boot_debug(&d, WITH_OURS);
	prepare_faults(&d);
	fail_kernel_threads(&d);
	balloon_to(d.vm, d.full - 64 * MIB);
	balloon_to(d.vm, d.full);
	before = count_pages(&d);
	for (cycle = 0; cycle < cycles; cycle++) {
		faults_on(&d, kinds[cycle % 2], 1, times);
		balloon_to(d.vm, d.full - 96 * MIB);
		balloon_to(d.vm, d.full - 32 * MIB);
		balloon_to(d.vm, d.full);
		failed += faults_off(&d, kinds[cycle % 2], times);
	}
	/* Inflation allocates pages one by one: some must have failed. */
	printf("%u allocations failed\n", failed);
	ck_assert_uint_ge(failed, times / 2);
	check_pages(&d, &before, "inflating");
	end_debug(&d);
}
END_TEST

static void use_memory(struct debug *d)
{
	begin(d, 0, "memhog size-mib=128 loops=1 hold-ms=0 pause-ms=0 madvise=none");
	program_wait(&d->run[0], LONG_MS);
	ck_assert_int_eq(d->run[0].status, 0);
}

struct more_reported {
	uint64_t bytes;
};

static bool more_is_reported(struct real_vm *vm, void *opaque)
{
	return qmp_number(vm, DEVICE, "report-bytes") >= ((struct more_reported *)opaque)->bytes;
}

static void wait_reported(struct debug *d, uint64_t bytes)
{
	struct more_reported more = { qmp_number(d->vm, DEVICE, "report-bytes") + bytes };

	use_memory(d);
	ck_vm(d->vm, real_vm_wait_until(d->vm, LONG_MS, "reports of what was freed",
					more_is_reported, &more));
}

/*
 * A round of reporting allocates a list, and the stock driver a table of descriptors for each
 * report; ours allocates nothing then.  What fails is made up for: the blocks become free again,
 * and are reported later.
 */
START_TEST(faults_while_reporting)
{
	unsigned int cycle, cycles = boot_long() ? 10 : 4, times = 1000, failed = 0;
	struct pages before;
	struct debug d;

	boot_debug(&d, _i ? WITH_STOCK : WITH_OURS);
	prepare_faults(&d);
	fail_kernel_threads(&d);
	wait_reported(&d, 64 * MIB);
	before = count_pages(&d);
	for (cycle = 0; cycle < cycles; cycle++) {
		/* All allocations, or every other one: the list is there, and the table is not. */
		set(&d, "failslab", "interval", 1 + cycle % 2);
		faults_on(&d, "failslab", 100, times);
		use_memory(&d);
		guest_wait(d.vm, 5000);
		failed += faults_off(&d, "failslab", times);
	}
	printf("%u allocations failed\n", failed);
	ck_assert_uint_ge(failed, cycles / 2);
	wait_reported(&d, 64 * MIB);
	check_pages(&d, &before, "reporting");
	end_debug(&d);
}
END_TEST

/* Binding */

static int driver_does(struct debug *d, const char *driver, const char *what)
{
	int ret = real_vm_command(d->vm, SHORT_MS, NULL, 0, "write " DRIVERS "%s/%s virtio0",
				  driver, what);

	ck_assert_msg(!d->vm->failed, "%s", real_vm_error(d->vm));
	return ret;
}

static bool is_bound(struct debug *d, const char *driver)
{
	int ret = real_vm_command(d->vm, SHORT_MS, NULL, 0,
				  "read " DRIVERS "%s/virtio0/features", driver);

	ck_assert_msg(!d->vm->failed, "%s", real_vm_error(d->vm));
	return !ret;
}

/*
 * What may fail here are objects without a slab cache of their own (kmalloc, marked for the filter
 * by slub_debug=A) and the rings, which are more than a page.  Not so entries of /proc: without
 * them, the removal of an interrupt makes the kernel itself warn (remove_proc_entry()).
 */
#define MARK_KMALLOC " slub_debug=A,kmalloc-*"

static void choose_faults(struct debug *d)
{
	prepare_faults(d);
	set(d, "fail_page_alloc", "min-order", 1);
	set_flag(d, "failslab", "cache-filter", true);
}

/*
 * Let the @nth allocation from now on fail that the agent's process makes, then do @what.  Returns
 * whether it was reached, sets *done.  Some of them the agent makes for itself; it only says that
 * it could not do it then.
 */
static bool bind_with_fault(struct debug *d, const char *what, unsigned int nth, bool *done)
{
	char text[32] = "";
	unsigned long left;

	guest_does(d->vm, NULL, 0, "write /proc/self/fail-nth %u", nth);
	*done = !driver_does(d, OURS, what);
	guest_does(d->vm, text, sizeof(text), "read /proc/self/fail-nth");
	left = strtoul(text, NULL, 10);
	if (left)
		guest_does(d->vm, NULL, 0, "write /proc/self/fail-nth 0");
	return !left;
}

/* Returns how often the operation failed before there was nothing left in it to fail. */
static unsigned int fail_each(struct debug *d, const char *what)
{
	bool bind = !strcmp(what, "bind"), reached = true, done;
	unsigned int nth, failed = 0;

	for (nth = 1; reached; nth++) {
		reached = bind_with_fault(d, what, nth, &done);
		failed += !done;
		ck_assert_msg(nth < 20000, "%s never ends to allocate", what);
		ck_assert_msg(reached || done, "%s fails though no allocation did", what);
		if (is_bound(d, OURS) == bind)
			ck_assert(!driver_does(d, OURS, bind ? "unbind" : "bind"));
	}
	printf("%s: %u allocations tried, it failed %u times\n", what, nth - 1, failed);
	return failed;
}

START_TEST(faults_while_binding)
{
	struct pages before;
	struct debug d;

	boot_debug(&d, WITH_OURS MARK_KMALLOC);
	choose_faults(&d);
	ck_assert(is_bound(&d, OURS));
	/* Once through all, so that what the kernel keeps of the first time is there. */
	ck_assert(!driver_does(&d, OURS, "unbind"));
	ck_assert(!driver_does(&d, OURS, "bind"));
	ck_assert(!driver_does(&d, OURS, "unbind"));
	before = count_pages(&d);
	ck_assert_uint_gt(fail_each(&d, "bind"), 0);
	check_pages(&d, &before, "binding");
	ck_assert(!is_bound(&d, OURS));
	ck_assert(!driver_does(&d, OURS, "bind"));
	fail_each(&d, "unbind");
	/* It is bound now, and works. */
	balloon_to(d.vm, d.full - 64 * MIB);
	ck_assert(!driver_does(&d, OURS, "unbind"));
	check_pages(&d, &before, "unbinding");
	ck_assert(!driver_does(&d, OURS, "bind"));
	/* The target is still what it was. */
	balloon_to(d.vm, d.full - 64 * MIB);
	balloon_to(d.vm, d.full);
	end_debug(&d);
}
END_TEST

/* From driver to driver, with memory in the balloon and on the way to it. */
START_TEST(handed_over)
{
	unsigned int round, rounds = boot_long() ? 6 : 2;
	const char *from, *to;
	struct pages before;
	struct debug d;

	boot_debug(&d, "");
	ck_assert(is_bound(&d, STOCK));
	balloon_to(d.vm, d.full - 32 * MIB);
	balloon_to(d.vm, d.full);
	before = count_pages(&d);
	for (round = 0; round < rounds; round++) {
		from = round % 2 ? OURS : STOCK;
		to = round % 2 ? STOCK : OURS;
		balloon_to(d.vm, d.full - 48 * MIB);
		qmp_does(d.vm, "balloon", "{'value':%llu}",
			 (unsigned long long)(d.full - 128 * MIB));
		ck_assert(!driver_does(&d, from, "unbind"));
		ck_assert(!is_bound(&d, from));
		ck_assert(!driver_does(&d, to, "bind"));
		balloon_to(d.vm, d.full - 128 * MIB);
		balloon_to(d.vm, d.full);
		wait_reported(&d, 32 * MIB);
	}
	check_pages(&d, &before, "handed over");
	end_debug(&d);
}
END_TEST

/* Moving */

/*
 * A program holds single pages all over memory; when it ends, what the balloon took meanwhile is in
 * the way of every larger block.
 */
static void fragment(struct debug *d)
{
	begin(d, 0, "churn size-mib=140 min-kib=4 max-kib=8 lifetime-ms=3000 madvise=nohugepage "
	      "duration-ms=12000");
	guest_wait(d->vm, 8000);
	balloon_to(d->vm, d->full - 100 * MIB);
	program_wait(&d->run[0], LONG_MS);
	ck_assert_msg(!d->run[0].status && !d->run[0].killed, "status %d, killed %u",
		      d->run[0].status, d->run[0].killed);
}

/* The balloon moves from size to size, and its pages from place to place. */
static void compact(struct debug *d)
{
	static const unsigned int in_mib[] = { 60, 110, 80, 100 };
	unsigned int step;

	begin(d, 1, "compact loops=8 pause-ms=100");
	for (step = 0; !d->run[1].ended; step++) {
		qmp_does(d->vm, "balloon", "{'value':%llu}",
			 (unsigned long long)(d->full - in_mib[step % ARRAY_LEN(in_mib)] * MIB));
		guest_wait(d->vm, 300);
		ck_assert_msg(step < 2000, "memory is never compacted");
	}
	ck_assert_int_eq(d->run[1].status, 0);
}

START_TEST(faults_while_moving)
{
	unsigned int cycle, cycles = boot_long() ? 6 : 2, times = 40, failed = 0;
	struct pages before;
	uint64_t moved;
	struct debug d;

	boot_debug(&d, WITH_OURS " transparent_hugepage=never");
	prepare_faults(&d);
	fail_kernel_threads(&d);
	balloon_to(d.vm, d.full - 64 * MIB);
	balloon_to(d.vm, d.full);
	before = count_pages(&d);
	moved = guest_vmstat(d.vm, "balloon_migrate");
	for (cycle = 0; cycle < cycles; cycle++) {
		fragment(&d);
		faults_on(&d, kinds[cycle % 2], 1, times);
		compact(&d);
		balloon_to(d.vm, d.full);
		failed += faults_off(&d, kinds[cycle % 2], times);
	}
	moved = guest_vmstat(d.vm, "balloon_migrate") - moved;
	printf("%llu pages of the balloon moved, %u allocations failed\n",
	       (unsigned long long)moved, failed);
	ck_assert_uint_gt(moved, 1000);
	ck_assert_uint_gt(failed, 0);
	check_pages(&d, &before, "moving");
	end_debug(&d);
}
END_TEST

/* Stalls */

static bool hints_wait(struct real_vm *vm, void *opaque)
{
	return qmp_number(vm, DEVICE, "hint-bytes") > qmp_number(vm, DEVICE, "hint-applied-bytes");
}

static bool is_cancelled(struct real_vm *vm, void *opaque)
{
	struct json_object *info, *value;
	bool is = false;

	ck_assert_msg(!qmp_run(&vm->qmp, SHORT_MS, "query-migrate", NULL, &info), "%s",
		      vm->qmp.error);
	if (json_object_object_get_ex(info, "status", &value))
		is = !strcmp(json_object_get_string(value), "cancelled");
	json_object_put(info);
	return is;
}

/* Hints by allocating free memory, and by isolating it; the latter only if nobody reports. */
START_TEST(unbound_while_a_migration_stalls)
{
	unsigned int round, rounds = boot_long() ? 4 : 1;
	struct deaf_receiver deaf;
	struct pages before;
	struct debug d;

	boot_with(&d, _i ? WITH_OURS " init_on_alloc=1" : WITH_OURS " init_on_alloc=0", BALLOON);
	balloon_to(d.vm, d.full - 64 * MIB);
	ck_assert(!driver_does(&d, OURS, "unbind"));
	ck_assert(!driver_does(&d, OURS, "bind"));
	balloon_to(d.vm, d.full);
	before = count_pages(&d);
	for (round = 0; round < rounds; round++) {
		balloon_to(d.vm, d.full - 64 * MIB);
		deaf_receiver_begin(&deaf, &d.boot);
		ck_vm(d.vm, real_vm_wait_until(d.vm, LONG_MS, "hints", hints_wait, NULL));
		ck_assert(!driver_does(&d, OURS, "unbind"));
		ck_assert(!driver_does(&d, OURS, "bind"));
		qmp_does(d.vm, "migrate_cancel", "{}");
		ck_vm(d.vm, real_vm_wait_until(d.vm, LONG_MS, "the migration's end", is_cancelled,
					       NULL));
		deaf_receiver_end(&deaf);
		balloon_to(d.vm, d.full);
	}
	check_pages(&d, &before, "stalls");
	end_debug(&d);
}
END_TEST

static void add_case(Suite *suite, const char *name, const TTest *test, int nr)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 3600);
	tcase_add_loop_test(tc, test, 0, nr);
	suite_add_tcase(suite, tc);
}

int main(void)
{
	Suite *suite = suite_create("debug");

	add_case(suite, "contents", contents_hold, boot_long() ? ARRAY_LEN(contents) : 1);
	add_case(suite, "inflating", faults_while_inflating, 1);
	add_case(suite, "reporting", faults_while_reporting, 2);
	add_case(suite, "binding", faults_while_binding, 1);
	add_case(suite, "handover", handed_over, 1);
	add_case(suite, "moving", faults_while_moving, 1);
	add_case(suite, "stalls", unbound_while_a_migration_stalls, 2);
	return boot_run(suite);
}
