/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of a command line, and the options of QEMU's that are lists: "first,key=value,...", or
 * an object of JSON.
 */
#ifndef BALLAST_SURVEY_QEMU_WORDS_H
#define BALLAST_SURVEY_QEMU_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct qemu_words {
	char **word;
	size_t nr;
};

/*
 * As a shell splits them.  A word that begins with a brace goes up to the one that closes it: ps
 * shows arguments that are JSON without quotes.  0, or -1 with one line in @error.
 */
int qemu_words_split(struct qemu_words *w, const char *line, char *error, size_t error_size);
void qemu_words_free(struct qemu_words *w);

#define QEMU_LIST_MAX 64

struct qemu_list {
	char *text;
	const char *key[QEMU_LIST_MAX], *value[QEMU_LIST_MAX];
	size_t nr;
};

/*
 * @first: the key of a value that stands first without one.  Members of objects in JSON have keys
 * with dots.  0, or -1: it is not JSON, or too long.
 */
int qemu_list_parse(struct qemu_list *l, const char *text, const char *first);
void qemu_list_free(struct qemu_list *l);
/* NULL: it is not there. */
const char *qemu_list_get(const struct qemu_list *l, const char *key);
bool qemu_list_is_on(const struct qemu_list *l, const char *key);

/* "4G", "1.5g", "4096" of units of @unit bytes; false: no size. */
bool qemu_size(const char *text, uint64_t unit, uint64_t *bytes);

#endif
