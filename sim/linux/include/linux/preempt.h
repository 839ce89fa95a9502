/* SPDX-License-Identifier: GPL-2.0-only */
/* model: depth of preempt_disable() belongs to the running coroutine. */
#ifndef _LINUX_PREEMPT_H
#define _LINUX_PREEMPT_H

#include "coro.h"

#define preempt_disable() ((void)coro_current->ctx.preempt++)
#define preempt_enable() ((void)coro_current->ctx.preempt--)
#define preempt_count() (coro_current->ctx.preempt)
#define in_interrupt() (coro_current->ctx.in_irq)
#define in_task() (!in_interrupt())
#define in_atomic() (preempt_count() || coro_current->ctx.irqs_off || in_interrupt())
#define irqs_disabled() (coro_current->ctx.irqs_off || in_interrupt())

#endif
