/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swapoff on the host.
 */
#ifndef BALLAST_HOST_SWAPOFF_H
#define BALLAST_HOST_SWAPOFF_H

#include "host.h"
#include "swap.h"

enum swapoff_end { SWAPOFF_DONE, SWAPOFF_KILLED, SWAPOFF_NO_MEMORY, SWAPOFF_NO_SWAP };

/* The calling thread reads everything back, which takes its time. */
enum swapoff_end host_swapoff(struct host *host);

#endif
