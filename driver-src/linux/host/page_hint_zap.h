/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking away what backs a range of a VMM's memory, as madvise(MADV_DONTNEED) does.
 *
 * madvise() itself is not there for kernel code.  Locked memory and hugetlbfs stay, as with
 * madvise(); so does shared memory, of which zapping would take away the mapping and no page, and
 * memory of files, which would be read anew instead of as zeroes.  An area that userfaultfd watches
 * stays as well: whoever saves or fills it (a background snapshot, postcopy) would not learn of it.
 */
#ifndef _BALLAST_PAGE_HINT_ZAP_H
#define _BALLAST_PAGE_HINT_ZAP_H

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/userfaultfd_k.h>

#define PAGE_HINT_VM_STAYS	(VM_LOCKED | VM_PFNMAP | VM_HUGETLB | VM_SHARED)

/* The area with an address, if it is memory that can be taken away. */
static inline struct vm_area_struct *page_hint_area(struct mm_struct *mm, unsigned long hva)
{
	struct vm_area_struct *vma = find_vma(mm, hva);

	if (!vma || vma->vm_start > hva || vma->vm_flags & PAGE_HINT_VM_STAYS)
		return NULL;
	if (!vma_is_anonymous(vma) || userfaultfd_armed(vma))
		return NULL;
	return vma;
}

/*
 * All of [hva, hva + len), or nothing: false.  The caller holds the mmap lock for read, which is
 * enough for zapping, and has seen to it that the range does not wrap.
 */
static inline bool page_hint_zap(struct mm_struct *mm, unsigned long hva, unsigned long len)
{
	unsigned long end = hva + len, at;
	struct vm_area_struct *vma;

	for (at = hva; at < end; at = vma->vm_end) {
		vma = page_hint_area(mm, at);
		if (!vma)
			return false;
	}
	for (at = hva; at < end; at = vma->vm_end) {
		vma = page_hint_area(mm, at);
		zap_page_range(vma, at, min(end, vma->vm_end) - at);
	}
	return true;
}

#endif
