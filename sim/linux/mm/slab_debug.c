// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding drivers that write where they must not: behind an object, or into one that is free.
 *
 * As slub_debug=FZPU does (mm/slub.c of Linux 6.1): what follows an object is filled with a value
 * and looked at when it is freed, free objects are filled and looked at when they are given out
 * again; a write there is a warning of the kernel, and the run has failed.  The oldest objects of
 * drivers, their own state, are also looked at whenever a buffer is put on a ring: what the finding
 * names is then close to what wrote.  Under ASan the same bytes are poisoned instead, and the write
 * itself is found.
 *
 * Bytes in front of an object are those behind the one before; writes that jump over a red zone
 * into an object in use are not found.
 */
#include <linux/bug.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/poison.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "fault.h"
#include "internal.h"
#include "slab_debug.h"
#include "symbol.h"

#define LOOK_BYTES 64u		/* of a red zone, where it is looked at often */

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLAB_ASAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SLAB_ASAN 1
#endif

#ifdef SLAB_ASAN
void __asan_poison_memory_region(const volatile void *addr, size_t size);
void __asan_unpoison_memory_region(const volatile void *addr, size_t size);
#define poison(p, n) __asan_poison_memory_region(p, n)
#define unpoison(p, n) __asan_unpoison_memory_region(p, n)
#else
#define poison(p, n) ((void)(p))
#define unpoison(p, n) ((void)(p))
#endif

/* Number of bytes up to and including the last that is not @value; 0: all are. */
static size_t written(const u8 *p, size_t nr, u8 value)
{
#ifdef SLAB_ASAN
	return 0;	/* found when it happened */
#endif
	while (nr && p[nr - 1] == value)
		nr--;
	return nr;
}

static void where(const void *caller, char *text, unsigned int size)
{
	struct symbol symbol;

	/* A return address is behind its call, perhaps in the next line. */
	symbol_find((uintptr_t)caller - 1, &symbol);
	symbol_text(&symbol, text, size);
}

/* The driver's code that led here is what is asked for, not the model's in between. */
static void where_found(const void *caller, char *text, unsigned int size)
{
	struct symbol symbol;

	if (fault_caller(&symbol))
		symbol_text(&symbol, text, size);
	else if (caller)
		where(caller, text, size);
	else
		snprintf(text, size, "a check of all objects");
}

/* A driver with a mistake makes it again and again: each place is named once. */
static bool named_before(const void *allocated)
{
	const void **reported = this_mm->slab->reported;
	unsigned int i;

	for (i = 0; i < SLAB_WATCHED; i++) {
		if (reported[i] == allocated)
			return true;
		if (!reported[i]) {
			reported[i] = allocated;
			return false;
		}
	}
	return true;
}

static void complain(const char *name, unsigned int size, const void *allocated, const char *what,
		     const void *found)
{
	char by[160], at[160], text[500];

	if (named_before(allocated)) {
		kernel_warned(what);
		return;
	}
	where(allocated, by, sizeof(by));
	where_found(found, at, sizeof(at));
	snprintf(text, sizeof(text), "BUG %s: %s: object of %u bytes, %s %s; found in %s", name,
		 what, size, strstr(what, "free") ? "freed in" : "allocated in", by, at);
	printk(KERN_ERR "%s", text);
	kernel_warned(text);
}

/* The red zone of an object in use; looked at once, it is as new. */
static void check_zone(struct slab *slab, unsigned int nr, unsigned int limit, const void *found)
{
	struct object_info *info = &slab->info[nr];
	unsigned int zone = min(slab->cache->size - info->size, limit);
	u8 *end = slab_object(slab, nr) + info->size;
	size_t over = written(end, zone, SLUB_RED_ACTIVE);
	char what[80];

	if (likely(!over))
		return;
	snprintf(what, sizeof(what), "overrun: %s%zu bytes behind the end were written",
		 over == zone ? "at least " : "", over);
	complain(slab->cache->name, info->size, info->caller, what, found);
	memset(end, SLUB_RED_ACTIVE, slab->cache->size - info->size);
}

static void check_poison(struct slab *slab, unsigned int nr, const void *found)
{
	struct object_info *info = &slab->info[nr];
	u8 *object = slab_object(slab, nr);

	if (likely(!written(object, slab->cache->size, POISON_FREE)))
		return;
	if (info->caller)
		complain(slab->cache->name, slab->cache->object_size, info->caller,
			 "a free object was written to", found);
	else
		complain(slab->cache->name, slab->cache->object_size, found,
			 "memory that was free was written to, by an overrun perhaps", found);
	memset(object, POISON_FREE, slab->cache->size);
}

static void fill_free(struct slab *slab, unsigned int nr)
{
	u8 *object = slab_object(slab, nr);

	unpoison(object, slab->cache->size);
	memset(object, POISON_FREE, slab->cache->size);
	poison(object, slab->cache->size);
}

void slab_debug_new(struct slab *slab)
{
	unsigned int nr;

	for (nr = 0; nr < slab->cache->objects; nr++)
		fill_free(slab, nr);
}

void slab_debug_gone(struct slab *slab)
{
	unsigned int nr;

	for (nr = 0; nr < slab->cache->objects; nr++)
		check_poison(slab, nr, NULL);
	unpoison(slab_object(slab, 0), PAGE_SIZE << slab->cache->order);
}

void slab_debug_release(struct slab *slab)
{
	unpoison(slab_object(slab, 0), PAGE_SIZE << slab->cache->order);
}

static struct slab_watch *watch_of(const struct slab *slab, unsigned int nr)
{
	struct slab_watch *w = this_mm->slab->watched;
	unsigned int i;

	for (i = 0; i < SLAB_WATCHED; i++)
		if (w[i].slab == slab && (!slab || w[i].nr == nr))
			return &w[i];
	return NULL;
}

void slab_debug_alloc(struct slab *slab, unsigned int nr, unsigned int size, const void *caller)
{
	struct slab_watch *watch = watch_of(NULL, 0);
	u8 *object = slab_object(slab, nr);

	check_poison(slab, nr, caller);
	unpoison(object, slab->cache->size);
	memset(object, POISON_INUSE, size);
	memset(object + size, SLUB_RED_ACTIVE, slab->cache->size - size);
	poison(object + size, slab->cache->size - size);
	slab->info[nr] = (struct object_info){ caller, size };
	if (watch && !symbol_is_own((uintptr_t)caller))
		*watch = (struct slab_watch){ slab, nr };
}

void slab_debug_free(struct slab *slab, unsigned int nr, const void *caller)
{
	struct slab_watch *watch = watch_of(slab, nr);

	check_zone(slab, nr, UINT_MAX, caller);
	fill_free(slab, nr);
	slab->info[nr] = (struct object_info){ caller, 0 };
	if (watch)
		watch->slab = NULL;
}

void slab_debug_grow(struct slab *slab, unsigned int nr)
{
	struct object_info *info = &slab->info[nr];

	if (info->size && info->size < slab->cache->object_size) {
		info->size = slab->cache->object_size;
		unpoison(slab_object(slab, nr), info->size);
	}
}

void slab_look(const void *caller)
{
	const struct slab_watch *w;
	unsigned int i;

	if (!this_kernel->ram_base)
		return;
	w = this_mm->slab->watched;
	for (i = 0; i < SLAB_WATCHED; i++)
		if (w[i].slab)
			check_zone(w[i].slab, w[i].nr, LOOK_BYTES, caller);
}

static void check_list(struct list_head *slabs)
{
	struct slab *slab;
	unsigned int nr;

	list_for_each_entry(slab, slabs, list) {
		for (nr = 0; nr < slab->cache->objects; nr++) {
			if (test_bit(nr, slab->free))
				check_poison(slab, nr, NULL);
			else
				check_zone(slab, nr, UINT_MAX, NULL);
		}
	}
}

void slab_check(void)
{
	struct kmem_cache *cache;

	if (!this_kernel->ram_base)
		return;
	list_for_each_entry(cache, &this_mm->slab->caches, list) {
		check_list(&cache->partial);
		check_list(&cache->full);
	}
}

static bool describe(struct list_head *slabs, const u8 *address, char *text, unsigned int size)
{
	struct slab *slab;
	char by[160];

	list_for_each_entry(slab, slabs, list) {
		unsigned long offset = address - slab_object(slab, 0);
		unsigned int nr = offset / slab->cache->size;

		if (nr >= slab->cache->objects)
			continue;
		if (slab->info[nr].caller)
			where(slab->info[nr].caller, by, sizeof(by));
		snprintf(text, size, "%s object %s%s: ", slab->cache->name,
			 !slab->info[nr].caller ? "that was never given out" :
			 slab->info[nr].size ? "allocated in " : "freed in ",
			 slab->info[nr].caller ? by : "");
		return true;
	}
	return false;
}

void slab_describe(const void *address, char *text, unsigned int size)
{
	struct kmem_cache *cache;

	text[0] = '\0';
	list_for_each_entry(cache, &this_mm->slab->caches, list)
		if (describe(&cache->partial, address, text, size) ||
		    describe(&cache->full, address, text, size))
			return;
}

/* Objects with pages of their own: the size is in the first page, as nobody else needs it. */

void slab_debug_alloc_pages(struct page *page, unsigned int order, size_t size)
{
	u8 *object = __va(page_to_phys(page));
	size_t rest = (PAGE_SIZE << order) - size;

	set_page_private(page, size);
	memset(object + size, SLUB_RED_ACTIVE, rest);
	poison(object + size, rest);
}

void slab_debug_free_pages(struct page *page, unsigned int order, const void *caller)
{
	u8 *object = __va(page_to_phys(page));
	size_t bytes = PAGE_SIZE << order, size = page_private(page), over;
	char what[80];

	set_page_private(page, 0);
	/* Not from kmalloc(), if it is not more than half of the block. */
	if (size <= bytes / 2 || size > bytes)
		return;
	over = written(object + size, bytes - size, SLUB_RED_ACTIVE);
	snprintf(what, sizeof(what), "overrun: %zu bytes behind the end were written", over);
	if (over)
		complain("kmalloc", size, caller, what, caller);
	unpoison(object, bytes);
}
