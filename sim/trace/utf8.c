// SPDX-License-Identifier: GPL-2.0-only
/*
 * UTF-8; see utf8.h.
 */
#include "utf8.h"

unsigned int utf8_length(const unsigned char *s)
{
	unsigned int n = s[0] < 0x80 ? 1 :
			 s[0] >= 0xc2 && s[0] < 0xe0 ? 2 :
			 s[0] >= 0xe0 && s[0] < 0xf0 ? 3 :
			 s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

	for (unsigned int i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}
