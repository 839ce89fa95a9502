/* SPDX-License-Identifier: GPL-2.0-only */
/* same */
#ifndef _LINUX_SIZES_H
#define _LINUX_SIZES_H

#include <linux/const.h>

#define SZ_1K 0x400
#define SZ_4K 0x1000
#define SZ_64K 0x10000
#define SZ_1M 0x100000
#define SZ_2M 0x200000
#define SZ_16M 0x1000000
#define SZ_64M 0x4000000
#define SZ_1G 0x40000000
#define SZ_4G _AC(0x100000000, ULL)

#endif
