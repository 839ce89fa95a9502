/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's disk whose image the VMM reads and writes through the host's page cache: QEMU's
 * cache=writeback, aio=threads.
 *
 * A request that the guest has put on the ring is taken by a worker thread of the VMM, of which
 * there are as many as there are requests under way, up to 64 (util/thread-pool.c of QEMU 7.2); the
 * thread reads or writes the image (pread(), pwrite()), waits for what is not in memory, and
 * injects the interrupt.  The guest kicks when it puts a request on an empty ring (event index),
 * and pays for that as for any other device.
 *
 * What is simplified: there is no ring in memory, and no driver: a request is what the guest's
 * block layer has made of it; iothread and workers are one, so that a request is dispatched, popped
 * and answered where it is served; the image is raw, and all there (no qcow2, no holes); the guest
 * sends no flush (VIRTIO_BLK_T_FLUSH): when it syncs it waits for its writes, no more; its pages
 * are touched when it makes the request, by its vCPU (sim/linux/mm/disk.c).  Copying a page costs
 * what reading it through a page cache costs the guest (guest-file-ns).
 */
#ifndef BALLAST_CACHED_DISK_H
#define BALLAST_CACHED_DISK_H

#include "disk.h"

struct cache_file;
struct kvm_vm;

/* MAX_THREADS of a thread pool: THREAD_POOL_MAX_THREADS_DEFAULT */
#define CACHED_DISK_WORKERS 64

struct cached_disk {
	struct cache_file *file;	/* the host's */
	struct kvm_vm *vm;		/* whose disk it is; NULL: it is not up */
	const char *name;
	struct disk_queue ring;		/* what no worker has taken yet */
	struct cached_worker *workers;
	unsigned int nr_workers;	/* of this VM */
	uint64_t nr_reads, nr_writes;	/* requests */
	uint64_t pages_read, pages_written;
};

/* @file: all of its image; it and @name must outlive it. */
struct cached_disk *cached_disk_create(struct cache_file *file, const char *name);
/* Before the host: its threads end, and nothing of it is under way ever after. */
void cached_disk_destroy(struct cached_disk *disk);
/* A VM, or the one that comes after it, begins with it: what the old one had is forgotten. */
void cached_disk_attach(struct cached_disk *disk, struct kvm_vm *vm);
/*
 * On a vCPU: page, nr, write and complete of @rq are set.  complete() is called by a thread of the
 * VMM.
 */
void cached_disk_submit(struct cached_disk *disk, struct disk_request *rq);

#endif
