/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the machine share: machine.c builds and runs, machine-guest.c boots guests and
 * starts programs, machine-trace.c records.
 */
#ifndef BALLAST_MACHINE_INTERNAL_H
#define BALLAST_MACHINE_INTERNAL_H

#include "guest.h"
#include "host.h"
#include "machine.h"
#include "swap.h"
#include "vmm.h"
#include "workload.h"

enum item_state { ITEM_WAITING, ITEM_DELAYED, ITEM_RUNNING, ITEM_ENDED };

/* Something with a start condition: a guest's boot, a program, a command. */
struct machine_item {
	struct machine *machine;
	const struct scenario_start *start;
	enum item_state state;
	struct event event;
	void (*begin)(struct machine_item *item);
	struct machine_guest *guest;
	uint32_t index;
	uint64_t began, ended;		/* ns */
};

struct machine_guest {
	struct machine *machine;
	const struct scenario_guest *config;
	uint32_t id;
	struct kvm_vm *vm;
	struct vmm *vmm;
	struct kernel *kernel;
	struct guest_config kernel_config;
	struct guest_module *modules;
	struct module_arg *module_args;
	char **image_paths;
	struct vmm_device *balloon;	/* first balloon device, NULL: none */
	struct image **images;		/* of the devices */
	uint32_t nr_images;
	struct machine_item boot;
	struct machine_item *programs;
	struct program_config *program_configs;
	uint32_t programs_left;
	bool up, gone;
	bool stats_due;			/* polling of statistics has not begun */
	struct swap_config swap_config;
	int64_t balloon_actual;		/* bytes left to the guest; -1: not heard of yet */
	struct trace_histogram faults[NR_TRACE_FAULTS];
	uint64_t ballooned;		/* pages */
	uint64_t oom_pages;		/* of the last program that the guest killed */
};

/* Adjacent pages that went to or from swap, until something else happens. */
struct swap_extent {
	uint32_t guest;
	uint64_t gfn, nr;
	bool out;
};

struct machine {
	const struct scenario *scenario;
	struct machine_options options;
	struct trace_writer *trace;
	struct engine engine;
	struct host host;
	struct host_observer host_observer;
	struct vmm_observer vmm_observer;
	struct machine_guest *guests;
	struct machine_item *commands;
	uint32_t items_left;		/* programs and commands that have not ended */
	struct event sample, finish, progress;
	uint32_t unloading;		/* guests whose modules are being removed */
	struct swap_extent extent;
	enum trace_end result;
	bool bad_input, finished;
	char error[1024];
};

void machine_fail(struct machine *m, enum trace_end result, bool bad_input, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Something has ended: what waited for it may begin. */
void machine_progress(struct machine *m);
void machine_item_ended(struct machine_item *item);

void machine_swap_config(const struct scenario_swap *swap, struct swap_config *config);
void machine_guest_items(struct machine_guest *guest, void (*boot)(struct machine_item *item),
			 void (*program)(struct machine_item *item));

/* machine-guest.c */
int machine_guest_create(struct machine_guest *guest, char *error, size_t size);
void machine_guest_destroy(struct machine_guest *guest);
void machine_guest_killed(struct machine_guest *guest);

/* machine-trace.c */
void machine_trace_init(struct machine *m);
/* The machine is built: declare it. */
void machine_trace_begin(struct machine *m);
void machine_trace_samples(struct machine *m);
/* One guest and the host. */
void machine_trace_sample(struct machine_guest *guest);
void machine_trace_end(struct machine *m);
void machine_trace_guest_log(struct kernel *kernel, int level, const char *text);
void machine_trace_flush_extent(struct machine *m);

#endif
