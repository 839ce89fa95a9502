/* SPDX-License-Identifier: GPL-2.0-only */
/* model: what an image tells its loader; see kernel/module.c. */
#ifndef _LINUX_MODULE_H
#define _LINUX_MODULE_H

#include <linux/export.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/mod_devicetable.h>
#include <linux/version.h>

struct module;

#define THIS_MODULE ((struct module *)0)

#ifndef KBUILD_MODNAME
#define KBUILD_MODNAME "module"
#endif

/* The loader finds the two functions under these names, as with a real module. */
#define module_init(initfn) int init_module(void) __attribute__((alias(#initfn)))
#define module_exit(exitfn) void cleanup_module(void) __attribute__((alias(#exitfn)))
/* Built-in initcalls of code that is a part of the kernel, loaded as an image here. */
#define subsys_initcall(fn) module_init(fn)
#define device_initcall(fn) module_init(fn)
#define late_initcall(fn) module_init(fn)
/* Beside another one, which it comes after. */
#define late_initcall_sync(fn) int init_module_late(void) __attribute__((alias(#fn)))

int init_module(void);
int init_module_late(void);
void cleanup_module(void);

#define MODULE_LICENSE(text) __MODULE_INFO_STRING(__modinfo_license, "license", text)
#define MODULE_DESCRIPTION(text) __MODULE_INFO_STRING(__modinfo_description, "description", text)
#define MODULE_AUTHOR(text)                                                                        \
	__MODULE_INFO_STRING(__MODULE_INFO_ID(__modinfo_author, __LINE__), "author", text)
#define MODULE_ALIAS(text)                                                                         \
	__MODULE_INFO_STRING(__MODULE_INFO_ID(__modinfo_alias, __LINE__), "alias", text)
#define MODULE_DEVICE_TABLE(type, name) struct __module_device_table_unused

/* The common case of a driver that does nothing else when it is loaded. */
#define module_driver(drv, register_fn, unregister_fn)                                             \
	static int __init drv##_init(void)                                                         \
	{                                                                                          \
		return register_fn(&(drv));                                                        \
	}                                                                                          \
	module_init(drv##_init);                                                                   \
	static void __exit drv##_exit(void)                                                        \
	{                                                                                          \
		unregister_fn(&(drv));                                                             \
	}                                                                                          \
	module_exit(drv##_exit)

static inline bool try_module_get(struct module *module)
{
	return true;
}

static inline void module_put(struct module *module)
{
}

/* Which Linux and which headers of the model a source was compiled with: image_file_level(). */
#ifdef MODULE
static const unsigned int __ballast_level[4]
	__attribute__((used, section(".ballast.level"))) = { 1, LINUX_LEVEL, BALLAST_HEADERS, 0 };
#endif

/* What the build knows of the sources, for image_file_source(): two strings. */
#ifdef BALLAST_IMAGE_SOURCE
static const char __ballast_source[] __attribute__((used, section(".ballast.source"))) =
	BALLAST_IMAGE_SOURCE;
#endif

#endif
