/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A digest of what a scenario asks for: two scenarios have the same if and only if (but for chance)
 * they run the same machine and programs, whichever files and overlays they were put together from.
 *
 * So it is of the flattened tree, with defaults filled in and each value in one form: a flag that
 * is absent is one that is <0>, a number has one cell or two.  References are paths, files their
 * contents.  What no run depends on is left out: descriptions, sources of costs, the variant's
 * name, published figures; and the seed, since runs that differ in nothing else belong together.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "parse.h"
#include "text.h"

struct digest {
	struct parser *p;
	uint64_t value;
};

/* Lengths are part of it: "ab", "c" is not "a", "bc". */
static void add(struct digest *d, const void *bytes, size_t len)
{
	uint8_t size[8];

	put_le(size, len, 8);
	d->value = trace_digest(d->value, size, 8);
	d->value = trace_digest(d->value, bytes, len);
}

static void add_text(struct digest *d, const char *text)
{
	add(d, text, strlen(text));
}

static void add_number(struct digest *d, uint64_t value)
{
	uint8_t bytes[8];

	put_le(bytes, value, 8);
	add(d, bytes, 8);
}

uint64_t scenario_file_digest(const char *path)
{
	uint64_t value = TRACE_DIGEST_START, total = 0;
	FILE *f = fopen(path, "r");
	uint8_t chunk[65536];
	size_t n;

	if (!f)
		return 0;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0) {
		value = trace_digest(value, chunk, n);
		total += n;
	}
	fclose(f);
	put_le(chunk, total, 8);
	return trace_digest(value, chunk, 8);
}

static void add_references(struct digest *d, const struct tree_property *property)
{
	for (uint32_t i = 0; i < property->len / 4; i++) {
		const struct tree_node *to = tree_by_phandle(d->p->root, value_cell(property, i));

		add_text(d, to ? to->path : "");
	}
}

static uint64_t number_of(const struct tree_property *property)
{
	uint64_t value = value_cell(property, 0);

	return property->len == 4 ? value : value << 32 | value_cell(property, 1);
}

static void add_value(struct digest *d, const struct property_spec *spec,
		      const struct tree_property *property)
{
	const char *file;

	switch (spec->type) {
	case PROPERTY_U32:
	case PROPERTY_U64:
		add_number(d, number_of(property));
		break;
	case PROPERTY_BOOL:
		add_number(d, !property->len || value_cell(property, 0));
		break;
	case PROPERTY_PHANDLE:
		add_references(d, property);
		break;
	case PROPERTY_FILE:
		file = value_file(d->p, (const char *)property->data);
		add_number(d, file ? scenario_file_digest(file) : 0);
		break;
	default:
		add(d, property->data, property->len);
		break;
	}
}

static void add_default(struct digest *d, const struct property_spec *spec)
{
	uint64_t number;

	if (spec->type == PROPERTY_BOOL)
		add_number(d, 0);
	else if (spec->type <= PROPERTY_U64 && scenario_parse_number(spec->fallback, &number))
		add_number(d, number);
	else if (spec->type == PROPERTY_STRING || spec->type == PROPERTY_ENUM)
		add(d, spec->fallback, strlen(spec->fallback) + 1);
}

static bool matters(const struct node_spec *spec, const char *property)
{
	if (!strcmp(property, "description"))
		return false;
	if (spec->kind == NODE_COSTS)
		return strcmp(property, "references") && !text_ends_with(property, "-source");
	return spec->kind != NODE_ROOT ||
	       (strcmp(property, "variant") && strcmp(property, "seed"));
}

static void add_properties(struct digest *d, const struct tree_node *node)
{
	for_each_property(node->spec, set, property) {
		const struct tree_property *found = tree_property(node, property->name);

		if (!matters(node->spec, property->name))
			continue;
		add_text(d, property->name);
		if (found)
			add_value(d, property, found);
		else if (property->fallback)
			add_default(d, property);
	}
	for (const struct tree_property *at = node->properties; at && node->spec->open;
	     at = at->next) {
		if (!strcmp(at->name, "phandle"))
			continue;
		add_text(d, at->name);
		add(d, at->data, at->len);
	}
}

static void add_node(struct digest *d, const struct tree_node *node)
{
	const char *compatible = tree_compatible(node);

	add_text(d, node->path);
	add_text(d, compatible ? compatible : "");
	add_properties(d, node);
	for (const struct tree_node *child = node->children; child; child = child->next)
		if (child->spec && child->spec->kind != NODE_PUBLISHED)
			add_node(d, child);
}

void parse_digest(struct parser *p)
{
	struct digest d = { .p = p, .value = TRACE_DIGEST_START };

	add_node(&d, p->root);
	p->scenario->digest = d.value;
}
