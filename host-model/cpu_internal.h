/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of the host's scheduler: what cpu.c does for groups (cpu_group.c).
 */
#ifndef BALLAST_HOST_CPU_INTERNAL_H
#define BALLAST_HOST_CPU_INTERNAL_H

#include "cpu.h"

/* update_curr() of all CPUs: what has run up to now is booked, before weights change. */
void cpu_book_running(struct host_cpus *cpus);
/* The thread waits no longer for its group: it gets a CPU, or its place in the queue. */
void cpu_make_ready(struct cpu_thread *t);
/* It leaves the queue. */
void cpu_unqueue(struct cpu_thread *t);

#endif
