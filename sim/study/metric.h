/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a comparison says of a run: one table of figures, from which text, JSON, CSV and the columns
 * of the database follow.
 */
#ifndef BALLAST_STUDY_METRIC_H
#define BALLAST_STUDY_METRIC_H

#include <stdbool.h>
#include <stdint.h>

#include "table.h"

enum metric_unit {
	METRIC_NS,
	METRIC_BYTES,
	METRIC_COUNT,
	METRIC_TIMES,		/* a ratio, in thousandths */
	METRIC_PERCENT,		/* a share, in thousandths */
	METRIC_MIB_S,		/* memory times time; shown as GiB x min */
};

enum metric_better { METRIC_LESS, METRIC_MORE };

/* METRIC(id, column of the database, group, head, unit, better, what it is) */
#define METRIC_TABLE(METRIC)                                                                       \
	METRIC(RUN_TIME, "run_time_ns", "Time", "run time", NS, LESS,                              \
	       "from the start of the first program to the end of the last one")                   \
	METRIC(SLOWDOWN, "slowdown_permille", "Time", "slowdown", TIMES, LESS,                     \
	       "time that a program takes for its work, over that of the undisturbed run: "        \
	       "geometric mean of all programs")                                                   \
	METRIC(SLOWDOWN_WORST, "slowdown_worst_permille", "Time", "worst", TIMES, LESS,            \
	       "the same, of the program that is slowed down most")                                \
	METRIC(STALLED, "stalled_ns", "Time", "stalled", NS, LESS,                                 \
	       "time that virtual CPUs of all guests stood still for a CPU or for memory")         \
	METRIC(FAULT_P50, "fault_p50_ns", "Time", "fault p50", NS, LESS,                           \
	       "latency of faults that the host serves (EPT violations, swap-in), median")         \
	METRIC(FAULT_P99, "fault_p99_ns", "Time", "p99", NS, LESS, "the same, 99 of 100")          \
	METRIC(FAULT_MAX, "fault_max_ns", "Time", "max", NS, LESS, "the same, the longest")        \
	METRIC(LATENCY_P50, "latency_p50_ns", "Victims", "request p50", NS, LESS,                  \
	       "time from a request to its answer, of all programs `service`, median")             \
	METRIC(LATENCY_P99, "latency_p99_ns", "Victims", "p99", NS, LESS, "the same, 99 of 100")   \
	METRIC(LATENCY_P999, "latency_p999_ns", "Victims", "p99.9", NS, LESS,                      \
	       "the same, 999 of 1000")                                                            \
	METRIC(LATENCY_MAX, "latency_max_ns", "Victims", "max", NS, LESS, "the same, the longest") \
	METRIC(BANDWIDTH_LOWEST, "bandwidth_lowest_permille", "Victims", "bandwidth", PERCENT,     \
	       MORE, "of a program `stream`, its lowest bandwidth over its best, as means of "     \
	       "`sample-ms`; the program that has least")                                          \
	METRIC(BANDWIDTH_LOST, "bandwidth_lost_permille", "Victims", "lost", PERCENT, LESS,        \
	       "what such a program lacks to its best all the time; the one that lacks most")      \
	METRIC(QUANTA_LOST, "quanta_lost_permille", "Victims", "quanta lost", PERCENT, LESS,       \
	       "work that a program `ftq` has not done, over that of its best quantum all the "    \
	       "time; the one that lacks most")                                                    \
	METRIC(BEFORE_SWAP, "guests_before_swap", "Memory", "to swap", COUNT, MORE,                \
	       "guests whose programs had all ended when the host swapped its first page out")     \
	METRIC(BEFORE_OOM, "guests_before_oom", "Memory", "to OOM", COUNT, MORE,                   \
	       "guests whose programs had all ended when the host killed its first VMM")           \
	METRIC(KILLED, "casualties", "Memory", "killed", COUNT, LESS,                              \
	       "programs and VMMs that were killed for want of memory: data at risk")              \
	METRIC(SWAP_OUT, "swap_out_bytes", "Memory", "swap out", BYTES, LESS,                      \
	       "written to the host's swap")                                                       \
	METRIC(SWAP_IN, "swap_in_bytes", "Memory", "swap in", BYTES, LESS,                         \
	       "read from the host's swap, read-ahead included")                                   \
	METRIC(HOST_PEAK, "host_peak_bytes", "Memory", "peak", BYTES, LESS,                        \
	       "most host memory that was in use at once")                                         \
	METRIC(FOOTPRINT, "footprint_mib_s", "Memory", "GiB x min", MIB_S, LESS,                   \
	       "integral over time of the host memory in use")                                     \
	METRIC(THP, "thp_permille", "Memory", "THP", PERCENT, MORE,                                \
	       "share of the guests' resident memory that 2 MiB leaves map, mean over time")       \
	METRIC(PSI_MEMORY, "psi_memory_some_ns", "Pressure", "memory", NS, LESS,                   \
	       "time that some threads of the host waited for memory (PSI, `some`)")               \
	METRIC(PSI_MEMORY_FULL, "psi_memory_full_ns", "Pressure", "full", NS, LESS,                \
	       "the same, and no other thread worked on their CPU (`full`)")                       \
	METRIC(PSI_MEMORY_PEAK, "psi_memory_peak_permille", "Pressure", "avg10", PERCENT, LESS,    \
	       "most that `some` of memory was on the average of 10 s")                            \
	METRIC(PSI_IO, "psi_io_some_ns", "Pressure", "I/O", NS, LESS,                              \
	       "time that some waited for a swap device or a disk (`some`)")                       \
	METRIC(PSI_CPU, "psi_cpu_some_ns", "Pressure", "CPU", NS, LESS,                            \
	       "time that some waited for a CPU (`some`)")                                         \
	METRIC(CPU_GUEST, "cpu_guest_ns", "CPU time", "guest", NS, LESS,                           \
	       "virtual CPUs in guest mode, but for hints")                                        \
	METRIC(CPU_EXIT, "cpu_exit_ns", "CPU time", "exits", NS, LESS,                             \
	       "the host kernel for virtual CPUs, but for hints")                                  \
	METRIC(CPU_VMM, "cpu_vmm_ns", "CPU time", "VMM", NS, LESS, "VMMs in user space")           \
	METRIC(CPU_KERNEL, "cpu_kernel_ns", "CPU time", "host kernel", NS, LESS,                   \
	       "the host kernel by itself and for VMMs, but for hints")                            \
	METRIC(CPU_HINTS, "cpu_hints_ns", "CPU time", "hints", NS, LESS,                           \
	       "telling the host, by whomever: rings, kicks, interrupts, madvise, zaps")           \
	METRIC(CPU_ALL, "cpu_all_ns", "CPU time", "all", NS, LESS, "the sum of these")             \
	METRIC(EXITS, "exits", "Telling the host", "exits", COUNT, LESS,                           \
	       "VM exits of all reasons")                                                          \
	METRIC(REQUESTS, "requests", "Telling the host", "requests", COUNT, LESS,                  \
	       "requests that told the host of pages or took them back")                           \
	METRIC(BYTES_PER_EXIT, "bytes_per_exit", "Telling the host", "per exit", BYTES, MORE,      \
	       "memory that the host was told of, over exits by which it was told")                \
	METRIC(GIVEN_BACK, "given_back_bytes", "Telling the host", "given back", BYTES, MORE,      \
	       "frames that the host got back by being told")                                      \
	METRIC(FILLED, "khugepaged_filled_bytes", "Telling the host", "filled", BYTES, LESS,       \
	       "free memory that khugepaged took again for huge pages")                            \
	METRIC(AGE_P50, "age_p50_ns", "Telling the host", "after", NS, LESS,                       \
	       "from the free to that, median of the frames")                                      \
	METRIC(AGE_P99, "age_p99_ns", "Telling the host", "p99", NS, LESS, "the same, 99 of 100")

enum metric {
#define METRIC(id, column, group, head, unit, better, doc) METRIC_##id,
	METRIC_TABLE(METRIC)
#undef METRIC
	NR_METRICS
};

struct metric_info {
	const char *column, *group, *head;
	enum metric_unit unit;
	enum metric_better better;
	const char *doc;
};

extern const struct metric_info metric_info[NR_METRICS];

struct measures {
	uint64_t value[NR_METRICS];
	bool known[NR_METRICS];
};

/* A value for people; halves of a unit do not matter. */
struct human metric_text(enum metric metric, uint64_t value);

#endif
