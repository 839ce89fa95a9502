// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures over seeds, and which of them are best and worst.
 *
 * Only a variation all of whose runs came through is ranked: whoever was killed early used little
 * of anything.  The undisturbed runs are none of the contestants.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hostmem.h"
#include "study_internal.h"

#define STREAM_SIZE 256

static void summarize(const struct study *s, unsigned int variation, enum metric metric,
		      double *values)
{
	struct study_summary *sum = &s->summary[variation][metric];
	char stream[STREAM_SIZE];
	unsigned int nr = s->config.repeat;

	*sum = (struct study_summary){ .known = true };
	for (unsigned int i = 0; i < nr; i++) {
		const struct outcome *o = &study_run_of(s, variation, i)->outcome;

		sum->known = sum->known && o->result && o->measures.known[metric];
		values[i] = o->measures.value[metric];
	}
	if (!sum->known)
		return;
	sum->median = statistics_median(values, nr);
	snprintf(stream, sizeof(stream), "interval/%s/%s", metric_info[metric].column,
		 s->variations.list[variation].name);
	sum->interval = nr > 1 ? statistics_interval(values, nr, stream) :
				 (struct interval){ sum->median, sum->median };
}

static bool takes_part(const struct study *s, unsigned int variation, enum metric metric)
{
	return s->ranked[variation] && s->summary[variation][metric].known;
}

bool study_beats(const struct study *s, unsigned int a, unsigned int b, enum metric metric)
{
	double x = s->summary[a][metric].median, y = s->summary[b][metric].median;

	return metric_info[metric].better == METRIC_MORE ? x > y : x < y;
}

/* The best of those that are ranked, or the worst; -1: none has the figure. */
static int extreme_of(const struct study *s, enum metric metric, bool worst)
{
	int found = -1;

	for (int i = STUDY_UNDISTURBED + 1; i < (int)s->variations.nr; i++)
		if (takes_part(s, i, metric) &&
		    (found < 0 || study_beats(s, worst ? found : i, worst ? i : found, metric)))
			found = i;
	return found;
}

/* Whether a variation's figure cannot be told from the best one, seed by seed. */
static bool no_difference(const struct study *s, unsigned int variation, unsigned int best,
			  enum metric metric)
{
	unsigned int nr = s->config.repeat;
	double *a = host_alloc(nr * sizeof(*a)), *b = host_alloc(nr * sizeof(*b));
	char stream[STREAM_SIZE];
	bool differ;

	for (unsigned int i = 0; i < nr; i++) {
		a[i] = study_run_of(s, variation, i)->outcome.measures.value[metric];
		b[i] = study_run_of(s, best, i)->outcome.measures.value[metric];
	}
	snprintf(stream, sizeof(stream), "difference/%s/%s", metric_info[metric].column,
		 s->variations.list[variation].name);
	differ = statistics_differ(a, b, nr, stream);
	host_free(a);
	host_free(b);
	return !differ;
}

static void rank(const struct study *s, enum metric metric)
{
	int best = extreme_of(s, metric, false), worst = extreme_of(s, metric, true);

	if (best < 0 || s->summary[best][metric].median == s->summary[worst][metric].median)
		return;
	for (unsigned int i = STUDY_UNDISTURBED + 1; i < s->variations.nr; i++) {
		struct study_summary *sum = &s->summary[i][metric];

		if (!takes_part(s, i, metric))
			continue;
		sum->best = sum->median == s->summary[best][metric].median;
		sum->no_difference = !sum->best && s->config.repeat > 1 &&
				     no_difference(s, i, best, metric);
		sum->worst = !sum->no_difference &&
			     sum->median == s->summary[worst][metric].median;
	}
}

void study_summarize(struct study *s)
{
	double *values = host_alloc(s->config.repeat * sizeof(*values));

	for (unsigned int i = 0; i < s->variations.nr; i++) {
		s->ranked[i] = study_has(s, i) && i != STUDY_UNDISTURBED;
		for (unsigned int j = 0; j < s->config.repeat; j++)
			s->ranked[i] = s->ranked[i] &&
				       outcome_whole(&study_run_of(s, i, j)->outcome);
		for (unsigned int m = 0; m < NR_METRICS; m++)
			summarize(s, i, m, values);
	}
	for (unsigned int m = 0; m < NR_METRICS; m++)
		rank(s, m);
	host_free(values);
}

#define UNDISTURBED 1000	/* thousandths */

/*
 * Of a single seed nobody knows how much is noise, with one exception: no mechanism makes programs
 * faster than undisturbed ones, so what the best is below 1 is noise, and as much above 1 may be.
 */
static bool is_noise(const struct study *s, double median, double best, enum metric metric)
{
	return metric == METRIC_SLOWDOWN && s->config.repeat == 1 && best < UNDISTURBED &&
	       median <= 2 * UNDISTURBED - best;
}

/* Not to be told from the best one: by the bootstrap, or by the digits that the table shows. */
bool study_is_level(const struct study *s, unsigned int variation, unsigned int best,
		    enum metric metric)
{
	const struct study_summary *a = &s->summary[variation][metric];
	const struct study_summary *b = &s->summary[best][metric];

	return takes_part(s, variation, metric) &&
	       (a->best || a->no_difference || is_noise(s, a->median, b->median, metric) ||
		!strcmp(metric_text(metric, llround(a->median)).text,
			metric_text(metric, llround(b->median)).text));
}

/*
 * What a program takes for its work is the question; without work the time of the run, and for
 * programs that only hold memory the host's memory.
 */
int study_best(const struct study *s, enum metric *by)
{
	static const enum metric order[] = { METRIC_SLOWDOWN, METRIC_RUN_TIME, METRIC_FOOTPRINT };
	int best = -1;

	for (unsigned int k = 0; k < sizeof(order) / sizeof(order[0]) && best < 0; k++) {
		*by = order[k];
		best = extreme_of(s, order[k], false);
	}
	return best;
}

/* In what decides, and then in memory, nobody can be told from the others. */
bool study_is_tie(const struct study *s)
{
	enum metric by;
	int best = study_best(s, &by), least = extreme_of(s, METRIC_FOOTPRINT, false);
	unsigned int nr = 0;

	for (unsigned int i = STUDY_UNDISTURBED + 1; best >= 0 && i < s->variations.nr; i++) {
		if (!s->ranked[i])
			continue;
		nr++;
		if (!study_is_level(s, i, best, by) ||
		    (least >= 0 && !study_is_level(s, i, least, METRIC_FOOTPRINT)))
			return false;
	}
	return nr > 1;
}

/* Among those that are level, who takes least of what there is too little of: memory. */
int study_winner(const struct study *s, enum metric *by)
{
	int best = study_best(s, by), winner = best;

	for (unsigned int i = STUDY_UNDISTURBED + 1; best >= 0 && i < s->variations.nr; i++)
		if (study_is_level(s, i, best, *by) &&
		    s->summary[i][METRIC_FOOTPRINT].median <
		    s->summary[winner][METRIC_FOOTPRINT].median)
			winner = i;
	return study_is_tie(s) ? -1 : winner;
}
