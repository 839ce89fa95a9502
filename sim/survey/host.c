// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host at hand, as its kernel shows it in /proc and /sys (Documentation/filesystems/proc.rst,
 * Documentation/ABI/testing/sysfs-block, Documentation/admin-guide/mm of Linux).
 *
 * A scenario's host has one swap device: that of the highest priority, which Linux fills first.
 * Not there: NUMA nodes, zswap, memory groups; what holds memory now, since guests that run are in
 * that, too.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "description.h"
#include "proc_files.h"

#define PATH_SIZE (2 * PATH_MAX)

struct place {
	const char *root;
	char path[PATH_SIZE];
};

static const char *at(struct place *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static const char *at(struct place *p, const char *fmt, ...)
{
	int used = snprintf(p->path, sizeof(p->path), "%s", p->root);
	va_list args;

	va_start(args, fmt);
	vsnprintf(p->path + used, sizeof(p->path) - used, fmt, args);
	va_end(args);
	return p->path;
}

static void look_at_cpus(struct description *d, struct place *p)
{
	FILE *f = fopen(at(p, "/proc/cpuinfo"), "r");
	static char line[16384];	/* flags are many */
	uint64_t nr = 0;

	while (f && fgets(line, sizeof(line), f))
		nr += !strncmp(line, "processor", 9);
	if (f)
		fclose(f);
	if (nr)
		description_put(d, KEY_HOST_CPUS, nr, "/proc/cpuinfo");
}

/* Disks */

static bool is_a(struct place *p, const char *disk, const char *part, const char *name,
		 const char *number)
{
	char line[64];

	if (name)
		return !strcmp(part[0] ? part : disk, name);
	return proc_line(at(p, "/sys/block/%s%s%s/dev", disk, part[0] ? "/" : "", part), line,
			 sizeof(line)) && !strcmp(line, number);
}

/* Whether @disk, or a partition of it, is what has that name or ("8:1") that number. */
static bool has_part(struct place *p, const char *disk, const char *name, const char *number)
{
	DIR *dir;
	struct dirent *e;
	bool found = is_a(p, disk, "", name, number);

	if (found)
		return true;
	dir = opendir(at(p, "/sys/block/%s", disk));
	while (dir && !found && (e = readdir(dir)))
		if (!strncmp(e->d_name, disk, strlen(disk)))
			found = is_a(p, disk, e->d_name, name, number);
	if (dir)
		closedir(dir);
	return found;
}

/* The disk that has it; "" if there is none. */
static void find_disk(struct place *p, const char *name, const char *number, char *disk,
		      size_t size)
{
	DIR *dir = opendir(at(p, "/sys/block"));
	struct dirent *e;

	disk[0] = '\0';
	while (dir && !disk[0] && (e = readdir(dir)))
		if (e->d_name[0] != '.' && has_part(p, e->d_name, name, number))
			snprintf(disk, size, "%s", e->d_name);
	if (dir)
		closedir(dir);
}

/* Of mapped devices (LVM, encryption): what they lie on. */
static bool lies_on_nvme(struct place *p, const char *disk)
{
	DIR *dir = opendir(at(p, "/sys/block/%s/slaves", disk));
	struct dirent *e;
	bool nvme = !strncmp(disk, "nvme", 4);

	while (dir && (e = readdir(dir)))
		nvme |= !strncmp(e->d_name, "nvme", 4);
	if (dir)
		closedir(dir);
	return nvme;
}

static unsigned int kind_of_disk(struct place *p, const char *disk)
{
	uint64_t rotational;

	if (lies_on_nvme(p, disk))
		return DISK_NVME;
	if (proc_number(at(p, "/sys/block/%s/queue/rotational", disk), &rotational) && rotational)
		return DISK_HDD;
	return DISK_SSD;
}

/* Swap */

struct swap_line {
	char path[PATH_MAX], type[32];
	uint64_t kib;
	long priority;
};

static bool read_swap_line(const char *line, struct swap_line *s)
{
	uint64_t used;

	return sscanf(line, "%4095s %31s %" SCNu64 " %" SCNu64 " %ld", s->path, s->type, &s->kib,
		      &used, &s->priority) == 5;
}

/* The first of the highest priority; the others in a remark.  False: there is none. */
static bool choose_swap(struct description *d, struct place *p, struct swap_line *best)
{
	FILE *f = fopen(at(p, "/proc/swaps"), "r");
	struct swap_line s;
	unsigned int nr = 0;
	char line[PATH_SIZE];

	while (f && fgets(line, sizeof(line), f))
		if (read_swap_line(line, &s) && (!nr++ || s.priority > best->priority))
			*best = s;
	if (f)
		fclose(f);
	if (nr > 1)
		description_remark(d, "the host has %u swap devices: a scenario's has one, and "
				   "this is that of the highest priority, %.100s", nr, best->path);
	return nr;
}

/* Files lie on what their file system lies on. */
static void find_swap_disk(struct place *p, const struct swap_line *s, char *disk, size_t size)
{
	const char *slash = strrchr(s->path, '/');
	char number[32];
	struct stat st;

	disk[0] = '\0';
	if (!strcmp(s->type, "partition")) {
		find_disk(p, slash ? slash + 1 : s->path, NULL, disk, size);
	} else if (!stat(at(p, "%s", s->path), &st)) {
		snprintf(number, sizeof(number), "%u:%u", major(st.st_dev), minor(st.st_dev));
		find_disk(p, NULL, number, disk, size);
	}
}

static void look_at_swap(struct description *d, struct place *p)
{
	static const unsigned int swap_of_disk[] = {
		[DISK_HDD] = SWAP_HDD, [DISK_SSD] = SWAP_SSD, [DISK_NVME] = SWAP_NVME,
	};
	struct swap_line s = { .kib = 0 };
	char disk[NAME_MAX + 1];

	if (!choose_swap(d, p, &s)) {
		description_put(d, KEY_HOST_SWAP, SWAP_NONE, "/proc/swaps");
		return;
	}
	description_put_bytes(d, KEY_HOST_SWAP_SIZE, s.kib << 10 & -(UINT64_C(1) << 20),
			      "/proc/swaps");
	find_swap_disk(p, &s, disk, sizeof(disk));
	if (strstr(s.path, "/zram")) {
		description_put(d, KEY_HOST_SWAP, SWAP_ZRAM, "/proc/swaps");
	} else if (disk[0]) {
		description_put(d, KEY_HOST_SWAP, swap_of_disk[kind_of_disk(p, disk)],
				"/proc/swaps and /sys/block");
	} else {
		description_put(d, KEY_HOST_SWAP, SWAP_SSD, "/proc/swaps");
		description_remark(d, "which disk swap (%.100s) is on is not known: taken as a "
				   "flash disk", s.path);
	}
}

/* Settings */

/* A word that a file shows in brackets. */
static void look_at_thp(struct description *d, struct place *p)
{
	char word[32], error[128];
	uint64_t value;

	if (proc_chosen(at(p, "/sys/kernel/mm/transparent_hugepage/enabled"), word, sizeof(word)) &&
	    !description_parse(KEY_HOST_THP, word, &value, error, sizeof(error)))
		description_put(d, KEY_HOST_THP, value, "/sys/kernel/mm/transparent_hugepage");
}

void survey_host(struct description *d, const char *root)
{
	struct place p = { .root = root };
	uint64_t value;

	if (proc_kib_field(at(&p, "/proc/meminfo"), "MemTotal", &value))
		description_put_bytes(d, KEY_HOST_MEMORY, value & -(UINT64_C(1) << 20),
				      "MemTotal of /proc/meminfo");
	look_at_cpus(d, &p);
	look_at_swap(d, &p);
	look_at_thp(d, &p);
	if (proc_number(at(&p, "/proc/sys/vm/swappiness"), &value))
		description_put(d, KEY_HOST_SWAPPINESS, value, "/proc/sys/vm/swappiness");
	/* Bit 0 is the main switch. */
	if (proc_number(at(&p, "/sys/kernel/mm/lru_gen/enabled"), &value))
		description_put(d, KEY_HOST_LRU, value & 1, "/sys/kernel/mm/lru_gen/enabled");
}
