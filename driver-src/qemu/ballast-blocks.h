/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Blocks of free guest memory, named by the buffers of a request, and how much
 * of them is dealt with at a time
 */
#ifndef HW_BALLAST_BLOCKS_H
#define HW_BALLAST_BLOCKS_H

#include "qemu/units.h"
#include "exec/cpu-common.h"
#include "hw/virtio/virtio.h"

/* The unit in which guests name memory, whatever the page size of the host. */
#define BALLAST_BLOCK_UNIT 4096
/* Memory that is discarded at a time: in between, a turn may end. */
#define BALLAST_PIECE (16 * MiB)

/*
 * What is wrong with the buffers of @elem, a text to be freed; NULL: all are
 * made of whole pages of guest RAM and, with @once, none is named twice.
 */
char *ballast_blocks_fault(const VirtQueueElement *elem, bool once);

/* What forbids to discard memory now; NULL: nothing. */
const char *ballast_blocks_inhibited(void);

/* How far a request has been served. */
typedef struct BallastPlace {
    size_t at;              /* buffers (or what else it names) that are done */
    uint64_t offset;        /* bytes done of the next buffer */
} BallastPlace;

/* Part of one RAM block. */
typedef struct BallastPiece {
    RAMBlock *rb;
    uint8_t *host;
    ram_addr_t offset;      /* of @host in @rb */
    uint64_t length;
} BallastPiece;

/*
 * The next piece of the buffers of @elem, which have been checked.  What is not
 * the last of a buffer ends at a host page.
 */
void ballast_blocks_next(const VirtQueueElement *elem, BallastPlace *place,
                         BallastPiece *piece);
/* Bytes of the buffers that are still to be done. */
uint64_t ballast_blocks_rest(const VirtQueueElement *elem,
                             const BallastPlace *place);
/* Cut it down to whole host pages; returns the bytes that are cut off. */
uint64_t ballast_piece_cut(BallastPiece *piece);

/* What is left to one queue in one turn of the main loop. */
typedef struct BallastTurn {
    unsigned blocks;        /* frames or buffers */
    uint64_t bytes;         /* memory to discard */
    int64_t ends;           /* ns of the host clock */
} BallastTurn;

void ballast_turn_begin(BallastTurn *turn);
/* @bytes of memory were discarded: that may have taken long. */
void ballast_turn_spend(BallastTurn *turn, unsigned blocks, uint64_t bytes);
bool ballast_turn_is_over(const BallastTurn *turn);

#endif
