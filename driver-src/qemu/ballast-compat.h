/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the devices need of QEMU, under one name for all versions from 7.2 on.
 *
 *   headers     sysemu/ is system/ since 10.0; memory and address spaces moved
 *               there in 10.2
 *   properties  are constant, and have no terminator, since 10.0
 *   notifiers   get a place for an error since 9.0
 *   classes     are initialized with constant data, and set_status() has a
 *               result, since 10.2
 *
 * "Since" is at the latest: of the versions between, only 8.2 and 9.2 have been
 * looked at.
 */
#ifndef HW_BALLAST_COMPAT_H
#define HW_BALLAST_COMPAT_H

#define BALLAST_QEMU_SINCE(major, minor) \
    (QEMU_VERSION_MAJOR > (major) || \
     (QEMU_VERSION_MAJOR == (major) && QEMU_VERSION_MINOR >= (minor)))

#if BALLAST_QEMU_SINCE(10, 0)
#include "system/balloon.h"
#include "system/iothread.h"
#else
#include "sysemu/balloon.h"
#include "sysemu/iothread.h"
#endif

#include "hw/qdev-core.h"

#if BALLAST_QEMU_SINCE(10, 2)
#include "system/address-spaces.h"
#include "system/memory.h"
#include "system/ramblock.h"
#else
#include "exec/address-spaces.h"
#include "exec/memory.h"
#endif

#if BALLAST_QEMU_SINCE(10, 0)
typedef const Property BallastProperty;
#define BALLAST_PROP_END
#else
typedef Property BallastProperty;
#define BALLAST_PROP_END DEFINE_PROP_END_OF_LIST()
#endif

/* Of a NotifierWithReturn's function. */
#if BALLAST_QEMU_SINCE(9, 0)
#define BALLAST_NOTIFIER_ERRP , Error **errp
#else
#define BALLAST_NOTIFIER_ERRP
#endif

/* Data of class_init(), and the result of set_status(). */
#if BALLAST_QEMU_SINCE(10, 2)
typedef const void BallastClassData;
typedef int BallastStatusResult;
#define BALLAST_STATUS_WELL 0
#else
typedef void BallastClassData;
typedef void BallastStatusResult;
#define BALLAST_STATUS_WELL
#endif

#endif
