/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tasks and processes take of a guest's memory besides what programs map; see fork.c.
 */
#ifndef __KERNEL_FORK_H
#define __KERNEL_FORK_H

#include <linux/types.h>

struct page;
struct task_struct;

enum process_object {
	/* of every task */
	OBJECT_TASK, OBJECT_SIGNAL, OBJECT_SIGHAND, OBJECT_CRED, OBJECT_PID,
	NR_TASK_OBJECTS,
	/* of processes */
	OBJECT_FILES = NR_TASK_OBJECTS, OBJECT_MM, OBJECT_VM_AREA,
	NR_PROCESS_OBJECTS
};

void fork_init(void);
void fork_exit(void);

/* An object from the cache of its kind; NULL: no memory.  May block. */
void *process_object_alloc(enum process_object kind);
void process_object_free(void *object);

/* Stack and objects of a new task, from the task itself.  May block; -ENOMEM. */
int task_memory_alloc(struct task_struct *task);
/* The task is gone; this_kernel is its kernel. */
void task_memory_free(struct task_struct *task);

/* Pages that no counter of the kernel shows: stacks, roots of page tables. */
void process_pages_account(long nr);
unsigned long process_pages(void);

/*
 * A task gives up its address space.  As in the kernel its vCPU goes on using the tables until it
 * switches to another process (active_mm): finish_task_switch() then frees the root.
 */
void process_put_pgd(struct task_struct *task, struct page *pgd);
void finish_task_switch(struct task_struct *task);

#endif
