// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a run: its tables are closed, then the guests' modules are removed, and what they
 * leave behind is looked for.
 *
 * Removing is no part of the run: a driver that empties its balloon on the way out must not change
 * what the tables say.  So totals are recorded first, and from then on only messages, failures
 * and how it all ended.
 */
#include "machine-internal.h"

#include <inttypes.h>

/* Without a hung-task check nobody else ends a removal that does not end. */
#define UNLOAD_LIMIT_NS (3600 * NSEC_PER_SEC_U64)
/* How long drivers give hints before they are removed: page reporting begins after 2 s. */
#define HINTS_NS (2300 * NSEC_PER_MSEC_U64)
/* Pages that a running task may have in hand between allocating and mapping: a huge one. */
#define TASK_PAGES 512

/* Programs of the guest that still run have pages in hand that nobody accounts for. */
static int64_t slack(const struct machine_guest *guest)
{
	int64_t pages = 0;
	uint32_t i;

	for (i = 0; i < guest->config->nr_programs; i++)
		if (guest->programs[i].state == ITEM_RUNNING)
			pages += (int64_t)TASK_PAGES *
				 (guest->config->programs[i].tasks ?
				  guest->config->programs[i].tasks + 1 : 1);
	return pages;
}

static void guest_unloaded(void *opaque, const struct guest_unloaded *left)
{
	struct machine_guest *guest = opaque;
	struct machine *m = guest->machine;
	const char *name = guest->config->name;
	int64_t allowed = slack(guest);

	guest->unloading = false;
	machine_check_warnings(guest);
	if (left->missing > allowed)
		machine_fail(m, TRACE_END_LEAK, false,
			     "guest %s: %" PRId64 " pages are missing after its modules were "
			     "removed", name, left->missing);
	else if (-left->missing > allowed)
		machine_fail(m, TRACE_END_LEAK, false,
			     "guest %s: %" PRId64 " pages too many after its modules were removed: "
			     "they are on a list twice", name, -left->missing);
	else if (left->managed)
		machine_fail(m, TRACE_END_LEAK, false,
			     "guest %s: its kernel counts %" PRId64 " managed pages %s than before "
			     "its modules came", name,
			     left->managed < 0 ? -left->managed : left->managed,
			     left->managed < 0 ? "less" : "more");
	else if (left->things[0])
		machine_fail(m, TRACE_END_LEAK, false, "guest %s: its modules left behind: %s",
			     name, left->things);
	if (!--m->unloading)
		engine_stop(&m->engine);
}

/* Migrations that begin and do not end: a driver that gives hints has free memory in hand then. */
static void ask_for_hints(struct machine *m)
{
	bool any = false;
	uint32_t i;

	for (i = 0; i < m->scenario->nr_guests; i++) {
		struct machine_guest *guest = &m->guests[i];
		const struct scenario_device *balloon = scenario_balloon(guest->config);

		if (!guest->up || guest->gone || guest->paused)
			continue;
		if (!balloon || !balloon->free_page_hint)
			continue;
		vmm_migration_start(guest->vmm, balloon->migration_stalls);
		any = true;
	}
	if (any)
		machine_run_until(m, m->engine.now + HINTS_NS);
}

void machine_unload(struct machine *m)
{
	uint64_t limit = m->scenario->hung_task_s ? TIME_NEVER : m->engine.now + UNLOAD_LIMIT_NS;
	enum engine_end end;
	uint32_t i;

	ask_for_hints(m);
	if (m->result != TRACE_END_OK)
		return;
	for (i = 0; i < m->scenario->nr_guests; i++) {
		struct machine_guest *guest = &m->guests[i];

		if (!guest->up || guest->gone || guest->paused)
			continue;
		if (!guest->config->nr_modules ||
		    guest_kernel_unload(guest->kernel, &guest->kernel_config, guest_unloaded))
			continue;
		guest->unloading = true;
		guest->balloon_progress = m->engine.now;
		m->unloading++;
	}
	if (!m->unloading)
		return;
	end = machine_run_until(m, limit);
	if (end != ENGINE_STOPPED && m->result == TRACE_END_OK)
		machine_deadlock(m);
}

static void cut_programs(struct machine_guest *guest, enum trace_cut why)
{
	struct machine *m = guest->machine;
	uint32_t i;

	for (i = 0; i < guest->config->nr_programs; i++) {
		struct program_result result = { 0 };

		if (guest->programs[i].state != ITEM_RUNNING || !guest->kernel)
			continue;
		machine_measured_end(guest, i);
		program_result_now(guest->kernel, i, &result);
		MACHINE_TRACE(m, program_cut, .guest = guest->id, .program = i, .why = why,
			      .work = result.work, .cpu = result.cpu_ns,
			      .stalled = result.stalled_ns);
	}
}

void machine_epilogue(struct machine *m)
{
	uint32_t i;

	if (m->quiet)
		return;
	machine_commands_finish(m);
	for (i = 0; i < m->scenario->nr_guests; i++)
		if (!m->guests[i].gone)
			cut_programs(&m->guests[i], TRACE_CUT_RUN_END);
	machine_trace_totals(m);
	TRACE(m->trace, m->engine.now, epilogue, .modules = m->options.unload_modules);
	m->quiet = true;
}

void machine_guest_killed(struct machine_guest *guest, enum trace_cut why)
{
	vmm_kill(guest->vmm);
	if (guest->machine->host_kernel)
		host_kernel_vm_gone(guest->machine->host_kernel, guest->vm);
	machine_guest_ended(guest, why);
}

void machine_guest_ended(struct machine_guest *guest, enum trace_cut why)
{
	uint32_t i;

	cut_programs(guest, why);
	machine_trace_hugepages(guest);
	guest->gone = true;
	machine_item_ended(&guest->boot);
	for (i = 0; i < guest->config->nr_programs; i++)
		machine_item_ended(&guest->programs[i]);
	machine_commands_gone(guest);
	if (guest->unloading && !--guest->machine->unloading)
		engine_stop(&guest->machine->engine);
	guest->unloading = false;
	machine_progress(guest->machine);
}
