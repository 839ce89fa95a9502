/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's page cache: files that processes of the host, or its VMMs, read and write.
 *
 * Models filemap_read(), ondemand_readahead() and folio_mark_accessed() of Linux 6.1; writing is
 * page_writeback.c's.  A page of a file is on the host's LRU lists beside the guests' pages and
 * takes one of its frames.  Left out: mapped files, contents (whoever reads knows what they are).
 *
 * Units: pages of 4 KiB.
 */
#ifndef BALLAST_PAGE_CACHE_H
#define BALLAST_PAGE_CACHE_H

#include <stdint.h>

struct host;
struct host_page;
struct disk_config;
struct disk_extent;
struct file_read;
struct file_write;

struct cache_file {
	struct host *host;
	struct host_memcg *memcg;	/* that reads it; the root, unless it is set before */
	const char *name;
	uint64_t nr_pages;
	struct host_page *page;
	uint16_t *chunk;		/* of host->chunk, by GiB */
	uint64_t resident;
	uint64_t ra_start, ra_size;	/* last window that was read ahead */
	uint64_t ra_mark;		/* the page of it that asks for the next one */
	struct disk_extent *extent;	/* that it lies on */
	struct file_read *reads;	/* under way */
	struct file_write *writes;
	uint64_t prev;			/* page that was read last */
	/* Pages that are dirty, by 2 MiB and in all, and that are being written. */
	uint16_t *dirty;		/* NULL: it has never been written */
	uint64_t nr_dirty, nr_writeback;
	uint64_t dirtied;		/* ns, when the first of these was */
	uint64_t write_from;		/* where the flusher goes on */
	unsigned int unpaid;		/* pages that were made dirty since somebody looked */
	int64_t paused;			/* ns, up to when writers have slept (dirty_paused_when) */
	uint64_t missed;		/* pages that were asked for, and had to be read */
	struct cache_file *next;
};

/* Of all files of the host: pages, and the limits from which on they are written, writers wait. */
struct cache_dirty {
	uint64_t dirty, writeback;
	uint64_t background, limit;
};

/*
 * On @extent, or, if that is NULL, on a disk of its own.  The host owns it; NULL: no memory, or the
 * disk is impossible.  @name must outlive it.
 */
struct cache_file *cache_file_create(struct host *host, const char *name, uint64_t nr_pages,
				     const struct disk_config *disk, struct disk_extent *extent);
/* It has been read before the run, from page @first on, @times times; as far as frames are free. */
void cache_file_fill(struct cache_file *file, uint64_t first, uint64_t nr, unsigned int times);
/* The calling thread reads, and waits for what is not in memory. */
void cache_file_read(struct cache_file *file, uint64_t first, uint64_t nr);
/*
 * The same for a request of @nr pages, of which 6.1 reads ahead by how they follow the one before,
 * and which it copies: CPU time by page.
 */
void cache_file_pread(struct cache_file *file, uint64_t first, uint64_t nr);
/* It writes whole pages, which are dirty then, and sleeps if too many are. */
void cache_file_write(struct cache_file *file, uint64_t first, uint64_t nr);
struct cache_dirty cache_dirty(const struct host *host);
/*
 * echo 1 > /proc/sys/vm/drop_caches: what is clean and in memory goes; of all files of the host.
 * Returns how many pages.
 */
uint64_t cache_drop_all(struct host *host);

#endif
