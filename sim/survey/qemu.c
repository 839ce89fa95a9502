// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest as the command line of its VMM has it.
 *
 * Options and defaults are those of QEMU's qemu-options.hx; what is here is what a scenario has a
 * word for, and all others are passed over.  Of memory backends the one counts that the machine or
 * a node of NUMA has; if none is named, and there is one, that.  Not read: -readconfig, and what is
 * said to the monitor later.
 */
#include <inttypes.h>
#include <string.h>

#include "description.h"
#include "qemu_words.h"
#include "scenario.h"
#include "text.h"

#define BACKENDS_MAX 16
#define DEFAULT_MEMORY (UINT64_C(128) << 20)

struct backend {
	char id[64];
	uint64_t size;
	struct survey_backing backing;
	bool used;			/* by the machine or a node, not by a DIMM */
};

struct reader {
	struct description *d;
	struct backend backend[BACKENDS_MAX];
	unsigned int nr_backends;
	struct survey_backing plain;	/* -mem-path, -overcommit, devices */
	uint64_t memory;		/* bytes; 0: not said */
	bool disk;			/* has been seen */
	const char *option;		/* being read */
	const char *text;
	char *error;
	size_t error_size;
};

/* Of what is shown of a text in a message. */
static int line_length(const char *text)
{
	int len = strcspn(text, "\n");

	return len < 100 ? len : 100;
}

static int refuse(const struct reader *r, const char *allowed)
{
	snprintf(r->error, r->error_size, "--from-qemu: %s %.*s: allowed: %s", r->option,
		 line_length(r->text), r->text, allowed);
	return -1;
}

static int read_memory(struct reader *r, const struct qemu_list *l)
{
	const char *size = qemu_list_get(l, "size");
	const char *most = qemu_list_get(l, "maxmem");

	if (most)
		description_remark(r->d, "maxmem=%s: memory is not plugged in in scenarios", most);
	if (!size)
		return 0;
	if (!qemu_size(size, 1 << 20, &r->memory) || !r->memory)
		return refuse(r, "a size, as 4096 (MiB) or 4G");
	return 0;
}

/* Missing ones are 1, and without a number of CPUs there are as many as these make. */
static int read_cpus(struct reader *r, const struct qemu_list *l)
{
	static const char *const parts[] = { "sockets", "dies", "clusters", "cores", "threads" };
	const char *cpus = qemu_list_get(l, "cpus");
	uint64_t n, product = 1;

	if (!cpus)
		cpus = qemu_list_get(l, "maxcpus");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !cpus; i++) {
		const char *part = qemu_list_get(l, parts[i]);

		if (part && (!scenario_parse_number(part, &n) || !n || n > 4096))
			return refuse(r, "numbers of 1 or more");
		product *= part ? n : 1;
	}
	if (cpus && (!scenario_parse_number(cpus, &product) || !product))
		return refuse(r, "a number of CPUs, 1 or more");
	description_put(r->d, KEY_VCPUS, product, "-smp");
	return 0;
}

static bool is_huge_path(const char *path)
{
	return strstr(path, "hugepages") || strstr(path, "hugetlb");
}

/* backends/hostmem-ram.c, hostmem-file.c and hostmem-memfd.c: that of a memfd is shared. */
static int read_object(struct reader *r, const struct qemu_list *l)
{
	const char *type = qemu_list_get(l, "qom-type"), *id = qemu_list_get(l, "id");
	const char *size = qemu_list_get(l, "size"), *path = qemu_list_get(l, "mem-path");
	const char *page = qemu_list_get(l, "hugetlbsize");
	struct backend b = { .backing.origin = "-object memory-backend-..." };
	uint64_t bytes;

	if (!type || strncmp(type, "memory-backend-", 15))
		return 0;
	if (r->nr_backends == BACKENDS_MAX)
		return refuse(r, "16 memory backends");
	snprintf(b.id, sizeof(b.id), "%s", id ? id : "");
	if (size && !qemu_size(size, 1, &b.size))
		return refuse(r, "size= as 4G");
	b.backing.file = !strcmp(type, "memory-backend-file") ||
			 !strcmp(type, "memory-backend-memfd") ||
			 !strcmp(type, "memory-backend-shm");
	b.backing.huge = (path && is_huge_path(path)) || qemu_list_is_on(l, "hugetlb");
	if (page && qemu_size(page, 1, &bytes))
		b.backing.page_kib = bytes >> 10;
	b.backing.shared = qemu_list_get(l, "share") ? qemu_list_is_on(l, "share") :
			   !strcmp(type, "memory-backend-memfd") ||
			   !strcmp(type, "memory-backend-shm");
	r->backend[r->nr_backends++] = b;
	return 0;
}

static void use_backend(struct reader *r, const char *id)
{
	for (unsigned int i = 0; i < r->nr_backends && id; i++)
		if (!strcmp(r->backend[i].id, id))
			r->backend[i].used = true;
}

static int read_balloon(struct reader *r, const struct qemu_list *l)
{
	const char *polling = qemu_list_get(l, "guest-stats-polling-interval");
	uint64_t n;

	description_put(r->d, KEY_BALLOON, 1, "-device virtio-balloon");
	description_put(r->d, KEY_REPORTING, qemu_list_is_on(l, "free-page-reporting"),
			"free-page-reporting of its device");
	description_put(r->d, KEY_HINTING, qemu_list_is_on(l, "free-page-hint"),
			"free-page-hint of its device");
	description_put(r->d, KEY_DEFLATE, qemu_list_is_on(l, "deflate-on-oom"),
			"deflate-on-oom of its device");
	if (!polling)
		return 0;
	if (!scenario_parse_number(polling, &n))
		return refuse(r, "guest-stats-polling-interval= as a number of seconds");
	description_put(r->d, KEY_STATS, n, "guest-stats-polling-interval");
	return 0;
}

static int read_device(struct reader *r, const struct qemu_list *l)
{
	const char *driver = qemu_list_get(l, "driver");

	if (driver && !strncmp(driver, "virtio-balloon", 14))
		return read_balloon(r, l);
	if (driver && !strncmp(driver, "vfio-", 5))
		r->plain.pinned = true;
	if (driver && (text_ends_with(driver, "dimm") || !strncmp(driver, "virtio-mem", 10) ||
		       !strncmp(driver, "virtio-pmem", 11)))
		description_remark(r->d, "device %s: a scenario's guest has no memory but that of "
				   "-m", driver);
	return 0;
}

static void put_disk(struct reader *r, const char *origin)
{
	if (r->d->value[KEY_DISK] == DISK_NONE)
		description_put(r->d, KEY_DISK, DISK_SSD, origin);
	r->disk = true;
}

static int read_drive(struct reader *r, const struct qemu_list *l)
{
	const char *mode = qemu_list_get(l, "cache"), *media = qemu_list_get(l, "media");
	const char *interface = qemu_list_get(l, "if");
	bool direct = qemu_list_is_on(l, "cache.direct");

	if (r->disk || (media && !strcmp(media, "cdrom")) ||
	    (interface && (!strcmp(interface, "pflash") || !strcmp(interface, "floppy"))))
		return 0;
	put_disk(r, "-drive; its kind is not known");
	if (!survey_put_cache(r->d, mode ? mode : direct ? "none" : "default",
			      mode || direct ? "cache of -drive" : "QEMU's default"))
		return refuse(r, "cache= none, writethrough, writeback, directsync, unsafe");
	return 0;
}

/* Of a file or device that can be written, and is not firmware. */
static int read_blockdev(struct reader *r, const struct qemu_list *l)
{
	const char *driver = qemu_list_get(l, "driver"), *name = qemu_list_get(l, "node-name");
	const char *direct = qemu_list_get(l, "cache.direct");

	if (r->disk || !driver || (strcmp(driver, "file") && strcmp(driver, "host_device")) ||
	    qemu_list_is_on(l, "read-only") || (name && strstr(name, "pflash")))
		return 0;
	put_disk(r, "-blockdev; its kind is not known");
	survey_put_cache(r->d, qemu_list_is_on(l, "cache.direct") ? "none" : "default",
			 direct ? "cache.direct of -blockdev" : "QEMU's default");
	return 0;
}

static int read_hda(struct reader *r, const struct qemu_list *l)
{
	return read_drive(r, &(struct qemu_list){ .nr = 0 });
}

static int read_lock(struct reader *r, const struct qemu_list *l)
{
	r->plain.locked |= qemu_list_is_on(l, "mem-lock") || qemu_list_is_on(l, "mlock");
	return 0;
}

static int read_path(struct reader *r, const struct qemu_list *l)
{
	r->plain.file = true;
	r->plain.huge = is_huge_path(r->text);
	r->plain.origin = "-mem-path";
	return 0;
}

static int read_name(struct reader *r, const struct qemu_list *l)
{
	const char *name = qemu_list_get(l, "guest");

	snprintf(r->d->name, sizeof(r->d->name), "%s", name ? name : "");
	return 0;
}

static int read_old_balloon(struct reader *r, const struct qemu_list *l)
{
	description_put(r->d, KEY_BALLOON, strcmp(r->text, "none") != 0, "-balloon");
	return 0;
}

static int note_machine(struct reader *r, const struct qemu_list *l)
{
	use_backend(r, qemu_list_get(l, "memory-backend"));
	return 0;
}

static int note_node(struct reader *r, const struct qemu_list *l)
{
	use_backend(r, qemu_list_get(l, "memdev"));
	return 0;
}

struct option {
	const char *name, *first;	/* key of what stands first without one */
	int (*read)(struct reader *r, const struct qemu_list *l);
};

static const struct option options[] = {
	{ "-m", "size", read_memory }, { "-smp", "cpus", read_cpus },
	{ "-object", "qom-type", read_object }, { "-device", "driver", read_device },
	{ "-drive", NULL, read_drive }, { "-blockdev", "driver", read_blockdev },
	{ "-hda", NULL, read_hda }, { "-hdb", NULL, read_hda }, { "-mem-path", NULL, read_path },
	{ "-overcommit", NULL, read_lock }, { "-realtime", NULL, read_lock },
	{ "-name", "guest", read_name }, { "-balloon", NULL, read_old_balloon },
	{ NULL, NULL, NULL }
};

/* They name what -object makes, wherever that stands. */
static const struct option references[] = {
	{ "-machine", "type", note_machine }, { "-M", "type", note_machine },
	{ "-numa", "type", note_node }, { NULL, NULL, NULL }
};

static int read_option(struct reader *r, const struct option *o, const char *text)
{
	struct qemu_list l;
	int ret;

	r->option = o->name;
	r->text = text ? text : "";
	if (!text)
		return refuse(r, "a value behind it");
	if (qemu_list_parse(&l, text, o->first))
		return refuse(r, "KEY=VALUE,... or JSON");
	ret = o->read(r, &l);
	qemu_list_free(&l);
	return ret;
}

static int read_options(struct reader *r, const struct qemu_words *w, size_t from,
			const struct option *table)
{
	for (size_t i = from; i < w->nr; i++) {
		const char *word = w->word[i];
		const struct option *o = table;

		/* QEMU takes --option, too. */
		if (word[0] == '-' && word[1] == '-')
			word++;
		while (o->name && strcmp(o->name, word))
			o++;
		if (o->name && read_option(r, o, i + 1 < w->nr ? w->word[++i] : NULL))
			return -1;
	}
	return 0;
}

/* Number of the first word behind QEMU's name; 0: there is no QEMU. */
static size_t find_qemu(const struct qemu_words *w)
{
	for (size_t i = 0; i < w->nr; i++) {
		const char *slash = strrchr(w->word[i], '/');
		const char *name = slash ? slash + 1 : w->word[i];

		if (!strncmp(name, "qemu-system-", 12) || !strcmp(name, "qemu-kvm") ||
		    !strcmp(name, "kvm") || !strcmp(name, "qemu"))
			return i + 1;
	}
	return 0;
}

/*
 * Does another one begin behind @from, as in what ps says of two?  A value of an option may have
 * QEMU's name.
 */
static bool has_another(const struct qemu_words *w, size_t from)
{
	for (size_t i = from + 1; i < w->nr; i++) {
		const char *slash = strrchr(w->word[i], '/');

		if (!strncmp(slash ? slash + 1 : w->word[i], "qemu-system-", 12) &&
		    w->word[i - 1][0] != '-')
			return true;
	}
	return false;
}

static void put_memory(struct reader *r)
{
	const struct backend *main_backend = r->nr_backends == 1 ? &r->backend[0] : NULL;
	struct survey_backing b = r->plain;
	uint64_t backends = 0;

	for (unsigned int i = r->nr_backends; i; i--) {
		if (!r->backend[i - 1].used)
			continue;
		main_backend = &r->backend[i - 1];
		backends += main_backend->size;
	}
	if (main_backend) {
		b = main_backend->backing;
		b.locked = r->plain.locked;
		b.pinned = r->plain.pinned;
	}
	if (!backends && main_backend)
		backends = main_backend->size;
	if (r->memory)
		description_put_bytes(r->d, KEY_MEMORY, r->memory, "-m");
	else if (backends)
		description_put_bytes(r->d, KEY_MEMORY, backends, "size of -object memory-backend");
	else
		description_put_bytes(r->d, KEY_MEMORY, DEFAULT_MEMORY, "QEMU's default of -m");
	survey_put_backing(r->d, &b);
}

int survey_qemu(struct description *d, const char *line, char *error, size_t error_size)
{
	struct reader r = { .d = d, .plain.origin = "QEMU's default", .error = error,
			    .error_size = error_size };
	struct qemu_words w;
	size_t first;
	int ret;

	if (qemu_words_split(&w, line, error, error_size))
		return -1;
	first = find_qemu(&w);
	if (!first) {
		snprintf(error, error_size, "--from-qemu: %.*s: there is no QEMU in it; allowed: a "
			 "command line with qemu-system-..., qemu-kvm or kvm, and its options",
			 line_length(line), line);
		qemu_words_free(&w);
		return -1;
	}
	if (has_another(&w, first)) {
		snprintf(error, error_size, "--from-qemu: %.*s: there is more than one QEMU in it; "
			 "allowed: one command line (ps -o args= -ww -p PID)", line_length(line),
			 line);
		qemu_words_free(&w);
		return -1;
	}
	d->source = "a command line of QEMU";
	description_put(d, KEY_BALLOON, 0, "QEMU's default");
	description_put(d, KEY_VCPUS, 1, "QEMU's default");
	ret = read_options(&r, &w, first, options) || read_options(&r, &w, first, references);
	if (!ret)
		put_memory(&r);
	qemu_words_free(&w);
	return ret ? -1 : 0;
}
