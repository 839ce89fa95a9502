// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a comparison's JSON says of its variations; see study_json.h.
 */
#include "study_json.h"

#include <string.h>

#define VARIATIONS_SHOWN 60

unsigned int study_nr(const struct html *h)
{
	return html_length(h, "variations");
}

unsigned int study_nr_shown(const struct html *h)
{
	unsigned int nr = study_nr(h);

	return nr < VARIATIONS_SHOWN ? nr : VARIATIONS_SHOWN;
}

const char *study_name(const struct html *h, unsigned int i)
{
	return html_string(h, "variations[%u].name", i);
}

bool study_left_out(const struct html *h, unsigned int i)
{
	return html_at(h, "variations[%u].left_out", i);
}

bool study_knows(const struct html *h, unsigned int i, enum metric m)
{
	return html_at(h, "variations[%u].figures.%s", i, metric_info[m].column);
}

const char *study_mark(const struct html *h, unsigned int i, enum metric m)
{
	const char *column = metric_info[m].column;

	if (html_bool(h, "variations[%u].figures.%s.best", i, column))
		return "*";
	if (html_bool(h, "variations[%u].figures.%s.worst", i, column))
		return "!";
	return html_bool(h, "variations[%u].figures.%s.no_difference", i, column) ? "=" : "";
}

bool study_is_empty(const struct html *h, enum metric m)
{
	unsigned int nr = study_nr(h);

	for (unsigned int i = 0; i < nr; i++)
		if (html_u64(h, "variations[%u].figures.%s.high", i, metric_info[m].column))
			return false;
	return true;
}

int study_winner_of(const struct html *h)
{
	unsigned int nr = study_nr(h);
	const char *winner = html_string(h, "winner");

	for (unsigned int i = 0; i < nr; i++)
		if (*winner && !strcmp(study_name(h, i), winner))
			return i;
	return -1;
}
