/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Searching: what happened once and holds the words, in guests, programs, phases, commands,
 * messages.
 */
#ifndef BALLAST_VIZ_FIND_H
#define BALLAST_VIZ_FIND_H

#include "source.h"
#include "view.h"

/* The cursor goes to the first one from where it is, or the next or previous one; a message says
 * which. */
void find_first(struct view *v, const struct source *source, unsigned int nr_sources);
void find_step(struct view *v, const struct source *source, unsigned int nr_sources, bool forward);
/* A mark in words: "guest-1 memhog: write". */
void find_words(char *text, size_t size, const struct trace_index *index,
		const struct index_mark *mark);

#endif
