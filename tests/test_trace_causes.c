// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trace knows causes: of requests the whole chain, by id and with its places in driver-src, and
 * of pages at full detail the very state that the simulator has.
 */
#include "scenario_run.h"

#include <limits.h>

#include "host.h"
#include "hostmem.h"
#include "index_pages.h"
#include "ram.h"
#include "random.h"
#include "read.h"
#include "suite.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Records as they came, without their texts but for those of places. */
struct rec {
	enum trace_id id;
	uint64_t time;
	union {
		struct trace_rec_request request;
		struct trace_rec_kick kick;
		struct trace_rec_isolate isolate;
		struct trace_rec_merge_block merge;
		struct trace_rec_free_block free;
		struct trace_rec_alloc_block alloc;
		struct trace_rec_named named;
		struct trace_rec_discard discard;
		struct trace_rec_report_request report;
		struct trace_rec_inflate inflate;
		struct trace_rec_balloon_target target;
		struct trace_rec_ept_fault fault;
		struct trace_rec_reclaim reclaim;
		struct trace_rec_swap_out_page out;
		struct trace_rec_swap_in_page in;
		struct trace_rec_site site;
	} r;
};

/*
 * What the trace says of a guest's pages: by its records one after the other, and by parts of it,
 * of which none knows what was before, one over the other.
 */
struct pages {
	struct index_pages all, part, parts;
};

#define MAX_GUESTS 2

struct run {
	struct trace_consumer consumer;
	struct pages pages[MAX_GUESTS];
	bool keeps;
	struct rec *rec;
	size_t nr, room;
	struct scenario scenario;
	char file[64];
	/* Looks at the pages, at random times. */
	struct random_stream rs;
	unsigned int nr_looks, nr_different;
	uint64_t nr_mapped, nr_huge, nr_swapped;
	char different[200];
};

static size_t size_of(enum trace_id id)
{
	return trace_types[id].nr_fields * sizeof(union trace_value);
}

static bool is_kept(enum trace_id id)
{
	static const enum trace_id kept[] = {
		TRACE_ID_request, TRACE_ID_kick, TRACE_ID_isolate, TRACE_ID_merge_block,
		TRACE_ID_free_block, TRACE_ID_alloc_block, TRACE_ID_named, TRACE_ID_discard,
		TRACE_ID_report_request, TRACE_ID_inflate, TRACE_ID_balloon_target,
		TRACE_ID_ept_fault, TRACE_ID_reclaim, TRACE_ID_swap_out_page,
		TRACE_ID_swap_in_page, TRACE_ID_site,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(kept); i++)
		if (kept[i] == id)
			return true;
	return false;
}

static void see_pages(struct run *run, const struct trace_record *record)
{
	const struct trace_rec_guest *guest = record->rec;
	struct pages *pages;

	if (record->type->fields[0].kind != TRACE_GUEST || guest->guest >= MAX_GUESTS)
		return;
	pages = &run->pages[guest->guest];
	if (record->id == TRACE_ID_guest) {
		index_pages_init(&pages->all, guest->memory);
		index_pages_init(&pages->part, guest->memory);
		index_pages_init(&pages->parts, guest->memory);
	} else {
		index_pages_record(&pages->all, record, true);
		index_pages_record(&pages->part, record, true);
	}
}

/* The next part begins here. */
static void end_part(struct pages *pages)
{
	uint64_t len;
	uint8_t *bytes = index_pages_pack(&pages->part, &len);

	ck_assert(index_pages_unpack(&pages->parts, bytes, len));
	host_free(bytes);
	index_pages_free(&pages->part);
	index_pages_init(&pages->part, pages->all.nr);
}

static void keep(struct trace_consumer *consumer, const struct trace_record *record)
{
	struct run *run = (struct run *)consumer;
	struct rec *rec;

	if (!run->keeps)
		see_pages(run, record);
	if (!run->keeps || !is_kept(record->id))
		return;
	if (run->nr == run->room) {
		run->room = run->room ? 2 * run->room : 4096;
		run->rec = realloc(run->rec, run->room * sizeof(*run->rec));
		ck_assert_ptr_nonnull(run->rec);
	}
	rec = &run->rec[run->nr++];
	rec->id = record->id;
	rec->time = record->time;
	/* Check writes down where each of its assertions is: too much for each of a million. */
	if (size_of(record->id) > sizeof(rec->r))
		ck_abort_msg("%s does not fit", record->type->name);
	memcpy(&rec->r, record->rec, size_of(record->id));
	if (record->id == TRACE_ID_site) {
		rec->r.site.function = strdup(rec->r.site.function);
		rec->r.site.file = strdup(rec->r.site.file);
	}
}

static enum ram_state mapping_of(enum page_host state)
{
	return state == PAGE_4K ? RAM_PRESENT : state == PAGE_2M ? RAM_PRESENT_HUGE : RAM_NONE;
}

/* What the trace says of a page, against what the simulator has. */
static void compare_page(struct run *run, const struct kvm_vm *vm, uint64_t gfn_nr,
			 const struct index_pages *pages)
{
	enum page_host state = page_host(index_pages_at(pages, gfn_nr));
	enum ram_state mapping = guest_ram_mapping(vm->ram, gfn(gfn_nr));
	bool swapped = guest_ram_state(vm->ram, gfn(gfn_nr)) == RAM_SWAPPED;

	run->nr_mapped += mapping == RAM_PRESENT;
	run->nr_huge += mapping == RAM_PRESENT_HUGE;
	run->nr_swapped += swapped;
	if (mapping_of(state) == mapping && (state == PAGE_SWAPPED) == swapped)
		return;
	if (!run->nr_different++)
		snprintf(run->different, sizeof(run->different),
			 "guest %u gfn %#llx: %d in the trace, mapping %d and swapped %d", vm->id,
			 (unsigned long long)gfn_nr, state, mapping, swapped);
}

static uint64_t look(void *opaque, struct machine *m, uint64_t now)
{
	struct run *run = opaque;
	const struct kvm_vm *vm;
	uint32_t guest;
	uint64_t at;

	for (guest = 0; guest < run->scenario.nr_guests; guest++) {
		vm = machine_guest_vm(m, guest);
		end_part(&run->pages[guest]);
		for (at = 0; at < guest_ram_pages(vm->ram); at++) {
			compare_page(run, vm, at, &run->pages[guest].all);
			compare_page(run, vm, at, &run->pages[guest].parts);
		}
	}
	run->nr_looks++;
	return now + 1 + random_below(&run->rs, UINT64_C(1000000000));
}

/* @more: another consumer of the trace, or NULL. */
static void run_with(struct run *run, const char *text, const char *overlay, const char *setting,
		     bool looks, struct trace_consumer *more)
{
	struct machine_options options = { .image_dir = test_images(), .opaque = run,
					   .patience_ms = TEST_PATIENCE_MS, };
	char dir[PATH_MAX], path[PATH_MAX + 64], error[1024];
	const char *overlays[] = { path };
	struct scenario_args args = { .file = run->file, .include_dir = dir, .overlays = overlays,
				      .nr_overlays = overlay ? 1 : 0, .settings = &setting,
				      .nr_settings = setting ? 1 : 0 };
	struct machine *m;
	FILE *f;

	memset(run, 0, sizeof(*run));
	snprintf(dir, sizeof(dir), "%s/scenarios", test_top());
	snprintf(path, sizeof(path), "%s/mechanisms/%s.dtso", dir, overlay ? overlay : "");
	strcpy(run->file, "/tmp/ballast-test-XXXXXX.dts");
	f = fdopen(mkstemps(run->file, 4), "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_msg(!scenario_load(&run->scenario, &args), "%s",
		      scenario_error_text(&run->scenario));
	unlink(run->file);
	ck_assert_uint_le(run->scenario.nr_guests, MAX_GUESTS);
	random_init(&run->rs, 1, "looks");
	run->keeps = !looks;
	run->consumer = (struct trace_consumer){ .record = keep, .level = TRACE_FULL };
	options.trace = trace_open(NULL, TRACE_FULL, error, sizeof(error));
	trace_add_consumer(options.trace, &run->consumer);
	if (more)
		trace_add_consumer(options.trace, more);
	if (looks)
		options.look = look;
	m = machine_create(&run->scenario, &options, error, sizeof(error));
	ck_assert_msg(m != NULL, "%s", error);
	ck_assert_msg(machine_run(m) == TRACE_END_OK, "%s", machine_error(m));
	trace_close(options.trace);
	machine_destroy(m);
}

static void run_scenario(struct run *run, const char *text, const char *overlay,
			 const char *setting, bool looks)
{
	run_with(run, text, overlay, setting, looks, NULL);
}

static void run_free(struct run *run)
{
	size_t i;

	for (i = 0; i < run->nr; i++) {
		if (run->rec[i].id != TRACE_ID_site)
			continue;
		free((char *)run->rec[i].r.site.function);
		free((char *)run->rec[i].r.site.file);
	}
	for (i = 0; i < MAX_GUESTS; i++) {
		index_pages_free(&run->pages[i].all);
		index_pages_free(&run->pages[i].part);
		index_pages_free(&run->pages[i].parts);
	}
	scenario_free(&run->scenario);
	free(run->rec);
}

/* One guest whose programs free memory and want it again; @more: nodes of the root. */
#define CHAIN_SCENARIO(more)                                                                       \
	TEST_HEAD                                                                                  \
	"host { compatible = \"ballast,host\"; memory-mib = <4096>; cpus = <2>; };\n"              \
	"guest: guest { compatible = \"ballast,guest\"; memory-mib = <1536>; vcpus = <1>;\n"       \
	"boot-profile = <&linux_6_1>;\n"                                                           \
	"page-reporting { compatible = \"ballast,page-reporting\"; capacity = <8>;\n"              \
	"delay-ms = <500>; };\n"                                                                   \
	"modules { driver { compatible = \"ballast,module\"; image = \"virtio_ballast\"; }; };\n"  \
	"devices { balloon: balloon { compatible = \"ballast,virtio-ballast\"; }; };\n"            \
	"programs { first: memhog { compatible = \"ballast,program-memhog\"; size-mib = <256>;\n"  \
	"loops = <20>; pause-ms = <1000>; };\n"                                                    \
	"last { compatible = \"ballast,program-memhog\"; size-mib = <1200>;\n"                     \
	"after = <&first>; delay-ms = <20000>; }; }; };\n" more "};\n"

static const char balloon_commands[] =
	"commands { take: take { compatible = \"ballast,set-balloon\"; guest = <&guest>;\n"
	"after = <&first>; target-mib = <400>; };\n"
	"give { compatible = \"ballast,set-balloon\"; guest = <&guest>; after = <&take>;\n"
	"target-mib = <1536>; }; };\n";

/* With small arrays, there are many requests of few pages. */
#define BATCH "/guest/modules/page-hinting/parameters/batch=8"

static const struct {
	const char *overlay, *setting;
	enum trace_role role;		/* of the requests that are looked at */
	bool kicks, isolates, commands;
} chains[] = {
	{ "40-reporting", NULL, TRACE_ROLE_REPORT, true, true, false },
	{ "hinting_v8", BATCH, TRACE_ROLE_PAGE_HINT, true, true, false },
	{ "hinting_v9", BATCH, TRACE_ROLE_PAGE_HINT, true, true, false },
	{ "hinting_v12", BATCH, TRACE_ROLE_PAGE_HINT, true, true, false },
	{ "vhost", NULL, TRACE_ROLE_PAGE_HINT, true, true, false },
	{ "hypercall", NULL, TRACE_ROLE_HYPERCALL, false, false, false },
	{ NULL, NULL, TRACE_ROLE_INFLATE, true, false, true },
};

/*
 * Where to look: records by the id that they begin (number + 1; 0: none), and blocks of the guest's
 * allocator by order and place, as of the record that is being looked at.
 */
#define ORDERS 11
#define PAGES (1536 << 8)

struct blocks {
	uint32_t *at[ORDERS];
};

struct index {
	uint32_t *by_id;
	uint64_t nr_ids;
	struct blocks allocated, freed, merged, isolated;
	bool *wanted;		/* of a discard: its first page is faulted later */
};

static uint64_t id_of(const struct rec *rec)
{
	switch (rec->id) {
	case TRACE_ID_request:
		return rec->r.request.id;
	case TRACE_ID_kick:
		return rec->r.kick.id;
	case TRACE_ID_balloon_target:
		return rec->r.target.id;
	case TRACE_ID_reclaim:
		return rec->r.reclaim.id;
	case TRACE_ID_ept_fault:
		return rec->r.fault.id;
	default:
		return 0;
	}
}

static const struct rec *begun(const struct run *run, const struct index *x, enum trace_id type,
			       uint64_t id)
{
	const struct rec *rec;

	if (!id || id >= x->nr_ids || !x->by_id[id])
		return NULL;
	rec = &run->rec[x->by_id[id] - 1];
	return rec->id == type ? rec : NULL;
}

static void blocks_init(struct blocks *blocks)
{
	unsigned int order;

	for (order = 0; order < ORDERS; order++)
		blocks->at[order] = calloc((PAGES >> order) + 1, sizeof(*blocks->at[order]));
}

static void blocks_free(struct blocks *blocks)
{
	unsigned int order;

	for (order = 0; order < ORDERS; order++)
		free(blocks->at[order]);
}

static void blocks_set(struct blocks *blocks, uint64_t pfn, uint64_t order, size_t at)
{
	if (order >= ORDERS || pfn + (1ull << order) > PAGES)
		ck_abort_msg("pfn %llu, order %u: there is no such block",
			     (unsigned long long)pfn, (unsigned int)order);
	blocks->at[order][pfn >> order] = at + 1;
}

/* The last record of a block that has the page; NULL: none. */
static const struct rec *blocks_last(const struct blocks *blocks, const struct run *run,
				     uint64_t pfn)
{
	uint32_t last = 0;
	unsigned int order;

	for (order = 0; order < ORDERS; order++)
		if (blocks->at[order][pfn >> order] > last)
			last = blocks->at[order][pfn >> order];
	return last ? &run->rec[last - 1] : NULL;
}

static void lookup_make(struct index *x, const struct run *run)
{
	bool *faulted = calloc(PAGES, sizeof(*faulted));
	size_t i;

	memset(x, 0, sizeof(*x));
	for (i = 0; i < run->nr; i++)
		if (id_of(&run->rec[i]) >= x->nr_ids)
			x->nr_ids = id_of(&run->rec[i]) + 1;
	x->by_id = calloc(x->nr_ids, sizeof(*x->by_id));
	x->wanted = calloc(run->nr, sizeof(*x->wanted));
	ck_assert(x->by_id && x->wanted && faulted);
	for (i = run->nr; i-- > 0;) {
		const struct rec *rec = &run->rec[i];

		if (id_of(rec))
			x->by_id[id_of(rec)] = i + 1;
		if (rec->id == TRACE_ID_ept_fault && rec->r.fault.gfn + rec->r.fault.nr <= PAGES)
			memset(faulted + rec->r.fault.gfn, 1, rec->r.fault.nr);
		if (rec->id == TRACE_ID_discard && rec->r.discard.gfn < PAGES)
			x->wanted[i] = faulted[rec->r.discard.gfn];
	}
	free(faulted);
	blocks_init(&x->allocated);
	blocks_init(&x->freed);
	blocks_init(&x->merged);
	blocks_init(&x->isolated);
}

static void lookup_free(struct index *x)
{
	free(x->by_id);
	free(x->wanted);
	blocks_free(&x->allocated);
	blocks_free(&x->freed);
	blocks_free(&x->merged);
	blocks_free(&x->isolated);
}

static void index_step(struct index *x, const struct run *run, size_t i)
{
	const struct rec *rec = &run->rec[i];

	if (rec->id == TRACE_ID_alloc_block)
		blocks_set(&x->allocated, rec->r.alloc.pfn, rec->r.alloc.order, i);
	else if (rec->id == TRACE_ID_free_block)
		blocks_set(&x->freed, rec->r.free.pfn, rec->r.free.order, i);
	else if (rec->id == TRACE_ID_merge_block)
		blocks_set(&x->merged, rec->r.merge.pfn, rec->r.merge.order, i);
	else if (rec->id == TRACE_ID_isolate)
		blocks_set(&x->isolated, rec->r.isolate.pfn, rec->r.isolate.order, i);
}

/* What is wrong with a place in the source; NULL: its line makes a call that is noted. */
static const char *wrong_place(const struct trace_rec_site *site)
{
	static const char *const calls[] = {
		"virtqueue_add_", "virtqueue_kick(", "virtqueue_notify(", "virtqueue_push(",
		"kvm_hypercall", "vhost_add_used", "ram_block_discard_range(", "qemu_madvise(",
		"zap_page_range(", "free_page_hook_isolate(", "balloon_page_alloc(",
		"alloc_page",
	};
	char path[2 * PATH_MAX], line[400] = "";
	unsigned int i;
	FILE *f;

	if (strncmp(site->file, "driver-src/", strlen("driver-src/")))
		return "not in driver-src";
	snprintf(path, sizeof(path), "%s/%s", test_top(), site->file);
	f = fopen(path, "r");
	if (!f)
		return "no such file";
	for (i = 0; i < site->line; i++)
		if (!fgets(line, sizeof(line), f))
			line[0] = '\0';
	fclose(f);
	for (i = 0; i < ARRAY_LEN(calls); i++)
		if (strstr(line, calls[i]))
			return NULL;
	return "the line makes no such call";
}

static bool site_is_known(const struct run *run, uint64_t id)
{
	size_t i;

	for (i = 0; i < run->nr; i++)
		if (run->rec[i].id == TRACE_ID_site && run->rec[i].r.site.id == id)
			return true;
	return false;
}

/* The request of an answer, or NULL: none that is looked at here. */
struct answer {
	uint64_t id, kick, pages, site;
};

static bool answer_of(const struct rec *rec, enum trace_role role, struct answer *a)
{
	if (rec->id == TRACE_ID_inflate && role == TRACE_ROLE_INFLATE)
		*a = (struct answer){ rec->r.inflate.id, rec->r.inflate.kick, rec->r.inflate.pages,
				      rec->r.inflate.site };
	else if (rec->id == TRACE_ID_report_request && role != TRACE_ROLE_INFLATE)
		*a = (struct answer){ rec->r.report.id, rec->r.report.kick,
				      rec->r.report.bytes / TRACE_PAGE_SIZE, rec->r.report.site };
	else
		return false;
	return true;
}

static bool has(uint64_t pfn, uint64_t order, uint64_t page)
{
	return page >= pfn && page - pfn < 1ull << order;
}

/* When it was isolated, the block was free: in one piece, and freed by somebody since the boot. */
static const char *check_isolated(const struct run *run, const struct index *x,
				  const struct trace_rec_isolate *isolate)
{
	const struct rec *merged = blocks_last(&x->merged, run, isolate->pfn);
	uint64_t last = isolate->pfn + (1ull << isolate->order) - 1;

	if (!merged)	/* it has been free since the run began */
		return blocks_last(&x->allocated, run, isolate->pfn) ?
		       "an isolated block was in use, and has not become free" : NULL;
	if (!has(merged->r.merge.pfn, merged->r.merge.order, last))
		return "an isolated block is not a part of one free block";
	if (blocks_last(&x->allocated, run, merged->r.merge.last) &&
	    !blocks_last(&x->freed, run, merged->r.merge.last))
		return "what came back last was never freed";
	return NULL;
}

/* All pages that were named have been isolated for this request. */
static const char *check_block(const struct run *run, const struct index *x,
			       const struct trace_rec_discard *d, uint64_t batch)
{
	uint64_t at = d->gfn;

	while (at < d->gfn + d->nr) {
		const struct rec *rec = blocks_last(&x->isolated, run, at);

		if (!rec || rec->r.isolate.id != batch || !batch)
			return "a named block was not isolated for the request";
		at = rec->r.isolate.pfn + (1ull << rec->r.isolate.order);
	}
	return NULL;
}

/* Pages in a balloon are the driver's: allocated by its code. */
static const char *check_page(const struct run *run, const struct index *x, uint64_t gfn_nr)
{
	const struct rec *alloc = blocks_last(&x->allocated, run, gfn_nr);

	if (!alloc || !alloc->r.alloc.site)
		return "a page of the balloon was not allocated by the driver";
	return NULL;
}

static const char *check_discard(const struct run *run, const struct index *x, unsigned int c,
				 const struct trace_rec_discard *d)
{
	const struct rec *request = begun(run, x, TRACE_ID_request, d->cause);

	if (!request || !d->site)
		return "a discard has no request, or no place";
	if (chains[c].isolates)
		return check_block(run, x, d, request->r.request.cause);
	return chains[c].commands ? check_page(run, x, d->gfn) : NULL;
}

/* All that leads to an answer, but for the discards. */
static const char *check_answer(const struct run *run, const struct index *x, unsigned int c,
				const struct answer *a)
{
	const struct rec *request = begun(run, x, TRACE_ID_request, a->id), *kick;

	if (!request || request->r.request.role != chains[c].role || !request->r.request.site)
		return "no request, or none with a place";
	kick = begun(run, x, TRACE_ID_kick, a->kick);
	if (chains[c].kicks && (!kick || !kick->r.kick.site ||
				kick->r.kick.queue != request->r.request.queue))
		return "no kick of the queue";
	if (chains[c].kicks && !a->site)
		return "the answer has no place";
	if (chains[c].commands &&
	    !begun(run, x, TRACE_ID_balloon_target, request->r.request.cause))
		return "no target is the cause";
	return NULL;
}

/* One pass over the records: discards of a request come before its answer. */
struct chain_run {
	struct run run;
	struct index index;
	uint64_t *discarded;	/* pages, by request */
	bool *again;		/* some of them were wanted again, by request */
	unsigned int complete, wanted;
};

static const char *see_record(struct chain_run *c, size_t i, unsigned int which)
{
	const struct rec *rec = &c->run.rec[i];
	const char *wrong;
	struct answer a;

	index_step(&c->index, &c->run, i);
	if (rec->id == TRACE_ID_site)
		return wrong_place(&rec->r.site);
	if (rec->id == TRACE_ID_isolate && rec->r.isolate.id)
		return check_isolated(&c->run, &c->index, &rec->r.isolate);
	if (rec->id == TRACE_ID_discard) {
		wrong = check_discard(&c->run, &c->index, which, &rec->r.discard);
		if (wrong)
			return wrong;
		c->discarded[rec->r.discard.cause] += rec->r.discard.nr;
		c->again[rec->r.discard.cause] |= c->index.wanted[i];
	}
	if (!answer_of(rec, chains[which].role, &a))
		return NULL;
	wrong = check_answer(&c->run, &c->index, which, &a);
	if (wrong)
		return wrong;
	if (c->discarded[a.id] != a.pages)
		return "not all that was named is discarded";
	if (a.site && !site_is_known(&c->run, a.site))
		return "the place of the answer is not told";
	c->complete++;
	c->wanted += c->again[a.id];
	return NULL;
}

START_TEST(chain_of_each_request_is_complete)
{
	const char *name = chains[_i].overlay ? chains[_i].overlay : "balloon", *wrong;
	static char text[8192];
	struct chain_run c = { .complete = 0 };
	size_t i;

	snprintf(text, sizeof(text), CHAIN_SCENARIO("%s"),
		 chains[_i].commands ? balloon_commands : "");
	run_scenario(&c.run, text, chains[_i].overlay, chains[_i].setting, false);
	lookup_make(&c.index, &c.run);
	c.discarded = calloc(c.index.nr_ids, sizeof(*c.discarded));
	c.again = calloc(c.index.nr_ids, sizeof(*c.again));
	ck_assert(c.discarded && c.again);
	for (i = 0; i < c.run.nr; i++) {
		wrong = see_record(&c, i, _i);
		if (wrong)
			ck_abort_msg("%s, record %s at %llu ns: %s", name,
				     trace_types[c.run.rec[i].id].name,
				     (unsigned long long)c.run.rec[i].time, wrong);
	}
	ck_assert_msg(c.complete >= 20 && c.wanted >= 10, "%s: %u chains, %u of memory that was "
		      "wanted again", name, c.complete, c.wanted);
	lookup_free(&c.index);
	free(c.discarded);
	free(c.again);
	run_free(&c.run);
}
END_TEST

/* Two guests that the host cannot hold at once. */
static const char swapping[] =
	TEST_HEAD
	"host { compatible = \"ballast,host\"; memory-mib = <700>; cpus = <2>;\n"
	"kernel-reserve-mib = <64>;\n"
	"swap { /include/ \"swap/ssd.dtsi\"\nsize-mib = <1024>; }; };\n"
	"guest: guest { compatible = \"ballast,guest\"; count = <2>; memory-mib = <512>;\n"
	"vcpus = <2>; boot-profile = <&linux_6_1>;\n"
	"modules { driver { compatible = \"ballast,module\"; image = \"virtio_ballast\"; }; };\n"
	"devices { balloon: balloon { compatible = \"ballast,virtio-ballast\"; }; };\n"
	"programs { memhog { compatible = \"ballast,program-memhog\"; size-mib = <300>;\n"
	"loops = <3>; hold-ms = <700>; pause-ms = <2500>; };\n"
	"churn { compatible = \"ballast,program-churn\"; size-mib = <200>; duration-ms = <4000>;\n"
	"}; }; }; };\n";

static const struct {
	const char *overlay, *setting;
} looked_at[] = {
	{ NULL, NULL }, { "40-reporting", NULL }, { "hinting_v8", NULL },
	{ "hinting_v8", "/guest/devices/page-hint/action=free" },	/* lazily */
	{ "hypercall", NULL }, { "vhost", NULL },
};

START_TEST(pages_of_a_full_trace_are_those_of_the_simulator)
{
	struct run run;

	run_scenario(&run, swapping, looked_at[_i].overlay, looked_at[_i].setting, true);
	ck_assert_msg(!run.nr_different, "%u pages differ, the first: %s", run.nr_different,
		      run.different);
	ck_assert_uint_ge(run.nr_looks, 10);
	/* There was something to see. */
	ck_assert_uint_gt(run.nr_mapped, 0);
	ck_assert_uint_gt(run.nr_huge, 0);
	ck_assert_uint_gt(run.nr_swapped, 0);
	run_free(&run);
}
END_TEST

/* A page comes back from swap after it was sent there, by a pass that somebody has caused. */
START_TEST(swapping_names_the_pass_and_the_fault)
{
	unsigned int out = 0, in = 0;
	struct index index;
	struct run run;
	size_t i;

	run_scenario(&run, swapping, NULL, NULL, false);
	lookup_make(&index, &run);
	for (i = 0; i < run.nr; i++) {
		const struct rec *rec = &run.rec[i];

		if (rec->id == TRACE_ID_swap_out_page) {
			if (!begun(&run, &index, TRACE_ID_reclaim, rec->r.out.cause))
				ck_abort_msg("no pass is the cause");
			out++;
		} else if (rec->id == TRACE_ID_swap_in_page) {
			if (!begun(&run, &index, TRACE_ID_ept_fault, rec->r.in.cause))
				ck_abort_msg("no fault is the cause");
			in++;
		}
	}
	ck_assert_uint_gt(out, 0);
	ck_assert_uint_gt(in, 0);
	lookup_free(&index);
	run_free(&run);
}
END_TEST

/* What is sampled over time goes together with the other samples, and with the totals. */
#define WINDOW_NS (100 * NSEC_PER_MSEC_U64)	/* from one sample to the next */
#define WINDOWS 1000
#define ROUNDING_NS 100		/* of each cause of each account */

struct sums {
	struct trace_consumer consumer;
	uint64_t cpu[3], ledger[3];	/* ns: two guests, the host */
	uint64_t window[WINDOWS];	/* of all three, since the sample before */
	uint64_t ballooned[2], nr_memory, nr_swap, percpu;
	struct trace_rec_swap_sample swap;
	struct trace_rec_swap_device device;
};

static void add_memory(struct sums *sums, const struct trace_rec_memory_sample *m)
{
	uint64_t free = m->reported + m->reportable + m->free_small + m->below_watermark;

	ck_assert_uint_eq(free, m->order0 + m->order1 + m->order2 + m->order3 + m->order4 +
			  m->order5 + m->order6 + m->order7 + m->order8 + m->order9 +
			  m->order10);
	ck_assert_uint_eq(m->used + m->cache + free + m->percpu + m->isolated + m->kernel +
			  sums->ballooned[m->guest], 512 << 8);
	sums->percpu += m->percpu;
	sums->nr_memory++;
}

static void add_sample(struct trace_consumer *consumer, const struct trace_record *record)
{
	struct sums *sums = (struct sums *)consumer;
	const union {
		struct trace_rec_guest_sample guest;
		struct trace_rec_ledger ledger;
	} *rec = record->rec;
	uint64_t window;
	unsigned int i;

	switch (record->id) {
	case TRACE_ID_guest_sample:
		sums->ballooned[rec->guest.guest] = rec->guest.ballooned;
		break;
	case TRACE_ID_memory_sample:
		add_memory(sums, record->rec);
		break;
	case TRACE_ID_cpu_sample:
		window = record->time ? (record->time - 1) / WINDOW_NS : 0;
		ck_assert_uint_lt(window, WINDOWS);
		for (i = 1; i < record->type->nr_fields; i++) {
			sums->cpu[record->value[0].u == TRACE_HOST ? 2 : record->value[0].u] +=
				record->value[i].u;
			sums->window[window] += record->value[i].u;
		}
		break;
	case TRACE_ID_ledger:
		i = rec->ledger.guest == TRACE_HOST ? 2 : rec->ledger.guest;
		sums->ledger[i] += rec->ledger.time;
		break;
	case TRACE_ID_swap_sample:
		memcpy(&sums->swap, record->rec, sizeof(sums->swap));
		sums->nr_swap++;
		break;
	case TRACE_ID_swap_device:
		memcpy(&sums->device, record->rec, sizeof(sums->device));
		break;
	default:
		break;
	}
}

START_TEST(samples_over_time_add_up)
{
	struct sums sums = { .consumer = { .record = add_sample, .level = TRACE_SUMMARY } };
	struct run run;
	unsigned int i;

	run_with(&run, swapping, "40-reporting", _i == 1 ? "/host/cpus=1" : NULL, false,
		 &sums.consumer);
	/* Nobody has more than there is, however much has been charged and waits for a CPU. */
	for (i = 0; i < WINDOWS; i++)
		ck_assert_uint_le(sums.window[i], (_i == 1 ? 1 : 2) * WINDOW_NS + ROUNDING_NS);
	ck_assert_uint_gt(sums.nr_memory, 20);
	ck_assert_uint_gt(sums.percpu, 0);
	ck_assert_uint_gt(sums.nr_swap, 20);
	ck_assert_uint_eq(sums.swap.reads, sums.device.reads);
	ck_assert_uint_eq(sums.swap.writes, sums.device.writes);
	ck_assert_uint_eq(sums.swap.bytes_read, sums.device.bytes_read);
	ck_assert_uint_eq(sums.swap.bytes_written, sums.device.bytes_written);
	ck_assert_uint_eq(sums.swap.busy, sums.device.busy);
	for (i = 0; i < 3; i++) {
		ck_assert_uint_gt(sums.ledger[i], 0);
		/* What is owed when the run ends has been charged, and goes off the ledger. */
		ck_assert_uint_ge(sums.cpu[i], sums.ledger[i]);
		ck_assert_uint_lt(sums.cpu[i] - sums.ledger[i], sums.ledger[i] / 100);
	}
	run_free(&run);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *suite = suite_create("trace_causes");
	TCase *tc = tcase_create("chains");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, chain_of_each_request_is_complete, 0, ARRAY_LEN(chains));
	suite_add_tcase(suite, tc);
	tc = tcase_create("pages");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, pages_of_a_full_trace_are_those_of_the_simulator, 0,
			    ARRAY_LEN(looked_at));
	tcase_add_test(tc, swapping_names_the_pass_and_the_fault);
	tcase_add_loop_test(tc, samples_over_time_add_up, 0, 2);
	suite_add_tcase(suite, tc);
	return suite;
}
