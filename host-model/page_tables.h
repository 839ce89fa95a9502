/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of the host that page tables take, of processes and of KVM; see page_tables.c.
 *
 * Nothing is counted without host_config.page_tables.
 */
#ifndef BALLAST_HOST_PAGE_TABLES_H
#define BALLAST_HOST_PAGE_TABLES_H

#include <stdbool.h>
#include <stdint.h>

struct guest_ram;
struct kvm_vm;

/* What KVM has for a VM. */
struct kvm_tdp {
	uint64_t nr_tables;	/* in use */
	uint64_t nr_frames;	/* and with what vCPUs have in stock */
	int *stock;		/* by vCPU; the last: of everybody else.  Below 0: is owed */
};

/*
 * Before a page is mapped for which there is nothing yet: the table that its GiB is in, and that of
 * its 2 MiB.  They may wait: the caller looks again.  The second is false when it has to.
 */
void page_tables_alloc_pmd(struct guest_ram *ram, uint64_t nr);
bool page_tables_alloc_pte(struct guest_ram *ram, uint64_t nr);
/* Of a huge page: how many frames to take with it, that they have been, and that it is gone. */
unsigned int page_tables_deposit_pages(const struct guest_ram *ram);
void page_tables_deposit(struct guest_ram *ram);
void page_tables_withdraw(struct guest_ram *ram);
/* The process unmaps it all. */
void page_tables_clear(struct guest_ram *ram);

/* Before a fault is served: from then on tdp_map() has what it needs.  May wait. */
void tdp_fill_stock(struct guest_ram *ram);
/* A page, or its 2 MiB, enters the EPT. */
void tdp_map(struct guest_ram *ram, uint64_t nr, bool huge);
void tdp_destroy(struct kvm_vm *vm);

#endif
