// SPDX-License-Identifier: GPL-2.0-only
/*
 * What real guests share, without booting any: reading the kernel's files about memory, the limit
 * that a scenario's host becomes, and that neither group nor swap file is left, whatever happens.
 */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "clock.h"
#include "pressure.h"
#include "real_limit.h"
#include "real_scratch.h"
#include "scenario.h"
#include "skip.h"
#include "suite.h"
#include "vm.h"

#define MIB (UINT64_C(1) << 20)
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define NOBODY 65534
#define WAIT_MS 20000

/* The kernel's files */

static FILE *text_file(const char *text)
{
	FILE *f = fmemopen((void *)text, strlen(text), "r");

	ck_assert_ptr_nonnull(f);
	return f;
}

START_TEST(guest_memory_and_the_rest_are_told_apart)
{
	FILE *f = text_file("55d0-65d0 r-xp 00000000 fe:00 1 /usr/bin/qemu\n"
			    "Rss: 100 kB\nAnonymous: 0 kB\nSwap: 0 kB\n"
			    "10000000-30000000 rw-p 00000000 00:00 0\n"
			    "Size:             524288 kB\nRss:              131072 kB\n"
			    "Pss:              131072 kB\nAnonymous:        131072 kB\n"
			    "Swap:               2048 kB\nSwapPss:            2048 kB\n"
			    "40000000-47f00000 rw-p 00000000 00:00 0\n"
			    "Rss: 45056 kB\nAnonymous: 45056 kB\nSwap: 512 kB\n"
			    "50000000-70000000 rw-p 00000000 00:00 0\n"
			    "Rss: 64 kB\nAnonymous: 64 kB\nSwap: 0 kB\n");
	struct real_vm_memory m = { 0 };

	ck_assert(real_smaps_read(f, 512 * MIB, &m));
	fclose(f);
	ck_assert_uint_eq(m.resident, 128 * MIB);
	ck_assert_uint_eq(m.swapped, 2 * MIB);
	/* Of two mappings of that size the first is the guest's. */
	ck_assert_uint_eq(m.vmm_resident, 44 * MIB + 64 * 1024);
	ck_assert_uint_eq(m.vmm_swapped, 512 * 1024);
	f = text_file("1000-3000 rw-p 00000000 00:00 0\nRss: 4 kB\n");
	ck_assert(!real_smaps_read(f, 512 * MIB, &m));
	fclose(f);
}
END_TEST

START_TEST(faults_are_read_whatever_the_name)
{
	struct real_vm_memory m = { 0 };

	ck_assert(real_stat_faults("12 (qemu) 1 (x)) S 1 2 3 0 -1 4194560 777 5 42 6 10 20", &m));
	ck_assert_uint_eq(m.minor_faults, 777);
	ck_assert_uint_eq(m.major_faults, 42);
	ck_assert(!real_stat_faults("12 (qemu) S 1 2", &m));
	ck_assert(!real_stat_faults("", &m));
}
END_TEST

START_TEST(hierarchies_are_found)
{
	static const char mounts[] =
		"tmpfs /sys/fs/cgroup tmpfs rw 0 0\n"
		"cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n"
		"cgroup /sys/fs/cgroup/my\\040memory cgroup rw,nosuid,memory 0 0\n"
		"cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n";
	char dir[64];
	FILE *f = text_file(mounts);

	ck_assert(real_group_mount(f, 1, dir, sizeof(dir)));
	ck_assert_str_eq(dir, "/sys/fs/cgroup/my memory");
	fclose(f);
	f = text_file(mounts);
	ck_assert(real_group_mount(f, 2, dir, sizeof(dir)));
	ck_assert_str_eq(dir, "/sys/fs/cgroup/unified");
	fclose(f);
	f = text_file("cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n");
	ck_assert(!real_group_mount(f, 1, dir, sizeof(dir)));
	fclose(f);
}
END_TEST

/* As the kernel has them: names that begin alike, and the lines of groups below. */
START_TEST(counters_of_both_versions_are_read)
{
	static const char first[] =
		"cache 4096\nrss 8192\nrss_huge 1\nswap 100\nswapcached 20\npgpgin 9\npgfault 7\n"
		"pgmajfault 3\ntotal_cache 1\ntotal_rss 2\ntotal_swap 5\ntotal_pgfault 6\n";
	static const char second[] =
		"anon 8192\nfile 4096\nkernel 512\nkernel_stack 16\nanon_thp 1\npgfault 7\n"
		"pgmajfault 3\n";
	struct real_group_counters c = { 0 };
	uint64_t value;

	ck_assert(real_group_parse_stat(1, first, &c));
	ck_assert_uint_eq(c.anon, 8192);
	ck_assert_uint_eq(c.file, 4096);
	ck_assert_uint_eq(c.swap, 120);
	ck_assert_uint_eq(c.faults, 7);
	ck_assert_uint_eq(c.major_faults, 3);
	c = (struct real_group_counters){ 0 };
	ck_assert(real_group_parse_stat(2, second, &c));
	ck_assert_uint_eq(c.anon, 8192);
	ck_assert_uint_eq(c.file, 4096);
	ck_assert_uint_eq(c.kernel, 512);
	ck_assert_uint_eq(c.swap, 0);
	ck_assert(!real_group_parse_stat(2, first, &c));
	ck_assert(!real_group_parse_stat(1, second, &c));
	ck_assert(real_group_value("low 0\noom 4\noom_kill 2\n", "oom_kill", &value));
	ck_assert_uint_eq(value, 2);
	ck_assert(!real_group_value("total_swap 5\n", "swap", &value));
}
END_TEST

#define SOME_10 "some avg10=1.50 avg60=12.07 avg300=100.00 total=5000000\n"
#define FULL_3 "full avg10=0.09 avg60=0.00 avg300=3.33 total=3000001\n"

START_TEST(pressure_is_read)
{
	struct real_stalls s;

	ck_assert(real_pressure_parse(SOME_10 FULL_3, &s));
	ck_assert_uint_eq(s.total_ns[REAL_SOME], UINT64_C(5000000000));
	ck_assert_uint_eq(s.avg[REAL_SOME][REAL_AVG10], 150);
	ck_assert_uint_eq(s.avg[REAL_SOME][REAL_AVG60], 1207);
	ck_assert_uint_eq(s.avg[REAL_SOME][REAL_AVG300], 10000);
	ck_assert_uint_eq(s.total_ns[REAL_FULL], UINT64_C(3000001000));
	ck_assert_uint_eq(s.avg[REAL_FULL][REAL_AVG10], 9);
	/* That of the CPU, before Linux 5.13. */
	ck_assert(real_pressure_parse(SOME_10, &s));
	ck_assert_uint_eq(s.total_ns[REAL_FULL], 0);
	ck_assert(!real_pressure_parse("", &s));
	ck_assert(!real_pressure_parse(FULL_3, &s));
	ck_assert(!real_pressure_parse("some avg10=1.50 total=7\n", &s));
	ck_assert(!real_pressure_parse(SOME_10 "full\n", &s));
}
END_TEST

static void write_pressure(const char *dir, const char *name, unsigned int us)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.pressure", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "some avg10=0.25 avg60=0.00 avg300=0.00 total=%u\n", us);
	fclose(f);
}

/* A group of version 2 has files of its own (here, files that look like them). */
START_TEST(pressure_is_that_of_the_run)
{
	static const char *const names[] = { "memory", "io", "cpu" };
	struct real_pressure before, now = { 0 };
	struct real_group g = { .version = 2 };
	const char *dir = getenv("TMPDIR");
	size_t i;

	g.dir = open(dir, O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(g.dir, 0);
	for (i = 0; i < ARRAY_LEN(names); i++)
		write_pressure(dir, names[i], 100 * (i + 1));
	real_pressure_begin(&before, &g);
	ck_assert(before.known);
	ck_assert(before.of_group);
	ck_assert(real_pressure_read(&before, &g, &now));
	ck_assert_uint_eq(now.memory.total_ns[REAL_SOME], 0);
	ck_assert_uint_eq(now.memory.avg[REAL_SOME][REAL_AVG10], 25);
	ck_assert_msg(!real_pressure_read(&before, &g, &now), "nothing has changed");
	write_pressure(dir, "io", 207);
	ck_assert(real_pressure_read(&before, &g, &now));
	ck_assert_uint_eq(now.memory.total_ns[REAL_SOME], 0);
	ck_assert_uint_eq(now.io.total_ns[REAL_SOME], 7000);
	ck_assert_uint_eq(now.cpu.total_ns[REAL_SOME], 0);
	close(g.dir);
	/* Version 1 has none: it is the machine's, if that has any. */
	g.version = 1;
	real_pressure_begin(&before, &g);
	ck_assert(!before.of_group);
	ck_assert(before.known == !access("/proc/pressure/memory", R_OK));
}
END_TEST

START_TEST(only_our_swap_files_are_ours)
{
	static const struct {
		const char *line, *path;
	} lines[] = {
		{ "/tmp/ballast-real-Ab12Cd/swap file 1048572 0 -2\n",
		  "/tmp/ballast-real-Ab12Cd/swap" },
		{ "/var/my\\040tmp/ballast-real-x/swap\tfile\t1\t0\t-2\n",
		  "/var/my tmp/ballast-real-x/swap" },
		{ "/tmp/ballast-real-x/swapfile file 1 0 -2\n", NULL },
		{ "/tmp/ballast-realx/swap file 1 0 -2\n", NULL },
		{ "/ballast-real-x/deeper/swap file 1 0 -2\n", NULL },
		{ "/dev/sda2 partition 8388604 0 -2\n", NULL },
		{ "Filename Type Size Used Priority\n", NULL },
	};
	char path[128];
	size_t i;

	for (i = 0; i < ARRAY_LEN(lines); i++) {
		bool ours = real_swap_file_of_line(lines[i].line, path, sizeof(path));

		ck_assert_msg(ours == !!lines[i].path, "%s", lines[i].line);
		if (ours)
			ck_assert_str_eq(path, lines[i].path);
	}
}
END_TEST

/* The limit */

START_TEST(limit_is_where_the_host_begins_to_reclaim)
{
	struct scenario_host host = { .memory_mib = 1024, .watermark_scale_factor = 10 };
	uint64_t all = scenario_host_room(&host), low = 1024 * MIB - all;

	/* min_free_kbytes, a quarter more. */
	ck_assert_uint_ge(low, 40 * MIB);
	ck_assert_uint_le(low, 60 * MIB);
	host.kernel_reserve_mib = 100;
	ck_assert_uint_eq(scenario_host_room(&host), all - 100 * MIB);
	host.min_free_kbytes = 1024;
	ck_assert_uint_gt(scenario_host_room(&host), all - 100 * MIB + 30 * MIB);
	/* What VMMs have is theirs: it is charged to the group as it takes the model's frames. */
	host.vmm_memory_mib = 500;
	ck_assert_uint_gt(scenario_host_room(&host), all - 100 * MIB + 30 * MIB);
	host = (struct scenario_host){ .memory_mib = 16, .kernel_reserve_mib = 16 };
	ck_assert_uint_eq(scenario_host_room(&host), 0);
}
END_TEST

/* The command */

static void nothing_is_left(pid_t pid)
{
	ck_assert_uint_eq(count_files("tmp"), 2);
	ck_assert(!swap_is_used(scratch));
	ck_assert(!group_is_there(pid));
	ck_assert_int_eq(access("x.trace", F_OK), -1);
}

/* The sources may lie where nobody else may go. */
static void become_nobody(void)
{
	char line[4 * PATH_MAX];

	snprintf(line, sizeof(line),
		 "cp '%s' ballast && cp -r '%s/scenarios' . && chmod -R a+rwX .", command, top);
	ck_assert_int_eq(system(line), 0);
	snprintf(command, sizeof(command), "%s/ballast", scratch);
	snprintf(top, sizeof(top), "%s", scratch);
	if (!geteuid())
		run_as = NOBODY;
}

START_TEST(who_is_not_root_is_refused)
{
	static const struct {
		const char *scenario, *arguments, *says;
	} cases[] = {
		{ "reporting", "--set /guest/count=2", "run it as root, or use --no-limit" },
		{ "reporting", "--limit", "run it as root, or use --no-limit" },
		{ "overcommit-turns", "", "run it as root, or use --no-limit" },
		{ "overcommit-turns", "--no-limit", "qemu-system-x86_64: No such file" },
	};
	char text[4096];
	size_t i;
	pid_t pid;

	become_nobody();
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		char arguments[256];

		snprintf(arguments, sizeof(arguments), "--real real %s", cases[i].arguments);
		pid = start_real(cases[i].scenario, arguments);
		ck_assert_int_eq(end_real(pid, text, sizeof(text)), 2);
		ck_assert_msg(strstr(text, cases[i].says), "%s: %s", cases[i].arguments, text);
		nothing_is_left(pid);
	}
}
END_TEST

START_TEST(compressed_swap_is_refused)
{
	char text[4096];
	pid_t pid;

	write_file("zram.dtso", "/dts-v1/;\n/plugin/;\n&{/host} { swap { compatible = "
		   "\"ballast,swap-zram\"; size-mib = <64>; compressed-percent = <40>; }; };\n",
		   0644);
	pid = start_real("reporting", "--real real --limit --overlay zram.dtso");
	ck_assert_int_eq(end_real(pid, text, sizeof(text)), 2);
	ck_assert_msg(strstr(text, "/host: swap: a real run swaps to a file, not to zram"), "%s",
		      text);
	nothing_is_left(pid);
}
END_TEST

static uint64_t number_in(const char *dir, const char *name)
{
	char path[PATH_MAX + 64];
	unsigned long long value = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	if (f) {
		ck_assert_int_eq(fscanf(f, "%llu", &value), 1);
		fclose(f);
	}
	return value;
}

/* A process that has @bytes of its own in the group, and waits. */
static pid_t start_in_group(const struct real_group *g, size_t bytes)
{
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		char *memory = malloc(bytes);

		if (write(g->procs, "0", 1) != 1)
			_exit(1);
		memset(memory, 1, bytes);
		if (write(ready[1], memory, 1) == 1)
			pause();
		_exit(2);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

START_TEST(group_has_the_limit_and_counts)
{
	struct real_group_counters c;
	struct real_group g;
	char error[1024], path[PATH_MAX];
	pid_t pid;

	ck_assert_msg(!real_group_create(&g, 64 * MIB, 32 * MIB, error, sizeof(error)), "%s",
		      error);
	snprintf(path, sizeof(path), "%s", g.path);
	if (g.version == 1) {
		ck_assert_uint_eq(number_in(path, "memory.limit_in_bytes"), 64 * MIB);
		ck_assert_uint_eq(number_in(path, "memory.memsw.limit_in_bytes"), 96 * MIB);
	} else {
		ck_assert_uint_eq(number_in(path, "memory.max"), 64 * MIB);
		ck_assert_uint_eq(number_in(path, "memory.swap.max"), 32 * MIB);
	}
	pid = start_in_group(&g, 20 * MIB);
	ck_assert_msg(!real_group_read(&g, &c, error, sizeof(error)), "%s", error);
	ck_assert_uint_ge(c.usage, 20 * MIB);
	ck_assert_uint_le(c.usage, 64 * MIB);
	ck_assert_uint_ge(c.anon, 19 * MIB);
	ck_assert_uint_eq(c.oom_kills, 0);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	real_group_destroy(&g);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(what_fails_later_leaves_nothing)
{
	char text[4096], memory[] = "/dev/shm/ballast-test-XXXXXX";
	pid_t pid = start_real("overcommit-turns", "--real real");

	ck_assert_int_eq(end_real(pid, text, sizeof(text)), 2);
	ck_assert_msg(strstr(text, "qemu-system-x86_64: No such file"), "%s", text);
	nothing_is_left(pid);
	/* A file system in memory has no swap files. */
	ck_assert_ptr_nonnull(mkdtemp(memory));
	setenv("TMPDIR", memory, 1);
	pid = start_real("overcommit-turns", "--real real");
	ck_assert_int_eq(end_real(pid, text, sizeof(text)), 2);
	ck_assert_msg(strstr(text, "TMPDIR names a directory on one that has"), "%s", text);
	nothing_is_left(pid);
	ck_assert_int_eq(rmdir(memory), 0);
}
END_TEST

/* It waits for a QEMU that says nothing, with all that it has made. */
static pid_t start_waiting(void)
{
	uint64_t deadline = clock_deadline(WAIT_MS);
	pid_t pid;

	write_file("real/qemu-system-x86_64", "#!/bin/sh\nexec sleep 1000\n", 0755);
	pid = start_real("overcommit-turns", "--real real");
	while (!(swap_is_used(scratch) && group_is_there(pid)) && clock_left_ms(deadline))
		clock_sleep_ms(10);
	ck_assert(swap_is_used(scratch));
	ck_assert(group_is_there(pid));
	return pid;
}

/* Whoever is killed cannot clean up: the next one does. */
START_TEST(what_a_killed_run_has_left_goes_with_the_next)
{
	char text[4096];
	pid_t killed = start_waiting(), next;

	kill(killed, SIGKILL);
	ck_assert_int_eq(end_real(killed, text, sizeof(text)), -1);
	ck_assert(swap_is_used(scratch));
	unlink("real/qemu-system-x86_64");
	unlink("x.trace");
	next = start_real("overcommit-turns", "--real real");
	ck_assert_int_eq(end_real(next, text, sizeof(text)), 2);
	nothing_is_left(killed);
	nothing_is_left(next);
}
END_TEST

/* But not what belongs to one that lives. */
START_TEST(another_run_is_left_alone)
{
	char text[4096];
	pid_t lives = start_waiting(), next;

	write_file("broken", "", 0644);
	next = start_real("reporting", "--limit --real broken");
	ck_assert_int_eq(end_real(next, text, sizeof(text)), 2);
	ck_assert(!group_is_there(next));
	ck_assert(swap_is_used(scratch));
	ck_assert(group_is_there(lives));
	kill(lives, SIGKILL);
	end_real(lives, text, sizeof(text));
	next = start_real("reporting", "--limit --real broken");
	end_real(next, text, sizeof(text));
	ck_assert(!swap_is_used(scratch));
	ck_assert(!group_is_there(lives));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("real_limit");
	TCase *files = tcase_create("files"), *refused = tcase_create("refused");
	TCase *made = tcase_create("made");
	bool can = can_limit();

	tcase_add_test(files, guest_memory_and_the_rest_are_told_apart);
	tcase_add_test(files, faults_are_read_whatever_the_name);
	tcase_add_test(files, hierarchies_are_found);
	tcase_add_test(files, counters_of_both_versions_are_read);
	tcase_add_test(files, pressure_is_read);
	tcase_add_test(files, only_our_swap_files_are_ours);
	tcase_add_test(files, limit_is_where_the_host_begins_to_reclaim);
	suite_add_tcase(suite, files);
	tcase_add_checked_fixture(refused, real_scratch_make, real_scratch_remove);
	if (can)
		tcase_add_test(refused, who_is_not_root_is_refused);
	else
		skip_tests(1, "memory groups and swap files cannot be made here by root either");
	tcase_add_test(refused, compressed_swap_is_refused);
	tcase_add_test(refused, pressure_is_that_of_the_run);
	tcase_set_timeout(refused, 60);
	suite_add_tcase(suite, refused);
	tcase_add_checked_fixture(made, real_scratch_make, real_scratch_remove);
	tcase_set_timeout(made, 120);
	if (can) {
		tcase_add_test(made, group_has_the_limit_and_counts);
		tcase_add_test(made, what_fails_later_leaves_nothing);
		tcase_add_test(made, what_a_killed_run_has_left_goes_with_the_next);
		tcase_add_test(made, another_run_is_left_alone);
	} else {
		skip_tests(4, "memory groups and swap files cannot be made here");
	}
	suite_add_tcase(suite, made);
	return suite;
}

Suite *test_suite(int argc, char **argv)
{
	return real_scratch_find() ? make_suite() : NULL;
}
