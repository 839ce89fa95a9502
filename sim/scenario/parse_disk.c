// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks of a scenario's host, and what lies on them: swap space, files, images of guests.
 *
 * A disk cannot lie on another one, so nothing lies on itself.
 */
#include <inttypes.h>

#include "parse.h"

void *begin_disk(struct parser *p, struct tree_node *node, void *parent)
{
	struct scenario_host *host = parent;
	struct scenario_disk *disk;

	host->disks = scenario_grow(p->scenario, host->disks, host->nr_disks, sizeof(*disk));
	node->index = host->nr_disks;
	disk = &host->disks[host->nr_disks++];
	disk->name = node->name;
	disk->nr_requests = disk->request_kib = UINT32_MAX;
	return disk;
}

void *begin_swap(struct parser *p, struct tree_node *node, void *parent)
{
	struct scenario_swap *swap;

	if (node->parent->spec->kind == NODE_HOST)
		swap = &((struct scenario_host *)parent)->swap;
	else
		swap = &((struct scenario_guest *)parent)->swap;
	swap->kind = node->spec->variant;
	return swap;
}

void parse_set_disk(struct parser *p, const struct tree_node *node, uint32_t disk)
{
	struct scenario *scenario = p->scenario;

	if (node->spec->kind == NODE_GUEST)
		scenario->guests[node->guest].disk = disk;
	else if (node->spec->kind == NODE_FILES)
		scenario->host.files[node->index].disk = disk;
	else if (node->parent->spec->kind == NODE_GUEST)
		scenario->guests[node->parent->guest].swap.disk = disk;
	else
		scenario->host.swap.disk = disk;
}

/* What it says with words. */
static void fill_in(struct scenario_disk *disk)
{
	bool nvme = disk->kind == SCENARIO_DISK_NVME;

	if (disk->nr_requests == UINT32_MAX)
		disk->nr_requests = nvme ? 1023 : 64;
	if (disk->request_kib == UINT32_MAX)
		disk->request_kib = nvme ? 0 : 1280;
}

/* Files on a shared disk take as long as that does. */
static void check_files(struct parser *p, const struct tree_node *node)
{
	static const char *const own[] = { "seek-us", "seek-max-us", "read-us",
					   "transfer-mib-per-s" };

	for (unsigned int i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (!tree_property(node, own[i]))
			continue;
		parse_error(p, blame(node, own[i]), node, own[i],
			    "the files lie on a disk that says it; allowed: without disk");
		return;
	}
}

static void check_users(struct parser *p, const struct tree_node *host_node)
{
	const struct scenario_host *host = &p->scenario->host;

	if (host->dirty_background_ratio >= host->dirty_ratio)
		parse_error(p, blame(host_node, "dirty-background-ratio"), host_node,
			    "dirty-background-ratio",
			    "not below dirty-ratio; allowed: 1..%" PRIu32 " %%, or more "
			    "dirty-ratio", host->dirty_ratio - 1);

	for (struct tree_node *node = host_node->children; node; node = node->next)
		if (node->spec && node->spec->kind == NODE_FILES && host->files[node->index].disk)
			check_files(p, node);
	for (uint32_t i = 0; i < p->scenario->nr_guests; i++) {
		const struct tree_node *node = p->guest_nodes[i];

		if (tree_property(node, "image-mib") && !p->scenario->guests[i].disk)
			parse_error(p, blame(node, "image-mib"), node, "image-mib",
				    "there is no disk for it; allowed: with disk = <&label>");
		if (p->scenario->guests[i].cache == SCENARIO_CACHE_WRITEBACK &&
		    !p->scenario->guests[i].disk && !p->scenario->guests[i].swap.disk)
			parse_error(p, blame(node, "cache"), node, "cache",
				    "nothing of it lies on a disk of the host; allowed: with disk "
				    "= <&label> or a ballast,swap-file");
	}
}

/* MiB of all that lies on a disk. */
static uint64_t used_mib(const struct scenario *s, uint32_t disk)
{
	uint64_t mib = s->host.swap.disk == disk ? s->host.swap.size_mib : 0;

	for (uint32_t i = 0; i < s->host.nr_files; i++)
		mib += s->host.files[i].disk == disk ? s->host.files[i].size_mib : 0;
	for (uint32_t i = 0; i < s->nr_guests; i++) {
		const struct scenario_guest *g = &s->guests[i];
		uint64_t each = (g->swap.disk == disk ? g->swap.size_mib : 0) +
				(g->disk == disk ? g->image_mib : 0);

		mib += each * g->nr_replicas;
	}
	return mib;
}

void parse_check_disks(struct parser *p, const struct tree_node *host_node)
{
	struct scenario_host *host = &p->scenario->host;

	for (struct tree_node *node = host_node->children; node; node = node->next) {
		struct scenario_disk *disk;
		uint64_t mib;

		if (!node->spec || node->spec->kind != NODE_DISK)
			continue;
		disk = &host->disks[node->index];
		fill_in(disk);
		mib = used_mib(p->scenario, node->index + 1);
		if (mib > disk->size_mib)
			parse_error(p, blame(node, "size-mib"), node, "size-mib",
				    "no room for the %" PRIu64 " MiB that are to lie on it; "
				    "allowed: %" PRIu64 " MiB or more", mib, mib);
		if (disk->seek_max_us && disk->seek_max_us < disk->seek_us)
			parse_error(p, blame(node, "seek-max-us"), node, "seek-max-us",
				    "less than the mean; allowed: 0, or %" PRIu32 "..10000000 us",
				    disk->seek_us);
	}
	check_users(p, host_node);
}
