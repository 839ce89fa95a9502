/* SPDX-License-Identifier: GPL-2.0-only */
/* model: configuration space and features of a virtio device. */
#ifndef _LINUX_VIRTIO_CONFIG_H
#define _LINUX_VIRTIO_CONFIG_H

#include <linux/bug.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/version.h>
#include <linux/virtio.h>
#include <linux/virtio_byteorder.h>
#include <uapi/linux/virtio_config.h>

struct irq_affinity;
typedef void vq_callback_t(struct virtqueue *vq);

/* A queue that find_vqs() is asked for; name NULL: it is not wanted. */
struct virtqueue_info {
	const char *name;
	vq_callback_t *callback;
	bool ctx;
};

/* Two operations, of which code of one version of Linux knows one, under the name of both. */
#if LINUX_LEVEL < KERNEL_VERSION(6, 11, 0)
#define find_vqs_by_arrays find_vqs
#else
#define find_vqs_by_info find_vqs
#endif

struct virtio_config_ops {
	void (*get)(struct virtio_device *vdev, unsigned int offset, void *buf, unsigned int len);
	void (*set)(struct virtio_device *vdev, unsigned int offset, const void *buf,
		    unsigned int len);
	u32 (*generation)(struct virtio_device *vdev);
	u8 (*get_status)(struct virtio_device *vdev);
	void (*set_status)(struct virtio_device *vdev, u8 status);
	void (*reset)(struct virtio_device *vdev);
	int (*find_vqs_by_arrays)(struct virtio_device *vdev, unsigned int nvqs,
				  struct virtqueue *vqs[], vq_callback_t *callbacks[],
				  const char *const names[], const bool *ctx,
				  struct irq_affinity *desc);
	int (*find_vqs_by_info)(struct virtio_device *vdev, unsigned int nvqs,
				struct virtqueue *vqs[], struct virtqueue_info vqs_info[],
				struct irq_affinity *desc);
	void (*del_vqs)(struct virtio_device *vdev);
	void (*synchronize_cbs)(struct virtio_device *vdev);
	/* This transport resets no single queues, and has one vCPU for all interrupts. */
	int (*disable_vq_and_reset)(struct virtqueue *vq);
	int (*enable_vq_after_reset)(struct virtqueue *vq);
	const struct cpumask *(*get_vq_affinity)(struct virtio_device *vdev, int index);
	u64 (*get_features)(struct virtio_device *vdev);
	int (*finalize_features)(struct virtio_device *vdev);
};

static inline bool __virtio_test_bit(const struct virtio_device *vdev, unsigned int fbit)
{
	return vdev->features & BIT_ULL(fbit);
}

static inline void __virtio_set_bit(struct virtio_device *vdev, unsigned int fbit)
{
	vdev->features |= BIT_ULL(fbit);
}

static inline void __virtio_clear_bit(struct virtio_device *vdev, unsigned int fbit)
{
	vdev->features &= ~BIT_ULL(fbit);
}

/* Who maps buffers instead of the DMA API (VDUSE): nobody here. */
struct virtio_map_ops {
	dma_addr_t (*map_page)(union virtio_map map, struct page *page, unsigned long offset,
			       size_t size, enum dma_data_direction dir, unsigned long attrs);
	void (*unmap_page)(union virtio_map map, dma_addr_t addr, size_t size,
			   enum dma_data_direction dir, unsigned long attrs);
	void (*sync_single_for_cpu)(union virtio_map map, dma_addr_t addr, size_t size,
				    enum dma_data_direction dir);
	void (*sync_single_for_device)(union virtio_map map, dma_addr_t addr, size_t size,
				       enum dma_data_direction dir);
	void *(*alloc)(union virtio_map map, size_t size, dma_addr_t *addr, gfp_t gfp);
	void (*free)(union virtio_map map, size_t size, void *ptr, dma_addr_t addr,
		     unsigned long attrs);
	bool (*need_sync)(union virtio_map map, dma_addr_t addr);
	int (*mapping_error)(union virtio_map map, dma_addr_t addr);
	size_t (*max_mapping_size)(union virtio_map map);
};

bool virtio_has_feature(const struct virtio_device *vdev, unsigned int fbit);
void virtio_device_ready(struct virtio_device *vdev);

/* Addresses are guest-physical unless the device says that something is between. */
static inline bool virtio_has_dma_quirk(const struct virtio_device *vdev)
{
	return !virtio_has_feature(vdev, VIRTIO_F_ACCESS_PLATFORM);
}

static inline void virtio_get_features(struct virtio_device *vdev, u64 *features)
{
	virtio_features_from_u64(features, vdev->config->get_features(vdev));
}

static inline void virtio_synchronize_cbs(struct virtio_device *vdev)
{
	if (vdev->config->synchronize_cbs)
		vdev->config->synchronize_cbs(vdev);
}

#if LINUX_LEVEL < KERNEL_VERSION(6, 11, 0)
static inline int virtio_find_vqs(struct virtio_device *vdev, unsigned int nvqs,
				  struct virtqueue *vqs[], vq_callback_t *callbacks[],
				  const char *const names[], struct irq_affinity *desc)
{
	return vdev->config->find_vqs(vdev, nvqs, vqs, callbacks, names, NULL, desc);
}
#else
static inline int virtio_find_vqs(struct virtio_device *vdev, unsigned int nvqs,
				  struct virtqueue *vqs[], struct virtqueue_info vqs_info[],
				  struct irq_affinity *desc)
{
	return vdev->config->find_vqs(vdev, nvqs, vqs, vqs_info, desc);
}
#endif

struct virtqueue *virtio_find_single_vq(struct virtio_device *vdev, vq_callback_t *c,
					const char *n);

static inline bool virtio_is_little_endian(struct virtio_device *vdev)
{
	return true;	/* x86 is, with and without VIRTIO_F_VERSION_1 */
}

#define __virtio_convert(bits)                                                                     \
	static inline u##bits virtio##bits##_to_cpu(struct virtio_device *vdev,                    \
						    __virtio##bits val)                            \
	{                                                                                          \
		return (__force u##bits)val;                                                       \
	}                                                                                          \
	static inline __virtio##bits cpu_to_virtio##bits(struct virtio_device *vdev, u##bits val)  \
	{                                                                                          \
		return (__force __virtio##bits)val;                                                \
	}
__virtio_convert(16)
__virtio_convert(32)
__virtio_convert(64)

/* @count fields of @bytes each, of one generation of the configuration. */
void __virtio_cread_many(struct virtio_device *vdev, unsigned int offset, void *buf, size_t count,
			 size_t bytes);

static inline void virtio_cread_bytes(struct virtio_device *vdev, unsigned int offset, void *buf,
				      size_t len)
{
	__virtio_cread_many(vdev, offset, buf, len, 1);
}

/*
 * Configuration space: little endian, as the machine is.  Each access is an exit, and may sleep on
 * other transports.
 */
#define virtio_cread_le(vdev, structname, member, ptr)                                             \
	do {                                                                                       \
		typeof(((structname *)0)->member) __v;                                             \
		const unsigned int __at = offsetof(structname, member);                            \
                                                                                                   \
		might_sleep();                                                                     \
		if (sizeof(__v) > 4)                                                               \
			__virtio_cread_many(vdev, __at, &__v, 1, sizeof(__v));                     \
		else                                                                               \
			(vdev)->config->get(vdev, __at, &__v, sizeof(__v));                        \
		*(ptr) = (__force typeof(*(ptr)))__v;                                              \
	} while (0)
#define virtio_cwrite_le(vdev, structname, member, ptr)                                            \
	do {                                                                                       \
		typeof(((structname *)0)->member) __v =                                            \
			(__force typeof(((structname *)0)->member)) * (ptr);                       \
                                                                                                   \
		might_sleep();                                                                     \
		(vdev)->config->set(vdev, offsetof(structname, member), &__v, sizeof(__v));        \
	} while (0)
#define virtio_cread(vdev, structname, member, ptr) virtio_cread_le(vdev, structname, member, ptr)
#define virtio_cwrite(vdev, structname, member, ptr) virtio_cwrite_le(vdev, structname, member, ptr)

#define __virtio_config_access(bits)                                                               \
	static inline u##bits virtio_cread##bits(struct virtio_device *vdev, unsigned int offset)  \
	{                                                                                          \
		__virtio##bits v;                                                                  \
                                                                                                   \
		__virtio_cread_many(vdev, offset, &v, 1, sizeof(v));                               \
		return virtio##bits##_to_cpu(vdev, v);                                             \
	}                                                                                          \
	static inline void virtio_cwrite##bits(struct virtio_device *vdev, unsigned int offset,    \
					       u##bits val)                                        \
	{                                                                                          \
		__virtio##bits v = cpu_to_virtio##bits(vdev, val);                                 \
                                                                                                   \
		might_sleep();                                                                     \
		vdev->config->set(vdev, offset, &v, sizeof(v));                                    \
	}
__virtio_config_access(16)
__virtio_config_access(32)
__virtio_config_access(64)

static inline u8 virtio_cread8(struct virtio_device *vdev, unsigned int offset)
{
	u8 v;

	__virtio_cread_many(vdev, offset, &v, 1, 1);
	return v;
}

static inline void virtio_cwrite8(struct virtio_device *vdev, unsigned int offset, u8 val)
{
	might_sleep();
	vdev->config->set(vdev, offset, &val, 1);
}

#define virtio_cread_le_feature(vdev, fbit, structname, member, ptr)                               \
	({                                                                                         \
		int __r = 0;                                                                       \
		if (!virtio_has_feature(vdev, fbit))                                               \
			__r = -ENOENT;                                                             \
		else                                                                               \
			virtio_cread_le(vdev, structname, member, ptr);                            \
		__r;                                                                               \
	})
#define virtio_cread_feature(vdev, fbit, structname, member, ptr)                                  \
	virtio_cread_le_feature(vdev, fbit, structname, member, ptr)

#endif
