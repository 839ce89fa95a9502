/* SPDX-License-Identifier: GPL-2.0-only */
/* same */
#ifndef _LINUX_BUILD_BUG_H
#define _LINUX_BUILD_BUG_H

#include <linux/compiler.h>

/* As the kernel's: with or without a message. */
#undef static_assert
#define static_assert(expr, ...) __static_assert_pick(expr, ##__VA_ARGS__, #expr)
#define __static_assert_pick(expr, msg, ...) _Static_assert(expr, msg)

#define BUILD_BUG_ON_ZERO(e) ((int)sizeof(struct { int : (-!!(e)); }))
#define BUILD_BUG_ON_MSG(cond, msg) _Static_assert(!(cond), msg)
#define BUILD_BUG_ON(cond) BUILD_BUG_ON_MSG(cond, "BUILD_BUG_ON failed: " #cond)
#define BUILD_BUG_ON_NOT_POWER_OF_2(n) BUILD_BUG_ON((n) == 0 || (((n) & ((n) - 1)) != 0))
#define BUILD_BUG_ON_INVALID(e) ((void)sizeof((long)(e)))

#endif
