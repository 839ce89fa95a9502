/* SPDX-License-Identifier: GPL-2.0-only */
/* model: what is sent of a device, as a table; fields of the kinds that are used */
#ifndef MODEL_MIGRATION_VMSTATE_H
#define MODEL_MIGRATION_VMSTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qemu/typedefs.h"

enum VMStateFlags {
	VMS_SINGLE = 0x001,
	VMS_END = 0x10000,
};

typedef struct VMStateInfo {
	const char *name;
	size_t size;		/* bytes of a plain number; 0: save and load do all */
	int (*save)(QEMUFile *f, void *pv);
	int (*load)(QEMUFile *f, void *pv);
} VMStateInfo;

struct VMStateField {
	const char *name;
	size_t offset;
	const VMStateInfo *info;
	enum VMStateFlags flags;
};

struct VMStateDescription {
	const char *name;
	int version_id;
	int minimum_version_id;
	int (*pre_load)(void *opaque);
	int (*post_load)(void *opaque, int version_id);
	int (*pre_save)(void *opaque);
	bool (*needed)(void *opaque);
	const VMStateField *fields;
#if QEMU_LEVEL < QEMU_LEVEL_OF(9, 0)
	const VMStateDescription **subsections;
#else
	const VMStateDescription * const *subsections;
#endif
};

extern const VMStateInfo vmstate_info_uint32;

/* The field must be a uint32_t. */
#define VMSTATE_UINT32(field_, state_) {					\
		.name = #field_, .info = &vmstate_info_uint32, .flags = VMS_SINGLE, \
		.offset = offsetof(state_, field_) +				\
			  0 * sizeof(char[1 - 2 * !__builtin_types_compatible_p( \
				uint32_t, __typeof__(((state_ *)0)->field_))]) }
#define VMSTATE_END_OF_LIST() { .flags = VMS_END }

#endif
