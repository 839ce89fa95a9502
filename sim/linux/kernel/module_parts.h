/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images that are parts of a kernel, and take the place of the model's while they are loaded.
 */
#ifndef BALLAST_LINUX_MODULE_PARTS_H
#define BALLAST_LINUX_MODULE_PARTS_H

#include "mm/internal.h"
#include "virtio/virtio_bus.h"
#include "virtio/virtio_ring.h"

struct image;

/* What one image has replaced, and by what. */
struct module_parts {
	struct page_reporting_impl reporting_before;
	struct balloon_impl balloon_before;
	const struct vring_impl *vring_before;
	const struct virtio_bus_impl *bus_before;
	struct vring_impl vring;
	struct virtio_bus_impl bus;
	bool is_bus;
};

/* One line in @err if the image is a part of which something is missing that others need. */
int parts_check(const char *path, char *err, size_t err_size);
/*
 * Before its init function: from now on the image's functions are called.  An error, in words: the
 * part is in use already, and nothing is changed.
 */
int parts_replace(struct kernel *kernel, struct image *image, const char *path,
		  struct module_parts *parts, char *err, size_t err_size);
/* Behind its init function, before its exit function: who is on a bus changes over. */
int parts_begin(struct kernel *kernel, const char *path, struct module_parts *parts, char *err,
		size_t err_size);
void parts_end(struct kernel *kernel, struct module_parts *parts);
/* All is as it was. */
void parts_put_back(struct kernel *kernel, const struct module_parts *parts);

#endif
