/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page that ? shows: what mouse and keys do.
 */
#ifndef BALLAST_VIZ_HELP_H
#define BALLAST_VIZ_HELP_H

#include "scene.h"

void help_draw(const struct scene *s);

#endif
