/* SPDX-License-Identifier: GPL-2.0-only */
/* same: how ioctl numbers are made (asm-generic/ioctl.h). */
#ifndef _LINUX_IOCTL_H
#define _LINUX_IOCTL_H

#define _IOC(dir, type, nr, size) ((unsigned int)(dir) << 30 | (size) << 16 | (type) << 8 | (nr))
#define _IO(type, nr) _IOC(0, type, nr, 0)
#define _IOW(type, nr, size) _IOC(1, type, nr, sizeof(size))
#define _IOR(type, nr, size) _IOC(2, type, nr, sizeof(size))
#define _IOWR(type, nr, size) _IOC(3, type, nr, sizeof(size))

#endif
