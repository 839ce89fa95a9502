/* SPDX-License-Identifier: GPL-2.0-only */
/* model: reader-writer semaphores, first come first served; see kernel/lock.c. */
#ifndef _LINUX_RWSEM_H
#define _LINUX_RWSEM_H

#include <linux/list.h>
#include <linux/types.h>

struct rw_semaphore {
	int readers;
	bool writer;
	struct list_head wait_list;
};

#define __RWSEM_INITIALIZER(name) { 0, false, LIST_HEAD_INIT(name.wait_list) }
#define DECLARE_RWSEM(name) struct rw_semaphore name = __RWSEM_INITIALIZER(name)

void init_rwsem(struct rw_semaphore *sem);
void down_read(struct rw_semaphore *sem);
void up_read(struct rw_semaphore *sem);
void down_write(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem);
int down_read_trylock(struct rw_semaphore *sem);
int down_write_trylock(struct rw_semaphore *sem);

#endif
