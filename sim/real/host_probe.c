// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking at the host; see host_probe.h.
 *
 * Whether untouched memory becomes resident by reading is tried with memory of our own, and judged
 * by what guests' memory is judged by: Rss of the mapping in smaps.
 */
#define _GNU_SOURCE
#include "host_probe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proc_files.h"

#define KIB UINT64_C(1024)
#define MIB (UINT64_C(1) << 20)
#define PAGE 4096
#define HUGE_PAGE (2 * MIB)
#define TRY_BYTES (8 * MIB)

/* Rss of the mappings between two addresses; the kernel may have cut one into several. */
static uint64_t resident_of(const char *start, const char *end)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	uint64_t from, to, kib, bytes = 0;
	bool within = false;
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &from, &to) == 2)
			within = from >= (uintptr_t)start && to <= (uintptr_t)end;
		else if (within && sscanf(line, "Rss: %" SCNu64, &kib) == 1)
			bytes += kib * KIB;
	}
	if (f)
		fclose(f);
	return bytes;
}

/* Does reading leave memory where it was?  With a guard page, so that nothing is joined to it. */
static bool reading_is_free(size_t step, int advice)
{
	size_t size = TRY_BYTES + 2 * HUGE_PAGE;
	char *area = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			  0);
	char *start = (char *)(((uintptr_t)area + HUGE_PAGE) / HUGE_PAGE * HUGE_PAGE);
	uint64_t resident = TRY_BYTES;
	size_t i;

	if (area == MAP_FAILED)
		return true;
	if (!mprotect(start, TRY_BYTES, PROT_READ | PROT_WRITE)) {
		madvise(start, TRY_BYTES, advice);
		for (i = 0; i < TRY_BYTES; i += step)
			(void)*(volatile char *)(start + i);
		resident = resident_of(start, start + TRY_BYTES);
	}
	munmap(area, size);
	/* One page may be there for a reason of its own. */
	return resident <= step;
}

static uint64_t meminfo(const char *field)
{
	uint64_t bytes;

	proc_kib_field("/proc/meminfo", field, &bytes);
	return bytes;
}

void host_probe(struct host_probe *p)
{
	char line[64];

	*p = (struct host_probe){
		.zero_page = reading_is_free(PAGE, MADV_NOHUGEPAGE),
		.huge_zero_page = reading_is_free(HUGE_PAGE, MADV_HUGEPAGE),
		.ksm = proc_line("/sys/kernel/mm/ksm/run", line, sizeof(line)) && line[0] == '1',
		.available = meminfo("MemAvailable"),
		.swap = meminfo("SwapTotal"),
		.devpts = !access("/dev/pts/ptmx", F_OK),
		.kvm = !access("/dev/kvm", R_OK | W_OK),
	};
	proc_line("/sys/kernel/mm/transparent_hugepage/enabled", p->thp, sizeof(p->thp));
	if (!access("/sys/fs/cgroup/cgroup.controllers", F_OK))
		p->cgroup = 2;
	else if (!access("/sys/fs/cgroup/memory", F_OK))
		p->cgroup = 1;
}

void host_probe_text(const struct host_probe *p, char *text, unsigned int size)
{
	char cgroup[32] = "no cgroups";

	if (p->cgroup)
		snprintf(cgroup, sizeof(cgroup), "cgroup version %u", p->cgroup);
	snprintf(text, size, "reading untouched memory %s it resident (huge pages: %s); huge pages "
		 "%s; KSM %s; %" PRIu64 " MiB available, %" PRIu64 " MiB swap; %s; %sdevpts; %sKVM",
		 p->zero_page ? "does not make" : "makes", p->huge_zero_page ? "no" : "yes",
		 p->thp[0] ? p->thp : "none", p->ksm ? "runs" : "off", p->available / MIB,
		 p->swap / MIB, cgroup, p->devpts ? "" : "no ", p->kvm ? "" : "no ");
}
