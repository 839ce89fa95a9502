// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host side of virtio-page-hint in the kernel: a vhost worker drops the blocks of free memory
 * that a guest names on its queue.
 *
 * No VMM is involved per request: the guest's kick wakes the worker, the answer is an interrupt
 * through KVM's irqfd.  The VMM sets it up, and hears of requests that break the rules: those are
 * never answered, so it must tell the guest that the device has failed.
 *
 * A request is looked at as a whole before anything of it is dropped.  What cannot be dropped
 * (locked memory, hugetlbfs, shared memory) stays; the guest was not promised that it goes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>

#include "page_hint_zap.h"
#include "vhost.h"
#include <vhost_page_hint.h>

/* How much the worker does before it looks for other work of the device: as vhost_net has it. */
#define WEIGHT		64
#define BYTE_WEIGHT	SZ_1G

#define QUEUE		0

static atomic_long_t requests, blocks, dropped_pages, kept_pages;

static int counter_get(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, PAGE_SIZE, "%ld\n", (long)atomic_long_read(kp->arg));
}

static int counter_set(const char *val, const struct kernel_param *kp)
{
	return -EPERM;
}

static const struct kernel_param_ops counter_ops = { .set = counter_set, .get = counter_get };

module_param_cb(requests, &counter_ops, &requests, 0444);
MODULE_PARM_DESC(requests, "Requests that were served");
module_param_cb(blocks, &counter_ops, &blocks, 0444);
MODULE_PARM_DESC(blocks, "Blocks of memory in them");
module_param_cb(dropped_pages, &counter_ops, &dropped_pages, 0444);
MODULE_PARM_DESC(dropped_pages, "Pages of these that were dropped");
module_param_cb(kept_pages, &counter_ops, &kept_pages, 0444);
MODULE_PARM_DESC(kept_pages, "Pages of these that cannot be dropped");

struct vhost_page_hint {
	struct vhost_dev dev;
	struct vhost_virtqueue vq;
	struct vhost_virtqueue *vqs[VHOST_PAGE_HINT_QUEUES];
};

/* Whole pages to write to, and nothing to read: what vhost has found in its table of memory. */
static bool request_is_sound(const struct vhost_virtqueue *vq, unsigned int out, unsigned int in)
{
	unsigned int i;

	if (out || !in)
		return false;
	for (i = 0; i < in; i++)
		if (!vq->iov[i].iov_len || !PAGE_ALIGNED((unsigned long)vq->iov[i].iov_base) ||
		    !PAGE_ALIGNED(vq->iov[i].iov_len))
			return false;
	return true;
}

/* The worker has the memory of the VMM that owns the device.  Returns the bytes of the request. */
static size_t drop_blocks(const struct vhost_virtqueue *vq, unsigned int nr)
{
	struct mm_struct *mm = current->mm;
	size_t bytes = 0;
	unsigned int i;

	mmap_read_lock(mm);
	for (i = 0; i < nr; i++) {
		unsigned long hva = (unsigned long)vq->iov[i].iov_base;
		size_t len = vq->iov[i].iov_len;

		atomic_long_add(len >> PAGE_SHIFT,
				page_hint_zap(mm, hva, len) ? &dropped_pages : &kept_pages);
		bytes += len;
	}
	mmap_read_unlock(mm);
	atomic_long_inc(&requests);
	atomic_long_add(nr, &blocks);
	return bytes;
}

/*
 * The next request, if there is one.  False: there is none, or the queue is broken, and then it is
 * not served any more.
 */
static bool serve_one(struct vhost_dev *dev, struct vhost_virtqueue *vq, size_t *total)
{
	unsigned int out, in;
	int head;

	for (;;) {
		head = vhost_get_vq_desc(vq, vq->iov, ARRAY_SIZE(vq->iov), &out, &in, NULL, NULL);
		if (head != vq->num)
			break;
		/* A request that came before kicks were asked for has not kicked. */
		if (!vhost_enable_notify(dev, vq))
			return false;
		vhost_disable_notify(dev, vq);
	}
	if (head < 0 || !request_is_sound(vq, out, in)) {
		vhost_vq_set_backend(vq, NULL);
		vq_err(vq, "a request that no driver makes\n");
		return false;
	}
	*total += drop_blocks(vq, in);
	vhost_add_used_and_signal(dev, vq, head, 0);
	return true;
}

static void handle_kick(struct vhost_work *work)
{
	struct vhost_virtqueue *vq = container_of(work, struct vhost_virtqueue, poll.work);
	size_t total = 0;
	int nr = 0;

	mutex_lock(&vq->mutex);
	if (vhost_vq_get_backend(vq)) {
		vhost_disable_notify(vq->dev, vq);
		while (serve_one(vq->dev, vq, &total))
			if (vhost_exceeds_weight(vq, ++nr, min_t(size_t, total, INT_MAX)))
				break;
	}
	mutex_unlock(&vq->mutex);
}

static int page_hint_open(struct inode *inode, struct file *file)
{
	struct vhost_page_hint *hint = kvzalloc(sizeof(*hint), GFP_KERNEL);

	if (!hint)
		return -ENOMEM;
	hint->vqs[QUEUE] = &hint->vq;
	hint->vq.handle_kick = handle_kick;
	vhost_dev_init(&hint->dev, hint->vqs, VHOST_PAGE_HINT_QUEUES, UIO_MAXIOV, WEIGHT,
		       BYTE_WEIGHT, true, NULL);
	file->private_data = hint;
	return 0;
}

static int set_backend(struct vhost_page_hint *hint, bool on)
{
	struct vhost_virtqueue *vq = &hint->vq;
	int ret = 0;

	mutex_lock(&vq->mutex);
	if (on && !vhost_vq_access_ok(vq))
		ret = -EFAULT;
	if (!ret) {
		vhost_vq_set_backend(vq, on ? hint : NULL);
		ret = vhost_vq_init_access(vq);
	}
	if (ret)
		vhost_vq_set_backend(vq, NULL);
	mutex_unlock(&vq->mutex);
	return ret;
}

static long set_running(struct vhost_page_hint *hint, bool on)
{
	long ret;

	mutex_lock(&hint->dev.mutex);
	ret = vhost_dev_check_owner(&hint->dev);
	if (!ret)
		ret = set_backend(hint, on);
	/* What came before is looked for once; or what is under way is waited for. */
	if (!ret && on)
		vhost_poll_queue(&hint->vq.poll);
	else if (!ret)
		vhost_dev_flush(&hint->dev);
	mutex_unlock(&hint->dev.mutex);
	return ret;
}

static int page_hint_release(struct inode *inode, struct file *file)
{
	struct vhost_page_hint *hint = file->private_data;

	set_backend(hint, false);
	vhost_dev_stop(&hint->dev);
	vhost_dev_cleanup(&hint->dev);
	kvfree(hint);
	return 0;
}

static long set_features(struct vhost_page_hint *hint, u64 features)
{
	if (features & ~(u64)VHOST_FEATURES || features & 1ULL << VHOST_F_LOG_ALL)
		return -EOPNOTSUPP;
	mutex_lock(&hint->vq.mutex);
	hint->vq.acked_features = features;
	mutex_unlock(&hint->vq.mutex);
	return 0;
}

static long vhost_ioctl(struct vhost_page_hint *hint, unsigned int cmd, void __user *arg)
{
	long ret;

	mutex_lock(&hint->dev.mutex);
	ret = vhost_dev_ioctl(&hint->dev, cmd, arg);
	if (ret == -ENOIOCTLCMD)
		ret = vhost_vring_ioctl(&hint->dev, cmd, arg);
	mutex_unlock(&hint->dev.mutex);
	return ret;
}

static long page_hint_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	/* Dropping leaves no page dirty, so there is nothing to log. */
	u64 features = VHOST_FEATURES & ~(1ULL << VHOST_F_LOG_ALL);
	struct vhost_page_hint *hint = file->private_data;
	void __user *argp = (void __user *)arg;
	int on;

	switch (cmd) {
	case VHOST_PAGE_HINT_SET_RUNNING:
		if (copy_from_user(&on, argp, sizeof(on)))
			return -EFAULT;
		return on == 0 || on == 1 ? set_running(hint, on) : -EINVAL;
	case VHOST_GET_FEATURES:
		return copy_to_user(argp, &features, sizeof(features)) ? -EFAULT : 0;
	case VHOST_SET_FEATURES:
		if (copy_from_user(&features, argp, sizeof(features)))
			return -EFAULT;
		return set_features(hint, features);
	default:
		return vhost_ioctl(hint, cmd, argp);
	}
}

static const struct file_operations page_hint_fops = {
	.owner = THIS_MODULE,
	.open = page_hint_open,
	.release = page_hint_release,
	.unlocked_ioctl = page_hint_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice page_hint_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vhost-page-hint",
	.fops = &page_hint_fops,
};
module_misc_device(page_hint_misc);

MODULE_DESCRIPTION("Free memory of virtio-page-hint devices is dropped by the host's kernel");
MODULE_LICENSE("GPL");
