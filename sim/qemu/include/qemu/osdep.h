/* SPDX-License-Identifier: GPL-2.0-only */
/* model: what every QEMU source includes first: libc, GLib and rounding (same); files */
#ifndef MODEL_QEMU_OSDEP_H
#define MODEL_QEMU_OSDEP_H

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "config-host.h"
#include "glib.h"
#include "qemu/compiler.h"
#include "qemu/typedefs.h"

#define QEMU_ALIGN_DOWN(n, m) ((n) / (m) * (m))
#define QEMU_ALIGN_UP(n, m) QEMU_ALIGN_DOWN((n) + (m) - 1, (m))
#define QEMU_IS_ALIGNED(n, m) (((n) % (m)) == 0)
#ifndef ROUND_UP
#define ROUND_UP(n, d) QEMU_ALIGN_UP(n, d)
#endif
#ifndef DIV_ROUND_UP
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#endif
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))
#endif

/* Of the host's devices; event_notifier.c. */
int qemu_open(const char *name, int flags, Error **errp);
int qemu_close(int fd);

/* Which QEMU and which headers of the model a source was compiled with: image_file_level(). */
static const unsigned int __ballast_level[4]
	__attribute__((used, section(".ballast.level"))) = { 2, QEMU_LEVEL, BALLAST_HEADERS, 0 };

/* What the build knows of the sources, for image_file_source(): two strings. */
#ifdef BALLAST_IMAGE_SOURCE
static const char __ballast_source[] __attribute__((used, section(".ballast.source"))) =
	BALLAST_IMAGE_SOURCE;
#endif

#endif
