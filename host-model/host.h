/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The physical host: CPUs, frames, swap, and the VMs on it.
 *
 * Frames are counted, not numbered: which frame backs a page is invisible behind the EPT, so all
 * that matters is how many are free.  What follows from numbers is left out and stated where it
 * would act: fragmentation (a 2 MiB frame is to be had while enough frames are free), NUMA nodes,
 * zones.  Memory that belongs to the host itself is a constant (reserved_pages).
 */
#ifndef BALLAST_HOST_H
#define BALLAST_HOST_H

#include "cpu.h"
#include "kvm.h"
#include "lru.h"
#include "memcg.h"
#include "random.h"
#include "types.h"

struct disk;
struct swap_device;
struct trace_writer;
struct data_loss;

enum host_thp { HOST_THP_NEVER, HOST_THP_ALWAYS };

/* /sys/kernel/mm/transparent_hugepage/khugepaged; see khugepaged.c. */
struct host_khugepaged {
	uint32_t pages_to_scan;		/* per round; 0: it does not run */
	uint32_t max_ptes_none, max_ptes_swap;	/* of 512 */
	uint64_t scan_sleep_ns, alloc_sleep_ns;
};

struct host_config {
	uint64_t memory_bytes;
	uint64_t reserved_bytes;	/* host kernel and everything that is not a guest */
	uint64_t min_free_bytes;	/* 0: as Linux computes it */
	unsigned int watermark_scale_factor;	/* 1/10000 of memory; 0: 10, as Linux */
	unsigned int nr_cpus;
	enum host_thp thp;
	unsigned int swappiness;	/* 0 to 200; vm.swappiness */
	bool lru_gen;			/* /sys/kernel/mm/lru_gen/enabled */
	uint64_t lru_gen_min_ttl_ns;	/* min_ttl_ms there; 0: none */
	unsigned int cgroup_version;	/* 1, 2 */
	bool thp_no_reclaim;		/* faults do not reclaim for huge pages (defrag) */
	bool thp_split_dirty;		/* entries of one that was split are dirty */
	struct host_khugepaged khugepaged;
	unsigned int dirty_background_ratio, dirty_ratio;	/* of what could be dirty; % */
	uint64_t dirty_writeback_ns, dirty_expire_ns;
	uint64_t vmm_overhead_bytes;	/* anonymous memory of each VMM besides guest RAM */
	uint64_t vmm_hot_bytes;		/* of that, what each turn of its threads uses */
	bool page_tables;		/* take memory; see page_tables.c */
	uint64_t seed;
};

/* What the host counts; all pages unless said otherwise. */
struct host_stats {
	uint64_t peak_used;
	uint64_t swap_out, swap_in, swap_readahead, swap_readahead_hits;
	uint64_t zapped, lazyfree_dropped;
	uint64_t thp_swpout, thp_swpout_fallback;	/* huge pages: written whole, or split */
	uint64_t ept_faults, ept_huge_faults, huge_fallbacks, ept_splits, swap_faults;
	uint64_t async_faults, async_halts;	/* see async_pf.c */
	uint64_t file_reads, file_dropped, file_refaults;
	uint64_t file_dirtied, file_written;
	uint64_t dirty_throttled_ns;	/* that writers were to sleep */
	uint64_t scanned, reclaimed, direct_reclaims, kswapd_runs;
	/*
	 * Of generations (lru_gen.c): that have begun; pages that became of the youngest; that were
	 * spared for their tier; that came back before their generation's end.
	 */
	uint64_t lru_gen_aged, lru_gen_promoted, lru_gen_protected, lru_gen_refaults;
	uint64_t oom_kills;
	uint64_t data_losses;
};

/*
 * What happens to pages besides faults, discards and swapping: mapped where no vCPU took a fault, a
 * 2 MiB leaf split, unmapped by reclaim (to be written; or not, as the slot has it), dropped
 * (lazily freed, or the VM is gone), left by a discard since they are just being read, not in the
 * EPT any more with their frames still there, made one 2 MiB leaf by khugepaged.
 */
enum ept_change { EPT_MAP, EPT_MAP_HUGE, EPT_SPLIT, EPT_UNMAP, EPT_UNMAP_CLEAN, EPT_DROP,
		  EPT_READING, EPT_ZAP, EPT_COLLAPSE };

/* While a page was read from swap: nobody waited; the vCPU did, whatever came; see async_pf.c. */
enum fault_wait { FAULT_NO_WAIT, FAULT_STALLED, FAULT_HALTED, FAULT_ASYNC };

struct ept_fault {
	uint64_t id;
	gfn_t gfn;		/* first of the pages that are mapped now */
	unsigned int order;
	bool swapped_in, write;
	enum fault_wait wait;
	const char *task;	/* of the guest, that took it; NULL: none or not known */
	uint64_t ns;		/* wall time of it */
	bool told;		/* whoever looks knows that it has been served */
};

/* A request that a driver has put on a queue, or a kick of the queue. */
struct kvm_notice {
	uint64_t id, cause;
	unsigned int queue;
	const struct call_site *site;	/* in the driver; NULL: not known */
};

/*
 * Somebody outside the host model wants to know; all optional, called when it happens.  For whom it
 * happens is coro_current->ctx.cause.
 */
struct host_observer {
	/* By the OOM killer; @memcg: whose limit it was, the root: memory was short. */
	void (*vm_killed)(struct host *host, struct kvm_vm *vm, const struct host_memcg *memcg);
	/* EPT violation handled. */
	void (*ept_fault)(struct kvm_vm *vm, const struct ept_fault *fault);
	/* NULL: nobody wants to know of each page. */
	void (*ept)(struct kvm_vm *vm, gfn_t g, uint64_t nr, enum ept_change change);
	/* @freed: frames that the host has got by it; what held nothing gives nothing. */
	void (*discarded)(struct kvm_vm *vm, gfn_t g, uint64_t nr, uint64_t freed, bool lazy);
	/* The first discard of a VM that frees nothing, and never will; @why: a sentence. */
	void (*useless)(struct kvm_vm *vm, const char *why);
	/* A page has been written or read, in @ns from when it was submitted. */
	void (*swapped)(struct kvm_vm *vm, gfn_t g, swap_slot_t slot, bool out, uint64_t ns);
	/* Reclaim begins; @vm: whose thread needs frames, NULL: kswapd. */
	void (*reclaim)(struct host *host, struct kvm_vm *vm, uint64_t id, uint64_t cause);
	void (*submitted)(struct kvm_virtio *dev, const struct kvm_notice *request);
	void (*kicked)(struct kvm_virtio *dev, const struct kvm_notice *kick);
	/* @request->queue: the number of the call. */
	void (*hypercall)(struct kvm_vm *vm, const struct kvm_notice *request);
	void (*data_loss)(struct kvm_vm *vm, const struct data_loss *loss);
	/* The host's kernel has served a hint itself: blocks of guest memory, and their bytes. */
	void (*hinted)(struct kvm_vm *vm, const struct kvm_served *served, uint64_t blocks,
		       uint64_t bytes);
	void *opaque;
};

/* What modules of the host's kernel do for its VMMs and their vCPUs (sim/linux/host). */
struct host_kernel_ops {
	/* A file of /dev, as open() has it. */
	int (*open)(struct kvm_vm *vm, const char *path);
	/* In the exit of a vCPU; @arg: four.  @site: in the guest's code. */
	long (*hypercall)(struct kvm_vm *vm, unsigned long nr, const unsigned long *arg,
			  const struct call_site *site);
	/* EAX of the CPUID leaf KVM_CPUID_FEATURES. */
	uint32_t (*features)(struct kvm_vm *vm);
};

/* What threads wait for on the host; see throttle.c. */
enum host_wait { WAIT_PAGE, WAIT_TAG, WAIT_WRITEBACK, WAIT_PROGRESS, WAIT_MEMCG_HIGH,
		 WAIT_DIRTY, NR_HOST_WAITS };

/* Who writes dirty pages of files; see page_writeback.c. */
struct cache_flusher {
	struct cpu_thread thread;
	struct coro *co;		/* NULL: nobody has had to yet */
	struct event look;		/* at what has become old */
	bool woken, all;		/* asked to work, and to write all that is dirty */
	uint64_t bandwidth;		/* pages/s that it has written; 0: not known yet */
	uint64_t stamp, written;	/* since when (ns), and what had been written by then */
};

struct host {
	struct engine *engine;
	struct cost_table costs;
	struct host_cpus cpus;
	struct host_config config;
	const struct host_observer *observer;
	const struct host_kernel_ops *kernel_ops;	/* NULL: its kernel has no modules */
	struct kernel *kernel;

	uint64_t total_pages, free_pages;	/* frames; total without the reserved ones */
	uint64_t writeback_pages;		/* being written to swap */
	uint64_t swap_written;			/* pages that have been, so far */
	uint64_t dirty_pages, file_writeback;	/* of files: dirty, being written */
	uint64_t swap_cached;			/* in frames and not mapped, those included */
	uint64_t partial_pages;			/* in frames of huge pages, and unmapped */
	uint64_t wmark_min, wmark_low, wmark_high;
	uint64_t total_high_wmark;	/* of all zones, without what lower ones reserve */
	struct host_memcg root, **memcg;	/* of all memory groups, and those */
	unsigned int nr_memcgs;
	const struct lru_ops *lru;	/* who decides what reclaim takes */
	struct cache_file *files;
	struct cache_flusher flusher;
	uint64_t file_pages;		/* of files, in memory */
	struct page_chunk *chunk;	/* page index >> RAM_CHUNK_SHIFT (memory.h) */
	uint32_t nr_chunks;
	struct disk *disks;			/* that are shared */
	struct swap_device *swap;		/* NULL: none */
	struct cpu_thread *swapoff;		/* that reads everything back; NULL: nobody */
	bool swapoff_killed;			/* by the OOM killer, whose first choice it is */
	struct page_transfer *transfers;	/* under way to or from it */
	struct page_transfer *plugged;		/* writes that are held back */
	struct cpu_lock_times lru_lock;

	struct cpu_thread kswapd;
	struct ledger_account kswapd_account;
	unsigned int kswapd_failures;
	uint64_t kswapd_cause;		/* who woke it last */
	bool all_in_writeback;		/* what it looks at is being written (PGDAT_WRITEBACK) */
	bool all_dirty;			/* what it looks at of files is to be (PGDAT_DIRTY) */
	struct host_waiter *waiters[NR_HOST_WAITS];
	unsigned int nr_writeback_throttled;	/* of these, and what was swapped out by then */
	uint64_t throttled_since;
	struct cpu_thread kworker;		/* gets the pages of asynchronous faults */
	struct async_pf *async_pfs;		/* that it has not got yet, oldest first */
	struct khugepaged *khugepaged;		/* NULL: it does not run */

	struct kvm_vm **vms;
	unsigned int nr_vms;
	struct host_stats stats;
	unsigned __int128 footprint;		/* used frames times ns, up to footprint_until */
	uint64_t footprint_until;
	struct page_history *history;
	uint64_t last_id;			/* see host_new_id() */
	bool failed;				/* data loss: the run is void */
};

/* Returns 0 or -ENOMEM. */
int host_init(struct host *host, struct engine *engine, const struct host_config *config,
	      const struct cost_table *costs);
/* The run is over, and nobody waits any more: before threads, and what they wait on, go. */
void host_end_waits(struct host *host);
void host_destroy(struct host *host);

/* The host takes the device; at most one. */
void host_add_swap(struct host *host, struct swap_device *swap);
/* It takes a disk that several share. */
void host_add_disk(struct host *host, struct disk *disk);

/*
 * A VM with @bytes of RAM and @nr_vcpus vCPU threads, not running.  Returns NULL when no address
 * space is left.  The host owns it; @name must outlive it.
 */
struct kvm_vm *host_create_vm(struct host *host, const char *name, uint64_t bytes,
			      unsigned int nr_vcpus);
#define HOST_NO_VM UINT32_MAX
/*
 * A process that is no VMM, with @bytes of anonymous memory in pages of 4 KiB, which is swapped,
 * and for which it may be killed.  Its threads have it as their VM, and the host's account.
 */
struct kvm_vm *host_create_process(struct host *host, const char *name, uint64_t bytes);
/*
 * The same VM once more after its end, which keeps number, ledger and counts of exits; what the old
 * one owes is off the ledger already.
 */
struct kvm_vm *host_create_vm_again(const struct kvm_vm *old);
/* All of it is charged to @memcg from now on; before it has touched memory. */
void host_set_memcg(struct kvm_vm *vm, struct host_memcg *memcg);
/* The VMM process starts: its own memory is taken.  From a thread, may block. */
void host_start_vm(struct kvm_vm *vm);
/* The VMM process ends: all its memory goes back.  Its threads must not run code. */
void host_stop_vm(struct kvm_vm *vm);

/* Integral of the used frames over time, so far: pages times ms. */
uint64_t host_footprint(struct host *host);

/*
 * Whatever is asked of somebody else has a number, in the order in which it begins, so that what
 * follows can name it (coro_current->ctx.cause).
 */
static inline uint64_t host_new_id(struct host *host)
{
	return ++host->last_id;
}

static inline uint64_t host_used_pages(const struct host *host)
{
	return host->total_pages - host->free_pages;
}

#endif
