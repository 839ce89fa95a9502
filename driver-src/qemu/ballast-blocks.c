/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Blocks of free guest memory: is what a guest has put on a queue what it says
 * it is, may the host take it, and how much of it before somebody else's turn?
 */
#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "qemu/timer.h"
#include "migration/misc.h"
#include "ballast-compat.h"
#include "ballast-blocks.h"

/*
 * What one queue may have done in one turn: frames or buffers, memory that is
 * discarded, and time, since the same discard may cost a hundred times as much
 * of one kind of memory as of another.
 */
#define BALLAST_TURN_BLOCKS_MAX 16384
#define BALLAST_TURN_BYTES_MAX (1 * GiB)
#define BALLAST_TURN_NS_MAX (10 * SCALE_MS)

const char *ballast_blocks_inhibited(void)
{
    if (ram_block_discard_is_disabled()) {
        return "discarding is disabled";
    }
    if (migration_in_incoming_postcopy()) {
        return "incoming postcopy";
    }
    if (migration_in_bg_snapshot()) {
        return "background snapshot";
    }
    return NULL;
}

static char *ballast_buffer_fault(hwaddr addr, const struct iovec *sg)
{
    ram_addr_t offset;
    RAMBlock *rb;

    if (!QEMU_IS_ALIGNED(addr | sg->iov_len, BALLAST_BLOCK_UNIT)) {
        return g_strdup_printf("has a buffer at 0x%" HWADDR_PRIx ", length "
                               "0x%zx, that is not made of pages", addr,
                               sg->iov_len);
    }
    /* What is not writable RAM was mapped through a bounce buffer. */
    rb = qemu_ram_block_from_host(sg->iov_base, false, &offset);
    if (!rb || offset > qemu_ram_get_used_length(rb) ||
        sg->iov_len > qemu_ram_get_used_length(rb) - offset) {
        return g_strdup_printf("has a buffer at 0x%" HWADDR_PRIx ", length "
                               "0x%zx, that is not RAM", addr, sg->iov_len);
    }
    return NULL;
}

static int ballast_compare_buffers(const void *a, const void *b)
{
    const struct iovec *x = a, *y = b;

    return x->iov_base < y->iov_base ? -1 : x->iov_base > y->iov_base;
}

/* Free memory is named once: more would be work without end. */
static char *ballast_overlap_fault(const VirtQueueElement *elem)
{
    size_t size = elem->in_num * sizeof(struct iovec);
    g_autofree struct iovec *sg = g_malloc(size);
    unsigned i;

    memcpy(sg, elem->in_sg, size);
    qsort(sg, elem->in_num, sizeof(*sg), ballast_compare_buffers);
    for (i = 1; i < elem->in_num; i++) {
        size_t apart = sg[i].iov_base - sg[i - 1].iov_base;

        if (apart < sg[i - 1].iov_len) {
            return g_strdup_printf("has buffers that overlap by 0x%zx bytes",
                                   sg[i - 1].iov_len - apart);
        }
    }
    return NULL;
}

char *ballast_blocks_fault(const VirtQueueElement *elem, bool once)
{
    char *fault = NULL;
    unsigned i;

    for (i = 0; i < elem->in_num && !fault; i++) {
        fault = ballast_buffer_fault(elem->in_addr[i], &elem->in_sg[i]);
    }
    if (!fault && once) {
        fault = ballast_overlap_fault(elem);
    }
    return fault;
}

void ballast_blocks_next(const VirtQueueElement *elem, BallastPlace *place,
                         BallastPiece *piece)
{
    const struct iovec *sg = &elem->in_sg[place->at];
    uint64_t left = sg->iov_len - place->offset;

    piece->host = (uint8_t *)sg->iov_base + place->offset;
    piece->rb = qemu_ram_block_from_host(piece->host, false, &piece->offset);
    piece->length = left;
    if (left > BALLAST_PIECE) {
        ram_addr_t end = QEMU_ALIGN_UP(piece->offset + BALLAST_PIECE,
                                       qemu_ram_pagesize(piece->rb));

        piece->length = MIN(end - piece->offset, left);
    }
    place->offset += piece->length;
    if (piece->length == left) {
        place->at++;
        place->offset = 0;
    }
}

uint64_t ballast_blocks_rest(const VirtQueueElement *elem,
                             const BallastPlace *place)
{
    return iov_size(elem->in_sg + place->at, elem->in_num - place->at) -
           place->offset;
}

uint64_t ballast_piece_cut(BallastPiece *piece)
{
    size_t page_size = qemu_ram_pagesize(piece->rb);
    ram_addr_t start = QEMU_ALIGN_UP(piece->offset, page_size);
    ram_addr_t end = QEMU_ALIGN_DOWN(piece->offset + piece->length, page_size);
    uint64_t whole = start < end ? end - start : 0;
    uint64_t cut = piece->length - whole;

    piece->host += start - piece->offset;
    piece->offset = start;
    piece->length = whole;
    return cut;
}

void ballast_turn_begin(BallastTurn *turn)
{
    turn->blocks = BALLAST_TURN_BLOCKS_MAX;
    turn->bytes = BALLAST_TURN_BYTES_MAX;
    turn->ends = qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + BALLAST_TURN_NS_MAX;
}

void ballast_turn_spend(BallastTurn *turn, unsigned blocks, uint64_t bytes)
{
    turn->blocks -= MIN(turn->blocks, blocks);
    turn->bytes -= MIN(turn->bytes, bytes);
    if (bytes && qemu_clock_get_ns(QEMU_CLOCK_REALTIME) >= turn->ends) {
        turn->bytes = 0;
    }
}

bool ballast_turn_is_over(const BallastTurn *turn)
{
    return !turn->blocks || !turn->bytes;
}
