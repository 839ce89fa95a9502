// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests of a real run: launching and booting them when the scenario says so, and what becomes of
 * the others when the host kills one.
 */
#include "run_internal.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "clock.h"

#define BOOT_MS 300000
#define HANG_UP_MS 2000		/* from hanging up to having an exit status */

/* What is left when it is gone */

static bool killed_by_host(struct real_guest *g)
{
	struct real_run *run = g->run;

	if (!run->limited || !g->vm || g->vm->pid || !WIFSIGNALED(g->vm->status) ||
	    WTERMSIG(g->vm->status) != SIGKILL || real_host_look(run) ||
	    run->counters.oom_kills <= run->oom_kills)
		return false;
	run->oom_kills++;
	return true;
}

/* The records of machine_guest_killed() of the model. */
static void guest_gone(struct real_guest *g)
{
	struct real_run *run = g->run;
	uint64_t at = real_run_trace_now(run);
	uint32_t i;

	TRACE(run->trace, at, host_oom, .guest = g->id,
	      .resident = g->host.resident / TRACE_PAGE_SIZE,
	      .swapped = g->host.swapped / TRACE_PAGE_SIZE);
	TRACE(run->trace, at, guest_end, .guest = g->id, .reason = TRACE_OFF_KILLED);
	for (i = 0; i < g->config->nr_programs; i++) {
		if (g->programs[i].state == REAL_RUNNING)
			TRACE(run->trace, at, program_cut, .guest = g->id, .program = i,
			      .why = TRACE_CUT_VMM_KILLED);
		real_item_end(&g->programs[i]);
	}
	g->gone = true;
	g->running = 0;
	g->nr_events = 0;
	real_item_end(&g->boot);
	real_commands_finish(run, g);
}

int real_guest_failed(struct real_guest *g)
{
	struct real_run *run = g->run;

	if (g->gone)
		return 0;
	/* What interrupts us from a terminal ends QEMU as well. */
	if (real_run_stopped(run))
		return -1;
	if (!killed_by_host(g))
		return real_run_fail(run, TRACE_END_FAILED, false, "%s", real_vm_error(g->vm));
	if (real_trace_drain(g))
		return -1;
	guest_gone(g);
	return 0;
}

int real_guest_qmp_failed(struct real_guest *g, bool bad_input, const char *path)
{
	uint64_t deadline = clock_deadline(HANG_UP_MS);
	char error[sizeof(g->vm->qmp.error)];

	snprintf(error, sizeof(error), "%s", g->vm->qmp.error);
	while (strstr(error, "hung up") && clock_left_ms(deadline))
		if (real_vm_serve(g->vm))
			return real_guest_failed(g);
	return real_run_fail(g->run, TRACE_END_FAILED, bad_input, "%s: %s", path, error);
}

/* Beginning */

static void on_event(void *opaque, const char *line)
{
	struct real_guest *g = opaque;

	if (real_program_measured(g, line))
		return;
	if (g->nr_events == REAL_EVENTS_MAX)
		real_run_fail(g->run, TRACE_END_FAILED, false,
			      "the guest's agent says too much at once");
	else
		snprintf(g->event[g->nr_events++].text, sizeof(g->event[0].text), "%s", line);
}

static void on_answer(void *opaque, char *answer)
{
	real_samples_answer(opaque, answer);
}

int real_guest_launch(struct real_guest *g)
{
	struct real_vm_config config = { .event = on_event, .answered = on_answer, .opaque = g };
	char error[REAL_ERROR_SIZE];

	real_setup_config(g, &config);
	g->vm = real_vm_start(&config, error, sizeof(error));
	if (!g->vm)
		return real_run_fail(g->run, TRACE_END_FAILED, true, "%s", error);
	return real_setup_open_logs(g);
}

int real_guest_boot(struct real_item *item)
{
	struct real_guest *g = item->guest;

	TRACE(g->run->trace, real_run_trace_now(g->run), guest_start, .guest = g->id);
	if (!g->vm && real_guest_launch(g))
		return -1;
	g->ready_until = clock_deadline(BOOT_MS);
	if (qmp_run(&g->vm->qmp, REAL_QMP_MS, "cont", NULL, NULL))
		return real_guest_qmp_failed(g, false, g->config->path);
	return 0;
}

/* The agent is there.  From now on its times count as if it had booted as fast as the profile. */
static int guest_up(struct real_guest *g)
{
	struct real_run *run = g->run;
	int64_t began = (int64_t)g->boot.began - run->shift_ns;

	if (real_setup_guest(g) || g->gone || real_samples_booted(g) || g->gone)
		return g->gone ? 0 : -1;
	g->up = true;
	g->heard_ns = real_run_now(run);
	g->shift_ns = (int64_t)g->heard_ns -
		      (began + (int64_t)(g->config->boot.duration_ms * REAL_NS_PER_MS));
	if (g->shift_ns > run->shift_ns)
		run->shift_ns = g->shift_ns;
	real_item_end(&g->boot);
	return 0;
}

int real_guests_see(struct real_run *run)
{
	uint32_t i;

	for (i = 0; i < run->scenario->nr_guests; i++) {
		struct real_guest *g = &run->guests[i];

		if (g->boot.state != REAL_RUNNING)
			continue;
		if (g->vm->ready && guest_up(g))
			return -1;
		if (!g->up && !g->gone && !clock_left_ms(g->ready_until))
			return real_run_fail(run, TRACE_END_FAILED, false, "%s: the start of the "
					     "guest's agent did not happen within %d s",
					     g->config->name, BOOT_MS / 1000);
	}
	return 0;
}

int real_guests_serve(struct real_run *run, int ms)
{
	uint32_t i, nr = 0, all = run->scenario->nr_guests;
	struct pollfd *fd = calloc(all + 1, sizeof(*fd));

	for (i = 0; fd && i < all; i++)
		if (run->guests[i].vm && !run->guests[i].gone)
			fd[nr++] = (struct pollfd){ .fd = run->guests[i].vm->agent,
						    .events = POLLIN };
	poll(fd, fd ? nr : 0, ms);
	free(fd);
	for (i = 0; i < all; i++) {
		struct real_guest *g = &run->guests[i];

		if (g->vm && !g->gone && real_vm_serve(g->vm) && real_guest_failed(g))
			return -1;
	}
	return 0;
}
