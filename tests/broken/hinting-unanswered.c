// SPDX-License-Identifier: GPL-2.0-only
/* Our hinting, but blocks are free as soon as the host knows of them: it has yet to drop them. */
#include "page_hinting.h"

static void give_back_at_once(struct page_hint_request *req);

#define page_hint_send page_hint_send_and_keep
#include "page_hinting_main.c"
#undef page_hint_send

static void give_back_at_once(struct page_hint_request *req)
{
	unsigned int i;

	for (i = 0; i < req->nr; i++) {
		struct page *page = sg_page(&req->sg[i]);
		unsigned long flags;

		spin_lock_irqsave(&page_zone(page)->lock, flags);
		free_page_hook_putback(page, get_order(req->sg[i].length));
		spin_unlock_irqrestore(&page_zone(page)->lock, flags);
	}
}

void page_hint_send(struct page_hint_request *req)
{
	unsigned int nr = req->nr;

	page_hint_send_and_keep(req);
	if (!nr)
		return;
	give_back_at_once(req);
	req->nr = 0;
}
