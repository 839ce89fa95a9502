// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a module has left behind when its exit function has returned.
 *
 * Everything by which the kernel would still call into the module, or its code still is somewhere
 * under way: a real kernel runs into freed memory then, at some time.  Found by the addresses of
 * functions and strings of the image.  What is looked at may lie in memory that the module has
 * freed; a pointer out of it is followed only to where something is mapped.
 */
#include <linux/kernel.h>
#include <linux/oom.h>
#include <linux/page_reporting.h>
#include <linux/shrinker.h>
#include <linux/virtio.h>

#include "hostmem.h"
#include "image.h"
#include "internal.h"
#include "mm/internal.h"
#include "module.h"
#include "virtio/virtio_ring.h"

#define NOTIFIERS_MAX 64

struct left {
	struct kernel *kernel;
	const struct image *image;
	char *buf;
	size_t size, used;
};

static void __printf(2, 3) left_add(struct left *left, const char *fmt, ...)
{
	char text[80];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	left->used += scnprintf(left->buf + left->used, left->size - left->used, "%s%s",
				left->used ? ", " : "", text);
}

static bool ours(const struct left *left, const void *p)
{
	return image_contains(left->image, p);
}

static void see_timer(void *opaque, const struct timer_list *timer, work_func_t work)
{
	struct left *left = opaque;

	if (work && ours(left, work))
		left_add(left, "delayed work that is to run");
	else if (ours(left, timer->function))
		left_add(left, "a timer that is armed");
}

static void see_work(void *opaque, work_func_t func, const char *what)
{
	struct left *left = opaque;

	if (ours(left, func))
		left_add(left, "work that is %s", what);
}

static void see_workqueue(void *opaque, const void *creator, const char *name)
{
	struct left *left = opaque;

	if (ours(left, creator))
		left_add(left, "work queue %s", name);
}

static void left_notifiers(struct left *left)
{
	const struct notifier_block *nb = oom_notifiers()->head;
	unsigned int i;

	for (i = 0; nb && i < NOTIFIERS_MAX; i++, nb = nb->next) {
		if (!host_mapped(nb, sizeof(*nb))) {
			left_add(left, "an OOM notifier whose memory is gone");
			return;
		}
		if (ours(left, nb->notifier_call))
			left_add(left, "an OOM notifier");
	}
}

static void left_shrinkers(struct left *left)
{
	const struct list_head *at = left->kernel->mm->shrinkers.next;
	unsigned int i;

	for (i = 0; at != &left->kernel->mm->shrinkers && i < NOTIFIERS_MAX; i++, at = at->next) {
		const struct shrinker *shrinker = list_entry(at, struct shrinker, list);

		if (!host_mapped(shrinker, sizeof(*shrinker))) {
			left_add(left, "a shrinker whose memory is gone");
			return;
		}
		if (ours(left, shrinker->count_objects))
			left_add(left, "a shrinker");
	}
}

static void left_tasks(struct left *left)
{
	const struct task_struct *task;

	list_for_each_entry(task, &left->kernel->sched->tasks, tasks) {
		if (task->__state == TASK_DEAD || task == current)
			continue;
		if (ours(left, task->threadfn))
			left_add(left, "task %s", task->comm);
		else if (task->wait_file && ours(left, task->wait_func))
			left_add(left, "task %s, which waits in %s()", task->comm,
				 task->wait_func);
	}
}

/* Of a bus that is an image, drivers are devices' drivers to the kernel. */
static void left_buses(struct left *left)
{
	const struct device_driver *drv;
	unsigned int i;

	for (i = 0; i < KERNEL_BUSES; i++)
		if (ours(left, left->kernel->sched->buses[i]))
			left_add(left, "a bus that is registered");
	list_for_each_entry(drv, &left->kernel->sched->core_drivers, node)
		if (ours(left, drv))
			left_add(left, "a driver that is registered");
}

static void left_virtio(struct left *left)
{
	const struct virtio_driver *drv;
	const struct virtio_device *vdev;
	const struct virtqueue *vq;

	list_for_each_entry(drv, &left->kernel->sched->virtio_drivers, node)
		if (ours(left, drv))
			left_add(left, "a virtio driver that is registered");
	list_for_each_entry(vdev, &left->kernel->sched->virtio_devices, node)
		list_for_each_entry(vq, &vdev->vqs, list)
			if (ours(left, vq->callback) || ours(left, vq->name) ||
			    ours(left, left->kernel->sched->vring->del))
				left_add(left, "virtqueue %u", vq->index);
}

static void left_reporting(struct left *left)
{
	const struct page_reporting_dev_info *dev = page_reporting_device();

	if (dev && !host_mapped(dev, sizeof(*dev)))
		left_add(left, "page reporting to a device whose memory is gone");
	else if (dev && ours(left, dev->report))
		left_add(left, "page reporting to its device");
	else if (dev && !image_at((uintptr_t)dev->report))
		left_add(left, "page reporting to a device that is nobody's");
}

static void left_hook(struct left *left)
{
	const struct free_page_hook *hook = left->kernel->mm->hook;

	/* It is a constant of the module as a rule, and what it points to is code of it. */
	if (hook && (ours(left, hook) || !host_mapped(hook, sizeof(*hook))))
		left_add(left, "a hook in the page allocator");
}

size_t module_left(struct kernel *kernel, const struct image *image, char *buf, size_t size)
{
	struct left left = { .kernel = kernel, .image = image, .buf = buf, .size = size };

	if (!size)
		return 0;
	timers_visit(kernel, see_timer, &left);
	workqueues_visit(kernel, see_work, see_workqueue, &left);
	left_notifiers(&left);
	left_shrinkers(&left);
	left_tasks(&left);
	left_buses(&left);
	left_virtio(&left);
	left_reporting(&left);
	left_hook(&left);
	return left.used;
}
