// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asynchronous page faults: what a vCPU does while a page that it needs is read from swap.
 *
 * Models kvm_faultin_pfn() of arch/x86/kvm/mmu/mmu.c, kvm_arch_async_page_not_present() and
 * kvm_arch_async_page_present() of arch/x86/kvm/x86.c, and virt/kvm/async_pf.c, Linux 6.1.
 * The exit itself looks for the page without waiting (FOLL_NOWAIT): it takes the frame, reclaims
 * for it if need be, and submits the read.  If that leaves something to wait for:
 *
 *  - a program's access (CPL 3), and a guest that takes part: the guest is told by an exception,
 *    its task sleeps, and the vCPU goes on with others.  A worker gets the page; when it has, the
 *    vCPU leaves the guest, maps the page, and is sent an interrupt, whose handler wakes the task
 *    and acknowledges (a write to an MSR, another exit).
 *  - the guest's kernel, one that does not take part, or a page that this vCPU waits for already:
 *    the vCPU is halted.  Whatever comes for it lets it go on, with the access that it was at:
 *    interrupts are on time, and an interrupted program may have to give way to another.
 *  - interrupts are off, or ASYNC_PF_PER_VCPU pages are waited for: the vCPU waits for the page.
 *
 * Who takes part: guests of 6.1 ask for it if KVM_FEATURE_ASYNC_PF_INT is there, for user mode only
 * (kvm_guest_cpu_init()).  QEMU 7.2 offers it with -cpu host or max, which have all that KVM has
 * (x86_cpu_expand_features()), so that is the default of scenarios; named CPU models, as qemu64,
 * get kvm-asyncpf (kvm_default_props), of which a KVM of 6.1 takes no notice
 * (kvm_pv_async_pf_enabled()), and not kvm-asyncpf-int.  Before there was the interrupt, as in
 * 2019, both events were page fault exceptions; that is not told apart.
 *
 * Workers: one thread stands for those of system_wq, each of which waits for one page; while they
 * wait, pressure stall information has each of them (cpu_psi.h).  Left out:
 * what they do about a page that has gone again when it comes (the next access faults again); guest
 * kernels with CONFIG_PREEMPTION, which once asked to be told in kernel mode as well
 * (KVM_ASYNC_PF_SEND_ALWAYS); interrupt handlers that allow interrupts; the tick of a vCPU that has
 * one task only, and would try again with each.
 */
#include "memory.h"

#include <errno.h>

#include "hostmem.h"

/* arch/x86/include/asm/kvm_host.h */
#define ASYNC_PF_PER_VCPU 64

/* A page that a worker is to get, then one that the vCPU is to map. */
struct async_pf {
	struct host_waiter read;	/* until it has been read */
	struct psi_task worker;		/* that waits until then */
	struct kvm_vm *vm;
	unsigned int vcpu;
	uint64_t nr;			/* gfn */
	struct kvm_sleeper sleeper;
	struct ept_fault *fault;	/* NULL: it has ended already */
	uint64_t start;			/* ns, of the fault */
	bool got;			/* the worker has been there */
	struct async_pf *next;		/* of the vCPU, oldest first */
	struct async_pf *next_work;	/* of the worker */
};

/* Of a vCPU. */
struct async_pf_queue {
	struct async_pf *first;
	unsigned int nr, nr_asleep;
	uint64_t asleep_since;		/* ns, if somebody sleeps */
	uint64_t asleep_ns;		/* before */
};

/* The worker */

static struct async_pf **next_read(struct host *host)
{
	struct async_pf **link = &host->async_pfs;

	while (*link && !(*link)->read.woken)
		link = &(*link)->next_work;
	return *link ? link : NULL;
}

/* The vCPU leaves the guest for it (kvm_vcpu_kick()), if it is there. */
static void kick(struct kvm_vm *vm, unsigned int vcpu)
{
	struct cpu_thread *t = vm->vcpus[vcpu];

	if (t->state == CPU_THREAD_RUNNING && t->account == &vm->account[ACCOUNT_GUEST]) {
		vm->exits[KVM_EXIT_INTERRUPT]++;
		cpu_charge_other(t, &vm->account[ACCOUNT_EXIT], COST_VMEXIT);
	}
	vm->guest_ops->page_ready(vm, vcpu);
}

/* async_pf_execute() */
static void get_pages(struct host *host)
{
	struct async_pf **link;

	while ((link = next_read(host))) {
		struct async_pf *pf = *link;

		*link = pf->next_work;
		pf->got = true;
		ram_got_page(pf->vm->ram, pf->nr);
		kick(pf->vm, pf->vcpu);
	}
}

static void kworker_main(void *arg)
{
	struct host *host = arg;

	for (;;) {
		/* What it owes passes before anybody is told. */
		cpu_sync();
		get_pages(host);
		host->kworker.wait_forever = true;
		cpu_block("a page to get");
		host->kworker.wait_forever = false;
	}
}

int async_pf_init(struct host *host)
{
	struct coro *co = coro_create("kworker", kworker_main, host, CORO_STACK_DEFAULT);

	host->kworker.co = co;
	return co ? 0 : -ENOMEM;
}

/* Of runs in which nobody waits for swap the thread is no part. */
static void wake_kworker(struct host *host)
{
	struct cpu_thread *t = &host->kworker;

	if (!t->cpus)
		cpu_thread_init(t, &host->cpus, "kworker", t->co, &host->kswapd_account);
	cpu_wake(t);
}

void async_pf_destroy(struct host *host)
{
	if (host->kworker.co)
		coro_destroy(host->kworker.co);
}

/* The vCPU */

static struct async_pf_queue *queue_of(struct kvm_vm *vm, unsigned int vcpu)
{
	if (!vm->async_pf_queue)
		vm->async_pf_queue = host_alloc(vm->nr_vcpus * sizeof(*vm->async_pf_queue));
	return &vm->async_pf_queue[vcpu];
}

static unsigned int this_vcpu(const struct kvm_vm *vm)
{
	unsigned int i = 0;

	while (i < vm->nr_vcpus && vm->vcpus[i] != coro_current->ctx.thread)
		i++;
	return i;
}

uint64_t kvm_async_pf_asleep_ns(const struct kvm_vm *vm)
{
	uint64_t ns = 0;
	unsigned int i;

	for (i = 0; vm->async_pf_queue && i < vm->nr_vcpus; i++) {
		const struct async_pf_queue *queue = &vm->async_pf_queue[i];

		ns += queue->asleep_ns;
		if (queue->nr_asleep)
			ns += vm->host->engine->now - queue->asleep_since;
	}
	return ns;
}

/* kvm_find_async_pf_gfn() */
static struct async_pf *find(const struct async_pf_queue *queue, uint64_t nr)
{
	struct async_pf *pf = queue->first;

	while (pf && pf->nr != nr)
		pf = pf->next;
	return pf;
}

/* kvm_setup_async_pf() */
static struct async_pf *setup(struct guest_ram *ram, unsigned int vcpu, uint64_t nr,
			      struct ept_fault *fault, uint64_t start)
{
	struct async_pf *pf = host_alloc(sizeof(*pf)), **link;
	struct async_pf_queue *queue = queue_of(ram->vm, vcpu);
	struct host *host = ram->host;

	pf->read.thread = &host->kworker;
	pf->vm = ram->vm;
	pf->vcpu = vcpu;
	pf->nr = nr;
	pf->fault = fault;
	pf->start = start;
	for (link = &queue->first; *link; link = &(*link)->next)
		;
	*link = pf;
	queue->nr++;
	for (link = &host->async_pfs; *link; link = &(*link)->next_work)
		;
	*link = pf;
	host_add_page_waiter(host, &pf->read, page_index(ram, nr), &pf->worker,
			     ram->vm->vcpus[vcpu]->psi.cpu);
	wake_kworker(host);
	return pf;
}

/* The guest is told, and whoever waits there comes back when it has been told again. */
static void sleep_for(struct kvm_vm *vm, struct async_pf *pf)
{
	struct async_pf_queue *queue = queue_of(vm, pf->vcpu);
	struct ledger_account *old;

	vm->host->stats.async_faults++;
	/* Being told takes no exit of its own: this one has not ended yet. */
	cpu_sync();
	if (!queue->nr_asleep++)
		queue->asleep_since = vm->host->engine->now;
	old = account_switch(&vm->account[ACCOUNT_GUEST]);
	vm->guest_ops->page_not_present(vm, &pf->sleeper);
	account_switch(old);
}

/* KVM_REQ_APF_HALT */
static void halt(struct kvm_vm *vm, const struct guest_ram *ram, uint64_t nr)
{
	struct ledger_account *old;

	vm->host->stats.async_halts++;
	cpu_sync();
	if (ram_is_mapped(ram, nr))
		return;
	old = account_switch(&vm->account[ACCOUNT_GUEST]);
	vm->guest_ops->halt(vm);
	account_switch(old);
}

bool async_pf_wait(struct guest_ram *ram, uint64_t nr, struct ept_fault *fault, uint64_t start)
{
	struct kvm_vm *vm = ram->vm;
	unsigned int vcpu = this_vcpu(vm);
	struct async_pf_queue *queue;
	enum kvm_cpu_mode mode;
	struct async_pf *pf;

	if (!vm->guest_ops || ram != vm->ram || vcpu == vm->nr_vcpus)
		return false;
	mode = vm->guest_ops->mode(vm, &fault->task);
	if (vm->async_pf == KVM_ASYNC_PF_OFF || mode == KVM_CPU_IRQS_OFF)
		return false;
	queue = queue_of(vm, vcpu);
	pf = find(queue, nr);
	if (!pf && queue->nr == ASYNC_PF_PER_VCPU)
		return false;
	if (!pf) {
		pf = setup(ram, vcpu, nr, fault, start);
		if (mode == KVM_CPU_USER && vm->async_pf == KVM_ASYNC_PF_INT) {
			fault->wait = FAULT_ASYNC;
			sleep_for(vm, pf);
			return true;
		}
	}
	fault->wait = FAULT_HALTED;
	halt(vm, ram, nr);
	return true;
}

/* kvm_arch_async_page_ready(), in the name of the fault. */
static void map(struct async_pf *pf)
{
	uint64_t cause = coro_current->ctx.cause;

	if (pf->fault)
		coro_current->ctx.cause = pf->fault->id;
	ram_map_page(pf->vm->ram, pf->nr);
	if (pf->fault && ram_is_mapped(pf->vm->ram, pf->nr)) {
		ram_fault_done(pf->vm->ram, pf->nr, pf->fault, pf->start);
		pf->fault->told = true;
	}
	coro_current->ctx.cause = cause;
}

bool kvm_async_pf_ready(struct kvm_vm *vm, unsigned int vcpu, struct kvm_sleeper *sleeper)
{
	struct async_pf_queue *queue = queue_of(vm, vcpu);
	struct async_pf **link = &queue->first, *pf;
	struct ledger_account *old;

	while (*link && !(*link)->got)
		link = &(*link)->next;
	pf = *link;
	if (!pf)
		return false;
	*link = pf->next;
	queue->nr--;
	old = account_switch(&vm->account[ACCOUNT_EXIT]);
	map(pf);
	*sleeper = pf->sleeper;
	if (sleeper->task) {
		charge(COST_IRQ_INJECT, 1);
		/* MSR_KVM_ASYNC_PF_ACK */
		charge(COST_VMEXIT, 1);
		vm->exits[KVM_EXIT_MSR]++;
		if (!--queue->nr_asleep)
			queue->asleep_ns += vm->host->engine->now - queue->asleep_since;
	}
	account_switch(old);
	host_free(pf);
	return true;
}

void async_pf_forget_fault(struct kvm_vm *vm, const struct ept_fault *fault)
{
	struct async_pf *pf;
	unsigned int i;

	for (i = 0; vm->async_pf_queue && i < vm->nr_vcpus; i++)
		for (pf = vm->async_pf_queue[i].first; pf; pf = pf->next)
			if (pf->fault == fault)
				pf->fault = NULL;
}

/* kvm_clear_async_pf_completion_queue() */
void async_pf_forget_vm(struct kvm_vm *vm)
{
	struct async_pf **link = &vm->host->async_pfs, *pf;
	unsigned int i;

	while (*link) {
		if ((*link)->vm == vm)
			*link = (*link)->next_work;
		else
			link = &(*link)->next_work;
	}
	for (i = 0; vm->async_pf_queue && i < vm->nr_vcpus; i++) {
		while ((pf = vm->async_pf_queue[i].first)) {
			vm->async_pf_queue[i].first = pf->next;
			host_del_page_waiter(vm->host, &pf->read);
			host_free(pf);
		}
	}
	host_free(vm->async_pf_queue);
	vm->async_pf_queue = NULL;
}
