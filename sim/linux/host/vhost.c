// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core of vhost devices: owner, memory table, queues' files, the worker.
 *
 * Models drivers/vhost/vhost.c of Linux 6.1 as far as <drivers/vhost/vhost.h> says.  The worker is
 * a thread of the host's kernel with the owner's memory, at the owner's expense: it competes with
 * the vCPUs for the host's CPUs.  When nothing runs any more, at the simulation's end, nobody is
 * waited for.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "drivers/vhost/vhost.h"
#include "files.h"
#include "internal.h"
#include "kernel/internal.h"

#define REGIONS_MAX 64		/* max_mem_regions of the module vhost */

/* Work */

void vhost_work_init(struct vhost_work *work, vhost_work_fn_t fn)
{
	INIT_LIST_HEAD(&work->node);
	work->fn = fn;
}

void vhost_work_queue(struct vhost_dev *dev, struct vhost_work *work)
{
	if (!dev->worker || !list_empty(&work->node))
		return;
	list_add_tail(&work->node, &dev->work_list);
	wake_up(&dev->more);
}

void vhost_poll_queue(struct vhost_poll *poll)
{
	vhost_work_queue(poll->dev, &poll->work);
}

static int worker_main(void *data)
{
	struct vhost_dev *dev = data;

	for (;;) {
		current->wait_expected = true;
		wait_event(dev->more, !list_empty(&dev->work_list) || kthread_should_stop());
		current->wait_expected = false;
		if (list_empty(&dev->work_list))
			return 0;
		dev->running = list_first_entry(&dev->work_list, struct vhost_work, node);
		list_del_init(&dev->running->node);
		dev->running->fn(dev->running);
		dev->running = NULL;
		wake_up_all(&dev->done);
		if (in_atomic())
			__might_sleep("vhost work returned in atomic context", 0);
		cond_resched();
	}
}

/* Work that keeps queueing itself is not waited for longer than the round that is under way. */
void vhost_dev_flush(struct vhost_dev *dev)
{
	if (!dev->worker || !coro_current->ctx.thread)
		return;
	wait_event(dev->done, list_empty(&dev->work_list) && !dev->running);
}

bool vhost_exceeds_weight(struct vhost_virtqueue *vq, int pkts, int total_len)
{
	struct vhost_dev *dev = vq->dev;

	if (pkts < dev->weight && (!dev->byte_weight || total_len < dev->byte_weight))
		return false;
	vhost_poll_queue(&vq->poll);
	return true;
}

/* The guest has kicked: in an event, or in whoever signals. */
static void kicked(struct host_eventfd *efd, void *opaque)
{
	struct vhost_virtqueue *vq = opaque;
	struct coro_context old = kernel_enter(vq->dev->worker->kernel);

	vhost_poll_queue(&vq->poll);
	kernel_leave(old);
}

/* A device from its opening to its end */

static void queue_reset(struct vhost_dev *dev, struct vhost_virtqueue *vq)
{
	vhost_work_fn_t handle_kick = vq->handle_kick;

	memset(vq, 0, offsetof(struct vhost_virtqueue, iov));
	vq->private_data = NULL;
	vq->acked_features = 0;
	vq->nr_in = 0;
	vq->bytes_in = 0;
	vq->num = 1;
	vq->dev = dev;
	vq->handle_kick = handle_kick;
	mutex_init(&vq->mutex);
	vq->poll.dev = dev;
	vhost_work_init(&vq->poll.work, handle_kick);
}

void vhost_dev_init(struct vhost_dev *dev, struct vhost_virtqueue **vqs, int nvqs, int iov_limit,
		    int weight, int byte_weight, bool use_worker,
		    int (*msg_handler)(struct vhost_dev *dev, u32 asid, void *msg))
{
	int i;

	memset(dev, 0, sizeof(*dev));
	dev->vqs = vqs;
	dev->nvqs = nvqs;
	dev->iov_limit = iov_limit;
	dev->weight = weight;
	dev->byte_weight = byte_weight;
	mutex_init(&dev->mutex);
	INIT_LIST_HEAD(&dev->work_list);
	init_waitqueue_head(&dev->more);
	init_waitqueue_head(&dev->done);
	for (i = 0; i < nvqs; i++)
		queue_reset(dev, vqs[i]);
}

long vhost_dev_check_owner(struct vhost_dev *dev)
{
	return dev->mm && dev->mm == current->mm ? 0 : -EPERM;
}

static long set_owner(struct vhost_dev *dev)
{
	struct task_struct *worker;

	if (dev->mm)
		return -EBUSY;
	worker = kthread_create(worker_main, dev, "vhost-%s", current->comm);
	if (IS_ERR(worker))
		return PTR_ERR(worker);
	host_task_works_for(worker, current->mm);
	dev->mm = current->mm;
	dev->worker = worker;
	wake_up_process(worker);
	return 0;
}

static void put_file(struct host_eventfd **file)
{
	if (*file)
		host_file_put(&(*file)->file);
	*file = NULL;
}

static void stop_polling(struct vhost_virtqueue *vq)
{
	if (vq->kick)
		host_eventfd_wait(vq->kick, NULL, NULL);
}

void vhost_dev_stop(struct vhost_dev *dev)
{
	int i;

	for (i = 0; i < dev->nvqs; i++)
		stop_polling(dev->vqs[i]);
	vhost_dev_flush(dev);
}

void vhost_dev_cleanup(struct vhost_dev *dev)
{
	int i;

	for (i = 0; i < dev->nvqs; i++) {
		put_file(&dev->vqs[i]->kick);
		put_file(&dev->vqs[i]->call);
		put_file(&dev->vqs[i]->error);
		queue_reset(dev, dev->vqs[i]);
	}
	kvfree(dev->memory);
	dev->memory = NULL;
	if (dev->worker && coro_current->ctx.thread)
		kthread_stop(dev->worker);
	dev->worker = NULL;
	dev->mm = NULL;
}

/* What the owner says */

static long set_memory(struct vhost_dev *dev, const struct vhost_memory __user *from)
{
	struct vhost_memory head, *table;
	int i;

	if (copy_from_user(&head, from, sizeof(head)))
		return -EFAULT;
	if (head.padding)
		return -EOPNOTSUPP;
	if (head.nregions > REGIONS_MAX)
		return -E2BIG;
	table = kvzalloc(struct_size(table, regions, head.nregions), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	*table = head;
	if (copy_from_user(table->regions, from->regions,
			   head.nregions * sizeof(table->regions[0]))) {
		kvfree(table);
		return -EFAULT;
	}
	for (i = 0; i < dev->nvqs; i++)
		mutex_lock(&dev->vqs[i]->mutex);
	swap(dev->memory, table);
	for (i = 0; i < dev->nvqs; i++)
		mutex_unlock(&dev->vqs[i]->mutex);
	kvfree(table);
	return 0;
}

long vhost_dev_ioctl(struct vhost_dev *dev, unsigned int ioctl, void __user *argp)
{
	long ret;

	if (ioctl == VHOST_SET_OWNER)
		return set_owner(dev);
	ret = vhost_dev_check_owner(dev);
	if (ret)
		return ret;
	return ioctl == VHOST_SET_MEM_TABLE ? set_memory(dev, argp) : -ENOIOCTLCMD;
}

static long set_num(struct vhost_virtqueue *vq, unsigned int num)
{
	/* The ring is not made larger or smaller while it is in use. */
	if (vq->private_data)
		return -EBUSY;
	if (!num || num > 0xffff || num & (num - 1))
		return -EINVAL;
	vq->num = num;
	return 0;
}

static long set_base(struct vhost_virtqueue *vq, unsigned int num)
{
	if (vq->private_data)
		return -EBUSY;
	if (num > 0xffff)
		return -EINVAL;
	vq->last_avail_idx = vq->avail_idx = num;
	return 0;
}

static long set_addr(struct vhost_virtqueue *vq, const struct vhost_vring_addr *a)
{
	u64 old[3] = { vq->desc_addr, vq->avail_addr, vq->used_addr };

	if (a->flags & ~(1u << VHOST_VRING_F_LOG))
		return -EOPNOTSUPP;
	if (a->desc_user_addr & (VRING_DESC_ALIGN_SIZE - 1) ||
	    a->avail_user_addr & (VRING_AVAIL_ALIGN_SIZE - 1) ||
	    a->used_user_addr & (VRING_USED_ALIGN_SIZE - 1))
		return -EINVAL;
	vq->desc_addr = a->desc_user_addr;
	vq->avail_addr = a->avail_user_addr;
	vq->used_addr = a->used_user_addr;
	if (!vq->private_data || vhost_vq_access_ok(vq))
		return 0;
	vq->desc_addr = old[0];
	vq->avail_addr = old[1];
	vq->used_addr = old[2];
	return -EINVAL;
}

/* One of the three files of a queue; *@slot gets the new one. */
static long set_file(struct vhost_virtqueue *vq, struct host_eventfd **slot, int fd)
{
	struct host_eventfd *file = NULL;

	if (fd != VHOST_FILE_UNBIND) {
		file = host_current_eventfd(fd);
		if (!file)
			return -EBADF;
	}
	if (slot == &vq->kick)
		stop_polling(vq);
	put_file(slot);
	*slot = file;
	if (slot == &vq->kick && file)
		host_eventfd_wait(file, kicked, vq);
	return 0;
}

static struct host_eventfd **file_of(struct vhost_virtqueue *vq, unsigned int ioctl)
{
	return ioctl == VHOST_SET_VRING_KICK ? &vq->kick :
	       ioctl == VHOST_SET_VRING_CALL ? &vq->call :
	       ioctl == VHOST_SET_VRING_ERR ? &vq->error : NULL;
}

static long get_base(struct vhost_virtqueue *vq, struct vhost_vring_state *s, void __user *argp)
{
	s->num = vq->last_avail_idx;
	return copy_to_user(argp, s, sizeof(*s)) ? -EFAULT : 0;
}

/* All of these begin with the queue's index; the shorter ones are of one size. */
long vhost_vring_ioctl(struct vhost_dev *dev, unsigned int ioctl, void __user *argp)
{
	struct vhost_vring_addr addr;
	struct vhost_vring_state s;
	struct vhost_virtqueue *vq;
	long ret;

	if (copy_from_user(&s, argp, sizeof(s)))
		return -EFAULT;
	if (s.index >= dev->nvqs)
		return -ENOBUFS;
	vq = dev->vqs[s.index];
	mutex_lock(&vq->mutex);
	if (ioctl == VHOST_SET_VRING_NUM)
		ret = set_num(vq, s.num);
	else if (ioctl == VHOST_SET_VRING_BASE)
		ret = set_base(vq, s.num);
	else if (ioctl == VHOST_GET_VRING_BASE)
		ret = get_base(vq, &s, argp);
	else if (ioctl == VHOST_SET_VRING_ADDR)
		ret = copy_from_user(&addr, argp, sizeof(addr)) ? -EFAULT : set_addr(vq, &addr);
	else if (file_of(vq, ioctl))
		ret = set_file(vq, file_of(vq, ioctl), (int)s.num);
	else
		ret = -ENOIOCTLCMD;
	mutex_unlock(&vq->mutex);
	return ret;
}

void __vhost_vq_error(struct vhost_virtqueue *vq)
{
	if (vq->error)
		host_eventfd_signal(vq->error);
}
