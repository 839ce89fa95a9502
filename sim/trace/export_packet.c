// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of the export for Perfetto: what stands around an event, names that are used by number,
 * or the description of a track.  All are of one sequence.
 */
#include "export_perfetto.h"

#define SEQUENCE 1
#define ANEW 1
#define NEEDED 2
#define PACKET_MAX 64	/* bytes around a message */
#define FLOW_BYTES 10	/* tag and number */

static size_t varint_len(uint64_t v)
{
	size_t n = 1;

	for (; v >= 0x80; v >>= 7)
		n++;
	return n;
}

void packet_event(struct export_out *out, uint64_t time, const uint8_t *body, size_t len,
		  const uint64_t *flows, unsigned int nr_flows)
{
	size_t all = len + nr_flows * FLOW_BYTES;
	uint8_t *p = out_room(out, all + PACKET_MAX);

	p = pb_number(p, PB_PACKET, 1 + varint_len(time) + 4 + 1 + varint_len(all) + all);
	p = pb_number(p, PB_TIMESTAMP, time);
	p = pb_number(p, PB_SEQUENCE_ID, SEQUENCE);
	p = pb_number(p, PB_SEQUENCE_FLAGS, NEEDED);
	p = pb_number(p, PB_TRACK_EVENT, all);
	p = put_bytes(p, body, len);
	for (unsigned int i = 0; i < nr_flows; i++)
		p = put_le64(put_varint(p, PB_FLOW), flows[i]);
	out_done(out, p);
}

static void packet(struct export_out *out, unsigned int tag, unsigned int flags,
		   const uint8_t *message, size_t len)
{
	uint8_t *p = out_room(out, len + PACKET_MAX);
	size_t tag_len = varint_len(tag);

	p = pb_number(p, PB_PACKET, 4 + tag_len + varint_len(len) + len);
	p = pb_number(p, PB_SEQUENCE_ID, SEQUENCE);
	p = pb_number(p, PB_SEQUENCE_FLAGS, flags);
	p = pb_bytes(p, tag, message, len);
	out_done(out, p);
}

void packet_start(struct export_out *out)
{
	packet(out, PB_INTERNED_DATA, ANEW, (const uint8_t *)"", 0);
}

void packet_interned(struct export_out *out, const uint8_t *data, size_t len)
{
	packet(out, PB_INTERNED_DATA, NEEDED, data, len);
}

void packet_track(struct export_out *out, const uint8_t *descriptor, size_t len)
{
	packet(out, PB_TRACK_DESCRIPTOR, NEEDED, descriptor, len);
}
