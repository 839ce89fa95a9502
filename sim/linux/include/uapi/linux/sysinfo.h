/* SPDX-License-Identifier: GPL-2.0-only */
/* same: layout of the Linux ABI on x86-64. */
#ifndef _UAPI_LINUX_SYSINFO_H
#define _UAPI_LINUX_SYSINFO_H

#include <linux/types.h>

struct sysinfo {
	long uptime;			/* seconds */
	unsigned long loads[3];
	unsigned long totalram;		/* all sizes in mem_unit bytes */
	unsigned long freeram;
	unsigned long sharedram;
	unsigned long bufferram;
	unsigned long totalswap;
	unsigned long freeswap;
	__u16 procs;
	__u16 pad;
	unsigned long totalhigh;
	unsigned long freehigh;
	__u32 mem_unit;
	char _f[0];
};

#endif
