// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of figures, and their values as text.
 */
#include "metric.h"

#include <inttypes.h>
#include <stdio.h>

const struct metric_info metric_info[NR_METRICS] = {
#define METRIC(id, column, group, head, unit, better, doc)                                         \
	[METRIC_##id] = { column, group, head, METRIC_##unit, METRIC_##better, doc },
	METRIC_TABLE(METRIC)
#undef METRIC
};

/* "1.23", "12.3", "123": of hundredths. */
static struct human three_digits(uint64_t hundredths, const char *unit)
{
	struct human h;

	if (hundredths < 1000)
		snprintf(h.text, sizeof(h.text), "%" PRIu64 ".%02" PRIu64 "%s", hundredths / 100,
			 hundredths % 100, unit);
	else if (hundredths < 10000)
		snprintf(h.text, sizeof(h.text), "%" PRIu64 ".%" PRIu64 "%s",
			 (hundredths + 5) / 100, (hundredths + 5) / 10 % 10, unit);
	else
		snprintf(h.text, sizeof(h.text), "%" PRIu64 "%s", (hundredths + 50) / 100, unit);
	return h;
}

struct human metric_text(enum metric metric, uint64_t value)
{
	struct human h;

	switch (metric_info[metric].unit) {
	case METRIC_NS:
		return human_ns(value);
	case METRIC_BYTES:
		return human_bytes(value);
	case METRIC_TIMES:
		return three_digits((value + 5) / 10, "x");
	case METRIC_PERCENT:
		snprintf(h.text, sizeof(h.text), "%" PRIu64 ".%" PRIu64 "%%", value / 10,
			 value % 10);
		return h;
	case METRIC_MIB_S:
		return three_digits((value * 100 + 30720) / 61440, "");
	case METRIC_COUNT:
		break;
	}
	return human_count(value);
}
