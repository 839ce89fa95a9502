/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers in pictures: what human.h does not have.
 */
#ifndef BALLAST_VIZ_NUMBER_H
#define BALLAST_VIZ_NUMBER_H

#include "human.h"

#define NUMBER_NONE UINT64_MAX	/* in the place of a number: it is not known */

struct human number_pages(uint64_t pages);
struct human number_count(uint64_t count);
struct human number_difference(uint64_t a_pages, uint64_t b_pages);	/* b - a, with its sign */
/* A point in time in seconds, as exact as steps of @step ns need. */
struct human number_time(uint64_t ns, uint64_t step);
struct human number_rate(uint64_t bytes_per_second);
/* In percent. */
struct human number_share(uint64_t part, uint64_t of);

#endif
