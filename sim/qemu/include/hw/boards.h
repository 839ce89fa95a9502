/* SPDX-License-Identifier: GPL-2.0-only */
/* model: the machine: how much RAM it has */
#ifndef MODEL_HW_BOARDS_H
#define MODEL_HW_BOARDS_H

#include "exec/cpu-common.h"
#include "qom/object.h"

#define TYPE_MACHINE "machine"

typedef struct DeviceMemoryState {
	uint64_t dimm_size;
} DeviceMemoryState;

DECLARE_INSTANCE_CHECKER(MachineState, MACHINE, TYPE_MACHINE)

struct MachineState {
	Object parent_obj;
	ram_addr_t ram_size;
	DeviceMemoryState *device_memory;	/* NULL: the model machine has no slots */
};

/* A variable in QEMU, which has one machine per process. */
MachineState *vmm_current_machine(void);
#define current_machine (vmm_current_machine())

#endif
