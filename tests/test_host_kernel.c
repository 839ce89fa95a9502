// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's kernel and its hypercall: each answer, what is gone afterwards and who has paid, by
 * calls made directly; then the two halves together in a small machine, hostile guests, and
 * handlers with a mistake.
 */
#include "host_run.h"
#include "kernel/host_scenes.h"
#include "scenario_run.h"
#include "suite.h"

#define PAGE UINT64_C(4096)
#define HC_PAGE_HINT 100
#define FEATURE_PAGE_HINT (1u << 20)

/* A host with the handler, with its parameter min_order unless NULL. */
static void make_host(const char *image, const char *min_order)
{
	static struct module_arg args[1];

	host_setup();
	if (!image)
		return;
	args[0] = (struct module_arg){ "min_order", min_order };
	load_module(image, args, min_order ? 1 : 0);
}

/* A guest of 65 MiB, so that its last block of 2 MiB goes past its memory. */
static void make_vm(bool assigned, bool hugetlb)
{
	vm = host_create_vm(&host, "guest", 65 * MIB, 1);
	vm->assigned_device = assigned;
	attach_vm(vm, hugetlb);
}

static long call(unsigned long nr, uint64_t a0, uint64_t a1)
{
	const unsigned long arg[4] = { a0, a1 };

	return kvm_hypercall(vm, nr, arg, NULL);
}

static const struct answer {
	uint64_t gpa, len;
	long ret;
} answers[] = {
	{ 0, BLOCK, 0 },
	{ 4 * MIB, 4 * MIB, 0 },
	{ 62 * MIB, BLOCK, 0 },
	/* length */
	{ 0, 0, -22 },
	{ 0, PAGE, -22 },
	{ 0, MIB, -22 },
	{ 0, 3 * MIB, -22 },
	{ 0, BLOCK + 1, -22 },
	{ 0, UINT64_MAX, -22 },
	{ 0, UINT64_C(1) << 63, -14 },
	/* alignment */
	{ PAGE, BLOCK, -22 },
	{ MIB, BLOCK, -22 },
	{ 2 * MIB, 4 * MIB, -22 },
	{ UINT64_C(1) << 63, UINT64_C(1) << 63, -22 },	/* wraps */
	/* where no memory is, and where it ends within the block */
	{ 64 * MIB, BLOCK, -14 },
	{ 0, 128 * MIB, -14 },
	{ 66 * MIB, BLOCK, -14 },
	{ UINT64_C(1) << 40, BLOCK, -14 },
	{ UINT64_MAX - BLOCK + 1, BLOCK, -22 },
};

#define NR_ANSWERS (sizeof(answers) / sizeof(answers[0]))

START_TEST(each_hint_has_its_answer)
{
	make_host("kvm_page_hint_host", NULL);
	make_vm(false, false);
	guest_ram_write(vm->ram, gfn(0), 65 * 256, 1);
	ck_assert_int_eq(call(HC_PAGE_HINT, answers[_i].gpa, answers[_i].len), answers[_i].ret);
	/* All of it, or nothing. */
	ck_assert_uint_eq(guest_ram_resident(vm->ram),
			  65 * 256 - (answers[_i].ret ? 0 : answers[_i].len / PAGE));
	ck_assert_uint_eq(hint_bytes, answers[_i].ret ? 0 : answers[_i].len);
	ck_assert_uint_eq(vm->exits[KVM_EXIT_HYPERCALL], 1);
	ck_assert_str_eq(host_kernel_warning(kernel), "");
	host_teardown();
}
END_TEST

START_TEST(a_hinted_block_reads_as_zeroes_and_its_neighbours_do_not)
{
	make_host("kvm_page_hint_host", NULL);
	make_vm(false, false);
	guest_ram_write(vm->ram, gfn(0), 2048, 1);
	ck_assert_int_eq(call(HC_PAGE_HINT, BLOCK, BLOCK), 0);
	ck_assert_uint_eq(guest_ram_peek(vm->ram, gfn(511)), 512);
	ck_assert_uint_eq(guest_ram_peek(vm->ram, gfn(512)), 0);
	ck_assert_uint_eq(guest_ram_peek(vm->ram, gfn(1023)), 0);
	ck_assert_uint_eq(guest_ram_peek(vm->ram, gfn(1024)), 1025);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(512)), RAM_NONE);
	ck_assert_uint_eq(guest_ram_given_back(vm->ram), 512);
	host_teardown();
}
END_TEST

START_TEST(an_assigned_device_keeps_the_memory)
{
	make_host("kvm_page_hint_host", NULL);
	make_vm(true, false);
	guest_ram_write(vm->ram, gfn(0), 512, 1);
	ck_assert_int_eq(call(HC_PAGE_HINT, 0, BLOCK), -95);
	/* What is malformed is so with a device as well. */
	ck_assert_int_eq(call(HC_PAGE_HINT, 0, PAGE), -22);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), 512);
	host_teardown();
}
END_TEST

START_TEST(hugetlbfs_is_not_zapped)
{
	make_host("kvm_page_hint_host", NULL);
	make_vm(false, true);
	guest_ram_write(vm->ram, gfn(0), 512, 1);
	ck_assert_int_eq(call(HC_PAGE_HINT, 0, BLOCK), -14);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), 512);
	host_teardown();
}
END_TEST

START_TEST(without_a_handler_no_number_is_known)
{
	make_host(NULL, NULL);
	make_vm(false, false);
	ck_assert_uint_eq(kvm_features(vm), 0);
	ck_assert_int_eq(call(HC_PAGE_HINT, 0, BLOCK), -1000);
	host_teardown();
}
END_TEST

/* 11, the number of 2019, is KVM_HC_SCHED_YIELD today, which the model does not have. */
START_TEST(the_handler_offers_its_feature_and_takes_its_number_alone)
{
	make_host("kvm_page_hint_host", NULL);
	make_vm(false, false);
	ck_assert_uint_eq(kvm_features(vm), FEATURE_PAGE_HINT);
	guest_ram_write(vm->ram, gfn(0), 512, 1);
	ck_assert_int_eq(call(11, 0, BLOCK), -1000);
	ck_assert_int_eq(call(HC_PAGE_HINT + 1, 0, BLOCK), -1000);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), 512);
	/* Nothing is left of it once it is removed. */
	ck_assert_uint_eq(host_kernel_unload(kernel, error, sizeof(error)), 0);
	ck_assert_uint_eq(kvm_features(vm), 0);
	ck_assert_int_eq(call(HC_PAGE_HINT, 0, BLOCK), -1000);
	host_teardown();
}
END_TEST

START_TEST(the_host_says_how_small_blocks_may_be)
{
	make_host("kvm_page_hint_host", "0");
	make_vm(false, false);
	guest_ram_write(vm->ram, gfn(0), 512, 1);
	ck_assert_int_eq(call(HC_PAGE_HINT, 5 * PAGE, PAGE), 0);
	ck_assert_int_eq(call(HC_PAGE_HINT, 5 * PAGE, 2 * PAGE), -22);
	ck_assert_int_eq(call(HC_PAGE_HINT, 5 * PAGE, PAGE / 2), -22);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), 511);
	host_teardown();
	make_host("kvm_page_hint_host", "11");
	ck_assert_ptr_null(kernel);
	ck_assert_msg(strstr(error, "init function failed with error -22") != NULL, "%s", error);
	host_teardown();
}
END_TEST

/* Costs that can be told apart. */
static void set_costs(void)
{
	memset(&costs, 0, sizeof(costs));
	costs.ns[COST_VMEXIT] = 1000;
	costs.ns[COST_EPT_HUGE_ZAP] = 50000;
	costs.ns[COST_TLB_FLUSH] = 300;
	costs.ns[COST_MADVISE] = 7;
}

static uint64_t began, ended;

static void hint_once(void *arg)
{
	began = engine.now;
	ck_assert_int_eq(call(HC_PAGE_HINT, 0, BLOCK), 0);
	ended = engine.now;
}

START_TEST(the_vcpu_is_in_the_host_until_the_block_is_zapped)
{
	set_costs();
	make_host("kvm_page_hint_host", NULL);
	make_vm(false, false);
	guest_ram_write(vm->ram, gfn(0), 512, 1);
	run_on_vcpu(hint_once, 10 * NSEC_PER_SEC_U64);
	/* Exit, zap, flushes of the VMM's mapping and of the vCPU itself; no madvise(). */
	ck_assert_uint_eq(ended - began, 1000 + 50000 + 2 * 300);
	ck_assert_uint_eq(ledger_total(&vm->account[ACCOUNT_EXIT]), ended - began);
	ck_assert_uint_eq(ledger_total(&vm->account[ACCOUNT_GUEST]), 0);
	ck_assert_uint_eq(ledger_total(&vm->account[ACCOUNT_VMM_KERNEL]), 0);
	memset(&costs, 0, sizeof(costs));
	host_teardown();
}
END_TEST

START_TEST(a_hint_waits_for_who_has_the_mmap_lock_for_write)
{
	make_host("kvm_page_hint_host", NULL);
	make_vm(false, false);
	guest_ram_write(vm->ram, gfn(0), 512, 1);
	host_scene_hold_mmap_lock(kernel, vm, 5 * NSEC_PER_MSEC_U64);
	run_on_vcpu(hint_once, 10 * NSEC_PER_SEC_U64);
	/* Jiffies of 4 ms: 5 ms are two at least, and the timer's grid on top. */
	ck_assert_uint_ge(ended - began, 5 * NSEC_PER_MSEC_U64);
	ck_assert_uint_le(ended - began, 13 * NSEC_PER_MSEC_U64);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), 0);
	host_teardown();
}
END_TEST

START_TEST(tasks_of_the_host_kernel_sleep_wake_and_end)
{
	char order[32];

	make_host("kvm_page_hint_host", NULL);
	make_vm(false, false);
	host_scene_tasks(kernel, order, sizeof(order));
	engine_run(&engine, NSEC_PER_SEC_U64);
	ck_assert_str_eq(order, "asWwtjke");
	ck_assert_str_eq(host_kernel_warning(kernel), "");
	host_teardown();
}
END_TEST

/* In a machine */

static char scenario[4096];

static const char *make(const char *host_modules, const char *guest_module, const char *guest_props,
			const char *programs)
{
	snprintf(scenario, sizeof(scenario), TEST_HEAD
		 "host { compatible = \"ballast,host\"; memory-mib = <2048>; cpus = <2>; %s };\n"
		 "g: guest { compatible = \"ballast,guest\"; memory-mib = <512>; vcpus = <2>;\n"
		 "boot-profile = <&linux_6_1>; %s\n"
		 "modules { driver { compatible = \"ballast,module\"; %s }; };\n"
		 "programs { %s }; }; };\n", host_modules, guest_props, guest_module, programs);
	return scenario;
}

#define HANDLER_NAMED(name)                                                                        \
	"modules { hint { compatible = \"ballast,module\"; image = \"" name "\"; }; };"
#define HANDLER HANDLER_NAMED("kvm_page_hint_host")
#define ANY_ORDER                                                                                  \
	"modules { hint { compatible = \"ballast,module\"; image = \"kvm_page_hint_host\";"        \
	" parameters { min_order = <0>; }; }; };"
#define HINTS "image = \"kvm_page_hint\";"
#define HINTS_WITH(parameters) "image = \"kvm_page_hint\"; parameters { " parameters " };"
#define MEMHOG                                                                                     \
	"memhog { compatible = \"ballast,program-memhog\"; size-mib = <256>; };"                   \
	"idle { compatible = \"ballast,program-idle\"; duration-ms = <1000>; };"
#define CHURN                                                                                      \
	"use { compatible = \"ballast,program-churn\"; size-mib = <300>; duration-ms = <10000>;"   \
	" min-kib = <64>; max-kib = <4096>; lifetime-ms = <500>; };"

static struct outcome o;

static void run_well(const char *text)
{
	outcome_run(&o, text, false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
}

START_TEST(what_a_program_frees_leaves_the_host_at_once)
{
	run_well(make(HANDLER, HINTS, "", MEMHOG));
	ck_assert_uint_ge(o.report.guests[0].total.report_bytes, 200 * MIB);
	ck_assert_uint_eq(o.report.guests[0].total.report_requests,
			  o.report.guests[0].exits[TRACE_EXIT_HYPERCALL]);
	/* Nothing is kicked, nobody is interrupted. */
	ck_assert_uint_eq(o.report.guests[0].total.report_bytes / MIB % 2, 0);
	ck_assert_uint_lt(o.report.guests[0].last.resident, 130 * 256);
	outcome_free(&o);
	run_well(make("", "image = \"virtio_ballast\";", "", MEMHOG));
	ck_assert_uint_gt(o.report.guests[0].last.resident, 256 * 256);
	outcome_free(&o);
}
END_TEST

static const char *const orders[] = { "order = <0>;", "order = <4>;", "order = <9>;",
				      "order = <10>;" };

START_TEST(contents_survive_hints_of_any_order)
{
	snprintf(error, sizeof(error), "image = \"kvm_page_hint\"; parameters { %s };", orders[_i]);
	run_well(make(ANY_ORDER, error, "", CHURN));
	ck_assert_uint_gt(o.report.guests[0].total.report_requests, 0);
	outcome_free(&o);
}
END_TEST

START_TEST(a_host_that_wants_larger_blocks_is_asked_once)
{
	run_well(make(HANDLER, HINTS_WITH("order = <4>;"), "", MEMHOG));
	ck_assert_uint_eq(o.report.guests[0].total.report_requests, 0);
	ck_assert_uint_eq(o.report.guests[0].exits[TRACE_EXIT_HYPERCALL], 1);
	ck_assert_msg(strstr(o.text, "the host refuses hints of order 4 with error -22") != NULL,
		      "%s", o.text);
	outcome_free(&o);
}
END_TEST

START_TEST(memory_of_hugetlbfs_stays)
{
	run_well(make(HANDLER, HINTS, "page-size-kib = <2048>;", MEMHOG));
	ck_assert_uint_gt(o.report.guests[0].exits[TRACE_EXIT_HYPERCALL], 0);
	ck_assert_uint_eq(o.report.guests[0].total.discard_pages, 0);
	outcome_free(&o);
}
END_TEST

static const struct refusal {
	const char *host, *module, *guest, *says;
} refusals[] = {
	{ "", HINTS, "",
	  "/guest/modules/driver: it makes hypercalls, and no module of the host's kernel handles "
	  "any; allowed: with one in /host" },
	{ HANDLER, HINTS, "assigned-device;",
	  "/guest/modules/driver: the host takes no hints of a guest with assigned-device" },
	{ HANDLER, HINTS, "page-size-kib = <64>;",
	  "/guest: page-size-kib: 64; modules of the host's kernel are compiled for pages of "
	  "4 KiB; allowed with them: 4, 2048" },
	{ "modules { hint { compatible = \"ballast,module\"; image = \"kvm_page_hint_host\";"
	  " parameters { min_order = <11>; }; }; };", HINTS, "",
	  "/host/modules/hint: " },
	{ "modules { hint { compatible = \"ballast,module\"; image = \"no-such\"; }; };", HINTS, "",
	  "/host/modules/hint: image: there is no file" },
	{ "modules { hint { compatible = \"ballast,module\"; image = \"virtio-ballast\"; }; };",
	  HINTS, "", "this is the image of a device, not of a kernel module" },
	{ "modules { a { compatible = \"ballast,module\"; image = \"kvm_page_hint_host\"; };"
	  " b { compatible = \"ballast,module\"; image = \"kvm_page_hint_host\"; }; };", HINTS, "",
	  "/host/modules/b: image: File exists: a loads module kvm_page_hint_host already" },
};

#define NR_REFUSALS (sizeof(refusals) / sizeof(refusals[0]))

START_TEST(what_the_machine_cannot_have_is_refused_before_the_run)
{
	const struct refusal *r = &refusals[_i];

	outcome_run(&o, make(r->host, r->module, r->guest, MEMHOG), false);
	ck_assert(o.refused);
	ck_assert_msg(strstr(o.text, r->says) != NULL, "%s", o.text);
	outcome_free(&o);
}
END_TEST

static const struct refusal insmods[] = {
	{ HANDLER, HINTS, "page-poison;", "free pages are poisoned, and would lose the poison" },
	{ HANDLER, HINTS_WITH("order = <11>;"), "", "order=11: the largest block is of order 10" },
	{ HANDLER_NAMED("broken-host-other-number"), HINTS, "",
	  "the host does not offer page hints (bit 20 of CPUID leaf 0x40000001)" },
};

START_TEST(the_guest_half_says_why_it_cannot_be_loaded)
{
	const struct refusal *r = &insmods[_i];

	outcome_run(&o, make(r->host, r->module, r->guest, MEMHOG), false);
	ck_assert_int_eq(o.end, TRACE_END_FAILED);
	ck_assert_msg(strstr(o.text, r->says) != NULL, "%s", o.text);
	outcome_free(&o);
}
END_TEST

START_TEST(two_runs_with_hypercalls_are_the_same)
{
	uint64_t events;

	run_well(make(HANDLER, HINTS, "", CHURN));
	events = o.report.events;
	outcome_free(&o);
	run_well(make(HANDLER, HINTS, "", CHURN));
	ck_assert_uint_eq(o.report.events, events);
	outcome_free(&o);
}
END_TEST

/* Broken halves */

static const struct broken {
	const char *host, *module;
	enum trace_end end;
	const char *says;
} broken[] = {
	{ HANDLER_NAMED("broken-host-double-length"), HINTS, TRACE_END_DATA_LOSS,
	  "data loss: guest guest" },
	{ HANDLER_NAMED("broken-host-no-mmap-lock"), HINTS, TRACE_END_PROTOCOL,
	  "the host's kernel warned: WARNING: mm:0: find_vma() without the mmap lock" },
	{ HANDLER_NAMED("broken-host-zaps-in-atomic"), HINTS, TRACE_END_PROTOCOL,
	  "host: BUG: sleeping function called from invalid context" },
	{ HANDLER_NAMED("broken-host-wild-pointer"), HINTS, TRACE_END_FAILED,
	  "the host's kernel: image broken-host-wild-pointer: " },
	{ HANDLER, "image = \"broken-guest-hints-late\";", TRACE_END_DATA_LOSS,
	  "asked for by late_hypercall2() (guest-hints-late.c" },
	{ HANDLER, "image = \"broken-guest-hints-both-buddies\";", TRACE_END_DATA_LOSS,
	  "data loss: guest guest" },
};

#define NR_BROKEN (sizeof(broken) / sizeof(broken[0]))

START_TEST(broken_halves_are_caught)
{
	const struct broken *b = &broken[_i];

	outcome_run(&o, make(b->host, b->module, "", CHURN), false);
	ck_assert_msg(!o.refused && o.end == b->end, "%d: %s", o.end, o.text);
	ck_assert_msg(strstr(o.text, b->says) != NULL, "%s", o.text);
	outcome_free(&o);
}
END_TEST

/* Whatever a guest asks for, the host keeps what is not the guest's, and the run goes on. */
START_TEST(a_hostile_guest_gets_errors_and_nothing_else)
{
	run_well(make(ANY_ORDER, "image = \"broken-guest-hostile-hints\";", "", MEMHOG));
	ck_assert_uint_eq(o.report.guests[0].exits[TRACE_EXIT_HYPERCALL], 1000);
	ck_assert_msg(strstr(o.text, "all refused") != NULL, "%s", o.text);
	ck_assert_uint_eq(o.report.guests[0].total.discard_pages, 0);
	outcome_free(&o);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("host_kernel");
	TCase *calls = tcase_create("calls"), *machines = tcase_create("machines");
	TCase *bad = tcase_create("broken");

	tcase_add_loop_test(calls, each_hint_has_its_answer, 0, NR_ANSWERS);
	tcase_add_test(calls, a_hinted_block_reads_as_zeroes_and_its_neighbours_do_not);
	tcase_add_test(calls, an_assigned_device_keeps_the_memory);
	tcase_add_test(calls, hugetlbfs_is_not_zapped);
	tcase_add_test(calls, without_a_handler_no_number_is_known);
	tcase_add_test(calls, the_handler_offers_its_feature_and_takes_its_number_alone);
	tcase_add_test(calls, the_host_says_how_small_blocks_may_be);
	tcase_add_test(calls, the_vcpu_is_in_the_host_until_the_block_is_zapped);
	tcase_add_test(calls, a_hint_waits_for_who_has_the_mmap_lock_for_write);
	tcase_add_test(calls, tasks_of_the_host_kernel_sleep_wake_and_end);
	suite_add_tcase(s, calls);
	tcase_add_test(machines, what_a_program_frees_leaves_the_host_at_once);
	tcase_add_loop_test(machines, contents_survive_hints_of_any_order, 0,
			    sizeof(orders) / sizeof(orders[0]));
	tcase_add_test(machines, a_host_that_wants_larger_blocks_is_asked_once);
	tcase_add_test(machines, memory_of_hugetlbfs_stays);
	tcase_add_loop_test(machines, what_the_machine_cannot_have_is_refused_before_the_run, 0,
			    NR_REFUSALS);
	tcase_add_loop_test(machines, the_guest_half_says_why_it_cannot_be_loaded, 0,
			    sizeof(insmods) / sizeof(insmods[0]));
	tcase_add_test(machines, two_runs_with_hypercalls_are_the_same);
	suite_add_tcase(s, machines);
	tcase_add_loop_test(bad, broken_halves_are_caught, 0, NR_BROKEN);
	tcase_add_test(bad, a_hostile_guest_gets_errors_and_nothing_else);
	suite_add_tcase(s, bad);
	return s;
}
