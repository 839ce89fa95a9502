// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a real run records, in the simulator's terms (sim/scenario/machine-trace.c is the model's
 * side):
 *
 *   guest_sample	free and cached memory as the guest's /proc/meminfo has them, resident as
 *			the host's smaps has QEMU's mapping of guest memory
 *   report_request, inflate, deflate, hint, discard
 *			from the trace events of our device, with the time that QEMU gave them; gfn
 *			counts from the start of guest memory, as in the model.  Stock QEMU's device
 *			has no such events: not_recorded
 *   message		lines of the guest's console and of QEMU
 *   guest_oom		from the guest's console
 *
 * Nobody sees the latencies of faults, what stalls a guest, how many of its free pages are marked
 * as reported, and what CPU time is spent for: such fields are 0, such records are missing.
 */
#include "run_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "clock.h"
#include "host_probe.h"
#include "log.h"
#include "protocol.h"
#include "trace_log.h"

#define GUEST 0
#define PAGE_BYTES TRACE_PAGE_SIZE
#define QMP_MS 30000

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The beginning */

static void say(struct real_run *run, uint64_t guest, const char *text)
{
	TRACE(run->trace, 0, message, .guest = guest, .severity = TRACE_INFO, .source = "real",
	      .text = text);
}

/* What the scenario says about the host, and what it is. */
static void say_host(struct real_run *run)
{
	const struct scenario *s = run->scenario;
	struct host_probe probe;
	char text[512];

	snprintf(text, sizeof(text), "the host is the machine that this runs on: its memory, CPUs, "
		 "swap, scheduler and costs are not the scenario's (%" PRIu64 " MiB, %u CPUs)",
		 s->host.memory_mib, s->host.cpus);
	say(run, TRACE_HOST, text);
	snprintf(text, sizeof(text), "accelerator %s",
		 run->options.accel ? run->options.accel : "tcg");
	say(run, TRACE_HOST, text);
	host_probe(&probe);
	host_probe_text(&probe, text, sizeof(text));
	say(run, TRACE_HOST, text);
	snprintf(text, sizeof(text), "the guest boots %s; its boot profile '%s' only says when "
		 "start-ms counts from",
		 run->options.kernel ? run->options.kernel : "Debian's kernel",
		 run->guest->boot.name);
	say(run, GUEST, text);
}

void real_trace_begin(struct real_run *run)
{
	static const char *const of_device[] = { "report_request", "hint", "discard", "inflate",
						 "deflate" };
	const struct scenario_guest *g = run->guest;
	struct sysinfo host;
	size_t i;

	if (!sysinfo(&host))
		TRACE(run->trace, 0, machine, .cpus = sysconf(_SC_NPROCESSORS_ONLN),
		      .frames = (uint64_t)host.totalram * host.mem_unit / PAGE_BYTES,
		      .swap = (uint64_t)host.totalswap * host.mem_unit / PAGE_BYTES,
		      .swap_model = "the host's own");
	TRACE(run->trace, 0, guest, .guest = GUEST, .name = g->name,
	      .memory = (g->memory_mib << 20) / PAGE_BYTES, .vcpus = g->vcpus,
	      .mechanism = scenario_mechanism(g));
	for (i = 0; i < run->scenario->nr_commands; i++)
		TRACE(run->trace, 0, command, .guest = GUEST, .command = i,
		      .name = run->scenario->commands[i].name,
		      .target = run->scenario->commands[i].target_mib << 20);
	TRACE(run->trace, 0, not_recorded, .guest = GUEST, .record = "faults");
	for (i = 0; run->balloon && !run->recorded && i < sizeof(of_device) / sizeof(of_device[0]);
	     i++)
		TRACE(run->trace, 0, not_recorded, .guest = GUEST, .record = of_device[i]);
	say_host(run);
	TRACE(run->trace, 0, guest_start, .guest = GUEST);
}

/* QEMU's trace events */

static void record_request(struct real_run *run, uint64_t at, const struct trace_log_event *e)
{
	uint64_t pages = e->bytes / PAGE_BYTES;

	switch (e->queue) {
	case TRACE_LOG_INFLATE:
		run->ballooned += pages;
		TRACE(run->trace, at, inflate, .guest = GUEST, .pages = pages);
		break;
	case TRACE_LOG_DEFLATE:
		run->ballooned -= min_u64(pages, run->ballooned);
		TRACE(run->trace, at, deflate, .guest = GUEST, .pages = pages);
		break;
	case TRACE_LOG_REPORT:
		run->requests++;
		run->blocks += e->blocks;
		run->bytes += e->bytes;
		TRACE(run->trace, at, report_request, .guest = GUEST, .blocks = e->blocks,
		      .bytes = e->bytes);
		break;
	case TRACE_LOG_HINT:
		TRACE(run->trace, at, hint, .guest = GUEST, .blocks = e->blocks,
		      .bytes = e->bytes);
		break;
	case TRACE_LOG_STATS:
	case NR_TRACE_LOG_QUEUES:
		break;
	}
}

/* The wall clock may be set while we run: times stay between the last record's and now. */
static uint64_t time_of(const struct real_run *run, const struct trace_log_event *e, uint64_t now)
{
	uint64_t at = e->wall_ns > run->start_wall_ns ? e->wall_ns - run->start_wall_ns : 0;

	return max_u64(min_u64(at, now), run->trace->now);
}

static int drain_log(struct real_run *run, uint64_t now)
{
	struct trace_log_event e;
	const char *line;

	while (run->recorded && (line = lines_next(&run->log))) {
		if (!trace_log_parse(line, &e))
			return real_run_fail(run, TRACE_END_FAILED, false,
					     "QEMU's trace events cannot be read: %s", line);
		if (e.kind == TRACE_LOG_REQUEST)
			record_request(run, time_of(run, &e, now), &e);
		else if (e.kind == TRACE_LOG_DISCARD && !e.ret)
			TRACE(run->trace, time_of(run, &e, now), discard, .guest = GUEST,
			      .gfn = e.offset / PAGE_BYTES, .nr = e.length / PAGE_BYTES);
	}
	return 0;
}

/* What the guest and QEMU say */

/* "Out of memory: Killed process 80 (memhog) total-vm:...kB, anon-rss:304kB, ..." */
static void record_oom(struct real_run *run, uint64_t at, const char *text)
{
	const char *name = strchr(text, '('), *rss = strstr(text, "anon-rss:");
	char victim[64] = "";

	if (name)
		snprintf(victim, sizeof(victim), "%.*s", (int)strcspn(name + 1, ")"), name + 1);
	run->oom_pages = rss ? strtoull(rss + strlen("anon-rss:"), NULL, 10) / 4 : 0;
	TRACE(run->trace, at, guest_oom, .guest = GUEST, .victim = victim,
	      .resident = run->oom_pages);
}

static void record_line(struct real_run *run, uint64_t at, const char *source, const char *line)
{
	enum log_trouble trouble = log_line_trouble(line, strlen(line));
	enum trace_severity severity = trouble == LOG_FINE ? TRACE_INFO :
				       trouble == LOG_OOM ? TRACE_WARNING : TRACE_ERROR;
	char text[512];

	TRACE(run->trace, at, message, .guest = GUEST, .severity = severity, .source = source,
	      .text = line);
	if (trouble == LOG_OOM)
		record_oom(run, at, line);
	if (severity == TRACE_INFO || !run->options.message)
		return;
	snprintf(text, sizeof(text), "%s: %.450s", run->guest->name, line);
	run->options.message(run->options.opaque, text);
}

/*
 * Lines of the kernel begin with their time.  A program that finds other contents than it wrote
 * says so on the console; nothing is worse.  And the kernel says that it does not know an option
 * or a parameter, but goes on without it.
 */
static int drain_console(struct real_run *run, uint64_t now)
{
	char *line;

	while ((line = lines_next(&run->console))) {
		bool kernel = line[0] == '[';

		if (!line[0])
			continue;
		record_line(run, now, kernel ? "kernel" : "program", line);
		if (!kernel && strstr(line, "DATA LOSS")) {
			TRACE(run->trace, now, data_loss, .guest = GUEST, .owner = "program",
			      .text = line);
			return real_run_fail(run, TRACE_END_DATA_LOSS, false, "guest %s: %s",
					     run->guest->name, line);
		}
		if (kernel && (strstr(line, "unknown parameter '") ||
			       (strstr(line, "Unknown kernel command line") &&
				strstr(line, "page_poison"))))
			return real_run_fail(run, TRACE_END_FAILED, true,
					     "%s: the guest's kernel ignores what it is told: %s",
					     run->guest->path, line);
	}
	while ((line = lines_next(&run->said)))
		if (line[0])
			record_line(run, now, "vmm", line);
	return 0;
}

int real_trace_drain(struct real_run *run)
{
	uint64_t now = real_run_now(run);

	return drain_log(run, now) || drain_console(run, max_u64(now, run->trace->now)) ? -1 : 0;
}

/* Samples */

struct memory {
#define FIELD(name) uint64_t name;
	REAL_MEMORY_FIELDS(FIELD)
#undef FIELD
};

static void parse_memory(char *text, struct memory *m)
{
	static const struct {
		const char *name;
		size_t offset;
	} fields[] = {
#define FIELD(name) { #name, offsetof(struct memory, name) },
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

/* Stock QEMU's device only says how much it has. */
static int ask_balloon(struct real_run *run)
{
	uint64_t bytes, all = run->guest->memory_mib << 20;

	if (!run->balloon || run->recorded)
		return 0;
	if (qmp_query_balloon(&run->vm->qmp, &bytes))
		return real_run_fail(run, TRACE_END_FAILED, false, "%s: query-balloon: %s",
				     run->guest->path, run->vm->qmp.error);
	run->ballooned = (all - min_u64(bytes, all)) / PAGE_BYTES;
	return 0;
}

int real_trace_sample(struct real_run *run, uint64_t *at)
{
	char answer[4096];
	struct memory m;
	uint64_t resident;

	if (real_vm_command(run->vm, REAL_COMMAND_MS, answer, sizeof(answer), "memory") ||
	    real_vm_resident(run->vm, &resident))
		return real_run_vm_failed(run);
	if (ask_balloon(run) || real_trace_drain(run))
		return -1;
	parse_memory(answer, &m);
	resident /= PAGE_BYTES;
	run->resident_peak = max_u64(run->resident_peak, resident);
	run->heard_ns = real_run_now(run);
	*at = max_u64(run->heard_ns, run->trace->now);
	TRACE(run->trace, *at, guest_sample, .guest = GUEST, .free = m.free,
	      .ballooned = run->ballooned, .resident = resident, .guest_swap = m.swap_used,
	      .cached = m.cached, .resident_peak = run->resident_peak);
	return 0;
}

/* What boot profiles are made from (scenarios/boot). */
int real_trace_booted(struct real_run *run)
{
	uint64_t resident, min_free_kbytes, at;
	char answer[4096], text[256];
	struct memory m;

	if (real_vm_command(run->vm, REAL_COMMAND_MS, answer, sizeof(answer), "memory") ||
	    real_vm_resident(run->vm, &resident) ||
	    real_vm_read_u64(run->vm, "/proc/sys/vm/min_free_kbytes", &min_free_kbytes))
		return real_run_vm_failed(run);
	parse_memory(answer, &m);
	if (real_trace_drain(run))
		return -1;
	at = max_u64(real_run_now(run), run->trace->now);
	snprintf(text, sizeof(text), "booted: %" PRIu64 " pages managed, %" PRIu64 " free, %" PRIu64
		 " cached, %" PRIu64 " slab; %" PRIu64 " resident; min_free_kbytes %" PRIu64,
		 m.total, m.free, m.cached, m.slab, resident / PAGE_BYTES, min_free_kbytes);
	TRACE(run->trace, at, message, .guest = GUEST, .severity = TRACE_INFO, .source = "real",
	      .text = text);
	return 0;
}

/* The end */

/* The device counts for itself: what it says must be what we have seen. */
static int check_counters(struct real_run *run)
{
	const struct {
		const char *property;
		uint64_t seen;
	} counters[] = {
		{ "report-requests", run->requests },
		{ "report-blocks", run->blocks },
		{ "report-bytes", run->bytes },
	};
	char path[64];
	uint64_t value;
	size_t i;

	real_device_path(run->balloon - run->guest->devices, path, sizeof(path));
	for (i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		if (qmp_get_u64(&run->vm->qmp, path, counters[i].property, &value))
			return real_run_fail(run, TRACE_END_FAILED, false, "%s: %s: %s",
					     run->balloon->path, counters[i].property,
					     run->vm->qmp.error);
		if (value != counters[i].seen)
			return real_run_fail(run, TRACE_END_FAILED, false,
					     "%s: %s is %" PRIu64 ", but QEMU's trace events add "
					     "up to %" PRIu64 ": some were lost",
					     run->balloon->path, counters[i].property, value,
					     counters[i].seen);
	}
	return 0;
}

int real_trace_totals(struct real_run *run)
{
	uint64_t at = max_u64(real_run_now(run), run->trace->now);

	TRACE(run->trace, at, counter, .guest = GUEST, .name = "minor-faults",
	      .value = run->min_flt);
	TRACE(run->trace, at, counter, .guest = GUEST, .name = "major-faults",
	      .value = run->maj_flt);
	if (!run->recorded)
		return 0;
	/* The guest stands still, so that nothing comes between looking at the two. */
	if (qmp_run(&run->vm->qmp, QMP_MS, "stop", NULL, NULL))
		return real_run_fail(run, TRACE_END_FAILED, false, "%s: stop: %s",
				     run->guest->path, run->vm->qmp.error);
	if (real_trace_drain(run) || check_counters(run))
		return -1;
	if (qmp_run(&run->vm->qmp, QMP_MS, "cont", NULL, NULL))
		return real_run_fail(run, TRACE_END_FAILED, false, "%s: cont: %s",
				     run->guest->path, run->vm->qmp.error);
	return 0;
}
