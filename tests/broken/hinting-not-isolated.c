// SPDX-License-Identifier: GPL-2.0-only
/* Our hinting, but the host is told of blocks that stay on their lists, for anybody to take. */
#include "page_hinting.h"

#undef free_page_hook_isolate
#define free_page_hook_isolate(page, order) 1
#define free_page_hook_putback(page, order) ((void)(page))
#include "page_hinting_main.c"
