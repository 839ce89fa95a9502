// SPDX-License-Identifier: GPL-2.0-only
/*
 * A curve, line by line; see recorder.h.
 *
 * Times are when a value was read, from the first one on: who reads late (a busy machine, a guest
 * that is slow to answer) writes when, and leaves out the intervals that have passed.  A curve ends
 * at its last line, so there is one at the end, whatever the interval.
 */
#define _GNU_SOURCE
#include "recorder.h"

#include <inttypes.h>
#include <poll.h>
#include <unistd.h>

#include "clock.h"

#define MSEC UINT64_C(1000000)

void record_close(struct record_source *s)
{
	if (s->end)
		s->end(s);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* Signals come while it waits, or have come before: none is missed in between. */
void record_wait(uint64_t deadline_ns, const volatile sig_atomic_t *stop)
{
	sigset_t ending, before;
	uint64_t now;

	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGHUP);
	sigprocmask(SIG_BLOCK, &ending, &before);
	while (!*stop && (now = clock_now_ns()) < deadline_ns) {
		uint64_t left = deadline_ns - now;
		struct timespec time = { .tv_sec = left / 1000000000,
					 .tv_nsec = left % 1000000000 };

		ppoll(NULL, 0, &time, &before);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void write_head(const struct record_source *s, FILE *out)
{
	fprintf(out, "time_s,used_bytes,file_bytes%s\n",
		s->has_parts ? ",anon_bytes,shmem_bytes,swap_bytes" : "");
}

/* It is there at once, for who reads at the other end of a pipe. */
static void write_line(const struct record_source *s, const struct record_held *held,
		       uint64_t time_ms, FILE *out)
{
	fprintf(out, "%" PRIu64 ".%03u,%" PRIu64 ",%" PRIu64, time_ms / 1000,
		(unsigned int)(time_ms % 1000), held->used, held->file);
	if (s->has_parts)
		fprintf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, held->anon, held->shmem,
			held->swap);
	fputc('\n', out);
	fflush(out);
}

enum record_result recorder_run(struct record_source *s, const struct record_held *first,
				const struct recorder_options *o, FILE *out, uint64_t *samples)
{
	uint64_t start = clock_now_ns(), at = 0, due;
	struct record_held held = *first;
	enum record_result result;

	write_head(s, out);
	write_line(s, &held, 0, out);
	*samples = 1;
	do {
		due = (at / o->interval_ms + 1) * o->interval_ms;
		if (due > o->duration_ms)
			due = o->duration_ms;
		record_wait(start + due * MSEC, s->stop);
		at = (clock_now_ns() - start) / MSEC;
		held = (struct record_held){ 0 };
		result = s->read(s, &held);
		if (result != RECORD_WELL && result != RECORD_ENDED)
			return result;
		write_line(s, &held, at, out);
		++*samples;
		if (result == RECORD_ENDED)
			return result;
	} while (!*s->stop && at < o->duration_ms && !ferror(out));
	return *s->stop ? RECORD_STOPPED : RECORD_WELL;
}
