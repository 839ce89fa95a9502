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
#include <sys/signalfd.h>
#include <sys/wait.h>
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

/* SIGCHLD, and what wants the agent to end, become readable. */
static int take_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void on_signals(struct agent *agent, int signals)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD && !agent->is_init)
			agent->end = AGENT_POWEROFF;
	process_reap(agent);
}

static void wait_and_do(struct agent *agent, int signals)
{
	struct pollfd fds[GUEST_PROGRAMS_MAX + 2];
	struct guest_program *p;
	nfds_t nr = 0;

	fds[nr++] = (struct pollfd){ .fd = signals, .events = POLLIN };
	fds[nr++] = (struct pollfd){ .fd = agent->in, .events = POLLIN };
	for (p = agent->programs; p; p = p->next)
		fds[nr++] = (struct pollfd){ .fd = p->events, .events = POLLIN };
	if (poll(fds, nr, -1) < 0)
		return;
	/* A command may start programs, a signal may end some: the list is that of poll() first. */
	for (p = agent->programs, nr = 2; p; p = p->next)
		if (fds[nr++].revents)
			process_events(agent, p);
	if (fds[0].revents)
		on_signals(agent, signals);
	if (fds[1].revents && agent->end == AGENT_RUNS)
		port_read(agent, command_line);
}

/* Until the host wants it to end or is gone; without a host, until no program is left. */
static int loop(struct agent *agent)
{
	int signals = take_signals();

	if (signals < 0)
		return complain(strerror(errno));
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	while (agent->end == AGENT_RUNS && !agent->port_lost &&
	       (agent->in >= 0 || agent->programs))
		wait_and_do(agent, signals);
	process_end_all(agent);
	close(signals);
	return 0;
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
	int err;

	if (port_open(agent, path, error, sizeof(error)))
		return complain(error);
	if (make_directory(agent))
		return 1;
	agent_say(agent, "%s", REAL_READY);
	err = loop(agent);
	nftw(agent->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	return err;
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
		status = loop(agent) ? 1 : agent->last_status;
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
