// SPDX-License-Identifier: GPL-2.0-only
/*
 * Versions of Linux and of QEMU, and those of images; see level.h.
 */
#include "level.h"

#include <stdio.h>

static const uint32_t linux_versions[] = { LEVEL(5, 10), LEVEL(5, 15), LEVEL(6, 1), LEVEL(6, 6),
					   LEVEL(6, 12), LEVEL(7, 2), LEVEL(7, 3), 0 };
static const uint32_t qemu_versions[] = { LEVEL(7, 2), LEVEL(8, 2), LEVEL(9, 2), LEVEL(10, 0),
					  LEVEL(10, 2), 0 };

const struct level_list linux_levels = { .world = IMAGE_LINUX, .name = "Linux",
					 .version = linux_versions, .standard = LEVEL(6, 1) };
const struct level_list qemu_levels = { .world = IMAGE_QEMU, .name = "QEMU",
					.version = qemu_versions, .standard = LEVEL(7, 2) };

const char *level_name(uint32_t version, char name[LEVEL_NAME])
{
	snprintf(name, LEVEL_NAME, "%u.%u", version >> 16, version >> 8 & 0xff);
	return name;
}

uint32_t level_of_image(const struct level_list *levels, const char *path, char *err,
			size_t err_size)
{
	const struct image_level level = image_file_level(path, levels->world);
	char name[LEVEL_NAME], other_name[LEVEL_NAME];
	const uint32_t *known;

	if (level.version != level.other) {
		snprintf(err, err_size, "%s: its sources were compiled for %s %s and for %s", path,
			 levels->name, level_name(level.version, name),
			 level_name(level.other, other_name));
		return 0;
	}
	for (known = levels->version; *known && *known != level.version; known++)
		;
	/* What they share has the same shape in both then, whatever the version is. */
	if (*known && level.headers != BALLAST_HEADERS) {
		snprintf(err, err_size, "%s: it was compiled with headers of the model as they "
			 "were before or after this program was; build it again (make images, "
			 "make upstream, ballast build-image)", path);
		return 0;
	}
	if (*known)
		return level.version;
	if (level.version)
		snprintf(err, err_size, "%s: it was compiled for %s %s, which the model does not "
			 "have", path, levels->name, level_name(level.version, name));
	else
		snprintf(err, err_size, "%s: it does not say which %s it was compiled for; build "
			 "it again", path, levels->name);
	return 0;
}
