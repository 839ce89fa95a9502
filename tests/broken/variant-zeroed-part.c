// SPDX-License-Identifier: GPL-2.0-only
/* No mistake: our device on a host that refuses every other discard. */
#include "qemu/osdep.h"
#include "exec/memory.h"

static int refuse_some(RAMBlock *rb, uint64_t start, size_t length)
{
	static unsigned int calls;

	return ++calls % 2 ? ram_block_discard_range(rb, start, length) : -ENOMEM;
}

#undef ram_block_discard_range
#define ram_block_discard_range refuse_some
#include "virtio-ballast-memory.c"
