// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile guests (tests/hostile/cases.h) against our devices, the images that ship, in the model
 * VMM.  Each case has a VMM of its own.  There is no host: guest RAM is a
 * mapping, and discarding clears it.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "hostile/world.h"
#include "image.h"
#include "internal.h"
#include "suite.h"
#include "test_vmm_guest.h"

#ifndef IMAGE_DIR
#define IMAGE_DIR "build/images"
#endif

static_assert(GUEST_RAM == HOSTILE_RAM, "size of RAM");

struct model_world {
	struct hostile_world world;
	struct guest guest;
	struct image *image;
	char said[4096], given[4096];
};

static struct model_world model;

static struct kvm_virtio *registers(void)
{
	return model.guest.virtio;
}

static uint8_t op_get_status(struct hostile_world *w)
{
	return registers()->ops->get_status(registers());
}

static void op_set_status(struct hostile_world *w, uint8_t status)
{
	registers()->ops->set_status(registers(), status);
}

static void op_set_features(struct hostile_world *w, uint64_t features)
{
	registers()->ops->set_features(registers(), features);
}

static unsigned int op_queue_size_max(struct hostile_world *w, unsigned int queue)
{
	return registers()->ops->queue_size_max(registers(), queue);
}

static void op_queue_enable(struct hostile_world *w, unsigned int queue,
			    const struct hostile_ring *ring)
{
	const struct kvm_vring_addr addr = { ring->desc, ring->avail, ring->used, ring->size };

	registers()->ops->queue_enable(registers(), queue, &addr);
}

static void op_pause(struct hostile_world *w)
{
	guest_run(&model.guest);
}

static void op_kick(struct hostile_world *w, unsigned int queue)
{
	guest_kick(&model.guest, queue);
}

static uint32_t op_config_read(struct hostile_world *w, unsigned int offset, unsigned int size)
{
	uint32_t value = 0;

	registers()->ops->config_read(registers(), offset, &value, size);
	return value;
}

static void op_config_write(struct hostile_world *w, unsigned int offset, unsigned int size,
			    uint32_t value)
{
	registers()->ops->config_write(registers(), offset, &value, size);
}

static uint64_t op_counter(struct hostile_world *w, const char *name)
{
	return guest_prop(&model.guest, name);
}

static const char *op_errors(struct hostile_world *w)
{
	memcpy(model.given, model.said, sizeof(model.given));
	model.said[0] = '\0';
	return model.given;
}

static void op_round(struct hostile_world *w, bool begin)
{
	if (begin) {
		ck_assert_int_eq(vmm_migration_begin(model.guest.vmm), 0);
		vmm_migration_sync(model.guest.vmm, NULL);
	} else {
		vmm_migration_end(model.guest.vmm, false);
	}
	guest_run(&model.guest);
}

static void op_read_rom(struct hostile_world *w, void *bytes)
{
	memcpy(bytes, model.guest.vmm->rom.host, VMM_ROM_SIZE);
}

static const struct hostile_world_ops model_ops = {
	.get_status = op_get_status,
	.set_status = op_set_status,
	.set_features = op_set_features,
	.queue_size_max = op_queue_size_max,
	.queue_enable = op_queue_enable,
	.kick = op_kick,
	.config_read = op_config_read,
	.config_write = op_config_write,
	.pause = op_pause,
	.counter = op_counter,
	.errors = op_errors,
	.round = op_round,
	.read_rom = op_read_rom,
};

static void collect_errors(struct vmm *vmm, enum vmm_severity severity, const char *text)
{
	size_t used = strlen(model.said);

	if (severity == VMM_ERROR)
		snprintf(model.said + used, sizeof(model.said) - used, "%s\n", text);
}

static void load_image(struct guest *g, const struct hostile_device *device)
{
	const char *dir = getenv("BALLAST_IMAGES");
	char path[512], error[256];

	snprintf(path, sizeof(path), "%s/%s.so", dir ? dir : IMAGE_DIR, device->type);
	vmm_image_begin(g->vmm);
	model.image = image_load(path, error, sizeof(error));
	vmm_image_end(g->vmm);
	ck_assert_msg(model.image != NULL, "%s", error);
}

static void set_up_ballast(struct guest *g)
{
	static const char *const on[] = { "free-page-reporting", "free-page-hint" };
	char error[VMM_ERROR_SIZE] = "";
	size_t i;

	ck_assert_int_eq(vmm_iothread_add(g->vmm, "io", error), 0);
	for (i = 0; i < ARRAY_SIZE(on); i++)
		ck_assert_msg(!vmm_device_set(g->dev, on[i], "on", error), "%s", error);
	ck_assert_msg(!vmm_device_set(g->dev, "iothread", "io", error), "%s", error);
}

static void add_device(struct guest *g, const struct hostile_device *device)
{
	char type[64], error[VMM_ERROR_SIZE] = "";

	snprintf(type, sizeof(type), "%s-device", device->type);
	g->dev = vmm_device_new(g->vmm, type, "device0", error);
	ck_assert_msg(g->dev != NULL, "%s", error);
	if (device == &hostile_ballast)
		set_up_ballast(g);
	ck_assert_msg(!vmm_device_realize(g->dev, error), "%s", error);
	g->virtio = vmm_device_virtio(g->dev);
}

static void setup(const struct hostile_device *device)
{
	struct guest *g = &model.guest;

	memset(&model, 0, sizeof(model));
	guest_create(g);
	madvise(g->ram, GUEST_RAM, MADV_HUGEPAGE);	/* all of it is filled, many times */
	g->observer.message = collect_errors;
	load_image(g, device);
	add_device(g, device);
	model.world = (struct hostile_world){
		.ops = &model_ops, .device = device, .ram = g->ram, .rom = g->vmm->rom.offset,
		.mmio = g->vmm->rom.offset + VMM_ROM_SIZE, .rom_bytes = VMM_ROM_SIZE, .model = true,
	};
}

static void setup_ballast(void)
{
	setup(&hostile_ballast);
}

static void setup_page_hint(void)
{
	setup(&hostile_page_hint);
}

static void teardown(void)
{
	guest_destroy(&model.guest);
	image_unload(model.image);
}

START_TEST(hostile_guest_harms_itself_only)
{
	hostile_run(&model.world, &model.world.device->cases[_i]);
}
END_TEST

static void add_device_cases(Suite *suite, const struct hostile_device *device,
			     void (*fixture)(void))
{
	TCase *tc = tcase_create(device->type);

	tcase_add_checked_fixture(tc, fixture, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, hostile_guest_harms_itself_only, 0, device->nr_cases);
	suite_add_tcase(suite, tc);
}

Suite *test_suite(int argc, char **argv)
{
	Suite *suite = suite_create("vmm_hostile");

	add_device_cases(suite, &hostile_ballast, setup_ballast);
	add_device_cases(suite, &hostile_page_hint, setup_page_hint);
	return suite;
}
