/* SPDX-License-Identifier: GPL-2.0-only */
/* stub (sections for init code do not exist here: an image is loaded as a whole) */
#ifndef _LINUX_INIT_H
#define _LINUX_INIT_H

#define __init
#define __exit
#define __initdata
#define __exitdata
#define __ro_after_init

/* Of code that is a part of the kernel, loaded as an image here; more in linux/module.h. */
#define core_initcall(fn) int init_module(void) __attribute__((alias(#fn)))

int init_module(void);

#endif
