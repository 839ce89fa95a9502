/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a machine is said to be, before there is a scenario of it: a value for each key of one
 * table, with where it comes from, and remarks for what the table has no key for.
 *
 * How to use it:
 *  1. description_init(): every key has a default.
 *  2. Readers fill in what they know: this host (survey_host()), a domain of libvirt
 *     (survey_libvirt()), a command line of QEMU (survey_qemu()), the user (description_set()).
 *     Who comes later wins.
 *  3. description_check() looks at all of it together, description_write() writes the scenario.
 *
 * All functions that can fail return 0, or -1 with one line in @error: place and remedy.
 */
#ifndef BALLAST_SURVEY_DESCRIPTION_H
#define BALLAST_SURVEY_DESCRIPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Less than that a scenario's host does not have beside what it reserves. */
#define SURVEY_HOST_LEAST_MIB 64
/* What a VMM has besides its guest, as scenarios have it if they do not say (vmm-memory-mib). */
#define SURVEY_VMM_MIB 35

#define YES_NO "no yes"
#define BACKINGS "anonymous shared-file hugetlb"
#define DISK_KINDS "none hdd ssd nvme"

/*
 * K(id, key, words or NULL for a number, least, most, default, asked only if this key is not 0 or
 * no (or itself: always), what it is).  Least and most are those of the property in
 * sim/scenario/parse-table.c.
 */
#define DESCRIPTION_TABLE(K)                                                                       \
	K(GUESTS, "guests", NULL, 1, 10000, 1, GUESTS, "number of such guests")                    \
	K(MEMORY, "memory-mib", NULL, 64, 16777216, 4096, MEMORY, "memory of a guest, MiB")        \
	K(VCPUS, "vcpus", NULL, 1, 1024, 2, VCPUS, "virtual CPUs of a guest")                      \
	K(BALLOON, "balloon", YES_NO, 0, 0, 1, BALLOON, "has it a balloon device?")                \
	K(REPORTING, "free-page-reporting", YES_NO, 0, 0, 0, BALLOON,                              \
	  "does the balloon report free pages?")                                                   \
	K(HINTING, "free-page-hint", YES_NO, 0, 0, 0, BALLOON,                                     \
	  "does it hint free pages to migrations?")                                                \
	K(DEFLATE, "deflate-on-oom", YES_NO, 0, 0, 0, BALLOON,                                     \
	  "does it deflate when the guest is out of memory?")                                      \
	K(STATS, "guest-stats-polling-s", NULL, 0, 86400, 0, BALLOON,                              \
	  "how often does it ask for statistics, s (0: never)?")                                   \
	K(TARGET, "balloon-target-mib", NULL, 0, 16777216, 0, BALLOON,                             \
	  "what the balloon leaves the guest from the start, MiB (0: all)")                        \
	K(BACKING, "backing", BACKINGS, 0, 0, 0, BACKING, "what its memory is on the host")        \
	K(LOCKED, "locked", YES_NO, 0, 0, 0, LOCKED,                                               \
	  "is its memory locked, or pinned for a device (VFIO)?")                                  \
	K(LIMIT, "limit-mib", NULL, 0, 16777216, 0, LIMIT,                                         \
	  "limit of its memory group on the host, MiB (0: none)")                                  \
	K(DISK, "disk", DISK_KINDS, 0, 0, 0, DISK, "disk of the host with the guests' images")     \
	K(CACHE, "cache", "none writeback", 0, 0, 1, DISK, "QEMU's cache= of the image")           \
	K(HOST_MEMORY, "host-memory-mib", NULL, 64, 16777216, 16384, HOST_MEMORY,                  \
	  "memory of the host, MiB")                                                               \
	K(HOST_RESERVE, "host-reserve-mib", NULL, 0, 16777216, 512, HOST_RESERVE,                  \
	  "of that, what all but guests hold for good, MiB")                                       \
	K(HOST_CPUS, "host-cpus", NULL, 1, 4096, 4, HOST_CPUS, "CPUs of the host")                 \
	K(HOST_SWAP, "host-swap", "none hdd ssd nvme zram", 0, 0, 0, HOST_SWAP,                    \
	  "swap device of the host")                                                               \
	K(HOST_SWAP_SIZE, "host-swap-mib", NULL, 1, 131071, 4096, HOST_SWAP, "size of it, MiB")    \
	K(HOST_THP, "host-thp", "always madvise never", 0, 0, 0, HOST_THP,                         \
	  "transparent huge pages of the host")                                                    \
	K(HOST_SWAPPINESS, "host-swappiness", NULL, 0, 200, 60, HOST_SWAPPINESS,                   \
	  "vm.swappiness of the host")                                                             \
	K(HOST_LRU, "host-lru", "classic mglru", 0, 0, 0, HOST_LRU,                                \
	  "LRU of the host: two lists, or generations")

enum description_key {
#define K(id, ...) KEY_##id,
	DESCRIPTION_TABLE(K)
#undef K
	NR_DESCRIPTION_KEYS
};

enum { BACKING_ANONYMOUS, BACKING_SHARED_FILE, BACKING_HUGETLB };
enum { DISK_NONE, DISK_HDD, DISK_SSD, DISK_NVME };
enum { CACHE_NONE, CACHE_WRITEBACK };
enum { SWAP_NONE, SWAP_HDD, SWAP_SSD, SWAP_NVME, SWAP_ZRAM };

struct description_info {
	const char *key;
	const char *words;		/* the values, blank between; NULL: a number */
	uint64_t min, max, fallback;
	enum description_key needs;	/* of no meaning if that is 0 or no; itself: never */
	const char *doc;
};

extern const struct description_info description_info[NR_DESCRIPTION_KEYS];

#define DESCRIPTION_NAME_SIZE 128
#define DESCRIPTION_REMARKS_MAX 32
#define DESCRIPTION_REMARK_SIZE 256

struct description {
	uint64_t value[NR_DESCRIPTION_KEYS];	/* of words: which */
	/* Where it comes from, for comments: text that lives as long as the program. */
	const char *origin[NR_DESCRIPTION_KEYS];
	char name[DESCRIPTION_NAME_SIZE];	/* of the guest; "": none is known */
	const char *source;			/* what guests were read from, for a comment */
	/* What was there and is not in the scenario, each said once. */
	char remark[DESCRIPTION_REMARKS_MAX][DESCRIPTION_REMARK_SIZE];
	unsigned int nr_remarks;
};

void description_init(struct description *d);
/* A value that a reader has found; what is out of range is the nearest, with a remark. */
void description_put(struct description *d, enum description_key key, uint64_t value,
		     const char *origin);
/* Bytes as MiB, rounded down. */
void description_put_bytes(struct description *d, enum description_key key, uint64_t bytes,
			   const char *origin);
void description_remark(struct description *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* "KEY=VALUE", of the option --set. */
int description_set(struct description *d, const char *assignment, char *error,
		    size_t error_size);
/* A value as the user writes it; what is wrong with it says what is allowed. */
int description_parse(enum description_key key, const char *text, uint64_t *value, char *error,
		      size_t error_size);
/* Whether it has a meaning, given the others. */
bool description_matters(const struct description *d, enum description_key key);
/* As description_parse() takes it; valid until the next call. */
const char *description_text(enum description_key key, uint64_t value);
/* "1..1024", or "no, yes"; valid until the next call. */
const char *description_allowed(enum description_key key);

/* Values that do not go together; some are made to, with a remark. */
int description_check(struct description *d, char *error, size_t error_size);
void description_write(FILE *out, const struct description *d);

/* Readers */

/* The host whose /proc and /sys are below @root ("" for this one).  What is not there is left. */
void survey_host(struct description *d, const char *root);
/* A domain's XML (libvirt: docs/formatdomain.rst). */
int survey_libvirt(struct description *d, const char *file, char *error, size_t error_size);
/* A command line, with a shell's quotes, or as ps prints it. */
int survey_qemu(struct description *d, const char *line, char *error, size_t error_size);

/* What the readers of guests share: a kind of backing, seen as it was said. */
struct survey_backing {
	bool huge, file, shared, locked, pinned;
	uint64_t page_kib;		/* of huge pages; 0: not said */
	const char *origin;
};

void survey_put_backing(struct description *d, const struct survey_backing *b);
/* QEMU's and libvirt's cache modes; false: there is no such mode. */
bool survey_put_cache(struct description *d, const char *mode, const char *origin);

#endif
