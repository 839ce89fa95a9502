// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers for people; see human.h.  Integer arithmetic only: the same text on every machine.
 */
#include "human.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* value * scale / unit, rounded. */
static uint64_t scaled(uint64_t value, uint64_t scale, uint64_t unit)
{
	return ((unsigned __int128)value * scale + unit / 2) / unit;
}

/* Three digits that matter: 1.23, 12.3, 123. */
static struct human three_digits(uint64_t value, uint64_t unit, const char *name)
{
	uint64_t hundredths = scaled(value, 100, unit), tenths = scaled(value, 10, unit);
	struct human h;

	if (hundredths < 1000)
		snprintf(h.text, sizeof(h.text), "%" PRIu64 ".%02" PRIu64 " %s",
			 hundredths / 100, hundredths % 100, name);
	else if (tenths < 1000)
		snprintf(h.text, sizeof(h.text), "%" PRIu64 ".%" PRIu64 " %s", tenths / 10,
			 tenths % 10, name);
	else
		snprintf(h.text, sizeof(h.text), "%" PRIu64 " %s", scaled(value, 1, unit), name);
	return h;
}

struct human human_bytes(uint64_t bytes)
{
	static const char *const names[] = { "KiB", "MiB", "GiB", "TiB" };
	uint64_t unit = 1024;
	struct human h;

	if (bytes < 1024) {
		snprintf(h.text, sizeof(h.text), bytes ? "%" PRIu64 " B" : "0", bytes);
		return h;
	}
	for (unsigned int i = 0;; i++, unit *= 1024) {
		if (i == 3 || bytes / unit < 1024)
			return three_digits(bytes, unit, names[i]);
	}
}

struct human human_ns(uint64_t ns)
{
	struct human h;

	if (ns < 1000) {
		snprintf(h.text, sizeof(h.text), ns ? "%" PRIu64 " ns" : "0", ns);
		return h;
	}
	if (ns < 1000000)
		return three_digits(ns, 1000, "us");
	if (ns < 1000000000)
		return three_digits(ns, 1000000, "ms");
	return three_digits(ns, 1000000000, "s");
}

struct human human_time(uint64_t ns)
{
	struct human h;
	uint64_t ms = scaled(ns, 1, 1000000), tenths = scaled(ns, 1, 100000000);

	if (ms >= 10000)
		snprintf(h.text, sizeof(h.text), "%" PRIu64 ".%" PRIu64 " s", tenths / 10,
			 tenths % 10);
	else
		snprintf(h.text, sizeof(h.text), "%" PRIu64 ".%03" PRIu64 " s", ms / 1000,
			 ms % 1000);
	return h;
}

struct human human_count(uint64_t count)
{
	char digits[24];
	struct human h;
	size_t n = snprintf(digits, sizeof(digits), "%" PRIu64, count), at = 0;

	for (size_t i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			h.text[at++] = ',';
		h.text[at++] = digits[i];
	}
	h.text[at] = '\0';
	return h;
}

struct human human_value(enum table_unit unit, uint64_t value)
{
	switch (unit) {
	case TABLE_NS:
		return human_ns(value);
	case TABLE_PAGES:
		return human_bytes(value * 4096);
	case TABLE_BYTES:
		return human_bytes(value);
	default:
		return human_count(value);
	}
}

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "", UINT64_C(1000000000) },	{ "s", UINT64_C(1000000000) },
	{ "ms", 1000000 },		{ "us", 1000 },
	{ "ns", 1 },			{ "min", UINT64_C(60000000000) },
	{ "h", UINT64_C(3600000000000) },
};

bool human_parse_time(const char *s, uint64_t *ns)
{
	uint64_t whole = 0, part = 0, scale = 1, unit = 0;
	const char *digits = s;

	for (; isdigit((unsigned char)*s); s++) {
		if (whole > UINT64_MAX / 100)
			return false;
		whole = whole * 10 + (*s - '0');
	}
	if (s == digits)
		return false;
	if (*s == '.') {
		for (s++; isdigit((unsigned char)*s) && scale < 1000000000; s++) {
			part = part * 10 + (*s - '0');
			scale *= 10;
		}
		if (scale == 1)
			return false;
	}
	for (unsigned int i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(s, units[i].name))
			unit = units[i].ns;
	}
	if (!unit || whole > (UINT64_MAX - unit) / unit)
		return false;
	*ns = whole * unit + (uint64_t)((unsigned __int128)part * unit / scale);
	return true;
}
