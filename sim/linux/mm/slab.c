// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmalloc() and kmem_cache: objects as bytes in guest RAM, cut from blocks of the page allocator.
 *
 * Sizes, orders of slabs and how many empty slabs are kept follow mm/slub.c of Linux 6.1
 * (calculate_order, set_min_partial).  Which objects are free is noted outside guest RAM, so
 * that a driver that writes where it must not cannot break the simulator; freeing twice is found,
 * and so is writing behind an object or into a free one (slab_debug.c).  A slab has the order that
 * it has without red zones, and so room for a few objects less.
 *
 * Left out: per-CPU slabs (a cache has one slab that it allocates from), so objects of different
 * CPUs share slabs more than in reality.
 */
#include <linux/export.h>
#include <linux/slab.h>
#include "hostmem.h"
#include "internal.h"
#include "slab_debug.h"

#define SLAB_ORDER_MAX 3		/* slub_max_order */

static const unsigned short kmalloc_size[NR_KMALLOC] = { 8, 16, 32, 64, 96, 128, 192, 256, 512,
							 1024, 2048, 4096, 8192 };

/* Smallest order with enough objects and little waste; fewer objects are better than much waste. */
static unsigned int slab_order(unsigned int size)
{
	unsigned int min_objects = 4 * (fls(this_kernel->nr_cpus) + 1), fraction, order;

	min_objects = min_t(unsigned int, min_objects, (PAGE_SIZE << SLAB_ORDER_MAX) / size);
	for (; min_objects > 1; min_objects--) {
		for (fraction = 16; fraction >= 4; fraction /= 2) {
			order = get_order(min_objects * size);
			for (; order <= SLAB_ORDER_MAX; order++) {
				unsigned int bytes = PAGE_SIZE << order;

				if (bytes % size <= bytes / fraction)
					return order;
			}
		}
	}
	return get_order(size);
}

static void cache_setup(struct kmem_cache *cache, const char *name, unsigned int size,
			unsigned int align, slab_flags_t flags, void (*ctor)(void *))
{
	align = max(align, 8u);
	if (flags & SLAB_HWCACHE_ALIGN && size > 32)
		align = max(align, 64u);
	strscpy(cache->name, name, sizeof(cache->name));
	cache->object_size = size;
	cache->order = slab_order(ALIGN(max(size, 8u), align));
	cache->size = ALIGN(max(size, 8u) + SLAB_RED_ZONE, align);
	cache->order = max_t(unsigned int, cache->order, get_order(cache->size));
	cache->objects = min_t(unsigned int, (PAGE_SIZE << cache->order) / cache->size,
			       SLAB_OBJECTS_MAX);
	cache->min_partial = clamp_t(unsigned int, ilog2(cache->size) / 2, 5, 10);
	cache->flags = flags;
	cache->ctor = ctor;
	INIT_LIST_HEAD(&cache->partial);
	INIT_LIST_HEAD(&cache->full);
	list_add_tail(&cache->list, &this_mm->slab->caches);
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     slab_flags_t flags, void (*ctor)(void *))
{
	struct kmem_cache *cache = host_alloc(sizeof(*cache));

	cache_setup(cache, name, size, align, flags, ctor);
	return cache;
}
EXPORT_SYMBOL(kmem_cache_create);

static void account_slab(const struct kmem_cache *cache, long sign)
{
	enum node_stat_item item = cache->flags & SLAB_RECLAIM_ACCOUNT ? NR_SLAB_RECLAIMABLE_B :
									 NR_SLAB_UNRECLAIMABLE_B;

	mod_node_page_state(this_kernel->pgdat, item, sign * (long)(PAGE_SIZE << cache->order));
}

/* The kernel is about to use the bytes of these pages. */
static void use_bytes(struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page), i;
	struct guest_ram *ram = mm_ram();

	for (i = 0; i < 1UL << order; i++)
		page_address(page + i);
	if (ram)
		guest_ram_access(ram, gfn(pfn), 1UL << order, RAM_WRITE);
}

static struct slab *new_slab(struct kmem_cache *cache, gfp_t flags)
{
	gfp_t gfp = flags & ~(__GFP_ZERO | __GFP_HIGHMEM | __GFP_MOVABLE);
	struct slab *slab;
	struct page *page;
	unsigned int i;

	if (cache->flags & SLAB_RECLAIM_ACCOUNT)
		gfp |= __GFP_RECLAIMABLE;
	page = alloc_pages(gfp | __GFP_COMP, cache->order);
	if (!page)
		return NULL;
	use_bytes(page, cache->order);
	slab = host_alloc(sizeof(*slab) + cache->objects * sizeof(slab->info[0]));
	slab->cache = cache;
	slab->page = page;
	for (i = 0; i < cache->objects; i++)
		__set_bit(i, slab->free);
	slab_debug_new(slab);
	__SetPageSlab(page);
	set_page_private(page, (unsigned long)slab);
	list_add(&slab->list, &cache->partial);
	cache->nr_empty++;
	account_slab(cache, 1);
	return slab;
}

static void free_slab(struct slab *slab)
{
	struct kmem_cache *cache = slab->cache;
	struct page *page = slab->page;

	list_del(&slab->list);
	slab_debug_gone(slab);
	account_slab(cache, -1);
	host_free(slab);
	set_page_private(page, 0);
	__ClearPageSlab(page);
	__free_pages(page, cache->order);
}

/* Bytes without a machine under them are the simulator's own. */
static void *alloc_hosted(size_t size)
{
	return host_alloc(size);
}

static void *alloc_object(struct kmem_cache *cache, size_t size, gfp_t flags, const void *caller)
{
	struct slab *slab;
	unsigned long nr;
	void *object;

	might_alloc(flags);
	if (!this_kernel->ram_base) {
		object = alloc_hosted(cache->size);
		if (cache->ctor)
			cache->ctor(object);
		return object;
	}
	slab = list_first_entry_or_null(&cache->partial, struct slab, list);
	if (!slab)
		slab = new_slab(cache, flags);
	if (!slab)
		return NULL;
	if (!slab->inuse++)
		cache->nr_empty--;
	nr = find_first_bit(slab->free, SLAB_OBJECTS_MAX);
	__clear_bit(nr, slab->free);
	if (slab->inuse == cache->objects)
		list_move(&slab->list, &cache->full);
	object = slab_object(slab, nr);
	slab_debug_alloc(slab, nr, size, caller);
	if (flags & __GFP_ZERO)
		memset(object, 0, size);
	if (cache->ctor)
		cache->ctor(object);
	return object;
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t flags)
{
	return alloc_object(cache, cache->object_size, flags, __builtin_return_address(0));
}
EXPORT_SYMBOL(kmem_cache_alloc);

static void free_object(struct slab *slab, const void *object, const void *caller)
{
	struct kmem_cache *cache = slab->cache;
	unsigned long offset = (const char *)object - (char *)__va(page_to_phys(slab->page));
	unsigned long nr = offset / cache->size;

	if (WARN(offset % cache->size || nr >= cache->objects, "kfree of %s: not an object\n",
		 cache->name) ||
	    WARN(test_bit(nr, slab->free), "kfree of %s: object is free already\n", cache->name))
		return;
	slab_debug_free(slab, nr, caller);
	__set_bit(nr, slab->free);
	if (slab->inuse-- == cache->objects)
		list_move(&slab->list, &cache->partial);
	if (slab->inuse)
		return;
	if (cache->nr_empty >= cache->min_partial)
		free_slab(slab);
	else
		cache->nr_empty++;
}

static struct slab *object_slab(const void *object)
{
	struct page *page = compound_head(virt_to_page(object));

	return PageSlab(page) ? (struct slab *)page_private(page) : NULL;
}
/* All objects must be free. */
void kmem_cache_destroy(struct kmem_cache *cache)
{
	struct slab *slab, *next;

	if (!cache)
		return;
	WARN(!list_empty(&cache->full), "kmem_cache_destroy %s: objects remain\n", cache->name);
	list_for_each_entry_safe(slab, next, &cache->partial, list) {
		WARN(slab->inuse, "kmem_cache_destroy %s: objects remain\n", cache->name);
		if (!slab->inuse)
			free_slab(slab);
	}
	list_del(&cache->list);
	host_free(cache);
}
EXPORT_SYMBOL(kmem_cache_destroy);

/* Larger than any cache: pages of their own. */
static void *kmalloc_large(size_t size, gfp_t flags)
{
	unsigned int order = get_order(size);
	struct page *page;

	if (order >= MAX_ORDER)
		return NULL;
	page = alloc_pages((flags & ~(__GFP_HIGHMEM | __GFP_ZERO)) | __GFP_COMP, order);
	if (!page)
		return NULL;
	use_bytes(page, order);
	if (flags & __GFP_ZERO)
		memset(__va(page_to_phys(page)), 0, PAGE_SIZE << order);
	slab_debug_alloc_pages(page, order, size);
	return __va(page_to_phys(page));
}

void *kmalloc(size_t size, gfp_t flags)
{
	unsigned int i;

	if (!size)
		return ZERO_SIZE_PTR;
	if (!this_kernel->ram_base)
		return size > KMALLOC_MAX_SIZE ? NULL : alloc_hosted(size);
	for (i = 0; i < NR_KMALLOC; i++) {
		if (size <= kmalloc_size[i])
			return alloc_object(this_mm->slab->kmalloc[i], size, flags,
					    __builtin_return_address(0));
	}
	return kmalloc_large(size, flags);
}
EXPORT_SYMBOL(kmalloc);

static void free_any(const void *object, const void *caller)
{
	struct slab *slab;
	struct page *page;

	if (ZERO_OR_NULL_PTR(object))
		return;
	if (!this_kernel->ram_base) {
		host_free((void *)object);
		return;
	}
	if (WARN(!virt_addr_valid(object), "kfree of an address outside RAM\n"))
		return;
	slab = object_slab(object);
	if (slab) {
		free_object(slab, object, caller);
		return;
	}
	page = virt_to_page(object);
	if (WARN(page_ref_count(page) <= 0, "kfree of memory that is free\n"))
		return;
	slab_debug_free_pages(page, compound_order(page), caller);
	__free_pages(page, compound_order(page));
}

void kfree(const void *object)
{
	free_any(object, __builtin_return_address(0));
}
EXPORT_SYMBOL(kfree);

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	if (object)
		free_any(object, __builtin_return_address(0));
}
EXPORT_SYMBOL(kmem_cache_free);

size_t ksize(const void *object)
{
	struct slab *slab;

	if (ZERO_OR_NULL_PTR(object) || !this_kernel->ram_base)
		return 0;
	slab = object_slab(object);
	if (slab)
		slab_debug_grow(slab, ((u8 *)object - slab_object(slab, 0)) / slab->cache->size);
	return slab ? slab->cache->object_size : PAGE_SIZE << compound_order(virt_to_page(object));
}
EXPORT_SYMBOL(ksize);

void *krealloc(const void *object, size_t new_size, gfp_t flags)
{
	size_t old_size = ksize(object);
	void *new;

	if (!new_size) {
		kfree(object);
		return ZERO_SIZE_PTR;
	}
	if (!this_kernel->ram_base)
		return host_realloc(ZERO_OR_NULL_PTR(object) ? NULL : (void *)object, new_size);
	if (old_size >= new_size)
		return (void *)object;
	new = kmalloc(new_size, flags);
	if (new && old_size) {
		memcpy(new, object, old_size);
		kfree(object);
	}
	return new;
}
EXPORT_SYMBOL(krealloc);

void *kmemdup(const void *src, size_t len, gfp_t flags)
{
	void *p = kmalloc(len, flags);

	if (p)
		memcpy(p, src, len);
	return p;
}
EXPORT_SYMBOL(kmemdup);

char *kstrdup(const char *s, gfp_t flags)
{
	return s ? kmemdup(s, strlen(s) + 1, flags) : NULL;
}
EXPORT_SYMBOL(kstrdup);

void slab_init(void)
{
	struct slab_state *state = host_alloc(sizeof(*state));
	char name[24];
	unsigned int i;

	this_mm->slab = state;
	INIT_LIST_HEAD(&state->caches);
	for (i = 0; i < NR_KMALLOC; i++) {
		snprintf(name, sizeof(name), "kmalloc-%u", kmalloc_size[i]);
		state->kmalloc[i] = kmem_cache_create(name, kmalloc_size[i], 8, 0, NULL);
	}
}

static unsigned long cache_in_use(const struct kmem_cache *cache)
{
	const struct slab *slab;
	unsigned long nr = 0;

	list_for_each_entry(slab, &cache->partial, list)
		nr += slab->inuse;
	list_for_each_entry(slab, &cache->full, list)
		nr += slab->inuse;
	return nr;
}

void slab_mark(void)
{
	struct kmem_cache *cache;

	list_for_each_entry(cache, &this_mm->slab->caches, list)
		cache->marked = cache_in_use(cache);
}

size_t slab_report_since_mark(char *buf, size_t size)
{
	const struct kmem_cache *cache;
	size_t used = 0;

	list_for_each_entry(cache, &this_mm->slab->caches, list) {
		unsigned long nr = cache_in_use(cache);

		if (nr > cache->marked && !(cache->flags & SLAB_OF_TASKS))
			used += scnprintf(buf + used, size - used, "%s%lu object%s of %s",
					  used ? ", " : "", nr - cache->marked,
					  nr - cache->marked > 1 ? "s" : "", cache->name);
	}
	return used;
}

/* The kernel is gone, and its RAM with it: only what is outside of it is released. */
void slab_exit(void)
{
	struct kmem_cache *cache, *next_cache;
	struct slab *slab, *next;

	list_for_each_entry_safe(cache, next_cache, &this_mm->slab->caches, list) {
		list_splice_init(&cache->full, &cache->partial);
		list_for_each_entry_safe(slab, next, &cache->partial, list) {
			slab_debug_release(slab);
			host_free(slab);
		}
		host_free(cache);
	}
	host_free(this_mm->slab);
}
