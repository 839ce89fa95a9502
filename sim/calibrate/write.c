// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device tree source: a cost table, and a swap device.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "calibration.h"
#include "dts_text.h"

/* Whether a source that is written names "[NAME] ...", one of the base table's references. */
static bool is_named(const struct calibrated_costs *costs, const char *reference)
{
	char name[128];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(reference, "]") + 1, reference);
	for (unsigned int i = 0; i < NR_COSTS; i++)
		if (strstr(costs->cost[i].source, name))
			return true;
	return strstr(costs->memory.source, name);
}

static void write_references(FILE *out, const struct calibrated_costs *costs,
			     const struct base_table *base)
{
	const struct scenario_strings *all = &base->scenario.host.cost_references;
	const char *before = "\t\t\treferences =\n\t\t\t\t";
	bool any = false;

	for (uint32_t i = 0; i < all->nr; i++) {
		if (all->text[i][0] != '[' || !is_named(costs, all->text[i]))
			continue;
		fputs(before, out);
		dts_string(out, all->text[i]);
		before = ",\n\t\t\t\t";
		any = true;
	}
	fputs(any ? ";\n\n" : "", out);
}

static void write_cost(FILE *out, const char *property, const struct calibrated_cost *cost)
{
	fprintf(out, "\t\t\t%s = <%" PRIu64 ">;\n\t\t\t%s-source =\n\t\t\t\t", property,
		cost->ns, property);
	dts_string(out, cost->source);
	fputs(";\n", out);
}

static void write_measurements(FILE *out, const struct calibration *c, unsigned int from)
{
	fprintf(out, " * %u runs over %" PRIu64 " MiB, a look at the clock taken off (%.0f ns): "
		"median, quartiles, least, most.\n *\n", c->runs, c->bytes >> 20, c->timer_ns);
	for (unsigned int i = from; i < NR_MEASUREMENTS; i++) {
		const struct measurement_info *info = &measurement_info[i];
		const struct spread *s = &c->result[i];

		if (s->nr)
			fprintf(out, " *   %-15s %9.0f %9.0f %9.0f %9.0f %9.0f %s\n", info->name,
				s->median, s->q1, s->q3, s->min, s->max,
				info->unit == UNIT_NS ? "ns" : "MB/s");
		else
			fprintf(out, " *   %-15s not measured\n", info->name);
	}
}

static const char *of_vm(const struct calibration *c)
{
	return c->host.virtual_machine ?
	       "; this is a virtual machine itself: its hypervisor's part in faults, interrupts, "
	       "wake-ups and disks is in the values" : "";
}

void calibrate_write(FILE *out, const struct calibrated_costs *costs, const struct calibration *c,
		     const struct base_table *base)
{
	char where[CALIBRATE_TEXT_SIZE], text[2 * CALIBRATE_TEXT_SIZE];

	calibrate_text(c, where, sizeof(where));
	fprintf(out, "// SPDX-License-Identifier: GPL-2.0-only\n/*\n"
		" * Cost table, made by `ballast calibrate`:\n * %s.\n%s *\n", where,
		c->host.virtual_machine ? " * Its hypervisor is in the values, and nothing says "
					  "how much of it.\n" : "");
	write_measurements(out, c, 0);
	fprintf(out, " */\n/ {\n\thost {\n\t\tcosts: costs {\n"
		"\t\t\tcompatible = \"ballast,costs\";\n\t\t\tdescription = ");
	snprintf(text, sizeof(text), "measured on this host: %s, %u CPUs%s; what it does not show "
		 "is from %s", where, c->host.nr_cpus, of_vm(c), base->name);
	dts_string(out, text);
	fputs(";\n", out);
	write_references(out, costs, base);
	write_cost(out, "memory-bandwidth-mb-per-s", &costs->memory);
	fputc('\n', out);
	for (unsigned int i = 0; i < NR_COSTS; i++)
		write_cost(out, cost_info[i].property, &costs->cost[i]);
	fputs("\t\t};\n\t};\n};\n", out);
}

/* Swap */

bool calibrate_has_swap(const struct calibration *c)
{
	return c->result[MEASURE_DISK_READ].nr && c->result[MEASURE_DISK_WRITE].nr &&
	       c->result[MEASURE_DISK_STREAM].nr;
}

/* What 4 KiB take beside their transfer, us. */
static long fixed_us(const struct calibration *c, enum measurement_id id)
{
	double transfer_ns = 4096 * 1e3 / c->result[MEASURE_DISK_STREAM].median;
	double ns = c->result[id].median - transfer_ns;

	return ns > 0 ? lround(ns / 1000) : 0;
}

static long transfer_mib(const struct calibration *c)
{
	long rate = lround(c->result[MEASURE_DISK_STREAM].median * 1e6 / (1 << 20));

	return rate > 0 ? rate : 1;
}

void calibrate_write_swap(FILE *out, const struct calibration *c)
{
	char where[CALIBRATE_TEXT_SIZE];

	calibrate_text(c, where, sizeof(where));
	fprintf(out, "// SPDX-License-Identifier: GPL-2.0-only\n/*\n"
		" * A disk, made by `ballast calibrate --swap-device`:\n * %s.\n"
		" * Include it inside a swap node; size-mib is the node's own.\n *\n", where);
	write_measurements(out, c, MEASURE_DISK_READ);
	fprintf(out, " *\n * derived: read-us and write-us are disk-read and disk-write less the "
		"transfer of 4 KiB; what a\n * rotating disk takes to move its head is in them.\n"
		" * measured: transfer-mib-per-s is disk-stream; readahead-pages is "
		"vm.page-cluster (%u).\n"
		" * not measured here: queue-depth is that of swap/ssd.dtsi.\n */\n",
		c->host.page_cluster);
	fprintf(out, "compatible = \"ballast,swap-ssd\";\nqueue-depth = <31>;\nread-us = <%ld>;\n"
		"write-us = <%ld>;\ntransfer-mib-per-s = <%ld>;\nreadahead-pages = <%u>;\n",
		fixed_us(c, MEASURE_DISK_READ), fixed_us(c, MEASURE_DISK_WRITE), transfer_mib(c),
		c->host.page_cluster < 9 ? 1u << c->host.page_cluster : 512);
}
