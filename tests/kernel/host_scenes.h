/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenes played by tasks of the host's kernel, for tests of it.
 */
#ifndef TEST_KERNEL_HOST_SCENES_H
#define TEST_KERNEL_HOST_SCENES_H

#include <stdint.h>

struct kernel;
struct kvm_vm;

/* A task takes the mmap lock of the VM's VMM for write now, and gives it back after @ns. */
void host_scene_hold_mmap_lock(struct kernel *kernel, struct kvm_vm *vm, uint64_t ns);
/*
 * In the order of what happens: a task is awake (a), sleeps (s), is woken (W), goes on (w), sees a
 * timeout (t), a work item runs (j), the task is stopped (k) and has ended (e).
 */
void host_scene_tasks(struct kernel *kernel, char *order, unsigned int size);

#endif
