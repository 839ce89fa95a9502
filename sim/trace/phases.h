/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The phases of a trace, and what happened in each: a consumer of trace records.
 *
 * A phase of a program lasts from its record (program_start: "start", program_phase) to the next
 * one of that program.  A guest has phases of its own while none of its programs runs: "boot",
 * "before" another program starts, "settle" after the last; and "whole run".  Programs that run at
 * the same time have phases at the same time: what is counted is the guest's.
 *
 * The host has phases that all begin with the run: until the programs of a guest have ended, for
 * each guest, and until the end.  Their guest is TRACE_HOST.
 *
 * How to use it: phases_init(), feed it as any consumer, phases_end(), look, phases_free(); or
 * phases_read() for the first three.
 */
#ifndef BALLAST_TRACE_PHASES_H
#define BALLAST_TRACE_PHASES_H

#include "report.h"
#include "table.h"

enum phase_quantity {
	PHASE_DURATION,
	/* at the end of the phase */
	PHASE_FREE,
	PHASE_RSS,
	PHASE_SWAPPED,
	PHASE_BALLOON,
	PHASE_VMM,
	/* during the phase */
	PHASE_REQUESTS,
	PHASE_BLOCKS,
	PHASE_REPORTED,
	PHASE_DISCARDS,
	PHASE_DISCARDED,
	PHASE_INFLATED,
	PHASE_DEFLATED,
	PHASE_MINOR_FAULTS,
	PHASE_MAJOR_FAULTS,
	/* of the host; at the end, and from the start of the run on */
	PHASE_HOST_USED,
	PHASE_HOST_SWAP,
	PHASE_SWAP_OUT,
	PHASE_SWAP_IN,
	NR_PHASE_QUANTITIES
};

struct phase_quantity_info {
	const char *name;		/* on the command line */
	const char *key;		/* in JSON, with the unit */
	const char *label;		/* in tables */
	enum table_unit unit;		/* TABLE_NS, TABLE_BYTES or TABLE_COUNT */
};

extern const struct phase_quantity_info phase_quantities[NR_PHASE_QUANTITIES];

enum phase_kind { PHASE_OF_PROGRAM, PHASE_BOOT, PHASE_BEFORE, PHASE_SETTLE, PHASE_WHOLE_RUN,
		  PHASE_OF_HOST };

struct phase {
	enum phase_kind kind;
	uint64_t guest;
	uint64_t program;		/* PHASE_OF_PROGRAM, and PHASE_BEFORE: which comes; host:
					 * whose programs end */
	char *program_name;		/* "" for the other kinds */
	char *name;
	uint64_t iteration;
	unsigned int occurrence;	/* how many phases like this were before it */
	uint64_t start, end;		/* ns */
	bool open;			/* until phases_end() */
	bool cut;			/* the program did not come to its end */
	uint64_t sample_age;		/* ns from the sample that the memory is from to the end */
	bool recorded[NR_PHASE_QUANTITIES];
	uint64_t value[NR_PHASE_QUANTITIES];	/* ns, bytes, counts */
	struct trace_rec_guest_total before;	/* when it began */
};

struct phases_guest;
struct phases_moment;

/* Values at times, in the order in which they came. */
struct phases_moments {
	struct phases_moment *moment;
	unsigned int nr;
};

struct phases {
	struct trace_consumer consumer;
	struct report report;		/* of the same records: names, sums, how the run ended */
	uint64_t level;			/* enum trace_level of the file */
	bool run;			/* the trace says what ran */
	struct phase *phase;		/* in the order in which they began */
	unsigned int nr;
	struct phases_guest *guest;
	uint64_t nr_guests;
	struct phases_moments host;
};

void phases_init(struct phases *p);
/* After the last record: closes what is open and fills in the values. */
void phases_end(struct phases *p);
void phases_free(struct phases *p);

/* An order in which phases of two traces are equal when they are the same but for their guests. */
int phase_compare(const struct phase *a, const struct phase *b);

/*
 * The phases of the trace @path.  Returns 0, or -1 when it is no whole trace of a run: @error then
 * says what is wrong, where, and what to do; there is nothing to free.
 */
int phases_read(struct phases *p, const char *path, char *error, size_t error_size);

#endif
