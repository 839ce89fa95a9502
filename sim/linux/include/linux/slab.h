/* SPDX-License-Identifier: GPL-2.0-only */
/* model: objects as bytes in guest RAM, mm/slab.c. */
#ifndef _LINUX_SLAB_H
#define _LINUX_SLAB_H

#include <linux/gfp.h>
#include <linux/overflow.h>
#include <linux/types.h>
#include <linux/version.h>

#define KMALLOC_MAX_SIZE (1UL << (10 + PAGE_SHIFT))
#define KMALLOC_MAX_CACHE_SIZE (PAGE_SIZE * 2)
#define ARCH_KMALLOC_MINALIGN 8
#define ZERO_SIZE_PTR ((void *)16)
#define ZERO_OR_NULL_PTR(x) ((unsigned long)(x) <= (unsigned long)ZERO_SIZE_PTR)

#define SLAB_HWCACHE_ALIGN 0x00002000U
#define SLAB_RECLAIM_ACCOUNT 0x00020000U
#define SLAB_PANIC 0x00040000U
#define SLAB_ACCOUNT 0x04000000U

struct kmem_cache;

void *kmalloc(size_t size, gfp_t flags);
void kfree(const void *object);
void *krealloc(const void *object, size_t new_size, gfp_t flags);
size_t ksize(const void *object);
char *kstrdup(const char *s, gfp_t flags);
void *kmemdup(const void *src, size_t len, gfp_t flags);

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     slab_flags_t flags, void (*ctor)(void *));
void kmem_cache_destroy(struct kmem_cache *cache);
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t flags);
void kmem_cache_free(struct kmem_cache *cache, void *object);

static inline void *kzalloc(size_t size, gfp_t flags)
{
	return kmalloc(size, flags | __GFP_ZERO);
}

static inline void *kmalloc_array(size_t n, size_t size, gfp_t flags)
{
	return kmalloc(size_mul(n, size), flags);
}

static inline void *kcalloc(size_t n, size_t size, gfp_t flags)
{
	return kmalloc_array(n, size, flags | __GFP_ZERO);
}

static inline void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t flags)
{
	return kmem_cache_alloc(cache, flags | __GFP_ZERO);
}

#if LINUX_SINCE(7, 2)
/* One, or @n, of the type of a variable, or of a type; flags that are not given are GFP_KERNEL. */
#define __gfp_of(gfp, ...) gfp
#define __gfp_or(...) __gfp_of(__VA_ARGS__ __VA_OPT__(, ) GFP_KERNEL, 0)
#define kmalloc_obj(T, ...) ((typeof(T) *)kmalloc(sizeof(T), __gfp_or(__VA_ARGS__)))
#define kzalloc_obj(T, ...) ((typeof(T) *)kzalloc(sizeof(T), __gfp_or(__VA_ARGS__)))
#define kmalloc_objs(T, n, ...) ((typeof(T) *)kmalloc_array(n, sizeof(T), __gfp_or(__VA_ARGS__)))
#define kzalloc_objs(T, n, ...) ((typeof(T) *)kcalloc(n, sizeof(T), __gfp_or(__VA_ARGS__)))
#endif

#define kmalloc_node(size, flags, node) kmalloc(size, flags)
#define kzalloc_node(size, flags, node) kzalloc(size, flags)
#define kvmalloc(size, flags) kmalloc(size, flags)
#define kvzalloc(size, flags) kzalloc(size, flags)
#define kvmalloc_array(n, size, flags) kmalloc_array(n, size, flags)
#define kvcalloc(n, size, flags) kcalloc(n, size, flags)
#define kvfree(p) kfree(p)
#define kfree_sensitive(p) kfree(p)
#define kfree_const(p) kfree(p)

#endif
