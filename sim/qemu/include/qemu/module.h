/* SPDX-License-Identifier: GPL-2.0-only */
/* model: an image announces its types to the VMM that loads it */
#ifndef MODEL_QEMU_MODULE_H
#define MODEL_QEMU_MODULE_H

typedef enum {
	MODULE_INIT_QOM,
	MODULE_INIT_MAX
} module_init_type;

/* Called by constructors of an image while it is loaded. */
void register_module_init(void (*fn)(void), module_init_type type);

#define module_init(function, type)						\
	static void __attribute__((constructor)) module_init_##function(void)	\
	{									\
		register_module_init(function, type);				\
	}

#define type_init(function) module_init(function, MODULE_INIT_QOM)

#endif
