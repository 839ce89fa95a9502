// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's disk through the host's page cache; see cached_disk.h.
 */
#include "cached_disk.h"

#include <stdio.h>

#include "hostmem.h"
#include "kvm.h"
#include "memory.h"

struct cached_worker {
	struct cached_disk *disk;
	struct cpu_thread thread;
	struct coro *co;
	bool idle;
	struct cached_worker *next;
};

/*
 * What the same costs any other device, but on a line of its own in the ledger: it is not for what
 * the guest tells its host of memory.
 */
static void charge_disk(enum cost_id id)
{
	const struct cpu_thread *t = coro_current->ctx.thread;

	if (t)
		charge_ns(LEDGER_DISK, t->cpus->costs->ns[id]);
}

static struct disk_request *pop(struct cached_disk *disk)
{
	struct disk_request *rq = disk->ring.head;

	if (!rq)
		return NULL;
	disk->ring.head = rq->next;
	if (!rq->next)
		disk->ring.tail = &disk->ring.head;
	return rq;
}

/* raw_co_preadv(), raw_co_pwritev(): system calls of the worker. */
static void serve(struct cached_disk *disk, struct disk_request *rq)
{
	struct ledger_account *old;

	charge_disk(COST_VIRTQUEUE_POP);
	old = account_switch(&disk->vm->account[ACCOUNT_VMM_KERNEL]);
	if (rq->write) {
		disk->nr_writes++;
		disk->pages_written += rq->nr;
		cache_file_write(disk->file, rq->page, rq->nr);
	} else {
		disk->nr_reads++;
		disk->pages_read += rq->nr;
		cache_file_pread(disk->file, rq->page, rq->nr);
	}
	charge_disk(COST_IRQ_INJECT);
	account_switch(old);
}

static void worker_main(void *arg)
{
	struct cached_worker *w = arg;
	struct cached_disk *disk = w->disk;
	struct kvm_vm *vm = disk->vm;
	struct disk_request *rq;

	for (;;) {
		kvm_vmm_runs(vm);
		charge_disk(COST_VMM_DISPATCH);
		while (!vm->dead && (rq = pop(disk))) {
			serve(disk, rq);
			/* What it owes has passed before the guest is told. */
			cpu_sync();
			if (!vm->dead)
				rq->complete(rq);
		}
		if (vm->dead)
			cpu_exit_current();
		w->idle = true;
		w->thread.wait_forever = true;
		cpu_block("requests of a disk");
		w->thread.wait_forever = false;
	}
}

/* Another one, if there may be (spawn_thread()). */
static struct cached_worker *add_worker(struct cached_disk *disk)
{
	struct kvm_vm *vm = disk->vm;
	struct cached_worker *w;
	char name[32];

	if (disk->nr_workers == CACHED_DISK_WORKERS)
		return NULL;
	w = host_alloc(sizeof(*w));
	w->disk = disk;
	snprintf(name, sizeof(name), "%.16s/%.6s%u", vm->name, disk->name, disk->nr_workers);
	w->co = coro_create(name, worker_main, w, CORO_STACK_DEFAULT);
	if (!w->co) {
		host_free(w);
		return NULL;
	}
	cpu_thread_init(&w->thread, &vm->host->cpus, name, w->co, &vm->account[ACCOUNT_VMM]);
	w->thread.vm = vm;
	disk->nr_workers++;
	w->next = disk->workers;
	disk->workers = w;
	return w;
}

static struct cached_worker *idle_worker(struct cached_disk *disk)
{
	struct cached_worker *w;

	for (w = disk->workers; w; w = w->next)
		if (w->idle && w->thread.vm == disk->vm)
			return w;
	return add_worker(disk);
}

static void kick(struct kvm_vm *vm)
{
	struct ledger_account *old = account_switch(&vm->account[ACCOUNT_EXIT]);

	charge_disk(COST_KICK_IOEVENTFD);
	account_switch(old);
	vm->exits[KVM_EXIT_IOEVENTFD]++;
}

void cached_disk_submit(struct cached_disk *disk, struct disk_request *rq)
{
	struct cached_worker *w;

	if (!disk->ring.head)
		kick(disk->vm);
	rq->next = NULL;
	*disk->ring.tail = rq;
	disk->ring.tail = &rq->next;
	w = idle_worker(disk);
	if (!w)
		return;
	w->idle = false;
	cpu_wake(&w->thread);
}

void cached_disk_attach(struct cached_disk *disk, struct kvm_vm *vm)
{
	disk->vm = vm;
	disk->ring.head = NULL;
	disk->ring.tail = &disk->ring.head;
	disk->nr_workers = 0;
}

struct cached_disk *cached_disk_create(struct cache_file *file, const char *name)
{
	struct cached_disk *disk = host_alloc(sizeof(*disk));

	disk->file = file;
	disk->name = name;
	return disk;
}

void cached_disk_destroy(struct cached_disk *disk)
{
	struct cached_worker *w;

	if (!disk)
		return;
	while ((w = disk->workers)) {
		disk->workers = w->next;
		if (w->thread.state != CPU_THREAD_DEAD)
			cpu_thread_kill(&w->thread);
		coro_destroy(w->co);
		host_free(w);
	}
	host_free(disk);
}
