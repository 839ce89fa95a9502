/* SPDX-License-Identifier: GPL-2.0-only */
/* same: suffixes for constants. */
#ifndef _LINUX_CONST_H
#define _LINUX_CONST_H

#define __AC_JOIN(x, suffix) x##suffix
#define _AC(x, suffix) __AC_JOIN(x, suffix)
#define UL(x) _AC(x, UL)
#define ULL(x) _AC(x, ULL)
#define _UL(x) _AC(x, UL)
#define _ULL(x) _AC(x, ULL)
#define _BITUL(n) (_UL(1) << (n))
#define _BITULL(n) (_ULL(1) << (n))

#endif
