// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest of the machine: VM, VMM with its devices, kernel with its modules, programs.
 *
 * All is built before the run starts, so that what cannot be had is said before anything happens;
 * nothing of it costs memory until the guest boots.
 */
#include "machine-internal.h"

#include <stdlib.h>
#include <string.h>

#include "coro.h"
#include "image.h"
#include "level.h"
#include "program-args.h"
#include "series.h"

/* The VMM and its devices */

static int device_property(struct vmm_device *dev, const struct scenario_device *config,
			   const char *name, const char *value, char *error, size_t size)
{
	char why[VMM_ERROR_SIZE];

	if (!vmm_device_set(dev, name, value, why))
		return 0;
	snprintf(error, size, "%s: %s: %s", config->path, name, why);
	return -1;
}

static int device_properties(struct vmm_device *dev, const struct scenario_device *config,
			     char *error, size_t size)
{
	struct scenario_parameter bits[SCENARIO_DEVICE_BITS];
	uint32_t i, nr;

	nr = scenario_device_bits(config, bits);
	for (i = 0; i < nr; i++)
		if (device_property(dev, config, bits[i].name, bits[i].value, error, size))
			return -1;
	for (i = 0; i < config->nr_properties; i++)
		if (device_property(dev, config, config->properties[i].name,
				    config->properties[i].value, error, size))
			return -1;
	return 0;
}

static int load_device_image(struct machine_guest *guest, const struct scenario_device *config,
			     char *error, size_t size)
{
	char why[512];
	char *path = NULL;
	struct image *image;

	if (machine_image_path(guest->machine, &qemu_levels, guest->qemu_given, config->image,
			       config->path, &path, error, size)) {
		free(path);
		return -1;
	}
	if (image_file_has(path, "register_module_init") != IMAGE_NEEDS) {
		snprintf(error, size, "%s: image: %s: %s", config->path, path,
			 image_file_has(path, "ballast_params_begin") == IMAGE_DEFINES ?
			 "this is the image of a kernel module, not of a device" :
			 "this is no image of a device; docs/your-patch.md says how one is built");
		free(path);
		return -1;
	}
	if (machine_check_level(&qemu_levels, &guest->qemu, guest->qemu_given, path, config->path,
				error, size)) {
		free(path);
		return -1;
	}
	vmm_set_version(guest->vmm, guest->qemu);
	vmm_image_begin(guest->vmm);
	image = image_load(path, why, sizeof(why));
	vmm_image_end(guest->vmm);
	free(path);
	if (!image) {
		snprintf(error, size, "%s: image: %s", config->path, why);
		return -1;
	}
	guest->images[guest->nr_images++] = image;
	return 0;
}

static bool image_seen(const struct scenario_guest *config, uint32_t index)
{
	uint32_t i;

	for (i = 0; i < index; i++)
		if (!strcmp(config->devices[i].image, config->devices[index].image))
			return true;
	return false;
}

static int create_device(struct machine_guest *guest, uint32_t index, char *error, size_t size)
{
	const struct scenario_device *config = &guest->config->devices[index];
	char why[VMM_ERROR_SIZE];
	struct vmm_device *dev;

	if (!image_seen(guest->config, index) && load_device_image(guest, config, error, size))
		return -1;
	if (config->free_page_hint && vmm_iothread_add(guest->vmm, "iothread0", why)) {
		snprintf(error, size, "%s: %s", config->path, why);
		return -1;
	}
	dev = vmm_device_new(guest->vmm, config->type, config->name, why);
	if (!dev) {
		snprintf(error, size, "%s: type: %s", config->path, why);
		return -1;
	}
	guest->devices[index] = dev;
	if (config == scenario_balloon(guest->config))
		guest->balloon = dev;
	if (device_properties(dev, config, error, size))
		return -1;
	if (config->free_page_hint &&
	    device_property(dev, config, "iothread", "iothread0", error, size))
		return -1;
	if (!vmm_device_realize(dev, why))
		return 0;
	snprintf(error, size, "%s: %s%s", config->path, why,
		 machine_host_lacks(guest->machine, why));
	return -1;
}

static int create_vmm(struct machine_guest *guest, char *error, size_t size)
{
	struct machine *m = guest->machine;
	struct vmm_config config = {
		.name = guest->config->name,
		.engine = &m->engine,
		.vm = guest->vm,
		.ram_page_size = (uint64_t)guest->config->page_size_kib << 10,
		.ram_shared = guest->config->backing == SCENARIO_BACKING_SHARED_FILE,
		.discard_disabled = guest->config->assigned_device,
		.observer = &m->vmm_observer,
		.opaque = guest,
	};
	uint32_t i;

	if (guest->config->qemu)
		guest->qemu_given = qemu_levels.version[guest->config->qemu - 1];
	guest->qemu = guest->qemu_given;
	guest->vmm = vmm_create(&config);
	guest->images = calloc(guest->config->nr_devices + 1, sizeof(*guest->images));
	guest->devices = calloc(guest->config->nr_devices + 1, sizeof(*guest->devices));
	if (!guest->vmm || !guest->images || !guest->devices)
		return -1;
	guest->vm->vmm = guest->vmm;
	for (i = 0; i < guest->config->nr_devices; i++)
		if (create_device(guest, i, error, size))
			return -1;
	return 0;
}

/* The kernel and its modules */

/* A part that comes after a driver would serve nobody: drivers stay with the one they know. */
static int check_part_order(const struct machine_guest *guest, uint32_t index, char *error,
			    size_t size)
{
	const struct guest_module *module = &guest->modules.module[index];
	const char *part, *users;
	uint32_t i;

	for (i = 0; i < index; i++) {
		if (!module_has_to_precede(module->path, guest->modules.path[i], &part, &users))
			continue;
		snprintf(error, size, "%s: %s has to be loaded before %s; put it before %s, or "
			 "give it a load-order below 100", module->where, part, users,
			 guest->config->modules[i].name);
		return -1;
	}
	return 0;
}

/* Other sizes than 2 MiB are of 6.8, the next version that the model has is 6.12. */
static int check_hugepages(const struct machine_guest *guest, char *error, size_t size)
{
	uint32_t version = guest->modules.version, i;
	char name[LEVEL_NAME];

	if (!version)
		version = linux_levels.standard;
	for (i = 0; i < SCENARIO_THP_SIZES && version < LEVEL(6, 12); i++) {
		if (guest->config->hugepages[i] == SCENARIO_SIZE_NEVER)
			continue;
		snprintf(error, size, "%s: hugepages-%ukB: Linux %s has no huge pages of this "
			 "size; allowed: with kernel = \"6.12\" or a later one",
			 guest->config->path, scenario_hugepages_kib(i),
			 level_name(version, name));
		return -1;
	}
	return 0;
}

static int fill_modules(struct machine_guest *guest, char *error, size_t size)
{
	const struct scenario_guest *config = guest->config;
	uint32_t i;

	if (config->kernel)
		guest->modules.version = linux_levels.version[config->kernel - 1];
	if (machine_modules_fill(guest->machine, config->modules, config->nr_modules,
				 &guest->modules, error, size))
		return -1;
	for (i = 0; i < config->nr_modules; i++)
		if (check_part_order(guest, i, error, size))
			return -1;
	if (check_hugepages(guest, error, size))
		return -1;
	return machine_check_wants(guest, error, size);
}

static void guest_fault(struct kernel *kernel, void *ctx, struct task_struct *task,
			enum user_fault kind, uint64_t ns)
{
	static const enum trace_fault kinds[] = {
		[USER_FAULT_MINOR] = TRACE_FAULT_MINOR,
		[USER_FAULT_HUGE] = TRACE_FAULT_HUGE,
		[USER_FAULT_SWAP] = TRACE_FAULT_GUEST_SWAP_IN,
	};
	struct machine_guest *guest = ctx;

	trace_histogram_add(&guest->faults[kinds[kind]], ns, 1);
}

static void guest_oom(struct kernel *kernel, void *ctx, struct task_struct *victim,
		      uint64_t rss_pages)
{
	struct machine_guest *guest = ctx;
	struct machine *m = guest->machine;

	guest->oom_pages = rss_pages;
	MACHINE_TRACE(m, guest_oom, .guest = guest->id, .victim = "program",
	      .resident = rss_pages);
}

/* A device that nobody drives: a failure if somebody was to. */
static void check_driver(struct machine_guest *guest, uint32_t index)
{
	const struct scenario_device *config = &guest->config->devices[index];
	const char *what = config->kind == SCENARIO_DEVICE_BALLOON ? "balloon" : "device";
	struct kvm_virtio *hw = vmm_device_virtio(guest->devices[index]);
	char text[256];
	int error = 0;

	if (!hw || guest_kernel_driver(hw, &error))
		return;
	if (error)
		machine_fail(guest->machine, TRACE_END_PROTOCOL, false,
			     "no driver answers %s %s of guest %s: probing failed with error %d",
			     what, config->name, guest->config->name, error);
	snprintf(text, sizeof(text), "no driver answers %s %s of guest %s", what, config->name,
		 guest->config->name);
	machine_say(guest, TRACE_WARNING, "ballast", text);
}

static void machine_guest_booted(void *opaque, const char *error)
{
	struct machine_guest *guest = opaque;
	struct machine *m = guest->machine;
	uint32_t i;

	if (error) {
		machine_fail(m, TRACE_END_FAILED, true, "%s", error);
		return;
	}
	guest->up = true;
	machine_control_start(guest);
	for (i = 0; i < guest->config->nr_devices; i++)
		check_driver(guest, i);
	machine_item_ended(&guest->boot);
	machine_guest_started(guest);
	machine_progress(m);
}

static void fill_hugepages(const struct scenario_guest *config, struct mm_config *mm)
{
	uint32_t i;

	for (i = 0; i < SCENARIO_THP_SIZES; i++) {
		unsigned int order = 1u << (i + SCENARIO_THP_ORDER_MIN);

		if (config->hugepages[i] == SCENARIO_SIZE_ALWAYS)
			mm->orders_always |= order;
		else if (config->hugepages[i] == SCENARIO_SIZE_INHERIT)
			mm->orders_inherit |= order;
		else if (config->hugepages[i] == SCENARIO_SIZE_MADVISE)
			mm->orders_madvise |= order;
	}
}

static void fill_kernel_config(struct machine_guest *guest)
{
	static const enum thp_defrag defrag[] = {
		[SCENARIO_DEFRAG_ALWAYS] = THP_DEFRAG_ALWAYS,
		[SCENARIO_DEFRAG_DEFER] = THP_DEFRAG_DEFER,
		[SCENARIO_DEFRAG_DEFER_MADVISE] = THP_DEFRAG_DEFER_MADVISE,
		[SCENARIO_DEFRAG_MADVISE] = THP_DEFRAG_MADVISE,
		[SCENARIO_DEFRAG_NEVER] = THP_DEFRAG_NEVER,
	};
	const struct scenario_guest *g = guest->config;
	struct guest_config *c = &guest->kernel_config;

	*c = (struct guest_config){
		.engine = &guest->machine->engine,
		.vm = guest->vm,
		.name = g->name,
		.seed = guest->machine->scenario->seed + guest->boots,
		.no_jitter = !guest->machine->scenario->jitter,
		.boot = { .kernel_pages = MIB_PAGES(g->boot.kernel_mib),
			  .active_pages = g->boot.active_kib / 4,
			  .active_gaps = g->boot.active_gaps.value,
			  .nr_active_gaps = g->boot.active_gaps.nr,
			  .user_pages = MIB_PAGES(g->boot.user_mib),
			  .released_pages = MIB_PAGES(g->boot.released_mib),
			  .percpu_pages = MIB_PAGES(g->boot.percpu_mib),
			  .cache_pages = MIB_PAGES(g->boot.cache_mib),
			  .cache_active_pages = MIB_PAGES(g->boot.cache_active_mib),
			  .cache_hot_pages = MIB_PAGES(g->boot.cache_hot_mib),
			  .duration_ns = g->boot.duration_ms * NSEC_PER_MSEC_U64,
			  .daemon_period_ns = g->boot.daemon_period_ms * NSEC_PER_MSEC_U64,
			  .daemon_pages = g->boot.daemon_pages },
		.modules = guest->modules.module,
		.nr_modules = g->nr_modules,
		.version = guest->modules.version,	/* known from the second boot on */
		.watermark_scale_factor = g->watermark_scale_factor,
		.reporting_order = g->page_reporting.order == SCENARIO_ORDER_UNSET ?
				   -1 : (int)g->page_reporting.order,
		.reporting_delay_ms = g->page_reporting.delay_ms,
		.reporting_capacity = g->page_reporting.capacity,
		.log = machine_trace_guest_log,
		.panicked = machine_guest_panicked,
		.booted = machine_guest_booted,
		.opaque = guest,
		.observer = trace_wants(guest->machine->trace, TRACE_FULL) ?
			    &machine_guest_observer : NULL,
	};
	mm_config_default(&c->mm, MIB_PAGES(g->memory_mib), g->vcpus);
	c->mm.min_free_kbytes = g->min_free_kbytes;
	c->mm.thp = g->thp == SCENARIO_THP_NEVER ? THP_NEVER :
		    g->thp == SCENARIO_THP_MADVISE ? THP_MADVISE : THP_ALWAYS;
	c->mm.thp_defrag = defrag[g->thp_defrag];
	fill_hugepages(g, &c->mm);
	c->mm.movable_pages = g->movable_mib << (20 - 12);
	c->mm.init_on_alloc = g->init_on_alloc;
	c->mm.init_on_free = g->init_on_free;
	c->mm.page_poison = g->page_poison;
	c->mm.page_zeroed = g->page_zeroed;
	if (g->boot.reserved_mib)
		c->mm.reserved_low = MIB_PAGES(g->boot.reserved_mib);
	c->user.observer = (struct usermem_observer){ .fault = guest_fault, .oom_kill = guest_oom,
						      .ctx = guest };
	if (g->swap.kind != SCENARIO_SWAP_NONE) {
		machine_swap_config(&g->swap, &guest->swap_config);
		guest->swap_config.extent = guest->swap_extent;
		c->user.swap = &guest->swap_config;
	}
	c->user.disk = guest->image;
	c->user.disk_cache = guest->image_cache;
	c->user.swap_cache = guest->swap_cache;
}

/* Whether one of the guest's modules has a driver for the device, or may have. */
static bool somebody_drives(const struct machine_guest *guest, const struct kvm_virtio *hw)
{
	uint32_t i;

	for (i = 0; i < guest->config->nr_modules; i++)
		if (module_drives(guest->modules.path[i], hw->device_id))
			return true;
	return false;
}

/* "guest a has", "guests a-0 to a-2 have": all guests of the first one's node. */
static const char *replicas_have(const struct machine_guest *first, char *text, size_t size)
{
	uint32_t nr = first->config->nr_replicas;

	if (nr < 2)
		snprintf(text, size, "guest %s has", first->config->name);
	else
		snprintf(text, size, "guests %s to %s have", first->config->name,
			 first[nr - 1].config->name);
	return text;
}

void machine_warnings(const struct machine *m, void (*fn)(void *opaque, const char *text),
		      void *opaque)
{
	char text[1024], who[300];
	uint32_t i;

	for (i = 0; i < m->scenario->nr_guests; i++) {
		const struct machine_guest *guest = &m->guests[i];
		const struct kvm_virtio *hw = guest->balloon ? vmm_device_virtio(guest->balloon) :
							       NULL;

		if (!hw || guest->config->replica || somebody_drives(guest, hw))
			continue;
		snprintf(text, sizeof(text), "%s: %s no driver for it, commands to it will reach "
			 "nobody; allowed: a module that drives it, such as image = "
			 "\"virtio_ballast\" in the guest's modules",
			 scenario_balloon(guest->config)->path,
			 replicas_have(guest, who, sizeof(who)));
		fn(opaque, text);
	}
}

/* Booting and programs */

static void boot_begin(struct machine_item *item)
{
	struct machine_guest *guest = item->guest;
	struct machine *m = item->machine;

	MACHINE_TRACE(m, guest_start, .guest = guest->id);
	guest->kernel = guest_kernel_create(&guest->kernel_config);
	if (!guest->kernel || vmm_start(guest->vmm) ||
	    guest_kernel_boot(guest->kernel, &guest->kernel_config))
		machine_fail(m, TRACE_END_FAILED, true, "guest %s: not enough memory to boot it",
			     guest->config->name);
	guest->stats_due = guest->balloon != NULL;
}

static void set_stats_polling(struct machine_guest *guest)
{
	const struct scenario_device *config = scenario_balloon(guest->config);
	char value[16], why[VMM_ERROR_SIZE];

	if (!guest->stats_due || !config->stats_polling_s)
		return;
	guest->stats_due = false;
	snprintf(value, sizeof(value), "%u", config->stats_polling_s);
	if (vmm_device_set(guest->balloon, "guest-stats-polling-interval", value, why))
		machine_fail(guest->machine, TRACE_END_FAILED, true, "%s: stats-polling-s: %s",
			     config->path, why);
}

static void program_started(void *opaque, unsigned int index)
{
	struct machine_guest *guest = opaque;
	struct machine *m = guest->machine;

	set_stats_polling(guest);
	/* A sample at each boundary of a phase, so that what is said of its memory is exact. */
	machine_trace_sample(guest);
	MACHINE_TRACE(m, program_start, .guest = guest->id, .program = index,
	      .name = guest->config->programs[index].name);
}

static void program_phase_done(void *opaque, unsigned int index, const char *phase,
			       uint64_t iteration)
{
	struct machine_guest *guest = opaque;
	struct machine *m = guest->machine;

	machine_trace_sample(guest);
	MACHINE_TRACE(m, program_phase, .guest = guest->id, .program = index,
	      .phase = phase, .iteration = iteration);
}

static void program_ended(void *opaque, unsigned int index, const struct program_result *result)
{
	struct machine_guest *guest = opaque;
	struct machine *m = guest->machine;

	machine_measured_end(guest, index);
	if (result->killed)
		MACHINE_TRACE(m, program_killed, .guest = guest->id, .program = index,
			      .resident = guest->oom_pages, .work = result->work,
			      .cpu = result->cpu_ns, .stalled = result->stalled_ns);
	else
		MACHINE_TRACE(m, program_end, .guest = guest->id, .program = index,
			      .status = result->status, .work = result->work,
			      .cpu = result->cpu_ns, .stalled = result->stalled_ns);
	machine_item_ended(&guest->programs[index]);
	guest->programs_left--;
	machine_trace_sample(guest);
	machine_progress(m);
}

static const struct program_ops program_ops = {
	.started = program_started,
	.phase = program_phase_done,
	.measured = machine_measured,
	.ended = program_ended,
};

static void program_begin(struct machine_item *item)
{
	struct machine_guest *guest = item->guest;

	if (!program_start(guest->kernel, &guest->program_configs[item->index]))
		machine_fail(item->machine, TRACE_END_FAILED, true,
			     "%s: not enough memory to start it",
			     guest->config->programs[item->index].path);
}

static int fill_program(struct machine_guest *guest, uint32_t index, char *error, size_t size)
{
	const struct scenario_program *p = &guest->config->programs[index];
	struct program_config *c = &guest->program_configs[index];
	struct program_sample *samples = NULL;
	size_t nr = 0;
	char why[512];

	if (p->file && series_read(p->file, &samples, &nr, why, sizeof(why))) {
		snprintf(error, size, "%s: file: %s", p->path, why);
		return -1;
	}
	*c = (struct program_config){ .name = scenario_program_name(p->kind), .index = index,
				      .series = samples, .nr_series = nr,
				      .seed = guest->kernel_config.seed, .ops = &program_ops,
				      .opaque = guest };
	c->args = scenario_program_args(p, &c->nr_args);
	return c->args ? 0 : -1;
}

/* Making and unmaking */

static int create_programs(struct machine_guest *guest, char *error, size_t size)
{
	uint32_t i, nr = guest->config->nr_programs;

	guest->programs = calloc(nr + 1, sizeof(*guest->programs));
	guest->program_configs = calloc(nr + 1, sizeof(*guest->program_configs));
	if (!guest->programs || !guest->program_configs)
		return -1;
	for (i = 0; i < nr; i++)
		if (fill_program(guest, i, error, size))
			return -1;
	machine_guest_items(guest, boot_begin, program_begin);
	return 0;
}

/* Of a guest that is started again, the VM goes on where the old one has ended. */
static struct kvm_vm *create_vm(struct machine_guest *guest)
{
	struct machine *m = guest->machine;
	struct kvm_vm *old = guest->vm;

	if (!old)
		return host_create_vm(&m->host, guest->config->name,
				      guest->config->memory_mib << 20, guest->config->vcpus);
	ledger_take_off(&old->account[ACCOUNT_GUEST],
			guest_kernel_owed_ns(guest->former->kernel));
	return host_create_vm_again(old);
}

int machine_guest_build(struct machine_guest *guest, char *error, size_t size)
{
	static const enum kvm_async_pf async_pf[] = {
		[SCENARIO_ASYNC_PF_INT] = KVM_ASYNC_PF_INT,
		[SCENARIO_ASYNC_PF_HALT] = KVM_ASYNC_PF_HALT,
		[SCENARIO_ASYNC_PF_OFF] = KVM_ASYNC_PF_OFF,
	};
	struct machine *m = guest->machine;

	guest->balloon_actual = -1;
	guest->vm = create_vm(guest);
	if (guest->vm) {
		guest_ram_set_page_order(guest->vm->ram,
					 __builtin_ctz(guest->config->page_size_kib / 4));
		if (guest->config->backing == SCENARIO_BACKING_SHARED_FILE)
			guest_ram_set_shared_file(guest->vm->ram);
		if (guest->config->assigned_device)
			guest_ram_set_pinned(guest->vm->ram);
		host_set_memcg(guest->vm, machine_cgroup(m, guest->config->cgroup));
		guest->vm->assigned_device = guest->config->assigned_device;
		guest->vm->async_pf = async_pf[guest->config->async_pf];
	}
	if (guest->vm && m->host_kernel)
		host_kernel_attach(m->host_kernel, guest->vm,
				   guest->config->page_size_kib == 2048);
	if (!guest->vm || create_vmm(guest, error, size))
		return -1;
	fill_kernel_config(guest);
	return 0;
}

int machine_guest_create(struct machine_guest *guest, char *error, size_t size)
{
	if (machine_guest_disks(guest))
		return -1;
	if (machine_guest_build(guest, error, size) || fill_modules(guest, error, size))
		return -1;
	guest->kernel_config.modules = guest->modules.module;
	guest->kernel_config.version = guest->modules.version;
	if (machine_control_create(guest, error, size))
		return -1;
	return create_programs(guest, error, size);
}

void machine_guest_destroy(struct machine_guest *guest)
{
	unsigned int kind;
	uint32_t i;

	if (guest->kernel) {
		programs_destroy(guest->kernel);
		guest_kernel_destroy(guest->kernel);
	}
	if (guest->vmm)
		vmm_destroy(guest->vmm);
	for (i = 0; i < guest->nr_images; i++)
		image_unload(guest->images[i]);
	for (i = 0; guest->program_configs && i < guest->config->nr_programs; i++) {
		free((void *)guest->program_configs[i].args);
		free((void *)guest->program_configs[i].series);
	}
	for (kind = 0; kind < NR_TRACE_FAULTS; kind++)
		trace_histogram_free(&guest->faults[kind]);
	machine_control_destroy(guest);
	machine_formers_destroy(guest);
	machine_guest_disks_destroy(guest);
	trace_histogram_free(&guest->given_back);
	machine_measured_free(guest);
	free(guest->told);
	free(guest->images);
	free(guest->devices);
	machine_modules_free(&guest->modules);
	free(guest->programs);
	free(guest->program_configs);
}
