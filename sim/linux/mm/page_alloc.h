/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For an image of the real mm/page_reporting.c: since 7.x what it needs of the allocator is in a
 * header of this name.
 */
#ifndef _MM_PAGE_ALLOC_H
#define _MM_PAGE_ALLOC_H

#include "internal.h"

#endif
