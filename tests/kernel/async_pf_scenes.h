/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest of one vCPU whose tasks use pages that the host has swapped out.  The test makes the
 * host; the guest's tasks are in here.
 */
#ifndef TEST_KERNEL_ASYNC_PF_SCENES_H
#define TEST_KERNEL_ASYNC_PF_SCENES_H

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct kernel;
struct kvm_vm;

#define ASYNC_PF_TOKEN 0x10000		/* what page n holds: this + n */
#define ASYNC_PF_TASKS 80

enum async_pf_from { FROM_USER, FROM_KERNEL, FROM_IRQS_OFF };

/* What the guest does, and what came of it; times are of the engine, ns. */
struct async_pf_scene {
	enum async_pf_from from;	/* where the pages are used */
	unsigned int nr_tasks;		/* that use one page each */
	bool same_page;			/* all the same one */
	bool computes;			/* another task computes meanwhile */
	uint64_t timer_at;		/* a timer expires then, 0: none */
	uint64_t timer_ran, waited[ASYNC_PF_TASKS], computed;
	unsigned int nr_done;
	uint64_t gfn[ASYNC_PF_TASKS];	/* of the pages: what the host has to swap out */
};

/* Pages are allocated and written at once; tasks begin with the engine. */
struct kernel *async_pf_guest(struct engine *engine, struct kvm_vm *vm,
			      struct async_pf_scene *scene);

#endif
