// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a hostile case in a world, and looking at what came of it.
 *
 * Memory that the guest may write to (up to HOSTILE_WRITABLE) has a shadow that only the guest's
 * writes reach; in the rest each byte is its page's pattern.  So whatever the VMM does to any
 * byte of RAM shows, except in the used rings.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "world.h"

#define STATUS_ACKNOWLEDGED 3
#define STATUS_DRIVER_OK 4
#define STATUS_FEATURES_OK 8
#define STATUS_NEEDS_RESET 0x40

#define F_MUST_TELL_HOST (UINT64_C(1) << 0)
#define F_EVENT_IDX (UINT64_C(1) << 29)

#define CONFIG_COMMAND_ID 8
#define COMMAND_ID_MIN 0x80000000
#define QUEUE_SIZE_MAX 1024	/* of QEMU; what is not a size of a queue is not taken */
#define NR_PAGES (HOSTILE_RAM / HOSTILE_PAGE)

/* A page that no case names, for the guest that uses the device afterwards. */
#define AFTERWARDS (60 * HOSTILE_MIB)

struct run {
	struct hostile_world *w;
	const struct hostile_case *c;
	struct hostile_ring ring[NR_HOSTILE_QUEUES];
	uint16_t avail[NR_HOSTILE_QUEUES];
	uint32_t id[2];			/* of the present round and of the last */
	bool in_round;
	uint64_t before[HOSTILE_COUNTERS], malformed_before;
	char errors[8192];
	uint8_t *shadow, *rom;
	char why[256];			/* it is not as it should be */
};

#define EXPECT(r, condition, ...)                                                                  \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			snprintf((r)->why, sizeof((r)->why), __VA_ARGS__);                         \
			return false;                                                              \
		}                                                                                  \
	} while (0)

/* Guest memory */

static uint8_t pattern(uint64_t page)
{
	return 1 + page % 255;
}

static bool holds(const uint8_t *p, uint8_t value)
{
	return p[0] == value && !memcmp(p, p + 1, HOSTILE_PAGE - 1);
}

static void write_ram(struct run *r, uint64_t addr, const void *bytes, size_t len)
{
	ck_assert_uint_le(addr + len, HOSTILE_WRITABLE);
	memcpy(r->w->ram + addr, bytes, len);
	memcpy(r->shadow + addr, bytes, len);
}

static void write16(struct run *r, uint64_t addr, uint16_t value)
{
	write_ram(r, addr, &value, sizeof(value));
}

static void write32(struct run *r, uint64_t addr, uint32_t value)
{
	write_ram(r, addr, &value, sizeof(value));
}

static uint16_t read16(struct run *r, uint64_t addr)
{
	uint16_t value;

	memcpy(&value, r->w->ram + addr, sizeof(value));
	return value;
}

static void fill_ram(struct run *r)
{
	uint64_t page;

	for (page = 0; page < NR_PAGES; page++) {
		uint8_t *p = r->w->ram + page * HOSTILE_PAGE;

		if (!holds(p, pattern(page)))
			memset(p, pattern(page), HOSTILE_PAGE);
	}
	memcpy(r->shadow, r->w->ram, HOSTILE_WRITABLE);
}

static uint64_t place(const struct run *r, uint64_t addr)
{
	if (HOSTILE_IS_ROM(addr))
		return addr - HOSTILE_ROM + r->w->rom;
	if (HOSTILE_IS_MMIO(addr))
		return addr - HOSTILE_MMIO + r->w->mmio;
	return addr;
}

/* At any address: 8 bytes address, 4 length, 2 flags, 2 next. */
static void write_desc(struct run *r, uint64_t table, unsigned int i, uint64_t addr, uint32_t len,
		       uint16_t flags, uint16_t next)
{
	uint64_t at = table + 16 * i;

	addr = place(r, addr);
	write_ram(r, at, &addr, 8);
	write32(r, at + 8, len);
	write16(r, at + 12, flags);
	write16(r, at + 14, next);
}

/* The driver */

/* Is the used ring where the guest has made an empty one? */
static bool heard(const struct run *r, unsigned int q)
{
	return r->ring[q].used < HOSTILE_WRITABLE;
}

static bool broken(struct run *r)
{
	return r->w->ops->get_status(r->w) & STATUS_NEEDS_RESET;
}

static void negotiate(struct run *r)
{
	const struct hostile_world_ops *ops = r->w->ops;
	uint64_t features = r->w->device->features;

	if (r->c->without_must_tell)
		features &= ~F_MUST_TELL_HOST;
	if (r->c->event_idx)
		features |= F_EVENT_IDX;
	ops->set_status(r->w, 0);
	ck_assert_uint_eq(ops->get_status(r->w), 0);
	ops->set_status(r->w, STATUS_ACKNOWLEDGED);
	ops->set_features(r->w, features);
	ops->set_status(r->w, STATUS_ACKNOWLEDGED | STATUS_FEATURES_OK);
	ck_assert_uint_eq(ops->get_status(r->w), STATUS_ACKNOWLEDGED | STATUS_FEATURES_OK);
}

static void start_driver(struct run *r)
{
	static const uint8_t zeroes[HOSTILE_RING_BYTES];
	unsigned int q;

	negotiate(r);
	for (q = 0; q < r->w->device->nr_queues; q++) {
		unsigned int size = r->w->device->queue_size[q];

		ck_assert_uint_ge(r->w->ops->queue_size_max(r->w, q), size);
		r->ring[q] = (struct hostile_ring){ HOSTILE_DESC(q), HOSTILE_AVAIL(q),
						    HOSTILE_USED(q), size };
		r->avail[q] = 0;
		write_ram(r, HOSTILE_RING(q), zeroes, sizeof(zeroes));
		r->w->ops->queue_enable(r->w, q, &r->ring[q]);
	}
	r->w->ops->set_status(r->w, STATUS_ACKNOWLEDGED | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
	r->w->ops->pause(r->w);
}

static void set_avail_idx(struct run *r, unsigned int q)
{
	write16(r, r->ring[q].avail + 2, r->avail[q]);
}

static void offer(struct run *r, unsigned int q, uint16_t head)
{
	write16(r, r->ring[q].avail + 4 + 2 * (r->avail[q] % r->ring[q].size), head);
	r->avail[q]++;
	set_avail_idx(r, q);
}

/* Statistics are answered by the next ones. */
static bool keeps_answer(const struct run *r, unsigned int q)
{
	return r->w->device->lists_frames && q == Q_STATS;
}

/* Nothing is left to be answered. */
static bool quiet(struct run *r)
{
	unsigned int q;

	if (broken(r))
		return true;
	for (q = 0; q < r->w->device->nr_queues; q++) {
		if (!keeps_answer(r, q) && heard(r, q) &&
		    read16(r, r->ring[q].used + 2) != r->avail[q])
			return false;
	}
	return true;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * UINT64_C(1000) + ts.tv_nsec / 1000000;
}

/* Until it holds, or the world's patience is at its end. */
static bool wait_until(struct run *r, bool (*holds_now)(struct run *))
{
	uint64_t deadline = now_ms() + r->w->patience_ms;

	for (;;) {
		r->w->ops->pause(r->w);
		if (holds_now(r))
			return true;
		if (now_ms() >= deadline)
			return false;
	}
}

static void kick(struct run *r, unsigned int q)
{
	unsigned int i;

	r->w->ops->kick(r->w, q);
	if (r->c->end != ENDS_IGNORED) {
		wait_until(r, quiet);
		return;
	}
	/* What is to be ignored has no end that could be waited for. */
	for (i = 0; i < 5; i++)
		r->w->ops->pause(r->w);
}

/* Steps */

static void set_rings(struct run *r, const struct hostile_step *s)
{
	struct hostile_ring ring = { place(r, s->at), place(r, s->addr), place(r, s->used),
				     s->count };
	static const uint8_t zeroes[0x4000];
	const uint64_t part[] = { ring.desc, ring.avail, ring.used };
	unsigned int i;

	if (s->queue < r->w->device->nr_queues) {
		bool taken = s->count && s->count <= QUEUE_SIZE_MAX;
		unsigned int size = taken ? s->count : r->ring[s->queue].size;

		for (i = 0; i < 3; i++) {
			/* Where other rings are not: there the rings are empty, too. */
			if (part[i] >= HOSTILE_BUFFERS && part[i] < HOSTILE_WRITABLE)
				write_ram(r, part[i], zeroes, sizeof(zeroes));
		}
		r->ring[s->queue] = ring;
		r->ring[s->queue].size = size;
	}
	r->w->ops->queue_enable(r->w, s->queue, &ring);
}

static void set_round(struct run *r, bool begin)
{
	r->w->ops->round(r->w, begin);
	r->in_round = begin;
	if (!begin)
		return;
	r->id[1] = r->id[0];
	r->id[0] = r->w->ops->config_read(r->w, CONFIG_COMMAND_ID, 4);
	ck_assert_uint_ge(r->id[0], COMMAND_ID_MIN);
}

static void do_chain(struct run *r, const struct hostile_step *s)
{
	unsigned int i;

	for (i = 0; i < s->count; i++) {
		bool last = i + 1 == s->count;

		write_desc(r, s->at, i, s->addr + i * s->stride, s->len,
			   s->flags | (last ? 0 : D_NEXT), last ? 0 : i + 1);
	}
}

static void do_step(struct run *r, const struct hostile_step *s)
{
	unsigned int i;

	switch (s->what) {
	case DO_DESC:
		write_desc(r, s->at, s->index, s->addr, s->len, s->flags, s->next);
		break;
	case DO_CHAIN:
		do_chain(r, s);
		break;
	case DO_FRAMES:
		for (i = 0; i < s->count; i++)
			write32(r, s->at + 4 * i,
				(place(r, s->addr) + i * s->stride) / HOSTILE_PAGE);
		break;
	case DO_WORD:
		write32(r, s->at, s->value);
		break;
	case DO_ID:
		write32(r, s->at, r->id[s->index] + s->value);
		break;
	case DO_OFFER:
		for (i = 0; i < s->count; i++)
			offer(r, s->queue, s->index);
		break;
	case DO_ADVANCE:
		r->avail[s->queue] += s->count;
		set_avail_idx(r, s->queue);
		break;
	case DO_KICK:
		kick(r, s->queue);
		break;
	case DO_RINGS:
		set_rings(r, s);
		break;
	case DO_CONFIG:
		r->w->ops->config_write(r->w, s->index, s->len, s->value);
		break;
	case DO_ROUND:
	case DO_NO_ROUND:
		set_round(r, s->what == DO_ROUND);
		break;
	case DO_RESET:
		start_driver(r);
		break;
	case DO_NOTHING:
		break;
	}
}

/* What came of it */

static void gather_errors(struct run *r)
{
	size_t used = strlen(r->errors);

	snprintf(r->errors + used, sizeof(r->errors) - used, "%s", r->w->ops->errors(r->w));
}

static bool errors_fit(struct run *r)
{
	const struct hostile_words *says = r->c->says;
	const char *words = says ? (r->w->model ? says->model : says->qemu) : NULL;

	if (r->c->end != ENDS_BROKEN)
		EXPECT(r, !r->errors[0], "unexpected: %.200s", r->errors);
	else
		EXPECT(r, r->errors[0], "no error was reported");
	EXPECT(r, !words || strstr(r->errors, words), "does not say '%s' but: %.160s", words,
	       r->errors);
	return true;
}

/* Everything but memory. */
static bool ended(struct run *r)
{
	const struct hostile_case *c = r->c;
	const struct hostile_world_ops *ops = r->w->ops;
	const struct hostile_counter *counter;
	uint64_t grown;
	bool is_broken = broken(r);

	gather_errors(r);
	EXPECT(r, is_broken == (c->end == ENDS_BROKEN), "the device is %sbroken (%.160s)",
	       is_broken ? "" : "not ", r->errors);
	if (heard(r, c->queue) && c->end != ENDS_UNHEARD) {
		uint16_t used = read16(r, r->ring[c->queue].used + 2);

		EXPECT(r, used == c->used, "used idx is %u, not %u", used, c->used);
	}
	for (counter = c->counters; counter < c->counters + HOSTILE_COUNTERS && counter->name;
	     counter++) {
		grown = ops->counter(r->w, counter->name) - r->before[counter - c->counters];
		EXPECT(r, grown == counter->grows, "%s has grown by %llu, not %llu", counter->name,
		       (unsigned long long)grown, (unsigned long long)counter->grows);
	}
	grown = ops->counter(r->w, "malformed-requests") - r->malformed_before;
	EXPECT(r, grown == c->malformed, "malformed-requests has grown by %llu, not %u",
	       (unsigned long long)grown, c->malformed);
	if (c->config) {
		uint32_t value = ops->config_read(r->w, c->config->offset, 4);

		EXPECT(r, value == c->config->value, "configuration at %u is 0x%x, not 0x%x",
		       c->config->offset, value, c->config->value);
	}
	return errors_fit(r);
}

static bool discarded(const struct hostile_case *c, uint64_t addr)
{
	const struct hostile_range *d;

	for (d = c->discarded; d < c->discarded + HOSTILE_RANGES && d->len; d++) {
		if (addr >= d->addr && addr - d->addr < d->len)
			return true;
	}
	return false;
}

/* The device may write to its used rings: flags, idx, ring, avail_event. */
static bool is_used_ring(const struct run *r, uint64_t addr)
{
	unsigned int q;

	for (q = 0; q < r->w->device->nr_queues; q++) {
		uint64_t used = r->ring[q].used;

		if (addr >= used && addr - used < 6 + 8 * (uint64_t)r->ring[q].size)
			return true;
	}
	return false;
}

/* Byte by byte, where it is not as simple as that. */
static bool page_fits(struct run *r, uint64_t page)
{
	uint64_t at = page * HOSTILE_PAGE, end = at + HOSTILE_PAGE;
	const uint8_t *ram = r->w->ram;

	for (; at < end; at++) {
		uint8_t want = at < HOSTILE_WRITABLE ? r->shadow[at] : pattern(page);

		if (discarded(r->c, at))
			want = 0;
		EXPECT(r, ram[at] == want || is_used_ring(r, at),
		       "memory at 0x%llx is 0x%x, not 0x%x", (unsigned long long)at, ram[at], want);
	}
	return true;
}

static bool memory_fits(struct run *r)
{
	uint64_t page;

	for (page = 0; page < NR_PAGES; page++) {
		const uint8_t *p = r->w->ram + page * HOSTILE_PAGE;
		bool same;

		if (discarded(r->c, page * HOSTILE_PAGE))
			same = holds(p, 0);
		else if (page < HOSTILE_WRITABLE / HOSTILE_PAGE)
			same = !memcmp(p, r->shadow + page * HOSTILE_PAGE, HOSTILE_PAGE);
		else
			same = holds(p, pattern(page));
		if (!same && !page_fits(r, page))
			return false;
	}
	if (r->w->rom_bytes) {
		uint8_t *rom = malloc(r->w->rom_bytes);
		bool same;

		r->w->ops->read_rom(r->w, rom);
		same = !memcmp(rom, r->rom, r->w->rom_bytes);
		free(rom);
		EXPECT(r, same, "the ROM has changed");
	}
	return true;
}

/* A broken device does nothing, whatever it is asked for. */
static bool stays_broken(struct run *r)
{
	unsigned int q, i;

	if (r->c->end != ENDS_BROKEN)
		return true;
	for (q = 0; q < r->w->device->nr_queues; q++) {
		r->w->ops->kick(r->w, q);
		for (i = 0; i < 2; i++)
			r->w->ops->pause(r->w);
	}
	EXPECT(r, !r->w->ops->errors(r->w)[0], "the broken device has more to say");
	return ended(r);
}

/* The one bounce buffer that there is must be free: statistics come from where no memory is. */
static bool bounces(struct run *r)
{
	struct hostile_world *w = r->w;
	uint64_t requests = w->ops->counter(w, "stats-requests");

	write_desc(r, HOSTILE_DESC(Q_STATS), 0, HOSTILE_HOLE, 10, 0, 0);
	offer(r, Q_STATS, 0);
	kick(r, Q_STATS);
	EXPECT(r, !broken(r) && w->ops->counter(w, "stats-requests") == requests + 1,
	       "after a reset the bounce buffer is still in use");
	return true;
}

/* The guest gets well: the device serves it, also from memory that is not RAM. */
static bool afterwards(struct run *r)
{
	static const struct hostile_case none = { .what = "afterwards", .end = ENDS_SERVED };
	struct hostile_world *w = r->w;
	bool lists = w->device->lists_frames;

	r->c = &none;
	start_driver(r);
	EXPECT(r, !broken(r), "still broken after a reset");
	write32(r, HOSTILE_BUFFERS, AFTERWARDS / HOSTILE_PAGE);
	if (lists)
		write_desc(r, HOSTILE_DESC(0), 0, HOSTILE_BUFFERS, 4, 0, 0);
	else
		write_desc(r, HOSTILE_DESC(0), 0, AFTERWARDS, HOSTILE_PAGE, D_WRITE, 0);
	offer(r, 0, 0);
	kick(r, 0);
	EXPECT(r, !broken(r) && read16(r, HOSTILE_USED(0) + 2) == 1 &&
	       holds(w->ram + AFTERWARDS, 0), "after a reset the device does not serve requests");
	if (lists && !bounces(r))
		return false;
	EXPECT(r, !w->ops->errors(w)[0], "after a reset errors are reported");
	w->ops->set_status(w, 0);
	return true;
}

static bool happens(struct run *r)
{
	const struct hostile_step *s;
	unsigned int i;

	for (i = 0; i < HOSTILE_COUNTERS && r->c->counters[i].name; i++)
		r->before[i] = r->w->ops->counter(r->w, r->c->counters[i].name);
	r->malformed_before = r->w->ops->counter(r->w, "malformed-requests");
	for (s = r->c->steps; s->what; s++)
		do_step(r, s);
	if (!wait_until(r, ended))
		return false;
	/* Nothing more may come. */
	for (i = 0; i < 3; i++)
		r->w->ops->pause(r->w);
	return ended(r) && memory_fits(r) && stays_broken(r) && memory_fits(r);
}

void hostile_run(struct hostile_world *w, const struct hostile_case *c)
{
	struct run *r = calloc(1, sizeof(*r));
	bool ok;

	ck_assert_ptr_nonnull(r);
	*r = (struct run){ .w = w, .c = c };
	r->shadow = malloc(HOSTILE_WRITABLE);
	r->rom = malloc(w->rom_bytes + 1);
	ck_assert(r->shadow && r->rom);
	if (w->rom_bytes)
		w->ops->read_rom(w, r->rom);
	w->ops->errors(w);
	w->ops->set_status(w, 0);
	fill_ram(r);
	start_driver(r);

	ok = happens(r);
	if (r->in_round)
		set_round(r, false);
	ok = ok && afterwards(r);
	ck_assert_msg(ok, "%s: %s", c->what, r->why);
	free(r->shadow);
	free(r->rom);
	free(r);
}
