// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a run has ended, and why it did not come further.
 *
 * A run that stands still is told from one that is merely not done.  Standing still is: nothing is
 * left to happen (deadlock); a task or a host thread has waited for hung-task-s without a timeout,
 * while timers such as the polling of statistics go on (hang); a command's driver has asked its
 * device for nothing for as long (hang), unless it is seen to look for pages and find none, which
 * only ends a run that has no other limit.  A time limit hides none of this: if something looks as
 * if it stood still then, the run goes on until it is known whether it does, for hung-task-s at
 * most; that time is in no table.
 */
#include "machine-internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define MIB_SHIFT 20
#define WATCH_NS (10 * NSEC_PER_SEC_U64)
/* A wait that began less than this before the time limit is not looked at more closely. */
#define SUSPICIOUS_NS NSEC_PER_SEC_U64
#define OVERTIME_STEP_NS NSEC_PER_SEC_U64
#define TEXT_SIZE 1600
#define ITEMS_LISTED 6

/* Parts of a message, separated by semicolons. */
struct text {
	char *buf;
	size_t size, used;
};

static void text_add(struct text *t, const char *separator, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void text_add(struct text *t, const char *separator, const char *fmt, ...)
{
	va_list args;
	int n = snprintf(t->buf + t->used, t->size - t->used, "%s", t->used ? separator : "");

	t->used = t->used + n < t->size ? t->used + n : t->size - 1;
	va_start(args, fmt);
	n = vsnprintf(t->buf + t->used, t->size - t->used, fmt, args);
	va_end(args);
	t->used = t->used + n < t->size ? t->used + n : t->size - 1;
}

static uint64_t hung_ns(const struct machine *m)
{
	return m->scenario->hung_task_s * NSEC_PER_SEC_U64;
}

/* Who waits */

static void record_waiter(struct machine *m, uint64_t guest, const char *thread, const char *why)
{
	TRACE(m->trace, m->engine.now, waiter, .guest = guest, .thread = thread, .why = why);
}

/* Threads of the host and tasks of guests that have waited for @longer_ns; returns how many. */
static unsigned int find_waiters(struct machine *m, uint64_t longer_ns, struct text *t, bool record)
{
	char one[TEXT_SIZE], queues[TEXT_SIZE];
	unsigned int nr = cpu_report_blocked(&m->host.cpus, longer_ns, one, sizeof(one)), n;
	uint32_t i;

	if (nr && t)
		text_add(t, "; ", "%s", one);
	if (nr && record)
		record_waiter(m, TRACE_HOST, "host", one);
	for (i = 0; i < m->scenario->nr_guests; i++) {
		struct machine_guest *guest = &m->guests[i];

		if (guest->gone || guest->paused || !guest->kernel)
			continue;
		n = guest_kernel_blocked(guest->kernel, longer_ns, one, sizeof(one));
		nr += n;
		if (!n || !t)
			continue;
		text_add(t, "; ", "%s", one);
		if (record)
			record_waiter(m, i, guest->config->name, one);
		if (guest_kernel_queues(guest->kernel, queues, sizeof(queues)))
			text_add(t, "; ", "%s", queues);
	}
	return nr;
}

/* Why something has not ended */

static const char *ref_name(const struct machine *m, const struct scenario_ref *ref, char *buf,
			    size_t size)
{
	if (ref->kind == SCENARIO_REF_COMMAND)
		snprintf(buf, size, "command %s", m->scenario->commands[ref->index].name);
	else if (ref->kind == SCENARIO_REF_PROGRAM)
		snprintf(buf, size, "%s of %s",
			 m->scenario->guests[ref->guest].programs[ref->index].name,
			 m->scenario->guests[ref->guest].name);
	else
		snprintf(buf, size, "the programs of %s", m->scenario->guests[ref->guest].name);
	return buf;
}

static const char *item_name(const struct machine_item *item, char *buf, size_t size)
{
	const struct machine_guest *guest = item->guest;
	const struct machine *m = item->machine;

	if (!guest)
		snprintf(buf, size, "command %s", m->scenario->commands[item->index].name);
	else if (item == &guest->boot)
		snprintf(buf, size, "the boot of %s", guest->config->name);
	else if (item >= guest->programs && item < guest->programs + guest->config->nr_programs)
		snprintf(buf, size, "%s of %s", guest->config->programs[item->index].name,
			 guest->config->name);
	else
		snprintf(buf, size, "command %s", m->scenario->commands[item->index].name);
	return buf;
}

/* Nobody takes the targets of this balloon: says so.  False: somebody does. */
static bool no_driver(const struct machine_guest *guest, struct text *t)
{
	const char *device = scenario_balloon(guest->config)->name;
	struct kvm_virtio *hw = vmm_device_virtio(guest->balloon);
	int error = 0;

	if (vmm_device_broken(guest->balloon)) {
		text_add(t, "; ", "balloon %s of guest %s has met an error and needs a reset",
			 device, guest->config->name);
		return true;
	}
	if (!hw || guest_kernel_driver(hw, &error))
		return false;
	text_add(t, "; ", "no driver answers balloon %s of guest %s", device, guest->config->name);
	if (error)
		text_add(t, "", " (probing failed with error %d)", error);
	return true;
}

static void why_not_reached(const struct machine_command *command, struct text *t)
{
	const struct machine_guest *guest = command->item.guest;
	uint64_t retries = machine_command_retries(command);

	if (guest->up && guest->balloon)
		no_driver(guest, t);
	text_add(t, "; ", "command %s: guest %s has %" PRId64 " MiB, the target is %" PRId64 " MiB",
		 machine_command_config(command)->name, guest->config->name,
		 machine_guest_actual(guest) >> MIB_SHIFT,
		 machine_command_target(command) >> MIB_SHIFT);
	if (retries)
		text_add(t, "", " (no page to be had %" PRIu64 " times)", retries);
}

static void why_not_begun(const struct machine_item *item, struct text *t)
{
	char name[128], other[128];
	uint32_t i;

	item_name(item, name, sizeof(name));
	if (item->guest && item != &item->guest->boot && !item->guest->up) {
		text_add(t, "; ", "%s waits for its guest to boot", name);
		return;
	}
	for (i = 0; i < item->start->nr_after; i++)
		if (!machine_ref_ended(item->machine, &item->start->after[i]))
			break;
	if (i < item->start->nr_after)
		text_add(t, "; ", "%s waits for %s", name,
			 ref_name(item->machine, &item->start->after[i], other, sizeof(other)));
	else
		text_add(t, "; ", "%s was to start later", name);
}

static void why_not_ended(const struct machine_item *item, struct text *t)
{
	char name[128];

	if (item->state == ITEM_WAITING || item->state == ITEM_DELAYED)
		why_not_begun(item, t);
	else
		text_add(t, "; ", "%s runs", item_name(item, name, sizeof(name)));
}

/* Everything that has not ended, commands first: they are what others wait for. */
static void unfinished(const struct machine *m, struct text *t)
{
	unsigned int listed = 0, left_out = 0;
	uint32_t i, j;

	for (i = 0; i < m->scenario->nr_commands; i++) {
		const struct machine_command *command = &m->commands[i];

		if (command->item.state == ITEM_ENDED)
			continue;
		if (listed++ >= ITEMS_LISTED)
			left_out++;
		else if (machine_command_sets_balloon(command))
			why_not_reached(command, t);
		else
			why_not_ended(&command->item, t);
	}
	for (i = 0; i < m->scenario->nr_guests; i++)
		if (m->guests[i].paused && !m->guests[i].gone)
			text_add(t, "; ", "guest %s is paused", m->guests[i].config->name);
	for (i = 0; i < m->scenario->nr_guests; i++) {
		uint32_t nr_programs = m->scenario->guests[i].nr_programs;

		/* A boot says itself what it lacks where no program waits for it. */
		for (j = 0; j < (nr_programs ? nr_programs : 1); j++) {
			const struct machine_item *item = nr_programs ? &m->guests[i].programs[j] :
									&m->guests[i].boot;

			if (item->state == ITEM_ENDED)
				continue;
			if (listed++ >= ITEMS_LISTED)
				left_out++;
			else
				why_not_ended(item, t);
		}
	}
	if (left_out)
		text_add(t, "; ", "and %u more", left_out);
}

/* How long nobody has worked on the guest's balloon. */
static uint64_t quiet_ns(const struct machine_guest *guest)
{
	struct guest_memory memory;
	uint64_t last = guest->balloon_progress;

	/* Who looks for pages and finds none is alive; without a limit that does not count. */
	if (guest->machine->scenario->until_ms && guest->kernel && !guest->gone) {
		guest_kernel_memory(guest->kernel, &memory);
		if (memory.balloon_failed && memory.balloon_failed_ns > last)
			last = memory.balloon_failed_ns;
	}
	return guest->machine->engine.now - last;
}

/* The modules are being removed, and nothing has been asked of the device for @ns. */
static bool modules_not_gone(struct machine *m, uint64_t ns, struct text *t)
{
	bool found = false;
	uint32_t i;

	for (i = 0; m->unloading && i < m->scenario->nr_guests; i++) {
		struct machine_guest *guest = &m->guests[i];

		if (!guest->unloading || guest->gone || quiet_ns(guest) < ns)
			continue;
		found = true;
		if (t)
			text_add(t, "; ", "the modules of guest %s are not gone",
				 guest->config->name);
	}
	return found;
}

/* Requests under way, broken queues, warnings: why a driver does nothing more. */
static void signs(struct machine *m, bool queues, struct text *t)
{
	struct guest_memory memory;
	char text[TEXT_SIZE];
	uint32_t i;

	for (i = 0; i < m->scenario->nr_guests; i++) {
		struct machine_guest *guest = &m->guests[i];

		if (guest->gone || !guest->kernel)
			continue;
		if (queues && guest_kernel_queues(guest->kernel, text, sizeof(text)))
			text_add(t, "; ", "guest %s: %s", guest->config->name, text);
		guest_kernel_memory(guest->kernel, &memory);
		if (memory.nr_warnings)
			text_add(t, "; ", "the kernel of guest %s has said: %s",
				 guest->config->name, memory.first_warning);
	}
}

void machine_deadlock(struct machine *m)
{
	char buf[TEXT_SIZE] = "";
	struct text t = { buf, sizeof(buf), 0 };
	bool waiters = find_waiters(m, 0, &t, true);

	unfinished(m, &t);
	modules_not_gone(m, 0, &t);
	signs(m, !waiters, &t);
	if (waiters)
		machine_fail(m, TRACE_END_DEADLOCK, false,
			     "deadlock: nothing can happen any more, and these wait: %s", buf);
	else
		machine_fail(m, TRACE_END_UNMET, false, "nothing can happen any more: %s", buf);
}

/* A command for which nobody has done anything for @ns, or modules that do not go. */
static bool stands_still(struct machine *m, uint64_t ns, struct text *t)
{
	bool found = false;
	uint32_t i;

	for (i = 0; i < m->scenario->nr_commands; i++) {
		struct machine_command *command = &m->commands[i];

		if (!machine_command_sets_balloon(command) || command->item.guest->paused ||
		    m->unloading || quiet_ns(command->item.guest) < ns)
			continue;
		found = true;
		if (t)
			why_not_reached(command, t);
	}
	return modules_not_gone(m, ns, t) || found;
}

static void find_hangs(struct machine *m)
{
	char buf[TEXT_SIZE] = "";
	struct text t = { buf, sizeof(buf), 0 };
	uint64_t ns = hung_ns(m);

	if (find_waiters(m, ns, &t, true)) {
		signs(m, false, &t);
		machine_fail(m, TRACE_END_HANG, false, "hang: %s", buf);
	} else if (stands_still(m, ns, &t)) {
		signs(m, true, &t);
		machine_fail(m, TRACE_END_HANG, false,
			     "hang: nothing happens for %" PRIu64 " s: %s",
			     m->scenario->hung_task_s, buf);
	}
}

enum engine_end machine_run_until(struct machine *m, uint64_t until)
{
	enum engine_end end = ENGINE_LIMIT;

	while (m->result == TRACE_END_OK && end == ENGINE_LIMIT && m->engine.now < until) {
		uint64_t left = until - m->engine.now;

		/* In pieces rather than by an event, which would keep the run going. */
		end = machine_engine_run(m, hung_ns(m) && left > WATCH_NS ?
				 m->engine.now + WATCH_NS : until);
		if (end == ENGINE_LIMIT && hung_ns(m) && m->result == TRACE_END_OK)
			find_hangs(m);
	}
	return end;
}

/* The time limit */

static bool suspicious(struct machine *m, uint64_t ns)
{
	return find_waiters(m, ns, NULL, false) || stands_still(m, ns, NULL);
}

/* See whether what waits at the limit goes on.  Returns how the engine stopped. */
static enum engine_end overtime(struct machine *m)
{
	uint64_t limit = m->engine.now, until = limit + hung_ns(m) + WATCH_NS;
	enum engine_end end = ENGINE_LIMIT;

	while (end == ENGINE_LIMIT && m->result == TRACE_END_OK && m->engine.now < until &&
	       suspicious(m, SUSPICIOUS_NS + m->engine.now - limit)) {
		end = machine_run_until(m, m->engine.now + OVERTIME_STEP_NS);
	}
	return end;
}

void machine_time_limit(struct machine *m)
{
	char buf[TEXT_SIZE] = "";
	struct text t = { buf, sizeof(buf), 0 };

	unfinished(m, &t);
	machine_epilogue(m);
	if (hung_ns(m) && overtime(m) == ENGINE_EMPTY && m->result == TRACE_END_OK)
		machine_deadlock(m);
	if (m->result == TRACE_END_OK)
		snprintf(m->error, sizeof(m->error), "not ended: %s", buf);
}

/* What kernels say when all is done */

void machine_check_warnings(struct machine_guest *guest)
{
	struct guest_memory memory;

	guest_kernel_memory(guest->kernel, &memory);
	if (memory.nr_warnings)
		machine_fail(guest->machine, TRACE_END_PROTOCOL, false,
			     "guest %s: its kernel gave %" PRIu64 " warnings; the first: %s",
			     guest->config->name, memory.nr_warnings, memory.first_warning);
}

void machine_check_balloons(struct machine *m, bool at_rest)
{
	uint32_t i;

	for (i = 0; i < m->scenario->nr_guests; i++)
		if (m->guests[i].up && !m->guests[i].gone)
			machine_check_balloon(&m->guests[i], at_rest);
}

static void check_kernel(struct machine_guest *guest)
{
	machine_check_warnings(guest);
	if (guest_kernel_check(guest->kernel))
		machine_fail(guest->machine, TRACE_END_LEAK, false,
			     "guest %s: pages are missing or listed twice",
			     guest->config->name);
}

void machine_check_guests(struct machine *m)
{
	uint32_t i;

	for (i = 0; i < m->scenario->nr_guests; i++) {
		struct machine_guest *guest = &m->guests[i];

		if (guest->up && !guest->gone)
			check_kernel(guest);
	}
}

