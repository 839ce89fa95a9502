// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preparing and running a study.
 *
 * Before anything runs, each variation's machine is built once (probe.c): what cannot be had is
 * known then, and so are the digests by which runs are found in the database.  Each run is the
 * command `ballast run` with a trace of level summary, the very command that its row keeps.
 */
#define _GNU_SOURCE
#include "study_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "hostmem.h"
#include "probe.h"
#include "shell.h"

#define SETTING_SIZE (PROBE_PATH + 64)

struct study_run *study_run_of(const struct study *s, unsigned int variation, unsigned int seed)
{
	return &s->runs[variation * s->config.repeat + seed];
}

bool study_has(const struct study *s, unsigned int variation)
{
	if (s->variations.list[variation].missing)
		return false;
	for (unsigned int i = 0; i < s->config.repeat; i++)
		if (!study_run_of(s, variation, i)->outcome.result)
			return false;
	return true;
}

bool study_changes_nothing(const struct study *s, unsigned int variation)
{
	const struct variation *v = &s->variations.list[variation];

	return variation != STUDY_UNDISTURBED && !v->missing &&
	       v->scenario_digest == s->base_scenario && v->images_digest == s->base_images;
}

/* The images too, so that two versions of a driver under one name differ. */
unsigned int study_first_same(const struct study *s, unsigned int from, unsigned int variation)
{
	const struct variation *list = s->variations.list, *v = &list[variation];

	for (unsigned int i = from; i < variation; i++)
		if (!list[i].missing && list[i].scenario_digest == v->scenario_digest &&
		    list[i].images_digest == v->images_digest)
			return i;
	return variation;
}

const char *study_same_as(const struct study *s, unsigned int variation)
{
	unsigned int first;

	if (s->variations.list[variation].missing)
		return NULL;
	first = study_first_same(s, STUDY_UNDISTURBED + 1, variation);
	return first == variation ? NULL : s->variations.list[first].name;
}

/* Overlays and settings of a variation, the common ones first, in one scenario_args. */
struct load {
	struct scenario_args args;
	const char **overlays, **settings;
};

static void load_init(struct load *l, const struct study_config *c, const struct variation *v)
{
	unsigned int o = c->nr_overlays + (v ? v->nr_overlays : 0);
	unsigned int n = c->nr_settings + (v ? v->nr_settings : 0);

	l->overlays = host_alloc((o + 1) * sizeof(*l->overlays));
	l->settings = host_alloc((n + 1) * sizeof(*l->settings));
	for (unsigned int i = 0; i < o; i++)
		l->overlays[i] = i < c->nr_overlays ? c->overlays[i] :
						      v->overlays[i - c->nr_overlays];
	for (unsigned int i = 0; i < n; i++)
		l->settings[i] = i < c->nr_settings ? c->settings[i] :
						      v->settings[i - c->nr_settings];
	l->args = (struct scenario_args){ .file = c->file, .overlays = l->overlays,
					  .nr_overlays = o, .settings = l->settings,
					  .nr_settings = n, .include_dir = c->scenario_dir };
}

static void load_free(struct load *l)
{
	host_free(l->overlays);
	host_free(l->settings);
}

static void look(const struct study *s, const struct variation *v, struct probe *probe,
		 char **machine)
{
	struct load l;

	load_init(&l, &s->config, v);
	probe_machine(probe, &l.args, s->config.image_dir, s->config.images != NULL, machine);
	load_free(&l);
}

/* Add to @error what is wrong with a variation, a line each. */
static void refuse(const struct variation *v, const char *why, char *error, size_t size)
{
	char *copy = collect_copy(why), *rest = copy, *line;
	size_t len = strlen(error);

	while ((line = strsep(&rest, "\n")) && len < size)
		if (*line)
			len += snprintf(error + len, size - len, "%s: %s\n", v->name, line);
	free(copy);
}

static void look_at_variation(struct study *s, unsigned int i, char *error, size_t size)
{
	struct variation *v = &s->variations.list[i];
	struct probe *probe = host_alloc(sizeof(*probe));

	look(s, v, probe, NULL);
	v->scenario_digest = probe->scenario_digest;
	v->images_digest = probe->images_digest;
	if (!probe->well && (v->named || i == STUDY_UNDISTURBED)) {
		refuse(v, probe->text, error, size);
	} else if (!probe->well) {
		/* The first reason is enough for a remark. */
		probe->text[strcspn(probe->text, "\n")] = '\0';
		v->missing = collect_copy(probe->text);
	}
	host_free(probe);
}

static void add_undisturbed(struct study *s, const struct probe *base)
{
	char setting[SETTING_SIZE];
	struct variation *v = variations_add(&s->variations, "undisturbed",
					     "the machine as it is, with memory for all");

	snprintf(setting, sizeof(setting), "%s/memory-mib=%" PRIu64, base->host, base->enough_mib);
	variation_add_setting(v, setting);
}

static void take_over(struct study *s, struct variations *from)
{
	for (unsigned int i = 0; i < from->nr; i++)
		*(struct variation *)collect_append(&s->variations.list, &s->variations.nr,
						    sizeof(*from->list)) = from->list[i];
	host_free(from->list);
	*from = (struct variations){ 0 };
}

static int look_at_all(struct study *s, struct variations *variations, char *error, size_t size)
{
	struct probe *base = host_alloc(sizeof(*base));
	bool well;

	look(s, NULL, base, &s->machine);
	well = base->well;
	if (!well)
		snprintf(error, size, "%s", base->text);
	s->base_scenario = base->scenario_digest;
	s->base_images = base->images_digest;
	s->first_seed = base->seed;
	s->description = collect_copy(base->description);
	add_undisturbed(s, base);
	take_over(s, variations);
	host_free(base);
	for (unsigned int i = 0; well && i < s->variations.nr; i++)
		look_at_variation(s, i, error, size);
	return well && !error[0] ? 0 : -1;
}

static int check_number(const struct study *s, char *error, size_t size)
{
	unsigned int nr = 0;

	for (unsigned int i = STUDY_UNDISTURBED + 1; i < s->variations.nr; i++)
		nr += !s->variations.list[i].missing;
	if (nr > 1)
		return 0;
	snprintf(error, size, "%s: %s to compare; allowed: two or more variations, where --with "
		 "NAME= is the scenario as it is", s->config.file,
		 nr ? "only one variation" : "nothing");
	return -1;
}

/* The command of a run, as arguments (ended by NULL) or as text for a shell. */

static unsigned int nr_words(const struct load *l)
{
	/* run FILE, --images, --watchdog, --quiet, --detail, --trace, and --set for the seed */
	return 2 * (l->args.nr_overlays + l->args.nr_settings) + 16;
}

static void add_word(char **argv, unsigned int *n, const char *word)
{
	argv[(*n)++] = collect_copy(word);
}

static void add_option(char **argv, unsigned int *n, const char *option, const char *word)
{
	if (!word)
		return;
	add_word(argv, n, option);
	add_word(argv, n, word);
}

static char **run_words(const struct study *s, const struct study_run *run)
{
	const struct study_config *c = &s->config;
	char seed[SETTING_SIZE], patience[SETTING_SIZE], **argv;
	unsigned int n = 0;
	struct load l;

	load_init(&l, c, &s->variations.list[run->variation]);
	argv = host_alloc(nr_words(&l) * sizeof(*argv));
	add_word(argv, &n, c->program);
	add_word(argv, &n, "run");
	add_word(argv, &n, c->file);
	for (unsigned int i = 0; i < l.args.nr_overlays; i++)
		add_option(argv, &n, "--overlay", l.overlays[i]);
	for (unsigned int i = 0; i < l.args.nr_settings; i++)
		add_option(argv, &n, "--set", l.settings[i]);
	snprintf(seed, sizeof(seed), "/seed=%" PRIu64, run->key.seed);
	if (run->key.seed != s->first_seed)
		add_option(argv, &n, "--set", seed);
	add_option(argv, &n, "--images", c->images);
	snprintf(patience, sizeof(patience), "%u", c->patience_s);
	if (c->patience_s)
		add_option(argv, &n, "--watchdog", patience);
	load_free(&l);
	return argv;
}

static char *command_text(const struct study *s, char *const *argv)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	shell_variable(out, "BALLAST_SCENARIOS", s->config.scenarios);
	for (unsigned int i = 0; argv[i]; i++) {
		if (i)
			fputc(' ', out);
		shell_word(out, argv[i]);
	}
	fclose(out);
	return text;
}

void study_free_words(char **argv)
{
	for (unsigned int i = 0; argv && argv[i]; i++)
		free(argv[i]);
	host_free(argv);
}

char **study_run_words(const struct study *s, const struct study_run *run, const char *trace)
{
	char **argv = run_words(s, run);
	unsigned int n = 0;

	while (argv[n])
		n++;
	add_word(argv, &n, "--quiet");
	add_option(argv, &n, "--detail", "summary");
	add_option(argv, &n, "--trace", trace);
	return argv;
}

static void make_runs(struct study *s)
{
	s->nr_runs = s->variations.nr * s->config.repeat;
	s->runs = host_alloc(s->nr_runs * sizeof(*s->runs));
	for (unsigned int i = 0; i < s->nr_runs; i++) {
		struct study_run *run = &s->runs[i];
		const struct variation *v;
		char **argv;

		run->variation = i / s->config.repeat;
		v = &s->variations.list[run->variation];
		run->key = (struct store_key){ .scenario = v->scenario_digest,
					       .images = v->images_digest,
					       .simulator = s->simulator,
					       .seed = s->first_seed + i % s->config.repeat };
		argv = run_words(s, run);
		run->command = command_text(s, argv);
		study_free_words(argv);
	}
}

int study_prepare(struct study *s, const struct study_config *config,
		  struct variations *variations, char *error, size_t error_size)
{
	*s = (struct study){ .config = *config };
	error[0] = '\0';
	s->simulator = scenario_file_digest(config->path);
	if (look_at_all(s, variations, error, error_size) || check_number(s, error, error_size))
		return -1;
	/* At last: a database is made where there is none. */
	if (config->db) {
		s->store = store_open(config->db, error, error_size);
		if (!s->store)
			return -1;
	}
	make_runs(s);
	s->summary = host_alloc(s->variations.nr * sizeof(*s->summary));
	s->ranked = host_alloc(s->variations.nr * sizeof(*s->ranked));
	return 0;
}

void study_free(struct study *s)
{
	for (unsigned int i = 0; i < s->nr_runs; i++) {
		outcome_free(&s->runs[i].outcome);
		free(s->runs[i].command);
		free(s->runs[i].error);
	}
	host_free(s->runs);
	host_free(s->summary);
	host_free(s->ranked);
	free(s->description);
	free(s->machine);
	variations_free(&s->variations);
	store_close(s->store);
	*s = (struct study){ 0 };
}
