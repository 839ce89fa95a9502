// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands on whole guests: pause, resume, shutdown, start.
 *
 * Pausing and resuming are QMP's stop and cont, which the VMM's main loop carries out
 * (sim/linux/kernel/pause.c has what the guest sees of it).  Shutting down is QMP's quit: the VMM
 * ends at once, its programs are cut off, and its memory is the host's again in no time, as after
 * the OOM killer.  Left out: system_powerdown, by which the guest's programs would end first.
 * Unlike QEMU, which does nothing then, a guest that is paused twice or resumed without having been
 * paused is an error: the scenario means something else.
 */
#include "machine-internal.h"

#include <inttypes.h>

/* The scenario asks for what cannot be done. */
static void wrong(const struct machine_command *command, const char *what, const char *allowed)
{
	machine_fail(command->item.machine, TRACE_END_FAILED, true, "%s: guest %s %s; allowed: %s",
		     machine_command_config(command)->path, command->item.guest->config->name,
		     what, allowed);
}

/* The VMM's main loop may run once more when the machine is taken apart, without its guest. */
static bool is_over(const struct machine_command *command)
{
	return command->item.state != ITEM_RUNNING || command->item.machine->quiet;
}

static void paused(void *opaque)
{
	struct machine_command *command = opaque;

	if (is_over(command))
		return;
	guest_kernel_pause(command->item.guest->kernel);
	machine_command_ended(command, false, "paused");
}

void machine_pause(struct machine_command *command)
{
	struct machine_guest *guest = command->item.guest;

	if (guest->paused) {
		wrong(command, "is paused already", "pause of a guest that runs");
		return;
	}
	guest->paused = true;
	vmm_qmp_run_state(guest->vmm, false, paused, command);
}

static void resumed(void *opaque)
{
	struct machine_command *command = opaque;
	struct machine_guest *guest = command->item.guest;

	if (is_over(command))
		return;
	guest_kernel_resume(guest->kernel);
	guest->balloon_progress = guest->machine->engine.now;
	machine_command_ended(command, false, "resumed");
}

void machine_resume(struct machine_command *command)
{
	struct machine_guest *guest = command->item.guest;

	if (!guest->paused) {
		wrong(command, "is not paused", "resume of a guest that a command has paused");
		return;
	}
	guest->paused = false;
	vmm_qmp_run_state(guest->vmm, true, resumed, command);
}

void machine_shutdown(struct machine_command *command)
{
	struct machine_guest *guest = command->item.guest;
	struct machine *m = guest->machine;
	uint64_t free_before = m->host.free_pages;

	machine_trace_flush_extent(m);
	machine_trace_sample(guest);
	guest->shut_down = true;
	guest->paused = false;
	host_stop_vm(guest->vm);
	MACHINE_TRACE(m, guest_end, .guest = guest->id, .reason = TRACE_OFF_POWER);
	machine_guest_killed(guest, TRACE_CUT_SHUT_DOWN);
	machine_command_ended(command, false, "%" PRIu64 " MiB of the host's memory free again",
			      PAGES_MIB(m->host.free_pages - free_before));
}

void machine_start(struct machine_command *command)
{
	struct machine_guest *guest = command->item.guest;

	if (!guest->gone)
		wrong(command, "runs", "start of a guest that was shut down");
	else if (guest_kernel_dead(guest->kernel))
		wrong(command, "has crashed", "start of a guest that was shut down");
	else
		machine_guest_again(guest);
}

static const struct machine_command *find_start(const struct machine_guest *guest,
						enum item_state from, enum item_state to)
{
	const struct machine *m = guest->machine;
	uint32_t i;

	for (i = 0; i < m->scenario->nr_commands; i++) {
		const struct machine_command *command = &m->commands[i];

		if (command->item.guest == guest &&
		    machine_command_config(command)->kind == SCENARIO_COMMAND_START &&
		    command->item.state >= from && command->item.state <= to)
			return command;
	}
	return NULL;
}

bool machine_guest_returns(const struct machine_guest *guest)
{
	return find_start(guest, ITEM_WAITING, ITEM_DELAYED);
}

void machine_guest_started(struct machine_guest *guest)
{
	const struct machine_command *command = find_start(guest, ITEM_RUNNING, ITEM_RUNNING);

	if (command)
		machine_command_ended(&guest->machine->commands[command->item.index], false, "up");
}
