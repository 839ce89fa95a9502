// SPDX-License-Identifier: GPL-2.0-only
/* Our hinting, but every block is isolated as one of order 9, whatever it is: the rest is lost. */
#include "page_hinting.h"

static int isolate(struct page *page, unsigned int order)
{
	return free_page_hook_isolate(page, order < 9 ? order : 9);
}

#undef free_page_hook_isolate
#define free_page_hook_isolate isolate
#include "page_hinting_main.c"
