// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory, by one CPU: faults, clearing, reading, writing, copying, and giving it back.
 *
 * What the kernel does as a whole is measured as a whole; costs.c takes it apart.  Frames that are
 * given back are the next that are taken (per-CPU lists), so that after the first run no memory of
 * others is involved; areas are larger than the caches unless the user wants it otherwise.
 */
#define _GNU_SOURCE
#include "measuring.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLS 2048			/* of madvise() for a page each */
#define BURST 128			/* short, so that few are disturbed */
#define CALL_LOOPS 20000
#define HOT_LOOPS 32
#define HOT_PAGES 16			/* fit into the second level's cache */
#define READ_BYTES (256 << 10)

/* "rep stosb" is what clear_page_erms() of arch/x86/lib/clear_page_64.S does (Linux 6.1). */
static void clear_page(char *p)
{
#ifdef __x86_64__
	unsigned long n = PAGE_BYTES;

	__asm__ volatile("rep stosb" : "+D"(p), "+c"(n) : "a"(0) : "memory");
#else
	memset(p, 0, PAGE_BYTES);
	clobber(p);
#endif
}

/* Several sums, so that none waits for the one before. */
static void read_area(const char *p, uint64_t bytes)
{
	uint64_t sum[8] = { 0 };

	for (uint64_t at = 0; at < bytes; at += sizeof(sum)) {
		const uint64_t *line = (const uint64_t *)(p + at);

		for (unsigned int i = 0; i < 8; i++)
			sum[i] += line[i];
	}
	clobber(sum);
}

static long faults_of_thread(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) ? 0 : usage.ru_minflt + usage.ru_majflt;
}

/* ns of a first touch each @step bytes; -1: others than these pages came, too. */
static double fault_area(struct measuring *m, char *area, uint64_t bytes, uint64_t step)
{
	uint64_t n = bytes / step;
	long faults = faults_of_thread();
	double start = now_ns(), each;

	for (uint64_t i = 0; i < n; i++)
		touch(area + i * step);
	each = each_ns(m, start, n);
	faults = faults_of_thread() - faults;
	return faults >= (long)n && faults <= (long)(n + n / 100 + 1) ? each : -1;
}

static double clear_area(struct measuring *m, char *area, uint64_t bytes, uint64_t step)
{
	double start = now_ns();

	for (uint64_t at = 0; at < bytes; at += PAGE_BYTES)
		clear_page(area + at);
	return each_ns(m, start, bytes / step);
}

static void write_area(struct measuring *m)
{
	double all = 0;

	for (unsigned int i = 0; i < CALLS / HOT_PAGES; i++) {
		char *p = m->small + (uint64_t)i * HOT_PAGES * PAGE_BYTES;
		double start;

		for (unsigned int page = 0; page < HOT_PAGES; page++)
			clear_page(p + page * PAGE_BYTES);
		start = now_ns();
		memset(p, 0x5a, HOT_PAGES * PAGE_BYTES);
		clobber(p);
		all += each_ns(m, start, HOT_PAGES);
	}
	measured(m, MEASURE_WRITE, all / (CALLS / HOT_PAGES));
}

/* A call for each page, which is there or not. */
static double madvise_pages(struct measuring *m, unsigned int nr)
{
	double start = now_ns();

	for (unsigned int i = 0; i < nr; i++)
		madvise(m->small + (uint64_t)i * PAGE_BYTES, PAGE_BYTES, MADV_DONTNEED);
	return each_ns(m, start, nr);
}

static void touch_pages(struct measuring *m, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		touch(m->small + (uint64_t)i * PAGE_BYTES);
}

void pass_pages(struct measuring *m)
{
	uint64_t bytes = m->result->bytes;
	double fault = fault_area(m, m->small, bytes, PAGE_BYTES), start;

	if (fault < 0)
		not_measured(m, MEASURE_FAULT, "a fault did not bring one page");
	measured(m, MEASURE_FAULT, fault);
	measured(m, MEASURE_ZERO, clear_area(m, m->small, bytes, PAGE_BYTES));
	start = now_ns();
	read_area(m->small, bytes);
	measured(m, MEASURE_READ, each_ns(m, start, bytes / PAGE_BYTES));
	write_area(m);
	start = now_ns();
	madvise(m->small, bytes, MADV_DONTNEED);
	measured(m, MEASURE_MADVISE_PAGES, each_ns(m, start, bytes / PAGE_BYTES));
	touch_pages(m, CALLS);
	measured(m, MEASURE_MADVISE_PAGE, madvise_pages(m, CALLS));
	measured(m, MEASURE_MADVISE_CALL, madvise_pages(m, CALLS));
}

double madvise_written_pages(struct measuring *m)
{
	touch_pages(m, BURST);
	return madvise_pages(m, BURST);
}

static bool all_resident(const char *area, uint64_t bytes)
{
	static unsigned char there[BLOCK_BYTES / PAGE_BYTES];

	for (uint64_t at = 0; at < bytes; at += BLOCK_BYTES) {
		if (mincore((void *)(area + at), BLOCK_BYTES, there))
			return false;
		for (size_t i = 0; i < sizeof(there); i++)
			if (!(there[i] & 1))
				return false;
	}
	return true;
}

static void no_huge_pages(struct measuring *m)
{
	static const enum measurement_id ids[] = { MEASURE_FAULT_HUGE, MEASURE_ZERO_HUGE,
						   MEASURE_MADVISE_BLOCK, MEASURE_HOT_FAULT_HUGE,
						   MEASURE_HOT_ZERO_HUGE };
	const char *thp = m->result->host.thp;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		not_measured(m, ids[i], "no huge page came with a first write; transparent huge "
			     "pages are: %s", thp[0] ? thp : "not there");
}

static double madvise_blocks(struct measuring *m)
{
	uint64_t bytes = m->result->bytes;
	double start = now_ns();

	for (uint64_t at = 0; at < bytes; at += BLOCK_BYTES)
		madvise(m->huge + at, BLOCK_BYTES, MADV_DONTNEED);
	return each_ns(m, start, bytes / BLOCK_BYTES);
}

void pass_blocks(struct measuring *m)
{
	uint64_t bytes = m->result->bytes, half = bytes / 2;
	double fault = fault_area(m, m->huge, bytes, BLOCK_BYTES), start;

	if (fault < 0 || !all_resident(m->huge, bytes))
		no_huge_pages(m);
	measured(m, MEASURE_FAULT_HUGE, fault);
	/* Without huge pages this is where memory comes from. */
	if (!is_wanted(m, MEASURE_ZERO_HUGE))
		memset(m->huge, 0, bytes);
	measured(m, MEASURE_ZERO_HUGE, clear_area(m, m->huge, bytes, BLOCK_BYTES));
	start = now_ns();
	memcpy(m->huge + half, m->huge, half);
	clobber(m->huge);
	/* Bytes in ns are GB/s; read and written. */
	measured(m, MEASURE_COPY, 2e3 / each_ns(m, start, half));
	measured(m, MEASURE_MADVISE_BLOCK, madvise_blocks(m));
}

/*
 * The same 2 MiB again and again.  The kernel and we clear memory at one speed when both find it in
 * the cache, which cannot be said of more of it: so what a fault has beside the clearing is the
 * difference here.
 */
static bool measure_hot(struct measuring *m, char *area, uint64_t step, double *fault, double *zero)
{
	bool well = true;

	*fault = *zero = 0;
	for (unsigned int i = 0; i < HOT_LOOPS && well; i++) {
		double each = fault_area(m, area, BLOCK_BYTES, step);

		well = each >= 0;
		*fault += each / HOT_LOOPS;
		*zero += clear_area(m, area, BLOCK_BYTES, step) / HOT_LOOPS;
		madvise(area, BLOCK_BYTES, MADV_DONTNEED);
	}
	return well;
}

void pass_hot(struct measuring *m)
{
	double fault, zero;

	if (!measure_hot(m, m->small, PAGE_BYTES, &fault, &zero))
		not_measured(m, MEASURE_HOT_FAULT, "a fault did not bring one page");
	measured(m, MEASURE_HOT_FAULT, fault);
	measured(m, MEASURE_HOT_ZERO, zero);
	if (!is_wanted(m, MEASURE_HOT_FAULT_HUGE))
		return;
	if (!measure_hot(m, m->huge, BLOCK_BYTES, &fault, &zero))
		no_huge_pages(m);
	measured(m, MEASURE_HOT_FAULT_HUGE, fault);
	measured(m, MEASURE_HOT_ZERO_HUGE, zero);
}

void pass_file(struct measuring *m)
{
	static char buffer[READ_BYTES];
	double start = now_ns();

	for (uint64_t at = 0; at < FILE_BYTES; at += sizeof(buffer)) {
		if (pread(m->file, buffer, sizeof(buffer), at) != sizeof(buffer))
			not_measured(m, MEASURE_FILE, "a file in memory cannot be read");
		clobber(buffer);
	}
	measured(m, MEASURE_FILE, each_ns(m, start, FILE_BYTES / PAGE_BYTES));
}

void pass_calls(struct measuring *m)
{
	double start = now_ns();

	/* Not getppid(): a C library may answer by itself. */
	for (unsigned int i = 0; i < CALL_LOOPS; i++)
		syscall(SYS_getppid);
	measured(m, MEASURE_SYSCALL, each_ns(m, start, CALL_LOOPS));
}
