// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest free page hinting: tell the host about blocks as they become free.
 *
 * This is the mechanism that was discussed, and changed, on the linux-mm and kvm lists from
 * February to August 2019 before free page reporting took its place in Linux 5.7.  Three of its
 * designs are here, behind the parameter "design", because they are what people argued about:
 *
 *  v8   every free, of any order, is remembered by the CPU that frees, in an array; when that is
 *       full a thread of the CPU looks what of it is still free (page_hinting_v8.c)
 *  v9   blocks that have merged are remembered; the task whose free fills the array to a threshold
 *       tells the host (page_hinting_v9.c)
 *  v12  a bit for each block of a zone; a work item goes through them (page_hinting_v12.c)
 *
 * Their weak points are theirs: frees are lost while an array is full, a few blocks wait for as
 * long as nothing else is freed, and blocks that are isolated are missing for whoever needs memory
 * just then.  What is not kept is what no kernel could run: v9 allocated memory that it might have
 * had to wait for where nothing may wait, so here requests are made in advance; and all versions
 * had formats of their own for the queue, here each block is a buffer, as free page reporting has
 * it.
 *
 * Rules that the code below keeps:
 *
 *  - A block is isolated from the page allocator from before the request until its answer.
 *  - When the device has failed or was reset, it does nothing any more to the blocks of its
 *    requests, and they are given back.
 *  - A hook calls nothing that allocates, frees or sleeps.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <linux/workqueue.h>

#include "page_hinting.h"
#include "virtio_page_hint.h"

static char *design = "v12";
module_param(design, charp, 0444);
MODULE_PARM_DESC(design, "How free blocks are captured: v8, v9 or v12");

/* The thread's: min(MAX_ORDER - 1, HUGETLB_PAGE_ORDER), which is what a pageblock has. */
static int order = -1;
module_param(order, int, 0444);
MODULE_PARM_DESC(order, "Smallest order of blocks that are hinted (-1: order of a pageblock)");

static unsigned int batch;
module_param(batch, uint, 0444);
MODULE_PARM_DESC(batch, "v8, v9: entries per CPU; v12: blocks in a request (0: the design's own)");

static unsigned int threshold;
module_param(threshold, uint, 0444);
MODULE_PARM_DESC(threshold, "v9, v12: blocks from which on the host is told (0: the design's own)");

struct page_hinting *page_hinting;

static const struct page_hint_design *const designs[] = {
	&page_hint_v8, &page_hint_v9, &page_hint_v12,
};

/* Counters, as read-only parameters */

static const struct {
	const char *name;
	size_t offset;
} counters[] = {
#define COUNTER(member) { #member, offsetof(struct page_hint_counts, member) }
	COUNTER(captured), COUNTER(lost), COUNTER(stale), COUNTER(short_of_memory),
	COUNTER(requests), COUNTER(blocks), COUNTER(pages), COUNTER(errors),
#undef COUNTER
};

static unsigned long page_hint_sum(const struct page_hinting *ph, size_t offset)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += *(unsigned long *)((char *)per_cpu_ptr(ph->counts, cpu) + offset);
	return sum;
}

static void page_hint_say(struct page_hinting *ph)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counters); i++)
		dev_info(&ph->vdev->dev, "%s: %lu\n", counters[i].name,
			 page_hint_sum(ph, counters[i].offset));
}

/* Under kernel_param_lock(), as page_hint_publish(). */
static int page_hint_counter_get(char *buffer, const struct kernel_param *kp)
{
	size_t offset = (size_t)kp->arg;

	return scnprintf(buffer, PAGE_SIZE, "%lu\n",
			 page_hinting ? page_hint_sum(page_hinting, offset) : 0);
}

static int page_hint_counter_set(const char *val, const struct kernel_param *kp)
{
	return -EPERM;
}

static const struct kernel_param_ops page_hint_counter_ops = {
	.get = page_hint_counter_get,
	.set = page_hint_counter_set,
};

#define COUNTER(member) ((void *)offsetof(struct page_hint_counts, member))
module_param_cb(captured, &page_hint_counter_ops, COUNTER(captured), 0444);
module_param_cb(lost, &page_hint_counter_ops, COUNTER(lost), 0444);
module_param_cb(stale, &page_hint_counter_ops, COUNTER(stale), 0444);
module_param_cb(short_of_memory, &page_hint_counter_ops, COUNTER(short_of_memory), 0444);
module_param_cb(requests, &page_hint_counter_ops, COUNTER(requests), 0444);
module_param_cb(blocks, &page_hint_counter_ops, COUNTER(blocks), 0444);
module_param_cb(pages, &page_hint_counter_ops, COUNTER(pages), 0444);
module_param_cb(errors, &page_hint_counter_ops, COUNTER(errors), 0444);
#undef COUNTER

/* Requests */

struct page_hint_request *page_hint_request_new(struct page_hinting *ph, unsigned int capacity)
{
	struct page_hint_request *req = kzalloc(sizeof(*req), GFP_KERNEL);

	if (!req)
		return NULL;
	req->sg = kvcalloc(capacity, sizeof(*req->sg), GFP_KERNEL);
	if (!req->sg) {
		kfree(req);
		return NULL;
	}
	sg_init_table(req->sg, capacity);
	req->ph = ph;
	req->capacity = capacity;
	list_add(&req->list, &ph->requests);
	return req;
}

int page_hint_take(struct page_hint_request *req, struct page *page)
{
	struct page_hinting *ph = req->ph;
	unsigned int found;

	page = free_page_hook_block(page, &found);
	if (!page || found < ph->order) {
		this_cpu_add(ph->counts->stale, 1);
		return -ENOENT;
	}
	/* Its own order: with a smaller one the rest of the block would be lost. */
	if (!free_page_hook_isolate(page, found)) {
		this_cpu_add(ph->counts->short_of_memory, 1);
		return -ENOMEM;
	}
	sg_set_page(&req->sg[req->nr++], page, PAGE_SIZE << found, 0);
	return found;
}

/* The blocks are free memory again. */
static void page_hint_give_back(struct page_hint_request *req)
{
	unsigned long flags;
	unsigned int i;

	for (i = 0; i < req->nr; i++) {
		struct page *page = sg_page(&req->sg[i]);
		struct zone *zone = page_zone(page);

		spin_lock_irqsave(&zone->lock, flags);
		free_page_hook_putback(page, get_order(req->sg[i].length));
		spin_unlock_irqrestore(&zone->lock, flags);
	}
	sg_unmark_end(&req->sg[req->nr - 1]);
	/* Whoever finds it empty fills it. */
	smp_store_release(&req->nr, 0);
}

/* The device is done with it, for whatever reason. */
static void page_hint_finish(struct page_hint_request *req)
{
	if (req->wait)
		wake_up(&req->ph->answered);
	else
		page_hint_give_back(req);
}

/* False if the device does not take it. */
static bool page_hint_submit(struct page_hint_request *req)
{
	struct page_hinting *ph = req->ph;
	unsigned long flags, pages = 0;
	bool notify = false;
	int err = -ENODEV;
	unsigned int i;

	for (i = 0; i < req->nr; i++)
		pages += req->sg[i].length >> PAGE_SHIFT;
	sg_mark_end(&req->sg[req->nr - 1]);

	spin_lock_irqsave(&ph->lock, flags);
	/* No descriptor is indirect, so nothing is allocated: see page_hint_validate(). */
	if (!ph->dead)
		err = virtqueue_add_inbuf(ph->vq, req->sg, req->nr, req, GFP_ATOMIC);
	req->in_flight = !err;
	if (!err)
		notify = virtqueue_kick_prepare(ph->vq);
	spin_unlock_irqrestore(&ph->lock, flags);

	if (err) {
		this_cpu_add(ph->counts->errors, 1);
		return false;
	}
	this_cpu_add(ph->counts->requests, 1);
	this_cpu_add(ph->counts->blocks, i);
	this_cpu_add(ph->counts->pages, pages);
	if (notify)
		virtqueue_notify(ph->vq);
	return true;
}

void page_hint_send(struct page_hint_request *req)
{
	if (!req->nr)
		return;
	req->wait = false;
	if (!page_hint_submit(req))
		page_hint_give_back(req);
}

void page_hint_send_wait(struct page_hint_request *req)
{
	if (!req->nr)
		return;
	req->wait = true;
	if (page_hint_submit(req))
		wait_event(req->ph->answered, !READ_ONCE(req->in_flight));
	page_hint_give_back(req);
}

/* Queue callback. */
static void page_hint_answered(struct virtqueue *vq)
{
	struct page_hinting *ph = vq->vdev->priv;
	struct page_hint_request *req;
	unsigned long flags;
	unsigned int len;

	for (;;) {
		spin_lock_irqsave(&ph->lock, flags);
		req = ph->dead ? NULL : virtqueue_get_buf(vq, &len);
		if (req)
			WRITE_ONCE(req->in_flight, false);
		spin_unlock_irqrestore(&ph->lock, flags);
		if (!req)
			break;
		page_hint_finish(req);
	}
}

/* The device answers nothing any more: what it has is as good as answered. */
static void page_hint_abandon(struct page_hinting *ph)
{
	struct page_hint_request *req;
	bool in_flight;

	list_for_each_entry(req, &ph->requests, list) {
		spin_lock_irq(&ph->lock);
		ph->dead = true;
		in_flight = req->in_flight;
		WRITE_ONCE(req->in_flight, false);
		spin_unlock_irq(&ph->lock);
		if (in_flight)
			page_hint_finish(req);
	}
}

/* The device */

/* A device that has met an error says so in its status, and serves no queue from then on. */
static void page_hint_health_work(struct work_struct *work)
{
	struct page_hinting *ph = container_of(work, struct page_hinting, health_work);
	struct virtio_device *vdev = ph->vdev;

	if (ph->dead || !(vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_NEEDS_RESET))
		return;
	dev_err(&vdev->dev, "device failed: no more free pages are hinted\n");
	free_page_hook_unregister(&ph->design->hook);
	virtio_break_device(vdev);
	page_hint_abandon(ph);
}

static void page_hint_changed(struct virtio_device *vdev)
{
	struct page_hinting *ph = vdev->priv;

	schedule_work(&ph->health_work);
}

/* Hooks see it while they are registered, and readers of counters under this lock. */
static void page_hint_publish(struct page_hinting *ph)
{
	kernel_param_lock(THIS_MODULE);
	page_hinting = ph;
	kernel_param_unlock(THIS_MODULE);
}

/* The parameters, checked against what kernel and device can do. */
static int page_hint_configure(struct page_hinting *ph)
{
	struct device *dev = &ph->vdev->dev;
	unsigned int i, room = virtqueue_get_vring_size(ph->vq);

	for (i = 0; i < ARRAY_SIZE(designs) && !ph->design; i++)
		if (!strcmp(design, designs[i]->name))
			ph->design = designs[i];
	if (!ph->design) {
		dev_err(dev, "there is no design \"%s\"; those are v8, v9 and v12\n", design);
		return -EINVAL;
	}
	if (order >= (int)MAX_ORDER || order < -1) {
		dev_err(dev, "order %d: blocks have an order of 0 to %d\n", order, MAX_ORDER - 1);
		return -EINVAL;
	}
	ph->order = order < 0 ? pageblock_order : order;
	ph->batch = batch ? batch : ph->design->batch;
	ph->threshold = threshold ? threshold : min(ph->design->threshold, ph->batch);
	if (ph->batch > room) {
		dev_err(dev, "batch %u: the device takes %u blocks in a request\n", ph->batch,
			room);
		return -EINVAL;
	}
	return 0;
}

static void page_hint_free_requests(struct page_hinting *ph)
{
	struct page_hint_request *req, *next;

	list_for_each_entry_safe(req, next, &ph->requests, list) {
		kvfree(req->sg);
		kfree(req);
	}
	INIT_LIST_HEAD(&ph->requests);
}

/* Everything but the memory of @ph itself; the hook comes last, for then frees arrive. */
static int page_hint_start(struct page_hinting *ph)
{
	int err;

	ph->dead = false;
	ph->vq = virtio_find_single_vq(ph->vdev, page_hint_answered, "hint");
	if (IS_ERR(ph->vq))
		return PTR_ERR(ph->vq);
	err = page_hint_configure(ph);
	if (err)
		goto out_del_vqs;
	err = ph->design->start(ph);
	if (err)
		goto out_del_vqs;
	virtio_device_ready(ph->vdev);
	page_hint_publish(ph);
	err = free_page_hook_register(&ph->design->hook);
	if (err) {
		dev_err(&ph->vdev->dev, "somebody else has hooked the page allocator\n");
		goto out_stop;
	}
	dev_info(&ph->vdev->dev, "design %s, order %u, batch %u, threshold %u\n",
		 ph->design->name, ph->order, ph->batch, ph->threshold);
	ph->started = true;
	return 0;

out_stop:
	page_hint_publish(NULL);
	virtio_reset_device(ph->vdev);
	page_hint_abandon(ph);
	ph->design->stop(ph);
out_del_vqs:
	ph->vdev->config->del_vqs(ph->vdev);
	page_hint_free_requests(ph);
	return err;
}

static void page_hint_stop(struct page_hinting *ph)
{
	/* It was not taken up again after a suspend. */
	if (!ph->started)
		return;
	ph->started = false;
	free_page_hook_unregister(&ph->design->hook);
	/* It ends the device's claims; who waits for an answer learns of it from abandon. */
	virtio_reset_device(ph->vdev);
	page_hint_abandon(ph);
	cancel_work_sync(&ph->health_work);
	ph->design->stop(ph);
	page_hint_publish(NULL);
	ph->vdev->config->del_vqs(ph->vdev);
	/* Not before: a callback that has taken one may still be at it. */
	page_hint_free_requests(ph);
}

static int page_hint_probe(struct virtio_device *vdev)
{
	struct page_hinting *ph;
	int err = -ENOMEM;

	/* A hook knows no device, and there is one hook. */
	if (page_hinting) {
		dev_err(&vdev->dev, "free pages are hinted to another device already\n");
		return -EBUSY;
	}
	if (page_poisoning_enabled_static()) {
		dev_err(&vdev->dev, "free pages are poisoned, and would read as zero\n");
		return -EOPNOTSUPP;
	}
	ph = kzalloc(sizeof(*ph), GFP_KERNEL);
	if (!ph)
		return -ENOMEM;
	ph->vdev = vdev;
	vdev->priv = ph;
	spin_lock_init(&ph->lock);
	init_waitqueue_head(&ph->answered);
	INIT_LIST_HEAD(&ph->requests);
	INIT_WORK(&ph->health_work, page_hint_health_work);
	ph->counts = alloc_percpu(struct page_hint_counts);
	if (ph->counts)
		err = page_hint_start(ph);
	if (err) {
		free_percpu(ph->counts);
		kfree(ph);
	}
	return err;
}

static void page_hint_remove(struct virtio_device *vdev)
{
	struct page_hinting *ph = vdev->priv;

	page_hint_stop(ph);
	page_hint_say(ph);
	free_percpu(ph->counts);
	kfree(ph);
}

#ifdef CONFIG_PM_SLEEP
static int page_hint_freeze(struct virtio_device *vdev)
{
	page_hint_stop(vdev->priv);
	return 0;
}

static int page_hint_restore(struct virtio_device *vdev)
{
	return page_hint_start(vdev->priv);
}
#endif

/* An indirect table would be allocated, by whoever frees memory. */
static int page_hint_validate(struct virtio_device *vdev)
{
	__virtio_clear_bit(vdev, VIRTIO_RING_F_INDIRECT_DESC);
	/* Page frames are the guest's own, and none of the device's business to translate. */
	__virtio_clear_bit(vdev, VIRTIO_F_ACCESS_PLATFORM);
	return 0;
}

static const struct virtio_device_id page_hint_ids[] = {
	{ VIRTIO_PAGE_HINT_DEVICE_ID, VIRTIO_DEV_ANY_ID },
	{ 0 },
};
MODULE_DEVICE_TABLE(virtio, page_hint_ids);

static struct virtio_driver page_hint_driver = {
	.driver.name = KBUILD_MODNAME,
	.driver.owner = THIS_MODULE,
	.id_table = page_hint_ids,
	.validate = page_hint_validate,
	.probe = page_hint_probe,
	.remove = page_hint_remove,
	.config_changed = page_hint_changed,
#ifdef CONFIG_PM_SLEEP
	.freeze = page_hint_freeze,
	.restore = page_hint_restore,
#endif
};
module_virtio_driver(page_hint_driver);

MODULE_DESCRIPTION("Guest free page hinting, as designed in 2019");
MODULE_LICENSE("GPL");
