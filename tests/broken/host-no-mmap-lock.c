// SPDX-License-Identifier: GPL-2.0-only
/* The handler that ships, but it looks at areas of memory that may change under it. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>

#define mmap_read_lock(mm) ((void)(mm))
#define mmap_read_unlock(mm) ((void)(mm))
#include "../../driver-src/linux/host/kvm_page_hint.c"
