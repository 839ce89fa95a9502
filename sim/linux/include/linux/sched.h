/* SPDX-License-Identifier: GPL-2.0-only */
/* model: tasks; see kernel/sched.c. */
#ifndef _LINUX_SCHED_H
#define _LINUX_SCHED_H

#include <asm/processor.h>
#include <linux/list.h>
#include <linux/preempt.h>
#include <linux/types.h>

#define TASK_RUNNING 0x0
#define TASK_INTERRUPTIBLE 0x1
#define TASK_UNINTERRUPTIBLE 0x2
#define TASK_DEAD 0x80
#define TASK_IDLE (TASK_UNINTERRUPTIBLE | 0x400)
#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)
#define TASK_COMM_LEN 16
#define MAX_SCHEDULE_TIMEOUT ((long)(~0UL >> 1))

/* Same numbers as the real flags. */
#define PF_EXITING 0x00000004
#define PF_MEMALLOC 0x00000800
#define PF_KSWAPD 0x00020000
#define PF_KTHREAD 0x00200000

struct mm_struct;
struct coro;
struct cpu_thread;
struct vcpu;
struct call_site;
struct kernel;
struct reclaim_state;
struct mutex;

#define TASK_STACK_PAGES 4	/* THREAD_SIZE of 16 KiB */

struct task_struct {
	struct list_head run_node;	/* run queue */
	struct list_head tasks;		/* all tasks of the kernel */
	struct coro *co;
	struct kernel *kernel;
	struct vcpu *vcpu;		/* where it runs or ran last */
	struct vcpu *bound;		/* the only one where it may run; NULL: any */
	struct cpu_thread *thread;	/* of the host's kernel: its own; NULL: a guest's task */
	bool blocked;			/* its thread waits for a wake-up */
	const struct call_site *asked_by;	/* code of a guest whose request it serves */
	u64 zapped;			/* bytes that it has zapped for that */
	unsigned int __state;
	unsigned int flags;
	bool on_rq;
	bool on_cpu;			/* some vCPU has it as current */
	int pid;
	char comm[TASK_COMM_LEN];
	u64 vruntime;			/* ns of vCPU time, moved up after a sleep */
	u64 slice_used;			/* ns since it was put on a vCPU */
	bool placed;			/* has been on the run queue before */
	u64 sum_exec_runtime;		/* ns of vCPU time */
	u64 left;			/* ns still owed from when it was preempted */
	u64 start_time, exit_time;	/* ns */
	u64 blocked_since;		/* ns, while it sleeps */
	const char *wait_reason;	/* for the reports of who waits */
	const char *wait_func, *wait_file; /* where wait_event() stands; NULL: not in one */
	int wait_line;
	u64 wait_since;			/* ns, of the whole wait; 0: not in one */
	struct mutex *wait_mutex;	/* that it waits for */
	bool wait_page;			/* asleep until the host has a page */
	bool fault_in_kernel;		/* its vCPU is halted in the middle of the kernel's code */
	bool wait_timed;		/* a timer will end the wait */
	bool wait_expected;		/* idle by nature: worker without work, kswapd */
	struct mm_struct *mm;		/* NULL: kernel thread */
	struct reclaim_state *reclaim_state;
	unsigned long min_flt, maj_flt;
	bool oom_victim;		/* killed: exits at the next chance */
	bool is_command;		/* of a kernel's task: really a process, such as rmmod */
	int (*threadfn)(void *data);
	void *data;
	bool should_stop;		/* kthread_stop() was called */
	int exit_code;
	struct list_head exit_waiters;	/* struct task_exit_waiter */
	/* What it takes of guest memory (kernel/fork.c). */
	void *object[5];
	struct page *stack_page[TASK_STACK_PAGES];
	void (*reaped)(struct task_struct *task);	/* its parent knows; NULL: nobody asks */
	void *program;			/* of a user task; owned by whoever made it */
};

#define current (coro_current->ctx.task)

#define set_current_state(state) ((void)(current->__state = (state)))
#define __set_current_state(state) set_current_state(state)
#define signal_pending(task) ((task)->oom_victim)
#define fatal_signal_pending(task) ((task)->oom_victim)

void schedule(void);
long schedule_timeout(long timeout);	/* jiffies */
long schedule_timeout_uninterruptible(long timeout);
long schedule_timeout_interruptible(long timeout);
int wake_up_process(struct task_struct *task);
void cond_resched(void);
void yield(void);
void io_schedule(void);

static inline bool need_resched(void)
{
	return false;	/* preemption happens when owed time passes, not by polling */
}

#endif
