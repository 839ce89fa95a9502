/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Drawing lanes: each kind has a file of its own, lane.c finds it.  Each fills all of its plot.
 */
#ifndef BALLAST_VIZ_LANE_H
#define BALLAST_VIZ_LANE_H

#include "scene.h"

/* lane.c: all lanes that are in view. */
void lanes_draw(const struct scene *s);
/* What that fills whole, the background between lanes included. */
struct box lanes_plots(const struct layout *l);

/* lane_guest.c: a guest as a band; lane_row.c: as a row. */
void lane_guest_draw(const struct scene *s, const struct lane *lane);
void lane_row_draw(const struct scene *s, const struct lane *lane);
/* lane_host.c */
void lane_host_memory_draw(const struct scene *s, const struct lane *lane);
void lane_host_swap_draw(const struct scene *s, const struct lane *lane);
/* lane_traffic.c: what is swapped out and in per second. */
void lane_traffic_draw(const struct scene *s, const struct lane *lane);

/* lane_queue.c: requests that wait at the host's swap, or at shared disks, and that these serve. */
void lane_queue_draw(const struct scene *s, const struct lane *lane);
void lane_disk_draw(const struct scene *s, const struct lane *lane);
/* lane_cpu.c */
void lane_cpu_draw(const struct scene *s, const struct lane *lane);

#endif
