// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls of program.h on a real Linux: processes, files, time, arguments.  Memory and its
 * contents are in posix_memory.c.
 *
 * The same as in the simulator: random numbers (streams of the same names and seed), the work
 * counted, statuses.  The contents of files are pseudo-random words and nobody compares them
 * when they are read.  Different: "nothing of the file is in the page cache" is asked for with
 * POSIX_FADV_DONTNEED after fsync(), which a file system in memory (tmpfs, an initramfs) cannot
 * do: there files are read from memory from the start, and occupy it.  A file must have been
 * created or written before it is read; in the simulator all names exist.
 */
#include "posix_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define IO_BYTES PROGRAM_MIB	/* of one system call, as with dd bs=1M */
#define STREAM_NAME_SIZE 512

struct posix_process posix_self;

/* Messages and ends */

void posix_complain(const char *format, ...)
{
	char line[512];
	va_list args;
	int head;

	head = snprintf(line, sizeof(line), "%s[%d]: ", posix_self.program->info->name,
			(int)getpid());
	va_start(args, format);
	vsnprintf(line + head, sizeof(line) - head, format, args);
	va_end(args);
	dprintf(STDERR_FILENO, "%s\n", line);
}

static void __attribute__((noreturn)) die_of_usage(void)
{
	_exit(POSIX_EXIT_USAGE);
}

/* Processes */

struct posix_shared *posix_shared_create(void)
{
	void *at = mmap(NULL, sizeof(struct posix_shared), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

void posix_shared_destroy(struct posix_shared *shared)
{
	munmap(shared, sizeof(*shared));
}

/* What is a process's own; @number counts the processes of the program. */
static void process_begin(unsigned int number)
{
	const struct posix_program *p = posix_self.program;
	struct random_stream contents;
	char name[STREAM_NAME_SIZE];

	snprintf(name, sizeof(name), "program/%s/%u/%s/%u", p->guest, p->index, p->info->name,
		 number);
	random_init(&posix_self.random, p->seed, name);
	strncat(name, "/contents", sizeof(name) - strlen(name) - 1);
	random_init(&contents, p->seed, name);
	posix_memory_begin(random_u64(&contents));
}

static void leave(void)
{
	const struct posix_program *p = posix_self.program;

	if (p->hooks->leaves)
		p->hooks->leaves(p->opaque);
}

int posix_program_main(const struct posix_program *program)
{
	uint64_t since;
	int status;

	posix_self.program = program;
	/* What the kernel's messages call it: its OOM killer's, say. */
	prctl(PR_SET_NAME, program->info->name);
	process_begin(posix_self.nr_forked++);
	status = program->info->main();
	leave();
	since = posix_clock_ns(CLOCK_MONOTONIC);
	if (program->hooks->ended)
		program->hooks->ended(program->opaque, status);
	program->shared->paused_ns += posix_clock_ns(CLOCK_MONOTONIC) - since;
	return status;
}

static void __attribute__((noreturn)) task_main(unsigned int task, pid_t parent,
						int (*fn)(unsigned int task, const void *arg),
						const void *arg)
{
	int status;

	/* The parent may have been gone before it was asked for. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(1);
	posix_self.is_task = true;
	process_begin(posix_self.nr_forked);
	status = fn(task, arg);
	leave();
	_exit(status);
}

/* Returns whether the process ended with status 0. */
static bool wait_for_task(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		posix_self.program->shared->tasks_killed++;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/*
 * As in the simulator a task starts with no memory of the program's mapped, so nothing is copied
 * on write between processes.
 */
int program_run_tasks(unsigned int nr, int (*fn)(unsigned int task, const void *arg),
		      const void *arg)
{
	pid_t parent = getpid(), *pids;
	bool failed = false;
	unsigned int i, nr_started;

	if (posix_self.is_task)
		return -1;
	pids = calloc(nr + 1, sizeof(*pids));
	if (!pids || posix_memory_keep_from_children()) {
		free(pids);
		return -1;
	}
	for (i = 0; i < nr; i++) {
		pids[i] = fork();
		if (!pids[i])
			task_main(i, parent, fn, arg);
		if (pids[i] < 0) {
			posix_complain("cannot fork: %s", strerror(errno));
			failed = true;
			break;
		}
		posix_self.nr_forked++;
	}
	nr_started = i;
	for (i = 0; i < nr_started; i++)
		failed |= !wait_for_task(pids[i]);
	free(pids);
	return failed ? -1 : 0;
}

/* Files */

/* Returns a descriptor or -1, with a message. */
static int open_own(const char *name, int flags)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", posix_self.program->directory, name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		posix_complain("cannot open %s: %s", path, strerror(errno));
	return fd;
}

int posix_open_file(const char *name)
{
	return open_own(name, O_RDONLY);
}

/* One for each process, when it first reads or writes a file. */
static uint64_t *io_buffer(void)
{
	if (!posix_self.io_buffer)
		posix_self.io_buffer = malloc(IO_BYTES);
	if (!posix_self.io_buffer)
		posix_complain("no memory for a buffer");
	return posix_self.io_buffer;
}

static int read_all(int fd, const char *name, uint64_t offset, uint64_t len)
{
	void *buffer = io_buffer();
	ssize_t got;

	if (!buffer)
		return -1;
	while (len) {
		got = pread(fd, buffer, len < IO_BYTES ? len : IO_BYTES, offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			posix_complain("cannot read file %s at %llu: %s", name,
				       (unsigned long long)offset,
				       got ? strerror(errno) : "the file ends there");
			return -1;
		}
		offset += got;
		len -= got;
	}
	return 0;
}

static int write_all(int fd, const char *name, uint64_t offset, uint64_t len)
{
	uint64_t *buffer = io_buffer();
	ssize_t put;

	if (!buffer)
		return -1;
	while (len) {
		posix_fill(buffer, IO_BYTES / sizeof(*buffer), posix_new_contents());
		put = pwrite(fd, buffer, len < IO_BYTES ? len : IO_BYTES, offset);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0) {
			posix_complain("cannot write file %s at %llu: %s", name,
				       (unsigned long long)offset, strerror(errno));
			return -1;
		}
		offset += put;
		len -= put;
	}
	return 0;
}

/* A file that is too short is left over from somebody who was killed while writing it. */
int program_create_file(const char *name, uint64_t bytes)
{
	int fd = open_own(name, O_RDWR | O_CREAT), err;
	struct stat st;

	if (fd < 0)
		return -1;
	err = fstat(fd, &st);
	if (!err && (uint64_t)st.st_size < bytes) {
		err = write_all(fd, name, 0, bytes);
		if (!err && fsync(fd)) {
			posix_complain("cannot fsync file %s: %s", name, strerror(errno));
			err = -1;
		}
		if (!err)
			posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	}
	close(fd);
	return err ? -1 : 0;
}

int program_read_file(const char *name, uint64_t offset, uint64_t len)
{
	int fd = open_own(name, O_RDONLY), err;

	if (fd < 0)
		return -1;
	err = read_all(fd, name, offset, len);
	close(fd);
	return err;
}

int program_write_file(const char *name, uint64_t offset, uint64_t len)
{
	int fd = open_own(name, O_WRONLY | O_CREAT), err;

	if (fd < 0)
		return -1;
	err = write_all(fd, name, offset, len);
	close(fd);
	return err;
}

int program_drop_file(const char *name, uint64_t offset, uint64_t len)
{
	int fd = open_own(name, O_RDONLY), err;

	if (fd < 0)
		return -1;
	err = posix_fadvise(fd, offset, len, POSIX_FADV_DONTNEED);
	if (err)
		posix_complain("cannot drop file %s: %s", name, strerror(err));
	close(fd);
	return err ? -1 : 0;
}

/* What an administrator asks for */

static int write_kernel_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		posix_complain("cannot write \"%s\" to %s: %s", text, path, strerror(errno));
		err = -1;
	}
	if (fd >= 0)
		close(fd);
	return err;
}

int program_compact(void)
{
	return write_kernel_file("/proc/sys/vm/compact_memory", "1");
}

int program_memory_block(uint64_t block, bool online)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/devices/system/memory/memory%llu/state",
		 (unsigned long long)block);
	return write_kernel_file(path, online ? "online" : "offline");
}

/* Time */

uint64_t posix_clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * PROGRAM_NSEC_PER_SEC + ts.tv_nsec;
}

/* Up to a moment, so that an interruption does not make it longer. */
void program_sleep_ns(uint64_t ns)
{
	uint64_t until = posix_clock_ns(CLOCK_MONOTONIC) + ns;
	struct timespec ts = { .tv_sec = until / PROGRAM_NSEC_PER_SEC,
			       .tv_nsec = until % PROGRAM_NSEC_PER_SEC };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

/* The time that it got the CPU counts, not the time that passed. */
void program_compute_ns(uint64_t ns)
{
	uint64_t until = posix_clock_ns(CLOCK_THREAD_CPUTIME_ID) + ns;

	while (posix_clock_ns(CLOCK_THREAD_CPUTIME_ID) < until)
		;
}

/* Like FTQ's own loop: additions that the compiler must make, and a look at the clock. */
#define WORK_ROUNDS 64

uint64_t program_work_until(uint64_t time_ns)
{
	uint64_t work = 0;

	while (program_now_ns() < time_ns) {
		for (unsigned int i = 0; i < WORK_ROUNDS; i++)
			__asm__ volatile("" : "+r"(work));
		work++;
	}
	return work;
}

uint64_t program_now_ns(void)
{
	return posix_clock_ns(CLOCK_MONOTONIC) - posix_self.paused_ns;
}

/* What the program is told and tells */

uint64_t program_random(uint64_t bound)
{
	return random_below(&posix_self.random, bound);
}

const char *program_arg_string(const char *name)
{
	const struct posix_program *p = posix_self.program;
	size_t i;

	for (i = 0; i < p->nr_args; i++)
		if (!strcmp(p->args[i].name, name))
			return p->args[i].value;
	posix_complain("argument %s is missing", name);
	die_of_usage();
}

uint64_t program_arg_u64(const char *name)
{
	const char *text = program_arg_string(name);
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && !*end && !errno)
		return value;
	posix_complain("argument %s: '%s' is not a number of 64 bits", name, text);
	die_of_usage();
}

bool program_series_get(uint64_t index, struct program_sample *sample)
{
	const struct posix_program *p = posix_self.program;

	if (index >= p->nr_series)
		return false;
	*sample = p->series[index];
	return true;
}

void program_phase(const char *name, uint64_t iteration)
{
	const struct posix_program *p = posix_self.program;
	uint64_t since = posix_clock_ns(CLOCK_MONOTONIC), paused;

	if (!p->hooks->phase)
		return;
	p->hooks->phase(p->opaque, name, iteration);
	paused = posix_clock_ns(CLOCK_MONOTONIC) - since;
	posix_self.paused_ns += paused;
	if (!posix_self.is_task)
		p->shared->paused_ns += paused;
}

void program_work(uint64_t units)
{
	__atomic_fetch_add(&posix_self.program->shared->work, units, __ATOMIC_RELAXED);
}

void program_measured(enum program_measure what, uint64_t value)
{
	const struct posix_program *p = posix_self.program;

	if (p->hooks->measured)
		p->hooks->measured(p->opaque, what, value);
}

void *program_state(uint64_t bytes)
{
	return bytes > SIZE_MAX / 2 ? NULL : calloc(1, bytes);
}
