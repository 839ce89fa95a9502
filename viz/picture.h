/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A picture as a PNG file.
 */
#ifndef BALLAST_VIZ_PICTURE_H
#define BALLAST_VIZ_PICTURE_H

#include <stddef.h>

#include "pixel.h"

/* Returns 0, or -1 with @error. */
int picture_write(const struct canvas *c, const char *path, char *error, size_t error_size);

#endif
