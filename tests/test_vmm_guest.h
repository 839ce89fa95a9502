/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest for tests of the VMM: no kernel, just a hand that writes rings into guest memory byte by
 * byte and goes through the same registers as a driver.
 *
 * There is no host either: guest RAM is a mapping of the test's own.
 */
#ifndef TEST_VMM_GUEST_H
#define TEST_VMM_GUEST_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "hostmem.h"
#include "kvm.h"
#include "vmm.h"

#define MIB (UINT64_C(1) << 20)
#define GUEST_RAM (64 * MIB)
#define PAGE UINT64_C(4096)

/* Each queue has 64 KiB for its rings, from 1 MiB on. */
#define RING_BASE(q) (MIB + (q) * 0x10000)
#define RING_DESC(q) RING_BASE(q)
#define RING_AVAIL(q) (RING_BASE(q) + 0x8000)
#define RING_USED(q) (RING_BASE(q) + 0xa000)
/* Buffers of requests are made here. */
#define BUFFERS (4 * MIB)

#define DESC_NEXT 1
#define DESC_WRITE 2
#define DESC_INDIRECT 4

#define F_INDIRECT (UINT64_C(1) << 28)
#define F_EVENT_IDX (UINT64_C(1) << 29)
#define F_VERSION_1 (UINT64_C(1) << 32)

#define STATUS_DRIVER_OK 4
#define STATUS_FEATURES_OK 8
#define STATUS_NEEDS_RESET 0x40

struct guest {
	struct engine engine;
	struct vmm *vmm;
	struct vmm_device *dev;
	struct kvm_virtio *virtio;
	uint8_t *ram;
	uint16_t avail[8];		/* next avail index, by queue */
	uint16_t size[8];
	unsigned int nr_errors, nr_warnings;
	char last_error[512];
	struct vmm_request last_request;
	unsigned int nr_requests;
	int64_t balloon_change;
	struct vmm_observer observer;
	struct vmm_config config;
};

static inline struct guest *guest_of(struct vmm *vmm)
{
	return vmm_get_config(vmm)->opaque;
}

static inline void guest_message(struct vmm *vmm, enum vmm_severity severity, const char *text)
{
	struct guest *g = guest_of(vmm);

	g->nr_errors += severity == VMM_ERROR;
	g->nr_warnings += severity == VMM_WARNING;
	if (severity == VMM_ERROR)
		snprintf(g->last_error, sizeof(g->last_error), "%s", text);
}

static inline void guest_request(struct vmm *vmm, const struct vmm_request *request)
{
	guest_of(vmm)->last_request = *request;
	guest_of(vmm)->nr_requests++;
}

static inline void guest_balloon_change(struct vmm *vmm, int64_t actual)
{
	guest_of(vmm)->balloon_change = actual;
}

/* Fields of config that are set before are kept. */
static inline void guest_create(struct guest *g)
{
	engine_init(&g->engine);
	g->ram = host_reserve(GUEST_RAM);
	ck_assert_ptr_nonnull(g->ram);
	g->observer = (struct vmm_observer){ .message = guest_message, .request = guest_request,
					     .balloon_change = guest_balloon_change };
	g->config.name = "test";
	g->config.engine = &g->engine;
	g->config.ram = g->ram;
	g->config.ram_bytes = GUEST_RAM;
	g->config.observer = &g->observer;
	g->config.opaque = g;
	g->vmm = vmm_create(&g->config);
	ck_assert_ptr_nonnull(g->vmm);
	ck_assert_int_eq(vmm_start(g->vmm), 0);
}

static inline void guest_destroy(struct guest *g)
{
	vmm_destroy(g->vmm);
	engine_destroy(&g->engine);
	host_release(g->ram, GUEST_RAM);
}

static inline void put16(struct guest *g, uint64_t gpa, uint16_t value)
{
	memcpy(g->ram + gpa, &value, sizeof(value));
}

static inline void put32(struct guest *g, uint64_t gpa, uint32_t value)
{
	memcpy(g->ram + gpa, &value, sizeof(value));
}

static inline uint16_t get16(struct guest *g, uint64_t gpa)
{
	uint16_t value;

	memcpy(&value, g->ram + gpa, sizeof(value));
	return value;
}

static inline uint32_t get32(struct guest *g, uint64_t gpa)
{
	uint32_t value;

	memcpy(&value, g->ram + gpa, sizeof(value));
	return value;
}

/* A descriptor at any table: 8 bytes address, 4 length, 2 flags, 2 next. */
static inline void put_desc(struct guest *g, uint64_t table, unsigned int i, uint64_t addr,
			    uint32_t len, uint16_t flags, uint16_t next)
{
	uint8_t *p = g->ram + table + 16 * i;

	memcpy(p, &addr, 8);
	memcpy(p + 8, &len, 4);
	memcpy(p + 12, &flags, 2);
	memcpy(p + 14, &next, 2);
}

static inline void guest_run(struct guest *g)
{
	engine_run(&g->engine, g->engine.now);
}

/* Reset, negotiate @features, enable @nr_queues with their largest sizes. */
static inline void guest_driver(struct guest *g, uint64_t features, unsigned int nr_queues)
{
	const struct kvm_virtio_ops *ops = g->virtio->ops;
	unsigned int q;

	ops->set_status(g->virtio, 0);
	ops->set_status(g->virtio, 3);
	ops->set_features(g->virtio, features);
	ops->set_status(g->virtio, 3 | STATUS_FEATURES_OK);
	for (q = 0; q < nr_queues; q++) {
		struct kvm_vring_addr addr = { RING_DESC(q), RING_AVAIL(q), RING_USED(q),
					       ops->queue_size_max(g->virtio, q) };

		g->size[q] = addr.size;
		g->avail[q] = 0;
		memset(g->ram + RING_BASE(q), 0, 0x10000);
		ops->queue_enable(g->virtio, q, &addr);
	}
	ops->set_status(g->virtio, 3 | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
	guest_run(g);
}

/* Make the chain at @head available. */
static inline void guest_publish(struct guest *g, unsigned int q, uint16_t head)
{
	put16(g, RING_AVAIL(q) + 4 + 2 * (g->avail[q] % g->size[q]), head);
	put16(g, RING_AVAIL(q) + 2, ++g->avail[q]);
}

static inline void guest_kick(struct guest *g, unsigned int q)
{
	g->virtio->kick(g->virtio, q);
	guest_run(g);
}

static inline uint16_t used_idx(struct guest *g, unsigned int q)
{
	return get16(g, RING_USED(q) + 2);
}

static inline uint64_t guest_prop(struct guest *g, const char *path)
{
	char error[VMM_ERROR_SIZE] = "";
	uint64_t value = 0;

	ck_assert_msg(!vmm_device_get(g->dev, path, &value, error), "%s: %s", path, error);
	return value;
}

#endif
