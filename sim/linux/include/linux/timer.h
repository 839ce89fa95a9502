/* SPDX-License-Identifier: GPL-2.0-only */
/* model: timers expire in interrupt context of the vCPU that armed them; see kernel/timer.c. */
#ifndef _LINUX_TIMER_H
#define _LINUX_TIMER_H

#include <linux/container_of.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include "engine.h"

struct kernel;

struct timer_list {
	struct list_head entry;		/* on the list of expired timers */
	unsigned long expires;		/* jiffies */
	void (*function)(struct timer_list *timer);
	struct event event;
	struct kernel *kernel;		/* while armed or expired */
	bool expired;			/* waits for its interrupt */
	u64 held_at;			/* engine's time, if it came due in a pause */
	bool of_pause;			/* armed in it, by what goes on: disks */
};

void timer_setup(struct timer_list *timer, void (*function)(struct timer_list *),
		 unsigned int flags);
int mod_timer(struct timer_list *timer, unsigned long expires);
int del_timer(struct timer_list *timer);
int del_timer_sync(struct timer_list *timer);
/* The same with nanoseconds from now, for what sleeps shorter than a tick (hrtimers). */
void mod_timer_ns(struct timer_list *timer, u64 ns);

static inline void add_timer(struct timer_list *timer)
{
	mod_timer(timer, timer->expires);
}

static inline bool timer_pending(const struct timer_list *timer)
{
	return event_pending(&timer->event) || timer->expired;
}

#define from_timer(var, callback_timer, member) container_of(callback_timer, typeof(*var), member)

#endif
