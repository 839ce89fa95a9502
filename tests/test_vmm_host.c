// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMM on a host: its threads compete for CPUs, its lock is waited for, and discards give frames
 * back.  A vCPU runs a script in place of a kernel.
 */
#include <stdlib.h>
#include <unistd.h>

#include "image.h"
#include "internal.h"
#include "suite.h"
#include "test_vmm_guest.h"

#ifndef IMAGE_DIR
#define IMAGE_DIR "build/images"
#endif

/* QEMU's own, as make upstream builds it. */
#define STOCK "upstream-virtio-balloon"

#define F_ALL (F_VERSION_1 | F_INDIRECT | 0x3f)

enum { Q_INFLATE, Q_DEFLATE, Q_STATS, Q_HINT, Q_REPORT };

#define DATA_PFN 8192u		/* frames from 32 MiB on hold data */

static struct guest guest;
static struct host host;
static struct kvm_vm *vm;
static struct image *image;
static struct coro *vcpu_co, *migration_co;
static struct cpu_thread migration_thread;
static bool script_done, migration_done;
static unsigned int config_irqs;

static const char *image_path(const char *name)
{
	static char path[512];
	const char *dir = getenv("BALLAST_IMAGES");

	snprintf(path, sizeof(path), "%s/%s.so", dir ? dir : IMAGE_DIR, name);
	return path;
}

/* Interrupt: the script looks at the rings itself. */
static void guest_irq(struct kvm_vm *to, struct kvm_virtio *dev)
{
	config_irqs += dev->irq_pending & 1;
	dev->irq_pending = 0;
	cpu_wake(to->vcpus[0]);
}

static const struct kvm_guest_ops guest_ops = { .irq = guest_irq };

static void fill_costs(struct cost_table *costs, uint64_t ns)
{
	unsigned int i;

	for (i = 0; i < NR_COSTS; i++)
		costs->ns[i] = ns;
}

static void create_vmm(const char *name)
{
	char error[VMM_ERROR_SIZE];

	guest.ram = guest_ram_ptr(vm->ram);
	guest.observer = (struct vmm_observer){ .message = guest_message,
						.request = guest_request };
	guest.config = (struct vmm_config){ .name = "vm0", .engine = &guest.engine, .vm = vm,
					    .observer = &guest.observer, .opaque = &guest };
	guest.vmm = vmm_create(&guest.config);
	vmm_image_begin(guest.vmm);
	image = image_load(image_path(name), error, sizeof(error));
	vmm_image_end(guest.vmm);
	ck_assert_msg(image != NULL, "%s", error);
	ck_assert_int_eq(vmm_iothread_add(guest.vmm, "io", error), 0);
}

static void create_device(const char *type)
{
	static const char *const props[][2] = {
		{ "free-page-reporting", "on" }, { "free-page-hint", "on" }, { "iothread", "io" },
	};
	char error[VMM_ERROR_SIZE];
	size_t i;

	guest.dev = vmm_device_new(guest.vmm, type, "balloon0", error);
	ck_assert_msg(guest.dev != NULL, "%s", error);
	for (i = 0; i < ARRAY_SIZE(props); i++)
		ck_assert_int_eq(vmm_device_set(guest.dev, props[i][0], props[i][1], error), 0);
	ck_assert_int_eq(vmm_device_realize(guest.dev, error), 0);
	guest.virtio = vmm_device_virtio(guest.dev);
	ck_assert_int_eq(vmm_start(guest.vmm), 0);
}

static void setup_machine_of(const char *image_name, const char *name, uint64_t cost_ns)
{
	struct host_config config = { .memory_bytes = 512 * MIB, .nr_cpus = 2, .swappiness = 60,
				      .seed = 1 };
	struct cost_table costs;
	char type[64];

	memset(&guest, 0, sizeof(guest));
	fill_costs(&costs, cost_ns);
	engine_init(&guest.engine);
	ck_assert_int_eq(host_init(&host, &guest.engine, &config, &costs), 0);
	vm = host_create_vm(&host, "vm0", GUEST_RAM, 1);
	ck_assert_ptr_nonnull(vm);
	vm->guest_ops = &guest_ops;
	create_vmm(image_name);
	snprintf(type, sizeof(type), "%s-pci", name);
	create_device(type);
	script_done = migration_done = false;
	config_irqs = 0;
}

static void setup_machine(const char *name, uint64_t cost_ns)
{
	setup_machine_of(name, name, cost_ns);
}

static void teardown(void)
{
	vmm_destroy(guest.vmm);
	image_unload(image);
	host_destroy(&host);
	engine_destroy(&guest.engine);
	if (vcpu_co)
		coro_destroy(vcpu_co);
	if (migration_co)
		coro_destroy(migration_co);
	vcpu_co = migration_co = NULL;
}

static void run_script(coro_fn script)
{
	vcpu_co = coro_create("vcpu", script, NULL, CORO_STACK_DEFAULT);
	vcpu_co->ctx.thread = vm->vcpus[0];
	vm->vcpus[0]->co = vcpu_co;
	cpu_wake(vm->vcpus[0]);
}

static void finish(void)
{
	char waiting[1024];

	ck_assert_int_eq(engine_run(&guest.engine, 100 * NSEC_PER_SEC_U64), ENGINE_EMPTY);
	ck_assert_msg(!cpu_report_blocked(&host.cpus, 0, waiting, sizeof(waiting)), "%s", waiting);
	ck_assert(script_done);
}

static void script_end(void)
{
	script_done = true;
	cpu_exit_current();
}

static void driver_start(void)
{
	unsigned int q;

	kvm_virtio_set_status(guest.virtio, 0);
	kvm_virtio_set_status(guest.virtio, 3);
	kvm_virtio_set_features(guest.virtio, kvm_virtio_get_features(guest.virtio) & F_ALL);
	kvm_virtio_set_status(guest.virtio, 3 | STATUS_FEATURES_OK);
	for (q = 0; q < 5; q++) {
		struct kvm_vring_addr addr = { RING_DESC(q), RING_AVAIL(q), RING_USED(q),
					       kvm_virtio_queue_size_max(guest.virtio, q) };

		guest.size[q] = addr.size;
		guest_ram_mark_bytes(vm->ram, gpa_to_gfn(RING_BASE(q)), 16);
		kvm_virtio_queue_enable(guest.virtio, q, &addr);
	}
	guest_ram_mark_bytes(vm->ram, gpa_to_gfn(BUFFERS), 16);
	kvm_virtio_set_status(guest.virtio, 3 | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
}

static void wait_used(unsigned int q, uint16_t idx)
{
	while (used_idx(&guest, q) != idx)
		cpu_block("a request's return");
}

static void send_out(unsigned int q, const void *data, uint32_t size)
{
	memcpy(guest.ram + BUFFERS, data, size);
	put_desc(&guest, RING_DESC(q), 0, BUFFERS, size, 0, 0);
	guest_publish(&guest, q, 0);
	kvm_virtio_kick(guest.virtio, q, NULL);
	wait_used(q, guest.avail[q]);
}

static void send_in(unsigned int q, uint64_t gpa, uint32_t len)
{
	put_desc(&guest, RING_DESC(q), 0, gpa, len, DESC_WRITE, 0);
	guest_publish(&guest, q, 0);
	kvm_virtio_kick(guest.virtio, q, NULL);
	wait_used(q, guest.avail[q]);
}

static void inflate_range(uint32_t pfn, unsigned int nr)
{
	uint32_t pfns[1024];
	unsigned int i;

	for (i = 0; i < nr; i++)
		pfns[i] = pfn + i;
	send_out(Q_INFLATE, pfns, nr * sizeof(*pfns));
}

static unsigned int nr_backed(uint64_t pfn, unsigned int nr)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr; i++)
		n += guest_ram_state(vm->ram, gfn(pfn + i)) != RAM_NONE;
	return n;
}

static void script_inflate(void *arg)
{
	uint64_t free_before;

	driver_start();
	guest_ram_write(vm->ram, gfn(DATA_PFN), 1024, 77);
	ck_assert_uint_eq(nr_backed(DATA_PFN, 1024), 1024);
	free_before = host.free_pages;
	inflate_range(DATA_PFN, 256);
	ck_assert_uint_eq(nr_backed(DATA_PFN, 1024), 768);
	/* less a few frames for rings that were never touched before */
	ck_assert_uint_gt(host.free_pages, free_before + 240);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(DATA_PFN + 255)), RAM_NONE);
	ck_assert_uint_eq(guest_ram_peek(vm->ram, gfn(DATA_PFN + 256)), 77 + 256);
	send_in(Q_REPORT, (DATA_PFN + 512) * PAGE, 2 * MIB);
	ck_assert_uint_eq(nr_backed(DATA_PFN, 1024), 256);
	ck_assert_uint_eq(guest_ram_read(vm->ram, gfn(DATA_PFN + 512)), 0);
	script_end();
}

START_TEST(frames_go_back_to_the_host_and_the_vmm_pays)
{
	struct ledger_account *vmm_account, *kernel;

	setup_machine("virtio-ballast", 100);
	vmm_account = &vm->account[ACCOUNT_VMM];
	kernel = &vm->account[ACCOUNT_VMM_KERNEL];
	run_script(script_inflate);
	finish();
	ck_assert_uint_eq(vmm_account->count[COST_VIRTQUEUE_POP], 2);
	ck_assert_uint_eq(kernel->count[COST_MADVISE], 2);
	ck_assert_uint_eq(vm->exits[KVM_EXIT_IOEVENTFD], 2);
	ck_assert_uint_eq(guest.virtio->nr_interrupts, 2);
	ck_assert_uint_eq(guest.nr_errors, 0);
	ck_assert_uint_gt(guest.vmm->main.thread.ran, 0);
	ck_assert_uint_gt(guest.engine.now, 0);
	teardown();
}
END_TEST

static uint64_t ids[2];		/* of a driver's request; of one that nobody has announced */

static void script_by_itself(void *arg)
{
	driver_start();
	guest_ram_write(vm->ram, gfn(DATA_PFN), 512, 77);
	kvm_virtio_submitted(guest.virtio, Q_INFLATE, 0, NULL);
	inflate_range(DATA_PFN, 256);
	ids[0] = guest.last_request.served.id;
	inflate_range(DATA_PFN + 256, 256);
	ids[1] = guest.last_request.served.id;
	script_end();
}

START_TEST(what_a_guest_writes_to_a_ring_by_itself_has_no_id)
{
	setup_machine("virtio-ballast", 100);
	run_script(script_by_itself);
	finish();
	ck_assert_uint_eq(guest.nr_requests, 2);
	ck_assert_uint_ne(ids[0], 0);
	ck_assert_uint_eq(ids[1], 0);
	teardown();
}
END_TEST

START_TEST(kick_without_ioeventfd_is_served_by_the_vcpu)
{
	uint64_t ran;

	if (access(image_path(STOCK), R_OK))
		return;		/* QEMU's own was not built */
	setup_machine_of(STOCK, "virtio-balloon", 100);
	engine_run(&guest.engine, NSEC_PER_MSEC_U64);
	ran = guest.vmm->main.thread.ran;
	run_script(script_inflate);
	finish();
	ck_assert_uint_eq(vm->exits[KVM_EXIT_IOEVENTFD], 0);
	ck_assert_uint_eq(guest.virtio->nr_kicks, 2);
	ck_assert_uint_eq(guest.vmm->main.thread.ran, ran);
	ck_assert_uint_eq(vm->account[ACCOUNT_VMM].count[COST_VIRTQUEUE_POP], 2);
	teardown();
}
END_TEST

/* While the main loop works on a long request, a register access has to wait for the big lock. */
static uint64_t waited_ns;

static void script_contend(void *arg)
{
	uint32_t pfns[1024], value;
	uint64_t start;
	unsigned int i;

	driver_start();
	guest_ram_write(vm->ram, gfn(DATA_PFN), 2048, 5);
	for (i = 0; i < 1024; i++)
		pfns[i] = DATA_PFN + 2 * i;	/* nothing to coalesce */
	memcpy(guest.ram + BUFFERS, pfns, sizeof(pfns));
	put_desc(&guest, RING_DESC(Q_INFLATE), 0, BUFFERS, sizeof(pfns), 0, 0);
	guest_publish(&guest, Q_INFLATE, 0);
	kvm_virtio_kick(guest.virtio, Q_INFLATE, NULL);
	cpu_sync();
	cpu_sleep(20000);		/* the main loop has it by now */
	start = guest.engine.now;
	kvm_virtio_config_read(guest.virtio, 0, &value, 4);
	waited_ns = guest.engine.now - start;
	wait_used(Q_INFLATE, 1);
	script_end();
}

START_TEST(register_access_waits_for_the_big_lock)
{
	setup_machine("virtio-ballast", 1000);
	run_script(script_contend);
	finish();
	/* 1024 discards of several costs each */
	ck_assert_uint_gt(waited_ns, 1000 * 1000);
	teardown();
}
END_TEST

/* 32 requests of 1024 pages: how long has another vCPU to wait for a register? */
static const struct hostile_turn {
	const char *image;
	bool endless;
} hostile_turns[] = {
	{ "virtio-ballast", false },
	{ "broken-variant-endless-turn", true },
};

#define TURN_LIMIT_NS (50 * NSEC_PER_MSEC_U64)

static void script_hostile(void *arg)
{
	uint64_t table = 2 * MIB, start;
	uint32_t value;
	unsigned int i;

	driver_start();
	guest_ram_mark_bytes(vm->ram, gpa_to_gfn(table), 4);
	for (i = 0; i < 1024; i++)
		put_desc(&guest, table, i, (DATA_PFN + 2 * i) * PAGE, PAGE,
			 DESC_WRITE | (i < 1023 ? DESC_NEXT : 0), i + 1);
	put_desc(&guest, RING_DESC(Q_REPORT), 0, table, 1024 * 16, DESC_INDIRECT, 0);
	for (i = 0; i < 32; i++)
		guest_publish(&guest, Q_REPORT, 0);
	kvm_virtio_kick(guest.virtio, Q_REPORT, NULL);
	waited_ns = 0;
	while (used_idx(&guest, Q_REPORT) < 32) {
		cpu_sleep(20000);
		start = guest.engine.now;
		kvm_virtio_config_read(guest.virtio, 0, &value, 4);
		waited_ns = MAX(waited_ns, guest.engine.now - start);
	}
	script_end();
}

START_TEST(hostile_turn_holds_the_big_lock_for_a_moment)
{
	setup_machine_of(hostile_turns[_i].image, "virtio-ballast", 1000);
	run_script(script_hostile);
	finish();
	ck_assert_uint_eq(guest.nr_errors, 0);
	if (hostile_turns[_i].endless)
		ck_assert_uint_gt(waited_ns, TURN_LIMIT_NS);
	else
		ck_assert_uint_lt(waited_ns, TURN_LIMIT_NS);
	teardown();
}
END_TEST

/* A migration that asks for hints twice, and a guest that gives them. */

static void migration_script(void *arg)
{
	ck_assert_int_eq(vmm_migration_begin(guest.vmm), 0);
	vmm_migration_sync(guest.vmm, NULL);
	cpu_sleep(5 * NSEC_PER_MSEC_U64);
	ck_assert(!vmm_migration_page_dirty(guest.vmm, DATA_PFN));
	ck_assert(vmm_migration_page_dirty(guest.vmm, DATA_PFN - 1));
	vmm_migration_sync(guest.vmm, NULL);
	cpu_sleep(5 * NSEC_PER_MSEC_U64);
	vmm_migration_end(guest.vmm, true);
	migration_done = true;
	cpu_exit_current();
}

/* The same with the VM stopped for a while in the middle of the first round. */
static void migration_stop_script(void *arg)
{
	ck_assert_int_eq(vmm_migration_begin(guest.vmm), 0);
	vmm_migration_sync(guest.vmm, NULL);
	cpu_sleep(3 * NSEC_PER_USEC_U64);
	vmm_vm_stop(guest.vmm);
	cpu_sleep(5 * NSEC_PER_MSEC_U64);
	vmm_vm_continue(guest.vmm);
	cpu_sleep(5 * NSEC_PER_MSEC_U64);
	ck_assert(!vmm_migration_page_dirty(guest.vmm, DATA_PFN));
	vmm_migration_sync(guest.vmm, NULL);
	cpu_sleep(5 * NSEC_PER_MSEC_U64);
	vmm_migration_end(guest.vmm, true);
	migration_done = true;
	cpu_exit_current();
}

static uint32_t wait_config(uint32_t not_this)
{
	uint32_t id;

	for (;;) {
		kvm_virtio_config_read(guest.virtio, 8, &id, 4);
		if (id != not_this && id != 0)
			return id;
		cpu_block("a change of the configuration");
	}
}

static void script_hint(void *arg)
{
	uint32_t id = 0;
	unsigned int round;

	driver_start();
	cpu_thread_init(&migration_thread, &host.cpus, "migration", NULL,
			&vm->account[ACCOUNT_VMM]);
	migration_co->ctx.thread = &migration_thread;
	migration_thread.co = migration_co;
	migration_thread.vm = vm;
	cpu_wake(&migration_thread);
	for (round = 0; round < 2; round++) {
		id = wait_config(id);
		ck_assert_uint_ge(id, 0x80000000);
		send_out(Q_HINT, &id, 4);
		send_in(Q_HINT, DATA_PFN * PAGE, 4 * MIB);
	}
	ck_assert_uint_eq(wait_config(id), 1);
	script_end();
}

START_TEST(hints_are_applied_by_the_iothread)
{
	static const char *const images[] = { "virtio-ballast", STOCK };
	static const char *const names[] = { "virtio-ballast", "virtio-balloon" };

	if (access(image_path(images[_i & 1]), R_OK))
		return;		/* QEMU's own was not built */
	setup_machine_of(images[_i & 1], names[_i & 1], 100);
	migration_co = coro_create("migration", _i & 2 ? migration_stop_script : migration_script,
				   NULL, CORO_STACK_DEFAULT);
	run_script(script_hint);
	finish();
	ck_assert(migration_done);
	ck_assert_uint_eq(guest.nr_errors, 0);
	ck_assert_uint_gt(IOTHREAD(guest.vmm->iothreads->children)->ctx.thread.ran, 0);
	teardown();
}
END_TEST

/*
 * A migration whose receiver stops reading in the middle of a pass, which began when the guest had
 * opened a round of hints; and what happens to a VM meanwhile.
 */
#define STALL_NS (10 * NSEC_PER_SEC_U64)

enum meanwhile { MEANWHILE_NOTHING, MEANWHILE_RESET, MEANWHILE_STOP, MEANWHILE_UNPLUG };

static const struct stalled {
	const char *image;
	enum meanwhile what;
	bool waits;		/* the big lock is taken until the receiver reads */
	bool clean;		/* in the end the page need not be sent, for all that is known */
} stalled[] = {
	{ "virtio-ballast", MEANWHILE_NOTHING, false, true },
	{ STOCK, MEANWHILE_NOTHING, false, true },
	{ "virtio-ballast", MEANWHILE_RESET, false, false },
	{ "virtio-ballast", MEANWHILE_STOP, false, true },
	{ "virtio-ballast", MEANWHILE_UNPLUG, false, false },
	{ "broken-variant-waits-for-hints", MEANWHILE_RESET, true, true },
	{ "broken-variant-trusts-late-hints", MEANWHILE_RESET, false, true },
	{ STOCK, MEANWHILE_RESET, true, true },
	{ STOCK, MEANWHILE_STOP, true, true },
};

static const struct stalled *stall;
static bool round_open, stalls;
static uint64_t took_ns;

static void migration_stall_script(void *arg)
{
	ck_assert_int_eq(vmm_migration_begin(guest.vmm), 0);
	vmm_migration_sync(guest.vmm, NULL);
	while (!round_open)
		cpu_sleep(NSEC_PER_MSEC_U64);
	vmm_migration_pass_begin(guest.vmm);
	stalls = true;
	cpu_sleep(STALL_NS);
	vmm_migration_pass_end(guest.vmm);
	cpu_sleep(5 * NSEC_PER_MSEC_U64);
	vmm_migration_sync(guest.vmm, NULL);
	ck_assert_int_eq(vmm_migration_page_dirty(guest.vmm, DATA_PFN), !stall->clean);
	ck_assert(vmm_migration_page_dirty(guest.vmm, DATA_PFN - 1));
	vmm_migration_end(guest.vmm, true);
	migration_done = true;
	cpu_exit_current();
}

static void script_stall(void *arg)
{
	uint64_t start;
	uint32_t id;

	driver_start();
	cpu_wake(&migration_thread);
	id = wait_config(0);
	send_out(Q_HINT, &id, 4);
	round_open = true;
	while (!stalls)
		cpu_sleep(NSEC_PER_MSEC_U64);
	put_desc(&guest, RING_DESC(Q_HINT), 0, DATA_PFN * PAGE, PAGE, DESC_WRITE, 0);
	guest_publish(&guest, Q_HINT, 0);
	kvm_virtio_kick(guest.virtio, Q_HINT, NULL);
	cpu_sleep(5 * NSEC_PER_MSEC_U64);	/* the iothread waits for the bitmap by now */
	ck_assert_uint_eq(used_idx(&guest, Q_HINT), 1);
	start = guest.engine.now;
	if (stall->what == MEANWHILE_NOTHING) {
		/* The guest has its buffer back when the hint has been applied, and not before. */
		wait_used(Q_HINT, 2);
		ck_assert_uint_gt(guest.engine.now - start, STALL_NS / 2);
		ck_assert(!vmm_migration_page_dirty(guest.vmm, DATA_PFN));
		start = guest.engine.now;
	} else if (stall->what == MEANWHILE_RESET)
		kvm_virtio_set_status(guest.virtio, 0);
	else if (stall->what == MEANWHILE_STOP)
		vmm_vm_stop(guest.vmm);
	else
		vmm_device_delete(guest.dev);
	cpu_sync();
	took_ns = guest.engine.now - start;
	if (stall->what == MEANWHILE_STOP) {
		cpu_sleep(2 * STALL_NS);
		ck_assert_uint_eq(used_idx(&guest, Q_HINT), stall->waits ? 2 : 1);
		vmm_vm_continue(guest.vmm);
		wait_used(Q_HINT, 2);
	}
	script_end();
}

START_TEST(nobody_waits_for_the_receiver_of_a_migration)
{
	const char *name;

	stall = &stalled[_i];
	if (access(image_path(stall->image), R_OK))
		return;		/* QEMU's own was not built */
	name = strcmp(stall->image, STOCK) ? "virtio-ballast" : "virtio-balloon";
	setup_machine_of(stall->image, name, 100);
	round_open = stalls = false;
	cpu_thread_init(&migration_thread, &host.cpus, "migration", NULL,
			&vm->account[ACCOUNT_VMM]);
	migration_co = coro_create("migration", migration_stall_script, NULL, CORO_STACK_DEFAULT);
	migration_co->ctx.thread = &migration_thread;
	migration_thread.co = migration_co;
	migration_thread.vm = vm;
	run_script(script_stall);
	finish();
	ck_assert(migration_done);
	ck_assert_uint_eq(guest.nr_errors, 0);
	if (stall->waits)
		ck_assert_uint_gt(took_ns, STALL_NS / 2);
	else
		ck_assert_uint_lt(took_ns, NSEC_PER_MSEC_U64);
	teardown();
}
END_TEST

/* The end of the process in the middle of things. */
static void script_die(void *arg)
{
	uint32_t pfns[512];
	unsigned int i;

	driver_start();
	for (i = 0; i < 512; i++)
		pfns[i] = DATA_PFN + 2 * i;
	memcpy(guest.ram + BUFFERS, pfns, sizeof(pfns));
	put_desc(&guest, RING_DESC(Q_INFLATE), 0, BUFFERS, sizeof(pfns), 0, 0);
	guest_publish(&guest, Q_INFLATE, 0);
	kvm_virtio_kick(guest.virtio, Q_INFLATE, NULL);
	cpu_block("nothing");
	abort();
}

START_TEST(killed_vmm_runs_no_more)
{
	setup_machine("virtio-ballast", 1000);
	run_script(script_die);
	engine_run(&guest.engine, 200 * NSEC_PER_USEC_U64);
	host_stop_vm(vm);
	vmm_kill(guest.vmm);
	ck_assert_int_eq(engine_run(&guest.engine, 10 * NSEC_PER_SEC_U64), ENGINE_EMPTY);
	teardown();
}
END_TEST

START_TEST(same_run_takes_the_same_time)
{
	static uint64_t end[2];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		setup_machine("virtio-ballast", 137);
		run_script(script_inflate);
		finish();
		end[i] = guest.engine.now;
		teardown();
	}
	ck_assert_uint_eq(end[0], end[1]);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *suite = suite_create("vmm_host");
	TCase *tc = tcase_create("threads");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, frames_go_back_to_the_host_and_the_vmm_pays);
	tcase_add_test(tc, what_a_guest_writes_to_a_ring_by_itself_has_no_id);
	tcase_add_test(tc, kick_without_ioeventfd_is_served_by_the_vcpu);
	tcase_add_test(tc, register_access_waits_for_the_big_lock);
	tcase_add_loop_test(tc, hostile_turn_holds_the_big_lock_for_a_moment, 0,
			    ARRAY_SIZE(hostile_turns));
	tcase_add_loop_test(tc, hints_are_applied_by_the_iothread, 0, 4);
	tcase_add_loop_test(tc, nobody_waits_for_the_receiver_of_a_migration, 0,
			    ARRAY_SIZE(stalled));
	tcase_add_test(tc, killed_vmm_runs_no_more);
	tcase_add_test(tc, same_run_takes_the_same_time);
	suite_add_tcase(suite, tc);
	return suite;
}
