// SPDX-License-Identifier: GPL-2.0-only
/*
 * The schema of the trace as tables, made from enums.def and events.def.
 */
#include <string.h>

#include "trace.h"

#define VALUES(name) static const char *const values_##name[] = {
#define VALUE(id, text) text,
#define END_VALUES NULL };
#include "enums.def"

/* Fields are stored as an array of 8-byte slots. */
#define RECORD(id, name, level, doc)                                                               \
	_Static_assert((id) > 0 && (id) < NR_TRACE_IDS, "id of " #name);                           \
	static const struct trace_field fields_##name[] = {
#define FIELD(k, n) { .name = #n, .kind = TRACE_##k },
#define ENUM(v, n) { .name = #n, .kind = TRACE_ENUM, .values = values_##v },
#define END_RECORD };
#include "events.def"

#define NR_FIELDS(name) (sizeof(fields_##name) / sizeof(fields_##name[0]))

#define RECORD(id, name, level, doc)                                                               \
	_Static_assert(sizeof(struct trace_rec_##name) == NR_FIELDS(name) * 8, #name);             \
	_Static_assert(NR_FIELDS(name) <= TRACE_FIELDS_MAX, #name);
#define FIELD(k, n)
#define ENUM(v, n)
#define END_RECORD
#include "events.def"

const struct trace_type trace_types[NR_TRACE_IDS] = {
#define RECORD(i, n, l, d)                                                                         \
	[i] = { .id = i, .name = #n, .level = TRACE_##l, .doc = d, .nr_fields = NR_FIELDS(n),      \
		.fields = fields_##n },
#define FIELD(k, n)
#define ENUM(v, n)
#define END_RECORD
#include "events.def"
};

const struct trace_type *trace_type_named(const char *name)
{
	for (unsigned int i = 0; i < NR_TRACE_IDS; i++) {
		if (trace_types[i].id && !strcmp(trace_types[i].name, name))
			return &trace_types[i];
	}
	return NULL;
}

const char *trace_enum_text(const struct trace_field *field, uint64_t value)
{
	/* The table ends with NULL; how long it is, is not known. */
	for (uint64_t i = 0; field->values && field->values[i]; i++) {
		if (i == value)
			return field->values[i];
	}
	return NULL;
}
