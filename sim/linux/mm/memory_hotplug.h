/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory blocks of a guest, the units in which memory is taken offline (mm/memory_hotplug.c of
 * Linux 6.1); whoever writes to the
 * kernel's sysfs uses user_memory_block() of usermem.h.
 */
#ifndef __MM_MEMORY_HOTPLUG_H
#define __MM_MEMORY_HOTPLUG_H

/* Size of a block, pages. */
unsigned long memory_block_pages(void);
/*
 * Frames [start, start + nr), which are pageblocks of one zone.  offline_pages() moves what is in
 * use there away and takes as long as that takes; it may block.  0; -EINVAL: not of one zone;
 * -EBUSY: something cannot be moved; -EINTR: the task was killed.
 */
int offline_pages(unsigned long start, unsigned long nr);
int online_pages(unsigned long start, unsigned long nr);

#endif
