/* SPDX-License-Identifier: GPL-2.0-only */
/* same: the trace.h beside a source of QEMU's hw/virtio, for sources that were copied without it */
#include "trace/trace-hw_virtio.h"
