/* SPDX-License-Identifier: GPL-2.0-only */
/* model: caches that give memory back, called by mm/vmscan.c. */
#ifndef _LINUX_SHRINKER_H
#define _LINUX_SHRINKER_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/types.h>

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
};

int register_shrinker(struct shrinker *shrinker, const char *fmt, ...);
void unregister_shrinker(struct shrinker *shrinker);

#endif
