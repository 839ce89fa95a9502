// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page hinting as in version 8 of the patches (February 2019): every free is remembered.
 *
 * The CPU that frees notes each block, of any order, in an array of its own (1000 entries), before
 * the block is on any list.  When the array is full the CPU's lists are drained, and entries that
 * have become part of a larger free block by now stand for that one, each once; others stay,
 * whether they are free or not.  If that makes no room a thread of the CPU is woken, which isolates
 * what it finds of the entries in free blocks and sends it in one request.  Until it is done, frees
 * of that CPU are lost, and up to 1000 blocks are nobody's.
 */
#include <linux/kthread.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "page_hinting.h"

struct hint_entry {
	unsigned long pfn;
	unsigned int order;
};

/* Of one CPU, and used by it alone: with interrupts off, or by the thread while it is full. */
struct hint_array {
	struct page_hinting *ph;
	struct hint_entry *entry;
	unsigned int nr;
	struct task_struct *thread;
	struct page_hint_request *req;
};

static int compare_entries(const void *a, const void *b)
{
	const struct hint_entry *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

/* Entries that are part of a free block become that one; whatever is there twice goes. */
static void page_hint_filter(struct hint_array *array)
{
	unsigned int i, kept = 0;

	/* An interrupt may have come while the CPU was at its lists, and would wait for itself. */
	if (in_task())
		free_page_hook_drain();
	for (i = 0; i < array->nr; i++) {
		struct hint_entry *entry = &array->entry[i];
		struct page *page = pfn_to_online_page(entry->pfn), *head;
		unsigned int order;
		struct zone *zone;

		if (!page)
			continue;
		zone = page_zone(page);
		spin_lock(&zone->lock);
		head = free_page_hook_block(page, &order);
		spin_unlock(&zone->lock);
		if (head) {
			entry->pfn = page_to_pfn(head);
			entry->order = order;
		}
	}
	sort(array->entry, array->nr, sizeof(*array->entry), compare_entries, NULL);
	for (i = 0; i < array->nr; i++)
		if (!kept || array->entry[kept - 1].pfn != array->entry[i].pfn)
			array->entry[kept++] = array->entry[i];
	array->nr = kept;
}

static void page_hint_v8_freed(struct zone *zone, struct page *page, unsigned int order)
{
	struct page_hinting *ph = page_hinting;
	struct hint_array __percpu *arrays = ph->percpu;
	struct hint_array *array;
	unsigned long flags;

	local_irq_save(flags);
	array = this_cpu_ptr(arrays);
	if (array->nr == ph->batch) {
		this_cpu_add(ph->counts->lost, 1);
		goto out;
	}
	this_cpu_add(ph->counts->captured, 1);
	array->entry[array->nr++] = (struct hint_entry){ page_to_pfn(page), order };
	if (array->nr < ph->batch)
		goto out;
	page_hint_filter(array);
	if (array->nr == ph->batch)
		wake_up_process(array->thread);
out:
	local_irq_restore(flags);
}

/* Isolate what is free of the pages of an entry. */
static void page_hint_take_entry(struct hint_array *array, const struct hint_entry *entry)
{
	struct page *page = pfn_to_online_page(entry->pfn);
	unsigned long pfn = entry->pfn, end = pfn + (1UL << entry->order);
	struct zone *zone;

	/* It may have been taken offline, and the memory of its struct page with it. */
	if (!page)
		return;
	zone = page_zone(page);
	spin_lock_irq(&zone->lock);
	while (pfn < end && array->req->nr < array->req->capacity) {
		int order = page_hint_take(array->req, pfn_to_page(pfn));

		/* What was isolated may begin before the entry, and ends at its own size. */
		pfn = order < 0 ? pfn + 1 : ALIGN(pfn + 1, 1UL << order);
	}
	spin_unlock_irq(&zone->lock);
}

static int page_hint_thread(void *data)
{
	struct hint_array *array = data;
	unsigned int i;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		if (READ_ONCE(array->nr) < array->ph->batch) {
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		for (i = 0; i < array->nr; i++) {
			page_hint_take_entry(array, &array->entry[i]);
			cond_resched();
		}
		page_hint_send_wait(array->req);
		WRITE_ONCE(array->nr, 0);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static int page_hint_v8_start_cpu(struct page_hinting *ph, struct hint_array *array, int cpu)
{
	struct task_struct *thread;

	array->ph = ph;
	array->entry = kvcalloc(ph->batch, sizeof(*array->entry), GFP_KERNEL);
	array->req = page_hint_request_new(ph, ph->batch);
	if (!array->entry || !array->req)
		return -ENOMEM;
	thread = kthread_create(page_hint_thread, array, "hinting/%d", cpu);
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	kthread_bind(thread, cpu);
	array->thread = thread;
	wake_up_process(thread);
	return 0;
}

static void page_hint_v8_stop(struct page_hinting *ph)
{
	struct hint_array __percpu *arrays = ph->percpu;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct hint_array *array = per_cpu_ptr(arrays, cpu);

		if (array->thread)
			kthread_stop(array->thread);
		kvfree(array->entry);
	}
	free_percpu(arrays);
}

static int page_hint_v8_start(struct page_hinting *ph)
{
	struct hint_array __percpu *arrays = alloc_percpu(struct hint_array);
	int cpu, err = 0;

	if (!arrays)
		return -ENOMEM;
	ph->percpu = arrays;
	for_each_possible_cpu(cpu) {
		err = page_hint_v8_start_cpu(ph, per_cpu_ptr(arrays, cpu), cpu);
		if (err)
			break;
	}
	if (err)
		page_hint_v8_stop(ph);
	return err;
}

const struct page_hint_design page_hint_v8 = {
	.name = "v8",
	.batch = 1000,
	.threshold = 1000,
	.hook = { .freed = page_hint_v8_freed },
	.start = page_hint_v8_start,
	.stop = page_hint_v8_stop,
};
