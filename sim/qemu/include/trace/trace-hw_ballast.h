/* SPDX-License-Identifier: GPL-2.0-only */
/* model: what tracetool makes of driver-src/qemu/trace-events */
#ifndef MODEL_TRACE_TRACE_HW_BALLAST_H
#define MODEL_TRACE_TRACE_HW_BALLAST_H

#include <inttypes.h>
#include <stdint.h>

#include "trace/control.h"

static inline void trace_virtio_ballast_request(const char *queue, uint64_t blocks, uint64_t bytes)
{
	vmm_trace_point("virtio_ballast_request", "%s: %" PRIu64 " blocks, %" PRIu64 " bytes",
			queue, blocks, bytes);
}

static inline void trace_virtio_ballast_discard(const char *queue, const char *block,
						uint64_t offset, uint64_t length, int ret)
{
	vmm_trace_point("virtio_ballast_discard",
			"%s: %s+0x%" PRIx64 " length 0x%" PRIx64 " ret %d", queue, block, offset,
			length, ret);
}

static inline void trace_virtio_ballast_skip(const char *queue, uint64_t length, const char *why)
{
	vmm_trace_point("virtio_ballast_skip", "%s: 0x%" PRIx64 " bytes left in place: %s", queue,
			length, why);
}

static inline void trace_virtio_ballast_hold(const char *block, uint64_t offset, unsigned held,
					     unsigned all)
{
	vmm_trace_point("virtio_ballast_hold", "%s+0x%" PRIx64 ": %u of %u parts ballooned", block,
			offset, held, all);
}

static inline void trace_virtio_ballast_backlog(const char *queue)
{
	vmm_trace_point("virtio_ballast_backlog", "%s: more requests than one turn may serve",
			queue);
}

static inline void trace_virtio_ballast_get_config(uint32_t num_pages, uint32_t actual,
						   uint32_t cmd_id)
{
	vmm_trace_point("virtio_ballast_get_config",
			"num_pages %" PRIu32 " actual %" PRIu32 " cmd_id 0x%" PRIx32, num_pages,
			actual, cmd_id);
}

static inline void trace_virtio_ballast_set_config(uint32_t actual, uint32_t old, uint32_t poison)
{
	vmm_trace_point("virtio_ballast_set_config",
			"actual %" PRIu32 " was %" PRIu32 " poison 0x%" PRIx32, actual, old,
			poison);
}

static inline void trace_virtio_ballast_target(uint64_t bytes, uint32_t pages)
{
	vmm_trace_point("virtio_ballast_target",
			"guest to have 0x%" PRIx64 " bytes, balloon %" PRIu32 " pages", bytes,
			pages);
}

static inline void trace_virtio_ballast_hint_state(uint32_t id, uint32_t from, uint32_t to)
{
	vmm_trace_point("virtio_ballast_hint_state",
			"id 0x%" PRIx32 " state %" PRIu32 " -> %" PRIu32, id, from, to);
}

static inline void trace_virtio_ballast_stats(uint32_t records)
{
	vmm_trace_point("virtio_ballast_stats", "%" PRIu32 " records", records);
}

static inline void trace_virtio_page_hint_request(unsigned blocks, uint64_t bytes)
{
	vmm_trace_point("virtio_page_hint_request", "%u blocks, %" PRIu64 " bytes", blocks, bytes);
}

static inline void trace_virtio_page_hint_advise(const char *action, const char *block,
						 uint64_t offset, uint64_t length, int ret)
{
	vmm_trace_point("virtio_page_hint_advise",
			"%s: %s+0x%" PRIx64 " length 0x%" PRIx64 " ret %d", action, block, offset,
			length, ret);
}

static inline void trace_virtio_page_hint_skip(uint64_t length, const char *why)
{
	vmm_trace_point("virtio_page_hint_skip", "0x%" PRIx64 " bytes left in place: %s", length,
			why);
}

static inline void trace_virtio_page_hint_vhost(const char *what, int ret)
{
	vmm_trace_point("virtio_page_hint_vhost", "service by the host's kernel: %s, ret %d", what,
			ret);
}

#endif
