// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pressure stall information of the host and its memory groups, as a table and as JSON.
 */
#include <inttypes.h>

#include "json.h"
#include "report_internal.h"
#include "table.h"

static void see(struct report_pressure *p, enum report_stall stall, uint64_t ns, uint64_t avg10)
{
	p->ns[stall] = ns;
	if (avg10 > p->peak[stall])
		p->peak[stall] = avg10;
}

#define SEE(p, rec, name, stall) see(p, stall, (rec)->name, (rec)->name##_avg10)
#define SEE_ALL(p, rec)                                                                            \
	do {                                                                                       \
		SEE(p, rec, memory_some, STALL_MEMORY_SOME);                                       \
		SEE(p, rec, memory_full, STALL_MEMORY_FULL);                                       \
		SEE(p, rec, io_some, STALL_IO_SOME);                                               \
		SEE(p, rec, io_full, STALL_IO_FULL);                                               \
		SEE(p, rec, cpu_some, STALL_CPU_SOME);                                             \
		SEE(p, rec, cpu_full, STALL_CPU_FULL);                                             \
		(p)->known = true;                                                                 \
	} while (0)

void report_see_pressure(struct report *r, const struct trace_record *record)
{
	const struct trace_rec_cgroup_psi_sample *group = record->rec;
	const struct trace_rec_psi_sample *host = record->rec;

	if (record->id == TRACE_ID_psi_sample)
		SEE_ALL(&r->pressure, host);
	else if (group->cgroup && group->cgroup <= r->nr_cgroups)
		SEE_ALL(&r->cgroups[group->cgroup - 1].pressure, group);
}

/* The host first; NULL: there are no more. */
static const struct report_pressure *pressure_of(const struct report *r, unsigned int i,
						 const char **name)
{
	*name = i ? NULL : "host";
	if (!i)
		return &r->pressure;
	if (i > r->nr_cgroups)
		return NULL;
	*name = r->cgroups[i - 1].name;
	return &r->cgroups[i - 1].pressure;
}

static void percent_cell(struct table *t, uint64_t hundredths)
{
	table_cell(t, "%" PRIu64 ".%02" PRIu64 "%%", hundredths / 100, hundredths % 100);
}

void report_text_pressure(const struct report *r, FILE *out)
{
	const struct report_pressure *p;
	const char *name;
	struct table t;

	table_init(&t, NULL, 1, "pressure|memory some|full|peak avg10|I/O some|full|peak avg10|"
		   "CPU some|full|peak avg10");
	for (unsigned int i = 0; (p = pressure_of(r, i, &name)); i++) {
		if (!p->known)
			continue;
		table_cell(&t, "%s", name);
		for (unsigned int stall = 0; stall < NR_STALLS; stall += 2) {
			table_ns(&t, p->ns[stall]);
			table_ns(&t, p->ns[stall + 1]);
			percent_cell(&t, p->peak[stall]);
		}
	}
	table_print(&t, out);
}

void report_json_pressure(const struct report *r, struct json *j)
{
	static const char *const names[NR_STALLS][2] = {
#define NAMES(name) { name "_ns", name "_avg10_peak_permille" }
		[STALL_MEMORY_SOME] = NAMES("memory_some"),
		[STALL_MEMORY_FULL] = NAMES("memory_full"),
		[STALL_IO_SOME] = NAMES("io_some"), [STALL_IO_FULL] = NAMES("io_full"),
		[STALL_CPU_SOME] = NAMES("cpu_some"), [STALL_CPU_FULL] = NAMES("cpu_full"),
#undef NAMES
	};
	const struct report_pressure *p;
	const char *name;

	json_open(j, "pressure", '[');
	for (unsigned int i = 0; (p = pressure_of(r, i, &name)); i++) {
		if (!p->known)
			continue;
		json_open(j, NULL, '{');
		json_string(j, "group", name);
		for (unsigned int stall = 0; stall < NR_STALLS; stall++) {
			json_u64(j, names[stall][0], p->ns[stall]);
			json_u64(j, names[stall][1], (p->peak[stall] + 5) / 10);
		}
		json_close(j, '}');
	}
	json_close(j, ']');
}
