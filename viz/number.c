// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers with units; see number.h.
 */
#include "number.h"

#include <inttypes.h>
#include <stdio.h>

static const struct human none = { "-" };

struct human number_pages(uint64_t pages)
{
	if (pages == NUMBER_NONE)
		return none;
	return human_bytes(pages < UINT64_MAX >> 12 ? pages << 12 : UINT64_MAX);
}

struct human number_count(uint64_t count)
{
	return count == NUMBER_NONE ? none : human_count(count);
}

struct human number_difference(uint64_t a, uint64_t b)
{
	struct human n = human_bytes((a > b ? a - b : b - a) << 12), signed_n;

	if (a == NUMBER_NONE || b == NUMBER_NONE)
		return none;
	snprintf(signed_n.text, sizeof(signed_n.text), "%s%.24s", a == b ? "" :
		 b > a ? "+" : "\xe2\x88\x92", n.text);
	return signed_n;
}

struct human number_time(uint64_t ns, uint64_t step)
{
	struct human n;
	unsigned int places = 0;
	uint64_t part = 1000000000;

	while (part > 1 && step % part) {
		part /= 10;
		places++;
	}
	ns = ns / part * part + (ns % part >= (part + 1) / 2 ? part : 0);
	if (places)
		snprintf(n.text, sizeof(n.text), "%" PRIu64 ".%0*" PRIu64 " s", ns / 1000000000,
			 (int)places, ns % 1000000000 / part);
	else
		snprintf(n.text, sizeof(n.text), "%" PRIu64 " s", ns / 1000000000);
	return n;
}

struct human number_rate(uint64_t bytes_per_second)
{
	struct human n = human_bytes(bytes_per_second), r;

	snprintf(r.text, sizeof(r.text), "%.24s%s", n.text, bytes_per_second ? "/s" : "");
	return r;
}

struct human number_share(uint64_t part, uint64_t of)
{
	uint64_t permille = of ? (unsigned __int128)part * 1000 / of : 0;
	struct human n;

	if (part && !permille)
		snprintf(n.text, sizeof(n.text), "< 0.1 %%");
	else if (permille < 100 && permille)
		snprintf(n.text, sizeof(n.text), "%" PRIu64 ".%" PRIu64 " %%", permille / 10,
			 permille % 10);
	else
		snprintf(n.text, sizeof(n.text), "%" PRIu64 " %%", permille / 10);
	return n;
}
