/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command `ballast` in both worlds: processes of this one, and traces in a directory of their
 * own.
 */
#ifndef TEST_REAL_WORLDS_H
#define TEST_REAL_WORLDS_H

#include <sys/types.h>

/* For a fixture: where scenarios and images are, and the directory; which goes again. */
void worlds_begin(void);
void worlds_end(void);

/* "DIR/NAME.WHAT", in one of a few static buffers. */
const char *worlds_file(const char *name, const char *what);

/* The command as main() would call it, in a process of its own that goes on. */
pid_t worlds_start(int (*main_of)(int argc, char **argv), const char *const *words);
/* The same; it has to end well. */
void worlds_run(int (*main_of)(int argc, char **argv), const char *const *words);

/* Traces of scenarios/real/NAME.dts: of the simulator with @seed; of real machines. */
const char *worlds_simulated(const char *name, int seed);
const char *worlds_real(const char *name, int nr);
/* The second with one more option. */
const char *worlds_real_with(const char *name, int nr, const char *option);

#endif
