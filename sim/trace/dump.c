// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text of records, from the schema alone: types that this program does not know print as well.
 */
#include <inttypes.h>
#include <string.h>

#include "dump.h"
#include "json.h"

static void dump_text(FILE *out, const char *s)
{
	fputc('"', out);
	json_escape(out, s);
	fputc('"', out);
}

static unsigned int nr_values(const struct trace_field *field)
{
	unsigned int n = 0;

	while (field->values && field->values[n])
		n++;
	return n;
}

static void dump_value(FILE *out, const struct trace_field *field, union trace_value value)
{
	const struct trace_histogram *h;

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
		if (value.u < nr_values(field))
			fputs(field->values[value.u], out);
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

static void csv_text(FILE *out, const char *s)
{
	fputc('"', out);
	for (; s && *s; s++) {
		if (*s == '"')
			fputc('"', out);
		fputc(*s, out);
	}
	fputc('"', out);
}

static void csv_head(FILE *out, const struct trace_type *type)
{
	fputs("time_ns", out);
	for (unsigned int i = 0; i < type->nr_fields; i++) {
		const char *n = type->fields[i].name;

		if (type->fields[i].kind == TRACE_HISTOGRAM)
			fprintf(out, ",%s_n,%s_sum,%s_p50,%s_p99,%s_max", n, n, n, n, n);
		else
			fprintf(out, ",%s", n);
	}
	fputc('\n', out);
}

static void csv_value(FILE *out, const struct trace_field *field, union trace_value value)
{
	const struct trace_histogram *h = value.histogram;

	if (field->kind == TRACE_STRING)
		csv_text(out, value.text);
	else if (field->kind == TRACE_HISTOGRAM && !h)
		fputs("0,0,0,0,0", out);
	else if (field->kind == TRACE_HISTOGRAM)
		fprintf(out, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
			h->count, h->sum, trace_histogram_quantile(h, 50, 100),
			trace_histogram_quantile(h, 99, 100), h->max);
	else
		dump_value(out, field, value);
}

static void csv_consume(struct trace_consumer *consumer, const struct trace_record *record)
{
	struct trace_csv *csv = (struct trace_csv *)consumer;
	const struct trace_type *type = record->type;

	if (strcmp(type->name, csv->type))
		return;
	if (!csv->head)
		csv_head(csv->out, type);
	csv->head = true;
	fprintf(csv->out, "%" PRIu64, record->time);
	for (unsigned int i = 0; i < type->nr_fields; i++) {
		fputc(',', csv->out);
		csv_value(csv->out, &type->fields[i], record->value[i]);
	}
	fputc('\n', csv->out);
}

void trace_csv_init(struct trace_csv *csv, FILE *out, const char *type)
{
	*csv = (struct trace_csv){
		.consumer = { .record = csv_consume, .level = TRACE_FULL },
		.out = out,
		.type = type,
	};
}
