// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes of the host that take memory: what else runs on it, a backup or a build, and makes it
 * hot there.
 *
 * Each writes its memory once, page by page, and keeps it; a part it reads again and again.  It is
 * anonymous memory of the host like a VMM's own: on its LRU lists, charged to a memory group,
 * swapped, and the OOM killer weighs it against VMMs (oom_badness()).  Left out: huge pages, files,
 * what the process computes.
 */
#include "machine-internal.h"

#include <inttypes.h>

#define RUN_PAGES 512

uint64_t machine_vm_id(const struct kvm_vm *vm)
{
	return vm && !vm->is_process ? vm->id : TRACE_HOST;
}

static void touch(struct kvm_vm *process, uint64_t pages, enum ram_access access)
{
	enum cost_id cost = access == RAM_WRITE ? COST_PAGE_WRITE : COST_PAGE_READ;
	uint64_t at, nr;

	for (at = 0; at < pages; at += nr) {
		nr = pages - at < RUN_PAGES ? pages - at : RUN_PAGES;
		guest_ram_access_host(process->ram, gfn(at), nr, access);
		charge(cost, nr);
		cpu_sync();
	}
}

static void ended(struct machine_command *command, bool killed, uint64_t resident, uint64_t swapped)
{
	machine_command_ended(command, killed, "%s%" PRIu64 " MiB resident, %" PRIu64
			      " MiB swapped", killed ? "killed by the OOM killer, " : "",
			      PAGES_MIB(resident), PAGES_MIB(swapped));
}

/* Until @end; what is hot is read every period. */
static void hold(struct machine_command *command, uint64_t end)
{
	const struct scenario_command *config = machine_command_config(command);
	struct engine *engine = &command->item.machine->engine;
	uint64_t period = config->period_ms * NSEC_PER_MSEC_U64;

	while (engine->now < end) {
		uint64_t left = end - engine->now;

		machine_process_wait(command, config->hot_mib && period < left ? period : left,
				     end != TIME_NEVER);
		touch(command->memory, MIB_PAGES(config->hot_mib), RAM_READ);
	}
}

static void program_main(struct machine_command *command)
{
	const struct scenario_command *config = machine_command_config(command);
	struct engine *engine = &command->item.machine->engine;
	struct kvm_vm *process = command->memory;

	touch(process, MIB_PAGES(config->size_mib), RAM_WRITE);
	if (config->hold_ms) {
		hold(command, engine->now + config->hold_ms * NSEC_PER_MSEC_U64);
		ended(command, false, guest_ram_resident(process->ram),
		      guest_ram_swapped(process->ram));
		host_stop_vm(process);
		return;
	}
	ended(command, false, guest_ram_resident(process->ram), guest_ram_swapped(process->ram));
	if (config->hot_mib)
		hold(command, TIME_NEVER);
	/* The memory stays without it. */
}

void machine_host_program(struct machine_command *command)
{
	const struct scenario_command *config = machine_command_config(command);
	struct machine *m = command->item.machine;

	command->memory = host_create_process(&m->host, config->name,
					      config->size_mib << 20);
	if (!command->memory) {
		machine_fail(m, TRACE_END_FAILED, true, "%s: not enough memory to start it",
			     config->path);
		return;
	}
	host_set_memcg(command->memory, machine_cgroup(m, config->cgroup));
	machine_process_run(command, program_main, command->memory);
}

void machine_host_program_killed(struct machine *m, const struct kvm_vm *process)
{
	char text[160];
	uint32_t i;

	snprintf(text, sizeof(text), "Out of memory: Killed process %s, anon-rss:%" PRIu64 "kB",
		 process->name, process->killed_resident << (HOST_PAGE_SHIFT - 10));
	machine_host_says(m, TRACE_WARNING, text);
	for (i = 0; i < m->scenario->nr_commands; i++)
		if (m->commands[i].memory == process)
			ended(&m->commands[i], true, process->killed_resident,
			      process->killed_swapped);
}
