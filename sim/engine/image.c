// SPDX-License-Identifier: GPL-2.0-only
/*
 * Private copies of shared objects; see image.h.
 */
#define _GNU_SOURCE
#include "image.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
	struct image *next;		/* of all that are loaded */
	char *path;
	void *handle;
	int fd;
	uintptr_t start, end;		/* of what is mapped of it */
};

/* Addresses are looked up among all of them, whoever loaded them. */
static struct image *images;

static int copy_to_memory(const char *path)
{
	struct stat st;
	off_t off = 0;
	int file = open(path, O_RDONLY | O_CLOEXEC), fd;

	if (file < 0)
		return -1;
	fd = memfd_create("ballast-image", MFD_CLOEXEC);
	if (fd >= 0 && !fstat(file, &st)) {
		while (off < st.st_size && sendfile(fd, file, &off, st.st_size - off) > 0)
			;
		if (off == st.st_size) {
			close(file);
			return fd;
		}
	}
	if (fd >= 0)
		close(fd);
	close(file);
	return -1;
}

static int see_object(struct dl_phdr_info *info, size_t size, void *opaque)
{
	struct image *image = opaque;
	unsigned int i;

	if (info->dlpi_addr != image->start)
		return 0;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_LOAD && info->dlpi_addr + p->p_vaddr + p->p_memsz > image->end)
			image->end = info->dlpi_addr + p->p_vaddr + p->p_memsz;
	}
	return 1;
}

static void find_extent(struct image *image)
{
	struct link_map *map;

	if (dlinfo(image->handle, RTLD_DI_LINKMAP, &map))
		return;
	image->start = map->l_addr;
	dl_iterate_phdr(see_object, image);
}

struct image *image_load(const char *path, char *err, size_t err_size)
{
	struct image *image = calloc(1, sizeof(*image));
	char name[64];

	if (image)
		image->path = strdup(path);
	if (!image || !image->path) {
		snprintf(err, err_size, "%s: out of memory", path);
		free(image);
		return NULL;
	}
	image->fd = copy_to_memory(path);
	if (image->fd < 0) {
		snprintf(err, err_size, "%s: image cannot be read: %s", path, strerror(errno));
		free(image->path);
		free(image);
		return NULL;
	}
	snprintf(name, sizeof(name), "/proc/self/fd/%d", image->fd);
	image->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!image->handle) {
		const char *why = dlerror();

		/* The loader names the memory file, which tells nobody anything. */
		if (!strncmp(why, name, strlen(name)))
			why += strlen(name);
		snprintf(err, err_size, "%s: image cannot be loaded%s", path, why);
		close(image->fd);
		free(image->path);
		free(image);
		return NULL;
	}
	find_extent(image);
	image->next = images;
	images = image;
	return image;
}

const struct image *image_at(uintptr_t address)
{
	const struct image *image = images;

	while (image && !image_contains(image, (const void *)address))
		image = image->next;
	return image;
}

const char *image_file(const struct image *image)
{
	return image->path;
}

bool image_contains(const struct image *image, const void *address)
{
	return (uintptr_t)address >= image->start && (uintptr_t)address < image->end;
}

void *image_symbol(const struct image *image, const char *name)
{
	void *symbol = dlsym(image->handle, name);
	struct link_map *map;
	Dl_info info;

	/* Not one of a library that the image depends on: libc has an init_module(), too. */
	if (!symbol || dlinfo(image->handle, RTLD_DI_LINKMAP, &map) || !dladdr(symbol, &info) ||
	    (uintptr_t)info.dli_fbase != map->l_addr)
		return NULL;
	return symbol;
}

void image_unload(struct image *image)
{
	struct image **link = &images;

	while (*link != image)
		link = &(*link)->next;
	*link = image->next;
	dlclose(image->handle);
	close(image->fd);
	free(image->path);
	free(image);
}
