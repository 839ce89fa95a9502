/* SPDX-License-Identifier: GPL-2.0-only */
/* model: visitors make or read a tree of values, see vmm.h */
#ifndef MODEL_QAPI_VISITOR_H
#define MODEL_QAPI_VISITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qemu/typedefs.h"

bool visit_start_struct(Visitor *v, const char *name, void **obj, size_t size, Error **errp);
bool visit_check_struct(Visitor *v, Error **errp);
void visit_end_struct(Visitor *v, void **obj);
bool visit_type_int(Visitor *v, const char *name, int64_t *obj, Error **errp);
bool visit_type_uint32(Visitor *v, const char *name, uint32_t *obj, Error **errp);
bool visit_type_uint64(Visitor *v, const char *name, uint64_t *obj, Error **errp);
/* As uint64; text may have a suffix: 64k, 2M, 1G. */
bool visit_type_size(Visitor *v, const char *name, uint64_t *obj, Error **errp);
bool visit_type_bool(Visitor *v, const char *name, bool *obj, Error **errp);
/* Read into memory of the caller's (g_free), or given. */
bool visit_type_str(Visitor *v, const char *name, char **obj, Error **errp);

#endif
