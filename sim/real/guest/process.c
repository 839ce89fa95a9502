// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest programs as processes: each is a fork of the agent, in a process group of its own with
 * the tasks that it forks.
 *
 * Two pipes connect a program with the agent.  One brings lines "NS KIND ..." (events), the other
 * takes a byte for each process that may go on after a phase began.  A program that finds the
 * second one closed, or whose agent died, ends.
 *
 * The agent is the reaper of the tasks of a program whose first process died before them; so it
 * knows when the last one is gone, and all their CPU time and faults are counted.  A SIGKILL that
 * the host did not ask for is taken for one of the OOM killer.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define ARGS_MAX 64
#define EXIT_SIGNAL 128
#define PHASE_MAX 128		/* bytes of a phase's name that are told */

/* What the first process of a program needs beside the program. */
struct child {
	struct posix_program program;
	int events, go;
	struct measures measures;	/* each process has its own */
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

/* In the program's processes */

/* Short enough for a pipe to take it whole. */
static void tell(const struct child *c, const char *kind, const char *rest)
{
	char line[GUEST_EVENT_MAX];
	int len = snprintf(line, sizeof(line), "%llu %s%s\n", (unsigned long long)now_ns(), kind,
			   rest);

	if (write(c->events, line, len) != len)
		_exit(1);
}

static void wait_for_go(const struct child *c)
{
	ssize_t got;
	char byte;

	do
		got = read(c->go, &byte, 1);
	while (got < 0 && errno == EINTR);
	if (got != 1)
		_exit(1);
}

/* A name is a word of the protocol, whatever the program calls its phase. */
static void hook_phase(void *opaque, const char *name, uint64_t iteration)
{
	char rest[PHASE_MAX + 32], *c;
	int head = snprintf(rest, sizeof(rest), " %llu ", (unsigned long long)iteration);

	snprintf(rest + head, PHASE_MAX, "%s", name);
	for (c = rest + head; *c; c++)
		if ((unsigned char)*c <= ' ')
			*c = '_';
	tell(opaque, "phase", rest);
	wait_for_go(opaque);
}

static void tell_measures(struct child *c)
{
	char rest[GUEST_EVENT_MAX - 40];

	if (!c->measures.nr)
		return;
	measures_take(&c->measures, rest, sizeof(rest));
	tell(c, "measured", rest);
}

static void hook_measured(void *opaque, enum program_measure what, uint64_t value)
{
	struct child *c = opaque;

	if (measures_add(&c->measures, what, value, now_ns()))
		tell_measures(c);
}

static void hook_leaves(void *opaque)
{
	tell_measures(opaque);
}

static void hook_ended(void *opaque, int status)
{
	(void)status;
	tell(opaque, "exit", "");
	wait_for_go(opaque);
}

/* Nothing of the agent's stays open but what is for this program. */
static void close_others(struct agent *agent, const struct guest_program *own)
{
	struct guest_program *p;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (p = agent->programs; p; p = p->next) {
		close(p->events);
		close(p->go);
	}
	close(own->events);
	close(own->go);
	if (agent->in > STDERR_FILENO)
		close(agent->in);
	if (agent->out > STDERR_FILENO && agent->out != agent->in)
		close(agent->out);
	/* The port may have been stdin and stdout. */
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		close(null);
	}
	dup2(STDERR_FILENO, STDOUT_FILENO);
}

static void __attribute__((noreturn)) child_main(struct agent *agent, struct child *c,
						 const struct guest_program *own, pid_t parent)
{
	static const int handled[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGPIPE };
	sigset_t none;
	size_t i;

	setpgid(0, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(1);
	for (i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		signal(handled[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close_others(agent, own);
	tell(c, "start", "");
	_exit(posix_program_main(&c->program));
}

/* Starting */

struct guest_program *process_find(struct agent *agent, unsigned int index)
{
	struct guest_program *p = agent->programs;

	while (p && p->index != index)
		p = p->next;
	return p;
}

static int add_arg(struct posix_program *program, struct posix_arg *args, char *word, char *error,
		   size_t size)
{
	char *equals = strchr(word, '=');
	size_t i;

	if (!equals || equals == word) {
		snprintf(error, size, "argument '%s' is not KEY=VALUE", word);
		return -1;
	}
	*equals = '\0';
	for (i = 0; i < program->nr_args; i++) {
		if (!strcmp(args[i].name, word)) {
			snprintf(error, size, "argument %s is given twice", word);
			return -1;
		}
	}
	if (program->nr_args == ARGS_MAX) {
		snprintf(error, size, "more than %d arguments", ARGS_MAX);
		return -1;
	}
	args[program->nr_args++] = (struct posix_arg){ word, equals + 1 };
	return 0;
}

static int unknown_program(const char *name, char *error, size_t size)
{
	const struct program_info *info;
	size_t len = snprintf(error, size, "no program is called '%.64s'; there are", name);

	for (info = programs; info->name && len < size; info++)
		len += snprintf(error + len, size - len, " %s", info->name);
	return -1;
}

/* "NAME [KEY=VALUE...]"; *samples is the caller's to free(), also after an error. */
static int parse_program(struct posix_program *program, struct posix_arg *args, char *text,
			 struct program_sample **samples, char *error, size_t size)
{
	char *name = strsep(&text, " "), *word;
	size_t i;

	program->info = program_find(name);
	if (!program->info)
		return unknown_program(name, error, size);
	program->args = args;
	program->guest = "guest";
	while ((word = strsep(&text, " ")))
		if (add_arg(program, args, word, error, size))
			return -1;
	for (i = 0; i < program->nr_args; i++) {
		if (!strcmp(args[i].name, "guest"))
			program->guest = args[i].value;
		else if (!strcmp(args[i].name, "series") &&
			 series_load(args[i].value, samples, &program->nr_series, error, size))
			return -1;
	}
	program->series = *samples;
	return 0;
}

static int make_directory(const struct agent *agent, unsigned int index, char path[PATH_MAX],
			  char *error, size_t size)
{
	int len = snprintf(path, PATH_MAX, "%s/program-%u", agent->directory, index);

	if (len < PATH_MAX && (!mkdir(path, 0700) || errno == EEXIST))
		return 0;
	snprintf(error, size, "cannot make directory %.256s: %s", path,
		 len < PATH_MAX ? strerror(errno) : "name too long");
	return -1;
}

static void program_free(struct guest_program *p)
{
	if (p->events >= 0)
		close(p->events);
	if (p->go >= 0)
		close(p->go);
	if (p->shared)
		posix_shared_destroy(p->shared);
	free(p);
}

static struct guest_program *program_create(struct child *c)
{
	struct guest_program *p = calloc(1, sizeof(*p));
	int events[2] = { -1, -1 }, go[2] = { -1, -1 };

	if (!p)
		return NULL;
	p->shared = posix_shared_create();
	if (!p->shared || pipe2(events, O_CLOEXEC) || pipe2(go, O_CLOEXEC)) {
		p->events = events[0];
		p->go = -1;
		close(events[1]);
		program_free(p);
		return NULL;
	}
	c->events = events[1];
	c->go = go[0];
	p->events = events[0];
	p->go = go[1];
	fcntl(p->events, F_SETFL, O_NONBLOCK);
	return p;
}

/* The agent's side is set up, and the child's ends are closed in the agent. */
static struct guest_program *fork_program(struct agent *agent, struct child *c, char *error,
					  size_t size)
{
	struct guest_program *p = program_create(c);
	pid_t parent = getpid();

	if (!p) {
		snprintf(error, size, "no pipes or memory for a program: %s", strerror(errno));
		return NULL;
	}
	p->index = c->program.index;
	c->program.shared = p->shared;
	c->program.opaque = c;
	p->started_ns = now_ns();
	p->pid = fork();
	if (!p->pid)
		child_main(agent, c, p, parent);
	close(c->events);
	close(c->go);
	if (p->pid < 0) {
		snprintf(error, size, "cannot fork: %s", strerror(errno));
		program_free(p);
		return NULL;
	}
	/* Both do, so that it is so before either relies on it. */
	setpgid(p->pid, p->pid);
	p->next = agent->programs;
	agent->programs = p;
	return p;
}

struct guest_program *process_start(struct agent *agent, unsigned int index, uint64_t seed,
				    char *text, char *error, size_t size)
{
	static const struct posix_hooks hooks = { .phase = hook_phase, .measured = hook_measured,
						  .leaves = hook_leaves, .ended = hook_ended };
	struct child c = { .program = { .index = index, .seed = seed, .hooks = &hooks } };
	struct program_sample *samples = NULL;
	struct guest_program *p, *started = NULL;
	struct posix_arg args[ARGS_MAX];
	char directory[PATH_MAX];
	unsigned int nr = 0;

	for (p = agent->programs; p; p = p->next)
		nr++;
	if (process_find(agent, index)) {
		snprintf(error, size, "program %u runs already", index);
	} else if (nr == GUEST_PROGRAMS_MAX) {
		snprintf(error, size, "%d programs run already", GUEST_PROGRAMS_MAX);
	} else if (!parse_program(&c.program, args, text, &samples, error, size) &&
		   !make_directory(agent, index, directory, error, size)) {
		c.program.directory = directory;
		started = fork_program(agent, &c, error, size);
	}
	free(samples);
	return started;
}

/* Events */

void process_go(struct guest_program *p)
{
	char byte = 0;

	p->waiting--;
	/* Fails when it was killed meanwhile, which is told in another way. */
	if (write(p->go, &byte, 1) != 1)
		return;
}

void process_kill(struct guest_program *p)
{
	p->kill_asked = true;
	kill(-p->pid, SIGKILL);
}

/* "NS KIND[ REST]" of the program becomes "@ NS KIND INDEX[ REST]". */
static void forward(struct agent *agent, struct guest_program *p, char *text)
{
	char *ns = strsep(&text, " "), *kind = strsep(&text, " ");
	uint64_t time = 0;

	if (!kind || !parse_u64(ns, &time))
		return;
	if (!strcmp(kind, "start")) {
		p->started_ns = time;
	} else if (strcmp(kind, "measured")) {
		p->waiting++;
		p->waiting_since_ns = time;
	}
	agent_say(agent, "@ %s %s %u%s%s", ns, kind, p->index, text ? " " : "", text ? text : "");
	if (p->waiting && agent->auto_go)
		process_go(p);
}

void process_events(struct agent *agent, struct guest_program *p)
{
	char bytes[GUEST_EVENT_MAX];
	ssize_t got, i;

	while ((got = read(p->events, bytes, sizeof(bytes))) > 0) {
		for (i = 0; i < got; i++) {
			if (bytes[i] == '\n') {
				p->event[p->event_len] = '\0';
				p->event_len = 0;
				forward(agent, p, p->event);
			} else if (p->event_len < sizeof(p->event) - 1) {
				p->event[p->event_len++] = bytes[i];
			}
		}
	}
}

/* Ends */

static void book(struct guest_program *p, const struct rusage *usage)
{
	p->cpu_ns += (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * UINT64_C(1000000000) +
		     (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * UINT64_C(1000);
	p->min_flt += usage->ru_minflt;
	p->maj_flt += usage->ru_majflt;
}

/*
 * With its first process dead the others of a program have no reason to live.  They are killed
 * before it is reaped: until then nobody else can be given the number of its process group.
 */
static void reap_main(struct guest_program *p)
{
	siginfo_t info = { .si_pid = 0 };
	struct rusage usage;
	int status;

	if (waitid(P_PID, p->pid, &info, WEXITED | WNOHANG | WNOWAIT) || !info.si_pid)
		return;
	kill(-p->pid, SIGKILL);
	if (wait4(p->pid, &status, 0, &usage) != p->pid)
		return;
	book(p, &usage);
	p->main_ended = true;
	p->status = WIFSIGNALED(status) ? EXIT_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Returns whether none is left. */
static bool reap_others(struct guest_program *p)
{
	struct rusage usage;
	pid_t pid;

	while ((pid = wait4(-p->pid, NULL, WNOHANG, &usage)) > 0)
		book(p, &usage);
	return pid < 0 && errno == ECHILD;
}

static void report_end(struct agent *agent, struct guest_program *p)
{
	uint64_t now = now_ns(), elapsed = now - p->started_ns;
	uint64_t paused = p->shared->paused_ns;
	bool by_kernel = p->status == EXIT_SIGNAL + SIGKILL || p->shared->tasks_killed;

	/* It was killed while it waited for the host. */
	if (p->waiting)
		paused += now - p->waiting_since_ns;
	elapsed = elapsed > paused ? elapsed - paused : 0;
	agent->last_status = p->status;
	agent_say(agent, "@ %llu end %u %d %d %llu %llu %llu %llu %llu", (unsigned long long)now,
		  p->index, p->status, by_kernel && !p->kill_asked,
		  (unsigned long long)p->shared->work, (unsigned long long)p->cpu_ns,
		  (unsigned long long)elapsed, (unsigned long long)p->min_flt,
		  (unsigned long long)p->maj_flt);
}

/* Orphans of nobody we know: PID 1 gets them all. */
static void reap_strangers(struct agent *agent)
{
	siginfo_t info = { .si_pid = 0 };
	struct guest_program *p;
	pid_t group;

	while (!waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid) {
		group = getpgid(info.si_pid);
		for (p = agent->programs; p && p->pid != group; p = p->next)
			;
		if (p)
			return;
		waitpid(info.si_pid, NULL, WNOHANG);
		info.si_pid = 0;
	}
}

void process_reap(struct agent *agent)
{
	struct guest_program **at = &agent->programs, *p;

	while ((p = *at)) {
		if (!p->main_ended)
			reap_main(p);
		if (!p->main_ended || !reap_others(p)) {
			at = &p->next;
			continue;
		}
		process_events(agent, p);
		report_end(agent, p);
		*at = p->next;
		program_free(p);
	}
	reap_strangers(agent);
}

void process_end_all(struct agent *agent)
{
	struct guest_program *p;

	while ((p = agent->programs)) {
		kill(-p->pid, SIGKILL);
		/* Tasks become our children when their parent is gone: first things first. */
		while (!p->main_ended && waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
			;
		kill(-p->pid, SIGKILL);
		while (waitpid(-p->pid, NULL, 0) > 0 || errno == EINTR)
			;
		agent->programs = p->next;
		program_free(p);
	}
}
