// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest-physical address space and RAM blocks.
 *
 * Models softmmu/memory.c and softmmu/physmem.c of QEMU on a flat map of three regions: guest
 * RAM from 0 on, then, above the next GiB boundary behind it, a firmware ROM and a window of
 * device registers. (A PC has the last two below 4 GiB; guest RAM of the model is one piece, so
 * they move up.)  DMA to anything but RAM, also to addresses where nothing is, goes through one
 * bounce buffer, as in QEMU; registers and nothing read as zeroes, and what a device writes to
 * them is lost.  Guest RAM is discarded by the host model; without a host its bytes are cleared.
 */
#include "internal.h"

#include "hostmem.h"
#include "qemu/madvise.h"

enum { REGION_INDEX_RAM, REGION_INDEX_ROM, REGION_INDEX_MMIO };

static void region_init(struct vmm *vmm, unsigned int index, const char *name,
			enum vmm_region_kind kind, hwaddr addr, uint64_t size, RAMBlock *block)
{
	vmm->regions[index] = (MemoryRegion){
		.name = name, .kind = kind, .addr = addr, .size = size, .block = block,
	};
}

int vmm_memory_init(struct vmm *vmm)
{
	const struct vmm_config *config = &vmm->config;
	uint64_t size = vmm->vm ? guest_ram_pages(vmm->vm->ram) * HOST_PAGE_SIZE :
				  config->ram_bytes;
	uint64_t high = QEMU_ALIGN_UP(size, UINT64_C(1) << 30) + (UINT64_C(1) << 30);

	vmm->rom = (RAMBlock){ .idstr = "pc.bios", .used_length = VMM_ROM_SIZE,
			       .page_size = HOST_PAGE_SIZE, .offset = high };
	vmm->rom.host = host_reserve(VMM_ROM_SIZE);
	vmm->bounce = host_reserve(VMM_BOUNCE_SIZE);
	if (!vmm->rom.host || !vmm->bounce)
		return -ENOMEM;
	memset(vmm->rom.host, 0xf4, VMM_ROM_SIZE);	/* HLT; so that a discard would show */
	vmm->ram = (RAMBlock){ .idstr = "pc.ram", .used_length = size, .guest = true };
	vmm->ram.page_size = config->ram_page_size ? config->ram_page_size : HOST_PAGE_SIZE;
	vmm->ram.host = vmm->vm ? guest_ram_ptr(vmm->vm->ram) : config->ram;
	vmm->system.name = "system";
	region_init(vmm, REGION_INDEX_RAM, "pc.ram", REGION_RAM, 0, size, &vmm->ram);
	region_init(vmm, REGION_INDEX_ROM, "pc.bios", REGION_ROM, high, VMM_ROM_SIZE, &vmm->rom);
	region_init(vmm, REGION_INDEX_MMIO, "mmio", REGION_MMIO, high + VMM_ROM_SIZE,
		    VMM_MMIO_SIZE, NULL);
	return 0;
}

void vmm_memory_destroy(struct vmm *vmm)
{
	if (vmm->rom.host)
		host_release(vmm->rom.host, VMM_ROM_SIZE);
	if (vmm->bounce)
		host_release(vmm->bounce, VMM_BOUNCE_SIZE);
}

/* Regions */

MemoryRegion *get_system_memory(void)
{
	return &this_vmm->system;
}

/* A handle: nobody looks into it. */
AddressSpace *vmm_address_space(void)
{
	return (AddressSpace *)&this_vmm->system;
}

MemoryRegionSection memory_region_find(MemoryRegion *mr, hwaddr addr, uint64_t size)
{
	struct vmm *vmm = container_of(mr, struct vmm, system);
	MemoryRegionSection section = { 0 };
	hwaddr last = size > HWADDR_MAX - addr ? HWADDR_MAX : addr + size - 1;
	unsigned int i;

	charge(COST_VMM_LOOKUP, 1);
	for (i = 0; i < VMM_NR_REGIONS && size; i++) {
		MemoryRegion *r = &vmm->regions[i];
		hwaddr r_last = r->addr + r->size - 1, start = MAX(addr, r->addr);

		if (!r->size || start > last || start > r_last)
			continue;
		section.mr = r;
		section.offset_within_address_space = start;
		section.offset_within_region = start - r->addr;
		section.size = int128_make64(MIN(last, r_last) - start + 1);
		section.readonly = r->kind == REGION_ROM;
		memory_region_ref(r);
		break;
	}
	return section;
}

void memory_region_ref(MemoryRegion *mr)
{
	if (mr)
		mr->refs++;
}

void memory_region_unref(MemoryRegion *mr)
{
	if (!mr)
		return;
	if (!mr->refs)
		vmm_fatal("region %s: reference dropped once too often", mr->name);
	mr->refs--;
}

const char *memory_region_name(const MemoryRegion *mr)
{
	return mr->name;
}

bool memory_region_is_ram(MemoryRegion *mr)
{
	return mr->block;
}

bool memory_region_is_ram_device(MemoryRegion *mr)
{
	return false;
}

bool memory_region_is_rom(MemoryRegion *mr)
{
	return mr->kind == REGION_ROM;
}

bool memory_region_is_romd(MemoryRegion *mr)
{
	return false;
}

void *memory_region_get_ram_ptr(MemoryRegion *mr)
{
	if (!mr->block)
		vmm_fatal("region %s has no RAM", mr->name);
	return mr->block->host;
}

ram_addr_t memory_region_get_ram_addr(MemoryRegion *mr)
{
	if (!mr->block)
		vmm_fatal("region %s has no RAM", mr->name);
	return mr->block->offset;
}

MemoryRegion *memory_region_from_host(void *ptr, ram_addr_t *offset)
{
	RAMBlock *block = qemu_ram_block_from_host(ptr, false, offset);
	unsigned int i;

	for (i = 0; block && i < VMM_NR_REGIONS; i++) {
		if (this_vmm->regions[i].block == block)
			return &this_vmm->regions[i];
	}
	return NULL;
}

void memory_region_set_dirty(MemoryRegion *mr, hwaddr addr, hwaddr size)
{
	if (!mr->block)
		vmm_fatal("region %s has no RAM", mr->name);
	if (mr->block->guest)
		vmm_migration_written(this_vmm, addr >> HOST_PAGE_SHIFT,
				      DIV_ROUND_UP(addr + size, HOST_PAGE_SIZE) -
				      (addr >> HOST_PAGE_SHIFT));
}

/* There is one address space, and all who listen want to know about it. */
void memory_listener_register(MemoryListener *listener, AddressSpace *filter)
{
	listener->next = this_vmm->listeners;
	this_vmm->listeners = listener;
}

void memory_listener_unregister(MemoryListener *listener)
{
	MemoryListener **link = &this_vmm->listeners;

	while (*link && *link != listener)
		link = &(*link)->next;
	if (!*link)
		vmm_fatal("memory listener %s is not registered", listener->name);
	*link = listener->next;
}

void vmm_region_gone(struct vmm *vmm, MemoryRegion *mr, uint64_t start, uint64_t size)
{
	MemoryRegionSection section = {
		.mr = mr, .offset_within_region = start, .size = int128_make64(size),
		.offset_within_address_space = mr->addr + start,
	};
	struct vmm *old = vmm_enter(vmm);
	MemoryListener *l;

	for (l = vmm->listeners; l; l = l->next)
		l->region_del(l, &section);
	vmm_leave(old);
}

/* RAM blocks */

RAMBlock *qemu_ram_block_from_host(void *ptr, bool round_offset, ram_addr_t *offset)
{
	struct vmm *vmm = this_vmm;
	RAMBlock *const blocks[] = { &vmm->ram, &vmm->rom };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(blocks); i++) {
		uint64_t at = (uint8_t *)ptr - blocks[i]->host;

		if ((uint8_t *)ptr < blocks[i]->host || at >= blocks[i]->used_length)
			continue;
		*offset = round_offset ? QEMU_ALIGN_DOWN(at, HOST_PAGE_SIZE) : at;
		return blocks[i];
	}
	return NULL;
}

const char *qemu_ram_get_idstr(RAMBlock *rb)
{
	return rb->idstr;
}

ram_addr_t qemu_ram_get_used_length(RAMBlock *rb)
{
	return rb->used_length;
}

size_t qemu_ram_pagesize(RAMBlock *rb)
{
	return rb->page_size;
}

size_t qemu_ram_pagesize_largest(void)
{
	return MAX(this_vmm->ram.page_size, this_vmm->rom.page_size);
}

/* The firmware's is nobody else's. */
bool qemu_ram_is_shared(RAMBlock *rb)
{
	return rb->guest && this_vmm->config.ram_shared;
}

int qemu_ram_foreach_block(RAMBlockIterFunc func, void *opaque)
{
	int ret = func(&this_vmm->ram, opaque);

	return ret ? ret : func(&this_vmm->rom, opaque);
}

bool ram_block_discard_is_disabled(void)
{
	const struct vmm_config *config = &this_vmm->config;

	if (config->discard_disabled && !this_vmm->told_disabled && config->observer &&
	    config->observer->discard_refused) {
		this_vmm->told_disabled = true;
		config->observer->discard_refused(this_vmm);
	}
	return config->discard_disabled;
}

/* Nobody begins to pin memory while a VMM runs, so there is nothing to remember. */
int ram_block_discard_require(bool state)
{
	return state && this_vmm->config.discard_disabled ? -EBUSY : 0;
}

/* Bytes without a host behind them. */
static int advise_bytes(void *ptr, uint64_t len, enum host_madvise advice)
{
	if (advice == HOST_MADV_DONTNEED)
		memset(ptr, 0, len);
	return 0;
}

static int ram_advise(struct vmm *vmm, uint64_t start, uint64_t len, enum host_madvise advice)
{
	if (!vmm->vm)
		return advise_bytes(vmm->ram.host + start, len, advice);
	return guest_ram_madvise(vmm->vm->ram, start, len, advice);
}

/* Of a file first the pages, which others may map, then this mapping. */
static int ram_discard(struct vmm *vmm, uint64_t start, uint64_t len)
{
	int ret = 0;

	if (vmm->vm && vmm->config.ram_shared)
		ret = guest_ram_punch_hole(vmm->vm->ram, start, len);
	return ret ? ret : ram_advise(vmm, start, len, HOST_MADV_DONTNEED);
}

int ram_block_discard_range(RAMBlock *rb, uint64_t start, size_t length)
{
	const struct call_site *site = call_site_take();
	int ret;

	if (!QEMU_IS_ALIGNED(start | length, rb->page_size)) {
		error_report("discard of %s: 0x%" PRIx64 ", length 0x%zx, is not made of pages of "
			     "%zu bytes", rb->idstr, start, length, rb->page_size);
		return -EINVAL;
	}
	if (start > rb->used_length || length > rb->used_length - start) {
		error_report("discard of %s: 0x%" PRIx64 ", length 0x%zx, is past its end",
			     rb->idstr, start, length);
		return -EINVAL;
	}
	if (!rb->guest) {
		memset(rb->host + start, 0, length);
		return 0;
	}
	vmm_discard_begin(this_vmm, site);
	ret = ram_discard(this_vmm, start, length);
	vmm_discard_end(this_vmm);
	if (ret)
		error_report("discard of %s: 0x%" PRIx64 ", length 0x%zx: error %d", rb->idstr,
			     start, length, ret);
	return ret;
}

int qemu_madvise(void *addr, size_t len, int advice)
{
	static const struct { int qemu; enum host_madvise host; } map[] = {
		{ QEMU_MADV_WILLNEED, HOST_MADV_WILLNEED },
		{ QEMU_MADV_DONTNEED, HOST_MADV_DONTNEED },
		{ MADV_FREE, HOST_MADV_FREE },
	};
	const struct call_site *site = call_site_take();
	ram_addr_t offset;
	RAMBlock *rb = qemu_ram_block_from_host(addr, false, &offset);
	size_t i = 0;
	int ret = -EINVAL;

	while (i < ARRAY_SIZE(map) && map[i].qemu != advice)
		i++;
	if (i < ARRAY_SIZE(map) && rb && rb->guest && len <= rb->used_length - offset) {
		vmm_discard_begin(this_vmm, site);
		ret = ram_advise(this_vmm, offset, len, map[i].host);
		vmm_discard_end(this_vmm);
	}
	if (ret) {
		errno = -ret;
		return -1;
	}
	return 0;
}

/* DMA */

/* The region at @addr, or NULL; *left is how far it, or the hole there, extends. */
static MemoryRegion *region_at(struct vmm *vmm, hwaddr addr, uint64_t *left)
{
	unsigned int i;

	*left = addr ? -addr : HWADDR_MAX;
	for (i = 0; i < VMM_NR_REGIONS; i++) {
		MemoryRegion *mr = &vmm->regions[i];

		if (addr >= mr->addr && addr - mr->addr < mr->size) {
			*left = mr->size - (addr - mr->addr);
			return mr;
		}
		if (mr->addr > addr)
			*left = MIN(*left, mr->addr - addr);
	}
	return NULL;
}

/* Any addresses; they wrap, as they do in QEMU. */
static void flat_access(struct vmm *vmm, hwaddr addr, uint8_t *buf, uint64_t len, bool is_write)
{
	while (len) {
		uint64_t left;
		MemoryRegion *mr = region_at(vmm, addr, &left);
		uint8_t *ptr = mr && mr->block ? mr->block->host + (addr - mr->addr) : NULL;

		left = MIN(left, len);
		if (ptr)
			vmm_touch(vmm, ptr, left, is_write);
		if (!is_write && ptr)
			memcpy(buf, ptr, left);
		else if (!is_write)
			memset(buf, 0, left);
		else if (ptr && mr->kind == REGION_RAM)
			memcpy(ptr, buf, left);
		buf += left;
		addr += left;
		len -= left;
	}
}

bool vmm_window_open(struct vmm *vmm, struct vmm_window *w, hwaddr addr, uint64_t len,
		     bool is_write)
{
	uint64_t left;
	MemoryRegion *mr = region_at(vmm, addr, &left);

	*w = (struct vmm_window){ .addr = addr };
	/* In QEMU's eyes nothing is one piece of 2^64 bytes behind everything else. */
	if (!mr)
		left = addr ? -addr : HWADDR_MAX;
	if (len > left)
		return false;
	if (mr && (mr->kind == REGION_RAM || (mr->kind == REGION_ROM && !is_write)))
		w->ptr = mr->block->host + (addr - mr->addr);
	w->open = true;
	return true;
}

/*
 * A window without memory is accessed in units of at most 4 bytes, and here QEMU 7.2 errs: what is
 * behind the first one goes to the offset in the window as if that were an address
 * (address_space_read_cached_slow() and its sister).  It hits memory of the guest's own.
 */
static void window_access(struct vmm *vmm, const struct vmm_window *w, uint64_t offset,
			  uint8_t *buf, uint64_t len, bool is_write)
{
	hwaddr addr = w->addr + offset;
	uint64_t unit = MIN(4, addr & -addr ? addr & -addr : 4);

	while (unit > len)
		unit /= 2;
	flat_access(vmm, addr, buf, unit, is_write);
	flat_access(vmm, offset + unit, buf + unit, len - unit, is_write);
}

void vmm_window_read(struct vmm *vmm, const struct vmm_window *w, uint64_t offset, void *buf,
		     uint64_t len)
{
	if (w->ptr)
		memcpy(buf, w->ptr + offset, len);
	else
		window_access(vmm, w, offset, buf, len, false);
}

void vmm_window_write(struct vmm *vmm, const struct vmm_window *w, uint64_t offset,
		      const void *buf, uint64_t len)
{
	if (w->ptr)
		memcpy(w->ptr + offset, buf, len);
	else
		window_access(vmm, w, offset, (uint8_t *)buf, len, true);
}

void vmm_window_touch(struct vmm *vmm, const struct vmm_window *w, uint64_t offset, uint64_t len,
		      bool is_write)
{
	if (w->ptr)
		vmm_touch(vmm, w->ptr + offset, len, is_write);
}

/* Only RAM limits the length: QEMU hands over whole accesses to anything else. */
void *vmm_dma_map(struct vmm *vmm, hwaddr addr, hwaddr *len, bool is_write)
{
	uint64_t left;
	MemoryRegion *mr = region_at(vmm, addr, &left);

	charge(COST_VMM_LOOKUP, 1);
	if (mr && mr->block)
		*len = MIN(*len, left);
	if (mr && (mr->kind == REGION_RAM || (mr->kind == REGION_ROM && !is_write)))
		return mr->block->host + (addr - mr->addr);
	if (vmm->bounce_used)
		return NULL;
	vmm->bounce_used = true;
	*len = MIN(*len, VMM_BOUNCE_SIZE);
	if (!is_write)
		flat_access(vmm, addr, vmm->bounce, *len, false);
	return vmm->bounce;
}

void vmm_dma_unmap(struct vmm *vmm, void *ptr)
{
	if (ptr == vmm->bounce)
		vmm->bounce_used = false;
}

void vmm_touch(struct vmm *vmm, const void *ptr, size_t len, bool is_write)
{
	uint64_t at = (const uint8_t *)ptr - vmm->ram.host, first, last;

	if (!vmm->vm || !len || (const uint8_t *)ptr < vmm->ram.host ||
	    at >= vmm->ram.used_length)
		return;
	first = at >> HOST_PAGE_SHIFT;
	last = (at + len - 1) >> HOST_PAGE_SHIFT;
	guest_ram_access_host(vmm->vm->ram, gfn(first), last - first + 1,
			      is_write ? RAM_WRITE : RAM_READ);
}
