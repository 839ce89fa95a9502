/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What shrink_classic.c does for lru_classic.c; see struct lru_ops.
 */
#ifndef BALLAST_HOST_LRU_CLASSIC_H
#define BALLAST_HOST_LRU_CLASSIC_H

#include "lru.h"

void shrink_classic_prepare(struct scan_control *sc);
void shrink_classic_lruvec(struct host_memcg *memcg, struct scan_control *sc,
			   const struct memcg_protection *p);
void shrink_classic_age(struct host *host, struct scan_control *sc);
void shrink_classic_end(struct host_memcg *target);

#endif
