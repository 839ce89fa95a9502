// SPDX-License-Identifier: GPL-2.0-only
/*
 * What `ballast calibrate` prints: what was measured, then each entry of the cost table beside the
 * base table's; and the same as JSON.
 */
#include <inttypes.h>
#include <math.h>

#include "calibrate.h"
#include "json.h"
#include "table.h"

static uint64_t rounded(double value)
{
	return value > 0 ? llround(value) : 0;
}

static struct human value_text(enum measurement_unit unit, double value)
{
	struct human h;

	if (unit == UNIT_NS)
		return human_ns(rounded(value));
	snprintf(h.text, sizeof(h.text), "%" PRIu64 " MB/s", rounded(value));
	return h;
}

static void print_measurements(FILE *out, const struct calibration *c)
{
	struct table t;

	table_init(&t, "Measured", 1, "|median|quartile|quartile|least|most");
	for (unsigned int i = 0; i < NR_MEASUREMENTS; i++) {
		const enum measurement_unit unit = measurement_info[i].unit;
		const struct spread *s = &c->result[i];

		if (!s->nr)
			continue;
		table_cell(&t, "%s", measurement_info[i].name);
		table_cell(&t, "%s", value_text(unit, s->median).text);
		table_cell(&t, "%s", value_text(unit, s->q1).text);
		table_cell(&t, "%s", value_text(unit, s->q3).text);
		table_cell(&t, "%s", value_text(unit, s->min).text);
		table_cell(&t, "%s", value_text(unit, s->max).text);
	}
	table_print(&t, out);
}

static void add_row(struct table *t, const char *name, enum measurement_unit unit,
		    const struct calibrated_cost *cost, uint64_t base)
{
	bool ours = cost->origin != COST_OF_BASE;

	table_cell(t, "%s", name);
	table_cell(t, "%s", cost_origin_name(cost->origin));
	table_cell(t, "%s", value_text(unit, cost->ns).text);
	if (ours)
		table_cell(t, "%s to %s", value_text(unit, cost->low).text,
			   value_text(unit, cost->high).text);
	else
		table_cell(t, "%s", "");
	table_cell(t, "%s", value_text(unit, base).text);
	if (ours && base)
		table_cell(t, "%.2f", (double)cost->ns / base);
	else
		table_cell(t, "%s", "");
}

static void print_costs(FILE *out, const struct calibrated_costs *costs,
			const struct base_table *base)
{
	const struct cost_table *table = &base->scenario.host.costs;
	char heads[512];
	struct table t;

	snprintf(heads, sizeof(heads), "|rests on|this host|between|%.200s|ratio", base->name);
	table_init(&t, "Cost table", 2, heads);
	for (unsigned int i = 0; i < NR_COSTS; i++)
		add_row(&t, cost_info[i].property, UNIT_NS, &costs->cost[i], table->ns[i]);
	add_row(&t, "memory-bandwidth-mb-per-s", UNIT_MB_PER_S, &costs->memory,
		table->memory_mb_per_s);
	table_print(&t, out);
}

void calibrate_print(FILE *out, const struct calibrated_costs *costs, const struct calibration *c,
		     const struct base_table *base)
{
	char where[CALIBRATE_TEXT_SIZE];

	calibrate_text(c, where, sizeof(where));
	fprintf(out, "%s\n%u CPUs; %u runs over %" PRIu64 " MiB; %.0f ns of each look at the clock "
		"are taken off\n", where, c->host.nr_cpus, c->runs, c->bytes >> 20, c->timer_ns);
	if (c->host.virtual_machine)
		fprintf(out, "This is a virtual machine: its hypervisor's part in faults, "
			"interrupts, wake-ups and disks is in\nthe values, and nothing here says "
			"how large it is.\n");
	print_measurements(out, c);
	print_costs(out, costs, base);
}

/* JSON */

static void json_host(struct json *j, const struct calibration *c)
{
	json_open(j, "host", '{');
	json_string(j, "cpu", c->host.cpu);
	json_string(j, "kernel", c->host.kernel);
	json_string(j, "date", c->host.date);
	json_u64(j, "cpus", c->host.nr_cpus);
	json_bool(j, "virtual-machine", c->host.virtual_machine);
	json_string(j, "transparent-huge-pages", c->host.thp);
	json_u64(j, "cache-bytes", c->host.cache);
	json_close(j, '}');
}

static void json_measurements(struct json *j, const struct calibration *c)
{
	json_open(j, "measurements", '[');
	for (unsigned int i = 0; i < NR_MEASUREMENTS; i++) {
		const struct spread *s = &c->result[i];

		json_open(j, NULL, '{');
		json_string(j, "name", measurement_info[i].name);
		json_string(j, "what", measurement_info[i].text);
		json_string(j, "unit", measurement_info[i].unit == UNIT_NS ? "ns" : "MB/s");
		json_u64(j, "runs", s->nr);
		if (s->nr) {
			json_u64(j, "median", rounded(s->median));
			json_u64(j, "quartile-1", rounded(s->q1));
			json_u64(j, "quartile-3", rounded(s->q3));
			json_u64(j, "least", rounded(s->min));
			json_u64(j, "most", rounded(s->max));
		} else {
			json_string(j, "why-not", c->why_not[i]);
		}
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void json_cost(struct json *j, const char *name, const struct calibrated_cost *cost,
		      uint64_t base)
{
	json_open(j, NULL, '{');
	json_string(j, "property", name);
	json_string(j, "rests-on", cost_origin_name(cost->origin));
	json_u64(j, "value", cost->ns);
	json_u64(j, "low", rounded(cost->low));
	json_u64(j, "high", rounded(cost->high));
	json_u64(j, "base-value", base);
	json_string(j, "source", cost->source);
	json_close(j, '}');
}

void calibrate_print_json(FILE *out, const struct calibrated_costs *costs,
			  const struct calibration *c, const struct base_table *base)
{
	const struct cost_table *table = &base->scenario.host.costs;
	struct json j = { .out = out };

	json_open(&j, NULL, '{');
	json_host(&j, c);
	json_u64(&j, "runs", c->runs);
	json_u64(&j, "bytes", c->bytes);
	json_u64(&j, "timer-ns", rounded(c->timer_ns));
	json_string(&j, "base", base->name);
	json_measurements(&j, c);
	json_open(&j, "costs", '[');
	for (unsigned int i = 0; i < NR_COSTS; i++)
		json_cost(&j, cost_info[i].property, &costs->cost[i], table->ns[i]);
	json_cost(&j, "memory-bandwidth-mb-per-s", &costs->memory, table->memory_mb_per_s);
	json_close(&j, ']');
	json_close(&j, '}');
}
