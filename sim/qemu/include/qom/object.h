/* SPDX-License-Identifier: GPL-2.0-only */
/* model: QOM; types belong to a VMM, not to the process, and there are no interfaces */
#ifndef MODEL_QOM_OBJECT_H
#define MODEL_QOM_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config-host.h"
#include "glib.h"
#include "qemu/typedefs.h"

#define TYPE_OBJECT "object"

typedef void ObjectPropertyAccessor(Object *obj, Visitor *v, const char *name, void *opaque,
				    Error **errp);
typedef void ObjectPropertyRelease(Object *obj, const char *name, void *opaque);

struct vmm_type;

struct ObjectClass {
	struct vmm_type *type;
};

struct Object {
	ObjectClass *class;
	ObjectProperty *properties;	/* in the order of their addition */
	Object *parent;
	Object *children, *next_sibling;
	const char *child_name;
	uint32_t ref;
	bool allocated;			/* by object_new(): freed with the last reference */
};

struct TypeInfo {
	const char *name, *parent;
	bool abstract;			/* there are no objects of this very type */
	size_t class_size, instance_size, instance_align;	/* bytes; 0: as the parent's */
	/* The first one of subtypes, too. */
#if QEMU_LEVEL < QEMU_LEVEL_OF(10, 1)
	void (*class_base_init)(ObjectClass *klass, void *data);
	void (*class_init)(ObjectClass *klass, void *data);
#else
	void (*class_base_init)(ObjectClass *klass, const void *data);
	void (*class_init)(ObjectClass *klass, const void *data);
#endif
	void *class_data;
	void (*instance_init)(Object *obj);
	void (*instance_post_init)(Object *obj);
	void (*instance_finalize)(Object *obj);
};

#define OBJECT(obj) ((Object *)(obj))
#define OBJECT_CLASS(klass) ((ObjectClass *)(klass))

#define OBJECT_CHECK(type, obj, name)						\
	((type *)object_dynamic_cast_assert(OBJECT(obj), (name), __FILE__, __LINE__, __func__))
#define OBJECT_CLASS_CHECK(type, klass, name)					\
	((type *)object_class_dynamic_cast_assert(OBJECT_CLASS(klass), (name), __FILE__,	\
						  __LINE__, __func__))
#define OBJECT_GET_CLASS(type, obj, name)					\
	OBJECT_CLASS_CHECK(type, object_get_class(OBJECT(obj)), name)

#define DECLARE_INSTANCE_CHECKER(instance, upper, name)				\
	static inline G_GNUC_UNUSED instance *upper(const void *obj)		\
	{									\
		return OBJECT_CHECK(instance, obj, name);			\
	}
#define DECLARE_CLASS_CHECKERS(klass, upper, name)				\
	static inline G_GNUC_UNUSED klass *upper##_GET_CLASS(const void *obj)	\
	{									\
		return OBJECT_GET_CLASS(klass, obj, name);			\
	}									\
	static inline G_GNUC_UNUSED klass *upper##_CLASS(const void *k)		\
	{									\
		return OBJECT_CLASS_CHECK(klass, k, name);			\
	}
#define DECLARE_OBJ_CHECKERS(instance, klass, upper, name)			\
	DECLARE_INSTANCE_CHECKER(instance, upper, name)				\
	DECLARE_CLASS_CHECKERS(klass, upper, name)
#define OBJECT_DECLARE_TYPE(instance, klass, upper)				\
	typedef struct instance instance;					\
	typedef struct klass klass;						\
	DECLARE_OBJ_CHECKERS(instance, klass, upper, TYPE_##upper)
#define OBJECT_DECLARE_SIMPLE_TYPE(instance, upper)				\
	typedef struct instance instance;					\
	DECLARE_INSTANCE_CHECKER(instance, upper, TYPE_##upper)

void *type_register_static(const TypeInfo *info);

Object *object_new(const char *type_name);
Object *object_ref(void *obj);
void object_unref(void *obj);
ObjectClass *object_get_class(Object *obj);
const char *object_get_typename(const Object *obj);
/* NULL when @obj is not of that type. */
Object *object_dynamic_cast(Object *obj, const char *type_name);
Object *object_dynamic_cast_assert(Object *obj, const char *type_name, const char *file, int line,
				   const char *func);
ObjectClass *object_class_dynamic_cast_assert(ObjectClass *klass, const char *type_name,
					      const char *file, int line, const char *func);

int object_child_foreach(Object *obj, int (*fn)(Object *child, void *opaque), void *opaque);
int object_child_foreach_recursive(Object *obj, int (*fn)(Object *child, void *opaque),
				   void *opaque);

typedef enum {
	OBJ_PROP_FLAG_READ = 1 << 0,
	OBJ_PROP_FLAG_WRITE = 1 << 1,
	OBJ_PROP_FLAG_READWRITE = OBJ_PROP_FLAG_READ | OBJ_PROP_FLAG_WRITE,
} ObjectPropertyFlags;

ObjectProperty *object_property_add(Object *obj, const char *name, const char *type,
				    ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
				    ObjectPropertyRelease *release, void *opaque);
ObjectProperty *object_property_add_uint64_ptr(Object *obj, const char *name, const uint64_t *v,
					       ObjectPropertyFlags flags);
ObjectProperty *object_property_add_alias(Object *obj, const char *name, Object *target_obj,
					  const char *target_name);
/* Nobody is shown the text here; but the property has to be there. */
void object_property_set_description(Object *obj, const char *name, const char *description);
bool object_property_get(Object *obj, const char *name, Visitor *v, Error **errp);
bool object_property_set(Object *obj, const char *name, Visitor *v, Error **errp);
int64_t object_property_get_int(Object *obj, const char *name, Error **errp);

#endif
