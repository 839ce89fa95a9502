// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes of the host that run a command: a thread each.
 */
#include "machine-internal.h"

#include <stdlib.h>

#include "coro.h"

struct machine_process {
	struct machine_command *command;
	void (*main)(struct machine_command *command);
	struct cpu_thread thread;
	struct coro *co;
	struct event timer;
};

static void process_main(void *arg)
{
	struct machine_process *process = arg;

	process->main(process->command);
	cpu_sync();
	cpu_exit_current();
}

static void timer_fn(struct event *ev)
{
	struct machine_process *process = event_owner(ev, struct machine_process, timer);

	cpu_wake(&process->thread);
}

struct machine_process *machine_process_run(struct machine_command *command,
					    void (*main)(struct machine_command *command),
					    struct kvm_vm *memory)
{
	const char *name = machine_command_config(command)->name;
	struct machine *m = command->item.machine;
	struct machine_process *process = calloc(1, sizeof(*process));
	char thread[64];

	command->process = process;
	if (process)
		process->co = coro_create(name, process_main, process, CORO_STACK_DEFAULT);
	if (!process || !process->co) {
		machine_fail(m, TRACE_END_FAILED, true, "%s: not enough memory to start it",
			     machine_command_config(command)->path);
		return NULL;
	}
	process->command = command;
	process->main = main;
	event_init(&process->timer, timer_fn);
	snprintf(thread, sizeof(thread), "host/%s", name);
	cpu_thread_init(&process->thread, &m->host.cpus, thread, process->co,
			&m->host.kswapd_account);
	process->thread.vm = memory;
	cpu_wake(&process->thread);
	return process;
}

void machine_process_wait(struct machine_command *command, uint64_t ns, bool keeps_going)
{
	struct machine_process *process = command->process;
	struct machine *m = command->item.machine;
	uint64_t until;

	cpu_sync();
	until = m->engine.now + ns;
	if (keeps_going)
		event_add(&m->engine, &process->timer, until);
	else
		machine_observe_again(m, &process->timer, ns);
	process->thread.wait_forever = true;
	do {
		cpu_block("its next turn");
	} while (m->engine.now < until);
	process->thread.wait_forever = false;
}

void machine_processes_destroy(struct machine *m)
{
	uint32_t i;

	for (i = 0; m->commands && i < m->scenario->nr_commands; i++) {
		struct machine_process *process = m->commands[i].process;

		if (process && process->co)
			coro_destroy(process->co);
		free(process);
	}
}
