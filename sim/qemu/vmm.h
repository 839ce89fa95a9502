/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One model VMM, as the rest of the simulator sees it.
 *
 * How to use it:
 *  1. vmm_create(); then, for each device image, vmm_image_begin(), load a private copy of the
 *     image, vmm_image_end(): the image's type_init() functions register its types in this VMM.
 *  2. vmm_device_new(), vmm_device_set() for its properties, vmm_device_realize(): the guest
 *     can see the device.  Iothreads are made by vmm_iothread_add() before.
 *  3. vmm_start() gives the VMM its threads and lets the VM run.  Without it (unit tests)
 *     work is done from engine events or, with no engine, by vmm_poll().
 *  4. vmm_destroy() after the last of its code has run.
 *
 * Errors are texts in a caller's buffer of VMM_ERROR_SIZE.  A VMM keeps all its state here; images
 * have private copies of theirs, so two VMMs never share anything.
 */
#ifndef BALLAST_VMM_H
#define BALLAST_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm.h"

struct engine;
struct vmm;
struct vmm_device;

#define VMM_ERROR_SIZE 256
/* Host time at the start of a run, seconds since 1970: midnight UTC, 4 February 2019. */
#define VMM_EPOCH 1549238400

enum vmm_severity { VMM_INFO, VMM_WARNING, VMM_ERROR };

/*
 * What the queue of a request is for; known for balloon devices (virtio id 5), of which HINT is for
 * migration, and for our own virtio-page-hint.
 */
enum vmm_role { VMM_ROLE_OTHER, VMM_ROLE_INFLATE, VMM_ROLE_DEFLATE, VMM_ROLE_STATS, VMM_ROLE_HINT,
		VMM_ROLE_REPORT, VMM_ROLE_PAGE_HINT };

/* A request that the VMM has given back to the guest. */
struct vmm_request {
	const char *device;		/* id of the device */
	unsigned int queue;
	uint64_t number;		/* of the queue, from 1 on, since the device was reset */
	struct kvm_served served;
	enum vmm_role role;
	bool must_tell;			/* VIRTIO_BALLOON_F_MUST_TELL_HOST is agreed upon */
	uint64_t blocks;		/* page frames or buffers that it named */
	uint64_t bytes;			/* guest memory that these are */
};

/* Somebody outside wants to know; all optional. */
struct vmm_observer {
	void (*message)(struct vmm *vmm, enum vmm_severity severity, const char *text);
	void (*request)(struct vmm *vmm, const struct vmm_request *request);
	/* Guest memory that a request named: of inflate, deflate and reporting queues. */
	void (*frames)(struct vmm *vmm, const struct vmm_request *request, uint64_t gfn,
		       uint64_t nr);
	/* The guest has reset the device: it has claims to no memory any more. */
	void (*device_reset)(struct vmm *vmm, const char *device);
	/* A device was told for the first time that it may discard nothing. */
	void (*discard_refused)(struct vmm *vmm);
	/* BALLOON_CHANGE: the guest says that it has @actual bytes left. */
	void (*balloon_change)(struct vmm *vmm, int64_t actual);
	/* A device has met a request that breaks the rules, and does nothing until its reset. */
	void (*device_error)(struct vmm *vmm, const char *device, const char *text);
	/* A trace point of a device; texts are made only when this is set. */
	void (*trace_point)(struct vmm *vmm, const char *name, const char *text);
	void *opaque;
};

struct vmm_config {
	const char *name;
	struct engine *engine;
	struct kvm_vm *vm;		/* NULL: no host and no guest; then @ram is guest RAM */
	void *ram;
	uint64_t ram_bytes;
	uint64_t ram_page_size;		/* of what backs guest RAM on the host; 0: 4 KiB */
	bool ram_shared;		/* guest RAM is a file that others may map, too */
	bool discard_disabled;		/* something (an assigned device) pins guest RAM */
	const struct vmm_observer *observer;
	void *opaque;			/* owner's */
};

/* Returns NULL when a thread's stack or RAM table cannot be had. */
struct vmm *vmm_create(const struct vmm_config *config);
void vmm_destroy(struct vmm *vmm);
const struct vmm_config *vmm_get_config(const struct vmm *vmm);

/*
 * Which QEMU its devices' images were compiled for (engine/level.h), before the first one is
 * loaded; else 7.2.
 */
void vmm_set_version(struct vmm *vmm, uint32_t version);
void vmm_image_begin(struct vmm *vmm);
void vmm_image_end(struct vmm *vmm);

/* Threads: "main loop" and one per iothread; the VM runs from now on.  0 or -ENOMEM. */
int vmm_start(struct vmm *vmm);
/* The process ends, now: nothing of it runs again. */
void vmm_kill(struct vmm *vmm);
/* Run whatever is due in the caller's context; returns whether anything was. */
bool vmm_poll(struct vmm *vmm);
/* Stop and continue the VM: vCPUs are the caller's to halt. */
void vmm_vm_stop(struct vmm *vmm);
void vmm_vm_continue(struct vmm *vmm);

/* The same from outside of the VMM, as QMP's stop and cont: in its main loop, then @done. */
void vmm_qmp_run_state(struct vmm *vmm, bool running, void (*done)(void *opaque), void *opaque);

int vmm_iothread_add(struct vmm *vmm, const char *id, char *error);

/*
 * @type is a device ("virtio-ballast-device") or its PCI form ("virtio-ballast-pci").  The two
 * differ in how a kick arrives, see transport.c.  Returns NULL and @error when there is none.
 */
struct vmm_device *vmm_device_new(struct vmm *vmm, const char *type, const char *id, char *error);
/* @value as on QEMU's command line: on/off, numbers, sizes with a suffix, ids. */
int vmm_device_set(struct vmm_device *dev, const char *property, const char *value, char *error);
/* @path: property, or member of a structured one: "guest-stats/stats/stat-free-memory". */
int vmm_device_get(struct vmm_device *dev, const char *path, uint64_t *value, char *error);
int vmm_device_realize(struct vmm_device *dev, char *error);
void vmm_device_unrealize(struct vmm_device *dev);
/* A device that is not realized is freed; a realized one is unrealized first. */
void vmm_device_delete(struct vmm_device *dev);
struct vmm_device *vmm_device_find(struct vmm *vmm, const char *id);
/* What the guest's transport talks to; NULL before realize. */
struct kvm_virtio *vmm_device_virtio(struct vmm_device *dev);
/* What a queue of it is for. */
enum vmm_role vmm_role_of(const struct kvm_virtio *dev, unsigned int queue);
/* What the queue is for whose request is being handled now; OTHER: none. */
enum vmm_role vmm_current_role(const struct vmm *vmm);
/* Needs a reset after a malformed request. */
bool vmm_device_broken(const struct vmm_device *dev);
/* Visit the names of its properties in order. */
void vmm_device_properties(struct vmm_device *dev,
			   void (*fn)(void *opaque, const char *name, const char *type),
			   void *opaque);

/*
 * QMP balloon: the guest shall have @bytes left.  Takes effect in the main loop.  -1 and @error
 * when no device takes it.
 */
int vmm_qmp_balloon(struct vmm *vmm, int64_t bytes, char *error);
/* QMP query-balloon: bytes that the guest has left. */
int vmm_qmp_query_balloon(struct vmm *vmm, int64_t *bytes, char *error);

/*
 * Hooks for a migration that somebody else drives (precopy, see migration.c).  With a thread, call
 * them from a thread of the VMM's process.
 */
int vmm_migration_begin(struct vmm *vmm);
/*
 * Begin one in a thread of its own, which asks devices for hints and then waits for good: for
 * whoever wants to see what a driver does meanwhile.  If it @stalls it does so in the middle of a
 * pass, because the receiver does not read.  0, -ENOMEM, or -EBUSY:
 * there is one.
 */
int vmm_migration_start(struct vmm *vmm, bool stalls);
/* Between two passes over memory.  @merge adds what was written since the last call. */
void vmm_migration_sync(struct vmm *vmm,
			void (*merge)(struct vmm *vmm, uint64_t *dirty_bitmap, uint64_t nr_pages));
/*
 * A pass over memory, in the migration's thread: it holds the bitmap until it ends, and when the
 * receiver stops reading that is late.  Who gives hints waits for that.
 */
void vmm_migration_pass_begin(struct vmm *vmm);
void vmm_migration_pass_end(struct vmm *vmm);
uint64_t vmm_migration_dirty_pages(const struct vmm *vmm);
/* Pages by guest frame number. */
bool vmm_migration_page_dirty(const struct vmm *vmm, uint64_t nr);
void vmm_migration_clear(struct vmm *vmm, uint64_t nr, uint64_t count);
void vmm_migration_end(struct vmm *vmm, bool completed);
void vmm_migration_set_postcopy(struct vmm *vmm, bool capability, bool incoming);

/*
 * Device state as it is sent to another VMM: malloc()ed bytes.  Loading wants a device of the same
 * type with the same properties that no driver uses; 0 or -EINVAL (hostile stream).
 */
void *vmm_device_save(struct vmm_device *dev, size_t *size);
int vmm_device_load(struct vmm_device *dev, const void *data, size_t size);

#endif
