/* SPDX-License-Identifier: GPL-2.0-only */
/* stub: mounts of the file system in linux/pseudo_fs.h. */
#ifndef _LINUX_MOUNT_H
#define _LINUX_MOUNT_H

#include <linux/pseudo_fs.h>

#endif
