// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boot profiles in a scenario: whether their numbers can be, and go together.
 */
#include <inttypes.h>

#include "parse.h"

void *begin_boot(struct parser *p, struct tree_node *node, void *parent)
{
	p->boots = scenario_grow(p->scenario, p->boots, p->nr_boots, sizeof(*p->boots));
	node->index = p->nr_boots;
	p->boots[p->nr_boots].name = node->name;
	return &p->boots[p->nr_boots++];
}

static void check_part(struct parser *p, const struct tree_node *node, const char *property,
		       uint64_t part, const char *of, uint64_t whole, const char *unit)
{
	if (part > whole)
		parse_error(p, blame(node, property), node, property,
			    "more than %s; allowed: 0..%" PRIu64 " %s", of, whole, unit);
}

/* As far as the pages reach that the gaps are dealt for, whatever their order. */
static void check_gaps(struct parser *p, const struct tree_node *node,
		       const struct scenario_boot *boot)
{
	const struct scenario_numbers *gaps = &boot->active_gaps;
	uint64_t active = boot->active_kib / 4, sum = 0;
	uint64_t pages = ((uint64_t)boot->kernel_mib + boot->user_mib) << 8;

	if (!active || active > pages)
		return;
	for (uint32_t i = 0; i < gaps->nr; i++)
		sum += gaps->value[i];
	if (gaps->nr && (active + gaps->nr - 1) / gaps->nr * sum > pages)
		parse_error(p, blame(node, "active-gaps"), node, "active-gaps",
			    "%" PRIu64 " active pages reach further than the %" PRIu64
			    " pages of kernel-mib and user-mib; allowed: a mean of up to %" PRIu64
			    " pages", active, pages, pages / active);
}

void parse_check_boots(struct parser *p)
{
	const struct tree_node *node;

	for (node = p->root->children; node; node = node->next) {
		const struct scenario_boot *boot;

		if (!node->spec || node->spec->kind != NODE_BOOT)
			continue;
		boot = &p->boots[node->index];
		check_part(p, node, "active-kib", boot->active_kib, "kernel-mib and user-mib",
			   ((uint64_t)boot->kernel_mib + boot->user_mib) << 10, "KiB");
		check_gaps(p, node, boot);
		check_part(p, node, "percpu-mib", boot->percpu_mib, "released-mib",
			   boot->released_mib, "MiB");
		check_part(p, node, "cache-active-mib", boot->cache_active_mib, "cache-mib",
			   boot->cache_mib, "MiB");
		check_part(p, node, "cache-hot-mib", boot->cache_hot_mib, "cache-mib",
			   boot->cache_mib, "MiB");
		if (boot->cache_hot_mib && !boot->daemon_period_ms)
			parse_error(p, blame(node, "cache-hot-mib"), node, "cache-hot-mib",
				    "nobody reads it; allowed: 0, or more with daemon-period-ms");
	}
}
