/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of struct real_vm share: vm.c starts and ends it, vm_agent.c watches it,
 * vm_memory.c looks at its memory.
 */
#ifndef BALLAST_REAL_VM_INTERNAL_H
#define BALLAST_REAL_VM_INTERNAL_H

#include "vm.h"

#define REAL_VM_POLL_MS 20	/* how often the console and the process are looked at */

/* The first failure is the one that counts.  Returns -1. */
int real_vm_fail(struct real_vm *vm, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* It has ended by itself; its monitor does not answer as it should. */
int real_vm_exit_failed(struct real_vm *vm);
int real_vm_monitor_failed(struct real_vm *vm);
/* Notice that QEMU has ended. */
void real_vm_reap(struct real_vm *vm);
uint64_t real_vm_memory_bytes(const struct real_vm_config *c);
/* The whole file, which is the caller's to free; NULL: there is none. */
char *real_vm_read_file(const char *path, size_t *size);

#endif
