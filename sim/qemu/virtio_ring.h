/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two layouts of a ring, as virtio_queue.c uses them: split (virtio_split.c; Virtio 1.2,
 * section 2.7) and packed (virtio_packed.c; section 2.8).
 *
 * A queue has the layout of the features that were accepted when its ring was set up, and keeps it
 * until the ring is set up anew, whatever the guest says about features meanwhile.
 */
#ifndef BALLAST_VIRTIO_RING_H
#define BALLAST_VIRTIO_RING_H

#include "internal.h"

/* 16 bytes in both layouts; the two at the end are next or id. */
struct ring_desc {
	uint64_t addr;
	uint32_t len;
	union {
		struct {
			uint16_t flags;
			uint16_t next;
		} split;
		struct {
			uint16_t id;
			uint16_t flags;
		} packed;
	};
};

static_assert(sizeof(struct ring_desc) == 16, "layout of a descriptor");

/* The buffers of a request while it is being collected. */
struct ring_chain {
	unsigned int id;		/* what the device says when it gives the request back */
	unsigned int ndescs;		/* entries of the ring that it takes */
	unsigned int out_num, in_num;
	hwaddr addr[VIRTQUEUE_MAX_SIZE];
	struct iovec iov[VIRTQUEUE_MAX_SIZE];
};

/* What was given back and is not in the ring yet. */
struct ring_filled {
	uint32_t id, len;
	unsigned int ndescs;
};

struct ring_layout {
	/* Open desc, avail and used; false: they are not each in one piece of memory. */
	bool (*open)(VirtQueue *vq);
	bool (*empty)(VirtQueue *vq);
	/* vq->notification has changed. */
	void (*set_notification)(VirtQueue *vq);
	/* Where the next request begins; -1: there is none, or it is nonsense. */
	int (*next)(VirtQueue *vq);
	/* Collect what begins at @head; false: it is nonsense, and virtio_error() has been told. */
	bool (*collect)(VirtQueue *vq, struct ring_chain *chain, unsigned int head);
	void (*fill)(VirtQueue *vq, const VirtQueueElement *elem, unsigned int len,
		     unsigned int idx);
	void (*flush)(VirtQueue *vq, unsigned int count);
	/* Have the last @num entries popped again. */
	void (*rewind)(VirtQueue *vq, unsigned int num);
	/* Does the guest want to hear of what has been pushed since the last interrupt? */
	bool (*wants_interrupt)(VirtQueue *vq);
	/* Go to where a ring begins that nobody has used. */
	void (*begin)(VirtQueue *vq);
	/* Where the device is in the ring, as one number; false: there is no such place. */
	uint32_t (*position)(const VirtQueue *vq);
	bool (*set_position)(VirtQueue *vq, uint32_t position);
	/* How many entries are out at this place; of one that was loaded, they may be too many. */
	unsigned int (*find_out)(VirtQueue *vq);
};

extern const struct ring_layout ring_layout_split, ring_layout_packed;

static inline struct vmm *ring_vmm(const VirtQueue *vq)
{
	return vq->vdev->transport->vmm;
}

/* virtio_queue.c: what both layouts need */
uint16_t ring_load16(const VirtQueue *vq, const struct vmm_window *w, uint64_t offset);
void ring_store16(const VirtQueue *vq, const struct vmm_window *w, uint64_t offset, uint16_t value);
struct ring_desc ring_read_desc(const VirtQueue *vq, const struct vmm_window *table,
				unsigned int i);
/* The table that an indirect descriptor leads to; false: it cannot be one. */
bool ring_open_table(VirtQueue *vq, struct vmm_window *table, uint64_t addr, uint32_t len);
/* A descriptor's buffer, which may be several pieces of memory; false: it is none. */
bool ring_chain_add(VirtQueue *vq, struct ring_chain *chain, const struct ring_desc *desc,
		    bool is_write);
void ring_says_loop(VirtQueue *vq);
/* More requests out than there are entries: says so. */
bool ring_is_full(VirtQueue *vq);

#endif
