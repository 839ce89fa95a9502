/* SPDX-License-Identifier: GPL-2.0-only */
/* model: copies touch guest RAM as the VMM, which may have to be swapped in */
#ifndef MODEL_QEMU_IOV_H
#define MODEL_QEMU_IOV_H

#include <stddef.h>
#include <sys/uio.h>

/* Copy up to @bytes from @offset on; returns how many there were. */
size_t iov_to_buf(const struct iovec *iov, const unsigned int iov_cnt, size_t offset, void *buf,
		  size_t bytes);
size_t iov_from_buf(const struct iovec *iov, unsigned int iov_cnt, size_t offset, const void *buf,
		    size_t bytes);
size_t iov_size(const struct iovec *iov, const unsigned int iov_cnt);

#endif
