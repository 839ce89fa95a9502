// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls of KVM guests that modules handle.
 *
 * Handlers may sleep, so that a call holds an SRCU read lock for as long as it lasts.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kvm_hypercall.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/srcu.h>

static LIST_HEAD(calls);
static DEFINE_MUTEX(calls_lock);	/* who changes the list */
static u32 calls_features;		/* of all on it; read without the lock */
DEFINE_STATIC_SRCU(calls_srcu);

static struct kvm_hypercall *find_call(unsigned long nr)
{
	struct kvm_hypercall *call;

	list_for_each_entry_srcu(call, &calls, list,
				 srcu_read_lock_held(&calls_srcu) ||
				 lockdep_is_held(&calls_lock))
		if (call->nr == nr)
			return call;
	return NULL;
}

/* The list has changed. */
static void update_features(void)
{
	struct kvm_hypercall *call;
	u32 features = 0;

	list_for_each_entry(call, &calls, list)
		features |= BIT(call->feature);
	WRITE_ONCE(calls_features, features);
}

int kvm_hypercall_register(struct kvm_hypercall *call)
{
	int ret = 0;

	mutex_lock(&calls_lock);
	if (find_call(call->nr))
		ret = -EEXIST;
	else
		list_add_tail_rcu(&call->list, &calls);
	update_features();
	mutex_unlock(&calls_lock);
	return ret;
}
EXPORT_SYMBOL_GPL(kvm_hypercall_register);

void kvm_hypercall_unregister(struct kvm_hypercall *call)
{
	mutex_lock(&calls_lock);
	list_del_rcu(&call->list);
	update_features();
	mutex_unlock(&calls_lock);
	synchronize_srcu(&calls_srcu);
}
EXPORT_SYMBOL_GPL(kvm_hypercall_unregister);

bool kvm_hypercall_of_module(struct kvm_vcpu *vcpu, unsigned long nr, unsigned long a0,
			     unsigned long a1, unsigned long a2, unsigned long a3,
			     unsigned long *ret)
{
	const unsigned long args[] = { a0, a1, a2, a3 };
	int idx = srcu_read_lock(&calls_srcu);
	struct kvm_hypercall *call = find_call(nr);

	if (call)
		*ret = call->handle(vcpu, args);
	srcu_read_unlock(&calls_srcu, idx);
	return call;
}

u32 kvm_hypercall_features(void)
{
	/* CPUID is made with preemption off. */
	return READ_ONCE(calls_features);
}
