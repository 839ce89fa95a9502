/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: memory that each CPU has a copy of; see kernel/percpu.c.
 *
 * The pointer is to the copy of CPU 0, and the copies lie PERCPU_UNIT bytes apart.  Static ones are
 * left out: an image has no section for them.
 */
#ifndef _LINUX_PERCPU_H
#define _LINUX_PERCPU_H

#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/smp.h>
#include <linux/types.h>

#define PERCPU_UNIT 1024

/* NULL: no memory, or more than PERCPU_UNIT bytes. */
void *__alloc_percpu(size_t size, size_t align);
void free_percpu(void *ptr);

#define alloc_percpu(type) ((type *)__alloc_percpu(sizeof(type), __alignof__(type)))
#define per_cpu_ptr(ptr, cpu) ((typeof(ptr))((char *)(ptr) + (size_t)(cpu) * PERCPU_UNIT))
#define this_cpu_ptr(ptr) per_cpu_ptr(ptr, smp_processor_id())
#define raw_cpu_ptr(ptr) this_cpu_ptr(ptr)
/* Of a member of what a per-CPU pointer points to. */
#define this_cpu_add(var, n) ((void)(*this_cpu_ptr(&(var)) += (n)))
#define this_cpu_inc(var) this_cpu_add(var, 1)

#endif
