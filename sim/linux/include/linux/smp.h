/* SPDX-License-Identifier: GPL-2.0-only */
/* model: which of the guest's CPUs the code runs on; see kernel/percpu.c. */
#ifndef _LINUX_SMP_H
#define _LINUX_SMP_H

#include <linux/preempt.h>

unsigned int __nr_cpu_ids(void);
unsigned int __smp_processor_id(void);

#define nr_cpu_ids (__nr_cpu_ids())
#define smp_processor_id() __smp_processor_id()
#define raw_smp_processor_id() __smp_processor_id()
#define get_cpu() ({ preempt_disable(); smp_processor_id(); })
#define put_cpu() preempt_enable()

#endif
