/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recent operations on pages; see history.c.
 */
#ifndef BALLAST_HOST_HISTORY_H
#define BALLAST_HOST_HISTORY_H

#include <stdint.h>

struct guest_ram;
struct page_history;

struct page_history *page_history_create(void);	/* free() it; NULL: no memory */
/* Lines of text about one page, oldest first; the caller frees it. */
char *page_history_text(const struct guest_ram *ram, uint64_t g);
/* In one line who wrote the page last, and who discarded it; as above. */
char *page_history_verdict(const struct guest_ram *ram, uint64_t g);

#endif
