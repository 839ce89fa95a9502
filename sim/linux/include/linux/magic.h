/* SPDX-License-Identifier: GPL-2.0-only */
/* same: of a file system, see linux/pseudo_fs.h. */
#ifndef _LINUX_MAGIC_H
#define _LINUX_MAGIC_H

#define BALLOON_KVM_MAGIC 0x13661366

#endif
