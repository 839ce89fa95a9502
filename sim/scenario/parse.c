/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way from a file to a scenario: the walk along the table, the objects, memory and errors.
 *
 * All errors are collected before giving up, so that one run of `ballast check` shows them all;
 * after SCENARIO_ERRORS_MAX only their number grows.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <libfdt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

/* ---- memory ---- */

struct scenario_block {
	struct scenario_block *next;
	max_align_t data[];
};

void *scenario_alloc(struct scenario *scenario, size_t size)
{
	struct scenario_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		abort();
	block->next = scenario->memory;
	scenario->memory = block;
	return block->data;
}

char *scenario_strdup(struct scenario *scenario, const char *text)
{
	return strcpy(scenario_alloc(scenario, strlen(text) + 1), text);
}

char *scenario_printf(struct scenario *scenario, const char *format, ...)
{
	char *text, *copy;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		abort();
	copy = scenario_strdup(scenario, text);
	free(text);
	return copy;
}

void *scenario_grow(struct scenario *scenario, void *array, uint32_t nr, size_t size)
{
	void *bigger;

	if (nr & (nr - 1))
		return array;
	bigger = scenario_alloc(scenario, (nr ? 2 * (size_t)nr : 1) * size);
	if (nr)
		memcpy(bigger, array, nr * size);
	return bigger;
}

static void release_memory(struct scenario *scenario)
{
	while (scenario->memory) {
		struct scenario_block *next = scenario->memory->next;

		free(scenario->memory);
		scenario->memory = next;
	}
}

/* ---- errors ---- */

void parse_error(struct parser *p, const char *file, const struct tree_node *node,
		 const char *property, const char *format, ...)
{
	char *what = NULL, *line = NULL;
	va_list args;
	int len;

	if (p->nr_errors++ >= SCENARIO_ERRORS_MAX)
		return;
	va_start(args, format);
	len = vasprintf(&what, format, args);
	va_end(args);
	if (len >= 0)
		len = asprintf(&line, "%s: %s%s%s%s%s\n", file, node ? node->path : "",
			       node ? ": " : "", property ? property : "", property ? ": " : "",
			       what);
	if (len < 0)
		abort();
	p->errors = realloc(p->errors, p->errors_len + len + 1);
	if (!p->errors)
		abort();
	memcpy(p->errors + p->errors_len, line, len + 1);
	p->errors_len += len;
	free(what);
	free(line);
}

/* The text without the last line's end; the caller's to free. */
static char *finish_errors(struct parser *p)
{
	char *text = p->errors;

	if (p->nr_errors > SCENARIO_ERRORS_MAX) {
		uint32_t more = p->nr_errors - SCENARIO_ERRORS_MAX;

		if (asprintf(&text, "%s... and %" PRIu32 " more errors", p->errors, more) < 0)
			abort();
		free(p->errors);
	} else if (text && p->errors_len) {
		text[p->errors_len - 1] = '\0';
	}
	return text;
}

const char *scenario_error_text(const struct scenario *scenario)
{
	return scenario->error ? scenario->error : "";
}

/* ---- objects ---- */

void *begin_container(struct parser *p, struct tree_node *node, void *parent)
{
	node->guest = node->parent->guest;
	return parent;
}

void *begin_root(struct parser *p, struct tree_node *node, void *parent)
{
	return p->scenario;
}

void *begin_host(struct parser *p, struct tree_node *node, void *parent)
{
	p->scenario->host.path = node->path;
	return &p->scenario->host;
}

/* A source is that of the value beside it, not of one that an overlay or a setting has given. */
static void forget_source(struct parser *p, struct tree_node *node, const char *cost)
{
	const struct tree_property *value = tree_property(node, cost), *source;
	char *name = scenario_printf(p->scenario, "%s-source", cost);
	char *text;

	source = tree_property(node, name);
	if (!value || !source || !strcmp(value->file, source->file))
		return;
	text = scenario_printf(p->scenario, "given by %s", value->file);
	tree_set_property(p, node, name, text, strlen(text) + 1, value->file);
}

/* Costs are stored in the host itself. */
void *begin_costs(struct parser *p, struct tree_node *node, void *parent)
{
	for (unsigned int i = 0; i < NR_COSTS; i++)
		forget_source(p, node, cost_info[i].property);
	return parent;
}

void *begin_files(struct parser *p, struct tree_node *node, void *parent)
{
	struct scenario_host *host = parent;
	struct scenario_files *files;

	host->files = scenario_grow(p->scenario, host->files, host->nr_files, sizeof(*files));
	node->index = host->nr_files;
	files = &host->files[host->nr_files++];
	files->name = node->name;
	files->path = scenario_printf(p->scenario, "%s: %s", node->file, node->path);
	files->cached_mib = UINT64_MAX;
	return files;
}

void *begin_guest(struct parser *p, struct tree_node *node, void *parent)
{
	struct scenario *scenario = p->scenario;
	struct scenario_guest *guest;

	node->guest = scenario->nr_guests;
	node->index = scenario->nr_guests;
	scenario->guests = scenario_grow(scenario, scenario->guests, scenario->nr_guests,
					 sizeof(*guest));
	p->guest_nodes = scenario_grow(scenario, p->guest_nodes, scenario->nr_guests,
				       sizeof(*p->guest_nodes));
	p->guest_nodes[scenario->nr_guests] = node;
	guest = &scenario->guests[scenario->nr_guests++];
	guest->name = node->name;
	guest->path = scenario_printf(scenario, "%s: %s", node->file, node->path);
	guest->boot.name = "";
	guest->page_reporting = (struct scenario_page_reporting){
		.order = SCENARIO_ORDER_UNSET, .delay_ms = 2000, .capacity = 32,
	};
	return guest;
}

void *begin_page_reporting(struct parser *p, struct tree_node *node, void *parent)
{
	return &((struct scenario_guest *)parent)->page_reporting;
}

void *begin_module(struct parser *p, struct tree_node *node, void *parent)
{
	bool of_host = node->parent->parent->spec->kind == NODE_HOST;
	struct scenario_module **modules, *module;
	uint32_t *nr;

	modules = of_host ? &((struct scenario_host *)parent)->modules :
			    &((struct scenario_guest *)parent)->modules;
	nr = of_host ? &((struct scenario_host *)parent)->nr_modules :
		       &((struct scenario_guest *)parent)->nr_modules;
	*modules = scenario_grow(p->scenario, *modules, *nr, sizeof(*module));
	module = &(*modules)[(*nr)++];
	module->name = node->name;
	module->path = scenario_printf(p->scenario, "%s: %s", node->file, node->path);
	return module;
}

void *begin_device(struct parser *p, struct tree_node *node, void *parent)
{
	struct scenario_guest *guest = parent;
	struct scenario_device *device;

	guest->devices = scenario_grow(p->scenario, guest->devices, guest->nr_devices,
				       sizeof(*device));
	device = &guest->devices[guest->nr_devices++];
	device->name = node->name;
	device->path = scenario_printf(p->scenario, "%s: %s", node->file, node->path);
	return device;
}

void *begin_controller(struct parser *p, struct tree_node *node, void *parent)
{
	struct scenario_controller *controller = &((struct scenario_guest *)parent)->controller;

	controller->path = scenario_printf(p->scenario, "%s: %s", node->file, node->path);
	return controller;
}

void *begin_page_hint(struct parser *p, struct tree_node *node, void *parent)
{
	struct scenario_device *device = begin_device(p, node, parent);

	device->kind = SCENARIO_DEVICE_PAGE_HINT;
	return device;
}

/* The text of a free property: a string, a number, or nothing for a flag. */
static const char *parameter_text(struct parser *p, const struct tree_node *node,
				  const struct tree_property *property, const char *flag)
{
	const char *text = (const char *)property->data;
	bool is_text = property->len && !property->data[property->len - 1] && text[0];

	for (uint32_t i = 0; is_text && i + 1 < property->len; i++)
		is_text = property->data[i] >= ' ' && property->data[i] < 0x7f;
	if (is_text || (property->len == 1 && !text[0]))
		return text;
	if (!property->len)
		return flag;
	if (property->len == 4)
		return scenario_printf(p->scenario, "%" PRIu32, value_cell(property, 0));
	if (property->len == 8)
		return scenario_printf(p->scenario, "%" PRIu64,
				       (uint64_t)value_cell(property, 0) << 32 |
					       value_cell(property, 1));
	parse_error(p, property->file, node, property->name,
		    "neither a string nor a number; allowed: a string, a number or empty");
	return "";
}

static bool is_implied(const char *name)
{
	return !strcmp(name, "compatible") || !strcmp(name, "phandle") || !strcmp(name, "status");
}

void *begin_parameters(struct parser *p, struct tree_node *node, void *parent)
{
	struct scenario_parameter *list = NULL;
	bool of_device = node->spec->variant;
	uint32_t nr = 0;

	for (struct tree_property *at = node->properties; at; at = at->next) {
		if (is_implied(at->name))
			continue;
		list = scenario_grow(p->scenario, list, nr, sizeof(*list));
		list[nr++] = (struct scenario_parameter){
			.name = at->name,
			.value = parameter_text(p, node, at, of_device ? "on" : "Y"),
		};
	}
	if (of_device) {
		((struct scenario_device *)parent)->properties = list;
		((struct scenario_device *)parent)->nr_properties = nr;
	} else {
		((struct scenario_module *)parent)->parameters = list;
		((struct scenario_module *)parent)->nr_parameters = nr;
	}
	return parent;
}

void *begin_program(struct parser *p, struct tree_node *node, void *parent)
{
	struct scenario_guest *guest = parent;
	struct scenario_program *program;

	node->guest = node->parent->guest;
	node->index = guest->nr_programs;
	guest->programs = scenario_grow(p->scenario, guest->programs, guest->nr_programs,
					sizeof(*program));
	program = &guest->programs[guest->nr_programs++];
	program->name = node->name;
	program->path = scenario_printf(p->scenario, "%s: %s", node->file, node->path);
	program->kind = node->spec->variant;
	return program;
}

void *begin_command(struct parser *p, struct tree_node *node, void *parent)
{
	struct scenario *scenario = p->scenario;
	struct scenario_command *command;

	node->index = scenario->nr_commands;
	scenario->commands = scenario_grow(scenario, scenario->commands, scenario->nr_commands,
					   sizeof(*command));
	p->command_nodes = scenario_grow(scenario, p->command_nodes, scenario->nr_commands,
					 sizeof(*p->command_nodes));
	p->command_nodes[scenario->nr_commands] = node;
	command = &scenario->commands[scenario->nr_commands++];
	command->name = node->name;
	command->path = scenario_printf(scenario, "%s: %s", node->file, node->path);
	command->kind = node->spec->variant;
	command->guest = SCENARIO_NO_GUEST;
	return command;
}

void *begin_published(struct parser *p, struct tree_node *node, void *parent)
{
	return &p->scenario->published;
}

void *begin_figure(struct parser *p, struct tree_node *node, void *parent)
{
	struct scenario_published *published = parent;
	struct scenario_figure *figure;

	node->index = published->nr_figures;
	published->figures = scenario_grow(p->scenario, published->figures,
					   published->nr_figures, sizeof(*figure));
	figure = &published->figures[published->nr_figures++];
	figure->name = node->name;
	figure->command = -1;
	return figure;
}

void *begin_trace(struct parser *p, struct tree_node *node, void *parent)
{
	return &p->scenario->trace;
}

/* ---- the walk ---- */

const struct node_spec *parse_match(const struct tree_node *node, const struct node_spec *parent)
{
	const char *compatible = tree_compatible(node);
	const struct node_spec *const *at = parent->children;

	for (; at && *at; at++) {
		if ((*at)->compatible ? compatible && !strcmp((*at)->compatible, compatible)
				      : !strcmp((*at)->name, node->name) && !compatible)
			return *at;
	}
	return NULL;
}

/* Comma-separated names of what may stand in a node; the caller's to free. */
static char *list_children(const struct node_spec *spec)
{
	char *list = NULL;
	size_t size;
	FILE *out = open_memstream(&list, &size);

	if (!out)
		abort();
	for (const struct node_spec *const *at = spec->children; at && *at; at++)
		fprintf(out, "%s%s", at == spec->children ? "" : ", ",
			(*at)->compatible ? (*at)->compatible : (*at)->name);
	if (!spec->children)
		fputs("no nodes", out);
	fclose(out);
	return list;
}

static char *list_properties(const struct node_spec *spec)
{
	char *list = NULL;
	size_t size;
	FILE *out = open_memstream(&list, &size);
	const char *comma = "";

	if (!out)
		abort();
	for_each_property(spec, set, property) {
		fprintf(out, "%s%s", comma, property->name);
		comma = ", ";
	}
	if (!*comma)
		fputs("no properties", out);
	fclose(out);
	return list;
}

static void unknown_node(struct parser *p, const struct tree_node *node,
			 const struct node_spec *parent)
{
	char *allowed = list_children(parent);
	const struct tree_property *property = tree_property(node, "compatible");
	const char *compatible = tree_compatible(node);

	if (compatible)
		parse_error(p, property->file, node, "compatible",
			    "\"%s\" is unknown here; allowed: %s", compatible, allowed);
	else if (property)
		parse_error(p, property->file, node, "compatible",
			    "not a single string; allowed: %s", allowed);
	else
		parse_error(p, node->file, node, NULL, "unknown node; allowed: %s", allowed);
	free(allowed);
}

static void check_status(struct parser *p, const struct tree_node *node)
{
	const struct tree_property *status = tree_property(node, "status");

	if (status && !tree_disabled(node) &&
	    (status->len != 5 || memcmp(status->data, "okay", 5)))
		parse_error(p, status->file, node, "status",
			    "neither okay nor disabled; allowed: okay|disabled");
}

static void parse_properties(struct parser *p, struct tree_node *node,
			     const struct node_spec *spec, void *object)
{
	char *allowed;

	check_status(p, node);
	if (spec->open)
		return;
	for_each_property(spec, set, property) {
		const struct tree_property *found = tree_property(node, property->name);

		if (found) {
			value_store(p, node, property, found, object);
		} else if (property->fallback) {
			value_store_default(p, node, property, object);
		} else {
			allowed = value_allowed(property);
			parse_error(p, node->file, node, property->name,
				    "missing; allowed: %s", allowed);
			free(allowed);
		}
	}
	for (struct tree_property *at = node->properties; at; at = at->next) {
		bool known = is_implied(at->name);

		for_each_property(spec, set, property)
			known = known || !strcmp(property->name, at->name);
		if (known)
			continue;
		allowed = list_properties(spec);
		parse_error(p, at->file, node, at->name, "unknown property; allowed: %s", allowed);
		free(allowed);
	}
}

static void parse_node(struct parser *p, struct tree_node *node, const struct node_spec *spec,
		       void *parent);

/* An earlier sibling that takes the place that only one may have. */
static const struct tree_node *same_place(const struct tree_node *node,
					  const struct node_spec *spec)
{
	const struct tree_node *at = node->parent->children;

	for (; at != node; at = at->next)
		if (at->spec && (at->spec == spec ||
				 (spec->kind == NODE_SWAP && at->spec->kind == NODE_SWAP)))
			return at;
	return NULL;
}

static void parse_children(struct parser *p, struct tree_node *node, const struct node_spec *spec,
			   void *object)
{
	for (struct tree_node *child = node->children; child; child = child->next) {
		const struct node_spec *match = parse_match(child, spec);
		const struct tree_node *other;

		if (tree_disabled(child))
			continue;
		if (!match) {
			unknown_node(p, child, spec);
			continue;
		}
		other = match->single ? same_place(child, match) : NULL;
		if (other)
			parse_error(p, child->file, child, NULL,
				    "%s has the same place; allowed: one of them", other->path);
		else
			parse_node(p, child, match, object);
	}
	for (const struct node_spec *const *at = spec->children; at && *at; at++) {
		struct tree_node *child = node->children;

		while (child && child->spec != *at)
			child = child->next;
		if ((*at)->required && !child)
			parse_error(p, node->file, node, NULL, "no %s in it; allowed: %s",
				    (*at)->compatible, (*at)->single ? "one" : "one or more");
	}
}

static void parse_node(struct parser *p, struct tree_node *node, const struct node_spec *spec,
		       void *parent)
{
	void *object;

	node->spec = spec;
	object = spec->begin(p, node, parent);
	parse_properties(p, node, spec, object);
	parse_children(p, node, spec, object);
}

static void parse_root(struct parser *p)
{
	const char *compatible = tree_compatible(p->root);

	if (!compatible || strcmp(compatible, node_root.compatible))
		parse_error(p, p->root->file, p->root, "compatible",
			    "not a scenario; allowed: \"%s\"", node_root.compatible);
	else
		parse_node(p, p->root, &node_root, NULL);
}

int scenario_load(struct scenario *scenario, const struct scenario_args *args)
{
	struct parser parser = { .scenario = scenario, .args = args };

	memset(scenario, 0, sizeof(*scenario));
	scenario->published = (struct scenario_published){ .id = "", .source = "" };
	scenario->trace = (struct scenario_trace){ SCENARIO_DETAIL_NORMAL, 100 };
	if (!tree_build(&parser)) {
		parse_root(&parser);
		if (!parser.nr_errors)
			parse_resolve(&parser);
		if (!parser.nr_errors)
			parse_check(&parser);
		if (!parser.nr_errors)
			parse_replicate(&parser);
		if (!parser.nr_errors)
			parse_digest(&parser);
	}
	if (parser.nr_errors) {
		release_memory(scenario);
		memset(scenario, 0, sizeof(*scenario));
		scenario->error = finish_errors(&parser);
		return -1;
	}
	scenario->file = scenario_strdup(scenario, args->file);
	return 0;
}

char *scenario_overlay_description(const char *file, const char *include_dir, char *error,
				   size_t error_size)
{
	struct scenario_args args = { .file = file, .include_dir = include_dir };
	struct scenario scenario = { 0 };
	struct parser parser = { .scenario = &scenario, .args = &args };
	const char *text;
	size_t size;
	int len;
	void *blob = blob_load(&parser, file, true, &size);
	char *description = NULL, *errors = finish_errors(&parser);

	if (blob) {
		text = fdt_getprop(blob, 0, "description", &len);
		description = strndup(text ? text : "", text ? len : 0);
	} else {
		snprintf(error, error_size, "%s", errors ? errors : file);
	}
	free(errors);
	free(blob);
	release_memory(&scenario);
	return description;
}

void scenario_free(struct scenario *scenario)
{
	release_memory(scenario);
	free(scenario->error);
	memset(scenario, 0, sizeof(*scenario));
}
