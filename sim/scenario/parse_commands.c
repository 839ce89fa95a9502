// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of a scenario: whether what they are to do can be done.
 */
#include <inttypes.h>
#include <string.h>

#include "parse.h"

uint64_t scenario_command_target(const struct scenario_command *command)
{
	uint64_t kib = command->target_kib ? command->target_kib : command->target_mib << 10;

	return ((kib + 3) & ~UINT64_C(3)) << 10;
}

static void check_target(struct parser *p, const struct tree_node *node,
			 const struct scenario_command *command,
			 const struct scenario_guest *guest)
{
	const char *property = command->target_kib ? "target-kib" : "target-mib";

	if (!command->target_mib == !command->target_kib)
		parse_error(p, blame(node, "target-kib"), node, "target-mib",
			    "%s; allowed: 1..%" PRIu64 " MiB, or target-kib", command->target_mib ?
			    "target-kib is another target" : "missing", guest->memory_mib);
	else if (scenario_command_target(command) > guest->memory_mib << 20)
		parse_error(p, blame(node, property), node, property,
			    "more than guest %s has; allowed: 1..%" PRIu64 " %s", guest->name,
			    command->target_kib ? guest->memory_mib << 10 : guest->memory_mib,
			    command->target_kib ? "KiB" : "MiB");
}

static void check_balloon(struct parser *p, const struct tree_node *node,
			  const struct scenario_command *command,
			  const struct scenario_guest *guest)
{
	const struct scenario_device *balloon = scenario_balloon(guest);
	bool hints = command->kind == SCENARIO_COMMAND_ASK_FOR_HINTS;

	if (!balloon)
		parse_error(p, blame(node, "guest"), node, "guest",
			    "guest %s has no balloon device; allowed: a guest with one",
			    guest->name);
	else if (hints && !balloon->free_page_hint)
		parse_error(p, blame(node, "guest"), node, "guest",
			    "the device of guest %s does not take hints; allowed: a guest "
			    "with free-page-hint", guest->name);
	if (!hints)
		check_target(p, node, command, guest);
}

void parse_check_commands(struct parser *p)
{
	const struct scenario *s = p->scenario;

	for (uint32_t i = 0; i < s->nr_commands; i++) {
		const struct scenario_command *command = &s->commands[i];
		const struct tree_node *node = p->command_nodes[i];

		switch (command->kind) {
		case SCENARIO_COMMAND_SET_BALLOON:
		case SCENARIO_COMMAND_ASK_FOR_HINTS:
			check_balloon(p, node, command, &s->guests[command->guest]);
			break;
		case SCENARIO_COMMAND_SWAPOFF:
			if (s->host.swap.kind == SCENARIO_SWAP_NONE)
				parse_error(p, node->file, node, NULL, "the host has no swap; "
					    "allowed: a host with a swap device");
			break;
		case SCENARIO_COMMAND_HOST_PROGRAM:
			if (command->hot_mib > command->size_mib)
				parse_error(p, blame(node, "hot-mib"), node, "hot-mib",
					    "more than there is; allowed: 0..%" PRIu64 " MiB",
					    command->size_mib);
			break;
		default:
			break;
		}
	}
}
