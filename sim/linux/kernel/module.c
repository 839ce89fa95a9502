// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modules: insmod, rmmod and parameters.
 *
 * Parameter types and their checks follow kernel/params.c.  An image that is a part of the kernel
 * takes the place of the model's while it is loaded (module_parts.c).
 */
#include "module.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/virtio.h>

#include "hostmem.h"
#include "image.h"
#include "internal.h"
#include "level.h"
#include "module_parts.h"

struct loaded_module {
	struct list_head node;
	struct image *image;
	char *path;
	struct module_parts parts;		/* of the kernel's that it has put away */
};

#define PARAM_OPS(type, ctype, parse, fmt)                                                         \
	static int __param_set_##type(const char *val, const struct kernel_param *kp)              \
	{                                                                                          \
		return parse(val, 0, (ctype *)kp->arg);                                            \
	}                                                                                          \
	static int __param_get_##type(char *buffer, const struct kernel_param *kp)                 \
	{                                                                                          \
		return snprintf(buffer, 4096, fmt "\n", *(ctype *)kp->arg);                        \
	}                                                                                          \
	const struct kernel_param_ops param_ops_##type = { .set = __param_set_##type,              \
							   .get = __param_get_##type }

PARAM_OPS(int, int, kstrtoint, "%d");
PARAM_OPS(uint, unsigned int, kstrtouint, "%u");
PARAM_OPS(long, long, kstrtol, "%ld");
PARAM_OPS(ulong, unsigned long, kstrtoul, "%lu");
PARAM_OPS(ushort, u16, kstrtou16, "%hu");

int param_set_uint(const char *val, const struct kernel_param *kp)
{
	return param_ops_uint.set(val, kp);
}

int param_get_uint(char *buffer, const struct kernel_param *kp)
{
	return param_ops_uint.get(buffer, kp);
}

int param_set_int(const char *val, const struct kernel_param *kp)
{
	return param_ops_int.set(val, kp);
}

int param_set_uint_minmax(const char *val, const struct kernel_param *kp, unsigned int min,
			  unsigned int max)
{
	unsigned int num;
	int ret = kstrtouint(val, 0, &num);

	if (ret)
		return ret;
	if (num < min || num > max)
		return -EINVAL;
	*(unsigned int *)kp->arg = num;
	return 0;
}

int param_get_int(char *buffer, const struct kernel_param *kp)
{
	return param_ops_int.get(buffer, kp);
}

static int param_set_bool(const char *val, const struct kernel_param *kp)
{
	return kstrtobool(val ? val : "1", (bool *)kp->arg);
}

static int param_get_bool(char *buffer, const struct kernel_param *kp)
{
	return snprintf(buffer, 4096, "%c\n", *(bool *)kp->arg ? 'Y' : 'N');
}

const struct kernel_param_ops param_ops_bool = { .set = param_set_bool, .get = param_get_bool };

static int param_set_charp(const char *val, const struct kernel_param *kp)
{
	*(const char **)kp->arg = val;
	return 0;
}

static int param_get_charp(char *buffer, const struct kernel_param *kp)
{
	return snprintf(buffer, 4096, "%s\n", *(const char **)kp->arg);
}

const struct kernel_param_ops param_ops_charp = { .set = param_set_charp, .get = param_get_charp };

static int set_param(struct image *image, const struct module_arg *arg)
{
	const struct kernel_param *(*begin)(void) = image_symbol(image, "ballast_params_begin");
	const struct kernel_param *(*end)(void) = image_symbol(image, "ballast_params_end");
	const struct kernel_param *kp;

	if (!begin || !end)
		return -ENOENT;
	for (kp = begin(); kp < end(); kp++)
		if (!strcmp(kp->name, arg->name))
			return kp->ops->set ? kp->ops->set(arg->value, kp) : -EPERM;
	return -ENOENT;
}

static int set_params(struct image *image, const char *path, const struct module_arg *args,
		      unsigned int nr_args, char *err, size_t err_size)
{
	unsigned int i;
	int ret;

	for (i = 0; i < nr_args; i++) {
		ret = set_param(image, &args[i]);
		if (!ret)
			continue;
		snprintf(err, err_size, "%s: parameter %s: %s", path, args[i].name,
			 ret == -ENOENT ? "the module has no such parameter" :
					  "value is not allowed");
		return ret;
	}
	return 0;
}

/* Without one there is nothing to do, like a module without module_init(). */
static int run_init_function(struct image *image, const char *path, const char *name, char *err,
			     size_t err_size)
{
	int (*init)(void) = image_symbol(image, name);
	int ret = init ? init() : 0;

	if (ret)
		snprintf(err, err_size, "%s: init function failed with error %d", path, ret);
	return ret;
}

static int run_init(struct image *image, const char *path, char *err, size_t err_size)
{
	int ret = run_init_function(image, path, "init_module", err, err_size);

	return ret ? ret : run_init_function(image, path, "init_module_late", err, err_size);
}

/* Each module has been linked with module-tail.c; loading anything else runs its constructors. */
static int check_kind(const char *path, char *err, size_t err_size)
{
	if (image_file_has(path, "ballast_params_begin") == IMAGE_DEFINES)
		return 0;
	snprintf(err, err_size, "%s: %s", path,
		 image_file_has(path, "register_module_init") == IMAGE_NEEDS ?
		 "this is the image of a device, not of a kernel module" :
		 "this is no image of a kernel module; docs/your-patch.md says how one is built");
	return -ENOEXEC;
}

/* As with vermagic: structures and meanings differ from version to version. */
static int check_version(const struct kernel *kernel, const char *path, char *err, size_t err_size)
{
	char of_image[LEVEL_NAME], of_kernel[LEVEL_NAME];
	uint32_t version = level_of_image(&linux_levels, path, err, err_size);

	if (version && version != kernel_version(kernel))
		snprintf(err, err_size, "%s: it was compiled for Linux %s, the kernel is %s", path,
			 level_name(version, of_image),
			 level_name(kernel_version(kernel), of_kernel));
	return version == kernel_version(kernel) ? 0 : -ENOEXEC;
}

int module_load(struct kernel *kernel, const char *path, const struct module_arg *args,
		unsigned int nr_args, char *err, size_t err_size)
{
	struct image *image = image_load(path, err, err_size);
	struct loaded_module *module;
	int ret;

	if (!image)
		return -ENOENT;
	module = host_alloc(sizeof(*module));
	ret = check_version(kernel, path, err, err_size);
	if (!ret)
		ret = set_params(image, path, args, nr_args, err, err_size);
	if (!ret)
		ret = parts_replace(kernel, image, path, &module->parts, err, err_size);
	if (!ret) {
		ret = run_init(image, path, err, err_size);
		ret = ret ? ret : parts_begin(kernel, path, &module->parts, err, err_size);
		if (ret)
			parts_put_back(kernel, &module->parts);
	}
	if (ret) {
		image_unload(image);
		host_free(module);
		return ret;
	}
	module->image = image;
	module->path = host_alloc(strlen(path) + 1);
	strcpy(module->path, path);
	list_add_tail(&module->node, &kernel->sched->modules);
	return 0;
}

int module_check(const char *path, const struct module_arg *args, unsigned int nr_args, char *err,
		 size_t err_size)
{
	struct image *image;
	int ret = check_kind(path, err, err_size);

	ret = ret ? ret : parts_check(path, err, err_size);
	if (ret)
		return ret;
	image = image_load(path, err, err_size);
	if (!image)
		return -ENOENT;
	ret = set_params(image, path, args, nr_args, err, err_size);
	image_unload(image);
	return ret;
}

bool module_drives(const char *path, unsigned int device_id)
{
	char err[512];
	struct image *image = image_load(path, err, sizeof(err));
	struct virtio_driver *(*driver)(void);
	const struct virtio_device_id *id;
	bool found = false;

	if (!image)
		return false;
	driver = image_symbol(image, "ballast_virtio_driver");
	if (driver)
		for (id = driver()->id_table; id->device && !found; id++)
			found = id->device == device_id || id->device == VIRTIO_DEV_ANY_ID;
	else
		found = image_file_has(path, "register_virtio_driver") == IMAGE_NEEDS;
	image_unload(image);
	return found;
}

static struct loaded_module *find_module(struct kernel *kernel, const char *path)
{
	struct loaded_module *module, *found = NULL;

	list_for_each_entry(module, &kernel->sched->modules, node)
		if (!strcmp(module->path, path))
			found = module;
	return found;
}

static void drop(struct loaded_module *module)
{
	list_del(&module->node);
	image_unload(module->image);
	host_free(module->path);
	host_free(module);
}

size_t module_unload(struct kernel *kernel, const char *path, char *buf, size_t size)
{
	struct loaded_module *module = find_module(kernel, path);
	void (*exit_fn)(void);
	size_t left;

	if (!module)
		return 0;
	parts_end(kernel, &module->parts);
	exit_fn = image_symbol(module->image, "cleanup_module");
	if (exit_fn)
		exit_fn();
	left = module_left(kernel, module->image, buf, size);
	parts_put_back(kernel, &module->parts);
	if (!left)
		drop(module);
	return left;
}

void *module_symbol(struct kernel *kernel, const char *path, const char *name)
{
	struct loaded_module *module = find_module(kernel, path);

	return module ? image_symbol(module->image, name) : NULL;
}

void modules_drop(struct kernel *kernel)
{
	struct loaded_module *module, *next;

	list_for_each_entry_safe(module, next, &kernel->sched->modules, node)
		drop(module);
}
