// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pressure stall information of the host and its memory groups, as it is recorded: what the
 * kernel's worker found last, since reading the files would be part of the arithmetic (psi_show()),
 * and recording must change nothing.  It is written when it has changed; at the end all that is new
 * comes in.
 */
#include "machine-internal.h"

#include <stdlib.h>
#include <string.h>

#include "cpu_psi.h"

#define STALL(v, name, state)                                                                      \
	.name = (v)->total_us[state] * 1000, .name##_avg10 = (v)->avg[state][PSI_AVG10],           \
	.name##_avg60 = (v)->avg[state][PSI_AVG60], .name##_avg300 = (v)->avg[state][PSI_AVG300]
#define STALLS(v)                                                                                  \
	STALL(v, memory_some, PSI_MEM_SOME), STALL(v, memory_full, PSI_MEM_FULL),                  \
	STALL(v, io_some, PSI_IO_SOME), STALL(v, io_full, PSI_IO_FULL),                            \
	STALL(v, cpu_some, PSI_CPU_SOME), STALL(v, cpu_full, PSI_CPU_FULL)

/* Group 0 is the host. */
static void emit(struct machine *m, uint32_t cgroup, const struct psi_values *v)
{
	if (cgroup)
		MACHINE_TRACE(m, cgroup_psi_sample, .cgroup = cgroup, STALLS(v));
	else
		MACHINE_TRACE(m, psi_sample, STALLS(v));
}

static struct psi_values *last_of(struct machine *m)
{
	if (!m->pressure)
		m->pressure = calloc(m->scenario->host.nr_cgroups + 1, sizeof(*m->pressure));
	return m->pressure;
}

void machine_sample_psi(struct machine *m)
{
	struct psi_values *last = last_of(m), now;
	uint32_t i;

	if (!last)
		return;
	cpu_psi_update(&m->host.cpus);
	for (i = 0; i <= m->scenario->host.nr_cgroups; i++) {
		psi_peek(machine_cgroup(m, i)->psi, &now);
		if (!memcmp(&now, &last[i], sizeof(now)))
			continue;
		last[i] = now;
		emit(m, i, &now);
	}
}

void machine_settle_psi(struct machine *m)
{
	struct psi_values *last = last_of(m);
	uint32_t i;

	for (i = 0; last && i <= m->scenario->host.nr_cgroups; i++) {
		psi_show(machine_cgroup(m, i)->psi, m->engine.now, &last[i]);
		emit(m, i, &last[i]);
	}
}
