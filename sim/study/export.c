// SPDX-License-Identifier: GPL-2.0-only
/*
 * A study as JSON, and its runs as CSV: for programs, nothing rounded.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study.h"

#define DIGEST_SIZE 17

static struct json_object *text(const char *s)
{
	return json_object_new_string(s ? s : "");
}

static struct json_object *texts(char *const *list, unsigned int nr)
{
	struct json_object *array = json_object_new_array();

	for (unsigned int i = 0; i < nr; i++)
		json_object_array_add(array, text(list[i]));
	return array;
}

static struct json_object *digest(uint64_t value)
{
	char hex[DIGEST_SIZE];

	snprintf(hex, sizeof(hex), "%016" PRIx64, value);
	return text(hex);
}

static struct json_object *json_run(const struct study_run *run)
{
	const struct outcome *o = &run->outcome;
	struct json_object *j = json_object_new_object(), *figures = json_object_new_object();

	json_object_object_add(j, "seed", json_object_new_uint64(run->key.seed));
	json_object_object_add(j, "command", text(run->command));
	json_object_object_add(j, "scenario_digest", digest(run->key.scenario));
	json_object_object_add(j, "images_digest", digest(run->key.images));
	json_object_object_add(j, "simulator_digest", digest(run->key.simulator));
	if (!o->result) {
		json_object_object_add(j, "error", text(run->error));
		json_object_put(figures);
		return j;
	}
	json_object_object_add(j, "result", text(o->result));
	json_object_object_add(j, "text", text(o->text));
	json_object_object_add(j, "killed", texts(o->casualties, o->nr_casualties));
	for (unsigned int m = 0; m < NR_METRICS; m++)
		if (o->measures.known[m])
			json_object_object_add(figures, metric_info[m].column,
					       json_object_new_uint64(o->measures.value[m]));
	json_object_object_add(j, "figures", figures);
	return j;
}

static struct json_object *json_figure(const struct study_summary *sum)
{
	struct json_object *j = json_object_new_object();

	json_object_object_add(j, "median", json_object_new_double(sum->median));
	json_object_object_add(j, "low", json_object_new_double(sum->interval.low));
	json_object_object_add(j, "high", json_object_new_double(sum->interval.high));
	json_object_object_add(j, "best", json_object_new_boolean(sum->best));
	json_object_object_add(j, "worst", json_object_new_boolean(sum->worst));
	json_object_object_add(j, "no_difference", json_object_new_boolean(sum->no_difference));
	return j;
}

static struct json_object *json_variation(const struct study *s, unsigned int i)
{
	const struct variation *v = &s->variations.list[i];
	struct json_object *j = json_object_new_object(), *runs, *figures;

	json_object_object_add(j, "name", text(v->name));
	json_object_object_add(j, "argument", text(v->argument));
	json_object_object_add(j, "overlays", texts(v->overlays, v->nr_overlays));
	json_object_object_add(j, "settings", texts(v->settings, v->nr_settings));
	if (v->missing) {
		json_object_object_add(j, "left_out", text(v->missing));
		return j;
	}
	json_object_object_add(j, "changes_nothing",
			       json_object_new_boolean(study_changes_nothing(s, i)));
	if (study_same_as(s, i))
		json_object_object_add(j, "same_as", text(study_same_as(s, i)));
	json_object_object_add(j, "ranked", json_object_new_boolean(s->ranked[i]));
	runs = json_object_new_array();
	for (unsigned int k = 0; k < s->config.repeat; k++)
		json_object_array_add(runs, json_run(study_run_of(s, i, k)));
	json_object_object_add(j, "runs", runs);
	figures = json_object_new_object();
	for (unsigned int m = 0; m < NR_METRICS; m++)
		if (s->summary[i][m].known)
			json_object_object_add(figures, metric_info[m].column,
					       json_figure(&s->summary[i][m]));
	json_object_object_add(j, "figures", figures);
	return j;
}

void study_json(const struct study *s, FILE *out)
{
	struct json_object *j = json_object_new_object(), *list = json_object_new_array();
	enum metric by;
	int winner = study_winner(s, &by);
	char *verdict;

	json_object_object_add(j, "scenario", text(s->config.file));
	json_object_object_add(j, "description", text(s->description));
	json_object_object_add(j, "version", text(BALLAST_VERSION));
	json_object_object_add(j, "command", text(s->config.command));
	json_object_object_add(j, "scenario_digest", digest(s->base_scenario));
	json_object_object_add(j, "first_seed", json_object_new_uint64(s->first_seed));
	json_object_object_add(j, "repeat", json_object_new_int(s->config.repeat));
	for (unsigned int i = 0; i < s->variations.nr; i++)
		json_object_array_add(list, json_variation(s, i));
	json_object_object_add(j, "variations", list);
	if (winner >= 0) {
		json_object_object_add(j, "winner", text(s->variations.list[winner].name));
		json_object_object_add(j, "winner_by", text(metric_info[by].column));
	}
	verdict = study_verdict_text(s);
	json_object_object_add(j, "verdict", text(verdict));
	free(verdict);
	if (s->machine && s->machine[0])
		json_object_object_add(j, "machine", json_tokener_parse(s->machine));
	fprintf(out, "%s\n", json_object_to_json_string_ext(j, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_SPACED |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(j);
}

/* A field, quoted where RFC 4180 wants it. */
static void csv_text(FILE *out, const char *s)
{
	if (!s[strcspn(s, ",\"\n\r")]) {
		fputs(s, out);
		return;
	}
	fputc('"', out);
	for (; *s; s++) {
		if (*s == '"')
			fputc('"', out);
		fputc(*s, out);
	}
	fputc('"', out);
}

static void csv_run(const struct study *s, const struct study_run *run, FILE *out)
{
	const struct outcome *o = &run->outcome;

	csv_text(out, s->variations.list[run->variation].name);
	fprintf(out, ",%" PRIu64 ",", run->key.seed);
	csv_text(out, o->result);
	for (unsigned int m = 0; m < NR_METRICS; m++) {
		fputc(',', out);
		if (o->measures.known[m])
			fprintf(out, "%" PRIu64, o->measures.value[m]);
	}
	fprintf(out, ",%016" PRIx64 ",%016" PRIx64 ",%016" PRIx64 ",", run->key.scenario,
		run->key.images, run->key.simulator);
	csv_text(out, run->command);
	fputc('\n', out);
}

void study_csv(const struct study *s, FILE *out)
{
	fprintf(out, "variation,seed,result");
	for (unsigned int m = 0; m < NR_METRICS; m++)
		fprintf(out, ",%s", metric_info[m].column);
	fprintf(out, ",scenario_digest,images_digest,simulator_digest,command\n");
	for (unsigned int i = 0; i < s->nr_runs; i++)
		if (s->runs[i].outcome.result)
			csv_run(s, &s->runs[i], out);
}
