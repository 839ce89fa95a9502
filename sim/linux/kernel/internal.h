/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kernel/ and virtio/ keep for one kernel, and how the machine under it is driven.
 *
 * A vCPU is a host thread whose resume() decides whose coroutine goes on: the interrupt task
 * when there is something to deliver, the current task otherwise.  Tasks are preempted only
 * where owed time passes: that is where others could have run.
 */
#ifndef BALLAST_LINUX_KERNEL_INTERNAL_H
#define BALLAST_LINUX_KERNEL_INTERNAL_H

#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "cpu.h"
#include "engine.h"
#include "kernel.h"
#include "kvm.h"
#include "random.h"

/* Code runs in the name of this kernel until kernel_leave(), with what was before. */
static inline struct coro_context kernel_enter(struct kernel *kernel)
{
	struct coro_context old = coro_current->ctx;

	coro_current->ctx.kernel = kernel;
	coro_current->ctx.vmm = kernel->vm ? kernel->vm->vmm : NULL;
	return old;
}

static inline void kernel_leave(struct coro_context old)
{
	coro_current->ctx = old;
}

/* The kernel's own stream for one @use. */
static inline void kernel_random(const struct kernel *kernel, struct random_stream *rs,
				 const char *use)
{
	char name[96];

	snprintf(name, sizeof(name), "%s/%s", use, kernel->name);
	random_init(rs, kernel->seed, name);
}

struct vcpu {
	struct kernel *kernel;
	struct cpu_thread *thread;
	unsigned int id;
	struct task_struct *curr;	/* NULL between two tasks */
	struct task_struct idle, irq;	/* have coroutines of their own */
	bool halted;
	bool woken;			/* halted still, but a task is on its way to it */
	bool stopped;			/* halted by the host, for a page (async_pf.c) */
	u64 stopped_since;		/* ns, as far as it is not in the books yet */
	bool irq_pending;
	bool irq_active;
	bool need_resched;
	bool parked;			/* since the VM is paused */
	struct page *lazy_pgd;		/* of a process that is gone (kernel/fork.c) */
	u64 curr_since;			/* thread->ran when curr was put on */
};

struct workqueue_struct;
struct module_image;
struct vring_impl;
struct vring_virtqueue;
struct virtio_bus_impl;

#define KERNEL_BUSES 4

/* Limit of lines per place that printk_ratelimited() lets through. */
struct ratelimit {
	char *file;			/* a copy: the module that it is of may go, and come */
	int line, printed;
	u64 begin;
	struct ratelimit *next;
};

struct sched_state {
	struct kernel *kernel;
	struct vcpu *vcpus;
	unsigned int nr_vcpus;
	struct list_head runqueue;	/* by vruntime */
	unsigned int nr_queued;
	u64 min_vruntime;
	unsigned int factor;		/* of the scheduler's tunables */
	struct event tick;		/* slices end while more tasks run than there are vCPUs */
	struct list_head tasks;
	int last_pid;
	struct list_head expired_timers;
	struct list_head held_timers;	/* came due while the VM was paused */
	struct list_head dead_tasks;
	struct event reap;		/* without init (unit tests) */
	struct task_struct *init;
	unsigned int rcu_readers;
	unsigned long nr_switches;

	struct list_head workqueues;
	struct workqueue_struct *system_wqs[4];

	struct list_head virtio_devices, virtio_drivers;
	int nr_virtio;
	const struct virtio_bus_impl *virtio_bus;
	const struct vring_impl *vring;
	struct list_head queues;
	struct vring_virtqueue *model_queues;

	/* driver_core.c: of images that are buses */
	struct list_head core_devices, core_drivers;
	const struct bus_type *buses[KERNEL_BUSES];

	struct list_head modules;
	struct ratelimit *ratelimits;
	unsigned long nr_warnings;	/* WARN, BUG, sleeping in atomic context */
	char first_warning[600];
	bool dead;			/* kernel_die() */
};

/* sched.c */
int sched_init(struct kernel *kernel);
void sched_destroy(struct kernel *kernel);
/* The process that buries the dead; -ENOMEM. */
int sched_run_init(struct kernel *kernel);
/* Boot: have the vCPUs run; tasks that were created before start now. */
void sched_start(struct kernel *kernel);
struct task_struct *sched_create_task(struct kernel *kernel, const char *comm,
				      int (*fn)(void *data), void *data, unsigned int flags);
/* No vCPU but the calling one runs again. */
void sched_stop(struct kernel *kernel);
/* It looks for what is to be done: interrupts, or another task. */
void vcpu_interrupt(struct vcpu *v);
/* pause.c: the thread of a vCPU is to go on; true: it is not, since the VM is paused. */
bool vcpu_parks(struct vcpu *v);
/* An interrupt is to be served, or another task has its turn, before the current one goes on. */
bool vcpu_has_work(const struct vcpu *v);
/* It is not halted by the host any more. */
void vcpu_goes_on(struct vcpu *v);
/* Interrupt vCPU @cpu; from an event or from any coroutine. */
void sched_raise_irq(struct kernel *kernel, unsigned int cpu);
/* Sleep without the coarseness of jiffies. */
void sched_sleep_ns(u64 ns);
/* Returns its exit code. */
int sched_wait_task_exit(struct task_struct *task);
/* End the running task from wherever it is; what its stack owns must be owned by somebody else. */
void __noreturn do_exit(long code);

/* async_pf.c */
enum kvm_cpu_mode async_pf_mode(struct kvm_vm *vm, const char **task);
void async_pf_not_present(struct kvm_vm *vm, struct kvm_sleeper *sleeper);
void async_pf_halt(struct kvm_vm *vm);
/* In an interrupt: wake who has waited for pages that are there now. */
void async_pf_deliver(struct vcpu *v);

/* host_task.c: tasks of the host's kernel, each of which is a host thread */
void host_task_init(struct task_struct *task);
void host_task_free(struct task_struct *task);
void host_task_schedule(struct task_struct *task);
void host_task_wake(struct task_struct *task);

/* hung_task.c */
/* Tasks that have waited without a timeout for @longer_ns at least; returns how many. */
unsigned int sched_report_blocked(struct kernel *kernel, u64 longer_ns, char *buf,
				  unsigned int size);

static inline bool task_may_run_on(const struct task_struct *task, const struct vcpu *v)
{
	return !task->bound || task->bound == v;
}

/* Which CPU the running code is on. */
static inline unsigned int this_cpu_id(void)
{
	const struct task_struct *task = current;

	return task && task->vcpu ? task->vcpu->id : 0;
}

/* fair.c */
void fair_enqueue(struct task_struct *task);
/* Of the tasks that may run on @v. */
bool fair_has_task(const struct vcpu *v);
struct task_struct *fair_dequeue_first(struct vcpu *v);
/* The vCPU's task has run until now. */
void fair_book(struct vcpu *v);
/* Give a task that wakes up, or is new, its virtual run time. */
void fair_place(struct sched_state *sched, struct task_struct *task);
bool fair_slice_ended(const struct vcpu *v);
/* A task has woken up: an idle vCPU takes it, or one whose task it preempts is interrupted. */
void fair_send(struct task_struct *task);

/* timer.c */
/* When the next jiffy begins, in engine time. */
u64 next_jiffy_time(const struct kernel *kernel);
void timer_run_expired(struct kernel *kernel);
void timers_destroy(struct kernel *kernel);
/* All of them, wherever they are: nothing of the kernel happens any more. */
void timers_cancel(struct kernel *kernel);
/* All that are armed are due so much later, those that came due in a pause included. */
void timers_delay(struct kernel *kernel, u64 ns);
/* All armed timers; @work: what a delayed work item would run, NULL: it is not one's. */
void timers_visit(struct kernel *kernel,
		  void (*fn)(void *opaque, const struct timer_list *timer, work_func_t work),
		  void *opaque);

/* workqueue.c */
int workqueue_init(struct kernel *kernel);
void workqueue_destroy_all(struct kernel *kernel);
/* The work function behind the timer of a delayed work item; NULL: it is another timer. */
work_func_t delayed_work_func(const struct timer_list *timer);
/* All work that is queued or runs, and all queues with whoever made them. */
void workqueues_visit(struct kernel *kernel,
		      void (*work)(void *opaque, work_func_t func, const char *what),
		      void (*queue)(void *opaque, const void *creator, const char *name),
		      void *opaque);

/* printk.c */
void printk_destroy(struct kernel *kernel);
/* Panic: no vCPU runs again but the calling one, which has to end itself. */
void kernel_die(struct kernel *kernel, const char *text, bool bug);
void __might_sleep(const char *file, int line);

/* driver_core.c */
void driver_core_init(struct kernel *kernel);
/* The driver has not taken the device: says so. */
void driver_probe_failed(struct device *dev, const struct device_driver *drv, int error);

/* virtio/virtio_bus.c */
void virtio_bus_init(struct kernel *kernel);
/* Devices of the VM are found and bound to drivers, now and when drivers come. */
int virtio_scan_bus(struct kernel *kernel);
void virtio_bus_destroy(struct kernel *kernel);
/* Who drives the device: NULL: nobody, and *@probe_error may say why. */
const char *virtio_driver_of(const struct kvm_virtio *hw, int *probe_error);
/* Queues with requests that wait for somebody, in words; returns how many. */
unsigned int virtio_report_queues(struct kernel *kernel, char *buf, unsigned int size);
void virtio_device_interrupt(struct kvm_virtio *hw, int vector);

#endif
