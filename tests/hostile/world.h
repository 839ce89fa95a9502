/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A world in which hostile cases can happen: a VMM with HOSTILE_RAM bytes and one device: either
 * virtio-ballast with free-page-reporting, free-page-hint (with an iothread) and page-poison, or
 * virtio-page-hint.
 *
 * An operation that cannot be done at all (the VMM has gone) aborts the test by itself.
 */
#ifndef HOSTILE_WORLD_H
#define HOSTILE_WORLD_H

#include "cases.h"

struct hostile_world;

struct hostile_ring {
	uint64_t desc, avail, used;	/* guest-physical */
	unsigned int size;
};

struct hostile_world_ops {
	/* Registers of the device (Virtio 1.2, section 4).  Status 0 resets. */
	uint8_t (*get_status)(struct hostile_world *w);
	void (*set_status)(struct hostile_world *w, uint8_t status);
	/* To be called before status FEATURES_OK is set. */
	void (*set_features)(struct hostile_world *w, uint64_t features);
	unsigned int (*queue_size_max)(struct hostile_world *w, unsigned int queue);
	void (*queue_enable)(struct hostile_world *w, unsigned int queue,
			     const struct hostile_ring *ring);
	void (*kick)(struct hostile_world *w, unsigned int queue);
	/* @size is 1, 2 or 4. */
	uint32_t (*config_read)(struct hostile_world *w, unsigned int offset, unsigned int size);
	void (*config_write)(struct hostile_world *w, unsigned int offset, unsigned int size,
			     uint32_t value);
	/* Have the VMM go on for a moment. */
	void (*pause)(struct hostile_world *w);
	/* A property of the device that is a number. */
	uint64_t (*counter)(struct hostile_world *w, const char *name);
	/* What the VMM has reported as errors since the last call, "" for nothing. */
	const char *(*errors)(struct hostile_world *w);
	/* virtio-ballast: a migration begins and has asked for hints, or is given up. */
	void (*round)(struct hostile_world *w, bool begin);
	/* All bytes of the ROM, for comparison. */
	void (*read_rom)(struct hostile_world *w, void *bytes);
};

struct hostile_world {
	const struct hostile_world_ops *ops;
	const struct hostile_device *device;
	uint8_t *ram;			/* the guest's RAM, as the guest sees it */
	uint64_t rom, mmio;		/* guest-physical */
	unsigned int rom_bytes;		/* 0: this world has no ROM */
	unsigned int patience_ms;	/* how long an answer may take; 0: pause() waits for all */
	bool model;			/* whose words errors are in */
};

/* Aborts the test, saying what is wrong, when the case does not end as it says. */
void hostile_run(struct hostile_world *w, const struct hostile_case *c);

#endif
