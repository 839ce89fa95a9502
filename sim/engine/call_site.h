/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where in a driver or a device a call into the model is made.
 *
 * A return address names the place as well, but which line it belongs to is the compiler's choice,
 * and a trace must not depend on that.  So the headers that images are compiled with turn the names
 * of the calls that matter into ones that note file, function and line first:
 *
 *	#define virtqueue_kick CALL_FROM_HERE(virtqueue_kick)
 *
 * and the function called takes the note as the first thing that it does.  The macro stands for the
 * name alone, without arguments: compilers do not agree about the line of a call that goes over
 * several lines.  Only for images (BALLAST_IMAGE_SOURCE): the model's own calls are nobody's.
 *
 * The structure is in the image: whoever keeps the pointer longer than the image asks
 * call_site_describe(), which looks whether that is still there.
 */
#ifndef BALLAST_CALL_SITE_H
#define BALLAST_CALL_SITE_H

#include "coro.h"

struct call_site {
	const char *file;	/* as the compiler was given it */
	const char *function;
	unsigned int line;
};

/* The next call into the model is made here. */
void call_site_note(const struct call_site *site);

/* Who has made this call; NULL: nobody has said so. */
static inline const struct call_site *call_site_take(void)
{
	const struct call_site *site = coro_current->ctx.site;

	coro_current->ctx.site = NULL;
	return site;
}

/*
 * "FUNCTION() (FILE:LINE) of IMAGE", the file without its folder.  False: nobody has said so, or
 * the image is gone.
 */
bool call_site_describe(const struct call_site *site, char *text, unsigned int size);

#ifdef BALLAST_IMAGE_SOURCE
#define CALL_FROM_HERE(name)                                                                       \
	(__extension__({                                                                           \
		static const struct call_site site_ = { __FILE__, __func__, __LINE__ };            \
                                                                                                   \
		call_site_note(&site_);                                                            \
	}), name)
#endif

#endif
