// SPDX-License-Identifier: GPL-2.0-only
/*
 * madvise() of a VMM on the mapping that backs guest RAM, and what its host's kernel zaps itself.
 *
 * Models madvise_dontneed_free() of mm/madvise.c and the MMU notifier behind it in KVM (Linux
 * 6.1): leaves are zapped under kvm->mmu_lock, 2 MiB leaves that are covered in part are split, and
 * each call that zapped anything flushes the TLB of the VMM's own mapping and, if the EPT had some
 * of it, of vCPUs once.  Either interrupts the vCPUs that run, since their threads have the VMM's
 * mm loaded in the guest, too: a page whose 2 MiB leaf was split before is not in the EPT any
 * more, and its discard interrupts them all the same.  MADV_FREE marks pages: they go when memory
 * is short, unless they are written before, and the EPT has them no more (but for 2 MiB leaves:
 * left out, since a violation costs little beside the zeroing that it saves).  Swapped pages lose
 * their slots either way.
 *
 * Of a shared file DONTNEED drops but the mapping: frames and contents stay in the page cache, and
 * the next access maps them again; FREE is refused (madvise_free_single_vma()).  What frees is a
 * hole in the file (shmem_fallocate()).  Of pinned memory the mapping is dropped, too, and the
 * frame stays with the device until the VMM ends, while the guest gets a new one.  Whoever discards
 * such memory is told of it once.
 *
 * The mmap lock is taken for read by these calls and by faults alike, so that they do not wait for
 * each other; what they contend for is mmu_lock.  Only khugepaged.c takes it for write while guests
 * run, and says how that is modelled.
 */
#include "memory.h"

#include <errno.h>

#include "swap.h"

struct zap {
	struct guest_ram *ram;
	enum host_madvise advice;
	bool keeps;		/* a shared file, of which the mapping goes */
	uint64_t frames;	/* given back, or marked */
	uint64_t nr_zapped;	/* entries of the VMM's mapping */
	uint64_t nr_leaves;	/* of the EPT */
	uint64_t nr_staying;	/* pages that are being read, or are marked and not in the EPT */
};

static void mark_lazyfree(struct host *host, uint32_t index, bool huge, uint32_t *state)
{
	*state &= ~(PAGE_ACCESSED | PAGE_REFERENCED);
	host->lru->clear_young(host, index);
	if (*state & PAGE_LAZYFREE)
		return;
	lru_del(host, index, huge);
	*state |= PAGE_LAZYFREE;
	lru_add(host, index, huge, LRU_PLACE_INACTIVE);
}

static void zap_huge(struct zap *zap, uint64_t block)
{
	struct guest_ram *ram = zap->ram;

	charge(COST_EPT_HUGE_ZAP, 1);
	zap->nr_zapped++;
	zap->nr_leaves++;
	if (zap->advice == HOST_MADV_DONTNEED) {
		zap->frames += ram_drop_huge(ram, block) ? HOST_PMD_PAGES : 0;
		return;
	}
	zap->frames += HOST_PMD_PAGES;
	mark_lazyfree(ram->host, page_index(ram, block << HOST_PMD_ORDER), true,
		      &ram->pmd[block].state);
}

static void zap_page(struct zap *zap, uint64_t nr)
{
	struct guest_ram *ram = zap->ram;
	uint32_t *state = &ram->page[nr].state;
	enum page_kind kind = page_kind(*state);

	if (kind == PAGE_READING)
		zap->nr_staying++;
	if (kind == PAGE_NONE || kind == PAGE_READING)
		return;
	if (page_is_mapped(*state)) {
		/* One entry maps one page of the host. */
		if (!(nr & ((1u << ram->page_order) - 1)))
			charge(COST_EPT_ZAP, 1);
		zap->nr_zapped++;
		zap->nr_leaves += kind == PAGE_PRESENT;
	}
	if (zap->keeps) {
		if (kind == PAGE_PRESENT)
			page_set_kind(state, PAGE_UNMAPPED);
		zap->nr_staying += page_is_mapped(*state);
		return;
	}
	if (zap->advice == HOST_MADV_DONTNEED || !page_is_mapped(*state)) {
		zap->frames += ram_drop_page(ram, nr);
		return;
	}
	zap->nr_staying++;
	zap->frames++;
	mark_lazyfree(ram->host, page_index(ram, nr), false, state);
	page_set_kind(state, PAGE_UNMAPPED);
}

static void zap_range(struct zap *zap, uint64_t nr, uint64_t end)
{
	while (nr < end) {
		uint64_t block = nr >> HOST_PMD_ORDER;
		uint64_t first = block << HOST_PMD_ORDER, next = first + HOST_PMD_PAGES;
		struct host_pmd *pmd = &zap->ram->pmd[block];

		if (page_kind(pmd->state) == PAGE_PRESENT) {
			if (nr == first && next <= end) {
				zap_huge(zap, block);
				nr = next;
				continue;
			}
			/* A part of it: only DONTNEED leaves the page as it is. */
			if (zap->advice == HOST_MADV_DONTNEED && ram_is_listed(zap->ram) &&
			    !(pmd->state & PAGE_LAZYFREE))
				compound_begin(zap->ram, block);
			else
				ram_split_huge(zap->ram, block);
			zap->nr_leaves++;
		} else if (page_kind(pmd->state) == PAGE_UNMAPPED &&
			   zap->advice == HOST_MADV_FREE) {
			compound_split(zap->ram, block);
		}
		if (!pmd->nr_used) {
			nr = next;
			continue;
		}
		for (; nr < next && nr < end; nr++)
			zap_page(zap, nr);
	}
}

/* With mmu_lock held for write, and what follows of it. */
static void zap_locked(struct zap *zap, uint64_t nr, uint64_t count)
{
	struct guest_ram *ram = zap->ram;
	uint64_t since = cpu_lock_begin();

	zap_range(zap, nr, nr + count);
	if (zap->nr_leaves)
		kvm_flush_tlbs(ram->vm);
	if (zap->nr_zapped)
		kvm_flush_mm(ram->vm);
	cpu_lock_end(&ram->mmu_lock, since);
}

/* Of what is said to be discarded. */
static void note_staying(const struct zap *zap, uint64_t nr, uint64_t count)
{
	uint64_t end = nr + count;

	if (!zap->nr_staying)
		return;
	for (; nr < end; nr++) {
		if (page_kind(zap->ram->page[nr].state) == PAGE_READING)
			note_ept(zap->ram, nr, 1, EPT_READING);
		else if (page_kind(zap->ram->page[nr].state) == PAGE_UNMAPPED)
			note_ept(zap->ram, nr, 1, EPT_ZAP);
	}
}

/* NULL: what is discarded becomes free. */
static const char *why_useless(const struct guest_ram *ram, enum host_madvise advice, bool keeps)
{
	if (ram->pinned)
		return "a device works on this memory, and what is discarded stays with it, while "
		       "the guest gets other memory in its place";
	if (ram->shared_file && advice == HOST_MADV_FREE)
		return "MADV_FREE is refused for a shared file";
	return keeps ? "of a shared file only the mapping is discarded, its pages stay in memory; "
		       "a hole in the file would free them" : NULL;
}

static void tell_useless(struct guest_ram *ram, enum host_madvise advice, bool keeps)
{
	const struct host_observer *observer = ram_observer(ram);
	const char *why = why_useless(ram, advice, keeps);

	if (!why || ram->vm->told_useless || !observer || !observer->useless)
		return;
	ram->vm->told_useless = true;
	observer->useless(ram->vm, why);
}

static void zap_done(struct zap *zap, uint64_t nr, uint64_t count)
{
	struct guest_ram *ram = zap->ram;
	bool lazy = zap->advice == HOST_MADV_FREE;
	/* What is only marked goes when memory is short (shrink.c). */
	uint64_t freed = lazy ? 0 : zap->frames;

	if (zap->nr_zapped)
		tell_useless(ram, zap->advice, zap->keeps);
	page_history_add(ram, lazy ? OP_LAZYFREE : OP_DISCARD, nr, count, 0);
	ram->host->stats.zapped += zap->frames;
	ram->given_back += freed;
	/* The mapping of a file in which there is a hole already: it has been told of that. */
	if (zap->keeps && !zap->nr_zapped)
		return;
	if (ram_observer(ram) && ram_observer(ram)->discarded)
		ram_observer(ram)->discarded(ram->vm, gfn(nr), count, freed, lazy);
	note_staying(zap, nr, count);
}

int guest_ram_madvise(struct guest_ram *ram, uint64_t offset, uint64_t len,
		      enum host_madvise advice)
{
	struct zap zap = { .ram = ram, .advice = advice, .keeps = ram->shared_file };
	uint64_t nr = offset >> HOST_PAGE_SHIFT, count = len >> HOST_PAGE_SHIFT;
	struct ledger_account *old;

	if ((offset | len) & (HOST_PAGE_SIZE - 1))
		return -EINVAL;
	if (nr >= ram->nr_pages || count > ram->nr_pages - nr)
		return -ENOMEM;
	/* madvise_dontneed_free_valid_vma() */
	if ((nr | count) & ((1u << ram->page_order) - 1) ||
	    (advice == HOST_MADV_FREE &&
	     (ram->page_order == HOST_PMD_ORDER || ram->shared_file))) {
		tell_useless(ram, advice, false);
		return -EINVAL;
	}
	old = account_switch(&ram->vm->account[ACCOUNT_VMM_KERNEL]);
	charge(COST_MADVISE, 1);
	if (advice == HOST_MADV_FREE && ram->pinned)
		tell_useless(ram, advice, false);
	/* Would read swapped pages ahead: nothing to promise; pinned pages stay as they are. */
	if (advice == HOST_MADV_WILLNEED || (advice == HOST_MADV_FREE && ram->pinned)) {
		account_switch(old);
		return 0;
	}
	zap_locked(&zap, nr, count);
	account_switch(old);
	zap_done(&zap, nr, count);
	return 0;
}

int guest_ram_punch_hole(struct guest_ram *ram, uint64_t offset, uint64_t len)
{
	struct zap zap = { .ram = ram, .advice = HOST_MADV_DONTNEED };
	uint64_t nr = offset >> HOST_PAGE_SHIFT, count = len >> HOST_PAGE_SHIFT;
	struct ledger_account *old;

	if (nr >= ram->nr_pages || count > ram->nr_pages - nr)
		return -EINVAL;
	old = account_switch(&ram->vm->account[ACCOUNT_VMM_KERNEL]);
	charge(COST_MADVISE, 1);	/* a system call */
	zap_locked(&zap, nr, count);
	account_switch(old);
	zap_done(&zap, nr, count);
	return 0;
}

void guest_ram_zap(struct guest_ram *ram, uint64_t offset, uint64_t len)
{
	struct zap zap = { .ram = ram, .advice = HOST_MADV_DONTNEED, .keeps = ram->shared_file };
	uint64_t nr = offset >> HOST_PAGE_SHIFT, count = len >> HOST_PAGE_SHIFT;

	zap_locked(&zap, nr, count);
	zap_done(&zap, nr, count);
}
