// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory groups of the host; see memcg.h.
 */
#include "memory.h"

struct host_memcg *host_memcg(struct host *host, unsigned int id)
{
	(void)id;
	return &host->root;
}

void memcg_note_cost(struct host_memcg *memcg, bool file, uint64_t nr)
{
	for (; memcg; memcg = memcg->parent)
		scan_note_cost(&memcg->lru_cost, file, nr, memcg->lru_size);
}
