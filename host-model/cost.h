/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What things cost, and the ledger of who paid for what.
 *
 * A cost is a number of nanoseconds of CPU time per occurrence.  All values come from the
 * scenario's cost table (scenarios/costs, where each one cites its source); nothing is measured
 * while a scenario runs.  Model code says charge(COST_X, n): the running host thread's pending
 * time grows, and the ledger account of whoever runs notes ns and count under that cost.
 */
#ifndef BALLAST_HOST_COST_H
#define BALLAST_HOST_COST_H

#include <stdbool.h>
#include <stdint.h>

/* COST(name, property of the cost table, what one occurrence is) */
#define COST_TABLE(COST)                                                                           \
	/* the guest's own kernel and programs */                                                 \
	COST(PAGE_ALLOC, "page-alloc-ns", "allocation served by a per-CPU list")                  \
	COST(PAGE_FREE, "page-free-ns", "free to a per-CPU list")                                 \
	COST(BUDDY_ALLOC, "buddy-alloc-ns", "block taken from the buddy, zone lock included")     \
	COST(BUDDY_FREE, "buddy-free-ns", "block merged into the buddy, zone lock included")      \
	COST(PAGE_ZERO, "page-zero-ns", "4 KiB page cleared by the guest")                        \
	COST(PAGE_WRITE, "page-write-ns", "4 KiB page written once by a program")                 \
	COST(PAGE_READ, "page-read-ns", "4 KiB page read once by a program")                      \
	COST(GUEST_FAULT, "guest-fault-ns", "guest page fault, 4 KiB, without zeroing")           \
	COST(GUEST_HUGE_FAULT, "guest-huge-fault-ns", "guest page fault, 2 MiB, no zeroing")      \
	COST(GUEST_UNMAP, "guest-unmap-ns", "4 KiB or 2 MiB mapping removed by the guest")        \
	COST(GUEST_SYSCALL, "guest-syscall-ns", "system call")                                    \
	COST(GUEST_SWITCH, "guest-switch-ns", "context switch inside the guest")                  \
	COST(GUEST_IRQ, "guest-irq-ns", "interrupt or timer taken by the guest")                  \
	COST(GUEST_RECLAIM, "guest-reclaim-ns", "page scanned by the guest's reclaim")            \
	COST(GUEST_SWAP, "guest-swap-ns", "page sent to or from guest swap, CPU part")            \
	COST(GUEST_FILE, "guest-file-ns", "page read through the guest's page cache")             \
	COST(COMPACT_SCAN, "compact-scan-ns", "page looked at by a scanner of compaction")        \
	COST(MIGRATE, "migrate-ns", "4 KiB page moved to another one by the guest")               \
	COST(REPORT_BLOCK, "report-block-ns", "free block isolated and put back")                  \
	COST(FREE_HOOK, "free-hook-ns", "hook in the page allocator called, or free block found")  \
	COST(VIRTQUEUE_ADD, "virtqueue-add-ns", "buffer put on or taken off a ring by the driver") \
	COST(BALLOON_INFLATE, "balloon-inflate-ns", "page put into the balloon, by the driver")   \
	COST(BALLOON_DEFLATE, "balloon-deflate-ns", "page taken out of it, by the driver")        \
	/* leaving and entering the guest */                                                      \
	COST(VMEXIT, "vmexit-ns", "exit handled in the host kernel and entry, nothing else")      \
	COST(KICK_IOEVENTFD, "kick-ioeventfd-ns", "virtqueue kick through ioeventfd")             \
	COST(EXIT_VMM, "exit-vmm-ns", "exit that the VMM's vCPU thread handles in user space")    \
	COST(IRQ_INJECT, "irq-inject-ns", "interrupt injected through irqfd")                     \
	COST(HALT_EXIT, "halt-exit-ns", "vCPU goes idle: HLT exit")                               \
	/* host kernel: memory */                                                                 \
	COST(EPT_FAULT, "ept-fault-ns", "EPT violation, 4 KiB, without exit, zeroing")            \
	COST(EPT_HUGE_FAULT, "ept-huge-fault-ns", "EPT violation, 2 MiB, without exit, zeroing")  \
	COST(HOST_ZERO, "host-zero-ns", "4 KiB frame cleared by the host")                        \
	COST(HOST_HUGE_ZERO, "host-huge-zero-ns", "2 MiB frame cleared by the host")              \
	COST(EPT_SPLIT, "ept-split-ns", "2 MiB leaf split into 4 KiB leaves")                     \
	COST(EPT_ZAP, "ept-zap-ns", "4 KiB leaf zapped and its frame freed")                      \
	COST(EPT_HUGE_ZAP, "ept-huge-zap-ns", "2 MiB leaf zapped and its frame freed")            \
	COST(TLB_FLUSH, "tlb-flush-ns", "TLB flush of a CPU: who asks, who is interrupted")       \
	COST(MADVISE, "madvise-ns", "madvise call without its pages")                             \
	COST(HOST_SCAN, "host-scan-ns", "frame looked at by host reclaim")                        \
	COST(SWAP_OUT, "swap-out-ns", "page queued for swap-out: unmap, slot, CPU part")          \
	COST(SWAP_IN, "swap-in-ns", "page swapped in: lookup, map, CPU part")                     \
	COST(SWAP_COMPRESS, "swap-compress-ns", "page compressed (zram)")                         \
	COST(SWAP_DECOMPRESS, "swap-decompress-ns", "page decompressed (zram)")                   \
	/* host: scheduling and VMM */                                                            \
	COST(HOST_SWITCH, "host-switch-ns", "context switch on the host")                         \
	COST(VMM_DISPATCH, "vmm-dispatch-ns", "VMM main loop wakes for one handler")              \
	COST(VIRTQUEUE_POP, "virtqueue-pop-ns", "buffer popped and pushed by the VMM")            \
	COST(VMM_LOOKUP, "vmm-lookup-ns", "guest address looked up by the VMM")

enum cost_id {
#define COST(id, prop, doc) COST_##id,
	COST_TABLE(COST)
#undef COST
	NR_COSTS
};

struct cost_info {
	const char *property;	/* in the cost table; the ledger's name is it without "-ns" */
	const char *doc;
};

extern const struct cost_info cost_info[NR_COSTS];

struct cost_table {
	uint64_t ns[NR_COSTS];
	uint64_t memory_mb_per_s;	/* bandwidth of the memory (bandwidth.h); 0: no limit */
};

/* Who pays: one account per VM and side, one for the host kernel's own threads. */
enum account_domain {
	ACCOUNT_GUEST,		/* vCPU in guest mode */
	ACCOUNT_EXIT,		/* host kernel on behalf of a vCPU */
	ACCOUNT_VMM,		/* VMM threads in user space */
	ACCOUNT_VMM_KERNEL,	/* host kernel on behalf of a VMM thread */
	NR_ACCOUNT_DOMAINS
};

/* Time that has no unit cost: it follows from what others do. */
enum ledger_extra {
	LEDGER_LOCK_SPIN = NR_COSTS,	/* spinning: for a spinlock, or cpu_relax() */
	LEDGER_PROGRAM,			/* computing of a program, as it says itself */
	LEDGER_DISK,			/* kicks, dispatching and interrupts of a guest's disk */
	NR_LEDGER
};

struct ledger_account {
	uint64_t ns[NR_LEDGER];
	uint64_t count[NR_LEDGER];
};

/* Name of a ledger line: the property without "-ns", or of the extra line. */
const char *ledger_name(unsigned int line, char *buf, unsigned int size);

/* @ns were charged and will never pass: they go off again, from the lines that have most. */
void ledger_take_off(struct ledger_account *account, uint64_t ns);

/* Sum of an account, ns. */
uint64_t ledger_total(const struct ledger_account *account);

#endif
