/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file under a temporary name beside its own, which it gets by rename() when it is complete.
 */
#ifndef BALLAST_TRACE_TEMPORARY_H
#define BALLAST_TRACE_TEMPORARY_H

/*
 * Create it, with the mode that @path would have; @name: to be given to free().  Returns the
 * descriptor, or -1, with errno set and no name.
 */
int temporary_open(const char *path, char **name);

#endif
