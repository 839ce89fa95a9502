// SPDX-License-Identifier: GPL-2.0-only
/*
 * `ballast trace why`: the story of a page in words.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"
#include "why.h"

static const struct {
	uint64_t wait;
	const char *task, *says;
} stories[] = {
	{ TRACE_WAIT_NOBODY, "a", "which takes 3000.0 us\n" },
	{ TRACE_WAIT_VCPU, "a", ", while the vCPU stands still with a on it\n" },
	{ TRACE_WAIT_HALTED, "a", ", while the vCPU with a on it is halted between interrupts "
	  "(asynchronous page fault)\n" },
	{ TRACE_WAIT_TASK, "a", ", while a sleeps and its vCPU goes on with others (asynchronous "
	  "page fault)\n" },
	{ TRACE_WAIT_TASK, NULL, ", while a task of the guest sleeps and" },
};

START_TEST(why_says_who_has_waited)
{
	struct trace_rec_guest guest = { .guest = 0, .name = "g", .memory = 64 << 20 };
	struct trace_rec_ept_fault fault = { .gfn = 5, .nr = 1, .latency = 3000000, .id = 1,
					     .wait = stories[_i].wait, .task = stories[_i].task };
	const struct trace_record records[] = {
		{ .id = TRACE_ID_guest, .type = &trace_types[TRACE_ID_guest], .rec = &guest },
		{ .id = TRACE_ID_ept_fault, .type = &trace_types[TRACE_ID_ept_fault],
		  .time = 10000000, .rec = &fault },
	};
	struct trace_why why = { .name = "g", .gfn = 5, .at = UINT64_MAX };
	char text[4096] = "", error[256] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");
	unsigned int i;

	trace_why_init(&why);
	for (i = 0; i < 2; i++)
		why.consumer.record(&why.consumer, &records[i]);
	ck_assert_msg(trace_why_print(&why, out, error, sizeof(error)), "%s", error);
	fclose(out);
	ck_assert_msg(strstr(text, stories[_i].says) != NULL, "%s", text);
	trace_why_free(&why);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("why");
	TCase *tc = tcase_create("faults");

	tcase_add_loop_test(tc, why_says_who_has_waited, 0,
			    sizeof(stories) / sizeof(stories[0]));
	suite_add_tcase(s, tc);
	return s;
}
