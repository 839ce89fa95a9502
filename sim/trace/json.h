/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing JSON: json_open()/json_close() nest, a key is NULL inside of an array.
 */
#ifndef BALLAST_TRACE_JSON_H
#define BALLAST_TRACE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	unsigned int depth;
	bool any;		/* something stands before in this object or array */
};

void json_escape(FILE *out, const char *s);
/* @bracket: '{' or '['. */
void json_open(struct json *j, const char *key, char bracket);
void json_close(struct json *j, char bracket);
void json_u64(struct json *j, const char *key, uint64_t value);
/* As bytes. */
void json_pages(struct json *j, const char *key, uint64_t pages);
void json_s64(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_string(struct json *j, const char *key, const char *value);

#endif
