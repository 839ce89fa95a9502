// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notifier chains: sorted by priority, later ones behind equals (kernel/notifier.c).
 *
 * A blocking chain is called with its semaphore held for read, so that who takes a block off it
 * waits until nobody is in it.
 */
#include <linux/errno.h>
#include <linux/notifier.h>
#include <linux/stddef.h>

static int chain_add(struct notifier_block **link, struct notifier_block *nb)
{
	while (*link && (*link)->priority >= nb->priority) {
		if (*link == nb)
			return -EEXIST;
		link = &(*link)->next;
	}
	nb->next = *link;
	*link = nb;
	return 0;
}

static int chain_remove(struct notifier_block **link, struct notifier_block *nb)
{
	for (; *link; link = &(*link)->next) {
		if (*link == nb) {
			*link = nb->next;
			return 0;
		}
	}
	return -ENOENT;
}

static int chain_call(struct notifier_block *nb, unsigned long action, void *data)
{
	int ret = NOTIFY_DONE;

	while (nb) {
		struct notifier_block *next = nb->next;

		ret = nb->notifier_call(nb, action, data);
		if (ret & NOTIFY_STOP_MASK)
			break;
		nb = next;
	}
	return ret;
}

int blocking_notifier_chain_register(struct blocking_notifier_head *nh, struct notifier_block *nb)
{
	int err;

	down_write(&nh->rwsem);
	err = chain_add(&nh->head, nb);
	up_write(&nh->rwsem);
	return err;
}

int blocking_notifier_chain_unregister(struct blocking_notifier_head *nh,
				       struct notifier_block *nb)
{
	int err;

	down_write(&nh->rwsem);
	err = chain_remove(&nh->head, nb);
	up_write(&nh->rwsem);
	return err;
}

int blocking_notifier_call_chain(struct blocking_notifier_head *nh, unsigned long action,
				 void *data)
{
	int ret = NOTIFY_DONE;

	/* Looked at without the lock, as there; who comes at that moment is not called. */
	if (nh->head) {
		down_read(&nh->rwsem);
		ret = chain_call(nh->head, action, data);
		up_read(&nh->rwsem);
	}
	return ret;
}
