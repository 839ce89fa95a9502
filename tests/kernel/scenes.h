/* SPDX-License-Identifier: GPL-2.0-only */
/* What files of scenes share; kernel code. */
#ifndef TEST_KERNEL_SCENES_H
#define TEST_KERNEL_SCENES_H

#include "kernel_probe.h"

/* The one that plays; a test is a process of its own. */
extern struct kernel_probe *probe;

/* @c is the next thing that happened. */
void note(char c);

#endif
