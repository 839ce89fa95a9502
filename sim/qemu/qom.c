// SPDX-License-Identifier: GPL-2.0-only
/*
 * The object model: types, classes, objects, properties.
 *
 * Models qom/object.c of QEMU.  Types are registered per VMM, since each VMM has its own copies of
 * device images; classes are made when first used, a child's class being a copy of its parent's to
 * which its class_init() is applied.  Left out: interfaces, user-creatable objects, class
 * properties.
 */
#include "internal.h"

#include "qapi/visitor.h"

static struct vmm_type *type_add(struct vmm *vmm, const TypeInfo *info)
{
	struct vmm_type *type = g_new0(struct vmm_type, 1), **link = &vmm->types;

	if (vmm_type_find(vmm, info->name))
		vmm_fatal("type %s is registered twice", info->name);
	type->info = *info;
	if (info->parent) {
		type->parent = vmm_type_find(vmm, info->parent);
		if (!type->parent)
			vmm_fatal("type %s: no parent type %s", info->name, info->parent);
		if (!type->info.instance_size)
			type->info.instance_size = type->parent->info.instance_size;
		if (!type->info.class_size)
			type->info.class_size = type->parent->info.class_size;
	}
	while (*link)
		link = &(*link)->next;
	*link = type;
	return type;
}

void *type_register_static(const TypeInfo *info)
{
	return type_add(this_vmm, info);
}

struct vmm_type *vmm_type_find(struct vmm *vmm, const char *name)
{
	struct vmm_type *type = vmm->types;

	while (type && strcmp(type->info.name, name))
		type = type->next;
	return type;
}

bool vmm_type_is(const struct vmm_type *type, const char *name)
{
	while (type && strcmp(type->info.name, name))
		type = type->parent;
	return type;
}

ObjectClass *vmm_type_class(struct vmm_type *type)
{
	ObjectClass *class, *parent;

	if (type->class)
		return type->class;
	class = g_malloc0(type->info.class_size);
	if (type->parent) {
		parent = vmm_type_class(type->parent);
		memcpy(class, parent, type->parent->info.class_size);
	}
	class->type = type;
	type->class = class;
	if (type->info.class_init)
		type->info.class_init(class, type->info.class_data);
	return class;
}

static const TypeInfo object_type_info = {
	.name = TYPE_OBJECT,
	.instance_size = sizeof(Object),
	.class_size = sizeof(ObjectClass),
	.abstract = true,
};

static const TypeInfo machine_type_info = {
	.name = TYPE_MACHINE,
	.parent = TYPE_OBJECT,
	.instance_size = sizeof(MachineState),
};

static const TypeInfo container_type_info = {
	.name = "container",
	.parent = TYPE_OBJECT,
	.instance_size = sizeof(Object),
};

/* The types that are there before any image: an explicit list. */
void vmm_qom_init(struct vmm *vmm)
{
	static const TypeInfo *const builtin[] = {
		&object_type_info, &machine_type_info, &container_type_info,
		&vmm_device_type_info, &vmm_virtio_type_info, &vmm_iothread_type_info,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(builtin); i++)
		type_add(vmm, builtin[i]);
}

void vmm_qom_destroy(struct vmm *vmm)
{
	while (vmm->types) {
		struct vmm_type *type = vmm->types;

		vmm->types = type->next;
		g_free(type->class);
		g_free(type);
	}
}

/* Parents first, as constructors go. */
static void object_init_type(Object *obj, struct vmm_type *type)
{
	if (type->parent)
		object_init_type(obj, type->parent);
	if (type->info.instance_init)
		type->info.instance_init(obj);
}

static void object_post_init_type(Object *obj, struct vmm_type *type)
{
	if (type->info.instance_post_init)
		type->info.instance_post_init(obj);
	if (type->parent)
		object_post_init_type(obj, type->parent);
}

Object *object_new(const char *type_name)
{
	struct vmm_type *type = vmm_type_find(this_vmm, type_name);
	Object *obj;

	if (!type || type->info.abstract)
		vmm_fatal("no object of type %s can be made", type_name);
	obj = g_malloc0(type->info.instance_size);
	obj->class = vmm_type_class(type);
	obj->ref = 1;
	obj->allocated = true;
	object_init_type(obj, type);
	object_post_init_type(obj, type);
	return obj;
}

Object *object_ref(void *opaque)
{
	Object *obj = opaque;

	if (obj)
		obj->ref++;
	return obj;
}

static void object_free_properties(Object *obj)
{
	ObjectProperty *prop;

	while ((prop = obj->properties)) {
		obj->properties = prop->next;
		if (prop->release)
			prop->release(obj, prop->name, prop->opaque);
		g_free(prop->name);
		g_free(prop->type);
		g_free(prop);
	}
}

void object_unref(void *opaque)
{
	Object *obj = opaque;
	struct vmm_type *type;
	char left[192];

	if (!obj)
		return;
	if (!obj->ref)
		vmm_fatal("object of type %s: reference dropped once too often",
			  object_get_typename(obj));
	if (--obj->ref)
		return;
	while (obj->children)
		object_remove_child(obj->children);
	object_free_properties(obj);
	for (type = obj->class->type; type; type = type->parent) {
		if (type->info.instance_finalize)
			type->info.instance_finalize(obj);
	}
	if (vmm_left_behind(this_vmm, obj, obj->class->type->info.instance_size, true, left,
			    sizeof(left)))
		vmm_say(this_vmm, VMM_ERROR, "an object of type %s is freed, and leaves behind %s",
			object_get_typename(obj), left);
	if (obj->allocated)
		g_free(obj);
}

void object_add_child(Object *parent, const char *name, Object *child)
{
	Object **link = &parent->children;

	while (*link)
		link = &(*link)->next_sibling;
	*link = object_ref(child);
	child->parent = parent;
	child->child_name = g_strdup(name);
}

void object_remove_child(Object *child)
{
	Object **link = &child->parent->children;

	while (*link != child)
		link = &(*link)->next_sibling;
	*link = child->next_sibling;
	child->parent = child->next_sibling = NULL;
	g_free((char *)child->child_name);
	child->child_name = NULL;
	object_unref(child);
}

ObjectClass *object_get_class(Object *obj)
{
	return obj->class;
}

const char *object_get_typename(const Object *obj)
{
	return obj->class->type->info.name;
}

Object *object_dynamic_cast(Object *obj, const char *type_name)
{
	return obj && vmm_type_is(obj->class->type, type_name) ? obj : NULL;
}

Object *object_dynamic_cast_assert(Object *obj, const char *type_name, const char *file, int line,
				   const char *func)
{
	if (obj && !object_dynamic_cast(obj, type_name))
		vmm_fatal("%s:%d: %s: object of type %s is no %s", file, line, func,
			  object_get_typename(obj), type_name);
	return obj;
}

ObjectClass *object_class_dynamic_cast_assert(ObjectClass *klass, const char *type_name,
					      const char *file, int line, const char *func)
{
	if (klass && !vmm_type_is(klass->type, type_name))
		vmm_fatal("%s:%d: %s: class %s is no %s", file, line, func,
			  klass->type->info.name, type_name);
	return klass;
}

static int child_foreach(Object *obj, int (*fn)(Object *child, void *opaque), void *opaque,
			 bool recurse)
{
	Object *child, *next;
	int ret;

	for (child = obj->children; child; child = next) {
		next = child->next_sibling;
		ret = fn(child, opaque);
		if (!ret && recurse)
			ret = child_foreach(child, fn, opaque, true);
		if (ret)
			return ret;
	}
	return 0;
}

int object_child_foreach(Object *obj, int (*fn)(Object *child, void *opaque), void *opaque)
{
	return child_foreach(obj, fn, opaque, false);
}

int object_child_foreach_recursive(Object *obj, int (*fn)(Object *child, void *opaque),
				   void *opaque)
{
	return child_foreach(obj, fn, opaque, true);
}

/* Properties */

ObjectProperty *object_property_find(Object *obj, const char *name)
{
	ObjectProperty *prop = obj->properties;

	while (prop && strcmp(prop->name, name))
		prop = prop->next;
	return prop;
}

ObjectProperty *object_property_add(Object *obj, const char *name, const char *type,
				    ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
				    ObjectPropertyRelease *release, void *opaque)
{
	ObjectProperty *prop = g_new0(ObjectProperty, 1), **link = &obj->properties;

	if (object_property_find(obj, name))
		vmm_fatal("%s has two properties %s", object_get_typename(obj), name);
	*prop = (ObjectProperty){ .name = g_strdup(name), .type = g_strdup(type), .get = get,
				  .set = set, .release = release, .opaque = opaque };
	while (*link)
		link = &(*link)->next;
	*link = prop;
	return prop;
}

static void get_uint64_ptr(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
	uint64_t value = *(uint64_t *)opaque;

	visit_type_uint64(v, name, &value, errp);
}

static void set_uint64_ptr(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
	visit_type_uint64(v, name, opaque, errp);
}

ObjectProperty *object_property_add_uint64_ptr(Object *obj, const char *name, const uint64_t *v,
					       ObjectPropertyFlags flags)
{
	return object_property_add(obj, name, "uint64",
				   flags & OBJ_PROP_FLAG_READ ? get_uint64_ptr : NULL,
				   flags & OBJ_PROP_FLAG_WRITE ? set_uint64_ptr : NULL, NULL,
				   (void *)v);
}

struct alias {
	Object *target;
	char *name;
};

static void get_alias(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
	struct alias *alias = opaque;

	object_property_get(alias->target, alias->name, v, errp);
}

static void set_alias(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
	struct alias *alias = opaque;

	object_property_set(alias->target, alias->name, v, errp);
}

static void release_alias(Object *obj, const char *name, void *opaque)
{
	struct alias *alias = opaque;

	g_free(alias->name);
	g_free(alias);
}

ObjectProperty *object_property_add_alias(Object *obj, const char *name, Object *target_obj,
					  const char *target_name)
{
	ObjectProperty *target = object_property_find(target_obj, target_name);
	struct alias *alias = g_new0(struct alias, 1);

	if (!target)
		vmm_fatal("alias %s: no property %s", name, target_name);
	alias->target = target_obj;
	alias->name = g_strdup(target_name);
	return object_property_add(obj, name, target->type, target->get ? get_alias : NULL,
				   target->set ? set_alias : NULL, release_alias, alias);
}

static ObjectProperty *property_must_exist(Object *obj, const char *name, Error **errp)
{
	ObjectProperty *prop = object_property_find(obj, name);

	if (!prop)
		error_setg(errp, "%s has no property \"%s\"", object_get_typename(obj), name);
	return prop;
}

void object_property_set_description(Object *obj, const char *name, const char *description)
{
	if (!object_property_find(obj, name))
		vmm_fatal("%s has no property %s", object_get_typename(obj), name);
}

bool object_property_get(Object *obj, const char *name, Visitor *v, Error **errp)
{
	ObjectProperty *prop = property_must_exist(obj, name, errp);
	Error *err = NULL;

	if (!prop)
		return false;
	if (!prop->get) {
		error_setg(errp, "property \"%s\" cannot be read", name);
		return false;
	}
	prop->get(obj, v, name, prop->opaque, &err);
	error_propagate(errp, err);
	return !err;
}

bool object_property_set(Object *obj, const char *name, Visitor *v, Error **errp)
{
	ObjectProperty *prop = property_must_exist(obj, name, errp);
	Error *err = NULL;

	if (!prop)
		return false;
	if (!prop->set) {
		error_setg(errp, "property \"%s\" cannot be written", name);
		return false;
	}
	prop->set(obj, v, name, prop->opaque, &err);
	error_propagate(errp, err);
	return !err;
}

int64_t object_property_get_int(Object *obj, const char *name, Error **errp)
{
	Visitor *v = visitor_new_output();
	struct vmm_value *value = NULL;
	int64_t number = 0;

	if (object_property_get(obj, name, v, errp)) {
		value = visitor_take(v);
		if (value && value->kind == VALUE_INT)
			number = value->i;
		else if (value && (value->kind == VALUE_UINT || value->kind == VALUE_BOOL))
			number = value->u;
		else
			error_setg(errp, "property \"%s\" is no number", name);
	}
	vmm_value_free(value);
	visitor_free(v);
	return number;
}
