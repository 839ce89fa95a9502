/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host for tests of modules of its kernel: 512 MiB and two CPUs, one module, and what that has
 * reported of hints.  There is no guest and no VMM: the test makes their calls itself; those that
 * sleep, on vCPU 0 of the VM.
 */
#ifndef TEST_HOST_RUN_H
#define TEST_HOST_RUN_H

#include <check.h>
#include <stdio.h>

#include "host.h"
#include "host/host_kernel.h"
#include "scenario_run.h"

#define MIB (UINT64_C(1) << 20)
#define BLOCK (2 * MIB)

static struct engine engine;
static struct host host;
static struct cost_table costs;
static struct kernel *kernel;		/* NULL: the host has none, or it could not be made */
static struct kvm_vm *vm;
static struct host_kernel_config config;
static struct guest_module module;
static char path[4200], error[600];
static uint64_t hints, hint_bytes;

static inline void on_hint(struct kvm_vm *of, const struct kvm_served *served, uint64_t blocks,
			   uint64_t bytes)
{
	hints += blocks;
	hint_bytes += bytes;
}

static const struct host_observer observer = { .hinted = on_hint };

/* Without a kernel, at first. */
static inline void host_setup(void)
{
	struct host_config host_config = { .memory_bytes = 512 * MIB, .nr_cpus = 2,
					   .swappiness = 60, .thp = HOST_THP_ALWAYS, .seed = 1 };

	engine_init(&engine);
	ck_assert_int_eq(host_init(&host, &engine, &host_config, &costs), 0);
	host.observer = &observer;
	hints = hint_bytes = 0;
}

/*
 * The host's kernel, with one module; @args must outlive it.  When that cannot be loaded, kernel is
 * NULL and error says why.
 */
static inline void load_module(const char *image, const struct module_arg *args,
			       unsigned int nr_args)
{
	snprintf(path, sizeof(path), "%s/%s.so", test_images(), image);
	module = (struct guest_module){ .where = "module", .path = path, .args = args,
					.nr_args = nr_args };
	config = (struct host_kernel_config){ .host = &host, .modules = &module, .nr_modules = 1 };
	kernel = host_kernel_create(&config, error, sizeof(error));
}

/* A new VM, to the host's kernel if there is one.  @hugetlb: its memory is of hugetlbfs. */
static inline void attach_vm(struct kvm_vm *of, bool hugetlb)
{
	if (hugetlb)
		guest_ram_set_page_order(of->ram, 9);
	if (kernel)
		host_kernel_attach(kernel, of, hugetlb);
}

/* Until @end at most. */
static inline void run_on_vcpu(void (*fn)(void *arg), uint64_t end)
{
	struct coro *co = coro_create("vcpu", fn, NULL, CORO_STACK_DEFAULT);

	vm->vcpus[0]->co = co;
	co->ctx.thread = vm->vcpus[0];
	cpu_wake(vm->vcpus[0]);
	engine_run(&engine, end);
	coro_destroy(co);
}

static inline void host_teardown(void)
{
	if (kernel)
		host_kernel_destroy(kernel);
	kernel = NULL;
	host_destroy(&host);
	engine_destroy(&engine);
}

#endif
