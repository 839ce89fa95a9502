/* SPDX-License-Identifier: GPL-2.0-only */
/* same */
#ifndef _LINUX_CONTAINER_OF_H
#define _LINUX_CONTAINER_OF_H

#include <linux/build_bug.h>
#include <linux/stddef.h>

#define container_of(ptr, type, member)                                                            \
	({                                                                                         \
		void *__member_ptr = (void *)(ptr);                                                \
		static_assert(__builtin_types_compatible_p(typeof(*(ptr)),                         \
							   typeof(((type *)0)->member)) ||         \
			      __builtin_types_compatible_p(typeof(*(ptr)), void),                  \
			      "container_of: pointer is not of the member's type");                \
		(type *)((char *)__member_ptr - offsetof(type, member));                           \
	})

/* The same; a pointer to what may not be changed leads to what may not be changed. */
#define container_of_const(ptr, type, member)                                                      \
	_Generic(ptr,                                                                              \
		const typeof(*(ptr)) *: (const type *)container_of(ptr, type, member),             \
		default: container_of(ptr, type, member))

#endif
