// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page hinting as in version 9 of the patches (March 2019): blocks are remembered when they have
 * merged, and the task that frees tells the host.
 *
 * After a free has merged as far as it goes, the head of a block that is large enough is noted in
 * an array of the CPU (256 entries), unless it is there already; if the array is full, it is
 * not.  When the free has let zone->lock go and there are 128 entries or more, the task isolates
 * those that are still free, sends them, and goes on; the blocks are free memory again when the
 * answer comes.  As many requests may be under way as fit on the device's queue, at most 32 of a
 * CPU.
 */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/slab.h>

#include "page_hinting.h"

/* Requests that a CPU may have under way, at most. */
#define HINT_REQUESTS_MAX	32

/* Of one CPU, which uses it with interrupts off. */
struct hint_array {
	unsigned long *head;		/* page frame numbers */
	unsigned int nr;
	struct page_hint_request *req[HINT_REQUESTS_MAX];
	unsigned int nr_reqs;
};

static void page_hint_v9_merged(struct zone *zone, struct page *page, unsigned int order)
{
	struct page_hinting *ph = page_hinting;
	struct hint_array __percpu *arrays = ph->percpu;
	struct hint_array *array = this_cpu_ptr(arrays);
	unsigned long pfn = page_to_pfn(page);
	unsigned int i;

	if (order < ph->order)
		return;
	for (i = 0; i < array->nr; i++)
		if (array->head[i] == pfn)
			return;
	if (array->nr == ph->batch) {
		this_cpu_add(ph->counts->lost, 1);
		return;
	}
	this_cpu_add(ph->counts->captured, 1);
	array->head[array->nr++] = pfn;
}

static struct page_hint_request *page_hint_free_request(struct hint_array *array)
{
	unsigned int i;

	for (i = 0; i < array->nr_reqs; i++) {
		/* Pairs with page_hint_give_back(): nobody looks into it any more. */
		if (!smp_load_acquire(&array->req[i]->nr))
			return array->req[i];
	}
	return NULL;
}

static void page_hint_v9_unlocked(struct zone *zone)
{
	struct page_hinting *ph = page_hinting;
	struct hint_array __percpu *arrays = ph->percpu;
	struct hint_array *array = this_cpu_ptr(arrays);
	struct page_hint_request *req;
	unsigned int i;

	if (array->nr < ph->threshold)
		return;
	req = page_hint_free_request(array);
	if (!req)
		return;
	for (i = 0; i < array->nr; i++) {
		struct page *page = pfn_to_online_page(array->head[i]);
		struct zone *of;

		/* It may have been taken offline, and the memory of its struct page with it. */
		if (!page)
			continue;
		of = page_zone(page);
		spin_lock(&of->lock);
		page_hint_take(req, page);
		spin_unlock(&of->lock);
	}
	array->nr = 0;
	page_hint_send(req);
}

static void page_hint_v9_stop(struct page_hinting *ph)
{
	struct hint_array __percpu *arrays = ph->percpu;
	int cpu;

	for_each_possible_cpu(cpu)
		kvfree(per_cpu_ptr(arrays, cpu)->head);
	free_percpu(arrays);
}

static int page_hint_v9_start_cpu(struct page_hinting *ph, struct hint_array *array)
{
	unsigned int room = virtqueue_get_vring_size(ph->vq), i;

	array->nr_reqs = clamp(room / ph->threshold, 1U, HINT_REQUESTS_MAX + 0U);
	array->head = kvcalloc(ph->batch, sizeof(*array->head), GFP_KERNEL);
	if (!array->head)
		return -ENOMEM;
	for (i = 0; i < array->nr_reqs; i++) {
		array->req[i] = page_hint_request_new(ph, ph->batch);
		if (!array->req[i])
			return -ENOMEM;
	}
	return 0;
}

static int page_hint_v9_start(struct page_hinting *ph)
{
	struct hint_array __percpu *arrays;
	int cpu;

	if (ph->threshold > ph->batch) {
		dev_err(&ph->vdev->dev, "threshold %u is more than the %u entries of the array\n",
			ph->threshold, ph->batch);
		return -EINVAL;
	}
	arrays = alloc_percpu(struct hint_array);
	if (!arrays)
		return -ENOMEM;
	ph->percpu = arrays;
	for_each_possible_cpu(cpu) {
		if (page_hint_v9_start_cpu(ph, per_cpu_ptr(arrays, cpu))) {
			page_hint_v9_stop(ph);
			return -ENOMEM;
		}
	}
	return 0;
}

const struct page_hint_design page_hint_v9 = {
	.name = "v9",
	.batch = 256,
	.threshold = 128,
	.hook = { .merged = page_hint_v9_merged, .unlocked = page_hint_v9_unlocked },
	.start = page_hint_v9_start,
	.stop = page_hint_v9_stop,
};
