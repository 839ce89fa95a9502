/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host for tests of the host model, with VMs on it whose "guests" are functions: each runs on a
 * vCPU, as guest code does.
 */
#ifndef TEST_HOST_VMS_H
#define TEST_HOST_VMS_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "oracle.h"
#include "swap.h"

#define MIB (UINT64_C(1) << 20)

static struct engine engine;
static struct host host;
static struct cost_table costs;
static uint64_t losses;
static char last_owner[32];
static int killed;
static struct host_khugepaged khugepaged;	/* for make_host(); at first none */
static bool generations;			/* the same */
static bool page_tables;			/* the same */

static inline void on_loss(struct kvm_vm *vm, const struct data_loss *loss)
{
	losses++;
	snprintf(last_owner, sizeof(last_owner), "%s", loss->owner);
	ck_assert(strstr(loss->history, "found lost") != NULL);
}

static inline void on_kill(struct host *h, struct kvm_vm *vm,
			   const struct host_memcg *memcg)
{
	killed = vm->id + 1;
}

static const struct host_observer observer = { .data_loss = on_loss, .vm_killed = on_kill };

static inline void make_host(uint64_t mib, unsigned int cpus, enum host_thp thp)
{
	struct host_config config = { .memory_bytes = mib * MIB, .nr_cpus = cpus, .thp = thp,
				      .swappiness = 60, .khugepaged = khugepaged, .seed = 1,
				      .lru_gen = generations, .page_tables = page_tables };

	engine_init(&engine);
	losses = 0;
	killed = 0;
	ck_assert_int_eq(host_init(&host, &engine, &config, &costs), 0);
	host.observer = &observer;
}

enum swap_on { SWAP_HDD, SWAP_SSD, SWAP_NVME, SWAP_ZRAM };

static inline void add_swap(enum swap_on on, uint64_t mib)
{
	static const enum disk_kind kinds[] = { DISK_HDD, DISK_SSD, DISK_NVME, DISK_SSD };
	struct swap_config config = {
		.name = "test", .size_bytes = mib * MIB, .zram = on == SWAP_ZRAM,
		.disk = { .kind = kinds[on], .name = "test", .queue_depth = 1,
			  .read_ns = 100000, .write_ns = 100000, .transfer_ns_page = 10000 },
		.readahead_pages = 8, .compressed_percent = 50,
	};

	host_add_swap(&host, swap_create(&config, &engine, 1, "test"));
	ck_assert_ptr_nonnull(host.swap);
}

static inline void unmake_host(void)
{
	host_destroy(&host);
	engine_destroy(&engine);
}

/* A vCPU whose "guest" is a function. */
struct body {
	void (*fn)(struct kvm_vm *vm, void *arg);
	struct kvm_vm *vm;
	void *arg;
	bool done;
	struct coro *co;
};

static inline void body_main(void *arg)
{
	struct body *b = arg;

	b->fn(b->vm, b->arg);
	cpu_sync();
	b->done = true;
	cpu_exit_current();
}

static inline void start(struct body *b, unsigned int vcpu)
{
	b->co = coro_create("vcpu", body_main, b, CORO_STACK_DEFAULT);
	b->co->ctx.thread = b->vm->vcpus[vcpu];
	b->vm->vcpus[vcpu]->co = b->co;
	cpu_wake(b->vm->vcpus[vcpu]);
}

static inline void finish(struct body *b)
{
	coro_destroy(b->co);
}

static inline struct kvm_vm *make_vm(const char *name, uint64_t mib)
{
	struct kvm_vm *vm = host_create_vm(&host, name, mib * MIB, 2);

	ck_assert_ptr_nonnull(vm);
	return vm;
}

/* It waits for ever. */
static inline void blocker(struct kvm_vm *vm, void *arg)
{
	cpu_block("a wake-up that never comes");
}

#endif
