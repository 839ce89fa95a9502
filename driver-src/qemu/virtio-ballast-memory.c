/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-ballast: requests that give guest memory to the host or take it back
 *
 * Inflate and deflate queues carry lists of page frames, the reporting queue
 * buffers.  A request is looked at as a whole before anything is done.
 *
 * A guest may ask to be told what it would find (F_INIT_REPORTED,
 * F_INIT_INFLATE).  What ram_block_discard_range() has discarded reads as
 * zeroes, whatever is behind it: new anonymous memory, or a hole in a file of
 * shmem, hugetlbfs or a disk.  So this is said of what that function was
 * successful with, of whole host pages only, and of nothing if discarding is
 * disabled (assigned devices) or fails, or if the guest counts on another
 * pattern.  (MADV_FREE, which promises nothing, is not used here.)
 *
 * A migration may have sent the old contents already, and a discard writes no
 * dirty bitmap.  To the guest these pages are zero on the other side, too, so
 * they are marked as dirty.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/iov.h"
#include "qemu/madvise.h"
#include "qemu/units.h"
#include "hw/virtio/virtio-access.h"
#include "trace.h"
#include "ballast-compat.h"
#include "virtio-ballast-internal.h"

/* Drivers send 256 (Linux, FreeBSD) or 1024 (Windows) frames at a time. */
#define BALLAST_REQUEST_PFNS_MAX 16384
/* Frames that are gathered from a request at a time. */
#define BALLAST_PFN_CHUNK 256

/* Consecutive frames of one request, in the order of the list or against it. */
typedef struct BallastRun {
    uint64_t pfn;
    uint64_t nr;
    size_t at;              /* where in the list the first one of them is */
} BallastRun;

static void ballast_skip(VirtIOBallast *dev, BallastQueueId id,
                         uint64_t length, const char *why)
{
    dev->bytes_skipped += length;
    trace_virtio_ballast_skip(ballast_queue_name[id], length, why);
}

bool ballast_discard(VirtIOBallast *dev, BallastQueueId id,
                     RAMBlock *rb, ram_addr_t offset, uint64_t length)
{
    int ret = ram_block_discard_range(rb, offset, length);

    ballast_turn_spend(&dev->turn, 0, length);
    trace_virtio_ballast_discard(ballast_queue_name[id],
                                 qemu_ram_get_idstr(rb), offset, length, ret);
    dev->queue[id].calls++;
    if (ret) {
        dev->bytes_skipped += length;
    } else {
        dev->queue[id].bytes_done += length;
    }
    return !ret;
}

/* The guest is going to be told that this reads as zeroes. */
static void ballast_mark_dirty(uint8_t *host, uint64_t length)
{
    ram_addr_t offset;
    MemoryRegion *mr = memory_region_from_host(host, &offset);

    memory_region_set_dirty(mr, offset, length);
}

/* Does it read as zeroes now?  Part of a larger host page may one day. */
static bool ballast_inflate(VirtIOBallast *dev, MemoryRegion *mr, RAMBlock *rb,
                            uint8_t *host, ram_addr_t offset, uint64_t length)
{
    const char *why = ballast_blocks_inhibited();

    if (why) {
        ballast_skip(dev, BALLAST_INFLATE, length, why);
        return false;
    }
    if (qemu_ram_pagesize(rb) <= BALLAST_PAGE_SIZE) {
        return ballast_discard(dev, BALLAST_INFLATE, rb, offset, length);
    }
    ballast_hold(dev, mr, rb, host, offset, length);
    return false;
}

static void ballast_deflate(VirtIOBallast *dev, RAMBlock *rb, uint8_t *host,
                            ram_addr_t offset, uint64_t length)
{
    size_t page_size = qemu_ram_pagesize(rb);
    ram_addr_t start = QEMU_ALIGN_DOWN(offset, page_size);
    ram_addr_t end = MIN(QEMU_ALIGN_UP(offset + length, page_size),
                         qemu_ram_get_used_length(rb));

    if (page_size > BALLAST_PAGE_SIZE) {
        ballast_release(dev, rb, host, offset, length);
    }
    if (!dev->deflate_willneed || ballast_blocks_inhibited()) {
        return;
    }
    ballast_turn_spend(&dev->turn, 0, end - start);
    /* Advice only: nothing depends on whether the host follows it. */
    if (qemu_madvise(host - (offset - start), end - start,
                     QEMU_MADV_WILLNEED)) {
        warn_report_once("virtio-ballast: the host takes no advice on "
                         "deflated memory: %s", strerror(errno));
        return;
    }
    dev->queue[BALLAST_DEFLATE].calls++;
    dev->queue[BALLAST_DEFLATE].bytes_done += end - start;
}

/* Can frames at @pa be given to the host?  The section then starts there. */
static bool ballast_section_usable(const MemoryRegionSection *section,
                                   hwaddr pa)
{
    MemoryRegion *mr = section->mr;

    return mr && section->offset_within_address_space == pa &&
           memory_region_is_ram(mr) && !memory_region_is_rom(mr) &&
           !memory_region_is_romd(mr) && !memory_region_is_ram_device(mr);
}

/*
 * Do what is asked for with the first frames of the run; returns how many that
 * were, and clears @zeroed unless they read as zeroes.  A frame that is not RAM
 * is left alone: the guest has nothing of it, and other devices of this kind do
 * not mind either.
 */
static uint64_t ballast_apply_section(VirtIOBallast *dev, BallastQueueId id,
                                      const BallastRun *run, bool *zeroed)
{
    hwaddr pa = run->pfn << VIRTIO_BALLAST_PFN_SHIFT;
    MemoryRegionSection section;
    uint64_t length = 0;
    ram_addr_t offset;
    RAMBlock *rb = NULL;
    uint8_t *host = NULL;

    section = memory_region_find(get_system_memory(), pa,
                                 run->nr << VIRTIO_BALLAST_PFN_SHIFT);
    if (ballast_section_usable(&section, pa)) {
        length = QEMU_ALIGN_DOWN(int128_get64(section.size),
                                 BALLAST_PAGE_SIZE);
        host = memory_region_get_ram_ptr(section.mr);
        host += section.offset_within_region;
        rb = qemu_ram_block_from_host(host, false, &offset);
    }
    if (!rb || !length || !QEMU_IS_ALIGNED(offset, BALLAST_PAGE_SIZE) ||
        length > qemu_ram_get_used_length(rb) - offset) {
        length = BALLAST_PAGE_SIZE;
        ballast_skip(dev, id, length, "not RAM");
        *zeroed = false;
    } else if (id == BALLAST_DEFLATE) {
        ballast_deflate(dev, rb, host, offset, length);
    } else if (!ballast_inflate(dev, section.mr, rb, host, offset, length)) {
        *zeroed = false;
    } else if (*zeroed) {
        ballast_mark_dirty(host, length);
    }
    memory_region_unref(section.mr);
    return length >> VIRTIO_BALLAST_PFN_SHIFT;
}

/*
 * One run of frames, which may lie in several RAM blocks: if part of it does
 * not read as zeroes, none of it is said to.
 */
static void ballast_apply_run(VirtIOBallast *dev, BallastQueueId id,
                              BallastRequest *req, BallastRun *run)
{
    size_t end = run->at + run->nr;
    bool zeroed = req->zeroed;

    while (run->nr) {
        uint64_t done = ballast_apply_section(dev, id, run, &zeroed);

        run->pfn += done;
        run->nr -= done;
    }
    for (; zeroed && run->at < end; run->at++) {
        req->zeroed[run->at / 8] |= 1u << run->at % 8;
    }
}

/*
 * Add the frame that is the @at'th of the list to the run; apply the run first
 * if it does not fit to it.
 */
static void ballast_add_frame(VirtIOBallast *dev, BallastQueueId id,
                              BallastRequest *req, BallastRun *run,
                              uint32_t pfn, size_t at)
{
    if (run->nr && dev->coalesce &&
        run->nr < BALLAST_PIECE / BALLAST_PAGE_SIZE) {
        if (pfn == run->pfn + run->nr) {
            run->nr++;
            return;
        }
        if (pfn + UINT64_C(1) == run->pfn) {
            run->pfn--;
            run->nr++;
            return;
        }
    }
    ballast_apply_run(dev, id, req, run);
    run->pfn = pfn;
    run->nr = 1;
    run->at = at;
}

/* From where the last turn has stopped; SERVED: all are done. */
static BallastVerdict ballast_apply_frames(VirtIOBallast *dev,
                                           BallastQueueId id,
                                           BallastRequest *req, size_t nr)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    const VirtQueueElement *elem = &req->elem;
    uint32_t chunk[BALLAST_PFN_CHUNK];
    BallastRun run = { 0 };
    size_t *at = &req->place.at;
    size_t n, i;

    while (*at < nr && !ballast_turn_is_over(&dev->turn)) {
        n = MIN(nr - *at, BALLAST_PFN_CHUNK);
        iov_to_buf(elem->out_sg, elem->out_num, *at * sizeof(chunk[0]), chunk,
                   n * sizeof(chunk[0]));
        for (i = 0; i < n && !ballast_turn_is_over(&dev->turn); i++) {
            ballast_turn_spend(&dev->turn, 1, 0);
            ballast_add_frame(dev, id, req, &run,
                              virtio_ldl_p(vdev, &chunk[i]), *at + i);
        }
        *at += i;
    }
    ballast_apply_run(dev, id, req, &run);
    return *at < nr ? BALLAST_UNFINISHED : BALLAST_SERVED;
}

/* Is it a list of @nr frames, with room for what the guest asks about them? */
static bool ballast_check_frames(VirtIOBallast *dev, BallastQueueId id,
                                 const VirtQueueElement *elem, size_t nr,
                                 bool init)
{
    size_t size = iov_size(elem->out_sg, elem->out_num);
    size_t room = iov_size(elem->in_sg, elem->in_num);

    if (!nr || size % sizeof(uint32_t) || (elem->in_num && !init)) {
        ballast_malformed(dev, id, "of %zu bytes and %u buffers to write to "
                          "is not a list of frames", size, elem->in_num);
        return false;
    }
    if (nr > BALLAST_REQUEST_PFNS_MAX) {
        ballast_malformed(dev, id, "names %zu frames, more than %d", nr,
                          BALLAST_REQUEST_PFNS_MAX);
        return false;
    }
    if (init && room < DIV_ROUND_UP(nr, 8)) {
        ballast_malformed(dev, id, "names %zu frames and has %zu bytes for a "
                          "bit of each", nr, room);
        return false;
    }
    return true;
}

/* Inflate and deflate: an array of 32-bit frame numbers. */
BallastVerdict ballast_serve_frames(VirtIOBallast *dev, BallastQueueId id,
                                    BallastRequest *req)
{
    const VirtQueueElement *elem = &req->elem;
    size_t nr = iov_size(elem->out_sg, elem->out_num) / sizeof(uint32_t);
    bool init = id == BALLAST_INFLATE &&
                virtio_vdev_has_feature(VIRTIO_DEVICE(dev),
                                        VIRTIO_BALLAST_F_INIT_INFLATE);
    BallastVerdict verdict;

    if (!ballast_check_frames(dev, id, elem, nr, init)) {
        return BALLAST_MALFORMED;
    }
    if (init && !req->zeroed) {
        req->zeroed = g_malloc0(DIV_ROUND_UP(nr, 8));
    }
    verdict = ballast_apply_frames(dev, id, req, nr);
    if (verdict == BALLAST_UNFINISHED) {
        return verdict;
    }
    if (init && !dev->poison_val) {
        req->written = iov_from_buf(elem->in_sg, elem->in_num, 0, req->zeroed,
                                    DIV_ROUND_UP(nr, 8));
    }
    if (!virtio_vdev_has_feature(VIRTIO_DEVICE(dev),
                                 VIRTIO_BALLAST_F_MUST_TELL_HOST)) {
        /* From now on the guest may use them again without a word. */
        g_hash_table_remove_all(dev->partial);
    }
    ballast_count(dev, id, nr, (uint64_t)nr * BALLAST_PAGE_SIZE);
    return BALLAST_SERVED;
}

bool ballast_check_buffers(VirtIOBallast *dev, BallastQueueId id,
                           const VirtQueueElement *elem, bool once)
{
    g_autofree char *fault = ballast_blocks_fault(elem, once);

    if (fault) {
        ballast_malformed(dev, id, "%s", fault);
    }
    return !fault;
}

/*
 * The next piece of a report is done, and reads as zeroes or does not.  The
 * length that the guest is told ends where something is not known to.
 */
static void ballast_report_zeroed(VirtIOBallast *dev, BallastRequest *req,
                                  const BallastPiece *piece, bool zeroed)
{
    if (!virtio_vdev_has_feature(VIRTIO_DEVICE(dev),
                                 VIRTIO_BALLAST_F_INIT_REPORTED)) {
        return;
    }
    if (!zeroed || piece->length > UINT32_MAX - req->written) {
        req->broken_off = true;
    }
    if (!req->broken_off) {
        ballast_mark_dirty(piece->host, piece->length);
        req->written += piece->length;
    }
}

/* The next piece of a reported buffer: the host pages that lie in it. */
static void ballast_report_some(VirtIOBallast *dev, BallastRequest *req)
{
    BallastPiece piece;
    bool zeroed = false;
    uint64_t cut;

    ballast_blocks_next(&req->elem, &req->place, &piece);
    ballast_turn_spend(&dev->turn, 1, 0);
    cut = ballast_piece_cut(&piece);
    if (piece.length) {
        zeroed = ballast_discard(dev, BALLAST_REPORT, piece.rb, piece.offset,
                                 piece.length);
    }
    ballast_report_zeroed(dev, req, &piece, zeroed && !cut);
    if (cut) {
        ballast_skip(dev, BALLAST_REPORT, cut, "part of a host page");
    }
}

BallastVerdict ballast_serve_report(VirtIOBallast *dev, BallastQueueId id,
                                    BallastRequest *req)
{
    const VirtQueueElement *elem = &req->elem;
    const char *why = ballast_blocks_inhibited();

    if (!req->begun) {
        if (elem->out_num) {
            ballast_malformed(dev, id, "has %u buffers to read from",
                              elem->out_num);
            return BALLAST_MALFORMED;
        }
        if (!ballast_check_buffers(dev, id, elem, true)) {
            return BALLAST_MALFORMED;
        }
        ballast_count(dev, id, elem->in_num,
                      iov_size(elem->in_sg, elem->in_num));
        req->begun = true;
    }
    /* Discarded memory reads as zeroes; the guest counts on something else. */
    if (!why && dev->poison_val) {
        why = "free pages are poisoned";
    }
    if (why) {
        ballast_turn_spend(&dev->turn, elem->in_num, 0);
        ballast_skip(dev, id, ballast_blocks_rest(elem, &req->place), why);
        return BALLAST_SERVED;
    }
    while (req->place.at < elem->in_num) {
        if (ballast_turn_is_over(&dev->turn)) {
            return BALLAST_UNFINISHED;
        }
        ballast_report_some(dev, req);
    }
    return BALLAST_SERVED;
}
