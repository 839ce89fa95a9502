// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a study: what is not in the database yet, as processes.
 *
 * Runs that ask for the same (their keys are equal) happen once.  Traces are in a directory of
 * their own under TMPDIR, each for as long as it takes to read it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostmem.h"
#include "collect.h"
#include "pool.h"
#include "study_internal.h"

#define PATH_SIZE 4096
#define LINE_SIZE 1024
#define EXIT_RUN_FAILED 1
#define EXIT_BAD_INPUT 2
#define EXIT_SIGNAL 128

/* One per process: which run it is, and where its trace and its errors are. */
struct task {
	struct study_run *run;
	char trace[PATH_SIZE], errors[PATH_SIZE];
};

struct execution {
	struct study *s;
	char dir[PATH_SIZE];
	struct task *tasks;
	struct pool_job *jobs;
	unsigned int nr, nr_ended;
	bool lost;			/* a row could not be written: said once */
};

/* The run of the study that stands for all with its key: the first one. */
static struct study_run *first_of(const struct study *s, const struct study_run *run)
{
	unsigned int seed = run - study_run_of(s, run->variation, 0);

	return study_run_of(s, study_first_same(s, STUDY_UNDISTURBED, run->variation), seed);
}

static bool is_wanted(const struct study *s, const struct study_run *run)
{
	return !s->variations.list[run->variation].missing;
}

static void put(struct execution *e, const struct study_run *run)
{
	struct study *s = e->s;
	const struct store_row row = { .key = run->key, .file = s->config.file,
				       .variation = s->variations.list[run->variation].name,
				       .command = run->command, .outcome = &run->outcome };
	char error[LINE_SIZE];

	if (!s->store || e->lost || !store_put(s->store, &row, error, sizeof(error)))
		return;
	e->lost = true;
	s->config.say(error);
}

/* What a process said first, without its name; how it ended if it said nothing. */
static char *first_line(const char *file, int status)
{
	static const char prefix[] = "ballast: ";
	char line[LINE_SIZE] = "", *text = line;
	FILE *in = fopen(file, "r");

	if (in) {
		if (!fgets(line, sizeof(line), in))
			line[0] = '\0';
		fclose(in);
	}
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(text, prefix, sizeof(prefix) - 1))
		text += sizeof(prefix) - 1;
	if (!text[0])
		snprintf(line, sizeof(line), "the process ended with status %d", status);
	return collect_copy(text);
}

/* A run that its own end has not reached says nothing about the variation. */
static bool is_cut(const struct outcome *o, int status)
{
	return !strcmp(o->result, "not finished") || status >= EXIT_SIGNAL;
}

static void take_result(struct execution *e, struct task *task, int status)
{
	struct study_run *run = task->run;
	char error[LINE_SIZE];

	run->status = status;
	if (status != EXIT_BAD_INPUT && !access(task->trace, R_OK) &&
	    !outcome_read(&run->outcome, task->trace, error, sizeof(error)) &&
	    !is_cut(&run->outcome, status)) {
		e->s->nr_ran++;
		put(e, run);
	} else {
		outcome_free(&run->outcome);
		run->error = first_line(task->errors, status);
	}
	unlink(task->trace);
	unlink(task->errors);
}

static void tell_ended(const struct execution *e, const struct study_run *run)
{
	const struct study *s = e->s;
	const struct measures *m = &run->outcome.measures;
	char line[LINE_SIZE];

	if (s->config.quiet || s->config.terminal)
		return;
	snprintf(line, sizeof(line), "[%u/%u] %s, seed %" PRIu64 ": %s%s%s", e->nr_ended, e->nr,
		 s->variations.list[run->variation].name, run->key.seed,
		 run->outcome.result ? run->outcome.result : run->error,
		 m->known[METRIC_RUN_TIME] ? ", " : "", m->known[METRIC_RUN_TIME] ?
		 metric_text(METRIC_RUN_TIME, m->value[METRIC_RUN_TIME]).text : "");
	s->config.say(line);
}

static void job_ended(struct pool *pool, struct pool_job *job)
{
	struct execution *e = pool->opaque;
	struct task *task = &e->tasks[job - pool->jobs];

	e->nr_ended++;
	take_result(e, task, job->status);
	tell_ended(e, task->run);
}

#define STATUS_WIDTH 79

/* "[3/10] reporting, zram", overwritten by the next one. */
static void show_status(struct pool *pool)
{
	const struct execution *e = pool->opaque;
	const struct study *s = e->s;
	char line[STATUS_WIDTH + 1];
	size_t len = snprintf(line, sizeof(line), "[%u/%u]", e->nr_ended, e->nr);
	bool first = true;

	for (unsigned int i = 0; i < e->nr && len < sizeof(line); i++) {
		if (!pool->jobs[i].pid)
			continue;
		len += snprintf(line + len, sizeof(line) - len, "%s %s", first ? "" : ",",
				s->variations.list[e->tasks[i].run->variation].name);
		first = false;
	}
	fprintf(stderr, "\r\033[K%s", line);
}

static void add_task(struct execution *e, struct study_run *run)
{
	struct task *task = &e->tasks[e->nr];
	struct pool_job *job = &e->jobs[e->nr];

	task->run = run;
	snprintf(task->trace, sizeof(task->trace), "%.4000s/%u.trace", e->dir, e->nr);
	snprintf(task->errors, sizeof(task->errors), "%.4000s/%u.errors", e->dir, e->nr);
	job->path = e->s->config.path;
	job->argv = study_run_words(e->s, run, task->trace);
	job->errors = task->errors;
	e->nr++;
}

/* What is in the database is done; the first of each key is a task. */
static void plan(struct execution *e)
{
	struct study *s = e->s;

	for (unsigned int i = 0; i < s->nr_runs; i++) {
		struct study_run *run = &s->runs[i];

		if (!is_wanted(s, run) || first_of(s, run) != run)
			continue;
		if (s->store && store_find(s->store, &run->key, &run->outcome))
			s->nr_stored++;
		else
			add_task(e, run);
	}
}

static void copy_outcome(struct outcome *to, const struct outcome *from)
{
	*to = (struct outcome){ .result = collect_copy(from->result),
				.text = collect_copy(from->text), .measures = from->measures };
	for (unsigned int i = 0; i < from->nr_programs; i++) {
		struct outcome_program *p = collect_append(&to->programs, &to->nr_programs,
							   sizeof(*p));

		*p = from->programs[i];
		p->name = collect_copy(from->programs[i].name);
	}
	for (unsigned int i = 0; i < from->nr_casualties; i++)
		collect_add_text(&to->casualties, &to->nr_casualties, from->casualties[i]);
}

/* What others have run for a run. */
static void share(struct study *s)
{
	for (unsigned int i = 0; i < s->nr_runs; i++) {
		struct study_run *run = &s->runs[i], *first;

		if (!is_wanted(s, run))
			continue;
		first = first_of(s, run);
		if (first == run)
			continue;
		run->status = first->status;
		if (first->outcome.result)
			copy_outcome(&run->outcome, &first->outcome);
		else if (first->error)
			run->error = collect_copy(first->error);
	}
}

static void compare_with_undisturbed(struct execution *e)
{
	struct study *s = e->s;

	for (unsigned int i = 0; i < s->nr_runs; i++) {
		struct study_run *run = &s->runs[i];
		const struct study_run *base = study_run_of(s, STUDY_UNDISTURBED,
							    i % s->config.repeat);

		if (!run->outcome.result)
			continue;
		if (base->outcome.result && outcome_well(&base->outcome))
			outcome_slowdown(&run->outcome, &base->outcome);
		put(e, run);
	}
}

static int worst_status(const struct execution *e)
{
	const struct study *s = e->s;
	int worst = e->lost ? EXIT_BAD_INPUT : 0;

	if (s->config.interrupted && *s->config.interrupted)
		return EXIT_SIGNAL + *s->config.interrupted;
	for (unsigned int i = 0; i < s->nr_runs; i++) {
		const struct study_run *run = &s->runs[i];
		int status = 0;

		if (!is_wanted(s, run))
			continue;
		if (run->error)
			status = run->status == EXIT_BAD_INPUT ? EXIT_BAD_INPUT : EXIT_RUN_FAILED;
		else if (run->outcome.result && !outcome_well(&run->outcome))
			status = EXIT_RUN_FAILED;
		worst = status > worst ? status : worst;
	}
	return worst;
}

static int make_directory(struct execution *e)
{
	const char *tmp = getenv("TMPDIR");
	char line[LINE_SIZE];

	snprintf(e->dir, sizeof(e->dir), "%.4000s/ballast-compare-XXXXXX",
		 tmp && *tmp ? tmp : "/tmp");
	if (mkdtemp(e->dir))
		return 0;
	snprintf(line, sizeof(line), "%.900s: no directory for traces: %s", e->dir,
		 strerror(errno));
	e->s->config.say(line);
	return -1;
}

int study_execute(struct study *s)
{
	struct execution e = { .s = s, .tasks = host_alloc(s->nr_runs * sizeof(*e.tasks)),
			       .jobs = host_alloc(s->nr_runs * sizeof(*e.jobs)) };
	struct pool pool = { .jobs = e.jobs, .parallel = s->config.jobs,
			     .interrupted = s->config.interrupted, .ended = job_ended,
			     .opaque = &e };
	int status = EXIT_BAD_INPUT;

	if (s->config.terminal && !s->config.quiet)
		pool.look = show_status;
	if (!make_directory(&e)) {
		plan(&e);
		pool.nr = e.nr;
		pool_run(&pool);
		rmdir(e.dir);
		if (pool.look)
			fprintf(stderr, "\r\033[K");
		share(s);
		compare_with_undisturbed(&e);
		study_summarize(s);
		s->ran = true;
		status = worst_status(&e);
	}
	for (unsigned int i = 0; i < e.nr; i++)
		study_free_words(e.jobs[i].argv);
	host_free(e.tasks);
	host_free(e.jobs);
	return status;
}
