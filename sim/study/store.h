/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows of runs in a file of SQLite: what ran, what came of it, and the command that runs it again.
 *
 * A run is known by what it depends on: the scenario as it was flattened (with its seed), the files
 * of the images, and the simulator.  What has been run once is not run again.
 */
#ifndef BALLAST_STUDY_STORE_H
#define BALLAST_STUDY_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "outcome.h"

#define STORE_SCHEMA 1

struct store;

struct store_key {
	uint64_t scenario, images, simulator;	/* digests */
	uint64_t seed;
};

struct store_row {
	struct store_key key;
	const char *file, *variation, *command;
	const struct outcome *outcome;
};

/* Made if it is not there.  Returns NULL and one line in @error. */
struct store *store_open(const char *path, char *error, size_t error_size);
void store_close(struct store *store);
/* Whether the run is there; fills an empty @outcome. */
bool store_find(struct store *store, const struct store_key *key, struct outcome *outcome);
/* Returns 0, or -1 and one line in @error. */
int store_put(struct store *store, const struct store_row *row, char *error, size_t error_size);

#endif
