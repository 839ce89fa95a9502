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

#include "history.h"
#include "symbol.h"

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
	       "report";
}

static void describe_request(const struct vmm_request *rq, char *buf, size_t size)
{
	char code[256];
	int n = snprintf(buf, size, "request %" PRIu64 " of queue %u (%s) of %s, submitted at "
			 "%.6f ms", rq->number, rq->queue, role_name(rq->role), rq->device,
			 rq->submitted / 1e6);

	if (rq->driver_code && symbol_describe(rq->driver_code, code, sizeof(code)))
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
	uint64_t i;

	if (!guest->told && rq->role != VMM_ROLE_REPORT)
		guest->told = told_create(guest);
	for (i = 0; i < nr && m->result == TRACE_END_OK; i++) {
		/* Of a block that is reported, the first page says whether it is listed. */
		bool percpu = rq->role == VMM_ROLE_INFLATE || !i;
		const char *use = rq->role == VMM_ROLE_DEFLATE ? NULL :
				  guest_kernel_page_use(guest->kernel, gfn + i, percpu);
		char request[512], how[600];

		if (use) {
			describe_request(rq, request, sizeof(request));
			snprintf(how, sizeof(how),
				 ", and the host is told that nobody needs it: %s", request);
			page_lost(guest, gfn + i, use, how);
			return;
		}
		if (rq->role != VMM_ROLE_REPORT)
			note_balloon(guest, rq, gfn + i);
	}
}

void machine_frames_discarded(struct machine_guest *guest, uint64_t gfn, uint64_t nr)
{
	enum vmm_role role = vmm_current_role(guest->vmm);
	uint64_t i;

	if ((role != VMM_ROLE_INFLATE && role != VMM_ROLE_REPORT) || !guest->kernel ||
	    guest->machine->result != TRACE_END_OK)
		return;
	for (i = 0; i < nr; i++) {
		const char *use = guest_kernel_page_use(guest->kernel, gfn + i,
							role == VMM_ROLE_INFLATE || !i);

		if (use) {
			page_lost(guest, gfn + i, use, "");
			return;
		}
	}
}

void machine_device_reset(struct machine_guest *guest)
{
	if (guest->told)
		memset(guest->told->bits, 0, (guest->told->nr_pages + 7) / 8);
}
