// SPDX-License-Identifier: GPL-2.0-only
/*
 * Places in images from which the model is called; see call_site.h.
 */
#define _GNU_SOURCE
#include "call_site.h"

#include <stdio.h>
#include <string.h>

#include "image.h"

void call_site_note(const struct call_site *site)
{
	coro_current->ctx.site = site;
}

bool call_site_describe(const struct call_site *site, char *text, unsigned int size)
{
	const struct image *image = site ? image_at((uintptr_t)site) : NULL;
	const char *name;

	/* Another image may be there by now. */
	if (!image || !image_contains(image, site->file) ||
	    !image_contains(image, site->function))
		return false;
	name = basename(image_file(image));
	snprintf(text, size, "%s() (%s:%u) of %.*s", site->function, basename(site->file),
		 site->line, (int)strcspn(name, "."), name);
	return true;
}
