// SPDX-License-Identifier: GPL-2.0-only
/*
 * SIGINT, SIGTERM and SIGHUP end a run early and well: with tables, and a trace that is whole.  The
 * second one ends the process.  And what is said when the simulator itself fails.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "fault.h"

static volatile sig_atomic_t interrupted;
static void (*volatile interrupt_run)(void *machine);
static void *volatile run;

static void on_signal(int number)
{
	interrupted = number;
	if (interrupt_run)
		interrupt_run(run);
}

int cli_interrupted(void)
{
	return interrupted;
}

const volatile sig_atomic_t *cli_interrupt_flag(void)
{
	return &interrupted;
}

void cli_catch_signals(const struct cli_world *world, void *machine)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	/* What waits for a real machine is to wake up; files of a model are to be written whole. */
	int restart = world && !world->interrupt ? 0 : SA_RESTART;
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND | restart };
	size_t i;

	interrupt_run = NULL;
	run = machine;
	interrupt_run = world && machine ? world->interrupt : NULL;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && !interrupted; i++)
		sigaction(numbers[i], &action, NULL);
	if (interrupted && interrupt_run)
		interrupt_run(run);
}

/* Faults of the simulator itself */

static char context[400];

void cli_crash_context(const char *text)
{
	snprintf(context, sizeof(context), "%s", text);
}

static void on_crash(void *opaque, const struct fault *f)
{
	char place[160];

	if (f->image.image[0])
		cli_error("%simage %s: %s, in %s", f->whose, f->image.image, f->what,
			  symbol_text(&f->image, place, sizeof(place)));
	else
		cli_error("%sthe simulator failed: %s in %s; it has a bug, or a fault has damaged "
			  "it", f->whose, f->what, symbol_text(&f->at, place, sizeof(place)));
	if (context[0])
		fprintf(stderr, "%s", context);
}

void cli_catch_crashes(void)
{
	fault_last_resort(on_crash);
}
