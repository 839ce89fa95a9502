// SPDX-License-Identifier: GPL-2.0-only
/*
 * demand: hold as much memory as a recorded curve says.
 *
 * A sample's value holds until the next sample.  Growing writes pages that were not held;
 * shrinking gives back what came last (madvise(MADV_DONTNEED)): the base of a machine's memory
 * stays, what is started on top of it comes and goes.  The recording does not say which memory
 * was rewritten while it was held, so none is.  Who falls behind (swapping) skips no sample.
 *
 * Files of the curve are one file: growing reads what was not held of it, shrinking drops what
 * came last (posix_fadvise(POSIX_FADV_DONTNEED)).  What the kernel drops of it by itself is not
 * read again, and dirty pages are left out: the recording says neither who read nor who wrote.
 */
#include "programs.h"
#include "support.h"

#define FILE_NAME "demand"

struct demand {
	uint64_t time_percent, bytes_percent;
	uint64_t addr;			/* of room for the most memory */
	uint64_t held, held_file;	/* bytes, whole pages */
};

/* Without overflow as long as the result fits. */
static uint64_t percent_of(uint64_t value, uint64_t percent)
{
	return value / 100 * percent + value % 100 * percent / 100;
}

static uint64_t scaled(const struct demand *d, uint64_t value)
{
	uint64_t bytes = percent_of(value, d->bytes_percent);

	return (bytes + SUPPORT_PAGE - 1) / SUPPORT_PAGE * SUPPORT_PAGE;
}

static int hold_memory(struct demand *d, uint64_t index, uint64_t bytes)
{
	if (bytes > d->held) {
		program_phase("grow", index);
		write_in_steps(d->addr + d->held, bytes - d->held);
	} else if (bytes < d->held) {
		program_phase("shrink", index);
		if (program_release(d->addr + bytes, d->held - bytes))
			return -1;
	}
	d->held = bytes;
	return 0;
}

static int hold_file(struct demand *d, uint64_t index, uint64_t bytes)
{
	if (bytes > d->held_file) {
		program_phase("read", index);
		if (read_in_steps(FILE_NAME, d->held_file, bytes - d->held_file))
			return -1;
	} else if (bytes < d->held_file) {
		program_phase("drop", index);
		if (program_drop_file(FILE_NAME, bytes, d->held_file - bytes))
			return -1;
	}
	d->held_file = bytes;
	return 0;
}

/* What is given back goes first: the other may need the room. */
static int hold(struct demand *d, uint64_t index, uint64_t bytes, uint64_t file)
{
	if (bytes < d->held)
		return hold_memory(d, index, bytes) || hold_file(d, index, file);
	return hold_file(d, index, file) || hold_memory(d, index, bytes);
}

static int follow(struct demand *d)
{
	uint64_t start = program_now_ns(), index;
	struct program_sample sample;

	for (index = 0; program_series_get(index, &sample); index++) {
		sleep_until(start + percent_of(sample.time_ns, d->time_percent));
		if (hold(d, index, scaled(d, sample.value), scaled(d, sample.file)))
			return 1;
	}
	return 0;
}

int demand_main(void)
{
	struct demand d = { .time_percent = program_arg_u64("time-percent"),
			    .bytes_percent = program_arg_u64("bytes-percent") };
	uint64_t most = 0, most_file = 0, index;
	struct program_sample sample;

	for (index = 0; program_series_get(index, &sample); index++) {
		if (scaled(&d, sample.value) > most)
			most = scaled(&d, sample.value);
		if (scaled(&d, sample.file) > most_file)
			most_file = scaled(&d, sample.file);
	}
	if (most_file && program_create_file(FILE_NAME, most_file))
		return 1;
	if (most) {
		d.addr = program_map(most, arg_advice());
		if (d.addr == PROGRAM_MAP_FAILED)
			return 1;
	}
	return follow(&d);
}
