/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's CPUs and their fair scheduler.
 *
 * A host thread (vCPU, VMM thread, host kernel thread) is what competes for CPUs.  Threads run
 * code in no time; the time they owe for it (charge()) is consumed when something could observe
 * it: cpu_sync() before a wake-up or notification, cpu_block(), the end of a quantum.
 *
 * Model: like CFS of Linux 6.1 (kernel/sched/fair.c): the runnable thread with the least virtual
 * run time goes first, slices are sched_latency / nr_running with a minimum granularity, a woken
 * thread preempts when it is behind by more than the wake-up granularity.  Weights are equal, but
 * for groups that have some, and groups may have quotas (cpu_group.h).
 * Left out: per-CPU run queues and balancing (one queue is what perfect balancing gives), NUMA,
 * SMT and frequency.
 */
#ifndef BALLAST_HOST_CPU_H
#define BALLAST_HOST_CPU_H

#include "bandwidth.h"
#include "cost.h"
#include "engine.h"
#include "coro.h"
#include "psi.h"

struct cpu_thread;
struct kvm_vm;

struct host_cpu {
	struct cpu_thread *curr;	/* NULL: idle */
	uint64_t slice_start;		/* ns, when curr was put on this CPU */
	unsigned int nr_queued;		/* RUNNABLE threads counted here (cpu_psi.h) */
};

/* A thread that is gone, for the books. */
struct cpu_ended {
	char name[32];
	struct kvm_vm *vm;
	uint64_t ran, waited;
	struct cpu_ended *next;
};

struct host_cpus {
	struct engine *engine;
	const struct cost_table *costs;
	struct memory_bandwidth memory;
	struct host_cpu *cpu;
	unsigned int nr_cpus;
	struct cpu_thread *runqueue;	/* sorted by (vruntime, arrival), head first */
	unsigned int nr_runnable;	/* waiting, without the running ones */
	uint64_t min_vruntime;
	uint64_t arrivals;
	uint64_t latency_ns, granularity_ns, wakeup_granularity_ns, wakeup_latency_ns;
	struct cpu_thread *all;		/* every thread, newest first; for the deadlock report */
	struct cpu_ended *ended;	/* newest first */
	struct psi psi;
	/* See cpu_group.h. */
	bool grouped, bandwidth;	/* some have weights or quotas; quotas */
	uint64_t load;			/* shares of what is runnable, groups as wholes */
	struct cpu_thread *throttled;	/* RUNNABLE, but for their group; oldest first */
	void (*killed)(struct cpu_thread *t);	/* it will not run on; NULL: nobody asks */
	void *opaque;
};

/*
 * Memory stalls of a thread (cpu_psi.h): when it has run for so long, they begin or end in turn.
 * More than these within what a thread owes at a time become one.
 */
#define CPU_STALL_TOGGLES 32

struct cpu_stalls {
	bool in_memstall;		/* the code that runs now */
	bool stalled;			/* up to what has passed */
	bool in_iowait;			/* if it blocks, it is for I/O (task_struct.in_iowait) */
	unsigned int nr;
	uint64_t toggle[CPU_STALL_TOGGLES];	/* ns of cpu_thread.ran */
};

enum cpu_thread_state { CPU_THREAD_BLOCKED, CPU_THREAD_WAKING, CPU_THREAD_RUNNABLE,
			CPU_THREAD_RUNNING, CPU_THREAD_DEAD };

struct cpu_thread {
	char name[32];
	struct host_cpus *cpus;
	struct host_cpu *on;		/* while RUNNING */
	enum cpu_thread_state state;
	struct coro *co;		/* who continues when owed time is consumed */
	/* Called instead of coro_run(co) when the thread continues; a vCPU picks what runs. */
	void (*resume)(struct cpu_thread *t);
	struct ledger_account *account;	/* charged by charge() */
	struct event run_end;		/* owed time consumed, or end of the slice */
	struct event wake;		/* waker's time reached, and end of the wake-up latency */
	uint64_t pending;		/* ns charged but not yet consumed */
	uint64_t vruntime, arrival;
	uint64_t run_start;		/* ns, while pending time is being consumed */
	uint64_t ran;			/* ns of CPU time consumed since creation */
	uint64_t waited;		/* ns runnable without a CPU */
	uint64_t switches;		/* how often it was given one */
	uint64_t stalled;		/* ns blocked where it did not choose to: swap, reclaim */
	uint64_t since;			/* ns, of the last change of state */
	bool wake_pending;		/* cpu_wake() came while not blocked */
	bool throttled;			/* RUNNABLE: it waits for its group, in no run queue */
	struct cpu_thread *next;	/* run queue */
	const char *wait_reason;	/* while BLOCKED, for the deadlock report */
	bool wait_forever;		/* BLOCKED as a matter of course (idle loop) */
	struct cpu_thread *all_next;
	struct kvm_vm *vm;		/* the VM that it belongs to, NULL: the host kernel's */
	struct psi_task psi;
	struct cpu_stalls stalls;
};

/* Charge @n occurrences of a cost to the running thread.  No thread (boot, replay): free. */
static inline void charge(enum cost_id id, uint64_t n)
{
	struct cpu_thread *t = coro_current->ctx.thread;

	if (t) {
		uint64_t ns = n * t->cpus->costs->ns[id];

		t->pending += ns;
		t->account->ns[id] += ns;
		t->account->count[id] += n;
		if (memory_bytes(id) && t->cpus->memory.mb_per_s)
			memory_bandwidth_share(&t->cpus->memory, t, id, n, ns);
	}
}

/* Charge @ns of a ledger line without a unit cost. */
static inline void charge_ns(enum ledger_extra line, uint64_t ns)
{
	struct cpu_thread *t = coro_current->ctx.thread;

	if (t) {
		t->pending += ns;
		t->account->ns[line] += ns;
		t->account->count[line]++;
	}
}

/* Have code run in the name of another account; returns the one to put back. */
static inline struct ledger_account *account_switch(struct ledger_account *account)
{
	struct cpu_thread *t = coro_current->ctx.thread;
	struct ledger_account *old;

	if (!t)
		return account;
	old = t->account;
	t->account = account;
	return old;
}

/*
 * What the scheduler's tunables are multiplied with on @nr_cpus: 1 + ilog2(nr_cpus), at most 4
 * (kernel/sched/fair.c, get_update_sysctl_factor()).
 */
unsigned int cpu_sched_factor(unsigned int nr_cpus);
/*
 * Charge one occurrence to another thread, which is interrupted for it: its time, and what it owes
 * already, are late by that.  Nothing if it has no CPU.
 */
void cpu_charge_other(struct cpu_thread *t, struct ledger_account *account, enum cost_id id);

int host_cpus_init(struct host_cpus *cpus, struct engine *engine, const struct cost_table *costs,
		   unsigned int nr_cpus);
void host_cpus_destroy(struct host_cpus *cpus);

/* A new thread is BLOCKED; @co may be NULL when @resume is set later. */
void cpu_thread_init(struct cpu_thread *t, struct host_cpus *cpus, const char *name,
		     struct coro *co, struct ledger_account *account);

/* From the thread's own coroutine: let all owed time pass.  Others may run meanwhile. */
void cpu_sync(void);
/* The same from whatever code runs: nothing where it owes no time. */
void cpu_sync_owed(void);
/* CPU time that it has consumed up to now; ns. */
uint64_t cpu_ran(const struct cpu_thread *t);
/* What the thread owes still; ns. */
uint64_t cpu_owed(const struct cpu_thread *t);
/* Owed time of the running thread that has not passed yet: its clock is now + this. */
uint64_t cpu_local_time(void);
/* From the thread's own coroutine: sync, then wait for cpu_wake().  @why must outlive the wait. */
void cpu_block(const char *why);
/* The same for what nobody chooses to wait for (swap-in, reclaim): counts as stalled. */
void cpu_stall(const char *why);
/*
 * Wake; a wake-up that comes before the block is remembered (like a token).  From a thread it takes
 * effect when that thread's owed time has passed.
 */
void cpu_wake(struct cpu_thread *t);
/* From the thread's own coroutine: sleep for @ns at least. */
void cpu_sleep(uint64_t ns);
/*
 * Take what a thread still owes back into *@left, so that its resume() can run something else
 * first.  Returns false when it owes nothing or is blocked.  Not for the thread that runs code.
 */
bool cpu_interrupt(struct cpu_thread *t, uint64_t *left);
/*
 * For a resume() of one's own: the running thread continues, through resume() again, when what it
 * owes (perhaps nothing) has passed.
 */
void cpu_consume(struct cpu_thread *t);
/* For a resume() of one's own: the running thread blocks instead, until cpu_wake(). */
void cpu_park(struct cpu_thread *t, const char *why);
/*
 * The books are closed: what has been consumed up to now counts as run, and what is owed still goes
 * off the ledger.  Then the accounts together are what all threads ran, those that ended included.
 */
void cpu_settle(struct host_cpus *cpus);
/* Thread goes away for good; its coroutine, if suspended, is abandoned.  Not from itself. */
void cpu_thread_kill(struct cpu_thread *t);
/* End the calling thread for good; its coroutine is abandoned.  Does not return. */
void __attribute__((noreturn)) cpu_exit_current(void);
/*
 * Print threads that have waited without a timeout for @longer_ns at least to @buf
 * (NUL-terminated); returns how many.
 */
unsigned int cpu_report_blocked(const struct host_cpus *cpus, uint64_t longer_ns, char *buf,
				unsigned int size);

/*
 * Time that a lock between CPUs is held.  Code runs in no time, so a lock is hardly ever found
 * taken; what it costs is that the times of its holders do not overlap.  CPUs are ahead of the
 * engine's clock by what they owe, each by another amount, so those who hold a lock come in another
 * order than their times.  Therefore remembered are the spans in which the lock was held, as far as
 * somebody's clock can still be within one; who unlocks spins for those that lie in its own way,
 * and not for a span that begins after it is done.  (Work conserving: spans never overlap, and
 * nobody waits for a lock that is free.)  With more than LOCK_SPANS in the future the earliest is
 * forgotten, which is a wait too short.
 */
#define LOCK_SPANS 16

struct cpu_lock_times {
	uint32_t nr;
	struct {
		uint64_t from, to;
	} span[LOCK_SPANS];	/* by time, disjoint */
};

/* Local time at which the lock is taken, for cpu_lock_end(); without a thread 0. */
static inline uint64_t cpu_lock_begin(void)
{
	struct cpu_thread *t = coro_current->ctx.thread;

	return t ? t->cpus->engine->now + t->pending : 0;
}

/* It was held from @since until now.  Charges LEDGER_LOCK_SPIN. */
void cpu_lock_end(struct cpu_lock_times *times, uint64_t since);
/* A short shared section: spin while somebody holds the lock, and be in nobody's way. */
void cpu_lock_pass(const struct cpu_lock_times *times);

#endif
