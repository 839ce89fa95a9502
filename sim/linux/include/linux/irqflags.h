/* SPDX-License-Identifier: GPL-2.0-only */
/* model: interrupts of the vCPU are held back while its task says so. */
#ifndef _LINUX_IRQFLAGS_H
#define _LINUX_IRQFLAGS_H

#include <linux/preempt.h>

void __local_irq_enabled(void);	/* deliver what was held back */

#define local_irq_disable() ((void)(coro_current->ctx.irqs_off = true))
#define local_irq_enable()                                                                         \
	do {                                                                                       \
		coro_current->ctx.irqs_off = false;                                                \
		__local_irq_enabled();                                                             \
	} while (0)
#define local_irq_save(flags)                                                                      \
	do {                                                                                       \
		(flags) = coro_current->ctx.irqs_off;                                              \
		local_irq_disable();                                                               \
	} while (0)
#define local_irq_restore(flags)                                                                   \
	do {                                                                                       \
		if (!(flags))                                                                      \
			local_irq_enable();                                                        \
	} while (0)

#endif
