// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our device, but whoever resets it waits until the iothread has applied the hint that it is at:
 * for the migration thread, and that for a receiver, with the big lock held.
 */
#define ballast_hint_drop ballast_hint_drop_at_once
#include "virtio-ballast-hint.c"
#undef ballast_hint_drop

void ballast_hint_drop(VirtIOBallast *dev);

void ballast_hint_drop(VirtIOBallast *dev)
{
	BallastHints *h = dev->hints;

	qemu_mutex_lock(&h->lock);
	while (h->current)
		qemu_cond_wait(&h->idle, &h->lock);
	qemu_mutex_unlock(&h->lock);
	ballast_hint_drop_at_once(dev);
}
