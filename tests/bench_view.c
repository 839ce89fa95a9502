// SPDX-License-Identifier: GPL-2.0-only
/*
 * Speed of the viewer, in CPU time: making an index, opening one, frames at two sizes while
 * zooming in, moving the cursor with a map.  `make bench-view`; with BENCH_ARGS=TRACE of that
 * trace, with BENCH_ARGS=N of one of N million records, which it makes and removes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "frame.h"
#include "trace.h"

#define RECORDS 10	/* millions */
#define FRAMES 200
#define SCRUB_STEPS 250	/* as input_play() divides what is in view */

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static uint32_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return *state >> 33;
}

/* Mostly faults that go up through memory, as programs make them; samples each millisecond. */
static void write_trace(const char *path, unsigned int records)
{
	char error[256], name[16];
	struct trace_writer *tw = trace_open(path, TRACE_FULL, error, sizeof(error));
	uint64_t state = 1, now = 0, gfn[4] = { 0 };

	TRACE(tw, 0, run, .scenario = "bench.dts", .seed = 1, .level = TRACE_FULL);
	TRACE(tw, 0, machine, .cpus = 8, .frames = 4 << 20, .swap = 1 << 20, .swap_model = "ssd");
	for (unsigned int g = 0; g < 4; g++) {
		snprintf(name, sizeof(name), "guest-%u", g);
		TRACE(tw, 0, guest, .guest = g, .name = name, .memory = 1 << 20, .vcpus = 4);
	}
	trace_start(tw);
	for (unsigned int i = 0; i < records; i++) {
		unsigned int g = i >> 8 & 3, r = next_random(&state) % 1000;

		now += 200 + r;
		if (i % 1500 < 4)
			TRACE(tw, now, guest_sample, .guest = i % 1500, .free = 1000 * r,
			      .resident = (i >> 5) & 0xfffff, .swapped = i >> 8 & 0xffff);
		else if (i % 1500 == 4)
			TRACE(tw, now, host_sample, .used = i & 0x3fffff, .swap_used = i >> 6,
			      .swap_out = i >> 4, .swap_in = i >> 5);
		else if (r < 985)
			TRACE(tw, now, ept_fault, .guest = g, .gfn = gfn[g]++ & 0xfffff, .nr = 1,
			      .latency = 500 + r);
		else
			TRACE(tw, now, swap_out, .guest = g, .gfn = r * 1000, .nr = 32);
	}
	trace_close(tw);
}

static int by_value(const void *a, const void *b)
{
	return *(const double *)a < *(const double *)b ? -1 : 1;
}

static void print_ms(const char *name, double *ms, unsigned int nr)
{
	qsort(ms, nr, sizeof(*ms), by_value);
	printf("%-40s %8.2f ms  p95 %8.2f ms\n", name, ms[nr / 2], ms[nr * 95 / 100]);
}

/* Zooming in. */
static void frames(const char *name, struct source *s, struct view *v)
{
	struct canvas c;
	double ms[FRAMES];

	view_fit(v);
	canvas_init(&c, v->width, v->height);
	frame_draw(&c, v, s, 1);
	for (unsigned int i = 0; i < FRAMES; i++) {
		double start = cpu_ms();

		view_zoom(v, v->end / 10 * 3, 97, 100);
		v->has_at = true;
		v->at = v->from + (v->to - v->from) / 3;
		frame_draw(&c, v, s, 1);
		ms[i] = cpu_ms() - start;
	}
	canvas_free(&c);
	print_ms(name, ms, FRAMES);
}

/* The cursor goes through the run, and the map with it; or it jumps about. */
static void scrub(const char *name, struct source *s, struct view *v, bool jump)
{
	struct canvas c;
	double ms[SCRUB_STEPS];
	uint64_t state = 1;

	view_fit(v);
	canvas_init(&c, v->width, v->height);
	for (unsigned int i = 0; i < SCRUB_STEPS; i++) {
		double start = cpu_ms();

		v->has_at = true;
		v->at = v->end / SCRUB_STEPS * (jump ? next_random(&state) % SCRUB_STEPS : i);
		frame_draw(&c, v, s, 1);
		ms[i] = cpu_ms() - start;
	}
	canvas_free(&c);
	print_ms(name, ms, SCRUB_STEPS);
}

static void run(const char *path, const char *index)
{
	struct view v;
	struct source s;
	struct stat trace, file;
	double start = cpu_ms(), ms;
	struct rusage usage;

	unlink(index);
	source_open(&s, path, true);
	ms = cpu_ms() - start;
	if (s.error) {
		fprintf(stderr, "bench-view: %s\n", s.error);
		exit(2);
	}
	printf("%-40s %8.2f M records/s of CPU\n", "make an index",
	       s.index->head.records / ms / 1e3);
	if (!stat(path, &trace) && !stat(index, &file))
		printf("%-40s %8.2f %% of %lld MB\n", "its size",
		       100.0 * file.st_size / trace.st_size, (long long)trace.st_size >> 20);
	source_close(&s);
	start = cpu_ms();
	source_open(&s, path, true);
	printf("%-40s %8.2f ms\n", "open with index", cpu_ms() - start);
	view_init(&v);
	view_end(&v, s.index->head.time);
	frames("frame, 1920x1080", &s, &v);
	if (index_nr_guests(s.index)) {
		snprintf(v.map, sizeof(v.map), "%s",
			 index_text(s.index, s.index->guests[0].name));
		frames("frame with map, 1920x1080", &s, &v);
		scrub("map, a step of the cursor", &s, &v, false);
		scrub("map, a jump of the cursor", &s, &v, true);
		*v.map = '\0';
	}
	v.width = 3840;
	v.height = 2160;
	v.scale = 200;
	frames("frame, 3840x2160 at scale 2", &s, &v);
	source_close(&s);
	view_free(&v);
	getrusage(RUSAGE_SELF, &usage);
	printf("%-40s %8ld MB\n", "most resident", usage.ru_maxrss / 1024);
}

int main(int argc, char **argv)
{
	char path[] = "/tmp/ballast-bench-XXXXXX", index[4200];
	char *end = "";
	unsigned long millions = argc > 1 ? strtoul(argv[1], &end, 10) : RECORDS;
	bool own = !*end && millions && millions <= 1000;
	const char *trace = own ? path : argv[1];

	if (own) {
		close(mkstemp(path));
		write_trace(path, millions * 1000000);
	}
	snprintf(index, sizeof(index), "%.4000s.index", trace);
	run(trace, index);
	if (own) {
		unlink(path);
		unlink(index);
	}
	return 0;
}
