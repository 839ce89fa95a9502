/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Growing arrays and texts of whoever collects from trace records.  There is no error to handle:
 * without memory the process ends.
 */
#ifndef BALLAST_TRACE_COLLECT_H
#define BALLAST_TRACE_COLLECT_H

#include <stddef.h>

/*
 * Room for one more element at the end of the array that @array points to, zeroed; returns it.  The
 * array moves; host_free() it.
 */
void *collect_append(void *array, unsigned int *nr, size_t size);
/* A copy of @s ("" for NULL), to be given to free(). */
char *collect_copy(const char *s);
/* The same, in the place of what *@to was. */
void collect_text(char **to, const char *s);
/* A copy at the end of a list of texts; the end of such a list. */
void collect_add_text(char ***list, unsigned int *nr, const char *s);
void collect_free_texts(char **list, unsigned int nr);

#endif
