/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of the model VMM; shared by the files of sim/qemu.
 *
 * Locking is the real one: devices run with the big lock (bql) held, by the main loop or by a vCPU
 * thread that left the guest for a register access; iothreads run without it.
 */
#ifndef BALLAST_VMM_INTERNAL_H
#define BALLAST_VMM_INTERNAL_H

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/notify.h"
#include "block/aio-wait.h"
#include "exec/address-spaces.h"
#include "hw/boards.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio.h"
#include "hw/virtio/virtio-bus.h"
#include "migration/misc.h"
#include "qapi/error.h"
#include "sysemu/balloon.h"
#include "sysemu/iothread.h"

#include "coro.h"
#include "cpu.h"
#include "engine.h"
#include "host.h"
#include "kvm.h"
#include "vmm.h"

#define this_vmm (coro_current->ctx.vmm)

/* loop.c */
struct QEMUBH {
	AioContext *ctx;
	QEMUBHFunc *cb;
	void *opaque;
	MemReentrancyGuard *guard;
	bool scheduled, running, deleted, oneshot;
	bool owns;				/* what it is called with is freed with it */
	uint64_t cause;				/* for what it was scheduled */
	bool left;				/* what it was for is freed */
	QSIMPLEQ_ENTRY(QEMUBH) next;		/* while scheduled */
};

struct QEMUTimer {
	struct vmm *vmm;
	QEMUClockType clock;
	int scale;
	QEMUTimerCB *cb;
	void *opaque;
	bool pending;
	bool left;				/* what it was for is freed */
	int64_t expire;				/* ns of the clock */
	QEMUTimer *next;			/* in order of (expire, timer_mod()) */
};

struct AioContext {
	struct vmm *vmm;
	QSIMPLEQ_HEAD(, QEMUBH) scheduled;
	bool threaded;				/* thread below runs it */
	struct cpu_thread thread;
	struct coro *co;
	struct event event;			/* runs it when it has no thread */
	bool busy;				/* somebody is in aio_context_run() */
};

struct vmm_waiter {
	struct vmm_waiter *next;
	struct cpu_thread *thread;
	struct coro *co;
	bool woken;
	bool owns;			/* what it waits for was given to it */
};

struct IOThread {
	Object parent_obj;
	AioContext ctx;
};

/* memory.c */
struct RAMBlock {
	char idstr[32];
	uint8_t *host;
	uint64_t used_length;
	size_t page_size;
	ram_addr_t offset;		/* in ram_addr_t space */
	bool guest;			/* guest RAM: the host model backs it */
};

enum vmm_region_kind { REGION_RAM, REGION_ROM, REGION_MMIO };

struct MemoryRegion {
	const char *name;
	enum vmm_region_kind kind;
	hwaddr addr;
	uint64_t size;
	RAMBlock *block;		/* NULL for MMIO */
	unsigned int refs;
};

#define VMM_NR_REGIONS 3
#define VMM_ROM_SIZE 4096
#define VMM_MMIO_SIZE (1024 * 1024)
#define VMM_BOUNCE_SIZE 4096

struct vmm_module {
	void (*fn)(void);
	struct vmm_module *next;
};

/* qom.c */
struct vmm_type {
	TypeInfo info;
	struct vmm_type *parent, *next;
	ObjectClass *class;		/* made when first needed */
};

struct ObjectProperty {
	ObjectProperty *next;
	char *name, *type;
	ObjectPropertyAccessor *get, *set;
	ObjectPropertyRelease *release;
	void *opaque;
};

/* values.c */
enum vmm_value_kind { VALUE_INT, VALUE_UINT, VALUE_BOOL, VALUE_STRING, VALUE_STRUCT };

struct vmm_value {
	struct vmm_value *next;		/* member of the same structure */
	char *name;
	enum vmm_value_kind kind;
	int64_t i;
	uint64_t u;
	char *text;
	struct vmm_value *members;
};

struct vmm_migration {
	bool active, postcopy_capable, incoming_postcopy, bg_snapshot;
	bool stalls;			/* the receiver of vmm_migration_start() reads nothing */
	QemuMutex bitmap_lock;		/* the thread holds it as long as it sends pages */
	uint64_t *dirty;		/* bit per page of guest RAM */
	uint64_t *written;		/* what devices wrote since the last synchronisation */
	uint64_t nr_dirty;
	NotifierWithReturnList notifiers;
	struct cpu_thread thread;	/* of vmm_migration_start() */
	struct coro *co;		/* its code; NULL: there is no thread */
};

struct block;

struct vmm {
	uint32_t version;		/* of QEMU, as its devices see it */
	struct vmm_config config;
	struct block *blocks;		/* memory from g_malloc() */
	struct engine *engine;
	struct kvm_vm *vm;
	bool running;			/* the VM; not the process */
	bool told_disabled;		/* that discards are */
	bool dead;

	struct vmm_type *types;
	struct vmm_module *modules;	/* to be initialized, in order */
	struct vmm *image_outer;		/* between vmm_image_begin() and _end() */
	MachineState *machine;
	Object *iothreads;		/* container */
	struct vmm_device *devices;

	MemoryRegion system;
	MemoryListener *listeners;
	MemoryRegion regions[VMM_NR_REGIONS];	/* by address */
	RAMBlock ram, rom;
	uint8_t *bounce;
	bool bounce_used;

	AioContext main;
	QemuMutex bql;
	QEMUTimer *timers;
	struct event timer_event;
	int64_t clock_offset;		/* ns that the VM was stopped */
	int64_t clock_stopped;		/* ns, when it was stopped last */

	VirtQueue *handling;		/* the queue whose request was popped last */

	QEMUBalloonEvent *balloon_event;
	QEMUBalloonStatus *balloon_status;
	void *balloon_opaque;

	struct vmm_migration migration;
};

/* A device as the simulator holds it, and its transport. */
struct vmm_virtio {
	struct kvm_virtio kvm;
	BusState bus;
	struct vmm *vmm;
	VirtIODevice *vdev;
	bool plugged;
	uint64_t kicked;		/* bit per queue, for the main loop */
	uint64_t nr_interrupts;		/* asked for, whether or not there is a guest */
};

struct vmm_device {
	struct vmm *vmm;
	char *id;
	VirtIODevice *vdev;
	struct vmm_virtio transport;
	struct vmm_device *next;
};

/* Guest memory that is accessed again and again; QEMU's MemoryRegionCache. */
struct vmm_window {
	bool open;
	uint8_t *ptr;			/* NULL: not memory, or may not be written to */
	hwaddr addr;
};

struct ring_layout;
struct ring_filled;

/* virtio.c */
struct VirtQueue {
	VirtIODevice *vdev;
	unsigned int index;
	unsigned int num, num_default;	/* entries now and at most; 0: no queue */
	hwaddr desc_addr, avail_addr, used_addr;
	struct vmm_window desc, avail, used;	/* all are open, or none is */
	const struct ring_layout *layout;	/* since they were opened first */
	bool event_idx;			/* feature, when they were opened */
	uint16_t last_avail_idx;	/* next entry to pop */
	uint16_t shadow_avail_idx;	/* avail->idx as last read */
	uint16_t used_idx;
	bool avail_wrap, used_wrap;	/* of a packed ring: what the next entries shall say */
	struct ring_filled *filled;	/* of a packed ring: by place of virtqueue_fill() */
	uint16_t signalled_used;	/* used_idx at the last interrupt */
	bool signalled_used_valid;
	bool notification;		/* the guest shall kick */
	unsigned int inuse;		/* popped and not given back */
	uint64_t nr_popped;		/* requests so far */
	struct kvm_request request;	/* the last one of them */
	/* While somebody else serves it (vhost): kicks to it, interrupts from it. */
	EventNotifier host_notifier, guest_notifier;
	VirtIOHandleOutput handle_output;
};

/* Have code run in the name of @vmm; returns whom to put back. */
static inline struct vmm *vmm_enter(struct vmm *vmm)
{
	struct vmm *old = coro_current->ctx.vmm;

	coro_current->ctx.vmm = vmm;
	return old;
}

static inline void vmm_leave(struct vmm *old)
{
	coro_current->ctx.vmm = old;
}

/* util.c */
void vmm_say(struct vmm *vmm, enum vmm_severity severity, const char *fmt, ...)
	G_GNUC_PRINTF(3, 4);
void vmm_vsay(struct vmm *vmm, enum vmm_severity severity, const char *fmt, va_list ap)
	G_GNUC_PRINTF(3, 0);
void vmm_fatal(const char *fmt, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;
void vmm_free_blocks(struct vmm *vmm);
/* @err's text into a caller's buffer; frees @err. */
int vmm_take_error(Error *err, char *error);

/* qom.c */
void vmm_qom_init(struct vmm *vmm);
void vmm_qom_destroy(struct vmm *vmm);
struct vmm_type *vmm_type_find(struct vmm *vmm, const char *name);
ObjectClass *vmm_type_class(struct vmm_type *type);
bool vmm_type_is(const struct vmm_type *type, const char *name);
void object_add_child(Object *parent, const char *name, Object *child);
void object_remove_child(Object *child);
ObjectProperty *object_property_find(Object *obj, const char *name);

/* qdev.c */
extern const TypeInfo vmm_device_type_info;

/* values.c */
Visitor *visitor_new_output(void);
Visitor *visitor_new_input(const char *text);
/* The tree that an output visitor made; the caller's from now on. */
struct vmm_value *visitor_take(Visitor *v);
void visitor_free(Visitor *v);
void vmm_value_free(struct vmm_value *value);
const struct vmm_value *vmm_value_find(const struct vmm_value *value, const char *path);

/* loop.c */
void aio_context_init(AioContext *ctx, struct vmm *vmm);
void aio_context_destroy(AioContext *ctx);
/* In the main loop, once; @command, of g_new(), is freed with it, whether or not it has run. */
void vmm_bh_schedule_command(struct vmm *vmm, QEMUBHFunc *cb, void *command);
int aio_context_start(AioContext *ctx, const char *name);
void aio_context_kill(AioContext *ctx);
/* Something is to be done: see that it will be. */
void aio_context_notify(AioContext *ctx);
/* Do what is due; returns whether anything was. */
bool aio_context_run(AioContext *ctx);
/*
 * Is there something that will still call into these bytes, a device that fails to be realized or
 * is freed?  @text says what.  It ends the VMM when it is due and @freed.
 */
bool vmm_left_behind(struct vmm *vmm, const void *start, size_t size, bool freed, char *text,
		     size_t room);
void vmm_timer_fired(struct event *ev);
void vmm_timers_rearm(struct vmm *vmm);
extern const TypeInfo vmm_iothread_type_info;

/* memory.c */
int vmm_memory_init(struct vmm *vmm);
void vmm_memory_destroy(struct vmm *vmm);
/* [start, start + size) of the region leaves the address space, as when it is unplugged. */
void vmm_region_gone(struct vmm *vmm, MemoryRegion *mr, uint64_t start, uint64_t size);
/* Address of guest-physical memory for DMA; *len shrinks to what is contiguous.  NULL: refused. */
void *vmm_dma_map(struct vmm *vmm, hwaddr addr, hwaddr *len, bool is_write);
void vmm_dma_unmap(struct vmm *vmm, void *ptr);
/*
 * Open [addr, addr + len), a part of a ring or a table of descriptors; it must lie in one piece of
 * memory, registers or nothing.  Returns whether it does; else the window is not open.
 */
bool vmm_window_open(struct vmm *vmm, struct vmm_window *w, hwaddr addr, uint64_t len,
		     bool is_write);
/* At an offset in an open window. */
void vmm_window_read(struct vmm *vmm, const struct vmm_window *w, uint64_t offset, void *buf,
		     uint64_t len);
void vmm_window_write(struct vmm *vmm, const struct vmm_window *w, uint64_t offset,
		      const void *buf, uint64_t len);
void vmm_window_touch(struct vmm *vmm, const struct vmm_window *w, uint64_t offset, uint64_t len,
		      bool is_write);
/* The VMM reads or writes these bytes: they may have to be swapped in first. */
void vmm_touch(struct vmm *vmm, const void *ptr, size_t len, bool is_write);

/* virtio.c */
extern const TypeInfo vmm_virtio_type_info;
/* NULL: there is no such queue. */
VirtQueue *vmm_virtio_queue(VirtIODevice *vdev, int n);
void vmm_virtio_run_queue(VirtIODevice *vdev, unsigned int index);
void vmm_virtio_vm_state(VirtIODevice *vdev, bool running);

/* transport.c */
void vmm_transport_init(struct vmm_device *dev, bool ioeventfd);
void vmm_transport_plug(struct vmm_virtio *transport);
/* Kicked queues of all devices; returns whether there were any. */
bool vmm_transport_run(struct vmm *vmm);
bool vmm_transport_pending(const struct vmm *vmm);
void vmm_transport_interrupt(struct vmm_virtio *transport, int vector);
/* Kicks of the queue go to its eventfd, or not any more; 0 or a negative error. */
int vmm_transport_host_notifier(VirtQueue *vq, bool assign);

/* balloon.c */
/* What the queue is for; OTHER: nobody knows. */
enum vmm_role vmm_queue_role(const VirtQueue *vq);
/* Who asks for what is discarded now, for the host's history; then nobody does any more. */
void vmm_discard_begin(struct vmm *vmm, const struct call_site *device_code);
void vmm_discard_end(struct vmm *vmm);
void vmm_balloon_request(VirtQueue *vq, const VirtQueueElement *elem,
			 const struct call_site *site);
void vmm_balloon_reset(VirtIODevice *vdev);

/* migration.c */
void vmm_migration_init(struct vmm *vmm);
void vmm_migration_written(struct vmm *vmm, uint64_t nr, uint64_t count);
void vmm_migration_destroy(struct vmm *vmm);
/* The process ends, and its thread with it. */
void vmm_migration_kill(struct vmm *vmm);

#endif
