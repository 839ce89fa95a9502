/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Questions about text.
 */
#ifndef BALLAST_TEXT_H
#define BALLAST_TEXT_H

#include <stdbool.h>
#include <string.h>

static inline bool text_ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && !strcmp(text + len - end_len, end);
}

#endif
