/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pressure stall information: how much time tasks lose to shortages of memory, CPUs and I/O.
 *
 * Models kernel/sched/psi.c and include/linux/psi_types.h of Linux 6.1.  A group counts, on each
 * CPU, tasks by what they do, its own and those of groups below it.  From the counts follow states
 * of the CPU (some of the tasks are stalled, or all: full), whose times are added up.  Once per
 * period, the times of all CPUs, weighted by how long each was not idle, become the group's totals
 * and running averages, in the kernel's fixed-point arithmetic.
 *
 * The worker that does so (psi_avgs_work()) is no thread here and takes no CPU time: it is late by
 * nothing, where in 6.1 it is by some ticks of the clock.  Since counts change only when somebody
 * says so, what it would have done meanwhile is done then (psi_run_works()); there are no events.
 * Left out: triggers (poll()), the pressure of interrupts (CONFIG_IRQ_TIME_ACCOUNTING), tasks that
 * change groups.
 *
 * Times are ns.  They may not go backwards on one CPU.
 */
#ifndef BALLAST_HOST_PSI_H
#define BALLAST_HOST_PSI_H

#include <stdbool.h>
#include <stdint.h>

/* enum psi_task_count */
enum psi_count { PSI_NR_IOWAIT, PSI_NR_MEMSTALL, PSI_NR_RUNNING, PSI_NR_MEMSTALL_RUNNING,
		 NR_PSI_COUNTS };
/* What a task is; all but ONCPU are counted. */
#define PSI_TSK_IOWAIT (1u << PSI_NR_IOWAIT)
#define PSI_TSK_MEMSTALL (1u << PSI_NR_MEMSTALL)
#define PSI_TSK_RUNNING (1u << PSI_NR_RUNNING)
#define PSI_TSK_MEMSTALL_RUNNING (1u << PSI_NR_MEMSTALL_RUNNING)
#define PSI_TSK_ONCPU (1u << NR_PSI_COUNTS)

/* enum psi_states; the last only weighs CPUs. */
enum psi_state { PSI_IO_SOME, PSI_IO_FULL, PSI_MEM_SOME, PSI_MEM_FULL, PSI_CPU_SOME, PSI_CPU_FULL,
		 NR_PSI_STATES, PSI_NONIDLE = NR_PSI_STATES, NR_PSI_TIMES };

enum psi_avg { PSI_AVG10, PSI_AVG60, PSI_AVG300, NR_PSI_AVGS };

/* PSI_FREQ: 2 * HZ + 1 ticks of the host's clock. */
#define PSI_TICK_NS UINT64_C(4000000)
#define PSI_PERIOD_NS (501 * PSI_TICK_NS)

#define PSI_NEVER UINT64_MAX

/* Of a group on one CPU (struct psi_group_cpu). */
struct psi_cpu {
	unsigned int tasks[NR_PSI_COUNTS];
	unsigned int states;		/* bits of enum psi_state, and whether it has the CPU */
	uint64_t since;			/* of the last change */
	uint64_t times[NR_PSI_TIMES];
	uint64_t collected[NR_PSI_TIMES];	/* of these, already in the totals */
};

struct psi;

struct psi_group {
	struct psi *psi;
	struct psi_group *parent;	/* NULL: all tasks */
	struct psi_group *next;		/* of psi->groups */
	struct psi_cpu *cpu;
	uint64_t total[NR_PSI_STATES];
	uint64_t avg_total[NR_PSI_STATES];	/* of these, already in the averages */
	uint64_t avg[NR_PSI_STATES][NR_PSI_AVGS];	/* %, 1/2048 */
	uint64_t avg_last_update, avg_next_update;
	uint64_t work_at;		/* when the worker is due; PSI_NEVER: nothing happens */
};

/* A host thread, or what stands for one. */
struct psi_task {
	struct psi_group *group;	/* while one of the flags is set */
	unsigned int cpu, flags;
};

struct psi {
	unsigned int nr_cpus;
	struct psi_group root, *groups;
	const struct psi_task **curr;	/* by CPU; NULL: idle */
	uint64_t next_work;		/* not later than any group's work_at */
	uint64_t told_until;
	/* Tasks that owe time tell of their stalls up to @now; NULL: nobody does. */
	void (*catch_up)(struct psi *psi, uint64_t now);
};

/* As the files of the kernel have it: hundredths of a percent, and µs. */
struct psi_values {
	uint32_t avg[NR_PSI_STATES][NR_PSI_AVGS];
	uint64_t total_us[NR_PSI_STATES];
};

void psi_init(struct psi *psi, unsigned int nr_cpus, uint64_t now);
void psi_destroy(struct psi *psi);

/* Groups are the caller's, and stay where they are until psi_group_destroy(). */
void psi_group_init(struct psi_group *group, struct psi *psi, struct psi_group *parent,
		    uint64_t now);
void psi_group_destroy(struct psi_group *group);

/*
 * From @now on the task is what @flags say, on @cpu, in @group.  What the worker had to do before
 * has been done.
 */
void psi_task_set(struct psi_task *task, struct psi_group *group, unsigned int cpu,
		  unsigned int flags, uint64_t now);

/* What the worker had to do up to @now. */
void psi_run_works(struct psi *psi, uint64_t now);

/* Somebody reads the files of @group (psi_show()): it takes part in how times are weighted. */
void psi_show(struct psi_group *group, uint64_t now, struct psi_values *values);
/* What the worker, or a reader, found last. */
void psi_peek(const struct psi_group *group, struct psi_values *values);

#endif
