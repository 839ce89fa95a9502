/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers of a virtio device of a qtest QEMU: behind virtio-mmio (Virtio 1.2, section 4.2) or
 * modern virtio-pci (section 4.1), one interface for both.
 *
 * All functions return 0, or -1 with the reason in the qtest's error.
 */
#ifndef TEST_REAL_QTEST_VIRTIO_H
#define TEST_REAL_QTEST_VIRTIO_H

#include "qtest.h"

struct qtest_virtio {
	struct qtest *q;
	bool pci;
	uint64_t registers;		/* mmio: all of them; pci: the common ones */
	uint64_t config;
	uint64_t notify;		/* pci */
	uint32_t notify_multiplier;
};

/* The first device with that virtio id of a microvm. */
int qtest_virtio_find_mmio(struct qtest_virtio *v, struct qtest *q, uint32_t id);
/* The device in slot @slot of a q35's first bus; it gets addresses and may do DMA. */
int qtest_virtio_find_pci(struct qtest_virtio *v, struct qtest *q, unsigned int slot, uint32_t id);

int qtest_virtio_get_status(struct qtest_virtio *v, uint8_t *status);
int qtest_virtio_set_status(struct qtest_virtio *v, uint8_t status);
int qtest_virtio_set_features(struct qtest_virtio *v, uint64_t features);
/* 0: there is no such queue. */
int qtest_virtio_queue_size_max(struct qtest_virtio *v, unsigned int queue, uint32_t *size);
int qtest_virtio_queue_enable(struct qtest_virtio *v, unsigned int queue, unsigned int size,
			      uint64_t desc, uint64_t avail, uint64_t used);
/* A queue number that the transport cannot express is not kicked. */
int qtest_virtio_kick(struct qtest_virtio *v, unsigned int queue);

#endif
