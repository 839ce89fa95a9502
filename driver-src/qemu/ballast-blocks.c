/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Blocks of free guest memory: is what a guest has put on a queue what it says
 * it is, and may the host take it?
 */
#include "qemu/osdep.h"
#include "exec/memory.h"
#include "migration/misc.h"
#include "ballast-blocks.h"

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
