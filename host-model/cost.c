// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of the costs; see cost.h.
 */
#include "cost.h"

#include <stdio.h>
#include <string.h>

const struct cost_info cost_info[NR_COSTS] = {
#define COST(id, prop, text) [COST_##id] = { .property = prop, .doc = text },
	COST_TABLE(COST)
#undef COST
};

const char *ledger_name(unsigned int line, char *buf, unsigned int size)
{
	if (line == LEDGER_LOCK_SPIN)
		return "lock-spin";
	if (line == LEDGER_PROGRAM)
		return "program";
	if (line == LEDGER_DISK)
		return "guest-disk";
	snprintf(buf, size, "%.*s", (int)strlen(cost_info[line].property) - 3,
		 cost_info[line].property);
	return buf;
}

void ledger_take_off(struct ledger_account *account, uint64_t ns)
{
	while (ns) {
		unsigned int most = 0, i;
		uint64_t part;

		for (i = 1; i < NR_LEDGER; i++)
			if (account->ns[i] > account->ns[most])
				most = i;
		part = account->ns[most] < ns ? account->ns[most] : ns;
		if (!part)
			return;
		account->ns[most] -= part;
		ns -= part;
	}
}

uint64_t ledger_total(const struct ledger_account *account)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < NR_LEDGER; i++)
		sum += account->ns[i];
	return sum;
}
