/* SPDX-License-Identifier: GPL-2.0-only */
/* same: shorthands for the compiler */
#ifndef MODEL_QEMU_COMPILER_H
#define MODEL_QEMU_COMPILER_H

#include <stddef.h>

#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

#ifndef container_of
#define container_of(ptr, type, member)						\
	((type *)((char *)(ptr) - offsetof(type, member)))
#endif

#define QEMU_PACKED __attribute__((packed))
#define QEMU_NORETURN __attribute__((noreturn))

#endif
