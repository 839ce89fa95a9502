/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-ballast: properties and QMP, the size of the balloon among them
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "hw/boards.h"
#include "hw/mem/pc-dimm.h"
#include "trace.h"
#include "ballast-counters.h"
#include "virtio-ballast-internal.h"

static const BallastCounter ballast_counter[] = {
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
    { .name = NULL }
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
    { "device-init-reported",
      "the guest is told which reported memory reads as zeroes; needs "
      "free-page-reporting" },
    { "device-init-on-inflate",
      "the guest is told which pages of its balloon read as zeroes" },
    { "iothread", "where hints are applied" },
    { "coalesce", "one discard for consecutive frames of a request" },
    { "deflate-willneed", "advise the host that deflated memory is used" },
    { "guest-stats", "the guest's statistics, when and what it sent last" },
    { "guest-stats-polling-interval", "seconds; 0: they are not asked for" },
    { "target-size", "size that the balloon shall have, bytes" },
    { "actual-size", "size that the guest says it has, bytes" },
};

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

uint64_t ballast_guest_size(VirtIOBallast *dev)
{
    uint64_t size = ballast_ram_size();
    uint64_t given = (uint64_t)dev->actual << VIRTIO_BALLAST_PFN_SHIFT;

    return size - MIN(size, given);
}

static void ballast_set_target(VirtIOBallast *dev, uint32_t pages)
{
    dev->target_pages = pages;
    if (DEVICE(dev)->realized) {
        virtio_notify_config(VIRTIO_DEVICE(dev));
    }
}

/* QMP balloon: @size is what the guest shall have left. */
void ballast_qmp_balloon(void *opaque, ram_addr_t size)
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
void ballast_qmp_query(void *opaque, BalloonInfo *info)
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

void ballast_add_properties(Object *obj)
{
    size_t i;

    object_property_add(obj, "target-size", "size", ballast_get_target,
                        ballast_set_target_size, NULL, NULL);
    object_property_add(obj, "actual-size", "size", ballast_get_actual,
                        NULL, NULL, NULL);
    ballast_counters_add(obj, ballast_counter);
    for (i = 0; i < ARRAY_SIZE(ballast_property_doc); i++) {
        object_property_set_description(obj, ballast_property_doc[i].name,
                                        ballast_property_doc[i].doc);
    }
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
    ballast_counters_alias(proxy, OBJECT(dev), ballast_counter);
}
