// SPDX-License-Identifier: GPL-2.0-only
/*
 * Growing arrays and texts; see collect.h.
 */
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "hostmem.h"

char *collect_copy(const char *s)
{
	char *p = strdup(s ? s : "");

	if (!p)
		abort();
	return p;
}

void collect_text(char **to, const char *s)
{
	free(*to);
	*to = collect_copy(s);
}

void *collect_append(void *array, unsigned int *nr, size_t size)
{
	void **p = array;
	char *element;

	/* doubling: nr is a power of two, or 0 */
	if (!(*nr & (*nr - 1)))
		*p = host_realloc(*p, (*nr ? 2 * *nr : 1) * size);
	element = (char *)*p + (size_t)(*nr)++ * size;
	memset(element, 0, size);
	return element;
}

void collect_add_text(char ***list, unsigned int *nr, const char *s)
{
	*(char **)collect_append(list, nr, sizeof(char *)) = collect_copy(s);
}

void collect_free_texts(char **list, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		free(list[i]);
	host_free(list);
}
