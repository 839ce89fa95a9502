/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text in device tree source that we write.
 */
#ifndef BALLAST_DTS_TEXT_H
#define BALLAST_DTS_TEXT_H

#include <stdio.h>

/* A string in quotes, as dtc reads it. */
void dts_string(FILE *out, const char *text);
/* Part of a comment of the kind that ends with a star and a slash, whatever @text has in it. */
void dts_comment(FILE *out, const char *text);

#endif
