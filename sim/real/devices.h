/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices of a scenario as options of a real QEMU.
 */
#ifndef BALLAST_REAL_DEVICES_H
#define BALLAST_REAL_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

#include "scenario.h"

#define REAL_DEVICE_ARGS_MAX 48

/* Options in the form that real_vm_config.args takes; texts are owned. */
struct real_arguments {
	const char *arg[REAL_DEVICE_ARGS_MAX + 1];
	unsigned int nr;
};

/* Our own device, whose trace events say what it does; stock QEMU's says nothing. */
bool real_device_is_ours(const struct scenario_device *device);
/* What QEMU calls a guest's device: id, and path in its tree of objects. */
const char *real_device_id(unsigned int index, char *text, size_t size);
const char *real_device_path(unsigned int index, char *text, size_t size);

/* Each of them 0, or -1 with one line in @error. */
int real_arguments_add(struct real_arguments *a, const char *text);
int real_arguments_devices(struct real_arguments *a, const struct scenario_guest *guest,
			   char *error, size_t size);
void real_arguments_free(struct real_arguments *a);

#endif
