// SPDX-License-Identifier: GPL-2.0-only
/*
 * What watches and talks to a real machine (sim/real), without one: lines of a console, an
 * initramfs, a monitor that is a child of the test, and a QEMU that is this very program
 * (fake_qemu()).
 */
#define _GNU_SOURCE
#include <archive.h>
#include <archive_entry.h>
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "host_probe.h"
#include "initramfs.h"
#include "log.h"
#include "qmp.h"
#include "suite.h"
#include "vm.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
/* Something that happens, on a machine that is busy with other things. */
#define SOON_MS 60000
/* Something that does not happen. */
#define BRIEF_MS 200

/* Files: a directory per test, which must be empty of what the test did not make. */

static char dir[64];

static void make_dir(void)
{
	strcpy(dir, "/tmp/ballast-real-log-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static const char *in_dir(const char *name)
{
	static char path[64][PATH_MAX];	/* a test asks for fewer */
	static unsigned int next;

	next = (next + 1) % ARRAY_LEN(path);
	snprintf(path[next], sizeof(path[next]), "%s/%s", dir, name);
	return path[next];
}

static void put_file(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(in_dir(name), "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert(!chmod(in_dir(name), mode));
}

static void remove_dir(void)
{
	struct dirent *entry;
	DIR *d = opendir(dir);

	while (d && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			remove(in_dir(entry->d_name));
	if (d)
		closedir(d);
	rmdir(dir);
}

static void check_contains(const char *text, const char *what)
{
	ck_assert_msg(strstr(text, what) != NULL, "'%s' does not say '%s'", text, what);
}

/* Lines of a console */

static const struct {
	enum log_trouble trouble;
	const char *line;
} lines[] = {
	{ LOG_PANIC, "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000009" },
	{ LOG_PANIC, "[    2.5] Kernel panic - not syncing: Out of memory: panic_on_oom" },
	{ LOG_PANIC, "[   12.0] BUG: unable to handle page fault for address: ffffc90000a01000" },
	{ LOG_PANIC, "[   12.0] BUG: kernel NULL pointer dereference, address: 0000000000000010" },
	{ LOG_PANIC, "[   12.0] Oops: 0002 [#1] PREEMPT SMP KASAN" },
	{ LOG_PANIC, "[   12.0] general protection fault, probably for non-canonical address" },
	{ LOG_PANIC, "[   12.0] double fault: 0000 [#1] SMP" },
	{ LOG_PANIC, "[   12.0] invalid opcode: 0000 [#1] SMP" },
	{ LOG_PANIC, "[   12.0] divide error: 0000 [#1] SMP" },
	{ LOG_PANIC, "[   12.0] stack segment: 0000 [#1] SMP" },
	{ LOG_BUG, "[   12.0] kernel BUG at mm/page_alloc.c:1234!" },
	{ LOG_BUG, "[   12.0] BUG: KASAN: use-after-free in virtio_ballast_report+0x10/0x90" },
	{ LOG_BUG, "[   12.0] BUG: Bad page state in process kworker/0:1  pfn:01234" },
	{ LOG_BUG, "[   12.0] BUG: Bad rss-counter state mm:00000000 type:MM_ANONPAGES val:1" },
	{ LOG_BUG, "[   12.0] UBSAN: array-index-out-of-bounds in drivers/x.c:12:3" },
	{ LOG_BUG, "[   12.0] list_add corruption. prev->next should be next (...), but was" },
	{ LOG_BUG, "[   12.0] list_del corruption, ffff888004a0->next is LIST_POISON1" },
	{ LOG_BUG, "[   12.0] pagealloc: memory corruption" },
	{ LOG_BUG, "[   12.0] pagealloc: single bit error" },
	{ LOG_BUG, "[   12.0] ODEBUG: free active (active state 0) object type: work_struct" },
	{ LOG_WARNING, "[   12.0] WARNING: CPU: 0 PID: 1 at mm/page_alloc.c:5543 foo+0x1/0x2" },
	{ LOG_LOCKING, "[   12.0] WARNING: possible circular locking dependency detected" },
	{ LOG_LOCKING, "[   12.0] WARNING: possible recursive locking detected" },
	{ LOG_LOCKING, "[   12.0] WARNING: possible irq lock inversion dependency detected" },
	{ LOG_LOCKING, "[   12.0] WARNING: inconsistent lock state" },
	{ LOG_LOCKING, "[   12.0] WARNING: suspicious RCU usage" },
	{ LOG_LOCKING, "[   12.0] WARNING: bad unlock balance detected!" },
	{ LOG_LOCKING, "[   12.0] WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected" },
	{ LOG_LOCKING, "[   12.0] WARNING: lock held when returning to user space!" },
	{ LOG_LOCKING, "[   12.0] WARNING: kworker/0:1/9 still has locks held!" },
	{ LOG_LOCKING, "[   12.0] WARNING: held lock freed!" },
	{ LOG_LOCKING, "[   12.0] [ BUG: Invalid wait context ]" },
	{ LOG_LOCKING, "[   12.0] BUG: sleeping function called from invalid context at x.c:1" },
	{ LOG_LOCKING, "[   12.0] BUG: scheduling while atomic: kworker/0:1/9/0x00000002" },
	{ LOG_LOCKING, "[   12.0] BUG: spinlock recursion on CPU#0, agent/1" },
	{ LOG_LOCKING, "[   12.0] BUG: using smp_processor_id() in preemptible [00000000] code" },
	{ LOG_LOCKING, "[   12.0] BUG: MAX_LOCKDEP_ENTRIES too low!" },
	{ LOG_HANG, "[  242.0] INFO: task kworker/0:1:9 blocked for more than 120 seconds." },
	{ LOG_HANG, "[   48.0] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [agent:1]" },
	{ LOG_HANG, "[   48.0] NMI watchdog: Watchdog detected hard LOCKUP on cpu 0" },
	{ LOG_HANG, "[   48.0] BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0" },
	{ LOG_HANG, "[   33.0] rcu: INFO: rcu_sched self-detected stall on CPU" },
	{ LOG_HANG, "[   33.0] rcu: INFO: rcu_preempt self-detected stall on CPU { 0-... }" },
	{ LOG_HANG, "[   33.0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:" },
	{ LOG_HANG, "[   33.0] rcu: INFO: rcu_sched detected expedited stalls on CPUs/tasks: {" },
	{ LOG_OOM, "[   33.0] Out of memory: Killed process 45 (memhog) total-vm:530000kB" },
	{ LOG_OOM, "[   33.0] Memory cgroup out of memory: Killed process 45 (memhog)" },
	{ LOG_DEVICE, "[   33.0] virtio_ballast virtio0: device failed and needs a reset" },
	{ LOG_DEVICE, "[   33.0] virtio_ballast virtio0: inflate:id 7 is not a head!" },
};

static const char *const harmless[] = {
	"",
	"[    0.0] Linux version 6.1.0 (a@b) (gcc (Debian 12.2.0-14) 12.2.0, GNU ld) #1 SMP",
	"[    0.0] Command line: panic=-1 panic_on_warn=1 oops=panic hung_task_panic=1",
	"[    0.0] Kernel Offset: 0x2b000000 from 0xffffffff81000000",
	"[    0.0] RETBleed: WARNING: Spectre v2 mitigation leaves CPU vulnerable to attacks",
	"[    0.0] Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on",
	"[    0.1] Warning: unable to open an initial console.",
	"[    0.5] rcu: Hierarchical RCU implementation.",
	"[    0.9] lockdep: Lock dependency validator: Copyright (c) 2006 Red Hat, Inc.",
	"[    1.0] kasan: KernelAddressSanitizer initialized",
	"[    2.0] virtio_ballast virtio0: out of puff: got 0 of 256 pages for the balloon",
	"[    2.0] agent: page allocation failure: order:0, mode:0xcc0(GFP_KERNEL)",
	"[    2.0] FAULT_INJECTION: forcing a failure.",
	"[    2.0] memhog invoked oom-killer: gfp_mask=0x140dca, order=0, oom_score_adj=0",
	"ballast: a program says BUG, WARNING and panic",
	"[    9.0] reboot: Power down",
};

START_TEST(each_line)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(lines); i++)
		ck_assert_msg(log_line_trouble(lines[i].line, strlen(lines[i].line)) ==
			      lines[i].trouble, "%s: %s, not %s", lines[i].line,
			      log_trouble_name(log_line_trouble(lines[i].line,
								strlen(lines[i].line))),
			      log_trouble_name(lines[i].trouble));
	for (i = 0; i < ARRAY_LEN(harmless); i++)
		ck_assert_msg(log_line_trouble(harmless[i], strlen(harmless[i])) == LOG_FINE,
			      "%s: taken for trouble", harmless[i]);
}
END_TEST

/* Each kind has a name of its own and at least one line in the table. */
START_TEST(each_kind)
{
	enum log_trouble t, other;
	size_t i;

	for (t = LOG_FINE + 1; t < NR_LOG_TROUBLES; t++) {
		for (other = LOG_FINE; other < t; other++)
			ck_assert_str_ne(log_trouble_name(t), log_trouble_name(other));
		for (i = 0; i < ARRAY_LEN(lines) && lines[i].trouble != t; i++)
			;
		ck_assert_msg(i < ARRAY_LEN(lines), "%s: no line", log_trouble_name(t));
	}
}
END_TEST

START_TEST(first_of_several)
{
	static const char text[] =
		"[    0.0] Command line: panic_on_warn=1\r\n"
		"[    1.0] Out of memory: Killed process 45 (memhog) total-vm:1kB\r\n"
		"[    2.0] fine\n"
		"[    3.0] WARNING: CPU: 0 PID: 1 at a.c:1 b+0x1/0x2\n"
		"[    4.0] Kernel panic - not syncing: panic_on_warn set ...";
	enum log_trouble trouble;
	const char *line;
	size_t len;

	line = log_find_trouble(text, strlen(text), 0, &len, &trouble);
	ck_assert_int_eq(trouble, LOG_OOM);
	ck_assert(line == strstr(text, "[    1.0]"));
	line = log_find_trouble(text, strlen(text), 1u << LOG_OOM, &len, &trouble);
	ck_assert_int_eq(trouble, LOG_WARNING);
	ck_assert(line == strstr(text, "[    3.0]"));
	ck_assert_uint_eq(len, strcspn(line, "\n"));
	/* The last line has no end yet. */
	line = log_find_trouble(text, strlen(text), 1u << LOG_OOM | 1u << LOG_WARNING, &len,
				&trouble);
	ck_assert_int_eq(trouble, LOG_PANIC);
	ck_assert_uint_eq(len, strlen(line));
	line = log_find_trouble(text, strlen(text), ~0u, &len, &trouble);
	ck_assert_ptr_null(line);
	ck_assert_int_eq(trouble, LOG_FINE);
	ck_assert_ptr_null(log_find_trouble(text, 0, 0, &len, &trouble));
	/* A phrase across the end of what is given is none. */
	ck_assert_ptr_null(log_find_trouble("Oops: 0002", 5, 0, &len, &trouble));
	ck_assert_ptr_null(log_find_trouble("Oops\n: 0002", 11, 0, &len, &trouble));
}
END_TEST

/* An initramfs */

struct archived {
	unsigned int entries, dirs;
	bool console, init, text;
};

static void look_at(struct archive *a, struct archive_entry *entry, struct archived *seen)
{
	const char *path = archive_entry_pathname(entry);
	char bytes[64] = "";

	seen->entries++;
	ck_assert_int_eq(archive_entry_uid(entry), 0);
	ck_assert_int_eq(archive_entry_mtime(entry), 0);
	if (!strcmp(path, "dev/console")) {
		ck_assert_uint_eq(archive_entry_filetype(entry), AE_IFCHR);
		ck_assert_uint_eq(archive_entry_rdevmajor(entry), 5);
		ck_assert_uint_eq(archive_entry_rdevminor(entry), 1);
		seen->console = true;
	} else if (!strcmp(path, "init")) {
		ck_assert_uint_eq(archive_entry_filetype(entry), AE_IFREG);
		ck_assert_uint_eq(archive_entry_perm(entry), 0755);
		ck_assert_int_eq(archive_read_data(a, bytes, sizeof(bytes)), 13);
		ck_assert_str_eq(bytes, "from the disk");
		seen->init = true;
	} else if (!strcmp(path, "lib/list")) {
		ck_assert_uint_eq(archive_entry_perm(entry), 0600);
		ck_assert_int_eq(archive_read_data(a, bytes, sizeof(bytes)), 9);
		ck_assert_str_eq(bytes, "from text");
		seen->text = true;
	} else if (archive_entry_filetype(entry) == AE_IFDIR) {
		seen->dirs++;
	} else {
		ck_assert_msg(!strcmp(path, "lib/empty") || !strncmp(path, "own/deep/", 9),
			      "%s is there", path);
	}
}

START_TEST(archive_is_read_back)
{
	struct initramfs_file files[] = {
		{ "init", in_dir("source"), NULL, 0755 },
		{ "lib/list", NULL, "from text", 0600 },
		{ "lib/empty", NULL, "", 0644 },
		{ "own/deep/empty", NULL, "", 0644 },
		{ "own/deep/beside", NULL, "", 0644 },
	};
	struct archive *a = archive_read_new();
	struct archived seen = { 0 };
	struct archive_entry *entry;
	char error[256] = "";

	put_file("source", "from the disk", 0644);
	ck_assert_msg(!initramfs_write(in_dir("initrd"), files, ARRAY_LEN(files), error,
				       sizeof(error)), "%s", error);
	archive_read_support_format_cpio(a);
	ck_assert_int_eq(archive_read_open_filename(a, in_dir("initrd"), 4096), ARCHIVE_OK);
	while (archive_read_next_header(a, &entry) == ARCHIVE_OK)
		look_at(a, entry, &seen);
	ck_assert_int_eq(archive_errno(a), 0);
	archive_read_free(a);
	/* five directories, the console, two directories of files, five files */
	ck_assert_uint_eq(seen.entries, 13);
	ck_assert_uint_eq(seen.dirs, 7);
	ck_assert(seen.console && seen.init && seen.text);
}
END_TEST

static size_t size_of(const char *path)
{
	struct stat st;

	ck_assert(!stat(path, &st));
	return st.st_size;
}

START_TEST(archive_twice_is_the_same)
{
	struct initramfs_file file = { "init", in_dir("source"), NULL, 0755 };
	char error[256], first[4096], second[4096];
	const char *path[] = { in_dir("a"), in_dir("b") };
	FILE *f;
	int i;

	for (i = 0; i < 2; i++) {
		/* other times and another mode of the source */
		put_file("source", "text", i ? 0600 : 0644);
		ck_assert(!initramfs_write(path[i], &file, 1, error, sizeof(error)));
		ck_assert_uint_le(size_of(path[i]), sizeof(first));
		f = fopen(path[i], "r");
		ck_assert_uint_eq(fread(i ? second : first, 1, size_of(path[i]), f),
				  size_of(path[i]));
		fclose(f);
	}
	ck_assert_uint_eq(size_of(path[0]), size_of(path[1]));
	ck_assert_mem_eq(first, second, size_of(path[0]));
}
END_TEST

START_TEST(archive_errors)
{
	struct initramfs_file missing = { "init", in_dir("nothing"), NULL, 0755 };
	struct initramfs_file folder = { "init", dir, NULL, 0755 };
	struct initramfs_file good = { "init", NULL, "text", 0755 };
	char error[256] = "";

	ck_assert(initramfs_write(in_dir("initrd"), &missing, 1, error, sizeof(error)));
	check_contains(error, "nothing: No such file");
	ck_assert(access(in_dir("initrd"), F_OK));
	ck_assert(initramfs_write(in_dir("initrd"), &folder, 1, error, sizeof(error)));
	check_contains(error, dir);
	check_contains(error, "Is a directory");
	ck_assert(access(in_dir("initrd"), F_OK));
	ck_assert(initramfs_write(in_dir("no/initrd"), &good, 1, error, sizeof(error)));
	check_contains(error, "no/initrd");
	/* A disk that is full; what goes away is the name, not the device behind it. */
	ck_assert(!symlink("/dev/full", in_dir("full")));
	ck_assert(initramfs_write(in_dir("full"), &good, 1, error, sizeof(error)));
	check_contains(error, in_dir("full"));
	check_contains(error, "No space left");
	ck_assert(access(in_dir("full"), F_OK));
	ck_assert(!access("/dev/full", F_OK));
}
END_TEST

/* A monitor that is a child of the test */

#define GREETING "{\"QMP\": {\"version\": {\"qemu\": {\"major\": 7}}, \"capabilities\": []}}\r\n"

static pid_t server;
static int client = -1;
static struct qmp qmp;

static void say(int fd, const char *text)
{
	size_t len = strlen(text);

	if (write(fd, text, len) != (ssize_t)len)
		_exit(1);
}

/* The next command, in no more than one read(); ends the server when there is none. */
static void hear(int fd, char *command, size_t size)
{
	ssize_t got = read(fd, command, size - 1);

	if (got <= 0)
		_exit(0);
	command[got] = '\0';
}

static void serve(void (*child)(int fd))
{
	int pair[2];

	ck_assert(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	server = fork();
	ck_assert_int_ge(server, 0);
	if (!server) {
		close(pair[0]);
		alarm(SOON_MS / 1000);
		child(pair[1]);
		_exit(0);
	}
	close(pair[1]);
	client = pair[0];
	qmp_init(&qmp, client);
}

static void end_server(void)
{
	qmp_free(&qmp);
	close(client);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

static void greet(int fd)
{
	char command[512];

	say(fd, GREETING);
	hear(fd, command, sizeof(command));
	if (!strstr(command, "qmp_capabilities"))
		_exit(1);
	say(fd, "{\"return\": {}}\r\n");
}

/* Byte by byte, with events before and after the reply. */
static void talks_in_pieces(int fd)
{
	static const char text[] = "{\"event\":\"RESUME\",\"timestamp\":{\"seconds\":1}}\r\n"
		"{\"event\": \"BALLOON_CHANGE\", \"data\": {\"actual\": 268435456}}\r\n"
		"{\"return\": {\"actual\": 18446744073709547520}}\r\n"
		"{\"event\": \"BALLOON_CHANGE\", \"data\": {\"actual\": 7}}\r\n";
	char command[512];
	size_t i;

	greet(fd);
	hear(fd, command, sizeof(command));
	if (!strstr(command, "query-balloon"))
		_exit(1);
	for (i = 0; text[i]; i++)
		if (write(fd, text + i, 1) != 1)
			_exit(1);
	hear(fd, command, sizeof(command));
}

static uint64_t event_actual(void)
{
	struct json_object *data = NULL, *actual;
	uint64_t value;

	ck_assert_msg(!qmp_wait_event(&qmp, SOON_MS, "BALLOON_CHANGE", &data), "%s", qmp.error);
	ck_assert(json_object_object_get_ex(data, "actual", &actual));
	value = json_object_get_uint64(actual);
	json_object_put(data);
	return value;
}

START_TEST(qmp_events_and_pieces)
{
	struct json_object *data = NULL;
	uint64_t bytes;

	serve(talks_in_pieces);
	ck_assert_msg(!qmp_connect(&qmp, SOON_MS), "%s", qmp.error);
	ck_assert_msg(!qmp_query_balloon(&qmp, &bytes), "%s", qmp.error);
	ck_assert_uint_eq(bytes, UINT64_C(18446744073709547520));
	/* The second has come before the reply, and neither is in the way of the other. */
	ck_assert_uint_eq(event_actual(), 268435456);
	ck_assert_uint_eq(event_actual(), 7);
	ck_assert(!qmp_wait_event(&qmp, SOON_MS, "RESUME", &data));
	ck_assert_ptr_null(data);
	/* No event twice; and waiting for one in vain breaks nothing. */
	ck_assert(qmp_wait_event(&qmp, BRIEF_MS, "RESUME", NULL));
	check_contains(qmp.error, "RESUME");
	end_server();
}
END_TEST

static void answers_errors(int fd)
{
	char command[512];

	greet(fd);
	hear(fd, command, sizeof(command));
	say(fd, strstr(command, "\"value\":12") ?
	    "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such luck\"}}\r\n" : "{}");
	hear(fd, command, sizeof(command));
	say(fd, "{\"return\": \"a text\"}");
	hear(fd, command, sizeof(command));
	say(fd, "{\"return\": {}}{\"event\": \"STOP\"}");
	hear(fd, command, sizeof(command));
	say(fd, "{\"neither\": 1}");
	hear(fd, command, sizeof(command));
	say(fd, "{\"return\": 4711}");
}

START_TEST(qmp_errors)
{
	uint64_t value;

	serve(answers_errors);
	ck_assert(!qmp_connect(&qmp, SOON_MS));
	ck_assert(qmp_runf(&qmp, SOON_MS, NULL, "balloon", "{'value':%d}", 12));
	ck_assert_str_eq(qmp.error, "balloon: no such luck");
	ck_assert(qmp_get_u64(&qmp, "/machine/x", "size", &value));
	check_contains(qmp.error, "size of /machine/x is no number");
	ck_assert(qmp_query_balloon(&qmp, &value));
	check_contains(qmp.error, "no size");
	ck_assert(qmp_run(&qmp, SOON_MS, "stop", NULL, NULL));
	check_contains(qmp.error, "stop: neither result nor error");
	ck_assert(qmp_runf(&qmp, SOON_MS, NULL, "stop", "{'a':"));
	check_contains(qmp.error, "stop: arguments are not JSON");
	/* After all that it still works. */
	ck_assert(!qmp_get_u64(&qmp, "/machine/x", "size", &value));
	ck_assert_uint_eq(value, 4711);
	end_server();
}
END_TEST

static void hangs_up(int fd)
{
	char command[512];

	greet(fd);
	hear(fd, command, sizeof(command));
	say(fd, "{\"return\": {\"half");
}

static void says_garbage(int fd)
{
	char command[512];

	greet(fd);
	hear(fd, command, sizeof(command));
	say(fd, "qemu-system-x86_64: what?\r\n");
	pause();
}

/* Too late for the first command, and then nobody may take it for the reply to the second. */
static void is_slow(int fd)
{
	char command[512];

	greet(fd);
	hear(fd, command, sizeof(command));
	clock_sleep_ms(2 * BRIEF_MS);
	say(fd, "{\"return\": {\"actual\": 1}}");
	pause();
}

static void is_no_monitor(int fd)
{
	say(fd, "{\"hello\": 1}\r\n");
	pause();
}

static void is_mute(int fd)
{
	(void)fd;
	pause();
}

START_TEST(qmp_lost)
{
	static const struct {
		void (*child)(int fd);
		unsigned int timeout_ms;
		const char *connects, *runs;
	} table[] = {
		{ hangs_up, SOON_MS, NULL, "QEMU has hung up (query-balloon)" },
		{ says_garbage, SOON_MS, NULL, "QEMU's answer is not JSON" },
		{ is_slow, BRIEF_MS, NULL, "QEMU does not answer (query-balloon)" },
		{ is_no_monitor, SOON_MS, "this is no QMP socket", NULL },
		{ is_mute, BRIEF_MS, "QEMU does not answer (greeting)", NULL },
	};
	struct json_object *result = NULL;
	uint64_t start = clock_now_ns();
	int i;

	for (i = 0; i < (int)ARRAY_LEN(table); i++) {
		serve(table[i].child);
		ck_assert_int_eq(qmp_connect(&qmp, table[i].connects ? table[i].timeout_ms :
					     SOON_MS), table[i].connects ? -1 : 0);
		if (table[i].connects) {
			check_contains(qmp.error, table[i].connects);
		} else {
			ck_assert(qmp_run(&qmp, table[i].timeout_ms, "query-balloon", NULL,
					  &result));
			check_contains(qmp.error, table[i].runs);
			clock_sleep_ms(3 * BRIEF_MS);
			ck_assert(qmp_run(&qmp, SOON_MS, "stop", NULL, &result));
			check_contains(qmp.error, "stop: not sent");
		}
		ck_assert_ptr_null(result);
		end_server();
	}
	ck_assert_uint_lt(clock_now_ns() - start, SOON_MS * UINT64_C(1000000));
}
END_TEST

static void talks_much(int fd)
{
	char command[512], event[64];
	int i;

	greet(fd);
	hear(fd, command, sizeof(command));
	for (i = 0; i < QMP_EVENTS_MAX + 10; i++) {
		snprintf(event, sizeof(event),
			 "{\"event\":\"BALLOON_CHANGE\",\"data\":{\"actual\":%d}}", i);
		say(fd, event);
	}
	say(fd, "{\"return\":{}}");
	hear(fd, command, sizeof(command));
}

START_TEST(qmp_many_events)
{
	serve(talks_much);
	ck_assert(!qmp_connect(&qmp, SOON_MS));
	ck_assert_msg(!qmp_run(&qmp, SOON_MS, "cont", NULL, NULL), "%s", qmp.error);
	ck_assert_uint_eq(qmp.nr_events, QMP_EVENTS_MAX);
	ck_assert_uint_eq(event_actual(), 10);
	ck_assert_uint_eq(event_actual(), 11);
	qmp_clear_events(&qmp);
	ck_assert(qmp_wait_event(&qmp, BRIEF_MS, "BALLOON_CHANGE", NULL));
	end_server();
}
END_TEST

/*
 * A QEMU that is none: this program, started by real_vm_start() with FAKE_QEMU in its environment.
 * How it behaves is one of the words that its code compares with.
 */

struct fake {
	const char *mode;
	int monitor, agent;
	const char *console;
	uint64_t memory;
};

/* What follows @name in an argument such as "socket,id=agent,fd=5". */
static const char *after(const char *argument, const char *name)
{
	const char *at = strstr(argument, name);

	return at ? at + strlen(name) : NULL;
}

static void fake_options(struct fake *f, int argc, char **argv)
{
	const char *at;
	int i;

	for (i = 1; i < argc; i++) {
		if ((at = after(argv[i], "id=agent,fd=")))
			f->agent = atoi(at);
		else if ((at = after(argv[i], "id=monitor,fd=")))
			f->monitor = atoi(at);
		else if ((at = after(argv[i], "file,id=console,path=")))
			f->console = at;
		else if ((at = after(argv[i], "id=ram,size=")))
			f->memory = strtoull(at, NULL, 10);
	}
}

static void to_console(const struct fake *f, const char *text)
{
	FILE *console = fopen(f->console, "a");

	fputs(text, console);
	fclose(console);
}

static bool is(const struct fake *f, const char *mode)
{
	return !strcmp(f->mode, mode);
}

/* The guest's first words, after "cont". */
static void fake_boot(const struct fake *f)
{
	to_console(f, "[    0.0] Linux version 6.1\n");
	if (is(f, "panics")) {
		to_console(f, "[    1.0] Kernel panic - not syncing: VFS: no root\n");
	} else if (is(f, "ends")) {
		fprintf(stderr, "qemu: out of ideas\n");
		exit(3);
	} else if (is(f, "powers off")) {
		exit(0);
	} else if (!is(f, "hangs in boot")) {
		/* In two pieces. */
		say(f->agent, "rea");
		clock_sleep_ms(20);
		say(f->agent, "dy\r\n");
	}
}

static void fake_agent(const struct fake *f, const char *command)
{
	char line[3000];

	if (!strcmp(command, "poweroff")) {
		to_console(f, "[    9.0] reboot: Power down\n");
		exit(is(f, "bad end") ? 4 : 0);
	} else if (!strcmp(command, "lines")) {
		say(f->agent, "= one\n@ 17 phase 0 0 write\n= two\nok\n");
	} else if (!strcmp(command, "wrong")) {
		say(f->agent, "error wrong: of course\n");
	} else if (!strcmp(command, "odd")) {
		say(f->agent, "what?\n");
	} else if (!strcmp(command, "long")) {
		memset(line, 'x', sizeof(line));
		line[sizeof(line) - 1] = '\0';
		say(f->agent, line);
	} else if (!strcmp(command, "warn")) {
		to_console(f, "[    5.0] WARNING: CPU: 0 PID: 1 at a.c:1 b+0x1/0x2\n");
	} else if (!strcmp(command, "die")) {
		kill(getpid(), SIGKILL);
	} else if (strcmp(command, "mute")) {
		say(f->agent, "ok\n");
	}
}

static void fake_serve(const struct fake *f)
{
	struct pollfd fds[2] = { { .fd = f->monitor, .events = POLLIN },
				 { .fd = f->agent, .events = POLLIN } };
	char text[2048], *line, *rest;

	say(f->monitor, GREETING);
	for (;;) {
		poll(fds, 2, -1);
		if (fds[0].revents) {
			hear(f->monitor, text, sizeof(text));
			say(f->monitor, "{\"return\": {}}");
			if (strstr(text, "\"cont\""))
				fake_boot(f);
			/* even of its own sockets */
			while (is(f, "takes no notice"))
				pause();
		}
		if (fds[1].revents) {
			hear(f->agent, text, sizeof(text));
			/* Commands arrive whole, but maybe two at once; the last '\n' ends none. */
			for (rest = text; (line = strsep(&rest, "\n")) && rest;)
				fake_agent(f, line);
		}
	}
}

/* Guest memory, of which a quarter is there. */
static void fake_memory(const struct fake *f)
{
	char *memory = mmap(NULL, f->memory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);

	madvise(memory, f->memory, MADV_NOHUGEPAGE);
	/* Apart from what lies beside it, as QEMU has it. */
	mprotect(memory, 4096, PROT_NONE);
	mprotect(memory, 4096, PROT_READ | PROT_WRITE);
	memset(memory, 1, f->memory / 4);
}

static int fake_qemu(const char *mode, int argc, char **argv)
{
	struct fake f = { .mode = mode, .monitor = -1, .agent = -1 };
	char pid[PATH_MAX + 8];
	FILE *file;

	fake_options(&f, argc, argv);
	if (is(&f, "exits")) {
		fprintf(stderr, "qemu: -device nonsense: not a device\n");
		return 1;
	}
	if (is(&f, "says nothing"))
		return 0;
	if (is(&f, "crashes"))
		kill(getpid(), SIGKILL);
	if (f.monitor < 0 || f.agent < 0 || !f.console || !f.memory)
		return 9;
	snprintf(pid, sizeof(pid), "%s.pid", f.console);
	file = fopen(pid, "w");
	fprintf(file, "%d", (int)getpid());
	fclose(file);
	fake_memory(&f);
	if (is(&f, "hangs"))
		for (;;)
			pause();
	if (is(&f, "talks nonsense")) {
		say(f.monitor, "hello\n");
		pause();
	}
	fake_serve(&f);
	return 0;
}

/* Machines */

static char self[PATH_MAX];
static struct real_vm_config config;
static char error[REAL_ERROR_SIZE];

static void set_up(void)
{
	make_dir();
	put_file("kernel", "", 0644);
	put_file("initrd", "", 0644);
	ck_assert(!mkdir(in_dir("firmware"), 0755));
	config = (struct real_vm_config){
		.name = "one", .qemu = self, .firmware = strdup(in_dir("firmware")),
		.kernel = strdup(in_dir("kernel")), .initrd = strdup(in_dir("initrd")),
		.memory_mib = 64, .vcpus = 1, .dir = dir, .boot_ms = SOON_MS,
	};
	unsetenv("FAKE_QEMU");
}

static void tear_down(void)
{
	free((char *)config.firmware);
	free((char *)config.kernel);
	free((char *)config.initrd);
	remove_dir();
}

static struct real_vm *start(const char *mode)
{
	setenv("FAKE_QEMU", mode, 1);
	error[0] = '\0';
	return real_vm_start(&config, error, sizeof(error));
}

static struct real_vm *start_and_boot(const char *mode)
{
	struct real_vm *vm = start(mode);

	ck_assert_msg(vm != NULL, "%s", error);
	ck_assert_msg(!real_vm_boot(vm), "%s", real_vm_error(vm));
	return vm;
}

/* The fake one has left its number; it must be gone. */
static pid_t fake_pid(void)
{
	FILE *f = fopen(in_dir("one.console.pid"), "r");
	int pid = 0;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%d", &pid), 1);
	fclose(f);
	return pid;
}

static void check_gone(pid_t pid)
{
	ck_assert_int_gt(pid, 0);
	ck_assert_msg(kill(pid, 0) && errno == ESRCH, "process %d is left", (int)pid);
	ck_assert_msg(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, "a child is left");
}

START_TEST(vm_inputs)
{
	const struct {
		const char **input;
		const char *path, *remedy;
	} table[] = {
		{ &config.qemu, in_dir("no-qemu"), "'make qemu'" },
		{ &config.firmware, in_dir("no-firmware"), "'make qemu'" },
		{ &config.kernel, in_dir("no-kernel"), "driver-src/README.md" },
		{ &config.initrd, in_dir("no-initrd"), "initramfs" },
	};
	const char *good;
	size_t i;

	for (i = 0; i < ARRAY_LEN(table); i++) {
		good = *table[i].input;
		*table[i].input = table[i].path;
		ck_assert_ptr_null(start("serves"));
		check_contains(error, "one: ");
		check_contains(error, table[i].path);
		check_contains(error, "No such file");
		check_contains(error, table[i].remedy);
		*table[i].input = good;
	}
	put_file("text", "no program", 0644);
	good = config.qemu;
	config.qemu = in_dir("text");
	ck_assert_ptr_null(start("serves"));
	check_contains(error, "Permission denied");
	/* It may be executed, but it is no program. */
	ck_assert(!chmod(in_dir("text"), 0755));
	ck_assert_ptr_null(start("serves"));
	check_contains(error, "status 127");
	check_contains(error, "Exec format error");
	config.qemu = good;
	check_contains(error, "text");
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(vm_does_not_start)
{
	ck_assert_ptr_null(start("exits"));
	check_contains(error, "one: QEMU ended with status 1");
	check_contains(error, "-device nonsense: not a device");
	ck_assert_ptr_null(start("crashes"));
	check_contains(error, "QEMU was killed by signal 9");
	ck_assert_ptr_null(start("says nothing"));
	check_contains(error, "QEMU has hung up (greeting)");
	ck_assert_ptr_null(start("talks nonsense"));
	check_contains(error, "not JSON");
	check_gone(fake_pid());
	config.monitor_ms = 5 * BRIEF_MS;
	ck_assert_ptr_null(start("hangs"));
	check_contains(error, "QEMU does not answer (greeting)");
	check_gone(fake_pid());
}
END_TEST

START_TEST(vm_does_not_boot)
{
	static const struct {
		const char *mode;
		unsigned int boot_ms;
		const char *says, *quotes;
	} table[] = {
		{ "panics", SOON_MS, "reports trouble (panic): [    1.0] Kernel panic",
		  "Linux version 6.1" },
		{ "ends", SOON_MS, "QEMU ended with status 3", "out of ideas" },
		{ "powers off", SOON_MS, "QEMU has ended, nobody asked it to", "Linux version" },
		{ "hangs in boot", 1000, "the start of the guest's agent did not happen within 1 s",
		  "Linux version" },
	};
	struct real_vm *vm;
	size_t i;

	for (i = 0; i < ARRAY_LEN(table); i++) {
		config.boot_ms = table[i].boot_ms;
		vm = start(table[i].mode);
		ck_assert_msg(vm != NULL, "%s", error);
		ck_assert(real_vm_boot(vm));
		check_contains(real_vm_error(vm), table[i].says);
		check_contains(real_vm_error(vm), table[i].quotes);
		/* It stays a failed one, and its first error stays. */
		ck_assert(real_vm_wait(vm, 1));
		ck_assert(real_vm_command(vm, SOON_MS, NULL, 0, "lines"));
		ck_assert(real_vm_power_off(vm, SOON_MS));
		check_contains(real_vm_error(vm), table[i].says);
		real_vm_destroy(vm);
		check_gone(fake_pid());
	}
}
END_TEST

static void count_event(void *opaque, const char *line)
{
	ck_assert_str_eq(line, "17 phase 0 0 write");
	++*(unsigned int *)opaque;
}

START_TEST(vm_agent)
{
	unsigned int events = 0;
	char answer[256];
	struct real_vm *vm;

	config.event = count_event;
	config.opaque = &events;
	vm = start_and_boot("serves");
	ck_assert(!real_vm_command(vm, SOON_MS, answer, sizeof(answer), "lines"));
	ck_assert_str_eq(answer, "one\ntwo");
	ck_assert_uint_eq(events, 1);
	/* What the agent cannot do is said, and no reason to give the machine up. */
	ck_assert(real_vm_command(vm, SOON_MS, answer, sizeof(answer), "wrong"));
	ck_assert_str_eq(real_vm_error(vm), "one: wrong: wrong: of course");
	ck_assert(!real_vm_tell(vm, "told"));
	ck_assert(!real_vm_command(vm, SOON_MS, answer, sizeof(answer), "fine"));
	ck_assert(!real_vm_power_off(vm, SOON_MS));
	ck_assert_int_eq(vm->pid, 0);
	real_vm_destroy(vm);
	check_gone(fake_pid());
}
END_TEST

START_TEST(vm_agent_fails)
{
	static const struct {
		const char *command;
		unsigned int timeout_ms;
		const char *says;
	} table[] = {
		{ "mute", 1000, "mute: no answer within 1 s" },
		{ "odd", SOON_MS, "odd: the agent answers: what?" },
		{ "long", SOON_MS, "a line of more than" },
		{ "warn", SOON_MS, "reports trouble (warning): [    5.0] WARNING: CPU: 0" },
		{ "die", SOON_MS, "QEMU was killed by signal 9" },
	};
	struct real_vm *vm;
	size_t i;

	for (i = 0; i < ARRAY_LEN(table); i++) {
		vm = start_and_boot("serves");
		ck_assert(real_vm_command(vm, table[i].timeout_ms, NULL, 0, "%s",
					  table[i].command));
		check_contains(real_vm_error(vm), table[i].says);
		real_vm_destroy(vm);
		check_gone(fake_pid());
	}
}
END_TEST

START_TEST(vm_allowed_trouble)
{
	struct real_vm *vm;

	config.allowed = 1u << LOG_WARNING;
	vm = start_and_boot("serves");
	ck_assert(!real_vm_tell(vm, "warn"));
	ck_assert(!real_vm_wait(vm, BRIEF_MS));
	ck_assert(!real_vm_check_console(vm));
	real_vm_destroy(vm);
	check_gone(fake_pid());
}
END_TEST

START_TEST(vm_ends_badly)
{
	struct real_vm *vm = start_and_boot("bad end");

	ck_assert(real_vm_power_off(vm, SOON_MS));
	check_contains(real_vm_error(vm), "QEMU ended with status 4");
	real_vm_destroy(vm);
	vm = start_and_boot("serves");
	ck_assert(real_vm_wait_exit(vm, 1000));
	check_contains(real_vm_error(vm), "QEMU did not end within 1 s");
	real_vm_destroy(vm);
	check_gone(fake_pid());
}
END_TEST

START_TEST(vm_resident)
{
	struct real_vm *vm = start_and_boot("serves");
	uint64_t bytes = 0;

	ck_assert_msg(!real_vm_resident(vm, &bytes), "%s", real_vm_error(vm));
	ck_assert_uint_eq(bytes, 16 << 20);
	ck_assert(real_vm_blocks(vm, &bytes));
	check_contains(real_vm_error(vm), "no memory file");
	real_vm_destroy(vm);
}
END_TEST

/* The guest goes on in another QEMU in the middle of a line. */
START_TEST(vm_continues)
{
	unsigned int events = 0;
	struct real_vm *from, *to;
	char answer[64];

	config.event = count_event;
	config.opaque = &events;
	from = start_and_boot("serves");
	config.name = "two";
	to = start("hangs in boot");
	ck_assert_msg(to != NULL, "%s", error);
	strcpy(from->line, "@ 17 phase 0 0 write\n@ 17 pha");
	from->line_len = strlen(from->line);
	ck_assert_msg(!real_vm_continue(to, from), "%s", real_vm_error(to));
	ck_assert(to->ready);
	ck_assert_uint_eq(to->line_len, strlen("@ 17 pha"));
	ck_assert_uint_eq(events, 1);
	strcpy(to->line + to->line_len, "se 0 0 write\n");
	to->line_len += strlen("se 0 0 write\n");
	ck_assert(!real_vm_command(to, SOON_MS, answer, sizeof(answer), "fine"));
	ck_assert_uint_eq(events, 2);
	real_vm_destroy(from);
	real_vm_destroy(to);
}
END_TEST

/* Nothing outlives its maker, however that ends. */
START_TEST(vm_maker_is_killed)
{
	uint64_t deadline = clock_deadline(SOON_MS);
	int status, ready[2];
	pid_t maker, fake;
	char byte;

	ck_assert(!pipe(ready));
	/* So that the orphan is ours to see gone. */
	ck_assert(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	maker = fork();
	if (!maker) {
		if (start("takes no notice"))
			say(ready[1], "!");
		pause();
		_exit(0);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	fake = fake_pid();
	ck_assert(!kill(fake, 0));
	ck_assert(!kill(maker, SIGKILL));
	ck_assert_int_eq(waitpid(maker, NULL, 0), maker);
	while (waitpid(fake, &status, WNOHANG) != fake) {
		ck_assert_msg(clock_left_ms(deadline), "process %d is left", (int)fake);
		clock_sleep_ms(10);
	}
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}
END_TEST

static void add_monitor_tests(Suite *suite)
{
	TCase *tc = tcase_create("qmp");

	tcase_set_timeout(tc, 2 * SOON_MS / 1000);
	tcase_add_test(tc, qmp_events_and_pieces);
	tcase_add_test(tc, qmp_errors);
	tcase_add_test(tc, qmp_lost);
	tcase_add_test(tc, qmp_many_events);
	suite_add_tcase(suite, tc);
}

static void add_machine_tests(Suite *suite)
{
	TCase *tc = tcase_create("vm");

	tcase_set_timeout(tc, 2 * SOON_MS / 1000);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, vm_inputs);
	tcase_add_test(tc, vm_does_not_start);
	tcase_add_test(tc, vm_does_not_boot);
	tcase_add_test(tc, vm_agent);
	tcase_add_test(tc, vm_agent_fails);
	tcase_add_test(tc, vm_allowed_trouble);
	tcase_add_test(tc, vm_ends_badly);
	tcase_add_test(tc, vm_resident);
	tcase_add_test(tc, vm_continues);
	tcase_add_test(tc, vm_maker_is_killed);
	suite_add_tcase(suite, tc);
}

/* The host */

static char *first_line(const char *file, char *line, int size)
{
	FILE *f = fopen(file, "r");
	char *got = f ? fgets(line, size, f) : NULL;

	if (f)
		fclose(f);
	return got;
}

START_TEST(host_is_as_its_kernel_says)
{
	struct host_probe probe;
	char text[512], line[64];

	host_probe(&probe);
	host_probe_text(&probe, text, sizeof(text));
	ck_assert_ptr_null(strchr(text, '\n'));
	/* Tried, and what the kernel says of itself, where it says so. */
	if (strstr(probe.thp, "[madvise]") || strstr(probe.thp, "[always]")) {
		ck_assert(first_line("/sys/kernel/mm/transparent_hugepage/use_zero_page", line,
				     sizeof(line)) != NULL);
		/* Kernels were seen that say so and map no zero page, of any size. */
		if (line[0] != '1' || probe.zero_page)
			ck_assert_msg(probe.huge_zero_page == (line[0] == '1'), "%s: %s", line,
				      text);
	}
	ck_assert_ptr_nonnull(strstr(text, probe.zero_page ? "does not make it resident" :
						     "makes it resident"));
	ck_assert_uint_gt(probe.available, 0);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *suite;
	TCase *tc;
	const char *mode = getenv("FAKE_QEMU");
	ssize_t len;

	if (mode)
		exit(fake_qemu(mode, argc, argv));
	suite = suite_create("real_log");
	tc = tcase_create("log");
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len < 0)
		return NULL;
	tcase_add_test(tc, each_line);
	tcase_add_test(tc, each_kind);
	tcase_add_test(tc, first_of_several);
	suite_add_tcase(suite, tc);
	tc = tcase_create("initramfs");
	tcase_add_checked_fixture(tc, make_dir, remove_dir);
	tcase_add_test(tc, archive_is_read_back);
	tcase_add_test(tc, archive_twice_is_the_same);
	tcase_add_test(tc, archive_errors);
	suite_add_tcase(suite, tc);
	tc = tcase_create("host");
	tcase_add_test(tc, host_is_as_its_kernel_says);
	suite_add_tcase(suite, tc);
	add_monitor_tests(suite);
	add_machine_tests(suite);
	return suite;
}
