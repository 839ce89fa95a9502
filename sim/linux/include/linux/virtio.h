/* SPDX-License-Identifier: GPL-2.0-only */
/* model: the virtio bus; see virtio/virtio.c and virtio/virtio_ring.c. */
#ifndef _LINUX_VIRTIO_H
#define _LINUX_VIRTIO_H

#include <linux/device.h>
#include <linux/dma-direction.h>
#include <linux/irqreturn.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/version.h>
#include <linux/virtio_features.h>

#include "call_site.h"

struct kvm_virtio;
struct virtio_config_ops;
struct virtio_device;

struct vduse_vq_group;
struct virtio_map_ops;

/* Who maps buffers for a device that does not see memory as it is. */
union virtio_map {
	struct device *dma_dev;
	struct vduse_vq_group *group;
};

struct virtqueue {
	struct virtio_device *vdev;
	struct list_head list;		/* of the device's queues */
	const char *name;
	unsigned int index;
	unsigned int num_max, num_free;	/* descriptors: that it has; not in use */
	void (*callback)(struct virtqueue *vq);
	void *priv;			/* the driver's */
	bool reset;
};

struct virtio_device {
	int index;
	bool failed;
	union {
		bool config_enabled;
		bool config_core_enabled;	/* since 6.11 */
	};
	bool config_driver_disabled;
	bool config_change_pending;
	spinlock_t config_lock, vqs_list_lock;
	struct device dev;
	struct virtio_device_id id;
	const struct virtio_config_ops *config;
	const struct virtio_map_ops *map;	/* NULL: the DMA API */
	union virtio_map vmap;
	struct list_head vqs;
	union {
		u64 features;
		u64 features_array[VIRTIO_FEATURES_U64S];
	};
	void *priv;
	struct list_head node;		/* of those that the kernel has found */
	struct kvm_virtio *hw;		/* the device's registers */
};

struct virtio_driver {
	struct device_driver driver;
	const struct virtio_device_id *id_table;
	/* Feature bits by number; legacy ones are for devices without VERSION_1. */
	const unsigned int *feature_table, *feature_table_legacy;
	unsigned int feature_table_size, feature_table_size_legacy;
	/* In the order in which they are called. */
	int (*validate)(struct virtio_device *dev);
	int (*probe)(struct virtio_device *dev);
	void (*scan)(struct virtio_device *dev);
	void (*config_changed)(struct virtio_device *dev);
	int (*freeze)(struct virtio_device *dev);
	int (*restore)(struct virtio_device *dev);
	void (*remove)(struct virtio_device *dev);
	/* Around a reset by the bus, which this one does not do. */
	int (*reset_prepare)(struct virtio_device *dev);
	int (*reset_done)(struct virtio_device *dev);
	/* Instead of virtio_device_shutdown(), when the machine is switched off; since 7.2 */
#if LINUX_SINCE(7, 2)
	void (*shutdown)(struct virtio_device *dev);
#else
	void *__no_shutdown;
#endif
	struct list_head node;		/* on the kernel's bus */
};

int virtqueue_add_outbuf(struct virtqueue *vq, struct scatterlist sg[], unsigned int num,
			 void *data, gfp_t gfp);
int virtqueue_add_inbuf(struct virtqueue *vq, struct scatterlist sg[], unsigned int num,
			void *data, gfp_t gfp);
int virtqueue_add_sgs(struct virtqueue *vq, struct scatterlist *sgs[], unsigned int out_sgs,
		      unsigned int in_sgs, void *data, gfp_t gfp);
bool virtqueue_kick(struct virtqueue *vq);
bool virtqueue_kick_prepare(struct virtqueue *vq);
bool virtqueue_notify(struct virtqueue *vq);
void *virtqueue_get_buf(struct virtqueue *vq, unsigned int *len);
void virtqueue_disable_cb(struct virtqueue *vq);
bool virtqueue_enable_cb(struct virtqueue *vq);
bool virtqueue_enable_cb_delayed(struct virtqueue *vq);
unsigned int virtqueue_enable_cb_prepare(struct virtqueue *vq);
bool virtqueue_poll(struct virtqueue *vq, unsigned int last_used_idx);
void *virtqueue_detach_unused_buf(struct virtqueue *vq);
#if LINUX_LEVEL < KERNEL_VERSION(6, 6, 0)
unsigned int virtqueue_get_vring_size(struct virtqueue *vq);
bool virtqueue_is_broken(struct virtqueue *vq);
#else
unsigned int virtqueue_get_vring_size(const struct virtqueue *vq);
bool virtqueue_is_broken(const struct virtqueue *vq);
#endif

void virtio_break_device(struct virtio_device *dev);
void virtio_add_status(struct virtio_device *dev, unsigned int status);
void virtio_config_changed(struct virtio_device *dev);
void virtio_reset_device(struct virtio_device *dev);
#if LINUX_SINCE(7, 2)
void virtio_device_shutdown(struct virtio_device *dev);
#endif
int virtio_device_freeze(struct virtio_device *dev);
int virtio_device_restore(struct virtio_device *dev);
int register_virtio_device(struct virtio_device *dev);
void unregister_virtio_device(struct virtio_device *dev);
int register_virtio_driver(struct virtio_driver *drv);
void unregister_virtio_driver(struct virtio_driver *drv);

/* The loader can ask which devices the image is for. */
#define module_virtio_driver(drv)                                                                  \
	struct virtio_driver *ballast_virtio_driver(void);                                         \
	struct virtio_driver *ballast_virtio_driver(void)                                          \
	{                                                                                          \
		return &(drv);                                                                     \
	}                                                                                          \
	module_driver(drv, register_virtio_driver, unregister_virtio_driver)

/* A ring's own source says what these are. */
#if defined(BALLAST_IMAGE_SOURCE) && !defined(VIRTIO_RING)
#define virtqueue_add_outbuf CALL_FROM_HERE(virtqueue_add_outbuf)
#define virtqueue_add_inbuf CALL_FROM_HERE(virtqueue_add_inbuf)
#define virtqueue_add_sgs CALL_FROM_HERE(virtqueue_add_sgs)
#define virtqueue_kick CALL_FROM_HERE(virtqueue_kick)
#define virtqueue_notify CALL_FROM_HERE(virtqueue_notify)
#endif

#define dev_to_virtio(_dev) container_of_const(_dev, struct virtio_device, dev)

/* NULL is nobody. */
static inline struct virtio_driver *drv_to_virtio(const struct device_driver *drv)
{
	return drv ? container_of((struct device_driver *)drv, struct virtio_driver, driver) : NULL;
}

/* Mapping of buffers for drivers that do it themselves; of a stock ring only. */
void *virtqueue_map_alloc_coherent(struct virtio_device *vdev, union virtio_map map, size_t size,
				   dma_addr_t *addr, gfp_t gfp);
void virtqueue_map_free_coherent(struct virtio_device *vdev, union virtio_map map, size_t size,
				 void *ptr, dma_addr_t addr);
dma_addr_t virtqueue_map_page_attrs(const struct virtqueue *vq, struct page *page,
				    unsigned long offset, size_t size, enum dma_data_direction dir,
				    unsigned long attrs);
void virtqueue_unmap_page_attrs(const struct virtqueue *vq, dma_addr_t addr, size_t size,
				enum dma_data_direction dir, unsigned long attrs);
dma_addr_t virtqueue_map_single_attrs(const struct virtqueue *vq, void *ptr, size_t size,
				      enum dma_data_direction dir, unsigned long attrs);

/* As without CONFIG_VIRTIO_DEBUG. */
#define virtio_debug_init() do { } while (0)
#define virtio_debug_exit() do { } while (0)
#define virtio_debug_device_init(dev) ((void)(dev))
#define virtio_debug_device_exit(dev) ((void)(dev))
#define virtio_debug_device_filter_features(dev) ((void)(dev))

#endif
