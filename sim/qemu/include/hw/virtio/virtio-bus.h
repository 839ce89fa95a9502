/* SPDX-License-Identifier: GPL-2.0-only */
/* model: what of a virtio bus devices call: interrupts that come from eventfds; transport.c */
#ifndef MODEL_HW_VIRTIO_VIRTIO_BUS_H
#define MODEL_HW_VIRTIO_VIRTIO_BUS_H

#include "hw/qdev-core.h"
#include "hw/virtio/virtio.h"

/* The model has no buses: each device has one of its own. */
struct BusState {
	DeviceState *parent;
};

typedef struct VirtioBusClass {
	int (*set_guest_notifiers)(DeviceState *d, int nvqs, bool assign);
} VirtioBusClass;

BusState *qdev_get_parent_bus(DeviceState *dev);
VirtioBusClass *vmm_virtio_bus_class(void);

#define BUS(obj) ((BusState *)(obj))
#define VIRTIO_BUS_GET_CLASS(obj) ((void)(obj), vmm_virtio_bus_class())

#endif
