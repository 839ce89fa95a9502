// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text of records, from the schema alone: types that this program does not know print as well.
 */
#include <inttypes.h>

#include "dump.h"
#include "json.h"

static void dump_text(FILE *out, const char *s)
{
	fputc('"', out);
	json_escape(out, s);
	fputc('"', out);
}

static void dump_value(FILE *out, const struct trace_field *field, union trace_value value)
{
	const struct trace_histogram *h;
	const char *text;

	switch (field->kind) {
	case TRACE_SINT:
		fprintf(out, "%" PRId64, value.s);
		break;
	case TRACE_GUEST:
		if (value.u == TRACE_HOST)
			fputs("host", out);
		else
			fprintf(out, "%" PRIu64, value.u);
		break;
	case TRACE_ENUM:
		text = trace_enum_text(field, value.u);
		if (text)
			fputs(text, out);
		else
			fprintf(out, "%" PRIu64, value.u);
		break;
	case TRACE_STRING:
		dump_text(out, value.text ? value.text : "");
		break;
	case TRACE_HISTOGRAM:
		h = value.histogram;
		if (!h)
			break;
		fprintf(out, "{n=%" PRIu64 " sum=%" PRIu64 " p50=%" PRIu64 " p99=%" PRIu64
			" max=%" PRIu64 "}", h->count, h->sum,
			trace_histogram_quantile(h, 50, 100), trace_histogram_quantile(h, 99, 100),
			h->max);
		break;
	default:
		fprintf(out, "%" PRIu64, value.u);
		break;
	}
}

static void dump_time(FILE *out, int width, uint64_t ns)
{
	fprintf(out, "%*" PRIu64 ".%09" PRIu64, width, ns / 1000000000, ns % 1000000000);
}

void trace_dump_record(FILE *out, const struct trace_record *record)
{
	dump_time(out, 6, record->time);
	fprintf(out, " %s", record->type->name);
	for (unsigned int i = 0; i < record->type->nr_fields; i++) {
		fprintf(out, " %s=", record->type->fields[i].name);
		dump_value(out, &record->type->fields[i], record->value[i]);
	}
	fputc('\n', out);
}

static void dump_consume(struct trace_consumer *consumer, const struct trace_record *record)
{
	trace_dump_record(((struct trace_dump *)consumer)->out, record);
}

void trace_dump_init(struct trace_dump *dump, FILE *out)
{
	*dump = (struct trace_dump){
		.consumer = { .record = dump_consume, .level = TRACE_FULL },
		.out = out,
	};
}
