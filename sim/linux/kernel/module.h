/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading driver images into a model kernel.
 */
#ifndef BALLAST_LINUX_MODULE_H
#define BALLAST_LINUX_MODULE_H

#include <stddef.h>

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
/* Run the exit function of the image loaded from @path last and unload it; -ENOENT: not loaded. */
int module_unload(struct kernel *kernel, const char *path);
/* The address of a symbol of the image that was loaded from @path, for tests. */
void *module_symbol(struct kernel *kernel, const char *path, const char *name);
/* The machine is gone: forget all images without running anything. */
void modules_drop(struct kernel *kernel);

#endif
