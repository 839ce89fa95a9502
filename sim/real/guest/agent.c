// SPDX-License-Identifier: GPL-2.0-only
/*
 * The agent in a real guest: it runs the guest programs of sim/workload on a real Linux and does
 * what the host asks for (sim/real/protocol.h).
 *
 *	(as PID 1)			serve REAL_PORT; when that ends, so does the machine
 *	agent --serve PATH		serve a terminal, a socket, or stdin and stdout ("-"), on
 *					any machine; poweroff ends the agent only
 *	agent run NAME [KEY=VALUE...]	run one program; its events go to stdout, as the host
 *					would see them; "seed" and "index" are keys, too
 *
 * Files of programs are in /tmp of the guest, a file system in memory.  Outside of a guest they
 * are in a directory of their own under TMPDIR or /tmp that is removed at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

#define EXIT_USAGE 2

static const char usage[] =
	"usage: agent --serve PATH|-\n"
	"       agent run NAME [seed=N] [index=N] [guest=NAME] [series=FILE] [KEY=VALUE...]\n"
	"As PID 1 it serves " REAL_PORT ".\n";

static int complain(const char *text)
{
	dprintf(STDERR_FILENO, "ballast: agent: %s\n", text);
	return 1;
}

/* Files of programs */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

static int make_directory(struct agent *agent)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(agent->directory, sizeof(agent->directory) - 32, "%s/ballast-agent-XXXXXX",
		 tmp && tmp[0] ? tmp : "/tmp");
	if (mkdtemp(agent->directory))
		return 0;
	dprintf(STDERR_FILENO, "ballast: agent: cannot make %s: %s\n", agent->directory,
		strerror(errno));
	return -1;
}

/* The loop */

/* What the handler saw; signals are blocked but in ppoll(). */
static volatile sig_atomic_t end_asked;

static void on_signal(int number)
{
	if (number != SIGCHLD)
		end_asked = 1;
}

/*
 * Handlers that do nothing but end ppoll(): a small guest kernel need not have signalfd().
 * @waiting is the mask for it.
 */
static void take_signals(sigset_t *waiting)
{
	static const int numbers[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t block;
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&block);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		sigaddset(&block, numbers[i]);
		sigaction(numbers[i], &action, NULL);
	}
	sigprocmask(SIG_BLOCK, &block, waiting);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigdelset(waiting, numbers[i]);
}

static void wait_and_do(struct agent *agent, const sigset_t *waiting)
{
	struct pollfd fds[GUEST_PROGRAMS_MAX + 1];
	struct guest_program *p;
	nfds_t nr = 0;
	int ready;

	fds[nr++] = (struct pollfd){ .fd = agent->in, .events = POLLIN };
	for (p = agent->programs; p; p = p->next)
		fds[nr++] = (struct pollfd){ .fd = p->events, .events = POLLIN };
	ready = ppoll(fds, nr, NULL, waiting);
	/* A command may start programs, a death ends some: the list is that of ppoll() first. */
	for (p = agent->programs, nr = 1; ready > 0 && p; p = p->next)
		if (fds[nr++].revents)
			process_events(agent, p);
	/* The pipe of a dead program stays readable until it is reaped. */
	process_reap(agent);
	if (end_asked && !agent->is_init)
		agent->end = AGENT_POWEROFF;
	if (ready > 0 && fds[0].revents && agent->end == AGENT_RUNS)
		port_read(agent, command_line);
}

/* Until the host wants it to end or is gone; without a host, until no program is left. */
static void loop(struct agent *agent)
{
	sigset_t waiting;

	take_signals(&waiting);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	while (agent->end == AGENT_RUNS && !agent->port_lost &&
	       (agent->in >= 0 || agent->programs))
		wait_and_do(agent, &waiting);
	process_end_all(agent);
}

/* Ways of running */

static int run_as_init(struct agent *agent)
{
	char error[512];

	agent->is_init = true;
	strcpy(agent->directory, "/tmp");
	if (!init_begin()) {
		if (port_open(agent, REAL_PORT, error, sizeof(error))) {
			complain(error);
		} else {
			agent_say(agent, "%s", REAL_READY);
			loop(agent);
			if (agent->port_lost)
				complain("the port " REAL_PORT " was hung up");
		}
	}
	init_end(agent->end);
}

static int serve(struct agent *agent, const char *path)
{
	char error[512];

	if (port_open(agent, path, error, sizeof(error)))
		return complain(error);
	if (make_directory(agent))
		return 1;
	agent_say(agent, "%s", REAL_READY);
	loop(agent);
	nftw(agent->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}

/* Take KEY=NUMBER out of the arguments.  Returns false when it is no number. */
static bool take_number(int argc, char **argv, const char *key, uint64_t max, uint64_t *value)
{
	size_t len = strlen(key);
	int i;

	for (i = 0; i < argc; i++) {
		if (!argv[i] || strncmp(argv[i], key, len) || argv[i][len] != '=')
			continue;
		if (!parse_u64(argv[i] + len + 1, value) || *value > max) {
			dprintf(STDERR_FILENO, "ballast: agent: %s: not a number, or too large\n",
				argv[i]);
			return false;
		}
		argv[i] = NULL;
	}
	return true;
}

static char *join(int argc, char **argv)
{
	size_t size = 1;
	char *text;
	int i;

	for (i = 0; i < argc; i++)
		size += argv[i] ? strlen(argv[i]) + 1 : 0;
	text = calloc(1, size);
	for (i = 0; text && i < argc; i++) {
		if (!argv[i])
			continue;
		if (text[0])
			strcat(text, " ");
		strcat(text, argv[i]);
	}
	return text;
}

static int run_one(struct agent *agent, int argc, char **argv)
{
	uint64_t seed = 1, index = 0;
	char error[512], *text;
	int status;

	if (!take_number(argc, argv, "seed", UINT64_MAX, &seed) ||
	    !take_number(argc, argv, "index", UINT32_MAX, &index))
		return EXIT_USAGE;
	agent->in = -1;
	agent->out = STDOUT_FILENO;
	agent->auto_go = true;
	agent->last_status = 1;
	text = join(argc, argv);
	if (!text || make_directory(agent)) {
		free(text);
		return 1;
	}
	if (process_start(agent, index, seed, text, error, sizeof(error))) {
		loop(agent);
		status = agent->last_status;
	} else {
		complain(error);
		status = EXIT_USAGE;
	}
	free(text);
	nftw(agent->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	return status;
}

int main(int argc, char **argv)
{
	static struct agent agent;

	if (getpid() == 1)
		return run_as_init(&agent);
	if (argc == 3 && !strcmp(argv[1], "--serve"))
		return serve(&agent, argv[2]);
	if (argc >= 3 && !strcmp(argv[1], "run"))
		return run_one(&agent, argc - 2, argv + 2);
	dprintf(STDERR_FILENO, "%s", usage);
	return EXIT_USAGE;
}
