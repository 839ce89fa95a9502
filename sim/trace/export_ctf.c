// SPDX-License-Identifier: GPL-2.0-only
/*
 * Common Trace Format 1.8 (diamon.org/ctf): a directory with `metadata`, the description of the
 * event types in TSDL, and `stream`, packets of events.
 *
 * Everything is aligned to bytes, so a value lies where the one before it ends.  The types are
 * those that have come up, so metadata is written last.  A field is called as in the trace, with
 * the underscore before it that readers take off: names may be words of TSDL.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "export_internal.h"
#include "format.h"
#include "hostmem.h"

#define CTF_MAGIC UINT32_C(0xc1fc1fc1)
#define PACKET_HEAD (4 + 4 + 5 * 8)
#define PACKET_TARGET (64 * 1024)
#define EVENT_MAX (10 + TRACE_FIELDS_MAX * (TRACE_STRING_MAX + 1))

struct ctf {
	struct export_out out;
	uint8_t *packet;		/* its head is left free until it is full */
	size_t used;
	uint64_t begin, end;		/* times of the packet */
};

static const char ctf_head[] =
	"/* CTF 1.8 */\n\n"
	"typealias integer { size = 16; align = 8; signed = false; } := u16;\n"
	"typealias integer { size = 32; align = 8; signed = false; } := u32;\n"
	"typealias integer { size = 64; align = 8; signed = false; } := u64;\n"
	"typealias integer { size = 64; align = 8; signed = true; } := s64;\n\n"
	"trace {\n"
	"\tmajor = 1;\n\tminor = 8;\n\tbyte_order = le;\n"
	"\tpacket.header := struct { u32 magic; u32 stream_id; };\n};\n\n"
	"env { tracer_name = \"ballast\"; };\n\n"
	"clock {\n"
	"\tname = virtual;\n\tdescription = \"virtual time from the start of the run\";\n"
	"\tfreq = 1000000000;\n\toffset = 0;\n};\n\n"
	"typealias integer {\n"
	"\tsize = 64; align = 8; signed = false; map = clock.virtual.value;\n} := ns_t;\n\n"
	"stream {\n"
	"\tid = 0;\n"
	"\tevent.header := struct { u16 id; ns_t timestamp; };\n"
	"\tpacket.context := struct {\n"
	"\t\tns_t timestamp_begin;\n\t\tns_t timestamp_end;\n"
	"\t\tu64 content_size;\n\t\tu64 packet_size;\n\t\tu64 events_discarded;\n"
	"\t};\n};\n";

static void ctf_start(struct export *e)
{
	struct ctf *c = e->own = host_alloc(sizeof(*c));

	out_init(&c->out, e, out_create(e, "stream"), OUT_ROOM_MAX);
	c->packet = host_alloc(PACKET_TARGET + EVENT_MAX);
	c->used = PACKET_HEAD;
}

static void write_packet(struct ctf *c)
{
	uint8_t *p = c->packet;

	if (c->used == PACKET_HEAD)
		return;
	put_le(p, CTF_MAGIC, 4);
	put_le(p + 4, 0, 4);
	put_le(p + 8, c->begin, 8);
	put_le(p + 16, c->end, 8);
	put_le(p + 24, c->used * 8, 8);
	put_le(p + 32, c->used * 8, 8);
	put_le(p + 40, 0, 8);
	p = out_room(&c->out, c->used);
	out_done(&c->out, put_bytes(p, c->packet, c->used));
	c->used = PACKET_HEAD;
}

static uint8_t *put_value(uint8_t *p, const struct trace_field *field, union trace_value value)
{
	uint64_t parts[EXPORT_HISTOGRAM_PARTS];
	size_t len;

	switch (field->kind) {
	case TRACE_STRING:
		len = strnlen(value.text ? value.text : "", TRACE_STRING_MAX);
		p = put_bytes(p, value.text ? value.text : "", len);
		*p++ = '\0';
		return p;
	case TRACE_HISTOGRAM:
		export_histogram(value.histogram, parts);
		for (unsigned int k = 0; k < EXPORT_HISTOGRAM_PARTS; k++)
			p = put_le64(p, parts[k]);
		return p;
	default:
		return put_le64(p, value.u);
	}
}

static void ctf_record(struct export *e, struct export_type *t, const struct trace_record *record)
{
	struct ctf *c = e->own;
	uint8_t *p;

	if (c->used >= PACKET_TARGET)
		write_packet(c);
	if (c->used == PACKET_HEAD)
		c->begin = record->time;
	c->end = record->time;
	p = c->packet + c->used;
	put_le(p, t->number, 2);
	p = put_le64(p + 2, record->time);
	for (unsigned int i = 0; i < t->type->nr_fields; i++)
		p = put_value(p, &t->type->fields[i], record->value[i]);
	c->used = p - c->packet;
	t->own = c;	/* it has come up */
}

/* Metadata */

/* As a string of TSDL, which is one of C. */
static void print_string(FILE *f, const char *s)
{
	putc('"', f);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', f);
		if ((unsigned char)*s < ' ')
			fprintf(f, "\\%03o", *s);
		else
			putc(*s, f);
	}
	putc('"', f);
}

static void print_enum(FILE *f, const struct trace_field *field)
{
	fputs("\t\tenum : u64 {", f);
	for (unsigned int i = 0; field->values[i]; i++) {
		fputs(i ? ", " : " ", f);
		print_string(f, field->values[i]);
		fprintf(f, " = %u", i);
	}
	fprintf(f, " } _%s;\n", field->name);
}

static void print_field(FILE *f, const struct trace_field *field)
{
	switch (field->kind) {
	case TRACE_SINT:
	case TRACE_GUEST:	/* the host is -1 */
		fprintf(f, "\t\ts64 _%s;\n", field->name);
		break;
	case TRACE_STRING:
		fprintf(f, "\t\tstring { encoding = UTF8; } _%s;\n", field->name);
		break;
	case TRACE_HISTOGRAM:
		for (unsigned int k = 0; k < EXPORT_HISTOGRAM_PARTS; k++)
			fprintf(f, "\t\tu64 _%s_%s;\n", field->name, export_histogram_parts[k]);
		break;
	case TRACE_ENUM:
		if (field->values && field->values[0]) {
			print_enum(f, field);
			break;
		}
		/* fall through */
	default:
		fprintf(f, "\t\tu64 _%s;\n", field->name);
		break;
	}
}

static void write_metadata(struct export *e)
{
	int fd = out_create(e, "metadata");
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f)
		return;
	fputs(ctf_head, f);
	for (unsigned int n = 0; n < e->nr_types; n++) {
		const struct trace_type *type = e->types[n].type;

		if (!e->types[n].own)
			continue;
		fprintf(f, "\nevent {\n\tname = \"%s\";\n\tid = %u;\n\tstream_id = 0;\n"
			"\tfields := struct {\n", type->name, n);
		for (unsigned int i = 0; i < type->nr_fields; i++)
			print_field(f, &type->fields[i]);
		fputs("\t};\n};\n", f);
	}
	if (fflush(f) || ferror(f))
		export_fail_errno(e);
	if (fclose(f))
		export_fail_errno(e);
}

static void ctf_finish(struct export *e)
{
	struct ctf *c = e->own;

	write_packet(c);
	out_free(&c->out);
	if (c->out.fd >= 0 && close(c->out.fd))
		export_fail_errno(e);
	if (!e->failed)
		write_metadata(e);
	host_free(c->packet);
	host_free(c);
}

const struct export_ops export_ctf = {
	.directory = true, .start = ctf_start, .record = ctf_record, .finish = ctf_finish,
};
