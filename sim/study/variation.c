// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of variations, from the command line and from the directory of mechanisms.
 */
#define _GNU_SOURCE
#include "variation.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "hostmem.h"
#include "scenario.h"

#define PATH_SIZE 4096

struct variation *variations_add(struct variations *v, const char *name, const char *argument)
{
	struct variation *new = collect_append(&v->list, &v->nr, sizeof(*new));

	new->name = collect_copy(name);
	new->argument = collect_copy(argument);
	return new;
}

void variation_add_setting(struct variation *v, const char *setting)
{
	collect_add_text(&v->settings, &v->nr_settings, setting);
}

void variations_free(struct variations *v)
{
	for (unsigned int i = 0; i < v->nr; i++) {
		struct variation *at = &v->list[i];

		collect_free_texts(at->overlays, at->nr_overlays);
		collect_free_texts(at->settings, at->nr_settings);
		free(at->name);
		free(at->argument);
		free(at->missing);
	}
	host_free(v->list);
	*v = (struct variations){ 0 };
}

/* Mechanisms */

static const char *name_of(const char *file)
{
	const char *at = file;

	while (isdigit((unsigned char)*at))
		at++;
	return at > file && *at == '-' && at[1] != '.' ? at + 1 : file;
}

static bool is_called(const char *file, const char *name)
{
	size_t len = strlen(name);
	const char *own = name_of(file);

	return strcspn(own, ".") == len && !strncmp(own, name, len);
}

static int is_overlay(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && !strcmp(entry->d_name + len - 5, ".dtso");
}

/* 9-a is before 10-b, a-9 before a-10; what has no number is last. */
static int by_number(const struct dirent **a, const struct dirent **b)
{
	unsigned long x = strtoul((*a)->d_name, NULL, 10), y = strtoul((*b)->d_name, NULL, 10);
	bool has_x = name_of((*a)->d_name) != (*a)->d_name;
	bool has_y = name_of((*b)->d_name) != (*b)->d_name;

	if (has_x != has_y)
		return has_x ? -1 : 1;
	if (has_x && x != y)
		return x < y ? -1 : 1;
	return strverscmp((*a)->d_name, (*b)->d_name);
}

static int list_files(const struct variation_dirs *dirs, struct dirent ***files, char *error,
		      size_t error_size)
{
	int n = scandir(dirs->mechanisms, files, is_overlay, by_number);

	if (n < 0)
		snprintf(error, error_size, "%s: cannot be read: %s", dirs->mechanisms,
			 strerror(errno));
	return n;
}

static void free_files(struct dirent **files, int n)
{
	while (n-- > 0)
		free(files[n]);
	free(files);
}

static int add_mechanism(struct variations *v, const struct variation_dirs *dirs,
			 const char *file, bool named, char *error, size_t error_size)
{
	char path[PATH_SIZE], name[256];
	struct variation *new;
	char *argument;

	snprintf(path, sizeof(path), "%s/%s", dirs->mechanisms, file);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(name_of(file), "."), name_of(file));
	argument = scenario_overlay_description(path, dirs->include, error, error_size);
	if (!argument)
		return -1;
	new = variations_add(v, name, argument);
	free(argument);
	collect_add_text(&new->overlays, &new->nr_overlays, path);
	new->named = named;
	return 0;
}

int variations_all(struct variations *v, const struct variation_dirs *dirs, char *error,
		   size_t error_size)
{
	struct dirent **files;
	int n = list_files(dirs, &files, error, error_size), ret = 0;

	if (n < 0)
		return -1;
	for (int i = 0; i < n && !ret; i++)
		ret = add_mechanism(v, dirs, files[i]->d_name, false, error, error_size);
	free_files(files, n);
	return ret;
}

/* "...; allowed: a, b, c" */
static int no_such_mechanism(const char *name, struct dirent **files, int n, char *error,
			     size_t error_size)
{
	FILE *out = fmemopen(error, error_size, "w");

	if (!out)
		return -1;
	fprintf(out, "%s: there is no such mechanism; allowed: ", name);
	for (int i = 0; i < n; i++)
		fprintf(out, "%s%.*s", i ? ", " : "",
			(int)strcspn(name_of(files[i]->d_name), "."), name_of(files[i]->d_name));
	fclose(out);
	return -1;
}

/* The file of a mechanism in the directory, to be freed; NULL and @error. */
static char *find_mechanism(const struct variation_dirs *dirs, const char *name, char *error,
			    size_t error_size)
{
	struct dirent **files;
	int n = list_files(dirs, &files, error, error_size);
	char *found = NULL;

	if (n < 0)
		return NULL;
	for (int i = 0; i < n && !found; i++)
		if (is_called(files[i]->d_name, name))
			found = collect_copy(files[i]->d_name);
	if (!found)
		no_such_mechanism(name, files, n, error, error_size);
	free_files(files, n);
	return found;
}

static int named_twice(const struct variations *v, const char *name, char *error, size_t error_size)
{
	if (!strcmp(name, "undisturbed")) {
		snprintf(error, error_size, "%s: is the machine with memory for all; allowed: "
			 "another name", name);
		return -1;
	}
	for (unsigned int i = 0; i < v->nr; i++) {
		if (strcmp(v->list[i].name, name))
			continue;
		snprintf(error, error_size, "%s: named twice; allowed: another name", name);
		return -1;
	}
	return 0;
}

int variations_mechanisms(struct variations *v, const struct variation_dirs *dirs,
			  const char *names, char *error, size_t error_size)
{
	char *copy = collect_copy(names), *rest = copy, *name;
	int ret = 0;

	while (!ret && (name = strsep(&rest, ","))) {
		char *file = find_mechanism(dirs, name, error, error_size);

		ret = !file || named_twice(v, name, error, error_size) ||
		      add_mechanism(v, dirs, file, true, error, error_size) ? -1 : 0;
		free(file);
	}
	free(copy);
	return ret;
}

/* --with */

/* Where the next variation begins: after a comma, NAME=; a value may have commas in it. */
static char *next_variation(char *text)
{
	for (; (text = strchr(text, ',')); text++) {
		size_t len = strcspn(text + 1, "=,+/");

		if (len && text[1 + len] == '=')
			return text;
	}
	return NULL;
}

static bool is_file_name(const char *part)
{
	size_t len = strlen(part), base;
	static const char *const ends[] = { ".dts", ".dtso", ".dtb", ".dtbo" };

	for (unsigned int i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		base = strlen(ends[i]);
		if (len > base && !strcmp(part + len - base, ends[i]))
			return true;
	}
	return strchr(part, '/');
}

static int add_part(struct variation *v, const struct variation_dirs *dirs, const char *part,
		    char *error, size_t error_size)
{
	char path[PATH_SIZE], *file;

	if (part[0] == '/' && strchr(part, '=')) {
		variation_add_setting(v, part);
		return 0;
	}
	if (is_file_name(part)) {
		collect_add_text(&v->overlays, &v->nr_overlays, part);
		return 0;
	}
	file = find_mechanism(dirs, part, error, error_size);
	if (!file)
		return -1;
	snprintf(path, sizeof(path), "%s/%s", dirs->mechanisms, file);
	free(file);
	collect_add_text(&v->overlays, &v->nr_overlays, path);
	return 0;
}

/* What it is, in the words of the command line. */
static int add_with(struct variations *v, const struct variation_dirs *dirs, char *text,
		    char *error, size_t error_size)
{
	char *equals = strchr(text, '='), *rest, *part;
	struct variation *new;
	int ret = 0;

	if (!equals || equals == text) {
		snprintf(error, error_size, "%s: not a variation; allowed: "
			 "NAME=OVERLAY[+OVERLAY...], where NAME= alone is the scenario as it is",
			 text);
		return -1;
	}
	*equals = '\0';
	if (named_twice(v, text, error, error_size))
		return -1;
	new = variations_add(v, text, equals + 1);
	new->named = true;
	rest = equals + 1;
	while (!ret && rest && *rest && (part = strsep(&rest, "+")))
		ret = add_part(new, dirs, part, error, error_size);
	return ret;
}

int variations_with(struct variations *v, const struct variation_dirs *dirs, const char *text,
		    char *error, size_t error_size)
{
	char *copy = collect_copy(text), *at = copy, *comma;
	int ret = 0;

	while (!ret && at) {
		comma = next_variation(at);
		if (comma)
			*comma++ = '\0';
		ret = add_with(v, dirs, at, error, error_size);
		at = comma;
	}
	free(copy);
	return ret;
}
