/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scenario as plain data: what a device tree says, checked, with defaults filled in.
 *
 * How to use it:
 *  1. scenario_load() reads a file, its overlays and settings.  On failure the scenario holds
 *     nothing but scenario_error_text(); either way scenario_free() ends it.
 *  2. Everything the structures point to belongs to the scenario.
 *  3. Units are the last word of a name, the same as in the device tree.
 *  4. Guests are already replicated: one entry per guest that boots, references resolved, and
 *     "in turn" turned into references to the guest or program before.
 *
 * Nothing here knows the models: sim/scenario/machine.c builds the machine from this.
 */
#ifndef BALLAST_SCENARIO_H
#define BALLAST_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cost.h"

#define SCENARIO_ERRORS_MAX 20

struct scenario_strings {
	const char *const *text;
	uint32_t nr;
};

struct scenario_numbers {
	const uint32_t *value;
	uint32_t nr;
};

/* What something waits for. */
enum scenario_ref_kind {
	SCENARIO_REF_GUEST,	/* all programs of the guest have ended */
	SCENARIO_REF_PROGRAM,	/* the program has ended */
	SCENARIO_REF_COMMAND,	/* the host's command has taken effect */
};

struct scenario_ref {
	enum scenario_ref_kind kind;
	uint32_t guest;		/* index into scenario->guests (not for commands) */
	uint32_t index;		/* of the program in its guest, or of the command */
};

/*
 * Condition of a start: every reference is fulfilled, then delay_ms pass, and it is not before
 * start_ms of the run.
 */
struct scenario_start {
	uint64_t start_ms;
	uint64_t delay_ms;
	bool in_turn;			/* of replicas; already part of after */
	const struct scenario_ref *after;
	uint32_t nr_after;
};

enum scenario_lru { SCENARIO_LRU_CLASSIC, SCENARIO_LRU_MGLRU };
enum scenario_thp { SCENARIO_THP_ALWAYS, SCENARIO_THP_MADVISE, SCENARIO_THP_NEVER };
/* Of one size: hugepages-<size>kB/enabled. */
enum scenario_thp_size { SCENARIO_SIZE_NEVER, SCENARIO_SIZE_ALWAYS, SCENARIO_SIZE_INHERIT,
			 SCENARIO_SIZE_MADVISE };
/* 16 to 1024 KiB */
#define SCENARIO_THP_ORDER_MIN 2
#define SCENARIO_THP_SIZES 7
static inline unsigned int scenario_hugepages_kib(uint32_t i)
{
	return 4u << (i + SCENARIO_THP_ORDER_MIN);
}

/* As enum thp_defrag of a kernel. */
enum scenario_thp_defrag {
	SCENARIO_DEFRAG_ALWAYS,
	SCENARIO_DEFRAG_DEFER,
	SCENARIO_DEFRAG_DEFER_MADVISE,
	SCENARIO_DEFRAG_MADVISE,
	SCENARIO_DEFRAG_NEVER,
};

/* As enum kvm_async_pf of the host. */
enum scenario_async_pf { SCENARIO_ASYNC_PF_INT, SCENARIO_ASYNC_PF_HALT, SCENARIO_ASYNC_PF_OFF };

/* Of guest memory. */
enum scenario_backing { SCENARIO_BACKING_ANONYMOUS, SCENARIO_BACKING_SHARED_FILE,
			SCENARIO_BACKING_HUGETLB, SCENARIO_BACKING_PINNED };

enum scenario_swap_kind {
	SCENARIO_SWAP_NONE,
	SCENARIO_SWAP_HDD,
	SCENARIO_SWAP_SSD,
	SCENARIO_SWAP_NVME,
	SCENARIO_SWAP_ZRAM,
	SCENARIO_SWAP_FILE,		/* on a disk of the host */
};

struct scenario_swap {
	enum scenario_swap_kind kind;	/* NONE: the rest is 0 */
	uint64_t size_mib;
	uint32_t disk;			/* FILE: of the host's array, from 1 on */
	uint32_t queue_depth;		/* requests served at once; 0: zram has no queue */
	uint32_t nr_requests;		/* waiting and being served, before submitters wait */
	uint32_t request_kib;		/* largest request that others are merged into */
	uint32_t readahead_pages;	/* aligned window of slots around a swap-in; 1: none */
	uint32_t seek_us, seek_max_us;	/* hdd: mean and limit of positioning, exponential */
	uint32_t read_us, write_us;	/* fixed part of a request */
	uint32_t transfer_mib_per_s;	/* 0: zram */
	uint32_t compressed_percent;	/* zram: mean size of a stored page */
};

enum scenario_disk_kind { SCENARIO_DISK_HDD, SCENARIO_DISK_SSD, SCENARIO_DISK_NVME };

/* A disk of the host that others refer to; times as those of struct scenario_swap. */
struct scenario_disk {
	const char *name;
	enum scenario_disk_kind kind;
	uint64_t size_mib;
	uint32_t queue_depth, nr_requests, request_kib;
	uint32_t seek_us, seek_max_us;
	uint32_t read_us, write_us;
	uint32_t transfer_mib_per_s;
};

/* QEMU's cache= of a guest's disk. */
enum scenario_cache { SCENARIO_CACHE_NONE, SCENARIO_CACHE_WRITEBACK };

struct scenario_module;

/* Files of the host that its processes read. */
struct scenario_files {
	const char *name, *path;
	uint64_t size_mib;
	uint64_t cached_mib;		/* in memory when the run begins; at most size_mib */
	uint64_t hot_mib;		/* read again and again, from the beginning on */
	uint64_t period_ms;
	uint32_t cgroup;		/* of the host's array, from 1 on; 0: the root */
	uint32_t disk;			/* the same of disks; 0: of their own, which has */
	uint32_t seek_us, seek_max_us, read_us, transfer_mib_per_s;
};

/* A memory group of the host.  Limits: UINT64_MAX is none. */
struct scenario_cgroup {
	const char *name, *path;
	uint32_t parent;		/* in the host's array, from 1 on; 0: the root */
	uint64_t max_mib, high_mib, swap_max_mib;
	uint64_t low_mib, min_mib;
	uint32_t cpu_weight;		/* 0: none is given */
	uint64_t cpu_quota_us;		/* 0: none */
	uint32_t cpu_period_us;
};

struct scenario_host {
	const char *path;		/* of the node, as --set takes it */
	uint64_t memory_mib;
	uint64_t kernel_reserve_mib;
	uint32_t cpus;
	uint64_t min_free_kbytes;	/* 0: computed from the memory, as Linux does */
	uint32_t watermark_scale_factor;
	enum scenario_thp thp;
	enum scenario_thp_defrag thp_defrag;
	bool thp_split_dirty;
	uint32_t khugepaged_pages_to_scan;	/* 0: it does not run */
	uint32_t khugepaged_scan_sleep_ms, khugepaged_alloc_sleep_ms;
	uint32_t khugepaged_max_ptes_none, khugepaged_max_ptes_swap;
	uint32_t swappiness;
	enum scenario_lru lru;
	uint32_t lru_gen_min_ttl_ms;	/* 0: none */
	uint32_t dirty_background_ratio, dirty_ratio;
	uint32_t dirty_writeback_centisecs, dirty_expire_centisecs;
	uint32_t vmm_memory_mib;	/* anonymous memory of each VMM besides guest RAM */
	uint32_t vmm_hot_kib;		/* of that, what each turn of its threads uses */
	uint32_t sched_latency_us;
	uint32_t sched_min_granularity_us;
	uint32_t sched_wakeup_granularity_us;
	uint32_t wakeup_latency_ns;
	struct scenario_disk *disks;
	uint32_t nr_disks;
	struct scenario_swap swap;
	struct scenario_files *files;
	uint32_t nr_files;
	uint32_t cgroup_version;	/* 1, 2 */
	struct scenario_cgroup *cgroups;
	uint32_t nr_cgroups;
	const char *costs_name;		/* of the cost table */
	struct cost_table costs;
	const char *memory_bandwidth_source;
	const char *cost_source[NR_COSTS];	/* what each rests on; "": not said */
	struct scenario_strings cost_references;	/* "[NAME] ...", that those texts name */
	struct scenario_module *modules;	/* of its kernel, as a guest's */
	uint32_t nr_modules;
};

/* What a kernel has done to its memory when its first program starts. */
struct scenario_boot {
	const char *name;		/* of the profile; "" for none */
	uint32_t reserved_mib;		/* touched and never given to the page allocator */
	uint32_t page_struct_bytes;	/* memory map per 4 KiB page, reserved as well */
	uint32_t kernel_mib;		/* allocated unmovable for good, touched */
	uint32_t active_kib;		/* of these and the next, used again and again */
	struct scenario_numbers active_gaps;	/* pages from one to the next, equally often */
	uint32_t user_mib;		/* allocated movable for good, touched */
	uint32_t released_mib;		/* touched and free again when boot ends */
	uint32_t percpu_mib;		/* of these, still on per-CPU lists */
	uint32_t cache_mib;		/* of files, in the page cache when boot ends */
	uint32_t cache_active_mib;	/* of these, on the active list */
	uint32_t duration_ms;
	uint32_t daemon_period_ms;	/* 0: none */
	uint32_t daemon_pages;
	uint32_t cache_hot_mib;		/* of the files, what each daemon reads again */
};

/* One parameter of a module or property of a device: NAME=VALUE as its image takes it. */
struct scenario_parameter {
	const char *name;
	const char *value;
};

struct scenario_module {
	const char *name;		/* of the node */
	const char *path;		/* of the node, for messages; with its file in front */
	const char *image;
	uint32_t load_order;		/* the array is sorted by it */
	const struct scenario_parameter *parameters;
	uint32_t nr_parameters;
};

enum scenario_device_kind { SCENARIO_DEVICE_BALLOON, SCENARIO_DEVICE_PAGE_HINT };

/* What a device takes of what a page hint names; the same order as in the parse table. */
enum scenario_action { SCENARIO_ACTION_DONTNEED, SCENARIO_ACTION_FREE, SCENARIO_ACTION_NONE };

/* Members that a kind of device does not have are 0. */
struct scenario_device {
	enum scenario_device_kind kind;
	const char *name;
	const char *path;
	const char *type;		/* QOM type name, such as "virtio-ballast-pci" */
	const char *image;
	bool free_page_reporting;
	bool free_page_hint;
	bool migration_stalls;
	bool deflate_on_oom;
	bool page_poison;
	bool init_reported, init_on_inflate;
	uint32_t stats_polling_s;	/* 0: no polling */
	enum scenario_action action;	/* page hint */
	bool per_page, vhost;		/* page hint */
	bool packed;			/* rings */
	const struct scenario_parameter *properties;	/* further ones */
	uint32_t nr_properties;
};

enum scenario_policy { SCENARIO_POLICY_FREE_MEMORY, SCENARIO_POLICY_AVAILABLE,
		       SCENARIO_POLICY_STALL, SCENARIO_POLICY_PRESSURE };

/* Who decides how large the guest's balloon is; see sim/control/control.h. */
struct scenario_controller {
	const char *path;		/* NULL: nobody */
	enum scenario_policy policy;
	const char *image;		/* of a policy; "": @policy */
	uint32_t period_ms;
	uint64_t step_mib, min_mib;
	uint32_t guest_free_percent, host_free_percent;
	uint32_t low_percent, high_percent;
	uint32_t stall_permille;
	uint32_t pressure_high_permille, pressure_low_permille;
};

enum scenario_program_kind {
	SCENARIO_PROGRAM_MEMHOG,
	SCENARIO_PROGRAM_ALLOCATE,
	SCENARIO_PROGRAM_PAGE_FAULT1,
	SCENARIO_PROGRAM_PAGE_FAULT2,
	SCENARIO_PROGRAM_CHURN,
	SCENARIO_PROGRAM_FILESCAN,
	SCENARIO_PROGRAM_IDLE,
	SCENARIO_PROGRAM_DEMAND,
	SCENARIO_PROGRAM_COMPACT,
	SCENARIO_PROGRAM_OFFLINE,
	SCENARIO_PROGRAM_SERVICE,
	SCENARIO_PROGRAM_STREAM,
	SCENARIO_PROGRAM_FTQ,
	NR_SCENARIO_PROGRAMS
};

enum scenario_madvise {
	SCENARIO_MADVISE_NONE,
	SCENARIO_MADVISE_HUGEPAGE,
	SCENARIO_MADVISE_NOHUGEPAGE,
};

enum scenario_pattern { SCENARIO_PATTERN_UNIFORM, SCENARIO_PATTERN_ZIPF };

/* Arguments that a program does not have are 0. */
struct scenario_program {
	const char *name;
	const char *path;
	enum scenario_program_kind kind;
	struct scenario_start start;	/* start.after already has the program before it */
	bool background;		/* the next program does not wait for this one */
	uint64_t size_mib;		/* of each task; churn: held; stream: an array */
	uint32_t loops;
	uint32_t tasks;
	uint64_t hold_ms, pause_ms;
	uint64_t duration_ms;
	uint64_t lifetime_ms;		/* churn: mean */
	uint32_t min_kib, max_kib;	/* churn: size of one allocation */
	uint64_t file_mib;		/* filescan */
	uint32_t block;			/* offline: of memory */
	uint32_t time_percent;		/* demand: time axis of the file */
	uint32_t bytes_percent;		/* demand: memory axis of the file */
	const char *file;		/* demand: an existing file */
	enum scenario_madvise madvise;
	uint32_t rate_per_s, touches;	/* service: requests, and pages of each */
	uint32_t write_percent;		/* service: of those pages, how many are written */
	uint32_t compute_us;		/* service: CPU time of a request */
	enum scenario_pattern pattern;	/* service */
	uint32_t quantum_us;		/* ftq */
};

#define SCENARIO_ORDER_UNSET UINT32_MAX	/* the driver's own, or that of a pageblock */

struct scenario_page_reporting {
	uint32_t order, delay_ms, capacity;
};

struct scenario_guest {
	const char *name;		/* node name; replicas have "-0", "-1", ... appended */
	const char *path;
	uint32_t replica, nr_replicas;
	uint64_t memory_mib;
	uint32_t vcpus;
	uint32_t phys_bits;		/* width of guest-physical addresses */
	uint32_t qemu;			/* 0: its images'; else qemu_levels.version[qemu - 1] */
	uint32_t kernel;		/* 0: its images'; else linux_levels.version[kernel - 1] */
	enum scenario_async_pf async_pf;
	enum scenario_backing backing;	/* PINNED: anonymous, with assigned_device */
	uint32_t page_size_kib;		/* of the host's pages under the guest's memory */
	struct scenario_start start;	/* of the boot */
	uint64_t min_free_kbytes;
	uint32_t watermark_scale_factor;
	enum scenario_thp thp;
	enum scenario_thp_defrag thp_defrag;
	enum scenario_thp_size hugepages[SCENARIO_THP_SIZES];	/* from 16 KiB up */
	uint64_t movable_mib;
	int init_on_alloc;		/* 0: off */
	bool init_on_free;
	bool page_poison;
	bool page_zeroed;
	bool assigned_device;
	struct scenario_swap swap;
	uint32_t disk;			/* with its image, from 1 on; 0: none of the host's */
	uint64_t image_mib;
	enum scenario_cache cache;	/* of what lies on the host's disks */
	struct scenario_boot boot;
	uint32_t cgroup;		/* of the host's array, from 1 on; 0: the root */
	struct scenario_page_reporting page_reporting;
	struct scenario_controller controller;
	struct scenario_module *modules;
	struct scenario_device *devices;
	struct scenario_program *programs;
	uint32_t nr_modules, nr_devices, nr_programs;
};

/*
 * What is done by hand, or by the host's management.  SET_BALLOON: the target of a guest's balloon;
 * it has taken effect when `actual` is there.  ASK_FOR_HINTS: a migration begins and does not end.
 * The same order as in the trace.
 */
enum scenario_command_kind {
	SCENARIO_COMMAND_SET_BALLOON,
	SCENARIO_COMMAND_ASK_FOR_HINTS,
	SCENARIO_COMMAND_DROP_CACHES,
	SCENARIO_COMMAND_COMPACT_MEMORY,
	SCENARIO_COMMAND_SWAPOFF,
	SCENARIO_COMMAND_PAUSE,
	SCENARIO_COMMAND_RESUME,
	SCENARIO_COMMAND_SHUTDOWN,
	SCENARIO_COMMAND_START,
	SCENARIO_COMMAND_HOST_PROGRAM,	/* a process of the host, from its start to its end */
};

#define SCENARIO_NO_GUEST UINT32_MAX	/* the host */

struct scenario_command {
	const char *name;
	const char *path;
	enum scenario_command_kind kind;
	struct scenario_start start;
	uint32_t guest;			/* or SCENARIO_NO_GUEST */
	/* SET_BALLOON: memory left to the guest, as QEMU's "balloon" command; one of them is 0 */
	uint64_t target_mib, target_kib;
	/* HOST_PROGRAM */
	uint64_t size_mib, hold_ms, hot_mib, period_ms;
	uint32_t cgroup;		/* of the host's array, from 1 on; 0: the root */
};

enum scenario_metric {
	SCENARIO_METRIC_GUESTS_BEFORE_OOM,
	SCENARIO_METRIC_GUESTS_BEFORE_SWAP,
	SCENARIO_METRIC_SWAP_MIB,
	SCENARIO_METRIC_PROGRAM_TIME_MS,
	SCENARIO_METRIC_PROGRAM_TIME_RATIO_PERCENT,
	SCENARIO_METRIC_COMMAND_TIME_MS,
};

/* One published number to compare with. */
struct scenario_figure {
	const char *name;
	const char *label;
	const char *variant;		/* "": of every variant */
	enum scenario_metric metric;
	uint64_t value, value_max;	/* published: from value to value_max */
	uint32_t band_percent;		/* 0: exact */
	const char *remark;		/* why it may be out of it; "": nothing to say */
	uint32_t guest_index;		/* into scenario->guests, may be past the end */
	uint32_t base_guest_index;	/* ratio: time of guest_index / time of this one */
	int64_t command;		/* index into scenario->commands; -1: none */
};

struct scenario_published {
	const char *id;			/* "" when nothing is published */
	const char *source;
	const char *with_overlay;	/* of the variant "with", in the directory of scenarios */
	struct scenario_figure *figures;
	uint32_t nr_figures;
};

enum scenario_detail { SCENARIO_DETAIL_SUMMARY, SCENARIO_DETAIL_NORMAL, SCENARIO_DETAIL_FULL };

struct scenario_trace {
	enum scenario_detail detail;
	uint32_t sample_ms;		/* of gauges; 0: none */
};

/* What happens to the others when a guest's kernel panics or its VMM crashes. */
enum scenario_on_crash { SCENARIO_CRASH_CONTINUE, SCENARIO_CRASH_END };

struct scenario_block;

struct scenario {
	const char *file;
	const char *description;
	const char *variant;
	uint64_t seed;
	int jitter;			/* 0: off */
	uint64_t until_ms;		/* 0: no limit */
	uint64_t settle_ms;		/* how long the run goes on after the last program */
	uint64_t hung_task_s;		/* a wait of this long is a hang; 0: nothing is */
	enum scenario_on_crash on_crash;
	struct scenario_host host;
	struct scenario_guest *guests;
	struct scenario_command *commands;
	uint32_t nr_guests, nr_commands;
	struct scenario_published published;
	struct scenario_trace trace;
	uint64_t digest;		/* of all that a run depends on, but for the seed */

	struct scenario_block *memory;
	char *error;
};

struct scenario_args {
	const char *file;		/* .dts or .dtb */
	const char *const *overlays;	/* .dts, .dtso or .dtb, .dtbo; applied in this order */
	uint32_t nr_overlays;
	const char *const *settings;	/* PATH/PROP=VALUE, after the overlays */
	uint32_t nr_settings;
	const char *include_dir;	/* of costs/ and swap/; NULL: found beside the file */
};

/* Returns 0 or -1; the text of the errors is then in scenario_error_text(). */
int scenario_load(struct scenario *scenario, const struct scenario_args *args);
void scenario_free(struct scenario *scenario);
/* One error a line, each "FILE: NODE PATH: PROPERTY: what is wrong; what is allowed". */
const char *scenario_error_text(const struct scenario *scenario);

/*
 * What an overlay says of itself: "description" at its root, which is not applied to anything; ""
 * if it says nothing.  Returns NULL, and one line in @error, when the overlay cannot be read.  The
 * caller's to free.
 */
char *scenario_overlay_description(const char *file, const char *include_dir, char *error,
				   size_t error_size);

/* Of a file's contents; 0 when it cannot be read. */
uint64_t scenario_file_digest(const char *path);

/* A number on a command line, decimal or 0x: 010 is ten.  False: it is none, or too large. */
bool scenario_parse_number(const char *text, uint64_t *value);

const char *scenario_program_name(enum scenario_program_kind kind);
const char *scenario_swap_name(enum scenario_swap_kind kind);
const char *scenario_disk_name(enum scenario_disk_kind kind);
/* Properties that are members of their own in struct scenario_device, as -device takes them. */
#define SCENARIO_DEVICE_BITS 7
/* Returns how many there are. */
uint32_t scenario_device_bits(const struct scenario_device *device,
			      struct scenario_parameter bits[SCENARIO_DEVICE_BITS]);
/* The guest's balloon, which is the first one; NULL: it has none. */
const struct scenario_device *scenario_balloon(const struct scenario_guest *guest);
/*
 * Bytes that VMMs, guest memory included, have together when the host begins to reclaim.  With
 * memory groups there is one, and they are all in it.
 */
uint64_t scenario_host_room(const struct scenario_host *host);
/*
 * Bytes that the guest is to be left with, as QMP's "balloon" takes them: whole pages, as the
 * device counts those that it is to take (virtio_balloon_to_target()).
 */
uint64_t scenario_command_target(const struct scenario_command *command);
/* By what the guest tells the host about its memory, in a word or two. */
const char *scenario_mechanism(const struct scenario_guest *guest);
const char *scenario_metric_name(enum scenario_metric metric);

enum scenario_reference_format { SCENARIO_REFERENCE_JSON, SCENARIO_REFERENCE_MARKDOWN };
/* Every node and property with type, unit, range, default and meaning. */
void scenario_print_reference(FILE *out, enum scenario_reference_format format);

#endif
