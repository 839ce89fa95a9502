// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a scenario may say, commands: what is done to a host and its guests by hand; see
 * parse-table.c.
 */
#include "parse_table.h"

static const struct property_spec command_properties[] = {
	PHANDLE("guest", 1, NULL, NODE_BIT(NODE_GUEST), "whose balloon; all its replicas'"),
	U64("target-mib", "MiB", 1, MIB_MAX, "target-kib", FIELD(scenario_command, target_mib),
	    "memory that the guest is to be left with, as QEMU's monitor command balloon"),
	U64("target-kib", "KiB", 1, MIB_MAX << 10, "target-mib",
	    FIELD(scenario_command, target_kib),
	    "the same in KiB, instead of target-mib; the device counts pages of 4 KiB, so that "
	    "what is less than a page is left to the guest"),
	START_PROPERTIES(scenario_command),
};

static const struct property_spec hints_properties[] = {
	PHANDLE("guest", 1, NULL, NODE_BIT(NODE_GUEST),
		"whose device, which must have free-page-hint; all its replicas'"),
	START_PROPERTIES(scenario_command),
};

static const struct property_spec drop_properties[] = {
	PHANDLE("guest", 1, "none", NODE_BIT(NODE_GUEST),
		"in which guest, all its replicas; none: on the host"),
	START_PROPERTIES(scenario_command),
};

static const struct property_spec guest_properties[] = {
	PHANDLE("guest", 1, NULL, NODE_BIT(NODE_GUEST), "which; all its replicas"),
	START_PROPERTIES(scenario_command),
};

static const struct property_spec host_properties[] = { START_PROPERTIES(scenario_command) };

#define COMMAND(ident, compatible_, kind_, set, text)                                              \
	static const struct node_spec ident = {                                                    \
		.kind = NODE_COMMAND, .compatible = compatible_, .variant = kind_, .doc = text,    \
		.sets = { SET(set) }, .begin = begin_command,                                      \
	}

COMMAND(node_balloon, "ballast,set-balloon", SCENARIO_COMMAND_SET_BALLOON, command_properties,
	"the host sets the size of a balloon");
COMMAND(node_hints, "ballast,ask-for-hints", SCENARIO_COMMAND_ASK_FOR_HINTS, hints_properties,
	"the host begins to migrate the guest away, and its driver is asked for hints of free "
	"pages; nothing is sent, and it does not end");
COMMAND(node_drop, "ballast,drop-caches", SCENARIO_COMMAND_DROP_CACHES, drop_properties,
	"echo 1 > /proc/sys/vm/drop_caches: pages of files that are clean and in nobody's use go");
COMMAND(node_compact, "ballast,compact-memory", SCENARIO_COMMAND_COMPACT_MEMORY, guest_properties,
	"echo 1 > /proc/sys/vm/compact_memory in the guest");
COMMAND(node_swapoff, "ballast,swapoff", SCENARIO_COMMAND_SWAPOFF, host_properties,
	"swapoff on the host: all that is in swap is read back; when memory does not do for it, "
	"the OOM killer ends the command first, and swap is used again");
COMMAND(node_pause, "ballast,pause", SCENARIO_COMMAND_PAUSE, guest_properties,
	"QEMU's monitor command stop: its vCPUs do not run, and its clock does not");
COMMAND(node_resume, "ballast,resume", SCENARIO_COMMAND_RESUME, guest_properties,
	"QEMU's monitor command cont, of a guest that is paused");
COMMAND(node_shutdown, "ballast,shutdown", SCENARIO_COMMAND_SHUTDOWN, guest_properties,
	"QEMU's monitor command quit: the VMM ends, whatever its programs do, and all its memory "
	"is the host's again");
COMMAND(node_start, "ballast,start", SCENARIO_COMMAND_START, guest_properties,
	"a guest that was shut down boots anew, with all its programs; has ended when it is up");

static const struct property_spec program_properties[] = {
	U64("size-mib", "MiB", 1, MIB_MAX, NULL, FIELD(scenario_command, size_mib),
	    "anonymous memory that it takes and writes, page by page"),
	U64("hold-ms", "ms", 0, MS_MAX, "0", FIELD(scenario_command, hold_ms),
	    "keeps it that long, then ends; 0: keeps it, and nobody waits for its end"),
	U64("hot-mib", "MiB", 0, MIB_MAX, "0", FIELD(scenario_command, hot_mib),
	    "of that, what it reads again and again"),
	U64("period-ms", "ms", 10, MS_MAX, "1000", FIELD(scenario_command, period_ms),
	    "from the end of one such reading to the next"),
	PHANDLE("cgroup", 1, "none", NODE_BIT(NODE_CGROUP), "that its memory is charged to"),
	START_PROPERTIES(scenario_command),
};

const struct node_spec node_host_program = {
	.kind = NODE_COMMAND, .compatible = "ballast,host-program",
	.variant = SCENARIO_COMMAND_HOST_PROGRAM,
	.doc = "a process of the host, no VMM, that takes memory; it is swapped, and the host's "
	       "OOM killer may choose it; in tables it is with the commands",
	.sets = { SET(program_properties) }, .begin = begin_command,
};

static const struct node_spec *const command_nodes[] = {
	&node_balloon, &node_hints, &node_drop, &node_compact, &node_swapoff, &node_pause,
	&node_resume, &node_shutdown, &node_start, NULL,
};

CONTAINER(node_commands, "commands", command_nodes, "what the host's management does, and when");
