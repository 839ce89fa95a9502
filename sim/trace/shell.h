/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command lines as text that can be given to a shell as it is.
 */
#ifndef BALLAST_TRACE_SHELL_H
#define BALLAST_TRACE_SHELL_H

#include <stdio.h>

/* One word, quoted where it must be. */
void shell_word(FILE *out, const char *word);
/* "NAME=WORD ", in front of a command; nothing for NULL. */
void shell_variable(FILE *out, const char *name, const char *word);
/* " OPTION WORD"; nothing for NULL. */
void shell_option(FILE *out, const char *option, const char *word);

#endif
