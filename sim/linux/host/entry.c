// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's kernel comes and goes; threads enter it.
 *
 * A vCPU's exit and a VMM's system call run on the thread that makes them, as a task that lasts for
 * the call, whose memory is the VMM's.  What the guest's task or the VMM's code held on their own
 * side (preemption off, interrupts off, the big lock) is nothing to the host's kernel, which may
 * sleep: the thread then waits, and the guest with it.  Left out: that a thread of a process that
 * is killed first comes out of the kernel; what such a thread holds there at the moment stays held.
 *
 * Modules allocate from a page allocator as a guest's, of a memory that is no part of the host's
 * frames: what the kernel takes for itself is the scenario's kernel-reserve-mib.
 */
#include "host_kernel.h"

#include <linux/kernel.h>
#include <linux/string.h>

#include "host.h"
#include "hostmem.h"
#include "internal.h"
#include "kernel/internal.h"
#include "mm/internal.h"

#define RAM_PAGES (256u << (20 - PAGE_SHIFT))

void host_enter(struct kernel *kernel, struct kvm_vm *vm, struct host_entry *entry)
{
	struct task_struct *task = &entry->task;

	entry->old = coro_current->ctx;
	memset(task, 0, sizeof(*task));
	task->kernel = kernel;
	strscpy(task->comm, vm->name, sizeof(task->comm));
	INIT_LIST_HEAD(&task->run_node);
	INIT_LIST_HEAD(&task->tasks);
	INIT_LIST_HEAD(&task->exit_waiters);
	task->co = coro_current;
	task->thread = entry->old.thread;
	task->on_cpu = true;
	task->mm = vm->kvm ? host_kvm_mm(vm->kvm) : NULL;
	coro_current->ctx = (struct coro_context){ .kernel = kernel, .thread = task->thread,
						   .task = task,
						   .cause = entry->old.cause };
}

void host_leave(struct host_entry *entry)
{
	coro_current->ctx = entry->old;
}

/* What the machine calls */

static int op_open(struct kvm_vm *vm, const char *path)
{
	struct host_entry entry;
	int fd;

	host_enter(vm->host->kernel, vm, &entry);
	fd = host_chardev_open(vm, path);
	host_leave(&entry);
	return fd;
}

static long op_hypercall(struct kvm_vm *vm, unsigned long nr, const unsigned long *arg,
			 const struct call_site *site)
{
	struct kvm_served served = { .id = coro_current->ctx.cause,
				     .submitted = cpu_lock_begin() };
	struct host_entry entry;
	long ret;

	host_enter(vm->host->kernel, vm, &entry);
	entry.task.asked_by = site;
	ret = host_kvm_hypercall(vm->kvm, nr, arg);
	served.taken = served.submitted;
	served.answered = cpu_lock_begin();
	if (entry.task.zapped)
		host_mm_hinted(entry.task.mm, &served, 1, entry.task.zapped);
	host_leave(&entry);
	return ret;
}

static uint32_t op_features(struct kvm_vm *vm)
{
	struct coro_context old = kernel_enter(vm->host->kernel);
	uint32_t features = host_kvm_features();

	kernel_leave(old);
	return features;
}

static const struct host_kernel_ops ops = {
	.open = op_open,
	.hypercall = op_hypercall,
	.features = op_features,
};

/* It comes and goes */

static int load_modules(struct kernel *kernel, char *error, size_t size)
{
	const struct host_kernel_config *config = kernel->hosted->config;
	unsigned int i;
	int ret;

	for (i = 0; i < config->nr_modules; i++) {
		const struct guest_module *m = &config->modules[i];
		size_t used = scnprintf(error, size, "%s: ", m->where);

		ret = module_load(kernel, m->path, m->args, m->nr_args, error + used,
				  size - used);
		if (ret)
			return ret;
	}
	return 0;
}

struct kernel *host_kernel_create(const struct host_kernel_config *config, char *error,
				  size_t size)
{
	struct kernel *kernel = host_alloc(sizeof(*kernel));
	struct mm_config mm;
	struct coro_context old;
	int ret;

	kernel->hosted = host_alloc(sizeof(*kernel->hosted));
	kernel->hosted->config = config;
	INIT_LIST_HEAD(&kernel->hosted->misc);
	INIT_LIST_HEAD(&kernel->hosted->hypercalls);
	kernel->hosted->ram = host_reserve((size_t)RAM_PAGES << PAGE_SHIFT);
	kernel->engine = config->host->engine;
	kernel->host = config->host;
	kernel->name = "host";
	kernel->ram_base = kernel->hosted->ram;
	kernel->nr_cpus = config->host->config.nr_cpus;
	kernel->seed = config->seed;
	kernel->log = config->log;
	kernel->log_opaque = config->opaque;
	kernel->panicked = config->panicked;
	mm_config_default(&mm, RAM_PAGES, kernel->nr_cpus);
	old = kernel_enter(kernel);
	sched_init(kernel);
	mm_init(kernel, &mm);
	workqueue_init(kernel);
	slab_mark();
	ret = load_modules(kernel, error, size);
	kernel_leave(old);
	if (ret) {
		host_kernel_destroy(kernel);
		return NULL;
	}
	config->host->kernel = kernel;
	config->host->kernel_ops = &ops;
	return kernel;
}

void host_kernel_destroy(struct kernel *kernel)
{
	struct host *host = kernel->host;
	struct coro_context old = kernel_enter(kernel);
	unsigned int i;

	for (i = 0; i < host->nr_vms; i++) {
		struct kvm *kvm = host->vms[i]->kvm;

		if (!kvm)
			continue;
		host_close_all(host->vms[i]);
		host_mm_destroy(host_kvm_mm(kvm));
		host_kvm_destroy(kvm);
		host->vms[i]->kvm = NULL;
	}
	modules_drop(kernel);
	sched_destroy(kernel);
	mm_exit(kernel);
	kernel_leave(old);
	host->kernel = NULL;
	host->kernel_ops = NULL;
	host_release(kernel->hosted->ram, (size_t)RAM_PAGES << PAGE_SHIFT);
	host_free(kernel->hosted);
	host_free(kernel);
}

void host_kernel_attach(struct kernel *kernel, struct kvm_vm *vm, bool hugetlb)
{
	struct coro_context old = kernel_enter(kernel);

	vm->kvm = host_kvm_create(host_mm_create(vm, hugetlb), vm->assigned_device);
	kernel_leave(old);
}

static int exit_files(void *data)
{
	host_close_all(data);
	return 0;
}

void host_kernel_vm_gone(struct kernel *kernel, struct kvm_vm *vm)
{
	struct coro_context old = kernel_enter(kernel);
	struct task_struct *task = sched_create_task(kernel, "exit", exit_files, vm, 0);

	if (task) {
		host_task_works_for(task, host_kvm_mm(vm->kvm));
		wake_up_process(task);
	}
	kernel_leave(old);
}

size_t host_kernel_unload(struct kernel *kernel, char *buf, size_t size)
{
	const struct host_kernel_config *config = kernel->hosted->config;
	struct coro_context old = kernel_enter(kernel);
	size_t used = 0;
	unsigned int i;

	for (i = config->nr_modules; i > 0; i--)
		used += module_unload(kernel, config->modules[i - 1].path, buf + used,
				      size - used);
	if (!used)
		used = slab_report_since_mark(buf, size);
	kernel_leave(old);
	return used;
}

const char *host_kernel_warning(const struct kernel *kernel)
{
	return kernel->sched->first_warning;
}
