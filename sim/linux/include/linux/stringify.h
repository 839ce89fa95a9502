/* SPDX-License-Identifier: GPL-2.0-only */
/* same: text of a macro argument (in compiler.h). */
#ifndef _LINUX_STRINGIFY_H
#define _LINUX_STRINGIFY_H
#include <linux/compiler.h>
#endif
