// SPDX-License-Identifier: GPL-2.0-only
/*
 * The story of a page, told; see why.h.
 *
 * It begins with who had the page before it was dropped last (before the time that is asked about),
 * and ends with the first fault after that.  What other records say of the requests in it (who made
 * them, the kick, the answer) stands between the page's own, where it happened.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "hostmem.h"
#include "why_internal.h"

#define LINES_MAX 80		/* of a story; what comes before is counted */
#define EVENTS_MAX 1000		/* of the page that are looked at */
#define TEXT_SIZE 512

struct line {
	uint64_t seq, time;
	char *text;
};

struct story {
	const struct trace_why *why;
	struct line *lines;
	unsigned int nr;
};

static void duration(char *buf, size_t size, uint64_t ns)
{
	if (ns < 10000)
		snprintf(buf, size, "%" PRIu64 " ns", ns);
	else if (ns < 10000000)
		snprintf(buf, size, "%.1f us", ns / 1e3);
	else if (ns < UINT64_C(10000000000))
		snprintf(buf, size, "%.1f ms", ns / 1e6);
	else
		snprintf(buf, size, "%.2f s", ns / 1e9);
}

static void size_of(char *buf, size_t size, uint64_t pages)
{
	if (pages < 256)
		snprintf(buf, size, "%" PRIu64 " KiB", 4 * pages);
	else if (pages % 256)
		snprintf(buf, size, "%.1f MiB", pages / 256.0);
	else
		snprintf(buf, size, "%" PRIu64 " MiB", pages / 256);
}

/* "", or @before and "FUNCTION() (FILE:LINE)". */
static const char *site(const struct trace_why *why, uint64_t id, const char *before, char *buf,
			size_t size)
{
	const struct why_site *s;

	buf[0] = '\0';
	if (!id || id > why->nr_sites)
		return buf;
	s = &why->sites[id - 1];
	snprintf(buf, size, "%s%s() (%s:%" PRIu64 ")", before, s->function, s->file, s->line);
	return buf;
}

static bool told_already(const struct story *story, uint64_t seq)
{
	size_t i;

	for (i = 0; i < story->nr; i++)
		if (story->lines[i].seq == seq)
			return true;
	return false;
}

__attribute__((format(printf, 4, 5)))
static void tell(struct story *story, uint64_t seq, uint64_t time, const char *fmt, ...)
{
	char text[TEXT_SIZE];
	struct line *line;
	va_list args;

	if (told_already(story, seq))
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	line = collect_append(&story->lines, &story->nr, sizeof(*line));
	*line = (struct line){ .seq = seq, .time = time, .text = collect_copy(text) };
}

/* Causes */

static const char *role_text(uint64_t role)
{
	const struct trace_type *type = &trace_types[TRACE_ID_request];
	unsigned int i;

	for (i = 0; i < type->nr_fields; i++)
		if (!strcmp(type->fields[i].name, "role") && role < NR_TRACE_ROLES)
			return type->fields[i].values[role];
	return "unknown";
}

static void tell_cause(struct story *story, uint64_t id);

static void tell_answer(struct story *story, const struct why_cause *c)
{
	char by[TEXT_SIZE / 2], waited[32], took[32], pages[32];

	if (!c->answered_seq)
		return;
	duration(waited, sizeof(waited), c->waited);
	duration(took, sizeof(took), c->took);
	size_of(pages, sizeof(pages), c->pages);
	tell(story, c->answered_seq, c->answered,
	     "request %" PRIu64 " (%s) is answered%s: %s on the queue, then %s of work, in thread "
	     "%s", c->id, pages, site(story->why, c->answered_site, " by ", by, sizeof(by)),
	     waited, took, c->thread);
}

static void tell_request(struct story *story, const struct why_cause *c)
{
	char by[TEXT_SIZE / 2];

	site(story->why, c->site, "", by, sizeof(by));
	if (c->role == TRACE_ROLE_HYPERCALL)
		tell(story, c->seq, c->time, "request %" PRIu64 ": hypercall %" PRIu64 " by %s",
		     c->id, c->queue, by[0] ? by : "the guest");
	else
		tell(story, c->seq, c->time,
		     "request %" PRIu64 ": %s puts it on queue %" PRIu64 " (%s) of %s", c->id,
		     by[0] ? by : "the guest", c->queue, role_text(c->role), c->device);
	tell_cause(story, c->kick);
	tell_answer(story, c);
}

/* What is known of it, and of its own cause. */
static void tell_cause(struct story *story, uint64_t id)
{
	const struct why_cause *c = why_find_cause(story->why, id);
	char by[TEXT_SIZE / 2];

	if (!c || told_already(story, c->seq))
		return;
	switch (c->type) {
	case TRACE_ID_balloon_target:
		size_of(by, sizeof(by), c->pages);
		tell(story, c->seq, c->time, "the host wants the balloon to have %s", by);
		break;
	case TRACE_ID_kick:
		tell(story, c->seq, c->time, "kick %" PRIu64 " of queue %" PRIu64 "%s", c->id,
		     c->queue, site(story->why, c->site, " by ", by, sizeof(by)));
		break;
	case TRACE_ID_reclaim:
		tell(story, c->seq, c->time, "the host is short of frames: %s begins to reclaim",
		     c->role ? "kswapd" : "who needs one");
		break;
	default:
		tell_request(story, c);
	}
	tell_cause(story, c->cause);
}

/* The page's own records */

static void tell_discard(struct story *story, const struct why_event *e)
{
	const struct why_cause *c = why_find_cause(story->why, e->cause);
	char by[TEXT_SIZE / 2], request[64] = "";

	if (c)
		snprintf(request, sizeof(request), ", for request %" PRIu64, c->id);
	tell(story, e->seq, e->time,
	     "%s%s%s: %" PRIu64 " pages from gfn %#" PRIx64 ", of which the host gets %" PRIu64
	     " frames", e->told ? "marked as free for reclaim" : "dropped by the host",
	     site(story->why, e->site, " by ", by, sizeof(by)), request, e->nr, e->first,
	     e->last);
}

/* Who waited for swap, in words: ", while ...", or nothing. */
static void who_waits(char *buf, size_t size, const struct why_event *e)
{
	const char *task = e->task && *e->task ? e->task : "a task of the guest";

	buf[0] = '\0';
	if (e->last == TRACE_WAIT_VCPU)
		snprintf(buf, size, ", while the vCPU stands still with %s on it", task);
	else if (e->last == TRACE_WAIT_HALTED)
		snprintf(buf, size, ", while the vCPU with %s on it is halted between interrupts "
			 "(asynchronous page fault)", task);
	else if (e->last == TRACE_WAIT_TASK)
		snprintf(buf, size, ", while %s sleeps and its vCPU goes on with others "
			 "(asynchronous page fault)", task);
}

static void tell_fault(struct story *story, const struct why_event *e)
{
	char took[32], pages[32], who[160];

	duration(took, sizeof(took), e->ns);
	size_of(pages, sizeof(pages), e->nr);
	who_waits(who, sizeof(who), e);
	tell(story, e->seq, e->time, "fault (%s): the host maps %s at gfn %#" PRIx64
	     ", which takes %s%s", e->told ? "write" : "read", pages, e->first, took, who);
}

static void tell_ept(struct story *story, const struct why_event *e)
{
	static const char *const texts[NR_TRACE_EPT_CHANGES] = {
		[TRACE_EPT_MAP] = "mapped by the host, as a page of 4 KiB",
		[TRACE_EPT_MAP_HUGE] = "mapped by the host, as a part of 2 MiB",
		[TRACE_EPT_SPLIT] = "the 2 MiB that it is in are split into pages of 4 KiB",
		[TRACE_EPT_UNMAP] = "unmapped by reclaim, to be written to swap",
		[TRACE_EPT_UNMAP_CLEAN] = "unmapped by reclaim: its slot in swap holds it still",
		[TRACE_EPT_DROP] = "its frame is taken, and its contents are gone",
		[TRACE_EPT_READING] = "stays: it is being read from swap",
		[TRACE_EPT_ZAP] = "not in the EPT any more; its frame stays",
		[TRACE_EPT_COLLAPSE] = "khugepaged made its 2 MiB a huge page, and filled gaps",
	};

	tell(story, e->seq, e->time, "%s",
	     e->last < NR_TRACE_EPT_CHANGES ? texts[e->last] : "changes in an unknown way");
}

static void tell_block(struct story *story, const struct why_event *e)
{
	char by[TEXT_SIZE / 2], size[32];

	size_of(size, sizeof(size), e->nr);
	switch (e->type) {
	case TRACE_ID_alloc_block:
		tell(story, e->seq, e->time, "allocated by task %s%s (%s at gfn %#" PRIx64 ")",
		     e->task, site(story->why, e->site, ", in ", by, sizeof(by)), size, e->first);
		break;
	case TRACE_ID_free_block:
		tell(story, e->seq, e->time, "freed by task %s (%s at gfn %#" PRIx64 ")%s",
		     e->task, size, e->first, e->told ? "; the driver hears of it" : "");
		break;
	case TRACE_ID_merge_block:
		tell(story, e->seq, e->time, "in a free block of %s at gfn %#" PRIx64
		     ", as gfn %#" PRIx64 " comes back%s", size, e->first, e->last,
		     e->told ? "; the driver hears of it" : "");
		break;
	case TRACE_ID_isolate:
		tell(story, e->seq, e->time, "its block (%s at gfn %#" PRIx64 ") is taken out%s%s",
		     size, e->first, site(story->why, e->site, " by ", by, sizeof(by)),
		     e->cause ? ", for a request" : ", by the guest's kernel for itself");
		break;
	default:
		tell(story, e->seq, e->time, "its block (%s at gfn %#" PRIx64 ") is put back",
		     size, e->first);
	}
}

static void tell_event(struct story *story, const struct why_event *e)
{
	char took[32];

	duration(took, sizeof(took), e->ns);
	switch (e->type) {
	case TRACE_ID_named:
		tell(story, e->seq, e->time, "named to the host by request %" PRIu64, e->cause);
		break;
	case TRACE_ID_discard:
		tell_discard(story, e);
		break;
	case TRACE_ID_swap_out:
		tell(story, e->seq, e->time, "written to swap");
		break;
	case TRACE_ID_swap_in:
		tell(story, e->seq, e->time, "read from swap");
		break;
	case TRACE_ID_swap_out_page:
		tell(story, e->seq, e->time, "written to slot %" PRIu64 " of swap, its frame is "
		     "free", e->last);
		break;
	case TRACE_ID_swap_in_page:
		tell(story, e->seq, e->time, "read from slot %" PRIu64 " of swap, %s after it was "
		     "asked for", e->last, took);
		break;
	case TRACE_ID_ept_fault:
		tell_fault(story, e);
		break;
	case TRACE_ID_ept:
		tell_ept(story, e);
		break;
	case TRACE_ID_data_loss:
		tell(story, e->seq, e->time, "%s", e->task);
		break;
	default:
		tell_block(story, e);
	}
	/* A batch has no record, and what is split is dropped next, if it is this page. */
	if (e->type != TRACE_ID_isolate &&
	    !(e->type == TRACE_ID_ept &&
	      (e->last == TRACE_EPT_SPLIT || e->last == TRACE_EPT_ZAP)))
		tell_cause(story, e->cause);
}

/* Which of them */

static bool is_gone(const struct why_event *e)
{
	return e->type == TRACE_ID_discard || e->type == TRACE_ID_swap_out ||
	       e->type == TRACE_ID_swap_out_page ||
	       (e->type == TRACE_ID_ept && e->last == TRACE_EPT_DROP);
}

/* Index of the last record up to the time, or of the first one; and of the last that dropped it. */
static size_t last_until(const struct trace_why *why, size_t *gone)
{
	size_t i, last = 0;

	*gone = SIZE_MAX;
	for (i = 0; i < why->nr_events && why->events[i].time <= why->at; i++) {
		last = i;
		if (is_gone(&why->events[i]))
			*gone = i;
	}
	return last;
}

/* From @at back to who had the page, which is not the driver that gives it up. */
static size_t first_of(const struct trace_why *why, size_t at)
{
	while (at > 0) {
		at--;
		if (why->events[at].type == TRACE_ID_alloc_block && !why->events[at].site)
			break;
	}
	return at;
}

static size_t end_of(const struct trace_why *why, size_t last, size_t gone)
{
	size_t i;

	if (gone == SIZE_MAX)
		return last;
	for (i = gone + 1; i < why->nr_events; i++)
		if (why->events[i].type == TRACE_ID_ept_fault ||
		    why->events[i].type == TRACE_ID_swap_in ||
		    why->events[i].type == TRACE_ID_data_loss)
			break;
	if (i == why->nr_events)
		i--;
	return i > last ? i : last;
}

static bool is_dropped_for(const struct trace_why *why, uint64_t request)
{
	size_t i;

	for (i = 0; i < why->nr_events; i++)
		if (why->events[i].type == TRACE_ID_discard && why->events[i].cause == request)
			return true;
	return false;
}

/*
 * Extents of swap say nothing that a full trace does not say page for page, nor does the naming of
 * what was dropped for it.
 */
static bool is_told_otherwise(const struct trace_why *why, const struct why_event *e)
{
	if (e->type == TRACE_ID_named)
		return is_dropped_for(why, e->cause);
	return why->full && (e->type == TRACE_ID_swap_out || e->type == TRACE_ID_swap_in);
}

static int by_seq(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void print_cost(const struct trace_why *why, size_t gone, size_t end, FILE *out)
{
	const struct why_cause *c = NULL;
	char took[32], waited[32];
	uint64_t fault = 0;
	size_t i;

	if (gone == SIZE_MAX)
		return;
	c = why_find_cause(why, why->events[gone].cause);
	for (i = gone; i <= end; i++)
		if (why->events[i].type == TRACE_ID_ept_fault && !fault)
			fault = why->events[i].ns;
	duration(took, sizeof(took), fault);
	if (c && c->answered_seq) {
		duration(waited, sizeof(waited), c->took);
		fprintf(out, "  it cost: %s of thread %s for the request's %" PRIu64 " pages",
			waited, c->thread, c->pages);
		if (fault)
			fprintf(out, ", %s for the fault afterwards", took);
		fputc('\n', out);
	} else if (fault) {
		fprintf(out, "  it cost: %s for the fault afterwards\n", took);
	}
}

static const char *state_text(const struct trace_why *why)
{
	if (!why->full)
		return "";
	switch (why->page) {
	case PAGE_2M:
		return ": mapped as a part of 2 MiB";
	case PAGE_4K:
		return ": mapped as a page of 4 KiB";
	case PAGE_SWAPPED:
		return ": in swap";
	default:
		return ": nothing is mapped";
	}
}

static void print_lines(struct story *story, FILE *out)
{
	unsigned int i, first = story->nr > LINES_MAX ? story->nr - LINES_MAX : 0;
	unsigned int marked = 0;

	if (story->nr)
		qsort(story->lines, story->nr, sizeof(*story->lines), by_seq);
	if (first)
		fprintf(out, "  (%u earlier ones are left out)\n", first);
	for (i = first; i < story->nr; i++) {
		if (i > first && story->lines[i].time > story->why->at && !marked++)
			fprintf(out, "%16.9f  ---- what is above had happened by then\n",
				story->why->at / 1e9);
		fprintf(out, "%16.9f  %s\n", story->lines[i].time / 1e9, story->lines[i].text);
	}
}

static bool refused(const struct trace_why *why, char *error, size_t size)
{
	if (!why->found)
		snprintf(error, size, "there is no guest %s; there %s: %s", why->name,
			 strchr(why->others, ',') ? "are" : "is", why->others);
	else if (why->gfn >= why->memory)
		snprintf(error, size, "guest %s has pages 0 to %#" PRIx64 "; there is no gfn %#"
			 PRIx64, why->guest_name, why->memory - 1, why->gfn);
	else if (why->at != UINT64_MAX && why->at > why->last)
		snprintf(error, size, "ends at %.9f s; there is no %.9f s", why->last / 1e9,
			 why->at / 1e9);
	else
		return false;
	return true;
}

bool trace_why_print(const struct trace_why *why, FILE *out, char *error, size_t error_size)
{
	struct story story = { .why = why };
	uint64_t at = why->at < why->last ? why->at : why->last;
	size_t gone, last, end, i;

	if (refused(why, error, error_size))
		return false;
	fprintf(out, "guest %s, gfn %#" PRIx64 ", at %.9f s%s\n", why->guest_name, why->gfn,
		at / 1e9, state_text(why));
	if (!why->full)
		fprintf(out, "  (the trace is not of level full: allocations, faults and single "
			"pages are not in it; record with --detail full)\n");
	if (!why->nr_events) {
		fprintf(out, "  nothing in the trace is about this page\n");
		return true;
	}
	if (why->events[0].time > why->at)
		fprintf(out, "  nothing in the trace is about this page until then; afterwards:\n");
	last = last_until(why, &gone);
	end = end_of(why, last, gone);
	i = first_of(why, gone == SIZE_MAX ? last : gone);
	if (end - i > EVENTS_MAX)
		i = end - EVENTS_MAX;
	for (; i <= end; i++)
		if (!is_told_otherwise(why, &why->events[i]))
			tell_event(&story, &why->events[i]);
	print_lines(&story, out);
	print_cost(why, gone, end, out);
	for (i = 0; i < story.nr; i++)
		free(story.lines[i].text);
	host_free(story.lines);
	return true;
}
