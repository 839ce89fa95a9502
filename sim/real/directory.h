/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory of a run, and the swap file in it.
 *
 * A swap file cannot lose its name while it is in use, and stays in use when who made it dies.  So
 * its name says whose it is, and its maker keeps it locked: the next run takes down what nobody has
 * locked.
 */
#ifndef BALLAST_REAL_DIRECTORY_H
#define BALLAST_REAL_DIRECTORY_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In TMPDIR.  0, or -1 with one line in @error; @path is then "". */
int real_directory_create(char *path, size_t size, char *error, size_t error_size);
/* In @parent, which the user has named by @option. */
int real_directory_create_in(const char *parent, const char *option, char *path, size_t size,
			     char *error, size_t error_size);
/* With what is in it, and in directories in it; "": nothing happens. */
void real_directory_remove(const char *path);

struct real_swap_file {
	char path[PATH_MAX];		/* "": there is none */
	int fd;				/* locked */
	bool on;
};

/*
 * A file "swap" in @dir, in use.  @option says by what the user names another place.  0, or -1 with
 * one line in @error and nothing left.
 */
int real_swap_file_create(struct real_swap_file *s, const char *dir, const char *option,
			  uint64_t bytes, char *error, size_t error_size);
/* Returns 0, or -1 with a line in @error: it is still in use. */
int real_swap_file_destroy(struct real_swap_file *s, char *error, size_t error_size);
/* Take down what dead runs have left in @parent (NULL: anywhere), directories included. */
void real_swap_file_remove_orphans(const char *parent);
/* The path in a line of /proc/swaps if it is a swap file of ours. */
bool real_swap_file_of_line(const char *line, char *path, size_t size);

#endif
