// SPDX-License-Identifier: GPL-2.0-only
/*
 * See devices.h.
 *
 * The device's code is QEMU's own here, chosen by its type; the image that the scenario names
 * must be the simulator's form of the same sources. What a scenario does not say is the
 * simulator's default, not QEMU's (which offers page poison).
 */
#include "devices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *type, *image;
	bool ours;
} types[] = {
	{ "virtio-ballast-pci", "virtio-ballast", true },
	{ "virtio-balloon-pci", "upstream-virtio-balloon", false },
	{ "virtio-page-hint-pci", "virtio-page-hint", false },
};

#define NR_TYPES (sizeof(types) / sizeof(types[0]))

static unsigned int type_of(const struct scenario_device *device)
{
	unsigned int i;

	for (i = 0; i < NR_TYPES; i++)
		if (!strcmp(types[i].type, device->type))
			break;
	return i;
}

bool real_device_is_ours(const struct scenario_device *device)
{
	unsigned int type = type_of(device);

	return type < NR_TYPES && types[type].ours;
}

const char *real_device_id(unsigned int index, char *text, size_t size)
{
	snprintf(text, size, "device%u", index);
	return text;
}

const char *real_device_path(unsigned int index, char *text, size_t size)
{
	snprintf(text, size, "/machine/peripheral/device%u", index);
	return text;
}

static int check_type(const struct scenario_device *device, char *error, size_t size)
{
	unsigned int type = type_of(device);

	if (type == NR_TYPES) {
		snprintf(error, size,
			 "%s: type: %s: a real QEMU has %s (image %s), %s (image %s) and %s (image "
			 "%s)", device->path, device->type, types[0].type, types[0].image,
			 types[1].type, types[1].image, types[2].type, types[2].image);
		return -1;
	}
	if (strcmp(device->image, types[type].image)) {
		snprintf(error, size, "%s: image: %s: a real QEMU's %s is %s, nothing else",
			 device->path, device->image, device->type, types[type].image);
		return -1;
	}
	return 0;
}

int real_arguments_add(struct real_arguments *a, const char *text)
{
	char *copy = a->nr < REAL_DEVICE_ARGS_MAX ? strdup(text) : NULL;

	if (!copy)
		return -1;
	a->arg[a->nr++] = copy;
	a->arg[a->nr] = NULL;
	return 0;
}

/* A comma in a value is doubled, or QEMU would take it for the end. */
static void put_property(FILE *out, const char *name, const char *value)
{
	fprintf(out, ",%s=", name);
	for (; *value; value++) {
		if (*value == ',')
			fputc(',', out);
		fputc(*value, out);
	}
}

static char *device_text(const struct scenario_device *device, unsigned int index)
{
	struct scenario_parameter bits[SCENARIO_DEVICE_BITS];
	char *text = NULL, id[32];
	uint32_t i, nr;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "%s,id=%s", device->type, real_device_id(index, id, sizeof(id)));
	nr = scenario_device_bits(device, bits);
	for (i = 0; i < nr; i++)
		put_property(out, bits[i].name, bits[i].value);
	if (device->free_page_hint)
		put_property(out, "iothread", "iothread0");
	for (i = 0; i < device->nr_properties; i++)
		put_property(out, device->properties[i].name, device->properties[i].value);
	fclose(out);
	return text;
}

int real_arguments_devices(struct real_arguments *a, const struct scenario_guest *guest,
			   char *error, size_t size)
{
	bool iothread = false;
	unsigned int i;

	for (i = 0; i < guest->nr_devices; i++) {
		const struct scenario_device *device = &guest->devices[i];
		bool hint = device->free_page_hint && !iothread;
		char *text;
		int ret;

		if (check_type(device, error, size))
			return -1;
		text = device_text(device, i);
		iothread |= hint;
		ret = !text ||
		      (hint && (real_arguments_add(a, "-object") ||
				real_arguments_add(a, "iothread,id=iothread0"))) ||
		      real_arguments_add(a, "-device") || real_arguments_add(a, text);
		free(text);
		if (ret) {
			snprintf(error, size, "%s: too many devices for one real machine",
				 device->path);
			return -1;
		}
	}
	return 0;
}

void real_arguments_free(struct real_arguments *a)
{
	while (a->nr)
		free((void *)a->arg[--a->nr]);
	a->arg[0] = NULL;
}
