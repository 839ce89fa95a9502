// SPDX-License-Identifier: GPL-2.0-only
/* A driver and a device by hand, and a ring between them; see ring_scenes.h. */
#include "ring_scenes.h"
#include "scenes.h"

#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "kernel/internal.h"
#include "kernel/module.h"
#include "kvm.h"

#define RING_SIZE 16
#define DEVICE_ID 41
#define LISTS_MAX 4
#define ENTRIES_MAX 3

struct ring_scene ring_scene;
static struct ring_scene *const scene = &ring_scene;

static struct virtqueue *vq;
static u64 random_state;
static char *buffers;		/* a page */
static u8 last_status;

/* What the device knows. */
static struct kvm_vring_addr place;
static bool packed;
static struct {
	u16 id, nr;
} pending[RING_SIZE];
static unsigned int nr_pending;
static u16 next_avail, next_used;
static bool avail_wrap, used_wrap;

static unsigned int below(unsigned int n)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (random_state >> 33) % n;
}

static void note_bytes(const void *bytes, size_t size)
{
	if (scene->nr_notes + size > RING_NOTES) {
		snprintf(scene->error, sizeof(scene->error), "no room for notes");
		return;
	}
	memcpy(scene->notes + scene->nr_notes, bytes, size);
	scene->nr_notes += size;
}

static void note_number(u64 number)
{
	note_bytes(&number, sizeof(number));
}

/* Where buffers and tables lie is the allocator's to say, and not compared. */
static void note_address(u64 addr)
{
	u64 base = virt_to_phys(buffers);

	note_number(addr >= base && addr < base + PAGE_SIZE ? addr - base + 1 : addr != 0);
}

/* Registers */

static uint64_t get_features(struct kvm_virtio *dev)
{
	return scene->features;
}

static void set_features(struct kvm_virtio *dev, uint64_t features)
{
	scene->accepted = features;
}

static uint8_t get_status(struct kvm_virtio *dev)
{
	return last_status;
}

static void set_status(struct kvm_virtio *dev, uint8_t status)
{
	last_status = status;
	if (scene->nr_statuses < RING_STATUSES)
		scene->status[scene->nr_statuses++] = status;
}

static unsigned int queue_size_max(struct kvm_virtio *dev, unsigned int index)
{
	return index ? 0 : RING_SIZE;
}

static void queue_enable(struct kvm_virtio *dev, unsigned int index,
			 const struct kvm_vring_addr *addr)
{
	place = *addr;
	packed = scene->accepted >> VIRTIO_F_RING_PACKED & 1;
	nr_pending = next_avail = next_used = 0;
	avail_wrap = used_wrap = true;
}

static void queue_notify(struct kvm_virtio *dev, unsigned int index)
{
	scene->nr_kicks++;
}

static const struct kvm_virtio_ops registers = {
	.get_features = get_features, .set_features = set_features,
	.get_status = get_status, .set_status = set_status,
	.queue_size_max = queue_size_max, .queue_enable = queue_enable,
	.queue_notify = queue_notify,
};

static struct kvm_virtio device = { .ops = &registers, .device_id = DEVICE_ID };

/* The ring, as the device sees it */

static struct vring split_ring(void)
{
	return (struct vring){ .num = place.size, .desc = phys_to_virt(place.desc),
			       .avail = phys_to_virt(place.avail),
			       .used = phys_to_virt(place.used) };
}

static struct vring_packed_desc *packed_ring(void)
{
	return phys_to_virt(place.desc);
}

static void note_split(const struct vring_desc *desc, unsigned int nr)
{
	for (; nr; nr--, desc++) {
		note_address(desc->addr);
		note_bytes(&desc->len, sizeof(*desc) - offsetof(struct vring_desc, len));
	}
}

/* Linux writes no ids into tables: what is there was there before. */
static void note_packed(const struct vring_packed_desc *desc, unsigned int nr, bool ids)
{
	for (; nr; nr--, desc++) {
		note_address(desc->addr);
		note_number(desc->len);
		note_number(desc->flags);
		note_number(ids ? desc->id : 0);
	}
}

static void note_ring(void)
{
	struct vring ring = split_ring();

	if (packed) {
		note_packed(packed_ring(), place.size, true);
		note_bytes(phys_to_virt(place.avail), sizeof(struct vring_packed_desc_event));
		note_bytes(phys_to_virt(place.used), sizeof(struct vring_packed_desc_event));
		return;
	}
	note_split(ring.desc, place.size);
	note_bytes(ring.avail, 6 + 2 * place.size);
	note_bytes(ring.used, 6 + 8 * place.size);
}

static void note_table(u64 addr, u32 len)
{
	if (packed)
		note_packed(phys_to_virt(addr), len / 16, false);
	else
		note_split(phys_to_virt(addr), len / 16);
}

static bool collect_split(void)
{
	struct vring ring = split_ring();
	u16 id;

	if (next_avail == ring.avail->idx)
		return false;
	id = ring.avail->ring[next_avail++ % place.size];
	if (ring.desc[id].flags & VRING_DESC_F_INDIRECT)
		note_table(ring.desc[id].addr, ring.desc[id].len);
	pending[nr_pending].id = id;
	pending[nr_pending++].nr = 1;
	return true;
}

static bool collect_packed(void)
{
	const struct vring_packed_desc *desc = &packed_ring()[next_avail];
	u16 turn = avail_wrap ? 0x80 : 0x8000;

	if ((desc->flags & 0x8080) != turn)
		return false;
	if (desc->flags & VRING_DESC_F_INDIRECT)
		note_table(desc->addr, desc->len);
	pending[nr_pending].id = desc->id;
	pending[nr_pending].nr = 0;
	do {
		desc = &packed_ring()[next_avail];
		pending[nr_pending].nr++;
		if (++next_avail == place.size) {
			next_avail = 0;
			avail_wrap = !avail_wrap;
		}
	} while (desc->flags & VRING_DESC_F_NEXT);
	nr_pending++;
	return true;
}

static void give_back(u16 id, u16 nr, u32 len)
{
	struct vring ring = split_ring();
	struct vring_packed_desc *desc = &packed_ring()[next_used];

	if (!packed) {
		ring.used->ring[ring.used->idx % place.size] = (struct vring_used_elem){ id, len };
		ring.used->idx++;
		return;
	}
	desc->id = id;
	desc->len = len;
	desc->flags = used_wrap ? 0x8080 : 0;
	next_used += nr;
	if (next_used >= place.size) {
		next_used -= place.size;
		used_wrap = !used_wrap;
		scene->nr_wraps++;
	}
}

static void serve(void)
{
	unsigned int i, nr;

	while (packed ? collect_packed() : collect_split())
		;
	for (nr = nr_pending ? below(nr_pending + 1) : 0; nr; nr--) {
		i = below(nr_pending);
		give_back(pending[i].id, pending[i].nr, below(100));
		pending[i] = pending[--nr_pending];
	}
}

/* It wants to hear of requests, or not, or of some later one. */
static void change_notification(void)
{
	struct vring_packed_desc_event *event = phys_to_virt(place.used);
	struct vring ring = split_ring();
	unsigned int at;

	if (packed) {
		event->flags = below(3);
		at = next_avail + below(4);
		event->off_wrap = at % place.size |
				  ((at >= place.size) != avail_wrap ? 0x8000 : 0);
		return;
	}
	ring.used->flags = below(2);
	vring_avail_event(&ring) = next_avail + below(4);
}

/* The driver */

static int add_some(void)
{
	struct scatterlist sg[LISTS_MAX][ENTRIES_MAX], *sgs[LISTS_MAX];
	unsigned int out = below(3), in = below(3) + !out, i, j, nr = 0;
	void *token = (void *)(unsigned long)(1000 + scene->nr_added);

	for (i = 0; i < out + in; i++) {
		nr = 1 + below(ENTRIES_MAX);
		sg_init_table(sg[i], nr);
		for (j = 0; j < nr; j++)
			sg_set_buf(&sg[i][j], buffers + below(2000), 1 + below(2000));
		sgs[i] = sg[i];
	}
	if (out + in > 1)
		return virtqueue_add_sgs(vq, sgs, out, in, token, GFP_KERNEL);
	return out ? virtqueue_add_outbuf(vq, sg[0], nr, token, GFP_KERNEL) :
		     virtqueue_add_inbuf(vq, sg[0], nr, token, GFP_KERNEL);
}

static u64 add(void)
{
	int ret = add_some();

	if (ret)
		scene->nr_refused++;
	else
		scene->nr_added++;
	return ret;
}

static u64 take(void)
{
	unsigned int len = 0;
	void *token = virtqueue_get_buf(vq, &len);

	if (!token)
		return 0;
	scene->nr_taken++;
	return (unsigned long)token << 16 | len;
}

static u64 poll(void)
{
	unsigned int at = virtqueue_enable_cb_prepare(vq);

	return virtqueue_poll(vq, at) | at << 1;
}

static u64 interrupt(void)
{
	unsigned int before = scene->nr_callbacks;

	device.interrupt(&device, 0);
	return scene->nr_callbacks - before;
}

static u64 do_step(void)
{
	switch (below(16)) {
	case 0 ... 3:
		return add();
	case 4 ... 5:
		return virtqueue_kick(vq) | scene->nr_kicks << 1;
	case 6 ... 8:
		serve();
		return nr_pending;
	case 9 ... 11:
		return take();
	case 12:
		virtqueue_disable_cb(vq);
		return 0;
	case 13:
		return below(2) ? virtqueue_enable_cb(vq) : virtqueue_enable_cb_delayed(vq);
	case 14:
		return below(2) ? poll() : interrupt();
	default:
		change_notification();
		return vq->num_free;
	}
}

static void callback(struct virtqueue *unused)
{
	scene->nr_callbacks++;
}

static void spoil(void)
{
	unsigned int len;

	while (virtqueue_get_buf(vq, &len))
		;
	give_back(below(2) ? RING_SIZE : 0xffff, 1, 0);
	note_number(virtqueue_get_buf(vq, &len) != NULL);
	note_number(add_some());
	scene->broken = virtqueue_is_broken(vq);
}

static unsigned int descriptors_of(gfp_t gfp)
{
	struct scatterlist sg[RING_ENTRIES];
	unsigned int before = vq->num_free, i;

	sg_init_table(sg, RING_ENTRIES);
	for (i = 0; i < RING_ENTRIES; i++)
		sg_set_buf(&sg[i], buffers + i, 1);
	if (virtqueue_add_outbuf(vq, sg, RING_ENTRIES, buffers, gfp | __GFP_NOWARN))
		snprintf(scene->error, sizeof(scene->error), "the ring is full");
	return before - vq->num_free;
}

/* Pages above the watermark, and what is free in slabs (a table's size is a version's affair). */
static void exhaust(void)
{
	gfp_t gfp = __GFP_NOWARN;	/* nor is kswapd woken */
	struct page *page, *next;
	void **object, **objects = NULL;
	LIST_HEAD(pages);
	size_t size;

	while ((page = alloc_page(gfp)))
		list_add(&page->lru, &pages);
	for (size = RING_ENTRIES * sizeof(struct vring_desc); size < PAGE_SIZE; size *= 2) {
		while ((object = kmalloc(size, gfp))) {
			*object = objects;
			objects = object;
		}
	}
	scene->descriptors[1] = descriptors_of(0);
	scene->descriptors[0] = descriptors_of(__GFP_HIGH);
	while ((object = objects)) {
		objects = *object;
		kfree(object);
	}
	list_for_each_entry_safe(page, next, &pages, lru) {
		list_del(&page->lru);
		__free_page(page);
	}
}

static int probe_device(struct virtio_device *vdev)
{
	vq_callback_t *callbacks[] = { scene->without_callback ? NULL : callback };
	static const char *const names[] = { "queue" };
	unsigned int i;
	int err = virtio_find_vqs(vdev, 1, &vq, callbacks, names, NULL);
	u64 start;

	if (err)
		return err;
	scene->nr_probed++;
	note_number(virtqueue_get_vring_size(vq));
	note_ring();
	virtio_device_ready(vdev);
	start = ktime_get();
	for (i = 0; i < scene->nr_steps; i++) {
		note_number(do_step());
		note_ring();
	}
	scene->ns += ktime_get() - start;
	if (scene->spoils)
		spoil();
	if (scene->exhausts)
		exhaust();
	return 0;
}

static void remove_device(struct virtio_device *vdev)
{
	void *token;

	scene->nr_removed++;
	virtio_reset_device(vdev);
	while ((token = virtqueue_detach_unused_buf(vq))) {
		scene->nr_detached++;
		note_number((unsigned long)token);
	}
	note_ring();
	vdev->config->del_vqs(vdev);
}

static void config_changed(struct virtio_device *vdev)
{
	scene->nr_config_changes++;
}

static const struct virtio_device_id ids[] = { { DEVICE_ID, VIRTIO_DEV_ANY_ID }, { 0 } };

static struct virtio_driver driver = {
	.driver = { .name = "hand" }, .id_table = ids, .probe = probe_device,
	.remove = remove_device, .config_changed = config_changed,
};

static bool load(const char *path)
{
	return !path || !module_load(this_kernel, path, NULL, 0, scene->error,
				     sizeof(scene->error));
}

static void unload(const char *path)
{
	if (path && !scene->left[0])
		module_unload(this_kernel, path, scene->left, sizeof(scene->left));
}

static void drive(void)
{
	int err = register_virtio_driver(&driver);

	if (err) {
		snprintf(scene->error, sizeof(scene->error), "driver: %d", err);
		return;
	}
	device.interrupt(&device, KVM_VECTOR_CONFIG);
	unregister_virtio_driver(&driver);
}

int scene_ring(void *unused)
{
	random_state = scene->seed;
	if (scene->version)
		this_kernel->version = scene->version;
	kvm_virtio_add(this_kernel->vm, &device);
	buffers = page_address(alloc_page(GFP_KERNEL | __GFP_ZERO));
	virtio_scan_bus(this_kernel);
	if (!load(scene->ring) || !load(scene->bus))
		return 0;
	drive();
	if (scene->twice)
		drive();
	unload(scene->bus);
	unload(scene->ring);
	free_page((unsigned long)buffers);
	return 0;
}
