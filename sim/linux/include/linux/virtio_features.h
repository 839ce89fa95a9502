/* SPDX-License-Identifier: GPL-2.0-only */
/* model: features of a virtio device, more of them than an integer has bits (since Linux 6.17). */
#ifndef _LINUX_VIRTIO_FEATURES_H
#define _LINUX_VIRTIO_FEATURES_H

#include <linux/types.h>
#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/string.h>

#define VIRTIO_FEATURES_U64S 2
#define VIRTIO_FEATURES_BITS (64 * VIRTIO_FEATURES_U64S)

/* Warns of a bit that there is not. */
static inline bool virtio_features_has(unsigned int bit)
{
	return !WARN_ON_ONCE(bit >= VIRTIO_FEATURES_BITS);
}

static inline bool virtio_features_test_bit(const u64 *features, unsigned int bit)
{
	return virtio_features_has(bit) && features[bit / 64] >> bit % 64 & 1;
}

static inline void virtio_features_set_bit(u64 *features, unsigned int bit)
{
	if (virtio_features_has(bit))
		features[bit / 64] |= BIT_ULL(bit % 64);
}

static inline void virtio_features_from_u64(u64 *features, u64 first)
{
	unsigned int i;

	for (i = 0; i < VIRTIO_FEATURES_U64S; i++)
		features[i] = i ? 0 : first;
}

#define virtio_features_zero(features) virtio_features_from_u64(features, 0)

static inline void virtio_features_copy(u64 *to, const u64 *from)
{
	memcpy(to, from, sizeof(u64) * VIRTIO_FEATURES_U64S);
}

static inline bool virtio_features_equal(const u64 *a, const u64 *b)
{
	return !memcmp(a, b, sizeof(u64) * VIRTIO_FEATURES_U64S);
}

#endif
