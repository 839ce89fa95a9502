// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has asked whom for what: records of requests, kicks and answers, of the places in the source
 * of drivers and devices where they come from, and of each page at the trace's full level.
 *
 * Ids and causes are the models' (host_new_id(), coro_current->ctx.cause).  Places in the source
 * are numbered here, in the order in which they are first named; a place is the same in each copy
 * of an image.
 */
#include "machine-internal.h"

#include <stdlib.h>
#include <string.h>

#include "call_site.h"
#include "coro.h"
#include "hostmem.h"

#define PAGE_BYTES TRACE_PAGE_SIZE

static_assert((int)TRACE_ROLE_PAGE_HINT == VMM_ROLE_PAGE_HINT, "roles in one order");
static_assert((int)TRACE_EPT_COLLAPSE == EPT_COLLAPSE, "changes in one order");

static struct machine *machine_of(struct host *host)
{
	return host->observer->opaque;
}

/* Places in the source */

/* One that has been named; those of a hash value in one chain. */
struct known_site {
	const char *file, *function;
	unsigned int line;
	uint64_t id;
	struct known_site *next;
};

/* Where the checkout is, is no property of a run. */
static const char *path_in_tree(const char *file)
{
	const char *slash = strrchr(file, '/');

	return file[0] == '/' && slash ? slash + 1 : file;
}

uint64_t machine_site(struct machine *m, const struct call_site *site)
{
	struct known_site **link, *known;

	if (!site)
		return 0;
	link = &m->sites[site->line % MACHINE_SITES];
	for (; *link; link = &(*link)->next)
		if ((*link)->line == site->line && !strcmp((*link)->function, site->function) &&
		    !strcmp((*link)->file, site->file))
			return (*link)->id;
	known = host_alloc(sizeof(*known));
	*link = known;
	known->file = strdup(site->file);
	known->function = strdup(site->function);
	if (!known->file || !known->function)
		abort();
	known->line = site->line;
	known->id = ++m->nr_sites;
	TRACE(m->trace, m->engine.now, site, .id = known->id, .function = known->function,
	      .file = path_in_tree(known->file), .line = known->line);
	return known->id;
}

void machine_sites_free(struct machine *m)
{
	struct known_site *known, *next;
	unsigned int i;

	for (i = 0; i < MACHINE_SITES; i++) {
		for (known = m->sites[i]; known; known = next) {
			next = known->next;
			free((char *)known->file);
			free((char *)known->function);
			host_free(known);
		}
		m->sites[i] = NULL;
	}
}

/* Requests and kicks */

const char *machine_device_name(const struct machine_guest *guest, const struct kvm_virtio *dev)
{
	uint32_t i = 0;

	while (vmm_device_virtio(guest->devices[i]) != dev)
		i++;
	return guest->config->devices[i].name;
}

static void host_submitted(struct kvm_virtio *dev, const struct kvm_notice *request)
{
	struct machine *m = machine_of(dev->vm->host);
	struct machine_guest *guest = &m->guests[dev->vm->id];

	MACHINE_TRACE(m, request, .guest = guest->id, .id = request->id, .cause = request->cause,
		      .role = vmm_role_of(dev, request->queue),
		      .device = machine_device_name(guest, dev), .queue = request->queue,
		      .site = machine_site(m, request->site));
}

static void host_kicked(struct kvm_virtio *dev, const struct kvm_notice *kick)
{
	struct machine *m = machine_of(dev->vm->host);
	struct machine_guest *guest = &m->guests[dev->vm->id];

	MACHINE_TRACE(m, kick, .guest = guest->id, .id = kick->id, .cause = kick->cause,
		      .device = machine_device_name(guest, dev), .queue = kick->queue,
		      .site = machine_site(m, kick->site));
}

static void host_hypercall(struct kvm_vm *vm, const struct kvm_notice *request)
{
	struct machine *m = machine_of(vm->host);

	MACHINE_TRACE(m, request, .guest = vm->id, .id = request->id, .cause = request->cause,
		      .role = TRACE_ROLE_HYPERCALL, .queue = request->queue,
		      .site = machine_site(m, request->site));
}

/* Whoever runs the code that answers a request. */
static const char *this_thread(void)
{
	return coro_current->ctx.thread ? coro_current->ctx.thread->name : "";
}

#define SERVED(m, s)                                                                               \
	.id = (s)->id, .kick = (s)->kick, .waited = (s)->taken - (s)->submitted,                   \
	.took = (s)->answered - (s)->taken, .thread = this_thread(),                               \
	.site = machine_site(m, (s)->site)

/* As a request that the VMM has served. */
static void host_hinted(struct kvm_vm *vm, const struct kvm_served *served, uint64_t blocks,
			uint64_t bytes)
{
	struct machine *m = machine_of(vm->host);

	m->guests[vm->id].balloon_progress = m->engine.now;
	MACHINE_TRACE(m, report_request, .guest = vm->id, .blocks = blocks, .bytes = bytes,
		      SERVED(m, served));
}

void machine_request_served(struct machine_guest *guest, const struct vmm_request *rq)
{
	struct machine *m = guest->machine;
	uint64_t pages = rq->bytes / PAGE_BYTES;

	switch (rq->role) {
	case VMM_ROLE_INFLATE:
		MACHINE_TRACE(m, inflate, .guest = guest->id, .pages = pages,
			      SERVED(m, &rq->served));
		break;
	case VMM_ROLE_DEFLATE:
		MACHINE_TRACE(m, deflate, .guest = guest->id, .pages = pages,
			      SERVED(m, &rq->served));
		break;
	case VMM_ROLE_REPORT:
	case VMM_ROLE_PAGE_HINT:
		MACHINE_TRACE(m, report_request, .guest = guest->id, .blocks = rq->blocks,
			      .bytes = rq->bytes, SERVED(m, &rq->served));
		break;
	case VMM_ROLE_HINT:
		MACHINE_TRACE(m, hint, .guest = guest->id, .blocks = rq->blocks,
			      .bytes = rq->bytes, SERVED(m, &rq->served));
		break;
	case VMM_ROLE_STATS:
	case VMM_ROLE_OTHER:
		break;
	}
}

int machine_set_balloon(struct machine_guest *guest, int64_t left, char *error)
{
	struct machine *m = guest->machine;
	uint64_t cause = coro_current->ctx.cause, id = host_new_id(&m->host);
	int64_t all = (int64_t)(guest->config->memory_mib << 20), in = left < all ? all - left : 0;
	int ret;

	guest->balloon_target = in / PAGE_BYTES;
	MACHINE_TRACE(m, balloon_target, .guest = guest->id, .pages = guest->balloon_target,
		      .id = id);
	coro_current->ctx.cause = id;
	ret = vmm_qmp_balloon(guest->vmm, left, error);
	coro_current->ctx.cause = cause;
	return ret;
}

/* What backs guest pages */

void machine_flush_pages(struct machine *m)
{
	struct page_extent e = m->pages;

	m->pages.nr = 0;
	if (e.nr && !m->quiet)
		TRACE(m->trace, e.time > m->trace->now ? e.time : m->trace->now, ept,
		      .guest = e.guest, .gfn = e.gfn, .nr = e.nr, .change = e.change,
		      .cause = e.cause);
}

static void host_ept(struct kvm_vm *vm, gfn_t g, uint64_t nr, enum ept_change change)
{
	struct machine *m = machine_of(vm->host);
	struct page_extent *e = &m->pages;
	uint64_t cause = coro_current->ctx.cause;

	if (e->nr && e->guest == vm->id && e->change == change && e->cause == cause &&
	    e->time == m->engine.now && (e->gfn + e->nr == g.nr || g.nr + nr == e->gfn)) {
		e->gfn = e->gfn < g.nr ? e->gfn : g.nr;
		e->nr += nr;
		return;
	}
	machine_flush_pages(m);
	*e = (struct page_extent){ .guest = vm->id, .gfn = g.nr, .nr = nr, .change = change,
				   .cause = cause, .time = m->engine.now };
}

static void host_ept_fault(struct kvm_vm *vm, const struct ept_fault *fault)
{
	struct machine *m = machine_of(vm->host);
	enum trace_fault kind = fault->swapped_in ? TRACE_FAULT_SWAP_IN :
				fault->order ? TRACE_FAULT_EPT_HUGE : TRACE_FAULT_EPT;

	trace_histogram_add(&m->guests[vm->id].faults[kind], fault->ns, 1);
	MACHINE_TRACE(m, ept_fault, .guest = vm->id, .gfn = fault->gfn.nr,
		      .nr = UINT64_C(1) << fault->order, .write = fault->write,
		      .latency = fault->ns, .id = fault->id, .wait = fault->wait,
		      .task = fault->task);
}

static void host_reclaim(struct host *host, struct kvm_vm *vm, uint64_t id, uint64_t cause)
{
	struct machine *m = machine_of(host);

	MACHINE_TRACE(m, reclaim, .guest = machine_vm_id(vm), .id = id, .cause = cause);
}

/* The guest's own pages */

static struct machine_guest *guest_of(struct kernel *kernel)
{
	return guest_kernel_opaque(kernel);
}

static uint64_t guest_site(struct kernel *kernel, const struct call_site *site)
{
	return machine_site(guest_of(kernel)->machine, site);
}

/* What the kernel did before the run began is how it has found its memory. */
#define GUEST_TRACE(kernel, name, ...)                                                             \
	do {                                                                                       \
		struct machine *m_ = guest_of(kernel)->machine;                                    \
                                                                                                   \
		if (m_->host.observer)                                                             \
			MACHINE_TRACE(m_, name, .guest = guest_of(kernel)->id, __VA_ARGS__);       \
	} while (0)

static void guest_allocated(struct kernel *kernel, uint64_t pfn, unsigned int order,
			    int migratetype, const char *task, const struct call_site *site)
{
	GUEST_TRACE(kernel, alloc_block, .pfn = pfn, .order = order, .migratetype = migratetype,
		    .site = guest_site(kernel, site), .task = task);
}

static void guest_freed(struct kernel *kernel, uint64_t pfn, unsigned int order, int migratetype,
			const char *task, bool told)
{
	GUEST_TRACE(kernel, free_block, .pfn = pfn, .order = order, .migratetype = migratetype,
		    .told = told, .task = task);
}

static void guest_merged(struct kernel *kernel, uint64_t pfn, unsigned int order, uint64_t last,
			 unsigned int last_order, bool told)
{
	GUEST_TRACE(kernel, merge_block, .pfn = pfn, .order = order, .last = last,
		    .last_order = last_order, .told = told);
}

static void guest_isolated(struct kernel *kernel, uint64_t pfn, unsigned int order, uint64_t id,
			   const struct call_site *site)
{
	GUEST_TRACE(kernel, isolate, .id = id, .pfn = pfn, .order = order,
		    .site = guest_site(kernel, site));
}

static void guest_put_back(struct kernel *kernel, uint64_t pfn, unsigned int order)
{
	GUEST_TRACE(kernel, putback, .pfn = pfn, .order = order);
}

const struct guest_observer machine_guest_observer = {
	.allocated = guest_allocated,
	.freed = guest_freed,
	.merged = guest_merged,
	.isolated = guest_isolated,
	.put_back = guest_put_back,
};

void machine_causes_init(struct machine *m)
{
	m->host_observer.submitted = host_submitted;
	m->host_observer.kicked = host_kicked;
	m->host_observer.hypercall = host_hypercall;
	m->host_observer.hinted = host_hinted;
	m->host_observer.ept_fault = host_ept_fault;
	m->host_observer.reclaim = host_reclaim;
	if (trace_wants(m->trace, TRACE_FULL))
		m->host_observer.ept = host_ept;
}
