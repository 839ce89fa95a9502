/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Booting a machine for a test: an initramfs with the agent and the modules, a QEMU, a guest that
 * is ready for commands.  What is missing or goes wrong ends the test with the reason.
 *
 * BALLAST_REAL names the directory that `make real` fills, BALLAST_ACCEL the accelerator,
 * BALLAST_STOCK_MODULE a virtio_balloon.ko to use instead of Debian's.
 */
#ifndef TEST_REAL_BOOT_H
#define TEST_REAL_BOOT_H

#include <check.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "host_probe.h"
#include "log.h"
#include "protocol.h"
#include "vm.h"

#define MIB (UINT64_C(1) << 20)
#define PAGE UINT64_C(4096)
/* One command of the agent, or something that takes the guest a moment. */
#define SHORT_MS 60000
/* Something that moves much memory, with TCG. */
#define LONG_MS 300000

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

struct boot {
	char dir[PATH_MAX];		/* of its own, removed by boot_end() or boot_run() */
	struct real_vm *vm;
};

/* "kernel" NULL: Debian's; else a file under BALLAST_REAL ("debug/bzImage"). */
struct boot_options {
	const char *name;
	const char *kernel, *append;
	const char *const *args;	/* for QEMU, the devices; NULL ends them */
	unsigned int memory_mib, vcpus;
	bool shared_memory, reboots, migrates;
	unsigned int allowed;
	void (*event)(void *opaque, const char *line);
	void *opaque;
};

/* What the host does with memory; tests compare accordingly. */
const struct host_probe *boot_host(void);

/*
 * Run the suite and remove what its tests have left; for main().  Says what the host is like; all
 * is skipped when it has not the memory for a guest.
 */
int boot_run(Suite *suite);

void boot_prepare(struct boot *boot);
/* Start without letting it run. */
void boot_start(struct boot *boot, const struct boot_options *options);
void boot_up(struct boot *boot, const struct boot_options *options);
void boot_end(struct boot *boot);
/* Power off and see that QEMU ends well. */
void boot_power_off(struct boot *boot);

/* The path of @name under BALLAST_REAL; in one of a few static buffers. */
const char *boot_file(const char *name);
bool boot_long(void);

/* The agent does it, or the test fails. */
void guest_does(struct real_vm *vm, char *answer, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* A field of struct real_memory, pages; a counter of /proc/vmstat. */
uint64_t guest_memory(struct real_vm *vm, const char *field);
uint64_t guest_vmstat(struct real_vm *vm, const char *name);
/* Whether driver and device have agreed on feature @bit (0 to 63) of the first virtio device. */
bool guest_has_feature(struct real_vm *vm, unsigned int bit);
uint64_t guest_resident(struct real_vm *vm);
/* Wait until what is resident has not changed by more than 1 MiB for @ms; returns it. */
uint64_t guest_resident_settled(struct real_vm *vm, unsigned int ms);
void guest_wait(struct real_vm *vm, unsigned int ms);

/* Run one guest program to its end; its exit status.  Needs boot_options.event = program_event. */
struct program_run {
	struct real_vm *vm;
	bool ended;
	int status;
	unsigned int killed;
	unsigned long long work;
	const char *hold;		/* phase at whose start it is kept waiting; NULL: none */
	bool held;
};

void program_event(void *opaque, const char *line);
void program_begin(struct program_run *run, struct real_vm *vm, const char *what);
void program_wait(struct program_run *run, unsigned int timeout_ms);
/* The same up to the start of @phase, where it waits for program_go(). */
void program_wait_phase(struct program_run *run, const char *phase, unsigned int timeout_ms);
void program_go(struct program_run *run);

/* QMP, or the test fails. */
void qmp_does(struct real_vm *vm, const char *command, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
uint64_t qmp_number(struct real_vm *vm, const char *path, const char *property);
uint64_t qmp_balloon(struct real_vm *vm);
/* Set the size left to the guest and wait until it is there. */
void balloon_to(struct real_vm *vm, uint64_t bytes);

/* A migration begins, to somebody who takes the connection and reads nothing. */
struct deaf_receiver {
	int listener, connection;
};

void deaf_receiver_begin(struct deaf_receiver *deaf, struct boot *boot);
void deaf_receiver_end(struct deaf_receiver *deaf);

#define ck_vm(vm, expr) ck_assert_msg(!(expr), "%s", real_vm_error(vm))

#endif
