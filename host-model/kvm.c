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

#include "host.h"

static uint64_t sender_time(const struct kvm_vm *vm)
{
	return coro_current->ctx.thread ? cpu_local_time() : vm->host->engine->now;
}

static void kick_fn(struct event *ev)
{
	struct kvm_virtio *dev = (struct kvm_virtio *)((char *)ev -
						       __builtin_offsetof(struct kvm_virtio,
									  kick_event));
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
	struct kvm_virtio *dev = (struct kvm_virtio *)((char *)ev -
						       __builtin_offsetof(struct kvm_virtio,
									  irq_event));

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

void kvm_flush_tlbs(struct kvm_vm *vm)
{
	struct ledger_account *exit = &vm->account[ACCOUNT_EXIT];
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++) {
		struct cpu_thread *t = vm->vcpus[i];

		if (!t || t->state != CPU_THREAD_RUNNING)
			continue;
		charge(COST_TLB_FLUSH, 1);
		if (t == coro_current->ctx.thread || t->account != &vm->account[ACCOUNT_GUEST])
			continue;
		vm->exits[KVM_EXIT_INTERRUPT]++;
		cpu_charge_other(t, exit, COST_VMEXIT);
	}
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

void kvm_virtio_submitted(struct kvm_virtio *dev, unsigned int index, const void *caller)
{
	if (index < KVM_QUEUES)
		dev->submitted[index] = (struct kvm_submit){ caller, sender_time(dev->vm) };
}

void kvm_virtio_kick(struct kvm_virtio *dev, unsigned int index)
{
	struct ledger_account *old;

	if (dev->ops->queue_notify) {
		old = mmio_exit(dev);
		dev->nr_kicks++;
		dev->ops->queue_notify(dev, index);
		account_switch(old);
		return;
	}
	old = account_switch(&dev->vm->account[ACCOUNT_EXIT]);
	charge(COST_KICK_IOEVENTFD, 1);
	account_switch(old);
	dev->vm->exits[KVM_EXIT_IOEVENTFD]++;
	dev->nr_kicks++;
	dev->kick_pending |= 1u << index;
	if (!event_pending(&dev->kick_event))
		event_add(dev->vm->host->engine, &dev->kick_event, sender_time(dev->vm));
}

#define KVM_ENOSYS 1000

/* What the vCPU owes passes before it is in the guest again, where it could be interrupted. */
static void pass_time(void)
{
	struct cpu_thread *t = coro_current->ctx.thread;

	if (t && coro_current != &coro_main && t->pending)
		cpu_sync();
}

long kvm_hypercall(struct kvm_vm *vm, unsigned long nr, const unsigned long *arg,
		   const void *caller)
{
	const struct host_kernel_ops *ops = vm->host->kernel_ops;
	struct ledger_account *old = account_switch(&vm->account[ACCOUNT_EXIT]);
	long ret = -KVM_ENOSYS;

	charge(COST_VMEXIT, 1);
	vm->exits[KVM_EXIT_HYPERCALL]++;
	pass_time();
	if (ops)
		ret = ops->hypercall(vm, nr, arg, caller);
	pass_time();
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

	dev->ops->queue_enable(dev, index, addr);
	account_switch(old);
}
