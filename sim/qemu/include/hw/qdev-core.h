/* SPDX-License-Identifier: GPL-2.0-only */
/* model: devices: properties, realize, unrealize; buses only as far as the transport needs them */
#ifndef MODEL_HW_QDEV_CORE_H
#define MODEL_HW_QDEV_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "block/aio.h"
#include "config-host.h"
#include "qemu/bitmap.h"
#include "qemu/bitops.h"
#include "qom/object.h"

#define TYPE_DEVICE "device"
OBJECT_DECLARE_TYPE(DeviceState, DeviceClass, DEVICE)

typedef enum DeviceCategory {
	DEVICE_CATEGORY_BRIDGE, DEVICE_CATEGORY_USB, DEVICE_CATEGORY_STORAGE,
	DEVICE_CATEGORY_NETWORK, DEVICE_CATEGORY_INPUT, DEVICE_CATEGORY_DISPLAY,
	DEVICE_CATEGORY_SOUND, DEVICE_CATEGORY_MISC, DEVICE_CATEGORY_CPU,
	DEVICE_CATEGORY_WATCHDOG, DEVICE_CATEGORY_MAX
} DeviceCategory;

typedef void (*DeviceRealize)(DeviceState *dev, Error **errp);
typedef void (*DeviceUnrealize)(DeviceState *dev);

struct DeviceClass {
	ObjectClass parent_class;
	unsigned long categories[BITS_TO_LONGS(DEVICE_CATEGORY_MAX)];
	const char *desc;
	const Property *props_;
	size_t nr_props;
	const VMStateDescription *vmsd;
	DeviceRealize realize;
	DeviceUnrealize unrealize;
	void *resettable[4];		/* model: a ResettableClass */
};

struct DeviceState {
	Object parent_obj;
	char *id;
	bool realized;
	BusState *parent_bus;
	MemReentrancyGuard mem_reentrancy_guard;
};

/* How a kind of property is read and written; opaque is the Property. */
struct PropertyInfo {
	const char *name;
	ObjectPropertyAccessor *get;
	ObjectPropertyAccessor *set;
	void (*set_default)(Object *obj, const Property *prop);
};

struct Property {
	const char *name;
	const PropertyInfo *info;
	ptrdiff_t offset;
	uint8_t bitnr;
	bool set_default;
	uint64_t defval;
	const char *link_type;
};

/* An array that ends with DEFINE_PROP_END_OF_LIST(), or (since 10.0) that says how long it is. */
void device_class_set_props_n(DeviceClass *dc, const Property *props, size_t n);
#if QEMU_LEVEL < QEMU_LEVEL_OF(10, 0)
void device_class_set_props(DeviceClass *dc, Property *props);
#else
#define device_class_set_props(dc, props)					\
	device_class_set_props_n(dc, props, sizeof(props) / sizeof((props)[0]))
#endif
void *vmm_resettable_class(ObjectClass *klass);
bool qdev_realize(DeviceState *dev, BusState *bus, Error **errp);
void qdev_unrealize(DeviceState *dev);
Object *qdev_get_machine(void);

#endif
