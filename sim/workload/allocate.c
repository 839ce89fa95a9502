// SPDX-License-Identifier: GPL-2.0-only
/*
 * allocate: malloc, memset once, hold, exit.
 *
 * The test program of the page hinting mails (RFC v8 to v11).  An allocation of that size is a
 * mapping of its own in the C library (above M_MMAP_THRESHOLD), and nobody frees it: exiting
 * does.
 */
#include "programs.h"
#include "support.h"

int allocate_main(void)
{
	uint64_t bytes = arg_mib("size-mib");
	uint64_t hold_ns = arg_ms("hold-ms");
	uint64_t addr;

	program_phase("write", 0);
	addr = program_map(bytes, arg_advice());
	if (addr == PROGRAM_MAP_FAILED)
		return 1;
	write_in_steps(addr, bytes);
	if (hold_ns) {
		program_phase("hold", 0);
		program_sleep_ns(hold_ns);
	}
	program_phase("exit", 0);
	return 0;
}
