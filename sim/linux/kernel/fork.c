// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's memory of tasks: what fork() allocates and exit() frees, in their order.
 *
 * Models kernel/fork.c of Linux 6.1 as the page allocator sees it: a stack of four pages
 * (THREAD_SIZE), mapped by vmalloc() and cached, two for each CPU; task, signal, sighand, cred and
 * pid from their caches, files and mm of a process.  Sizes are those of /proc/slabinfo of Debian's
 * 6.1 cloud kernel on x86-64.
 *
 * Why it matters: a page that exit() frees with an order of 1 to 3, above all the root of the page
 * tables, empties the per-CPU lists when much has been freed before (free_unref_page_commit()).
 * Without it single pages of dead programs stay there, and blocks of 2 MiB cannot be reported.
 *
 * A new task allocates in its own name what its parent does in reality.  Left out: file
 * descriptors, namespaces, the tables that fork() copies, what exec() needs on the way.
 */
#include "fork.h"

#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "hostmem.h"
#include "internal.h"
#include "mm/user.h"

#define NR_CACHED_STACKS 2

struct stack {
	struct page *page[TASK_STACK_PAGES];
};

struct fork_state {
	struct kmem_cache *cache[NR_PROCESS_OBJECTS];
	struct stack_cache {
		struct stack stack[NR_CACHED_STACKS];
		unsigned int nr;
	} *cpu;
	long nr_pages;
};

static const struct {
	const char *name;
	unsigned int size;
	slab_flags_t flags;
} objects[NR_PROCESS_OBJECTS] = {
	[OBJECT_TASK] = { "task_struct", 8384, SLAB_HWCACHE_ALIGN },
	[OBJECT_SIGNAL] = { "signal_cache", 1152, SLAB_HWCACHE_ALIGN },
	[OBJECT_SIGHAND] = { "sighand_cache", 2112, SLAB_HWCACHE_ALIGN },
	[OBJECT_CRED] = { "cred_jar", 192, SLAB_HWCACHE_ALIGN },
	[OBJECT_PID] = { "pid", 128, SLAB_HWCACHE_ALIGN },
	[OBJECT_FILES] = { "files_cache", 704, SLAB_HWCACHE_ALIGN },
	[OBJECT_MM] = { "mm_struct", 1152, SLAB_HWCACHE_ALIGN },
	[OBJECT_VM_AREA] = { "vm_area_struct", 152, 0 },
};

#define this_fork (this_mm->fork)

void fork_init(void)
{
	struct fork_state *fork = host_alloc(sizeof(*fork));
	unsigned int i;

	this_fork = fork;
	for (i = 0; i < NR_PROCESS_OBJECTS; i++)
		fork->cache[i] = kmem_cache_create(objects[i].name, objects[i].size, 8,
						   objects[i].flags | SLAB_OF_TASKS, NULL);
	fork->cpu = host_alloc(this_kernel->nr_cpus * sizeof(*fork->cpu));
}

/* The caches go with the slab. */
void fork_exit(void)
{
	host_free(this_fork->cpu);
	host_free(this_fork);
}

void *process_object_alloc(enum process_object kind)
{
	return kmem_cache_alloc(this_fork->cache[kind], GFP_KERNEL_ACCOUNT);
}

void process_object_free(void *object)
{
	kfree(object);
}

void process_pages_account(long nr)
{
	this_fork->nr_pages += nr;
}

unsigned long process_pages(void)
{
	return this_fork->nr_pages;
}

/* Stacks */

static void free_stack_pages(struct page **page)
{
	unsigned int i;

	for (i = 0; i < TASK_STACK_PAGES; i++) {
		if (!page[i])
			continue;
		process_pages_account(-1);
		__free_page(page[i]);
		page[i] = NULL;
	}
}

static int alloc_stack(struct page **page)
{
	struct stack_cache *cache = &this_fork->cpu[this_cpu_id()];
	unsigned int i;

	if (cache->nr) {
		memcpy(page, cache->stack[--cache->nr].page, sizeof(struct stack));
		return 0;
	}
	for (i = 0; i < TASK_STACK_PAGES; i++) {
		page[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!page[i]) {
			free_stack_pages(page);
			return -ENOMEM;
		}
		process_pages_account(1);
	}
	return 0;
}

static void free_stack(struct page **page)
{
	struct stack_cache *cache = &this_fork->cpu[this_cpu_id()];

	if (!page[0])
		return;
	if (cache->nr < NR_CACHED_STACKS)
		memcpy(cache->stack[cache->nr++].page, page, sizeof(struct stack));
	else
		free_stack_pages(page);
}

/* Tasks */

int task_memory_alloc(struct task_struct *task)
{
	unsigned int i;

	task->object[OBJECT_TASK] = process_object_alloc(OBJECT_TASK);
	if (!task->object[OBJECT_TASK] || alloc_stack(task->stack_page))
		return -ENOMEM;
	for (i = OBJECT_TASK + 1; i < NR_TASK_OBJECTS; i++) {
		task->object[i] = process_object_alloc(i);
		if (!task->object[i])
			return -ENOMEM;
	}
	return 0;
}

/* release_task(), then delayed_put_task_struct(). */
void task_memory_free(struct task_struct *task)
{
	unsigned int i;

	for (i = OBJECT_TASK + 1; i < NR_TASK_OBJECTS; i++)
		process_object_free(task->object[i]);
	free_stack(task->stack_page);
	process_object_free(task->object[OBJECT_TASK]);
}

/* Roots of page tables */

void process_put_pgd(struct task_struct *task, struct page *pgd)
{
	struct page *old = pgd;

	if (task && task->vcpu) {
		old = task->vcpu->lazy_pgd;
		task->vcpu->lazy_pgd = pgd;
	}
	if (old)
		pgd_free(old);
}

void finish_task_switch(struct task_struct *task)
{
	struct vcpu *v = task->vcpu;
	struct page *pgd = v->lazy_pgd;

	if (!pgd || task->flags & PF_KTHREAD)
		return;
	v->lazy_pgd = NULL;
	pgd_free(pgd);
}
