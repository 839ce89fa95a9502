// SPDX-License-Identifier: GPL-2.0-only
/*
 * Init of a real host kernel, in a VM with nested virtualization: gives hints to its own kernel and
 * says what has come of them, one line each, then powers off.
 *
 *   hint NAME ANSWER PAGES	the answer, and pages of 4 KiB that are not resident any more
 *
 * Hypercalls are made by a guest of 24 bytes in real mode, the queue of /dev/vhost-page-hint is
 * made by hand in memory of this process.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/vhost.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kvm_page_hint.h>
#include <vhost_page_hint.h>

#define MIB (1ul << 20)
#define RAM (16 * MIB)
#define PAGES (RAM >> 12)
#define CODE 0x1000

static uint8_t *ram;

static long resident(void)
{
	unsigned char in[PAGES];
	long nr = 0;
	size_t i;

	mincore(ram, RAM, in);
	for (i = 0; i < PAGES; i++)
		nr += in[i] & 1;
	return nr;
}

static void make_ram(void)
{
	if (ram)
		munmap(ram, RAM);
	ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(ram, 7, RAM);
}

static void say(const char *name, long answer, long before)
{
	printf("hint %s %ld %ld\n", name, answer, before - resident());
}

static void need(bool well, const char *what)
{
	if (well)
		return;
	printf("hint failed %s: %s\n", what, strerror(errno));
	fflush(stdout);
	reboot(RB_POWER_OFF);
}

/* A guest that makes one hypercall */

static int vm, cpu;
static struct kvm_run *run;

/* Whether KVM offers hints; the vCPU gets all that it has. */
static void set_cpuid(int kvm)
{
	struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + 200 * sizeof(cpuid->entries[0]));
	bool offered = false;
	unsigned int i;

	cpuid->nent = 200;
	need(!ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid), "cpuid");
	for (i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == 0x40000001)
			offered = cpuid->entries[i].eax >> KVM_FEATURE_PAGE_HINT & 1;
	need(!ioctl(cpu, KVM_SET_CPUID2, cpuid), "set cpuid");
	printf("hint offered %d 0\n", offered);
}

static void make_vm(void)
{
	struct kvm_userspace_memory_region region = { .memory_size = RAM };
	int kvm = open("/dev/kvm", O_RDWR);

	need(kvm >= 0, "/dev/kvm");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	need(vm >= 0, "vm");
	make_ram();
	region.userspace_addr = (uintptr_t)ram;
	need(!ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "region");
	cpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	need(cpu >= 0, "vcpu");
	run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE, MAP_SHARED,
		   cpu, 0);
	set_cpuid(kvm);
}

static void set_registers(void)
{
	struct kvm_regs regs = { .rip = CODE, .rflags = 2 };
	struct kvm_sregs sregs;

	need(!ioctl(cpu, KVM_GET_SREGS, &sregs), "sregs");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	need(!ioctl(cpu, KVM_SET_SREGS, &sregs), "set sregs");
	need(!ioctl(cpu, KVM_SET_REGS, &regs), "set regs");
}

/* mov eax, NR; mov ebx, A0; mov ecx, A1; vmmcall; out 0x10, eax */
static int hypercall(uint32_t nr, uint32_t a0, uint32_t a1)
{
	uint8_t code[] = { 0x66, 0xb8, 0, 0, 0, 0, 0x66, 0xbb, 0, 0, 0, 0, 0x66, 0xb9, 0, 0, 0, 0,
			   0x0f, 0x01, 0xd9, 0x66, 0xe7, 0x10 };
	int answer;

	memcpy(code + 2, &nr, 4);
	memcpy(code + 8, &a0, 4);
	memcpy(code + 14, &a1, 4);
	memcpy(ram + CODE, code, sizeof(code));
	set_registers();
	need(!ioctl(cpu, KVM_RUN, 0), "run");
	need(run->exit_reason == KVM_EXIT_IO, "exit");
	memcpy(&answer, (uint8_t *)run + run->io.data_offset, sizeof(answer));
	return answer;
}

static void try_call(const char *name, uint32_t nr, uint32_t a0, uint32_t a1)
{
	long before = resident();
	int answer = hypercall(nr, a0, a1);

	say(name, answer, before);
}

static void try_hypercalls(void)
{
	make_vm();
	try_call("block", KVM_HC_PAGE_HINT, 4 * MIB, 2 * MIB);
	try_call("two-blocks", KVM_HC_PAGE_HINT, 8 * MIB, 4 * MIB);
	printf("hint byte %d 0\n", ram[4 * MIB]);
	try_call("page", KVM_HC_PAGE_HINT, 14 * MIB, 4096);
	try_call("misaligned", KVM_HC_PAGE_HINT, 3 * MIB, 2 * MIB);
	try_call("no-power", KVM_HC_PAGE_HINT, 0, 3 * MIB);
	try_call("outside", KVM_HC_PAGE_HINT, 64 * MIB, 2 * MIB);
	try_call("past-slot", KVM_HC_PAGE_HINT, 0, 32 * MIB);
	try_call("other-number", KVM_HC_PAGE_HINT + 1, 6 * MIB, 2 * MIB);
	mlock(ram + 6 * MIB, 2 * MIB);
	try_call("locked", KVM_HC_PAGE_HINT, 6 * MIB, 2 * MIB);
	munlock(ram + 6 * MIB, 2 * MIB);
	close(cpu);
	close(vm);
}

/* A queue by hand */

#define NUM 16

static int device, kick, irq, error;
static struct vring_desc *desc;
static struct vring_avail *avail;
static struct vring_used *used;

static void tell(unsigned long cmd, const void *arg, const char *what)
{
	need(!ioctl(device, cmd, arg), what);
}

static void set_up_queue(void)
{
	struct {
		struct vhost_memory head;
		struct vhost_memory_region region;
	} table = { { 1, 0 }, { 0, RAM, (uintptr_t)ram, 0 } };
	struct vhost_vring_addr addr = { .desc_user_addr = (uintptr_t)desc,
					 .avail_user_addr = (uintptr_t)avail,
					 .used_user_addr = (uintptr_t)used };
	struct vhost_vring_state num = { 0, NUM }, base = { 0, 0 };
	struct vhost_vring_file files[] = { { 0, kick }, { 0, irq }, { 0, error } };
	uint64_t features = 1ull << 32;
	int on = 1;

	tell(VHOST_SET_OWNER, NULL, "owner");
	tell(VHOST_SET_FEATURES, &features, "features");
	tell(VHOST_SET_MEM_TABLE, &table, "memory");
	tell(VHOST_SET_VRING_NUM, &num, "num");
	tell(VHOST_SET_VRING_BASE, &base, "base");
	tell(VHOST_SET_VRING_ADDR, &addr, "addr");
	tell(VHOST_SET_VRING_KICK, &files[0], "kick");
	tell(VHOST_SET_VRING_CALL, &files[1], "call");
	tell(VHOST_SET_VRING_ERR, &files[2], "err");
	tell(VHOST_PAGE_HINT_SET_RUNNING, &on, "running");
}

/* What comes of the request: 1, an answer; 2, the queue breaks; 0, nothing for 3 s. */
static int outcome(void)
{
	struct pollfd p[] = { { irq, POLLIN, 0 }, { error, POLLIN, 0 } };
	uint64_t count;

	if (poll(p, 2, 3000) < 1)
		return 0;
	read(p[0].revents ? irq : error, &count, sizeof(count));
	return p[0].revents ? 1 : 2;
}

/* One request of @nr buffers of @len, each in a block of 2 MiB of its own. */
static void try_request(const char *name, unsigned int block, unsigned int nr, uint32_t len)
{
	long before = resident();
	uint64_t one = 1;
	unsigned int i;

	for (i = 0; i < nr; i++)
		desc[i] = (struct vring_desc){ (block + i) * 2 * MIB, len,
					       VRING_DESC_F_WRITE |
					       (i + 1 < nr ? VRING_DESC_F_NEXT : 0), i + 1 };
	avail->ring[avail->idx % NUM] = 0;
	__sync_synchronize();
	avail->idx++;
	__sync_synchronize();
	need(write(kick, &one, sizeof(one)) == sizeof(one), "kick");
	say(name, outcome(), before);
}

static void try_vhost(void)
{
	device = open("/dev/vhost-page-hint", O_RDWR);
	need(device >= 0, "/dev/vhost-page-hint");
	kick = eventfd(0, 0);
	irq = eventfd(0, 0);
	error = eventfd(0, EFD_NONBLOCK);
	make_ram();
	memset(ram, 0, 3 * 4096);
	desc = (void *)ram;
	avail = (void *)(ram + 4096);
	used = (void *)(ram + 8192);
	set_up_queue();
	try_request("vhost-blocks", 1, 3, 2 * MIB);
	printf("hint vhost-used %d 0\n", used->idx);
	try_request("vhost-page", 4, 1, 4096);
	try_request("vhost-outside", 8, 1, 4096);
	printf("hint vhost-used-then %d 0\n", used->idx);
	try_request("vhost-broken", 5, 1, 2 * MIB);
	close(device);
}

int main(void)
{
	mkdir("/dev", 0755);
	mount("none", "/dev", "devtmpfs", 0, NULL);
	dup2(open("/dev/console", O_RDWR), 1);
	setvbuf(stdout, NULL, _IOLBF, 0);
	try_hypercalls();
	try_vhost();
	printf("hint end 0 0\n");
	reboot(RB_POWER_OFF);
	return 0;
}
