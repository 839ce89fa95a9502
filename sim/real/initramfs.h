/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The root file system of a guest: a cpio archive ("newc", Documentation/driver-api/early-userspace
 * of Linux), written by libarchive.
 */
#ifndef BALLAST_REAL_INITRAMFS_H
#define BALLAST_REAL_INITRAMFS_H

#include <stddef.h>

/* One file, from the host's file @source, or with the contents @text when that is NULL. */
struct initramfs_file {
	const char *path;		/* in the guest, without the first slash */
	const char *source;
	const char *text;
	unsigned int mode;		/* permissions */
};

/*
 * Write @path: the @nr files and the directories that they are in, /dev/console, and the
 * directories dev, lib, proc, sys and tmp, which are there in any case.  Returns 0, or -1 with
 * @error; no file is left then.
 */
int initramfs_write(const char *path, const struct initramfs_file *files, size_t nr, char *error,
		    size_t error_size);

#endif
