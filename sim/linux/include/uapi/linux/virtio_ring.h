/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* same */
#ifndef _UAPI_LINUX_VIRTIO_RING_H
#define _UAPI_LINUX_VIRTIO_RING_H

#include <linux/types.h>
#include <uapi/linux/virtio_types.h>

#define VRING_DESC_F_NEXT 1
#define VRING_DESC_F_WRITE 2
#define VRING_DESC_F_INDIRECT 4

/* Of a packed ring: bits of flags. */
#define VRING_PACKED_DESC_F_AVAIL 7
#define VRING_PACKED_DESC_F_USED 15

/* Of a packed ring's event structures: flags, and the bit of the wrap counter. */
#define VRING_PACKED_EVENT_FLAG_ENABLE 0
#define VRING_PACKED_EVENT_FLAG_DISABLE 1
#define VRING_PACKED_EVENT_FLAG_DESC 2
#define VRING_PACKED_EVENT_F_WRAP_CTR 15

#define VRING_USED_F_NO_NOTIFY 1
#define VRING_AVAIL_F_NO_INTERRUPT 1

#define VIRTIO_RING_F_INDIRECT_DESC 28
#define VIRTIO_RING_F_EVENT_IDX 29

#define VRING_AVAIL_ALIGN_SIZE 2
#define VRING_USED_ALIGN_SIZE 4
#define VRING_DESC_ALIGN_SIZE 16

struct vring_desc {
	__virtio64 addr;
	__virtio32 len;
	__virtio16 flags;
	__virtio16 next;
};

struct vring_avail {
	__virtio16 flags;
	__virtio16 idx;
	__virtio16 ring[];
};

struct vring_used_elem {
	__virtio32 id;
	__virtio32 len;
};

struct vring_used {
	__virtio16 flags;
	__virtio16 idx;
	struct vring_used_elem ring[];
};

struct vring {
	unsigned int num;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
};

/* A packed ring is an array of these, and driver and device each have an event structure. */
struct vring_packed_desc {
	__le64 addr;
	__le32 len;
	__le16 id;
	__le16 flags;
};

struct vring_packed_desc_event {
	__le16 off_wrap;
	__le16 flags;
};

/* The event indexes sit behind the rings. */
#define vring_used_event(vr) ((vr)->avail->ring[(vr)->num])
#define vring_avail_event(vr) (*(__virtio16 *)&(vr)->used->ring[(vr)->num])

/* The three parts of a split ring one after the other, the last one at a multiple of @align. */
static inline __u64 vring_used_offset(unsigned int num, unsigned long align)
{
	__u64 avail_end = num * sizeof(struct vring_desc) + sizeof(struct vring_avail) +
			  (num + 1) * sizeof(__virtio16);

	return (avail_end + align - 1) / align * align;
}

static inline unsigned int vring_size(unsigned int num, unsigned long align)
{
	return vring_used_offset(num, align) + sizeof(struct vring_used) +
	       num * sizeof(struct vring_used_elem) + sizeof(__virtio16);
}

static inline void vring_init(struct vring *vr, unsigned int num, void *ring, unsigned long align)
{
	vr->num = num;
	vr->desc = ring;
	vr->avail = (struct vring_avail *)&vr->desc[num];
	vr->used = (struct vring_used *)((char *)ring + vring_used_offset(num, align));
}

/* Whether an index that moved from @old to @new_idx has passed @event_idx. */
static inline int vring_need_event(__u16 event_idx, __u16 new_idx, __u16 old)
{
	return (__u16)(new_idx - event_idx - 1) < (__u16)(new_idx - old);
}

#endif
