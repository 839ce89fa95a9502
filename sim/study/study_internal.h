/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of a study share.
 */
#ifndef BALLAST_STUDY_INTERNAL_H
#define BALLAST_STUDY_INTERNAL_H

#include "study.h"

/* The first variation from @from on that asks for the same as @variation; at last, that one. */
unsigned int study_first_same(const struct study *s, unsigned int from, unsigned int variation);
/* Whether @a has the better figure; summary.c. */
bool study_beats(const struct study *s, unsigned int a, unsigned int b, enum metric metric);

/* The arguments of a run that writes its trace to @trace, ended by NULL. */
char **study_run_words(const struct study *s, const struct study_run *run, const char *trace);
void study_free_words(char **argv);

#endif
