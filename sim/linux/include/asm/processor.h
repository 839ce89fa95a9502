/* SPDX-License-Identifier: GPL-2.0-only */
/* model: waiting without sleeping, kernel/sched.c. */
#ifndef _ASM_PROCESSOR_H
#define _ASM_PROCESSOR_H

#include <linux/compiler.h>

/*
 * Lets time pass, so that others get on: a loop that polls without it never ends here, since code
 * runs in no time.
 */
void cpu_relax(void);

#endif
