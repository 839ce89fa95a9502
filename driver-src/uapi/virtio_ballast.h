/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * ABI between the virtio_ballast guest driver and the virtio-ballast device.
 *
 * The device is a memory balloon device as the virtio specification defines it (Virtio 1.2,
 * section 5.5, device id 5), so that the guest drivers and devices which others ship work with
 * the matching half of ours.  Numbers below are the specification's; the names are ours.
 */
#ifndef _UAPI_VIRTIO_BALLAST_H
#define _UAPI_VIRTIO_BALLAST_H

#include <linux/types.h>

/* Virtio 1.2, section 5.5: "Memory balloon device". */
#define VIRTIO_BALLAST_DEVICE_ID	5

/* Feature bits, section 5.5.3. */
#define VIRTIO_BALLAST_F_MUST_TELL_HOST	0 /* deflated pages may be used only once told */
#define VIRTIO_BALLAST_F_STATS_VQ	1 /* statistics virtqueue exists */
#define VIRTIO_BALLAST_F_DEFLATE_ON_OOM	2 /* guest may deflate when out of memory */
#define VIRTIO_BALLAST_F_FREE_PAGE_HINT	3 /* free page hinting virtqueue exists */
#define VIRTIO_BALLAST_F_PAGE_POISON	4 /* poison_val is valid: free pages hold it */
#define VIRTIO_BALLAST_F_REPORTING	5 /* free page reporting virtqueue exists */

/*
 * Proposed in 2026 and in no version of the specification: issues 244 and 242 of virtio-spec (the
 * latter began as bit 6).  "Initialized" is all zero, or, with F_PAGE_POISON, filled with
 * poison_val.
 *
 * INIT_REPORTED: the used length of a report says how much of its buffers, from the first one on,
 * the device has initialized; of what is behind nothing is known.
 *
 * INIT_INFLATE: behind its list of frames an inflate request has buffers for a bit for each frame,
 * the lowest bit of the first byte for the first one, rounded up to bytes.  The device sets the bit
 * of a frame that it has initialized.  Of what is behind the used length nothing is known.
 */
#define VIRTIO_BALLAST_F_INIT_REPORTED	6
#define VIRTIO_BALLAST_F_INIT_INFLATE	7

/* Pages of the balloon are always 4 KiB, whatever the page size of guest and host. */
#define VIRTIO_BALLAST_PFN_SHIFT	12

/* Section 5.5.6.5: values of free_page_hint_cmd_id with a meaning of their own. */
#define VIRTIO_BALLAST_CMD_ID_STOP	0u /* no hints are wanted */
#define VIRTIO_BALLAST_CMD_ID_DONE	1u /* hinted pages may be used again */
#define VIRTIO_BALLAST_CMD_ID_MIN	0x80000000u /* first id that starts a round */

/* Device configuration, section 5.5.4; all fields little endian. */
struct virtio_ballast_config {
	__le32 num_pages;		/* target size of the balloon, 4 KiB pages, by the device */
	__le32 actual;			/* size of the balloon, 4 KiB pages, by the driver */
	__le32 free_page_hint_cmd_id;	/* F_FREE_PAGE_HINT, by the device */
	__le32 poison_val;		/* F_PAGE_POISON, by the driver */
};

/*
 * Statistics, section 5.5.6.3: tag and value, packed, in the byte order of the guest.  Tags from
 * 10 on are what Linux sends since 6.12; amounts are in bytes.
 */
enum virtio_ballast_stat_tag {
	VIRTIO_BALLAST_S_SWAP_IN	= 0, /* bytes swapped in */
	VIRTIO_BALLAST_S_SWAP_OUT	= 1, /* bytes swapped out */
	VIRTIO_BALLAST_S_MAJFLT		= 2, /* major faults */
	VIRTIO_BALLAST_S_MINFLT		= 3, /* minor faults */
	VIRTIO_BALLAST_S_MEMFREE	= 4, /* unused bytes */
	VIRTIO_BALLAST_S_MEMTOT		= 5, /* total bytes */
	VIRTIO_BALLAST_S_AVAIL		= 6, /* bytes available without swapping */
	VIRTIO_BALLAST_S_CACHES		= 7, /* page cache, bytes */
	VIRTIO_BALLAST_S_HTLB_PGALLOC	= 8, /* successful hugetlb allocations */
	VIRTIO_BALLAST_S_HTLB_PGFAIL	= 9, /* failed hugetlb allocations */
	VIRTIO_BALLAST_S_OOM_KILL	= 10, /* tasks that the OOM killer ended */
	VIRTIO_BALLAST_S_ALLOC_STALL	= 11, /* allocations that had to reclaim themselves */
	VIRTIO_BALLAST_S_ASYNC_SCAN	= 12, /* bytes that kswapd looked at */
	VIRTIO_BALLAST_S_DIRECT_SCAN	= 13, /* bytes that allocations looked at */
	VIRTIO_BALLAST_S_ASYNC_RECLAIM	= 14, /* bytes that kswapd reclaimed */
	VIRTIO_BALLAST_S_DIRECT_RECLAIM	= 15, /* bytes that allocations reclaimed */
	VIRTIO_BALLAST_S_NR		= 16,
};

struct virtio_ballast_stat {
	__u16 tag;
	__u64 val;
} __attribute__((packed));

#endif /* _UAPI_VIRTIO_BALLAST_H */
