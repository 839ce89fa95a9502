/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: the version of Linux whose names and meanings the headers give: 6.1 unless the compiler is
 * told otherwise (-DLINUX_VERSION_MAJOR=6 -DLINUX_VERSION_PATCHLEVEL=12).  An image says which one
 * it was compiled for (linux/module.h), and what differs when it runs follows that (level.h).
 */
#ifndef _LINUX_VERSION_H
#define _LINUX_VERSION_H

#ifndef LINUX_VERSION_MAJOR
#define LINUX_VERSION_MAJOR 6
#define LINUX_VERSION_PATCHLEVEL 1
#endif
#ifndef LINUX_VERSION_SUBLEVEL
#define LINUX_VERSION_SUBLEVEL 0
#endif

#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#define LINUX_VERSION_CODE                                                                         \
	KERNEL_VERSION(LINUX_VERSION_MAJOR, LINUX_VERSION_PATCHLEVEL, LINUX_VERSION_SUBLEVEL)
/* Of the headers, without the stable release. */
#define LINUX_LEVEL KERNEL_VERSION(LINUX_VERSION_MAJOR, LINUX_VERSION_PATCHLEVEL, 0)

#if LINUX_LEVEL != KERNEL_VERSION(5, 10, 0) && LINUX_LEVEL != KERNEL_VERSION(5, 15, 0) &&          \
	LINUX_LEVEL != KERNEL_VERSION(6, 1, 0) && LINUX_LEVEL != KERNEL_VERSION(6, 6, 0) &&        \
	LINUX_LEVEL != KERNEL_VERSION(6, 12, 0) && LINUX_LEVEL != KERNEL_VERSION(7, 2, 0) &&       \
	LINUX_LEVEL != KERNEL_VERSION(7, 3, 0)
#error "the model has headers of Linux 5.10, 5.15, 6.1, 6.6, 6.12, 7.2, 7.3; build for the nearest"
#endif

/* Members and names that were added: images see those that they can have, the model all of them. */
#ifdef MODULE
#define LINUX_SINCE(a, b) (LINUX_LEVEL >= KERNEL_VERSION(a, b, 0))
#else
#define LINUX_SINCE(a, b) 1
#endif

#endif
