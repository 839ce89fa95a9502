// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces of programs: areas, and the calls that make, use and remove them.
 *
 * Models the parts of mm/mmap.c and mm/madvise.c of Linux 6.1 that a program notices, or that can
 * be seen of the memory it takes: mappings lie side by side from the top down, the highest gap that
 * is large enough is used first, neighbours of a kind are one area, the middle of an area can be
 * unmapped.  Nothing aligns a mapping to 2 MiB; its ends are mapped by 4 KiB then.  A process
 * begins with some pages of data and of stack.
 *
 * Left out: files and shared file mappings, brk, mprotect, mlock, the mmap lock (programs have one
 * thread).  Shared memory of one name has one page table for all who map it and is gone with its
 * last mapping.
 */
#include "kernel/fork.h"
#include "random.h"
#include "user.h"

/*
 * Anonymous pages that a small static program has of its own: of /proc/PID/smaps of the agent's
 * programs in a real guest.
 */
#define PROCESS_DATA_PAGES 14
#define PROCESS_STACK_PAGES 5

#define GIB_PAGES (1ul << (30 - PAGE_SHIFT))
/* Addresses that a process can use: 16 TiB at most, since indexes are 32 bits. */
#define WINDOW_MAX ((1ul << 32) - GIB_PAGES)
/* From the end: a GiB with the stack, one with data; then, with mappings, downwards. */
#define DATA_BELOW_END (2 * GIB_PAGES)
/* arch_mmap_rnd() takes 28 bits; what shows is where a mapping lies within 2 MiB, and 1 GiB. */
#define MMAP_RANDOM_PAGES GIB_PAGES

/* Room to map four times what there is: what is mapped need not be touched. */
static u64 window_pages(const struct kernel *kernel)
{
	const struct swap_info *swap = kernel->mm->user->swap;
	u64 pages = kernel->max_pfn + (swap ? swap->nr_slots : 0);

	return min_t(u64, ALIGN(4 * pages, GIB_PAGES) + 8 * GIB_PAGES, WINDOW_MAX);
}

static u64 mmap_base(const struct kernel *kernel, u64 window, const struct task_struct *task)
{
	struct random_stream rs;
	char name[96];
	u64 base = window - DATA_BELOW_END;

	if (!task || kernel->no_jitter)
		return base;
	snprintf(name, sizeof(name), "mmap/%s/%d", kernel->name, task->pid);
	random_init(&rs, kernel->seed, name);
	return base - random_below(&rs, MMAP_RANDOM_PAGES);
}

/* Areas */

static struct user_area *area_alloc(void)
{
	struct user_area *vma;
	void *object = process_object_alloc(OBJECT_VM_AREA);

	if (!object)
		return NULL;
	vma = host_alloc(sizeof(*vma));
	vma->object = object;
	return vma;
}

static void area_free(struct user_area *vma)
{
	process_object_free(vma->object);
	host_free(vma);
}

static struct user_area *area_create(struct mm_struct *mm, struct address_space *space,
					  u64 start, u64 nr_pages, enum user_thp thp)
{
	struct user_area *vma = area_alloc();

	if (!vma)
		return NULL;
	vma->mm = mm;
	vma->space = space;
	vma->thp = thp;
	vma->ra = SWAP_RA_VMA_INIT;
	vma->start = start;
	vma->end = start + nr_pages;
	vma->pgoff = space->shared ? 0 : start;
	space->first_chunk = min(space->first_chunk, vma->pgoff >> CHUNK_SHIFT);
	return vma;
}

static bool can_merge(const struct user_area *vma, const struct address_space *space,
		      enum user_thp thp)
{
	return vma && vma->space == space && !space->shared && vma->thp == thp;
}

/* A new area, or a neighbour that is larger now (vma_merge()). */
static struct user_area *map_area(struct mm_struct *mm, struct address_space *space, u64 start,
				       u64 nr_pages, enum user_thp thp)
{
	struct user_area *prev = area_before(mm, start), *next = area_after(mm, start), *vma;
	u64 end = start + nr_pages;
	bool with_prev = can_merge(prev, space, thp) && prev->end == start;
	bool with_next = can_merge(next, space, thp) && next->start == end;

	if (with_prev && with_next) {
		end = next->end;
		vma_remove(mm, next);
		area_free(next);
	}
	if (with_prev) {
		vma_set_range(mm, prev, prev->start, end);
		return prev;
	}
	if (with_next) {
		space->first_chunk = min(space->first_chunk, start >> CHUNK_SHIFT);
		vma_set_range(mm, next, start, next->end);
		return next;
	}
	vma = area_create(mm, space, start, nr_pages, thp);
	if (!vma)
		return NULL;
	vma_insert(mm, vma);
	space->users++;
	return vma;
}

/* Cut an area in two if @page is in the middle of it (__split_vma()). */
static int split_area(struct mm_struct *mm, u64 page)
{
	struct user_area *vma = area_after(mm, page), *tail;

	if (!vma || vma->start >= page)
		return 0;
	tail = area_create(mm, vma->space, page, vma->end - page, vma->thp);
	if (!tail)
		return -ENOMEM;
	tail->pgoff = vma->pgoff + (page - vma->start);
	tail->ra = vma->ra;
	vma_set_range(mm, vma, vma->start, page);
	vma_insert(mm, tail);
	tail->space->users++;
	return 0;
}

static void put_space(struct address_space *space)
{
	space->users--;
	if (!space->shared || space->users)
		return;
	list_del(&space->list);
	space_free(space);
}

/* Whether areas of [start, end) are all that map a shared address space, @first being the first. */
static bool last_users(const struct mm_struct *mm, const struct user_area *first, u64 end)
{
	const struct user_area *vma;
	unsigned int users = 0;

	for (vma = first; vma && vma->start < end; vma = area_after(mm, vma->end))
		users += vma->space == first->space;
	return users == first->space->users;
}

static void unmap_shared(struct mmu_gather *tlb, struct address_space *space)
{
	u64 c;

	unmap_page_range(tlb, space, 0, space->nr_pages);
	for (c = 0; c < space->nr_chunks; c++)
		free_chunk_table(tlb, space, &space->chunk[c]);
}

/*
 * Pages of the areas in [start, end), with those of their address spaces that nobody else maps;
 * returns the area behind them (unmap_vmas()).
 */
static struct user_area *unmap_areas(struct mmu_gather *tlb, struct mm_struct *mm, u64 start,
					  u64 end)
{
	struct user_area *vma;

	for (vma = area_after(mm, start); vma && vma->start < end; vma = area_after(mm, vma->end)) {
		if (!vma->space->shared)
			unmap_page_range(tlb, vma->space, vma->pgoff, vma->end - vma->start);
		else if (last_users(mm, vma, end))
			unmap_shared(tlb, vma->space);
	}
	return vma;
}

static void free_areas(struct mm_struct *mm, u64 start, u64 end)
{
	struct user_area *vma;

	while ((vma = area_after(mm, start)) && vma->start < end) {
		vma_remove(mm, vma);
		put_space(vma->space);
		area_free(vma);
	}
}

/* Whole areas in [start, end) go (unmap_region()). */
static void remove_areas(struct mm_struct *mm, u64 start, u64 end)
{
	struct user_area *prev = area_before(mm, start), *next = area_after(mm, start);
	struct mmu_gather tlb;
	u64 ceiling;

	if (!next || next->start >= end)
		return;
	tlb_gather_mmu(&tlb);
	next = unmap_areas(&tlb, mm, start, end);
	/* Above them are mappings, or the process's own areas. */
	ceiling = next ? next->start : mm->space->nr_pages - DATA_BELOW_END;
	free_pgtables(&tlb, mm, start, end, prev ? prev->end : 0, ceiling);
	tlb_finish_mmu(&tlb);
	free_areas(mm, start, end);
}

/* The program's own areas; without a task (unit tests) there are none. */
static bool map_own(struct mm_struct *mm, u64 end)
{
	static const u64 nr_pages[] = { [OWN_DATA] = PROCESS_DATA_PAGES,
					[OWN_STACK] = PROCESS_STACK_PAGES };
	const u64 start[] = { [OWN_DATA] = end - DATA_BELOW_END,
			      [OWN_STACK] = end - PROCESS_STACK_PAGES };
	unsigned int i;

	for (i = 0; mm->task && i < NR_OWN_AREAS; i++) {
		mm->own[i] = area_create(mm, mm->space, start[i], nr_pages[i],
					 USER_THP_NOHUGEPAGE);
		if (!mm->own[i] || user_populate(mm->own[i]))
			return false;
	}
	return true;
}

static void unmap_own(struct mm_struct *mm, struct mmu_gather *tlb, unsigned int i)
{
	const struct user_area *vma = mm->own[i];

	if (vma)
		unmap_page_range(tlb, vma->space, vma->pgoff, vma->end - vma->start);
}

struct mm_struct *user_mm_create(struct kernel *kernel, struct task_struct *task)
{
	struct mm_struct *mm = host_alloc(sizeof(*mm));
	u64 window = window_pages(kernel);

	kernel_active_touch();
	mm->kernel = kernel;
	mm->task = task;
	mm->mmap_base = mmap_base(kernel, window, task);
	mm->space = space_create(SPACE_PRIVATE, window);
	if (!mm->space || !pgd_alloc(mm)) {
		if (mm->space)
			space_free(mm->space);
		host_free(mm);
		return NULL;
	}
	list_add_tail(&mm->list, &kernel->mm->user->mms);
	if (task)
		task->mm = mm;
	if (map_own(mm, window))
		return mm;
	user_mm_destroy(mm);
	return NULL;
}

/*
 * exit_mmap(): one gather for all, so that nothing is freed before everything is unmapped.  The
 * root of the page tables goes when no CPU uses it any more.
 */
static void exit_mmap(struct mm_struct *mm)
{
	u64 end = mm->space->nr_pages;
	struct mmu_gather tlb;
	unsigned int i;

	tlb_gather_mmu(&tlb);
	unmap_own(mm, &tlb, OWN_DATA);
	unmap_areas(&tlb, mm, 0, end);
	unmap_own(mm, &tlb, OWN_STACK);
	free_pgtables(&tlb, mm, 0, end, 0, ~0ull);
	tlb_finish_mmu(&tlb);
	free_areas(mm, 0, end);
	for (i = 0; i < NR_OWN_AREAS; i++) {
		if (mm->own[i])
			area_free(mm->own[i]);
		mm->own[i] = NULL;
	}
}

void user_mm_destroy(struct mm_struct *mm)
{
	kernel_active_touch();
	exit_mmap(mm);
	process_put_pgd(mm->task, mm->pgd);
	if (mm->task)
		mm->task->mm = NULL;
	list_del(&mm->list);
	WARN(mm->space->nr_resident || mm->space->nr_swapped || mm->space->nr_tables,
	     "exit_mmap: %lu pages, %lu in swap and %lu tables remain\n", mm->space->nr_resident,
	     mm->space->nr_swapped, mm->space->nr_tables);
	space_free(mm->space);
	mm_free(mm);
}

/* What the simulator keeps of it. */
void mm_free(struct mm_struct *mm)
{
	struct user_area *vma;
	unsigned int i;

	while ((vma = mm->areas)) {
		vma_remove(mm, vma);
		host_free(vma);
	}
	for (i = 0; i < NR_OWN_AREAS; i++)
		host_free(mm->own[i]);
	host_free(mm->upper);
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
	space = space_create(SPACE_SHARED, nr_pages);
	if (!space)
		return NULL;
	space->name = host_alloc(strlen(name) + 1);
	memcpy(space->name, name, strlen(name) + 1);
	list_add_tail(&space->list, &this_user->shared);
	return space;
}

int64_t user_map(struct mm_struct *mm, uint64_t bytes, enum user_thp thp, const char *shared)
{
	u64 nr_pages = PFN_UP(bytes), start;
	struct address_space *space = mm->space;

	charge(COST_GUEST_SYSCALL, thp == USER_THP_DEFAULT ? 1 : 2);
	if (!nr_pages || nr_pages > WINDOW_MAX)
		return -EINVAL;
	start = find_unmapped_area(mm, nr_pages);
	if (!start)
		return -ENOMEM;
	if (shared) {
		space = get_shared(shared, nr_pages);
		thp = USER_THP_NOHUGEPAGE;
	}
	if (!space)
		return -EINVAL;
	if (map_area(mm, space, start, nr_pages, thp))
		return (int64_t)(start << PAGE_SHIFT);
	if (shared && !space->users) {
		list_del(&space->list);
		space_free(space);
	}
	return -ENOMEM;
}

int user_unmap(struct mm_struct *mm, uint64_t addr, uint64_t len)
{
	u64 start = PFN_DOWN(addr), end = PFN_UP(addr + len);

	charge(COST_GUEST_SYSCALL, 1);
	if (!len)
		return -EINVAL;
	if (split_area(mm, start) || split_area(mm, end))
		return -ENOMEM;
	remove_areas(mm, start, end);
	user_resched();
	return 0;
}

/* madvise_dontneed_single_vma(): a gather for each area. */
static void release_part(const struct user_area *vma, u64 start, u64 end)
{
	struct mmu_gather tlb;

	/* Others see shared pages still; here they would only have to be mapped again. */
	if (vma->space->shared)
		return;
	tlb_gather_mmu(&tlb);
	unmap_page_range(&tlb, vma->space, vma->pgoff + start - vma->start, end - start);
	tlb_finish_mmu(&tlb);
}

int user_release(struct mm_struct *mm, uint64_t addr, uint64_t len)
{
	u64 page = PFN_DOWN(addr), end = PFN_UP(addr + len);
	struct user_area *vma;
	int ret = 0;

	charge(COST_GUEST_SYSCALL, 1);
	/* A hole is an error, and what is behind it is released (madvise_walk_vmas()). */
	while (page < end) {
		vma = area_after(mm, page);
		if (!vma || vma->start > page)
			ret = -ENOMEM;
		if (!vma || vma->start >= end)
			break;
		page = max(page, vma->start);
		release_part(vma, page, min(end, vma->end));
		page = vma->end;
	}
	user_resched();
	return ret;
}

/* Accesses of programs, area by area; memory.c has the rest. */
int user_access(struct mm_struct *mm, u64 addr, u64 len,
		int (*access)(struct user_area *vma, u64 index, u64 nr))
{
	u64 page = PFN_DOWN(addr), end = PFN_UP(addr + len);

	while (page < end) {
		struct user_area *vma = area_after(mm, page);
		u64 nr;
		int ret;

		if (!vma || vma->start > page)
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

/* Shared memory counts once for each area that maps it. */
uint64_t user_rss(const struct mm_struct *mm)
{
	u64 sum = mm->space->nr_resident;
	struct user_area *vma;

	for (vma = area_after(mm, 0); vma; vma = area_after(mm, vma->end))
		sum += vma->space->shared ? vma->space->nr_resident : 0;
	return sum;
}

uint64_t user_swapped(const struct mm_struct *mm)
{
	u64 sum = mm->space->nr_swapped;
	struct user_area *vma;

	for (vma = area_after(mm, 0); vma; vma = area_after(mm, vma->end))
		sum += vma->space->shared ? vma->space->nr_swapped : 0;
	return sum;
}

/* oom_badness(): the tables, too. */
unsigned long mm_badness_pages(const struct mm_struct *mm)
{
	return user_rss(mm) + user_swapped(mm) + mm->space->nr_tables;
}

uint64_t user_min_flt(const struct mm_struct *mm)
{
	return mm->min_flt;
}

uint64_t user_maj_flt(const struct mm_struct *mm)
{
	return mm->maj_flt;
}
