// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs measure of themselves: latencies, bandwidths, work in a quantum.
 *
 * Values are collected for as long as samples are apart (`sample-ms`) and then written as one
 * record with their histogram; so a long one comes at its end, and nothing comes while a guest
 * stands still.
 */
#include "machine-internal.h"

#include "hostmem.h"

static_assert((int)TRACE_MEASURE_LATENCY == PROGRAM_LATENCY &&
	      (int)TRACE_MEASURE_BANDWIDTH == PROGRAM_BANDWIDTH &&
	      (int)TRACE_MEASURE_QUANTUM == PROGRAM_QUANTUM, "measures in one order");

struct machine_measured {
	struct trace_histogram values;	/* since the last record */
	enum program_measure what;
	uint64_t since;			/* ns, of the first of them */
};

static void flush(struct machine_guest *guest, uint32_t index)
{
	struct machine_measured *measured = &guest->measured[index];

	if (!measured->values.count)
		return;
	MACHINE_TRACE(guest->machine, measured, .guest = guest->id, .program = index,
		      .what = (enum trace_measure)measured->what, .values = &measured->values);
	trace_histogram_reset(&measured->values);
}

void machine_measured(void *opaque, unsigned int index, enum program_measure what, uint64_t value)
{
	struct machine_guest *guest = opaque;
	struct machine *m = guest->machine;
	uint64_t period = m->scenario->trace.sample_ms * NSEC_PER_MSEC_U64, now = m->engine.now;
	struct machine_measured *measured;

	if (!guest->measured)
		guest->measured = host_alloc(guest->config->nr_programs *
					     sizeof(*guest->measured));
	measured = &guest->measured[index];
	measured->what = what;
	if (!measured->values.count)
		measured->since = now;
	trace_histogram_add(&measured->values, value, 1);
	if (period && now - measured->since >= period)
		flush(guest, index);
}

void machine_measured_end(struct machine_guest *guest, uint32_t index)
{
	if (guest->measured)
		flush(guest, index);
}

void machine_measured_free(struct machine_guest *guest)
{
	uint32_t i;

	for (i = 0; guest->measured && i < guest->config->nr_programs; i++)
		trace_histogram_free(&guest->measured[i].values);
	host_free(guest->measured);
}
