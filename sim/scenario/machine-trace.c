// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the machine records: observers of the host and of VMMs, samples, and totals at the end.
 *
 * Runs of adjacent pages that are swapped become one extent; fault latencies are collected in
 * histograms between samples.
 */
#include "machine-internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

#define PAGE_BYTES TRACE_PAGE_SIZE

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
		TRACE(m->trace, m->engine.now, swap_out, .guest = e->guest, .gfn = e->gfn,
		      .nr = e->nr);
	else
		TRACE(m->trace, m->engine.now, swap_in, .guest = e->guest, .gfn = e->gfn,
		      .nr = e->nr);
	e->nr = 0;
}

static void host_swapped(struct kvm_vm *vm, gfn_t g, uint64_t nr, bool out)
{
	struct machine *m = machine_of(vm->host);
	struct swap_extent *e = &m->extent;

	if (e->nr && e->guest == vm->id && e->out == out && e->gfn + e->nr == g.nr) {
		e->nr += nr;
		return;
	}
	if (e->nr && e->guest == vm->id && e->out == out && g.nr + nr == e->gfn) {
		e->gfn = g.nr;
		e->nr += nr;
		return;
	}
	machine_trace_flush_extent(m);
	*e = (struct swap_extent){ .guest = vm->id, .gfn = g.nr, .nr = nr, .out = out };
}

static void host_ept_fault(struct kvm_vm *vm, gfn_t g, unsigned int order, bool swapped_in,
			   uint64_t ns)
{
	struct machine *m = machine_of(vm->host);
	enum trace_fault kind = swapped_in ? TRACE_FAULT_SWAP_IN :
				order ? TRACE_FAULT_EPT_HUGE : TRACE_FAULT_EPT;

	trace_histogram_add(&m->guests[vm->id].faults[kind], ns, 1);
	TRACE(m->trace, m->engine.now, ept_fault, .guest = vm->id, .gfn = g.nr,
	      .nr = UINT64_C(1) << order, .latency = ns);
}

static void host_discarded(struct kvm_vm *vm, gfn_t g, uint64_t nr, uint64_t freed)
{
	struct machine *m = machine_of(vm->host);

	machine_trace_flush_extent(m);
	TRACE(m->trace, m->engine.now, discard, .guest = vm->id, .gfn = g.nr, .nr = nr);
}

static void host_vm_killed(struct host *host, struct kvm_vm *vm, const char *reason)
{
	struct machine *m = machine_of(host);

	machine_trace_flush_extent(m);
	TRACE(m->trace, m->engine.now, host_oom, .guest = vm->id,
	      .resident = guest_ram_resident_peak(vm->ram), .swapped = 0);
	TRACE(m->trace, m->engine.now, guest_end, .guest = vm->id, .reason = TRACE_OFF_KILLED);
	machine_guest_killed(&m->guests[vm->id]);
}

static void host_data_loss(struct kvm_vm *vm, const struct data_loss *loss)
{
	struct machine *m = machine_of(vm->host);
	char text[512];

	snprintf(text, sizeof(text),
		 "data loss: guest %s, gfn %#" PRIx64 ", %s: expected contents %#x, found %#x%s",
		 loss->vm, loss->gfn.nr, loss->owner, loss->expected, loss->found,
		 loss->found ? "" : " (zero page)");
	machine_trace_flush_extent(m);
	TRACE(m->trace, m->engine.now, data_loss, .guest = vm->id, .gfn = loss->gfn.nr,
	      .owner = loss->owner, .text = loss->history);
	if (m->options.message && m->result == TRACE_END_OK) {
		m->options.message(m->options.opaque, text);
		m->options.message(m->options.opaque, loss->history);
	}
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
	struct machine_guest *guest = guest_of(vmm);
	struct machine *m = guest->machine;
	char line[512];

	TRACE(m->trace, m->engine.now, message, .guest = guest->id,
	      .severity = severities[severity], .source = "vmm", .text = text);
	if (severity == VMM_INFO || !m->options.message)
		return;
	snprintf(line, sizeof(line), "%s: VMM: %s", guest->config->name, text);
	m->options.message(m->options.opaque, line);
}

static void vmm_request(struct vmm *vmm, const struct vmm_request *rq)
{
	struct machine_guest *guest = guest_of(vmm);
	struct machine *m = guest->machine;
	uint64_t now = m->engine.now, pages = rq->bytes / PAGE_BYTES;

	switch (rq->role) {
	case VMM_ROLE_INFLATE:
		guest->ballooned += pages;
		TRACE(m->trace, now, inflate, .guest = guest->id, .pages = pages);
		break;
	case VMM_ROLE_DEFLATE:
		guest->ballooned -= pages < guest->ballooned ? pages : guest->ballooned;
		TRACE(m->trace, now, deflate, .guest = guest->id, .pages = pages);
		break;
	case VMM_ROLE_REPORT:
		TRACE(m->trace, now, report_request, .guest = guest->id, .blocks = rq->blocks,
		      .bytes = rq->bytes);
		break;
	case VMM_ROLE_HINT:
		TRACE(m->trace, now, hint, .guest = guest->id, .blocks = rq->blocks,
		      .bytes = rq->bytes);
		break;
	case VMM_ROLE_STATS:
	case VMM_ROLE_OTHER:
		break;
	}
}

static void vmm_balloon_change(struct vmm *vmm, int64_t actual)
{
	struct machine_guest *guest = guest_of(vmm);
	struct machine *m = guest->machine;
	uint32_t i;

	guest->balloon_actual = actual;
	for (i = 0; i < m->scenario->nr_commands; i++) {
		struct machine_item *item = &m->commands[i];

		if (item->guest != guest || item->state != ITEM_RUNNING ||
		    (int64_t)(m->scenario->commands[i].target_mib << 20) != actual)
			continue;
		machine_item_ended(item);
		TRACE(m->trace, m->engine.now, counter, .guest = guest->id,
		      .name = m->scenario->commands[i].name, .value = item->ended - item->began);
		machine_progress(m);
	}
}

void machine_trace_guest_log(struct kernel *kernel, int level, const char *text)
{
	struct machine_guest *guest = guest_kernel_opaque(kernel);
	struct machine *m = guest->machine;
	enum trace_severity severity = level <= 3 ? TRACE_ERROR : level == 4 ? TRACE_WARNING :
				       level == 7 ? TRACE_DEBUG : TRACE_INFO;
	char line[512];

	TRACE(m->trace, m->engine.now, message, .guest = guest->id, .severity = severity,
	      .source = "kernel", .text = text);
	if (severity < TRACE_WARNING || !m->options.message)
		return;
	snprintf(line, sizeof(line), "%s: %s", guest->config->name, text);
	m->options.message(m->options.opaque, line);
}

/* Samples */

static void emit_faults(struct machine *m, struct machine_guest *guest)
{
	unsigned int kind;

	for (kind = 0; kind < NR_TRACE_FAULTS; kind++) {
		struct trace_histogram *h = &guest->faults[kind];

		if (!h->count)
			continue;
		TRACE(m->trace, m->engine.now, faults, .guest = guest->id, .kind = kind,
		      .latency = h);
		trace_histogram_reset(h);
	}
}

static uint64_t stalled_ns(const struct machine_guest *guest)
{
	uint64_t ns = 0;
	unsigned int i;

	for (i = 0; i < guest->vm->nr_vcpus; i++)
		ns += guest->vm->vcpus[i]->waited + guest->vm->vcpus[i]->stalled;
	return ns;
}

static void sample_guest(struct machine *m, struct machine_guest *guest)
{
	struct guest_memory memory = { 0 };
	uint64_t resident = guest_ram_resident(guest->vm->ram);

	if (guest->kernel && !guest->gone)
		guest_kernel_memory(guest->kernel, &memory);
	TRACE(m->trace, m->engine.now, guest_sample, .guest = guest->id, .free = memory.free,
	      .reported = memory.reported, .ballooned = guest->ballooned, .resident = resident,
	      .swapped = guest_ram_swapped(guest->vm->ram), .guest_swap = memory.swapped,
	      .cached = memory.cached, .resident_peak = guest_ram_resident_peak(guest->vm->ram),
	      .stalled = stalled_ns(guest));
	emit_faults(m, guest);
}

static void sample_host(struct machine *m)
{
	const struct host *host = &m->host;

	TRACE(m->trace, m->engine.now, host_sample, .free = host->free_pages,
	      .used = host_used_pages(host),
	      .swap_used = host->swap ? swap_used_slots(host->swap) : 0,
	      .kswapd_active = !host->kswapd.wait_forever,
	      .used_peak = host->stats.peak_used, .swap_out = host->stats.swap_out,
	      .swap_in = host->stats.swap_in, .runnable = host->cpus.nr_runnable);
}

void machine_trace_samples(struct machine *m)
{
	uint32_t i;

	machine_trace_flush_extent(m);
	for (i = 0; i < m->scenario->nr_guests; i++)
		if (m->guests[i].up || m->guests[i].boot.state != ITEM_WAITING)
			sample_guest(m, &m->guests[i]);
	sample_host(m);
}

void machine_trace_sample(struct machine_guest *guest)
{
	machine_trace_flush_extent(guest->machine);
	sample_guest(guest->machine, guest);
	sample_host(guest->machine);
}

static void sample_fn(struct event *ev)
{
	struct machine *m = (struct machine *)((char *)ev - offsetof(struct machine, sample));
	/* The progress display has an event of its own; neither keeps the run going. */
	uint32_t observers = event_pending(&m->progress) ? 1 : 0;

	machine_trace_samples(m);
	if (m->engine.nr_pending > 1 + observers)
		event_add(&m->engine, ev,
			  m->engine.now + m->scenario->trace.sample_ms * NSEC_PER_MSEC_U64);
}

void machine_trace_init(struct machine *m)
{
	m->host_observer = (struct host_observer){
		.vm_killed = host_vm_killed,
		.ept_fault = host_ept_fault,
		.discarded = host_discarded,
		.swapped = host_swapped,
		.data_loss = host_data_loss,
		.opaque = m,
	};
	m->vmm_observer = (struct vmm_observer){
		.message = vmm_message,
		.request = vmm_request,
		.balloon_change = vmm_balloon_change,
		.opaque = m,
	};
	event_init(&m->sample, sample_fn);
}

void machine_trace_begin(struct machine *m)
{
	const struct scenario *s = m->scenario;
	uint32_t i;

	m->host.observer = &m->host_observer;
	TRACE(m->trace, 0, machine, .cpus = s->host.cpus, .frames = m->host.total_pages,
	      .swap = m->host.swap ? m->host.swap->nr_slots : 0,
	      .swap_model = scenario_swap_name(s->host.swap.kind));
	for (i = 0; i < s->nr_guests; i++)
		TRACE(m->trace, 0, guest, .guest = i, .name = s->guests[i].name,
		      .memory = (s->guests[i].memory_mib << 20) / PAGE_BYTES,
		      .vcpus = s->guests[i].vcpus, .mechanism = scenario_mechanism(&s->guests[i]));
	if (s->trace.sample_ms)
		event_add(&m->engine, &m->sample, s->trace.sample_ms * NSEC_PER_MSEC_U64);
}

/* Totals */

static void emit_account(struct machine *m, uint64_t guest, enum trace_domain domain,
			 const struct ledger_account *account)
{
	char name[64];
	unsigned int i;

	for (i = 0; i < NR_LEDGER; i++)
		if (account->count[i])
			TRACE(m->trace, m->engine.now, ledger, .guest = guest, .domain = domain,
			      .cost = ledger_name(i, name, sizeof(name)),
			      .time = account->ns[i], .count = account->count[i]);
}

static void emit_guest_totals(struct machine *m, struct machine_guest *guest)
{
	struct kvm_virtio *dev;
	unsigned int i;

	for (i = 0; i < NR_KVM_EXITS; i++)
		if (guest->vm->exits[i])
			TRACE(m->trace, m->engine.now, exits, .guest = guest->id, .reason = i,
			      .count = guest->vm->exits[i]);
	for (dev = guest->vm->devices; dev; dev = dev->next)
		TRACE(m->trace, m->engine.now, notifications, .guest = guest->id,
		      .device = guest->config->devices[0].name, .kicks = dev->nr_kicks,
		      .interrupts = dev->nr_interrupts);
	for (i = 0; i < NR_ACCOUNT_DOMAINS; i++)
		emit_account(m, guest->id, (enum trace_domain)i, &guest->vm->account[i]);
}

static void emit_threads(struct machine *m)
{
	const struct cpu_thread *t;

	for (t = m->host.cpus.all; t; t = t->all_next)
		TRACE(m->trace, m->engine.now, thread_cpu,
		      .guest = t->vm ? t->vm->id : TRACE_HOST, .thread = t->name, .ran = t->ran,
		      .waited = t->waited);
}

static void emit_swap_device(struct machine *m)
{
	const struct swap_device *swap = m->host.swap;

	if (swap)
		TRACE(m->trace, m->engine.now, swap_device, .name = swap->config.name,
		      .reads = swap->stats.reads, .writes = swap->stats.writes,
		      .bytes_read = swap->stats.pages_in * PAGE_BYTES,
		      .bytes_written = swap->stats.pages_out * PAGE_BYTES,
		      .busy = swap->stats.busy_ns, .queue_max = swap->stats.peak_queue,
		      .used = swap_used_slots(swap),
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
		{ "swap-readahead", s->swap_readahead }, { "zapped", s->zapped },
		{ "lazyfree-dropped", s->lazyfree_dropped },
	};
	unsigned int i;

	for (i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		TRACE(m->trace, m->engine.now, counter, .guest = TRACE_HOST,
		      .name = counters[i].name, .value = counters[i].value);
}

void machine_trace_end(struct machine *m)
{
	uint32_t i;

	for (i = 0; i < m->scenario->nr_guests; i++)
		emit_guest_totals(m, &m->guests[i]);
	emit_account(m, TRACE_HOST, TRACE_DOMAIN_HOST, &m->host.kswapd_account);
	emit_threads(m);
	emit_swap_device(m);
	emit_counters(m);
	machine_trace_samples(m);
	TRACE(m->trace, m->engine.now, run_end, .result = m->result, .events = m->engine.nr_run,
	      .text = m->error);
}
