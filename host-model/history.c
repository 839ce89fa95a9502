// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happened to pages lately, so that a data loss can be explained on the spot.
 *
 * A ring of the last operations on runs of pages; older ones are forgotten, and the text says
 * so.  A page's whole history comes from replaying the run with the trace at its full level.
 */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "oracle.h"

#define HISTORY_SIZE 65536

struct history_entry {
	uint64_t time, gfn;
	uint32_t base;		/* of the RAM */
	uint32_t nr, token;
	enum page_op op;
};

struct page_history {
	struct history_entry entry[HISTORY_SIZE];
	uint64_t nr_added;
};

static const char *const op_names[] = {
	[OP_WRITE] = "written",
	[OP_FILL] = "filled",
	[OP_FAULT] = "backed by a zeroed frame",
	[OP_HUGE_FAULT] = "backed by a zeroed 2 MiB frame",
	[OP_DISCARD] = "discarded",
	[OP_LAZYFREE] = "marked free by MADV_FREE",
	[OP_SWAP_OUT] = "swapped out",
	[OP_SWAP_IN] = "swapped in",
	[OP_CHECK] = "found lost",
};

struct page_history *page_history_create(void)
{
	return calloc(1, sizeof(struct page_history));
}

void page_history_add(struct guest_ram *ram, enum page_op op, uint64_t g, uint64_t nr,
		      uint32_t token)
{
	struct page_history *history = ram->host->history;
	struct history_entry *e = &history->entry[history->nr_added++ % HISTORY_SIZE];
	struct cpu_thread *t = coro_current->ctx.thread;

	*e = (struct history_entry){ ram->host->engine->now + (t ? t->pending : 0), g, ram->base,
				     (uint32_t)nr, token, op };
}

char *page_history_text(const struct guest_ram *ram, uint64_t g)
{
	const struct page_history *history = ram->host->history;
	uint64_t i = history->nr_added > HISTORY_SIZE ? history->nr_added - HISTORY_SIZE : 0;
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	if (i)
		fprintf(f, "    (only the last %d operations are kept)\n", HISTORY_SIZE);
	for (; i < history->nr_added; i++) {
		const struct history_entry *e = &history->entry[i % HISTORY_SIZE];
		bool tokens = e->op == OP_WRITE || e->op == OP_FILL;

		if (e->base != ram->base || g < e->gfn || g >= e->gfn + e->nr)
			continue;
		fprintf(f, "    %14.6f ms  %s", e->time / 1e6, op_names[e->op]);
		if (tokens)
			fprintf(f, ", contents %#x",
				e->op == OP_FILL ? e->token : (uint32_t)(e->token + (g - e->gfn)));
		fprintf(f, " (gfn %#llx, %u pages)\n", (unsigned long long)e->gfn, e->nr);
	}
	fclose(f);
	return text;
}
