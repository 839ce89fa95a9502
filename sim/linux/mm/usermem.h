/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of the guest's programs: what a program can ask of its kernel, and what can be seen of it.
 *
 * How to use it:
 *  1. usermem_init() after mm_init() and sched_init(); usermem_exit() before mm_exit().
 *  2. user_mm_create() for each task that runs a program; user_mm_destroy() when it ends, by itself
 *     or killed: it frees everything.
 *  3. The calls below run in the task's name (current) and may block: reclaim, swap, host.  Without
 *     a task (unit tests) they do the same work at once and for nothing.
 *  4. Addresses and lengths are in bytes; what is not page aligned is extended to whole pages.
 *     Errors are negative: -ENOMEM, -EFAULT (not mapped), -EINTR (the OOM killer chose the
 *     caller: end the program), -ENOENT, -ENOSPC.
 *
 * Only stdint types here: scenarios, which are compiled with libc, include this, too.
 */
#ifndef __MM_USERMEM_H
#define __MM_USERMEM_H

#include <stdbool.h>
#include <stdint.h>

struct cached_disk;
struct disk_extent;
struct kernel;
struct mm_struct;
struct swap_config;
struct task_struct;

enum user_thp { USER_THP_DEFAULT, USER_THP_HUGEPAGE, USER_THP_NOHUGEPAGE };

enum user_fault {
	USER_FAULT_MINOR,	/* 4 KiB: fresh page, or one that was in a cache */
	USER_FAULT_HUGE,	/* 2 MiB */
	USER_FAULT_SWAP,	/* 4 KiB, read from the guest's swap */
	NR_USER_FAULTS
};

/* Somebody who watches; each may be NULL.  Called in the name of whoever did it; must not block. */
struct usermem_observer {
	void (*fault)(struct kernel *kernel, void *ctx, struct task_struct *task,
		      enum user_fault kind, uint64_t ns);
	void (*oom_kill)(struct kernel *kernel, void *ctx, struct task_struct *victim,
			 uint64_t rss_pages);
	/* Pages written to (@out) or read from the guest's swap, when the request is made. */
	void (*swap)(struct kernel *kernel, void *ctx, uint64_t pages, bool out);
	void *ctx;
};

struct usermem_config {
	const struct swap_config *swap;	/* disk with the swap file; NULL: no swap */
	struct disk_extent *disk;	/* with the files; NULL: all of an SSD, 64 GiB */
	/* The host caches them (cache=writeback); NULL: it does not. */
	struct cached_disk *disk_cache, *swap_cache;
	struct usermem_observer observer;
	bool no_kswapd;			/* unit tests without tasks */
};

int usermem_init(struct kernel *kernel, const struct usermem_config *config);
void usermem_exit(struct kernel *kernel);

/* The mm becomes @task's (NULL: nobody's); NULL when there is no memory for it. */
struct mm_struct *user_mm_create(struct kernel *kernel, struct task_struct *task);
/* Unmap everything without a look at the contents, free the mm, task->mm = NULL. */
void user_mm_destroy(struct mm_struct *mm);

/*
 * mmap() of anonymous memory with madvise(MADV_[NO]HUGEPAGE); its address is a multiple of 4 KiB.
 * @shared: NULL for private memory; memory of one name is the same memory, as long as somebody
 * maps it.  Returns the address or -errno.
 */
int64_t user_map(struct mm_struct *mm, uint64_t bytes, enum user_thp thp, const char *shared);
int user_unmap(struct mm_struct *mm, uint64_t addr, uint64_t len);
/* Read or write (with fresh contents) every page once. */
int user_touch(struct mm_struct *mm, uint64_t addr, uint64_t len, bool write);
/* Read every page that was written and compare; a lost page fails the run (host-model/ram.h). */
int user_verify(struct mm_struct *mm, uint64_t addr, uint64_t len);
/* madvise(MADV_DONTNEED) */
int user_release(struct mm_struct *mm, uint64_t addr, uint64_t len);

/*
 * read() and write() of a file on the guest's disk, through the page cache.  Files exist from the
 * start, with contents of their own and as large as they are ever asked for.
 */
int user_read_file(struct mm_struct *mm, const char *name, uint64_t offset, uint64_t len);
int user_write_file(struct mm_struct *mm, const char *name, uint64_t offset, uint64_t len);
/* All dirty pages go to the disk; returns when they are there. */
int user_sync_files(struct kernel *kernel);

/* Write to /proc/sys/vm/compact_memory, /sys/devices/system/memory/memoryN/state.  May block. */
int user_compact(void);
/* echo 1 > /proc/sys/vm/drop_caches; returns how many pages went. */
uint64_t user_drop_caches(void);
/* posix_fadvise(POSIX_FADV_DONTNEED) of whole pages of a file. */
int user_drop_file(const char *name, uint64_t offset, uint64_t len);
int user_memory_block(uint64_t block, bool online);

/* /sys/kernel/mm/transparent_hugepage/hugepages-<size>kB/stats, names as there */
#define MTHP_STATS(STAT)                                                                           \
	STAT(ANON_FAULT_ALLOC, anon_fault_alloc)                                                   \
	STAT(ANON_FAULT_FALLBACK, anon_fault_fallback)                                             \
	STAT(SWPOUT_FALLBACK, swpout_fallback)                                                     \
	STAT(SPLIT, split)                                                                         \
	STAT(SPLIT_DEFERRED, split_deferred)                                                       \
	STAT(NR_ANON, nr_anon)                                                                     \
	STAT(NR_ANON_PARTIALLY_MAPPED, nr_anon_partially_mapped)

enum mthp_stat {
#define STAT(id, name) MTHP_STAT_##id,
	MTHP_STATS(STAT)
#undef STAT
	NR_MTHP_STATS
};

/* Of folios of an order; the last two are of now, the others cumulative. */
void usermem_mthp_stats(struct kernel *kernel, unsigned int order, uint64_t value[NR_MTHP_STATS]);

struct usermem_stats {
	uint64_t anon_pages, file_pages, dirty_pages;	/* now, of the whole kernel */
	uint64_t swap_pages, swap_total;
	uint64_t faults[NR_USER_FAULTS];
	uint64_t maj_faults;				/* those that waited for a disk */
	uint64_t swap_in, swap_out, swap_readahead;	/* pages */
	uint64_t file_read, file_written;		/* pages from and to the disk */
	uint64_t thp_fallbacks, thp_splits;
	uint64_t pages_scanned, pages_reclaimed;
	uint64_t oom_kills;
};

void usermem_stats(struct kernel *kernel, struct usermem_stats *stats);

/* 4 KiB pages; resident, in swap, and the faults of one mm. */
uint64_t user_rss(const struct mm_struct *mm);
uint64_t user_swapped(const struct mm_struct *mm);
uint64_t user_min_flt(const struct mm_struct *mm);
uint64_t user_maj_flt(const struct mm_struct *mm);

/* Lists, maps and counters against each other; returns the number of contradictions. */
uint64_t usermem_check(struct kernel *kernel);

#endif
