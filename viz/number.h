/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers as people read them, with their units.
 */
#ifndef BALLAST_VIZ_NUMBER_H
#define BALLAST_VIZ_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

struct number {
	char text[48];
};

struct number number_bytes(uint64_t bytes);
struct number number_pages(uint64_t pages);
struct number number_difference(uint64_t a_pages, uint64_t b_pages);	/* b - a, with its sign */
struct number number_count(uint64_t count);
struct number number_span(uint64_t ns);
/* A point in time in seconds, as exact as steps of @step ns need. */
struct number number_time(uint64_t ns, uint64_t step);
struct number number_rate(uint64_t bytes_per_second);
/* Per mille as percent. */
struct number number_permille(uint64_t permille);
/* A time of a command line: "1.5", "1.5s", "20ms", "3us", "7ns"; false: it is none. */
bool number_parse_time(const char *s, uint64_t *ns);

#endif
