// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest driver for the virtio memory balloon device (Virtio 1.2, section 5.5).
 *
 * What it does, each part only if the device offers it:
 *
 *  - balloon: the host publishes a target size; the guest allocates pages up to it, hands their
 *    frame numbers to the host and keeps its hands off them until it has asked for them back;
 *  - deflate on OOM: before killing anything, a guest out of memory takes pages back;
 *  - statistics: answers the host's polls with counters of the guest's memory management;
 *  - free page hinting: while the host migrates the guest, holds free memory back in large blocks
 *    and names them, so that the host need not copy them;
 *  - free page reporting: lends free blocks to the host a few at a time, for good;
 *  - page poison: tells the host what free pages contain, if the guest relies on that;
 *  - zeroed pages: learns which pages the host has cleared while it had them, so that the guest's
 *    kernel need not do so again.  Only where that kernel makes something of it, see compat.h.
 *
 * Rules that the code below keeps:
 *
 *  - balloon_lock guards the size of the balloon, the frame number buffer and the two queues that
 *    carry it.  Reclaim and the OOM notifier can come from any allocation, and the notifier takes
 *    this lock; so nothing is allocated with it held.
 *  - Every other queue has one user: hinting and statistics a work item each, reporting the page
 *    reporting core, which makes one call at a time.
 *  - state_lock guards "stopped".  Once that is set no callback queues work any more, so that
 *    cancelling the work items is final.
 *  - A wait for the host ends when the queue is broken.  Nobody may be left to wake the waiter
 *    then, so whoever breaks the device wakes everybody: see virtio_ballast_check_health().
 *    While the device is shut down, waits for the balloon end after a while in any case, and those
 *    for blocks with the reset.
 *  - The host writes nothing and forgets nothing of a reported or hinted block once it has returned
 *    its buffer.  Before that, nobody but us may have the block, unless the device was reset: see
 *    virtio_ballast_let_go().  So a shutdown resets before it waits for blocks, and a device that
 *    fails is reset at once.
 *  - A page whose fate the host has not confirmed stays in the balloon until the device is reset.
 *    A reset ends each of the device's claims.
 *  - What the host says of a page's contents is believed of as much as it was asked about, and only
 *    until somebody may have the page: neither a length that is too large nor a page that is let go
 *    without an answer says anything.
 *  - Pages of the balloon are movable.  Whoever moves one holds neither the balloon's lock nor
 *    waits for it: the lock is held while pages are out for being moved.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/oom.h>
#include <linux/slab.h>
#include <linux/virtio_ring.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "virtio_ballast.h"

/* The balloon counts in 4 KiB, the guest's pages may be larger. */
#define UNITS_PER_PAGE		(1U << (PAGE_SHIFT - VIRTIO_BALLAST_PFN_SHIFT))

/* Frame numbers in one inflate or deflate request. */
#define PFNS_PER_REQUEST	256U

/* A bit for each of them: what the host has cleared. */
#define ZEROED_BYTES		(PFNS_PER_REQUEST / BITS_PER_BYTE)

/* Pause before trying again when no page could be had for the balloon. */
#define OUT_OF_PUFF_MS		200

/*
 * How often a device that is being shut down is asked whether it still works, and how many times
 * until it is given up: a legacy device has no way to say that it does not.
 */
#define HEALTH_CHECK_JIFFIES	HZ
#define HEALTH_CHECKS_MAX	10

/* Before notifiers of ordinary priority: what is in the balloon costs nobody anything to lose. */
#define OOM_NOTIFIER_PRIORITY	80

/* Hinting works on the largest blocks the page allocator has. */
#define HINT_ORDER		BALLAST_MAX_ORDER
#define HINT_BLOCK_PAGES	(HINT_BLOCK_BYTES >> PAGE_SHIFT)
#define HINT_BLOCK_BYTES	(PAGE_SIZE << HINT_ORDER)

/* Take what is free and nothing more: no reclaim, no reserves, no complaints. */
#define HINT_GFP		(__GFP_NORETRY | __GFP_NOWARN | __GFP_NOMEMALLOC)

/* One descriptor of the hinting queue is kept back for the command id that ends a round. */
#define HINT_DESCS_RESERVED	1

/*
 * A pageblock is the reporting order that suits the page allocator; on arm64 with 64 KiB pages that
 * would be 512 MiB, which is never free, so report 2 MiB there.
 */
#ifdef CONFIG_ARM64_64K_PAGES
#define REPORTING_ORDER_DEFAULT	5
#else
#define REPORTING_ORDER_DEFAULT	-1
#endif

static int reporting_order = REPORTING_ORDER_DEFAULT;
module_param(reporting_order, int, 0444);
MODULE_PARM_DESC(reporting_order,
		 "Smallest order of free blocks to report to the host (-1: a pageblock's)");

static unsigned int oom_pages = PFNS_PER_REQUEST;
module_param(oom_pages, uint, 0644);
MODULE_PARM_DESC(oom_pages,
		 "Pages of 4 KiB to take back from the balloon each time memory runs out");

static bool hint_allocated;
module_param(hint_allocated, bool, 0644);
MODULE_PARM_DESC(hint_allocated,
		 "Hint free memory by allocating it, even if that clears and so populates it");

/* Queues in the order in which the device numbers those that exist. */
enum virtio_ballast_vq {
	VIRTIO_BALLAST_VQ_INFLATE,
	VIRTIO_BALLAST_VQ_DEFLATE,
	VIRTIO_BALLAST_VQ_STATS,
	VIRTIO_BALLAST_VQ_HINT,
	VIRTIO_BALLAST_VQ_REPORTING,
	VIRTIO_BALLAST_VQ_MAX
};

/* Bits of config_events: what in the configuration has changed since it was last read. */
enum virtio_ballast_config_event {
	VIRTIO_BALLAST_EVENT_CMD_ID,
};

/* What the host says when it returns a buffer. */
struct virtio_ballast_answer {
	bool used;			/* it has */
	unsigned int len;		/* bytes of it that it has written, or says so */
};

/* A command id on its way to the host; the buffer is the host's while it is in flight. */
struct virtio_ballast_cmd {
	__virtio32 id;
	bool in_flight;
};

/* Free page hinting; all but the list of blocks belongs to the work item. */
struct virtio_ballast_hint {
	bool enabled;
	struct workqueue_struct *wq;
	struct work_struct work;
	u32 received;			/* the host's last command, as last read */
	u32 active;			/* the command that started the last round */
	struct virtio_ballast_cmd start;
	struct virtio_ballast_cmd stop;
	spinlock_t lock;		/* guards the lists and counts below */
	struct list_head blocks;	/* those whose buffers the host has returned */
	unsigned long nr_blocks;
	struct list_head sent;		/* those that it has still to look at */
	unsigned long nr_sent;
	struct ballast_shrinker shrinker;
	/* Instead of allocating blocks, see virtio_ballast_hint_report(). */
	struct page_reporting_dev_info prdev;
	unsigned int isolated;		/* in flight */
};

struct virtio_ballast {
	struct virtio_device *vdev;
	struct virtqueue *vqs[VIRTIO_BALLAST_VQ_MAX];

	spinlock_t state_lock;		/* guards stopped and reset */
	bool stopped;
	bool reset;			/* since it was started: nothing is the device's any more */
	bool failed;			/* the device asked for a reset, and was cut off */
	unsigned long config_events;
	wait_queue_head_t acked;	/* the host used a buffer, or something broke */
	struct work_struct resize_work;
	struct work_struct stats_work;
	struct work_struct health_work;

	struct mutex balloon_lock;	/* see the rules above */
	struct balloon_dev_info balloon;
	u32 num_units;			/* size of the balloon, 4 KiB units */
	struct page *kept;		/* of it, until the reset: see virtio_ballast_keep() */
	u32 kept_units;			/* these, which are not to be had from the list */
	unsigned int num_pfns;
	__virtio32 pfns[PFNS_PER_REQUEST];
	u8 zeroed[ZEROED_BYTES];	/* of an inflation, by the host */

	struct virtio_ballast_stat stats[VIRTIO_BALLAST_S_NR];
	struct notifier_block oom_nb;
	struct virtio_ballast_hint hint;
	bool reporting;
	struct page_reporting_dev_info prdev;
};

static bool virtio_ballast_has(const struct virtio_ballast *vb, unsigned int feature)
{
	return virtio_has_feature(vb->vdev, feature);
}

/* Queue work unless the device is being shut down; callable from any context. */
static void virtio_ballast_queue_work(struct virtio_ballast *vb, struct workqueue_struct *wq,
				      struct work_struct *work)
{
	unsigned long flags;

	spin_lock_irqsave(&vb->state_lock, flags);
	if (!vb->stopped)
		queue_work(wq, work);
	spin_unlock_irqrestore(&vb->state_lock, flags);
}

/* Waiting for the host */

/*
 * A device that has met an error it cannot recover from says so in its status and then never
 * answers again.  Break its queues on our side as well, which ends every wait.
 */
static void virtio_ballast_check_health(struct virtio_ballast *vb)
{
	struct virtio_device *vdev = vb->vdev;

	if (!vb->failed && vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_NEEDS_RESET) {
		dev_err(&vdev->dev, "device failed and needs a reset\n");
		vb->failed = true;
		virtio_break_device(vdev);
	}
	/* Also if it was fine: the transport may have broken the queues, and wakes nobody. */
	wake_up(&vb->acked);
}

/* Queue callback: a buffer came back, its owner is waiting. */
static void virtio_ballast_ack(struct virtqueue *vq)
{
	struct virtio_ballast *vb = vq->vdev->priv;

	wake_up(&vb->acked);
}

/* Whether the host has returned the one buffer in @vq, now or before, as @answer says then. */
static bool virtio_ballast_returned(struct virtqueue *vq, struct virtio_ballast_answer *answer)
{
	unsigned int len;

	if (virtqueue_get_buf(vq, &len)) {
		answer->used = true;
		answer->len = len;
	}
	return answer->used;
}

/* The same, or it never will. */
static bool virtio_ballast_answered(struct virtqueue *vq, struct virtio_ballast_answer *answer)
{
	return virtio_ballast_returned(vq, answer) || virtqueue_is_broken(vq);
}

/*
 * End the device's use of everything, and with that all waits for it.  Queues are broken first, so
 * that what still runs neither adds to them nor notifies the device; that ends no wait for a block.
 */
static void virtio_ballast_reset(struct virtio_ballast *vb)
{
	virtio_break_device(vb->vdev);
	virtio_reset_device(vb->vdev);
	spin_lock_irq(&vb->state_lock);
	WRITE_ONCE(vb->reset, true);
	spin_unlock_irq(&vb->state_lock);
	wake_up(&vb->acked);
}

/*
 * The device may have failed, or a queue may be broken because the transport is gone or the device
 * returned what it was not given.  It may still be at work on blocks: these come back by a reset.
 * Nothing else can be had from it then, up to the removal.
 */
static void virtio_ballast_health_work(struct work_struct *work)
{
	struct virtio_ballast *vb = container_of(work, struct virtio_ballast, health_work);
	int i;

	if (READ_ONCE(vb->reset))
		return;
	virtio_ballast_check_health(vb);
	for (i = 0; i < VIRTIO_BALLAST_VQ_MAX; i++)
		if (vb->vqs[i] && virtqueue_is_broken(vb->vqs[i]))
			break;
	if (i == VIRTIO_BALLAST_VQ_MAX)
		return;
	virtio_ballast_reset(vb);
	/* Hinted blocks wait for a command that will not come. */
	if (vb->hint.enabled)
		virtio_ballast_queue_work(vb, vb->hint.wq, &vb->hint.work);
}

/*
 * Whether the device has let go of all memory that it was lent on @vq, though it has not returned
 * the buffers.  Only a reset says so; a queue that is broken is a reason for one.
 */
static bool virtio_ballast_let_go(struct virtio_ballast *vb, struct virtqueue *vq)
{
	unsigned long flags;
	bool over;

	spin_lock_irqsave(&vb->state_lock, flags);
	over = vb->reset;
	if (!over && !vb->stopped && virtqueue_is_broken(vq))
		queue_work(system_freezable_wq, &vb->health_work);
	spin_unlock_irqrestore(&vb->state_lock, flags);
	return over;
}

/* The device is being shut down and does not answer: cut it off, for a reset is next. */
static void virtio_ballast_give_up(struct virtio_ballast *vb)
{
	dev_err(&vb->vdev->dev, "device does not answer and is reset\n");
	vb->failed = true;
	virtio_break_device(vb->vdev);
	wake_up(&vb->acked);
}

/*
 * Wait until the host has used the one buffer in @vq.  While the device is shut down there are no
 * interrupts for configuration changes, so a failure has to be looked for.
 */
static struct virtio_ballast_answer virtio_ballast_await(struct virtio_ballast *vb,
							 struct virtqueue *vq)
{
	struct virtio_ballast_answer answer = {};
	unsigned int checks = 0;

	wait_event(vb->acked, virtio_ballast_answered(vq, &answer) || READ_ONCE(vb->stopped));
	while (!answer.used && !wait_event_timeout(vb->acked, virtio_ballast_answered(vq, &answer),
						   HEALTH_CHECK_JIFFIES)) {
		virtio_ballast_check_health(vb);
		if (++checks == HEALTH_CHECKS_MAX)
			virtio_ballast_give_up(vb);
	}
	return answer;
}

/* The balloon */

/* Append the frame numbers of @page to the request. */
static void virtio_ballast_add_pfns(struct virtio_ballast *vb, struct page *page)
{
	u32 pfn = page_to_pfn(page) * UNITS_PER_PAGE;
	unsigned int i;

	for (i = 0; i < UNITS_PER_PAGE; i++)
		vb->pfns[vb->num_pfns++] = cpu_to_virtio32(vb->vdev, pfn + i);
}

/* Pass the collected frame numbers to the host; false if it did not take notice of them. */
static bool virtio_ballast_tell_host(struct virtio_ballast *vb, struct virtqueue *vq)
{
	struct scatterlist sg;

	sg_init_one(&sg, vb->pfns, sizeof(vb->pfns[0]) * vb->num_pfns);

	/* The queue is empty, so this fails only if it is broken. */
	if (virtqueue_add_outbuf(vq, &sg, 1, vb, GFP_NOWAIT))
		return false;
	virtqueue_kick(vq);
	return virtio_ballast_await(vb, vq).used;
}

/* Whether the host says that all 4 KiB parts of a page are zero, of which @first is the first. */
static bool virtio_ballast_all_zeroed(const struct virtio_ballast *vb, unsigned int first)
{
	unsigned int i;

	for (i = first; i < first + UNITS_PER_PAGE; i++)
		if (!(vb->zeroed[i / BITS_PER_BYTE] & 1U << i % BITS_PER_BYTE))
			return false;
	return true;
}

/* Mark the pages of the request, which the host has in its balloon, that it has cleared. */
static void virtio_ballast_mark_zeroed(struct virtio_ballast *vb)
{
	unsigned int i;

	for (i = 0; i < vb->num_pfns; i += UNITS_PER_PAGE)
		if (virtio_ballast_all_zeroed(vb, i))
			ballast_page_zeroed(pfn_to_page(virtio32_to_cpu(vb->vdev, vb->pfns[i]) /
							UNITS_PER_PAGE));
}

/*
 * The same for pages that are in the balloon from now on, with room for the host to say which of
 * them it has cleared.  These stay as they are: nobody touches what is in the balloon.
 */
static void virtio_ballast_tell_inflated(struct virtio_ballast *vb)
{
	struct virtqueue *vq = vb->vqs[VIRTIO_BALLAST_VQ_INFLATE];
	unsigned int bytes = DIV_ROUND_UP(vb->num_pfns, BITS_PER_BYTE);
	struct virtio_ballast_answer answer;
	struct scatterlist out, in, *sgs[] = { &out, &in };

	if (!virtio_ballast_has(vb, VIRTIO_BALLAST_F_INIT_INFLATE)) {
		virtio_ballast_tell_host(vb, vq);
		return;
	}
	memset(vb->zeroed, 0, sizeof(vb->zeroed));
	sg_init_one(&out, vb->pfns, sizeof(vb->pfns[0]) * vb->num_pfns);
	sg_init_one(&in, vb->zeroed, bytes);
	if (virtqueue_add_sgs(vq, sgs, 1, 1, vb, GFP_NOWAIT))
		return;
	virtqueue_kick(vq);
	answer = virtio_ballast_await(vb, vq);
	if (!answer.used || answer.len > bytes)
		return;
	memset(vb->zeroed + answer.len, 0, sizeof(vb->zeroed) - answer.len);
	virtio_ballast_mark_zeroed(vb);
}

/*
 * Memory in the balloon is no longer the guest's, and the totals say so; unless it can be had back
 * when it is needed, in which case applications should still count on it.
 */
static bool virtio_ballast_managed(const struct virtio_ballast *vb)
{
	return virtio_ballast_has(vb, VIRTIO_BALLAST_F_DEFLATE_ON_OOM);
}

/* A page for the balloon, or NULL.  Frame numbers of the protocol have but 32 bits. */
static struct page *virtio_ballast_alloc_page(void)
{
	struct page *page = balloon_page_alloc();

	if (page && (u64)page_to_pfn(page) * UNITS_PER_PAGE > U32_MAX) {
		put_page(page);
		return NULL;
	}
	return page;
}

/* Move the pages on @pages into the balloon, and tell the host. */
static void virtio_ballast_enqueue(struct virtio_ballast *vb, struct list_head *pages)
{
	struct page *page, *next;

	mutex_lock(&vb->balloon_lock);
	vb->num_pfns = 0;
	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		virtio_ballast_add_pfns(vb, page);
		ballast_page_enqueue(&vb->balloon, page, virtio_ballast_managed(vb));
	}
	vb->num_units += vb->num_pfns;
	/* Unanswered, the host may or may not have dropped them: they are in the balloon. */
	if (vb->num_pfns)
		virtio_ballast_tell_inflated(vb);
	mutex_unlock(&vb->balloon_lock);
}

/* Grow the balloon by one request of up to @units; returns by how much it grew. */
static unsigned int virtio_ballast_inflate(struct virtio_ballast *vb, unsigned int units)
{
	unsigned int got = 0;
	LIST_HEAD(pages);

	/* The allocations may wait for reclaim: collect first, lock then. */
	while (got < units) {
		struct page *page = virtio_ballast_alloc_page();

		if (!page) {
			dev_info_ratelimited(&vb->vdev->dev,
					     "out of puff: got %u of %u pages for the balloon\n",
					     got / UNITS_PER_PAGE, units / UNITS_PER_PAGE);
			break;
		}
		list_add(&page->lru, &pages);
		got += UNITS_PER_PAGE;
	}
	if (got)
		virtio_ballast_enqueue(vb, &pages);
	return got;
}

/* Free a page that has left the balloon. */
static void virtio_ballast_release_page(struct virtio_ballast *vb, struct page *page)
{
	vb->num_units -= UNITS_PER_PAGE;
	ballast_put_page(page);
	cond_resched();
}

static void virtio_ballast_release(struct virtio_ballast *vb, struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		virtio_ballast_release_page(vb, page);
	}
}

/*
 * The host has not confirmed that @page, which is not on the balloon's list, is no longer in the
 * balloon.  It goes on no list: compaction may look at the page, or may own its list entry for the
 * moment.
 */
static void virtio_ballast_keep(struct virtio_ballast *vb, struct page *page)
{
	if (!virtio_ballast_managed(vb))
		adjust_managed_page_count(page, -1);
	set_page_private(page, (unsigned long)vb->kept);
	vb->kept = page;
	vb->kept_units += UNITS_PER_PAGE;
}

/* Undo a deflation that the host has not confirmed. */
static void virtio_ballast_put_back(struct virtio_ballast *vb, struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		virtio_ballast_keep(vb, page);
	}
}

/*
 * Shrink the balloon by one request of up to @units; returns by how much it shrank, which may be
 * less while compaction looks at some of the pages.
 *
 * The host hears of a page before it is free for use.  MUST_TELL_HOST makes that mandatory; without
 * it the order is merely kind to the host, and pages are released even if it cannot listen.
 *
 * The list is not asked for more pages than it can have: it takes that for a mistake.
 */
static unsigned int virtio_ballast_deflate(struct virtio_ballast *vb, unsigned int units)
{
	unsigned int released = 0;
	bool must_tell = virtio_ballast_has(vb, VIRTIO_BALLAST_F_MUST_TELL_HOST);
	struct virtqueue *vq = vb->vqs[VIRTIO_BALLAST_VQ_DEFLATE];
	struct page *page;
	LIST_HEAD(pages);

	mutex_lock(&vb->balloon_lock);
	units = min3(units, vb->num_units - vb->kept_units, PFNS_PER_REQUEST);
	if (must_tell && virtqueue_is_broken(vq))
		units = 0;
	vb->num_pfns = 0;
	while (vb->num_pfns < units) {
		page = ballast_page_dequeue(&vb->balloon, virtio_ballast_managed(vb));
		if (!page)
			break;
		virtio_ballast_add_pfns(vb, page);
		list_add(&page->lru, &pages);
	}
	if (vb->num_pfns) {
		if (virtio_ballast_tell_host(vb, vq) || !must_tell) {
			released = vb->num_pfns;
			virtio_ballast_release(vb, &pages);
		} else {
			virtio_ballast_put_back(vb, &pages);
		}
	}
	mutex_unlock(&vb->balloon_lock);
	return released;
}

/* Free all pages of the balloon of a device that has been reset. */
static void virtio_ballast_drop_all(struct virtio_ballast *vb)
{
	struct page *page;
	LIST_HEAD(pages);

	mutex_lock(&vb->balloon_lock);
	while ((page = vb->kept)) {
		vb->kept = (struct page *)page_private(page);
		set_page_private(page, 0);
		if (!virtio_ballast_managed(vb))
			adjust_managed_page_count(page, 1);
		virtio_ballast_release_page(vb, page);
	}
	vb->kept_units = 0;
	while (vb->num_units) {
		page = ballast_page_dequeue(&vb->balloon, virtio_ballast_managed(vb));
		if (!page) {
			/* The rest is isolated; compaction will fail to move it. */
			msleep(20);
			continue;
		}
		list_add(&page->lru, &pages);
		virtio_ballast_release(vb, &pages);
	}
	mutex_unlock(&vb->balloon_lock);
}

#ifdef BALLAST_MOVABLE
/* First the new one: the host is never left with less than it was promised. */
static bool virtio_ballast_tell_moved(struct virtio_ballast *vb, struct page *newpage,
				      struct page *page)
{
	vb->num_pfns = 0;
	virtio_ballast_add_pfns(vb, newpage);
	virtio_ballast_tell_inflated(vb);
	vb->num_pfns = 0;
	virtio_ballast_add_pfns(vb, page);
	return virtio_ballast_tell_host(vb, vb->vqs[VIRTIO_BALLAST_VQ_DEFLATE]);
}

/*
 * Memory is compacted, or taken offline: @newpage takes the place of @page in the balloon, so that
 * @page can be free memory or part of a larger block.  Both are locked, and @page is isolated.
 *
 * The lock may be held by somebody who allocates memory, or waits for pages to come back: nobody
 * waits for it here, the caller tries again.
 */
static int virtio_ballast_migratepage(struct balloon_dev_info *balloon, struct page *newpage,
				      struct page *page, enum migrate_mode mode)
{
	struct virtio_ballast *vb = container_of(balloon, struct virtio_ballast, balloon);
	int ret = -EAGAIN;

	if ((u64)page_to_pfn(newpage) * UNITS_PER_PAGE > U32_MAX)
		return -EBUSY;
	if (!mutex_trylock(&vb->balloon_lock))
		return -EAGAIN;
	if (READ_ONCE(vb->stopped) || virtqueue_is_broken(vb->vqs[VIRTIO_BALLAST_VQ_INFLATE]))
		goto out_unlock;
	if (virtio_ballast_tell_moved(vb, newpage, page) ||
	    !virtio_ballast_has(vb, VIRTIO_BALLAST_F_MUST_TELL_HOST)) {
		ballast_page_moved(balloon, newpage, page, virtio_ballast_managed(vb));
		ret = 0;
	} else {
		/* @page stays where it is, and nobody may have the other one either. */
		get_page(newpage);
		vb->num_units += UNITS_PER_PAGE;
		virtio_ballast_keep(vb, newpage);
	}
out_unlock:
	mutex_unlock(&vb->balloon_lock);
	return ret;
}
#endif

/* Units that are missing from the balloon, or (negative) are too many in it. */
static s64 virtio_ballast_distance(struct virtio_ballast *vb)
{
	u32 target;
	s64 distance;

	virtio_cread_le(vb->vdev, struct virtio_ballast_config, num_pages, &target);

	mutex_lock(&vb->balloon_lock);
	/* In whole pages, and rather too large than too small. */
	distance = ALIGN((s64)target, UNITS_PER_PAGE) - vb->num_units;
	mutex_unlock(&vb->balloon_lock);
	return distance;
}

/*
 * Let the host know how large the balloon is.  Some transports allocate memory for that, so the
 * lock is not held; whoever writes last has looked at the size after that of anybody else.
 */
static void virtio_ballast_publish_size(struct virtio_ballast *vb)
{
	u32 units;

	if (READ_ONCE(vb->reset))
		return;
	do {
		units = READ_ONCE(vb->num_units);
		virtio_cwrite_le(vb->vdev, struct virtio_ballast_config, actual, &units);
	} while (units != READ_ONCE(vb->num_units));
}

/*
 * One step of the balloon towards its target.  The target is read anew for each step, for it may
 * have moved meanwhile; other work gets its turn between steps.
 */
static void virtio_ballast_resize_work(struct work_struct *work)
{
	struct virtio_ballast *vb = container_of(work, struct virtio_ballast, resize_work);
	s64 distance = virtio_ballast_distance(vb);
	s64 missing = distance < 0 ? -distance : distance;
	unsigned int step = min_t(s64, missing, PFNS_PER_REQUEST);
	enum virtio_ballast_vq vq = distance > 0 ? VIRTIO_BALLAST_VQ_INFLATE :
						   VIRTIO_BALLAST_VQ_DEFLATE;
	unsigned int done;

	if (!distance || virtqueue_is_broken(vb->vqs[vq]))
		return;
	if (distance > 0)
		done = virtio_ballast_inflate(vb, step);
	else
		done = virtio_ballast_deflate(vb, step);
	virtio_ballast_publish_size(vb);

	if (done == missing)
		return;
	if (done < step)
		msleep(OUT_OF_PUFF_MS);
	virtio_ballast_queue_work(vb, system_freezable_wq, &vb->resize_work);
}

/* Statistics */

static void virtio_ballast_set_stat(struct virtio_ballast *vb, unsigned int *n, u16 tag, u64 val)
{
	struct virtio_ballast_stat *stat = &vb->stats[(*n)++];

	/* The ABI header has plain integers here; their byte order is the device's. */
	stat->tag = (__force __u16)cpu_to_virtio16(vb->vdev, tag);
	stat->val = (__force __u64)cpu_to_virtio64(vb->vdev, val);
}

static u64 pages_to_bytes(unsigned long pages)
{
	return (u64)pages << PAGE_SHIFT;
}

#ifdef CONFIG_VM_EVENT_COUNTERS
static unsigned long virtio_ballast_alloc_stalls(const unsigned long *events)
{
	unsigned long stalls = 0;
	int zone;

	/* One for each zone, in their order; the first one may not be there. */
	for (zone = 0; zone < MAX_NR_ZONES; zone++)
		stalls += events[ALLOCSTALL_NORMAL - ZONE_NORMAL + zone];
	return stalls;
}

static void virtio_ballast_event_stats(struct virtio_ballast *vb, unsigned int *n)
{
	unsigned long events[NR_VM_EVENT_ITEMS];

	all_vm_events(events);
	virtio_ballast_set_stat(vb, n, VIRTIO_BALLAST_S_SWAP_IN, pages_to_bytes(events[PSWPIN]));
	virtio_ballast_set_stat(vb, n, VIRTIO_BALLAST_S_SWAP_OUT, pages_to_bytes(events[PSWPOUT]));
	virtio_ballast_set_stat(vb, n, VIRTIO_BALLAST_S_MAJFLT, events[PGMAJFAULT]);
	virtio_ballast_set_stat(vb, n, VIRTIO_BALLAST_S_MINFLT, events[PGFAULT]);
	virtio_ballast_set_stat(vb, n, VIRTIO_BALLAST_S_OOM_KILL, events[OOM_KILL]);
	virtio_ballast_set_stat(vb, n, VIRTIO_BALLAST_S_ALLOC_STALL,
				virtio_ballast_alloc_stalls(events));
	virtio_ballast_set_stat(vb, n, VIRTIO_BALLAST_S_ASYNC_SCAN,
				pages_to_bytes(ballast_reclaim_count(events, PGSCAN_KSWAPD)));
	virtio_ballast_set_stat(vb, n, VIRTIO_BALLAST_S_DIRECT_SCAN,
				pages_to_bytes(ballast_reclaim_count(events, PGSCAN_DIRECT)));
	virtio_ballast_set_stat(vb, n, VIRTIO_BALLAST_S_ASYNC_RECLAIM,
				pages_to_bytes(ballast_reclaim_count(events, PGSTEAL_KSWAPD)));
	virtio_ballast_set_stat(vb, n, VIRTIO_BALLAST_S_DIRECT_RECLAIM,
				pages_to_bytes(ballast_reclaim_count(events, PGSTEAL_DIRECT)));
#ifdef CONFIG_HUGETLB_PAGE
	virtio_ballast_set_stat(vb, n, VIRTIO_BALLAST_S_HTLB_PGALLOC, events[HTLB_BUDDY_PGALLOC]);
	virtio_ballast_set_stat(vb, n, VIRTIO_BALLAST_S_HTLB_PGFAIL,
				events[HTLB_BUDDY_PGALLOC_FAIL]);
#endif
}
#else
static void virtio_ballast_event_stats(struct virtio_ballast *vb, unsigned int *n)
{
}
#endif

/* Collect the statistics and put them on the queue, where the host finds them at its next poll. */
static int virtio_ballast_queue_stats(struct virtio_ballast *vb)
{
	unsigned long caches = global_node_page_state(NR_FILE_PAGES);
	struct scatterlist sg;
	struct sysinfo info;
	unsigned int n = 0;

	si_meminfo(&info);
	virtio_ballast_event_stats(vb, &n);
	virtio_ballast_set_stat(vb, &n, VIRTIO_BALLAST_S_MEMFREE, pages_to_bytes(info.freeram));
	virtio_ballast_set_stat(vb, &n, VIRTIO_BALLAST_S_MEMTOT, pages_to_bytes(info.totalram));
	virtio_ballast_set_stat(vb, &n, VIRTIO_BALLAST_S_AVAIL, pages_to_bytes(si_mem_available()));
	virtio_ballast_set_stat(vb, &n, VIRTIO_BALLAST_S_CACHES, pages_to_bytes(caches));

	sg_init_one(&sg, vb->stats, sizeof(vb->stats[0]) * n);
	return virtqueue_add_outbuf(vb->vqs[VIRTIO_BALLAST_VQ_STATS], &sg, 1, vb, GFP_KERNEL);
}

/* The host polls by returning the buffer: fill it again. */
static void virtio_ballast_stats_work(struct work_struct *work)
{
	struct virtio_ballast *vb = container_of(work, struct virtio_ballast, stats_work);
	struct virtqueue *vq = vb->vqs[VIRTIO_BALLAST_VQ_STATS];
	unsigned int len;

	if (!virtqueue_get_buf(vq, &len))
		return;
	if (!virtio_ballast_queue_stats(vb))
		virtqueue_kick(vq);
}

static void virtio_ballast_stats_request(struct virtqueue *vq)
{
	struct virtio_ballast *vb = vq->vdev->priv;

	virtio_ballast_queue_work(vb, system_freezable_wq, &vb->stats_work);
}

/* Free page hinting */

/* Give up to @nr blocks of @list back to the page allocator; returns how many there were. */
static unsigned long virtio_ballast_hint_free(struct virtio_ballast_hint *hint,
					      struct list_head *list, unsigned long *count,
					      unsigned long nr)
{
	unsigned long released;
	struct page *page;

	for (released = 0; released < nr; released++) {
		spin_lock(&hint->lock);
		if (list_empty(list)) {
			spin_unlock(&hint->lock);
			break;
		}
		page = list_first_entry(list, struct page, lru);
		list_del(&page->lru);
		(*count)--;
		spin_unlock(&hint->lock);

		free_pages((unsigned long)page_address(page), HINT_ORDER);
		cond_resched();
	}
	return released;
}

/* The device is gone, or as good as that: it returns no more buffers. */
static void virtio_ballast_hint_release_all(struct virtio_ballast *vb)
{
	struct virtio_ballast_hint *hint = &vb->hint;

	virtio_ballast_hint_free(hint, &hint->blocks, &hint->nr_blocks, ULONG_MAX);
	virtio_ballast_hint_free(hint, &hint->sent, &hint->nr_sent, ULONG_MAX);
}

static unsigned long virtio_ballast_shrinker_count(struct shrinker *shrinker,
						   struct shrink_control *sc)
{
	struct virtio_ballast *vb = ballast_shrinker_opaque(shrinker);

	return (READ_ONCE(vb->hint.nr_blocks) + READ_ONCE(vb->hint.nr_sent)) * HINT_BLOCK_PAGES;
}

/*
 * Of a block whose hint is still on its way the host may drop what is written from now on: it is
 * not given away before the buffer is back.  Only the work item may look for that.
 */
static unsigned long virtio_ballast_shrinker_scan(struct shrinker *shrinker,
						  struct shrink_control *sc)
{
	struct virtio_ballast *vb = ballast_shrinker_opaque(shrinker);
	unsigned long blocks = DIV_ROUND_UP(sc->nr_to_scan, HINT_BLOCK_PAGES);
	struct virtio_ballast_hint *hint = &vb->hint;

	blocks = virtio_ballast_hint_free(hint, &hint->blocks, &hint->nr_blocks, blocks);
	if (!blocks && READ_ONCE(hint->nr_sent))
		virtio_ballast_queue_work(vb, hint->wq, &hint->work);
	return blocks ? blocks * HINT_BLOCK_PAGES : SHRINK_STOP;
}

/* The host has looked at a block, and does not look again. */
static void virtio_ballast_hint_returned(struct virtio_ballast_hint *hint, struct page *page)
{
	spin_lock(&hint->lock);
	list_move(&page->lru, &hint->blocks);
	hint->nr_sent--;
	hint->nr_blocks++;
	spin_unlock(&hint->lock);
}

/* Take back the buffers that the host is done with. */
static void virtio_ballast_hint_reap(struct virtio_ballast *vb)
{
	struct virtio_ballast_hint *hint = &vb->hint;
	unsigned int len;
	void *token;

	while ((token = virtqueue_get_buf(vb->vqs[VIRTIO_BALLAST_VQ_HINT], &len))) {
		if (token == &hint->start)
			hint->start.in_flight = false;
		else if (token == &hint->stop)
			hint->stop.in_flight = false;
		else if (token == &hint->prdev)
			hint->isolated--;
		else
			virtio_ballast_hint_returned(hint, token);
	}
}

/* Whether to look what has become of the round; callable while waiting. */
static bool virtio_ballast_hint_disturbed(struct virtio_ballast *vb)
{
	return READ_ONCE(vb->stopped) || virtqueue_is_broken(vb->vqs[VIRTIO_BALLAST_VQ_HINT]) ||
	       test_bit(VIRTIO_BALLAST_EVENT_CMD_ID, &vb->config_events);
}

static bool virtio_ballast_hint_all_back(struct virtio_ballast *vb)
{
	virtio_ballast_hint_reap(vb);
	return !vb->hint.nr_sent || virtio_ballast_hint_disturbed(vb);
}

/* The migration is over: all blocks are free memory again, once the host is done with them. */
static void virtio_ballast_hint_done(struct virtio_ballast *vb)
{
	struct virtqueue *vq = vb->vqs[VIRTIO_BALLAST_VQ_HINT];
	struct virtio_ballast_hint *hint = &vb->hint;

	if (!virtio_ballast_hint_all_back(vb)) {
		virtqueue_enable_cb(vq);
		wait_event(vb->acked, virtio_ballast_hint_all_back(vb));
		virtqueue_disable_cb(vq);
	}
	virtio_ballast_hint_free(hint, &hint->blocks, &hint->nr_blocks, ULONG_MAX);
}

/* Whether @cmd, or with NULL a block, can be sent; or there is a reason not to wait for that. */
static bool virtio_ballast_hint_ready(struct virtio_ballast *vb,
				      const struct virtio_ballast_cmd *cmd)
{
	struct virtqueue *vq = vb->vqs[VIRTIO_BALLAST_VQ_HINT];

	virtio_ballast_hint_reap(vb);
	if (virtio_ballast_hint_disturbed(vb))
		return true;
	if (cmd)
		return !cmd->in_flight && vq->num_free;
	return vq->num_free > HINT_DESCS_RESERVED;
}

/* Wait for virtio_ballast_hint_ready().  Only then are interrupts of this queue wanted. */
static void virtio_ballast_hint_wait(struct virtio_ballast *vb,
				     const struct virtio_ballast_cmd *cmd)
{
	struct virtqueue *vq = vb->vqs[VIRTIO_BALLAST_VQ_HINT];

	if (virtio_ballast_hint_ready(vb, cmd))
		return;
	/* The result does not matter: the condition below looks into the ring again. */
	virtqueue_enable_cb(vq);
	wait_event(vb->acked, virtio_ballast_hint_ready(vb, cmd));
	virtqueue_disable_cb(vq);
}

/*
 * Put a command id on the queue; false if the device does not take any more, or has a new command
 * before it has taken the last one.  The work item is queued again for that.
 */
static bool virtio_ballast_hint_send_cmd(struct virtio_ballast *vb, struct virtio_ballast_cmd *cmd,
					 u32 id)
{
	struct virtqueue *vq = vb->vqs[VIRTIO_BALLAST_VQ_HINT];
	struct scatterlist sg;

	virtio_ballast_hint_wait(vb, cmd);
	if (cmd->in_flight)
		return false;
	cmd->id = cpu_to_virtio32(vb->vdev, id);
	sg_init_one(&sg, &cmd->id, sizeof(cmd->id));
	if (virtqueue_add_outbuf(vq, &sg, 1, cmd, GFP_KERNEL))
		return false;
	cmd->in_flight = true;
	virtqueue_kick(vq);
	return true;
}

/* Take one free block and hint it; false when there is no more to be had, or to be sent. */
static bool virtio_ballast_hint_block(struct virtio_ballast *vb)
{
	struct virtqueue *vq = vb->vqs[VIRTIO_BALLAST_VQ_HINT];
	struct virtio_ballast_hint *hint = &vb->hint;
	struct scatterlist sg;
	struct page *page;

	virtio_ballast_hint_wait(vb, NULL);
	if (vq->num_free <= HINT_DESCS_RESERVED)
		return !virtqueue_is_broken(vq);

	page = alloc_pages(HINT_GFP, HINT_ORDER);
	if (!page)
		return false;
	sg_init_one(&sg, page_address(page), HINT_BLOCK_BYTES);
	if (virtqueue_add_inbuf(vq, &sg, 1, page, GFP_KERNEL)) {
		free_pages((unsigned long)page_address(page), HINT_ORDER);
		return false;
	}

	spin_lock(&hint->lock);
	list_add(&page->lru, &hint->sent);
	hint->nr_sent++;
	spin_unlock(&hint->lock);
	virtqueue_kick(vq);
	cond_resched();
	return true;
}

/* The host's current command; the configuration is read only if it may have changed. */
static u32 virtio_ballast_hint_command(struct virtio_ballast *vb)
{
	if (test_and_clear_bit(VIRTIO_BALLAST_EVENT_CMD_ID, &vb->config_events))
		virtio_cread_le(vb->vdev, struct virtio_ballast_config, free_page_hint_cmd_id,
				&vb->hint.received);
	return vb->hint.received;
}

/* Whether the isolated blocks are all back; the hint queue belongs to who reports them. */
static bool virtio_ballast_hint_settled(struct virtio_ballast *vb)
{
	virtio_ballast_hint_reap(vb);
	return !vb->hint.isolated || virtio_ballast_let_go(vb, vb->vqs[VIRTIO_BALLAST_VQ_HINT]);
}

static void virtio_ballast_hint_settle(struct virtio_ballast *vb)
{
	struct virtqueue *vq = vb->vqs[VIRTIO_BALLAST_VQ_HINT];

	if (virtio_ballast_hint_settled(vb))
		return;
	virtqueue_enable_cb(vq);
	wait_event(vb->acked, virtio_ballast_hint_settled(vb));
	virtqueue_disable_cb(vq);
}

/*
 * Hint @nents free blocks.  They are isolated until this returns, and free memory as before after
 * that: a write then is one that the host sees, since it has returned the buffers.
 */
static int virtio_ballast_hint_report(struct page_reporting_dev_info *prdev,
				      struct scatterlist *sgl, unsigned int nents)
{
	struct virtio_ballast *vb = container_of(prdev, struct virtio_ballast, hint.prdev);
	struct virtqueue *vq = vb->vqs[VIRTIO_BALLAST_VQ_HINT];
	struct scatterlist *from, sg;
	unsigned int i;

	if (READ_ONCE(vb->stopped))
		return -ENODEV;
	for_each_sg(sgl, from, nents, i) {
		if (vq->num_free <= HINT_DESCS_RESERVED) {
			virtqueue_kick(vq);
			virtio_ballast_hint_settle(vb);
		}
		sg_init_table(&sg, 1);
		sg_set_page(&sg, sg_page(from), from->length, from->offset);
		if (virtqueue_add_inbuf(vq, &sg, 1, prdev, GFP_NOWAIT | __GFP_NOWARN))
			break;
		vb->hint.isolated++;
	}
	virtqueue_kick(vq);
	virtio_ballast_hint_settle(vb);
	return vb->hint.isolated || i < nents ? -EIO : 0;
}

/* Whether the round is to end. */
static bool virtio_ballast_hint_over(struct virtio_ballast *vb, u32 id)
{
	return READ_ONCE(vb->stopped) || virtio_ballast_hint_command(vb) != id ||
	       virtqueue_is_broken(vb->vqs[VIRTIO_BALLAST_VQ_HINT]);
}

/*
 * A kernel that clears pages when it allocates them would populate all free memory: on a host that
 * has not that much, it would cost the more to get rid of the guest.  So let page reporting isolate
 * the free blocks; it takes its time, and does not look at a block a second time.  If free pages
 * are reported, the host has dropped them already, and there is nothing to hint.
 *
 * A hinted block has old contents after the migration.  To the kernel it has been free all the
 * time: see virtio_ballast_hint_isolates() for when that does no harm.
 */
static void virtio_ballast_hint_isolated(struct virtio_ballast *vb, u32 id)
{
	struct virtio_ballast_hint *hint = &vb->hint;
	int err;

	hint->prdev.report = virtio_ballast_hint_report;
	ballast_set_order(&hint->prdev, REPORTING_ORDER_DEFAULT);
	hint->isolated = 0;
	err = page_reporting_register(&hint->prdev);
	if (err) {
		if (!vb->reporting)
			dev_warn_ratelimited(&vb->vdev->dev,
					     "free pages are not hinted: error %d\n", err);
		return;
	}
	do {
		wait_event(vb->acked, virtio_ballast_hint_disturbed(vb));
	} while (!virtio_ballast_hint_over(vb, id));
	page_reporting_unregister(&hint->prdev);
}

/*
 * Whether to have blocks isolated rather than to allocate them.  Not if the kernel counts on what
 * it wrote into pages when they became free: blocks that are allocated are freed when the migration
 * is over, and written to then, which populates them.
 */
static bool virtio_ballast_hint_isolates(void)
{
	return want_init_on_alloc(HINT_GFP) && !READ_ONCE(hint_allocated) &&
	       !want_init_on_free() && !page_poisoning_enabled_static();
}

/* One round: name the command, then free blocks for as long as it stands, then say "stop". */
static void virtio_ballast_hint_round(struct virtio_ballast *vb, u32 id)
{
	struct virtio_ballast_hint *hint = &vb->hint;

	if (!virtio_ballast_hint_send_cmd(vb, &hint->start, id))
		return;
	hint->active = id;
	if (virtio_ballast_hint_isolates())
		virtio_ballast_hint_isolated(vb, id);
	else
		while (!virtio_ballast_hint_over(vb, id) && virtio_ballast_hint_block(vb))
			continue;
	virtio_ballast_hint_send_cmd(vb, &hint->stop, VIRTIO_BALLAST_CMD_ID_STOP);
}

/*
 * Blocks are kept from one round to the next of the same migration, and are given back on DONE, or
 * under memory pressure; also when the device is broken, for then DONE never comes.
 */
static void virtio_ballast_hint_work(struct work_struct *work)
{
	struct virtio_ballast *vb = container_of(work, struct virtio_ballast, hint.work);
	u32 id = virtio_ballast_hint_command(vb);

	if (id != VIRTIO_BALLAST_CMD_ID_STOP && id != VIRTIO_BALLAST_CMD_ID_DONE &&
	    id != vb->hint.active)
		virtio_ballast_hint_round(vb, id);

	virtio_ballast_hint_reap(vb);
	if (virtio_ballast_let_go(vb, vb->vqs[VIRTIO_BALLAST_VQ_HINT]))
		virtio_ballast_hint_release_all(vb);
	else if (id == VIRTIO_BALLAST_CMD_ID_DONE)
		virtio_ballast_hint_done(vb);
}

/* Forget what the device said before it was reset. */
static void virtio_ballast_hint_reset(struct virtio_ballast_hint *hint)
{
	hint->received = VIRTIO_BALLAST_CMD_ID_STOP;
	hint->active = VIRTIO_BALLAST_CMD_ID_STOP;
	hint->start.in_flight = false;
	hint->stop.in_flight = false;
}

static int virtio_ballast_hint_init(struct virtio_ballast *vb)
{
	struct virtio_ballast_hint *hint = &vb->hint;
	int err;

	if (!virtio_ballast_has(vb, VIRTIO_BALLAST_F_FREE_PAGE_HINT))
		return 0;

	hint->wq = alloc_workqueue("virtio-ballast-hint",
				   WQ_FREEZABLE | WQ_CPU_INTENSIVE | BALLAST_WQ_PERCPU, 0);
	if (!hint->wq)
		return -ENOMEM;

	err = ballast_shrinker_register(&hint->shrinker, "virtio-ballast",
					virtio_ballast_shrinker_count,
					virtio_ballast_shrinker_scan, vb);
	if (err) {
		destroy_workqueue(hint->wq);
		return err;
	}
	hint->enabled = true;
	return 0;
}

static void virtio_ballast_hint_exit(struct virtio_ballast *vb)
{
	if (!vb->hint.enabled)
		return;
	ballast_shrinker_unregister(&vb->hint.shrinker);
	destroy_workqueue(vb->hint.wq);
}

/* Free page reporting */

/*
 * Which of the blocks the host has cleared: those that lie in the first @len bytes.  More bytes
 * than there are say nothing at all.
 */
static void virtio_ballast_report_zeroed(struct page_reporting_dev_info *prdev,
					 struct scatterlist *sg, unsigned int nents,
					 unsigned int len)
{
	struct scatterlist *block;
	u64 total = 0, end = 0;
	int i;

	for_each_sg(sg, block, nents, i)
		total += block->length;
	if (len > total)
		return;
	for_each_sg(sg, block, nents, i) {
		end += block->length;
		if (end > len)
			break;
		ballast_block_zeroed(prdev, i);
	}
}

/* Lend @nents free blocks to the host.  They are isolated until this returns. */
static int virtio_ballast_report(struct page_reporting_dev_info *prdev, struct scatterlist *sg,
				 unsigned int nents)
{
	struct virtio_ballast *vb = container_of(prdev, struct virtio_ballast, prdev);
	struct virtqueue *vq = vb->vqs[VIRTIO_BALLAST_VQ_REPORTING];
	struct virtio_ballast_answer answer = {};
	int err;

	if (READ_ONCE(vb->stopped))
		return -ENODEV;
	/* The queue is empty and has room for all of them: nothing is allocated. */
	err = virtqueue_add_inbuf(vq, sg, nents, vb, GFP_NOWAIT | __GFP_NOWARN);
	if (err)
		return err;
	virtqueue_kick(vq);
	/* On an error the blocks become free again, too. */
	wait_event(vb->acked,
		   virtio_ballast_returned(vq, &answer) || virtio_ballast_let_go(vb, vq));
	if (!answer.used)
		return -EIO;
	if (virtio_ballast_has(vb, VIRTIO_BALLAST_F_INIT_REPORTED))
		virtio_ballast_report_zeroed(prdev, sg, nents, answer.len);
	return 0;
}

/* Start reporting if we can.  If not, it is the host's loss, and no reason to fail. */
static void virtio_ballast_start_reporting(struct virtio_ballast *vb)
{
	struct device *dev = &vb->vdev->dev;
	int order = reporting_order, err;
	unsigned int capacity;

	if (!virtio_ballast_has(vb, VIRTIO_BALLAST_F_REPORTING))
		return;
	capacity = virtqueue_get_vring_size(vb->vqs[VIRTIO_BALLAST_VQ_REPORTING]);

	/* A report takes as many descriptors as it has blocks. */
	if (!ballast_set_capacity(&vb->prdev, capacity)) {
		dev_warn(dev, "reporting queue is too short, free pages are not reported\n");
		return;
	}

	vb->prdev.report = virtio_ballast_report;
	if (order < -1 || order > BALLAST_MAX_ORDER) {
		dev_warn(dev, "reporting_order %d is not an order, using the default\n", order);
		order = REPORTING_ORDER_DEFAULT;
	}
	ballast_set_order(&vb->prdev, order);
	/* The kernel has room for one reporter, which may be another device. */
	err = page_reporting_register(&vb->prdev);
	if (err)
		dev_warn(dev, "free pages are not reported: error %d\n", err);
	vb->reporting = !err;
}

static void virtio_ballast_stop_reporting(struct virtio_ballast *vb)
{
	if (vb->reporting)
		page_reporting_unregister(&vb->prdev);
	vb->reporting = false;
}

/* Out of memory */

static int virtio_ballast_oom_notify(struct notifier_block *nb, unsigned long dummy, void *parm)
{
	struct virtio_ballast *vb = container_of(nb, struct virtio_ballast, oom_nb);
	unsigned long *freed = parm;
	u64 units = READ_ONCE(oom_pages);
	unsigned int released, step;
	unsigned long total = 0;

	while (units) {
		step = min_t(u64, units, PFNS_PER_REQUEST);
		released = virtio_ballast_deflate(vb, step);
		if (!released)
			break;
		total += released;
		units -= released;
	}
	if (total) {
		*freed += total / UNITS_PER_PAGE;
		virtio_ballast_publish_size(vb);
	}
	return NOTIFY_OK;
}

static int virtio_ballast_oom_init(struct virtio_ballast *vb)
{
	if (!virtio_ballast_has(vb, VIRTIO_BALLAST_F_DEFLATE_ON_OOM))
		return 0;
	vb->oom_nb.notifier_call = virtio_ballast_oom_notify;
	vb->oom_nb.priority = OOM_NOTIFIER_PRIORITY;
	return register_oom_notifier(&vb->oom_nb);
}

static void virtio_ballast_oom_exit(struct virtio_ballast *vb)
{
	if (virtio_ballast_has(vb, VIRTIO_BALLAST_F_DEFLATE_ON_OOM))
		unregister_oom_notifier(&vb->oom_nb);
}

/* The device */

/*
 * The configuration has changed, or the device has failed.  Neither can be told apart here, where
 * the registers may not be read: leave that to the work items.
 */
static void virtio_ballast_changed(struct virtio_device *vdev)
{
	struct virtio_ballast *vb = vdev->priv;

	virtio_ballast_queue_work(vb, system_freezable_wq, &vb->health_work);
	virtio_ballast_queue_work(vb, system_freezable_wq, &vb->resize_work);
	if (vb->hint.enabled) {
		set_bit(VIRTIO_BALLAST_EVENT_CMD_ID, &vb->config_events);
		virtio_ballast_queue_work(vb, vb->hint.wq, &vb->hint.work);
	}
}

/* Only a reset ends the device's use of queues that it was shown, and lets them be shown again. */
static void virtio_ballast_del_vqs(struct virtio_ballast *vb)
{
	virtio_reset_device(vb->vdev);
	vb->vdev->config->del_vqs(vb->vdev);
}

static int virtio_ballast_find_vqs(struct virtio_ballast *vb)
{
	vq_callback_t *callbacks[VIRTIO_BALLAST_VQ_MAX] = {
		[VIRTIO_BALLAST_VQ_INFLATE] = virtio_ballast_ack,
		[VIRTIO_BALLAST_VQ_DEFLATE] = virtio_ballast_ack,
	};
	const char *names[VIRTIO_BALLAST_VQ_MAX] = {
		[VIRTIO_BALLAST_VQ_INFLATE] = "inflate",
		[VIRTIO_BALLAST_VQ_DEFLATE] = "deflate",
	};
	int err;

	/* A queue without a name does not exist, and takes no number. */
	if (virtio_ballast_has(vb, VIRTIO_BALLAST_F_STATS_VQ)) {
		names[VIRTIO_BALLAST_VQ_STATS] = "stats";
		callbacks[VIRTIO_BALLAST_VQ_STATS] = virtio_ballast_stats_request;
	}
	if (virtio_ballast_has(vb, VIRTIO_BALLAST_F_FREE_PAGE_HINT)) {
		names[VIRTIO_BALLAST_VQ_HINT] = "free_page_hint";
		callbacks[VIRTIO_BALLAST_VQ_HINT] = virtio_ballast_ack;
	}
	if (virtio_ballast_has(vb, VIRTIO_BALLAST_F_REPORTING)) {
		names[VIRTIO_BALLAST_VQ_REPORTING] = "free_page_reporting";
		callbacks[VIRTIO_BALLAST_VQ_REPORTING] = virtio_ballast_ack;
	}
	err = ballast_find_vqs(vb->vdev, VIRTIO_BALLAST_VQ_MAX, vb->vqs, callbacks, names);
	if (err)
		return err;

	/* One for the frames, and another for what the host says of them. */
	if (virtio_ballast_has(vb, VIRTIO_BALLAST_F_INIT_INFLATE) &&
	    virtqueue_get_vring_size(vb->vqs[VIRTIO_BALLAST_VQ_INFLATE]) < 2) {
		virtio_ballast_del_vqs(vb);
		return -ENOSPC;
	}

	if (vb->vqs[VIRTIO_BALLAST_VQ_HINT]) {
		/* Commands need one descriptor, and a block another. */
		if (virtqueue_get_vring_size(vb->vqs[VIRTIO_BALLAST_VQ_HINT]) <=
		    HINT_DESCS_RESERVED) {
			virtio_ballast_del_vqs(vb);
			return -ENOSPC;
		}
		virtqueue_disable_cb(vb->vqs[VIRTIO_BALLAST_VQ_HINT]);
	}
	return 0;
}

/* Tell the host what it finds in free pages, so that it preserves just that. */
static void virtio_ballast_publish_poison(struct virtio_ballast *vb)
{
	u32 poison = 0;

	if (!virtio_ballast_has(vb, VIRTIO_BALLAST_F_PAGE_POISON))
		return;
	if (!want_init_on_free())
		memset(&poison, PAGE_POISON, sizeof(poison));
	virtio_cwrite_le(vb->vdev, struct virtio_ballast_config, poison_val, &poison);
}

/* Bring the device to life, with its queues in place; nothing here can fail. */
static void virtio_ballast_start(struct virtio_ballast *vb)
{
	struct virtqueue *stats_vq = vb->vqs[VIRTIO_BALLAST_VQ_STATS];
	bool stats = stats_vq && !virtio_ballast_queue_stats(vb);

	virtio_ballast_hint_reset(&vb->hint);
	virtio_ballast_publish_poison(vb);
	vb->failed = false;
	WRITE_ONCE(vb->reset, false);
	WRITE_ONCE(vb->stopped, false);
	virtio_device_ready(vb->vdev);

	/* The host polls by returning a buffer, so it needs one to begin with. */
	if (stats)
		virtqueue_kick(stats_vq);
	virtio_ballast_start_reporting(vb);
	/* A target or a command that was there before us raises no interrupt. */
	virtio_ballast_changed(vb->vdev);
}

/*
 * Nobody makes requests any more, and who waits for one has to look after the device's health from
 * now on, which he learns from this.
 */
static void virtio_ballast_shut_down(struct virtio_ballast *vb)
{
	spin_lock_irq(&vb->state_lock);
	WRITE_ONCE(vb->stopped, true);
	spin_unlock_irq(&vb->state_lock);
	virtio_ballast_check_health(vb);
}

/*
 * Stop everything that makes requests, take all pages back and let go of the device.
 *
 * The balloon is emptied while the device can hear of it.  Free blocks that were reported or hinted
 * are another matter: while a migration stalls, for instance, their buffers do not come back.  They
 * are waited for after the reset, for the device has no use for them then.
 */
static void virtio_ballast_stop(struct virtio_ballast *vb)
{
	virtio_ballast_shut_down(vb);
	cancel_work_sync(&vb->resize_work);
	cancel_work_sync(&vb->stats_work);
	while (virtio_ballast_deflate(vb, PFNS_PER_REQUEST))
		continue;
	virtio_ballast_publish_size(vb);

	virtio_ballast_reset(vb);
	virtio_ballast_stop_reporting(vb);
	cancel_work_sync(&vb->hint.work);
	cancel_work_sync(&vb->health_work);
	/* What the host would not answer for, it has lost its claim to. */
	virtio_ballast_drop_all(vb);
	virtio_ballast_hint_release_all(vb);
	vb->vdev->config->del_vqs(vb->vdev);
}

static struct virtio_ballast *virtio_ballast_alloc(struct virtio_device *vdev)
{
	struct virtio_ballast *vb = kzalloc(sizeof(*vb), GFP_KERNEL);

	if (!vb)
		return NULL;
	vb->vdev = vdev;
	vb->stopped = true;
	spin_lock_init(&vb->state_lock);
	mutex_init(&vb->balloon_lock);
	init_waitqueue_head(&vb->acked);
	INIT_WORK(&vb->resize_work, virtio_ballast_resize_work);
	INIT_WORK(&vb->stats_work, virtio_ballast_stats_work);
	INIT_WORK(&vb->health_work, virtio_ballast_health_work);
	INIT_WORK(&vb->hint.work, virtio_ballast_hint_work);
	spin_lock_init(&vb->hint.lock);
	INIT_LIST_HEAD(&vb->hint.blocks);
	INIT_LIST_HEAD(&vb->hint.sent);
	ballast_devinfo_init(&vb->balloon, virtio_ballast_managed(vb));
#ifdef BALLAST_MOVABLE
	vb->balloon.migratepage = virtio_ballast_migratepage;
#endif
	vdev->priv = vb;
	return vb;
}

static int virtio_ballast_probe(struct virtio_device *vdev)
{
	struct virtio_ballast *vb;
	int err;

	if (!vdev->config->get) {
		dev_err(&vdev->dev, "no access to the device's configuration\n");
		return -EINVAL;
	}
	vb = virtio_ballast_alloc(vdev);
	if (!vb)
		return -ENOMEM;

	err = virtio_ballast_find_vqs(vb);
	if (err)
		goto out_free;
	err = virtio_ballast_hint_init(vb);
	if (err)
		goto out_del_vqs;
	err = virtio_ballast_oom_init(vb);
	if (err)
		goto out_hint_exit;

	virtio_ballast_start(vb);
	return 0;

out_hint_exit:
	virtio_ballast_hint_exit(vb);
out_del_vqs:
	virtio_ballast_del_vqs(vb);
out_free:
	kfree(vb);
	return err;
}

static void virtio_ballast_remove(struct virtio_device *vdev)
{
	struct virtio_ballast *vb = vdev->priv;

	/* The notifier may be waiting for the host: it is let go before it is waited for. */
	virtio_ballast_shut_down(vb);
	virtio_ballast_oom_exit(vb);
	virtio_ballast_stop(vb);
	virtio_ballast_hint_exit(vb);
	kfree(vb);
}

#ifdef CONFIG_PM_SLEEP
/*
 * The host forgets the balloon while the guest sleeps, so it is emptied first.  The work queues are
 * frozen by now; the OOM notifier and the shrinker stay, and find nothing to give.
 */
static int virtio_ballast_freeze(struct virtio_device *vdev)
{
	virtio_ballast_stop(vdev->priv);
	return 0;
}

static int virtio_ballast_restore(struct virtio_device *vdev)
{
	struct virtio_ballast *vb = vdev->priv;
	int err;

	err = virtio_ballast_find_vqs(vb);
	if (err)
		return err;
	virtio_ballast_start(vb);
	virtio_ballast_publish_size(vb);
	return 0;
}
#endif

/* Give up features that would do harm, before they are agreed upon. */
static int virtio_ballast_validate(struct virtio_device *vdev)
{
	/*
	 * If the kernel counts on what is in free pages, the host must know about it, lest a page
	 * comes back from it with other contents.
	 */
	if (!want_init_on_free() && !page_poisoning_enabled_static())
		__virtio_clear_bit(vdev, VIRTIO_BALLAST_F_PAGE_POISON);
	else if (!virtio_has_feature(vdev, VIRTIO_BALLAST_F_PAGE_POISON))
		__virtio_clear_bit(vdev, VIRTIO_BALLAST_F_REPORTING);

	/* Where free pages have a pattern, a page that the host has cleared is a broken one. */
	if (!ballast_knows_zeroed() || page_poisoning_enabled_static()) {
		__virtio_clear_bit(vdev, VIRTIO_BALLAST_F_INIT_REPORTED);
		__virtio_clear_bit(vdev, VIRTIO_BALLAST_F_INIT_INFLATE);
	}
	if (!virtio_has_feature(vdev, VIRTIO_BALLAST_F_REPORTING))
		__virtio_clear_bit(vdev, VIRTIO_BALLAST_F_INIT_REPORTED);

	/*
	 * Tables of indirect descriptors would be allocated while the blocks of a report are
	 * missing from the free lists, that is when memory may be short because of the report.
	 */
	__virtio_clear_bit(vdev, VIRTIO_RING_F_INDIRECT_DESC);

	/* What is passed are the guest's page frames themselves; translated ones mean nothing. */
	__virtio_clear_bit(vdev, VIRTIO_F_ACCESS_PLATFORM);
	return 0;
}

static const struct virtio_device_id virtio_ballast_id_table[] = {
	{ VIRTIO_BALLAST_DEVICE_ID, VIRTIO_DEV_ANY_ID },
	{ 0 },
};
MODULE_DEVICE_TABLE(virtio, virtio_ballast_id_table);

static const unsigned int virtio_ballast_features[] = {
	VIRTIO_BALLAST_F_MUST_TELL_HOST,
	VIRTIO_BALLAST_F_STATS_VQ,
	VIRTIO_BALLAST_F_DEFLATE_ON_OOM,
	VIRTIO_BALLAST_F_FREE_PAGE_HINT,
	VIRTIO_BALLAST_F_PAGE_POISON,
	VIRTIO_BALLAST_F_REPORTING,
	VIRTIO_BALLAST_F_INIT_REPORTED,
	VIRTIO_BALLAST_F_INIT_INFLATE,
};

static struct virtio_driver virtio_ballast_driver = {
	.driver.name = KBUILD_MODNAME,
	.driver.owner = THIS_MODULE,
	.id_table = virtio_ballast_id_table,
	.feature_table = virtio_ballast_features,
	.feature_table_size = ARRAY_SIZE(virtio_ballast_features),
	.validate = virtio_ballast_validate,
	.probe = virtio_ballast_probe,
	.remove = virtio_ballast_remove,
	.config_changed = virtio_ballast_changed,
#ifdef CONFIG_PM_SLEEP
	.freeze = virtio_ballast_freeze,
	.restore = virtio_ballast_restore,
#endif
};
module_virtio_driver(virtio_ballast_driver);

MODULE_DESCRIPTION("Virtio memory balloon driver of Ballast");
MODULE_LICENSE("GPL");
