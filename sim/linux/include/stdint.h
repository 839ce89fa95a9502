/* SPDX-License-Identifier: GPL-2.0-only */
/* same: the compiler's own fixed-width types, for engine headers seen from kernel code. */
#ifndef _BALLAST_STDINT_H
#define _BALLAST_STDINT_H

typedef __INT8_TYPE__ int8_t;
typedef __INT16_TYPE__ int16_t;
typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef __INTPTR_TYPE__ intptr_t;
typedef __UINTPTR_TYPE__ uintptr_t;

#define INT32_MAX __INT32_MAX__
#define INT64_MAX __INT64_MAX__
#define UINT8_MAX __UINT8_MAX__
#define UINT16_MAX __UINT16_MAX__
#define UINT32_MAX __UINT32_MAX__
#define UINT64_MAX __UINT64_MAX__
#define UINTPTR_MAX __UINTPTR_MAX__

#define UINT64_C(c) __UINT64_C_SUFFIX(c)
#define __UINT64_C_SUFFIX(c) c##UL
#define UINT32_C(c) c##U
#define INT64_C(c) c##L

#endif
