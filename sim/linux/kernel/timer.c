// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers and time.
 *
 * A timer is an event of the engine; when it comes, the timer waits on a list for the interrupt of
 * vCPU 0, which runs its function.  Jiffies are exact: an idle guest has no tick.
 *
 * When a timer runs is as in kernel/time/timer.c of Linux 6.1: the wheel has levels, each eight
 * times as coarse as the one before, and a timer is put into the first slot that begins after it
 * expires, so that it is never early: one for the next jiffy runs after one to two, one for 500
 * jiffies (2 s) on a grid of eight.  Left out: a wheel that has fallen behind.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/processor.h>
#include <linux/timer.h>

#include "hostmem.h"
#include "internal.h"

#define RELAX_NS 100

/* A guest's clock stands still while it is paused. */
u64 kernel_clock(const struct kernel *kernel)
{
	return kernel->engine->now - kernel->paused_ns;
}

static u64 local_now(const struct kernel *kernel)
{
	const struct cpu_thread *thread = coro_current->ctx.thread;

	return kernel_clock(kernel) + (thread ? thread->pending : 0);
}

static u64 jiffies_at(const struct kernel *kernel, u64 ns)
{
	return (ns + kernel->tick_phase) / NSEC_PER_JIFFY;
}

/* By the engine's clock.  A kernel's first jiffy began before that did, if it has a phase. */
static u64 jiffy_time(const struct kernel *kernel, u64 jiffy)
{
	u64 ns = jiffy * NSEC_PER_JIFFY;

	return (ns > kernel->tick_phase ? ns - kernel->tick_phase : 0) + kernel->paused_ns;
}

u64 next_jiffy_time(const struct kernel *kernel)
{
	return jiffy_time(kernel, jiffies_at(kernel, kernel_clock(kernel)) + 1);
}

u64 get_jiffies_64(void)
{
	return jiffies_at(this_kernel, local_now(this_kernel));
}

ktime_t ktime_get(void)
{
	return local_now(this_kernel);
}

/* The host's kernel has no vCPU to interrupt: any of its CPUs would do. */
static void run_at_once(struct kernel *kernel)
{
	struct coro_context old = kernel_enter(kernel);

	coro_current->ctx.in_irq = true;
	timer_run_expired(kernel);
	kernel_leave(old);
}

static bool is_paused(const struct kernel *kernel)
{
	return kernel->vm && kernel->vm->paused;
}

static void timer_event(struct event *ev)
{
	struct timer_list *timer = container_of(ev, struct timer_list, event);

	if (timer->kernel->sched->dead)
		return;
	timer->expired = true;
	if (is_paused(timer->kernel)) {
		timer->held_at = timer->kernel->engine->now;
		list_add_tail(&timer->entry, &timer->kernel->sched->held_timers);
		return;
	}
	list_add_tail(&timer->entry, &timer->kernel->sched->expired_timers);
	if (timer->kernel->host)
		run_at_once(timer->kernel);
	else
		sched_raise_irq(timer->kernel, 0);
}

void timer_setup(struct timer_list *timer, void (*function)(struct timer_list *),
		 unsigned int flags)
{
	INIT_LIST_HEAD(&timer->entry);
	timer->function = function;
	timer->expires = 0;
	timer->kernel = NULL;
	timer->expired = false;
	event_init(&timer->event, timer_event);
}

static int timer_disarm(struct timer_list *timer)
{
	int pending = timer_pending(timer);

	if (timer->kernel)
		event_cancel(timer->kernel->engine, &timer->event);
	if (timer->expired) {
		list_del_init(&timer->entry);
		timer->expired = false;
	}
	return pending;
}

#define WHEEL_SLOTS 64
#define WHEEL_LEVELS 9		/* at HZ 250 */
#define WHEEL_LEVEL_SHIFT 3
/* As far as the wheel goes, 48 days; what is to expire later does so then. */
#define WHEEL_CUTOFF ((u64)(WHEEL_SLOTS - 1) << (WHEEL_LEVELS - 1) * WHEEL_LEVEL_SHIFT)

/* The jiffy in which the wheel runs a timer (calc_wheel_index()). */
static u64 wheel_expiry(u64 now, unsigned long expires)
{
	u64 ahead = expires - now;
	unsigned int level = 0;

	if ((s64)ahead < 0)
		return now + 1;
	if (ahead >= WHEEL_CUTOFF)
		expires = now + WHEEL_CUTOFF - (1ul << (WHEEL_LEVELS - 1) * WHEEL_LEVEL_SHIFT);
	while (level < WHEEL_LEVELS - 1 &&
	       ahead >= (u64)(WHEEL_SLOTS - 1) << level * WHEEL_LEVEL_SHIFT)
		level++;
	return ((expires >> level * WHEEL_LEVEL_SHIFT) + 1) << level * WHEEL_LEVEL_SHIFT;
}

static void arm(struct timer_list *timer, u64 at)
{
	timer->kernel = this_kernel;
	timer->of_pause = is_paused(this_kernel);
	event_add(timer->kernel->engine, &timer->event, at);
}

int mod_timer(struct timer_list *timer, unsigned long expires)
{
	int pending = timer_disarm(timer);
	u64 at = jiffy_time(this_kernel, wheel_expiry(get_jiffies_64(), expires));

	timer->expires = expires;
	if (at < this_kernel->engine->now)
		at = this_kernel->engine->now;
	arm(timer, at);
	return pending;
}

void mod_timer_ns(struct timer_list *timer, u64 ns)
{
	timer_disarm(timer);
	arm(timer, this_kernel->engine->now + ns);
}

int del_timer(struct timer_list *timer)
{
	return timer_disarm(timer);
}

int del_timer_sync(struct timer_list *timer)
{
	/* Functions of timers do not sleep, so none can be half done here. */
	return timer_disarm(timer);
}

void timer_run_expired(struct kernel *kernel)
{
	struct sched_state *sched = kernel->sched;

	while (!list_empty(&sched->expired_timers)) {
		struct timer_list *timer = list_first_entry(&sched->expired_timers,
							    struct timer_list, entry);

		list_del_init(&timer->entry);
		timer->expired = false;
		charge(COST_GUEST_IRQ, 1);
		timer->function(timer);
	}
}

struct timers_visit {
	struct kernel *kernel;
	void (*fn)(void *opaque, const struct timer_list *timer, work_func_t work);
	void *opaque;
};

static void visit_event(void *opaque, struct event *ev)
{
	const struct timer_list *timer = container_of(ev, struct timer_list, event);
	const struct timers_visit *visit = opaque;

	if (ev->fn == timer_event && timer->kernel == visit->kernel)
		visit->fn(visit->opaque, timer, delayed_work_func(timer));
}

void timers_visit(struct kernel *kernel,
		  void (*fn)(void *opaque, const struct timer_list *timer, work_func_t work),
		  void *opaque)
{
	struct timers_visit visit = { kernel, fn, opaque };

	engine_visit(kernel->engine, visit_event, &visit);
}

struct timers_found {
	struct kernel *kernel;
	struct event **events;
	unsigned int nr;
};

static void find_event(void *opaque, struct event *ev)
{
	const struct timer_list *timer = container_of(ev, struct timer_list, event);
	struct timers_found *found = opaque;

	if (ev->fn != timer_event || timer->kernel != found->kernel)
		return;
	if (!(found->nr & (found->nr + 1)))
		found->events = host_realloc(found->events,
					     2 * (found->nr + 1) * sizeof(*found->events));
	found->events[found->nr++] = ev;
}

static void timers_shift(struct kernel *kernel, u64 ns)
{
	struct timers_found found = { .kernel = kernel };
	struct engine *engine = kernel->engine;
	unsigned int i;

	engine_visit(engine, find_event, &found);
	for (i = 0; i < found.nr; i++) {
		u64 at = event_time(engine, found.events[i]);

		if (container_of(found.events[i], struct timer_list, event)->of_pause)
			continue;
		event_cancel(engine, found.events[i]);
		event_add(engine, found.events[i], at + ns);
	}
	host_free(found.events);
}

/* The kernel's clock has stood still for @ns. */
void timers_delay(struct kernel *kernel, u64 ns)
{
	struct timer_list *timer, *next;

	timers_shift(kernel, ns);
	list_for_each_entry_safe(timer, next, &kernel->sched->held_timers, entry) {
		list_del_init(&timer->entry);
		timer->expired = false;
		event_add(kernel->engine, &timer->event,
			  timer->of_pause ? kernel->engine->now : timer->held_at + ns);
	}
}

void timers_cancel(struct kernel *kernel)
{
	struct timers_found found = { .kernel = kernel };
	unsigned int i;

	engine_visit(kernel->engine, find_event, &found);
	for (i = 0; i < found.nr; i++)
		event_cancel(kernel->engine, found.events[i]);
	host_free(found.events);
	timers_destroy(kernel);
}

void timers_destroy(struct kernel *kernel)
{
	INIT_LIST_HEAD(&kernel->sched->expired_timers);
	INIT_LIST_HEAD(&kernel->sched->held_timers);
}

/* Sleeping for a time */

struct timeout {
	struct timer_list timer;
	struct task_struct *task;
};

static void timeout_fn(struct timer_list *timer)
{
	wake_up_process(container_of(timer, struct timeout, timer)->task);
}

long schedule_timeout(long timeout)
{
	struct timeout t = { .task = current };
	unsigned long expires;

	if (timeout == MAX_SCHEDULE_TIMEOUT) {
		schedule();
		return timeout;
	}
	expires = jiffies + timeout;
	timer_setup(&t.timer, timeout_fn, 0);
	mod_timer(&t.timer, expires);
	current->wait_timed = true;
	schedule();
	current->wait_timed = false;
	del_timer_sync(&t.timer);
	timeout = expires - jiffies;
	return timeout < 0 ? 0 : timeout;
}

long schedule_timeout_uninterruptible(long timeout)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	return schedule_timeout(timeout);
}

long schedule_timeout_interruptible(long timeout)
{
	set_current_state(TASK_INTERRUPTIBLE);
	return schedule_timeout(timeout);
}

void sched_sleep_ns(u64 ns)
{
	struct timeout t = { .task = current };
	u64 until = kernel_clock(current->kernel) + coro_current->ctx.thread->pending + ns;

	timer_setup(&t.timer, timeout_fn, 0);
	mod_timer_ns(&t.timer, ns + coro_current->ctx.thread->pending);
	while (kernel_clock(current->kernel) < until) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		current->wait_timed = true;
		schedule();
	}
	del_timer_sync(&t.timer);
}

void msleep(unsigned int ms)
{
	/* msecs_to_jiffies() + 1, so that at least the time asked for passes. */
	unsigned long timeout = msecs_to_jiffies(ms) + 1;

	current->wait_reason = "msleep";
	while (timeout)
		timeout = schedule_timeout_uninterruptible(timeout);
}

void usleep_range(unsigned long min_us, unsigned long max_us)
{
	current->wait_reason = "usleep_range";
	sched_sleep_ns((u64)min_us * NSEC_PER_USEC);
}

void ndelay(unsigned long ns)
{
	charge_ns(LEDGER_PROGRAM, ns);
}

/*
 * PAUSE takes 140 cycles on Skylake (Intel's optimization manual, 2.6.4); a turn of a polling loop
 * with a load that misses and the branch behind it comes to some 100 ns.
 */
void cpu_relax(void)
{
	if (!coro_current->ctx.thread)
		return;
	charge_ns(LEDGER_LOCK_SPIN, RELAX_NS);
	cpu_sync();
}
