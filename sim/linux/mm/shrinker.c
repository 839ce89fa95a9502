// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shrinkers: caches outside the LRU that give memory back under pressure.
 *
 * Models do_shrink_slab() of mm/vmscan.c, Linux 6.1: how much is asked for grows with the size of
 * the cache and the urgency (low priority numbers), and what was too little to bother is
 * remembered.
 */
#include <linux/export.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include "internal.h"

#define SHRINK_BATCH 128L

int register_shrinker(struct shrinker *shrinker, const char *fmt, ...)
{
	shrinker->nr_deferred = 0;
	list_add_tail(&shrinker->list, &this_mm->shrinkers);
	return 0;
}
EXPORT_SYMBOL(register_shrinker);

void unregister_shrinker(struct shrinker *shrinker)
{
	/* One that was never registered has nothing to undo. */
	if (!shrinker->list.next || shrinker->list.next == LIST_POISON1)
		return;
	list_del(&shrinker->list);
}
EXPORT_SYMBOL(unregister_shrinker);

struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...)
{
	struct shrinker *shrinker = kzalloc(sizeof(*shrinker), GFP_KERNEL);

	if (shrinker) {
		shrinker->flags = flags;
		shrinker->seeks = DEFAULT_SEEKS;
	}
	return shrinker;
}
EXPORT_SYMBOL_GPL(shrinker_alloc);

void shrinker_register(struct shrinker *shrinker)
{
	register_shrinker(shrinker, "");
}
EXPORT_SYMBOL_GPL(shrinker_register);

void shrinker_free(struct shrinker *shrinker)
{
	if (!shrinker)
		return;
	unregister_shrinker(shrinker);
	kfree(shrinker);
}
EXPORT_SYMBOL_GPL(shrinker_free);

static unsigned long do_shrink_slab(struct shrinker *shrinker, gfp_t gfp_mask, int priority)
{
	struct shrink_control sc = { .gfp_mask = gfp_mask };
	long freeable = shrinker->count_objects(shrinker, &sc);
	long batch = shrinker->batch ? shrinker->batch : SHRINK_BATCH;
	long deferred, delta, total, scanned = 0;
	unsigned long freed = 0;

	if (freeable == 0 || freeable == (long)SHRINK_EMPTY)
		return 0;
	deferred = shrinker->nr_deferred;
	shrinker->nr_deferred = 0;
	delta = shrinker->seeks ? (freeable >> priority) * 4 / shrinker->seeks : freeable / 2;
	total = min((deferred >> priority) + delta, 2 * freeable);

	while (total >= batch || total >= freeable) {
		unsigned long ret;

		sc.nr_to_scan = min(batch, total);
		sc.nr_scanned = sc.nr_to_scan;
		ret = shrinker->scan_objects(shrinker, &sc);
		if (ret == SHRINK_STOP)
			break;
		freed += ret;
		vm_event(this_mm, SLABS_SCANNED, sc.nr_scanned);
		total -= sc.nr_scanned;
		scanned += sc.nr_scanned;
		if (!sc.nr_scanned)
			break;
	}
	shrinker->nr_deferred += clamp_t(long, deferred + delta - scanned, 0, 2 * freeable);
	return freed;
}

/* Ask every shrinker; returns objects freed. */
unsigned long shrink_slab(gfp_t gfp_mask, int priority)
{
	struct shrinker *shrinker, *next;
	unsigned long freed = 0;

	list_for_each_entry_safe(shrinker, next, &this_mm->shrinkers, list)
		freed += do_shrink_slab(shrinker, gfp_mask, priority);
	return freed;
}
