// SPDX-License-Identifier: GPL-2.0-only
/*
 * Eventfds and other files of a VMM.
 *
 * Models util/event_notifier-posix.c of QEMU and what of the main loop reads such files: a handler
 * runs there as a bottom half.  A VMM without a host has no files.
 */
#include "internal.h"

#include <sys/ioctl.h>

#include "files.h"
#include "qemu/event_notifier.h"

int qemu_open(const char *name, int flags, Error **errp)
{
	struct kvm_vm *vm = this_vmm->vm;
	int fd = vm ? host_open(vm, name) : -ENOENT;

	if (fd < 0) {
		error_setg_errno(errp, -fd, "Could not open '%s'", name);
		errno = -fd;
		return -1;
	}
	return fd;
}

int qemu_close(int fd)
{
	int ret = this_vmm->vm ? host_close(this_vmm->vm, fd) : -EBADF;

	errno = -ret;
	return ret ? -1 : 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	unsigned long arg;
	va_list ap;
	long ret;

	va_start(ap, request);
	arg = va_arg(ap, unsigned long);
	va_end(ap);
	cpu_sync_owed();
	ret = this_vmm->vm ? host_ioctl(this_vmm->vm, fd, request, arg) : -EBADF;
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

int event_notifier_init(EventNotifier *e, int active)
{
	struct kvm_vm *vm = this_vmm->vm;

	*e = (EventNotifier){ .rfd = -1, .wfd = -1 };
	if (!vm)
		return -ENOSYS;
	e->rfd = e->wfd = host_eventfd_create(vm);
	if (e->rfd < 0)
		return e->rfd;
	e->efd = host_eventfd_get(vm, e->rfd);
	host_file_put(&e->efd->file);	/* it is there as long as it is open */
	e->initialized = true;
	if (active)
		event_notifier_set(e);
	return 0;
}

void event_notifier_cleanup(EventNotifier *e)
{
	if (!e->initialized)
		return;
	event_notifier_set_handler(e, NULL);
	qemu_close(e->rfd);
	*e = (EventNotifier){ .rfd = -1, .wfd = -1 };
}

int event_notifier_get_fd(const EventNotifier *e)
{
	return e->rfd;
}

int event_notifier_set(EventNotifier *e)
{
	if (!e->initialized)
		return -EBADF;
	host_eventfd_signal(e->efd);
	return 0;
}

int event_notifier_test_and_clear(EventNotifier *e)
{
	return e->initialized && host_eventfd_clear(e->efd);
}

/* Signalled, by whatever runs; the handler is for the main loop. */
static void notifier_woken(struct host_eventfd *efd, void *opaque)
{
	EventNotifier *e = opaque;
	struct vmm *old = vmm_enter(e->bh->ctx->vmm);

	qemu_bh_schedule(e->bh);
	vmm_leave(old);
}

static void notifier_call(void *opaque)
{
	EventNotifier *e = opaque;

	if (e->handler)
		e->handler(e);
}

void event_notifier_set_handler(EventNotifier *e, EventNotifierHandler *handler)
{
	if (!e->initialized)
		return;
	e->handler = handler;
	if (handler && !e->bh)
		e->bh = qemu_bh_new(notifier_call, e);
	host_eventfd_wait(e->efd, handler ? notifier_woken : NULL, e);
	if (!handler && e->bh) {
		qemu_bh_delete(e->bh);
		e->bh = NULL;
	}
}
