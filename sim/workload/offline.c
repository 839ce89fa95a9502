// SPDX-License-Identifier: GPL-2.0-only
/*
 * offline: an administrator who takes a block of memory offline, and after a while back online
 * (/sys/devices/system/memory/memoryN/state).  The kernel moves all that is in the block away
 * first, for as long as that takes; it refuses when something cannot be moved.
 */
#include "programs.h"
#include "support.h"

int offline_main(void)
{
	uint64_t block = program_arg_u64("block");

	program_phase("offline", 0);
	if (program_memory_block(block, false))
		return 1;
	program_phase("hold", 0);
	program_sleep_ns(arg_ms("hold-ms"));
	program_phase("online", 0);
	return program_memory_block(block, true) ? 1 : 0;
}
