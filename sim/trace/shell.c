// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words of a command line, quoted for a shell.
 */
#include "shell.h"

#include <string.h>

void shell_word(FILE *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-./=,:+@%";

	if (*word && strspn(word, plain) == strlen(word)) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	}
	fputc('\'', out);
}

void shell_variable(FILE *out, const char *name, const char *word)
{
	if (!word)
		return;
	fprintf(out, "%s=", name);
	shell_word(out, word);
	fputc(' ', out);
}

void shell_option(FILE *out, const char *option, const char *word)
{
	if (!word)
		return;
	fprintf(out, " %s ", option);
	shell_word(out, word);
}
