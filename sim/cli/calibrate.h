/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How `ballast calibrate` shows what came out.
 */
#ifndef BALLAST_CLI_CALIBRATE_H
#define BALLAST_CLI_CALIBRATE_H

#include <stdio.h>

#include "calibration.h"

void calibrate_print(FILE *out, const struct calibrated_costs *costs, const struct calibration *c,
		     const struct base_table *base);
void calibrate_print_json(FILE *out, const struct calibrated_costs *costs,
			  const struct calibration *c, const struct base_table *base);

#endif
