/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What study.c (preparing) and execute.c (running) share.
 */
#ifndef BALLAST_STUDY_INTERNAL_H
#define BALLAST_STUDY_INTERNAL_H

#include "study.h"

/* The arguments of a run that writes its trace to @trace, ended by NULL. */
char **study_run_words(const struct study *s, const struct study_run *run, const char *trace);
void study_free_words(char **argv);

#endif
