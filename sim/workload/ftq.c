// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftq: how much work is done in each of many equal spans of time.
 *
 * After FTQ, "fixed time quantum" (Sottile and Minnich, Cluster 2004; the threaded variant that
 * computes between barriers is not meant).  What interrupts a vCPU, takes it away or stops the
 * guest is missing from the quanta in which it happens.  As there, a quantum ends at a multiple of
 * its length, however late the one before it ended; unlike there, quanta that passed altogether
 * meanwhile count, as such in which nothing was done.
 */
#include "programs.h"
#include "support.h"

struct ftq {
	uint64_t quantum_ns, duration_ns;
};

static int ftq_task(unsigned int task, const void *arg)
{
	const struct ftq *ftq = arg;
	uint64_t at = program_now_ns(), end = at + ftq->duration_ns, work;

	(void)task;
	while (at + ftq->quantum_ns <= end) {
		at += ftq->quantum_ns;
		work = program_work_until(at);
		program_measured(PROGRAM_QUANTUM, work);
		program_work(work / PROGRAM_NSEC_PER_USEC);
		while (at + ftq->quantum_ns <= end &&
		       program_now_ns() >= at + ftq->quantum_ns) {
			at += ftq->quantum_ns;
			program_measured(PROGRAM_QUANTUM, 0);
		}
	}
	return 0;
}

int ftq_main(void)
{
	struct ftq ftq = {
		.quantum_ns = arg_us("quantum-us"),
		.duration_ns = arg_ms("duration-ms"),
	};
	uint64_t tasks = program_arg_u64("tasks");

	program_phase("quanta", 0);
	return program_run_tasks(tasks, ftq_task, &ftq) ? 1 : 0;
}
