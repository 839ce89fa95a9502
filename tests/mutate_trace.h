/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traces that are not as their writer left them, for tests of what reads them.
 *
 * Damage of a file's bytes is found by its digests, and nothing of it reaches a decoder.  So most
 * mutations are made in the blocks unpacked, and packed again with digests that fit: records with
 * values that no run has, of another type, twice, cut; a schema that says something else.
 */
#ifndef BALLAST_MUTATE_TRACE_H
#define BALLAST_MUTATE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mutable_trace;

/* Returns NULL, and says why on stderr, when it is no intact trace. */
struct mutable_trace *mutable_trace_load(const char *path);
void mutable_trace_free(struct mutable_trace *t);
/*
 * Write the variant of this number to @path: the same number, the same bytes.  It has a few of the
 * trace's blocks, so that it is read fast.  Returns false when it cannot be written.
 */
bool mutable_trace_write(const struct mutable_trace *t, uint64_t number, const char *path);

#endif
