// SPDX-License-Identifier: GPL-2.0-only
/*
 * Swap: what a page costs the CPU on its way out and in, and how long the disk takes.
 *
 * In a memory group and with a swap file as `ballast real` makes them.  A process in the group
 * writes pages, has them written out (MADV_PAGEOUT, Linux 5.4), and its maker then lowers the
 * group's limit for a moment: pages that have been written stay in the swap cache otherwise, and
 * would come back without the disk.  Then the process reads them.
 *
 * What no process sees is how many requests a disk serves at once.
 */
#define _GNU_SOURCE
#include "measuring.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "directory.h"
#include "group.h"

#define PAGES 1024u
#define SWAP_BYTES (UINT64_C(64) << 20)
#define GROUP_BYTES (UINT64_C(64) << 20)
#define SQUEEZED_BYTES (UINT64_C(512) << 10)
#define STRIDE 389u			/* coprime to PAGES: no page is near the one before */
#define DISK_BYTES (UINT64_C(32) << 20)
#define STREAM_BYTES (1 << 20)
#define DISK_LOOPS 128u

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21			/* asm-generic/mman-common.h */
#endif

static const enum measurement_id of_group[] = { MEASURE_SWAP_OUT, MEASURE_SWAP_IN,
						MEASURE_SWAP_IN_ORDER, MEASURE_SWAP_WAIT };
static const enum measurement_id of_disk[] = { MEASURE_DISK_READ, MEASURE_DISK_WRITE,
					       MEASURE_DISK_STREAM };

static void none_of(struct measuring *m, const enum measurement_id *ids, size_t nr,
		    const char *why)
{
	for (size_t i = 0; i < nr; i++)
		not_measured(m, ids[i], "%s", why);
}

static void no_swap(struct measuring *m, const char *why)
{
	none_of(m, of_group, sizeof(of_group) / sizeof(of_group[0]), why);
	none_of(m, of_disk, sizeof(of_disk) / sizeof(of_disk[0]), why);
}

/* The process in the group */

enum request { REQUEST_OUT, REQUEST_IN, REQUEST_IN_ORDER };

struct answer {
	int err;
	double cpu_ns, all_ns;		/* of all pages */
	long from_disk;			/* faults that waited for it */
};

static double cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}


static int read_in(const char *area, uint64_t stride)
{
	for (uint64_t i = 0; i < PAGES; i++)
		(void)*(const volatile char *)(area + i * stride % PAGES * PAGE_BYTES);
	return 0;
}

static void obey(char *area, enum request request, struct answer *a)
{
	struct rusage before, after;
	double cpu, all;

	if (request == REQUEST_OUT)
		memset(area, 1, PAGES * PAGE_BYTES);	/* faults are not what is measured */
	getrusage(RUSAGE_THREAD, &before);
	all = now_ns();
	cpu = cpu_ns();
	if (request == REQUEST_OUT)
		a->err = madvise(area, PAGES * PAGE_BYTES, MADV_PAGEOUT) ? errno : 0;
	else
		a->err = read_in(area, request == REQUEST_IN ? STRIDE : 1);
	a->cpu_ns = cpu_ns() - cpu;
	a->all_ns = now_ns() - all;
	getrusage(RUSAGE_THREAD, &after);
	a->from_disk = after.ru_majflt - before.ru_majflt;
}

static void serve(int channel, int procs)
{
	char *area = MAP_FAILED;
	enum request request;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (write(procs, "0", 1) == 1)
		area = mmap(NULL, PAGES * PAGE_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area != MAP_FAILED)
		madvise(area, PAGES * PAGE_BYTES, MADV_NOHUGEPAGE);
	while (read(channel, &request, sizeof(request)) == sizeof(request)) {
		struct answer a = { .err = ENOMEM };

		if (area != MAP_FAILED)
			obey(area, request, &a);
		if (write(channel, &a, sizeof(a)) != sizeof(a))
			break;
	}
	_exit(0);
}

/* Its maker */

struct swap_setup {
	char dir[PATH_MAX];
	struct real_swap_file file;
	struct real_group group;
	int channel, disk;
	pid_t pid;
};

static int ask(struct swap_setup *s, enum request request, struct answer *a)
{
	if (write(s->channel, &request, sizeof(request)) != sizeof(request) ||
	    read(s->channel, a, sizeof(*a)) != sizeof(*a))
		a->err = ECHILD;
	return a->err;
}

static bool squeeze(const struct swap_setup *s)
{
	return !real_group_squeeze(&s->group, SQUEEZED_BYTES, GROUP_BYTES);
}

/* Out, and in again: in no order, then with read-ahead.  False: it does not work here. */
static bool swap_run(struct measuring *m, struct swap_setup *s)
{
	struct answer out, in, in_order;
	const char *why = NULL;

	if (ask(s, REQUEST_OUT, &out))
		why = out.err == EINVAL ? "this kernel has no MADV_PAGEOUT" : strerror(out.err);
	else if (!squeeze(s) || ask(s, REQUEST_IN, &in) || in.from_disk < PAGES / 2)
		why = "pages do not leave memory";
	else if (ask(s, REQUEST_OUT, &in_order) || !squeeze(s) ||
		 ask(s, REQUEST_IN_ORDER, &in_order) || !in_order.from_disk)
		why = "pages do not leave memory again";
	if (why) {
		none_of(m, of_group, sizeof(of_group) / sizeof(of_group[0]), why);
		return false;
	}
	measured(m, MEASURE_SWAP_OUT, out.cpu_ns / PAGES);
	measured(m, MEASURE_SWAP_IN, in.cpu_ns / PAGES);
	measured(m, MEASURE_SWAP_WAIT, in.all_ns / PAGES);
	measured(m, MEASURE_SWAP_IN_ORDER, in_order.cpu_ns / PAGES);
	return true;
}

/* The disk, past the page cache */

static double disk_loop(struct swap_setup *s, char *buffer, bool writes, const char **why)
{
	double start = now_ns();

	for (uint64_t i = 0; i < DISK_LOOPS; i++) {
		uint64_t at = i * STRIDE * 17 % (DISK_BYTES / PAGE_BYTES) * PAGE_BYTES;
		ssize_t n = writes ? pwrite(s->disk, buffer, PAGE_BYTES, at) :
				     pread(s->disk, buffer, PAGE_BYTES, at);

		if (n != PAGE_BYTES)
			*why = n < 0 ? strerror(errno) : "short";
	}
	return (now_ns() - start) / DISK_LOOPS;
}

static bool disk_run(struct measuring *m, struct swap_setup *s)
{
	static char buffer[STREAM_BYTES] __attribute__((aligned(PAGE_BYTES)));
	const char *why = NULL;
	double write_ns = disk_loop(s, buffer, true, &why);
	double read_ns = disk_loop(s, buffer, false, &why);
	double start = now_ns();

	for (uint64_t at = 0; at < DISK_BYTES && !why; at += sizeof(buffer))
		if (pread(s->disk, buffer, sizeof(buffer), at) != sizeof(buffer))
			why = "direct reads end early";
	if (why) {
		none_of(m, of_disk, sizeof(of_disk) / sizeof(of_disk[0]), why);
		return false;
	}
	measured(m, MEASURE_DISK_WRITE, write_ns);
	measured(m, MEASURE_DISK_READ, read_ns);
	measured(m, MEASURE_DISK_STREAM, DISK_BYTES * 1e3 / (now_ns() - start));
	return true;
}

static int open_disk(struct measuring *m, const char *path)
{
	static const char zeroes[STREAM_BYTES];
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), direct = -1;
	bool well = fd >= 0;
	char why[CALIBRATE_TEXT_SIZE];

	/* Blocks that were never written may be read without the disk. */
	for (uint64_t at = 0; well && at < DISK_BYTES; at += sizeof(zeroes))
		well = pwrite(fd, zeroes, sizeof(zeroes), at) == sizeof(zeroes);
	if (well && !fsync(fd))
		direct = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (direct < 0) {
		snprintf(why, sizeof(why), "a file of %u MiB for direct reads and writes, --swap "
			 "says where: %s", (unsigned int)(DISK_BYTES >> 20), strerror(errno));
		none_of(m, of_disk, sizeof(of_disk) / sizeof(of_disk[0]), why);
	}
	if (fd >= 0)
		close(fd);
	return direct;
}

/* Making and removing */

static int start_process(struct swap_setup *s)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -1;
	fflush(NULL);
	s->pid = fork();
	if (!s->pid) {
		close(ends[0]);
		serve(ends[1], s->group.procs);
	}
	close(ends[1]);
	s->channel = ends[0];
	return s->pid < 0 ? -1 : 0;
}

/* What takes rights.  0, or -1 with one line in @error. */
static int make_swap(struct swap_setup *s, char *error, size_t error_size)
{
	if (real_swap_file_create(&s->file, s->dir, "--swap", SWAP_BYTES, error, error_size) ||
	    real_group_create(&s->group, GROUP_BYTES, SWAP_BYTES, error, error_size))
		return -1;
	if (!start_process(s))
		return 0;
	snprintf(error, error_size, "no process can be had: %s", strerror(errno));
	return -1;
}

/* What can be had of it. */
static void make(struct measuring *m, struct swap_setup *s)
{
	char path[PATH_MAX + 8], why[2 * PATH_MAX];

	real_swap_file_remove_orphans(m->options->swap_dir);
	if (real_directory_create_in(m->options->swap_dir, "--swap", s->dir, sizeof(s->dir), why,
				     sizeof(why))) {
		no_swap(m, why);
		return;
	}
	snprintf(path, sizeof(path), "%s/disk", s->dir);
	s->disk = open_disk(m, path);
	if (make_swap(s, why, sizeof(why)))
		none_of(m, of_group, sizeof(of_group) / sizeof(of_group[0]), why);
}

static int unmake(struct swap_setup *s, char *error, size_t error_size)
{
	int ret;

	if (s->channel >= 0)
		close(s->channel);	/* it ends */
	if (s->pid > 0)
		while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
			;
	if (s->disk >= 0)
		close(s->disk);
	real_group_destroy(&s->group);
	ret = real_swap_file_destroy(&s->file, error, error_size);
	real_directory_remove(s->dir);
	return ret;
}

int measure_swap(struct measuring *m, char *error, size_t error_size)
{
	struct swap_setup s = { .file.fd = -1, .group = { .dir = -1, .procs = -1 },
				.channel = -1, .disk = -1 };
	bool swap, disk, stopped = false;

	if (!m->options->swap_dir) {
		no_swap(m, "--swap DIR says where a swap file may be made");
		return 0;
	}
	make(m, &s);
	swap = s.pid > 0;
	disk = s.disk >= 0;
	for (unsigned int run = 0; run <= m->result->runs && (swap || disk) && !stopped; run++) {
		m->warm_up = !run;
		swap = swap && swap_run(m, &s);
		disk = disk && disk_run(m, &s);
		stopped = is_stopped(m);
	}
	if (unmake(&s, error, error_size))
		return -1;
	return stopped;
}
