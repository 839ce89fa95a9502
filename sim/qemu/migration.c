// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migration as devices see it: precopy notifiers, the dirty bitmap that hints clear bits of, and
 * device state as a stream.
 *
 * Models migration/ram.c (bitmap, notifiers) and migration/vmstate.c of QEMU.  Who drives a
 * migration (bandwidth, convergence, which pages were written) calls vmm_migration_*().  The
 * stream has the order and rules of QEMU's (fields by table, subsections by name when needed), not
 * its bytes.
 */
#include "virtio_ring.h"

#include "migration/migration.h"
#include "qemu/bswap.h"

/* Precopy */

static int precopy_notify(struct vmm *vmm, PrecopyNotifyReason reason)
{
	PrecopyNotifyData data = { .reason = reason };
	NotifierWithReturn *n, *next;
	Error *err = NULL;
	int ret = 0;

	data.errp = &err;
	QLIST_FOREACH_SAFE(n, &vmm->migration.notifiers.notifiers, node, next) {
		ret = vmm->version < QEMU_LEVEL_OF(9, 0) ? n->notify(n, &data) :
							   n->notify_errp(n, &data, &err);
		if (ret)
			break;
	}
	error_free(err);
	return ret;
}

void precopy_add_notifier(NotifierWithReturn *notifier)
{
	QLIST_INSERT_HEAD(&this_vmm->migration.notifiers.notifiers, notifier, node);
}

void precopy_remove_notifier(NotifierWithReturn *notifier)
{
	QLIST_REMOVE(notifier, node);
}

static uint64_t nr_ram_pages(const struct vmm *vmm)
{
	return vmm->ram.used_length >> HOST_PAGE_SHIFT;
}

static void recount(struct vmm *vmm)
{
	uint64_t i, nr = 0;

	for (i = 0; i < DIV_ROUND_UP(nr_ram_pages(vmm), 64); i++)
		nr += __builtin_popcountll(vmm->migration.dirty[i]);
	vmm->migration.nr_dirty = nr;
}

static struct vmm *migration_enter(struct vmm *vmm)
{
	struct vmm *old = vmm_enter(vmm);

	qemu_mutex_lock(&vmm->bql);
	return old;
}

static void migration_leave(struct vmm *vmm, struct vmm *old)
{
	qemu_mutex_unlock(&vmm->bql);
	vmm_leave(old);
}

void vmm_migration_init(struct vmm *vmm)
{
	QLIST_INIT(&vmm->migration.notifiers.notifiers);
	qemu_mutex_init(&vmm->migration.bitmap_lock);
}

void vmm_migration_written(struct vmm *vmm, uint64_t nr, uint64_t count)
{
	for (; vmm->migration.active && count && nr < nr_ram_pages(vmm); nr++, count--)
		vmm->migration.written[nr / 64] |= UINT64_C(1) << (nr % 64);
}

void vmm_migration_pass_begin(struct vmm *vmm)
{
	qemu_mutex_lock(&vmm->migration.bitmap_lock);
}

void vmm_migration_pass_end(struct vmm *vmm)
{
	qemu_mutex_unlock(&vmm->migration.bitmap_lock);
}

int vmm_migration_begin(struct vmm *vmm)
{
	struct vmm *old;
	uint64_t nr = nr_ram_pages(vmm), i;

	if (vmm->migration.active)
		return -EBUSY;
	vmm->migration.dirty = calloc(DIV_ROUND_UP(nr, 64), sizeof(uint64_t));
	vmm->migration.written = calloc(DIV_ROUND_UP(nr, 64), sizeof(uint64_t));
	if (!vmm->migration.dirty || !vmm->migration.written) {
		vmm_migration_destroy(vmm);
		return -ENOMEM;
	}
	for (i = 0; i < nr; i++)	/* everything is to be sent once */
		vmm->migration.dirty[i / 64] |= UINT64_C(1) << (i % 64);
	vmm->migration.active = true;
	recount(vmm);
	old = migration_enter(vmm);
	precopy_notify(vmm, PRECOPY_NOTIFY_SETUP);
	migration_leave(vmm, old);
	return 0;
}

static void merge_written(struct vmm *vmm)
{
	struct vmm_migration *migration = &vmm->migration;
	uint64_t i;

	for (i = 0; i < DIV_ROUND_UP(nr_ram_pages(vmm), 64); i++) {
		migration->dirty[i] |= migration->written[i];
		migration->written[i] = 0;
	}
}

void vmm_migration_sync(struct vmm *vmm,
			void (*merge)(struct vmm *vmm, uint64_t *dirty_bitmap, uint64_t nr_pages))
{
	struct vmm *old = migration_enter(vmm);

	if (!precopy_notify(vmm, PRECOPY_NOTIFY_BEFORE_BITMAP_SYNC)) {
		qemu_mutex_lock(&vmm->migration.bitmap_lock);
		merge_written(vmm);
		if (merge)
			merge(vmm, vmm->migration.dirty, nr_ram_pages(vmm));
		recount(vmm);
		qemu_mutex_unlock(&vmm->migration.bitmap_lock);
		precopy_notify(vmm, PRECOPY_NOTIFY_AFTER_BITMAP_SYNC);
	}
	migration_leave(vmm, old);
}

uint64_t vmm_migration_dirty_pages(const struct vmm *vmm)
{
	return vmm->migration.nr_dirty;
}

bool vmm_migration_page_dirty(const struct vmm *vmm, uint64_t nr)
{
	return vmm->migration.active && nr < nr_ram_pages(vmm) &&
	       (vmm->migration.dirty[nr / 64] >> (nr % 64) & 1);
}

void vmm_migration_clear(struct vmm *vmm, uint64_t nr, uint64_t count)
{
	for (; count && nr < nr_ram_pages(vmm); nr++, count--) {
		uint64_t bit = UINT64_C(1) << (nr % 64), *word = &vmm->migration.dirty[nr / 64];

		vmm->migration.nr_dirty -= !!(*word & bit);
		*word &= ~bit;
	}
}

void vmm_migration_end(struct vmm *vmm, bool completed)
{
	struct vmm *old = migration_enter(vmm);

	if (completed)
		precopy_notify(vmm, PRECOPY_NOTIFY_COMPLETE);
	precopy_notify(vmm, PRECOPY_NOTIFY_CLEANUP);
	migration_leave(vmm, old);
	vmm_migration_destroy(vmm);
}

static void migration_thread(void *arg)
{
	struct vmm *vmm = arg;

	if (!vmm_migration_begin(vmm))
		vmm_migration_sync(vmm, NULL);
	if (vmm->migration.stalls)
		vmm_migration_pass_begin(vmm);
	vmm->migration.thread.wait_forever = true;
	for (;;)
		cpu_block("the rest of a migration");
}

int vmm_migration_start(struct vmm *vmm, bool stalls)
{
	struct vmm_migration *migration = &vmm->migration;
	char name[32];

	if (migration->co)
		return -EBUSY;
	migration->stalls = stalls;
	snprintf(name, sizeof(name), "%.18s/migration", vmm->config.name);
	migration->co = coro_create(name, migration_thread, vmm, CORO_STACK_DEFAULT);
	if (!migration->co)
		return -ENOMEM;
	migration->co->ctx.vmm = vmm;
	cpu_thread_init(&migration->thread, &vmm->vm->host->cpus, name, migration->co,
			&vmm->vm->account[ACCOUNT_VMM]);
	migration->thread.vm = vmm->vm;
	cpu_wake(&migration->thread);
	return 0;
}

void vmm_migration_kill(struct vmm *vmm)
{
	struct vmm_migration *migration = &vmm->migration;

	if (!migration->co || migration->co == coro_current)
		return;
	if (migration->thread.state != CPU_THREAD_DEAD)
		cpu_thread_kill(&migration->thread);
	coro_destroy(migration->co);
	migration->co = NULL;
}

void vmm_migration_destroy(struct vmm *vmm)
{
	free(vmm->migration.dirty);
	free(vmm->migration.written);
	vmm->migration.dirty = vmm->migration.written = NULL;
	vmm->migration.nr_dirty = 0;
	vmm->migration.active = false;
}

void vmm_migration_set_postcopy(struct vmm *vmm, bool capability, bool incoming)
{
	vmm->migration.postcopy_capable = capability;
	vmm->migration.incoming_postcopy = incoming;
}

/* Bits of whole pages; a page in part is rounded down to its start, as QEMU does. */
void qemu_guest_free_page_hint(void *addr, size_t len)
{
	struct vmm *vmm = this_vmm;
	ram_addr_t offset;
	RAMBlock *rb = qemu_ram_block_from_host(addr, false, &offset);

	charge(COST_VMM_LOOKUP, 1);
	if (!vmm->migration.active || !rb || !rb->guest)
		return;
	len = MIN(len, rb->used_length - offset);
	qemu_mutex_lock(&vmm->migration.bitmap_lock);
	if (vmm->migration.active)
		vmm_migration_clear(vmm, offset >> HOST_PAGE_SHIFT, len >> HOST_PAGE_SHIFT);
	qemu_mutex_unlock(&vmm->migration.bitmap_lock);
}

bool migration_in_incoming_postcopy(void)
{
	return this_vmm->migration.incoming_postcopy;
}

bool migration_in_bg_snapshot(void)
{
	return this_vmm->migration.bg_snapshot;
}

bool migrate_postcopy_ram(void)
{
	return this_vmm->migration.postcopy_capable;
}

/* Device state */

struct QEMUFile {
	uint8_t *data;
	size_t size, room, at;
	bool error;		/* the stream ended early or is not what was expected */
};

static void put_bytes(QEMUFile *f, const void *data, size_t size)
{
	if (f->size + size > f->room) {
		f->room = 2 * (f->size + size);
		f->data = realloc(f->data, f->room);
		if (!f->data)
			vmm_fatal("no memory for %zu bytes of device state", f->room);
	}
	memcpy(f->data + f->size, data, size);
	f->size += size;
}

static void get_bytes(QEMUFile *f, void *data, size_t size)
{
	if (f->error || size > f->size - f->at) {
		f->error = true;
		memset(data, 0, size);
		return;
	}
	memcpy(data, f->data + f->at, size);
	f->at += size;
}

static void put_u64(QEMUFile *f, uint64_t value)
{
	value = cpu_to_le64(value);
	put_bytes(f, &value, sizeof(value));
}

static uint64_t get_u64(QEMUFile *f)
{
	uint64_t value;

	get_bytes(f, &value, sizeof(value));
	return le64_to_cpu(value);
}

static void put_name(QEMUFile *f, const char *name)
{
	put_u64(f, strlen(name));
	put_bytes(f, name, strlen(name));
}

/* Is this what comes next? */
static bool get_name(QEMUFile *f, const char *name)
{
	uint64_t len = strlen(name);

	if (get_u64(f) != len || f->error || len > f->size - f->at ||
	    memcmp(f->data + f->at, name, len)) {
		f->error = true;
		return false;
	}
	f->at += len;
	return true;
}

static int save_uint32(QEMUFile *f, void *pv)
{
	put_u64(f, *(uint32_t *)pv);
	return 0;
}

static int load_uint32(QEMUFile *f, void *pv)
{
	uint64_t value = get_u64(f);

	if (value > UINT32_MAX)
		f->error = true;
	*(uint32_t *)pv = value;
	return f->error ? -EINVAL : 0;
}

const VMStateInfo vmstate_info_uint32 = {
	.name = "uint32", .size = sizeof(uint32_t), .save = save_uint32, .load = load_uint32,
};

static void vmstate_save(QEMUFile *f, const VMStateDescription *vmsd, void *opaque)
{
	const VMStateDescription **sub = vmsd->subsections;
	const VMStateField *field;

	if (vmsd->pre_save)
		vmsd->pre_save(opaque);
	put_name(f, vmsd->name);
	put_u64(f, vmsd->version_id);
	for (field = vmsd->fields; field->flags != VMS_END; field++)
		field->info->save(f, (uint8_t *)opaque + field->offset);
	for (; sub && *sub; sub++) {
		bool needed = !(*sub)->needed || (*sub)->needed(opaque);

		put_u64(f, needed);
		if (needed)
			vmstate_save(f, *sub, opaque);
	}
}

static int vmstate_load(QEMUFile *f, const VMStateDescription *vmsd, void *opaque)
{
	const VMStateDescription **sub = vmsd->subsections;
	const VMStateField *field;
	uint64_t version;

	if (vmsd->pre_load)
		vmsd->pre_load(opaque);
	if (!get_name(f, vmsd->name))
		return -EINVAL;
	version = get_u64(f);
	if (version > (uint64_t)vmsd->version_id || version < (uint64_t)vmsd->minimum_version_id)
		return -EINVAL;
	for (field = vmsd->fields; field->flags != VMS_END; field++) {
		if (field->info->load(f, (uint8_t *)opaque + field->offset))
			return -EINVAL;
	}
	for (; sub && *sub; sub++) {
		if (get_u64(f) && vmstate_load(f, *sub, opaque))
			return -EINVAL;
	}
	if (f->error)
		return -EINVAL;
	return vmsd->post_load ? vmsd->post_load(opaque, version) : 0;
}

/* The part that is common to virtio devices; the device's own table follows it. */
static int virtio_save_common(QEMUFile *f, void *pv)
{
	VirtIODevice *vdev = pv;
	VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(vdev);
	unsigned int i;

	put_u64(f, vdev->status);
	put_u64(f, vdev->broken);
	put_u64(f, vdev->guest_features);
	put_u64(f, vdev->generation);
	put_u64(f, vdev->config_len);
	put_bytes(f, vdev->config, vdev->config_len);
	for (i = 0; i < vdev->nr_queues; i++) {
		VirtQueue *vq = &vdev->vq[i];

		put_u64(f, vq->num_default ? vq->num : 0);
		put_u64(f, vq->desc.open);
		put_u64(f, vq->desc_addr);
		put_u64(f, vq->avail_addr);
		put_u64(f, vq->used_addr);
		put_u64(f, vq->layout ? vq->layout->position(vq) : 0);
	}
	if (k->vmsd)
		vmstate_save(f, k->vmsd, vdev);
	return 0;
}

/* What was popped and not given back follows from the rings. */
static int virtio_load_queue(QEMUFile *f, VirtIODevice *vdev, unsigned int i)
{
	VirtQueue *vq = &vdev->vq[i];
	uint64_t num = get_u64(f), enabled = get_u64(f);
	hwaddr desc = get_u64(f), avail = get_u64(f), used = get_u64(f);
	uint64_t last = get_u64(f);

	if (f->error || num > VIRTQUEUE_MAX_SIZE || last > UINT32_MAX)
		return -EINVAL;
	/* A queue that this device has not: its features are refused, but later. */
	if (!num || !vq->num_default)
		return 0;
	vq->num = num;
	if (!enabled)
		return 0;
	virtio_queue_set_rings(vdev, i, desc, avail, used);
	if (!vq->used.open)
		return -EINVAL;
	if (!vq->layout->set_position(vq, last))
		return -EINVAL;
	vq->inuse = vq->layout->find_out(vq);
	if (vq->inuse > vq->num) {
		error_report("%s: queue %u: last_avail_idx 0x%x, used_idx 0x%x: more requests than "
			     "entries", vdev->name, i, vq->last_avail_idx, vq->used_idx);
		return -EINVAL;
	}
	return 0;
}

/* As with QEMU, the device's own part comes before anybody looks at the features. */
static int virtio_load_common(QEMUFile *f, void *pv)
{
	VirtIODevice *vdev = pv;
	VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(vdev);
	unsigned int i;

	vdev->status = get_u64(f);
	vdev->broken = get_u64(f);
	vdev->guest_features = get_u64(f);
	vdev->generation = get_u64(f);
	if (get_u64(f) != vdev->config_len)
		return -EINVAL;
	get_bytes(f, vdev->config, vdev->config_len);
	for (i = 0; i < vdev->nr_queues; i++) {
		if (virtio_load_queue(f, vdev, i))
			return -EINVAL;
	}
	if (k->vmsd && vmstate_load(f, k->vmsd, vdev))
		return -EINVAL;
	return vdev->guest_features & ~vdev->host_features ? -EINVAL : 0;
}

const VMStateInfo virtio_vmstate_info = {
	.name = "virtio", .save = virtio_save_common, .load = virtio_load_common,
};

void *vmm_device_save(struct vmm_device *dev, size_t *size)
{
	QEMUFile f = { 0 };
	struct vmm *old = vmm_enter(dev->vmm);
	DeviceClass *dc = DEVICE_GET_CLASS(dev->vdev);

	vmstate_save(&f, dc->vmsd, dev->vdev);
	vmm_leave(old);
	*size = f.size;
	return f.data;
}

int vmm_device_load(struct vmm_device *dev, const void *data, size_t size)
{
	QEMUFile f = { .data = (uint8_t *)data, .size = size };
	struct vmm *old = vmm_enter(dev->vmm);
	DeviceClass *dc = DEVICE_GET_CLASS(dev->vdev);
	int ret = vmstate_load(&f, dc->vmsd, dev->vdev);

	if (!ret && f.at != f.size)
		ret = -EINVAL;
	if (ret)
		virtio_reset(dev->vdev);
	vmm_leave(old);
	return ret;
}
