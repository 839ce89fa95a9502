/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What hostile guests do to our devices, as data, and what must come of it.  There is a table
 * for virtio-ballast (cases.c) and one for virtio-page-hint (page_hint.c).  They run against the
 * devices in the model VMM (tests/test_vmm_hostile.c) and in QEMU (tests/real/test_qtest.c).
 *
 * A case starts with a device that all features have been negotiated with, all of whose queues
 * are set up empty at HOSTILE_DESC(), HOSTILE_AVAIL() and HOSTILE_USED(), and RAM in which each
 * byte names its page.  Its steps are done in order.  Then everything that it says under "what
 * must come of it" is checked; all RAM that it does not name must be what it was, except for the
 * used rings, which are the device's; and the guest must be able to reset the device and use it.
 *
 * Addresses are guest-physical, lengths bytes.  Where a world has its ROM and its registers
 * differs: addresses from HOSTILE_ROM and HOSTILE_MMIO on are relative to these.
 */
#ifndef HOSTILE_CASES_H
#define HOSTILE_CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOSTILE_MIB (UINT64_C(1) << 20)
#define HOSTILE_PAGE UINT64_C(4096)
/* RAM from 0 on; the guest writes to the first part of it only. */
#define HOSTILE_RAM (64 * HOSTILE_MIB)
#define HOSTILE_WRITABLE (8 * HOSTILE_MIB)

/* Of virtio-ballast; virtio-page-hint has one queue. */
enum hostile_queue { Q_INFLATE, Q_DEFLATE, Q_STATS, Q_HINT, Q_REPORT, NR_HOSTILE_QUEUES };
#define Q_PAGE_HINT 0

#define HOSTILE_RING(q) (HOSTILE_MIB + (q) * UINT64_C(0x10000))
#define HOSTILE_RING_BYTES UINT64_C(0x10000)
#define HOSTILE_DESC(q) HOSTILE_RING(q)
#define HOSTILE_AVAIL(q) (HOSTILE_RING(q) + 0x8000)
#define HOSTILE_USED(q) (HOSTILE_RING(q) + 0xa000)
/* Free for tables and buffers, up to HOSTILE_WRITABLE. */
#define HOSTILE_BUFFERS (2 * HOSTILE_MIB)

/* Nothing is here, neither in the model nor on a PC with 64 MiB. */
#define HOSTILE_HOLE (512 * HOSTILE_MIB)
#define HOSTILE_ROM (UINT64_C(0x7001) << 48)
#define HOSTILE_MMIO (UINT64_C(0x7002) << 48)
#define HOSTILE_IS_ROM(addr) ((addr) >> 48 == HOSTILE_ROM >> 48)
#define HOSTILE_IS_MMIO(addr) ((addr) >> 48 == HOSTILE_MMIO >> 48)

/* Flags of a descriptor (Virtio 1.2, section 2.7.5). */
#define D_NEXT 1
#define D_WRITE 2
#define D_INDIRECT 4

enum hostile_do {
	DO_NOTHING,		/* ends the steps */
	DO_DESC,		/* descriptor @index of the table @at: @addr, @len, @flags, @next */
	DO_CHAIN,		/* a chain of @count descriptors of the table @at, from 0 on, of
				 * buffers of @len bytes at @addr, @addr + @stride, ... */
	DO_FRAMES,		/* @count frame numbers @at: of @addr, @addr + @stride, ... */
	DO_WORD,		/* 32 bits @at: @value */
	DO_ID,			/* 32 bits @at: id of this round (@index 0) or the last, + @value */
	DO_OFFER,		/* put @index into the avail ring, @count times; its idx follows */
	DO_ADVANCE,		/* the avail idx goes forward by @count, without entries */
	DO_KICK,		/* and wait for what comes of it */
	DO_RINGS,		/* set the queue up again: @at, @addr, @used, @count entries */
	DO_CONFIG,		/* write @value to the configuration: @len bytes at @index */
	DO_ROUND,		/* a migration asks for hints; the id is known from then on */
	DO_NO_ROUND,		/* the migration is over */
	DO_RESET,		/* reset the device, negotiate and set everything up again */
};

struct hostile_step {
	enum hostile_do what;
	unsigned int queue;
	uint64_t at, addr, used, stride;
	uint32_t len, count, index, value;
	uint16_t flags, next;
};

enum hostile_end {
	ENDS_BROKEN,		/* the device ignores everything until it is reset */
	ENDS_SERVED,		/* all has been answered */
	ENDS_IGNORED,		/* it is as if nothing had happened */
	ENDS_UNHEARD,		/* it has been served, but the answer went nowhere */
};

/* What the VMM says: both worlds check the same, in words of their own. */
struct hostile_words {
	const char *model, *qemu;
};

struct hostile_range {
	uint64_t addr, len;	/* len 0 ends a list */
};

struct hostile_counter {
	const char *name;	/* property of the device; NULL ends a list */
	uint64_t grows;
};

#define HOSTILE_RANGES 5
#define HOSTILE_COUNTERS 4

struct hostile_case {
	const char *what;
	const struct hostile_step *steps;
	bool without_must_tell;	/* F_MUST_TELL_HOST is not negotiated */
	bool event_idx;		/* F_EVENT_IDX is */

	/* What must come of it. */
	enum hostile_end end;
	const struct hostile_words *says;	/* NULL: anything (BROKEN), nothing (else) */
	unsigned int queue;	/* whose used idx is looked at */
	uint16_t used;
	struct hostile_range discarded[HOSTILE_RANGES];	/* reads as zeroes */
	struct hostile_counter counters[HOSTILE_COUNTERS];
	unsigned int malformed;	/* by how much malformed-requests grows */
	const struct hostile_word {
		unsigned int offset;
		uint32_t value;
	} *config;		/* what the configuration shows there; NULL: do not look */
};

struct hostile_device {
	const char *type;		/* of QEMU, without -device or -pci */
	unsigned int id;		/* of virtio */
	uint64_t features;		/* what is negotiated, but for a case's own */
	unsigned int nr_queues, queue_size[NR_HOSTILE_QUEUES];
	/* Frames are named in lists on queue 0 and queue Q_STATS is there; or else by buffers. */
	bool lists_frames;
	const struct hostile_case *cases;
	unsigned int nr_cases;
};

extern const struct hostile_device hostile_ballast, hostile_page_hint;

/* Does the case need a ROM? */
bool hostile_wants_rom(const struct hostile_case *c);

#endif
