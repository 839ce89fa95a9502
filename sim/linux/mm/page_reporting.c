// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free page reporting: tell a device, in batches and some time after the fact, about large free
 * blocks, so that the host can take their memory back.
 *
 * Models mm/page_reporting.c of Linux 6.1: two seconds after the first free of a large enough
 * block a work item goes through the free lists from page_reporting_order up.  Blocks not reported
 * yet are isolated, at most 32 at a time and only while the zone stays above its low watermark
 * plus that many blocks; after the report they return to the tails of their lists, marked if they
 * did not merge.  A list gets one report more than a sixteenth of it needs, then it is the next
 * one's turn; what is left asks for another pass.  Lists are turned so that a pass continues where
 * it stopped.
 *
 * As proposed in 2026 (see page_alloc.c), a driver may say which blocks of a report the host has
 * zeroed; a core of an image does not listen.
 *
 * The state belongs to the kernel.  An image of the real file may stand in: see
 * struct page_reporting_impl.
 */
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/page_reporting.h>
#include <linux/rcupdate.h>
#include "hostmem.h"
#include "page_reporting.h"

#define REPORTING_DELAY (2 * HZ)

enum { REPORTING_IDLE, REPORTING_REQUESTED, REPORTING_ACTIVE };

struct reporting_state {
	struct page_reporting_dev_info *dev;
	struct mutex mutex;		/* protects @dev */
	struct static_key_false enabled;
	unsigned int order;		/* page_reporting_order */
	int order_set;			/* page_reporting_order as set afterwards; -1: it is not */
	unsigned long delay;		/* jiffies */
	unsigned int capacity;		/* blocks in one report, at most */
	unsigned int batch;		/* and with this device */
};

/* One pass over a zone: blocks collected so far sit at the end of the scatterlist. */
struct reporting_pass {
	struct page_reporting_dev_info *dev;
	struct scatterlist *sgl;
	unsigned int capacity;		/* entries */
	unsigned int room;		/* free entries, at the front */
};

static void request_pass(struct page_reporting_dev_info *dev)
{
	if (atomic_read(&dev->state) == REPORTING_REQUESTED)
		return;
	/* A pass that is under way will see the request when it ends. */
	if (atomic_xchg(&dev->state, REPORTING_REQUESTED) == REPORTING_IDLE)
		queue_delayed_work(system_freezable_wq, &dev->work,
				   this_mm->reporting_state->delay);
}

/* From the free path, under zone->lock. */
static void reporting_notify(void)
{
	struct page_reporting_dev_info *dev;

	rcu_read_lock();
	dev = rcu_dereference(this_mm->reporting_state->dev);
	if (dev)
		request_pass(dev);
	rcu_read_unlock();
}

/* Whether the driver has said of the @nr'th block of its last report that it is zero. */
static bool block_zeroed(const struct page_reporting_dev_info *dev, unsigned int nr)
{
	return this_mm->page_zeroed && dev->host_zeroes_pages && nr < PAGE_REPORTING_CAPACITY &&
	       test_bit(nr, dev->zeroed_bitmap);
}

/*
 * Under zone->lock: put blocks back, remember which ones the host knows to be free, and which are
 * zero now.  That one was zero before the report says nothing: the host might have put anything
 * there, unless it says what (virtio-spec issue 244).
 */
static void return_blocks(const struct page_reporting_dev_info *dev, struct scatterlist *sgl,
			  unsigned int nents, bool reported)
{
	unsigned int i;

	for (i = 0; i < nents; i++) {
		struct page *page = sg_page(&sgl[i]);
		unsigned int order = get_order(sgl[i].length);

		if (reported && block_zeroed(dev, i))
			__SetPageZeroed(page);
		else
			__ClearPageZeroed(page);
		__putback_isolated_page(page, order, get_pageblock_migratetype(page));
		charge(COST_REPORT_BLOCK, 1);
		/* What has merged is a new block, of which the host knows only a part. */
		if (reported && PageBuddy(page) && buddy_order(page) == order)
			__SetPageReported(page);
	}
	sg_init_table(sgl, nents);
}

static int report_blocks(struct page_reporting_dev_info *dev, struct scatterlist *sgl,
			 unsigned int nents)
{
	memset(dev->zeroed_bitmap, 0, sizeof(dev->zeroed_bitmap));
	return dev->report(dev, sgl, nents);
}

/* All entries are in use: report them, with the lock dropped since the driver waits. */
static int report_full(struct reporting_pass *pass, struct zone *zone)
{
	int err;

	spin_unlock_irq(&zone->lock);
	err = report_blocks(pass->dev, pass->sgl, pass->capacity);
	pass->room = pass->capacity;
	spin_lock_irq(&zone->lock);
	return_blocks(pass->dev, pass->sgl, pass->capacity, !err);
	return err;
}

/* Report from one free list. */
static int process_list(struct reporting_pass *pass, struct zone *zone, unsigned int order,
			unsigned int mt)
{
	struct free_area *area = &zone->free_area[order];
	struct list_head *list = &area->free_list[mt], *pos, *next;
	long budget;
	int err = 0;

	if (free_area_empty(area, mt))
		return 0;
	spin_lock_irq(&zone->lock);
	budget = DIV_ROUND_UP(area->nr_free, pass->capacity * 16);
	for (pos = list->next;; pos = next) {
		struct page *page;

		if (pos == list) {
			if (mt != MIGRATE_MOVABLE || area->unlisted == area->unlisted_end)
				break;
			pos = &list_one_block(area)->buddy_list;
		}
		page = list_entry(pos, struct page, lru);
		next = pos->next;
		if (PageReported(page))
			continue;
		if (budget < 0) {
			atomic_set(&pass->dev->state, REPORTING_REQUESTED);
			next = pos;
			break;
		}
		if (pass->room) {
			if (!__isolate_free_page(page, order)) {
				next = pos;
				break;
			}
			pass->room--;
			sg_set_page(&pass->sgl[pass->room], page, PAGE_SIZE << order, 0);
			continue;
		}
		/* This block is where to go on, whatever happens to the list meanwhile. */
		rotate_free_list(page, area, mt);
		err = report_full(pass, zone);
		budget--;
		next = list->next;
		if (err)
			break;
	}
	if (pos != list && next != list)
		rotate_free_list(list_entry(next, struct page, lru), area, mt);
	spin_unlock_irq(&zone->lock);
	return err;
}

static int process_zone(struct reporting_pass *pass, struct zone *zone, unsigned int min_order)
{
	unsigned int order, mt, nents;
	unsigned long mark;
	int err;

	if (min_order >= MAX_ORDER)
		return 0;
	mark = low_wmark_pages(zone) + ((unsigned long)pass->capacity << min_order);
	if (!zone_watermark_ok(zone, 0, mark, 0, ALLOC_CMA))
		return 0;
	pass->room = pass->capacity;
	for (order = min_order; order < MAX_ORDER; order++) {
		for (mt = 0; mt < MIGRATE_TYPES; mt++) {
			if (is_migrate_isolate(mt))
				continue;
			err = process_list(pass, zone, order, mt);
			if (err)
				return err;
		}
	}
	nents = pass->capacity - pass->room;
	if (!nents)
		return 0;
	err = report_blocks(pass->dev, &pass->sgl[pass->room], nents);
	spin_lock_irq(&zone->lock);
	return_blocks(pass->dev, &pass->sgl[pass->room], nents, !err);
	spin_unlock_irq(&zone->lock);
	return err;
}

static void reporting_work(struct work_struct *work)
{
	struct page_reporting_dev_info *dev =
		container_of(to_delayed_work(work), struct page_reporting_dev_info, work);
	struct reporting_pass pass = { .dev = dev,
				       .capacity = this_mm->reporting_state->batch };
	struct zone *zone;

	/* Requests from here on change the state, and show at the end. */
	atomic_set(&dev->state, REPORTING_ACTIVE);
	pass.sgl = kmalloc_array(pass.capacity, sizeof(*pass.sgl), GFP_KERNEL);
	if (pass.sgl) {
		sg_init_table(pass.sgl, pass.capacity);
		for_each_zone(zone) {
			if (process_zone(&pass, zone, this_mm->reporting_state->order))
				break;
		}
		kfree(pass.sgl);
	}
	if (atomic_cmpxchg(&dev->state, REPORTING_ACTIVE, REPORTING_IDLE) == REPORTING_REQUESTED)
		queue_delayed_work(system_freezable_wq, &dev->work,
				   this_mm->reporting_state->delay);
}

/* Smallest order, when nobody has set it; until 6.1 there are no blocks of what it may be. */
static unsigned int order_of(const struct page_reporting_dev_info *dev)
{
	if (!kernel_since(5, 14))
		return pageblock_order;
	if (kernel_since(6, 6) && dev->order >= MAX_ORDER)
		return pageblock_order;
	/* -1 is unspecified then, and above. */
	if (kernel_since(7, 2))
		return dev->order;
	return dev->order ? dev->order : pageblock_order;
}

/* Blocks in one report. */
static unsigned int capacity_of(struct page_reporting_dev_info *dev)
{
	unsigned int capacity = this_mm->reporting_state->capacity;

	if (!kernel_since(7, 2))
		return capacity;
	if (!dev->capacity || dev->capacity > capacity)
		dev->capacity = capacity;
	return dev->capacity;
}

static int reporting_register(struct page_reporting_dev_info *dev)
{
	struct reporting_state *rs = this_mm->reporting_state;
	int err = 0;

	mutex_lock(&rs->mutex);
	if (rcu_access_pointer(rs->dev)) {
		err = -EBUSY;
	} else {
		rs->order = rs->order_set >= 0 ? (unsigned int)rs->order_set : order_of(dev);
		rs->batch = capacity_of(dev);
		atomic_set(&dev->state, REPORTING_IDLE);
		INIT_DELAYED_WORK(&dev->work, reporting_work);
		/* Everything that is free already is to be reported, too. */
		request_pass(dev);
		rcu_assign_pointer(rs->dev, dev);
		if (!static_key_enabled(&rs->enabled)) {
			static_branch_enable(&rs->enabled);
			printk(KERN_INFO "Free page reporting enabled\n");
		}
	}
	mutex_unlock(&rs->mutex);
	return err;
}

static void reporting_unregister(struct page_reporting_dev_info *dev)
{
	struct reporting_state *rs = this_mm->reporting_state;

	mutex_lock(&rs->mutex);
	if (rcu_access_pointer(rs->dev) == dev) {
		RCU_INIT_POINTER(rs->dev, NULL);
		synchronize_rcu();
		cancel_delayed_work_sync(&dev->work);
	}
	mutex_unlock(&rs->mutex);
}

/* Whether a zone is large enough for a pass to take anything from it at all. */
static bool zone_can_report(const struct zone *zone, unsigned int order, unsigned int capacity)
{
	return order < MAX_ORDER &&
	       low_wmark_pages(zone) + ((unsigned long)capacity << order) <
	       zone_managed_pages(zone);
}

/* What is in effect; the real kernel says less. */
static void say_what_is_in_effect(void)
{
	const struct page_reporting_impl *impl = &this_mm->reporting;
	const struct reporting_state *rs = this_mm->reporting_state;
	bool ours = impl->reg == reporting_register, possible = false;
	unsigned int order = *impl->order;
	unsigned int capacity = ours ? rs->batch : PAGE_REPORTING_CAPACITY;
	struct zone *zone;

	if (ours)
		printk(KERN_INFO
		       "page_reporting: order %u, delay %u ms, capacity %u, the model's core\n",
		       order, jiffies_to_msecs(rs->delay), capacity);
	else
		printk(KERN_INFO "page_reporting: order %u, core of image %s\n", order,
		       impl->name ? kbasename(impl->name) : "?");
	for_each_populated_zone(zone)
		possible |= zone_can_report(zone, order, capacity);
	if (!possible)
		printk(KERN_WARNING
		       "page_reporting: nothing can be reported: no zone has its low watermark and "
		       "%u blocks of order %u\n", capacity, order);
}

int page_reporting_register(struct page_reporting_dev_info *prdev)
{
	int err;

	/* The core of an image goes through the lists by itself. */
	if (this_mm->reporting.reg != reporting_register)
		list_all_zones();
	err = this_mm->reporting.reg(prdev);

	if (!err)
		say_what_is_in_effect();
	return err;
}
EXPORT_SYMBOL_GPL(page_reporting_register);

void page_reporting_unregister(struct page_reporting_dev_info *prdev)
{
	this_mm->reporting.unreg(prdev);
}
EXPORT_SYMBOL_GPL(page_reporting_unregister);

void page_reporting_init(void)
{
	struct mm_state *mm = this_mm;
	struct reporting_state *rs = host_alloc(sizeof(*rs));

	mutex_init(&rs->mutex);
	rs->order = MAX_ORDER;
	rs->order_set = -1;
	rs->delay = REPORTING_DELAY;
	rs->capacity = rs->batch = PAGE_REPORTING_CAPACITY;
	mm->reporting_state = rs;
	mm->reporting = (struct page_reporting_impl){
		.enabled = &rs->enabled,
		.order = &rs->order,
		.notify = reporting_notify,
		.reg = reporting_register,
		.unreg = reporting_unregister,
	};
}

void page_reporting_tune(int order, unsigned int delay_ms, unsigned int capacity)
{
	struct reporting_state *rs = this_mm->reporting_state;

	rs->order_set = order;
	rs->delay = msecs_to_jiffies(delay_ms);
	rs->capacity = rs->batch = capacity;
}

bool page_reporting_active(void)
{
	/* The key of the core that is in charge; ours stays on when its device has gone. */
	if (this_mm->reporting.enabled == &this_mm->reporting_state->enabled)
		return this_mm->reporting_state->dev != NULL;
	return this_mm->reporting.enabled && static_key_enabled(this_mm->reporting.enabled);
}

unsigned int page_reporting_capacity(void)
{
	return this_mm->reporting_state->batch;
}

const struct page_reporting_dev_info *page_reporting_device(void)
{
	return this_mm->reporting_state->dev;
}

void page_reporting_exit(void)
{
	host_free(this_mm->reporting_state);
}
