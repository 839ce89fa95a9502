// SPDX-License-Identifier: GPL-2.0-only
/*
 * The answer in words, from the figures alone: who wins, by what, and what it costs.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "study.h"
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

static bool better(const struct study *s, enum metric m, unsigned int a, unsigned int b)
{
	double x = s->summary[a][m].median, y = s->summary[b][m].median;

	return metric_info[m].better == METRIC_LESS ? x < y : x > y;
}

/* Of those that are ranked and not level with the winner: the best, or with @last the worst; -1. */
static int after(const struct study *s, enum metric m, unsigned int winner, bool last)
{
	int found = -1;

	for (unsigned int i = STUDY_UNDISTURBED + 1; i < s->variations.nr; i++) {
		if (!s->ranked[i] || !s->summary[i][m].known || study_is_level(s, i, winner, m))
			continue;
		if (found < 0 || better(s, m, last ? (unsigned int)found : i,
					last ? i : (unsigned int)found))
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

static void print_level(const struct study *s, unsigned int winner, enum metric m, FILE *out)
{
	struct human least = figure(s, winner, METRIC_CPU_ALL);
	unsigned int nr = 0, nr_dearer = 0;

	for (unsigned int i = STUDY_UNDISTURBED + 1; i < s->variations.nr; i++) {
		struct human all = figure(s, i, METRIC_CPU_ALL);

		if (i == winner || !study_is_level(s, i, winner, m))
			continue;
		fprintf(out, "%s%s (CPU time %s)", nr++ ? ", " : "\nNo difference to ", name(s, i),
			all.text);
		nr_dearer += strcmp(all.text, least.text) != 0;
	}
	if (nr)
		fprintf(out, nr_dearer ? "; it takes least CPU time, %s." : ", its own %s.",
			least.text);
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
	int next = after(s, m, winner, false), last = after(s, m, winner, true);

	fprintf(out, "\nWho wins?  %s%s: ", name(s, winner),
		nr_ranked(s) > 1 ? "" : ", which alone came through");
	fprintf(out, meaning(m), figure(s, winner, m).text);
	if (next >= 0)
		fprintf(out, "; next is %s with %s", name(s, next), figure(s, next, m).text);
	if (last >= 0 && last != next)
		fprintf(out, ", last %s with %s", name(s, last), figure(s, last, m).text);
	fputc('.', out);
	print_level(s, winner, m, out);
	for (unsigned int i = STUDY_UNDISTURBED + 1; i < s->variations.nr; i++)
		if (!s->ranked[i] && !s->variations.list[i].missing)
			fprintf(out, "\nNot ranked, since it failed or lost somebody: %s.",
				name(s, i));
	fputc('\n', out);
}

/* What others do better, in the order of the table. */
static void print_others(const struct study *s, unsigned int winner, FILE *out)
{
	static const enum metric costs[] = { METRIC_FOOTPRINT, METRIC_HOST_PEAK, METRIC_THP,
					     METRIC_FAULT_P99, METRIC_CPU_EXIT,
					     METRIC_CPU_KERNEL, METRIC_EXITS };
	unsigned int nr = 0;

	for (unsigned int k = 0; k < sizeof(costs) / sizeof(costs[0]) && nr < OTHERS_MAX; k++) {
		enum metric m = costs[k];
		unsigned int best = 0;

		if (!s->summary[winner][m].known || s->summary[winner][m].best ||
		    s->summary[winner][m].no_difference)
			continue;
		for (unsigned int i = STUDY_UNDISTURBED + 1; i < s->variations.nr; i++)
			if (s->summary[i][m].best)
				best = i;
		if (!best)
			continue;
		fprintf(out, "%s%s %s (%s: %s)", nr ? ", " : "\nOthers do better in: ",
			metric_info[m].head, figure(s, winner, m).text, name(s, best),
			figure(s, best, m).text);
		nr++;
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

void study_verdict(const struct study *s, FILE *out)
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
		fprintf(whole, "\nWho wins?  Nobody: none came through.");
	fclose(whole);
	fold(out, text, TABLE_WIDTH);
	free(text);
}
