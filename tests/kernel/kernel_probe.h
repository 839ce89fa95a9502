/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenes played by tasks of a guest, for tests of the kernel's services.  A scene notes letters in
 * the order in which things happen, and numbers; what they must be is the test's to say.
 */
#ifndef TEST_KERNEL_KERNEL_PROBE_H
#define TEST_KERNEL_KERNEL_PROBE_H

#include <stdint.h>

#define KERNEL_PROBE_QUEUE_NS 100	/* what a call of a virtqueue costs */

struct kernel_probe {
	char order[64];
	int64_t value[16];
	uint64_t warnings;
	char first_warning[1024];
	unsigned int blocked;		/* tasks that wait for ever at the end */
	unsigned int lines;		/* of the log */
	int ended;			/* the scene's main task has returned */
};

typedef int (*kernel_scene)(void *unused);

/* Play @scene on a guest with so many vCPUs until nothing happens any more. */
void kernel_probe_play(struct kernel_probe *result, unsigned int nr_cpus, kernel_scene scene);

int scene_wake_up(void *unused);
int scene_wait_timeout(void *unused);
int scene_completion(void *unused);
int scene_completion_timeout(void *unused);
int scene_msleep(void *unused);
int scene_far_timers(void *unused);
int scene_mutex(void *unused);
int scene_rwsem(void *unused);
int scene_queue_twice(void *unused);
int scene_sleeping_work(void *unused);
int scene_idle_worker(void *unused);
int scene_ordered_queue(void *unused);
int scene_delayed_work(void *unused);
int scene_cancel_work(void *unused);
int scene_cancel_requeueing_work(void *unused);
int scene_cancel_delayed_work(void *unused);
int scene_cancel_rearming_work(void *unused);
int scene_flush_work(void *unused);
int scene_share_cpu(void *unused);
int scene_kthread_stop(void *unused);
int scene_new_task(void *unused);
int scene_wake_beside_long(void *unused);
int scene_kill_parent(void *unused);
int scene_notifiers(void *unused);
int scene_sleep_in_atomic(void *unused);
int scene_rcu(void *unused);
int scene_ratelimit(void *unused);
int scene_params(void *unused);
int scene_long_warning(void *unused);

#endif
