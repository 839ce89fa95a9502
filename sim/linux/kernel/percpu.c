// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which CPU runs, and memory that each CPU has a copy of (mm/percpu.c).
 *
 * Left out: chunks that allocations share; here each is an object of the slab allocator.
 */
#include <linux/bug.h>
#include <linux/export.h>
#include <linux/percpu.h>
#include <linux/slab.h>

#include "internal.h"

unsigned int __nr_cpu_ids(void)
{
	return this_kernel->nr_cpus;
}
EXPORT_SYMBOL(__nr_cpu_ids);

unsigned int __smp_processor_id(void)
{
	return this_cpu_id();
}
EXPORT_SYMBOL(__smp_processor_id);

void *__alloc_percpu(size_t size, size_t align)
{
	if (WARN_ON(size > PERCPU_UNIT))
		return NULL;
	return kcalloc(this_kernel->nr_cpus, PERCPU_UNIT, GFP_KERNEL);
}
EXPORT_SYMBOL(__alloc_percpu);

void free_percpu(void *ptr)
{
	kfree(ptr);
}
EXPORT_SYMBOL(free_percpu);
