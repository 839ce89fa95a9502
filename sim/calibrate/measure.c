// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs: all passes, again and again; see measuring.h.
 */
#define _GNU_SOURCE
#include "measuring.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hostmem.h"

#define TIMER_LOOPS 10000
#define MIB (UINT64_C(1) << 20)
#define DEFAULT_MIB_MIN 64
#define DEFAULT_MIB_MAX 1024
#define UNSTEADY_PERCENT 25

const struct measurement_info measurement_info[NR_MEASUREMENTS] = {
#define M(id, name, unit, text) [MEASURE_##id] = { name, UNIT_##unit, text },
	MEASUREMENT_TABLE(M)
#undef M
};

/* Values */

void measured(struct measuring *m, enum measurement_id id, double value)
{
	if (!m->warm_up && is_wanted(m, id) && m->nr[id] < m->result->runs)
		m->values[id][m->nr[id]++] = value;
}

void not_measured(struct measuring *m, enum measurement_id id, const char *format, ...)
{
	char *text = m->result->why_not[id];
	va_list args;

	if (text[0])
		return;
	va_start(args, format);
	vsnprintf(text, CALIBRATE_TEXT_SIZE, format, args);
	va_end(args);
}

bool is_wanted(const struct measuring *m, enum measurement_id id)
{
	return !m->result->why_not[id][0];
}

bool is_stopped(const struct measuring *m)
{
	return m->options->stop && *m->options->stop;
}

static void begin_values(struct measuring *m)
{
	for (unsigned int i = 0; i < NR_MEASUREMENTS; i++)
		m->values[i] = host_alloc(m->result->runs * sizeof(double));
}

static void end_values(struct measuring *m)
{
	for (unsigned int i = 0; i < NR_MEASUREMENTS; i++) {
		if (!m->nr[i])
			not_measured(m, i, "somebody else was on the CPU in every run");
		if (is_wanted(m, i))
			m->result->result[i] = spread_of(m->values[i], m->nr[i]);
		host_free(m->values[i]);
	}
}

unsigned int calibrate_unsteady(const struct calibration *c, char *text, size_t size)
{
	unsigned int nr = 0;
	size_t used = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < NR_MEASUREMENTS; i++) {
		double percent = spread_percent(&c->result[i]);

		if (percent < UNSTEADY_PERCENT || used >= size)
			continue;
		used += snprintf(text + used, size - used, "%s%s %.0f %%", nr++ ? ", " : "",
				 measurement_info[i].name, percent);
	}
	return nr;
}

/* CPUs */

int pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/* Which core it is a thread of; -1: unknown. */
static int core_of(int cpu)
{
	char path[96];
	int core = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/core_id", cpu);
	f = fopen(path, "r");
	if (f && fscanf(f, "%d", &core) != 1)
		core = -1;
	if (f)
		fclose(f);
	return core;
}

/* Two CPUs of those allowed, of different cores if there are such. */
static void choose_cpus(struct measuring *m)
{
	m->cpu = m->other = -1;
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &m->allowed))
			continue;
		if (m->cpu < 0)
			m->cpu = i;
		else if (m->other < 0)
			m->other = i;
		else if (core_of(m->other) != core_of(m->cpu))
			break;
		else if (core_of(i) != core_of(m->cpu))
			m->other = i;
	}
}

/* Runs */

static double timer_cost(void)
{
	double start = now_ns();

	for (unsigned int i = 0; i < TIMER_LOOPS; i++)
		now_ns();
	return (now_ns() - start) / TIMER_LOOPS;
}

static char *map_area(uint64_t bytes, int advice)
{
	char *p = mmap(NULL, bytes + BLOCK_BYTES, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0), *start;

	if (p == MAP_FAILED)
		return NULL;
	start = (char *)(((uintptr_t)p + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES);
	if (start > p)
		munmap(p, start - p);
	if (start < p + BLOCK_BYTES)
		munmap(start + bytes, p + BLOCK_BYTES - start);
	madvise(start, bytes, advice);
	return start;
}

static int make_file(void)
{
	int fd = memfd_create("calibrate", MFD_CLOEXEC);
	static const char text[256 << 10] = "not empty";

	for (uint64_t at = 0; fd >= 0 && at < FILE_BYTES; at += sizeof(text)) {
		if (pwrite(fd, text, sizeof(text), at) != sizeof(text)) {
			close(fd);
			fd = -1;
		}
	}
	return fd;
}

static const struct {
	void (*run)(struct measuring *m);
} passes[] = {
	{ pass_pages }, { pass_shootdown }, { pass_blocks }, { pass_hot }, { pass_file },
	{ pass_calls }, { pass_wake }, { pass_all_cpus },
};

/* 0; 1: stopped. */
static int measure_runs(struct measuring *m)
{
	const struct calibrate_options *o = m->options;

	for (unsigned int run = 0; run <= o->runs; run++) {
		m->warm_up = !run;
		if (o->progress)
			o->progress(o->opaque, run, o->runs);
		for (size_t i = 0; i < sizeof(passes) / sizeof(passes[0]); i++) {
			if (is_stopped(m))
				return 1;
			passes[i].run(m);
		}
	}
	return 0;
}

static int measure_memory(struct measuring *m, char *error, size_t error_size)
{
	uint64_t bytes = m->result->bytes;
	int ret = -1;

	m->small = map_area(bytes, MADV_NOHUGEPAGE);
	m->huge = map_area(bytes, MADV_HUGEPAGE);
	m->file = make_file();
	if (m->small && m->huge && m->file >= 0)
		ret = measure_runs(m);
	else
		snprintf(error, error_size, "no memory for the measurements: %s; --size-mib N "
			 "takes less", strerror(errno));
	if (m->small)
		munmap(m->small, bytes);
	if (m->huge)
		munmap(m->huge, bytes);
	if (m->file >= 0)
		close(m->file);
	return ret;
}

int calibrate_check(const struct calibrate_host *host, struct calibrate_options *options,
		    char *error, size_t error_size)
{
	/* Both areas together are to be four times the cache, as STREAM has it. */
	uint64_t bytes = 2 * host->cache, most = host->available / 4;

	if (!options->bytes) {
		if (bytes < DEFAULT_MIB_MIN * MIB)
			bytes = DEFAULT_MIB_MIN * MIB;
		if (bytes > DEFAULT_MIB_MAX * MIB)
			bytes = DEFAULT_MIB_MAX * MIB;
		if (most && bytes > most)
			bytes = most;
		if (bytes < CALIBRATE_MIB_MIN * MIB)
			bytes = CALIBRATE_MIB_MIN * MIB;
		/* Its halves are of whole blocks. */
		options->bytes = bytes / (2 * BLOCK_BYTES) * (2 * BLOCK_BYTES);
	}
	if (!most || options->bytes <= most)
		return 0;
	snprintf(error, error_size, "--size-mib %u: more than a quarter of the memory that is "
		 "available; allowed: up to %u", (unsigned int)(options->bytes / MIB),
		 (unsigned int)(most / MIB));
	return -1;
}

int calibrate_measure(struct calibration *c, const struct calibrate_options *options, char *error,
		      size_t error_size)
{
	struct measuring m = { .result = c, .options = options };
	int ret;

	c->runs = options->runs;
	c->bytes = options->bytes;
	if (sched_getaffinity(0, sizeof(m.allowed), &m.allowed)) {
		snprintf(error, error_size, "the CPUs that may be used: %s", strerror(errno));
		return -1;
	}
	choose_cpus(&m);
	pin_to(m.cpu);
	timer_cost();
	c->timer_ns = timer_cost();
	begin_values(&m);
	ret = measure_swap(&m, error, error_size);
	if (!ret)
		ret = measure_memory(&m, error, error_size);
	end_values(&m);
	sched_setaffinity(0, sizeof(m.allowed), &m.allowed);
	return ret;
}
