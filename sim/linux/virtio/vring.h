/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model's ring: what is the same for both layouts (virtio_ring.c), and what a layout is
 * (vring_split.c, vring_packed.c).
 *
 * An id names a request; the ids of its further entries are taken with it.  Of a split ring they
 * are the places of descriptors.
 */
#ifndef BALLAST_LINUX_VRING_H
#define BALLAST_LINUX_VRING_H

#include "virtio_ring.h"

#define VRING_PARTS 3

struct vring_request {
	void *data;			/* token of the driver; NULL: the id is free */
	void *table;			/* of indirect descriptors, in guest memory */
	u16 nr;				/* entries of the ring that it takes */
	u16 last;			/* of its ids */
	u16 next;			/* id, of the same request or of free ones */
};

/* Buffers that are put in together. */
struct sg_walk {
	struct scatterlist **sgs;
	unsigned int out_sgs, in_sgs, total;
};

struct vring_used_entry {
	unsigned int id, len;
};

struct vring_virtqueue {
	struct virtqueue vq;
	const struct vring_layout *layout;
	bool (*notify)(struct virtqueue *vq);
	void *part[VRING_PARTS];	/* memory of its own, page by page */
	size_t bytes[VRING_PARTS];
	unsigned int num;
	bool use_indirect, use_event, broken;
	bool event_triggered;		/* an interrupt came: there will be no second one */
	u16 free_id;
	u16 num_added;			/* entries since the last kick; split: requests */
	u16 last_used;
	struct vring_request *request;	/* by id */
	union {
		struct {
			struct vring vring;
			u16 avail_idx, avail_flags;	/* shadows of what the ring says */
		} split;
		struct {
			struct vring_packed_desc *desc;
			struct vring_packed_desc_event *driver, *device;
			u16 next_avail;
			u16 event_flags;	/* shadow */
			bool avail_wrap, used_wrap;
		} packed;
	};
	struct vring_virtqueue *next;	/* of the kernel's, deleted ones too */
};

struct vring_layout {
	unsigned int (*sizes)(unsigned int num, size_t bytes[VRING_PARTS]);	/* how many parts */
	void (*init)(struct vring_virtqueue *vvq);
	/* Write the request @id, of which the ids have been taken, and make it available. */
	void (*put)(struct vring_virtqueue *vvq, const struct sg_walk *walk, u16 id);
	bool (*kick_prepare)(struct vring_virtqueue *vvq);
	bool (*more_used)(const struct vring_virtqueue *vvq);
	struct vring_used_entry (*used)(const struct vring_virtqueue *vvq);
	/* It was a request of @nr entries. */
	void (*took)(struct vring_virtqueue *vvq, unsigned int nr);
	void (*unused)(struct vring_virtqueue *vvq);	/* a request was taken out unasked */
	/* Interrupts: whether they are wanted, from which place on, and what has come since. */
	bool (*disabled)(const struct vring_virtqueue *vvq);
	void (*disable)(struct vring_virtqueue *vvq, bool tell);
	unsigned int (*enable)(struct vring_virtqueue *vvq, unsigned int after);
	bool (*used_since)(const struct vring_virtqueue *vvq, u16 place);
	unsigned int (*in_flight)(const struct vring_virtqueue *vvq);
	/* More than was to come before an interrupt. */
	bool (*used_after)(const struct vring_virtqueue *vvq, unsigned int after);
};

extern const struct vring_layout vring_layout_split, vring_layout_packed;

/* Whether the device writes to the buffers of list @i. */
static inline bool vring_is_in(const struct sg_walk *walk, unsigned int i)
{
	return i >= walk->out_sgs;
}

#endif
