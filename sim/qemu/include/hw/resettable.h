/* SPDX-License-Identifier: GPL-2.0-only */
/* stub: what a class does when the machine is reset, which never is; see system/reset.h */
#ifndef MODEL_HW_RESETTABLE_H
#define MODEL_HW_RESETTABLE_H

#include "config-host.h"
#include "hw/qdev-core.h"

#if QEMU_LEVEL < QEMU_LEVEL_OF(10, 0)
#error "the model has hw/resettable.h as QEMU 10.0 has it"
#endif

typedef enum ResetType {
	RESET_TYPE_COLD, RESET_TYPE_SNAPSHOT_LOAD, RESET_TYPE_WAKEUP,
	RESET_TYPE_S390_CPU_INITIAL, RESET_TYPE_S390_CPU_NORMAL
} ResetType;

typedef struct ResettableState {
	unsigned int count;
	bool hold_phase_pending;
	bool exit_phase_in_progress;
} ResettableState;

typedef struct ResettablePhases {
	void (*enter)(Object *obj, ResetType type);
	void (*hold)(Object *obj, ResetType type);
	void (*exit)(Object *obj, ResetType type);
} ResettablePhases;

/* An interface in QEMU; the model has room for one per class of devices (hw/qdev-core.h). */
typedef struct ResettableClass {
	ResettablePhases phases;
	ResettableState *(*get_state)(Object *obj);
} ResettableClass;

_Static_assert(sizeof(ResettableClass) == sizeof(((DeviceClass *)0)->resettable), "room for it");

#define RESETTABLE_CLASS(klass) ((ResettableClass *)vmm_resettable_class(OBJECT_CLASS(klass)))

#endif
