// SPDX-License-Identifier: GPL-2.0-only
/* Not broken: file-level state, to see whether two copies share it. */
#include <linux/module.h>

int counter = 1;
