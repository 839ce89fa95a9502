/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kmem_recorder leaves in memory: a header, the two snapshots as text, and a record
 * for each thing that the page allocator has done between them.  Host byte order; read on the
 * machine, or from the memory of the guest, that made it.
 */
#ifndef BALLAST_KMEM_RECORD_H
#define BALLAST_KMEM_RECORD_H

#include <linux/types.h>

#define KMEM_RECORD_MAGIC 0x314345524d454d4bULL	/* "KMEMREC1" */
#define KMEM_RECORD_HEADER 4096			/* bytes before the first snapshot */
#define KMEM_RECORD_SNAPSHOT (4u << 20)		/* bytes that are there for each snapshot */

struct kmem_record_header {
	__u64 magic;
	__u64 size;		/* bytes of all of it */
	__u64 nr_records;	/* that are there */
	__u64 nr_lost;		/* for which there was no room, or that a probe missed */
	__u64 snapshot[2];	/* bytes of text; 0: has not been taken */
	char release[64];	/* of the kernel */
	char command_line[512];
};

/*
 * Types A F Z D X C O M are those of tests/data/kmem/README.md, P is a page that leaves its
 * per-CPU list.  Of an O, order and argument are in arg[].
 */
struct kmem_record {
	__u8 type;
	__u8 context;		/* t: task, s: softirq, i: interrupt */
	__u8 order;		/* O: which one, KMEM_OP_... */
	__s8 migratetype;	/* M: slot */
	__s32 pid;
	__s64 pfn;		/* -1: none; M: phase */
	__s64 arg[2];		/* A: gfp; Z: refill; X: fallback order, type | ownership << 8 */
};

enum {
	KMEM_OP_RETYPE = 1,	/* of a pageblock, to arg[1] */
	KMEM_OP_ISOLATE = 2,	/* a free block of order arg[0] is taken out */
	KMEM_OP_BULK = 7,	/* arg[0] pages are asked for at once, with gfp arg[1] */
	KMEM_OP_FREE_DIRECT = 8,	/* a block of order arg[0] goes to the buddy */
	KMEM_OP_DECAY = 11,	/* of the per-CPU lists of zone arg[0] */
	KMEM_OP_FLAGS = 12,	/* of zone arg[0] are arg[1] from here on */
	KMEM_OP_BULK_END = 13,
};

#endif
