// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exporting a trace: what is common to all formats.  Which records are wanted, where output goes,
 * and that an output that is not complete does not get its name.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "export_internal.h"
#include "hostmem.h"
#include "read.h"

#define NS_PER_S UINT64_C(1000000000)
#define NAMES_SIZE 200		/* of guests, in an error */

const char *const export_format_names[NR_EXPORT_FORMATS] = {
	[EXPORT_CSV] = "csv", [EXPORT_CTF] = "ctf", [EXPORT_PERFETTO] = "perfetto",
	[EXPORT_SQLITE] = "sqlite",
};

static const struct export_ops *const formats[NR_EXPORT_FORMATS] = {
	[EXPORT_CSV] = &export_csv, [EXPORT_CTF] = &export_ctf,
	[EXPORT_PERFETTO] = &export_perfetto, [EXPORT_SQLITE] = &export_sqlite,
};

static bool is_directory(const struct export_request *request)
{
	return formats[request->format]->directory && !request->record;
}

bool export_needs_out(const struct export_request *request)
{
	return is_directory(request) || request->format == EXPORT_SQLITE;
}

/* Names become columns, identifiers and names of files. */
static bool is_word(const char *s)
{
	const char *p = s;

	while (isalnum((unsigned char)*p) || *p == '_')
		p++;
	return p != s && !*p && p - s <= 64 && !isdigit((unsigned char)*s);
}

static bool always_wanted(const char *name)
{
	static const char *const names[] = {
		"run", "override", "machine", "image", "guest", "command", "site",
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

static struct export_type *add_type(struct export *e, const struct trace_type *type)
{
	struct export_type *t = &e->types[e->nr_types];

	*t = (struct export_type){ .type = type, .number = e->nr_types++, .guest_field = -1 };
	t->always = always_wanted(type->name);
	t->named = is_word(type->name);
	for (unsigned int i = 0; i < type->nr_fields; i++) {
		t->named &= is_word(type->fields[i].name);
		if (type->fields[i].kind == TRACE_GUEST && t->guest_field < 0)
			t->guest_field = i;
	}
	return t;
}

static struct export_type *type_of(struct export *e, const struct trace_type *type)
{
	struct export_type *t = type->id < 256 ? e->by_id[type->id] : NULL;

	if (t && t->type == type)
		return t;
	for (unsigned int i = 0; i < e->nr_types; i++) {
		if (e->types[i].type == type)
			return &e->types[i];
	}
	if (e->nr_types == EXPORT_TYPES_MAX)
		return NULL;
	t = add_type(e, type);
	if (type->id < 256)
		e->by_id[type->id] = t;
	return t;
}

/* Records */

static bool wanted(struct export *e, const struct export_type *t, const struct trace_record *record)
{
	const struct export_request *r = e->request;
	bool in_range = record->time >= r->from && record->time <= r->until;

	e->in_range += in_range;
	e->last_time = record->time;
	if (!t || !t->named || t->type->level > r->level)
		return false;
	if (!in_range && !(t->always && record->time <= r->until))
		return false;
	if (r->record && strcmp(t->type->name, r->record))
		return false;
	if (r->guest && t->guest_field >= 0) {
		uint64_t guest = record->value[t->guest_field].u;

		return guest == e->guest || guest == TRACE_HOST;
	}
	return true;
}

static void feed(struct export *e, struct trace_reader *reader)
{
	const volatile sig_atomic_t *interrupted = e->request->interrupted;
	struct trace_record record;

	while (!e->failed && trace_reader_next(reader, &record)) {
		struct export_type *t = type_of(e, record.type);

		if (interrupted && *interrupted)
			export_fail(e, "%s: interrupted; nothing is left of it", e->request->out);
		else if (wanted(e, t, &record))
			e->ops->record(e, t, &record);
	}
}

static bool same_guest(const char *asked, const struct trace_rec_guest *guest)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRIu64, guest->guest);
	return !strcmp(asked, guest->name) || !strcmp(asked, number);
}

/* The guest that is asked for, by what the trace declares.  Returns 0 or -1. */
static int find_guest(struct export *e, const char *trace)
{
	struct trace_reader *reader = trace_reader_open(trace, e->error, e->error_size);
	char names[NAMES_SIZE] = "";
	struct trace_record record;
	bool found = false;

	if (!reader)
		return -1;
	while (!found && trace_reader_next(reader, &record)) {
		const struct trace_rec_guest *guest = record.rec;
		size_t used = strlen(names);

		if (record.id != TRACE_ID_guest)
			continue;
		found = same_guest(e->request->guest, guest);
		e->guest = guest->guest;
		snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "",
			 guest->name);
	}
	trace_reader_close(reader);
	if (!found)
		export_fail(e, "%s: has no guest %s; it has: %s", trace, e->request->guest,
			    names[0] ? names : "none");
	return found ? 0 : -1;
}

/* Where output goes */

static bool is_device(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static mode_t creation_mode(mode_t mode)
{
	mode_t mask = umask(0);

	umask(mask);
	return mode & ~mask;
}

static void open_directory(struct export *e)
{
	const char *out = e->request->out;
	struct stat st;

	if (!lstat(out, &st)) {
		export_fail(e, "%s: exists; the export needs a directory of its own", out);
		return;
	}
	if (!mkdtemp(e->path)) {
		e->path[0] = '\0';
		export_fail_errno(e);
		return;
	}
	chmod(e->path, creation_mode(0777));
}

static void open_file(struct export *e)
{
	struct stat st;

	if (!stat(e->request->out, &st) && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		export_fail_errno(e);
		return;
	}
	e->fd = mkostemp(e->path, O_CLOEXEC);
	if (e->fd < 0) {
		e->path[0] = '\0';
		export_fail_errno(e);
		return;
	}
	fchmod(e->fd, creation_mode(0666));
}

static void open_output(struct export *e)
{
	const struct export_request *r = e->request;
	int n;

	e->fd = -1;
	if (!r->out) {
		e->in_place = true;
		e->fd = STDOUT_FILENO;
		return;
	}
	n = snprintf(e->path, sizeof(e->path), "%s.XXXXXX", r->out);
	if (n > 4096) {
		errno = ENAMETOOLONG;
		e->path[0] = '\0';
		export_fail_errno(e);
	} else if (is_directory(r)) {
		open_directory(e);
	} else if (is_device(r->out) && r->format == EXPORT_SQLITE) {
		export_fail(e, "%s: is not a file, which a database needs", r->out);
		e->path[0] = '\0';
	} else if (is_device(r->out)) {
		e->in_place = true;
		e->path[0] = '\0';
		e->fd = open(r->out, O_WRONLY | O_CLOEXEC);
		if (e->fd < 0)
			export_fail_errno(e);
	} else {
		open_file(e);
	}
}

static void remove_directory(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(path);
}

static void close_output(struct export *e)
{
	if (e->fd >= 0 && e->request->out && close(e->fd))
		export_fail_errno(e);
	if (e->in_place || !e->path[0])
		return;
	if (!e->failed && rename(e->path, e->request->out))
		export_fail_errno(e);
	if (!e->failed)
		return;
	if (is_directory(e->request))
		remove_directory(e->path);
	else
		unlink(e->path);
}

static void check_range(struct export *e, const char *trace)
{
	const struct export_request *r = e->request;

	if (!e->in_range && (r->from || r->until != UINT64_MAX))
		export_fail(e, "%s: has no records in that time; it ends at %" PRIu64 ".%03" PRIu64
			    " s", trace, e->last_time / NS_PER_S,
			    e->last_time % NS_PER_S / 1000000);
}

int trace_export(const char *trace, const struct export_request *request,
		 char *error, size_t error_size)
{
	struct trace_reader *reader = trace_reader_open(trace, error, error_size);
	struct export *e;
	int ret = 0;

	if (!reader)
		return -1;
	e = host_alloc(sizeof(*e));
	e->request = request;
	e->ops = formats[request->format];
	e->error = error;
	e->error_size = error_size;
	e->fd = -1;
	if (request->guest && find_guest(e, trace))
		e->failed = true;
	if (!e->failed)
		open_output(e);
	if (!e->failed) {
		e->ops->start(e);
		feed(e, reader);
		check_range(e, trace);
		e->ops->finish(e);
	}
	close_output(e);
	if (e->failed) {
		ret = -1;
	} else if (trace_reader_damage(reader)) {
		snprintf(error, error_size, "%s", trace_reader_damage(reader));
		ret = 1;
	}
	host_free(e);
	trace_reader_close(reader);
	return ret;
}
