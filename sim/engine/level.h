/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Versions of Linux and of QEMU whose names and meanings the models have ("levels"), and which one
 * an image was compiled for.
 *
 * A kernel, and a VMM, is of one version: of that of its images.  What drivers and devices see of
 * it is in the headers (linux/version.h, config-host.h); what differs when they run is asked where
 * it differs, and listed in docs/versions.md.
 */
#ifndef BALLAST_LEVEL_H
#define BALLAST_LEVEL_H

#include <stddef.h>
#include <stdint.h>

#include "image.h"

/* As KERNEL_VERSION(a, b, 0). */
#define LEVEL(major, minor) ((major) << 16 | (minor) << 8)
#define LEVEL_NAME 16

struct level_list {
	enum image_world world;
	const char *name;		/* "Linux" */
	const uint32_t *version;	/* ascending, 0 at the end */
	uint32_t standard;		/* what there is without being asked for */
};

extern const struct level_list linux_levels, qemu_levels;

/* "6.12", of any version. */
const char *level_name(uint32_t version, char name[LEVEL_NAME]);
/*
 * The version that the image at @path was compiled for; 0: it cannot be used, and one line in @err
 * says why: none of the list, several at once, or it does not say.
 */
uint32_t level_of_image(const struct level_list *levels, const char *path, char *err,
			size_t err_size);

#endif
