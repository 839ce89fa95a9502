// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests of a host of ours: both ways to give memory back that have code in the host's kernel, with
 * nothing left out.
 *
 * Our kernel with KVM and vhost runs as a host in an emulated machine (host_machine.h).  This
 * program is its init as well: there it is a suite of its own, which boots our kernel once more, in
 * our QEMU and with the host's KVM, and whose lines the one outside reads from the host's console.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot.h"
#include "host_machine.h"

/* Of waiting; 3.5 minutes of CPU time in the long form. */
#define BOOT_S 3600
#define HOST_MIB 2560		/* what boot_run() asks for, and its initramfs twice */
#define GUEST_MIB 640		/* with less than 512, Linux has no huge pages */
#define USED_MIB 400
/*
 * Of what a program has used and freed, in MiB, that the host has back at least.  Fewer than 16
 * blocks, which are of 4 MiB at most, may wait for others on the queue (page_hinting, design v12);
 * pages at the ends of the program's area and in per-CPU lists keep some more from being whole.
 */
#define FREED_MIB 320

/*
 * TCG does not tell a hypervisor of XSETBV (there is no intercept of it in QEMU 7.2), so that KVM
 * goes on describing the guest's registers as they were before in CPUID, and the guest's kernel
 * warns.
 */
#define GUEST_CPU "host,-xsave"
/* All that KVM has, also what QEMU knows no name of and would not let migrate. */
#define GUEST_CPU_HINTS GUEST_CPU ",migratable=off"

/* In the host */

#define HYPERCALL "/sys/module/kvm_page_hint/parameters/"
#define VHOST "/sys/module/vhost_page_hint/parameters/"
#define HINT_PATH "/machine/peripheral/hint0"

static uint64_t hypercalls(struct real_vm *vm, const char *name)
{
	uint64_t value;
	char path[128];

	snprintf(path, sizeof(path), HYPERCALL "%s", name);
	ck_vm(vm, real_vm_read_u64(vm, path, &value));
	return value;
}

static uint64_t vhost(const char *name)
{
	unsigned long long value = 0;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), VHOST "%s", name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "the host has no %s", path);
	ck_assert_int_eq(fscanf(f, "%llu", &value), 1);
	fclose(f);
	return value;
}

struct memory {
	uint64_t used, freed;		/* resident while a program had its memory, and after */
};

/* A program writes to all of its memory, waits, and unmaps it. */
static struct memory use_and_free(struct real_vm *vm, struct program_run *run, const char *advice)
{
	struct memory memory;
	char text[128];

	snprintf(text, sizeof(text), "memhog size-mib=%d loops=1 hold-ms=0 pause-ms=0 madvise=%s",
		 USED_MIB, advice);
	program_begin(run, vm, text);
	program_wait_phase(run, "release", LONG_MS);
	memory.used = guest_resident(vm);
	program_go(run);
	program_wait(run, LONG_MS);
	ck_assert_int_eq(run->status, 0);
	memory.freed = guest_resident_settled(vm, 2000);
	ck_assert_uint_ge(memory.used, USED_MIB * MIB);
	return memory;
}

static void begin(struct boot *boot, struct program_run *run, const char *name,
		  const char *const *args)
{
	*run = (struct program_run){ 0 };
	boot_up(boot, &(struct boot_options){ .name = name, .kernel = "bzImage", .args = args,
					      .append = "page_hinting.design=v12",
					      .memory_mib = GUEST_MIB, .reboots = true,
					      .event = program_event, .opaque = run });
}

static void end(struct boot *boot)
{
	boot_power_off(boot);
	boot_end(boot);
}

static const char *const pages[] = { "none", "nohugepage" };

START_TEST(what_is_freed_leaves_the_host_by_hypercall)
{
	const char *args[] = { "-cpu", GUEST_CPU_HINTS, NULL };
	uint64_t freed, merged, hinted;
	struct program_run run;
	struct memory memory;
	struct boot boot;

	begin(&boot, &run, pages[_i], args);
	freed = hypercalls(boot.vm, "freed_hints");
	merged = hypercalls(boot.vm, "merged_hints");
	hinted = hypercalls(boot.vm, "hinted_pages");
	memory = use_and_free(boot.vm, &run, pages[_i]);
	freed = hypercalls(boot.vm, "freed_hints") - freed;
	merged = hypercalls(boot.vm, "merged_hints") - merged;
	hinted = (hypercalls(boot.vm, "hinted_pages") - hinted) * PAGE;
	printf("| hypercall, %s | %llu blocks freed | %llu merged | %llu MiB hinted"
	       " | %llu MiB resident, then %llu |\n", pages[_i],
	       (unsigned long long)freed, (unsigned long long)merged,
	       (unsigned long long)(hinted / MIB), (unsigned long long)(memory.used / MIB),
	       (unsigned long long)(memory.freed / MIB));
	fflush(stdout);
	ck_assert_uint_ge(hinted, FREED_MIB * MIB);
	ck_assert_uint_ge(memory.used - memory.freed, FREED_MIB * MIB);
	/* Huge pages are blocks of 2 MiB when they are freed, small ones have to merge to be. */
	ck_assert_uint_ge(_i ? merged : freed, FREED_MIB / 2);
	ck_assert_uint_eq(hypercalls(boot.vm, "failed_hints"), 0);
	/* And its memory is still good for something. */
	use_and_free(boot.vm, &run, pages[_i]);
	end(&boot);
}
END_TEST

/* What QEMU hands to a guest unless it is told otherwise. */
START_TEST(without_the_hypercall_all_stays)
{
	const char *args[] = { "-cpu", GUEST_CPU, NULL };
	struct program_run run;
	struct memory memory;
	struct boot boot;

	begin(&boot, &run, "no-hypercall", args);
	memory = use_and_free(boot.vm, &run, "none");
	printf("| no hypercall | %llu MiB resident, then %llu |\n",
	       (unsigned long long)(memory.used / MIB), (unsigned long long)(memory.freed / MIB));
	fflush(stdout);
	ck_assert_uint_eq(hypercalls(boot.vm, "hinted_pages"), 0);
	ck_assert_uint_ge(memory.freed, USED_MIB * MIB);
	end(&boot);
}
END_TEST

/* Once more; all of it is the host's doing, nothing QEMU's. */
static void served_by_the_host(struct real_vm *vm, struct program_run *run, const char *when)
{
	uint64_t requests = vhost("requests"), dropped = vhost("dropped_pages");
	struct memory memory = use_and_free(vm, run, "none");

	requests = vhost("requests") - requests;
	dropped = (vhost("dropped_pages") - dropped) * PAGE;
	printf("| vhost, %s | %llu requests | %llu MiB dropped | %llu MiB resident, then %llu |\n",
	       when, (unsigned long long)requests, (unsigned long long)(dropped / MIB),
	       (unsigned long long)(memory.used / MIB), (unsigned long long)(memory.freed / MIB));
	fflush(stdout);
	ck_assert_uint_ge(requests, 1);
	ck_assert_uint_ge(dropped, FREED_MIB * MIB);
	ck_assert_uint_ge(memory.used - memory.freed, FREED_MIB * MIB);
	ck_assert_uint_eq(vhost("kept_pages"), 0);
	ck_assert_uint_eq(qmp_number(vm, HINT_PATH, "hint-requests"), 0);
	ck_assert_uint_eq(qmp_number(vm, HINT_PATH, "malformed-requests"), 0);
}

/* vhost has no reset of single queues, so the guest may not be told of one. */
static void no_ring_reset(struct real_vm *vm)
{
	char features[128];

	guest_does(vm, features, sizeof(features), "read /sys/bus/virtio/devices/virtio0/features");
	ck_assert_uint_ge(strlen(features), 64);
	ck_assert_int_eq(features[32], '1');	/* VIRTIO_F_VERSION_1 */
	ck_assert_int_eq(features[40], '0');	/* VIRTIO_F_RING_RESET */
}

/* With an interrupt of its own by MSI-X, and with one that it shares. */
static const char *const vhost_devices[] = {
	"virtio-page-hint-pci,id=hint0,vhost=on",
	"virtio-page-hint-pci,id=hint0,vhost=on,vectors=0",
};

START_TEST(the_hosts_kernel_serves_the_queue)
{
	const char *args[] = { "-cpu", GUEST_CPU, "-device", vhost_devices[_i], NULL };
	struct program_run run;
	struct boot boot;

	begin(&boot, &run, "vhost", args);
	no_ring_reset(boot.vm);
	served_by_the_host(boot.vm, &run, "booted");
	qmp_does(boot.vm, "stop", "{}");
	qmp_does(boot.vm, "cont", "{}");
	served_by_the_host(boot.vm, &run, "stopped and continued");
	ck_vm(boot.vm, real_vm_reset(boot.vm, LONG_MS));
	served_by_the_host(boot.vm, &run, "reset");
	end(&boot);
}
END_TEST

/* In short the first of each. */
static int nr_pages(void)
{
	return boot_long() ? ARRAY_LEN(pages) : 1;
}

static int nr_vhost_devices(void)
{
	return boot_long() ? ARRAY_LEN(vhost_devices) : 1;
}

static int guests(void)
{
	Suite *suite = suite_create("guests");
	TCase *tc = tcase_create("guests");

	tcase_set_timeout(tc, BOOT_S);
	tcase_add_loop_test(tc, what_is_freed_leaves_the_host_by_hypercall, 0, nr_pages());
	tcase_add_test(tc, without_the_hypercall_all_stays);
	tcase_add_loop_test(tc, the_hosts_kernel_serves_the_queue, 0, nr_vhost_devices());
	suite_add_tcase(suite, tc);
	return boot_run(suite);
}

static void be_the_host(void)
{
	int status = -1;
	pid_t pid;

	host_machine_begin();
	pid = fork();
	if (!pid)
		exit(guests());
	waitpid(pid, &status, 0);
	printf("guests ended: %d\n", status);
	host_machine_power_off();
}

/* Outside of it */

/* What the kernel does not know is its init's environment. */
#define INSIDE "BALLAST_REAL=/real BALLAST_ACCEL=kvm"

static struct initramfs_file files[64];
static unsigned int nr_files;

/* What runs in the host lies in /real there, as under BALLAST_REAL here. */
static void add(const char *path, const char *source, unsigned int mode)
{
	unsigned int i;

	for (i = 0; i < nr_files; i++)
		if (!strcmp(files[i].path, path))
			return;
	ck_assert_uint_lt(nr_files, ARRAY_LEN(files));
	files[nr_files++] = (struct initramfs_file){ strdup(path), strdup(source), NULL, mode };
}

static void add_real(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "real/%s", name);
	add(path, boot_file(name), 0755);
}

static void add_firmware(void)
{
	DIR *dir = opendir(boot_file("firmware"));
	struct dirent *entry;
	char name[NAME_MAX + 16];

	ck_assert_msg(dir != NULL, "%s: missing; run 'make qemu'", boot_file("firmware"));
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "firmware/%s", entry->d_name);
		add_real(name);
	}
	closedir(dir);
}

/* The shared objects that a program wants: /lib is searched, the loader has its own place. */
static void add_libraries(const char *program)
{
	char command[PATH_MAX + 8], line[PATH_MAX + 256], path[PATH_MAX], target[PATH_MAX];
	const char *at;
	FILE *ldd;

	snprintf(command, sizeof(command), "ldd %s", program);
	ldd = popen(command, "r");
	ck_assert_ptr_nonnull(ldd);
	while (fgets(line, sizeof(line), ldd)) {
		at = strchr(line, '/');
		if (!at || sscanf(at, "%4095s", path) != 1)
			continue;
		if (strstr(path, "/ld-linux"))
			snprintf(target, sizeof(target), "%s", path + 1);
		else
			snprintf(target, sizeof(target), "lib%s", strrchr(path, '/'));
		add(target, path, 0755);
	}
	ck_assert_msg(!pclose(ldd), "'%s' fails", command);
}

static void collect_files(void)
{
	char self[PATH_MAX] = "";

	ck_assert_int_gt(readlink("/proc/self/exe", self, sizeof(self) - 1), 0);
	add("init", self, 0755);
	add_real("qemu-system-x86_64");
	add_real("bzImage");
	add_real("agent");
	add_firmware();
	add_libraries(self);
	add_libraries(boot_file("qemu-system-x86_64"));
}

/* Tables of the suite inside, and how many of its tests there were. */
static unsigned int take_lines(char *console)
{
	unsigned int checks = 0;
	char *line;

	while ((line = strsep(&console, "\n"))) {
		line[strcspn(line, "\r")] = '\0';
		if (!strncmp(line, "| ", 2) && strncmp(line, "| host: ", 8))
			puts(line);
		sscanf(line, "100%%: Checks: %u, Failures: 0, Errors: 0", &checks);
	}
	fflush(stdout);
	return checks;
}

START_TEST(guests_of_a_host_of_ours_give_memory_back)
{
	struct boot boot;
	char *console;

	boot_prepare(&boot);
	collect_files();
	console = host_machine_run(&(struct host_machine){
		.dir = boot.dir, .files = files, .nr_files = nr_files, .memory_mib = HOST_MIB,
		.append = boot_long() ? INSIDE " BALLAST_LONG=1" : INSIDE, .seconds = BOOT_S });
	ck_assert_msg(strstr(console, "guests ended: 0") != NULL, "it ends with: %s",
		      host_machine_tail(console));
	ck_assert_uint_eq(take_lines(console), nr_pages() + 1 + nr_vhost_devices());
	free(console);
	boot_end(&boot);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nested");
	TCase *tc = tcase_create("nested");

	if (getpid() == 1)
		be_the_host();
	if (!host_machine_there("test_nested"))
		return 2;
	tcase_set_timeout(tc, BOOT_S);
	tcase_add_test(tc, guests_of_a_host_of_ours_give_memory_back);
	suite_add_tcase(suite, tc);
	return boot_run(suite);
}
