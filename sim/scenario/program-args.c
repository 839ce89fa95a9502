// SPDX-License-Identifier: GPL-2.0-only
/*
 * See program-args.h.
 */
#include "program-args.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct program_arg *scenario_program_args(const struct scenario_program *p, size_t *nr)
{
	static const char *const advice[] = { [SCENARIO_MADVISE_NONE] = "none",
					      [SCENARIO_MADVISE_HUGEPAGE] = "hugepage",
					      [SCENARIO_MADVISE_NOHUGEPAGE] = "nohugepage" };
	static const char *const patterns[] = { [SCENARIO_PATTERN_UNIFORM] = "uniform",
						[SCENARIO_PATTERN_ZIPF] = "zipf" };
	const struct program_arg args[] = {
		{ "size-mib", NULL, p->size_mib },
		{ "loops", NULL, p->loops },
		{ "tasks", NULL, p->tasks },
		{ "hold-ms", NULL, p->hold_ms },
		{ "pause-ms", NULL, p->pause_ms },
		{ "duration-ms", NULL, p->duration_ms },
		{ "lifetime-ms", NULL, p->lifetime_ms },
		{ "min-kib", NULL, p->min_kib },
		{ "max-kib", NULL, p->max_kib },
		{ "file-mib", NULL, p->file_mib },
		{ "block", NULL, p->block },
		{ "time-percent", NULL, p->time_percent },
		{ "bytes-percent", NULL, p->bytes_percent },
		{ "madvise", advice[p->madvise], 0 },
		{ "rate-per-s", NULL, p->rate_per_s },
		{ "touches", NULL, p->touches },
		{ "write-percent", NULL, p->write_percent },
		{ "compute-us", NULL, p->compute_us },
		{ "pattern", patterns[p->pattern], 0 },
		{ "quantum-us", NULL, p->quantum_us },
	};
	struct program_arg *copy = malloc(sizeof(args));

	if (copy)
		memcpy(copy, args, sizeof(args));
	*nr = sizeof(args) / sizeof(args[0]);
	return copy;
}

int scenario_program_words(const struct scenario_program *p, char *text, size_t size)
{
	size_t nr, i, used = 0;
	struct program_arg *args = scenario_program_args(p, &nr);

	for (i = 0; args && i < nr && used < size; i++) {
		if (args[i].text)
			used += snprintf(text + used, size - used, " %s=%s", args[i].name,
					 args[i].text);
		else
			used += snprintf(text + used, size - used, " %s=%" PRIu64, args[i].name,
					 args[i].value);
	}
	if (!args || used >= size)
		used = size;
	free(args);
	return used < size ? 0 : -1;
}
