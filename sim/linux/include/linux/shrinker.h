/* SPDX-License-Identifier: GPL-2.0-only */
/* model: caches that give memory back, called by mm/vmscan.c. */
#ifndef _LINUX_SHRINKER_H
#define _LINUX_SHRINKER_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/types.h>
#include <linux/version.h>

struct mem_cgroup;

struct shrink_control {
	gfp_t gfp_mask;
	int nid;
	unsigned long nr_to_scan;
	unsigned long nr_scanned;
	struct mem_cgroup *memcg;
};

#define SHRINK_STOP (~0UL)
#define SHRINK_EMPTY (~0UL - 1)
#define DEFAULT_SEEKS 2

struct shrinker {
	/* Freeable objects; SHRINK_EMPTY: none at all. */
	unsigned long (*count_objects)(struct shrinker *s, struct shrink_control *sc);
	/* Try to free sc->nr_to_scan; number freed or SHRINK_STOP. */
	unsigned long (*scan_objects)(struct shrinker *s, struct shrink_control *sc);
	long batch;
	int seeks;
	unsigned int flags;
	struct list_head list;
	long nr_deferred;
#if LINUX_SINCE(6, 7)
	void *private_data;
#endif
};

/* The driver's own, until 6.6. */
#if LINUX_LEVEL < KERNEL_VERSION(6, 7, 0)
int register_shrinker(struct shrinker *shrinker, const char *fmt, ...);
#if LINUX_LEVEL < KERNEL_VERSION(6, 0, 0)
#define register_shrinker(shrinker) register_shrinker(shrinker, "")
#endif
void unregister_shrinker(struct shrinker *shrinker);
#endif
/* Allocated: NULL if there is no memory. */
#if LINUX_SINCE(6, 7)
struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...);
void shrinker_register(struct shrinker *shrinker);
void shrinker_free(struct shrinker *shrinker);
#endif

#endif
