/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-ballast: host pages of which only parts are in the balloon
 *
 * A balloon is made of pages of 4 KiB, and the host takes back whole pages of
 * its own, which may be larger.  So it is remembered which parts of a host
 * page are ballooned, until all are: a bit for each part, in chunks that are
 * there where anything is ballooned.
 *
 * What is remembered allows to discard, and no more: to lose it costs memory of
 * the host, not of the guest.  It is lost when memory goes away, which must not
 * have to wait for a balloon, and it is not migrated: the other side discards
 * a host page when all of its parts have been ballooned there.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/units.h"
#include "trace.h"
#include "ballast-compat.h"
#include "virtio-ballast-internal.h"

/* Smaller host pages share a chunk. */
#define BALLAST_CHUNK (16 * MiB)

typedef struct BallastChunk {
    MemoryRegion *mr;       /* referenced: the address stays what it is */
    unsigned nr;            /* bits */
    unsigned held;          /* bits that are set */
    unsigned long parts[];
} BallastChunk;

static void ballast_chunk_free(gpointer data)
{
    BallastChunk *chunk = data;

    memory_region_unref(chunk->mr);
    g_free(chunk);
}

static uint64_t ballast_chunk_size(RAMBlock *rb)
{
    return MAX(qemu_ram_pagesize(rb), BALLAST_CHUNK);
}

static BallastChunk *ballast_chunk_get(VirtIOBallast *dev, MemoryRegion *mr,
                                       void *host, unsigned nr)
{
    BallastChunk *chunk = g_hash_table_lookup(dev->partial, host);

    if (!chunk) {
        chunk = g_malloc0(sizeof(*chunk) +
                          BITS_TO_LONGS(nr) * sizeof(unsigned long));
        memory_region_ref(mr);
        chunk->mr = mr;
        chunk->nr = nr;
        g_hash_table_insert(dev->partial, host, chunk);
    }
    return chunk;
}

/* Are all parts of the host page at @first ballooned? */
static bool ballast_chunk_has(const BallastChunk *chunk, unsigned first,
                              unsigned nr)
{
    if (nr == chunk->nr) {
        return chunk->held == nr;
    }
    return find_next_zero_bit(chunk->parts, first + nr, first) >= first + nr;
}

void ballast_hold(VirtIOBallast *dev, MemoryRegion *mr, RAMBlock *rb,
                  uint8_t *host, ram_addr_t offset, uint64_t length)
{
    size_t page_size = qemu_ram_pagesize(rb);
    uint64_t chunk_size = ballast_chunk_size(rb);
    unsigned page_parts = page_size / BALLAST_PAGE_SIZE;
    ram_addr_t end = offset + length;

    while (offset < end) {
        ram_addr_t base = QEMU_ALIGN_DOWN(offset, chunk_size);
        ram_addr_t page = QEMU_ALIGN_DOWN(offset, page_size);
        ram_addr_t stop = MIN(end, page + page_size);
        BallastChunk *chunk = ballast_chunk_get(dev, mr,
                                                host - (offset - base),
                                                chunk_size / BALLAST_PAGE_SIZE);
        unsigned first = (page - base) / BALLAST_PAGE_SIZE;
        bool had = ballast_chunk_has(chunk, first, page_parts);
        unsigned part;

        host += stop - offset;
        for (; offset < stop; offset += BALLAST_PAGE_SIZE) {
            part = (offset - base) / BALLAST_PAGE_SIZE;
            if (!test_bit(part, chunk->parts)) {
                set_bit(part, chunk->parts);
                chunk->held++;
            }
        }
        trace_virtio_ballast_hold(qemu_ram_get_idstr(rb), base, chunk->held,
                                  chunk->nr);
        if (!had && ballast_chunk_has(chunk, first, page_parts)) {
            ballast_discard(dev, BALLAST_INFLATE, rb, page, page_size);
        }
    }
}

void ballast_release(VirtIOBallast *dev, RAMBlock *rb, uint8_t *host,
                     ram_addr_t offset, uint64_t length)
{
    uint64_t chunk_size = ballast_chunk_size(rb);
    ram_addr_t end = offset + length;

    while (offset < end) {
        ram_addr_t base = QEMU_ALIGN_DOWN(offset, chunk_size);
        ram_addr_t stop = MIN(end, base + chunk_size);
        uint8_t *key = host - (offset - base);
        BallastChunk *chunk = g_hash_table_lookup(dev->partial, key);
        unsigned part;

        host += stop - offset;
        for (; chunk && offset < stop; offset += BALLAST_PAGE_SIZE) {
            part = (offset - base) / BALLAST_PAGE_SIZE;
            if (test_bit(part, chunk->parts)) {
                clear_bit(part, chunk->parts);
                chunk->held--;
            }
        }
        offset = stop;
        if (chunk && !chunk->held) {
            g_hash_table_remove(dev->partial, key);
        }
    }
}

static gboolean ballast_chunk_is_in(gpointer key, gpointer value,
                                    gpointer data)
{
    const BallastChunk *chunk = value;
    const MemoryRegionSection *section = data;
    uint8_t *start = key, *gone;

    if (chunk->mr != section->mr) {
        return false;
    }
    gone = memory_region_get_ram_ptr(section->mr);
    gone += section->offset_within_region;
    return start < gone + int128_get64(section->size) &&
           gone < start + (uint64_t)chunk->nr * BALLAST_PAGE_SIZE;
}

/* An unplugged DIMM, say: nothing of ours may keep it. */
static void ballast_region_del(MemoryListener *listener,
                               MemoryRegionSection *section)
{
    VirtIOBallast *dev = container_of(listener, VirtIOBallast, listener);

    if (memory_region_is_ram(section->mr)) {
        g_hash_table_foreach_remove(dev->partial, ballast_chunk_is_in,
                                    section);
    }
}

void ballast_partial_realize(VirtIOBallast *dev)
{
    dev->partial = g_hash_table_new_full(NULL, NULL, NULL,
                                         ballast_chunk_free);
    dev->listener = (MemoryListener) {
        .name = "virtio-ballast",
        .region_del = ballast_region_del,
    };
    memory_listener_register(&dev->listener, &address_space_memory);
}

void ballast_partial_unrealize(VirtIOBallast *dev)
{
    memory_listener_unregister(&dev->listener);
    g_hash_table_destroy(dev->partial);
    dev->partial = NULL;
}
