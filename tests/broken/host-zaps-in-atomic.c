// SPDX-License-Identifier: GPL-2.0-only
/* The handler that ships, but with RCU where only SRCU will do: its readers must not sleep. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kvm_host.h>
#include <linux/rcupdate.h>

static inline int rcu_for_srcu(struct srcu_struct *ssp)
{
	rcu_read_lock();
	return srcu_read_lock(ssp);
}

static inline void rcu_for_srcu_done(struct srcu_struct *ssp, int idx)
{
	srcu_read_unlock(ssp, idx);
	rcu_read_unlock();
}

#define srcu_read_lock rcu_for_srcu
#define srcu_read_unlock rcu_for_srcu_done
#include "../../driver-src/linux/host/kvm_page_hint.c"
