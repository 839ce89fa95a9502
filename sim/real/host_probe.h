/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host does that shows in a real machine's memory: kernels and containers differ, and what
 * is compared with a number has to know.
 */
#ifndef BALLAST_REAL_HOST_PROBE_H
#define BALLAST_REAL_HOST_PROBE_H

#include <stdbool.h>
#include <stdint.h>

struct host_probe {
	/*
	 * Reading memory that was never written maps a page that all share, of 4 KiB and of 2 MiB,
	 * and leaves it not resident.  Where it does not, memory that QEMU has only looked at (the
	 * destination of a migration looks at all) is resident.
	 */
	bool zero_page, huge_zero_page;
	char thp[64];			/* as the kernel has it, "" unknown */
	bool ksm;			/* merges pages now */
	uint64_t available, swap;	/* bytes; 0: unknown, none */
	unsigned int cgroup;		/* version of the hierarchy, 0: none */
	bool devpts;
	bool kvm;			/* /dev/kvm can be used */
};

/* Looks, and tries; takes no time to speak of. */
void host_probe(struct host_probe *p);
/* One line. */
void host_probe_text(const struct host_probe *p, char *text, unsigned int size);

#endif
