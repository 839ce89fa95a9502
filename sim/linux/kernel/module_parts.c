// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images that are parts of a kernel: a page reporting core (stock mm/page_reporting.c), a core of
 * balloons (mm/balloon_compaction.c, since 7.x mm/balloon.c), a ring
 * (drivers/virtio/virtio_ring.c), a bus of virtio devices (drivers/virtio/virtio.c).
 *
 * Drivers call functions of the model, which then call the image's.  So the image has to come
 * before the drivers that would have begun with the model's.
 */
#include "module_parts.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/version.h>

#include "image.h"
#include "internal.h"
#include "module.h"

struct part_symbol {
	const char *name;
	size_t offset;		/* where the table of the part has it */
};

#define SYMBOL(table, name_, member) { name_, offsetof(struct table, member) }

static const struct part_symbol ring_symbols[] = {
	SYMBOL(vring_impl, "vring_create_virtqueue", create),
	SYMBOL(vring_impl, "vring_del_virtqueue", del),
	SYMBOL(vring_impl, "vring_transport_features", transport_features),
	SYMBOL(vring_impl, "vring_interrupt", interrupt),
	SYMBOL(vring_impl, "virtqueue_add_sgs", add_sgs),
	SYMBOL(vring_impl, "virtqueue_add_outbuf", add_outbuf),
	SYMBOL(vring_impl, "virtqueue_add_inbuf", add_inbuf),
	SYMBOL(vring_impl, "virtqueue_kick_prepare", kick_prepare),
	SYMBOL(vring_impl, "virtqueue_notify", notify),
	SYMBOL(vring_impl, "virtqueue_get_buf", get_buf),
	SYMBOL(vring_impl, "virtqueue_disable_cb", disable_cb),
	SYMBOL(vring_impl, "virtqueue_enable_cb", enable_cb),
	SYMBOL(vring_impl, "virtqueue_enable_cb_delayed", enable_cb_delayed),
	SYMBOL(vring_impl, "virtqueue_enable_cb_prepare", enable_cb_prepare),
	SYMBOL(vring_impl, "virtqueue_poll", poll),
	SYMBOL(vring_impl, "virtqueue_detach_unused_buf", detach_unused_buf),
	SYMBOL(vring_impl, "virtqueue_get_vring_size", get_vring_size),
	SYMBOL(vring_impl, "virtqueue_is_broken", is_broken),
	SYMBOL(vring_impl, "virtio_break_device", break_device),
	SYMBOL(vring_impl, "virtqueue_get_desc_addr", desc_addr),
	SYMBOL(vring_impl, "virtqueue_get_avail_addr", avail_addr),
	SYMBOL(vring_impl, "virtqueue_get_used_addr", used_addr),
};

/* register_virtio_driver() apart, which has had another name since 6.11. */
static const struct part_symbol bus_symbols[] = {
	SYMBOL(virtio_bus_impl, "unregister_virtio_driver", unregister_driver),
	SYMBOL(virtio_bus_impl, "register_virtio_device", register_device),
	SYMBOL(virtio_bus_impl, "unregister_virtio_device", unregister_device),
	SYMBOL(virtio_bus_impl, "virtio_config_changed", config_changed),
	SYMBOL(virtio_bus_impl, "virtio_reset_device", reset_device),
	SYMBOL(virtio_bus_impl, "virtio_device_freeze", freeze),
	SYMBOL(virtio_bus_impl, "virtio_device_restore", restore),
};

static const struct part_symbol core_symbols[] = {
	{ "page_reporting_enabled", 0 }, { "__page_reporting_notify", 0 },
	{ "page_reporting_register", 0 }, { "page_reporting_unregister", 0 },
};

static bool defines(const char *path, const char *name)
{
	return image_file_has(path, name) == IMAGE_DEFINES;
}

/* Parts that drivers begin with, and stay with. */

static bool reporting_in_use(const struct kernel *kernel)
{
	return static_key_enabled(kernel->mm->reporting.enabled);
}

static bool ring_in_use(const struct kernel *kernel)
{
	return !list_empty(&kernel->sched->queues);
}

enum part_kind { PART_REPORTING, PART_RING, PART_BUS, NR_PARTS };

static const struct part {
	const char *name, *users;
	const char *defines, *needed;	/* symbols: of the part, and those of who uses it */
	bool (*in_use)(const struct kernel *kernel);
} part_of[NR_PARTS] = {
	[PART_REPORTING] = { "a page reporting core", "the drivers that report",
			     "page_reporting_register", "page_reporting_register",
			     reporting_in_use },
	[PART_RING] = { "a ring", "drivers of virtio devices",
			"vring_create_virtqueue", "register_virtio_driver", ring_in_use },
	[PART_BUS] = { "a bus of virtio devices", "drivers of virtio devices",
		       "register_virtio_device", "register_virtio_driver", virtio_bus_in_use },
};

static bool is_part(const char *path, enum part_kind kind)
{
	return defines(path, part_of[kind].defines);
}

bool module_has_to_precede(const char *path, const char *user, const char **part,
			   const char **users)
{
	unsigned int i;

	for (i = 0; i < NR_PARTS; i++) {
		if (!is_part(path, i) ||
		    image_file_has(user, part_of[i].needed) != IMAGE_NEEDS)
			continue;
		*part = part_of[i].name;
		*users = part_of[i].users;
		return true;
	}
	return false;
}

/* Checking */

static int check_symbols(const char *path, const char *what, const struct part_symbol *symbols,
			 unsigned int nr, char *err, size_t err_size)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (defines(path, symbols[i].name))
			continue;
		snprintf(err, err_size, "%s: %s without %s", path, what, symbols[i].name);
		return -ENOEXEC;
	}
	return 0;
}

static int check_bus(const char *path, char *err, size_t err_size)
{
	if (defines(path, "register_virtio_driver") || defines(path, "__register_virtio_driver"))
		return check_symbols(path, part_of[PART_BUS].name, bus_symbols,
				     ARRAY_SIZE(bus_symbols), err, err_size);
	snprintf(err, err_size, "%s: %s without register_virtio_driver", path,
		 part_of[PART_BUS].name);
	return -ENOEXEC;
}

int parts_check(const char *path, char *err, size_t err_size)
{
	int ret = 0;

	if (is_part(path, PART_REPORTING)) {
		ret = check_symbols(path, part_of[PART_REPORTING].name, core_symbols,
				    ARRAY_SIZE(core_symbols), err, err_size);
		if (ret)
			scnprintf(err + strlen(err), err_size - strlen(err),
				  "; the free path and drivers need it");
	}
	if (!ret && is_part(path, PART_RING))
		ret = check_symbols(path, part_of[PART_RING].name, ring_symbols,
				    ARRAY_SIZE(ring_symbols), err, err_size);
	return ret || !is_part(path, PART_BUS) ? ret : check_bus(path, err, err_size);
}

/* Drivers that have registered have done so with what there was. */
static int check_in_use(struct kernel *kernel, const char *path, char *err, size_t err_size)
{
	unsigned int i;

	for (i = 0; i < NR_PARTS; i++) {
		if (!is_part(path, i) || !part_of[i].in_use(kernel))
			continue;
		snprintf(err, err_size, "%s: %s cannot be loaded after a driver has registered",
			 path, part_of[i].name);
		return -EBUSY;
	}
	return 0;
}

/* Replacing */

static void find_symbols(struct image *image, void *table, const struct part_symbol *symbols,
			 unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		*(void **)((char *)table + symbols[i].offset) =
			image_symbol(image, symbols[i].name);
}

static void replace_reporting(struct kernel *kernel, struct image *image, const char *path)
{
	/* Before 5.14 it was a constant. */
	static unsigned int default_order = pageblock_order;
	struct page_reporting_impl impl = {
		.enabled = image_symbol(image, "page_reporting_enabled"),
		.order = image_symbol(image, "page_reporting_order"),
		.notify = image_symbol(image, "__page_reporting_notify"),
		.reg = image_symbol(image, "page_reporting_register"),
		.unreg = image_symbol(image, "page_reporting_unregister"),
		.name = path,
	};

	if (!impl.order)
		impl.order = &default_order;
	if (impl.enabled && impl.notify && impl.reg && impl.unreg)
		kernel->mm->reporting = impl;
}

static void *balloon_symbol(struct image *image, const char *name, bool since_7_2)
{
	char of_7[64];

	snprintf(of_7, sizeof(of_7), "%s_of_7", name);
	return image_symbol(image, since_7_2 ? of_7 : name);
}

/* The structures are the same. */
static void replace_balloons(struct kernel *kernel, struct image *image)
{
	bool since_7_2 = kernel_version(kernel) >= KERNEL_VERSION(7, 2, 0);
	struct balloon_impl impl = {
		.alloc = image_symbol(image, "balloon_page_alloc"),
		.enqueue = balloon_symbol(image, "balloon_page_enqueue", since_7_2),
		.dequeue = balloon_symbol(image, "balloon_page_dequeue", since_7_2),
		.list_enqueue = balloon_symbol(image, "balloon_page_list_enqueue", since_7_2),
		.list_dequeue = balloon_symbol(image, "balloon_page_list_dequeue", since_7_2),
		.ops = image_symbol(image, "balloon_mops"),
	};

	if (impl.alloc && impl.enqueue && impl.dequeue && impl.list_enqueue && impl.list_dequeue)
		kernel->mm->balloon = impl;
}

static void replace_ring(struct kernel *kernel, struct image *image, struct module_parts *parts)
{
	find_symbols(image, &parts->vring, ring_symbols, ARRAY_SIZE(ring_symbols));
	kernel->sched->vring = &parts->vring;
}

int parts_replace(struct kernel *kernel, struct image *image, const char *path,
		  struct module_parts *parts, char *err, size_t err_size)
{
	int ret = check_in_use(kernel, path, err, err_size);

	if (ret)
		return ret;
	parts->reporting_before = kernel->mm->reporting;
	parts->balloon_before = kernel->mm->balloon;
	parts->vring_before = kernel->sched->vring;
	parts->bus_before = kernel->sched->virtio_bus;
	replace_reporting(kernel, image, path);
	replace_balloons(kernel, image);
	if (is_part(path, PART_RING))
		replace_ring(kernel, image, parts);
	parts->is_bus = is_part(path, PART_BUS);
	if (!parts->is_bus)
		return 0;
	find_symbols(image, &parts->bus, bus_symbols, ARRAY_SIZE(bus_symbols));
	parts->bus.register_driver = image_symbol(image, "register_virtio_driver");
	parts->bus.register_driver_of = image_symbol(image, "__register_virtio_driver");
	return 0;
}

/* Its init function has registered it. */
int parts_begin(struct kernel *kernel, const char *path, struct module_parts *parts, char *err,
		size_t err_size)
{
	int ret = parts->is_bus ? virtio_bus_change(kernel, &parts->bus) : 0;

	if (ret)
		snprintf(err, err_size, "%s: a device cannot be registered: error %d", path, ret);
	return ret;
}

void parts_end(struct kernel *kernel, struct module_parts *parts)
{
	if (parts->is_bus)
		virtio_bus_change(kernel, parts->bus_before);
}

void parts_put_back(struct kernel *kernel, const struct module_parts *parts)
{
	kernel->mm->reporting = parts->reporting_before;
	kernel->mm->balloon = parts->balloon_before;
	kernel->sched->vring = parts->vring_before;
	kernel->sched->virtio_bus = parts->bus_before;
}
