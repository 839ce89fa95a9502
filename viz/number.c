// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers with units; see number.h.
 */
#include "number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef unsigned __int128 u128;

static struct number digits(uint64_t value, uint64_t unit, const char *name)
{
	uint64_t whole = value / unit, hundredths = (u128)(value % unit) * 100 / unit;
	struct number n;

	if (whole >= 100)
		snprintf(n.text, sizeof(n.text), "%" PRIu64 " %s", whole, name);
	else if (whole >= 10)
		snprintf(n.text, sizeof(n.text), "%" PRIu64 ".%" PRIu64 " %s", whole,
			 hundredths / 10, name);
	else
		snprintf(n.text, sizeof(n.text), "%" PRIu64 ".%02" PRIu64 " %s", whole, hundredths,
			 name);
	return n;
}

struct number number_bytes(uint64_t bytes)
{
	struct number zero = { "0" }, n;

	if (!bytes)
		return zero;
	if (bytes < 1024) {
		snprintf(n.text, sizeof(n.text), "%" PRIu64 " B", bytes);
		return n;
	}
	if (bytes < UINT64_C(1) << 20)
		return digits(bytes, 1 << 10, "KiB");
	if (bytes < UINT64_C(1) << 30)
		return digits(bytes, 1 << 20, "MiB");
	if (bytes < UINT64_C(1) << 40)
		return digits(bytes, 1 << 30, "GiB");
	return digits(bytes, UINT64_C(1) << 40, "TiB");
}

struct number number_pages(uint64_t pages)
{
	return number_bytes(pages < UINT64_MAX >> 12 ? pages << 12 : UINT64_MAX);
}

struct number number_difference(uint64_t a, uint64_t b)
{
	struct number n = number_pages(a > b ? a - b : b - a), signed_n;

	snprintf(signed_n.text, sizeof(signed_n.text), "%s%.40s", a == b ? "" :
		 b > a ? "+" : "\xe2\x88\x92", n.text);
	return signed_n;
}

struct number number_count(uint64_t count)
{
	char plain[24];
	struct number n;
	size_t len = snprintf(plain, sizeof(plain), "%" PRIu64, count), at = 0;

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			n.text[at++] = ',';
		n.text[at++] = plain[i];
	}
	n.text[at] = '\0';
	return n;
}

struct number number_span(uint64_t ns)
{
	struct number n;

	if (ns < 1000) {
		snprintf(n.text, sizeof(n.text), "%" PRIu64 " ns", ns);
		return n;
	}
	if (ns < 1000000)
		return digits(ns, 1000, "\xc2\xb5s");
	if (ns < 1000000000)
		return digits(ns, 1000000, "ms");
	return digits(ns, 1000000000, "s");
}

struct number number_time(uint64_t ns, uint64_t step)
{
	struct number n;
	unsigned int places = 0;
	uint64_t part = 1000000000;

	while (part > 1 && step % part) {
		part /= 10;
		places++;
	}
	if (places)
		snprintf(n.text, sizeof(n.text), "%" PRIu64 ".%0*" PRIu64 " s", ns / 1000000000,
			 (int)places, ns % 1000000000 / part);
	else
		snprintf(n.text, sizeof(n.text), "%" PRIu64 " s", ns / 1000000000);
	return n;
}

struct number number_rate(uint64_t bytes_per_second)
{
	struct number n = number_bytes(bytes_per_second), r;

	snprintf(r.text, sizeof(r.text), "%.40s%s", n.text, bytes_per_second ? "/s" : "");
	return r;
}

struct number number_permille(uint64_t permille)
{
	struct number n;

	if (permille < 100 && permille)
		snprintf(n.text, sizeof(n.text), "%" PRIu64 ".%" PRIu64 " %%", permille / 10,
			 permille % 10);
	else
		snprintf(n.text, sizeof(n.text), "%" PRIu64 " %%", permille / 10);
	return n;
}

bool number_parse_time(const char *s, uint64_t *ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} unit[] = { { "", 1000000000 }, { "s", 1000000000 }, { "ms", 1000000 }, { "us", 1000 },
		     { "ns", 1 } };
	uint64_t whole = 0, part = 0, scale = 1;
	bool any = false;

	for (; *s >= '0' && *s <= '9'; s++, any = true) {
		if (whole > UINT64_C(9000000000000000))
			return false;
		whole = 10 * whole + (*s - '0');
	}
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9'; s++, any = true) {
			if (scale < 1000000000) {
				part = 10 * part + (*s - '0');
				scale *= 10;
			}
		}
	for (unsigned int i = 0; any && i < sizeof(unit) / sizeof(*unit); i++)
		if (!strcmp(s, unit[i].name)) {
			u128 value = (u128)whole * unit[i].ns + (u128)part * unit[i].ns / scale;

			*ns = value;
			return value <= INT64_MAX;
		}
	return false;
}
