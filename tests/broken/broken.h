/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Skeleton of a balloon driver for the deliberately broken ones: each includes this and makes one
 * mistake in struct broken_ops.  Inflates page by page to the host's target, never deflates.
 */
#ifndef BALLAST_BROKEN_H
#define BALLAST_BROKEN_H

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/page_reporting.h>
#include <linux/slab.h>
#include <linux/virtio.h>
#include <linux/virtio_balloon.h>
#include <linux/virtio_config.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct broken {
	struct virtio_device *vdev;
	struct virtqueue *inflate, *deflate, *reporting;
	wait_queue_head_t acked;
	struct work_struct work;
	struct page_reporting_dev_info prdev;
	struct list_head pages;
	__virtio32 pfn;
	u32 size;
};

/* What each broken driver does in its own way; NULL: as it should be done. */
struct broken_ops {
	struct page *(*get_page)(struct broken *b);
	void (*put_page)(struct broken *b, struct page *page);
	void (*ack)(struct virtqueue *vq);
	void (*after_inflate)(struct broken *b, struct page *page);
	int (*probe)(struct broken *b);
	bool (*ignore_target)(struct broken *b);
	u32 (*says)(struct broken *b, u32 target);
	void (*started)(struct broken *b, struct virtqueue *stats);
};

static const struct broken_ops broken_ops;

static void broken_ack(struct virtqueue *vq)
{
	struct broken *b = vq->vdev->priv;

	wake_up(&b->acked);
}

static bool broken_answered(struct virtqueue *vq)
{
	unsigned int len;

	return virtqueue_get_buf(vq, &len) || virtqueue_is_broken(vq);
}

static void broken_tell(struct broken *b, unsigned long pfn)
{
	struct scatterlist sg;

	b->pfn = cpu_to_virtio32(b->vdev, pfn);
	sg_init_one(&sg, &b->pfn, sizeof(b->pfn));
	if (virtqueue_add_outbuf(b->inflate, &sg, 1, b, GFP_KERNEL))
		return;
	virtqueue_kick(b->inflate);
	wait_event(b->acked, broken_answered(b->inflate));
}

/* Wait for an answer without sleeping; @relax: what to do meanwhile. */
static inline void broken_poll(struct broken *b, void (*relax)(void))
{
	struct scatterlist sg;
	unsigned int len;

	sg_init_one(&sg, &b->pfn, sizeof(b->pfn));
	if (virtqueue_add_outbuf(b->deflate, &sg, 1, b, GFP_KERNEL))
		return;
	virtqueue_kick(b->deflate);
	while (!virtqueue_get_buf(b->deflate, &len)) {
		if (relax)
			relax();
	}
}

static void broken_work(struct work_struct *work)
{
	struct broken *b = container_of(work, struct broken, work);
	u32 target;

	if (broken_ops.ignore_target && broken_ops.ignore_target(b))
		return;
	virtio_cread_le(b->vdev, struct virtio_balloon_config, num_pages, &target);
	while (b->size < target) {
		struct page *page = broken_ops.get_page ? broken_ops.get_page(b) :
							  alloc_pages(GFP_HIGHUSER_MOVABLE, 0);

		if (!page)
			break;
		if (!broken_ops.get_page)
			list_add(&page->lru, &b->pages);
		broken_tell(b, page_to_pfn(page));
		b->size++;
		if (broken_ops.after_inflate)
			broken_ops.after_inflate(b, page);
	}
	target = broken_ops.says ? broken_ops.says(b, target) : b->size;
	virtio_cwrite_le(b->vdev, struct virtio_balloon_config, actual, &target);
}

static int broken_report(struct page_reporting_dev_info *prdev, struct scatterlist *sg,
			 unsigned int nents)
{
	struct broken *b = container_of(prdev, struct broken, prdev);

	if (virtqueue_add_inbuf(b->reporting, sg, nents, b, GFP_NOWAIT))
		return -ENOSPC;
	virtqueue_kick(b->reporting);
	wait_event(b->acked, broken_answered(b->reporting));
	return 0;
}

static void broken_changed(struct virtio_device *vdev)
{
	struct broken *b = vdev->priv;

	queue_work(system_wq, &b->work);
}

static int broken_probe(struct virtio_device *vdev)
{
	/* The device numbers its queues with statistics in place. */
	static const char *const names[] = { "inflate", "deflate", "stats", "reporting" };
	vq_callback_t *ack = broken_ops.ack ? broken_ops.ack : broken_ack;
	vq_callback_t *callbacks[] = { ack, ack, NULL, ack };
	bool reporting = virtio_has_feature(vdev, VIRTIO_BALLOON_F_REPORTING);
	struct broken *b = kzalloc(sizeof(*b), GFP_KERNEL);
	struct virtqueue *vqs[4] = { NULL };
	int err;

	if (!b)
		return -ENOMEM;
	b->vdev = vdev;
	err = broken_ops.probe ? broken_ops.probe(b) : 0;
	if (err) {
		kfree(b);
		return err;
	}
	vdev->priv = b;
	init_waitqueue_head(&b->acked);
	INIT_WORK(&b->work, broken_work);
	INIT_LIST_HEAD(&b->pages);
	err = virtio_find_vqs(vdev, reporting ? 4 : 3, vqs, callbacks, names, NULL);
	if (err)
		return err;
	b->inflate = vqs[0];
	b->deflate = vqs[1];
	b->reporting = vqs[3];
	if (broken_ops.started)
		broken_ops.started(b, vqs[2]);
	virtio_device_ready(vdev);
	if (reporting) {
		b->prdev.report = broken_report;
		err = page_reporting_register(&b->prdev);
	}
	queue_work(system_wq, &b->work);
	return err;
}

static void broken_remove(struct virtio_device *vdev)
{
	struct broken *b = vdev->priv;
	struct page *page, *next;

	if (b->reporting)
		page_reporting_unregister(&b->prdev);
	cancel_work_sync(&b->work);
	list_for_each_entry_safe(page, next, &b->pages, lru) {
		list_del(&page->lru);
		if (broken_ops.put_page)
			broken_ops.put_page(b, page);
		else
			__free_pages(page, 0);
	}
	virtio_reset_device(vdev);
	vdev->config->del_vqs(vdev);
	kfree(b);
}

static const unsigned int broken_features[] = { VIRTIO_BALLOON_F_STATS_VQ,
						VIRTIO_BALLOON_F_REPORTING,
						VIRTIO_BALLOON_F_FREE_PAGE_HINT,
						VIRTIO_BALLOON_F_MUST_TELL_HOST };

static const struct virtio_device_id broken_ids[] = {
	{ VIRTIO_ID_BALLOON, VIRTIO_DEV_ANY_ID },
	{ 0 },
};

static struct virtio_driver broken_driver = {
	.feature_table = broken_features,
	.feature_table_size = ARRAY_SIZE(broken_features),
	.driver.name = KBUILD_MODNAME,
	.id_table = broken_ids,
	.probe = broken_probe,
	.remove = broken_remove,
	.config_changed = broken_changed,
};

module_virtio_driver(broken_driver);
MODULE_LICENSE("GPL");

#endif
