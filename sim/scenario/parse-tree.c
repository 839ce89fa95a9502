/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scenario's tree: the base, its overlays and its settings in one, with who said what.
 *
 * libfdt puts each node that an overlay adds before its older siblings.  Order means something
 * here (programs run one after the other), so the tree keeps old nodes first and new ones behind
 * them in the order of the overlay's source.
 */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

struct tree_node *tree_child(const struct tree_node *node, const char *name)
{
	struct tree_node *child = node->children;

	while (child && strcmp(child->name, name))
		child = child->next;
	return child;
}

struct tree_property *tree_property(const struct tree_node *node, const char *name)
{
	struct tree_property *property = node->properties;

	while (property && strcmp(property->name, name))
		property = property->next;
	return property;
}

const char *tree_blame(const struct tree_node *node, const char *property)
{
	const struct tree_property *found = tree_property(node, property);

	return found ? found->file : node->file;
}

struct tree_node *tree_by_phandle(struct tree_node *node, uint32_t phandle)
{
	if (node->phandle == phandle)
		return node;
	for (struct tree_node *child = node->children; child; child = child->next) {
		struct tree_node *found = tree_by_phandle(child, phandle);

		if (found)
			return found;
	}
	return NULL;
}

/* A string property that is well formed, or NULL. */
static const char *string_property(const struct tree_node *node, const char *name)
{
	const struct tree_property *property = tree_property(node, name);

	if (!property || !property->len || property->data[property->len - 1] ||
	    strlen((const char *)property->data) + 1 != property->len)
		return NULL;
	return (const char *)property->data;
}

const char *tree_compatible(const struct tree_node *node)
{
	return string_property(node, "compatible");
}

bool tree_disabled(const struct tree_node *node)
{
	const char *status = string_property(node, "status");

	return status && !strcmp(status, "disabled");
}

void tree_set_property(struct parser *p, struct tree_node *node, const char *name,
		       const void *data, uint32_t len, const char *file)
{
	struct tree_property *property = tree_property(node, name);
	uint8_t *copy;

	if (property && property->len == len && (!len || !memcmp(property->data, data, len)))
		return;
	if (!property) {
		struct tree_property **end = &node->properties;

		property = scenario_alloc(p->scenario, sizeof(*property));
		property->name = scenario_strdup(p->scenario, name);
		while (*end)
			end = &(*end)->next;
		*end = property;
	}
	copy = scenario_alloc(p->scenario, len + 1);
	if (len)
		memcpy(copy, data, len);
	property->data = copy;
	property->len = len;
	property->file = file;
	if (!strcmp(name, "phandle") && len == 4) {
		node->phandle = value_cell(property, 0);
		if (node->phandle > p->phandle_max)
			p->phandle_max = node->phandle;
	}
}

void tree_remove_property(struct tree_node *node, const char *name)
{
	struct tree_property **at = &node->properties;

	while (*at && strcmp((*at)->name, name))
		at = &(*at)->next;
	if (*at)
		*at = (*at)->next;
}

uint32_t tree_phandle(struct parser *p, struct tree_node *node)
{
	uint8_t cell[4];

	if (!node->phandle) {
		uint32_t phandle = p->phandle_max + 1;

		for (int i = 0; i < 4; i++)
			cell[i] = phandle >> (24 - 8 * i);
		tree_set_property(p, node, "phandle", cell, 4, node->file);
	}
	return node->phandle;
}

static struct tree_node *new_node(struct parser *p, struct tree_node *parent, const char *name,
				  const char *file)
{
	struct tree_node *node = scenario_alloc(p->scenario, sizeof(*node));

	node->name = scenario_strdup(p->scenario, name);
	node->file = file;
	node->parent = parent;
	if (!parent)
		node->path = "/";
	else
		node->path = scenario_printf(p->scenario, "%s/%s",
					     parent->parent ? parent->path : "", name);
	return node;
}

/* Nodes that dtc and libfdt keep for themselves. */
static bool is_bookkeeping(const char *name)
{
	return !strcmp(name, "__symbols__") || !strcmp(name, "__fixups__") ||
	       !strcmp(name, "__local_fixups__");
}

#define DEPTH_MAX 16	/* the table needs 5; recursion must end */

static bool too_deep(struct parser *p, const struct tree_node *node, const char *file)
{
	unsigned int depth = 0;

	for (const struct tree_node *at = node; at->parent; at = at->parent)
		depth++;
	if (depth <= DEPTH_MAX)
		return false;
	parse_error(p, file, NULL, NULL, "nodes are nested too deeply; allowed: %d levels",
		    DEPTH_MAX);
	return true;
}

/* Take over from the blob what is new or different in a node, on behalf of @file. */
static void merge(struct parser *p, struct tree_node *node, const void *blob, int offset,
		  const char *file)
{
	struct tree_node **end = &node->children;
	int at;

	if (too_deep(p, node, file))
		return;
	fdt_for_each_property_offset(at, blob, offset) {
		const char *name;
		int len;
		const void *data = fdt_getprop_by_offset(blob, at, &name, &len);

		if (data)
			tree_set_property(p, node, name, data, len, file);
	}
	while (*end)
		end = &(*end)->next;
	fdt_for_each_subnode(at, blob, offset) {
		const char *name = fdt_get_name(blob, at, NULL);
		struct tree_node *child = tree_child(node, name);

		if (!node->parent && is_bookkeeping(name))
			continue;
		if (!child) {
			child = new_node(p, node, name, file);
			if (file != p->args->file) {
				child->next = *end;	/* an overlay's come in reverse */
				*end = child;
			} else {
				*end = child;
				end = &child->next;
			}
		}
		merge(p, child, blob, at, file);
	}
}

/* Whether a blob has a fragment: libfdt is content with an overlay that says nothing. */
static bool is_overlay(const void *blob)
{
	int at;

	fdt_for_each_subnode(at, blob, 0)
		if (fdt_subnode_offset(blob, at, "__overlay__") >= 0)
			return true;
	return false;
}

/*
 * What stands beside the fragments of an overlay is about the overlay itself, and libfdt applies
 * nothing of it: a change that was meant for the scenario must not get lost there.
 */
static void check_overlay_root(struct parser *p, const void *blob, const char *file)
{
	const char *name;
	int at;

	fdt_for_each_property_offset(at, blob, 0) {
		if (fdt_getprop_by_offset(blob, at, &name, NULL) && strcmp(name, "description"))
			parse_error(p, file, NULL, name, "a property of the overlay's own root; "
				    "allowed: description, and &{/} { ... } to change the "
				    "scenario's root");
	}
	fdt_for_each_subnode(at, blob, 0) {
		name = fdt_get_name(blob, at, NULL);
		if (!is_bookkeeping(name) && fdt_subnode_offset(blob, at, "__overlay__") < 0)
			parse_error(p, file, NULL, name, "a node of the overlay's own root; "
				    "allowed: &label { ... } or &{/path} { ... }");
	}
}

/* Apply one overlay to a blob; the blob moves. */
static void *apply_overlay(struct parser *p, void *blob, const char *file)
{
	size_t size, room;
	void *overlay = blob_load(p, file, true, &size), *bigger;
	int err;

	if (overlay && !is_overlay(overlay)) {
		parse_error(p, file, NULL, NULL, "not an overlay; allowed: source with /plugin/ "
			    "and at least one &label or &{/path}");
		free(overlay);
		overlay = NULL;
	}
	if (!overlay)
		return blob;
	check_overlay_root(p, overlay, file);
	room = fdt_totalsize(blob) + 2 * size + 4096;
	bigger = realloc(blob, room);
	if (!bigger)
		abort();
	err = fdt_open_into(bigger, bigger, room);
	if (!err)
		err = fdt_overlay_apply(bigger, overlay);
	free(overlay);
	if (err == -FDT_ERR_NOTFOUND)
		parse_error(p, file, NULL, NULL, "a label or path that it refers to is not in %s; "
			    "allowed: labels and paths of the scenario", p->args->file);
	else if (err)
		parse_error(p, file, NULL, NULL,
			    "cannot be applied to %s (%s); allowed: an overlay made for it",
			    p->args->file, fdt_strerror(err));
	if (!err)
		merge(p, p->root, bigger, 0, file);
	return bigger;
}

static struct tree_node *node_at(struct tree_node *node, const char *path, size_t len)
{
	while (node && len) {
		size_t part = 0;

		while (part < len && path[part] != '/')
			part++;
		if (part) {
			struct tree_node *child = node->children;

			while (child && (strncmp(child->name, path, part) || child->name[part]))
				child = child->next;
			node = child;
		}
		path += part;
		len -= part;
		if (len) {
			path++;
			len--;
		}
	}
	return node;
}

static const struct property_spec *find_spec(const struct node_spec *spec, const char *name)
{
	if (!spec)
		return NULL;
	for_each_property(spec, set, property)
		if (!strcmp(property->name, name))
			return property;
	return NULL;
}

/* What the table says of a node, found from the root downwards. */
static const struct node_spec *spec_of(const struct tree_node *node)
{
	const struct node_spec *parent;

	if (!node->parent)
		return &node_root;
	parent = spec_of(node->parent);
	return parent ? parse_match(node, parent) : NULL;
}

static const struct property_spec status_spec = {
	.name = "status", .type = PROPERTY_STRING, .doc = "",
};

/* One --set PATH/PROP=VALUE. */
static void apply_setting(struct parser *p, const char *setting)
{
	const char *equals = strchr(setting, '='), *slash = equals;
	const char *file = scenario_printf(p->scenario, "--set %s", setting);
	const struct property_spec *spec;
	const struct node_spec *node_spec;
	struct tree_node *node;
	char *name;

	while (slash && slash > setting && *slash != '/')
		slash--;
	if (!slash || *slash != '/' || slash + 1 == equals) {
		parse_error(p, file, NULL, NULL,
			    "not a setting; allowed: PATH/PROP=VALUE, such as "
			    "/host/memory-mib=8192");
		return;
	}
	node = node_at(p->root, setting, slash - setting);
	if (!node) {
		parse_error(p, file, NULL, NULL, "no node %.*s; allowed: nodes of %s",
			    (int)(slash - setting), setting, p->args->file);
		return;
	}
	name = strndup(slash + 1, equals - slash - 1);
	node_spec = spec_of(node);
	spec = !strcmp(name, "status") ? &status_spec : find_spec(node_spec, name);
	if (!spec && node_spec && node_spec->open) {
		/* A parameter of an image: its image knows its type, we only carry the text. */
		tree_set_property(p, node, name, equals + 1, strlen(equals + 1) + 1, file);
	} else if (!spec) {
		parse_error(p, file, node, name, "unknown property; allowed: properties of %s",
			    node_spec && node_spec->compatible ? node_spec->compatible
							       : node->path);
	} else {
		value_set_text(p, node, spec, equals + 1, file);
	}
	free(name);
}

int tree_build(struct parser *p)
{
	size_t size;
	void *blob = blob_load(p, p->args->file, false, &size);

	if (!blob)
		return -1;
	p->root = new_node(p, NULL, "", p->args->file);
	merge(p, p->root, blob, 0, p->args->file);
	for (uint32_t i = 0; i < p->args->nr_overlays; i++)
		if (!p->nr_errors)
			blob = apply_overlay(p, blob, p->args->overlays[i]);
	free(blob);
	if (!p->nr_errors)
		for (uint32_t i = 0; i < p->args->nr_settings; i++)
			apply_setting(p, p->args->settings[i]);
	return p->nr_errors ? -1 : 0;
}
