/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest with one virtio device of one queue, whose driver and device are the test's hands: calls
 * of the driver at random, and a device that serves requests in any order.  What the ring's bytes
 * were after each step, and what the calls returned, is noted; the ring may be an image.
 */
#ifndef TEST_KERNEL_RING_SCENES_H
#define TEST_KERNEL_RING_SCENES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_NOTES (4 << 20)
#define RING_STATUSES 64
#define RING_ENTRIES 12

struct ring_scene {
	const char *ring, *bus;		/* paths of images; NULL: the model's */
	uint32_t version;		/* of the kernel, LEVEL() */
	uint64_t features;		/* that the device offers */
	unsigned int seed, nr_steps;
	bool without_callback, twice;	/* the driver is removed and comes again */
	bool spoils;			/* at the end the device gives back what it does not have */
	bool exhausts;			/* it adds RING_ENTRIES where only reserves are left */

	/* What came of it. */
	char error[256];		/* of loading and registering */
	unsigned int nr_probed, nr_removed, nr_config_changes;
	uint64_t accepted;		/* features */
	unsigned int nr_added, nr_refused, nr_taken, nr_kicks, nr_callbacks, nr_detached;
	unsigned int nr_wraps;		/* of a packed ring */
	uint64_t ns;			/* CPU time of all steps */
	bool broken;
	unsigned int descriptors[2];	/* that it takes: if it may have reserves, and if not */
	char left[256];			/* by images, when they were unloaded */
	uint8_t status[RING_STATUSES];	/* that were written to the device, in order */
	unsigned int nr_statuses;
	size_t nr_notes;
	uint8_t notes[RING_NOTES];
};

/* Of the test's process: what scene_ring() plays. */
extern struct ring_scene ring_scene;
int scene_ring(void *unused);

#endif
