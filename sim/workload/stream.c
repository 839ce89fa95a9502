// SPDX-License-Identifier: GPL-2.0-only
/*
 * stream: how fast memory is copied, again and again.
 *
 * After the copy kernel of STREAM (J. McCalpin): two arrays that are larger than the caches, one
 * read and the other written, bytes of both counted.  Unlike there, each task has arrays of its own
 * and waits for no other after a pass, so one that is held up does not slow the others down; it
 * ends after a time and not after a number of passes.
 */
#include "programs.h"
#include "support.h"

#define STEP_BYTES (2 * PROGRAM_MIB)	/* between reading and writing */
#define BYTES_PER_NS_TO_MB_PER_S UINT64_C(1000)

struct stream {
	uint64_t bytes, duration_ns;	/* of one array */
	enum program_advice advice;
};

static void copy(uint64_t to, uint64_t from, uint64_t bytes)
{
	uint64_t offset, step;

	for (offset = 0; offset < bytes; offset += step) {
		step = bytes - offset < STEP_BYTES ? bytes - offset : STEP_BYTES;
		program_touch(from + offset, step, PROGRAM_READ);
		program_touch(to + offset, step, PROGRAM_WRITE);
	}
}

static int stream_task(unsigned int task, const void *arg)
{
	const struct stream *stream = arg;
	uint64_t from = program_map(stream->bytes, stream->advice);
	uint64_t to = program_map(stream->bytes, stream->advice), since, now, end;

	(void)task;
	if (from == PROGRAM_MAP_FAILED || to == PROGRAM_MAP_FAILED)
		return 1;
	program_touch(from, stream->bytes, PROGRAM_WRITE);
	copy(to, from, stream->bytes);	/* the first time it is mapped, which does not count */
	now = program_now_ns();
	for (end = now + stream->duration_ns; now < end;) {
		since = now;
		copy(to, from, stream->bytes);
		now = program_now_ns();
		if (now > since)
			program_measured(PROGRAM_BANDWIDTH, 2 * stream->bytes *
					 BYTES_PER_NS_TO_MB_PER_S / (now - since));
		program_work(stream->bytes / SUPPORT_PAGE);
	}
	return program_unmap(from, stream->bytes) || program_unmap(to, stream->bytes);
}

int stream_main(void)
{
	struct stream stream = {
		.bytes = arg_mib("size-mib"),
		.duration_ns = arg_ms("duration-ms"),
		.advice = arg_advice(),
	};
	uint64_t tasks = program_arg_u64("tasks");

	program_phase("copy", 0);
	return program_run_tasks(tasks, stream_task, &stream) ? 1 : 0;
}
