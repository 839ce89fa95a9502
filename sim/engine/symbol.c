// SPDX-License-Identifier: GPL-2.0-only
/*
 * From an address to function, file and line; see symbol.h.
 *
 * File names are cut to their last component: where the checkout is, is no property of a run,
 * and what is said here goes into traces.
 */
#define _GNU_SOURCE
#include "symbol.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image.h"

extern char **environ;

/*
 * Let addr2line write two lines for the function, and for each one that it was inlined into, to
 * @fd.  Returns the process, or -1.
 */
static pid_t ask(const char *file, uintptr_t offset, int fd)
{
	posix_spawn_file_actions_t actions;
	char address[32];
	char *const argv[] = { "addr2line", "-f", "-i", "-e", (char *)file, address, NULL };
	pid_t pid = -1;

	snprintf(address, sizeof(address), "0x%lx", (unsigned long)offset);
	if (posix_spawn_file_actions_init(&actions))
		return -1;
	posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ))
		pid = -1;
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static void parse_pair(char *function, char *place, struct symbol *symbol)
{
	char *colon;

	place[strcspn(place, " ")] = '\0';
	if (function[0] != '?')
		snprintf(symbol->function, sizeof(symbol->function), "%.63s", function);
	colon = strrchr(place, ':');
	if (!colon || place[0] == '?' || colon[1] == '?')
		return;
	*colon = '\0';
	symbol->line = strtoul(colon + 1, NULL, 10);
	snprintf(symbol->file, sizeof(symbol->file), "%.63s", basename(place));
	snprintf(symbol->folder, sizeof(symbol->folder), "%.*s", (int)(basename(place) - place),
		 place);
}

/* The innermost function that is not one of a header. */
static void parse_answer(char *answer, struct symbol *symbol)
{
	char *function, *place, *rest = answer;

	do {
		function = strsep(&rest, "\n");
		place = strsep(&rest, "\n");
		if (!place)
			return;
		parse_pair(function, place, symbol);
	} while (strstr(symbol->folder, "/include/") && rest && *rest);
}

static void ask_addr2line(const char *file, uintptr_t offset, struct symbol *symbol)
{
	char answer[4096];
	size_t used = 0;
	ssize_t n;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return;
	pid = ask(file, offset, fds[1]);
	close(fds[1]);
	while (pid > 0 && used < sizeof(answer) - 1) {
		/* The watchdog's ticks may come in between. */
		n = TEMP_FAILURE_RETRY(read(fds[0], answer + used, sizeof(answer) - 1 - used));
		if (n <= 0)
			break;
		used += n;
	}
	close(fds[0]);
	if (pid <= 0)
		return;
	TEMP_FAILURE_RETRY(waitpid(pid, NULL, 0));
	answer[used] = '\0';
	parse_answer(answer, symbol);
}

void symbol_find(uintptr_t pc, struct symbol *symbol)
{
	const struct image *image = image_at(pc);
	struct link_map *map = NULL;
	Dl_info info = { 0 };
	char self[64];

	*symbol = (struct symbol){ .function = "?" };
	if (!dladdr1((void *)pc, &info, (void **)&map, RTLD_DL_LINKMAP) || !map)
		return;
	if (info.dli_sname)
		snprintf(symbol->function, sizeof(symbol->function), "%.63s", info.dli_sname);
	snprintf(self, sizeof(self), "/proc/%d/exe", getpid());
	if (image) {
		snprintf(symbol->image, sizeof(symbol->image), "%.60s",
			 basename(image_file(image)));
		symbol->image[strcspn(symbol->image, ".")] = '\0';
	}
	ask_addr2line(image ? image_file(image) : map->l_name[0] ? map->l_name : self,
		      pc - map->l_addr, symbol);
}

const char *symbol_text(const struct symbol *symbol, char *text, unsigned int size)
{
	int n = snprintf(text, size, "%s()", symbol->function);

	if (symbol->line && n >= 0 && (unsigned int)n < size)
		snprintf(text + n, size - n, ", %s:%u", symbol->file, symbol->line);
	return text;
}

bool symbol_describe(const void *address, char *text, unsigned int size)
{
	struct symbol symbol;

	if (!image_at((uintptr_t)address))
		return false;
	/* A return address is behind the call. */
	symbol_find((uintptr_t)address - 1, &symbol);
	if (symbol.line)
		snprintf(text, size, "%s() (%s:%u) of %s", symbol.function, symbol.file,
			 symbol.line, symbol.image);
	else
		snprintf(text, size, "%s() of %s", symbol.function, symbol.image);
	return true;
}
