// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio transports, as a guest sees them.  Interrupts are left out: nobody takes them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "qtest_virtio.h"

#define MMIO_BASE 0xfeb00000u	/* of a microvm: slots of 512 bytes */
#define MMIO_SLOT 0x200
#define MMIO_NR_SLOTS 24
#define MMIO_MAGIC 0x74726976u

enum mmio_register {
	MMIO_MAGIC_VALUE = 0x000, MMIO_DEVICE_ID = 0x008, MMIO_DRIVER_FEATURES = 0x020,
	MMIO_DRIVER_FEATURES_SEL = 0x024, MMIO_QUEUE_SEL = 0x030, MMIO_QUEUE_NUM_MAX = 0x034,
	MMIO_QUEUE_NUM = 0x038, MMIO_QUEUE_READY = 0x044, MMIO_QUEUE_NOTIFY = 0x050,
	MMIO_STATUS = 0x070, MMIO_QUEUE_DESC = 0x080, MMIO_QUEUE_AVAIL = 0x090,
	MMIO_QUEUE_USED = 0x0a0, MMIO_CONFIG = 0x100,
};

enum pci_register {
	PCI_DRIVER_FEATURES_SEL = 0x08, PCI_DRIVER_FEATURES = 0x0c, PCI_STATUS = 0x14,
	PCI_QUEUE_SEL = 0x16, PCI_QUEUE_SIZE = 0x18, PCI_QUEUE_ENABLE = 0x1c,
	PCI_QUEUE_DESC = 0x20, PCI_QUEUE_AVAIL = 0x28, PCI_QUEUE_USED = 0x30,
};

/* Configuration space of a PCI device. */
#define PCI_CONFIG_ADDRESS 0xcf8
#define PCI_CONFIG_DATA 0xcfc
#define PCI_ID 0x00
#define PCI_COMMAND 0x04
#define PCI_COMMAND_MEMORY_AND_MASTER 6
#define PCI_BAR(n) (0x10 + 4 * (n))
#define PCI_CAPABILITIES 0x34
#define PCI_CAPABILITY_VENDOR 9
#define PCI_ID_VIRTIO(id) ((0x1040 + (id)) << 16 | 0x1af4)	/* device and vendor, modern */
#define PCI_ID_BALLOON_TRANSITIONAL 0x10021af4u
#define VIRTIO_ID_BALLOON 5
#define PCI_BAR_ADDRESS 0xe0000000u	/* of BAR 4, which holds all structures in QEMU */

enum pci_structure { STRUCTURE_COMMON = 1, STRUCTURE_NOTIFY = 2, STRUCTURE_DEVICE = 4 };

#define PCI_QUEUES_MAX 1024	/* for which QEMU has an address to kick */

static int set(struct qtest_virtio *v, unsigned int offset, unsigned int size, uint64_t value)
{
	return qtest_write(v->q, v->registers + offset, size, value);
}

static int get(struct qtest_virtio *v, unsigned int offset, unsigned int size, uint32_t *value)
{
	uint64_t wide = 0;
	int ret = qtest_read(v->q, v->registers + offset, size, &wide);

	*value = wide;
	return ret;
}

/* Two registers of 32 bits. */
static int set64(struct qtest_virtio *v, unsigned int offset, uint64_t value)
{
	int ret = set(v, offset, 4, (uint32_t)value);

	return ret ? ret : set(v, offset + 4, 4, value >> 32);
}

static int not_found(struct qtest *q, const char *where, uint32_t id)
{
	snprintf(q->error, sizeof(q->error), "there is no virtio device %u %s", id, where);
	return -1;
}

int qtest_virtio_find_mmio(struct qtest_virtio *v, struct qtest *q, uint32_t id)
{
	unsigned int slot;

	*v = (struct qtest_virtio){ .q = q };
	for (slot = 0; slot < MMIO_NR_SLOTS; slot++) {
		uint32_t magic, device;

		v->registers = MMIO_BASE + slot * MMIO_SLOT;
		v->config = v->registers + MMIO_CONFIG;
		if (get(v, MMIO_MAGIC_VALUE, 4, &magic) || get(v, MMIO_DEVICE_ID, 4, &device))
			return -1;
		if (magic == MMIO_MAGIC && device == id)
			return 0;
	}
	return not_found(q, "behind virtio-mmio", id);
}

static int pci_select(struct qtest *q, unsigned int slot, unsigned int offset)
{
	return qtest_out(q, PCI_CONFIG_ADDRESS, 4, 0x80000000u | slot << 11 | (offset & 0xfc));
}

static int pci_get(struct qtest *q, unsigned int slot, unsigned int offset, uint32_t *value)
{
	int ret = pci_select(q, slot, offset);

	return ret ? ret : qtest_in(q, PCI_CONFIG_DATA, 4, value);
}

static int pci_set(struct qtest *q, unsigned int slot, unsigned int offset, uint32_t value)
{
	int ret = pci_select(q, slot, offset);

	return ret ? ret : qtest_out(q, PCI_CONFIG_DATA, 4, value);
}

/* A vendor capability: id, next, length, type; BAR; offset; length; multiplier. */
static int pci_structure(struct qtest_virtio *v, unsigned int slot, unsigned int at, uint8_t type)
{
	uint32_t bar, offset;

	if (pci_get(v->q, slot, at + 4, &bar) || pci_get(v->q, slot, at + 8, &offset))
		return -1;
	if ((bar & 0xff) != 4)
		return 0;
	switch (type) {
	case STRUCTURE_COMMON:
		v->registers = PCI_BAR_ADDRESS + offset;
		break;
	case STRUCTURE_DEVICE:
		v->config = PCI_BAR_ADDRESS + offset;
		break;
	case STRUCTURE_NOTIFY:
		v->notify = PCI_BAR_ADDRESS + offset;
		return pci_get(v->q, slot, at + 16, &v->notify_multiplier);
	}
	return 0;
}

int qtest_virtio_find_pci(struct qtest_virtio *v, struct qtest *q, unsigned int slot, uint32_t id)
{
	uint32_t value = 0, at;

	*v = (struct qtest_virtio){ .q = q, .pci = true };
	if (pci_get(q, slot, PCI_ID, &value))
		return -1;
	if (value != PCI_ID_VIRTIO(id) &&
	    (id != VIRTIO_ID_BALLOON || value != PCI_ID_BALLOON_TRANSITIONAL))
		return not_found(q, "on the PCI bus", id);
	if (pci_set(q, slot, PCI_BAR(4), PCI_BAR_ADDRESS) || pci_set(q, slot, PCI_BAR(5), 0) ||
	    pci_set(q, slot, PCI_COMMAND, PCI_COMMAND_MEMORY_AND_MASTER) ||
	    pci_get(q, slot, PCI_CAPABILITIES, &at))
		return -1;
	for (at &= 0xfc; at; at = value >> 8 & 0xfc) {
		if (pci_get(q, slot, at, &value))
			return -1;
		if ((value & 0xff) == PCI_CAPABILITY_VENDOR &&
		    pci_structure(v, slot, at, value >> 24))
			return -1;
	}
	if (!v->registers || !v->config || !v->notify)
		return not_found(q, "with modern registers on the PCI bus", id);
	return 0;
}

int qtest_virtio_get_status(struct qtest_virtio *v, uint8_t *status)
{
	uint32_t value = 0;
	int ret = v->pci ? get(v, PCI_STATUS, 1, &value) : get(v, MMIO_STATUS, 4, &value);

	*status = value;
	return ret;
}

int qtest_virtio_set_status(struct qtest_virtio *v, uint8_t status)
{
	return v->pci ? set(v, PCI_STATUS, 1, status) : set(v, MMIO_STATUS, 4, status);
}

int qtest_virtio_set_features(struct qtest_virtio *v, uint64_t features)
{
	unsigned int select = v->pci ? PCI_DRIVER_FEATURES_SEL : MMIO_DRIVER_FEATURES_SEL;
	unsigned int data = v->pci ? PCI_DRIVER_FEATURES : MMIO_DRIVER_FEATURES;

	return set(v, select, 4, 0) || set(v, data, 4, (uint32_t)features) ||
	       set(v, select, 4, 1) || set(v, data, 4, features >> 32) ? -1 : 0;
}

static int select_queue(struct qtest_virtio *v, unsigned int queue)
{
	return v->pci ? set(v, PCI_QUEUE_SEL, 2, queue) : set(v, MMIO_QUEUE_SEL, 4, queue);
}

int qtest_virtio_queue_size_max(struct qtest_virtio *v, unsigned int queue, uint32_t *size)
{
	if (select_queue(v, queue))
		return -1;
	return v->pci ? get(v, PCI_QUEUE_SIZE, 2, size) : get(v, MMIO_QUEUE_NUM_MAX, 4, size);
}

int qtest_virtio_queue_enable(struct qtest_virtio *v, unsigned int queue, unsigned int size,
			      uint64_t desc, uint64_t avail, uint64_t used)
{
	if (select_queue(v, queue))
		return -1;
	if (v->pci)
		return set(v, PCI_QUEUE_SIZE, 2, size) || set64(v, PCI_QUEUE_DESC, desc) ||
		       set64(v, PCI_QUEUE_AVAIL, avail) || set64(v, PCI_QUEUE_USED, used) ||
		       set(v, PCI_QUEUE_ENABLE, 2, 1) ? -1 : 0;
	return set(v, MMIO_QUEUE_NUM, 4, size) || set64(v, MMIO_QUEUE_DESC, desc) ||
	       set64(v, MMIO_QUEUE_AVAIL, avail) || set64(v, MMIO_QUEUE_USED, used) ||
	       set(v, MMIO_QUEUE_READY, 4, 1) ? -1 : 0;
}

int qtest_virtio_kick(struct qtest_virtio *v, unsigned int queue)
{
	if (!v->pci)
		return set(v, MMIO_QUEUE_NOTIFY, 4, queue);
	if (queue >= PCI_QUEUES_MAX)
		return 0;
	return qtest_write(v->q, v->notify + queue * (uint64_t)v->notify_multiplier, 2, queue);
}
