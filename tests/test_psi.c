// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pressure stall information: the arithmetic of kernel/sched/psi.c of Linux 6.1, by hand, and which
 * waits of host threads count as what.
 */
#include "cpu_psi.h"
#include "host_vms.h"
#include "memory.h"
#include "psi.h"
#include "scenario_run.h"
#include "suite.h"

#define MS NSEC_PER_MSEC_U64
#define S NSEC_PER_SEC_U64

#define SLEEPS_FOR_MEMORY PSI_TSK_MEMSTALL
#define RUNS (PSI_TSK_RUNNING | PSI_TSK_ONCPU)
#define WAITS PSI_TSK_RUNNING
#define RECLAIMS (RUNS | PSI_TSK_MEMSTALL | PSI_TSK_MEMSTALL_RUNNING)

/* The arithmetic */

static struct psi psi;
static struct psi_task task[4];

static void begin(unsigned int cpus)
{
	memset(task, 0, sizeof(task));
	psi_init(&psi, cpus, 0);
}

static void set(unsigned int i, struct psi_group *group, unsigned int cpu, unsigned int flags,
		uint64_t now)
{
	psi_run_works(&psi, now);
	psi_task_set(&task[i], group, cpu, flags, now);
}

static struct psi_values show(struct psi_group *group, uint64_t now)
{
	struct psi_values v;

	psi_show(group, now, &v);
	return v;
}

static void averages_are(const struct psi_values *v, enum psi_state state, uint32_t avg10,
			 uint32_t avg60, uint32_t avg300)
{
	ck_assert_uint_eq(v->avg[state][PSI_AVG10], avg10);
	ck_assert_uint_eq(v->avg[state][PSI_AVG60], avg60);
	ck_assert_uint_eq(v->avg[state][PSI_AVG300], avg300);
}

/*
 * calc_load() from 0 with 100 %, 204800 in 1/2048 %: 204800 * (2048 - 1677) / 2048 = 37100, which
 * is 18.11 %; then (37100 * 1677 + 204800 * 371 + 2047) / 2048 = 67480; and so on.  When the stall
 * has ended: 129406 * 1677 / 2048 = 105963.
 */
START_TEST(averages_follow_the_kernels_formula)
{
	static const uint32_t rising[][3] = { { 1811, 327, 68 }, { 3294, 643, 136 },
					      { 4509, 949, 203 }, { 5504, 1245, 270 },
					      { 6318, 1532, 337 } };
	static const uint32_t falling[][3] = { { 5173, 1482, 334 }, { 4236, 1433, 332 },
					       { 3469, 1386, 330 } };
	struct psi_values v;
	unsigned int i;

	begin(1);
	set(0, &psi.root, 0, SLEEPS_FOR_MEMORY, 0);
	for (i = 0; i < 5; i++) {
		psi_run_works(&psi, (i + 1) * PSI_PERIOD_NS);
		psi_peek(&psi.root, &v);
		averages_are(&v, PSI_MEM_SOME, rising[i][0], rising[i][1], rising[i][2]);
		averages_are(&v, PSI_MEM_FULL, rising[i][0], rising[i][1], rising[i][2]);
		averages_are(&v, PSI_IO_SOME, 0, 0, 0);
		ck_assert_uint_eq(v.total_us[PSI_MEM_SOME], (i + 1) * 2004000);
	}
	set(0, &psi.root, 0, RUNS, 5 * PSI_PERIOD_NS);
	for (i = 0; i < 3; i++) {
		psi_run_works(&psi, (i + 6) * PSI_PERIOD_NS);
		psi_peek(&psi.root, &v);
		averages_are(&v, PSI_MEM_SOME, falling[i][0], falling[i][1], falling[i][2]);
		ck_assert_uint_eq(v.total_us[PSI_MEM_SOME], 5 * 2004000);
	}
	psi_destroy(&psi);
}
END_TEST

/* 30 % of a period: pct is an integer, 30; 30 * 2048 * 371 / 2048 = 11130, 5.43 %. */
START_TEST(a_share_of_a_period_counts_as_such)
{
	struct psi_values v;

	begin(1);
	set(0, &psi.root, 0, RUNS, 0);
	set(0, &psi.root, 0, RECLAIMS, 500 * MS);
	set(0, &psi.root, 0, RUNS, 500 * MS + PSI_PERIOD_NS * 3 / 10);
	psi_run_works(&psi, PSI_PERIOD_NS);
	psi_peek(&psi.root, &v);
	averages_are(&v, PSI_MEM_SOME, 543, 98, 20);
	ck_assert_uint_eq(v.total_us[PSI_MEM_SOME], 601200);
	psi_destroy(&psi);
}
END_TEST

/*
 * When all is idle the worker stops, and what it has missed is made up for at once: after five
 * periods of 100 % (129406), one of nothing by the worker that found it idle (105963), and three
 * more: fixed_power_int(1677, 3) = 1124, 105963 * 1124 / 2048 = 58155.  Then the worker comes a
 * period after the task, with a sample of 100 % * 2004 / 2004.
 */
START_TEST(idle_periods_are_made_up_for)
{
	uint64_t at = 6 * PSI_PERIOD_NS + 3 * PSI_PERIOD_NS;
	struct psi_values v;

	begin(1);
	set(0, &psi.root, 0, SLEEPS_FOR_MEMORY, 0);
	set(0, &psi.root, 0, 0, 5 * PSI_PERIOD_NS);
	psi_run_works(&psi, at - 1);
	ck_assert_uint_eq(psi.root.work_at, PSI_NEVER);
	ck_assert_uint_eq(psi.root.avg[PSI_MEM_SOME][PSI_AVG10], 105963);
	set(0, &psi.root, 0, SLEEPS_FOR_MEMORY, at);
	ck_assert_uint_eq(psi.root.work_at, at + PSI_PERIOD_NS);
	psi_run_works(&psi, at + PSI_PERIOD_NS);
	ck_assert_uint_eq(psi.root.avg[PSI_MEM_SOME][PSI_AVG10],
			  (UINT64_C(58155) * 1677 + 204800 * 371 + 2047) / 2048);
	psi_peek(&psi.root, &v);
	ck_assert_uint_eq(v.total_us[PSI_MEM_SOME], 6 * 2004000);
	psi_destroy(&psi);
}
END_TEST

/*
 * One sleeps for memory for 1 s on CPU 0, the other runs on CPU 1 for all of the period.  Ticks not
 * idle: 250 and 501.  Some, and full of CPU 0: 1 s * 250 / 751.
 */
START_TEST(cpus_weigh_by_what_they_were_not_idle)
{
	struct psi_values v;

	begin(_i);
	set(0, &psi.root, 0, SLEEPS_FOR_MEMORY, 0);
	set(1, &psi.root, 1, RUNS, 0);
	set(0, &psi.root, 0, 0, 1 * S);
	psi_run_works(&psi, PSI_PERIOD_NS);
	psi_peek(&psi.root, &v);
	ck_assert_uint_eq(v.total_us[PSI_MEM_SOME], 1000000 * 250 / 751);
	ck_assert_uint_eq(v.total_us[PSI_MEM_FULL], 1000000 * 250 / 751);
	ck_assert_uint_eq(v.total_us[PSI_CPU_SOME], 0);
	psi_destroy(&psi);
}
END_TEST

/* On one CPU: some, but not full while another does something; full again when that waits, too. */
START_TEST(some_and_full_of_two_tasks)
{
	struct psi_values v;

	begin(1);
	set(0, &psi.root, 0, PSI_TSK_IOWAIT, 0);
	set(1, &psi.root, 0, RUNS, 0);
	set(1, &psi.root, 0, PSI_TSK_IOWAIT, 800 * MS);
	set(0, &psi.root, 0, RECLAIMS, 1000 * MS);
	set(1, &psi.root, 0, WAITS, 1300 * MS);
	set(0, &psi.root, 0, 0, 1700 * MS);
	set(1, &psi.root, 0, RUNS, 1700 * MS);
	v = show(&psi.root, PSI_PERIOD_NS);
	ck_assert_uint_eq(v.total_us[PSI_IO_SOME], 1300000);
	/* Who reclaims runs: I/O does not stop all. */
	ck_assert_uint_eq(v.total_us[PSI_IO_FULL], 200000);
	ck_assert_uint_eq(v.total_us[PSI_MEM_SOME], 700000);
	/* Who reclaims has the CPU, so the other one could not work anyway. */
	ck_assert_uint_eq(v.total_us[PSI_MEM_FULL], 700000);
	ck_assert_uint_eq(v.total_us[PSI_CPU_SOME], 400000);
	ck_assert_uint_eq(v.total_us[PSI_CPU_FULL], 0);
	psi_destroy(&psi);
}
END_TEST

/* Tasks count in all groups above theirs; a group whose tasks all wait for a CPU is full. */
START_TEST(groups_are_nested)
{
	struct psi_group outer, inner;
	struct psi_values v;

	begin(1);
	psi_group_init(&outer, &psi, &psi.root, 0);
	psi_group_init(&inner, &psi, &outer, 0);
	set(0, &inner, 0, SLEEPS_FOR_MEMORY, 0);
	set(1, &outer, 0, WAITS, 0);
	set(2, &psi.root, 0, RUNS, 0);
	set(0, &inner, 0, 0, 600 * MS);
	set(2, &psi.root, 0, 0, 1000 * MS);
	set(1, &outer, 0, RUNS, 1000 * MS);
	v = show(&inner, PSI_PERIOD_NS);
	ck_assert_uint_eq(v.total_us[PSI_MEM_SOME], 600000);
	ck_assert_uint_eq(v.total_us[PSI_MEM_FULL], 600000);
	ck_assert_uint_eq(v.total_us[PSI_CPU_SOME], 0);
	v = show(&outer, PSI_PERIOD_NS);
	ck_assert_uint_eq(v.total_us[PSI_MEM_SOME], 600000);
	ck_assert_uint_eq(v.total_us[PSI_MEM_FULL], 0);
	ck_assert_uint_eq(v.total_us[PSI_CPU_SOME], 1000000);
	ck_assert_uint_eq(v.total_us[PSI_CPU_FULL], 1000000);
	v = show(&psi.root, PSI_PERIOD_NS);
	ck_assert_uint_eq(v.total_us[PSI_MEM_SOME], 600000);
	ck_assert_uint_eq(v.total_us[PSI_CPU_SOME], 1000000);
	ck_assert_uint_eq(v.total_us[PSI_CPU_FULL], 0);
	psi_group_destroy(&inner);
	psi_group_destroy(&outer);
	psi_destroy(&psi);
}
END_TEST

/* Host threads */

static void run(struct body *b, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		start(&b[i], 0);
	engine_run(&engine, engine.now + 100 * S);
	for (i = 0; i < nr; i++) {
		ck_assert(b[i].done);
		finish(&b[i]);
	}
}

static void busy(struct kvm_vm *vm, void *arg)
{
	charge_ns(LEDGER_PROGRAM, 2004 * MS);
}

/*
 * As many as there are CPUs: nobody waits.  One more: he does, on one or the other of two CPUs.
 * Twice as many: on both.
 */
START_TEST(who_waits_for_a_cpu_is_under_pressure)
{
	struct psi_values v;
	struct body b[4];
	int i;

	make_host(64, 2, HOST_THP_NEVER);
	for (i = 0; i < _i; i++)
		b[i] = (struct body){ .fn = busy, .vm = make_vm("g", 8) };
	run(b, _i);
	psi_show(&host.cpus.psi.root, engine.now, &v);
	if (_i < 3)
		ck_assert_uint_eq(v.total_us[PSI_CPU_SOME], 0);
	else if (_i == 4)
		/* On each CPU one waits, up to the end. */
		ck_assert_uint_eq(v.total_us[PSI_CPU_SOME], 2 * 2004000);
	else
		/* 3 s, roughly, of which two CPUs have half each; the last one ends alone. */
		ck_assert(v.total_us[PSI_CPU_SOME] > 1300000 && v.total_us[PSI_CPU_SOME] < 1600000);
	ck_assert_uint_eq(v.total_us[PSI_MEM_SOME], 0);
	ck_assert_uint_eq(v.total_us[PSI_IO_SOME], 0);
	unmake_host();
}
END_TEST

static void turns(struct kvm_vm *vm, void *arg)
{
	uint64_t ns = *(const uint64_t *)arg;

	while (engine.now < 2 * S) {
		charge_ns(LEDGER_PROGRAM, ns);
		cpu_sync();
		cpu_sleep(1 * MS);
	}
}

/*
 * Six threads, of which hardly ever more than two sleep, for 1 ms: two wait at least, most of the
 * time, and each CPU has one of them, whoever comes and goes.
 */
START_TEST(who_waits_is_spread_over_cpus)
{
	static uint64_t ns[6] = { 1 * MS, 2 * MS, 5 * MS, 11 * MS, 17 * MS, 30 * MS };
	struct psi_values v;
	struct body b[6];
	int i;

	make_host(64, 2, HOST_THP_NEVER);
	for (i = 0; i < 6; i++)
		b[i] = (struct body){ .fn = turns, .arg = &ns[i], .vm = make_vm("g", 8) };
	run(b, 6);
	psi_show(&host.cpus.psi.root, engine.now, &v);
	ck_assert_uint_ge(v.total_us[PSI_CPU_SOME], 1980000);
	unmake_host();
}
END_TEST

static void stalls(struct kvm_vm *vm, void *arg)
{
	bool outer, inner;

	charge_ns(LEDGER_PROGRAM, 100 * MS);
	outer = psi_memstall_enter();
	charge_ns(LEDGER_PROGRAM, 150 * MS);
	inner = psi_memstall_enter();
	charge_ns(LEDGER_PROGRAM, 50 * MS);
	psi_memstall_leave(inner);
	psi_memstall_leave(outer);
	charge_ns(LEDGER_PROGRAM, 60 * MS);
	/* One that does not last, and one that the next goes on with. */
	psi_memstall_leave(psi_memstall_enter());
	outer = psi_memstall_enter();
	charge_ns(LEDGER_PROGRAM, 20 * MS);
	psi_memstall_leave(outer);
	outer = psi_memstall_enter();
	charge_ns(LEDGER_PROGRAM, 20 * MS);
	cpu_sync();
	psi_memstall_leave(outer);
}

/* Code runs in no time: stalls begin and end as the time that it owes passes. */
START_TEST(stalls_pass_with_the_time_that_is_owed)
{
	struct psi_values v;
	struct body b[2] = { { .fn = stalls }, { .fn = busy } };
	uint64_t others = 2004;

	make_host(64, 1, HOST_THP_NEVER);
	b[0].vm = make_vm("a", 8);
	b[1].vm = make_vm("b", 8);
	host_set_memcg(b[0].vm, host_add_memcg(&host, "group", NULL));
	run(b, _i);
	psi_show(b[0].vm->memcg->psi, engine.now, &v);
	if (_i == 1) {
		ck_assert_uint_eq(v.total_us[PSI_MEM_SOME], 240000);
		ck_assert_uint_eq(v.total_us[PSI_CPU_SOME], 0);
	} else {
		/* With another one, it takes turns: as long again, but for part of a slice. */
		ck_assert(v.total_us[PSI_MEM_SOME] > 470000 && v.total_us[PSI_MEM_SOME] < 490000);
		ck_assert(v.total_us[PSI_CPU_FULL] > 390000 && v.total_us[PSI_CPU_FULL] < 410000);
		ck_assert_uint_le(v.total_us[PSI_CPU_FULL], others * 1000);
	}
	ck_assert_uint_eq(v.total_us[PSI_MEM_FULL], v.total_us[PSI_MEM_SOME]);
	unmake_host();
}
END_TEST

/* Which waits are what */

#define READ_NS (200 * MS)

static void add_slow_swap(void)
{
	struct swap_config config = {
		.name = "slow", .size_bytes = 64 * MIB, .readahead_pages = 1,
		.disk = { .kind = DISK_SSD, .name = "slow", .queue_depth = 1, .read_ns = READ_NS,
			  .write_ns = 100000, .transfer_ns_page = 10000 },
	};

	host_add_swap(&host, swap_create(&config, &engine, 1, "test"));
}

/* As reclaim does when the page has been written. */
static void swap_out(struct kvm_vm *vm, uint64_t nr)
{
	struct guest_ram *ram = vm->ram;
	swap_slot_t slot;

	ck_assert(swap_get_slot(&host, page_index(ram, nr), &slot));
	host.swap->token[slot.nr] = ram->token[nr];
	lru_del(&host, page_index(ram, nr), false);
	workingset_evicted(&host.root, page_index(ram, nr));
	ram->page[nr].state = page_state(PAGE_SWAPPED, slot);
	ram->resident--;
	ram->swapped++;
	host_put_frames(ram->memcg, 1);
}

static struct psi_values before;

/* Page 0 had been active when it went. */
static void reads(struct kvm_vm *vm, void *arg)
{
	uint64_t nr = *(bool *)arg ? 0 : 1;

	guest_ram_write(vm->ram, gfn(0), 1024, 1);
	workingset_deactivated(&host, page_index(vm->ram, 0), false);
	swap_out(vm, 0);
	swap_out(vm, 1);
	/* So many are active that what comes back so soon would be, too. */
	lru_del(&host, page_index(vm->ram, 2), false);
	lru_add(&host, page_index(vm->ram, 2), false, LRU_PLACE_ACTIVE);
	lru_del(&host, page_index(vm->ram, 3), false);
	lru_add(&host, page_index(vm->ram, 3), false, LRU_PLACE_ACTIVE);
	cpu_sync();
	psi_show(vm->memcg->psi, engine.now, &before);
	guest_ram_check(vm->ram, gfn(nr), 1, 1 + nr, "me");
}

/* folio_wait_bit_common() */
START_TEST(a_page_that_is_missed_is_a_memory_stall)
{
	bool missed = _i;
	struct body b = { .fn = reads, .arg = &missed };
	struct psi_values v;

	make_host(64, 1, HOST_THP_NEVER);
	add_slow_swap();
	b.vm = make_vm("g", 8);
	host_set_memcg(b.vm, host_add_memcg(&host, "group", NULL));
	run(&b, 1);
	ck_assert_uint_eq(host.stats.swap_in, 1);
	psi_show(b.vm->memcg->psi, engine.now, &v);
	ck_assert(v.total_us[PSI_IO_SOME] - before.total_us[PSI_IO_SOME] >= READ_NS / 1000);
	ck_assert(v.total_us[PSI_IO_SOME] - before.total_us[PSI_IO_SOME] < READ_NS / 1000 + 1000);
	ck_assert_uint_eq(v.total_us[PSI_IO_FULL], v.total_us[PSI_IO_SOME]);
	ck_assert_uint_eq(v.total_us[PSI_MEM_SOME], missed ? v.total_us[PSI_IO_SOME] : 0);
	ck_assert_uint_eq(v.total_us[PSI_MEM_FULL], v.total_us[PSI_MEM_SOME]);
	unmake_host();
}
END_TEST

static void write_all(struct kvm_vm *vm, void *arg)
{
	guest_ram_write(vm->ram, gfn(0), guest_ram_pages(vm->ram), 1);
}

/* So that kswapd can keep up. */
static void write_slowly(struct kvm_vm *vm, void *arg)
{
	for (uint64_t i = 0; i < guest_ram_pages(vm->ram); i++) {
		guest_ram_write(vm->ram, gfn(i), 1, 1 + i);
		charge(COST_PAGE_WRITE, 1);
		cpu_sync();
	}
}

/*
 * Who reclaims stalls, in his group and above it; kswapd does in none.  At a group's limit its
 * thread reclaims, without one on a host that is short kswapd does most.
 */
START_TEST(reclaim_is_a_memory_stall)
{
	struct body b = { .fn = _i ? write_all : write_slowly };
	struct psi_values group, root;
	struct host_memcg *memcg;

	costs.ns[COST_SWAP_OUT] = 1000;
	costs.ns[COST_PAGE_WRITE] = 20000;
	make_host(32, 1, HOST_THP_NEVER);
	costs.ns[COST_SWAP_OUT] = costs.ns[COST_PAGE_WRITE] = 0;
	add_swap(SWAP_SSD, 64);
	memcg = host_add_memcg(&host, "group", NULL);
	if (_i)
		memcg->max = 16 * MIB / 4096;
	b.vm = make_vm("g", _i ? 24 : 40);
	host_set_memcg(b.vm, memcg);
	run(&b, 1);
	psi_show(memcg->psi, engine.now, &group);
	psi_show(host.root.psi, engine.now, &root);
	if (_i) {
		ck_assert_uint_gt(group.total_us[PSI_MEM_SOME], 0);
		ck_assert_uint_eq(host.stats.kswapd_runs, 0);
		ck_assert_uint_eq(root.total_us[PSI_MEM_SOME], group.total_us[PSI_MEM_SOME]);
	} else {
		ck_assert_uint_gt(host.stats.kswapd_runs, 0);
		ck_assert_uint_gt(root.total_us[PSI_MEM_SOME], group.total_us[PSI_MEM_SOME]);
	}
	unmake_host();
}
END_TEST

/* memory.high: the sleep is a memory stall, and no I/O wait. */
START_TEST(being_slowed_down_is_a_memory_stall)
{
	struct body b = { .fn = write_all };
	struct psi_values v;
	struct host_memcg *memcg;

	make_host(64, 1, HOST_THP_NEVER);
	host.config.cgroup_version = 2;
	memcg = host_add_memcg(&host, "group", NULL);
	memcg->high = 1 * MIB / 4096;
	b.vm = make_vm("g", 2);
	host_set_memcg(b.vm, memcg);
	run(&b, 1);
	ck_assert_uint_gt(memcg->events.throttled_ns, 1 * S);
	psi_show(memcg->psi, engine.now, &v);
	ck_assert_uint_ge(v.total_us[PSI_MEM_FULL], memcg->events.throttled_ns / 1000);
	ck_assert_uint_eq(v.total_us[PSI_IO_SOME], 0);
	unmake_host();
}
END_TEST

/* What is recorded */

static char scenario[4096];

static void run_scenario(struct outcome *o, unsigned int sample_ms)
{
	snprintf(scenario, sizeof(scenario),
		 TEST_HEAD
		 "trace { compatible = \"ballast,trace\"; sample-ms = <%u>; };\n"
		 "host { compatible = \"ballast,host\"; memory-mib = <2048>; cpus = <2>;\n"
		 NVME_NODE
		 "vms: vms { compatible = \"ballast,cgroup\"; max-mib = <512>; };\n"
		 "one: one { compatible = \"ballast,cgroup\"; parent = <&vms>; }; };\n"
		 "g { compatible = \"ballast,guest\"; memory-mib = <640>; vcpus = <1>;"
		 " cgroup = <&one>;\n"
		 "programs { m { compatible = \"ballast,program-memhog\"; size-mib = <520>;"
		 " loops = <3>; }; }; };\n"
		 "h { compatible = \"ballast,guest\"; memory-mib = <256>; vcpus = <1>;\n"
		 "programs { m { compatible = \"ballast,program-ftq\"; duration-ms = <3000>; }; };"
		 " }; };\n", sample_ms);
	outcome_run(o, scenario, false);
	ck_assert_msg(!o->refused && o->end == TRACE_END_OK, "%s", o->text);
}

/* The limit of the group above makes the one below wait; whoever looks often changes nothing. */
START_TEST(host_and_groups_are_recorded)
{
	const struct report_pressure *host_p, *vms, *one;
	struct outcome o, often;
	unsigned int i;

	run_scenario(&o, 1000);
	ck_assert_uint_eq(o.report.nr_cgroups, 2);
	host_p = &o.report.pressure;
	vms = &o.report.cgroups[0].pressure;
	one = &o.report.cgroups[1].pressure;
	ck_assert(host_p->known && vms->known && one->known);
	ck_assert_uint_gt(one->ns[STALL_MEMORY_SOME], 0);
	ck_assert_uint_gt(one->peak[STALL_MEMORY_SOME], 0);
	for (i = 0; i < NR_STALLS; i++) {
		ck_assert_uint_eq(one->ns[i], vms->ns[i]);
		ck_assert_uint_ge(one->ns[i & ~1u], one->ns[i | 1]);
	}
	/* The other guest works meanwhile, on its own CPU or on the same. */
	ck_assert_uint_lt(host_p->ns[STALL_MEMORY_FULL], one->ns[STALL_MEMORY_FULL]);
	run_scenario(&often, 10);
	for (i = 0; i < NR_STALLS; i++)
		ck_assert_uint_eq(often.report.pressure.ns[i], host_p->ns[i]);
	ck_assert_uint_eq(often.over, o.over);
	outcome_free(&often);
	outcome_free(&o);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("psi");
	TCase *tc = tcase_create("psi");

	tcase_add_test(tc, averages_follow_the_kernels_formula);
	tcase_add_test(tc, a_share_of_a_period_counts_as_such);
	tcase_add_test(tc, idle_periods_are_made_up_for);
	/* With as many CPUs: those that are idle weigh nothing. */
	tcase_add_loop_test(tc, cpus_weigh_by_what_they_were_not_idle, 2, 9);
	tcase_add_test(tc, some_and_full_of_two_tasks);
	tcase_add_test(tc, groups_are_nested);
	tcase_add_loop_test(tc, who_waits_for_a_cpu_is_under_pressure, 1, 5);
	tcase_add_test(tc, who_waits_is_spread_over_cpus);
	tcase_add_loop_test(tc, stalls_pass_with_the_time_that_is_owed, 1, 3);
	tcase_add_loop_test(tc, a_page_that_is_missed_is_a_memory_stall, 0, 2);
	tcase_add_loop_test(tc, reclaim_is_a_memory_stall, 0, 2);
	tcase_add_test(tc, being_slowed_down_is_a_memory_stall);
	tcase_add_test(tc, host_and_groups_are_recorded);
	suite_add_tcase(s, tc);
	return s;
}
