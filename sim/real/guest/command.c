// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's commands, see protocol.h.  Each is answered before the next is read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

#define READ_BYTES_MAX (1 << 20)	/* of a file that the host wants to see */
#define PAGE_KIB 4

struct command {
	const char *name;
	const char *usage;
	unsigned int nr_words;		/* that it needs after its name */
	void (*run)(struct agent *agent, char *rest);
};

/* Modules */

const char *module_load(const char *file, const char *params)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return strerror(errno);
	err = syscall(SYS_finit_module, fd, params, 0) ? errno : 0;
	close(fd);
	switch (err) {
	case 0:
		return NULL;
	case EEXIST:
		return "it is loaded already";
	case ENOENT:
		return "it needs a symbol or a parameter that is not there, see the kernel's log";
	case ENOEXEC:
		return "not a module of this kernel, see its log";
	default:
		return strerror(err);
	}
}

static void run_insmod(struct agent *agent, char *rest)
{
	char *file = strsep(&rest, " ");
	const char *why = module_load(file, rest ? rest : "");

	if (why)
		agent_say(agent, "error insmod %s: %s", file, why);
	else
		agent_say(agent, "ok");
}

static void run_rmmod(struct agent *agent, char *rest)
{
	if (!syscall(SYS_delete_module, rest, O_NONBLOCK))
		agent_say(agent, "ok");
	else
		agent_say(agent, "error rmmod %s: %s", rest,
			  errno == EWOULDBLOCK ? "it is in use" :
			  errno == ENOENT      ? "it is not loaded" :
						 strerror(errno));
}

/* Files */

/* Returns whether the host can be told; what is no text shows as '?'. */
static bool say_line(struct agent *agent, char *line, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' && line[i] != '\t')
			line[i] = '?';
	line[len] = '\0';
	agent_say(agent, "= %s", line);
	return !agent->port_lost;
}

/* Returns NULL or why it stopped.  A file that has no more for now (a pipe of tracefs) ends. */
static const char *say_file(struct agent *agent, int fd)
{
	char line[REAL_LINE_MAX], bytes[4096];
	size_t len = 0, total = 0;
	ssize_t got, i;

	while ((got = read(fd, bytes, sizeof(bytes))) > 0) {
		total += got;
		if (total > READ_BYTES_MAX)
			return "it has more than 1 MiB";
		for (i = 0; i < got; i++) {
			if (bytes[i] != '\n') {
				/* "= ", and '\n' */
				if (len == REAL_LINE_MAX - 3)
					return "a line of it is too long";
				line[len++] = bytes[i];
				continue;
			}
			if (!say_line(agent, line, len))
				return "the host is gone";
			len = 0;
		}
	}
	if (got < 0 && errno != EAGAIN)
		return strerror(errno);
	if (len)
		say_line(agent, line, len);
	return NULL;
}

static void run_read(struct agent *agent, char *rest)
{
	int fd = open(rest, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	const char *why = fd < 0 ? strerror(errno) : say_file(agent, fd);

	if (fd >= 0)
		close(fd);
	if (why)
		agent_say(agent, "error read %s: %s", rest, why);
	else
		agent_say(agent, "ok");
}

/* In one write(), since files of the kernel take a call for a whole request. */
static void put_line(struct agent *agent, const char *command, char *rest, int flags)
{
	char *file = strsep(&rest, " ");
	size_t len = strlen(rest);
	const char *why = NULL;
	int fd = open(file, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags, 0600);

	if (fd < 0) {
		agent_say(agent, "error %s %s: %s", command, file, strerror(errno));
		return;
	}
	rest[len] = '\n';
	if (write(fd, rest, len + 1) != (ssize_t)len + 1)
		why = errno ? strerror(errno) : "not all of it was taken";
	if (close(fd) && !why)
		why = strerror(errno);
	if (why)
		agent_say(agent, "error %s %s: %s", command, file, why);
	else
		agent_say(agent, "ok");
}

static void run_write(struct agent *agent, char *rest)
{
	put_line(agent, "write", rest, O_TRUNC);
}

static void run_append(struct agent *agent, char *rest)
{
	put_line(agent, "append", rest, O_APPEND | O_CREAT);
}

/* Memory */

enum meminfo {
	MEM_TOTAL, MEM_FREE, MEM_AVAILABLE, MEM_BUFFERS, MEM_CACHED, MEM_ANON, MEM_ANON_HUGE,
	MEM_SLAB, MEM_SWAP_TOTAL, MEM_SWAP_FREE, NR_MEMINFO
};

static const char *const meminfo_names[NR_MEMINFO] = {
	[MEM_TOTAL] = "MemTotal:",	     [MEM_FREE] = "MemFree:",
	[MEM_AVAILABLE] = "MemAvailable:",   [MEM_BUFFERS] = "Buffers:",
	[MEM_CACHED] = "Cached:",	     [MEM_ANON] = "AnonPages:",
	[MEM_ANON_HUGE] = "AnonHugePages:",  [MEM_SLAB] = "Slab:",
	[MEM_SWAP_TOTAL] = "SwapTotal:",     [MEM_SWAP_FREE] = "SwapFree:",
};

static void parse_meminfo(const char *line, uint64_t pages[NR_MEMINFO], bool found[NR_MEMINFO])
{
	unsigned int i;
	size_t len;

	for (i = 0; i < NR_MEMINFO; i++) {
		len = strlen(meminfo_names[i]);
		if (!strncmp(line, meminfo_names[i], len)) {
			pages[i] = strtoull(line + len, NULL, 10) / PAGE_KIB;
			found[i] = true;
		}
	}
}

/* Returns NULL or what is wrong.  A kernel without huge pages does not count them. */
static const char *read_meminfo(uint64_t pages[NR_MEMINFO])
{
	bool found[NR_MEMINFO] = { [MEM_ANON_HUGE] = true };
	FILE *f = fopen("/proc/meminfo", "re");
	char line[128];
	unsigned int i;

	if (!f)
		return strerror(errno);
	while (fgets(line, sizeof(line), f))
		parse_meminfo(line, pages, found);
	fclose(f);
	for (i = 0; i < NR_MEMINFO; i++)
		if (!found[i])
			return meminfo_names[i];
	return NULL;
}

struct real_memory {
#define FIELD(name) uint64_t name;
	REAL_MEMORY_FIELDS(FIELD)
#undef FIELD
};

static void run_memory(struct agent *agent, char *rest)
{
	uint64_t pages[NR_MEMINFO] = { 0 };
	const char *why = read_meminfo(pages);
	struct real_memory m = {
		.total = pages[MEM_TOTAL],
		.free = pages[MEM_FREE],
		.available = pages[MEM_AVAILABLE],
		.cached = pages[MEM_BUFFERS] + pages[MEM_CACHED],
		.anon = pages[MEM_ANON],
		.anon_huge = pages[MEM_ANON_HUGE],
		.slab = pages[MEM_SLAB],
		.swap_used = pages[MEM_SWAP_TOTAL] - pages[MEM_SWAP_FREE],
	};

	(void)rest;
	if (why) {
		agent_say(agent, "error memory: /proc/meminfo: %s", why);
		return;
	}
#define FIELD(name) agent_say(agent, "= %s %llu", #name, (unsigned long long)m.name);
	REAL_MEMORY_FIELDS(FIELD)
#undef FIELD
	agent_say(agent, "ok");
}

/* Programs */

static bool parse_index(struct agent *agent, const char *command, const char *text,
			unsigned int *index)
{
	uint64_t value;

	if (parse_u64(text, &value) && value <= UINT32_MAX) {
		*index = value;
		return true;
	}
	agent_say(agent, "error %s: '%s' is no index of a program", command, text);
	return false;
}

static void run_start(struct agent *agent, char *rest)
{
	char *index_text = strsep(&rest, " "), *seed_text = strsep(&rest, " "), error[512];
	struct guest_program *p;
	unsigned int index;
	uint64_t seed;

	if (!parse_index(agent, "start", index_text, &index))
		return;
	if (!parse_u64(seed_text, &seed)) {
		agent_say(agent, "error start: '%s' is no seed", seed_text);
		return;
	}
	p = process_start(agent, index, seed, rest, error, sizeof(error));
	if (p)
		agent_say(agent, "ok %d", (int)p->pid);
	else
		agent_say(agent, "error start %u: %s", index, error);
}

static struct guest_program *find_program(struct agent *agent, const char *command,
					  const char *text)
{
	struct guest_program *p;
	unsigned int index;

	if (!parse_index(agent, command, text, &index))
		return NULL;
	p = process_find(agent, index);
	if (!p)
		agent_say(agent, "error %s %u: no such program runs", command, index);
	return p;
}

static void run_go(struct agent *agent, char *rest)
{
	struct guest_program *p = find_program(agent, "go", rest);

	if (!p)
		return;
	if (!p->waiting) {
		agent_say(agent, "error go %u: the program does not wait", p->index);
		return;
	}
	process_go(p);
	agent_say(agent, "ok");
}

static void run_kill(struct agent *agent, char *rest)
{
	struct guest_program *p = find_program(agent, "kill", rest);

	if (!p)
		return;
	process_kill(p);
	agent_say(agent, "ok");
}

static void run_poweroff(struct agent *agent, char *rest)
{
	(void)rest;
	agent->end = AGENT_POWEROFF;
}

static void run_reboot(struct agent *agent, char *rest)
{
	(void)rest;
	agent->end = AGENT_REBOOT;
}

/* Lines */

static const struct command commands[] = {
	{ "insmod", "insmod FILE [PARAMS]", 1, run_insmod },
	{ "rmmod", "rmmod NAME", 1, run_rmmod },
	{ "read", "read FILE", 1, run_read },
	{ "write", "write FILE TEXT", 2, run_write },
	{ "append", "append FILE TEXT", 2, run_append },
	{ "memory", "memory", 0, run_memory },
	{ "start", "start INDEX SEED NAME [KEY=VALUE...]", 3, run_start },
	{ "go", "go INDEX", 1, run_go },
	{ "kill", "kill INDEX", 1, run_kill },
	{ "poweroff", "poweroff", 0, run_poweroff },
	{ "reboot", "reboot", 0, run_reboot },
};

/* Whether the first @nr words of the text are there and none of them is empty. */
static bool has_words(const char *text, unsigned int nr)
{
	size_t len;

	while (nr--) {
		len = text ? strcspn(text, " ") : 0;
		if (!len)
			return false;
		text = text[len] ? text + len + 1 : NULL;
	}
	return true;
}

/* Commands that take nothing more than their words do not get more. */
static bool has_more(const struct command *c, const char *rest)
{
	bool open_end = strchr(c->usage, '[') || strstr(c->usage, "TEXT");

	if (open_end)
		return false;
	return c->nr_words ? strchr(rest, ' ') != NULL : rest != NULL;
}

void command_line(struct agent *agent, char *text)
{
	char *rest = text, *name = strsep(&rest, " ");
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, name))
			break;
	if (i == sizeof(commands) / sizeof(commands[0])) {
		agent_say(agent, "error unknown command '%.64s'", name);
		return;
	}
	errno = 0;
	if (!has_words(rest, commands[i].nr_words) || has_more(&commands[i], rest))
		agent_say(agent, "error usage: %s", commands[i].usage);
	else
		commands[i].run(agent, rest);
}
