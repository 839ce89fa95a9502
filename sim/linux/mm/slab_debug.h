/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What slab.c and slab_debug.c share: slabs, and what is known of each object.
 */
#ifndef BALLAST_LINUX_SLAB_DEBUG_H
#define BALLAST_LINUX_SLAB_DEBUG_H

#include <linux/list.h>
#include <linux/slab.h>
#include <linux/types.h>

#define SLAB_RED_ZONE 8		/* bytes behind an object, at least; a word, as SLUB's */
#define SLAB_OBJECTS_MAX 512
#define SLAB_WATCHED 16

struct object_info {
	const void *caller;		/* that allocated it, or freed it */
	unsigned int size;		/* asked for; 0: free */
};

struct slab {
	struct kmem_cache *cache;
	struct list_head list;		/* partial or full */
	struct page *page;
	unsigned int inuse;
	unsigned long free[SLAB_OBJECTS_MAX / BITS_PER_LONG];
	struct object_info info[];	/* cache->objects */
};

struct kmem_cache {
	char name[24];
	unsigned int object_size;	/* asked for */
	unsigned int size;		/* with red zone and alignment */
	unsigned int order, objects;	/* of a slab */
	unsigned int min_partial, nr_empty;
	unsigned long marked;		/* objects in use at slab_mark() */
	slab_flags_t flags;
	void (*ctor)(void *object);
	struct list_head partial, full;	/* partial: most recently used first */
	struct list_head list;
};

#define NR_KMALLOC 13

struct slab_watch {
	struct slab *slab;		/* NULL: a free place */
	unsigned int nr;
};

struct slab_state {
	struct kmem_cache *kmalloc[NR_KMALLOC];
	struct list_head caches;
	struct slab_watch watched[SLAB_WATCHED];	/* the oldest objects of drivers */
	const void *reported[SLAB_WATCHED];		/* places whose objects were written over */
};

static inline u8 *slab_object(const struct slab *slab, unsigned int nr)
{
	return (u8 *)__va(page_to_phys(slab->page)) + nr * slab->cache->size;
}

/* All objects of a new slab are free; the slab's pages are about to be free again. */
void slab_debug_new(struct slab *slab);
void slab_debug_gone(struct slab *slab);
/* The same when the kernel is gone: nothing is looked at. */
void slab_debug_release(struct slab *slab);
/* Object @nr is given out with @size bytes, and comes back. */
void slab_debug_alloc(struct slab *slab, unsigned int nr, unsigned int size, const void *caller);
void slab_debug_free(struct slab *slab, unsigned int nr, const void *caller);
/* Its user may use all of the object now. */
void slab_debug_grow(struct slab *slab, unsigned int nr);
/* The same for an object that has pages of its own. */
void slab_debug_alloc_pages(struct page *page, unsigned int order, size_t size);
void slab_debug_free_pages(struct page *page, unsigned int order, const void *caller);

#endif
