/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading driver images into a model kernel.
 */
#ifndef BALLAST_LINUX_MODULE_H
#define BALLAST_LINUX_MODULE_H

#include <stdbool.h>
#include <stddef.h>

struct image;
struct kernel;

struct module_arg {
	const char *name, *value;
};

/*
 * Load a private copy of the image, set its parameters and run its init function, in the
 * context of the caller, who must be a task of @kernel when that function sleeps.  Returns 0,
 * or a negative error with one line of text in @err.
 */
int module_load(struct kernel *kernel, const char *path, const struct module_arg *args,
		unsigned int nr_args, char *err, size_t err_size);
/* Whether the image could be loaded and has these parameters; runs nothing.  As module_load(). */
int module_check(const char *path, const struct module_arg *args, unsigned int nr_args, char *err,
		 size_t err_size);
/*
 * Whether the image may have a driver for devices of this virtio id.  False is certain: it says
 * what it drives, and that is something else, or it registers no driver at all.
 */
bool module_drives(const char *path, unsigned int device_id);
/*
 * Whether an image is a part of a kernel (module_parts.c) that @user, another image, uses, and so
 * has to be loaded first; then @part and @users say what it is, and who they are.
 */
bool module_has_to_precede(const char *path, const char *user, const char **part,
			   const char **users);
/*
 * Run the exit function of the image loaded from @path last and unload it.  What it leaves behind
 * is named in @buf (returns the length); the image stays then, for it may be called.
 */
size_t module_unload(struct kernel *kernel, const char *path, char *buf, size_t size);
/* What of @image the kernel would still call, in words; returns the length. */
size_t module_left(struct kernel *kernel, const struct image *image, char *buf, size_t size);
/* The address of a symbol of the image that was loaded from @path, for tests. */
void *module_symbol(struct kernel *kernel, const char *path, const char *name);
/* The machine is gone: forget all images without running anything. */
void modules_drop(struct kernel *kernel);

#endif
