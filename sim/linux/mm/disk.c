// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's disks: one with the swap file, one with the files.
 *
 * A disk serves requests as the host's do (host-model/disk.h); what it has done is
 * handled by an interrupt on vCPU 0, which sets pages free and wakes tasks.  Contents move when
 * a request is made: its pages are locked or marked as being written until it is done.
 *
 * With cache=none a request goes to the host's disk as it is (O_DIRECT).  Left out: the virtual
 * disk's rings, exits and VMM threads; such I/O takes no CPU of the host.  With cache=writeback a
 * thread of the VMM serves it through the host's page cache (host-model/cached_disk.h).  Either
 * way the host sees the pages: those that it has swapped out itself are read in before they are
 * written.
 */
#include "user.h"

/* Requests of a disk under way: nr_requests of a blk-mq queue with a scheduler. */
#define DISK_REQUESTS_MAX 256

static void disk_irq(struct timer_list *timer);

struct guest_disk *guest_disk_create(struct kernel *kernel, struct disk_extent *extent,
				     struct cached_disk *cached)
{
	struct guest_disk *disk = host_alloc(sizeof(*disk));

	disk->kernel = kernel;
	INIT_LIST_HEAD(&disk->busy);
	INIT_LIST_HEAD(&disk->done);
	init_waitqueue_head(&disk->tag_wait);
	timer_setup(&disk->irq, disk_irq, 0);
	disk->extent = extent;
	disk->cached = cached;
	if (cached)
		cached_disk_attach(cached, kernel->vm);
	return disk;
}

static void page_io_release(struct disk_request *rq)
{
	host_free(container_of(rq, struct page_io, rq));
}

void guest_disk_destroy(struct guest_disk *disk)
{
	struct page_io *io, *next;

	if (!disk)
		return;
	list_for_each_entry_safe(io, next, &disk->busy, list) {
		if (disk->cached)
			host_free(io);
		else
			disk_abandon(&io->rq, page_io_release);
	}
	list_for_each_entry_safe(io, next, &disk->done, list)
		host_free(io);
	del_timer(&disk->irq);
	if (!disk->cached)
		disk_put_extent(disk->extent);
	host_free(disk);
}

void set_page_writeback(struct page *page)
{
	SetPageWriteback(page);
	if (page_is_file_lru(page))
		this_user->nr_file_writeback++;
	mod_node_page_state(this_kernel->pgdat, NR_WRITEBACK, 1);
	mod_zone_page_state(page_zone(page), NR_ZONE_WRITE_PENDING, 1);
}

static void end_page_writeback(struct page *page)
{
	wait_queue_head_t *wq = page_waitqueue(page);

	mod_node_page_state(this_kernel->pgdat, NR_WRITEBACK, -1);
	mod_zone_page_state(page_zone(page), NR_ZONE_WRITE_PENDING, -1);
	if (PageReclaim(page)) {
		ClearPageReclaim(page);
		rotate_reclaimable_page(page);
	}
	ClearPageWriteback(page);
	if (page_is_file_lru(page))
		this_user->nr_file_writeback--;
	acct_reclaim_writeback();
	if (waitqueue_active(wq))
		wake_up_all(wq);
}

static void end_page_io(struct page_io *io)
{
	u32 i;

	for (i = 0; i < io->rq.nr; i++) {
		struct page *page = pfn_to_page(io->pfn[i]);

		if (io->rq.write) {
			end_page_writeback(page);
		} else {
			SetPageUptodate(page);
			unlock_page(page);
		}
	}
	if (waitqueue_active(&this_user->dirty_wait))
		wake_up_all(&this_user->dirty_wait);
	host_free(io);
}

static void disk_irq(struct timer_list *timer)
{
	struct guest_disk *disk = container_of(timer, struct guest_disk, irq);

	while (!list_empty(&disk->done)) {
		struct page_io *io = list_first_entry(&disk->done, struct page_io, list);

		list_del(&io->list);
		disk->nr_busy--;
		end_page_io(io);
	}
	if (waitqueue_active(&disk->tag_wait) && disk->nr_busy < DISK_REQUESTS_MAX)
		wake_up_all(&disk->tag_wait);
}

/* The device is done; in an event, so the guest's CPU has to be told. */
static void request_complete(struct disk_request *rq)
{
	struct page_io *io = container_of(rq, struct page_io, rq);
	struct guest_disk *disk = io->disk;
	struct kernel *old = coro_current->ctx.kernel;

	list_move_tail(&io->list, &disk->done);
	coro_current->ctx.kernel = disk->kernel;
	if (!timer_pending(&disk->irq))
		mod_timer_ns(&disk->irq, 0);
	coro_current->ctx.kernel = old;
}

/* With nobody who could wait, or a device that needs no time of its own, it is done at once. */
static void page_io_submit(struct page_io *io)
{
	struct guest_disk *disk = io->disk;

	if (!coro_current->ctx.thread || !disk->extent) {
		end_page_io(io);
		return;
	}
	if (user_can_block()) {
		cond_resched();
		/*
		 * As blk_mq_get_tag(): reclaim is no faster than the disk, or it would fill the
		 * swap file with pages that are not freed yet.
		 */
		wait_event(disk->tag_wait, disk->nr_busy < DISK_REQUESTS_MAX);
	}
	disk->nr_busy++;
	list_add_tail(&io->list, &disk->busy);
	if (disk->cached)
		cached_disk_submit(disk->cached, &io->rq);
	else
		disk_submit(&io->rq);
}

void page_io_unplug(struct page_io **plug)
{
	struct page_io *io = *plug;

	*plug = NULL;
	if (io)
		page_io_submit(io);
}

void page_io_add(struct guest_disk *disk, struct page_io **plug, u64 block, struct page *page,
		 bool write)
{
	struct page_io *io = *plug;

	if (io && (io->disk != disk || io->rq.write != write || io->rq.nr == PAGE_IO_MAX ||
		   io->rq.page + io->rq.nr != block))
		page_io_unplug(plug);
	if (!*plug) {
		io = host_alloc(sizeof(*io));
		io->disk = disk;
		io->rq.extent = disk->extent;
		io->rq.page = block;
		io->rq.write = write;
		io->rq.direct = true;	/* as QEMU with cache=none */
		io->rq.complete = request_complete;
		*plug = io;
	}
	io->pfn[io->rq.nr++] = page_to_pfn(page);
}
