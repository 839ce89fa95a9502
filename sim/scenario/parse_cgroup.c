// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory groups of the host in a scenario: who is in which, and whether they can be.
 */
#include <inttypes.h>
#include <string.h>

#include "parse.h"

void *begin_cgroup(struct parser *p, struct tree_node *node, void *parent)
{
	struct scenario_host *host = parent;
	struct scenario_cgroup *cgroup;

	host->cgroups = scenario_grow(p->scenario, host->cgroups, host->nr_cgroups,
				      sizeof(*cgroup));
	node->index = host->nr_cgroups;
	cgroup = &host->cgroups[host->nr_cgroups++];
	cgroup->name = node->name;
	cgroup->path = scenario_printf(p->scenario, "%s: %s", node->file, node->path);
	cgroup->max_mib = cgroup->high_mib = cgroup->swap_max_mib = UINT64_MAX;
	return cgroup;
}

void parse_set_cgroup(struct parser *p, const struct tree_node *node, uint32_t cgroup)
{
	struct scenario *scenario = p->scenario;

	if (node->spec->kind == NODE_GUEST)
		scenario->guests[node->guest].cgroup = cgroup;
	else if (node->spec->kind == NODE_COMMAND)
		scenario->commands[node->index].cgroup = cgroup;
	else if (node->spec->kind == NODE_FILES)
		scenario->host.files[node->index].cgroup = cgroup;
	else
		scenario->host.cgroups[node->index].parent = cgroup;
}

static void check_version(struct parser *p, const struct tree_node *node)
{
	static const char *const of_v2[] = { "high-mib", "swap-max-mib", "low-mib", "min-mib" };

	for (unsigned int i = 0; i < sizeof(of_v2) / sizeof(of_v2[0]); i++)
		if (tree_property(node, of_v2[i]))
			parse_error(p, blame(node, of_v2[i]), node, of_v2[i],
				    "version 1 has none; allowed: cgroup-version = <2>");
}

/*
 * __cfs_schedulable(): in version 1 a group may not have a larger share of CPUs than one above it.
 */
static void check_quota(struct parser *p, const struct tree_node *node,
			const struct scenario_host *host)
{
	const struct scenario_cgroup *c = &host->cgroups[node->index], *above;

	if (!c->cpu_quota_us) {
		if (tree_property(node, "cpu-period-us"))
			parse_error(p, blame(node, "cpu-period-us"), node, "cpu-period-us",
				    "there is no quota for it; allowed: with cpu-quota-us");
		return;
	}
	for (uint32_t at = c->parent; at && host->cgroup_version == 1; at = above->parent) {
		above = &host->cgroups[at - 1];
		if (!above->cpu_quota_us ||
		    c->cpu_quota_us * above->cpu_period_us <=
		    above->cpu_quota_us * c->cpu_period_us)
			continue;
		parse_error(p, blame(node, "cpu-quota-us"), node, "cpu-quota-us",
			    "more of the CPUs than the group %s has; allowed: up to %" PRIu64
			    " us in its period of %" PRIu32, above->name,
			    above->cpu_quota_us * c->cpu_period_us / above->cpu_period_us,
			    c->cpu_period_us);
		return;
	}
}

/* Of all groups that this one is in, and itself, the lowest limit. */
static uint64_t limit_of(const struct scenario_host *host, uint32_t cgroup)
{
	uint64_t limit = UINT64_MAX;

	for (; cgroup; cgroup = host->cgroups[cgroup - 1].parent)
		if (host->cgroups[cgroup - 1].max_mib < limit)
			limit = host->cgroups[cgroup - 1].max_mib;
	return limit;
}

/* Whether groups are in each other, which makes searches upwards endless. */
static bool is_in_itself(const struct scenario_host *host, uint32_t cgroup)
{
	uint32_t at = cgroup, steps;

	for (steps = 0; at && steps <= host->nr_cgroups; steps++)
		at = host->cgroups[at - 1].parent;
	return at;
}

static void check_guests(struct parser *p)
{
	const struct scenario *scenario = p->scenario;

	for (uint32_t i = 0; i < scenario->nr_guests; i++) {
		const struct scenario_guest *guest = &scenario->guests[i];
		const struct tree_node *node = p->guest_nodes[i];
		uint64_t limit = limit_of(&scenario->host, guest->cgroup);

		if (scenario->host.vmm_memory_mib >= limit)
			parse_error(p, blame(node, "cgroup"), node, "cgroup",
				    "a VMM needs %" PRIu32 " MiB to start (vmm-memory-mib), the "
				    "group has %" PRIu64 "; allowed: a max-mib of more than that",
				    scenario->host.vmm_memory_mib, limit);
	}
}

void parse_check_cgroups(struct parser *p, const struct tree_node *host_node)
{
	const struct scenario_host *host = &p->scenario->host;
	const struct tree_node *node;
	bool cycle = false;

	for (node = host_node->children; node; node = node->next) {
		if (!node->spec || node->spec->kind != NODE_CGROUP)
			continue;
		if (host->cgroup_version == 1)
			check_version(p, node);
		if (!cycle && is_in_itself(host, node->index + 1)) {
			parse_error(p, blame(node, "parent"), node, "parent",
				    "the group is in itself; allowed: groups that end at one "
				    "without a parent");
			cycle = true;
		}
	}
	if (cycle)
		return;
	check_guests(p);
	for (node = host_node->children; node; node = node->next)
		if (node->spec && node->spec->kind == NODE_CGROUP)
			check_quota(p, node, host);
}
