// SPDX-License-Identifier: GPL-2.0-only
/*
 * Out of memory: ask those who can give some back (a balloon, for one), else kill the task with the
 * most memory.
 *
 * Models mm/oom_kill.c of Linux 6.1: out_of_memory(), oom_badness() (resident, swapped and page
 * table pages), one victim at a time.  A victim may use half of the reserves, and goes away by
 * itself at the next point where a fatal signal would be noticed.
 *
 * Left out: oom_score_adj, memory cgroups, the reaper that empties a stuck victim's memory.
 */
#include <linux/export.h>
#include <linux/oom.h>
#include <linux/sched.h>
#include "hostmem.h"
#include "internal.h"
#include "oom_internal.h"

struct oom_state {
	struct blocking_notifier_head notifiers;
	bool locked;
};

void oom_init(void)
{
	this_mm->oom = host_alloc(sizeof(*this_mm->oom));
	BLOCKING_INIT_NOTIFIER_HEAD(&this_mm->oom->notifiers);
}

void oom_exit(void)
{
	host_free(this_mm->oom);
}

bool tsk_is_oom_victim(struct task_struct *tsk)
{
	return tsk->oom_victim;
}

bool oom_trylock(void)
{
	if (this_mm->oom->locked)
		return false;
	this_mm->oom->locked = true;
	return true;
}

void oom_unlock(void)
{
	this_mm->oom->locked = false;
}

void oom_wait(void)
{
	if (coro_current->ctx.thread && current)
		schedule_timeout_uninterruptible(1);
}

const struct blocking_notifier_head *oom_notifiers(void)
{
	return &this_mm->oom->notifiers;
}

int register_oom_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_register(&this_mm->oom->notifiers, nb);
}
EXPORT_SYMBOL_GPL(register_oom_notifier);

int unregister_oom_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_unregister(&this_mm->oom->notifiers, nb);
}
EXPORT_SYMBOL_GPL(unregister_oom_notifier);

/* The task with the most memory; NULL: there is none, or one is dying already (@dying). */
static struct task_struct *select_bad_process(bool *dying)
{
	struct task_struct *task, *chosen = NULL;
	unsigned long most = 0;

	*dying = false;
	list_for_each_entry(task, &this_kernel->sched->tasks, tasks) {
		unsigned long points;

		if (!task->mm || task->flags & PF_KTHREAD || task->__state & TASK_DEAD)
			continue;
		if (tsk_is_oom_victim(task)) {
			*dying = true;
			return NULL;
		}
		points = mm_badness_pages(task->mm);
		if (!chosen || points >= most) {
			chosen = task;
			most = points;
		}
	}
	return chosen;
}

static void oom_kill_process(struct task_struct *victim)
{
	vm_event(this_mm, OOM_KILL, 1);
	printk(KERN_ERR "Out of memory: Killed process %d (%s) total:%lukB\n", victim->pid,
	       victim->comm, mm_badness_pages(victim->mm) << (PAGE_SHIFT - 10));
	victim->oom_victim = true;
	user_oom_killed(victim);
	if (victim != current)
		wake_up_process(victim);
}

/* True: memory was found, or will be when somebody has died. */
bool out_of_memory(struct oom_control *oc)
{
	unsigned long freed = 0;
	bool dying;

	blocking_notifier_call_chain(&this_mm->oom->notifiers, 0, &freed);
	if (freed)
		return true;
	/* Boot code and unit tests have no tasks, and nobody who could wait. */
	if (!this_kernel->sched || !coro_current->ctx.thread)
		return false;
	if (current && current->mm && current->flags & PF_EXITING) {
		current->oom_victim = true;
		return true;
	}
	/* Who may not enter file systems does not get anybody killed, but may try again. */
	if (oc->gfp_mask && !(oc->gfp_mask & __GFP_FS))
		return true;
	oc->totalpages = totalram_pages();
	oc->chosen = select_bad_process(&dying);
	if (dying) {
		oom_wait();
		return true;
	}
	/* Nobody else: the process that has entered the kernel, though it has hardly any memory. */
	if (!oc->chosen && current && current->is_command) {
		current->oom_victim = true;
		return true;
	}
	if (!oc->chosen) {
		printk(KERN_WARNING "Out of memory and no killable processes...\n");
		kernel_bug(__FILE__, __LINE__, "System is deadlocked on memory");
	}
	oom_kill_process(oc->chosen);
	return true;
}
