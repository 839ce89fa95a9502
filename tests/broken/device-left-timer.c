// SPDX-License-Identifier: GPL-2.0-only
/* Starts to poll when it is told how often, before it is realized; and that fails. */
#include "broken_device.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "qapi/visitor.h"

static void poll(void *opaque)
{
	((Broken *)opaque)->nothing = true;
}

static void set_interval(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
	QEMUTimer *timer;
	int64_t seconds;

	if (!visit_type_int(v, name, &seconds, errp))
		return;
	timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, poll, obj);
	timer_mod(timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + seconds * 1000);
}

static void add_interval(Object *obj)
{
	object_property_add(obj, "guest-stats-polling-interval", "int", NULL, set_interval, NULL,
			    NULL);
}

static void refuse(Broken *b, Error **errp)
{
	error_setg(errp, "'free-page-hint' requires 'iothread' to be set");
}

static const BrokenOps broken_ops = { .init = add_interval, .realize = refuse };
