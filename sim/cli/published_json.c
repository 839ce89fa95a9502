// SPDX-License-Identifier: GPL-2.0-only
/*
 * Published experiments as JSON; see published.h.  Figures are in the unit that their metric says.
 */
#include "published.h"

#include <stdlib.h>
#include <string.h>

static void add_text(struct json_object *j, const char *key, const char *text)
{
	json_object_object_add(j, key, json_object_new_string(text ? text : ""));
}

static void add_number(struct json_object *j, const char *key, uint64_t value)
{
	json_object_object_add(j, key, json_object_new_uint64(value));
}

struct json_object *published_new(const char *command)
{
	struct json_object *all = json_object_new_object();

	add_text(all, "version", BALLAST_VERSION);
	add_text(all, "command", command);
	json_object_object_add(all, "experiments", json_object_new_array());
	return all;
}

struct json_object *published_add(struct json_object *all, const char *file)
{
	struct json_object *experiment = json_object_new_object();

	add_text(experiment, "scenario", file);
	json_object_object_add(experiment, "runs", json_object_new_array());
	json_object_array_add(json_object_object_get(all, "experiments"), experiment);
	return experiment;
}

bool published_has(const struct scenario *s, const struct scenario_figure *figure)
{
	return !figure->variant[0] || !strcmp(figure->variant, s->variant);
}

/* What a function prints to a stream, as text; to be given to free(). */
static char *printed(void (*print)(const struct published_run *run, FILE *out),
		     const struct published_run *run)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	print(run, out);
	fclose(out);
	return text;
}

static void print_machine(const struct published_run *run, FILE *out)
{
	report_json_machine(run->report, out);
}

static void print_command(const struct published_run *run, FILE *out)
{
	cli_print_command(out, run->args, run->file);
}

static void add_machine(struct json_object *experiment, const struct published_run *run)
{
	char *text = printed(print_machine, run);

	json_object_object_add(experiment, "machine", json_tokener_parse(text));
	free(text);
}

static void add_verdict(struct json_object *j, const struct published_run *run,
			const struct scenario_figure *figure)
{
	bool unbounded = figures_unbounded(run->figures, figure);
	uint64_t value;

	if (run->status) {
		add_text(j, "verdict", "run failed");
	} else if (!figures_value(run->figures, run->scenario, figure, &value)) {
		add_text(j, "verdict", "no data");
	} else {
		add_number(j, "simulated", value);
		json_object_object_add(j, "at_least", json_object_new_boolean(unbounded));
		if (figure->value)
			add_number(j, "ratio_permille",
				   (unsigned __int128)value * 1000 / figure->value);
		add_text(j, "verdict", figures_within(figure, value) && !unbounded ? "ok" :
			 "out of band");
	}
}

static struct json_object *figure_of(const struct published_run *run,
				     const struct scenario_figure *figure)
{
	struct json_object *j = json_object_new_object();
	uint64_t low, high;

	figures_band(figure, &low, &high);
	add_text(j, "label", figure->label);
	add_text(j, "metric", scenario_metric_name(figure->metric));
	add_number(j, "published", figure->value);
	add_number(j, "published_max", figure->value_max);
	add_number(j, "band_low", low);
	add_number(j, "band_high", high);
	add_verdict(j, run, figure);
	return j;
}

/* What the first run says of all. */
static void describe(struct json_object *experiment, const struct published_run *run)
{
	const struct scenario *s = run->scenario;

	add_text(experiment, "id", s->published.id);
	add_text(experiment, "source", s->published.source);
	add_text(experiment, "description", s->description);
	add_machine(experiment, run);
}

void published_add_run(struct json_object *experiment, const struct published_run *run)
{
	struct json_object *runs = json_object_object_get(experiment, "runs");
	struct json_object *j = json_object_new_object(), *list = json_object_new_array();
	const struct scenario *s = run->scenario;
	char *command = printed(print_command, run);

	if (!json_object_array_length(runs))
		describe(experiment, run);
	add_text(j, "variant", s->variant);
	add_number(j, "seed", s->seed);
	add_text(j, "command", command);
	add_text(j, "result", run->report->ended ? report_result(run->report) : "not run");
	add_text(j, "text", run->report->end_text);
	json_object_object_add(j, "killed", list);
	for (unsigned int i = 0; i < run->report->nr_casualties; i++)
		json_object_array_add(list, json_object_new_string(run->report->casualties[i]));
	list = json_object_new_array();
	json_object_object_add(j, "figures", list);
	for (uint32_t i = 0; i < s->published.nr_figures; i++)
		if (published_has(s, &s->published.figures[i]))
			json_object_array_add(list, figure_of(run, &s->published.figures[i]));
	json_object_array_add(runs, j);
	free(command);
}
