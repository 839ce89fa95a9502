/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of parse-table.c as text: for docs/scenario.md, `ballast list` and other programs.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "text.h"

static const char *const type_names[] = {
	[PROPERTY_U32] = "u32", [PROPERTY_U64] = "u64", [PROPERTY_STRING] = "string",
	[PROPERTY_U32LIST] = "u32 list",
	[PROPERTY_STRINGLIST] = "stringlist", [PROPERTY_BOOL] = "bool", [PROPERTY_ENUM] = "enum",
	[PROPERTY_PHANDLE] = "phandle", [PROPERTY_FILE] = "file",
};

static const char *node_title(const struct node_spec *spec)
{
	return spec->compatible ? spec->compatible : spec->name;
}

/* Nodes are printed once, where they are met first. */
struct seen {
	const struct node_spec *spec[64];
	uint32_t nr;
};

static bool first_time(struct seen *seen, const struct node_spec *spec)
{
	for (uint32_t i = 0; i < seen->nr; i++)
		if (seen->spec[i] == spec)
			return false;
	if (seen->nr == 64)
		abort();
	seen->spec[seen->nr++] = spec;
	return true;
}

static void json_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void json_member(FILE *out, const char *name, const char *text)
{
	fprintf(out, ", \"%s\": ", name);
	json_string(out, text);
}

static void json_property(FILE *out, const struct property_spec *property)
{
	fprintf(out, "{\"name\": \"%s\", \"type\": \"%s\"", property->name,
		type_names[property->type]);
	if (property->unit)
		json_member(out, "unit", property->unit);
	if (property->type == PROPERTY_U32 || property->type == PROPERTY_U64)
		fprintf(out, ", \"min\": %" PRIu64 ", \"max\": %" PRIu64, property->min,
			property->max);
	if (property->values)
		json_member(out, "values", property->values);
	if (property->fallback)
		json_member(out, "default", property->fallback);
	else
		fputs(", \"required\": true", out);
	json_member(out, "doc", property->doc);
	fputc('}', out);
}

static void json_node(FILE *out, const struct node_spec *spec, struct seen *seen)
{
	const char *comma = "";

	fprintf(out, "%s  {\"node\": \"%s\", \"by\": \"%s\"", seen->nr > 1 ? ",\n" : "",
		node_title(spec), spec->compatible ? "compatible" : "name");
	json_member(out, "doc", spec->doc);
	fprintf(out, ", \"open\": %s, \"properties\": [", spec->open ? "true" : "false");
	for_each_property(spec, set, property) {
		fprintf(out, "%s\n    ", comma);
		json_property(out, property);
		comma = ",";
	}
	fputs("], \"children\": [", out);
	for (const struct node_spec *const *at = spec->children; at && *at; at++)
		fprintf(out, "%s\"%s\"", at == spec->children ? "" : ", ", node_title(*at));
	fputs("]}", out);
	for (const struct node_spec *const *at = spec->children; at && *at; at++)
		if (first_time(seen, *at))
			json_node(out, *at, seen);
}

static void markdown_property(FILE *out, const struct property_spec *property)
{
	char *allowed = value_allowed(property);
	const char *fallback = property->fallback;

	if (property->type == PROPERTY_U64 && property->max == UINT64_MAX) {
		free(allowed);
		allowed = strdup("any");
	}
	for (char *at = allowed; *at; at++)	/* a bar would end the cell */
		if (*at == '|')
			*at = '/';
	fprintf(out, "| `%s` | %s | %s | %s | %s |\n", property->name, type_names[property->type],
		allowed, !fallback ? "**required**" : *fallback ? fallback : "empty",
		property->doc);
	free(allowed);
}

static void markdown_node(FILE *out, const struct node_spec *spec, struct seen *seen)
{
	bool any = false, sources = false;

	fprintf(out, "### %s%s%s\n\n%s.\n", spec->compatible ? "`" : "node `", node_title(spec),
		"`", spec->doc);
	if (spec->children) {
		fputs("\nMay contain:", out);
		for (const struct node_spec *const *at = spec->children; *at; at++)
			fprintf(out, "%s `%s`", at == spec->children ? "" : ",", node_title(*at));
		fputs(".\n", out);
	}
	for_each_property(spec, set, property) {
		if (!any)
			fputs("\n| property | type | allowed | default | meaning |\n"
			      "|---|---|---|---|---|\n", out);
		any = true;
		/* One row stands for all of these. */
		if (text_ends_with(property->name, "-ns-source"))
			sources = true;
		else
			markdown_property(out, property);
	}
	if (sources)
		fputs("| `NAME-ns-source` | string | a string | empty | what `NAME-ns` rests on: "
		      "measured, derived or estimate, and by whom |\n", out);
	fputc('\n', out);
	for (const struct node_spec *const *at = spec->children; at && *at; at++)
		if (first_time(seen, *at))
			markdown_node(out, *at, seen);
}

void scenario_print_reference(FILE *out, enum scenario_reference_format format)
{
	struct seen seen = { { &node_root }, 1 };

	if (format == SCENARIO_REFERENCE_MARKDOWN) {
		markdown_node(out, &node_root, &seen);
		return;
	}
	fputs("[\n", out);
	json_node(out, &node_root, &seen);
	fputs("\n]\n", out);
}

const char *scenario_program_name(enum scenario_program_kind kind)
{
	static const char *const names[NR_SCENARIO_PROGRAMS] = {
		"memhog", "allocate", "page-fault1", "page-fault2",
		"churn", "filescan", "idle", "demand", "compact", "offline",
		"service", "stream", "ftq",
	};

	return names[kind];
}

const char *scenario_swap_name(enum scenario_swap_kind kind)
{
	static const char *const names[] = { "none", "hdd", "ssd", "nvme", "zram", "file" };

	return names[kind];
}

const char *scenario_disk_name(enum scenario_disk_kind kind)
{
	static const char *const names[] = { "hdd", "ssd", "nvme" };

	return names[kind];
}

static uint32_t balloon_bits(const struct scenario_device *device,
			     struct scenario_parameter *bits)
{
	const struct {
		const char *name;
		bool on;
	} all[] = {
		{ "free-page-reporting", device->free_page_reporting },
		{ "free-page-hint", device->free_page_hint },
		{ "deflate-on-oom", device->deflate_on_oom },
		{ "page-poison", device->page_poison },
	};
	unsigned int i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		bits[i] = (struct scenario_parameter){ all[i].name, all[i].on ? "on" : "off" };
	return i;
}

static uint32_t page_hint_bits(const struct scenario_device *device,
			       struct scenario_parameter *bits)
{
	static const char *const actions[] = { "dontneed", "free", "none" };

	bits[0] = (struct scenario_parameter){ "action", actions[device->action] };
	bits[1] = (struct scenario_parameter){ "per-page", device->per_page ? "on" : "off" };
	bits[2] = (struct scenario_parameter){ "vhost", device->vhost ? "on" : "off" };
	return 3;
}

uint32_t scenario_device_bits(const struct scenario_device *device,
			      struct scenario_parameter bits[SCENARIO_DEVICE_BITS])
{
	uint32_t nr = device->kind == SCENARIO_DEVICE_BALLOON ? balloon_bits(device, bits) :
								page_hint_bits(device, bits);

	/* What is off is not said: devices of others do not know it. */
	if (device->init_reported)
		bits[nr++] = (struct scenario_parameter){ "device-init-reported", "on" };
	if (device->init_on_inflate)
		bits[nr++] = (struct scenario_parameter){ "device-init-on-inflate", "on" };
	/* Of all virtio devices, and off. */
	if (device->packed)
		bits[nr++] = (struct scenario_parameter){ "packed", "on" };
	return nr;
}

const struct scenario_device *scenario_balloon(const struct scenario_guest *guest)
{
	uint32_t i;

	for (i = 0; i < guest->nr_devices; i++)
		if (guest->devices[i].kind == SCENARIO_DEVICE_BALLOON)
			return &guest->devices[i];
	return NULL;
}

const char *scenario_mechanism(const struct scenario_guest *guest)
{
	const struct scenario_device *balloon = scenario_balloon(guest);
	uint32_t i;

	for (i = 0; i < guest->nr_modules; i++)
		if (!strcmp(guest->modules[i].image, "kvm_page_hint"))
			return "hypercall";
	for (i = 0; i < guest->nr_devices; i++)
		if (guest->devices[i].kind == SCENARIO_DEVICE_PAGE_HINT)
			return guest->devices[i].vhost ? "vhost" : "page hinting";
	if (!balloon)
		return "none";
	if (guest->controller.path)
		return "balloon, controlled";
	if (balloon->free_page_reporting)
		return "free page reporting";
	return balloon->free_page_hint ? "free page hinting" : "balloon";
}

const char *scenario_metric_name(enum scenario_metric metric)
{
	static const char *const names[] = {
		"guests before OOM", "guests before swap", "swap in use, MiB", "run time, ms",
		"run time ratio, %", "command time, ms",
	};

	return names[metric];
}
