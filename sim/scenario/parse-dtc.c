/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files to flattened device trees: source through dtc as a child process, blobs as they are.
 *
 * dtc writes to anonymous files, so that nothing is left behind whatever happens.  Of what it
 * says on failure the first line with an error is passed on, file, line and column included.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libfdt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parse.h"
#include "text.h"

#define BLOB_SIZE_MAX (64u << 20)

char *path_directory(const char *file)
{
	const char *slash = strrchr(file, '/');

	return strndup(file, slash ? slash - file + 1 : 0);
}

/* The nearest directory called "scenarios" at or above @directory; NULL when there is none. */
static char *scenarios_directory(const char *directory)
{
	char *path = realpath(directory[0] ? directory : ".", NULL);

	while (path && strcmp(path, "/")) {
		char *slash = strrchr(path, '/');

		if (!strcmp(slash + 1, "scenarios"))
			return path;
		if (slash == path)
			break;
		*slash = '\0';
	}
	free(path);
	return NULL;
}

/* All of an open file, with a zero byte after it; NULL on failure. */
static void *read_all(int fd, size_t *size)
{
	size_t room = 65536, len = 0;
	char *data = malloc(room + 1);

	while (data) {
		ssize_t got = read(fd, data + len, room - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || len > BLOB_SIZE_MAX) {
			if (got >= 0)
				errno = EFBIG;
			free(data);
			return NULL;
		}
		if (got == 0)
			break;
		len += got;
		if (len == room) {
			char *bigger = realloc(data, 2 * room + 1);

			if (!bigger)
				free(data);
			data = bigger;
			room *= 2;
		}
	}
	if (data)
		data[len] = '\0';
	*size = len;
	return data;
}

/* Run dtc; returns its exit status, or -1 when it could not be run. */
static int run_dtc(char *const argv[], int out, int err)
{
	pid_t pid;
	int status;

	pid = fork();
	if (pid < 0)
		return -1;
	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY);

		/* A terminal interrupts all of a group; an end of dtc would be the file's fault. */
		signal(SIGINT, SIG_IGN);
		signal(SIGTERM, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
		if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
			_exit(126);
		execvp(argv[0], argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

/* Note what dtc complained about: the first line that names an error. */
static void dtc_error(struct parser *p, const char *file, char *said)
{
	static const char *const marks[] = { "Error: ", "ERROR: ", "ERROR ", "FATAL ERROR: " };
	char *line, *save = NULL, *best = NULL;

	for (line = strtok_r(said, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *at = NULL;

		for (size_t i = 0; i < 4 && !at; i++)
			at = strstr(line, marks[i]);
		if (at && !best)
			best = at;
	}
	if (best && !strncmp(best, "Error: ", 7))
		best += 7;
	else if (best && !strncmp(best, "FATAL ERROR: ", 13))
		best += 13;
	parse_error(p, file, NULL, NULL,
		    "dtc: %s; allowed: device tree source, see docs/scenario.md",
		    best ? best : "failed without a message");
}

static void *compile(struct parser *p, const char *file, size_t *size)
{
	char *directory = path_directory(file), *scenarios = scenarios_directory(directory);
	int out = memfd_create("dtb", MFD_CLOEXEC), err = memfd_create("dtc-errors", MFD_CLOEXEC);
	const char *argv[16] = { "dtc", "-q", "-@", "-I", "dts", "-O", "dtb" };
	int argc = 7, status = -1;
	void *blob = NULL;
	char *said = NULL;
	size_t said_size;

	argv[argc++] = "-i";
	argv[argc++] = directory[0] ? directory : ".";
	if (scenarios) {
		argv[argc++] = "-i";
		argv[argc++] = scenarios;
	}
	if (p->args->include_dir) {
		argv[argc++] = "-i";
		argv[argc++] = p->args->include_dir;
	}
	argv[argc++] = "--";
	argv[argc++] = file;
	if (out >= 0 && err >= 0)
		status = run_dtc((char *const *)argv, out, err);
	if (status == 0 && lseek(out, 0, SEEK_SET) == 0)
		blob = read_all(out, size);
	else if (status > 0 && status < 126 && lseek(err, 0, SEEK_SET) == 0)
		said = read_all(err, &said_size);
	if (said)
		dtc_error(p, file, said);
	else if (status == 127)
		parse_error(p, file, NULL, NULL,
			    "dtc cannot be run; install the package device-tree-compiler");
	else if (!blob)
		parse_error(p, file, NULL, NULL, "dtc could not be run: %s", strerror(errno));
	if (out >= 0)
		close(out);
	if (err >= 0)
		close(err);
	free(said);
	free(scenarios);
	free(directory);
	return blob;
}

/* Whether the file can be read at all: better said by us than by dtc. */
static int open_file(struct parser *p, const char *file)
{
	struct stat st;
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		fd = -1;
		errno = EISDIR;
	}
	if (fd < 0)
		parse_error(p, file, NULL, NULL, "cannot be read: %s", strerror(errno));
	return fd;
}

void *blob_load(struct parser *p, const char *file, bool overlay, size_t *size)
{
	bool binary = text_ends_with(file, ".dtb") || text_ends_with(file, ".dtbo");
	int fd = open_file(p, file), err;
	void *blob;

	if (fd < 0)
		return NULL;
	if (!binary && !text_ends_with(file, ".dts") && !text_ends_with(file, ".dtso")) {
		parse_error(p, file, NULL, NULL, "not known by its name; allowed: %s",
			    overlay ? ".dtso, .dts, .dtbo or .dtb" : ".dts or .dtb");
		close(fd);
		return NULL;
	}
	blob = binary ? read_all(fd, size) : compile(p, file, size);
	if (binary && !blob)
		parse_error(p, file, NULL, NULL, "cannot be read: %s", strerror(errno));
	close(fd);
	if (!blob)
		return NULL;
	err = *size < sizeof(struct fdt_header) ? -FDT_ERR_TRUNCATED
						: fdt_check_full(blob, *size);
	if (err) {
		parse_error(p, file, NULL, NULL, "not a sound device tree blob (%s)",
			    fdt_strerror(err));
		free(blob);
		return NULL;
	}
	return blob;
}
