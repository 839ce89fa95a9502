/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: what drivers/vhost/vhost.h gives vhost devices, host/vhost.c and vhost_ring.c; split rings
 * of 1.0 devices, one worker per device.  Left out: IOTLBs, logs, busy polling, cross-endian rings.
 */
#ifndef _VHOST_H
#define _VHOST_H

#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/uio.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <linux/wait.h>

#include "call_site.h"

struct host_eventfd;
struct task_struct;
struct vhost_dev;
struct vhost_log;
struct vhost_virtqueue;

struct vhost_work;
typedef void (*vhost_work_fn_t)(struct vhost_work *work);

struct vhost_work {
	struct list_head node;		/* while it is queued */
	vhost_work_fn_t fn;
};

struct vhost_poll {
	struct vhost_work work;
	struct vhost_dev *dev;
};

struct vhost_virtqueue {
	struct vhost_dev *dev;
	struct mutex mutex;
	unsigned int num;
	u64 desc_addr, avail_addr, used_addr;	/* in the VMM's memory */
	struct host_eventfd *kick, *call, *error;
	struct vhost_poll poll;
	vhost_work_fn_t handle_kick;
	u16 last_avail_idx, avail_idx;
	u16 last_used_idx, used_flags;
	u16 signalled_used;
	bool signalled_used_valid;
	struct iovec iov[UIO_MAXIOV];
	void *private_data;
	u64 acked_features;
	unsigned int nr_in;		/* buffers and bytes of the last request */
	u64 bytes_in;
};

struct vhost_dev {
	struct mm_struct *mm;		/* the owner's; NULL: nobody's yet */
	struct mutex mutex;
	struct vhost_virtqueue **vqs;
	int nvqs;
	int iov_limit, weight, byte_weight;
	struct vhost_memory *memory;
	struct task_struct *worker;
	struct list_head work_list;
	struct wait_queue_head more, done;
	struct vhost_work *running;
};

enum {
	VHOST_FEATURES = (1ULL << VIRTIO_F_NOTIFY_ON_EMPTY) |
			 (1ULL << VIRTIO_RING_F_INDIRECT_DESC) |
			 (1ULL << VIRTIO_RING_F_EVENT_IDX) |
			 (1ULL << VHOST_F_LOG_ALL) |
			 (1ULL << VIRTIO_F_ANY_LAYOUT) |
			 (1ULL << VIRTIO_F_VERSION_1)
};

void vhost_dev_init(struct vhost_dev *dev, struct vhost_virtqueue **vqs, int nvqs, int iov_limit,
		    int weight, int byte_weight, bool use_worker,
		    int (*msg_handler)(struct vhost_dev *dev, u32 asid, void *msg));
long vhost_dev_check_owner(struct vhost_dev *dev);
long vhost_dev_ioctl(struct vhost_dev *dev, unsigned int ioctl, void __user *argp);
long vhost_vring_ioctl(struct vhost_dev *dev, unsigned int ioctl, void __user *argp);
void vhost_dev_flush(struct vhost_dev *dev);
void vhost_dev_stop(struct vhost_dev *dev);
void vhost_dev_cleanup(struct vhost_dev *dev);

void vhost_work_init(struct vhost_work *work, vhost_work_fn_t fn);
void vhost_work_queue(struct vhost_dev *dev, struct vhost_work *work);
void vhost_poll_queue(struct vhost_poll *poll);
bool vhost_exceeds_weight(struct vhost_virtqueue *vq, int pkts, int total_len);

bool vhost_vq_access_ok(struct vhost_virtqueue *vq);
int vhost_vq_init_access(struct vhost_virtqueue *vq);
/*
 * The next request's head, with its buffers in @iov, those to read first; vq->num: there is none;
 * negative: nonsense, of which the error eventfd was told.
 */
int vhost_get_vq_desc(struct vhost_virtqueue *vq, struct iovec iov[], unsigned int iov_size,
		      unsigned int *out_num, unsigned int *in_num, struct vhost_log *log,
		      unsigned int *log_num);
int vhost_add_used(struct vhost_virtqueue *vq, unsigned int head, int len);
void vhost_signal(struct vhost_dev *dev, struct vhost_virtqueue *vq);
void vhost_add_used_and_signal(struct vhost_dev *dev, struct vhost_virtqueue *vq,
			       unsigned int head, int len);
#ifdef BALLAST_IMAGE_SOURCE
#define vhost_add_used CALL_FROM_HERE(vhost_add_used)
#define vhost_add_used_and_signal CALL_FROM_HERE(vhost_add_used_and_signal)
#endif
void vhost_disable_notify(struct vhost_dev *dev, struct vhost_virtqueue *vq);
/* True: requests have come meanwhile. */
bool vhost_enable_notify(struct vhost_dev *dev, struct vhost_virtqueue *vq);

void __vhost_vq_error(struct vhost_virtqueue *vq);

#define vq_err(vq, fmt, ...)                                                                       \
	do {                                                                                       \
		pr_debug(pr_fmt(fmt), ##__VA_ARGS__);                                              \
		__vhost_vq_error(vq);                                                              \
	} while (0)

static inline void vhost_vq_set_backend(struct vhost_virtqueue *vq, void *private_data)
{
	vq->private_data = private_data;
}

static inline void *vhost_vq_get_backend(struct vhost_virtqueue *vq)
{
	return vq->private_data;
}

static inline bool vhost_has_feature(struct vhost_virtqueue *vq, int bit)
{
	return vq->acked_features & (1ULL << bit);
}

#endif
