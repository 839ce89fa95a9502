/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stackful coroutines: everything that can block (kernel thread, work item, guest task, VMM
 * thread) is one.
 *
 * How to use it:
 *  1. coro_create() makes one that does not run yet; coro_run() switches into it and returns
 *     when it calls coro_suspend() or its function returns.
 *  2. coro_run() may only be called from the main stack (from an event), coro_suspend() only
 *     from a coroutine.  There is no symmetric switch: the event queue decides who is next.
 *  3. A coroutine whose function returned is dead; coro_destroy() it.  Destroying one that is
 *     suspended abandons its stack: what the stack owned must be owned by somebody else.
 *
 * coro_current never is NULL: the main stack has a coroutine structure, too.  Its context says in
 * whose name code runs: model code reads it instead of file-level state of its own.
 */
#ifndef BALLAST_CORO_H
#define BALLAST_CORO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel;		/* sim/linux: the model kernel whose code runs */
struct vmm;		/* sim/qemu: the VMM whose code runs */
struct cpu_thread;	/* host-model: the host thread that pays for it */
struct task_struct;	/* sim/linux: `current` */

struct coro_context {
	struct kernel *kernel;
	struct vmm *vmm;
	struct cpu_thread *thread;
	struct task_struct *task;
	unsigned int preempt;	/* sim/linux: depth of preempt_disable() */
	bool irqs_off;		/* sim/linux: interrupts are held back */
	bool in_irq;		/* sim/linux: this is an interrupt handler */
};

typedef void (*coro_fn)(void *arg);

#define CORO_STACK_DEFAULT (64 * 1024)	/* bytes, without the guard page */

struct coro {
	void *sp;			/* saved stack pointer while suspended */
	struct coro_context ctx;
	coro_fn fn;
	void *arg;
	void *stack;			/* mapping, guard page first; NULL for the main stack */
	size_t stack_size;		/* bytes of the whole mapping */
	bool dead;
	char name[24];
	void *fake_stack;		/* ASan */
	void *tsan_fiber;		/* TSan */
	void *ucontext;			/* portable build only */
};

extern struct coro *coro_current;
extern struct coro coro_main;

/* Returns NULL when no stack can be mapped. */
struct coro *coro_create(const char *name, coro_fn fn, void *arg, size_t stack_size);
void coro_destroy(struct coro *co);
void coro_run(struct coro *co);
void coro_suspend(void);
/* "asm" or "ucontext": how this build switches. */
const char *coro_backend(void);

#endif
