// SPDX-License-Identifier: GPL-2.0-only
/*
 * No mistake: our driver, and a transport that allocates memory to write the configuration, as
 * ccw's does, once when there is none: notifiers of OOM are called from within.
 */
#include <linux/oom.h>
#include <linux/virtio_config.h>

#define SHORT_AT 5	/* writes; the balloon has pages by then */

static inline void memory_is_short(void)
{
	static unsigned int writes;
	struct oom_control oc = { .gfp_mask = GFP_KERNEL };

	if (++writes == SHORT_AT)
		out_of_memory(&oc);
}

static inline void write_size(struct virtio_device *vdev, unsigned int offset, u32 value)
{
	memory_is_short();
	vdev->config->set(vdev, offset, &value, sizeof(value));
}

#undef virtio_cwrite_le
#define virtio_cwrite_le(vdev, structname, member, ptr) \
	write_size(vdev, offsetof(structname, member), *(ptr))
#include "../../driver-src/linux/guest/virtio_ballast.c"
