// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where scenarios, images, and the headers of images are.
 *
 * There are two layouts, told apart by what lies around the executable (/proc/self/exe, so a
 * symbolic link to it may be anywhere).  Installed, as install.sh lays it out below any prefix:
 *
 *	bin/ballast   lib/ballast/images   share/ballast/scenarios   share/ballast/build
 *
 * and a source tree, where the executable is two folders below the top (build/gcc), its images
 * are beside it, and headers are where they were written.  No prefix is compiled in: what was
 * installed can be moved, and one build serves every prefix.
 */
#define _GNU_SOURCE
#include "cli.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect.h"

#define PLACE_SIZE (PATH_MAX + 64)

/* The executable's folder, without its last @up components; false: it is not known. */
static bool executable_dir(char path[PATH_MAX], unsigned int up)
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (n < 0)
		return false;
	path[n] = '\0';
	for (unsigned int i = 0; i <= up; i++) {
		char *slash = strrchr(path, '/');

		if (!slash)
			return false;
		*slash = '\0';
	}
	return true;
}

static void join(char path[PLACE_SIZE], const char *dir, const char *what)
{
	snprintf(path, PLACE_SIZE, "%s/%s", dir, what);
}

const char *cli_beside_executable(const char *what)
{
	static char path[PLACE_SIZE];
	char dir[PATH_MAX];

	if (!executable_dir(dir, 0))
		return what;
	join(path, dir, what);
	return path;
}

/* Something below the prefix; false: this executable is not an installed one. */
static bool installed(char path[PLACE_SIZE], const char *what)
{
	char prefix[PATH_MAX];

	if (!executable_dir(prefix, 1))
		return false;
	join(path, prefix, "share/ballast/scenarios");
	if (access(path, X_OK))
		return false;
	join(path, prefix, what);
	return true;
}

/* Something in the source tree that the executable was built in; false: it is not there. */
static bool in_tree(char path[PLACE_SIZE], const char *what)
{
	char top[PATH_MAX];

	if (!executable_dir(top, 2))
		return false;
	join(path, top, what);
	return !access(path, X_OK);
}

const char *cli_images_given(const struct run_args *args)
{
	return args->images ? args->images : getenv("BALLAST_IMAGES");
}

const char *cli_image_dir(const struct run_args *args)
{
	static char path[PLACE_SIZE];
	const char *given = cli_images_given(args);

	if (given)
		return given;
	return installed(path, "lib/ballast/images") ? path : cli_beside_executable("images");
}

const char *cli_scenario_dir(void)
{
	static char path[PLACE_SIZE];
	const char *given = getenv("BALLAST_SCENARIOS");

	if (given)
		return given;
	if (installed(path, "share/ballast/scenarios") || in_tree(path, "scenarios"))
		return path;
	return "scenarios";
}

const char *cli_build_dir(void)
{
	static char path[PLACE_SIZE];
	char probe[PLACE_SIZE + 64];

	if (!installed(path, "share/ballast/build") && !executable_dir(path, 2))
		return NULL;
	snprintf(probe, sizeof(probe), "%s/sim/linux/include/linux/module.h", path);
	return access(probe, R_OK) ? NULL : path;
}

const char *cli_find_scenario(const char *name)
{
	/* What was found, for as long as the process runs. */
	static char **found;
	static unsigned int nr_found;
	char there[PLACE_SIZE];

	if (name[0] == '/' || name[0] == '.' || !access(name, F_OK))
		return name;
	join(there, cli_scenario_dir(), name);
	if (access(there, F_OK))
		return name;
	for (unsigned int i = 0; i < nr_found; i++)
		if (!strcmp(found[i], there))
			return found[i];
	collect_add_text(&found, &nr_found, there);
	return found[nr_found - 1];
}
