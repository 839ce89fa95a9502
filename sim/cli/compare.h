/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `compare` and `demo` share: a study with the command line's surroundings.
 */
#ifndef BALLAST_CLI_COMPARE_H
#define BALLAST_CLI_COMPARE_H

#include "cli.h"
#include "study.h"

void compare_config(struct study_config *config, const struct run_args *args, const char *file);
void compare_say(const char *text);
/* Of something in the directory of scenarios. */
void compare_scenario_path(char *path, size_t size, const char *name);
/* Prepare and execute; returns the exit status, with an error said. */
int compare_run(struct study *s, const struct study_config *config, struct variations *list);
/* The table and the verdict, or how far it came when it was interrupted. */
void compare_print(const struct study *s);

#endif
