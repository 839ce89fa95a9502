// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver's side of rings: the model's, split and packed, and stock drivers/virtio/virtio_ring.c
 * of each version that is built (make upstream), byte by byte the same after each of some thousand
 * calls; and devices on the model's bus and on stock drivers/virtio/virtio.c.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel_probe.h"
#include "kernel/ring_scenes.h"
#include "level.h"
#include "scenario_run.h"
#include "skip.h"
#include "suite.h"

#define F_INDIRECT (UINT64_C(1) << 28)
#define F_EVENT_IDX (UINT64_C(1) << 29)
#define F_VERSION_1 (UINT64_C(1) << 32)
#define F_PACKED (UINT64_C(1) << 34)
/* Beyond what drivers of any version know. */
#define F_UNKNOWN (UINT64_C(1) << 39)
#define STEPS 2000
#define ACKNOWLEDGED 1

static struct kernel_probe probe;
static struct ring_scene model;

static const struct kernel {
	const char *name, *dir;
	uint32_t version;
} kernels[] = {
	{ "6.1", "", LEVEL(6, 1) }, { "6.6", "linux-6.6/", LEVEL(6, 6) },
	{ "6.12", "linux-6.12/", LEVEL(6, 12) }, { "7.2", "linux-7.2/", LEVEL(7, 2) },
	{ "7.3", "linux-7.3/", LEVEL(7, 3) },
};
#define NR_KERNELS (sizeof(kernels) / sizeof(kernels[0]))

/* Layout, tables, events, and who is told of what comes back. */
static const struct shape {
	uint64_t features;
	bool without_callback;
} shapes[] = {
	{ 0, false },
	{ F_INDIRECT, false },
	{ F_EVENT_IDX, false },
	{ F_INDIRECT | F_EVENT_IDX, false },
	{ F_INDIRECT | F_EVENT_IDX, true },
	{ F_PACKED, false },
	{ F_PACKED | F_INDIRECT, false },
	{ F_PACKED | F_EVENT_IDX, false },
	{ F_PACKED | F_INDIRECT | F_EVENT_IDX, false },
	{ F_PACKED | F_INDIRECT | F_EVENT_IDX, true },
};
#define NR_SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static const char *path_of(const struct kernel *kernel, const char *name)
{
	static char path[2][4096];
	static unsigned int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s%s.so", test_images(), kernel->dir, name);
	return path[turn];
}

static bool is_built(const struct kernel *kernel, const char *name)
{
	char of_dir[100];

	snprintf(of_dir, sizeof(of_dir), "%s%s", kernel->dir, name);
	return test_image_exists(of_dir);
}

static void set_up(const struct shape *shape, unsigned int seed)
{
	memset(&ring_scene, 0, sizeof(ring_scene));
	ring_scene.features = F_VERSION_1 | shape->features;
	ring_scene.without_callback = shape->without_callback;
	ring_scene.seed = seed;
	ring_scene.nr_steps = STEPS;
}

static void play(void)
{
	kernel_probe_play(&probe, 1, scene_ring);
	ck_assert_msg(!ring_scene.error[0], "%s", ring_scene.error);
	ck_assert_msg(!ring_scene.left[0], "left: %s", ring_scene.left);
	ck_assert_msg(!probe.warnings, "%s", probe.first_warning);
	ck_assert_int_eq(probe.ended, 1);
	ck_assert_uint_eq(ring_scene.nr_probed, 1 + ring_scene.twice);
	ck_assert_uint_eq(ring_scene.nr_removed, ring_scene.nr_probed);
}

/* All that was put in comes back once, by the device or when the driver goes. */
static void check_requests(void)
{
	const struct ring_scene *s = &ring_scene;

	ck_assert_uint_eq(s->nr_added, s->nr_taken + s->nr_detached);
	ck_assert_uint_gt(s->nr_taken, 100);
	ck_assert_uint_gt(s->nr_refused, 0);
	ck_assert_uint_gt(s->nr_kicks, 10);
	ck_assert_uint_eq(!s->nr_callbacks, s->without_callback);
	if (s->features & F_PACKED)
		ck_assert_uint_gt(s->nr_wraps, 10);
}

START_TEST(models_ring_loses_and_doubles_nothing)
{
	set_up(&shapes[_i], 1 + _i);
	play();
	check_requests();
	ck_assert_uint_eq(ring_scene.accepted, F_VERSION_1 | shapes[_i].features);
	/* both putting in and taking out cost */
	ck_assert_uint_ge(ring_scene.ns,
			  KERNEL_PROBE_QUEUE_NS * (ring_scene.nr_added + ring_scene.nr_taken));
}
END_TEST

static void compare(const struct kernel *kernel, const struct shape *shape)
{
	size_t i;

	for (i = 0; i < model.nr_notes && i < ring_scene.nr_notes; i++)
		if (model.notes[i] != ring_scene.notes[i])
			break;
	ck_assert_msg(i == model.nr_notes && i == ring_scene.nr_notes,
		      "Linux %s, features 0x%lx: byte %zu of %zu and %zu differs", kernel->name,
		      shape->features, i, model.nr_notes, ring_scene.nr_notes);
	ck_assert_uint_eq(model.ns, ring_scene.ns);
	ck_assert_uint_eq(model.accepted, ring_scene.accepted);
	ck_assert_uint_eq(model.nr_kicks, ring_scene.nr_kicks);
	ck_assert_uint_eq(model.broken, ring_scene.broken);
}

/* Bytes of the ring and of tables, results, callbacks, CPU time. */
START_TEST(stock_ring_does_the_same_byte_by_byte)
{
	const struct kernel *kernel = &kernels[_i];
	unsigned int i;

	if (!is_built(kernel, "upstream-virtio_ring"))
		return;
	for (i = 0; i < 2 * NR_SHAPES; i++) {
		const struct shape *shape = &shapes[i % NR_SHAPES];

		set_up(shape, 100 + i);
		ring_scene.spoils = i >= NR_SHAPES;
		ring_scene.features |= F_UNKNOWN;
		play();
		model = ring_scene;
		set_up(shape, 100 + i);
		ring_scene.spoils = i >= NR_SHAPES;
		ring_scene.features |= F_UNKNOWN;
		ring_scene.version = kernel->version;
		ring_scene.ring = path_of(kernel, "upstream-virtio_ring");
		play();
		ck_assert_uint_eq(ring_scene.broken, i >= NR_SHAPES);
		ck_assert_uint_gt(ring_scene.ns, 0);
		compare(kernel, shape);
	}
}
END_TEST

/* alloc_indirect() takes __GFP_HIGHMEM away, and leaves __GFP_HIGH. */
START_TEST(tables_come_from_reserves_if_the_caller_may_have_these)
{
	for (unsigned int i = 0; i <= NR_KERNELS; i++) {
		if (i && !is_built(&kernels[i - 1], "upstream-virtio_ring"))
			continue;
		set_up(&shapes[1], 1);
		ring_scene.nr_steps = 0;
		ring_scene.exhausts = true;
		if (i) {
			ring_scene.version = kernels[i - 1].version;
			ring_scene.ring = path_of(&kernels[i - 1], "upstream-virtio_ring");
		}
		play();
		ck_assert_uint_eq(ring_scene.descriptors[0], 1);
		ck_assert_uint_eq(ring_scene.descriptors[1], RING_ENTRIES);
	}
}
END_TEST

/* The driver comes, goes, and comes again; both parts are images, or one of them. */
START_TEST(stock_bus_has_drivers_come_and_go)
{
	const struct kernel *kernel = &kernels[_i];
	unsigned int i;

	if (!is_built(kernel, "upstream-virtio") || !is_built(kernel, "upstream-virtio_ring"))
		return;
	for (i = 0; i < 2; i++) {
		set_up(&shapes[3], 7);
		ring_scene.nr_steps = 300;
		ring_scene.twice = true;
		ring_scene.version = kernel->version;
		ring_scene.bus = path_of(kernel, "upstream-virtio");
		if (i)
			ring_scene.ring = path_of(kernel, "upstream-virtio_ring");
		play();
		ck_assert_uint_eq(ring_scene.nr_config_changes, 2);
		ck_assert_uint_eq(ring_scene.accepted, F_VERSION_1 | shapes[3].features);
	}
}
END_TEST

/* The order of Virtio 1.2, section 3.1; the model resets once more, when a driver comes. */
START_TEST(devices_are_initialised_in_order)
{
	static const uint8_t want[] = { 0, 1, 3, 11, 15, 0, 1 };
	unsigned int from, i;

	set_up(&shapes[0], 1);
	ring_scene.nr_steps = 0;
	if (_i) {
		if (!is_built(&kernels[_i - 1], "upstream-virtio"))
			return;
		ring_scene.version = kernels[_i - 1].version;
		ring_scene.bus = path_of(&kernels[_i - 1], "upstream-virtio");
	}
	play();
	/* found by the model's bus, and then by the other one */
	ck_assert_uint_eq(ring_scene.status[0], 0);
	ck_assert_uint_eq(ring_scene.status[1], ACKNOWLEDGED);
	from = 2;
	ck_assert_uint_ge(ring_scene.nr_statuses, from + sizeof(want));
	for (i = 0; i < sizeof(want); i++)
		ck_assert_msg(ring_scene.status[from + i] == want[i], "status %u is %u, not %u", i,
			      ring_scene.status[from + i], want[i]);
	/* the model's bus has found it again */
	ck_assert_uint_eq(ring_scene.nr_statuses, from + sizeof(want) + (_i ? 2 : 0));
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("virtqueue");
	TCase *tc = tcase_create("virtqueue");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, models_ring_loses_and_doubles_nothing, 0, NR_SHAPES);
	tcase_add_test(tc, tables_come_from_reserves_if_the_caller_may_have_these);
	tcase_add_loop_test(tc, devices_are_initialised_in_order, 0, NR_KERNELS + 1);
	if (test_image_exists("upstream-virtio_ring") && test_image_exists("upstream-virtio")) {
		tcase_add_loop_test(tc, stock_ring_does_the_same_byte_by_byte, 0, NR_KERNELS);
		tcase_add_loop_test(tc, stock_bus_has_drivers_come_and_go, 0, NR_KERNELS);
	} else {
		skip_tests(2, "stock ring and bus are not built; run 'make upstream'");
	}
	suite_add_tcase(s, tc);
	return s;
}
