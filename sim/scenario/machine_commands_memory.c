// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands on memory that an administrator gives: drop_caches, compact_memory, swapoff.
 *
 * In a guest each runs as a task of its kernel, on the host as a thread of a process.  Left out:
 * the shell that writes to /proc, and what such a process takes of memory.
 */
#include "machine-internal.h"

#include <inttypes.h>

#include "page_cache.h"
#include "swapoff.h"

#define ORDER_HUGE 9

static void run_in_guest(struct machine_command *command, const char *comm, int (*fn)(void *data))
{
	struct machine_guest *guest = command->item.guest;

	if (guest_kernel_run(guest->kernel, comm, fn, command))
		machine_fail(command->item.machine, TRACE_END_FAILED, true,
			     "%s: not enough memory to start it",
			     machine_command_config(command)->path);
}

static void dropped(struct machine_command *command, uint64_t pages)
{
	machine_command_ended(command, false, "%" PRIu64 " MiB dropped", PAGES_MIB(pages));
}

static void drop_on_host(struct machine_command *command)
{
	uint64_t pages = cache_drop_all(&command->item.machine->host);

	cpu_sync();
	dropped(command, pages);
}

static int drop_in_guest(void *data)
{
	struct machine_command *command = data;

	dropped(command, user_drop_caches());
	return 0;
}

void machine_drop_caches(struct machine_command *command)
{
	if (command->item.guest)
		run_in_guest(command, "drop_caches", drop_in_guest);
	else
		machine_process_run(command, drop_on_host, NULL);
}

/* Pages in free blocks that make a huge page. */
static uint64_t free_huge(struct machine_guest *guest)
{
	struct guest_where where;
	uint64_t pages = 0;
	unsigned int order;

	guest_kernel_where(guest->kernel, guest->ballooned, &where);
	for (order = ORDER_HUGE; order < GUEST_ORDERS; order++)
		pages += where.free_order[order];
	return pages;
}

static int compact(void *data)
{
	struct machine_command *command = data;
	uint64_t before = free_huge(command->item.guest);

	user_compact();
	machine_command_ended(command, false, "%" PRIu64 " MiB free in blocks of 2 MiB, %" PRIu64
			      " before", PAGES_MIB(free_huge(command->item.guest)),
			      PAGES_MIB(before));
	return 0;
}

void machine_compact_memory(struct machine_command *command)
{
	run_in_guest(command, "compact_memory", compact);
}

static void swap_off(struct machine_command *command)
{
	struct host *host = &command->item.machine->host;
	uint64_t used = swap_used_slots(host->swap), left;

	switch (host_swapoff(host)) {
	case SWAPOFF_DONE:
		machine_command_ended(command, false, "%" PRIu64 " MiB out of swap",
				      PAGES_MIB(used));
		return;
	case SWAPOFF_KILLED:
		left = swap_used_slots(host->swap);
		machine_command_ended(command, true, "killed by the OOM killer, %" PRIu64
				      " MiB still in swap", PAGES_MIB(left));
		return;
	case SWAPOFF_NO_MEMORY:
		machine_command_ended(command, true, "Cannot allocate memory, %" PRIu64
				      " MiB in swap", PAGES_MIB(used));
		return;
	case SWAPOFF_NO_SWAP:
		machine_command_ended(command, true, "Invalid argument: it is off already");
		return;
	}
}

void machine_swapoff(struct machine_command *command)
{
	machine_process_run(command, swap_off, NULL);
}
