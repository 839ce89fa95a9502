// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver of virtio-page-hint whose one request is 100 bytes: the device has to fail, or the
 * driver waits for ever.
 */
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <virtio_page_hint.h>

struct nonsense {
	struct virtio_device *vdev;
	struct virtqueue *vq;
	wait_queue_head_t answered;
	struct work_struct ask, look;
	void *bytes;
};

static void nonsense_answered(struct virtqueue *vq)
{
	struct nonsense *n = vq->vdev->priv;

	wake_up(&n->answered);
}

static bool answer_is_there(struct nonsense *n)
{
	unsigned int len;

	return virtqueue_get_buf(n->vq, &len) || virtqueue_is_broken(n->vq);
}

static void nonsense_ask(struct work_struct *work)
{
	struct nonsense *n = container_of(work, struct nonsense, ask);
	struct scatterlist sg;

	sg_init_one(&sg, n->bytes, 100);
	if (virtqueue_add_inbuf(n->vq, &sg, 1, n, GFP_KERNEL))
		return;
	virtqueue_kick(n->vq);
	wait_event(n->answered, answer_is_there(n));
}

static void nonsense_look(struct work_struct *work)
{
	struct nonsense *n = container_of(work, struct nonsense, look);

	if (n->vdev->config->get_status(n->vdev) & VIRTIO_CONFIG_S_NEEDS_RESET) {
		virtio_break_device(n->vdev);
		wake_up(&n->answered);
	}
}

static void nonsense_changed(struct virtio_device *vdev)
{
	struct nonsense *n = vdev->priv;

	schedule_work(&n->look);
}

static int nonsense_probe(struct virtio_device *vdev)
{
	vq_callback_t *callbacks[] = { nonsense_answered };
	static const char *const names[] = { "hint" };
	struct nonsense *n = kzalloc(sizeof(*n), GFP_KERNEL);

	n->vdev = vdev;
	vdev->priv = n;
	n->bytes = kzalloc(128, GFP_KERNEL);
	init_waitqueue_head(&n->answered);
	INIT_WORK(&n->ask, nonsense_ask);
	INIT_WORK(&n->look, nonsense_look);
	if (virtio_find_vqs(vdev, 1, &n->vq, callbacks, names, NULL))
		return -EIO;
	virtio_device_ready(vdev);
	schedule_work(&n->ask);
	return 0;
}

static void nonsense_remove(struct virtio_device *vdev)
{
	struct nonsense *n = vdev->priv;

	cancel_work_sync(&n->ask);
	cancel_work_sync(&n->look);
	virtio_reset_device(vdev);
	vdev->config->del_vqs(vdev);
	kfree(n->bytes);
	kfree(n);
}

static const struct virtio_device_id ids[] = {
	{ VIRTIO_PAGE_HINT_DEVICE_ID, VIRTIO_DEV_ANY_ID }, { 0 },
};

static struct virtio_driver nonsense_driver = {
	.driver.name = "nonsense",
	.id_table = ids,
	.probe = nonsense_probe,
	.remove = nonsense_remove,
	.config_changed = nonsense_changed,
};
module_virtio_driver(nonsense_driver);
