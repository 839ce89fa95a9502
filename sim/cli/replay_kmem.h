/* SPDX-License-Identifier: GPL-2.0-only */
/* `ballast replay-kmem`: proof that sim/linux/mm allocates as Linux does. */
#ifndef BALLAST_CLI_REPLAY_KMEM_H
#define BALLAST_CLI_REPLAY_KMEM_H

#include <stdbool.h>
#include <stddef.h>

#include "mm/kmem_replay.h"

struct kmem_recording {
	struct kmem_snapshot before, after;
	struct kmem_event *events;	/* of the window between the snapshots */
	size_t nr_events;
	char *text;			/* all of the events file */
	size_t text_size;
};

/*
 * Read DIR/{snapA,events,snapB}.txt[.xz].  On failure @error is one line that says file, line
 * number, what is wrong and what to do.
 */
bool kmem_recording_read(struct kmem_recording *rec, const char *dir, char *error,
			 size_t error_size);
void kmem_recording_free(struct kmem_recording *rec);

/* argv[0] is the subcommand.  Exit status: 0 all equal, 1 a difference, 2 bad input or usage. */
int cmd_replay_kmem(int argc, char **argv);

#endif
