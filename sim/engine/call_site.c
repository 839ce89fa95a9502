// SPDX-License-Identifier: GPL-2.0-only
/*
 * Places in images from which the model is called; see call_site.h.
 */
#include "call_site.h"

#include <stdio.h>
#include <string.h>

#include "image.h"

void call_site_note(const struct call_site *site)
{
	coro_current->ctx.site = site;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool call_site_describe(const struct call_site *site, char *text, unsigned int size)
{
	const struct image *image = site ? image_at((uintptr_t)site) : NULL;
	const char *name;

	/* Another image may be there by now. */
	if (!image || !image_contains(image, site->file) ||
	    !image_contains(image, site->function))
		return false;
	name = base_name(image_file(image));
	snprintf(text, size, "%s() (%s:%u) of %.*s", site->function, base_name(site->file),
		 site->line, (int)strcspn(name, "."), name);
	return true;
}
