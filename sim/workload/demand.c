// SPDX-License-Identifier: GPL-2.0-only
/*
 * demand: hold as much memory as a recorded curve says.
 *
 * A sample's value holds until the next sample.  Growing writes pages that were not held;
 * shrinking gives back what came last (madvise(MADV_DONTNEED)): the base of a machine's memory
 * stays, what is started on top of it comes and goes.  The recording does not say which memory
 * was rewritten while it was held, so none is.  Who falls behind (swapping) skips no sample.
 */
#include "programs.h"
#include "support.h"

/* Without overflow as long as the result fits. */
static uint64_t percent_of(uint64_t value, uint64_t percent)
{
	return value / 100 * percent + value % 100 * percent / 100;
}

static uint64_t sample_bytes(const struct program_sample *sample, uint64_t percent)
{
	uint64_t bytes = percent_of(sample->value, percent);

	return (bytes + SUPPORT_PAGE - 1) / SUPPORT_PAGE * SUPPORT_PAGE;
}

static int follow(uint64_t addr, uint64_t time_percent, uint64_t bytes_percent)
{
	uint64_t start = program_now_ns(), held = 0, index, bytes;
	struct program_sample sample;

	for (index = 0; program_series_get(index, &sample); index++) {
		sleep_until(start + percent_of(sample.time_ns, time_percent));
		bytes = sample_bytes(&sample, bytes_percent);
		if (bytes > held) {
			program_phase("grow", index);
			write_in_steps(addr + held, bytes - held);
		} else if (bytes < held) {
			program_phase("shrink", index);
			if (program_release(addr + bytes, held - bytes))
				return 1;
		}
		held = bytes;
	}
	return 0;
}

int demand_main(void)
{
	uint64_t time_percent = program_arg_u64("time-percent");
	uint64_t bytes_percent = program_arg_u64("bytes-percent");
	uint64_t most = 0, addr, bytes, index;
	struct program_sample sample;

	for (index = 0; program_series_get(index, &sample); index++) {
		bytes = sample_bytes(&sample, bytes_percent);
		if (bytes > most)
			most = bytes;
	}
	if (!most)
		return follow(0, time_percent, bytes_percent);
	addr = program_map(most, arg_advice());
	if (addr == PROGRAM_MAP_FAILED)
		return 1;
	return follow(addr, time_percent, bytes_percent);
}
