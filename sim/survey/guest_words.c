// SPDX-License-Identifier: GPL-2.0-only
/*
 * What libvirt and QEMU have in common: words for what backs memory, and for caches of images.
 *
 * backends/hostmem*.c and softmmu/vl.c of QEMU 7.2: share=on maps shared; a file or memfd that is
 * mapped privately has a copy of its own of each page that is written, as anonymous memory.
 * mem-lock=on is mlockall(): madvise() of such memory is refused (mm/madvise.c of Linux 6.1), as
 * QEMU itself refuses discards of memory that a device has pinned, so a scenario has one word for
 * both.  blockdev.c: the cache modes.
 */
#include <inttypes.h>
#include <string.h>

#include "description.h"

#define HUGE_KIB 2048

void survey_put_backing(struct description *d, const struct survey_backing *b)
{
	if (b->huge)
		description_put(d, KEY_BACKING, BACKING_HUGETLB, b->origin);
	else if (b->shared)
		description_put(d, KEY_BACKING, BACKING_SHARED_FILE, b->origin);
	else
		description_put(d, KEY_BACKING, BACKING_ANONYMOUS, b->origin);
	if (b->huge && b->page_kib && b->page_kib != HUGE_KIB)
		description_remark(d, "huge pages are of %" PRIu64 " KiB there: a scenario has "
				   "those of 2048 KiB", b->page_kib);
	if (b->file && !b->huge && !b->shared)
		description_remark(d, "memory is a file that is mapped privately: taken as "
				   "anonymous, what it becomes where it is written");
	description_put(d, KEY_LOCKED, b->locked || b->pinned,
			b->pinned ? "a device of the host is assigned (VFIO)" :
			b->locked ? "its memory is locked" : b->origin);
}

bool survey_put_cache(struct description *d, const char *mode, const char *origin)
{
	static const struct {
		const char *mode;
		unsigned int cache;
		const char *remark;
	} modes[] = {
		{ "none", CACHE_NONE, NULL },
		{ "writeback", CACHE_WRITEBACK, NULL },
		{ "default", CACHE_WRITEBACK, NULL },
		{ "directsync", CACHE_NONE, "every write waits for the disk" },
		{ "writethrough", CACHE_WRITEBACK, "every write waits for the disk" },
		{ "unsafe", CACHE_WRITEBACK, "no write waits for the disk" },
		{ "off", CACHE_NONE, NULL },
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i].mode, mode))
			continue;
		description_put(d, KEY_CACHE, modes[i].cache, origin);
		if (modes[i].remark)
			description_remark(d, "cache=%s: %s, which a scenario has no word for; "
					   "taken as %s", mode, modes[i].remark,
					   description_text(KEY_CACHE, modes[i].cache));
		return true;
	}
	return false;
}
