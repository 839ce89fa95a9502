/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The line between a guest and its VMM: vCPU exits, ioeventfd kicks, irqfd interrupts and
 * the register-level operations of a virtio device.
 *
 * The guest's kernel (sim/linux) and the VMM (sim/qemu) know only this header, never each other.
 * Functions of struct kvm_virtio_ops are called on the vCPU thread, in the guest's coroutine, with
 * the ledger on ACCOUNT_EXIT/ACCOUNT_VMM as the exit type says; they must not block on anything
 * that needs the same vCPU to make progress.
 */
#ifndef BALLAST_HOST_KVM_H
#define BALLAST_HOST_KVM_H

#include "cpu.h"
#include "files.h"
#include "page_tables.h"
#include "ram.h"

struct kvm_vm;
struct kvm_virtio;

/* Addresses of the three parts of a split ring, guest-physical. */
struct kvm_vring_addr {
	uint64_t desc, avail, used;
	uint16_t size;
};

/* A virtio device as its transport's registers show it (Virtio 1.2, section 4.1/4.2). */
struct kvm_virtio_ops {
	uint64_t (*get_features)(struct kvm_virtio *dev);
	void (*set_features)(struct kvm_virtio *dev, uint64_t features);
	uint8_t (*get_status)(struct kvm_virtio *dev);
	void (*set_status)(struct kvm_virtio *dev, uint8_t status);	/* 0 resets */
	void (*config_read)(struct kvm_virtio *dev, unsigned int offset, void *buf,
			    unsigned int len);
	void (*config_write)(struct kvm_virtio *dev, unsigned int offset, const void *buf,
			     unsigned int len);
	/* Largest size of a queue; 0: there is no such queue. */
	unsigned int (*queue_size_max)(struct kvm_virtio *dev, unsigned int index);
	/* Enable a queue at the given addresses. */
	void (*queue_enable)(struct kvm_virtio *dev, unsigned int index,
			     const struct kvm_vring_addr *addr);
	/* A kick that is a register access, served by the vCPU itself; NULL: an ioeventfd. */
	void (*queue_notify)(struct kvm_virtio *dev, unsigned int index);
};

/* Interrupt vectors of a device: one for configuration changes, one per queue. */
#define KVM_VECTOR_CONFIG (-1)

#define KVM_QUEUES 16		/* of a device */

struct call_site;

/* A request on a queue: the driver's code that put it there and, later, how it was served. */
struct kvm_request {
	const struct call_site *site;
	uint64_t id, kick;		/* host_new_id(); of the last kick before it was taken */
	uint64_t submitted, taken;	/* ns */
};

/* How a request was answered. */
struct kvm_served {
	uint64_t id, kick;
	uint64_t submitted, taken, answered;	/* ns */
	const struct call_site *asked;	/* in the driver's code */
	const struct call_site *site;	/* of the answer, in the code of a device */
};

struct kvm_virtio {
	struct kvm_vm *vm;
	const struct kvm_virtio_ops *ops;
	uint32_t device_id;		/* virtio device id */
	void *vmm_opaque;		/* owned by the VMM side */
	/* VMM side: the ioeventfd of a queue fired; called in an event, must only wake somebody. */
	void (*kick)(struct kvm_virtio *dev, unsigned int index);
	/* Guest side, set by the guest's transport; called on a vCPU in interrupt context. */
	void (*interrupt)(struct kvm_virtio *dev, int vector);
	void *guest_opaque;
	uint64_t nr_kicks, nr_interrupts;
	uint32_t irq_pending;		/* bit 0: config, bit n + 1: queue n; latched */
	uint32_t kick_pending;		/* bit n: queue n was kicked, kick() not yet called */
	struct event kick_event, irq_event;
	/* By the first descriptor of the request, which is in use until the answer. */
	struct kvm_request *requests[KVM_QUEUES];
	uint16_t nr_requests[KVM_QUEUES];	/* size of the queue */
	uint64_t last_request[KVM_QUEUES];	/* id of it */
	uint64_t last_kick[KVM_QUEUES];
	uint64_t config_cause;		/* what the configuration was changed for last */
	/* Kicks of a queue go to this file instead of kick(); NULL: they do not. */
	struct host_eventfd *ioeventfd[KVM_QUEUES];
	struct kvm_virtio *next;
};

/* Exits by reason, for the tables. */
enum kvm_exit_reason {
	KVM_EXIT_EPT_VIOLATION,
	KVM_EXIT_IOEVENTFD,
	KVM_EXIT_MMIO,
	KVM_EXIT_HLT,
	KVM_EXIT_HYPERCALL,
	KVM_EXIT_INTERRUPT,
	KVM_EXIT_MSR,
	NR_KVM_EXITS
};

/*
 * What becomes of a vCPU whose page is being read from swap; see async_pf.c.  INT: a task of the
 * guest sleeps where the guest can be told; HALT: the guest is told nothing, and the vCPU is halted
 * until an interrupt or the page comes; OFF: it waits for the page whatever comes.
 */
enum kvm_async_pf { KVM_ASYNC_PF_INT, KVM_ASYNC_PF_HALT, KVM_ASYNC_PF_OFF };

/* What the code of a vCPU is doing, as the host can tell: RFLAGS.IF and CPL. */
enum kvm_cpu_mode { KVM_CPU_IRQS_OFF, KVM_CPU_KERNEL, KVM_CPU_USER };

/* Who sleeps for a page; the guest's to fill in. */
struct kvm_sleeper {
	void *task;		/* NULL: nobody */
};

/*
 * What a guest kernel gives its vCPUs: called on the main stack when a vCPU is to continue; decides
 * whose coroutine runs.
 */
struct kvm_guest_ops {
	/* On a vCPU, in the middle of an access: what runs there; *@task: its name. */
	enum kvm_cpu_mode (*mode)(struct kvm_vm *vm, const char **task);
	/* The same: "page not present".  The task sleeps until it is woken as @sleeper. */
	void (*page_not_present)(struct kvm_vm *vm, struct kvm_sleeper *sleeper);
	/* The same: the vCPU is halted where it is, until something comes for it. */
	void (*halt)(struct kvm_vm *vm);
	/* Something has, from any coroutine: it is to call kvm_async_pf_ready(). */
	void (*page_ready)(struct kvm_vm *vm, unsigned int vcpu);
	/* An interrupt of @dev is to be delivered; called in an event. */
	void (*irq)(struct kvm_vm *vm, struct kvm_virtio *dev);
	/* Its memory is about to go, and what of the simulator's own is in it: timers. */
	void (*gone)(struct kvm_vm *vm);
};

struct kvm_vm {
	struct host *host;
	struct host_memcg *memcg;	/* of its threads */
	struct guest_ram *ram;
	struct kvm_tdp tdp;
	const char *name;
	unsigned int id;		/* in the order of the scenario; a process: HOST_NO_VM */
	struct kvm_virtio *devices;	/* in the order of kvm_virtio_add() */
	const struct kvm_guest_ops *guest_ops;
	struct kernel *kernel;
	struct vmm *vmm;
	struct cpu_thread **vcpus;
	unsigned int nr_vcpus;
	uint64_t exits[NR_KVM_EXITS];
	struct ledger_account account[NR_ACCOUNT_DOMAINS];
	enum kvm_async_pf async_pf;
	struct async_pf_queue *async_pf_queue;	/* by vCPU; NULL: no page has been waited for */
	struct guest_ram *own;		/* anonymous memory of the VMM itself; NULL: none */
	struct discard_origin origin;	/* for whom memory is discarded now */
	struct host_fd_table files;	/* of the VMM */
	struct kvm *kvm;		/* as modules of the host's kernel see it; NULL: none do */
	bool paused;			/* no vCPU is in the guest, or will be for long */
	bool assigned_device;		/* a device of the host works on its memory */
	uint64_t killed_resident, killed_swapped; /* pages of guest RAM when the host killed it */
	bool told_useless;		/* that its discards free nothing */
	bool is_process;		/* of the host, no VM: all there is is memory */
	/* As ageing has seen it last (lru_gen_age.c): whether it has, and cpu_thread.switches. */
	struct {
		bool walked;
		uint64_t switches;
	} lru_gen;
	bool dead;			/* killed by the host's OOM killer or powered off */
};

/*
 * VMM side, on one of its threads: it has been woken, and uses some of its own memory, which the
 * host may have swapped.
 */
void kvm_vmm_runs(struct kvm_vm *vm);
/* VMM side: plug a device in before the guest boots (or later: hot plug). */
void kvm_virtio_add(struct kvm_vm *vm, struct kvm_virtio *dev);
/* VMM side, any context: raise an interrupt (irqfd); costs are charged to the caller. */
void kvm_irqfd(struct kvm_virtio *dev, int vector);

/*
 * Flush the TLBs of a VM's vCPUs (kvm_flush_remote_tlbs()): the caller pays for each that has a
 * CPU, and one that is in the guest leaves it for that and flushes.
 */
void kvm_flush_tlbs(struct kvm_vm *vm);
/*
 * Flush what the TLBs hold of the VMM's own mapping (flush_tlb_mm_range()).  Its threads share the
 * mm, vCPUs that are in the guest too: each that has a CPU is interrupted, and the caller pays for
 * that.
 */
void kvm_flush_mm(struct kvm_vm *vm);
/* Some CPU may have it in its TLB: a thread of the VMM is running (mm_cpumask()). */
bool kvm_mm_runs(const struct kvm_vm *vm);

/*
 * On vCPU @vcpu, before it goes on in the guest: a page that was waited for is there, and mapped.
 * Returns false when there is none; *@sleeper: who is to be woken by the interrupt that says so.
 */
bool kvm_async_pf_ready(struct kvm_vm *vm, unsigned int vcpu, struct kvm_sleeper *sleeper);

/* Time in which some task of a vCPU slept for a page, all vCPUs together; ns. */
uint64_t kvm_async_pf_asleep_ns(const struct kvm_vm *vm);

/* Guest side, on a vCPU: register accesses, each an exit to the VMM. */
uint64_t kvm_virtio_get_features(struct kvm_virtio *dev);
void kvm_virtio_set_features(struct kvm_virtio *dev, uint64_t features);
uint8_t kvm_virtio_get_status(struct kvm_virtio *dev);
void kvm_virtio_set_status(struct kvm_virtio *dev, uint8_t status);
void kvm_virtio_config_read(struct kvm_virtio *dev, unsigned int offset, void *buf,
			    unsigned int len);
void kvm_virtio_config_write(struct kvm_virtio *dev, unsigned int offset, const void *buf,
			     unsigned int len);
unsigned int kvm_virtio_queue_size_max(struct kvm_virtio *dev, unsigned int index);
void kvm_virtio_queue_enable(struct kvm_virtio *dev, unsigned int index,
			     const struct kvm_vring_addr *addr);
/*
 * Guest side, on a vCPU: a hypercall, which the host's kernel serves while the vCPU waits, and the
 * features that it offers (EAX of KVM_CPUID_FEATURES).  @arg: four; @site: in the code that
 * calls.  -KVM_ENOSYS (-1000): nobody knows the number.
 */
long kvm_hypercall(struct kvm_vm *vm, unsigned long nr, const unsigned long *arg,
		   const struct call_site *site);
uint32_t kvm_features(struct kvm_vm *vm);
/* Guest side: a driver puts a request on a queue, from its descriptor @head on. */
void kvm_virtio_submitted(struct kvm_virtio *dev, unsigned int index, unsigned int head,
			  const struct call_site *site);
/* Guest side, on a vCPU: kick a queue. */
void kvm_virtio_kick(struct kvm_virtio *dev, unsigned int index, const struct call_site *site);
/*
 * VMM or host kernel: the request that begins at @head is taken, and the calling code works for it
 * from now on; it is answered, and it does not any more.  What a guest has written to the ring by
 * itself has no id.
 */
const struct kvm_request *kvm_virtio_taken(struct kvm_virtio *dev, unsigned int index,
					   unsigned int head);
struct kvm_served kvm_virtio_answered(struct kvm_virtio *dev, unsigned int index,
				      unsigned int head, const struct call_site *site);
/* The device is gone. */
void kvm_virtio_remove(struct kvm_virtio *dev);

#endif
