/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A real virtual machine: a QEMU process, its console, its monitor and the agent in its guest.
 *
 * How to use it:
 *  1. real_vm_start() with what to boot; the machine waits, its CPUs stopped. real_vm_boot() lets
 *     it run and waits until the agent is there.  real_vm_destroy() kills what is left; nothing of
 *     the machine outlives its maker, however that ends.
 *  2. Functions return 0 or -1; real_vm_error() then says why, with the last lines of the console.
 *     Each wait has a limit.  A machine that failed stays failed.
 *  3. Whenever something is waited for, the console is read: a kernel that warns, crashes or hangs
 *     (log.h) is a failure of the wait, unless config.allowed has that kind of trouble.
 *  4. Sizes are bytes, times ms.
 */
#ifndef BALLAST_REAL_VM_H
#define BALLAST_REAL_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "qmp.h"

#define REAL_ERROR_SIZE 4096
#define REAL_ARGS_MAX 64

struct real_vm_config {
	const char *name;		/* for messages */
	const char *qemu, *firmware;	/* the binary, the directory */
	const char *kernel, *initrd;
	const char *append;		/* kernel options besides the usual ones; NULL: none */
	const char *machine;		/* NULL: q35 */
	const char *accel;		/* "tcg" or "kvm"; NULL: tcg */
	unsigned int memory_mib, vcpus;
	bool shared_memory;		/* guest memory is a memory file; false: anonymous */
	bool migrates;			/* it has 8 KiB more memory; vm.c says why */
	const char *dir;		/* for the console's log; it exists */
	const char *const *args;	/* more options for QEMU, NULL ends them; may be NULL */
	bool reboots;			/* a reset boots it again; false: it ends QEMU */
	unsigned int allowed;		/* kinds of trouble that do not fail it, 1 << LOG_... */
	unsigned int boot_ms;		/* limit for booting; 0: 120 s */
	unsigned int monitor_ms;	/* limit for QEMU to start; 0: 30 s */
	int group;			/* file to which QEMU writes itself before it is; 0: none */
	/* An event of the agent (a line after '@'), while something is waited for; may be NULL. */
	void (*event)(void *opaque, const char *line);
	/* The answer to real_vm_ask(), as real_vm_command() has it; NULL: it was an error. */
	void (*answered)(void *opaque, char *answer);
	void *opaque;
};

struct real_vm {
	struct real_vm_config config;
	pid_t pid;			/* 0: has ended */
	int status;			/* as waitpid() has it, once it has ended */
	int agent;			/* socket of the guest's second serial port */
	int monitor;
	int memory;			/* the memory file; -1: none */
	struct qmp qmp;
	char *console_path, *stderr_path;
	size_t console_checked;		/* bytes of the console that have been looked at */
	char line[1024];		/* of the agent, not complete yet */
	size_t line_len;
	unsigned int untold;		/* answers of real_vm_tell() that are still to come */
	bool asked;			/* the answer to real_vm_ask() is still to come */
	char answer[1024];		/* of it, as far as it has come */
	bool ready;
	bool failed;
	char error[REAL_ERROR_SIZE];
};

/* Whether what it is made from is there: 0, or -1 with @error. */
int real_vm_check(const struct real_vm_config *config, char *error, size_t error_size);
/* Returns NULL with @error. */
struct real_vm *real_vm_start(const struct real_vm_config *config, char *error, size_t error_size);
int real_vm_boot(struct real_vm *vm);
void real_vm_destroy(struct real_vm *vm);
const char *real_vm_error(const struct real_vm *vm);

/*
 * Give the agent a command and wait for its answer; lines of the answer are joined by '\n' in
 * @answer (may be NULL).  An "error" of the agent is -1 but does not make the machine a failed one.
 */
int real_vm_command(struct real_vm *vm, unsigned int timeout_ms, char *answer, size_t answer_size,
		    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* A command whose answer ("ok") nobody waits for; for use in config.event. */
int real_vm_tell(struct real_vm *vm, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A command whose answer goes to config.answered.  Nothing happens if the last one is still due. */
int real_vm_ask(struct real_vm *vm, const char *command);
/* Take what the agent has said and look after the console; waits for nothing. */
int real_vm_serve(struct real_vm *vm);
/* Serve events of the agent and look after the console for that long. */
int real_vm_wait(struct real_vm *vm, unsigned int ms);
/* The same until @done says so; "NAME: WHAT did not happen" after @timeout_ms. */
int real_vm_wait_until(struct real_vm *vm, unsigned int timeout_ms, const char *what,
		       bool (*done)(struct real_vm *vm, void *opaque), void *opaque);
/* Reset it by QEMU, or have the guest reboot, and wait for its agent; config.reboots is needed. */
int real_vm_reset(struct real_vm *vm, unsigned int timeout_ms);
int real_vm_reboot(struct real_vm *vm, unsigned int timeout_ms);
/*
 * The guest has migrated from @from to @vm, which was started with "-incoming" and never booted:
 * let it run there, and go on with its agent where @from left off.
 */
int real_vm_continue(struct real_vm *vm, struct real_vm *from);
/* Wait for QEMU to end by itself; status 0 is expected. */
int real_vm_wait_exit(struct real_vm *vm, unsigned int timeout_ms);
/* Have the guest power itself off, and QEMU end. */
int real_vm_power_off(struct real_vm *vm, unsigned int timeout_ms);
/* Look at what the console says that has not been looked at. */
int real_vm_check_console(struct real_vm *vm);
/* Read a number that the guest has in a file. */
int real_vm_read_u64(struct real_vm *vm, const char *path, uint64_t *value);

/* Bytes, but for counts. */
struct real_vm_memory {
	uint64_t resident, swapped;	/* of guest memory */
	uint64_t vmm_resident, vmm_swapped;	/* anonymous, of all else that QEMU has mapped */
	uint64_t minor_faults, major_faults;	/* of its process, from the start */
};

int real_vm_memory(struct real_vm *vm, struct real_vm_memory *m);
/* What /proc/PID/smaps says when guest memory has @bytes; false: there is no such mapping. */
bool real_smaps_read(FILE *smaps, uint64_t bytes, struct real_vm_memory *m);
/* The two counts in /proc/PID/stat, whatever the program is called. */
bool real_stat_faults(const char *stat, struct real_vm_memory *m);
/* Guest memory that is resident in QEMU's process; blocks that the memory file has. */
int real_vm_resident(struct real_vm *vm, uint64_t *bytes);
int real_vm_blocks(struct real_vm *vm, uint64_t *bytes);

#endif
