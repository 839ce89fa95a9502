// SPDX-License-Identifier: GPL-2.0-only
/*
 * The agent of a real guest and its programs, here without a guest: the agent is an ordinary
 * process at the other end of a socket, and the programs are processes of this machine.
 *
 * What needs a guest is tested there: being PID 1, loading modules, switching off.
 */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "../sim/real/protocol.h"
#include "scenario_run.h"
#include "skip.h"
#include "suite.h"

#define TIMEOUT_MS 60000
#define LINES_MAX 512
#define PAGE_SIZE 4096
#define MIB_PAGES(mib) ((uint64_t)(mib) * 256)
#define MSEC 1000000ull

#if defined(__SANITIZE_ADDRESS__)
#define AGENT "agent-san"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define AGENT "agent-san"
#endif
#endif
#ifndef AGENT
#define AGENT "agent"
#endif

/* The agent, and what it said and was not looked at yet. */
static struct {
	pid_t pid;
	int fd;
	char directory[64];		/* TMPDIR of it, and its stderr */
	char bytes[65536];
	size_t len;
	char events[LINES_MAX][REAL_LINE_MAX];
	size_t nr_events;
} agent;

static const char *built(const char *name)
{
	static char path[4096];
	const char *build = getenv("BALLAST_BUILD");

	snprintf(path, sizeof(path), "%s/real/%s", build ? build : "build/gcc", name);
	return path;
}

/* Talking */

/* The next line, without its '\n'; fails the test when none comes. */
static void next_line(char line[REAL_LINE_MAX])
{
	struct pollfd wait = { .fd = agent.fd, .events = POLLIN };
	char *end;
	ssize_t got;

	while (!(end = memchr(agent.bytes, '\n', agent.len))) {
		ck_assert_msg(poll(&wait, 1, TIMEOUT_MS) == 1, "the agent says nothing");
		got = read(agent.fd, agent.bytes + agent.len, sizeof(agent.bytes) - agent.len);
		ck_assert_msg(got > 0, "the agent is gone");
		agent.len += got;
	}
	ck_assert_int_lt(end - agent.bytes, REAL_LINE_MAX);
	*end = '\0';
	strcpy(line, agent.bytes);
	agent.len -= end + 1 - agent.bytes;
	memmove(agent.bytes, end + 1, agent.len);
}

static void send_text(const char *text, size_t len)
{
	ck_assert_int_eq(write(agent.fd, text, len), len);
}

/* The line that ends the answer; events are kept, "= " lines go to @answer (may be NULL). */
static const char *answer_to(char *answer, size_t size)
{
	static char line[REAL_LINE_MAX];

	if (answer)
		answer[0] = '\0';
	for (;;) {
		next_line(line);
		if (line[0] == '@') {
			ck_assert_uint_lt(agent.nr_events, LINES_MAX);
			strcpy(agent.events[agent.nr_events++], line);
		} else if (line[0] != '=') {
			return line;
		} else if (answer) {
			ck_assert_uint_lt(strlen(answer) + strlen(line) + 2, size);
			strcat(strcat(answer, line), "\n");
		}
	}
}

static const char *command(const char *text)
{
	send_text(text, strlen(text));
	send_text("\n", 1);
	return answer_to(NULL, 0);
}

static void check_ok(const char *text)
{
	const char *answer = command(text);

	ck_assert_msg(!strcmp(answer, "ok"), "%s: %s", text, answer);
}

/* The process of the program. */
static pid_t start(const char *text)
{
	const char *answer = command(text);
	int pid = 0;

	ck_assert_msg(sscanf(answer, "ok %d", &pid) == 1 && pid > 0, "%s: %s", text, answer);
	return pid;
}

/* The next event, whatever its time: "KIND INDEX ...". */
static const char *event(uint64_t *time)
{
	static char line[REAL_LINE_MAX];
	unsigned long long ns;
	int at = 0;

	if (agent.nr_events) {
		strcpy(line, agent.events[0]);
		memmove(agent.events[0], agent.events[1], --agent.nr_events * sizeof(line));
	} else {
		next_line(line);
	}
	ck_assert_msg(sscanf(line, "@ %llu %n", &ns, &at) == 1 && at, "no event: %s", line);
	if (time)
		*time = ns;
	return line + at;
}

static void check_event(const char *expected)
{
	const char *got = event(NULL);

	ck_assert_msg(!strcmp(got, expected), "event '%s' instead of '%s'", got, expected);
}

struct end {
	unsigned int index;
	int status, killed;
	unsigned long long work, cpu_ns, elapsed_ns, min_flt, maj_flt;
};

static struct end parse_end(const char *text)
{
	struct end e;
	int at = 0;

	ck_assert_msg(sscanf(text, "end %u %d %d %llu %llu %llu %llu %llu%n", &e.index, &e.status,
			     &e.killed, &e.work, &e.cpu_ns, &e.elapsed_ns, &e.min_flt, &e.maj_flt,
			     &at) == 8 && !text[at], "no end: %s", text);
	return e;
}

static uint64_t nr_measured;	/* values that programs have told */

static uint64_t count_measured(const char *text)
{
	uint64_t sum = 0, value, count;
	int head = 0;

	if (sscanf(text, "measured %*u %*u%n", &head) < 0 || !head)
		return 0;
	for (text += head; sscanf(text, " %lu:%lu%n", &value, &count, &head) == 2; text += head)
		sum += count;
	ck_assert_msg(!*text, "not all of it are values: %s", text);
	return sum;
}

/* "go" at each phase of program 0, until it ends; says how often. */
static struct end go_on(unsigned int *nr_phases)
{
	const char *e;

	*nr_phases = 0;
	while (strncmp(e = event(NULL), "end ", 4)) {
		*nr_phases += !strncmp(e, "phase 0 ", 8);
		nr_measured += count_measured(e);
		if (strcmp(e, "start 0") && !strstr(e, "measured"))
			check_ok("go 0");
	}
	return parse_end(e);
}

/* Starting and ending the agent */

static void make_directory(void)
{
	memset(&agent, 0, sizeof(agent));
	strcpy(agent.directory, "/tmp/ballast-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(agent.directory));
}

static void in_directory(char path[128], const char *name)
{
	snprintf(path, 128, "%s/%s", agent.directory, name);
}

/* @in_out: its stdin and stdout, or -1. */
static void start_agent(const char *path, int in_out)
{
	char log[128];
	int fd;

	in_directory(log, "stderr");
	agent.pid = fork();
	ck_assert_int_ge(agent.pid, 0);
	if (agent.pid)
		return;
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(fd, STDERR_FILENO);
	if (in_out >= 0) {
		dup2(in_out, STDIN_FILENO);
		dup2(in_out, STDOUT_FILENO);
	}
	setenv("TMPDIR", agent.directory, 1);
	execl(built(AGENT), AGENT, "--serve", path, NULL);
	_exit(127);
}

static void expect_ready(void)
{
	char line[REAL_LINE_MAX];

	next_line(line);
	ck_assert_str_eq(line, REAL_READY);
}

static void setup(void)
{
	int pair[2];

	make_directory();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	start_agent("-", pair[1]);
	close(pair[1]);
	agent.fd = pair[0];
	expect_ready();
}

/* What is on stderr; a static buffer. */
static const char *messages(void)
{
	static char text[65536];
	char log[128];
	ssize_t got;
	int fd;

	in_directory(log, "stderr");
	fd = open(log, O_RDONLY);
	got = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got < 0 ? 0 : got] = '\0';
	return text;
}

/* It ended by itself with that status, and nothing is left of its files and processes. */
static void check_agent_ended(int expected)
{
	char log[128];
	int status;

	ck_assert_int_eq(waitpid(agent.pid, &status, 0), agent.pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == expected, "status %#x: %.1000s",
		      status, messages());
	in_directory(log, "stderr");
	unlink(log);
	ck_assert_msg(!rmdir(agent.directory), "%s: %s", agent.directory, strerror(errno));
	close(agent.fd);
}

static void finish(void)
{
	send_text("poweroff\n", 9);
	check_agent_ended(0);
}

/* Programs */

static const struct {
	const char *args;
	unsigned int phases;
	uint64_t work_min, work_max;	/* pages */
	uint64_t ms_min;
} runs[] = {
	{ "memhog size-mib=8 loops=2 hold-ms=20 pause-ms=30 madvise=none", 7, MIB_PAGES(16),
	  MIB_PAGES(16), 70 },
	{ "allocate size-mib=8 hold-ms=20 madvise=hugepage", 3, MIB_PAGES(8), MIB_PAGES(8), 20 },
	{ "page-fault1 size-mib=4 loops=3 tasks=3 madvise=nohugepage", 1, MIB_PAGES(36),
	  MIB_PAGES(36), 0 },
	{ "page-fault2 size-mib=2 loops=3 tasks=2 madvise=none", 1, MIB_PAGES(12), MIB_PAGES(12),
	  0 },
	{ "churn size-mib=8 min-kib=4 max-kib=256 lifetime-ms=50 duration-ms=200 madvise=none", 3,
	  MIB_PAGES(8), MIB_PAGES(800), 200 },
	{ "filescan file-mib=3 loops=2", 2, MIB_PAGES(6), MIB_PAGES(6), 0 },
	{ "idle duration-ms=100", 1, 0, 0, 100 },
	{ "service size-mib=4 rate-per-s=500 touches=4 write-percent=50 compute-us=10 pattern=zipf "
	  "duration-ms=300 madvise=none", 2, MIB_PAGES(4) + 4 * 50, MIB_PAGES(4) + 4 * 300, 200 },
	{ "stream size-mib=2 tasks=2 duration-ms=200 madvise=none", 1, MIB_PAGES(4), UINT64_MAX,
	  200 },
	{ "ftq quantum-us=1000 tasks=2 duration-ms=200", 1, 1, UINT64_MAX, 200 },
};

START_TEST(program_does_its_work_and_ends)
{
	unsigned int phases;
	char text[256];
	struct end e;

	setup();
	snprintf(text, sizeof(text), "start 0 1 %s", runs[_i].args);
	start(text);
	e = go_on(&phases);
	ck_assert_msg(!e.status && !e.killed, "%s: %d %d: %.1000s", text, e.status, e.killed,
		      messages());
	ck_assert_uint_eq(phases, runs[_i].phases);
	ck_assert_msg(e.work >= runs[_i].work_min && e.work <= runs[_i].work_max, "%s: work %llu",
		      text, e.work);
	ck_assert_uint_ge(e.elapsed_ns, runs[_i].ms_min * MSEC);
	/* Without huge pages each page that was written is a fault, in whatever process. */
	if (strstr(text, "nohugepage"))
		ck_assert_uint_ge(e.min_flt, e.work);
	ck_assert_uint_gt(e.cpu_ns, 0);
	ck_assert_str_eq(messages(), "");
	finish();
}
END_TEST

START_TEST(program_waits_at_each_phase_until_go)
{
	uint64_t before, after;
	struct end e;

	setup();
	start("start 3 1 memhog size-mib=1 loops=1 hold-ms=0 pause-ms=0 madvise=none");
	check_event("start 3");
	ck_assert_str_eq(event(&before), "phase 3 0 write");
	ck_assert_msg(!strncmp(command("start 3 1 idle duration-ms=1"), "error ", 6), "twice");
	/* It does not go on by itself: the time until "go" passes, and is not counted. */
	usleep(400000);
	ck_assert_uint_eq(agent.nr_events, 0);
	check_ok("go 3");
	ck_assert_str_eq(event(&after), "phase 3 0 release");
	ck_assert_uint_ge(after - before, 400 * MSEC);
	check_ok("go 3");
	check_event("exit 3");
	check_ok("go 3");
	e = parse_end(event(&after));
	ck_assert_uint_eq(e.index, 3);
	ck_assert_uint_lt(e.elapsed_ns, 400 * MSEC);
	ck_assert_str_eq(command("go 3"), "error go 3: no such program runs");
	finish();
}
END_TEST

/* Pages written to hold 8 MiB of allocations whose sizes are the first numbers of its stream. */
/* All quanta of all processes, those that passed without any work as well. */
START_TEST(what_programs_measure_is_told)
{
	unsigned int phases;

	setup();
	nr_measured = 0;
	start("start 0 1 ftq quantum-us=1000 tasks=2 duration-ms=500");
	go_on(&phases);
	ck_assert_uint_eq(nr_measured, 2 * 500);
	finish();
}
END_TEST

START_TEST(random_numbers_are_those_of_the_simulator)
{
	static const char in_sim[] =
		TEST_HEAD "seed = <23>;\n" TEST_HOST
		"g: some-guest { compatible = \"ballast,guest\"; memory-mib = <256>;\n"
		"boot-profile = <&linux_6_1>; programs {\n"
		"first { compatible = \"ballast,program-idle\"; duration-ms = <1>; };\n"
		"c { compatible = \"ballast,program-churn\"; size-mib = <32>; max-kib = <1024>;\n"
		"duration-ms = <1>; lifetime-ms = <100000000>; }; }; }; };\n";
	static const char real[] = "churn size-mib=32 min-kib=4 max-kib=1024 duration-ms=1 "
				   "lifetime-ms=100000000 madvise=none";
	char text[256];
	struct outcome o;
	unsigned int phases, seed, nr_equal = 0;
	struct end e;

	outcome_run(&o, in_sim, true);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	setup();
	for (seed = 23; seed < 26; seed++) {
		/* Program 1; its seed is that of the scenario. */
		snprintf(text, sizeof(text), "start 1 %u %s guest=some-guest", seed, real);
		start(text);
		check_event("start 1");
		for (phases = 0; phases < 4; phases++) {
			event(NULL);
			check_ok("go 1");
		}
		e = parse_end(event(NULL));
		ck_assert_int_eq(e.status, 0);
		ck_assert_uint_ge(e.work, MIB_PAGES(28));
		if (e.work == o.report.programs[1].work)
			nr_equal++;
		else
			ck_assert_msg(seed != 23, "%llu pages, %llu in the simulator", e.work,
				      (unsigned long long)o.report.programs[1].work);
	}
	ck_assert_uint_eq(nr_equal, 1);
	outcome_free(&o);
	finish();
}
END_TEST

START_TEST(time_series_comes_from_a_file)
{
	char file[128], text[512];
	struct end e;

	setup();
	in_directory(file, "series");
	snprintf(text, sizeof(text), "start 0 1 demand time-percent=100 bytes-percent=100 "
				     "madvise=none series=%s", file);
	ck_assert_ptr_nonnull(strstr(command(text), "series: No such file"));
	snprintf(text, sizeof(text), "append %s 0 4194304", file);
	check_ok(text);
	snprintf(text, sizeof(text), "append %s 50000000 1048576", file);
	check_ok(text);
	snprintf(text, sizeof(text), "append %s 100000000 2097152", file);
	check_ok(text);
	snprintf(text, sizeof(text), "start 0 1 demand time-percent=200 bytes-percent=50 "
				     "madvise=none series=%s", file);
	start(text);
	check_event("start 0");
	check_event("phase 0 0 grow");
	check_ok("go 0");
	check_event("phase 0 1 shrink");
	check_ok("go 0");
	check_event("phase 0 2 grow");
	check_ok("go 0");
	check_event("exit 0");
	check_ok("go 0");
	e = parse_end(event(NULL));
	ck_assert_uint_eq(e.work, 512 + 128);
	ck_assert_uint_ge(e.elapsed_ns, 200 * MSEC);
	snprintf(text, sizeof(text), "append %s 99 1", file);
	check_ok(text);
	snprintf(text, sizeof(text), "start 0 1 demand time-percent=100 bytes-percent=100 "
				     "madvise=none series=%s", file);
	ck_assert_ptr_nonnull(strstr(command(text), "sample 4: time goes back"));
	unlink(file);
	finish();
}
END_TEST

START_TEST(two_programs_run_at_once)
{
	bool ended[2] = { false, false };
	const char *e;
	char go[16];

	setup();
	start("start 0 1 churn size-mib=4 min-kib=4 max-kib=64 lifetime-ms=20 duration-ms=300 "
	      "madvise=none");
	start("start 1 1 memhog size-mib=4 loops=20 hold-ms=10 pause-ms=0 madvise=none");
	while (!ended[0] || !ended[1]) {
		unsigned int index;

		e = event(NULL);
		ck_assert_int_eq(sscanf(e, "%*s %u", &index), 1);
		if (!strncmp(e, "end ", 4)) {
			ck_assert_int_eq(parse_end(e).status, 0);
			ended[index] = true;
		} else if (strncmp(e, "start ", 6)) {
			/* Neither has ended without the other one having started. */
			snprintf(go, sizeof(go), "go %u", index);
			check_ok(go);
		}
	}
	finish();
}
END_TEST

/* A large private mapping of the process, with what it holds in its middle: one page. */
static uint64_t find_large_area(pid_t pid, uint64_t bytes_min)
{
	char path[64], line[512];
	unsigned long long from, to;
	uint64_t found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx-%llx rw-p 00000000 00:00 0", &from, &to) == 2 &&
		    strstr(line, "rw-p") && to - from >= bytes_min)
			found = from + (to - from) / 2 / PAGE_SIZE * PAGE_SIZE;
	fclose(f);
	ck_assert_uint_ne(found, 0);
	return found;
}

static void change_memory(pid_t pid, uint64_t addr)
{
	char path[64];
	uint64_t word;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDWR);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, &word, sizeof(word), addr), sizeof(word));
	ck_assert_uint_ne(word, 0);
	word ^= 1ull << 40;
	ck_assert_int_eq(pwrite(fd, &word, sizeof(word), addr), sizeof(word));
	close(fd);
}

/* Its 32 MiB are one allocation; the agent's own tables are smaller. */
START_TEST(a_page_changed_behind_its_back_is_found_by_the_program)
{
	char expected[64];
	uint64_t addr;
	struct end e;
	pid_t pid;

	setup();
	pid = start("start 0 1 churn size-mib=32 min-kib=32768 max-kib=32768 lifetime-ms=100000 "
		    "duration-ms=1 madvise=none");
	check_event("start 0");
	check_event("phase 0 0 fill");
	check_ok("go 0");
	check_event("phase 0 0 churn");
	addr = find_large_area(pid, 32 << 20);
	change_memory(pid, addr + 8 * 100);
	check_ok("go 0");
	check_event("phase 0 0 drain");
	check_ok("go 0");
	check_event("exit 0");
	check_ok("go 0");
	e = parse_end(event(NULL));
	ck_assert_int_eq(e.status, 1);
	ck_assert_int_eq(e.killed, 0);
	snprintf(expected, sizeof(expected), "page %#llx, offset 0x320", (unsigned long long)addr);
	ck_assert_msg(strstr(messages(), expected) != NULL, "%s: %.1000s", expected, messages());
	ck_assert_ptr_nonnull(strstr(messages(), "1 of 512 words differ"));
	finish();
}
END_TEST

START_TEST(killed_program_is_reported)
{
	struct end e;
	pid_t pid;

	setup();
	/* By the host. */
	pid = start("start 0 1 idle duration-ms=1000000");
	check_event("start 0");
	check_event("phase 0 0 sleep");
	check_ok("go 0");
	check_ok("kill 0");
	e = parse_end(event(NULL));
	ck_assert_int_eq(e.status, 128 + SIGKILL);
	ck_assert_int_eq(e.killed, 0);
	ck_assert_int_eq(kill(pid, 0), -1);
	/* By somebody else, as the OOM killer does it; while it waits. */
	pid = start("start 0 1 idle duration-ms=1000000");
	check_event("start 0");
	check_event("phase 0 0 sleep");
	usleep(400000);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	e = parse_end(event(NULL));
	ck_assert_int_eq(e.status, 128 + SIGKILL);
	ck_assert_int_eq(e.killed, 1);
	ck_assert_uint_lt(e.elapsed_ns, 400 * MSEC);
	/* By another signal. */
	pid = start("start 0 1 idle duration-ms=1000000");
	check_event("start 0");
	check_event("phase 0 0 sleep");
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	e = parse_end(event(NULL));
	ck_assert_int_eq(e.status, 128 + SIGTERM);
	ck_assert_int_eq(e.killed, 0);
	finish();
}
END_TEST

#define TASKS 4

static unsigned int find_children(pid_t pid, pid_t children[TASKS])
{
	char path[64];
	unsigned int nr = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (nr < TASKS && fscanf(f, "%d", &children[nr]) == 1)
		nr++;
	fclose(f);
	return nr;
}

static pid_t start_tasks(pid_t children[TASKS])
{
	pid_t pid = start("start 0 1 page-fault1 size-mib=1 loops=100000000 tasks=4 madvise=none");
	unsigned int tries = 0;

	check_event("start 0");
	check_event("phase 0 0 fault");
	check_ok("go 0");
	while (find_children(pid, children) < TASKS && tries++ < 10000)
		usleep(1000);
	ck_assert_uint_lt(tries, 10000);
	return pid;
}

/* Not even as zombies. */
static void check_gone(const pid_t children[TASKS])
{
	unsigned int i;

	for (i = 0; i < TASKS; i++)
		ck_assert_msg(kill(children[i], 0) && errno == ESRCH, "task %u is alive", i);
}

START_TEST(tasks_of_a_killed_program_are_gone_when_its_end_is_reported)
{
	pid_t children[TASKS], pid;
	struct end e;

	setup();
	start_tasks(children);
	check_ok("kill 0");
	e = parse_end(event(NULL));
	ck_assert_int_eq(e.status, 128 + SIGKILL);
	ck_assert_int_eq(e.killed, 0);
	check_gone(children);
	pid = start_tasks(children);
	kill(pid, SIGKILL);
	e = parse_end(event(NULL));
	ck_assert_int_eq(e.status, 128 + SIGKILL);
	ck_assert_int_eq(e.killed, 1);
	ck_assert_uint_gt(e.cpu_ns, 0);
	check_gone(children);
	finish();
}
END_TEST

START_TEST(program_goes_on_when_a_task_of_it_is_killed)
{
	pid_t children[TASKS];
	unsigned int i;
	struct end e;

	setup();
	start_tasks(children);
	for (i = 0; i < TASKS; i++)
		kill(children[i], SIGKILL);
	check_event("exit 0");
	check_ok("go 0");
	e = parse_end(event(NULL));
	ck_assert_int_eq(e.status, 1);
	ck_assert_int_eq(e.killed, 1);
	check_gone(children);
	finish();
}
END_TEST

START_TEST(agent_that_ends_takes_its_programs_along)
{
	pid_t children[TASKS];
	int how;

	for (how = 0; how < 3; how++) {
		setup();
		start_tasks(children);
		/* Told to, killed, or left alone. */
		if (how == 0)
			send_text("poweroff\n", 9);
		else if (how == 1)
			kill(agent.pid, SIGTERM);
		else
			shutdown(agent.fd, SHUT_RDWR);
		check_agent_ended(0);
		check_gone(children);
	}
}
END_TEST

/* Bad input */

START_TEST(bad_command_gets_an_error)
{
	static const struct {
		const char *text, *answer;
	} cases[] = {
		{ "", "error unknown command ''" },
		{ "explode now", "error unknown command 'explode'" },
		{ " memory", "error unknown command ''" },
		{ "memory now", "error usage: memory" },
		{ "read", "error usage: read FILE" },
		{ "read ", "error usage: read FILE" },
		{ "read /nonexistent", "error read /nonexistent: No such file or directory" },
		{ "read /proc", "error read /proc: Is a directory" },
		{ "read /dev/zero", "error read /dev/zero: a line of it is too long" },
		{ "write /nonexistent x", "error write /nonexistent: No such file or directory" },
		{ "write /dev/full x", "error write /dev/full: No space left on device" },
		{ "write /dev/null", "error usage: write FILE TEXT" },
		{ "start", "error usage: start INDEX SEED NAME [KEY=VALUE...]" },
		{ "start 0 1", "error usage: start INDEX SEED NAME [KEY=VALUE...]" },
		{ "start 0  idle", "error usage: start INDEX SEED NAME [KEY=VALUE...]" },
		{ "start x 1 idle", "error start: 'x' is no index of a program" },
		{ "start -1 1 idle", "error start: '-1' is no index of a program" },
		{ "start 4294967296 1 idle", "error start: '4294967296' is no index of a program" },
		{ "start 0 1x idle", "error start: '1x' is no seed" },
		{ "start 0 18446744073709551616 idle",
		  "error start: '18446744073709551616' is no seed" },
		{ "start 0 1 worm", "error start 0: no program is called 'worm'; there are memhog "
				    "allocate page-fault1 page-fault2 churn filescan idle demand "
				    "compact offline service stream ftq" },
		{ "start 0 1 idle duration-ms", "error start 0: argument 'duration-ms' is not "
						"KEY=VALUE" },
		{ "start 0 1 idle =5", "error start 0: argument '=5' is not KEY=VALUE" },
		{ "start 0 1 idle a=1 a=2", "error start 0: argument a is given twice" },
		{ "start 0 1 idle series=/nonexistent",
		  "error start 0: cannot open series /nonexistent: No such file or directory" },
		{ "go 0", "error go 0: no such program runs" },
		{ "go", "error usage: go INDEX" },
		{ "go 0 0", "error usage: go INDEX" },
		{ "kill 7", "error kill 7: no such program runs" },
		{ "insmod /nonexistent.ko", "error insmod /nonexistent.ko: "
					    "No such file or directory" },
		{ "poweroff now", "error usage: poweroff" },
	};
	unsigned int i;

	setup();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_str_eq(command(cases[i].text), cases[i].answer);
	finish();
}
END_TEST

START_TEST(go_is_refused_when_the_program_does_not_wait)
{
	setup();
	start("start 0 1 idle duration-ms=1000000");
	check_event("start 0");
	check_event("phase 0 0 sleep");
	check_ok("go 0");
	ck_assert_str_eq(command("go 0"), "error go 0: the program does not wait");
	check_ok("kill 0");
	ck_assert_int_eq(parse_end(event(NULL)).status, 128 + SIGKILL);
	finish();
}
END_TEST

START_TEST(argument_that_is_missing_or_wrong_ends_the_program_with_status_2)
{
	struct end e;

	setup();
	start("start 0 1 memhog size-mib=1 loops=1 hold-ms=1 madvise=none");
	check_event("start 0");
	e = parse_end(event(NULL));
	ck_assert_int_eq(e.status, 2);
	ck_assert_int_eq(e.killed, 0);
	ck_assert_ptr_nonnull(strstr(messages(), "argument pause-ms is missing"));
	start("start 0 1 filescan file-mib=1MiB loops=1");
	check_event("start 0");
	ck_assert_int_eq(parse_end(event(NULL)).status, 2);
	ck_assert_ptr_nonnull(strstr(messages(), "argument file-mib: '1MiB' is not a number"));
	finish();
}
END_TEST

START_TEST(line_that_is_too_long_is_refused_and_the_next_one_is_not)
{
	char line[3 * REAL_LINE_MAX], answer[128];
	size_t len;

	setup();
	for (len = REAL_LINE_MAX - 1; len <= sizeof(line) - 1; len += 1 + len / 3) {
		memset(line, 'x', len);
		line[len] = '\n';
		send_text(line, len + 1);
		snprintf(answer, sizeof(answer), "error unknown command '%.64s'", line);
		ck_assert_str_eq(answer_to(NULL, 0), len < REAL_LINE_MAX ?
				 answer : "error line of more than 1023 bytes");
		check_ok("memory");
	}
	send_text("mem\0ory\n", 8);
	ck_assert_str_eq(answer_to(NULL, 0),
			 "error byte 4 of the line is 0, which is no text");
	send_text("memory\r\n", 8);
	ck_assert_str_eq(answer_to(NULL, 0),
			 "error byte 7 of the line is 0xd, which is no text");
	/* In pieces, and two at once. */
	send_text("mem", 3);
	usleep(10000);
	send_text("ory\nmemory\nmemo", 15);
	ck_assert_str_eq(answer_to(NULL, 0), "ok");
	ck_assert_str_eq(answer_to(NULL, 0), "ok");
	send_text("ry\n", 3);
	ck_assert_str_eq(answer_to(NULL, 0), "ok");
	finish();
}
END_TEST

/* Files and memory */

START_TEST(files_are_read_and_written)
{
	char file[128], text[256], answer[512];

	setup();
	in_directory(file, "file");
	snprintf(text, sizeof(text), "append %s two  words", file);
	check_ok(text);
	snprintf(text, sizeof(text), "append %s \tthree", file);
	ck_assert_ptr_nonnull(strstr(command(text), "which is no text"));
	snprintf(text, sizeof(text), "append %s more", file);
	check_ok(text);
	snprintf(text, sizeof(text), "read %s\n", file);
	send_text(text, strlen(text));
	ck_assert_str_eq(answer_to(answer, sizeof(answer)), "ok");
	ck_assert_str_eq(answer, "= two  words\n= more\n");
	snprintf(text, sizeof(text), "write %s short", file);
	check_ok(text);
	snprintf(text, sizeof(text), "read %s\n", file);
	send_text(text, strlen(text));
	answer_to(answer, sizeof(answer));
	ck_assert_str_eq(answer, "= short\n");
	unlink(file);
	finish();
}
END_TEST

START_TEST(memory_has_all_its_fields)
{
	char answer[1024], *at = answer, name[32];
	unsigned long long pages, total = 0;
	int len;

	setup();
	send_text("memory\n", 7);
	ck_assert_str_eq(answer_to(answer, sizeof(answer)), "ok");
#define FIELD(field)                                                                               \
	ck_assert_int_eq(sscanf(at, "= %31s %llu\n%n", name, &pages, &len), 2);                    \
	ck_assert_str_eq(name, #field);                                                            \
	at += len;                                                                                 \
	total = total ? total : pages;                                                             \
	ck_assert_uint_le(strcmp(name, "swap_used") ? pages : 0, total);
	REAL_MEMORY_FIELDS(FIELD)
#undef FIELD
	ck_assert_uint_eq(total, (unsigned long long)sysconf(_SC_PHYS_PAGES));
	finish();
}
END_TEST

/* Ways of serving and running */

START_TEST(agent_serves_a_terminal_as_it_is)
{
	const char *name;
	struct termios t;
	int slave;

	make_directory();
	agent.fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(agent.fd, 0);
	ck_assert(!grantpt(agent.fd) && !unlockpt(agent.fd));
	name = ptsname(agent.fd);
	/* As long as one is open, the master sees no hang-up. */
	slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	start_agent(name, -1);
	expect_ready();
	ck_assert_int_eq(tcgetattr(slave, &t), 0);
	ck_assert(!(t.c_lflag & (ECHO | ICANON | ISIG)) && !(t.c_oflag & OPOST));
	check_ok("memory");
	ck_assert_str_eq(command("go 1"), "error go 1: no such program runs");
	finish();
	close(slave);
}
END_TEST

static int unix_socket(const char *path, struct sockaddr_un *addr)
{
	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(addr->sun_path, path);
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

START_TEST(agent_serves_a_socket_of_the_host_or_makes_one)
{
	struct sockaddr_un addr;
	unsigned int tries = 0;
	char path[128];
	int fd;

	make_directory();
	in_directory(path, "socket");
	fd = unix_socket(path, &addr);
	ck_assert(!bind(fd, (struct sockaddr *)&addr, sizeof(addr)) && !listen(fd, 1));
	start_agent(path, -1);
	agent.fd = accept(fd, NULL, NULL);
	close(fd);
	expect_ready();
	unlink(path);
	finish();

	make_directory();
	in_directory(path, "socket");
	start_agent(path, -1);
	agent.fd = unix_socket(path, &addr);
	while (connect(agent.fd, (struct sockaddr *)&addr, sizeof(addr)) && tries++ < 10000)
		usleep(1000);
	ck_assert_uint_lt(tries, 10000);
	expect_ready();
	check_ok("memory");
	finish();
}
END_TEST

START_TEST(what_cannot_be_served_is_refused)
{
	static const struct {
		const char *path, *message;
	} cases[] = {
		{ "/dev/null", "cannot open /dev/null: it is no terminal, or has no device" },
		{ "/nonexistent/port", "cannot open /nonexistent/port: No such file" },
		{ "/proc/self/exe", "cannot open /proc/self/exe: it must be a terminal or" },
		{ "/", "cannot open /: it must be a terminal or a socket" },
	};
	char fifo[128];
	unsigned int i;
	int status;

	make_directory();
	in_directory(fifo, "fifo");
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	for (i = 0; i <= sizeof(cases) / sizeof(cases[0]); i++) {
		bool last = i == sizeof(cases) / sizeof(cases[0]);

		start_agent(last ? fifo : cases[i].path, -1);
		ck_assert_int_eq(waitpid(agent.pid, &status, 0), agent.pid);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1);
		ck_assert_msg(strstr(messages(), last ? "a FIFO goes one way only" :
							cases[i].message) != NULL,
			      "%.1000s", messages());
	}
	unlink(fifo);
	in_directory(fifo, "stderr");
	unlink(fifo);
	ck_assert_int_eq(rmdir(agent.directory), 0);
}
END_TEST

/* Its status; what it said is in @text. */
static int run_alone(const char *args, char *text, size_t size)
{
	char line[8192];
	size_t len;
	FILE *f;

	snprintf(line, sizeof(line), "%s run %s 2>&1", built(AGENT), args);
	f = popen(line, "r");
	ck_assert_ptr_nonnull(f);
	len = fread(text, 1, size - 1, f);
	text[len] = '\0';
	return WEXITSTATUS(pclose(f));
}

START_TEST(agent_runs_a_program_alone)
{
	char text[4096];

	ck_assert_int_eq(run_alone("memhog size-mib=2 loops=1 hold-ms=1 pause-ms=0 madvise=none "
				   "index=5 seed=9", text, sizeof(text)), 0);
	ck_assert_ptr_nonnull(strstr(text, " phase 5 0 hold\n"));
	ck_assert_ptr_nonnull(strstr(text, " end 5 0 0 512 "));
	ck_assert_int_eq(run_alone("idle", text, sizeof(text)), 2);
	ck_assert_ptr_nonnull(strstr(text, "argument duration-ms is missing"));
	ck_assert_int_eq(run_alone("worm", text, sizeof(text)), 2);
	ck_assert_ptr_nonnull(strstr(text, "no program is called 'worm'"));
	ck_assert_int_eq(run_alone("idle seed=x", text, sizeof(text)), 2);
	ck_assert_ptr_nonnull(strstr(text, "seed=x: not a number"));
}
END_TEST

/* The calls of program.h one by one: tests/guest/posix_scenes.c. */

static const struct {
	const char *name;
	int status;
} scenes[] = {
	{ "every-bit", 0 }, { "zeroed", 0 }, { "exchanged", 0 }, { "stale", 0 },
	{ "unwritten-is-zero", 0 }, { "released-is-zero", 0 }, { "one-byte", 0 },
	{ "mapped-again", 0 }, { "file-mapping", 0 }, { "files", 0 }, { "random", 0 },
	{ "tasks", 0 }, { "time", 0 }, { "arguments", 0 }, { "argument-missing", 2 },
	{ "argument-wrong", 2 }, { "access-unmapped", 128 + SIGSEGV },
};

START_TEST(scene)
{
	char line[8192];
	int status;

	make_directory();
	/* The shell turns a signal into a status. */
	snprintf(line, sizeof(line), "{ %s %s %s; } >%s/stderr 2>&1", built("posix-scenes"),
		 scenes[_i].name, agent.directory, agent.directory);
	status = system(line);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == scenes[_i].status,
		      "%s: status %#x instead of %d: %.1000s", scenes[_i].name, status,
		      scenes[_i].status, messages());
	snprintf(line, sizeof(line), "rm -r %s", agent.directory);
	ck_assert_int_eq(system(line), 0);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("guest_agent");
	TCase *tc = tcase_create("guest_agent");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, scene, 0, sizeof(scenes) / sizeof(scenes[0]));
	tcase_add_loop_test(tc, program_does_its_work_and_ends, 0,
			    sizeof(runs) / sizeof(runs[0]));
	tcase_add_test(tc, program_waits_at_each_phase_until_go);
	tcase_add_test(tc, random_numbers_are_those_of_the_simulator);
	tcase_add_test(tc, time_series_comes_from_a_file);
	tcase_add_test(tc, what_programs_measure_is_told);
	tcase_add_test(tc, two_programs_run_at_once);
	tcase_add_test(tc, a_page_changed_behind_its_back_is_found_by_the_program);
	tcase_add_test(tc, killed_program_is_reported);
	tcase_add_test(tc, tasks_of_a_killed_program_are_gone_when_its_end_is_reported);
	tcase_add_test(tc, program_goes_on_when_a_task_of_it_is_killed);
	tcase_add_test(tc, agent_that_ends_takes_its_programs_along);
	tcase_add_test(tc, bad_command_gets_an_error);
	tcase_add_test(tc, go_is_refused_when_the_program_does_not_wait);
	tcase_add_test(tc, argument_that_is_missing_or_wrong_ends_the_program_with_status_2);
	tcase_add_test(tc, line_that_is_too_long_is_refused_and_the_next_one_is_not);
	tcase_add_test(tc, files_are_read_and_written);
	tcase_add_test(tc, memory_has_all_its_fields);
	if (terminals_can_be_had())
		tcase_add_test(tc, agent_serves_a_terminal_as_it_is);
	else
		skip_tests(1, NO_TERMINALS);
	tcase_add_test(tc, agent_serves_a_socket_of_the_host_or_makes_one);
	tcase_add_test(tc, what_cannot_be_served_is_refused);
	tcase_add_test(tc, agent_runs_a_program_alone);
	suite_add_tcase(s, tc);
	signal(SIGPIPE, SIG_IGN);
	return s;
}
