/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The head of a picture (what ran), its foot (the cursor, the selection, filters, keys), and the
 * page that stands for a trace that cannot be shown.
 */
#ifndef BALLAST_VIZ_HEAD_H
#define BALLAST_VIZ_HEAD_H

#include "scene.h"

void head_draw(const struct scene *s);
void foot_draw(const struct scene *s);
void head_explain(const struct scene *s);

#endif
