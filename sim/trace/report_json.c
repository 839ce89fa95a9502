// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of a run as JSON, for programs.  Units are in the names; nothing is rounded.
 */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "report_internal.h"

static const char *value_name(unsigned int id, unsigned int field, uint64_t value)
{
	const char *text = trace_enum_text(&trace_types[id].fields[field], value);

	return text ? text : "unknown";
}

/* What gives the run again, after the command's name. */
static void json_arguments(struct json *j, const struct report *r)
{
	static const char *const options[] = { "--overlay", "--set", "--until" };

	json_open(j, "arguments", '[');
	json_string(j, NULL, r->world == TRACE_WORLD_REAL ? "real" : "run");
	json_string(j, NULL, r->scenario);
	for (unsigned int i = 0; i < r->nr_overrides && i < r->nr_override_kinds; i++) {
		if (r->override_kinds[i] > TRACE_OVERRIDE_UNTIL)
			continue;
		json_string(j, NULL, options[r->override_kinds[i]]);
		json_string(j, NULL, r->overrides[i]);
	}
	json_close(j, ']');
}

static void json_run(struct json *j, const struct report *r)
{
	json_string(j, "scenario", r->scenario);
	json_string(j, "description", r->description);
	json_string(j, "version", r->version);
	json_u64(j, "seed", r->seed);
	json_open(j, "overrides", '[');
	for (unsigned int i = 0; i < r->nr_overrides; i++)
		json_string(j, NULL, r->overrides[i]);
	json_close(j, ']');
	json_arguments(j, r);
	json_string(j, "world", value_name(TRACE_ID_run, 4, r->world));
	json_string(j, "result", report_result(r));
	json_string(j, "text", r->end_text);
	json_u64(j, "virtual_time_ns", r->time);
	json_u64(j, "events", r->events);
	json_open(j, "problems", '[');
	for (unsigned int i = 0; i < r->nr_problems; i++)
		json_string(j, NULL, r->problems[i]);
	json_close(j, ']');
	json_u64(j, "problems_left_out", r->problems_left_out);
	json_open(j, "casualties", '[');
	for (unsigned int i = 0; i < r->nr_casualties; i++)
		json_string(j, NULL, r->casualties[i]);
	json_close(j, ']');
}

static void json_faults(struct json *j, const struct trace_histogram *faults)
{
	json_open(j, "faults", '{');
	for (unsigned int k = 0; k < NR_TRACE_FAULTS; k++) {
		const struct trace_histogram *h = &faults[k];

		json_open(j, value_name(TRACE_ID_faults, 1, k), '{');
		json_u64(j, "count", h->count);
		json_u64(j, "p50_ns", trace_histogram_quantile(h, 50, 100));
		json_u64(j, "p99_ns", trace_histogram_quantile(h, 99, 100));
		json_u64(j, "max_ns", h->max);
		json_u64(j, "total_ns", h->sum);
		json_close(j, '}');
	}
	json_close(j, '}');
}

static void json_mechanism(struct json *j, const struct report_guest *g)
{
	const struct trace_rec_guest_total *t = &g->total;

	json_u64(j, "report_requests", t->report_requests);
	json_u64(j, "report_blocks", t->report_blocks);
	json_u64(j, "reported_bytes", t->report_bytes);
	json_u64(j, "hint_requests", t->hint_requests);
	json_u64(j, "hinted_bytes", t->hint_bytes);
	json_u64(j, "discards", t->discards);
	json_pages(j, "discarded_bytes", t->discard_pages);
	json_u64(j, "inflate_requests", t->inflate_requests);
	json_pages(j, "inflated_bytes", t->inflate_pages);
	json_u64(j, "deflate_requests", t->deflate_requests);
	json_pages(j, "deflated_bytes", t->deflate_pages);
	json_pages(j, "swap_out_bytes", t->swap_out_pages);
	json_pages(j, "swap_in_bytes", t->swap_in_pages);
	json_open(j, "exits", '{');
	for (unsigned int e = 0; e < NR_TRACE_EXITS; e++)
		json_u64(j, value_name(TRACE_ID_exits, 1, e), g->exits[e]);
	json_close(j, '}');
	json_open(j, "cpu_ns", '{');
	for (unsigned int d = 0; d < NR_TRACE_DOMAINS; d++)
		json_u64(j, value_name(TRACE_ID_ledger, 1, d), g->cpu[d]);
	json_close(j, '}');
}

static void json_guest_size(struct json *j, const struct report_guest *g, uint64_t id)
{
	json_u64(j, "id", id);
	json_string(j, "name", g->name);
	json_string(j, "mechanism", g->mechanism);
	json_pages(j, "memory_bytes", g->memory);
	json_u64(j, "vcpus", g->vcpus);
}

static void json_guest(struct json *j, const struct report *r, uint64_t id)
{
	const struct report_guest *g = &r->guests[id];

	json_open(j, NULL, '{');
	json_guest_size(j, g, id);
	if (g->off)
		json_string(j, "off", value_name(TRACE_ID_guest_end, 1, g->off_reason));
	json_pages(j, "resident_peak_bytes", g->resident_peak);
	json_pages(j, "resident_bytes", g->last.resident);
	json_pages(j, "swapped_bytes", g->last.swapped);
	json_pages(j, "swapped_peak_bytes", g->swapped_peak);
	json_pages(j, "guest_swap_bytes", g->last.guest_swap);
	json_pages(j, "free_bytes", g->last.free);
	json_pages(j, "ballooned_bytes", g->last.ballooned);
	json_pages(j, "ballooned_peak_bytes", g->ballooned_peak);
	json_u64(j, "stalled_ns", g->last.stalled);
	if (r->world != TRACE_WORLD_REAL)
		json_pages(j, "given_back_bytes", g->last.given_back);
	if (g->khugepaged.huge_pages) {
		json_u64(j, "khugepaged_huge_pages", g->khugepaged.huge_pages);
		json_pages(j, "khugepaged_filled_bytes", g->khugepaged.filled);
	}
	report_json_where(g, j);
	report_json_image(g, j);
	report_json_stats(r, id, j);
	report_json_folios(r, id, j);
	json_faults(j, g->faults);
	json_mechanism(j, g);
	json_open(j, "devices", '[');
	for (unsigned int d = 0; d < g->nr_devices; d++) {
		json_open(j, NULL, '{');
		json_string(j, "name", g->devices[d].name);
		json_u64(j, "kicks", g->devices[d].kicks);
		json_u64(j, "interrupts", g->devices[d].interrupts);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

static void json_programs(struct json *j, const struct report *r)
{
	static const char *const states[] = { "runs", "ended", "killed", "vmm-killed",
					      "not-ended", "shut-down" };

	json_open(j, "programs", '[');
	for (unsigned int i = 0; i < r->nr_programs; i++) {
		const struct report_program *p = &r->programs[i];
		uint64_t end = p->state == PROGRAM_RUNS ? r->time : p->end;

		json_open(j, NULL, '{');
		json_u64(j, "guest", p->guest);
		json_u64(j, "program", p->program);
		json_string(j, "name", p->name);
		json_string(j, "state", states[p->state]);
		json_s64(j, "status", p->status);
		json_u64(j, "start_ns", p->start);
		json_u64(j, "end_ns", end);
		json_u64(j, "run_time_ns", end - p->start);
		json_u64(j, "cpu_ns", p->cpu);
		json_u64(j, "stalled_ns", p->stalled);
		json_u64(j, "work", p->work);
		report_json_measured(&p->measured, j);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void json_commands(struct json *j, const struct report *r)
{
	json_open(j, "commands", '[');
	for (unsigned int i = 0; i < r->nr_commands; i++) {
		const struct report_command *c = &r->commands[i];
		const struct trace_rec_command_end *end = &c->end;

		json_open(j, NULL, '{');
		json_u64(j, "command", i);
		json_string(j, "name", c->name);
		json_u64(j, "guest", c->guest);
		json_string(j, "kind", value_name(TRACE_ID_command, 4, c->kind));
		if (c->target)
			json_u64(j, "target_bytes", c->target);
		json_string(j, "result",
			    c->ended ? value_name(TRACE_ID_command_end, 2, end->result) :
			    c->started ? "under-way" : "not-started");
		if (c->started) {
			json_u64(j, "start_ns", c->start);
			if (c->target)
				json_u64(j, "had_bytes", c->actual_before);
		}
		if (c->started && c->ended)
			json_u64(j, "took_ns", end->took);
		if (c->started && c->ended && c->target) {
			json_u64(j, "has_bytes", end->actual);
			json_u64(j, "nearest_bytes", end->nearest);
			json_u64(j, "retries", end->retries);
			json_pages(j, "taken_back_bytes", end->taken_back);
			json_u64(j, "fights_programs", end->fights);
		}
		if (c->text)
			json_string(j, "text", c->text);
		if (end->result == TRACE_COMMAND_OVERTAKEN && end->overtaken_by < r->nr_commands)
			json_string(j, "overtaken_by", r->commands[end->overtaken_by].name);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void json_swaps(struct json *j, const struct report *r)
{
	json_open(j, "swap_devices", '[');
	for (unsigned int i = 0; i < r->nr_swaps; i++) {
		const struct trace_rec_swap_device *s = &r->swaps[i].last;

		json_open(j, NULL, '{');
		json_string(j, "name", r->swaps[i].name);
		json_u64(j, "reads", s->reads);
		json_u64(j, "read_bytes", s->bytes_read);
		json_u64(j, "writes", s->writes);
		json_u64(j, "written_bytes", s->bytes_written);
		json_u64(j, "busy_ns", s->busy);
		json_u64(j, "queue_max", s->queue_max);
		json_pages(j, "used_max_bytes", s->used_max);
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* What is known of a host before anything runs. */
static void json_host_size(struct json *j, const struct report *r, const struct report_sum *sum)
{
	json_u64(j, "cpus", r->machine.cpus);
	json_pages(j, "memory_bytes", r->machine.frames);
	json_pages(j, "swap_bytes", r->machine.swap);
	json_string(j, "swap_model", r->swap_model);
	json_pages(j, "guests_memory_bytes", sum->all.memory);
}

static void json_host(struct json *j, const struct report *r, const struct report_sum *sum)
{
	json_open(j, "host", '{');
	json_host_size(j, r, sum);
	json_pages(j, "used_peak_bytes", r->used_peak);
	json_pages(j, "used_bytes", r->host.used);
	json_pages(j, "pagetables_bytes", r->host.pagetables);
	json_pages(j, "sec_pagetables_bytes", r->host.sec_pagetables);
	json_pages(j, "kernel_bytes", r->host.kernel);
	json_pages(j, "swap_used_peak_bytes", r->swap_peak);
	json_pages(j, "swap_used_bytes", r->host.swap_used);
	json_pages(j, "swap_out_bytes", sum->swap_out);
	json_pages(j, "swap_in_bytes", sum->swap_in);
	json_u64(j, "cpu_kernel_ns", sum->cpu_kernel);
	json_swaps(j, r);
	report_json_disks(r, j);
	report_json_dirty(r, j);
	report_json_cgroups(r, j);
	report_json_pressure(r, j);
	json_open(j, "threads", '[');
	for (unsigned int i = 0; i < r->nr_threads; i++) {
		json_open(j, NULL, '{');
		if (r->threads[i].guest != TRACE_HOST)
			json_u64(j, "guest", r->threads[i].guest);
		json_string(j, "name", r->threads[i].name);
		json_u64(j, "ran_ns", r->threads[i].ran);
		json_u64(j, "waited_ns", r->threads[i].waited);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_open(j, "cpu_by_cause", '[');
	for (unsigned int i = 0; i < r->nr_costs; i++) {
		json_open(j, NULL, '{');
		json_string(j, "who", value_name(TRACE_ID_ledger, 1, r->costs[i].domain));
		json_string(j, "cause", r->costs[i].name);
		json_u64(j, "ns", r->costs[i].ns);
		json_u64(j, "count", r->costs[i].count);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

static void json_cost_table(struct json *j, const struct report *r)
{
	const char *at = r->references;

	json_open(j, "cost_table", '{');
	json_string(j, "name", r->costs_name);
	json_open(j, "costs", '[');
	for (unsigned int i = 0; i < r->nr_prices; i++) {
		json_open(j, NULL, '{');
		json_string(j, "name", r->prices[i].name);
		json_u64(j, "each_ns", r->prices[i].each);
		json_string(j, "source", r->prices[i].source);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_open(j, "references", '[');
	while (at && *at) {
		char *line = strndup(at, strcspn(at, "\n"));

		json_string(j, NULL, line);
		at += strlen(line);
		at += *at == '\n';
		free(line);
	}
	json_close(j, ']');
	json_close(j, '}');
}

void report_json(const struct report *r, FILE *out)
{
	struct json j = { .out = out };
	struct report_sum sum;

	report_sum_init(&sum, r);
	json_open(&j, NULL, '{');
	json_run(&j, r);
	json_programs(&j, r);
	json_commands(&j, r);
	json_open(&j, "guests", '[');
	for (uint64_t i = 0; i < r->nr_guests; i++) {
		if (r->guests[i].declared)
			json_guest(&j, r, i);
	}
	json_close(&j, ']');
	report_json_images(r, &j);
	json_host(&j, r, &sum);
	json_cost_table(&j, r);
	json_close(&j, '}');
	report_sum_free(&sum);
}

void report_json_machine(const struct report *r, FILE *out)
{
	struct json j = { .out = out };
	struct report_sum sum;

	report_sum_init(&sum, r);
	json_open(&j, NULL, '{');
	json_open(&j, "host", '{');
	json_host_size(&j, r, &sum);
	json_close(&j, '}');
	json_open(&j, "guests", '[');
	for (uint64_t i = 0; i < r->nr_guests; i++) {
		if (!r->guests[i].declared)
			continue;
		json_open(&j, NULL, '{');
		json_guest_size(&j, &r->guests[i], i);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_cost_table(&j, r);
	json_close(&j, '}');
	report_sum_free(&sum);
}
