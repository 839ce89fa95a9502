// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing an initramfs; see initramfs.h.  Times and owners are 0: the same files make the same
 * bytes.
 */
#include "initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct writer {
	struct archive *archive;
	const char *path;
	char *error;
	size_t error_size;
};

static int archive_failed(struct writer *w)
{
	const char *what = archive_error_string(w->archive);
	int err = archive_errno(w->archive);

	snprintf(w->error, w->error_size, "initramfs: %s: %s%s%s", w->path, what,
		 err > 0 ? ": " : "", err > 0 ? strerror(err) : "");
	return -1;
}

static int put(struct writer *w, const char *path, unsigned int type, unsigned int mode,
	       const void *data, size_t size)
{
	struct archive_entry *entry = archive_entry_new();
	int ret = 0;

	archive_entry_set_pathname(entry, path);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, mode);
	archive_entry_set_size(entry, size);
	archive_entry_set_nlink(entry, 1);
	if (type == AE_IFCHR)
		archive_entry_set_rdev(entry, makedev(5, 1));
	if (archive_write_header(w->archive, entry) != ARCHIVE_OK ||
	    (size && archive_write_data(w->archive, data, size) != (ssize_t)size))
		ret = archive_failed(w);
	archive_entry_free(entry);
	return ret;
}

static int put_source(struct writer *w, const struct initramfs_file *file)
{
	int fd = open(file->source, O_RDONLY), ret = -1;
	struct stat st;
	char *data = NULL;

	if (fd >= 0 && !fstat(fd, &st) && (data = malloc(st.st_size + 1)) &&
	    read(fd, data, st.st_size) == st.st_size)
		ret = put(w, file->path, AE_IFREG, file->mode, data, st.st_size);
	else
		snprintf(w->error, w->error_size, "initramfs: %s: %s", file->source,
			 strerror(errno));
	free(data);
	if (fd >= 0)
		close(fd);
	return ret;
}

static const char *const usual_dirs[] = { "dev", "proc", "sys", "tmp", "lib" };

#define NR_USUAL_DIRS (sizeof(usual_dirs) / sizeof(usual_dirs[0]))

/* Of @path, the first @len characters; @before: the file that was written before it, or NULL. */
static bool dir_is_there(const char *path, size_t len, const char *before)
{
	size_t i;

	for (i = 0; i < NR_USUAL_DIRS; i++)
		if (len == strlen(usual_dirs[i]) && !strncmp(path, usual_dirs[i], len))
			return true;
	return before && !strncmp(path, before, len + 1);
}

/* Twice does no harm: it is there, then. */
static int put_parents(struct writer *w, const char *path, const char *before)
{
	const char *slash = path;
	char dir[256];
	int ret = 0;

	while (!ret && (slash = strchr(slash, '/'))) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
		if (!dir_is_there(path, slash - path, before))
			ret = put(w, dir, AE_IFDIR, 0755, NULL, 0);
		slash++;
	}
	return ret;
}

static int put_all(struct writer *w, const struct initramfs_file *files, size_t nr)
{
	size_t i;

	for (i = 0; i < NR_USUAL_DIRS; i++)
		if (put(w, usual_dirs[i], AE_IFDIR, 0755, NULL, 0))
			return -1;
	if (put(w, "dev/console", AE_IFCHR, 0600, NULL, 0))
		return -1;
	for (i = 0; i < nr; i++) {
		if (put_parents(w, files[i].path, i ? files[i - 1].path : NULL))
			return -1;
		if (files[i].source ? put_source(w, &files[i]) :
				      put(w, files[i].path, AE_IFREG, files[i].mode,
					  files[i].text, strlen(files[i].text)))
			return -1;
	}
	return 0;
}

int initramfs_write(const char *path, const struct initramfs_file *files, size_t nr, char *error,
		    size_t error_size)
{
	struct writer w = { archive_write_new(), path, error, error_size };
	int ret = -1;

	archive_write_set_format_cpio_newc(w.archive);
	archive_write_add_filter_none(w.archive);
	if (archive_write_open_filename(w.archive, path) != ARCHIVE_OK)
		archive_failed(&w);
	else
		ret = put_all(&w, files, nr);
	if (archive_write_close(w.archive) != ARCHIVE_OK && !ret)
		ret = archive_failed(&w);
	archive_write_free(w.archive);
	if (ret)
		unlink(path);
	return ret;
}
