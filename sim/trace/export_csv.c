// SPDX-License-Identifier: GPL-2.0-only
/*
 * CSV (RFC 4180, lines end as in Unix): a file per record type with a head line, or one type alone
 * into one file.  The first column is the time in ns; a histogram becomes five columns.
 */
#include <unistd.h>

#include "export_internal.h"
#include "hostmem.h"

#define ALL_TYPES_BUFFER (OUT_ROOM_MAX / 2)	/* of each type's file */
#define DECIMAL_MAX 21

/* Bytes of a text at most: each may be doubled. */
#define TEXT_MAX (2 * TRACE_STRING_MAX + 3)
_Static_assert(TRACE_FIELDS_MAX * TEXT_MAX + DECIMAL_MAX < ALL_TYPES_BUFFER, "a row");

static uint8_t *put_quoted(uint8_t *p, const char *s)
{
	*p++ = '"';
	for (size_t i = 0; s && *s && i < TRACE_STRING_MAX; s++, i++) {
		if (*s == '"')
			*p++ = '"';
		*p++ = *s;
	}
	*p++ = '"';
	return p;
}

static uint8_t *put_head(uint8_t *p, const struct trace_type *type)
{
	p = put_text(p, "time_ns");
	for (unsigned int i = 0; i < type->nr_fields; i++) {
		bool parts = type->fields[i].kind == TRACE_HISTOGRAM;

		for (unsigned int k = 0; k < (parts ? EXPORT_HISTOGRAM_PARTS : 1); k++) {
			*p++ = ',';
			p = put_text(p, type->fields[i].name);
			if (!parts)
				continue;
			*p++ = '_';
			p = put_text(p, export_histogram_parts[k]);
		}
	}
	*p++ = '\n';
	return p;
}

static uint8_t *put_enum(uint8_t *p, const struct trace_field *field, uint64_t value)
{
	const char *text = trace_enum_text(field, value);

	if (!text)
		return put_decimal(p, value);
	return strpbrk(text, ",\"\r\n") || strlen(text) > TRACE_STRING_MAX ?
		put_quoted(p, text) : put_text(p, text);
}

static uint8_t *put_value(uint8_t *p, const struct trace_field *field, union trace_value value)
{
	uint64_t parts[EXPORT_HISTOGRAM_PARTS];

	switch (field->kind) {
	case TRACE_STRING:
		return put_quoted(p, value.text);
	case TRACE_ENUM:
		return put_enum(p, field, value.u);
	case TRACE_SINT:
		if (value.s < 0)
			*p++ = '-';
		return put_decimal(p, value.s < 0 ? -(uint64_t)value.s : value.u);
	case TRACE_GUEST:
		return value.u == TRACE_HOST ? put_text(p, "host") : put_decimal(p, value.u);
	case TRACE_HISTOGRAM:
		export_histogram(value.histogram, parts);
		for (unsigned int k = 0; k < EXPORT_HISTOGRAM_PARTS; k++) {
			if (k)
				*p++ = ',';
			p = put_decimal(p, parts[k]);
		}
		return p;
	default:
		return put_decimal(p, value.u);
	}
}

static struct export_out *open_type(struct export *e, struct export_type *t)
{
	struct export_out *out;
	char name[80];
	int fd = e->fd;

	if (!e->request->record) {
		strcpy(stpcpy(name, t->type->name), ".csv");
		fd = out_create(e, name);
		if (fd < 0)
			return NULL;
	}
	out = host_alloc(sizeof(*out));
	out_init(out, e, fd, ALL_TYPES_BUFFER);
	out_done(out, put_head(out->buf, t->type));
	return out;
}

static void csv_start(struct export *e)
{
}

static void csv_record(struct export *e, struct export_type *t, const struct trace_record *record)
{
	struct export_out *out = t->own;
	uint8_t *p;

	if (!out)
		out = t->own = open_type(e, t);
	if (!out)
		return;
	p = out_room(out, TRACE_FIELDS_MAX * TEXT_MAX + DECIMAL_MAX);
	p = put_decimal(p, record->time);
	for (unsigned int i = 0; i < t->type->nr_fields; i++) {
		*p++ = ',';
		p = put_value(p, &t->type->fields[i], record->value[i]);
	}
	*p++ = '\n';
	out_done(out, p);
}

static void csv_finish(struct export *e)
{
	for (unsigned int i = 0; i < e->nr_types; i++) {
		struct export_out *out = e->types[i].own;

		if (!out)
			continue;
		out_free(out);
		if (!e->request->record && close(out->fd))
			export_fail_errno(e);
		host_free(out);
	}
}

const struct export_ops export_csv = {
	.directory = true, .start = csv_start, .record = csv_record, .finish = csv_finish,
};
