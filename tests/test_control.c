// SPDX-License-Identifier: GPL-2.0-only
/*
 * Controllers of balloons: what each policy answers to what it is shown, and what a guest makes of
 * it.
 */
#include "control.h"
#include "read.h"
#include "scenario_run.h"
#include "suite.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define MIB_PAGES(mib) ((uint64_t)(mib) << 8)

static struct control_params params;
static struct control_input in;

static void setup(void)
{
	params = (struct control_params){
		.period_ns = 1000000000, .step_bytes = 256 * MIB, .min_bytes = 128 * MIB,
		.guest_free_percent = 20, .host_free_percent = 20, .low_percent = 10,
		.high_percent = 20, .stall_permille = 1,
		.pressure_high_permille = 100, .pressure_low_permille = 10,
	};
	in = (struct control_input){
		.params = &params, .guest_bytes = 4 * GIB, .actual_bytes = 4 * GIB, .vcpus = 2,
		.stat_free = 2 * GIB, .stat_available = 2 * GIB, .stat_swap_in = 0,
		.host_bytes = 16 * GIB, .host_free_bytes = 8 * GIB,
	};
}

/* To a thousandth, since shares are taken of rounded parts. */
static void is_about(uint64_t value, uint64_t bytes)
{
	ck_assert_msg(value >= bytes - bytes / 1000 && value <= bytes + bytes / 1000,
		      "%.2f MiB, not %.2f", value / 1048576., bytes / 1048576.);
}

START_TEST(free_memory_shrinks_under_pressure_only_and_by_five_percent)
{
	ck_assert_uint_eq(control_free_memory(&in, NULL), 0);
	in.host_free_bytes = 2 * GIB;
	is_about(control_free_memory(&in, NULL), 4 * GIB * 95 / 100);
	/* 10 % of what it has is to be free when half of the 20 % of the host's are. */
	in.host_free_bytes = 16 * GIB / 10;
	in.stat_free = 450 * MIB;
	is_about(control_free_memory(&in, NULL), 4 * GIB - 450 * MIB + 4 * GIB / 10);
	/* Critical: the host has 2 %, so the guest is to have 3 % less than it uses. */
	in.host_free_bytes = 16 * GIB / 50;
	in.stat_free = 20 * MIB;
	is_about(control_free_memory(&in, NULL), 4 * GIB - 20 * MIB - 4 * GIB * 3 / 100);
	/* And grows again when it is over. */
	in.host_free_bytes = 8 * GIB;
	in.actual_bytes = 2 * GIB;
	in.stat_free = 100 * MIB;
	is_about(control_free_memory(&in, NULL), 2 * GIB + 256 * MIB);
	in.stat_free = CONTROL_UNKNOWN;
	ck_assert_uint_eq(control_free_memory(&in, NULL), 0);
}
END_TEST

START_TEST(available_memory_stays_between_two_marks)
{
	/* 10 to 20 % of 4 GiB; the middle is 614 MiB. */
	in.stat_available = 700 * MIB;
	ck_assert_uint_eq(control_available(&in, NULL), 0);
	in.stat_available = 830 * MIB;
	is_about(control_available(&in, NULL), 4 * GIB - 216 * MIB);
	in.stat_available = 2 * GIB;
	ck_assert_uint_eq(control_available(&in, NULL), 4 * GIB - 256 * MIB);
	in.actual_bytes = 2 * GIB;
	in.stat_available = 400 * MIB;
	is_about(control_available(&in, NULL), 2 * GIB + 214 * MIB);
	in.actual_bytes = 200 * MIB;
	in.stat_available = 2 * GIB;
	ck_assert_uint_eq(control_available(&in, NULL), 128 * MIB);
}
END_TEST

START_TEST(stalls_make_a_guest_grow)
{
	void *state = NULL;

	ck_assert_uint_eq(control_stall(&in, &state), 0);
	is_about(control_stall(&in, &state), 4 * GIB * 99 / 100);
	in.actual_bytes = 2 * GIB;
	/* 2 ms of 2 vCPUs in a second are a thousandth: allowed. */
	in.stalled_ns += 2000000;
	is_about(control_stall(&in, &state), 2 * GIB * 99 / 100);
	in.stalled_ns += 4000000;
	is_about(control_stall(&in, &state), 2 * GIB + 2 * 4 * GIB / 10);
	/* 30 pages from the guest's own swap, 100 us each. */
	in.stat_swap_in = 30 * 4096;
	is_about(control_stall(&in, &state), 2 * GIB + 3 * 4 * GIB / 10);
	free(state);
}
END_TEST

START_TEST(memory_is_given_while_somebody_waits_for_it)
{
	/* Nobody waits, and all is there; then in between. */
	ck_assert_uint_eq(control_pressure(&in, NULL), 0);
	in.host_pressure.memory.some_avg10 = 999;
	ck_assert_uint_eq(control_pressure(&in, NULL), 0);
	/* 10 %, on the host or in the group: a step, of what is available beyond 10 % of 4 GiB. */
	in.host_pressure.memory.some_avg10 = 1000;
	ck_assert_uint_eq(control_pressure(&in, NULL), 4 * GIB - 256 * MIB);
	in.host_pressure.memory.some_avg10 = 0;
	in.group_pressure.memory.some_avg10 = 1000;
	in.stat_available = 500 * MIB;
	is_about(control_pressure(&in, NULL), 4 * GIB - (500 * MIB - 4 * GIB / 10));
	in.stat_available = 400 * MIB;
	ck_assert_uint_eq(control_pressure(&in, NULL), 0);
	in.stat_available = CONTROL_UNKNOWN;
	ck_assert_uint_eq(control_pressure(&in, NULL), 0);
	/* Pressure of I/O or CPUs is none of it; it is over, and the guest grows again. */
	in.group_pressure.memory.some_avg10 = 100;
	in.host_pressure.io.some_avg10 = in.host_pressure.cpu.some_avg10 = 9000;
	in.actual_bytes = 2 * GIB;
	ck_assert_uint_eq(control_pressure(&in, NULL), 2 * GIB + 256 * MIB);
	in.group_pressure.memory.some_avg10 = 101;
	ck_assert_uint_eq(control_pressure(&in, NULL), 0);
}
END_TEST

static char scenario[4096];

static const char *make(const char *controller, const char *balloon)
{
	snprintf(scenario, sizeof(scenario),
		 TEST_HEAD
		 "host { compatible = \"ballast,host\"; memory-mib = <2048>; cpus = <2>; };\n"
		 "guest { compatible = \"ballast,guest\"; memory-mib = <1024>; vcpus = <1>;\n"
		 "boot-profile = <&linux_6_1>;\n"
		 "modules { driver { compatible = \"ballast,module\";"
		 " image = \"virtio_ballast\"; }; };\n"
		 "devices { b { compatible = \"ballast,virtio-ballast\"; deflate-on-oom; %s }; };\n"
		 "controller { compatible = \"ballast,controller\"; period-ms = <500>; %s };\n"
		 "programs { idle { compatible = \"ballast,program-idle\";"
		 " duration-ms = <10000>; }; }; }; };\n", balloon, controller);
	return scenario;
}

#define POLLED "guest-stats-polling-s = <1>;"

static uint64_t ballooned(const char *controller)
{
	struct outcome o;
	uint64_t pages;

	outcome_run(&o, make(controller, POLLED), false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	pages = o.report.guests[0].last.ballooned;
	outcome_free(&o);
	return pages;
}

START_TEST(an_idle_guest_gives_what_it_has_available)
{
	/* Most of its memory is available, and 10 to 20 % may be. */
	ck_assert_uint_gt(ballooned("policy = \"available\";"), MIB_PAGES(400));
	/* 1 % each half second. */
	ck_assert_uint_gt(ballooned("policy = \"stall\";"), MIB_PAGES(100));
	/* Nobody waits for memory; the host is not short. */
	ck_assert_uint_eq(ballooned("policy = \"pressure\";"), 0);
	ck_assert_uint_eq(ballooned("policy = \"free-memory\";"), 0);
}
END_TEST

struct targets {
	struct trace_consumer consumer;
	uint64_t most, last;		/* pages, of the balloon of guest 0 */
	uint64_t psi;			/* avg10 when it was first more than nothing */
	uint64_t avg10;
	bool seen;			/* with the record that follows */
};

static void see_target(struct trace_consumer *consumer, const struct trace_record *record)
{
	struct targets *t = (struct targets *)consumer;
	const struct trace_rec_balloon_target *target = record->rec;

	if (record->id == TRACE_ID_psi_sample) {
		t->avg10 = ((const struct trace_rec_psi_sample *)record->rec)->memory_some_avg10;
		if (t->most && !t->seen)
			t->psi = t->avg10 > t->psi ? t->avg10 : t->psi;
		t->seen = t->most;
	}
	if (record->id != TRACE_ID_balloon_target)
		return;
	if (!t->most)
		t->psi = t->avg10;
	t->last = target->pages;
	t->most = t->last > t->most ? t->last : t->most;
}

/* What docs/controllers.md says of the scenario that ships: given when it is missed, and back. */
START_TEST(an_idle_guest_gives_while_its_neighbour_waits)
{
	struct targets t = { .consumer = { .record = see_target, .level = TRACE_NORMAL } };
	struct trace_reader *reader;
	struct outcome o;
	char error[200];

	outcome_run(&o, "/include/ \"pressure.dts\"\n"
		    "&{/guest} { controller { compatible = \"ballast,controller\";"
		    " policy = \"pressure\"; period-ms = <1000>; }; };\n"
		    "&balloon { guest-stats-polling-s = <1>; deflate-on-oom; };\n", true);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	reader = trace_reader_open(o.trace, error, sizeof(error));
	ck_assert_ptr_nonnull(reader);
	trace_reader_feed(reader, &t.consumer);
	trace_reader_close(reader);
	outcome_free(&o);
	ck_assert_uint_ge(t.most, MIB_PAGES(256));
	/* Records are of the worker's last turn before them: it was between two. */
	ck_assert_uint_ge(t.psi, 800);
	ck_assert_uint_eq(t.last, 0);
}
END_TEST

START_TEST(a_policy_of_ones_own_decides)
{
	ck_assert_uint_eq(ballooned("image = \"control-half\";"), MIB_PAGES(512));
}
END_TEST

static const struct {
	const char *controller, *balloon, *says;
} bad[] = {
	{ "", "", "it would know nothing of the guest; allowed: a balloon with "
	  "guest-stats-polling-s of 1 or more" },
	{ "low-percent = <30>;", POLLED, "high-percent: not above low-percent; allowed: 31..100" },
	{ "min-mib = <2000>;", POLLED, "min-mib: more than the guest has; allowed: 1..1024" },
	{ "pressure-low-permille = <300>;", POLLED,
	  "pressure-high-permille: not above pressure-low-permille; allowed: 301..1000" },
	{ "policy = \"psi\";", POLLED, "allowed: free-memory|available|stall|pressure" },
	{ "image = \"none-such\";", POLLED, "there is no file" },
	{ "image = \"virtio_ballast\";", POLLED, "has no function ballast_control" },
};

START_TEST(nonsense_is_refused_and_named)
{
	struct outcome o;

	outcome_run(&o, make(bad[_i].controller, bad[_i].balloon), false);
	ck_assert(o.refused);
	ck_assert_msg(strstr(o.text, bad[_i].says) != NULL, "says: %s", o.text);
	outcome_free(&o);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("control");
	TCase *tc = tcase_create("control");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, free_memory_shrinks_under_pressure_only_and_by_five_percent);
	tcase_add_test(tc, available_memory_stays_between_two_marks);
	tcase_add_test(tc, stalls_make_a_guest_grow);
	tcase_add_test(tc, memory_is_given_while_somebody_waits_for_it);
	tcase_add_test(tc, an_idle_guest_gives_while_its_neighbour_waits);
	tcase_add_test(tc, an_idle_guest_gives_what_it_has_available);
	tcase_add_test(tc, a_policy_of_ones_own_decides);
	tcase_add_loop_test(tc, nonsense_is_refused_and_named, 0, sizeof(bad) / sizeof(bad[0]));
	suite_add_tcase(s, tc);
	return s;
}
