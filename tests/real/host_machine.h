/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine that is a host: QEMU emulates a CPU of AMD with its virtualization, and our kernel with
 * KVM, vhost and our handlers (KERNEL_HOST=1) runs there from an initramfs.
 *
 * What runs inside says on the console what is to be known of it, and powers the machine off.
 */
#ifndef TEST_REAL_HOST_MACHINE_H
#define TEST_REAL_HOST_MACHINE_H

#include <stdbool.h>

#include "initramfs.h"

struct host_machine {
	const char *dir;		/* for its initramfs */
	const struct initramfs_file *files;
	unsigned int nr_files;
	unsigned int memory_mib;
	const char *append;		/* kernel options besides the usual ones; NULL: none */
	unsigned int seconds;		/* and then it is ended */
};

/* Has `make kernel KERNEL_HOST=1` been called?  If not it says so. */
bool host_machine_there(const char *suite);

/* Boot it and wait until it is off, or the test fails; what it has said, to be freed. */
char *host_machine_run(const struct host_machine *machine);

/* The last of it, for messages. */
const char *host_machine_tail(const char *console);

/* In the machine, as its first process: file systems and the console. */
void host_machine_begin(void);
void host_machine_power_off(void) __attribute__((noreturn));

#endif
