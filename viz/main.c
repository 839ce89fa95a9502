// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast-view: the command.  With --screenshot it writes a picture and needs no display; without,
 * it opens a window.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view_check.h"
#include "events.h"
#include "frame.h"
#include "output.h"
#include "picture.h"
#include "view.h"
#include "window.h"

/* What a picture needs at scale 1, also with the map and the panel. */
#define FITS_W 512
#define FITS_H 288

static const char usage[] =
	"Usage: ballast-view TRACE [TRACE] [OPTION...]\n"
	"Show a trace of ballast over time; of two, the second is aligned with the first.\n"
	"\n"
	"  --screenshot OUT.png  write a picture instead of opening a window\n"
	"  --zoom FROM..TO       the span of time in view; \"12.5\" is in s, or 20ms, 3us, 7ns\n"
	"  --at TIME             the cursor: values beside the lanes are of this time\n"
	"  --select FROM..TO     a selected span, with what changed in it\n"
	"  --mark-a TIME, --mark-b TIME  markers\n"
	"  --size WxH            1920x1080 unless said otherwise\n"
	"  --scale N             1, 1.25, 1.5, 2, 2.5 or 3\n"
	"  --theme dark|light\n"
	"  --filter TEXT         only guests whose name holds it\n"
	"  --sort KEY            number, name, resident, swapped or stalled\n"
	"  --hide LANE, --collapse LANE, --expand LANE, --pin LANE\n"
	"                        a guest by its name, or host:memory, host:swap, host:traffic,\n"
	"                        host:queue, host:disk, host:cpu; may be repeated\n"
	"  --map GUEST           the map of this guest's memory, in traces of detail \"full\"\n"
	"  --map-cell ORDER:PAGE cells of 2^ORDER pages, from PAGE on\n"
	"  --events GUEST        what happened to this guest at the cursor, and why\n"
	"  --event NUMBER        the record that is looked at\n"
	"  --of A|B              of two traces, the one that map and events are of\n"
	"  --scroll N            lanes are scrolled by so much\n"
	"  --help, --version\n"
	"\n"
	"In the window, ? shows the keys, q ends.  Status 2: bad input, or a trace that is not\n"
	"whole.\n";

struct options {
	char *trace[SOURCES_MAX];
	unsigned int nr_traces;
	const char *screenshot;
	struct view view;
};

static int fail(const char *what, const char *arg)
{
	fprintf(stderr, "ballast-view: %s%s; see ballast-view --help\n", arg, what);
	return 2;
}

/* Returns -1 to go on, else the status to end with. */
static int parse(struct options *o, char **argv)
{
	char error[256];

	for (char **arg = argv + 1; *arg;) {
		int took = view_option(&o->view, arg, error, sizeof(error));

		if (took < 0) {
			fprintf(stderr, "ballast-view: %s\n", error);
			return 2;
		}
		if (took) {
			arg += took;
		} else if (!strcmp(*arg, "--help")) {
			return fputs(usage, stdout) < 0 ? 2 : 0;
		} else if (!strcmp(*arg, "--version")) {
			return puts("ballast-view " BALLAST_VERSION) < 0 ? 2 : 0;
		} else if (!strcmp(*arg, "--screenshot")) {
			if (!arg[1])
				return fail(": its value is missing", *arg);
			o->screenshot = arg[1];
			arg += 2;
		} else if (**arg == '-' && (*arg)[1]) {
			return fail(": there is no such option", *arg);
		} else if (o->nr_traces == SOURCES_MAX) {
			return fail(": at most two traces are shown", *arg);
		} else {
			o->trace[o->nr_traces++] = *arg++;
		}
	}
	if (o->view.width * 100 / o->view.scale < FITS_W ||
	    o->view.height * 100 / o->view.scale < FITS_H) {
		fprintf(stderr, "ballast-view: --size %dx%d is too small for --scale %d.%02d; at "
			"least %dx%d\n", o->view.width, o->view.height, o->view.scale / 100,
			o->view.scale % 100, FITS_W * o->view.scale / 100,
			FITS_H * o->view.scale / 100);
		return 2;
	}
	for (unsigned int i = 0; o->screenshot && i < o->nr_traces; i++)
		if (output_is(o->screenshot, o->trace[i]))
			return fail(": is the trace; --screenshot must name another file",
				    o->screenshot);
	return o->nr_traces ? -1 : fail("which trace is to be shown?", "");
}

/* What is wrong with the traces goes to stderr once; returns the status. */
static int report(const struct source *source, unsigned int nr)
{
	int status = 0;

	for (unsigned int i = 0; i < nr; i++) {
		const char *wrong = source[i].error ? source[i].error : source_damage(&source[i]);

		if (*wrong) {
			fprintf(stderr, "ballast-view: %s\n", wrong);
			status = 2;
		}
	}
	return status;
}

/* False: it asks for what is not there. */
static bool fit_view(struct options *o, const struct source *source)
{
	char error[1024];
	bool ok = view_check(&o->view, source, o->nr_traces, error, sizeof(error));

	if (!ok)
		fprintf(stderr, "ballast-view: %s\n", error);
	view_end(&o->view, sources_end(source, o->nr_traces));
	return ok;
}

static int screenshot(struct options *o, struct source *source)
{
	struct canvas canvas;
	char error[512];
	int status;

	for (unsigned int i = 0; i < o->nr_traces; i++)
		source_open(&source[i], o->trace[i], true);
	status = report(source, o->nr_traces);
	if (!fit_view(o, source))
		return 2;
	canvas_init(&canvas, o->view.width, o->view.height);
	frame_draw(&canvas, &o->view, source, o->nr_traces);
	if (picture_write(&canvas, o->screenshot, error, sizeof(error))) {
		fprintf(stderr, "ballast-view: %s\n", error);
		status = 2;
	}
	canvas_free(&canvas);
	return status;
}

static int window(struct options *o, struct source *source)
{
	bool reading = false;
	int status;

	for (unsigned int i = 0; i < o->nr_traces; i++) {
		source_open(&source[i], o->trace[i], false);
		reading |= source[i].build != NULL;
	}
	/* what is still being read is looked at when it has been */
	if (reading)
		view_end(&o->view, sources_end(source, o->nr_traces));
	else if (!fit_view(o, source))
		return 2;
	status = window_run(&o->view, source, o->nr_traces);
	return report(source, o->nr_traces) ? 2 : status;
}

int main(int argc, char **argv)
{
	struct source source[SOURCES_MAX] = { { 0 } };
	struct options o = { .nr_traces = 0 };
	int status;

	(void)argc;
	signal(SIGPIPE, SIG_IGN);
	view_init(&o.view);
	status = parse(&o, argv);
	if (status < 0)
		status = o.screenshot ? screenshot(&o, source) : window(&o, source);
	for (unsigned int i = 0; i < o.nr_traces; i++) {
		events_close(&source[i]);
		source_close(&source[i]);
	}
	view_free(&o.view);
	return status;
}
