/* SPDX-License-Identifier: GPL-2.0-only */
/* stub: no VMM here has its memory watched: none is migrated or saved while it runs. */
#ifndef _LINUX_USERFAULTFD_K_H
#define _LINUX_USERFAULTFD_K_H

#include <linux/mm_types.h>

static inline bool userfaultfd_armed(struct vm_area_struct *vma)
{
	return false;
}

#endif
