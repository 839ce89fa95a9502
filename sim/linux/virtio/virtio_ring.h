/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ring's driver side as one table: what stock drivers/virtio/virtio_ring.c exports under these
 * names.  The model's (virtio_ring.c) is one, an image of the real file (kernel/module_parts.c) may
 * take its place; virtqueue.c is what drivers and the transport call.
 */
#ifndef BALLAST_LINUX_VIRTIO_RING_H
#define BALLAST_LINUX_VIRTIO_RING_H

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

struct vring_impl {
	struct virtqueue *(*create)(unsigned int index, unsigned int num, unsigned int align,
				    struct virtio_device *vdev, bool weak_barriers,
				    bool may_reduce_num, bool context,
				    bool (*notify)(struct virtqueue *vq),
				    void (*callback)(struct virtqueue *vq), const char *name);
	void (*del)(struct virtqueue *vq);
	void (*transport_features)(struct virtio_device *vdev);
	irqreturn_t (*interrupt)(int irq, void *vq);
	int (*add_sgs)(struct virtqueue *vq, struct scatterlist *sgs[], unsigned int out_sgs,
		       unsigned int in_sgs, void *data, gfp_t gfp);
	int (*add_outbuf)(struct virtqueue *vq, struct scatterlist sg[], unsigned int num,
			  void *data, gfp_t gfp);
	int (*add_inbuf)(struct virtqueue *vq, struct scatterlist sg[], unsigned int num,
			 void *data, gfp_t gfp);
	bool (*kick_prepare)(struct virtqueue *vq);
	bool (*notify)(struct virtqueue *vq);
	void *(*get_buf)(struct virtqueue *vq, unsigned int *len);
	void (*disable_cb)(struct virtqueue *vq);
	bool (*enable_cb)(struct virtqueue *vq);
	bool (*enable_cb_delayed)(struct virtqueue *vq);
	unsigned int (*enable_cb_prepare)(struct virtqueue *vq);
	bool (*poll)(struct virtqueue *vq, unsigned int last_used_idx);
	void *(*detach_unused_buf)(struct virtqueue *vq);
	unsigned int (*get_vring_size)(const struct virtqueue *vq);
	bool (*is_broken)(const struct virtqueue *vq);
	void (*break_device)(struct virtio_device *vdev);
	/* Guest-physical; of a packed ring, the last two are driver's and device's events. */
	dma_addr_t (*desc_addr)(const struct virtqueue *vq);
	dma_addr_t (*avail_addr)(const struct virtqueue *vq);
	dma_addr_t (*used_addr)(const struct virtqueue *vq);
};

extern const struct vring_impl vring_model;
/* The kernel is gone: the model's queues, deleted or not, are forgotten. */
void vring_model_forget(struct kernel *kernel);

/*
 * virtqueue.c, for the transport.  A queue of at most @num entries, which the device has been told
 * of; NULL: no memory.
 */
struct virtqueue *virtqueue_create(struct virtio_device *vdev, unsigned int index, unsigned int num,
				   vq_callback_t *callback, const char *name, bool context);
void virtqueue_delete(struct virtqueue *vq);
void virtqueue_interrupt(struct virtqueue *vq);
/*
 * Requests that the device has answered and the driver has not taken back, and those that the
 * device has not answered; false: there are none that say anything.
 */
bool virtqueue_report(struct virtqueue *vq, char *buf, unsigned int size);
void virtqueues_forget(struct kernel *kernel);

#endif
