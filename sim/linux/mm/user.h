/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Process memory and page cache: what their files share.
 *
 * Reading order: mapping.c (which page is where), lru.c, vma.c, mmap.c, pgtable.c, memory.c
 * (faults, unmapping), huge_memory.c, anon_folio.c (sizes between a page and a huge page), swap.c,
 * filemap.c, vmscan.c; disk.c is the guest's disk.
 *
 * One structure maps both ways.  An address space is the pages of a file, of shared memory, or
 * those of a process's private areas, by index; since nothing is mapped twice, its table is page
 * table and page cache in one.  A page remembers its address space and index, or, while in the
 * swap cache, its slot, which remembers them.
 *
 * Who may free a page: whoever drops its last reference.  One belongs to the address space (or the
 * swap cache), one to reclaim while it has the page isolated.  Code that may have blocked looks
 * again at what it knew: only PG_locked, a reference or a chunk marked busy outlast a wait.
 */
#ifndef __MM_USER_H
#define __MM_USER_H

#include <linux/shrinker.h>
#include <linux/swap.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include "cached_disk.h"
#include "hostmem.h"
#include "internal.h"
#include "scan_balance.h"
#include "swap.h"
#include "usermem.h"

/*
 * Entry of a table.  Present: page frame; frame 0 is the zero page.  Not present, anonymous:
 * swap slot.  Not present, file: when it was evicted (lru.c).  In files, WRITE means dirty.
 */
#define PTE_FLAG_SHIFT 32
#define PTE_PRESENT (1ull << 34)
#define PTE_ACCESSED (1ull << 33)
#define PTE_WRITE (1ull << 32)

#define CHUNK_SHIFT HOST_PMD_ORDER
#define CHUNK_PAGES (1u << CHUNK_SHIFT)

/* Entries without the holes that their 35 bits would leave in 64: four bits of flags apart. */
struct pte_table {
	u32 low[CHUNK_PAGES];
	u8 flags[CHUNK_PAGES / 2];
};

/*
 * 2 MiB of an address space: one huge entry, or 512 small ones, which take a table unless each
 * follows from the first.
 */
struct map_chunk {
	u64 huge;		/* entry of a huge page, 0: none */
	u64 run;		/* the first of 512 entries that follow from it, 0: none */
	u32 compound;		/* frame of a huge page that is mapped page by page, 0: none */
	u16 nr_compound;	/* pages of it that still are mapped */
	u16 busy;		/* accesses under way: nothing may be unmapped */
	u16 nr_dirty;		/* of a file */
	u16 token_lo, token_hi;	/* pages with contents; their tokens count up from token_first */
	u32 token_first;
	struct pte_table *table;
	u32 *token_table;	/* instead of a run: contents of each page */
	struct page *pgtable;	/* page table page, deposited while the chunk is huge */
};

struct address_space {
	u32 id;
	bool anon;
	bool shared;
	unsigned int users;	/* areas that map it */
	char *name;		/* of files and shared memory */
	u64 nr_pages;		/* of files: up to the last one ever used */
	u64 nr_chunks;
	u64 first_chunk;	/* below it none was ever used */
	struct map_chunk *chunk;
	unsigned long nr_resident, nr_swapped;
	unsigned long nr_tables;	/* pages of page tables, without the root */
	struct list_head list;	/* of files or of shared memory */

	/* files (filemap.c) */
	u64 disk_page;		/* where it begins on the disk */
	unsigned long nr_dirty;
	u64 dirtied_when;	/* ns, first page since the last writeback */
	u64 ra_start, prev_index;
	u32 ra_size, ra_async;
};

/* Pages of addresses count from 0; an area maps pages [pgoff, pgoff + end - start) of its space. */
struct user_area {
	struct mm_struct *mm;
	u64 start, end;		/* pages */
	u64 pgoff;
	struct address_space *space;
	enum user_thp thp;
	struct swap_ra ra;	/* of private memory on a disk that does not rotate */
	void *object;		/* what it takes of the guest's slab */
	/* vma.c: by address; what is below the node, itself included */
	struct user_area *left, *right;
	u64 rank, sub_start, sub_end, sub_gap;
};

enum { OWN_DATA, OWN_STACK, NR_OWN_AREAS };

/*
 * All private areas are parts of one address space, by address: their page tables are one tree, and
 * neighbours share them.
 */
struct mm_struct {
	struct list_head list;
	struct kernel *kernel;
	struct task_struct *task;
	struct address_space *space;
	struct user_area *areas;
	u64 mmap_base;			/* mappings go below it, from the top down */
	/* Data and stack of the program itself; not among the areas. */
	struct user_area *own[NR_OWN_AREAS];
	struct page *pgd;		/* two pages (CONFIG_PAGE_TABLE_ISOLATION) */
	struct page **upper;		/* above the page tables: for each GiB, each 512 */
	u64 nr_pmd, nr_upper;
	u64 min_flt, maj_flt;
};

/* A slot of the swap file; free when there is neither an owner nor a page. */
struct swap_slot {
	u64 owner;		/* as page_owner(); 0: only the swap cache has it */
	u32 token;
	u32 pfn;		/* page in the swap cache, 0: none */
	u32 shadow;
	u32 pad;
};

struct swap_info {
	struct swap_slot *slot;
	bool zram;
	unsigned int compressed_percent;
	struct list_head zram_pages;	/* memory that compressed pages take */
	u32 nr_zram_pages;
	u32 nr_slots, nr_free;	/* without slot 0, the header */
	u32 next, left;		/* place in the current cluster */
	u16 *cluster_used;
	bool rotates;
	u32 ra_max;		/* read-ahead, pages */
	struct swap_ra ra;	/* of a disk that rotates, and of shared memory */
};

/* Transfer of consecutive pages of a disk. */
#define PAGE_IO_MAX 256
struct page_io {
	struct disk_request rq;
	struct guest_disk *disk;
	struct list_head list;	/* all that are under way, then those that are done */
	u32 pfn[PAGE_IO_MAX];
};

struct guest_disk {
	struct kernel *kernel;
	struct disk_extent *extent;	/* NULL: zram */
	struct cached_disk *cached;	/* the host caches it; NULL: it does not */
	struct list_head busy, done;
	unsigned int nr_busy;		/* requests in both lists */
	wait_queue_head_t tag_wait;	/* for there to be fewer */
	struct timer_list irq;
};

#define NR_PAGE_WAITS 32

struct user_state {
	struct kernel *kernel;
	struct usermem_observer observer;
	struct list_head mms, files, shared;
	struct address_space **space;	/* by id */
	u32 nr_spaces, last_id;
	u32 next_token;
	wait_queue_head_t page_wait[NR_PAGE_WAITS];
	wait_queue_head_t busy_wait;	/* chunks of shared memory */
	struct list_head rcu_tables, rcu_tables_next;	/* wait for grace periods */
	struct timer_list rcu_timer;
	struct list_head deferred_split;
	unsigned long nr_deferred;
	long mthp[CHUNK_SHIFT + 1][NR_MTHP_STATS];	/* by order */
	struct shrinker deferred_shrinker;

	/* lru.c, vmscan.c */
	unsigned long nonresident_age;
	struct scan_cost lru_cost;	/* of reclaim, by kind */
	unsigned long workingset_activate[2], refaults[2];	/* anonymous, file */
	wait_queue_head_t reclaim_wait;
	wait_queue_head_t noprogress_wait;
	unsigned int nr_writeback_throttled;
	unsigned long nr_throttled_written;
	bool node_writeback, node_congested;	/* PGDAT_WRITEBACK, LRUVEC_CONGESTED */

	struct swap_info *swap;
	struct guest_disk *swap_disk, *file_disk;
	u64 file_disk_used;		/* pages */
	unsigned long nr_file_writeback;
	wait_queue_head_t flusher_wait, dirty_wait;
	struct task_struct *flusher;
	bool flush_now;
	struct usermem_stats stats;
};

#define this_user (this_kernel->mm->user)

static inline u64 user_now(void)
{
	const struct cpu_thread *t = coro_current->ctx.thread;

	return (this_kernel->engine ? kernel_clock(this_kernel) : 0) + (t ? t->pending : 0);
}

/* Whether there is a task that can wait, and a clock. */
static inline bool user_can_block(void)
{
	return current && coro_current->ctx.thread && !in_atomic();
}

/* Owed time that others should see pass. */
#define USER_SYNC_NS 20000

static inline void user_resched(void)
{
	if (coro_current->ctx.thread && coro_current->ctx.thread->pending > USER_SYNC_NS &&
	    !in_atomic())
		cond_resched();
}

/* Owner of a page: address space and index; never 0, as ids begin with 1. */
static inline u64 make_owner(const struct address_space *space, u64 index)
{
	return (u64)space->id << 32 | index;
}

static inline struct address_space *owner_space(u64 owner)
{
	return this_user->space[owner >> 32];
}

static inline u64 owner_index(u64 owner)
{
	return (u32)owner;
}

static inline struct map_chunk *chunk_of(const struct address_space *space, u64 index)
{
	return &space->chunk[index >> CHUNK_SHIFT];
}

static inline unsigned int chunk_off(u64 index)
{
	return index & (CHUNK_PAGES - 1);
}

static inline u32 pte_pfn(u64 pte)
{
	return pte;
}

static inline bool has_ptes(const struct map_chunk *chunk)
{
	return chunk->table || chunk->run;
}

/* Room for 512 entries, which are as they were, or 0. */
void pte_alloc_table(struct map_chunk *chunk);

static inline u64 pte_get(const struct map_chunk *chunk, u32 off)
{
	unsigned int shift = off % 2 * 4;

	if (!chunk->table)
		return chunk->run ? chunk->run + off : 0;
	return chunk->table->low[off] |
	       (u64)(chunk->table->flags[off / 2] >> shift & 7) << PTE_FLAG_SHIFT;
}

static inline void pte_set(struct map_chunk *chunk, u32 off, u64 pte)
{
	unsigned int shift = off % 2 * 4;
	u8 *flags;

	if (!chunk->table)
		pte_alloc_table(chunk);
	flags = &chunk->table->flags[off / 2];
	chunk->table->low[off] = pte;
	*flags = (*flags & ~(7u << shift)) | (pte >> PTE_FLAG_SHIFT) << shift;
}

/* mapping.c */
enum space_kind { SPACE_FILE, SPACE_PRIVATE, SPACE_SHARED };
struct address_space *space_create(enum space_kind kind, u64 nr_pages);
void space_free(struct address_space *space);
u64 map_entry(const struct address_space *space, u64 index);
void map_set(struct address_space *space, u64 index, u64 pte);
u32 map_run(struct address_space *space, u64 index, u32 max, u64 need, u32 *pfn);
u64 page_owner(const struct page *page);
/*
 * The entry of a page: of its chunk, at @off, or the huge one.  False: it is mapped or cached
 * nowhere.
 */
#define PTE_OFF_HUGE CHUNK_PAGES
struct pte_ref {
	struct map_chunk *chunk;
	u32 off;
};
bool page_pte(const struct page *page, struct pte_ref *ref);
static inline u64 pte_ref_get(const struct pte_ref *ref)
{
	return ref->off == PTE_OFF_HUGE ? ref->chunk->huge : pte_get(ref->chunk, ref->off);
}

void pte_ref_set(const struct pte_ref *ref, u64 pte);
u32 token_next(u32 nr);
void token_set(struct map_chunk *chunk, u32 off, u32 nr, u32 token);
void token_clear(struct map_chunk *chunk, u32 off, u32 nr);
u32 token_run(const struct map_chunk *chunk, u32 off, u32 max, u32 *token);
void contents_write(struct address_space *space, u64 index, u32 nr, u32 pfn);
void contents_check(struct address_space *space, u64 index, u32 nr, u32 pfn);
/* The same for whoever is not going to read them; there must be a VM. */
void contents_check_quietly(struct address_space *space, u64 index, u32 nr, u32 pfn);
wait_queue_head_t *page_waitqueue(const struct page *page);
void wait_on_page_locked(struct page *page);
void unlock_page(struct page *page);

/* lru.c */
enum lru_list page_lru(const struct page *page);
void lru_cache_add(struct page *page);
void lruvec_del_page(struct page *page);
void lruvec_add_page(struct page *page);
void lruvec_add_page_tail(struct page *page);
void update_lru_size(enum lru_list lru, const struct page *page, long nr);
void activate_page(struct page *page);
void mark_page_accessed(struct page *page);
void lruvec_sizes(uint64_t size[NR_SCAN_LISTS]);
void lru_note_cost(bool file, unsigned int nr_pages);
u32 workingset_eviction(struct page *page);
void workingset_refault(struct page *page, u32 shadow);
void rotate_reclaimable_page(struct page *page);
static inline bool page_is_file_lru(const struct page *page)
{
	return !PageSwapBacked(page);
}

struct mmu_gather;

/* vma.c */
void vma_insert(struct mm_struct *mm, struct user_area *vma);
void vma_remove(struct mm_struct *mm, struct user_area *vma);
/* It must not change places with another area. */
void vma_set_range(struct mm_struct *mm, struct user_area *vma, u64 start, u64 end);
/* The first area that ends above @page, the last one that ends at or below it; NULL: none. */
struct user_area *area_after(const struct mm_struct *mm, u64 page);
struct user_area *area_before(const struct mm_struct *mm, u64 page);
/* Start of the highest gap for @nr pages; 0: there is none. */
u64 find_unmapped_area(const struct mm_struct *mm, u64 nr);

/* pgtable.c */
/* The root of a process's tables and room for the others; false: no memory.  May block. */
bool pgd_alloc(struct mm_struct *mm);
/* The tables must be gone. */
void pgd_free(struct page *pgd);
/* All tables for the page at @index of the area are there.  May block; -ENOMEM. */
int pgtable_alloc(const struct user_area *vma, u64 index);
/* A deposited page table that is not needed any more. */
void pgtable_free(struct page *page);
/*
 * Tables for addresses [start, end), from which everything is unmapped, unless they also serve
 * addresses below @floor or from @ceiling on: neighbouring areas'.
 */
void free_pgtables(struct mmu_gather *tlb, struct mm_struct *mm, u64 start, u64 end, u64 floor,
		   u64 ceiling);
/* The page table of a chunk goes with the gather. */
void free_chunk_table(struct mmu_gather *tlb, struct address_space *space,
		      struct map_chunk *chunk);
/* Free @tables after a grace period (CONFIG_MMU_GATHER_RCU_TABLE_FREE). */
void tlb_free_tables(struct list_head *tables);
void pgtable_init(struct user_state *user);

/* mmap.c */
/* What the simulator keeps of an mm. */
void mm_free(struct mm_struct *mm);
int user_access(struct mm_struct *mm, u64 addr, u64 len,
		int (*access)(struct user_area *vma, u64 index, u64 nr));

/* memory.c */
struct mmu_gather {
	struct list_head pages;		/* without references, in the order of their addresses */
	struct list_head batches;	/* pages that hold the real kernel's lists of them */
	struct list_head tables;
	unsigned int nr, nr_batches, nr_tables;
};
void tlb_gather_mmu(struct mmu_gather *tlb);
void tlb_finish_mmu(struct mmu_gather *tlb);
void tlb_remove_page(struct mmu_gather *tlb, struct page *page);
void unmap_page_range(struct mmu_gather *tlb, struct address_space *space, u64 index, u64 nr);
/* The last reference is gone. */
void release_page(struct page *page);
/* Write every page of an area once; 0 or -errno. */
int user_populate(struct user_area *vma);
void page_init_anon(struct page *page, struct address_space *space, u64 index);
/* Put a page without references into a batch to be freed; of an order without a list: free it. */
void free_with_batch(struct page *page, struct list_head *to_free);

/* huge_memory.c */
bool thp_eligible(const struct user_area *vma, u64 index);
gfp_t vma_thp_gfp_mask(const struct user_area *vma);
/* A large folio that anonymous memory has from now on: nothing of it waits to be split. */
void folio_init_anon(struct page *head);
/* Some of its pages are not mapped any more. */
bool folio_partially_mapped(struct page *head);
void deferred_split_folio(struct page *head);
void deferred_split_cancel(struct page *head);
int do_huge_pmd_anonymous_page(struct user_area *vma, u64 index, bool write);
void split_huge_pmd(struct address_space *space, struct map_chunk *chunk);
void zap_huge_pmd(struct mmu_gather *tlb, struct address_space *space, struct map_chunk *chunk);
void zap_compound_part(struct mmu_gather *tlb, struct map_chunk *chunk);
/* Make single pages of a large folio that nobody else holds; isolated ones go to @list. */
void split_huge_page_to_list(struct page *head, struct list_head *list);
static inline void count_mthp_stat(unsigned int order, enum mthp_stat stat, int n)
{
	this_user->mthp[order][stat] += n;
}

void huge_memory_init(struct user_state *user);
void huge_memory_exit(struct user_state *user);

/* anon_folio.c */
/* Whether the head is of a folio whose pages have entries of their own, of 4 KiB, each. */
static inline bool folio_is_small(const struct page *head)
{
	return PageHead(head) && compound_order(head) < CHUNK_SHIFT;
}

/* A zeroed folio, or page, for a write to this place; NULL: no memory.  May block. */
struct page *alloc_anon_folio(const struct user_area *vma, u64 index);
/* Whether nothing is there yet, neither zero page nor slot. */
bool pte_range_none(const struct map_chunk *chunk, u32 off, u32 nr);
/* At @index, which is a multiple of its size. */
void map_anon_folio(struct address_space *space, u64 index, struct page *head);
/* From the entry at @off on, as many of the folio as there are up to @max; returns how many. */
u32 zap_anon_folio(struct mmu_gather *tlb, struct address_space *space, struct map_chunk *chunk,
		   u32 off, u32 max);
/* Whether one of its entries has been used, which all forget. */
int anon_folio_referenced(struct page *head);
/* All entries of a folio that is mapped as a whole refer to another one, of the same order. */
void move_anon_folio(struct page *newhead, struct page *head);

/* disk.c */
/*
 * On @extent, which it puts at its end; NULL: zram.  @cached: through the host's page cache, whose
 * the extent is then; NULL: not.
 */
struct guest_disk *guest_disk_create(struct kernel *kernel, struct disk_extent *extent,
				     struct cached_disk *cached);
void guest_disk_destroy(struct guest_disk *disk);
/*
 * Add a page to the transfer *@plug, or submit that one and begin another, when @block does not
 * follow.  Pages of reads are locked, those of writes marked; the end of it sets them free.
 * May block.
 */
void page_io_add(struct guest_disk *disk, struct page_io **plug, u64 block, struct page *page,
		 bool write);
void page_io_unplug(struct page_io **plug);
void set_page_writeback(struct page *page);

/* swap.c */
int swap_file_init(struct user_state *user, const struct swap_config *config,
		   struct cached_disk *cached);
void swap_file_exit(struct user_state *user);
/* Give a page without slot one; false: there is none. */
bool add_to_swap(struct page *page);
/* The page stays, its slot does not. */
void delete_from_swap_cache(struct page *page);
/* The page is going to be freed, its slot has the contents. */
void evict_from_swap_cache(struct page *page);
/* Free the slot of a page, unless it is just being written. */
bool free_swap_page(struct page *page);
/* Nothing refers to the slot any more. */
void free_swap_and_cache(u32 slot);
bool swap_is_full(void);
/* Begin to write a locked page, unlock it; consecutive slots gather in @plug.  May block. */
void swap_writepage(struct page *page, struct page_io **plug);
void swap_write_unplug(struct page_io **plug);
int do_swap_page(struct user_area *vma, u64 index, bool write, bool *major);

/* filemap.c */
int filemap_init(struct user_state *user, const struct usermem_config *config);
void filemap_exit(struct user_state *user);
int flusher_run(void);
/* NULL: nobody has used a file of that name. */
struct address_space *find_file(const char *name);
void wakeup_flusher_threads(void);
/* A clean page that nobody else has leaves its file; one that reclaim drops leaves a shadow. */
void remove_file_page(struct page *page, bool reclaimed);

/* vmscan.c */
void vmscan_init(struct user_state *user);
int kswapd_run(void);
/* A page has been written: who waits for that may go on. */
void acct_reclaim_writeback(void);

static inline bool fault_signal_pending(void)
{
	return current && fatal_signal_pending(current);
}

#endif
