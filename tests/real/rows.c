// SPDX-License-Identifier: GPL-2.0-only
/*
 * See rows.h.
 */
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>

static const char *or_dash(const char *text)
{
	return text[0] ? text : "-";
}

void row_add(const struct row *row)
{
	const char *path = getenv("BALLAST_ROWS");
	FILE *f = path && path[0] ? fopen(path, "a") : NULL;

	if (!f)
		return;
	fprintf(f, "%u\t%s\t%s\t%s\t%s\t%s\n", row->nr, row->what, or_dash(row->ours),
		or_dash(row->stock), or_dash(row->limit), row->met ? "yes" : "NO");
	fclose(f);
}
