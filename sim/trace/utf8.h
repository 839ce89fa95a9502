/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * UTF-8 in text of which nobody knows what it is: that of guests may be anything.
 */
#ifndef BALLAST_TRACE_UTF8_H
#define BALLAST_TRACE_UTF8_H

/* Bytes of the well-formed sequence (RFC 3629) at @s, 0 when there is none. */
unsigned int utf8_length(const unsigned char *s);

#endif
