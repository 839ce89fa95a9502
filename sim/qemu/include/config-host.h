/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: the version of QEMU whose names and meanings the headers give: 7.2 unless the compiler is
 * told otherwise (-DQEMU_VERSION_MAJOR=10 -DQEMU_VERSION_MINOR=0)
 */
#ifndef MODEL_CONFIG_HOST_H
#define MODEL_CONFIG_HOST_H

#ifndef QEMU_VERSION_MAJOR
#define QEMU_VERSION_MAJOR 7
#define QEMU_VERSION_MINOR 2
#endif
#ifndef QEMU_VERSION_MICRO
#define QEMU_VERSION_MICRO 0
#endif

/* In the form of an image's level, and of what is compared with it. */
#define QEMU_LEVEL_OF(major, minor) ((major) << 16 | (minor) << 8)
#define QEMU_LEVEL QEMU_LEVEL_OF(QEMU_VERSION_MAJOR, QEMU_VERSION_MINOR)

#if QEMU_LEVEL != QEMU_LEVEL_OF(7, 2) && QEMU_LEVEL != QEMU_LEVEL_OF(8, 2) &&			\
	QEMU_LEVEL != QEMU_LEVEL_OF(9, 2) && QEMU_LEVEL != QEMU_LEVEL_OF(10, 0) &&		\
	QEMU_LEVEL != QEMU_LEVEL_OF(10, 2)
#error "the model has headers of QEMU 7.2, 8.2, 9.2, 10.0 and 10.2; build for the nearest one"
#endif

#endif
