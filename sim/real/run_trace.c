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

#include "host_probe.h"
#include "log.h"
#include "minmax.h"
#include "trace_log.h"

#define PAGE_BYTES TRACE_PAGE_SIZE

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

	if (run->limited)
		snprintf(text, sizeof(text), "the host is the machine that this runs on, but "
			 "guests share a memory group: %" PRIu64 " MiB, what the scenario's host "
			 "of %" PRIu64 " MiB has for VMMs, and %" PRIu64 " MiB of swap in a file; "
			 "CPUs, scheduler and costs are not the scenario's", run->limit >> 20,
			 s->host.memory_mib, s->host.swap.size_mib);
	else
		snprintf(text, sizeof(text), "the host is the machine that this runs on: its "
			 "memory, CPUs, swap, scheduler and costs are not the scenario's (%"
			 PRIu64 " MiB, %u CPUs)", s->host.memory_mib, s->host.cpus);
	say(run, TRACE_HOST, text);
	snprintf(text, sizeof(text), "accelerator %s",
		 run->options.accel ? run->options.accel : "tcg");
	say(run, TRACE_HOST, text);
	say(run, TRACE_HOST, !run->pressure_before.known ?
	    "no pressure stall information: this kernel has no /proc/pressure (CONFIG_PSI, psi=1)" :
	    run->pressure_before.of_group ? "pressure stall information is that of the group" :
	    "pressure stall information is the machine's, whatever else it does");
	host_probe(&probe);
	host_probe_text(&probe, text, sizeof(text));
	say(run, TRACE_HOST, text);
}

static void say_guest(struct real_guest *g)
{
	char text[512];

	snprintf(text, sizeof(text), "the guest boots %s; its boot profile '%s' only says when "
		 "start-ms counts from",
		 g->run->options.kernel ? g->run->options.kernel : "Debian's kernel",
		 g->config->boot.name);
	say(g->run, g->id, text);
}

static void begin_guest(struct real_guest *g)
{
	static const char *const of_device[] = { "report_request", "hint", "discard", "inflate",
						 "deflate" };
	struct trace_writer *tw = g->run->trace;
	size_t i;

	TRACE(tw, 0, guest, .guest = g->id, .name = g->config->name,
	      .memory = (g->config->memory_mib << 20) / PAGE_BYTES, .vcpus = g->config->vcpus,
	      .mechanism = scenario_mechanism(g->config));
	TRACE(tw, 0, not_recorded, .guest = g->id, .record = "faults");
	for (i = 0; g->balloon && !g->recorded && i < sizeof(of_device) / sizeof(of_device[0]);
	     i++)
		TRACE(tw, 0, not_recorded, .guest = g->id, .record = of_device[i]);
}

static void begin_machine(struct real_run *run)
{
	struct sysinfo host;

	if (sysinfo(&host))
		return;
	if (run->limited)
		TRACE(run->trace, 0, machine, .cpus = sysconf(_SC_NPROCESSORS_ONLN),
		      .frames = run->limit / PAGE_BYTES,
		      .swap = (run->scenario->host.swap.size_mib << 20) / PAGE_BYTES,
		      .swap_model = run->swap.on ? "a file" : "");
	else
		TRACE(run->trace, 0, machine, .cpus = sysconf(_SC_NPROCESSORS_ONLN),
		      .frames = (uint64_t)host.totalram * host.mem_unit / PAGE_BYTES,
		      .swap = (uint64_t)host.totalswap * host.mem_unit / PAGE_BYTES,
		      .swap_model = "the host's own");
}

void real_trace_begin(struct real_run *run)
{
	const struct scenario *s = run->scenario;
	uint32_t i;

	real_pressure_begin(&run->pressure_before, &run->group);
	begin_machine(run);
	for (i = 0; i < s->nr_guests; i++)
		begin_guest(&run->guests[i]);
	for (i = 0; i < s->nr_commands; i++)
		TRACE(run->trace, 0, command, .guest = s->commands[i].guest, .command = i,
		      .name = s->commands[i].name,
		      .target = scenario_command_target(&s->commands[i]),
		      .kind = (enum trace_command_kind)s->commands[i].kind);
	say_host(run);
	for (i = 0; i < s->nr_guests; i++)
		say_guest(&run->guests[i]);
}

/* QEMU's trace events */

static void record_request(struct real_guest *g, uint64_t at, const struct trace_log_event *e)
{
	uint64_t pages = e->bytes / PAGE_BYTES;

	switch (e->queue) {
	case TRACE_LOG_INFLATE:
		g->ballooned += pages;
		TRACE(g->run->trace, at, inflate, .guest = g->id, .pages = pages);
		break;
	case TRACE_LOG_DEFLATE:
		g->ballooned -= min_u64(pages, g->ballooned);
		TRACE(g->run->trace, at, deflate, .guest = g->id, .pages = pages);
		break;
	case TRACE_LOG_REPORT:
		g->requests++;
		g->blocks += e->blocks;
		g->bytes += e->bytes;
		TRACE(g->run->trace, at, report_request, .guest = g->id, .blocks = e->blocks,
		      .bytes = e->bytes);
		break;
	case TRACE_LOG_HINT:
		TRACE(g->run->trace, at, hint, .guest = g->id, .blocks = e->blocks,
		      .bytes = e->bytes);
		break;
	case TRACE_LOG_STATS:
	case NR_TRACE_LOG_QUEUES:
		break;
	}
}

/* The wall clock may be set while we run: times stay between the last record's and now. */
static uint64_t time_of(const struct real_guest *g, const struct trace_log_event *e, uint64_t now)
{
	uint64_t at = e->wall_ns > g->run->start_wall_ns ? e->wall_ns - g->run->start_wall_ns : 0;

	return max_u64(min_u64(at, now), g->run->trace->now);
}

static int drain_log(struct real_guest *g, uint64_t now)
{
	struct trace_log_event e;
	const char *line;

	while (g->recorded && (line = lines_next(&g->log))) {
		if (!trace_log_parse(line, &e))
			return real_run_fail(g->run, TRACE_END_FAILED, false,
					     "QEMU's trace events cannot be read: %s", line);
		if (e.kind == TRACE_LOG_REQUEST)
			record_request(g, time_of(g, &e, now), &e);
		else if (e.kind == TRACE_LOG_DISCARD && !e.ret)
			TRACE(g->run->trace, time_of(g, &e, now), discard, .guest = g->id,
			      .gfn = e.offset / PAGE_BYTES, .nr = e.length / PAGE_BYTES);
	}
	return 0;
}

/* What the guest and QEMU say */

/* "Out of memory: Killed process 80 (memhog) total-vm:...kB, anon-rss:304kB, ..." */
static void record_oom(struct real_guest *g, uint64_t at, const char *text)
{
	const char *name = strchr(text, '('), *rss = strstr(text, "anon-rss:");
	char victim[64] = "";

	if (name)
		snprintf(victim, sizeof(victim), "%.*s", (int)strcspn(name + 1, ")"), name + 1);
	g->oom_pages = rss ? strtoull(rss + strlen("anon-rss:"), NULL, 10) / 4 : 0;
	TRACE(g->run->trace, at, guest_oom, .guest = g->id, .victim = victim,
	      .resident = g->oom_pages);
}

static void record_line(struct real_guest *g, uint64_t at, const char *source, const char *line)
{
	enum log_trouble trouble = log_line_trouble(line, strlen(line));
	enum trace_severity severity = trouble == LOG_FINE ? TRACE_INFO :
				       trouble == LOG_OOM ? TRACE_WARNING : TRACE_ERROR;
	char text[512];

	TRACE(g->run->trace, at, message, .guest = g->id, .severity = severity, .source = source,
	      .text = line);
	if (trouble == LOG_OOM)
		record_oom(g, at, line);
	if (severity == TRACE_INFO || !g->run->options.message)
		return;
	snprintf(text, sizeof(text), "%s: %.450s", g->config->name, line);
	g->run->options.message(g->run->options.opaque, text);
}

/*
 * Lines of the kernel begin with their time.  A program that finds other contents than it wrote
 * says so on the console; nothing is worse.  And the kernel says that it does not know an option
 * or a parameter, but goes on without it.
 */
static int drain_console(struct real_guest *g, uint64_t now)
{
	char *line;

	while ((line = lines_next(&g->console))) {
		bool kernel = line[0] == '[';

		if (!line[0])
			continue;
		record_line(g, now, kernel ? "kernel" : "program", line);
		if (!kernel && strstr(line, "DATA LOSS")) {
			TRACE(g->run->trace, now, data_loss, .guest = g->id, .owner = "program",
			      .text = line);
			return real_run_fail(g->run, TRACE_END_DATA_LOSS, false, "guest %s: %s",
					     g->config->name, line);
		}
		if (kernel && (strstr(line, "unknown parameter '") ||
			       (strstr(line, "Unknown kernel command line") &&
				strstr(line, "page_poison"))))
			return real_run_fail(g->run, TRACE_END_FAILED, true,
					     "%s: the guest's kernel ignores what it is told: %s",
					     g->config->path, line);
	}
	while ((line = lines_next(&g->said)))
		if (line[0])
			record_line(g, now, "vmm", line);
	return 0;
}

int real_trace_drain(struct real_guest *g)
{
	uint64_t now = real_run_now(g->run);

	return drain_log(g, now) || drain_console(g, max_u64(now, g->run->trace->now)) ? -1 : 0;
}

int real_trace_drain_all(struct real_run *run)
{
	uint32_t i;

	for (i = 0; i < run->scenario->nr_guests; i++)
		if (real_trace_drain(&run->guests[i]))
			return -1;
	return 0;
}

/* The end */

/* The device counts for itself: what it says must be what we have seen. */
static int check_counters(struct real_guest *g)
{
	const struct {
		const char *property;
		uint64_t seen;
	} counters[] = {
		{ "report-requests", g->requests },
		{ "report-blocks", g->blocks },
		{ "report-bytes", g->bytes },
	};
	char path[64];
	uint64_t value;
	size_t i;

	real_device_path(g->balloon - g->config->devices, path, sizeof(path));
	for (i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		if (qmp_get_u64(&g->vm->qmp, path, counters[i].property, &value))
			return real_guest_qmp_failed(g, false, g->balloon->path);
		if (value != counters[i].seen)
			return real_run_fail(g->run, TRACE_END_FAILED, false,
					     "%s: %s is %" PRIu64 ", but QEMU's trace events add "
					     "up to %" PRIu64 ": some were lost",
					     g->balloon->path, counters[i].property, value,
					     counters[i].seen);
	}
	return 0;
}

int real_trace_totals(struct real_guest *g)
{
	uint64_t at = real_run_trace_now(g->run);

	TRACE(g->run->trace, at, counter, .guest = g->id, .name = "minor-faults",
	      .value = g->min_flt);
	TRACE(g->run->trace, at, counter, .guest = g->id, .name = "major-faults",
	      .value = g->maj_flt);
	if (!g->recorded)
		return 0;
	/* The guest stands still, so that nothing comes between looking at the two. */
	if (qmp_run(&g->vm->qmp, REAL_QMP_MS, "stop", NULL, NULL))
		return real_guest_qmp_failed(g, false, g->config->path);
	if (real_trace_drain(g) || check_counters(g))
		return -1;
	if (qmp_run(&g->vm->qmp, REAL_QMP_MS, "cont", NULL, NULL))
		return real_guest_qmp_failed(g, false, g->config->path);
	return 0;
}
