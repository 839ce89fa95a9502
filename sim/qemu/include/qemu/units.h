/* SPDX-License-Identifier: GPL-2.0-only */
/* same: powers of 1024 */
#ifndef MODEL_QEMU_UNITS_H
#define MODEL_QEMU_UNITS_H

#define KiB (INT64_C(1) << 10)
#define MiB (INT64_C(1) << 20)
#define GiB (INT64_C(1) << 30)

#endif
