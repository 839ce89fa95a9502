// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device side of split rings, against bytes: what a driver must find in memory after its
 * requests were served.  What happens to a driver that writes nonsense: test_vmm_hostile.c.
 * Packed rings: test_vmm_packed.c.
 */
#include "test_vmm_probe.h"

static void setup(void)
{
	probe_setup();
	guest_driver(&guest, F_VERSION_1 | F_INDIRECT, 1);
}

START_TEST(request_is_popped_with_its_buffers_and_pushed_as_id_and_length)
{
	memcpy(guest.ram + BUFFERS, "hello", 5);
	put_desc(&guest, RING_DESC(0), 3, BUFFERS, 5, DESC_NEXT, 6);
	put_desc(&guest, RING_DESC(0), 6, BUFFERS + PAGE, 16, DESC_WRITE, 0);
	guest_publish(&guest, 0, 3);
	guest_kick(&guest, 0);

	ck_assert_uint_eq(probe->nr_popped, 1);
	ck_assert_uint_eq(probe->last.index, 3);
	ck_assert_uint_eq(probe->last.out_num, 1);
	ck_assert_uint_eq(probe->last.in_num, 1);
	ck_assert_uint_eq(probe->data_len, 5);
	ck_assert_mem_eq(probe->data, "hello", 5);
	ck_assert_mem_eq(guest.ram + BUFFERS + PAGE, "\xaa\xbb\xcc\xdd", 4);
	/* used: flags 0, idx 1, ring[0] = { id 3, len 4 }, little endian */
	ck_assert_mem_eq(guest.ram + RING_USED(0), "\0\0\1\0\3\0\0\0\4\0\0\0", 12);
}
END_TEST

START_TEST(ring_entries_are_used_in_order_and_wrap_at_its_size)
{
	unsigned int i;

	put_desc(&guest, RING_DESC(0), 5, BUFFERS, 4, 0, 0);
	for (i = 0; i < 11; i++) {
		guest_publish(&guest, 0, 5);
		guest_kick(&guest, 0);
	}
	ck_assert_uint_eq(probe->nr_popped, 11);
	ck_assert_uint_eq(used_idx(&guest, 0), 11);
	for (i = 0; i < 8; i++)
		ck_assert_uint_eq(get32(&guest, RING_USED(0) + 4 + 8 * i), 5);
	ck_assert_uint_eq(guest.nr_errors, 0);
}
END_TEST

START_TEST(indexes_wrap_at_65536)
{
	unsigned int i;

	put_desc(&guest, RING_DESC(0), 0, BUFFERS, 4, 0, 0);
	for (i = 0; i < 65540; i++) {
		guest_publish(&guest, 0, 0);
		guest_kick(&guest, 0);
	}
	ck_assert_uint_eq(probe->nr_popped, 65540);
	ck_assert_uint_eq(used_idx(&guest, 0), 4);
	ck_assert_uint_eq(guest.nr_errors, 0);
}
END_TEST

START_TEST(indirect_table_is_followed)
{
	put_desc(&guest, BUFFERS, 0, BUFFERS + PAGE, 3, DESC_NEXT, 2);
	put_desc(&guest, BUFFERS, 2, BUFFERS + 2 * PAGE, 8, DESC_WRITE, 0);
	memcpy(guest.ram + BUFFERS + PAGE, "abc", 3);
	put_desc(&guest, RING_DESC(0), 1, BUFFERS, 3 * 16, DESC_INDIRECT, 0);
	guest_publish(&guest, 0, 1);
	guest_kick(&guest, 0);

	ck_assert_uint_eq(probe->nr_popped, 1);
	ck_assert_uint_eq(probe->last.index, 1);
	ck_assert_uint_eq(probe->last.out_num, 1);
	ck_assert_uint_eq(probe->last.in_num, 1);
	ck_assert_mem_eq(probe->data, "abc", 3);
}
END_TEST

START_TEST(buffer_in_rom_can_be_read_but_not_written)
{
	uint64_t rom = 2 * UINT64_C(1024) * MIB;	/* behind 64 MiB: next GiB, plus one */

	put_desc(&guest, RING_DESC(0), 0, rom, 4, 0, 0);
	guest_publish(&guest, 0, 0);
	guest_kick(&guest, 0);
	ck_assert_uint_eq(probe->nr_popped, 1);
	ck_assert_mem_eq(probe->data, "\xf4\xf4\xf4\xf4", 4);

	put_desc(&guest, RING_DESC(0), 0, rom, 4, DESC_WRITE, 0);
	guest_publish(&guest, 0, 0);
	guest_kick(&guest, 0);
	ck_assert_uint_eq(probe->nr_popped, 2);		/* written to a bounce buffer */
	put_desc(&guest, RING_DESC(0), 0, rom, 4, 0, 0);
	guest_publish(&guest, 0, 0);
	guest_kick(&guest, 0);
	ck_assert_mem_eq(probe->data, "\xf4\xf4\xf4\xf4", 4);
	ck_assert_uint_eq(guest.nr_errors, 0);
}
END_TEST

START_TEST(unpopped_request_is_popped_again)
{
	VirtQueueElement *elem;

	put_desc(&guest, RING_DESC(0), 4, BUFFERS, 4, 0, 0);
	guest_publish(&guest, 0, 4);
	probe->keep = true;
	guest_kick(&guest, 0);
	ck_assert_uint_eq(probe->nr_kept, 1);
	elem = probe->kept[--probe->nr_kept];
	virtqueue_unpop(probe->vq, elem, 0);
	g_free(elem);
	probe->keep = false;
	guest_kick(&guest, 0);
	ck_assert_uint_eq(probe->nr_popped, 2);
	ck_assert_uint_eq(used_idx(&guest, 0), 1);
}
END_TEST

START_TEST(rewind_gives_back_only_what_is_out)
{
	put_desc(&guest, RING_DESC(0), 4, BUFFERS, 4, 0, 0);
	ck_assert(!virtqueue_rewind(probe->vq, 1));
	probe->keep = true;
	guest_publish(&guest, 0, 4);
	guest_kick(&guest, 0);
	ck_assert(!virtqueue_rewind(probe->vq, 2));
	ck_assert(virtqueue_rewind(probe->vq, 1));
	guest_kick(&guest, 0);
	ck_assert_uint_eq(probe->nr_popped, 2);
}
END_TEST

START_TEST(no_notify_flag_follows_the_device)
{
	virtio_queue_set_notification(probe->vq, 0);
	ck_assert_uint_eq(get16(&guest, RING_USED(0)), 1);
	virtio_queue_set_notification(probe->vq, 1);
	ck_assert_uint_eq(get16(&guest, RING_USED(0)), 0);
}
END_TEST

START_TEST(avail_event_follows_the_popped_requests)
{
	guest_driver(&guest, F_VERSION_1 | F_EVENT_IDX, 1);
	put_desc(&guest, RING_DESC(0), 0, BUFFERS, 4, 0, 0);
	guest_publish(&guest, 0, 0);
	guest_publish(&guest, 0, 0);
	guest_kick(&guest, 0);
	/* behind the 8 entries of the used ring */
	ck_assert_uint_eq(get16(&guest, RING_USED(0) + 4 + 8 * 8), 2);
	ck_assert_uint_eq(get16(&guest, RING_USED(0)), 0);
}
END_TEST

/* vring_need_event() and the flag, by what virtio_notify() does. */
struct suppression {
	const char *what;
	bool event_idx;
	uint16_t flags, used_event;
	unsigned int requests, interrupts;
};

static const struct suppression suppressions[] = {
	{ "flag clear: one interrupt per request", false, 0, 0, 3, 3 },
	{ "NO_INTERRUPT: none", false, 1, 0, 3, 0 },
	{ "event index 0: the first request only", true, 0, 0, 3, 1 },
	{ "event index 2: the third request, and the first ever", true, 0, 2, 3, 2 },
	{ "event index far away: only the first ever", true, 0, 100, 3, 1 },
	{ "the flag means nothing with event indexes", true, 1, 0, 1, 1 },
};

START_TEST(interrupts_are_suppressed_as_the_driver_says)
{
	const struct suppression *s = &suppressions[_i];
	unsigned int i;

	guest_driver(&guest, F_VERSION_1 | (s->event_idx ? F_EVENT_IDX : 0), 1);
	guest.virtio->interrupt = probe_count_interrupt;
	probe_interrupts = 0;
	put16(&guest, RING_AVAIL(0), s->flags);
	put16(&guest, RING_AVAIL(0) + 4 + 2 * 8, s->used_event);
	put_desc(&guest, RING_DESC(0), 0, BUFFERS, 4, 0, 0);
	for (i = 0; i < s->requests; i++) {
		guest_publish(&guest, 0, 0);
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
	put_desc(&guest, RING_DESC(0), 0, BUFFERS, 4, 0, 0);
	for (i = 0; i < 8; i++)
		guest_publish(&guest, 0, 0);
	guest_kick(&guest, 0);
	ck_assert_uint_eq(probe->nr_popped, 8);
	ck_assert_uint_eq(guest.nr_errors, 0);
	guest_publish(&guest, 0, 0);
	guest_kick(&guest, 0);
	ck_assert_uint_eq(probe->nr_popped, 8);
	ck_assert_ptr_nonnull(strstr(guest.last_error, "more requests than its 8 entries"));
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *suite = suite_create("vmm_ring");
	TCase *tc = tcase_create("ring");

	tcase_add_checked_fixture(tc, setup, probe_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, request_is_popped_with_its_buffers_and_pushed_as_id_and_length);
	tcase_add_test(tc, ring_entries_are_used_in_order_and_wrap_at_its_size);
	tcase_add_test(tc, indexes_wrap_at_65536);
	tcase_add_test(tc, indirect_table_is_followed);
	tcase_add_test(tc, buffer_in_rom_can_be_read_but_not_written);
	tcase_add_test(tc, unpopped_request_is_popped_again);
	tcase_add_test(tc, rewind_gives_back_only_what_is_out);
	tcase_add_test(tc, no_notify_flag_follows_the_device);
	tcase_add_test(tc, avail_event_follows_the_popped_requests);
	tcase_add_loop_test(tc, interrupts_are_suppressed_as_the_driver_says, 0,
			    ARRAY_SIZE(suppressions));
	tcase_add_test(tc, more_requests_than_entries_are_refused);
	suite_add_tcase(suite, tc);
	return suite;
}
