/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers as people write and read them: whatever prints or takes one has it from here, so that all
 * round alike.
 */
#ifndef BALLAST_TRACE_HUMAN_H
#define BALLAST_TRACE_HUMAN_H

#include <stdbool.h>
#include <stdint.h>

enum table_unit { TABLE_NS, TABLE_PAGES, TABLE_BYTES, TABLE_COUNT };

struct human {
	char text[32];
};

/* "1.50 GiB", "12.3 ms", "1,234,567", all cut to what matters; "0" for nothing. */
struct human human_bytes(uint64_t bytes);
struct human human_ns(uint64_t ns);
/* A point in time: "285.7 s", "1.027 s". */
struct human human_time(uint64_t ns);
struct human human_count(uint64_t count);
struct human human_value(enum table_unit unit, uint64_t value);

/* "1.5" (seconds), "20ms", "3us", "7ns", "2min", "1h".  False: it is no time, or too long a one. */
bool human_parse_time(const char *s, uint64_t *ns);

#endif
