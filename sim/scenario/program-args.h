/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arguments that a program of a scenario is started with: the same on the model kernel and on
 * a real one.
 */
#ifndef BALLAST_PROGRAM_ARGS_H
#define BALLAST_PROGRAM_ARGS_H

#include "scenario.h"
#include "workload.h"

/*
 * All of them, also those that the program does not ask for.  Returns NULL when there is no memory,
 * else an array of @nr that the caller frees; texts are static.
 */
struct program_arg *scenario_program_args(const struct scenario_program *p, size_t *nr);

/*
 * The same as words "NAME=VALUE" with a blank before each, into @text.  Returns -1 when they do not
 * fit or there is no memory.
 */
int scenario_program_words(const struct scenario_program *p, char *text, size_t size);

#endif
