/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-ballast: host pages of which only parts are in the balloon
 *
 * A balloon is made of pages of 4 KiB, and the host takes back whole pages of
 * its own, which may be larger.  So it is remembered which parts of a host
 * page are ballooned, until all are.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "exec/memory.h"
#include "trace.h"
#include "virtio-ballast-internal.h"

/* A host page larger than 4 KiB of which parts are in the balloon. */
typedef struct BallastHostPage {
    MemoryRegion *mr;       /* referenced: the address stays what it is */
    unsigned held;          /* bits that are set */
    unsigned long parts[];
} BallastHostPage;

static void ballast_host_page_free(gpointer data)
{
    BallastHostPage *page = data;

    memory_region_unref(page->mr);
    g_free(page);
}

GHashTable *ballast_partial_new(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL, ballast_host_page_free);
}

static BallastHostPage *ballast_host_page_get(VirtIOBallast *dev,
                                              MemoryRegion *mr, void *host,
                                              unsigned parts)
{
    BallastHostPage *page = g_hash_table_lookup(dev->partial, host);

    if (!page) {
        page = g_malloc0(sizeof(*page) +
                         BITS_TO_LONGS(parts) * sizeof(unsigned long));
        memory_region_ref(mr);
        page->mr = mr;
        g_hash_table_insert(dev->partial, host, page);
    }
    return page;
}

void ballast_hold(VirtIOBallast *dev, MemoryRegion *mr, RAMBlock *rb,
                         uint8_t *host, ram_addr_t offset, uint64_t length)
{
    size_t page_size = qemu_ram_pagesize(rb);
    unsigned parts = page_size / BALLAST_PAGE_SIZE;
    ram_addr_t end = offset + length;

    while (offset < end) {
        ram_addr_t base = QEMU_ALIGN_DOWN(offset, page_size);
        ram_addr_t stop = MIN(end, base + page_size);
        uint8_t *host_page = host - (offset - base);
        BallastHostPage *page = ballast_host_page_get(dev, mr, host_page,
                                                      parts);
        unsigned before = page->held;
        unsigned part;

        host += stop - offset;
        for (; offset < stop; offset += BALLAST_PAGE_SIZE) {
            part = (offset - base) / BALLAST_PAGE_SIZE;
            if (!test_bit(part, page->parts)) {
                set_bit(part, page->parts);
                page->held++;
            }
        }
        trace_virtio_ballast_hold(qemu_ram_get_idstr(rb), base, page->held,
                                  parts);
        if (page->held == parts && before != parts) {
            ballast_discard(dev, BALLAST_INFLATE, rb, base, page_size);
        }
    }
}

void ballast_release(VirtIOBallast *dev, RAMBlock *rb, uint8_t *host,
                            ram_addr_t offset, uint64_t length)
{
    size_t page_size = qemu_ram_pagesize(rb);
    ram_addr_t end = offset + length;

    while (offset < end) {
        ram_addr_t base = QEMU_ALIGN_DOWN(offset, page_size);
        ram_addr_t stop = MIN(end, base + page_size);
        uint8_t *host_page = host - (offset - base);
        BallastHostPage *page = g_hash_table_lookup(dev->partial, host_page);
        unsigned part;

        host += stop - offset;
        for (; page && offset < stop; offset += BALLAST_PAGE_SIZE) {
            part = (offset - base) / BALLAST_PAGE_SIZE;
            if (test_bit(part, page->parts)) {
                clear_bit(part, page->parts);
                page->held--;
            }
        }
        offset = stop;
        if (page && !page->held) {
            g_hash_table_remove(dev->partial, host_page);
        }
    }
}
