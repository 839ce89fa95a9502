// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks on vCPUs.
 *
 * Models kernel/sched of Linux 6.1 as far as a driver or a program can tell: the runnable task
 * with the least virtual run time goes first, a tick ends a turn that was long enough while others
 * wait, a woken task takes an idle vCPU or preempts one that is ahead (voluntary preemption: not
 * while it holds a spinlock). One queue for all vCPUs stands for perfect balancing; a kernel thread
 * may be bound to one of them.  Left out: priorities, groups, real-time classes, other affinity.
 */
#include "internal.h"

#include <linux/bug.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/timer.h>

#include "fork.h"
#include "hostmem.h"

#define TASK_STACK (64 * 1024)

struct task_exit_waiter {
	struct list_head entry;
	struct task_struct *task;
	int exit_code;		/* the task may be gone when the waiter runs */
	bool done;
};

static struct vcpu *vcpu_of(struct cpu_thread *thread)
{
	struct sched_state *sched = thread->vm->kernel->sched;
	unsigned int i;

	for (i = 0; i < sched->nr_vcpus; i++)
		if (sched->vcpus[i].thread == thread)
			return &sched->vcpus[i];
	return NULL;
}

static struct ledger_account *guest_account(struct kernel *kernel)
{
	return &kernel->vm->account[ACCOUNT_GUEST];
}

static void put_curr(struct vcpu *v)
{
	fair_book(v);
	v->curr->on_cpu = false;
	v->curr = NULL;
}

/* Deciding whose coroutine goes on */

static bool may_interrupt(const struct vcpu *v)
{
	const struct task_struct *curr = v->curr;

	return v->thread->account == guest_account(v->kernel) &&
	       (!curr || !curr->co->ctx.irqs_off);
}

static bool may_preempt(const struct vcpu *v)
{
	return may_interrupt(v) && v->curr != &v->idle && !v->curr->co->ctx.preempt &&
	       !v->curr->fault_in_kernel;
}

static bool must_switch(const struct vcpu *v)
{
	return v->curr && v->need_resched && may_preempt(v) && fair_has_task(v);
}

bool vcpu_has_work(const struct vcpu *v)
{
	return v->irq_pending || must_switch(v);
}

void vcpu_goes_on(struct vcpu *v)
{
	fair_book(v);
	v->stopped = false;
}

static void pick_next(struct vcpu *v)
{
	struct sched_state *sched = v->kernel->sched;
	struct task_struct *next = fair_dequeue_first(v);

	v->need_resched = false;
	v->curr = next ? next : &v->idle;
	v->curr->on_cpu = true;
	v->curr->vcpu = v;
	v->curr->co->ctx.thread = v->thread;
	v->curr_since = cpu_ran(v->thread);
	if (next) {
		uint64_t ns = v->thread->cpus->costs->ns[COST_GUEST_SWITCH];

		sched->nr_switches++;
		v->thread->pending += ns;
		v->thread->account->ns[COST_GUEST_SWITCH] += ns;
		v->thread->account->count[COST_GUEST_SWITCH]++;
	}
}

static void run_irq(struct vcpu *v)
{
	v->irq_active = true;
	v->irq_pending = false;
	coro_run(v->irq.co);
}

static void vcpu_resume(struct cpu_thread *thread)
{
	struct vcpu *v = vcpu_of(thread);

	if (vcpu_parks(v))
		return;
	if (v->stopped)
		vcpu_goes_on(v);
	if (v->irq_active) {
		coro_run(v->irq.co);
		return;
	}
	if (v->irq_pending && may_interrupt(v)) {
		run_irq(v);
		return;
	}
	if (must_switch(v)) {
		struct task_struct *prev = v->curr;

		put_curr(v);
		fair_enqueue(prev);
	}
	if (!v->curr)
		pick_next(v);
	if (v->curr->left || thread->pending) {
		thread->pending += v->curr->left;
		v->curr->left = 0;
		cpu_consume(thread);
		return;
	}
	coro_run(v->curr->co);
}

/* Have the vCPU look again as soon as it can: for an interrupt or another task. */
void vcpu_interrupt(struct vcpu *v)
{
	uint64_t left;

	if (v->kernel->vm->paused)
		return;
	if (v->halted || v->stopped) {
		cpu_wake(v->thread);
		return;
	}
	if (v->irq_active || !may_interrupt(v) || !v->curr)
		return;
	if (cpu_interrupt(v->thread, &left))
		v->curr->left += left;
}

void sched_raise_irq(struct kernel *kernel, unsigned int cpu)
{
	struct vcpu *v = &kernel->sched->vcpus[cpu];

	if (kernel->sched->dead)
		return;
	v->irq_pending = true;
	vcpu_interrupt(v);
}

void __local_irq_enabled(void)
{
	struct task_struct *task = current;

	/* What came meanwhile is delivered as soon as owed time passes; make that now. */
	if (task && task->vcpu && task->vcpu->irq_pending && coro_current->ctx.thread &&
	    task != &task->vcpu->irq && coro_current->ctx.thread->pending)
		cpu_sync();
}

static void tick_fn(struct event *ev)
{
	struct sched_state *sched = container_of(ev, struct sched_state, tick);
	struct kernel *kernel = sched->kernel;
	unsigned int i;

	if (sched->dead || list_empty(&sched->runqueue))
		return;
	for (i = 0; i < sched->nr_vcpus; i++) {
		struct vcpu *v = &sched->vcpus[i];

		vcpu_interrupt(v);
		if (!v->curr || v->curr == &v->idle)
			continue;
		fair_book(v);
		v->need_resched = v->need_resched || fair_slice_ended(v);
	}
	event_add(kernel->engine, ev, next_jiffy_time(kernel));
}

/* Interrupts */

static void deliver_device_irqs(struct kernel *kernel)
{
	struct kvm_virtio *hw;

	for (hw = kernel->vm->devices; hw; hw = hw->next) {
		while (hw->irq_pending && hw->interrupt) {
			int bit = __builtin_ctz(hw->irq_pending);

			hw->irq_pending &= ~(1u << bit);
			charge(COST_GUEST_IRQ, 1);
			coro_current->ctx.cause = 0;
			hw->interrupt(hw, bit - 1);
		}
	}
}

/* The interrupt task ends its turn; the vCPU goes on with whatever it is to do. */
static void irq_main(void *arg)
{
	struct vcpu *v = arg;

	for (;;) {
		timer_run_expired(v->kernel);
		deliver_device_irqs(v->kernel);
		async_pf_deliver(v);
		if (v->thread->pending)
			cpu_sync();
		v->irq_active = false;
		cpu_consume(v->thread);
		coro_suspend();
	}
}

static void vm_irq(struct kvm_vm *vm, struct kvm_virtio *dev)
{
	sched_raise_irq(vm->kernel, 0);
}

static void vm_gone(struct kvm_vm *vm)
{
	timers_cancel(vm->kernel);
}

static void vm_page_ready(struct kvm_vm *vm, unsigned int vcpu)
{
	sched_raise_irq(vm->kernel, vcpu);
}

static const struct kvm_guest_ops guest_ops = {
	.mode = async_pf_mode, .page_not_present = async_pf_not_present, .halt = async_pf_halt,
	.page_ready = vm_page_ready, .irq = vm_irq, .gone = vm_gone,
};

/* Nothing to run: halt until there is. */
static void idle_main(void *arg)
{
	struct vcpu *v = arg;

	for (;;) {
		if (!v->irq_pending && !fair_has_task(v)) {
			struct ledger_account *old =
				account_switch(&v->kernel->vm->account[ACCOUNT_EXIT]);

			charge(COST_HALT_EXIT, 1);
			v->kernel->vm->exits[KVM_EXIT_HLT]++;
			account_switch(old);
			v->halted = true;
			v->woken = false;
			v->thread->wait_forever = true;
			cpu_block("idle");
			v->thread->wait_forever = false;
			v->halted = false;
		}
		put_curr(v);
		cpu_consume(v->thread);
		coro_suspend();
	}
}

/* Sleeping and waking */

void schedule(void)
{
	struct task_struct *task = current;
	struct vcpu *v = task->vcpu;

	if (in_atomic())
		__might_sleep("schedule", 0);
	if (task->thread) {
		host_task_schedule(task);
		return;
	}
	if (coro_current->ctx.thread->pending)
		cpu_sync();
	v = task->vcpu;
	if (task->__state == TASK_RUNNING && task->on_cpu && !fair_has_task(v) &&
	    task_may_run_on(task, v))
		return;
	put_curr(v);
	if (task->__state == TASK_RUNNING)
		fair_enqueue(task);
	else
		task->blocked_since = kernel_clock(task->kernel);
	cpu_consume(v->thread);
	coro_suspend();
	finish_task_switch(task);
}

void io_schedule(void)
{
	schedule();
}

void yield(void)
{
	schedule();
}

void cond_resched(void)
{
	if (current && coro_current->ctx.thread && coro_current->ctx.thread->pending)
		cpu_sync();
}

int wake_up_process(struct task_struct *task)
{
	if (task->__state == TASK_RUNNING || task->__state == TASK_DEAD ||
	    task->kernel->sched->dead)
		return 0;
	task->__state = TASK_RUNNING;
	task->wait_timed = false;
	if (task->thread) {
		host_task_wake(task);
		return 1;
	}
	if (task->on_rq || task->on_cpu)
		return 1;	/* about to sleep, and will not */
	fair_place(task->kernel->sched, task);
	fair_enqueue(task);
	if (task->kernel->sched->vcpus)
		fair_send(task);
	return 1;
}

/* Birth and death of tasks */

static void task_free(struct task_struct *task)
{
	list_del(&task->tasks);
	coro_destroy(task->co);
	if (task->thread)
		host_task_free(task);
	host_free(task);
}

/* wait4() of the parent, release_task(). */
static void bury(struct task_struct *task)
{
	list_del_init(&task->run_node);
	if (!task->thread)
		task_memory_free(task);
	if (task->reaped)
		task->reaped(task);
	task_free(task);
}

static void reap_fn(struct event *ev)
{
	struct sched_state *sched = container_of(ev, struct sched_state, reap);
	struct coro_context old = kernel_enter(sched->kernel);
	struct task_struct *task, *next;

	list_for_each_entry_safe(task, next, &sched->dead_tasks, run_node)
		bury(task);
	kernel_leave(old);
}

/*
 * The process from which all others come: SIGCHLD wakes it where its child has died, and with
 * that switch to another address space the child's page tables go (finish_task_switch()).
 */
static int init_main(void *data)
{
	struct sched_state *sched = data;

	for (;;) {
		struct task_struct *task;

		while (!list_empty(&sched->dead_tasks)) {
			task = list_first_entry(&sched->dead_tasks, struct task_struct, run_node);
			bury(task);
		}
		current->wait_expected = true;
		current->wait_reason = "its children";
		set_current_state(TASK_INTERRUPTIBLE);
		schedule();
	}
	return 0;
}

int sched_run_init(struct kernel *kernel)
{
	struct sched_state *sched = kernel->sched;

	sched->init = sched_create_task(kernel, "init", init_main, sched, 0);
	if (!sched->init)
		return -ENOMEM;
	sched->init->wait_expected = true;	/* for its first child to die */
	return 0;
}

/* In the dying task, which makes room on its vCPU at once. */
static void wake_init(struct sched_state *sched)
{
	struct task_struct *init = sched->init;

	if (init->__state == TASK_RUNNING)
		return;
	init->__state = TASK_RUNNING;
	if (init->on_rq || init->on_cpu)
		return;
	init->vcpu = current->vcpu;
	fair_place(sched, init);
	fair_enqueue(init);
}

static void task_exit(struct task_struct *task)
{
	struct sched_state *sched = task->kernel->sched;
	struct task_exit_waiter *w, *next;

	if (coro_current->ctx.preempt || coro_current->ctx.irqs_off)
		__might_sleep("task exits in atomic context", 0);
	cpu_sync();
	task->exit_time = task->kernel->engine->now;
	list_for_each_entry_safe(w, next, &task->exit_waiters, entry) {
		list_del_init(&w->entry);
		w->exit_code = task->exit_code;
		w->done = true;
		wake_up_process(w->task);
	}
	task->__state = TASK_DEAD;
	list_add_tail(&task->run_node, &sched->dead_tasks);
	if (!task->thread)
		put_curr(task->vcpu);
	if (sched->init)
		wake_init(sched);
	else if (!event_pending(&sched->reap))
		event_add(task->kernel->engine, &sched->reap, task->kernel->engine->now);
	if (task->thread)
		cpu_exit_current();
	cpu_consume(task->vcpu->thread);
}

static void task_main(void *arg)
{
	struct task_struct *task = arg;

	if (!task->thread)
		finish_task_switch(task);
	if (!task->thread && task_memory_alloc(task)) {
		printk(KERN_WARNING "fork: no memory for %s\n", task->comm);
		task->exit_code = -ENOMEM;
		task_exit(task);
		return;
	}
	/* As kthread(): one that is stopped before it began does not begin. */
	task->exit_code = task->should_stop ? -EINTR : task->threadfn(task->data);
	task_exit(task);
}

void __noreturn do_exit(long code)
{
	current->exit_code = code;
	task_exit(current);
	for (;;)
		coro_suspend();	/* reaped from here */
}

static int task_init(struct task_struct *task, struct kernel *kernel, const char *comm,
		     coro_fn fn, void *arg)
{
	task->kernel = kernel;
	snprintf(task->comm, sizeof(task->comm), "%s", comm);
	INIT_LIST_HEAD(&task->run_node);
	INIT_LIST_HEAD(&task->exit_waiters);
	task->co = coro_create(comm, fn, arg, TASK_STACK);
	if (!task->co)
		return -ENOMEM;
	task->co->ctx = (struct coro_context){ .kernel = kernel, .task = task,
					       .vmm = kernel->vm ? kernel->vm->vmm : NULL };
	return 0;
}

struct task_struct *sched_create_task(struct kernel *kernel, const char *comm,
				      int (*fn)(void *data), void *data, unsigned int flags)
{
	struct sched_state *sched = kernel->sched;
	struct task_struct *task = host_alloc(sizeof(*task));

	if (task_init(task, kernel, comm, task_main, task)) {
		host_free(task);
		return NULL;
	}
	task->threadfn = fn;
	task->data = data;
	task->flags = flags;
	task->pid = ++sched->last_pid;
	task->__state = TASK_UNINTERRUPTIBLE;
	task->wait_reason = "start";
	task->start_time = kernel->engine->now;
	list_add_tail(&task->tasks, &sched->tasks);
	if (kernel->host)
		host_task_init(task);
	return task;
}

int sched_wait_task_exit(struct task_struct *task)
{
	struct task_exit_waiter *w;
	int code;

	if (task->__state == TASK_DEAD)
		return task->exit_code;
	w = host_alloc(sizeof(*w));
	w->task = current;
	list_add_tail(&w->entry, &task->exit_waiters);
	current->wait_expected = true;
	while (!w->done) {
		current->wait_reason = "exit of a task";
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
	}
	current->wait_expected = false;
	code = w->exit_code;
	host_free(w);
	return code;
}

/* The machine comes and goes */

static int vcpu_init(struct vcpu *v, struct kernel *kernel, unsigned int id)
{
	char comm[TASK_COMM_LEN];

	v->kernel = kernel;
	v->id = id;
	v->thread = kernel->vm->vcpus[id];
	v->thread->resume = vcpu_resume;
	snprintf(comm, sizeof(comm), "irq/%u", id);
	if (task_init(&v->irq, kernel, comm, irq_main, v))
		return -ENOMEM;
	snprintf(comm, sizeof(comm), "idle/%u", id);
	if (task_init(&v->idle, kernel, comm, idle_main, v))
		return -ENOMEM;
	v->irq.vcpu = v->idle.vcpu = v;
	v->irq.co->ctx.thread = v->idle.co->ctx.thread = v->thread;
	v->irq.co->ctx.in_irq = true;
	return 0;
}

int sched_init(struct kernel *kernel)
{
	struct sched_state *sched = host_alloc(sizeof(*sched));
	unsigned int i;

	kernel->sched = sched;
	sched->kernel = kernel;
	INIT_LIST_HEAD(&sched->runqueue);
	INIT_LIST_HEAD(&sched->tasks);
	INIT_LIST_HEAD(&sched->expired_timers);
	INIT_LIST_HEAD(&sched->held_timers);
	INIT_LIST_HEAD(&sched->dead_tasks);
	INIT_LIST_HEAD(&sched->workqueues);
	INIT_LIST_HEAD(&sched->modules);
	event_init(&sched->tick, tick_fn);
	event_init(&sched->reap, reap_fn);
	driver_core_init(kernel);
	virtio_bus_init(kernel);
	if (!kernel->vm)
		return 0;
	sched->nr_vcpus = kernel->vm->nr_vcpus;
	sched->factor = cpu_sched_factor(sched->nr_vcpus);
	sched->vcpus = host_alloc(sched->nr_vcpus * sizeof(*sched->vcpus));
	for (i = 0; i < sched->nr_vcpus; i++)
		if (vcpu_init(&sched->vcpus[i], kernel, i))
			return -ENOMEM;
	kernel->vm->kernel = kernel;
	kernel->vm->guest_ops = &guest_ops;
	return 0;
}

void sched_start(struct kernel *kernel)
{
	unsigned int i;

	for (i = 0; i < kernel->sched->nr_vcpus; i++)
		cpu_wake(kernel->sched->vcpus[i].thread);
}

void sched_stop(struct kernel *kernel)
{
	struct sched_state *sched = kernel->sched;
	unsigned int i;

	sched->dead = true;
	for (i = 0; i < sched->nr_vcpus; i++) {
		struct cpu_thread *t = sched->vcpus[i].thread;

		if (t != coro_current->ctx.thread && t->state != CPU_THREAD_DEAD)
			cpu_thread_kill(t);
	}
}

void sched_destroy(struct kernel *kernel)
{
	struct sched_state *sched = kernel->sched;
	struct task_struct *task, *next;
	unsigned int i;

	if (!sched)
		return;
	event_cancel(kernel->engine, &sched->tick);
	event_cancel(kernel->engine, &sched->reap);
	timers_destroy(kernel);
	list_for_each_entry_safe(task, next, &sched->tasks, tasks)
		task_free(task);
	for (i = 0; i < sched->nr_vcpus; i++) {
		if (sched->vcpus[i].irq.co)
			coro_destroy(sched->vcpus[i].irq.co);
		if (sched->vcpus[i].idle.co)
			coro_destroy(sched->vcpus[i].idle.co);
	}
	workqueue_destroy_all(kernel);
	virtio_bus_destroy(kernel);
	printk_destroy(kernel);
	host_free(sched->vcpus);
	host_free(sched);
	kernel->sched = NULL;
}
