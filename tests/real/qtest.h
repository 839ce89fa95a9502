/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A QEMU without vCPUs that somebody else plays the guest of: `-accel qtest`, and a client of the
 * qtest protocol (softmmu/qtest.c of QEMU: lines of text, one answer to each command).
 *
 * How to use it:
 *  1. qtest_start(); on failure qtest_stop() is not needed.
 *  2. Accesses to guest-physical addresses and I/O ports; q->qmp for management.  They return 0, or
 *     -1 with the reason in q->error, within QTEST_TIMEOUT_MS.
 *  3. qtest_stop(): the process is gone afterwards.  It also goes when the thread that started it
 *     ends.
 */
#ifndef TEST_REAL_QTEST_H
#define TEST_REAL_QTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "qmp.h"

#define QTEST_TIMEOUT_MS 20000

struct qtest {
	pid_t pid;			/* 0: not running */
	int fd;				/* of the protocol */
	int qmp_fd;
	int log;			/* what QEMU writes to stderr */
	off_t log_at;			/* so far read */
	struct qmp qmp;
	char error[256];
};

/*
 * Run @binary with the arguments @argv (ended by NULL, without the program's name) behind those
 * that qtest needs.
 */
int qtest_start(struct qtest *q, const char *binary, const char *const *argv);
/* The same, started by the program and with the arguments @under (valgrind, for one). */
int qtest_start_under(struct qtest *q, const char *const *under, const char *binary,
		      const char *const *argv);
void qtest_stop(struct qtest *q);
bool qtest_alive(struct qtest *q);

/* @size is 1, 2, 4 or 8 bytes, of a port 1, 2 or 4. */
int qtest_read(struct qtest *q, uint64_t addr, unsigned int size, uint64_t *value);
int qtest_write(struct qtest *q, uint64_t addr, unsigned int size, uint64_t value);
int qtest_in(struct qtest *q, uint16_t port, unsigned int size, uint32_t *value);
int qtest_out(struct qtest *q, uint16_t port, unsigned int size, uint32_t value);
/* At most 4096 bytes. */
int qtest_read_bytes(struct qtest *q, uint64_t addr, void *bytes, size_t len);

/* Virtual time goes on by @ns; timers that are due then have run. */
int qtest_clock_step(struct qtest *q, uint64_t ns);

/* What QEMU has written to stderr since the last call, as a string. */
void qtest_read_log(struct qtest *q, char *text, size_t size);

#endif
