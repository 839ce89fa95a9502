/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What host threads are to pressure stall information (psi.h): who runs, who waits for what.
 *
 * Models psi_enqueue(), psi_dequeue() and psi_sched_switch() of kernel/sched/stats.h, and
 * psi_memstall_enter() of kernel/sched/psi.c, Linux 6.1.
 *
 *  - A thread is RUNNING while it has a CPU or waits for one; a vCPU also while it is in the guest.
 *    Threads of a VM are in its group, others are in none but the root.
 *  - Memory stalls: direct reclaim, also that of a group's limits, and kswapd's (reclaim.c); the
 *    sleep for memory.high; reading a page that had been active when it was evicted (throttle.c),
 *    or decompressing it (swap_io.c).  Left out: the time that submitting such a read takes
 *    (swap_readpage(), filemap_read_folio()), which is not told apart from the fault's;
 *    compaction, which the host does not model.
 *  - I/O waits: pages that are read or written, tags of the swap device's queue.  Sleeps of
 *    reclaim_throttle() are not.
 *  - Of an asynchronous page fault a worker waits, in the root group and on the vCPU's CPU
 *    (system_wq); the vCPU goes on, or is halted without a stall (async_pf.c).
 *
 * A thread that waits for a CPU is counted at the one that it would be queued at.  There is one
 * queue for all (cpu.h), so that is made up: the CPU that it had, moved when another has two fewer
 * threads that wait, and chosen so after a sleep (what balancing is for).
 *
 * Code runs in no time, and the time it owes passes later: stalls begin and end when it has passed
 * up to there.
 */
#ifndef BALLAST_HOST_CPU_PSI_H
#define BALLAST_HOST_CPU_PSI_H

#include "cpu.h"

struct host_memcg;

void cpu_psi_init(struct host_cpus *cpus);
/* Before a thread becomes what @next says; @t->on is its CPU then, if it is to have one. */
void cpu_psi_state(struct cpu_thread *t, enum cpu_thread_state next);
/* Its group keeps it from running, at the CPU where it is: it is in no queue.  Or not any more. */
void cpu_psi_throttled(struct cpu_thread *t, bool throttled);
/* Before what has passed of the time that it owes is booked. */
void cpu_psi_ran(struct cpu_thread *t);
/* What it owes is late by @ns.  It does not owe anything any more. */
void cpu_psi_delayed(struct cpu_thread *t, uint64_t ns);
void cpu_psi_forgiven(struct cpu_thread *t);

/* What stands for a thread that sleeps: is what @flags say from now on, in the root group. */
void cpu_psi_sleeper(struct host_cpus *cpus, struct psi_task *task, unsigned int cpu,
		     unsigned int flags);

/*
 * The calling thread waits for memory until psi_memstall_leave(), which is given what this returns:
 * stalls within stalls do not count.
 */
bool psi_memstall_enter(void);
void psi_memstall_leave(bool nested);

/* Bring what psi_peek() says up to now. */
void cpu_psi_update(struct host_cpus *cpus);

#endif
