// SPDX-License-Identifier: GPL-2.0-only
/*
 * A model VMM from creation to its end, and its devices; see vmm.h.
 *
 * Models the parts of QEMU's softmmu/vl.c and qdev-monitor.c that a scenario needs: -object
 * iothread, -device, qom-get, qom-set, stop and cont.
 */
#include "internal.h"

#include "qapi/visitor.h"
#include "qemu/module.h"

struct vmm *vmm_create(const struct vmm_config *config)
{
	struct vmm *vmm = calloc(1, sizeof(*vmm)), *old;

	if (!vmm)
		return NULL;
	vmm->config = *config;
	vmm->version = QEMU_LEVEL;
	vmm->engine = config->engine;
	vmm->vm = config->vm;
	qemu_mutex_init(&vmm->bql);
	aio_context_init(&vmm->main, vmm);
	event_init(&vmm->timer_event, vmm_timer_fired);
	vmm_migration_init(vmm);
	old = vmm_enter(vmm);
	vmm_qom_init(vmm);
	vmm->machine = (MachineState *)object_new(TYPE_MACHINE);
	vmm->iothreads = object_new("container");
	object_add_child(OBJECT(vmm->machine), "objects", vmm->iothreads);
	vmm_leave(old);
	if (vmm_memory_init(vmm)) {
		vmm_destroy(vmm);
		return NULL;
	}
	vmm->machine->ram_size = vmm->ram.used_length;
	if (vmm->vm)
		vmm->vm->vmm = vmm;
	return vmm;
}

/* Did the process end while its code was in the middle of something? */
static bool was_killed(struct vmm *vmm)
{
	Object *obj;

	if (vmm->dead || vmm->bql.owner || vmm->main.busy ||
	    (vmm->main.threaded && vmm->main.thread.state == CPU_THREAD_DEAD))
		return true;
	for (obj = vmm->iothreads->children; obj; obj = obj->next_sibling) {
		if (IOTHREAD(obj)->ctx.busy)
			return true;
	}
	return false;
}

/* An orderly end: devices are unplugged, objects dropped. */
static void tear_down(struct vmm *vmm)
{
	while (vmm->devices)
		vmm_device_delete(vmm->devices);
	while (vmm_poll(vmm))
		;		/* what devices have left to their iothreads */
	while (vmm->iothreads->children)
		object_remove_child(vmm->iothreads->children);
	object_unref(vmm->iothreads);
	object_unref(OBJECT(vmm->machine));
	aio_context_destroy(&vmm->main);
	while (vmm->timers)
		timer_free(vmm->timers);
	while (vmm->modules) {
		struct vmm_module *module = vmm->modules;

		vmm->modules = module->next;
		g_free(module);
	}
	vmm_qom_destroy(vmm);
}

void vmm_destroy(struct vmm *vmm)
{
	bool killed = was_killed(vmm);
	struct vmm_device *dev;
	struct vmm *old;

	vmm_kill(vmm);
	old = vmm_enter(vmm);
	if (killed) {
		if (vmm->vm)
			vmm->vm->devices = NULL;
		for (dev = vmm->devices; dev; dev = dev->next)
			kvm_virtio_remove(&dev->transport.kvm);
		vmm_free_blocks(vmm);
	} else {
		tear_down(vmm);
	}
	vmm_migration_destroy(vmm);
	vmm_memory_destroy(vmm);
	vmm_leave(old);
	if (vmm->vm)
		vmm->vm->vmm = NULL;
	free(vmm);
}

const struct vmm_config *vmm_get_config(const struct vmm *vmm)
{
	return &vmm->config;
}

/* Images */

void vmm_set_version(struct vmm *vmm, uint32_t version)
{
	vmm->version = version;
}

void vmm_image_begin(struct vmm *vmm)
{
	vmm->image_outer = vmm_enter(vmm);
}

void register_module_init(void (*fn)(void), module_init_type type)
{
	struct vmm_module *module, **link;

	if (!this_vmm)
		vmm_fatal("a device image is loaded outside of vmm_image_begin() and _end()");
	module = g_new0(struct vmm_module, 1);
	module->fn = fn;
	for (link = &this_vmm->modules; *link; link = &(*link)->next)
		;
	*link = module;
}

void vmm_image_end(struct vmm *vmm)
{
	while (vmm->modules) {
		struct vmm_module *module = vmm->modules;

		vmm->modules = module->next;
		module->fn();
		g_free(module);
	}
	vmm_leave(vmm->image_outer);
}

/* Threads */

static int start_iothread(Object *obj, void *opaque)
{
	return aio_context_start(&IOTHREAD(obj)->ctx, obj->child_name);
}

int vmm_start(struct vmm *vmm)
{
	int ret = 0;

	if (vmm->vm) {
		ret = aio_context_start(&vmm->main, "main");
		if (!ret)
			ret = object_child_foreach(vmm->iothreads, start_iothread, NULL);
	}
	if (!ret)
		vmm_vm_continue(vmm);
	return ret;
}

static int kill_iothread(Object *obj, void *opaque)
{
	aio_context_kill(&IOTHREAD(obj)->ctx);
	return 0;
}

void vmm_kill(struct vmm *vmm)
{
	vmm->dead = true;
	if (vmm->engine)
		event_cancel(vmm->engine, &vmm->timer_event);
	object_child_foreach(vmm->iothreads, kill_iothread, NULL);
	aio_context_kill(&vmm->main);
	vmm_migration_kill(vmm);
}

static int poll_iothread(Object *obj, void *opaque)
{
	*(bool *)opaque |= aio_context_run(&IOTHREAD(obj)->ctx);
	return 0;
}

bool vmm_poll(struct vmm *vmm)
{
	struct vmm *old = vmm_enter(vmm);
	bool any = false, progress;

	do {
		progress = aio_context_run(&vmm->main);
		object_child_foreach(vmm->iothreads, poll_iothread, &progress);
		any |= progress;
	} while (progress);
	vmm_leave(old);
	return any;
}

/* With the big lock. */
static void set_vm_state(struct vmm *vmm, bool running)
{
	int64_t now = qemu_clock_get_ns(QEMU_CLOCK_REALTIME);
	struct vmm_device *dev;

	if (vmm->running == running)
		return;
	if (running)
		vmm->clock_offset += now - vmm->clock_stopped;
	else
		vmm->clock_stopped = now;
	vmm->running = running;
	vmm_timers_rearm(vmm);
	for (dev = vmm->devices; dev; dev = dev->next) {
		if (DEVICE(dev->vdev)->realized)
			vmm_virtio_vm_state(dev->vdev, running);
	}
}

static void vm_state(struct vmm *vmm, bool running)
{
	struct vmm *old = vmm_enter(vmm);

	if (vmm->running != running) {
		qemu_mutex_lock(&vmm->bql);
		set_vm_state(vmm, running);
		qemu_mutex_unlock(&vmm->bql);
	}
	vmm_leave(old);
}

struct run_state_command {
	struct vmm *vmm;
	bool running;
	void (*done)(void *opaque);
	void *opaque;
};

static void run_state_run(void *opaque)
{
	struct run_state_command *command = opaque;

	set_vm_state(command->vmm, command->running);
	command->done(command->opaque);
}

void vmm_qmp_run_state(struct vmm *vmm, bool running, void (*done)(void *opaque), void *opaque)
{
	struct vmm *old = vmm_enter(vmm);
	/* One of the VMM's blocks, which go with it. */
	struct run_state_command *command = g_new0(struct run_state_command, 1);

	*command = (struct run_state_command){ vmm, running, done, opaque };
	vmm_bh_schedule_command(vmm, run_state_run, command);
	vmm_leave(old);
}

void vmm_vm_stop(struct vmm *vmm)
{
	vm_state(vmm, false);
}

void vmm_vm_continue(struct vmm *vmm)
{
	vm_state(vmm, true);
}

int vmm_iothread_add(struct vmm *vmm, const char *id, char *error)
{
	struct vmm *old = vmm_enter(vmm);
	Object *obj;
	int ret = 0;

	for (obj = vmm->iothreads->children; obj; obj = obj->next_sibling) {
		if (!strcmp(obj->child_name, id)) {
			snprintf(error, VMM_ERROR_SIZE, "there is an iothread \"%s\" already", id);
			vmm_leave(old);
			return -1;
		}
	}
	obj = object_new(TYPE_IOTHREAD);
	object_add_child(vmm->iothreads, id, obj);
	object_unref(obj);
	if (vmm->main.threaded)
		ret = start_iothread(obj, NULL);
	if (ret)
		snprintf(error, VMM_ERROR_SIZE, "no memory for iothread \"%s\"", id);
	vmm_leave(old);
	return ret ? -1 : 0;
}

/* Devices */

/* QEMU's own balloon is the PCI device here whose kicks have no ioeventfd. */
static bool type_has_ioeventfd(const char *type)
{
	return strcmp(type, "virtio-balloon-pci");
}

/* "NAME-pci" is the transport around "NAME-device". */
static struct vmm_type *find_device_type(struct vmm *vmm, const char *type)
{
	size_t len = strlen(type);
	struct vmm_type *found;
	char name[64];

	if (len > 4 && len < sizeof(name) - 8 && !strcmp(type + len - 4, "-pci"))
		snprintf(name, sizeof(name), "%.*s-device", (int)len - 4, type);
	else
		snprintf(name, sizeof(name), "%s", type);
	found = vmm_type_find(vmm, name);
	return found && !found->info.abstract && vmm_type_is(found, TYPE_VIRTIO_DEVICE) ? found :
											   NULL;
}

struct vmm_device *vmm_device_new(struct vmm *vmm, const char *type, const char *id, char *error)
{
	struct vmm_type *found = find_device_type(vmm, type);
	struct vmm_device *dev, **link = &vmm->devices;
	struct vmm *old;

	if (!found) {
		snprintf(error, VMM_ERROR_SIZE, "there is no device type \"%s\" in the images that "
			 "are loaded", type);
		return NULL;
	}
	if (vmm_device_find(vmm, id)) {
		snprintf(error, VMM_ERROR_SIZE, "there is a device \"%s\" already", id);
		return NULL;
	}
	old = vmm_enter(vmm);
	dev = g_new0(struct vmm_device, 1);
	dev->vmm = vmm;
	dev->id = g_strdup(id);
	dev->vdev = (VirtIODevice *)object_new(found->info.name);
	DEVICE(dev->vdev)->id = g_strdup(id);
	vmm_transport_init(dev, type_has_ioeventfd(type));
	object_add_child(OBJECT(vmm->machine), id, OBJECT(dev->vdev));
	while (*link)
		link = &(*link)->next;
	*link = dev;
	vmm_leave(old);
	return dev;
}

struct vmm_device *vmm_device_find(struct vmm *vmm, const char *id)
{
	struct vmm_device *dev = vmm->devices;

	while (dev && strcmp(dev->id, id))
		dev = dev->next;
	return dev;
}

int vmm_device_set(struct vmm_device *dev, const char *property, const char *value, char *error)
{
	struct vmm *old = vmm_enter(dev->vmm);
	Visitor *v = visitor_new_input(value);
	Error *err = NULL;

	object_property_set(OBJECT(dev->vdev), property, v, &err);
	visitor_free(v);
	vmm_leave(old);
	return vmm_take_error(err, error);
}

static int value_number(const struct vmm_value *value, uint64_t *number)
{
	if (!value || value->kind == VALUE_STRING || value->kind == VALUE_STRUCT)
		return -1;
	*number = value->kind == VALUE_INT ? (uint64_t)value->i : value->u;
	return 0;
}

int vmm_device_get(struct vmm_device *dev, const char *path, uint64_t *number, char *error)
{
	size_t len = strcspn(path, "/");
	char *property = g_strdup_printf("%.*s", (int)len, path);
	struct vmm *old = vmm_enter(dev->vmm);
	Visitor *v = visitor_new_output();
	const struct vmm_value *member;
	struct vmm_value *value;
	Error *err = NULL;
	int ret = 0;

	object_property_get(OBJECT(dev->vdev), property, v, &err);
	value = visitor_take(v);
	member = vmm_value_find(value, path[len] ? path + len + 1 : NULL);
	if (!err && value_number(member, number)) {
		snprintf(error, VMM_ERROR_SIZE, "%s is no number", path);
		ret = -1;
	}
	if (vmm_take_error(err, error))
		ret = -1;
	vmm_value_free(value);
	visitor_free(v);
	vmm_leave(old);
	g_free(property);
	return ret;
}

void vmm_device_properties(struct vmm_device *dev,
			   void (*fn)(void *opaque, const char *name, const char *type),
			   void *opaque)
{
	const ObjectProperty *prop;

	for (prop = OBJECT(dev->vdev)->properties; prop; prop = prop->next)
		fn(opaque, prop->name, prop->type);
}

static size_t instance_size(const struct vmm_device *dev)
{
	return OBJECT(dev->vdev)->class->type->info.instance_size;
}

int vmm_device_realize(struct vmm_device *dev, char *error)
{
	struct vmm *old = vmm_enter(dev->vmm);
	char left[192];
	Error *err = NULL;
	size_t used;
	int ret;

	if (qdev_realize(DEVICE(dev->vdev), NULL, &err))
		vmm_transport_plug(&dev->transport);
	ret = vmm_take_error(err, error);
	/* Whoever wanted it frees it next. */
	if (ret && vmm_left_behind(dev->vmm, dev->vdev, instance_size(dev), false, left,
				   sizeof(left))) {
		used = strlen(error);
		snprintf(error + used, VMM_ERROR_SIZE - used, "; it leaves behind %s", left);
	}
	vmm_leave(old);
	return ret;
}

void vmm_device_unrealize(struct vmm_device *dev)
{
	struct vmm *old = vmm_enter(dev->vmm);
	struct kvm_vm *vm = dev->vmm->vm;
	struct kvm_virtio **link;

	dev->transport.plugged = false;
	for (link = vm ? &vm->devices : NULL; link && *link; link = &(*link)->next) {
		if (*link == &dev->transport.kvm) {
			*link = dev->transport.kvm.next;
			break;
		}
	}
	qdev_unrealize(DEVICE(dev->vdev));
	dev->transport.kicked = 0;
	vmm_leave(old);
}

void vmm_device_delete(struct vmm_device *dev)
{
	struct vmm_device **link = &dev->vmm->devices;
	struct vmm *old = vmm_enter(dev->vmm);

	vmm_device_unrealize(dev);
	while (*link != dev)
		link = &(*link)->next;
	*link = dev->next;
	object_remove_child(OBJECT(dev->vdev));
	object_unref(OBJECT(dev->vdev));
	kvm_virtio_remove(&dev->transport.kvm);
	vmm_leave(old);
	g_free(dev->id);
	g_free(dev);
}

struct kvm_virtio *vmm_device_virtio(struct vmm_device *dev)
{
	return DEVICE(dev->vdev)->realized ? &dev->transport.kvm : NULL;
}

bool vmm_device_broken(const struct vmm_device *dev)
{
	return dev->vdev->broken;
}
