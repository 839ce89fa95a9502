/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the export for Perfetto: export_perfetto.c makes events of records,
 * export_tracks.c knows the tracks that they are on, export_flow.c which events are to be joined
 * by arrows, export_packet.c how all that is written.
 *
 * The format is that of Google's protos/perfetto/trace (Apache-2.0), of which the messages and
 * fields that are used have their numbers here; nothing of it is copied.  No library is needed:
 * a message is tags, varints and lengths (protobuf.dev/programming-guides/encoding).
 */
#ifndef BALLAST_TRACE_EXPORT_PERFETTO_H
#define BALLAST_TRACE_EXPORT_PERFETTO_H

#include "export_internal.h"
#include "format.h"

/* Tag of a field: its number and what follows. */
#define PB_VARINT(field) ((field) << 3)
#define PB_FIXED64(field) ((field) << 3 | 1)
#define PB_BYTES(field) ((field) << 3 | 2)

enum {
	PB_PACKET = PB_BYTES(1),		/* of Trace */
	/* TracePacket */
	PB_TIMESTAMP = PB_VARINT(8),
	PB_SEQUENCE_ID = PB_VARINT(10),
	PB_TRACK_EVENT = PB_BYTES(11),
	PB_INTERNED_DATA = PB_BYTES(12),
	PB_SEQUENCE_FLAGS = PB_VARINT(13),	/* 1: interned data begin anew, 2: are needed */
	PB_TRACK_DESCRIPTOR = PB_BYTES(60),
	/* TrackEvent */
	PB_ANNOTATION = PB_BYTES(4),
	PB_TYPE = PB_VARINT(9),
	PB_NAME_IID = PB_VARINT(10),
	PB_TRACK = PB_VARINT(11),
	PB_NAME = PB_BYTES(23),
	PB_COUNTER_VALUE = PB_VARINT(30),
	PB_SOURCE_IID = PB_VARINT(34),
	PB_FLOW = PB_FIXED64(47),
	/* DebugAnnotation */
	PB_ANN_NAME_IID = PB_VARINT(1),
	PB_ANN_UINT = PB_VARINT(3),
	PB_ANN_INT = PB_VARINT(4),
	PB_ANN_STRING = PB_BYTES(6),
	/* InternedData */
	PB_EVENT_NAMES = PB_BYTES(2),
	PB_ANNOTATION_NAMES = PB_BYTES(3),
	PB_SOURCE_LOCATIONS = PB_BYTES(4),
	/* all of these, and SourceLocation */
	PB_IID = PB_VARINT(1),
	PB_IID_NAME = PB_BYTES(2),
	PB_SOURCE_FUNCTION = PB_BYTES(3),
	PB_SOURCE_LINE = PB_VARINT(4),
	/* TrackDescriptor */
	PB_UUID = PB_VARINT(1),
	PB_TRACK_NAME = PB_BYTES(2),
	PB_PROCESS = PB_BYTES(3),
	PB_PARENT = PB_VARINT(5),
	PB_COUNTER = PB_BYTES(8),
	/* ProcessDescriptor, CounterDescriptor */
	PB_PID = PB_VARINT(1),
	PB_PROCESS_NAME = PB_BYTES(6),
	PB_UNIT = PB_VARINT(3),
};

enum event_kind { EVENT_BEGIN = 1, EVENT_END = 2, EVENT_INSTANT = 3, EVENT_COUNTER = 4 };
enum counter_unit { UNIT_NONE, UNIT_NS = 1, UNIT_COUNT = 2, UNIT_BYTES = 3 };

static inline uint8_t *pb_number(uint8_t *p, unsigned int tag, uint64_t v)
{
	return put_varint(put_varint(p, tag), v);
}

static inline uint8_t *pb_bytes(uint8_t *p, unsigned int tag, const void *bytes, size_t len)
{
	return put_bytes(pb_number(p, tag, len), bytes, len);
}

static inline uint8_t *pb_text(uint8_t *p, unsigned int tag, const char *s)
{
	size_t len = strlen(s);

	return pb_bytes(p, tag, s, len < TRACE_STRING_MAX ? len : TRACE_STRING_MAX);
}

#define EVENT_FLOWS_MAX 3
#define EVENT_SMALL 176		/* bytes of an event that can wait for what follows from it */

/* How an event takes part in a flow: arrows join all events of one, in the order of time. */
enum flow_role {
	FLOW_JOIN,	/* if there is one of this id */
	FLOW_LINK,	/* join, or begin one */
	FLOW_FIRST,	/* begin one; not, if there is one */
};

struct event_flow {
	uint64_t id;
	enum flow_role role;
};

/* A TrackEvent in the making; `body` is in the output's buffer or elsewhere. */
struct pf_event {
	uint64_t time;
	uint8_t *body, *end;
	struct event_flow flow[EVENT_FLOWS_MAX];
	unsigned int nr_flows;
};

/* export_packet.c: a packet around an event or another message */
void packet_event(struct export_out *out, uint64_t time, const uint8_t *body, size_t len,
		  const uint64_t *flows, unsigned int nr_flows);
void packet_interned(struct export_out *out, const uint8_t *data, size_t len);
void packet_track(struct export_out *out, const uint8_t *descriptor, size_t len);
void packet_start(struct export_out *out);

/* export_flow.c */
struct flows;

struct flows *flows_new(struct export_out *out);
/* Write the event, or keep it until an arrow to or from it is certain. */
void flows_event(struct flows *f, const struct pf_event *event);
/* What is kept is written. */
void flows_free(struct flows *f);
/* A number for a flow that is not an id of the trace. */
uint64_t flows_number(struct flows *f);
/* These frames were taken away, which @flow has begun with. */
void flows_take_frames(struct flows *f, uint64_t guest, uint64_t gfn, uint64_t nr, uint64_t flow);
/* They come back: the flow, 0: none.  It is told once for each part of the frames. */
uint64_t flows_frames_back(struct flows *f, uint64_t guest, uint64_t gfn, uint64_t nr);

/* export_tracks.c */
enum track_kind {
	TRACK_PROCESS, TRACK_EVENTS, TRACK_PROGRAM, TRACK_FAULTS, TRACK_ALLOCATOR, TRACK_DRIVER,
	TRACK_QUEUE, TRACK_THREAD, TRACK_DISCARDS, TRACK_RECLAIM, TRACK_SWAP, TRACK_SWAP_PAGES,
	TRACK_SWAP_READS, TRACK_EPT, TRACK_COMMAND, TRACK_COUNTER, NR_TRACK_KINDS
};

struct track {
	uint64_t key;		/* 0: unused */
	uint64_t uuid;
	uint64_t end;		/* of the last slice */
	uint64_t value;		/* of a counter; vCPUs of a guest's process */
	unsigned int open;	/* slices that have begun */
	bool counted;		/* value has been written */
};

struct tracks;

struct tracks *tracks_new(struct export_out *out);
void tracks_free(struct tracks *t);
/* The process of a guest or the host; @name: NULL when only its number is known. */
struct track *track_process(struct tracks *t, uint64_t guest, const char *name);
/* One of its tracks; @which: of several of one kind. */
struct track *track_get(struct tracks *t, uint64_t guest, enum track_kind kind, uint64_t which,
			const char *name);
struct track *track_counter(struct tracks *t, uint64_t guest, uint64_t which, const char *name,
			    enum counter_unit unit);
/* Of @lanes tracks the first that is free at @begin; NULL: none is. */
struct track *track_lane(struct tracks *t, uint64_t guest, enum track_kind kind, uint64_t which,
			 const char *name, unsigned int lanes, uint64_t begin);
/* The lane that gets free first. */
struct track *track_next_lane(struct tracks *t, uint64_t guest, enum track_kind kind,
			      uint64_t which, const char *name, unsigned int lanes);
uint64_t track_text(const char *s);	/* a text as @which */

#endif
