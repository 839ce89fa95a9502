// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text in device tree source; see dts_text.h.
 */
#include "dts_text.h"

void dts_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < ' ' || *text == 127)
			fprintf(out, "\\x%02x", *text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

void dts_comment(FILE *out, const char *text)
{
	for (char before = 0; *text; before = *text++) {
		if ((unsigned char)*text < ' ' || *text == 127)
			fputc(' ', out);
		else if ((before == '*' && *text == '/') || (before == '/' && *text == '*'))
			fprintf(out, " %c", *text);
		else
			fputc(*text, out);
	}
}
