/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What other commands want of `compare`.
 */
#ifndef BALLAST_CLI_COMPARE_H
#define BALLAST_CLI_COMPARE_H

#include "cli.h"

/* Of something in the directory of scenarios. */
void compare_scenario_path(char *path, size_t size, const char *name);

#endif
