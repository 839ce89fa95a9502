// SPDX-License-Identifier: GPL-2.0-only
/*
 * Export for the Perfetto UI: the Trace Event Format (JSON), which it reads as chrome://tracing
 * does.  A guest is a process (pid = id + 1; the host is 0), a program a thread of it.
 *
 * Timestamps there are microseconds; nanoseconds are kept as decimals.
 */
#include <inttypes.h>

#include "dump.h"
#include "json.h"

static void event(struct trace_perfetto *p, uint64_t time, char phase, uint64_t guest,
		  uint64_t thread, const char *name)
{
	fprintf(p->out, "%s\n{\"ph\":\"%c\",\"ts\":%" PRIu64 ".%03" PRIu64 ",\"pid\":%" PRIu64
		",\"tid\":%" PRIu64 ",\"name\":\"", p->any ? "," : "", phase, time / 1000,
		time % 1000, guest == TRACE_HOST ? 0 : guest + 1, thread);
	json_escape(p->out, name);
	fputc('"', p->out);
	p->any = true;
}

static void counter(struct trace_perfetto *p, uint64_t time, uint64_t guest, const char *name,
		    uint64_t pages)
{
	event(p, time, 'C', guest, 0, name);
	fprintf(p->out, ",\"args\":{\"MiB\":%" PRIu64 "}}", pages / 256);
}

static void name_process(struct trace_perfetto *p, uint64_t guest, const char *name)
{
	event(p, 0, 'M', guest, 0, "process_name");
	fputs(",\"args\":{\"name\":\"", p->out);
	json_escape(p->out, name);
	fputs("\"}}", p->out);
}

static void instant(struct trace_perfetto *p, uint64_t time, uint64_t guest, const char *what,
		    const char *text)
{
	event(p, time, 'i', guest, 0, what);
	fputs(",\"s\":\"p\",\"args\":{\"text\":\"", p->out);
	json_escape(p->out, text);
	fputs("\"}}", p->out);
}

static void samples(struct trace_perfetto *p, const struct trace_record *record)
{
	const struct trace_rec_guest_sample *g = record->rec;
	const struct trace_rec_host_sample *h = record->rec;

	if (record->id == TRACE_ID_guest_sample) {
		counter(p, record->time, g->guest, "free", g->free);
		counter(p, record->time, g->guest, "reported", g->reported);
		counter(p, record->time, g->guest, "ballooned", g->ballooned);
		counter(p, record->time, g->guest, "resident", g->resident);
		counter(p, record->time, g->guest, "swapped", g->swapped);
		counter(p, record->time, g->guest, "guest swap", g->guest_swap);
		counter(p, record->time, g->guest, "page cache", g->cached);
		counter(p, record->time, g->guest, "given back", g->given_back);
	} else {
		counter(p, record->time, TRACE_HOST, "free", h->free);
		counter(p, record->time, TRACE_HOST, "used", h->used);
		counter(p, record->time, TRACE_HOST, "swap used", h->swap_used);
	}
}

static void programs(struct trace_perfetto *p, const struct trace_record *record)
{
	const struct trace_rec_program_start *start = record->rec;
	const struct trace_rec_program_phase *phase = record->rec;

	/* guest and program are the first two fields of all of them */
	if (record->id == TRACE_ID_program_start)
		event(p, record->time, 'B', start->guest, start->program + 1, start->name);
	else if (record->id == TRACE_ID_program_phase)
		event(p, record->time, 'i', phase->guest, phase->program + 1, phase->phase);
	else
		event(p, record->time, 'E', start->guest, start->program + 1, "");
	fputs(record->id == TRACE_ID_program_phase ? ",\"s\":\"t\"}" : "}", p->out);
}

static void perfetto_consume(struct trace_consumer *consumer, const struct trace_record *record)
{
	struct trace_perfetto *p = (struct trace_perfetto *)consumer;
	const struct trace_rec_guest *guest = record->rec;
	const struct trace_rec_message *message = record->rec;
	const struct trace_rec_data_loss *loss = record->rec;
	const struct trace_rec_balloon_target *target = record->rec;

	switch (record->id) {
	case TRACE_ID_run:
		name_process(p, TRACE_HOST, "host");
		break;
	case TRACE_ID_guest:
		name_process(p, guest->guest, guest->name);
		break;
	case TRACE_ID_program_start:
	case TRACE_ID_program_phase:
	case TRACE_ID_program_end:
	case TRACE_ID_program_killed:
	case TRACE_ID_program_cut:
		programs(p, record);
		break;
	case TRACE_ID_guest_sample:
	case TRACE_ID_host_sample:
		samples(p, record);
		break;
	case TRACE_ID_balloon_target:
		counter(p, record->time, target->guest, "balloon target", target->pages);
		break;
	case TRACE_ID_message:
		instant(p, record->time, message->guest, message->source, message->text);
		break;
	case TRACE_ID_data_loss:
		instant(p, record->time, loss->guest, "data loss", loss->text);
		break;
	default:
		break;
	}
}

void trace_perfetto_init(struct trace_perfetto *p, FILE *out)
{
	*p = (struct trace_perfetto){
		.consumer = { .record = perfetto_consume, .level = TRACE_NORMAL },
		.out = out,
	};
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", out);
}

void trace_perfetto_end(struct trace_perfetto *p)
{
	fputs("\n]}\n", p->out);
}
