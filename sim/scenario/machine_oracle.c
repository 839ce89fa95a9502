// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that the host is told of, against what the guest does with them.
 *
 * Contents find a mistake when somebody reads a page that was lost, which may be never.  Here each
 * page that a driver names to its device, and each that the device discards for it, is looked at
 * in the guest's kernel at that very time: it has to be the driver's, or isolated for a report.
 * A page that goes into the balloon must not be in it, and one that leaves it must be.  Where the
 * driver may have been overtaken by a reset, nothing is known, and nothing is said.
 */
#include "machine-internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "call_site.h"
#include "history.h"

/* Polls of statistics that may go without an answer, and seconds on top: a guest may be busy. */
#define POLLS_MISSED 10
#define POLL_SLACK_S 30

/* In which a driver says how large its balloon has become. */
#define SIZE_SLACK_MS 10000
#define SIZE_STEP_MS 10

/* A bit per page of the guest: told as inflated and not as deflated since. */
struct machine_told {
	uint64_t nr_pages;
	uint8_t bits[];
};

static bool told(const struct machine_guest *guest, uint64_t gfn)
{
	return guest->told->bits[gfn / 8] >> gfn % 8 & 1;
}

static struct machine_told *told_create(const struct machine_guest *guest)
{
	uint64_t nr = guest_ram_pages(guest->vm->ram);
	struct machine_told *t = calloc(1, sizeof(*t) + (nr + 7) / 8);

	if (t)
		t->nr_pages = nr;
	return t;
}

static const char *role_name(enum vmm_role role)
{
	return role == VMM_ROLE_INFLATE ? "inflate" : role == VMM_ROLE_DEFLATE ? "deflate" :
	       role == VMM_ROLE_PAGE_HINT ? "hint" : "report";
}

/* Free memory that is set aside while the host looks at it, and then free again. */
static bool is_lent(enum vmm_role role)
{
	return role == VMM_ROLE_REPORT || role == VMM_ROLE_PAGE_HINT;
}

static void describe_request(const struct vmm_request *rq, char *buf, size_t size)
{
	char code[256];
	int n = snprintf(buf, size, "request %" PRIu64 " of queue %u (%s) of %s, submitted at "
			 "%.6f ms", rq->number, rq->queue, role_name(rq->role), rq->device,
			 rq->served.submitted / 1e6);

	if (call_site_describe(rq->served.asked, code, sizeof(code)))
		snprintf(buf + n, size - n, " by %s", code);
}

static void page_lost(struct machine_guest *guest, uint64_t gfn, const char *use,
		      const char *how)
{
	struct machine *m = guest->machine;
	char *history = page_history_text(guest->vm->ram, gfn);
	char *verdict = page_history_verdict(guest->vm->ram, gfn);
	char text[1200];

	snprintf(text, sizeof(text), "data loss: guest %s, gfn %#" PRIx64 " is %s%s%s",
		 guest->config->name, gfn, use, how, verdict ? verdict : "");
	machine_data_lost(guest, gfn, use, text, history ? history : "");
	machine_fail(m, TRACE_END_DATA_LOSS, false, "%s", text);
	free(history);
	free(verdict);
}

static void wrong_balloon(struct machine_guest *guest, uint64_t gfn, const char *what,
			  const struct vmm_request *rq)
{
	char request[512];

	describe_request(rq, request, sizeof(request));
	machine_fail(guest->machine, TRACE_END_PROTOCOL, false, "guest %s: gfn %#" PRIx64
		     " %s: %s", guest->config->name, gfn, what, request);
}

static void note_balloon(struct machine_guest *guest, const struct vmm_request *rq, uint64_t gfn)
{
	bool in = rq->role == VMM_ROLE_INFLATE;

	if (!guest->told || gfn >= guest->told->nr_pages)
		return;
	if (in && told(guest, gfn))
		wrong_balloon(guest, gfn, "is told to the host as ballooned, and it is so already",
			      rq);
	else if (!in && !told(guest, gfn))
		wrong_balloon(guest, gfn, "is told to the host as no more ballooned, and it was "
			      "not", rq);
	guest->told->bits[gfn / 8] ^= 1u << gfn % 8;
}

void machine_frames_named(struct machine_guest *guest, const struct vmm_request *rq, uint64_t gfn,
			  uint64_t nr)
{
	struct machine *m = guest->machine;
	char request[512], how[600];
	const char *use = NULL;
	uint64_t i, bad;

	if (!guest->told && !is_lent(rq->role))
		guest->told = told_create(guest);
	if (m->result != TRACE_END_OK)
		return;
	if (rq->role != VMM_ROLE_DEFLATE)
		use = guest_kernel_pages_use(guest->kernel, gfn, nr, rq->role == VMM_ROLE_INFLATE,
					     &bad);
	if (use) {
		describe_request(rq, request, sizeof(request));
		snprintf(how, sizeof(how), ", and the host is told that nobody needs it: %s",
			 request);
		page_lost(guest, bad, use, how);
		return;
	}
	/* Virtio 1.2, 5.5.6.1: not used before the host has acknowledged the deflation. */
	if (rq->role == VMM_ROLE_DEFLATE && rq->must_tell &&
	    guest_kernel_pages_use(guest->kernel, gfn, nr, true, &bad))
		wrong_balloon(guest, bad, "is used again, or free for it, before the host was "
			      "told that it leaves the balloon", rq);
	for (i = 0; !is_lent(rq->role) && i < nr && m->result == TRACE_END_OK; i++)
		note_balloon(guest, rq, gfn + i);
}

void machine_frames_discarded(struct machine_guest *guest, uint64_t gfn, uint64_t nr)
{
	enum vmm_role role = vmm_current_role(guest->vmm);
	/* The VMM may be in the middle of something else then. */
	bool hint = guest->vm->origin.host_kernel;
	const char *use;
	uint64_t bad;

	if ((!hint && role != VMM_ROLE_INFLATE && !is_lent(role)) || !guest->kernel ||
	    guest->machine->result != TRACE_END_OK)
		return;
	use = guest_kernel_pages_use(guest->kernel, gfn, nr, !hint && role == VMM_ROLE_INFLATE,
				     &bad);
	if (use)
		page_lost(guest, bad, use, "");
}

void machine_device_reset(struct machine_guest *guest)
{
	if (guest->told)
		memset(guest->told->bits, 0, (guest->told->nr_pages + 7) / 8);
}

static uint64_t nr_told(const struct machine_guest *guest)
{
	uint64_t nr = 0, i;

	for (i = 0; guest->told && i < (guest->told->nr_pages + 7) / 8; i++)
		nr += __builtin_popcount(guest->told->bits[i]);
	return nr;
}

/*
 * What the driver says of its balloon's size, against the pages that it has named.  Between the
 * answer to a request and the word about its size lies some time: whose target was changed up to
 * the end gets to an end with it first.
 */
static void check_size(struct machine_guest *guest)
{
	uint64_t all = guest_ram_pages(guest->vm->ram), named, says;
	struct machine *m = guest->machine;
	unsigned int left = SIZE_SLACK_MS / SIZE_STEP_MS;

	if (guest->balloon_actual < 0)
		return;
	do {
		named = nr_told(guest);
		says = all - (uint64_t)guest->balloon_actual / TRACE_PAGE_SIZE;
	} while (says != named && !guest->gone && left-- &&
		 machine_run_until(m, m->engine.now + SIZE_STEP_MS * NSEC_PER_MSEC_U64) ==
		 ENGINE_LIMIT);
	if (says != named && !guest->gone)
		machine_fail(guest->machine, TRACE_END_PROTOCOL, false,
			     "guest %s: its driver says that %" PRIu64 " pages are in the balloon, "
			     "and has told the host of %" PRIu64, guest->config->name, says, named);
}

/*
 * Whatever is in the balloon is the driver's: a page that it let go, without a word to the host, is
 * somebody else's memory soon.
 */
static void check_told_pages(struct machine_guest *guest)
{
	struct machine *m = guest->machine;
	const char *use;
	uint64_t gfn, bad;

	for (gfn = 0; guest->told && gfn < guest->told->nr_pages; gfn++) {
		if (!told(guest, gfn))
			continue;
		use = guest_kernel_pages_use(guest->kernel, gfn, 1, true, &bad);
		if (use)
			machine_fail(m, TRACE_END_PROTOCOL, false,
				     "guest %s: gfn %#" PRIx64 " is in the balloon for all that "
				     "the host knows, and is %s", guest->config->name, gfn, use);
		if (m->result != TRACE_END_OK)
			return;
	}
}

/* Statistics of memory cannot be more than the guest has. */
static void check_stats(struct machine_guest *guest)
{
	static const char *const names[] = { "stat-free-memory", "stat-total-memory",
					     "stat-available-memory", "stat-disk-caches" };
	uint64_t value, bytes = guest->config->memory_mib << 20;
	char path[64], why[VMM_ERROR_SIZE];
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "guest-stats/stats/%s", names[i]);
		if (vmm_device_get(guest->balloon, path, &value, why) || value == UINT64_MAX ||
		    value <= bytes)
			continue;
		machine_fail(guest->machine, TRACE_END_PROTOCOL, false,
			     "guest %s: %s is %" PRIu64 " bytes, and the guest has %" PRIu64,
			     guest->config->name, names[i], value, bytes);
	}
}

/* Seconds since the guest last answered a poll, or could have; 0: it is not asked. */
static uint64_t polls_unanswered(const struct machine_guest *guest)
{
	uint64_t now = guest->machine->engine.now / NSEC_PER_SEC_U64, updated, since;
	char why[VMM_ERROR_SIZE];

	if (!scenario_balloon(guest->config)->stats_polling_s ||
	    !guest->machine->scenario->hung_task_s ||
	    vmm_device_get(guest->balloon, "guest-stats/last-update", &updated, why))
		return 0;
	since = updated > VMM_EPOCH ? updated - VMM_EPOCH : guest->boot.ended / NSEC_PER_SEC_U64;
	return now > since ? now - since : 0;
}

/*
 * Polls come each so many seconds, and a driver that lives answers all but perhaps the last one.
 * If more are missing, it gets time: the guest may be busy.
 */
static void check_polls(struct machine_guest *guest)
{
	uint64_t interval = scenario_balloon(guest->config)->stats_polling_s;
	struct machine *m = guest->machine;
	enum engine_end end;

	if (polls_unanswered(guest) <= 2 * interval + 1)
		return;
	end = machine_run_until(m, m->engine.now +
				(POLLS_MISSED * interval + POLL_SLACK_S) * NSEC_PER_SEC_U64);
	/* The device waits for the answer to its last poll before it polls again. */
	if (!guest->gone &&
	    (end == ENGINE_EMPTY ||
	     polls_unanswered(guest) > POLLS_MISSED * interval + POLL_SLACK_S))
		machine_fail(m, TRACE_END_HANG, false,
			     "hang: guest %s has been asked for statistics every %" PRIu64
			     " s, and has not answered for %" PRIu64 " s", guest->config->name,
			     interval, polls_unanswered(guest));
}

void machine_check_balloon(struct machine_guest *guest, bool at_rest)
{
	int error;

	if (!guest->balloon || !vmm_device_virtio(guest->balloon) ||
	    !guest_kernel_driver(vmm_device_virtio(guest->balloon), &error))
		return;
	if (at_rest) {
		check_size(guest);
		check_told_pages(guest);
	}
	if (scenario_balloon(guest->config)->stats_polling_s) {
		check_stats(guest);
		check_polls(guest);
	}
}
