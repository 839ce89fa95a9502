// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device side of packed rings, against bytes (Virtio 1.2, section 2.8): what a driver must find
 * in memory after its requests were served, and what becomes of a driver that writes nonsense.
 */
#define _GNU_SOURCE	/* memmem() */
#include "internal.h"
#include "test_vmm_probe.h"

#define F_PACKED (UINT64_C(1) << 34)
#define DESC_AVAIL 0x80
#define DESC_USED 0x8000
#define RING_SIZE 8

#define EVENT_ENABLE 0
#define EVENT_DISABLE 1
#define EVENT_DESC 2

/* The driver's next entry; flags of a descriptor that is available say so by its wrap counter. */
static unsigned int next_entry;
static bool wrap;

static void driver(uint64_t features)
{
	guest_driver(&guest, F_VERSION_1 | F_PACKED | features, 1);
	next_entry = 0;
	wrap = true;
}

static void setup(void)
{
	probe_setup();
	driver(F_INDIRECT);
}

static uint16_t turn(void)
{
	return wrap ? DESC_AVAIL : DESC_USED;
}

static void put_packed(uint64_t table, unsigned int i, uint64_t addr, uint32_t len, uint16_t id,
		       uint16_t flags)
{
	put_desc(&guest, table, i, addr, len, id, flags);
}

/* The next entry of the ring; flags without those of the turn. */
static void put(uint64_t addr, uint32_t len, uint16_t id, uint16_t flags)
{
	put_packed(RING_DESC(0), next_entry, addr, len, id, flags | turn());
	if (++next_entry == RING_SIZE) {
		next_entry = 0;
		wrap = !wrap;
	}
}

static uint16_t flags_at(unsigned int i)
{
	return get16(&guest, RING_DESC(0) + 16 * i + 14);
}

static uint16_t id_at(unsigned int i)
{
	return get16(&guest, RING_DESC(0) + 16 * i + 12);
}

static uint32_t len_at(unsigned int i)
{
	return get32(&guest, RING_DESC(0) + 16 * i + 8);
}

START_TEST(request_is_given_back_in_its_first_entry)
{
	memcpy(guest.ram + BUFFERS, "hello", 5);
	put(BUFFERS, 5, 3, DESC_NEXT);
	put(BUFFERS + PAGE, 16, 3, DESC_WRITE);
	guest_kick(&guest, 0);

	ck_assert_uint_eq(probe->nr_popped, 1);
	ck_assert_uint_eq(probe->last.index, 3);
	ck_assert_uint_eq(probe->last.ndescs, 2);
	ck_assert_uint_eq(probe->last.out_num, 1);
	ck_assert_uint_eq(probe->last.in_num, 1);
	ck_assert_mem_eq(probe->data, "hello", 5);
	ck_assert_mem_eq(guest.ram + BUFFERS + PAGE, "\xaa\xbb\xcc\xdd", 4);
	/* length, id, flags, little endian; the address is the driver's still */
	ck_assert_mem_eq(guest.ram + RING_DESC(0) + 8, "\4\0\0\0\3\0\x80\x80", 8);
	ck_assert_uint_eq(get32(&guest, RING_DESC(0)), BUFFERS);
	/* the second entry is as it was */
	ck_assert_uint_eq(flags_at(1), DESC_WRITE | DESC_AVAIL);
}
END_TEST

START_TEST(entries_are_taken_in_turn_and_wrap_at_the_rings_size)
{
	unsigned int i;

	for (i = 0; i < 3 * RING_SIZE + 2; i++) {
		put(BUFFERS, 4, 100 + i, 0);
		guest_kick(&guest, 0);
		ck_assert_uint_eq(probe->nr_popped, i + 1);
		ck_assert_uint_eq(id_at(i % RING_SIZE), 100 + i);
		ck_assert_uint_eq(flags_at(i % RING_SIZE),
				  i / RING_SIZE % 2 ? 0 : DESC_AVAIL | DESC_USED);
	}
	/* the same bytes once more are nobody's */
	guest_kick(&guest, 0);
	ck_assert_uint_eq(probe->nr_popped, i);
	ck_assert_uint_eq(guest.nr_errors, 0);
}
END_TEST

START_TEST(chain_goes_on_round_the_end_of_the_ring)
{
	unsigned int i;

	for (i = 0; i < RING_SIZE - 1; i++)
		put(BUFFERS, 4, i, 0);
	guest_kick(&guest, 0);
	memcpy(guest.ram + BUFFERS, "around", 6);
	put(BUFFERS, 3, 7, DESC_NEXT);
	put(BUFFERS + 3, 3, 7, 0);
	guest_kick(&guest, 0);
	ck_assert_mem_eq(probe->data, "around", 6);
	ck_assert_uint_eq(flags_at(RING_SIZE - 1), DESC_AVAIL | DESC_USED);

	/* and the next is behind it, in the second round */
	put(BUFFERS, 6, 5, 0);
	guest_kick(&guest, 0);
	ck_assert_uint_eq(probe->last.index, 5);
	ck_assert_uint_eq(flags_at(1), 0);
	ck_assert_uint_eq(guest.nr_errors, 0);
}
END_TEST

START_TEST(entries_of_the_other_turn_are_not_available)
{
	put_packed(RING_DESC(0), 0, BUFFERS, 4, 0, DESC_USED);
	guest_kick(&guest, 0);
	put_packed(RING_DESC(0), 0, BUFFERS, 4, 0, DESC_USED | DESC_AVAIL);
	guest_kick(&guest, 0);
	put_packed(RING_DESC(0), 0, BUFFERS, 4, 0, 0);
	guest_kick(&guest, 0);
	ck_assert_uint_eq(probe->nr_kicks, 3);
	ck_assert_uint_eq(probe->nr_popped, 0);
	ck_assert(virtio_queue_empty(probe->vq));
	put(BUFFERS, 4, 0, 0);
	ck_assert(!virtio_queue_empty(probe->vq));
}
END_TEST

/* In the order of the table, whatever flags of chains say there. */
START_TEST(indirect_table_is_taken_whole)
{
	memcpy(guest.ram + BUFFERS + PAGE, "abc", 3);
	put_packed(BUFFERS, 0, BUFFERS + PAGE, 1, 77, 0);
	put_packed(BUFFERS, 1, BUFFERS + PAGE + 1, 2, 78, DESC_NEXT);
	put_packed(BUFFERS, 2, BUFFERS + 2 * PAGE, 8, 79, DESC_WRITE | DESC_INDIRECT);
	put(BUFFERS, 3 * 16, 1, DESC_INDIRECT);
	guest_kick(&guest, 0);

	ck_assert_uint_eq(probe->nr_popped, 1);
	ck_assert_uint_eq(probe->last.index, 1);
	ck_assert_uint_eq(probe->last.ndescs, 1);
	ck_assert_uint_eq(probe->last.out_num, 2);
	ck_assert_uint_eq(probe->last.in_num, 1);
	ck_assert_mem_eq(probe->data, "abc", 3);
	ck_assert_uint_eq(flags_at(0), DESC_AVAIL | DESC_USED);
}
END_TEST

START_TEST(batch_is_written_behind_one_another_in_the_order_given_back)
{
	unsigned int i;

	probe->keep = true;
	put(BUFFERS, 4, 10, DESC_NEXT);
	put(BUFFERS, 4, 10, 0);
	put(BUFFERS, 4, 11, 0);
	put(BUFFERS, 4, 12, 0);
	guest_kick(&guest, 0);
	ck_assert_uint_eq(probe->nr_kept, 3);
	/* the other way round: the entries are used from the first one on */
	for (i = 0; i < 3; i++)
		virtqueue_fill(probe->vq, probe->kept[2 - i], 100 + i, i);
	ck_assert_uint_eq(flags_at(0), DESC_AVAIL | DESC_NEXT);
	virtqueue_flush(probe->vq, 3);
	for (i = 0; i < 3; i++) {
		ck_assert_uint_eq(id_at(i), 12 - i);
		ck_assert_uint_eq(len_at(i), 100 + i);
		ck_assert_uint_eq(flags_at(i), DESC_AVAIL | DESC_USED);
	}
	/* the next one is behind all four entries */
	ck_assert_uint_eq(flags_at(3), DESC_AVAIL);
	probe->keep = false;
	put(BUFFERS, 4, 13, 0);
	guest_kick(&guest, 0);
	ck_assert_uint_eq(id_at(4), 13);
	ck_assert_uint_eq(flags_at(4), DESC_AVAIL | DESC_USED);
}
END_TEST

START_TEST(unpopped_chain_is_popped_again_whole)
{
	VirtQueueElement *elem;
	unsigned int i;

	for (i = 0; i < RING_SIZE - 1; i++)
		put(BUFFERS, 4, i, 0);
	guest_kick(&guest, 0);
	probe->keep = true;
	memcpy(guest.ram + BUFFERS, "whole", 5);
	put(BUFFERS, 2, 9, DESC_NEXT);
	put(BUFFERS + 2, 3, 9, 0);
	guest_kick(&guest, 0);
	elem = probe->kept[--probe->nr_kept];
	virtqueue_unpop(probe->vq, elem, 0);
	g_free(elem);
	probe->keep = false;
	probe->data_len = 0;
	guest_kick(&guest, 0);
	ck_assert_mem_eq(probe->data, "whole", 5);
	ck_assert_uint_eq(flags_at(RING_SIZE - 1), DESC_AVAIL | DESC_USED);
}
END_TEST

START_TEST(rewind_gives_back_only_what_is_out)
{
	ck_assert(!virtqueue_rewind(probe->vq, 1));
	probe->keep = true;
	put(BUFFERS, 4, 4, 0);
	guest_kick(&guest, 0);
	ck_assert(!virtqueue_rewind(probe->vq, 2));
	ck_assert(virtqueue_rewind(probe->vq, 1));
	guest_kick(&guest, 0);
	ck_assert_uint_eq(probe->nr_popped, 2);
}
END_TEST

START_TEST(device_events_follow_the_device)
{
	virtio_queue_set_notification(probe->vq, 0);
	ck_assert_uint_eq(get16(&guest, RING_USED(0) + 2), EVENT_DISABLE);
	virtio_queue_set_notification(probe->vq, 1);
	ck_assert_uint_eq(get16(&guest, RING_USED(0) + 2), EVENT_ENABLE);

	driver(F_EVENT_IDX);
	virtio_queue_set_notification(probe->vq, 1);
	ck_assert_uint_eq(get16(&guest, RING_USED(0) + 2), EVENT_DESC);
	ck_assert_uint_eq(get16(&guest, RING_USED(0)), 0x8000);
	while (wrap)
		put(BUFFERS, 4, 0, 0);
	guest_kick(&guest, 0);
	put(BUFFERS, 4, 0, 0);
	guest_kick(&guest, 0);
	virtio_queue_set_notification(probe->vq, 1);
	ck_assert_uint_eq(get16(&guest, RING_USED(0)), 1);
	ck_assert_uint_eq(get16(&guest, RING_USED(0) + 2), EVENT_DESC);
	ck_assert_uint_eq(guest.nr_errors, 0);
}
END_TEST

struct suppression {
	const char *what;
	uint16_t flags, off_wrap;
	unsigned int requests, interrupts;
};

static const struct suppression suppressions[] = {
	{ "enabled: one interrupt per request", EVENT_ENABLE, 0, 3, 3 },
	{ "disabled: none", EVENT_DISABLE, 0x8000, 3, 0 },
	{ "entry 0 of this round: the first request only", EVENT_DESC, 0x8000, 3, 1 },
	{ "entry 2: the third request, and the first ever", EVENT_DESC, 0x8002, 3, 2 },
	{ "entry 1 of the next round: only the first ever", EVENT_DESC, 0x0001, 3, 1 },
	{ "a place that no ring has: only the first ever", EVENT_DESC, 0xffff, 3, 1 },
	{ "entry 1 of the next round, and it comes: the first after the end as well", EVENT_DESC,
	  0x0001, 10, 3 },
};

START_TEST(interrupts_are_suppressed_as_the_driver_says)
{
	const struct suppression *s = &suppressions[_i];
	unsigned int i;

	driver(F_EVENT_IDX);
	guest.virtio->interrupt = probe_count_interrupt;
	probe_interrupts = 0;
	put16(&guest, RING_AVAIL(0), s->off_wrap);
	put16(&guest, RING_AVAIL(0) + 2, s->flags);
	for (i = 0; i < s->requests; i++) {
		put(BUFFERS, 4, 0, 0);
		guest_kick(&guest, 0);
	}
	ck_assert_msg(probe_interrupts == s->interrupts, "%s: %u, not %u", s->what,
		      probe_interrupts, s->interrupts);
}
END_TEST

START_TEST(more_requests_than_entries_are_refused)
{
	unsigned int i;

	probe->keep = true;
	for (i = 0; i < RING_SIZE; i++)
		put(BUFFERS, 4, i, 0);
	guest_kick(&guest, 0);
	ck_assert_uint_eq(probe->nr_popped, RING_SIZE);
	ck_assert_uint_eq(guest.nr_errors, 0);
	/* the driver may not: none of them has come back */
	put(BUFFERS, 4, 0, 0);
	guest_kick(&guest, 0);
	ck_assert_uint_eq(probe->nr_popped, RING_SIZE);
	ck_assert_ptr_nonnull(strstr(guest.last_error, "more requests than its 8 entries"));
}
END_TEST

/* Hostile drivers */

struct hostile {
	const char *what;
	uint64_t addr;		/* of the first descriptor */
	uint32_t len;
	uint16_t flags;
	uint64_t addr2;		/* of those behind it in the ring, and of those in the table */
	uint32_t len2;
	uint16_t flags2;
	const char *says;	/* NULL: it is served */
};

#define HOLE (UINT64_C(1) << 40)

static const struct hostile hostiles[] = {
	{ "buffer of no bytes", BUFFERS, 0, 0, .says = "buffer of no bytes" },
	{ "no bytes at the end of a chain", BUFFERS, 4, DESC_NEXT, BUFFERS, 0, 0,
	  "buffer of no bytes" },
	{ "buffer to read after one to write", BUFFERS, 4, DESC_WRITE | DESC_NEXT, BUFFERS, 4, 0,
	  "to read after one to write" },
	{ "chain without an end", BUFFERS, 4, DESC_NEXT, BUFFERS, 4, DESC_NEXT,
	  "loop of descriptors" },
	{ "buffer as large as can be", 0, 0xffffffff, 0, .says = "where no memory is" },
	{ "two buffers where nothing is", HOLE, 4, DESC_NEXT, HOLE + PAGE, 4, 0,
	  "where no memory is" },
	{ "table of no bytes", BUFFERS, 0, DESC_INDIRECT, .says = "table of descriptors of 0x0" },
	{ "table of a descriptor and a half", BUFFERS, 24, DESC_INDIRECT,
	  .says = "table of descriptors of 0x18" },
	{ "table as large as can be", BUFFERS, 0xffffffff, DESC_INDIRECT,
	  .says = "table of descriptors of" },
	{ "table as large as whole descriptors can be", BUFFERS, 0xfffffff0, DESC_INDIRECT,
	  .says = "table of descriptors at" },
	{ "table over the end of RAM", GUEST_RAM - 16, 32, DESC_INDIRECT,
	  .says = "table of descriptors at" },
	{ "table of more buffers than a request has", BUFFERS, 1025 * 16, DESC_INDIRECT, BUFFERS, 4,
	  0, "more than 1024 buffers" },
	{ "table of as many buffers as a request has", BUFFERS, 1024 * 16, DESC_INDIRECT, BUFFERS,
	  4, 0, NULL },
	{ "buffer of no bytes in a table", BUFFERS, 32, DESC_INDIRECT, BUFFERS, 0, 0,
	  "buffer of no bytes" },
	{ "table in a table is a buffer", BUFFERS, 16, DESC_INDIRECT, BUFFERS, 16, DESC_INDIRECT,
	  NULL },
	{ "table behind a buffer is a buffer", BUFFERS, 4, DESC_NEXT, BUFFERS, 4, DESC_INDIRECT,
	  NULL },
	{ "table with a next and to write to", BUFFERS, 16, DESC_INDIRECT | DESC_NEXT | DESC_WRITE,
	  BUFFERS + PAGE, 4, 0, NULL },
};

START_TEST(nonsense_breaks_the_device_and_nothing_else)
{
	const struct hostile *h = &hostiles[_i];
	bool chain = (h->flags & (DESC_NEXT | DESC_INDIRECT)) == DESC_NEXT;
	unsigned int i;

	for (i = 0; i < 1025; i++)
		put_packed(BUFFERS, i, h->addr2, h->len2, 0xffff, h->flags2);
	put(h->addr, h->len, 0xffff, h->flags);
	while (next_entry)
		put(h->addr2, h->len2, 0xffff, h->flags2);
	/* only the first request is looked at: what is behind it shall not be available */
	for (i = chain ? 2 : 1; i < RING_SIZE && !(h->flags2 & DESC_NEXT); i++)
		put_packed(RING_DESC(0), i, 0, 0, 0, 0);
	guest_kick(&guest, 0);
	ck_assert_msg((guest.nr_errors != 0) == (h->says != NULL), "%s: %s", h->what,
		      guest.last_error);
	if (h->says)
		ck_assert_msg(strstr(guest.last_error, h->says) != NULL, "%s: %s", h->what,
			      guest.last_error);
	ck_assert_msg(!(guest.virtio->ops->get_status(guest.virtio) & STATUS_NEEDS_RESET) ==
		      !h->says, "%s", h->what);
	/* the id is the driver's, and comes back as it was */
	if (!h->says)
		ck_assert_uint_eq(id_at(0), 0xffff);
	driver(0);
	put(BUFFERS, 4, 6, 0);
	guest_kick(&guest, 0);
	ck_assert_uint_eq(probe->last.index, 6);
}
END_TEST

/* With no FEATURES_OK between them: the ring's layout, its size and its place change under way. */
START_TEST(ring_that_is_set_up_anew_begins_where_it_can)
{
	const struct kvm_virtio_ops *ops = guest.virtio->ops;
	struct kvm_vring_addr addr = { RING_DESC(0), RING_AVAIL(0), RING_USED(0), RING_SIZE };
	unsigned int i;

	ops->set_status(guest.virtio, 0);
	ops->set_features(guest.virtio, F_VERSION_1);
	ops->queue_enable(guest.virtio, 0, &addr);
	memset(guest.ram + RING_BASE(0), 0, 0x10000);
	put_desc(&guest, RING_DESC(0), 0, BUFFERS, 4, 0, 0);
	guest.avail[0] = 0;
	for (i = 0; i < 1000; i++) {
		guest_publish(&guest, 0, 0);
		guest_kick(&guest, 0);
	}
	ck_assert_uint_eq(probe->nr_popped, 1000);

	/* Until it is set up anew, it is the ring that it was. */
	ops->set_features(guest.virtio, F_VERSION_1 | F_PACKED);
	guest_publish(&guest, 0, 0);
	guest_kick(&guest, 0);
	ck_assert_uint_eq(probe->nr_popped, 1001);

	memset(guest.ram + RING_BASE(0), 0, 0x10000);
	ops->queue_enable(guest.virtio, 0, &addr);
	for (i = 0; i < 5; i++) {
		put(BUFFERS, 4, 20 + i, 0);
		guest_kick(&guest, 0);
		ck_assert_uint_eq(id_at(i), 20 + i);
	}

	/* Entry 5 is next, which a ring of 4 does not have. */
	addr.size = 4;
	memset(guest.ram + RING_BASE(0), 0, 0x10000);
	ops->queue_enable(guest.virtio, 0, &addr);
	put_packed(RING_DESC(0), 0, BUFFERS, 4, 30, DESC_AVAIL);
	guest_kick(&guest, 0);
	ck_assert_uint_eq(probe->last.index, 30);
	ck_assert_uint_eq(guest.nr_errors, 0);
}
END_TEST

START_TEST(ring_must_lie_in_memory_that_can_be_written)
{
	struct kvm_vring_addr addr = { GUEST_RAM - 64, RING_AVAIL(0), RING_USED(0), RING_SIZE };

	guest.virtio->ops->queue_enable(guest.virtio, 0, &addr);
	ck_assert_ptr_nonnull(strstr(guest.last_error, "does not lie in one piece of memory"));
	ck_assert(!virtio_queue_ready(probe->vq));
}
END_TEST

/* Two places and their wrap counters, which no byte of the ring says. */
START_TEST(migration_goes_on_where_the_ring_was)
{
	const uint32_t want = 2 | (RING_SIZE - 1 + 0x8000u) << 16;
	const uint32_t wrong[] = { want + RING_SIZE, want + (1u << 16), want ^ 0x8000,
				   RING_SIZE | 0x8000 | (RING_SIZE - 1 + 0x8000u) << 16 };
	static struct guest to;
	uint8_t *state, *position;
	uint64_t value = want;
	unsigned int i;
	size_t size;

	for (i = 0; i < RING_SIZE - 1; i++)
		put(BUFFERS, 4, i, 0);
	guest_kick(&guest, 0);
	probe->keep = true;
	put(BUFFERS, 4, 20, DESC_NEXT);
	put(BUFFERS, 4, 20, 0);
	put(BUFFERS, 4, 21, 0);
	guest_kick(&guest, 0);
	state = vmm_device_save(guest.dev, &size);
	while (probe->nr_kept)
		g_free(probe->kept[--probe->nr_kept]);

	probe_create(&to);
	memcpy(to.ram, guest.ram, GUEST_RAM);
	ck_assert_int_eq(vmm_device_load(to.dev, state, size), 0);
	ck_assert_uint_eq(probe->vq->inuse, 3);
	put_desc(&to, RING_DESC(0), 2, BUFFERS, 4, 22, DESC_USED);
	guest_kick(&to, 0);
	ck_assert_uint_eq(probe->last.index, 22);
	/* what the other side has not given back is before it */
	ck_assert_uint_eq(get16(&to, RING_DESC(0) + 16 * (RING_SIZE - 1) + 12), 22);
	ck_assert_uint_eq(get16(&to, RING_DESC(0) + 16 * (RING_SIZE - 1) + 14),
			  DESC_AVAIL | DESC_USED);

	/* places that the ring does not have, and more between them than it has */
	position = memmem(state, size, &value, sizeof(value));
	ck_assert_ptr_nonnull(position);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		value = wrong[i];
		memcpy(position, &value, sizeof(value));
		ck_assert_int_ne(vmm_device_load(to.dev, state, size), 0);
	}
	free(state);
	guest_destroy(&to);
}
END_TEST

/* It is a property of all devices, as in QEMU, and off. */
START_TEST(packed_is_offered_when_the_property_is_on)
{
	char error[VMM_ERROR_SIZE];
	struct vmm_device *plain = vmm_device_new(guest.vmm, "probe-device", "plain", error);
	struct Probe *before = probe;

	ck_assert_ptr_nonnull(plain);
	ck_assert_int_eq(vmm_device_realize(plain, error), 0);
	ck_assert(guest.virtio->ops->get_features(guest.virtio) & F_PACKED);
	ck_assert(!(vmm_device_virtio(plain)->ops->get_features(vmm_device_virtio(plain)) &
		    F_PACKED));
	ck_assert_int_ne(vmm_device_set(plain, "packed", "on", error), 0);
	ck_assert_ptr_nonnull(strstr(error, "in use"));
	probe = before;
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *suite = suite_create("vmm_packed");
	TCase *tc = tcase_create("ring");

	tcase_add_checked_fixture(tc, setup, probe_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, request_is_given_back_in_its_first_entry);
	tcase_add_test(tc, entries_are_taken_in_turn_and_wrap_at_the_rings_size);
	tcase_add_test(tc, chain_goes_on_round_the_end_of_the_ring);
	tcase_add_test(tc, entries_of_the_other_turn_are_not_available);
	tcase_add_test(tc, indirect_table_is_taken_whole);
	tcase_add_test(tc, batch_is_written_behind_one_another_in_the_order_given_back);
	tcase_add_test(tc, unpopped_chain_is_popped_again_whole);
	tcase_add_test(tc, rewind_gives_back_only_what_is_out);
	tcase_add_test(tc, device_events_follow_the_device);
	tcase_add_loop_test(tc, interrupts_are_suppressed_as_the_driver_says, 0,
			    ARRAY_SIZE(suppressions));
	tcase_add_test(tc, more_requests_than_entries_are_refused);
	tcase_add_loop_test(tc, nonsense_breaks_the_device_and_nothing_else, 0,
			    ARRAY_SIZE(hostiles));
	tcase_add_test(tc, ring_that_is_set_up_anew_begins_where_it_can);
	tcase_add_test(tc, ring_must_lie_in_memory_that_can_be_written);
	tcase_add_test(tc, migration_goes_on_where_the_ring_was);
	tcase_add_test(tc, packed_is_offered_when_the_property_is_on);
	suite_add_tcase(suite, tc);
	return suite;
}
