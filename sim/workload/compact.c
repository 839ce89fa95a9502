// SPDX-License-Identifier: GPL-2.0-only
/*
 * compact: an administrator who has the kernel compact all memory, now and then
 * (echo 1 > /proc/sys/vm/compact_memory).
 */
#include "programs.h"
#include "support.h"

int compact_main(void)
{
	uint64_t loops = program_arg_u64("loops"), pause = arg_ms("pause-ms"), loop;

	for (loop = 0; loop < loops; loop++) {
		if (loop)
			program_sleep_ns(pause);
		program_phase("compact", loop);
		if (program_compact())
			return 1;
	}
	return 0;
}
