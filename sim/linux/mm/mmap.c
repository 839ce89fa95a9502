// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces of programs: areas, and the calls that make, use and remove them.
 *
 * Models the parts of mm/mmap.c and mm/madvise.c of Linux 6.1 that a program notices.  Areas get
 * ever higher addresses, each at the start of a page table of its own.
 *
 * Left out: merging of areas, files and shared file mappings, brk, mprotect, mlock, the mmap lock
 * (programs have one thread), page tables above the last level.  Shared memory of one name has one
 * page table for all who map it and is gone with its last mapping.
 */
#include "user.h"

struct mm_struct *user_mm_create(struct kernel *kernel, struct task_struct *task)
{
	struct mm_struct *mm = host_alloc(sizeof(*mm));

	mm->kernel = kernel;
	mm->task = task;
	mm->next_page = CHUNK_PAGES;
	list_add_tail(&mm->list, &kernel->mm->user->mms);
	if (task)
		task->mm = mm;
	return mm;
}

static void insert_area(struct mm_struct *mm, u32 at, struct vm_area_struct *vma)
{
	if (mm->nr_areas == mm->max_areas) {
		mm->max_areas = mm->max_areas ? mm->max_areas * 2 : 8;
		mm->area = host_realloc(mm->area, mm->max_areas * sizeof(*mm->area));
	}
	memmove(mm->area + at + 1, mm->area + at, (mm->nr_areas - at) * sizeof(*mm->area));
	mm->area[at] = vma;
	mm->nr_areas++;
}

static void put_space(struct address_space *space)
{
	if (--space->users)
		return;
	if (space->shared)
		list_del(&space->list);
	space_free(space);
}

/* Whether only areas [first, last) map a shared address space, the first of them being @at. */
static bool last_users(const struct mm_struct *mm, u32 first, u32 last, u32 at)
{
	const struct address_space *space = mm->area[at]->space;
	unsigned int users = 0;
	u32 i;

	for (i = first; i < last; i++) {
		if (mm->area[i]->space != space)
			continue;
		if (i < at)
			return false;
		users++;
	}
	return users == space->users;
}

/* Areas [first, last) go, with the pages of their address spaces that nobody else maps. */
static void remove_areas(struct mm_struct *mm, u32 first, u32 last)
{
	struct mmu_gather tlb;
	u32 i;

	tlb_gather_mmu(&tlb);
	for (i = first; i < last; i++) {
		struct vm_area_struct *vma = mm->area[i];

		if (!vma->space->shared)
			unmap_page_range(&tlb, vma->space, vma->pgoff, vma->end - vma->start,
					 true);
		else if (last_users(mm, first, last, i))
			unmap_page_range(&tlb, vma->space, 0, vma->space->nr_pages, true);
	}
	for (i = first; i < last; i++) {
		put_space(mm->area[i]->space);
		host_free(mm->area[i]);
	}
	if (last < mm->nr_areas)
		memmove(mm->area + first, mm->area + last,
			(mm->nr_areas - last) * sizeof(*mm->area));
	mm->nr_areas -= last - first;
	tlb_finish_mmu(&tlb);
}

void user_mm_destroy(struct mm_struct *mm)
{
	remove_areas(mm, 0, mm->nr_areas);
	if (mm->task)
		mm->task->mm = NULL;
	list_del(&mm->list);
	host_free(mm->area);
	host_free(mm);
}

static struct address_space *find_shared(const char *name)
{
	struct address_space *space;

	list_for_each_entry(space, &this_user->shared, list) {
		if (!strcmp(space->name, name))
			return space;
	}
	return NULL;
}

static struct address_space *get_shared(const char *name, u64 nr_pages)
{
	struct address_space *space = find_shared(name);

	if (space)
		return space->nr_pages >= nr_pages ? space : NULL;
	space = space_create(true, nr_pages);
	if (!space)
		return NULL;
	space->shared = true;
	space->name = host_alloc(strlen(name) + 1);
	memcpy(space->name, name, strlen(name) + 1);
	list_add_tail(&space->list, &this_user->shared);
	return space;
}

int64_t user_map(struct mm_struct *mm, uint64_t bytes, enum user_thp thp, const char *shared)
{
	u64 nr_pages = PFN_UP(bytes);
	struct address_space *space;
	struct vm_area_struct *vma;

	charge(COST_GUEST_SYSCALL, thp == USER_THP_DEFAULT ? 1 : 2);
	if (!nr_pages || nr_pages > U32_MAX - CHUNK_PAGES)
		return -EINVAL;
	space = shared ? get_shared(shared, nr_pages) : space_create(true, nr_pages);
	if (!space)
		return shared ? -EINVAL : -ENOMEM;
	space->users++;
	vma = host_alloc(sizeof(*vma));
	vma->mm = mm;
	vma->space = space;
	vma->thp = shared ? USER_THP_NOHUGEPAGE : thp;
	vma->start = mm->next_page;
	vma->end = vma->start + nr_pages;
	mm->next_page = ALIGN(vma->end, CHUNK_PAGES) + CHUNK_PAGES;
	insert_area(mm, mm->nr_areas, vma);
	return (int64_t)(vma->start << PAGE_SHIFT);
}

/* The first area that ends above @page, or nr_areas. */
static u32 find_area(const struct mm_struct *mm, u64 page)
{
	u32 low = 0, high = mm->nr_areas;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (mm->area[middle]->end <= page)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct vm_area_struct *find_vma(const struct mm_struct *mm, u64 page)
{
	u32 at = find_area(mm, page);

	return at < mm->nr_areas && mm->area[at]->start <= page ? mm->area[at] : NULL;
}

/* Cut an area in two if @page is in the middle of it; returns the first one from @page on. */
static u32 split_area(struct mm_struct *mm, u64 page)
{
	struct vm_area_struct *vma = find_vma(mm, page), *tail;
	u32 at = find_area(mm, page);

	if (!vma || vma->start == page)
		return at;
	tail = host_alloc(sizeof(*tail));
	*tail = *vma;
	tail->start = page;
	tail->pgoff += page - vma->start;
	vma->end = page;
	vma->space->users++;
	insert_area(mm, at + 1, tail);
	return at + 1;
}

int user_unmap(struct mm_struct *mm, uint64_t addr, uint64_t len)
{
	u32 first, last;

	charge(COST_GUEST_SYSCALL, 1);
	if (!len)
		return -EINVAL;
	first = split_area(mm, PFN_DOWN(addr));
	last = split_area(mm, PFN_UP(addr + len));
	remove_areas(mm, first, last);
	user_resched();
	return 0;
}

int user_release(struct mm_struct *mm, uint64_t addr, uint64_t len)
{
	u64 page = PFN_DOWN(addr), end = PFN_UP(addr + len);
	struct mmu_gather tlb;
	int ret = 0;

	charge(COST_GUEST_SYSCALL, 1);
	tlb_gather_mmu(&tlb);
	while (page < end) {
		struct vm_area_struct *vma = find_vma(mm, page);
		u64 nr;

		if (!vma) {
			ret = -ENOMEM;
			break;
		}
		nr = min(end, vma->end) - page;
		/* Others see shared pages still; here they would only have to be mapped again. */
		if (!vma->space->shared)
			unmap_page_range(&tlb, vma->space, vma->pgoff + page - vma->start, nr,
					 false);
		page += nr;
	}
	tlb_finish_mmu(&tlb);
	user_resched();
	return ret;
}

/* Accesses of programs, area by area; memory.c has the rest. */
int user_access(struct mm_struct *mm, u64 addr, u64 len,
		int (*access)(struct vm_area_struct *vma, u64 index, u64 nr))
{
	u64 page = PFN_DOWN(addr), end = PFN_UP(addr + len);

	while (page < end) {
		struct vm_area_struct *vma = find_vma(mm, page);
		u64 nr;
		int ret;

		if (!vma)
			return -EFAULT;
		nr = min(end, vma->end) - page;
		ret = access(vma, vma->pgoff + page - vma->start, nr);
		if (ret)
			return ret;
		page += nr;
	}
	return 0;
}

void user_oom_killed(struct task_struct *victim)
{
	struct usermem_observer *observer = &this_user->observer;

	this_user->stats.oom_kills++;
	if (observer->oom_kill)
		observer->oom_kill(this_kernel, observer->ctx, victim,
				   victim->mm ? user_rss(victim->mm) : 0);
}

/* Neighbours of one address space are parts of one area, and it counts once. */
static bool area_counts(const struct mm_struct *mm, u32 i)
{
	return !i || mm->area[i]->space != mm->area[i - 1]->space;
}

uint64_t user_rss(const struct mm_struct *mm)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < mm->nr_areas; i++)
		sum += area_counts(mm, i) ? mm->area[i]->space->nr_resident : 0;
	return sum;
}

uint64_t user_swapped(const struct mm_struct *mm)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < mm->nr_areas; i++)
		sum += area_counts(mm, i) ? mm->area[i]->space->nr_swapped : 0;
	return sum;
}

/* oom_badness(): also one page of page table per 2 MiB that has any. */
unsigned long mm_badness_pages(const struct mm_struct *mm)
{
	unsigned long pages = user_rss(mm) + user_swapped(mm);
	u32 i;
	u64 c;

	for (i = 0; i < mm->nr_areas; i++) {
		const struct address_space *space = mm->area[i]->space;

		for (c = 0; area_counts(mm, i) && c < space->nr_chunks; c++)
			pages += space->chunk[c].pgtable != NULL;
	}
	return pages;
}

uint64_t user_min_flt(const struct mm_struct *mm)
{
	return mm->min_flt;
}

uint64_t user_maj_flt(const struct mm_struct *mm)
{
	return mm->maj_flt;
}
