// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands, those that set a balloon, and what becomes of them.
 *
 * A target is set as by QEMU's "balloon", and the command has ended when the guest says that it has
 * just that left, or when the next command for the same balloon overtakes it: nobody works towards
 * the old target then.  Whether the guest gets there is the driver's affair; what is known of its
 * way is kept here: how near it came, how often it found no page (it tries again), and what it
 * had to give back meanwhile.  Other commands: machine_commands_memory.c, machine_commands_power.c.
 */
#include "machine-internal.h"

#include <stdarg.h>

#define MIB (UINT64_C(1) << 20)
#define LITTLE_PAGES 256		/* that a guest may take back without starving */

const struct scenario_command *machine_command_config(const struct machine_command *command)
{
	return &command->item.machine->scenario->commands[command->item.index];
}

static bool is_for_balloon(const struct scenario_command *config)
{
	return config->kind == SCENARIO_COMMAND_SET_BALLOON ||
	       config->kind == SCENARIO_COMMAND_ASK_FOR_HINTS;
}

/* As QEMU has it, a target above the guest's memory is all of it. */
int64_t machine_command_target(const struct machine_command *command)
{
	const struct scenario_command *config = machine_command_config(command);
	uint64_t all, target = scenario_command_target(config);

	if (!is_for_balloon(config))
		return 0;
	all = command->item.guest->config->memory_mib * MIB;
	return config->kind == SCENARIO_COMMAND_SET_BALLOON && target < all ? target : all;
}

int64_t machine_guest_actual(const struct machine_guest *guest)
{
	return guest->balloon_actual < 0 ? (int64_t)(guest->config->memory_mib * MIB) :
					   guest->balloon_actual;
}

static uint64_t balloon_failures(struct machine_guest *guest)
{
	struct guest_memory memory = { 0 };

	if (guest->kernel && !guest->gone)
		guest_kernel_memory(guest->kernel, &memory);
	return memory.balloon_failed;
}

uint64_t machine_command_retries(const struct machine_command *command)
{
	struct machine_guest *guest = command->item.guest;

	if (machine_command_config(command)->kind != SCENARIO_COMMAND_SET_BALLOON || guest->gone)
		return 0;
	return balloon_failures(guest) - command->failures_before;
}

/* The balloon shall grow, and the guest's programs want the same memory. */
static bool fights(const struct machine_command *command, uint64_t retries)
{
	return machine_command_target(command) < command->actual_before &&
	       (command->taken_back > LITTLE_PAGES || retries);
}

static uint64_t guest_id(const struct machine_command *command)
{
	return command->item.guest ? command->item.guest->id : TRACE_HOST;
}

static void record_end(struct machine_command *command, enum trace_command_end result,
		       uint32_t overtaken_by, const char *text)
{
	struct machine_item *item = &command->item;
	struct machine *m = item->machine;
	bool began = item->state == ITEM_RUNNING;
	bool balloon = is_for_balloon(machine_command_config(command));
	uint64_t retries = began ? machine_command_retries(command) : 0;
	int64_t actual = balloon ? machine_guest_actual(item->guest) : 0;

	MACHINE_TRACE(m, command_end, .guest = guest_id(command), .command = item->index,
		      .result = result, .actual = actual,
		      .nearest = began ? command->nearest : actual,
		      .took = began ? m->engine.now - item->began : 0,
		      .overtaken_by = overtaken_by, .retries = retries,
		      .taken_back = command->taken_back,
		      .fights = began && balloon && fights(command, retries), .text = text);
}

static void end_command(struct machine_command *command, enum trace_command_end result,
			uint32_t overtaken_by)
{
	record_end(command, result, overtaken_by, "");
	machine_item_ended(&command->item);
}

void machine_command_ended(struct machine_command *command, bool failed, const char *fmt, ...)
{
	char text[256];
	va_list args;

	if (command->item.state != ITEM_RUNNING)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	record_end(command, failed ? TRACE_COMMAND_FAILED : TRACE_COMMAND_DONE, 0, text);
	machine_item_ended(&command->item);
	machine_progress(command->item.machine);
}

static int64_t distance(const struct machine_command *command, int64_t actual)
{
	int64_t d = actual - machine_command_target(command);

	return d < 0 ? -d : d;
}

static void reached(struct machine_command *command)
{
	struct machine_item *item = &command->item;
	struct machine *m = item->machine;

	command->nearest = machine_command_target(command);
	end_command(command, TRACE_COMMAND_REACHED, 0);
	MACHINE_TRACE(m, counter, .guest = item->guest->id,
		      .name = machine_command_config(command)->name,
		      .value = item->ended - item->began);
}

bool machine_command_sets_balloon(const struct machine_command *command)
{
	return command->item.state == ITEM_RUNNING &&
	       machine_command_config(command)->kind == SCENARIO_COMMAND_SET_BALLOON;
}

static bool works_for(const struct machine_command *command, const struct machine_guest *guest)
{
	return command->item.guest == guest && machine_command_sets_balloon(command);
}

static void overtake(struct machine *m, const struct machine_command *by)
{
	uint32_t i;

	for (i = 0; i < m->scenario->nr_commands; i++) {
		struct machine_command *command = &m->commands[i];

		if (command != by && works_for(command, by->item.guest))
			end_command(command, TRACE_COMMAND_OVERTAKEN, by->item.index);
	}
}

/* The driver is asked once; what it does about it takes as long as it takes. */
static void ask_for_hints(struct machine_command *command)
{
	struct machine_guest *guest = command->item.guest;
	struct machine *m = command->item.machine;

	MACHINE_TRACE(m, command_start, .guest = guest->id, .command = command->item.index,
		      .actual = machine_guest_actual(guest));
	if (vmm_migration_start(guest->vmm, scenario_balloon(guest->config)->migration_stalls))
		machine_fail(m, TRACE_END_FAILED, true, "%s: a migration cannot begin",
			     machine_command_config(command)->path);
	command->nearest = machine_guest_actual(guest);
	end_command(command, TRACE_COMMAND_DONE, 0);
	machine_progress(m);
}

static void set_balloon(struct machine_command *command)
{
	struct machine_item *item = &command->item;
	struct machine_guest *guest = item->guest;
	struct machine *m = item->machine;
	int64_t target = machine_command_target(command);
	char error[VMM_ERROR_SIZE];

	command->actual_before = command->nearest = machine_guest_actual(guest);
	command->failures_before = balloon_failures(guest);
	guest->balloon_progress = m->engine.now;
	overtake(m, command);
	MACHINE_TRACE(m, command_start, .guest = guest->id, .command = item->index,
		      .actual = machine_guest_actual(guest));
	if (machine_set_balloon(guest, scenario_command_target(machine_command_config(command)),
				error))
		machine_fail(m, TRACE_END_FAILED, true, "%s: %s",
			     machine_command_config(command)->path, error);
	/* Nothing will be said of a size that does not change. */
	if (target == machine_guest_actual(guest))
		reached(command);
	machine_progress(m);
}

static void not_running(const struct machine_command *command)
{
	machine_fail(command->item.machine, TRACE_END_FAILED, true,
		     "%s: guest %s does not run, it was shut down; allowed: after a "
		     "\"ballast,start\" of it", machine_command_config(command)->path,
		     command->item.guest->config->name);
}

void machine_command_begin(struct machine_item *item)
{
	static void (*const begin[])(struct machine_command *command) = {
		[SCENARIO_COMMAND_SET_BALLOON] = set_balloon,
		[SCENARIO_COMMAND_ASK_FOR_HINTS] = ask_for_hints,
		[SCENARIO_COMMAND_DROP_CACHES] = machine_drop_caches,
		[SCENARIO_COMMAND_COMPACT_MEMORY] = machine_compact_memory,
		[SCENARIO_COMMAND_SWAPOFF] = machine_swapoff,
		[SCENARIO_COMMAND_PAUSE] = machine_pause,
		[SCENARIO_COMMAND_RESUME] = machine_resume,
		[SCENARIO_COMMAND_SHUTDOWN] = machine_shutdown,
		[SCENARIO_COMMAND_START] = machine_start,
		[SCENARIO_COMMAND_HOST_PROGRAM] = machine_host_program,
	};
	struct machine_command *command = (struct machine_command *)item;
	enum scenario_command_kind kind = machine_command_config(command)->kind;

	if (!is_for_balloon(machine_command_config(command)))
		MACHINE_TRACE(item->machine, command_start, .guest = guest_id(command),
			      .command = item->index);
	if (!item->guest || !item->guest->gone || kind == SCENARIO_COMMAND_START) {
		begin[kind](command);
	} else if (item->guest->shut_down) {
		not_running(command);
	} else {
		end_command(command, TRACE_COMMAND_GUEST_GONE, 0);
		machine_progress(item->machine);
	}
}

void machine_balloon_changed(struct machine_guest *guest, int64_t actual)
{
	struct machine *m = guest->machine;
	uint32_t i;

	guest->balloon_actual = actual;
	guest->balloon_progress = m->engine.now;
	for (i = 0; i < m->scenario->nr_commands; i++) {
		struct machine_command *command = &m->commands[i];

		if (!works_for(command, guest))
			continue;
		if (distance(command, actual) < distance(command, command->nearest))
			command->nearest = actual;
		if (actual == machine_command_target(command))
			reached(command);
	}
	machine_progress(m);
}

void machine_balloon_deflated(struct machine_guest *guest, uint64_t pages)
{
	struct machine *m = guest->machine;
	uint32_t i;

	for (i = 0; i < m->scenario->nr_commands; i++) {
		struct machine_command *command = &m->commands[i];

		if (works_for(command, guest) &&
		    machine_command_target(command) < command->actual_before)
			command->taken_back += pages;
	}
}

/* Those that have not begun wait for a guest that comes back. */
static void command_gone(struct machine_command *command)
{
	struct machine_guest *guest = command->item.guest;
	bool running = command->item.state == ITEM_RUNNING;

	if (running && machine_command_config(command)->kind == SCENARIO_COMMAND_SHUTDOWN)
		return;
	if (!running && machine_guest_returns(guest))
		return;
	if (!running && guest->shut_down)
		not_running(command);
	end_command(command, TRACE_COMMAND_GUEST_GONE, 0);
}

void machine_commands_gone(struct machine_guest *guest)
{
	struct machine *m = guest->machine;
	uint32_t i;

	for (i = 0; i < m->scenario->nr_commands; i++)
		if (m->commands[i].item.guest == guest && m->commands[i].item.state != ITEM_ENDED)
			command_gone(&m->commands[i]);
}

void machine_commands_declare(struct machine *m)
{
	uint32_t i;

	for (i = 0; i < m->scenario->nr_commands; i++)
		MACHINE_TRACE(m, command, .guest = guest_id(&m->commands[i]), .command = i,
			      .name = m->scenario->commands[i].name,
			      .target = machine_command_target(&m->commands[i]),
			      .kind = (enum trace_command_kind)m->scenario->commands[i].kind);
}

void machine_commands_finish(struct machine *m)
{
	uint32_t i;

	for (i = 0; i < m->scenario->nr_commands; i++) {
		enum item_state state = m->commands[i].item.state;

		if (state != ITEM_ENDED)
			record_end(&m->commands[i], state == ITEM_RUNNING ?
				   TRACE_COMMAND_NOT_REACHED : TRACE_COMMAND_NOT_STARTED, 0, "");
	}
}
