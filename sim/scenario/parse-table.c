/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a scenario may say: every node, every property, its type, unit, range and default.
 *
 * This table is the only place that knows: the parser, the messages of `ballast check`, --set
 * and docs/scenario.md all follow it.  Defaults are what Linux 6.1 or QEMU 7.2 do unless the text
 * says otherwise.  Disks and swap devices are in parse_table_disk.c, commands in
 * parse_table_commands.c.
 */
#include "parse_table.h"

/* ---- host ---- */

static const struct property_spec files_properties[] = {
	U64("size-mib", "MiB", 1, 131071, NULL, FIELD(scenario_files, size_mib),
	    "size of them all"),
	U64("cached-mib", "MiB", 0, MIB_MAX, "all of it", FIELD(scenario_files, cached_mib),
	    "in the page cache when the run begins, from the first file on: read once, what is hot "
	    "twice"),
	U64("hot-mib", "MiB", 0, MIB_MAX, "0", FIELD(scenario_files, hot_mib),
	    "read again and again, from the first file on"),
	U64("period-ms", "ms", 10, MS_MAX, "10000", FIELD(scenario_files, period_ms),
	    "from the end of one such reading to the next"),
	U32("seek-us", "us", 0, 10000000, "0", FIELD(scenario_files, seek_us),
	    "of their disk, mean positioning time (exponential) of a request that does not follow "
	    "the one before; defaults are those of a SATA flash disk"),
	U32("seek-max-us", "us", 0, 10000000, "0", FIELD(scenario_files, seek_max_us),
	    "limit of the positioning time; 0: none"),
	PHANDLE("cgroup", 1, "none", NODE_BIT(NODE_CGROUP), "that their page cache is charged to"),
	PHANDLE("disk", 1, "none", NODE_BIT(NODE_DISK),
		"that they lie on, instead of one of their own: then it says how long that takes"),
	U32("read-us", "us", 0, 10000000, "90", FIELD(scenario_files, read_us),
	    "fixed part of a request"),
	U32("transfer-mib-per-s", "MiB/s", 1, 1000000, "500",
	    FIELD(scenario_files, transfer_mib_per_s), "rate of the data itself"),
};

static const struct node_spec node_files = {
	.kind = NODE_FILES, .compatible = "ballast,host-files", .sets = { SET(files_properties) },
	.doc = "files that processes of the host read (images, logs, programs): its page cache",
	.begin = begin_files,
};

static const struct property_spec cgroup_properties[] = {
	PHANDLE("parent", 1, "none", NODE_BIT(NODE_CGROUP), "the group that it is in"),
	U64("max-mib", "MiB", 1, MIB_MAX, "none", FIELD(scenario_cgroup, max_mib),
	    "memory.max (version 1: memory.limit_in_bytes)"),
	U64("high-mib", "MiB", 1, MIB_MAX, "none", FIELD(scenario_cgroup, high_mib),
	    "memory.high: beyond it one is slowed down; version 2"),
	U64("swap-max-mib", "MiB", 0, MIB_MAX, "none", FIELD(scenario_cgroup, swap_max_mib),
	    "memory.swap.max; version 2"),
	U64("low-mib", "MiB", 0, MIB_MAX, "0", FIELD(scenario_cgroup, low_mib),
	    "memory.low: not reclaimed as long as there is something else; version 2"),
	U64("min-mib", "MiB", 0, MIB_MAX, "0", FIELD(scenario_cgroup, min_mib),
	    "memory.min: not reclaimed; version 2"),
	U32("cpu-weight", NULL, 1, 10000, "none", FIELD(scenario_cgroup, cpu_weight),
	    "cpu.weight: its part of CPUs that others want, too; 100 is that of a thread beside it "
	    "(version 1: 100 stands for cpu.shares of 1024).  If any group has a weight or a "
	    "quota, those without have 100"),
	U64("cpu-quota-us", "us", 1000, 1000000000, "none", FIELD(scenario_cgroup, cpu_quota_us),
	    "cpu.max (version 1: cpu.cfs_quota_us): CPU time that its threads have in each period"),
	U32("cpu-period-us", "us", 1000, 1000000, "100000", FIELD(scenario_cgroup, cpu_period_us),
	    "of cpu-quota-us"),
};

static const struct node_spec node_cgroup = {
	.kind = NODE_CGROUP, .compatible = "ballast,cgroup", .sets = { SET(cgroup_properties) },
	.doc = "a memory group of the host: guests, files and programs that are charged together",
	.begin = begin_cgroup,
};

static const struct property_spec costs_properties[] = {
	STRING("description", "", FIELD(scenario_host, costs_name), "what the table describes"),
	{ "references", PROPERTY_STRINGLIST, NULL, 0, 0, "none", NULL, 0,
	  "what the texts of sources name in brackets: \"[NAME] ...\"",
	  FIELD(scenario_host, cost_references) },
	U64("memory-bandwidth-mb-per-s", "MB/s", 0, 100000000, "0",
	    FIELD(scenario_host, costs.memory_mb_per_s),
	    "of the host's memory, for all who clear, copy, read or write it; 0: no limit"),
	STRING("memory-bandwidth-mb-per-s-source", "",
	       FIELD(scenario_host, memory_bandwidth_source), "what that rests on"),
#define COST(id, prop, text)                                                                       \
	{ prop, PROPERTY_U64, "ns", 0, NS_MAX, NULL, NULL, 0, text,                                \
	  offsetof(struct scenario_host, costs.ns[COST_##id]), sizeof(uint64_t) },               \
	STRING(prop "-source", "", FIELD(scenario_host, cost_source[COST_##id]),                   \
	       "what `" prop "` rests on: measured, derived or estimate, and by whom"),
	COST_TABLE(COST)
#undef COST
};

static const struct node_spec node_costs = {
	.kind = NODE_COSTS, .compatible = "ballast,costs", .single = true, .required = true,
	.doc = "what things cost: CPU time per occurrence (docs/costs.md)",
	.sets = { SET(costs_properties) }, .begin = begin_costs,
};

#define THP_DEFRAG_VALUES "always defer defer+madvise madvise never"

static const struct property_spec host_properties[] = {
	U64("memory-mib", "MiB", 64, MIB_MAX, NULL, FIELD(scenario_host, memory_mib),
	    "memory of the host (of the NUMA node, where guests live on one)"),
	U64("kernel-reserve-mib", "MiB", 0, MIB_MAX, "0", FIELD(scenario_host, kernel_reserve_mib),
	    "part of it that the host's kernel and everything but VMMs hold for good"),
	U32("vmm-memory-mib", "MiB", 0, 65536, "35", FIELD(scenario_host, vmm_memory_mib),
	    "anonymous memory of each VMM besides guest memory (35: measured on QEMU 7.2); it is "
	    "swapped as guests' is"),
	U32("vmm-hot-kib", "KiB", 0, 65536, "256", FIELD(scenario_host, vmm_hot_kib),
	    "of that, what is used all the time, by its timers and each time that one of its "
	    "threads is woken (an estimate)"),
	U32("cpus", "CPUs", 1, 4096, NULL, FIELD(scenario_host, cpus), "CPUs of the host"),
	U64("min-free-kbytes", "KiB", 0, UINT64_C(1) << 24, "0",
	    FIELD(scenario_host, min_free_kbytes),
	    "vm.min_free_kbytes; 0: computed from the memory as Linux does"),
	U32("watermark-scale-factor", "1/10000 of memory", 1, 3000, "10",
	    FIELD(scenario_host, watermark_scale_factor), "vm.watermark_scale_factor"),
	U32("swappiness", NULL, 0, 200, "60", FIELD(scenario_host, swappiness),
	    "vm.swappiness: how soon anonymous memory goes rather than page cache"),
	ENUM("lru", "classic mglru", "classic", FIELD(scenario_host, lru),
	     "which pages reclaim takes: active and inactive lists, or the multi-generational LRU "
	     "(/sys/kernel/mm/lru_gen/enabled; Debian's kernel has it, and does not use it unless "
	     "told to)"),
	U32("lru-gen-min-ttl-ms", "ms", 0, 3600000, "0", FIELD(scenario_host, lru_gen_min_ttl_ms),
	    "/sys/kernel/mm/lru_gen/min_ttl_ms: what has been used within it stays, and the OOM "
	    "killer comes if nothing else is left; with lru = \"mglru\""),
	U32("dirty-background-ratio", "%", 1, 100, "10",
	    FIELD(scenario_host, dirty_background_ratio),
	    "vm.dirty_background_ratio: from so much on, of memory that is free or of files, dirty "
	    "pages are written"),
	U32("dirty-ratio", "%", 1, 100, "20", FIELD(scenario_host, dirty_ratio),
	    "vm.dirty_ratio: from so much on whoever writes waits for that"),
	U32("dirty-writeback-centisecs", "1/100 s", 1, 360000, "500",
	    FIELD(scenario_host, dirty_writeback_centisecs),
	    "vm.dirty_writeback_centisecs: how often somebody looks for old ones"),
	U32("dirty-expire-centisecs", "1/100 s", 1, 360000, "3000",
	    FIELD(scenario_host, dirty_expire_centisecs),
	    "vm.dirty_expire_centisecs: when they are old, and written in any case"),
	U32("cgroup-version", NULL, 1, 2, "2", FIELD(scenario_host, cgroup_version),
	    "of the memory controller: with 1, reclaim for a group waits for pages that it finds "
	    "being written"),
	ENUM("thp", "always madvise never", "always", FIELD(scenario_host, thp),
	     "transparent huge pages under guest memory; VMMs do madvise their guests' memory"),
	ENUM("thp-defrag", THP_DEFRAG_VALUES, "madvise", FIELD(scenario_host, thp_defrag),
	     "whether a fault reclaims memory for a huge page (all but defer and never do, since "
	     "the memory is madvised), or falls back to small ones"),
	BOOL("thp-split-dirty", FIELD(scenario_host, thp_split_dirty),
	     "pages of a huge page that reclaim splits have dirty page table entries, and each is "
	     "flushed from TLBs by itself when it is swapped, as where migration entries have room "
	     "for that bit (not on Intel's client CPUs that mitigate L1TF); false: once for all"),
	U32("khugepaged-pages-to-scan", "pages", 0, UINT32_MAX, "4096",
	    FIELD(scenario_host, khugepaged_pages_to_scan),
	    "of guest memory that khugepaged looks at each time it wakes up; 0: it does not run"),
	U32("khugepaged-scan-sleep-ms", "ms", 1, 3600000, "10000",
	    FIELD(scenario_host, khugepaged_scan_sleep_ms), "how long it sleeps in between"),
	U32("khugepaged-alloc-sleep-ms", "ms", 1, 3600000, "60000",
	    FIELD(scenario_host, khugepaged_alloc_sleep_ms),
	    "and once more, when there is no memory for a huge page"),
	U32("khugepaged-max-ptes-none", "pages", 0, 511, "511",
	    FIELD(scenario_host, khugepaged_max_ptes_none),
	    "of 512, that may be nothing where it makes a huge page: those that a balloon or "
	    "reporting has given back are taken again"),
	U32("khugepaged-max-ptes-swap", "pages", 0, 511, "64",
	    FIELD(scenario_host, khugepaged_max_ptes_swap),
	    "of 512, that may be in swap: they are read back"),
	U32("sched-latency-us", "us", 100, 1000000, "24000",
	    FIELD(scenario_host, sched_latency_us),
	    "period in which each runnable thread runs once (kernel/sched/fair.c: 6 ms, times 4 "
	    "from 8 CPUs on)"),
	U32("sched-min-granularity-us", "us", 10, 1000000, "3000",
	    FIELD(scenario_host, sched_min_granularity_us),
	    "shortest slice (0.75 ms, times 4 from 8 CPUs on)"),
	U32("sched-wakeup-granularity-us", "us", 0, 1000000, "4000",
	    FIELD(scenario_host, sched_wakeup_granularity_us),
	    "how far behind a woken thread must be to preempt (1 ms, times 4 from 8 CPUs on)"),
	U32("wakeup-latency-ns", "ns", 0, 10000000, "2000",
	    FIELD(scenario_host, wakeup_latency_ns),
	    "from a wake-up to the thread's first instruction on an idle CPU, without the context "
	    "switch (an estimate: interrupt and leaving a shallow idle state)"),
};

static const struct node_spec node_host_modules;
static const struct node_spec *const host_children[] = {
	&node_disk, &node_hdd, &node_ssd, &node_nvme, &node_zram, &node_swap_file, &node_files,
	&node_host_program, &node_cgroup, &node_costs, &node_host_modules, NULL,
};

static const struct node_spec node_host = {
	.kind = NODE_HOST, .compatible = "ballast,host", .single = true, .required = true,
	.doc = "the physical machine", .sets = { SET(host_properties) },
	.children = host_children, .begin = begin_host,
};

/* ---- guests ---- */

static const struct property_spec boot_properties[] = {
	U32("reserved-mib", "MiB", 0, 4096, "0", FIELD(scenario_boot, reserved_mib),
	    "kernel image and early allocations: touched, never in the page allocator"),
	U32("page-struct-bytes", "bytes", 0, 256, "64", FIELD(scenario_boot, page_struct_bytes),
	    "memory map per 4 KiB page of the guest, touched, never in the page allocator"),
	U32("kernel-mib", "MiB", 0, 65536, "0", FIELD(scenario_boot, kernel_mib),
	    "allocated unmovable for good, touched"),
	U32("active-kib", "KiB", 0, 65536, "0", FIELD(scenario_boot, active_kib),
	    "of kernel-mib and user-mib: touched when a process begins or ends, or, with "
	    "daemon-pages 0, every daemon-period-ms"),
	U32_LIST("active-gaps", "pages", 1, 1048576, FIELD(scenario_boot, active_gaps),
		 "how far, in pages of kernel-mib and user-mib, it is from an active page to the "
		 "next: these, equally often and in random order, until there are active-kib of "
		 "them; none: evenly spread"),
	U32("user-mib", "MiB", 0, 65536, "0", FIELD(scenario_boot, user_mib),
	    "allocated movable for good, touched: services and their files"),
	U32("released-mib", "MiB", 0, 65536, "0", FIELD(scenario_boot, released_mib),
	    "touched while booting and free when it ends"),
	U32("percpu-mib", "MiB", 0, 65536, "0", FIELD(scenario_boot, percpu_mib),
	    "of released-mib, still on per-CPU lists, as far as these have room for it"),
	U32("cache-mib", "MiB", 0, 65536, "0", FIELD(scenario_boot, cache_mib),
	    "read from files while booting: clean page cache, which the kernel drops when it needs "
	    "memory"),
	U32("cache-active-mib", "MiB", 0, 65536, "0", FIELD(scenario_boot, cache_active_mib),
	    "of cache-mib, read more than once, so on the active list"),
	U32("cache-hot-mib", "MiB", 0, 65536, "0", FIELD(scenario_boot, cache_hot_mib),
	    "of cache-mib, read again by each of the processes of daemon-period-ms"),
	U32("duration-ms", "ms", 0, 3600000, "0", FIELD(scenario_boot, duration_ms),
	    "from power-on to the first program"),
	U32("daemon-period-ms", "ms", 0, 3600000, "0", FIELD(scenario_boot, daemon_period_ms),
	    "mean time between two small processes that run besides the programs (exponential); "
	    "0: none"),
	U32("daemon-pages", "pages", 0, 1048576, "20", FIELD(scenario_boot, daemon_pages),
	    "memory that each of them touches, besides its data, stack and page tables; 0: no "
	    "process begins, one that is there reads cache-hot-mib"),
};

static const struct node_spec node_boot = {
	.kind = NODE_BOOT, .compatible = "ballast,boot-profile",
	.doc = "what a kernel does to its memory while it boots; guests refer to it",
	.sets = { SET(boot_properties) }, .begin = begin_boot,
};

static const struct property_spec page_reporting_properties[] = {
	U32("order", NULL, 0, 10, "the driver's, or 9",
	    FIELD(scenario_page_reporting, order),
	    "smallest block that is reported (mm/page_reporting.c: pageblock_order)"),
	U32("delay-ms", "ms", 0, 3600000, "2000", FIELD(scenario_page_reporting, delay_ms),
	    "from a free to the pass that reports it (PAGE_REPORTING_DELAY)"),
	U32("capacity", "blocks", 1, 1024, "32", FIELD(scenario_page_reporting, capacity),
	    "blocks of one request (PAGE_REPORTING_CAPACITY)"),
};

static const struct node_spec node_page_reporting = {
	.kind = NODE_PAGE_REPORTING, .compatible = "ballast,page-reporting", .single = true,
	.doc = "free page reporting of the guest's kernel",
	.sets = { SET(page_reporting_properties) }, .begin = begin_page_reporting,
};

static const struct node_spec node_parameters = {
	.kind = NODE_PARAMETERS, .name = "parameters", .single = true, .open = true, .variant = 0,
	.doc = "module parameters: any property, a string, a number or empty, as the module has it",
	.begin = begin_parameters,
};
static const struct node_spec node_device_properties = {
	.kind = NODE_PARAMETERS, .name = "properties", .single = true, .open = true, .variant = 1,
	.doc = "further properties of the device, as -device NAME=VALUE would take them",
	.begin = begin_parameters,
};
static const struct node_spec *const module_children[] = { &node_parameters, NULL };
static const struct node_spec *const device_children[] = { &node_device_properties, NULL };

static const struct property_spec module_properties[] = {
	STRING("image", NULL, FIELD(scenario_module, image), "name of the module's image"),
	U32("load-order", NULL, 0, 1000, "100", FIELD(scenario_module, load_order),
	    "modules with smaller numbers are loaded first, others in the order of the nodes: an "
	    "overlay adds nodes at the end"),
};

static const struct node_spec node_module = {
	.kind = NODE_MODULE, .compatible = "ballast,module", .sets = { SET(module_properties) },
	.doc = "a kernel module, loaded in the order of the nodes", .children = module_children,
	.begin = begin_module,
};

#define PACKED(more)                                                                              \
	BOOL("packed", FIELD(scenario_device, packed),                                             \
	     "offers VIRTIO_F_RING_PACKED: rings of one part that driver and device write in turn" \
	     more)

static const struct property_spec device_properties[] = {
	STRING("image", "virtio-ballast", FIELD(scenario_device, image),
	       "name of the device's image"),
	STRING("type", "virtio-ballast-pci", FIELD(scenario_device, type), "QOM type name"),
	BOOL("free-page-reporting", FIELD(scenario_device, free_page_reporting),
	     "offers VIRTIO_BALLOON_F_REPORTING"),
	BOOL("free-page-hint", FIELD(scenario_device, free_page_hint),
	     "offers VIRTIO_BALLOON_F_FREE_PAGE_HINT"),
	BOOL("migration-stalls", FIELD(scenario_device, migration_stalls),
	     "the receiver of the migration that asks for hints, before modules are removed, reads "
	     "nothing"),
	BOOL("deflate-on-oom", FIELD(scenario_device, deflate_on_oom),
	     "offers VIRTIO_BALLOON_F_DEFLATE_ON_OOM"),
	BOOL("page-poison", FIELD(scenario_device, page_poison),
	     "offers VIRTIO_BALLOON_F_PAGE_POISON"),
	BOOL("device-init-reported", FIELD(scenario_device, init_reported),
	     "offers VIRTIO_BALLOON_F_DEVICE_INIT_REPORTED, as proposed in 2026: says which "
	     "reported memory reads as zeroes; for guests with page-zeroed"),
	BOOL("device-init-on-inflate", FIELD(scenario_device, init_on_inflate),
	     "offers VIRTIO_BALLOON_F_DEVICE_INIT_ON_INFLATE, as proposed in 2026: says which "
	     "pages of the balloon read as zeroes; for guests with page-zeroed"),
	U32("guest-stats-polling-s", "s", 0, 86400, "0", FIELD(scenario_device, stats_polling_s),
	    "how often the VMM asks for statistics; 0: never"),
	PACKED(""),
};

static const struct property_spec page_hint_properties[] = {
	STRING("image", "virtio-page-hint", FIELD(scenario_device, image),
	       "name of the device's image"),
	STRING("type", "virtio-page-hint-pci", FIELD(scenario_device, type), "QOM type name"),
	ENUM("action", "dontneed free none", "dontneed", FIELD(scenario_device, action),
	     "what becomes of a block: the host takes it back at once, or when it is short of "
	     "memory and the guest has not written (MADV_FREE), or it stays"),
	BOOL("per-page", FIELD(scenario_device, per_page), "advice for each 4 KiB on its own"),
	BOOL("vhost", FIELD(scenario_device, vhost),
	     "the host's kernel serves the queue, with its module vhost_page_hint"),
	PACKED("; not with vhost, which has split rings only"),
};

static const struct node_spec node_page_hint = {
	.kind = NODE_DEVICE, .compatible = "ballast,virtio-page-hint",
	.doc = "a device of the VMM that the guest's module page_hinting tells of free memory",
	.sets = { SET(page_hint_properties) },
	.children = device_children, .begin = begin_page_hint,
};

static const struct node_spec node_device = {
	.kind = NODE_DEVICE, .compatible = "ballast,virtio-ballast",
	.doc = "a balloon device of the VMM", .sets = { SET(device_properties) },
	.children = device_children, .begin = begin_device,
};

/* ---- controllers ---- */

static const struct property_spec controller_properties[] = {
	ENUM("policy", "free-memory available stall pressure", "free-memory",
	     FIELD(scenario_controller, policy),
	     "as MOM's: a share of the guest's memory is free, less when the host is short; what "
	     "is available stays between two marks; shrinking until it hurts, as Senpai; or "
	     "giving what is available while others on the host wait for memory (PSI)"),
	STRING("image", "", FIELD(scenario_controller, image),
	       "a policy of one's own instead: an image with the function ballast_control()"),
	U32("period-ms", "ms", 10, 3600000, "10000", FIELD(scenario_controller, period_ms),
	    "how often it decides"),
	U64("step-mib", "MiB", 1, MIB_MAX, "256", FIELD(scenario_controller, step_mib),
	    "largest change at a time; stall: of those that shrink the guest"),
	U64("min-mib", "MiB", 1, MIB_MAX, "128", FIELD(scenario_controller, min_mib),
	    "the guest is left with no less"),
	U32("guest-free-percent", "%", 1, 99, "20", FIELD(scenario_controller, guest_free_percent),
	    "free-memory: of its current memory a guest is to have that free"),
	U32("host-free-percent", "%", 1, 99, "20", FIELD(scenario_controller, host_free_percent),
	    "free-memory: below it the host is short"),
	U32("low-percent", "%", 0, 99, "10", FIELD(scenario_controller, low_percent),
	    "available: below it, of the memory that it was booted with, the guest gets some; "
	    "pressure: it does not give that"),
	U32("high-percent", "%", 1, 100, "20", FIELD(scenario_controller, high_percent),
	    "available: above it the guest gives some back"),
	U32("stall-permille", "1/1000", 0, 1000, "1", FIELD(scenario_controller, stall_permille),
	    "stall: share of time that the guest may wait for memory"),
	U32("pressure-high-permille", "1/1000", 1, 1000, "100",
	    FIELD(scenario_controller, pressure_high_permille),
	    "pressure: from so much on (`some avg10` of memory, of the host or of the guest's "
	    "group) the guest gives a step"),
	U32("pressure-low-permille", "1/1000", 0, 999, "10",
	    FIELD(scenario_controller, pressure_low_permille),
	    "pressure: up to so much it gets a step back"),
};

static const struct node_spec node_controller = {
	.kind = NODE_CONTROLLER, .compatible = "ballast,controller", .single = true,
	.doc = "who decides how large the guest's balloon is; needs guest-stats-polling-s",
	.sets = { SET(controller_properties) }, .begin = begin_controller,
};

/* ---- programs ---- */

#define PROGRAM_PROPERTIES                                                                         \
	START_PROPERTIES(scenario_program),                                                        \
	BOOL("in-turn", FIELD(scenario_program, start.in_turn),                                    \
	     "in a replica it starts only when the same program of the replica before has ended"), \
	BOOL("background", FIELD(scenario_program, background),                                    \
	     "as with & in a shell: the program after it does not wait for it")
static const struct property_spec program_properties[] = { PROGRAM_PROPERTIES };

#define PROGRAM_SIZE(fallback, text)                                                               \
	U64("size-mib", "MiB", 1, MIB_MAX, fallback, FIELD(scenario_program, size_mib), text)
#define PROGRAM_LOOPS(fallback)                                                                    \
	U32("loops", NULL, 1, 1000000000, fallback, FIELD(scenario_program, loops), "how often")
#define PROGRAM_HOLD                                                                               \
	U64("hold-ms", "ms", 0, MS_MAX, "0", FIELD(scenario_program, hold_ms),                     \
	    "keeps the memory that long after touching it")
#define PROGRAM_MADVISE                                                                            \
	ENUM("madvise", "none hugepage nohugepage", "none", FIELD(scenario_program, madvise),      \
	     "advice on huge pages for the mapping")

#define PROGRAM_DURATION                                                                           \
	U64("duration-ms", "ms", 1, MS_MAX, NULL, FIELD(scenario_program, duration_ms),            \
	    "how long it runs")
#define PROGRAM_TASKS                                                                              \
	U32("tasks", NULL, 1, 4096, "1", FIELD(scenario_program, tasks), "tasks at once")

static const struct property_spec memhog_properties[] = {
	PROGRAM_SIZE(NULL, "memory that it maps and writes"), PROGRAM_LOOPS("1"), PROGRAM_HOLD,
	U64("pause-ms", "ms", 0, MS_MAX, "0", FIELD(scenario_program, pause_ms),
	    "between releasing the memory and the next loop"),
	PROGRAM_MADVISE,
};
static const struct property_spec allocate_properties[] = {
	PROGRAM_SIZE(NULL, "memory that it mallocs and memsets once"), PROGRAM_HOLD,
	PROGRAM_MADVISE,
};
static const struct property_spec page_fault_properties[] = {
	PROGRAM_SIZE("128", "mapping of each task"), PROGRAM_LOOPS(NULL),
	PROGRAM_TASKS, PROGRAM_MADVISE,
};
static const struct property_spec churn_properties[] = {
	PROGRAM_SIZE(NULL, "memory that it holds on average"),
	U32("min-kib", "KiB", 4, 1u << 30, "4", FIELD(scenario_program, min_kib),
	    "smallest allocation"),
	U32("max-kib", "KiB", 4, 1u << 30, "4096", FIELD(scenario_program, max_kib),
	    "largest allocation (sizes are uniform in their logarithm)"),
	U64("lifetime-ms", "ms", 1, MS_MAX, "1000", FIELD(scenario_program, lifetime_ms),
	    "mean lifetime of an allocation (exponential)"),
	PROGRAM_DURATION, PROGRAM_MADVISE,
};
static const struct property_spec filescan_properties[] = {
	U64("file-mib", "MiB", 1, MIB_MAX, NULL, FIELD(scenario_program, file_mib),
	    "size of the file that it reads from start to end"),
	PROGRAM_LOOPS("1"),
};
static const struct property_spec idle_properties[] = {
	U64("duration-ms", "ms", 1, MS_MAX, NULL, FIELD(scenario_program, duration_ms),
	    "how long it sleeps"),
};
static const struct property_spec demand_properties[] = {
	INPUT_FILE("file", NULL, FIELD(scenario_program, file),
		   "CSV with the columns time_s and used_bytes, and file_bytes if files are apart: "
		   "how much is held when"),
	U32("time-percent", "%", 1, 10000, "100", FIELD(scenario_program, time_percent),
	    "scale of its time axis"),
	U32("bytes-percent", "%", 1, 10000, "100", FIELD(scenario_program, bytes_percent),
	    "scale of its memory axis"),
	PROGRAM_MADVISE,
};

static const struct property_spec compact_properties[] = {
	PROGRAM_LOOPS("1"),
	U64("pause-ms", "ms", 0, MS_MAX, "0", FIELD(scenario_program, pause_ms),
	    "time between them"),
};
static const struct property_spec offline_properties[] = {
	U32("block", "memory block", 0, 1u << 20, NULL, FIELD(scenario_program, block),
	    "which: they are of 128 MiB, in guests of 64 GiB and more of up to 2 GiB"),
	U64("hold-ms", "ms", 0, MS_MAX, "0", FIELD(scenario_program, hold_ms),
	    "how long it stays offline"),
};

static const struct property_spec service_properties[] = {
	PROGRAM_SIZE(NULL, "its working set"),
	U32("rate-per-s", "1/s", 1, 1000000, "1000", FIELD(scenario_program, rate_per_s),
	    "requests that arrive (exponential intervals)"),
	U32("touches", "pages", 0, 1000000, "16", FIELD(scenario_program, touches),
	    "pages of 4 KiB that a request reads or writes"),
	U32("write-percent", "%", 0, 100, "10", FIELD(scenario_program, write_percent),
	    "of these, how many are written"),
	U32("compute-us", "us", 0, 1000000, "50", FIELD(scenario_program, compute_us),
	    "CPU time that a request takes besides"),
	ENUM("pattern", "uniform zipf", "zipf", FIELD(scenario_program, pattern),
	     "which pages: any alike, or few of them most of the time (exponent 1)"),
	PROGRAM_DURATION, PROGRAM_MADVISE,
};
static const struct property_spec stream_properties[] = {
	PROGRAM_SIZE("64", "each of the two arrays of a task"), PROGRAM_TASKS, PROGRAM_DURATION,
	PROGRAM_MADVISE,
};
static const struct property_spec ftq_properties[] = {
	U32("quantum-us", "us", 10, 10000000, "1000", FIELD(scenario_program, quantum_us),
	    "length of a quantum"),
	PROGRAM_TASKS, PROGRAM_DURATION,
};

#define PROGRAM_NODE(ident, compatible_, kind_, set, text)                                         \
	static const struct node_spec ident = {                                                    \
		.kind = NODE_PROGRAM, .compatible = compatible_, .variant = kind_, .doc = text,    \
		.sets = { SET(set), SET(program_properties) }, .begin = begin_program,             \
	}

PROGRAM_NODE(node_memhog, "ballast,program-memhog", SCENARIO_PROGRAM_MEMHOG, memhog_properties,
	     "maps memory, writes each page, holds and releases it, as numactl's memhog");
PROGRAM_NODE(node_allocate, "ballast,program-allocate", SCENARIO_PROGRAM_ALLOCATE,
	     allocate_properties, "mallocs memory, memsets it once and exits");
PROGRAM_NODE(node_page_fault1, "ballast,program-page-fault1", SCENARIO_PROGRAM_PAGE_FAULT1,
	     page_fault_properties,
	     "maps anonymous memory, writes each page, unmaps, again and again (will-it-scale)");
PROGRAM_NODE(node_page_fault2, "ballast,program-page-fault2", SCENARIO_PROGRAM_PAGE_FAULT2,
	     page_fault_properties,
	     "the same with a private mapping of a file, always 4 KiB pages (will-it-scale)");
PROGRAM_NODE(node_churn, "ballast,program-churn", SCENARIO_PROGRAM_CHURN, churn_properties,
	     "allocations of random size and lifetime: fragments memory");
PROGRAM_NODE(node_filescan, "ballast,program-filescan", SCENARIO_PROGRAM_FILESCAN,
	     filescan_properties, "reads a file through the page cache");
PROGRAM_NODE(node_idle, "ballast,program-idle", SCENARIO_PROGRAM_IDLE, idle_properties, "sleeps");
PROGRAM_NODE(node_demand, "ballast,program-demand", SCENARIO_PROGRAM_DEMAND, demand_properties,
	     "follows a recorded curve of memory in use");
PROGRAM_NODE(node_compact, "ballast,program-compact", SCENARIO_PROGRAM_COMPACT, compact_properties,
	     "has the kernel compact all memory (/proc/sys/vm/compact_memory)");
PROGRAM_NODE(node_offline, "ballast,program-offline", SCENARIO_PROGRAM_OFFLINE, offline_properties,
	     "takes a block of memory offline, and back online");
PROGRAM_NODE(node_service, "ballast,program-service", SCENARIO_PROGRAM_SERVICE, service_properties,
	     "answers requests from a working set; how long they take is recorded");
PROGRAM_NODE(node_stream, "ballast,program-stream", SCENARIO_PROGRAM_STREAM, stream_properties,
	     "copies memory; how fast, pass by pass, is recorded (the copy of STREAM)");
PROGRAM_NODE(node_ftq, "ballast,program-ftq", SCENARIO_PROGRAM_FTQ, ftq_properties,
	     "computes; how much it does in each quantum of time is recorded (FTQ)");

static const struct node_spec *const program_nodes[] = {
	&node_memhog, &node_allocate, &node_page_fault1, &node_page_fault2, &node_churn,
	&node_filescan, &node_idle, &node_demand, &node_compact, &node_offline, &node_service,
	&node_stream, &node_ftq, NULL,
};
static const struct node_spec *const module_nodes[] = { &node_module, NULL };
static const struct node_spec *const device_nodes[] = { &node_device, &node_page_hint, NULL };

static CONTAINER(node_programs, "programs", program_nodes,
		 "what the guest runs: one after the other in the order of the nodes, unless told "
		 "else");
static CONTAINER(node_modules, "modules", module_nodes, "kernel modules");
static CONTAINER(node_host_modules, "modules", module_nodes,
		 "modules of the host's kernel, which serve hypercalls of vCPUs and files that "
		 "VMMs open");
static CONTAINER(node_devices, "devices", device_nodes, "devices of the VMM");

static const struct property_spec guest_properties[] = {
	U64("memory-mib", "MiB", 64, MIB_MAX, NULL, FIELD(scenario_guest, memory_mib),
	    "memory of the guest"),
	U32("vcpus", "vCPUs", 1, 1024, "1", FIELD(scenario_guest, vcpus), "virtual CPUs"),
	U32("phys-bits", "bits", 32, 52, "40", FIELD(scenario_guest, phys_bits),
	    "width of guest-physical addresses (QEMU's phys-bits)"),
	ENUM("kernel", "images 5.10 5.15 6.1 6.6 6.12 7.2 7.3", "images",
	     FIELD(scenario_guest, kernel),
	     "which Linux it runs, as its drivers see it, and whose page allocator (6.1, 6.12): "
	     "that of the images of its modules (6.1 without any), or a version, whose images "
	     "are then taken (docs/versions.md)"),
	ENUM("qemu", "images 7.2 8.2 9.2 10.0 10.2", "images", FIELD(scenario_guest, qemu),
	     "which QEMU its VMM is, as its devices see it: that of their images, or a version, "
	     "whose images are then taken"),
	ENUM("async-pf", "int halt off", "int", FIELD(scenario_guest, async_pf),
	     "who waits while the host reads a page from swap: int, the program that uses it, as "
	     "with -cpu host; halt, the vCPU until an interrupt comes, as with a named CPU model "
	     "(kvm-asyncpf-int=off); off, the vCPU whatever comes (kernel-irqchip=off)"),
	ENUM("backing", "anonymous shared-file hugetlb pinned", "anonymous",
	     FIELD(scenario_guest, backing),
	     "of its memory on the host: anonymous; a file of shmem that the VMM maps shared "
	     "(memfd, share=on); hugetlbfs, as page-size-kib = <2048>; anonymous and pinned, as "
	     "assigned-device"),
	U32("page-size-kib", "KiB", 4, 2048, "4, or 2048 of hugetlb",
	    FIELD(scenario_guest, page_size_kib),
	    "page size of what backs its memory on the host: 4; 64, a host whose pages are so "
	    "large; 2048, hugetlbfs, which is not swapped"),
	U32("count", "guests", 1, 10000, "1", FIELD(scenario_guest, nr_replicas),
	    "that many of them, named NAME-0, NAME-1, ... when more than one"),
	START_PROPERTIES(scenario_guest),
	BOOL("in-turn", FIELD(scenario_guest, start.in_turn),
	     "each replica boots only when the programs of the one before have ended"),
	U64("min-free-kbytes", "KiB", 0, UINT64_C(1) << 24, "0",
	    FIELD(scenario_guest, min_free_kbytes),
	    "vm.min_free_kbytes; 0: computed from the memory as Linux does"),
	U32("watermark-scale-factor", "1/10000 of memory", 1, 3000, "10",
	    FIELD(scenario_guest, watermark_scale_factor), "vm.watermark_scale_factor"),
	ENUM("thp", "always madvise never", "always", FIELD(scenario_guest, thp),
	     "transparent huge pages for the programs"),
	ENUM("thp-defrag", THP_DEFRAG_VALUES, "madvise", FIELD(scenario_guest, thp_defrag),
	     "/sys/kernel/mm/transparent_hugepage/defrag: for which of them memory is reclaimed"),
	HUGEPAGES_PROPERTIES,
	U64("movable-mib", "MiB", 0, MIB_MAX, "0", FIELD(scenario_guest, movable_mib),
	    "memory of ZONE_MOVABLE, at the end (movablecore=)"),
	ENUM("init-on-alloc", "off on", "on", FIELD(scenario_guest, init_on_alloc),
	     "pages are cleared when they are allocated; Debian's kernels do it, those of others "
	     "mostly do not (init_on_alloc=)"),
	BOOL("init-on-free", FIELD(scenario_guest, init_on_free),
	     "pages are cleared when they are freed (init_on_free=1), all of them at boot, when "
	     "the host must have room"),
	BOOL("page-poison", FIELD(scenario_guest, page_poison),
	     "pages are filled with 0xaa when they are freed (page_poison=1), all of them at boot, "
	     "when the host must have room"),
	BOOL("page-zeroed", FIELD(scenario_guest, page_zeroed),
	     "the kernel remembers which free pages its host has zeroed, and does not clear them "
	     "again (PG_zeroed): as proposed in 2026, in no release"),
	BOOL("assigned-device", FIELD(scenario_guest, assigned_device),
	     "a device of the host works on the guest's memory (VFIO), which therefore is taken as "
	     "a whole when the VMM starts, not swapped, and must not be discarded"),
	PHANDLE("cgroup", 1, "none", NODE_BIT(NODE_CGROUP),
		"memory group of its VMM, to which all of its memory is charged"),
	PHANDLE("disk", 1, "none", NODE_BIT(NODE_DISK),
		"the host's disk that its image, with its files, lies on; none: it has a SATA "
		"flash disk of its own"),
	U64("image-mib", "MiB", 1, MIB_MAX, "65536", FIELD(scenario_guest, image_mib),
	    "size of its image; with disk"),
	ENUM("cache", "none writeback", "none", FIELD(scenario_guest, cache),
	     "of its image and its own swap space, as far as they lie on a disk of the host "
	     "(QEMU's cache=): none, its requests go to that disk; writeback, threads of the VMM "
	     "serve them through the host's page cache"),
	PHANDLE("boot-profile", 1, "none", NODE_BIT(NODE_BOOT),
		"what booting does to the memory; without one the kernel touches only what the "
		"model itself touches"),
};

static const struct node_spec *const guest_children[] = {
	&node_hdd, &node_ssd, &node_nvme, &node_zram, &node_swap_file, &node_page_reporting,
	&node_modules,
	&node_devices, &node_controller, &node_programs, NULL,
};

static const struct node_spec node_guest = {
	.kind = NODE_GUEST, .compatible = "ballast,guest", .required = true,
	.doc = "a guest and its VMM", .sets = { SET(guest_properties) },
	.children = guest_children, .begin = begin_guest,
};

/* ---- the rest ---- */

static const struct property_spec figure_properties[] = {
	STRING("label", "", FIELD(scenario_figure, label), "what it is, for the table"),
	STRING("variant", "", FIELD(scenario_figure, variant),
	       "the figure is of the variant of this name only"),
	ENUM("metric",
	     "guests-before-oom guests-before-swap swap-mib program-time-ms "
	     "program-time-ratio-percent command-time-ms",
	     NULL, FIELD(scenario_figure, metric), "what is compared"),
	U64("value", NULL, 0, UINT64_MAX, NULL, FIELD(scenario_figure, value),
	    "the published value, in the unit that the metric's name ends with"),
	U64("value-max", NULL, 0, UINT64_MAX, "0", FIELD(scenario_figure, value_max),
	    "upper end where a range was published; 0: the value"),
	U32("band-percent", "%", 0, 1000, "0", FIELD(scenario_figure, band_percent),
	    "how far off still counts as reproduced; 0: not at all"),
	STRING("remark", "", FIELD(scenario_figure, remark),
	       "why it is not reproduced, if it is not; for docs/validation.md"),
	U32("guest-index", NULL, 0, 1000000, "0", FIELD(scenario_figure, guest_index),
	    "which guest, counted from 0 over all of the scenario; for swap-mib: swap in use when "
	    "its programs ended"),
	U32("base-guest-index", NULL, 0, 1000000, "0", FIELD(scenario_figure, base_guest_index),
	    "for a ratio: the guest that it is relative to"),
	PHANDLE("command", 1, "none", NODE_BIT(NODE_COMMAND),
		"for command-time-ms: which, from its start to its effect"),
};

static const struct node_spec node_figure = {
	.kind = NODE_FIGURE, .compatible = "ballast,figure", .sets = { SET(figure_properties) },
	.doc = "one published number", .begin = begin_figure,
};
static const struct node_spec *const published_children[] = { &node_figure, NULL };

static const struct property_spec published_properties[] = {
	STRING("id", NULL, FIELD(scenario_published, id), "short name of the result"),
	STRING("source", NULL, FIELD(scenario_published, source), "where it was published"),
	STRING("with-overlay", "overlays/reporting.dtso", FIELD(scenario_published, with_overlay),
	       "what makes the variant \"with\" of it: an overlay in the directory of scenarios"),
};

static const struct node_spec node_published = {
	.kind = NODE_PUBLISHED, .compatible = "ballast,published", .single = true,
	.doc = "published figures that the run is compared with",
	.sets = { SET(published_properties) }, .children = published_children,
	.begin = begin_published,
};

static const struct property_spec trace_properties[] = {
	ENUM("detail", "summary normal full", "normal", FIELD(scenario_trace, detail),
	     "what is recorded: counters; events with extents; every page"),
	U32("sample-ms", "ms", 0, 3600000, "100", FIELD(scenario_trace, sample_ms),
	    "how often gauges (free memory, swap in use, ...) are recorded; 0: never"),
};

static const struct node_spec node_trace = {
	.kind = NODE_TRACE, .compatible = "ballast,trace", .single = true,
	.doc = "what is recorded", .sets = { SET(trace_properties) }, .begin = begin_trace,
};

static const struct property_spec root_properties[] = {
	STRING("description", NULL, FIELD(scenario, description),
	       "what the scenario shows and where it comes from"),
	STRING("variant", "", FIELD(scenario, variant),
	       "name of this variation, for tables; overlays set it"),
	U64("seed", NULL, 0, UINT64_MAX, "1", FIELD(scenario, seed), "seed of all random streams"),
	ENUM("jitter", "off on", "on", FIELD(scenario, jitter),
	     "what differs from one real run to the next is drawn from the seed: when guests and "
	     "programs start, how long booting takes, phases of ticks, addresses of mappings"),
	U64("until-ms", "ms", 0, MS_MAX, "0", FIELD(scenario, until_ms),
	    "the run ends at this time at the latest; 0: no limit"),
	U64("settle-ms", "ms", 0, MS_MAX, "0", FIELD(scenario, settle_ms),
	    "the run goes on this long after the last program and command"),
	U64("hung-task-s", "s", 0, 31622400, "120", FIELD(scenario, hung_task_s),
	    "who waits this long without a timeout hangs, and the run ends; so does it when "
	    "nobody works on a balloon's target for that long "
	    "(kernel.hung_task_timeout_secs); 0: never"),
	ENUM("on-crash", "continue end", "continue", FIELD(scenario, on_crash),
	     "when a guest's kernel panics or its VMM crashes, by a fault of a module or device or "
	     "a BUG: the others go on, or the run ends; it has failed either way"),
};

static const struct node_spec *const root_children[] = {
	&node_host, &node_guest, &node_boot, &node_commands, &node_published, &node_trace, NULL,
};

const struct node_spec node_root = {
	.kind = NODE_ROOT, .compatible = "ballast,scenario", .doc = "the scenario",
	.sets = { SET(root_properties) }, .children = root_children, .begin = begin_root,
};
