// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contents of a guest's RAM: what is written, read and checked, in the name of the vCPU that does.
 *
 * A page's contents are a token, or, while only its slot is left, the slot's.  A page that does not
 * hold what its owner wrote last is a data loss, which is told with the page's history.
 */
#include "memory.h"

#include <stdlib.h>

#include "history.h"
#include "oracle.h"
#include "swap.h"

/*
 * Contents change block by block, right after access to the block: nothing can reclaim a page in
 * between, whereas a long run may lose its first pages to swap before its last ones are there.
 */
static uint64_t block_run(uint64_t nr, uint64_t left)
{
	uint64_t run = HOST_PMD_PAGES - (nr & (HOST_PMD_PAGES - 1));

	return run < left ? run : left;
}

/* All pages of a run of one block present at the same time. */
static bool run_present(const struct guest_ram *ram, uint64_t nr, uint64_t run)
{
	uint64_t i;

	if (ram_is_huge(ram, nr))
		return true;
	for (i = 0; i < run; i++)
		if (page_kind(ram->page[nr + i].state) != PAGE_PRESENT)
			return false;
	return true;
}

static uint64_t access_run(struct guest_ram *ram, uint64_t nr, uint64_t left,
			   enum ram_access access)
{
	uint64_t run = block_run(nr, left);

	guest_ram_access(ram, gfn(nr), run, access);
	if (run_present(ram, nr, run))
		return run;
	/* Under pressure the run may not be had at once: page by page, it is. */
	guest_ram_access(ram, gfn(nr), 1, access);
	return 1;
}

void guest_ram_write(struct guest_ram *ram, gfn_t g, uint64_t nr, uint32_t token)
{
	uint64_t done = 0;

	while (done < nr) {
		uint64_t at = g.nr + done, run = access_run(ram, at, nr - done, RAM_WRITE), i;

		for (i = 0; i < run; i++)
			ram->token[at + i] = token ? (uint32_t)(token + done + i) : 0;
		done += run;
	}
	page_history_add(ram, OP_WRITE, g.nr, nr, token);
}

void guest_ram_fill(struct guest_ram *ram, gfn_t g, uint64_t nr, uint32_t token)
{
	uint64_t done = 0;

	while (done < nr) {
		uint64_t at = g.nr + done, run = access_run(ram, at, nr - done, RAM_WRITE), i;

		for (i = 0; i < run; i++)
			ram->token[at + i] = token;
		done += run;
	}
	page_history_add(ram, OP_FILL, g.nr, nr, token);
}

uint32_t guest_ram_peek(const struct guest_ram *ram, gfn_t g)
{
	uint32_t state = ram->page[g.nr].state;

	if (!ram_is_huge(ram, g.nr) &&
	    (page_kind(state) == PAGE_SWAPPED || page_kind(state) == PAGE_READING))
		return ram->host->swap->token[page_slot(state).nr];
	return ram->token[g.nr];
}

uint32_t guest_ram_read(struct guest_ram *ram, gfn_t g)
{
	guest_ram_access(ram, g, 1, RAM_READ);
	return ram->token[g.nr];
}

static void report_loss(struct guest_ram *ram, uint64_t nr, uint32_t expected, const char *owner)
{
	struct host *host = ram->host;
	char *history, *verdict;
	struct data_loss loss = { .vm = ram->vm->name, .owner = owner, .gfn = gfn(nr),
				  .expected = expected, .found = ram->token[nr],
				  .time = host->engine->now };

	page_history_add(ram, OP_CHECK, nr, 1, 0);
	history = page_history_text(ram, nr);
	verdict = page_history_verdict(ram, nr);
	loss.history = history ? history : "";
	loss.verdict = verdict ? verdict : "";
	host->stats.data_losses++;
	host->failed = true;
	if (host->observer && host->observer->data_loss)
		host->observer->data_loss(ram->vm, &loss);
	free(history);
	free(verdict);
}

uint64_t guest_ram_check(struct guest_ram *ram, gfn_t g, uint64_t nr, uint32_t token,
			 const char *owner)
{
	uint64_t done = 0, lost = 0;

	while (done < nr) {
		uint64_t at = g.nr + done, run = access_run(ram, at, nr - done, RAM_READ), i;

		for (i = 0; i < run; i++) {
			uint32_t expected = token ? (uint32_t)(token + done + i) : 0;

			if (ram->token[at + i] == expected)
				continue;
			if (!lost++)
				report_loss(ram, at + i, expected, owner);
		}
		done += run;
	}
	return lost;
}
