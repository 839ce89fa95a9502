/* SPDX-License-Identifier: GPL-2.0-only */
/* model: the trace points of hw/virtio/trace-events of QEMU 7.2 that its balloon device uses */
#ifndef MODEL_TRACE_TRACE_HW_VIRTIO_H
#define MODEL_TRACE_TRACE_HW_VIRTIO_H

#include <inttypes.h>
#include <stdint.h>

#include "trace/control.h"

static inline void trace_virtio_balloon_bad_addr(uint64_t gpa)
{
	vmm_trace_point("virtio_balloon_bad_addr", "gpa 0x%" PRIx64, gpa);
}

static inline void trace_virtio_balloon_handle_output(const char *name, uint64_t gpa)
{
	vmm_trace_point("virtio_balloon_handle_output", "region %s gpa 0x%" PRIx64, name, gpa);
}

static inline void trace_virtio_balloon_get_config(uint32_t num_pages, uint32_t actual)
{
	vmm_trace_point("virtio_balloon_get_config", "num_pages %" PRIu32 " actual %" PRIu32,
			num_pages, actual);
}

static inline void trace_virtio_balloon_set_config(uint32_t actual, uint32_t oldactual)
{
	vmm_trace_point("virtio_balloon_set_config", "actual %" PRIu32 " was %" PRIu32, actual,
			oldactual);
}

static inline void trace_virtio_balloon_to_target(uint64_t target, uint32_t num_pages)
{
	vmm_trace_point("virtio_balloon_to_target", "target 0x%" PRIx64 " num_pages %" PRIu32,
			target, num_pages);
}

#endif
