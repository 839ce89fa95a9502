// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host is on which something was measured, as far as the kernel says it.
 *
 * Not there: clock rates, which change while one measures, and mitigations, which the kernel's
 * release and the CPU stand for (/sys/devices/system/cpu/vulnerabilities has them).
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "calibration.h"

/* The value of "NAME : VALUE"; text that is to stand in a comment and in a string. */
static void take_value(const char *line, char *text, size_t size)
{
	const char *value = strchr(line, ':');
	size_t used = 0;

	for (value = value ? value + 1 + (value[1] == ' ') : ""; *value && used < size - 1; value++)
		if (*value >= ' ' && *value < 127 && !strchr("\"\\*", *value))
			text[used++] = *value;
	text[used] = '\0';
}

static void look_at_cpu(struct calibrate_host *host)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	static char line[16384];	/* flags are many */

	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "model name", 10) && !host->cpu[0])
			take_value(line, host->cpu, sizeof(host->cpu));
		else if (!strncmp(line, "flags", 5) && strstr(line, " hypervisor"))
			host->virtual_machine = true;
	}
	if (f)
		fclose(f);
}

static bool read_line(const char *path, char *line, int size)
{
	FILE *f = fopen(path, "r");
	bool got = f && fgets(line, size, f);

	if (f)
		fclose(f);
	return got;
}

/* "always [madvise] never" */
static void look_at_thp(struct calibrate_host *host)
{
	char line[128], *chosen;

	if (read_line("/sys/kernel/mm/transparent_hugepage/enabled", line, sizeof(line)) &&
	    (chosen = strchr(line, '[')))
		snprintf(host->thp, sizeof(host->thp), "%.*s", (int)strcspn(chosen + 1, "]"),
			 chosen + 1);
}

static void look_at_memory(struct calibrate_host *host)
{
	FILE *f = fopen("/proc/meminfo", "r");
	uint64_t kib = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
			host->available = kib << 10;
	if (f)
		fclose(f);
	if (!read_line("/proc/sys/vm/page-cluster", line, sizeof(line)) ||
	    sscanf(line, "%u", &host->page_cluster) != 1)
		host->page_cluster = 3;		/* Linux's default on all but the smallest */
}

void calibrate_host(struct calibrate_host *host)
{
	long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
	time_t now = time(NULL);
	struct utsname uts;
	struct tm tm;
	cpu_set_t set;

	*host = (struct calibrate_host){ .nr_cpus = 1 };
	look_at_cpu(host);
	look_at_thp(host);
	look_at_memory(host);
	if (cache <= 0)
		cache = sysconf(_SC_LEVEL2_CACHE_SIZE);
	host->cache = cache > 0 ? cache : 0;
	if (!uname(&uts)) {
		snprintf(host->kernel, sizeof(host->kernel), "%s", uts.release);
		if (!host->cpu[0])
			snprintf(host->cpu, sizeof(host->cpu), "a CPU of %s", uts.machine);
	}
	if (!sched_getaffinity(0, sizeof(set), &set))
		host->nr_cpus = CPU_COUNT(&set);
	if (gmtime_r(&now, &tm))
		strftime(host->date, sizeof(host->date), "%Y-%m-%d", &tm);
}
