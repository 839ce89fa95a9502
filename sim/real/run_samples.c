// SPDX-License-Identifier: GPL-2.0-only
/*
 * Samples of real guests and of the memory that they share.
 *
 * At the ends of phases the guest is asked, and stands still meanwhile.  In between nobody waits:
 * what the host sees is recorded, and what the guest has said last.  Guests in which nothing runs
 * are not asked at all: an agent that answers is something that the model's guest does not have,
 * and keeps memory in use that the host would swap.
 */
#include "run_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "minmax.h"

#define SILENCE_NS (REAL_COMMAND_MS * REAL_NS_PER_MS)	/* of a guest that was asked */

/* What the guest says */

static void parse_memory(char *text, struct real_memory *m)
{
	static const struct {
		const char *name;
		size_t offset;
	} fields[] = {
#define FIELD(name) { #name, offsetof(struct real_memory, name) },
		REAL_MEMORY_FIELDS(FIELD)
#undef FIELD
	};
	char *line, *value;
	size_t i;

	memset(m, 0, sizeof(*m));
	while ((line = strsep(&text, "\n"))) {
		value = strchr(line, ' ');
		if (!value)
			continue;
		*value++ = '\0';
		for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			if (!strcmp(fields[i].name, line))
				*(uint64_t *)((char *)m + fields[i].offset) =
					strtoull(value, NULL, 10);
	}
}

void real_samples_answer(struct real_guest *g, char *answer)
{
	g->heard_ns = real_run_now(g->run);
	if (answer)
		parse_memory(answer, &g->memory);
}

/* 0 with g->gone when there is nobody to answer. */
static int ask(struct real_guest *g)
{
	char answer[4096];

	if (real_vm_command(g->vm, REAL_COMMAND_MS, answer, sizeof(answer), "memory"))
		return real_guest_failed(g);
	real_samples_answer(g, answer);
	return 0;
}

/* What the host sees */

/* Stock QEMU's device only says how much it has. */
static int ask_balloon(struct real_guest *g)
{
	uint64_t bytes, all = g->config->memory_mib << 20;

	if (!g->balloon || g->recorded)
		return 0;
	if (qmp_query_balloon(&g->vm->qmp, &bytes))
		return real_guest_qmp_failed(g, false, g->config->path);
	g->ballooned = (all - (bytes < all ? bytes : all)) / TRACE_PAGE_SIZE;
	return 0;
}

static int look_at_guest(struct real_guest *g)
{
	struct real_vm_memory m;

	if (real_vm_memory(g->vm, &m))
		return real_guest_failed(g);
	g->host = m;
	g->resident_peak = max_u64(g->resident_peak, m.resident / TRACE_PAGE_SIZE);
	return 0;
}

static void record_guest(struct real_guest *g, uint64_t at)
{
	const struct real_vm_memory *m = &g->host;

	TRACE(g->run->trace, at, guest_sample, .guest = g->id, .free = g->memory.free,
	      .ballooned = g->ballooned, .resident = m->resident / TRACE_PAGE_SIZE,
	      .swapped = m->swapped / TRACE_PAGE_SIZE, .guest_swap = g->memory.swap_used,
	      .cached = g->memory.cached, .resident_peak = g->resident_peak,
	      .vmm = m->vmm_resident / TRACE_PAGE_SIZE,
	      .vmm_swapped = m->vmm_swapped / TRACE_PAGE_SIZE,
	      .vmm_minor_faults = m->minor_faults, .vmm_major_faults = m->major_faults);
}

#define STALL(name, file, stall)                                                                   \
	.name = (file).total_ns[stall], .name##_avg10 = (file).avg[stall][REAL_AVG10],             \
	.name##_avg60 = (file).avg[stall][REAL_AVG60],                                             \
	.name##_avg300 = (file).avg[stall][REAL_AVG300]
#define STALLS(name, file) STALL(name##_some, file, REAL_SOME), STALL(name##_full, file, REAL_FULL)

static void record_pressure(struct real_run *run, uint64_t at)
{
	struct real_pressure *p = &run->pressure;

	if (real_pressure_read(&run->pressure_before, &run->group, p))
		TRACE(run->trace, at, psi_sample, STALLS(memory, p->memory), STALLS(io, p->io),
		      STALLS(cpu, p->cpu));
}

/* The group is the host. */
static int record_host(struct real_run *run, uint64_t at)
{
	const struct real_group_counters *c = &run->counters;
	uint64_t out, in;

	record_pressure(run, at);
	if (!run->limited)
		return 0;
	if (real_host_look(run))
		return -1;
	real_host_swapped(run, &out, &in);
	TRACE(run->trace, at, host_sample,
	      .free = (run->limit > c->usage ? run->limit - c->usage : 0) / TRACE_PAGE_SIZE,
	      .used = c->usage / TRACE_PAGE_SIZE, .swap_used = c->swap / TRACE_PAGE_SIZE,
	      .used_peak = run->used_peak / TRACE_PAGE_SIZE, .swap_out = out, .swap_in = in,
	      .anon = c->anon / TRACE_PAGE_SIZE, .cached = c->file / TRACE_PAGE_SIZE,
	      .kernel = c->kernel / TRACE_PAGE_SIZE, .faults = c->faults,
	      .major_faults = c->major_faults, .limit_hits = c->limit_hits);
	return 0;
}

int real_samples_take(struct real_guest *g, uint64_t *at)
{
	*at = real_run_trace_now(g->run);
	if (ask(g) || (!g->gone && look_at_guest(g)) || (!g->gone && ask_balloon(g)))
		return -1;
	if (g->gone)
		return 0;
	if (real_trace_drain(g))
		return -1;
	*at = real_run_trace_now(g->run);
	record_guest(g, *at);
	return record_host(g->run, *at);
}

/* Whether what happens there changes what the guest would say. */
static bool busy(const struct real_guest *g)
{
	uint32_t i;

	for (i = 0; i < g->run->scenario->nr_commands; i++)
		if (g->run->commands[i].guest == g && g->run->commands[i].state == REAL_RUNNING)
			return true;
	return g->running;
}

static int look(struct real_guest *g)
{
	uint64_t now = real_run_now(g->run);

	if (look_at_guest(g) || (!g->gone && g->up && ask_balloon(g)))
		return -1;
	if (g->gone)
		return 0;
	if (real_trace_drain(g))
		return -1;
	record_guest(g, real_run_trace_now(g->run));
	if (!g->up || !busy(g) || g->stopped) {
		g->heard_ns = now;
		return 0;
	}
	if (now - g->heard_ns >= SILENCE_NS)
		return real_run_fail(g->run, TRACE_END_FAILED, false,
				     "%s: memory: no answer within %d s", g->config->name,
				     (int)(SILENCE_NS / REAL_NS_PER_MS / 1000));
	return real_vm_ask(g->vm, "memory") ? real_guest_failed(g) : 0;
}

int real_samples_look(struct real_run *run)
{
	uint32_t i;

	for (i = 0; i < run->scenario->nr_guests; i++) {
		struct real_guest *g = &run->guests[i];

		if (g->boot.state >= REAL_RUNNING && !g->gone && look(g))
			return -1;
	}
	return record_host(run, real_run_trace_now(run));
}

/* What boot profiles are made from (scenarios/boot). */
int real_samples_booted(struct real_guest *g)
{
	uint64_t min_free_kbytes, at;
	char text[256];

	if (ask(g) || g->gone || look_at_guest(g) || g->gone)
		return g->gone ? 0 : -1;
	if (real_vm_read_u64(g->vm, "/proc/sys/vm/min_free_kbytes", &min_free_kbytes))
		return real_guest_failed(g);
	if (real_trace_drain(g))
		return -1;
	at = real_run_trace_now(g->run);
	snprintf(text, sizeof(text), "booted: %" PRIu64 " pages managed, %" PRIu64 " free, %" PRIu64
		 " cached, %" PRIu64 " slab; %" PRIu64 " resident; min_free_kbytes %" PRIu64,
		 g->memory.total, g->memory.free, g->memory.cached, g->memory.slab,
		 g->host.resident / TRACE_PAGE_SIZE, min_free_kbytes);
	TRACE(g->run->trace, at, message, .guest = g->id, .severity = TRACE_INFO, .source = "real",
	      .text = text);
	return 0;
}
