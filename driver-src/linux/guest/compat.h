/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver of a balloon needs of the kernel, under one name for all versions from 6.0 on.
 *
 *   orders      MAX_ORDER is above the largest order up to 6.3, is the largest order up to 6.7,
 *               and is MAX_PAGE_ORDER from then on
 *   reporting   the core's own choice of an order is asked for by 0, and since 7.2 by -1, when 0
 *               means pages.  Batches can be made smaller since 7.2
 *   balloons    since 7.2 the core keeps the list while a page moves, and counts what the kernel
 *               manages; before, that is done here.  (Before 6.0 moving took a file system.)
 *   queues      are found by an array of structures since 6.11
 *   shrinkers   are allocated since 6.7
 *   reclaim     is counted by node since 7.2
 *   zeroed      pages that the host has cleared are known as such in no release; a kernel with what
 *               was proposed in 2026 has __PG_ZEROED in page-flags.h
 *
 * "Since 7.2" is since 7.2 at the latest: 6.13 to 7.1 have not been looked at.
 */
#ifndef _BALLAST_COMPAT_H
#define _BALLAST_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 0, 0)
#error "the driver is for Linux 6.0 and newer"
#endif

#include <linux/mm.h>
#include <linux/page_reporting.h>
#include <linux/shrinker.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/vmstat.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
#include <linux/balloon_compaction.h>
#else
#include <linux/balloon.h>
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define BALLAST_MAX_ORDER	(MAX_ORDER - 1)
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define BALLAST_MAX_ORDER	MAX_ORDER
#else
#define BALLAST_MAX_ORDER	MAX_PAGE_ORDER
#endif

/* Reporting */

/* @order: -1, the core's choice. */
static inline void ballast_set_order(struct page_reporting_dev_info *prdev, int order)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0)
	prdev->order = order;
#else
	prdev->order = order < 0 ? 0 : order;
#endif
}

/* Have batches of @capacity blocks at most; false: the core does not make them that small. */
static inline bool ballast_set_capacity(struct page_reporting_dev_info *prdev,
					unsigned int capacity)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0)
	prdev->capacity = capacity;
	return capacity;
#else
	return capacity >= PAGE_REPORTING_CAPACITY;
#endif
}

/* Zeroed pages */

#ifdef __PG_ZEROED
/* A kernel that has them has them always, unless it says otherwise. */
#ifndef mm_knows_zeroed
#define mm_knows_zeroed()	true
#endif
#define ballast_knows_zeroed()	mm_knows_zeroed()

/* Of the report that is being made, the @nr'th block is all zero. */
static inline void ballast_block_zeroed(struct page_reporting_dev_info *prdev, unsigned int nr)
{
	prdev->host_zeroes_pages = true;
	if (nr < PAGE_REPORTING_CAPACITY)
		__set_bit(nr, prdev->zeroed_bitmap);
}

/* @page is in the balloon, and all zero. */
static inline void ballast_page_zeroed(struct page *page)
{
	SetPageZeroed(page);
}

/* The last reference to a page that has left the balloon. */
static inline void ballast_put_page(struct page *page)
{
	if (PageZeroed(page))
		put_page_zeroed(page);
	else
		put_page(page);
}
#else
#define ballast_knows_zeroed()	false

static inline void ballast_block_zeroed(struct page_reporting_dev_info *prdev, unsigned int nr)
{
}

static inline void ballast_page_zeroed(struct page *page)
{
}

static inline void ballast_put_page(struct page *page)
{
	put_page(page);
}
#endif

/* Balloons */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0)
#ifdef CONFIG_BALLOON_MIGRATION
#define BALLAST_MOVABLE
#endif
#else
#ifdef CONFIG_BALLOON_COMPACTION
#define BALLAST_MOVABLE
#endif
#endif

/* @managed: what is in the balloon counts as the kernel's. */
static inline void ballast_devinfo_init(struct balloon_dev_info *balloon, bool managed)
{
	balloon_devinfo_init(balloon);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0)
	balloon->adjust_managed_page_count = !managed;
#endif
}

static inline void ballast_page_enqueue(struct balloon_dev_info *balloon, struct page *page,
					bool managed)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
	if (!managed)
		adjust_managed_page_count(page, -1);
#endif
	balloon_page_enqueue(balloon, page);
}

/* NULL: all that are left are about to be moved. */
static inline struct page *ballast_page_dequeue(struct balloon_dev_info *balloon, bool managed)
{
	struct page *page = balloon_page_dequeue(balloon);

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
	if (page && !managed)
		adjust_managed_page_count(page, 1);
#endif
	return page;
}

#ifdef BALLAST_MOVABLE
/* The host has been told: @newpage is in the balloon in place of @page, which is isolated. */
static inline void ballast_page_moved(struct balloon_dev_info *balloon, struct page *newpage,
				      struct page *page, bool managed)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
	unsigned long flags;

	/* The counts are of zones, and these may differ. */
	if (!managed) {
		adjust_managed_page_count(page, 1);
		adjust_managed_page_count(newpage, -1);
	}
	get_page(newpage);
	spin_lock_irqsave(&balloon->pages_lock, flags);
	balloon_page_insert(balloon, newpage);
	balloon->isolated_pages--;
	count_vm_event(BALLOON_MIGRATE);
	/* What balloon_page_finalize() does, which not all have. */
	__ClearPageMovable(page);
	set_page_private(page, 0);
	__ClearPageOffline(page);
	spin_unlock_irqrestore(&balloon->pages_lock, flags);
	put_page(page);
#endif
}
#endif

/* Queues */

static inline int ballast_find_vqs(struct virtio_device *vdev, unsigned int nvqs,
				   struct virtqueue *vqs[], vq_callback_t *callbacks[],
				   const char *names[])
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
	return virtio_find_vqs(vdev, nvqs, vqs, callbacks, names, NULL);
#else
	struct virtqueue_info info[8] = {};
	unsigned int i;

	if (WARN_ON(nvqs > ARRAY_SIZE(info)))
		return -EINVAL;
	for (i = 0; i < nvqs; i++) {
		info[i].name = names[i];
		info[i].callback = callbacks[i];
	}
	return virtio_find_vqs(vdev, nvqs, vqs, info, NULL);
#endif
}

/* Shrinkers */

struct ballast_shrinker {
	struct shrinker *shrinker;
	void *opaque;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	struct shrinker embedded;
#endif
};

typedef unsigned long ballast_shrink_fn(struct shrinker *shrinker, struct shrink_control *sc);

static inline void *ballast_shrinker_opaque(struct shrinker *shrinker)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	return container_of(shrinker, struct ballast_shrinker, embedded)->opaque;
#else
	return shrinker->private_data;
#endif
}

static inline int ballast_shrinker_register(struct ballast_shrinker *s, const char *name,
					    ballast_shrink_fn *count, ballast_shrink_fn *scan,
					    void *opaque)
{
	s->opaque = opaque;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	s->shrinker = &s->embedded;
	s->shrinker->count_objects = count;
	s->shrinker->scan_objects = scan;
	s->shrinker->seeks = DEFAULT_SEEKS;
	return register_shrinker(s->shrinker, "%s", name);
#else
	s->shrinker = shrinker_alloc(0, "%s", name);
	if (!s->shrinker)
		return -ENOMEM;
	s->shrinker->count_objects = count;
	s->shrinker->scan_objects = scan;
	s->shrinker->private_data = opaque;
	shrinker_register(s->shrinker);
	return 0;
#endif
}

static inline void ballast_shrinker_unregister(struct ballast_shrinker *s)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	unregister_shrinker(s->shrinker);
#else
	shrinker_free(s->shrinker);
#endif
}

/* Reclaim; @events: as from all_vm_events() */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
#define ballast_reclaim_count(events, item)	((events)[item])
#else
#define ballast_reclaim_count(events, item)	global_node_page_state(item)
#endif

/* What a queue of work that is not WQ_UNBOUND says since then. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
#define BALLAST_WQ_PERCPU	0
#else
#define BALLAST_WQ_PERCPU	WQ_PERCPU
#endif

#endif /* _BALLAST_COMPAT_H */
