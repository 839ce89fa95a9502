/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-ballast-pci: virtio-ballast behind the virtio PCI transport
 *
 * It carries the PCI identity of a memory balloon, so that a guest's stock
 * driver finds it.  Unlike the balloon that QEMU ships, kicks go through
 * ioeventfd unless told otherwise (the vCPU does not wait for the discards),
 * and each queue may have an MSI-X vector.
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtio-pci.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qom/object.h"
#include "ballast-compat.h"
#include "virtio-ballast.h"

#define TYPE_VIRTIO_BALLAST_PCI "virtio-ballast-pci-base"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOBallastPCI, VIRTIO_BALLAST_PCI)

struct VirtIOBallastPCI {
    VirtIOPCIProxy parent_obj;
    VirtIOBallast vdev;
};

static BallastProperty ballast_pci_properties[] = {
    DEFINE_PROP_UINT32("vectors", VirtIOPCIProxy, nvectors,
                       DEV_NVECTORS_UNSPECIFIED),
    DEFINE_PROP_BIT("ioeventfd", VirtIOPCIProxy, flags,
                    VIRTIO_PCI_FLAG_USE_IOEVENTFD_BIT, true),
    BALLAST_PROP_END
};

static void ballast_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    VirtIOBallastPCI *pci = VIRTIO_BALLAST_PCI(proxy);

    proxy->class_code = PCI_CLASS_OTHERS;
    if (proxy->nvectors == DEV_NVECTORS_UNSPECIFIED) {
        /* one per queue that may exist, one for configuration changes */
        proxy->nvectors = BALLAST_NR_QUEUES + 1;
    }
    qdev_realize(DEVICE(&pci->vdev), BUS(&proxy->bus), errp);
}

static void ballast_pci_class_init(ObjectClass *klass, BallastClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);
    VirtioPCIClass *vpc = VIRTIO_PCI_CLASS(klass);

    dc->desc = "memory balloon with free page hinting and reporting";
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, ballast_pci_properties);
    vpc->realize = ballast_pci_realize;
    pc->vendor_id = PCI_VENDOR_ID_REDHAT_QUMRANET;
    pc->device_id = PCI_DEVICE_ID_VIRTIO_BALLOON;
    pc->revision = VIRTIO_PCI_ABI_VERSION;
    pc->class_id = PCI_CLASS_OTHERS;
}

static void ballast_pci_instance_init(Object *obj)
{
    VirtIOBallastPCI *pci = VIRTIO_BALLAST_PCI(obj);

    virtio_instance_init_common(obj, &pci->vdev, sizeof(pci->vdev),
                                TYPE_VIRTIO_BALLAST);
    virtio_ballast_alias_properties(obj, &pci->vdev);
}

static const VirtioPCIDeviceTypeInfo ballast_pci_info = {
    .base_name = TYPE_VIRTIO_BALLAST_PCI,
    .generic_name = "virtio-ballast-pci",
    .transitional_name = "virtio-ballast-pci-transitional",
    .non_transitional_name = "virtio-ballast-pci-non-transitional",
    .instance_size = sizeof(VirtIOBallastPCI),
    .instance_init = ballast_pci_instance_init,
    .class_init = ballast_pci_class_init,
};

static void ballast_pci_register(void)
{
    virtio_pci_types_register(&ballast_pci_info);
}

type_init(ballast_pci_register)
