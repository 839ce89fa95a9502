/* SPDX-License-Identifier: GPL-2.0-only */
/* same: names of structures that headers mention before they define them */
#ifndef MODEL_QEMU_TYPEDEFS_H
#define MODEL_QEMU_TYPEDEFS_H

typedef struct AddressSpace AddressSpace;
typedef struct AioContext AioContext;
typedef struct BusState BusState;
typedef struct DeviceState DeviceState;
typedef struct DeviceClass DeviceClass;
typedef struct Error Error;
typedef struct IOThread IOThread;
typedef struct MachineState MachineState;
typedef struct MemReentrancyGuard MemReentrancyGuard;
typedef struct MemoryRegion MemoryRegion;
typedef struct MemoryRegionSection MemoryRegionSection;
typedef struct NotifierWithReturn NotifierWithReturn;
typedef struct Object Object;
typedef struct ObjectClass ObjectClass;
typedef struct ObjectProperty ObjectProperty;
typedef struct Property Property;
typedef struct PropertyInfo PropertyInfo;
typedef struct QEMUBH QEMUBH;
typedef struct QEMUFile QEMUFile;
typedef struct QEMUTimer QEMUTimer;
typedef struct RAMBlock RAMBlock;
typedef struct TypeInfo TypeInfo;
typedef struct VirtIODevice VirtIODevice;
typedef struct VirtQueue VirtQueue;
typedef struct Visitor Visitor;
typedef struct VMStateDescription VMStateDescription;
typedef struct VMStateField VMStateField;

#endif
