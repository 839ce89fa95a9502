// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asynchronous page faults: who waits for a page that the host reads from swap, and what goes on
 * meanwhile.  Rules are those of kvm_faultin_pfn(), kvm_can_do_async_pf() and virt/kvm/async_pf.c
 * of Linux 6.1, and of its guests (arch/x86/kernel/kvm.c).
 */
#include "guest.h"
#include "host_swap.h"
#include "kernel/async_pf_scenes.h"
#include "memory.h"
#include "scenario_run.h"
#include "suite.h"
#include "swap.h"

#define MS UINT64_C(1000000)
#define MIB(n) ((uint64_t)(n) << 20)
#define READ_NS (50 * MS)	/* of a page */

static struct engine engine;
static struct host host;
static struct kvm_vm *vm;
static struct kernel *kernel;
static struct async_pf_scene scene;
static struct ept_fault seen[ASYNC_PF_TASKS];
static char seen_task[ASYNC_PF_TASKS][32];
static unsigned int nr_seen;
static uint64_t lost;

static void see_fault(struct kvm_vm *of, const struct ept_fault *fault)
{
	if (!fault->swapped_in)
		return;
	ck_assert_uint_lt(nr_seen, ASYNC_PF_TASKS);
	snprintf(seen_task[nr_seen], sizeof(seen_task[0]), "%s", fault->task ? fault->task : "");
	seen[nr_seen++] = *fault;
}

static void see_loss(struct kvm_vm *of, const struct data_loss *loss)
{
	lost++;
}

static const struct host_observer observer = { .ept_fault = see_fault, .data_loss = see_loss };

/* A guest of one vCPU, whose tasks are about to use pages that are in swap. */
static void make(enum kvm_async_pf mode, const struct async_pf_scene *s)
{
	static struct cost_table costs;
	struct host_config config = { .memory_bytes = MIB(512), .nr_cpus = 2,
				      .thp = HOST_THP_NEVER, .seed = 1 };
	struct swap_config ssd = {
		.name = "swap", .size_bytes = MIB(64), .readahead_pages = 1,
		.disk = { .kind = DISK_SSD, .name = "swap", .queue_depth = 128,
			  .read_ns = READ_NS, .write_ns = READ_NS },
	};
	unsigned int i;

	costs.ns[COST_VMEXIT] = costs.ns[COST_EPT_FAULT] = costs.ns[COST_HOST_SWITCH] = 1000;
	costs.ns[COST_GUEST_SWITCH] = costs.ns[COST_GUEST_IRQ] = 1000;
	engine_init(&engine);
	ck_assert_int_eq(host_init(&host, &engine, &config, &costs), 0);
	host.observer = &observer;
	host_add_swap(&host, swap_create(&ssd, &engine, 1, "test"));
	vm = host_create_vm(&host, "guest", MIB(128), 1);
	vm->async_pf = mode;
	scene = *s;
	kernel = async_pf_guest(&engine, vm, &scene);
	for (i = 0; i < (scene.same_page ? 1 : scene.nr_tasks); i++)
		swap_out_page(vm->ram, scene.gfn[i]);
}

static void unmake(void)
{
	guest_kernel_destroy(kernel);
	host_destroy(&host);
	engine_destroy(&engine);
	ck_assert_uint_eq(lost, 0);
}

static void run(enum kvm_async_pf mode, const struct async_pf_scene *s)
{
	make(mode, s);
	engine_run(&engine, 1000 * MS);
	ck_assert_uint_eq(scene.nr_done, scene.nr_tasks);
}

static uint64_t stalled(void)
{
	return vm->vcpus[0]->stalled;
}

/* kvm_async_pf_task_wait_schedule(): one sleeps, the other has the vCPU for all of the time. */
START_TEST(a_task_sleeps_for_its_page_and_another_computes)
{
	run(KVM_ASYNC_PF_INT, &(struct async_pf_scene){ .from = FROM_USER, .nr_tasks = 1,
							.computes = true });
	ck_assert_uint_gt(scene.waited[0], READ_NS);
	ck_assert_uint_lt(scene.waited[0], READ_NS + MS);
	ck_assert_uint_gt(scene.computed, READ_NS - MS);
	ck_assert_uint_eq(stalled(), 0);
	ck_assert_uint_eq(host.stats.async_faults, 1);
	ck_assert_uint_eq(kvm_async_pf_asleep_ns(vm) / MS, READ_NS / MS);
	/* "page ready" finds it in the guest: a kick, and the acknowledgement of the interrupt. */
	ck_assert_uint_eq(vm->exits[KVM_EXIT_INTERRUPT], 1);
	ck_assert_uint_eq(vm->exits[KVM_EXIT_MSR], 1);
	/* async_pf_execute() gets it for writing: the slot is free. */
	ck_assert_uint_eq(swap_used_slots(host.swap), 0);
	unmake();
}
END_TEST

/*
 * async_pf_execute() waits for the page, with io_schedule(), in no group; what the vCPU does is
 * kvm_vcpu_block() at most.  Without a worker it is the vCPU, which is in its group.
 */
START_TEST(the_worker_waits_for_io_and_the_vcpu_does_not)
{
	static const enum kvm_async_pf mode[] = { KVM_ASYNC_PF_INT, KVM_ASYNC_PF_HALT,
						  KVM_ASYNC_PF_OFF };
	struct async_pf_scene s = { .from = FROM_USER, .nr_tasks = 1 };
	struct psi_values group, root;
	struct host_memcg *memcg;

	make(mode[_i], &s);
	memcg = host_add_memcg(&host, "group", NULL);
	vm->memcg = memcg;
	engine_run(&engine, 1000 * MS);
	ck_assert_uint_eq(scene.nr_done, 1);
	psi_show(memcg->psi, engine.now, &group);
	psi_show(host.root.psi, engine.now, &root);
	/* A page of which nothing is known: no memory stall. */
	ck_assert_uint_eq(root.total_us[PSI_MEM_SOME], 0);
	ck_assert_uint_ge(root.total_us[PSI_IO_SOME], READ_NS / 1000);
	ck_assert_uint_le(root.total_us[PSI_IO_SOME], READ_NS / 1000 + 1000);
	if (mode[_i] == KVM_ASYNC_PF_OFF)
		ck_assert_uint_eq(group.total_us[PSI_IO_FULL], root.total_us[PSI_IO_SOME]);
	else
		ck_assert_uint_eq(group.total_us[PSI_IO_SOME], 0);
	unmake();
}
END_TEST

/* What is told of the fault names who has waited, and for how long. */
START_TEST(a_fault_says_who_has_waited)
{
	static const enum fault_wait waits[3][3] = {
		[KVM_ASYNC_PF_INT] = { FAULT_ASYNC, FAULT_HALTED, FAULT_STALLED },
		[KVM_ASYNC_PF_HALT] = { FAULT_HALTED, FAULT_HALTED, FAULT_STALLED },
		[KVM_ASYNC_PF_OFF] = { FAULT_STALLED, FAULT_STALLED, FAULT_STALLED },
	};
	enum kvm_async_pf mode = (enum kvm_async_pf)(_i / 3);
	enum async_pf_from from = (enum async_pf_from)(_i % 3);

	run(mode, &(struct async_pf_scene){ .from = from, .nr_tasks = 1 });
	ck_assert_uint_eq(nr_seen, 1);
	ck_assert_int_eq(seen[0].wait, waits[mode][from]);
	ck_assert_str_eq(seen_task[0], "user/0");
	ck_assert_uint_eq(seen[0].ns / MS, READ_NS / MS);
	ck_assert_uint_eq(seen[0].gfn.nr, scene.gfn[0]);
	unmake();
}
END_TEST

/*
 * KVM_REQ_APF_HALT: a timer that expires while the vCPU is halted runs then.  Where it cannot be
 * halted (kvm_can_do_async_pf()), it runs when the page is there.
 */
START_TEST(interrupts_of_a_halted_vcpu_are_on_time)
{
	struct async_pf_scene s = { .from = FROM_KERNEL, .nr_tasks = 1, .timer_at = READ_NS / 2 };

	s.from = _i == 1 ? FROM_IRQS_OFF : FROM_KERNEL;
	run(_i == 2 ? KVM_ASYNC_PF_OFF : KVM_ASYNC_PF_INT, &s);
	if (_i == 0)
		ck_assert_uint_lt(scene.timer_ran, s.timer_at + MS / 10);
	else
		ck_assert_uint_ge(scene.timer_ran, READ_NS);
	ck_assert_uint_ge(scene.timer_ran, s.timer_at);
	ck_assert_uint_lt(scene.waited[0], READ_NS + MS);
	/* The vCPU did nothing for the time of the read, and tried again after the timer. */
	ck_assert_uint_gt(stalled(), READ_NS - MS);
	ck_assert_uint_lt(stalled(), READ_NS + MS);
	ck_assert((_i == 0) == (host.stats.async_halts >= 2));
	ck_assert_uint_eq(vm->exits[KVM_EXIT_MSR], 0);
	unmake();
}
END_TEST

/*
 * A program that is interrupted may have to give way, the kernel does not (voluntary preemption):
 * the tick ends the turn of the one and not that of the other.
 */
START_TEST(a_halted_vcpu_goes_on_with_another_task_unless_its_kernel_waits)
{
	run(KVM_ASYNC_PF_HALT, &(struct async_pf_scene){
		.from = _i ? FROM_KERNEL : FROM_USER, .nr_tasks = 1, .computes = true });
	if (_i)
		ck_assert_uint_lt(scene.computed, READ_NS / 2 + 10 * MS);
	else
		ck_assert_uint_gt(scene.computed, READ_NS / 2);
	ck_assert_uint_gt(stalled(), _i ? READ_NS - MS : 0);
	ck_assert_uint_lt(stalled(), _i ? READ_NS + MS : READ_NS * 2 / 3);
	ck_assert_uint_eq(host.stats.async_faults, 0);
	unmake();
}
END_TEST

/* kvm_find_async_pf_gfn(): nobody is told twice of a page. */
START_TEST(the_second_that_wants_a_page_halts_the_vcpu)
{
	run(KVM_ASYNC_PF_INT, &(struct async_pf_scene){ .from = FROM_USER, .nr_tasks = 2,
							.same_page = true });
	ck_assert_uint_eq(host.stats.async_faults, 1);
	ck_assert_uint_ge(host.stats.async_halts, 1);
	ck_assert_uint_gt(stalled(), READ_NS - MS);
	ck_assert_uint_eq(host.stats.swap_in, 1);
	unmake();
}
END_TEST

static unsigned int nr_asleep;
static enum cpu_thread_state vcpu_state;

static void look_fn(struct event *ev)
{
	nr_asleep = host.stats.async_faults;
	vcpu_state = vm->vcpus[0]->state;
}

/* ASYNC_PF_PER_VCPU; the next one is waited for by the vCPU. */
START_TEST(a_vcpu_waits_for_64_pages_at_most)
{
	static const unsigned int nr[] = { 64, 80 };
	struct async_pf_scene s = { .from = FROM_USER, .nr_tasks = nr[_i] };
	struct event look;

	make(KVM_ASYNC_PF_INT, &s);
	event_init(&look, look_fn);
	event_add(&engine, &look, READ_NS / 2);
	engine_run(&engine, 1000 * MS);
	ck_assert_uint_eq(scene.nr_done, s.nr_tasks);
	ck_assert_uint_eq(nr_asleep, 64);
	ck_assert_int_eq(vcpu_state, CPU_THREAD_BLOCKED);
	if (_i)
		ck_assert_uint_gt(stalled(), READ_NS - 2 * MS);
	else
		ck_assert_uint_eq(stalled(), 0);
	ck_assert_uint_eq(host.stats.swap_in, s.nr_tasks);
	ck_assert_uint_eq(nr_seen, s.nr_tasks);
	unmake();
}
END_TEST

static void kill_fn(struct event *ev)
{
	host_stop_vm(vm);
	ck_assert_ptr_null(host.async_pfs);
	ck_assert_ptr_null(host.waiters[WAIT_PAGE]);
}

/* kvm_clear_async_pf_completion_queue(): pages that come for nobody. */
START_TEST(a_vm_may_die_while_its_tasks_wait)
{
	struct async_pf_scene s = { .from = _i ? FROM_KERNEL : FROM_USER, .nr_tasks = 8 };
	struct event kill;

	make(KVM_ASYNC_PF_INT, &s);
	event_init(&kill, kill_fn);
	event_add(&engine, &kill, READ_NS / 2);
	engine_run(&engine, 1000 * MS);
	ck_assert_uint_eq(scene.nr_done, 0);
	ck_assert_uint_eq(host.free_pages, host.total_pages);
	ck_assert_uint_eq(swap_used_slots(host.swap), 0);
	unmake();
}
END_TEST

/* It is named among those that wait, as by khungtaskd. */
START_TEST(a_task_that_waits_for_its_page_is_named)
{
	char text[256] = "";

	make(KVM_ASYNC_PF_INT, &(struct async_pf_scene){ .from = FROM_USER, .nr_tasks = 1 });
	engine_run(&engine, READ_NS / 2);
	ck_assert_uint_eq(guest_kernel_blocked(kernel, 20 * MS, text, sizeof(text)), 1);
	ck_assert_msg(strstr(text, "guest/user/0 waits for 0.02") &&
		      strstr(text, "asynchronous page fault"), "%s", text);
	unmake();
}
END_TEST

/* Whole guests */

#define SCARCE(properties)                                                                         \
	TEST_HEAD "host { compatible = \"ballast,host\"; memory-mib = <300>; cpus = <4>;\n"        \
	"swap { /include/ \"swap/ssd.dtsi\"\n size-mib = <2048>; }; };\n"                          \
	"guest { compatible = \"ballast,guest\"; memory-mib = <1024>; vcpus = <1>; " properties    \
	"programs {\n"                                                                             \
	"small { compatible = \"ballast,program-page-fault1\"; size-mib = <2>; loops = <2000>;"    \
	" start-ms = <1000>; background; };\n"                                                     \
	"big { compatible = \"ballast,program-churn\"; size-mib = <400>; min-kib = <4>;"           \
	" max-kib = <64>; lifetime-ms = <4000>; duration-ms = <5000>; start-ms = <10>; };"         \
	" }; }; };\n"

static struct outcome o;

static const struct report_program *run_scarce(const char *text)
{
	unsigned int i;

	outcome_run(&o, text, false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	for (i = 0; strcmp(o.report.programs[i].name, "small"); i++)
		;
	return &o.report.programs[i];
}

/* A program that needs no swap, beside one that waits for it: what it waits of its CPU time. */
START_TEST(a_program_that_waits_for_swap_leaves_the_vcpu_to_another)
{
	const struct report_program *p = run_scarce(SCARCE(""));

	ck_assert_uint_lt(p->stalled, p->cpu / 3);
	ck_assert_uint_lt(o.report.guests[0].last.stalled, p->cpu / 2);
	outcome_free(&o);
	p = run_scarce(SCARCE("async-pf = \"halt\";"));
	ck_assert_uint_gt(p->stalled, p->cpu / 2);
	ck_assert_uint_lt(p->stalled, p->cpu * 2);
	outcome_free(&o);
	p = run_scarce(SCARCE("async-pf = \"off\";"));
	ck_assert_uint_gt(p->stalled, p->cpu * 2);
	outcome_free(&o);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("async_pf");
	TCase *tc = tcase_create("vcpu");

	tcase_add_test(tc, a_task_sleeps_for_its_page_and_another_computes);
	tcase_add_loop_test(tc, the_worker_waits_for_io_and_the_vcpu_does_not, 0, 3);
	tcase_add_loop_test(tc, a_fault_says_who_has_waited, 0, 9);
	tcase_add_loop_test(tc, interrupts_of_a_halted_vcpu_are_on_time, 0, 3);
	tcase_add_loop_test(tc, a_halted_vcpu_goes_on_with_another_task_unless_its_kernel_waits, 0,
			    2);
	tcase_add_test(tc, the_second_that_wants_a_page_halts_the_vcpu);
	tcase_add_loop_test(tc, a_vcpu_waits_for_64_pages_at_most, 0, 2);
	tcase_add_loop_test(tc, a_vm_may_die_while_its_tasks_wait, 0, 2);
	tcase_add_test(tc, a_task_that_waits_for_its_page_is_named);
	suite_add_tcase(s, tc);
	tc = tcase_create("guests");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_program_that_waits_for_swap_leaves_the_vcpu_to_another);
	suite_add_tcase(s, tc);
	return s;
}
