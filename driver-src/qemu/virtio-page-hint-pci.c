/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-page-hint-pci: virtio-page-hint behind the virtio PCI transport
 *
 * Kicks go through ioeventfd unless told otherwise.  There is no legacy form:
 * the device is younger than Virtio 1.0.
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtio-pci.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qom/object.h"
#include "ballast-compat.h"
#include "virtio-page-hint.h"

#define TYPE_VIRTIO_PAGE_HINT_PCI "virtio-page-hint-pci-base"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOPageHintPCI, VIRTIO_PAGE_HINT_PCI)

struct VirtIOPageHintPCI {
    VirtIOPCIProxy parent_obj;
    VirtIOPageHint vdev;
};

static BallastProperty page_hint_pci_properties[] = {
    DEFINE_PROP_UINT32("vectors", VirtIOPCIProxy, nvectors, 2),
    DEFINE_PROP_BIT("ioeventfd", VirtIOPCIProxy, flags,
                    VIRTIO_PCI_FLAG_USE_IOEVENTFD_BIT, true),
    BALLAST_PROP_END
};

static void page_hint_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    VirtIOPageHintPCI *pci = VIRTIO_PAGE_HINT_PCI(proxy);

    virtio_pci_force_virtio_1(proxy);
    qdev_realize(DEVICE(&pci->vdev), BUS(&proxy->bus), errp);
}

static void page_hint_pci_class_init(ObjectClass *klass, BallastClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);
    VirtioPCIClass *vpc = VIRTIO_PCI_CLASS(klass);

    dc->desc = "hints of free guest memory";
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, page_hint_pci_properties);
    vpc->realize = page_hint_pci_realize;
    pc->class_id = PCI_CLASS_OTHERS;
}

static void page_hint_pci_instance_init(Object *obj)
{
    VirtIOPageHintPCI *pci = VIRTIO_PAGE_HINT_PCI(obj);

    virtio_instance_init_common(obj, &pci->vdev, sizeof(pci->vdev),
                                TYPE_VIRTIO_PAGE_HINT);
    virtio_page_hint_alias_properties(obj, &pci->vdev);
}

static const VirtioPCIDeviceTypeInfo page_hint_pci_info = {
    .base_name = TYPE_VIRTIO_PAGE_HINT_PCI,
    .generic_name = "virtio-page-hint-pci",
    .instance_size = sizeof(VirtIOPageHintPCI),
    .instance_init = page_hint_pci_instance_init,
    .class_init = page_hint_pci_class_init,
};

static void page_hint_pci_register(void)
{
    virtio_pci_types_register(&page_hint_pci_info);
}

type_init(page_hint_pci_register)
