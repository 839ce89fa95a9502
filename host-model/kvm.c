// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits, kicks and interrupts; see kvm.h.
 *
 * Models virt/kvm/eventfd.c (ioeventfd, irqfd) and the split of exits between the host kernel
 * and the VMM's user space.  A kick and an interrupt arrive when the time that their sender
 * owes has passed. Left out: posted interrupts and APICv (an interrupt is an injection and, in
 * a running guest, the interrupt's cost).
 */
#include "kvm.h"

#include "call_site.h"
#include "host.h"
#include "hostmem.h"

static uint64_t sender_time(const struct kvm_vm *vm)
{
	return coro_current->ctx.thread ? cpu_local_time() : vm->host->engine->now;
}

static void kick_fn(struct event *ev)
{
	struct kvm_virtio *dev = event_owner(ev, struct kvm_virtio, kick_event);
	uint32_t mask = dev->kick_pending;
	unsigned int i;

	dev->kick_pending = 0;
	if (dev->vm->dead)
		return;
	for (i = 0; mask; i++, mask >>= 1) {
		if (!(mask & 1))
			continue;
		if (i < KVM_QUEUES && dev->ioeventfd[i])
			host_eventfd_signal(dev->ioeventfd[i]);
		else
			dev->kick(dev, i);
	}
}

static void irq_fn(struct event *ev)
{
	struct kvm_virtio *dev = event_owner(ev, struct kvm_virtio, irq_event);

	if (!dev->vm->dead && dev->vm->guest_ops)
		dev->vm->guest_ops->irq(dev->vm, dev);
}

void kvm_virtio_add(struct kvm_vm *vm, struct kvm_virtio *dev)
{
	struct kvm_virtio **link = &vm->devices;

	while (*link)
		link = &(*link)->next;
	*link = dev;
	dev->next = NULL;
	dev->vm = vm;
	event_init(&dev->kick_event, kick_fn);
	event_init(&dev->irq_event, irq_fn);
}

void kvm_vmm_runs(struct kvm_vm *vm)
{
	uint64_t nr = vm->host->config.vmm_hot_bytes >> HOST_PAGE_SHIFT;

	if (!vm->own || vm->dead)
		return;
	if (nr > guest_ram_pages(vm->own))
		nr = guest_ram_pages(vm->own);
	guest_ram_access_host(vm->own, gfn(0), nr, RAM_WRITE);
}

/* The interrupt takes the vCPU out of the guest; it flushes and goes back. */
static void leave_guest_for_flush(struct kvm_vm *vm, struct cpu_thread *t)
{
	struct ledger_account *exit = &vm->account[ACCOUNT_EXIT];

	vm->exits[KVM_EXIT_INTERRUPT]++;
	cpu_charge_other(t, exit, COST_VMEXIT);
	cpu_charge_other(t, exit, COST_TLB_FLUSH);
}

void kvm_flush_tlbs(struct kvm_vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++) {
		struct cpu_thread *t = vm->vcpus[i];

		if (!t || t->state != CPU_THREAD_RUNNING)
			continue;
		charge(COST_TLB_FLUSH, 1);
		if (t != coro_current->ctx.thread && t->account == &vm->account[ACCOUNT_GUEST])
			leave_guest_for_flush(vm, t);
	}
}

void kvm_flush_mm(struct kvm_vm *vm)
{
	const struct host_cpus *cpus = &vm->host->cpus;
	unsigned int i;

	charge(COST_TLB_FLUSH, 1);
	for (i = 0; i < cpus->nr_cpus; i++) {
		struct cpu_thread *t = cpus->cpu[i].curr;

		if (!t || t->vm != vm || t == coro_current->ctx.thread)
			continue;
		charge(COST_TLB_FLUSH, 1);
		if (t->account == &vm->account[ACCOUNT_GUEST])
			leave_guest_for_flush(vm, t);
		else
			cpu_charge_other(t, t->account, COST_TLB_FLUSH);
	}
}

bool kvm_mm_runs(const struct kvm_vm *vm)
{
	const struct host_cpus *cpus = &vm->host->cpus;
	unsigned int i;

	for (i = 0; i < cpus->nr_cpus; i++)
		if (cpus->cpu[i].curr && cpus->cpu[i].curr->vm == vm)
			return true;
	return false;
}

void kvm_irqfd(struct kvm_virtio *dev, int vector)
{
	charge(COST_IRQ_INJECT, 1);
	dev->nr_interrupts++;
	dev->irq_pending |= 1u << (vector + 1);
	if (!event_pending(&dev->irq_event))
		event_add(dev->vm->host->engine, &dev->irq_event, sender_time(dev->vm));
}

/* A register access: out to the VMM and back. */
static struct ledger_account *mmio_exit(struct kvm_virtio *dev)
{
	struct ledger_account *old = account_switch(&dev->vm->account[ACCOUNT_EXIT]);

	charge(COST_EXIT_VMM, 1);
	dev->vm->exits[KVM_EXIT_MMIO]++;
	account_switch(&dev->vm->account[ACCOUNT_VMM]);
	return old;
}

/* Requests */

static struct kvm_request *request_at(struct kvm_virtio *dev, unsigned int index,
				      unsigned int head)
{
	if (index >= KVM_QUEUES || head >= dev->nr_requests[index])
		return NULL;
	return &dev->requests[index][head];
}

static void make_room(struct kvm_virtio *dev, unsigned int index, uint16_t size)
{
	if (index >= KVM_QUEUES)
		return;
	host_free(dev->requests[index]);
	dev->requests[index] = host_alloc(size * sizeof(*dev->requests[index]));
	dev->nr_requests[index] = size;
}

void kvm_virtio_remove(struct kvm_virtio *dev)
{
	unsigned int i;

	for (i = 0; i < KVM_QUEUES; i++) {
		host_free(dev->requests[i]);
		dev->requests[i] = NULL;
		dev->nr_requests[i] = 0;
	}
}

/* What was collected for it, if anything, is what it is for. */
void kvm_virtio_submitted(struct kvm_virtio *dev, unsigned int index, unsigned int head,
			  const struct call_site *site)
{
	const struct host_observer *observer = dev->vm->host->observer;
	struct coro_context *ctx = &coro_current->ctx;
	struct kvm_request *rq = request_at(dev, index, head);
	struct kvm_notice notice = { .cause = ctx->batch ? ctx->batch : ctx->cause,
				     .queue = index, .site = site };

	ctx->batch = 0;
	if (!rq)
		return;
	notice.id = dev->last_request[index] = host_new_id(dev->vm->host);
	*rq = (struct kvm_request){ .site = site, .id = notice.id,
				    .submitted = sender_time(dev->vm) };
	if (observer && observer->submitted)
		observer->submitted(dev, &notice);
}

const struct kvm_request *kvm_virtio_taken(struct kvm_virtio *dev, unsigned int index,
					   unsigned int head)
{
	struct kvm_request *rq = request_at(dev, index, head);

	if (!rq)
		return NULL;
	rq->kick = dev->last_kick[index];
	rq->taken = sender_time(dev->vm);
	coro_current->ctx.cause = rq->id;
	return rq;
}

struct kvm_served kvm_virtio_answered(struct kvm_virtio *dev, unsigned int index,
				      unsigned int head, const struct call_site *site)
{
	struct kvm_request *rq = request_at(dev, index, head);
	struct kvm_served served = { .site = site };

	if (rq && rq->id) {
		served.id = rq->id;
		served.asked = rq->site;
		served.kick = rq->kick;
		served.submitted = rq->submitted;
		served.taken = rq->taken;
		served.answered = sender_time(dev->vm);
		/* The guest may put something there by itself next. */
		*rq = (struct kvm_request){ 0 };
	}
	if (coro_current->ctx.cause == served.id)
		coro_current->ctx.cause = served.kick;
	return served;
}

static void note_kick(struct kvm_virtio *dev, unsigned int index, const struct call_site *site)
{
	const struct host_observer *observer = dev->vm->host->observer;
	struct kvm_notice kick = { .id = host_new_id(dev->vm->host), .queue = index, .site = site };

	dev->nr_kicks++;
	if (index >= KVM_QUEUES)
		return;
	kick.cause = dev->last_request[index];
	dev->last_kick[index] = kick.id;
	if (observer && observer->kicked)
		observer->kicked(dev, &kick);
}

void kvm_virtio_kick(struct kvm_virtio *dev, unsigned int index, const struct call_site *site)
{
	uint64_t cause = coro_current->ctx.cause;
	struct ledger_account *old;

	note_kick(dev, index, site);
	if (dev->ops->queue_notify) {
		old = mmio_exit(dev);
		dev->ops->queue_notify(dev, index);
		account_switch(old);
		coro_current->ctx.cause = cause;
		return;
	}
	old = account_switch(&dev->vm->account[ACCOUNT_EXIT]);
	charge(COST_KICK_IOEVENTFD, 1);
	account_switch(old);
	dev->vm->exits[KVM_EXIT_IOEVENTFD]++;
	dev->kick_pending |= 1u << index;
	if (!event_pending(&dev->kick_event))
		event_add(dev->vm->host->engine, &dev->kick_event, sender_time(dev->vm));
}

#define KVM_ENOSYS 1000

long kvm_hypercall(struct kvm_vm *vm, unsigned long nr, const unsigned long *arg,
		   const struct call_site *site)
{
	const struct host_observer *observer = vm->host->observer;
	const struct host_kernel_ops *ops = vm->host->kernel_ops;
	struct ledger_account *old = account_switch(&vm->account[ACCOUNT_EXIT]);
	struct kvm_notice call = { .id = host_new_id(vm->host), .queue = nr, .site = site,
				   .cause = coro_current->ctx.cause };
	long ret = -KVM_ENOSYS;

	if (observer && observer->hypercall)
		observer->hypercall(vm, &call);
	coro_current->ctx.cause = call.id;
	charge(COST_VMEXIT, 1);
	vm->exits[KVM_EXIT_HYPERCALL]++;
	/* Time passes before the vCPU is in the guest again, where it could be interrupted. */
	cpu_sync_owed();
	if (ops)
		ret = ops->hypercall(vm, nr, arg, site);
	cpu_sync_owed();
	coro_current->ctx.cause = call.cause;
	account_switch(old);
	return ret;
}

uint32_t kvm_features(struct kvm_vm *vm)
{
	const struct host_kernel_ops *ops = vm->host->kernel_ops;

	return ops ? ops->features(vm) : 0;
}

uint64_t kvm_virtio_get_features(struct kvm_virtio *dev)
{
	struct ledger_account *old = mmio_exit(dev);
	uint64_t features = dev->ops->get_features(dev);

	account_switch(old);
	return features;
}

void kvm_virtio_set_features(struct kvm_virtio *dev, uint64_t features)
{
	struct ledger_account *old = mmio_exit(dev);

	dev->ops->set_features(dev, features);
	account_switch(old);
}

uint8_t kvm_virtio_get_status(struct kvm_virtio *dev)
{
	struct ledger_account *old = mmio_exit(dev);
	uint8_t status = dev->ops->get_status(dev);

	account_switch(old);
	return status;
}

void kvm_virtio_set_status(struct kvm_virtio *dev, uint8_t status)
{
	struct ledger_account *old = mmio_exit(dev);

	dev->ops->set_status(dev, status);
	account_switch(old);
}

void kvm_virtio_config_read(struct kvm_virtio *dev, unsigned int offset, void *buf,
			    unsigned int len)
{
	struct ledger_account *old = mmio_exit(dev);

	dev->ops->config_read(dev, offset, buf, len);
	account_switch(old);
	/* Who reads the configuration does what it has been changed for. */
	coro_current->ctx.cause = dev->config_cause;
}

void kvm_virtio_config_write(struct kvm_virtio *dev, unsigned int offset, const void *buf,
			     unsigned int len)
{
	struct ledger_account *old = mmio_exit(dev);

	dev->ops->config_write(dev, offset, buf, len);
	account_switch(old);
}

unsigned int kvm_virtio_queue_size_max(struct kvm_virtio *dev, unsigned int index)
{
	struct ledger_account *old = mmio_exit(dev);
	unsigned int size = dev->ops->queue_size_max(dev, index);

	account_switch(old);
	return size;
}

void kvm_virtio_queue_enable(struct kvm_virtio *dev, unsigned int index,
			     const struct kvm_vring_addr *addr)
{
	struct ledger_account *old = mmio_exit(dev);

	make_room(dev, index, addr->size);
	dev->ops->queue_enable(dev, index, addr);
	account_switch(old);
}
