// SPDX-License-Identifier: GPL-2.0-only
/* The handler that ships, but it zaps twice what it was told. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>

#undef zap_page_range
#define zap_page_range(vma, at, len) zap_page_range(vma, at, min((vma)->vm_end - (at), 2 * (len)))
#include "../../driver-src/linux/host/kvm_page_hint.c"
