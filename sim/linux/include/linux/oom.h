/* SPDX-License-Identifier: GPL-2.0-only */
/* model: the OOM killer, mm/oom_kill.c. */
#ifndef _LINUX_OOM_H
#define _LINUX_OOM_H

#include <linux/notifier.h>
#include <linux/types.h>

#define OOM_SCORE_ADJ_MIN (-1000)
#define OOM_SCORE_ADJ_MAX 1000

struct task_struct;
struct zonelist;

struct oom_control {
	struct zonelist *zonelist;
	gfp_t gfp_mask;
	int order;
	unsigned long totalpages;
	struct task_struct *chosen;
	long chosen_points;
};

int register_oom_notifier(struct notifier_block *nb);
int unregister_oom_notifier(struct notifier_block *nb);
bool out_of_memory(struct oom_control *oc);

#endif
