// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast record: what it reads of a machine, groups, a process that allocates, and a guest's
 * statistics; its curve is whole however it ends; a scenario that follows it holds what was held.
 */
#include "suite.h"

#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "cli_run.h"
#include "clock.h"
#include "fake_vmm.h"
#include "group.h"
#include "guest_samples.h"
#include "recorder.h"
#include "series.h"
#include "shell_run.h"
#include "skip.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define KIB UINT64_C(1024)
#define MIB (UINT64_C(1) << 20)
#define WAIT_MS 60000
/* Of what a process holds besides: its stack, page tables, batches in which groups count. */
#define SLACK_MIB 2

static volatile sig_atomic_t never;

static const char *data(const char *name)
{
	static char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/tests/data/record/%s", top, name);
	return path;
}

/* Files of the kernel */

START_TEST(machine_is_read)
{
	struct record_source s = { .stop = &never };
	struct record_held held = { 0 };

	ck_assert_msg(!record_open_machine(&s, data("proc")), "%s", s.error);
	ck_assert_int_eq(s.read(&s, &held), RECORD_WELL);
	ck_assert_uint_eq(held.anon, 1000000 * KIB);
	ck_assert_uint_eq(held.shmem, 50000 * KIB);
	/* What is in the swap cache is in memory. */
	ck_assert_uint_eq(held.swap, (100000 - 7000) * KIB);
	ck_assert_uint_eq(held.used, (1000000 + 50000 + 93000) * KIB);
	ck_assert_uint_eq(held.file, (2000000 + 3000 - 50000) * KIB);
	record_close(&s);
	ck_assert(!record_open_machine(&s, data("other")));
	ck_assert_int_eq(s.read(&s, &held), RECORD_FAILED);
	ck_assert_ptr_nonnull(strstr(s.error, "there is no AnonPages"));
	record_close(&s);
}
END_TEST

static const struct {
	const char *dir;
	uint64_t shmem, swap;
} groups[] = {
	{ "first", 256 * KIB, 64 * KIB },	/* with groups below: total_ */
	{ "second", 256 * KIB, 64 * KIB },	/* 80 KiB of slots, 16 of these in memory, too */
	{ "root", 0, 0 },			/* no memory.swap.current */
};

START_TEST(group_is_read)
{
	struct record_source s = { .stop = &never };
	struct record_held held = { 0 };

	ck_assert_msg(!record_open_group(&s, data(groups[_i].dir)), "%s", s.error);
	ck_assert_int_eq(s.read(&s, &held), RECORD_WELL);
	ck_assert_uint_eq(held.anon, 4 * MIB);
	ck_assert_uint_eq(held.shmem, groups[_i].shmem);
	ck_assert_uint_eq(held.swap, groups[_i].swap);
	ck_assert_uint_eq(held.used, 4 * MIB + groups[_i].shmem + groups[_i].swap);
	ck_assert_uint_eq(held.file, 1 * MIB - groups[_i].shmem);
	record_close(&s);
}
END_TEST

/* A process that holds what it is told to */

struct holder {
	pid_t pid;
	int orders, done;
};

/* A byte of each page, and nothing that a sanitizer notes of them: that is memory, too. */
__attribute__((no_sanitize_address))
static void touch(volatile char *memory, size_t size)
{
	for (size_t at = 0; at < size; at += 4096)
		memory[at] = 1;
}

static void hold_on_order(int orders, int done)
{
	char *memory = NULL, order;

	while (read(orders, &order, 1) == 1) {
		if (order == 'a') {
			memory = mmap(NULL, 64 * MIB, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			touch(memory, 64 * MIB);
		} else if (order == 's') {
			touch(mmap(NULL, 8 * MIB, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0), 8 * MIB);
		} else if (order == 'f') {
			munmap(memory, 48 * MIB);
		} else {
			_exit(0);
		}
		if (write(done, &order, 1) != 1)
			_exit(1);
	}
}

static struct holder holder_start(void)
{
	struct holder h;
	int orders[2], done[2];

	ck_assert_int_eq(pipe(orders), 0);
	ck_assert_int_eq(pipe(done), 0);
	h.pid = fork();
	if (!h.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		hold_on_order(orders[0], done[1]);
		_exit(1);
	}
	ck_assert_int_gt(h.pid, 0);
	close(orders[0]);
	close(done[1]);
	h.orders = orders[1];
	h.done = done[0];
	return h;
}

static void order(const struct holder *h, char what)
{
	char answer;

	ck_assert_int_eq(write(h->orders, &what, 1), 1);
	ck_assert_int_eq(read(h->done, &answer, 1), 1);
}

static void holder_end(struct holder *h)
{
	ck_assert_int_eq(write(h->orders, "q", 1), 1);
	ck_assert_int_eq(waitpid(h->pid, NULL, 0), h->pid);
	close(h->orders);
	close(h->done);
}

/* Its curve, as it comes */

struct line {
	uint64_t ms, used, file, anon, shmem, swap;
};

struct recording {
	FILE *from, *copy;	/* all of it, in curve.csv */
	unsigned int nr;
	struct line first, last;
};

static struct recording recording_start(const char *what)
{
	struct recording r = { .copy = fopen("curve.csv", "w") };
	char line[PATH_MAX + 256];

	snprintf(line, sizeof(line), "exec '%s' record --interval 100 %s 2>err", command, what);
	r.from = popen(line, "r");
	ck_assert_ptr_nonnull(r.from);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), r.from));
	ck_assert_str_eq(line, "time_s,used_bytes,file_bytes,anon_bytes,shmem_bytes,swap_bytes\n");
	fputs(line, r.copy);
	return r;
}

/* False: there are no more. */
static bool next_line(struct recording *r)
{
	struct line *l = &r->last;
	uint64_t s, part;
	char text[256];

	if (!fgets(text, sizeof(text), r->from))
		return false;
	fputs(text, r->copy);
	ck_assert_msg(sscanf(text, "%" SCNu64 ".%3" SCNu64 ",%" SCNu64 ",%" SCNu64 ",%" SCNu64
			     ",%" SCNu64 ",%" SCNu64 "\n", &s, &part, &l->used, &l->file, &l->anon,
			     &l->shmem, &l->swap) == 7, "%s", text);
	l->ms = s * 1000 + part;
	ck_assert_uint_eq(l->used, l->anon + l->shmem + l->swap);
	if (!r->nr++)
		r->first = *l;
	return true;
}

static bool near(uint64_t value, uint64_t want)
{
	return value + SLACK_MIB * MIB >= want && value <= want + SLACK_MIB * MIB;
}

/* Reads on until there is so much more memory, private (or swapped) and shared, than at first. */
static void until_more(struct recording *r, uint64_t private_mib, uint64_t shared_mib)
{
	uint64_t private = r->first.anon + r->first.swap + private_mib * MIB;
	uint64_t shared = r->first.shmem + shared_mib * MIB;
	unsigned int most = r->nr + 100;

	do {
		ck_assert_msg(next_line(r) && r->nr < most, "%u: %" PRIu64 " and %" PRIu64
			      ", not %" PRIu64 " and %" PRIu64, r->nr, r->last.anon + r->last.swap,
			      r->last.shmem, private, shared);
	} while (!near(r->last.anon + r->last.swap, private) || !near(r->last.shmem, shared));
	/* It stays so. */
	ck_assert(next_line(r) && near(r->last.anon + r->last.swap, private));
}

/* It ends by itself, with nothing held. */
static void until_the_end(struct recording *r)
{
	size_t size;
	char *err;

	while (next_line(r))
		;
	ck_assert_uint_eq(r->last.used, 0);
	ck_assert_uint_eq(r->last.file, 0);
	fclose(r->copy);
	ck_assert_int_eq(pclose(r->from), 0);
	err = read_file("err", &size);
	ck_assert_ptr_nonnull(strstr(err, " has ended; so does the curve\n"));
	free(err);
}

static void allocate_and_follow(struct recording *r, struct holder *h)
{
	ck_assert(next_line(r));
	ck_assert_uint_eq(r->last.ms, 0);
	order(h, 'a');
	until_more(r, 64, 0);
	order(h, 's');
	until_more(r, 64, 8);
	order(h, 'f');
	until_more(r, 16, 8);
	holder_end(h);
}

#define TIMES 5		/* slower than it was, so that samples of the trace lie in between */

/* What the guest holds in the middle between two lines, relative to the first. */
static void check_followed(const struct outcome *o, const struct program_sample *line, size_t nr)
{
	const struct samples *s = samples_of(o);
	uint64_t start = o->report.programs[0].start, worst = 0;
	int64_t free = 0, cached = 0;

	for (size_t i = 0; i + 1 < nr; i++) {
		uint64_t middle = (line[i].time_ns + line[i + 1].time_ns) / 2 * TIMES;
		unsigned int at = sample_at(s, start + middle);
		int64_t held = line[i].value + line[i].file, file = line[i].file, off, file_off;

		if (!i) {
			free = s->free[at] + held / 4096;
			cached = s->cached[at] - file / 4096;
		}
		off = llabs(free - (int64_t)s->free[at] - held / 4096);
		file_off = llabs((int64_t)s->cached[at] - cached - file / 4096);
		worst = off > (int64_t)worst ? off : worst;
		worst = file_off > (int64_t)worst ? file_off : worst;
	}
	ck_assert_msg(worst <= SLACK_MIB * MIB / 4096, "%" PRIu64 " pages off", worst);
}

static void run_as_demand(void)
{
	struct program_sample *line;
	char text[4096], error[512];
	struct outcome o;
	size_t nr;

	ck_assert_msg(!series_read("curve.csv", &line, &nr, error, sizeof(error)), "%s", error);
	snprintf(text, sizeof(text), TEST_HEAD TEST_HOST
		 "g: guest { compatible = \"ballast,guest\"; memory-mib = <256>; vcpus = <2>;\n"
		 "boot-profile = <&linux_6_1>; programs { p { compatible = "
		 "\"ballast,program-demand\"; file = \"%s/curve.csv\"; time-percent = <%d>; }; }; "
		 "}; };\n", scratch, TIMES * 100);
	outcome_run(&o, text, true);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	ck_assert_int_eq(o.report.programs[0].status, 0);
	check_followed(&o, line, nr);
	outcome_free(&o);
	free(line);
}

START_TEST(a_process_is_followed_and_a_guest_follows_the_curve)
{
	struct holder h = holder_start();
	struct recording r;
	char what[64];

	snprintf(what, sizeof(what), "--pid %d", (int)h.pid);
	r = recording_start(what);
	allocate_and_follow(&r, &h);
	until_the_end(&r);
	run_as_demand();
}
END_TEST

/* Takes root. */
START_TEST(a_group_is_followed_until_it_is_removed)
{
	struct holder h = holder_start();
	char what[PATH_MAX + 64], error[1024];
	struct real_group g;
	struct recording r;

	ck_assert_msg(!real_group_create(&g, 512 * MIB, 0, error, sizeof(error)), "%s", error);
	snprintf(what, sizeof(what), "%d", (int)h.pid);
	ck_assert_int_eq(write(g.procs, what, strlen(what)), strlen(what));
	snprintf(what, sizeof(what), "--cgroup %s", g.path);
	r = recording_start(what);
	allocate_and_follow(&r, &h);
	real_group_destroy(&g);
	until_the_end(&r);
}
END_TEST

/* How it ends */

/* Something of the curve is there, under whatever name it has until it is complete. */
static bool curve_has_begun(void)
{
	DIR *dir = opendir(".");
	bool begun = false;
	struct dirent *e;
	struct stat st;

	while ((e = readdir(dir)))
		begun |= strstr(e->d_name, "c.csv") && !stat(e->d_name, &st) && st.st_size;
	closedir(dir);
	return begun;
}

/* In the background, with what it prints in "said"; it has begun when this returns. */
static pid_t record_in_background(const char *args)
{
	uint64_t deadline = clock_deadline(WAIT_MS);
	char line[PATH_MAX + 256];
	pid_t pid;

	snprintf(line, sizeof(line), "exec '%s' record %s >said 2>&1", command, args);
	pid = fork();
	if (!pid) {
		execl("/bin/sh", "sh", "-c", line, NULL);
		_exit(127);
	}
	while (!curve_has_begun() && clock_left_ms(deadline))
		clock_sleep_ms(1);
	ck_assert(curve_has_begun());
	return pid;
}

static int status_of(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* c.csv is a curve of as many samples as was said. */
static size_t check_whole(struct program_sample **line)
{
	char error[512], want[64], *said;
	size_t nr, size;

	ck_assert_msg(!series_read("c.csv", line, &nr, error, sizeof(error)), "%s", error);
	said = read_file("said", &size);
	snprintf(want, sizeof(want), "c.csv: curve of %zu samples written\n", nr);
	ck_assert_msg(strstr(said, want) != NULL, "%s", said);
	free(said);
	return nr;
}

START_TEST(a_signal_ends_it_with_a_whole_file)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	/* It waits for an hour, or hardly at all. */
	static const char *const intervals[] = { "3600000", "1" };
	struct program_sample *line;
	unsigned int files;
	char args[128];
	pid_t pid;

	snprintf(args, sizeof(args), "--proc --interval %s -o c.csv", intervals[_i % 2]);
	pid = record_in_background(args);
	files = count_files();
	kill(pid, signals[_i / 2]);
	ck_assert_int_eq(status_of(pid), 128 + signals[_i / 2]);
	/* One at the beginning and one at the end; its temporary file has become the curve. */
	ck_assert_uint_ge(check_whole(&line), 2);
	ck_assert_uint_eq(count_files(), files);
	free(line);
}
END_TEST

START_TEST(it_ends_when_time_is_over)
{
	struct program_sample *line;
	size_t nr;

	ck_assert_int_eq(status_of(record_in_background("--proc --interval 400 --for 1 -o c.csv")),
			 0);
	nr = check_whole(&line);
	/* 0, 0.4, 0.8 and 1 s, unless the machine is busy. */
	ck_assert(nr >= 2 && nr <= 4);
	ck_assert_uint_eq(line[0].time_ns, 0);
	ck_assert_uint_ge(line[nr - 1].time_ns, 1000000000);
	ck_assert_uint_gt(line[0].value, 0);
	ck_assert_uint_gt(line[0].file, 0);
	free(line);
	/* Not later than that because of a long interval. */
	ck_assert_int_eq(status_of(record_in_background("--proc --interval 3600000 --for 1 "
							"-o c.csv")), 0);
	ck_assert_uint_eq(check_whole(&line), 2);
	free(line);
}
END_TEST

/* Guests */

START_TEST(a_guest_tells_what_it_holds)
{
	bool polled = _i;
	struct fake_vmm vmm = fake_vmm_start(polled ? FAKE_POLLED : FAKE_WELL, "qmp");
	struct program_sample *line;
	char asked[4096];
	int status;
	size_t nr;

	free(shell(&status, "'%s' record --qmp qmp --interval 100 --for 1 -o c.csv", command));
	ck_assert_int_eq(status, 0);
	nr = check_whole(&line);
	/* The first time, there was nothing yet. */
	for (size_t i = 0; i < nr; i++) {
		ck_assert_uint_eq(line[i].value, FAKE_USED(i + 1));
		ck_assert_uint_eq(line[i].file, FAKE_CACHED(i + 1));
	}
	free(line);
	fake_vmm_end(&vmm, asked, sizeof(asked));
	/* Statistics are asked for once in a second, and no more in the end; or as they were. */
	ck_assert_uint_eq(strspn(asked, "1"), polled ? 0 : 1);
	ck_assert_uint_eq(strspn(strchr(asked, 's'), "s"), nr + 1);
	ck_assert_str_eq(strrchr(asked, 's') + 1, polled ? "" : "0");
}
END_TEST

START_TEST(a_socket_that_closes_leaves_a_whole_file)
{
	struct fake_vmm vmm = fake_vmm_start(FAKE_CLOSES, "qmp");
	struct program_sample *line;
	char asked[64], *said;
	int status;

	said = shell(&status, "'%s' record --qmp qmp --interval 10 -o c.csv", command);
	ck_assert_int_eq(status, 1);
	ck_assert_ptr_nonnull(strstr(said, "ballast: qmp: QEMU has hung up (qom-get); the curve "
				     "ends there\n"));
	ck_assert_uint_eq(check_whole(&line), 2);
	ck_assert_uint_eq(line[1].value, FAKE_USED(2));
	free(line);
	free(said);
	fake_vmm_end(&vmm, asked, sizeof(asked));
}
END_TEST

static const struct {
	enum fake_kind kind;
	const char *says;
} useless[] = {
	{ FAKE_NO_BALLOON, "ballast: qmp: the guest has no balloon device" },
	{ FAKE_OLD, "ballast: qmp: the guest's balloon driver does not tell" },
	{ FAKE_NULL, "ballast: qmp: qom-get: the VMM's answer is null" },
	{ FAKE_HELLO, "ballast: qmp: this is no QMP socket" },
	{ FAKE_SHUT, "ballast: qmp: QEMU has hung up (greeting)" },
	{ FAKE_MUTE, "ballast: qmp: the guest has told no statistics for 10 s" },
};

START_TEST(a_guest_that_tells_nothing_is_one_line_and_no_file)
{
	struct fake_vmm vmm = fake_vmm_start(useless[_i].kind, "qmp");
	char asked[4096];

	refused_in_a_line("record --qmp qmp --for 1 -o c.csv", useless[_i].says);
	fake_vmm_end(&vmm, asked, sizeof(asked));
}
END_TEST

/* What is refused */

static const struct {
	const char *args, *says;
} bad[] = {
	{ "", "record: needs one thing to record; allowed: one of --proc, --cgroup DIR" },
	{ "--proc --pid 1", "record: needs one thing to record" },
	{ "--cgroup /none/such", "--cgroup /none/such: is no memory group: No such file" },
	{ "--cgroup .", "--cgroup .: is no memory group: memory.stat: No such file" },
	{ "--cgroup /dev/null", "--cgroup /dev/null: is no memory group: Not a directory" },
	{ "--cgroup \"$DATA\"/other", "is not that of a memory group" },
	{ "--pid 4194305", "--pid 4194305: there is no such process" },
	{ "--pid 0", "--pid 0: allowed: the number of a process" },
	{ "--pid -1", "--pid -1: allowed: the number of a process" },
	{ "--pid self", "--pid self: allowed: the number of a process" },
	{ "--qmp none", "--qmp none: cannot be connected to: No such file" },
	{ "--qmp said", "--qmp said: cannot be connected to: Connection refused" },
	{ "--qmp $(printf %200s | tr ' ' x)", "cannot be connected to: File name too long" },
	{ "--proc --interval 0", "--interval 0: allowed: 1..3600000" },
	{ "--proc --interval 1s", "--interval 1s: allowed: 1..3600000" },
	{ "--proc --for 0", "--for 0: allowed: 1..31622400" },
	{ "--proc --for 31622401", "--for 31622401: allowed: 1..31622400" },
	{ "--proc --for", "--for: needs a value" },
	{ "--cgroup", "--cgroup: needs a value" },
	{ "--proc -o none/such.csv", "none/such.csv: cannot be written: No such file" },
	{ "--proc -o ''", "-o: needs a name" },
	{ "--proc --for 1 -o /dev/full", "/dev/full: cannot be written: No space" },
	{ "--proc --for 1 >/dev/full", "standard output: cannot be written" },
	{ "--none-such", "record --none-such: there is no such option; allowed: --proc, " },
	{ "file", "record file: takes no file" },
};

START_TEST(bad_input_is_one_line_and_leaves_nothing)
{
	char words[512];

	snprintf(words, sizeof(words), "record %s", bad[_i].args);
	refused_in_a_line(words, bad[_i].says);
}
END_TEST

static bool can_make_groups(char *why, size_t size)
{
	struct real_group g;
	bool can = !real_group_create(&g, 64 * MIB, 0, why, size);

	if (can)
		real_group_destroy(&g);
	return can;
}

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("record");
	TCase *tc = tcase_create("record");
	char why[1024];

	if (!cli_environment())
		return NULL;
	setenv("BALLAST_TOP", top, 1);
	setenv("DATA", data(""), 1);
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, enter_empty_scratch, leave_scratch);
	tcase_add_test(tc, machine_is_read);
	tcase_add_loop_test(tc, group_is_read, 0, ARRAY_LEN(groups));
	tcase_add_test(tc, a_process_is_followed_and_a_guest_follows_the_curve);
	if (can_make_groups(why, sizeof(why)))
		tcase_add_test(tc, a_group_is_followed_until_it_is_removed);
	else
		skip_tests(1, why);
	tcase_add_loop_test(tc, a_signal_ends_it_with_a_whole_file, 0, 6);
	tcase_add_test(tc, it_ends_when_time_is_over);
	tcase_add_loop_test(tc, a_guest_tells_what_it_holds, 0, 2);
	tcase_add_test(tc, a_socket_that_closes_leaves_a_whole_file);
	tcase_add_loop_test(tc, a_guest_that_tells_nothing_is_one_line_and_no_file, 0,
			    ARRAY_LEN(useless));
	tcase_add_loop_test(tc, bad_input_is_one_line_and_leaves_nothing, 0, ARRAY_LEN(bad));
	suite_add_tcase(s, tc);
	return s;
}
