// SPDX-License-Identifier: GPL-2.0-only
/*
 * idle: sleep.  What remains of a guest then is its kernel.
 */
#include "programs.h"
#include "support.h"

int idle_main(void)
{
	program_phase("sleep", 0);
	program_sleep_ns(arg_ms("duration-ms"));
	return 0;
}
