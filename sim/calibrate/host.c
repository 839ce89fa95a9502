// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host is on which something was measured, as far as the kernel says it.
 *
 * Not there: clock rates, which change while one measures, and mitigations, which the kernel's
 * release and the CPU stand for (/sys/devices/system/cpu/vulnerabilities has them).
 */
#define _GNU_SOURCE
#include <sched.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "calibration.h"
#include "proc_files.h"

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

static void look_at_memory(struct calibrate_host *host)
{
	uint64_t cluster;

	proc_kib_field("/proc/meminfo", "MemAvailable", &host->available);
	/* 3 is Linux's default on all but the smallest. */
	host->page_cluster = proc_number("/proc/sys/vm/page-cluster", &cluster) ? cluster : 3;
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
	proc_chosen("/sys/kernel/mm/transparent_hugepage/enabled", host->thp, sizeof(host->thp));
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
