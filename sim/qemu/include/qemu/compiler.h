/* SPDX-License-Identifier: GPL-2.0-only */
/* same: shorthands for the compiler */
#ifndef MODEL_QEMU_COMPILER_H
#define MODEL_QEMU_COMPILER_H

#include <stddef.h>

#define likely(condition) __builtin_expect((condition) != 0, 1)
#define unlikely(condition) __builtin_expect((condition) != 0, 0)

#ifndef container_of
#define container_of(ptr, type, member)						\
	((type *)((char *)(ptr) - offsetof(type, member)))
#endif

#define QEMU_PACKED __attribute__((packed))
#define QEMU_NORETURN __attribute__((noreturn))

#endif
