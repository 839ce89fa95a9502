/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images of guest modules that a real kernel has as well.
 */
#ifndef BALLAST_REAL_IMAGES_H
#define BALLAST_REAL_IMAGES_H

#include "scenario.h"

enum real_image_kind { REAL_IMAGE_MODULE, REAL_IMAGE_PART_OF_KERNEL };

struct real_image {
	const char *name;		/* in scenarios */
	enum real_image_kind kind;
	const char *file;		/* under the directory of `make real` */
	const char *module, *driver;	/* as the kernel calls them */
};

/* NULL: there is none. */
const struct real_image *real_image_of(const struct scenario_module *module);

#endif
