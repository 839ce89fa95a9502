/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-ballast: a memory balloon device with free page hinting and reporting
 *
 * The guest names memory that it does not need, the device has the host take
 * it back (Virtio 1.2, section 5.5).  There are three ways to name it:
 *
 *  inflate   4 KiB page frames, which stay with the device until a deflate
 *  report    buffers of free memory, used again as soon as they are returned
 *  hint      buffers of free memory that migration need not send, valid only
 *            between two synchronisations of the dirty bitmap
 *
 * Rules that the code keeps:
 *
 *  1. The guest is not trusted.  A request that no correct driver could have
 *     made ends in virtio_error(); what it names is looked at only through the
 *     memory API; and one turn of the main loop serves a bounded number of
 *     pages, the rest waits for the next turn.
 *  2. Rings are touched under the big lock only.  The iothread that applies
 *     hints gets requests that have been popped and checked, and gives them
 *     back the same way.  It may wait for the migration thread, and that for
 *     a receiver that does not answer; so what it holds meanwhile, apply_lock,
 *     nobody wants with the big lock taken, unless the VM stops, the device is
 *     reset, or migration itself says that a round is over.
 *  3. Memory is discarded in whole host pages only.  Which parts of a larger
 *     host page are ballooned is remembered between requests only if the guest
 *     has promised to announce every deflate (F_MUST_TELL_HOST); otherwise
 *     just for one request, whose pages the guest cannot have back yet.
 *
 * Left out: statistics tags later than Linux 6.12 are counted and ignored.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/error-report.h"
#include "qemu/iov.h"
#include "qemu/madvise.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "qapi/qapi-events-machine.h"
#include "qapi/visitor.h"
#include "block/aio-wait.h"
#include "exec/address-spaces.h"
#include "hw/boards.h"
#include "hw/mem/pc-dimm.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-access.h"
#include "hw/virtio/virtio-bus.h"
#include "migration/misc.h"
#include "migration/migration.h"
#include "sysemu/balloon.h"
#include "trace.h"
#include "virtio-ballast.h"

#define BALLAST_PAGE_SIZE (1u << VIRTIO_BALLAST_PFN_SHIFT)

/* Drivers send 256 (Linux, FreeBSD) or 1024 (Windows) frames at a time. */
#define BALLAST_REQUEST_PFNS_MAX 16384
/* Frames or buffers that one queue may have served in one turn. */
#define BALLAST_TURN_BLOCKS_MAX 16384
/* Newer drivers send tags that we do not know; they need not be many. */
#define BALLAST_STATS_RECORDS_MAX 64

#define BALLAST_QUEUE_SIZE 128
#define BALLAST_REPORT_QUEUE_SIZE 32

/* Frames that are gathered from a request at a time. */
#define BALLAST_PFN_CHUNK 256

typedef enum BallastVerdict {
    BALLAST_SERVED,         /* give it back to the guest */
    BALLAST_KEPT,           /* somebody else will */
    BALLAST_MALFORMED,      /* virtio_error() has been called */
} BallastVerdict;

/* A host page larger than 4 KiB of which parts are in the balloon. */
typedef struct BallastHostPage {
    MemoryRegion *mr;       /* referenced: the address stays what it is */
    unsigned held;          /* bits that are set */
    unsigned long parts[];
} BallastHostPage;

/* Consecutive frames of one request. */
typedef struct BallastRun {
    uint64_t pfn;
    uint64_t nr;
} BallastRun;

static const char *const ballast_queue_name[BALLAST_NR_QUEUES] = {
    [BALLAST_INFLATE] = "inflate",
    [BALLAST_DEFLATE] = "deflate",
    [BALLAST_STATS] = "stats",
    [BALLAST_HINT] = "hint",
    [BALLAST_REPORT] = "report",
};

/* Names that management software knows from virtio-balloon, since QEMU 9.1. */
static const char *const ballast_stat_name[VIRTIO_BALLAST_S_NR] = {
    [VIRTIO_BALLAST_S_SWAP_IN] = "stat-swap-in",
    [VIRTIO_BALLAST_S_SWAP_OUT] = "stat-swap-out",
    [VIRTIO_BALLAST_S_MAJFLT] = "stat-major-faults",
    [VIRTIO_BALLAST_S_MINFLT] = "stat-minor-faults",
    [VIRTIO_BALLAST_S_MEMFREE] = "stat-free-memory",
    [VIRTIO_BALLAST_S_MEMTOT] = "stat-total-memory",
    [VIRTIO_BALLAST_S_AVAIL] = "stat-available-memory",
    [VIRTIO_BALLAST_S_CACHES] = "stat-disk-caches",
    [VIRTIO_BALLAST_S_HTLB_PGALLOC] = "stat-htlb-pgalloc",
    [VIRTIO_BALLAST_S_HTLB_PGFAIL] = "stat-htlb-pgfail",
    [VIRTIO_BALLAST_S_OOM_KILL] = "stat-oom-kills",
    [VIRTIO_BALLAST_S_ALLOC_STALL] = "stat-alloc-stalls",
    [VIRTIO_BALLAST_S_ASYNC_SCAN] = "stat-async-scans",
    [VIRTIO_BALLAST_S_DIRECT_SCAN] = "stat-direct-scans",
    [VIRTIO_BALLAST_S_ASYNC_RECLAIM] = "stat-async-reclaims",
    [VIRTIO_BALLAST_S_DIRECT_RECLAIM] = "stat-direct-reclaims",
};

/* Counters since realize; they survive a reset of the guest. */
static const struct {
    const char *name;
    size_t offset;
    const char *doc;
} ballast_counter[] = {
#define COUNTER(name, member, doc) \
    { name, offsetof(VirtIOBallast, member), doc }
    COUNTER("inflate-requests", queue[BALLAST_INFLATE].requests,
            "requests to put pages into the balloon"),
    COUNTER("inflate-pages", queue[BALLAST_INFLATE].blocks,
            "pages of 4 KiB in them"),
    COUNTER("inflate-discards", queue[BALLAST_INFLATE].calls,
            "discards that they took"),
    COUNTER("inflate-discarded-bytes", queue[BALLAST_INFLATE].bytes_done,
            "memory that these gave back to the host"),
    COUNTER("deflate-requests", queue[BALLAST_DEFLATE].requests,
            "requests to take pages out of the balloon"),
    COUNTER("deflate-pages", queue[BALLAST_DEFLATE].blocks,
            "pages of 4 KiB in them"),
    COUNTER("stats-requests", queue[BALLAST_STATS].requests,
            "statistics that the guest sent"),
    COUNTER("report-requests", queue[BALLAST_REPORT].requests,
            "requests of free page reporting"),
    COUNTER("report-blocks", queue[BALLAST_REPORT].blocks,
            "blocks of free memory in them"),
    COUNTER("report-bytes", queue[BALLAST_REPORT].bytes,
            "size of these blocks"),
    COUNTER("report-discards", queue[BALLAST_REPORT].calls,
            "discards that they took"),
    COUNTER("report-discarded-bytes", queue[BALLAST_REPORT].bytes_done,
            "memory that these gave back to the host"),
    COUNTER("hint-rounds", rounds,
            "times that migration asked for hints"),
    COUNTER("hint-requests", queue[BALLAST_HINT].requests,
            "requests on the queue for hints"),
    COUNTER("hint-blocks", queue[BALLAST_HINT].blocks,
            "blocks of free memory in them"),
    COUNTER("hint-bytes", queue[BALLAST_HINT].bytes,
            "size of these blocks"),
    COUNTER("hint-applied-bytes", queue[BALLAST_HINT].bytes_done,
            "memory that migration need not send because of them"),
    COUNTER("skipped-bytes", bytes_skipped,
            "memory of well-formed requests that was left in place"),
    COUNTER("malformed-requests", errors,
            "requests that broke the device"),
#undef COUNTER
};

/* What -device virtio-ballast-pci,help says of the other properties. */
static const struct {
    const char *name, *doc;
} ballast_property_doc[] = {
    { "must-tell-host", "the guest must announce each deflation" },
    { "deflate-on-oom", "the guest may deflate when it is out of memory" },
    { "free-page-hint", "hints of free memory for migration; needs iothread" },
    { "page-poison", "the guest may say what its free pages contain" },
    { "free-page-reporting", "the guest reports free memory" },
    { "iothread", "where hints are applied" },
    { "coalesce", "one discard for consecutive frames of a request" },
    { "deflate-willneed", "advise the host that deflated memory is used" },
    { "guest-stats", "the guest's statistics, when and what it sent last" },
    { "guest-stats-polling-interval", "seconds; 0: they are not asked for" },
    { "target-size", "size that the balloon shall have, bytes" },
    { "actual-size", "size that the guest says it has, bytes" },
};

/*
 * Memory
 */

/* May memory be discarded at all now?  NULL, or what forbids it. */
static const char *ballast_inhibited(void)
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

static void ballast_skip(VirtIOBallast *dev, BallastQueueId id,
                         uint64_t length, const char *why)
{
    dev->bytes_skipped += length;
    trace_virtio_ballast_skip(ballast_queue_name[id], length, why);
}

/* Whole host pages only.  Not being able to is no fault of the guest. */
static void ballast_discard(VirtIOBallast *dev, BallastQueueId id,
                            RAMBlock *rb, ram_addr_t offset, uint64_t length)
{
    int ret = ram_block_discard_range(rb, offset, length);

    trace_virtio_ballast_discard(ballast_queue_name[id],
                                 qemu_ram_get_idstr(rb), offset, length, ret);
    dev->queue[id].calls++;
    if (ret) {
        dev->bytes_skipped += length;
    } else {
        dev->queue[id].bytes_done += length;
    }
}

static void ballast_host_page_free(gpointer data)
{
    BallastHostPage *page = data;

    memory_region_unref(page->mr);
    g_free(page);
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

/*
 * Note that [offset, offset + length) is ballooned; discard the host pages that
 * are ballooned completely now.
 */
static void ballast_hold(VirtIOBallast *dev, MemoryRegion *mr, RAMBlock *rb,
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

/* Forget that [host, host + length) is ballooned. */
static void ballast_release(VirtIOBallast *dev, RAMBlock *rb, uint8_t *host,
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

static void ballast_inflate(VirtIOBallast *dev, MemoryRegion *mr, RAMBlock *rb,
                            uint8_t *host, ram_addr_t offset, uint64_t length)
{
    const char *why = ballast_inhibited();

    if (why) {
        ballast_skip(dev, BALLAST_INFLATE, length, why);
    } else if (qemu_ram_pagesize(rb) <= BALLAST_PAGE_SIZE) {
        ballast_discard(dev, BALLAST_INFLATE, rb, offset, length);
    } else {
        ballast_hold(dev, mr, rb, host, offset, length);
    }
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
    if (!dev->deflate_willneed || ballast_inhibited()) {
        return;
    }
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

/*
 * Requests.  Each serve function first looks at the whole request, then does
 * what it asks for and takes its size from the budget of the turn.
 */

static void G_GNUC_PRINTF(3, 4)
ballast_malformed(VirtIOBallast *dev, BallastQueueId id, const char *fmt, ...)
{
    char what[160];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);

    dev->errors++;
    virtio_error(VIRTIO_DEVICE(dev), "virtio-ballast: %s request %s",
                 ballast_queue_name[id], what);
}

static void ballast_count(VirtIOBallast *dev, BallastQueueId id,
                          uint64_t blocks, uint64_t bytes)
{
    BallastQueue *q = &dev->queue[id];

    q->requests++;
    q->blocks += blocks;
    q->bytes += bytes;
    trace_virtio_ballast_request(ballast_queue_name[id], blocks, bytes);
}

static void ballast_spend(unsigned *budget, unsigned blocks)
{
    *budget -= MIN(*budget, blocks);
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

/* One run of frames, which may lie in several RAM blocks. */
static bool ballast_apply_run(VirtIOBallast *dev, BallastQueueId id,
                              BallastRun *run)
{
    while (run->nr) {
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
        if (!rb || !length ||
            !QEMU_IS_ALIGNED(offset, BALLAST_PAGE_SIZE) ||
            length > qemu_ram_get_used_length(rb) - offset) {
            ballast_malformed(dev, id, "names frame 0x%" PRIx64
                              ", which is not RAM", run->pfn);
            memory_region_unref(section.mr);
            return false;
        }
        if (id == BALLAST_INFLATE) {
            ballast_inflate(dev, section.mr, rb, host, offset, length);
        } else {
            ballast_deflate(dev, rb, host, offset, length);
        }
        memory_region_unref(section.mr);
        run->pfn += length >> VIRTIO_BALLAST_PFN_SHIFT;
        run->nr -= length >> VIRTIO_BALLAST_PFN_SHIFT;
    }
    return true;
}

/* Add a frame to the run; apply the run first if it does not fit to it. */
static bool ballast_add_frame(VirtIOBallast *dev, BallastQueueId id,
                              BallastRun *run, uint32_t pfn)
{
    if (run->nr && dev->coalesce) {
        if (pfn == run->pfn + run->nr) {
            run->nr++;
            return true;
        }
        if (pfn + UINT64_C(1) == run->pfn) {
            run->pfn--;
            run->nr++;
            return true;
        }
    }
    if (!ballast_apply_run(dev, id, run)) {
        return false;
    }
    run->pfn = pfn;
    run->nr = 1;
    return true;
}

static bool ballast_apply_frames(VirtIOBallast *dev, BallastQueueId id,
                                 const VirtQueueElement *elem, size_t nr)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    uint32_t chunk[BALLAST_PFN_CHUNK];
    BallastRun run = { 0 };
    size_t done, n, i;

    for (done = 0; done < nr; done += n) {
        n = MIN(nr - done, BALLAST_PFN_CHUNK);
        iov_to_buf(elem->out_sg, elem->out_num, done * sizeof(chunk[0]),
                   chunk, n * sizeof(chunk[0]));
        for (i = 0; i < n; i++) {
            if (!ballast_add_frame(dev, id, &run,
                                   virtio_ldl_p(vdev, &chunk[i]))) {
                return false;
            }
        }
    }
    return ballast_apply_run(dev, id, &run);
}

/* Inflate and deflate: an array of 32-bit frame numbers. */
static BallastVerdict ballast_serve_frames(VirtIOBallast *dev,
                                           BallastQueueId id,
                                           BallastRequest *req,
                                           unsigned *budget)
{
    const VirtQueueElement *elem = &req->elem;
    size_t size = iov_size(elem->out_sg, elem->out_num);
    size_t nr = size / sizeof(uint32_t);
    bool ok;

    if (elem->in_num || !nr || size % sizeof(uint32_t)) {
        ballast_malformed(dev, id, "of %zu bytes and %u buffers to write to "
                          "is not a list of frames", size, elem->in_num);
        return BALLAST_MALFORMED;
    }
    if (nr > BALLAST_REQUEST_PFNS_MAX) {
        ballast_malformed(dev, id, "names %zu frames, more than %d", nr,
                          BALLAST_REQUEST_PFNS_MAX);
        return BALLAST_MALFORMED;
    }
    ballast_spend(budget, nr);

    ok = ballast_apply_frames(dev, id, elem, nr);
    if (!virtio_vdev_has_feature(VIRTIO_DEVICE(dev),
                                 VIRTIO_BALLAST_F_MUST_TELL_HOST)) {
        /* From now on the guest may use them again without a word. */
        g_hash_table_remove_all(dev->partial);
    }
    if (!ok) {
        return BALLAST_MALFORMED;
    }
    ballast_count(dev, id, nr, (uint64_t)nr * BALLAST_PAGE_SIZE);
    return BALLAST_SERVED;
}

/* Are all buffers of the request made of whole pages of guest RAM? */
static bool ballast_check_buffers(VirtIOBallast *dev, BallastQueueId id,
                                  const VirtQueueElement *elem)
{
    unsigned i;

    for (i = 0; i < elem->in_num; i++) {
        const struct iovec *sg = &elem->in_sg[i];
        ram_addr_t offset;
        RAMBlock *rb;

        if (!QEMU_IS_ALIGNED(elem->in_addr[i] | sg->iov_len,
                             BALLAST_PAGE_SIZE)) {
            ballast_malformed(dev, id, "has a buffer at 0x%" HWADDR_PRIx
                              ", length 0x%zx, that is not made of pages",
                              elem->in_addr[i], sg->iov_len);
            return false;
        }
        /* What is not writable RAM was mapped through a bounce buffer. */
        rb = qemu_ram_block_from_host(sg->iov_base, false, &offset);
        if (!rb || offset > qemu_ram_get_used_length(rb) ||
            sg->iov_len > qemu_ram_get_used_length(rb) - offset) {
            ballast_malformed(dev, id, "has a buffer at 0x%" HWADDR_PRIx
                              ", length 0x%zx, that is not RAM",
                              elem->in_addr[i], sg->iov_len);
            return false;
        }
    }
    return true;
}

/* The host pages that lie completely in a reported buffer. */
static void ballast_report(VirtIOBallast *dev, const struct iovec *sg)
{
    ram_addr_t offset, start, end;
    RAMBlock *rb = qemu_ram_block_from_host(sg->iov_base, false, &offset);
    size_t page_size = qemu_ram_pagesize(rb);

    start = QEMU_ALIGN_UP(offset, page_size);
    end = QEMU_ALIGN_DOWN(offset + sg->iov_len, page_size);
    if (start >= end) {
        ballast_skip(dev, BALLAST_REPORT, sg->iov_len, "part of a host page");
        return;
    }
    ballast_discard(dev, BALLAST_REPORT, rb, start, end - start);
    if (end - start < sg->iov_len) {
        ballast_skip(dev, BALLAST_REPORT, sg->iov_len - (end - start),
                     "part of a host page");
    }
}

static BallastVerdict ballast_serve_report(VirtIOBallast *dev,
                                           BallastQueueId id,
                                           BallastRequest *req,
                                           unsigned *budget)
{
    const VirtQueueElement *elem = &req->elem;
    size_t size = iov_size(elem->in_sg, elem->in_num);
    const char *why = ballast_inhibited();
    unsigned i;

    if (elem->out_num) {
        ballast_malformed(dev, id, "has %u buffers to read from",
                          elem->out_num);
        return BALLAST_MALFORMED;
    }
    if (!ballast_check_buffers(dev, id, elem)) {
        return BALLAST_MALFORMED;
    }
    ballast_spend(budget, elem->in_num);
    ballast_count(dev, id, elem->in_num, size);

    /* Discarded memory reads as zeroes; the guest counts on something else. */
    if (!why && dev->poison_val) {
        why = "free pages are poisoned";
    }
    if (why) {
        ballast_skip(dev, id, size, why);
        return BALLAST_SERVED;
    }
    for (i = 0; i < elem->in_num; i++) {
        ballast_report(dev, &elem->in_sg[i]);
    }
    return BALLAST_SERVED;
}

/*
 * Statistics: the guest's buffer stays with the device until the next poll.
 */

static bool ballast_stats_polled(VirtIOBallast *dev)
{
    return dev->stats_interval > 0;
}

static void ballast_stats_arm(VirtIOBallast *dev, int64_t seconds)
{
    timer_mod(dev->stats_timer,
              qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + seconds * 1000);
}

static void ballast_stats_clear(VirtIOBallast *dev)
{
    int i;

    for (i = 0; i < VIRTIO_BALLAST_S_NR; i++) {
        dev->stats[i] = UINT64_MAX;
    }
}

/* Give the buffer back: the guest fills it again. */
static void ballast_stats_return(VirtIOBallast *dev)
{
    VirtQueue *vq = dev->queue[BALLAST_STATS].vq;

    virtqueue_push(vq, &dev->stats_request->elem, 0);
    virtio_notify(VIRTIO_DEVICE(dev), vq);
    g_free(dev->stats_request);
    dev->stats_request = NULL;
}

static void ballast_stats_poll(void *opaque)
{
    VirtIOBallast *dev = opaque;

    if (dev->stats_request) {
        ballast_stats_return(dev);  /* the answer arms the timer */
    } else {
        ballast_stats_arm(dev, dev->stats_interval);
    }
}

static BallastVerdict ballast_serve_stats(VirtIOBallast *dev,
                                          BallastQueueId id,
                                          BallastRequest *req,
                                          unsigned *budget)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    const VirtQueueElement *elem = &req->elem;
    size_t size = iov_size(elem->out_sg, elem->out_num);
    struct virtio_ballast_stat record;
    size_t nr = size / sizeof(record);
    size_t i;

    if (elem->in_num || nr > BALLAST_STATS_RECORDS_MAX) {
        ballast_malformed(dev, id, "of %zu bytes and %u buffers to write to "
                          "is not a list of statistics", size, elem->in_num);
        return BALLAST_MALFORMED;
    }
    ballast_spend(budget, nr + 1);
    ballast_count(dev, id, nr, size);

    if (dev->stats_request) {
        /* There should be only one; the driver may have been replaced. */
        ballast_stats_return(dev);
    }
    /* A tag that the guest does not send must not keep an old value. */
    ballast_stats_clear(dev);
    for (i = 0; i < nr; i++) {
        uint16_t tag;

        iov_to_buf(elem->out_sg, elem->out_num, i * sizeof(record), &record,
                   sizeof(record));
        tag = virtio_tswap16(vdev, record.tag);
        if (tag < VIRTIO_BALLAST_S_NR) {
            dev->stats[tag] = virtio_tswap64(vdev, record.val);
        }
    }
    trace_virtio_ballast_stats(nr);
    dev->stats_updated = qemu_clock_get_ms(QEMU_CLOCK_HOST) / 1000;
    dev->stats_request = req;
    if (ballast_stats_polled(dev)) {
        ballast_stats_arm(dev, dev->stats_interval);
    }
    return BALLAST_KEPT;
}

static void ballast_get_stats(Object *obj, Visitor *v, const char *name,
                              void *opaque, Error **errp)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(obj);
    bool ok;
    int i;

    if (!visit_start_struct(v, name, NULL, 0, errp)) {
        return;
    }
    ok = visit_type_int(v, "last-update", &dev->stats_updated, errp);
    if (ok && visit_start_struct(v, "stats", NULL, 0, errp)) {
        for (i = 0; ok && i < VIRTIO_BALLAST_S_NR; i++) {
            ok = visit_type_uint64(v, ballast_stat_name[i], &dev->stats[i],
                                   errp);
        }
        ok = ok && visit_check_struct(v, errp);
        visit_end_struct(v, NULL);
        if (ok) {
            visit_check_struct(v, errp);
        }
    }
    visit_end_struct(v, NULL);
}

static void ballast_get_stats_interval(Object *obj, Visitor *v,
                                       const char *name, void *opaque,
                                       Error **errp)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(obj);
    int64_t seconds = dev->stats_interval;

    visit_type_int(v, name, &seconds, errp);
}

static void ballast_set_stats_interval(Object *obj, Visitor *v,
                                       const char *name, void *opaque,
                                       Error **errp)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(obj);
    bool was_polled = ballast_stats_polled(dev);
    int64_t seconds;

    if (!visit_type_int(v, name, &seconds, errp)) {
        return;
    }
    if (seconds < 0 || seconds > UINT32_MAX) {
        error_setg(errp, "%s must be between 0 (no polling) and %u seconds",
                   name, UINT32_MAX);
        return;
    }
    if (seconds == dev->stats_interval) {
        return;
    }
    dev->stats_interval = seconds;
    if (!seconds) {
        timer_free(dev->stats_timer);
        dev->stats_timer = NULL;
        return;
    }
    if (!was_polled) {
        dev->stats_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL,
                                        ballast_stats_poll, dev);
    }
    ballast_stats_arm(dev, was_polled ? seconds : 0);
}

/*
 * Free page hinting
 */

static bool ballast_has_hinting(void *opaque)
{
    return virtio_vdev_has_feature(VIRTIO_DEVICE(opaque),
                                   VIRTIO_BALLAST_F_FREE_PAGE_HINT);
}

/* Called with hint_lock held. */
static void ballast_hint_enter(VirtIOBallast *dev, BallastHintState state)
{
    trace_virtio_ballast_hint_state(dev->hint_id, dev->hint_state, state);
    dev->hint_state = state;
}

/*
 * A command of the guest: the id it was told opens the round, anything else
 * during a round ends it.  What belongs to an earlier round is ignored.
 * Called with hint_lock held.
 */
static void ballast_hint_command(VirtIOBallast *dev, uint32_t id)
{
    if (dev->hint_state == BALLAST_HINT_REQUESTED && id == dev->hint_id) {
        ballast_hint_enter(dev, BALLAST_HINT_ACTIVE);
    } else if (dev->hint_state == BALLAST_HINT_ACTIVE) {
        ballast_hint_enter(dev, BALLAST_HINT_STOP);
    }
}

/* Take the next request; *@apply: its hints are those of the round. */
static BallastRequest *ballast_hint_take(VirtIOBallast *dev, bool *apply)
{
    BallastRequest *req;

    qemu_mutex_lock(&dev->hint_lock);
    req = QSIMPLEQ_FIRST(&dev->hint_todo);
    if (req) {
        QSIMPLEQ_REMOVE_HEAD(&dev->hint_todo, next);
        if (req->elem.out_num) {
            ballast_hint_command(dev, req->hint_id);
        }
        *apply = dev->hint_state == BALLAST_HINT_ACTIVE && req->hint_usable;
    }
    qemu_mutex_unlock(&dev->hint_lock);
    return req;
}

/*
 * Take the next request and do what it says.  That happens with apply_lock
 * held, so that a round that the host ends has ended when ballast_hint_end()
 * returns.
 */
static bool ballast_hint_step(VirtIOBallast *dev)
{
    BallastRequest *req;
    bool apply = false, more;
    unsigned i;

    qemu_mutex_lock(&dev->apply_lock);
    req = ballast_hint_take(dev, &apply);
    more = req;
    for (i = 0; apply && i < req->elem.in_num; i++) {
        qemu_guest_free_page_hint(req->elem.in_sg[i].iov_base,
                                  req->elem.in_sg[i].iov_len);
        req->hinted += req->elem.in_sg[i].iov_len;
    }
    if (req) {
        qemu_mutex_lock(&dev->hint_lock);
        QSIMPLEQ_INSERT_TAIL(&dev->hint_done, req, next);
        qemu_mutex_unlock(&dev->hint_lock);
    }
    qemu_mutex_unlock(&dev->apply_lock);
    return more;
}

/* In the iothread. */
static void ballast_hint_work(void *opaque)
{
    VirtIOBallast *dev = opaque;

    while (ballast_hint_step(dev)) {
        continue;
    }
    qemu_bh_schedule(dev->hint_done_bh);
}

/* Give the requests that are done with back to the guest. */
static void ballast_hint_return(void *opaque)
{
    VirtIOBallast *dev = opaque;
    BallastQueue *q = &dev->queue[BALLAST_HINT];
    BallastRequestList done = QSIMPLEQ_HEAD_INITIALIZER(done);
    BallastRequest *req;

    qemu_mutex_lock(&dev->hint_lock);
    QSIMPLEQ_CONCAT(&done, &dev->hint_done);
    qemu_mutex_unlock(&dev->hint_lock);
    if (QSIMPLEQ_EMPTY(&done)) {
        return;
    }
    while ((req = QSIMPLEQ_FIRST(&done))) {
        QSIMPLEQ_REMOVE_HEAD(&done, next);
        q->bytes_done += req->hinted;
        virtqueue_push(q->vq, &req->elem, 0);
        g_free(req);
    }
    virtio_notify(VIRTIO_DEVICE(dev), q->vq);
}

/* The VM has stopped: its memory must hold the answers to all requests. */
static void ballast_hint_drain(VirtIOBallast *dev)
{
    while (ballast_hint_step(dev)) {
        continue;
    }
    ballast_hint_return(dev);
}

/* The queue goes away, and with it the requests that were taken from it. */
static void ballast_hint_drop(VirtIOBallast *dev)
{
    BallastQueue *q = &dev->queue[BALLAST_HINT];
    BallastRequestList gone = QSIMPLEQ_HEAD_INITIALIZER(gone);
    BallastRequest *req;

    qemu_mutex_lock(&dev->apply_lock);
    qemu_mutex_lock(&dev->hint_lock);
    QSIMPLEQ_CONCAT(&gone, &dev->hint_done);
    QSIMPLEQ_CONCAT(&gone, &dev->hint_todo);
    ballast_hint_enter(dev, BALLAST_HINT_STOP);
    qemu_mutex_unlock(&dev->hint_lock);
    qemu_mutex_unlock(&dev->apply_lock);
    while ((req = QSIMPLEQ_FIRST(&gone))) {
        QSIMPLEQ_REMOVE_HEAD(&gone, next);
        virtqueue_detach_element(q->vq, &req->elem, 0);
        g_free(req);
    }
}

static BallastVerdict ballast_serve_hint(VirtIOBallast *dev, BallastQueueId id,
                                         BallastRequest *req, unsigned *budget)
{
    const VirtQueueElement *elem = &req->elem;
    size_t size = iov_size(elem->out_sg, elem->out_num);
    uint32_t command = 0;

    if (elem->out_num && size != sizeof(command)) {
        ballast_malformed(dev, id, "has a command of %zu bytes", size);
        return BALLAST_MALFORMED;
    }
    if (!ballast_check_buffers(dev, id, elem)) {
        return BALLAST_MALFORMED;
    }
    ballast_spend(budget, elem->in_num + 1);
    ballast_count(dev, id, elem->in_num,
                  iov_size(elem->in_sg, elem->in_num));

    iov_to_buf(elem->out_sg, elem->out_num, 0, &command, sizeof(command));
    req->hint_id = virtio_ldl_p(VIRTIO_DEVICE(dev), &command);
    /* What is not sent reads as zeroes; the guest counts on poison. */
    req->hint_usable = !dev->poison_val;
    req->hinted = 0;

    qemu_mutex_lock(&dev->hint_lock);
    QSIMPLEQ_INSERT_TAIL(&dev->hint_todo, req, next);
    qemu_mutex_unlock(&dev->hint_lock);
    qemu_bh_schedule(dev->hint_bh);
    return BALLAST_KEPT;
}

/* Ask the guest for hints, with an id that it cannot have seen yet. */
static void ballast_hint_begin(VirtIOBallast *dev)
{
    qemu_mutex_lock(&dev->hint_lock);
    if (dev->hint_id == UINT32_MAX) {
        dev->hint_id = VIRTIO_BALLAST_CMD_ID_MIN;
    } else {
        dev->hint_id++;
    }
    ballast_hint_enter(dev, BALLAST_HINT_REQUESTED);
    qemu_mutex_unlock(&dev->hint_lock);
    dev->rounds++;
    virtio_notify_config(VIRTIO_DEVICE(dev));
}

/* No hint has any effect after this; @state tells the guest what to do. */
static void ballast_hint_end(VirtIOBallast *dev, BallastHintState state)
{
    bool changed;

    qemu_mutex_lock(&dev->apply_lock);
    qemu_mutex_lock(&dev->hint_lock);
    changed = dev->hint_state != state;
    if (changed) {
        ballast_hint_enter(dev, state);
    }
    qemu_mutex_unlock(&dev->hint_lock);
    qemu_mutex_unlock(&dev->apply_lock);
    if (changed) {
        virtio_notify_config(VIRTIO_DEVICE(dev));
    }
}

/*
 * Hints clear bits of the migration bitmap.  A page that the guest writes to
 * after its hint is dirty again at the next synchronisation, unless the hint
 * is applied after it: so no round may extend over one.
 */
static int ballast_precopy_notify(NotifierWithReturn *n, void *data)
{
    VirtIOBallast *dev = container_of(n, VirtIOBallast, precopy);
    PrecopyNotifyData *pnd = data;

    /* With postcopy the destination may wait for pages that never come. */
    if (!ballast_has_hinting(dev) || migrate_postcopy_ram()) {
        return 0;
    }
    switch (pnd->reason) {
    case PRECOPY_NOTIFY_BEFORE_BITMAP_SYNC:
        ballast_hint_end(dev, BALLAST_HINT_STOP);
        break;
    case PRECOPY_NOTIFY_AFTER_BITMAP_SYNC:
        if (VIRTIO_DEVICE(dev)->vm_running) {
            ballast_hint_begin(dev);
        } else {
            /* The guest wakes up on the destination with its pages back. */
            ballast_hint_end(dev, BALLAST_HINT_DONE);
        }
        break;
    case PRECOPY_NOTIFY_CLEANUP:
        ballast_hint_end(dev, BALLAST_HINT_DONE);
        break;
    default:
        break;
    }
    return 0;
}

/*
 * Queues
 */

typedef BallastVerdict BallastServe(VirtIOBallast *dev, BallastQueueId id,
                                    BallastRequest *req, unsigned *budget);

static BallastServe *const ballast_serve[BALLAST_NR_QUEUES] = {
    [BALLAST_INFLATE] = ballast_serve_frames,
    [BALLAST_DEFLATE] = ballast_serve_frames,
    [BALLAST_STATS] = ballast_serve_stats,
    [BALLAST_HINT] = ballast_serve_hint,
    [BALLAST_REPORT] = ballast_serve_report,
};

/* One turn of a queue.  What is left over waits for serve_bh. */
static void ballast_serve_queue(VirtIOBallast *dev, BallastQueueId id)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtQueue *vq = dev->queue[id].vq;
    unsigned budget = BALLAST_TURN_BLOCKS_MAX;
    BallastRequest *req;
    bool pushed = false;

    if (dev->parked) {
        dev->backlog |= 1u << id;
        return;
    }
    while (budget && (req = virtqueue_pop(vq, sizeof(*req)))) {
        BallastVerdict verdict = ballast_serve[id](dev, id, req, &budget);

        if (verdict == BALLAST_MALFORMED) {
            virtqueue_detach_element(vq, &req->elem, 0);
            g_free(req);
            break;
        }
        if (verdict == BALLAST_SERVED) {
            virtqueue_push(vq, &req->elem, 0);
            g_free(req);
            pushed = true;
        }
    }
    if (pushed) {
        virtio_notify(vdev, vq);
    }
    if (!budget) {
        trace_virtio_ballast_backlog(ballast_queue_name[id]);
        dev->backlog |= 1u << id;
        qemu_bh_schedule(dev->serve_bh);
    }
}

static void ballast_serve_backlog(void *opaque)
{
    VirtIOBallast *dev = opaque;
    uint32_t backlog = dev->backlog;
    int id;

    dev->backlog = 0;
    for (id = 0; id < BALLAST_NR_QUEUES; id++) {
        if ((backlog & (1u << id)) && dev->queue[id].vq) {
            ballast_serve_queue(dev, id);
        }
    }
}

static void ballast_handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(vdev);
    int id;

    for (id = 0; id < BALLAST_NR_QUEUES; id++) {
        if (dev->queue[id].vq == vq) {
            ballast_serve_queue(dev, id);
            return;
        }
    }
}

/* Forget the requests that were taken from a queue and not given back. */
static void ballast_drop_requests(VirtIOBallast *dev, BallastQueueId id)
{
    dev->backlog &= ~(1u << id);
    if (id == BALLAST_STATS && dev->stats_request) {
        virtqueue_detach_element(dev->queue[id].vq, &dev->stats_request->elem,
                                 0);
        g_free(dev->stats_request);
        dev->stats_request = NULL;
    }
    if (id == BALLAST_HINT && dev->queue[id].vq) {
        ballast_hint_drop(dev);
    }
}

static void ballast_queue_reset(VirtIODevice *vdev, uint32_t index)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(vdev);
    int id;

    for (id = 0; id < BALLAST_NR_QUEUES; id++) {
        VirtQueue *vq = dev->queue[id].vq;

        if (vq && virtio_get_queue_index(vq) == index) {
            ballast_drop_requests(dev, id);
        }
    }
}

/* The guest starts over: all of its memory is its own again. */
static void ballast_reset(VirtIODevice *vdev)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(vdev);
    int id;

    for (id = 0; id < BALLAST_NR_QUEUES; id++) {
        ballast_drop_requests(dev, id);
    }
    g_hash_table_remove_all(dev->partial);
    ballast_stats_clear(dev);
    dev->stats_updated = 0;
    dev->poison_val = 0;
    dev->actual = 0;
    dev->parked = true;
}

static void ballast_set_status(VirtIODevice *vdev, uint8_t status)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(vdev);

    if (!vdev->vm_running) {
        if (!dev->parked && dev->queue[BALLAST_HINT].vq) {
            ballast_hint_drain(dev);
        }
        dev->parked = true;
        return;
    }
    if (!dev->parked || !(status & VIRTIO_CONFIG_S_DRIVER_OK)) {
        return;
    }
    /*
     * The driver has started, or the VM has, perhaps on another host: there the
     * statistics buffer that the source held has to be taken again, and nobody
     * will kick for requests that the source had not got to.
     */
    dev->parked = false;
    if (!dev->stats_request) {
        virtqueue_rewind(dev->queue[BALLAST_STATS].vq, 1);
    }
    dev->backlog = (1u << BALLAST_NR_QUEUES) - 1;
    qemu_bh_schedule(dev->serve_bh);
}

/*
 * Configuration, target and migration
 */

static size_t ballast_config_size(VirtIOBallast *dev)
{
    if (virtio_has_feature(dev->host_features,
                           VIRTIO_BALLAST_F_PAGE_POISON)) {
        return sizeof(struct virtio_ballast_config);
    }
    if (virtio_has_feature(dev->host_features,
                           VIRTIO_BALLAST_F_FREE_PAGE_HINT)) {
        return offsetof(struct virtio_ballast_config, poison_val);
    }
    return offsetof(struct virtio_ballast_config, free_page_hint_cmd_id);
}

/* The id that the configuration shows in the present state of hinting. */
static uint32_t ballast_hint_config(VirtIOBallast *dev)
{
    uint32_t id = VIRTIO_BALLAST_CMD_ID_STOP;

    qemu_mutex_lock(&dev->hint_lock);
    if (dev->hint_state == BALLAST_HINT_DONE) {
        id = VIRTIO_BALLAST_CMD_ID_DONE;
    } else if (dev->hint_state != BALLAST_HINT_STOP) {
        id = dev->hint_id;
    }
    qemu_mutex_unlock(&dev->hint_lock);
    return id;
}

static void ballast_get_config(VirtIODevice *vdev, uint8_t *data)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(vdev);
    uint32_t cmd_id = ballast_hint_config(dev);
    struct virtio_ballast_config config = {
        .num_pages = cpu_to_le32(dev->target_pages),
        .actual = cpu_to_le32(dev->actual),
        .free_page_hint_cmd_id = cpu_to_le32(cmd_id),
        .poison_val = cpu_to_le32(dev->poison_val),
    };

    trace_virtio_ballast_get_config(dev->target_pages, dev->actual, cmd_id);
    memcpy(data, &config, ballast_config_size(dev));
}

static int ballast_add_dimm(Object *obj, void *opaque)
{
    uint64_t *size = opaque;

    /* An NVDIMM is a DIMM by inheritance; its memory is not for ballooning. */
    if (!strcmp(object_get_typename(obj), TYPE_PC_DIMM) &&
        DEVICE(obj)->realized) {
        *size += object_property_get_int(obj, PC_DIMM_SIZE_PROP,
                                         &error_abort);
    }
    return 0;
}

static uint64_t ballast_ram_size(void)
{
    uint64_t size = current_machine->ram_size;

    object_child_foreach_recursive(qdev_get_machine(), ballast_add_dimm,
                                   &size);
    return size;
}

/* What the guest has left, whatever it claims to have given away. */
static uint64_t ballast_guest_size(VirtIOBallast *dev)
{
    uint64_t size = ballast_ram_size();
    uint64_t given = (uint64_t)dev->actual << VIRTIO_BALLAST_PFN_SHIFT;

    return size - MIN(size, given);
}

static void ballast_set_config(VirtIODevice *vdev, const uint8_t *data)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(vdev);
    struct virtio_ballast_config config = { 0 };
    uint32_t old = dev->actual;

    memcpy(&config, data, ballast_config_size(dev));
    dev->actual = le32_to_cpu(config.actual);
    dev->poison_val = 0;
    if (virtio_vdev_has_feature(vdev, VIRTIO_BALLAST_F_PAGE_POISON)) {
        dev->poison_val = le32_to_cpu(config.poison_val);
    }
    trace_virtio_ballast_set_config(dev->actual, old, dev->poison_val);
    if (dev->actual != old) {
        qapi_event_send_balloon_change(ballast_guest_size(dev));
    }
}

static uint64_t ballast_get_features(VirtIODevice *vdev, uint64_t features,
                                     Error **errp)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(vdev);

    features |= dev->host_features;
    virtio_add_feature(&features, VIRTIO_BALLAST_F_STATS_VQ);
    return features;
}

static void ballast_set_target(VirtIOBallast *dev, uint32_t pages)
{
    dev->target_pages = pages;
    if (DEVICE(dev)->realized) {
        virtio_notify_config(VIRTIO_DEVICE(dev));
    }
}

/* QMP balloon: @size is what the guest shall have left. */
static void ballast_qmp_balloon(void *opaque, ram_addr_t size)
{
    VirtIOBallast *dev = opaque;
    uint64_t ram_size = ballast_ram_size();

    size = MIN(size, ram_size);
    if (size) {
        ballast_set_target(dev, MIN((ram_size - size) >>
                                    VIRTIO_BALLAST_PFN_SHIFT, UINT32_MAX));
    }
    trace_virtio_ballast_target(size, dev->target_pages);
}

/* QMP query-balloon. */
static void ballast_qmp_query(void *opaque, BalloonInfo *info)
{
    info->actual = ballast_guest_size(opaque);
}

static void ballast_get_target(Object *obj, Visitor *v, const char *name,
                               void *opaque, Error **errp)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(obj);
    uint64_t size = (uint64_t)dev->target_pages << VIRTIO_BALLAST_PFN_SHIFT;

    visit_type_size(v, name, &size, errp);
}

static void ballast_set_target_size(Object *obj, Visitor *v, const char *name,
                                    void *opaque, Error **errp)
{
    uint64_t size, size_max;

    if (!visit_type_size(v, name, &size, errp)) {
        return;
    }
    size_max = MIN(ballast_ram_size(),
                   (uint64_t)UINT32_MAX << VIRTIO_BALLAST_PFN_SHIFT);
    if (size > size_max || !QEMU_IS_ALIGNED(size, BALLAST_PAGE_SIZE)) {
        error_setg(errp, "%s must be a multiple of %u bytes and at most %"
                   PRIu64, name, BALLAST_PAGE_SIZE, size_max);
        return;
    }
    ballast_set_target(VIRTIO_BALLAST(obj), size >> VIRTIO_BALLAST_PFN_SHIFT);
}

static void ballast_get_actual(Object *obj, Visitor *v, const char *name,
                               void *opaque, Error **errp)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(obj);
    uint64_t size = (uint64_t)dev->actual << VIRTIO_BALLAST_PFN_SHIFT;

    visit_type_size(v, name, &size, errp);
}

static bool ballast_has_poison(void *opaque)
{
    return virtio_vdev_has_feature(VIRTIO_DEVICE(opaque),
                                   VIRTIO_BALLAST_F_PAGE_POISON);
}

static int ballast_hint_post_load(void *opaque, int version_id)
{
    VirtIOBallast *dev = opaque;

    if (dev->hint_state >= BALLAST_HINT_NR_STATES ||
        dev->hint_id < VIRTIO_BALLAST_CMD_ID_MIN) {
        error_report("virtio-ballast: migrated hinting state %u of id 0x%x "
                     "is impossible", dev->hint_state, dev->hint_id);
        return -EINVAL;
    }
    return 0;
}

static int ballast_post_load(void *opaque, int version_id)
{
    VirtIOBallast *dev = opaque;

    dev->parked = true;
    if (ballast_stats_polled(dev)) {
        ballast_stats_arm(dev, dev->stats_interval);
    }
    return 0;
}

/* Which host pages are ballooned in part is not migrated: none is, then. */
static const VMStateDescription vmstate_ballast_hint = {
    .name = "virtio-ballast-device/hint",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = ballast_has_hinting,
    .post_load = ballast_hint_post_load,
    .fields = (VMStateField[]) {
        VMSTATE_UINT32(hint_id, VirtIOBallast),
        VMSTATE_UINT32(hint_state, VirtIOBallast),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_ballast_poison = {
    .name = "virtio-ballast-device/poison",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = ballast_has_poison,
    .fields = (VMStateField[]) {
        VMSTATE_UINT32(poison_val, VirtIOBallast),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_ballast_device = {
    .name = "virtio-ballast-device",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = ballast_post_load,
    .fields = (VMStateField[]) {
        VMSTATE_UINT32(target_pages, VirtIOBallast),
        VMSTATE_UINT32(actual, VirtIOBallast),
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription * []) {
        &vmstate_ballast_hint,
        &vmstate_ballast_poison,
        NULL
    },
};

static const VMStateDescription vmstate_ballast = {
    .name = "virtio-ballast",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (VMStateField[]) {
        VMSTATE_VIRTIO_DEVICE,
        VMSTATE_END_OF_LIST()
    },
};

/*
 * Life of a device
 */

static void ballast_add_queue(VirtIOBallast *dev, BallastQueueId id, int size)
{
    dev->queue[id].vq = virtio_add_queue(VIRTIO_DEVICE(dev), size,
                                         ballast_handle_output);
}

static void ballast_realize(DeviceState *qdev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(qdev);
    VirtIOBallast *dev = VIRTIO_BALLAST(qdev);
    bool hints = virtio_has_feature(dev->host_features,
                                    VIRTIO_BALLAST_F_FREE_PAGE_HINT);

    if (hints && !dev->iothread) {
        error_setg(errp, "'free-page-hint' requires 'iothread' to be set");
        return;
    }

    virtio_init(vdev, VIRTIO_BALLAST_DEVICE_ID, ballast_config_size(dev));
    if (qemu_add_balloon_handler(ballast_qmp_balloon, ballast_qmp_query,
                                 dev)) {
        warn_report("virtio-ballast: QMP 'balloon' drives another device; "
                    "use the property 'target-size' of this one");
    }

    dev->partial = g_hash_table_new_full(NULL, NULL, NULL,
                                         ballast_host_page_free);
    dev->serve_bh = qemu_bh_new_guarded(ballast_serve_backlog, dev,
                                        &qdev->mem_reentrancy_guard);
    ballast_add_queue(dev, BALLAST_INFLATE, BALLAST_QUEUE_SIZE);
    ballast_add_queue(dev, BALLAST_DEFLATE, BALLAST_QUEUE_SIZE);
    ballast_add_queue(dev, BALLAST_STATS, BALLAST_QUEUE_SIZE);
    if (hints) {
        ballast_add_queue(dev, BALLAST_HINT, VIRTQUEUE_MAX_SIZE);
        object_ref(OBJECT(dev->iothread));
        dev->hint_bh = aio_bh_new(iothread_get_aio_context(dev->iothread),
                                  ballast_hint_work, dev);
        dev->hint_done_bh = qemu_bh_new_guarded(ballast_hint_return, dev,
                                                &qdev->mem_reentrancy_guard);
        precopy_add_notifier(&dev->precopy);
    }
    if (virtio_has_feature(dev->host_features, VIRTIO_BALLAST_F_REPORTING)) {
        ballast_add_queue(dev, BALLAST_REPORT, BALLAST_REPORT_QUEUE_SIZE);
    }
    ballast_stats_clear(dev);
    dev->parked = true;
}

/* In the iothread, where hint_bh cannot be running at the same time. */
static void ballast_hint_quit(void *opaque)
{
    VirtIOBallast *dev = opaque;

    qemu_bh_delete(dev->hint_bh);
    dev->hint_bh = NULL;
}

static void ballast_unrealize(DeviceState *qdev)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(qdev);
    VirtIOBallast *dev = VIRTIO_BALLAST(qdev);
    int id;

    if (dev->hint_bh) {
        AioContext *ctx = iothread_get_aio_context(dev->iothread);

        precopy_remove_notifier(&dev->precopy);
        aio_context_acquire(ctx);
        aio_wait_bh_oneshot(ctx, ballast_hint_quit, dev);
        aio_context_release(ctx);
        qemu_bh_delete(dev->hint_done_bh);
        dev->hint_done_bh = NULL;
        object_unref(OBJECT(dev->iothread));
    }
    qemu_bh_delete(dev->serve_bh);
    dev->serve_bh = NULL;
    if (dev->stats_timer) {
        timer_free(dev->stats_timer);
        dev->stats_timer = NULL;
        dev->stats_interval = 0;
    }
    qemu_remove_balloon_handler(dev);

    for (id = 0; id < BALLAST_NR_QUEUES; id++) {
        ballast_drop_requests(dev, id);
        if (dev->queue[id].vq) {
            virtio_delete_queue(dev->queue[id].vq);
            dev->queue[id].vq = NULL;
        }
    }
    g_hash_table_destroy(dev->partial);
    dev->partial = NULL;
    virtio_cleanup(vdev);
}

static void ballast_instance_init(Object *obj)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(obj);
    size_t i;

    qemu_mutex_init(&dev->apply_lock);
    qemu_mutex_init(&dev->hint_lock);
    QSIMPLEQ_INIT(&dev->hint_todo);
    QSIMPLEQ_INIT(&dev->hint_done);
    dev->hint_id = VIRTIO_BALLAST_CMD_ID_MIN;
    dev->precopy.notify = ballast_precopy_notify;

    object_property_add(obj, "guest-stats", "guest statistics",
                        ballast_get_stats, NULL, NULL, NULL);
    object_property_add(obj, "guest-stats-polling-interval", "int",
                        ballast_get_stats_interval,
                        ballast_set_stats_interval, NULL, NULL);
    object_property_add(obj, "target-size", "size", ballast_get_target,
                        ballast_set_target_size, NULL, NULL);
    object_property_add(obj, "actual-size", "size", ballast_get_actual,
                        NULL, NULL, NULL);
    for (i = 0; i < ARRAY_SIZE(ballast_counter); i++) {
        object_property_add_uint64_ptr(obj, ballast_counter[i].name,
                                       (void *)dev + ballast_counter[i].offset,
                                       OBJ_PROP_FLAG_READ);
        object_property_set_description(obj, ballast_counter[i].name,
                                        ballast_counter[i].doc);
    }
    for (i = 0; i < ARRAY_SIZE(ballast_property_doc); i++) {
        object_property_set_description(obj, ballast_property_doc[i].name,
                                        ballast_property_doc[i].doc);
    }
}

static void ballast_instance_finalize(Object *obj)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(obj);

    qemu_mutex_destroy(&dev->hint_lock);
    qemu_mutex_destroy(&dev->apply_lock);
}

void virtio_ballast_alias_properties(Object *proxy, VirtIOBallast *dev)
{
    static const char *const name[] = {
        "guest-stats", "guest-stats-polling-interval", "target-size",
        "actual-size",
    };
    size_t i;

    for (i = 0; i < ARRAY_SIZE(name); i++) {
        object_property_add_alias(proxy, name[i], OBJECT(dev), name[i]);
    }
    for (i = 0; i < ARRAY_SIZE(ballast_counter); i++) {
        object_property_add_alias(proxy, ballast_counter[i].name, OBJECT(dev),
                                  ballast_counter[i].name);
    }
}

static Property ballast_properties[] = {
    DEFINE_PROP_BIT("must-tell-host", VirtIOBallast, host_features,
                    VIRTIO_BALLAST_F_MUST_TELL_HOST, true),
    DEFINE_PROP_BIT("deflate-on-oom", VirtIOBallast, host_features,
                    VIRTIO_BALLAST_F_DEFLATE_ON_OOM, false),
    DEFINE_PROP_BIT("free-page-hint", VirtIOBallast, host_features,
                    VIRTIO_BALLAST_F_FREE_PAGE_HINT, false),
    DEFINE_PROP_BIT("page-poison", VirtIOBallast, host_features,
                    VIRTIO_BALLAST_F_PAGE_POISON, true),
    DEFINE_PROP_BIT("free-page-reporting", VirtIOBallast, host_features,
                    VIRTIO_BALLAST_F_REPORTING, false),
    DEFINE_PROP_LINK("iothread", VirtIOBallast, iothread, TYPE_IOTHREAD,
                     IOThread *),
    /* One discard or advice for consecutive frames of a request. */
    DEFINE_PROP_BOOL("coalesce", VirtIOBallast, coalesce, true),
    /* Advise the host that deflated memory will be used. */
    DEFINE_PROP_BOOL("deflate-willneed", VirtIOBallast, deflate_willneed,
                     true),
    DEFINE_PROP_END_OF_LIST(),
};

static void ballast_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    device_class_set_props(dc, ballast_properties);
    dc->vmsd = &vmstate_ballast;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    vdc->realize = ballast_realize;
    vdc->unrealize = ballast_unrealize;
    vdc->reset = ballast_reset;
    vdc->queue_reset = ballast_queue_reset;
    vdc->get_config = ballast_get_config;
    vdc->set_config = ballast_set_config;
    vdc->get_features = ballast_get_features;
    vdc->set_status = ballast_set_status;
    vdc->vmsd = &vmstate_ballast_device;
}

static const TypeInfo ballast_info = {
    .name = TYPE_VIRTIO_BALLAST,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(VirtIOBallast),
    .instance_init = ballast_instance_init,
    .instance_finalize = ballast_instance_finalize,
    .class_init = ballast_class_init,
};

static void ballast_register_types(void)
{
    type_register_static(&ballast_info);
}

type_init(ballast_register_types)
