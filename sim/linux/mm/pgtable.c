// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that page tables of programs take.
 *
 * Models what arch/x86/mm/pgtable.c, mm/memory.c (__pte_alloc(), free_pgd_range()) and
 * mm/mmu_gather.c of Linux 6.1 do to the page allocator: a root of two pages (order 1: one for the
 * kernel, one for user space, as page table isolation has it), one page for each 512 GiB, each GiB
 * and each 2 MiB in which something is mapped.  Tables go when nothing is left in what they span,
 * after a grace period; the root goes when no CPU uses it any more (kernel/fork.c).  Which page is
 * where is in mapping.c.
 *
 * Left out: five levels.
 */
#include "kernel/fork.h"
#include "user.h"

#define PMD_SHIFT_PAGES 18	/* pages that a table of the second level spans: 1 GiB */
#define PUD_SHIFT_PAGES 27	/* 512 GiB */
#define TABLE_BATCH 509		/* MAX_TABLE_BATCH */
#define GRACE_PERIOD 2		/* jiffies; an idle kernel needs two to three */

bool pgd_alloc(struct mm_struct *mm)
{
	mm->pgd = alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO, 1);
	if (!mm->pgd)
		return false;
	process_pages_account(2);
	mm->nr_pmd = DIV_ROUND_UP(mm->space->nr_pages, 1ul << PMD_SHIFT_PAGES);
	mm->nr_upper = mm->nr_pmd + DIV_ROUND_UP(mm->space->nr_pages, 1ul << PUD_SHIFT_PAGES);
	mm->upper = host_alloc(mm->nr_upper * sizeof(*mm->upper));
	return true;
}

void pgd_free(struct page *pgd)
{
	process_pages_account(-2);
	__free_pages(pgd, 1);
}

static struct page *table_alloc(struct page **at)
{
	struct page *page;

	if (*at)
		return *at;
	page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!page)
		return NULL;
	/* Allocating may have waited, and somebody who shares the memory was here first. */
	if (*at) {
		__free_page(page);
		return *at;
	}
	SetPageTable(page);
	*at = page;
	mod_node_page_state(this_kernel->pgdat, NR_PAGETABLE, 1);
	return page;
}

static bool upper_alloc(struct mm_struct *mm, u64 nr)
{
	if (mm->upper[nr])
		return true;
	if (!table_alloc(&mm->upper[nr]))
		return false;
	mm->space->nr_tables++;
	return true;
}

int pgtable_alloc(const struct user_area *vma, u64 index)
{
	struct map_chunk *chunk = chunk_of(vma->space, index);
	u64 page = vma->start + (index - vma->pgoff);
	struct mm_struct *mm = vma->mm;

	if (!upper_alloc(mm, mm->nr_pmd + (page >> PUD_SHIFT_PAGES)) ||
	    !upper_alloc(mm, page >> PMD_SHIFT_PAGES))
		return -ENOMEM;
	if (chunk->pgtable)
		return 0;
	if (!table_alloc(&chunk->pgtable))
		return -ENOMEM;
	vma->space->nr_tables++;
	return 0;
}

void pgtable_free(struct page *page)
{
	ClearPageTable(page);
	mod_node_page_state(this_kernel->pgdat, NR_PAGETABLE, -1);
	__free_page(page);
}

/*
 * A table waits for the end of the gather, and then for a grace period.  As in tlb_remove_table()
 * a page lists up to 509 of them, and goes with them; here the list does not need it.
 */
static void remove_table(struct mmu_gather *tlb, struct page *table)
{
	struct page *batch;

	if (tlb->nr_tables++ % TABLE_BATCH == 0) {
		batch = alloc_page(GFP_NOWAIT | __GFP_NOWARN);
		if (batch)
			list_add_tail(&batch->lru, &tlb->tables);
	}
	list_add_tail(&table->lru, &tlb->tables);
}

void free_chunk_table(struct mmu_gather *tlb, struct address_space *space,
		      struct map_chunk *chunk)
{
	if (chunk->pgtable) {
		remove_table(tlb, chunk->pgtable);
		space->nr_tables--;
	}
	chunk->pgtable = NULL;
	host_free(chunk->table);
	chunk->table = NULL;
	chunk->run = 0;
}

static void free_upper(struct mmu_gather *tlb, struct mm_struct *mm, u64 nr)
{
	if (!mm->upper[nr])
		return;
	remove_table(tlb, mm->upper[nr]);
	mm->upper[nr] = NULL;
	mm->space->nr_tables--;
}

/* Tables that span 1 << @shift pages, as far as all that they span is free: [*first, *last). */
static void free_span(u64 start, u64 end, u64 floor, u64 ceiling, unsigned int shift, u64 *first,
		      u64 *last)
{
	*first = max(start >> shift, DIV_ROUND_UP(floor, 1ul << shift));
	*last = min(DIV_ROUND_UP(end, 1ul << shift), ceiling >> shift);
}

void free_pgtables(struct mmu_gather *tlb, struct mm_struct *mm, u64 start, u64 end, u64 floor,
		   u64 ceiling)
{
	struct address_space *space = mm->space;
	u64 first, last;

	free_span(start, end, floor, ceiling, CHUNK_SHIFT, &first, &last);
	first = max(first, space->first_chunk);
	for (; first < min(last, space->nr_chunks); first++)
		free_chunk_table(tlb, space, &space->chunk[first]);
	free_span(start, end, floor, ceiling, PMD_SHIFT_PAGES, &first, &last);
	for (; first < min(last, mm->nr_pmd); first++)
		free_upper(tlb, mm, first);
	free_span(start, end, floor, ceiling, PUD_SHIFT_PAGES, &first, &last);
	for (; first < min(last, mm->nr_upper - mm->nr_pmd); first++)
		free_upper(tlb, mm, mm->nr_pmd + first);
}

/* Grace periods */

static void free_tables(struct list_head *tables)
{
	while (!list_empty(tables)) {
		struct page *page = list_first_entry(tables, struct page, lru);

		list_del(&page->lru);
		if (PageTable(page))
			pgtable_free(page);
		else
			__free_page(page);
	}
}

static void grace_period_ended(struct timer_list *timer)
{
	struct user_state *user = container_of(timer, struct user_state, rcu_timer);

	free_tables(&user->rcu_tables);
	list_splice_init(&user->rcu_tables_next, &user->rcu_tables);
	if (!list_empty(&user->rcu_tables))
		mod_timer(timer, jiffies + GRACE_PERIOD);
}

void tlb_free_tables(struct list_head *tables)
{
	struct user_state *user = this_user;

	if (!this_kernel->sched || !this_kernel->vm) {
		free_tables(tables);
		return;
	}
	if (list_empty(tables))
		return;
	if (timer_pending(&user->rcu_timer)) {
		list_splice_tail_init(tables, &user->rcu_tables_next);
		return;
	}
	list_splice_tail_init(tables, &user->rcu_tables);
	mod_timer(&user->rcu_timer, jiffies + GRACE_PERIOD);
}

void pgtable_init(struct user_state *user)
{
	INIT_LIST_HEAD(&user->rcu_tables);
	INIT_LIST_HEAD(&user->rcu_tables_next);
	timer_setup(&user->rcu_timer, grace_period_ended, 0);
}
