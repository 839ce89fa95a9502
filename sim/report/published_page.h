/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The report of published experiments, from what `ballast published --json` prints.
 */
#ifndef BALLAST_REPORT_PUBLISHED_PAGE_H
#define BALLAST_REPORT_PUBLISHED_PAGE_H

#include <json-c/json.h>
#include <stdio.h>

void published_page(FILE *out, struct json_object *published);

#endif
