/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is said over the second serial port between the host (agent.h) and the agent in a real guest
 * (guest/agent.c).
 *
 * Lines of text, ended by '\n', at most REAL_LINE_MAX bytes with it; words are separated by single
 * blanks and hold none.  The port is raw: nothing is echoed, nothing is translated.
 *
 * The agent says REAL_READY once it listens.  Then the host sends a command and reads lines until
 * the one that ends it:
 *
 *   = TEXT			a line of the answer
 *   ok TEXT			done; TEXT may be empty
 *   error TEXT			not done, and why
 *
 * Commands:
 *
 *   insmod FILE [PARAMS]	load a module of the initramfs
 *   rmmod NAME			unload it; waits for nothing, "error" when it is in use
 *   read FILE			the file's lines
 *   write FILE TEXT		open, write TEXT and a '\n' in one go, close
 *   memory			one line "NAME VALUE" for each field of struct real_memory, in pages
 *   start INDEX SEED NAME [KEY=VALUE...]
 *				start a guest program (sim/workload); its arguments as in the
 *				scenario, "series=FILE" names its time series: lines "NS VALUE"
 *   go INDEX			let the program that waits at the start of a phase go on
 *   kill INDEX			SIGKILL to all its processes
 *   poweroff, reboot		no answer
 *
 * Events may come between any two lines, also while a command is served.  Each says when it
 * happened (ns of the guest's CLOCK_MONOTONIC) and to which program:
 *
 *   @ NS start INDEX
 *   @ NS phase INDEX ITERATION NAME	the program waits for "go"
 *   @ NS measured INDEX WHAT VALUE:COUNT...
 *				what it has measured (enum program_measure), some values at once
 *   @ NS exit INDEX		main function is over, memory is still there; the program waits
 *				for "go"
 *   @ NS end INDEX STATUS KILLED WORK CPU_NS ELAPSED_NS MINFLT MAJFLT
 *				all its processes are gone
 *
 * In more detail:
 *
 *   - "ok" alone has no blank after it.  "start" answers "ok PID": the program's first process,
 *     which leads its process group.
 *   - "append FILE TEXT" adds a line to a file and makes the file if need be ("write" does not):
 *     a time series can be brought in that way.
 *   - The argument "guest=NAME" of a program is the guest's name in the scenario.  With INDEX, SEED
 *     (the scenario's) and the program's name it gives
 *     the program the random numbers that it has in the simulator.
 *   - There is no "exit" before the "end" of a program that was killed or that lacked an argument
 *     (STATUS 2).  STATUS is as the shell has it, 128 + signal; KILLED is 1 if SIGKILL ended one
 *     of its processes and the host had not asked for that, else 0.
 *   - While a program waits for "go" its clock stands still; ELAPSED_NS leaves the waits out.
 *   - "go" to a program that does not wait is refused.  INDEX is free again after "end".
 *   - In the lines of "read" a byte that is no text shows as '?'.  A file that has too long a
 *     line, or more than 1 MiB, ends in an "error" after the lines before that.
 *   - A command line that is too long, or holds a control character, is refused as a whole.
 */
#ifndef BALLAST_REAL_PROTOCOL_H
#define BALLAST_REAL_PROTOCOL_H

#define REAL_LINE_MAX 1024
#define REAL_READY "ready"

#define REAL_PORT "/dev/ttyS1"		/* in the guest */

/* Fields of "memory", pages of 4 KiB, from /proc/meminfo (and all zones of /proc/zoneinfo). */
#define REAL_MEMORY_FIELDS(FIELD)                                                                  \
	FIELD(total)		/* MemTotal: managed, without the balloon */                       \
	FIELD(free)		/* MemFree */                                                      \
	FIELD(available)	/* MemAvailable */                                                 \
	FIELD(cached)		/* Buffers + Cached */                                             \
	FIELD(anon)		/* AnonPages */                                                    \
	FIELD(anon_huge)	/* AnonHugePages */                                                \
	FIELD(slab)		/* Slab */                                                         \
	FIELD(swap_used)	/* SwapTotal - SwapFree */

#endif
