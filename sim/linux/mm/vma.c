// SPDX-License-Identifier: GPL-2.0-only
/*
 * The areas of an address space by address, and where there is room for another one.
 *
 * Stands for the maple tree of Linux 6.1 as far as its answers go (area_after(), vm_unmapped_area()
 * from the top down): a treap whose nodes know the largest gap between the areas below them.  Its
 * shape follows from addresses alone.  Left out: the memory that the nodes of a maple tree take.
 */
#include "random.h"
#include "user.h"

static u64 first_of(const struct user_area *vma)
{
	return vma->left ? vma->left->sub_start : vma->start;
}

static u64 last_of(const struct user_area *vma)
{
	return vma->right ? vma->right->sub_end : vma->end;
}

/* Areas below a node have changed. */
static struct user_area *updated(struct user_area *vma)
{
	u64 gap = 0;

	if (vma->left)
		gap = max(vma->left->sub_gap, vma->start - vma->left->sub_end);
	if (vma->right)
		gap = max(gap, max(vma->right->sub_gap, vma->right->sub_start - vma->end));
	vma->sub_gap = gap;
	vma->sub_start = first_of(vma);
	vma->sub_end = last_of(vma);
	return vma;
}

/* Areas that begin below @page, and the others. */
static void split(struct user_area *tree, u64 page, struct user_area **low,
		  struct user_area **high)
{
	if (!tree) {
		*low = *high = NULL;
	} else if (tree->start < page) {
		split(tree->right, page, &tree->right, high);
		*low = updated(tree);
	} else {
		split(tree->left, page, low, &tree->left);
		*high = updated(tree);
	}
}

static struct user_area *join(struct user_area *low, struct user_area *high)
{
	if (!low || !high)
		return low ? low : high;
	if (low->rank >= high->rank) {
		low->right = join(low->right, high);
		return updated(low);
	}
	high->left = join(low, high->left);
	return updated(high);
}

void vma_insert(struct mm_struct *mm, struct user_area *vma)
{
	struct user_area *low, *high;

	vma->left = vma->right = NULL;
	vma->rank = random_mix(vma->start * 0x9e3779b97f4a7c15ull);
	split(mm->areas, vma->start, &low, &high);
	mm->areas = join(join(low, updated(vma)), high);
}

void vma_remove(struct mm_struct *mm, struct user_area *vma)
{
	struct user_area *low, *high, *gone;

	split(mm->areas, vma->start, &low, &high);
	split(high, vma->start + 1, &gone, &high);
	BUG_ON(gone != vma);
	mm->areas = join(low, high);
}

void vma_set_range(struct mm_struct *mm, struct user_area *vma, u64 start, u64 end)
{
	vma_remove(mm, vma);
	vma->pgoff += start - vma->start;
	vma->start = start;
	vma->end = end;
	vma_insert(mm, vma);
}

/* The first area that ends above @page. */
struct user_area *area_after(const struct mm_struct *mm, u64 page)
{
	struct user_area *vma = mm->areas, *found = NULL;

	while (vma) {
		if (vma->end > page) {
			found = vma;
			vma = vma->left;
		} else {
			vma = vma->right;
		}
	}
	return found;
}

struct user_area *area_before(const struct mm_struct *mm, u64 page)
{
	struct user_area *vma = mm->areas, *found = NULL;

	while (vma) {
		if (vma->end <= page) {
			found = vma;
			vma = vma->right;
		} else {
			vma = vma->left;
		}
	}
	return found;
}

/* End of the highest gap of @nr pages between the areas below @vma, 0: none. */
static u64 highest_gap(const struct user_area *vma, u64 nr)
{
	while (vma && vma->sub_gap >= nr) {
		if (vma->right) {
			if (vma->right->sub_gap >= nr) {
				vma = vma->right;
				continue;
			}
			if (vma->right->sub_start - vma->end >= nr)
				return vma->right->sub_start;
		}
		if (vma->left && vma->start - vma->left->sub_end >= nr)
			return vma->start;
		vma = vma->left;
	}
	return 0;
}

u64 find_unmapped_area(const struct mm_struct *mm, u64 nr)
{
	const struct user_area *all = mm->areas;
	u64 end;

	if (!all || mm->mmap_base - all->sub_end >= nr) {
		end = mm->mmap_base;
	} else {
		end = highest_gap(all, nr);
		if (!end)
			end = all->sub_start;
	}
	/* Never the first page. */
	return end > nr ? end - nr : 0;
}
