// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU time by groups: weights and quotas of nested groups, as kernel/sched/fair.c of Linux 6.1 has
 * them; what is expected is computed by hand.
 */
#include "cpu_group.h"
#include "cpu_internal.h"
#include "cpu_psi.h"
#include "host_vms.h"
#include "memory.h"
#include "psi.h"
#include "read.h"
#include "scenario_run.h"
#include "suite.h"

#define MS NSEC_PER_MSEC_U64
#define S NSEC_PER_SEC_U64

#define BODIES 6

static struct body body[BODIES];
static unsigned int nr_bodies;

static void computes(struct kvm_vm *vm, void *arg)
{
	for (;;) {
		charge_ns(LEDGER_PROGRAM, 1 * MS);
		cpu_sync();
	}
}

static struct host_memcg *group(struct host_memcg *parent)
{
	return host_add_memcg(&host, "group", parent);
}

static struct host_memcg *weighted(struct host_memcg *parent, unsigned int weight)
{
	struct host_memcg *memcg = group(parent);

	cpu_group_set_weight(memcg->cpu, weight);
	return memcg;
}

static struct host_memcg *limited(struct host_memcg *parent, uint64_t quota_ms)
{
	struct host_memcg *memcg = group(parent);

	cpu_group_set_quota(memcg->cpu, quota_ms * MS, 100 * MS);
	return memcg;
}

/* A VM with one thread in the group (NULL: in none). */
static struct cpu_thread *add(struct host_memcg *memcg, void (*fn)(struct kvm_vm *, void *),
			      void *arg)
{
	struct body *b = &body[nr_bodies++];

	*b = (struct body){ .fn = fn, .arg = arg, .vm = make_vm("g", 8) };
	if (memcg)
		host_set_memcg(b->vm, memcg);
	start(b, 0);
	return b->vm->vcpus[0];
}

static void begin(unsigned int cpus)
{
	nr_bodies = 0;
	make_host(64, cpus, HOST_THP_NEVER);
}

static void until(uint64_t ns)
{
	engine_run(&engine, ns);
	cpu_book_running(&host.cpus);
}

static void end(void)
{
	for (unsigned int i = 0; i < nr_bodies; i++) {
		host_stop_vm(body[i].vm);
		finish(&body[i]);
	}
	ck_assert_uint_eq(host.cpus.load, 0);
	ck_assert_ptr_null(host.cpus.throttled);
	unmake_host();
}

/* To a hundredth of @all. */
static void has_run(const struct cpu_thread *t, uint64_t ns, uint64_t all)
{
	ck_assert_msg(t->ran + all / 100 >= ns && t->ran <= ns + all / 100,
		      "%llu ms, not %llu", (unsigned long long)(t->ran / MS),
		      (unsigned long long)(ns / MS));
}

/* Weights */

START_TEST(weights_are_shares_of_a_cpu)
{
	struct cpu_thread *a, *b;

	begin(1);
	a = add(weighted(NULL, 100), computes, NULL);
	b = add(weighted(NULL, 300), computes, NULL);
	until(8 * S);
	has_run(a, 2 * S, 8 * S);
	has_run(b, 6 * S, 8 * S);
	ck_assert_uint_eq(b->vm->memcg->cpu->usage, b->ran);
	end();
}
END_TEST

/* Outer groups are alike; in the first, two are 1 to 3: an eighth, three eighths and a half. */
START_TEST(weights_are_nested)
{
	struct cpu_thread *a, *b, *c;
	struct host_memcg *outer;

	begin(1);
	outer = weighted(NULL, 100);
	a = add(weighted(outer, 100), computes, NULL);
	b = add(weighted(outer, 300), computes, NULL);
	c = add(weighted(NULL, 100), computes, NULL);
	until(8 * S);
	has_run(a, 1 * S, 8 * S);
	has_run(b, 3 * S, 8 * S);
	has_run(c, 4 * S, 8 * S);
	ck_assert_uint_eq(outer->cpu->usage, a->ran + b->ran);
	end();
}
END_TEST

/* However many threads a group has, a thread beside it has as much as a group of weight 100. */
START_TEST(a_group_weighs_as_a_whole)
{
	struct host_memcg *memcg;
	struct cpu_thread *t[4];
	unsigned int i;

	begin(1);
	memcg = weighted(NULL, 100);
	for (i = 0; i < 3; i++)
		t[i] = add(memcg, computes, NULL);
	t[3] = add(NULL, computes, NULL);
	until(6 * S);
	for (i = 0; i < 3; i++)
		has_run(t[i], 1 * S, 6 * S);
	has_run(t[3], 3 * S, 6 * S);
	end();
}
END_TEST

/*
 * Two CPUs, two threads in a group, two beside it: parts of 512, 512, 1024 and 1024, of which each
 * CPU has one of a kind, so a third of a CPU and two thirds.  A group alone has what there is.
 */
START_TEST(a_weight_is_split_over_cpus)
{
	struct cpu_thread *a, *b, *c, *d;
	struct host_memcg *memcg;

	begin(2);
	memcg = weighted(NULL, 100);
	a = add(memcg, computes, NULL);
	b = add(memcg, computes, NULL);
	until(1 * S);
	has_run(a, 1 * S, 1 * S);
	has_run(b, 1 * S, 1 * S);
	c = add(NULL, computes, NULL);
	d = add(NULL, computes, NULL);
	until(7 * S);
	has_run(a, 3 * S, 6 * S);
	has_run(b, 3 * S, 6 * S);
	has_run(c, 4 * S, 6 * S);
	has_run(d, 4 * S, 6 * S);
	end();
}
END_TEST

static void sleeps(struct kvm_vm *vm, void *arg)
{
	cpu_sleep(2 * S);
	computes(vm, arg);
}

/* Who sleeps leaves his part to those who do not, and has no more than it when he is back. */
START_TEST(only_what_runs_weighs)
{
	struct cpu_thread *a, *b;

	begin(1);
	a = add(weighted(NULL, 100), computes, NULL);
	b = add(weighted(NULL, 900), sleeps, NULL);
	until(2 * S);
	has_run(a, 2 * S, 2 * S);
	until(4 * S);
	has_run(a, 2 * S + S / 5, 2 * S);
	has_run(b, 2 * S - S / 5, 2 * S);
	end();
}
END_TEST

static void wakes(struct kvm_vm *vm, void *arg)
{
	uint64_t *latest = arg, until;

	while (engine.now < 4 * S) {
		until = engine.now + 20 * MS;
		cpu_sleep(20 * MS);
		*latest = engine.now - until > *latest ? engine.now - until : *latest;
		charge_ns(LEDGER_PROGRAM, 100000);
		cpu_sync();
	}
}

/*
 * wakeup_preempt_entity(): 1 ms ahead, as a thread of the waker's weight has it.  A sleeper is 3 ms
 * behind, so it preempts at once; one of a weight of 25 would have to be 4 ms behind, and may have
 * to wait for the end of a slice (two others take turns).
 */
START_TEST(who_weighs_little_does_not_preempt)
{
	uint64_t latest[2] = { 0 };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		begin(1);
		add(weighted(NULL, i ? 25 : 100), wakes, &latest[i]);
		add(NULL, computes, NULL);
		add(NULL, computes, NULL);
		until(4 * S);
		end();
	}
	ck_assert_uint_eq(latest[0], 0);
	ck_assert_uint_ge(latest[1], 1 * MS);
}
END_TEST

/* Without a weight or a quota anywhere, all threads are alike, in whatever group. */
START_TEST(groups_without_settings_are_no_groups)
{
	struct cpu_thread *t[4];
	struct host_memcg *memcg;
	unsigned int i;

	begin(1);
	memcg = group(NULL);
	for (i = 0; i < 3; i++)
		t[i] = add(memcg, computes, NULL);
	t[3] = add(NULL, computes, NULL);
	until(4 * S);
	for (i = 0; i < 4; i++)
		has_run(t[i], 1 * S, 4 * S);
	ck_assert_uint_eq(memcg->cpu->usage, t[0]->ran + t[1]->ran + t[2]->ran);
	end();
}
END_TEST

/* Quotas */

struct gap {
	uint64_t from, to;	/* ns: when it did not run, first and second time */
	uint64_t from2, to2;
};

static void notes_gap(struct kvm_vm *vm, void *arg)
{
	struct gap *gap = arg;
	uint64_t last = engine.now;

	for (;;) {
		charge_ns(LEDGER_PROGRAM, 1 * MS);
		cpu_sync();
		if (engine.now != last + 1 * MS && !gap->to) {
			gap->from = last;
			gap->to = engine.now;
		} else if (engine.now != last + 1 * MS && !gap->to2) {
			gap->from2 = last;
			gap->to2 = engine.now;
		}
		last = engine.now;
	}
}

/*
 * 20 ms in 100.  5 ms are taken, which a tick sees used up at 8 ms, 3 too much; 8 more, so 5 are
 * left, up to 16; 7 are left of the quota, which is 4, up to 20.  There is no more: throttled up to
 * 100 ms, when what is owed (nothing) and 1 ns are given.  So each period, all of them throttled.
 */
START_TEST(a_quota_is_so_much_in_each_period)
{
	struct host_memcg *memcg;
	struct psi_values v;
	struct gap gap = { 0 };
	struct cpu_thread *t;

	begin(_i);
	memcg = limited(NULL, 20);
	t = add(memcg, notes_gap, &gap);
	until(50 * MS);
	ck_assert_uint_eq(cpu_group_throttled_ns(memcg->cpu), 30 * MS);
	until(10 * S);
	/* That its turn of 1 ms has ended at 20 ms it sees when it runs again. */
	ck_assert_uint_eq(gap.from, 19 * MS);
	ck_assert_uint_eq(gap.to, 100 * MS);
	has_run(t, 2 * S, 10 * S / 10);
	ck_assert_uint_eq(memcg->cpu->nr_periods, 100);
	ck_assert_uint_eq(memcg->cpu->nr_throttled, 100);
	ck_assert_uint_eq(cpu_group_throttled_ns(memcg->cpu), 10 * S - t->ran);
	/* Its threads want to run: pressure of CPUs, and nobody's of the group does. */
	psi_show(memcg->psi, engine.now, &v);
	ck_assert_uint_eq(v.total_us[PSI_CPU_FULL] / 1000, (10 * S - t->ran) / MS);
	ck_assert_uint_eq(v.total_us[PSI_CPU_SOME], v.total_us[PSI_CPU_FULL]);
	psi_show(host.root.psi, engine.now, &v);
	ck_assert_uint_eq(v.total_us[PSI_CPU_SOME] / 1000, (10 * S - t->ran) / MS);
	end();
}
END_TEST

/*
 * 22 ms: at 16 ms there is 1 left, and the CPU has 5, which a tick sees used up at 24 ms, 3 too
 * much, of which 1 is paid.  2 are owed: the next period has 20 ms.
 */
START_TEST(a_tick_sees_that_a_quota_is_used_up)
{
	struct gap gap = { 0 };

	begin(1);
	add(limited(NULL, 22), notes_gap, &gap);
	until(1 * S);
	ck_assert_uint_eq(gap.from, 23 * MS);
	ck_assert_uint_eq(gap.to, 100 * MS);
	ck_assert_uint_eq(gap.from2, 119 * MS);
	ck_assert_uint_eq(gap.to2, 200 * MS);
	end();
}
END_TEST

static void computes_long(struct kvm_vm *vm, void *arg)
{
	for (;;) {
		charge_ns(LEDGER_PROGRAM, 10 * S);
		cpu_sync();
	}
}

/* Whatever it does without anybody noticing. */
START_TEST(a_quota_interrupts_long_work)
{
	struct host_memcg *memcg;

	begin(1);
	memcg = limited(NULL, 20);
	add(memcg, computes_long, NULL);
	until(5 * S - 1);
	ck_assert_uint_eq(memcg->cpu->usage, 1 * S);
	ck_assert_uint_eq(memcg->cpu->nr_throttled, 49);
	end();
}
END_TEST

static void saves_and_spends(struct kvm_vm *vm, void *arg)
{
	while (engine.now < 1 * S) {
		charge_ns(LEDGER_PROGRAM, 1 * MS);
		cpu_sync();
		cpu_sleep(49 * MS);
	}
	computes(vm, arg);
}

/* What a period does not use is lost. */
START_TEST(nothing_is_saved_for_later)
{
	struct host_memcg *memcg;
	uint64_t before;

	begin(1);
	memcg = limited(NULL, 20);
	add(memcg, saves_and_spends, NULL);
	until(1 * S);
	before = memcg->cpu->usage;
	ck_assert_uint_eq(before, 20 * MS);
	until(2 * S);
	ck_assert_uint_le(memcg->cpu->usage - before, 200 * MS + 4 * MS);
	end();
}
END_TEST

/* Of all its threads, on all CPUs; what is beside it has the rest. */
START_TEST(a_quota_is_of_all_cpus)
{
	struct host_memcg *memcg;
	struct cpu_thread *t[4];
	uint64_t sum = 0;
	unsigned int i;

	begin(2);
	memcg = limited(NULL, 50);
	for (i = 0; i < 3; i++)
		t[i] = add(memcg, computes, NULL);
	t[3] = add(NULL, computes, NULL);
	until(10 * S);
	for (i = 0; i < 3; i++)
		sum += t[i]->ran;
	/* At the end a CPU has up to a slice and a tick of what is to come. */
	ck_assert_uint_ge(sum, 5 * S - 20 * MS);
	ck_assert_uint_le(sum, 5 * S + 20 * MS);
	ck_assert_uint_eq(memcg->cpu->usage, sum);
	ck_assert_uint_eq(memcg->cpu->nr_throttled, memcg->cpu->nr_periods);
	/* It weighs as much as they together: a CPU, but for their credit when a period begins. */
	ck_assert_uint_ge(t[3]->ran, 8500 * MS);
	end();
}
END_TEST

/* The group above has less than those in it: that is what they have, and who is throttled. */
START_TEST(quotas_are_nested)
{
	struct host_memcg *outer, *inner;
	struct cpu_thread *a, *b;

	begin(2);
	outer = limited(NULL, 30);
	inner = limited(outer, 10);
	a = add(inner, computes, NULL);
	b = add(outer, computes, NULL);
	until(10 * S);
	has_run(a, 1 * S, 5 * S / 2);
	has_run(b, 2 * S, 5 * S / 2);
	ck_assert_uint_le(outer->cpu->usage, 3 * S + 20 * MS);
	ck_assert_uint_gt(outer->cpu->nr_throttled, 90);
	ck_assert_uint_eq(outer->cpu->usage, a->ran + b->ran);
	end();
}
END_TEST

static void in_short_turns(struct kvm_vm *vm, void *arg)
{
	for (;;) {
		charge_ns(LEDGER_PROGRAM, *(uint64_t *)arg);
		cpu_sync();
		cpu_sleep(10 * MS - *(uint64_t *)arg);
	}
}

/* Who needs less than the quota is never throttled, and periods with nothing to do do not count. */
START_TEST(who_needs_less_is_not_throttled)
{
	uint64_t turn = 1 * MS;
	struct host_memcg *memcg;
	struct cpu_thread *t;

	begin(2);
	memcg = limited(NULL, 20);
	t = add(memcg, in_short_turns, &turn);
	until(10 * S);
	has_run(t, 1 * S, 1 * S);
	ck_assert_uint_eq(memcg->cpu->nr_throttled, 0);
	ck_assert_uint_eq(cpu_group_throttled_ns(memcg->cpu), 0);
	ck_assert_uint_ge(memcg->cpu->nr_periods, 99);
	end();

	begin(2);
	memcg = limited(NULL, 20);
	add(memcg, sleeps, NULL);
	until(1900 * MS);
	ck_assert_uint_le(memcg->cpu->nr_periods, 2);
	ck_assert(!event_pending(&memcg->cpu->period_end));
	end();
}
END_TEST

/*
 * One needs 1 ms each 10 ms, the other all there is; 30 ms in 100.  Each time that the first sleeps
 * its CPU gives back all but 1 ms, so that the second has nearly 20, and the first is in time but
 * when all is used up.
 */
START_TEST(what_is_not_needed_is_given_back)
{
	uint64_t turn = 1 * MS;
	struct host_memcg *memcg;
	struct cpu_thread *a, *b;

	begin(2);
	memcg = limited(NULL, 30);
	a = add(memcg, in_short_turns, &turn);
	b = add(memcg, computes, NULL);
	until(10 * S);
	ck_assert_uint_ge(memcg->cpu->usage, 3 * S - 20 * MS);
	ck_assert_uint_le(memcg->cpu->usage, 3 * S + 20 * MS);
	ck_assert_uint_ge(b->ran, 2 * S);
	ck_assert_uint_ge(a->ran, 300 * MS);
	end();
}
END_TEST

/* Nobody waits for a group that is gone; its threads' are no load. */
START_TEST(who_is_throttled_can_be_killed)
{
	struct host_memcg *memcg;
	struct cpu_thread *t;

	begin(1);
	memcg = limited(NULL, 20);
	t = add(memcg, computes, NULL);
	add(memcg, computes, NULL);
	until(50 * MS);
	ck_assert(t->throttled);
	host_stop_vm(body[0].vm);
	ck_assert_int_eq(t->state, CPU_THREAD_DEAD);
	until(1 * S);
	/* The other one has all of it. */
	has_run(body[1].vm->vcpus[0], 190 * MS, 1 * S);
	end();
}
END_TEST

static void at_random(struct kvm_vm *vm, void *arg)
{
	struct random_stream *random = arg;

	for (;;) {
		charge_ns(LEDGER_PROGRAM, random_below(random, 9 * MS));
		cpu_sync();
		if (random_below(random, 3))
			cpu_sleep(random_below(random, 20 * MS));
	}
}

/* What a group has used is within its quota, whoever sleeps, wakes and dies, and nobody is lost. */
START_TEST(quotas_hold_whatever_threads_do)
{
	struct host_memcg *outer, *inner, *heavy;
	struct random_stream random;
	uint64_t before = 0;
	unsigned int i, waits = 0;

	begin(_i);
	random_init(&random, _i, "test");
	outer = limited(NULL, 60);
	inner = limited(outer, 25);
	heavy = weighted(outer, 700);
	add(inner, at_random, &random);
	add(inner, computes, NULL);
	add(heavy, at_random, &random);
	add(heavy, computes, NULL);
	add(NULL, at_random, &random);
	add(outer, at_random, &random);
	for (i = 1; i <= 50; i++) {
		until(i * 100 * MS);
		ck_assert_uint_le(inner->cpu->usage, (i + 1) * 25 * MS);
		ck_assert_uint_le(outer->cpu->usage, (i + 1) * 60 * MS);
		ck_assert_uint_gt(outer->cpu->usage, before);
		before = outer->cpu->usage;
		if (i == 40)
			host_stop_vm(body[2].vm);
	}
	/* Who computes is on a CPU, waits for one, or for its group. */
	for (i = 0; i < (unsigned int)_i; i++)
		waits += host.cpus.cpu[i].nr_queued;
	ck_assert_uint_eq(waits, host.cpus.nr_runnable);
	ck_assert_uint_ge(outer->cpu->usage, 50 * 55 * MS);
	end();
}
END_TEST

/* Scenarios */

static char scenario[4096];

static const char *make(const char *host_properties, const char *a, const char *b)
{
	snprintf(scenario, sizeof(scenario),
		 TEST_HEAD
		 "host { compatible = \"ballast,host\"; memory-mib = <2048>; cpus = <2>; %s\n"
		 "a: a { compatible = \"ballast,cgroup\"; %s };\n"
		 "b: b { compatible = \"ballast,cgroup\"; parent = <&a>; %s }; };\n"
		 "g { compatible = \"ballast,guest\"; memory-mib = <256>; vcpus = <2>;"
		 " cgroup = <&b>;\n"
		 "programs { m { compatible = \"ballast,program-ftq\"; duration-ms = <2000>; }; };"
		 " };\n"
		 "h { compatible = \"ballast,guest\"; memory-mib = <256>; vcpus = <2>;\n"
		 "programs { m { compatible = \"ballast,program-ftq\"; duration-ms = <2000>; }; };"
		 " }; };\n", host_properties, a, b);
	return scenario;
}

START_TEST(settings_of_a_scenario_are_recorded)
{
	const struct report_cgroup *a, *b;
	struct outcome o;

	outcome_run(&o, make("", "cpu-weight = <50>;",
			     "cpu-quota-us = <10000>; cpu-period-us = <50000>;"), false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	a = &o.report.cgroups[0];
	b = &o.report.cgroups[1];
	ck_assert_uint_eq(a->cpu.weight, 50);
	ck_assert_uint_eq(a->cpu.quota, 0);
	ck_assert_uint_eq(b->cpu.weight, 100);
	ck_assert_uint_eq(b->cpu.quota, 10 * MS);
	ck_assert_uint_eq(b->cpu.period, 50 * MS);
	ck_assert_uint_eq(a->cpu_last.used, b->cpu_last.used);
	/* 10 ms of 50: two seconds of the program, and the boot before it. */
	ck_assert_uint_ge(b->cpu_last.used, 400 * MS);
	ck_assert_uint_le(b->cpu_last.used, 500 * MS);
	ck_assert_uint_ge(b->cpu_last.throttled_periods, 40);
	ck_assert_uint_ge(b->cpu_last.throttled, 1600 * MS);
	ck_assert_uint_eq(a->cpu_last.throttled, 0);
	ck_assert_uint_ge(b->pressure.ns[STALL_CPU_FULL], 1500 * MS);
	outcome_free(&o);
}
END_TEST

struct digest {
	struct trace_consumer consumer;
	uint64_t digest, records;
};

/* Times, types and numbers of all records. */
static void see(struct trace_consumer *consumer, const struct trace_record *record)
{
	struct digest *d = (struct digest *)consumer;

	d->records++;
	d->digest = (d->digest ^ record->time ^ record->id << 24) * UINT64_C(0x9e3779b97f4a7c15);
	for (unsigned int i = 0; i < trace_types[record->id].nr_fields; i++) {
		enum trace_kind kind = trace_types[record->id].fields[i].kind;

		if (kind != TRACE_STRING && kind != TRACE_HISTOGRAM)
			d->digest = (d->digest ^ record->value[i].u) * UINT64_C(0x100000001b3) +
				    (d->digest >> 29);
	}
}

START_TEST(the_same_again_is_the_same_trace)
{
	struct digest d[3];
	char error[200];

	for (unsigned int i = 0; i < 3; i++) {
		struct trace_reader *reader;
		struct outcome o;

		outcome_run(&o, make("", i < 2 ? "cpu-weight = <50>;" : "cpu-weight = <51>;",
				     "cpu-quota-us = <60000>;"), true);
		ck_assert_int_eq(o.end, TRACE_END_OK);
		d[i] = (struct digest){ .consumer = { .record = see, .level = TRACE_NORMAL } };
		reader = trace_reader_open(o.trace, error, sizeof(error));
		ck_assert_ptr_nonnull(reader);
		trace_reader_feed(reader, &d[i].consumer);
		trace_reader_close(reader);
		outcome_free(&o);
	}
	ck_assert_uint_gt(d[0].records, 400);
	ck_assert_uint_eq(d[0].records, d[1].records);
	ck_assert_uint_eq(d[0].digest, d[1].digest);
	ck_assert_uint_ne(d[0].digest, d[2].digest);
}
END_TEST

static const struct {
	const char *host, *a, *b, *says;
} bad[] = {
	{ "", "cpu-weight = <0>;", "", "cpu-weight: 0 is out of range; allowed: 1..10000" },
	{ "", "cpu-weight = <10001>;", "", "allowed: 1..10000" },
	{ "", "cpu-quota-us = <999>;", "", "allowed: 1000..1000000000 us" },
	{ "", "cpu-quota-us = <5000>; cpu-period-us = <500>;", "", "allowed: 1000..1000000 us" },
	{ "", "cpu-period-us = <50000>;", "",
	  "cpu-period-us: there is no quota for it; allowed: with cpu-quota-us" },
	{ "cgroup-version = <1>;", "cpu-quota-us = <20000>;",
	  "cpu-quota-us = <20000>; cpu-period-us = <50000>;",
	  "more of the CPUs than the group a has; allowed: up to 10000 us in its period of 50000" },
};

START_TEST(nonsense_is_refused_and_named)
{
	struct outcome o;

	outcome_run(&o, make(bad[_i].host, bad[_i].a, bad[_i].b), false);
	ck_assert(o.refused);
	ck_assert_msg(strstr(o.text, bad[_i].says) != NULL, "says: %s", o.text);
	outcome_free(&o);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("cpu_groups");
	TCase *tc = tcase_create("cpu_groups");

	tcase_add_test(tc, weights_are_shares_of_a_cpu);
	tcase_add_test(tc, weights_are_nested);
	tcase_add_test(tc, a_group_weighs_as_a_whole);
	tcase_add_test(tc, a_weight_is_split_over_cpus);
	tcase_add_test(tc, only_what_runs_weighs);
	tcase_add_test(tc, who_weighs_little_does_not_preempt);
	tcase_add_test(tc, groups_without_settings_are_no_groups);
	/* With as many CPUs. */
	tcase_add_loop_test(tc, a_quota_is_so_much_in_each_period, 1, 4);
	tcase_add_test(tc, a_tick_sees_that_a_quota_is_used_up);
	tcase_add_test(tc, a_quota_interrupts_long_work);
	tcase_add_test(tc, nothing_is_saved_for_later);
	tcase_add_test(tc, a_quota_is_of_all_cpus);
	tcase_add_test(tc, quotas_are_nested);
	tcase_add_test(tc, who_needs_less_is_not_throttled);
	tcase_add_test(tc, what_is_not_needed_is_given_back);
	tcase_add_test(tc, who_is_throttled_can_be_killed);
	tcase_add_loop_test(tc, quotas_hold_whatever_threads_do, 1, 5);
	tcase_add_test(tc, settings_of_a_scenario_are_recorded);
	tcase_add_test(tc, the_same_again_is_the_same_trace);
	tcase_add_loop_test(tc, nonsense_is_refused_and_named, 0, sizeof(bad) / sizeof(bad[0]));
	suite_add_tcase(s, tc);
	return s;
}
