/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the machine share: machine.c builds and runs, machine-guest.c boots guests and
 * starts programs, machine_commands.c keeps the host's commands, machine_verdict.c says how a run
 * ended, machine_unload.c removes modules, machine-trace.c records.
 */
#ifndef BALLAST_MACHINE_INTERNAL_H
#define BALLAST_MACHINE_INTERNAL_H

#include "guest.h"
#include "host.h"
#include "host/host_kernel.h"
#include "level.h"
#include "machine.h"
#include "swap.h"
#include "vmm.h"
#include "workload.h"

#define MIB_PAGES(mib) ((uint64_t)(mib) << (20 - HOST_PAGE_SHIFT))
#define PAGES_MIB(pages) ((uint64_t)(pages) >> (20 - HOST_PAGE_SHIFT))

enum item_state { ITEM_WAITING, ITEM_DELAYED, ITEM_RUNNING, ITEM_ENDED };

/* Something with a start condition: a guest's boot, a program, a command. */
struct machine_item {
	struct machine *machine;
	const struct scenario_start *start;
	enum item_state state;
	struct event event;
	void (*begin)(struct machine_item *item);
	struct machine_guest *guest;	/* NULL: a command on the host */
	uint32_t index;
	uint64_t began, ended;		/* ns */
	uint64_t jitter;		/* ns that it begins later */
};

/* A command of the host, from its start on. */
struct machine_command {
	struct machine_item item;	/* first */
	int64_t actual_before, nearest;	/* bytes left to the guest */
	uint64_t failures_before;	/* balloon_page_alloc() */
	uint64_t taken_back;		/* pages that left the balloon while it was to grow */
	struct machine_process *process;	/* of the host, that runs it; NULL: none */
	struct kvm_vm *memory;		/* of that; NULL: none */
};

/* A look at where a guest's memory is. */
struct machine_where {
	uint64_t time, resident, swapped;	/* ns; pages */
	struct guest_where where;
};

/* Modules of a kernel, with the files of their images. */
struct machine_modules {
	struct guest_module *module;
	struct module_arg *arg;
	char **path;
	uint32_t nr;
	uint32_t version, given;	/* of Linux, level.h; that was asked for, 0: none */
};

#define MACHINE_CPU_CAUSES 17

/* CPU time by cause (machine_samples.c) that has been recorded. */
struct machine_cpu {
	uint64_t ns[MACHINE_CPU_CAUSES];
};

/* A VM that has ended and been started again, kept for the books. */
struct machine_former {
	struct kernel *kernel;
	struct vmm *vmm;
	struct vmm_device **devices;
	struct image **images;
	uint32_t nr_images;
	struct machine_former *next;
};

struct machine_guest {
	struct machine *machine;
	const struct scenario_guest *config;
	uint32_t id;
	struct kvm_vm *vm;
	struct vmm *vmm;
	struct kernel *kernel;
	struct guest_config kernel_config;
	struct machine_modules modules;
	uint32_t qemu, qemu_given;	/* version of its devices, and that asked for; level.h */
	struct vmm_device **devices;	/* as in the scenario */
	struct vmm_device *balloon;	/* first balloon device, NULL: none */
	struct image **images;		/* of the devices */
	uint32_t nr_images;
	struct machine_item boot;
	struct machine_item *programs;
	struct program_config *program_configs;
	struct machine_measured *measured;	/* of each program; NULL: nothing was yet */
	uint32_t programs_left;
	bool up, gone;
	bool paused, shut_down;		/* by a command */
	uint32_t boots;			/* after the first one */
	struct machine_former *former;	/* what ran before the guest was started again */
	bool unloading;			/* its modules are being removed */
	uint64_t balloon_progress;	/* ns, when somebody last worked on the balloon */
	bool stats_due;			/* polling of statistics has not begun */
	struct machine_control *control; /* of its balloon; NULL: nobody decides */
	struct swap_config swap_config;
	struct disk_extent *swap_extent, *image;	/* on disks of the host; NULL: its own */
	struct cached_disk *swap_cache, *image_cache;	/* NULL: not cached by the host */
	struct trace_rec_image_sample image_sample;	/* recorded last */
	int64_t balloon_actual;		/* bytes left to the guest; -1: not heard of yet */
	struct trace_histogram faults[NR_TRACE_FAULTS];
	struct trace_histogram given_back;	/* frames, by how long they had been free */
	uint64_t ballooned;		/* pages */
	struct machine_where peak;	/* of its samples, the one with most resident */
	struct machine_told *told;	/* which those are; NULL: nothing was told yet */
	uint64_t oom_pages;		/* of the last program that the guest killed */
	struct guest_memory memory;	/* when its kernel was last looked at */
	uint64_t balloon_target;	/* pages that shall be in it */
	struct trace_rec_memory_sample where;	/* recorded last */
	struct machine_cpu cpu;
	uint64_t owed;			/* ns of CPU time charged to it that has not passed */
};

/* Adjacent pages that went to or from swap, until something else happens. */
struct swap_extent {
	uint32_t guest;
	uint64_t gfn, nr, cause;
	bool out;
};

/* The same for what backs pages, for as long as no time passes. */
struct page_extent {
	uint32_t guest;
	enum ept_change change;
	uint64_t gfn, nr, cause, time;
};

#define MACHINE_SITES 256	/* hash values of places in the source */

struct machine {
	const struct scenario *scenario;
	struct machine_options options;
	struct trace_writer *trace;
	struct engine engine;
	struct host host;
	struct kernel *host_kernel;	/* NULL: it has no modules */
	struct host_kernel_config host_kernel_config;
	struct machine_modules host_modules;
	struct host_observer host_observer;
	struct vmm_observer vmm_observer;
	struct machine_guest *guests;
	struct machine_command *commands;
	uint32_t items_left;		/* boots, programs and commands that have not ended */
	struct event sample, finish, progress, look;
	struct machine_files *files;	/* of the scenario's host */
	struct machine_disk *disks;	/* of the scenario's host, in its order */
	uint64_t nr_extents;		/* of all of these */
	struct disk_extent *swap_extent;	/* of the host's swap; NULL: on none of these */
	struct host_memcg **cgroups;	/* of the scenario's host, in its order */
	uint32_t unloading;		/* guests whose modules are being removed */
	struct swap_extent extent;
	struct page_extent pages;
	struct known_site *sites[MACHINE_SITES];
	uint64_t nr_sites;
	struct machine_cpu cpu;		/* of the host's own threads */
	uint64_t owed;
	bool settled;			/* what is owed is off the ledger */
	struct trace_rec_swap_sample swap_sample;	/* recorded last */
	struct trace_rec_disk_queue disk_queue;
	struct trace_rec_dirty_sample dirty_sample;
	struct psi_values *pressure;	/* recorded last, of the host and of each group */
	enum trace_end result;
	bool bad_input, finished;
	bool quiet;			/* the epilogue: tables are closed */
	char error[2048];
	struct message_kind *kinds;	/* of messages, to fold what repeats */
	uint64_t built;			/* guests that have been built */
	bool began;
	bool taken_apart;		/* from its guests on */
	bool faulted;			/* what it is made of cannot be taken apart any more */
	volatile bool interrupted;
	struct machine *next_faulted;
	char crash[600];		/* the first guest that crashed; "": none */
	enum trace_end crash_end;
};

void machine_flush_pages(struct machine *m);

/* A record of the run proper: what belongs to its tables. */
#define MACHINE_TRACE(m, name, ...)                                                                \
	do {                                                                                       \
		if ((m)->pages.nr)                                                                 \
			machine_flush_pages(m);                                                    \
		if (!(m)->quiet)                                                                   \
			TRACE((m)->trace, (m)->engine.now, name, __VA_ARGS__);                     \
	} while (0)

void machine_fail(struct machine *m, enum trace_end result, bool bad_input, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Something has ended: what waited for it may begin. */
void machine_progress(struct machine *m);
void machine_item_ended(struct machine_item *item);
bool machine_ref_ended(const struct machine *m, const struct scenario_ref *ref);
/* An event that only looks adds itself again, unless only such events are left. */
void machine_observe_again(struct machine *m, struct event *ev, uint64_t ns);

/* machine_cgroups.c */
bool machine_cgroups_create(struct machine *m);
void machine_cgroups_destroy(struct machine *m);
/* As the scenario has them, from 1 on; 0: the root. */
struct host_memcg *machine_cgroup(struct machine *m, uint32_t cgroup);
void machine_trace_cgroups(struct machine *m);
void machine_sample_cgroups(struct machine *m);

/* machine_psi.c */
void machine_sample_psi(struct machine *m);
/* The run ends: what the kernel's worker would have seen later is seen now, and recorded. */
void machine_settle_psi(struct machine *m);

/* machine_files.c */
int machine_files_create(struct machine *m);	/* -1: not enough memory */
void machine_files_destroy(struct machine *m);

/* machine_disks.c */
bool machine_disks_create(struct machine *m);
void machine_disks_destroy(struct machine *m);
/*
 * The next extent of the scenario's disk, from 1 on, for @what of @owner ("": @owner is all of its
 * name).  NULL: @disk is 0, which is none.
 */
struct disk_extent *machine_disk_extent(struct machine *m, uint32_t disk, const char *owner,
					const char *what, uint64_t size_mib);
void machine_swap_config(const struct scenario_swap *swap, struct swap_config *config);
/* Of a guest: what lies where, and whether the host caches it; -1: not enough memory. */
int machine_guest_disks(struct machine_guest *guest);
void machine_guest_disks_destroy(struct machine_guest *guest);
void machine_trace_disks(struct machine *m);
void machine_sample_disks(struct machine *m);

void machine_host_config(const struct scenario_host *h, struct host_config *config);
void machine_guest_items(struct machine_guest *guest, void (*boot)(struct machine_item *item),
			 void (*program)(struct machine_item *item));

/* machine_host_kernel.c */
/* Path of the file of an image as the scenario names it, to be freed; 0, or -1 and @error. */
/* machine_control.c */
int machine_control_create(struct machine_guest *guest, char *error, size_t size);
void machine_control_destroy(struct machine_guest *guest);
/* The guest has booted. */
void machine_control_start(struct machine_guest *guest);
/* How often it has changed the balloon's target. */
uint64_t machine_control_changes(const struct machine_guest *guest);

/* @version: whose images they are, level.h; 0 and the standard one: those that bear no version. */
int machine_image_path(const struct machine *m, const struct level_list *levels, uint32_t version,
		       const char *image, const char *where, char **path, char *error, size_t size);
/*
 * Another image of a kernel or VMM that is of *@version, 0: the first one says which.  @given: the
 * scenario says it.  0, or -1 and @error.
 */
int machine_check_level(const struct level_list *levels, uint32_t *version, bool given,
			const char *path, const char *where, char *error, size_t size);
/*
 * As the scenario names them; each is looked at.  They are of one version of Linux:
 * @modules->version if that is set, else the first one's.  0, or -1 and @error.
 */
int machine_modules_fill(const struct machine *m, const struct scenario_module *config, uint32_t nr,
			 struct machine_modules *modules, char *error, size_t size);
void machine_modules_free(struct machine_modules *modules);
/* The modules of the host's kernel are loaded; 0, or -1 and @error. */
int machine_host_kernel_create(struct machine *m, char *error, size_t size);
void machine_host_kernel_destroy(struct machine *m);
/* What guest and modules want of the host's kernel, against what it is; 0, or -1 and @error. */
int machine_check_wants(const struct machine_guest *guest, char *error, size_t size);
/* A device could not be made: what the host's kernel lacks for it, or "". */
const char *machine_host_lacks(const struct machine *m, const char *why);
void machine_check_host_kernel(struct machine *m);
/* machine-guest.c */
int machine_guest_create(struct machine_guest *guest, char *error, size_t size);
void machine_guest_destroy(struct machine_guest *guest);
/* A VM, a VMM with its devices, and a kernel to boot; 0, or -1 and @error. */
int machine_guest_build(struct machine_guest *guest, char *error, size_t size);

/* machine_guest_again.c */
/* A guest that is gone is built anew, and boots. */
void machine_guest_again(struct machine_guest *guest);
void machine_formers_destroy(struct machine_guest *guest);

/* machine_commands.c */
const struct scenario_command *machine_command_config(const struct machine_command *command);
int64_t machine_command_target(const struct machine_command *command);	/* bytes left */
uint64_t machine_command_retries(const struct machine_command *command);
int64_t machine_guest_actual(const struct machine_guest *guest);	/* bytes left */
/* It works towards the target of a balloon. */
bool machine_command_sets_balloon(const struct machine_command *command);
void machine_command_begin(struct machine_item *item);
/* What came of a command that is not for a balloon. */
void machine_command_ended(struct machine_command *command, bool failed, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The guest says what it has left; pages have left its balloon; its VMM is gone. */
void machine_balloon_changed(struct machine_guest *guest, int64_t actual);
void machine_balloon_deflated(struct machine_guest *guest, uint64_t pages);
void machine_commands_gone(struct machine_guest *guest);
void machine_commands_declare(struct machine *m);
/* The run has ended: record what became of those that have not. */
void machine_commands_finish(struct machine *m);

/* machine_commands_memory.c */
void machine_drop_caches(struct machine_command *command);
void machine_compact_memory(struct machine_command *command);
void machine_swapoff(struct machine_command *command);

/* machine_process.c */
/*
 * A thread of the host runs @main for the command; of @memory, if it has any.  Where the process
 * waits, it may be killed.
 */
struct machine_process *machine_process_run(struct machine_command *command,
					    void (*main)(struct machine_command *command),
					    struct kvm_vm *memory);
/* In its thread: wait for @ns; a process that only looks busy keeps nobody else going. */
void machine_process_wait(struct machine_command *command, uint64_t ns, bool keeps_going);
void machine_processes_destroy(struct machine *m);

/* machine_host_program.c */
void machine_host_program(struct machine_command *command);
void machine_host_program_killed(struct machine *m, const struct kvm_vm *process);
/* Number of a guest in traces, TRACE_HOST of what is no guest's. */
uint64_t machine_vm_id(const struct kvm_vm *vm);

/* machine_commands_power.c */
void machine_pause(struct machine_command *command);
void machine_resume(struct machine_command *command);
void machine_shutdown(struct machine_command *command);
void machine_start(struct machine_command *command);
/* The guest is up again. */
void machine_guest_started(struct machine_guest *guest);
/* Whether it will be started, so that commands wait for that. */
bool machine_guest_returns(const struct machine_guest *guest);

/* machine_verdict.c */
/* engine_run(), and a look at who waits every now and then: a hang ends the run. */
enum engine_end machine_run_until(struct machine *m, uint64_t until);
/* Nothing is left to happen, but not everything has ended. */
void machine_deadlock(struct machine *m);
/* The limit is reached: is it that alone? */
void machine_time_limit(struct machine *m);
void machine_check_guests(struct machine *m);
void machine_check_balloons(struct machine *m, bool at_rest);
void machine_check_warnings(struct machine_guest *guest);

/* machine_messages.c */
void machine_say(struct machine_guest *guest, enum trace_severity severity, const char *source,
		 const char *text);
void machine_host_says(struct machine *m, enum trace_severity severity, const char *text);
void machine_messages_end(struct machine *m);
void machine_messages_free(struct machine *m);

/* machine_inventory.c */
void machine_trace_images(struct machine *m);
void machine_trace_memory(struct machine *m);
/* Counters of a guest's folios by size, at its end. */
void machine_trace_hugepages(struct machine_guest *guest);
/* At each sample: remember where memory is while most is resident. */
void machine_see_peak(struct machine_guest *guest);

/* machine_oracle.c */
/* A request named pages; a device has discarded some; the guest has reset its device. */
void machine_frames_named(struct machine_guest *guest, const struct vmm_request *rq, uint64_t gfn,
			  uint64_t nr);
void machine_frames_discarded(struct machine_guest *guest, uint64_t gfn, uint64_t nr);
void machine_device_reset(struct machine_guest *guest);
/* At the end: does what the driver says go together?  @at_rest: no command is under way. */
void machine_check_balloon(struct machine_guest *guest, bool at_rest);

/* machine_unload.c */
/* Close the tables: record totals, and what has not ended. */
void machine_epilogue(struct machine *m);
void machine_unload(struct machine *m);
/* It is gone: nobody waits for its programs or its balloon any more. */
void machine_guest_ended(struct machine_guest *guest, enum trace_cut why);
/* Its VMM is gone, too. */
void machine_guest_killed(struct machine_guest *guest, enum trace_cut why);

/* machine-fault.c */
/* Run a function while faults of images are caught; false: it was left because of one. */
bool machine_guarded(struct machine *m, void (*fn)(void *arg), void *arg,
		     const uint64_t *progress);
/* engine_run() under it. */
enum engine_end machine_engine_run(struct machine *m, uint64_t until);
/* A guest has crashed, whatever else has happened: the run has failed. */
void machine_check_crashes(struct machine *m);
void machine_guest_panicked(struct kernel *kernel, const char *text, bool bug);

/* machine_causes.c */
void machine_causes_init(struct machine *m);
/* The number of a place in the source, which has a record from now on; NULL: 0. */
uint64_t machine_site(struct machine *m, const struct call_site *site);
void machine_sites_free(struct machine *m);
const char *machine_device_name(const struct machine_guest *guest, const struct kvm_virtio *dev);
void machine_request_served(struct machine_guest *guest, const struct vmm_request *rq);
/* The guest shall have @left bytes; what follows from it names this as its cause. */
int machine_set_balloon(struct machine_guest *guest, int64_t left, char *error);
/* For guests of which each page is to be recorded. */
extern const struct guest_observer machine_guest_observer;

/* machine_samples.c */
/* A record of @size bytes, unless it is like @last, the one before it. */
void machine_emit_changed(struct machine *m, enum trace_id id, const void *rec, void *last,
			  size_t size);
void machine_samples_init(struct machine *m);
void machine_trace_samples(struct machine *m);
/* One guest and the host. */
void machine_trace_sample(struct machine_guest *guest);

/* machine_measured.c */
/* As in struct program_ops, with the guest as @opaque. */
void machine_measured(void *opaque, unsigned int index, enum program_measure what, uint64_t value);
/* Nothing more comes of this program. */
void machine_measured_end(struct machine_guest *guest, uint32_t index);
void machine_measured_free(struct machine_guest *guest);

/* machine-trace.c */
void machine_trace_init(struct machine *m);
/* The machine is built: declare it. */
void machine_trace_begin(struct machine *m);
/* Totals and the last samples. */
void machine_trace_totals(struct machine *m);
/* Record a data loss and tell the user, with the page's history. */
void machine_data_lost(struct machine_guest *guest, uint64_t gfn, const char *owner,
		       const char *text, const char *history);
void machine_trace_guest_log(struct kernel *kernel, int level, const char *text);
void machine_trace_flush_extent(struct machine *m);

#endif
