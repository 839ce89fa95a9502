/* SPDX-License-Identifier: GPL-2.0-only */
/* model: the guest-physical address space of the VMM whose code runs */
#ifndef MODEL_EXEC_ADDRESS_SPACES_H
#define MODEL_EXEC_ADDRESS_SPACES_H

#include "exec/memory.h"

MemoryRegion *get_system_memory(void);
AddressSpace *vmm_address_space(void);
#define address_space_memory (*vmm_address_space())

#endif
