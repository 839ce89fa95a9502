// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that has ended is started again: a new process of the VMM, a new boot, and its programs
 * from the first one on.
 *
 * What was there before is dead and stays for the books until the machine is taken apart: events
 * that were on their way to it find it so.  What is random differs from boot to boot.
 */
#include "machine-internal.h"

#include <stdlib.h>

#include "image.h"

static bool set_aside(struct machine_guest *guest)
{
	struct machine_former *former = calloc(1, sizeof(*former));

	if (!former)
		return false;
	*former = (struct machine_former){
		.kernel = guest->kernel, .vmm = guest->vmm, .devices = guest->devices,
		.images = guest->images, .nr_images = guest->nr_images, .next = guest->former,
	};
	guest->former = former;
	guest->kernel = NULL;
	guest->vmm = NULL;
	guest->devices = NULL;
	guest->images = NULL;
	guest->nr_images = 0;
	guest->balloon = NULL;
	return true;
}

/* Counts of kicks and interrupts are of the whole run. */
static void count_on(struct machine_guest *guest)
{
	uint32_t i;

	for (i = 0; i < guest->config->nr_devices; i++) {
		struct kvm_virtio *hw = vmm_device_virtio(guest->devices[i]);
		const struct kvm_virtio *old = vmm_device_virtio(guest->former->devices[i]);

		if (!hw || !old)
			continue;
		hw->nr_kicks = old->nr_kicks;
		hw->nr_interrupts = old->nr_interrupts;
	}
}

/* Nothing of it has happened yet. */
static void begin_anew(struct machine_guest *guest)
{
	struct machine *m = guest->machine;
	uint32_t i;

	guest->up = guest->gone = guest->paused = guest->shut_down = false;
	guest->ballooned = guest->balloon_target = 0;
	guest->memory = (struct guest_memory){ 0 };
	free(guest->told);
	guest->told = NULL;
	guest->programs_left = guest->config->nr_programs;
	for (i = 0; i < guest->config->nr_programs; i++)
		guest->programs[i].state = ITEM_WAITING;
	guest->boot.state = ITEM_RUNNING;
	guest->boot.began = m->engine.now;
	m->items_left += 1 + guest->config->nr_programs;
}

void machine_guest_again(struct machine_guest *guest)
{
	struct machine *m = guest->machine;
	char error[512] = "not enough memory";

	guest->boots++;
	if (!set_aside(guest) || machine_guest_build(guest, error, sizeof(error))) {
		machine_fail(m, TRACE_END_FAILED, true, "guest %s cannot be started again: %s",
			     guest->config->name, error);
		return;
	}
	count_on(guest);
	begin_anew(guest);
	guest->boot.begin(&guest->boot);
}

void machine_formers_destroy(struct machine_guest *guest)
{
	struct machine_former *former;
	uint32_t i;

	while ((former = guest->former)) {
		guest->former = former->next;
		if (former->kernel) {
			programs_destroy(former->kernel);
			guest_kernel_destroy(former->kernel);
		}
		vmm_destroy(former->vmm);
		for (i = 0; i < former->nr_images; i++)
			image_unload(former->images[i]);
		free(former->devices);
		free(former->images);
		free(former);
	}
}
