// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the machine records: observers of the host and of VMMs, and totals at the end.  Samples are
 * taken in machine_samples.c, requests and what follows from them recorded in machine_causes.c.
 *
 * Runs of adjacent pages that are swapped become one extent.
 */
#include "machine-internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

#define PAGE_BYTES TRACE_PAGE_SIZE
#define BLOCK_PAGES 512		/* of which the guest knows when it was freed */

static struct machine *machine_of(struct host *host)
{
	return host->observer->opaque;
}

void machine_trace_flush_extent(struct machine *m)
{
	struct swap_extent *e = &m->extent;

	if (!e->nr)
		return;
	if (e->out)
		MACHINE_TRACE(m, swap_out, .guest = e->guest, .gfn = e->gfn, .nr = e->nr,
			      .cause = e->cause);
	else
		MACHINE_TRACE(m, swap_in, .guest = e->guest, .gfn = e->gfn, .nr = e->nr,
			      .cause = e->cause);
	e->nr = 0;
}

static void host_swapped(struct kvm_vm *vm, gfn_t g, swap_slot_t slot, bool out, uint64_t ns)
{
	struct machine *m = machine_of(vm->host);
	uint64_t cause = coro_current->ctx.cause;
	struct swap_extent *e = &m->extent;

	if (out)
		MACHINE_TRACE(m, swap_out_page, .guest = vm->id, .gfn = g.nr, .slot = slot.nr,
			      .cause = cause);
	else
		MACHINE_TRACE(m, swap_in_page, .guest = vm->id, .gfn = g.nr, .slot = slot.nr,
			      .latency = ns, .cause = cause);
	if (e->nr && e->guest == vm->id && e->out == out && e->cause == cause &&
	    (e->gfn + e->nr == g.nr || g.nr + 1 == e->gfn)) {
		e->gfn = e->gfn < g.nr ? e->gfn : g.nr;
		e->nr++;
		return;
	}
	machine_trace_flush_extent(m);
	*e = (struct swap_extent){ .guest = vm->id, .gfn = g.nr, .nr = 1, .cause = cause,
				   .out = out };
}

/*
 * The host has got frames of a range: how long had the guest not needed them?  Each 2 MiB block has
 * its own time; what the range gave back is spread over its pages.
 */
static void note_given_back(struct machine_guest *guest, uint64_t gfn, uint64_t nr, uint64_t freed)
{
	uint64_t now = guest->machine->engine.now, done = 0, part, freed_at;

	if (!freed || !guest->kernel || guest->gone)
		return;
	for (; done < nr; done += part) {
		part = BLOCK_PAGES - (gfn + done) % BLOCK_PAGES;
		part = part < nr - done ? part : nr - done;
		freed_at = guest_kernel_freed_at(guest->kernel, gfn + done);
		if (freed_at)
			trace_histogram_add(&guest->given_back, now - freed_at,
					    freed * (done + part) / nr - freed * done / nr);
	}
}

static void host_discarded(struct kvm_vm *vm, gfn_t g, uint64_t nr, uint64_t freed, bool lazy)
{
	struct machine *m = machine_of(vm->host);

	machine_trace_flush_extent(m);
	MACHINE_TRACE(m, discard, .guest = vm->id, .gfn = g.nr, .nr = nr,
		      .given_back = freed, .cause = coro_current->ctx.cause,
		      .site = machine_site(m, vm->origin.device_code), .lazy = lazy);
	note_given_back(&m->guests[vm->id], g.nr, nr, freed);
	machine_frames_discarded(&m->guests[vm->id], g.nr, nr);
}

static void host_useless(struct kvm_vm *vm, const char *why)
{
	struct machine *m = machine_of(vm->host);
	char text[256];

	snprintf(text, sizeof(text), "a discard of guest memory frees nothing: %s", why);
	machine_say(&m->guests[vm->id], TRACE_WARNING, "ballast", text);
}

static void host_vm_killed(struct host *host, struct kvm_vm *vm, const struct host_memcg *memcg)
{
	struct machine *m = machine_of(host);

	machine_trace_flush_extent(m);
	if (vm->is_process) {
		machine_host_program_killed(m, vm);
		return;
	}
	MACHINE_TRACE(m, host_oom, .guest = vm->id,
		      .resident = vm->killed_resident, .swapped = vm->killed_swapped,
		      .cgroup = memcg->parent ? memcg->name : "");
	MACHINE_TRACE(m, guest_end, .guest = vm->id, .reason = TRACE_OFF_KILLED);
	machine_guest_killed(&m->guests[vm->id], TRACE_CUT_VMM_KILLED);
}

void machine_data_lost(struct machine_guest *guest, uint64_t gfn, const char *owner,
		       const char *text, const char *history)
{
	struct machine *m = guest->machine;
	char more[300];

	machine_trace_flush_extent(m);
	TRACE(m->trace, m->engine.now, data_loss, .guest = guest->id, .gfn = gfn, .owner = owner,
	      .text = text);
	if (!m->options.message || m->result != TRACE_END_OK)
		return;
	m->options.message(m->options.opaque, history);
	snprintf(more, sizeof(more), "    all of it, from a replay: ballast trace why replay.trace "
		 "--guest %s --gfn %#" PRIx64, guest->config->name, gfn);
	m->options.message(m->options.opaque, more);
}

static void host_data_loss(struct kvm_vm *vm, const struct data_loss *loss)
{
	struct machine *m = machine_of(vm->host);
	char text[1200];

	snprintf(text, sizeof(text),
		 "data loss: guest %s, gfn %#" PRIx64 ", %s reads: expected contents %#x, found "
		 "%#x%s%s", loss->vm, loss->gfn.nr, loss->owner, loss->expected, loss->found,
		 loss->found ? "" : " (zero page)", loss->verdict);
	machine_data_lost(&m->guests[vm->id], loss->gfn.nr, loss->owner, text, loss->history);
	machine_fail(m, TRACE_END_DATA_LOSS, false, "%s", text);
}

/* VMMs */

static struct machine_guest *guest_of(struct vmm *vmm)
{
	return vmm_get_config(vmm)->opaque;
}

static void vmm_message(struct vmm *vmm, enum vmm_severity severity, const char *text)
{
	static const enum trace_severity severities[] = {
		[VMM_INFO] = TRACE_INFO, [VMM_WARNING] = TRACE_WARNING, [VMM_ERROR] = TRACE_ERROR
	};

	machine_say(guest_of(vmm), severities[severity], "vmm", text);
}

static void vmm_device_error(struct vmm *vmm, const char *device, const char *text)
{
	struct machine_guest *guest = guest_of(vmm);

	struct guest_memory memory = { 0 };

	if (guest->kernel)
		guest_kernel_memory(guest->kernel, &memory);
	machine_fail(guest->machine, TRACE_END_PROTOCOL, false,
		     "guest %s: its driver broke the rules, device %s needs a reset: %s%s%s",
		     guest->config->name, device, text,
		     memory.nr_warnings ? "; before that its kernel said: " : "",
		     memory.nr_warnings ? memory.first_warning : "");
}

static void vmm_request(struct vmm *vmm, const struct vmm_request *rq)
{
	struct machine_guest *guest = guest_of(vmm);
	struct machine *m = guest->machine;
	uint64_t pages = rq->bytes / PAGE_BYTES;

	if (rq->role != VMM_ROLE_STATS)
		guest->balloon_progress = m->engine.now;
	if (rq->role == VMM_ROLE_INFLATE)
		guest->ballooned += pages;
	if (rq->role == VMM_ROLE_DEFLATE) {
		guest->ballooned -= pages < guest->ballooned ? pages : guest->ballooned;
		machine_balloon_deflated(guest, pages);
	}
	machine_request_served(guest, rq);
}

static void vmm_frames(struct vmm *vmm, const struct vmm_request *rq, uint64_t gfn, uint64_t nr)
{
	struct machine_guest *guest = guest_of(vmm);

	MACHINE_TRACE(guest->machine, named, .guest = guest->id, .cause = rq->served.id, .gfn = gfn,
		      .nr = nr);
	machine_frames_named(guest, rq, gfn, nr);
}

static void vmm_device_reset(struct vmm *vmm, const char *device)
{
	machine_device_reset(guest_of(vmm));
}

static void vmm_discard_refused(struct vmm *vmm)
{
	machine_say(guest_of(vmm), TRACE_WARNING, "ballast",
		    "discards of guest memory are refused, since an assigned device works on it: "
		    "what the guest gives up frees nothing");
}

static void vmm_balloon_change(struct vmm *vmm, int64_t actual)
{
	machine_balloon_changed(guest_of(vmm), actual);
}

void machine_trace_guest_log(struct kernel *kernel, int level, const char *text)
{
	enum trace_severity severity = level <= 3 ? TRACE_ERROR : level == 4 ? TRACE_WARNING :
				       level == 7 ? TRACE_DEBUG : TRACE_INFO;

	machine_say(guest_kernel_opaque(kernel), severity, "kernel", text);
}

void machine_trace_init(struct machine *m)
{
	m->host_observer = (struct host_observer){
		.vm_killed = host_vm_killed,
		.discarded = host_discarded,
		.useless = host_useless,
		.swapped = host_swapped,
		.data_loss = host_data_loss,
		.opaque = m,
	};
	m->vmm_observer = (struct vmm_observer){
		.message = vmm_message,
		.request = vmm_request,
		.balloon_change = vmm_balloon_change,
		.device_error = vmm_device_error,
		.frames = vmm_frames,
		.device_reset = vmm_device_reset,
		.discard_refused = vmm_discard_refused,
		.opaque = m,
	};
	machine_causes_init(m);
	machine_samples_init(m);
}

/* Of the cost table, as lines. */
static char *references(const struct scenario_strings *strings)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	for (uint32_t i = 0; i < strings->nr; i++)
		fprintf(out, "%s%s", i ? "\n" : "", strings->text[i]);
	fclose(out);
	return text;
}

static void emit_costs(struct machine *m)
{
	const struct scenario_host *h = &m->scenario->host;
	char name[64];

	for (unsigned int i = 0; i < NR_COSTS; i++)
		TRACE(m->trace, 0, cost, .name = ledger_name(i, name, sizeof(name)),
		      .each = h->costs.ns[i], .source = h->cost_source[i]);
}

void machine_describe(struct machine *m)
{
	const struct scenario *s = m->scenario;
	char *names = references(&s->host.cost_references);
	uint32_t i;

	TRACE(m->trace, 0, machine, .cpus = s->host.cpus, .frames = m->host.total_pages,
	      .swap = m->host.swap ? m->host.swap->nr_slots : 0,
	      .swap_model = scenario_swap_name(s->host.swap.kind),
	      .costs = s->host.costs_name, .references = names,
	      .wmark_min = m->host.wmark_min, .wmark_low = m->host.wmark_low,
	      .wmark_high = m->host.wmark_high);
	free(names);
	emit_costs(m);
	for (i = 0; i < s->nr_guests; i++)
		TRACE(m->trace, 0, guest, .guest = i, .name = s->guests[i].name,
		      .memory = (s->guests[i].memory_mib << 20) / PAGE_BYTES,
		      .vcpus = s->guests[i].vcpus, .mechanism = scenario_mechanism(&s->guests[i]));
}

void machine_trace_begin(struct machine *m)
{
	const struct scenario *s = m->scenario;

	m->host.observer = &m->host_observer;
	machine_describe(m);
	machine_commands_declare(m);
	machine_trace_images(m);
	machine_trace_disks(m);
	machine_trace_cgroups(m);
	if (s->trace.sample_ms)
		event_add_observer(&m->engine, &m->sample,
				   s->trace.sample_ms * NSEC_PER_MSEC_U64);
}

/* Totals */

static void emit_account(struct machine *m, uint64_t guest, enum trace_domain domain,
			 const struct ledger_account *account)
{
	char name[64];
	unsigned int i;

	for (i = 0; i < NR_LEDGER; i++)
		if (account->count[i])
			MACHINE_TRACE(m, ledger, .guest = guest, .domain = domain,
			      .cost = ledger_name(i, name, sizeof(name)),
			      .time = account->ns[i], .count = account->count[i]);
}

static void emit_guest_totals(struct machine *m, struct machine_guest *guest)
{
	struct kvm_virtio *dev;
	unsigned int i;

	for (i = 0; i < NR_KVM_EXITS; i++)
		if (guest->vm->exits[i])
			MACHINE_TRACE(m, exits, .guest = guest->id, .reason = i,
			      .count = guest->vm->exits[i]);
	for (dev = guest->vm->devices; dev; dev = dev->next)
		MACHINE_TRACE(m, notifications, .guest = guest->id,
			      .device = machine_device_name(guest, dev), .kicks = dev->nr_kicks,
			      .interrupts = dev->nr_interrupts);
	for (i = 0; i < NR_ACCOUNT_DOMAINS; i++)
		emit_account(m, guest->id, (enum trace_domain)i, &guest->vm->account[i]);
}

static void emit_threads(struct machine *m)
{
	const struct cpu_ended *ended;
	const struct cpu_thread *t;

	for (t = m->host.cpus.all; t; t = t->all_next)
		MACHINE_TRACE(m, thread_cpu,
		      .guest = machine_vm_id(t->vm), .thread = t->name, .ran = t->ran,
		      .waited = t->waited);
	for (ended = m->host.cpus.ended; ended; ended = ended->next)
		MACHINE_TRACE(m, thread_cpu,
		      .guest = machine_vm_id(ended->vm), .thread = ended->name,
		      .ran = ended->ran, .waited = ended->waited);
}

static void emit_khugepaged(struct machine *m)
{
	uint64_t filled, nr;
	uint32_t i;

	for (i = 0; i < m->scenario->nr_guests; i++) {
		nr = guest_ram_collapsed(m->guests[i].vm->ram, &filled);
		if (nr)
			MACHINE_TRACE(m, khugepaged, .guest = i, .huge_pages = nr,
				      .filled = filled);
	}
}

static void emit_swap_device(struct machine *m)
{
	const struct swap_device *swap = m->host.swap;
	struct disk_stats none = { 0 };
	const struct disk_stats *io;

	if (!swap)
		return;
	io = swap->extent ? &swap->extent->stats : &none;
	MACHINE_TRACE(m, swap_device, .name = swap->config.name, .reads = io->reads,
		      .writes = io->writes, .bytes_read = swap->stats.pages_in * PAGE_BYTES,
		      .bytes_written = swap->stats.pages_out * PAGE_BYTES, .busy = io->busy_ns,
		      .queue_max = io->peak_queue, .used = swap_used_slots(swap),
		      .used_max = swap->stats.peak_slots);
}

static void emit_counters(struct machine *m)
{
	const struct host_stats *s = &m->host.stats;
	const struct {
		const char *name;
		uint64_t value;
	} counters[] = {
		{ "huge-fallbacks", s->huge_fallbacks }, { "ept-splits", s->ept_splits },
		{ "scanned", s->scanned },		 { "reclaimed", s->reclaimed },
		{ "direct-reclaims", s->direct_reclaims }, { "kswapd-runs", s->kswapd_runs },
		{ "swap-readahead", s->swap_readahead },
		{ "swap-readahead-hits", s->swap_readahead_hits }, { "zapped", s->zapped },
		{ "lazyfree-dropped", s->lazyfree_dropped },
		{ "thp-swpout", s->thp_swpout },
		{ "thp-swpout-fallback", s->thp_swpout_fallback },
		{ "file-reads", s->file_reads },	 { "file-dropped", s->file_dropped },
		{ "file-refaults", s->file_refaults },	 { "async-faults", s->async_faults },
		{ "async-halts", s->async_halts },
		{ "discarded-in-huge-pages", m->host.partial_pages },
		/* Of generations, if there are. */
		{ "lru-gen-aged", s->lru_gen_aged },
		{ "lru-gen-promoted", s->lru_gen_promoted },
		{ "lru-gen-protected", s->lru_gen_protected },
		{ "lru-gen-refaults", s->lru_gen_refaults },
	};
	unsigned int i, nr = sizeof(counters) / sizeof(counters[0]);

	for (i = 0; i < nr - (m->host.config.lru_gen ? 0 : 4); i++)
		MACHINE_TRACE(m, counter, .guest = TRACE_HOST,
		      .name = counters[i].name, .value = counters[i].value);
	/* How much longer all took for the memory of others. */
	if (m->host.cpus.memory.waited)
		MACHINE_TRACE(m, counter, .guest = TRACE_HOST, .name = "memory-bandwidth-ns",
			      .value = m->host.cpus.memory.waited);
}

/* What threads, and tasks that were preempted, owe will not pass within the run. */
static void settle_ledger(struct machine *m)
{
	uint32_t i;

	cpu_settle(&m->host.cpus);
	m->settled = true;
	for (i = 0; i < m->scenario->nr_guests; i++)
		if (m->guests[i].kernel)
			ledger_take_off(&m->guests[i].vm->account[ACCOUNT_GUEST],
					guest_kernel_owed_ns(m->guests[i].kernel));
}

void machine_trace_totals(struct machine *m)
{
	uint32_t i;

	settle_ledger(m);
	for (i = 0; i < m->scenario->nr_guests; i++)
		emit_guest_totals(m, &m->guests[i]);
	emit_account(m, TRACE_HOST, TRACE_DOMAIN_HOST, &m->host.kswapd_account);
	emit_threads(m);
	emit_swap_device(m);
	emit_khugepaged(m);
	emit_counters(m);
	machine_trace_memory(m);
	machine_settle_psi(m);
	machine_trace_samples(m);
}
