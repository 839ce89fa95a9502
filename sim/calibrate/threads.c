// SPDX-License-Identifier: GPL-2.0-only
/*
 * What takes two threads, or one for each CPU: waking and switching, interrupting another CPU, and
 * the bandwidth of the memory.
 *
 * Wake-ups are a ping-pong of two eventfds: half of a round is a write, a wake-up, a switch and the
 * sleeper's way out of the kernel.  On one CPU nothing else is in it; on two, the second one's way
 * out of idling, and the interrupt for that, are.
 */
#define _GNU_SOURCE
#include "measuring.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hostmem.h"

#define ROUNDS 2000
#define CALL_LOOPS 20000
#define BURST 128u
#define BURSTS 8
#define BURSTS_MAX 64
#define COPY_LOOPS 4
#define SLICE_BYTES (UINT64_C(16) << 20)

/* Waking */

struct player {
	int cpu, wait, wake;		/* eventfds */
	bool poll;			/* sleeps in ppoll() */
	atomic_bool failed;
};

static bool play(struct player *p)
{
	struct pollfd fd = { .fd = p->wait, .events = POLLIN };
	uint64_t value = 1;

	return (!p->poll || ppoll(&fd, 1, NULL, NULL) == 1) &&
	       read(p->wait, &value, sizeof(value)) == sizeof(value);
}

static bool wake(const struct player *p)
{
	uint64_t one = 1;

	return write(p->wake, &one, sizeof(one)) == sizeof(one);
}

static void *second_player(void *opaque)
{
	struct player *p = opaque;

	if (pin_to(p->cpu))
		p->failed = true;
	for (unsigned int i = 0; i <= ROUNDS; i++)
		if (!play(p) || !wake(p))
			p->failed = true;
	return NULL;
}

/* ns of half a round; negative: it cannot be had. */
static double ping_pong(struct measuring *m, int cpu, bool poll)
{
	struct player first = { .wait = eventfd(0, EFD_CLOEXEC), .wake = eventfd(0, EFD_CLOEXEC),
				.poll = poll };
	struct player second = { .cpu = cpu, .wait = first.wake, .wake = first.wait, .poll = poll };
	pthread_t thread;
	double start = 0, half = -1;

	if (first.wait >= 0 && first.wake >= 0 &&
	    !pthread_create(&thread, NULL, second_player, &second)) {
		/* The first round waits until the other one is where it is to be. */
		for (unsigned int i = 0; i <= ROUNDS; i++) {
			if (i == 1)
				start = now_ns();
			if (!wake(&first) || !play(&first))
				second.failed = true;
		}
		half = each_ns(m, start, 2 * ROUNDS);
		pthread_join(thread, NULL);
	}
	if (first.wait >= 0)
		close(first.wait);
	if (first.wake >= 0)
		close(first.wake);
	return second.failed ? -1 : half;
}

static void measure_wake(struct measuring *m, enum measurement_id id, int cpu, bool poll)
{
	double half = ping_pong(m, cpu, poll);

	if (half < 0)
		not_measured(m, id, "two threads with eventfds cannot be had");
	measured(m, id, half);
}

/* Writes alone only count up. */
static void measure_eventfd(struct measuring *m)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	uint64_t value = 1;
	bool well = fd >= 0;
	double start = now_ns();

	for (unsigned int i = 0; i < CALL_LOOPS && well; i++)
		well = write(fd, &value, sizeof(value)) == sizeof(value);
	measured(m, MEASURE_EVENTFD_WRITE, each_ns(m, start, CALL_LOOPS));
	start = now_ns();
	for (unsigned int i = 0; i < CALL_LOOPS && well; i++) {
		value = 1;
		well = write(fd, &value, sizeof(value)) == sizeof(value) &&
		       read(fd, &value, sizeof(value)) == sizeof(value);
	}
	measured(m, MEASURE_EVENTFD, each_ns(m, start, CALL_LOOPS));
	if (!well) {
		not_measured(m, MEASURE_EVENTFD, "no eventfd can be had");
		not_measured(m, MEASURE_EVENTFD_WRITE, "no eventfd can be had");
	}
	if (fd >= 0)
		close(fd);
}

void pass_wake(struct measuring *m)
{
	measure_eventfd(m);
	measure_wake(m, MEASURE_WAKE_READ, m->cpu, false);
	measure_wake(m, MEASURE_WAKE_POLL, m->cpu, true);
	if (m->other < 0)
		not_measured(m, MEASURE_WAKE_OTHER, "it takes two CPUs");
	else
		measure_wake(m, MEASURE_WAKE_OTHER, m->other, true);
}

/* Interrupting another CPU */

struct runner {
	int cpu;
	pid_t tid;
	atomic_bool runs, stop;
	bool failed;
};

/* In user space all the time: a CPU that idles or is in the kernel need not be interrupted. */
static void *run_on(void *opaque)
{
	struct runner *r = opaque;

	r->failed = pin_to(r->cpu);
	r->tid = gettid();
	atomic_store(&r->runs, true);
	while (!atomic_load_explicit(&r->stop, memory_order_relaxed))
		;
	return NULL;
}

/* How often it has lost its CPU to somebody else; -1: unknown. */
static long preempted(const struct runner *r)
{
	char path[64], line[128];
	long times = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", (int)r->tid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "nonvoluntary_ctxt_switches: %ld", &times) == 1)
			break;
	if (f)
		fclose(f);
	return times;
}

static double membarriers(struct measuring *m)
{
	double start = now_ns();

	for (unsigned int i = 0; i < BURST; i++)
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	return each_ns(m, start, BURST);
}

/*
 * Without it there is nobody to interrupt: bursts in which somebody else had its CPU do not count.
 */
static void measure_beside(struct measuring *m, const struct runner *r, enum measurement_id id,
			   double (*burst)(struct measuring *m))
{
	double all = 0;
	unsigned int nr = 0;

	for (unsigned int i = 0; i < BURSTS_MAX && nr < BURSTS && is_wanted(m, id); i++) {
		long before = preempted(r);
		double each = burst(m);

		if (preempted(r) != before)
			continue;
		all += each;
		nr++;
	}
	if (nr)
		measured(m, id, all / nr);
}

static void no_runner(struct measuring *m, const char *why)
{
	not_measured(m, MEASURE_MADVISE_SHARED, "%s", why);
	not_measured(m, MEASURE_MEMBARRIER, "%s", why);
}

void pass_shootdown(struct measuring *m)
{
	struct runner r = { .cpu = m->other };
	pthread_t thread;

	if (m->other < 0) {
		no_runner(m, "it takes two CPUs");
		return;
	}
	/* Registering waits for a grace period, but as long as there is only one thread. */
	if (m->warm_up &&
	    syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0))
		not_measured(m, MEASURE_MEMBARRIER, "membarrier(): %s", strerror(errno));
	if (pthread_create(&thread, NULL, run_on, &r)) {
		no_runner(m, "a second thread cannot be had");
		return;
	}
	while (!atomic_load(&r.runs))
		sched_yield();
	measure_beside(m, &r, MEASURE_MADVISE_SHARED, madvise_written_pages);
	measure_beside(m, &r, MEASURE_MEMBARRIER, membarriers);
	atomic_store(&r.stop, true);
	pthread_join(thread, NULL);
	if (r.failed)
		no_runner(m, "a thread cannot be bound to a CPU");
}

/* All CPUs */

/* Who is ready says so, and waits for the gate, which opens when all are. */
struct start {
	sem_t ready;
	pthread_mutex_t gate;
};

struct copier {
	pthread_t thread;
	struct start *start;
	int cpu;
	uint64_t bytes;
	double from, until;
	bool failed;
};

/* Memory is where the CPU is that first touches it. */
static void *copy(void *opaque)
{
	struct copier *c = opaque;
	char *p = mmap(NULL, 2 * c->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	c->failed = pin_to(c->cpu) || p == MAP_FAILED;
	if (!c->failed) {
		madvise(p, 2 * c->bytes, MADV_HUGEPAGE);
		memset(p, 1, 2 * c->bytes);
	}
	sem_post(&c->start->ready);
	pthread_mutex_lock(&c->start->gate);
	pthread_mutex_unlock(&c->start->gate);
	c->from = now_ns();
	for (unsigned int i = 0; i < COPY_LOOPS && !c->failed; i++) {
		memcpy(p + c->bytes, p, c->bytes);
		clobber(p);
	}
	c->until = now_ns();
	if (p != MAP_FAILED)
		munmap(p, 2 * c->bytes);
	return NULL;
}

/* Returns how many there are. */
static unsigned int start_copiers(struct measuring *m, struct copier *list, unsigned int nr,
				  struct start *start)
{
	uint64_t half = m->result->bytes / 2, least = half < SLICE_BYTES ? half : SLICE_BYTES;
	uint64_t bytes = half / nr > least ? half / nr : least;
	unsigned int started = 0;

	for (int cpu = 0; cpu < CPU_SETSIZE && started < nr; cpu++) {
		struct copier *c = &list[started];

		if (!CPU_ISSET(cpu, &m->allowed))
			continue;
		*c = (struct copier){ .start = start, .cpu = cpu, .bytes = bytes };
		if (pthread_create(&c->thread, NULL, copy, c))
			break;
		started++;
	}
	for (unsigned int i = 0; i < started; i++)
		while (sem_wait(&start->ready) && errno == EINTR)
			;
	return started;
}

/* MB/s, what is read and what is written; negative: not all could. */
static double copy_rate(struct copier *list, unsigned int nr)
{
	double from = 0, until = 0, bytes = 0;
	bool failed = false;

	for (unsigned int i = 0; i < nr; i++) {
		pthread_join(list[i].thread, NULL);
		failed |= list[i].failed;
		if (!i || list[i].from < from)
			from = list[i].from;
		if (list[i].until > until)
			until = list[i].until;
		bytes += 2.0 * COPY_LOOPS * list[i].bytes;
	}
	return failed || until <= from ? -1 : bytes * 1e3 / (until - from);
}

void pass_all_cpus(struct measuring *m)
{
	unsigned int nr = m->result->host.nr_cpus, started;
	struct start start = { .gate = PTHREAD_MUTEX_INITIALIZER };
	struct copier *list;
	double rate;

	if (!is_wanted(m, MEASURE_COPY_ALL))
		return;
	list = host_alloc(nr * sizeof(*list));
	sem_init(&start.ready, 0, 0);
	pthread_mutex_lock(&start.gate);
	started = start_copiers(m, list, nr, &start);
	pthread_mutex_unlock(&start.gate);
	rate = copy_rate(list, started);
	sem_destroy(&start.ready);
	host_free(list);
	if (started < nr || rate < 0)
		not_measured(m, MEASURE_COPY_ALL, "a thread for each CPU cannot be had");
	measured(m, MEASURE_COPY_ALL, rate);
}
