/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values of properties: are they of the type and in the range that the table says, and how they
 * are stored.  A device tree knows only bytes; what a number or a string is, the table decides.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parse.h"

uint32_t value_cell(const struct tree_property *property, uint32_t index)
{
	const uint8_t *d = property->data + 4 * index;

	return (uint32_t)d[0] << 24 | (uint32_t)d[1] << 16 | (uint32_t)d[2] << 8 | d[3];
}

/* One cell, or two for 64 bits. */
static bool get_number(const struct tree_property *property, uint64_t *value)
{
	if (property->len == 4)
		*value = value_cell(property, 0);
	else if (property->len == 8)
		*value = (uint64_t)value_cell(property, 0) << 32 | value_cell(property, 1);
	else
		return false;
	return true;
}

/* Printable strings, each ended by a zero byte; returns how many, 0 when it is something else. */
static uint32_t count_strings(const struct tree_property *property)
{
	uint32_t nr = 0;

	if (!property->len || property->data[property->len - 1])
		return 0;
	for (uint32_t i = 0; i < property->len; i++) {
		uint8_t c = property->data[i];

		if (!c)
			nr++;
		else if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
			return 0;
	}
	/* An empty string is fine alone; <0> is four zero bytes and a number. */
	return nr > 1 && !property->data[0] ? 0 : nr;
}

/* Position of a word in a list with blanks between, or -1. */
static int find_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (int index = 0; *list; index++) {
		size_t end = strcspn(list, " ");

		if (end == len && !strncmp(list, word, len))
			return index;
		list += end + (list[end] == ' ');
	}
	return -1;
}

static const char *target_names(uint32_t targets)
{
	switch (targets) {
	case NODE_BIT(NODE_GUEST):
		return "guest";
	case NODE_BIT(NODE_COMMAND):
		return "command";
	case NODE_BIT(NODE_BOOT):
		return "boot profile";
	case NODE_BIT(NODE_CGROUP):
		return "memory group";
	default:
		return "guest, program or command";
	}
}

char *value_allowed(const struct property_spec *spec)
{
	const char *unit = spec->unit ? spec->unit : "";
	char *text = NULL, *at;
	int err = 0;

	switch (spec->type) {
	case PROPERTY_U32:
	case PROPERTY_U64:
	case PROPERTY_U32LIST:
		err = asprintf(&text, "%s%" PRIu64 "..%" PRIu64 "%s%s",
			       spec->type == PROPERTY_U32LIST ? "cells, each " : "", spec->min,
			       spec->max, *unit ? " " : "", unit);
		break;
	case PROPERTY_STRING:
		err = asprintf(&text, "a string");
		break;
	case PROPERTY_STRINGLIST:
		err = asprintf(&text, "strings");
		break;
	case PROPERTY_BOOL:
		err = asprintf(&text, "empty (true), <1> or <0>");
		break;
	case PROPERTY_FILE:
		err = asprintf(&text, "the name of a file");
		break;
	case PROPERTY_PHANDLE:
		err = asprintf(&text, "<&label> of a %s", target_names(spec->targets));
		break;
	case PROPERTY_ENUM:
		err = asprintf(&text, "%s", spec->values);
		for (at = text; err >= 0 && *at; at++)
			if (*at == ' ')
				*at = '|';
		break;
	}
	if (err < 0)
		abort();
	return text;
}

static void bad_value(struct parser *p, const struct tree_node *node,
		      const struct property_spec *spec, const char *file, const char *what)
{
	char *allowed = value_allowed(spec);

	parse_error(p, file, node, spec->name, "%s; allowed: %s", what, allowed);
	free(allowed);
}

static void store_bytes(const struct property_spec *spec, void *object, const void *data,
			size_t size)
{
	if (spec->size == size)
		memcpy((char *)object + spec->offset, data, size);
	else if (spec->size)
		abort();	/* the table is wrong */
}

static void store_number(struct parser *p, const struct tree_node *node,
			 const struct property_spec *spec, const struct tree_property *property,
			 void *object)
{
	uint64_t value;
	uint32_t low;
	char text[64];

	if (!get_number(property, &value)) {
		bad_value(p, node, spec, property->file, "not a number of one or two cells");
		return;
	}
	if (value < spec->min || value > spec->max) {
		if (count_strings(property) == 1 && property->data[0])
			snprintf(text, sizeof(text), "\"%s\" is not a number", property->data);
		else
			snprintf(text, sizeof(text), "%" PRIu64 " is out of range", value);
		bad_value(p, node, spec, property->file, text);
		return;
	}
	low = value;
	if (spec->type == PROPERTY_U32)
		store_bytes(spec, object, &low, sizeof(low));
	else
		store_bytes(spec, object, &value, sizeof(value));
}

static void store_bool(struct parser *p, const struct tree_node *node,
		       const struct property_spec *spec, const struct tree_property *property,
		       void *object)
{
	bool value = !property->len || (property->len == 4 && value_cell(property, 0) == 1);

	if (property->len && (property->len != 4 || value_cell(property, 0) > 1))
		bad_value(p, node, spec, property->file, "not a truth value");
	else
		store_bytes(spec, object, &value, sizeof(value));
}

/* A pipe or a device may be read once, or never end. */
static bool is_file(const char *path)
{
	struct stat st;

	if (access(path, R_OK) || stat(path, &st))
		return false;
	if (S_ISREG(st.st_mode))
		return true;
	errno = S_ISDIR(st.st_mode) ? EISDIR : ESPIPE;
	return false;
}

/*
 * A file is looked for beside the scenario, then beside each overlay, then from the current
 * directory.
 */
const char *value_file(struct parser *p, const char *name)
{
	char *path = NULL;

	for (uint32_t i = 0; i <= p->args->nr_overlays && name[0] != '/'; i++) {
		char *directory = path_directory(i ? p->args->overlays[i - 1] : p->args->file);

		path = scenario_printf(p->scenario, "%s%s", directory, name);
		free(directory);
		if (is_file(path))
			return path;
		if (errno != ENOENT)
			return NULL;
	}
	path = scenario_strdup(p->scenario, name);
	return is_file(path) ? path : NULL;
}

static void store_text(struct parser *p, const struct tree_node *node,
		       const struct property_spec *spec, const struct tree_property *property,
		       void *object)
{
	const char *text = (const char *)property->data;
	char what[160];
	int word;

	if (count_strings(property) != 1) {
		bad_value(p, node, spec, property->file, "not a string");
		return;
	}
	if (spec->type == PROPERTY_ENUM) {
		word = find_word(spec->values, text);
		if (word < 0) {
			snprintf(what, sizeof(what), "\"%.100s\" is unknown", text);
			bad_value(p, node, spec, property->file, what);
			return;
		}
		store_bytes(spec, object, &word, sizeof(word));
		return;
	}
	if (spec->type == PROPERTY_FILE) {
		text = value_file(p, text);
		if (!text) {
			parse_error(p, property->file, node, spec->name,
				    "cannot read %s: %s; allowed: a file, relative to the scenario",
				    (const char *)property->data,
				    errno == ESPIPE ? "it is no regular file" : strerror(errno));
			return;
		}
	}
	store_bytes(spec, object, &text, sizeof(text));
}

static void store_strings(struct parser *p, const struct tree_node *node,
			  const struct property_spec *spec, const struct tree_property *property,
			  void *object)
{
	uint32_t nr = count_strings(property);
	const char *text = (const char *)property->data, **list;
	struct scenario_strings strings;

	if (!nr) {
		bad_value(p, node, spec, property->file, "not a list of strings");
		return;
	}
	list = scenario_alloc(p->scenario, nr * sizeof(*list));
	for (uint32_t i = 0; i < nr; i++) {
		list[i] = text;
		text += strlen(text) + 1;
	}
	strings = (struct scenario_strings){ .text = list, .nr = nr };
	store_bytes(spec, object, &strings, sizeof(strings));
}

static void store_numbers(struct parser *p, const struct tree_node *node,
			  const struct property_spec *spec, const struct tree_property *property,
			  void *object)
{
	struct scenario_numbers numbers = { .nr = property->len / 4 };
	uint32_t *list;
	char text[64];

	if (!property->len || property->len % 4) {
		bad_value(p, node, spec, property->file, "not a list of cells");
		return;
	}
	list = scenario_alloc(p->scenario, numbers.nr * sizeof(*list));
	for (uint32_t i = 0; i < numbers.nr; i++) {
		list[i] = value_cell(property, i);
		if (list[i] < spec->min || list[i] > spec->max) {
			snprintf(text, sizeof(text), "%" PRIu32 " is out of range", list[i]);
			bad_value(p, node, spec, property->file, text);
			return;
		}
	}
	numbers.value = list;
	store_bytes(spec, object, &numbers, sizeof(numbers));
}

static void check_phandles(struct parser *p, const struct tree_node *node,
			   const struct property_spec *spec, const struct tree_property *property)
{
	if (!property->len || property->len % 4)
		bad_value(p, node, spec, property->file, "not a reference");
	else if (property->len / 4 > spec->max)
		bad_value(p, node, spec, property->file, "too many references");
}

void value_store(struct parser *p, const struct tree_node *node, const struct property_spec *spec,
		 const struct tree_property *property, void *object)
{
	switch (spec->type) {
	case PROPERTY_U32:
	case PROPERTY_U64:
		store_number(p, node, spec, property, object);
		break;
	case PROPERTY_BOOL:
		store_bool(p, node, spec, property, object);
		break;
	case PROPERTY_STRING:
	case PROPERTY_ENUM:
	case PROPERTY_FILE:
		store_text(p, node, spec, property, object);
		break;
	case PROPERTY_U32LIST:
		store_numbers(p, node, spec, property, object);
		break;
	case PROPERTY_STRINGLIST:
		store_strings(p, node, spec, property, object);
		break;
	case PROPERTY_PHANDLE:
		check_phandles(p, node, spec, property);
		break;
	}
}

void value_store_default(struct parser *p, const struct tree_node *node,
			 const struct property_spec *spec, void *object)
{
	struct tree_property property = { .name = spec->name, .file = node->file };
	const char *text = spec->fallback;
	uint64_t number;
	uint32_t low;
	int word;

	if (!spec->size)
		return;
	switch (spec->type) {
	case PROPERTY_U32:
	case PROPERTY_U64:
		if (!isdigit((unsigned char)*text))
			break;		/* begin() has set it */
		number = strtoull(text, NULL, 0);
		low = number;
		if (spec->type == PROPERTY_U32)
			store_bytes(spec, object, &low, sizeof(low));
		else
			store_bytes(spec, object, &number, sizeof(number));
		break;
	case PROPERTY_ENUM:
		word = find_word(spec->values, text);
		store_bytes(spec, object, &word, sizeof(word));
		break;
	case PROPERTY_STRING:
		property.data = (const uint8_t *)text;
		property.len = strlen(text) + 1;
		store_text(p, node, spec, &property, object);
		break;
	default:
		break;		/* false, none */
	}
}

static void put_cells(uint8_t *cells, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		cells[i] = value >> (8 * (bytes - 1 - i));
}

bool scenario_parse_number(const char *text, uint64_t *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	char *end;

	/* Neither a sign nor white space in front. */
	if (hex ? !isxdigit((unsigned char)*digits) : !isdigit((unsigned char)*digits))
		return false;
	errno = 0;
	*value = strtoull(digits, &end, hex ? 16 : 10);
	return !*end && !errno;
}

static void set_number(struct parser *p, struct tree_node *node, const struct property_spec *spec,
		       const char *text, const char *file)
{
	uint8_t cells[8];
	uint64_t value;

	if (!scenario_parse_number(text, &value)) {
		bad_value(p, node, spec, file, "not a number");
		return;
	}
	put_cells(cells, value, 8);
	tree_set_property(p, node, spec->name, cells, 8, file);
}

/* Numbers with commas between. */
static void set_numbers(struct parser *p, struct tree_node *node, const struct property_spec *spec,
			const char *text, const char *file)
{
	char *copy = strdup(text), *save = NULL, *part;
	uint8_t *cells = malloc(4 * strlen(text) + 4);
	uint32_t nr = 0;
	uint64_t value;

	if (!copy || !cells)
		abort();
	for (part = strtok_r(copy, ",", &save); part; part = strtok_r(NULL, ",", &save)) {
		if (!scenario_parse_number(part, &value) || value > UINT32_MAX) {
			bad_value(p, node, spec, file, "not numbers with commas between");
			nr = 0;
			break;
		}
		put_cells(cells + 4 * nr++, value, 4);
	}
	if (nr)
		tree_set_property(p, node, spec->name, cells, 4 * nr, file);
	else if (!part)
		bad_value(p, node, spec, file, "no number");
	free(cells);
	free(copy);
}

static void set_phandle(struct parser *p, struct tree_node *node, const struct property_spec *spec,
			const char *text, const char *file)
{
	struct tree_node *target = p->root;
	char *copy = strdup(text), *save = NULL, *part;
	uint8_t cells[4];

	for (part = strtok_r(copy, "/", &save); part && target; part = strtok_r(NULL, "/", &save))
		target = tree_child(target, part);
	if (!target || *text != '/') {
		parse_error(p, file, node, spec->name,
			    "no node %s; allowed: the path of a node, such as /guest", text);
	} else {
		put_cells(cells, tree_phandle(p, target), 4);
		tree_set_property(p, node, spec->name, cells, 4, file);
	}
	free(copy);
}

void value_set_text(struct parser *p, struct tree_node *node, const struct property_spec *spec,
		    const char *text, const char *file)
{
	uint32_t len = strlen(text) + 1;
	char *copy;

	switch (spec->type) {
	case PROPERTY_U32:
	case PROPERTY_U64:
		set_number(p, node, spec, text, file);
		break;
	case PROPERTY_U32LIST:
		set_numbers(p, node, spec, text, file);
		break;
	case PROPERTY_BOOL:
		/* A word, or as it is written in source: empty, <1> or <0>. */
		if (!*text || !strcmp(text, "true") || !strcmp(text, "1") || !strcmp(text, "<1>"))
			tree_set_property(p, node, spec->name, "", 0, file);
		else if (!strcmp(text, "false") || !strcmp(text, "0") || !strcmp(text, "<0>"))
			tree_remove_property(node, spec->name);
		else
			parse_error(p, file, node, spec->name,
				    "not a truth value; allowed: true or 1, false or 0");
		break;
	case PROPERTY_STRING:
	case PROPERTY_ENUM:
	case PROPERTY_FILE:
		tree_set_property(p, node, spec->name, text, len, file);
		break;
	case PROPERTY_STRINGLIST:
		copy = strdup(text);
		for (char *at = copy; *at; at++)
			if (*at == ',')
				*at = '\0';
		tree_set_property(p, node, spec->name, copy, len, file);
		free(copy);
		break;
	case PROPERTY_PHANDLE:
		set_phandle(p, node, spec, text, file);
		break;
	}
}
