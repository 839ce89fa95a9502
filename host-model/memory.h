/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of the host's memory model, shared by all that knows pages.
 *
 * Every 4 KiB page that a guest or a VMM has touched, or that is in a file of the host, has an
 * index of 32 bits, given by GiB of memory or file as they are touched: 16 TiB of all together.
 * State and list links of a page are 12 bytes, of a 2 MiB leaf 16; both tables are populated as
 * they are touched.
 */
#ifndef BALLAST_HOST_MEMORY_H
#define BALLAST_HOST_MEMORY_H

#include "disk.h"
#include "host.h"
#include "lru.h"
#include "page_cache.h"
#include "page_tables.h"
#include "swap_readahead.h"

#define HOST_HZ 250		/* CONFIG_HZ */
#define HOST_JIFFY_NS (NSEC_PER_SEC_U64 / HOST_HZ)

#define RAM_CHUNK_SHIFT 18	/* pages of 1 GiB, whose indexes follow each other */
#define RAM_CHUNK_MASK ((1u << RAM_CHUNK_SHIFT) - 1)

/* Of a guest's RAM or of a file; neither: the VM is gone. */
struct page_chunk {
	struct guest_ram *ram;
	struct cache_file *file;
	struct host_memcg *memcg;
	uint64_t first;		/* number of its first page in there */
	uint64_t *workingset;	/* a bit for each page; NULL: none is set */
	struct lru_gen_chunk *gen;	/* with generations; NULL: without */
};

/*
 * page->state: what backs the page, flags, and the swap slot + 1 (0: none).
 *
 *  NONE       nothing; the next access gets a zeroed frame
 *  PRESENT    a frame, mapped in the EPT; with a slot: also in the swap cache, clean
 *  CACHED     a frame in the swap cache, not mapped (read ahead)
 *  WRITEBACK  unmapped and being written to its slot; on a list (PG_writeback, PG_reclaim)
 *  WRITTEN    that is done; the frame is free when reclaim comes along the next time
 *  SWAPPED    only the slot
 *  READING    being read from its slot into a frame
 *  UNMAPPED   a frame that the VMM has mapped and the EPT has not, since the 2 MiB leaf it was in
 *             has been split
 */
enum page_kind { PAGE_NONE, PAGE_PRESENT, PAGE_CACHED, PAGE_WRITEBACK, PAGE_SWAPPED, PAGE_READING,
		 PAGE_UNMAPPED, PAGE_WRITTEN };

#define PAGE_KIND_MASK 7u
#define PAGE_ACCESSED (1u << 3)		/* EPT accessed bit */
#define PAGE_REFERENCED (1u << 4)	/* was found accessed once by reclaim */
#define PAGE_ACTIVE (1u << 5)		/* on an active list */
#define PAGE_READAHEAD PAGE_REFERENCED	/* READING, CACHED: nobody has asked for it yet */
#define PAGE_ISOLATED PAGE_ACCESSED	/* WRITEBACK, WRITTEN: reclaim has not put it back yet */
#define PAGE_LAZYFREE (1u << 6)		/* MADV_FREE and not written since */
/*
 * Of a file, which is in no slot: changed since it was written; being written; and reclaim has seen
 * either (PG_reclaim).
 */
#define PAGE_FILE_DIRTY (1u << 7)
#define PAGE_FILE_WRITEBACK (1u << 8)
#define PAGE_FILE_RECLAIM (1u << 9)
#define PAGE_SLOT_SHIFT 7
#define PAGE_SLOT_MAX ((1u << (32 - PAGE_SLOT_SHIFT)) - 2)

/* A page that has been evicted is on no list: its links are the shadow that it leaves. */
struct host_page {
	uint32_t next, prev;
	uint32_t state;
};

struct host_pmd {
	uint32_t next, prev;
	/* Of the 2 MiB leaf: NONE or PRESENT; UNMAPPED: of a huge page in parts (compound.c). */
	uint32_t state;
	uint32_t nr_used : 10;	/* 4 KiB pages of the block that are not NONE */
	uint32_t nr_gone : 10;	/* parts that nobody has any more */
	uint32_t bytes : 1;	/* some page of the block holds real bytes */
	/*
	 * The VMM's mapping has a page table for the block, from a split or a 4 KiB fault.
	 * Nothing but unmapping frees one, so the block is no huge page any more.
	 */
	uint32_t has_table : 1;
	uint32_t in_ept : 1;	/* KVM has one for it */
};

struct guest_ram {
	struct host *host;
	struct kvm_vm *vm;
	struct host_memcg *memcg;	/* that its frames and slots are charged to */
	uint64_t nr_pages, nr_blocks;
	uint16_t *chunk;		/* of host->chunk, by GiB; 0: none was needed yet */
	uint8_t *gib;			/* page_tables.c's, by GiB */
	uint64_t nr_tables;		/* of the process, for this memory; pages */
	void *bytes;			/* real bytes of the guest's RAM */
	uint32_t *token;		/* contents, by gfn */
	struct host_page *page;
	struct host_pmd *pmd;
	uint64_t resident, swapped;	/* pages mapped; with only a slot, or in the swap cache */
	uint64_t resident_peak;
	uint64_t huge;			/* of resident, in 2 MiB leaves; pages */
	uint64_t given_back;		/* frames that became free because the VMM gave up pages */
	unsigned int page_order;	/* of the host's pages: guest_ram_set_page_order() */
	bool shared_file;		/* guest_ram_set_shared_file() */
	bool pinned;			/* guest_ram_set_pinned() */
	bool khugepaged;		/* that thread looks at it */
	uint64_t nr_collapsed, collapse_filled;	/* blocks; pages of these that were nothing */
	uint64_t pinned_lost;		/* frames that nothing maps any more, and that stay */
	/* Pages that are used all the time; see guest_ram_set_ticking(). */
	uint64_t ticking_from, ticking_to;
	unsigned int ticking_every;
	bool of_vmm;			/* of the VMM itself, or no VMM's: nobody looks at it */
	struct swap_ra ra;		/* of the VMM's mapping */
	struct cpu_lock_times mmu_lock;	/* kvm->mmu_lock: held for write by zaps */
};

static inline enum page_kind page_kind(uint32_t state)
{
	return (enum page_kind)(state & PAGE_KIND_MASK);
}

/* It becomes one of @kind; flags and slot stay. */
static inline void page_set_kind(uint32_t *state, enum page_kind kind)
{
	*state = (*state & ~PAGE_KIND_MASK) | kind;
}

/* The VMM has it mapped. */
static inline bool page_is_mapped(uint32_t state)
{
	return page_kind(state) == PAGE_PRESENT || page_kind(state) == PAGE_UNMAPPED;
}

/* In a frame of the swap cache: not the VMM's any more, and on a list. */
static inline bool page_is_cached(uint32_t state)
{
	return page_kind(state) == PAGE_CACHED || page_kind(state) == PAGE_WRITTEN ||
	       page_kind(state) == PAGE_WRITEBACK;
}

/* Its pages are on LRU lists. */
static inline bool ram_is_listed(const struct guest_ram *ram)
{
	return !ram->pinned && ram->page_order != HOST_PMD_ORDER;
}

static inline bool page_has_slot(uint32_t state)
{
	return state >> PAGE_SLOT_SHIFT;
}

static inline swap_slot_t page_slot(uint32_t state)
{
	return (swap_slot_t){ (state >> PAGE_SLOT_SHIFT) - 1 };
}

static inline uint32_t page_state(enum page_kind kind, swap_slot_t slot)
{
	return kind | (slot.nr + 1) << PAGE_SLOT_SHIFT;
}

/* NULL: a page of a file. */
static inline struct guest_ram *ram_of_index(const struct host *host, uint32_t index)
{
	return host->chunk[index >> RAM_CHUNK_SHIFT].ram;
}

static inline struct cache_file *file_of_index(const struct host *host, uint32_t index)
{
	return host->chunk[index >> RAM_CHUNK_SHIFT].file;
}

static inline struct host_memcg *memcg_of_index(const struct host *host, uint32_t index)
{
	return host->chunk[index >> RAM_CHUNK_SHIFT].memcg;
}

/* Number of a page in its guest's RAM (gfn) or file. */
static inline uint64_t gfn_of_index(const struct host *host, uint32_t index)
{
	return host->chunk[index >> RAM_CHUNK_SHIFT].first + (index & RAM_CHUNK_MASK);
}

static inline struct host_page *page_of_index(const struct host *host, uint32_t index)
{
	const struct page_chunk *chunk = &host->chunk[index >> RAM_CHUNK_SHIFT];
	struct host_page *page = chunk->file ? chunk->file->page : chunk->ram->page;

	return &page[chunk->first + (index & RAM_CHUNK_MASK)];
}

/* Numbers for the pages from @first on; ends the program when there are none left. */
uint32_t host_map_chunk(struct host *host, struct guest_ram *ram, struct cache_file *file,
			uint64_t first);

/* Index of a page; from now on it has one. */
static inline uint32_t page_index(struct guest_ram *ram, uint64_t nr)
{
	uint16_t *chunk = &ram->chunk[nr >> RAM_CHUNK_SHIFT];

	if (__builtin_expect(!*chunk, 0))
		*chunk = host_map_chunk(ram->host, ram, NULL, nr & ~(uint64_t)RAM_CHUNK_MASK);
	return (uint32_t)*chunk << RAM_CHUNK_SHIFT | (nr & RAM_CHUNK_MASK);
}

/* A 2 MiB leaf maps the page. */
static inline bool ram_is_huge(const struct guest_ram *ram, uint64_t nr)
{
	return page_kind(ram->pmd[nr >> HOST_PMD_ORDER].state) == PAGE_PRESENT;
}

/* In both links of a page that is a part of a huge page: it is on no list itself. */
#define COMPOUND_PART UINT32_MAX

/* Whether the page is a part of a huge page that is mapped in parts. */
static inline bool compound_has(const struct guest_ram *ram, uint64_t nr)
{
	return page_kind(ram->pmd[nr >> HOST_PMD_ORDER].state) == PAGE_UNMAPPED &&
	       ram->page[nr].prev == COMPOUND_PART;
}

static inline void ram_add_resident(struct guest_ram *ram, uint64_t nr)
{
	ram->resident += nr;
	if (ram->resident > ram->resident_peak)
		ram->resident_peak = ram->resident;
}

/* ram.c */
struct guest_ram *guest_ram_create(struct kvm_vm *vm, uint64_t nr_pages);
void guest_ram_destroy(struct guest_ram *ram);
/* Give back all frames and slots. */
void guest_ram_clear(struct guest_ram *ram);
/*
 * Split a 2 MiB leaf into 512 pages, which take its place in its list.  The EPT has none of them:
 * __split_huge_pmd() and split_huge_page() tell MMU notifiers of the whole leaf.
 */
void ram_split_huge(struct guest_ram *ram, uint64_t block);
/* Only that: it is on no list any more, and whoever calls says what its pages are. */
void ram_split_mapping(struct guest_ram *ram, uint64_t block);
/* The worker has got the page: the VMM maps it.  And the vCPU that it was got for does. */
void ram_got_page(struct guest_ram *ram, uint64_t nr);
void ram_map_page(struct guest_ram *ram, uint64_t nr);
/* The page is in the swap cache, not being written: the VMM maps it, and its slot is free. */
void ram_unuse_page(struct guest_ram *ram, uint64_t nr);
/* Whether a vCPU can use the page without a fault. */
bool ram_is_mapped(const struct guest_ram *ram, uint64_t nr);
/* Time of a fault goes to whoever looks; @start is the local time when it began. */
void ram_fault_done(struct guest_ram *ram, uint64_t nr, struct ept_fault *fault, uint64_t start);
/*
 * Drop whatever backs a page; its slot is free afterwards, and its frame, unless that is a part of
 * a huge page.  Returns how many frames were freed.
 */
unsigned int ram_drop_page(struct guest_ram *ram, uint64_t nr);
/* A page that is being written becomes one of @kind, whatever comes of the request. */
void ram_leave_writeback(struct guest_ram *ram, uint64_t nr, enum page_kind kind);
bool ram_drop_huge(struct guest_ram *ram, uint64_t block);

/* Whether the page, or one of the leaf's, is used all the time. */
bool ram_is_ticking(const struct guest_ram *ram, uint64_t nr, bool huge);

/* memcg.c */
void memcg_destroy(struct host_memcg *memcg);
/* lru_note_cost(): @nr pages were written, or have come back. */
void memcg_note_cost(struct host_memcg *memcg, bool file, uint64_t nr);
bool memcg_is_below(const struct host_memcg *memcg, const struct host_memcg *above);
/* Charge, for what host_take_frames() says; returns false when it must do without. */
enum frames_for { FRAMES_NEEDED, FRAMES_HUGE, FRAMES_AHEAD };
bool memcg_charge(struct host_memcg *memcg, uint64_t nr, enum frames_for what);
void memcg_uncharge(struct host_memcg *memcg, uint64_t nr);
/* Reclaim once where @nr more would be beyond a limit. */
void memcg_make_room(struct host_memcg *memcg, uint64_t nr);
/* Before more is charged: for what is charged beyond memory.high the thread is slowed down. */
void memcg_throttle(struct host_memcg *memcg);
/* Swap slots; returns false when the group may not have so many more. */
bool memcg_charge_swap(struct host_memcg *memcg, uint64_t nr);
void memcg_uncharge_swap(struct host_memcg *memcg);
/* Slots that the group can have still. */
uint64_t memcg_free_swap(const struct host_memcg *memcg);
bool memcg_swap_is_full(const struct host_memcg *memcg);
/* What reclaim for @target must leave to it, whatever happens, and if it can (memory.min, low). */
struct memcg_protection {
	uint64_t min, low;
};
struct memcg_protection memcg_protection(const struct host_memcg *memcg,
					 const struct host_memcg *target);
/* It, and the groups above it. */
#define memcg_event(memcg, what)                                                                   \
	do {                                                                                       \
		struct host_memcg *memcg_ = (memcg);                                               \
		for (; memcg_; memcg_ = memcg_->parent)                                            \
			memcg_->events.what++;                                                     \
	} while (0)

/* shrink.c */
/* A page whose slot holds the same contents goes without being written; it is on a list. */
void shrink_free_clean(struct host_memcg *target, uint32_t index);

static inline bool is_kswapd(const struct host *host)
{
	return coro_current->ctx.thread == &host->kswapd;
}

/* A thread that touches, drops or reclaims lets time that it owes pass: others want to see. */
static inline void sync_now_and_then(void)
{
	const struct cpu_thread *thread = coro_current->ctx.thread;

	if (thread && thread->pending > 100 * NSEC_PER_USEC_U64)
		cpu_sync();
}

/* reclaim.c */
int reclaim_init(struct host *host);
void reclaim_destroy(struct host *host);
/*
 * Take frames, charged to a group.  Returns false when the caller must do without: never with
 * FRAMES_NEEDED, for which it reclaims, waits and kills, but when it is the victim.  FRAMES_HUGE
 * reclaims once; FRAMES_AHEAD does not, and does not sleep.  Both leave the reserve for those in
 * need (the min watermark).
 */
bool host_take_frames(struct host_memcg *memcg, uint64_t nr, enum frames_for what);
void host_put_frames(struct host_memcg *memcg, uint64_t nr);
/*
 * Before a page is read with its neighbours, for whose frames 6.1 reclaims as for its own: if there
 * is no room for @nr, the calling thread reclaims once.
 */
void host_make_room_ahead(struct host_memcg *memcg, uint64_t nr);
/* do_try_to_free_pages(): until so many pages are free; returns how many were freed. */
uint64_t reclaim_try_to_free(struct host_memcg *target, uint64_t nr);
/* MAX_RECLAIM_RETRIES of mm/internal.h */
#define RECLAIM_RETRIES 16
/* That are on lists and could go (zone_reclaimable_pages()). */
uint64_t host_reclaimable_pages(const struct host *host);

/* throttle.c */
/* A dying VM's threads wait for nothing any more; when the host goes away, nobody does. */
void throttle_forget_vm(struct host *host, const struct kvm_vm *vm);
void throttle_destroy(struct host *host);
/* Who waits, and whether it is over; throttle.c fills in the rest. */
struct host_waiter {
	struct event timeout;
	struct cpu_thread *thread;
	struct host *host;
	uint32_t index;		/* of the page; 0: none */
	enum page_kind kind;	/* that it is of until then */
	struct disk *disk;	/* of whose tags it waits for one; NULL: for something else */
	bool woken;
	struct psi_task *sleeper;	/* that waits, when the thread does not; NULL: it does */
	struct host_waiter *next;
};
/*
 * For a page that is being read: @waiter->thread is woken when it is not any more.  Up to then
 * @sleeper waits for it, on @cpu.
 */
void host_add_page_waiter(struct host *host, struct host_waiter *waiter, uint32_t index,
			  struct psi_task *sleeper, unsigned int cpu);
void host_del_page_waiter(struct host *host, struct host_waiter *waiter);
/* A page is being read or written: the calling thread waits until it is not any more. */
void host_wait_page(struct host *host, uint32_t index);
/* Some pages are not any more. */
void host_wake_pages(struct host *host);
/* Until the disk takes another write; those that wait for it look again. */
void throttle_wait_tag(struct host *host, struct disk *disk, enum disk_writer who);
void throttle_wake_tags(struct disk *disk);
/* kswapd finds but pages that it is having written already. */
void throttle_writeback(struct host *host);
void throttle_page_written(struct host *host);
/* Who makes pages dirty faster than they are written sleeps. */
void throttle_dirty(struct host *host, uint64_t ns);
/*
 * A pass was in vain: if something is being written, this thread waits a bit, and tries again.
 * (In 6.1 it does not wait then, and somebody is killed after RECLAIM_RETRIES passes.)
 */
bool throttle_until_written(struct host *host);
/* Whoever charges beyond memory.high sleeps. */
void throttle_high(struct host *host, uint64_t ns);
struct scan_control;
/* A pass has ended (consider_reclaim_throttle()): others may go on, or this thread waits a bit. */
void throttle_progress(const struct scan_control *sc);

/* watermarks.c */
void host_setup_watermarks(struct host *host);
uint64_t host_isqrt(uint64_t x);	/* rounded down */

/* page_cache.c */
/*
 * A clean page of a file goes, reclaimed for @target; NULL: nobody reclaims, and the page leaves no
 * shadow.
 */
void cache_drop_page(struct cache_file *file, uint64_t nr, struct host_memcg *target);
void cache_destroy(struct host *host);
/* Index of a page of the file; from now on it has one. */
uint32_t cache_page_index(struct cache_file *file, uint64_t nr);
/* From a thread: a page that there is not gets a frame; false: look again (it may have waited). */
bool cache_add_page(struct cache_file *file, uint64_t nr);
/* The calling thread's VM has been killed: it is to return. */
bool cache_reader_is_dead(void);

/* page_writeback.c */
/* Have the flusher look; @all: it is to write all that is dirty (wakeup_flusher_threads()). */
void cache_wake_flusher(struct host *host, bool all);
/* Something is dirty: it looks some time later. */
void cache_arm_flusher(struct host *host);
void cache_flusher_destroy(struct host *host);
/* Reclaim has a dirty page of its own accord written (pageout()). */
void cache_write_page(struct cache_file *file, uint64_t nr);
void cache_abandon_writes(struct cache_file *file);

/* swap.c */
/* For a page, charged to its group; returns false when there is none, or none for it. */
bool swap_get_slot(struct host *host, uint32_t index, swap_slot_t *slot);
/*
 * For all of a huge page, from @index on: a whole cluster (CONFIG_THP_SWAP).  Returns false when it
 * has to be split.  And whether that will be for want of one.
 */
bool swap_get_cluster(struct host *host, uint32_t index, swap_slot_t *slot);
bool swap_has_cluster(const struct host *host);
/* What is in memory keeps no slot, if it has one (folio_free_swap()). */
void swap_free_slot(struct host *host, uint32_t *state);
/*
 * Free the slot of a page that is in memory, if swap, or the group's share of it, is more than half
 * full (mem_cgroup_swap_full()).
 */
void swap_free_if_full(struct guest_ram *ram, uint32_t *state);

/* swap_io.c */
/*
 * Write pages of the WRITEBACK kind to their slots, reclaimed for @target; at most SWAP_BATCH, or
 * all of a huge page.  Some may be held back for those that follow: the pass ends with
 * swap_unplug(), and whoever sleeps before that has them submitted.
 * Returns how many frames are free already.
 */
#define SWAP_BATCH 32
unsigned int swap_write(struct host_memcg *target, const uint32_t *index, unsigned int nr);
/* What the running thread holds back is submitted (blk_finish_plug()). */
void swap_unplug(struct host *host);
/* cpus->killed: what the thread holds back is submitted. */
void swap_thread_killed(struct cpu_thread *t);
/* A page that is given the next slot becomes a part of a request that waits. */
bool swap_would_merge(const struct host *host);
/* Have the page read back in, neighbours with it; from a thread, it is being read afterwards. */
void swap_read(struct guest_ram *ram, uint64_t nr);
/* A page of the swap cache is used: it may have been read ahead. */
void swap_page_used(struct guest_ram *ram, uint64_t nr);
/* zram: compressed pages take frames as slots are used. */
void swap_zram_balance(struct host *host);
/* The host goes away: nobody waits for what is under way. */
void swap_cancel_transfers(struct host *host);

/* compound.c */
/* A 2 MiB leaf, which is not lazily free, is to be unmapped in part. */
void compound_begin(struct guest_ram *ram, uint64_t block);
/* A part is unmapped.  Returns how many frames are to be freed: none, or with the last all. */
uint64_t compound_drop(struct guest_ram *ram, uint64_t nr);
/* Its parts are pages of their own, on lists.  Returns how many frames were freed. */
unsigned int compound_split(struct guest_ram *ram, uint64_t block);
/* @mapped: the EPT has one of those that were young. */
bool compound_test_and_clear_young(struct guest_ram *ram, uint64_t block, bool *mapped);
/* Split some of a group if memory is that short. */
void compound_shrink(struct host_memcg *memcg, int priority);

/* async_pf.c */
int async_pf_init(struct host *host);
void async_pf_destroy(struct host *host);
/*
 * On a vCPU: a page that it needs is being read, for @fault, which began at @start.  Returns false
 * when the vCPU itself has to wait; else it is to try again, and @fault may have been told of.
 */
bool async_pf_wait(struct guest_ram *ram, uint64_t nr, struct ept_fault *fault, uint64_t start);
/* @fault ends. */
void async_pf_forget_fault(struct kvm_vm *vm, const struct ept_fault *fault);
/* A VM is gone: nobody waits for its pages any more. */
void async_pf_forget_vm(struct kvm_vm *vm);

/* khugepaged.c */
int khugepaged_init(struct host *host);
void khugepaged_destroy(struct host *host);
/* A VMM has started, and has said that its guest's memory may be in huge pages. */
void khugepaged_enter(struct kvm_vm *vm);

/* oom.c */
/*
 * Kill the VMM of the group (the root: of all) that holds most.  Does not return when that is the
 * caller's own.
 */
bool host_out_of_memory(struct host_memcg *memcg);

/* Who wants to know what happens to a guest's pages; NULL: nobody. */
static inline const struct host_observer *ram_observer(const struct guest_ram *ram)
{
	return ram->of_vmm ? NULL : ram->host->observer;
}

/* Somebody wants to know of each page. */
static inline void note_ept(const struct guest_ram *ram, uint64_t g, uint64_t nr,
			    enum ept_change change)
{
	const struct host_observer *observer = ram_observer(ram);

	if (observer && observer->ept)
		observer->ept(ram->vm, gfn(g), nr, change);
}

/* history.c */
enum page_op { OP_WRITE, OP_FILL, OP_FAULT, OP_HUGE_FAULT, OP_DISCARD, OP_LAZYFREE, OP_SWAP_OUT,
	       OP_SWAP_IN, OP_COLLAPSE, OP_CHECK };
void page_history_add(struct guest_ram *ram, enum page_op op, uint64_t g, uint64_t nr,
		      uint32_t token);

#endif
