// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices: static properties, realize and unrealize.
 *
 * Models hw/core/qdev.c and hw/core/qdev-properties.c of QEMU.  Properties of a class are those of
 * its parents and its own; they can be set until the device is realized.  Left out: buses,
 * hot-plug handlers, gpio, clocks.
 */
#include "internal.h"

#include "qapi/visitor.h"

/* Properties that object_property_add() would show as settable are fixed by realize. */
static bool may_set(Object *obj, const char *name, Error **errp)
{
	if (!DEVICE(obj)->realized)
		return true;
	error_setg(errp, "property \"%s\" cannot be changed: the device is in use", name);
	return false;
}

static void *field_of(Object *obj, const Property *prop)
{
	return (uint8_t *)obj + prop->offset;
}

/* A bit of an integer of @size bytes. */
static bool bit_of(Object *obj, const Property *prop, size_t size)
{
	const void *field = field_of(obj, prop);

	return (size == 8 ? *(const uint64_t *)field : *(const uint32_t *)field) >> prop->bitnr & 1;
}

static void put_bit(Object *obj, const Property *prop, size_t size, bool value)
{
	void *field = field_of(obj, prop);
	uint64_t bit = UINT64_C(1) << prop->bitnr;

	if (size == 8)
		*(uint64_t *)field = value ? *(uint64_t *)field | bit : *(uint64_t *)field & ~bit;
	else
		*(uint32_t *)field = value ? *(uint32_t *)field | bit : *(uint32_t *)field & ~bit;
}

#define DEFINE_BIT(name_, size_)								\
	static void name_##_get(Object *obj, Visitor *v, const char *name, void *opaque,	\
				Error **errp)							\
	{											\
		bool value = bit_of(obj, opaque, size_);					\
												\
		visit_type_bool(v, name, &value, errp);						\
	}											\
	static void name_##_set(Object *obj, Visitor *v, const char *name, void *opaque,	\
				Error **errp)							\
	{											\
		bool value;									\
												\
		if (may_set(obj, name, errp) && visit_type_bool(v, name, &value, errp))		\
			put_bit(obj, opaque, size_, value);					\
	}											\
	static void name_##_default(Object *obj, const Property *prop)				\
	{											\
		put_bit(obj, prop, size_, prop->defval);					\
	}											\
	const PropertyInfo qdev_prop_##name_ = {						\
		.name = "bool", .get = name_##_get, .set = name_##_set,				\
		.set_default = name_##_default,							\
	}

DEFINE_BIT(bit, 4);
DEFINE_BIT(bit64, 8);

static void get_bool(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
	bool value = *(bool *)field_of(obj, opaque);

	visit_type_bool(v, name, &value, errp);
}

static void set_bool(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
	if (may_set(obj, name, errp))
		visit_type_bool(v, name, field_of(obj, opaque), errp);
}

static void default_bool(Object *obj, const Property *prop)
{
	*(bool *)field_of(obj, prop) = prop->defval;
}

const PropertyInfo qdev_prop_bool = {
	.name = "bool", .get = get_bool, .set = set_bool, .set_default = default_bool,
};

static void get_uint32(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
	uint32_t value = *(uint32_t *)field_of(obj, opaque);

	visit_type_uint32(v, name, &value, errp);
}

static void set_uint32(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
	uint32_t value;

	if (may_set(obj, name, errp) && visit_type_uint32(v, name, &value, errp))
		*(uint32_t *)field_of(obj, opaque) = value;
}

static void default_uint32(Object *obj, const Property *prop)
{
	*(uint32_t *)field_of(obj, prop) = prop->defval;
}

const PropertyInfo qdev_prop_uint32 = {
	.name = "uint32", .get = get_uint32, .set = set_uint32, .set_default = default_uint32,
};

static void get_link(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
	Object *target = *(Object **)field_of(obj, opaque);
	char *text = (char *)(target ? target->child_name : "");

	visit_type_str(v, name, &text, errp);
}

/* Objects are named by the id under which they were added. */
static void set_link(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
	const Property *prop = opaque;
	Object **field = field_of(obj, prop), *target;
	char *id = NULL;

	if (!may_set(obj, name, errp) || !visit_type_str(v, name, &id, errp))
		return;
	for (target = this_vmm->iothreads->children; target; target = target->next_sibling) {
		if (!strcmp(target->child_name, id) &&
		    object_dynamic_cast(target, prop->link_type))
			break;
	}
	if (target) {
		object_unref(*field);
		*field = object_ref(target);
	} else {
		error_setg(errp, "%s: there is no %s \"%s\"", name, prop->link_type, id);
	}
	g_free(id);
}

const PropertyInfo qdev_prop_link = { .name = "link", .get = get_link, .set = set_link };

void device_class_set_props(DeviceClass *dc, Property *props)
{
	const Property *prop = props;

	while (prop->name)
		prop++;
	device_class_set_props_n(dc, props, prop - props);
}

void device_class_set_props_n(DeviceClass *dc, const Property *props, size_t n)
{
	dc->props_ = props;
	dc->nr_props = n;
}

void *vmm_resettable_class(ObjectClass *klass)
{
	return DEVICE_CLASS(klass)->resettable;
}

/* Properties of each class on the way up; a class that sets none has its parent's pointer. */
static void device_instance_init(Object *obj)
{
	const Property *prop, *done = NULL;
	struct vmm_type *type;

	for (type = obj->class->type; type; type = type->parent) {
		const DeviceClass *dc;

		if (!vmm_type_is(type, TYPE_DEVICE))
			break;
		dc = (DeviceClass *)vmm_type_class(type);
		if (dc->props_ == done)
			continue;
		done = dc->props_;
		for (prop = done; prop < done + dc->nr_props; prop++) {
			object_property_add(obj, prop->name, prop->info->name, prop->info->get,
					    prop->info->set, NULL, (void *)prop);
			if (prop->set_default && prop->info->set_default)
				prop->info->set_default(obj, prop);
		}
	}
}

static void device_instance_finalize(Object *obj)
{
	struct vmm_type *type;
	const Property *prop;

	for (type = obj->class->type; vmm_type_is(type, TYPE_DEVICE); type = type->parent) {
		const DeviceClass *dc = (DeviceClass *)vmm_type_class(type);

		for (prop = dc->props_; prop < dc->props_ + dc->nr_props; prop++) {
			if (prop->info == &qdev_prop_link) {
				object_unref(*(Object **)field_of(obj, prop));
				*(Object **)field_of(obj, prop) = NULL;
			}
		}
	}
	g_free(DEVICE(obj)->id);
}

const TypeInfo vmm_device_type_info = {
	.name = TYPE_DEVICE,
	.parent = TYPE_OBJECT,
	.instance_size = sizeof(DeviceState),
	.instance_init = device_instance_init,
	.instance_finalize = device_instance_finalize,
	.class_size = sizeof(DeviceClass),
	.abstract = true,
};

bool qdev_realize(DeviceState *dev, BusState *bus, Error **errp)
{
	DeviceClass *dc = DEVICE_GET_CLASS(dev);
	Error *err = NULL;

	dev->parent_bus = bus;
	if (dc->realize)
		dc->realize(dev, &err);
	if (err) {
		error_propagate(errp, err);
		return false;
	}
	dev->realized = true;
	return true;
}

void qdev_unrealize(DeviceState *dev)
{
	DeviceClass *dc = DEVICE_GET_CLASS(dev);

	if (!dev->realized)
		return;
	dev->realized = false;
	if (dc->unrealize)
		dc->unrealize(dev);
}

Object *qdev_get_machine(void)
{
	return OBJECT(this_vmm->machine);
}

MachineState *vmm_current_machine(void)
{
	return this_vmm->machine;
}
