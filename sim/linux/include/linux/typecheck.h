/* SPDX-License-Identifier: GPL-2.0-only */
/* same */
#ifndef _LINUX_TYPECHECK_H
#define _LINUX_TYPECHECK_H

#define typecheck(type, x)                                                                         \
	({                                                                                         \
		type __typecheck_a;                                                                \
		typeof(x) __typecheck_b;                                                           \
		(void)(&__typecheck_a == &__typecheck_b);                                          \
		1;                                                                                 \
	})

#endif
