// SPDX-License-Identifier: GPL-2.0-only
/*
 * What kernels, VMMs and the machine itself say.
 *
 * A broken driver can repeat one line for each page of a guest.  Lines that differ in nothing but
 * numbers are one kind; the first few of a kind are passed on, the others are counted, and the
 * count is said when the run ends.
 */
#include "machine-internal.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 3			/* of a kind */
#define KINDS 1024		/* a power of two; more than that are passed on as they come */

struct message_kind {
	uint64_t hash;		/* 0: free */
	uint64_t count;
	struct machine_guest *guest;	/* NULL: the host's kernel */
	enum trace_severity severity;
	char source[8];
	char *last;
};

/* FNV-1a over the text without its numbers. */
static uint64_t kind_hash(const struct machine_guest *guest, const char *source, const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (guest ? guest->id : UINT32_MAX) ^
			(uint64_t)source[0] << 32;

	while (*text) {
		if (isdigit((unsigned char)*text)) {
			while (isxdigit((unsigned char)*text) || *text == 'x')
				text++;
			hash = (hash ^ '#') * UINT64_C(0x100000001b3);
			continue;
		}
		hash = (hash ^ (unsigned char)*text++) * UINT64_C(0x100000001b3);
	}
	return hash ? hash : 1;
}

/* NULL: the table is full. */
static struct message_kind *find_kind(struct machine *m, uint64_t hash)
{
	uint32_t i, at = hash & (KINDS - 1);

	if (!m->kinds)
		m->kinds = calloc(KINDS, sizeof(*m->kinds));
	for (i = 0; m->kinds && i < KINDS; i++, at = (at + 1) & (KINDS - 1))
		if (!m->kinds[at].hash || m->kinds[at].hash == hash)
			return &m->kinds[at];
	return NULL;
}

static void pass_on(struct machine *m, struct machine_guest *guest, enum trace_severity severity,
		    const char *source, const char *text)
{
	char line[1200];

	/* Modules of the host's kernel are loaded before there is a trace. */
	if (guest || m->began)
		TRACE(m->trace, m->engine.now, message, .guest = guest ? guest->id : TRACE_HOST,
		      .severity = severity, .source = source, .text = text);
	if (severity < TRACE_WARNING || !m->options.message)
		return;
	snprintf(line, sizeof(line), "%s: %s%s", guest ? guest->config->name : "host",
		 strcmp(source, "vmm") ? "" : "VMM: ", text);
	m->options.message(m->options.opaque, line);
}

static void say(struct machine *m, struct machine_guest *guest, enum trace_severity severity,
		const char *source, const char *text)
{
	uint64_t hash = kind_hash(guest, source, text);
	struct message_kind *kind = find_kind(m, hash);

	if (kind && kind->count++ >= SHOWN) {
		free(kind->last);
		kind->last = strdup(text);
		return;
	}
	if (kind) {
		kind->hash = hash;
		kind->guest = guest;
		kind->severity = severity;
		snprintf(kind->source, sizeof(kind->source), "%s", source);
	}
	pass_on(m, guest, severity, source, text);
}

void machine_say(struct machine_guest *guest, enum trace_severity severity, const char *source,
		 const char *text)
{
	say(guest->machine, guest, severity, source, text);
}

void machine_host_says(struct machine *m, enum trace_severity severity, const char *text)
{
	say(m, NULL, severity, "kernel", text);
}

void machine_messages_end(struct machine *m)
{
	char line[1200];
	uint32_t i;

	for (i = 0; m->kinds && i < KINDS; i++) {
		struct message_kind *kind = &m->kinds[i];

		if (kind->count <= SHOWN)
			continue;
		snprintf(line, sizeof(line),
			 "%s (%" PRIu64 " more of this kind, this was the last)",
			 kind->last ? kind->last : "", kind->count - SHOWN);
		pass_on(m, kind->guest, kind->severity, kind->source, line);
	}
}

void machine_messages_free(struct machine *m)
{
	uint32_t i;

	for (i = 0; m->kinds && i < KINDS; i++)
		free(m->kinds[i].last);
	free(m->kinds);
}
