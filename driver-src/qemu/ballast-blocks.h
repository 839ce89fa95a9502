/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Blocks of free guest memory, named by the buffers of a request
 */
#ifndef HW_BALLAST_BLOCKS_H
#define HW_BALLAST_BLOCKS_H

#include "hw/virtio/virtio.h"

/* The unit in which guests name memory, whatever the page size of the host. */
#define BALLAST_BLOCK_UNIT 4096

/*
 * What is wrong with the buffers of @elem, a text to be freed; NULL: all are
 * made of whole pages of guest RAM and, with @once, none is named twice.
 */
char *ballast_blocks_fault(const VirtQueueElement *elem, bool once);

/* What forbids to discard memory now; NULL: nothing. */
const char *ballast_blocks_inhibited(void);

#endif
