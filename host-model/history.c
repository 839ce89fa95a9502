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

#include "call_site.h"
#include "history.h"
#include "oracle.h"

#define HISTORY_SIZE 65536

struct history_entry {
	uint64_t time, gfn;
	uint32_t vm;
	uint32_t nr, token;
	enum page_op op;
	char who[24];			/* whose code did it: a task, a thread */
	struct discard_origin origin;	/* of a discard */
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
	[OP_COLLAPSE] = "made part of a 2 MiB frame",
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
	struct cpu_thread *t = coro_current->ctx.thread;
	struct history_entry *e;

	if (ram->of_vmm)
		return;
	e = &history->entry[history->nr_added++ % HISTORY_SIZE];
	e->time = ram->host->engine->now + (t ? t->pending : 0);
	e->gfn = g;
	e->vm = ram->vm->id;
	e->nr = (uint32_t)nr;
	e->token = token;
	e->op = op;
	memcpy(e->who, coro_current->name, sizeof(e->who));
	if (op == OP_DISCARD || op == OP_LAZYFREE)
		e->origin = ram->vm->origin;
}

static void print_code(FILE *f, const char *before, const struct call_site *code)
{
	char text[256];

	if (call_site_describe(code, text, sizeof(text)))
		fprintf(f, "%s%s", before, text);
}

static void print_origin(FILE *f, const struct discard_origin *origin)
{
	if (!origin->device) {
		print_code(f, ", asked for by ", origin->driver_code);
		print_code(f, ", by ", origin->device_code);
		return;
	}
	fprintf(f, ", for request %llu of queue %u of %s",
		(unsigned long long)origin->request, origin->queue, origin->device);
	if (origin->driver_code)
		fprintf(f, " (submitted at %.6f ms", origin->submitted / 1e6);
	print_code(f, " by ", origin->driver_code);
	if (origin->driver_code)
		fprintf(f, ")");
	print_code(f, ", by ", origin->device_code);
}

static bool covers(const struct history_entry *e, const struct guest_ram *ram, uint64_t g)
{
	return e->vm == ram->vm->id && g >= e->gfn && g < e->gfn + e->nr;
}

/* The last time that one of @ops was done to the page; NULL: not within memory. */
static const struct history_entry *find_last(const struct guest_ram *ram, uint64_t g,
					     unsigned int ops)
{
	const struct page_history *history = ram->host->history;
	uint64_t i, oldest = history->nr_added > HISTORY_SIZE ? history->nr_added - HISTORY_SIZE :
								0;

	for (i = history->nr_added; i > oldest; i--) {
		const struct history_entry *e = &history->entry[(i - 1) % HISTORY_SIZE];

		if (ops >> e->op & 1 && covers(e, ram, g))
			return e;
	}
	return NULL;
}

char *page_history_verdict(const struct guest_ram *ram, uint64_t g)
{
	const struct history_entry *gone = find_last(ram, g, 1u << OP_DISCARD | 1u << OP_LAZYFREE);
	const struct history_entry *had = find_last(ram, g, 1u << OP_WRITE | 1u << OP_FILL);
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	if (had)
		fprintf(f, "; written by %s at %.6f ms", had->who, had->time / 1e6);
	if (gone) {
		fprintf(f, "; discarded at %.6f ms", gone->time / 1e6);
		print_origin(f, &gone->origin);
	}
	fclose(f);
	return text;
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

		if (!covers(e, ram, g))
			continue;
		fprintf(f, "    %14.6f ms  %s", e->time / 1e6, op_names[e->op]);
		if (tokens)
			fprintf(f, ", contents %#x",
				e->op == OP_FILL ? e->token : (uint32_t)(e->token + (g - e->gfn)));
		fprintf(f, " by %s (gfn %#llx, %u pages)", e->who, (unsigned long long)e->gfn,
			e->nr);
		if (e->op == OP_DISCARD || e->op == OP_LAZYFREE)
			print_origin(f, &e->origin);
		fputc('\n', f);
	}
	fclose(f);
	return text;
}
