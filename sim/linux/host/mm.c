// SPDX-License-Identifier: GPL-2.0-only
/*
 * The address space of a VMM, as modules of the host's kernel see it.
 *
 * One area of it is of interest, guest RAM; the rest (heap, stacks, firmware) is not known to the
 * host's model and no kernel code looks for it.  What is zapped goes through host-model/madvise.c,
 * with its locks and costs.  The mmap lock is a real one; faults and madvise() take it for read
 * only and are not modelled to do so, and nobody here takes it for write while guests run.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "host.h"
#include "hostmem.h"
#include "internal.h"

/* That of a guest's program is another one, in mm/user.h; nothing sees both. */
struct mm_struct {
	struct kvm_vm *vm;
	struct rw_semaphore mmap_lock;
	struct vm_area_struct ram;
};

struct mm_struct *host_mm_create(struct kvm_vm *vm, bool hugetlb)
{
	struct mm_struct *mm = host_alloc(sizeof(*mm));
	unsigned long start = (unsigned long)guest_ram_ptr(vm->ram);

	mm->vm = vm;
	init_rwsem(&mm->mmap_lock);
	mm->ram = (struct vm_area_struct){
		.vm_start = start, .vm_end = start + (guest_ram_pages(vm->ram) << PAGE_SHIFT),
		.vm_mm = mm, .vm_flags = VM_READ | VM_WRITE | (hugetlb ? VM_HUGETLB : 0),
	};
	return mm;
}

void host_mm_destroy(struct mm_struct *mm)
{
	host_free(mm);
}

struct kvm_vm *host_mm_vm(const struct mm_struct *mm)
{
	return mm->vm;
}

void host_mm_areas(const struct mm_struct *mm, unsigned long *start, unsigned long *bytes)
{
	*start = mm->ram.vm_start;
	*bytes = mm->ram.vm_end - mm->ram.vm_start;
}

void mmap_read_lock(struct mm_struct *mm)
{
	down_read(&mm->mmap_lock);
}

bool mmap_read_trylock(struct mm_struct *mm)
{
	return down_read_trylock(&mm->mmap_lock);
}

void mmap_read_unlock(struct mm_struct *mm)
{
	up_read(&mm->mmap_lock);
}

void mmap_write_lock(struct mm_struct *mm)
{
	down_write(&mm->mmap_lock);
}

void mmap_write_unlock(struct mm_struct *mm)
{
	up_write(&mm->mmap_lock);
}

static void assert_locked(const struct mm_struct *mm, const char *what)
{
	if (!mm->mmap_lock.readers && !mm->mmap_lock.writer)
		kernel_warn("mm", 0, what);
}

/* A process that is gone has none. */
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	assert_locked(mm, "find_vma() without the mmap lock");
	return addr < mm->ram.vm_end && !mm->vm->dead ? &mm->ram : NULL;
}

void zap_page_range(struct vm_area_struct *vma, unsigned long address, unsigned long size)
{
	struct kvm_vm *vm = vma->vm_mm->vm;
	const struct call_site *site = call_site_take();
	unsigned long end = address + size;

	assert_locked(vma->vm_mm, "zap_page_range() without the mmap lock");
	might_sleep();
	if ((address | size) & ~PAGE_MASK || address < vma->vm_start || end > vma->vm_end ||
	    end < address) {
		kernel_warn("mm", 0, "zap_page_range() of what is not in the area");
		return;
	}
	vm->origin = (struct discard_origin){
		.host_kernel = true, .driver_code = current->asked_by,
		.device_code = site,
	};
	guest_ram_zap(vm->ram, address - vma->vm_start, size);
	current->zapped += size;
	vm->origin = (struct discard_origin){ 0 };
}

/* The VMM's other memory is the simulator's own: ioctls point there. */
bool host_mm_touch(const void *ptr, size_t len, bool write)
{
	struct mm_struct *mm = current->mm;
	unsigned long at = (unsigned long)ptr, start, end;

	if (!mm || mm->vm->dead || at + len < at)
		return false;
	start = mm->ram.vm_start;
	end = mm->ram.vm_end;
	if (at + len <= start || at >= end)
		return host_mapped(ptr, len);
	if (at < start || at + len > end)
		return false;
	if (len)
		guest_ram_access_host(mm->vm->ram, gfn((at - start) >> PAGE_SHIFT),
				      ((at + len - 1 - start) >> PAGE_SHIFT) -
				      ((at - start) >> PAGE_SHIFT) + 1,
				      write ? RAM_WRITE : RAM_READ);
	return true;
}

unsigned long copy_from_user(void *to, const void __user *from, unsigned long n)
{
	might_sleep();
	if (!host_mm_touch(from, n, false))
		return n;
	memcpy(to, from, n);
	return 0;
}

unsigned long copy_to_user(void __user *to, const void *from, unsigned long n)
{
	might_sleep();
	if (!host_mm_touch(to, n, true))
		return n;
	memcpy(to, from, n);
	return 0;
}

void host_task_works_for(struct task_struct *task, struct mm_struct *mm)
{
	task->mm = mm;
	task->thread->account = &mm->vm->account[ACCOUNT_VMM_KERNEL];
}

static struct kvm_virtio *device_of(const struct mm_struct *mm, const struct host_eventfd *kick,
				  unsigned int *queue)
{
	struct kvm_virtio *dev;

	for (dev = mm->vm->devices; dev; dev = dev->next)
		for (*queue = 0; *queue < KVM_QUEUES; (*queue)++)
			if (dev->ioeventfd[*queue] == kick && kick)
				return dev;
	return NULL;
}

void host_mm_hinted(struct mm_struct *mm, const struct kvm_served *served, u64 blocks, u64 bytes)
{
	const struct host_observer *observer = mm->vm->host->observer;

	if (observer && observer->hinted)
		observer->hinted(mm->vm, served, blocks, bytes);
}

const struct call_site *host_mm_taken(const struct mm_struct *mm, const struct host_eventfd *kick,
				      unsigned int head)
{
	const struct kvm_request *rq;
	struct kvm_virtio *dev;
	unsigned int queue;

	dev = device_of(mm, kick, &queue);
	rq = dev ? kvm_virtio_taken(dev, queue, head) : NULL;
	return rq ? rq->site : NULL;
}

void host_mm_answered(struct mm_struct *mm, const struct host_eventfd *kick, unsigned int head,
		      const struct call_site *site, u64 blocks, u64 bytes)
{
	struct kvm_served served = { .site = site };
	struct kvm_virtio *dev;
	unsigned int queue;

	dev = device_of(mm, kick, &queue);
	if (dev)
		served = kvm_virtio_answered(dev, queue, head, site);
	host_mm_hinted(mm, &served, blocks, bytes);
}
