// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modules: insmod, rmmod and parameters.
 *
 * Parameter types and their checks follow kernel/params.c.  An image that brings a page
 * reporting core of its own (stock mm/page_reporting.c) takes the place of ours: the free path
 * calls its hook; so does one that brings a core of balloons (stock mm/balloon_compaction.c).
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
#include "mm/internal.h"

struct loaded_module {
	struct list_head node;
	struct image *image;
	char *path;
	struct page_reporting_impl reporting;	/* that was there before this one's */
	struct balloon_impl balloon;		/* the same */
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

static const char *const core_symbols[] = { "page_reporting_enabled", "__page_reporting_notify",
					    "page_reporting_register",
					    "page_reporting_unregister" };

bool module_is_core(const char *path)
{
	return image_file_has(path, "page_reporting_register") == IMAGE_DEFINES;
}

bool module_reports(const char *path)
{
	return image_file_has(path, "page_reporting_register") == IMAGE_NEEDS;
}

static int check_core(const char *path, char *err, size_t err_size)
{
	unsigned int i;

	if (!module_is_core(path))
		return 0;
	for (i = 0; i < ARRAY_SIZE(core_symbols); i++) {
		if (image_file_has(path, core_symbols[i]) == IMAGE_DEFINES)
			continue;
		snprintf(err, err_size, "%s: a page reporting core without %s; the free path and "
			 "drivers need it", path, core_symbols[i]);
		return -ENOEXEC;
	}
	return 0;
}

/* An image that is a page reporting core takes the place of ours. */
static void take_over_reporting(struct kernel *kernel, struct image *image, const char *path)
{
	/* Before 5.14 it was a constant. */
	static unsigned int default_order = pageblock_order;
	struct page_reporting_impl impl = {
		.enabled = image_symbol(image, "page_reporting_enabled"),
		.order = image_symbol(image, "page_reporting_order"),
		.notify = image_symbol(image, "__page_reporting_notify"),
		.reg = image_symbol(image, "page_reporting_register"),
		.unreg = image_symbol(image, "page_reporting_unregister"),
		.name = path,
	};

	if (!impl.order)
		impl.order = &default_order;
	if (impl.enabled && impl.notify && impl.reg && impl.unreg)
		kernel->mm->reporting = impl;
}

static void *balloon_symbol(struct image *image, const char *name, bool since_7_2)
{
	char of_7[64];

	snprintf(of_7, sizeof(of_7), "%s_of_7", name);
	return image_symbol(image, since_7_2 ? of_7 : name);
}

/* The same with the core of balloons, whose structures are the same. */
static void take_over_balloons(struct kernel *kernel, struct image *image)
{
	bool since_7_2 = kernel_version(kernel) >= KERNEL_VERSION(7, 2, 0);
	struct balloon_impl impl = {
		.alloc = image_symbol(image, "balloon_page_alloc"),
		.enqueue = balloon_symbol(image, "balloon_page_enqueue", since_7_2),
		.dequeue = balloon_symbol(image, "balloon_page_dequeue", since_7_2),
		.list_enqueue = balloon_symbol(image, "balloon_page_list_enqueue", since_7_2),
		.list_dequeue = balloon_symbol(image, "balloon_page_list_dequeue", since_7_2),
		.ops = image_symbol(image, "balloon_mops"),
	};

	if (impl.alloc && impl.enqueue && impl.dequeue && impl.list_enqueue && impl.list_dequeue)
		kernel->mm->balloon = impl;
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
	struct page_reporting_impl before = kernel->mm->reporting;
	struct balloon_impl balloon = kernel->mm->balloon;
	struct loaded_module *module;
	int ret;

	if (!image)
		return -ENOENT;
	ret = check_version(kernel, path, err, err_size);
	if (ret) {
		image_unload(image);
		return ret;
	}
	ret = set_params(image, path, args, nr_args, err, err_size);
	/* Drivers that have registered have done so with the core that there was. */
	if (!ret && module_is_core(path) && static_key_enabled(before.enabled)) {
		snprintf(err, err_size, "%s: a page reporting core cannot be loaded after a driver "
			 "has registered", path);
		ret = -EBUSY;
	}
	if (!ret) {
		take_over_reporting(kernel, image, path);
		take_over_balloons(kernel, image);
		ret = run_init(image, path, err, err_size);
	}
	if (ret) {
		kernel->mm->reporting = before;
		kernel->mm->balloon = balloon;
		image_unload(image);
		return ret;
	}
	module = host_alloc(sizeof(*module));
	module->image = image;
	module->reporting = before;
	module->balloon = balloon;
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

	ret = ret ? ret : check_core(path, err, err_size);
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
	exit_fn = image_symbol(module->image, "cleanup_module");
	if (exit_fn)
		exit_fn();
	left = module_left(kernel, module->image, buf, size);
	kernel->mm->reporting = module->reporting;
	kernel->mm->balloon = module->balloon;
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
