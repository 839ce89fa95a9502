/* SPDX-License-Identifier: GPL-2.0-only */
/* What the page allocator and the OOM killer know of each other. */
#ifndef __MM_OOM_INTERNAL_H
#define __MM_OOM_INTERNAL_H

#include <linux/types.h>

struct task_struct;

/* Whether a task has been chosen by the OOM killer and not gone yet. */
bool tsk_is_oom_victim(struct task_struct *tsk);
/* One task at a time decides; who comes second waits a tick and looks again. */
bool oom_trylock(void);
void oom_unlock(void);
void oom_wait(void);

#endif
