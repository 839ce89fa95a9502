/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How entries of the table of scenarios are written: parse-table.c, parse_table_disk.c,
 * parse_table_commands.c.
 */
#ifndef BALLAST_SCENARIO_PARSE_TABLE_H
#define BALLAST_SCENARIO_PARSE_TABLE_H

#include "parse.h"

#define FIELD(type, field) offsetof(struct type, field), sizeof(((struct type *)0)->field)
#define SET(array) { array, sizeof(array) / sizeof((array)[0]) }
#define U32(name, unit, min, max, fallback, field, doc)                                            \
	{ name, PROPERTY_U32, unit, min, max, fallback, NULL, 0, doc, field }
#define U64(name, unit, min, max, fallback, field, doc)                                            \
	{ name, PROPERTY_U64, unit, min, max, fallback, NULL, 0, doc, field }
#define U32_LIST(name, unit, min, max, field, doc)                                                 \
	{ name, PROPERTY_U32LIST, unit, min, max, "none", NULL, 0, doc, field }
#define STRING(name, fallback, field, doc)                                                         \
	{ name, PROPERTY_STRING, NULL, 0, 0, fallback, NULL, 0, doc, field }
#define BOOL(name, field, doc)                                                                     \
	{ name, PROPERTY_BOOL, NULL, 0, 0, "false", NULL, 0, doc, field }
#define ENUM(name, values, fallback, field, doc)                                                   \
	{ name, PROPERTY_ENUM, NULL, 0, 0, fallback, values, 0, doc, field }
#define PHANDLE(name, max, fallback, targets, doc)                                                 \
	{ name, PROPERTY_PHANDLE, NULL, 0, max, fallback, NULL, targets, doc, 0, 0 }
#define INPUT_FILE(name, fallback, field, doc)                                                     \
	{ name, PROPERTY_FILE, NULL, 0, 0, fallback, NULL, 0, doc, field }

#define MIB_MAX (UINT64_C(16) << 20)		/* 16 TiB */
#define MS_MAX (UINT64_C(366) * 86400 * 1000)	/* a year */
#define NS_MAX UINT64_C(1000000000)

/* Everything that starts: guests, programs, commands. */
#define START_PROPERTIES(type)                                                                     \
	U64("start-ms", "ms", 0, MS_MAX, "0", FIELD(type, start.start_ms),                         \
	    "does not start before this time of the run"),                                         \
	U64("delay-ms", "ms", 0, MS_MAX, "0", FIELD(type, start.delay_ms),                         \
	    "waits this long once nothing else holds it back"),                                    \
	PHANDLE("after", 64, "none",                                                               \
		NODE_BIT(NODE_GUEST) | NODE_BIT(NODE_PROGRAM) | NODE_BIT(NODE_COMMAND),            \
		"starts when all of these have ended: a guest when its last program has, a "       \
		"command when it has taken effect (a balloon has its target size)")

/* Sizes of huge pages beside the one that `thp` is for, under the names of sysfs. */
#define HUGEPAGES(kib, index)                                                                      \
	ENUM("hugepages-" kib "kB", "never always inherit madvise", "never",                       \
	     FIELD(scenario_guest, hugepages[index]),                                              \
	     "folios of " kib " KiB for programs' memory (mTHP); inherit: as thp says; since 6.12")
#define HUGEPAGES_PROPERTIES                                                                       \
	HUGEPAGES("16", 0), HUGEPAGES("32", 1), HUGEPAGES("64", 2), HUGEPAGES("128", 3),           \
	HUGEPAGES("256", 4), HUGEPAGES("512", 5), HUGEPAGES("1024", 6)

#define CONTAINER(ident, name_, nodes, text)                                                       \
	const struct node_spec ident = {                                                           \
		.kind = NODE_CONTAINER, .name = name_, .single = true, .doc = text,                \
		.children = nodes, .begin = begin_container,                                       \
	}

/* parse_table_disk.c */
extern const struct node_spec node_disk, node_hdd, node_ssd, node_nvme, node_zram, node_swap_file;

/* parse_table_commands.c */
extern const struct node_spec node_commands, node_host_program;

#endif
