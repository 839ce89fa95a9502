// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast new: what it reads of domains, command lines, the host and answers, against what these
 * say; each scenario that it writes is sound and runs; what is refused, and that nothing is left.
 */
#include "suite.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pty.h>
#include <sys/stat.h>

#include "cli_run.h"
#include "description.h"
#include "qemu_words.h"
#include "scenario.h"
#include "shell_run.h"
#include "skip.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define GIB_MIB UINT64_C(1024)

struct fact {
	enum description_key key;
	uint64_t value;
};

/* Up to one whose value is this. */
#define END_OF_FACTS { NR_DESCRIPTION_KEYS, 0 }

static void compare(const struct description *d, const struct fact *facts)
{
	for (const struct fact *f = facts; f->key < NR_DESCRIPTION_KEYS; f++)
		ck_assert_msg(d->value[f->key] == f->value, "%s: %" PRIu64 ", not %" PRIu64,
			      description_info[f->key].key, d->value[f->key], f->value);
}

static const char *data(const char *name)
{
	static char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/tests/data/new/%s", top, name);
	return path;
}

static bool remarks(const struct description *d, const char *text)
{
	for (unsigned int i = 0; i < d->nr_remarks; i++)
		if (strstr(d->remark[i], text))
			return true;
	return false;
}

/* Domains */

static const struct {
	const char *file, *name, *remark;
	struct fact facts[20];
} domains[] = {
	{ "web.xml", "web \"one\" */", "maxMemory", {
		{ KEY_MEMORY, 4 * GIB_MIB }, { KEY_TARGET, 3 * GIB_MIB }, { KEY_VCPUS, 3 },
		{ KEY_BALLOON, 1 }, { KEY_REPORTING, 1 }, { KEY_DEFLATE, 1 }, { KEY_HINTING, 0 },
		{ KEY_STATS, 10 }, { KEY_BACKING, BACKING_SHARED_FILE }, { KEY_LOCKED, 0 },
		{ KEY_LIMIT, 5000 }, { KEY_DISK, DISK_SSD }, { KEY_CACHE, CACHE_NONE },
		{ KEY_GUESTS, 1 }, END_OF_FACTS } },
	/* KiB without a unit, a balloon without one being named, no disk */
	{ "plain.xml", "plain", "rounded down", {
		{ KEY_MEMORY, 1 * GIB_MIB }, { KEY_TARGET, 0 }, { KEY_VCPUS, 1 },
		{ KEY_BALLOON, 1 }, { KEY_REPORTING, 0 }, { KEY_DEFLATE, 0 },
		{ KEY_BACKING, BACKING_ANONYMOUS }, { KEY_LOCKED, 0 }, { KEY_LIMIT, 0 },
		{ KEY_DISK, DISK_NONE }, END_OF_FACTS } },
	/* 1000 bytes, not 1024; all of it is there from the start */
	{ "units.xml", "units", "of type \"xen\"", {
		{ KEY_MEMORY, 1000 }, { KEY_TARGET, 0 }, END_OF_FACTS } },
	{ "pinned.xml", "dpdk", "1048576 KiB", {
		{ KEY_MEMORY, 2049 }, { KEY_BALLOON, 0 }, { KEY_BACKING, BACKING_HUGETLB },
		{ KEY_LOCKED, 1 }, END_OF_FACTS } },
};

START_TEST(domain_is_read)
{
	struct description *d = malloc(sizeof(*d));
	char error[1024];

	description_init(d);
	ck_assert_msg(!survey_libvirt(d, data(domains[_i].file), error, sizeof(error)), "%s",
		      error);
	compare(d, domains[_i].facts);
	ck_assert_str_eq(d->name, domains[_i].name);
	ck_assert_msg(remarks(d, domains[_i].remark), "%s", domains[_i].remark);
	free(d);
}
END_TEST

/* Command lines */

static const struct {
	const char *line;
	struct fact facts[12];
} lines[] = {
	/* as libvirt starts it and ps shows it: JSON without a shell's quotes */
	{ "/usr/bin/qemu-system-x86_64 -name guest=a,debug-threads=on -machine "
	  "pc-q35-7.2,accel=kvm,memory-backend=pc.ram -m size=2097152k -overcommit mem-lock=off "
	  "-object {\"qom-type\":\"memory-backend-memfd\",\"id\":\"pc.ram\",\"share\":true,"
	  "\"size\":2147483648} -smp 3,maxcpus=8,sockets=8,cores=1,threads=1 "
	  "-blockdev {\"driver\":\"file\",\"filename\":\"/fw\",\"node-name\":\"libvirt-pflash0\"} "
	  "-blockdev {\"driver\":\"file\",\"filename\":\"/a b\",\"node-name\":\"libvirt-1\","
	  "\"cache\":{\"direct\":true,\"no-flush\":false}} "
	  "-device {\"driver\":\"virtio-balloon-pci\",\"id\":\"balloon0\","
	  "\"free-page-reporting\":true,\"deflate-on-oom\":false}",
	  { { KEY_MEMORY, 2 * GIB_MIB }, { KEY_VCPUS, 3 }, { KEY_BALLOON, 1 },
	    { KEY_REPORTING, 1 }, { KEY_DEFLATE, 0 }, { KEY_BACKING, BACKING_SHARED_FILE },
	    { KEY_LOCKED, 0 }, { KEY_DISK, DISK_SSD }, { KEY_CACHE, CACHE_NONE }, END_OF_FACTS } },
	/* a script's: quotes, continued lines, a comma in a path, an object that comes later */
	{ "sudo qemu-system-x86_64 \\\n -numa node,memdev=m -m '1.5G' \\\n -smp "
	  "sockets=1,cores=4,threads=2 -object memory-backend-file,id=m,size=1536M,"
	  "mem-path=\"/dev/shm/a,,share=off\",share=on "
	  "-device virtio-balloon,free-page-hint=on,deflate-on-oom=on --drive "
	  "file=a.img,cache=writethrough",
	  { { KEY_MEMORY, 1536 }, { KEY_VCPUS, 8 }, { KEY_HINTING, 1 }, { KEY_REPORTING, 0 },
	    { KEY_DEFLATE, 1 }, { KEY_BACKING, BACKING_SHARED_FILE }, { KEY_DISK, DISK_SSD },
	    { KEY_CACHE, CACHE_WRITEBACK }, END_OF_FACTS } },
	{ "kvm -m 1024 -mem-path /dev/hugepages -device vfio-pci,host=01:00.0",
	  { { KEY_MEMORY, 1 * GIB_MIB }, { KEY_BACKING, BACKING_HUGETLB }, { KEY_LOCKED, 1 },
	    { KEY_BALLOON, 0 }, { KEY_VCPUS, 1 }, { KEY_DISK, DISK_NONE }, END_OF_FACTS } },
	{ "qemu-kvm -overcommit mem-lock=on",
	  { { KEY_MEMORY, 128 }, { KEY_LOCKED, 1 }, { KEY_BACKING, BACKING_ANONYMOUS },
	    END_OF_FACTS } },
	/* mapped privately: it is anonymous once it is written */
	{ "kvm -object memory-backend-file,id=m,size=256M,mem-path=/dev/shm/a -m 256",
	  { { KEY_MEMORY, 256 }, { KEY_BACKING, BACKING_ANONYMOUS }, END_OF_FACTS } },
	/* of two backends that which the machine has; the other is a DIMM's */
	{ "kvm -m 512 -object memory-backend-memfd,id=d,size=1G,hugetlb=on -device "
	  "pc-dimm,memdev=d -object memory-backend-ram,id=r,size=512M -machine "
	  "q35,memory-backend=r",
	  { { KEY_MEMORY, 512 }, { KEY_BACKING, BACKING_ANONYMOUS }, END_OF_FACTS } },
};

START_TEST(command_line_is_read)
{
	struct description *d = malloc(sizeof(*d));
	char error[1024];

	description_init(d);
	ck_assert_msg(!survey_qemu(d, lines[_i].line, error, sizeof(error)), "%s", error);
	compare(d, lines[_i].facts);
	free(d);
}
END_TEST

START_TEST(words_are_those_of_a_shell)
{
	static const char *const want[] = { "a b", "c d\"e", "{\"f\": \"}\", \"g\": {}}", "h i", "",
					    "jk" };
	static const char line[] = "  'a b' \"c d\\\"e\" {\"f\": \"}\", \"g\": {}}\th\\ i '' "
				   "j\\\nk \n";
	struct qemu_words w;
	char error[256];

	ck_assert_int_eq(qemu_words_split(&w, line, error, sizeof(error)), 0);
	ck_assert_uint_eq(w.nr, ARRAY_LEN(want));
	for (size_t i = 0; i < w.nr; i++)
		ck_assert_str_eq(w.word[i], want[i]);
	qemu_words_free(&w);
}
END_TEST

/* The host */

START_TEST(host_is_read)
{
	static const struct fact facts[] = {
		{ KEY_HOST_MEMORY, 131915712 / 1024 }, { KEY_HOST_CPUS, 8 },
		/* that of priority 5, on what lies on an nvme */
		{ KEY_HOST_SWAP, SWAP_NVME }, { KEY_HOST_SWAP_SIZE, 4194300 / 1024 },
		{ KEY_HOST_THP, 2 }, { KEY_HOST_SWAPPINESS, 10 }, { KEY_HOST_LRU, 1 },
		END_OF_FACTS
	};
	struct description *d = malloc(sizeof(*d));

	description_init(d);
	survey_host(d, data("host"));
	compare(d, facts);
	ck_assert(remarks(d, "2 swap devices"));
	free(d);
}
END_TEST

/* The same host with other swap devices. */
static const struct {
	const char *swaps;
	unsigned int kind;
} swaps[] = {
	{ "/dev/sda3 partition 8388604 0 -2", SWAP_HDD },
	{ "/dev/sda partition 8388604 0 -2", SWAP_HDD },
	{ "/dev/zram0 partition 8388604 0 100", SWAP_ZRAM },
	{ "/none/such/file file 8388604 0 -2", SWAP_SSD },
	{ "", SWAP_NONE },
};

START_TEST(swap_of_the_host_is_what_its_disk_is)
{
	struct description *d = malloc(sizeof(*d));
	char text[256];

	well("cp -r \"$DATA\"/host host");
	snprintf(text, sizeof(text), "Filename Type Size Used Priority\n%s\n", swaps[_i].swaps);
	write_file("host/proc/swaps", text, strlen(text));
	description_init(d);
	survey_host(d, "host");
	ck_assert_uint_eq(d->value[KEY_HOST_SWAP], swaps[_i].kind);
	if (swaps[_i].kind != SWAP_NONE)
		ck_assert_uint_eq(d->value[KEY_HOST_SWAP_SIZE], 8388604 / 1024);
	ck_assert_int_eq(remarks(d, "is not known"), strstr(swaps[_i].swaps, "none") != NULL);
	free(d);
}
END_TEST

/* A machine of which nothing can be seen: defaults, and they say so. */
START_TEST(what_is_not_known_is_a_default)
{
	struct description *d = malloc(sizeof(*d));

	description_init(d);
	survey_host(d, "/none/such");
	for (int i = 0; i < NR_DESCRIPTION_KEYS; i++) {
		ck_assert_uint_eq(d->value[i], description_info[i].fallback);
		ck_assert(i == KEY_HOST_SWAP || strstr(d->origin[i], "a default"));
	}
	free(d);
}
END_TEST

/* What is written */

static void load(struct scenario *s, const char *file)
{
	char dir[PATH_MAX + 16];
	struct scenario_args args = { .file = file, .include_dir = dir };

	snprintf(dir, sizeof(dir), "%s/scenarios", top);
	ck_assert_msg(!scenario_load(s, &args), "%s", scenario_error_text(s));
}

static const char *const written[] = {
	"--from-libvirt \"$DATA\"/web.xml",
	"--from-libvirt \"$DATA\"/plain.xml",
	"--from-libvirt \"$DATA\"/pinned.xml",
	"--from-qemu 'kvm -m 64 -device virtio-balloon,free-page-reporting=on'",
	"--from-qemu 'kvm -m 2G -smp 2 -overcommit mem-lock=on -drive file=a'",
	"--set guests=3 --set memory-mib=300 --set host-swap=hdd --set host-memory-mib=1024",
	("--set guests=2 --set limit-mib=500 --set host-swap=zram --set host-memory-mib=64 "
	 "--set host-reserve-mib=0"),
	"--set backing=hugetlb --set memory-mib=1025 --set disk=nvme --set cache=none",
	"--set backing=shared-file --set locked=yes --set disk=hdd --set free-page-hint=yes",
	"--set balloon-target-mib=1 --set memory-mib=512",
};

START_TEST(what_is_written_is_sound_and_runs)
{
	char line[1024];

	snprintf(line, sizeof(line), "\"$BALLAST\" new %s -o new.dts", written[_i]);
	well(line);
	well("\"$BALLAST\" check new.dts && \"$BALLAST\" run new.dts");
	/* The same input, the same file; and the same on the standard output. */
	well("cp new.dts first.dts");
	well(line);
	well("cmp first.dts new.dts");
	snprintf(line, sizeof(line), "\"$BALLAST\" new %s | cmp - new.dts", written[_i]);
	well(line);
}
END_TEST

START_TEST(a_scenario_has_what_was_described)
{
	struct scenario s;

	well("\"$BALLAST\" new --from-libvirt \"$DATA\"/web.xml --set guests=2 --set vcpus=5 "
	     "--set host-swap=nvme --set host-swap-mib=777 --set host-cpus=9 "
	     "--set host-memory-mib=9000 --set host-swappiness=7 --set host-lru=mglru "
	     "--set host-thp=never --set host-reserve-mib=99 -o new.dts");
	load(&s, "new.dts");
	ck_assert_uint_eq(s.nr_guests, 2);
	ck_assert_uint_eq(s.guests[1].memory_mib, 4096);
	ck_assert_uint_eq(s.guests[1].vcpus, 5);
	ck_assert_int_eq(s.guests[1].backing, SCENARIO_BACKING_SHARED_FILE);
	ck_assert(s.guests[1].devices[0].free_page_reporting);
	ck_assert(s.guests[1].devices[0].deflate_on_oom);
	ck_assert(!s.guests[1].devices[0].free_page_hint);
	ck_assert_uint_eq(s.guests[1].devices[0].stats_polling_s, 10);
	ck_assert_int_eq(s.host.swap.kind, SCENARIO_SWAP_NVME);
	ck_assert_uint_eq(s.host.swap.size_mib, 777);
	ck_assert_uint_eq(s.host.cpus, 9);
	ck_assert_uint_eq(s.host.memory_mib, 9000);
	ck_assert_uint_eq(s.host.kernel_reserve_mib, 99);
	ck_assert_uint_eq(s.host.swappiness, 7);
	ck_assert_int_eq(s.host.lru, SCENARIO_LRU_MGLRU);
	/* Two guests cannot have a limit each in one node: that is said. */
	ck_assert_uint_eq(s.host.nr_cgroups, 0);
	well("grep -q 'limit-mib is 5000 (<hard_limit>)' new.dts");
	scenario_free(&s);
}
END_TEST

/* A value of each key, at both ends, is one that a scenario takes. */
START_TEST(what_a_key_takes_a_scenario_takes)
{
	const struct description_info *info = &description_info[_i];
	char line[512];
	/* More guests than that are for machines whose vm.max_map_count was raised. */
	uint64_t value = info->min, last = _i == KEY_GUESTS ? 1000 : info->max;

	if (info->words) {
		last = 0;
		for (const char *w = info->words; *w; w++)
			last += *w == ' ';
	}
	/* A host of that much must have room for the rest of itself, and no more. */
	if (_i == KEY_HOST_RESERVE)
		last -= SURVEY_HOST_LEAST_MIB;
	for (int end = 0; end < 2; end++, value = last) {
		snprintf(line, sizeof(line), "\"$BALLAST\" new --set host-swap=ssd --set disk=ssd "
			 "--set host-memory-mib=16777216 --set host-reserve-mib=0 --set %s=%s "
			 "-o new.dts", info->key, description_text(_i, value));
		well(line);
		well("\"$BALLAST\" check new.dts");
	}
}
END_TEST

START_TEST(each_key_is_in_the_documentation)
{
	char line[128], path[PATH_MAX + 64], *page;
	size_t size;

	snprintf(path, sizeof(path), "%s/docs/new_scenario.md", top);
	page = read_file(path, &size);
	for (int i = 0; i < NR_DESCRIPTION_KEYS; i++) {
		const struct description_info *info = &description_info[i];

		snprintf(line, sizeof(line), "\n| `%s` | %s | %s | ", info->key,
			 description_allowed(i), description_text(i, info->fallback));
		ck_assert_msg(strstr(page, line) != NULL, "%s", line);
	}
	free(page);
}
END_TEST

/* Questions */

/* On a terminal that types @answers; what it has shown.  *@status as of a shell. */
static char *converse(const char *answers, int *status)
{
	char *said = malloc(OUTPUT_MAX), *const argv[] = { command, "new", "-o", "new.dts", NULL };
	size_t used = 0;
	int terminal, ret;
	ssize_t n;
	pid_t pid = forkpty(&terminal, NULL, NULL, NULL);

	if (!pid) {
		execv(command, argv);
		_exit(127);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(write(terminal, answers, strlen(answers)), strlen(answers));
	/* EIO: nobody has the other side any more. */
	while (used < OUTPUT_MAX - 1 &&
	       (n = read(terminal, said + used, OUTPUT_MAX - 1 - used)) > 0)
		used += n;
	said[used] = '\0';
	close(terminal);
	ck_assert_int_eq(waitpid(pid, &ret, 0), pid);
	*status = WIFEXITED(ret) ? WEXITSTATUS(ret) : -1;
	return said;
}

START_TEST(answers_are_taken_and_enter_is_the_default)
{
	struct scenario s;
	char *said;
	int status;

	/* guests: no number, 3; memory: too much, Enter; vcpus 6; no balloon: nothing of one. */
	said = converse("some\n3\n99999999\n\n6\nno\nhugetlb\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
			&status);
	ck_assert_msg(status == 0, "%d: %s", status, said);
	ck_assert_ptr_nonnull(strstr(said, "guests=some: allowed: 1..10000"));
	ck_assert_ptr_nonnull(strstr(said, "memory of a guest, MiB [4096]"));
	/* What was refused is not what Enter takes. */
	ck_assert_ptr_nonnull(strstr(said, "memory-mib=99999999: allowed"));
	ck_assert_ptr_null(strstr(said, "[99999999]"));
	ck_assert_ptr_nonnull(strstr(said, "is on the host (anonymous, shared-file, hugetlb)"));
	ck_assert_ptr_null(strstr(said, "deflate"));
	free(said);
	load(&s, "new.dts");
	ck_assert_uint_eq(s.nr_guests, 3);
	ck_assert_uint_eq(s.guests[0].memory_mib, 4096);
	ck_assert_uint_eq(s.guests[0].vcpus, 6);
	ck_assert_uint_eq(s.guests[0].nr_devices, 0);
	ck_assert_int_eq(s.guests[0].backing, SCENARIO_BACKING_HUGETLB);
	scenario_free(&s);
	well("\"$BALLAST\" check new.dts");
}
END_TEST

START_TEST(who_stops_answering_gets_nothing)
{
	unsigned int files = count_files();
	int status;
	char *said = converse("2\n\004", &status);

	ck_assert_msg(status == 2, "%d: %s", status, said);
	ck_assert_ptr_nonnull(strstr(said, "were not answered to the end; nothing is written"));
	ck_assert_uint_eq(count_files(), files);
	free(said);
}
END_TEST

/* What is refused */

static const struct {
	const char *args, *says;
} bad[] = {
	{ "--from-libvirt none.xml", "ballast: none.xml: cannot be read: No such file" },
	{ "--from-libvirt .", "ballast: .: cannot be read: Is a directory" },
	{ "--from-libvirt /dev/zero", "ballast: /dev/zero: is of 1048576 bytes or more" },
	{ "--from-libvirt data/cut.xml", "cut.xml: line 5: " },
	{ "--from-libvirt data/host/proc/meminfo", "meminfo: line 1: " },
	{ "--from-libvirt /dev/null", "ballast: /dev/null: " },
	{ "--from-libvirt data/no_memory.xml", "no_memory.xml: /domain/memory: there is none" },
	{ "--from-libvirt data/unit.xml", "\"3\" of unit \"parsec\" is no size" },
	{ "--from-libvirt data/network.xml", "network.xml: the document is not a domain" },
	{ "--from-libvirt data/odd_cache.xml", "there is no mode \"sometimes\"; allowed: default" },
	{ "--from-qemu 'ls -l'", "--from-qemu: ls -l: there is no QEMU in it; allowed: " },
	{ "--from-qemu ''", "there is no QEMU in it" },
	{ "--from-qemu 'one\ntwo'", "--from-qemu: one: there is no QEMU in it" },
	{ "--from-qemu 'qemu-system-x86_64 -m 4G -smp 4\n/usr/bin/qemu-system-x86_64 -m 8G'",
	  "there is more than one QEMU in it; allowed: one command line" },
	{ "--from-qemu 'kvm -m lots'", "--from-qemu: -m lots: allowed: a size" },
	{ "--from-qemu 'kvm -m 0'", "--from-qemu: -m 0: allowed: a size" },
	{ "--from-qemu 'kvm -m'", "--from-qemu: -m : allowed: a value" },
	{ "--from-qemu 'kvm -smp many'", "--from-qemu: -smp many: allowed: a number" },
	{ "--from-qemu 'kvm -smp cores=0'", "--from-qemu: -smp cores=0: allowed: numbers" },
	{ "--from-qemu 'kvm -drive cache=odd'", "allowed: cache= none, writethrough" },
	{ "--from-qemu 'kvm -device {\"a\"'", "allowed: KEY=VALUE,... or JSON" },
	{ "--from-qemu \"kvm -m '1\"", "a quote is not closed" },
	{ "--from-qemu kvm --from-libvirt data/web.xml", "a guest is from one of the two" },
	{ "--set guests", "--set guests: allowed: KEY=VALUE; keys: guests, memory-mib, " },
	{ "--set gu=3", "--set gu=3: allowed: KEY=VALUE; keys: " },
	{ "--set guests=0", "--set guests=0: allowed: 1..10000" },
	{ "--set memory-mib=4G", "--set memory-mib=4G: allowed: 64..16777216" },
	{ "--set backing=stone", "--set backing=stone: allowed: anonymous, shared-file, hugetlb" },
	{ "--set host-memory-mib=100 --set host-reserve-mib=50",
	  "host-reserve-mib=50: leaves less than 64 of 100 MiB to guests; allowed: 0..36" },
	{ "--set guests=1 --set limit-mib=35",
	  "limit-mib=35 (--set): a VMM alone has 35 MiB besides its guest; allowed: 0 " },
	{ "--set guests=10000 --set vcpus=64 --set memory-mib=100",
	  "new: 10000 guests take some " },
	{ "--set guests=1 -o none/such.dts", "none/such.dts: cannot be written: No such file" },
	{ "--set guests=1 -o .", ".: cannot be written: Is a directory" },
	{ "--set guests=1 -o /dev/full", "/dev/full: cannot be written: No space" },
	{ "--set guests=1 -o ''", "-o: needs a name" },
	{ "-o", "-o: needs a value" },
	{ "--set", "--set: needs a value" },
	{ "--none-such", "new --none-such: there is no such option; allowed: " },
	{ "file", "new file: takes no file" },
	{ "</dev/null", "there is no terminal to ask questions on; allowed: --from-libvirt" },
};

START_TEST(bad_input_is_one_line_and_leaves_nothing)
{
	char words[512];

	well("ln -s \"$DATA\" data");
	snprintf(words, sizeof(words), "new %s", bad[_i].args);
	refused_in_a_line(words, bad[_i].says);
}
END_TEST

START_TEST(the_domain_is_not_written_over)
{
	char *said;
	int status;

	well("cp \"$DATA\"/web.xml mine.xml");
	said = shell(&status, "'%s' new --from-libvirt mine.xml -o mine.xml", command);
	ck_assert_int_eq(status, 2);
	ck_assert_ptr_nonnull(strstr(said, "is the domain that is read"));
	well("cmp \"$DATA\"/web.xml mine.xml");
	free(said);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("new");
	TCase *tc = tcase_create("new");

	if (!cli_environment())
		return NULL;
	unsetenv("BALLAST_SCENARIOS");
	setenv("BALLAST", command, 1);
	setenv("DATA", data(""), 1);
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, enter_empty_scratch, leave_scratch);
	tcase_add_loop_test(tc, domain_is_read, 0, ARRAY_LEN(domains));
	tcase_add_loop_test(tc, command_line_is_read, 0, ARRAY_LEN(lines));
	tcase_add_test(tc, words_are_those_of_a_shell);
	tcase_add_test(tc, host_is_read);
	tcase_add_loop_test(tc, swap_of_the_host_is_what_its_disk_is, 0, ARRAY_LEN(swaps));
	tcase_add_test(tc, what_is_not_known_is_a_default);
	tcase_add_loop_test(tc, what_is_written_is_sound_and_runs, 0, ARRAY_LEN(written));
	tcase_add_test(tc, a_scenario_has_what_was_described);
	tcase_add_loop_test(tc, what_a_key_takes_a_scenario_takes, 0, NR_DESCRIPTION_KEYS);
	tcase_add_test(tc, each_key_is_in_the_documentation);
	if (terminals_can_be_had()) {
		tcase_add_test(tc, answers_are_taken_and_enter_is_the_default);
		tcase_add_test(tc, who_stops_answering_gets_nothing);
	} else {
		skip_tests(2, NO_TERMINALS);
	}
	tcase_add_loop_test(tc, bad_input_is_one_line_and_leaves_nothing, 0, ARRAY_LEN(bad));
	tcase_add_test(tc, the_domain_is_not_written_over);
	suite_add_tcase(s, tc);
	return s;
}
