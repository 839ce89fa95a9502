// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vhost worker that ships, but it drops a block when the next one comes: by then the request is
 * answered, and the guest has the block back.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "../../driver-src/linux/host/page_hint_zap.h"

static unsigned long last_hva, last_len;

static bool zap_last(struct mm_struct *mm, unsigned long hva, unsigned long len)
{
	bool well = !last_len || page_hint_zap(mm, last_hva, last_len);

	last_hva = hva;
	last_len = len;
	return well;
}

#define page_hint_zap zap_last
#include "../../driver-src/linux/host/vhost_page_hint.c"
