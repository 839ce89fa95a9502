/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: warnings and bugs go into the trace of the kernel that has them; a bug ends that kernel's
 * run.
 */
#ifndef _LINUX_BUG_H
#define _LINUX_BUG_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/types.h>

void kernel_warn(const char *file, int line, const char *what);
/* Something else than a line of code found a mistake, and has said so. */
void kernel_warned(const char *what);
void kernel_bug(const char *file, int line, const char *what) __noreturn;
/* Code of an image calls what only its own tree has: tests/upstream_traps.py. */
void kernel_not_modelled(const char *name) __noreturn;
int printk(const char *fmt, ...) __printf(1, 2) __cold;

#define BUG() kernel_bug(__FILE__, __LINE__, "BUG()")
#define BUG_ON(cond)                                                                               \
	do {                                                                                       \
		if (unlikely(cond))                                                                \
			kernel_bug(__FILE__, __LINE__, #cond);                                     \
	} while (0)

#define WARN_ON(cond)                                                                              \
	({                                                                                         \
		bool __warned_now = !!(cond);                                                      \
		if (unlikely(__warned_now))                                                        \
			kernel_warn(__FILE__, __LINE__, #cond);                                    \
		unlikely(__warned_now);                                                            \
	})

#define WARN_ON_ONCE(cond)                                                                         \
	({                                                                                         \
		static bool __warned_before;                                                       \
		bool __warned_now = !!(cond);                                                      \
		if (unlikely(__warned_now && !__warned_before)) {                                  \
			__warned_before = true;                                                    \
			kernel_warn(__FILE__, __LINE__, #cond);                                    \
		}                                                                                  \
		unlikely(__warned_now);                                                            \
	})

#define WARN(cond, fmt...)                                                                         \
	({                                                                                         \
		bool __warned_now = !!(cond);                                                      \
		if (unlikely(__warned_now)) {                                                      \
			kernel_warn(__FILE__, __LINE__, #cond);                                    \
			printk(fmt);                                                               \
		}                                                                                  \
		unlikely(__warned_now);                                                            \
	})

#define WARN_ONCE(cond, fmt...)                                                                    \
	({                                                                                         \
		static bool __warned_before;                                                       \
		bool __warned_now = !!(cond);                                                      \
		if (unlikely(__warned_now && !__warned_before)) {                                  \
			__warned_before = true;                                                    \
			kernel_warn(__FILE__, __LINE__, #cond);                                    \
			printk(fmt);                                                               \
		}                                                                                  \
		unlikely(__warned_now);                                                            \
	})

#endif
