// SPDX-License-Identifier: GPL-2.0-only
/*
 * Services of the guest's kernel: waiting, locks, work, tasks; against the rules that Linux 6.1
 * documents and drivers rely on.  The scenes are in kernel/kernel_probe.c.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel_probe.h"
#include "suite.h"

#define NSEC_PER_MSEC INT64_C(1000000)
#define JIFFY_NS (4 * NSEC_PER_MSEC)	/* HZ = 250 */

static struct kernel_probe probe;
static const int64_t *const v = probe.value;

/* Play a scene that must come to its end. */
static void play(unsigned int nr_cpus, kernel_scene scene, unsigned int warnings)
{
	kernel_probe_play(&probe, nr_cpus, scene);
	ck_assert_int_eq(probe.ended, 1);
	ck_assert_uint_eq(probe.blocked, 0);
	ck_assert_uint_eq(probe.warnings, warnings);
}

START_TEST(wake_up_wakes_when_the_condition_holds)
{
	play(1, scene_wake_up, 0);
	ck_assert_str_eq(probe.order, "cw");
	ck_assert_int_eq(v[1], 1);
	ck_assert_int_ge(v[0], v[2]);
	ck_assert_int_lt(v[0] - v[2], NSEC_PER_MSEC);
	ck_assert_int_eq(v[3], 0);
}
END_TEST

START_TEST(wait_event_timeout_returns_0_or_what_is_left)
{
	play(1, scene_wait_timeout, 0);
	ck_assert_int_eq(v[0], 0);
	/* five jiffies, and the wheel runs a timer in the jiffy after it expires */
	ck_assert_int_gt(v[1], 5 * JIFFY_NS);
	ck_assert_int_lt(v[1], 6 * JIFFY_NS + JIFFY_NS / 8);
	/* msleep(8) of the other task: 2 jiffies or 3, and what began already */
	ck_assert_int_ge(v[3], 2);
	ck_assert_int_le(v[3], 4);
	ck_assert_int_eq(v[2], 100 - v[3]);
	ck_assert_int_eq(v[4], 1);
	ck_assert_int_eq(v[5], 7);
	ck_assert_int_eq(v[6], 0);
}
END_TEST

START_TEST(a_completion_lets_one_through_and_complete_all_the_rest_with_1_vcpu)
{
	play(1, scene_completion, 0);
	ck_assert_str_eq(probe.order, "1d1d*dd");
	ck_assert_int_eq(v[0], 0);
	ck_assert_int_eq(v[1], 0);
	ck_assert_int_eq(v[2], 1);
	ck_assert_int_eq(v[3], 0);
	ck_assert_int_eq(v[4], 0);
}
END_TEST

START_TEST(a_completion_lets_one_through_and_complete_all_the_rest_with_2_vcpus)
{
	play(2, scene_completion, 0);
	ck_assert_str_eq(probe.order, "1d1d*dd");
	ck_assert_int_eq(v[0], 0);
	ck_assert_int_eq(v[1], 0);
	ck_assert_int_eq(v[2], 1);
	ck_assert_int_eq(v[3], 0);
	ck_assert_int_eq(v[4], 0);
}
END_TEST

START_TEST(wait_for_completion_timeout_returns_0_or_what_is_left)
{
	play(1, scene_completion_timeout, 0);
	ck_assert_int_eq(v[0], 0);
	ck_assert_int_ge(v[1], 5);
	ck_assert_int_le(v[1], 6);
	ck_assert_int_ge(v[2], 95);
	ck_assert_int_le(v[2], 98);
	ck_assert_int_eq(v[3], 0);
}
END_TEST

/* 20 ms are 5 jiffies; msleep() adds one, and the wheel rounds up by one. */
START_TEST(msleep_sleeps_between_one_and_two_jiffies_more_than_was_asked)
{
	play(1, scene_msleep, 0);
	ck_assert_int_gt(v[0], 20 * NSEC_PER_MSEC + JIFFY_NS);
	ck_assert_int_lt(v[1], 20 * NSEC_PER_MSEC + 2 * JIFFY_NS + JIFFY_NS / 8);
	/* time starts anywhere in a jiffy */
	ck_assert_int_gt(v[1] - v[0], JIFFY_NS / 4);
}
END_TEST

START_TEST(a_timer_for_ever_does_not_run_now)
{
	play(1, scene_far_timers, 0);
	ck_assert_str_eq(probe.order, "");
	ck_assert_int_eq(v[0], 3);
	ck_assert_int_eq(v[1], 1);
}
END_TEST

START_TEST(a_mutex_admits_one_and_is_handed_over_in_order)
{
	play(2, scene_mutex, 0);
	ck_assert_str_eq(probe.order, "abcabc");
	ck_assert_int_eq(v[0], 0);
	ck_assert_int_eq(v[1], 1);
	ck_assert_int_eq(v[2], 0);
	ck_assert_int_eq(v[3], 1);
}
END_TEST

START_TEST(readers_share_a_rwsem_and_a_writer_is_alone)
{
	play(2, scene_rwsem, 0);
	ck_assert_str_eq(probe.order, "rrWwl");
	ck_assert_int_eq(v[0], 0);
	ck_assert_int_eq(v[1], 0);
	ck_assert_int_eq(v[2], 0);
	ck_assert_int_eq(v[3], 2);
	ck_assert_int_eq(v[4], 1);
}
END_TEST

START_TEST(sleeping_under_a_spinlock_is_reported)
{
	play(1, scene_sleep_in_atomic, 1);
}
END_TEST

START_TEST(synchronize_rcu_waits_for_a_reader)
{
	play(2, scene_rcu, 0);
	ck_assert_str_eq(probe.order, "res");
	ck_assert_int_ge(v[0], 10 * NSEC_PER_MSEC);
	ck_assert_int_le(v[0], 30 * NSEC_PER_MSEC);
}
END_TEST

START_TEST(work_queued_twice_while_pending_runs_once)
{
	play(1, scene_queue_twice, 0);
	ck_assert_str_eq(probe.order, "a|BbBb");
	ck_assert_int_eq(v[0], 1);
	ck_assert_int_eq(v[1], 0);
	ck_assert_int_eq(v[2], 1);
	ck_assert_int_eq(v[3], 0);
	ck_assert_int_eq(v[4], 1);
}
END_TEST

START_TEST(work_that_sleeps_does_not_hold_up_other_work)
{
	play(1, scene_sleeping_work, 0);
	ck_assert_str_eq(probe.order, "Ab|a");
}
END_TEST

START_TEST(an_idle_worker_does_not_serialise_work)
{
	play(1, scene_idle_worker, 0);
	ck_assert_str_eq(probe.order, "bAb|a");
}
END_TEST

START_TEST(max_active_1_runs_work_in_order)
{
	play(2, scene_ordered_queue, 0);
	ck_assert_str_eq(probe.order, "CcAaBb|");
}
END_TEST

START_TEST(delayed_work_runs_at_its_time)
{
	play(1, scene_delayed_work, 0);
	ck_assert_str_eq(probe.order, "ddd");
	ck_assert_int_ge(v[1], 10);
	ck_assert_int_le(v[1], 12);
	ck_assert_int_eq(v[2], 1);
	ck_assert_int_eq(v[3], 0);
	ck_assert_int_ge(v[4], 3);
	ck_assert_int_le(v[4], 5);
	ck_assert_int_eq(v[5], 1);
	/* flushed, it does not wait for its timer */
	ck_assert_int_le(v[6], 1);
	ck_assert_int_eq(v[7], 1);
}
END_TEST

START_TEST(cancel_work_sync_takes_back_or_waits)
{
	play(1, scene_cancel_work, 0);
	ck_assert_str_eq(probe.order, "Aa|b");
	ck_assert_int_eq(v[0], 0);
	ck_assert_int_eq(v[1], 1);
	ck_assert_int_eq(v[2], 0);
}
END_TEST

START_TEST(cancel_work_sync_ends_work_that_queues_itself_with_1_vcpu)
{
	play(1, scene_cancel_requeueing_work, 0);
	ck_assert_str_eq(strchr(probe.order, '|'), "|b");
	ck_assert_int_eq(v[0], 0);
}
END_TEST

START_TEST(cancel_work_sync_ends_work_that_queues_itself_with_2_vcpus)
{
	play(2, scene_cancel_requeueing_work, 0);
	ck_assert_str_eq(strchr(probe.order, '|'), "|b");
	ck_assert_int_eq(v[0], 0);
}
END_TEST

START_TEST(cancel_delayed_work_sync_disarms)
{
	play(1, scene_cancel_delayed_work, 0);
	ck_assert_str_eq(probe.order, "|d");
	ck_assert_int_eq(v[1], 0);
	ck_assert_int_eq(v[2], 1);
	ck_assert_int_eq(v[3], 1);
	ck_assert_int_eq(v[4], 0);
}
END_TEST

START_TEST(cancel_delayed_work_sync_ends_work_that_arms_itself)
{
	play(1, scene_cancel_rearming_work, 0);
	ck_assert_str_eq(probe.order, "r|r|");
	ck_assert_int_eq(v[0], 0);
}
END_TEST

START_TEST(flush_work_waits_for_what_is_queued)
{
	play(1, scene_flush_work, 0);
	ck_assert_str_eq(probe.order, "Aa|");
	ck_assert_int_eq(v[0], 0);
	ck_assert_int_eq(v[1], 1);
	ck_assert_int_eq(v[2], 0);
	ck_assert_int_eq(v[3], 0);
	ck_assert_int_eq(v[4], 0);
}
END_TEST

START_TEST(two_tasks_share_a_vcpu)
{
	play(1, scene_share_cpu, 0);
	ck_assert_int_ge(v[0] + v[1], v[2] - 2 * NSEC_PER_MSEC);
	ck_assert_int_ge(v[0], 45 * NSEC_PER_MSEC);
	ck_assert_int_ge(v[1], 45 * NSEC_PER_MSEC);
}
END_TEST

/* place_entity() with START_DEBIT: behind a turn of all, the new one included, of 6 ms. */
START_TEST(a_new_task_waits_for_a_turn_of_all)
{
	play(1, scene_new_task, 0);
	ck_assert_int_eq(v[0], 6 * NSEC_PER_MSEC / 2);
	ck_assert_int_eq(v[1], 6 * NSEC_PER_MSEC / 3);
	ck_assert_int_eq(v[2], 6 * NSEC_PER_MSEC / 4);
}
END_TEST

/*
 * check_preempt_wakeup() calls update_curr(): who has run for 20 ms is that much ahead, though
 * nothing has interrupted it.  (Otherwise the next tick would find out, up to 4 ms later.)
 */
START_TEST(a_wake_up_knows_how_long_others_have_run)
{
	play(2, scene_wake_beside_long, 0);
	ck_assert_int_ge(v[0], 20 * NSEC_PER_MSEC);
	ck_assert_int_ge(v[1], v[0] - NSEC_PER_MSEC / 10);
	ck_assert_int_le(v[1], v[0]);
}
END_TEST

/* At any moment of their lives; with the sanitizer, what a child knew of its parent shows. */
START_TEST(a_parent_is_killed_whatever_its_children_do)
{
	play(2, scene_kill_parent, 0);
	ck_assert_int_gt(v[0], 50);
	ck_assert_int_eq(v[1], 0);
}
END_TEST

START_TEST(kthread_stop_waits_for_the_thread)
{
	play(2, scene_kthread_stop, 0);
	ck_assert_str_eq(probe.order, "1se2");
	ck_assert_int_eq(v[0], 42);
	ck_assert_int_eq(v[1], -EINTR);
}
END_TEST

START_TEST(notifiers_are_called_by_priority_until_one_stops_the_chain)
{
	play(1, scene_notifiers, 0);
	ck_assert_str_eq(probe.order, "3210|32|310");
	ck_assert_int_eq(v[0], 1);		/* NOTIFY_OK */
	ck_assert_int_eq(v[1], 0x8001);		/* NOTIFY_STOP */
	ck_assert_int_eq(v[2], -ENOENT);
}
END_TEST

START_TEST(a_warning_that_is_too_long_ends_after_a_word_and_says_so)
{
	size_t length;

	play(1, scene_long_warning, 1);
	length = strlen(probe.first_warning);
	ck_assert_uint_gt(length, 500);
	ck_assert_str_eq(probe.first_warning + length - 4, " ...");
	/* "wordNN " is seven long */
	ck_assert_uint_eq((length - 4 + 1) % 7, 0);
}
END_TEST

START_TEST(ratelimited_lines_are_ten_in_five_seconds_per_place)
{
	play(1, scene_ratelimit, 0);
	ck_assert_int_eq(v[0], 10);
	ck_assert_int_eq(v[1], 10);
	ck_assert_int_eq(v[2], 20);
	ck_assert_int_eq(v[3], 21);
	ck_assert_int_eq(v[4], 0);
	ck_assert_int_eq(v[5], 1);
}
END_TEST

START_TEST(module_parameters_are_checked)
{
	int i;

	play(1, scene_params, 0);
	ck_assert_int_eq(v[0], 6);
	ck_assert_int_eq(v[1], 6);
	for (i = 2; i < 14; i++)
		ck_assert_msg(v[i] == 1, "check %d", i);
}
END_TEST

static void add_case(Suite *s, const char *name, const TTest *const *tests, unsigned int nr)
{
	TCase *tc = tcase_create(name);
	unsigned int i;

	for (i = 0; i < nr; i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
}

#define ADD_CASE(s, name)                                                                          \
	add_case(s, #name, name##_tests, sizeof(name##_tests) / sizeof(name##_tests[0]))

Suite *test_suite(int argc, char **argv)
{
	const TTest *const wait_tests[] = {
		wake_up_wakes_when_the_condition_holds,
		wait_event_timeout_returns_0_or_what_is_left,
		a_completion_lets_one_through_and_complete_all_the_rest_with_1_vcpu,
		a_completion_lets_one_through_and_complete_all_the_rest_with_2_vcpus,
		wait_for_completion_timeout_returns_0_or_what_is_left,
		msleep_sleeps_between_one_and_two_jiffies_more_than_was_asked,
		a_timer_for_ever_does_not_run_now,
	};
	const TTest *const locks_tests[] = {
		a_mutex_admits_one_and_is_handed_over_in_order,
		readers_share_a_rwsem_and_a_writer_is_alone,
		sleeping_under_a_spinlock_is_reported,
		synchronize_rcu_waits_for_a_reader,
	};
	const TTest *const work_tests[] = {
		work_queued_twice_while_pending_runs_once,
		work_that_sleeps_does_not_hold_up_other_work,
		an_idle_worker_does_not_serialise_work,
		max_active_1_runs_work_in_order,
		delayed_work_runs_at_its_time,
		cancel_work_sync_takes_back_or_waits,
		cancel_work_sync_ends_work_that_queues_itself_with_1_vcpu,
		cancel_work_sync_ends_work_that_queues_itself_with_2_vcpus,
		cancel_delayed_work_sync_disarms,
		cancel_delayed_work_sync_ends_work_that_arms_itself,
		flush_work_waits_for_what_is_queued,
	};
	const TTest *const tasks_tests[] = {
		two_tasks_share_a_vcpu,
		kthread_stop_waits_for_the_thread,
		a_new_task_waits_for_a_turn_of_all,
		a_wake_up_knows_how_long_others_have_run,
		a_parent_is_killed_whatever_its_children_do,
	};
	const TTest *const rest_tests[] = {
		notifiers_are_called_by_priority_until_one_stops_the_chain,
		ratelimited_lines_are_ten_in_five_seconds_per_place,
		a_warning_that_is_too_long_ends_after_a_word_and_says_so,
		module_parameters_are_checked,
	};
	Suite *s = suite_create("kernel");

	ADD_CASE(s, wait);
	ADD_CASE(s, locks);
	ADD_CASE(s, work);
	ADD_CASE(s, tasks);
	ADD_CASE(s, rest);
	return s;
}
