// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host as a whole, and the VMs on it; see host.h.
 */
#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "hostmem.h"
#include "lru_gen.h"
#include "memory.h"
#include "swap.h"

#define NR_CHUNKS (UINT32_C(1) << (32 - RAM_CHUNK_SHIFT))

int host_init(struct host *host, struct engine *engine, const struct host_config *config,
	      const struct cost_table *costs)
{
	uint64_t reserved = config->reserved_bytes;

	*host = (struct host){ .engine = engine, .costs = *costs, .config = *config,
				 .lru = config->lru_gen ? &lru_gen : &lru_classic };
	host->total_pages = (config->memory_bytes - reserved) >> HOST_PAGE_SHIFT;
	host->free_pages = host->total_pages;
	host->root.host = host;
	host->root.gen = config->lru_gen ? lru_gen_create(host) : NULL;
	host->nr_chunks = 1;	/* index 0 is no page */
	host->chunk = calloc(NR_CHUNKS, sizeof(*host->chunk));
	host->history = page_history_create();
	if (!host->chunk || !host->history ||
	    host_cpus_init(&host->cpus, engine, &host->costs, config->nr_cpus))
		return -ENOMEM;
	host->cpus.killed = swap_thread_killed;
	host->cpus.opaque = host;
	host->root.psi = &host->cpus.psi.root;
	if (reclaim_init(host) || khugepaged_init(host))
		return -ENOMEM;
	return async_pf_init(host);
}

static void vm_free(struct kvm_vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++)
		free(vm->vcpus[i]);
	free(vm->vcpus);
	host_free(vm->tdp.stock);
	host_close_all(vm);
	guest_ram_destroy(vm->ram);
	if (vm->own)
		guest_ram_destroy(vm->own);
	free(vm);
}

/*
 * Who waits no more is taken from a CPU's books, on which a vCPU of any VM may be, and from lists
 * with others, who wait on their stacks.
 */
void host_end_waits(struct host *host)
{
	unsigned int i;

	for (i = 0; i < host->nr_vms; i++)
		async_pf_forget_vm(host->vms[i]);
	throttle_destroy(host);
}

void host_destroy(struct host *host)
{
	struct disk *disk;
	unsigned int i;

	host_end_waits(host);
	reclaim_destroy(host);
	async_pf_destroy(host);
	khugepaged_destroy(host);
	cache_flusher_destroy(host);
	for (i = 0; i < host->nr_vms; i++)
		vm_free(host->vms[i]);
	free(host->vms);
	swap_cancel_transfers(host);
	swap_destroy(host->swap);
	cache_destroy(host);
	while ((disk = host->disks)) {
		host->disks = disk->next;
		disk_destroy(disk);
	}
	for (i = 0; i < host->nr_chunks; i++) {
		host_free(host->chunk[i].workingset);
		host_release(host->chunk[i].gen, sizeof(*host->chunk[i].gen));
	}
	free(host->chunk);
	for (i = 0; i < host->nr_memcgs; i++)
		memcg_destroy(host->memcg[i]);
	free(host->memcg);
	lru_gen_destroy(host->root.gen);
	free(host->history);
	host_cpus_destroy(&host->cpus);
}

/* Its threads wait for tags of the disk. */
static void serve_waiters(struct host *host, struct disk *disk)
{
	disk->freed = throttle_wake_tags;
	disk->opaque = host;
}

void host_add_swap(struct host *host, struct swap_device *swap)
{
	host->swap = swap;
	if (swap && swap->extent)
		serve_waiters(host, swap->extent->disk);
}

void host_add_disk(struct host *host, struct disk *disk)
{
	struct disk **link = &host->disks;

	while (*link)
		link = &(*link)->next;
	*link = disk;
	serve_waiters(host, disk);
}

static struct lru_gen_chunk *map_gen(void)
{
	struct lru_gen_chunk *gen = host_reserve(sizeof(*gen));

	if (gen)
		return gen;
	fprintf(stderr, "ballast: no address space is left for what the host keeps of pages\n");
	exit(2);
}

uint32_t host_map_chunk(struct host *host, struct guest_ram *ram, struct cache_file *file,
			uint64_t first)
{
	uint32_t chunk = host->nr_chunks;

	if (chunk == NR_CHUNKS) {
		fprintf(stderr, "ballast: guests have touched pages of %u GiB, files of the host "
			"included; there are no more numbers for them: use fewer or smaller "
			"guests\n", NR_CHUNKS - 1);
		exit(2);
	}
	host->nr_chunks++;
	host->chunk[chunk] = (struct page_chunk){
		.ram = ram, .file = file, .first = first,
		.memcg = ram ? ram->memcg : file->memcg,
		.gen = host->config.lru_gen ? map_gen() : NULL,
	};
	return chunk;
}

static bool create_vcpus(struct kvm_vm *vm, unsigned int nr)
{
	unsigned int i;

	vm->vcpus = calloc(nr, sizeof(*vm->vcpus));
	if (!vm->vcpus)
		return false;
	vm->nr_vcpus = nr;
	vm->tdp.stock = host_alloc((nr + 1) * sizeof(*vm->tdp.stock));
	for (i = 0; i < nr; i++) {
		char name[32];

		vm->vcpus[i] = calloc(1, sizeof(*vm->vcpus[i]));
		if (!vm->vcpus[i])
			return false;
		snprintf(name, sizeof(name), "%s/vcpu%u", vm->name, i);
		cpu_thread_init(vm->vcpus[i], &vm->host->cpus, name, NULL,
				&vm->account[ACCOUNT_GUEST]);
		vm->vcpus[i]->vm = vm;
	}
	return true;
}

static bool create_own_memory(struct kvm_vm *vm)
{
	uint64_t pages = vm->host->config.vmm_overhead_bytes >> HOST_PAGE_SHIFT;

	if (!pages)
		return true;
	vm->own = guest_ram_create(vm, pages);
	if (!vm->own)
		return false;
	vm->own->of_vmm = true;
	guest_ram_set_ticking(vm->own, gfn(0),
			      vm->host->config.vmm_hot_bytes >> HOST_PAGE_SHIFT, 1);
	return true;
}

static struct kvm_vm *create_vm(struct host *host, const char *name, uint64_t bytes,
				unsigned int nr_vcpus, bool is_process)
{
	struct kvm_vm **vms = realloc(host->vms, (host->nr_vms + 1) * sizeof(*vms));
	struct kvm_vm *vm = calloc(1, sizeof(*vm));

	if (vms)
		host->vms = vms;
	if (!vms || !vm)
		goto fail;
	vm->host = host;
	vm->name = name;
	vm->id = host->nr_vms;
	vm->memcg = &host->root;
	vm->ram = guest_ram_create(vm, bytes >> HOST_PAGE_SHIFT);
	vm->is_process = is_process;
	if (!vm->ram || (!is_process && (!create_own_memory(vm) || !create_vcpus(vm, nr_vcpus))))
		goto fail;
	vm->ram->of_vmm = is_process;
	host->vms[host->nr_vms++] = vm;
	return vm;
fail:
	if (vm && vm->own)
		guest_ram_destroy(vm->own);
	if (vm && vm->ram)
		guest_ram_destroy(vm->ram);
	free(vm);
	return NULL;
}

struct kvm_vm *host_create_vm(struct host *host, const char *name, uint64_t bytes,
			      unsigned int nr_vcpus)
{
	return create_vm(host, name, bytes, nr_vcpus, false);
}

struct kvm_vm *host_create_process(struct host *host, const char *name, uint64_t bytes)
{
	struct kvm_vm *process = create_vm(host, name, bytes, 0, true);

	if (process)
		process->id = HOST_NO_VM;
	return process;
}

struct kvm_vm *host_create_vm_again(const struct kvm_vm *old)
{
	struct kvm_vm *vm = host_create_vm(old->host, old->name,
					   old->ram->nr_pages << HOST_PAGE_SHIFT, old->nr_vcpus);

	if (!vm)
		return NULL;
	vm->id = old->id;
	memcpy(vm->exits, old->exits, sizeof(vm->exits));
	memcpy(vm->account, old->account, sizeof(vm->account));
	vm->ram->nr_collapsed = old->ram->nr_collapsed;
	vm->ram->collapse_filled = old->ram->collapse_filled;
	return vm;
}

void host_set_memcg(struct kvm_vm *vm, struct host_memcg *memcg)
{
	vm->memcg = memcg;
	/* Pages of hugetlbfs are charged to nobody, before 6.7. */
	if (vm->ram->page_order != HOST_PMD_ORDER)
		vm->ram->memcg = memcg;
	if (vm->own)
		vm->own->memcg = memcg;
}

void host_start_vm(struct kvm_vm *vm)
{
	if (vm->own)
		guest_ram_access_host(vm->own, gfn(0), vm->own->nr_pages, RAM_WRITE);
	khugepaged_enter(vm);
	/* vfio_pin_map_dma() */
	if (vm->ram->pinned)
		guest_ram_access_host(vm->ram, gfn(0), vm->ram->nr_pages, RAM_WRITE);
}

void host_stop_vm(struct kvm_vm *vm)
{
	struct host *host = vm->host;
	struct cpu_thread *t, *next;

	if (vm->dead)
		return;
	vm->dead = true;
	throttle_forget_vm(host, vm);
	async_pf_forget_vm(vm);
	for (t = host->cpus.all; t; t = next) {
		next = t->all_next;
		if (t->vm == vm && t != coro_current->ctx.thread)
			cpu_thread_kill(t);
	}
	if (vm->kernel && vm->guest_ops && vm->guest_ops->gone)
		vm->guest_ops->gone(vm);
	guest_ram_clear(vm->ram);
	if (vm->own)
		guest_ram_clear(vm->own);
	tdp_destroy(vm);
	swap_zram_balance(host);
}
