/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of each page of a guest, for who observes it; see guest_pages.c.
 */
#ifndef BALLAST_LINUX_GUEST_PAGES_H
#define BALLAST_LINUX_GUEST_PAGES_H

struct guest_observer;
struct kernel;

/* From now on; @observer must outlive the kernel. */
void guest_pages_observe(struct kernel *kernel, const struct guest_observer *observer);

#endif
