/* SPDX-License-Identifier: GPL-2.0-only */
/* model: a flat map of regions: RAM, firmware ROM, one MMIO window */
#ifndef MODEL_EXEC_MEMORY_H
#define MODEL_EXEC_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "exec/cpu-common.h"
#include "exec/hwaddr.h"
#include "qemu/int128.h"
#include "qemu/notify.h"
#include "qemu/typedefs.h"

/* Part of a region that is visible in the address space; mr NULL: nothing is. */
struct MemoryRegionSection {
	Int128 size;
	MemoryRegion *mr;
	hwaddr offset_within_region;
	hwaddr offset_within_address_space;
	bool readonly;
};

/* The first region that [addr, addr + size) overlaps, with a reference. */
MemoryRegionSection memory_region_find(MemoryRegion *mr, hwaddr addr, uint64_t size);
void memory_region_ref(MemoryRegion *mr);
void memory_region_unref(MemoryRegion *mr);
const char *memory_region_name(const MemoryRegion *mr);
bool memory_region_is_ram(MemoryRegion *mr);
bool memory_region_is_ram_device(MemoryRegion *mr);
bool memory_region_is_rom(MemoryRegion *mr);
bool memory_region_is_romd(MemoryRegion *mr);
void *memory_region_get_ram_ptr(MemoryRegion *mr);
ram_addr_t memory_region_get_ram_addr(MemoryRegion *mr);
/* The region that @ptr is in; NULL: none. */
MemoryRegion *memory_region_from_host(void *ptr, ram_addr_t *offset);
/* As a write to it would: the next synchronisation of the migration bitmap finds it. */
void memory_region_set_dirty(MemoryRegion *mr, hwaddr addr, hwaddr size);

/* Who wants to know what becomes of the address space; here, what leaves it. */
typedef struct MemoryListener MemoryListener;

struct MemoryListener {
	const char *name;
	void (*region_del)(MemoryListener *listener, MemoryRegionSection *section);
	MemoryListener *next;
};

void memory_listener_register(MemoryListener *listener, AddressSpace *filter);
void memory_listener_unregister(MemoryListener *listener);

/* Somebody (an assigned device) needs guest RAM to stay where it is. */
bool ram_block_discard_is_disabled(void);
/* Or, by turns, that it can be discarded: 0 or -EBUSY. */
int ram_block_discard_require(bool state);

#endif
