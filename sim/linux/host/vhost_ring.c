// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings as a vhost worker sees them: bytes in guest memory that may say anything.
 *
 * Models vhost_get_vq_desc(), vhost_add_used() and vhost_signal() of drivers/vhost/vhost.c (Linux
 * 6.1) for split rings (Virtio 1.2, section 2.7), by the rules of that section.  Addresses go
 * through the owner's table of memory, those of the ring itself are the owner's own.  What is
 * nonsense is told to the error eventfd, and the queue stays where it is.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/uaccess.h>

#include "drivers/vhost/vhost.h"
#include "cost.h"
#include "files.h"
#include "internal.h"

#define AVAIL_IDX 2
#define USED_IDX 2

static u64 avail_entry(const struct vhost_virtqueue *vq, unsigned int i)
{
	return vq->avail_addr + 4 + 2 * (u64)i;
}

static u64 used_entry(const struct vhost_virtqueue *vq, unsigned int i)
{
	return vq->used_addr + 4 + 8 * (u64)i;
}

static bool ring_read(u64 at, void *buf, size_t len)
{
	return !copy_from_user(buf, (void *)at, len);
}

static bool ring_write(u64 at, const void *buf, size_t len)
{
	return !copy_to_user((void *)at, buf, len);
}

/* Without the event index, what it would need is not there. */
static size_t event_size(struct vhost_virtqueue *vq)
{
	return vhost_has_feature(vq, VIRTIO_RING_F_EVENT_IDX) ? 2 : 0;
}

/* In the owner's memory at all? */
bool vhost_vq_access_ok(struct vhost_virtqueue *vq)
{
	return vq->dev->memory &&
	       host_mm_touch((void *)vq->desc_addr, 16 * (size_t)vq->num, false) &&
	       host_mm_touch((void *)vq->avail_addr, 4 + 2 * (size_t)vq->num + event_size(vq),
			     false) &&
	       host_mm_touch((void *)vq->used_addr, 4 + 8 * (size_t)vq->num + event_size(vq),
			     true);
}

static int set_used_flags(struct vhost_virtqueue *vq, u16 flags)
{
	vq->used_flags = flags;
	return ring_write(vq->used_addr, &flags, sizeof(flags)) ? 0 : -EFAULT;
}

int vhost_vq_init_access(struct vhost_virtqueue *vq)
{
	u16 idx;

	if (!vq->private_data)
		return 0;
	if (set_used_flags(vq, vq->used_flags) ||
	    !ring_read(vq->used_addr + USED_IDX, &idx, sizeof(idx)))
		return -EFAULT;
	vq->signalled_used_valid = false;
	vq->last_used_idx = idx;
	return 0;
}

/* Requests */

struct chain {
	struct vhost_virtqueue *vq;
	struct iovec *iov;
	unsigned int size, nr;		/* of iov; used */
	unsigned int out, in;
	u64 bytes_in;
};

/* The region of the owner's table that has an address. */
static const struct vhost_memory_region *region_at(const struct vhost_dev *dev, u64 addr)
{
	u32 i;

	for (i = 0; dev->memory && i < dev->memory->nregions; i++) {
		const struct vhost_memory_region *r = &dev->memory->regions[i];

		if (addr >= r->guest_phys_addr && addr - r->guest_phys_addr < r->memory_size)
			return r;
	}
	return NULL;
}

/* A buffer in guest memory as pieces of the owner's memory; the number of pieces, or an error. */
static int translate(struct vhost_dev *dev, u64 addr, u64 len, struct iovec *iov,
		     unsigned int size)
{
	unsigned int nr = 0;

	while (len) {
		const struct vhost_memory_region *r = region_at(dev, addr);
		u64 offset, n;

		if (!r)
			return -EFAULT;
		if (nr == size)
			return -ENOBUFS;
		offset = addr - r->guest_phys_addr;
		n = min(len, (u64)r->memory_size - offset);
		iov[nr++] = (struct iovec){ (void *)(r->userspace_addr + offset), n };
		addr += n;
		len -= n;
	}
	return nr;
}

static int add_buffer(struct chain *chain, const struct vring_desc *desc)
{
	bool write = desc->flags & VRING_DESC_F_WRITE;
	int n = translate(chain->vq->dev, desc->addr, desc->len, chain->iov + chain->nr,
			  chain->size - chain->nr);

	if (n < 0)
		return n;
	if (!write && chain->in)
		return -EINVAL;		/* what is to be read comes first */
	chain->nr += n;
	if (write) {
		chain->in += n;
		chain->bytes_in += desc->len;
	} else {
		chain->out += n;
	}
	return 0;
}

/* A table of descriptors of its own, in one piece or several. */
static int add_indirect(struct chain *chain, const struct vring_desc *head)
{
	unsigned int count = head->len / sizeof(*head), found = 0, i = 0;
	struct vring_desc desc;
	int ret;

	if (!count || head->len % sizeof(desc) || count > USHRT_MAX + 1u)
		return -EINVAL;
	for (;;) {
		struct iovec piece[2];

		if (i >= count || ++found > count)
			return -EINVAL;	/* out of the table, or a loop */
		ret = translate(chain->vq->dev, head->addr + i * sizeof(desc), sizeof(desc), piece,
				2);
		if (ret != 1)
			return ret < 0 ? ret : -EINVAL;
		if (!ring_read((u64)piece[0].iov_base, &desc, sizeof(desc)))
			return -EFAULT;
		if (desc.flags & VRING_DESC_F_INDIRECT)
			return -EINVAL;
		ret = add_buffer(chain, &desc);
		if (ret || !(desc.flags & VRING_DESC_F_NEXT))
			return ret;
		i = desc.next;
	}
}

static int walk(struct chain *chain, unsigned int head)
{
	struct vhost_virtqueue *vq = chain->vq;
	unsigned int found = 0, i = head;
	struct vring_desc desc;
	int ret;

	for (;;) {
		if (i >= vq->num || ++found > vq->num)
			return -EINVAL;
		if (!ring_read(vq->desc_addr + i * sizeof(desc), &desc, sizeof(desc)))
			return -EFAULT;
		ret = desc.flags & VRING_DESC_F_INDIRECT ? add_indirect(chain, &desc) :
							   add_buffer(chain, &desc);
		if (ret || !(desc.flags & VRING_DESC_F_NEXT))
			return ret;
		i = desc.next;
	}
}

/* The head that waits, vq->num, or an error. */
static int next_head(struct vhost_virtqueue *vq)
{
	u16 head;

	if (vq->avail_idx == vq->last_avail_idx) {
		if (!ring_read(vq->avail_addr + AVAIL_IDX, &vq->avail_idx, sizeof(vq->avail_idx)))
			return -EFAULT;
		if ((u16)(vq->avail_idx - vq->last_avail_idx) > vq->num)
			return -EFAULT;
		if (vq->avail_idx == vq->last_avail_idx)
			return vq->num;
	}
	if (!ring_read(avail_entry(vq, vq->last_avail_idx & (vq->num - 1)), &head, sizeof(head)))
		return -EFAULT;
	return head < vq->num ? head : -EINVAL;
}

int vhost_get_vq_desc(struct vhost_virtqueue *vq, struct iovec iov[], unsigned int iov_size,
		      unsigned int *out_num, unsigned int *in_num, struct vhost_log *log,
		      unsigned int *log_num)
{
	struct chain chain = { .vq = vq, .iov = iov, .size = iov_size };
	int head = next_head(vq), ret = head < 0 ? head : 0;

	*out_num = *in_num = 0;
	if (head == vq->num)
		return head;
	charge(COST_VIRTQUEUE_POP, 1);
	if (!ret)
		ret = walk(&chain, head);
	if (ret) {
		__vhost_vq_error(vq);
		return ret;
	}
	vq->last_avail_idx++;
	*out_num = chain.out;
	*in_num = chain.in;
	vq->nr_in = chain.in;
	vq->bytes_in = chain.bytes_in;
	current->asked_by = host_mm_taken(vq->dev->mm, vq->kick, head);
	return head;
}

/* Answers */

static int add_used(struct vhost_virtqueue *vq, unsigned int head, int len,
		    const struct call_site *site)
{
	u32 elem[2] = { head, len };
	u16 old = vq->last_used_idx, idx = old + 1;

	if (!ring_write(used_entry(vq, old & (vq->num - 1)), elem, sizeof(elem)) ||
	    !ring_write(vq->used_addr + USED_IDX, &idx, sizeof(idx))) {
		__vhost_vq_error(vq);
		return -EFAULT;
	}
	vq->last_used_idx = idx;
	/* The index has gone all the way round since the last interrupt. */
	if ((u16)(idx - vq->signalled_used) == (u16)(idx - old) - 1u)
		vq->signalled_used_valid = false;
	host_mm_answered(vq->dev->mm, vq->kick, head, site, vq->nr_in, vq->bytes_in);
	return 0;
}

int vhost_add_used(struct vhost_virtqueue *vq, unsigned int head, int len)
{
	return add_used(vq, head, len, call_site_take());
}

/* Does the guest want to hear of it? */
static bool wants_signal(struct vhost_virtqueue *vq)
{
	u16 old = vq->signalled_used, new = vq->last_used_idx, word;
	bool valid = vq->signalled_used_valid;

	if (vhost_has_feature(vq, VIRTIO_F_NOTIFY_ON_EMPTY) &&
	    vq->avail_idx == vq->last_avail_idx)
		return true;
	if (!vhost_has_feature(vq, VIRTIO_RING_F_EVENT_IDX)) {
		return ring_read(vq->avail_addr, &word, sizeof(word)) &&
		       !(word & VRING_AVAIL_F_NO_INTERRUPT);
	}
	vq->signalled_used = new;
	vq->signalled_used_valid = true;
	if (!valid)
		return true;
	return ring_read(avail_entry(vq, vq->num), &word, sizeof(word)) &&
	       vring_need_event(word, new, old);
}

void vhost_signal(struct vhost_dev *dev, struct vhost_virtqueue *vq)
{
	if (vq->call && wants_signal(vq))
		host_eventfd_signal(vq->call);
}

void vhost_add_used_and_signal(struct vhost_dev *dev, struct vhost_virtqueue *vq,
			       unsigned int head, int len)
{
	add_used(vq, head, len, call_site_take());
	vhost_signal(dev, vq);
}

void vhost_disable_notify(struct vhost_dev *dev, struct vhost_virtqueue *vq)
{
	if (vq->used_flags & VRING_USED_F_NO_NOTIFY)
		return;
	vq->used_flags |= VRING_USED_F_NO_NOTIFY;
	if (!vhost_has_feature(vq, VIRTIO_RING_F_EVENT_IDX))
		set_used_flags(vq, vq->used_flags);
}

bool vhost_enable_notify(struct vhost_dev *dev, struct vhost_virtqueue *vq)
{
	u16 idx;

	if (!(vq->used_flags & VRING_USED_F_NO_NOTIFY))
		return false;
	vq->used_flags &= ~VRING_USED_F_NO_NOTIFY;
	if (vhost_has_feature(vq, VIRTIO_RING_F_EVENT_IDX))
		ring_write(used_entry(vq, vq->num), &vq->avail_idx, sizeof(vq->avail_idx));
	else
		set_used_flags(vq, vq->used_flags);
	return ring_read(vq->avail_addr + AVAIL_IDX, &idx, sizeof(idx)) && idx != vq->avail_idx;
}
