// SPDX-License-Identifier: GPL-2.0-only
/*
 * Building the machine of a scenario and running it.
 *
 * Guests, programs and commands are items with a start condition.  Whenever one ends, those that
 * waited for it are looked at; when all have ended, boots of guests without programs included, the
 * run goes on for settle-ms and ends.
 */
#include "machine-internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"

#define MIB (UINT64_C(1) << 20)
/* An estimate; programs and guests of a real run start some ms apart. */
#define START_JITTER_NS (20 * NSEC_PER_MSEC_U64)
#define CENTISEC_NS (10 * NSEC_PER_MSEC_U64)
#define PROGRESS_NS (100 * NSEC_PER_MSEC_U64)

void machine_fail(struct machine *m, enum trace_end result, bool bad_input, const char *fmt, ...)
{
	va_list args;

	if (m->result != TRACE_END_OK)
		return;		/* the first failure is the one that counts */
	m->result = result;
	m->bad_input = bad_input;
	va_start(args, fmt);
	vsnprintf(m->error, sizeof(m->error), fmt, args);
	va_end(args);
	engine_stop(&m->engine);
}

/* Start conditions */

bool machine_ref_ended(const struct machine *m, const struct scenario_ref *ref)
{
	const struct machine_guest *guest;
	uint32_t i;

	if (ref->kind == SCENARIO_REF_COMMAND)
		return m->commands[ref->index].item.state == ITEM_ENDED;
	guest = &m->guests[ref->guest];
	if (ref->kind == SCENARIO_REF_PROGRAM)
		return guest->programs[ref->index].state == ITEM_ENDED;
	for (i = 0; i < guest->config->nr_programs; i++)
		if (guest->programs[i].state != ITEM_ENDED)
			return false;
	return guest->up || guest->gone;
}

/*
 * What is done to a guest waits for it to be up.  Starting it again does not; nor does shutting
 * down one that was killed, since a start may wait for that.
 */
static bool may_begin(const struct machine_item *item)
{
	const struct machine_guest *guest = item->guest;
	bool runs = guest->up && !guest->gone;

	if (item->begin != machine_command_begin)
		return runs;
	switch (item->machine->scenario->commands[item->index].kind) {
	case SCENARIO_COMMAND_START:
		return guest->up || guest->gone;
	case SCENARIO_COMMAND_SHUTDOWN:
		return runs || (guest->gone && !guest->shut_down);
	default:
		return runs;
	}
}

static bool condition_met(const struct machine_item *item)
{
	uint32_t i;

	if (item->guest && item != &item->guest->boot && !may_begin(item))
		return false;
	for (i = 0; i < item->start->nr_after; i++)
		if (!machine_ref_ended(item->machine, &item->start->after[i]))
			return false;
	return true;
}

static void item_begin(struct event *ev)
{
	struct machine_item *item = event_owner(ev, struct machine_item, event);

	if (item->state != ITEM_DELAYED)
		return;
	item->state = ITEM_RUNNING;
	item->began = item->machine->engine.now;
	item->begin(item);
}

static void item_consider(struct machine_item *item)
{
	struct engine *engine = &item->machine->engine;
	uint64_t at = engine->now + item->start->delay_ms * NSEC_PER_MSEC_U64 + item->jitter;
	uint64_t earliest = item->start->start_ms * NSEC_PER_MSEC_U64 + item->jitter;

	if (item->state != ITEM_WAITING || !condition_met(item))
		return;
	item->state = ITEM_DELAYED;
	event_add(engine, &item->event, at > earliest ? at : earliest);
}

void machine_progress(struct machine *m)
{
	uint32_t i, j;

	/* A device that is reset says what it has left. */
	if (m->taken_apart)
		return;
	for (i = 0; i < m->scenario->nr_guests; i++) {
		struct machine_guest *guest = &m->guests[i];

		item_consider(&guest->boot);
		for (j = 0; j < guest->config->nr_programs; j++)
			item_consider(&guest->programs[j]);
	}
	for (i = 0; i < m->scenario->nr_commands; i++)
		item_consider(&m->commands[i].item);
	if (!m->items_left && !m->finished) {
		m->finished = true;
		event_add(&m->engine, &m->finish,
			  m->engine.now + m->scenario->settle_ms * NSEC_PER_MSEC_U64);
	}
}

void machine_item_ended(struct machine_item *item)
{
	if (item->state == ITEM_ENDED)
		return;
	event_cancel(&item->machine->engine, &item->event);
	item->state = ITEM_ENDED;
	item->ended = item->machine->engine.now;
	item->machine->items_left--;
}

static void finish_fn(struct event *ev)
{
	struct machine *m = event_owner(ev, struct machine, finish);

	engine_stop(&m->engine);
}

void machine_observe_again(struct machine *m, struct event *ev, uint64_t ns)
{
	if (engine_has_work(&m->engine))
		event_add_observer(&m->engine, ev, m->engine.now + ns);
}

static void progress_fn(struct event *ev)
{
	struct machine *m = event_owner(ev, struct machine, progress);

	m->options.progress(m->options.opaque, m->engine.now, m->engine.nr_run);
	machine_observe_again(m, ev, PROGRESS_NS);
}

static void look_fn(struct event *ev)
{
	struct machine *m = event_owner(ev, struct machine, look);
	uint64_t next;

	if (m->quiet)
		return;
	machine_flush_pages(m);
	next = m->options.look(m->options.opaque, m, m->engine.now);
	if (next > m->engine.now)
		machine_observe_again(m, ev, next - m->engine.now);
}

const struct kvm_vm *machine_guest_vm(const struct machine *m, uint32_t guest)
{
	return m->guests[guest].vm;
}

/* Building */

void machine_host_config(const struct scenario_host *h, struct host_config *config)
{
	*config = (struct host_config){
		.memory_bytes = h->memory_mib * MIB,
		.reserved_bytes = h->kernel_reserve_mib * MIB,
		.min_free_bytes = h->min_free_kbytes * 1024,
		.watermark_scale_factor = h->watermark_scale_factor,
		.nr_cpus = h->cpus,
		.swappiness = h->swappiness,
		.lru_gen = h->lru == SCENARIO_LRU_MGLRU,
		.lru_gen_min_ttl_ns = h->lru_gen_min_ttl_ms * NSEC_PER_MSEC_U64,
		.dirty_background_ratio = h->dirty_background_ratio,
		.dirty_ratio = h->dirty_ratio,
		.dirty_writeback_ns = h->dirty_writeback_centisecs * CENTISEC_NS,
		.dirty_expire_ns = h->dirty_expire_centisecs * CENTISEC_NS,
		.thp = h->thp == SCENARIO_THP_NEVER ? HOST_THP_NEVER : HOST_THP_ALWAYS,
		.thp_split_dirty = h->thp_split_dirty,
		.thp_no_reclaim = h->thp_defrag == SCENARIO_DEFRAG_DEFER ||
				  h->thp_defrag == SCENARIO_DEFRAG_NEVER,
		.khugepaged = {
			.pages_to_scan = h->khugepaged_pages_to_scan,
			.max_ptes_none = h->khugepaged_max_ptes_none,
			.max_ptes_swap = h->khugepaged_max_ptes_swap,
			.scan_sleep_ns = h->khugepaged_scan_sleep_ms * NSEC_PER_MSEC_U64,
			.alloc_sleep_ns = h->khugepaged_alloc_sleep_ms * NSEC_PER_MSEC_U64,
		},
		.cgroup_version = h->cgroup_version,
		.vmm_overhead_bytes = h->vmm_memory_mib * MIB,
		.vmm_hot_bytes = h->vmm_hot_kib * UINT64_C(1024),
		.page_tables = true,
	};
}

static bool build_host(struct machine *m)
{
	const struct scenario_host *h = &m->scenario->host;
	struct host_config config;
	struct swap_config swap_config;
	struct swap_device *swap;

	machine_host_config(h, &config);
	config.seed = m->scenario->seed;
	if (host_init(&m->host, &m->engine, &config, &h->costs))
		return false;
	m->host.cpus.latency_ns = h->sched_latency_us * NSEC_PER_USEC_U64;
	m->host.cpus.granularity_ns = h->sched_min_granularity_us * NSEC_PER_USEC_U64;
	m->host.cpus.wakeup_granularity_ns = h->sched_wakeup_granularity_us * NSEC_PER_USEC_U64;
	m->host.cpus.wakeup_latency_ns = h->wakeup_latency_ns;
	if (!machine_cgroups_create(m) || !machine_disks_create(m))
		return false;
	if (h->swap.kind == SCENARIO_SWAP_NONE)
		return !machine_files_create(m);
	machine_swap_config(&h->swap, &swap_config);
	swap_config.extent = m->swap_extent;
	swap = swap_create(&swap_config, &m->engine, m->scenario->seed, "host");
	if (!swap)
		return false;
	host_add_swap(&m->host, swap);
	return !machine_files_create(m);
}

static void item_init(struct machine_item *item, struct machine *m, struct machine_guest *guest,
		      const struct scenario_start *start, uint32_t index,
		      void (*begin)(struct machine_item *item))
{
	*item = (struct machine_item){ .machine = m, .guest = guest, .start = start,
				       .index = index, .begin = begin };
	event_init(&item->event, item_begin);
}

/* From a start condition to the first instruction: a management daemon, fork() and exec(). */
static uint64_t start_jitter(const struct machine_guest *guest, const char *name)
{
	const struct scenario *s = guest->machine->scenario;
	struct random_stream rs;
	char stream[192];

	if (!s->jitter)
		return 0;
	snprintf(stream, sizeof(stream), "start/%s/%s", guest->config->name, name);
	random_init(&rs, s->seed, stream);
	return random_below(&rs, START_JITTER_NS);
}

void machine_guest_items(struct machine_guest *guest,
			 void (*boot)(struct machine_item *item),
			 void (*program)(struct machine_item *item))
{
	uint32_t i;

	item_init(&guest->boot, guest->machine, guest, &guest->config->start, 0, boot);
	guest->boot.jitter = start_jitter(guest, "boot");
	for (i = 0; i < guest->config->nr_programs; i++) {
		item_init(&guest->programs[i], guest->machine, guest,
			  &guest->config->programs[i].start, i, program);
		guest->programs[i].jitter = start_jitter(guest, guest->config->programs[i].name);
	}
	guest->programs_left = guest->config->nr_programs;
	guest->machine->items_left += 1 + guest->config->nr_programs;
}

static bool build_guests(struct machine *m, char *error, size_t size)
{
	const struct scenario *s = m->scenario;
	uint32_t i;

	m->guests = calloc(s->nr_guests ? s->nr_guests : 1, sizeof(*m->guests));
	m->commands = calloc(s->nr_commands ? s->nr_commands : 1, sizeof(*m->commands));
	if (!m->guests || !m->commands)
		return false;
	for (i = 0; i < s->nr_guests; i++) {
		m->guests[i].machine = m;
		m->guests[i].id = i;
		m->guests[i].config = &s->guests[i];
		if (machine_guest_create(&m->guests[i], error, size))
			return false;
		m->built++;
	}
	for (i = 0; i < s->nr_commands; i++) {
		item_init(&m->commands[i].item, m, s->commands[i].guest == SCENARIO_NO_GUEST ?
			  NULL : &m->guests[s->commands[i].guest], &s->commands[i].start, i,
			  machine_command_begin);
		m->items_left++;
	}
	return true;
}

struct build {
	struct machine *m;
	char *error;
	size_t size;
	bool well;
};

static void build(void *arg)
{
	struct build *b = arg;

	b->well = !machine_check_limits(b->m->scenario, b->error, b->size) &&
		  build_host(b->m) &&
		  !machine_host_kernel_create(b->m, b->error, b->size) &&
		  build_guests(b->m, b->error, b->size);
}

struct machine *machine_create(const struct scenario *scenario,
			       const struct machine_options *options, char *error,
			       size_t error_size)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct build b = { .m = m, .error = error, .size = error_size };

	snprintf(error, error_size, "%s: not enough memory to build the machine", scenario->file);
	if (!m)
		return NULL;
	m->scenario = scenario;
	m->options = *options;
	m->trace = options->trace;
	m->result = TRACE_END_OK;
	engine_init(&m->engine);
	event_init(&m->finish, finish_fn);
	event_init(&m->progress, progress_fn);
	event_init(&m->look, look_fn);
	machine_trace_init(m);
	if (!machine_guarded(m, build, &b, &m->built)) {
		snprintf(error, error_size, "%s", m->error);
		if (options->crashed)
			*options->crashed = true;
	}
	if (!b.well) {
		machine_destroy(m);
		return NULL;
	}
	return m;
}

void machine_interrupt(struct machine *m)
{
	m->interrupted = true;
	engine_stop(&m->engine);
}

enum trace_end machine_run(struct machine *m)
{
	uint64_t limit = m->scenario->until_ms ? m->scenario->until_ms * NSEC_PER_MSEC_U64 :
						 TIME_NEVER;
	enum engine_end end;

	m->began = true;
	machine_trace_begin(m);
	machine_trace_samples(m);
	machine_progress(m);
	if (m->options.progress)
		event_add_observer(&m->engine, &m->progress, 0);
	if (m->options.look)
		event_add_observer(&m->engine, &m->look, 0);
	end = machine_run_until(m, limit);
	machine_check_crashes(m);
	if (m->interrupted && m->result == TRACE_END_OK) {
		m->result = TRACE_END_LIMIT;
		snprintf(m->error, sizeof(m->error), "interrupted");
	}
	if (m->result == TRACE_END_OK && end == ENGINE_EMPTY)
		machine_deadlock(m);
	if (m->result == TRACE_END_OK && end == ENGINE_LIMIT)
		machine_time_limit(m);
	machine_epilogue(m);
	if (m->result == TRACE_END_OK)
		machine_check_balloons(m, end != ENGINE_LIMIT);
	if (m->result == TRACE_END_OK && m->options.unload_modules)
		machine_unload(m);
	machine_check_crashes(m);
	if (m->result == TRACE_END_OK)
		machine_check_guests(m);
	if (m->result == TRACE_END_OK)
		machine_check_host_kernel(m);
	if (m->result == TRACE_END_OK && end == ENGINE_LIMIT)
		m->result = TRACE_END_LIMIT;
	machine_trace_flush_extent(m);
	machine_messages_end(m);
	TRACE(m->trace, m->engine.now, run_end, .result = m->result, .events = m->engine.nr_run,
	      .text = m->error);
	return m->result;
}

const char *machine_error(const struct machine *m)
{
	return m->error;
}

bool machine_bad_input(const struct machine *m)
{
	return m->bad_input;
}

void machine_destroy(struct machine *m)
{
	static struct machine *faulted;
	uint32_t i;

	if (!m)
		return;
	if (m->faulted) {
		/* Its lists lead anywhere; the process is about to end. */
		m->next_faulted = faulted;
		faulted = m;
		return;
	}
	m->taken_apart = true;
	if (m->host.chunk)
		host_end_waits(&m->host);
	for (i = 0; m->guests && i < m->scenario->nr_guests; i++)
		machine_guest_destroy(&m->guests[i]);
	machine_host_kernel_destroy(m);
	machine_processes_destroy(m);
	machine_files_destroy(m);
	machine_cgroups_destroy(m);
	machine_disks_destroy(m);
	if (m->host.chunk)
		host_destroy(&m->host);
	engine_destroy(&m->engine);
	machine_messages_free(m);
	machine_sites_free(m);
	free(m->guests);
	free(m->commands);
	free(m);
}
