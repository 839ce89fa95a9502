// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtio-ballast device (the image that ships) in the model VMM, driven by a guest without a
 * kernel: what each queue does to memory, and what the host and management software can see.  What
 * hostile guests achieve: test_vmm_hostile.c.  Where QEMU's own balloon was built as an image
 * (make upstream), the facts that both must agree on are checked on both.
 */
#define _GNU_SOURCE	/* memmem() */
#include <stdlib.h>
#include <unistd.h>

#include "image.h"
#include "internal.h"
#include "suite.h"
#include "test_vmm_guest.h"

#ifndef IMAGE_DIR
#define IMAGE_DIR "build/images"
#endif

#define F_MUST_TELL_HOST (UINT64_C(1) << 0)
#define F_STATS_VQ (UINT64_C(1) << 1)
#define F_DEFLATE_ON_OOM (UINT64_C(1) << 2)
#define F_HINT (UINT64_C(1) << 3)
#define F_POISON (UINT64_C(1) << 4)
#define F_REPORTING (UINT64_C(1) << 5)
#define F_ALL (F_VERSION_1 | F_INDIRECT | 0x3f)

enum { Q_INFLATE, Q_DEFLATE, Q_STATS, Q_HINT, Q_REPORT };


static struct guest guest;
static struct image *image;
static unsigned int config_interrupts, queue_interrupts;

static void count_interrupt(struct kvm_virtio *dev, int vector)
{
	if (vector == KVM_VECTOR_CONFIG)
		config_interrupts++;
	else
		queue_interrupts++;
}

static const char *image_path(const char *name)
{
	static char path[512];
	const char *dir = getenv("BALLAST_IMAGES");

	snprintf(path, sizeof(path), "%s/%s.so", dir ? dir : IMAGE_DIR, name);
	return path;
}

static void load(struct guest *g, struct image **into, const char *name)
{
	char error[256];

	vmm_image_begin(g->vmm);
	*into = image_load(image_path(name), error, sizeof(error));
	vmm_image_end(g->vmm);
	ck_assert_msg(*into != NULL, "%s", error);
}

static void set(struct vmm_device *dev, const char *name, const char *value)
{
	char error[VMM_ERROR_SIZE] = "";

	ck_assert_msg(!vmm_device_set(dev, name, value, error), "%s=%s: %s", name, value, error);
}

static struct vmm_device *add_device(struct guest *g, const char *type, const char *id)
{
	char error[VMM_ERROR_SIZE] = "";
	struct vmm_device *dev = vmm_device_new(g->vmm, type, id, error);

	ck_assert_msg(dev != NULL, "%s", error);
	set(dev, "free-page-reporting", "on");
	set(dev, "free-page-hint", "on");
	set(dev, "iothread", "io");
	return dev;
}

static void realize(struct guest *g, struct vmm_device *dev)
{
	char error[VMM_ERROR_SIZE] = "";

	ck_assert_msg(!vmm_device_realize(dev, error), "%s", error);
	g->dev = dev;
	g->virtio = vmm_device_virtio(dev);
	g->virtio->interrupt = count_interrupt;
}

static void create(struct guest *g, struct image **into, const char *name)
{
	char error[VMM_ERROR_SIZE];

	guest_create(g);
	load(g, into, name);
	ck_assert_int_eq(vmm_iothread_add(g->vmm, "io", error), 0);
}

static void setup_as(const char *name, const char *type)
{
	create(&guest, &image, name);
	realize(&guest, add_device(&guest, type, "balloon0"));
	guest_driver(&guest, F_ALL, 5);
	config_interrupts = queue_interrupts = 0;
	memset(guest.ram + 8 * MIB, 0x5a, 48 * MIB);
}

static void setup(void)
{
	memset(&guest, 0, sizeof(guest));
	setup_as("virtio-ballast", "virtio-ballast-device");
}

static void setup_huge(void)
{
	memset(&guest, 0, sizeof(guest));
	guest.config.ram_page_size = 2 * MIB;
	setup_as("virtio-ballast", "virtio-ballast-device");
}

static void setup_64k(void)
{
	memset(&guest, 0, sizeof(guest));
	guest.config.ram_page_size = 65536;
	setup_as("virtio-ballast", "virtio-ballast-device");
}

static void teardown(void)
{
	guest_destroy(&guest);
	image_unload(image);
}

/* A request of one buffer that holds @size bytes at BUFFERS. */
static void send_out(unsigned int q, const void *data, uint32_t size)
{
	memcpy(guest.ram + BUFFERS, data, size);
	put_desc(&guest, RING_DESC(q), 0, BUFFERS, size, 0, 0);
	guest_publish(&guest, q, 0);
	guest_kick(&guest, q);
}

static void send_pfns(unsigned int q, const uint32_t *pfns, unsigned int nr)
{
	send_out(q, pfns, nr * sizeof(*pfns));
}

static void send_range(unsigned int q, uint32_t pfn, unsigned int nr)
{
	uint32_t pfns[1024];
	unsigned int i;

	for (i = 0; i < nr; i++)
		pfns[i] = pfn + i;
	send_pfns(q, pfns, nr);
}

static void send_in(unsigned int q, uint64_t gpa, uint32_t len)
{
	put_desc(&guest, RING_DESC(q), 0, gpa, len, DESC_WRITE, 0);
	guest_publish(&guest, q, 0);
	guest_kick(&guest, q);
}

/* Does the page hold zeroes, or what the test put there? */
static bool discarded(uint64_t pfn)
{
	const uint8_t *p = guest.ram + pfn * PAGE;

	if ((p[0] != 0 && p[0] != 0x5a) || memcmp(p, p + 1, PAGE - 1))
		ck_abort_msg("page 0x%lx holds neither", (unsigned long)pfn);
	return !p[0];
}

static unsigned int nr_discarded(uint64_t pfn, unsigned int nr)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr; i++)
		n += discarded(pfn + i);
	return n;
}

static uint32_t config32(unsigned int offset)
{
	uint32_t value;

	guest.virtio->ops->config_read(guest.virtio, offset, &value, 4);
	return value;
}

static void config_write(unsigned int offset, uint32_t value)
{
	guest.virtio->ops->config_write(guest.virtio, offset, &value, 4);
}

static void run_for(uint64_t ns)
{
	engine_run(&guest.engine, guest.engine.now + ns);
}

/* Inflate and deflate */

#define PFN(n) ((uint32_t)(8 * MIB / PAGE) + (n))

START_TEST(inflated_frames_are_discarded_and_no_others)
{
	const uint32_t pfns[] = { PFN(10), PFN(11), PFN(12), PFN(40) };

	send_pfns(Q_INFLATE, pfns, 4);
	ck_assert_uint_eq(used_idx(&guest, Q_INFLATE), 1);
	ck_assert_uint_eq(queue_interrupts, 1);
	ck_assert_uint_eq(nr_discarded(PFN(0), 64), 4);
	ck_assert(discarded(PFN(10)) && discarded(PFN(11)) && discarded(PFN(12)));
	ck_assert(discarded(PFN(40)));
	ck_assert_int_eq(guest.last_request.role, VMM_ROLE_INFLATE);
	ck_assert_uint_eq(guest.last_request.blocks, 4);
}
END_TEST

START_TEST(consecutive_frames_are_discarded_by_one_call)
{
	const uint32_t up[] = { PFN(10), PFN(11), PFN(12), PFN(40) };
	const uint32_t down[] = { PFN(103), PFN(102), PFN(101), PFN(104) };

	send_pfns(Q_INFLATE, up, 4);
	ck_assert_uint_eq(guest_prop(&guest, "inflate-discards"), 2);
	send_pfns(Q_INFLATE, down, 4);
	ck_assert_uint_eq(guest_prop(&guest, "inflate-discards"), 3);
	ck_assert_uint_eq(guest_prop(&guest, "inflate-pages"), 8);
	ck_assert_uint_eq(guest_prop(&guest, "inflate-discarded-bytes"), 8 * PAGE);
	ck_assert_uint_eq(guest_prop(&guest, "inflate-requests"), 2);
}
END_TEST

START_TEST(coalescing_can_be_switched_off)
{
	char error[VMM_ERROR_SIZE];
	struct vmm_device *dev;

	ck_assert_int_ne(vmm_device_set(guest.dev, "coalesce", "off", error), 0);
	ck_assert_ptr_nonnull(strstr(error, "in use"));
	vmm_device_delete(guest.dev);
	dev = add_device(&guest, "virtio-ballast-pci", "second");
	set(dev, "coalesce", "off");
	realize(&guest, dev);
	guest_driver(&guest, F_ALL, 5);
	send_range(Q_INFLATE, PFN(0), 5);
	ck_assert_uint_eq(guest_prop(&guest, "inflate-discards"), 5);
	ck_assert_uint_eq(nr_discarded(PFN(0), 16), 5);
}
END_TEST

START_TEST(deflate_leaves_memory_alone)
{
	send_range(Q_DEFLATE, PFN(0), 16);
	ck_assert_uint_eq(used_idx(&guest, Q_DEFLATE), 1);
	ck_assert_uint_eq(nr_discarded(PFN(0), 16), 0);
	ck_assert_uint_eq(guest_prop(&guest, "deflate-pages"), 16);
}
END_TEST

START_TEST(frames_named_twice_are_harmless)
{
	const uint32_t pfns[] = { PFN(7), PFN(7), PFN(8), PFN(7) };

	send_pfns(Q_INFLATE, pfns, 4);
	ck_assert_uint_eq(used_idx(&guest, Q_INFLATE), 1);
	ck_assert_uint_eq(nr_discarded(PFN(0), 16), 2);
	ck_assert(!vmm_device_broken(guest.dev));
}
END_TEST

static unsigned int turns;

static void count_turns(struct vmm *vmm, const char *name, const char *text)
{
	turns += !strcmp(name, "virtio_ballast_backlog");
}

START_TEST(one_turn_serves_a_bounded_number_of_frames)
{
	unsigned int i;

	turns = 0;
	guest.observer.trace_point = count_turns;
	for (i = 0; i < 1024; i++)
		put32(&guest, BUFFERS + 4 * i, PFN(i));
	put_desc(&guest, RING_DESC(Q_INFLATE), 0, BUFFERS, 4096, 0, 0);
	for (i = 0; i < 100; i++)
		guest_publish(&guest, Q_INFLATE, 0);
	guest_kick(&guest, Q_INFLATE);
	/* 16 requests of 1024 frames a turn; the rest is served without another kick */
	ck_assert_uint_eq(turns, 6);
	ck_assert_uint_eq(used_idx(&guest, Q_INFLATE), 100);
}
END_TEST

/* 32 requests of 48 MiB are 1.5 GiB, and a turn discards 1: it ends in the middle of the 22nd. */
static void report_in_turns(void)
{
	unsigned int i;

	put_desc(&guest, RING_DESC(Q_REPORT), 0, 16 * MIB, 48 * MIB, DESC_WRITE, 0);
	for (i = 0; i < 32; i++)
		guest_publish(&guest, Q_REPORT, 0);
	guest.virtio->kick(guest.virtio, Q_REPORT);
	coro_current->ctx.vmm = guest.vmm;
	vmm_transport_run(guest.vmm);
	coro_current->ctx.vmm = NULL;
	ck_assert_uint_eq(used_idx(&guest, Q_REPORT), 21);
	ck_assert_uint_eq(guest.dev->vdev->vq[Q_REPORT].inuse, 1);
}

START_TEST(request_goes_on_in_the_next_turn)
{
	report_in_turns();
	ck_assert_uint_eq(guest_prop(&guest, "report-discarded-bytes"), 1024 * MIB);
	guest_run(&guest);
	ck_assert_uint_eq(used_idx(&guest, Q_REPORT), 32);
	ck_assert_uint_eq(guest_prop(&guest, "report-requests"), 32);
	ck_assert_uint_eq(guest_prop(&guest, "report-discarded-bytes"), 32 * 48 * MIB);

	guest_driver(&guest, F_ALL, 5);
	report_in_turns();
	guest_driver(&guest, F_ALL, 5);	/* in the middle of it */
	guest_run(&guest);
	ck_assert_uint_eq(guest.dev->vdev->vq[Q_REPORT].inuse, 0);
	ck_assert_uint_eq(used_idx(&guest, Q_REPORT), 0);
	ck_assert_uint_eq(guest.nr_errors, 0);
}
END_TEST

START_TEST(nothing_is_discarded_while_that_is_disabled)
{
	guest.vmm->config.discard_disabled = true;
	send_range(Q_INFLATE, PFN(0), 8);
	send_in(Q_REPORT, PFN(512) * PAGE, 2 * MIB);
	ck_assert_uint_eq(used_idx(&guest, Q_INFLATE), 1);
	ck_assert_uint_eq(used_idx(&guest, Q_REPORT), 1);
	ck_assert_uint_eq(nr_discarded(PFN(0), 1024), 0);
	ck_assert_uint_eq(guest_prop(&guest, "skipped-bytes"), 8 * PAGE + 2 * MIB);
	guest.vmm->config.discard_disabled = false;
	vmm_migration_set_postcopy(guest.vmm, false, true);
	send_range(Q_INFLATE, PFN(0), 8);
	ck_assert_uint_eq(nr_discarded(PFN(0), 8), 0);
}
END_TEST

/* Host pages of 2 MiB: frames PFN(0) to PFN(511) are one. */

START_TEST(host_page_is_discarded_when_all_of_it_is_ballooned)
{
	send_range(Q_INFLATE, PFN(0), 511);
	ck_assert_uint_eq(nr_discarded(PFN(0), 512), 0);
	send_range(Q_INFLATE, PFN(511), 1);
	ck_assert_uint_eq(nr_discarded(PFN(0), 512), 512);
	ck_assert_uint_eq(nr_discarded(PFN(512), 512), 0);
	ck_assert_uint_eq(guest_prop(&guest, "inflate-discards"), 1);
}
END_TEST

START_TEST(deflated_part_keeps_the_host_page)
{
	send_range(Q_INFLATE, PFN(0), 511);
	send_range(Q_DEFLATE, PFN(100), 1);
	send_range(Q_INFLATE, PFN(511), 1);
	ck_assert_uint_eq(nr_discarded(PFN(0), 512), 0);
	send_range(Q_INFLATE, PFN(100), 1);
	ck_assert_uint_eq(nr_discarded(PFN(0), 512), 512);
}
END_TEST

/* Memory that goes away is not kept by what is remembered of it. */
START_TEST(unplugged_memory_is_forgotten)
{
	MemoryRegion *mr = &guest.vmm->regions[0];

	send_range(Q_INFLATE, PFN(0), 511);
	send_range(Q_INFLATE, PFN(8192), 511);		/* 32 MiB further */
	ck_assert_uint_eq(mr->refs, 2);
	vmm_region_gone(guest.vmm, mr, 0, PFN(4096) * PAGE);
	ck_assert_uint_eq(mr->refs, 1);
	send_range(Q_INFLATE, PFN(511), 1);
	send_range(Q_INFLATE, PFN(8192 + 511), 1);
	ck_assert_uint_eq(nr_discarded(PFN(0), 512), 0);
	ck_assert_uint_eq(nr_discarded(PFN(8192), 512), 512);
	vmm_region_gone(guest.vmm, mr, 0, GUEST_RAM);
	ck_assert_uint_eq(mr->refs, 0);
	ck_assert_uint_eq(guest.nr_errors, 0);
}
END_TEST

START_TEST(small_host_pages_are_remembered_together)
{
	MemoryRegion *mr = &guest.vmm->regions[0];
	unsigned int i;

	for (i = 0; i < 64; i++)			/* 4 MiB in host pages of 64 KiB */
		send_range(Q_INFLATE, PFN(16 * i), 15);
	ck_assert_uint_eq(nr_discarded(PFN(0), 1024), 0);
	ck_assert_uint_eq(mr->refs, 1);
	send_range(Q_DEFLATE, PFN(16), 15);
	send_range(Q_INFLATE, PFN(15), 2);		/* the end of one, the start of the next */
	ck_assert_uint_eq(nr_discarded(PFN(0), 1024), 16);
	send_range(Q_INFLATE, PFN(17), 14 + 1);
	ck_assert_uint_eq(nr_discarded(PFN(0), 1024), 32);
	ck_assert_uint_eq(guest_prop(&guest, "inflate-discards"), 2);
	ck_assert_uint_eq(guest_prop(&guest, "inflate-discarded-bytes"), 32 * PAGE);
}
END_TEST

START_TEST(part_named_twice_counts_once)
{
	send_range(Q_INFLATE, PFN(0), 510);
	send_range(Q_INFLATE, PFN(0), 510);
	send_range(Q_INFLATE, PFN(510), 1);
	ck_assert_uint_eq(nr_discarded(PFN(0), 512), 0);
}
END_TEST

START_TEST(without_must_tell_host_only_one_request_counts)
{
	guest_driver(&guest, F_ALL & ~F_MUST_TELL_HOST, 5);
	send_range(Q_INFLATE, PFN(0), 511);
	send_range(Q_INFLATE, PFN(511), 1);
	ck_assert_uint_eq(nr_discarded(PFN(0), 512), 0);
	send_range(Q_INFLATE, PFN(0), 512);
	ck_assert_uint_eq(nr_discarded(PFN(0), 512), 512);
}
END_TEST

START_TEST(reset_forgets_ballooned_parts)
{
	send_range(Q_INFLATE, PFN(0), 511);
	guest_driver(&guest, F_ALL, 5);
	send_range(Q_INFLATE, PFN(511), 1);
	ck_assert_uint_eq(nr_discarded(PFN(0), 512), 0);
	ck_assert_uint_eq(guest.vmm->regions[0].refs, 1);	/* of the one that is held */
	guest_driver(&guest, F_ALL, 5);
	ck_assert_uint_eq(guest.vmm->regions[0].refs, 0);
}
END_TEST

START_TEST(report_covers_only_whole_host_pages)
{
	send_in(Q_REPORT, PFN(256) * PAGE, 4 * MIB);
	ck_assert_uint_eq(nr_discarded(PFN(0), 512), 0);
	ck_assert_uint_eq(nr_discarded(PFN(512), 512), 512);
	ck_assert_uint_eq(nr_discarded(PFN(1024), 512), 0);
	send_in(Q_REPORT, PFN(1) * PAGE, 64 * 1024);
	ck_assert_uint_eq(nr_discarded(PFN(0), 512), 0);
	ck_assert(!vmm_device_broken(guest.dev));
}
END_TEST

/* Reporting */

START_TEST(reported_buffers_are_discarded)
{
	put_desc(&guest, RING_DESC(Q_REPORT), 0, PFN(512) * PAGE, 2 * MIB, 3, 1);
	put_desc(&guest, RING_DESC(Q_REPORT), 1, PFN(2048) * PAGE, 4 * MIB, 2, 0);
	guest_publish(&guest, Q_REPORT, 0);
	guest_kick(&guest, Q_REPORT);
	ck_assert_uint_eq(used_idx(&guest, Q_REPORT), 1);
	ck_assert_uint_eq(nr_discarded(PFN(0), 4096), 512 + 1024);
	ck_assert_uint_eq(guest_prop(&guest, "report-blocks"), 2);
	ck_assert_uint_eq(guest_prop(&guest, "report-discarded-bytes"), 6 * MIB);
	ck_assert_int_eq(guest.last_request.role, VMM_ROLE_REPORT);
	ck_assert_uint_eq(guest.last_request.bytes, 6 * MIB);
}
END_TEST

START_TEST(overlapping_reports_are_refused)
{
	put_desc(&guest, RING_DESC(Q_REPORT), 0, PFN(512) * PAGE, 2 * MIB, 3, 1);
	put_desc(&guest, RING_DESC(Q_REPORT), 1, PFN(513) * PAGE, 2 * MIB, 2, 0);
	guest_publish(&guest, Q_REPORT, 0);
	guest_kick(&guest, Q_REPORT);
	ck_assert(vmm_device_broken(guest.dev));
	ck_assert_uint_eq(nr_discarded(PFN(0), 2048), 0);
}
END_TEST

START_TEST(reports_are_left_alone_while_free_pages_are_poisoned)
{
	config_write(12, 0xaaaaaaaa);
	send_in(Q_REPORT, PFN(512) * PAGE, 2 * MIB);
	ck_assert_uint_eq(used_idx(&guest, Q_REPORT), 1);
	ck_assert_uint_eq(nr_discarded(PFN(512), 512), 0);
	config_write(12, 0);
	send_in(Q_REPORT, PFN(512) * PAGE, 2 * MIB);
	ck_assert_uint_eq(nr_discarded(PFN(512), 512), 512);
}
END_TEST

START_TEST(poison_value_is_ignored_unless_negotiated)
{
	guest_driver(&guest, F_ALL & ~F_POISON, 5);
	config_write(12, 0xaaaaaaaa);
	send_in(Q_REPORT, PFN(512) * PAGE, 2 * MIB);
	ck_assert_uint_eq(nr_discarded(PFN(512), 512), 512);
}
END_TEST

/* Statistics */

static void put_stat(uint8_t *p, unsigned int i, uint16_t tag, uint64_t value)
{
	memcpy(p + 10 * i, &tag, 2);
	memcpy(p + 10 * i + 2, &value, 8);
}

static void send_stats(uint64_t seed)
{
	uint8_t stats[40];

	put_stat(stats, 0, 4, seed);
	put_stat(stats, 1, 5, seed + 1);
	put_stat(stats, 2, 500, 3);		/* a tag of the future */
	put_stat(stats, 3, 6, seed + 2);
	send_out(Q_STATS, stats, sizeof(stats));
}

START_TEST(statistics_are_polled_and_shown)
{
	char error[VMM_ERROR_SIZE];

	send_stats(1000);
	ck_assert_uint_eq(used_idx(&guest, Q_STATS), 0);	/* kept for the poll */
	ck_assert_uint_eq(guest_prop(&guest, "guest-stats/stats/stat-free-memory"), 1000);
	ck_assert_uint_eq(guest_prop(&guest, "guest-stats/stats/stat-total-memory"), 1001);
	ck_assert_uint_eq(guest_prop(&guest, "guest-stats/stats/stat-available-memory"), 1002);
	ck_assert_uint_eq(guest_prop(&guest, "guest-stats/stats/stat-swap-in"), UINT64_MAX);
	ck_assert_uint_eq(guest_prop(&guest, "guest-stats/last-update"), VMM_EPOCH);
	ck_assert_int_ne(vmm_device_get(guest.dev, "guest-stats/none", &(uint64_t){ 0 }, error), 0);

	set(guest.dev, "guest-stats-polling-interval", "5");
	run_for(0);
	ck_assert_uint_eq(used_idx(&guest, Q_STATS), 1);	/* asked at once */
	run_for(NSEC_PER_SEC_U64);
	send_stats(2000);
	ck_assert_uint_eq(guest_prop(&guest, "guest-stats/stats/stat-free-memory"), 2000);
	run_for(4 * NSEC_PER_SEC_U64 + NSEC_PER_SEC_U64 / 2);
	ck_assert_uint_eq(used_idx(&guest, Q_STATS), 1);
	run_for(NSEC_PER_SEC_U64);
	ck_assert_uint_eq(used_idx(&guest, Q_STATS), 2);
}
END_TEST

START_TEST(polling_stops_with_interval_0_and_with_the_vm)
{
	send_stats(1);
	set(guest.dev, "guest-stats-polling-interval", "2");
	run_for(0);
	send_stats(2);
	vmm_vm_stop(guest.vmm);
	run_for(100 * NSEC_PER_SEC_U64);
	ck_assert_uint_eq(used_idx(&guest, Q_STATS), 1);
	vmm_vm_continue(guest.vmm);
	run_for(3 * NSEC_PER_SEC_U64);
	ck_assert_uint_eq(used_idx(&guest, Q_STATS), 2);
	send_stats(3);
	set(guest.dev, "guest-stats-polling-interval", "0");
	run_for(100 * NSEC_PER_SEC_U64);
	ck_assert_uint_eq(used_idx(&guest, Q_STATS), 2);
}
END_TEST

START_TEST(impossible_intervals_are_refused)
{
	static const char *const bad[] = { "-1", "4294967296", "x", "" };
	char error[VMM_ERROR_SIZE];

	ck_assert_int_ne(vmm_device_set(guest.dev, "guest-stats-polling-interval", bad[_i], error),
			 0);
	ck_assert_uint_eq(guest_prop(&guest, "guest-stats-polling-interval"), 0);
}
END_TEST

/* A hot plug that fails: the device is gone, and with it all that it was told before. */
START_TEST(device_that_cannot_be_realized_leaves_nothing_behind)
{
	char error[VMM_ERROR_SIZE];
	struct vmm_device *dev = vmm_device_new(guest.vmm, "virtio-ballast-device", "more", error);
	int64_t left;

	ck_assert_msg(dev != NULL, "%s", error);
	set(dev, "guest-stats-polling-interval", "1");
	set(dev, "free-page-hint", "on");
	ck_assert_int_ne(vmm_device_realize(dev, error), 0);
	ck_assert_str_eq(error, "'free-page-hint' requires 'iothread' to be set");
	vmm_device_delete(dev);
	run_for(10 * NSEC_PER_SEC_U64);
	ck_assert_uint_eq(guest.nr_errors, 0);
	ck_assert_int_eq(vmm_qmp_query_balloon(guest.vmm, &left, error), 0);
}
END_TEST

START_TEST(interval_that_is_set_before_realize_is_kept)
{
	char error[VMM_ERROR_SIZE];
	struct vmm_device *dev;

	vmm_device_delete(guest.dev);
	dev = add_device(&guest, "virtio-ballast-device", "balloon1");
	set(dev, "guest-stats-polling-interval", "2");
	realize(&guest, dev);
	guest_driver(&guest, F_ALL, 5);
	send_stats(1);
	run_for(NSEC_PER_SEC_U64);
	ck_assert_uint_eq(used_idx(&guest, Q_STATS), 0);
	run_for(2 * NSEC_PER_SEC_U64);
	ck_assert_uint_eq(used_idx(&guest, Q_STATS), 1);
	vmm_device_unrealize(dev);
	ck_assert_int_eq(vmm_device_set(dev, "guest-stats-polling-interval", "5", error), 0);
	run_for(10 * NSEC_PER_SEC_U64);
	ck_assert_uint_eq(guest.nr_errors, 0);
}
END_TEST

START_TEST(statistics_that_are_not_sent_again_are_forgotten)
{
	uint8_t stat[10];

	send_stats(1000);
	put_stat(stat, 0, 7, 5);
	send_out(Q_STATS, stat, sizeof(stat));
	ck_assert_uint_eq(guest_prop(&guest, "guest-stats/stats/stat-disk-caches"), 5);
	ck_assert_uint_eq(guest_prop(&guest, "guest-stats/stats/stat-free-memory"), UINT64_MAX);
}
END_TEST

/* Every tag has the name that management software knows from QEMU 9.1; others are ignored. */
/* A reset takes the balloon away, and who watches its size hears of it. */
START_TEST(reset_ends_the_balloon_and_says_so)
{
	config_write(4, 1234);
	ck_assert_int_eq(guest.balloon_change, GUEST_RAM - 1234 * PAGE);
	send_stats(7);
	guest.virtio->ops->set_status(guest.virtio, 0);
	ck_assert_int_eq(guest.balloon_change, GUEST_RAM);
	ck_assert_uint_eq(guest_prop(&guest, "actual-size"), 0);
	ck_assert_uint_eq(guest_prop(&guest, "guest-stats/stats/stat-free-memory"), UINT64_MAX);
	ck_assert_uint_eq(guest_prop(&guest, "guest-stats/last-update"), 0);
	guest.balloon_change = 0;
	guest.virtio->ops->set_status(guest.virtio, 0);
	ck_assert_int_eq(guest.balloon_change, 0);	/* once */
}
END_TEST

/* A guest reports blocks that are smaller: said when the device is made. */
START_TEST(reporting_with_gigantic_host_pages_is_warned_of)
{
	guest_destroy(&guest);
	image_unload(image);
	memset(&guest, 0, sizeof(guest));
	guest.config.ram_page_size = (_i ? 1024 : 2) * MIB;
	setup_as("virtio-ballast", "virtio-ballast-device");
	ck_assert_uint_eq(guest.nr_warnings, _i);
}
END_TEST

START_TEST(statistics_have_their_names)
{
	static const char *const name[] = {
		"swap-in", "swap-out", "major-faults", "minor-faults", "free-memory",
		"total-memory", "available-memory", "disk-caches", "htlb-pgalloc", "htlb-pgfail",
		"oom-kills", "alloc-stalls", "async-scans", "direct-scans", "async-reclaims",
		"direct-reclaims",
	};
	enum { NR = sizeof(name) / sizeof(name[0]) };
	uint8_t stats[10 * (NR + 1)];
	char path[64];
	unsigned int i;

	for (i = 0; i <= NR; i++)
		put_stat(stats, i, i, 100 + i);
	send_out(Q_STATS, stats, sizeof(stats));
	for (i = 0; i < NR; i++) {
		snprintf(path, sizeof(path), "guest-stats/stats/stat-%s", name[i]);
		ck_assert_uint_eq(guest_prop(&guest, path), 100 + i);
	}
	ck_assert_uint_eq(guest.nr_errors, 0);
}
END_TEST

START_TEST(second_statistics_buffer_returns_the_first)
{
	send_stats(1);
	send_stats(2);
	ck_assert_uint_eq(used_idx(&guest, Q_STATS), 1);
	ck_assert_uint_eq(guest_prop(&guest, "guest-stats/stats/stat-free-memory"), 2);
}
END_TEST

/* Target, configuration, commands */

START_TEST(target_size_reaches_the_guest)
{
	set(guest.dev, "target-size", "16M");
	ck_assert_uint_eq(config32(0), 16 * MIB / PAGE);
	ck_assert_uint_eq(config_interrupts, 1);
	ck_assert_uint_eq(guest_prop(&guest, "target-size"), 16 * MIB);
}
END_TEST

START_TEST(impossible_targets_are_refused)
{
	static const char *const bad[] = { "65M", "5000", "-4096", "1x", "99999999999999999999" };
	char error[VMM_ERROR_SIZE];

	ck_assert_int_ne(vmm_device_set(guest.dev, "target-size", bad[_i], error), 0);
	ck_assert_uint_eq(config32(0), 0);
	ck_assert_uint_eq(config_interrupts, 0);
}
END_TEST

START_TEST(balloon_command_names_what_the_guest_keeps)
{
	char error[VMM_ERROR_SIZE];
	int64_t size;

	ck_assert_int_eq(vmm_qmp_balloon(guest.vmm, 48 * MIB, error), 0);
	guest_run(&guest);
	ck_assert_uint_eq(config32(0), 16 * MIB / PAGE);
	ck_assert_int_eq(vmm_qmp_balloon(guest.vmm, 4096 * MIB, error), 0);
	guest_run(&guest);
	ck_assert_uint_eq(config32(0), 0);
	ck_assert_int_ne(vmm_qmp_balloon(guest.vmm, 0, error), 0);

	config_write(4, 100);
	ck_assert_int_eq(guest.balloon_change, GUEST_RAM - 100 * PAGE);
	ck_assert_int_eq(vmm_qmp_query_balloon(guest.vmm, &size, error), 0);
	ck_assert_int_eq(size, GUEST_RAM - 100 * PAGE);
}
END_TEST

START_TEST(guest_that_claims_more_than_all_memory_has_none_left)
{
	char error[VMM_ERROR_SIZE];
	int64_t size;

	config_write(4, 0xffffffff);
	ck_assert_int_eq(vmm_qmp_query_balloon(guest.vmm, &size, error), 0);
	ck_assert_int_eq(size, 0);
	ck_assert_int_eq(guest.balloon_change, 0);
	ck_assert_uint_eq(guest_prop(&guest, "actual-size"), 0xffffffff * PAGE);
}
END_TEST

START_TEST(guest_cannot_change_its_target)
{
	config_write(0, 77);
	ck_assert_uint_eq(config32(0), 0);
}
END_TEST

START_TEST(features_follow_the_properties)
{
	uint64_t features = guest.virtio->ops->get_features(guest.virtio);
	struct vmm_device *dev;

	ck_assert_uint_eq(features & 0xff, F_MUST_TELL_HOST | F_STATS_VQ | F_HINT | F_POISON |
			  F_REPORTING);
	ck_assert_uint_eq(guest.virtio->device_id, 5);
	dev = add_device(&guest, "virtio-ballast-device", "other");
	set(dev, "deflate-on-oom", "on");
	set(dev, "page-poison", "off");
	set(dev, "must-tell-host", "off");
	set(dev, "free-page-hint", "off");
	set(dev, "free-page-reporting", "off");
	realize(&guest, dev);
	features = guest.virtio->ops->get_features(guest.virtio);
	ck_assert_uint_eq(features & 0x3f, F_STATS_VQ | F_DEFLATE_ON_OOM);
	ck_assert_uint_eq(guest.virtio->ops->queue_size_max(guest.virtio, 2), 128);
	ck_assert_uint_eq(guest.virtio->ops->queue_size_max(guest.virtio, 3), 0);
	ck_assert_uint_eq(config32(8), 0xffffffff);	/* the field does not exist */
}
END_TEST

START_TEST(two_devices_work_side_by_side)
{
	struct vmm_device *first = guest.dev, *second;

	second = add_device(&guest, "virtio-ballast-device", "second");
	realize(&guest, second);
	ck_assert_uint_eq(guest.nr_warnings, 1);	/* QMP's balloon is the first one */
	set(second, "target-size", "4M");
	ck_assert_uint_eq(config32(0), 1024);
	guest_driver(&guest, F_ALL, 5);
	send_range(Q_INFLATE, PFN(0), 3);
	ck_assert_uint_eq(guest_prop(&guest, "inflate-pages"), 3);
	guest.dev = first;
	guest.virtio = vmm_device_virtio(first);
	ck_assert_uint_eq(guest_prop(&guest, "inflate-pages"), 0);
	ck_assert_uint_eq(config32(0), 0);
}
END_TEST

START_TEST(hinting_needs_an_iothread)
{
	char error[VMM_ERROR_SIZE];
	struct vmm_device *dev = vmm_device_new(guest.vmm, "virtio-ballast-device", "x", error);

	set(dev, "free-page-hint", "on");
	ck_assert_int_ne(vmm_device_realize(dev, error), 0);
	ck_assert_ptr_nonnull(strstr(error, "requires 'iothread'"));
	ck_assert_int_ne(vmm_device_set(dev, "iothread", "nobody", error), 0);
	vmm_device_delete(dev);
}
END_TEST

/* Hinting */

static void send_command(uint32_t id)
{
	send_out(Q_HINT, &id, sizeof(id));
}

static void migration_start(void)
{
	ck_assert_int_eq(vmm_migration_begin(guest.vmm), 0);
	vmm_migration_sync(guest.vmm, NULL);
}

static unsigned int nr_dirty(uint64_t pfn, unsigned int nr)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr; i++)
		n += vmm_migration_page_dirty(guest.vmm, pfn + i);
	return n;
}

START_TEST(hints_clear_dirty_bits_within_their_round)
{
	uint32_t id;

	ck_assert_uint_eq(config32(8), 0);
	migration_start();
	id = config32(8);
	ck_assert_uint_ge(id, 0x80000000);
	ck_assert_uint_eq(config_interrupts, 1);

	send_in(Q_HINT, PFN(0) * PAGE, 4 * MIB);	/* too early */
	ck_assert_uint_eq(nr_dirty(PFN(0), 1024), 1024);
	send_command(id);
	ck_assert_uint_eq(config32(8), id);
	send_in(Q_HINT, PFN(0) * PAGE, 4 * MIB);
	ck_assert_uint_eq(nr_dirty(PFN(0), 1024), 0);
	ck_assert_uint_eq(nr_dirty(PFN(1024), 512), 512);
	send_command(0);
	send_in(Q_HINT, PFN(1024) * PAGE, 4 * MIB);	/* too late */
	ck_assert_uint_eq(nr_dirty(PFN(1024), 1024), 1024);
	ck_assert_uint_eq(used_idx(&guest, Q_HINT), 5);
	ck_assert_uint_eq(nr_discarded(PFN(0), 2048), 0);
	ck_assert_uint_eq(guest_prop(&guest, "hint-applied-bytes"), 4 * MIB);

	vmm_migration_end(guest.vmm, true);
	ck_assert_uint_eq(config32(8), 1);
}
END_TEST

START_TEST(hint_after_synchronisation_has_no_effect)
{
	uint32_t first, second;

	migration_start();
	first = config32(8);
	send_command(first);
	send_in(Q_HINT, PFN(0) * PAGE, PAGE);
	ck_assert_uint_eq(nr_dirty(PFN(0), 1), 0);

	vmm_migration_sync(guest.vmm, NULL);
	second = config32(8);
	ck_assert_uint_ne(first, second);
	send_in(Q_HINT, PFN(1) * PAGE, PAGE);
	send_command(first);				/* a replay */
	send_in(Q_HINT, PFN(2) * PAGE, PAGE);
	send_command(second + 1);			/* a guess */
	send_in(Q_HINT, PFN(3) * PAGE, PAGE);
	ck_assert_uint_eq(nr_dirty(PFN(1), 3), 3);
	send_command(second);
	send_in(Q_HINT, PFN(4) * PAGE, PAGE);
	ck_assert_uint_eq(nr_dirty(PFN(4), 1), 0);
	vmm_migration_end(guest.vmm, false);
	ck_assert_uint_eq(config32(8), 1);
}
END_TEST

/* A hint that the iothread gets to while the bitmap is being synchronised. */

static bool dirty_in_merge;

static void merge_with_iothread(struct vmm *vmm, uint64_t *bitmap, uint64_t nr)
{
	aio_context_run(&IOTHREAD(vmm->iothreads->children)->ctx);
	dirty_in_merge = vmm_migration_page_dirty(vmm, PFN(0));
}

START_TEST(hint_during_synchronisation_has_no_effect)
{
	migration_start();
	send_command(config32(8));
	put_desc(&guest, RING_DESC(Q_HINT), 0, PFN(0) * PAGE, PAGE, DESC_WRITE, 0);
	guest_publish(&guest, Q_HINT, 0);
	guest.virtio->kick(guest.virtio, Q_HINT);
	coro_current->ctx.vmm = guest.vmm;
	aio_context_run(&guest.vmm->main);
	coro_current->ctx.vmm = NULL;
	vmm_migration_sync(guest.vmm, merge_with_iothread);
	ck_assert(dirty_in_merge);
	guest_run(&guest);
	ck_assert_uint_eq(used_idx(&guest, Q_HINT), 2);
	vmm_migration_end(guest.vmm, true);
}
END_TEST

START_TEST(hints_are_not_used_while_free_pages_are_poisoned)
{
	config_write(12, 0xaa);
	migration_start();
	send_command(config32(8));
	send_in(Q_HINT, PFN(0) * PAGE, 4 * MIB);
	ck_assert_uint_eq(nr_dirty(PFN(0), 1024), 1024);
	vmm_migration_end(guest.vmm, true);
}
END_TEST

START_TEST(no_hints_are_asked_for_when_postcopy_is_possible)
{
	vmm_migration_set_postcopy(guest.vmm, true, false);
	migration_start();
	ck_assert_uint_eq(config32(8), 0);
	vmm_migration_end(guest.vmm, true);
}
END_TEST

START_TEST(hint_ids_wrap_to_the_first_valid_one)
{
	unsigned int i;

	ck_assert_int_eq(vmm_migration_begin(guest.vmm), 0);
	for (i = 0; i < 3; i++)
		vmm_migration_sync(guest.vmm, NULL);
	ck_assert_uint_eq(config32(8), 0x80000003);
	ck_assert_uint_eq(guest_prop(&guest, "hint-rounds"), 3);
	vmm_migration_end(guest.vmm, true);
}
END_TEST

/* A command and a hint that only the main loop has seen. */
static void put_hints_on_their_way(void)
{
	uint32_t id;

	migration_start();
	id = config32(8);
	memcpy(guest.ram + BUFFERS, &id, 4);
	put_desc(&guest, RING_DESC(Q_HINT), 0, BUFFERS, 4, 0, 0);
	put_desc(&guest, RING_DESC(Q_HINT), 1, PFN(0) * PAGE, PAGE, DESC_WRITE, 0);
	guest_publish(&guest, Q_HINT, 0);
	guest_publish(&guest, Q_HINT, 1);
	guest.virtio->kick(guest.virtio, Q_HINT);
	ck_assert(vmm_transport_pending(guest.vmm));
	coro_current->ctx.vmm = guest.vmm;
	aio_context_run(&guest.vmm->main);
	coro_current->ctx.vmm = NULL;
	ck_assert_uint_eq(used_idx(&guest, Q_HINT), 0);
}

/* Its memory has been sent by then, or is about to be. */
START_TEST(memory_of_a_stopped_vm_is_left_alone)
{
	put_hints_on_their_way();
	vmm_vm_stop(guest.vmm);
	guest_run(&guest);
	ck_assert_uint_eq(used_idx(&guest, Q_HINT), 0);
	ck_assert_uint_eq(nr_dirty(PFN(0), 1), 0);	/* applied all the same */
	vmm_migration_sync(guest.vmm, NULL);
	ck_assert_uint_eq(config32(8), 1);		/* DONE: it wakes up elsewhere */
	vmm_migration_end(guest.vmm, false);
	vmm_vm_continue(guest.vmm);			/* or here */
	guest_run(&guest);
	ck_assert_uint_eq(used_idx(&guest, Q_HINT), 2);
	ck_assert_uint_eq(guest.dev->vdev->vq[Q_HINT].inuse, 0);
}
END_TEST

/* A request that no correct driver makes: the device needs a reset. */
static void break_device(void)
{
	uint8_t nonsense = 0;

	send_out(Q_INFLATE, &nonsense, 1);
	ck_assert(vmm_device_broken(guest.dev));
}

/* The driver may have taken its memory back, so nothing that was begun goes on. */
START_TEST(device_that_is_broken_discards_no_more)
{
	report_in_turns();
	break_device();
	guest_run(&guest);
	ck_assert_uint_eq(used_idx(&guest, Q_REPORT), 21);
	ck_assert_uint_eq(guest.dev->vdev->vq[Q_REPORT].inuse, 0);
	ck_assert_uint_eq(guest_prop(&guest, "report-discarded-bytes"), 1024 * MIB);
}
END_TEST

START_TEST(device_that_is_broken_applies_no_hints)
{
	put_hints_on_their_way();
	break_device();
	guest_run(&guest);
	ck_assert_uint_eq(nr_dirty(PFN(0), 1), 1);
	ck_assert_uint_eq(guest.dev->vdev->vq[Q_HINT].inuse, 0);
	ck_assert_uint_eq(used_idx(&guest, Q_HINT), 0);
}
END_TEST

START_TEST(reset_drops_hints_on_their_way)
{
	migration_start();
	put_desc(&guest, RING_DESC(Q_HINT), 0, PFN(0) * PAGE, PAGE, DESC_WRITE, 0);
	guest_publish(&guest, Q_HINT, 0);
	guest.virtio->kick(guest.virtio, Q_HINT);
	coro_current->ctx.vmm = guest.vmm;
	aio_context_run(&guest.vmm->main);
	coro_current->ctx.vmm = NULL;
	guest_driver(&guest, F_ALL, 5);
	ck_assert_uint_eq(used_idx(&guest, Q_HINT), 0);
	ck_assert_uint_eq(guest.dev->vdev->vq[Q_HINT].inuse, 0);
	send_in(Q_HINT, PFN(0) * PAGE, PAGE);
	ck_assert_uint_eq(used_idx(&guest, Q_HINT), 1);
	vmm_migration_end(guest.vmm, true);
}
END_TEST

START_TEST(queue_reset_drops_the_statistics_buffer)
{
	struct kvm_vring_addr addr = { RING_DESC(2), RING_AVAIL(2), RING_USED(2), 128 };

	send_stats(1);
	coro_current->ctx.vmm = guest.vmm;
	virtio_queue_reset(guest.dev->vdev, Q_STATS);
	coro_current->ctx.vmm = NULL;
	memset(guest.ram + RING_BASE(2), 0, 0x10000);
	guest.avail[2] = 0;
	guest.virtio->ops->queue_enable(guest.virtio, Q_STATS, &addr);
	set(guest.dev, "guest-stats-polling-interval", "1");
	run_for(5 * NSEC_PER_SEC_U64);
	ck_assert_uint_eq(used_idx(&guest, Q_STATS), 0);
	send_stats(2);
	run_for(2 * NSEC_PER_SEC_U64);
	ck_assert_uint_eq(used_idx(&guest, Q_STATS), 1);
	ck_assert_uint_eq(guest.nr_errors, 0);
}
END_TEST

/* Migration of the device itself: to a second VMM, with a copy of memory. */

static void copy_driver(struct guest *to)
{
	memcpy(to->avail, guest.avail, sizeof(to->avail));
	memcpy(to->size, guest.size, sizeof(to->size));
	memcpy(to->ram, guest.ram, GUEST_RAM);
}

START_TEST(device_state_survives_migration)
{
	static struct guest to;
	struct image *image_to;
	size_t size;
	void *state;

	memset(&to, 0, sizeof(to));
	create(&to, &image_to, "virtio-ballast");
	realize(&to, add_device(&to, "virtio-ballast-device", "balloon0"));
	vmm_vm_stop(to.vmm);

	set(guest.dev, "target-size", "8M");
	config_write(4, 1234);
	config_write(12, 0x55);
	send_stats(7);
	vmm_vm_stop(guest.vmm);
	state = vmm_device_save(guest.dev, &size);
	copy_driver(&to);
	ck_assert_int_eq(vmm_device_load(to.dev, state, size), 0);
	free(state);
	vmm_vm_continue(to.vmm);
	guest_run(&to);
	ck_assert_uint_eq(guest_prop(&to, "actual-size"), 1234 * PAGE);
	ck_assert_uint_eq(guest_prop(&to, "target-size"), 8 * MIB);
	/* the statistics buffer that the source held has been taken again */
	ck_assert_uint_eq(guest_prop(&to, "guest-stats/stats/stat-free-memory"), 7);
	set(to.dev, "guest-stats-polling-interval", "1");
	engine_run(&to.engine, NSEC_PER_SEC_U64);
	ck_assert_uint_eq(used_idx(&to, Q_STATS), 1);
	ck_assert_uint_eq(to.nr_errors, 0);
	guest_destroy(&to);
	image_unload(image_to);
}
END_TEST

START_TEST(hints_on_their_way_come_back_on_the_other_side)
{
	static struct guest to;
	struct image *image_to;
	size_t size;
	void *state;

	memset(&to, 0, sizeof(to));
	create(&to, &image_to, "virtio-ballast");
	realize(&to, add_device(&to, "virtio-ballast-device", "balloon0"));
	vmm_vm_stop(to.vmm);

	put_hints_on_their_way();
	vmm_vm_stop(guest.vmm);
	vmm_migration_sync(guest.vmm, NULL);
	state = vmm_device_save(guest.dev, &size);
	copy_driver(&to);
	ck_assert_int_eq(vmm_device_load(to.dev, state, size), 0);
	free(state);
	vmm_migration_end(guest.vmm, true);
	vmm_vm_continue(to.vmm);
	guest_run(&to);
	ck_assert_uint_eq(used_idx(&to, Q_HINT), 2);
	ck_assert_uint_eq(to.dev->vdev->vq[Q_HINT].inuse, 0);
	ck_assert_uint_eq(guest_prop(&to, "hint-applied-bytes"), 0);
	ck_assert_uint_eq(to.nr_errors, 0);
	guest_destroy(&to);
	image_unload(image_to);
}
END_TEST

#define HINT_NAME "virtio-ballast-device/hint"
#define BALLAST_HINT_NR_STATES 4

START_TEST(damaged_state_is_refused)
{
	static struct guest to;
	struct image *image_to;
	size_t size, cut;
	uint8_t *state, *hint;

	memset(&to, 0, sizeof(to));
	create(&to, &image_to, "virtio-ballast");
	realize(&to, add_device(&to, "virtio-ballast-device", "balloon0"));
	vmm_vm_stop(to.vmm);
	send_stats(7);
	state = vmm_device_save(guest.dev, &size);
	copy_driver(&to);
	for (cut = 0; cut < size; cut++)
		ck_assert_int_ne(vmm_device_load(to.dev, state, cut), 0);
	for (cut = 0; cut < size; cut++) {
		state[cut] ^= 0xff;
		vmm_device_load(to.dev, state, size);	/* whatever it says, it comes back */
		state[cut] ^= 0xff;
	}
	ck_assert_int_eq(vmm_device_load(to.dev, state, size), 0);

	/* name, version, id and state of a round, 8 bytes each */
	hint = memmem(state, size, HINT_NAME, strlen(HINT_NAME));
	ck_assert_ptr_nonnull(hint);
	hint[strlen(HINT_NAME) + 16] = BALLAST_HINT_NR_STATES;
	ck_assert_int_ne(vmm_device_load(to.dev, state, size), 0);
	ck_assert_ptr_nonnull(strstr(to.last_error, "is impossible"));
	free(state);
	guest_destroy(&to);
	image_unload(image_to);
}
END_TEST

START_TEST(state_of_hinting_is_refused_by_a_device_without)
{
	static struct guest to;
	struct image *image_to;
	struct vmm_device *dev;
	size_t size;
	void *state;

	memset(&to, 0, sizeof(to));
	create(&to, &image_to, "virtio-ballast");
	dev = add_device(&to, "virtio-ballast-device", "balloon0");
	set(dev, "free-page-hint", "off");
	realize(&to, dev);
	vmm_vm_stop(to.vmm);
	state = vmm_device_save(guest.dev, &size);
	copy_driver(&to);
	ck_assert_int_ne(vmm_device_load(to.dev, state, size), 0);
	ck_assert_msg(strstr(to.last_error, "'free-page-hint'") != NULL, "%s", to.last_error);
	free(state);
	guest_destroy(&to);
	image_unload(image_to);
}
END_TEST

START_TEST(two_vmms_have_copies_of_an_image_of_their_own)
{
	static struct guest other;
	struct image *image_other;

	memset(&other, 0, sizeof(other));
	create(&other, &image_other, "virtio-ballast");
	ck_assert_ptr_ne(vmm_type_find(guest.vmm, "virtio-ballast-device")->info.class_init,
			 vmm_type_find(other.vmm, "virtio-ballast-device")->info.class_init);
	guest_destroy(&other);
	image_unload(image_other);
}
END_TEST

START_TEST(device_leaves_nothing_behind)
{
	send_range(Q_INFLATE, PFN(0), 3);
	send_stats(1);
	set(guest.dev, "guest-stats-polling-interval", "1");
	vmm_device_delete(guest.dev);
	ck_assert_ptr_null(guest.vmm->timers);
	ck_assert_ptr_null(guest.vmm->balloon_opaque);
	ck_assert_uint_eq(guest.vmm->regions[0].refs, 0);
	run_for(10 * NSEC_PER_SEC_U64);
}
END_TEST

/* What reads as zeroes (bits 6 and 7 of 2026's proposals) */

#define F_INIT_REPORTED (UINT64_C(1) << 6)
#define F_INIT_INFLATE (UINT64_C(1) << 7)
#define F_WITH_INIT (F_ALL | F_INIT_REPORTED | F_INIT_INFLATE)
#define BITS (BUFFERS + 0x10000)	/* where the device says it of frames */

static void setup_init(uint64_t page_size)
{
	struct vmm_device *dev;

	memset(&guest, 0, sizeof(guest));
	guest.config.ram_page_size = page_size;
	create(&guest, &image, "virtio-ballast");
	dev = add_device(&guest, "virtio-ballast-device", "balloon0");
	set(dev, "device-init-reported", "on");
	set(dev, "device-init-on-inflate", "on");
	realize(&guest, dev);
	guest_driver(&guest, F_WITH_INIT, 5);
	memset(guest.ram + 8 * MIB, 0x5a, 48 * MIB);
}

static void setup_init_4k(void)
{
	setup_init(0);
}

static void setup_init_64k(void)
{
	setup_init(65536);
}

/* Length that the device returned the last request of @q with. */
static uint32_t used_len(unsigned int q)
{
	unsigned int last = (uint16_t)(used_idx(&guest, q) - 1) % guest.size[q];

	return get32(&guest, RING_USED(q) + 4 + 8 * last + 4);
}

/* A report of two buffers; returns what the device says of them. */
static uint32_t report_two(uint64_t a, uint32_t len_a, uint64_t b, uint32_t len_b)
{
	put_desc(&guest, RING_DESC(Q_REPORT), 0, a, len_a, DESC_WRITE | DESC_NEXT, 1);
	put_desc(&guest, RING_DESC(Q_REPORT), 1, b, len_b, DESC_WRITE, 0);
	guest_publish(&guest, Q_REPORT, 0);
	guest_kick(&guest, Q_REPORT);
	return used_len(Q_REPORT);
}

/* An inflation with @room bytes for what the device says; these are 0xff before. */
static void inflate_asking(const uint32_t *pfns, unsigned int nr, uint32_t room)
{
	memset(guest.ram + BITS, 0xff, 64);
	memcpy(guest.ram + BUFFERS, pfns, nr * sizeof(*pfns));
	put_desc(&guest, RING_DESC(Q_INFLATE), 0, BUFFERS, nr * sizeof(*pfns), DESC_NEXT, 1);
	put_desc(&guest, RING_DESC(Q_INFLATE), 1, BITS, room, DESC_WRITE, 0);
	guest_publish(&guest, Q_INFLATE, 0);
	guest_kick(&guest, Q_INFLATE);
}

START_TEST(report_says_how_much_of_it_reads_as_zeroes)
{
	ck_assert_uint_eq(report_two(PFN(512) * PAGE, 2 * MIB, PFN(2048) * PAGE, 4 * MIB),
			  6 * MIB);
	ck_assert_uint_eq(nr_discarded(PFN(0), 4096), 512 + 1024);
	/* Somebody who does not ask is told nothing. */
	guest_driver(&guest, F_ALL, 5);
	ck_assert_uint_eq(report_two(PFN(512) * PAGE, 2 * MIB, PFN(2048) * PAGE, 4 * MIB), 0);
}
END_TEST

/* Nothing is said of what lies behind something that does not. */
START_TEST(length_ends_at_what_is_left_in_place)
{
	ck_assert_uint_eq(report_two(PFN(0) * PAGE, 65536, PFN(33) * PAGE, 65536), 65536);
	ck_assert_uint_eq(report_two(PFN(33) * PAGE, 65536, PFN(64) * PAGE, 65536), 0);
	ck_assert_uint_eq(nr_discarded(PFN(64), 16), 16);
	/* A whole host page, and part of another. */
	ck_assert_uint_eq(report_two(PFN(80) * PAGE, 65536 + PAGE, PFN(112) * PAGE, 65536), 0);
}
END_TEST

START_TEST(nothing_reads_as_zeroes_that_was_not_discarded)
{
	const uint32_t pfns[] = { PFN(10), PFN(11) };

	guest.vmm->config.discard_disabled = true;
	ck_assert_uint_eq(report_two(PFN(512) * PAGE, 2 * MIB, PFN(2048) * PAGE, 4 * MIB), 0);
	inflate_asking(pfns, 2, 1);
	ck_assert_uint_eq(used_len(Q_INFLATE), 1);
	ck_assert_uint_eq(guest.ram[BITS], 0);
	guest.vmm->config.discard_disabled = false;
	/* Zeroes are not what such a guest wants to find. */
	config_write(12, 0xaaaaaaaa);
	ck_assert_uint_eq(report_two(PFN(512) * PAGE, 2 * MIB, PFN(2048) * PAGE, 4 * MIB), 0);
	inflate_asking(pfns, 2, 1);
	ck_assert_uint_eq(used_len(Q_INFLATE), 0);
	ck_assert_uint_eq(guest.ram[BITS], 0xff);
}
END_TEST

START_TEST(length_counts_over_turns)
{
	unsigned int i;

	report_in_turns();
	guest_run(&guest);
	for (i = 0; i < 32; i++)
		ck_assert_uint_eq(get32(&guest, RING_USED(Q_REPORT) + 4 + 8 * i + 4), 48 * MIB);
}
END_TEST

START_TEST(inflation_has_a_bit_for_each_frame)
{
	const uint32_t pfns[] = { PFN(10), PFN(11), PFN(12), PFN(40), GUEST_RAM / PAGE,
				  PFN(103), PFN(102), PFN(101), PFN(10), PFN(200) };
	const uint32_t mixed[] = { GUEST_RAM / PAGE - 1, GUEST_RAM / PAGE, PFN(300) };

	inflate_asking(pfns, 10, 2);
	ck_assert_uint_eq(used_len(Q_INFLATE), 2);
	ck_assert_uint_eq(guest.ram[BITS], 0xef);	/* the fifth is no RAM */
	ck_assert_uint_eq(guest.ram[BITS + 1], 0x03);
	ck_assert_uint_eq(nr_discarded(PFN(0), 512), 8);
	/* Of frames that are discarded together, all or none; more room is left as it was. */
	inflate_asking(mixed, 3, 64);
	ck_assert_uint_eq(used_len(Q_INFLATE), 1);
	ck_assert_uint_eq(guest.ram[BITS], 0x04);
	ck_assert_uint_eq(guest.ram[BITS + 1], 0xff);
	/* Deflations have no such thing. */
	send_range(Q_DEFLATE, PFN(10), 3);
	ck_assert_uint_eq(used_len(Q_DEFLATE), 0);
	ck_assert_uint_eq(guest.nr_errors, 0);
}
END_TEST

START_TEST(parts_of_host_pages_do_not_read_as_zeroes)
{
	uint32_t pfns[16], i;

	for (i = 0; i < 16; i++)
		pfns[i] = PFN(i);
	inflate_asking(pfns, 16, 2);
	ck_assert_uint_eq(used_len(Q_INFLATE), 2);
	ck_assert_uint_eq(guest.ram[BITS] | guest.ram[BITS + 1], 0);
}
END_TEST

static const struct { uint32_t frames, room; const char *says; } no_room[] = {
	{ 9, 1, "inflate request names 9 frames and has 1 bytes for a bit of each" },
	{ 8, 0, "inflate request names 8 frames and has 0 bytes for a bit of each" },
};

START_TEST(inflation_without_room_for_bits_breaks_the_device)
{
	uint32_t pfns[16], i;

	for (i = 0; i < 16; i++)
		pfns[i] = PFN(i);
	if (no_room[_i].room)
		inflate_asking(pfns, no_room[_i].frames, no_room[_i].room);
	else
		send_pfns(Q_INFLATE, pfns, no_room[_i].frames);
	ck_assert(vmm_device_broken(guest.dev));
	ck_assert_msg(strstr(guest.last_error, no_room[_i].says) != NULL, "%s", guest.last_error);
	ck_assert_uint_eq(nr_discarded(PFN(0), 16), 0);
}
END_TEST

/* The other side may have the old contents already. */
START_TEST(what_reads_as_zeroes_is_sent_once_more)
{
	const uint32_t pfns[] = { PFN(10), PFN(11) };

	ck_assert_int_eq(vmm_migration_begin(guest.vmm), 0);
	vmm_migration_sync(guest.vmm, NULL);
	send_command(config32(8));
	send_in(Q_HINT, PFN(0) * PAGE, 4 * MIB);
	ck_assert_uint_eq(nr_dirty(PFN(0), 1024), 0);
	inflate_asking(pfns, 2, 1);
	report_two(PFN(512) * PAGE, PAGE, PFN(600) * PAGE, 2 * PAGE);
	vmm_migration_sync(guest.vmm, NULL);
	ck_assert_uint_eq(nr_dirty(PFN(0), 1024), 2 + 3);
	ck_assert_uint_eq(nr_dirty(PFN(10), 2), 2);
	ck_assert_uint_eq(nr_dirty(PFN(600), 2), 2);
	vmm_migration_end(guest.vmm, true);
}
END_TEST

START_TEST(reports_that_do_not_exist_cannot_be_told_of)
{
	char error[VMM_ERROR_SIZE];
	struct vmm_device *dev = vmm_device_new(guest.vmm, "virtio-ballast-device", "x", error);

	set(dev, "device-init-reported", "on");
	ck_assert_int_ne(vmm_device_realize(dev, error), 0);
	ck_assert_str_eq(error, "'device-init-reported' requires 'free-page-reporting' to be on");
	vmm_device_delete(dev);
}
END_TEST

static void add_init(Suite *suite)
{
	TCase *tc = tcase_create("init"), *large = tcase_create("init, host pages of 64 KiB");

	tcase_add_checked_fixture(tc, setup_init_4k, teardown);
	tcase_add_test(tc, report_says_how_much_of_it_reads_as_zeroes);
	tcase_add_test(tc, nothing_reads_as_zeroes_that_was_not_discarded);
	tcase_add_test(tc, length_counts_over_turns);
	tcase_add_test(tc, inflation_has_a_bit_for_each_frame);
	tcase_add_loop_test(tc, inflation_without_room_for_bits_breaks_the_device, 0, 2);
	tcase_add_test(tc, what_reads_as_zeroes_is_sent_once_more);
	tcase_add_test(tc, reports_that_do_not_exist_cannot_be_told_of);
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(large, setup_init_64k, teardown);
	tcase_add_test(large, length_ends_at_what_is_left_in_place);
	tcase_add_test(large, parts_of_host_pages_do_not_read_as_zeroes);
	suite_add_tcase(suite, large);
}

/* What QEMU's own balloon does as well. */

static bool have_stock(void)
{
	return !access(image_path("upstream-virtio-balloon"), R_OK);
}

static void setup_stock(void)
{
	memset(&guest, 0, sizeof(guest));
	setup_as("upstream-virtio-balloon", "virtio-balloon-device");
}

static TCase *add_common(Suite *suite, const char *name, void (*fixture)(void))
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, fixture, teardown);
	tcase_add_test(tc, inflated_frames_are_discarded_and_no_others);
	tcase_add_test(tc, frames_named_twice_are_harmless);
	tcase_add_test(tc, reports_are_left_alone_while_free_pages_are_poisoned);
	tcase_add_test(tc, poison_value_is_ignored_unless_negotiated);
	tcase_add_test(tc, statistics_are_polled_and_shown);
	tcase_add_test(tc, polling_stops_with_interval_0_and_with_the_vm);
	tcase_add_test(tc, statistics_that_are_not_sent_again_are_forgotten);
	tcase_add_test(tc, second_statistics_buffer_returns_the_first);
	tcase_add_loop_test(tc, impossible_intervals_are_refused, 0, 4);
	tcase_add_test(tc, balloon_command_names_what_the_guest_keeps);
	tcase_add_test(tc, guest_cannot_change_its_target);
	suite_add_tcase(suite, tc);
	return tc;
}

static void add_requests(TCase *tc)
{
	tcase_add_test(tc, consecutive_frames_are_discarded_by_one_call);
	tcase_add_test(tc, coalescing_can_be_switched_off);
	tcase_add_test(tc, deflate_leaves_memory_alone);
	tcase_add_test(tc, one_turn_serves_a_bounded_number_of_frames);
	tcase_add_test(tc, nothing_is_discarded_while_that_is_disabled);
	tcase_add_test(tc, reported_buffers_are_discarded);
}

static void add_management(TCase *tc)
{
	tcase_add_test(tc, target_size_reaches_the_guest);
	tcase_add_loop_test(tc, impossible_targets_are_refused, 0, 5);
	tcase_add_test(tc, guest_that_claims_more_than_all_memory_has_none_left);
	tcase_add_test(tc, features_follow_the_properties);
	tcase_add_test(tc, two_devices_work_side_by_side);
	tcase_add_test(tc, hinting_needs_an_iothread);
	tcase_add_test(tc, queue_reset_drops_the_statistics_buffer);
	tcase_add_test(tc, device_state_survives_migration);
	tcase_add_test(tc, hints_on_their_way_come_back_on_the_other_side);
	tcase_add_test(tc, damaged_state_is_refused);
	tcase_add_test(tc, state_of_hinting_is_refused_by_a_device_without);
	tcase_add_test(tc, two_vmms_have_copies_of_an_image_of_their_own);
	tcase_add_test(tc, device_leaves_nothing_behind);
}

static void add_hints(TCase *tc)
{
	tcase_add_test(tc, hints_clear_dirty_bits_within_their_round);
	tcase_add_test(tc, hint_after_synchronisation_has_no_effect);
	tcase_add_test(tc, hint_during_synchronisation_has_no_effect);
	tcase_add_test(tc, hints_are_not_used_while_free_pages_are_poisoned);
	tcase_add_test(tc, no_hints_are_asked_for_when_postcopy_is_possible);
	tcase_add_test(tc, hint_ids_wrap_to_the_first_valid_one);
	tcase_add_test(tc, overlapping_reports_are_refused);
	tcase_add_test(tc, request_goes_on_in_the_next_turn);
	tcase_add_test(tc, reset_ends_the_balloon_and_says_so);
	tcase_add_loop_test(tc, reporting_with_gigantic_host_pages_is_warned_of, 0, 2);
	tcase_add_test(tc, statistics_have_their_names);
	tcase_add_test(tc, device_that_cannot_be_realized_leaves_nothing_behind);
	tcase_add_test(tc, interval_that_is_set_before_realize_is_kept);
	tcase_add_test(tc, memory_of_a_stopped_vm_is_left_alone);
	tcase_add_test(tc, reset_drops_hints_on_their_way);
	tcase_add_test(tc, device_that_is_broken_discards_no_more);
	tcase_add_test(tc, device_that_is_broken_applies_no_hints);
}

static void add_huge(Suite *suite)
{
	TCase *tc = tcase_create("host pages of 2 MiB");

	tcase_add_checked_fixture(tc, setup_huge, teardown);
	tcase_add_test(tc, unplugged_memory_is_forgotten);
	tcase_add_test(tc, host_page_is_discarded_when_all_of_it_is_ballooned);
	tcase_add_test(tc, deflated_part_keeps_the_host_page);
	tcase_add_test(tc, part_named_twice_counts_once);
	tcase_add_test(tc, without_must_tell_host_only_one_request_counts);
	tcase_add_test(tc, reset_forgets_ballooned_parts);
	tcase_add_test(tc, report_covers_only_whole_host_pages);
	suite_add_tcase(suite, tc);
	tc = tcase_create("host pages of 64 KiB");
	tcase_add_checked_fixture(tc, setup_64k, teardown);
	tcase_add_test(tc, small_host_pages_are_remembered_together);
	suite_add_tcase(suite, tc);
}

Suite *test_suite(int argc, char **argv)
{
	Suite *suite = suite_create("vmm_ballast");
	TCase *tc = add_common(suite, "virtio-ballast", setup);

	add_requests(tc);
	add_management(tc);
	add_hints(tc);
	add_huge(suite);
	add_init(suite);
	if (have_stock())
		add_common(suite, "QEMU's virtio-balloon", setup_stock);
	return suite;
}
