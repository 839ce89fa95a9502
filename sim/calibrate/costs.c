// SPDX-License-Identifier: GPL-2.0-only
/*
 * From measurements to the entries of a cost table.
 *
 * An entry is a measurement, or follows from several: the model charges apart what a process sees
 * in one (a first touch is a fault, a page from the allocator, and its clearing), so parts are
 * taken off, those that were measured or those of the base table.  What remains counts only if it
 * is more than the spread of what it was computed from; else, and where there is nothing to compute
 * it from, the entry is the base table's.  formulas[] is the mapping; docs/costs.md has it in
 * words.
 *
 * A process sees no guest: what happens in one is taken to cost what it costs here, as in
 * scenarios/costs/skylake.dtsi ("the guest has the same CPU"), and exits are the base table's.
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "calibration.h"

#define PARTS_MAX 6

enum part_kind { PART_NONE, PART_MEASUREMENT, PART_COST };

struct part {
	enum part_kind kind;
	unsigned int id;
	double factor;
};

#define MEASURED(id) { PART_MEASUREMENT, MEASURE_##id, 1 }
#define LESS(id) { PART_MEASUREMENT, MEASURE_##id, -1 }
#define COST_TIMES(id, factor) { PART_COST, COST_##id, factor }
#define LESS_COST(id) COST_TIMES(id, -1)

#define FORMULA(id, text, ...) { .cost = COST_##id, .remark = text, .parts = { __VA_ARGS__ } }

/* In an order in which no entry rests on a later one. */
static const struct formula {
	enum cost_id cost;
	struct part parts[PARTS_MAX];
	const char *remark;		/* NULL: none */
} formulas[] = {
	FORMULA(PAGE_ZERO, NULL, MEASURED(ZERO)),
	FORMULA(PAGE_WRITE, NULL, MEASURED(WRITE)),
	FORMULA(PAGE_READ, NULL, MEASURED(READ)),
	FORMULA(GUEST_FAULT, NULL, MEASURED(HOT_FAULT), LESS(HOT_ZERO), LESS_COST(PAGE_ALLOC),
		LESS_COST(BUDDY_ALLOC)),
	FORMULA(GUEST_HUGE_FAULT, NULL, MEASURED(HOT_FAULT_HUGE), LESS(HOT_ZERO_HUGE),
		LESS_COST(BUDDY_ALLOC)),
	FORMULA(GUEST_UNMAP, NULL, MEASURED(MADVISE_PAGES), LESS_COST(PAGE_FREE),
		LESS_COST(BUDDY_FREE)),
	FORMULA(GUEST_SYSCALL, NULL, MEASURED(SYSCALL)),
	FORMULA(GUEST_SWITCH, NULL, MEASURED(WAKE_READ), LESS(EVENTFD)),
	FORMULA(GUEST_FILE, NULL, MEASURED(FILE)),
	FORMULA(HOST_ZERO, NULL, MEASURED(ZERO)),
	FORMULA(HOST_HUGE_ZERO, NULL, MEASURED(ZERO_HUGE)),
	FORMULA(EPT_ZAP, "of a process: no EPT and no MMU notifier are in it",
		MEASURED(MADVISE_PAGES)),
	FORMULA(EPT_HUGE_ZAP, "a call of one page without its page is a call and its flush; of a "
		"process: no EPT and no MMU notifier are in it",
		MEASURED(MADVISE_BLOCK), LESS(MADVISE_PAGE), COST_TIMES(EPT_ZAP, 1)),
	FORMULA(TLB_FLUSH, NULL, MEASURED(MADVISE_SHARED), LESS(MADVISE_PAGE)),
	FORMULA(MADVISE, NULL, MEASURED(MADVISE_CALL)),
	FORMULA(SWAP_OUT, NULL, MEASURED(SWAP_OUT)),
	FORMULA(SWAP_IN, NULL, MEASURED(SWAP_IN)),
	FORMULA(GUEST_SWAP, "the mean of both ways, less what a guest is charged for besides",
		COST_TIMES(SWAP_OUT, 0.5), COST_TIMES(SWAP_IN, 0.5),
		COST_TIMES(GUEST_UNMAP, -0.5), COST_TIMES(GUEST_FAULT, -0.5),
		COST_TIMES(PAGE_ALLOC, -0.5), COST_TIMES(BUDDY_ALLOC, -0.5)),
	FORMULA(HOST_SWITCH, NULL, COST_TIMES(GUEST_SWITCH, 1)),
	FORMULA(VMM_DISPATCH, "of one descriptor: what GLib and QEMU do around it is not in it",
		MEASURED(WAKE_POLL), LESS_COST(HOST_SWITCH), LESS(EVENTFD_WRITE)),
};

/* Why nothing here says what an entry is. */
static const char *why_none(enum cost_id id)
{
	switch (id) {
	case COST_VMEXIT: case COST_KICK_IOEVENTFD: case COST_EXIT_VMM: case COST_IRQ_INJECT:
	case COST_HALT_EXIT: case COST_EPT_FAULT: case COST_EPT_HUGE_FAULT: case COST_EPT_SPLIT:
		return "it takes a virtual machine";
	case COST_SWAP_COMPRESS: case COST_SWAP_DECOMPRESS:
		return "it takes zram";
	case COST_GUEST_IRQ: case COST_BALLOON_INFLATE: case COST_BALLOON_DEFLATE:
	case COST_VIRTQUEUE_ADD:
		return "it happens in a guest";
	case COST_VIRTQUEUE_POP: case COST_VMM_LOOKUP:
		return "it happens in a VMM";
	default:
		return "no process sees it by itself";
	}
}

const char *cost_origin_name(enum cost_origin origin)
{
	static const char *const names[] = { [COST_MEASURED] = "measured",
					     [COST_DERIVED] = "derived",
					     [COST_OF_BASE] = "not measured here" };

	return names[origin];
}

void calibrate_text(const struct calibration *c, char *text, size_t size)
{
	snprintf(text, size, "%s, Linux %s, %s%s", c->host.date, c->host.kernel, c->host.cpu,
		 c->host.virtual_machine ? ", in a virtual machine" : "");
}

/* Texts */

__attribute__((format(printf, 2, 3)))
static void add_text(struct calibrated_cost *cost, const char *format, ...)
{
	size_t used = strlen(cost->source);
	va_list args;

	va_start(args, format);
	vsnprintf(cost->source + used, sizeof(cost->source) - used, format, args);
	va_end(args);
}

static void say_base(struct calibrated_cost *cost, uint64_t value, const char *source,
		     const char *why, const struct base_table *base)
{
	*cost = (struct calibrated_cost){ .ns = value, .low = value, .high = value,
					  .origin = COST_OF_BASE };
	add_text(cost, "not measured here (%s); from %s: %s", why, base->name,
		 source && source[0] ? source : "without a source");
}

static void say_runs(struct calibrated_cost *cost, const struct calibration *c,
		     unsigned int runs)
{
	char where[CALIBRATE_TEXT_SIZE];

	calibrate_text(c, where, sizeof(where));
	if (runs > 1)
		add_text(cost, "%u runs", runs);
	else
		add_text(cost, "one run, so no spread");
	add_text(cost, ", %s", where);
}

static void say_measured(struct calibrated_cost *cost, const struct calibration *c,
			 enum measurement_id id)
{
	const struct measurement_info *info = &measurement_info[id];
	const char *unit = info->unit == UNIT_NS ? "ns" : "MB/s";
	const struct spread *s = &c->result[id];

	*cost = (struct calibrated_cost){ .ns = lround(s->median), .low = s->q1, .high = s->q3,
					  .origin = COST_MEASURED };
	add_text(cost, "measured: %s: ", info->text);
	if (s->nr > 1)
		add_text(cost, "median %.0f, quartiles %.0f to %.0f, all %.0f to %.0f %s, of ",
			 s->median, s->q1, s->q3, s->min, s->max, unit);
	say_runs(cost, c, s->nr);
}

static const char *factor_text(double factor)
{
	return fabs(factor) < 1 ? "half of " : "";
}

static void say_part(struct calibrated_cost *cost, const struct calibrated_costs *costs,
		     const struct calibration *c, const struct base_table *base,
		     const struct part *part, const char *before)
{
	const struct calibrated_cost *other;

	add_text(cost, "%s%s", before, factor_text(part->factor));
	if (part->kind == PART_MEASUREMENT) {
		add_text(cost, "%s (%.0f ns)", measurement_info[part->id].text,
			 c->result[part->id].median);
		return;
	}
	other = &costs->cost[part->id];
	add_text(cost, "%s%s%s (%" PRIu64 " ns)", cost_info[part->id].property,
		 other->origin == COST_OF_BASE ? " of " : "",
		 other->origin == COST_OF_BASE ? base->name : "", other->ns);
}

/* What is added, then what is taken off. */
static void say_parts(struct calibrated_cost *cost, const struct calibrated_costs *costs,
		      const struct calibration *c, const struct base_table *base,
		      const struct formula *f)
{
	const char *before = "";

	for (int sign = 1; sign >= -1; sign -= 2) {
		for (unsigned int i = 0; i < PARTS_MAX && f->parts[i].kind; i++) {
			if (f->parts[i].factor * sign < 0)
				continue;
			say_part(cost, costs, c, base, &f->parts[i], before);
			before = sign > 0 ? " and " : ", ";
		}
		before = " less ";
	}
}

/* Values */

/* NULL: all parts are there; else what is missing. */
static const char *missing_part(const struct calibration *c, const struct calibrated_costs *costs,
				const struct formula *f)
{
	bool any_here = false;

	for (unsigned int i = 0; i < PARTS_MAX && f->parts[i].kind; i++) {
		const struct part *part = &f->parts[i];

		if (part->kind == PART_COST) {
			any_here |= costs->cost[part->id].origin != COST_OF_BASE;
			continue;
		}
		if (!c->result[part->id].nr)
			return c->why_not[part->id];
		any_here = true;
	}
	return any_here ? NULL : "what it follows from is not";
}

static void add_part(const struct calibration *c, const struct calibrated_costs *costs,
		     const struct part *part, double *value, double *low, double *high)
{
	struct spread s;

	if (part->kind == PART_MEASUREMENT)
		s = c->result[part->id];
	else
		s = (struct spread){ .median = costs->cost[part->id].ns,
				     .q1 = costs->cost[part->id].low,
				     .q3 = costs->cost[part->id].high };
	*value += part->factor * s.median;
	*low += part->factor * (part->factor > 0 ? s.q1 : s.q3);
	*high += part->factor * (part->factor > 0 ? s.q3 : s.q1);
}

static void derive(struct calibrated_costs *costs, const struct calibration *c,
		   const struct base_table *base, const struct formula *f)
{
	const struct scenario_host *table = &base->scenario.host;
	struct calibrated_cost *cost = &costs->cost[f->cost];
	struct calibrated_cost made = { .origin = COST_DERIVED };
	double value = 0;

	for (unsigned int i = 0; i < PARTS_MAX && f->parts[i].kind; i++)
		add_part(c, costs, &f->parts[i], &value, &made.low, &made.high);
	made.ns = value > 0 ? lround(value) : 0;
	if (!made.ns || made.low <= 0) {
		say_parts(&made, costs, c, base, f);
		add_text(&made, ": that is no more than its spread");
		say_base(cost, table->costs.ns[f->cost], table->cost_source[f->cost], made.source,
			 base);
		return;
	}
	add_text(&made, "derived: ");
	say_parts(&made, costs, c, base, f);
	if (f->remark)
		add_text(&made, "; %s", f->remark);
	if (c->runs > 1)
		add_text(&made, "; by the quartiles %.0f to %.0f ns", made.low, made.high);
	add_text(&made, "; ");
	say_runs(&made, c, c->runs);
	*cost = made;
}

static void apply(struct calibrated_costs *costs, const struct calibration *c,
		  const struct base_table *base, const struct formula *f)
{
	const struct scenario_host *table = &base->scenario.host;
	const char *missing = missing_part(c, costs, f);

	if (missing)
		say_base(&costs->cost[f->cost], table->costs.ns[f->cost],
			 table->cost_source[f->cost], missing, base);
	else if (f->parts[0].kind == PART_MEASUREMENT && !f->parts[1].kind && !f->remark)
		say_measured(&costs->cost[f->cost], c, f->parts[0].id);
	else
		derive(costs, c, base, f);
}

void calibrate_costs(struct calibrated_costs *costs, const struct calibration *c,
		     const struct base_table *base)
{
	const struct scenario_host *table = &base->scenario.host;

	for (unsigned int i = 0; i < NR_COSTS; i++)
		say_base(&costs->cost[i], table->costs.ns[i], table->cost_source[i], why_none(i),
			 base);
	for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++)
		apply(costs, c, base, &formulas[i]);
	if (c->result[MEASURE_COPY_ALL].nr)
		say_measured(&costs->memory, c, MEASURE_COPY_ALL);
	else
		say_base(&costs->memory, table->costs.memory_mb_per_s,
			 table->memory_bandwidth_source, c->why_not[MEASURE_COPY_ALL], base);
}
