// SPDX-License-Identifier: GPL-2.0-only
/*
 * Samples: memory of guests and of the host, CPU time by cause, the swap device.
 *
 * The details (where a guest's memory is, CPU time, swap) are written when they have changed.
 */
#include "machine-internal.h"

#include <string.h>

#define PAGE_BYTES TRACE_PAGE_SIZE

void machine_emit_changed(struct machine *m, enum trace_id id, const void *rec, void *last,
			  size_t size)
{
	if (!memcmp(rec, last, size))
		return;
	memcpy(last, rec, size);
	if (m->quiet)
		return;
	machine_flush_pages(m);
	trace_emit(m->trace, m->engine.now, id, rec);
}

/* CPU time */

/* In the order of the fields of cpu_sample. */
enum cause { PROGRAM, GUEST_MEMORY, GUEST_ZERO, GUEST_RECLAIM, GUEST_COMPACTION, GUEST_OTHER,
	     DRIVER, EXITS, HANDLER, DISCARD, HOST_FAULT, HOST_ZERO, HOST_RECLAIM, HOST_SWAP_IN,
	     COMPRESSION, HOST_SWITCH, LOCK_SPIN, NR_CAUSES };

static_assert((int)NR_CAUSES == MACHINE_CPU_CAUSES, "struct machine_cpu has one for each");

static const unsigned char cause_of[NR_LEDGER] = {
	[COST_PAGE_ALLOC] = GUEST_MEMORY,	[COST_PAGE_FREE] = GUEST_MEMORY,
	[COST_BUDDY_ALLOC] = GUEST_MEMORY,	[COST_BUDDY_FREE] = GUEST_MEMORY,
	[COST_PAGE_ZERO] = GUEST_ZERO,		[COST_PAGE_WRITE] = PROGRAM,
	[COST_PAGE_READ] = PROGRAM,		[COST_GUEST_FAULT] = GUEST_MEMORY,
	[COST_GUEST_HUGE_FAULT] = GUEST_MEMORY,	[COST_GUEST_UNMAP] = GUEST_MEMORY,
	[COST_GUEST_SYSCALL] = GUEST_OTHER,	[COST_GUEST_SWITCH] = GUEST_OTHER,
	[COST_GUEST_IRQ] = GUEST_OTHER,		[COST_GUEST_RECLAIM] = GUEST_RECLAIM,
	[COST_GUEST_SWAP] = GUEST_RECLAIM,	[COST_GUEST_FILE] = GUEST_OTHER,
	[COST_COMPACT_SCAN] = GUEST_COMPACTION,	[COST_MIGRATE] = GUEST_COMPACTION,
	[COST_REPORT_BLOCK] = DRIVER,		[COST_FREE_HOOK] = DRIVER,
	[COST_VIRTQUEUE_ADD] = DRIVER,		[COST_BALLOON_INFLATE] = DRIVER,
	[COST_BALLOON_DEFLATE] = DRIVER,	[COST_VMEXIT] = EXITS,
	[COST_KICK_IOEVENTFD] = EXITS,		[COST_EXIT_VMM] = EXITS,
	[COST_IRQ_INJECT] = EXITS,		[COST_HALT_EXIT] = EXITS,
	[COST_EPT_FAULT] = HOST_FAULT,		[COST_EPT_HUGE_FAULT] = HOST_FAULT,
	[COST_HOST_ZERO] = HOST_ZERO,		[COST_HOST_HUGE_ZERO] = HOST_ZERO,
	[COST_EPT_SPLIT] = DISCARD,		[COST_EPT_ZAP] = DISCARD,
	[COST_EPT_HUGE_ZAP] = DISCARD,		[COST_TLB_FLUSH] = DISCARD,
	[COST_MADVISE] = DISCARD,		[COST_HOST_SCAN] = HOST_RECLAIM,
	[COST_SWAP_OUT] = HOST_RECLAIM,		[COST_SWAP_IN] = HOST_SWAP_IN,
	[COST_SWAP_COMPRESS] = COMPRESSION,	[COST_SWAP_DECOMPRESS] = COMPRESSION,
	[COST_HOST_SWITCH] = HOST_SWITCH,	[COST_VMM_DISPATCH] = HANDLER,
	[COST_VIRTQUEUE_POP] = HANDLER,		[COST_VMM_LOOKUP] = HANDLER,
	[LEDGER_LOCK_SPIN] = LOCK_SPIN,		[LEDGER_PROGRAM] = PROGRAM,
	[LEDGER_DISK] = HANDLER,
};

static void add_account(const struct ledger_account *account, uint64_t *ns)
{
	unsigned int i;

	for (i = 0; i < NR_LEDGER; i++)
		ns[cause_of[i]] += account->ns[i];
}

/*
 * Costs are charged when code runs, in no time, and pass later: what threads, and tasks that were
 * preempted, owe yet.
 */
static void find_owed(struct machine *m)
{
	const struct cpu_thread *t;
	uint32_t i;

	m->owed = 0;
	for (i = 0; i < m->scenario->nr_guests; i++)
		m->guests[i].owed = m->guests[i].kernel && !m->guests[i].gone && !m->settled ?
				    guest_kernel_owed_ns(m->guests[i].kernel) : 0;
	for (t = m->host.cpus.all; t && !m->settled; t = t->all_next)
		*(machine_vm_id(t->vm) == TRACE_HOST ? &m->owed :
		  &m->guests[t->vm->id].owed) += cpu_owed(t);
}

/*
 * What is new since @last, without what is owed yet: that is taken from all causes alike.  What
 * went off the ledger again at the end is not taken back.
 */
static bool differ(const uint64_t *ns, uint64_t owed, struct machine_cpu *last, uint64_t *delta)
{
	uint64_t all = 0;
	bool any = false;
	unsigned int i;

	for (i = 0; i < NR_CAUSES; i++) {
		delta[i] = ns[i] > last->ns[i] ? ns[i] - last->ns[i] : 0;
		all += delta[i];
	}
	for (i = 0; i < NR_CAUSES && all; i++) {
		if (owed)
			delta[i] = owed < all ? (unsigned __int128)delta[i] * (all - owed) / all :
						0;
		any = any || delta[i];
		last->ns[i] += delta[i];
	}
	return any;
}

static void emit_cpu(struct machine *m, uint64_t guest, const uint64_t *ns, uint64_t owed,
		     struct machine_cpu *last)
{
	uint64_t d[NR_CAUSES];

	if (!differ(ns, owed, last, d))
		return;
	MACHINE_TRACE(m, cpu_sample, .guest = guest, .program = d[PROGRAM],
		      .guest_memory = d[GUEST_MEMORY], .guest_zero = d[GUEST_ZERO],
		      .guest_reclaim = d[GUEST_RECLAIM], .guest_compaction = d[GUEST_COMPACTION],
		      .guest_other = d[GUEST_OTHER], .driver = d[DRIVER], .exits = d[EXITS],
		      .handler = d[HANDLER], .discard = d[DISCARD], .host_fault = d[HOST_FAULT],
		      .host_zero = d[HOST_ZERO], .host_reclaim = d[HOST_RECLAIM],
		      .host_swap_in = d[HOST_SWAP_IN], .compression = d[COMPRESSION],
		      .host_switch = d[HOST_SWITCH], .lock_spin = d[LOCK_SPIN]);
}

static void sample_guest_cpu(struct machine_guest *guest)
{
	uint64_t ns[NR_CAUSES] = { 0 };
	unsigned int i;

	for (i = 0; i < NR_ACCOUNT_DOMAINS; i++)
		add_account(&guest->vm->account[i], ns);
	emit_cpu(guest->machine, guest->id, ns, guest->owed, &guest->cpu);
}

static void sample_host_cpu(struct machine *m)
{
	uint64_t ns[NR_CAUSES] = { 0 };

	add_account(&m->host.kswapd_account, ns);
	emit_cpu(m, TRACE_HOST, ns, m->owed, &m->cpu);
}

/* Guests */

static void emit_faults(struct machine *m, struct machine_guest *guest)
{
	unsigned int kind;

	for (kind = 0; kind < NR_TRACE_FAULTS; kind++) {
		struct trace_histogram *h = &guest->faults[kind];

		if (!h->count)
			continue;
		MACHINE_TRACE(m, faults, .guest = guest->id, .kind = kind,
		      .latency = h);
		trace_histogram_reset(h);
	}
	if (guest->given_back.count)
		MACHINE_TRACE(m, give_back, .guest = guest->id, .age = &guest->given_back);
	trace_histogram_reset(&guest->given_back);
}

static uint64_t stalled_ns(const struct machine_guest *guest)
{
	uint64_t ns = 0;
	unsigned int i;

	for (i = 0; i < guest->vm->nr_vcpus; i++)
		ns += guest->vm->vcpus[i]->waited + guest->vm->vcpus[i]->stalled;
	return ns;
}

/* Pages in the balloon as the guest says it. */
static uint64_t balloon_actual(const struct machine_guest *guest)
{
	uint64_t all = guest_ram_pages(guest->vm->ram);

	return guest->balloon_actual < 0 ? 0 : all - guest->balloon_actual / PAGE_BYTES;
}

static void sample_where(struct machine_guest *guest)
{
	struct trace_rec_memory_sample rec;
	struct guest_where w;

	if (!guest->up || !guest->kernel || guest->gone)
		return;
	guest_kernel_where(guest->kernel, guest->ballooned, &w);
	rec = (struct trace_rec_memory_sample){
		.guest = guest->id, .target = guest->balloon_target,
		.actual = balloon_actual(guest), .used = w.anon, .cache = w.cache,
		.reported = w.reported, .reportable = w.reportable, .free_small = w.free_small,
		.percpu = w.percpu, .below_watermark = w.below_watermark, .isolated = w.isolated,
		.kernel = w.kernel, .order0 = w.free_order[0], .order1 = w.free_order[1],
		.order2 = w.free_order[2], .order3 = w.free_order[3], .order4 = w.free_order[4],
		.order5 = w.free_order[5], .order6 = w.free_order[6], .order7 = w.free_order[7],
		.order8 = w.free_order[8], .order9 = w.free_order[9],
		.order10 = w.free_order[10],
	};
	static_assert(GUEST_ORDERS == 11, "a field for each");
	machine_emit_changed(guest->machine, TRACE_ID_memory_sample, &rec, &guest->where,
			     sizeof(rec));
}

static void sample_guest(struct machine *m, struct machine_guest *guest)
{
	struct guest_memory memory = { 0 };
	const struct guest_ram *own = guest->vm->own;
	uint64_t resident = guest_ram_resident(guest->vm->ram);

	/* A dead kernel's lists may be broken: what it had when it was last well has to do. */
	if (guest->kernel && !guest->gone)
		guest_kernel_memory(guest->kernel, &guest->memory);
	if (guest->kernel && (!guest->gone || guest_kernel_dead(guest->kernel)))
		memory = guest->memory;
	MACHINE_TRACE(m, guest_sample, .guest = guest->id, .free = memory.free,
	      .reported = memory.reported, .ballooned = guest->ballooned, .resident = resident,
	      .swapped = guest_ram_swapped(guest->vm->ram), .guest_swap = memory.swapped,
	      .cached = memory.cached, .resident_peak = guest_ram_resident_peak(guest->vm->ram),
	      .stalled = stalled_ns(guest),
	      .given_back = guest_ram_given_back(guest->vm->ram),
	      .huge = guest_ram_huge(guest->vm->ram),
	      .vmm = own ? guest_ram_resident(own) : 0,
	      .vmm_swapped = own ? guest_ram_swapped(own) : 0);
	sample_where(guest);
	sample_guest_cpu(guest);
	emit_faults(m, guest);
	machine_see_peak(guest);
}

/* The host */

static void sample_swap(struct machine *m)
{
	const struct swap_device *swap = m->host.swap;
	struct disk_extent none = { 0 };
	const struct disk_extent *io;
	struct trace_rec_swap_sample rec;

	if (!swap)
		return;
	io = swap->extent ? swap->extent : &none;
	rec = (struct trace_rec_swap_sample){
		.waiting = io->nr_queued - io->nr_active, .active = io->nr_active,
		.used = swap_used_slots(swap), .reads = io->stats.reads,
		.writes = io->stats.writes, .bytes_read = swap->stats.pages_in * PAGE_BYTES,
		.bytes_written = swap->stats.pages_out * PAGE_BYTES, .busy = io->stats.busy_ns,
	};
	machine_emit_changed(m, TRACE_ID_swap_sample, &rec, &m->swap_sample, sizeof(rec));
}

static void sample_host(struct machine *m)
{
	struct host *host = &m->host;

	MACHINE_TRACE(m, host_sample, .free = host->free_pages,
	      .used = host_used_pages(host),
	      .swap_used = host->swap ? swap_used_slots(host->swap) : 0,
	      .kswapd_active = !host->kswapd.wait_forever,
	      .used_peak = host->stats.peak_used, .swap_out = host->stats.swap_out,
	      .swap_in = host->stats.swap_in, .runnable = host->cpus.nr_runnable,
	      .footprint = host_footprint(host), .cached = host->file_pages,
	      .kernel = host->root.kernel, .pagetables = host->root.pagetables,
	      .sec_pagetables = host->root.sec_pagetables);
	sample_swap(m);
	machine_sample_disks(m);
	machine_sample_cgroups(m);
	machine_sample_psi(m);
	sample_host_cpu(m);
}

void machine_trace_samples(struct machine *m)
{
	uint32_t i;

	machine_trace_flush_extent(m);
	find_owed(m);
	for (i = 0; i < m->scenario->nr_guests; i++)
		if (m->guests[i].up || m->guests[i].boot.state != ITEM_WAITING)
			sample_guest(m, &m->guests[i]);
	sample_host(m);
}

void machine_trace_sample(struct machine_guest *guest)
{
	machine_trace_flush_extent(guest->machine);
	find_owed(guest->machine);
	sample_guest(guest->machine, guest);
	sample_host(guest->machine);
}

static void sample_fn(struct event *ev)
{
	struct machine *m = event_owner(ev, struct machine, sample);

	if (m->quiet)
		return;
	machine_trace_samples(m);
	machine_observe_again(m, ev, m->scenario->trace.sample_ms * NSEC_PER_MSEC_U64);
}

void machine_samples_init(struct machine *m)
{
	event_init(&m->sample, sample_fn);
}
