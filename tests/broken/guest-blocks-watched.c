// SPDX-License-Identifier: GPL-2.0-only
/*
 * No mistake: our driver, watched.  Free blocks that the device was lent and has not returned are
 * given back only when the device has been reset: a warning says that they were not.
 */
#include <linux/bug.h>
#include <linux/page_reporting.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

static bool was_reset;

static inline void watched_reset(struct virtio_device *vdev)
{
	virtio_reset_device(vdev);
	was_reset = true;
}

static int watched_register(struct page_reporting_dev_info *prdev);

#define virtio_reset_device watched_reset
#define page_reporting_register watched_register
#include "../../driver-src/linux/guest/virtio_ballast.c"
#undef page_reporting_register

static int watched_report(struct page_reporting_dev_info *prdev, struct scatterlist *sg,
			  unsigned int nents)
{
	struct virtio_ballast *vb = container_of(prdev, struct virtio_ballast, hint.prdev);
	int ret = virtio_ballast_hint_report(prdev, sg, nents);

	WARN_ON(vb->hint.isolated && !was_reset);
	return ret;
}

static int watched_register(struct page_reporting_dev_info *prdev)
{
	if (prdev->report == virtio_ballast_hint_report)
		prdev->report = watched_report;
	return page_reporting_register(prdev);
}
