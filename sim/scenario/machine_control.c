// SPDX-License-Identifier: GPL-2.0-only
/*
 * Controllers of balloons: for each guest that has one a policy is asked every period, and what it
 * answers becomes the balloon's target, by the command that QEMU's monitor has for it.
 *
 * The daemon that would run it takes no CPU time here; what the command does in the VMM does.  It
 * knows the guest's statistics as they are when it asks: the device has polled for them by itself.
 * A policy that knows of pressure reads the kernel's files each time, as the daemon would.
 */
#include "machine-internal.h"

#include <stdlib.h>

#include "control.h"
#include "cpu_psi.h"
#include "image.h"

#define MIB (UINT64_C(1) << 20)

struct machine_control {
	struct machine_guest *guest;
	control_fn *policy;
	struct control_params params;
	struct image *image;	/* NULL: the policy is one of ours */
	void *state;
	struct event event;
	uint64_t target, changes;
};

static uint64_t stat(const struct machine_guest *guest, const char *name)
{
	char path[80], why[VMM_ERROR_SIZE];
	uint64_t value;

	snprintf(path, sizeof(path), "guest-stats/%s", name);
	return vmm_device_get(guest->balloon, path, &value, why) ? CONTROL_UNKNOWN : value;
}

static void look_at_stats(const struct machine_guest *guest, struct control_input *in)
{
	uint64_t updated = stat(guest, "last-update");
	uint64_t now_s = in->now_ns / NSEC_PER_SEC_U64;

	in->stat_free = stat(guest, "stats/stat-free-memory");
	in->stat_total = stat(guest, "stats/stat-total-memory");
	in->stat_available = stat(guest, "stats/stat-available-memory");
	in->stat_caches = stat(guest, "stats/stat-disk-caches");
	in->stat_swap_in = stat(guest, "stats/stat-swap-in");
	in->stat_swap_out = stat(guest, "stats/stat-swap-out");
	in->stat_major_faults = stat(guest, "stats/stat-major-faults");
	in->stat_age_ns = CONTROL_UNKNOWN;
	if (updated != CONTROL_UNKNOWN && updated >= VMM_EPOCH)
		in->stat_age_ns = (now_s - (updated - VMM_EPOCH)) * NSEC_PER_SEC_U64;
}

static void fill_psi(struct control_psi *file, const struct psi_values *v, enum psi_state some)
{
	const uint32_t *s = v->avg[some], *full = v->avg[some + 1];

	*file = (struct control_psi){
		.some_avg10 = s[PSI_AVG10], .some_avg60 = s[PSI_AVG60],
		.some_avg300 = s[PSI_AVG300], .full_avg10 = full[PSI_AVG10],
		.full_avg60 = full[PSI_AVG60], .full_avg300 = full[PSI_AVG300],
		.some_us = v->total_us[some], .full_us = v->total_us[some + 1],
	};
}

static void look_at_pressure(const struct machine_guest *guest, struct psi_group *group,
			     struct control_pressure *pressure)
{
	struct psi_values v;

	psi_show(group, guest->machine->engine.now, &v);
	fill_psi(&pressure->memory, &v, PSI_MEM_SOME);
	fill_psi(&pressure->io, &v, PSI_IO_SOME);
	fill_psi(&pressure->cpu, &v, PSI_CPU_SOME);
}

static bool knows_pressure(const struct machine_control *c)
{
	return c->image || c->policy == control_pressure;
}

static void look(const struct machine_control *c, struct control_input *in)
{
	const struct machine_guest *guest = c->guest;
	const struct host *host = &guest->machine->host;
	uint32_t i;

	*in = (struct control_input){
		.params = &c->params,
		.now_ns = guest->machine->engine.now,
		.guest_bytes = guest->config->memory_mib * MIB,
		.actual_bytes = machine_guest_actual(guest),
		.target_bytes = c->target,
		.resident_bytes = guest_ram_resident(guest->vm->ram) * TRACE_PAGE_SIZE,
		.swapped_bytes = guest_ram_swapped(guest->vm->ram) * TRACE_PAGE_SIZE,
		.vcpus = guest->config->vcpus,
		.host_bytes = host->total_pages * TRACE_PAGE_SIZE,
		.host_free_bytes = host->free_pages * TRACE_PAGE_SIZE,
		.host_swap_used_bytes = host->swap ?
					swap_used_slots(host->swap) * TRACE_PAGE_SIZE : 0,
	};
	for (i = 0; i < guest->config->vcpus; i++)
		in->stalled_ns += guest->vm->vcpus[i]->stalled;
	in->stalled_ns += kvm_async_pf_asleep_ns(guest->vm);
	look_at_stats(guest, in);
	if (knows_pressure(c)) {
		look_at_pressure(guest, host->root.psi, &in->host_pressure);
		look_at_pressure(guest, guest->vm->memcg->psi, &in->group_pressure);
	}
}

static void decide(struct event *ev)
{
	struct machine_control *c = event_owner(ev, struct machine_control, event);
	struct machine_guest *guest = c->guest;
	struct machine *m = guest->machine;
	char error[VMM_ERROR_SIZE];
	struct control_input in;
	uint64_t target;

	if (guest->gone || m->quiet)
		return;
	machine_observe_again(m, &c->event, c->params.period_ns);
	look(c, &in);
	target = c->policy(&in, &c->state);
	if (target > in.guest_bytes)
		target = in.guest_bytes;
	if (!target || target == c->target)
		return;
	c->target = target;
	c->changes++;
	if (machine_set_balloon(guest, target, error))
		machine_fail(m, TRACE_END_FAILED, false, "%s: %s", guest->config->controller.path,
			     error);
}

void machine_control_start(struct machine_guest *guest)
{
	struct machine_control *c = guest->control;

	if (c && !event_pending(&c->event))
		event_add(&guest->machine->engine, &c->event,
			  guest->machine->engine.now + c->params.period_ns);
}

uint64_t machine_control_changes(const struct machine_guest *guest)
{
	return guest->control ? guest->control->changes : 0;
}

static int load_policy(struct machine_control *c, char *error, size_t size)
{
	const struct scenario_controller *config = &c->guest->config->controller;
	char why[512], *path = NULL;

	if (machine_image_path(c->guest->machine, NULL, 0, config->image, config->path, &path,
			       error, size)) {
		free(path);
		return -1;
	}
	c->image = image_load(path, why, sizeof(why));
	if (!c->image)
		snprintf(error, size, "%s: image: %s", config->path, why);
	else if (!(c->policy = (control_fn *)image_symbol(c->image, "ballast_control")))
		snprintf(error, size, "%s: image: %s has no function ballast_control; "
			 "sim/control/control.h says what a policy is", config->path, path);
	free(path);
	return c->policy ? 0 : -1;
}

int machine_control_create(struct machine_guest *guest, char *error, size_t size)
{
	static control_fn *const policies[] = {
		[SCENARIO_POLICY_FREE_MEMORY] = control_free_memory,
		[SCENARIO_POLICY_AVAILABLE] = control_available,
		[SCENARIO_POLICY_STALL] = control_stall,
		[SCENARIO_POLICY_PRESSURE] = control_pressure,
	};
	const struct scenario_controller *config = &guest->config->controller;
	struct machine_control *c;

	if (!config->path)
		return 0;
	c = guest->control = calloc(1, sizeof(*c));
	if (!c)
		return -1;
	c->guest = guest;
	c->params = (struct control_params){
		.period_ns = config->period_ms * NSEC_PER_MSEC_U64,
		.step_bytes = config->step_mib * MIB,
		.min_bytes = config->min_mib * MIB,
		.guest_free_percent = config->guest_free_percent,
		.host_free_percent = config->host_free_percent,
		.low_percent = config->low_percent,
		.high_percent = config->high_percent,
		.stall_permille = config->stall_permille,
		.pressure_high_permille = config->pressure_high_permille,
		.pressure_low_permille = config->pressure_low_permille,
	};
	event_init(&c->event, decide);
	if (config->image[0])
		return load_policy(c, error, size);
	c->policy = policies[config->policy];
	return 0;
}

void machine_control_destroy(struct machine_guest *guest)
{
	struct machine_control *c = guest->control;

	if (!c)
		return;
	event_cancel(&guest->machine->engine, &c->event);
	if (c->image)
		image_unload(c->image);
	free(c->state);
	free(c);
}
