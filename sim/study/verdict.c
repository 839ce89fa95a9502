// SPDX-License-Identifier: GPL-2.0-only
/*
 * The answer in words, from the figures alone: who wins, by what, and what it costs.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "study_internal.h"
#include "table.h"

#define OTHERS_MAX 4

static struct human figure(const struct study *s, unsigned int variation, enum metric metric)
{
	return metric_text(metric, llround(s->summary[variation][metric].median));
}

static const char *name(const struct study *s, unsigned int variation)
{
	return s->variations.list[variation].name;
}

/* Of those that are ranked and not level with the best: the best, or with @last the worst; -1. */
static int after(const struct study *s, enum metric m, unsigned int best, bool last)
{
	int found = -1;

	for (int i = STUDY_UNDISTURBED + 1; i < (int)s->variations.nr; i++) {
		if (!s->ranked[i] || !s->summary[i][m].known || study_is_level(s, i, best, m))
			continue;
		if (found < 0 || study_beats(s, last ? found : i, last ? i : found, m))
			found = i;
	}
	return found;
}

static const char *meaning(enum metric m)
{
	switch (m) {
	case METRIC_SLOWDOWN:
		return "programs take %s their undisturbed time";
	case METRIC_RUN_TIME:
		return "its programs end after %s";
	default:
		return "the host's memory over time is %s GiB x min";
	}
}

/* Those that are as good in what decides, with what then decided. */
static void print_level(const struct study *s, unsigned int winner, unsigned int best,
			enum metric m, FILE *out)
{
	unsigned int nr = 0;

	for (unsigned int i = STUDY_UNDISTURBED + 1; i < s->variations.nr; i++) {
		if (i == winner || !study_is_level(s, i, best, m))
			continue;
		fprintf(out, "%s%s (%s", nr++ ? ", " : "\nIn that it cannot be told from ",
			name(s, i), figure(s, i, m).text);
		fprintf(out, ", footprint %s)", figure(s, i, METRIC_FOOTPRINT).text);
	}
	if (nr)
		fprintf(out, ": it has the smallest footprint, %s GiB x min.",
			figure(s, winner, METRIC_FOOTPRINT).text);
}

static unsigned int nr_ranked(const struct study *s)
{
	unsigned int nr = 0;

	for (unsigned int i = STUDY_UNDISTURBED + 1; i < s->variations.nr; i++)
		nr += s->ranked[i];
	return nr;
}

static void print_winner(const struct study *s, unsigned int winner, enum metric m, FILE *out)
{
	unsigned int best = study_best(s, &m);
	int next = after(s, m, best, false), last = after(s, m, best, true);

	fprintf(out, "Who wins?  %s%s: ", name(s, winner),
		nr_ranked(s) > 1 ? "" : ", which alone came through");
	fprintf(out, meaning(m), figure(s, winner, m).text);
	if (next >= 0)
		fprintf(out, "; next is %s with %s", name(s, next), figure(s, next, m).text);
	if (last >= 0 && last != next)
		fprintf(out, ", last %s with %s", name(s, last), figure(s, last, m).text);
	fputc('.', out);
	print_level(s, winner, best, m, out);
	for (unsigned int i = STUDY_UNDISTURBED + 1; i < s->variations.nr; i++)
		if (!s->ranked[i] && !s->variations.list[i].missing)
			fprintf(out, "\nNot ranked, since it failed or lost somebody: %s.",
				name(s, i));
	fputc('\n', out);
}

static int best_in(const struct study *s, enum metric m)
{
	for (unsigned int i = STUDY_UNDISTURBED + 1; i < s->variations.nr; i++)
		if (s->summary[i][m].best)
			return i;
	return -1;
}

/* What others do better, as far as the table shows it. */
static void print_others(const struct study *s, unsigned int winner, FILE *out)
{
	static const struct {
		enum metric metric;
		const char *label;
	} costs[] = {
		{ METRIC_FOOTPRINT, "GiB x min" }, { METRIC_HOST_PEAK, "peak" },
		{ METRIC_THP, "THP" }, { METRIC_FAULT_P99, "fault p99" },
		{ METRIC_CPU_ALL, "CPU time in all" }, { METRIC_EXITS, "exits" },
		{ METRIC_AGE_P50, "time until given back" },
	};
	unsigned int nr = 0;

	for (unsigned int k = 0; k < sizeof(costs) / sizeof(costs[0]) && nr < OTHERS_MAX; k++) {
		enum metric m = costs[k].metric;
		const struct study_summary *own = &s->summary[winner][m];
		int best = best_in(s, m);
		struct human mine, its;

		if (best < 0 || !own->known || own->best || own->no_difference)
			continue;
		mine = figure(s, winner, m);
		its = figure(s, best, m);
		if (strcmp(mine.text, its.text))
			fprintf(out, "%s%s %s (%s: %s)", nr++ ? ", " : "\nOthers do better in: ",
				costs[k].label, mine.text, name(s, best), its.text);
	}
	if (nr)
		fputc('.', out);
}

/* Lines of at most @width columns, broken at blanks. */
static void fold(FILE *out, const char *text, size_t width)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (len > width) {
			len = width;
			while (len > 1 && text[len] != ' ')
				len--;
		}
		fprintf(out, "%.*s\n", (int)len, text);
		text += len + (text[len] != '\0');
	}
}

static void print_answer(const struct study *s, unsigned int winner, enum metric by, FILE *out)
{
	print_winner(s, winner, by, out);
	fprintf(out, "What does it cost?  %s of CPU time for telling the host and %s in VMMs, "
		"in %s requests.", figure(s, winner, METRIC_CPU_HINTS).text,
		figure(s, winner, METRIC_CPU_VMM).text, figure(s, winner, METRIC_REQUESTS).text);
	print_others(s, winner, out);
}

static void print_nobody(const struct study *s, FILE *out)
{
	enum metric by;
	int best = study_best(s, &by);

	if (!study_is_tie(s)) {
		fprintf(out, "Who wins?  Nobody: none came through.");
		return;
	}
	fprintf(out, "Who wins?  Nobody: they cannot be told apart; ");
	fprintf(out, meaning(by), figure(s, best, by).text);
	if (by != METRIC_FOOTPRINT)
		fprintf(out, ", footprint %s GiB x min", figure(s, best, METRIC_FOOTPRINT).text);
	fputc('.', out);
}

char *study_verdict_text(const struct study *s)
{
	char *text = NULL;
	size_t size;
	FILE *whole = open_memstream(&text, &size);
	enum metric by;
	int winner = study_winner(s, &by);

	if (!whole)
		abort();
	if (winner >= 0)
		print_answer(s, winner, by, whole);
	else
		print_nobody(s, whole);
	fclose(whole);
	return text;
}

void study_verdict(const struct study *s, FILE *out)
{
	char *text = study_verdict_text(s);

	fputc('\n', out);
	fold(out, text, TABLE_WIDTH);
	free(text);
}
