// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/vhost-page-hint: every ioctl and its errors, requests on a ring made by hand, hostile rings,
 * and how a device and its worker come to an end.  The test is the VMM and the guest.  Then the
 * device and the guest's driver in a small machine.
 */
#include <errno.h>
#include <linux/vhost.h>
#include <stdlib.h>
#include <string.h>

#include "host_run.h"
#include "scenario_run.h"
#include "suite.h"

#define RAM (64 * MIB)
#define NUM 16
#define SET_RUNNING _IOW(VHOST_VIRTIO, 0x90, int)
#define F_VERSION_1 (UINT64_C(1) << 32)
#define F_EVENT_IDX (UINT64_C(1) << 29)
#define F_INDIRECT (UINT64_C(1) << 28)

/* As they lie in the guest's memory. */
struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

enum { D_NEXT = 1, D_WRITE = 2, D_INDIRECT = 4 };

#define DESC_AT 0x1000u
#define AVAIL_AT 0x2000u
#define USED_AT 0x3000u
#define TABLE_AT 0x4000u

static int fd, kick, irq, err;

static uint8_t *ram(void)
{
	return guest_ram_ptr(vm->ram);
}

static struct kvm_vm *make_vm(const char *name, bool hugetlb)
{
	struct kvm_vm *made = host_create_vm(&host, name, RAM, 1);

	attach_vm(made, hugetlb);
	return made;
}

static void make(bool hugetlb)
{
	host_setup();
	load_module("vhost_page_hint", NULL, 0);
	ck_assert_msg(kernel != NULL, "%s", error);
	vm = make_vm("guest", hugetlb);
}

static void unmake(void)
{
	ck_assert_str_eq(host_kernel_warning(kernel), "");
	host_teardown();
}

static long tell(unsigned int cmd, const void *arg)
{
	return host_ioctl(vm, fd, cmd, (unsigned long)arg);
}

static long set_state(unsigned int cmd, unsigned int index, unsigned int num)
{
	struct vhost_vring_state state = { index, num };

	return tell(cmd, &state);
}

static long set_features(uint64_t features)
{
	return tell(VHOST_SET_FEATURES, &features);
}

static long set_running(int on)
{
	return tell(SET_RUNNING, &on);
}

static long set_addr(uint64_t desc, uint64_t avail, uint64_t used, unsigned int flags)
{
	uint64_t base = (uintptr_t)ram();
	struct vhost_vring_addr addr = { 0, flags, base + desc, base + used, base + avail, 0 };

	return tell(VHOST_SET_VRING_ADDR, &addr);
}

/* A table of @nr regions, which follow each other in guest-physical addresses. */
static long set_regions(unsigned int nr, uint64_t bytes, const uint64_t *offset)
{
	struct vhost_memory *table = calloc(1, sizeof(*table) + nr * sizeof(table->regions[0]));
	unsigned int i;
	long ret;

	table->nregions = nr;
	for (i = 0; i < nr; i++) {
		table->regions[i].guest_phys_addr = i * bytes;
		table->regions[i].memory_size = bytes;
		table->regions[i].userspace_addr = (uintptr_t)ram() + offset[i];
	}
	ret = tell(VHOST_SET_MEM_TABLE, table);
	free(table);
	return ret;
}

static long set_memory(uint64_t bytes)
{
	const uint64_t offset = 0;

	return set_regions(1, bytes, &offset);
}

static void open_device(void)
{
	fd = host_open(vm, "/dev/vhost-page-hint");
	ck_assert_int_ge(fd, 0);
	kick = host_eventfd_create(vm);
	irq = host_eventfd_create(vm);
	err = host_eventfd_create(vm);
}

/* Everything but running. */
static void set_up(uint64_t features)
{
	open_device();
	ck_assert_int_eq(tell(VHOST_SET_OWNER, NULL), 0);
	ck_assert_int_eq(set_features(features), 0);
	ck_assert_int_eq(set_memory(RAM), 0);
	ck_assert_int_eq(set_state(VHOST_SET_VRING_NUM, 0, NUM), 0);
	ck_assert_int_eq(set_state(VHOST_SET_VRING_BASE, 0, 0), 0);
	ck_assert_int_eq(set_addr(DESC_AT, AVAIL_AT, USED_AT, 0), 0);
	ck_assert_int_eq(set_state(VHOST_SET_VRING_KICK, 0, kick), 0);
	ck_assert_int_eq(set_state(VHOST_SET_VRING_CALL, 0, irq), 0);
	ck_assert_int_eq(set_state(VHOST_SET_VRING_ERR, 0, err), 0);
	guest_ram_mark_bytes(vm->ram, gfn(0), 8);
	guest_ram_write(vm->ram, gfn(0), RAM >> 12, 1);
}

static bool signalled(int file)
{
	struct host_eventfd *efd = host_eventfd_get(vm, file);
	bool was = host_eventfd_clear(efd);

	host_file_put(&efd->file);
	return was;
}

static void kick_it(void)
{
	struct host_eventfd *efd = host_eventfd_get(vm, kick);

	host_eventfd_signal(efd);
	host_file_put(&efd->file);
	engine_run(&engine, engine.now + NSEC_PER_SEC_U64);
}

static struct desc *desc(unsigned int i)
{
	return (struct desc *)(ram() + DESC_AT) + i;
}

static uint16_t *avail(unsigned int i)
{
	return (uint16_t *)(ram() + AVAIL_AT) + i;
}

static uint16_t used_idx(void)
{
	return ((uint16_t *)(ram() + USED_AT))[1];
}

/* Put a chain that begins at @head on the ring. */
static void submit(unsigned int head)
{
	*avail(2 + *avail(1) % NUM) = head;
	++*avail(1);
}

/* A chain of @nr buffers of @len bytes, each in a block of 2 MiB of its own, from @block on. */
static void chain(unsigned int nr, unsigned int block, uint32_t len)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		*desc(i) = (struct desc){ (block + i) * BLOCK, len,
					  D_WRITE | (i + 1 < nr ? D_NEXT : 0), i + 1 };
	submit(0);
}

START_TEST(a_chain_of_blocks_is_dropped_and_answered)
{
	uint32_t *used;

	make(false);
	set_up(F_VERSION_1);
	ck_assert_int_eq(set_running(1), 0);
	chain(15, 1, BLOCK);
	kick_it();
	ck_assert_uint_eq(used_idx(), 1);
	used = (uint32_t *)(ram() + USED_AT + 4);
	ck_assert_uint_eq(used[0], 0);
	ck_assert_uint_eq(used[1], 0);
	ck_assert(signalled(irq));
	ck_assert(!signalled(err));
	ck_assert_uint_eq(guest_ram_resident(vm->ram), (RAM - 15 * BLOCK) >> 12);
	ck_assert_uint_eq(guest_ram_peek(vm->ram, gfn(512)), 0);
	ck_assert_uint_eq(guest_ram_peek(vm->ram, gfn(16 * 512)), 16 * 512 + 1);
	ck_assert_uint_eq(hints, 15);
	ck_assert_uint_eq(hint_bytes, 15 * BLOCK);
	/* The VMM's process pays, not the guest. */
	ck_assert_uint_eq(vm->account[ACCOUNT_VMM_KERNEL].count[COST_EPT_HUGE_ZAP], 15);
	ck_assert_uint_eq(vm->account[ACCOUNT_EXIT].count[COST_EPT_HUGE_ZAP], 0);
	unmake();
}
END_TEST

START_TEST(pages_are_dropped_one_by_one_if_they_are_named_so)
{
	make(false);
	set_up(F_VERSION_1);
	set_running(1);
	*desc(0) = (struct desc){ 8 * MIB, 4096, D_WRITE | D_NEXT, 1 };
	*desc(1) = (struct desc){ 8 * MIB + 8192, 4096, D_WRITE, 0 };
	submit(0);
	kick_it();
	ck_assert_uint_eq(used_idx(), 1);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), (RAM >> 12) - 2);
	ck_assert_uint_eq(guest_ram_peek(vm->ram, gfn(2049)), 2050);
	unmake();
}
END_TEST

START_TEST(what_was_there_before_it_ran_is_served)
{
	make(false);
	set_up(F_VERSION_1);
	chain(1, 1, BLOCK);
	kick_it();
	ck_assert_uint_eq(used_idx(), 0);
	ck_assert_int_eq(set_running(1), 0);
	engine_run(&engine, NSEC_PER_SEC_U64);
	ck_assert_uint_eq(used_idx(), 1);
	unmake();
}
END_TEST

/* More than the worker does at a time, in one kick. */
START_TEST(all_requests_of_a_kick_are_served)
{
	unsigned int i, round;

	make(false);
	set_up(F_VERSION_1);
	set_running(1);
	for (round = 0; round < 5; round++) {
		for (i = 0; i < NUM; i++) {
			*desc(i) = (struct desc){ 8 * MIB + i * 4096, 4096, D_WRITE, 0 };
			submit(i);
		}
		kick_it();
		ck_assert_uint_eq(used_idx(), (round + 1) * NUM);
	}
	unmake();
}
END_TEST

START_TEST(the_guest_hears_of_answers_as_it_wants_to)
{
	make(false);
	set_up(F_VERSION_1);
	set_running(1);
	*avail(0) = 1;		/* no interrupt */
	chain(1, 1, BLOCK);
	kick_it();
	ck_assert_uint_eq(used_idx(), 1);
	ck_assert(!signalled(irq));
	*avail(0) = 0;
	chain(1, 2, BLOCK);
	kick_it();
	ck_assert(signalled(irq));
	unmake();
	make(false);
	set_up(F_VERSION_1 | F_EVENT_IDX);
	set_running(1);
	*avail(2 + NUM) = 2;	/* the third one */
	chain(1, 1, BLOCK);
	kick_it();
	ck_assert(signalled(irq));	/* the first of all is always told */
	chain(1, 2, BLOCK);
	kick_it();
	ck_assert(!signalled(irq));
	/* It says from which request on it wants to be kicked: the next. */
	ck_assert_uint_eq(*(uint16_t *)(ram() + USED_AT + 4 + 8 * NUM), 2);
	chain(1, 3, BLOCK);
	kick_it();
	ck_assert(signalled(irq));
	unmake();
}
END_TEST

START_TEST(memory_of_hugetlbfs_stays_and_the_guest_has_its_answer)
{
	make(true);
	set_up(F_VERSION_1);
	set_running(1);
	chain(3, 1, BLOCK);
	kick_it();
	ck_assert_uint_eq(used_idx(), 1);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), RAM >> 12);
	unmake();
}
END_TEST

START_TEST(it_stops_and_goes_on_where_it_was)
{
	struct vhost_vring_state base = { 0, 77 };

	make(false);
	set_up(F_VERSION_1);
	set_running(1);
	chain(1, 1, BLOCK);
	kick_it();
	ck_assert_int_eq(set_running(0), 0);
	chain(1, 2, BLOCK);
	kick_it();
	ck_assert_uint_eq(used_idx(), 1);
	ck_assert_int_eq(tell(VHOST_GET_VRING_BASE, &base), 0);
	ck_assert_uint_eq(base.num, 1);
	ck_assert_int_eq(set_running(1), 0);
	engine_run(&engine, engine.now + NSEC_PER_SEC_U64);
	ck_assert_uint_eq(used_idx(), 2);
	unmake();
}
END_TEST

/* A table of two regions: guest-physical addresses with a hole, one buffer in both of them. */
START_TEST(addresses_go_through_the_table)
{
	const uint64_t offset[] = { 0, 32 * MIB };

	make(false);
	set_up(F_VERSION_1);
	ck_assert_int_eq(set_regions(2, 4 * MIB, offset), 0);
	set_running(1);
	*desc(0) = (struct desc){ 2 * MIB, 4 * MIB, D_WRITE, 0 };
	submit(0);
	kick_it();
	ck_assert_uint_eq(used_idx(), 1);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), (RAM - 4 * MIB) >> 12);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(512)), RAM_NONE);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(32 * 256)), RAM_NONE);
	ck_assert_int_ne(guest_ram_state(vm->ram, gfn(4 * 256)), RAM_NONE);
	unmake();
}
END_TEST

/* ioctls */

START_TEST(who_does_not_own_it_is_refused)
{
	uint64_t features = 0;

	make(false);
	ck_assert_int_eq(host_open(vm, "/dev/vhost-net"), -ENOENT);
	ck_assert_int_eq(host_open(vm, "vhost-page-hint"), -ENOENT);
	open_device();
	ck_assert_int_eq(set_memory(RAM), -EPERM);
	ck_assert_int_eq(set_running(1), -EPERM);
	ck_assert_int_eq(set_running(0), -EPERM);
	ck_assert_int_eq(set_state(VHOST_SET_VRING_NUM, 0, NUM), -EPERM);
	ck_assert_int_eq(tell(VHOST_GET_FEATURES, &features), 0);
	ck_assert_uint_eq(features, F_VERSION_1 | F_EVENT_IDX | F_INDIRECT | 1ull << 24 |
				    1ull << 27);
	ck_assert_int_eq(tell(VHOST_SET_OWNER, NULL), 0);
	ck_assert_int_eq(tell(VHOST_SET_OWNER, NULL), -EBUSY);
	ck_assert_int_eq(host_close(vm, fd), 0);
	ck_assert_int_eq(host_close(vm, fd), -EBADF);
	ck_assert_int_eq(tell(VHOST_SET_OWNER, NULL), -EBADF);
	unmake();
}
END_TEST

START_TEST(ioctls_with_wrong_arguments_are_refused)
{
	struct vhost_memory bad = { 65, 0 };
	void *nowhere = (void *)8;

	make(false);
	open_device();
	ck_assert_int_eq(tell(VHOST_SET_OWNER, NULL), 0);
	ck_assert_int_eq(set_features(1ull << 26), -EOPNOTSUPP);	/* logs */
	ck_assert_int_eq(set_features(F_VERSION_1 | 1ull << 34), -EOPNOTSUPP);	/* packed */
	ck_assert_int_eq(set_state(VHOST_SET_VRING_NUM, 1, NUM), -ENOBUFS);
	ck_assert_int_eq(set_state(VHOST_SET_VRING_NUM, UINT32_MAX, NUM), -ENOBUFS);
	ck_assert_int_eq(set_state(VHOST_SET_VRING_NUM, 0, 0), -EINVAL);
	ck_assert_int_eq(set_state(VHOST_SET_VRING_NUM, 0, 3), -EINVAL);
	ck_assert_int_eq(set_state(VHOST_SET_VRING_NUM, 0, 65536), -EINVAL);
	ck_assert_int_eq(set_state(VHOST_SET_VRING_BASE, 0, 65536), -EINVAL);
	ck_assert_int_eq(set_addr(DESC_AT + 8, AVAIL_AT, USED_AT, 0), -EINVAL);
	ck_assert_int_eq(set_addr(DESC_AT, AVAIL_AT + 1, USED_AT, 0), -EINVAL);
	ck_assert_int_eq(set_addr(DESC_AT, AVAIL_AT, USED_AT + 2, 0), -EINVAL);
	ck_assert_int_eq(set_addr(DESC_AT, AVAIL_AT, USED_AT, 2), -EOPNOTSUPP);
	ck_assert_int_eq(set_state(VHOST_SET_VRING_KICK, 0, 60), -EBADF);
	ck_assert_int_eq(set_state(VHOST_SET_VRING_CALL, 0, fd), -EBADF);
	ck_assert_int_eq(set_state(VHOST_SET_VRING_ERR, 0, -2), -EBADF);
	ck_assert_int_eq(set_state(VHOST_SET_VRING_ERR, 0, VHOST_FILE_UNBIND), 0);
	ck_assert_int_eq(tell(VHOST_SET_MEM_TABLE, &bad), -E2BIG);
	bad = (struct vhost_memory){ 0, 1 };
	ck_assert_int_eq(tell(VHOST_SET_MEM_TABLE, &bad), -EOPNOTSUPP);
	ck_assert_int_eq(tell(VHOST_SET_MEM_TABLE, nowhere), -EFAULT);
	ck_assert_int_eq(tell(VHOST_SET_VRING_NUM, nowhere), -EFAULT);
	ck_assert_int_eq(tell(VHOST_GET_FEATURES, nowhere), -EFAULT);
	ck_assert_int_eq(tell(VHOST_SET_FEATURES, nowhere), -EFAULT);
	ck_assert_int_eq(tell(SET_RUNNING, nowhere), -EFAULT);
	ck_assert_int_eq(set_running(2), -EINVAL);
	ck_assert_int_eq(set_running(1), -EFAULT);	/* no memory, no ring */
	ck_assert_int_eq(set_memory(RAM), 0);
	ck_assert_int_eq(set_running(1), -EFAULT);	/* no ring */
	ck_assert_int_eq(set_state(_IOW(VHOST_VIRTIO, 0x99, int), 0, 0), -ENOTTY);
	unmake();
}
END_TEST

START_TEST(a_ring_in_use_is_not_changed)
{
	make(false);
	set_up(F_VERSION_1);
	ck_assert_int_eq(set_running(1), 0);
	ck_assert_int_eq(set_state(VHOST_SET_VRING_NUM, 0, 8), -EBUSY);
	ck_assert_int_eq(set_state(VHOST_SET_VRING_BASE, 0, 8), -EBUSY);
	ck_assert_int_eq(set_addr(RAM - 64, AVAIL_AT, USED_AT, 0), -EINVAL);	/* past its end */
	chain(1, 1, BLOCK);
	kick_it();
	ck_assert_uint_eq(used_idx(), 1);
	unmake();
}
END_TEST

/* Hostile guests */

static void outside(void)
{
	*desc(0) = (struct desc){ RAM, 4096, D_WRITE, 0 };
}

static void far_outside(void)
{
	*desc(0) = (struct desc){ UINT64_MAX - 4095, 4096, D_WRITE, 0 };
}

static void over_the_end(void)
{
	*desc(0) = (struct desc){ RAM - 4096, 8192, D_WRITE, 0 };
}

static void good_then_outside(void)
{
	*desc(0) = (struct desc){ BLOCK, BLOCK, D_WRITE | D_NEXT, 1 };
	*desc(1) = (struct desc){ RAM, 4096, D_WRITE, 0 };
}

static void no_bytes(void)
{
	*desc(0) = (struct desc){ BLOCK, 0, D_WRITE, 0 };
}

static void not_a_page(void)
{
	*desc(0) = (struct desc){ BLOCK + 1, 4096, D_WRITE, 0 };
}

static void part_of_a_page(void)
{
	*desc(0) = (struct desc){ BLOCK, 4095, D_WRITE, 0 };
}

static void good_then_part(void)
{
	*desc(0) = (struct desc){ BLOCK, BLOCK, D_WRITE | D_NEXT, 1 };
	*desc(1) = (struct desc){ 2 * BLOCK, 1, D_WRITE, 0 };
}

static void to_read(void)
{
	*desc(0) = (struct desc){ BLOCK, 4096, 0, 0 };
}

static void to_read_at_the_end(void)
{
	*desc(0) = (struct desc){ BLOCK, 4096, D_WRITE | D_NEXT, 1 };
	*desc(1) = (struct desc){ 2 * BLOCK, 4096, 0, 0 };
}

static void loop(void)
{
	*desc(0) = (struct desc){ BLOCK, 4096, D_WRITE | D_NEXT, 0 };
}

static void next_past_the_table(void)
{
	*desc(0) = (struct desc){ BLOCK, 4096, D_WRITE | D_NEXT, NUM };
}

static void head_past_the_table(void)
{
	*avail(2) = NUM;
}

static void index_jumps(void)
{
	*avail(1) = NUM + 1;
}

static struct desc *table_entry(unsigned int i)
{
	return (struct desc *)(ram() + TABLE_AT) + i;
}

static void indirect_of_no_entry(void)
{
	*desc(0) = (struct desc){ TABLE_AT, 0, D_INDIRECT, 0 };
}

static void indirect_of_half_an_entry(void)
{
	*desc(0) = (struct desc){ TABLE_AT, 24, D_INDIRECT, 0 };
}

static void indirect_outside(void)
{
	*desc(0) = (struct desc){ RAM, 16, D_INDIRECT, 0 };
}

static void indirect_in_indirect(void)
{
	*desc(0) = (struct desc){ TABLE_AT, 16, D_INDIRECT, 0 };
	*table_entry(0) = (struct desc){ TABLE_AT, 16, D_INDIRECT, 0 };
}

static void indirect_loop(void)
{
	*desc(0) = (struct desc){ TABLE_AT, 32, D_INDIRECT, 0 };
	*table_entry(0) = (struct desc){ BLOCK, 4096, D_WRITE | D_NEXT, 1 };
	*table_entry(1) = (struct desc){ BLOCK, 4096, D_WRITE | D_NEXT, 0 };
}

static void (*const hostile[])(void) = {
	outside, far_outside, over_the_end, good_then_outside, no_bytes, not_a_page, part_of_a_page,
	good_then_part, to_read, to_read_at_the_end, loop, next_past_the_table,
	head_past_the_table, index_jumps, indirect_of_no_entry, indirect_of_half_an_entry,
	indirect_outside, indirect_in_indirect, indirect_loop,
};

/* It is told to whoever can do something about it, and nothing is done for the guest any more. */
START_TEST(a_hostile_ring_breaks_the_queue)
{
	make(false);
	set_up(F_VERSION_1 | F_INDIRECT);
	set_running(1);
	submit(0);
	hostile[_i]();
	kick_it();
	ck_assert(signalled(err));
	ck_assert(!signalled(irq));
	ck_assert_uint_eq(used_idx(), 0);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), RAM >> 12);
	*avail(1) = 1;
	*avail(2) = 0;
	chain(1, 1, BLOCK);
	kick_it();
	ck_assert_uint_eq(used_idx(), 0);
	ck_assert_uint_eq(hints, 0);
	unmake();
}
END_TEST

START_TEST(an_indirect_table_is_followed)
{
	make(false);
	set_up(F_VERSION_1 | F_INDIRECT);
	set_running(1);
	*desc(0) = (struct desc){ TABLE_AT, 32, D_INDIRECT, 0 };
	*table_entry(0) = (struct desc){ BLOCK, BLOCK, D_WRITE | D_NEXT, 1 };
	*table_entry(1) = (struct desc){ 2 * BLOCK, BLOCK, D_WRITE, 0 };
	submit(0);
	kick_it();
	ck_assert_uint_eq(used_idx(), 1);
	ck_assert_uint_eq(hint_bytes, 2 * BLOCK);
	unmake();
}
END_TEST

/* Ends */

static void close_it(void *arg)
{
	ck_assert_int_eq(host_close(vm, fd), 0);
}

START_TEST(closing_ends_the_worker_and_leaves_nothing_behind)
{
	make(false);
	set_up(F_VERSION_1);
	set_running(1);
	chain(3, 1, BLOCK);
	kick_it();
	chain(3, 4, BLOCK);
	run_on_vcpu(close_it, engine.now + NSEC_PER_SEC_U64);
	ck_assert_uint_eq(host_kernel_unload(kernel, error, sizeof(error)), 0);
	unmake();
}
END_TEST

START_TEST(a_vmm_that_is_killed_takes_its_device_with_it)
{
	struct kvm_vm *other;
	uint16_t served;

	make(false);
	other = vm;
	set_up(F_VERSION_1);
	set_running(1);
	vm = make_vm("other", false);
	set_up(F_VERSION_1);
	set_running(1);
	chain(3, 1, BLOCK);
	host_stop_vm(other);
	host_kernel_vm_gone(kernel, other);
	kick_it();
	served = used_idx();
	ck_assert_uint_eq(served, 1);
	ck_assert_ptr_null(other->files.file[3]);
	ck_assert_uint_eq(guest_ram_resident(other->ram), 0);
	run_on_vcpu(close_it, engine.now + NSEC_PER_SEC_U64);
	ck_assert_uint_eq(host_kernel_unload(kernel, error, sizeof(error)), 0);
	unmake();
}
END_TEST

/* In a machine */

static char scenario[4096];
static struct outcome o;

static const char *machine(const char *host, const char *driver, const char *device,
			   const char *guest)
{
	snprintf(scenario, sizeof(scenario), TEST_HEAD
		 "host { compatible = \"ballast,host\"; memory-mib = <2048>; cpus = <2>; %s };\n"
		 "g: guest { compatible = \"ballast,guest\"; memory-mib = <512>; vcpus = <2>;\n"
		 "boot-profile = <&linux_6_1>; %s\n"
		 "modules { driver { compatible = \"ballast,module\"; image = \"%s\"; }; };\n"
		 "devices { hint { compatible = \"ballast,virtio-page-hint\"; %s }; };\n"
		 "programs { use { compatible = \"ballast,program-churn\"; size-mib = <300>;"
		 " duration-ms = <5000>; min-kib = <64>; max-kib = <4096>; lifetime-ms = <500>; };"
		 " rest { compatible = \"ballast,program-idle\"; duration-ms = <3000>; };"
		 " }; }; };\n",
		 host, guest, driver, device);
	return scenario;
}

#define HOST_WITH(image)                                                                           \
	"modules { vhost { compatible = \"ballast,module\"; image = \"" image "\"; }; };"
#define VHOST HOST_WITH("vhost_page_hint")

/* Requests that were taken off a ring, at whose expense? */
static uint64_t popped_by(enum trace_domain domain)
{
	unsigned int i;

	for (i = 0; i < o.report.nr_costs; i++)
		if (o.report.costs[i].domain == domain &&
		    !strcmp(o.report.costs[i].name, "virtqueue-pop"))
			return o.report.costs[i].count;
	return 0;
}

START_TEST(the_vmm_does_not_take_part)
{
	uint64_t bytes;

	outcome_run(&o, machine("", "page_hinting", "", ""), false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	bytes = o.report.guests[0].total.report_bytes;
	ck_assert_uint_ge(bytes, 200 * MIB);
	ck_assert_uint_ge(popped_by(TRACE_DOMAIN_VMM), o.report.guests[0].total.report_requests);
	ck_assert_uint_eq(popped_by(TRACE_DOMAIN_VMM_KERNEL), 0);
	outcome_free(&o);
	outcome_run(&o, machine(VHOST, "page_hinting", "vhost;", ""), false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	/* Who answers later finds more to drop, and the other way round: about the same. */
	ck_assert_uint_ge(o.report.guests[0].total.report_bytes * 10, bytes * 8);
	ck_assert_uint_gt(o.report.guests[0].total.report_requests, 0);
	ck_assert_uint_eq(popped_by(TRACE_DOMAIN_VMM_KERNEL),
			  o.report.guests[0].total.report_requests);
	ck_assert_uint_eq(popped_by(TRACE_DOMAIN_VMM), 0);
	ck_assert_uint_lt(o.report.guests[0].last.resident, 200 * 256);
	outcome_free(&o);
}
END_TEST

START_TEST(an_assigned_device_keeps_the_memory_and_the_vmm_answers)
{
	outcome_run(&o, machine(VHOST, "page_hinting", "vhost;", "assigned-device;"), false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	ck_assert_uint_gt(o.report.guests[0].total.report_requests, 0);
	ck_assert_uint_eq(o.report.guests[0].total.discard_pages, 0);
	outcome_free(&o);
}
END_TEST

START_TEST(two_runs_with_vhost_are_the_same)
{
	uint64_t events;

	outcome_run(&o, machine(VHOST, "page_hinting", "vhost;", ""), false);
	events = o.report.events;
	outcome_free(&o);
	outcome_run(&o, machine(VHOST, "page_hinting", "vhost;", ""), false);
	ck_assert_uint_eq(o.report.events, events);
	outcome_free(&o);
}
END_TEST

/* Two guests on a host that has memory for one: VMMs go, and devices and workers with them. */
START_TEST(vmms_that_the_host_kills_leave_nothing_running)
{
	static const char text[] = TEST_HEAD
		"host { compatible = \"ballast,host\"; memory-mib = <512>; cpus = <2>; "
		VHOST " };\n"
		"g: guest { compatible = \"ballast,guest\"; memory-mib = <512>; vcpus = <1>;\n"
		"count = <2>; boot-profile = <&linux_6_1>;\n"
		"modules { driver { compatible = \"ballast,module\";"
		" image = \"page_hinting\"; }; };"
		"devices { hint { compatible = \"ballast,virtio-page-hint\"; vhost; }; };\n"
		"programs { use { compatible = \"ballast,program-memhog\"; size-mib = <320>; };"
		" rest { compatible = \"ballast,program-idle\"; duration-ms = <1000>; };"
		" }; }; };\n";

	outcome_run(&o, text, false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%d: %s", o.end, o.text);
	ck_assert_uint_gt(o.report.nr_problems, 0);
	outcome_free(&o);
}
END_TEST

static const struct refusal {
	const char *host, *device, *says;
} refusals[] = {
	{ "", "vhost;",
	  "/guest/devices/hint: Could not open '/dev/vhost-page-hint': No such file or directory; "
	  "a module of the host's kernel makes that file, such as host {" },
	{ HOST_WITH("kvm_page_hint_host"), "vhost;", "Could not open '/dev/vhost-page-hint'" },
	{ VHOST, "vhost; action = \"free\";", "'action' must be dontneed and 'per-page' off" },
	{ VHOST, "vhost; action = \"none\";", "'action' must be dontneed and 'per-page' off" },
	{ VHOST, "vhost; per-page;", "'action' must be dontneed and 'per-page' off" },
};

START_TEST(what_vhost_cannot_have_is_refused)
{
	const struct refusal *r = &refusals[_i];

	outcome_run(&o, machine(r->host, "page_hinting", r->device, ""), false);
	ck_assert(o.refused);
	ck_assert_msg(strstr(o.text, r->says) != NULL, "%s", o.text);
	outcome_free(&o);
}
END_TEST

static const struct broken {
	const char *host, *driver;
	enum trace_end end;
	const char *says;
} broken[] = {
	{ VHOST, "broken-guest-hints-nonsense", TRACE_END_PROTOCOL,
	  "device hint needs a reset: virtio-page-hint: the host's kernel refuses a request" },
	{ HOST_WITH("broken-host-ignores-nonsense"), "broken-guest-hints-nonsense",
	  TRACE_END_DEADLOCK, "answer_is_there" },
	{ HOST_WITH("broken-host-answers-first"), "page_hinting", TRACE_END_DATA_LOSS,
	  "data loss: guest guest" },
};

START_TEST(broken_halves_are_caught)
{
	const struct broken *b = &broken[_i];

	outcome_run(&o, machine(b->host, b->driver, "vhost;", ""), false);
	ck_assert_msg(!o.refused && o.end == b->end, "%d: %s", o.end, o.text);
	ck_assert_msg(strstr(o.text, b->says) != NULL, "%s", o.text);
	outcome_free(&o);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("vhost");
	TCase *requests = tcase_create("requests"), *ioctls = tcase_create("ioctls");
	TCase *machines = tcase_create("machines");
	TCase *bad = tcase_create("hostile"), *ends = tcase_create("ends");

	tcase_add_test(requests, a_chain_of_blocks_is_dropped_and_answered);
	tcase_add_test(requests, pages_are_dropped_one_by_one_if_they_are_named_so);
	tcase_add_test(requests, what_was_there_before_it_ran_is_served);
	tcase_add_test(requests, all_requests_of_a_kick_are_served);
	tcase_add_test(requests, the_guest_hears_of_answers_as_it_wants_to);
	tcase_add_test(requests, memory_of_hugetlbfs_stays_and_the_guest_has_its_answer);
	tcase_add_test(requests, it_stops_and_goes_on_where_it_was);
	tcase_add_test(requests, addresses_go_through_the_table);
	suite_add_tcase(s, requests);
	tcase_add_test(ioctls, who_does_not_own_it_is_refused);
	tcase_add_test(ioctls, ioctls_with_wrong_arguments_are_refused);
	tcase_add_test(ioctls, a_ring_in_use_is_not_changed);
	suite_add_tcase(s, ioctls);
	tcase_add_loop_test(bad, a_hostile_ring_breaks_the_queue, 0,
			    sizeof(hostile) / sizeof(hostile[0]));
	tcase_add_test(bad, an_indirect_table_is_followed);
	suite_add_tcase(s, bad);
	tcase_add_test(ends, closing_ends_the_worker_and_leaves_nothing_behind);
	tcase_add_test(ends, a_vmm_that_is_killed_takes_its_device_with_it);
	suite_add_tcase(s, ends);
	tcase_add_test(machines, the_vmm_does_not_take_part);
	tcase_add_test(machines, an_assigned_device_keeps_the_memory_and_the_vmm_answers);
	tcase_add_test(machines, two_runs_with_vhost_are_the_same);
	tcase_add_test(machines, vmms_that_the_host_kills_leave_nothing_running);
	tcase_add_loop_test(machines, what_vhost_cannot_have_is_refused, 0,
			    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_loop_test(machines, broken_halves_are_caught, 0,
			    sizeof(broken) / sizeof(broken[0]));
	suite_add_tcase(s, machines);
	return s;
}
