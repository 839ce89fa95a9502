/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking at a machine without running it: can it be built, and what is it?
 */
#ifndef BALLAST_STUDY_PROBE_H
#define BALLAST_STUDY_PROBE_H

#include "scenario.h"

#define PROBE_TEXT 4096
#define PROBE_PATH 256

struct probe {
	bool well;
	char text[PROBE_TEXT];		/* what is wrong, a line each; "" when it is well */
	uint64_t scenario_digest, images_digest, seed;
	uint64_t enough_mib;		/* host memory with which nothing is ever short */
	char host[PROBE_PATH];		/* path of its node */
	char description[PROBE_TEXT];	/* of the scenario */
};

/*
 * In a process of its own: an image may do anything when it is loaded.  @machine: what it is, as
 * report_json_machine() has it, to be given to free(); may be NULL.
 */
void probe_machine(struct probe *probe, const struct scenario_args *args, const char *image_dir,
		   bool images_given, char **machine);

#endif
