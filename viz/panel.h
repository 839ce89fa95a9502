/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The panel of cause and effect: records around the cursor, the one that is looked at, what it
 * follows from and what follows from it.
 */
#ifndef BALLAST_VIZ_PANEL_H
#define BALLAST_VIZ_PANEL_H

#include "scene.h"

void panel_draw(const struct scene *s);
/* The record that is drawn there; false: none is. */
bool panel_record_at(const struct source *source, int x, int y, uint64_t *record);
/* Look at what a key asks for: , . [ ] */
void panel_step(struct view *v, struct source *source, char key);
/* Look at this record, and put the cursor there. */
void panel_look(struct view *v, struct source *source, uint64_t record);

#endif
