// SPDX-License-Identifier: GPL-2.0-only
/*
 * What backs a guest's memory: backing, and the properties that said some of it before there was
 * that one.
 */
#include <inttypes.h>

#include "parse.h"

#define KIB_NORMAL 4
#define KIB_LARGE 64
#define KIB_HUGE 2048

static void bad(struct parser *p, const struct tree_node *node, const char *property,
		const char *what, const char *allowed)
{
	parse_error(p, blame(node, property), node, property, "%s; allowed: %s", what, allowed);
}

void parse_backing(struct parser *p, const struct tree_node *node, struct scenario_guest *guest)
{
	bool sized = tree_property(node, "page-size-kib"), said = tree_property(node, "backing");
	uint32_t kib = guest->page_size_kib;

	if (!sized)
		guest->page_size_kib = guest->backing == SCENARIO_BACKING_HUGETLB ? KIB_HUGE :
										    KIB_NORMAL;
	else if (kib == KIB_HUGE && !said)
		guest->backing = SCENARIO_BACKING_HUGETLB;
	else if (kib == KIB_HUGE && guest->backing != SCENARIO_BACKING_HUGETLB)
		bad(p, node, "backing", "pages of 2048 KiB are those of hugetlbfs",
		    "hugetlb, with assigned-device if they are pinned");
	else if (kib != KIB_HUGE && guest->backing == SCENARIO_BACKING_HUGETLB)
		bad(p, node, "page-size-kib", "pages of hugetlbfs have 2048 KiB", "2048");
	else if (kib == KIB_LARGE && guest->backing == SCENARIO_BACKING_SHARED_FILE)
		bad(p, node, "page-size-kib", "pages of a shared file have 4 KiB", "4");
	if (guest->backing == SCENARIO_BACKING_PINNED)
		guest->assigned_device = true;
}
