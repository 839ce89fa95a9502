// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words and lists of a command line of QEMU's; see qemu_words.h.
 *
 * Lists as util/qemu-option.c and util/keyval.c of QEMU read them: a comma in a value is written
 * twice, "key" alone is key=on.  Sizes as util/cutils.c reads them.
 */
#define _GNU_SOURCE
#include "qemu_words.h"

#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Words */

/* One word as it is read: where from, where to. */
struct splitter {
	const char *from;
	char *to;
};

static void take_braces(struct splitter *s)
{
	bool text = false;
	int depth = 0;

	do {
		char c = *s->from++;

		*s->to++ = c;
		if (text && c == '\\' && *s->from)
			*s->to++ = *s->from++;
		else if (c == '"')
			text = !text;
		else if (!text)
			depth += c == '{' ? 1 : c == '}' ? -1 : 0;
	} while (depth && *s->from);
}

/* Up to the next quote of the same kind; false: there is none. */
static bool take_quoted(struct splitter *s)
{
	char quote = *s->from++;

	for (; *s->from && *s->from != quote; s->from++) {
		if (quote == '"' && *s->from == '\\' && s->from[1] && strchr("\"\\$`", s->from[1]))
			s->from++;
		*s->to++ = *s->from;
	}
	return *s->from && s->from++;
}

static bool take_word(struct splitter *s)
{
	if (*s->from == '{')
		take_braces(s);
	while (*s->from && !isspace((unsigned char)*s->from)) {
		if (*s->from == '\'' || *s->from == '"') {
			if (!take_quoted(s))
				return false;
		} else if (*s->from == '\\' && s->from[1] == '\n') {
			s->from += 2;
		} else {
			if (*s->from == '\\' && s->from[1])
				s->from++;
			*s->to++ = *s->from++;
		}
	}
	*s->to++ = '\0';
	return true;
}

static const char *skip_space(const char *at)
{
	while (isspace((unsigned char)*at) || (*at == '\\' && at[1] == '\n'))
		at += *at == '\\' ? 2 : 1;
	return at;
}

int qemu_words_split(struct qemu_words *w, const char *line, char *error, size_t error_size)
{
	/* Each word is as long as its text at most, and has an end. */
	char *room = malloc(strlen(line) + 2);
	struct splitter s = { line, room };

	/* Words are fewer than characters. */
	*w = (struct qemu_words){ .word = calloc(strlen(line) + 2, sizeof(*w->word)) };
	if (!room || !w->word)
		abort();
	w->word[0] = room;		/* owned by the first, even if there is none */
	for (s.from = skip_space(line); *s.from; s.from = skip_space(s.from)) {
		w->word[w->nr++] = s.to;
		if (take_word(&s))
			continue;
		qemu_words_free(w);
		snprintf(error, error_size, "--from-qemu: a quote is not closed; allowed: a "
			 "command line as a shell takes it");
		return -1;
	}
	return 0;
}

void qemu_words_free(struct qemu_words *w)
{
	free(w->word[0]);
	free(w->word);
	*w = (struct qemu_words){ 0 };
}

/* Lists */

static int add(struct qemu_list *l, const char *key, const char *value)
{
	if (l->nr == QEMU_LIST_MAX)
		return -1;
	l->key[l->nr] = key;
	l->value[l->nr++] = value;
	return 0;
}

/* Keys and values have to outlive the JSON: they are packed into one text. */
static int add_members(struct qemu_list *l, struct json_object *object, const char *before,
		       FILE *pack, size_t (*offset)[2])
{
	json_object_object_foreach(object, key, value) {
		char name[256];
		const char *text = json_object_get_string(value);

		snprintf(name, sizeof(name), "%s%s%s", before, before[0] ? "." : "", key);
		if (json_object_is_type(value, json_type_object)) {
			if (add_members(l, value, name, pack, offset))
				return -1;
			continue;
		}
		if (json_object_is_type(value, json_type_boolean))
			text = json_object_get_boolean(value) ? "on" : "off";
		if (add(l, NULL, NULL))
			return -1;
		offset[l->nr - 1][0] = ftell(pack);
		fprintf(pack, "%s%c", name, '\0');
		offset[l->nr - 1][1] = ftell(pack);
		fprintf(pack, "%s%c", text ? text : "", '\0');
	}
	return 0;
}

static int parse_json(struct qemu_list *l, const char *text)
{
	struct json_object *object = json_tokener_parse(text);
	size_t offset[QEMU_LIST_MAX][2], size;
	FILE *pack;
	int ret = -1;

	if (!json_object_is_type(object, json_type_object)) {
		json_object_put(object);
		return -1;
	}
	pack = open_memstream(&l->text, &size);
	if (!pack)
		abort();
	ret = add_members(l, object, "", pack, offset);
	fclose(pack);
	json_object_put(object);
	for (size_t i = 0; i < l->nr && !ret; i++) {
		l->key[i] = l->text + offset[i][0];
		l->value[i] = l->text + offset[i][1];
	}
	return ret;
}

/* Up to a comma that stands alone, which is taken away; *@at: what comes then, NULL: nothing. */
static char *next_item(char **at)
{
	char *item = *at, *to = item, *from = item;

	for (; *from && (*from != ',' || from[1] == ','); from++) {
		if (*from == ',')
			from++;
		*to++ = *from;
	}
	*at = *from ? from + 1 : NULL;
	*to = '\0';
	return item;
}

static int parse_items(struct qemu_list *l, const char *first)
{
	char *rest = l->text;

	for (bool begin = true; rest; begin = false) {
		char *item = next_item(&rest), *equals = strchr(item, '=');

		if (!item[0])
			continue;
		if (equals)
			*equals = '\0';
		if (equals ? add(l, item, equals + 1) :
		    begin && first ? add(l, first, item) : add(l, item, "on"))
			return -1;
	}
	return 0;
}

int qemu_list_parse(struct qemu_list *l, const char *text, const char *first)
{
	int ret;

	*l = (struct qemu_list){ 0 };
	if (text[0] == '{') {
		ret = parse_json(l, text);
	} else {
		l->text = strdup(text);
		if (!l->text)
			abort();
		ret = parse_items(l, first);
	}
	if (ret)
		qemu_list_free(l);
	return ret;
}

void qemu_list_free(struct qemu_list *l)
{
	free(l->text);
	*l = (struct qemu_list){ 0 };
}

const char *qemu_list_get(const struct qemu_list *l, const char *key)
{
	for (size_t i = l->nr; i; i--)	/* the last one counts */
		if (!strcmp(l->key[i - 1], key))
			return l->value[i - 1];
	return NULL;
}

bool qemu_list_is_on(const struct qemu_list *l, const char *key)
{
	const char *value = qemu_list_get(l, key);

	return value && (!strcmp(value, "on") || !strcmp(value, "yes") || !strcmp(value, "true"));
}

bool qemu_size(const char *text, uint64_t unit, uint64_t *bytes)
{
	static const char letters[] = "bkmgtpe";
	const char *letter;
	long double n;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	n = strtold(text, &end);
	if (*end) {
		letter = strchr(letters, tolower((unsigned char)*end));
		if (!letter || (end[1] && strcasecmp(end + 1, "ib") && strcasecmp(end + 1, "b")))
			return false;
		unit = UINT64_C(1) << 10 * (letter - letters);
	}
	n *= unit;
	if (!(n >= 0 && n < 0x1p63L))
		return false;
	*bytes = n;
	return true;
}
