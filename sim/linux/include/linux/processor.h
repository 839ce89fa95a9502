/* SPDX-License-Identifier: GPL-2.0-only */
/* model: what a vCPU does while it spins. */
#ifndef _LINUX_PROCESSOR_H
#define _LINUX_PROCESSOR_H

#include <asm/processor.h>

#define spin_begin() do { } while (0)
#define spin_cpu_relax() cpu_relax()
#define spin_end() do { } while (0)
#define spin_until_cond(cond)                                                                      \
	do {                                                                                       \
		while (unlikely(!(cond)))                                                          \
			spin_cpu_relax();                                                          \
	} while (0)

#endif
