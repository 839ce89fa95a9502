/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's kernel as the machine around it sees it: create, boot, look at, destroy.
 *
 * Plain C without kernel headers, for code that uses libc.  All calls come from the main stack
 * (events, setup); what must sleep happens in the boot task.
 */
#ifndef BALLAST_LINUX_GUEST_H
#define BALLAST_LINUX_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/module.h"
#include "mm/mm_boot.h"
#include "mm/usermem.h"

struct engine;
struct kernel;
struct kvm_virtio;
struct kvm_vm;

/* What booting does to memory, in pages of 4 KiB; see scenarios/boot. */
struct guest_boot {
	uint64_t kernel_pages;		/* unmovable, for good */
	uint64_t user_pages;		/* movable, for good */
	uint64_t active_pages;		/* of these and the kernel's, used again and again */
	/* Pages from one of them to the next, equally often; the caller's.  None: evenly spread */
	const uint32_t *active_gaps;
	uint32_t nr_active_gaps;
	uint64_t released_pages;	/* touched and free again */
	uint64_t percpu_pages;		/* of these, on per-CPU lists, if there is room */
	/* Read from files, in the page cache; of that active, and what each of the below reads */
	uint64_t cache_pages, cache_active_pages, cache_hot_pages;
	uint64_t duration_ns;
	/* Somebody runs a small process every so often (mean), which touches that many pages. */
	uint64_t daemon_period_ns, daemon_pages;
};

struct guest_module {
	const char *where;		/* for messages: FILE: NODE PATH */
	const char *path;		/* of the image */
	const struct module_arg *args;
	unsigned int nr_args;
};

struct call_site;

/*
 * Somebody wants to know of each block of the page allocator; names of tasks are read during the
 * call.  @told: a module that has hooked the allocator hears of it; @site: code of a module that
 * asks, NULL: the kernel's own.
 */
struct guest_observer {
	void (*allocated)(struct kernel *kernel, uint64_t pfn, unsigned int order, int migratetype,
			  const char *task, const struct call_site *site);
	void (*freed)(struct kernel *kernel, uint64_t pfn, unsigned int order, int migratetype,
		      const char *task, bool told);
	/* A free block has come about: one has come back, and has merged with its buddies. */
	void (*merged)(struct kernel *kernel, uint64_t pfn, unsigned int order, uint64_t last,
		       unsigned int last_order, bool told);
	/* A free block is taken out; @id: of the batch for a request, 0: the kernel keeps it. */
	void (*isolated)(struct kernel *kernel, uint64_t pfn, unsigned int order, uint64_t id,
			 const struct call_site *site);
	void (*put_back)(struct kernel *kernel, uint64_t pfn, unsigned int order);
};

struct guest_config {
	struct engine *engine;
	struct kvm_vm *vm;
	const struct guest_observer *observer;	/* NULL: nobody */
	const char *name;
	uint64_t seed;
	bool no_jitter;
	uint32_t version;		/* of Linux, level.h; 0: 6.1 */
	struct mm_config mm;
	struct usermem_config user;
	struct guest_boot boot;
	const struct guest_module *modules;
	unsigned int nr_modules;
	/* page_reporting_order and the delay and size of a pass; 0: as 6.1 has it */
	unsigned int watermark_scale_factor;	/* 0: 10 */
	int reporting_order;			/* -1: the driver's or a pageblock's */
	unsigned int reporting_delay_ms, reporting_capacity;
	void (*log)(struct kernel *kernel, int level, const char *text);
	/* The kernel is dead, of a BUG() or of what @text says: nothing of it runs again. */
	void (*panicked)(struct kernel *kernel, const char *text, bool bug);
	/* Boot has ended, in the boot task; @error NULL: well. */
	void (*booted)(void *opaque, const char *error);
	void *opaque;
};

struct guest_memory {
	uint64_t total, free, reported, cached, swapped;	/* pages */
	uint64_t nr_warnings;
	const char *first_warning;		/* the kernel's */
	/* balloon_page_alloc() found no page: how often, and when last (ns) */
	uint64_t balloon_failed, balloon_failed_ns;
};

/* Where the memory is; pages.  The parts but free_order are disjoint. */
#define GUEST_ORDERS 11
struct guest_where {
	uint64_t anon, cache;		/* of programs; files */
	/* Free blocks: the host knows of them, will hear of them, */
	uint64_t reported, reportable;
	/* are not reported: too small (or nobody reports), per-CPU, their zone is too full */
	uint64_t free_small, percpu, below_watermark;
	uint64_t ballooned;
	uint64_t isolated;		/* out for a report, with drivers, or between two lists */
	uint64_t kernel;		/* since boot, services too; slab, page tables */
	uint64_t free_order[GUEST_ORDERS];	/* all of the buddy's, by order of the block */
	unsigned int order;		/* smallest that is reported; GUEST_ORDERS: none is */
	bool reports;
};

/* @config and what it points to must outlive the kernel.  NULL: no memory. */
struct kernel *guest_kernel_create(const struct guest_config *config);
/* The vCPUs run from now on. */
int guest_kernel_boot(struct kernel *kernel, const struct guest_config *config);
void guest_kernel_destroy(struct kernel *kernel);
void guest_kernel_memory(struct kernel *kernel, struct guest_memory *memory);
/* @ballooned: pages that the VMM has been told are in the balloon. */
void guest_kernel_where(struct kernel *kernel, uint64_t ballooned, struct guest_where *where);
/*
 * When a page of the 2 MiB block of @pfn was freed last, ns; 0: not since the allocator began.
 * Since then a page that is free, or was taken for the host's sake, can have been told of.
 */
uint64_t guest_kernel_freed_at(const struct kernel *kernel, uint64_t pfn);
/* What modules have left behind, against the kernel before they were loaded. */
struct guest_unloaded {
	/*
	 * Pages that nobody accounts for, whatever drivers say the kernel manages: in no list, no
	 * cache and no mapping.  Negative: more pages than there are.
	 */
	int64_t missing;
	int64_t managed;		/* pages that the kernel counts as its own */
	char things[400];		/* timers, work, notifiers, ...; "": none */
};

/* Remove the modules, last loaded first, in a task of the guest; then @done is called in it. */
int guest_kernel_unload(struct kernel *kernel, const struct guest_config *config,
			void (*done)(void *opaque, const struct guest_unloaded *left));
/* Page conservation, lists and maps; 0: all add up. */
uint64_t guest_kernel_check(struct kernel *kernel);
/*
 * Tasks that have waited without a timeout for @longer_ns at least: who, where, what for and who
 * holds it.  As cpu_report_blocked().
 */
unsigned int guest_kernel_blocked(struct kernel *kernel, uint64_t longer_ns, char *buf,
				  unsigned int size);
/*
 * Why the host must not be told now that nobody needs these pages, with the first such page; NULL:
 * a driver may own them.  @single: pages of a balloon, as against a block that is isolated.
 */
const char *guest_kernel_pages_use(struct kernel *kernel, uint64_t pfn, uint64_t nr, bool single,
				   uint64_t *bad);
/* Virtqueues with requests that wait for the device or for the driver; as above. */
unsigned int guest_kernel_queues(struct kernel *kernel, char *buf, unsigned int size);
/* Name of the driver bound to a device; NULL: none, *@probe_error is the last one's, or 0. */
const char *guest_kernel_driver(const struct kvm_virtio *hw, int *probe_error);
/* Of the log callback: whose kernel it is. */
void *guest_kernel_opaque(struct kernel *kernel);
/*
 * Code of the kernel failed in a way that kills it: all but the calling thread stop, the log says
 * why, and panicked() is called.  The caller ends its thread.
 */
void guest_kernel_panic(struct kernel *kernel, const char *text);
/* Which object of the slab is at or before @address: "SIZE bytes allocated in ...: "; "": none. */
void guest_kernel_describe(struct kernel *kernel, const void *address, char *text,
			   unsigned int size);
/* The VM is stopped: its vCPUs do not run, and its clock does not; it goes on. */
void guest_kernel_pause(struct kernel *kernel);
void guest_kernel_resume(struct kernel *kernel);
bool guest_kernel_dead(const struct kernel *kernel);
/* CPU time that was charged to tasks that lost their vCPU before it had passed. */
uint64_t guest_kernel_owed_ns(const struct kernel *kernel);
/* A test, or the machine, lets a function run as a task of the guest. */
int guest_kernel_run(struct kernel *kernel, const char *comm, int (*fn)(void *data), void *data);

#endif
