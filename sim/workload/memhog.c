// SPDX-License-Identifier: GPL-2.0-only
/*
 * memhog: map, write everything once, hold, unmap; as often as told.
 *
 * After numactl's memhog.c (2.0.16), which writes in steps of 10 MiB.  Unlike there, a loop
 * unmaps the memory and the next one maps it anew (there -r writes the same mapping again), and
 * there are no NUMA policies.
 */
#include "programs.h"
#include "support.h"

int memhog_main(void)
{
	uint64_t bytes = arg_mib("size-mib");
	uint64_t loops = program_arg_u64("loops");
	uint64_t hold_ns = arg_ms("hold-ms"), pause_ns = arg_ms("pause-ms");
	enum program_advice advice = arg_advice();
	uint64_t loop, addr;

	for (loop = 0; loop < loops; loop++) {
		program_phase("write", loop);
		addr = program_map(bytes, advice);
		if (addr == PROGRAM_MAP_FAILED)
			return 1;
		write_in_steps(addr, bytes);
		if (hold_ns) {
			program_phase("hold", loop);
			program_sleep_ns(hold_ns);
		}
		program_phase("release", loop);
		if (program_unmap(addr, bytes))
			return 1;
		if (pause_ns && loop + 1 < loops) {
			program_phase("pause", loop);
			program_sleep_ns(pause_ns);
		}
	}
	return 0;
}
