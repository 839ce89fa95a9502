/* SPDX-License-Identifier: GPL-2.0-only */
/* model: locks between the VMM's threads; taking one is a scheduling point, a taken one blocks */
#ifndef MODEL_QEMU_THREAD_H
#define MODEL_QEMU_THREAD_H

#include <stdbool.h>

struct coro;
struct vmm_waiter;

typedef struct QemuMutex {
	struct coro *owner;		/* NULL: free */
	struct vmm_waiter *waiters;	/* first come, first served */
	bool initialized;
} QemuMutex;

typedef struct QemuCond {
	struct vmm_waiter *waiters;
	bool initialized;
} QemuCond;

void qemu_mutex_init(QemuMutex *mutex);
void qemu_mutex_destroy(QemuMutex *mutex);
void qemu_mutex_lock(QemuMutex *mutex);
int qemu_mutex_trylock(QemuMutex *mutex);
void qemu_mutex_unlock(QemuMutex *mutex);

void qemu_cond_init(QemuCond *cond);
void qemu_cond_destroy(QemuCond *cond);
void qemu_cond_signal(QemuCond *cond);
void qemu_cond_broadcast(QemuCond *cond);
void qemu_cond_wait(QemuCond *cond, QemuMutex *mutex);

#endif
