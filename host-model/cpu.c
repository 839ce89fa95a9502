// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's scheduler; see cpu.h for what it models and leaves out.
 *
 * A thread is RUNNING while it has a CPU.  Within that, either its code runs (in no time, in its
 * coroutine) or the time it owes is being consumed, which is when run_end is pending.
 */
#include "cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu_group.h"
#include "cpu_internal.h"
#include "cpu_psi.h"

/* The wait of a thread that nobody has woken yet: its VM is not there. */
static const char not_started[] = "start";

unsigned int cpu_sched_factor(unsigned int nr_cpus)
{
	unsigned int capped = nr_cpus < 8 ? nr_cpus : 8, factor = 1;

	while (capped >>= 1)
		factor++;
	return factor;
}

int host_cpus_init(struct host_cpus *cpus, struct engine *engine, const struct cost_table *costs,
		   unsigned int nr_cpus)
{
	unsigned int factor = cpu_sched_factor(nr_cpus);

	*cpus = (struct host_cpus){ .engine = engine, .costs = costs, .nr_cpus = nr_cpus };
	cpus->latency_ns = 6 * NSEC_PER_MSEC_U64 * factor;
	cpus->granularity_ns = 750 * NSEC_PER_USEC_U64 * factor;
	cpus->wakeup_granularity_ns = NSEC_PER_MSEC_U64 * factor;
	cpus->cpu = calloc(nr_cpus, sizeof(*cpus->cpu));
	if (cpus->cpu && !memory_bandwidth_init(&cpus->memory, costs, nr_cpus)) {
		cpu_psi_init(cpus);
		return 0;
	}
	host_cpus_destroy(cpus);
	return -1;
}

void host_cpus_destroy(struct host_cpus *cpus)
{
	struct cpu_ended *ended = cpus->ended, *next;

	for (; ended; ended = next) {
		next = ended->next;
		free(ended);
	}
	cpus->ended = NULL;
	memory_bandwidth_destroy(&cpus->memory);
	psi_destroy(&cpus->psi);
	free(cpus->cpu);
	cpus->cpu = NULL;
}

static uint64_t slice_ns(const struct cpu_thread *t)
{
	const struct host_cpus *cpus = t->cpus;
	/* Threads per CPU, rounded up: that is whose turns share one latency period. */
	uint64_t share = (cpus->nr_runnable + cpus->nr_cpus - 1) / cpus->nr_cpus + 1;
	uint64_t slice = cpus->latency_ns / share;

	if (cpus->grouped)
		return cpu_group_slice(t);
	return slice > cpus->granularity_ns ? slice : cpus->granularity_ns;
}

static void set_state(struct cpu_thread *t, enum cpu_thread_state state)
{
	uint64_t now = t->cpus->engine->now;

	cpu_psi_state(t, state);
	if (t->cpus->grouped)
		cpu_group_state(t, state);
	if (t->state == CPU_THREAD_RUNNABLE)
		t->waited += now - t->since;
	t->state = state;
	t->since = now;
}

static bool before(const struct cpu_thread *a, const struct cpu_thread *b)
{
	return a->vruntime < b->vruntime ||
	       (a->vruntime == b->vruntime && a->arrival < b->arrival);
}

static void enqueue(struct cpu_thread *t)
{
	struct host_cpus *cpus = t->cpus;
	struct cpu_thread **link = &cpus->runqueue;

	t->arrival = cpus->arrivals++;
	while (*link && before(*link, t))
		link = &(*link)->next;
	t->next = *link;
	*link = t;
	cpus->nr_runnable++;
	set_state(t, CPU_THREAD_RUNNABLE);
	if (cpus->bandwidth)
		cpu_group_queued(t);
}

void cpu_unqueue(struct cpu_thread *t)
{
	struct cpu_thread **link = &t->cpus->runqueue;

	while (*link != t)
		link = &(*link)->next;
	*link = t->next;
	t->cpus->nr_runnable--;
}

/* Book the time that has passed since the thread started to consume what it owes. */
static void account_run(struct cpu_thread *t)
{
	uint64_t passed = t->cpus->engine->now - t->run_start;

	cpu_psi_ran(t);
	t->vruntime += cpu_group_ran(t, passed);
	t->ran += passed;
	t->pending -= passed;
	t->run_start = t->cpus->engine->now;
	if (t->vruntime > t->cpus->min_vruntime &&
	    (!t->cpus->runqueue || t->cpus->runqueue->vruntime > t->cpus->min_vruntime)) {
		uint64_t head = t->cpus->runqueue ? t->cpus->runqueue->vruntime : t->vruntime;

		t->cpus->min_vruntime = head < t->vruntime ? head : t->vruntime;
	}
}

/* Of what it owes, what has passed since that was booked last. */
static uint64_t unbooked(const struct cpu_thread *t)
{
	uint64_t passed = t->state == CPU_THREAD_RUNNING ? t->cpus->engine->now - t->run_start : 0;

	return passed < t->pending ? passed : t->pending;
}

uint64_t cpu_ran(const struct cpu_thread *t)
{
	return t->ran + unbooked(t);
}

uint64_t cpu_owed(const struct cpu_thread *t)
{
	return t->pending - unbooked(t);
}

/* Consume owed time until it is paid or the slice ends; run_end says when. */
static void start_run(struct cpu_thread *t)
{
	struct host_cpus *cpus = t->cpus;
	uint64_t now = cpus->engine->now, end = t->pending;

	t->run_start = now;
	if (cpus->nr_runnable) {
		uint64_t used = now - t->on->slice_start, slice = slice_ns(t);
		uint64_t left = used < slice ? slice - used : 0;

		if (end > left)
			end = left;
	}
	if (cpus->bandwidth)
		end = cpu_group_limit(t, end);
	event_add(cpus->engine, &t->run_end, now + end);
}

static void put_on(struct cpu_thread *t, struct host_cpu *cpu)
{
	cpu->curr = t;
	cpu->slice_start = t->cpus->engine->now;
	t->on = cpu;
	t->run_start = t->cpus->engine->now;
	t->switches++;
	set_state(t, CPU_THREAD_RUNNING);
	cpu_psi_delayed(t, t->cpus->costs->ns[COST_HOST_SWITCH]);
	t->pending += t->cpus->costs->ns[COST_HOST_SWITCH];
	t->account->ns[COST_HOST_SWITCH] += t->cpus->costs->ns[COST_HOST_SWITCH];
	t->account->count[COST_HOST_SWITCH]++;
	start_run(t);
}

static void take_off(struct cpu_thread *t)
{
	event_cancel(t->cpus->engine, &t->run_end);
	t->on->curr = NULL;
	t->on = NULL;
}

static void fill_cpu(struct host_cpus *cpus, struct host_cpu *cpu)
{
	struct cpu_thread *t = cpus->bandwidth ? cpu_group_pick(cpus, cpu) : cpus->runqueue;

	if (!t)
		return;
	cpu_unqueue(t);
	put_on(t, cpu);
}

static void requeue(struct cpu_thread *t)
{
	struct host_cpu *cpu = t->on;

	take_off(t);
	enqueue(t);
	fill_cpu(t->cpus, cpu);
}

/* Its group's quota is used up. */
static void stop_for_group(struct cpu_thread *t)
{
	struct host_cpu *cpu = t->on;

	take_off(t);
	t->throttled = true;
	set_state(t, CPU_THREAD_RUNNABLE);
	cpu_group_stopped(t);
	fill_cpu(t->cpus, cpu);
}

static void run_end_fn(struct event *ev)
{
	struct cpu_thread *t = event_owner(ev, struct cpu_thread, run_end);
	struct host_cpus *cpus = t->cpus;

	account_run(t);
	if (cpus->bandwidth && cpu_group_tick(t)) {
		stop_for_group(t);
		return;
	}
	if (cpus->nr_runnable && cpus->engine->now - t->on->slice_start >= slice_ns(t)) {
		requeue(t);
		return;
	}
	if (t->pending) {
		start_run(t);
		return;
	}
	t->resume(t);
}

void cpu_charge_other(struct cpu_thread *t, struct ledger_account *account, enum cost_id id)
{
	struct host_cpus *cpus = t->cpus;
	bool consumes = event_pending(&t->run_end);

	if (t->state != CPU_THREAD_RUNNING)
		return;
	if (consumes) {
		event_cancel(cpus->engine, &t->run_end);
		account_run(t);
	}
	cpu_psi_delayed(t, cpus->costs->ns[id]);
	t->pending += cpus->costs->ns[id];
	account->ns[id] += cpus->costs->ns[id];
	account->count[id]++;
	if (consumes)
		start_run(t);
}

static void resume_coro(struct cpu_thread *t)
{
	coro_run(t->co);
}

/* Slices were not limited while nobody waited; now somebody does. */
static void limit_slices(struct host_cpus *cpus)
{
	unsigned int i;

	for (i = 0; i < cpus->nr_cpus; i++) {
		struct cpu_thread *t = cpus->cpu[i].curr;

		if (t && event_cancel(cpus->engine, &t->run_end)) {
			account_run(t);
			start_run(t);
		}
	}
}

/* The running thread that is furthest ahead, if by enough to be preempted by @t. */
static struct cpu_thread *find_victim(struct host_cpus *cpus, const struct cpu_thread *t)
{
	uint64_t granularity = cpus->grouped ? cpu_group_granularity(t) :
				cpus->wakeup_granularity_ns;
	struct cpu_thread *victim = NULL;
	unsigned int i;

	for (i = 0; i < cpus->nr_cpus; i++) {
		struct cpu_thread *curr = cpus->cpu[i].curr;

		if (!curr || !event_pending(&curr->run_end))
			continue;
		if (!victim || curr->vruntime > victim->vruntime)
			victim = curr;
	}
	if (victim && victim->vruntime > t->vruntime + granularity)
		return victim;
	return NULL;
}

void cpu_book_running(struct host_cpus *cpus)
{
	unsigned int i;

	for (i = 0; i < cpus->nr_cpus; i++)
		if (cpus->cpu[i].curr && event_pending(&cpus->cpu[i].curr->run_end))
			account_run(cpus->cpu[i].curr);
}

static bool may_go_to(struct cpu_thread *t, struct host_cpu *cpu)
{
	return !t->cpus->bandwidth ||
	       (cpu_group_could_run(t, cpu) && cpu_group_may_run(t, cpu));
}

/* A CPU that has nothing to do, and may do this. */
static struct host_cpu *find_idle(struct cpu_thread *t)
{
	struct host_cpus *cpus = t->cpus;
	struct host_cpu *own = &cpus->cpu[t->psi.cpu];
	unsigned int i;

	if (cpus->bandwidth && !own->curr && may_go_to(t, own))
		return own;
	for (i = 0; i < cpus->nr_cpus; i++)
		if (!cpus->cpu[i].curr && may_go_to(t, &cpus->cpu[i]))
			return &cpus->cpu[i];
	return NULL;
}

void cpu_make_ready(struct cpu_thread *t)
{
	struct host_cpus *cpus = t->cpus;
	uint64_t floor = cpus->latency_ns / 2;
	struct cpu_thread *victim;
	struct host_cpu *idle;

	/* What has run up to now is what a woken thread is compared with. */
	cpu_book_running(cpus);
	/* A sleeper gets some credit, but not for all the time it slept (place_entity()). */
	floor = cpus->min_vruntime > floor ? cpus->min_vruntime - floor : 0;
	if (t->vruntime < floor)
		t->vruntime = floor;
	idle = find_idle(t);
	if (idle) {
		put_on(t, idle);
		return;
	}
	enqueue(t);
	if (cpus->nr_runnable == 1)
		limit_slices(cpus);
	victim = find_victim(cpus, t);
	if (victim && cpus->runqueue == t && may_go_to(t, victim->on)) {
		account_run(victim);
		requeue(victim);
	}
}

static void wake_fn(struct event *ev)
{
	struct cpu_thread *t = event_owner(ev, struct cpu_thread, wake);

	cpu_make_ready(t);
}

void cpu_thread_init(struct cpu_thread *t, struct host_cpus *cpus, const char *name,
		     struct coro *co, struct ledger_account *account)
{
	memset(t, 0, sizeof(*t));
	snprintf(t->name, sizeof(t->name), "%s", name);
	t->cpus = cpus;
	t->co = co;
	t->resume = resume_coro;
	t->account = account;
	t->state = CPU_THREAD_BLOCKED;
	t->since = cpus->engine->now;
	t->vruntime = cpus->min_vruntime;
	t->wait_reason = not_started;
	event_init(&t->run_end, run_end_fn);
	event_init(&t->wake, wake_fn);
	t->all_next = cpus->all;
	cpus->all = t;
	if (co)
		co->ctx.thread = t;
}

uint64_t cpu_local_time(void)
{
	struct cpu_thread *t = coro_current->ctx.thread;

	return t->cpus->engine->now + t->pending;
}

static struct cpu_thread *running_thread(const char *what)
{
	struct cpu_thread *t = coro_current->ctx.thread;

	if (!t || coro_current == &coro_main || t->state != CPU_THREAD_RUNNING) {
		fprintf(stderr, "ballast: %s from %s, which runs on no CPU\n", what,
			coro_current->name);
		abort();
	}
	return t;
}

void cpu_sync(void)
{
	struct cpu_thread *t = running_thread("cpu_sync()");

	if (!t->pending)
		return;
	t->co = coro_current;
	start_run(t);
	coro_suspend();
}

void cpu_sync_owed(void)
{
	struct cpu_thread *t = coro_current->ctx.thread;

	if (t && coro_current != &coro_main && t->pending)
		cpu_sync();
}

void cpu_consume(struct cpu_thread *t)
{
	start_run(t);
}

void cpu_block(const char *why)
{
	struct cpu_thread *t = running_thread("cpu_block()");
	struct host_cpu *cpu;

	cpu_sync();
	if (t->wake_pending) {
		t->wake_pending = false;
		return;
	}
	cpu = t->on;
	take_off(t);
	set_state(t, CPU_THREAD_BLOCKED);
	t->wait_reason = why;
	t->co = coro_current;
	fill_cpu(t->cpus, cpu);
	coro_suspend();
}

void cpu_park(struct cpu_thread *t, const char *why)
{
	struct host_cpu *cpu = t->on;

	take_off(t);
	set_state(t, CPU_THREAD_BLOCKED);
	t->wait_reason = why;
	t->wait_forever = true;
	fill_cpu(t->cpus, cpu);
}

void cpu_stall(const char *why)
{
	struct cpu_thread *t = running_thread("cpu_stall()");
	uint64_t start;

	cpu_sync();
	start = t->cpus->engine->now;
	cpu_block(why);
	t->stalled += t->cpus->engine->now - start;
}

void cpu_wake(struct cpu_thread *t)
{
	struct engine *engine = t->cpus->engine;
	struct cpu_thread *waker = coro_current->ctx.thread;
	uint64_t at = engine->now + t->cpus->wakeup_latency_ns;

	if (waker && waker->cpus == t->cpus)
		at += waker->pending;
	switch (t->state) {
	case CPU_THREAD_BLOCKED:
		set_state(t, CPU_THREAD_WAKING);
		event_add(engine, &t->wake, at);
		break;
	case CPU_THREAD_WAKING:
		if (event_time(engine, &t->wake) > at) {
			event_cancel(engine, &t->wake);
			event_add(engine, &t->wake, at);
		}
		break;
	case CPU_THREAD_RUNNABLE:
	case CPU_THREAD_RUNNING:
		t->wake_pending = true;
		break;
	case CPU_THREAD_DEAD:
		break;
	}
}

struct sleeper {
	struct event timer;
	struct cpu_thread *thread;
};

static void sleep_fn(struct event *ev)
{
	cpu_wake(event_owner(ev, struct sleeper, timer)->thread);
}

void cpu_sleep(uint64_t ns)
{
	struct cpu_thread *t = running_thread("cpu_sleep()");
	struct sleeper sleeper = { .thread = t };
	uint64_t until;

	cpu_sync();
	until = t->cpus->engine->now + ns;
	event_init(&sleeper.timer, sleep_fn);
	event_add(t->cpus->engine, &sleeper.timer, until);
	t->wait_forever = true;		/* a timer will end it */
	while (t->cpus->engine->now < until)
		cpu_block("sleep");
	t->wait_forever = false;
}

bool cpu_interrupt(struct cpu_thread *t, uint64_t *left)
{
	if (t->state == CPU_THREAD_RUNNING && event_cancel(t->cpus->engine, &t->run_end)) {
		account_run(t);
		cpu_psi_forgiven(t);
		*left = t->pending;
		t->pending = 0;
		start_run(t);
		return true;
	}
	if (t->state == CPU_THREAD_RUNNABLE) {
		cpu_psi_forgiven(t);
		*left = t->pending;
		t->pending = 0;
		return true;
	}
	return false;
}

/* What it owes up to now is consumed, and booked; the rest has been charged too early. */
static void settle(struct cpu_thread *t)
{
	if (event_pending(&t->run_end))
		account_run(t);
	ledger_take_off(t->account, t->pending);
}

void cpu_settle(struct host_cpus *cpus)
{
	struct cpu_thread *t;

	for (t = cpus->all; t; t = t->all_next)
		settle(t);
}

static void remember(const struct cpu_thread *t)
{
	struct cpu_ended *ended = calloc(1, sizeof(*ended));

	if (!ended)
		return;
	memcpy(ended->name, t->name, sizeof(ended->name));
	ended->vm = t->vm;
	ended->ran = t->ran;
	ended->waited = t->waited;
	ended->next = t->cpus->ended;
	t->cpus->ended = ended;
}

void cpu_thread_kill(struct cpu_thread *t)
{
	struct cpu_thread **link;

	if (t->cpus->killed)
		t->cpus->killed(t);
	settle(t);
	cpu_psi_forgiven(t);
	t->pending = 0;
	if (t->throttled) {
		cpu_group_forget(t);
	} else if (t->state == CPU_THREAD_RUNNABLE) {
		cpu_unqueue(t);
	} else if (t->state == CPU_THREAD_RUNNING) {
		struct host_cpu *cpu = t->on;

		take_off(t);
		fill_cpu(t->cpus, cpu);
	}
	event_cancel(t->cpus->engine, &t->wake);
	set_state(t, CPU_THREAD_DEAD);
	remember(t);
	for (link = &t->cpus->all; *link; link = &(*link)->all_next) {
		if (*link == t) {
			*link = t->all_next;
			break;
		}
	}
}

unsigned int cpu_report_blocked(const struct host_cpus *cpus, uint64_t longer_ns, char *buf,
				unsigned int size)
{
	const struct cpu_thread *t;
	unsigned int nr = 0, used = 0;

	if (size)
		buf[0] = '\0';
	for (t = cpus->all; t; t = t->all_next) {
		uint64_t ns = cpus->engine->now - t->since;

		if (t->state != CPU_THREAD_BLOCKED || t->wait_forever || ns < longer_ns ||
		    t->wait_reason == not_started)
			continue;
		nr++;
		if (used < size)
			used += snprintf(buf + used, size - used,
					 "%s%s waits for %llu.%03llu s: %s",
					 nr > 1 ? "; " : "", t->name,
					 (unsigned long long)(ns / NSEC_PER_SEC_U64),
					 (unsigned long long)(ns / NSEC_PER_MSEC_U64 % 1000),
					 t->wait_reason);
	}
	return nr;
}

void cpu_exit_current(void)
{
	struct cpu_thread *t = running_thread("cpu_exit_current()");

	cpu_thread_kill(t);
	coro_suspend();
	abort();	/* nobody resumes a dead thread */
}
