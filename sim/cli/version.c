// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast --version: the version, a digest of the sources that the executable was compiled from
 * (the Makefile's, whatever compiled them), and of its images what they say of themselves.
 */
#include <glob.h>
#include <string.h>

#include "cli.h"
#include "image.h"
#include "level.h"

static void print_image(const char *path, const char *name)
{
	char why[8192], level[LEVEL_NAME];
	struct image_source source;
	const struct level_list *list = &linux_levels;
	uint32_t version;

	image_file_source(path, &source);
	version = level_of_image(list, path, why, sizeof(why));
	if (!version) {
		list = &qemu_levels;
		version = level_of_image(list, path, why, sizeof(why));
	}
	printf("  %-32s %-8s %-16s", name, source.version[0] ? source.version : "-",
	       source.digest[0] ? source.digest : "-");
	if (version)
		printf("  %s %s", list->name, level_name(version, level));
	putchar('\n');
}

void version_print(void)
{
	const struct run_args none = { .nr_files = 0 };
	const char *dir = cli_image_dir(&none);
	char pattern[2][4200];
	glob_t found = { 0 };

	printf("ballast %s\nsources %s\nimages (%s)\n", BALLAST_VERSION, BALLAST_SOURCES, dir);
	/* Those of other versions are one folder further down. */
	snprintf(pattern[0], sizeof(pattern[0]), "%.4100s/*.so", dir);
	snprintf(pattern[1], sizeof(pattern[1]), "%.4100s/*/*.so", dir);
	for (unsigned int i = 0; i < 2; i++)
		glob(pattern[i], i ? GLOB_APPEND : 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++)
		print_image(found.gl_pathv[i], found.gl_pathv[i] + strlen(dir) + 1);
	globfree(&found);
}
