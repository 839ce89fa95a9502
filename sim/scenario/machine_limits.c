// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether this process may have what a machine of so many guests takes: memory mappings and file
 * descriptors.  Said before the run rather than in the middle of it, by whatever fails first.
 *
 * An image takes as many mappings as the loader makes of its segments, and the descriptor that
 * keeps its memory file; a stack takes two mappings, itself and its guard page.  How many stacks a
 * guest has depends on what it does: this is what guests have that do something, measured.
 */
#include "machine-internal.h"

#include <stdio.h>
#include <sys/resource.h>

#define IMAGE_MAPPINGS 5
#define STACK_MAPPINGS 2
#define RAM_MAPPINGS 4		/* guest RAM and its tables */
#define KERNEL_STACKS 6		/* kswapd, flusher, boot or rmmod, and a few workers */
#define OWN_MAPPINGS 64		/* of the simulator, besides those that there are now */
#define OWN_DESCRIPTORS 16

struct needs {
	uint64_t mappings, descriptors;
};

static struct needs guest_needs(const struct scenario_guest *guest)
{
	uint64_t images = guest->nr_modules + guest->nr_devices, stacks;
	uint32_t i;

	stacks = 2 * guest->vcpus + 1 + KERNEL_STACKS + guest->nr_programs;
	/* Threads that serve a cached disk come as they are needed. */
	if (guest->cache == SCENARIO_CACHE_WRITEBACK)
		stacks += 8;
	/* An iothread for hints, or a worker of the host's kernel. */
	for (i = 0; i < guest->nr_devices; i++)
		stacks += 1;
	return (struct needs){ .mappings = images * IMAGE_MAPPINGS + stacks * STACK_MAPPINGS +
					   RAM_MAPPINGS,
			       .descriptors = images };
}

/* 0: not to be known. */
static uint64_t max_mappings(void)
{
	FILE *f = fopen("/proc/sys/vm/max_map_count", "r");
	unsigned long long max = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%llu", &max) != 1)
		max = 0;
	fclose(f);
	return max;
}

static uint64_t count_mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	uint64_t nr = 0;
	int c;

	while (f && (c = getc(f)) != EOF)
		nr += c == '\n';
	if (f)
		fclose(f);
	return nr;
}

/* Guests like the first that fit into what is left. */
static uint64_t guests_fit(uint64_t limit, uint64_t own, uint64_t each)
{
	return limit > own && each ? (limit - own) / each : 0;
}

static int check_mappings(const struct scenario *s, uint64_t needed, char *error, size_t size)
{
	uint64_t limit = max_mappings(), own = count_mappings() + OWN_MAPPINGS;

	if (!limit || needed + own <= limit)
		return 0;
	snprintf(error, size, "%s: %u guests take some %llu memory mappings, and a process may "
		 "have %llu: room for %llu guests; allow more with sysctl vm.max_map_count=%llu",
		 s->file, s->nr_guests, (unsigned long long)(needed + own),
		 (unsigned long long)limit,
		 (unsigned long long)guests_fit(limit, own, guest_needs(s->guests).mappings),
		 (unsigned long long)(needed + own) * 5 / 4);
	return -1;
}

static int check_descriptors(const struct scenario *s, uint64_t needed, char *error, size_t size)
{
	struct rlimit limit;

	needed += OWN_DESCRIPTORS;
	if (getrlimit(RLIMIT_NOFILE, &limit) || needed <= limit.rlim_cur)
		return 0;
	if (needed <= limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		if (!setrlimit(RLIMIT_NOFILE, &limit))
			return 0;
	}
	snprintf(error, size, "%s: %u guests take %llu file descriptors, one for each copy of an "
		 "image, and this process may have %llu: room for %llu guests; allow more with "
		 "ulimit -n", s->file, s->nr_guests, (unsigned long long)needed,
		 (unsigned long long)limit.rlim_max,
		 (unsigned long long)guests_fit(limit.rlim_max, OWN_DESCRIPTORS,
						guest_needs(s->guests).descriptors));
	return -1;
}

static void add_needs(struct needs *all, const struct scenario_guest *guest)
{
	struct needs one = guest_needs(guest);

	all->mappings += one.mappings;
	all->descriptors += one.descriptors;
}

int machine_check_limits(const struct scenario *s, char *error, size_t size)
{
	struct needs all = { s->host.nr_modules * IMAGE_MAPPINGS, s->host.nr_modules };
	uint32_t i;

	for (i = 0; i < s->nr_guests; i++)
		add_needs(&all, &s->guests[i]);
	/* What has ended stays until the end. */
	for (i = 0; i < s->nr_commands; i++)
		if (s->commands[i].kind == SCENARIO_COMMAND_START)
			add_needs(&all, &s->guests[s->commands[i].guest]);
	return check_mappings(s, all.mappings, error, size) ||
	       check_descriptors(s, all.descriptors, error, size) ? -1 : 0;
}
