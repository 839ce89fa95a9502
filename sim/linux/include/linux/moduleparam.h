/* SPDX-License-Identifier: GPL-2.0-only */
/* model: parameters are set from the scenario before the init function runs. */
#ifndef _LINUX_MODULEPARAM_H
#define _LINUX_MODULEPARAM_H

#include <linux/stringify.h>
#include <linux/types.h>

struct kernel_param;

struct kernel_param_ops {
	int (*set)(const char *val, const struct kernel_param *kp);
	int (*get)(char *buffer, const struct kernel_param *kp);
};

struct kernel_param {
	const char *name;
	const struct kernel_param_ops *ops;
	u16 perm;
	void *arg;
};

extern const struct kernel_param_ops param_ops_int, param_ops_uint, param_ops_long,
	param_ops_ulong, param_ops_bool, param_ops_charp, param_ops_ushort;

/* stdbool.h makes bool a macro, so that this is what is pasted together below. */
#define param_ops__Bool param_ops_bool

int param_set_uint(const char *val, const struct kernel_param *kp);
int param_get_uint(char *buffer, const struct kernel_param *kp);
int param_set_int(const char *val, const struct kernel_param *kp);
int param_get_int(char *buffer, const struct kernel_param *kp);
int param_set_uint_minmax(const char *val, const struct kernel_param *kp, unsigned int min,
			  unsigned int max);

#define module_param_cb(pname, pops, parg, pperm)                                                  \
	static const struct kernel_param __param_##pname                                           \
		__attribute__((used, section("__param"), aligned(8))) = {                          \
			.name = #pname, .ops = pops, .perm = pperm, .arg = (void *)(parg) }
#define module_param_named(pname, value, type, perm)                                               \
	module_param_cb(pname, &param_ops_##type, &(value), perm)
#define module_param(name, type, perm) module_param_named(name, name, type, perm)

#define __MODULE_INFO_STRING(id, tag, text)                                                        \
	static const char id[] __attribute__((used, section("__modinfo"))) = tag "=" text
#define __MODULE_INFO_PASTE(a, b) a##b
#define __MODULE_INFO_ID(a, b) __MODULE_INFO_PASTE(a, b)
/* Nobody reads parameters while a module comes or goes. */
#define kernel_param_lock(mod) ((void)(mod))
#define kernel_param_unlock(mod) ((void)(mod))

#define MODULE_PARM_DESC(parm, desc)                                                               \
	__MODULE_INFO_STRING(__modinfo_parm_##parm, "parm", #parm ":" desc)

#endif
