/* SPDX-License-Identifier: GPL-2.0-only */
/* model: kinds of static properties */
#ifndef MODEL_HW_QDEV_PROPERTIES_H
#define MODEL_HW_QDEV_PROPERTIES_H

#include "hw/qdev-core.h"

extern const PropertyInfo qdev_prop_bit;
extern const PropertyInfo qdev_prop_bit64;
extern const PropertyInfo qdev_prop_bool;
extern const PropertyInfo qdev_prop_uint32;
extern const PropertyInfo qdev_prop_link;

/* The field must have the type that the kind of property says. */
#define PROP_OFFSET(state, field, type)						\
	(offsetof(state, field) +						\
	 0 * sizeof(char[1 - 2 * !__builtin_types_compatible_p(			\
			type, __typeof__(((state *)0)->field))]))

#define DEFINE_PROP_BIT(name_, state_, field_, bit_, default_) {		\
		.name = (name_), .info = &qdev_prop_bit,			\
		.offset = PROP_OFFSET(state_, field_, uint32_t),		\
		.bitnr = (bit_), .set_default = true, .defval = (bool)(default_) }
#define DEFINE_PROP_BIT64(name_, state_, field_, bit_, default_) {		\
		.name = (name_), .info = &qdev_prop_bit64,			\
		.offset = PROP_OFFSET(state_, field_, uint64_t),		\
		.bitnr = (bit_), .set_default = true, .defval = (bool)(default_) }
#define DEFINE_PROP_BOOL(name_, state_, field_, default_) {			\
		.name = (name_), .info = &qdev_prop_bool,			\
		.offset = PROP_OFFSET(state_, field_, bool),			\
		.set_default = true, .defval = (bool)(default_) }
#define DEFINE_PROP_UINT32(name_, state_, field_, default_) {			\
		.name = (name_), .info = &qdev_prop_uint32,			\
		.offset = PROP_OFFSET(state_, field_, uint32_t),		\
		.set_default = true, .defval = (default_) }
#define DEFINE_PROP_LINK(name_, state_, field_, type_name_, ptr_type_) {	\
		.name = (name_), .info = &qdev_prop_link,			\
		.offset = PROP_OFFSET(state_, field_, ptr_type_),		\
		.link_type = (type_name_) }
#if QEMU_LEVEL < QEMU_LEVEL_OF(10, 0)
#define DEFINE_PROP_END_OF_LIST() { .name = NULL }
#endif

#endif
